//! The passes over everything that is mapped and is no code, in their order: each enters places where
//! something starts, with an owner or without; when all are through, the places are sorted and what has no
//! owner yet is given one (`resolve`).

use super::data::{self, Embedded};
use super::ledger::{Cut, Owner};
use super::model::{Kind, Source};
use super::names::Names;
use super::pointers::{self, Pointed};
use super::regions::{Region, Role};
use super::space::Space;
use super::subject::Subject;
use super::types::{self, Described};
use super::{landmarks, references, resolve, tables};
use crate::image::{Arch, Format};

/// What the passes read and fill.
pub(super) struct Work<'w, 'p, 'a> {
    pub(super) program: &'w Subject<'p, 'a>,
    regions: &'w [Region<'a>],
    /// Owners of functions by index.
    owners: &'w [Owner],
    /// Addresses of text that is not Go's.
    foreign: &'w [(u64, u64)],
    /// May symbols tell whose a variable is?
    symbols: bool,
    names: &'w mut Names,
    pub(super) space: Space,
    /// Cuts over what is claimed in the space: tables and types.
    pub(super) known: Vec<Cut>,
    pub(super) pointed: Vec<Pointed>,
    pub(super) described: Described,
    pub(super) embedded: Vec<Embedded>,
}

/// A place keeps the first owner that it gets, but for one that is certain.
const PASSES: [fn(&mut Work<'_, '_, '_>); 12] = [
    // Nothing else starts in the pclntab, whatever seems to point into it.
    function_tables,
    build_info,
    // Needs no other, and claims its range before numbers in code and data look like addresses in it.
    function_data,
    // Before anything that is inferred: a symbol's extent is certain.
    symbols,
    // The first function in the order of the text has a variable, so before C's code and before pointers.
    code,
    // What only C names is C's.
    foreign_code,
    // Reads the claims of function data; before types, whose descriptors hold pointers that say whose
    // something is.
    collect_pointers,
    // Behind code, so that the range of types, which only their walk tells, takes back what looked like
    // references into it.
    describe_types,
    // Looks for what it knows among the places found so far; it is certain, so it may come late.
    known_variables,
    // Only where nothing in a section of Go's own says more.
    go_sections,
    behind_tables,
    // Tables of embedded files are found by their pointers.
    embedded,
];

/// Cuts by address over everything that is mapped and is no code, sorted.
pub(super) fn mapped<'a>(
    program: &Subject<'_, 'a>,
    regions: &[Region<'a>],
    owners: &[Owner],
    foreign: &[(u64, u64)],
    symbols: bool,
    names: &mut Names,
) -> Vec<Cut> {
    let mut work = Work {
        program,
        regions,
        owners,
        foreign,
        symbols,
        names,
        space: space(program, regions, foreign),
        known: Vec::new(),
        pointed: Vec::new(),
        described: Described::default(),
        embedded: Vec::new(),
    };
    for pass in PASSES {
        pass(&mut work);
    }
    resolve::cuts(work)
}

/// Everything that is mapped, from the file, and is no code.
fn space(program: &Subject<'_, '_>, regions: &[Region<'_>], foreign: &[(u64, u64)]) -> Space {
    let image = program.image;
    let wasm = image.arch == Arch::Wasm;
    let mut areas = Vec::new();
    for r in regions.iter().filter(|_| !wasm) {
        if let (Role::Mapped, Some(addr)) = (r.role, r.addr) {
            let writable = match r.section.and_then(|i| image.sections.get(i)) {
                Some(s) => s.perm.write && !relro(s.name),
                None => image.segment_at(addr).is_some_and(|s| s.perm.write),
            };
            let kind = if writable { Kind::Data } else { Kind::Rodata };
            areas.push((addr, r.end - r.start, r.start, kind));
        }
    }
    if data_in_text(program) {
        for (start, end) in foreign {
            if let Some(offset) = image.addr_to_offset(*start) {
                areas.push((*start, end - start, offset, Kind::Rodata));
            }
        }
    }
    if wasm {
        let segment = |s: &crate::image::Segment<'_>| (s.addr, s.file_size, s.offset, Kind::Rodata);
        areas.extend(image.segments.iter().map(segment));
    }
    Space::new(areas, wasm)
}

/// Sections that are writable only until the loader has patched them.
fn relro(name: &[u8]) -> bool {
    name.starts_with(b".data.rel.ro")
        || matches!(name, b"__rodata" | b"__typelink" | b"__itablink" | b"__gopclntab")
}

/// Does read-only data follow the code in the text section?
pub(super) fn data_in_text(program: &Subject<'_, '_>) -> bool {
    matches!(program.image.format, Format::Plan9 | Format::Xcoff)
}

/// Parts of text sections that no Go function covers, as addresses; Plan 9 and XCOFF keep read-only data
/// there.
pub(super) fn foreign_text(program: &Subject<'_, '_>, regions: &[Region<'_>]) -> Vec<(u64, u64)> {
    let go = program.functions.range();
    let mut out = Vec::new();
    for r in regions.iter().filter(|r| r.role == Role::Text) {
        let Some(addr) = r.addr else { continue };
        let end = addr.saturating_add(r.end - r.start);
        if go.is_empty() || go.end <= addr || go.start >= end {
            out.push((addr, end));
            continue;
        }
        if go.start > addr {
            out.push((addr, go.start));
        }
        if go.end < end {
            out.push((go.end, end));
        }
    }
    out
}

fn function_tables(w: &mut Work<'_, '_, '_>) {
    w.known = tables::cuts(w.program, w.owners, w.names);
    if let Some(t) = w.program.table {
        w.space.claim(t.addr(), t.addr().saturating_add(t.size()));
    }
}

fn build_info(w: &mut Work<'_, '_, '_>) {
    let blob = w.program.go.build_info().map(|b| b.blob);
    if let Some(b) = blob.filter(|b| b.addr != 0) {
        let owner = Owner::plain(Kind::Buildinfo, Source::Container);
        w.space.start(b.addr, owner);
        w.space.later(b.addr.saturating_add(b.size));
    }
}

fn function_data(w: &mut Work<'_, '_, '_>) {
    data::function_data(w.program, w.owners, &mut w.space);
}

fn symbols(w: &mut Work<'_, '_, '_>) {
    if w.symbols {
        data::symbols(w.program, w.names, &mut w.space);
    }
}

fn code(w: &mut Work<'_, '_, '_>) {
    references::code(w.program, w.names, &mut w.space);
}

fn foreign_code(w: &mut Work<'_, '_, '_>) {
    if !data_in_text(w.program) {
        references::foreign(w.program, w.foreign, &mut w.space);
    }
}

fn collect_pointers(w: &mut Work<'_, '_, '_>) {
    w.pointed = pointers::all(w.program, &w.space);
}

fn describe_types(w: &mut Work<'_, '_, '_>) {
    let Some(mut described) = types::describe(w.program, w.names, &mut w.space) else {
        return;
    };
    w.known.append(&mut described.cuts);
    w.known.sort_by_key(|c| c.at);
    let range = described.range.clone();
    w.space.claim(range.start, range.end);
    w.space.later(range.end);
    w.space.retain(|s| !range.contains(&s.addr));
    w.space.map.types = range;
    w.described = described;
}

fn known_variables(w: &mut Work<'_, '_, '_>) {
    landmarks::enter(w.program, &w.pointed, w.names, &mut w.space);
}

fn go_sections(w: &mut Work<'_, '_, '_>) {
    const GO: [&[u8]; 8] = [
        b".go.",
        b".gopclntab",
        b".typelink",
        b".itablink",
        b"__go_",
        b"__gopclntab",
        b"__typelink",
        b"__itablink",
    ];
    for r in w.regions {
        if let (Role::Mapped, Some(addr), true) = (r.role, r.addr, GO.iter().any(|n| r.name.starts_with(n))) {
            let fips = r.name.ends_with(b"go_fipsinfo") || r.name.ends_with(b"go.fipsinfo");
            let package = if fips {
                w.names.name(b"crypto/internal/fips140/check")
            } else {
                w.program.runtime
            };
            let kind = if r.name.ends_with(b"link") {
                Kind::Type
            } else {
                Kind::Data
            };
            w.space.start(addr, Owner::of(kind, Source::Container, package));
        }
    }
}

fn behind_tables(w: &mut Work<'_, '_, '_>) {
    if let Some(t) = w.program.table {
        w.space.start(
            t.addr().saturating_add(t.size()),
            Owner::of(Kind::Pclntab, Source::Neighbour, w.program.runtime),
        );
    }
}

fn embedded(w: &mut Work<'_, '_, '_>) {
    w.embedded = data::embedded(w.program, &w.pointed, w.names);
}
