//! Reads the words of a moduledata, holding each against the others.

use std::ops::Range;

use super::{Layout, ModuleData, ModuleHash, Slice, TextSection};
use crate::error::Error;
use crate::go::memory::Memory;
use crate::go::release::RELEASES;

/// Numbers of the words that no layout since Go 1.16 has moved.
const FINDFUNCTAB: usize = 19;
const MINPC: usize = 20;
const MAXPC: usize = 21;
const TEXT: usize = 22;
const ETEXT: usize = 23;
const NOPTRDATA: usize = 24;
const DATA: usize = 26;
const BSS: usize = 28;
const NOPTRBSS: usize = 30;
const COVCTRS: usize = 32;

/// Most text sections, hashes and names that are believed.
const TEXT_SECTIONS_LIMIT: u64 = 256;
const HASHES_LIMIT: u64 = 1 << 16;
const NAME_LIMIT: u64 = 4096;
/// What keeping a hash takes beside its strings, in bytes; about.
const HASH: usize = 80;

struct Words<'m, 'i, 'a> {
    memory: &'m Memory<'i, 'a>,
    addr: u64,
}

impl Words<'_, '_, '_> {
    fn addr(&self, i: usize) -> u64 {
        self.addr.wrapping_add(i as u64 * self.memory.ptr_size())
    }

    fn get(&self, i: usize) -> Option<u64> {
        self.memory.pointer(self.addr(i))
    }

    fn range(&self, i: usize) -> Range<u64> {
        match (self.get(i), self.get(i + 1)) {
            (Some(a), Some(b)) if a <= b => a..b,
            _ => 0..0,
        }
    }

    /// A slice header whose length and capacity agree, and whose first element is in the file unless it is
    /// empty.
    fn slice(&self, i: usize) -> Option<Slice> {
        let (addr, len, cap) = (self.get(i)?, self.get(i + 1)?, self.get(i + 2)?);
        let there = len == 0
            || self
                .memory
                .bytes_from(addr)
                .is_some_and(|b| len <= b.len() as u64);
        (len == cap && there).then_some(Slice { addr, len })
    }
}

/// Do the words up to `etext` fit together? Five sub-tables in slices, then addresses of code.
pub(super) fn plausible(memory: &Memory<'_, '_>, addr: u64) -> bool {
    let w = Words { memory, addr };
    let slices = (0..6).all(|i| {
        w.slice(1 + 3 * i)
            .is_some_and(|s| s.len > 0 || memory.image().format == crate::image::Format::Wasm)
    });
    let text = w.range(TEXT);
    let pcs = w.range(MINPC);
    slices && pcs.start < pcs.end && (text.end > text.start)
}

pub(super) fn read(memory: &Memory<'_, '_>, addr: u64) -> Option<ModuleData> {
    let w = Words { memory, addr };
    if !plausible(memory, addr) {
        return None;
    }
    let mut m = ModuleData {
        addr,
        findfunctab: w.get(FINDFUNCTAB)?,
        pcs: w.get(MINPC)?..w.get(MAXPC)?,
        text: w.get(TEXT)?..w.get(ETEXT)?,
        noptrdata: w.range(NOPTRDATA),
        data: w.range(DATA),
        bss: w.range(BSS),
        noptrbss: w.range(NOPTRBSS),
        size: 24 * memory.ptr_size(),
        ..ModuleData::default()
    };
    let Some((at, sections)) = text_sections(&w, m.text.start) else {
        m.warnings.push(odd(
            addr,
            "its map of text sections is not where any known Go version has it",
        ));
        return Some(m);
    };
    m.text_sections = sections;
    match layouts().find(|l| l.text_sections == at) {
        Some(layout) => known(&w, layout, &mut m),
        None => unknown(&w, at, &mut m),
    }
    Some(m)
}

/// The layouts of all releases, the oldest first.
fn layouts() -> impl Iterator<Item = &'static Layout> {
    RELEASES.iter().map(|r| &r.moduledata)
}

fn odd(addr: u64, what: &str) -> Error {
    Error::within("moduledata", format!("at {addr:#x}: {what}"))
}

/// The place and contents of the map of text sections: a slice whose first element is the text itself.
fn text_sections(w: &Words<'_, '_, '_>, text: u64) -> Option<(usize, Vec<TextSection>)> {
    let known = layouts().map(|l| l.text_sections);
    // Where no version had it: the next Go release may.
    let all = known.chain(36..72);
    let read = |at: usize| {
        let s = w
            .slice(at)
            .filter(|s| (1..=TEXT_SECTIONS_LIMIT).contains(&s.len))?;
        let section = |i: u64| {
            let e = Words {
                memory: w.memory,
                addr: s.addr.wrapping_add(i * 3 * w.memory.ptr_size()),
            };
            Some(TextSection {
                start: e.get(0)?,
                end: e.get(1)?,
                addr: e.get(2)?,
            })
        };
        let sections: Vec<_> = (0..s.len).map_while(section).collect();
        let first = sections.first()?;
        (sections.len() as u64 == s.len && first.addr == text && first.start == 0 && first.end > 0)
            .then_some((at, sections))
    };
    all.into_iter().find_map(read)
}

