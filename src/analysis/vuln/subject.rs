//! A program → what the vulnerability database can be held against: its modules and, by package, the
//! functions that are in it.
//!
//! A function is in a program when the pclntab lists it or an inline tree of the pclntab does. Names are
//! compared as golang.org/x/vuln v1.9.0 does (internal/buildinfo, `parseName`): `(*T).M` is `T.M`, and the
//! main package goes by its import path. Unlike there, type arguments are left out, as the database leaves
//! them out.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::go::Program;
use crate::go::modinfo::Module;
use crate::go::packages::{Origin, Packages, path_of, unescape};
use crate::go::pclntab::{Function, Layout, Table};
use crate::image::budget::Share;

/// Can be seen which functions are in the program?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Functions {
    /// Yes, with those that were inlined.
    Seen,
    /// No, and why.
    Unseen(String),
}

/// One program.
#[derive(Debug)]
pub struct Subject<'p> {
    /// `go1.27.4`, as stored; `None` where not known.
    pub go_version: Option<String>,
    /// GOOS, where known.
    pub os: Option<String>,
    /// GOARCH, where known.
    pub arch: Option<String>,
    /// Import path of the main package.
    pub main_path: Option<String>,
    /// The main module, then the dependencies.
    pub modules: Vec<Module<'p>>,
    /// Is the first of them the main module?
    pub has_main: bool,
    /// Are the functions known?
    pub functions: Functions,
    /// Number of names of functions, inlined ones included.
    pub names: usize,
    /// Import path of each package that has a function in the program → the functions' names.
    pub packages: FxHashMap<String, FxHashSet<Cow<'p, str>>>,
    /// Which package is whose.
    pub owners: &'p Packages,
}

impl<'p> Subject<'p> {
    /// What a program shows. `hidden` says why its functions' names mean nothing, where that is so.
    pub fn new<'a: 'p>(program: &'p Program<'a>, hidden: Option<String>) -> Subject<'p> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let info = program.build_info().map(|b| &b.info);
        let mut modules = Vec::new();
        if let Some(info) = info {
            modules.extend(info.main.iter().chain(&info.deps).cloned());
        }
        let mut out = Subject {
            go_version: program.build_info().map(|b| text(b.go_version())),
            os: info.and_then(|i| Some(i.setting("GOOS")?.into_owned())),
            arch: info.and_then(|i| Some(i.setting("GOARCH")?.into_owned())),
            main_path: info.map(|i| text(i.path)).filter(|p| !p.is_empty()),
            modules,
            has_main: info.is_some_and(|i| i.main.is_some()),
            functions: Functions::Seen,
            names: 0,
            packages: FxHashMap::default(),
            owners: program.packages(),
        };
        match (program.pclntab(), hidden) {
            (_, Some(why)) => out.functions = Functions::Unseen(why),
            (Err(why), None) => out.functions = Functions::Unseen(why.to_string()),
            (Ok(table), None) => {
                if let Some(w) = table.warnings().first() {
                    out.functions = Functions::Unseen(w.to_string());
                }
                out.gather(program, table);
            }
        }
        out
    }

    /// Names come from the functions and their inline trees. Where these can't be read (Go 1.15 and before, a
    /// file that does not say where they are), from the table of names, which has those of both, and only
    /// those.
    fn gather(&mut self, program: &'p Program<'_>, table: &'p Table<'p>) {
        let trees = match table.layout() {
            Layout::Go12 => false,
            Layout::Go116 => table.functions().any(|f| f.inline_tree_addr().is_some()),
            _ => table.funcdata_base().is_some(),
        };
        let mut seen = FxHashSet::default();
        let mut into = Sorter {
            subject: self,
            last: (b"", None),
        };
        if !trees {
            let [names, _] = table.name_tables();
            names.split(|b| *b == 0).for_each(|n| into.add(n));
            return;
        }
        let mut trees = Trees::new(program);
        for f in table.functions() {
            into.add(f.name());
            for name in trees.names(&f) {
                // The same few functions are inlined everywhere: each is looked at once.
                if seen.insert(name.as_ptr() as usize) {
                    into.add(name);
                }
            }
        }
        // What was left out may be any name that the table has: better one too many.
        if trees.left_out {
            let [names, _] = table.name_tables();
            names.split(|b| *b == 0).for_each(|n| into.add(n));
        }
    }

    /// Is a package in the program?
    pub fn has_package(&self, path: &str) -> bool {
        self.packages.contains_key(path)
    }

    /// Is it an unlisted package: one of no module that the program names, and not of the standard library?
    pub fn is_unlisted(&self, package: &str) -> bool {
        match self.owners.module(package) {
            _ if package.starts_with("cmd/") => false,
            Some(m) => m.inferred,
            None => self.owners.origin(package) == Origin::Unknown,
        }
    }
}

