//! What `gospect whatif` predicts, held against real builds of the same source and against the real GNU
//! strip.
//!
//! A small matrix by default; GOSPECT_WIDE=1 builds every format with every Go version that the model knows.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Build, left_out};
use serde_json::Value;

const SMALL: &[(&str, &str, bool)] = &[
    ("linux/amd64", common::REFERENCE, false),
    ("windows/amd64", common::REFERENCE, false),
    ("darwin/arm64", common::REFERENCE, false),
];

const WIDE_TARGETS: &[&str] = &[
    "linux/amd64",
    "linux/386",
    "linux/arm",
    "linux/arm64",
    "linux/riscv64",
    "linux/ppc64le",
    "linux/s390x",
    "freebsd/amd64",
    "openbsd/amd64",
    "netbsd/amd64",
    "darwin/amd64",
    "darwin/arm64",
    "windows/amd64",
    "windows/386",
    "windows/arm64",
];
const WIDE_VERSIONS: &[&str] = &[
    "go1.20.14",
    "go1.21.13",
    "go1.22.12",
    "go1.23.12",
    "go1.24.11",
    "go1.25.5",
    "go1.26.8",
    common::REFERENCE,
];

fn matrix() -> Vec<(&'static str, &'static str, bool)> {
    if std::env::var("GOSPECT_WIDE").as_deref() != Ok("1") {
        return SMALL.to_vec();
    }
    let mut all = Vec::new();
    for go in WIDE_VERSIONS {
        for target in WIDE_TARGETS {
            all.push((*target, *go, false));
        }
        all.push(("linux/amd64", *go, true));
    }
    all
}

/// What is predicted of a file: the whole document.
fn predicted(file: &Path) -> Value {
    let out = common::run([
        Path::new("whatif"),
        Path::new("--format=json"),
        Path::new("--no-compress"),
        file,
    ]);
    assert!(
        out.status.success(),
        "{}: {}",
        file.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).expect("whatif prints JSON")
}

fn variant<'v>(doc: &'v Value, id: &str) -> &'v Value {
    let all = doc["variants"].as_array().expect("variants");
    all.iter()
        .find(|v| v["id"] == id)
        .unwrap_or_else(|| panic!("no variant {id}"))
}

/// Fails where an exact size is wrong or a margin does not hold; true where it was exact.
fn holds(what: &str, v: &Value, real: u64) -> bool {
    let bytes = v["bytes"]
        .as_u64()
        .unwrap_or_else(|| panic!("{what}: nothing predicted, really {real}"));
    let margin = v["margin"].as_u64().expect("margin");
    let exact = v["exact"].as_bool().expect("exact");
    assert!(!exact || margin == 0, "{what}: exact with a margin of {margin}");
    assert!(
        bytes.abs_diff(real) <= margin,
        "{what}: predicted {bytes} ± {margin}, really {real}"
    );
    exact
}

fn size(p: &Path) -> u64 {
    std::fs::metadata(p).expect("the build is there").len()
}

fn flags(id: &str) -> &'static [&'static str] {
    match id {
        "w" => &["-ldflags=-w"],
        "s" => &["-ldflags=-s"],
        "sw" => &["-ldflags=-s -w"],
        "no-compressdwarf" => &["-ldflags=-compressdwarf=false"],
        _ => unreachable!("{id}"),
    }
}

#[test]
fn sizes_predicted_are_those_of_real_builds() {
    let (mut exact, mut all) = (0, 0);
    for (target, go, cgo) in matrix() {
        let base = Build {
            cgo,
            ..Build::new("hello", target).go(go)
        };
        let Some(default) = base.path() else { continue };
        let doc = predicted(&default);
        for id in ["w", "s", "sw", "no-compressdwarf"] {
            let Some(real) = base.clone().args(flags(id)).path() else {
                continue;
            };
            exact += usize::from(holds(
                &format!("{target} {go} {id}"),
                variant(&doc, id),
                size(&real),
            ));
            all += 1;
        }
        // From a file without DWARF towards one without anything.
        if let (Some(w), Some(sw)) = (
            base.clone().args(flags("w")).path(),
            base.args(flags("sw")).path(),
        ) {
            exact += usize::from(holds(
                &format!("{target} {go} w to sw"),
                variant(&predicted(&w), "sw"),
                size(&sw),
            ));
            all += 1;
        }
    }
    assert!(
        all == 0 || exact * 100 >= all * 90,
        "only {exact} of {all} were called exact"
    );
}

/// A copy of `file` after `strip`.
fn strip(file: &Path, args: &[&str]) -> Option<PathBuf> {
    let copy = common::cache().join(format!("strip-{}-{}", std::process::id(), args.len()));
    std::fs::copy(file, &copy).expect("the subject can be copied");
    match Command::new("strip").args(args).arg(&copy).output() {
        Ok(o) if o.status.success() => Some(copy),
        Ok(o) => left_out(&String::from_utf8_lossy(&o.stderr)),
        Err(e) => left_out(&format!("strip: {e}")),
    }
}

#[test]
fn links_by_gnu_ld_are_predicted() {
    let external = Build::new("hello", "linux/amd64").cgo();
    let Some(default) = external.clone().args(&["-ldflags=-linkmode=external"]).path() else {
        return;
    };
    let doc = predicted(&default);
    for (id, flags) in [
        ("w", &["-ldflags=-w -linkmode=external"]),
        ("sw", &["-ldflags=-s -w -linkmode=external"]),
    ] {
        let Some(real) = external.clone().args(flags).path() else {
            return;
        };
        holds(&format!("external {id}"), variant(&doc, id), size(&real));
    }
}

