//! PE headers → [`super::Image`], and what only PE has: data directories, imports, the COFF symbol table's
//! place.
//!
//! Authority: Microsoft's PE/COFF specification; goblin reads the COFF header, the optional header and the
//! section table.

use goblin::pe::header::CoffHeader;
use goblin::pe::optional_header::OptionalHeader;
use goblin::pe::section_table::SectionTable;
use scroll::Pread;

use super::budget::{Budget, Share};
use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment, c_string, clip, until_nul};
use crate::error::{Error, Result};

/// Characteristics: contains code.
pub const SCN_CODE: u32 = 0x20;
/// Characteristics: contains initialised data.
pub const SCN_INITIALIZED: u32 = 0x40;
/// Characteristics: contains uninitialised data.
pub const SCN_UNINITIALIZED: u32 = 0x80;
/// Characteristics: can be thrown away once loaded.
pub const SCN_DISCARDABLE: u32 = 0x0200_0000;

/// DllCharacteristics: may be loaded anywhere.
pub const DLL_DYNAMIC_BASE: u16 = 0x40;
/// DllCharacteristics: 64-bit address space randomisation.
pub const DLL_HIGH_ENTROPY_VA: u16 = 0x20;
/// DllCharacteristics: no execution from data.
pub const DLL_NX_COMPAT: u16 = 0x100;
/// DllCharacteristics: control flow guard.
pub const DLL_GUARD_CF: u16 = 0x4000;

/// Data directory of exports.
pub const DIR_EXPORT: usize = 0;
/// Data directory of imports.
pub const DIR_IMPORT: usize = 1;
/// Data directory of the Authenticode signature; its "address" is a file offset.
pub const DIR_SECURITY: usize = 4;
/// Data directory of base relocations.
pub const DIR_BASE_RELOC: usize = 5;
/// Data directory of the CLR header.
pub const DIR_DELAY_IMPORT: usize = 13;

/// What only PE has.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Pe<'a> {
    /// Offset of the `PE\0\0` signature, 0 for an object file, which has none.
    pub pe_offset: u64,
    /// Offset of the COFF header.
    pub coff_offset: u64,
    pub machine: u16,
    /// COFF Characteristics (0x2000: DLL).
    pub characteristics: u16,
    pub dll_characteristics: u16,
    pub subsystem: u16,
    pub image_base: u64,
    pub section_alignment: u32,
    pub file_alignment: u32,
    /// SizeOfHeaders in bytes.
    pub headers_size: u64,
    /// Bytes of the optional header.
    pub optional_header_size: u16,
    /// Offset and number of 18-byte COFF symbols; (0, 0) for none.
    pub symbol_table: (u64, u64),
    /// (virtual address, size) of each data directory.
    pub directories: Vec<(u32, u32)>,
    /// The COFF string table, its 4-byte length included.
    pub strings: &'a [u8],
}

