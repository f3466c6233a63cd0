//! What data and type descriptors refer to.
//!
//! Authority: cmd/link/internal/ld/deadcode.go of Go 1.27 for which of a descriptor's and an itab's words
//! hold what they point at; cmd/compile/internal/reflectdata for the layout, as `go::types` reads it.

use super::code::Hold;
use super::nodes::{Zone, zone_at};
use crate::analysis::size::pointers::bitmap;
use crate::go::Program;
use crate::go::types::{Detail, Type};
use crate::image::extent::align_up;

/// A word of data: where it stands, what it points at.
pub(super) struct Words {
    pub found: Vec<(u64, u64)>,
}

/// The pointers in data, but for type descriptors and itabs, whose words are not all alike.
pub(super) fn words(program: &Program<'_>, zones: &[Zone], described: &[(u64, u64)]) -> Words {
    let image = program.image();
    let memory = program.memory();
    let p = memory.ptr_size().max(4);
    let functions = program.functions();
    let text = functions.range();
    let mut found = Vec::new();
    let module = program.moduledata().ok();
    // Numbers in variables look like addresses by chance; the garbage collector knows which words are
    // pointers.
    let variables = module.and_then(|m| Some((m.data.clone(), bitmap(&memory, m.gcdata, &m.data)?.0)));
    let a_number = |at: u64| {
        let (data, bits) = variables.as_ref()?;
        let word = data.contains(&at).then(|| (at - data.start) / p)?;
        bits.get(word as usize).map(|bit| !bit)
    };
    // The first word of an interface is an itab or a type and no pointer to the collector, for neither is on
    // the heap (cmd/compile/internal/typebits/typebits.go).
    let of_interface = |to: u64| described.binary_search_by_key(&to, |d| d.0).is_ok();
    let mut take = |at: u64, to: u64| {
        if !text.contains(&to) && a_number(at) == Some(true) && !of_interface(to) {
            return;
        }
        let known = if text.contains(&to) {
            functions.starting_at(to).is_some()
        } else {
            zone_at(zones, to).is_some()
        };
        if known {
            found.push((at, to));
        }
    };
    let mut skip = described.iter().peekable();
    let patched = image.relocations();
    let mut next_patch = patched.iter().peekable();
    let relocated = patched.iter().filter(|r| r.target.is_some()).count() > 64;
    for z in zones.iter().filter(|z| z.pointers && z.stored) {
        let bytes = memory.bytes_from(z.start).unwrap_or_default();
        let end = z.end.min(z.start.saturating_add(bytes.len() as u64));
        let mut at = align_up(z.start, p);
        while at.saturating_add(p) <= end {
            while skip.peek().is_some_and(|s| s.1 <= at) {
                skip.next();
            }
            if let Some(s) = skip.peek().filter(|s| s.0 <= at) {
                at = align_up(s.1, p);
                continue;
            }
            if relocated {
                // Pointers stand where the loader patches, nowhere else.
                while next_patch.peek().is_some_and(|r| r.addr < at) {
                    next_patch.next();
                }
                match next_patch.peek() {
                    Some(r) if r.addr < end => {
                        let here = r.addr;
                        if here == at {
                            if let Some(to) = r.target {
                                take(here, to);
                            }
                            at += p;
                        } else {
                            at = here.max(at + 1);
                        }
                    }
                    _ => break,
                }
                continue;
            }
            if let Some(to) = image
                .endian
                .word(bytes, (at - z.start) as usize, image.ptr_size)
                .filter(|w| *w != 0)
            {
                take(at, to);
            }
            at += p;
        }
    }
    Words { found }
}

/// Calls `found` with what a type is made of: descriptors as children, names and the like as data, each by
/// address.
pub(super) fn of_type(program: &Program<'_>, t: &Type<'_>, found: &mut dyn FnMut(u64, Hold)) {
    let types = program.types();
    let memory = program.memory();
    let p = memory.ptr_size();
    found(t.stored_name.addr, Hold::Data);
    if t.gcdata != 0 {
        found(t.gcdata, Hold::Data);
    }
    // The function that compares two values; a map's that hashes a key.
    let mut function = |at: u64| {
        if let Some(f) = memory.pointer(at).filter(|f| *f != 0) {
            found(f, Hold::Data);
        }
    };
    function(t.addr.wrapping_add(2 * p + 8));
    let own = t.addr.wrapping_add(4 * p + 16);
    match &t.detail {
        Detail::Basic => {}
        Detail::Array { elem, slice, .. } => [*elem, *slice].iter().for_each(|a| found(*a, Hold::Child)),
        Detail::Chan { elem, .. } | Detail::Pointer { elem } | Detail::Slice { elem } => {
            found(*elem, Hold::Child)
        }
        Detail::Func { params, results, .. } => {
            params.iter().chain(results).for_each(|a| found(*a, Hold::Child))
        }
        Detail::Map { key, elem, group } => {
            function(own.wrapping_add(3 * p));
            [*key, *elem, *group].iter().for_each(|a| found(*a, Hold::Child));
        }
        Detail::Interface {
            package,
            methods,
            methods_at,
        } => {
            if let Some(n) = package {
                found(n.addr, Hold::Data);
            }
            // An empty list points behind the descriptor, at whatever stands there.
            if !methods.is_empty() {
                found(*methods_at, Hold::Data);
            }
            for m in methods {
                found(m.name.addr, Hold::Data);
                m.typ.iter().for_each(|a| found(*a, Hold::Child));
            }
        }
        Detail::Struct {
            package,
            fields,
            fields_at,
        } => {
            if let Some(n) = package {
                found(n.addr, Hold::Data);
            }
            if !fields.is_empty() {
                found(*fields_at, Hold::Data);
            }
            for f in fields {
                found(f.name.addr, Hold::Data);
                found(f.typ, Hold::Child);
            }
        }
    }
    for m in &t.methods {
        found(m.name.addr, Hold::Data);
    }
    // The linker keeps the pointer's descriptor for its type only where it has methods or the type a name
    // (reflectdata: PtrToThis).
    if let Some(pointer) = t.pointer_to
        && (t.named || types.at(pointer).is_some_and(|x| !x.methods.is_empty()))
    {
        found(pointer, Hold::Child);
    }
}