/// For each wanted package (by import path) the wanted symbols, none standing for all: calls `found` with a
/// number of `wanted`, a function, by its index, that is one of them or inlines one, and the one.
pub(super) fn holders<'a>(
    program: &Program<'a>,
    wanted: &[(&str, &[String])],
    found: &mut dyn FnMut(usize, usize, &'a [u8]),
) {
    let Ok(table) = program.pclntab() else { return };
    let mut of_package: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (i, (package, _)) in wanted.iter().enumerate() {
        of_package.entry(package).or_default().push(i);
    }
    let mut subject = Subject::new(program, Some(String::new()));
    let mut names = Sorter {
        subject: &mut subject,
        last: (b"", None),
    };
    // The same few functions are inlined everywhere: each is looked at once.
    let mut known: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    let mut trees = Trees::new(program);
    let mut of_trees: FxHashMap<Tree, Vec<(usize, &[u8])>> = FxHashMap::default();
    for f in table.functions() {
        let tree = Trees::of(&f);
        for (i, name) in tree.and_then(|t| of_trees.get(&t)).into_iter().flatten() {
            found(*i, f.index(), name);
        }
        let mut inlined = Vec::new();
        for (is_own, name) in
            std::iter::once((true, f.name())).chain(trees.names(&f).into_iter().map(|n| (false, n)))
        {
            let of = known.entry(name.as_ptr() as usize).or_insert_with(|| {
                let Some(symbol) = names.split(name) else {
                    return Vec::new();
                };
                let package = names.last.1.as_deref().unwrap_or_default();
                let asked = of_package.get(package).into_iter().flatten().copied();
                let is_one = |i: &usize| {
                    wanted
                        .get(*i)
                        .is_some_and(|w| w.1.is_empty() || w.1.iter().any(|s| *s == symbol))
                };
                asked.filter(is_one).collect()
            });
            of.iter().for_each(|i| found(*i, f.index(), name));
            if !is_own {
                inlined.extend(of.iter().map(|i| (*i, name)));
            }
        }
        if let (Some(tree), false) = (tree, inlined.is_empty()) {
            of_trees.insert(tree, inlined);
        }
    }
}

/// Where a function's inline tree is, the table that says which instruction is of which call, and for how
/// many bytes of code: functions that share these have the same inlined calls.
type Tree = (u64, Option<u32>, u64);

/// The names in inline trees, each tree read once.
struct Trees<'p> {
    seen: FxHashSet<Tree>,
    share: Share<'p>,
    /// Was a part left out, since the file's trees share too much?
    left_out: bool,
}

