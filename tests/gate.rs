//! What `gospect check` says where it can't see: every rule against a program in nine states, and false
//! passes of the past.

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Build, schema};
use gospect::analysis::policy::Level;
use gospect::analysis::policy::judge::judge;
use gospect::analysis::policy::rules;
use gospect::analysis::policy::select::Demand;
use gospect::analysis::policy::values::Date;

fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gate-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Runs `gospect check` in `dir` on a fixed day.
fn check(dir: &Path, args: &[&str]) -> Output {
    let mut c = common::gospect();
    c.arg("check")
        .args(args)
        .args(["--today", "2026-11-21"])
        .current_dir(dir);
    c.env_remove("GOSPECT_POLICY")
        .env("NO_COLOR", "1")
        .output()
        .expect("gospect runs")
}

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// Exit status, and all that was said.
fn said(o: &Output) -> (i32, String) {
    (
        o.status.code().expect("no signal"),
        text(&o.stdout) + &text(&o.stderr),
    )
}

fn put(path: &Path, bytes: &[u8]) -> String {
    std::fs::write(path, bytes).unwrap();
    path.to_str().unwrap().to_string()
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let all: Vec<usize> = memchr::memmem::find_iter(bytes, from).collect();
    assert!(!all.is_empty(), "{}", text(from));
    for at in all {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}

/// A 64-bit ELF file without its section headers.
fn headerless(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[0x28..0x30].fill(0);
    out[0x3c..0x40].fill(0);
    out
}

fn without_build_info(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    replace(&mut out, b"\xff Go buildinf:", &[0; 14]);
    out
}

/// As GOPATH builds are, all of Debian's among them: build information with settings and no modules.
fn without_modules(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    replace(&mut out, b"\nmod\t", b"\nxxx\t");
    if memchr::memmem::find(&out, b"\ndep\t").is_some() {
        replace(&mut out, b"\ndep\t", b"\nxxx\t");
    }
    out
}

/// As `garble -tiny` leaves a file: another magic number, other names, the version unknown.
fn garbled(bytes: &[u8]) -> Vec<u8> {
    let mut out = without_build_info(bytes);
    for name in [&b"\0runtime.main\0"[..], b"\0main.main\0"] {
        let mut other = name.to_vec();
        other[1] = b'Q';
        replace(&mut out, name, &other);
    }
    let magic = b"\xf1\xff\xff\xff\0\0\x01\x08";
    replace(&mut out, magic, b"\xbd\x71\xe9\x03\0\0\x01\x08");
    out
}

/// As UPX leaves a file: headers, its mark, and nothing that can be read.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = headerless(bytes);
    out[4096..].fill(0x5a);
    out.extend_from_slice(b"UPX!\0\0\0\0");
    out
}

const STATES: [&str; 9] = [
    "whole",
    "stripped",
    "no section headers",
    "cut at 1/3",
    "no build info",
    "no module list",
    "garbled",
    "packed",
    "not Go",
];

