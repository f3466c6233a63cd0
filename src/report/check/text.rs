//! What a person reads: a line for a clean file, findings with what was seen and how to fix it, a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{File, Run, count};
use crate::analysis::policy::Level;
use crate::analysis::policy::judge::{Finding, Judgement};
use crate::analysis::policy::rules;
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

/// Writes the run: file by file, or, of several files and without `verbose`, rule by rule.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run, style: Style) -> io::Result<()> {
    let page = Page { style };
    if run.files.len() > 1 && !style.verbose {
        page.by_rule(out, run)?;
    } else {
        for file in &run.files {
            page.file(out, file)?;
        }
    }
    if style.quiet {
        return Ok(());
    }
    if style.verbose {
        for (name, why) in &run.skipped {
            writeln!(out, "{}: skipped: {why}", safe(name))?;
        }
    }
    if run.files.len() + run.unreadable.len() > 1 {
        writeln!(out, "{}", summary(run))?;
    } else {
        if !run.skipped.is_empty() {
            writeln!(out, "{}", skipped(run))?;
        }
        if let Some(policy) = &run.policy {
            // One file has no summary, but who decided is told all the same.
            writeln!(out, "policy {}", safe(policy))?;
        }
    }
    Ok(())
}

/// Names and messages come from the file: nothing of them may steer the terminal.
fn safe(s: &str) -> String {
    escape(s.as_bytes())
}

fn skipped(run: &Run) -> String {
    format!("{} skipped: not Go", count(run.skipped.len(), "file"))
}

struct Page {
    style: Style,
}

impl Page {
    fn paint(&self, code: &str, s: &str) -> String {
        match self.style.color {
            true => format!("\x1b[{code}m{s}\x1b[0m"),
            false => s.to_string(),
        }
    }

    fn level(&self, l: Level) -> String {
        match l {
            Level::Error => self.paint("1;31", "error"),
            Level::Warning => self.paint("1;33", "warning"),
            Level::Note => self.paint("1;36", "note"),
        }
    }

    fn file(&self, out: &mut dyn Write, file: &File) -> io::Result<()> {
        let (name, j) = (safe(&file.name), &file.judgement);
        for f in &j.findings {
            let (name, level) = (self.paint("1", &name), self.level(f.level));
            writeln!(out, "{name}: {level}[{}]: {}", f.rule, safe(&f.message))?;
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
        if self.style.quiet {
            return Ok(());
        }
        if j.findings.is_empty() {
            let some = |n: usize, what: &str| {
                if n == 0 {
                    String::new()
                } else {
                    format!(", {n} {what}")
                }
            };
            let idle = some(j.not_applicable.len(), "not applicable");
            let open = some(j.unknown.len(), "can't be told");
            let (ok, rules) = (self.paint("1;32", "ok"), count(j.passed.len(), "rule"));
            writeln!(out, "{name}: {ok}: {rules} passed{idle}{open}")?;
        }
        for e in &j.excepted {
            let (rule, message) = (e.finding.rule, safe(&e.finding.message));
            writeln!(
                out,
                "    excepted until {}: {rule}: {message} ({})",
                e.expires,
                safe(&e.reason)
            )?;
        }
        self.rest(out, file)
    }

    /// What there is to say of rules that hold, do not apply, or can't be told.
    fn rest(&self, out: &mut dyn Write, file: &File) -> io::Result<()> {
        let (j, verbose) = (&file.judgement, self.style.verbose);
        for (rule, said) in &j.passed {
            match said {
                Some(said) => writeln!(out, "    {rule}: {}", safe(said))?,
                None if verbose => writeln!(out, "    {rule}: passed")?,
                None => {}
            }
        }
        // A rule that was asked for by name must not seem to have been checked where it was not.
        if verbose || j.passed.is_empty() {
            for (rule, why) in &j.not_applicable {
                writeln!(out, "    {rule}: not applicable: {}", safe(why))?;
            }
        }
        if verbose {
            for (rule, why) in &j.unknown {
                writeln!(out, "    {rule}: can't be told: {}", safe(why))?;
            }
        }
        Ok(())
    }

    fn by_rule(&self, out: &mut dyn Write, run: &Run) -> io::Result<()> {
        let order = |code: &str| rules::all().position(|r| r.code == code);
        let mut groups: BTreeMap<_, Vec<(&str, &Finding)>> = BTreeMap::new();
        for (file, f) in run.findings() {
            let key = (std::cmp::Reverse(f.level), order(f.rule));
            groups.entry(key).or_default().push((file, f));
        }
        for ((level, _), found) in &groups {
            let Some((_, first)) = found.first() else { continue };
            let mut files: Vec<&str> = found.iter().map(|f| f.0).collect();
            files.dedup();
            let (level, files) = (self.level(level.0), count(files.len(), "file"));
            writeln!(out, "{level}[{}]: {files}", first.rule)?;
            // What is the same of several files is said once.
            let mut messages: Vec<(&str, Vec<&str>)> = Vec::new();
            for (file, f) in found {
                match messages.iter_mut().find(|m| m.0 == f.message) {
                    Some(m) => m.1.push(file),
                    None => messages.push((&f.message, vec![file])),
                }
            }
            for (message, mut files) in messages {
                files.dedup();
                writeln!(out, "  {}", safe(message))?;
                names(out, &files)?;
            }
            writeln!(out, "  help: {}\n", first.help)?;
        }
        for e in run
            .files
            .iter()
            .flat_map(|f| f.judgement.excepted.iter().map(move |e| (f, e)))
        {
            if self.style.quiet {
                break;
            }
            let (file, e) = (safe(&e.0.name), e.1);
            let (rule, message) = (e.finding.rule, safe(&e.finding.message));
            writeln!(
                out,
                "{file}: excepted until {}: {rule}: {message} ({})",
                e.expires,
                safe(&e.reason)
            )?;
        }
        let clean = run.files.iter().filter(|f| f.judgement.findings.is_empty());
        for file in clean.filter(|_| !self.style.quiet) {
            self.file(
                out,
                &File {
                    name: file.name.clone(),
                    judgement: without_exceptions(file),
                },
            )?;
        }
        Ok(())
    }
}

/// The judgement of a file whose exceptions were listed before.
fn without_exceptions(file: &File) -> Judgement {
    Judgement {
        excepted: Vec::new(),
        ..file.judgement.clone()
    }
}

/// Names of files, as many on a line as 100 columns hold.
fn names(out: &mut dyn Write, files: &[&str]) -> io::Result<()> {
    let mut width = 0;
    for (i, file) in files.iter().enumerate() {
        let name = safe(file);
        let comma = if i + 1 < files.len() { "," } else { "" };
        let next = name.chars().count() + comma.len();
        if width > 0 && width + 1 + next > 100 {
            writeln!(out)?;
            width = 0;
        }
        let space = if width == 0 { "    " } else { " " };
        write!(out, "{space}{name}{comma}")?;
        width += space.len() + next;
    }
    writeln!(out)
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
    if s.skipped > 0 {
        line.push_str(&format!("; {}", skipped(run)));
    }
    if s.unreadable > 0 {
        line.push_str(&format!("; {} could not be read", count(s.unreadable, "file")));
    }
    if let Some(policy) = &run.policy {
        line.push_str(&format!("; policy {}", escape(policy.as_bytes())));
    }
    line
}
