//! `gospect size --format json`: one object, one line for each row, so that a saved report reads well in a diff.

use std::io::{self, Write};

use serde::Serialize;

use crate::analysis::size::{Memory, Report, Row};

#[derive(Serialize)]
struct JsonRow<'r> {
    kind: &'r str,
    section: &'r str,
    package: Option<&'r str>,
    module: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_file: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<&'r str>,
    bytes: u64,
    measured: bool,
    from: &'r str,
}

#[derive(Serialize)]
struct JsonMemory<'r> {
    section: &'r str,
    package: Option<&'r str>,
    bytes: u64,
}

/// Writes a report. `memory` adds what costs no bytes in the file.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, file: &str, report: &Report, memory: bool) -> io::Result<()> {
    let text = |s: &str| serde_json::to_string(s).map_err(io::Error::from);
    writeln!(out, "{{")?;
    writeln!(out, "  \"schema\": \"gospect/size\",")?;
    writeln!(out, "  \"version\": 1,")?;
    writeln!(out, "  \"file\": {},", text(file)?)?;
    writeln!(out, "  \"file_size\": {},", report.file_size)?;
    writeln!(
        out,
        "  \"go_version\": {},",
        serde_json::to_string(&report.go_version)?
    )?;
    list(out, "modules", report.modules.iter())?;
    list(out, "rows", report.rows.iter().map(row))?;
    if memory {
        list(out, "memory", report.memory.iter().map(memory_row))?;
    }
    writeln!(
        out,
        "  \"warnings\": {}",
        serde_json::to_string(&report.warnings)?
    )?;
    writeln!(out, "}}")
}

/// `"name": [`, an item on each line, `],`.
fn list<T: Serialize>(out: &mut dyn Write, name: &str, items: impl Iterator<Item = T>) -> io::Result<()> {
    write!(out, "  \"{name}\": [")?;
    for (i, item) in items.enumerate() {
        out.write_all(if i == 0 { b"\n    " } else { b",\n    " })?;
        serde_json::to_writer(&mut *out, &item)?;
    }
    writeln!(out, "\n  ],")
}

fn memory_row(m: &Memory) -> JsonMemory<'_> {
    JsonMemory {
        section: &m.section,
        package: m.package.as_deref(),
        bytes: m.bytes,
    }
}

fn row(r: &Row) -> JsonRow<'_> {
    JsonRow {
        kind: r.kind.word(),
        section: &r.section,
        package: r.package.as_deref(),
        module: r.module.as_deref(),
        symbol: r.symbol.as_deref(),
        source_file: r.file.as_deref(),
        slice: r.slice.as_deref(),
        bytes: r.bytes,
        measured: r.source.measured(),
        from: r.source.word(),
    }
}
