//! `gospect vuln` finds in a program, stripped or not, what govulncheck finds in its unstripped twin on the
//! same database, and says what that one passes over.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use common::{Build, REFERENCE};
use gospect::analysis::vuln::semver::{self, Event, Range};
use gospect::analysis::vuln::{Database, db};
use serde_json::Value;

const GOVULNCHECK: &str = "golang.org/x/vuln";
const GOVULNCHECK_VERSION: &str = "v1.9.0";

fn work(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vuln").join(name);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn go() -> Command {
    let mut go = common::reference_go();
    go.current_dir(work("go"))
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off");
    go
}

/// The folder of a module in the module cache.
fn module(path: &str, version: &str) -> Option<PathBuf> {
    let out = go()
        .args(["mod", "download", "-json", &format!("{path}@{version}")])
        .output()
        .ok()?;
    let json: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
    match json["Dir"].as_str() {
        Some(dir) => Some(dir.into()),
        None => common::left_out(&format!(
            "{path}@{version}: {}",
            String::from_utf8_lossy(&out.stdout)
        )),
    }
}

/// The source of the embedded snapshot.
fn vulndb() -> Option<&'static Path> {
    static ONE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let source = &Database::embedded().unwrap().meta().source;
        let (path, version) = source.split_once(' ').expect("a module and its version");
        module(path, version)
    };
    ONE.get_or_init(find).as_deref()
}

fn govulncheck() -> Option<&'static Path> {
    static ONE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        let out = common::cache().join(format!("govulncheck-{GOVULNCHECK_VERSION}"));
        if out.exists() {
            return Some(out);
        }
        let bin = work("bin");
        let what = format!("{GOVULNCHECK}/cmd/govulncheck@{GOVULNCHECK_VERSION}");
        let done = go().args(["install", &what]).env("GOBIN", &bin).output().ok()?;
        if !done.status.success() {
            return common::left_out(&String::from_utf8_lossy(&done.stderr));
        }
        fs::rename(bin.join("govulncheck"), &out).unwrap();
        Some(out)
    };
    ONE.get_or_init(build).as_deref()
}

/// gospect with a cache of its own.
fn gospect(args: &[&str]) -> std::process::Output {
    let mut c = common::gospect();
    c.args(args)
        .env("XDG_CACHE_HOME", work("cache"))
        .current_dir(work("cwd"));
    c.output().expect("gospect runs")
}

fn vuln(file: &Path, more: &[&str]) -> Value {
    let mut args = vec!["vuln", "--format", "json", "--exit-zero"];
    args.extend(more);
    args.push(file.to_str().unwrap());
    let out = gospect(&args);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    common::schema::assert_all("vuln", &out.stdout).remove(0)
}

type Found = [BTreeSet<(String, String)>; 3];
const LEVELS: [&str; 3] = ["module", "package", "symbol"];

/// (id, module) at the levels of modules, packages and symbols, of the scope that govulncheck has.
fn of_gospect(json: &Value) -> Found {
    let mut out = Found::default();
    for f in json["findings"].as_array().unwrap() {
        if f["scope"] == "govulncheck" {
            let deep = LEVELS.iter().position(|l| f["level"] == *l).unwrap();
            let key = (
                f["id"].as_str().unwrap().to_string(),
                f["module"].as_str().unwrap().to_string(),
            );
            out.iter_mut().take(deep + 1).for_each(|s| {
                s.insert(key.clone());
            });
        }
    }
    out
}

fn of_govulncheck(file: &Path) -> Option<Found> {
    let db = format!("file://{}", vulndb()?.join("data/osv").display());
    let out = Command::new(govulncheck()?)
        .args(["-db", &db, "-mode=binary", "-format", "json"])
        .arg(file)
        .env("GOTOOLCHAIN", REFERENCE)
        .output()
        .unwrap();
    let mut found = Found::default();
    for v in serde_json::Deserializer::from_slice(&out.stdout).into_iter::<Value>() {
        let v = v.expect("govulncheck prints JSON");
        let frame = &v["finding"]["trace"][0];
        if frame.is_null() {
            continue;
        }
        let deep = if !frame["function"].is_null() {
            2
        } else {
            usize::from(!frame["package"].is_null())
        };
        let key = (
            v["finding"]["osv"].as_str().unwrap().into(),
            frame["module"].as_str().unwrap().into(),
        );
        found[deep].insert(key);
    }
    Some(found)
}