impl<'p> Trees<'p> {
    fn new(program: &'p Program<'_>) -> Trees<'p> {
        Trees {
            seen: FxHashSet::default(),
            share: program.image().budget().share("inline trees"),
            left_out: false,
        }
    }

    fn of(f: &Function<'_, '_>) -> Option<Tree> {
        let bytes = f.end().wrapping_sub(f.entry());
        Some((f.inline_tree_addr()?, f.inline_table(), bytes))
    }

    /// The names of a tree that was not read before.
    fn names<'a>(&mut self, f: &Function<'_, 'a>) -> Vec<&'a [u8]> {
        let mut out = Vec::new();
        if self.left_out || !Trees::of(f).is_some_and(|t| self.seen.insert(t)) {
            return out;
        }
        let runs = f.inline_indices().count();
        self.left_out |= !self.share.take(runs);
        for name in f.inlined_names() {
            self.left_out |= !self.share.take(name.len());
            if self.left_out {
                break;
            }
            out.push(name);
        }
        out
    }
}

struct Sorter<'s, 'p> {
    subject: &'s mut Subject<'p>,
    /// The package of the last name, as written, and its path where it is not the same.
    last: (&'p [u8], Option<String>),
}

impl<'p> Sorter<'_, 'p> {
    /// Without modules, copies of other modules lie in a folder `vendor`; their import path is what stands
    /// behind it.
    fn import_path(&self, path: &str) -> String {
        match self.subject.owners.are_listed() || path.starts_with("cmd/") {
            true => path,
            false => path.rsplit("/vendor/").next().unwrap_or(path),
        }
        .to_string()
    }

    /// The symbol, with its package's import path in `last`.
    fn split(&mut self, name: &'p [u8]) -> Option<Cow<'p, str>> {
        let raw = path_of(name)?;
        // Of what compares values of a type and its kin the path stands elsewhere in the name; they are in no
        // package's list.
        let rest = name.strip_prefix(raw).and_then(|r| r.strip_prefix(b"."))?;
        if raw != self.last.0 || self.last.1.is_none() {
            let path = match (raw, &self.subject.main_path) {
                (b"main", Some(main)) => main.clone(),
                _ => self.import_path(&unescape(raw)),
            };
            self.last = (raw, Some(path));
        }
        Some(symbol(rest))
    }

    fn add(&mut self, name: &'p [u8]) {
        let Some(symbol) = self.split(name) else { return };
        self.subject.names += 1;
        let path = self.last.1.as_deref().unwrap_or_default();
        match self.subject.packages.get_mut(path) {
            Some(all) => {
                all.insert(symbol);
            }
            None => {
                self.subject
                    .packages
                    .insert(path.to_string(), [symbol].into_iter().collect());
            }
        }
    }
}

/// A function's name behind its package, as the database writes it.
fn symbol(rest: &[u8]) -> Cow<'_, str> {
    let open = memchr::memchr(b'[', rest);
    let close = memchr::memrchr(b']', rest);
    let rest = match (open, close) {
        (Some(o), Some(c)) if o < c => {
            let parts = [rest.get(..o), rest.get(c + 1..)];
            Cow::Owned(parts.map(Option::unwrap_or_default).concat())
        }
        _ => Cow::Borrowed(rest),
    };
    if !rest.starts_with(b"(*") {
        return match rest {
            Cow::Borrowed(b) => String::from_utf8_lossy(b),
            Cow::Owned(b) => Cow::Owned(String::from_utf8_lossy(&b).into_owned()),
        };
    }
    let plain: Vec<u8> = match memchr::memchr(b')', &rest) {
        Some(end) => [rest.get(2..end), rest.get(end + 1..)]
            .map(Option::unwrap_or_default)
            .concat(),
        None => rest.into_owned(),
    };
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::symbol;

    #[test]
    fn names_are_written_as_in_the_database() {
        for (name, want) in [
            ("Walk", "Walk"),
            ("(*Decoder).Decode", "Decoder.Decode"),
            ("Tag.String", "Tag.String"),
            ("Map[...]", "Map"),
            ("(*Pointer[go.shape.struct { a.com/x.T }]).Load", "Pointer.Load"),
            ("(*T).M.func1", "T.M.func1"),
            ("(*T", "(*T"),
        ] {
            assert_eq!(symbol(name.as_bytes()), want);
        }
    }
}