/// What each rule says of `gate` (linux/amd64, static, -trimpath) in each state: passes, fails, unknown, n/a;
/// and why.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("static", "PPPUPPPUF", "no interpreter and no library by the program headers; a cut or packed file may \
        hide them"),
    ("scratch", "PPPUPPPUF", "as static, and linux"),
    ("scratch-data", "PPPUPPUUU", "by function names"),
    ("allow-lib", "PPPUPPPUP", "by the dynamic segment"),
    ("no-rpath", "PPPUPPPUP", "by the dynamic segment"),
    ("max-glibc", "NNNUNNNUF", "needs none; the other program does"),
    ("pie", "FFFFFFFUP", "ET_EXEC in the header, which a cut leaves"),
    ("relro", "NNNUNNNUF", "nothing to protect in a static program"),
    ("nx", "PPPPPPPUP", "PT_GNU_STACK, which a cut leaves"),
    ("no-rwx", "PPPUPPPUP", "program headers"),
    ("no-textrel", "PPPUPPPUP", "dynamic segment"),
    ("high-entropy-va", "NNNNNNNNN", "PE only"),
    ("stack-protector", "NNNUNNUUU", "no C, by function names"),
    ("fortify", "NNNUNNNUU", "no glibc; of the other program no C is known"),
    ("signed", "NNNNNNNNN", "Mach-O and PE only"),
    ("no-cgo", "PPPUPPUUU", "function names"),
    ("no-race", "PPPUPPUUU", "function names"),
    ("no-sanitizer", "PPPUPPUUU", "function names"),
    ("no-cover", "PPPUPPUUU", "function names"),
    ("optimized", "PPPUUPUUU", "settings"),
    ("trimpath", "PPPUPPPUU", "the file table"),
    ("no-home-path", "PPPUPPPUP", "all of the data"),
    ("stripped", "FPUUFFFUP", "sections; without headers there is room for symbols"),
    ("debuggable", "PFUUPPPUF", "sections"),
    ("build-id", "PPPUPPPUU", "notes; the other program is not known to be Go"),
    ("untouched", "PPFFFFFFU", "the Go build ID's hash of the file: every change is seen; the other program \
        has none"),
    ("build-mode", "PPPPPPPUF", "header"),
    ("target", "PPPPPPPPP", "header"),
    ("compiler", "PPPUPPPUU", "the pclntab or build information"),
    ("max-size", "PPPUPPPPP", "the size; that of a cut file is not its own"),
    ("build-info", "PPPUFPFUU", "the build information itself"),
    ("min-go", "PPPUPPPUU", "build information, else the runtime's own version"),
    ("go-supported", "PPPUPPPUU", "as min-go"),
    ("go-patch", "PPPUPPPUU", "as min-go"),
    ("release-go", "PPPUPPPUU", "as min-go"),
    ("vcs", "FFFUUFUUU", "settings"),
    ("no-dirty", "UUUUUUUUU", "no stamp: built outside of a repository"),
    ("release-version", "FFFUUUUUU", "the main module is (devel)"),
    ("no-local-replace", "PPPUUUUUU", "the list of modules"),
    ("module-sums", "PPPUUUUUU", "the list of modules"),
    ("deny-module", "PPPUUUUUU", "the list of modules; names show what is there, not what is not"),
    ("deny-package", "PPPUPPUUU", "function names"),
    ("godebug", "PPPUUPUUU", "settings"),
    ("fips", "FFFUUFUUU", "settings"),
    ("no-secrets", "PPPUPPUUP", "all of the data; in a garbled file strings may be code"),
    ("consistent", "PPPUUPUUU", "needs settings to compare"),
    ("not-obfuscated", "PPPUPPFUU", "names and magic number of the pclntab"),
    ("not-packed", "PPPUPPPFP", "marks of UPX"),
    ("readable", "PPPFPPPPP", "the headers against the size"),
    ("max-retained", "PPPUPPUUU", "functions and types; names tell whose"),
    ("no-reflect-methods", "PPPUPPUUU", "methods of the types"),
    ("no-vuln", "PPPUPPUUU", "functions against the database; without a list of modules by functions alone"),
];

fn states() -> Option<Vec<Vec<u8>>> {
    let build = Build::new("gate", "linux/amd64");
    let whole = std::fs::read(build.clone().args(&["-trimpath"]).path()?).unwrap();
    let stripped = std::fs::read(build.args(&["-trimpath", "-ldflags=-s -w"]).path()?).unwrap();
    let other = std::fs::read("/bin/true")
        .or_else(|_| std::fs::read("/usr/bin/true"))
        .ok()?;
    Some(vec![
        whole.clone(),
        stripped,
        headerless(&whole),
        whole[..whole.len() / 3].to_vec(),
        without_build_info(&whole),
        without_modules(&whole),
        garbled(&whole),
        packed(&whole),
        other,
    ])
}

/// The value that a rule which needs one is asked with.
fn value(code: &str) -> &'static [&'static str] {
    match code {
        "allow-lib" => &["libc.so.6"],
        "max-glibc" => &["2.1"],
        "build-mode" => &["exe"],
        "target" => &["linux/amd64"],
        "max-size" => &["100MiB"],
        "min-go" => &["1.20"],
        "deny-module" => &["example.com/denied"],
        "deny-package" => &["testing"],
        "max-retained" => &["example.com/denied=1MiB"],
        _ => &[],
    }
}

#[test]
fn no_rule_passes_what_can_not_be_seen() {
    let Some(states) = states() else { return };
    let dir = folder("states");
    let mut rows: Vec<(&str, String)> = rules::all().map(|r| (r.code, String::new())).collect();
    for (i, bytes) in states.iter().enumerate() {
        let path = put(&dir.join(i.to_string()), bytes);
        let file = gospect::open(path.as_ref()).unwrap();
        for (rule, row) in rules::all().zip(&mut rows) {
            let value = match value(rule.code) {
                [] => rule.default_value().unwrap(),
                words => rule.kind.read(words).unwrap(),
            };
            let demand = Demand {
                rule,
                level: Level::Error,
                value,
                required: false,
            };
            let j = judge(&file, &[demand], None, &[], Date::new(2026, 11, 21)).unwrap();
            row.1
                .push(match (&j.findings[..], &j.passed[..], &j.unknown[..]) {
                    ([_, ..], ..) => 'F',
                    (_, [_], _) => 'P',
                    (.., [_]) => 'U',
                    _ => 'N',
                });
        }
    }
    let shown: Vec<String> = rows
        .iter()
        .map(|(c, r)| format!("    (\"{c}\", \"{r}\", \"\"),"))
        .collect();
    let table: Vec<(&str, String)> = TABLE.iter().map(|t| (t.0, t.1.to_string())).collect();
    assert_eq!(rows, table, "{STATES:?}\n{}", shown.join("\n"));
    assert!(TABLE.iter().all(|t| !t.2.is_empty()));
}