#[track_caller]
fn conform(target: &'static str) {
    let plain = Build::new("vulnerable", target);
    let (Some(file), Some(stripped), Some(db)) =
        (plain.path(), plain.args(&["-ldflags=-s -w"]).path(), vulndb())
    else {
        return;
    };
    let Some(want) = of_govulncheck(&file) else { return };
    assert!(want[2].len() >= 5 && want[0].len() > want[2].len(), "{want:?}");
    let db = db.join("data/osv");
    let mine = vuln(&file, &["--db", db.to_str().unwrap()]);
    assert_eq!(of_gospect(&mine), want, "{target}");
    let bare = vuln(&stripped, &[]);
    assert_eq!(
        of_gospect(&bare),
        want,
        "{target}, stripped, by the embedded snapshot"
    );
    assert_eq!(mine["findings"], bare["findings"]);
}

#[test]
fn linux_stripped_or_not_as_govulncheck_finds_unstripped() {
    conform("linux/amd64");
}

/// main calls each of the vulnerable packages itself (testdata/programs/vulnerable/main.go).
#[test]
fn paths_lead_from_main_to_the_vulnerable_functions() {
    for target in ["linux/amd64", "darwin/arm64"] {
        let Some(file) = Build::new("vulnerable", target).args(&["-ldflags=-s -w"]).path() else {
            return;
        };
        let plain = vuln(&file, &[]);
        let found = |json: &Value| json["findings"].as_array().unwrap().clone();
        assert!(
            found(&plain)
                .iter()
                .all(|f| f.get("path").is_none() && f.get("reached").is_none())
        );
        let json = vuln(&file, &["--paths"]);
        let mut reached = 0;
        for f in found(&json)
            .iter()
            .filter(|f| f["level"] == "symbol" && !f["package"].is_null())
        {
            // Nothing uses reflection's methods, so that nothing may be left out.
            assert_ne!(f["reached"], false, "{target}: {f}");
            let Some(path) = f["path"].as_array() else {
                continue;
            };
            reached += 1;
            let last = path.last().unwrap();
            assert_eq!(last["package"], f["package"], "{target}: {f}");
            let symbol = last["name"].as_str().unwrap().replace("(*", "").replace(')', "");
            let symbols = f["symbols"].as_array().unwrap();
            assert!(
                symbols
                    .iter()
                    .any(|s| symbol.ends_with(&format!(".{}", s.as_str().unwrap()))),
                "{target}: {f}"
            );
            if f["module"] == "github.com/tidwall/gjson" {
                assert_eq!(path[0]["name"], "main.main", "{target}: {f}");
            }
        }
        assert!(reached >= 5, "{target}: {json}");
        let kept = vuln(&file, &["--reached"]);
        assert_eq!(kept["findings"], json["findings"]);
        every_format_tells_the_paths(&file, &found(&json));
    }
}

