//! Plan 9 a.out header → [`super::Image`].
//!
//! Authority: Plan 9's a.out(6); Go 1.27's debug/plan9obj for what Go reads of it. The header is eight
//! big-endian words, 8 more bytes of entry point on 64-bit machines; text, data, symbols and line tables
//! follow each other. No crate reads this format.

use super::extent::align_up;
use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment};
use crate::error::{Error, Result};

/// What only Plan 9 has.
#[derive(Debug, Clone, Copy)]
pub struct Plan9 {
    /// Address where text is loaded.
    pub load_address: u64,
    /// Bytes of the header.
    pub header_size: u64,
    /// Bytes of zeroed data.
    pub bss: u64,
}

const MAGIC_64: u32 = 0x8000;
const MAGIC_386: u32 = (4 * 11) * 11 + 7;
const MAGIC_AMD64: u32 = (4 * 26) * 26 + 7 + MAGIC_64;
const MAGIC_ARM: u32 = (4 * 20) * 20 + 7;

/// The machine of a Plan 9 magic number.
pub(super) fn machine(data: &[u8]) -> Option<Arch> {
    match Endian::Big.u32(data, 0)? {
        MAGIC_386 => Some(Arch::I386),
        MAGIC_AMD64 => Some(Arch::Amd64),
        MAGIC_ARM => Some(Arch::Arm),
        _ => None,
    }
}

pub(super) fn parse(data: &[u8]) -> Result<Parts<'_>> {
    let bad = || Error::at("Plan 9 a.out header", 0, "the file ends inside the header");
    let arch = machine(data).ok_or_else(bad)?;
    let wide = arch == Arch::Amd64;
    let word = |i: usize| Endian::Big.u32(data, i * 4).map(u64::from).ok_or_else(bad);
    let (text, data_len, bss, syms, spsz, pcsz) =
        (word(1)?, word(2)?, word(3)?, word(4)?, word(6)?, word(7)?);
    let header_size = if wide { 40 } else { 32 };
    let entry = if wide {
        Endian::Big.u64(data, 32).ok_or_else(bad)?
    } else {
        word(5)?
    };
    let load_address = if wide { 0x20_0000 } else { 0x1000 };
    let page = if wide { 0x20_0000 } else { 0x1000 };
    let mut sections = Vec::new();
    let mut offset = header_size;
    // The header is mapped in front of the text; data starts at the next page.
    let text_addr = load_address + header_size;
    let data_addr = align_up(text_addr + text, page);
    let exec = Perm {
        read: true,
        write: false,
        exec: true,
    };
    let write = Perm {
        read: true,
        write: true,
        exec: false,
    };
    type Part = (&'static [u8], u64, u64, u64, Perm, bool);
    let parts: [Part; 5] = [
        (b"text", text_addr, text, text, exec, true),
        (b"data", data_addr, data_len, data_len + bss, write, true),
        (b"syms", 0, syms, syms, Perm::default(), false),
        (b"spsz", 0, spsz, spsz, Perm::default(), false),
        (b"pcsz", 0, pcsz, pcsz, Perm::default(), false),
    ];
    for (name, addr, file_size, mem_size, perm, alloc) in parts {
        sections.push(Section {
            name,
            segment: b"",
            addr,
            mem_size,
            offset,
            file_size,
            align: 0,
            perm,
            alloc,
            kind: 0,
            flags: 0,
            link: 0,
            info: 0,
            entry_size: 0,
        });
        offset += file_size;
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
            flags: 0,
            align: page,
        })
        .collect();
    let warnings = match offset > data.len() as u64 {
        true => vec![Error::at(
            "Plan 9 a.out header",
            0,
            "the sections reach past the end of the file",
        )],
        false => Vec::new(),
    };
    Ok(Parts {
        format: Format::Plan9,
        data,
        arch,
        endian: if arch == Arch::Arm || wide || arch == Arch::I386 {
            Endian::Little
        } else {
            Endian::Big
        },
        ptr_size: if wide { 8 } else { 4 },
        entry,
        segments,
        sections,
        warnings,
        detail: Detail::Plan9(Plan9 {
            load_address,
            header_size,
            bss,
        }),
    })
}

impl<'a> Image<'a> {
    /// The Plan 9 part, `None` for other formats.
    pub fn plan9(&self) -> Option<&Plan9> {
        match &self.detail {
            Detail::Plan9(p) => Some(p),
            _ => None,
        }
    }
}
