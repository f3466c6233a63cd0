//! From the moduledata to all descriptors: roots, then whatever they name, until nothing new appears.

use rustc_hash::FxHashSet;

use super::descriptor::Reader;
use super::name::Lengths;
use super::{Detail, Itab, Type, Types};
use crate::error::Error;
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;

pub(super) fn find<'a>(memory: &Memory<'_, 'a>, module: &ModuleData) -> Types<'a> {
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
    settle(&mut reader, module, &links);
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
        unlisted(memory, module, &mut out);
    }
    out
}

/// Itabs that no list of Go up to 1.26 has: those that code refers to for a conversion that is never looked up. An interface, a type and
/// the type's hash side by side are nothing else.
fn unlisted(memory: &Memory<'_, '_>, module: &ModuleData, out: &mut Types<'_>) {
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
                size: itab_size(p, methods.len() as u64),
                interface,
                typ,
            });
        }
    };
    for s in memory.stretches().iter().filter(|s| !s.exec) {
        let start = s.addr.next_multiple_of(p);
        let bytes = s.bytes.get((start - s.addr) as usize..).unwrap_or_default();
        for (word, addr) in bytes.chunks_exact(p as usize).zip((start..).step_by(p as usize)) {
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
fn itab_size(ptr_size: u64, methods: u64) -> u64 {
    (2 * ptr_size + 4).next_multiple_of(ptr_size) + ptr_size * methods.max(1)
}

/// Descriptors between those found: types that only code and data refer to. Each must read in every part as the compiler writes it.
fn sweep<'a>(reader: &Reader<'_, 'a>, module: &ModuleData, found: &mut [Type<'a>]) -> Vec<u64> {
    found.sort_by_key(|t| t.addr);
    let p = reader.memory.ptr_size();
    let mut out = Vec::new();
    let mut at = module.types.start.saturating_add(p).next_multiple_of(p);
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
            at = (t.addr + t.descriptor_size.max(p)).next_multiple_of(p);
            continue;
        }
        match reader.read(at).filter(|t| reader.certain(t)) {
            Some(t) => {
                out.push(at);
                at = at.saturating_add(t.descriptor_size.max(p)).next_multiple_of(p);
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

/// Go 1.27 and later: the descriptors one behind the other, after one unused word. What can't be read is stepped over word by word.
fn descriptors(reader: &Reader<'_, '_>, module: &ModuleData) -> Vec<u64> {
    let range = &module.type_descriptors;
    let p = reader.memory.ptr_size();
    let mut out = Vec::new();
    let mut at = range.start.saturating_add(p).next_multiple_of(p);
    while at < range.end {
        match reader.read(at) {
            Some(t) => {
                out.push(at);
                at = at.saturating_add(t.descriptor_size.max(p)).next_multiple_of(p);
            }
            None => at += p,
        }
    }
    out
}

/// Chooses how names, fields and maps are stored by what fits the descriptors at hand.
fn settle(reader: &mut Reader<'_, '_>, module: &ModuleData, links: &[u64]) {
    let p = reader.memory.ptr_size();
    let head = 4 * p + 16;
    let sample: Vec<u64> = links.iter().copied().take(512).collect();
    if !sample.is_empty() {
        let readable = |r: &Reader<'_, '_>| {
            let good = |a: &&u64| r.read(**a).is_some_and(|t| t.name.iter().all(|b| *b >= b' '));
            sample.iter().filter(good).count()
        };
        let with_varints = readable(reader);
        reader.lengths = Lengths::TwoBytes;
        if readable(reader) <= with_varints {
            reader.lengths = Lengths::Varint;
        }
    }
    reader.map_size = map_size(reader, module, links, head, p);
    // Fields reach past their struct if the offsets are really shifted.
    let (mut beyond, mut within) = (0, 0);
    for t in links.iter().filter_map(|a| reader.read(*a)) {
        // Structs with names are found behind pointers to them.
        let pointee = match t.detail {
            Detail::Pointer { elem } => reader.read(elem),
            _ => Some(t),
        };
        if let Some(Type {
            detail: Detail::Struct { fields, .. },
            size,
            ..
        }) = pointee
            && let Some(last) = fields.last()
            && last.offset > 0
        {
            if last.offset > size {
                beyond += 1
            } else {
                within += 1
            }
        }
        if beyond + within > 4096 {
            break;
        }
    }
    reader.shifted_offsets = beyond * 8 > within;
}

/// Bytes of a map's descriptor: hash buckets up to Go 1.23, groups of slots since, with three words more in Go 1.27. A group's size stands behind the
/// hash function, which tells the first two apart.
fn map_size(reader: &Reader<'_, '_>, module: &ModuleData, links: &[u64], head: u64, p: u64) -> Option<u64> {
    let newest = module.layout.is_some_and(|l| l.versions == "Go 1.27");
    let aligned = |n: u64| n.next_multiple_of(p);
    if newest {
        return Some(aligned(head + 10 * p + 4));
    }
    let m = reader.memory;
    let is_map = |a: &u64| matches!(reader.read(*a)?.detail, Detail::Map { .. }).then_some(*a);
    let (mut groups, mut buckets) = (0, 0);
    for addr in links.iter().filter_map(is_map).take(32) {
        let size = m.word(addr + head + 4 * p);
        let group = m.pointer(addr + head + 2 * p).and_then(|g| m.word(g));
        if size.is_some() && size == group {
            groups += 1
        } else {
            buckets += 1
        }
    }
    if groups > buckets {
        Some(aligned(head + 7 * p + 4))
    } else {
        Some(aligned(head + 4 * p + 8))
    }
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
            size: itab_size(p, methods),
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
