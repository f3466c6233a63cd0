//! One program, one answer: what each sub-command says of the same function, type or package agrees, and
//! agrees with Go's own symbols.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::{Build, REFERENCE, schema};
use serde_json::Value;

const STRIPPED: &[&str] = &["-ldflags=-s -w"];

/// (program, target, toolchain). The hosts program has modules on `go.*` hosts, a dot in a path's last
/// element, and a promoted method.
fn subjects() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut all = vec![
        ("hosts", "linux/amd64", REFERENCE),
        ("hosts", "windows/arm64", "go1.26.8"),
        ("planted", "linux/386", "go1.22.12"),
        ("service", "darwin/arm64", REFERENCE),
        ("hello", "js/wasm", REFERENCE),
        ("hello", "linux/s390x", "go1.20.14"),
    ];
    if std::env::var_os("GOSPECT_WIDE").is_some() {
        for go in ["go1.21.13", "go1.23.12", "go1.24.11", "go1.25.5"] {
            for target in ["linux/arm64", "linux/arm", "windows/amd64", "linux/mips64le"] {
                all.push(("planted", target, go));
            }
        }
    }
    all
}

fn ask(args: &[&str], file: &Path) -> Value {
    let out = common::run(
        args.iter()
            .copied()
            .chain([file.to_str().expect("a path in UTF-8")]),
    );
    assert!(
        out.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    schema::assert_all(args[0], &out.stdout).remove(0)
}

fn text<'v>(v: &'v Value, key: &str) -> Option<&'v str> {
    v[key].as_str()
}

/// For each name, the packages that it is given.
fn owners<'v>(rows: &'v Value, name: &str) -> BTreeMap<&'v str, BTreeSet<Option<&'v str>>> {
    let mut out: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for r in rows.as_array().expect("rows") {
        if let Some(name) = text(r, name) {
            out.entry(name).or_default().insert(text(r, "package"));
        }
    }
    out
}

fn agrees(what: &str, file: &Path) {
    let funcs = ask(&["funcs", "--format", "json"], file);
    let types = ask(&["types", "--format", "json"], file);
    let size = ask(&["size", "--format", "json", "--by", "symbol"], file);
    let go: Vec<Value> = funcs["functions"].as_array().expect("functions").clone();
    let go = Value::from(
        go.into_iter()
            .filter(|f| f["source"] == "pclntab")
            .collect::<Vec<_>>(),
    );
    let told = owners(&go, "name");
    let rows: Vec<Value> = size["rows"].as_array().expect("rows").clone();
    let of_kind = |kind: &str| {
        Value::from(
            rows.iter()
                .filter(|r| r["kind"] == kind)
                .cloned()
                .collect::<Vec<_>>(),
        )
    };
    let (code, described) = (of_kind("code"), of_kind("type"));
    let measured = owners(&code, "symbol");
    let both: Vec<_> = told.keys().filter(|n| measured.contains_key(*n)).collect();
    assert!(
        both.len() > 500 && both.len() * 10 > told.len() * 8,
        "{what}: {} of {}",
        both.len(),
        told.len()
    );
    for name in both {
        assert_eq!(told[name], measured[name], "{what}: {name}");
    }
    for r in rows.iter().chain(go.as_array().expect("functions")) {
        let package = text(r, "package").unwrap_or("none");
        assert!(!package.is_empty() && !package.contains("%2"), "{what}: {r}");
    }
    // What has types has bytes of types.
    let bytes: BTreeSet<_> = owners(&described, "symbol").into_values().flatten().collect();
    for (name, packages) in owners(&types["types"], "name") {
        for p in packages.iter().filter(|p| p.is_some()) {
            assert!(bytes.contains(p), "{what}: type {name} of {p:?}");
        }
    }
    // A package as `nm` filters it is the one that `funcs` tells.
    let of_fmt = common::run([
        "nm",
        "--recover",
        "--package",
        "fmt",
        file.to_str().expect("a path"),
    ]);
    let listed = String::from_utf8_lossy(&of_fmt.stdout).into_owned();
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|l| l.split_whitespace().nth(2))
        .collect();
    let fmt = told
        .iter()
        .filter(|(_, p)| p.contains(&Some("fmt")))
        .map(|(n, _)| *n);
    let missing: Vec<_> = fmt
        .filter(|n| !n.contains(' ') && !n.contains('[') && !listed.contains(n))
        .collect();
    // Mach-O has an underscore in front; wasm lists no functions as symbols.
    if !what.contains("darwin") && !what.contains("wasm") && !listed.is_empty() {
        assert!(missing.len() * 50 < listed.len(), "{what}: {missing:?}");
    }
}

#[test]
fn every_command_gives_a_function_and_a_type_the_same_package() {
    for (program, target, go) in subjects() {
        for args in [&[][..], STRIPPED] {
            let Some(file) = Build::new(program, target).go(go).args(args).path() else {
                continue;
            };
            agrees(&format!("{program} {target} {go} {args:?}"), &file);
        }
    }
}

