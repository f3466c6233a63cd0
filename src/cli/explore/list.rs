//! A list: which rows it has, in which order, and which of them is selected.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::rows::{Node, Sort, Tab};
use super::state::{Action, Lazy};
use crate::analysis::outline::{Outline, Pair};

/// A string constant that a package's code refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constant {
    pub(super) text: &'static str,
    /// Its bytes, on either side.
    pub(super) bytes: Pair,
    /// Functions that use it, a few of them.
    pub(super) functions: Vec<String>,
}

/// What is known of a module or package by the graph of the program: as `gospect why` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kept {
    /// Bytes of its own functions and types.
    pub(super) own: u64,
    /// Bytes that go with it.
    pub(super) with: u64,
}

/// Of all modules and packages, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Retained {
    pub(super) modules: HashMap<String, Kept>,
    pub(super) packages: HashMap<String, Kept>,
}

impl Retained {
    /// Of what a row stands for.
    pub(super) fn of(&self, node: Node, outline: &Outline) -> Option<Kept> {
        let all = match node {
            Node::Module(_) => &self.modules,
            Node::Package(..) => &self.packages,
            _ => return None,
        };
        all.get(node.name(outline)).copied()
    }
}

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Modules,
    /// Of a module.
    Packages(usize),
    /// Of a module's package.
    Items(usize, usize),
    Everything,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) id: u64,
    pub(super) place: Place,
    pub(super) tab: Tab,
    pub(super) sort: Sort,
    /// Only rows that hold this.
    pub(super) filter: String,
    pub(super) typing: bool,
    pub(super) rows: Vec<Node>,
    pub(super) selected: usize,
    /// The first row on the screen.
    pub(super) top: usize,
    pub(super) strings: Lazy<Vec<Constant>>,
    /// The selected row was clicked again.
    pub(super) again: bool,
    // What is selected stays so, wherever the order puts it; nothing before the user has moved.
    kept: Option<Node>,
}

impl List {
    pub(super) fn new(id: u64, place: Place, diff: bool) -> List {
        List {
            id,
            place,
            tab: Tab::ALL[0],
            sort: if diff { Sort::Delta } else { Sort::Bytes },
            filter: String::new(),
            typing: false,
            rows: Vec::new(),
            selected: 0,
            top: 0,
            strings: Lazy::Unasked,
            again: false,
            kept: None,
        }
    }

    /// Are there numbers of the graph for its rows?
    pub(super) fn has_retained(&self) -> bool {
        !matches!(self.place, Place::Items(..))
    }

    /// Turns to other parts of the package.
    pub(super) fn tab(&mut self, tab: Tab) {
        if matches!(self.place, Place::Items(..)) && self.tab != tab {
            self.tab = tab;
            self.restart();
        }
    }

    /// Strings are looked for when they are first shown.
    pub(super) fn asks_strings(&self) -> bool {
        matches!(self.place, Place::Items(..)) && self.tab == Tab::Strings && self.strings == Lazy::Unasked
    }

    fn constants(&self) -> &[Constant] {
        match &self.strings {
            Lazy::Here(all) => all,
            _ => &[],
        }
    }

    /// The first row is selected again: other rows are wanted.
    pub(super) fn restart(&mut self) {
        (self.selected, self.top, self.kept) = (0, 0, None);
    }

    /// Bytes of a row.
    pub(super) fn bytes(&self, node: Node, outline: &Outline) -> Pair {
        match node {
            Node::Text(i) => self.constants().get(i).map_or(Pair::default(), |c| c.bytes),
            _ => node.bytes(outline).unwrap_or_default(),
        }
    }

    /// What a row is called.
    pub(super) fn name<'l>(&'l self, node: Node, outline: &'l Outline) -> &'l str {
        match node {
            Node::Text(i) => self.constants().get(i).map_or("", |c| c.text),
            _ => node.name(outline),
        }
    }

    /// How many parts of the package a tab has; `None` where they were not looked for.
    pub(super) fn count(&self, tab: Tab, outline: &Outline) -> Option<usize> {
        let Place::Items(m, p) = self.place else {
            return None;
        };
        let package = outline.modules.get(m)?.packages.get(p)?;
        match (tab, &self.strings) {
            (Tab::Of(class), _) => Some(package.items.iter().filter(|i| i.class == class).count()),
            (Tab::Strings, Lazy::Here(all)) => Some(all.len()),
            (Tab::Strings, _) => None,
        }
    }

