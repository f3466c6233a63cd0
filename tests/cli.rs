//! The frame that every sub-command shares: help, completions, man pages, output files, standard input, pipes.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::Build;

fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// The sub-commands that `--help` lists.
fn commands() -> Vec<String> {
    let out = common::run(["--help"]);
    let help = text(&out.stdout);
    let list = help
        .split("Commands:\n")
        .nth(1)
        .expect("a list of commands")
        .split("\n\n")
        .next()
        .unwrap();
    let names = list
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "));
    names
        .filter_map(|l| l.split_whitespace().next())
        .map(str::to_string)
        .collect()
}

#[test]
fn every_command_has_help_with_two_examples() {
    let all = commands();
    assert!(
        all.contains(&"info".to_string()) && all.contains(&"version".to_string()),
        "{all:?}"
    );
    for name in all {
        let out = common::run([name.as_str(), "--help"]);
        assert_eq!(out.status.code(), Some(0), "{name} --help");
        let examples = text(&out.stdout)
            .lines()
            .filter(|l| l.trim_start().contains("gospect ") && l.starts_with("  "))
            .count();
        assert!(examples >= 2, "{name} --help has {examples} examples");
    }
}

#[test]
fn completions_and_man_pages_name_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let out = common::run(["generate", "completions", shell]);
        assert!(out.status.success());
        for name in commands() {
            assert!(text(&out.stdout).contains(&name), "{shell}: {name}");
        }
    }
    let page = text(&common::run(["generate", "man"]).stdout);
    assert!(page.starts_with(".ie") && page.contains("gospect"));
    for name in commands() {
        let page = common::run(["generate", "man", &name]);
        assert!(page.status.success(), "man page of {name}");
    }
    assert_eq!(
        common::run(["generate", "man", "nonsense"]).status.code(),
        Some(2)
    );
}

#[test]
fn schemas_are_printed_as_published() {
    let out = common::run(["generate", "schema", "info"]);
    let published =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/info.json")).unwrap();
    assert_eq!(out.stdout, published);
}

#[test]
fn wrong_usage_exits_with_two() {
    for args in [
        &["info"][..],
        &["info", "--format", "xml", "x"],
        &["info", "--nonsense", "x"],
    ] {
        assert_eq!(common::run(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn plain_files_are_short_for_info() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let (short, long) = (
        common::run([hello.as_os_str()]),
        common::run(["info".as_ref(), hello.as_os_str()]),
    );
    assert_eq!(text(&short.stdout), text(&long.stdout));
}

#[test]
fn a_folder_stands_for_the_binaries_in_it() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = scratch("folder");
    std::fs::create_dir(dir.join("bin")).unwrap();
    std::fs::copy(&hello, dir.join("bin/a")).unwrap();
    std::fs::write(dir.join("bin/notes.txt"), "text").unwrap();
    let out = common::gospect()
        .args(["info", "-q", "."])
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(
        text(&out.stdout).starts_with("bin/a: linux/amd64"),
        "{}",
        text(&out.stdout)
    );
    assert_eq!(text(&out.stdout).lines().count(), 1);
}

#[test]
fn standard_input_is_a_file_too() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let mut child = common::gospect()
        .args(["info", "-q", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&std::fs::read(hello).unwrap())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(text(&out.stdout).starts_with("-: linux/amd64, program"));
}

#[test]
fn an_output_file_appears_whole_or_not_at_all() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = scratch("output");
    let out = common::gospect()
        .args(["info", "-o", "page", "-q"])
        .arg(&hello)
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(0), 0));
    assert!(
        std::fs::read_to_string(dir.join("page"))
            .unwrap()
            .contains("linux/amd64")
    );
    let out = common::gospect()
        .args(["info", "-o", "no/such/folder", "-q"])
        .arg(&hello)
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(
        text(&out.stderr),
        "gospect: no/such/folder: no such file or directory\n"
    );
    let left: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(left, ["page"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = common::gospect()
        .args(["info", "--format=json"])
        .arg(&hello)
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(
        text(&out.stderr),
        "gospect: the output could not be written: no space left on device\n"
    );
}

#[cfg(unix)]
#[test]
fn a_broken_pipe_is_quiet() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let line = format!(
        "'{}' info --format=json '{}' | true",
        env!("CARGO_BIN_EXE_gospect"),
        hello.display()
    );
    // bash itself warns of a locale that is not installed.
    let out = common::command("bash")
        .env("LC_ALL", "C")
        .args(["-o", "pipefail", "-c", &line])
        .output()
        .unwrap();
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), String::new()));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let run = |args: &[&str], no_color: &str| {
        let out = common::gospect()
            .arg("info")
            .args(args)
            .arg(&hello)
            .env("NO_COLOR", no_color)
            .output()
            .unwrap();
        text(&out.stdout).contains('\x1b')
    };
    assert!(!run(&[], ""));
    assert!(run(&["--color=always"], ""));
    assert!(!run(&["--color=never"], ""));
}

#[cfg(unix)]
#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let dir = scratch("hostile");
    std::fs::write(dir.join("a\x1b[31m\n"), "x").unwrap();
    let out = common::gospect()
        .args(["info", "a\x1b[31m\n"])
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(
        text(&out.stderr),
        "gospect: a\\u{1b}[31m\\u{a}: unrecognized file format\n"
    );
}

