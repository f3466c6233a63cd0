//! The pclntab's functions, and whose each is.
//!
//! A function's name says its package ([`super::packages::of_name`]); an assembly function's does not, but
//! its source file lies in the folder of a package. C functions that Go's linker has put among Go's came with
//! `runtime/cgo` or `runtime/race`, the only packages that bring objects which it links itself. What the
//! linker and the compiler make for all packages is nobody's.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::packages;
use super::pclntab::{Function, Table};
use crate::error::Error;
use crate::input::Bytes;

/// Stands for no package.
const NONE: u32 = u32::MAX;

/// The functions of a program in the order of addresses; an index is the one that [`Table::get`] takes.
#[derive(Debug, Default)]
pub struct Functions<'a> {
    /// Entries that never go backwards, and the end of the last function.
    entries: Vec<u64>,
    /// For each function, its place in `packages`.
    owners: Vec<u32>,
    packages: Vec<&'a str>,
    /// Places in the order of addresses of the C functions, ascending.
    c: Vec<u32>,
    /// What the table lists as a function and is text: the build ID of formats that have no notes.
    build_id: Option<usize>,
    /// What was odd.
    pub warnings: Vec<Error>,
}

impl<'a> Functions<'a> {
    /// Number of functions.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// First addresses, ascending; one more than functions: the end of the last one.
    pub fn entries(&self) -> &[u64] {
        &self.entries
    }

    /// The import path of a function's package; `None` for what belongs to no package.
    pub fn package(&self, i: usize) -> Option<&'a str> {
        self.packages.get(self.package_index(i)?).copied()
    }

    /// The place of a function's package in [`Functions::packages`].
    pub fn package_index(&self, i: usize) -> Option<usize> {
        self.owners.get(i).filter(|o| **o != NONE).map(|o| *o as usize)
    }

    /// The packages that have functions, in the order in which they come first: dependencies before those
    /// that import them.
    pub fn packages(&self) -> &[&'a str] {
        &self.packages
    }

    /// Index of the function that holds `addr`.
    pub fn at(&self, addr: u64) -> Option<usize> {
        let i = self.entries.partition_point(|e| *e <= addr).checked_sub(1)?;
        (i < self.len()).then_some(i)
    }

    /// Index of the function whose first address is `addr`.
    pub fn starting_at(&self, addr: u64) -> Option<usize> {
        self.entries.binary_search(&addr).ok().filter(|i| *i < self.len())
    }

    /// The instructions of a function, the padding behind them included; `None` for what is no code.
    pub fn code(&self, i: usize) -> Option<Range<u64>> {
        if self.build_id == Some(i) {
            return None;
        }
        Some(*self.entries.get(i)?..*self.entries.get(i + 1)?)
    }

    /// First address, and the address behind the last.
    pub fn range(&self) -> Range<u64> {
        match (self.entries.first(), self.entries.last()) {
            (Some(a), Some(b)) => *a..*b,
            _ => 0..0,
        }
    }

    /// Is it a C function that Go's linker has put among Go's?
    pub fn is_c(&self, i: usize) -> bool {
        self.c.binary_search(&(i as u32)).is_ok()
    }

    /// Are there C functions among Go's?
    pub fn has_c(&self) -> bool {
        !self.c.is_empty()
    }

    /// Reads a table; what must be made of its names is kept with `file`.
    pub(super) fn read(table: &Table<'a>, file: &'a Bytes) -> Functions<'a> {
        let mut reader = Reader {
            out: Functions {
                entries: Vec::with_capacity(table.len() + 1),
                owners: Vec::with_capacity(table.len()),
                ..Functions::default()
            },
            paths: FxHashMap::default(),
            folders: FxHashMap::default(),
            learned: Vec::new(),
            last: (&[], NONE),
            file,
            left: 4 * file.len() as u64 + (1 << 20),
        };
        let nameless = reader.named(table);
        reader.nameless(table, &nameless);
        reader.out
    }
}

/// What is known while a table is read.
struct Reader<'a> {
    out: Functions<'a>,
    /// Packages by their paths as they stand in names.
    paths: FxHashMap<&'a [u8], u32>,
    /// Packages by the folders of their source files.
    folders: FxHashMap<&'a [u8], u32>,
    /// For each package: is its folder known?
    learned: Vec<bool>,
    /// The path of the function before; functions of a package mostly follow each other.
    last: (&'a [u8], u32),
    file: &'a Bytes,
    /// Bytes of names that may still be kept.
    left: u64,
}

