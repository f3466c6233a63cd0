//! `gospect funcs`: a stripped program has the functions of its unstripped twin, those are `go tool nm`'s
//! text symbols, and files and lines are those of `go tool addr2line`. A small matrix always; with
//! GOSPECT_WIDE=1 every Go version and architecture.

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Build, REFERENCE};
use serde_json::Value;

const STRIPPED: &[&str] = &["-ldflags=-s -w"];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Func {
    addr: u64,
    end: u64,
    name: String,
    file: String,
    line: i64,
}

fn funcs(file: &Path, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["funcs", "--format", "json"];
    args.extend(more);
    let path = file.to_str().expect("a path in UTF-8");
    args.push(path);
    let out = common::run(args);
    assert!(
        out.status.success(),
        "{}: {}",
        path,
        String::from_utf8_lossy(&out.stderr)
    );
    let all = common::schema::assert_all("funcs", &out.stdout);
    all[0]["functions"].as_array().expect("functions").clone()
}

fn from_pclntab(file: &Path) -> Vec<Func> {
    let number = |v: &Value| u64::from_str_radix(&v.as_str().expect("hex")[2..], 16).expect("hex");
    let all = funcs(file, &[]);
    let go = all.iter().filter(|f| f["source"] == "pclntab");
    go.map(|f| Func {
        addr: number(&f["addr"]),
        end: number(&f["end"]),
        name: f["name"].as_str().expect("a name").to_string(),
        file: f["file"].as_str().expect("a file").to_string(),
        line: f["line"].as_i64().expect("a line"),
    })
    .collect()
}

/// Text symbols of `go tool nm` that Go wrote: no C functions and marks, which have no dot; no markers of the
/// linker.
fn nm(file: &Path, darwin: bool) -> Option<BTreeSet<(u64, String)>> {
    let out = Command::new(common::reference_tool("nm")?)
        .arg(file)
        .output()
        .expect("nm runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let symbol = |line: &str| {
        let mut columns = line.trim_start().splitn(3, ' ');
        let addr = u64::from_str_radix(columns.next()?, 16).ok()?;
        let kind = columns.next()?;
        let mut name = columns.next()?;
        if darwin {
            name = name.strip_prefix('_').unwrap_or(name);
        }
        let name = name
            .strip_suffix(".abi0")
            .or(name.strip_suffix(".abiinternal"))
            .unwrap_or(name);
        let made = [
            "go:",
            "go.buildid",
            "type:",
            "type..",
            "_cgo",
            "runtime.text",
            "runtime.etext",
        ];
        let skipped = !name.contains('.') || made.iter().any(|m| name.starts_with(m));
        (kind.eq_ignore_ascii_case("t") && !skipped).then(|| (addr, name.to_string()))
    };
    Some(text.lines().filter_map(symbol).collect())
}

fn addr2line(file: &Path, addrs: &[u64]) -> Option<Vec<String>> {
    let mut tool = Command::new(common::reference_tool("addr2line")?)
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("addr2line runs");
    let lines: String = addrs.iter().map(|a| format!("{a:#x}\n")).collect();
    let mut stdin = tool.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let out = tool.wait_with_output().expect("addr2line ends");
    writer.join().expect("no panic").expect("addr2line reads");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    Some(text.lines().skip(1).step_by(2).map(str::to_string).collect())
}

/// Go 1.18 to 1.20 store `[...]` for type arguments in the table, and their symbols have them in full.
fn without_arguments(name: &str) -> String {
    match (name.find('['), name.rfind(']')) {
        (Some(a), Some(b)) if a < b => format!("{}[...]{}", &name[..a], &name[b + 1..]),
        _ => name.to_string(),
    }
}

#[track_caller]
fn conform(target: &'static str, go: &'static str, args: &'static [&'static str]) {
    let whole = Build::new("hello", target).go(go).args(args);
    let mut stripped: Vec<&str> = args.to_vec();
    stripped.extend(STRIPPED);
    let bare = Build {
        args: &stripped,
        ..whole.clone()
    };
    let (Some(whole), Some(bare)) = (whole.path(), bare.path()) else {
        return;
    };
    let (all, twin) = (from_pclntab(&whole), from_pclntab(&bare));
    assert!(all.len() > 1000, "{target} {go}: only {} functions", all.len());
    // The stripped twin's build ID is shorter in no version; addresses are equal.
    let odd: Vec<_> = all.iter().zip(&twin).filter(|(a, b)| a != b).take(3).collect();
    assert!(
        all.len() == twin.len() && odd.is_empty(),
        "{target} {go}: stripped differs: {odd:#?}"
    );
    assert!(
        all.iter().all(|f| f.end > f.addr),
        "{target} {go}: a function without bytes"
    );
    if target.ends_with("wasm") {
        return; // No Go tool reads wasm.
    }
    let Some(symbols) = nm(&whole, target.starts_with("darwin")) else {
        return;
    };
    let short = ["go1.18", "go1.19", "go1.20"].iter().any(|v| go.starts_with(v));
    let named: BTreeSet<_> = all.iter().map(|f| (f.addr, f.name.clone())).collect();
    let missing: Vec<_> = symbols
        .iter()
        .map(|(a, n)| (*a, if short { without_arguments(n) } else { n.clone() }))
        .filter(|s| !named.contains(s))
        .collect();
    // A few marks have no code and so no entry of their own: at most one in a thousand.
    assert!(
        missing.len() * 1000 <= symbols.len(),
        "{target} {go}: nm also has {missing:?}"
    );
    let sample: Vec<&Func> = all.iter().step_by(7).collect();
    let Some(told) = addr2line(&whole, &sample.iter().map(|f| f.addr).collect::<Vec<_>>()) else {
        return;
    };
    for (f, told) in sample.iter().zip(&told) {
        assert_eq!(&format!("{}:{}", f.file, f.line), told, "{target} {go}: {f:?}");
    }
    assert_eq!(sample.len(), told.len());
}

