//! `gospect check`: verdicts that are true by the way a subject was built, the policy file, folders, formats,
//! exit status.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Build, schema};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs `gospect check` in `dir`, on a day that does not pass.
fn check(dir: &Path, args: &[&str]) -> Output {
    let mut c = common::gospect();
    c.arg("check")
        .args(args)
        .current_dir(dir)
        .env_remove("GOSPECT_POLICY")
        .env("NO_COLOR", "1");
    if !args.contains(&"--today") {
        c.args(["--today", "2026-11-21"]);
    }
    c.output().expect("gospect runs")
}

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

fn code(o: &Output) -> i32 {
    o.status.code().expect("no signal")
}

fn hello<'a>() -> Build<'a> {
    Build::new("hello", "linux/amd64")
}

/// Builds and what is true of each: static, no-cgo, no-race, trimpath, pie, stripped, scratch.
#[test]
fn verdicts_are_those_of_construction() {
    const FLAGS: [&str; 7] = [
        "--static",
        "--no-cgo",
        "--no-race",
        "--trimpath",
        "--pie",
        "--stripped",
        "--scratch",
    ];
    let external = ["-ldflags=-linkmode=external"];
    let fixed = [
        "-tags=netgo,osusergo",
        "-ldflags=-linkmode=external -extldflags=-static",
    ];
    let static_pie = [
        "-buildmode=pie",
        "-tags=netgo,osusergo",
        "-ldflags=-linkmode=external -extldflags=-static-pie",
    ];
    let table: [(Build<'_>, [bool; 7]); 10] = [
        (hello(), [true, true, true, false, false, false, true]),
        (
            hello().args(&["-trimpath", "-ldflags=-s -w"]),
            [true, true, true, true, false, true, true],
        ),
        (
            hello().args(&["-buildmode=pie"]),
            [false, true, true, false, true, false, false],
        ),
        // Only the setting says cgo: nothing uses it.
        (hello().cgo(), [true, true, true, false, false, false, true]),
        (
            hello().cgo().args(&external),
            [false, false, true, false, false, false, false],
        ),
        (
            hello().cgo().args(&fixed),
            [true, false, true, false, false, false, true],
        ),
        (
            hello().cgo().args(&static_pie),
            [true, false, true, false, true, false, true],
        ),
        (
            hello().cgo().args(&["-race"]),
            [false, false, false, false, false, false, false],
        ),
        (
            Build::new("hello", "windows/amd64"),
            [true, true, true, false, true, false, false],
        ),
        (
            Build::new("hello", "darwin/arm64"),
            [true, true, true, false, true, false, false],
        ),
    ];
    let dir = folder("truth");
    for (build, want) in &table {
        let Some(path) = build.path() else { continue };
        for (flag, holds) in FLAGS.iter().zip(want) {
            let out = check(&dir, &[flag, path.to_str().unwrap()]);
            let wanted = i32::from(!holds);
            assert_eq!(code(&out), wanted, "{flag} {build:?}\n{}", text(&out.stdout));
        }
    }
}

/// Ways to run a program in another root: in a user namespace, or as root where namespaces are forbidden.
const ROOTS: [&[&str]; 3] = [
    &["unshare", "-r", "chroot"],
    &["unshare", "-r", "-R"],
    &["chroot"],
];

/// Runs `/prog` of the folder `root` in it.
fn in_root(by: &[&str], root: &Path) -> std::io::Result<Output> {
    // chroot is in a folder that users need not have in their PATH.
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    Command::new("env")
        .args(by)
        .arg(root)
        .arg("/prog")
        .env("PATH", path)
        .output()
}

/// `--scratch` says whether a program starts in a root that holds nothing but it: so start it there.
#[test]
fn scratch_is_what_an_empty_root_shows() {
    let static_pie = [
        "-buildmode=pie",
        "-tags=netgo,osusergo",
        "-ldflags=-linkmode=external -extldflags=-static-pie",
    ];
    let dir = folder("scratch");
    let mut runner: &[&str] = &[];
    for (i, build) in [
        hello(),
        hello().args(&["-buildmode=pie"]),
        hello().cgo().args(&["-ldflags=-linkmode=external"]),
        hello().cgo().args(&static_pie),
    ]
    .into_iter()
    .enumerate()
    {
        let Some(path) = build.path() else { continue };
        let root = dir.join(i.to_string());
        std::fs::create_dir(&root).unwrap();
        std::fs::copy(&path, root.join("prog")).unwrap();
        // The first program is static: with what it runs in an empty root the others are tried as well.
        if i == 0 {
            let all = ROOTS.iter().map(|r| (*r, in_root(r, &root)));
            let all: Vec<_> = all.collect();
            let works = all
                .iter()
                .find(|(_, ran)| ran.as_ref().is_ok_and(|o| o.status.success()));
            let Some((by, _)) = works else {
                common::left_out::<()>(&format!("no program runs in an empty root: {all:?}"));
                return;
            };
            runner = by;
        }
        let ran = in_root(runner, &root).expect("it ran before");
        let verdict = check(&dir, &["--profile", "scratch", path.to_str().unwrap()]);
        assert_eq!(
            ran.status.success(),
            code(&verdict) == 0,
            "{build:?}: {}\n{}",
            text(&ran.stderr),
            text(&verdict.stdout)
        );
    }
}

#[test]
fn secrets_are_found_under_trimpath_and_never_shown_whole() {
    // Put together here, so that no scanner of sources takes it for a real one.
    let token = format!("gh{}_{}", "p", "Zq3vK8sLw1XyN5bTr7UeHc0GmPd2JfAo94Qi");
    let flag = format!("-ldflags=-X main.injected={token}");
    for args in [vec![flag.as_str()], vec!["-trimpath", flag.as_str()]] {
        let Some(path) = Build::new("gate", "linux/amd64").args(&args).path() else {
            return;
        };
        let out = check(&folder("secrets"), &["--no-secrets", path.to_str().unwrap()]);
        let shown = text(&out.stdout);
        assert_eq!(code(&out), 1, "{args:?}");
        assert!(shown.contains("has a GitHub token in it: ghp_"), "{shown}");
        assert!(!shown.contains(&token[12..]), "{shown}");
        let json = check(
            &folder("secrets"),
            &["--no-secrets", "--format=json", path.to_str().unwrap()],
        );
        assert!(!text(&json.stdout).contains(&token[12..]));
    }
    let Some(path) = Build::new("gate", "linux/amd64")
        .args(&["-ldflags=-X main.apiKey=correct-horse-battery"])
        .path()
    else {
        return;
    };
    let out = check(&folder("secrets"), &["--no-secrets", path.to_str().unwrap()]);
    assert!(text(&out.stdout).contains("main.apiKey, which is called like a credential"));
    let Some(clean) = hello().path() else { return };
    assert_eq!(
        code(&check(
            &folder("secrets"),
            &["--no-secrets", clean.to_str().unwrap()]
        )),
        0
    );
}

#[test]
fn versions_sizes_and_targets_are_compared() {
    let (Some(new), Some(old)) = (hello().path(), hello().go("go1.20.14").path()) else {
        return;
    };
    let (new, old) = (new.to_str().unwrap(), old.to_str().unwrap());
    let dir = folder("values");
    for (args, want) in [
        (vec!["--min-go", "1.27", new], 0),
        (vec!["--min-go", "1.99", new], 1),
        (vec!["--min-go=go1.21", old], 1),
        (vec!["--go-supported", old], 1),
        (vec!["--go-supported", "--today", "2023-05-01", old], 0),
        (vec!["--max-size", "100MiB", new], 0),
        (vec!["--max-size", "10kB", new], 1),
        (vec!["--target", "linux/amd64,linux/arm64", new], 0),
        (vec!["--target", "windows/amd64", new], 1),
        (vec!["--build-mode", "exe", new], 0),
        (vec!["--relro", new], 0),
        (vec!["--rule", "max-size=1kB", new], 1),
        (vec!["--rule", "debuggable", new], 0),
        (vec!["--allow-lib", "libc.so.6", new], 0),
        (vec!["--no-dirty", new], 1),
        // A run that only leaves rules out is still the audit.
        (
            vec![
                "--skip",
                "trimpath,vcs,no-home-path,build-id",
                "--level",
                "error",
                new,
            ],
            0,
        ),
        (vec!["--min-go", "latest", new], 2),
        (vec!["--max-size", "big", new], 2),
        (vec!["--rule", "statik", new], 2),
        (vec!["--rule", "max-size", new], 2),
        (vec!["--nonsense", new], 2),
    ] {
        let out = check(&dir, &args);
        assert_eq!(
            code(&out),
            want,
            "{args:?}\n{}{}",
            text(&out.stdout),
            text(&out.stderr)
        );
    }
    let out = check(&dir, &["--no-dirty", new]);
    assert!(text(&out.stdout).contains("can't be seen whether it is built from a clean checkout"));
}

#[test]
fn libraries_are_listed_against_those_allowed() {
    let Some(path) = hello()
        .cgo()
        .args(&["-ldflags=-linkmode=external -extldflags=-Wl,-rpath,/tmp/x"])
        .path()
    else {
        return;
    };
    let path = path.to_str().unwrap();
    let dir = folder("libs");
    assert_eq!(code(&check(&dir, &["--allow-lib", "libc.so.6", path])), 0);
    let out = check(&dir, &["--allow-lib", "libm.so.6", path]);
    assert!(code(&out) == 1 && text(&out.stdout).contains("needs libc.so.6, which is not allowed"));
    let out = check(&dir, &["--no-rpath", path]);
    assert!(
        code(&out) == 1 && text(&out.stdout).contains("`/tmp/x`, which everyone can write to"),
        "{}",
        text(&out.stdout)
    );
    assert_eq!(code(&check(&dir, &["--max-glibc", "2.2", path])), 1);
    assert_eq!(code(&check(&dir, &["--max-glibc", "2.99", path])), 0);
    assert_eq!(code(&check(&dir, &["--nx", "--no-rwx", "--no-textrel", path])), 0);
}

#[test]
fn a_policy_is_found_above_and_an_exception_ends() {
    let Some(path) = hello().path() else { return };
    let dir = folder("policy");
    std::fs::create_dir_all(dir.join("bin/deep")).unwrap();
    std::fs::copy(&path, dir.join("bin/server")).unwrap();
    std::fs::copy(&path, dir.join("bin/agent-x")).unwrap();
    std::fs::write(
        dir.join("gospect.toml"),
        "level = 'error'\n[rules]\nstatic = 'error'\ntrimpath = 'error'\nvcs = 'note'\n[[target]]\npath = \
            'bin/agent-*'\nrules.trimpath = 'off'\n\
         budget.max-size = '1kB'\n[[exception]]\nrule = 'trimpath'\npath = 'bin/server'\nreason = 'next \
         sprint'\nexpires = 2027-01-31\n",
    )
    .unwrap();
    let deep = dir.join("bin/deep");
    let out = check(&deep, &["../server"]);
    assert_eq!(code(&out), 0, "{}", text(&out.stdout));
    assert!(
        text(&out.stdout).contains("excepted until 2027-01-31: trimpath"),
        "{}",
        text(&out.stdout)
    );
    let late = check(&deep, &["--today", "2027-01-31", "../server"]);
    assert!(
        code(&late) == 1 && text(&late.stdout).contains("expired on 2027-01-31"),
        "{}",
        text(&late.stdout)
    );
    let agent = check(&dir, &["bin/agent-x"]);
    assert!(
        code(&agent) == 1
            && text(&agent.stdout).contains("error[max-size]")
            && !text(&agent.stdout).contains("trimpath")
    );
    assert_eq!(code(&check(&dir, &["--no-policy", "--static", "bin/agent-x"])), 0);
    let env = common::gospect()
        .args(["check", "bin/agent-x"])
        .current_dir(&dir)
        .env("GOSPECT_POLICY", dir.join("missing.toml"))
        .output()
        .unwrap();
    assert_eq!(code(&env), 2);
}

#[test]
fn a_broken_policy_tells_all_its_problems_and_checks_nothing() {
    let Some(path) = hello().path() else { return };
    let dir = folder("broken");
    std::fs::write(
        dir.join("p.toml"),
        "levl = 1\n[rules]\nstatik = true\nmin-go = 'new'\n",
    )
    .unwrap();
    let out = check(&dir, &["--policy", "p.toml", path.to_str().unwrap()]);
    assert_eq!(code(&out), 2);
    assert!(out.stdout.is_empty());
    let lines: Vec<String> = text(&out.stderr).lines().map(str::to_string).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        lines[0],
        "gospect: p.toml:1:1: unknown key `levl`; did you mean `level`?"
    );
    assert_eq!(
        lines[1],
        "gospect: p.toml:3:1: there is no rule `statik`; did you mean `static`?"
    );
}