impl<'a> Reader<'a> {
    /// Enters all functions by their names; the indices of those whose names say no package.
    fn named(&mut self, table: &Table<'a>) -> Vec<usize> {
        let mut nameless = Vec::new();
        let mut highest = 0;
        for (i, f) in table.functions().enumerate() {
            let name = f.name();
            // Entries that go backwards would break every search.
            highest = highest.max(f.entry());
            self.out.entries.push(highest);
            let owner = self.of_name(name);
            self.out.owners.push(owner);
            if owner == NONE {
                if matches!(name, b"go:buildid" | b"go.buildid") {
                    self.out.build_id = Some(i);
                }
                nameless.push(i);
            } else if !self.learned.get(owner as usize).is_some_and(|l| *l) {
                self.learn(&f, owner);
            }
        }
        self.out.entries.push(table.pcs().end.max(highest));
        nameless
    }

    fn of_name(&mut self, name: &'a [u8]) -> u32 {
        let (path, owner) = self.last;
        let same = !path.is_empty()
            && name
                .strip_prefix(path)
                .is_some_and(|r| matches!(r, [b'.', rest @ ..] if !rest.is_empty() && !rest.contains(&b'/')));
        if same {
            return owner;
        }
        match packages::path_of(name) {
            Some(path) => {
                let owner = self.intern(path);
                self.last = (path, owner);
                owner
            }
            None => NONE,
        }
    }

    fn intern(&mut self, path: &'a [u8]) -> u32 {
        if let Some(known) = self.paths.get(path) {
            return *known;
        }
        let text = match std::str::from_utf8(path) {
            Ok(text) if !path.contains(&b'%') => Some(text),
            _ => self.keep(packages::unescape(path).into_owned()),
        };
        let Some(text) = text else { return NONE };
        // An escaped path and a plain one may read alike.
        let known = self.paths.get(text.as_bytes()).copied();
        let owner = known.unwrap_or(self.out.packages.len() as u32);
        if known.is_none() {
            self.out.packages.push(text);
            self.learned.push(false);
            self.paths.insert(text.as_bytes(), owner);
        }
        self.paths.insert(path, owner);
        owner
    }

    fn keep(&mut self, text: String) -> Option<&'a str> {
        match self.left.checked_sub(text.len() as u64) {
            Some(left) => self.left = left,
            None => {
                if self.out.warnings.is_empty() {
                    let what = "more escaped package paths than the file can hold; some functions have none";
                    self.out.warnings.push(Error::within("function names", what));
                }
                return None;
            }
        }
        std::str::from_utf8(self.file.keep(text.into_bytes())).ok()
    }

    /// Notes the folder of a package's functions. A wrapper or an instantiation may be written in one package
    /// and named after another; its file is not.
    fn learn(&mut self, f: &Function<'_, 'a>, owner: u32) {
        let name = f.name();
        if f.is_assembly() || name.contains(&b'[') || name.contains(&b':') {
            return;
        }
        let file = f.position(f.entry()).file;
        if let Some(folder) = folder(file).filter(|_| !file.starts_with(b"<")) {
            self.folders.entry(folder).or_insert(owner);
            if let Some(l) = self.learned.get_mut(owner as usize) {
                *l = true;
            }
        }
    }

    /// Gives a package to functions whose names say none.
    fn nameless(&mut self, table: &Table<'a>, which: &[usize]) {
        let mut c = Vec::new();
        for &i in which {
            let Some(f) = table.get(i) else { continue };
            let name = f.name();
            // The linker's and the compiler's own, and methods of unnamed types.
            if name.contains(&b':') || name.starts_with(b"type.") || name.starts_with(b"go.") {
                continue;
            }
            // Other than Go's assembly, C has no lines.
            if f.pcfile() == 0 && f.pcln() == 0 {
                c.push((i, name));
                continue;
            }
            let owner = folder(f.position(f.entry()).file).and_then(|d| self.folders.get(d));
            if let (Some(owner), Some(o)) = (owner, self.out.owners.get_mut(i)) {
                *o = *owner;
            }
        }
        let known = |path: &[u8]| self.paths.get(path).copied();
        let cgo = known(b"runtime/cgo");
        let race = c.iter().any(|(_, name)| name.starts_with(b"__tsan_"));
        let race = if race { known(b"runtime/race").or(cgo) } else { cgo };
        for (i, name) in c {
            let own = memchr::memmem::find(name, b"_cgo_").is_some() || name.starts_with(b"crosscall");
            if let Some(o) = self.out.owners.get_mut(i) {
                *o = if own { cgo } else { race }.unwrap_or(NONE);
            }
            self.out.c.push(i as u32);
        }
    }
}

fn folder(file: &[u8]) -> Option<&[u8]> {
    let slash = file.iter().rposition(|b| matches!(b, b'/' | b'\\'))?;
    file.get(..slash)
}
