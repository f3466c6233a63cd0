//! Everything that is mapped and is no code: who owns the strings, tables and variables.
//!
//! What Go's own structures describe is entered first (function data, itabs, embedded files, types); then symbols, where there are any
//! and they may be used; then every place that an instruction refers to, the first function in the order of the text winning: the linker
//! lays packages out with dependencies first, so a variable's own package comes before those that import it. Then pointers are
//! followed from what has an owner to what has none yet. A start reaches to the next one.

use super::dictionaries;
use super::ledger::{Cut, Ledger, NONE, NameId, Owner};
use super::model::{Kind, Source};
use super::pointers::Pointed;
use super::space::{Space, Start, unowned};
use super::strings;
use super::subject::Subject;
use super::types::Described;
use crate::go::embeds;
use crate::go::packages;
use crate::image::{Format, Place};

/// An embedded file: its bytes, its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Embedded {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) name: NameId,
}

/// Function data (stack maps, argument maps, inline trees) by the first function that uses it.
pub(super) fn function_data(program: &Subject<'_, '_>, owners: &[Owner], space: &mut Space) {
    let Some(table) = program.table else { return };
    let mut range = (u64::MAX, 0);
    // Of what lies last, the function and the kind.
    let mut last = None;
    for (i, f) in table.functions().enumerate() {
        let o = owners.get(i).copied().unwrap_or(unowned());
        let owner = Owner {
            kind: Kind::Pclntab,
            source: Source::FunctionData,
            ..o
        };
        for (kind, addr) in f.funcdata().enumerate() {
            let Some(addr) = addr else { continue };
            space.start(addr, owner);
            if addr > range.1 {
                last = Some((f, kind as u32));
            }
            range = (range.0.min(addr), range.1.max(addr));
        }
    }
    // The linker puts the largest behind all others, so where it ends matters.
    let size = last.and_then(|(f, kind)| f.funcdata_size(kind)).unwrap_or(1);
    let end = range
        .1
        .saturating_add(size.clamp(1, program.image.data.len() as u64));
    // Function data is found through its functions only; whatever else seems to point into it does not.
    if table.layout() >= crate::go::pclntab::Layout::Go118 {
        space.function_data = range.0..end;
        space.claim(range.0, end);
        space.later(end);
    }
    let Some(m) = program.module else { return };
    // One bucket for each 4096 bytes of text.
    let text = program.functions.range();
    let finder = program.finder();
    let mut last = NONE;
    for (at, pc) in finder.clone().step_by(20).zip(text.step_by(4096)) {
        let package = program.functions.package_at(pc);
        if at == finder.start || package != last {
            let owner = Owner::of(Kind::Pclntab, Source::FunctionRecords, package);
            space.start(at, owner);
            last = package;
        }
    }
    space.later(finder.end);
    let runtime = |kind| Owner::of(kind, Source::Container, program.runtime);
    space.start(m.addr, runtime(Kind::Data));
    space.later(m.addr.saturating_add(m.size));
    // What a package runs before main (Go 1.21 and later): a state, a count, and the functions.
    let word = u64::from(program.image.ptr_size);
    for i in 0..m.inittasks.len.min(program.image.data.len() as u64 / word.max(1)) {
        let memory = &program.memory;
        let task = memory.pointer(m.inittasks.addr.saturating_add(i * word));
        let package = task.and_then(|t| program.functions.starting_at(memory.pointer(t.checked_add(8)?)?));
        if let (Some(task), Some(package)) = (task, package) {
            space.start(task, Owner::of(Kind::Data, Source::Container, package));
        }
    }
    // The bitmaps of pointers in data and bss serve the garbage collector.
    for addr in [m.gcdata, m.gcbss] {
        space.start(addr, runtime(Kind::Rodata));
    }
}

