//! Rows → groups by one key, largest first. Every view of a file adds up to the file.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::model::{Detail, Memory, Report, Row, Source};
use crate::analysis::policy::rules::nearest_word;

/// By what rows are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Module, `std` for the standard library.
    Module,
    /// Package; C code without one by compile unit, `c:NAME`.
    Package,
    /// Section of the container.
    Section,
    /// [`super::Kind`].
    Kind,
    /// Function, variable, type, embedded file.
    Symbol,
    /// Go source file.
    File,
}

impl By {
    /// All keys.
    pub const ALL: [By; 6] = [
        By::Module,
        By::Package,
        By::Section,
        By::Kind,
        By::Symbol,
        By::File,
    ];

    /// The word of `--by`.
    pub fn word(self) -> &'static str {
        match self {
            By::Module => "module",
            By::Package => "package",
            By::Section => "section",
            By::Kind => "kind",
            By::Symbol => "symbol",
            By::File => "file",
        }
    }

    /// The key of a word.
    pub fn from_word(word: &str) -> Option<By> {
        By::ALL.into_iter().find(|b| b.word() == word)
    }

    /// How fine rows must be for this key.
    pub fn detail(self) -> Detail {
        match self {
            By::Symbol => Detail::Symbol,
            By::File => Detail::File,
            _ => Detail::Package,
        }
    }

    /// The key's value for a row. Bytes that have none stand under what they are, in brackets.
    pub fn key(self, row: &Row) -> String {
        let kind = || format!("[{}]", row.kind.word());
        let unit = || row.unit.as_ref().map_or_else(kind, |u| format!("c:{u}"));
        match self {
            By::Module => match (&row.module, &row.package) {
                (Some(m), _) => m.clone(),
                (None, Some(_)) => "(no module)".into(),
                (None, None) => kind(),
            },
            By::Package => row.package.clone().unwrap_or_else(unit),
            By::Section if row.section.is_empty() => kind(),
            By::Section => row.section.clone(),
            By::Kind => row.kind.word().into(),
            By::Symbol => match (&row.symbol, &row.package) {
                (Some(s), _) => s.clone(),
                (None, Some(p)) => format!("{p} [{}]", row.kind.word()),
                (None, None) if row.unit.is_some() => format!("{} [{}]", unit(), row.kind.word()),
                (None, None) => kind(),
            },
            By::File => row.file.clone().unwrap_or_else(unit),
        }
    }

    /// The key's value for memory without bytes in the file: kinds and source files have none, so these stand
    /// by package. What has no value stands under its section, in brackets.
    pub fn memory_key(self, m: &Memory) -> String {
        let section = || format!("[{}]", m.section);
        match self {
            By::Module => match (&m.module, &m.package) {
                (Some(module), _) => module.clone(),
                (None, Some(_)) => "(no module)".into(),
                (None, None) => section(),
            },
            By::Section => m.section.clone(),
            By::Symbol if m.symbol.is_some() => m.symbol.clone().unwrap_or_default(),
            _ => m.package.clone().unwrap_or_else(section),
        }
    }
}

/// Rows with one key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The key.
    pub key: String,
    /// Bytes in the file.
    pub bytes: u64,
    /// Bytes of these whose owner is inferred.
    pub inferred: u64,
}

/// Groups rows, largest first, equal ones by key.
pub fn group<'r>(rows: impl IntoIterator<Item = &'r Row>, by: impl Fn(&Row) -> String) -> Vec<Group> {
    largest_first(rows.into_iter().map(|r| (by(r), r.bytes, r.source)))
}

/// As [`group`], for memory without bytes in the file.
pub fn group_memory<'r>(
    rows: impl IntoIterator<Item = &'r Memory>,
    by: impl Fn(&Memory) -> String,
) -> Vec<Group> {
    largest_first(rows.into_iter().map(|m| (by(m), m.bytes, m.source)))
}

fn largest_first(rows: impl Iterator<Item = (String, u64, Source)>) -> Vec<Group> {
    let mut sums: FxHashMap<String, (u64, u64)> = FxHashMap::default();
    for (key, bytes, source) in rows {
        let e = sums.entry(key).or_default();
        // A header may claim any size for what is in memory only.
        e.0 = e.0.saturating_add(bytes);
        if !source.measured() {
            e.1 = e.1.saturating_add(bytes);
        }
    }
    let mut out: Vec<Group> = sums
        .into_iter()
        .map(|(key, (bytes, inferred))| Group { key, bytes, inferred })
        .collect();
    out.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.key.cmp(&b.key)));
    out
}

