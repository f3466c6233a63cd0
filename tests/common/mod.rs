//! Subjects for the integration tests: programs from `testdata/programs`, built by real Go toolchains and
//! kept under `target/`.
//!
//! Where a subject can't be built (no Go, no network for a toolchain) a test says aloud what it leaves out
//! and passes; with CI=true it fails instead.
#![allow(dead_code, clippy::print_stderr)]

pub mod browser;
pub mod containers;
pub mod crafted;
pub mod schema;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// The toolchain that all output is compared with.
pub const REFERENCE: &str = "go1.27.4";

/// What may stand in a developer's environment and would change what is built, or what gospect is asked.
const FOREIGN: [&str; 14] = [
    "COLUMNS",
    "GOSPECT_POLICY",
    "GOFLAGS",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOROOT",
    "GOOS",
    "GOARCH",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_LDFLAGS",
    "GO_EXTLINK_ENABLED",
    "GO_LDSO",
];

/// A command in an environment without what is [`FOREIGN`], and without a choice of instructions.
pub fn command(program: &str) -> Command {
    let mut c = Command::new(program);
    for name in FOREIGN.iter().chain(&gospect::go::modinfo::LEVELS) {
        c.env_remove(name);
    }
    c
}

/// The program under test.
pub fn gospect() -> Command {
    command(env!("CARGO_BIN_EXE_gospect"))
}

/// Runs gospect and gives its output.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    gospect().args(args).output().expect("gospect runs")
}

/// `gospect size --format json` of a file, held against its schema.
pub fn size(args: &[&str], file: &Path) -> serde_json::Value {
    let mut all = vec!["size", "--format", "json"];
    all.extend(args);
    all.push(file.to_str().expect("a path in UTF-8"));
    let out = run(all);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    schema::assert_all("size", &out.stdout).remove(0)
}

/// Where subjects are kept between runs.
pub fn cache() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("subjects");
    std::fs::create_dir_all(&dir).expect("the cache folder can be made");
    dir
}

/// One build of a program.
#[derive(Debug, Clone, Hash)]
pub struct Build<'a> {
    /// Folder below `testdata/programs`.
    pub program: &'a str,
    /// Package within it.
    pub package: &'a str,
    /// GOTOOLCHAIN.
    pub go: &'a str,
    /// `GOOS/GOARCH`.
    pub target: &'a str,
    /// CGO_ENABLED.
    pub cgo: bool,
    /// Arguments of `go build`.
    pub args: &'a [&'a str],
    /// More environment.
    pub env: &'a [(&'a str, &'a str)],
}

impl<'a> Build<'a> {
    /// `program` for `target` by the reference toolchain, without cgo.
    pub fn new(program: &'a str, target: &'a str) -> Build<'a> {
        Build {
            program,
            package: ".",
            go: REFERENCE,
            target,
            cgo: false,
            args: &[],
            env: &[],
        }
    }

    /// With other arguments of `go build`.
    pub fn args(self, args: &'a [&'a str]) -> Build<'a> {
        Build { args, ..self }
    }

    /// By another toolchain.
    pub fn go(self, go: &'a str) -> Build<'a> {
        Build { go, ..self }
    }

    /// With CGO_ENABLED=1.
    pub fn cgo(self) -> Build<'a> {
        Build { cgo: true, ..self }
    }

    /// The binary, built now or before. `None` where it can't be built here; panics then with CI=true.
    pub fn path(&self) -> Option<PathBuf> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/programs")
            .join(self.program);
        let mut hash = DefaultHasher::new();
        self.hash(&mut hash);
        hash_tree(&source, &mut hash);
        let name = format!(
            "{}-{}-{}-{:016x}",
            self.program,
            self.target.replace('/', "-"),
            self.go,
            hash.finish()
        );
        let out = cache().join(name);
        // One build at a time: go uses all cores itself, and two tests may want the same subject.
        static ONE: Mutex<()> = Mutex::new(());
        let _guard = ONE.lock().unwrap_or_else(|e| e.into_inner());
        if out.exists() {
            return Some(out);
        }
        let part = out.with_extension(format!("{}.part", std::process::id()));
        let (goos, goarch) = self.target.split_once('/').expect("GOOS/GOARCH");
        let mut go = command("go");
        go.arg("build")
            .arg("-o")
            .arg(&part)
            .args(self.args)
            .arg(self.package)
            .current_dir(&source);
        go.env("GOTOOLCHAIN", self.go)
            .env("GOOS", goos)
            .env("GOARCH", goarch)
            .env("GOWORK", "off");
        go.env("CGO_ENABLED", if self.cgo { "1" } else { "0" })
            .env("GOFLAGS", goflags(self.go));
        go.envs(self.env.iter().copied());
        match go.output() {
            Ok(o) if o.status.success() => {}
            Ok(o) => return left_out(&format!("{self:?}: {}", String::from_utf8_lossy(&o.stderr))),
            Err(e) => return left_out(&format!("go: {e}")),
        }
        let _ = std::fs::remove_file(part.with_extension("h"));
        std::fs::rename(&part, &out).expect("the subject can be put in its place");
        Some(out)
    }
}

