//! What Go says of a program, put in the form that attribution needs: for every function its addresses and its package.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::ledger::{Ledger, NONE, NameId};
use super::names;
use crate::go::buildinfo::BuildInfo;
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;
use crate::go::pclntab::{Function, Table};
use crate::go::version::Version;
use crate::image::Image;

/// A Go program's tables; without a pclntab there are none.
#[derive(Debug)]
pub(super) struct Program<'i, 'a> {
    pub(super) image: &'i Image<'a>,
    pub(super) memory: Memory<'i, 'a>,
    pub(super) table: Option<Table<'a>>,
    pub(super) module: Option<ModuleData>,
    pub(super) functions: Functions,
    /// The Go version that built it, where the build information tells.
    pub(super) version: Option<Version>,
    /// `runtime`, to whom belongs what serves all packages.
    pub(super) runtime: NameId,
}

/// Functions in the order of addresses.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// Entries; one more than packages: the end of the last function.
    pub(super) entries: Vec<u64>,
    pub(super) packages: Vec<NameId>,
    /// Are there C functions among them? Go's linker lays them there when it links C objects itself.
    pub(super) c: bool,
    /// Index of what the table lists as a function and is text: the build ID of formats that have no notes.
    build_id: Option<usize>,
    /// Generic functions that take a dictionary: index by entry.
    pub(super) takers: FxHashMap<u64, usize>,
}

impl Functions {
    /// Index of the function that holds `addr`.
    pub(super) fn at(&self, addr: u64) -> Option<usize> {
        let i = self.entries.partition_point(|e| *e <= addr).checked_sub(1)?;
        (i < self.packages.len()).then_some(i)
    }

    /// The instructions of a function, the padding behind them included; `None` for what is no code.
    pub(super) fn code(&self, i: usize) -> Option<Range<u64>> {
        if self.build_id == Some(i) {
            return None;
        }
        Some(*self.entries.get(i)?..*self.entries.get(i + 1)?)
    }

    /// Package of the function that starts at `addr`.
    pub(super) fn starting_at(&self, addr: u64) -> Option<NameId> {
        let i = self.entries.binary_search(&addr).ok()?;
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
        match (self.entries.first(), self.entries.last()) {
            (Some(a), Some(b)) => *a..*b,
            _ => 0..0,
        }
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

impl<'i, 'a> Program<'i, 'a> {
    pub(super) fn read(
        image: &'i Image<'a>,
        info: Option<&BuildInfo<'_>>,
        ledger: &mut Ledger,
        warnings: &mut Vec<String>,
    ) -> Self {
        let memory = Memory::new(image);
        let runtime = ledger.name(b"runtime");
        let table = match Table::find(image) {
            Ok(t) => Some(t),
            Err(e) => {
                warnings.push(e.to_string());
                None
            }
        };
        let module = table.as_ref().and_then(|t| ModuleData::find(&memory, t).ok());
        let mut functions = Functions::default();
        if let Some(t) = &table {
            functions = read_functions(t, ledger);
        }
        Program {
            image,
            memory,
            table,
            module,
            functions,
            version: info.and_then(|i| Version::parse(std::str::from_utf8(i.go_version()).ok()?)),
            runtime,
        }
    }

    /// Is the variable at `addr` the cache of a type assertion or of a type switch? Their first word leads to an entry, then comes
    /// the interface, or the number of interfaces in front of them (Go 1.22 and later: internal/abi/switch.go).
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

/// Is it a C function that Go's linker has put among Go's? It has no package in its name and, other than Go's assembly, no lines.
pub(super) fn is_c(f: &Function<'_, '_>) -> bool {
    f.pcfile() == 0 && f.pcln() == 0 && names::package(f.name()).is_none() && !f.name().contains(&b':')
}

fn read_functions<'a>(table: &Table<'a>, ledger: &mut Ledger) -> Functions {
    let n = table.len();
    let mut out = Functions {
        entries: Vec::with_capacity(n + 1),
        packages: Vec::with_capacity(n),
        c: false,
        build_id: None,
        takers: FxHashMap::default(),
    };
    // Assembly functions and the linker's own have no package in their names; they stand among those of their package.
    let mut last = NONE;
    // Names of a package's functions follow each other, so its path is mostly the last one's.
    let mut path: Vec<u8> = Vec::new();
    let mut highest = 0;
    let mut c = Vec::new();
    for f in table.functions() {
        let name = f.name();
        if matches!(name, b"go:buildid" | b"go.buildid") {
            out.build_id = Some(out.entries.len());
        }
        let same = !path.is_empty()
            && name
                .strip_prefix(path.as_slice())
                .is_some_and(|r| r.first() == Some(&b'.') && !r.contains(&b'/'));
        if !same && let Some(p) = names::package(name) {
            last = ledger.name(&p);
            path = p.into_owned();
        } else if !same && is_c(&f) {
            c.push((out.packages.len(), f));
        }
        // Entries that go backwards would break every search.
        highest = highest.max(f.entry());
        if super::dictionaries::is_shaped(name) {
            out.takers.insert(highest, out.entries.len());
        }
        out.entries.push(highest);
        out.packages.push(last);
    }
    let first = out.packages.iter().copied().find(|p| *p != NONE).unwrap_or(NONE);
    for p in out.packages.iter_mut().take_while(|p| **p == NONE) {
        *p = first;
    }
    // Only runtime/race and runtime/cgo bring C objects that Go's linker takes.
    if !c.is_empty() {
        let of =
            |name: &[u8], ledger: &mut Ledger| Some(ledger.name(name)).filter(|id| out.packages.contains(id));
        let cgo = of(b"runtime/cgo", ledger);
        let race = c.iter().any(|(_, f)| f.name().starts_with(b"__tsan_"));
        let race = race.then(|| ledger.name(b"runtime/race")).or(cgo);
        for (i, f) in &c {
            let name = f.name();
            let own = memchr::memmem::find(name, b"_cgo_").is_some() || name.starts_with(b"crosscall");
            if let Some(p) = out.packages.get_mut(*i) {
                *p = if own { cgo } else { race }.unwrap_or(NONE);
            }
        }
    }
    out.c = !c.is_empty();
    out.entries.push(table.pcs().end.max(highest));
    out
}