/// The chains of the JSON stand in SARIF link by link, elsewhere in words.
fn every_format_tells_the_paths(file: &Path, findings: &[Value]) {
    let told = |format: &str| {
        let out = gospect(&[
            "vuln",
            "--paths",
            "--exit-zero",
            "--format",
            format,
            file.to_str().unwrap(),
        ]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let sarif: Value = serde_json::from_str(&told("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    // Without what Markdown, XML and GitHub put before what they would take for their own.
    let plain = |text: String| {
        let text = text.replace('\\', "").replace("&gt;", ">");
        text.replace("&lt;", "<").replace("%25", "%")
    };
    let pages = ["text", "markdown", "junit", "github"].map(|f| (f, plain(told(f))));
    for f in findings {
        let of = |r: &&Value| {
            let text = r["message"]["text"].as_str().unwrap();
            r["ruleId"] == f["id"] && text.contains(&format!(" {} ", f["module"].as_str().unwrap()))
        };
        let flows: Vec<Vec<&str>> = results
            .iter()
            .filter(of)
            .filter_map(|r| r["codeFlows"][0]["threadFlows"][0]["locations"].as_array())
            .map(|links| {
                let names = links
                    .iter()
                    .map(|l| &l["location"]["logicalLocations"][0]["fullyQualifiedName"]);
                names.filter_map(Value::as_str).collect()
            })
            .collect();
        let Some(path) = f["path"].as_array() else {
            continue;
        };
        let names: Vec<&str> = path.iter().filter_map(|l| l["name"].as_str()).collect();
        assert!(flows.contains(&names), "{}: {flows:?}", f["id"]);
        for (format, page) in &pages {
            for name in &names {
                assert!(page.contains(name), "{format}: {name}");
            }
        }
    }
}

#[test]
fn windows_stripped_or_not_as_govulncheck_finds_unstripped() {
    conform("windows/amd64");
}

#[test]
fn darwin_stripped_or_not_as_govulncheck_finds_unstripped() {
    conform("darwin/arm64");
}

/// Where govulncheck has no reader, the same code has the same vulnerable functions, whatever can be seen of
/// its modules.
#[test]
fn wasm_has_what_the_same_program_has_elsewhere() {
    let at = |target| Build::new("vulnerable", target).args(&["-ldflags=-s -w"]).path();
    let (Some(linux), Some(wasm)) = (at("linux/amd64"), at("wasip1/wasm")) else {
        return;
    };
    let symbols = |f: &Path| {
        let json = vuln(f, &[]);
        let found = json["findings"].as_array().unwrap().iter();
        let deep = found.filter(|f| f["level"] == "symbol" && f["module"] != "stdlib" && f["fails"] == true);
        deep.map(|f| (f["id"].to_string(), f["module"].to_string()))
            .collect::<BTreeSet<_>>()
    };
    let (here, there) = (symbols(&linux), symbols(&wasm));
    assert!(
        here.len() >= 5 && here.is_subset(&there),
        "{:?}",
        here.difference(&there)
    );
}

#[test]
fn a_module_replaced_by_a_folder_is_judged_by_its_functions() {
    let Some(gjson) = module("github.com/tidwall/gjson", "v1.6.4") else {
        return;
    };
    let dir = work("replaced");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/vulnerable");
    for name in ["main.go", "go.mod", "go.sum"] {
        fs::write(dir.join(name), fs::read(source.join(name)).unwrap()).unwrap();
    }
    fs::create_dir_all(dir.join("gj")).unwrap();
    for name in ["gjson.go", "go.mod"] {
        fs::write(dir.join("gj").join(name), fs::read(gjson.join(name)).unwrap()).unwrap();
    }
    let mut go_mod = fs::read_to_string(dir.join("go.mod")).unwrap();
    go_mod.push_str("\nreplace github.com/tidwall/gjson => ./gj\n");
    fs::write(dir.join("go.mod"), go_mod).unwrap();
    let mut go = common::reference_go();
    go.args([
        "build",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
        "replaced",
        ".",
    ])
    .current_dir(&dir);
    let out = go
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off")
        .output()
        .unwrap();
    if !out.status.success() {
        return common::left_out(&String::from_utf8_lossy(&out.stderr)).unwrap_or_default();
    }
    let json = vuln(&dir.join("replaced"), &[]);
    let found: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["module"] == "github.com/tidwall/gjson" && f["level"] == "symbol")
        .collect();
    assert!(found.len() >= 3, "{found:#?}");
    assert!(
        found
            .iter()
            .all(|f| f["scope"] == "unknown-version" && f["version"].is_null() && f["fails"] == true)
    );
    let gap = json["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .any(|g| g["what"] == "unknown-version");
    assert!(gap, "{}", json["gaps"]);
}

/// The go command of an old release has vulnerabilities of its own, which govulncheck passes over.
#[test]
fn the_go_command_itself() {
    let old = "go1.20.14";
    let mut go = common::reference_go();
    let out = go
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", old)
        .output()
        .unwrap();
    let file = PathBuf::from(String::from_utf8_lossy(&out.stdout).trim().to_string()).join("bin/go");
    if !file.exists() {
        return common::left_out(&format!("{old}: {}", String::from_utf8_lossy(&out.stderr)))
            .unwrap_or_default();
    }
    let json = vuln(&file, &[]);
    let toolchain = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["scope"] == "toolchain");
    let symbols = toolchain.filter(|f| f["level"] == "symbol" && f["package"] == "cmd/go");
    assert!(symbols.count() >= 3, "{:#?}", json["findings"]);
    assert_eq!(json["path"], "cmd/go");
}

#[test]
fn the_embedded_snapshot_is_its_source() {
    let Some(dir) = vulndb() else { return };
    let out = work("update").join("vulndb.bin");
    let (from, to) = (dir.to_str().unwrap(), out.to_str().unwrap());
    let done = gospect(&["vuln", "update", "--from", from, "-o", to]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let made = Database::decode(&fs::read(&out).unwrap()).unwrap();
    let embedded = Database::embedded().unwrap();
    assert_eq!(made.meta(), embedded.meta());
    assert!(made.entries().eq(embedded.entries()));
    // And each fact that counts is that of the JSON, read by other means.
    let mut symbols = 0;
    for entry in embedded.entries() {
        let json: Value =
            serde_json::from_slice(&fs::read(dir.join(format!("data/osv/{}.json", entry.id))).unwrap())
                .unwrap();
        let affected = json["affected"].as_array().unwrap();
        assert_eq!(affected.len(), entry.affected.len(), "{}", entry.id);
        for (want, got) in affected.iter().zip(&entry.affected) {
            assert_eq!(want["package"]["name"], got.module.as_str());
            let none = Vec::new();
            let imports = want["ecosystem_specific"]["imports"].as_array().unwrap_or(&none);
            let paths = imports.iter().map(|i| i["path"].as_str().unwrap());
            assert!(
                paths.eq(got.packages.iter().map(|p| p.path.as_str())),
                "{}",
                entry.id
            );
            symbols += imports
                .iter()
                .map(|i| i["symbols"].as_array().map_or(0, Vec::len))
                .sum::<usize>();
            symbols -= got.packages.iter().map(|p| p.symbols.len()).sum::<usize>();
        }
    }
    assert_eq!(symbols, 0);
    assert!(fs::metadata(out).unwrap().len() < 600_000);
}

/// A generator of numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn version(&mut self) -> String {
        let tail = [
            "",
            "",
            "",
            "-rc.1",
            "-rc.10",
            "-0",
            "-alpha",
            "-alpha.1",
            "+incompatible",
            "-0.20230101000000-abcdefabcdef",
            "-01",
            ".4",
            "x",
        ];
        let front = ["", "v", "go"][self.roll(3) as usize];
        let short = self.roll(8);
        let numbers = [self.roll(3), self.roll(3), self.roll(12)].map(|n| n.to_string());
        let kept = if short == 0 { 2 } else { 3 };
        format!(
            "{front}{}{}",
            numbers[..kept].join("."),
            tail[self.roll(tail.len() as u64) as usize]
        )
    }
}

/// Copies a module's sources; what the module cache has is read-only, the copy is not.
fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "testdata" {
            copy_tree(&path, &to.join(name));
        } else if path.is_file() {
            fs::write(to.join(name), fs::read(&path).unwrap()).unwrap();
        }
    }
}