#[test]
fn stripped_programs_keep_their_functions() {
    conform("linux/amd64", REFERENCE, &[]);
    conform("windows/amd64", REFERENCE, &[]);
    conform("darwin/arm64", REFERENCE, &[]);
    conform("linux/s390x", REFERENCE, &[]);
    conform("linux/386", "go1.16.15", &[]);
    conform("linux/arm64", "go1.18.10", &["-buildmode=pie"]);
}

#[test]
fn every_version_and_architecture() {
    if std::env::var_os("GOSPECT_WIDE").is_none() {
        return;
    }
    let versions = [
        "go1.16.15",
        "go1.17.13",
        "go1.18.10",
        "go1.19.13",
        "go1.20.14",
        "go1.21.13",
        "go1.22.12",
        "go1.23.12",
        "go1.24.11",
        "go1.25.5",
        "go1.26.8",
        REFERENCE,
    ];
    for go in versions {
        for target in [
            "linux/amd64",
            "windows/amd64",
            "darwin/amd64",
            "darwin/arm64",
            "linux/mips",
            "js/wasm",
        ] {
            conform(target, go, &[]);
        }
        conform("linux/amd64", go, &["-buildmode=pie"]);
    }
    for target in [
        "linux/386",
        "linux/arm",
        "linux/arm64",
        "linux/ppc64le",
        "linux/ppc64",
        "linux/s390x",
        "linux/riscv64",
        "linux/mips64le",
        "windows/386",
        "freebsd/amd64",
        "plan9/amd64",
        "solaris/amd64",
    ] {
        for go in ["go1.16.15", "go1.20.14", "go1.26.8", REFERENCE] {
            conform(target, go, &[]);
        }
    }
    conform("linux/loong64", REFERENCE, &[]);
}

#[test]
fn inlined_calls_name_their_callers() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let all = funcs(&file, &["--inlined", "--match", r"^main\.main$"]);
    assert_eq!(all.len(), 1);
    let inlined = all[0]["inlined"].as_array().expect("a list");
    let joined = inlined
        .iter()
        .find(|i| i["name"] == "fmt.Println")
        .expect("fmt.Println is inlined into main");
    assert_eq!(joined["package"], "fmt");
    assert!(joined["file"].as_str().is_some_and(|f| f.ends_with("main.go")));
    assert!(joined["parent"].is_null() && joined["line"].as_i64().is_some_and(|l| l > 30));
}

#[test]
fn a_package_can_be_picked() {
    let Some(file) = Build::new("hello", "linux/amd64").args(STRIPPED).path() else {
        return;
    };
    let all = funcs(&file, &["--package", "main"]);
    assert!(all.iter().any(|f| f["name"] == "main.total"));
    assert!(all.iter().all(|f| f["package"] == "main"));
    let sort = funcs(&file, &["--package", "internal/..."]);
    assert!(sort.iter().any(|f| f["package"] == "internal/abi"));
    let text = common::run(["funcs", "--package", "main", file.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("main.total\t"));
}

#[test]
fn a_file_without_functions_is_said() {
    let out = common::run(["funcs", "Cargo.toml"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("gospect: Cargo.toml: unrecognized file format"));
}

/// A moduledata whose parts are not where any known Go version has them: functions stay, types are lost with
/// a warning.
#[test]
fn an_unknown_moduledata_costs_types_but_no_functions() {
    let Some(file) = Build::new("hello", "linux/amd64").args(STRIPPED).path() else {
        return;
    };
    let out = common::run(["types", "--format", "json", file.to_str().unwrap()]);
    let types: Value = serde_json::from_slice(&out.stdout).unwrap();
    let addr = u64::from_str_radix(&types["moduledata"].as_str().unwrap()[2..], 16).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let offset = {
        let image = gospect::image::Image::parse(&bytes).unwrap();
        image.addr_to_offset(addr).unwrap() as usize
    };
    // From behind `etext` on, every word says something else.
    for word in bytes[offset + 24 * 8..offset + 60 * 8].chunks_exact_mut(8) {
        word.copy_from_slice(&7u64.to_le_bytes());
    }
    let odd = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{}", std::process::id()));
    std::fs::write(&odd, &bytes).unwrap();
    assert_eq!(from_pclntab(&odd), from_pclntab(&file));
    let out = common::run(["types", odd.to_str().unwrap()]);
    std::fs::remove_file(&odd).unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert!(out.stdout.is_empty());
    assert!(String::from_utf8_lossy(&out.stderr).contains("warning: "));
}
