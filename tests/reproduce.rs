//! `gospect reproduce`: own builds with a git stamp, built again from the file and a module proxy alone, at another path; and no false "identical".

mod common;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The module, as a checkout and as a proxy serves it. Its version is a hash of its files, for the module cache keeps what it has once seen of one.
struct Place {
    dir: tempfile::TempDir,
    checkout: PathBuf,
    version: String,
}

const FILES: [(&str, &str); 5] = [
    ("go.mod", "module example.com/again\n\ngo 1.24.0\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/again/inner\"\n)\n\nvar version = \"dev\"\nvar commit string\n\n\
         func main() { fmt.Println(version, commit, inner.Sum([]int{3, 1, 4}), extra()) }\n",
    ),
    (
        "extra.go",
        "//go:build !fancy\n\npackage main\n\nfunc extra() string { return \"plain\" }\n",
    ),
    (
        "fancy.go",
        "//go:build fancy\n\npackage main\n\nfunc extra() string { return \"fancy\" }\n",
    ),
    (
        "inner/inner.go",
        "package inner\n\nvar Factor = 7\n\n//go:noinline\nfunc Sum(xs []int) (t int) {\n\tfor _, x := range xs {\n\t\tt += x * Factor\n\t}\n\treturn t\n}\n",
    ),
];

fn git(dir: &Path, args: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.args(args).current_dir(dir);
    for (k, v) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ] {
        git.env(k, v);
    }
    git.status().is_ok_and(|s| s.success())
}

/// A module of the proxy: a stored zip, whose sums nothing checks but the go command.
fn serve(dir: &Path, version: &str, files: &[(&str, String)]) {
    let place = dir.join("proxy/example.com/again/@v");
    fs::create_dir_all(&place).expect("a folder");
    fs::write(place.join("list"), format!("{version}\n")).expect("written");
    fs::write(
        place.join(format!("{version}.info")),
        format!("{{\"Version\":\"{version}\"}}"),
    )
    .expect("written");
    let (_, go_mod) = files.iter().find(|f| f.0 == "go.mod").expect("go.mod");
    fs::write(place.join(format!("{version}.mod")), go_mod).expect("written");
    let mut zip = Zip::default();
    for (name, text) in files {
        zip.add(&format!("example.com/again@{version}/{name}"), text.as_bytes());
    }
    fs::write(place.join(format!("{version}.zip")), zip.end()).expect("written");
}

/// A zip of stored members.
#[derive(Default)]
struct Zip {
    body: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    fn add(&mut self, name: &str, data: &[u8]) {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let at = self.body.len() as u32;
        self.body.extend(b"PK\x03\x04");
        self.body.extend(&common);
        self.body.extend(name.as_bytes());
        self.body.extend(data);
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(&common);
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
    }

    fn end(mut self) -> Vec<u8> {
        let (at, size) = (self.body.len() as u32, self.directory.len() as u32);
        self.body.extend(&self.directory);
        self.body.extend(b"PK\x05\x06\0\0\0\0");
        self.body.extend(self.count.to_le_bytes());
        self.body.extend(self.count.to_le_bytes());
        self.body.extend(size.to_le_bytes());
        self.body.extend(at.to_le_bytes());
        self.body.extend([0, 0]);
        self.body
    }
}

fn texts() -> Vec<(&'static str, String)> {
    FILES.iter().map(|(n, t)| (*n, t.to_string())).collect()
}

impl Place {
    fn new() -> Option<Place> {
        Place::with(texts())
    }

