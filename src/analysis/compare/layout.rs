//! How two files are laid out: headers, section tables, and what lies between and behind the sections.
//!
//! Where all parts of both are in place, these bytes are the same. Where parts grew, each field of a header
//! has to be the same, to say the same of a section of the same name, or to be the one by which that part was
//! found. Authority: the System V ABI (ELF); cmd/link/internal/ld/elf.go of Go 1.27.

use std::collections::BTreeSet;

use super::cause::{Cause, Class};
use super::tables::{by_name, keyed, names, open};
use crate::go::buildid;
use crate::image::elf::{Elf, ProgramHeader};
use crate::image::{Image, Section, clip};

/// Compares all of it. What nothing explains is a cause of its own.
pub(super) fn causes(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    headers_of_sections(x, y, out);
    section_names(x, y, out);
    between(x, y, out);
}

/// What the section headers say beside places and sizes, by which the sections were found.
fn headers_of_sections(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let of_y = by_name(y);
    for (key, s) in keyed(x) {
        let Some(t) = of_y.get(&key) else { continue };
        let fixed = |s: &Section<'_>| (s.kind, s.flags, s.align, s.entry_size, s.alloc);
        if fixed(s) != fixed(t) || others(x, s) != others(y, t) {
            let note = "another kind, alignment or other rights";
            out.push(
                Cause::new("header", Class::Change)
                    .section(String::from_utf8_lossy(s.name))
                    .note(note),
            );
        }
    }
}

/// Which other sections an ELF section's header names; for a symbol table also how many of its symbols are
/// local, beside how many it says there are.
fn others<'a>(image: &Image<'a>, s: &Section<'a>) -> (Option<&'a [u8]>, Option<&'a [u8]>, bool) {
    const SHT_SYMTAB: u32 = 2;
    const SHT_RELA: u32 = 4;
    const SHT_REL: u32 = 9;
    if image.elf().is_none() {
        return (None, None, true);
    }
    let name = |i: u32| image.sections.get(i as usize).map(|s| s.name);
    match s.kind {
        SHT_SYMTAB => {
            let all = image.symbols().unwrap_or_default();
            let first = all.iter().find(|s| s.kind >> 4 != 0);
            let local = first.map_or(s.info, |f| f.index);
            (name(s.link), None, local == s.info)
        }
        SHT_RELA | SHT_REL => (name(s.link), name(s.info), true),
        _ => (name(s.link), None, s.info == 0 || name(s.info).is_none()),
    }
}

/// The table of an ELF file's section names holds nothing but these, or what both hold.
fn section_names(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let table = |i: &Image<'_>| -> BTreeSet<Vec<u8>> {
        let bytes = i.section(".shstrtab").map(|s| i.section_bytes(s).to_vec());
        let bytes = bytes.unwrap_or_default();
        bytes.split(|b| *b == 0).map(<[u8]>::to_vec).collect()
    };
    let (p, q) = (table(x), table(y));
    let other = p.symmetric_difference(&q).find(|name| {
        let known = |i: &Image<'_>| i.sections.iter().any(|s| s.name.ends_with(name));
        !known(x) && !known(y)
    });
    if other.is_some() {
        out.push(open("names that belong to no section").section(".shstrtab"));
    }
}

/// Parts of a file that are in no section, as (start, end).
fn gaps(image: &Image<'_>) -> Vec<(u64, u64)> {
    let mut held: Vec<(u64, u64)> = image
        .sections
        .iter()
        .filter(|s| s.file_size > 0)
        .map(|s| (s.offset, s.offset.saturating_add(s.file_size)))
        .collect();
    held.sort_unstable();
    let mut out = Vec::new();
    let mut at = 0;
    for (start, end) in held {
        if start > at {
            out.push((at, start));
        }
        at = at.max(end);
    }
    let len = image.data.len() as u64;
    if at < len {
        out.push((at, len));
    }
    out
}

