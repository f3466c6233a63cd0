//! ELF files that GNU ld laid out, called by Go's linker: to the byte, but for `-w` before Go 1.26, which
//! keeps C's DWARF.
//!
//! Authority: GNU ld's default linker script (DATA_SEGMENT_ALIGN, DATA_SEGMENT_RELRO_END) and how bfd places
//! sections in the file, measured with binutils 2.40.

use super::Tables;
use super::facts::{Facts, round};
use super::relay::{Part, alignment, lay};
use super::strings;
use crate::image::elf::{PT_GNU_RELRO, PT_LOAD, ProgramHeader, SHF_ALLOC, SHT_NOBITS, SHT_NULL};
use crate::image::{Arch, Image, debug_name};

/// The file's size with these tables and with the sections in `grown` larger or smaller by so many bytes.
/// Sections in
/// `other` take another number of bytes in the file.
pub(super) fn size(
    f: &Facts<'_, '_>,
    want: Tables,
    grown: &[(usize, i64)],
    other: &[(usize, u64)],
) -> Option<u64> {
    let image = f.image;
    let end = loaded_end(image, grown)?;
    let gone = |name: &[u8], index: usize| {
        !want.dwarf && debug_name(name).is_some() && !other.iter().any(|o| o.0 == index && o.1 > 0)
            || !want.symtab && (name == b".symtab" || name == b".strtab")
    };
    let kept: Vec<usize> = (1..image.sections.len())
        .filter(|&i| !gone(image.sections[i].name, i))
        .collect();
    let elf = image.elf()?;
    let mut rest: Vec<usize> = kept
        .iter()
        .copied()
        .filter(|&i| {
            let s = &image.sections[i];
            s.flags & u64::from(SHF_ALLOC) == 0 && s.kind != SHT_NULL && i != elf.name_section
        })
        .collect();
    // Sections that are compressed late come behind the symbols in the file; else they stand in the order of
    // their headers.
    if !want.plain {
        rest.sort_by_key(|&i| image.sections[i].offset);
    }
    let mut at = end;
    for i in rest {
        let s = &image.sections[i];
        if let Some(bytes) = image.section_uncompressed_size(s).filter(|_| want.plain) {
            at = round(at, compressed_align(image, s)).checked_add(bytes)?;
            continue;
        }
        let bytes = match other.iter().find(|o| o.0 == i) {
            Some(o) => o.1,
            None if s.name == b".symtab" => symtab_without(image, s.file_size, &kept),
            None => s.file_size,
        };
        at = round(at, s.align).checked_add(bytes)?;
    }
    at = at.checked_add(strings::merged(kept.iter().map(|&i| image.sections[i].name)))?;
    let (align, header) = if image.ptr_size == 8 { (8, 64) } else { (4, 40) };
    Some(round(at, align) + header * (kept.len() as u64 + 1))
}

/// The alignment that a compressed section has once it is plain: from its compression header.
fn compressed_align<'a>(image: &Image<'a>, s: &crate::image::Section<'a>) -> u64 {
    let at = usize::from(image.ptr_size) * 2;
    image
        .endian
        .word(image.section_bytes(s), at, image.ptr_size)
        .unwrap_or(1)
}

/// Bytes of the symbol table when the section symbols of dropped sections go.
fn symtab_without(image: &Image<'_>, bytes: u64, kept: &[usize]) -> u64 {
    if kept.len() + 1 == image.sections.len() {
        return bytes;
    }
    let entry = if image.ptr_size == 8 { 24 } else { 16 };
    let gone = image.symbols().map_or(0, |all| {
        all.iter()
            .filter(|s| s.kind & 0xf == 3)
            .filter(|s| matches!(s.place, crate::image::Place::Section(i) if !kept.contains(&i)))
            .count()
    });
    bytes.saturating_sub(entry * gone as u64)
}

fn parts(image: &Image<'_>, p: &ProgramHeader) -> Vec<Part> {
    let mut parts: Vec<Part> = image
        .sections
        .iter()
        .enumerate()
        .filter(|(_, s)| s.flags & u64::from(SHF_ALLOC) != 0 && s.kind != SHT_NULL)
        .filter(|(_, s)| s.addr >= p.addr && s.addr - p.addr < p.mem_size.max(1))
        .map(|(index, s)| {
            let bss = s.kind == SHT_NOBITS;
            let tls = bss && s.flags & u64::from(crate::image::elf::SHF_TLS) != 0;
            Part {
                index,
                addr: s.addr,
                size: if tls { 0 } else { s.mem_size },
                align: s.align,
                bss: bss && !tls,
            }
        })
        .collect();
    parts.sort_by_key(|s| (s.addr, s.size));
    parts
}