/// Variables by their symbols. Only names that tell a package give an owner; the others are boundaries at least.
pub(super) fn symbols<'a>(program: &Subject<'_, 'a>, ledger: &mut Ledger, space: &mut Space) {
    let image = program.image;
    let sized = image.format == Format::Elf;
    let mut boundaries = Vec::new();
    for s in image.symbols().unwrap_or_default() {
        if !matches!(s.place, Place::Section(_)) || sized && s.size == 0 {
            continue;
        }
        // Section and file symbols name no variable.
        if sized && s.kind & 0xf > 2 || s.addr == 0 || s.name.is_empty() {
            continue;
        }
        let name = image.format.source_name(s.name);
        // Types are walked, with and without symbols.
        if name.starts_with(b"type:") || name.starts_with(b"type.") {
            continue;
        }
        // The linker's marks and the groups it puts many symbols under.
        if name.starts_with(b"runtime.") && !sized && is_mark(name) || name.ends_with(b".*") {
            continue;
        }
        if let Some(p) = packages::of_name(name) {
            let mut owner = Owner::of(Kind::Unknown, Source::Symbols, ledger.name(p.as_bytes()));
            if name.starts_with(b"go:itab.") || name.starts_with(b"go.itab.") {
                owner.kind = Kind::Itab;
            }
            owner.symbol = ledger.symbol(name);
            space.start(s.addr, owner);
            // A variable's own extent beats whatever seems to start in it.
            if sized && !is_mark(name) {
                space.whole.push((s.addr, s.addr.saturating_add(s.size)));
            }
        } else {
            boundaries.push(s.addr);
        }
        if sized {
            boundaries.push(s.addr.saturating_add(s.size));
        }
    }
    // Behind all owners, so that a variable that starts where another ends has its owner.
    for b in boundaries {
        space.later(b);
    }
}

/// Is it one of the names by which the linker marks the parts of a program?
pub(super) fn is_mark(name: &[u8]) -> bool {
    const MARKS: [&[u8]; 30] = [
        b"text",
        b"etext",
        b"rodata",
        b"erodata",
        b"types",
        b"etypes",
        b"noptrdata",
        b"enoptrdata",
        b"data",
        b"edata",
        b"bss",
        b"ebss",
        b"noptrbss",
        b"enoptrbss",
        b"end",
        b"pclntab",
        b"epclntab",
        b"gcdata",
        b"gcbss",
        b"egcdata",
        b"egcbss",
        b"symtab",
        b"esymtab",
        b"itablink",
        b"eitablink",
        b"typelink",
        b"covctrs",
        b"ecovctrs",
        b"funcnametab",
        b"findfunctab",
    ];
    name.strip_prefix(b"runtime.").is_some_and(|n| MARKS.contains(&n))
}

/// Gives every start an owner and turns them into cuts by address, sorted; types and tables have theirs in `known`.
pub(super) fn resolve(
    program: &Subject<'_, '_>,
    space: &mut Space,
    known: &[Cut],
    described: &Described,
    exact: &[Embedded],
    mut pointed: Vec<Pointed>,
) -> Vec<Cut> {
    let whole = disjoint(std::mem::take(&mut space.whole));
    let inside = |addr: u64| {
        let i = exact.partition_point(|e| e.start <= addr).checked_sub(1);
        i.and_then(|i| exact.get(i))
            .is_some_and(|e| addr > e.start && addr < e.end)
            || is_in(&whole, addr)
    };
    let variables = program
        .module
        .as_ref()
        .map_or([0..0, 0..0], |m| [m.noptrdata.clone(), m.data.clone()]);
    // What describes types points to no variables; offsets, bits and hashes in it may look so.
    let word = program.memory.ptr_size();
    let is_type = |at: Option<u64>| {
        at.and_then(|a| program.memory.pointer(a))
            .is_some_and(|t| space.types.contains(&t))
    };
    let describes = |from: u64| {
        space.types.contains(&from)
            || space.bitmaps.contains(&from)
            || is_type(from.checked_sub(word)) && is_type(from.checked_sub(2 * word))
    };
    let impossible = |p: &Pointed| variables.iter().any(|v| v.contains(&p.to)) && describes(p.from);
    pointed.retain(|p| {
        !inside(p.to)
            && !space.is_claimed(p.to)
            && !impossible(p)
            && strings::plausible(program, space, p.from, p.to)
    });
    let texts = disjoint(strings::by_length(program, space, &mut pointed));
    let inside = |addr: u64| inside(addr) || is_in(&texts, addr);
    pointed.retain(|p| !is_in(&texts, p.to));
    for p in &pointed {
        space.boundary(p.to);
    }
    // Structs may overlap in a file that was made to; then not all are looked at.
    let mut left = 4 * program.image.data.len() as u64;
    for p in &pointed {
        if let Some(package) = maker(program, described, p, &mut left) {
            space.certain(p.to, Owner::of(Kind::Unknown, Source::Pointer, package));
        }
    }
    for e in exact {
        space.later(e.end);
    }
    space.flush_later();
    for a in space.areas().to_vec() {
        space.boundary(a.addr);
    }
    space.retain(|s| !inside(s.addr));
    space.sort();
    let zones = strings::Zones::of(program, space);
    for i in 0..space.starts.len() {
        let Some(s) = space.starts.get(i).copied() else {
            break;
        };
        if s.owner.source.measured() {
            continue;
        }
        let next = space.starts.get(i + 1).map_or(u64::MAX, |n| n.addr);
        let owner = if let Some(package) = func_value(program, &s, next) {
            Owner::of(Kind::Rodata, Source::Pointer, package)
        } else if let Some(package) = dictionaries::of_type(program, space, &described.generic, &s) {
            Owner::of(Kind::Rodata, Source::Pointer, package)
        } else if s.compiled != NONE && zones.kind(space, s.addr) == Kind::Rodata {
            Owner {
                package: s.compiled,
                ..s.owner
            }
        } else {
            continue;
        };
        if let Some(start) = space.starts.get_mut(i) {
            start.owner = owner;
        }
    }
    propagate(program, space, &links(space, known, &pointed));
    finish(program, space, exact)
}

