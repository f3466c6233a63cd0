//! The words for what makes two builds differ, their order, and the verdict.

use std::borrow::Cow;

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Byte for byte the same.
    Identical,
    /// Every byte that differs is explained by a cause that changes nothing that runs: names, stamps, lines,
    /// symbols, IDs.
    IdenticalBut,
    /// Code or data differ, or something is not explained.
    Different,
}

impl Verdict {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Identical => "identical",
            Verdict::IdenticalBut => "identical-but-for",
            Verdict::Different => "different",
        }
    }
}

/// What a cause means for the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A line of the record: harmless where nothing else follows from it.
    Record,
    /// Changes nothing that runs.
    Harmless,
    /// Code or data are others.
    Change,
    /// Bytes that nothing explains.
    Open,
    /// Follows from what stands before it.
    Effect,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// In a word or two: a setting's name, `code`, `string constant`.
    pub what: Cow<'static, str>,
    /// What it means.
    pub class: Class,
    /// What it is about: a variable, module, file, type.
    pub name: Option<String>,
    /// The section that it was seen in.
    pub section: Option<String>,
    /// The function that it was seen in, or that uses it.
    pub function: Option<String>,
    /// What the first file has; `None` for nothing.
    pub theirs: Option<String>,
    /// What the second file has; `None` for nothing.
    pub ours: Option<String>,
    /// A word of explanation.
    pub note: Option<String>,
}

impl Cause {
    /// A cause about nothing in particular yet.
    pub(in crate::analysis) fn new(what: impl Into<Cow<'static, str>>, class: Class) -> Cause {
        Cause {
            what: what.into(),
            class,
            name: None,
            section: None,
            function: None,
            theirs: None,
            ours: None,
            note: None,
        }
    }

    pub(in crate::analysis) fn named(mut self, name: impl Into<String>) -> Cause {
        self.name = Some(name.into());
        self
    }

    pub(in crate::analysis) fn function(mut self, name: impl Into<String>) -> Cause {
        self.function = Some(name.into());
        self
    }

    pub(super) fn section(mut self, name: impl Into<String>) -> Cause {
        self.section = Some(name.into());
        self
    }

    pub(in crate::analysis) fn values(mut self, theirs: Option<String>, ours: Option<String>) -> Cause {
        (self.theirs, self.ours) = (theirs, ours);
        self
    }

    pub(in crate::analysis) fn note(mut self, note: impl Into<String>) -> Cause {
        self.note = Some(note.into());
        self
    }
}

/// The words in the order in which they explain each other. A word that is not among them is a setting, which
/// stands where `*` is.
const ORDER: &[&str] = &[
    "Go version",
    "format",
    "container",
    "GOOS",
    "GOARCH",
    "-compiler",
    "-buildmode",
    "CGO_ENABLED",
    "*",
    "main package",
    "main module",
    "module version",
    "module",
    "record",
    "-tags",
    "-pgo",
    "-gcflags",
    "-asmflags",
    "-ldflags",
    "-trimpath",
    "-X",
    "DefaultGODEBUG",
    "vcs stamp",
    "vcs",
    "vcs.revision",
    "vcs.modified",
    "vcs.time",
    "main module version",
    "C compiler",
    "source folder",
    "GOROOT",
    "module cache",
    "embedded file",
    "code",
    "C code",
    "type",
    "string constant",
    "string variable",
    "data",
    "line numbers",
    "header",
    "section",
    "packed",
    "strip",
    "-s -w",
    "debug information",
    "symbol table",
    "signature",
    "-buildid",
    "GNU build ID",
    "UUID",
    "not explained",
    "addresses",
    "file names",
    "Go build ID",
];

/// Puts causes before effects, and among each the most telling first.
pub(super) fn sort(all: &mut [Cause]) {
    let place = |word: &str| ORDER.iter().position(|w| *w == word);
    let settings = place("*").unwrap_or(0);
    all.sort_by_key(|c| (c.class == Class::Effect, place(&c.what).unwrap_or(settings)));
}

/// A build ID that differs is an effect, unless nothing else does.
pub(super) fn promote(all: &mut [Cause]) {
    if all.iter().any(|c| c.class != Class::Effect) {
        return;
    }
    if let Some(c) = all.iter_mut().find(|c| c.what == "Go build ID") {
        c.what = "-buildid".into();
        c.class = Class::Harmless;
    }
}

/// The verdict on files whose bytes differ. What is not explained has to be among the causes.
pub(super) fn verdict(all: &[Cause]) -> Verdict {
    let grave = |c: &Cause| matches!(c.class, Class::Change | Class::Open);
    let named = all.iter().any(|c| c.class != Class::Effect);
    if named && !all.iter().any(grave) {
        Verdict::IdenticalBut
    } else {
        Verdict::Different
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stand_before_effects_and_settings_before_what_they_make() {
        let mut all = vec![
            Cause::new("GNU build ID", Class::Effect),
            Cause::new("code", Class::Change),
            Cause::new("GOAMD64", Class::Record),
            Cause::new("Go version", Class::Record),
        ];
        sort(&mut all);
        let words: Vec<_> = all.iter().map(|c| &*c.what).collect();
        assert_eq!(words, ["Go version", "GOAMD64", "code", "GNU build ID"]);
    }

    #[test]
    fn nothing_is_identical_but_for_what_is_not_named() {
        let harmless = vec![Cause::new("line numbers", Class::Harmless)];
        assert_eq!(verdict(&harmless), Verdict::IdenticalBut);
        assert_eq!(verdict(&[]), Verdict::Different);
        let effect = vec![Cause::new("addresses", Class::Effect)];
        assert_eq!(verdict(&effect), Verdict::Different);
        let mixed = vec![harmless[0].clone(), Cause::new("code", Class::Change)];
        assert_eq!(verdict(&mixed), Verdict::Different);
    }
}
