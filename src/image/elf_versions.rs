//! GNU symbol versions: which versions of which library a file needs, and which of them each imported symbol
//! is bound to.
//!
//! Authority: the LSB's "Symbol Versioning" (Elfxx_Verneed, Elfxx_Vernaux). The loader finds the table by
//! DT_VERNEED, so it is there without section headers too.

use super::elf::{PT_DYNAMIC, SHT_DYNSYM};
use super::{Image, Place, c_string, clip};

const DT_STRTAB: u64 = 5;
const DT_VERNEED: u64 = 0x6fff_fffe;
/// A library's or a version's name is never longer; longer ones are not kept.
const LONGEST: usize = 1024;
/// Bytes of a Verneed and of a Vernaux: the same.
const ENTRY: usize = 16;

/// A symbol version that a library must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionNeed<'a> {
    /// The library's file name.
    pub library: &'a [u8],
    /// The version: `GLIBC_2.34`.
    pub version: &'a [u8],
    /// By this the symbols' version indices name it.
    pub index: u16,
    /// The program starts without it all the same (VER_FLG_WEAK).
    pub weak: bool,
}

impl<'a> Image<'a> {
    /// The symbol versions that must be there at run time, in the order of the table. `None` where the file
    /// has such a table and it can't be read.
    pub fn elf_version_needs(&self) -> Option<Vec<VersionNeed<'a>>> {
        let Some(dynamic) = self.elf_dynamic() else {
            return Some(Vec::new());
        };
        let find = |tag| dynamic.entries.iter().find(|e| e.0 == tag).map(|e| e.1);
        let section = |name: &str| self.section(name).map(|s| self.section_bytes(s));
        let table = match (find(DT_VERNEED), section(".gnu.version_r")) {
            (_, Some(b)) if !b.is_empty() => b,
            (Some(at), _) => self.bytes_from(at)?,
            // Go's linker leaves an empty section where it needs no version.
            (None, _) => return Some(Vec::new()),
        };
        let strings = find(DT_STRTAB).and_then(|a| self.bytes_from(a));
        let strings = strings.or_else(|| section(".dynstr")).filter(|s| !s.is_empty())?;
        self.walk(table, strings)
    }

    fn walk(&self, b: &'a [u8], strings: &'a [u8]) -> Option<Vec<VersionNeed<'a>>> {
        let e = self.endian;
        let mut out = Vec::new();
        // Entries may overlap in a crafted file: no more are read than would fit side by side.
        let mut left = b.len() / ENTRY;
        let mut share = self.budget.share("ELF version needs");
        let mut at = 0usize;
        loop {
            let (count, file) = (e.u16(b, at + 2)?, e.u32(b, at + 4)?);
            let (aux, next) = (e.u32(b, at + 8)?, e.u32(b, at + 12)?);
            let library = c_string(strings, file as usize)?;
            let mut x = at.checked_add(aux as usize)?;
            for _ in 0..count {
                left = left.checked_sub(1)?;
                let (flags, index) = (e.u16(b, x + 4)?, e.u16(b, x + 6)?);
                let (name, step) = (e.u32(b, x + 8)?, e.u32(b, x + 12)?);
                let version = c_string(strings, name as usize)?;
                share.take(library.len() + version.len()).then_some(())?;
                if library.len().max(version.len()) <= LONGEST {
                    out.push(VersionNeed {
                        library,
                        version,
                        index,
                        weak: flags & 2 != 0,
                    });
                }
                if step == 0 {
                    break;
                }
                x = x.checked_add(step as usize)?;
            }
            if next == 0 {
                return Some(out);
            }
            left = left.checked_sub(1)?;
            at = at.checked_add(next as usize)?;
        }
    }

    /// Names of the imported symbols, each with the index of the version it is bound to (0 and 1 for none).
    pub fn elf_imports(&self) -> Vec<(&'a [u8], u16)> {
        let table = self.sections.iter().position(|s| s.kind == SHT_DYNSYM);
        let versions = self
            .section(".gnu.version")
            .filter(|s| Some(s.link as usize) == table);
        let versions = versions
            .map(|s| clip(self.data, s.offset, s.file_size))
            .unwrap_or_default();
        let index = |i: usize| i.checked_mul(2).and_then(|at| self.endian.u16(versions, at));
        let all = self.elf_dynamic_symbols();
        let wanted = all
            .iter()
            .filter(|s| s.place == Place::Undefined && !s.name.is_empty());
        wanted
            .map(|s| (s.name, index(s.index as usize).unwrap_or(0) & 0x7fff))
            .collect()
    }

    /// Is all that the loader reads in the file: PT_INTERP's path and the dynamic section with its strings?
    pub fn elf_dynamic_is_whole(&self) -> bool {
        let Some(elf) = self.elf() else { return true };
        let whole = |kind: u32| {
            let header = elf.program_header(kind);
            header.is_none_or(|p| p.offset.saturating_add(p.file_size) <= self.data.len() as u64)
        };
        let strings = self.elf_dynamic().is_none_or(|d| {
            let wanted = d.entries.iter().filter(|e| e.0 == 1).count();
            d.entries.is_empty() || wanted == d.needed.len() && d.needed.iter().all(|n| !n.is_empty())
        });
        whole(super::elf::PT_INTERP) && whole(PT_DYNAMIC) && strings
    }
}