/// Headers, and what lies between and behind the sections.
fn between(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    if x.sections.is_empty() || y.sections.is_empty() {
        out.push(open("a file has no sections, by which its parts are found"));
        return;
    }
    let (p, q) = (gaps(x), gaps(y));
    let places = |i: &Image<'_>| -> Vec<(u64, u64, u64)> {
        i.sections
            .iter()
            .map(|s| (s.addr, s.offset, s.file_size))
            .collect()
    };
    let in_place = x.data.len() == y.data.len() && names(x) == names(y) && places(x) == places(y);
    if in_place {
        let apart = apart(x, y);
        for (from, to) in p {
            let (s, t) = (clip(x.data, from, to - from), clip(y.data, from, to - from));
            let differs = s.iter().zip(t).enumerate().find(|(i, (s, t))| {
                let at = from + *i as u64;
                s != t && !apart.iter().any(|r| (r.0..r.1).contains(&at))
            });
            if let Some((i, _)) = differs {
                let at = from + i as u64;
                out.push(
                    Cause::new("header", Class::Change).note(format!("the bytes at offset {at:#x} differ")),
                );
            }
        }
        return;
    }
    match (x.elf(), y.elf()) {
        (Some(e), Some(f)) => {
            if !same_header(x, y, e) || !same_segments((x, e), (y, f)) {
                out.push(Cause::new("header", Class::Change).note("other segments, or another kind of file"));
            }
            for at in [unread(x, &p), unread(y, &q)].into_iter().flatten() {
                out.push(open(format!("bytes at offset {at:#x} that no header names")));
            }
        }
        _ => out.push(open(
            "headers and tables behind the sections are not compared where sections moved in this format",
        )),
    }
}

/// Is the ELF header the same, but for where the program starts (which is told apart) and where the tables
/// of headers are, by which they were found?
fn same_header(x: &Image<'_>, y: &Image<'_>, elf: &Elf<'_>) -> bool {
    // e_entry to e_shoff; e_phnum; e_shnum and e_shstrndx.
    let found: [(usize, usize); 3] = match elf.header_size {
        64 => [(24, 48), (56, 58), (60, 64)],
        _ => [(24, 36), (44, 46), (48, 52)],
    };
    let head = |i: &Image<'_>| -> Vec<u8> {
        let bytes = clip(i.data, 0, elf.header_size).iter().enumerate();
        let kept = bytes.filter(|(i, _)| !found.iter().any(|f| (f.0..f.1).contains(i)));
        kept.map(|(_, b)| *b).collect()
    };
    head(x) == head(y)
}

/// Are the segments the same, each from and to the same places of sections of the same names? Segments of
/// notes come and go with the notes, which are told.
fn same_segments((x, e): (&Image<'_>, &Elf<'_>), (y, f): (&Image<'_>, &Elf<'_>)) -> bool {
    const PT_NOTE: u32 = 4;
    const PT_PHDR: u32 = 6;
    let all = |e: &Elf<'_>, notes: bool| -> Vec<ProgramHeader> {
        let all = e.program_headers.iter().filter(|p| notes || p.kind != PT_NOTE);
        all.cloned().collect()
    };
    let notes = e.program_headers.len() == f.program_headers.len();
    let (p, q) = (all(e, notes), all(f, notes));
    let same = |(s, t): (&ProgramHeader, &ProgramHeader)| {
        let fixed = |p: &ProgramHeader| (p.kind, p.flags, p.align);
        if s.kind == PT_PHDR {
            let whole = |p: &ProgramHeader, e: &Elf<'_>| {
                let (start, size, count) = e.program_header_table;
                let bytes = u64::from(size).saturating_mul(count as u64);
                (
                    p.addr,
                    p.offset == start,
                    p.file_size == bytes,
                    p.mem_size == bytes,
                )
            };
            return fixed(s) == fixed(t) && whole(s, e) == whole(t, f);
        }
        let ends = |i: &Image<'_>, p: &ProgramHeader| {
            let (start, file) = (Some(p.addr), p.addr.checked_add(p.file_size));
            let memory = p.addr.checked_add(p.mem_size);
            [
                place(i, start, false),
                place(i, file, true),
                place(i, memory, true),
            ]
            .map(|(name, at)| (name.map(<[u8]>::to_vec), at))
        };
        // Where a section starts a segment, the section says where in the file.
        let offset = |i: &Image<'_>, p: &ProgramHeader| match i.section_at(p.addr) {
            Some(s) => (
                true,
                p.offset.wrapping_sub(s.offset).wrapping_sub(p.addr - s.addr),
            ),
            None => (false, p.offset),
        };
        fixed(s) == fixed(t) && ends(x, s) == ends(y, t) && offset(x, s) == offset(y, t)
    };
    p.len() == q.len()
        && p.iter().zip(&q).all(same)
        && loads_at_its_address(x, e) == loads_at_its_address(y, f)
}

