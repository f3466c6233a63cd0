//! `gospect objdump --resolve` against what knows the operands' names without looking at the program: the
//! compiler's own listing (`-gcflags=-S`), and binutils for calls through the PLT.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use common::Build;
use serde_json::Value;

/// Names by function.
type Names = BTreeMap<String, BTreeSet<String>>;

/// Packages whose listing is asked for besides `main`, all full of constants.
const PACKAGES: [&str; 5] = ["strconv", "os", "fmt", "reflect", "time"];

/// A program with the compiler's listing of some of its packages.
fn listed(target: &str, packages: &[&str], more: &[&str]) -> Option<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/operands");
    let stripped = !more.is_empty();
    let out = common::cache().join(format!(
        "operands-{}-{stripped}-{}",
        target.replace('/', "-"),
        packages.len()
    ));
    // Of a program that is up to date, go prints the listing only where its cache still has it.
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Relaxed);
    let made = out.with_extension(format!("{}-{call}", std::process::id()));
    let (os, arch) = target.split_once('/').expect("GOOS/GOARCH");
    let mut go = common::reference_go();
    go.args(["build", "-trimpath", "-buildvcs=false", "-gcflags=-S"])
        .args(packages.iter().map(|p| format!("-gcflags={p}=-S")))
        .args(more)
        .arg("-o")
        .args([made.as_os_str(), ".".as_ref()])
        .current_dir(source);
    go.env("GOOS", os)
        .env("GOARCH", arch)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off");
    match go.output() {
        Ok(o) if o.status.success() => {
            std::fs::rename(&made, &out).expect("the program takes its place");
            Some((out, String::from_utf8_lossy(&o.stderr).into_owned()))
        }
        Ok(o) => common::left_out(&String::from_utf8_lossy(&o.stderr)),
        Err(e) => common::left_out(&format!("go: {e}")),
    }
}

/// What the compiler's listing names: `go:string."text"`, `type:main.T`, `main.f·f`, by function.
fn named(listing: &str) -> Names {
    let symbol =
        regex::Regex::new(r#"((?:go:string\."(?:[^"\\]|\\.)*")|type:.+?|[^\s,$"]\S*?)(?:[+-]\d+)?\(SB\)"#)
            .expect("an expression");
    let mut all = Names::new();
    let mut function = String::new();
    for line in listing.lines() {
        if let Some((name, _)) = line.split_once(" STEXT ").filter(|_| !line.starts_with('\t')) {
            function = name.to_string();
            all.entry(function.clone()).or_default();
        } else if line.starts_with("\t0x") {
            let names = symbol.captures_iter(line).map(|c| c[1].to_string());
            all.entry(function.clone()).or_default().extend(names);
        }
    }
    all
}

/// Each function's comments.
fn comments(file: &Path, more: &[&str]) -> Vec<(String, Vec<String>)> {
    let out = common::run(
        ["objdump", "--resolve", "--format", "json"]
            .iter()
            .copied()
            .chain(more.iter().copied())
            .chain([file.to_str().expect("a path in UTF-8")]),
    );
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let functions = out
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|line| {
            let f: Value = serde_json::from_slice(line).expect("JSON");
            let notes = f["instructions"].as_array().into_iter().flatten();
            let notes = notes.filter_map(|i| i["comment"].as_str().map(str::to_string));
            (
                f["name"].as_str().unwrap_or_default().to_string(),
                notes.collect(),
            )
        });
    functions.collect()
}

/// A name of the compiler's as a comment says it; `None` for what comments don't name or name otherwise.
fn comment_of(name: &str) -> Option<String> {
    if let Some(text) = name.strip_prefix("go:string.") {
        return text.starts_with('"').then(|| text.to_string());
    }
    let kinds = name.starts_with("type:") && !name.starts_with("type:.")
        || name.starts_with("go:itab.")
        || name.ends_with("·f");
    // The linker keeps no name of unnamed structs and interfaces but the one reflection has.
    (kinds && !name.contains(['{', '"'])).then(|| name.to_string())
}

/// Where a comment was cut, the beginning has to do.
fn says(name: &str, comment: &str) -> bool {
    let comment = match comment.rsplit_once("+0x") {
        Some((start, _)) if !comment.starts_with('"') => start,
        _ => comment,
    };
    match comment.rsplit_once("\"… (") {
        Some((start, _)) => name.starts_with(start),
        None => name == comment,
    }
}

