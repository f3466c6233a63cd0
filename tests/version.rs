//! `gospect version` against `go version` of the reference toolchain: standard output, standard error, exit
//! status.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Build, REFERENCE, left_out, reference_go};

/// Target, Go version and arguments of what is built; the wide matrix is for `GOSPECT_WIDE=1`.
fn subjects() -> Vec<PathBuf> {
    let mut all: Vec<Build<'_>> = [
        "linux/amd64",
        "windows/amd64",
        "darwin/arm64",
        "linux/s390x",
        "plan9/386",
        "aix/ppc64",
        "js/wasm",
    ]
    .iter()
    .map(|t| Build::new("hello", t))
    .collect();
    all.push(Build::new("hello", "linux/amd64").args(&["-trimpath", "-ldflags=-s -w -X main.x=a"]));
    all.push(Build::new("hello", "linux/386").go("go1.17.13"));
    all.push(Build::new("hello", "darwin/amd64").go("go1.17.13"));
    if std::env::var_os("GOSPECT_WIDE").is_some() {
        for go in [
            "go1.16.15",
            "go1.18.10",
            "go1.19.13",
            "go1.20.14",
            "go1.21.13",
            "go1.22.12",
            "go1.23.12",
            "go1.24.11",
            "go1.25.5",
        ] {
            for target in [
                "linux/amd64",
                "linux/arm",
                "linux/mips",
                "windows/386",
                "freebsd/amd64",
                "openbsd/amd64",
                "android/arm64",
            ] {
                all.push(Build::new("hello", target).go(go));
            }
        }
    }
    all.iter().filter_map(Build::path).collect()
}

fn compare(args: &[&str], dir: &Path) {
    let run = |mut c: Command| -> Output {
        c.arg("version").args(args).current_dir(dir).env("GOFLAGS", "");
        c.output().expect("the tool runs")
    };
    let (want, got) = (run(reference_go()), run(common::gospect()));
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    assert_eq!(
        text(&got.stdout),
        text(&want.stdout),
        "standard output of {args:?}"
    );
    assert_eq!(
        text(&got.stderr),
        text(&want.stderr),
        "standard error of {args:?}"
    );
    assert_eq!(got.status.code(), want.status.code(), "exit status of {args:?}");
}

fn have_go() -> bool {
    let ok = reference_go()
        .arg("version")
        .output()
        .is_ok_and(|o| o.status.success());
    ok || left_out::<()>(&format!("{REFERENCE} is not to be had")).is_some()
}

/// A scratch folder that is made anew for each test.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("version-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn files_are_reported_as_go_reports_them() {
    if !have_go() {
        return;
    }
    let dir = scratch("files");
    for path in subjects() {
        let path = path.to_str().unwrap();
        for flags in [&[][..], &["-m"], &["-m", "-json"], &["-v"]] {
            compare(&[flags, &[path]].concat(), &dir);
        }
    }
}

