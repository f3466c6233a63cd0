//! A record → one line of CSV (RFC 4180): the facts that every record tells. A member's names are joined by
//! `!`.

use std::io::{self, Write};

use super::Record;
use crate::report::csv::field;
use crate::report::json::lossy;

const COLUMNS: [&str; 12] = [
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
    ];
    writeln!(out, "{}", cells.join(","))
}