/// The examples of a command's help: lines that start with two spaces and hold a call of gospect.
fn examples(name: &str) -> Vec<String> {
    let help = text(&common::run([name, "--help"]).stdout);
    let tail = help.split("Examples:").nth(1).unwrap_or_default().to_string();
    let calls = tail
        .lines()
        .filter(|l| l.starts_with("  ") && l.contains("gospect "));
    calls.map(|l| l.trim().to_string()).collect()
}

/// Two thin Mach-O files as one fat file: a header, then the slices at page boundaries.
fn fat(slices: &[Vec<u8>]) -> Vec<u8> {
    let mut out = 0xcafe_babe_u32.to_be_bytes().to_vec();
    out.extend((slices.len() as u32).to_be_bytes());
    let mut at = 0x4000u32;
    for s in slices {
        let word = |i: usize| u32::from_le_bytes(s[i..i + 4].try_into().unwrap());
        for v in [word(4), word(8), at, s.len() as u32, 14] {
            out.extend(v.to_be_bytes());
        }
        at = (at + s.len() as u32).next_multiple_of(0x4000);
    }
    for s in slices {
        out.resize(out.len().next_multiple_of(0x4000), 0);
        out.extend(s);
    }
    out
}

/// Every example in the help does what it says: it runs, in a folder with files of the names that the examples use.
#[cfg(unix)]
#[test]
fn every_example_in_the_help_runs() {
    let hello = Build::new("hello", "linux/amd64");
    let subjects = [
        (
            hello.clone(),
            &[
                "server",
                "agent",
                "old/server",
                "new/server",
                "bin/server",
                "bin/agent",
            ][..],
        ),
        (hello.args(&["-trimpath", "-ldflags=-s -w"]), &["stripped"]),
        (
            Build::new("clib", "linux/amd64")
                .cgo()
                .args(&["-buildmode=c-archive"]),
            &["lib.a"],
        ),
        (
            Build::new("clib", "linux/amd64")
                .cgo()
                .args(&["-buildmode=plugin"]),
            &["auth.so", "log.so"],
        ),
        (Build::new("hello", "js/wasm"), &["app.wasm"]),
    ];
    let dir = scratch("examples");
    for folder in ["old", "new", "bin"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    for (build, names) in subjects {
        let Some(path) = build.path() else { return };
        for name in names {
            std::fs::copy(&path, dir.join(name)).unwrap();
        }
    }
    let thin = ["darwin/amd64", "darwin/arm64"]
        .map(|t| Build::new("hello", t).path().map(|p| std::fs::read(p).unwrap()));
    let [Some(a), Some(b)] = thin else { return };
    std::fs::write(dir.join("universal-binary"), fat(&[a, b])).unwrap();
    std::fs::write(dir.join("addresses"), "0x401000\n").unwrap();
    let policy = common::gospect()
        .args(["check", "--init", "server"])
        .current_dir(&dir)
        .output()
        .unwrap();
    if !dir.join("gospect.toml").exists() {
        std::fs::write(dir.join("gospect.toml"), policy.stdout).unwrap();
    }
    let baseline = common::gospect()
        .args(["size", "--format=json", "server"])
        .current_dir(&dir)
        .output()
        .unwrap();
    std::fs::write(dir.join("baseline.json"), baseline.stdout).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_gospect")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut ran = 0;
    for name in commands() {
        for example in examples(&name) {
            // Real rebuilds have a test of their own; a page reader and a system folder are no part of gospect.
            if example.contains("--rebuild") {
                continue;
            }
            let mut line = example
                .split(" | man")
                .next()
                .unwrap()
                .replace("/etc/bash_completion.d/", "");
            // The subjects are built without a VCS stamp, which a release would be recorded by.
            if line.starts_with("gospect track record") && !line.contains("--label") {
                line.push_str(" --label v1");
            }
            let out = std::process::Command::new("sh")
                .args(["-c", &line])
                .current_dir(&dir)
                .env("PATH", &path)
                .output()
                .unwrap();
            let status = out.status.code();
            assert!(
                matches!(status, Some(0 | 1)),
                "{line}: {status:?}: {}",
                text(&out.stderr)
            );
            ran += 1;
        }
    }
    assert!(ran >= 30, "only {ran} examples");
}

#[test]
fn of_a_fat_file_the_named_slice_is_shown() {
    let thin = ["darwin/amd64", "darwin/arm64"]
        .map(|t| Build::new("hello", t).path().map(|p| std::fs::read(p).unwrap()));
    let [Some(a), Some(b)] = thin else { return };
    let dir = scratch("fat");
    std::fs::write(dir.join("fat"), fat(&[a, b])).unwrap();
    let run = |args: &[&str]| {
        let out = common::gospect()
            .args(args)
            .arg("fat")
            .current_dir(&dir)
            .output()
            .unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    assert!(run(&["info", "-q"]).1.starts_with("fat: darwin/amd64"));
    assert!(
        run(&["info", "-q", "--arch", "arm64"])
            .1
            .starts_with("fat: darwin/arm64")
    );
    assert_eq!(
        run(&["info", "--arch", "386"]),
        (
            Some(2),
            String::new(),
            "gospect: fat: no such architecture in the fat Mach-O file\n".into()
        )
    );
    assert_eq!(run(&["version"]).1, format!("fat: {}\n", common::REFERENCE));
}
