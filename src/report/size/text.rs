//! `gospect size` on a terminal: a table by one key with shares and bars, what the file is made of, a total that adds up.

use std::io::{self, Write};

use crate::analysis::size::{
    Agreement, By, Group, Report, Row, group, group_memory, matches, matches_memory,
};
use crate::report::text::{escape, grouped, human};

/// How to show a report.
#[derive(Debug, Clone)]
pub struct View {
    /// The key of the table.
    pub by: By,
    /// Lines of the table; the others are summed up in one.
    pub top: usize,
    /// Each module with its packages.
    pub tree: bool,
    /// Only rows that hold this text somewhere.
    pub filter: Option<String>,
    /// Show memory without bytes in the file.
    pub memory: bool,
    /// Show from which structures this package's bytes come.
    pub explain: Option<String>,
    /// Colours.
    pub color: bool,
}

/// Width of a full bar.
const BAR: u64 = 24;

/// A bar of up to [`BAR`] cells, in eighths.
pub(super) fn bar(part: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if whole == 0 {
        return String::new();
    }
    let cells = (u128::from(part) * u128::from(BAR) * 8 / u128::from(whole)) as usize;
    let mut out = "█".repeat(cells / 8);
    out.push_str(EIGHTHS.get(cells % 8).copied().unwrap_or_default());
    if out.is_empty() && part > 0 {
        out.push('▏');
    }
    out
}

/// `12.3 %` of `whole`.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

/// The first `top` groups, and the sum of the others as one more.
pub(super) fn shortened(mut groups: Vec<Group>, top: usize) -> Vec<Group> {
    if top > 0 && groups.len() > top {
        let rest = groups.split_off(top);
        let mut other = Group {
            key: format!("… {} more", grouped(rest.len() as u64)),
            ..Group::default()
        };
        for g in &rest {
            other.bytes = other.bytes.saturating_add(g.bytes);
            other.inferred = other.inferred.saturating_add(g.inferred);
        }
        groups.push(other);
    }
    groups
}

fn line(out: &mut dyn Write, key: &str, bytes: u64, whole: u64, color: bool) -> io::Result<()> {
    let (on, off) = if color { ("\x1b[36m", "\x1b[0m") } else { ("", "") };
    writeln!(
        out,
        "  {:>14}  {:>7}  {on}{:<24}{off}  {}",
        grouped(bytes),
        share(bytes, whole),
        bar(bytes, whole),
        escape(key.as_bytes())
    )
}

fn total(out: &mut dyn Write, bytes: u64, whole: u64, what: &str) -> io::Result<()> {
    writeln!(out, "  {:->14}  {:->7}", "", "")?;
    writeln!(
        out,
        "  {:>14}  {:>7}  {:<24}  {what}",
        grouped(bytes),
        share(bytes, whole),
        ""
    )
}

/// Writes a report as text.
///
/// # Errors
/// What the writer says.
pub fn write_text(out: &mut dyn Write, file: &str, report: &Report, view: &View) -> io::Result<()> {
    let go = report
        .go_version
        .as_deref()
        .map(|v| format!(", {}", escape(v.as_bytes())))
        .unwrap_or_default();
    writeln!(
        out,
        "{file}: {} ({} bytes){go}",
        human(report.file_size),
        grouped(report.file_size)
    )?;
    if let Some(package) = &view.explain {
        return explain(out, report, package, view);
    }
    let rows: Vec<&Row> = report
        .rows
        .iter()
        .filter(|r| view.filter.as_deref().is_none_or(|f| matches(r, f)))
        .collect();
    let shown: u64 = rows.iter().map(|r| r.bytes).sum();
    if let (true, Some(filter)) = (rows.is_empty(), &view.filter) {
        return writeln!(
            out,
            "\nNothing in the file matches {:?}.",
            escape(filter.as_bytes())
        );
    }
    writeln!(out, "\nBy {}:", view.by.word())?;
    let groups = group(rows.iter().copied(), |r| view.by.key(r));
    for g in shortened(groups, view.top) {
        line(out, &g.key, g.bytes, report.file_size, view.color)?;
        if view.tree {
            let below = rows.iter().copied().filter(|r| view.by.key(r) == g.key);
            let next = if view.by == By::Module {
                By::Package
            } else {
                By::Kind
            };
            for b in shortened(group(below, |r| next.key(r)), view.top) {
                writeln!(
                    out,
                    "  {:>14}  {:>7}  {:<24}  └ {}",
                    grouped(b.bytes),
                    share(b.bytes, report.file_size),
                    "",
                    escape(b.key.as_bytes())
                )?;
            }
        }
    }
    let what = if view.filter.is_some() {
        "total of what matches"
    } else {
        "total, the file's size"
    };
    total(out, shown, report.file_size, what)?;
    // `std` alone is no list.
    if view.by == By::Module && report.modules.len() < 2 && rows.iter().any(|r| r.package.is_some()) {
        writeln!(
            out,
            "\nThe file has no list of its modules; --by package tells more."
        )?;
    }
    if view.by != By::Kind {
        writeln!(out, "\nWhat it is made of:")?;
        for g in group(rows.iter().copied(), |r| r.kind.word().into()) {
            line(out, &g.key, g.bytes, report.file_size, view.color)?;
        }
        total(out, shown, report.file_size, what)?;
    }
    let inferred: u64 = rows
        .iter()
        .filter(|r| !r.source.measured())
        .map(|r| r.bytes)
        .sum();
    writeln!(
        out,
        "\n{} of these bytes are measured; for {} the package is inferred from who refers to them.",
        share(shown - inferred, shown),
        share(inferred, shown)
    )?;
    if view.memory {
        writeln!(
            out,
            "\nMemory without bytes in the file, by {}:",
            memory_word(view.by)
        )?;
        let groups = memory_groups(report, view);
        let all = groups.iter().fold(0u64, |sum, g| sum.saturating_add(g.bytes));
        for g in &groups {
            line(out, &g.key, g.bytes, all, view.color)?;
        }
        total(out, all, all, "total, not part of the file")?;
    }
    Ok(())
}

