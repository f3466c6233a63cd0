//! A table for a pull request's comment or a job summary.

use std::io::{self, Write};

use super::Run;
use super::text::summary;
use crate::analysis::policy::Level;

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let verdict = if run.fails() || !run.unreadable.is_empty() {
        "❌"
    } else {
        "✅"
    };
    writeln!(out, "### {verdict} gospect check\n\n{}", summary(run))?;
    if run.findings().next().is_some() {
        writeln!(
            out,
            "\n| | File | Rule | Finding | Seen | Fix |\n| --- | --- | --- | --- | --- | --- |"
        )?;
    }
    for (file, f) in run.findings() {
        let mark = match f.level {
            Level::Error => "❌",
            Level::Warning => "⚠️",
            Level::Note => "ℹ️",
        };
        writeln!(
            out,
            "| {mark} | {} | {} | {} | {} | {} |",
            code(file),
            code(f.rule),
            cell(&f.message),
            cell(&f.evidence),
            cell(f.help)
        )?;
    }
    let excepted = || {
        run.files
            .iter()
            .flat_map(|f| f.judgement.excepted.iter().map(move |e| (&f.name, e)))
    };
    if excepted().next().is_some() {
        writeln!(
            out,
            "\n| Excepted in | Rule | Finding | Until | Reason |\n| --- | --- | --- | --- | --- |"
        )?;
    }
    for (file, e) in excepted() {
        let (rule, message) = (code(e.finding.rule), cell(&e.finding.message));
        writeln!(
            out,
            "| {} | {rule} | {message} | {} | {} |",
            code(file),
            e.expires,
            cell(&e.reason)
        )?;
    }
    if !run.unreadable.is_empty() {
        writeln!(out, "\n| Could not be read | Why |\n| --- | --- |")?;
    }
    for (file, why) in &run.unreadable {
        writeln!(out, "| {} | {} |", code(file), cell(why))?;
    }
    Ok(())
}

/// Text in a cell of a table: nothing in it is markup.
pub(in crate::report) fn cell(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A name in a cell, set as code.
pub(in crate::report) fn code(s: &str) -> String {
    if s.contains(['`', '|', '\n', '\r', '\\']) {
        cell(s)
    } else {
        format!("`{s}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_break_the_table() {
        assert_eq!(code("bin/a"), "`bin/a`");
        assert_eq!(code("a|`b\n"), "a\\|\\`b ");
        assert_eq!(cell("<img> [x](y)"), "&lt;img> \\[x\\](y)");
    }
}