/// Go writes a version, `(devel)`, for a module that a folder replaces.
#[test]
fn a_local_replacement_is_found() {
    let dir = folder("replace");
    for go in [common::REFERENCE, "go1.20.14"] {
        let Some(path) = Build::new("deps", "linux/amd64").go(go).path() else {
            return;
        };
        let (code, words) = said(&check(&dir, &["--no-local-replace", path.to_str().unwrap()]));
        assert!(
            code == 1 && words.contains("has example.com/dep replaced by the folder ./dep"),
            "{go}: {words}"
        );
    }
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    assert_eq!(
        said(&check(&dir, &["--no-local-replace", path.to_str().unwrap()])).0,
        0
    );
}

#[test]
fn a_file_without_a_module_list_shows_its_modules_by_their_names() {
    let Some(path) = Build::new("deps", "linux/amd64").path() else {
        return;
    };
    let dir = folder("modules");
    let bytes = std::fs::read(path).unwrap();
    let path = put(&dir.join("listless"), &without_modules(&bytes));
    let (code, words) = said(&check(&dir, &["--deny-module", "example.com/dep", &path]));
    assert!(
        code == 1 && words.contains("has packages of example.com/dep in it"),
        "{words}"
    );
    for flags in [
        ["--deny-module", "example.com/other"],
        ["--module-sums", "-q"],
        ["--no-local-replace", "-q"],
    ] {
        let (code, words) = said(&check(&dir, &[flags[0], flags[1], &path]));
        assert!(
            code == 1 && words.contains("can't be seen whether"),
            "{flags:?} {words}"
        );
    }
}

