//! For each module and package what goes with it and how the program comes to it: the table and the chains,
//! all at once.

use std::collections::BTreeMap;

use super::Graph;
use super::answer::Row;
use super::chain::Reached;

/// A module or package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What goes with it.
    pub row: Row,
    /// How the program comes to the nearest of its functions; `None` where it has none.
    pub reached: Option<Reached>,
}

/// All of them, largest first.
#[derive(Debug, Default)]
pub struct Holdings {
    /// The modules but the program's own.
    pub modules: Vec<Held>,
    /// The packages but `main`.
    pub packages: Vec<Held>,
}

impl Graph<'_, '_> {
    /// The rows of [`Graph::table`], each with the chain that leads to it.
    pub fn holdings(&self) -> Holdings {
        let table = self.table();
        let known = self.program.packages();
        let mut modules: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut packages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let functions = self.program.functions();
        for i in 0..functions.len() {
            let Some(path) = functions.package(i) else {
                continue;
            };
            packages.entry(path).or_default().push(i);
            if let Some(m) = known.module(path) {
                modules.entry(&m.path).or_default().push(i);
            }
        }
        let of = |all: &BTreeMap<&str, Vec<usize>>, rows: Vec<Row>| -> Vec<Held> {
            let lists: Vec<Vec<usize>> = rows
                .iter()
                .map(|r| all.get(r.name.as_str()).cloned().unwrap_or_default())
                .collect();
            let reached = self.reached(&lists);
            let none: Vec<bool> = lists.iter().map(Vec::is_empty).collect();
            let pairs = rows.into_iter().zip(reached).zip(none);
            pairs
                .map(|((row, reached), none)| Held {
                    row,
                    reached: (!none).then_some(reached),
                })
                .collect()
        };
        Holdings {
            modules: of(&modules, table.modules),
            packages: of(&packages, table.packages),
        }
    }
}
