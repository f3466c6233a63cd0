//! A run of `gospect check` → text, JSON, SARIF, JUnit XML, GitHub annotations, Markdown, CSV: one value, one
//! small file each.

mod csv;
pub(in crate::report) mod github;
pub mod json;
mod junit;
pub(in crate::report) mod markdown;
pub mod rules;
pub(in crate::report) mod sarif;
mod text;

use std::io::{self, Write};

use crate::analysis::policy::Level;
use crate::analysis::policy::judge::{Finding, Judgement};
use crate::analysis::policy::values::Date;
use crate::input::Name;
use crate::report::text::unsafe_on_terminal;

pub use csv::write as csv;
pub use github::write as github;
pub use json::write as json;
pub use junit::write as junit;
pub use markdown::write as markdown;
pub use sarif::write as sarif;
pub use text::{Style, write as text};

/// All that one run found, files in the order they were given.
#[derive(Debug)]
pub struct Run {
    /// Files that could be read.
    pub files: Vec<File>,
    /// Files that are no Go binaries and were passed over, and why.
    pub skipped: Vec<(Name, String)>,
    /// Files that could not be read, and why.
    pub unreadable: Vec<(Name, String)>,
    /// The policy file that was used.
    pub policy: Option<String>,
    /// The least level that makes the exit status 1.
    pub level: Level,
    /// The day that counted as today.
    pub today: Date,
}

/// One file.
#[derive(Debug)]
pub struct File {
    /// As it was given or found.
    pub name: Name,
    /// What it is found to be.
    pub judgement: Judgement,
}

/// How many of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Files that could be read.
    pub files: usize,
    /// Files without any finding.
    pub clean: usize,
    /// Findings of that level.
    pub errors: usize,
    /// Findings of that level.
    pub warnings: usize,
    /// Findings of that level.
    pub notes: usize,
    /// Findings under an exception.
    pub excepted: usize,
    /// Files that are no Go binaries.
    pub skipped: usize,
    /// Files that could not be read.
    pub unreadable: usize,
}

impl Run {
    /// Every finding with its file.
    pub fn findings(&self) -> impl Iterator<Item = (&Name, &Finding)> {
        self.files
            .iter()
            .flat_map(|f| f.judgement.findings.iter().map(move |x| (&f.name, x)))
    }

    /// Is there a finding that makes the exit status 1?
    pub fn fails(&self) -> bool {
        self.findings().any(|(_, f)| f.level >= self.level)
    }

    /// Counts.
    pub fn summary(&self) -> Summary {
        let count = |l: Level| self.findings().filter(|(_, f)| f.level == l).count();
        Summary {
            files: self.files.len(),
            clean: self
                .files
                .iter()
                .filter(|f| f.judgement.findings.is_empty())
                .count(),
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            notes: count(Level::Note),
            excepted: self.files.iter().map(|f| f.judgement.excepted.len()).sum(),
            skipped: self.skipped.len(),
            unreadable: self.unreadable.len(),
        }
    }

    /// Rules that hold for at least one file and fail for none, in the order of the catalogue.
    pub fn passed(&self) -> Vec<&'static str> {
        let all = crate::analysis::policy::rules::all().map(|r| r.code);
        let held = |code: &str| {
            self.files
                .iter()
                .any(|f| f.judgement.passed.iter().any(|p| p.0 == code))
        };
        all.filter(|c| held(c) && !self.findings().any(|(_, f)| f.rule == *c))
            .collect()
    }
}

/// `1 file`, `2 files`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Writes text with the five characters of XML escaped; what steers a terminal or hides text is shown as
/// `\u{…}`, and what XML can't hold becomes U+FFFD.
pub(in crate::report) fn xml(out: &mut dyn Write, text: &str) -> io::Result<()> {
    for c in text.chars() {
        match c {
            '<' => out.write_all(b"&lt;")?,
            '>' => out.write_all(b"&gt;")?,
            '&' => out.write_all(b"&amp;")?,
            '"' => out.write_all(b"&quot;")?,
            '\n' => out.write_all(b"&#10;")?,
            '\t' => out.write_all(b"&#9;")?,
            '\u{fffe}' | '\u{ffff}' => out.write_all("\u{fffd}".as_bytes())?,
            c if unsafe_on_terminal(c) => write!(out, "{}", c.escape_unicode())?,
            c => write!(out, "{c}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
