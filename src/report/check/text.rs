//! What a person reads: a line for a clean file, findings with what was seen and how to mend it, a summary.

use std::io::{self, Write};

use super::{Run, count};
use crate::analysis::policy::Level;
use crate::report::text::escape;

/// How to write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// Findings only.
    pub quiet: bool,
    /// Also what passed, does not apply, and can't be told.
    pub verbose: bool,
}

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run, style: Style) -> io::Result<()> {
    let paint = |code: &str, s: &str| {
        if style.color {
            format!("\x1b[{code}m{s}\x1b[0m")
        } else {
            s.to_string()
        }
    };
    let level = |l: Level| match l {
        Level::Error => paint("1;31", "error"),
        Level::Warning => paint("1;33", "warning"),
        Level::Note => paint("1;36", "note"),
    };
    // Messages carry names from the file.
    let safe = |s: &str| escape(s.as_bytes());
    for file in &run.files {
        let (name, j) = (safe(&file.name), &file.judgement);
        for f in &j.findings {
            writeln!(
                out,
                "{}: {}[{}]: {}",
                paint("1", &name),
                level(f.level),
                f.rule,
                safe(&f.message)
            )?;
            if !f.evidence.is_empty() {
                let at = f.offset.map_or(String::new(), |o| format!(" (offset {o:#x})"));
                writeln!(out, "    seen: {}{at}", safe(&f.evidence))?;
            }
            // The same advice once is enough.
            let last = j.findings.iter().rfind(|x| x.rule == f.rule);
            if last.is_some_and(|l| std::ptr::eq(l, f)) {
                writeln!(out, "    help: {}", f.help)?;
            }
        }
        if style.quiet {
            continue;
        }
        if j.findings.is_empty() {
            let open = if j.unknown.is_empty() {
                String::new()
            } else {
                format!(", {} can't be told", j.unknown.len())
            };
            let idle = if j.not_applicable.is_empty() {
                String::new()
            } else {
                format!(", {} not applicable", j.not_applicable.len())
            };
            writeln!(
                out,
                "{name}: {}: {} passed{idle}{open}",
                paint("1;32", "ok"),
                count(j.passed.len(), "rule")
            )?;
        }
        for e in &j.excepted {
            writeln!(
                out,
                "    excepted until {}: {}: {} ({})",
                e.expires,
                e.finding.rule,
                safe(&e.finding.message),
                safe(&e.reason)
            )?;
        }
        for (rule, said) in &j.passed {
            match said {
                Some(said) => writeln!(out, "    {rule}: {}", safe(said))?,
                None if style.verbose => writeln!(out, "    {rule}: passed")?,
                None => {}
            }
        }
        // A rule that was asked for by name must not seem to have been checked where it was not.
        if style.verbose || j.passed.is_empty() {
            for (rule, why) in &j.not_applicable {
                writeln!(out, "    {rule}: not applicable: {}", safe(why))?;
            }
        }
        if style.verbose {
            for (rule, why) in &j.unknown {
                writeln!(out, "    {rule}: can't be told: {}", safe(why))?;
            }
        }
    }
    if !style.quiet && run.files.len() + run.unreadable.len() > 1 {
        writeln!(out, "{}", summary(run))?;
    } else if let Some(policy) = run.policy.as_ref().filter(|_| !style.quiet) {
        // One file has no summary, but who decided is told all the same.
        writeln!(out, "policy {}", safe(policy))?;
    }
    Ok(())
}

/// One line: `3 files: 2 clean; 1 error, 0 warnings, 0 notes`.
pub(super) fn summary(run: &Run) -> String {
    let s = run.summary();
    let mut line = format!(
        "{}: {} clean; {}, {}, {}",
        count(s.files, "file"),
        s.clean,
        count(s.errors, "error"),
        count(s.warnings, "warning"),
        count(s.notes, "note")
    );
    if s.excepted > 0 {
        line.push_str(&format!("; {} excepted", s.excepted));
    }
    if s.unreadable > 0 {
        line.push_str(&format!("; {} could not be read", count(s.unreadable, "file")));
    }
    if let Some(policy) = &run.policy {
        line.push_str(&format!("; policy {}", escape(policy.as_bytes())));
    }
    line
}
