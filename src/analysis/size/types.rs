//! Type descriptors, the names in them, itabs and their links, by package.
//!
//! Authority: internal/abi/type.go, map_*.go and iface.go of Go 1.27 and the runtime's of Go 1.16 to 1.23. A descriptor starts with size, bytes with
//! pointers, hash, flags, alignments, kind, equality function, pointer bitmap, name, pointer type; what follows depends on
//! the kind. Found from the links, from instructions and from pointers, then by following elements, fields and methods; symbols
//! are not asked, so a stripped file and its twin agree.

use rustc_hash::FxHashMap;

use super::ledger::{Cut, Ledger, NONE, NameId, Owner};
use super::model::{Kind, Source};
use super::space::Space;
use super::subject::Subject;
use crate::go::packages;

const UNCOMMON: u8 = 1;
const EXTRA_STAR: u8 = 2;

const ARRAY: u8 = 17;
const CHAN: u8 = 18;
const FUNC: u8 = 19;
const INTERFACE: u8 = 20;
const MAP: u8 = 21;
const POINTER: u8 = 22;
const SLICE: u8 = 23;
const STRUCT: u8 = 25;

/// Longest name that is believed, and most fields, methods, parameters.
const NAME_LIMIT: u64 = 4096;
const LIST_LIMIT: u64 = 1 << 14;
/// Bytes of a value, for kinds whose values all have the same size; `w` is that of a pointer.
fn fixed_size(kind: u8, w: u64) -> Option<u64> {
    Some(match kind {
        // bool, int8, uint8
        1 | 3 | 8 => 1,
        // int16, uint16
        4 | 9 => 2,
        // int32, uint32, float32
        5 | 10 | 13 => 4,
        // int64, uint64, float64, complex64
        6 | 11 | 14 | 15 => 8,
        // complex128
        16 => 16,
        // int, uint, uintptr, unsafe.Pointer
        2 | 7 | 12 | 26 | CHAN | FUNC | MAP | POINTER => w,
        INTERFACE => 2 * w,
        // string
        24 => 2 * w,
        SLICE => 3 * w,
        _ => return None,
    })
}

/// How deep a composite type is looked into for a package.
const DEPTH: u32 = 8;
/// How many types are looked at for one package.
const BUDGET: u32 = 64;

/// A descriptor, read.
#[derive(Debug, Clone, Copy)]
struct Type {
    kind: u8,
    flags: u8,
    /// Offset of the name from the start of the types.
    name: u64,
    bitmap: u64,
    /// Address of the uncommon part, 0 for none.
    uncommon: u64,
    /// Address of the pieces that the kind has behind the common part.
    rest: u64,
}

/// Reads descriptors of one program.
pub(super) struct Types<'p, 'i, 'a> {
    program: &'p Subject<'i, 'a>,
    start: u64,
    end: u64,
    word: u64,
    found: FxHashMap<u64, Option<Type>>,
    packages: FxHashMap<u64, NameId>,
    /// Types that may still be looked into for the package at hand.
    budget: u32,
}

/// Is it the name of a generic type with its arguments, or of a pointer to one: `*atomic.Pointer[main.T]`?
fn is_generic(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"*").unwrap_or(text);
    let end = text
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.') || *b >= 0x80));
    end.is_some_and(|e| e > 0 && text.get(e) == Some(&b'[')) && !text.starts_with(b"map[")
}

/// What the walk gives: cuts from the start of the types to their end, sorted.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub(super) cuts: Vec<Cut>,
    /// Address behind the last descriptor or name. The moduledata's own end takes in other read-only data up to Go 1.26.
    pub(super) end: u64,
    /// Types that were made of a generic one, and pointers to such: address and package.
    pub(super) generic: FxHashMap<u64, NameId>,
    /// Pointers to large structs with fields that only their own package can set.
    pub(super) private: FxHashMap<u64, Private>,
}

/// A struct type: its package, and where the fields are that have no exported names: offsets of first byte and end.
#[derive(Debug, Default)]
pub(super) struct Private {
    pub(super) package: NameId,
    pub(super) size: u64,
    pub(super) fields: Vec<(u64, u64)>,
}

