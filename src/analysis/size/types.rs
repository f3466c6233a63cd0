//! Type descriptors, the names in them, itabs and the lists of both, by package: cuts over the range that the
//! moduledata gives the types.
//!
//! What is read is [`crate::go::types`]; symbols are not asked, so a stripped file and its twin agree.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::ledger::{Cut, Owner};
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::space::Space;
use super::subject::Subject;
use crate::go::types::{Detail, Name, Type, Types};

/// What the types give.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// From the start of the types to their end, sorted.
    pub(super) cuts: Vec<Cut>,
    /// The addresses up to the last descriptor or name. The moduledata's own range takes in other read-only
    /// data up to Go 1.26.
    pub(super) range: Range<u64>,
    /// Types that were made of a generic one, and pointers to such: address and package.
    pub(super) generic: FxHashMap<u64, NameId>,
    /// Pointers to large structs with fields that only their own package can set.
    pub(super) private: FxHashMap<u64, Private>,
}

/// A struct type: its package, and where the fields are that have no exported names: offsets of first byte
/// and end.
#[derive(Debug, Default)]
pub(super) struct Private {
    pub(super) package: NameId,
    pub(super) size: u64,
    pub(super) fields: Vec<(u64, u64)>,
}

/// A struct of fewer bytes may be made by a function that was inlined elsewhere, as errors.New is.
const LARGE: u64 = 256;

/// Collects what each type owns.
struct Walk<'s, 'p, 'a> {
    program: &'s Subject<'p, 'a>,
    types: &'p Types<'a>,
    starts: Vec<(u64, Owner)>,
    end: u64,
}

/// Cuts over all types; enters pointer bitmaps, links and itabs. `None` where the program does not say where
/// its types are.
pub(super) fn describe(program: &Subject<'_, '_>, names: &mut Names, space: &mut Space) -> Option<Described> {
    let module = program.module.filter(|m| !m.types.is_empty())?;
    let types = program.go.types();
    let mut walk = Walk {
        program,
        types,
        starts: Vec::with_capacity(4 * types.types.len()),
        end: module.types.start,
    };
    let mut out = Described::default();
    let mut owners = FxHashMap::default();
    for t in &types.types {
        let package = walk.package(t, names);
        let mut owner = Owner::of(Kind::Type, Source::TypeWalk, package);
        owner.symbol = names.symbol(t.name);
        owners.insert(t.addr, owner);
        walk.enter(t, owner);
        bitmap(t, owner, space);
        if is_generic(t.name) {
            out.generic.insert(t.addr, package);
        }
        if let Detail::Pointer { elem } = t.detail
            && let Some(p) = types.at(elem).and_then(private)
        {
            out.private.insert(t.addr, Private { package, ..p });
        }
    }
    let owner = |addr: u64| owners.get(&addr).copied();
    links(program, &owner, space);
    let Walk { mut starts, end, .. } = walk;
    out.range = module.types.start..end.min(module.types.end);
    starts.retain(|s| out.range.contains(&s.0));
    // The walk goes by address, so of those that share a name the first keeps it.
    starts.sort_by_key(|s| s.0);
    starts.dedup_by_key(|s| s.0);
    let runtime = Owner::of(Kind::Type, Source::Neighbour, program.runtime);
    out.cuts.push(Cut {
        at: module.types.start,
        owner: runtime,
    });
    out.cuts
        .extend(starts.into_iter().map(|(at, owner)| Cut { at, owner }));
    Some(out)
}

impl<'a> Walk<'_, '_, 'a> {
    fn package(&self, t: &Type<'a>, names: &mut Names) -> NameId {
        let package = self.types.package_of(t);
        package.map_or(NONE, |p| names.name(p.as_bytes()))
    }

