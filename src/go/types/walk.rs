//! From the moduledata to all descriptors: roots, then whatever they name, until nothing new appears.

use rustc_hash::FxHashSet;

use super::descriptor::Reader;
use super::{Detail, Field, Itab, Type, Types};
use crate::error::Error;
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;
use crate::go::release::{Maps, Release};
use crate::image::extent::align_up;

pub(super) fn find<'a>(
    memory: &Memory<'_, 'a>,
    module: &ModuleData,
    candidates: &[&'static Release],
) -> Types<'a> {
    let mut out = Types::default();
    if module.types.is_empty() {
        out.warnings.push(Error::within(
            "types",
            "the moduledata does not say where they are",
        ));
        return out;
    }
    let mut reader = Reader::new(*memory, module);
    let links = typelinks(memory, module);
    settle(&mut reader, &links, candidates);
    let mut seen = FxHashSet::default();
    let mut queue: Vec<u64> = Vec::new();
    let mut broken = 0u64;
    for addr in &links {
        if seen.insert(*addr) {
            queue.push(*addr);
        }
    }
    let consecutive = descriptors(&reader, module);
    queue.extend(consecutive.into_iter().filter(|a| seen.insert(*a)));
    out.itabs = itabs(memory, module, &reader);
    for i in &out.itabs {
        queue.extend([i.interface, i.typ].into_iter().filter(|a| seen.insert(*a)));
    }
    // Every descriptor takes more than 32 bytes of the file.
    let limit = memory.image().data.len() / 32 + 64;
    let mut swept = false;
    loop {
        let Some(addr) = queue.pop() else {
            if std::mem::replace(&mut swept, true) {
                break;
            }
            queue.extend(
                sweep(&reader, module, &mut out.types)
                    .into_iter()
                    .filter(|a| seen.insert(*a)),
            );
            continue;
        };
        let Some(t) = reader.read(addr) else {
            broken += 1;
            continue;
        };
        if out.types.len() > limit {
            out.warnings
                .push(Error::within("types", "more descriptors than the file can hold"));
            break;
        }
        each_reference(&t, |a| {
            if memory.bytes_from(a).is_some() && seen.insert(a) {
                queue.push(a);
            }
        });
        out.types.push(t);
    }
    if broken > 0 {
        out.warnings.push(Error::within(
            "types",
            format!("{broken} descriptors could not be read"),
        ));
    }
    out.types.sort_by_key(|t| t.addr);
    if module.itabs.is_empty() {
        let padded = reader.layout.padded_itabs;
        unlisted(memory, module, padded, &mut out);
    }
    out
}

/// Itabs that no list of Go up to 1.26 has: those that code refers to for a conversion that is never looked
/// up. An interface, a type and the type's hash side by side are nothing else.
fn unlisted(memory: &Memory<'_, '_>, module: &ModuleData, padded: bool, out: &mut Types<'_>) {
    let (p, e) = (memory.ptr_size(), memory.image().endian);
    let mut found = Vec::new();
    let mut look = |addr: u64, interface: u64| {
        let Some(Detail::Interface { methods, .. }) = out.at(interface).map(|t| &t.detail) else {
            return;
        };
        let typ = addr.checked_add(p).and_then(|a| memory.pointer(a)).unwrap_or(0);
        let hash = out.at(typ).map(|t| t.hash);
        if hash.is_some() && hash == addr.checked_add(2 * p).and_then(|a| memory.u32(a)) {
            found.push(Itab {
                addr,
                size: itab_size(p, padded, methods.len() as u64),
                interface,
                typ,
            });
        }
    };
    for s in memory.stretches().iter().filter(|s| !s.exec) {
        for (word, addr) in s.words(p) {
            if let Some(to) = e.word(word, 0, p as u8).filter(|w| module.types.contains(w)) {
                look(addr, to);
            }
        }
    }
    for r in memory.image().relocations() {
        if let Some(to) = r.target.filter(|t| module.types.contains(t)) {
            look(r.addr, to);
        }
    }
    out.itabs.append(&mut found);
    out.itabs.sort_by_key(|i| i.addr);
    out.itabs.dedup_by_key(|i| i.addr);
}

