//! Two size reports → what grew, by one key, why, and whether that is allowed.
//!
//! Rows with the same key are added up on either side, so the deltas add up to the difference of the files to
//! the byte.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Path};
use super::policy::file::Budget;
use super::size::{By, Kind, Report, Row};
use crate::go::Program;

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Only in the new file.
    Added,
    /// Only in the old file.
    Removed,
    /// Larger than before.
    Grown,
    /// Smaller than before.
    Shrunk,
    /// As large as before.
    Same,
}

impl Change {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Grown => "grown",
            Change::Shrunk => "shrunk",
            Change::Same => "same",
        }
    }
}

/// One key on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Module, package, section, …
    pub key: String,
    /// The module, where the key is a package.
    pub module: Option<String>,
    /// Bytes in the old file.
    pub old: u64,
    /// Bytes in the new file.
    pub new: u64,
    /// What became of it.
    pub change: Change,
    /// Why, where that can be told.
    pub reasons: Vec<String>,
}

impl Entry {
    /// `new - old`.
    pub fn delta(&self) -> i128 {
        i128::from(self.new) - i128::from(self.old)
    }
}

/// A limit that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// `file`, or the kind of part: package, module, kind, section.
    pub by: String,
    /// The part's name as the budget has it, empty for the file.
    pub name: String,
    /// The limit in words.
    pub limit: String,
    /// Bytes in the old file.
    pub old: u64,
    /// Bytes in the new file.
    pub new: u64,
    /// Bytes that were allowed.
    pub allowed: u64,
}

/// The difference of two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Bytes of the old file.
    pub old_size: u64,
    /// Bytes of the new file.
    pub new_size: u64,
    /// What rows are keyed by.
    pub by: By,
    /// The Go versions, where both are told and differ.
    pub go: Option<(String, String)>,
    /// Largest change first, then by key; what is the same on both sides is left in.
    pub rows: Vec<Entry>,
    /// Limits that were passed.
    pub breaches: Vec<Breach>,
    /// Modules that the old file has nothing of; empty where it tells no modules.
    pub arrived: Vec<Arrived>,
}

/// A module that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its path.
    pub module: String,
    /// The shortest chain by which the new program comes to it; `None` where none is seen.
    pub path: Option<Path>,
}

/// Modules that get a chain; of more than these it is a rewrite.
const CHAINS: usize = 50;

impl Diff {
    /// Finds the chains to the modules that are new, in the new program.
    pub fn explain(&mut self, new: &Program<'_>) {
        if self.arrived.is_empty() {
            return;
        }
        let Ok(graph) = Graph::new(new, None) else { return };
        for a in self.arrived.iter_mut().take(CHAINS) {
            let found = graph.paths(&a.module, &[], 1).ok();
            a.path = found.and_then(|found| found.paths().first().cloned());
        }
    }
}

fn arrived(old: &Report, new: &Report) -> Vec<Arrived> {
    let modules = |r: &Report| -> BTreeSet<String> {
        let all = r.rows.iter().filter_map(|r| r.module.clone());
        all.filter(|m| m != "std").collect()
    };
    let before = modules(old);
    if before.is_empty() {
        return Vec::new();
    }
    modules(new)
        .into_iter()
        .filter(|m| !before.contains(m))
        .map(|module| Arrived { module, path: None })
        .collect()
}

#[derive(Default, Clone)]
struct Side {
    bytes: u64,
    embed: u64,
    debug: u64,
    instances: u64,
    module: Option<String>,
}

fn sides(report: &Report, by: By) -> BTreeMap<String, Side> {
    let mut out: BTreeMap<String, Side> = BTreeMap::new();
    for r in &report.rows {
        let s = out.entry(by.key(r)).or_default();
        s.bytes += r.bytes;
        match r.kind {
            Kind::Embed => s.embed += r.bytes,
            Kind::Dwarf | Kind::Symtab => s.debug += r.bytes,
            Kind::Code if r.symbol.as_deref().is_some_and(|n| n.contains('[')) => s.instances += 1,
            _ => {}
        }
        if s.module.is_none() {
            s.module.clone_from(&r.module);
        }
    }
    out
}