/// Does `addr` lie in one of `ranges`, which are sorted and disjoint, behind its start?
fn is_in(ranges: &[(u64, u64)], addr: u64) -> bool {
    let before = ranges.partition_point(|r| r.0 < addr).checked_sub(1);
    before.and_then(|i| ranges.get(i)).is_some_and(|r| addr < r.1)
}

/// Sorted by start, those that overlap cut to what lies behind the one before.
fn disjoint(mut all: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    all.sort_unstable();
    let mut end = 0;
    all.retain_mut(|w| {
        w.0 = w.0.max(end);
        end = end.max(w.1);
        w.0 < w.1
    });
    all
}

/// A word that holds a function's address is a func value; it belongs to the function's package. Dictionaries may begin with such a word too.
fn func_value(program: &Subject<'_, '_>, s: &Start, next: u64) -> Option<NameId> {
    let word = u64::from(program.image.ptr_size);
    let most = if s.fixed { word } else { 2 * word };
    if next - s.addr > most {
        return None;
    }
    program.functions.starting_at(program.memory.pointer(s.addr)?)
}

/// The package that made the struct that an interface value holds: its own, if fields are set that no other package could set. Takes the
/// bytes that it looks at from `left`.
fn maker(program: &Subject<'_, '_>, described: &Described, p: &Pointed, left: &mut u64) -> Option<NameId> {
    if described.private.is_empty() {
        return None;
    }
    let m = &program.memory;
    let w = m.ptr_size();
    // In front of the pointer stands its type, or an itab that has the type as its second word.
    let first = m.pointer(p.from.checked_sub(w)?)?;
    let second = || m.pointer(first.checked_add(w)?);
    let found = described.private.get(&first);
    let private = found.or_else(|| described.private.get(&second()?))?;
    *left = left.checked_sub(private.size)?;
    let bytes = m.bytes(p.to, private.size)?;
    let set = private.fields.iter().any(|(start, end)| {
        bytes
            .get(*start as usize..*end as usize)
            .is_some_and(|b| b.iter().any(|x| *x != 0))
    });
    set.then_some(private.package).filter(|p| *p != NONE)
}

/// A pointer from something to the start at an index.
#[derive(Debug, Clone, Copy)]
struct Link {
    from: From,
    to: usize,
}

#[derive(Debug, Clone, Copy)]
enum From {
    /// The start at an index.
    Start(usize),
    /// A type or a table of this package.
    Package(NameId),
}

/// The pointers whose targets have an owner that is inferred, or none.
fn links(space: &Space, known: &[Cut], pointed: &[Pointed]) -> Vec<Link> {
    let mut out = Vec::new();
    let mut k = 0;
    for p in pointed {
        let Some(to) = space.segment(p.to) else { continue };
        if space
            .starts
            .get(to)
            .is_none_or(|s| s.owner.source.measured() || s.fixed)
        {
            continue;
        }
        // Types and tables have no starts; their cuts are as sorted as the pointers are.
        while known.get(k + 1).is_some_and(|c| c.at <= p.from) {
            k += 1;
        }
        let from_known = known
            .get(k)
            .filter(|c| c.at <= p.from && space.is_claimed(p.from));
        let from = match from_known {
            Some(c) => From::Package(c.owner.package),
            None => match space.segment(p.from) {
                Some(from) if from != to => From::Start(from),
                _ => continue,
            },
        };
        out.push(Link { from, to });
    }
    out
}

