//! `gospect size` on a terminal: a table by one key with shares and bars, what the file is made of, a total
//! that adds up.

use std::io::{self, Write};

use crate::analysis::size::{
    Agreement, By, Group, Report, Row, Wanted, group, group_memory, matches_memory, parts,
};
use crate::input::Name;
use crate::report::columns::{Columns, Line};
use crate::report::text::{escape, grouped, human};

/// How to show a report.
#[derive(Debug, Clone)]
pub struct View {
    /// The key of the table.
    pub by: By,
    /// Lines of the table; the others are summed up in one; 0 for all.
    pub top: usize,
    /// Were `by` or `top` asked for? Formats for programs have the groups only then.
    pub grouped: bool,
    /// Each module with its packages.
    pub tree: bool,
    /// Only rows that hold this text somewhere.
    pub filter: Option<String>,
    /// Show memory without bytes in the file.
    pub memory: bool,
    /// Show from which structures the bytes of this package or module come.
    pub explain: Option<String>,
    /// Colours.
    pub color: bool,
    /// Columns of the terminal, where it matters.
    pub width: Option<usize>,
}

impl View {
    /// The largest `top` groups, 0 for all, and nothing else that can be asked for.
    pub fn plain(by: By, top: usize) -> View {
        View {
            by,
            top,
            grouped: false,
            tree: false,
            filter: None,
            memory: false,
            explain: None,
            color: false,
            width: None,
        }
    }

    /// The rows that it asks for.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            filter: self.filter.as_deref(),
            explain: self.explain.as_deref(),
            memory: self.memory,
        }
    }
}

/// A report, and what is shown of it.
#[derive(Debug)]
pub struct Shown<'r> {
    /// The file.
    pub name: &'r Name,
    /// What it is called in the report.
    pub file: &'r str,
    /// All of it.
    pub report: &'r Report,
    /// The rows that were asked for.
    pub rows: Vec<&'r Row>,
    /// How they are shown.
    pub view: &'r View,
}

impl Shown<'_> {
    /// The rows by the view's key, the largest first.
    pub(super) fn groups(&self) -> Vec<Group> {
        group(self.rows.iter().copied(), |r| self.view.by.key(r))
    }

    /// Symbols with their kinds, for [`View::explain`].
    pub(super) fn symbols(&self) -> Vec<Group> {
        let name = |r: &Row| {
            let symbol = r.symbol.as_deref().unwrap_or("(no symbol)");
            format!("{symbol} [{}]", r.kind.word())
        };
        group(self.rows.iter().copied(), name)
    }

    /// Bytes of all rows that are shown.
    pub(super) fn bytes(&self) -> u64 {
        self.rows.iter().map(|r| r.bytes).sum()
    }
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

/// A table of groups that are parts of `whole`, with their sum below.
struct Parts<'v> {
    view: &'v View,
    whole: u64,
    lines: Vec<Line>,
}

impl<'v> Parts<'v> {
    fn new(view: &'v View, whole: u64) -> Parts<'v> {
        let lines = Vec::new();
        Parts { view, whole, lines }
    }

    fn line(&mut self, name: &str, bytes: u64) -> &mut Line {
        self.lines.push(Line {
            figures: vec![grouped(bytes), share(bytes, self.whole)],
            name: name.into(),
            ..Line::default()
        });
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    fn part(&mut self, name: &str, bytes: u64) {
        let color = if self.view.color { "\x1b[36m" } else { "" };
        let bar = Some((bytes, self.whole));
        let line = self.line(name, bytes);
        (line.bar, line.color) = (bar, color);
    }

    fn write(mut self, out: &mut dyn Write, sum: u64, what: &str) -> io::Result<()> {
        self.line(what, sum).ruled = true;
        let columns = Columns {
            least: vec![14, 7],
            width: self.view.width,
            lines: self.lines,
            ..Columns::default()
        };
        columns.write(out)
    }
}

/// Writes a report as text.
///
/// # Errors
/// What the writer says.
pub fn write_text(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let Shown {
        report, rows, view, ..
    } = shown;
    let go = report.go_version.as_deref();
    let go = go
        .map(|v| format!(", {}", escape(v.as_bytes())))
        .unwrap_or_default();
    let size = report.file_size;
    writeln!(
        out,
        "{}: {} ({} bytes){go}",
        shown.file,
        human(size),
        grouped(size)
    )?;
    if let Some(name) = &view.explain {
        return explain(out, shown, name);
    }
    let what = if view.filter.is_some() {
        "total of what matches"
    } else {
        "total, the file's size"
    };
    writeln!(out, "\nBy {}:", view.by.word())?;
    let mut table = Parts::new(view, size);
    for g in shortened(shown.groups(), view.top) {
        table.part(&g.key, g.bytes);
        if view.tree {
            let below = rows.iter().copied().filter(|r| view.by.key(r) == g.key);
            let next = if view.by == By::Module {
                By::Package
            } else {
                By::Kind
            };
            for b in shortened(group(below, |r| next.key(r)), view.top) {
                table.line(&format!("└ {}", b.key), b.bytes);
            }
        }
    }
    table.write(out, shown.bytes(), what)?;
    // `std` alone is no list.
    if view.by == By::Module && report.modules.len() < 2 && rows.iter().any(|r| r.package.is_some()) {
        writeln!(
            out,
            "\nThe file has no list of its modules; --by package tells more."
        )?;
    }
    if view.by != By::Kind {
        writeln!(out, "\nWhat it is made of:")?;
        let mut table = Parts::new(view, size);
        for g in group(rows.iter().copied(), |r| r.kind.word().into()) {
            table.part(&g.key, g.bytes);
        }
        table.write(out, shown.bytes(), what)?;
    }
    let inferred: u64 = rows
        .iter()
        .filter(|r| !r.source.measured())
        .map(|r| r.bytes)
        .sum();
    writeln!(
        out,
        "\n{} of these bytes are measured; for {} the package is inferred from who refers to them.",
        share(shown.bytes() - inferred, shown.bytes()),
        share(inferred, shown.bytes())
    )?;
    if view.memory {
        writeln!(
            out,
            "\nMemory without bytes in the file, by {}:",
            memory_word(view.by)
        )?;
        let groups = memory_groups(report, view);
        let all = groups.iter().fold(0u64, |sum, g| sum.saturating_add(g.bytes));
        let mut table = Parts::new(view, all);
        for g in &groups {
            table.part(&g.key, g.bytes);
        }
        table.write(out, all, "total, not part of the file")?;
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

/// Kind, section, and how it is known, in words.
pub(super) fn part_words(r: &Row) -> String {
    let how = if r.source.measured() {
        "measured"
    } else {
        "inferred"
    };
    format!("{} in {}, {how} by {}", r.kind.word(), r.section, r.source.word())
}

/// From which structures the bytes of a package or module come.
fn explain(out: &mut dyn Write, shown: &Shown<'_>, name: &str) -> io::Result<()> {
    let sum = shown.bytes();
    let of_file = share(sum, shown.report.file_size);
    let name = escape(name.as_bytes());
    writeln!(out, "\n{name}: {} bytes, {of_file} of the file", grouped(sum))?;
    let mut table = Parts::new(shown.view, sum);
    for (row, bytes) in parts(&shown.rows) {
        table.part(&part_words(row), bytes);
    }
    table.write(out, sum, &format!("total of {name}"))?;
    writeln!(out, "\nLargest:")?;
    let mut table = Parts::new(shown.view, sum);
    for g in shortened(shown.symbols(), shown.view.top) {
        table.part(&g.key, g.bytes);
    }
    table.write(out, sum, &format!("total of {name}"))
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
