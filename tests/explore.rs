//! `gospect explore` in a real terminal: tmux is looked at and typed into. What is on the screen is held
//! against `size`, `why` and `objdump`.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::{Build, left_out, run};

/// A terminal of its own, with a shell that runs one command and then says how it ended.
struct Tmux(String);

impl Tmux {
    fn start(width: u32, height: u32, folder: &Path, env: &str, command: &str) -> Option<Tmux> {
        if Command::new("tmux").arg("-V").output().is_err() {
            return left_out("tmux is not there");
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let tmux = Tmux(format!("gospect-test-{}-{count}", std::process::id()));
        let bin = Path::new(env!("CARGO_BIN_EXE_gospect")).parent().unwrap();
        // `read` keeps the terminal as the program leaves it.
        let script = format!(
            "export PATH='{}':\"$PATH\" {env}; {command}; echo \"status $?\"; read -r line",
            bin.display()
        );
        let (width, height) = (width.to_string(), height.to_string());
        let size = ["-x", width.as_str(), "-y", height.as_str()];
        let out = tmux.tmux(
            &[
                &[
                    "-f",
                    "/dev/null",
                    "new-session",
                    "-d",
                    "-c",
                    folder.to_str().unwrap(),
                ],
                &size[..],
                &["sh", "-c", &script],
            ]
            .concat(),
        );
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Some(tmux)
    }

    fn tmux(&self, args: &[&str]) -> Output {
        let mut tmux = common::command("tmux");
        tmux.args(["-u", "-L", &self.0]).args(args);
        tmux.output().unwrap()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "--"], keys].concat());
    }

    fn screen(&self) -> String {
        let out = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8(out.stdout).unwrap()
    }

    /// The screen, once it is as it should be.
    fn wait(&self, what: &str, right: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if right(&screen) {
                return screen;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "no {what}:\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn see(&self, text: &str) -> String {
        self.wait(text, |s| s.contains(text))
    }

    fn tell(&self, what: &str) -> String {
        let out = self.tmux(&["display-message", "-p", what]);
        String::from_utf8(out.stdout).unwrap().trim().to_string()
    }

    /// The program is over, and the terminal as it was before.
    fn ended(&self, status: u8) {
        self.see(&format!("status {status}"));
        assert_eq!(
            self.tell("#{alternate_on} #{mouse_any_flag} #{cursor_flag}"),
            "0 0 1"
        );
        let tty = self.tell("#{pane_tty}");
        let out = common::command("stty").args(["-a", "-F", &tty]).output().unwrap();
        let modes = String::from_utf8_lossy(&out.stdout).into_owned();
        let has = |mode: &str| modes.split([' ', '\n', ';']).any(|m| m == mode);
        assert!(has("echo") && has("icanon") && has("isig"), "{modes}");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn grouped(n: u64) -> String {
    gospect::report::text::grouped(n)
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap().to_path_buf()
}

#[test]
fn a_program_is_walked_through() {
    let Some(file) = Build::new("service", "linux/amd64").path() else {
        return;
    };
    let name = file.file_name().unwrap().to_str().unwrap().to_string();
    let command = format!("gospect explore './{name}'");
    let Some(tmux) = Tmux::start(100, 30, &folder(&file), "", &command) else {
        return;
    };
    // Every module, with the bytes that `size` says.
    let doc = common::size(&["--by", "module"], &file);
    let groups = doc["groups"].as_array().unwrap();
    let screen = tmux.see("in file");
    for g in groups {
        let (key, bytes) = (g["key"].as_str().unwrap(), g["bytes"].as_u64().unwrap());
        let shown = screen
            .lines()
            .find(|l| l.split_whitespace().any(|w| w == key))
            .unwrap_or_else(|| panic!("no {key}:\n{screen}"));
        assert!(shown.contains(&grouped(bytes)), "{key} {bytes}: {shown}");
    }
    // A package, its functions, one of them.
    tmux.keys(&["f"]);
    tmux.see("find");
    tmux.tmux(&["send-keys", "-l", "net/http.(*conn).serve"]);
    tmux.see("/net/http.(*conn).serve");
    tmux.keys(&["Down", "Up", "Enter", "Enter"]);
    let listed = run([
        "objdump",
        "--resolve",
        "-s",
        r"^net/http\.\(\*conn\)\.serve$",
        file.to_str().unwrap(),
    ]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let screen = tmux.wait("listing", |s| s.contains("  0x"));
    let mut seen = 0;
    for line in screen.lines().filter(|l| l.trim_start().starts_with("0x")) {
        let Some((addr, text)) = line.trim_start().split_once("  ") else {
            continue;
        };
        // The header of a function has addresses too.
        let Some(theirs) = listed.lines().find(|l| l.split('\t').nth(1) == Some(addr)) else {
            continue;
        };
        let text = text.split("  ").next().unwrap().trim();
        assert!(theirs.contains(text), "{line}\n{theirs}");
        seen += 1;
    }
    assert!(seen > 15, "{screen}");
    // The chain that leads to it is the one of `why`.
    tmux.keys(&["w"]);
    let why = run(["why", file.to_str().unwrap(), "net/http.(*conn).serve"]);
    let why = String::from_utf8(why.stdout).unwrap();
    let screen = tmux.see("main.main");
    for line in why.lines().take(3) {
        // Lines longer than the screen are cut.
        let start: String = line.chars().take(90).collect();
        assert!(screen.contains(start.trim_end()), "{line}\n{screen}");
    }
    // A letter is text while a search is typed.
    tmux.keys(&["/", "q"]);
    tmux.see("/q");
    // Not in one go: Escape and a letter are Alt and the letter.
    tmux.keys(&["Escape"]);
    tmux.wait("end of the search", |s| !s.contains("/q"));
    tmux.keys(&["q"]);
    tmux.ended(0);
}

#[test]
fn what_goes_with_a_package_is_what_why_says() {
    let Some(file) = Build::new("service", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let name = file.file_name().unwrap().to_str().unwrap().to_string();
    let command = format!("gospect explore './{name}'");
    let Some(tmux) = Tmux::start(80, 24, &folder(&file), "NO_COLOR=1", &command) else {
        return;
    };
    tmux.see("in file");
    tmux.keys(&["Enter", "s"]);
    let screen = tmux.see("with it▼");
    let out = run(["why", "--format", "json", file.to_str().unwrap()]);
    let doc = common::schema::assert_all("why", &out.stdout).remove(0);
    let packages = doc["packages"].as_array().unwrap();
    let mut seen = 0;
    // The first line below the table says which row is selected.
    for line in screen.lines().filter(|l| !l.contains(" of ")) {
        let Some(package) = packages
            .iter()
            .find(|p| line.ends_with(&format!(" {}", p["package"].as_str().unwrap())))
        else {
            continue;
        };
        for key in ["own", "retained"] {
            let number = grouped(package[key].as_u64().unwrap());
            assert!(line.contains(&number), "{key} {number}: {line}");
        }
        seen += 1;
    }
    assert!(seen > 10, "{screen}");
    // Without colours, however the terminal is.
    let cells = tmux.tmux(&["capture-pane", "-p", "-e"]);
    let cells = String::from_utf8(cells.stdout).unwrap();
    assert!(cells.contains("\x1b[7m"), "{cells:?}");
    // 39 and 49 say: the terminal's own.
    let plain = cells.replace("\x1b[39m", "").replace("\x1b[49m", "");
    let colours = (0..8).flat_map(|c| [format!("[3{c}m"), format!("[4{c}m"), format!("[9{c}m")]);
    let mut colours = colours.chain(["[38;".into(), "[48;".into()]);
    assert!(!colours.any(|c| plain.contains(&c)), "{cells:?}");
    // Another size of the window.
    tmux.tmux(&["resize-window", "-x", "50", "-y", "12"]);
    let screen = tmux.wait("narrow screen", |s| {
        s.lines().count() == 12 && s.lines().last().unwrap().contains("help")
    });
    assert!(screen.lines().all(|l| l.chars().count() <= 50), "{screen}");
    tmux.keys(&["C-c"]);
    tmux.ended(130);
}

#[test]
fn the_examples_of_the_help_run_and_a_signal_gives_the_terminal_back() {
    let (Some(old), Some(new)) = (
        Build::new("hello", "linux/amd64").path(),
        Build::new("service", "linux/amd64").path(),
    ) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for (file, name) in [(&new, "server"), (&old, "old/server"), (&new, "new/server")] {
        let to = dir.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(file, to).unwrap();
    }
    let help = String::from_utf8(run(["explore", "--help"]).stdout).unwrap();
    let examples: Vec<&str> = help
        .lines()
        .map(str::trim)
        .filter(|l| l.starts_with("gospect explore "))
        .collect();
    assert_eq!(examples.len(), 2, "{help}");
    for example in examples {
        let Some(tmux) = Tmux::start(120, 40, dir.path(), "", example) else {
            return;
        };
        let two = example.contains("old/");
        let screen = tmux.see("go1.");
        if two {
            // Differences add up to that of the files.
            let rows = screen.lines().skip(3).take_while(|l| l.len() > 20);
            let delta = |l: &str| -> i64 {
                let word = l.trim_start_matches('>').split_whitespace().nth(2).unwrap();
                word.replace(',', "").parse().unwrap()
            };
            let sum: i64 = rows.map(delta).sum();
            let size = |p: &Path| std::fs::metadata(p).unwrap().len() as i64;
            assert_eq!(sum, size(&new) - size(&old), "{screen}");
            // The shell's child is the program; the shell itself waits.
            let shell = tmux.tell("#{pane_pid}");
            let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
            let child = children.split_whitespace().next().unwrap().to_string();
            let sent = Command::new("kill").args(["-TERM", &child]).status().unwrap();
            assert!(sent.success());
            tmux.ended(143);
        } else {
            tmux.keys(&["q"]);
            tmux.ended(0);
        }
    }
    // A terminal that is closed ends it, and is not read for ever.
    let Some(tmux) = Tmux::start(
        80,
        24,
        dir.path(),
        "",
        "echo $$ > pid; exec gospect explore server",
    ) else {
        return;
    };
    tmux.see("in file");
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    let process = PathBuf::from(format!("/proc/{}", pid.trim()));
    assert!(process.exists());
    drop(tmux);
    let start = Instant::now();
    while process.exists() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it goes on without a terminal"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    // What is no binary is told on the terminal as it is.
    std::fs::write(dir.path().join("text"), "nothing").unwrap();
    let Some(tmux) = Tmux::start(80, 24, dir.path(), "", "gospect explore server text") else {
        return;
    };
    tmux.ended(2);
    assert!(
        tmux.screen().contains("gospect: text: unrecognized file format"),
        "{}",
        tmux.screen()
    );
}

#[test]
fn without_a_terminal_it_says_so_in_a_line() {
    let out = run(["explore", env!("CARGO_BIN_EXE_gospect")]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(
        said.starts_with("gospect: explore needs a terminal") && said.lines().count() == 1,
        "{said}"
    );
}
