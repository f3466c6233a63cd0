//! What is no code and no data of the program: headers, build IDs, symbols, debug information, signatures,
//! what lies between sections.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::cause::{Cause, Class};
use super::code;
use super::data::Data;
use super::functions::Pairs;
use super::space::{Kind, Space};
use crate::go::{Program, buildid};
use crate::image::{Detail, Image, Section, clip};

/// Bytes of the build information before its texts.
const BLOB_HEAD: u64 = 32;

/// Compares all of it. What nothing explains is a cause of its own.
pub(super) fn causes(data: &Data<'_, '_, '_, '_>, pairs: &Pairs) -> Vec<Cause> {
    let (a, b) = (data.a.program, data.b.program);
    let (x, y) = (a.image(), b.image());
    let mut out = Vec::new();
    ids(x, y, &mut out);
    symbols_and_debug(data, pairs, &mut out);
    other_sections(x, y, &mut out);
    text(data, &mut out);
    between(x, y, &mut out);
    if x.entry != y.entry && !data.stands_for(pairs, x.entry, y.entry) {
        out.push(Cause::new("header", Class::Change).note("the program starts at another place"));
    }
    let head = |p: &Program<'_>| {
        let at = p.build_info().and_then(|b| b.blob.offset).unwrap_or(u64::MAX);
        clip(p.image().data, at, BLOB_HEAD).to_vec()
    };
    if head(a) != head(b) {
        out.push(open("the head of the build information differs"));
    }
    out
}

fn open(note: impl Into<String>) -> Cause {
    Cause::new("not explained", Class::Open).note(note)
}

fn names(image: &Image<'_>) -> Vec<String> {
    let name = |s: &Section<'_>| String::from_utf8_lossy(s.name).into_owned();
    image.sections.iter().map(name).collect()
}

/// Go build ID, GNU build ID, UUID.
fn ids(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let (p, q) = (buildid::read(x), buildid::read(y));
    let go = |i: &buildid::Ids<'_>| {
        let id = i.go.as_deref().filter(|id| !id.is_empty());
        id.map(|id| String::from_utf8_lossy(id).into_owned())
    };
    let host = |i: &buildid::Ids<'_>| {
        i.host
            .map(|h| h.iter().map(|b| format!("{b:02x}")).collect::<String>())
    };
    let written = |i: &buildid::Ids<'_>| i.parts().is_some();
    if go(&p) != go(&q) {
        let cause = match written(&p) && written(&q) {
            true => Cause::new("Go build ID", Class::Effect),
            false => Cause::new("-buildid", Class::Harmless),
        };
        out.push(cause.values(go(&p), go(&q)));
    }
    if host(&p) != host(&q) {
        let word = if matches!(x.detail, Detail::MachO(_)) {
            "UUID"
        } else {
            "GNU build ID"
        };
        // Made of Go's on both sides, or gone with it.
        let follows =
            |i: &buildid::Ids<'_>| i.host_is_from_go() == Some(true) || i.host.is_none() && !written(i);
        let class = if follows(&p) && follows(&q) {
            Class::Effect
        } else {
            Class::Harmless
        };
        out.push(Cause::new(word, class).values(host(&p), host(&q)));
    }
}

/// Are there symbols of the program's own, and is there debug information?
fn has(image: &Image<'_>) -> (bool, bool) {
    let debug = image
        .sections
        .iter()
        .any(|s| s.debug_name().is_some() && s.file_size > 0);
    (image.symbols().is_ok_and(|s| s.len() > 20), debug)
}

fn symbols_and_debug(data: &Data<'_, '_, '_, '_>, pairs: &Pairs, out: &mut Vec<Cause>) {
    let (x, y) = (data.a.program.image(), data.b.program.image());
    let (p, q) = (has(x), has(y));
    if p != q {
        let words = |h: (bool, bool)| match h {
            (true, true) => Some("symbols, debug information".to_string()),
            (true, false) => Some("symbols".into()),
            (false, true) => Some("debug information".into()),
            (false, false) => None,
        };
        let (i, j) = (buildid::read(x), buildid::read(y));
        // The linker's flags go into the ID; what is done later does not.
        let later = i.parts().is_some() && i.go == j.go;
        let word = match (p.0 != q.0, p.1 != q.1) {
            _ if later => "strip",
            (true, _) => "-s -w",
            _ => "-w",
        };
        out.push(Cause::new(word, Class::Harmless).values(words(p), words(q)));
    }
    if p.1 && q.1 {
        debug(x, y, out);
    }
    if p.0 && q.0 {
        symbols(data, pairs, out);
    }
}