/// Bytes of an itab: interface, type, hash, then a function for each method, or one word for none.
fn itab_size(ptr_size: u64, padded: bool, methods: u64) -> u64 {
    let hash = if padded { 8 } else { 4 };
    (2 * ptr_size + hash).next_multiple_of(ptr_size) + ptr_size * methods.max(1)
}

/// Descriptors between those found: types that only code and data refer to. Each must read in every part as
/// the compiler writes it.
fn sweep<'a>(reader: &Reader<'_, 'a>, module: &ModuleData, found: &mut [Type<'a>]) -> Vec<u64> {
    found.sort_by_key(|t| t.addr);
    let p = reader.memory.ptr_size();
    let mut out = Vec::new();
    let mut at = align_up(module.types.start.saturating_add(p), p);
    let in_file = reader.memory.bytes_from(at).map_or(0, <[u8]>::len) as u64;
    let end = module.types.end.min(at.saturating_add(in_file));
    let mut known = found.iter().peekable();
    while at < end {
        while known
            .peek()
            .is_some_and(|t| t.addr + t.descriptor_size.max(1) <= at)
        {
            known.next();
        }
        if let Some(t) = known.peek().filter(|t| t.addr <= at) {
            at = align_up(t.addr.saturating_add(t.descriptor_size.max(p)), p);
            continue;
        }
        match reader.read(at).filter(|t| reader.certain(t)) {
            Some(t) => {
                out.push(at);
                at = align_up(at.saturating_add(t.descriptor_size.max(p)), p);
            }
            None => at += p,
        }
    }
    out
}

/// Calls `f` with the address of every type that `t` names.
pub(super) fn each_reference(t: &Type<'_>, mut f: impl FnMut(u64)) {
    match &t.detail {
        Detail::Basic => {}
        Detail::Array { elem, slice, .. } => [*elem, *slice].into_iter().filter(|a| *a != 0).for_each(&mut f),
        Detail::Chan { elem, .. } | Detail::Pointer { elem } | Detail::Slice { elem } => f(*elem),
        Detail::Func { params, results, .. } => params.iter().chain(results).for_each(|a| f(*a)),
        Detail::Interface { methods, .. } => methods.iter().filter_map(|m| m.typ).for_each(&mut f),
        Detail::Map { key, elem, group } => [*key, *elem, *group]
            .into_iter()
            .filter(|a| *a != 0)
            .for_each(&mut f),
        Detail::Struct { fields, .. } => fields.iter().for_each(|x| f(x.typ)),
    }
    t.methods.iter().filter_map(|m| m.typ).for_each(&mut f);
    if let Some(a) = t.pointer_to {
        f(a);
    }
}

/// Addresses of the descriptors in the list that Go up to 1.26 has.
fn typelinks(memory: &Memory<'_, '_>, module: &ModuleData) -> Vec<u64> {
    let s = module.typelinks;
    let Some(bytes) = s.len.checked_mul(4).and_then(|n| memory.bytes(s.addr, n)) else {
        return Vec::new();
    };
    let e = memory.image().endian;
    let offsets = bytes.chunks_exact(4).filter_map(|b| e.u32(b, 0));
    offsets
        .map(|o| module.types.start.wrapping_add(u64::from(o)))
        .collect()
}

/// Go 1.27 and later: the descriptors one behind the other, after one unused word. What can't be read is
/// stepped over word by word.
fn descriptors(reader: &Reader<'_, '_>, module: &ModuleData) -> Vec<u64> {
    let range = &module.type_descriptors;
    let p = reader.memory.ptr_size();
    let mut out = Vec::new();
    let mut at = align_up(range.start.saturating_add(p), p);
    while at < range.end {
        match reader.read(at) {
            Some(t) => {
                out.push(at);
                at = align_up(at.saturating_add(t.descriptor_size.max(p)), p);
            }
            None => at += p,
        }
    }
    out
}