/// No VCS stamp, so that a subject is the same in every checkout; before Go 1.18 there was none to switch
/// off.
fn goflags(go: &str) -> &'static str {
    let minor = go
        .split('.')
        .nth(1)
        .and_then(|m| m.parse().ok())
        .unwrap_or(u32::MAX);
    if minor < 18 {
        "-mod=mod"
    } else {
        "-mod=mod -buildvcs=false"
    }
}

fn hash_tree(dir: &Path, hash: &mut DefaultHasher) {
    let mut entries: Vec<_> = std::fs::read_dir(dir)
        .expect("the program is there")
        .flatten()
        .map(|e| e.path())
        .collect();
    entries.sort();
    for path in entries {
        path.file_name().hash(hash);
        if path.is_dir() {
            hash_tree(&path, hash);
        } else {
            std::fs::read(&path)
                .expect("a source file can be read")
                .hash(hash);
        }
    }
}

/// Says what a test leaves out; with CI=true that is a failure.
pub fn left_out<T>(what: &str) -> Option<T> {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "left out, which CI does not allow: {what}"
    );
    eprintln!("LEFT OUT: {what}");
    None
}

/// `go` of the reference toolchain.
pub fn reference_go() -> Command {
    let mut go = command("go");
    go.env("GOTOOLCHAIN", REFERENCE).env("GOFLAGS", "");
    go
}

/// A tool of the reference toolchain (`nm`, `objdump`, `addr2line`), compiled once and copied out.
pub fn reference_tool(name: &str) -> Option<PathBuf> {
    let out = cache().join(format!("{name}-{REFERENCE}"));
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(|e| e.into_inner());
    if !out.exists() {
        let found = match reference_go().args(["tool", "-n", name]).output() {
            Ok(o) if o.status.success() => String::from_utf8_lossy(&o.stdout).trim().to_string(),
            Ok(o) => return left_out(&String::from_utf8_lossy(&o.stderr)),
            Err(e) => return left_out(&format!("go: {e}")),
        };
        let part = out.with_extension(format!("{}.part", std::process::id()));
        std::fs::copy(found, &part).expect("the tool can be copied");
        std::fs::rename(&part, &out).expect("the tool can be put in its place");
    }
    Some(out)
}

/// A Go object file of `testdata/programs/objects/plain` for an architecture.
pub fn object(arch: &str) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/objects/plain/plain.go");
    let out = cache().join(format!("plain-{arch}-{REFERENCE}.o"));
    let mut go = reference_go();
    go.args(["tool", "compile", "-p", "plain", "-o"])
        .arg(&out)
        .arg(source);
    match go.env("GOARCH", arch).env("GOOS", "linux").output() {
        Ok(o) if o.status.success() => Some(out),
        Ok(o) => left_out(&String::from_utf8_lossy(&o.stderr)),
        Err(e) => left_out(&format!("go: {e}")),
    }
}
