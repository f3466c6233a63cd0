//! C code in `gospect size`: its functions and variables by symbol, compile unit and Go package.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Build, schema};
use serde_json::Value;

fn c_rows(file: &Path) -> Vec<Value> {
    let out = common::run([
        "size",
        "--format",
        "json",
        "--by",
        "symbol",
        file.to_str().unwrap(),
    ]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let doc = schema::assert_all("size", &out.stdout).remove(0);
    let rows = doc["rows"].as_array().unwrap();
    let total: u64 = rows.iter().map(|r| r["bytes"].as_u64().unwrap()).sum();
    assert_eq!(total, std::fs::metadata(file).unwrap().len());
    rows.iter().filter(|r| r["kind"] == "c-code").cloned().collect()
}

fn subject(args: &[&str]) -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return common::left_out(
            "C objects are built for the machine that runs the test, and linux/amd64 is expected",
        );
    }
    Build::new("cgo", "linux/amd64").cgo().args(args).path()
}

/// Sizes by name of the symbols that readelf shows; of one name, the sum.
fn readelf(file: &Path) -> Option<BTreeMap<String, u64>> {
    let out = match Command::new("readelf").args(["-s", "-W"]).arg(file).output() {
        Ok(o) => o,
        Err(e) => return common::left_out(&format!("readelf: {e}")),
    };
    let mut sizes = BTreeMap::new();
    let mut table = false;
    for line in String::from_utf8(out.stdout).unwrap().lines() {
        table = if line.starts_with("Symbol table") {
            line.contains("'.symtab'")
        } else {
            table
        };
        // Num: Value Size Type Bind Vis Ndx Name
        let f: Vec<&str> = line.split_whitespace().collect();
        if let [_, _, size, kind, _, _, section, name] = f.as_slice()
            && table
            && *section != "UND"
            && *kind != "FILE"
        {
            *sizes.entry(name.to_string()).or_insert(0) += size.parse().unwrap_or(0);
        }
    }
    Some(sizes)
}

#[test]
fn functions_are_as_large_as_their_symbols() {
    let Some(file) = subject(&[]) else { return };
    let Some(sizes) = readelf(&file) else { return };
    let mut ours: BTreeMap<String, u64> = BTreeMap::new();
    for r in c_rows(&file).iter().filter(|r| r["from"] == "symbols") {
        if let Some(symbol) = r["symbol"].as_str() {
            *ours.entry(symbol.to_string()).or_default() += r["bytes"].as_u64().unwrap();
        }
    }
    let mut compared = 0;
    for (name, bytes) in &ours {
        let size = sizes.get(name).copied().unwrap_or(0);
        // Assembly has functions without a size.
        if size > 0 {
            assert_eq!(*bytes, size, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared} of {ours:?}");
    for name in [
        "x_cgo_init",
        "x_cgo_sys_thread_create",
        "_cgo_wait_runtime_init_done",
    ] {
        assert!(ours.contains_key(name), "{name}: {ours:?}");
    }
}

#[test]
fn an_object_has_its_name_and_its_go_package() {
    let Some(file) = subject(&[]) else { return };
    let rows = c_rows(&file);
    let of = |symbol: &str| {
        let found = rows.iter().find(|r| {
            r["symbol"]
                .as_str()
                .is_some_and(|s| s == symbol || s.ends_with(symbol))
        });
        let r = found.unwrap_or_else(|| panic!("{symbol}: {rows:#?}"));
        (
            r["unit"].as_str().unwrap_or("-"),
            r["package"].as_str().unwrap_or("-"),
        )
    };
    let (unit, package) = of("x_cgo_init");
    assert!(unit.starts_with("gcc_") && unit.ends_with(".c"), "{unit}");
    assert_eq!(package, "runtime/cgo");
    assert_eq!(of("_Cfunc_twice"), ("main.cgo2.c", "main"));
    assert_eq!(of("frame_dummy"), ("crtstuff.c", "-"));
    let out = common::run(["size", "--explain", "c:crtstuff.c", file.to_str().unwrap()]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("frame_dummy [c-code]"), "{text}");
}

#[test]
fn no_file_or_static_variable_becomes_a_package() {
    let Some(file) = subject(&[]) else { return };
    let out = common::run(["size", "--format", "json", file.to_str().unwrap()]);
    let doc = schema::assert_all("size", &out.stdout).remove(0);
    for r in doc["rows"].as_array().unwrap() {
        let package = r["package"].as_str().unwrap_or("main");
        let odd = ["crt", "gcc_", "_", "completed", "DW", "x_cgo", "go.", "typerel"];
        assert!(!odd.iter().any(|o| package.starts_with(o)), "{r}");
        assert!(!package.ends_with("cgo2") && package != "go", "{r}");
    }
}

/// Without symbols the unwind tables tell of every function that a C compiler made.
#[test]
fn functions_are_found_in_a_stripped_file() {
    let (Some(whole), Some(bare)) = (subject(&[]), subject(&["-ldflags=-s -w"])) else {
        return;
    };
    let sum = |rows: &[Value], from: &str| -> u64 {
        let kept = rows
            .iter()
            .filter(|r| r["from"] == from && r["symbol"].is_string());
        kept.map(|r| r["bytes"].as_u64().unwrap()).sum()
    };
    let (whole, bare) = (c_rows(&whole), c_rows(&bare));
    let named = bare.iter().filter(|r| {
        r["symbol"]
            .as_str()
            .is_some_and(|s| s.starts_with("function at 0x"))
    });
    assert!(named.count() > 20);
    let (a, b) = (sum(&whole, "symbols"), sum(&bare, "unwind-table"));
    assert!(
        b * 10 > a * 8 && b <= a + 64,
        "{a} bytes by symbols, {b} by unwind tables"
    );
}
