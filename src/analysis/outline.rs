//! One size report or two → modules, the packages in them, and what each package is made of: functions,
//! types, embedded files and the rest, every one with its bytes before and after.
//!
//! The parts of each level add up to the level above, and all of them to the files, as the reports' rows do.

use rustc_hash::FxHashMap;

use super::size::{By, Kind, Report, Row};

/// Bytes in the old file and in the new one; of one file alone, `new`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair {
    /// Bytes in the old file.
    pub old: u64,
    /// Bytes in the new file, or in the only one.
    pub new: u64,
}

impl Pair {
    /// `new - old`.
    pub fn delta(self) -> i128 {
        i128::from(self.new) - i128::from(self.old)
    }

    fn add(&mut self, side: Side, bytes: u64) {
        let sum = match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        };
        *sum = sum.saturating_add(bytes);
    }
}

/// Which of two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that was before.
    Old,
    /// The one that is now, or the only one.
    New,
}

/// What a part of a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A function, with its share of the runtime's tables.
    Function,
    /// A type descriptor, with its method tables.
    Type,
    /// An embedded file.
    File,
    /// Variables, constants, and tables that are of no one function.
    Other,
}

impl Class {
    /// All of them, in the order of a page.
    pub const ALL: [Class; 4] = [Class::Function, Class::Type, Class::File, Class::Other];

    fn of(row: &Row) -> Class {
        match row.kind {
            Kind::Code | Kind::CCode => Class::Function,
            Kind::Type | Kind::Itab => Class::Type,
            Kind::Embed => Class::File,
            _ => Class::Other,
        }
    }
}

/// A function, a type, a file, or the bytes of one kind that have no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub class: Class,
    /// As [`By::Symbol`] has it; what has no name is its kind in brackets.
    pub name: String,
    /// Its bytes.
    pub bytes: Pair,
}

/// A package, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// As [`By::Package`] has it.
    pub name: String,
    /// Is it a Go package, rather than bytes that have none?
    pub is_package: bool,
    /// Its bytes: those of its items.
    pub bytes: Pair,
    /// By class, then by name.
    pub items: Vec<Item>,
}

/// A module, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// As [`By::Module`] has it.
    pub name: String,
    /// Its version; empty where it has none.
    pub version: String,
    /// Its bytes: those of its packages.
    pub bytes: Pair,
    /// By name.
    pub packages: Vec<Package>,
}

/// A file, or two, from the whole to its smallest parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// Bytes of the files.
    pub size: Pair,
    /// By name.
    pub modules: Vec<Module>,
}

/// What one symbol adds up to.
struct Sum {
    class: Class,
    bytes: Pair,
}

type Symbols<'r> = FxHashMap<Option<&'r str>, FxHashMap<Kind, Sum>>;

