//! Rows → groups by one key, largest first. Every view of a file adds up to the file.

use rustc_hash::FxHashMap;

use super::model::{Detail, Memory, Report, Row, Source};

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

    /// The key's value for memory without bytes in the file: kinds and source files have none, so these stand by package. What has no
    /// value stands under its section, in brackets.
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

/// Does a row match a filter: a part of its package, module, section, symbol, file or kind, upper and lower case alike?
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