/// Compares two reports.
pub fn compare(old: &Report, new: &Report, by: By) -> Diff {
    let (a, b) = (sides(old, by), sides(new, by));
    let modules = |r: &Report| -> BTreeMap<String, String> {
        r.modules
            .iter()
            .map(|m| (m.path.clone(), m.built().to_string()))
            .collect()
    };
    let (old_modules, new_modules) = (modules(old), modules(new));
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        let (x, y) = (
            a.get(key).cloned().unwrap_or_default(),
            b.get(key).cloned().unwrap_or_default(),
        );
        let change = match (a.contains_key(key), b.contains_key(key)) {
            (false, _) => Change::Added,
            (_, false) => Change::Removed,
            _ if y.bytes > x.bytes => Change::Grown,
            _ if y.bytes < x.bytes => Change::Shrunk,
            _ => Change::Same,
        };
        let module = y.module.clone().or_else(|| x.module.clone());
        let mut reasons = Vec::new();
        if change != Change::Same {
            if let Some(m) = &module {
                reasons.extend(module_reason(m, by, old_modules.get(m), new_modules.get(m)));
            }
            let signed = |a: u64, b: u64| i128::from(b) - i128::from(a);
            let delta = signed(x.bytes, y.bytes);
            let most =
                |part: i128| part != 0 && part.signum() == delta.signum() && part.abs() * 2 >= delta.abs();
            if most(signed(x.embed, y.embed)) {
                reasons.push(
                    if x.embed == 0 {
                        "new embedded files"
                    } else {
                        "embedded files"
                    }
                    .to_string(),
                );
            }
            if by != By::Kind && most(signed(x.debug, y.debug)) {
                reasons.push("debug information and symbols".to_string());
            }
            if y.instances != x.instances && (x.instances > 0 || y.instances > 0) && by != By::Symbol {
                reasons.push(format!(
                    "{} → {} generic instantiations",
                    x.instances, y.instances
                ));
            }
        }
        let module = if by == By::Package { module } else { None };
        rows.push(Entry {
            key: key.clone(),
            module,
            old: x.bytes,
            new: y.bytes,
            change,
            reasons,
        });
    }
    rows.sort_by(|x, y| {
        y.delta()
            .abs()
            .cmp(&x.delta().abs())
            .then_with(|| x.key.cmp(&y.key))
    });
    let go = match (&old.go_version, &new.go_version) {
        (Some(a), Some(b)) if a != b => Some((a.clone(), b.clone())),
        _ => None,
    };
    Diff {
        old_size: old.file_size,
        new_size: new.file_size,
        by,
        go,
        rows,
        breaches: Vec::new(),
        arrived: arrived(old, new),
    }
}

fn module_reason(module: &str, by: By, old: Option<&String>, new: Option<&String>) -> Option<String> {
    if !matches!(by, By::Module | By::Package | By::Symbol | By::File) {
        return None;
    }
    let word = |v: &String| {
        if v.is_empty() {
            String::new()
        } else {
            format!(" {v}")
        }
    };
    match (old, new) {
        (None, Some(v)) => Some(format!("new module {module}{}", word(v))),
        (Some(v), None) => Some(format!("module {module}{} is gone", word(v))),
        (Some(a), Some(b)) if a != b && module == "std" => Some(format!("Go version {a} → {b}")),
        (Some(a), Some(b)) if a != b => Some(format!("{module} {a} → {b}")),
        _ => None,
    }
}

