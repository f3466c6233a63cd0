//! `gospect reproduce`: own builds with a git stamp, built again from the file and a module proxy alone, at
//! another path; and no false "identical".

mod common;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The module, as a checkout and as a proxy serves it. Its version is a hash of its files, for the module
/// cache keeps what it has once seen of one.
struct Place {
    dir: tempfile::TempDir,
    checkout: PathBuf,
    version: String,
}

const FILES: [(&str, &str); 5] = [
    ("go.mod", "module example.com/again\n\ngo 1.24.0\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/again/inner\"\n)\n\nvar version = \
            \"dev\"\nvar commit string\n\n\
         func main() { fmt.Println(version, commit, inner.Sum([]int{3, 1, 4}), extra()) }\n",
    ),
    (
        "extra.go",
        "//go:build !fancy\n\npackage main\n\nfunc extra() string { return \"plain\" }\n",
    ),
    (
        "fancy.go",
        "//go:build fancy\n\npackage main\n\nfunc extra() string { return \"fancy\" }\n",
    ),
    (
        "inner/inner.go",
        "package inner\n\nvar Factor = 7\n\n//go:noinline\nfunc Sum(xs []int) (t int) \
            {\n\tfor _, x := range xs {\n\t\tt += x * Factor\n\t}\n\treturn t\n}\n",
    ),
];

fn git(dir: &Path, args: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.args(args).current_dir(dir);
    for (k, v) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ] {
        git.env(k, v);
    }
    git.status().is_ok_and(|s| s.success())
}

/// A module of the proxy: a stored zip, whose sums nothing checks but the go command.
fn serve(dir: &Path, version: &str, files: &[(&str, String)]) {
    let place = dir.join("proxy/example.com/again/@v");
    fs::create_dir_all(&place).expect("a folder");
    fs::write(place.join("list"), format!("{version}\n")).expect("written");
    fs::write(
        place.join(format!("{version}.info")),
        format!("{{\"Version\":\"{version}\"}}"),
    )
    .expect("written");
    let (_, go_mod) = files.iter().find(|f| f.0 == "go.mod").expect("go.mod");
    fs::write(place.join(format!("{version}.mod")), go_mod).expect("written");
    let mut zip = Zip::default();
    for (name, text) in files {
        zip.add(&format!("example.com/again@{version}/{name}"), text.as_bytes());
    }
    fs::write(place.join(format!("{version}.zip")), zip.end()).expect("written");
}

/// A zip of stored members.
#[derive(Default)]
struct Zip {
    body: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    fn add(&mut self, name: &str, data: &[u8]) {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let at = self.body.len() as u32;
        self.body.extend(b"PK\x03\x04");
        self.body.extend(&common);
        self.body.extend(name.as_bytes());
        self.body.extend(data);
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(&common);
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
    }

    fn end(mut self) -> Vec<u8> {
        let (at, size) = (self.body.len() as u32, self.directory.len() as u32);
        self.body.extend(&self.directory);
        self.body.extend(b"PK\x05\x06\0\0\0\0");
        self.body.extend(self.count.to_le_bytes());
        self.body.extend(self.count.to_le_bytes());
        self.body.extend(size.to_le_bytes());
        self.body.extend(at.to_le_bytes());
        self.body.extend([0, 0]);
        self.body
    }
}

fn texts() -> Vec<(&'static str, String)> {
    FILES.iter().map(|(n, t)| (*n, t.to_string())).collect()
}

impl Place {
    fn new() -> Option<Place> {
        Place::with(texts())
    }

