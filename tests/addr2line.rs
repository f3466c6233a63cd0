//! `gospect addr2line` prints what `go tool addr2line` prints, and the same for the stripped twin.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Build, REFERENCE};

fn fed(mut command: Command, input: &str) -> (String, String, Option<i32>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().expect("it ends");
    // One that ends before it has read all is no failure here.
    let _ = writer.join().expect("no panic");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (text(&out.stdout), text(&out.stderr), out.status.code())
}

fn ours(file: &Path, input: &str, more: &[&str]) -> (String, String, Option<i32>) {
    let mut command = common::gospect();
    command.arg("addr2line").args(more).arg(file);
    fed(command, input)
}

#[track_caller]
fn conform(target: &'static str, go: &'static str, start: u64) {
    let whole = Build::new("hello", target).go(go).path();
    let bare = Build::new("hello", target)
        .go(go)
        .args(&["-ldflags=-s -w"])
        .path();
    let (Some(whole), Some(bare), Some(tool)) = (whole, bare, common::reference_tool("addr2line")) else {
        return;
    };
    // Odd addresses too: each is in the middle of something.
    let mut input: String = (0..4000).map(|i| format!("{:#x}\n", start + i * 101)).collect();
    input.push_str("0\nzz\n\na.go:12\n401000\r\n0x401000 \nffffffffffffffffffff\n");
    let mut reference = Command::new(tool);
    reference.arg(&whole);
    let expected = fed(reference, &input);
    assert!(expected.0.lines().count() > 8000 && expected.2 == Some(0));
    assert!(ours(&whole, &input, &[]) == expected, "{target} {go}");
    assert!(ours(&bare, &input, &[]) == expected, "{target} {go}: stripped");
}

#[test]
fn the_output_is_that_of_go() {
    conform("linux/amd64", REFERENCE, 0x40_1000);
    conform("linux/amd64", "go1.16.15", 0x40_1000);
    conform("linux/arm64", "go1.20.14", 0x1_1000);
    conform("windows/amd64", REFERENCE, 0x1_4000_1000);
}

#[test]
fn inlined_frames_come_before_the_function() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let out = common::run([
        "funcs",
        "--format",
        "json",
        "--match",
        r"^main\.main$",
        file.to_str().unwrap(),
    ]);
    let funcs: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let number =
        |key: &str| u64::from_str_radix(&funcs["functions"][0][key].as_str().unwrap()[2..], 16).unwrap();
    let input: String = (number("addr")..number("end"))
        .map(|a| format!("{a:x}\n"))
        .collect();
    let (text, _, code) = ours(&file, &input, &["--inlines"]);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = text.lines().collect();
    let println = lines
        .iter()
        .position(|l| *l == "fmt.Println")
        .expect("an inlined fmt.Println");
    assert!(lines[println + 1].contains("fmt/print.go:"));
    assert_eq!(lines[println + 2], "main.main");
}

#[test]
fn errors_are_those_of_go() {
    let (out, err, code) = ours(Path::new("/nonexistent"), "", &[]);
    assert_eq!(
        (out.as_str(), err.as_str(), code),
        (
            "",
            "addr2line: open /nonexistent: no such file or directory\n",
            Some(1)
        )
    );
    let (_, err, code) = ours(Path::new("Cargo.toml"), "", &[]);
    assert_eq!(
        (err.as_str(), code),
        ("addr2line: open Cargo.toml: unrecognized object file\n", Some(1))
    );
    assert_eq!(common::run(["addr2line"]).status.code(), Some(2));
}
