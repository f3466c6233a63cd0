//! PE files that Go's own linker laid out: to the byte.
//!
//! Authority: cmd/link (pe.go) and Microsoft's PE format: sections at multiples of 512 bytes in the file,
//! base relocations in a block for each page, the COFF symbols and their strings in a section `.symtab` of
//! their own.

use super::Tables;
use super::facts::{Facts, round};
use crate::image::{Endian, Section};

/// The file's size with these tables and with the sections in `grown` larger or smaller by so many bytes.
/// `data_end` is the address where the data's bytes in the file end, where it is known.
pub(super) fn size(
    f: &Facts<'_, '_>,
    want: Tables,
    grown: &[(usize, i64)],
    data_end: Option<u64>,
) -> Option<u64> {
    let image = f.image;
    let pe = image.pe()?;
    let (fa, sa) = (u64::from(pe.file_alignment), u64::from(pe.section_alignment));
    if fa == 0 || sa == 0 {
        return None;
    }
    let growth = |i: usize| -> i64 { grown.iter().filter(|g| g.0 == i).map(|g| g.1).sum() };
    // What stands behind the blob starts at a multiple of 32.
    let blob_shift = match (f.blob, f.blob_section) {
        (Some(b), Some(i)) => {
            let d = if Some(i) == f.modinfo_section {
                0
            } else {
                growth(i)
            };
            let end = b.addr.checked_add(round(b.size, 16))?;
            round(end.checked_add_signed(d)?, 32) as i64 - round(end, 32) as i64
        }
        _ => 0,
    };
    let shift = |i: usize| {
        if Some(i) == f.blob_section {
            blob_shift
        } else {
            growth(i)
        }
    };

    // Where each section's memory goes.
    let mut moved: Vec<(u64, u64, u64, usize)> = Vec::new();
    let mut next = None;
    for (i, s) in image.sections.iter().enumerate() {
        if s.is_debug() && !want.dwarf {
            continue;
        }
        let at = next.unwrap_or(s.addr);
        moved.push((s.addr, s.mem_size, at, i));
        next = Some(round(
            at.checked_add(s.mem_size)?.checked_add_signed(shift(i))?,
            sa,
        ));
    }
    let modinfo = f.modinfo_offset.and_then(|o| image.offset_to_addr(o));
    let map = |addr: u64| -> Option<u64> {
        let &(old, _, new, i) = moved.iter().find(|m| addr >= m.0 && addr - m.0 < m.1)?;
        let behind = if Some(i) == f.blob_section {
            f.blob.is_some_and(|b| addr > b.addr)
        } else {
            modinfo.is_some_and(|m| addr > m)
        };
        new.checked_add(addr - old)?
            .checked_add_signed(if behind { shift(i) } else { 0 })
    };

    let mut total = round(pe.headers_size, fa);
    for (i, s) in image.sections.iter().enumerate() {
        if s.is_debug() && !want.dwarf {
            continue;
        }
        let raw = match s.name {
            b".reloc" => round(relocations(image.section_bytes(s), s, pe.image_base, &map)?, fa),
            b".symtab" => round(symtab(f, want)?, fa),
            _ if want.plain && s.is_debug() => {
                round(image.section_uncompressed_size(s).unwrap_or(s.file_size), fa)
            }
            _ if shift(i) == 0 => s.file_size,
            b".data" => {
                let end = data_end.filter(|&e| e >= s.addr && e - s.addr <= s.file_size)?;
                round((end - s.addr).checked_add_signed(shift(i))?, fa)
            }
            _ => round(s.mem_size.checked_add_signed(shift(i))?, fa),
        };
        total = total.checked_add(raw)?;
    }
    Some(total)
}

/// Bytes of the symbols and their strings: 18 for each symbol, then the strings with their length in front.
fn symtab(f: &Facts<'_, '_>, want: Tables) -> Option<u64> {
    let pe = f.image.pe()?;
    let long = |s: &&Section| s.name.len() > 8;
    let kept = |s: &&Section| want.dwarf || !s.is_debug();
    let bytes = |it: &mut dyn Iterator<Item = &Section<'_>>| it.map(|s| s.name.len() as u64 + 1).sum::<u64>();
    let sections = &f.image.sections;
    if !want.symtab {
        return Some(4 + bytes(&mut sections.iter().filter(long).filter(kept)));
    }
    let mut gone = bytes(&mut sections.iter().filter(long).filter(|s| !kept(s)));
    if want.plain {
        // `.zdebug_` is a letter longer than `.debug_`.
        gone += sections
            .iter()
            .filter(|s| s.name.starts_with(b".zdebug_"))
            .count() as u64;
    }
    (pe.symbol_table.1 * 18 + pe.strings.len() as u64).checked_sub(gone)
}