/// Follows pointers from segments that have an owner until nothing changes. Of several packages that point to something, the first in
/// the order of dependencies is nearest to its owner.
fn propagate(program: &Subject<'_, '_>, space: &mut Space, links: &[Link]) {
    let ranks = program.functions.ranks();
    let rank = |p: NameId| ranks.get(&p).copied();
    // A chain of pointers that runs against the order of the file needs a round for each link; the rest go to their neighbours.
    for _ in 0..16 {
        let mut changed = false;
        for l in links {
            let (package, foreign) = match l.from {
                From::Package(p) => (p, false),
                From::Start(f) => match space.starts.get(f) {
                    Some(s) => (s.owner.package, s.owner.kind == Kind::CCode),
                    None => continue,
                },
            };
            if package == NONE && !foreign {
                continue;
            }
            let Some(to) = space.starts.get_mut(l.to) else {
                continue;
            };
            let better = to.owner == unowned()
                || rank(package)
                    .zip(rank(to.owner.package))
                    .is_some_and(|(a, b)| a < b);
            if better {
                let kind = if foreign { Kind::CCode } else { Kind::Unknown };
                to.owner = Owner::of(kind, Source::Pointer, package);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// Starts → cuts: what has no owner belongs to what lies before it, kinds are those of the zone.
fn finish(program: &Subject<'_, '_>, space: &Space, exact: &[Embedded]) -> Vec<Cut> {
    let zones = strings::Zones::of(program, space);
    let mut out: Vec<Cut> = Vec::with_capacity(space.starts.len());
    let mut last: Option<Owner> = None;
    let mut waiting: Vec<usize> = Vec::new();
    let mut area_end = 0;
    for s in &space.starts {
        if s.addr >= area_end && !space.continuous {
            area_end = space.area(s.addr).map_or(0, |a| a.end);
            last = None;
            waiting.clear();
        }
        let mut owner = s.owner;
        if owner == unowned() {
            match last {
                Some(l) => {
                    owner = Owner {
                        source: Source::Neighbour,
                        symbol: NONE,
                        file: NONE,
                        ..l
                    };
                    if owner.kind != Kind::CCode {
                        owner.kind = Kind::Unknown;
                    }
                }
                None => waiting.push(out.len()),
            }
        } else {
            // What stands in front of the first owner of an area belongs to it as well.
            for w in waiting.drain(..) {
                if let Some(c) = out.get_mut(w) {
                    let kind = zones.kind(space, c.at);
                    c.owner = Owner {
                        source: Source::Neighbour,
                        symbol: NONE,
                        file: NONE,
                        kind,
                        ..owner
                    };
                }
            }
            last = Some(owner);
        }
        if owner.kind == Kind::Unknown && owner != unowned() {
            owner.kind = zones.kind(space, s.addr);
        }
        if let Ok(i) = exact.binary_search_by_key(&s.addr, |e| e.start)
            && let Some(e) = exact.get(i)
        {
            owner = Owner {
                kind: Kind::Embed,
                source: Source::EmbedTable,
                symbol: e.name,
                ..owner
            };
        }
        out.push(Cut { at: s.addr, owner });
    }
    out
}

/// Files of every `embed.FS`: a pointer right behind its own slice header leads to a table of them.
pub(super) fn embedded(program: &Subject<'_, '_>, pointed: &[Pointed], ledger: &mut Ledger) -> Vec<Embedded> {
    let header = 3 * program.memory.ptr_size();
    let mut out = Vec::new();
    let behind = pointed.iter().filter(|p| p.to == p.from.wrapping_add(header));
    for f in embeds::in_tables(&program.memory, behind.map(|p| p.from).collect()) {
        if !f.data.is_empty() {
            out.push(Embedded {
                start: f.addr,
                end: f.addr.saturating_add(f.data.len() as u64),
                name: ledger.symbol(f.path.unwrap_or_default()),
            });
        }
    }
    out.sort_by_key(|e| e.start);
    let mut end = 0;
    out.retain(|e| {
        let keep = e.start >= end;
        if keep {
            end = e.end;
        }
        keep
    });
    out
}