#[test]
fn trimmed_paths_and_programs_without_c_are_predicted() {
    let base = Build::new("hello", "linux/amd64");
    let (Some(default), Some(trimmed)) = (
        base.path(),
        base.clone().args(&["-trimpath", "-ldflags=-s -w"]).path(),
    ) else {
        return;
    };
    let doc = predicted(&default);
    holds("trimpath", variant(&doc, "trimpath-sw"), size(&trimmed));
    let cgo0 = variant(&doc, "cgo0");
    assert!(holds("cgo0", cgo0, size(&default)), "{cgo0}");
    assert!(cgo0["notes"].to_string().contains("already pure Go"), "{cgo0}");
}

/// What can't be built without cgo, or comes out in a way that the file does not show, gets no size.
#[test]
fn without_cgo_nothing_is_predicted_that_can_t_be() {
    let race = Build::new("hello", "linux/amd64").cgo().args(&["-race"]).path();
    let host = Build {
        package: "./host",
        ..Build::new("plug", "linux/amd64").cgo()
    };
    for (file, why) in [(race, "-race needs cgo"), (host.path(), "can't be predicted")] {
        let Some(file) = file else { continue };
        let doc = predicted(&file);
        let cgo0 = variant(&doc, "cgo0");
        assert!(cgo0["bytes"].is_null(), "{cgo0}");
        assert!(cgo0["notes"].to_string().contains(why), "{cgo0}");
    }
}

#[test]
fn a_stripped_file_is_estimated_with_its_tables() {
    let base = Build::new("hello", "linux/amd64");
    let (Some(default), Some(bare)) = (base.path(), base.clone().args(flags("sw")).path()) else {
        return;
    };
    let doc = predicted(&bare);
    holds("default", variant(&doc, "default"), size(&default));
    assert!(holds("sw again", variant(&doc, "sw"), size(&bare)));
}

#[test]
fn strip_is_predicted_to_the_byte() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let doc = predicted(&file);
    for (id, args) in [("strip", &[][..]), ("strip-debug", &["--strip-debug"])] {
        let Some(real) = strip(&file, args) else { return };
        assert!(
            holds(id, variant(&doc, id), size(&real)),
            "{id} is not called exact"
        );
        let _ = std::fs::remove_file(real);
    }
}

#[test]
fn the_document_is_as_its_schema_says() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/whatif.json");
    let schema: Value =
        serde_json::from_slice(&std::fs::read(path).expect("the schema is there")).expect("it is JSON");
    let out = common::run([Path::new("whatif"), Path::new("--format=json"), &file]);
    let doc: Value = serde_json::from_slice(&out.stdout).expect("whatif prints JSON");
    fits(&schema, &doc, "$");
    for id in ["gzip", "zstd"] {
        let bytes = variant(&doc, id)["bytes"].as_u64().expect("measured");
        assert!(bytes > 100_000 && bytes < size(&file), "{id}: {bytes}");
    }
}

/// Enough of JSON schema for the schemas here: type, const, properties, required, items, no other properties.
fn fits(schema: &Value, v: &Value, at: &str) {
    if let Some(c) = schema.get("const") {
        assert_eq!(c, v, "{at}");
    }
    let is = |t: &str| match t {
        "object" => v.is_object(),
        "array" => v.is_array(),
        "string" => v.is_string(),
        "boolean" => v.is_boolean(),
        "integer" => v.is_u64() || v.is_i64(),
        "null" => v.is_null(),
        other => panic!("{at}: type {other}"),
    };
    match schema.get("type") {
        Some(Value::String(t)) => assert!(is(t), "{at}: {v} is no {t}"),
        Some(Value::Array(ts)) => assert!(ts.iter().filter_map(Value::as_str).any(is), "{at}: {v}"),
        _ => {}
    }
    if let Some(o) = v.as_object() {
        for r in schema["required"].as_array().into_iter().flatten() {
            assert!(
                o.contains_key(r.as_str().expect("a name")),
                "{at}: {r} is missing"
            );
        }
        for (k, x) in o {
            let p = &schema["properties"][k];
            assert!(!p.is_null(), "{at}: {k} is not in the schema");
            fits(p, x, &format!("{at}.{k}"));
        }
    }
    for x in v.as_array().into_iter().flatten() {
        fits(&schema["items"], x, &format!("{at}[]"));
    }
}

#[test]
fn rebuilding_finds_the_sizes_that_were_predicted() {
    // The toolchain at hand, whatever it is.
    let Some(_) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/hello");
    let mut c = common::gospect();
    c.args([
        "whatif",
        "--rebuild",
        ".",
        "--no-compress",
        "--format=json",
        "--",
        "-buildvcs=false",
        "-ldflags",
        "-X main.x=y",
    ]);
    c.current_dir(source)
        .env("GOTOOLCHAIN", common::REFERENCE)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off");
    let out = c.output().expect("gospect runs");
    assert!(
        out.status.success(),
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    let doc: Value = serde_json::from_slice(&out.stdout).expect("whatif prints JSON");
    for id in ["w", "s", "sw"] {
        let v = variant(&doc, id);
        let real = v["real"]
            .as_u64()
            .unwrap_or_else(|| panic!("{id} was not built: {v}"));
        holds(id, v, real);
    }
}

#[test]
fn files_that_are_no_go_programs_are_told_apart() {
    let dir = common::cache();
    let text = dir.join("whatif-text");
    std::fs::write(&text, "only words").expect("it can be written");
    let out = common::run([Path::new("whatif"), &text]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&out.stderr).lines().count(), 1);
}
