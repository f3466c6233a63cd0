//! `gospect size`, held against real builds: rows add up, planted sizes come out, stripped files agree with
//! their twins, inference agrees with symbols.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Build, REFERENCE};
use serde_json::Value;

fn rows(doc: &Value) -> &Vec<Value> {
    doc["rows"].as_array().unwrap()
}

fn sum(doc: &Value, keep: impl Fn(&Value) -> bool) -> u64 {
    rows(doc)
        .iter()
        .filter(|r| keep(r))
        .map(|r| r["bytes"].as_u64().unwrap())
        .sum()
}

/// Bytes by package of some kinds.
fn by_package(doc: &Value, kinds: &[&str]) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for r in rows(doc) {
        if kinds.contains(&r["kind"].as_str().unwrap()) {
            *out.entry(r["package"].as_str().unwrap_or("-").to_string())
                .or_default() += r["bytes"].as_u64().unwrap();
        }
    }
    out
}

const STRIPPED: &[&str] = &["-ldflags=-s -w"];

/// Rows add up to the file, nearly nothing is unknown, nearly all of the program has a package.
#[track_caller]
fn adds_up(doc: &Value, file: &Path) {
    let size = std::fs::metadata(file).unwrap().len();
    assert_eq!(doc["file_size"], size);
    assert_eq!(sum(doc, |_| true), size, "{}", file.display());
    let unknown = sum(doc, |r| r["kind"] == "unknown");
    assert!(
        unknown * 500 <= size,
        "{}: {unknown} bytes unknown",
        file.display()
    );
    let own = [
        "code", "pclntab", "type", "itab", "string", "rodata", "embed", "data", "unknown",
    ];
    let program = sum(doc, |r| own.contains(&r["kind"].as_str().unwrap()));
    let named = sum(doc, |r| {
        own.contains(&r["kind"].as_str().unwrap()) && !r["package"].is_null()
    });
    assert!(
        named * 100 >= program * 97,
        "{}: {named} of {program} bytes have a package",
        file.display()
    );
}

#[test]
fn every_byte_has_one_owner_in_every_format() {
    for target in [
        "linux/amd64",
        "linux/386",
        "linux/s390x",
        "darwin/arm64",
        "windows/amd64",
        "plan9/amd64",
        "wasip1/wasm",
    ] {
        for args in [&[][..], STRIPPED] {
            if let Some(file) = Build::new("hello", target).args(args).path() {
                adds_up(&common::size(&[], &file), &file);
            }
        }
    }
}

#[test]
fn older_and_newer_go_versions_are_read() {
    for go in ["go1.20.14", "go1.22.12", "go1.26.8", REFERENCE] {
        for target in ["linux/amd64", "darwin/arm64"] {
            if let Some(file) = Build::new("hello", target).go(go).args(STRIPPED).path() {
                adds_up(&common::size(&[], &file), &file);
                // Up to Go 1.25 strings lie in the types' range, right behind the last type: they are not its
                // bytes.
                let doc = common::size(&["--by", "symbol"], &file);
                let strings = sum(&doc, |r| r["kind"] == "string");
                assert!(strings > 20_000, "{go} {target}: {strings}");
                for r in rows(&doc).iter().filter(|r| r["kind"] == "type") {
                    assert!(r["bytes"].as_u64().unwrap() < 16_384, "{go} {target}: {r}");
                }
            }
        }
    }
}

#[test]
fn a_stripped_file_agrees_with_its_twin() {
    for target in ["linux/amd64", "darwin/arm64", "windows/amd64"] {
        let build = Build::new("planted", target);
        let (Some(whole), Some(bare)) = (build.path(), build.args(STRIPPED).path()) else {
            continue;
        };
        let (whole, bare) = (common::size(&[], &whole), common::size(&[], &bare));
        for kind in ["code", "pclntab", "type", "itab", "embed"] {
            assert_eq!(
                by_package(&whole, &[kind]),
                by_package(&bare, &[kind]),
                "{target} {kind}"
            );
        }
    }
}

