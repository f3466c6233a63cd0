//! Would Go's own readers open this file? They refuse a file for its first defect, where [`super::Image`]
//! keeps what is readable.
//!
//! Authority: Go 1.27, `NewFile` of debug/elf, debug/macho, debug/pe, debug/plan9obj and internal/xcoff. `go
//! version` calls a refused file `unrecognized file format`, `go tool nm` an `unrecognized object file`.

use super::{Endian, Format, Image, Sniffed, elf, sniff};

/// Would Go's reader for the format of `image` accept it?
pub fn go_opens(image: &Image<'_>) -> bool {
    match image.format {
        Format::Elf => elf_opens(image),
        Format::MachO => macho_opens(image),
        Format::Pe => pe_opens(image).is_some(),
        Format::Xcoff => xcoff_opens(image),
        Format::Plan9 => image.data.len() as u64 >= image.plan9().map_or(u64::MAX, |p| p.header_size),
        Format::Wasm | Format::Archive | Format::GoObject => false,
    }
}

/// Would Go's reader accept the fat Mach-O file `data`? Every slice must be readable and of the same type,
/// and no architecture may come twice; 64-bit fat headers it does not know.
pub fn go_opens_fat(data: &[u8]) -> bool {
    let be = Endian::Big;
    if sniff(data) != Some(Sniffed::Fat) || data.get(3) != Some(&0xbe) {
        return false;
    }
    let Some(count) = be.u32(data, 4).filter(|n| (1..=64).contains(n)) else {
        return false;
    };
    let mut seen = Vec::new();
    let mut kind = None;
    for i in 0..count as usize {
        let field = |k: usize| be.u32(data, 8 + i * 20 + k * 4);
        let (Some(cpu), Some(sub), Some(offset), Some(size), Some(_)) =
            (field(0), field(1), field(2), field(3), field(4))
        else {
            return false;
        };
        let Ok(slice) = Image::parse(super::clip(data, u64::from(offset), u64::from(size))) else {
            return false;
        };
        let same_kind = slice
            .macho()
            .is_some_and(|m| *kind.get_or_insert(m.file_type) == m.file_type);
        if !same_kind || !macho_opens(&slice) || seen.contains(&(cpu, sub)) {
            return false;
        }
        seen.push((cpu, sub));
    }
    true
}

/// Are `[offset, offset + len)` bytes of the file? Nothing is always there.
fn holds(data: &[u8], offset: u64, len: u64) -> bool {
    len == 0
        || offset
            .checked_add(len)
            .is_some_and(|end| end <= data.len() as u64)
}

fn elf_opens(image: &Image<'_>) -> bool {
    let (data, e) = (image.data, image.endian);
    let Some(elf) = image.elf() else { return false };
    let wide = image.ptr_size == 8;
    let half = |at: usize| e.u16(data, at).map(u64::from).unwrap_or(0);
    let (version, entries) = if wide { (0x14, 0x36) } else { (0x14, 0x2a) };
    let (phentsize, phnum, shentsize, shnum, shstrndx) = (
        half(entries),
        half(entries + 2),
        half(entries + 4),
        half(entries + 6),
        half(entries + 8),
    );
    let (phoff, shoff) = (elf.program_header_table.0, elf.section_header_table.0);
    let (want_ph, want_sh) = if wide { (56, 64) } else { (32, 40) };
    if data.get(6) != Some(&1) || e.u32(data, version) != Some(1) || (shoff | phoff) >> 63 != 0 {
        return false;
    }
    if shoff == 0 && shnum != 0 || shnum > 0 && shstrndx >= shnum || phnum > 0 && phentsize < want_ph {
        return false;
    }
    let (mut shnum, mut phnum, mut shstrndx) = (shnum, phnum, shstrndx);
    if shoff > 0 && (shnum == 0 || phnum == 0xffff) {
        if !holds(data, shoff, want_sh) {
            return false;
        }
        let first = usize::try_from(shoff).unwrap_or(usize::MAX);
        let word = |at: usize| first.checked_add(at).and_then(|i| e.u32(data, i)).unwrap_or(0);
        let size = if wide {
            first.checked_add(0x20).and_then(|i| e.u64(data, i)).unwrap_or(0)
        } else {
            u64::from(word(0x14))
        };
        let (link, info) = if wide {
            (word(0x28), word(0x2c))
        } else {
            (word(0x18), word(0x1c))
        };
        if word(4) != elf::SHT_NULL || shnum == 0 && size < 0xff00 || phnum == 0xffff && info < 0xffff {
            return false;
        }
        if shnum == 0 {
            shnum = size;
        }
        if phnum == 0xffff {
            phnum = u64::from(info);
        }
        if shstrndx == 0xffff {
            shstrndx = u64::from(link);
            if shstrndx < 0xff00 || shstrndx >= shnum {
                return false;
            }
        }
    }
    let table = |offset: u64, count: u64, size: u64| {
        count
            .checked_mul(size)
            .is_some_and(|len| holds(data, offset, len))
    };
    if !table(phoff, phnum, phentsize) || shnum > 0 && shentsize < want_sh || !table(shoff, shnum, shentsize)
    {
        return false;
    }
    if elf
        .program_headers
        .iter()
        .any(|p| (p.offset | p.file_size) >> 63 != 0)
    {
        return false;
    }
    // With an entry size of its own Go reads headers at that step; nobody makes such files, and Image does
    // not read them.
    let compressed = u64::from(elf::SHF_COMPRESSED);
    let header = if wide { 24 } else { 12 };
    for s in &image.sections {
        if (s.offset | s.mem_size) >> 63 != 0 {
            return false;
        }
        if s.flags & compressed != 0 && (s.mem_size < header || !holds(data, s.offset, header)) {
            return false;
        }
    }
    if image.sections.is_empty() || shstrndx == 0 {
        return true;
    }
    let Some(names) = image.sections.get(shstrndx as usize) else {
        return false;
    };
    names.kind == elf::SHT_STRTAB
        && holds(data, names.offset, names.mem_size)
        && section_names_end(
            image,
            shoff,
            shentsize,
            super::clip(data, names.offset, names.mem_size),
        )
}

