//! The pclntab: Go's table of functions, files and lines, present in every Go program, stripped or not.
//!
//! `Table::find` turns a program's memory into a [`Table`]; its [`Function`]s have addresses, names, lines,
//! frame sizes and inline trees, all computed when asked for. Authority: Go 1.27's debug/gosym/pclntab.go and
//! runtime/symtab.go, cmd/link/internal/ld/pcln.go of Go 1.16 to 1.27. Nothing here trusts the table: a
//! malformed part reads as "not known".

use std::ops::Range;

mod find;
mod function;
mod header;
mod inline;
mod lines;
mod pcvalue;
#[cfg(test)]
mod tests;

pub use function::Function;
pub use header::Layout;
pub use inline::{Frame, InlinedCall};
pub use lines::{LineCursor, Position};
pub use pcvalue::{PcRange, PcValues};

use super::memory::Memory;
use crate::error::{Error, Result};
use crate::image::{Endian, c_string};
use header::Header;

/// The longest name of a file that is believed: the systems' own limit.
const PATH_LIMIT: usize = 4096;

/// The path at `at`, `None` where it does not end soon: thousands of functions may name it.
fn path(b: &[u8], at: usize) -> Option<&[u8]> {
    let b = b.get(at..)?;
    let b = b.get(..PATH_LIMIT).unwrap_or(b);
    b.get(..memchr::memchr(0, b)?)
}

/// How a table was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The section made for it.
    Section,
    /// The symbols `runtime.pclntab` and `runtime.epclntab`.
    Symbols,
    /// A search through the file for the table's structure.
    Scan,
}

/// A sub-table, for the attribution of bytes. Offsets count from the pclntab's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// `header`, `funcnametab`, `cutab`, `filetab`, `pctab`, `functab`, `funcs` (the function records); for
    /// Go 1.15 and earlier
    /// `header`, `functab`, `rest`.
    pub name: &'static str,
    /// Offset in bytes of the first byte.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

/// A module's pclntab.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    bytes: &'a [u8],
    header: Header,
    addr: u64,
    offset: Option<u64>,
    found: Found,
    text: u64,
    /// wasm, since Go 1.25: offsets are function indices, and a pc is an index shifted by 16 bits.
    text_shift: u8,
    /// Where runs of text offsets lie when the linker split the text: (first offset, offset behind the last,
    /// address).
    text_sections: Vec<(u64, u64, u64)>,
    funcdata: FuncData<'a>,
    moduledata: Option<u64>,
    warnings: Vec<Error>,
    /// How many functions' names are read; all, but for a table whose functions share long names.
    named: usize,
}

/// Where funcdata is: Go 1.18 and later has one block that records point into; before, records hold pointers,
/// which the loader may patch.
#[derive(Debug, Clone, Default)]
struct FuncData<'a> {
    /// Address of `go:func.*`.
    base: Option<u64>,
    /// The bytes from there.
    bytes: &'a [u8],
    /// Go 1.16 and 1.17: (address of each inline tree, its bytes) by the function's index, where there is
    /// one.
    trees: Vec<(u32, u64, &'a [u8])>,
}

