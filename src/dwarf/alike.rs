//! The debug information of two builds of a program → is it the same, but for addresses that stand for each
//! other, names of files, and lines?
//!
//! Both are read in step: entry by entry and attribute by attribute (`.debug_info`), row by row
//! (`.debug_line`), record by record (the others). What is not read here has to be byte for byte the same, so
//! that no byte that differs is left without a reason. Authority: the DWARF standard, versions 2 to 5;
//! cmd/link/internal/ld/dwarf.go and cmd/internal/dwarf of Go 1.27 for what Go writes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use gimli::{AttributeValue, EndianSlice, Reader, RunTimeEndian};
use rustc_hash::FxHashMap;

use super::Slice;
use crate::image::budget::Share;
use crate::image::{Endian, Image, Section};

mod records;

/// What of the debug information is no matter of DWARF.
pub trait Judge {
    /// Does an address of the first file stand for one of the second?
    fn address(&self, theirs: u64, ours: u64) -> bool;
    /// Do two names of files or folders differ as others do that are told already?
    fn path(&self, theirs: &[u8], ours: &[u8]) -> bool;
}

/// Lines that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lines {
    /// Lines of declarations and of calls that were inlined.
    pub declarations: usize,
    /// Rows of tables of lines.
    pub rows: usize,
}

/// Why two are not alike: a section, as its name without the prefix.
pub type Unlike = String;

/// A section's name without its prefix → it, and its contents.
type Sections<'i, 'a> = BTreeMap<&'a [u8], (&'i Section<'a>, Cow<'a, [u8]>)>;

/// Compares all debug sections. Paths that differ are handed to the judge.
///
/// # Errors
/// The first section that is not alike.
pub fn alike(a: &Image<'_>, b: &Image<'_>, judge: &dyn Judge) -> Result<Lines, Unlike> {
    let (x, y) = (sections(a)?, sections(b)?);
    if let Some(one) = x
        .keys()
        .find(|n| !y.contains_key(*n))
        .or_else(|| y.keys().find(|n| !x.contains_key(*n)))
    {
        return Err(named(one));
    }
    let mut walk = Walk {
        endian: match a.endian {
            Endian::Little => RunTimeEndian::Little,
            Endian::Big => RunTimeEndian::Big,
        },
        bytes: a.endian,
        word: a.ptr_size,
        judge,
        lines: Lines::default(),
        share: a.budget().share("DWARF entries compared"),
    };
    let mut trees = false;
    for (name, (s, p)) in &x {
        let Some((t, q)) = y.get(name) else { continue };
        if p == q {
            // What was packed in another way is not explained.
            match a.section_bytes(s) == b.section_bytes(t) {
                true => continue,
                false => return Err(named(name)),
            }
        }
        let same = packing(a, s) == packing(b, t)
            && match *name {
                b"info" | b"line" => {
                    trees = true;
                    true
                }
                b"addr" => walk.addresses(p, q),
                b"frame" => walk.frames(p, q),
                b"loc" => walk.lists(p, q, true),
                b"ranges" => walk.lists(p, q, false),
                b"gdb_scripts" => walk.scripts(p, q),
                _ => false,
            };
        if !same {
            return Err(named(name));
        }
    }
    if trees {
        let [p, q] = [&x, &y].map(|s| contents(s, b"line"));
        let programs = walk.programs(p, q).ok_or_else(|| named(b"line"))?;
        let [p, q] = [&x, &y].map(|s| contents(s, b"info"));
        // Abbreviations and texts are the same in both, or the comparison ended before.
        let abbrev = contents(&x, b"abbrev");
        let entries = Entries {
            walk: &mut walk,
            programs: &programs,
            base: (0, 0),
            shifts: Vec::new(),
            waiting: Vec::new(),
        };
        entries.all(p, q, abbrev).ok_or_else(|| named(b"info"))?;
    }
    Ok(walk.lines)
}

fn named(section: &[u8]) -> Unlike {
    format!("debug_{}", String::from_utf8_lossy(section))
}

fn contents<'s>(all: &'s Sections<'_, '_>, name: &[u8]) -> &'s [u8] {
    all.get(name).map_or(&[], |s| &s.1)
}

