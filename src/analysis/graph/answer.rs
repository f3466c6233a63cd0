//! The table: for each module and package what it is, what goes with it, and who else uses it.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Graph;
use super::cut::{Asker, Whole};
use super::flood::Without;
use super::nodes::NONE;
use crate::go::packages::Origin;

/// Rows that are made at once.
const AT_ONCE: usize = 512;
/// So many modules and packages no program has that people write: rows behind are left out.
const MOST_ROWS: usize = 8192;
/// How often, on average, each node may be taken back for all rows together.
const WORK: usize = 200;
/// What a warning calls the table.
const LEFT_OUT: &str = "table of what modules and packages hold";

/// A module, a package, or several of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Path of the module or package.
    pub name: String,
    /// Bytes of its own functions and types.
    pub own: u64,
    /// Bytes that go with it, if packages that nobody else imports lose their init tasks.
    pub retained: u64,
    /// Bytes that go with it even if all other packages stay initialized: a lower bound.
    pub certain: u64,
    /// What else refers to it or imports it, the program's own code left out: while these do, nothing is
    /// saved.
    pub used_by: Vec<String>,
}

/// All rows, largest first.
#[derive(Debug, Default)]
pub struct Table {
    /// The modules but the program's own.
    pub modules: Vec<Row>,
    /// The packages but `main`.
    pub packages: Vec<Row>,
}

impl Graph<'_, '_> {
    /// Every module, and every package that has functions or types; the program's own module and package left
    /// out.
    pub fn table(&self) -> Table {
        let packages = self.program.packages();
        let own = self.own();
        let there: Vec<u32> = (0..own.len() as u32)
            .filter(|p| own.get(*p as usize).is_some_and(|o| *o > 0))
            .collect();
        let path = |p: u32| self.names.list.get(p as usize).map_or("", String::as_str);
        let mut modules: std::collections::BTreeMap<String, Vec<u32>> = Default::default();
        for p in &there {
            if let Some(m) = packages.module(path(*p)).filter(|m| !m.main) {
                modules.entry(m.path.clone()).or_default().push(*p);
            }
        }
        let mut sets: Vec<(String, Vec<u32>, bool)> =
            modules.into_iter().map(|(name, set)| (name, set, true)).collect();
        let largest =
            |s: &(String, Vec<u32>, bool)| -> u64 { s.1.iter().filter_map(|p| own.get(*p as usize)).sum() };
        sets.sort_by_key(|s| std::cmp::Reverse(largest(s)));
        let mut single: Vec<_> = there.iter().filter(|p| path(**p) != "main").collect();
        single.sort_by_key(|p| std::cmp::Reverse(own.get(**p as usize).copied()));
        sets.extend(single.iter().map(|p| (path(**p).to_owned(), vec![**p], false)));
        let mut out = Table::default();
        let rows = self.rows(&sets, &own);
        for (row, set) in rows.into_iter().zip(&sets) {
            if set.2 {
                &mut out.modules
            } else {
                &mut out.packages
            }
            .push(row);
        }
        for rows in [&mut out.modules, &mut out.packages] {
            rows.sort_by(|a, b| b.retained.cmp(&a.retained).then_with(|| a.name.cmp(&b.name)));
        }
        out
    }

    /// What goes when all of these go together: modules, or packages; and how much of it is of which package,
    /// largest first, what has none under an empty name.
    ///
    /// # Errors
    /// The first that is none in the program.
    pub fn together(&self, targets: &[String]) -> Result<(Row, Vec<(String, u64)>), String> {
        let without = self.dropping(targets)?;
        let mut set: Vec<u32> = without.cut.iter().copied().collect();
        set.sort_unstable();
        let mut loss = |without: &Without| {
            let left = self.world.flood(without, &self.world.roots);
            self.full.bytes.saturating_sub(left.bytes)
        };
        let row = self.row(&targets.join(" "), &set, true, &self.own(), &mut loss);
        let left = self.world.flood(&without, &self.world.roots);
        let mut goes: std::collections::BTreeMap<u32, u64> = Default::default();
        for (n, p) in self.world.package.iter().enumerate() {
            if self.full.has(n as u32) && !left.has(n as u32) {
                *goes.entry(*p).or_default() += self.world.weight.get(n).copied().unwrap_or(0);
            }
        }
        let name = |p: u32| self.names.list.get(p as usize).cloned().unwrap_or_default();
        let mut goes: Vec<_> = goes
            .into_iter()
            .filter(|g| g.1 > 0)
            .map(|(p, b)| (name(p), b))
            .collect();
        goes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok((row, goes))
    }

    /// The program without these modules or packages, and without the init tasks of what nobody else imports.
    pub(super) fn dropping(&self, targets: &[String]) -> Result<Without, String> {
        let mut cut = FxHashSet::default();
        for t in targets {
            let found = self.packages_of(t);
            if found.is_empty() {
                return Err(format!("no module and no package of the program is called {t}"));
            }
            cut.extend(found);
        }
        let gone = self.gone(&cut);
        Ok(Without {
            cut,
            gone,
            ..Without::default()
        })
    }

    /// For each package the bytes of its functions and types.
    fn own(&self) -> Vec<u64> {
        let mut own = vec![0u64; self.names.list.len()];
        for (n, p) in self.world.package.iter().enumerate() {
            if let Some(o) = own.get_mut(*p as usize).filter(|_| self.full.has(n as u32)) {
                *o += self.world.weight.get(n).copied().unwrap_or(0);
            }
        }
        own
    }

