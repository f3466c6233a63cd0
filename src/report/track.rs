//! A history → a list, JSON for git, line charts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::size::{read_json as read_size, write_json as write_size, xml};
use super::text::{escape, grouped};
use crate::analysis::size::{Group, Report};
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
}

/// A line for each release, with the change since the one before of the same name.
///
/// # Errors
/// What the writer says.
pub fn write_log(out: &mut dyn Write, all: &[LogEntry]) -> io::Result<()> {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for e in all {
        let change = match last.insert(&e.name, e.file_size) {
            Some(old) => format!("{:+}", i128::from(e.file_size) - i128::from(old)),
            None => "first".into(),
        };
        let go = e.go_version.as_deref().unwrap_or_default();
        writeln!(
            out,
            "{}  {:>14}  {:>12}  {}  {}  {}",
            e.day,
            grouped(e.file_size),
            change,
            escape(e.name.as_bytes()),
            escape(e.label.as_bytes()),
            escape(go.as_bytes())
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

/// Lines over releases.
#[derive(Debug, Default)]
pub struct Chart {
    by: &'static str,
    labels: Vec<String>,
    totals: Vec<u64>,
    series: BTreeMap<String, Vec<u64>>,
}

impl Chart {
    /// An empty chart of one key.
    pub fn new(by: &'static str) -> Chart {
        Chart {
            by,
            ..Chart::default()
        }
    }

    /// Adds a release.
    pub fn add(&mut self, label: &str, total: u64, groups: Vec<Group>) {
        let n = self.labels.len();
        for g in groups {
            let line = self.series.entry(g.key).or_default();
            line.resize(n, 0);
            line.push(g.bytes);
        }
        self.labels.push(label.to_string());
        self.totals.push(total);
        for line in self.series.values_mut() {
            line.resize(n + 1, 0);
        }
    }

    /// An SVG of the `top` largest lines.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_svg(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        const COLORS: [&str; 8] = [
            "#4a7ebb", "#c0504d", "#71893f", "#7d60a0", "#2c9aa5", "#d98b2b", "#8c6d5a", "#5a5a5a",
        ];
        let mut lines: Vec<(&String, &Vec<u64>)> = self.series.iter().collect();
        lines.sort_by(|a, b| b.1.iter().max().cmp(&a.1.iter().max()).then_with(|| a.0.cmp(b.0)));
        lines.truncate(top);
        let most = lines
            .iter()
            .flat_map(|l| l.1.iter())
            .max()
            .copied()
            .unwrap_or(1)
            .max(1) as f64;
        let n = self.labels.len().max(2) - 1;
        let x = |i: usize| 80.0 + 560.0 * i as f64 / n as f64;
        let y = |v: u64| 340.0 - 300.0 * v as f64 / most;
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"420\" viewBox=\"0 0 900 420\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"900\" height=\"420\" fill=\"#ffffff\"/>\n<text x=\"10\" y=\"20\" font-size=\"15\">Bytes by {} over {} releases</text>",
            self.by,
            self.labels.len()
        )?;
        for k in 0..=4u64 {
            let v = (most as u64) * k / 4;
            writeln!(
                out,
                "<line x1=\"80\" x2=\"640\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#dddddd\"/><text x=\"74\" y=\"{1:.1}\" text-anchor=\"end\">{2}</text>",
                y(v),
                y(v) + 4.0,
                grouped(v)
            )?;
        }
        for (i, label) in self.labels.iter().enumerate() {
            writeln!(
                out,
                "<text transform=\"translate({:.1} 356) rotate(35)\">{}</text>",
                x(i),
                xml(label)
            )?;
        }
        for (k, (key, values)) in lines.iter().enumerate() {
            let color = COLORS.get(k % COLORS.len()).copied().unwrap_or("#000000");
            let points: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(i, v)| format!("{:.1},{:.1}", x(i), y(*v)))
                .collect();
            writeln!(
                out,
                "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{}\"/>",
                points.join(" ")
            )?;
            for (i, v) in values.iter().enumerate() {
                writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{color}\"><title>{} {}: {} bytes</title></circle>",
                    x(i),
                    y(*v),
                    xml(key),
                    xml(self.labels.get(i).map_or("", |l| l)),
                    grouped(*v)
                )?;
            }
            writeln!(
                out,
                "<rect x=\"660\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{color}\"/><text x=\"678\" y=\"{}\">{}</text>",
                40 + 20 * k,
                51 + 20 * k,
                xml(key)
            )?;
        }
        writeln!(out, "</svg>")
    }

    /// A page with the chart and the totals.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_html(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sizes over releases</title></head><body>"
        )?;
        self.write_svg(out, top)?;
        writeln!(out, "<table><tr><th>release</th><th>bytes</th></tr>")?;
        for (label, total) in self.labels.iter().zip(&self.totals) {
            writeln!(
                out,
                "<tr><td>{}</td><td style=\"text-align:right\">{}</td></tr>",
                xml(label),
                grouped(*total)
            )?;
        }
        writeln!(out, "</table></body></html>")
    }
}