/// A struct of fewer bytes may be made by a function that was inlined elsewhere, as errors.New is.
const LARGE: u64 = 256;

impl<'p, 'i, 'a> Types<'p, 'i, 'a> {
    /// `None` where the program does not say where its types are.
    pub(super) fn new(program: &'p Subject<'i, 'a>) -> Option<Self> {
        let m = program.module.filter(|m| !m.types.is_empty())?;
        Some(Types {
            program,
            start: m.types.start,
            end: m.types.end,
            word: u64::from(program.image.ptr_size),
            found: FxHashMap::default(),
            packages: FxHashMap::default(),
            budget: 0,
        })
    }

    /// The range of addresses.
    pub(super) fn range(&self) -> std::ops::Range<u64> {
        self.start..self.end
    }

    fn pointer(&self, addr: u64) -> Option<u64> {
        self.program.memory.pointer(addr).filter(|p| *p != 0)
    }

    fn inside(&self, addr: u64) -> bool {
        (self.start..self.end).contains(&addr)
    }

    /// Bytes of a descriptor's common part.
    fn common(&self) -> u64 {
        4 * self.word + 16
    }

    /// Bytes of what the kind has behind the common part; where layouts differ, all that are known.
    fn extra(&self, kind: u8) -> &'static [u64] {
        // In words; the second number of a map is the layout before Go 1.24.
        match (kind, self.word) {
            (ARRAY, _) => &[3],
            (CHAN, _) => &[2],
            (FUNC | POINTER | SLICE, _) => &[1],
            (INTERFACE | STRUCT, _) => &[4],
            (MAP, 8) => &[8, 5, 9, 7],
            (MAP, _) => &[8, 6, 9, 7],
            _ => &[0],
        }
    }

    /// The descriptor at an address, `None` where there is none.
    fn read(&mut self, addr: u64) -> Option<Type> {
        if let Some(t) = self.found.get(&addr) {
            return *t;
        }
        let t = self.parse(addr);
        self.found.insert(addr, t);
        t
    }

    fn parse(&self, addr: u64) -> Option<Type> {
        if !self.inside(addr) || !addr.is_multiple_of(self.word) {
            return None;
        }
        let (m, w) = (&self.program.memory, self.word);
        let (size, with_pointers) = (m.word(addr)?, m.word(addr + w)?);
        let tail = addr + 2 * w + 4;
        let (flags, align, field_align, kind) = (
            m.u8(tail)?,
            m.u8(tail + 1)?,
            m.u8(tail + 2)?,
            m.u8(tail + 3)? & 31,
        );
        let name = u64::from(m.u32(addr + 4 * w + 8)?);
        let plausible = (1..=26).contains(&kind)
            && flags < 64
            && with_pointers <= size
            && with_pointers.is_multiple_of(w)
            && align.is_power_of_two()
            && align <= 64
            && field_align.is_power_of_two()
            && field_align <= 64
            && size.is_multiple_of(u64::from(align))
            && fixed_size(kind, w).is_none_or(|fixed| fixed == size)
            && name > 0;
        if !plausible {
            return None;
        }
        // Up to Go 1.25 strings and stack maps follow the types in the same range, and some of them look like descriptors: a type's own
        // name has no tag and no path, and is text.
        let at = self.start.checked_add(name)?;
        let (text, _) = self.name(at)?;
        let is_text = !text.is_empty() && !text.iter().any(u8::is_ascii_control);
        if m.u8(at)? > 1 || !is_text {
            return None;
        }
        let bitmap = self.pointer(addr + 3 * w + 8).unwrap_or(0);
        let rest = addr + self.common();
        let mut uncommon = 0;
        if flags & UNCOMMON != 0 {
            uncommon = self
                .extra(kind)
                .iter()
                .map(|n| rest + n * w)
                .find(|u| self.is_uncommon(*u))?;
        }
        Some(Type {
            kind,
            flags,
            name,
            bitmap,
            uncommon,
            rest,
        })
    }

    fn is_uncommon(&self, at: u64) -> bool {
        let m = &self.program.memory;
        let (Some(path), Some(methods), Some(exported), Some(offset), Some(zero)) = (
            m.u32(at),
            m.u16(at + 4),
            m.u16(at + 6),
            m.u32(at + 8),
            m.u32(at + 12),
        ) else {
            return false;
        };
        methods >= exported
            && zero == 0
            && (16..1 << 20).contains(&offset)
            && u64::from(path) < self.end - self.start
            && (path == 0 || self.name(self.start + u64::from(path)).is_some())
    }

    /// The text of a name and the address behind it; tags and package paths count as part of the name.
    fn name(&self, at: u64) -> Option<(&[u8], u64)> {
        if !self.inside(at) {
            return None;
        }
        let m = &self.program.memory;
        let flags = m.u8(at)?;
        let varint = |mut at: u64| {
            let (mut v, mut shift) = (0u64, 0);
            loop {
                let b = m.u8(at)?;
                at += 1;
                v |= u64::from(b & 0x7f) << shift;
                shift += 7;
                if b & 0x80 == 0 {
                    return Some((v, at));
                }
                if shift > 21 {
                    return None;
                }
            }
        };
        let (len, mut end) = varint(at + 1)?;
        if len > NAME_LIMIT || flags > 15 {
            return None;
        }
        let text = m.bytes(end, len)?;
        end += len;
        if flags & 2 != 0 {
            let (len, at) = varint(end)?;
            end = at.checked_add(len)?;
        }
        if flags & 4 != 0 {
            end += 4;
        }
        Some((text, end))
    }

    /// Addresses of the types that a type is made of, in the order that decides its package.
    fn parts(&self, t: &Type) -> Vec<u64> {
        let w = self.word;
        let m = &self.program.memory;
        let list = |at: u64, count: u64, stride: u64| -> Vec<u64> {
            (0..count.min(LIST_LIMIT))
                .map_while(|i| self.pointer(at.checked_add(i * stride)?))
                .collect()
        };
        match t.kind {
            ARRAY | CHAN | POINTER | SLICE => list(t.rest, 1, w),
            MAP => list(t.rest, 3, w),
            FUNC => {
                let count = u64::from(m.u16(t.rest).unwrap_or(0))
                    + u64::from(m.u16(t.rest + 2).unwrap_or(0) & 0x7fff);
                let at = t.rest + w + if t.uncommon != 0 { 16 } else { 0 };
                list(at, count, w)
            }
            STRUCT => {
                let (at, count) = self.slice(t.rest + w);
                list(at.wrapping_add(w), count, 3 * w)
            }
            INTERFACE => {
                let (at, count) = self.slice(t.rest + w);
                let one = |i: u64| Some(self.start + u64::from(m.u32(at.checked_add(i * 8 + 4)?)?));
                (0..count).map_while(one).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Address behind a descriptor and its lists.
    fn extent(&self, t: &Type) -> u64 {
        let w = self.word;
        let mut end = t.rest + w * self.extra(t.kind).first().copied().unwrap_or(0);
        match t.kind {
            FUNC => end += w * self.parts(t).len() as u64,
            STRUCT | INTERFACE => {
                let (at, count) = self.slice(t.rest + w);
                end = end.max(at.saturating_add(count * if t.kind == STRUCT { 3 * w } else { 8 }));
            }
            _ => {}
        }
        if t.uncommon != 0 {
            end = end
                .max(t.uncommon + 16)
                .max(self.methods(t).last().map_or(0, |m| m.saturating_add(16)));
        }
        end
    }

    fn slice(&self, at: u64) -> (u64, u64) {
        let len = self.program.memory.word(at + self.word).unwrap_or(0);
        match self.pointer(at) {
            Some(p) if len <= LIST_LIMIT => (p, len),
            _ => (0, 0),
        }
    }

    /// Names that a type has: its own, its path, its fields' or methods'.
    fn names(&self, t: &Type) -> Vec<u64> {
        let (w, m) = (self.word, &self.program.memory);
        let mut out = vec![self.start + t.name];
        if t.kind == STRUCT {
            let (at, count) = self.slice(t.rest + w);
            out.extend((0..count).map_while(|i| self.pointer(at.checked_add(i * 3 * w)?)));
        }
        if t.kind == INTERFACE {
            let (at, count) = self.slice(t.rest + w);
            out.extend(
                (0..count).map_while(|i| Some(self.start + u64::from(m.u32(at.checked_add(i * 8)?)?))),
            );
        }
        if matches!(t.kind, STRUCT | INTERFACE) {
            out.extend(self.pointer(t.rest));
        }
        if t.uncommon != 0 {
            out.extend(
                m.u32(t.uncommon)
                    .filter(|o| *o != 0)
                    .map(|o| self.start + u64::from(o)),
            );
            for at in self.methods(t) {
                out.extend(m.u32(at).map(|o| self.start + u64::from(o)));
            }
        }
        out
    }

    /// Addresses of the method entries: name, type and two functions, 4 bytes each.
    fn methods(&self, t: &Type) -> impl Iterator<Item = u64> + use<> {
        let m = &self.program.memory;
        let (count, offset) = match t.uncommon {
            0 => (0, 0),
            u => (m.u16(u + 4).unwrap_or(0), m.u32(u + 8).unwrap_or(0)),
        };
        let at = t.uncommon.wrapping_add(u64::from(offset));
        (0..u64::from(count)).map(move |i| at.wrapping_add(i * 16))
    }

    /// The package of a type: its own where it is named, else that of the first type it is made of that has one.
    fn package(&mut self, addr: u64, ledger: &mut Ledger, depth: u32) -> NameId {
        if let Some(p) = self.packages.get(&addr) {
            return *p;
        }
        let Some(t) = self.read(addr) else { return NONE };
        if depth == 0 {
            self.budget = BUDGET;
        }
        // Types refer to each other in circles.
        self.packages.insert(addr, NONE);
        let mut package = NONE;
        if t.uncommon != 0
            && let Some(path) = self.program.memory.u32(t.uncommon).filter(|o| *o != 0)
            && let Some((text, _)) = self.name(self.start + u64::from(path))
            // The compiler's pseudo package of the shapes that generic code is made for.
            && text != b"go.shape"
        {
            package = ledger.name(packages::unescape(text).as_bytes());
        }
        if package == NONE
            && matches!(t.kind, STRUCT | INTERFACE)
            && let Some((text, _)) = self.pointer(t.rest).and_then(|p| self.name(p))
            && !text.is_empty()
            && text != b"go.shape"
        {
            package = ledger.name(packages::unescape(text).as_bytes());
        }
        if package == NONE && depth < DEPTH {
            for part in self.parts(&t) {
                self.budget = self.budget.saturating_sub(1);
                if self.budget == 0 {
                    break;
                }
                package = self.package(part, ledger, depth + 1);
                if package != NONE {
                    break;
                }
            }
        }
        if package == NONE && depth > 0 {
            // What was cut short by a circle or the depth is not remembered.
            self.packages.remove(&addr);
        } else {
            self.packages.insert(addr, package);
        }
        package
    }

    /// Walks all types from `seeds`: (address, package of the code that refers to it, or none). Gives cuts over the whole range and
    /// enters pointer bitmaps, links and itabs.
    pub(super) fn walk(
        mut self,
        seeds: &[(u64, NameId)],
        ledger: &mut Ledger,
        space: &mut Space,
    ) -> Described {
        let m = self.program.module;
        let w = self.word;
        let mut referrer: FxHashMap<u64, NameId> = FxHashMap::default();
        let mut queue: Vec<u64> = Vec::new();
        for (addr, package) in seeds {
            referrer.entry(*addr).or_insert(*package);
            queue.push(*addr);
        }
        let links = m.map_or(Default::default(), |m| m.typelinks);
        let memory = &self.program.memory;
        let link = |i: u64| Some(self.start + u64::from(memory.u32(links.addr.checked_add(i * 4)?)?));
        let links: Vec<u64> = (0..links.len.min(self.program.image.data.len() as u64 / 4))
            .map_while(link)
            .collect();
        queue.extend(&links);
        let itabs = self.itabs();
        queue.extend(
            itabs
                .iter()
                .flat_map(|i| [self.pointer(*i), self.pointer(i + w)])
                .flatten(),
        );
        queue.extend(self.consecutive());
        queue.sort_unstable();
        queue.dedup();
        // Breadth first by rounds, so that the order does not depend on where a search began.
        let mut all: Vec<u64> = Vec::new();
        let mut seen: rustc_hash::FxHashSet<u64> = queue.iter().copied().collect();
        while !queue.is_empty() {
            let mut next = Vec::new();
            for addr in queue {
                let Some(t) = self.read(addr) else { continue };
                all.push(addr);
                let mut parts = self.parts(&t);
                let of_method =
                    |at: u64| Some(self.start + u64::from(memory.u32(at + 4).filter(|o| *o != u32::MAX)?));
                parts.extend(self.methods(&t).filter_map(of_method));
                // The type of a pointer to this one.
                let own = memory
                    .u32(t.rest - 4)
                    .filter(|o| *o != 0)
                    .map(|o| self.start + u64::from(o));
                parts.extend(own);
                next.extend(parts.into_iter().filter(|p| seen.insert(*p)));
            }
            queue = next;
        }
        all.sort_unstable();
        let mut starts: Vec<(u64, Owner)> = Vec::new();
        let mut bitmaps = Vec::new();
        let mut generic = FxHashMap::default();
        let mut private = FxHashMap::default();
        let mut end = self.start;
        for addr in &all {
            let Some(t) = self.read(*addr) else { continue };
            let mut package = self.package(*addr, ledger, 0);
            if package == NONE {
                package = referrer
                    .get(addr)
                    .copied()
                    .filter(|p| *p != NONE)
                    .unwrap_or(self.program.runtime);
            }
            let mut owner = Owner::of(Kind::Type, Source::TypeWalk, package);
            if let Some((text, _)) = self.name(self.start + t.name) {
                let text = text
                    .get(usize::from(t.flags & EXTRA_STAR != 0)..)
                    .unwrap_or_default();
                owner.symbol = ledger.symbol(text);
                if is_generic(text) {
                    generic.insert(*addr, package);
                }
            }
            starts.push((*addr, owner));
            end = end.max(self.extent(&t));
            // Where a list stands apart from its descriptor, between others.
            if matches!(t.kind, STRUCT | INTERFACE) {
                starts.push((self.slice(t.rest + w).0, owner));
            }
            for n in self.names(&t) {
                if let Some((_, behind)) = self.name(n) {
                    starts.push((n, owner));
                    end = end.max(behind);
                }
            }
            bitmaps.push((t.bitmap, owner));
            if t.kind == POINTER
                && let Some(mut p) = self.pointer(t.rest).and_then(|to| self.private(to))
            {
                p.package = package;
                private.insert(*addr, p);
            }
        }
        for (addr, owner) in bitmaps {
            // Of some types the bitmap is made when it is asked for; its place is a variable.
            if space.area(addr).is_some_and(|a| a.kind == Kind::Rodata) {
                let b = &mut space.bitmaps;
                *b = if b.is_empty() {
                    addr..addr + 1
                } else {
                    b.start.min(addr)..b.end.max(addr + 1)
                };
            }
            space.start(
                addr,
                Owner {
                    kind: Kind::Rodata,
                    ..owner
                },
            );
        }
        self.enter_links(&links, &itabs, ledger, space);
        starts.retain(|s| self.inside(s.0) && s.0 < end);
        // The walk goes by address, so of those that share a name the first keeps it.
        starts.sort_by_key(|s| s.0);
        starts.dedup_by_key(|s| s.0);
        let runtime = Owner::of(Kind::Type, Source::Neighbour, self.program.runtime);
        let mut cuts = vec![Cut {
            at: self.start,
            owner: runtime,
        }];
        cuts.extend(starts.into_iter().map(|(at, owner)| Cut { at, owner }));
        Described {
            cuts,
            end: end.min(self.end),
            generic,
            private,
        }
    }

    /// The fields without exported names of a large struct that has a name itself.
    fn private(&mut self, addr: u64) -> Option<Private> {
        let (w, m) = (self.word, &self.program.memory);
        let size = m.word(addr).filter(|s| *s >= LARGE)?;
        let t = self.read(addr).filter(|t| t.kind == STRUCT && t.uncommon != 0)?;
        let m = &self.program.memory;
        let (at, count) = self.slice(t.rest + w);
        let field = |i: u64| {
            let at = at.checked_add(i * 3 * w)?;
            Some((self.pointer(at)?, m.word(at + 2 * w)?))
        };
        let fields: Vec<_> = (0..count).map_while(field).collect();
        // Before Go 1.19 the lowest bit told an embedded field.
        let shift = u32::from(fields.iter().any(|f| f.1 > size));
        let ends = fields.iter().skip(1).map(|f| f.1 >> shift).chain([size]);
        let hidden = |f: &(u64, u64)| m.u8(f.0).is_some_and(|flags| flags & 1 == 0);
        let fields: Vec<_> = fields
            .iter()
            .zip(ends)
            .filter(|(f, _)| hidden(f))
            .map(|(f, end)| (f.1 >> shift, end))
            .collect();
        (!fields.is_empty()).then_some(Private {
            package: NONE,
            size,
            fields,
        })
    }

    /// Go 1.27 and later: the descriptors stand one behind the other, so each shows where the next one may be.
    fn consecutive(&mut self) -> Vec<u64> {
        let Some(range) = self.program.module.map(|m| m.type_descriptors.clone()) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        let mut at = range.start;
        while at < range.end {
            if self.parse(at).is_some() {
                out.push(at);
                at += self.common();
            } else {
                at += self.word;
            }
        }
        out
    }

    /// Addresses of all itabs that are listed.
    fn itabs(&self) -> Vec<u64> {
        let Some(m) = self.program.module else {
            return Vec::new();
        };
        let w = self.word;
        let limit = self.program.image.data.len() as u64 / w;
        if m.itabs.is_empty() {
            let links = m.itablinks;
            return (0..links.len.min(limit))
                .filter_map(|i| self.pointer(links.addr.checked_add(i * w)?))
                .collect();
        }
        let mut out = Vec::new();
        let mut at = m.itabs.start;
        while at < m.itabs.end {
            out.push(at);
            // Interface, type, hash, functions.
            let methods = self
                .pointer(at)
                .and_then(|i| self.program.memory.word(i.checked_add(self.common() + 2 * w)?))
                .filter(|n| *n <= LIST_LIMIT)
                .unwrap_or(1);
            at += 2 * w + 8 + methods.max(1) * w;
        }
        out
    }

    fn enter_links(&mut self, links: &[u64], itabs: &[u64], ledger: &mut Ledger, space: &mut Space) {
        let w = self.word;
        let Some(m) = self.program.module else {
            return;
        };
        let (type_links, itab_links) = (m.typelinks, m.itablinks);
        let runtime = self.program.runtime;
        let mut last = NONE;
        for (i, addr) in links.iter().enumerate() {
            let package = Some(self.package(*addr, ledger, 0))
                .filter(|p| *p != NONE)
                .unwrap_or(runtime);
            if package != last {
                space.certain(
                    type_links.addr + 4 * i as u64,
                    Owner::of(Kind::Type, Source::TypeWalk, package),
                );
                last = package;
            }
        }
        if !links.is_empty() {
            space.later(type_links.addr + 4 * links.len() as u64);
        }
        for (i, addr) in itabs.iter().enumerate() {
            let concrete = self.pointer(addr + w).unwrap_or(0);
            let package = Some(self.package(concrete, ledger, 0))
                .filter(|p| *p != NONE)
                .unwrap_or(runtime);
            let mut owner = Owner::of(Kind::Itab, Source::TypeWalk, package);
            let text = self
                .read(concrete)
                .and_then(|t| Some((self.name(self.start + t.name)?.0, t.flags)));
            if let Some((text, flags)) = text {
                owner.symbol = ledger.symbol(
                    text.get(usize::from(flags & EXTRA_STAR != 0)..)
                        .unwrap_or_default(),
                );
            }
            space.certain(*addr, owner);
            let methods = self
                .pointer(*addr)
                .and_then(|i| self.program.memory.word(i.checked_add(self.common() + 2 * w)?))
                .filter(|n| *n <= LIST_LIMIT);
            if let Some(n) = methods {
                space.later(addr.saturating_add(2 * w + 8 + n.max(1) * w));
            }
            if itab_links.addr != 0 {
                space.certain(itab_links.addr + w * i as u64, owner);
            }
        }
        if itab_links.addr != 0 {
            space.later(itab_links.addr + w * itabs.len() as u64);
        }
    }
}