/// The package gets what was planted in it, within 1 %; what its code and types need besides is small and
/// known by kind.
#[test]
fn planted_sizes_come_out_in_both_twins() {
    let mut targets = vec![
        ("linux/amd64", REFERENCE),
        ("linux/arm64", REFERENCE),
        ("darwin/arm64", REFERENCE),
        ("windows/amd64", REFERENCE),
        ("linux/arm", REFERENCE),
        ("linux/386", REFERENCE),
        // A table that ends with a byte in front of the map's keys; numbers in code and data that look like
        // addresses in the long text.
        ("linux/arm", "go1.21.13"),
        ("linux/mips64le", "go1.21.13"),
        ("windows/386", "go1.21.13"),
        // Pointer bitmaps lie between the strings and their end as far as the moduledata tells it.
        ("linux/amd64", "go1.26.8"),
    ];
    if std::env::var_os("GOSPECT_WIDE").is_some() {
        let wide = [
            "linux/386",
            "linux/s390x",
            "linux/riscv64",
            "linux/ppc64le",
            "linux/loong64",
            "linux/mips64le",
            "windows/386",
            "windows/arm64",
        ];
        for go in [
            "go1.20.14",
            "go1.22.12",
            "go1.24.11",
            "go1.25.5",
            "go1.26.8",
            REFERENCE,
        ] {
            targets.extend(wide.map(|target| (target, go)));
        }
    }
    for (target, go) in targets {
        for args in [&[][..], STRIPPED] {
            let Some(file) = Build::new("planted", target).go(go).args(args).path() else {
                continue;
            };
            let word = if target.ends_with("/arm") || target.ends_with("/386") {
                4
            } else {
                8
            };
            let doc = common::size(&[], &file);
            adds_up(&doc, &file);
            let of = |package: &str, kinds: &[&str]| {
                let package = format!("example.com/planted/{package}");
                sum(&doc, |r| {
                    r["package"] == package.as_str() && kinds.contains(&r["kind"].as_str().unwrap())
                })
            };
            let near = |what: &str, got: u64, want: u64| {
                assert!(
                    got.abs_diff(want) * 100 <= want,
                    "{target} {go} {args:?} {what}: {got}, planted {want}"
                );
            };
            near("embed", of("files", &["embed"]), 100_000);
            near("table", of("table", &["data", "rodata"]), 64_000);
            near("string", of("text", &["string", "rodata"]), 50_000);
            // 500 entries: their text and the two tables of string headers that the map is filled from.
            near(
                "map",
                of("mapping", &["string", "rodata", "data"]),
                25_000 + 2 * 500 * 2 * word,
            );
            assert!(
                of("generic", &["code"]) > 12 * 150,
                "{target}: {}",
                of("generic", &["code"])
            );
        }
    }
}

#[test]
fn a_generic_functions_instances_belong_to_its_package() {
    let Some(file) = Build::new("planted", "linux/amd64").path() else {
        return;
    };
    let doc = common::size(&["--by", "symbol"], &file);
    let instances = rows(&doc)
        .iter()
        .filter(|r| {
            r["kind"] == "code"
                && r["symbol"]
                    .as_str()
                    .is_some_and(|s| s.starts_with("example.com/planted/generic.fill["))
        })
        .filter(|r| r["package"] == "example.com/planted/generic")
        .count();
    assert_eq!(instances, 12);
}

/// With the symbols hidden, data gets the package that its symbol names; prints how much of it.
#[test]
fn inference_agrees_with_the_symbols() {
    for (program, target) in [
        ("planted", "linux/amd64"),
        ("planted", "linux/386"),
        ("service", "linux/amd64"),
        ("service", "linux/arm64"),
    ] {
        let Some(file) = Build::new(program, target).path() else {
            continue;
        };
        let bytes = gospect::open(&file).unwrap();
        for a in gospect::analysis::size::agreement(&bytes).unwrap() {
            let percent = 100.0 * a.agree as f64 / a.bytes.max(1) as f64;
            println!(
                "{program} {target} {:>14}: {percent:.1} % of {} bytes agree",
                a.section, a.bytes
            );
            let least = match a.section.as_str() {
                ".noptrdata" => 97.0,
                ".data" | ".rodata" => 90.0,
                _ => continue,
            };
            assert!(
                percent >= least,
                "{program} {target} {}: {percent:.1} %, worst {:?}",
                a.section,
                a.worst
            );
        }
    }
}