fn known(w: &Words<'_, '_, '_>, l: &'static Layout, m: &mut ModuleData) {
    m.layout = Some(l);
    if l.covctrs {
        m.covctrs = w.range(COVCTRS);
    }
    m.end = w.get(l.end).unwrap_or(0);
    m.gcdata = w.get(l.end + 1).unwrap_or(0);
    m.gcbss = w.get(l.end + 2).unwrap_or(0);
    let types = w.get(l.types).unwrap_or(0);
    let etypes = w.get(l.etypes).unwrap_or(0);
    if types < etypes && w.memory.bytes_from(types).is_some() {
        m.types = types..etypes;
    } else {
        m.warnings
            .push(odd(w.addr, "the range of its types is not in the file"));
    }
    let within = |r: Range<u64>| {
        if r.start <= r.end && r.start >= types && r.end <= etypes {
            r
        } else {
            0..0
        }
    };
    if let Some(len) = l.typedesclen.and_then(|i| w.get(i)) {
        m.type_descriptors = within(types..types.saturating_add(len));
    }
    if let Some((offset, size)) = l.itabs.and_then(|i| Some((w.get(i)?, w.get(i + 1)?))) {
        let start = types.saturating_add(offset);
        m.itabs = within(start..start.saturating_add(size));
    }
    m.rodata = l.rodata.and_then(|i| w.get(i));
    m.gofunc = l.gofunc.and_then(|i| w.get(i));
    m.epclntab = l.epclntab.and_then(|i| w.get(i));
    tail(w, l.text_sections + 3, l.links, m);
}

/// A layout of tomorrow: what stands right before the map of text sections has been `rodata`, `gofunc`,
/// `epclntab` since Go 1.26, which is believed only if the three lie in the file in that sense.
fn unknown(w: &Words<'_, '_, '_>, at: usize, m: &mut ModuleData) {
    m.warnings.push(odd(
        w.addr,
        "its layout is newer than those known: types and links are not read",
    ));
    let before = |n: usize| w.get(at.checked_sub(n)?);
    let (gofunc, epclntab) = (before(2), before(1));
    if gofunc.is_some_and(|a| w.memory.bytes_from(a).is_some()) && epclntab > w.get(0) {
        m.rodata = before(3);
        m.gofunc = gofunc;
        m.epclntab = epclntab;
    }
}

/// The words behind the map of text sections.
fn tail(w: &Words<'_, '_, '_>, mut i: usize, links: bool, m: &mut ModuleData) {
    let mut next = |n: usize| {
        i += n;
        i - n
    };
    if links {
        m.typelinks = w.slice(next(3)).unwrap_or_default();
        m.itablinks = w.slice(next(3)).unwrap_or_default();
    }
    m.ptab = w.slice(next(3)).unwrap_or_default();
    m.pluginpath = string(w, next(2));
    m.pkghashes = hashes(w, next(3));
    // Since Go 1.21; before, the module's name and hashes follow, whose second and third word can't be equal
    // unless both are 0.
    let tasks = next(0);
    if let Some(s) = w.slice(tasks).filter(|s| s.len > 0 && s.addr != 0) {
        m.inittasks = s;
        next(3);
    } else if w.get(tasks + 5).unwrap_or(0) & 0xfe != 0 || (w.get(tasks + 8) == Some(1)) {
        // No init tasks in a layout that has them.
        next(3);
    }
    m.modulename = string(w, next(2));
    m.modulehashes = hashes(w, next(3));
    let at = next(0);
    m.size = (at as u64 + 1) * w.memory.ptr_size();
    m.hasmain = w.memory.u8(w.addr(at)).filter(|b| *b <= 1).map(|b| b == 1);
}

fn string(w: &Words<'_, '_, '_>, i: usize) -> Vec<u8> {
    w.memory
        .go_string(w.addr(i), NAME_LIMIT)
        .unwrap_or_default()
        .to_vec()
}

/// Entries of {name string, link-time hash string, pointer to the hash at run time}.
fn hashes(w: &Words<'_, '_, '_>, i: usize) -> Vec<ModuleHash> {
    let Some(s) = w.slice(i).filter(|s| s.len <= HASHES_LIMIT) else {
        return Vec::new();
    };
    let size = 5 * w.memory.ptr_size();
    let mut share = w.memory.image().budget().share("package hashes");
    let entry = |n: u64| {
        let e = Words {
            memory: w.memory,
            addr: s.addr.wrapping_add(n * size),
        };
        let name = w.memory.go_string(e.addr(0), NAME_LIMIT)?;
        let link_time = w.memory.go_string(e.addr(2), NAME_LIMIT)?;
        if !share.take(HASH + name.len() + link_time.len()) {
            return None;
        }
        Some(ModuleHash {
            name: name.to_vec(),
            link_time: link_time.to_vec(),
            run_time: e.get(4).unwrap_or(0),
        })
    };
    (0..s.len).map_while(entry).collect()
}
