//! `gospect objdump` against `go tool objdump`: whole listings, flags, ranges, objects, messages; and what
//! lies beyond it.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::Build;
use serde_json::Value;

fn reference(args: &[&str], file: &Path) -> Option<Output> {
    let mut tool = Command::new(common::reference_tool("objdump")?);
    Some(tool.args(arguments(args, file)).output().expect("objdump runs"))
}

fn ours(args: &[&str], file: &Path) -> Output {
    common::run(std::iter::once("objdump".to_string()).chain(arguments(args, file)))
}

/// The arguments with FILE in the place of `FILE`, or last.
fn arguments(args: &[&str], file: &Path) -> Vec<String> {
    let file = file.to_str().expect("a path in UTF-8").to_string();
    let mut all: Vec<String> = args
        .iter()
        .map(|a| if *a == "FILE" { file.clone() } else { (*a).into() })
        .collect();
    if !args.contains(&"FILE") {
        all.push(file);
    }
    all
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Same listing, messages and status; `more` are flags of gospect's own.
fn assert_same(args: &[&str], more: &[&str], file: &Path) {
    let Some(want) = reference(args, file) else { return };
    let got = ours(&[more, args].concat(), file);
    assert_eq!(
        want.status.code(),
        got.status.code(),
        "{args:?} {}: {}",
        file.display(),
        text(&got.stderr)
    );
    assert_eq!(
        text(&want.stderr),
        text(&got.stderr),
        "{args:?} {}",
        file.display()
    );
    if want.stdout != got.stdout {
        let (want, got) = (text(&want.stdout), text(&got.stdout));
        let first = want.lines().zip(got.lines()).find(|(w, g)| w != g);
        let (w, g) = (want.lines().count(), got.lines().count());
        panic!(
            "{args:?} {}: {w} lines against {g}, first {first:?}",
            file.display()
        );
    }
}

fn hello(target: &str) -> Option<PathBuf> {
    Build::new("hello", target).path()
}

/// Bytes and text of the instructions by address.
fn instructions(listing: &[u8]) -> BTreeMap<u64, (String, String)> {
    let rows = listing.split(|b| *b == b'\n').filter_map(|line| {
        let line = text(line);
        let cells: Vec<&str> = line.split('\t').filter(|c| !c.is_empty()).collect();
        let [_, addr, bytes, text, ..] = cells[..] else {
            return None;
        };
        Some((
            u64::from_str_radix(addr.strip_prefix("0x")?, 16).ok()?,
            (bytes.to_string(), text.to_string()),
        ))
    });
    rows.collect()
}

#[test]
fn whole_x86_listings_are_identical_if_strict() {
    for target in [
        "linux/amd64",
        "linux/386",
        "windows/amd64",
        "windows/386",
        "darwin/amd64",
        "plan9/amd64",
        "plan9/386",
    ] {
        // Formats without notes have the build ID among the code; it is none, and would be another in every
        // folder.
        let build = Build::new("hello", target).args(&["-ldflags=-buildid=gospect"]);
        if let Some(file) = build.path() {
            assert_same(&[], &["-strict-go"], &file);
        }
    }
    for go in ["go1.22.12", "go1.26.8"] {
        for target in ["linux/amd64", "linux/386"] {
            if let Some(file) = Build::new("hello", target).go(go).path() {
                assert_same(&[], &["-strict-go"], &file);
            }
        }
    }
}

#[test]
fn whole_listings_with_gnu_syntax_are_identical_if_strict() {
    // Windows programs have the build's id among the code, which is different in every folder and no code.
    for target in [
        "linux/amd64",
        "linux/386",
        "linux/arm64",
        "linux/arm",
        "linux/s390x",
    ] {
        if let Some(file) = hello(target) {
            assert_same(&["-gnu"], &["-strict-go"], &file);
        }
    }
}

#[test]
fn lines_that_go_decodes_are_the_same_without_being_strict() {
    for (target, least) in [
        ("linux/amd64", 1.0),
        ("linux/386", 1.0),
        ("linux/arm64", 0.999),
        ("darwin/arm64", 0.999),
        ("linux/s390x", 0.99),
    ] {
        let Some(file) = hello(target) else { continue };
        let Some(want) = reference(&[], &file) else { return };
        let (want, got) = (instructions(&want.stdout), instructions(&ours(&[], &file).stdout));
        let decoded = want.iter().filter(|(_, (_, text))| text != "?");
        let (mut all, mut same) = (0, 0);
        for (addr, line) in decoded {
            all += 1;
            same += usize::from(got.get(addr) == Some(line));
        }
        assert!(f64::from(all) * least <= same as f64, "{target}: {same} of {all}");
        assert!(all > 50_000, "{target}: {all}");
    }
}

#[test]
fn flags_and_ranges_give_what_they_give_in_go() {
    let Some(file) = hello("linux/amd64") else { return };
    let Some(all) = reference(&["-s", "^main\\.main$"], &file) else {
        return;
    };
    let start = *instructions(&all.stdout)
        .keys()
        .nth(5)
        .expect("main.main has instructions");
    let (from, to) = (format!("{start:#x}"), format!("{:x}", start + 11));
    for args in [
        &["-S", "-s", "^main\\."][..],
        &["-S", "-s", "^runtime\\.(memmove|gogo|mallocgc)"],
        &["-gnu", "-s", "^main\\.|^fmt\\."],
        &["--gnu", "-S", "-s=^sort\\."],
        &["-s", "no such function"],
        &["-s", ""],
        &["FILE", &from, &to],
        &["-s", "main", "FILE", &from, &to],
        &["FILE", "0", "10"],
        &["FILE", &to, &from],
        &["FILE", "zz", "10"],
        &["FILE", "10", "0X10"],
        &["FILE", "10", "11111111111111111"],
        &["-s", "("],
        &["-s", "[a"],
        &["-s", "a**"],
    ] {
        // Without -s a whole listing is compared elsewhere.
        let strict: &[&str] = &["-strict-go"];
        assert_same(args, strict, &file);
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let Some(file) = hello("linux/amd64") else { return };
    for args in [
        &["-x"][..],
        &["-S=maybe"],
        &["-h"],
        &["FILE", "1"],
        &["FILE", "1", "2", "3"],
        &["-s"],
    ] {
        let Some(want) = reference(args, &file) else {
            return;
        };
        assert_eq!(
            (want.status.code(), ours(args, &file).status.code()),
            (Some(2), Some(2)),
            "{args:?}"
        );
    }
    assert_eq!(common::run(["objdump"]).status.code(), Some(2));
    assert_eq!(common::run(["objdump", "--help"]).status.code(), Some(0));
}

#[test]
fn what_can_not_be_listed_is_said_in_the_words_of_go() {
    let odd = common::cache().join("objdump-text");
    std::fs::write(&odd, "no object\n").expect("a file can be written");
    let mut files = vec![odd, PathBuf::from("/no/such/file"), common::cache()];
    for (target, args) in [
        ("linux/amd64", &["-ldflags=-s -w"][..]),
        ("windows/amd64", &["-ldflags=-s -w"]),
        ("linux/mips64le", &[]),
    ] {
        files.extend(Build::new("hello", target).args(args).path());
    }
    files.extend(hello("js/wasm"));
    for file in files {
        assert_same(&[], &[], &file);
    }
}

#[test]
fn go_objects_and_archives_are_listed_with_their_relocations() {
    for arch in ["amd64", "386", "s390x", "arm"] {
        if let Some(file) = common::object(arch) {
            assert_same(&[], &["-strict-go"], &file);
            assert_same(&["-S", "-gnu"], &["-strict-go"], &file);
        }
    }
    let mut build = Build::new("objects", "linux/amd64").cgo();
    build.package = "./assembly";
    if let Some(archive) = build.path() {
        assert_same(&[], &["-strict-go"], &archive);
    }
}

#[test]
fn a_stripped_file_is_listed_if_it_may_be_recovered() {
    let (Some(whole), stripped) = (
        hello("linux/amd64"),
        Build::new("hello", "linux/amd64").args(&["-ldflags=-s -w"]),
    ) else {
        return;
    };
    let Some(stripped) = stripped.path() else { return };
    let main = ["-s", "^main\\."];
    let (want, got) = (
        ours(&main, &whole),
        ours(&["--recover", main[0], main[1]], &stripped),
    );
    assert_eq!(got.status.code(), Some(0), "{}", text(&got.stderr));
    let (want, got) = (instructions(&want.stdout), instructions(&got.stdout));
    assert!(want.len() > 100);
    assert_eq!(want.len(), got.len());
    // Addresses in operands move when the tables behind the code go; the instructions do not.
    for (addr, (bytes, _)) in &want {
        assert_eq!(got.get(addr).map(|i| i.0.len()), Some(bytes.len()), "{addr:#x}");
    }
}

fn json(args: &[&str], file: &Path) -> Vec<Value> {
    let out = ours(&[&["--format", "json"], args].concat(), file);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    common::schema::assert_all("objdump", &out.stdout)
}

#[test]
fn json_is_one_object_per_function_and_fits_its_schema() {
    let Some(file) = hello("linux/amd64") else { return };
    let all = json(&["-gnu", "--inline", "--resolve", "--package", "main"], &file);
    let names: Vec<&str> = all.iter().filter_map(|f| f["name"].as_str()).collect();
    assert!(
        names.contains(&"main.main") && names.contains(&"main.total"),
        "{names:?}"
    );
    assert!(
        all.iter()
            .all(|f| f["package"] == "main" && f["source"] == "symtab")
    );
    let plain = instructions(&ours(&["-s", "^main\\."], &file).stdout);
    let rows: usize = all
        .iter()
        .filter_map(|f| f["instructions"].as_array())
        .map(Vec::len)
        .sum();
    assert_eq!(rows, plain.len());
    let listed = all
        .iter()
        .flat_map(|f| f["instructions"].as_array().into_iter().flatten());
    let comments: Vec<&str> = listed.clone().filter_map(|i| i["comment"].as_str()).collect();
    assert!(comments.contains(&"\" \""), "{comments:?}");
    let inlined: Vec<&str> = listed.filter_map(|i| i["inlined"][0]["name"].as_str()).collect();
    assert!(inlined.contains(&"fmt.Println"), "{inlined:?}");
}

#[test]
fn inlined_calls_and_files_are_shown_and_filtered() {
    let Some(file) = hello("linux/amd64") else { return };
    let out = text(&ours(&["--inline", "-s", "^main.main$"], &file).stdout);
    assert!(out.contains("  ; fmt.Println inlined at main.go:"), "{out}");
    let functions = json(&["--file", "main.go", "--package", "main"], &file);
    assert!(!functions.is_empty());
    assert!(
        functions
            .iter()
            .all(|f| f["file"].as_str().is_some_and(|n| n.ends_with("/main.go")))
    );
    assert_eq!(text(&ours(&["--file", "ain.go"], &file).stdout), "");
}

#[test]
fn colours_are_only_added() {
    let Some(file) = hello("linux/amd64") else { return };
    let plain = text(&ours(&["-S", "-s", "^main\\."], &file).stdout);
    let colored = text(&ours(&["--color", "always", "-S", "-s", "^main\\."], &file).stdout);
    let bare = regex::Regex::new("\x1b\\[[0-9]*m")
        .expect("an expression")
        .replace_all(&colored, "")
        .into_owned();
    if std::env::var_os("NO_COLOR").is_none() {
        assert_ne!(plain, colored);
    }
    assert_eq!(plain, bare);
}

#[cfg(unix)]
#[test]
fn a_broken_pipe_ends_quietly() {
    use std::io::Read;
    use std::process::Stdio;
    let Some(file) = hello("linux/amd64") else { return };
    let mut child = common::gospect()
        .arg("objdump")
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("gospect runs");
    let mut first = [0; 100];
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_exact(&mut first)
        .expect("a beginning");
    let out = child.wait_with_output().expect("gospect ends");
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), String::new()));
}