/// What a constant gets does not depend on the folder that the program was built in: the build ID that stands
/// in the text of Mach-O and PE holds a hash of it.
#[test]
fn the_folder_of_the_build_changes_nothing() {
    for target in ["darwin/arm64", "windows/arm64"] {
        for seed in 1..=2u64 {
            // Every fourth byte makes a word that would be an instruction for an address nearby (ADR).
            let mut random = 0x9e37_79b9_7f4a_7c15u64 ^ seed;
            let mut next = |from: &[u8]| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                char::from(from[random as usize % from.len()])
            };
            let letters: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').collect();
            let id: String = (0..1200)
                .map(|i| next(if i % 4 == 0 { b"0Pp" } else { &letters }))
                .collect();
            let flags = format!("-ldflags=-s -w -buildid={id}");
            let args = [flags.as_str()];
            let Some(file) = Build::new("planted", target).args(&args).path() else {
                continue;
            };
            let doc = common::size(&[], &file);
            let text = sum(&doc, |r| {
                r["package"] == "example.com/planted/text"
                    && ["string", "rodata"].contains(&r["kind"].as_str().unwrap())
            });
            assert!(text.abs_diff(50_000) <= 500, "{target} {seed}: {text}");
        }
    }
}

#[test]
fn the_text_adds_up_for_the_reader() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    for by in ["module", "package", "section", "kind", "symbol", "file"] {
        let out = common::run(["size", "--by", by, "--top", "5", file.to_str().unwrap()]);
        assert!(out.status.success());
        let text = String::from_utf8(out.stdout).unwrap();
        let number = |line: &str| {
            line.split_whitespace()
                .next()?
                .replace(',', "")
                .parse::<u64>()
                .ok()
        };
        let table: Vec<&str> = text
            .lines()
            .skip_while(|l| !l.starts_with("By "))
            .skip(1)
            .take_while(|l| !l.trim().starts_with('-'))
            .collect();
        let sum: u64 = table.iter().filter_map(|l| number(l)).sum();
        assert_eq!(sum, std::fs::metadata(&file).unwrap().len(), "{text}");
        assert!(table.len() <= 6, "{text}");
    }
}

