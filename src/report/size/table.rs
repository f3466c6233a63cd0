//! Size attribution as CSV and Markdown.

use std::io::{self, Write};

use super::text::{Shown, memory_groups, memory_word, part_words, share, shortened};
use crate::analysis::size::{Group, Row, group, parts};
use crate::report::csv::field;
use crate::report::markdown::cell;
use crate::report::text::{grouped, human};

/// All rows with a line of column names in front (RFC 4180); by one key where that was asked for.
/// [`super::View::explain`] has its rows largest first.
///
/// # Errors
/// What the writer says.
pub fn write_csv(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let view = shown.view;
    if view.explain.is_some() {
        let mut rows = shown.rows.clone();
        rows.sort_by_key(|r| std::cmp::Reverse(r.bytes));
        let rest = match view.top {
            0 => Vec::new(),
            top => rows.split_off(top.min(rows.len())),
        };
        write_rows(out, shown.file, &rows)?;
        let bytes: u64 = rest.iter().map(|r| r.bytes).sum();
        return match rest.len() {
            0 => Ok(()),
            n => writeln!(out, "{},,,,,… {n} more,,,{bytes},,,", field(shown.file)),
        };
    }
    if !view.grouped {
        return write_rows(out, shown.file, &shown.rows);
    }
    writeln!(out, "file,{},bytes,inferred", view.by.word())?;
    for g in shortened(shown.groups(), view.top) {
        writeln!(
            out,
            "{},{},{},{}",
            field(shown.file),
            field(&g.key),
            g.bytes,
            g.inferred
        )?;
    }
    Ok(())
}

fn write_rows(out: &mut dyn Write, file: &str, rows: &[&Row]) -> io::Result<()> {
    writeln!(
        out,
        "file,kind,section,package,module,symbol,source_file,slice,bytes,measured,from,unit"
    )?;
    for r in rows {
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

/// Two tables: by the key, and what the file is made of; of one package its parts, and its largest symbols.
///
/// # Errors
/// What the writer says.
pub fn write_markdown(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let Shown {
        report, rows, view, ..
    } = shown;
    let size = report.file_size;
    writeln!(
        out,
        "### {}\n\n{} ({} bytes)\n",
        cell(shown.file),
        human(size),
        grouped(size)
    )?;
    let sum = shown.bytes();
    if let Some(name) = &view.explain {
        let of_file = share(sum, size);
        writeln!(
            out,
            "{}: {} bytes, {of_file} of the file\n",
            cell(name),
            grouped(sum)
        )?;
        let part = |(r, bytes): (&Row, u64)| Group {
            key: part_words(r),
            bytes,
            inferred: 0,
        };
        table(out, "part", parts(rows).into_iter().map(part).collect(), sum, sum)?;
        return table(out, "symbol", shortened(shown.symbols(), view.top), sum, sum);
    }
    table(
        out,
        view.by.word(),
        shortened(shown.groups(), view.top),
        sum,
        size,
    )?;
    let kinds = group(rows.iter().copied(), |r| r.kind.word().to_string());
    table(out, "kind", shortened(kinds, view.top), sum, size)?;
    if view.memory {
        let groups = memory_groups(report, view);
        let all = groups.iter().fold(0u64, |sum, g| sum.saturating_add(g.bytes));
        let word = memory_word(view.by);
        table(
            out,
            &format!("memory without bytes in the file, by {word}"),
            groups,
            all,
            all,
        )?;
    }
    Ok(())
}

/// A table of groups that are parts of `whole`, with their sum.
fn table(out: &mut dyn Write, title: &str, groups: Vec<Group>, sum: u64, whole: u64) -> io::Result<()> {
    writeln!(out, "| {title} | bytes | share |\n| --- | ---: | ---: |")?;
    for g in groups {
        let share = share(g.bytes, whole);
        writeln!(out, "| {} | {} | {share} |", cell(&g.key), grouped(g.bytes))?;
    }
    writeln!(out, "| **total** | {} | {} |\n", grouped(sum), share(sum, whole))
}
