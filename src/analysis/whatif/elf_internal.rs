//! ELF files that Go's own linker laid out: to the byte.
//!
//! Authority: cmd/link (address and the writing of ELF files), measured on rebuilds: segments at page
//! multiples, DWARF after the last one, then the symbol table. Since Go 1.26 the section names stand last,
//! before that inside the read-only segment.

use super::Tables;
use super::facts::{Facts, round};
use super::relay::{Part, lay};
use crate::image::debug_name;
use crate::image::elf::{PT_LOAD, SHT_NOBITS};

/// The file's size with these tables and with the sections in `grown` larger or smaller by so many bytes.
pub(super) fn size(f: &Facts<'_, '_>, want: Tables, grown: &[(usize, i64)]) -> Option<u64> {
    let image = f.image;
    let elf = image.elf()?;
    let loads: Vec<_> = elf
        .program_headers
        .iter()
        .filter(|p| p.kind == PT_LOAD && p.file_size > 0)
        .collect();
    let page = loads.iter().map(|p| p.align).max()?.max(1);
    let names = image.sections.get(elf.name_section)?;
    let gone = |name: &[u8]| {
        !want.dwarf && debug_name(name).is_some()
            || !want.symtab && (name == b".symtab" || name == b".strtab")
    };
    // The table of names may hold more than the sections do: Go 1.25 also names DWARF sections it does not
    // write.
    let dropped: u64 = image
        .section_bytes(names)
        .split(|&b| b == 0)
        .filter(|n| gone(n))
        .map(|n| n.len() as u64 + 1)
        .sum();

    let mut grown = grown.to_vec();
    let mut names_loaded = false;
    let (mut old_end, mut new_end, mut file_end) = (None, 0u64, 0u64);
    let mut last_file_end = 0u64;
    for p in &loads {
        let mut parts: Vec<Part> = image
            .sections
            .iter()
            .enumerate()
            .filter(|(_, s)| s.kind != 0 && s.name != b".tbss" && !s.is_debug())
            .filter_map(|(index, s)| {
                let bss = s.kind == SHT_NOBITS;
                let in_file = !bss && s.offset >= p.offset && s.offset - p.offset < p.file_size;
                // The section names before Go 1.26 have no address but lie in a segment.
                let addr = if s.addr == 0 && in_file {
                    p.addr.checked_add(s.offset - p.offset)?
                } else {
                    s.addr
                };
                let inside = addr >= p.addr && addr - p.addr < p.mem_size.max(1);
                (s.addr != 0 && inside || s.addr == 0 && in_file).then_some(Part {
                    index,
                    addr,
                    size: s.mem_size,
                    align: s.align,
                    bss,
                })
            })
            .collect();
        parts.sort_by_key(|s| (s.addr, s.size));
        if parts.iter().any(|s| s.index == elf.name_section) {
            names_loaded = true;
            grown.push((elf.name_section, -(dropped as i64)));
        }
        let start = match old_end {
            None => p.addr,
            Some(end) if round(end, page) == p.addr => round(new_end, page),
            Some(end) => new_end.checked_add(p.addr.checked_sub(end)?)?,
        };
        let laid = lay(p.addr, start, &parts, &grown, |_, _, _| {});
        let offset = if old_end.is_none() {
            p.offset
        } else {
            round(file_end, page)
        };
        file_end = offset.checked_add(laid.file_end.checked_sub(start)?)?;
        old_end = Some(p.addr.checked_add(p.mem_size)?);
        new_end = laid.end;
        last_file_end = last_file_end.max(file_end);
    }
    let mut end = round(last_file_end, page);
    let debug = image.sections.iter().filter(|s| s.is_debug());
    if want.dwarf && want.plain {
        for s in debug {
            end = end.checked_add(image.section_uncompressed_size(s).unwrap_or(s.file_size))?;
        }
    } else if want.dwarf {
        let first = debug.clone().map(|s| s.offset).min();
        let last = debug.map(|s| s.offset.saturating_add(s.file_size)).max();
        if let (Some(first), Some(last)) = (first, last) {
            end = end.checked_add(last.checked_sub(first)?)?;
        }
    }
    if want.symtab {
        end = round(end, u64::from(image.ptr_size));
        for n in [".symtab", ".strtab"] {
            end = end.checked_add(image.section(n)?.file_size)?;
        }
    } else if !names_loaded {
        end = round(end, u64::from(image.ptr_size));
    }
    if !names_loaded {
        end = end.checked_add(names.file_size.checked_sub(dropped)?)?;
    }
    Some(end)
}
