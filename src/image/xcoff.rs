//! XCOFF headers (aix) → [`super::Image`], read with the crate `object`; goblin has nothing for it.
//!
//! Authority: IBM's AIX Files Reference, "XCOFF Object File Format".

use object::read::xcoff::{FileHeader, SectionHeader};
use object::xcoff;

use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment, until_nul};
use crate::error::{Error, Result};

/// s_flags of a text section.
pub const STYP_TEXT: u32 = 0x20;
/// s_flags of a data section.
pub const STYP_DATA: u32 = 0x40;
/// s_flags of a bss section.
pub const STYP_BSS: u32 = 0x80;

/// s_flags of the loader section.
pub const STYP_LOADER: u32 = 0x1000;
/// l_smtype of a symbol that another module defines.
const L_IMPORT: u8 = 0x40;

/// A file that the loader takes symbols from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile<'a> {
    /// Its base name, `libc.a`: the member of the archive is left out.
    pub name: &'a [u8],
    /// Names of the symbols that are wanted of it.
    pub symbols: Vec<&'a [u8]>,
}

/// Longer names of symbols are not kept.
const LONGEST: usize = 4096;

/// What the loader section says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports<'a> {
    /// In the order of the file, each once.
    pub libraries: Vec<ImportFile<'a>>,
}

/// What only XCOFF has.
#[derive(Debug, Clone, Copy)]
pub struct Xcoff {
    /// f_flags.
    pub flags: u16,
    /// Offset of the symbol table and number of its 18-byte entries, auxiliary ones included.
    pub symbol_table: (u64, u64),
    /// Bytes of the file header, the auxiliary header and the section headers together.
    pub header_size: u64,
}

pub(super) fn parse(data: &[u8]) -> Result<Parts<'_>> {
    match data.get(..2) {
        Some([0x01, 0xdf]) => read::<xcoff::FileHeader32>(data, 4),
        _ => read::<xcoff::FileHeader64>(data, 8),
    }
}

fn read<H: FileHeader<Word: Into<u64>>>(data: &[u8], ptr_size: u8) -> Result<Parts<'_>> {
    let bad = |e: object::Error| Error::at("XCOFF header", 0, e.to_string());
    let mut at = 0;
    let header = H::parse(data, &mut at).map_err(bad)?;
    let entry = match header.aux_header(data, &mut at) {
        Ok(Some(aux)) => object::read::xcoff::AuxHeader::o_entry(aux).into(),
        _ => 0,
    };
    let mut warnings = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    match header.sections(data, &mut at) {
        Ok(table) => {
            for s in table.iter() {
                let flags = s.s_flags().0;
                let kind = flags & 0xffff;
                let size: u64 = s.s_size().into();
                let no_bytes = kind == STYP_BSS || s.s_scnptr().into() == 0;
                sections.push(Section {
                    name: until_nul(s.s_name()),
                    segment: b"",
                    addr: s.s_vaddr().into(),
                    mem_size: size,
                    offset: s.s_scnptr().into(),
                    file_size: if no_bytes { 0 } else { size },
                    align: 0,
                    perm: Perm {
                        read: true,
                        write: kind == STYP_DATA || kind == STYP_BSS,
                        exec: kind == STYP_TEXT,
                    },
                    alloc: matches!(kind, STYP_TEXT | STYP_DATA | STYP_BSS),
                    kind,
                    flags: u64::from(flags),
                    link: 0,
                    info: 0,
                    entry_size: 0,
                });
            }
        }
        Err(e) => warnings.push(Error::at("XCOFF section headers", at, e.to_string())),
    }
    let segments = sections
        .iter()
        .filter(|s| s.alloc)
        .map(|s| Segment {
            name: s.name,
            addr: s.addr,
            mem_size: s.mem_size,
            offset: s.offset,
            file_size: s.file_size,
            perm: s.perm,
            flags: s.flags,
            align: 0,
        })
        .collect();
    let detail = Xcoff {
        flags: header.f_flags().0,
        symbol_table: (header.f_symptr().into(), u64::from(header.f_nsyms())),
        header_size: at,
    };
    Ok(Parts {
        format: Format::Xcoff,
        data,
        arch: if ptr_size == 8 {
            Arch::Ppc64
        } else {
            Arch::Other(0x1df)
        },
        endian: Endian::Big,
        ptr_size,
        entry,
        segments,
        sections,
        warnings,
        detail: Detail::Xcoff(detail),
    })
}

impl<'a> Image<'a> {
    /// The XCOFF part, `None` for other formats.
    pub fn xcoff(&self) -> Option<&Xcoff> {
        match &self.detail {
            Detail::Xcoff(x) => Some(x),
            _ => None,
        }
    }

    /// The files that the loader section imports from, with the symbols. `None` where there is no such
    /// section, or it can't be read whole.
    pub fn xcoff_imports(&self) -> Option<Imports<'a>> {
        let section = self.sections.iter().find(|s| s.kind == STYP_LOADER)?;
        let b = self.section_bytes(section);
        let wide = self.ptr_size == 8;
        let e = self.endian;
        let u32 = |at| e.u32(b, at).map(|v| v as usize);
        let word = |at| usize::try_from(e.u64(b, at)?).ok();
        let (count, files_size, files) = (u32(4)?, u32(12)?, u32(16)?);
        let (files_at, strings_at, symbols_at) = match wide {
            true => (word(24)?, word(32)?, word(40)?),
            false => (u32(20)?, u32(28)?, 32),
        };
        // Three names for each file: path, base, member. The first file is the search path.
        let table = b.get(files_at..)?.get(..files_size)?;
        let names: Vec<&'a [u8]> = table.split(|c| *c == 0).collect();
        let mut libraries: Vec<ImportFile<'a>> = Vec::new();
        let mut place = vec![None];
        for one in names.chunks_exact(3).skip(1).take(files.saturating_sub(1)) {
            let name = one.get(1).copied().filter(|n| !n.is_empty());
            place.push(name.map(|name| {
                let known = libraries.iter().position(|l| l.name == name);
                known.unwrap_or_else(|| {
                    libraries.push(ImportFile {
                        name,
                        symbols: Vec::new(),
                    });
                    libraries.len() - 1
                })
            }));
        }
        if place.len() != files.max(1) {
            return None;
        }
        let symbols = b.get(symbols_at..)?.get(..count.checked_mul(24)?)?;
        for s in symbols.chunks_exact(24) {
            // Where the two sizes of the entry differ is the name and the value alone.
            let imported = s.get(14).is_some_and(|k| k & L_IMPORT != 0);
            let of = e
                .u32(s, 16)
                .and_then(|i| *place.get(i as usize)?)
                .filter(|_| imported);
            let Some(library) = of.and_then(|i| libraries.get_mut(i)) else {
                continue;
            };
            let long = if wide {
                e.u32(s, 8)
            } else {
                e.u32(s, 4).filter(|_| e.u32(s, 0) == Some(0))
            };
            let name = match long {
                Some(at) => b.get(strings_at.checked_add(at as usize)?..).map(until_nul),
                None => s.get(..8).map(until_nul),
            };
            library.symbols.extend(name.filter(|n| n.len() <= LONGEST));
        }
        Some(Imports { libraries })
    }
}
