//! `gospect nm` against `go tool nm` on every format, with every flag.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::Build;

const FLAGS: [&[&str]; 7] = [
    &[],
    &["-n"],
    &["-size"],
    &["--size", "--sort=size"],
    &["-sort", "none", "-type"],
    &["-sort", "address", "-sort", "name"],
    &["-n=false", "-size", "-n"],
];

fn reference(tool: &Path, args: &[&str], files: &[&Path]) -> Output {
    let mut nm = Command::new(tool);
    nm.args(args).args(files).output().expect("nm runs")
}

fn ours(args: &[&str], files: &[&Path]) -> Output {
    let mut nm = common::gospect();
    nm.arg("nm")
        .args(args)
        .args(files)
        .output()
        .expect("gospect runs")
}

/// Same output, messages and status.
fn assert_same(tool: &Path, args: &[&str], files: &[&Path]) {
    let (want, got) = (reference(tool, args, files), ours(args, files));
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    assert_eq!(
        want.status.code(),
        got.status.code(),
        "{args:?} {files:?}: {}",
        text(&got.stderr)
    );
    assert_eq!(text(&want.stderr), text(&got.stderr), "{args:?} {files:?}");
    if want.stdout != got.stdout {
        let (want, got) = (text(&want.stdout), text(&got.stdout));
        let first = want.lines().zip(got.lines()).find(|(w, g)| w != g);
        let (w, g) = (want.lines().count(), got.lines().count());
        panic!("{args:?} {files:?}: {w} lines against {g}, first {first:?}");
    }
}

#[test]
fn every_format_is_listed_as_go_does() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    for target in [
        "linux/amd64",
        "linux/386",
        "linux/s390x",
        "darwin/arm64",
        "windows/amd64",
        "windows/386",
        "aix/ppc64",
        "plan9/386",
        "js/wasm",
    ] {
        let Some(file) = Build::new("hello", target).path() else {
            continue;
        };
        for flags in FLAGS {
            assert_same(&tool, flags, &[&file]);
        }
    }
}

#[test]
fn stripped_files_have_no_symbols_in_the_words_of_go() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    for target in ["linux/amd64", "darwin/arm64", "windows/amd64"] {
        let build = Build::new("hello", target).args(&["-ldflags=-s -w"]);
        let Some(file) = build.path() else { continue };
        assert_same(&tool, &["-size"], &[&file]);
    }
}

#[test]
fn go_objects_and_package_archives_are_listed_as_go_does() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    let mut objects = Vec::new();
    for arch in ["amd64", "arm64", "386", "s390x", "wasm"] {
        objects.extend(common::object(arch));
    }
    for file in &objects {
        for flags in FLAGS {
            assert_same(&tool, flags, &[file]);
        }
    }
    for package in ["./plain", "./assembly", "./cgo"] {
        let mut build = Build::new("objects", "linux/amd64").cgo();
        build.package = package;
        let Some(archive) = build.path() else { continue };
        assert_same(&tool, &["-size"], &[&archive]);
        let other = objects.first().map_or(archive.as_path(), |o| o.as_path());
        assert_same(&tool, &["-n"], &[&archive, other]);
    }
}

#[test]
fn what_can_not_be_read_is_said_in_the_words_of_go_and_hides_nothing() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    let dir = common::cache().join("nm-odd");
    std::fs::create_dir_all(&dir).expect("a folder can be made");
    let odd = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    };
    let files = [
        odd("text", b"hello\n"),
        odd("empty", b""),
        odd(
            "old.o",
            b"go object linux amd64 go1.19 X:none\n!\n\0go119ld........",
        ),
        odd("corrupt.a", b"!<arch>\nshort"),
        odd("only-header.a", b"!<arch>\n"),
        dir.join("missing"),
        dir.clone(),
    ];
    for file in &files {
        assert_same(&tool, &[], &[file]);
    }
    if let Some(good) = Build::new("hello", "linux/amd64").path() {
        let mut all: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        all.insert(3, &good);
        assert_same(&tool, &["-n"], &all);
    }
}

#[test]
fn wrong_usage_has_status_2_and_help_has_0() {
    let status = |args: &[&str]| ours(args, &[]).status.code();
    for args in [
        &[][..],
        &["-h"],
        &["-bogus", "x"],
        &["-sort", "bogus", "x"],
        &["-sort"],
        &["-size=maybe", "x"],
    ] {
        assert_eq!(status(args), Some(2), "{args:?}");
    }
    let bogus = ours(&["-sort", "bogus", "x"], &[]);
    assert_eq!(
        String::from_utf8_lossy(&bogus.stderr),
        "nm: unknown sort order \"bogus\"\n"
    );
    let help = ours(&["--help"], &[]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("-size -sort size"));
}

#[test]
fn match_keeps_the_rows_whose_name_matches() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let out = ours(&["-n", "-match", r"^main\.main$"], &[&file]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.ends_with(" T main.main\n"), "{text}");
    assert_eq!(ours(&["-match", "("], &[&file]).status.code(), Some(2));
}

