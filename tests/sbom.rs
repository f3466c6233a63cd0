//! `gospect sbom` makes documents that the formats' own tools take, with what `go version -m` names.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use common::Build;
use serde_json::Value;

/// Python with the validators of both formats, in a folder of its own.
fn python() -> Option<&'static Path> {
    static ONE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let make = || {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sbom-venv");
        let bin = dir.join("bin");
        if bin.join("ready").exists() {
            return Some(bin);
        }
        let run = |c: &mut Command| match c.output() {
            Ok(o) if o.status.success() => Some(()),
            Ok(o) => common::left_out(&String::from_utf8_lossy(&o.stderr)),
            Err(e) => common::left_out(&format!("python3: {e}")),
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
        let wanted = [
            "cyclonedx-python-lib[json-validation]==11.12.0",
            "spdx-tools==0.8.5",
            "spdx-python-model==0.0.6",
        ];
        run(Command::new(bin.join("pip")).args(["install", "-q"]).args(wanted))?;
        fs::write(bin.join("ready"), "").unwrap();
        Some(bin)
    };
    ONE.get_or_init(make).as_deref()
}

const CYCLONEDX: &str = "
import sys, json
from cyclonedx.schema import SchemaVersion, OutputFormat
from cyclonedx.validation import make_schemabased_validator
t = open(sys.argv[1]).read()
e = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.from_version(json.loads(t)['specVersion'])).validate_str(t)
sys.exit(str(e)[:2000] if e else 0)
";

const SPDX3: &str = "
import sys
from spdx_python_model import v3_0_1 as m
s = m.SHACLObjectSet()
m.JSONLDDeserializer().read(open(sys.argv[1], 'rb'), s)
assert not s.missing_ids or True
print(len(s.objects))
";

fn sbom(args: &[&str], files: &[&Path]) -> Output {
    let mut c = common::gospect();
    c.arg("sbom")
        .args(args)
        .args(files)
        .env("SOURCE_DATE_EPOCH", "1700000000");
    let out = c.output().unwrap();
    assert!(
        out.status.success(),
        "{args:?} {files:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    out
}

/// The document, which the format's own tool takes.
fn valid(args: &[&str], files: &[&Path]) -> Value {
    let out = sbom(args, files);
    assert_eq!(out.stdout, sbom(args, files).stdout, "two runs differ");
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    let Some(bin) = python() else { return json };
    let name: String = format!("{args:?}{files:?}")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let short = name.get(name.len().saturating_sub(120)..).unwrap_or(&name);
    let spdx = args.contains(&"spdx");
    let end = if spdx && !args.contains(&"3.0.1") {
        "spdx.json"
    } else {
        "json"
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sbom-{short}.{end}"));
    fs::write(&file, &out.stdout).unwrap();
    let done = match (spdx, args.contains(&"3.0.1")) {
        (true, true) => Command::new(bin.join("python"))
            .args(["-c", SPDX3])
            .arg(&file)
            .output(),
        (true, false) => Command::new(bin.join("pyspdxtools"))
            .arg("-i")
            .arg(&file)
            .output(),
        _ => Command::new(bin.join("python"))
            .args(["-c", CYCLONEDX])
            .arg(&file)
            .output(),
    };
    let done = done.unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stderr),
        String::from_utf8_lossy(&done.stdout)
    );
    assert!(done.status.success(), "{args:?}: {said}");
    json
}

fn purls(json: &Value) -> BTreeSet<String> {
    let own = json["metadata"]["component"]["purl"].as_str().into_iter();
    let parts = json["components"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| c["purl"].as_str());
    let packages = json["packages"].as_array().into_iter().flatten();
    let references = packages.flat_map(|p| p["externalRefs"].as_array().into_iter().flatten());
    let locators = references.filter_map(|r| r["referenceLocator"].as_str());
    let graph = json["@graph"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["software_packageUrl"].as_str());
    own.chain(parts)
        .chain(locators)
        .chain(graph)
        .map(|p| p.replace("%2B", "+"))
        .collect()
}

const FORMATS: [&[&str]; 4] = [
    &["--format", "cyclonedx"],
    &["--spec", "1.7"],
    &["--format", "spdx"],
    &["--format", "spdx", "--spec", "3.0.1"],
];