#[cfg(unix)]
#[test]
fn folders_links_and_bad_files_are_reported_as_go_reports_them() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (true, Some(hello)) = (have_go(), Build::new("hello", "linux/amd64").path()) else {
        return;
    };
    let dir = scratch("folders");
    let whole = std::fs::read(&hello).unwrap();
    let write = |name: &str, data: &[u8], mode: u32| {
        std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.join(name), data).unwrap();
        std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write("d/b/hello", &whole, 0o755);
    write("d/a", &whole, 0o644);
    write("d/B", &whole, 0o755);
    write("d/text", b"no binary", 0o644);
    write("d/script", b"#!/bin/sh\n", 0o755);
    write("d/empty.so", b"", 0o644);
    write("d/short", &whole[..10], 0o755);
    write("d/x.so.1", b"0123456789abcdef0123456789", 0o644);
    for (i, cut) in [16, 64, 100, 300, 1000, 4096, 70_000, whole.len() - 1]
        .into_iter()
        .enumerate()
    {
        write(&format!("cut/{i}"), &whole[..cut], 0o755);
    }
    symlink("b", dir.join("d/linkdir")).unwrap();
    symlink("b/hello", dir.join("d/link")).unwrap();
    symlink("nowhere", dir.join("d/dangling")).unwrap();
    symlink("d", dir.join("rootlink")).unwrap();
    for args in [
        &["d"][..],
        &["-v", "d"],
        &["-m", "d"],
        &["-v", "-m", "d", "cut"],
        &["."],
        &["./d/"],
        &["d/../d"],
        &["rootlink"],
        &["-v", "rootlink"],
        &["rootlink/"],
        &["d/text", "d/script", "d/empty.so", "d/short", "d/x.so.1"],
        &["-m", "d/text"],
        &["-m", "missing", "d/a"],
        &["d/a/b"],
        &["d/dangling", "d/link", "d/linkdir"],
        &[
            "cut/0", "cut/1", "cut/2", "cut/3", "cut/4", "cut/5", "cut/6", "cut/7",
        ],
        &["-m=true", "--v", "d/a"],
        &["d/a", "-m"],
        &["--", "d/a"],
    ] {
        compare(args, &dir);
    }
}

#[test]
fn wrong_usage_is_told_in_gos_words() {
    if !have_go() {
        return;
    }
    let dir = scratch("usage");
    for args in [
        &["-m"][..],
        &["-v"],
        &["-json"],
        &["-json", "x"],
        &["-bad"],
        &["-m=x", "y"],
    ] {
        compare(args, &dir);
    }
}

/// Damaged build information: what Go says of it, we say.
#[test]
fn damaged_blobs_are_told_as_go_tells_them() {
    let (true, Some(hello)) = (have_go(), Build::new("hello", "linux/amd64").path()) else {
        return;
    };
    let dir = scratch("damaged");
    let whole = std::fs::read(&hello).unwrap();
    let blob = memchr::memmem::find(&whole, b"\xff Go buildinf:").expect("the subject has build information");
    let edits: [(&str, usize, &[u8]); 9] = [
        ("magic", 1, b"x"),
        ("flags", 15, &[0]),
        ("pointers8", 14, &[8, 0]),
        ("pointers4", 14, &[4, 1]),
        ("length", 32, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ("empty", 32, &[0]),
        ("huge", 32, &[0xff; 10]),
        ("frame", 50, b"\n\n\n\n"),
        ("line", 70, b"\nbuild\t=\nmod\tx\n"),
    ];
    for (name, at, bytes) in edits {
        let mut copy = whole.clone();
        copy[blob + at..blob + at + bytes.len()].copy_from_slice(bytes);
        std::fs::write(dir.join(format!("{name}.exe")), copy).unwrap();
    }
    compare(&["-v", "-m", "."], &dir);
}

#[test]
fn recover_reads_what_go_can_not_see() {
    let Some(archive) = Build::new("clib", "linux/amd64")
        .cgo()
        .args(&["-buildmode=c-archive"])
        .path()
    else {
        return;
    };
    let plain = common::run(["version".as_ref(), archive.as_os_str()]);
    assert_eq!(plain.stdout, b"");
    let recovered = common::run(["version".as_ref(), "--recover".as_ref(), archive.as_os_str()]);
    assert_eq!(
        String::from_utf8_lossy(&recovered.stdout),
        format!("{}: {REFERENCE}\n", archive.display())
    );
}

#[cfg(unix)]
#[test]
fn a_fifo_is_not_waited_for() {
    let dir = scratch("fifo");
    let made = Command::new("mkfifo").arg(dir.join("pipe.exe")).status();
    assert!(made.is_ok_and(|s| s.success()), "mkfifo is part of every Unix");
    let out = common::gospect()
        .args(["version", "-m", "pipe.exe"])
        .current_dir(&dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(
        said,
        "pipe.exe: could not read Go build info from pipe.exe: is a FIFO, not a regular file\n"
    );
    assert_eq!(out.status.code(), Some(1));
}
