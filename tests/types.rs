//! `gospect types`: the descriptors of a stripped program are those of its unstripped twin, and every type
//! that DWARF ties to a descriptor is there, with the size that DWARF gives.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Build, REFERENCE};
use gospect::image::Image;
use serde_json::Value;

fn types(file: &Path) -> Value {
    let out = common::run([
        "types",
        "--format",
        "json",
        file.to_str().expect("a path in UTF-8"),
    ]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(String::from_utf8_lossy(&out.stderr), "", "no warnings");
    common::schema::assert_all("types", &out.stdout).remove(0)
}

fn hex(v: &Value) -> u64 {
    u64::from_str_radix(&v.as_str().expect("hex")[2..], 16).expect("hex")
}

/// (offset or address of the descriptor as DWARF has it) → (name, size).
fn from_dwarf(file: &Path) -> BTreeMap<u64, (String, Option<u64>)> {
    const DW_AT_GO_RUNTIME_TYPE: gimli::DwAt = gimli::DwAt(0x2904);
    let bytes = gospect::open(file).expect("the subject opens");
    let image = Image::parse(&bytes).expect("an image");
    let load = |id: gimli::SectionId| -> Result<std::borrow::Cow<'_, [u8]>, gimli::Error> {
        // Up to Go 1.18 the compressed sections have names of their own.
        let old = id.name().replacen(".debug", ".zdebug", 1);
        let named = |n: &[u8]| n == id.name().as_bytes() || n == old.as_bytes();
        let section = image.sections.iter().find(|s| named(s.name));
        Ok(section
            .and_then(|s| image.section_contents(s).ok())
            .unwrap_or_default())
    };
    let sections = gimli::DwarfSections::load(load).expect("sections");
    let dwarf = sections.borrow(|b| gimli::EndianSlice::new(b, gimli::LittleEndian));
    let mut out = BTreeMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next().expect("units") {
        let unit = dwarf.unit(header).expect("a unit");
        let mut entries = unit.entries();
        while let Some(e) = entries.next_dfs().expect("entries") {
            let addr = match e.attr_value(DW_AT_GO_RUNTIME_TYPE) {
                Some(gimli::AttributeValue::Addr(a)) => a,
                Some(v) => v.udata_value().unwrap_or(0),
                None => 0,
            };
            let name = e
                .attr_value(gimli::DW_AT_name)
                .and_then(|v| dwarf.attr_string(&unit, v).ok());
            let size = e.attr_value(gimli::DW_AT_byte_size).and_then(|v| v.udata_value());
            if let (true, Some(name)) = (addr != 0, name) {
                out.insert(addr, (name.to_string_lossy().into_owned(), size));
            }
        }
    }
    out
}

#[track_caller]
fn conform(target: &'static str, go: &'static str) {
    let whole = Build::new("hello", target).go(go).path();
    let bare = Build::new("hello", target)
        .go(go)
        .args(&["-ldflags=-s -w"])
        .path();
    let (Some(whole), Some(bare)) = (whole, bare) else {
        return;
    };
    let (all, twin) = (types(&whole), types(&bare));
    let facts = |v: &Value| -> Vec<(String, Value, Value, Value)> {
        let list = v["types"].as_array().expect("types").iter();
        list.map(|t| {
            (
                t["name"].to_string(),
                t["kind"].clone(),
                t["size"].clone(),
                t["descriptor_size"].clone(),
            )
        })
        .collect()
    };
    assert_eq!(facts(&all), facts(&twin), "{target} {go}");
    assert_eq!(
        all["itabs"].as_array().map(Vec::len),
        twin["itabs"].as_array().map(Vec::len)
    );
    let list = all["types"].as_array().expect("types");
    let square = list
        .iter()
        .find(|t| t["name"] == "main.square")
        .expect("main.square");
    assert_eq!(
        (&square["kind"], &square["size"], &square["package"]),
        (&"struct".into(), &8.into(), &"main".into())
    );
    assert_eq!(square["fields"][0]["name"], "Side");
    assert_eq!(square["fields"][0]["type"]["name"], "float64");
    assert!(
        square["methods"]
            .as_array()
            .is_some_and(|m| m.iter().any(|m| m["name"] == "Area"))
    );
    assert!(all["itabs"].as_array().is_some_and(|i| {
        i.iter()
            .any(|i| i["type"]["name"] == "main.square" && i["interface"]["name"] == "main.shape")
    }));
    // Descriptors don't overlap.
    for pair in list.windows(2) {
        let end = hex(&pair[0]["addr"]) + pair[0]["descriptor_size"].as_u64().expect("bytes");
        assert!(
            end <= hex(&pair[1]["addr"]),
            "{target} {go}: {} reaches into {}",
            pair[0]["name"],
            pair[1]["name"]
        );
    }
    if target != "linux/amd64" {
        return;
    }
    let ours: BTreeMap<u64, &Value> = list.iter().map(|t| (hex(&t["addr"]), t)).collect();
    let dwarf = from_dwarf(&whole);
    assert!(
        dwarf.len() > 300,
        "{target} {go}: DWARF ties {} types to descriptors",
        dwarf.len()
    );
    // DWARF has offsets from where the descriptors start.
    let known = |name: &str| list.iter().find(|t| t["name"] == name).map(|t| hex(&t["addr"]));
    let (at, _) = dwarf
        .iter()
        .find(|(_, d)| d.0 == "main.square")
        .expect("main.square in DWARF");
    let base = known("main.square").expect("main.square").wrapping_sub(*at);
    for (at, (name, size)) in &dwarf {
        // Old linkers write the predeclared types as addresses.
        let Some(t) = ours.get(&at.wrapping_add(base)).or_else(|| ours.get(at)) else {
            panic!("{target} {go}: {name} at {at:#x} is in DWARF alone");
        };
        if let Some(size) = size {
            assert_eq!(t["size"].as_u64(), Some(*size), "{target} {go}: {name}");
        }
        let plain = !name.contains(['{', '(', '[', '.', '/', '\u{b7}']);
        assert!(
            !plain || t["name"] == name.as_str(),
            "{target} {go}: {} is {name} in DWARF",
            t["name"]
        );
    }
}

#[test]
fn descriptors_are_those_that_dwarf_knows() {
    conform("linux/amd64", REFERENCE);
    conform("linux/amd64", "go1.26.8");
    conform("linux/amd64", "go1.16.15");
    conform("windows/386", REFERENCE);
    conform("darwin/arm64", "go1.18.10");
}

#[test]
fn every_version_has_the_same_types() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    for go in [
        "go1.17.13",
        "go1.18.10",
        "go1.19.13",
        "go1.20.14",
        "go1.21.13",
        "go1.22.12",
        "go1.23.12",
        "go1.24.11",
        "go1.25.5",
    ] {
        conform("linux/amd64", go);
        conform("linux/s390x", go);
        conform("js/wasm", go);
    }
}