/// Every section's name must start and end inside the name table.
fn section_names_end(image: &Image<'_>, shoff: u64, step: u64, names: &[u8]) -> bool {
    (0..image.sections.len() as u64).all(|i| {
        let at = usize::try_from(shoff.saturating_add(i.saturating_mul(step))).unwrap_or(usize::MAX);
        let start = image.endian.u32(image.data, at).unwrap_or(u32::MAX) as usize;
        names
            .get(start..)
            .is_some_and(|rest| memchr::memchr(0, rest).is_some())
    })
}

fn macho_opens(image: &Image<'_>) -> bool {
    let (data, e) = (image.data, image.endian);
    let Some(m) = image.macho() else { return false };
    let head = if image.ptr_size == 8 { 32 } else { 28 };
    let Some(count) = e.u32(data, 16) else {
        return false;
    };
    if data.len() < head
        || !holds(data, head as u64, m.header_size - head as u64)
        || m.commands.len() != count as usize
    {
        return false;
    }
    const SEGMENT: u32 = 1;
    const SYMTAB: u32 = 2;
    const DYSYMTAB: u32 = 0xb;
    const DYLIB: u32 = 0xc;
    const SEGMENT_64: u32 = 0x19;
    const RPATH: u32 = 0x8000_001c;
    let mut symbols = None;
    for c in &m.commands {
        let at = c.offset as usize;
        let word = |i: usize| e.u32(data, at + i * 4).filter(|_| (i * 4 + 4) as u32 <= c.size);
        let long = |i: usize| word(i).map(u64::from);
        let fine = match c.kind {
            RPATH => c.size >= 12 && word(2).is_some_and(|p| p < c.size),
            DYLIB => c.size >= 24 && word(2).is_some_and(|p| p < c.size),
            SYMTAB => {
                let size = if image.ptr_size == 8 { 16 } else { 12 };
                let (Some(symoff), Some(n), Some(stroff), Some(strsize)) =
                    (long(2), long(3), long(4), long(5))
                else {
                    return false;
                };
                symbols = Some(n);
                holds(data, stroff, strsize)
                    && holds(data, symoff, n * size)
                    && super::clip(data, symoff, n * size)
                        .chunks_exact(size as usize)
                        .all(|s| e.u32(s, 0).is_some_and(|name| u64::from(name) < strsize))
            }
            DYSYMTAB => {
                let (Some(i), Some(n), Some(offset), Some(indirect)) = (long(6), long(7), long(14), long(15))
                else {
                    return false;
                };
                c.size >= 80
                    && symbols.is_some_and(|s| i <= s && i + n <= s)
                    && holds(data, offset, indirect * 4)
            }
            SEGMENT | SEGMENT_64 => segment_opens(image, at, c.kind == SEGMENT_64, c.size),
            _ => true,
        };
        if !fine {
            return false;
        }
    }
    true
}

