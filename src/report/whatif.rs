//! A what-if report → a table for a terminal, Markdown, or JSON as the design's contract has it.

use std::io::{self, Write};

use serde::Serialize;

use super::columns::{Columns, Line};
use super::json;
use super::markdown::{cell, code};
use super::text::{grouped, human};
use crate::analysis::whatif::{Report, Variant};
use crate::input::Name;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    file_size: u64,
    notes: &'a [String],
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
    /// With `--rebuild`: what the real build came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    real: Option<u64>,
    /// With `--rebuild`: why there is no real build.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    notes: &'a [String],
}

/// What a real build of a variant came to: its size, or why there is none. `None` where it was not built.
pub type Real = Option<Result<u64, String>>;

/// How the table is printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Colours.
    pub color: bool,
    /// Columns of the terminal, where it matters.
    pub width: Option<usize>,
}

/// One JSON object. `real` is empty, or has an entry for each variant.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, file: &Name, report: &Report, real: &[Real]) -> io::Result<()> {
    let variants = report
        .variants
        .iter()
        .enumerate()
        .map(|(i, v)| Row {
            id: v.id,
            ldflags: v.ldflags.as_deref(),
            env: v.env.as_deref(),
            bytes: v.bytes,
            exact: v.exact,
            margin: v.margin,
            real: real.get(i).and_then(|r| r.as_ref()?.as_ref().ok().copied()),
            error: real
                .get(i)
                .and_then(|r| r.as_ref()?.as_ref().err().map(String::as_str)),
            notes: &v.notes,
        })
        .collect();
    json::write(
        out,
        &Document {
            schema: "gospect/whatif",
            version: 1,
            file: file.into(),
            file_size: report.file_size,
            notes: &report.notes,
            variants,
        },
    )
}

/// What a person calls a variant.
pub fn label(v: &Variant) -> String {
    match v.id {
        "w" | "s" | "sw" => format!("-ldflags={}", quoted(v.ldflags.as_deref().unwrap_or_default())),
        "default" => "without -s -w".into(),
        "trimpath-sw" => "-trimpath -ldflags=\"-s -w\"".into(),
        "strip" => "strip".into(),
        "strip-debug" => "strip --strip-debug".into(),
        "no-compressdwarf" => "-ldflags=-compressdwarf=false".into(),
        "cgo0" => "CGO_ENABLED=0".into(),
        "no-reflect-methods" => "no reflection of methods".into(),
        "drop" => "--drop".into(),
        "static" => "-extldflags=-static".into(),
        other => other.into(),
    }
}

fn quoted(flags: &str) -> String {
    if flags.contains(' ') {
        format!("\"{flags}\"")
    } else {
        flags.into()
    }
}

/// How sure a size is.
fn sure(v: &Variant) -> String {
    match (v.bytes, v.id, v.exact) {
        (None, ..) => "not known".into(),
        (_, "gzip" | "zstd", _) => "measured".into(),
        (_, _, true) => "exact".into(),
        (_, _, false) => format!("± {}", grouped(v.margin)),
    }
}

/// What a real build came to, beside what was predicted.
fn really(real: Option<&Real>, bytes: Option<u64>, v: &Variant) -> String {
    match (real, bytes) {
        (Some(Some(Ok(r))), Some(b)) if *r == b => format!("{} ✓", grouped(*r)),
        (Some(Some(Ok(r))), Some(b)) => {
            let held = !v.exact && r.abs_diff(b) <= v.margin;
            let off = if *r > b { "+" } else { "-" };
            let mark = if held { "✓" } else { "✗" };
            format!("{} ({off}{}) {mark}", grouped(*r), grouped(r.abs_diff(b)))
        }
        (Some(Some(Ok(r))), None) => grouped(*r),
        (Some(Some(Err(e))), _) => e.clone(),
        _ => String::new(),
    }
}

/// The cells of a row: label, size, change in bytes and percent, how sure; the real size where there are any.
fn cells(report: &Report, i: usize, v: &Variant, real: &[Real]) -> Vec<String> {
    let bytes = v.bytes.map_or("?".into(), grouped);
    let change = v.bytes.map(|b| change(report.file_size, b)).unwrap_or_default();
    let mut row = vec![label(v), bytes, change, sure(v)];
    if !real.is_empty() {
        row.push(really(real.get(i), v.bytes, v));
    }
    row
}

fn header(real: &[Real]) -> Vec<&'static str> {
    let mut h = vec!["variant", "bytes", "change", "sure"];
    if !real.is_empty() {
        h.push("really");
    }
    h
}

/// `-123,456` and `-12.3 %`; `0` for no change.
fn changed(old: u64, new: u64) -> (String, String) {
    let sign = match new.cmp(&old) {
        std::cmp::Ordering::Less => "-",
        std::cmp::Ordering::Equal => return ("0".into(), "0.0 %".into()),
        std::cmp::Ordering::Greater => "+",
    };
    let diff = old.abs_diff(new);
    let percent = if old == 0 {
        0.0
    } else {
        100.0 * diff as f64 / old as f64
    };
    (
        format!("{sign}{}", grouped(diff)),
        format!("{sign}{percent:.1} %"),
    )
}

