//! `gospect diff`, held against real builds: deltas add up, a saved report is as good as the binary, budgets
//! decide the exit status.

mod common;

use std::path::{Path, PathBuf};

use common::{Build, schema};
use serde_json::Value;

fn subjects() -> Option<(PathBuf, PathBuf)> {
    Some((
        Build::new("hello", "linux/amd64").path()?,
        Build::new("planted", "linux/amd64").path()?,
    ))
}

fn diff(args: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let all: Vec<&str> = ["diff", "--no-policy", "--format", "json"]
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    let out = common::run(all);
    let err = String::from_utf8_lossy(&out.stderr).into_owned();
    let docs = if out.stdout.is_empty() {
        Vec::new()
    } else {
        schema::assert_all("diff", &out.stdout)
    };
    (out.status.code(), docs, err)
}

fn text(p: &Path) -> &str {
    p.to_str().unwrap()
}

/// main of `vulnerable` calls gjson itself.
#[test]
fn a_new_module_comes_with_the_chain_that_leads_to_it() {
    let (Some(old), Some(new)) = (
        common::Build::new("hello", "linux/amd64").path(),
        common::Build::new("vulnerable", "linux/amd64").path(),
    ) else {
        return;
    };
    let args = |format: &'static str| {
        let files = [
            old.to_str().unwrap().to_string(),
            new.to_str().unwrap().to_string(),
        ];
        [
            vec!["diff".to_string(), "--format".into(), format.into()],
            files.to_vec(),
        ]
        .concat()
    };
    let out = common::run(args("json"));
    let json = common::schema::assert_all("diff", &out.stdout).remove(0);
    let arrived = json["arrived"].as_array().unwrap();
    let gjson = arrived
        .iter()
        .find(|a| a["module"] == "github.com/tidwall/gjson")
        .unwrap();
    let path = gjson["path"].as_array().unwrap();
    assert_eq!(path[0]["name"], "main.main");
    assert_eq!(path.last().unwrap()["package"], "github.com/tidwall/gjson");
    let text = String::from_utf8(common::run(args("text")).stdout).unwrap();
    assert!(
        text.contains("new module github.com/tidwall/gjson: main.main → "),
        "{text}"
    );
    let back = common::run([
        "diff",
        "--format",
        "json",
        new.to_str().unwrap(),
        old.to_str().unwrap(),
    ]);
    let back = common::schema::assert_all("diff", &back.stdout).remove(0);
    assert!(
        back["arrived"]
            .as_array()
            .unwrap()
            .iter()
            .all(|a| a["module"] != "github.com/tidwall/gjson")
    );
}

#[test]
fn deltas_add_up_by_every_key() {
    let Some((old, new)) = subjects() else { return };
    let size = |p: &Path| std::fs::metadata(p).unwrap().len() as i64;
    for by in ["module", "package", "section", "kind", "symbol", "file"] {
        let (code, docs, err) = diff(&["--by", by, text(&old), text(&new)]);
        assert_eq!(code, Some(0), "{err}");
        let rows = docs[0]["rows"].as_array().unwrap();
        let sum: i64 = rows.iter().map(|r| r["delta"].as_i64().unwrap()).sum();
        assert_eq!(sum, size(&new) - size(&old), "{by}");
        assert!(
            rows.iter().all(|r| r[by].is_string()
                && r["new"].as_i64().unwrap() - r["old"].as_i64().unwrap() == r["delta"])
        );
    }
}

#[test]
fn reasons_are_told() {
    let Some((old, new)) = subjects() else { return };
    let (_, docs, _) = diff(&["--by", "package", text(&old), text(&new)]);
    let rows = docs[0]["rows"].as_array().unwrap();
    let files = rows
        .iter()
        .find(|r| r["package"] == "example.com/planted/files")
        .unwrap();
    assert_eq!(files["change"], "added");
    let reasons = files["reasons"].to_string();
    assert!(
        reasons.contains("new embedded files") && reasons.contains("new module example.com/planted"),
        "{reasons}"
    );
}

#[test]
fn a_saved_report_is_as_good_as_the_binary() {
    let Some((old, new)) = subjects() else { return };
    let dir = std::env::temp_dir().join(format!("gospect-diff-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let saved = dir.join("old.json");
    assert!(
        common::run(["size", "--format", "json", "-o", text(&saved), text(&old)])
            .status
            .success()
    );
    let (_, direct, _) = diff(&[text(&old), text(&new)]);
    let (_, by_file, _) = diff(&[text(&saved), text(&new)]);
    let deltas = |d: &Value| {
        let rows = d["rows"].as_array().unwrap().iter();
        rows.map(|r| (r["module"].to_string(), r["delta"].to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(deltas(&direct[0]), deltas(&by_file[0]));
    // It has no symbols, and says so.
    let (code, _, err) = diff(&["--by", "symbol", text(&saved), text(&new)]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--by symbol"), "{err}");
    std::fs::write(
        &saved,
        "{\"schema\": \"gospect/size\", \"version\": 1, \"file_size\": 3, \"rows\": []}",
    )
    .unwrap();
    let (code, _, err) = diff(&[text(&saved), text(&new)]);
    assert_eq!(code, Some(2));
    assert!(err.contains("add up"), "{err}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_passed_budget_is_a_finding() {
    let Some((old, new)) = subjects() else { return };
    let run = |args: &[&str]| {
        let mut all: Vec<&str> = args.to_vec();
        all.extend([text(&old), text(&new)]);
        diff(&all)
    };
    assert_eq!(run(&["--max-growth", "500%"]).0, Some(0));
    let (code, docs, _) = run(&["--max-growth", "0.1%", "--max-size", "1KiB"]);
    assert_eq!(
        (code, docs[0]["breaches"].as_array().unwrap().len()),
        (Some(1), 2)
    );
    assert_eq!(run(&["--max-growth", "0.1%", "--exit-zero"]).0, Some(0));
    assert_eq!(run(&["--max-growth", "much"]).0, Some(2));
    let dir = std::env::temp_dir().join(format!("gospect-budget-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let policy = dir.join("gospect.toml");
    std::fs::write(
        &policy,
        "[budget.package]\n\"example.com/planted/...\" = { max-size = \"1KiB\" }\n",
    )
    .unwrap();
    let out = common::run(["diff", "--policy", text(&policy), text(&old), text(&new)]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("Over budget: package example.com/planted/..."));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn markdown_and_html_hold_the_total() {
    let Some((old, new)) = subjects() else { return };
    for format in ["markdown", "html", "text"] {
        let out = common::run(["diff", "--no-policy", "--format", format, text(&old), text(&new)]);
        assert_eq!(out.status.code(), Some(0));
        let page = String::from_utf8(out.stdout).unwrap();
        assert!(page.contains("example.com/planted"), "{format}");
        assert!(!page.contains("@DATA@"));
    }
}