/// The word for [`By::memory_key`].
pub(super) fn memory_word(by: By) -> &'static str {
    match by {
        By::Kind | By::File => By::Package.word(),
        _ => by.word(),
    }
}

/// Memory that matches the filter, by the table's key.
pub(super) fn memory_groups(report: &Report, view: &View) -> Vec<Group> {
    let kept = report
        .memory
        .iter()
        .filter(|m| view.filter.as_deref().is_none_or(|f| matches_memory(m, f)));
    shortened(group_memory(kept, |m| view.by.memory_key(m)), view.top)
}

/// From which structures the bytes of a package come.
fn explain(out: &mut dyn Write, report: &Report, package: &str, view: &View) -> io::Result<()> {
    let rows: Vec<&Row> = report
        .rows
        .iter()
        .filter(|r| r.package.as_deref() == Some(package) || By::Package.key(r) == package)
        .collect();
    let sum: u64 = rows.iter().map(|r| r.bytes).sum();
    let name = escape(package.as_bytes());
    if rows.is_empty() {
        return writeln!(out, "\nNo byte of the file belongs to package {name}.");
    }
    writeln!(
        out,
        "\nPackage {name}: {} bytes, {} of the file",
        grouped(sum),
        share(sum, report.file_size)
    )?;
    let key = |r: &Row| {
        let how = if r.source.measured() {
            "measured"
        } else {
            "inferred"
        };
        format!("{} in {}, {how} by {}", r.kind.word(), r.section, r.source.word())
    };
    for g in group(rows.iter().copied(), key) {
        line(out, &g.key, g.bytes, sum, view.color)?;
    }
    total(out, sum, sum, "total of the package")?;
    writeln!(out, "\nLargest:")?;
    for g in shortened(
        group(rows.iter().copied(), |r| {
            format!(
                "{} [{}]",
                r.symbol.as_deref().unwrap_or("(no symbol)"),
                r.kind.word()
            )
        }),
        view.top,
    ) {
        line(out, &g.key, g.bytes, sum, view.color)?;
    }
    Ok(())
}

/// Writes how far attribution without symbols agrees with the symbols.
///
/// # Errors
/// What the writer says.
pub fn write_agreement(out: &mut dyn Write, file: &str, all: &[Agreement], worst: bool) -> io::Result<()> {
    writeln!(
        out,
        "{file}: bytes of variables that get the package their symbol names, with the symbols hidden"
    )?;
    for a in all {
        writeln!(
            out,
            "  {:>7}  {:>12} of {:>12}  {}",
            share(a.agree, a.bytes),
            grouped(a.agree),
            grouped(a.bytes),
            escape(a.section.as_bytes())
        )?;
        for (bytes, symbol, package) in a.worst.iter().filter(|_| worst) {
            writeln!(
                out,
                "           {:>12} of {} went to {}",
                grouped(*bytes),
                escape(symbol.as_bytes()),
                escape(package.as_bytes())
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_vanish() {
        assert_eq!(bar(1, 1).chars().count(), 24);
        assert_eq!(bar(1, 2).chars().count(), 12);
        assert_eq!((bar(1, 1_000_000), bar(0, 5)), ("▏".to_string(), String::new()));
    }

    #[test]
    fn what_is_cut_off_is_summed_up() {
        let g = |key: &str, bytes| Group {
            key: key.into(),
            bytes,
            inferred: 0,
        };
        let all = shortened(vec![g("a", 5), g("b", 3), g("c", 2)], 1);
        assert_eq!((all.len(), all[1].bytes, all[1].key.as_str()), (2, 5, "… 2 more"));
    }
}