/// `-123,456 (-12.3 %)`.
pub fn change(old: u64, new: u64) -> String {
    match changed(old, new) {
        (bytes, _) if bytes == "0" => bytes,
        (bytes, percent) => format!("{bytes} ({percent})"),
    }
}

/// The report as Markdown: a table, then what each variant means.
///
/// # Errors
/// What the writer says.
pub fn write_markdown(out: &mut dyn Write, file: &str, report: &Report, real: &[Real]) -> io::Result<()> {
    let row = |out: &mut dyn Write, cells: &[String]| writeln!(out, "| {} |", cells.join(" | "));
    writeln!(out, "### {}\n", cell(file))?;
    let header: Vec<String> = header(real).iter().map(|h| h.to_string()).collect();
    row(out, &header)?;
    let rules: Vec<String> = (0..header.len())
        .map(|i| if i == 1 || i == 2 { "---:" } else { "---" }.into())
        .collect();
    row(out, &rules)?;
    let mut first = vec!["as it is".into(), grouped(report.file_size)];
    first.resize(header.len(), String::new());
    row(out, &first)?;
    for (i, v) in report.variants.iter().enumerate() {
        let mut c = cells(report, i, v, real);
        for (i, text) in c.iter_mut().enumerate() {
            *text = if i == 0 { code(text) } else { cell(text) };
        }
        row(out, &c)?;
    }
    writeln!(out)?;
    for n in &report.notes {
        writeln!(out, "- {}", cell(n))?;
    }
    for v in &report.variants {
        for n in &v.notes {
            writeln!(out, "- {}: {}", code(&label(v)), cell(n))?;
        }
    }
    Ok(())
}

/// The report for a terminal: a table, then what each variant means.
///
/// # Errors
/// What the writer says.
pub fn write_text(
    out: &mut dyn Write,
    file: &str,
    report: &Report,
    real: &[Real],
    style: Style,
) -> io::Result<()> {
    let size = report.file_size;
    writeln!(out, "{file}: {} ({} bytes)", human(size), grouped(size))?;
    for n in &report.notes {
        writeln!(out, "  {n}")?;
    }
    writeln!(out)?;
    let most = report
        .variants
        .iter()
        .filter_map(|v| v.bytes)
        .max()
        .unwrap_or(0)
        .max(size);
    let color = if style.color { "\x1b[36m" } else { "" };
    let now = Line {
        figures: vec![grouped(size)],
        bar: Some((size, most)),
        name: "as it is".into(),
        color,
        ..Line::default()
    };
    let mut lines = vec![now];
    for (i, v) in report.variants.iter().enumerate() {
        let (bytes, percent) = v.bytes.map(|b| changed(size, b)).unwrap_or_default();
        let mut figures = vec![v.bytes.map_or("?".into(), grouped), bytes, percent, sure(v)];
        if !real.is_empty() {
            figures.push(really(real.get(i), v.bytes, v));
        }
        lines.push(Line {
            figures,
            bar: v.bytes.map(|b| (b, most)),
            name: label(v),
            color,
            ..Line::default()
        });
    }
    let mut heads = vec!["bytes", "change", "", "sure"];
    if !real.is_empty() {
        heads.push("really");
    }
    heads.push("variant");
    let table = Columns {
        heads,
        least: vec![14, 0, 8],
        spare: vec![1, 2],
        width: style.width,
        lines,
    };
    table.write(out)?;
    writeln!(out)?;
    // Variants in a row that mean the same are explained together.
    let mut at = 0;
    while let Some(v) = report.variants.get(at) {
        let same = report.variants[at..]
            .iter()
            .take_while(|o| o.notes == v.notes)
            .count();
        if !v.notes.is_empty() {
            let labels: Vec<_> = report.variants[at..at + same].iter().map(label).collect();
            writeln!(out, "{}", labels.join(", "))?;
            for n in &v.notes {
                writeln!(out, "  - {n}")?;
            }
        }
        at += same.max(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_sign_and_percent() {
        assert_eq!(change(1000, 900), "-100 (-10.0 %)");
        assert_eq!(change(1000, 2500), "+1,500 (+150.0 %)");
        assert_eq!(change(7, 7), "0");
        assert_eq!(change(0, 5), "+5 (+0.0 %)");
    }

    #[test]
    fn markdown_says_how_sure_each_is() {
        let exact = Variant {
            id: "w",
            ldflags: Some("-w".into()),
            bytes: Some(60),
            exact: true,
            ..Variant::default()
        };
        let told = Variant {
            id: "cgo0",
            bytes: Some(90),
            margin: 3,
            notes: vec!["no libc".into()],
            ..Variant::default()
        };
        let report = Report {
            file_size: 100,
            notes: vec![],
            variants: vec![exact, told],
        };
        let mut out = Vec::new();
        write_markdown(&mut out, "a|b", &report, &[]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("| `-ldflags=-w` | 60 | -40 (-40.0 %) | exact |"),
            "{text}"
        );
        assert!(
            text.contains("| `CGO_ENABLED=0` | 90 | -10 (-10.0 %) | ± 3 |"),
            "{text}"
        );
        assert!(
            text.contains("### a\\|b") && text.contains("- `CGO_ENABLED=0`: no libc"),
            "{text}"
        );
    }
}