    /// The packages of a module, or the package of that path.
    pub(super) fn packages_of(&self, target: &str) -> Vec<u32> {
        let packages = self.program.packages();
        let all = self.names.list.iter().enumerate();
        let of_module = |path: &str| packages.module(path).is_some_and(|m| m.path == target && !m.main);
        let found: Vec<u32> = all.filter(|(_, p)| of_module(p)).map(|(i, _)| i as u32).collect();
        if found.is_empty() {
            self.names.find(target).into_iter().collect()
        } else {
            found
        }
    }

    /// The rows of modules and packages, the first first. Where so many packages hold so much in common that
    /// all of them would take too long, the last are left out, and a warning says so.
    fn rows(&self, sets: &[(String, Vec<u32>, bool)], own: &[u64]) -> Vec<Row> {
        let budget = self.program.image().budget();
        let Some(whole) = Whole::new(&self.world) else {
            budget.left_out(LEFT_OUT);
            return Vec::new();
        };
        let mut rows = Vec::new();
        let mut work = 0;
        for part in sets.chunks(AT_ONCE) {
            if rows.len() >= MOST_ROWS || work > self.world.weight.len().saturating_mul(WORK) {
                budget.left_out(LEFT_OUT);
                break;
            }
            let one = |asker: &mut Asker<'_>, (name, set, by_module): &(String, Vec<u32>, bool)| {
                let mut work = 0;
                let mut loss = |without: &Without| {
                    let loss = asker.loss(without);
                    work += loss.work;
                    loss.bytes
                };
                (self.row(name, set, *by_module, own, &mut loss), work)
            };
            let found: Vec<(Row, usize)> = part
                .par_iter()
                .with_min_len(16)
                .map_init(|| whole.asker(), one)
                .collect();
            work += found.iter().map(|f| f.1).sum::<usize>();
            rows.extend(found.into_iter().map(|f| f.0));
        }
        rows
    }

    fn row(
        &self,
        name: &str,
        set: &[u32],
        by_module: bool,
        own: &[u64],
        loss: &mut dyn FnMut(&Without) -> u64,
    ) -> Row {
        let cut: FxHashSet<u32> = set.iter().copied().collect();
        let gone = self.gone(&cut);
        let mut flood = |gone: FxHashSet<u32>| {
            loss(&Without {
                cut: cut.clone(),
                gone,
                ..Without::default()
            })
        };
        let certain = flood(FxHashSet::default());
        let retained = if gone.is_empty() {
            certain
        } else {
            flood(gone.clone()).max(certain)
        };
        Row {
            name: name.to_owned(),
            own: set.iter().filter_map(|p| own.get(*p as usize)).sum(),
            retained,
            certain,
            used_by: self.users(&cut, &gone, by_module),
        }
    }

    /// The packages that nothing imports any more without `cut`.
    fn gone(&self, cut: &FxHashSet<u32>) -> FxHashSet<u32> {
        let main: Vec<u32> = self.names.find("main").into_iter().collect();
        let nothing = FxHashSet::default();
        let before = self.imports.reached(&main, &nothing);
        let after = self.imports.reached(&main, cut);
        let lost = |p: &usize| {
            before.get(*p) == Some(&true) && after.get(*p) == Some(&false) && !cut.contains(&(*p as u32))
        };
        let mut gone: FxHashSet<u32> = (0..before.len()).filter(lost).map(|p| p as u32).collect();
        if !self.imports.exact {
            // Nothing is seen to import it: it lives as long as any other package of its module.
            let mut alive: FxHashSet<&str> = FxHashSet::default();
            let module = |p: usize| self.modules.get(p).copied().flatten();
            for p in (0..before.len()).filter(|p| after.get(*p) == Some(&true)) {
                alive.extend(module(p));
            }
            let was: FxHashSet<&str> = (0..before.len())
                .filter(|p| before.get(*p) == Some(&true))
                .filter_map(module)
                .collect();
            for p in
                (0..before.len()).filter(|p| before.get(*p) == Some(&false) && !cut.contains(&(*p as u32)))
            {
                if module(p).is_some_and(|m| was.contains(m) && !alive.contains(m)) {
                    gone.insert(p as u32);
                }
            }
        }
        gone
    }

    /// Who outside refers to the packages or imports them, and would stay.
    fn users(&self, cut: &FxHashSet<u32>, gone: &FxHashSet<u32>, by_module: bool) -> Vec<String> {
        let packages = self.program.packages();
        let mut out: Vec<String> = Vec::new();
        for graph in [&self.imports, &self.refers] {
            for (q, list) in graph.of.iter().enumerate() {
                let id = q as u32;
                let Some(path) = self.names.list.get(q) else {
                    continue;
                };
                if cut.contains(&id)
                    || gone.contains(&id)
                    || path == "main"
                    || !list.iter().any(|p| cut.contains(p))
                {
                    continue;
                }
                let module = packages.module(path);
                if module.is_some_and(|m| m.main) || packages.origin(path) == Origin::Main {
                    continue;
                }
                // A reference of the runtime or the standard library to what is not theirs is no use of it.
                let std = packages.origin(path) == Origin::Std;
                let only_others = cut.iter().all(|p| {
                    self.names
                        .list
                        .get(*p as usize)
                        .is_some_and(|c| packages.origin(c) != Origin::Std)
                });
                if std && only_others {
                    continue;
                }
                out.push(match module.filter(|_| by_module) {
                    Some(m) => m.path.clone(),
                    None => path.clone(),
                });
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// Bytes of a package's functions and types.
    pub(super) fn package_number(&self, node: u32) -> Option<u32> {
        self.world
            .package
            .get(node as usize)
            .copied()
            .filter(|p| *p != NONE)
    }
}
