//! One JSON object for the whole run; docs/schema/check.json describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::{Run, Summary};
use crate::analysis::policy::judge::Finding;
use crate::input::Name;
use crate::report::json;

#[derive(Serialize)]
struct Doc<'a> {
    schema: &'static str,
    version: u32,
    policy: Option<&'a str>,
    today: String,
    level: &'static str,
    findings: Vec<Found<'a>>,
    passed: Vec<&'static str>,
    files: Vec<File<'a>>,
    skipped: Vec<Unreadable<'a>>,
    unreadable: Vec<Unreadable<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Found<'a> {
    rule: &'static str,
    level: &'static str,
    #[serde(flatten)]
    file: json::Named,
    message: &'a str,
    evidence: Option<&'a str>,
    help: &'static str,
    offset: Option<u64>,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    file: json::Named,
    findings: usize,
    passed: Vec<&'static str>,
    notes: Vec<Said<'a>>,
    not_applicable: Vec<Said<'a>>,
    unknown: Vec<Said<'a>>,
    excepted: Vec<Excepted<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    rule: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Excepted<'a> {
    #[serde(flatten)]
    finding: Found<'a>,
    reason: &'a str,
    expires: String,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    #[serde(flatten)]
    file: json::Named,
    message: &'a str,
}

fn found<'a>(file: &'a Name, f: &'a Finding) -> Found<'a> {
    Found {
        rule: f.rule,
        level: f.level.word(),
        file: file.into(),
        message: &f.message,
        evidence: (!f.evidence.is_empty()).then_some(&f.evidence),
        help: f.help,
        offset: f.offset,
    }
}

fn unread(all: &[(Name, String)]) -> Vec<Unreadable<'_>> {
    all.iter()
        .map(|(file, message)| Unreadable {
            file: file.into(),
            message,
        })
        .collect()
}

fn said<'a>(all: &'a [(&'static str, String)]) -> Vec<Said<'a>> {
    all.iter().map(|(rule, message)| Said { rule, message }).collect()
}

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let files = run.files.iter().map(|f| {
        let j = &f.judgement;
        let notes = j.passed.iter().filter_map(|(rule, note)| {
            Some(Said {
                rule,
                message: note.as_deref()?,
            })
        });
        let excepted = j.excepted.iter().map(|e| Excepted {
            finding: found(&f.name, &e.finding),
            reason: &e.reason,
            expires: e.expires.to_string(),
        });
        File {
            file: (&f.name).into(),
            findings: j.findings.len(),
            passed: j.passed.iter().map(|p| p.0).collect(),
            notes: notes.collect(),
            not_applicable: said(&j.not_applicable),
            unknown: said(&j.unknown),
            excepted: excepted.collect(),
        }
    });
    let doc = Doc {
        schema: "gospect/check",
        version: 1,
        policy: run.policy.as_deref(),
        today: run.today.to_string(),
        level: run.level.word(),
        findings: run.findings().map(|(file, f)| found(file, f)).collect(),
        passed: run.passed(),
        files: files.collect(),
        skipped: unread(&run.skipped),
        unreadable: unread(&run.unreadable),
        summary: run.summary(),
    };
    json::write(out, &doc)
}
