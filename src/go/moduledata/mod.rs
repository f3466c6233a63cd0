//! The moduledata: the runtime's own index of the program, from which everything else is reached without
//! symbols.
//!
//! Authority: `moduledata` in Go 1.16 to 1.27's runtime/symtab.go and cmd/link/internal/ld/symtab.go. It is
//! found by what points at the pclntab and read by shape: the words up to `etext` have stood still since Go
//! 1.16, the map of text sections behind them is recognised by its contents, and its place says which of the
//! known layouts ([`super::release`]) this is. An unknown place gives fewer facts and a warning.

mod locate;
mod read;

pub(super) use locate::pointing_at;

use std::ops::Range;

use super::memory::Memory;
use super::pclntab::Table;
use crate::error::{Error, Result};

/// Where releases keep the words between `etext` and the map of text sections, counted in words from the
/// start. The place of the map tells the layouts apart; [`super::release`] has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The versions, for messages.
    pub versions: &'static str,
    /// The map of text sections.
    pub text_sections: usize,
    /// Are there coverage counters?
    pub covctrs: bool,
    /// End of the program.
    pub end: usize,
    /// Start of the types.
    pub types: usize,
    /// End of the types.
    pub etypes: usize,
    /// Bytes of type descriptors at the start of the types.
    pub typedesclen: Option<usize>,
    /// Offset from `types` and size of the itabs.
    pub itabs: Option<usize>,
    /// Start of read-only data.
    pub rodata: Option<usize>,
    /// Start of funcdata.
    pub gofunc: Option<usize>,
    /// End of the pclntab.
    pub epclntab: Option<usize>,
    /// Do typelinks and itablinks follow the map of text sections?
    pub links: bool,
}

/// A slice header: address of the first element, number of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    /// Virtual address of the first element, 0 for none.
    pub addr: u64,
    /// Number of elements.
    pub len: u64,
}

/// A run of text (Go 1.16 and later split the text of large programs on some processors).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSection {
    /// First offset, as the pclntab counts.
    pub start: u64,
    /// Offset behind the last.
    pub end: u64,
    /// Virtual address.
    pub addr: u64,
}

/// What a plugin or shared library was linked against: one package, or one other library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleHash {
    /// Import path, or file name of the library.
    pub name: Vec<u8>,
    /// The hash at the time of linking.
    pub link_time: Vec<u8>,
    /// Address of the variable that holds the hash of what is really loaded, 0 where a loader fills it in.
    pub run_time: u64,
}

/// A module's data. Ranges are of virtual addresses; those that the layout doesn't have are empty.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct ModuleData {
    /// Virtual address.
    pub addr: u64,
    /// Which layout it has; `None` for one that is not known.
    pub layout: Option<&'static Layout>,
    /// The program counters of Go functions.
    pub pcs: Range<u64>,
    pub text: Range<u64>,
    pub noptrdata: Range<u64>,
    pub data: Range<u64>,
    pub bss: Range<u64>,
    pub noptrbss: Range<u64>,
    /// Coverage counters (Go 1.20 and later).
    pub covctrs: Range<u64>,
    pub end: u64,
    /// Address of the pointer bitmap of data.
    pub gcdata: u64,
    /// Address of the pointer bitmap of bss.
    pub gcbss: u64,
    /// Type descriptors, names and what belongs to them.
    pub types: Range<u64>,
    /// Go 1.27 and later: the descriptors at the start of `types`, one behind the other.
    pub type_descriptors: Range<u64>,
    /// Go 1.27 and later: the itabs, one behind the other.
    pub itabs: Range<u64>,
    pub rodata: Option<u64>,
    /// Start of funcdata (Go 1.18 and later).
    pub gofunc: Option<u64>,
    /// End of the pclntab (Go 1.26 and later).
    pub epclntab: Option<u64>,
    pub findfunctab: u64,
    pub text_sections: Vec<TextSection>,
    /// 32-bit offsets from `types.start` (up to Go 1.26).
    pub typelinks: Slice,
    /// Pointers to itabs (up to Go 1.26).
    pub itablinks: Slice,
    /// A plugin's exported names: pairs of 32-bit offsets of name and type.
    pub ptab: Slice,
    /// A plugin's own path, else empty.
    pub pluginpath: Vec<u8>,
    /// A plugin's packages.
    pub pkghashes: Vec<ModuleHash>,
    /// Pointers to packages' init tasks in the order they run (Go 1.21 and later).
    pub inittasks: Slice,
    /// Name of the module where shared libraries are linked (`-linkshared`), else empty.
    pub modulename: Vec<u8>,
    /// The shared libraries linked against.
    pub modulehashes: Vec<ModuleHash>,
    /// Does the module hold `main.main`?
    pub hasmain: Option<bool>,
    /// Bytes from the first word to the last that is read; the structure's own size is in no table.
    pub size: u64,
    /// What was odd.
    pub warnings: Vec<Error>,
}

impl ModuleData {
    /// The moduledata that points at `table`.
    ///
    /// # Errors
    /// Where nothing in the file does, or the table is of Go 1.15 or earlier.
    pub fn find(memory: &Memory<'_, '_>, table: &Table<'_>) -> Result<ModuleData> {
        let none = || {
            Error::within(
                "moduledata",
                "nothing in the file points at the pclntab as it would",
            )
        };
        let addr = table.moduledata().ok_or_else(none)?;
        read::read(memory, addr).ok_or_else(none)
    }

    /// The moduledata at an address, checked.
    pub(super) fn at(memory: &Memory<'_, '_>, addr: u64) -> Option<ModuleData> {
        read::read(memory, addr)
    }
}
