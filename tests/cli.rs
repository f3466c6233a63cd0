//! The frame that every sub-command shares: help, completions, man pages, output files, standard input,
//! pipes.

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

/// Every example in the help does what it says: it runs, in a folder with files of the names that the
/// examples use.
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
                "dist/server",
                "a",
                "b",
                "released/server",
                "rebuilt/server",
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
    for folder in ["old", "new", "bin", "dist", "released", "rebuilt"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    for (build, names) in subjects {
        let Some(path) = build.path() else { return };
        for name in names {
            std::fs::copy(&path, dir.join(name)).unwrap();
        }
    }
    let tar = std::process::Command::new("tar")
        .args(["-cf", "image.tar", "dist"])
        .current_dir(&dir)
        .status();
    assert!(tar.unwrap().success());
    let thin = ["darwin/amd64", "darwin/arm64"]
        .map(|t| Build::new("hello", t).path().map(|p| std::fs::read(p).unwrap()));
    let [Some(a), Some(b)] = thin else { return };
    std::fs::write(dir.join("universal-binary"), fat(&[a, b])).unwrap();
    std::fs::write(dir.join("addresses"), "0x401000\n").unwrap();
    let database = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis/vuln/db/snapshot.bin");
    std::fs::copy(database, dir.join("vulndb.bin")).unwrap();
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
            // Real rebuilds have a test of their own; a page reader and a system folder are no part of
            // gospect.
            // A source tree is none of gospect's either.
            let rebuilds = example.contains("--rebuild") || example.contains("gospect reproduce");
            if rebuilds
                || example.contains("go list")
                || example.contains("--source")
                || example.contains("| dot")
                // These need a terminal and keys: tests/explore.rs.
                || example.contains("gospect explore")
            {
                continue;
            }
            let mut line = example
                .split(" | man")
                .next()
                .unwrap()
                .replace("/etc/bash_completion.d/", "")
                // What the subject is made of stands for what a server may be.
                .replace("google.golang.org/grpc", "fmt")
                .replace("github.com/aws/aws-sdk-go-v2", "fmt")
                .replace("github.com/aws/smithy-go", "reflect")
                .replace("k8s.io/client-go", "fmt");
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

#[test]
fn mistyped_commands_are_told_and_help_is_a_word_too() {
    let dir = scratch("mistyped");
    let run = |args: &[&str]| {
        let out = common::gospect().args(args).current_dir(&dir).output().unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    assert_eq!(
        run(&["chek", "web"]),
        (
            Some(2),
            String::new(),
            "gospect: chek: no such file or command; did you mean `check`?\n".into()
        )
    );
    assert_eq!(run(&["server"]).2, "gospect: server: no such file or directory\n");
    std::fs::write(dir.join("chek"), "a file").unwrap();
    assert_eq!(run(&["chek"]).2, "gospect: chek: unrecognized file format\n");
    let behind = "gospect: size: no such file; a command stands before its options: `gospect size --color`\n";
    assert_eq!(
        run(&["--color", "always", "size", "web"]),
        (Some(2), String::new(), behind.into())
    );
    std::fs::write(dir.join("size"), "a file").unwrap();
    assert_eq!(
        run(&["--color", "never", "size"]).2,
        "gospect: size: unrecognized file format\n"
    );
    for name in commands() {
        assert_eq!(run(&["help", &name]), run(&[&name, "--help"]));
    }
    assert_eq!(run(&["help"]), run(&["--help"]));
    let (status, _, err) = run(&["help", "sizes"]);
    assert_eq!(
        (status, err.contains("did you mean `size`?")),
        (Some(2), true),
        "{err}"
    );
}

#[test]
fn an_explicit_always_wins_over_no_color() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let out = common::gospect()
        .args(["info", "--color=always"])
        .arg(&hello)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(text(&out.stdout).contains('\x1b'));
    let help = text(&common::run(["info", "--help"]).stdout);
    assert!(
        !help.contains("never where NO_COLOR") && help.contains("unless NO_COLOR is set"),
        "{help}"
    );
}

#[test]
fn an_empty_folder_says_that_nothing_was_found() {
    let dir = scratch("empty");
    std::fs::write(dir.join("notes.txt"), "text").unwrap();
    for command in ["info", "size", "funcs", "types", "embeds", "whatif"] {
        let out = common::gospect()
            .args([command, "."])
            .current_dir(&dir)
            .output()
            .unwrap();
        let said = (out.status.code(), text(&out.stdout), text(&out.stderr));
        let want = "gospect: .: no binary was found in it\n";
        assert_eq!(said, (Some(2), String::new(), want.into()), "{command}");
    }
}

/// Bazel and Nix put nothing but links into the folders they give out.
#[cfg(unix)]
#[test]
fn links_to_files_are_followed_and_closed_folders_are_told() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::CommandExt;
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    // Somebody else has to be able to get there.
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(dir, 0o755);
    let program = dir.join("gospect");
    std::fs::copy(env!("CARGO_BIN_EXE_gospect"), &program).unwrap();
    for folder in ["store", "out", "out/closed"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    std::fs::copy(&hello, dir.join("store/app")).unwrap();
    mode(&dir.join("store/app"), 0o755);
    symlink("../store/app", dir.join("out/app")).unwrap();
    mode(&dir.join("out/closed"), 0o000);
    for args in [&["info", "-q"][..], &["size"], &["check", "--no-race"]] {
        let mut command = common::command(program.to_str().unwrap());
        command.args(args).arg("out").current_dir(dir);
        if Path::new("/root").metadata().is_ok() && std::fs::read_dir(dir.join("out/closed")).is_ok() {
            // Nothing is closed to root.
            command.uid(65534).gid(65534);
        }
        let out = command.output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", text(&out.stderr));
        assert!(
            text(&out.stdout).contains("out/app: "),
            "{args:?}: {}",
            text(&out.stdout)
        );
        assert_eq!(
            text(&out.stderr),
            "gospect: out/closed: permission denied\n",
            "{args:?}"
        );
    }
    mode(&dir.join("out/closed"), 0o755);
}

#[test]
fn one_page_shows_one_file() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = scratch("one-page");
    std::fs::create_dir(dir.join("bin")).unwrap();
    for name in ["bin/a", "bin/b", "c"] {
        std::fs::copy(&hello, dir.join(name)).unwrap();
    }
    for files in [&["bin/a", "c"][..], &["bin"]] {
        for format in ["html", "svg"] {
            let mut command = common::gospect();
            command
                .args(["size", "-o", "page", "--format", format])
                .args(files);
            let out = command.current_dir(&dir).output().unwrap();
            assert_eq!(
                (out.status.code(), dir.join("page").exists()),
                (Some(2), false),
                "{files:?}"
            );
            assert!(text(&out.stderr).contains("name one"), "{}", text(&out.stderr));
        }
    }
    std::fs::remove_file(dir.join("bin/b")).unwrap();
    let mut command = common::gospect();
    let out = command
        .args(["size", "-o", "page", "--format", "html", "bin"])
        .current_dir(&dir)
        .output();
    assert!(out.unwrap().status.success());
}

