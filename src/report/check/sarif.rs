//! SARIF 2.1.0, as code scanning services read it. A test validates it against the official schema.
//!
//! A binary has no lines: a result points to the artifact, and to a byte region where the offset is known.
//! Results of one rule in one file are told apart by a fingerprint over file, rule and message, so that
//! services neither merge them nor report them anew.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Run;
use crate::analysis::policy::Level;
use crate::analysis::policy::judge::{Excepted, Finding};
use crate::analysis::policy::rules;
use crate::report::json;

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let excepted = || {
        run.files
            .iter()
            .flat_map(|f| f.judgement.excepted.iter().map(move |e| (&f.name, e)))
    };
    // Only rules that have a result, in the order of the catalogue; a result refers to its place.
    let used: Vec<_> = rules::all()
        .filter(|r| {
            run.findings().any(|(_, f)| f.rule == r.code) || excepted().any(|(_, e)| e.finding.rule == r.code)
        })
        .collect();
    let index = |code: &str| used.iter().position(|r| r.code == code).unwrap_or(0);
    let descriptors: Vec<Value> = used
        .iter()
        .map(|r| {
            json!({
                "id": r.code,
                "name": pascal(r.code),
                "shortDescription": { "text": format!("The file {}.", r.title) },
                "fullDescription": { "text": r.means },
                "help": { "text": format!("{} {}", r.means, r.fix),
                "markdown": format!("{}\n\n**Evidence:** {}\n\n**Fix:** {}", r.means, r.evidence, r.fix) },
                "defaultConfiguration": { "level": r.level.word() },
                "properties": { "tags": ["go", "binary"], "problem.severity": severity(r.level) }
            })
        })
        .collect();
    let mut results: Vec<Value> = run
        .findings()
        .map(|(file, f)| result(file, f, index(f.rule), None))
        .collect();
    results.extend(excepted().map(|(file, e)| result(file, &e.finding, index(e.finding.rule), Some(e))));
    let notifications: Vec<Value> = run
        .unreadable
        .iter()
        .map(|(file, why)| notification(file, "error", why))
        .collect();
    let tool = Tool {
        name: "gospect",
        rules: descriptors,
        succeeded: run.unreadable.is_empty(),
    };
    document(out, tool, &notifications, &results)
}

/// Who judged, by which rules, and could it read all files?
pub(in crate::report) struct Tool {
    pub name: &'static str,
    pub rules: Vec<Value>,
    pub succeeded: bool,
}

/// Writes a log of one run.
///
/// # Errors
/// What the writer says.
pub(in crate::report) fn document(
    out: &mut dyn Write,
    tool: Tool,
    notifications: &[Value],
    results: &[Value],
) -> io::Result<()> {
    let doc = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": tool.name, "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": tool.rules } },
            "invocations": [{ "executionSuccessful": tool.succeeded,
            "toolExecutionNotifications": notifications }],
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    });
    json::write(out, &doc)
}

/// What a reader is told of a file beside the results.
pub(in crate::report) fn notification(file: &str, level: &str, what: &str) -> Value {
    json!({
        "level": level,
        "message": { "text": format!("{file}: {what}") },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) } } }]
    })
}

fn result(file: &str, f: &Finding, index: usize, excepted: Option<&Excepted>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if let (Some(offset), Some(map)) = (f.offset, physical.as_object_mut()) {
        map.insert("region".into(), json!({ "byteOffset": offset, "byteLength": 0 }));
    }
    let seen = if f.evidence.is_empty() {
        String::new()
    } else {
        format!(" (seen: {})", f.evidence)
    };
    let mut out = json!({
        "ruleId": f.rule,
        "ruleIndex": index,
        "level": f.level.word(),
        "message": { "text": format!("{file} {}{seen}", f.message) },
        "locations": [{ "physicalLocation": physical }],
        "partialFingerprints": { "gospect/v1": fingerprint(&[file, f.rule, &f.message, &f.evidence]) }
    });
    if let (Some(e), Some(map)) = (excepted, out.as_object_mut()) {
        let why = format!("{} (until {})", e.reason, e.expires);
        map.insert(
            "suppressions".into(),
            json!([{ "kind": "external", "status": "accepted", "justification": why }]),
        );
    }
    out
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

/// `no-home-path` → `NoHomePath`.
fn pascal(code: &str) -> String {
    let part = |p: &str| {
        p.chars()
            .next()
            .map(|c| c.to_ascii_uppercase())
            .into_iter()
            .chain(p.chars().skip(1))
            .collect::<String>()
    };
    code.split('-').map(part).collect()
}

/// A path as an URI reference: relative where it is, `file://` where it is absolute.
pub(in crate::report) fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut out = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        out.push_str("file://");
    } else if path.split('/').next().is_some_and(|p| p.contains(':')) {
        out.push_str(if path.as_bytes().get(1) == Some(&b':') {
            "file:///"
        } else {
            "./"
        });
    }
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// FNV-1a over 64 bits: stable between versions of this program, which the standard hasher is not.
pub(in crate::report) fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for b in parts.iter().flat_map(|p| p.bytes().chain([0])) {
        hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./bin/a b"), "bin/a%20b");
        assert_eq!(uri("/opt/x#1"), "file:///opt/x%231");
        assert_eq!(uri("C:\\x\\y.exe"), "file:///C:/x/y.exe");
        assert_eq!(uri("ab:c"), "./ab:c");
        assert_eq!(pascal("no-home-path"), "NoHomePath");
    }
}
