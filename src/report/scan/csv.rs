//! A record → one line of CSV (RFC 4180): the facts that every record tells, and how much `check` and `vuln`
//! found where they were asked for. A member's names are joined by `!`.

use std::io::{self, Write};

use super::Record;
use crate::report::csv::field;
use crate::report::json::lossy;

const COLUMNS: [&str; 14] = [
    "path",
    "member",
    "size",
    "sha256",
    "error",
    "go_version",
    "os",
    "arch",
    "module",
    "module_version",
    "packed",
    "linkage",
    "findings",
    "vulnerabilities",
];

/// Writes the names of the columns.
///
/// # Errors
/// What the writer says.
pub fn head(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))
}

/// Writes a record.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, r: &Record<'_>) -> io::Result<()> {
    let text = |s: Option<&str>| field(s.unwrap_or_default());
    let facts = r.facts;
    let made = |part| facts.filter(|f| matches!(f.parts.get(part), Some(Some(_))));
    let count = |n: Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
    let cells: [String; COLUMNS.len()] = [
        field(&r.name.path().to_string_lossy()),
        field(&lossy(&r.name.members().join(&b'!'))),
        r.size.map(|s| s.to_string()).unwrap_or_default(),
        text(r.sha256),
        text(r.error),
        text(facts.and_then(|f| f.go_version.as_deref())),
        text(facts.and_then(|f| f.os.as_deref())),
        text(facts.and_then(|f| f.arch.as_deref())),
        text(facts.and_then(|f| f.module.as_deref())),
        text(facts.and_then(|f| f.module_version.as_deref())),
        text(facts.and_then(|f| f.packed)),
        text(facts.and_then(|f| f.linkage)),
        count(made("check").map(|f| f.findings.len())),
        count(made("vuln").map(|f| f.vulnerabilities.len())),
    ];
    writeln!(out, "{}", cells.join(","))
}
