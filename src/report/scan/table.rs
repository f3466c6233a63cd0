//! Records → a table for people.

#[cfg(feature = "cli")]
use std::io::{self, Write};

use super::Facts;
use super::Record;
use crate::report::text::{escape, grouped};

/// What the table shows of a record: name, bytes, Go version, target, module, and what was found, which is
/// empty where nobody asked.
pub fn row(r: &Record<'_>) -> [String; 6] {
    let facts = r.facts;
    let go = facts.and_then(|f| f.go_version.as_deref()).unwrap_or("?");
    let packed = facts
        .and_then(|f| f.packed)
        .map_or(String::new(), |p| format!(" ({p})"));
    let target = facts
        .and_then(|f| Some(format!("{}/{}", f.os.as_deref()?, f.arch.as_deref()?)))
        .unwrap_or_default();
    let module = facts.and_then(|f| f.module.as_deref()).unwrap_or_default();
    let version = facts
        .and_then(|f| f.module_version.as_deref())
        .unwrap_or_default();
    [
        escape(r.name.shown().as_os_str().as_encoded_bytes()),
        r.size.map(grouped).unwrap_or_default(),
        escape(format!("{go}{packed}").as_bytes()),
        escape(target.as_bytes()),
        escape(format!("{module} {version}").trim_end().as_bytes()),
        facts.map(found).unwrap_or_default(),
    ]
}

/// How much `check` and `vuln` found, of those that were asked for.
fn found(facts: &Facts) -> String {
    let asked: Vec<_> = ["check", "vuln"]
        .iter()
        .filter_map(|p| facts.parts.get(p))
        .collect();
    if asked.iter().any(|made| made.is_none()) {
        return "not known".into();
    }
    let of_level = |word: &'static str| (word, facts.findings.iter().filter(|f| f[1] == word).count());
    let counts: Vec<String> = ["error", "warning", "note"]
        .map(of_level)
        .into_iter()
        .chain([("known vulnerability", facts.vulnerabilities.len())])
        .filter(|(_, n)| *n > 0)
        .map(|(word, n)| match word.strip_suffix('y').filter(|_| n > 1) {
            Some(stem) => format!("{n} {stem}ies"),
            None => format!("{n} {word}{}", if n == 1 { "" } else { "s" }),
        })
        .collect();
    match (asked.is_empty(), counts.is_empty()) {
        (true, _) => String::new(),
        (_, true) => "none".into(),
        _ => counts.join(", "),
    }
}

/// Writes the table of rows, within `width` columns; nothing for none.
///
/// # Errors
/// What the writer says.
#[cfg(feature = "cli")]
pub fn write(out: &mut dyn Write, rows: &[[String; 6]], width: Option<usize>) -> io::Result<()> {
    use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    // Cells are folded where the terminal is too narrow for them.
    if let Some(width) = width.and_then(|w| u16::try_from(w).ok()) {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    let columns = if rows.iter().all(|r| r[5].is_empty()) {
        5
    } else {
        6
    };
    let header = ["file", "bytes", "Go", "target", "module", "found"];
    table.set_header(header.iter().take(columns));
    for row in rows {
        table.add_row(row.iter().take(columns));
    }
    if let Some(c) = table.column_mut(1) {
        c.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{table}")
}