fn sections<'i, 'a>(image: &'i Image<'a>) -> Result<Sections<'i, 'a>, Unlike> {
    let mut out = Sections::new();
    for s in image.sections.iter().filter(|s| s.is_debug()) {
        let name = s.debug_name().unwrap_or(s.name);
        let contents = image.section_contents(s);
        let contents = contents.map_err(|_| named(name))?;
        if out.insert(name, (s, contents)).is_some() {
            return Err(named(name));
        }
    }
    Ok(out)
}

/// How a section is compressed: all of its head but the size.
fn packing<'a>(image: &Image<'a>, s: &Section<'a>) -> Vec<u8> {
    /// The two bytes with which zlib's stream begins.
    const STREAM: usize = 2;
    let bytes = image.section_bytes(s);
    if image.section_uncompressed_size(s).is_none() {
        return Vec::new();
    }
    // ELF's own head: type, size, alignment, as words (Elf64 keeps 4 bytes free behind the type).
    let word = usize::from(image.ptr_size);
    let (size, end) = match bytes.starts_with(b"ZLIB") {
        true => (4..12, 12),
        false => (word..2 * word, 3 * word),
    };
    let head = bytes.iter().take(end + STREAM).enumerate();
    head.filter(|(i, _)| !size.contains(i)).map(|(_, b)| *b).collect()
}

struct Walk<'j, 's> {
    endian: RunTimeEndian,
    bytes: Endian,
    word: u8,
    judge: &'j dyn Judge,
    lines: Lines,
    share: Share<'s>,
}

/// The entries of `.debug_info`.
struct Entries<'w, 'j, 's> {
    walk: &'w mut Walk<'j, 's>,
    /// Starts of the tables of lines.
    programs: &'w FxHashMap<u64, u64>,
    /// Where the units begin.
    base: (u64, u64),
    /// From which entry of the first file on, by how much the second's lies further; sorted.
    shifts: Vec<(u64, u64)>,
    /// References to entries further on.
    waiting: Vec<(u64, u64)>,
}

