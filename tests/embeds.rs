//! `gospect embeds` finds the files that testdata/programs/embeds holds, with their contents, stripped or
//! not, in every format.

mod common;

use std::path::{Path, PathBuf};

use common::{Build, REFERENCE};
use serde_json::Value;

fn embeds(file: &Path, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["embeds", "--format", "json"];
    args.extend(more);
    args.push(file.to_str().expect("a path in UTF-8"));
    let out = common::run(args);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all = common::schema::assert_all("embeds", &out.stdout);
    all[0]["embeds"].as_array().expect("a list").clone()
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/programs/embeds")
        .join(name)
}

const EXPECTED: [(&str, u64); 5] = [
    ("files/", 0),
    ("files/a.txt", 6),
    ("files/sub/", 0),
    ("files/sub/big.bin", 100_000),
    ("files/sub/empty", 0),
];

#[track_caller]
fn conform(target: &'static str, go: &'static str, args: &'static [&'static str]) {
    let Some(file) = Build::new("embeds", target).go(go).args(args).path() else {
        return;
    };
    let all = embeds(&file, &["--guess"]);
    let files: Vec<_> = all
        .iter()
        .filter(|e| e["holder"] == "fs" && e["path"].as_str().is_some_and(|p| p.starts_with("files")))
        .map(|e| {
            (
                e["path"].as_str().expect("a path"),
                e["size"].as_u64().expect("a size"),
            )
        })
        .collect();
    assert_eq!(files, EXPECTED, "{target} {go} {args:?}");
    let text = std::fs::read(source("text.txt")).expect("the text").len() as u64;
    for holder in ["string", "bytes"] {
        let found = all
            .iter()
            .any(|e| e["holder"] == holder && e["size"] == text && e["exact"] == false);
        assert!(found, "{target} {go} {args:?}: no {holder} of {text} bytes");
    }
    let stripped = args.iter().any(|a| a.contains("-s"));
    let big = all
        .iter()
        .find(|e| e["path"] == "files/sub/big.bin")
        .expect("the big file");
    if !stripped && !target.ends_with("wasm") {
        assert_eq!(big["variable"], "main.files", "{target} {go}");
    }
}

#[test]
fn planted_files_are_found() {
    conform("linux/amd64", REFERENCE, &[]);
    conform("linux/amd64", REFERENCE, &["-ldflags=-s -w", "-buildmode=pie"]);
    conform("windows/amd64", REFERENCE, &["-ldflags=-s -w"]);
    conform("darwin/arm64", REFERENCE, &["-ldflags=-s -w"]);
    conform("linux/mips", "go1.16.15", &["-ldflags=-s -w"]);
    conform("js/wasm", "go1.26.8", &["-ldflags=-s -w"]);
}

#[test]
fn extraction_gives_the_files_and_overwrites_nothing() {
    let Some(file) = Build::new("embeds", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("extract-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let args = [
        "embeds",
        "--extract",
        dir.to_str().unwrap(),
        file.to_str().unwrap(),
    ];
    assert_eq!(common::run(args).status.code(), Some(0));
    for name in ["files/a.txt", "files/sub/big.bin", "files/sub/empty"] {
        assert_eq!(
            std::fs::read(dir.join(name)).unwrap(),
            std::fs::read(source(name)).unwrap(),
            "{name}"
        );
    }
    std::fs::write(dir.join("files/a.txt"), "mine").unwrap();
    assert_eq!(common::run(args).status.code(), Some(2), "files are in the way");
    assert_eq!(std::fs::read(dir.join("files/a.txt")).unwrap(), b"mine");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[cfg(unix)]
#[test]
fn extraction_follows_no_link() {
    let Some(file) = Build::new("embeds", "linux/amd64").path() else {
        return;
    };
    let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("links-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&top);
    std::fs::create_dir_all(top.join("outside")).unwrap();
    std::fs::create_dir_all(top.join("dir")).unwrap();
    std::os::unix::fs::symlink("../outside", top.join("dir/files")).unwrap();
    let out = common::run([
        "embeds",
        "--extract",
        top.join("dir").to_str().unwrap(),
        file.to_str().unwrap(),
    ]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(top.join("outside")).unwrap().count(), 0);
    std::fs::remove_dir_all(&top).unwrap();
}
