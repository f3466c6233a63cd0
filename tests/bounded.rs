//! Memory and time grow with a file, never with its square: files whose parts share what they point at
//! ([`common::crafted`]), through every sub-command.
#![allow(clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::crafted::{self, Kind};

/// What a run may take of memory: this, and so many times the file.
const MEMORY: (u64, u64) = (64 << 20, 8);
/// What a run may take of the processors: this, and so much for each MB.
const TIME: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(1));
/// Shorter runs say nothing about how time grows.
const COMPARED: Duration = Duration::from_millis(400);

/// Every way to look at one file.
fn commands(file: &str) -> Vec<Vec<String>> {
    let all = [
        "info",
        "info --format json",
        "version -m",
        "version --recover",
        "nm -size -sort address",
        "nm --recover",
        "objdump",
        "objdump --recover",
        "objdump --format json",
        "addr2line",
        "funcs --inlined",
        "funcs --inlined --format json",
        "types --format json",
        "embeds --format json",
        "embeds --guess",
        "size",
        "size --format json --by symbol",
        "diff FILE",
        "compare FILE.other",
        "whatif",
        "check --format json",
        "plugin",
        "why",
        "sbom",
        "vuln --no-policy",
        "scan --with info,check,size,funcs --format jsonl",
        "track record --label x --name x --history FILE.db --replace",
        "track check --name x --history FILE.db",
    ];
    let words = |c: &str| c.split(' ').map(|w| w.replace("FILE", file)).collect::<Vec<_>>();
    all.iter()
        .map(|c| [words(c), vec![file.into()]].concat())
        .collect()
}

/// What a run took.
#[derive(Debug)]
struct Cost {
    memory: u64,
    time: Duration,
    status: Option<i32>,
}

/// Runs gospect to its end, its output thrown away.
#[cfg(unix)]
#[allow(clippy::zombie_processes)] // wait4 waits, and says what it took.
fn cost(args: &[String]) -> Cost {
    let child = common::gospect()
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("gospect runs");
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both places are valid for the call; zeroes are a valid rusage. The child is waited for nowhere
    // else.
    let usage = unsafe {
        libc::wait4(child.id() as i32, &mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Cost {
        memory: usage.ru_maxrss as u64 * unit,
        time: time(usage.ru_utime) + time(usage.ru_stime),
        status: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
    }
}

/// A file of a kind. Another process makes it: what this one has used counts for each that it starts.
fn put(dir: &Path, kind: &Kind, times: usize) -> (PathBuf, u64) {
    let path = dir.join(format!("{}-{times}", kind.name));
    let made = Command::new(std::env::current_exe().expect("the test has a place"))
        .args(["--ignored", "--exact", "write_them"])
        .env("GOSPECT_KINDS", kind.name)
        .env("GOSPECT_TIMES", times.to_string())
        .env("GOSPECT_CRAFTED", dir)
        .output()
        .expect("the test runs itself");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    let size = std::fs::metadata(&path).expect("the file was written").len();
    (path, size)
}

/// The same file with another last byte, to compare with; never read here, for what this process has used
/// counts for its children.
fn other(path: &Path, size: u64) {
    use std::io::{Seek, SeekFrom, Write};
    let copy = format!("{}.other", path.display());
    std::fs::copy(path, &copy).expect("the file is copied");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(&copy)
        .expect("the copy opens");
    file.seek(SeekFrom::Start(size.saturating_sub(1)))
        .expect("it has an end");
    file.write_all(b"#").expect("the copy is changed");
}

/// What is wrong with how gospect takes a kind of file, one line each.
#[cfg(unix)]
fn judge(dir: &Path, kind: &Kind) -> Vec<String> {
    let (large, size) = put(dir, kind, 4);
    let name = large.to_str().expect("a path in UTF-8");
    other(&large, size);
    let mut small = None;
    let mut wrong = Vec::new();
    for args in commands(name) {
        let took = cost(&args);
        let say = |what: String| {
            format!(
                "{} ({} KB), {}: {what}",
                kind.name,
                size >> 10,
                args[..args.len() - 1].join(" ").replace(name, "FILE")
            )
        };
        if !matches!(took.status, Some(0..=2)) {
            wrong.push(say(format!("status {:?}", took.status)));
        }
        if took.memory > MEMORY.0 + MEMORY.1 * size {
            wrong.push(say(format!("{} MB", took.memory >> 20)));
        }
        let limit = TIME.0 + TIME.1.mul_f64(size as f64 / 1e6);
        if took.time > limit {
            wrong.push(say(format!("{:?}", took.time)));
        } else if took.time > COMPARED {
            let (small, _) = small.get_or_insert_with(|| put(dir, kind, 1));
            let args: Vec<_> = args
                .iter()
                .map(|a| {
                    if a == name {
                        small.to_str().unwrap().into()
                    } else {
                        a.clone()
                    }
                })
                .collect();
            let less = cost(&args);
            // A square would be sixteen times as much.
            if took.time > less.time.mul_f64(9.0) {
                wrong.push(say(format!("{:?}, a quarter of it {:?}", took.time, less.time)));
            }
        }
    }
    let history = PathBuf::from(format!("{name}.db"));
    for path in small.iter().map(|s| &s.0).chain([&large, &history]) {
        let _ = std::fs::remove_file(path);
    }
    wrong
}

#[cfg(unix)]
#[test]
fn shared_parts_cost_no_more_than_the_file_is_large() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bounded");
    let only = std::env::var("GOSPECT_KINDS").unwrap_or_default();
    let kinds: Vec<Kind> = crafted::kinds()
        .into_iter()
        .filter(|k| k.name.contains(&only))
        .collect();
    let wrong: Vec<String> = kinds.iter().flat_map(|k| judge(&dir, k)).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} kinds:\n{}",
        wrong.len(),
        kinds.len(),
        wrong.join("\n")
    );
}

/// Writes the file of each kind that is asked for; by hand, for a look, every kind's largest file to
/// `target/tmp/crafted`.
#[test]
#[ignore = "writes files to look at"]
fn write_them() {
    let only = std::env::var("GOSPECT_KINDS").ok();
    let times = std::env::var("GOSPECT_TIMES")
        .ok()
        .and_then(|t| t.parse().ok())
        .unwrap_or(4);
    let dir = std::env::var_os("GOSPECT_CRAFTED").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("crafted"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&dir).expect("the folder can be made");
    let wanted = |k: &Kind| only.as_deref().is_none_or(|o| k.name == o);
    for kind in crafted::kinds().into_iter().filter(wanted) {
        let path = dir.join(format!("{}-{times}", kind.name));
        std::fs::write(path, (kind.make)(kind.n * times)).expect("the file can be written");
    }
}
