//! `gospect size --memory`: what takes memory and no bytes in the file, by package and variable.

mod common;

use std::collections::BTreeMap;
use std::process::Command;

use common::Build;
use serde_json::Value;

fn sums<'v>(doc: &'v Value, key: &str) -> BTreeMap<&'v str, u64> {
    let mut out = BTreeMap::new();
    for m in doc["memory"].as_array().unwrap() {
        *out.entry(m[key].as_str().unwrap_or("-")).or_default() += m["bytes"].as_u64().unwrap();
    }
    out
}

const STRIPPED: &[&str] = &["-ldflags=-s -w"];

#[test]
fn variables_have_their_packages_and_cost_the_file_nothing() {
    for target in ["linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"] {
        let mut by_section = Vec::new();
        for args in [&[][..], STRIPPED] {
            let Some(file) = Build::new("planted", target).args(args).path() else {
                continue;
            };
            let doc = common::size(&["--memory"], &file);
            assert_eq!(doc["rows"], common::size(&[], &file)["rows"], "{target}");
            let packages = sums(&doc, "package");
            let planted = packages.get("example.com/planted/zeroes").copied().unwrap_or(0);
            assert!(
                (100_000..100_100).contains(&planted),
                "{target} {args:?}: {planted}"
            );
            let all: u64 = packages.values().sum();
            assert!(
                (packages["runtime"] + planted) * 100 > all * 95,
                "{target} {args:?}: {packages:?}"
            );
            let none = packages.get("-").copied().unwrap_or(0);
            assert!(
                none * 20 < all,
                "{target} {args:?}: {none} of {all} have no package"
            );
            let measured = doc["memory"]
                .as_array()
                .unwrap()
                .iter()
                .any(|m| m["from"] == "symbols");
            assert_eq!(measured, args.is_empty(), "{target}");
            let of_sections: BTreeMap<String, u64> = sums(&doc, "section")
                .into_iter()
                .map(|(k, v)| (k.to_string(), v))
                .collect();
            by_section.push(of_sections);
        }
        if let [whole, bare] = by_section.as_slice() {
            // Where a section's bytes in the file end and the zeroes begin is up to the linker, on windows.
            assert_eq!(whole.len(), bare.len(), "{target}");
            for (section, bytes) in whole {
                let slack = if target.starts_with("windows") { 512 } else { 0 };
                assert!(bytes.abs_diff(bare[section]) <= slack, "{target} {section}");
            }
        }
    }
}

/// Each variable has the size that the symbol table says.
#[test]
fn variables_are_as_large_as_their_symbols() {
    let Some(file) = Build::new("planted", "linux/amd64").path() else {
        return;
    };
    let doc = common::size(&["--memory", "--by", "symbol"], &file);
    let ours = sums(&doc, "symbol");
    let readelf = |what: &str| match Command::new("readelf").args([what, "-W"]).arg(&file).output() {
        Ok(o) => String::from_utf8(o.stdout).ok(),
        Err(e) => common::left_out(&format!("readelf: {e}")),
    };
    let (Some(sections), Some(symbols)) = (readelf("-S"), readelf("-s")) else {
        return;
    };
    // "  [11] .bss   NOBITS …": the numbers of the sections without bytes.
    let empty: Vec<&str> = sections
        .lines()
        .filter(|l| l.contains(" NOBITS "))
        .filter_map(|l| Some(l.split(']').next()?.split('[').nth(1)?.trim()))
        .collect();
    let mut compared = 0;
    for line in symbols.lines() {
        // Num: Value Size Type Bind Vis Ndx Name
        let f: Vec<&str> = line.split_whitespace().collect();
        let [_, _, size, _, _, _, section, name] = f.as_slice() else {
            continue;
        };
        let size: u64 = size.parse().unwrap_or(0);
        if size > 0 && empty.contains(section) {
            assert_eq!(ours.get(name), Some(&size), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn text_and_markdown_show_it_apart() {
    let Some(file) = Build::new("planted", "linux/amd64").path() else {
        return;
    };
    let of = |args: &[&str]| {
        let out = common::run(
            ["size", "--memory"]
                .iter()
                .chain(args)
                .chain(&[file.to_str().unwrap()]),
        );
        assert!(out.status.success());
        String::from_utf8(out.stdout).unwrap()
    };
    let text = of(&["--by", "symbol", "--filter", "runtime.mheap_"]);
    let memory = text
        .split("Memory without bytes in the file, by symbol:\n")
        .nth(1)
        .unwrap();
    assert!(
        memory.lines().next().unwrap().ends_with("  runtime.mheap_"),
        "{text}"
    );
    assert!(memory.contains("total, not part of the file"), "{text}");
    let markdown = of(&["--by", "kind", "--format", "markdown"]);
    assert!(markdown.contains("| memory without bytes in the file, by package | bytes | share |"));
}
