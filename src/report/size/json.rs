//! `gospect size --format json`: one object, one line for each row, so that a saved report reads well in a
//! diff.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::text::Shown;
use crate::analysis::size::{Group, Kind, Memory, Report, Row, Source, matches_memory, parts};
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

/// What only a view shows: the groups that were asked for, and the parts of one package.
#[derive(Default, Serialize)]
struct Extra<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<JsonGroup<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explain<'r>>,
}

#[derive(Serialize)]
struct JsonGroup<'r> {
    // None for the sum of those beyond the largest.
    key: Option<&'r str>,
    bytes: u64,
    inferred: u64,
}

#[derive(Serialize)]
struct Explain<'r> {
    name: &'r str,
    bytes: u64,
    parts: Vec<Part<'r>>,
    largest: Vec<JsonGroup<'r>>,
}

#[derive(Serialize)]
struct Part<'r> {
    kind: &'r str,
    section: &'r str,
    bytes: u64,
    measured: bool,
    from: &'r str,
}

/// Writes all of a report. `memory` adds what costs no bytes in the file.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, file: &Name, report: &Report, memory: bool) -> io::Result<()> {
    let memory = memory.then(|| report.memory.iter().collect());
    let rows: Vec<&Row> = report.rows.iter().collect();
    document(out, file, report, &rows, memory, &Extra::default())
}

/// Writes what is shown of a report.
///
/// # Errors
/// What the writer says.
pub fn write_shown(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let Shown {
        report, rows, view, ..
    } = shown;
    let filter = view.filter.as_deref();
    let kept = |m: &&Memory| filter.is_none_or(|f| matches_memory(m, f));
    let memory = view.memory.then(|| report.memory.iter().filter(kept).collect());
    let (groups, symbols) = (shown.groups(), shown.symbols());
    let explain = view.explain.as_deref().map(|name| Explain {
        name,
        bytes: shown.bytes(),
        parts: parts(rows).into_iter().map(part).collect(),
        largest: largest(&symbols, view.top),
    });
    let grouped = view.grouped && explain.is_none();
    let extra = Extra {
        filter,
        by: grouped.then(|| view.by.word()),
        groups: grouped.then(|| largest(&groups, view.top)),
        explain,
    };
    document(out, shown.name, report, rows, memory, &extra)
}

fn part<'r>((row, bytes): (&'r Row, u64)) -> Part<'r> {
    Part {
        kind: row.kind.word(),
        section: &row.section,
        bytes,
        measured: row.source.measured(),
        from: row.source.word(),
    }
}

/// The first `top` groups, and the sum of the others without a key.
fn largest(groups: &[Group], top: usize) -> Vec<JsonGroup<'_>> {
    let (first, rest) = match top {
        0 => (groups, &[][..]),
        top => groups.split_at(top.min(groups.len())),
    };
    let item = |g: &'_ Group| (g.bytes, g.inferred);
    let mut out: Vec<JsonGroup<'_>> = Vec::with_capacity(first.len() + 1);
    for g in first {
        let (bytes, inferred) = item(g);
        let key = Some(g.key.as_str());
        out.push(JsonGroup { key, bytes, inferred });
    }
    if !rest.is_empty() {
        let add =
            |sum: (u64, u64), g: &Group| (sum.0.saturating_add(g.bytes), sum.1.saturating_add(g.inferred));
        let (bytes, inferred) = rest.iter().fold((0, 0), add);
        out.push(JsonGroup {
            key: None,
            bytes,
            inferred,
        });
    }
    out
}

fn document(
    out: &mut dyn Write,
    file: &Name,
    report: &Report,
    rows: &[&Row],
    memory: Option<Vec<&Memory>>,
    extra: &Extra<'_>,
) -> io::Result<()> {
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
    let go = serde_json::to_string(&report.go_version)?;
    writeln!(out, "  \"go_version\": {go},")?;
    if let serde_json::Value::Object(extra) = serde_json::to_value(extra)? {
        for (name, value) in &extra {
            writeln!(out, "  \"{name}\": {value},")?;
        }
    }
    list(out, "modules", report.modules.iter().map(module))?;
    list(out, "rows", rows.iter().map(|r| row(r)))?;
    if let Some(memory) = memory {
        list(out, "memory", memory.into_iter().map(memory_row))?;
    }
    let warnings = serde_json::to_string(&report.warnings)?;
    writeln!(out, "  \"warnings\": {warnings}")?;
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
    #[serde(default)]
    filter: Option<String>,
    #[serde(default)]
    explain: Option<serde::de::IgnoredAny>,
}

fn module(m: &Module) -> JsonModule<'_> {
    JsonModule {
        path: &m.path,
        version: m.built(),
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
    if saved.filter.is_some() || saved.explain.is_some() {
        return Err(bad(
            "it was saved with --filter or --explain, so it has only a part of the rows".into(),
        ));
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