/// Where the last loaded byte in the file ends.
fn loaded_end(image: &Image<'_>, grown: &[(usize, i64)]) -> Option<u64> {
    let elf = image.elf()?;
    let loads: Vec<_> = elf
        .program_headers
        .iter()
        .filter(|p| p.kind == PT_LOAD && p.file_size > 0)
        .collect();
    let page = loads.iter().map(|p| p.align).max()?.max(1);
    let relro = elf
        .program_headers
        .iter()
        .find(|p| p.kind == PT_GNU_RELRO && p.mem_size > 0);
    let (mut old_end, mut new_end, mut file_end) = (None::<u64>, 0u64, 0u64);
    for p in loads {
        let all = parts(image, p);
        let protected = relro.filter(|r| r.addr >= p.addr && r.addr - p.addr < p.mem_size);
        let start = match old_end {
            None => p.addr,
            Some(end) => match protected {
                Some(r) => {
                    let base = data_align(new_end, page);
                    // Placed anew only if this is how the file's own start came about.
                    let told = relro_start(image, r, &all, data_align(end, page), page, &[])?;
                    if told == p.addr {
                        relro_start(image, r, &all, base, page, grown)?
                    } else {
                        moved(end, p.addr, new_end, page)?
                    }
                }
                None => moved(end, p.addr, new_end, page)?,
            },
        };
        let mut last = start;
        let laid = lay(p.addr, start, &all, grown, |index, at, size| {
            if image.sections.get(index).is_some_and(|s| s.kind != SHT_NOBITS) {
                last = at.saturating_add(size);
            }
        });
        let headers = p.addr.checked_add(p.file_size).filter(|_| all.is_empty());
        let last = headers.unwrap_or(last);
        let offset = match old_end {
            None => p.offset,
            // The next place in the file that lies on its page as the address does on its own.
            Some(_) => file_end.checked_add(start.wrapping_sub(file_end) & (page - 1))?,
        };
        file_end = offset.checked_add(last.checked_sub(start)?)?;
        old_end = Some(p.addr.checked_add(p.mem_size)?);
        new_end = laid.end;
    }
    Some(file_end)
}

fn data_align(end: u64, page: u64) -> u64 {
    round(end, page).saturating_add(end & (page - 1))
}

/// Where a segment starts that follows one that now ends at `new_end`: by the rule that explains the file as
/// it is.
fn moved(old_end: u64, start: u64, new_end: u64, page: u64) -> Option<u64> {
    if round(old_end, page) == start {
        return Some(round(new_end, page));
    }
    if data_align(old_end, page) == start {
        return Some(data_align(new_end, page));
    }
    match alignment(old_end, start, 1) {
        Some(a) => Some(round(new_end, a)),
        None => new_end.checked_add(start.checked_sub(old_end)?),
    }
}

/// DATA_SEGMENT_RELRO_END: the sections that become read-only are moved up so that they end at a page.
fn relro_start(
    image: &Image<'_>,
    relro: &ProgramHeader,
    all: &[Part],
    base: u64,
    page: u64,
    grown: &[(usize, i64)],
) -> Option<u64> {
    let end = relro.addr.checked_add(relro.mem_size)?;
    let common = match image.arch {
        Arch::Arm64 | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le if end % page == 0 => page,
        Arch::Arm64 => 65536,
        _ => 4096,
    };
    let common = common.min(page);
    // The first words of .got.plt belong to the loader and are protected too.
    let mut extra = 0;
    let mut inside = Vec::new();
    for p in all {
        if p.addr < end && p.addr.saturating_add(p.size) > end {
            extra = end - p.addr;
        } else if p.addr < end {
            inside.push(*p);
        }
    }
    let first = all.first()?;
    let laid = lay(first.addr, round(base, first.align), &inside, grown, |_, _, _| {});
    let mut at = round(laid.end.checked_add(extra)?, common).checked_sub(extra)?;
    for p in inside.iter().rev() {
        let delta: i64 = grown.iter().filter(|g| g.0 == p.index).map(|g| g.1).sum();
        at = at.checked_sub(p.size.checked_add_signed(delta)?)?;
        at -= at % p.align.max(1);
    }
    Some(at)
}