    fn with(files: Vec<(&'static str, String)>) -> Option<Place> {
        let dir = tempfile::tempdir().expect("a folder");
        let checkout = dir.path().join("checkout");
        let mut hash = DefaultHasher::new();
        files.hash(&mut hash);
        let version = format!("v1.{}.0", hash.finish() >> 34);
        for (name, text) in &files {
            let path = checkout.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        serve(dir.path(), &version, &files);
        let made = [
            &["init", "-q"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "one"],
            &["tag", &version],
        ];
        if !made.iter().all(|args| git(&checkout, args)) {
            return common::left_out("git");
        }
        Some(Place {
            dir,
            checkout,
            version,
        })
    }

    /// What the publisher does.
    fn build(&self, name: &str, args: &[&str], env: &[(&str, &str)]) -> Option<PathBuf> {
        let out = self.dir.path().join(name);
        let mut go = common::reference_go();
        go.args(["build", "-buildvcs=true", "-o"])
            .arg(&out)
            .args(args)
            .arg(".")
            .current_dir(&self.checkout);
        go.env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        go.envs(env.iter().copied());
        match go.output() {
            Ok(o) if o.status.success() => Some(out),
            Ok(o) => common::left_out(&String::from_utf8_lossy(&o.stderr)),
            Err(e) => common::left_out(&format!("go: {e}")),
        }
    }

    /// `gospect reproduce`, with this place's proxy in front of the user's.
    fn run(&self, args: &[&str], file: &Path) -> Output {
        let users = common::command("go")
            .args(["env", "GOPROXY"])
            .output()
            .expect("go env");
        let users = String::from_utf8_lossy(&users.stdout).trim().to_string();
        let proxy = format!("file://{},{users}", self.dir.path().join("proxy").display());
        let mut gospect = common::gospect();
        gospect.arg("reproduce").args(args).arg(file);
        gospect.env("GOPROXY", proxy).env("GONOSUMDB", "example.com");
        gospect.output().expect("gospect runs")
    }

    fn reproduce(&self, args: &[&str], file: &Path) -> Value {
        let all: Vec<&str> = ["--format", "json"].iter().chain(args).copied().collect();
        let out = self.run(&all, file);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.stdout.is_empty(), "{said}");
        let answer = common::schema::assert_all("reproduce", &out.stdout).remove(0);
        let status = match answer["verdict"].as_str() {
            Some("identical") | None => 0,
            Some("cannot") => 2,
            Some(_) => 1,
        };
        assert_eq!(out.status.code(), Some(status), "{answer}{said}");
        answer
    }
}

const STRIPPED: [&str; 2] = [
    "-trimpath",
    "-ldflags=-s -w -X main.version=1.2.3 -X main.commit=abcdef",
];

#[test]
fn a_stripped_release_is_built_again_from_the_file_alone() {
    let Some(place) = Place::new() else { return };
    let Some(file) = place.build("release", &STRIPPED, &[]) else {
        return;
    };
    // Where it was built is not there any more.
    fs::rename(&place.checkout, place.dir.path().join("gone")).expect("moved");
    let statement = place.dir.path().join("statement.json");
    let attest = ["--attest", statement.to_str().expect("UTF-8")];
    let answer = place.reproduce(&attest, &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    assert_eq!(answer["sha256"]["theirs"], answer["sha256"]["ours"]);
    assert_eq!(answer["content_id"], true);
    assert_eq!(answer["source"]["version"].as_str(), Some(place.version.as_str()));
    // The stamp of the checkout, and nothing else, was put in.
    for line in answer["expected"].as_array().expect("lines") {
        let what = line["what"].as_str().expect("a word");
        assert!(what.starts_with("vcs") || what == "main module version", "{line}");
    }
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("-X main.version=1.2.3") && notes.contains("-X main.commit=abcdef"),
        "{notes}"
    );

    let statement: Value = serde_json::from_slice(&fs::read(&statement).expect("written")).expect("JSON");
    assert_eq!(
        statement["subject"][0]["digest"]["sha256"],
        answer["sha256"]["theirs"]
    );
    assert_eq!(
        statement["predicate"]["runDetails"]["byproducts"][0]["annotations"]["verdict"],
        "identical"
    );
    let source = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(
        source["digest"]["dirHash"].as_str().map(str::len),
        Some(64),
        "{source}"
    );

    // One change anywhere is told, whatever it hits: code, data, the record, an ID, a header.
    let bytes = fs::read(&file).expect("read");
    let mut seed = 11u64;
    for _ in 0..4 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut changed = bytes.clone();
        let at = (seed >> 20) as usize % changed.len();
        changed[at] ^= 0x10;
        let other = place.dir.path().join("changed");
        fs::write(&other, changed).expect("written");
        let out = place.run(&["--format", "json"], &other);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_ne!(out.status.code(), Some(0), "byte {at}: {text}");
        assert!(!text.contains("\"verdict\": \"identical\""), "byte {at}: {text}");
    }
}

