//! gospect against the Go tools on the same files: CPU seconds of whole processes, in turn, and their ratio.
//!
//! `cargo bench --bench go_tools [-- FILTER]`. Needs Go; a row whose tool is not to be had is left out and said.
//! A row's subject is built by the Go toolchain at hand, or named by GOSPECT_BENCH_FILE (a large unstripped binary).
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Row {
    name: &'static str,
    ours: Vec<String>,
    theirs: Vec<String>,
    runs: usize,
}

fn main() {
    let filter = std::env::args()
        .skip(1)
        .find(|a| !a.starts_with('-'))
        .unwrap_or_default();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&dir).expect("a scratch folder");
    let Some(file) = subject(&dir) else { return };
    let folder = folder(&dir, &file);
    println!("{:<28} {:>10} {:>10} {:>8}", "", "gospect s", "go s", "ratio");
    for row in rows(&file, &folder, &dir)
        .iter()
        .filter(|r| r.name.contains(&filter))
    {
        let (mut a, mut b) = (0.0, 0.0);
        for _ in 0..row.runs {
            a += cpu(&row.ours);
            b += cpu(&row.theirs);
        }
        let n = row.runs as f64;
        println!(
            "{:<28} {:>10.4} {:>10.4} {:>8.3}",
            row.name,
            a / n,
            b / n,
            a / b.max(1e-9)
        );
    }
}

fn rows(file: &Path, folder: &Path, dir: &Path) -> Vec<Row> {
    let words = |w: &[&str]| w.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    let (f, d) = (file.to_str().unwrap(), folder.to_str().unwrap());
    let ours = env!("CARGO_BIN_EXE_gospect");
    let mut rows = vec![
        Row {
            name: "version -m, one file",
            ours: words(&[ours, "version", "-m", f]),
            theirs: words(&["go", "version", "-m", f]),
            runs: 40,
        },
        Row {
            name: "version -m, folder of 130",
            ours: words(&[ours, "version", "-m", d]),
            theirs: words(&["go", "version", "-m", d]),
            runs: 10,
        },
    ];
    for (name, tool, args) in [
        ("nm -size -sort size", "nm", &["-size", "-sort", "size", f][..]),
        ("objdump -s main.main", "objdump", &["-s", "^main\\.main$", f]),
        ("objdump", "objdump", &[f]),
    ] {
        let Some(theirs) = tool_path(tool, dir) else {
            continue;
        };
        rows.push(Row {
            name,
            ours: [&[ours, tool][..], args]
                .concat()
                .iter()
                .map(|s| s.to_string())
                .collect(),
            theirs: [&[theirs.to_str().unwrap()][..], args]
                .concat()
                .iter()
                .map(|s| s.to_string())
                .collect(),
            runs: if name == "objdump" { 2 } else { 5 },
        });
    }
    let report = dir.join("gsa.json");
    let gsa = ["gsa", "-f", "json", "-o", report.to_str().unwrap(), f];
    let bloaty = ["bloaty", "-d", "compileunits,symbols", f];
    for (name, ours_by, theirs) in [
        ("size, against gsa", "module", &gsa[..]),
        ("size, against bloaty", "symbol", &bloaty),
    ] {
        let there = Command::new(theirs[0])
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if there.is_err() {
            eprintln!("LEFT OUT: {name}: it is not on PATH");
            continue;
        }
        rows.push(Row {
            name,
            ours: words(&[ours, "size", "--by", ours_by, f]),
            theirs: words(theirs),
            runs: 3,
        });
    }
    rows
}

/// A large unstripped binary: the one named by GOSPECT_BENCH_FILE, or cmd/go of the toolchain at hand, built with symbols.
fn subject(dir: &Path) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GOSPECT_BENCH_FILE") {
        return Some(named.into());
    }
    let out = dir.join("subject");
    if !out.exists() {
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&out)
            .arg("cmd/go")
            .status();
        if !built.is_ok_and(|s| s.success()) {
            eprintln!("LEFT OUT: everything: no Go toolchain to build the subject with");
            return None;
        }
    }
    Some(out)
}

fn folder(dir: &Path, file: &Path) -> PathBuf {
    let folder = dir.join("folder");
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    for i in 0..130 {
        let link = folder.join(format!("b{i:03}"));
        if !link.exists() && std::fs::hard_link(file, &link).is_err() {
            std::fs::copy(file, &link).expect("the subject can be copied");
        }
    }
    folder
}

/// The compiled tool itself, so that the `go` command's own start is not counted.
fn tool_path(name: &str, dir: &Path) -> Option<PathBuf> {
    let out = dir.join(name);
    if !out.exists() {
        let found = Command::new("go")
            .args(["tool", "-n", name])
            .output()
            .ok()
            .filter(|o| o.status.success())?;
        std::fs::copy(String::from_utf8_lossy(&found.stdout).trim(), &out).ok()?;
    }
    Some(out)
}

/// CPU seconds (user and system) of one run, from the kernel's account of waited-for children: ticks of 10 ms, so short commands need
/// many runs.
fn cpu(command: &[String]) -> f64 {
    let before = children_ticks();
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok(), "{command:?} can't be started");
    (children_ticks() - before) as f64 / 100.0
}

fn children_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let field = |i: usize| fields.get(i).and_then(|f| f.parse().ok()).unwrap_or(0);
    // cutime and cstime are fields 16 and 17 of proc(5), counted from 1 with the name as 2.
    field(13) + field(14)
}
