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
    let out = std::process::Command::new("bash")
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