#[test]
fn another_source_is_never_identical() {
    let changed = |from: &str, to: &str| {
        let all = texts().into_iter();
        all.map(|(n, t)| (n, t.replace(from, to))).collect::<Vec<_>>()
    };
    let Some(place) = Place::new() else { return };
    let Some(constant) = Place::with(changed("Factor = 7", "Factor = 8")) else {
        return;
    };
    let Some(file) = place.build("tagged", &["-trimpath", "-tags=fancy"], &[]) else {
        return;
    };
    let told = |version: &str| ["--module".to_string(), format!("example.com/again@{version}")];
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    let told = told(&constant.version);
    let other = constant.reproduce(&[&told[0], &told[1]], &file);
    assert_eq!(other["verdict"], "different", "{other}");
    // A source that does not compile: the compiler's first words are told.
    let Some(broken) = Place::with(changed("t += x", "t += y")) else {
        return;
    };
    let told = format!("example.com/again@{}", broken.version);
    let answer = broken.reproduce(&["--module", &told], &file);
    assert_eq!(answer["reason"], "build-failed", "{answer}");
    assert!(answer.to_string().contains("undefined: y"), "{answer}");
    // Another tag, at which one file is another one.
    let tags = place.reproduce(&["--set", "-tags=other"], &file);
    assert_eq!(tags["verdict"], "different", "{tags}");
    assert!(tags["because"].to_string().contains("-tags"), "{tags}");
    // A tag that no file asks for: the bytes agree once the record is put in, and yet it is not the same
    // build.
    let Some(noop) = place.build("noop", &["-trimpath", "-tags=nothing"], &[]) else {
        return;
    };
    let noop_args = ["--set", "-tags=something"];
    let answer = place.reproduce(&noop_args, &noop);
    assert_eq!(answer["verdict"], "identical-but-for", "{answer}");
    assert_eq!(answer["because"][0]["what"], "-tags", "{answer}");
    let allowed = place.run(&["--set", "-tags=something", "--allow", "-tags"], &noop);
    assert_eq!(allowed.status.code(), Some(0));
}

#[test]
fn a_plan_runs_nothing() {
    let Some(place) = Place::new() else { return };
    let Some(file) = place.build("release", &STRIPPED, &[]) else {
        return;
    };
    let out = common::gospect()
        .args(["reproduce", "--plan", "--format", "json"])
        .arg(&file)
        .env("PATH", "")
        .output()
        .expect("gospect runs");
    let plan = common::schema::assert_all("reproduce", &out.stdout).remove(0);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(plan["verdict"], Value::Null);
    let command = plan["command"].to_string();
    assert!(
        command.contains("-trimpath") && command.contains("-ldflags=-s -w"),
        "{command}"
    );
    assert_eq!(plan["env"]["GOTOOLCHAIN"], common::REFERENCE);
}

