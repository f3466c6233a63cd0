//! `gospect why`: what it says goes with a package is what a rebuild without the package saves, and its
//! chains name what is there.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Build, REFERENCE};
use gospect::image::Image;
use serde_json::Value;

const PARTS: [&str; 3] = ["heavy", "light", "only"];

fn why(args: &[&str], file: &Path) -> Value {
    let file = file.to_str().expect("a path in UTF-8");
    let out = common::run(["why", "--format", "json", file].iter().chain(args));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    common::schema::assert_all("why", &out.stdout).remove(0)
}

/// Bytes that are mapped and stand in the file.
fn mapped(file: &Path) -> u64 {
    let bytes = gospect::open(file).expect("the subject opens");
    let image = Image::parse(&bytes).expect("an image");
    let sections = image.sections.iter().filter(|s| s.alloc && s.file_size > 0);
    sections.map(|s| s.file_size).sum()
}

fn row<'v>(answer: &'v Value, package: &str) -> &'v Value {
    let all = answer["packages"].as_array().expect("packages");
    let found = all.iter().find(|p| p["package"] == package);
    found.unwrap_or_else(|| panic!("no row for {package}"))
}

/// What `go list -deps -json` prints for the program, in a file.
fn list() -> Option<std::path::PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/keeps");
    let out = common::command("go")
        .args(["list", "-deps", "-json", "."])
        .current_dir(dir)
        .env("GOTOOLCHAIN", REFERENCE)
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .output()
        .ok()
        .filter(|o| o.status.success())
        .or_else(|| common::left_out("go list"))?;
    let path = common::cache().join("keeps.list.json");
    std::fs::write(&path, out.stdout).expect("the list is written");
    Some(path)
}

#[test]
fn what_goes_with_a_package_is_what_a_rebuild_without_it_saves() {
    for target in ["linux/amd64", "linux/arm64"] {
        let base = ["-ldflags=-s -w", "-trimpath"];
        let Some(full) = Build::new("keeps", target).args(&base).path() else {
            return;
        };
        let Some(list) = list() else { return };
        let answer = why(&["--imports", list.to_str().expect("UTF-8")], &full);
        assert_eq!(answer["imports"], "listed");
        for part in PARTS {
            let tags = format!("-tags=no{part}");
            let args = [base[0], base[1], &tags];
            let Some(without) = Build::new("keeps", target).args(&args).path() else {
                return;
            };
            let saved = mapped(&full) as f64 - mapped(&without) as f64;
            let row = row(&answer, &format!("example.com/keeps/{part}"));
            let retained = row["retained"].as_f64().expect("bytes");
            let certain = row["certain"].as_f64().expect("bytes");
            let error = (retained - saved) / saved;
            assert!(certain <= retained, "{target} {part}: {row}");
            assert!(
                error.abs() < 0.20,
                "{target} {part}: {retained} predicted, {saved} saved ({error:+.3})"
            );
            assert_eq!(
                row["used_by"].as_array().map(Vec::len),
                Some(0),
                "{target} {part}"
            );
        }
    }
}

#[test]
fn reflection_is_told_with_its_cause_and_never_overstated() {
    let args = ["-ldflags=-s -w", "-trimpath"];
    let Some(full) = Build::new("keeps", "linux/amd64").args(&args).path() else {
        return;
    };
    let answer = why(&[], &full);
    let reflection = &answer["reflection"];
    assert_eq!(reflection["keeps_methods"], true);
    let by = reflection["by"].as_array().expect("culprits");
    assert!(
        by.iter()
            .any(|b| b.as_str().is_some_and(|b| b.starts_with("text/template."))),
        "{by:?}"
    );
    let plain = [args[0], args[1], "-tags=noheavy"];
    let Some(without) = Build::new("keeps", "linux/amd64").args(&plain).path() else {
        return;
    };
    let saved = mapped(&full) - mapped(&without);
    let cost = reflection["bytes_at_least"].as_u64().expect("bytes");
    assert!(cost > 0 && cost < saved, "{cost} of {saved}");
    assert_eq!(why(&[], &without)["reflection"]["keeps_methods"], false);
}

