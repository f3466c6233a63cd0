//! A what-if report → a table for a terminal, Markdown, or JSON as the design's contract has it.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::text::{grouped, human};
use crate::analysis::whatif::{Report, Variant};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    file: &'a str,
    file_size: u64,
    variants: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldflags: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<&'a str>,
    bytes: Option<u64>,
    exact: bool,
    margin: u64,
    notes: &'a [String],
}

/// One JSON object.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, file: &str, report: &Report) -> io::Result<()> {
    let row = |v: &'_ Variant| -> (u64, bool) { (v.margin, v.exact) };
    let variants = report
        .variants
        .iter()
        .map(|v| Row {
            id: v.id,
            ldflags: v.ldflags.as_deref(),
            env: v.env.as_deref(),
            bytes: v.bytes,
            exact: row(v).1,
            margin: row(v).0,
            notes: &v.notes,
        })
        .collect();
    json::write(
        out,
        &Document { schema: "gospect/whatif", version: 1, file, file_size: report.file_size, variants },
    )
}