pub(super) fn parse<'a>(data: &'a [u8], budget: &Budget) -> Result<Parts<'a>> {
    let bad = |at: u64, what: &str| Error::at("PE header", at, what);
    let le = Endian::Little;
    // An object file starts with the COFF header.
    let (mut pe_offset, mut at) = (0, 0);
    if data.starts_with(b"MZ") {
        pe_offset = le
            .u32(data, 0x3c)
            .ok_or_else(|| bad(0x3c, "the file ends inside the DOS header"))?;
        at = pe_offset as usize;
        if data.get(at..).and_then(|d| d.get(..4)) != Some(b"PE\0\0") {
            return Err(bad(u64::from(pe_offset), "no PE signature"));
        }
        at += 4;
    }
    let coff_offset = at as u64;
    // goblin's CoffHeader::parse takes the offset behind the signature.
    let coff = CoffHeader::parse(data, &mut at).map_err(|e| bad(u64::from(pe_offset), &e.to_string()))?;
    let mut warnings = Vec::new();
    let optional: Option<OptionalHeader> = match coff.size_of_optional_header {
        0 => None,
        n => {
            // goblin reads as many data directories as the header claims; hold it to the bytes that are
            // there.
            let window = clip(data, 0, at as u64 + u64::from(n));
            match window.pread(at) {
                Ok(o) => Some(o),
                Err(e) => {
                    warnings.push(Error::at("PE optional header", at as u64, e.to_string()));
                    None
                }
            }
        }
    };
    let table = at + usize::from(coff.size_of_optional_header);
    let symbol_table = (
        u64::from(coff.pointer_to_symbol_table),
        u64::from(coff.number_of_symbol_table),
    );
    let strings = match symbol_table {
        (0, _) => &data[..0],
        (offset, n) => {
            let at = offset.saturating_add(n.saturating_mul(18));
            let len = usize::try_from(at)
                .ok()
                .and_then(|a| le.u32(data, a))
                .unwrap_or(0);
            clip(data, at, u64::from(len))
        }
    };
    let windows = optional.as_ref().map(|o| o.windows_fields);
    let image_base = windows.map_or(0, |w| w.image_base);
    let mut sections = Vec::new();
    let mut share = budget.share("PE section names");
    for i in 0..usize::from(coff.number_of_sections) {
        let mut o = table + i * 40;
        let (Some(raw), Ok(s)) = (
            data.get(o..).and_then(|d| d.get(..8)),
            SectionTable::parse(data, &mut o, 0),
        ) else {
            warnings.push(Error::at(
                "PE section table",
                o as u64,
                format!("section {i} is cut off"),
            ));
            break;
        };
        sections.push(section(&s, raw, strings, image_base, &mut share));
    }
    let segments = sections
        .iter()
        .filter(|s: &&Section| s.addr > image_base)
        .map(|s| Segment {
            name: s.name,
            addr: s.addr,
            mem_size: s.mem_size,
            offset: s.offset,
            file_size: s.file_size,
            perm: s.perm,
            flags: s.flags,
            align: s.align,
        })
        .collect();
    let ptr_size = match coff.machine {
        0x14c | 0x1c4 | 0x1c0 => 4,
        _ => 8,
    };
    let directories = optional
        .as_ref()
        .map(|o| {
            o.data_directories
                .data_directories
                .iter()
                .map(|d| d.as_ref().map_or((0, 0), |(_, d)| (d.virtual_address, d.size)))
                .collect()
        })
        .unwrap_or_default();
    let pe = Pe {
        pe_offset: u64::from(pe_offset),
        coff_offset,
        machine: coff.machine,
        characteristics: coff.characteristics,
        dll_characteristics: windows.map_or(0, |w| w.dll_characteristics),
        subsystem: windows.map_or(0, |w| w.subsystem),
        image_base,
        section_alignment: windows.map_or(0, |w| w.section_alignment),
        file_alignment: windows.map_or(0, |w| w.file_alignment),
        headers_size: windows.map_or(table as u64, |w| u64::from(w.size_of_headers)),
        optional_header_size: coff.size_of_optional_header,
        symbol_table,
        directories,
        strings,
    };
    Ok(Parts {
        format: Format::Pe,
        data,
        arch: arch(coff.machine),
        endian: le,
        ptr_size,
        entry: optional.as_ref().map_or(0, |o| {
            image_base.wrapping_add(u64::from(o.standard_fields.address_of_entry_point))
        }),
        segments,
        sections,
        warnings,
        detail: Detail::Pe(pe),
    })
}

fn arch(machine: u16) -> Arch {
    match machine {
        0x14c => Arch::I386,
        0x8664 => Arch::Amd64,
        0xaa64 => Arch::Arm64,
        0x1c4 | 0x1c0 => Arch::Arm,
        m => Arch::Other(u32::from(m)),
    }
}