#[test]
fn what_is_not_named_or_not_safe_is_not_built() {
    let Some(place) = Place::new() else { return };
    // Without -trimpath the linker's flags are recorded: one of them would run a program of the file's
    // choice.
    let marker = place.dir.path().join("ran");
    let flags = format!("-ldflags=-extld=touch -extldflags={}", marker.display());
    let Some(file) = place.build("hostile", &[&flags], &[]) else {
        return;
    };
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["reason"], "flag-not-allowed", "{answer}");
    assert_eq!(answer["steps"].as_array().map(Vec::len), Some(0));
    assert!(!marker.exists());
    // No stamp, no version: nothing says which source it is.
    let Some(file) = place.build("unstamped", &["-trimpath", "-buildvcs=false"], &[]) else {
        return;
    };
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["reason"], "source-not-named", "{answer}");
    let checkout = place.checkout.to_str().expect("UTF-8");
    let answer = place.reproduce(&["--source", checkout], &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    // A version that nobody serves.
    let answer = place.reproduce(&["--module", "example.com/again@v9.9.9"], &file);
    assert_eq!(answer["reason"], "source-not-served", "{answer}");
}

/// One own build of the wide matrix: a name, arguments of `go build`, its environment, arguments of `gospect
/// reproduce`.
type Own = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const OWN: [Own; 10] = [
    ("trimpath", &["-trimpath"], &[], &[]),
    ("stripped", &["-trimpath", "-ldflags=-s -w"], &[], &[]),
    ("no-build-id", &["-trimpath", "-ldflags=-buildid="], &[], &[]),
    (
        "gnu-id",
        &[
            "-trimpath",
            "-ldflags=-B 0x1122334455667788112233445566778811223344",
        ],
        &[],
        &[],
    ),
    ("paths-and-dwarf", &[], &[], &[]),
    (
        "tags-v3",
        &["-trimpath", "-tags=fancy"],
        &[("GOAMD64", "v3")],
        &[],
    ),
    ("pie", &["-trimpath", "-buildmode=pie"], &[], &[]),
    (
        "cgo",
        &["-trimpath", "-tags=netcgo"],
        &[("CGO_ENABLED", "1")],
        &["--allow-cgo"],
    ),
    (
        "darwin",
        &["-trimpath", "-ldflags=-s -w -X main.version=7"],
        &[("GOOS", "darwin"), ("GOARCH", "arm64")],
        &[],
    ),
    (
        "windows",
        &["-trimpath", "-ldflags=-X main.version=7"],
        &[("GOOS", "windows")],
        &[],
    ),
];

#[test]
fn own_builds_of_all_kinds_are_identical() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let Some(place) = Place::new() else { return };
    for (name, args, env, more) in OWN {
        let Some(file) = place.build(name, args, env) else {
            return;
        };
        let answer = place.reproduce(more, &file);
        assert_eq!(answer["verdict"], "identical", "{name}: {answer}");
    }
    // C code, which the file shows: refused unless it is allowed.
    let c = "package main\n\n/*\nstatic int three(void) { return 3; }\n*/\nimport \"C\"\n\nfunc init() \
        { _ = C.three() }\n";
    let mut files = texts();
    files.push(("c.go", c.to_string()));
    let Some(place) = Place::with(files) else { return };
    let env = [("CGO_ENABLED", "1")];
    for (name, args) in [("c", &["-trimpath"][..]), ("c-paths", &[])] {
        let Some(file) = place.build(name, args, &env) else {
            return;
        };
        assert_eq!(place.reproduce(&[], &file)["reason"], "cgo-not-allowed", "{name}");
        let answer = place.reproduce(&["--allow-cgo"], &file);
        assert_eq!(answer["verdict"], "identical", "{name}: {answer}");
    }
}

#[test]
fn a_dirty_stamp_is_tried_from_the_clean_version() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let Some(place) = Place::new() else { return };
    // A stray file changes the stamp and nothing else.
    fs::write(place.checkout.join("stray.txt"), "x").expect("written");
    let Some(file) = place.build("stray", &["-trimpath"], &[]) else {
        return;
    };
    assert_eq!(place.reproduce(&[], &file)["verdict"], "identical");
    // A changed source is what no commit has.
    let changed = FILES[4].1.replace("Factor = 7", "Factor = 9");
    fs::write(place.checkout.join("inner/inner.go"), changed).expect("written");
    let Some(file) = place.build("changed", &["-trimpath"], &[]) else {
        return;
    };
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["reason"], "dirty", "{answer}");
    assert_ne!(answer["because"].as_array().map(Vec::len), Some(0), "{answer}");
}