/// Packages whose paths begin as the linker's own names do keep their code, by Go's own symbols.
#[test]
fn code_by_package_is_that_of_gos_symbols() {
    for target in ["linux/amd64", "windows/arm64"] {
        let go = if target == "linux/amd64" {
            REFERENCE
        } else {
            "go1.26.8"
        };
        let build = Build::new("hosts", target).go(go);
        let (Some(whole), Some(bare)) = (build.path(), build.args(STRIPPED).path()) else {
            continue;
        };
        let Some(nm) = common::reference_tool("nm") else {
            continue;
        };
        let symbols = common::command(nm.to_str().expect("a path"))
            .arg("-size")
            .arg(&whole)
            .output()
            .expect("nm runs");
        let mut truth: BTreeMap<String, u64> = BTreeMap::new();
        for line in String::from_utf8_lossy(&symbols.stdout).lines() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            if let [_, size, "T" | "t", name, ..] = cells[..]
                && let head = name.split('[').next().unwrap_or_default()
                && let slash = head.rfind('/').unwrap_or(0)
                && let Some(dot) = head[slash..].find('.')
                && !name.contains(':')
            {
                let package = head[..slash + dot].replace("%2e", ".");
                *truth.entry(package).or_default() += size.parse::<u64>().unwrap_or(0);
            }
        }
        let mut told: BTreeMap<String, u64> = BTreeMap::new();
        for r in common::size(&[], &bare)["rows"].as_array().expect("rows") {
            if let (true, Some(p)) = (r["kind"] == "code", text(r, "package")) {
                *told.entry(p.into()).or_default() += r["bytes"].as_u64().unwrap_or(0);
            }
        }
        for package in [
            "go.yaml.in/yaml/v3",
            "gopkg.in/yaml.v3",
            "go.uber.org/multierr",
            "golang.org/x/net/websocket",
            "regexp",
        ] {
            let (want, got) = (
                truth.get(package).copied().unwrap_or(0),
                told.get(package).copied().unwrap_or(0),
            );
            println!("{target} {package}: {got} of {want}");
            // A symbol ends where its code does; the padding behind it is the function's too.
            assert!(
                want > 0 && got >= want && got * 100 <= want * 115 + 100 * 512,
                "{target} {package}: {got}, nm says {want}"
            );
        }
    }
}

/// Without a module list the paths of packages show the modules, and a file lines up with one that has a
/// list.
#[test]
fn modules_are_inferred_where_none_are_listed() {
    let Some(file) = Build::new("hosts", "linux/amd64").path() else {
        return;
    };
    let mut bytes = std::fs::read(&file).expect("the program can be read");
    // Lines that begin otherwise list no modules.
    for line in [b"\nmod\t", b"\ndep\t"] {
        for start in memmem(&bytes, line) {
            bytes[start + 1] = b'x';
        }
    }
    let bare = common::cache().join(format!("hosts-without-modules-{}", std::process::id()));
    std::fs::write(&bare, bytes).expect("a file can be written");
    let doc = common::size(&[], &bare);
    let modules: BTreeSet<_> = doc["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|r| text(r, "module"))
        .collect();
    let listed: Vec<_> = doc["modules"]
        .as_array()
        .expect("modules")
        .iter()
        .filter(|m| m["inferred"] == true)
        .collect();
    std::fs::remove_file(bare).expect("it is there");
    for module in [
        "go.yaml.in/yaml/v3",
        "gopkg.in/yaml.v3",
        "go.uber.org/multierr",
        "golang.org/x/net",
        "std",
    ] {
        assert!(modules.contains(module), "{module} of {modules:?}");
    }
    assert_eq!(listed.len(), 4, "{listed:?}");
}

fn memmem(bytes: &[u8], what: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(what.len()))
        .filter(|i| bytes[*i..].starts_with(what))
        .collect()
}

/// Segments are enough: without section headers a file is measured as with them.
#[test]
fn a_file_without_section_headers_is_measured_by_its_segments() {
    let Some(file) = Build::new("planted", "linux/amd64").args(STRIPPED).path() else {
        return;
    };
    let mut bytes = std::fs::read(&file).expect("the program can be read");
    // e_shoff, and e_shentsize to e_shstrndx.
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    let bare = common::cache().join(format!("planted-without-sections-{}", std::process::id()));
    std::fs::write(&bare, bytes).expect("a file can be written");
    let sums = |file: &Path| {
        let mut out: BTreeMap<String, u64> = BTreeMap::new();
        for r in common::size(&[], file)["rows"].as_array().expect("rows") {
            *out.entry(r["kind"].as_str().unwrap_or_default().into())
                .or_default() += r["bytes"].as_u64().unwrap_or(0);
        }
        out
    };
    let (with, without) = (sums(&file), sums(&bare));
    std::fs::remove_file(bare).expect("it is there");
    for kind in ["code", "type", "itab", "embed"] {
        assert_eq!(with.get(kind), without.get(kind), "{kind}");
    }
    for kind in ["pclntab", "string", "data"] {
        let (a, b) = (with[kind], without[kind]);
        assert!(a.abs_diff(b) * 100 <= a, "{kind}: {a} with sections, {b} without");
    }
    assert!(without.get("unknown").copied().unwrap_or(0) < 4096, "{without:?}");
}

/// On AIX the tables follow the code in one section: they are Go's, not C's.
#[test]
fn aix_tables_are_no_c_code() {
    let Some(file) = Build::new("hello", "aix/ppc64").args(STRIPPED).path() else {
        return;
    };
    let doc = common::size(&[], &file);
    let sum = |kind: &str| -> u64 {
        let rows = doc["rows"].as_array().expect("rows").iter();
        rows.filter(|r| r["kind"] == kind)
            .filter_map(|r| r["bytes"].as_u64())
            .sum()
    };
    assert_eq!(sum("c-code"), 0);
    assert!(sum("pclntab") > 300_000, "{}", sum("pclntab"));
}