impl Entries<'_, '_, '_> {
    fn all(mut self, p: &[u8], q: &[u8], abbrev: &[u8]) -> Option<()> {
        let endian = self.walk.endian;
        let table = gimli::DebugAbbrev::new(abbrev, endian);
        let mut known: FxHashMap<usize, gimli::Abbreviations> = FxHashMap::default();
        let (x, y) = (gimli::DebugInfo::new(p, endian), gimli::DebugInfo::new(q, endian));
        let (mut x, mut y) = (x.units(), y.units());
        let mut at = (0, 0);
        loop {
            let (h, k) = match (x.next().ok()?, y.next().ok()?) {
                (Some(h), Some(k)) => (h, k),
                (None, None) => break,
                _ => return None,
            };
            // The head: a length, and what has to be the same.
            let head = |b: &[u8], at: usize, root: usize| b.get(at + 4..at + root).map(<[u8]>::to_vec);
            let roots = (h.root_offset().0, k.root_offset().0);
            if h.encoding() != k.encoding()
                || h.encoding().format != gimli::Format::Dwarf32
                || head(p, at.0, roots.0)? != head(q, at.1, roots.1)?
            {
                return None;
            }
            let offset = h.debug_abbrev_offset().0;
            let abbreviations = match known.entry(offset) {
                Entry::Occupied(read) => read.into_mut(),
                Entry::Vacant(new) => {
                    if !self.walk.share.take(abbrev.len().saturating_sub(offset)) {
                        return None;
                    }
                    new.insert(h.abbreviations(&table).ok()?)
                }
            };
            self.base = (at.0 as u64, at.1 as u64);
            self.unit(&h, &k, abbreviations, (p, q))?;
            at = (at.0 + h.length_including_self(), at.1 + k.length_including_self());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let met = |r: &(u64, u64)| r.1.wrapping_sub(r.0) == self.shift(r.0);
        (at == (p.len(), q.len()) && waiting.iter().all(met)).then_some(())
    }

    fn unit(
        &mut self,
        h: &super::Header<'_>,
        k: &super::Header<'_>,
        abbreviations: &gimli::Abbreviations,
        (p, q): (&[u8], &[u8]),
    ) -> Option<()> {
        let (mut x, mut y) = (
            h.entries_raw(abbreviations, None).ok()?,
            k.entries_raw(abbreviations, None).ok()?,
        );
        while !x.is_empty() && !y.is_empty() {
            let at = (
                self.base.0 + x.next_offset().0 as u64,
                self.base.1 + y.next_offset().0 as u64,
            );
            let shift = at.1.wrapping_sub(at.0);
            if self.shifts.last().is_none_or(|s| s.1 != shift) {
                self.shifts.push((at.0, shift));
            }
            let kind = match (x.read_abbreviation().ok()?, y.read_abbreviation().ok()?) {
                (None, None) => continue,
                (Some(m), Some(n)) if m.code() == n.code() => m,
                _ => return None,
            };
            if !self.walk.share.take(1 + kind.attributes().len()) {
                return None;
            }
            for spec in kind.attributes() {
                let from = (x.next_offset().0, y.next_offset().0);
                let v = x.read_attribute(*spec).ok()?;
                let w = y.read_attribute(*spec).ok()?;
                let raw = (
                    p.get(self.base.0 as usize..)?.get(from.0..x.next_offset().0)?,
                    q.get(self.base.1 as usize..)?.get(from.1..y.next_offset().0)?,
                );
                if !self.attribute(kind.tag(), &v, &w, raw) {
                    return None;
                }
            }
        }
        (x.is_empty() && y.is_empty()).then_some(())
    }

    fn attribute(
        &mut self,
        tag: gimli::DwTag,
        v: &gimli::Attribute<Slice<'_>>,
        w: &gimli::Attribute<Slice<'_>>,
        raw: (&[u8], &[u8]),
    ) -> bool {
        use AttributeValue as V;
        let same = raw.0 == raw.1;
        match (v.name(), v.raw_value(), w.raw_value()) {
            (_, V::Addr(s), V::Addr(t)) => self.walk.judge.address(s, t),
            (_, V::UnitRef(s), V::UnitRef(t)) => {
                self.reference(self.base.0 + s.0 as u64, self.base.1 + t.0 as u64)
            }
            (_, V::DebugInfoRef(s), V::DebugInfoRef(t)) => self.reference(s.0 as u64, t.0 as u64),
            (_, V::Exprloc(s), V::Exprloc(t)) => self.walk.expression(s.0.slice(), t.0.slice()),
            (gimli::DW_AT_location, V::Block(s), V::Block(t)) => self.walk.expression(s.slice(), t.slice()),
            (gimli::DW_AT_stmt_list, V::SecOffset(s), V::SecOffset(t)) => {
                self.programs.get(&(s as u64)) == Some(&(t as u64))
            }
            (gimli::DW_AT_comp_dir | gimli::DW_AT_name, V::String(s), V::String(t))
                if tag == gimli::DW_TAG_compile_unit =>
            {
                same || self.walk.judge.path(s.slice(), t.slice())
            }
            (gimli::DW_AT_decl_line | gimli::DW_AT_call_line, s, t) if !same => {
                self.walk.lines.declarations += 1;
                s != t
            }
            _ => same,
        }
    }

    /// Do two references name entries that stand for each other?
    fn reference(&mut self, s: u64, t: u64) -> bool {
        let read = self.shifts.last().map_or(0, |s| s.0);
        if s > read {
            self.waiting.push((s, t));
            return self.walk.share.take(2);
        }
        t.wrapping_sub(s) == self.shift(s)
    }

    fn shift(&self, at: u64) -> u64 {
        let i = self.shifts.partition_point(|s| s.0 <= at);
        i.checked_sub(1)
            .and_then(|i| self.shifts.get(i))
            .map_or(0, |s| s.1)
    }
}

