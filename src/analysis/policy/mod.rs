//! One file's facts and a policy → findings: what is demanded and does not hold, or can't be seen.
//!
//! [`rules`] is the one table of rules: help, docs, `--explain` and tests read it. [`mod@file`] reads
//! `gospect.toml`, [`select`] says which rules a file is held to, [`judge`] holds it to them. No I/O, no
//! columns.

pub mod file;
pub mod judge;
mod referrers;
pub mod releases;
pub mod rules;
pub mod select;
mod strings;
pub mod subject;
pub mod values;

use std::fmt;

use super::seen::Seen;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Should be fixed.
    Warning,
    /// Must be fixed.
    Error,
}

impl Level {
    /// All, the least first.
    pub const ALL: [Level; 3] = [Level::Note, Level::Warning, Level::Error];

    /// The word for it: note, warning, error.
    pub fn word(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// The level of a word.
    pub fn parse(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| l.word() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a rule says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds; something to say about it, where there is.
    Pass(Option<String>),
    /// It does not, in one or more places.
    Fail(Vec<Fault>),
    /// The file does not show what would tell; why.
    Unknown(String),
    /// The rule means nothing for this file; why.
    NotApplicable(String),
}

impl Verdict {
    /// It holds, and there is no more to say.
    pub(crate) const PASS: Verdict = Verdict::Pass(None);

    /// One fault.
    pub(crate) fn fail(message: impl Into<String>, evidence: impl Into<String>) -> Verdict {
        Verdict::Fail(vec![Fault {
            message: message.into(),
            evidence: evidence.into(),
            offset: None,
        }])
    }

    /// Passes where `holds`, else one fault.
    pub(crate) fn hold(holds: bool, message: &str, evidence: impl Into<String>) -> Verdict {
        if holds {
            Verdict::PASS
        } else {
            Verdict::fail(message, evidence)
        }
    }

    /// As many faults as there are; none pass.
    pub(crate) fn of(faults: Vec<Fault>) -> Verdict {
        if faults.is_empty() {
            Verdict::PASS
        } else {
            Verdict::Fail(faults)
        }
    }

    pub(crate) fn unknown(why: impl Into<String>) -> Verdict {
        Verdict::Unknown(why.into())
    }

    pub(crate) fn not_applicable(why: impl Into<String>) -> Verdict {
        Verdict::NotApplicable(why.into())
    }
}

impl<T> Seen<T> {
    /// The verdict on a fact: of what was read whole (`None`: known not to be there) what `decide` says; of
    /// what was seen in part only the faults in that part; else unknown, and never a pass.
    pub(crate) fn judge(&self, decide: impl FnOnce(Option<&T>) -> Verdict) -> Verdict {
        let (why, part) = match self {
            Seen::Is(value) => return decide(Some(value)),
            Seen::Absent => return decide(None),
            Seen::Hidden { why, part } => (why, part),
        };
        match part.as_ref().map(|p| decide(Some(p))) {
            Some(Verdict::Fail(faults)) => Verdict::Fail(faults),
            _ => Verdict::unknown(why),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A sentence without a full stop.
    pub message: String,
    /// Where the file shows it: header, section, setting.
    pub evidence: String,
    /// Offset in bytes from the start of the file, where there is one place.
    pub offset: Option<u64>,
}