    fn with(files: Vec<(&'static str, String)>) -> Option<Place> {
        let dir = tempfile::tempdir().expect("a folder");
        let checkout = dir.path().join("checkout");
        let mut hash = DefaultHasher::new();
        files.hash(&mut hash);
        let version = format!("v1.{}.0", hash.finish() >> 34);
        for (name, text) in &files {
            let path = checkout.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        serve(dir.path(), &version, &files);
        let made = [
            &["init", "-q"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "one"],
            &["tag", &version],
        ];
        if !made.iter().all(|args| git(&checkout, args)) {
            return common::left_out("git");
        }
        Some(Place {
            dir,
            checkout,
            version,
        })
    }

    /// What the publisher does.
    fn build(&self, name: &str, args: &[&str], env: &[(&str, &str)]) -> Option<PathBuf> {
        let out = self.dir.path().join(name);
        let mut go = common::reference_go();
        go.args(["build", "-buildvcs=true", "-o"])
            .arg(&out)
            .args(args)
            .arg(".")
            .current_dir(&self.checkout);
        go.env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        go.envs(env.iter().copied());
        match go.output() {
            Ok(o) if o.status.success() => Some(out),
            Ok(o) => common::left_out(&String::from_utf8_lossy(&o.stderr)),
            Err(e) => common::left_out(&format!("go: {e}")),
        }
    }

    /// `gospect reproduce`, with this place's proxy in front of the user's.
    fn run(&self, args: &[&str], file: &Path) -> Output {
        let users = common::command("go")
            .args(["env", "GOPROXY"])
            .output()
            .expect("go env");
        let users = String::from_utf8_lossy(&users.stdout).trim().to_string();
        let proxy = format!("file://{},{users}", self.dir.path().join("proxy").display());
        let mut gospect = common::gospect();
        gospect.arg("reproduce").args(args).arg(file);
        gospect.env("GOPROXY", proxy).env("GONOSUMDB", "example.com");
        gospect.output().expect("gospect runs")
    }

    fn reproduce(&self, args: &[&str], file: &Path) -> Value {
        let all: Vec<&str> = ["--format", "json"].iter().chain(args).copied().collect();
        let out = self.run(&all, file);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.stdout.is_empty(), "{said}");
        let answer = common::schema::assert_all("reproduce", &out.stdout).remove(0);
        let status = match answer["verdict"].as_str() {
            Some("identical") | None => 0,
            Some("cannot") => 2,
            Some(_) => 1,
        };
        assert_eq!(out.status.code(), Some(status), "{answer}{said}");
        answer
    }
}

const STRIPPED: [&str; 2] = [
    "-trimpath",
    "-ldflags=-s -w -X main.version=1.2.3 -X main.commit=abcdef",
];

#[test]
fn a_stripped_release_is_built_again_from_the_file_alone() {
    let Some(place) = Place::new() else { return };
    let Some(file) = place.build("release", &STRIPPED, &[]) else {
        return;
    };
    // Where it was built is not there any more.
    fs::rename(&place.checkout, place.dir.path().join("gone")).expect("moved");
    let statement = place.dir.path().join("statement.json");
    let attest = ["--attest", statement.to_str().expect("UTF-8")];
    let answer = place.reproduce(&attest, &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    assert_eq!(answer["sha256"]["theirs"], answer["sha256"]["ours"]);
    assert_eq!(answer["content_id"], true);
    assert_eq!(answer["source"]["version"].as_str(), Some(place.version.as_str()));
    // The stamp of the checkout, and nothing else, was put in.
    for line in answer["expected"].as_array().expect("lines") {
        let what = line["what"].as_str().expect("a word");
        assert!(what.starts_with("vcs") || what == "main module version", "{line}");
    }
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("-X main.version=1.2.3") && notes.contains("-X main.commit=abcdef"),
        "{notes}"
    );

    let statement: Value = serde_json::from_slice(&fs::read(&statement).expect("written")).expect("JSON");
    assert_eq!(
        statement["subject"][0]["digest"]["sha256"],
        answer["sha256"]["theirs"]
    );
    assert_eq!(
        statement["predicate"]["runDetails"]["byproducts"][0]["annotations"]["verdict"],
        "identical"
    );
    let source = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(
        source["digest"]["dirHash"].as_str().map(str::len),
        Some(64),
        "{source}"
    );

    // One change anywhere is told, whatever it hits: code, data, the record, an ID, a header.
    let bytes = fs::read(&file).expect("read");
    let mut seed = 11u64;
    for _ in 0..4 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut changed = bytes.clone();
        let at = (seed >> 20) as usize % changed.len();
        changed[at] ^= 0x10;
        let other = place.dir.path().join("changed");
        fs::write(&other, changed).expect("written");
        let out = place.run(&["--format", "json"], &other);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_ne!(out.status.code(), Some(0), "byte {at}: {text}");
        assert!(!text.contains("\"verdict\": \"identical\""), "byte {at}: {text}");
    }
}