#[test]
fn ranges_hold_what_they_hold_for_govulncheck() {
    let Some(dir) = module(GOVULNCHECK, GOVULNCHECK_VERSION) else {
        return;
    };
    // The helper asks what is internal to the module, so it stands in a copy of it: the module cache takes no
    // files in.
    let copy = work("ranges").join("source");
    copy_tree(&dir, &copy);
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/ranges/main.go");
    fs::create_dir_all(copy.join("cmd/ranges")).unwrap();
    fs::copy(helper, copy.join("cmd/ranges/main.go")).unwrap();
    let tool = work("ranges").join("ranges");
    let mut go = common::reference_go();
    go.args(["build", "-o", tool.to_str().unwrap(), "./cmd/ranges"]);
    let out = go
        .current_dir(&copy)
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off")
        .output()
        .unwrap();
    if !out.status.success() {
        return common::left_out(&String::from_utf8_lossy(&out.stderr)).unwrap_or_default();
    }
    let mut dice = Dice(1);
    let mut cases: Vec<(String, Vec<Range>)> = Vec::new();
    for _ in 0..20_000 {
        let mut ranges = Vec::new();
        for _ in 0..dice.roll(3) {
            let mut range = Vec::new();
            // As databases have them: introduced and fixed in turn, mostly ascending.
            let mut versions: Vec<String> = (0..1 + dice.roll(4)).map(|_| dice.version()).collect();
            if dice.roll(4) > 0 {
                versions.sort_by(|a, b| semver::compare(a, b));
            }
            for (i, v) in versions.into_iter().enumerate() {
                let v = if i == 0 && dice.roll(2) == 0 {
                    "0".into()
                } else {
                    v
                };
                range.push(match i % 2 {
                    0 => Event {
                        introduced: v,
                        fixed: String::new(),
                    },
                    _ => Event {
                        introduced: String::new(),
                        fixed: v,
                    },
                });
            }
            ranges.push(range);
        }
        cases.push((dice.version(), ranges));
    }
    let mut child = Command::new(tool)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = String::new();
    for (version, ranges) in &cases {
        let event = |e: &Event| match e.introduced.is_empty() {
            true => format!("f{}", e.fixed),
            false => format!("i{}", e.introduced),
        };
        let range = |r: &Range| r.iter().map(event).collect::<Vec<_>>().join(",");
        input += &format!(
            "{version}\t{}\n",
            ranges.iter().map(range).collect::<Vec<_>>().join(" ")
        );
    }
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    let answers: Vec<bool> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(|l| l == "true")
        .collect();
    assert_eq!(answers.len(), cases.len());
    assert!(answers.iter().filter(|a| **a).count() > 2_000);
    for ((version, ranges), want) in cases.iter().zip(answers) {
        assert_eq!(semver::affects(ranges, version), want, "{version} in {ranges:?}");
    }
}

