//! `gospect report`: the page says what the commands say, and can be read by everybody.

mod common;

use common::browser::{Visit, WINDOWS, visit};
use common::{Build, run, schema};
use serde_json::json;

#[test]
fn the_page_says_what_the_commands_say() {
    let Some(file) = Build::new("vulnerable", "linux/amd64").path() else {
        return;
    };
    let file = file.to_str().unwrap();
    let day = ["--no-policy", "--today", "2026-11-25"];
    let out = run(["report"].into_iter().chain(day).chain([file]));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let sum = std::process::Command::new("sha256sum")
        .arg(file)
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert!(text.contains(sum.split(' ').next().unwrap()), "{text}");
    let of = |command: &str, format: &str| {
        let out = run([command, "--format", format].into_iter().chain(day).chain([file]));
        String::from_utf8(out.stdout).unwrap()
    };
    let check = schema::assert_all("check", of("check", "json").as_bytes()).remove(0);
    let findings = check["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for f in findings {
        assert!(
            text.contains(&format!("`{}`", f["rule"].as_str().unwrap())),
            "{f}"
        );
    }
    let vuln = schema::assert_all("vuln", of("vuln", "json").as_bytes()).remove(0);
    let ids = vuln["findings"].as_array().unwrap().iter();
    let deep: Vec<&str> = ids
        .filter(|f| f["level"] == "symbol" && f["scope"] == "govulncheck")
        .map(|f| f["id"].as_str().unwrap())
        .collect();
    assert!(deep.len() > 3, "{deep:?}");
    for id in &deep {
        assert!(text.contains(id), "{id}");
    }
    // The same words, under one heading.
    for body in [of("vuln", "markdown"), of("check", "markdown")] {
        assert!(text.contains(body.trim()), "{body}");
    }
    for heading in [
        "What it is",
        "Gate",
        "Vulnerabilities",
        "Sizes",
        "Dependencies",
        "What if",
    ] {
        assert!(text.contains(&format!("\n## {heading}")), "{heading}");
    }

    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("report.html");
    let out = run(["report"]
        .into_iter()
        .chain(day)
        .chain(["-o", page.to_str().unwrap(), file]));
    assert!(out.status.success());
    let visits = WINDOWS.map(|(width, dark)| Visit {
        file: &page,
        width,
        dark,
        steps: json!([["click", "nav a[href='#s2']"], ["see", "document.body.innerText"]]),
    });
    let Some(seen) = visit(&visits) else { return };
    for s in &seen {
        let shown = s[0].as_str().unwrap();
        assert!(deep.iter().all(|id| shown.contains(id)), "{shown}");
        assert!(shown.contains("golang.org/x/crypto"));
    }
}

#[test]
fn what_is_no_binary_has_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let (text, page) = (dir.path().join("text"), dir.path().join("page.html"));
    std::fs::write(&text, "nothing").unwrap();
    let out = run([
        "report",
        "--no-policy",
        "-o",
        page.to_str().unwrap(),
        text.to_str().unwrap(),
    ]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        !page.exists() || std::fs::read(&page).unwrap().is_empty(),
        "nothing was told"
    );
}