impl Outline {
    /// Of reports with [`super::size::Detail::Symbol`].
    pub fn new(old: Option<&Report>, new: &Report) -> Outline {
        let mut all: FxHashMap<String, FxHashMap<String, (bool, Symbols<'_>)>> = FxHashMap::default();
        let sides = [(Side::Old, old), (Side::New, Some(new))];
        for (side, report) in sides.into_iter().filter_map(|(s, r)| Some((s, r?))) {
            for row in &report.rows {
                let packages = all.entry(By::Module.key(row)).or_default();
                let package = packages.entry(By::Package.key(row)).or_default();
                package.0 |= row.package.is_some();
                let kinds = package.1.entry(row.symbol.as_deref()).or_default();
                let new = || Sum {
                    class: Class::of(row),
                    bytes: Pair::default(),
                };
                kinds
                    .entry(row.kind)
                    .or_insert_with(new)
                    .bytes
                    .add(side, row.bytes);
            }
        }
        let version = |name: &str| {
            let of = |r: &Report| Some(r.modules.iter().find(|m| m.path == name)?.built().to_string());
            of(new).or_else(|| of(old?)).unwrap_or_default()
        };
        let mut modules: Vec<Module> = all
            .into_iter()
            .map(|(name, packages)| {
                let mut packages: Vec<Package> = packages.into_iter().map(package).collect();
                packages.sort_by(|a, b| a.name.cmp(&b.name));
                Module {
                    version: version(&name),
                    bytes: total(packages.iter().map(|p| p.bytes)),
                    name,
                    packages,
                }
            })
            .collect();
        modules.sort_by(|a, b| a.name.cmp(&b.name));
        let size = Pair {
            old: old.map_or(0, |r| r.file_size),
            new: new.file_size,
        };
        Outline { size, modules }
    }
}

fn total(all: impl Iterator<Item = Pair>) -> Pair {
    all.fold(Pair::default(), |mut sum, p| {
        sum.add(Side::Old, p.old);
        sum.add(Side::New, p.new);
        sum
    })
}

fn package((name, (is_package, symbols)): (String, (bool, Symbols<'_>))) -> Package {
    let mut items = Vec::with_capacity(symbols.len());
    for (symbol, kinds) in symbols {
        let Some(symbol) = symbol else {
            // Bytes without a name stand by what they are.
            items.extend(kinds.into_iter().map(|(kind, sum)| Item {
                class: Class::Other,
                name: format!("[{}]", kind.word()),
                bytes: sum.bytes,
            }));
            continue;
        };
        // A function is one thing with its tables, a type with its methods' tables.
        items.push(Item {
            class: kinds.values().map(|s| s.class).min().unwrap_or(Class::Other),
            name: symbol.to_string(),
            bytes: total(kinds.into_values().map(|s| s.bytes)),
        });
    }
    items.sort_by(|a, b| (a.class, &a.name).cmp(&(b.class, &b.name)));
    Package {
        bytes: total(items.iter().map(|i| i.bytes)),
        name,
        is_package,
        items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::size::Source;

    fn row(package: Option<&str>, module: Option<&str>, kind: Kind, symbol: Option<&str>, bytes: u64) -> Row {
        Row {
            kind,
            section: ".text".into(),
            package: package.map(Into::into),
            module: module.map(Into::into),
            symbol: symbol.map(Into::into),
            file: None,
            unit: None,
            slice: None,
            source: Source::Functions,
            bytes,
        }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report {
            file_size: rows.iter().map(|r| r.bytes).sum(),
            rows,
            ..Report::default()
        }
    }

    #[test]
    fn parts_add_up_and_a_function_is_one_thing_with_its_tables() {
        let (p, m) = (Some("a/b"), Some("a"));
        let old = report(vec![row(p, m, Kind::Code, Some("a/b.F"), 10)]);
        let new = report(vec![
            row(p, m, Kind::Code, Some("a/b.F"), 20),
            row(p, m, Kind::Pclntab, Some("a/b.F"), 5),
            row(p, m, Kind::Type, Some("b.T"), 7),
            row(p, m, Kind::String, None, 3),
            row(None, None, Kind::Header, None, 64),
        ]);
        let outline = Outline::new(Some(&old), &new);
        assert_eq!(outline.size, Pair { old: 10, new: 99 });
        let sum = total(outline.modules.iter().map(|m| m.bytes));
        assert_eq!(sum, outline.size);
        assert_eq!(outline.modules[0].name, "[header]");
        assert!(!outline.modules[0].packages[0].is_package);
        let items = &outline.modules[1].packages[0].items;
        let said: Vec<_> = items
            .iter()
            .map(|i| (i.class, i.name.as_str(), i.bytes.new))
            .collect();
        assert_eq!(
            said,
            [
                (Class::Function, "a/b.F", 25),
                (Class::Type, "b.T", 7),
                (Class::Other, "[string]", 3)
            ]
        );
        assert_eq!(items[0].bytes.delta(), 15);
    }
}