/// Bytes of the base relocations after `map` has moved what they patch. Blocks are padded to 4 bytes where
/// the file's are: since Go 1.24.
fn relocations(b: &[u8], s: &Section<'_>, image_base: u64, map: &dyn Fn(u64) -> Option<u64>) -> Option<u64> {
    let b = b.get(..usize::try_from(s.mem_size).ok()?.min(b.len()))?;
    let le = Endian::Little;
    let mut at = 0usize;
    let mut pages: Vec<(u64, u64)> = Vec::new();
    let mut padded = true;
    while let (Some(page), Some(size)) = (le.u32(b, at), le.u32(b, at + 4)) {
        let size = size as usize;
        let entries = b.get(at + 8..at.checked_add(size)?)?;
        if size < 8 {
            return None;
        }
        padded &= size.is_multiple_of(4);
        for e in entries.chunks_exact(2) {
            let e = le.u16(e, 0)?;
            if e >> 12 == 0 {
                continue;
            }
            let old = image_base
                .checked_add(u64::from(page))?
                .checked_add(u64::from(e & 0xfff))?;
            let new = map(old)? >> 12;
            match pages.last_mut() {
                Some(last) if last.0 == new => last.1 += 1,
                _ => pages.push((new, 1)),
            }
        }
        at += size;
    }
    pages.sort_unstable();
    let mut total = 0;
    for block in pages.chunk_by(|a, b| a.0 == b.0) {
        let n: u64 = block.iter().map(|p| p.1).sum();
        total += round(8 + 2 * n, if padded { 4 } else { 1 });
    }
    Some(total)
}

/// The size of a file that a C linker (mingw's GNU ld) made: sections that go are taken away, what moves is
/// left as it is.
pub(super) fn by_c_linker(f: &Facts<'_, '_>, want: Tables) -> Option<u64> {
    let pe = f.image.pe()?;
    let fa = u64::from(pe.file_alignment).max(1);
    let kept: Vec<&Section> = f
        .image
        .sections
        .iter()
        .filter(|s| want.dwarf || !s.is_debug())
        .collect();
    // Signature, COFF header, optional header, a header for each section.
    let headers = pe.pe_offset + 24 + u64::from(pe.optional_header_size) + 40 * kept.len() as u64;
    let raw: u64 = kept
        .iter()
        .map(|s| round(s.file_size, fa))
        .fold(round(headers, fa), u64::saturating_add);
    if !want.symtab {
        return Some(raw);
    }
    let names = |s: &&Section| s.name.len() > 8 && s.is_debug();
    let gone: u64 = f
        .image
        .sections
        .iter()
        .filter(|_| !want.dwarf)
        .filter(names)
        .map(|s| s.name.len() as u64 + 1)
        .sum();
    raw.checked_add(pe.symbol_table.1 * 18)?
        .checked_add(pe.strings.len() as u64)?
        .checked_sub(gone)
}

/// Where the data's bytes in the file end: the start of bss. From the symbol table, or from the moduledata.
pub(super) fn data_end(f: &Facts<'_, '_>) -> Option<u64> {
    let symbols = f.image.symbols().unwrap_or_default();
    let marked = symbols.iter().find(|s| s.name == b"runtime.bss").map(|s| s.addr);
    marked.or_else(|| Some(f.program.moduledata().ok()?.bss.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reloc(blocks: &[(u32, &[u16])]) -> Vec<u8> {
        let mut b = Vec::new();
        for (page, entries) in blocks {
            b.extend(page.to_le_bytes());
            b.extend((8 + 2 * entries.len() as u32).to_le_bytes());
            b.extend(entries.iter().flat_map(|e| e.to_le_bytes()));
        }
        b
    }

    fn section(size: usize) -> Section<'static> {
        let mut s = blank();
        s.mem_size = size as u64;
        s
    }

    fn blank() -> Section<'static> {
        Section {
            name: b".reloc",
            segment: b"",
            addr: 0,
            mem_size: 0,
            offset: 0,
            file_size: 0,
            align: 0,
            perm: Default::default(),
            alloc: true,
            kind: 0,
            flags: 0,
            link: 0,
            info: 0,
            entry_size: 0,
        }
    }

    #[test]
    fn moving_over_a_page_makes_a_block() {
        let b = reloc(&[(0x1000, &[0xa000, 0xaff8])]);
        let same = relocations(&b, &section(b.len()), 0, &|a| Some(a));
        let moved = relocations(&b, &section(b.len()), 0, &|a| Some(a + 8));
        assert_eq!((same, moved), (Some(12), Some(24)));
    }

    #[test]
    fn blocks_are_padded_as_the_files_are() {
        let odd = reloc(&[(0x1000, &[0xa000])]);
        let padded = reloc(&[(0x1000, &[0xa000, 0])]);
        assert_eq!(relocations(&odd, &section(odd.len()), 0, &|a| Some(a)), Some(10));
        assert_eq!(
            relocations(&padded, &section(padded.len()), 0, &|a| Some(a)),
            Some(12)
        );
    }
}
