//! What a row of a list stands for, and the orders that rows may have.

use super::work::What;
use crate::analysis::outline::{Class, Item, Outline, Package, Pair};

/// A module, a package in it, a part of that, or a string: places in the outline, or in a list's strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Module(usize),
    Package(usize, usize),
    Item(usize, usize, usize),
    Text(usize),
}

impl Node {
    /// As it stands in the file; nothing for a string.
    pub(super) fn name<'o>(&self, outline: &'o Outline) -> &'o str {
        match self {
            Node::Module(m) => outline.modules.get(*m).map_or("", |m| &m.name),
            Node::Package(..) => self.package(outline).map_or("", |p| &p.name),
            Node::Item(..) => self.item(outline).map_or("", |i| &i.name),
            Node::Text(_) => "",
        }
    }

    pub(super) fn bytes(&self, outline: &Outline) -> Option<Pair> {
        match self {
            Node::Module(m) => outline.modules.get(*m).map(|m| m.bytes),
            Node::Package(..) => self.package(outline).map(|p| p.bytes),
            Node::Item(..) => self.item(outline).map(|i| i.bytes),
            Node::Text(_) => None,
        }
    }

    pub(super) fn package<'o>(&self, outline: &'o Outline) -> Option<&'o Package> {
        match self {
            Node::Package(m, p) | Node::Item(m, p, _) => outline.modules.get(*m)?.packages.get(*p),
            _ => None,
        }
    }

    pub(super) fn item<'o>(&self, outline: &'o Outline) -> Option<&'o Item> {
        match self {
            Node::Item(_, _, i) => self.package(outline)?.items.get(*i),
            _ => None,
        }
    }

    /// The question why it is in the program; nothing where none can be asked.
    pub(super) fn why(&self, outline: &Outline) -> Option<What> {
        let name = self.name(outline).to_string();
        if name.starts_with(['[', '(']) && self.item(outline).is_none() {
            return None;
        }
        match self {
            Node::Package(..) if !self.package(outline)?.is_package => None,
            Node::Module(_) | Node::Package(..) => Some(What::Why(name)),
            Node::Item(..) => match self.item(outline)?.class {
                Class::Function | Class::File => Some(What::Why(name)),
                Class::Type => Some(What::WhyType(self.package(outline)?.name.clone(), name)),
                Class::Other => None,
            },
            Node::Text(_) => None,
        }
    }

    /// What it is, in a word of a list that holds all sorts.
    pub(super) fn sort_of_thing(&self, outline: &Outline) -> &'static str {
        match self {
            Node::Module(_) => "module",
            Node::Package(..) => "package",
            Node::Item(..) => match self.item(outline).map(|i| i.class) {
                Some(Class::Function) => "func",
                Some(Class::Type) => "type",
                Some(Class::File) => "file",
                _ => "data",
            },
            Node::Text(_) => "string",
        }
    }
}

/// By what rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sort {
    /// The difference, whatever its sign.
    Delta,
    /// Bytes in the file.
    Bytes,
    /// Bytes in the old file.
    Old,
    /// What the program loses with it.
    With,
    /// Its own functions and types.
    Own,
    Name,
}

impl Sort {
    /// The next one, of those that a list has.
    pub(super) fn next(self, diff: bool, retained: bool) -> Sort {
        let all = [Sort::Delta, Sort::Bytes, Sort::With, Sort::Own, Sort::Name];
        let has = |s: &Sort| match s {
            Sort::Delta => diff,
            Sort::With | Sort::Own => retained,
            _ => true,
        };
        let there: Vec<Sort> = all.into_iter().filter(has).collect();
        let now = there.iter().position(|s| *s == self);
        let next = now.map_or(0, |n| n + 1) % there.len().max(1);
        there.get(next).copied().unwrap_or(Sort::Bytes)
    }

    /// Is the graph of the program needed for it?
    pub(super) fn needs_graph(self) -> bool {
        matches!(self, Sort::With | Sort::Own)
    }
}

/// Which parts of a package are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tab {
    Of(Class),
    Strings,
}

impl Tab {
    /// In the order of the screen.
    pub(super) const ALL: [Tab; 5] = [
        Tab::Of(Class::Function),
        Tab::Of(Class::Type),
        Tab::Of(Class::File),
        Tab::Strings,
        Tab::Of(Class::Other),
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Tab::Of(Class::Function) => "functions",
            Tab::Of(Class::Type) => "types",
            Tab::Of(Class::File) => "files",
            Tab::Of(Class::Other) => "other",
            Tab::Strings => "strings",
        }
    }

    /// The next one, or the one before.
    pub(super) fn next(self, by: isize) -> Tab {
        let now = Tab::ALL.iter().position(|t| *t == self).unwrap_or(0) as isize;
        let next = (now + by).rem_euclid(Tab::ALL.len() as isize) as usize;
        Tab::ALL.get(next).copied().unwrap_or(self)
    }

    /// The first that has something of a package.
    pub(super) fn first(outline: &Outline, module: usize, package: usize) -> Tab {
        let items = outline.modules.get(module).and_then(|m| m.packages.get(package));
        // They are sorted by class.
        let class = items.and_then(|p| p.items.first()).map(|i| i.class);
        Tab::Of(class.unwrap_or(Class::Function))
    }
}