/// Chooses the release whose layout fits most of the descriptors at hand; of those that fit alike, the first.
fn settle(reader: &mut Reader<'_, '_>, links: &[u64], candidates: &[&'static Release]) {
    let mut best = None;
    for r in candidates {
        reader.layout = r.types;
        let sample = links.iter().take(SAMPLE);
        let fitting = sample.filter(|a| fits(reader, **a)).count();
        if best.is_none_or(|(most, _)| fitting > most) {
            best = Some((fitting, r.types));
        }
    }
    if let Some((_, layout)) = best {
        reader.layout = layout;
    }
}

/// Descriptors that are tried under each layout.
const SAMPLE: usize = 2048;

/// Does the descriptor at `addr` read as the reader's layout has it?
fn fits(reader: &Reader<'_, '_>, addr: u64) -> bool {
    let Some(t) = reader.read(addr) else { return false };
    if t.name.iter().any(|b| *b < b' ') {
        return false;
    }
    match &t.detail {
        Detail::Map { .. } => map_fits(reader, addr),
        Detail::Struct { fields, .. } => fields_fit(fields, t.size),
        // Structs with names are found behind pointers to them.
        Detail::Pointer { elem } => match reader.read(*elem) {
            Some(Type {
                detail: Detail::Struct { fields, .. },
                size,
                ..
            }) => fields_fit(&fields, size),
            _ => true,
        },
        _ => true,
    }
}

/// The last of several fields lies in the second half of most structs; shifted offsets that are read as they
/// stand reach past the end, and plain ones that are read as shifted end too early.
fn fields_fit(fields: &[Field<'_>], size: u64) -> bool {
    let ascending = fields
        .windows(2)
        .all(|w| matches!(w, [a, b] if a.offset <= b.offset));
    ascending
        && fields
            .last()
            .is_none_or(|f| f.offset <= size && (fields.len() < 3 || f.offset.saturating_mul(2) >= size))
}

/// The size of a group of slots stands behind the hash function; where buckets are meant, there stand the
/// sizes of key, value and bucket.
fn map_fits(reader: &Reader<'_, '_>, addr: u64) -> bool {
    let m = reader.memory;
    let p = m.ptr_size();
    let at = addr + 4 * p + 16;
    let group = m.pointer(at + 2 * p).and_then(|g| m.word(g));
    let is_groups = group.is_some() && m.word(at + 4 * p) == group;
    is_groups == (reader.layout.maps != Maps::Buckets)
}

fn itabs(memory: &Memory<'_, '_>, module: &ModuleData, reader: &Reader<'_, '_>) -> Vec<Itab> {
    let p = memory.ptr_size();
    let mut out: Vec<Itab> = Vec::new();
    let read = |addr: u64| {
        let interface = memory.pointer(addr)?;
        let typ = memory.pointer(addr + p)?;
        // A type of another module (plugins, shared libraries) is not in the file.
        let methods = match reader.read(interface)?.detail {
            Detail::Interface { methods, .. } => methods.len() as u64,
            _ => return None,
        };
        Some(Itab {
            addr,
            size: itab_size(p, reader.layout.padded_itabs, methods),
            interface,
            typ,
        })
    };
    let links = module.itablinks;
    let slots = (0..links.len).map(|i| memory.pointer(links.addr.wrapping_add(i * p)));
    out.extend(slots.flatten().filter_map(read));
    let mut at = module.itabs.start;
    while at < module.itabs.end {
        match read(at) {
            Some(i) => {
                at = at.saturating_add(i.size);
                out.push(i);
            }
            None => at += p,
        }
    }
    out.sort_by_key(|i| i.addr);
    out.dedup_by_key(|i| i.addr);
    out
}