#[test]
fn statuses_levels_and_what_is_put_up_with() {
    let Some(file) = Build::new("vulnerable", "linux/amd64")
        .args(&["-ldflags=-s -w"])
        .path()
    else {
        return;
    };
    let name = file.to_str().unwrap();
    let status = |args: &[&str]| gospect(&[&["vuln"], args, &[name]].concat()).status.code();
    assert_eq!(status(&[]), Some(1));
    assert_eq!(status(&["--exit-zero"]), Some(0));
    assert_eq!(status(&["--level", "module", "--no-policy"]), Some(1));
    let all = vuln(&file, &[]);
    let mut policy = String::new();
    for f in all["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["level"] == "symbol")
    {
        // By id or by alias.
        let id = f["aliases"][0]
            .as_str()
            .unwrap_or_else(|| f["id"].as_str().unwrap());
        policy += &format!("[[vuln]]\nid = \"{id}\"\nreason = \"a test\"\nexpires = 2027-01-31\n");
    }
    let toml = work("policy").join("gospect.toml");
    fs::write(&toml, policy).unwrap();
    let toml = toml.to_str().unwrap();
    assert_eq!(status(&["--policy", toml, "--today", "2027-01-30"]), Some(0));
    assert_eq!(
        status(&["--policy", toml, "--today", "2027-01-31"]),
        Some(1),
        "it has come to an end"
    );
    assert_eq!(
        status(&["--policy", toml, "--today", "2027-01-30", "--level", "package"]),
        Some(1)
    );
    let json = vuln(&file, &["--policy", toml, "--today", "2027-01-30"]);
    assert_eq!(json["fails"], false);
    assert!(json["counts"]["suppressed"].as_u64().unwrap() >= 5);
}

#[test]
fn the_age_of_the_database_is_told() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let name = file.to_str().unwrap();
    let day = &Database::embedded().unwrap().meta().modified[..10];
    let out = gospect(&["vuln", "--exit-zero", "--today", day, name]);
    assert!(String::from_utf8_lossy(&out.stdout).contains(&format!("of {day}, 0 days old")));
    assert!(out.stderr.is_empty());
    let out = gospect(&["vuln", "--exit-zero", "--today", "2037-01-01", name]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("days old; `gospect vuln update`"));
}