impl Walk<'_, '_> {
    /// The tables of lines: where each starts in both.
    fn programs(&mut self, p: &[u8], q: &[u8]) -> Option<FxHashMap<u64, u64>> {
        let (x, y) = (
            gimli::DebugLine::new(p, self.endian),
            gimli::DebugLine::new(q, self.endian),
        );
        let mut out = FxHashMap::default();
        let (mut at, mut to) = (0usize, 0usize);
        while at < p.len() && to < q.len() {
            let s = x
                .program(gimli::DebugLineOffset(at), self.word, None, None)
                .ok()?;
            let t = y
                .program(gimli::DebugLineOffset(to), self.word, None, None)
                .ok()?;
            out.insert(at as u64, to as u64);
            let (h, k) = (s.header(), t.header());
            if h.encoding().format != gimli::Format::Dwarf32 || !self.heads(h, k) {
                return None;
            }
            (at, to) = (at + 4 + h.unit_length(), to + 4 + k.unit_length());
            self.rows(s, t)?;
        }
        ((at, to) == (p.len(), q.len())).then_some(out)
    }

    fn heads(&self, h: &LineHeader<'_>, k: &LineHeader<'_>) -> bool {
        let path = |s: &AttributeValue<Slice<'_>>, t: &AttributeValue<Slice<'_>>| match (s, t) {
            _ if s == t => true,
            (AttributeValue::String(s), AttributeValue::String(t)) => self.judge.path(s.slice(), t.slice()),
            _ => false,
        };
        let folders = h.include_directories().iter().zip(k.include_directories());
        let files = h.file_names().iter().zip(k.file_names());
        h.encoding() == k.encoding()
            && h.line_encoding() == k.line_encoding()
            && h.standard_opcode_lengths() == k.standard_opcode_lengths()
            && h.directory_entry_format() == k.directory_entry_format()
            && h.file_name_entry_format() == k.file_name_entry_format()
            && h.include_directories().len() == k.include_directories().len()
            && h.file_names().len() == k.file_names().len()
            && folders.into_iter().all(|(s, t)| path(s, t))
            && files.into_iter().all(|(f, g)| {
                let rest = |f: &gimli::FileEntry<Slice<'_>>| {
                    (f.directory_index(), f.timestamp(), f.size(), *f.md5())
                };
                rest(f) == rest(g) && path(&f.path_name(), &g.path_name())
            })
    }

    fn rows(
        &mut self,
        s: gimli::IncompleteLineProgram<Slice<'_>>,
        t: gimli::IncompleteLineProgram<Slice<'_>>,
    ) -> Option<()> {
        let same = s.header().raw_program_buf() == t.header().raw_program_buf();
        if !self.share.take(s.header().raw_program_buf().len()) {
            return None;
        }
        let (mut p, mut q) = (s.rows(), t.rows());
        let (mut from, mut changed) = (None, false);
        loop {
            let (r, s) = match (p.next_row().ok()?, q.next_row().ok()?) {
                (Some(r), Some(s)) => (r.1, s.1),
                (None, None) => break,
                _ => return None,
            };
            let at = (r.address(), s.address());
            changed |= at.0 != at.1 || r.line() != s.line();
            self.lines.rows += usize::from(r.line() != s.line());
            // Within a sequence, as far from its start.
            let known = from.is_some_and(|(x, y)| at.1.wrapping_sub(y) == at.0.wrapping_sub(x));
            if !known && !self.judge.address(at.0, at.1) {
                return None;
            }
            from = from.or(Some(at)).filter(|_| !r.end_sequence());
            let rest = |r: &gimli::LineRow| {
                let marks = (r.is_stmt(), r.basic_block(), r.end_sequence(), r.prologue_end());
                let more = (r.epilogue_begin(), r.isa(), r.discriminator(), r.op_index());
                (r.file_index(), r.column(), marks, more)
            };
            if rest(r) != rest(s) {
                return None;
            }
        }
        (changed || same).then_some(())
    }

    /// Expressions that tell where a variable is: the same, but for an address at the start.
    fn expression(&self, x: &[u8], y: &[u8]) -> bool {
        let address = |b: &[u8]| {
            let address = self.bytes.word(b, 1, self.word)?;
            (b.first() == Some(&gimli::DW_OP_addr.0)).then_some(address)
        };
        let end = 1 + usize::from(self.word);
        match (address(x), address(y)) {
            (Some(s), Some(t)) => self.judge.address(s, t) && x.get(end..) == y.get(end..),
            _ => x == y,
        }
    }
}

type LineHeader<'d> = gimli::LineProgramHeader<EndianSlice<'d, RunTimeEndian>>;