fn is_of_kind(comment: &str) -> bool {
    comment.starts_with('"')
        || comment.starts_with("type:") && !comment.contains('{')
        || comment.starts_with("go:itab.") && !comment.contains('+')
        || comment.ends_with("·f")
}

#[test]
fn strings_types_itabs_and_function_values_are_those_that_the_compiler_named() {
    for (target, least) in [
        ("linux/amd64", 90),
        ("linux/386", 90),
        ("linux/arm64", 90),
        ("darwin/arm64", 90),
        ("windows/amd64", 90),
        ("linux/s390x", 85),
        ("linux/riscv64", 85),
    ] {
        let Some((whole, listing)) = listed(target, &PACKAGES, &[]) else {
            return;
        };
        let Some((stripped, _)) = listed(target, &PACKAGES, &["-ldflags=-s -w"]) else {
            return;
        };
        let truth = named(&listing);
        assert!(truth.len() > 300, "{target}: {} functions", truth.len());
        for (file, more) in [(whole, &[][..]), (stripped, &["--recover"][..])] {
            let (mut right, mut all) = (0, 0);
            for (function, notes) in comments(&file, more) {
                let Some(names) = truth.get(&function) else {
                    continue;
                };
                for note in notes.iter().filter(|n| is_of_kind(n)) {
                    assert!(
                        names.iter().filter_map(|n| comment_of(n)).any(|n| says(&n, note)),
                        "{target} {more:?} {function}: {note} is not among {names:?}"
                    );
                }
                // With symbols, the text itself names itabs and function values.
                let wanted = names
                    .iter()
                    .filter_map(|n| comment_of(n))
                    .filter(|n| !more.is_empty() || !n.starts_with("go:itab.") && !n.ends_with("·f"));
                for name in wanted {
                    all += 1;
                    right += usize::from(notes.iter().any(|note| says(&name, note)));
                }
            }
            assert!(all > 200, "{target} {more:?}: {all}");
            assert!(right * 100 >= all * least, "{target} {more:?}: {right} of {all}");
        }
    }
}

#[test]
fn every_way_to_load_a_string_is_seen() {
    for target in ["linux/amd64", "linux/386", "linux/arm64"] {
        let Some((file, _)) = listed(target, &[], &[]) else {
            return;
        };
        let all = comments(&file, &["--package", "main"]);
        let all: Vec<&str> = all.iter().flat_map(|f| f.1.iter()).map(String::as_str).collect();
        for text in [
            "\"argument in registers\"",
            "\"another argument\"",
            "\"verbose, with details\"",
            "\"ünïcödé → text\"",
            "\"found\\tthe \\\"prefix\\\"\\n\"",
            "\"second value\"",
            "\" between \"",
            "\"one of several\"",
            "\"a panic's text: \"",
            "\"a key\"",
            "\"appended\"",
            "\"a variable's second value\"",
        ] {
            assert!(all.contains(&text), "{target}: {text} is not among {all:?}");
        }
        assert!(
            all.iter().any(|n| n.ends_with("&\"a variable's first value\"")),
            "{target}: {all:?}"
        );
    }
}

#[test]
fn variables_are_named_where_gos_text_does_not_name_them() {
    for target in [
        "linux/arm64",
        "darwin/arm64",
        "linux/riscv64",
        "linux/arm",
        "linux/ppc64le",
        "linux/loong64",
        "linux/s390x",
    ] {
        let Some((file, listing)) = listed(target, &[], &[]) else {
            return;
        };
        let truth = named(&listing);
        let out = common::run([
            "objdump",
            "--resolve",
            "--package",
            "main",
            file.to_str().expect("UTF-8"),
        ]);
        let out = String::from_utf8_lossy(&out.stdout).into_owned();
        let variables: BTreeSet<&String> = truth
            .iter()
            .filter(|(function, _)| function.starts_with("main."))
            .flat_map(|f| f.1)
            .filter(|n| {
                [
                    "main.greeting",
                    "main.counter",
                    "main.failure",
                    "os.Args",
                    "os.Stdout",
                ]
                .contains(&n.as_str())
            })
            .collect();
        assert_eq!(variables.len(), 5, "{target}");
        for name in variables {
            assert!(out.contains(name.as_str()), "{target}: {name}");
        }
    }
}

