//! The program under measurement: what Go says of it, and the package of every function by number.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::names::{NONE, NameId, Names};
use crate::go::functions::Functions as GoFunctions;
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;
use crate::go::pclntab::{Function, Table};
use crate::go::version::Version;
use crate::go::{self};
use crate::image::Image;

/// A Go program; without a pclntab it has no functions.
#[derive(Debug)]
pub(super) struct Subject<'p, 'a> {
    pub(super) go: &'p go::Program<'a>,
    pub(super) image: &'p Image<'a>,
    pub(super) memory: Memory<'p, 'a>,
    pub(super) table: Option<&'p Table<'a>>,
    pub(super) module: Option<&'p ModuleData>,
    pub(super) functions: Functions<'p, 'a>,
    /// The Go version that built it, where the build information tells.
    pub(super) version: Option<Version>,
    /// `runtime`, to whom belongs what serves all packages.
    pub(super) runtime: NameId,
}

/// Functions in the order of addresses, with their packages in the names.
#[derive(Debug)]
pub(super) struct Functions<'p, 'a> {
    pub(super) go: &'p GoFunctions<'a>,
    pub(super) packages: Vec<NameId>,
    /// Generic functions that take a dictionary: index by entry.
    pub(super) takers: FxHashMap<u64, usize>,
}

impl Functions<'_, '_> {
    /// Index of the function that holds `addr`.
    pub(super) fn at(&self, addr: u64) -> Option<usize> {
        self.go.at(addr)
    }

    /// The instructions of a function, the padding behind them included; `None` for what is no code.
    pub(super) fn code(&self, i: usize) -> Option<Range<u64>> {
        self.go.code(i)
    }

    /// Package of the function that starts at `addr`.
    pub(super) fn starting_at(&self, addr: u64) -> Option<NameId> {
        let i = self.go.starting_at(addr)?;
        self.packages.get(i).copied().filter(|p| *p != NONE)
    }

    /// Package of the function that holds `addr`.
    pub(super) fn package_at(&self, addr: u64) -> NameId {
        self.at(addr)
            .and_then(|i| self.packages.get(i).copied())
            .unwrap_or(NONE)
    }

    /// The place of each package in the order of the text: dependencies come first.
    pub(super) fn ranks(&self) -> FxHashMap<NameId, u32> {
        let mut out = FxHashMap::default();
        let mut last = NONE;
        for p in self.packages.iter().filter(|p| **p != NONE) {
            if *p != last {
                last = *p;
                let next = out.len() as u32;
                out.entry(*p).or_insert(next);
            }
        }
        out
    }

    /// First address, and the address behind the last.
    pub(super) fn range(&self) -> Range<u64> {
        self.go.range()
    }
}

/// Which inlined functions a function's instructions came from.
pub(super) struct Inlines<'t> {
    /// (end of the run, name of the inlined function; empty for the function itself)
    runs: Vec<(u64, &'t [u8])>,
}

impl<'t> Inlines<'t> {
    pub(super) fn of(f: &Function<'t, '_>) -> Inlines<'t> {
        let runs = f.inline_indices().map(|r| (r.end, f.inlined_name(r.value)));
        Inlines { runs: runs.collect() }
    }

    /// Name of the inlined function that the instruction at `pc` came from.
    pub(super) fn at(&self, pc: u64) -> Option<&'t [u8]> {
        let i = self.runs.partition_point(|r| r.0 <= pc);
        self.runs.get(i).map(|r| r.1)
    }
}

impl<'p, 'a> Subject<'p, 'a> {
    pub(super) fn new(go: &'p go::Program<'a>, names: &mut Names) -> Self {
        let functions = go.functions();
        let packages: Vec<NameId> = functions
            .packages()
            .iter()
            .map(|p| names.name(p.as_bytes()))
            .collect();
        let package = |i| functions.package_index(i).and_then(|p| packages.get(p).copied());
        let table = go.pclntab().ok();
        let mut takers = FxHashMap::default();
        for f in table.iter().flat_map(|t| t.functions()) {
            if super::dictionaries::is_shaped(f.name()) {
                takers.insert(f.entry(), f.index());
            }
        }
        Subject {
            go,
            image: go.image(),
            memory: go.memory(),
            table,
            module: go.moduledata().ok(),
            functions: Functions {
                go: functions,
                packages: (0..functions.len()).map(|i| package(i).unwrap_or(NONE)).collect(),
                takers,
            },
            version: go.version(),
            runtime: names.name(b"runtime"),
        }
    }

    /// The table that finds a function by an address in it: a number for each 4096 bytes of text, and a byte
    /// for each 256 (Go 1.16 to 1.27: cmd/link/internal/ld/pcln.go, findfunctab). Empty where the program
    /// does not say where it is.
    pub(super) fn finder(&self) -> Range<u64> {
        let start = self.module.map_or(0, |m| m.findfunctab);
        let text = self.functions.range();
        let len = text.end.saturating_sub(text.start);
        let size = 4 * len.div_ceil(4096) + len.div_ceil(256);
        if start == 0 || size > self.image.data.len() as u64 {
            return 0..0;
        }
        start..start.saturating_add(size)
    }

    /// Is the variable at `addr` the cache of a type assertion or of a type switch? Their first word leads to
    /// an entry, then comes the interface, or the number of interfaces in front of them (Go 1.22 and later:
    /// internal/abi/switch.go).
    pub(super) fn is_cache(&self, addr: u64) -> bool {
        let m = &self.memory;
        let w = m.ptr_size();
        let at = |i: u64| addr.checked_add(i * w);
        let interface = |at: Option<u64>| {
            let kind = at.and_then(|a| m.pointer(a)?.checked_add(2 * w + 7));
            kind.and_then(|k| m.u8(k)).is_some_and(|k| k & 31 == 20)
        };
        let variable = self.module.as_ref().is_some_and(|m| m.data.contains(&addr));
        variable
            && (interface(at(1))
                || at(1)
                    .and_then(|a| m.word(a))
                    .is_some_and(|n| (1..=64).contains(&n))
                    && interface(at(2)))
    }
}