#[test]
fn packages_are_denied_by_their_functions() {
    let Some(path) = Build::new("gate", "linux/amd64")
        .args(&["-trimpath", "-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let (dir, path) = (folder("packages"), path.to_str().unwrap().to_string());
    for (package, want) in [
        ("testing", 0),
        ("os", 1),
        ("internal/...", 1),
        ("os/exec", 0),
        ("nosuch/...", 0),
    ] {
        let (code, words) = said(&check(&dir, &["--deny-package", package, &path]));
        assert_eq!(code, want, "{package}: {words}");
    }
    // A package of which everything was inlined.
    let Some(path) = Build::new("deps", "linux/amd64").path() else {
        return;
    };
    let (code, words) = said(&check(
        &dir,
        &["--deny-package", "example.com/dep/inner", path.to_str().unwrap()],
    ));
    assert!(
        code == 1 && words.contains("example.com/dep/inner.Once"),
        "{words}"
    );
}

/// The versions that are needed of glibc are found by the dynamic segment.
#[test]
fn glibc_is_seen_without_section_headers_and_in_doubt_where_the_file_is_cut() {
    let Some(path) = Build::new("cgo", "linux/amd64").cgo().path() else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let dir = folder("glibc");
    let bare = put(&dir.join("bare"), &headerless(&bytes));
    let (code, words) = said(&check(&dir, &["--max-glibc", "2.1", &bare]));
    assert!(code == 1 && words.contains("needs glibc 2."), "{words}");
    let cut = put(&dir.join("cut"), &bytes[..bytes.len() / 3]);
    for flags in [
        ["--max-glibc", "2.99"],
        ["--allow-lib", "libc.so.6"],
        ["--no-secrets", "-q"],
        ["--static", "-q"],
    ] {
        let (code, words) = said(&check(&dir, &[flags[0], flags[1], &cut]));
        assert_eq!(code, 1, "{flags:?} {words}");
    }
    let cut = put(&dir.join("cut.exe"), &{
        let Some(path) = Build::new("hello", "windows/amd64").path() else {
            return;
        };
        let bytes = std::fs::read(path).unwrap();
        bytes[..bytes.len() / 3].to_vec()
    });
    let (code, words) = said(&check(&dir, &["--static", &cut]));
    assert!(code == 1 && words.contains("cut short"), "{words}");
}

#[test]
fn versions_of_dirty_checkouts_are_no_releases() {
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let dir = folder("dirty");
    // The main module's line, with as long a path and version, wherever it stands.
    let at = memchr::memmem::find(&bytes, b"\nmod\t").unwrap();
    let end = at + 1 + memchr::memchr(b'\n', &bytes[at + 1..]).unwrap();
    let line = |version: &str| {
        let mut line = format!("\nmod\tx.y/\t{version}\t");
        line.insert_str(9, &"z".repeat(end - at - line.len()));
        line
    };
    for (version, want) in [("v1.2.4", 0), ("v1.2.4+dirty", 1)] {
        let mut bytes = bytes.clone();
        let old = bytes[at..end].to_vec();
        replace(&mut bytes, &old, line(version).as_bytes());
        let path = put(&dir.join(version), &bytes);
        let (code, words) = said(&check(&dir, &["--release-version", &path]));
        assert_eq!(code, want, "{version}: {words}");
    }
}

/// Build information is only text: the runtime has its own version, with symbols and without.
#[test]
fn a_changed_go_version_is_a_contradiction() {
    let dir = folder("version");
    for args in [
        vec!["-trimpath"],
        vec!["-trimpath", "-ldflags=-s -w"],
        vec!["-buildmode=pie", "-ldflags=-s -w"],
    ] {
        let Some(path) = Build::new("hello", "linux/amd64").args(&args).path() else {
            return;
        };
        let mut bytes = std::fs::read(path).unwrap();
        let whole = put(&dir.join("whole"), &bytes);
        assert_eq!(said(&check(&dir, &["--consistent", &whole])).0, 0, "{args:?}");
        let at = memchr::memmem::find(&bytes, b"\xff Go buildinf:").unwrap() + 32;
        let told = common::REFERENCE.as_bytes();
        assert_eq!(&bytes[at + 1..at + 1 + told.len()], told);
        bytes[at + 1..at + 9].copy_from_slice(b"go1.29.9");
        let path = put(&dir.join("changed"), &bytes);
        let (code, words) = said(&check(&dir, &["--consistent", &path]));
        assert!(
            code == 1 && words.contains("the runtime's own version is go1.27.4"),
            "{args:?} {words}"
        );
    }
}

/// GOEXPERIMENT=boringcrypto without cgo links nothing of it.
#[test]
fn boringcrypto_is_seen_in_the_code() {
    let dir = folder("boring");
    let build = Build::new("service", "linux/amd64");
    let experiment = [("GOEXPERIMENT", "boringcrypto")];
    let with = Build {
        env: &experiment,
        ..build.clone()
    };
    for (build, want) in [(with.clone(), 1), (with.cgo(), 0)] {
        let Some(path) = build.path() else { return };
        let (code, words) = said(&check(&dir, &["--fips", path.to_str().unwrap()]));
        assert_eq!(code, want, "{build:?} {words}");
    }
}

#[test]
fn a_gate_that_looked_at_nothing_has_not_passed() {
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    let dir = folder("nothing");
    std::fs::create_dir_all(dir.join("bin")).unwrap();
    std::fs::copy(&path, dir.join("bin/app")).unwrap();
    std::fs::copy("/bin/true", dir.join("bin/true")).unwrap();
    std::fs::write(dir.join("bin/run.sh"), "#!/bin/sh\n").unwrap();
    std::fs::write(dir.join("empty.toml"), "version = 1\n").unwrap();
    for args in [
        &["bin/true"][..],
        &["--static", "bin/true"],
        &["bin/run.sh"],
        &["--policy", "empty.toml", "bin/app"],
        &["--static", "--skip", "static", "bin/app"],
    ] {
        let (code, words) = said(&check(&dir, args));
        assert_eq!(code, 2, "{args:?} {words}");
    }
    // The shell's patterns and ours bring the same.
    let shell = check(&dir, &["--no-race", "bin/app", "bin/run.sh", "bin/true"]);
    let ours = check(&dir, &["--no-race", "bin/*"]);
    assert_eq!(said(&shell), said(&ours));
    assert!(
        said(&ours).0 == 0 && said(&ours).1.contains("2 files skipped: not Go"),
        "{:?}",
        said(&ours)
    );
    let json = check(&dir, &["--no-race", "--format=json", "bin"]);
    let doc = schema::assert_all("check", &json.stdout).remove(0);
    assert_eq!(doc["skipped"].as_array().unwrap().len(), 2);
}

/// Bazel's and Nix's outputs are nothing but links.
#[cfg(unix)]
#[test]
fn links_to_files_are_followed_in_folders() {
    let Some(path) = Build::new("hello", "linux/amd64").cgo().args(&["-race"]).path() else {
        return;
    };
    let dir = folder("links");
    std::fs::create_dir_all(dir.join("out")).unwrap();
    std::os::unix::fs::symlink(&path, dir.join("out/app")).unwrap();
    for what in ["out", "out/*"] {
        let (code, words) = said(&check(&dir, &["--no-race", what]));
        assert!(code == 1 && words.contains("race detector"), "{what}: {words}");
    }
}

#[test]
fn targets_are_systems_or_refused() {
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    let (dir, path) = (folder("targets"), path.to_str().unwrap().to_string());
    for (target, want) in [
        ("linux", 0),
        ("linux/amd64", 0),
        ("windows", 1),
        ("linux/x86_64", 2),
        ("Linux", 2),
    ] {
        let (code, words) = said(&check(&dir, &["--target", target, &path]));
        assert_eq!(code, want, "{target}: {words}");
        assert!(want < 2 || words.contains("did you mean `linux"), "{words}");
    }
}

#[test]
fn what_a_policy_says_of_nothing_is_told() {
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    let dir = folder("unused");
    let policy = "[rules]\nno-race = 'error'\n\n[[target]]\npath = 'bin/agnet-*'\nrules.static = 'error'\n\n\
        [[exception]]\nrule = 'no-race'\nreason = 'later'\nexpires = 2027-01-01\n";
    std::fs::write(dir.join("gospect.toml"), policy).unwrap();
    let (code, words) = said(&check(&dir, &[path.to_str().unwrap()]));
    assert_eq!(code, 0, "{words}");
    assert!(
        words.contains("gospect.toml:4: this target matches no file"),
        "{words}"
    );
    assert!(
        words.contains("gospect.toml:8: this exception for no-race covers no finding"),
        "{words}"
    );
}

/// Many files: a rule with the files it fails for, rather than a line for each pair.
#[test]
fn findings_of_many_files_are_grouped_by_rule() {
    let Some(path) = Build::new("gate", "linux/amd64").path() else {
        return;
    };
    let dir = folder("grouped");
    for i in 0..30 {
        std::fs::copy(&path, dir.join(format!("server-{i}"))).unwrap();
    }
    let shown = text(&check(&dir, &["--stripped", "--trimpath", "."]).stdout);
    assert!(shown.contains("error[stripped]: 30 files\n"), "{shown}");
    assert!(shown.lines().count() < 40, "{shown}");
    let each = text(&check(&dir, &["--stripped", "--trimpath", "--verbose", "."]).stdout);
    assert!(
        each.lines()
            .filter(|l| l.contains("error[trimpath]: names the folders"))
            .count()
            == 30,
        "{each}"
    );
}

/// A string has no end mark: where the next one begins is known from what uses it.
#[test]
fn a_credential_ends_where_its_string_does_and_names_who_uses_it() {
    let dir = folder("users");
    for args in [vec!["-trimpath", "-ldflags=-s -w"], vec!["-trimpath"]] {
        for target in ["linux/amd64", "linux/arm64"] {
            let Some(path) = Build::new("leak", target).args(&args).path() else {
                return;
            };
            let (code, words) = said(&check(&dir, &["--no-secrets", path.to_str().unwrap()]));
            assert!(
                code == 1 && words.contains("has a JSON web token in it: eyJhbGci… (155 characters)"),
                "{words}"
            );
            assert!(
                words.contains("used by package example.com/leak/store (example.com/leak/store.Connect)"),
                "{words}"
            );
            assert!(
                words.contains("a connection string with a password in it: postgres… (49 characters)"),
                "{words}"
            );
        }
    }
}

/// What `-X` set is told by the symbols that it leaves, also where `-trimpath` keeps the flags to itself.
#[test]
fn values_set_by_the_linker_are_seen_under_trimpath() {
    let args = [
        "-trimpath",
        "-ldflags=-X main.injected=v1.2.3 -X main.apiKey=correct-horse",
    ];
    let Some(path) = Build::new("gate", "linux/amd64").args(&args).path() else {
        return;
    };
    let out = common::run(["info".as_ref(), "--format=json".as_ref(), path.as_os_str()]);
    let doc = schema::assert_all("info", &out.stdout).remove(0);
    assert_eq!(
        doc["linked_values"][1],
        serde_json::json!({"key": "main.injected", "value": "v1.2.3"})
    );
    let (code, words) = said(&check(
        &folder("linked"),
        &["--no-secrets", path.to_str().unwrap()],
    ));
    assert!(
        code == 1 && words.contains("has a value for main.apiKey"),
        "{words}"
    );
}