#[test]
fn a_workspace_is_built_again_from_a_checkout() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("work");
    for (name, text) in [
        ("go.work", "go 1.24\n\nuse (\n\t./app\n\t./lib\n)\n"),
        ("lib/go.mod", "module example.com/worklib\n\ngo 1.24\n"),
        (
            "lib/lib.go",
            "package worklib\n\nfunc Answer() int { return 42 }\n",
        ),
        (
            "app/go.mod",
            "module example.com/workapp\n\ngo 1.24\n\nrequire example.com/worklib v0.0.0\n",
        ),
        (
            "app/main.go",
            "package main\n\nimport \"example.com/worklib\"\n\nfunc main() { println(worklib.Answer()) }\n",
        ),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    let made = [
        &["init", "-q"][..],
        &["add", "-A"],
        &["commit", "-q", "-m", "one"],
    ];
    assert!(made.iter().all(|args| git(&root, args)));
    let place = Place {
        checkout: root.join("app"),
        dir,
        version: String::new(),
    };
    let out = place.dir.path().join("workapp");
    let mut go = common::reference_go();
    go.args(["build", "-buildvcs=true", "-trimpath", "-o"])
        .arg(&out)
        .arg(".");
    go.current_dir(&place.checkout)
        .env("CGO_ENABLED", "0")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(go.status().is_ok_and(|s| s.success()));
    assert_eq!(place.reproduce(&[], &out)["reason"], "source-not-named");
    let moved = place.dir.path().join("moved");
    fs::rename(&root, &moved).expect("moved");
    let answer = place.reproduce(&["--source", moved.to_str().expect("UTF-8")], &out);
    assert_eq!(answer["verdict"], "identical", "{answer}");
}

#[test]
fn vendored_modules_are_taken_where_the_record_has_no_sums() {
    let mut files = texts();
    files.retain(|f| f.0 != "go.mod" && f.0 != "inner/inner.go");
    // Too old for the go command to take what is vendored by itself.
    let go_mod = "module example.com/again\n\ngo 1.13\n\nrequire example.com/other v1.2.3\n";
    files.push(("go.mod", go_mod.into()));
    let inner = "package inner\n\nimport \"example.com/other\"\n\nfunc Sum(xs []int) int { return \
        other.Sum(xs) }\n";
    files.push(("inner/inner.go", inner.into()));
    let other = FILES[4].1.replace("package inner", "package other");
    files.push(("vendor/example.com/other/other.go", other));
    files.push((
        "vendor/modules.txt",
        "# example.com/other v1.2.3\nexample.com/other\n".into(),
    ));
    let Some(place) = Place::with(files) else { return };
    let Some(file) = place.build("vendored", &["-trimpath", "-mod=vendor"], &[]) else {
        return;
    };
    let moved = place.dir.path().join("moved");
    fs::rename(&place.checkout, &moved).expect("moved");
    let source = ["--source", moved.to_str().expect("UTF-8")];
    let answer = place.reproduce(&source, &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    assert!(answer["command"].to_string().contains("-mod=vendor"), "{answer}");
    let plan = place.reproduce(&["--plan", source[0], source[1]], &file);
    assert!(plan.to_string().contains("-mod=vendor"), "{plan}");
}

/// Programs that others published, by npm and PyPI: the script that makes the table of docs/reproduce.md
/// builds them again, and fails where one does not come out as the table has it.
#[test]
fn published_programs_are_identical() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/published/table");
    let out = common::command("python3")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_gospect"))
        .output();
    let out = out.expect("python3 runs");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));
}