fn segment_opens(image: &Image<'_>, at: usize, wide: bool, size: u32) -> bool {
    let e = image.endian;
    let (head, step, count_at, reloc_at) = if wide { (72, 80, 64, 56) } else { (56, 68, 48, 48) };
    let Some(count) = e.u32(image.data, at + count_at).filter(|_| size >= head) else {
        return false;
    };
    if u64::from(count) * step > u64::from(size - head) {
        return false;
    }
    if wide
        && [40, 48]
            .iter()
            .any(|o| e.u64(image.data, at + o).is_none_or(|v| v >> 63 != 0))
    {
        return false;
    }
    (0..count as usize).all(|i| {
        let s = at + head as usize + i * step as usize + reloc_at;
        match (e.u32(image.data, s), e.u32(image.data, s + 4)) {
            (Some(offset), Some(n)) => holds(image.data, u64::from(offset), u64::from(n) * 8),
            _ => false,
        }
    })
}

fn pe_opens(image: &Image<'_>) -> Option<()> {
    let data = image.data;
    let le = Endian::Little;
    let pe = image.pe()?;
    let known = [0x8664, 0xaa64, 0x1c4, 0x14c, 0x5032, 0x5064, 0x5128, 0];
    let (offset, count) = pe.symbol_table;
    if data.len() < 96 || !known.contains(&pe.machine) {
        return None;
    }
    let mut strings_len = 0;
    if offset != 0 {
        // Go adds in 32 bits.
        let at = (offset as u32).wrapping_add(18u32.wrapping_mul(count as u32));
        strings_len = u64::from(le.u32(data, at as usize)?);
        let fine = strings_len <= 4 || holds(data, u64::from(at), strings_len);
        if !fine || count > 0 && !holds(data, offset, count * 18) {
            return None;
        }
        coff_names_fit(super::clip(data, offset, count * 18), strings_len)?;
    }
    let optional = pe.coff_offset as usize + 20;
    let size = usize::from(pe.optional_header_size);
    if size > 0 {
        let least = match le.u16(data, optional)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
        let directories = le.u32(data, (optional + least).checked_sub(4)?)?;
        let room = size.checked_sub(least)? as u64;
        if room != u64::from(directories) * 8 || !holds(data, optional as u64, size as u64) {
            return None;
        }
    }
    let table = optional + size;
    let sections = usize::from(le.u16(data, pe.coff_offset as usize + 2)?);
    if !holds(data, table as u64, sections as u64 * 40) {
        return None;
    }
    for i in 0..sections {
        let at = table + i * 40;
        let name = super::until_nul(data.get(at..at + 8)?);
        if let Some(digits) = name.strip_prefix(b"/") {
            let n: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
            // An offset of exactly the table's length is let through.
            if n < 4 || n > strings_len.max(4) {
                return None;
            }
        }
        let (offset, count) = (le.u32(data, at + 24)?, le.u16(data, at + 32)?);
        if !holds(data, u64::from(offset), u64::from(count) * 10) {
            return None;
        }
    }
    Some(())
}

/// Every symbol's name must start inside the string table, and none may have more auxiliary entries than are
/// left.
fn coff_names_fit(table: &[u8], strings_len: u64) -> Option<()> {
    let mut auxiliary = 0;
    for entry in table.chunks_exact(18) {
        if auxiliary > 0 {
            auxiliary -= 1;
            continue;
        }
        auxiliary = *entry.get(17)?;
        let name = u64::from(Endian::Little.u32(entry, 4)?);
        let in_table = entry.starts_with(&[0; 4]) && name != 0;
        if in_table && (name < 4 || name > strings_len.max(4)) {
            return None;
        }
    }
    (auxiliary == 0).then_some(())
}

fn xcoff_opens(image: &Image<'_>) -> bool {
    let Some(x) = image.xcoff() else { return false };
    let (offset, count) = x.symbol_table;
    let strings = offset.saturating_add(count.saturating_mul(18));
    let at = usize::try_from(strings).unwrap_or(usize::MAX);
    let declared = usize::from(Endian::Big.u16(image.data, 2).unwrap_or(u16::MAX));
    offset != 0
        && count != 0
        && declared == image.sections.len()
        && Endian::Big
            .u32(image.data, at)
            .is_some_and(|len| len <= 4 || holds(image.data, strings, u64::from(len)))
}