#[test]
fn an_unreadable_file_hides_nothing() {
    let Some(path) = hello().args(&["-buildmode=pie"]).path() else {
        return;
    };
    let dir = folder("unreadable");
    std::fs::write(dir.join("text"), "no binary\n").unwrap();
    for format in ["text", "json", "sarif", "junit", "github", "markdown", "csv"] {
        let args = [
            "--static",
            "--format",
            format,
            "missing",
            path.to_str().unwrap(),
            "text",
        ];
        let out = check(&dir, &args);
        assert_eq!(code(&out), 2, "{format}");
        let shown = text(&out.stdout);
        assert!(
            shown.contains("static") && shown.contains("needs the loader"),
            "{format}: {shown}"
        );
        let said = text(&out.stderr);
        assert!(
            said.contains("gospect: missing: no such file or directory\n"),
            "{said}"
        );
        // Without the bad files the same findings exit 1, and 0 where that is asked for.
        assert_eq!(
            code(&check(
                &dir,
                &["--static", "--format", format, path.to_str().unwrap()]
            )),
            1,
            "{format}"
        );
        assert_eq!(
            code(&check(
                &dir,
                &[
                    "--static",
                    "--exit-zero",
                    "--format",
                    format,
                    path.to_str().unwrap()
                ]
            )),
            0,
            "{format}"
        );
    }
    assert_eq!(code(&check(&dir, &["--static", "--exit-zero", "missing"])), 2);
}

