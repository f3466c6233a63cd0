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
}
