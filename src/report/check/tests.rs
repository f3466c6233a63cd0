use super::*;
use crate::analysis::policy::judge::Excepted;

fn finding(rule: &'static str, level: Level, message: &str, offset: Option<u64>) -> Finding {
    let help = crate::analysis::policy::rules::find(rule).expect("a rule").fix;
    Finding {
        rule,
        level,
        message: message.into(),
        evidence: "DT_NEEDED <libc.so.6>, \"x\"".into(),
        help,
        offset,
    }
}

/// One of everything, with names that try to break each format.
fn run() -> Run {
    let bad = Judgement {
        findings: vec![
            finding("static", Level::Error, "needs shared libraries: libc.so.6", None),
            finding(
                "no-secrets",
                Level::Error,
                "has a GitHub token in it: ghp_… (40 characters)",
                Some(64),
            ),
            finding(
                "no-secrets",
                Level::Error,
                "has a Slack token in it: xoxb… (50 characters)",
                Some(64),
            ),
            finding(
                "trimpath",
                Level::Note,
                "names the folders of the machine that built it",
                None,
            ),
        ],
        passed: vec![("no-race", None)],
        ..Judgement::default()
    };
    let good = Judgement {
        passed: vec![
            ("static", Some("windows has no static programs".into())),
            ("no-race", None),
        ],
        not_applicable: vec![("relro", "only linked ELF files have RELRO".into())],
        unknown: vec![("vcs", "the file has no build settings".into())],
        excepted: vec![Excepted {
            finding: finding("pie", Level::Warning, "is loaded at a fixed address", None),
            reason: "moves in March".into(),
            expires: Date::new(2027, 3, 31),
        }],
        ..Judgement::default()
    };
    Run {
        files: vec![
            File {
                name: "bin/a|b, c:\u{1b}[31m".into(),
                judgement: bad,
            },
            File {
                name: "bin/good.exe".into(),
                judgement: good,
            },
        ],
        skipped: vec![("bin/run.sh".into(), "is no binary".into())],
        unreadable: vec![("missing".into(), "no such file or directory".into())],
        policy: Some("gospect.toml".into()),
        level: Level::Warning,
        today: Date::new(2026, 11, 21),
    }
}

fn shown(write: impl Fn(&mut dyn Write, &Run) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out, &run()).expect("a vector takes all");
    String::from_utf8(out).expect("reports are UTF-8")
}

#[test]
fn every_format_is_what_it_was() {
    insta::assert_snapshot!("text", shown(|o, r| text(o, r, Style::default())));
    insta::assert_snapshot!(
        "text_verbose",
        shown(|o, r| text(
            o,
            r,
            Style {
                verbose: true,
                ..Style::default()
            }
        ))
    );
    insta::assert_snapshot!("json", shown(json));
    insta::assert_snapshot!("junit", shown(junit));
    insta::assert_snapshot!("github", shown(github));
    insta::assert_snapshot!("markdown", shown(markdown));
    insta::assert_snapshot!("csv", shown(csv));
    insta::assert_snapshot!(
        "sarif",
        shown(sarif).replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let plain = shown(|o, r| text(o, r, Style::default()));
    assert!(!plain.contains('\u{1b}'));
    let quiet = shown(|o, r| {
        text(
            o,
            r,
            Style {
                quiet: true,
                color: true,
                ..Style::default()
            },
        )
    });
    assert!(quiet.contains("\u{1b}[1;31merror") && !quiet.contains("good.exe"));
}

#[test]
fn sarif_is_valid_and_tells_two_findings_in_one_place_apart() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../testdata/schema/sarif-2.1.0.json"))
            .expect("the schema is JSON");
    let doc: serde_json::Value = serde_json::from_str(&shown(sarif)).expect("SARIF is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(&doc)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let results = doc["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 5);
    assert_eq!(results[1]["locations"], results[2]["locations"]);
    assert_ne!(
        results[1]["partialFingerprints"],
        results[2]["partialFingerprints"]
    );
    let rules = doc["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules");
    for r in results {
        assert_eq!(
            rules[r["ruleIndex"].as_u64().expect("an index") as usize]["id"],
            r["ruleId"]
        );
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/schema/check.json")).expect("JSON");
    let doc: serde_json::Value = serde_json::from_str(&shown(json)).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&doc)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(doc["passed"], serde_json::json!(["no-race"]));
    assert_eq!(doc["summary"]["clean"], 1);
}

#[test]
fn the_level_decides_what_fails() {
    let mut r = run();
    assert!(r.fails());
    r.files[0].judgement.findings.retain(|f| f.level == Level::Note);
    assert!(!r.fails());
    r.level = Level::Note;
    assert!(r.fails());
}