fn debug(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let of = |i: &Image<'_>| -> BTreeSet<String> {
        let all = i.sections.iter().filter(|s| s.is_debug());
        all.map(|s| String::from_utf8_lossy(s.name).into_owned())
            .collect()
    };
    let (p, q) = (of(x), of(y));
    let mut other: Vec<String> = p.symmetric_difference(&q).cloned().collect();
    let (of_x, of_y) = (by_name(x), by_name(y));
    for name in p.intersection(&q) {
        let (Some(s), Some(t)) = (of_x.get(name.as_bytes()), of_y.get(name.as_bytes())) else {
            continue;
        };
        if x.section_bytes(s) == y.section_bytes(t) {
            continue;
        }
        let same = match (x.section_contents(s), y.section_contents(t)) {
            (Ok(s), Ok(t)) => s == t,
            _ => false,
        };
        if !same {
            other.push(name.clone());
        }
    }
    if !other.is_empty() {
        let note = format!(
            "not read by the program, and not compared further: {}",
            other.join(", ")
        );
        out.push(Cause::new("debug information", Class::Harmless).note(note));
    }
}

/// Does a symbol's size follow from what is told elsewhere?
fn size_follows(name: &[u8]) -> bool {
    let tables: [&[u8]; 3] = [b"runtime.pclntab", b"runtime.modinfo", b"go:buildinfo"];
    name.ends_with(b".str") || tables.iter().any(|t| name.starts_with(t))
}

fn symbols(data: &Data<'_, '_, '_, '_>, pairs: &Pairs, out: &mut Vec<Cause>) {
    let (a, b) = (data.a.program, data.b.program);
    let (Ok(s), Ok(t)) = (a.image().symbols(), b.image().symbols()) else {
        return;
    };
    let alike = self::names(a.image()) == self::names(b.image());
    let key = |s: &crate::image::Symbol<'_>| (s.kind, s.extra, Some(s.place).filter(|_| alike));
    let mut names = s.len().abs_diff(t.len());
    let mut places = 0;
    for (p, q) in s.iter().zip(t) {
        if p.name != q.name {
            names += 1;
            continue;
        }
        let size = p.size == q.size || size_follows(p.name);
        let place = p.addr == q.addr || data.stands_for(pairs, p.addr, q.addr);
        if !size || !place || key(p) != key(q) {
            places += 1;
        }
    }
    let strings = |i: &Image<'_>| i.section(".strtab").map(|s| i.section_bytes(s).to_vec());
    if names == 0 && strings(a.image()) != strings(b.image()) {
        names = 1;
    }
    if names == 0 && places == 0 {
        return;
    }
    let note = format!("{names} names and {places} places or sizes differ");
    let grave = Cause::new("symbol table", Class::Harmless).note(note);
    out.push(grave);
}

/// The first section of each name.
fn by_name<'i, 'a>(image: &'i Image<'a>) -> FxHashMap<&'a [u8], &'i Section<'a>> {
    let mut out = FxHashMap::default();
    for s in &image.sections {
        out.entry(s.name).or_insert(s);
    }
    out
}