fn section<'a>(
    s: &SectionTable,
    raw: &'a [u8],
    strings: &'a [u8],
    image_base: u64,
    share: &mut Share<'_>,
) -> Section<'a> {
    let short = until_nul(raw);
    let long = short
        .strip_prefix(b"/")
        .and_then(|n| std::str::from_utf8(n).ok())
        .and_then(|n| n.parse().ok());
    let long = long.and_then(|at: usize| c_string(strings, at));
    let name = long.filter(|n| share.take(n.len())).unwrap_or(short);
    let flags = s.characteristics;
    let align = flags >> 20 & 0xf;
    Section {
        name,
        segment: b"",
        addr: image_base.wrapping_add(u64::from(s.virtual_address)),
        mem_size: u64::from(s.virtual_size),
        offset: u64::from(s.pointer_to_raw_data),
        file_size: if s.pointer_to_raw_data == 0 {
            0
        } else {
            u64::from(s.size_of_raw_data)
        },
        align: if align == 0 { 0 } else { 1 << (align - 1) },
        perm: Perm {
            read: flags & 1 << 30 != 0,
            write: flags & 1 << 31 != 0,
            exec: flags & 1 << 29 != 0,
        },
        alloc: s.virtual_address != 0 && flags & SCN_DISCARDABLE == 0,
        kind: 0,
        flags: u64::from(flags),
        link: 0,
        info: 0,
        entry_size: 0,
    }
}

/// A library that the loader brings in, and the functions wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import<'a> {
    /// File name as stored.
    pub library: &'a [u8],
    /// Names of the functions imported by name.
    pub functions: Vec<&'a [u8]>,
    /// Of each of them the address of the word that the loader fills in: its entry of the import address
    /// table.
    pub slots: Vec<u64>,
}

/// What keeping one import takes beside its name, in bytes; about.
const ENTRY: usize = 48;

impl<'a> Image<'a> {
    /// The PE part, `None` for other formats.
    pub fn pe(&self) -> Option<&Pe<'a>> {
        match &self.detail {
            Detail::Pe(p) => Some(p),
            _ => None,
        }
    }

    /// The import directory in order. At most 4096 libraries with 65536 functions each are read, and together
    /// no more than [`Budget`] grants.
    pub fn pe_imports(&self) -> Vec<Import<'a>> {
        let mut out = Vec::new();
        let Some(pe) = self.pe() else { return out };
        let Some(&(rva, _)) = pe.directories.get(DIR_IMPORT).filter(|d| d.0 != 0) else {
            return out;
        };
        let at = |rva: u32| self.bytes_from(pe.image_base.wrapping_add(u64::from(rva)));
        let Some(table) = at(rva) else { return out };
        let le = Endian::Little;
        let mut share = self.budget.share("PE imports");
        for entry in table.chunks_exact(20).take(4096) {
            let field = |i: usize| le.u32(entry, i).unwrap_or(0);
            let (lookup, name, address) = (field(0), field(12), field(16));
            if name == 0 {
                break;
            }
            let Some(library) = at(name).map(until_nul).filter(|l| share.take(ENTRY + l.len())) else {
                break;
            };
            let (mut functions, mut slots) = (Vec::new(), Vec::new());
            let mut slot = pe.image_base.wrapping_add(u64::from(address));
            let width = usize::from(self.ptr_size);
            let thunks = at(if lookup != 0 { lookup } else { address }).unwrap_or_default();
            for thunk in thunks.chunks_exact(width).take(65536) {
                let value = le.word(thunk, 0, self.ptr_size).unwrap_or(0);
                if value == 0 {
                    break;
                }
                let by_ordinal = value >> (width * 8 - 1) != 0;
                let hint = at(value as u32).filter(|_| !by_ordinal);
                let name = hint.map(|h| c_string(h, 2).unwrap_or_default());
                if !share.take(ENTRY + name.map_or(0, <[u8]>::len)) {
                    break;
                }
                if let Some(name) = name {
                    functions.push(name);
                    slots.push(slot);
                }
                slot = slot.wrapping_add(width as u64);
            }
            out.push(Import {
                library,
                functions,
                slots,
            });
        }
        out
    }
}