/// Whoever can write beside an output file must not be able to have gospect write elsewhere, and nothing half
/// done stays.
#[cfg(unix)]
#[test]
fn half_an_output_file_is_gone_whatever_ends_the_program() {
    use std::os::unix::process::ExitStatusExt;
    let dir = scratch("signals");
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let mut child = common::gospect()
            .args(["info", "-o", "page", "-"])
            .current_dir(&dir)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It waits for its input; the output was opened before.
        let parts = || std::fs::read_dir(&dir).unwrap().count();
        for _ in 0..500 {
            if parts() > 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(parts(), 1, "{name}: the output is open");
        let part = std::fs::read_dir(&dir)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .file_name();
        assert!(
            !text(part.as_encoded_bytes()).contains(&child.id().to_string()),
            "{part:?} can't be predicted"
        );
        let sent = common::command("kill")
            .args(["-s", name, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().signal(), Some(number), "{name}");
        assert_eq!(parts(), 0, "{name}: nothing is left");
    }
}

/// A file that is cut short while it is mapped ends the program; the half output goes then too.
#[cfg(target_os = "linux")]
#[test]
fn a_file_cut_short_while_it_is_read_is_told() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = scratch("cut");
    let whole = std::fs::read(&hello).unwrap();
    let mut told = 0;
    for delay in 0..40 {
        std::fs::write(dir.join("app"), &whole).unwrap();
        let child = common::gospect()
            .args(["size", "-o", "page", "app"])
            .current_dir(&dir)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay * 2));
        std::fs::File::options()
            .write(true)
            .open(dir.join("app"))
            .unwrap()
            .set_len(4096)
            .unwrap();
        let out = child.wait_with_output().unwrap();
        let err = text(&out.stderr);
        // Before it was opened it is a short file, after the work it is a whole one.
        assert!(
            matches!(out.status.code(), Some(0 | 2)),
            "{:?}: {err}",
            out.status
        );
        told += usize::from(err.contains("app: was c"));
        let left: Vec<_> = std::fs::read_dir(&dir)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert!(left.iter().all(|n| n == "app" || n == "page"), "{left:?}: {err}");
        if told >= 2 {
            break;
        }
    }
}

/// What a file says must not steer a terminal, nor a spreadsheet or a page that shows it.
#[test]
fn names_of_others_are_safe_in_every_format() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    // A package's name with an escape sequence, a C1 control and a bidi override in it, of the same length.
    let mut data = std::fs::read(&hello).unwrap();
    let hostile = "@\x1b]8;;\u{9b}\u{202e}";
    let old = b"unicode/utf8".get(..hostile.len()).unwrap();
    let finder: Vec<usize> = data
        .windows(old.len())
        .enumerate()
        .filter(|w| w.1 == old)
        .map(|w| w.0)
        .collect();
    assert!(!finder.is_empty());
    for at in finder {
        data[at..at + old.len()].copy_from_slice(hostile.as_bytes());
    }
    let dir = scratch("hostile-text");
    std::fs::write(dir.join("app"), data).unwrap();
    let unsafe_char =
        |c: &char| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || matches!(c, '\u{202e}');
    let mut seen = 0;
    for args in [
        &["info", "--format=json"][..],
        &["info"],
        &["info", "--format=markdown"],
        &["size", "--by=package", "--top=0"],
        &["size", "--format=json"],
        &["size", "--format=csv"],
        &["size", "--format=html"],
        &["size", "--format=svg", "--by=package"],
        &["size", "--format=markdown", "--by=package", "--top=0"],
        &["funcs"],
        &["funcs", "--format=json"],
        &["types", "--format=json"],
        &["objdump", "-s", "utf8|8;;", "--format=json"],
        &["check", "--format=csv"],
        &["check", "--format=json"],
    ] {
        let mut command = common::gospect();
        let out = command.args(args).arg("app").current_dir(&dir).output().unwrap();
        let shown = text(&out.stdout);
        assert!(!shown.is_empty(), "{args:?}: {}", text(&out.stderr));
        assert_eq!(shown.chars().find(unsafe_char), None, "{args:?}");
        seen += usize::from(shown.contains("8;;"));
        if args.contains(&"--format=markdown") {
            assert!(!shown.contains("@\\"), "{args:?}: a mention");
        }
    }
    assert!(seen >= 3, "the name is shown in {seen} formats only");
}