#[test]
fn chains_lead_from_main_to_the_target_link_by_link() {
    let args = ["-trimpath"];
    let Some(full) = Build::new("keeps", "linux/amd64").args(&args).path() else {
        return;
    };
    let names: Vec<Value> = {
        let file = full.to_str().expect("UTF-8");
        let out = common::run(["funcs", "--format", "json", file]);
        let all: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let functions = all["functions"].as_array().expect("functions");
        functions.iter().map(|f| f["name"].clone()).collect()
    };
    for target in ["encoding/json", "text/template/parse", "regexp/syntax.parse"] {
        let chain = why(&[target], &full);
        let path = chain["path"].as_array().expect("a path");
        assert!(path.len() > 1, "{chain}");
        assert_eq!(path[0]["how"], Value::Null);
        for link in &path[1..] {
            if link["how"] == "call" {
                assert!(names.contains(&link["name"]), "{link}");
                assert!(
                    link["at"]
                        .as_str()
                        .is_some_and(|at| at.contains(".go:") || at.contains(".s:")),
                    "{link}"
                );
            }
        }
        let last = path.last().expect("a link");
        let end = if target.contains(".parse") {
            &last["name"]
        } else {
            &last["package"]
        };
        assert_eq!(end, target, "{chain}");
    }
    // A variable holds the interface, as the compiler laid it out.
    let chain = why(&["main.(*plain).print"], &full);
    let last = chain["path"].as_array().and_then(|p| p.last());
    assert_eq!(last.expect("a link")["how"], "method", "{chain}");
    let missing = common::run(["why", full.to_str().expect("UTF-8"), "example.com/nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn what_is_there_without_a_chain_is_never_told_as_absent() {
    let Some(full) = Build::new("keeps", "linux/amd64").args(&["-trimpath"]).path() else {
        return;
    };
    let main = common::run(["info", "--format", "json", full.to_str().expect("UTF-8")]);
    let main: Value = serde_json::from_slice(&main.stdout).expect("JSON");
    let main = main["main"]["path"].as_str().expect("a main module").to_string();
    assert_eq!(why(&[&main], &full)["found"], "own");
    assert_eq!(why(&["regexp"], &full)["found"], "path");
    let gone = why(&["--drop", "text/template", "text/template"], &full);
    assert_eq!(
        (&gone["found"], gone["path"].as_array().map(Vec::len)),
        (&"gone".into(), Some(0))
    );
    // Every function of the program is one of these, whether a chain to it is seen or not.
    let out = common::run(["funcs", "--format", "json", full.to_str().expect("UTF-8")]);
    let all: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let functions = all["functions"].as_array().expect("functions");
    let mut unseen = 0;
    for f in functions.iter().step_by(functions.len() / 40) {
        let name = f["name"].as_str().expect("a name");
        let found = why(&[name], &full)["found"].clone();
        assert!(found == "path" || found == "unseen", "{name}: {found}");
        unseen += u32::from(found == "unseen");
    }
    assert!(unseen < 3, "{unseen} of 40 functions are not explained");
}

#[test]
fn what_is_no_go_program_is_refused_and_bad_lists_are_named() {
    let ls = Command::new("true").output().is_ok() && Path::new("/bin/ls").exists();
    if ls {
        assert_eq!(common::run(["why", "/bin/ls"]).status.code(), Some(2));
    }
    let Some(full) = Build::new("keeps", "linux/amd64").args(&["-trimpath"]).path() else {
        return;
    };
    let list = common::cache().join("keeps.bad.json");
    std::fs::write(&list, "{}").expect("written");
    let out = common::run([
        "why",
        "--imports",
        list.to_str().expect("UTF-8"),
        full.to_str().expect("UTF-8"),
    ]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("go list -deps -json"));
}

#[test]
fn more_chains_enter_the_target_from_elsewhere_and_are_drawn() {
    let Some(full) = Build::new("keeps", "linux/amd64").args(&["-trimpath"]).path() else {
        return;
    };
    let one = why(&["reflect"], &full);
    let all = why(&["--all", "4", "reflect"], &full);
    assert_eq!(one["path"], all["path"]);
    assert_eq!(one["others"], Value::Null);
    let others = all["others"].as_array().expect("others");
    assert_eq!(others.len(), 3, "{all}");
    let mut from = std::collections::BTreeSet::new();
    for path in others.iter().chain([&all["path"]]) {
        let path = path.as_array().expect("links");
        assert_eq!(path.last().expect("a link")["package"], "reflect");
        let outside = &path[path.len() - 2];
        assert_ne!(outside["package"], "reflect", "{outside}");
        assert!(from.insert(outside["name"].to_string()), "{outside} twice");
        assert!(path.len() >= all["path"].as_array().expect("links").len());
    }
    let file = full.to_str().expect("UTF-8");
    let dot = common::run(["why", "--format", "dot", "--all", "4", file, "reflect"]);
    let dot = String::from_utf8(dot.stdout).expect("UTF-8");
    assert!(dot.starts_with("digraph why {") && dot.ends_with("}\n"), "{dot}");
    for name in &from {
        assert!(dot.contains(&format!("  {name} -> ")), "{name}: {dot}");
    }
}

#[test]
fn the_source_gives_the_imports_that_go_list_gives() {
    let Some(full) = Build::new("keeps", "linux/amd64").args(&["-trimpath"]).path() else {
        return;
    };
    let Some(list) = list() else { return };
    let told = why(&["--imports", list.to_str().expect("UTF-8")], &full);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/keeps");
    let file = full.to_str().expect("UTF-8");
    let ask = |dir: &str| {
        let mut c = common::gospect();
        c.args(["why", "--format", "json", "--source", dir, file]);
        c.env("GOTOOLCHAIN", REFERENCE).env("GOWORK", "off");
        c.output().expect("gospect runs")
    };
    let out = ask(dir.to_str().expect("UTF-8"));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(common::schema::assert_all("why", &out.stdout).remove(0), told);
    let out = ask("/nonexistent");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--source"));
}
