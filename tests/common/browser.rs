//! Pages in a real browser: Debian's chromium, headless, clicked and typed at through puppeteer, judged by
//! axe-core (npm). No network.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{cache, left_out};

/// Windows that every page is judged in, as (pixels wide, dark): a screen, 80 columns of text, a telephone.
pub const WINDOWS: [(u32, bool); 5] = [
    (1300, false),
    (1300, true),
    (640, false),
    (390, false),
    (390, true),
];

/// A page to open, and what to do there.
pub struct Visit<'a> {
    pub file: &'a Path,
    /// Pixels.
    pub width: u32,
    pub dark: bool,
    /// `["click", selector]`, `["key", name]`, `["type", selector, text]`, `["see", expression]`, `["file", selector,
    /// path]`, `["wait", expression]`, `["in", selector of a frame, expression]`, `["save", selector of a link]`.
    pub steps: Value,
}

/// The folder with puppeteer and axe-core, installed once.
fn modules() -> Option<PathBuf> {
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(|e| e.into_inner());
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/package.json");
    let wanted = std::fs::read(wanted).unwrap();
    let dir = cache().join("browser");
    let done = dir.join("done.json");
    if std::fs::read(&done).ok() == Some(wanted.clone()) {
        return Some(dir);
    }
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("package.json"), &wanted).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
    match npm.current_dir(&dir).output() {
        Ok(o) if o.status.success() => {}
        Ok(o) => return left_out(&format!("npm: {}", String::from_utf8_lossy(&o.stderr))),
        Err(e) => return left_out(&format!("npm: {e}")),
    }
    std::fs::write(done, wanted).unwrap();
    Some(dir)
}

/// What the steps saw on each page. Fails where a page logs an error, loads anything, is wider than its
/// window, or is not accessible.
pub fn visit(visits: &[Visit<'_>]) -> Option<Vec<Value>> {
    let modules = modules()?;
    let page = |v: &Visit<'_>| json!({"file": v.file, "width": v.width, "dark": v.dark, "steps": v.steps});
    let pages: Vec<Value> = visits.iter().map(page).collect();
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/drive.mjs"));
    let browsers = ["/usr/bin/chromium", "/usr/bin/google-chrome"];
    let Some(browser) = browsers.into_iter().find(|b| Path::new(b).exists()) else {
        return left_out("neither chromium nor google-chrome is there");
    };
    node.arg(browser).env("MODULES", &modules);
    node.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = match node.spawn() {
        Ok(r) => r,
        Err(e) => return left_out(&format!("node: {e}")),
    };
    let mut to = running.stdin.take().unwrap();
    to.write_all(json!({ "pages": pages }).to_string().as_bytes())
        .unwrap();
    drop(to);
    let out = running.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let results: Vec<Value> = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(results.len(), visits.len());
    for (r, v) in results.iter().zip(visits) {
        let place = format!("{} at {} pixels, dark: {}", v.file.display(), v.width, v.dark);
        assert_eq!(r["wrong"], json!([]), "{place}");
        assert_eq!(r["violations"], json!([]), "{place}");
    }
    Some(results.into_iter().map(|mut r| r["seen"].take()).collect())
}
