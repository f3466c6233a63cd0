//! Size attribution as CSV and Markdown.

use std::io::{self, Write};

use super::text::{View, memory_groups, memory_word, share, shortened};
use crate::analysis::size::{Report, Row, group, matches};
use crate::report::csv::field;
use crate::report::markdown::cell;
use crate::report::text::{grouped, human};

/// Rows with a line of column names in front (RFC 4180).
///
/// # Errors
/// What the writer says.
pub fn write_csv(out: &mut dyn Write, file: &str, report: &Report, view: &View) -> io::Result<()> {
    writeln!(
        out,
        "file,kind,section,package,module,symbol,source_file,slice,bytes,measured,from,unit"
    )?;
    for r in report
        .rows
        .iter()
        .filter(|r| view.filter.as_deref().is_none_or(|f| matches(r, f)))
    {
        let text = |s: &Option<String>| field(s.as_deref().unwrap_or_default());
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
            field(file),
            r.kind.word(),
            field(&r.section),
            text(&r.package),
            text(&r.module),
            text(&r.symbol),
            text(&r.file),
            text(&r.slice),
            r.bytes,
            r.source.measured(),
            r.source.word(),
            text(&r.unit)
        )?;
    }
    Ok(())
}

/// Two tables: by the key, and what the file is made of.
///
/// # Errors
/// What the writer says.
pub fn write_markdown(out: &mut dyn Write, file: &str, report: &Report, view: &View) -> io::Result<()> {
    writeln!(
        out,
        "### {}\n\n{} ({} bytes)\n",
        cell(file),
        human(report.file_size),
        grouped(report.file_size)
    )?;
    let rows: Vec<&Row> = report
        .rows
        .iter()
        .filter(|r| view.filter.as_deref().is_none_or(|f| matches(r, f)))
        .collect();
    let total: u64 = rows.iter().map(|r| r.bytes).sum();
    let by = |r: &Row| view.by.key(r);
    let kind = |r: &Row| r.kind.word().to_string();
    type Key<'k> = (&'k str, &'k dyn Fn(&Row) -> String);
    let keys: [Key<'_>; 2] = [(view.by.word(), &by), ("kind", &kind)];
    for (title, key) in keys {
        writeln!(out, "| {title} | bytes | share |\n| --- | ---: | ---: |")?;
        for g in shortened(group(rows.iter().copied(), key), view.top) {
            writeln!(
                out,
                "| {} | {} | {} |",
                cell(&g.key),
                grouped(g.bytes),
                share(g.bytes, report.file_size)
            )?;
        }
        writeln!(
            out,
            "| **total** | {} | {} |\n",
            grouped(total),
            share(total, report.file_size)
        )?;
    }
    if view.memory {
        let groups = memory_groups(report, view);
        let all = groups.iter().fold(0u64, |sum, g| sum.saturating_add(g.bytes));
        let word = memory_word(view.by);
        writeln!(
            out,
            "| memory without bytes in the file, by {word} | bytes | share |\n| --- | ---: | ---: |"
        )?;
        for g in &groups {
            writeln!(
                out,
                "| {} | {} | {} |",
                cell(&g.key),
                grouped(g.bytes),
                share(g.bytes, all)
            )?;
        }
        writeln!(out, "| **total** | {} | {} |\n", grouped(all), share(all, all))?;
    }
    Ok(())
}
