//! What grew → text, JSON, Markdown for a pull request.

use std::io::{self, Write};

use serde_json::json;

use super::columns::{Columns, Line};
use super::text::{escape, grouped, human};
use super::why::links;
use crate::analysis::diff::{Arrived, Breach, Change, Diff, Entry};

/// How to show a difference.
#[derive(Debug, Clone)]
pub struct View {
    /// Lines of the table; the others are summed up in one; 0 for all.
    pub top: usize,
    /// Show what is the same on both sides too.
    pub all: bool,
    /// Colours.
    pub color: bool,
    /// Columns of the terminal, where it matters.
    pub width: Option<usize>,
}

/// `+1,234`, `-1,234`, `0`.
pub(super) fn signed(n: i128) -> String {
    let digits = grouped(u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX));
    match n.signum() {
        1 => format!("+{digits}"),
        -1 => format!("-{digits}"),
        _ => digits,
    }
}

fn percent(old: u64, delta: i128) -> String {
    if old == 0 {
        return if delta == 0 { "0.0 %".into() } else { "new".into() };
    }
    format!("{:+.1} %", delta as f64 * 100.0 / old as f64)
}

/// The entries to show, and one that sums the others up.
fn shown(d: &Diff, view: &View) -> (Vec<Entry>, Option<(usize, i128)>) {
    let mut rows: Vec<Entry> = d
        .rows
        .iter()
        .filter(|r| view.all || r.change != Change::Same)
        .cloned()
        .collect();
    if view.top == 0 || rows.len() <= view.top {
        return (rows, None);
    }
    let rest = rows.split_off(view.top);
    let sum = rest.iter().map(Entry::delta).sum();
    (rows, Some((rest.len(), sum)))
}

fn breach_text(b: &Breach) -> String {
    let what = if b.by == "file" {
        "the file".to_string()
    } else {
        format!("{} {}", b.by, escape(b.name.as_bytes()))
    };
    format!(
        "{what}: {} is passed: {} bytes, allowed are {}, before it were {}",
        b.limit,
        grouped(b.new),
        grouped(b.allowed),
        grouped(b.old)
    )
}

/// `new module M: main.main → … → M.f (file:line)`: the link that enters the module in full.
fn arrival(a: &Arrived) -> String {
    let links = a.path.as_ref().map_or(&[][..], |p| &p.links);
    let names: Vec<String> = links.iter().map(|l| escape(l.name.as_bytes())).collect();
    let chain = match names.as_slice() {
        [] => String::new(),
        [first, .., from, to] if names.len() > 3 => format!(": {first} → … → {from} → {to}"),
        all => format!(": {}", all.join(" → ")),
    };
    let at = links.last().and_then(|l| l.at.as_deref());
    let at = at.map_or(String::new(), |at| format!(" ({})", escape(at.as_bytes())));
    format!("new module {}{chain}{at}", escape(a.module.as_bytes()))
}

/// Text for a terminal.
///
/// # Errors
/// What the writer says.
pub fn write_text(out: &mut dyn Write, names: (&str, &str), d: &Diff, view: &View) -> io::Result<()> {
    let delta = i128::from(d.new_size) - i128::from(d.old_size);
    writeln!(
        out,
        "{} → {}: {} → {} bytes, {} ({})",
        names.0,
        names.1,
        grouped(d.old_size),
        grouped(d.new_size),
        signed(delta),
        percent(d.old_size, delta)
    )?;
    if let Some((a, b)) = &d.go {
        writeln!(
            out,
            "Go version: {} → {}",
            escape(a.as_bytes()),
            escape(b.as_bytes())
        )?;
    }
    writeln!(out)?;
    table(d, view).write(out)?;
    for a in &d.arrived {
        writeln!(out, "{}", arrival(a))?;
    }
    for b in &d.breaches {
        writeln!(out, "\nOver budget: {}", breach_text(b))?;
    }
    Ok(())
}

/// The entries, the sum of those that are not shown, the total.
fn table(d: &Diff, view: &View) -> Columns {
    let mut lines = Vec::new();
    let (rows, rest) = shown(d, view);
    for r in &rows {
        let color = match (view.color, r.delta().signum()) {
            (true, 1) => "\x1b[31m",
            (true, -1) => "\x1b[32m",
            _ => "",
        };
        let change = match r.change {
            Change::Added => "new".to_string(),
            Change::Removed => "gone".to_string(),
            _ => percent(r.old, r.delta()),
        };
        let why = match r.reasons.is_empty() {
            true => String::new(),
            false => format!("  ({})", r.reasons.join("; ")),
        };
        lines.push(Line {
            figures: vec![signed(r.delta()), change, grouped(r.old), grouped(r.new)],
            name: format!("{}{why}", r.key),
            color,
            ..Line::default()
        });
    }
    if let Some((n, sum)) = rest {
        lines.push(Line {
            figures: vec![signed(sum)],
            name: format!("… {} more", grouped(n as u64)),
            ..Line::default()
        });
    }
    let delta = i128::from(d.new_size) - i128::from(d.old_size);
    let all = percent(d.old_size, delta);
    lines.push(Line {
        figures: vec![signed(delta), all, grouped(d.old_size), grouped(d.new_size)],
        name: "total".into(),
        ruled: true,
        ..Line::default()
    });
    Columns {
        heads: vec!["delta", "", "old", "new", d.by.word()],
        least: vec![13, 9, 13, 13],
        spare: vec![2, 3],
        width: view.width,
        lines,
    }
}

