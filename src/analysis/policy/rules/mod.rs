//! The catalogue: every rule with its code, its words, what it applies to, and the function that decides.
//!
//! Codes are stable: policies and baselines name them. `docs/check.md` is held against this table by a test.

mod build;
mod contents;
mod hardening;
pub(super) mod homes;
mod integrity;
mod linkage;
mod origin;
pub(super) mod secrets;

use super::subject::Subject;
use super::values::{Value, ValueKind};
use super::{Level, Verdict};

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable name in kebab case.
    pub code: &'static str,
    /// What holds where the rule passes, as the end of "the file …".
    pub title: &'static str,
    /// What it means and why one would want it.
    pub means: &'static str,
    /// Where in the file the answer is read.
    pub evidence: &'static str,
    /// How to make it hold.
    pub fix: &'static str,
    /// Which files it applies to, in words.
    pub applies: &'static str,
    /// Level of its findings, unless something else is asked for.
    pub level: Level,
    /// Is it part of a run that names no rules?
    pub audit: bool,
    /// What value it takes.
    pub kind: ValueKind,
    /// The value where none is given; empty where one must be given (or the rule takes none).
    pub default: &'static [&'static str],
    /// The flag of `gospect check` that asks for it, without the dashes.
    pub flag: Option<&'static str>,
    /// Decides.
    pub check: fn(&Subject<'_, '_>, &Value) -> Verdict,
}

impl Rule {
    /// The rule's own value: its default, or none.
    pub fn default_value(&self) -> Option<Value> {
        match self.kind {
            ValueKind::Nothing => Some(Value::Nothing),
            _ if self.default.is_empty() => None,
            kind => kind.read(self.default).ok(),
        }
    }
}

/// The groups of rules, in the order of the book.
pub const GROUPS: [(&str, &[Rule]); 7] = [
    ("Linkage", linkage::RULES),
    ("Hardening", hardening::RULES),
    ("Build", build::RULES),
    ("Origin", origin::RULES),
    ("Secrets", secrets::RULES),
    ("Integrity", integrity::RULES),
    ("Contents", contents::RULES),
];

/// All rules, group by group.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|g| g.1)
}

/// The rule of that code.
pub fn find(code: &str) -> Option<&'static Rule> {
    all().find(|r| r.code == code)
}

/// The code that was probably meant.
pub fn nearest(code: &str) -> Option<&'static str> {
    nearest_word(code, all().map(|r| r.code))
}

/// The word that differs least from `word`, if it does not differ much.
pub fn nearest_word<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    known
        .map(|k| (distance(word, k), k))
        .filter(|(d, k)| *d <= 2.max(k.len() / 4))
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein's distance in bytes, over the first 64 of each.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (&a.as_bytes()[..a.len().min(64)], &b.as_bytes()[..b.len().min(64)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut last = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let best = (last + usize::from(x != y)).min(left + 1).min(*cell + 1);
            last = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_and_flags_are_kebab_case_and_unique() {
        let mut seen = HashSet::new();
        for rule in all() {
            for word in [Some(rule.code), rule.flag].into_iter().flatten() {
                assert!(
                    word.bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                    "{word}"
                );
            }
            assert!(seen.insert(rule.code), "{} stands twice", rule.code);
            for text in [rule.means, rule.evidence, rule.fix, rule.applies] {
                assert!(text.len() > 3 && text.ends_with('.'), "{}: `{text}`", rule.code);
            }
            assert!(!rule.title.ends_with('.'), "{}", rule.code);
        }
        let flags: Vec<_> = all().filter_map(|r| r.flag).collect();
        assert_eq!(flags.iter().collect::<HashSet<_>>().len(), flags.len());
    }

    #[test]
    fn defaults_are_values_of_their_kind_and_audit_rules_have_one() {
        for rule in all() {
            if !rule.default.is_empty() {
                assert!(rule.kind.read(rule.default).is_ok(), "{}", rule.code);
            }
            assert!(
                !rule.audit || rule.default_value().is_some(),
                "{} is audited without a value",
                rule.code
            );
        }
    }

    #[test]
    fn a_misspelt_code_is_recognised() {
        assert_eq!(nearest("statik"), Some("static"));
        assert_eq!(nearest("trim-path"), Some("trimpath"));
        assert_eq!(nearest("entirely-else"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
