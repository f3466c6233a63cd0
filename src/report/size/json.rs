//! `gospect size --format json`: one object, one line for each row, so that a saved report reads well in a diff.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::analysis::size::{Kind, Memory, Report, Row, Source};
use crate::error::{Error, Result};
use crate::go::packages::Module;
use crate::input::Name;
use crate::report::json::{Safe, lossy};

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
    unit: Option<&'r str>,
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
    module: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<&'r str>,
    bytes: u64,
    measured: bool,
    from: &'r str,
}

#[derive(Serialize)]
struct JsonModule<'r> {
    path: &'r str,
    version: &'r str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
}

/// Writes a report. `memory` adds what costs no bytes in the file.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, file: &Name, report: &Report, memory: bool) -> io::Result<()> {
    let text = |s: &str| serde_json::to_string(s).map_err(io::Error::from);
    let out: &mut dyn Write = &mut Safe(out);
    writeln!(out, "{{")?;
    writeln!(out, "  \"schema\": \"gospect/size\",")?;
    writeln!(out, "  \"version\": 1,")?;
    writeln!(out, "  \"file\": {},", text(&file.path().to_string_lossy())?)?;
    if file.is_member() {
        let member: Vec<String> = file.members().iter().map(|m| lossy(m)).collect();
        writeln!(out, "  \"member\": {},", serde_json::to_string(&member)?)?;
    }
    writeln!(out, "  \"file_size\": {},", report.file_size)?;
    writeln!(
        out,
        "  \"go_version\": {},",
        serde_json::to_string(&report.go_version)?
    )?;
    list(out, "modules", report.modules.iter().map(module))?;
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
        module: m.module.as_deref(),
        symbol: m.symbol.as_deref(),
        slice: m.slice.as_deref(),
        bytes: m.bytes,
        measured: m.source.measured(),
        from: m.source.word(),
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
        unit: r.unit.as_deref(),
        slice: r.slice.as_deref(),
        bytes: r.bytes,
        measured: r.source.measured(),
        from: r.source.word(),
    }
}

#[derive(Deserialize)]
struct Saved {
    schema: String,
    file_size: u64,
    #[serde(default)]
    go_version: Option<String>,
    #[serde(default)]
    modules: Vec<SavedModule>,
    rows: Vec<SavedRow>,
}

fn module(m: &Module) -> JsonModule<'_> {
    JsonModule {
        path: &m.path,
        version: &m.version,
        inferred: m.inferred,
    }
}

#[derive(Deserialize)]
struct SavedModule {
    path: String,
    version: String,
    #[serde(default)]
    inferred: bool,
}

#[derive(Deserialize)]
struct SavedRow {
    kind: String,
    section: String,
    package: Option<String>,
    module: Option<String>,
    symbol: Option<String>,
    source_file: Option<String>,
    unit: Option<String>,
    slice: Option<String>,
    bytes: u64,
    from: Option<String>,
}

/// Is this a saved report rather than a binary? Its first byte that is no blank is `{`.
pub fn is_saved(bytes: &[u8]) -> bool {
    bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Reads a report that [`write_json`] wrote, of this version or a later one.
///
/// # Errors
/// Where it is no JSON, no size report, or its rows don't add up.
pub fn read_json(bytes: &[u8]) -> Result<Report> {
    let bad = |what: String| Error::new(format!("is no saved `gospect size --format json`: {what}"));
    let saved: Saved = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
    if saved.schema != "gospect/size" {
        return Err(bad(format!("its schema is {:?}", saved.schema)));
    }
    let total = saved
        .rows
        .iter()
        .try_fold(0u64, |sum, r| sum.checked_add(r.bytes));
    if total != Some(saved.file_size) {
        return Err(bad("its rows do not add up to file_size".into()));
    }
    let rows = saved.rows.into_iter().map(|r| Row {
        kind: Kind::from_word(&r.kind).unwrap_or(Kind::Unknown),
        section: r.section,
        package: r.package,
        module: r.module,
        symbol: r.symbol,
        file: r.source_file,
        unit: r.unit,
        slice: r.slice,
        source: r
            .from
            .as_deref()
            .and_then(Source::from_word)
            .unwrap_or(Source::None),
        bytes: r.bytes,
    });
    Ok(Report {
        file_size: saved.file_size,
        rows: rows.collect(),
        go_version: saved.go_version,
        modules: saved
            .modules
            .into_iter()
            .map(|m| Module {
                inferred: m.inferred,
                ..Module::new(m.path, m.version)
            })
            .collect(),
        ..Report::default()
    })
}