/// (address, name) of the rows whose letter is T.
fn code(args: &[&str], file: &Path) -> Vec<(String, String)> {
    let out = ours(args, &[file]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let rows = text.lines().filter_map(|l| l.trim_start().split_once(" T "));
    rows.map(|(addr, name)| (addr.into(), name.into())).collect()
}

#[test]
fn recover_lists_what_stripping_took_away() {
    for target in ["linux/amd64", "darwin/arm64", "windows/amd64", "linux/386"] {
        let stripped = Build::new("hello", target).args(&["-ldflags=-s -w"]);
        let (Some(whole), Some(stripped)) = (Build::new("hello", target).path(), stripped.path()) else {
            continue;
        };
        // Assembly's names end in `.abi0` in the symbol table alone; types' functions are written otherwise
        // there.
        let flags = ["-recover", "-n", "-package", "main"];
        let (want, got) = (code(&flags, &whole), code(&flags, &stripped));
        assert!(want.iter().any(|f| f.1 == "main.main"), "{target}: {want:?}");
        let addresses_differ = target.starts_with("windows") || target.starts_with("darwin");
        if addresses_differ {
            let names = |v: &[(String, String)]| v.iter().map(|f| f.1.clone()).collect::<Vec<_>>();
            assert_eq!(names(&want), names(&got), "{target}");
        } else {
            assert_eq!(want, got, "{target}");
        }
        let all = code(&["-recover", "-size"], &stripped);
        assert!(all.len() > 1000, "{target}: {}", all.len());
    }
}

#[test]
fn recover_changes_nothing_where_symbols_name_code() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    assert_eq!(ours(&["-recover"], &[&file]).stdout, ours(&[], &[&file]).stdout);
    let missing = ours(&["-recover"], &[Path::new("/nonexistent")]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn a_damaged_object_is_survived() {
    use gospect::analysis::nm::{Order, ordered};
    use gospect::analysis::objfile::{self, Raw};
    let Some(file) = common::object("arm64") else {
        return;
    };
    let whole = std::fs::read(file).expect("the object can be read");
    let body = memchr_of(&whole, b"\n!\n") + 3;
    let look = |data: &[u8]| {
        for entry in objfile::open(data).unwrap_or_default() {
            let symbols = entry.file.in_file_order().unwrap_or_default();
            assert_eq!(ordered(&symbols, Order::Name).len(), symbols.len());
            let Raw::Object(object) = &entry.file else {
                continue;
            };
            for s in object.symbols().take(40) {
                let kinds = object.relocations(s.number).take(20).map(|r| r.kind_name().len());
                std::hint::black_box((kinds.sum::<usize>(), object.line_of(s.number, 4)));
            }
        }
    };
    look(&whole);
    for cut in (0..whole.len()).step_by(97) {
        look(&whole[..cut]);
    }
    let mut seed = 1u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % n
    };
    for round in 0..600 {
        let mut data = whole.clone();
        // Half of the damage hits the header's offsets.
        let place = if round % 2 == 0 {
            body + random(100)
        } else {
            random(data.len())
        };
        data[place] ^= 1 << random(8);
        look(&data);
        data[place] = 0xff;
        look(&data);
    }
}

fn memchr_of(data: &[u8], what: &[u8]) -> usize {
    data.windows(what.len())
        .position(|w| w == what)
        .expect("it is there")
}

#[test]
fn small_files_of_every_format_are_listed_as_go_does() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .expect("the fixtures are there")
        .flatten()
        .map(|e| e.path())
        .collect();
    files.sort();
    assert!(files.len() >= 12);
    for file in &files {
        assert_same(&tool, &["-size", "-n"], &[file]);
    }
}

/// One name outside the string table makes Go refuse the whole file.
#[test]
fn a_name_outside_the_string_table_is_refused_as_go_does() {
    let Some(tool) = common::reference_tool("nm") else {
        return;
    };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures");
    let own = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let le = |data: &[u8], at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
    let mut refused = 0;
    let mut try_each = |fixture: &str, data: &[u8], at: usize, values: &[[u8; 8]]| {
        for (i, value) in values.iter().enumerate() {
            let mut data = data.to_vec();
            data[at..at + 8].copy_from_slice(value);
            let file = own.join(format!("name-{i}-{fixture}"));
            std::fs::write(&file, data).unwrap();
            assert_same(&tool, &["-n"], &[&file]);
            refused += usize::from(!ours(&[], &[&file]).status.success());
        }
    };
    let long = |n: u32| [[0; 4], n.to_le_bytes()].concat().try_into().unwrap();

    // The file header's symbol table: offset at 8, number of entries at 12; the string table behind it begins
    // with its length.
    let fixture = "coff-amd64.o";
    let data = std::fs::read(dir.join(fixture)).unwrap();
    let (table, count) = (le(&data, 8) as usize, le(&data, 12) as usize);
    let strings = le(&data, table + count * 18);
    let names = [0, 3, 4, strings, strings + 1, u32::MAX].map(long);
    try_each(fixture, &data, table, &names);
    // More auxiliary entries than there are entries: the last byte of an entry is their number.
    let mut tail: [u8; 8] = data[table + 10..table + 18].try_into().unwrap();
    tail[7] = 255;
    try_each("aux-coff-amd64.o", &data, table + 10, &[tail]);

    // LC_SYMTAB: the offset of the table, its entries, the strings and their size.
    let fixture = "macho-arm64.o";
    let data = std::fs::read(dir.join(fixture)).unwrap();
    let mut at = 32;
    while le(&data, at) != 2 {
        at += le(&data, at + 4) as usize;
    }
    let (table, strings) = (le(&data, at + 8) as usize, le(&data, at + 20));
    let rest = le(&data, table + 4);
    let name = |n: u32| [n.to_le_bytes(), rest.to_le_bytes()].concat().try_into().unwrap();
    let names = [0, strings - 1, strings, u32::MAX].map(name);
    try_each(fixture, &data, table, &names);
    assert!(refused >= 6, "{refused}");
}