/// Which rows of a report are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'w> {
    /// Those that [`matches()`] says hold this text.
    pub filter: Option<&'w str>,
    /// Those of this package (of C code: `c:UNIT`), or module where no package is called so.
    pub explain: Option<&'w str>,
    /// Is memory without bytes in the file asked for too?
    pub memory: bool,
}

/// The rows that are asked for.
///
/// # Errors
/// In words where there are none, with the names that were probably meant.
pub fn select<'r>(report: &'r Report, wanted: &Wanted<'_>) -> Result<Vec<&'r Row>, String> {
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    if let Some(name) = wanted.explain {
        let is_package = rows.iter().any(|r| By::Package.key(r) == name);
        rows.retain(|r| match is_package {
            true => By::Package.key(r) == name,
            false => r.module.as_deref() == Some(name),
        });
        if rows.is_empty() {
            let what = format!("no package or module in it is called {name}");
            return Err(what + &probably(report, name));
        }
    }
    let Some(filter) = wanted.filter else {
        return Ok(rows);
    };
    rows.retain(|r| matches(r, filter));
    let in_memory = wanted.memory && report.memory.iter().any(|m| matches_memory(m, filter));
    if rows.is_empty() && !in_memory {
        return Err(format!("nothing in it matches {filter:?}") + &probably(report, filter));
    }
    Ok(rows)
}

/// `; did you mean A or B?`: packages and modules whose names hold the text, or its last part, or differ from
/// it by little.
fn probably(report: &Report, name: &str) -> String {
    let of_row = |r: &'_ Row| [r.package.clone(), r.module.clone()];
    let names: BTreeSet<String> = report.rows.iter().flat_map(of_row).flatten().collect();
    let text = name.to_lowercase();
    let last = text.rsplit('/').next().unwrap_or_default();
    let holds = |text: &str| {
        let mut near: Vec<&str> = names.iter().map(String::as_str).collect();
        near.retain(|n| text.len() > 1 && n.to_lowercase().contains(text));
        near.sort_by_key(|n| (n.len(), n.to_string()));
        near
    };
    let mut near = holds(&text);
    if near.is_empty() {
        near = nearest_word(name, names.iter().map(String::as_str))
            .into_iter()
            .collect();
    }
    if near.is_empty() {
        near = holds(last);
    }
    near.truncate(3);
    match near.split_last() {
        None => String::new(),
        Some((one, [])) => format!("; did you mean {one}?"),
        Some((last, first)) => format!("; did you mean {} or {last}?", first.join(", ")),
    }
}

/// From which structures rows come, largest first: the key is kind, section, and how the owner is known.
pub fn parts<'r>(rows: &[&'r Row]) -> Vec<(&'r Row, u64)> {
    let mut sums: BTreeMap<_, (&Row, u64)> = BTreeMap::new();
    for &r in rows {
        sums.entry((r.kind, &r.section, r.source)).or_insert((r, 0)).1 += r.bytes;
    }
    let mut parts: Vec<_> = sums.into_values().collect();
    parts.sort_by_key(|p| std::cmp::Reverse(p.1));
    parts
}

/// Does a row match a filter: a part of its package, module, section, symbol, file or kind, upper and lower
/// case alike?
pub fn matches(row: &Row, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    let has = |s: &str| s.to_lowercase().contains(&filter);
    let fields = [
        &row.package,
        &row.module,
        &row.symbol,
        &row.file,
        &row.unit,
        &row.slice,
    ];
    fields.into_iter().flatten().any(|f| has(f)) || has(&row.section) || has(row.kind.word())
}

/// Does memory match a filter: a part of its package, module, section or symbol?
pub fn matches_memory(m: &Memory, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    let has = |s: &str| s.to_lowercase().contains(&filter);
    let fields = [&m.package, &m.module, &m.symbol, &m.slice];
    fields.into_iter().flatten().any(|f| has(f)) || has(&m.section)
}

impl Report {
    /// The sum of all rows: always the file's size.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|r| r.bytes).sum()
    }
}