#[test]
fn embedded_files_are_named() {
    for args in [&[][..], &["-ldflags=-s -w"]] {
        for target in ["linux/amd64", "darwin/arm64", "linux/386"] {
            let Some(file) = Build::new("embeds", target).args(args).path() else {
                return;
            };
            let all = comments(&file, &["--recover", "-s", "^main.main$"]);
            let all: Vec<&String> = all.iter().flat_map(|f| &f.1).collect();
            assert!(
                all.iter().any(|n| n.ends_with("embed.FS of 3 files")),
                "{target}: {all:?}"
            );
            assert!(
                all.iter().any(|n| n.contains("&\"line 0 of an embedded text\\n")),
                "{target}: {all:?}"
            );
        }
    }
}

#[test]
fn calls_into_the_plt_are_those_that_binutils_names() {
    let call = regex::Regex::new(r"(?m)^\s*([0-9a-f]+):\s+(?:call|jmp)\s+[0-9a-f]+ <(\w+@plt)>")
        .expect("an expression");
    for args in [&[][..], &["-buildmode=pie"]] {
        let Some(file) = Build::new("cgo", "linux/amd64").cgo().args(args).path() else {
            return;
        };
        let Ok(out) = Command::new("objdump")
            .args(["-d", "--no-show-raw-insn", "-j", ".text"])
            .arg(&file)
            .output()
        else {
            return common::left_out("objdump of binutils").unwrap_or(());
        };
        let listing = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut wanted: BTreeMap<u64, String> = call
            .captures_iter(&listing)
            .map(|c| (address(&c[1]), c[2].to_string()))
            .collect();
        assert!(wanted.len() > 10, "{args:?}: {wanted:?}");
        let out = common::run([
            "objdump",
            "--resolve",
            "--recover",
            "--format",
            "json",
            file.to_str().expect("UTF-8"),
        ]);
        let (mut found, mut shown) = (BTreeMap::new(), BTreeSet::new());
        for line in out.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let f: Value = serde_json::from_slice(line).expect("JSON");
            for i in f["instructions"].as_array().into_iter().flatten() {
                let addr = address(i["addr"].as_str().unwrap_or_default());
                shown.insert(addr);
                let name = i["comment"].as_str().filter(|n| n.ends_with("@plt"));
                found.extend(name.map(|n| (addr, n.to_string())));
            }
        }
        // What C's start-up code calls stands in functions without a size, which are not listed.
        wanted.retain(|addr, _| shown.contains(addr));
        assert!(wanted.len() > 10, "{args:?}: {wanted:?}");
        assert_eq!(found, wanted, "{args:?}");
    }
}

fn address(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("an address")
}

#[test]
fn imports_of_windows_and_darwin_are_named() {
    for args in [&[][..], &["-ldflags=-s -w"]] {
        let Some(file) = Build::new("hello", "windows/amd64").args(args).path() else {
            return;
        };
        let found = comments(
            &file,
            &["--recover", "-s", "^runtime\\.(sysReserveOS|sysFreeOS|exit$)"],
        );
        let all: Vec<&str> = found.iter().flat_map(|f| &f.1).map(String::as_str).collect();
        for name in [
            "kernel32.dll!VirtualAlloc",
            "kernel32.dll!VirtualFree",
            "kernel32.dll!ExitProcess",
        ] {
            assert!(all.contains(&name), "{args:?}: {name} is not among {all:?}");
        }
        for target in ["darwin/arm64", "darwin/amd64"] {
            let Some(file) = Build::new("hello", target).args(args).path() else {
                return;
            };
            // The runtime's assembly names each function of the C library that it calls after that function.
            let found = comments(
                &file,
                &[
                    "--recover",
                    "-s",
                    "^runtime\\.(open|read|write|mmap|usleep|sysctl)_trampoline",
                ],
            );
            assert!(found.len() >= 5, "{target} {args:?}: {found:?}");
            for (function, notes) in found {
                let name = function
                    .trim_start_matches("runtime.")
                    .split("_trampoline")
                    .next()
                    .unwrap_or_default();
                assert!(
                    notes.contains(&format!("_{name}@stub")),
                    "{target} {args:?} {function}: {notes:?}"
                );
            }
        }
    }
}