    /// Its rows, of what there is.
    pub(super) fn arrange(&mut self, outline: &Outline, held: Option<&Retained>) {
        let wanted = self.filter.to_lowercase();
        let mut rows = self.all(outline);
        if !wanted.is_empty() {
            rows.retain(|n| self.name(*n, outline).to_lowercase().contains(&wanted));
        }
        let bytes = |n: &Node| self.bytes(*n, outline);
        let kept = |n: &Node| held.and_then(|h| h.of(*n, outline));
        let name = |n: &Node| self.name(*n, outline);
        // The larger first; the largest part of two files where they are alike.
        let key = |n: &Node| {
            let b = bytes(n);
            let first = match self.sort {
                Sort::Name => return Reverse((0, 0)),
                Sort::Bytes => 0,
                Sort::Delta => b.delta().unsigned_abs(),
                Sort::Old => u128::from(b.old),
                Sort::With => kept(n).map_or(0, |k| u128::from(k.with) + 1),
                Sort::Own => kept(n).map_or(0, |k| u128::from(k.own) + 1),
            };
            Reverse((first, b.new))
        };
        let mut keyed: Vec<_> = rows.iter().map(|n| (key(n), name(n), *n)).collect();
        keyed.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let rows: Vec<Node> = keyed.into_iter().map(|k| k.2).collect();
        self.rows = rows;
        let again = self.kept.and_then(|k| self.rows.iter().position(|n| *n == k));
        self.selected = again.unwrap_or(0);
    }

    fn all(&self, outline: &Outline) -> Vec<Node> {
        let packages = |m: usize| {
            let count = outline.modules.get(m).map_or(0, |m| m.packages.len());
            (0..count).map(move |p| Node::Package(m, p))
        };
        let items = |m: usize, p: usize| {
            let package = outline.modules.get(m).and_then(|m| m.packages.get(p));
            let all = package.map_or(&[][..], |p| &p.items);
            all.iter()
                .enumerate()
                .map(move |(i, item)| (Node::Item(m, p, i), item.class))
        };
        let modules = 0..outline.modules.len();
        match self.place {
            Place::Modules => modules.map(Node::Module).collect(),
            Place::Packages(m) => packages(m).collect(),
            Place::Items(m, p) => match self.tab {
                Tab::Strings => (0..self.constants().len()).map(Node::Text).collect(),
                Tab::Of(class) => items(m, p).filter(|i| i.1 == class).map(|i| i.0).collect(),
            },
            Place::Everything => {
                let mut out: Vec<Node> = modules.clone().map(Node::Module).collect();
                for m in modules {
                    for package in packages(m) {
                        out.push(package);
                        if let Node::Package(_, p) = package {
                            out.extend(items(m, p).map(|i| i.0));
                        }
                    }
                }
                out
            }
        }
    }

    /// Moves what is selected; `body` rows are on the screen.
    pub(super) fn step(&mut self, action: Action, body: usize) {
        let last = self.rows.len().saturating_sub(1);
        let page = body.saturating_sub(1).max(1) as isize;
        let now = self.selected;
        let by = |n: isize| now.saturating_add_signed(n).min(last);
        self.selected = match action {
            Action::Move(n) => by(n),
            Action::Page(n) => by(n.saturating_mul(page)),
            Action::First => 0,
            Action::Last => last,
            Action::Click(row) => {
                let clicked = self.top + row;
                if clicked > last {
                    return;
                }
                self.again = clicked == now && self.kept.is_some();
                clicked
            }
            _ => return,
        };
        self.kept = self.rows.get(self.selected).copied();
    }

    /// Scrolls so that what is selected is among `body` rows.
    pub(super) fn settle(&mut self, body: usize) {
        let most = self.rows.len().saturating_sub(body);
        let lowest = (self.selected + 1).saturating_sub(body);
        self.top = self
            .top
            .clamp(lowest.min(self.selected), self.selected.max(lowest));
        self.top = self.top.min(most);
    }
}