/// Is each segment's p_paddr its p_vaddr?
fn loads_at_its_address(image: &Image<'_>, elf: &Elf<'_>) -> bool {
    let (start, size, count) = elf.program_header_table;
    let at: usize = if image.ptr_size == 8 { 24 } else { 12 };
    let of = |n: usize| {
        let place = u64::from(size).saturating_mul(n as u64).saturating_add(start);
        let header = clip(image.data, place, u64::from(size));
        image.endian.word(header, at, image.ptr_size)
    };
    let headers = elf.program_headers.iter().take(count).enumerate();
    headers.into_iter().all(|(n, p)| of(n) == Some(p.addr))
}

/// A place by the section that it is in, counted from its start; for the end of something by the last section
/// before it, counted back from that one's end: what pads it out to the next does not count.
fn place<'a>(image: &Image<'a>, at: Option<u64>, end: bool) -> (Option<&'a [u8]>, u64) {
    /// The largest alignment of a section.
    const PADDING: u64 = 4096;
    let Some(at) = at else { return (None, 0) };
    if !end {
        let section = image.section_at(at);
        return section.map_or((None, at), |s| (Some(s.name), at - s.addr));
    }
    let before = image.sections.iter().filter(|s| s.alloc && s.addr < at);
    let last = before.max_by_key(|s| s.addr);
    match last.map(|s| (s.name, s.addr.saturating_add(s.mem_size))) {
        Some((name, stop)) if at.saturating_sub(stop) < PADDING => (Some(name), stop.saturating_sub(at)),
        _ => (None, at),
    }
}

/// Parts outside of sections that are told by themselves: the UUID, and signatures that Go made of their
/// files.
fn apart(x: &Image<'_>, y: &Image<'_>) -> Vec<(u64, u64)> {
    let mut out = Vec::new();
    if let (Some(p), Some(q)) = (buildid::uuid_place(x), buildid::uuid_place(y))
        && p == q
    {
        out.push((p.0 as u64, p.1 as u64));
    }
    if let (Some(p), Some(q)) = (buildid::signed_by_go(x), buildid::signed_by_go(y))
        && p == q
    {
        out.push((p.0 as u64, p.1 as u64));
    }
    out
}

/// The first byte between an ELF file's sections that is not 0 and in no header.
fn unread(image: &Image<'_>, gaps: &[(u64, u64)]) -> Option<u64> {
    let elf = image.elf()?;
    let table = |t: (u64, u16, usize)| (t.0, t.0.saturating_add(u64::from(t.1).saturating_mul(t.2 as u64)));
    let headers = [
        (0, elf.header_size),
        table(elf.program_header_table),
        table(elf.section_header_table),
    ];
    gaps.iter().find_map(|&(from, to)| {
        let bytes = clip(image.data, from, to - from);
        let at = |i: usize| from + i as u64;
        let read = |at: u64| headers.iter().any(|h| (h.0..h.1).contains(&at));
        (0..bytes.len()).find(|i| bytes[*i] != 0 && !read(at(*i))).map(at)
    })
}
