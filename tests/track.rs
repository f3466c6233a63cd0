//! `gospect track`: what is recorded stays, whoever writes at the same time, is killed, or damages the file.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Build, schema};

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let p = std::env::temp_dir().join(format!("gospect-track-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&p);
        std::fs::create_dir_all(&p).unwrap();
        Place(p)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = common::gospect();
        c.arg("track").args(args).current_dir(&self.0);
        c
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    #[track_caller]
    fn fine(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    }

    fn labels(&self) -> Vec<String> {
        let doc = schema::assert_all("track", self.fine(&["log", "--format", "json"]).as_bytes()).remove(0);
        let all = doc["releases"].as_array().unwrap();
        all.iter()
            .map(|r| r["label"].as_str().unwrap().to_string())
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(p: &Path) -> &str {
    p.to_str().unwrap()
}

#[test]
fn what_goes_with_modules_is_recorded_on_request_and_travels() {
    let Some(file) = Build::new("deps", "linux/amd64").path() else {
        return;
    };
    let p = Place::new("retained");
    p.fine(&["record", "--label", "v1", text(&file)]);
    let none = p.run(&["chart", "--by", "retained"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("track record --retained"));
    p.fine(&["record", "--label", "v2", "--retained", text(&file)]);
    let export = p.fine(&["export"]);
    let doc = schema::assert_all("track", export.as_bytes()).remove(0);
    assert!(doc["releases"][0].get("retained").is_none());
    // What `why` says of the same file.
    let why = common::run(["why", "--format", "json", text(&file)]);
    let why = schema::assert_all("why", &why.stdout).remove(0);
    let told = why["modules"].as_array().unwrap();
    let kept = doc["releases"][1]["retained"].as_array().unwrap();
    assert!(!kept.is_empty() && kept.len() == told.len(), "{kept:?}");
    for (k, t) in kept.iter().zip(told) {
        for key in ["module", "own", "retained", "certain"] {
            assert_eq!(k[key], t[key], "{k}");
        }
    }
    let first = kept[0]["module"].as_str().unwrap();
    let last = first.rsplit('/').next().unwrap();
    assert!(p.fine(&["chart", "--by", "retained"]).contains(last));
    std::fs::write(p.0.join("export.json"), &export).unwrap();
    p.fine(&["import", "--history", "copy.db", "export.json"]);
    assert_eq!(p.fine(&["export", "--history", "copy.db"]), export);
}

#[test]
fn a_regression_is_found_and_the_history_travels() {
    let (Some(old), Some(new)) = (
        Build::new("hello", "linux/amd64").path(),
        Build::new("planted", "linux/amd64").path(),
    ) else {
        return;
    };
    let p = Place::new("check");
    p.fine(&["record", "--name", "p", "--label", "v1", text(&old)]);
    assert_eq!(
        p.run(&["record", "--name", "p", "--label", "v1", text(&old)])
            .status
            .code(),
        Some(2)
    );
    p.fine(&["check", "--name", "p", "--max-growth", "0%", text(&old)]);
    assert_eq!(
        p.run(&["check", "--name", "p", "--max-growth", "1%", text(&new)])
            .status
            .code(),
        Some(1)
    );
    p.fine(&["record", "--name", "p", "--label", "v2", text(&new)]);
    assert_eq!(p.labels(), ["v1", "v2"]);
    assert!(p.fine(&["show", "v2"]).contains("example.com/planted"));
    assert!(p.fine(&["chart"]).contains("example.com/planted"));
    assert!(p.fine(&["chart", "--format", "html"]).contains("</html>"));
    let export = p.fine(&["export"]);
    schema::assert_all("track", export.as_bytes());
    std::fs::write(p.0.join("export.json"), &export).unwrap();
    p.fine(&["import", "--history", "copy.db", "export.json"]);
    assert_eq!(p.fine(&["export", "--history", "copy.db"]), export);
    assert!(
        p.fine(&["import", "--history", "copy.db", "export.json"])
            .contains("imported 0")
    );
}

#[test]
fn writers_at_the_same_time_and_killed_ones_lose_nothing() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let p = Place::new("writers");
    p.fine(&["record", "--label", "first", text(&file)]);
    let start = |label: String| {
        p.command(&["record", "--label", &label, text(&file)])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut writers: Vec<_> = (0..6).map(|i| start(format!("w{i}"))).collect();
    let mut victims: Vec<_> = (0..3).map(|i| start(format!("k{i}"))).collect();
    for (i, v) in victims.iter_mut().enumerate() {
        std::thread::sleep(std::time::Duration::from_millis(15 * i as u64));
        let _ = v.kill();
        let _ = v.wait();
    }
    for w in &mut writers {
        assert!(w.wait().unwrap().success());
    }
    let labels = p.labels();
    assert!(labels.contains(&"first".to_string()));
    for i in 0..6 {
        assert!(labels.contains(&format!("w{i}")), "{labels:?}");
    }
    for l in &labels {
        p.fine(&["show", l]);
    }
}

#[test]
fn a_damaged_history_is_refused_and_left_alone() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let p = Place::new("damaged");
    let db = p.0.join("gospect-history.db");
    for bytes in [
        &b"no database at all, and long enough to be told from one by its first bytes \
        ..............................."[..],
        b"short",
    ] {
        std::fs::write(&db, bytes).unwrap();
        let out = p.run(&["record", "--label", "x", text(&file)]);
        assert_eq!(out.status.code(), Some(2));
        let err = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(err.contains("is no history") && err.lines().count() == 1, "{err}");
        assert_eq!(std::fs::read(&db).unwrap(), bytes);
    }
    std::fs::remove_file(&db).unwrap();
    assert_eq!(p.run(&["log"]).status.code(), Some(2));
    assert!(!db.exists());
}

/// A limit on the size of files stands in for a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_was_recorded() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let p = Place::new("full");
    p.fine(&["record", "--label", "first", text(&file)]);
    let db = p.0.join("gospect-history.db");
    let blocks = std::fs::metadata(&db).unwrap().len().div_ceil(512) + 8;
    let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" track record --label second \"$1\"");
    let out = Command::new("sh")
        .args(["-c", &script])
        .arg(env!("CARGO_BIN_EXE_gospect"))
        .arg(&file)
        .current_dir(&p.0)
        .output()
        .unwrap();
    assert_eq!(
        out.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(p.labels(), ["first"]);
    p.fine(&["show", "first"]);
}

/// Checking what was just recorded compares with the release before it, and a check that can't fail says so.
#[test]
fn a_file_is_held_against_the_last_other_release() {
    let (Some(old), Some(new)) = (
        Build::new("hello", "linux/amd64").path(),
        Build::new("planted", "linux/amd64").path(),
    ) else {
        return;
    };
    let p = Place::new("other");
    p.fine(&["record", "--name", "p", "--label", "v1", text(&old)]);
    p.fine(&["record", "--name", "p", "--label", "v2", text(&new)]);
    let check = |args: &[&str]| {
        let out = p.run(&[&["check", "--name", "p"], args, &[text(&new)]].concat());
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    for own in [&["--label", "v2"][..], &[]] {
        let (code, out, err) = check(&[own, &["--max-growth", "1%"]].concat());
        assert_eq!(code, Some(1), "{own:?}: {out}");
        assert!(out.starts_with("v1 → ") && out.contains("Over budget"), "{out}");
        assert!(err.contains("passed over v2"), "{err}");
        let (code, _, err) = check(own);
        assert_eq!(code, Some(0));
        assert!(err.contains("no budget is set"), "{err}");
    }
    let (code, out, err) = check(&["--against", "v2", "--max-growth", "0%"]);
    assert!(
        code == Some(0) && out.starts_with("v2 → ") && err.is_empty(),
        "{out}{err}"
    );
    let (_, out, _) = check(&["--format", "json", "--max-growth", "1%", "--top", "1"]);
    let doc = schema::assert_all("diff", out.as_bytes()).remove(0);
    assert_eq!(doc["rows"].as_array().unwrap().len(), 2);
    assert!(!doc["breaches"].as_array().unwrap().is_empty());
    // The only release there is is the file's own.
    let out = p.run(&["check", "--name", "q", "--label", "v1", text(&old)]);
    assert_eq!(out.status.code(), Some(2));
    // A release is shown as `size` shows a file.
    let shown = p.fine(&["show", "v1", "--by", "package", "--top", "2", "--format", "json"]);
    let doc = schema::assert_all("size", shown.as_bytes()).remove(0);
    assert_eq!(doc["groups"].as_array().unwrap().len(), 3);
    assert!(
        p.fine(&["show", "v1", "--explain", "runtime"])
            .contains("code in .text")
    );
    assert_eq!(
        p.run(&["show", "v1", "--filter", "nosuchthing"]).status.code(),
        Some(2)
    );
}
