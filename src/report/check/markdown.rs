//! A table for a pull request's comment or a job summary.

use std::io::{self, Write};

use super::Run;
use super::text::summary;
use crate::analysis::policy::Level;
use crate::report::markdown::{cell, code};

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