#[test]
fn another_source_is_never_identical() {
    let changed = |from: &str, to: &str| {
        let all = texts().into_iter();
        all.map(|(n, t)| (n, t.replace(from, to))).collect::<Vec<_>>()
    };
    let Some(place) = Place::new() else { return };
    let Some(constant) = Place::with(changed("Factor = 7", "Factor = 8")) else {
        return;
    };
    let Some(file) = place.build("tagged", &["-trimpath", "-tags=fancy"], &[]) else {
        return;
    };
    let told = |version: &str| ["--module".to_string(), format!("example.com/again@{version}")];
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    let told = told(&constant.version);
    let other = constant.reproduce(&[&told[0], &told[1]], &file);
    assert_eq!(other["verdict"], "different", "{other}");
    // Another tag, at which one file is another one.
    let tags = place.reproduce(&["--set", "-tags=other"], &file);
    assert_eq!(tags["verdict"], "different", "{tags}");
    assert!(tags["because"].to_string().contains("-tags"), "{tags}");
    // A tag that no file asks for: the bytes agree once the record is put in, and yet it is not the same build.
    let Some(noop) = place.build("noop", &["-trimpath", "-tags=nothing"], &[]) else {
        return;
    };
    let noop_args = ["--set", "-tags=something"];
    let answer = place.reproduce(&noop_args, &noop);
    assert_eq!(answer["verdict"], "identical-but-for", "{answer}");
    assert_eq!(answer["because"][0]["what"], "-tags", "{answer}");
    let allowed = place.run(&["--set", "-tags=something", "--allow", "-tags"], &noop);
    assert_eq!(allowed.status.code(), Some(0));
}

#[test]
fn a_plan_runs_nothing() {
    let Some(place) = Place::new() else { return };
    let Some(file) = place.build("release", &STRIPPED, &[]) else {
        return;
    };
    let out = common::gospect()
        .args(["reproduce", "--plan", "--format", "json"])
        .arg(&file)
        .env("PATH", "")
        .output()
        .expect("gospect runs");
    let plan = common::schema::assert_all("reproduce", &out.stdout).remove(0);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(plan["verdict"], Value::Null);
    let command = plan["command"].to_string();
    assert!(
        command.contains("-trimpath") && command.contains("-ldflags=-s -w"),
        "{command}"
    );
    assert_eq!(plan["env"]["GOTOOLCHAIN"], common::REFERENCE);
}

#[test]
fn what_is_not_named_or_not_safe_is_not_built() {
    let Some(place) = Place::new() else { return };
    // Without -trimpath the linker's flags are recorded: one of them would run a program of the file's choice.
    let marker = place.dir.path().join("ran");
    let flags = format!("-ldflags=-extld=touch -extldflags={}", marker.display());
    let Some(file) = place.build("hostile", &[&flags], &[]) else {
        return;
    };
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["reason"], "flag-not-allowed", "{answer}");
    assert_eq!(answer["steps"].as_array().map(Vec::len), Some(0));
    assert!(!marker.exists());
    // No stamp, no version: nothing says which source it is.
    let Some(file) = place.build("unstamped", &["-trimpath", "-buildvcs=false"], &[]) else {
        return;
    };
    let answer = place.reproduce(&[], &file);
    assert_eq!(answer["reason"], "source-not-named", "{answer}");
    let checkout = place.checkout.to_str().expect("UTF-8");
    let answer = place.reproduce(&["--source", checkout], &file);
    assert_eq!(answer["verdict"], "identical", "{answer}");
    // A version that nobody serves.
    let answer = place.reproduce(&["--module", "example.com/again@v9.9.9"], &file);
    assert_eq!(answer["reason"], "source-not-served", "{answer}");
}