#[test]
fn a_broken_database_is_an_error_and_never_a_clean_result() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = work("broken");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("empty")).unwrap();
    fs::create_dir_all(dir.join("junk")).unwrap();
    fs::create_dir_all(dir.join("nameless")).unwrap();
    fs::create_dir_all(dir.join("huge")).unwrap();
    fs::write(dir.join("junk/GO-1.json"), "{\"id\":").unwrap();
    fs::write(
        dir.join("nameless/GO-1.json"),
        "{\"id\":\"GO-1\",\"affected\":[{\"package\":{\"name\":\"\"}}]}",
    )
    .unwrap();
    fs::File::create(dir.join("huge/GO-1.json"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    fs::write(dir.join("file"), "no database").unwrap();
    fs::write(dir.join("cut.zip"), b"PK\x03\x04").unwrap();
    let good = Database::from_entries(db::Meta::default(), Vec::new())
        .unwrap()
        .encode(1)
        .unwrap();
    fs::write(dir.join("cut.bin"), &good[..good.len() - 3]).unwrap();
    for name in [
        "empty", "junk", "nameless", "huge", "file", "cut.zip", "cut.bin", "missing",
    ] {
        let place = dir.join(name);
        let out = gospect(&["vuln", "--db", place.to_str().unwrap(), file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{name}: {said}");
        assert!(
            said.starts_with("gospect: ") && said.lines().count() == 1,
            "{name}: {said}"
        );
        assert!(out.stdout.is_empty(), "{name}");
    }
}

/// A folder's entries are kept in the cache, and read again when one changes.
#[test]
fn a_folder_that_changes_is_read_again() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = work("changes");
    let entry = |fixed: &str| {
        let event = serde_json::json!([{ "introduced": "0" }, { "fixed": fixed }]);
        let json = serde_json::json!({ "id": "GO-9999-1", "affected": [{ "package": { "name": "stdlib",
            "ecosystem": "Go" },
            "ranges": [{ "type": "SEMVER", "events": event }],
            "ecosystem_specific": { "imports": [{ "path": "runtime", "symbols": ["main"] }] } }] });
        fs::write(dir.join("GO-9999-1.json"), json.to_string()).unwrap();
    };
    let count = || {
        vuln(&file, &["--db", dir.to_str().unwrap()])["findings"]
            .as_array()
            .unwrap()
            .len()
    };
    entry("9.0.0");
    assert_eq!((count(), count()), (1, 1));
    entry("1.0.0-rc.1");
    assert_eq!((count(), count()), (0, 0));
}

/// A server of a database on this machine.
#[cfg(feature = "net")]
mod address {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use super::*;

    type Pages = Arc<dyn Fn(&str, &[String]) -> Vec<u8> + Send + Sync>;

    /// Answers requests by `pages` (path, header lines) and notes them; the address and what was asked.
    fn serve(pages: Pages) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let note = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, note) = (pages.clone(), note.clone());
                std::thread::spawn(move || one(stream, &pages, &note));
            }
        });
        (url, asked)
    }

    fn one(mut stream: TcpStream, pages: &Pages, note: &Mutex<Vec<String>>) {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let lines: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|l| !l.is_empty())
            .collect();
        let Some(path) = lines.first().and_then(|l| l.split(' ').nth(1)) else {
            return;
        };
        let answer = pages(path, &lines);
        note.lock().unwrap().push(path.to_string());
        let _ = stream.write_all(&answer);
    }

    fn answer(status: &str, more: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n{body}")
            .into_bytes()
    }

    const ENTRY: &str = r#"{"id":"GO-2000-0001","modified":"2026-11-01T00:00:00Z","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"os","symbols":["Exit"]}]}}]}"#;

    fn run(url: &str, more: &[&str]) -> (Option<i32>, String, String) {
        let file = Build::new("hello", "linux/amd64").path();
        let file = file.expect("hello is built");
        let mut args = vec!["vuln", "--format", "json", "--exit-zero", "--db", url];
        args.extend(more);
        args.push(file.to_str().unwrap());
        let out = gospect(&args);
        let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
        (out.status.code(), text(out.stdout), text(out.stderr))
    }

    #[test]
    fn the_layout_is_fetched_once_until_it_changes() {
        let day = Arc::new(Mutex::new("2026-11-01T00:00:00Z"));
        let told = day.clone();
        let (url, asked) = serve(Arc::new(move |path, _| match path {
            "/v1/index/db.json" => answer(
                "200 OK",
                "",
                &format!("{{\"modified\":\"{}\"}}", told.lock().unwrap()),
            ),
            "/v1/index/vulns.json" => answer("200 OK", "", "[{\"id\":\"GO-2000-0001\"}]"),
            "/v1/ID/GO-2000-0001.json" => answer("200 OK", "", ENTRY),
            _ => answer("404 Not Found", "", ""),
        }));
        let url = format!("{url}/v1/");
        let fetched = |asked: &Mutex<Vec<String>>| {
            asked
                .lock()
                .unwrap()
                .iter()
                .filter(|p| p.contains("/ID/"))
                .count()
        };
        for (changed, want) in [(false, 1), (false, 1), (true, 2)] {
            if changed {
                *day.lock().unwrap() = "2026-11-02T00:00:00Z";
            }
            let (code, out, err) = run(&url, &[]);
            assert_eq!(code, Some(0), "{err}");
            assert!(out.contains("GO-2000-0001"), "{out}");
            assert_eq!(fetched(&asked), want);
        }
    }

    #[test]
    fn a_zip_file_is_asked_for_with_conditions() {
        let zip = work("zip").join("v.zip");
        let _ = fs::remove_file(&zip);
        fs::write(work("zip").join("GO-2000-0001.json"), ENTRY).unwrap();
        let made = Command::new("python3")
            .args(["-m", "zipfile", "-c", "v.zip", "GO-2000-0001.json"])
            .current_dir(work("zip"))
            .status();
        if !made.is_ok_and(|s| s.success()) {
            return common::left_out("python3").unwrap_or_default();
        }
        let body = fs::read(zip).unwrap();
        let same = Arc::new(Mutex::new(0));
        let count = same.clone();
        let (url, _) = serve(Arc::new(move |_, lines| {
            if lines
                .iter()
                .any(|l| l.eq_ignore_ascii_case("if-none-match: \"one\""))
            {
                *count.lock().unwrap() += 1;
                return answer("304 Not Modified", "", "");
            }
            let mut out = answer("200 OK", "ETag: \"one\"\r\n", "");
            let head = String::from_utf8(out).unwrap();
            out = head
                .replace("Content-Length: 0", &format!("Content-Length: {}", body.len()))
                .into_bytes();
            out.extend(&body);
            out
        }));
        for want in [0, 1] {
            let (code, out, err) = run(&format!("{url}/v.zip"), &[]);
            assert_eq!(code, Some(0), "{err}");
            assert!(out.contains("GO-2000-0001"), "{out}");
            assert_eq!(*same.lock().unwrap(), want);
        }
    }

    #[test]
    fn what_goes_wrong_is_said_and_what_is_kept_stays() {
        let broken = Arc::new(Mutex::new(""));
        let how = broken.clone();
        let (url, _) = serve(Arc::new(move |path, _| match (*how.lock().unwrap(), path) {
            ("loop", _) => answer("302 Found", "Location: /again\r\n", ""),
            ("stall", _) => {
                std::thread::sleep(std::time::Duration::from_secs(20));
                Vec::new()
            }
            ("large", _) => answer("200 OK", "", &"x".repeat((16 << 20) + 2)),
            ("error", _) => answer("500 Oh", "", ""),
            ("text", _) => answer("200 OK", "", "<html>"),
            (_, "/index/db.json") => answer("200 OK", "", "{\"modified\":\"2026-11-01T00:00:00Z\"}"),
            (_, "/index/vulns.json") => answer("200 OK", "", "[{\"id\":\"GO-2000-0001\"}]"),
            (_, "/ID/GO-2000-0001.json") => answer("200 OK", "", ENTRY),
            _ => answer("404 Not Found", "", ""),
        }));
        assert_eq!(run(&url, &[]).0, Some(0));
        for (how, want) in [
            ("loop", "redirects more than"),
            ("stall", "no whole answer within 1 s"),
            ("large", "the answer is larger than"),
            ("error", "the server answers 500"),
            ("text", "index/db.json"),
        ] {
            *broken.lock().unwrap() = how;
            let (code, out, err) = run(&url, &["--timeout", "1"]);
            assert_eq!(code, Some(2), "{how}: {err}");
            assert!(
                out.is_empty() && err.contains(want) && err.contains(&url),
                "{how}: {err}"
            );
        }
        *broken.lock().unwrap() = "";
        let (code, out, _) = run(&url, &[]);
        assert!(code == Some(0) && out.contains("GO-2000-0001"));
        let (code, _, err) = run("http://127.0.0.1:1/", &["--timeout", "2"]);
        assert!(code == Some(2) && err.contains("127.0.0.1:1"), "{err}");
    }
}