impl<'a> Table<'a> {
    /// Finds the pclntab of an image: by its section, by its symbols, or by a search for its structure, which
    /// also recognises a magic number that an obfuscator has changed.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn find(memory: &Memory<'_, 'a>) -> Result<Table<'a>> {
        find::find(memory)
    }

    /// Which layout it has.
    pub fn layout(&self) -> Layout {
        self.header.layout
    }

    /// The magic number as stored; another than [`Layout::magic`] where an obfuscator changed it.
    pub fn magic(&self) -> u32 {
        self.header.magic
    }

    /// Virtual address of the first byte.
    pub fn addr(&self) -> u64 {
        self.addr
    }

    /// Offset of the first byte in the image's data; `None` in wasm, where zeros are left out of the file.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// How it was found.
    pub fn found(&self) -> Found {
        self.found
    }

    /// Virtual address that entries count from: moduledata's `text`, the symbol `runtime.text`.
    pub fn text(&self) -> u64 {
        self.text
    }

    /// Address of the moduledata that points here, where one does.
    pub fn moduledata(&self) -> Option<u64> {
        self.moduledata
    }

    /// Address that the funcdata offsets of Go 1.18 and later count from (`go:func.*`), where it is known.
    pub fn funcdata_base(&self) -> Option<u64> {
        self.funcdata.base
    }

    /// Bytes between instructions at the least.
    pub fn quantum(&self) -> u8 {
        self.header.quantum
    }

    /// Bytes in a pointer.
    pub fn ptr_size(&self) -> u8 {
        self.header.ptr_size
    }

    /// The table's byte order.
    pub fn endian(&self) -> Endian {
        self.header.endian
    }

    /// What was odd about it.
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// The bytes from the header to the last function record.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes.get(..self.size() as usize).unwrap_or(self.bytes)
    }

    /// Bytes from the header to the end of the last function record, the same in a stripped file and its
    /// twin.
    pub fn size(&self) -> u64 {
        self.parts().last().map_or(0, |p| p.offset + p.size)
    }

    /// Number of functions.
    pub fn len(&self) -> usize {
        self.header.functions
    }

    /// Has it no functions?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of files (1.16 and later: of entries in the file table).
    pub fn files(&self) -> u64 {
        self.header.files
    }

    /// The sub-tables in the order of the file; they touch each other.
    pub fn parts(&self) -> Vec<Part> {
        let h = &self.header;
        let functab = Part {
            name: "functab",
            offset: h.functab as u64,
            size: (h.functab_end() - h.functab) as u64,
        };
        let end = self.records_end();
        let cut = |name, offset: usize, end: usize| Part {
            name,
            offset: offset as u64,
            size: end.saturating_sub(offset) as u64,
        };
        if h.layout == Layout::Go12 {
            return vec![
                cut("header", 0, h.functab),
                functab,
                cut("rest", h.functab_end(), self.bytes.len()),
            ];
        }
        vec![
            cut("header", 0, h.names),
            cut("funcnametab", h.names, h.cu),
            cut("cutab", h.cu, h.file_names),
            cut("filetab", h.file_names, h.pc),
            cut("pctab", h.pc, h.functab),
            functab,
            cut("funcs", h.functab_end(), end),
        ]
    }

    /// The bytes of a part of [`Table::parts`].
    pub fn part_bytes(&self, part: &Part) -> &'a [u8] {
        let end = part.offset.saturating_add(part.size);
        self.bytes
            .get(part.offset as usize..end as usize)
            .unwrap_or_default()
    }

    /// The sub-tables that hold names: of functions, and of files. Go 1.15 and earlier have one part for
    /// everything, the second is empty then.
    pub fn name_tables(&self) -> [&'a [u8]; 2] {
        let h = &self.header;
        let cut = |from: usize, to: usize| self.bytes.get(from..to).unwrap_or_default();
        match h.layout {
            Layout::Go12 => [cut(h.functab_end(), self.bytes.len()), &[]],
            _ => [cut(h.names, h.cu), cut(h.file_names, h.pc)],
        }
    }

    fn records_end(&self) -> usize {
        let ends = self.functions().map(|f| f.record().end);
        let end = ends.max().unwrap_or(0).max(self.header.functab_end() as u64);
        (end as usize).min(self.bytes.len())
    }

    /// The `i`th function in the order of addresses.
    pub fn get(&self, i: usize) -> Option<Function<'_, 'a>> {
        (i < self.len()).then_some(Function::new(self, i))
    }

    /// All functions in the order of addresses.
    pub fn functions(&self) -> impl ExactSizeIterator<Item = Function<'_, 'a>> + '_ {
        (0..self.len()).map(|i| Function::new(self, i))
    }

    /// The function whose range holds `pc`.
    pub fn find_function(&self, pc: u64) -> Option<Function<'_, 'a>> {
        let n = self.len();
        if pc < self.entry(0)? || pc >= self.entry(n)? {
            return None;
        }
        let (mut low, mut high) = (0, n);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)? > pc {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        self.get(low.checked_sub(1)?)
    }

    /// First and last address of all functions.
    pub fn pcs(&self) -> Range<u64> {
        self.entry(0).unwrap_or(0)..self.entry(self.len()).unwrap_or(0)
    }

    /// File and line of `pc` as `go tool addr2line` gives them; `None` outside of all functions.
    pub fn pc_to_line(&self, pc: u64) -> Option<Position<'_>> {
        Some(self.find_function(pc)?.position(pc))
    }

    /// Reads files and lines of ascending addresses without starting anew for each.
    pub fn line_cursor(&self) -> LineCursor<'_, 'a> {
        LineCursor::new(self)
    }

    /// Address of the `i`th entry of the functab; `i == len()` is the end of the last function.
    fn entry(&self, i: usize) -> Option<u64> {
        let h = &self.header;
        let word = h.functab_word();
        let at = h
            .functab
            .checked_add(i.checked_mul(2)?.checked_mul(usize::from(word))?)?;
        let v = h.endian.word(self.bytes, at, word)?;
        Some(if h.layout >= Layout::Go118 {
            self.text_addr(v)
        } else {
            v
        })
    }

    /// Address of an offset in the text, as the functab and types' methods have them.
    pub fn text_addr(&self, offset: u64) -> u64 {
        for (i, &(start, end, addr)) in self.text_sections.iter().enumerate() {
            let last = i + 1 == self.text_sections.len();
            if offset >= start && (offset < end || last && offset == end) {
                return addr.wrapping_add(offset - start);
            }
        }
        self.text.wrapping_add(offset) << self.text_shift
    }

    /// Offset of the `i`th function's record.
    fn record_offset(&self, i: usize) -> Option<usize> {
        let h = &self.header;
        let word = usize::from(h.functab_word());
        let at = h
            .functab
            .checked_add(i.checked_mul(2)?.checked_add(1)?.checked_mul(word)?)?;
        let v = h.endian.word(self.bytes, at, h.functab_word())?;
        let base = if h.layout == Layout::Go12 { 0 } else { h.functab };
        base.checked_add(usize::try_from(v).ok()?)
    }

    /// The name at an offset of the name table, empty where there is none.
    pub(crate) fn name_at(&self, offset: u32) -> &'a [u8] {
        let at = self.header.names.checked_add(offset as usize);
        at.and_then(|at| c_string(self.bytes, at)).unwrap_or_default()
    }

    /// The file that `number` stands for in a function of the compilation unit at `cu`; empty for none.
    fn file_name(&self, cu: u32, number: i32) -> &'a [u8] {
        let h = &self.header;
        let find = || {
            if h.layout == Layout::Go12 {
                let entry = usize::try_from(number).ok().filter(|n| *n > 0)?.checked_mul(4)?;
                let at = h.endian.u32(self.bytes, h.file_names.checked_add(entry)?)?;
                return path(self.bytes, at as usize);
            }
            let number = u32::try_from(number).ok()?;
            // Go computes this in 32 bits, which only matters for a table that is broken anyway.
            let entry = cu.wrapping_add(number).wrapping_mul(4) as usize;
            let at = h.endian.u32(self.bytes, h.cu.checked_add(entry)?)?;
            if at == u32::MAX {
                return None;
            }
            path(self.bytes, h.file_names.checked_add(at as usize)?)
        };
        find().unwrap_or_default()
    }

    /// The pc-value table at an offset of the pctab.
    fn pc_values(&self, offset: u32, entry: u64) -> PcValues<'a> {
        let at = self.header.pc.checked_add(offset as usize);
        let bytes = at.and_then(|at| self.bytes.get(at..)).unwrap_or_default();
        PcValues::new(bytes, entry, self.header.quantum)
    }

    /// All names of files, each once, in the order of the file table; empty for Go 1.15 and earlier.
    pub fn file_table(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let h = &self.header;
        let range = if h.layout == Layout::Go12 {
            0..0
        } else {
            h.file_names..h.pc
        };
        let all = self.bytes.get(range).unwrap_or_default();
        all.split(|b| *b == 0).filter(|n| !n.is_empty())
    }
}
