//! `gospect info`: facts that are true by the way a subject was built, and the page as people read it.

mod common;

use std::path::Path;

use common::{Build, REFERENCE, schema};
use serde_json::{Value, json};

fn facts(path: &Path) -> Value {
    let out = common::run(["info".as_ref(), "--format=json".as_ref(), path.as_os_str()]);
    assert!(
        out.status.success(),
        "{}: {}",
        path.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    schema::assert_all("info", &out.stdout).remove(0)
}

fn assert_facts(build: &Build<'_>, want: Value) {
    let Some(path) = build.path() else { return };
    let got = facts(&path);
    for (key, value) in want.as_object().unwrap() {
        assert_eq!(&got[key], value, "{key} of {build:?}");
    }
}

#[test]
fn a_static_program() {
    let want = json!({
        "format": "elf", "os": "linux", "arch": "amd64", "go_version": REFERENCE, "compiler": "gc",
        "build_mode": "exe",
        "linkage": "static", "libraries": [], "interpreter": null, "pie": false, "cgo": false, "race": false,
        "msan": false, "asan": false,
        "cover": false, "symbols": true, "dwarf": true, "trimpath": false, "packed": null, "obfuscated": null,
        "contradictions": [],
        "path": "example.com/hello",
    });
    assert_facts(&Build::new("hello", "linux/amd64"), want);
}

#[test]
fn a_stripped_and_trimmed_program() {
    let build = Build::new("hello", "linux/amd64").args(&["-trimpath", "-ldflags=-s -w"]);
    let want = json!({"symbols": false, "dwarf": false, "trimpath": true, "cgo": false, "race": false,
        "contradictions": []});
    assert_facts(&build, want);
}

#[test]
fn other_systems() {
    for (target, format, linkage) in [
        ("windows/amd64", "pe", json!("dynamic")),
        ("darwin/arm64", "macho", json!("dynamic")),
        ("js/wasm", "wasm", Value::Null),
    ] {
        let (os, arch) = target.split_once('/').unwrap();
        let want = json!({
            "format": format, "os": os, "arch": arch, "go_version": REFERENCE, "compiler": "gc",
            "linkage": linkage, "contradictions": [],
        });
        assert_facts(&Build::new("hello", target), want);
    }
}

#[test]
fn c_in_the_program() {
    let want = json!({
        "linkage": "dynamic", "cgo": true, "libraries": ["libc.so.6"],
        "interpreter": "/lib64/ld-linux-x86-64.so.2",
        "cgo_packages": ["main", "runtime/cgo"], "contradictions": [],
    });
    assert_facts(&Build::new("cgo", "linux/amd64").cgo(), want);
    let want = json!({"linkage": "static", "cgo": true, "libraries": [], "interpreter": null});
    let args = ["-ldflags=-linkmode=external -extldflags=-static"];
    assert_facts(&Build::new("cgo", "linux/amd64").cgo().args(&args), want);
}

#[test]
fn build_modes() {
    for (mode, format, pie) in [
        ("pie", "elf", json!(true)),
        ("c-shared", "elf", Value::Null),
        ("c-archive", "ar", Value::Null),
        ("plugin", "elf", Value::Null),
    ] {
        let args = [format!("-buildmode={mode}")];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let build = Build::new("clib", "linux/amd64").cgo().args(&args);
        assert_facts(
            &build,
            json!({"build_mode": mode, "format": format, "pie": pie, "go_version": REFERENCE,
                "contradictions": []}),
        );
    }
}

/// Go before 1.13 wrote no build information; the version is in the runtime all the same.
#[test]
fn a_program_without_build_information() {
    let Some(path) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    for at in memchr::memmem::find_iter(&bytes.clone(), b"\xff Go buildinf:") {
        bytes[at..at + 14].fill(0);
    }
    let hidden = Path::new(env!("CARGO_TARGET_TMPDIR")).join("info-without-build-info");
    std::fs::write(&hidden, &bytes).unwrap();
    let got = facts(&hidden);
    assert_eq!(got["go_version"], json!(REFERENCE));
    assert_eq!(got["go_version_source"], json!("runtime.buildVersion"));
    assert_eq!(got["build_info"], json!("missing"));
    // And without symbols: found by its shape.
    let Some(path) = Build::new("hello", "linux/amd64")
        .args(&["-trimpath", "-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    let at = memchr::memmem::find(&bytes, b"\xff Go buildinf:").unwrap();
    bytes[at..at + 14].fill(0);
    std::fs::write(&hidden, &bytes).unwrap();
    assert_eq!(facts(&hidden)["go_version"], json!(REFERENCE));
}

#[test]
fn settings_that_contradict_the_file_are_told() {
    let Some(path) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    let hidden = Path::new(env!("CARGO_TARGET_TMPDIR")).join("info-contradiction");
    for at in memchr::memmem::find_iter(&bytes.clone(), b"build\tGOARCH=amd64\n") {
        bytes[at + 13..at + 18].copy_from_slice(b"arm64");
    }
    std::fs::write(&hidden, &bytes).unwrap();
    assert_eq!(facts(&hidden)["contradictions"][0]["code"], json!("goarch"));
}

/// The page itself, with what differs from machine to machine taken out.
#[test]
fn the_page() {
    let Some(path) = Build::new("hello", "linux/amd64")
        .args(&["-trimpath", "-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let out = common::run(["info".as_ref(), path.as_os_str()]);
    let text = String::from_utf8_lossy(&out.stdout).replace(path.to_str().unwrap(), "hello");
    let sizes = regex::Regex::new(r"\d+\.\d MiB \([\d,]+ bytes\)|\d+\.\d MiB|[0-9a-f]{40}").unwrap();
    insta::assert_snapshot!("page", sizes.replace_all(&text, "[…]"));
    let out = common::run(["info".as_ref(), "--format=markdown".as_ref(), path.as_os_str()]);
    let text = String::from_utf8_lossy(&out.stdout).replace(path.to_str().unwrap(), "hello");
    insta::assert_snapshot!("markdown", sizes.replace_all(&text, "[…]"));
}

#[test]
fn bad_files_are_named_and_the_others_still_reported() {
    let Some(good) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("info-bad");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("text"), "no binary").unwrap();
    std::fs::write(dir.join("empty"), "").unwrap();
    std::fs::write(dir.join("archive.a"), "!<arch>\n").unwrap();
    let sparse = std::fs::File::create(dir.join("sparse")).unwrap();
    sparse.set_len(4 << 30).unwrap();
    let out = common::gospect()
        .args(["info", "-q", "text", "empty", "archive.a", "sparse", "missing"])
        .arg(&good)
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    let want = "gospect: text: unrecognized file format\ngospect: empty: unrecognized file format\n\
        gospect: archive.a: no member is an object file (ar archive at offset 0x8)\ngospect: sparse: \
        unrecognized file format\n\
        gospect: missing: no such file or directory\n";
    assert_eq!(said, want);
    assert!(String::from_utf8_lossy(&out.stdout).contains("linux/amd64, program, built by"));
}

#[test]
fn go_objects_and_packages_are_told_by_their_headers() {
    for arch in ["amd64", "arm64", "s390x"] {
        let Some(path) = common::object(arch) else { return };
        let got = facts(&path);
        let endian = if arch == "s390x" { "big" } else { "little" };
        let want = json!({
            "format": "ar", "os": "linux", "arch": arch, "endian": endian, "go_version": REFERENCE,
            "go_version_source": "object header",
            "compiler": "gc", "build_mode": "archive", "linkage": null, "path": "plain", "symbols": true,
            "dwarf": true,
            "dwarf_details": null, "cgo": false, "pie": null, "warnings": [],
        });
        for (key, value) in want.as_object().unwrap() {
            assert_eq!(&got[key], value, "{key} for {arch}");
        }
    }
    let Some(path) = common::object("amd64") else {
        return;
    };
    let data = std::fs::read(&path).unwrap();
    let page = |name: &str, data: &[u8]| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, data).unwrap();
        let out = common::run(["info".as_ref(), file.as_os_str()]);
        let both = [out.stdout, out.stderr].concat();
        String::from_utf8(both)
            .unwrap()
            .replace(file.to_str().unwrap(), name)
    };
    let headline =
        |package: &str| format!("{package}: linux/amd64, object that is not linked, built by {REFERENCE}");
    assert!(page("info-plain.a", &data).starts_with(&headline("info-plain.a")));
    // The assembler writes the object alone, as it stands in the archive behind the export data.
    let starts: Vec<usize> = memchr::memmem::find_iter(&data, b"go object ").collect();
    let lone = page("info-plain.o", &data[starts[1]..]);
    assert!(lone.starts_with(&headline("info-plain.o")), "{lone}");
    assert!(lone.contains("(goobj, little-endian"), "{lone}");
    // An object of another version of the format says at least what its header says.
    let old = page(
        "info-old.o",
        b"go object linux amd64 go1.15.2 X:framepointer\nbuild id \"a/b\"\n\n!\n\0go115ld......",
    );
    assert!(old.contains("built by go1.15.2"), "{old}");
    // What is not linked can't be held to rules.
    let out = common::run(["check".as_ref(), path.as_os_str()]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("holds a Go package that is not linked"), "{said}");
}

/// Facts that only one system's files have: AIX's loader section and DWARF sections, a wasm module's own
/// build information.
#[test]
fn what_other_systems_keep_elsewhere_is_found() {
    let want = json!({
        "format": "xcoff", "libraries": ["libc.a", "libpthread.a"], "linkage": "dynamic", "dwarf": true,
        "symbols": true,
        "build_mode": "exe", "contradictions": [],
    });
    assert_facts(&Build::new("hello", "aix/ppc64"), want);
    let want = json!({"path": "example.com/hello", "build_info": "recovered", "go_version": REFERENCE,
        "contradictions": []});
    assert_facts(&Build::new("hello", "js/wasm"), want);
    for target in ["windows/amd64", "android/arm64"] {
        let want = json!({"build_mode": "exe", "pie": true, "contradictions": []});
        assert_facts(&Build::new("hello", target), want);
    }
    let want = json!({"build_mode": "pie", "pie": true, "contradictions": []});
    assert_facts(
        &Build::new("hello", "windows/amd64").args(&["-buildmode=pie"]),
        want,
    );
}

/// A file that is cut short says so at once, and claims nothing that the rest may hold.
#[test]
fn a_file_cut_short_says_so_first() {
    let Some(path) = Build::new("cgo", "linux/amd64").cgo().path() else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let cut = Path::new(env!("CARGO_TARGET_TMPDIR")).join("info-cut");
    std::fs::write(&cut, &bytes[..bytes.len() / 3]).unwrap();
    let got = facts(&cut);
    assert_eq!(got["whole_size"], json!(bytes.len()));
    for unknown in ["libraries", "glibc", "symbols", "dwarf", "race", "cgo"] {
        assert_eq!(got[unknown], Value::Null, "{unknown}");
    }
    let out = common::run(["info".as_ref(), cut.as_os_str()]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.lines().next().unwrap().contains("cut short: "), "{text}");
    assert!(text.lines().filter(|l| l.contains("past")).count() <= 1, "{text}");
}

/// All facts of installed Go programs that the system's own tools know as well: readelf and `go version -m`.
#[cfg(target_os = "linux")]
#[test]
fn installed_programs_are_what_readelf_says() {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders: Vec<&str> = path
        .split(':')
        .filter(|f| f.starts_with("/usr") || f.starts_with("/bin"))
        .collect();
    let mut looked = 0;
    for entry in folders
        .iter()
        .filter_map(|f| std::fs::read_dir(f).ok())
        .flatten()
        .flatten()
    {
        let file = entry.path();
        let head = std::fs::metadata(&file)
            .ok()
            .filter(|m| m.is_file() && m.len() > 500_000);
        let Some(bytes) = head.and_then(|_| std::fs::read(&file).ok()) else {
            continue;
        };
        let go =
            bytes.starts_with(b"\x7fELF") && memchr::memmem::find(&bytes, b"\xff Go buildinf:").is_some();
        if !go || looked >= 40 {
            continue;
        }
        let Some(tool) = readelf(&["-dW"], &file) else {
            return;
        };
        looked += 1;
        let got = facts(&file);
        let needed: Vec<&str> = tool
            .lines()
            .filter(|l| l.contains("(NEEDED)"))
            .filter_map(bracketed)
            .collect();
        assert_eq!(got["libraries"], json!(needed), "{}", file.display());
        let versions = readelf(&["-VW"], &file).unwrap_or_default();
        let number = |w: &str| {
            w.split('.')
                .filter_map(|n| n.parse::<u32>().ok())
                .collect::<Vec<_>>()
        };
        let of_glibc = versions
            .split("Name: GLIBC_")
            .skip(1)
            .filter_map(|r| r.split_whitespace().next());
        let newest = of_glibc.max_by_key(|v| number(v));
        assert_eq!(got["glibc"], json!(newest), "{}", file.display());
        let headers = readelf(&["-lW"], &file).unwrap_or_default();
        assert_eq!(
            got["interpreter"].is_null(),
            !headers.contains("INTERP"),
            "{}",
            file.display()
        );
        let sections = readelf(&["-SW"], &file).unwrap_or_default();
        let dwarf = sections.contains(".debug_info") || sections.contains(".zdebug_info");
        assert_eq!(got["dwarf"], json!(dwarf), "{}", file.display());
        let said = common::reference_go()
            .args(["version"])
            .arg(&file)
            .output()
            .expect("go runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let version = got["go_version"].as_str().unwrap_or("unknown");
        assert!(said.trim_end().ends_with(version), "{said} {version}");
    }
}

fn readelf(args: &[&str], file: &Path) -> Option<String> {
    match common::command("readelf").args(args).arg(file).output() {
        Ok(o) if o.status.success() => Some(String::from_utf8_lossy(&o.stdout).into_owned()),
        _ => common::left_out("readelf"),
    }
}

/// What stands between brackets in a line.
fn bracketed(line: &str) -> Option<&str> {
    Some(line.split_once('[')?.1.split_once(']')?.0)
}