#[test]
fn an_empty_file_and_text_are_refused() {
    let dir = std::env::temp_dir().join(format!("gospect-size-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, bytes) in [("empty", &b""[..]), ("text", b"#!/bin/sh\n"), ("elf", b"\x7fELF")] {
        let path = dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        let out = common::run(["size", path.to_str().unwrap()]);
        assert_eq!(out.status.code(), Some(2), "{name}");
        let err = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(err.starts_with("gospect: ") && err.lines().count() == 1, "{err}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// `--by`, `--top`, `--filter` and `--explain` choose the same bytes in every format.
#[test]
fn every_format_shows_what_is_asked_for() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let of = |args: &[&str]| {
        let out = common::run(["size"].iter().chain(args).chain(&[file.to_str().unwrap()]));
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let json = |args: &[&str]| {
        let (code, out, err) = of(&[args, &["--format", "json"]].concat());
        assert_eq!(code, Some(0), "{err}");
        common::schema::assert_all("size", out.as_bytes()).remove(0)
    };
    let size = std::fs::metadata(&file).unwrap().len();
    let bytes = |v: &serde_json::Value| -> u64 {
        v.as_array()
            .unwrap()
            .iter()
            .map(|r| r["bytes"].as_u64().unwrap())
            .sum()
    };

    let doc = json(&["--by", "package", "--top", "3"]);
    let groups = doc["groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[3]["key"]), (4, &serde_json::Value::Null));
    assert_eq!((bytes(&doc["groups"]), bytes(&doc["rows"])), (size, size));
    let (_, csv, _) = of(&["--by", "package", "--top", "3", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines.len(), lines[0]), (5, "file,package,bytes,inferred"));
    let largest = groups[0]["key"].as_str().unwrap();
    assert!(
        lines[1].ends_with(&format!(
            ",{largest},{},{}",
            groups[0]["bytes"], groups[0]["inferred"]
        )),
        "{csv}"
    );

    let doc = json(&["--filter", "reflect"]);
    let rows = doc["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|r| r.to_string().contains("reflect")));
    let (_, csv, _) = of(&["--filter", "reflect", "--format", "csv"]);
    assert_eq!(csv.lines().count(), rows.len() + 1);

    let doc = json(&["--explain", "reflect", "--top", "2"]);
    let all = doc["explain"]["bytes"].as_u64().unwrap();
    assert!(
        doc["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["package"] == "reflect")
    );
    assert_eq!(
        [&doc["rows"], &doc["explain"]["parts"], &doc["explain"]["largest"]].map(bytes),
        [all; 3]
    );
    let grouped = |n: u64| {
        let digits = n.to_string();
        let parts: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|c| std::str::from_utf8(c).unwrap())
            .collect();
        parts.join(",")
    };
    for format in ["text", "markdown", "svg"] {
        let (code, out, _) = of(&["--explain", "reflect", "--top", "2", "--format", format]);
        assert!(code == Some(0) && out.contains(&grouped(all)), "{format}: {out}");
    }
    assert_eq!(json(&["--explain", "std"])["explain"]["name"], "std");

    for format in ["text", "json", "csv", "markdown", "svg", "html"] {
        for (args, meant) in [
            (["--explain", "reflct"], "reflect"),
            (["--filter", "reflct"], "reflect"),
            (["--explain", "x/atomic"], "internal/runtime/atomic"),
        ] {
            let (code, out, err) = of(&[&args[..], &["--format", format]].concat());
            assert_eq!((code, out.as_str()), (Some(2), ""), "{format} {args:?}");
            assert!(err.contains("did you mean") && err.contains(meant), "{err}");
        }
    }
    // What shows a part is no baseline for a comparison.
    let part = std::env::temp_dir().join(format!("gospect-part-{}.json", std::process::id()));
    std::fs::write(&part, of(&["--filter", "reflect", "--format", "json"]).1).unwrap();
    let out = common::run(["diff".as_ref(), part.as_os_str(), file.as_os_str()]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--filter"));
    let _ = std::fs::remove_file(part);
}

/// Nothing is wider than the terminal, and nothing is left out of names.
#[test]
fn pages_are_as_wide_as_the_terminal() {
    let (Some(file), Some(other)) = (
        Build::new("hello", "linux/amd64").path(),
        Build::new("planted", "linux/amd64").path(),
    ) else {
        return;
    };
    let (file, other) = (file.to_str().unwrap(), other.to_str().unwrap());
    for args in [
        &["size", "--by", "package", "--top", "0"][..],
        &["size", "--tree"],
        &["size", "--explain", "runtime"],
        &["whatif", "--no-compress"],
        &["diff", "--no-policy", other],
        &["info"],
        &["why"],
        &["check", "--no-policy"],
        &["vuln", "--no-policy"],
        &["scan", "--format", "text"],
    ] {
        let run = |columns: Option<&str>| {
            let mut c = common::gospect();
            c.args(args).arg(file).env_remove("COLUMNS");
            if let Some(n) = columns {
                c.env("COLUMNS", n);
            }
            let out = c.output().unwrap();
            assert!(
                matches!(out.status.code(), Some(0 | 1)),
                "{args:?}: {}",
                String::from_utf8_lossy(&out.stderr)
            );
            String::from_utf8(out.stdout).unwrap()
        };
        let words = |text: &str| -> std::collections::BTreeSet<String> {
            let figure = |w: &&str| w.contains("example.com") || w.contains("runtime/");
            text.split_whitespace()
                .filter(figure)
                .map(str::to_string)
                .collect()
        };
        let wide = run(None);
        for columns in [40, 60, 80, 100] {
            let text = run(Some(&columns.to_string()));
            let widest = text.lines().map(|l| l.chars().count()).max().unwrap_or(0);
            assert!(widest <= columns, "{args:?} at {columns}: {widest}\n{text}");
            if columns >= 80 && args[0] == "size" {
                assert_eq!(words(&text), words(&wide), "{args:?}");
            }
        }
    }
}
