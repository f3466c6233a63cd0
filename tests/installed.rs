//! The facts of `gospect info` about every Go program that is installed, held against `go version -m` and
//! readelf.
//!
//! Which programs there are depends on the machine, so this is asked for:
//!
//! ```sh
//! cargo test --test installed -- --ignored                                  # what is on PATH
//! GOSPECT_INSTALLED=/opt/bin:/srv/root cargo test --test installed -- --ignored --nocapture
//! ```
#![allow(clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// Files below the folders of GOSPECT_INSTALLED, or on PATH, that begin as ELF files; links left out.
fn programs() -> Vec<PathBuf> {
    let folders = std::env::var_os("GOSPECT_INSTALLED").or_else(|| std::env::var_os("PATH"));
    let mut todo: Vec<PathBuf> = std::env::split_paths(&folders.unwrap_or_default()).collect();
    let mut out = Vec::new();
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else {
                continue;
            };
            if kind.is_dir() {
                todo.push(path);
            } else if kind.is_file() && starts_as_elf(&path) {
                out.push(path);
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

fn starts_as_elf(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 4];
    let opened = std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut head));
    opened.is_ok() && &head == b"\x7fELF"
}

fn said(tool: &str, args: &[&str], path: &Path) -> Option<String> {
    let out = Command::new(tool)
        .args(args)
        .arg(path)
        .env("LC_ALL", "C")
        .output();
    let out = out.unwrap_or_else(|e| panic!("{tool}: {e}"));
    out.status
        .success()
        .then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// What readelf and the go command say, under the names that `info` has for it.
fn facts(path: &Path) -> Option<Value> {
    let modules = said("go", &["version", "-m"], path)?;
    let mut lines = modules.lines();
    let version = lines.next()?.rsplit_once(": ")?.1.to_string();
    let field = |key: &str| {
        let lines = modules.lines().skip(1);
        lines
            .filter_map(|l| {
                l.trim_start()
                    .strip_prefix(key)?
                    .strip_prefix('\t')
                    .map(str::to_string)
            })
            .collect::<Vec<_>>()
    };
    let header = said("readelf", &["-hW"], path)?;
    let dynamic = said("readelf", &["-dW"], path)?;
    let segments = said("readelf", &["-lW"], path)?;
    let sections = said("readelf", &["-SW"], path)?;
    let between = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_string());
    let libraries: Vec<String> = dynamic
        .lines()
        .filter(|l| l.contains("(NEEDED)"))
        .filter_map(between)
        .collect();
    let interpreter = segments.lines().find_map(|l| {
        Some(
            l.split_once("program interpreter: ")?
                .1
                .trim_end_matches(']')
                .to_string(),
        )
    });
    let machine = header
        .lines()
        .find_map(|l| l.trim().strip_prefix("Machine:").map(str::trim))?;
    let arch = match machine {
        m if m.contains("X86-64") => "amd64",
        "AArch64" => "arm64",
        "Intel 80386" => "386",
        "ARM" => "arm",
        "RISC-V" => "riscv64",
        "PowerPC64" => "ppc64le",
        m if m.contains("S/390") => "s390x",
        m => panic!("{}: machine {m}", path.display()),
    };
    let debug = [" .debug_info", " .zdebug_info"]
        .iter()
        .any(|n| sections.contains(n));
    Some(json!({
        "format": "elf", "arch": arch, "go_version": version, "libraries": libraries,
        "interpreter": interpreter,
        "dwarf": debug, "file_size": std::fs::metadata(path).ok()?.len(),
        "path": field("path").first(), "deps": field("dep").len(),
    }))
}

#[test]
#[ignore = "looks at the Go programs on PATH, or below GOSPECT_INSTALLED=FOLDER[:FOLDER]"]
fn installed_programs_are_what_the_go_command_and_readelf_say() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in programs() {
        let Some(want) = facts(&path) else { continue };
        let out = common::run([
            "info".as_ref(),
            "--format".as_ref(),
            "json".as_ref(),
            path.as_os_str(),
        ]);
        let Ok(mut is) = serde_json::from_slice::<Value>(&out.stdout) else {
            wrong.push(format!(
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&out.stderr)
            ));
            continue;
        };
        seen += 1;
        let count = is["deps"].as_array().map_or(0, Vec::len);
        is["deps"] = json!(count);
        for (key, value) in want.as_object().expect("an object") {
            if &is[key] != value {
                wrong.push(format!("{}: {key} is {}, not {value}", path.display(), is[key]));
            }
        }
    }
    println!("{seen} programs, {} differences", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 0, "no Go program is on PATH or below GOSPECT_INSTALLED");
}