    /// The descriptor, its lists and its names.
    fn enter(&mut self, t: &Type<'_>, owner: Owner) {
        self.starts.push((t.addr, owner));
        self.reach(t.addr.saturating_add(t.descriptor_size));
        let word = self.program.memory.ptr_size();
        self.name(&t.stored_name, owner);
        for n in t.package.iter().chain(t.methods.iter().map(|m| &m.name)) {
            self.name(n, owner);
        }
        // A list may stand apart from its descriptor, between others.
        match &t.detail {
            Detail::Struct {
                package,
                fields,
                fields_at,
            } => {
                self.list(*fields_at, 3 * word * fields.len() as u64, owner);
                for n in package.iter().chain(fields.iter().map(|f| &f.name)) {
                    self.name(n, owner);
                }
            }
            Detail::Interface {
                package,
                methods,
                methods_at,
            } => {
                self.list(*methods_at, 8 * methods.len() as u64, owner);
                for n in package.iter().chain(methods.iter().map(|m| &m.name)) {
                    self.name(n, owner);
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, n: &Name<'_>, owner: Owner) {
        self.starts.push((n.addr, owner));
        self.reach(n.addr.saturating_add(n.size));
    }

    fn list(&mut self, at: u64, size: u64, owner: Owner) {
        if size > 0 {
            self.starts.push((at, owner));
            self.reach(at.saturating_add(size));
        }
    }

    fn reach(&mut self, end: u64) {
        self.end = self.end.max(end);
    }
}

/// Of some types the bitmap is made when it is asked for; its place is a variable.
fn bitmap(t: &Type<'_>, owner: Owner, space: &mut Space) {
    let at = t.gcdata;
    if at == 0 {
        return;
    }
    if space.map.area(at).is_some_and(|a| a.kind == Kind::Rodata) {
        let b = &mut space.map.bitmaps;
        *b = match b.is_empty() {
            true => at..at + 1,
            false => b.start.min(at)..b.end.max(at + 1),
        };
    }
    space.start(
        at,
        Owner {
            kind: Kind::Rodata,
            ..owner
        },
    );
}

/// Is it the name of a generic type with its arguments, or of a pointer to one: `*atomic.Pointer[main.T]`?
fn is_generic(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"*").unwrap_or(text);
    let end = text
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.') || *b >= 0x80));
    end.is_some_and(|e| e > 0 && text.get(e) == Some(&b'[')) && !text.starts_with(b"map[")
}

/// The fields without exported names of a large struct that has a name itself.
fn private(t: &Type<'_>) -> Option<Private> {
    let Detail::Struct { fields, .. } = &t.detail else {
        return None;
    };
    if t.size < LARGE || !t.named {
        return None;
    }
    let ends = fields.iter().skip(1).map(|f| f.offset).chain([t.size]);
    let fields: Vec<_> = fields
        .iter()
        .zip(ends)
        .filter(|(f, _)| !f.name.exported)
        .map(|(f, end)| (f.offset, end))
        .collect();
    (!fields.is_empty()).then_some(Private {
        package: NONE,
        size: t.size,
        fields,
    })
}

/// Itabs, and the lists of types and itabs that Go up to 1.26 has. `owner` gives the owner of the type at an
/// address.
fn links(program: &Subject<'_, '_>, owner: &dyn Fn(u64) -> Option<Owner>, space: &mut Space) {
    let Some(m) = program.module else { return };
    let (memory, word) = (&program.memory, program.memory.ptr_size());
    let limit = program.image.data.len() as u64;
    let itab = |typ: u64| {
        owner(typ).map(|o| Owner {
            kind: Kind::Itab,
            ..o
        })
    };
    let itabs = &program.go.types().itabs;
    let plain = Owner::plain(Kind::Itab, Source::TypeWalk);
    for i in itabs {
        let end = i.addr.saturating_add(i.size);
        space.certain(i.addr, itab(i.typ).unwrap_or(plain));
        // Code reads the type and the methods in it.
        space.whole.push((i.addr, end));
        space.later(end);
    }
    let count = m.itablinks.len.min(limit / word.max(1));
    for i in 0..count {
        let at = m.itablinks.addr.saturating_add(i * word);
        let link = memory.pointer(at).unwrap_or(0);
        let known = itabs.binary_search_by_key(&link, |i| i.addr).ok();
        let typ = known.and_then(|i| itabs.get(i)).map_or(0, |i| i.typ);
        space.certain(at, itab(typ).unwrap_or(plain));
    }
    space.later(m.itablinks.addr.saturating_add(count * word));
    let mut last = None;
    let count = m.typelinks.len.min(limit / 4);
    for i in 0..count {
        let at = m.typelinks.addr.saturating_add(4 * i);
        let Some(offset) = memory.u32(at) else { break };
        let package = owner(m.types.start.wrapping_add(u64::from(offset))).map_or(NONE, |o| o.package);
        if last != Some(package) {
            space.certain(at, Owner::of(Kind::Type, Source::TypeWalk, package));
            last = Some(package);
        }
    }
    space.later(m.typelinks.addr.saturating_add(4 * count));
}
