//! The page that runs gospect in a browser: built, given files there, and held against the program: what it shows and
//! saves is what the program writes.

mod common;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::browser::{Visit, visit};
use common::{Build, command, left_out};
use serde_json::{Value, json};

/// The page, built for the tests: as the program is, little optimised.
fn page() -> Option<&'static Path> {
    static ONE: OnceLock<Option<PathBuf>> = OnceLock::new();
    ONE.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut rustup = command("rustup");
    let targets = rustup.args(["target", "add", "wasm32-unknown-unknown"]).output();
    if !targets.is_ok_and(|o| o.status.success()) {
        return left_out("wasm32-unknown-unknown: the target can't be installed");
    }
    let page = root.join("target/web/test.html");
    let mut build = command("bash");
    build.arg(root.join("web/build")).arg(&page).arg("dev");
    build
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    let out = build.output().expect("bash runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(page)
}

/// What the program writes of a file that is called as the page calls it, on the day that the page has.
fn written(file: &Path, args: &[&str]) -> String {
    let mut all = common::gospect();
    all.current_dir(file.parent().unwrap()).args(args);
    let out = all.arg(file.file_name().unwrap()).output().unwrap();
    assert!(
        matches!(out.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// Without the row that needs zstd's compressor, which the page lacks, and without the note that says so.
fn without_zstd(page: &str) -> (Vec<&str>, usize) {
    let rest: Vec<&str> = page.lines().filter(|line| !line.contains("zstd")).collect();
    let left_out = page.lines().count() - rest.len();
    (rest, left_out)
}

#[test]
fn a_dropped_file_is_told_as_the_program_tells_it() {
    let builds = [
        Build::new("hello", "linux/amd64"),
        Build::new("hello", "windows/amd64"),
        Build::new("hello", "darwin/arm64"),
    ];
    let subjects: Option<Vec<PathBuf>> = builds.iter().map(Build::path).collect();
    let (Some(subjects), Some(page)) = (subjects, page()) else {
        return;
    };
    // A page that was hidden draws when it is shown, a moment later.
    let drawn = "new Promise(done => setTimeout(() => done(document.querySelectorAll('.cell').length), 600))";
    let today = "new Date().toISOString().slice(0, 10)";
    let dir = tempfile::tempdir().unwrap();
    let steps = |file: &Path| {
        json!([
            ["file", "#file", file],
            ["wait", "document.body.dataset.done === 'yes'"],
            ["see", "document.querySelector('#status').textContent"],
            ["see", "document.querySelector('#facts').textContent"],
            ["save", "#save-info"],
            ["save", "#save-check"],
            ["save", "#save-sizes"],
            ["save", "#save-size"],
            ["save", "#save-report"],
            ["see", "document.querySelector('#report').srcdoc"],
            ["see", today],
            ["in", "#report", "document.querySelector('h2').textContent"],
            ["click", "#show-size"],
            ["in", "#size", drawn],
            ["see", "document.querySelector('#report').checkVisibility()"]
        ])
    };
    let files: Vec<PathBuf> = ["server", "server.exe", "server (mac)"]
        .map(|n| dir.path().join(n))
        .into();
    for (from, to) in subjects.iter().zip(&files) {
        std::fs::copy(from, to).unwrap();
    }
    let windows = [(1300, false), (1300, true), (390, false)];
    let visits: Vec<Visit<'_>> = files
        .iter()
        .zip(windows)
        .map(|(file, (width, dark))| Visit {
            file: page,
            width,
            dark,
            steps: steps(file),
        })
        .collect();
    let Some(seen) = visit(&visits) else {
        return;
    };
    for (file, seen) in files.iter().zip(&seen) {
        let text = |i: usize| seen[i].as_str().unwrap();
        let json = |i: usize| -> Value { serde_json::from_str(text(i)).unwrap() };
        assert!(text(0).starts_with("Read in "), "{seen}");
        let info = json(2);
        assert!(
            text(1).contains(info["go_version"].as_str().unwrap()),
            "{}",
            text(1)
        );
        assert_eq!(text(2), written(file, &["info", "--format", "json"]));
        let day = text(8);
        let dated = ["--no-policy", "--today", day];
        let all = |command, format| [&[command, "--format", format][..], &dated].concat();
        assert_eq!(text(3), written(file, &all("check", "json")));
        assert_eq!(text(4), written(file, &["size", "--format", "json"]));
        assert_eq!(text(5), written(file, &["size", "--format", "html"]));
        let (ours, left_out) = without_zstd(text(6));
        assert_eq!(left_out, 2, "{}", text(6));
        assert_eq!(ours, without_zstd(&written(file, &all("report", "html"))).0);
        assert_eq!(text(6), text(7), "what is saved is what is shown");
        assert_eq!(text(9), "What it is");
        assert!(seen[10].as_u64().unwrap() > 20, "the treemap draws: {}", seen[10]);
        assert_eq!(seen[11], false);
    }
}

#[test]
fn what_is_no_binary_is_refused_and_the_next_file_is_read() {
    let Some(page) = page() else {
        return;
    };
    // A browser hands a dropped file to the page in an event.
    let drop = |name: &str, content: &str| {
        format!(
            "(() => {{ const d = new DataTransfer(); d.items.add(new File([{content}], '{name}')); \
             dispatchEvent(new DragEvent('drop', {{ dataTransfer: d, cancelable: true }})); }})()"
        )
    };
    let done = json!(["wait", "document.body.dataset.done === 'yes'"]);
    let status = json!(["see", "document.querySelector('#status').textContent"]);
    let hidden = json!(["see", "document.querySelector('#told').hidden"]);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures/elf-amd64-pie");
    let steps = json!([
        ["see", drop("notes.txt", "'hello'")],
        done,
        status,
        hidden,
        ["see", drop("empty\\u202e", "")],
        done,
        status,
        [
            "see",
            drop("cut", "new Uint8Array([127, 69, 76, 70, 2, 1, 1, 0, 0, 0])")
        ],
        done,
        status,
        ["file", "#file", fixture],
        done,
        status,
        hidden,
        ["in", "#report", "document.body.innerText"],
        ["key", "Tab"],
        ["key", "Tab"],
        ["see", "document.activeElement !== document.body"]
    ]);
    let visits = [Visit {
        file: page,
        width: 390,
        dark: true,
        steps,
    }];
    let Some(seen) = visit(&visits) else {
        return;
    };
    let s = &seen[0];
    let text = |i: usize| s[i].as_str().unwrap();
    // A step that drops sees nothing.
    assert_eq!(text(1), "notes.txt: unrecognized file format");
    assert_eq!(s[2], true);
    assert!(text(4).starts_with("empty\\u{202e}: "), "{}", text(4));
    assert!(text(6).starts_with("cut: "), "{}", text(6));
    // C, not Go: it is told what it is, and that there is nothing to judge.
    assert!(text(7).contains("no sign of Go"), "{}", text(7));
    assert_eq!(s[8], false);
    assert!(
        text(9).contains("Nothing can be told: the file shows no sign of Go"),
        "{}",
        text(9)
    );
    assert_eq!(s[10], true);
}