/// A comment for a pull request.
///
/// # Errors
/// What the writer says.
pub fn write_markdown(out: &mut dyn Write, names: (&str, &str), d: &Diff, view: &View) -> io::Result<()> {
    use super::markdown::cell;
    let delta = i128::from(d.new_size) - i128::from(d.old_size);
    writeln!(
        out,
        "### Size: {} → {}, {} bytes ({})\n",
        human(d.old_size),
        human(d.new_size),
        signed(delta),
        percent(d.old_size, delta)
    )?;
    writeln!(out, "{} → {}\n", cell(names.0), cell(names.1))?;
    for a in &d.arrived {
        writeln!(out, "- {}", cell(&arrival(a)))?;
    }
    for b in &d.breaches {
        writeln!(out, "> **Over budget:** {}\n", cell(&breach_text(b)))?;
    }
    if let Some((a, b)) = &d.go {
        writeln!(out, "Go version: {} → {}\n", cell(a), cell(b))?;
    }
    writeln!(
        out,
        "| {} | delta | | old | new | why |\n| --- | ---: | ---: | ---: | ---: | --- |",
        d.by.word()
    )?;
    let (rows, rest) = shown(d, view);
    for r in &rows {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&r.key),
            signed(r.delta()),
            percent(r.old, r.delta()),
            grouped(r.old),
            grouped(r.new),
            cell(&r.reasons.join("; "))
        )?;
    }
    if let Some((n, sum)) = rest {
        writeln!(out, "| … {} more | {} | | | | |", grouped(n as u64), signed(sum))?;
    }
    writeln!(
        out,
        "| **total** | **{}** | {} | {} | {} | |",
        signed(delta),
        percent(d.old_size, delta),
        grouped(d.old_size),
        grouped(d.new_size)
    )
}

/// One JSON object. Where not all rows are in it, a last one sums up the `others`.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, names: (&str, &str), d: &Diff, view: &View) -> io::Result<()> {
    let (rows, rest) = shown(d, view);
    let mut rows: Vec<_> = rows
        .iter()
        .map(|r| {
            let mut row = serde_json::Map::new();
            row.insert(d.by.word().into(), json!(r.key));
            if d.by == crate::analysis::size::By::Package {
                row.insert("module".into(), json!(r.module));
            }
            row.insert("old".into(), json!(r.old));
            row.insert("new".into(), json!(r.new));
            row.insert("delta".into(), json!(i64::try_from(r.delta()).unwrap_or(0)));
            row.insert("change".into(), json!(r.change.word()));
            row.insert("reasons".into(), json!(r.reasons));
            serde_json::Value::Object(row)
        })
        .collect();
    if let Some((n, delta)) = rest {
        let sum = |f: fn(&Entry) -> u64| {
            d.rows
                .iter()
                .filter(|r| view.all || r.change != Change::Same)
                .skip(view.top)
                .map(f)
                .sum::<u64>()
        };
        let (old, new) = (sum(|r| r.old), sum(|r| r.new));
        let change = match delta.signum() {
            1 => Change::Grown,
            -1 => Change::Shrunk,
            _ => Change::Same,
        };
        rows.push(json!({
            d.by.word(): null, "others": n, "old": old, "new": new,
            "delta": i64::try_from(delta).unwrap_or(0),
            "change": change.word(), "reasons": [],
        }));
    }
    let breaches: Vec<_> = d
        .breaches
        .iter()
        .map(|b| {
            json!({"by": b.by, "name": b.name, "limit": b.limit, "old": b.old, "new": b.new,
            "allowed": b.allowed})
        })
        .collect();
    let arrived: Vec<_> = d
        .arrived
        .iter()
        .map(|a| json!({"module": a.module, "path": a.path.as_ref().map(links)}))
        .collect();
    let value = json!({
        "schema": "gospect/diff",
        "version": 1,
        "old_file": names.0,
        "new_file": names.1,
        "old_size": d.old_size,
        "new_size": d.new_size,
        "by": d.by.word(),
        "go_versions": d.go.as_ref().map(|g| [&g.0, &g.1]),
        "rows": rows,
        "breaches": breaches,
        "arrived": arrived,
    });
    super::json::write(out, &value)
}