/// Sections that neither memory nor debuggers hold, and those that only one file has.
fn other_sections(x: &Image<'_>, y: &Image<'_>, out: &mut Vec<Cause>) {
    let told = |s: &Section<'_>| {
        s.is_debug()
            || s.name.is_empty()
            || matches!(
                s.name,
                b".symtab" | b".strtab" | b".shstrtab" | b".note.go.buildid" | b".note.gnu.build-id"
            )
    };
    let (of_x, of_y) = (by_name(x), by_name(y));
    for s in x.sections.iter().filter(|s| !told(s)) {
        let name = String::from_utf8_lossy(s.name).into_owned();
        let Some(t) = of_y.get(s.name) else {
            out.push(
                Cause::new("section", Class::Change)
                    .section(name)
                    .values(Some(format!("{} bytes", s.file_size)), None),
            );
            continue;
        };
        let (p, q) = (x.section_bytes(s), y.section_bytes(t));
        if s.name == b".comment" && p != q {
            let text = |b: &[u8]| {
                let all = b.split(|b| *b == 0).filter(|t| !t.is_empty());
                Some(all.map(String::from_utf8_lossy).collect::<Vec<_>>().join("; "))
            };
            out.push(
                Cause::new("C compiler", Class::Change)
                    .section(name)
                    .values(text(p), text(q)),
            );
        } else if (!s.alloc || s.name.starts_with(b".note")) && p != q {
            out.push(open("contents differ").section(name));
        }
    }
    for t in y.sections.iter().filter(|t| !told(t)) {
        let name = String::from_utf8_lossy(t.name).into_owned();
        if !of_x.contains_key(t.name) {
            out.push(
                Cause::new("section", Class::Change)
                    .section(name)
                    .values(None, Some(format!("{} bytes", t.file_size))),
            );
        }
    }
    for (s, t) in x
        .sections
        .iter()
        .zip(&y.sections)
        .filter(|(s, t)| s.name == t.name)
    {
        if (s.kind, s.flags, s.align, s.entry_size, s.alloc)
            != (t.kind, t.flags, t.align, t.entry_size, t.alloc)
        {
            let note = "another kind, alignment or other rights";
            out.push(
                Cause::new("header", Class::Change)
                    .section(String::from_utf8_lossy(s.name))
                    .note(note),
            );
        }
    }
}

/// Code that is in no function of Go's table.
fn text(data: &Data<'_, '_, '_, '_>, out: &mut Vec<Cause>) {
    let pieces = |s: &Space<'_, '_>| -> Vec<(String, Vec<u8>, u64)> {
        let functions = s.program.functions();
        let range = functions.range();
        let ids = buildid::read(s.program.image());
        let mut all = Vec::new();
        for area in s.areas.iter().filter(|x| x.kind == Kind::Text) {
            let name = String::from_utf8_lossy(area.name.0).into_owned();
            let (start, end) = (area.addr, area.addr + area.bytes.len() as u64);
            let mut cut = |from: u64, to: u64| {
                let bytes = area.bytes.get((from - start) as usize..(to - start) as usize);
                let mut bytes = bytes.unwrap_or_default().to_vec();
                if let Some(id) = ids.go.as_deref().filter(|id| !id.is_empty())
                    && let Some(at) = memchr::memmem::find(&bytes, id)
                {
                    bytes[at..at + id.len()].fill(0);
                }
                all.push((name.clone(), bytes, from));
            };
            if range.start >= end || range.end <= start {
                cut(start, end);
                continue;
            }
            cut(start, range.start.max(start));
            for i in (0..functions.len())
                .take(2)
                .filter(|i| functions.code(*i).is_none())
            {
                let entries = functions.entries();
                if let (Some(from), Some(to)) = (entries.get(i), entries.get(i + 1)) {
                    cut((*from).clamp(start, end), (*to).clamp(start, end));
                }
            }
            cut(range.end.min(end), end);
        }
        all
    };
    let (p, q) = (pieces(data.a), pieces(data.b));
    let image = data.a.program.image();
    let mut other = p.len() != q.len();
    let mut section = None;
    for ((name, x, at_x), (_, y, at_y)) in p.iter().zip(&q) {
        let mut claims = code::Claims::default();
        if x != y && !code::equal(image.arch, image.endian, (x, *at_x), (y, *at_y), 0, &mut claims) {
            other = true;
            section = Some(name.clone());
        }
    }
    if other {
        let mut cause = Cause::new("C code", Class::Change).note("code that is in no Go function");
        cause.section = section;
        out.push(cause);
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
            let kinds = |e: &crate::image::elf::Elf<'_>| -> Vec<(u32, u32, u64)> {
                e.program_headers
                    .iter()
                    .map(|p| (p.kind, p.flags, p.align))
                    .collect()
            };
            let base = |e: &crate::image::elf::Elf<'_>| (e.kind, e.machine, e.os_abi, e.flags);
            const PT_NOTE: u32 = 4;
            let without_notes =
                |k: Vec<(u32, u32, u64)>| k.into_iter().filter(|k| k.0 != PT_NOTE).collect::<Vec<_>>();
            if base(e) != base(f) || without_notes(kinds(e)) != without_notes(kinds(f)) {
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

/// Does the program look like one that can be compared further than the record?
pub(super) fn comparable(a: &Program<'_>, b: &Program<'_>) -> bool {
    a.image().format == b.image().format
        && a.image().arch == b.image().arch
        && a.image().ptr_size == b.image().ptr_size
        && a.pclntab().is_ok()
        && b.pclntab().is_ok()
}