#[test]
fn every_module_that_go_names_is_in_every_format() {
    let Some(file) = Build::new("vulnerable", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let info = common::reference_go()
        .args(["version", "-m"])
        .arg(&file)
        .output()
        .unwrap();
    let info = String::from_utf8(info.stdout).unwrap();
    let mut want: BTreeSet<String> = info
        .lines()
        .filter_map(|l| l.strip_prefix("\tdep\t"))
        .map(|l| {
            let mut columns = l.split('\t');
            format!(
                "pkg:golang/{}@{}",
                columns.next().unwrap(),
                columns.next().unwrap()
            )
        })
        .collect();
    want.insert("pkg:golang/stdlib@1.27.4".into());
    assert!(want.len() >= 9);
    for format in FORMATS {
        let found = purls(&valid(format, &[&file]));
        assert!(
            want.is_subset(&found),
            "{format:?}: {:?}",
            want.difference(&found)
        );
    }
}

#[test]
fn sums_are_no_hashes_of_files() {
    let Some(file) = Build::new("vulnerable", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let json = valid(&[], &[&file]);
    let mut sums = 0;
    for c in json["components"].as_array().unwrap() {
        assert!(c["hashes"].is_null(), "{c}");
        sums += c["properties"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|p| p["name"] == "gospect:h1")
            .count();
    }
    assert!(sums >= 8);
    let packages = json["components"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "golang.org/x/net")
        .unwrap();
    let seen = packages["evidence"]["occurrences"].as_array().unwrap();
    assert!(
        seen.iter()
            .any(|o| o["additionalContext"] == "package golang.org/x/net/html"),
        "{seen:?}"
    );
    // The hash is that of the file.
    let sum = Command::new("sha256sum").arg(&file).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(
        json["metadata"]["component"]["hashes"][0]["content"].as_str(),
        sum.split(' ').next()
    );
}

#[test]
fn other_formats_and_files_without_a_module_list() {
    let hello = |target| Build::new("hello", target).path();
    for target in [
        "windows/amd64",
        "darwin/arm64",
        "wasip1/wasm",
        "plan9/amd64",
        "aix/ppc64",
    ] {
        let Some(file) = hello(target) else { continue };
        for format in FORMATS {
            assert!(
                purls(&valid(format, &[&file])).contains("pkg:golang/stdlib@1.27.4"),
                "{target}"
            );
        }
    }
    // Without build information the modules are those that import paths name.
    let Some(file) = Build::new("vulnerable", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let mut bytes = fs::read(&file).unwrap();
    let at = memchr(&bytes, b"\xff Go buildinf:");
    bytes[at..at + 14].fill(0);
    let bare = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vulnerable-bare");
    fs::write(&bare, bytes).unwrap();
    for format in FORMATS {
        let found = purls(&valid(format, &[&bare]));
        assert!(found.contains("pkg:golang/golang.org/x/net"), "{found:?}");
    }
    let json = valid(&[], &[&bare]);
    let net = json["components"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "golang.org/x/net")
        .unwrap();
    assert!(net["version"].is_null());
    assert_eq!(
        net["evidence"]["identity"][0]["methods"][0]["technique"],
        "binary-analysis"
    );
}

fn memchr(all: &[u8], what: &[u8]) -> usize {
    all.windows(what.len())
        .position(|w| w == what)
        .expect("the blob is there")
}

#[test]
fn one_document_about_a_release_and_its_vulnerabilities() {
    let (Some(a), Some(b)) = (
        Build::new("vulnerable", "linux/amd64").path(),
        Build::new("vulnerable", "windows/amd64").path(),
    ) else {
        return;
    };
    for format in FORMATS {
        valid(&[format, &["--merge"]].concat(), &[&a, &b]);
    }
    let json = valid(&["--merge", "--vex"], &[&a, &b]);
    let parts = json["components"].as_array().unwrap();
    let net = parts.iter().filter(|c| c["name"] == "golang.org/x/net").count();
    assert_eq!(net, 1, "what both hold is there once");
    let found = json["vulnerabilities"].as_array().unwrap();
    let ids: BTreeSet<&str> = parts.iter().filter_map(|c| c["bom-ref"].as_str()).collect();
    assert!(
        found.len() > 20
            && found
                .iter()
                .all(|v| ids.contains(v["affects"][0]["ref"].as_str().unwrap()))
    );
    let state = |v: &Value| v["analysis"]["state"].as_str().unwrap().to_string();
    assert!(
        found.iter().any(|v| state(v) == "in_triage") && found.iter().any(|v| state(v) == "not_affected")
    );
}

#[test]
fn what_is_no_go_program_is_said() {
    let c = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures/elf-amd64-pie");
    let out = common::gospect().arg("sbom").arg(&c).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty() && String::from_utf8_lossy(&out.stderr).contains("is no Go program"));
}