#[test]
fn folders_bring_their_go_binaries_only() {
    let (Some(good), Some(bad)) = (hello().path(), hello().args(&["-buildmode=pie"]).path()) else {
        return;
    };
    let dir = folder("folders");
    std::fs::create_dir_all(dir.join("a/b")).unwrap();
    std::fs::create_dir_all(dir.join("none")).unwrap();
    std::fs::copy(&good, dir.join("a/z")).unwrap();
    std::fs::copy(&bad, dir.join("a/b/y")).unwrap();
    std::fs::write(dir.join("a/readme"), "text").unwrap();
    std::fs::write(dir.join("none/readme"), "text").unwrap();
    let out = check(&dir, &["--static", "--format=json", "a"]);
    assert_eq!(code(&out), 1);
    let doc = schema::assert_all("check", &out.stdout).remove(0);
    let files: Vec<&str> = doc["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["a/b/y", "a/z"]);
    assert_eq!(doc["findings"].as_array().unwrap().len(), 1);
    assert_eq!(doc["passed"], Value::Array(vec![]));
    assert_eq!(doc["files"][1]["passed"][0], "static");
    assert_eq!(code(&check(&dir, &["--static", "a/*"])), 0);
    assert_eq!(code(&check(&dir, &["--static", "**/y"])), 1);
    let none = check(&dir, &["--static", "none"]);
    assert!(
        code(&none) == 2 && text(&none.stderr).contains("none: holds no Go binary"),
        "{}",
        text(&none.stderr)
    );
}

#[test]
fn init_writes_a_policy_that_holds() {
    let (Some(a), Some(b)) = (
        hello().path(),
        hello().args(&["-trimpath", "-ldflags=-s -w"]).path(),
    ) else {
        return;
    };
    let dir = folder("init");
    std::fs::copy(&a, dir.join("a")).unwrap();
    std::fs::copy(&b, dir.join("b")).unwrap();
    let made = check(&dir, &["--init", "a", "b"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    let policy = std::fs::read_to_string(dir.join("gospect.toml")).unwrap();
    assert!(
        policy.contains("\nstatic = \"error\"")
            && policy.contains("\n# stripped = ")
            && policy.contains("\ntarget = [\"linux/amd64\"]"),
        "{policy}"
    );
    let held = check(&dir, &["a", "b"]);
    assert_eq!(code(&held), 0, "{policy}\n{}", text(&held.stdout));
    let again = check(&dir, &["--init", "a"]);
    assert!(code(&again) == 2 && text(&again.stderr).contains("is there already"));
}

#[test]
fn the_book_is_the_table_of_rules() {
    let list = text(&check(Path::new("."), &["--list", "--format", "markdown"]).stdout);
    let book = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md")).unwrap();
    assert!(
        book.contains(&list),
        "docs/check.md is old: put the output of `gospect check --list --format markdown` at its end"
    );
    for code in list.lines().filter_map(|l| l.strip_prefix("### ")) {
        let out = check(Path::new("."), &["--explain", code]);
        assert!(
            out.status.success() && text(&out.stdout).starts_with(&format!("{code}: ")),
            "{code}"
        );
    }
    assert_eq!(code(&check(Path::new("."), &["--explain", "statik"])), 2);
    let json: Value =
        serde_json::from_slice(&check(Path::new("."), &["--list", "--format", "json"]).stdout).unwrap();
    assert!(json["rules"].as_array().unwrap().len() > 30);
}

#[test]
fn home_folders_are_named_by_their_user() {
    // Sources under /home can't be made here; -trimpath's replacement names one in their stead.
    let Some(path) = Build::new("gate", "linux/amd64")
        .args(&["-gcflags=-trimpath=/=>/home/alice/"])
        .path()
    else {
        return;
    };
    let out = check(&folder("home"), &["--no-home-path", path.to_str().unwrap()]);
    let Some(clean) = hello().path() else { return };
    if !String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("/home/alice/") {
        return common::left_out("this toolchain does not replace the path").unwrap_or(());
    }
    assert!(
        code(&out) == 1 && text(&out.stdout).contains("names the home folder of `alice`"),
        "{}",
        text(&out.stdout)
    );
    if !env!("CARGO_MANIFEST_DIR").starts_with("/home/") {
        assert_eq!(
            code(&check(
                &folder("home"),
                &["--no-home-path", clean.to_str().unwrap()]
            )),
            0
        );
    }
}

/// Every block of TOML in the book is a policy.
#[test]
fn the_books_policies_are_policies() {
    let mut seen = 0;
    for page in ["docs/check.md", "docs/gospect.toml.md"] {
        let book = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        for block in book.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            if let Err(problems) = gospect::analysis::policy::file::Policy::parse(block) {
                panic!("{page}: {problems:?}\n{block}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 5);
}
