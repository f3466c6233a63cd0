//! A history → a list, JSON for git.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::chart::sparkline;
use super::columns::{Columns, Line};
use super::diff::signed;
use super::size::{read_json as read_size, write_json as write_size};
use super::text::{escape, grouped, human};
use crate::analysis::size::Report;
use crate::error::{Error, Result};

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// What was measured.
    pub name: String,
    /// The release.
    pub label: String,
    /// Seconds since 1970.
    pub recorded: i64,
    /// The day, UTC.
    pub day: String,
    /// Bytes.
    pub file_size: u64,
    /// The Go version.
    pub go_version: Option<String>,
    /// What goes with each module, largest first; empty where it was not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retained: Vec<Retained>,
}

/// What a release loses when nothing refers to a module any more, as `gospect why` has it; bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    /// Module path.
    pub module: String,
    /// Its own functions and types.
    pub own: u64,
    /// What goes with it.
    pub retained: u64,
    /// What goes for certain: a lower bound.
    pub certain: u64,
}

/// A line for each release, with the change since the one before of the same name; then the sizes of each
/// name as a row of blocks.
///
/// # Errors
/// What the writer says.
pub fn write_log(out: &mut dyn Write, all: &[LogEntry], width: Option<usize>) -> io::Result<()> {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut lines = Vec::new();
    for e in all {
        let change = match last.insert(&e.name, e.file_size) {
            Some(old) => signed(i128::from(e.file_size) - i128::from(old)),
            None => "first".into(),
        };
        let go = e.go_version.as_deref().unwrap_or_default();
        lines.push(Line {
            figures: vec![e.day.clone(), grouped(e.file_size), change],
            name: format!("{}  {}  {go}", e.name, e.label),
            ..Line::default()
        });
    }
    let table = Columns {
        least: vec![10, 14, 12],
        width,
        lines,
        ..Columns::default()
    };
    table.write(out)?;
    let mut names: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for e in all {
        names.entry(&e.name).or_default().push(e.file_size);
    }
    let mut begun = false;
    for (name, sizes) in names.iter().filter(|n| n.1.len() > 1) {
        if !std::mem::replace(&mut begun, true) {
            writeln!(out)?;
        }
        let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
            continue;
        };
        writeln!(
            out,
            "{}  {}  {} → {}",
            escape(name.as_bytes()),
            sparkline(sizes, 40),
            human(*first),
            human(*last)
        )?;
    }
    Ok(())
}

/// One object: the releases, with their size reports where `reports` has them.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, all: &[LogEntry], reports: &[Report]) -> io::Result<()> {
    let mut releases = Vec::new();
    for (i, e) in all.iter().enumerate() {
        let mut v = json!(e);
        if let Some(r) = reports.get(i) {
            let mut bytes = Vec::new();
            write_size(&mut bytes, &e.name.as_str().into(), r, false)?;
            if let Some(o) = v.as_object_mut() {
                o.insert("size".into(), serde_json::from_slice(&bytes)?);
            }
        }
        releases.push(v);
    }
    super::json::write(
        out,
        &json!({ "schema": "gospect/track", "version": 1, "releases": releases }),
    )
}

/// Reads what [`write_json`] wrote with reports.
///
/// # Errors
/// Where it is something else.
pub fn read_json(bytes: &[u8]) -> Result<Vec<(LogEntry, Report)>> {
    let bad = |what: String| Error::new(format!("is no export of `gospect track`: {what}"));
    let mut doc: Value = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
    if doc.get("schema").and_then(Value::as_str) != Some("gospect/track") {
        return Err(bad("its schema is another".into()));
    }
    let mut out = Vec::new();
    for r in doc
        .get_mut("releases")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let size = r
            .get("size")
            .cloned()
            .ok_or_else(|| bad("a release has no sizes".into()))?;
        let report = read_size(size.to_string().as_bytes())?;
        let entry: LogEntry = serde_json::from_value(r.take()).map_err(|e| bad(e.to_string()))?;
        out.push((entry, report));
    }
    Ok(out)
}