/// Holds the new file against limits; `old` is `None` where there is nothing to grow from.
pub fn breaches(old: Option<&Report>, new: &Report, budget: &Budget) -> Vec<Breach> {
    let mut out = Vec::new();
    let mut hold = |by: &str,
                    name: &str,
                    before: Option<u64>,
                    after: u64,
                    size: Option<u64>,
                    growth: Option<super::policy::values::Growth>| {
        let breach = |limit: String, allowed: u64| Breach {
            by: by.to_string(),
            name: name.to_string(),
            limit,
            old: before.unwrap_or(0),
            new: after,
            allowed,
        };
        if let Some(max) = size.filter(|m| after > *m) {
            out.push(breach(format!("max-size {max} bytes"), max));
        }
        if let (Some(g), Some(before)) = (growth, before) {
            let allowed = before.saturating_add(g.allowance(before));
            if after > allowed {
                out.push(breach(format!("max-growth {g}"), allowed));
            }
        }
    };
    hold(
        "file",
        "",
        old.map(|o| o.file_size),
        new.file_size,
        budget.max_size,
        budget.max_growth,
    );
    for part in &budget.parts {
        let by = By::from_word(part.by).unwrap_or(By::Package);
        let sum = |r: &Report| -> u64 {
            let held = |row: &&Row| part.matches(&by.key(row));
            r.rows.iter().filter(held).map(|row| row.bytes).sum()
        };
        hold(
            part.by,
            &part.name,
            old.map(&sum),
            sum(new),
            part.max_size,
            part.max_growth,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::policy::file::PartBudget;
    use crate::analysis::policy::values::Growth;
    use crate::analysis::size::Source;
    use crate::go::packages::Module;

    fn row(package: &str, module: &str, kind: Kind, bytes: u64) -> Row {
        Row {
            kind,
            section: ".text".into(),
            package: Some(package.into()),
            module: Some(module.into()),
            symbol: None,
            file: None,
            unit: None,
            slice: None,
            source: Source::Functions,
            bytes,
        }
    }

    fn report(rows: Vec<Row>, modules: &[(&str, &str)]) -> Report {
        let modules = modules
            .iter()
            .map(|m| Module::new(m.0.into(), m.1.into()))
            .collect();
        Report {
            file_size: rows.iter().map(|r| r.bytes).sum(),
            rows,
            modules,
            ..Report::default()
        }
    }

    #[test]
    fn deltas_add_up_and_have_reasons() {
        let old = report(
            vec![
                row("a", "m/a", Kind::Code, 100),
                row("b", "m/b", Kind::Code, 50),
                row("e", "m/e", Kind::Code, 5),
            ],
            &[("m/a", "v1"), ("m/b", "v1"), ("m/e", "v1")],
        );
        let new = report(
            vec![
                row("a", "m/a", Kind::Code, 300),
                row("c", "m/c", Kind::Code, 7),
                row("e", "m/e", Kind::Code, 5),
                row("e", "m/e", Kind::Embed, 90),
            ],
            &[("m/a", "v2"), ("m/c", "v3"), ("m/e", "v1")],
        );
        let d = compare(&old, &new, By::Module);
        let sum: i128 = d.rows.iter().map(Entry::delta).sum();
        assert_eq!(sum, i128::from(new.file_size) - i128::from(old.file_size));
        let of = |key: &str| d.rows.iter().find(|r| r.key == key).unwrap();
        assert_eq!(of("m/a").reasons, ["m/a v1 → v2"]);
        assert_eq!(
            (of("m/b").change, of("m/b").reasons[0].as_str()),
            (Change::Removed, "module m/b v1 is gone")
        );
        assert_eq!(
            (of("m/c").change, of("m/c").reasons[0].as_str()),
            (Change::Added, "new module m/c v3")
        );
        assert_eq!(of("m/e").reasons, ["new embedded files"]);
    }

    #[test]
    fn budgets_are_held_for_the_file_and_its_parts() {
        let old = report(vec![row("net/http", "std", Kind::Code, 100)], &[]);
        let new = report(
            vec![
                row("net/http", "std", Kind::Code, 110),
                row("net", "std", Kind::Code, 10),
            ],
            &[],
        );
        let part = PartBudget {
            by: "package",
            name: "net/...".into(),
            max_size: Some(120),
            max_growth: Some(Growth::Percent(10.0)),
        };
        let budget = Budget {
            max_size: Some(119),
            max_growth: Some(Growth::Bytes(20)),
            parts: vec![part],
        };
        let all = breaches(Some(&old), &new, &budget);
        let said: Vec<_> = all.iter().map(|b| (b.by.as_str(), b.limit.as_str())).collect();
        assert_eq!(
            said,
            [("file", "max-size 119 bytes"), ("package", "max-growth 10%")]
        );
        assert_eq!(breaches(None, &new, &budget).len(), 1);
    }
}
