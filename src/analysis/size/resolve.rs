//! Places where something starts → cuts with owners: pointers are followed from what has an owner to what has
//! none yet, and what is left belongs to what lies before it.
//!
//! A start reaches to the next one, so every pointer's target is a boundary first, whoever it belongs to.

use super::data::Embedded;
use super::dictionaries;
use super::ledger::{Cut, Owner};
use super::model::{Kind, Source};
use super::names::{NONE, NameId};
use super::passes::Work;
use super::pointers::Pointed;
use super::space::{Sorted, Space, Start, unowned};
use super::strings::{self, Zones};
use super::subject::Subject;
use super::types::Described;

/// Gives every start an owner and turns them into cuts by address, sorted; types and tables have theirs
/// already.
pub(super) fn cuts(work: Work<'_, '_, '_>) -> Vec<Cut> {
    let Work {
        program,
        mut space,
        mut known,
        mut pointed,
        described,
        embedded,
        ..
    } = work;
    let mut whole = Whole {
        embedded: &embedded,
        variables: disjoint(std::mem::take(&mut space.whole)),
        texts: Vec::new(),
    };
    possible(program, &space, &whole, &mut pointed);
    whole.texts = disjoint(strings::by_length(program, &space.map, &mut pointed));
    pointed.retain(|p| !is_in(&whole.texts, p.to));
    for p in &pointed {
        space.boundary(p.to);
    }
    // Structs may overlap in a file that was made to; then not all are looked at.
    let mut left = 4 * program.image.data.len() as u64;
    for p in &pointed {
        if let Some(package) = maker(program, &described, p, &mut left) {
            space.certain(p.to, Owner::of(Kind::Unknown, Source::Pointer, package));
        }
    }
    for e in &embedded {
        space.later(e.end);
    }
    space.flush_later();
    for a in space.map.areas().to_vec() {
        space.boundary(a.addr);
    }
    space.retain(|s| !whole.holds(s.addr));
    let mut sorted = space.sort();
    let zones = Zones::of(program, &sorted);
    made_up(program, &mut sorted, &zones, &described);
    let links = links(&sorted, &known, &pointed);
    propagate(program, &mut sorted, &links);
    known.extend(finish(program, &sorted, &embedded));
    known.sort_by_key(|c| c.at);
    known
}

/// What is known from start to end: nothing else starts in it.
struct Whole<'e> {
    embedded: &'e [Embedded],
    variables: Vec<(u64, u64)>,
    texts: Vec<(u64, u64)>,
}

impl Whole<'_> {
    /// Does `addr` lie in one, behind its start?
    fn holds(&self, addr: u64) -> bool {
        let i = self.embedded.partition_point(|e| e.start <= addr).checked_sub(1);
        i.and_then(|i| self.embedded.get(i))
            .is_some_and(|e| addr > e.start && addr < e.end)
            || is_in(&self.variables, addr)
            || is_in(&self.texts, addr)
    }
}

/// Keeps the pointers that may be some.
fn possible(program: &Subject<'_, '_>, space: &Space, whole: &Whole<'_>, pointed: &mut Vec<Pointed>) {
    let map = &space.map;
    let variables = program
        .module
        .as_ref()
        .map_or([0..0, 0..0], |m| [m.noptrdata.clone(), m.data.clone()]);
    // What describes types points to no variables; offsets, bits and hashes in it may look so.
    let word = program.memory.ptr_size();
    let is_type = |at: Option<u64>| {
        at.and_then(|a| program.memory.pointer(a))
            .is_some_and(|t| map.types.contains(&t))
    };
    let describes = |from: u64| {
        map.types.contains(&from) || is_type(from.checked_sub(word)) && is_type(from.checked_sub(2 * word))
    };
    let impossible = |p: &Pointed| {
        map.bitmaps.contains(&p.from) || variables.iter().any(|v| v.contains(&p.to)) && describes(p.from)
    };
    pointed.retain(|p| {
        !whole.holds(p.to)
            && !map.is_claimed(p.to)
            && !impossible(p)
            && strings::plausible(program, map, p.from, p.to)
    });
}

/// What the compiler makes up while it compiles a package: func values, dictionaries, tables in read-only
/// data.
fn made_up(program: &Subject<'_, '_>, sorted: &mut Sorted, zones: &Zones, described: &Described) {
    let map = &sorted.map;
    let mut next = u64::MAX;
    for s in sorted.starts.iter_mut().rev() {
        let behind = std::mem::replace(&mut next, s.addr);
        if s.owner.source.measured() {
            continue;
        }
        if let Some(package) = func_value(program, s, behind)
            .or_else(|| dictionaries::of_type(program, map, &described.generic, s))
        {
            s.owner = Owner::of(Kind::Rodata, Source::Pointer, package);
        } else if s.compiled != NONE && zones.kind(map, s.addr) == Kind::Rodata {
            s.owner.package = s.compiled;
        }
    }
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

/// A word that holds a function's address is a func value; it belongs to the function's package. Dictionaries
/// may begin with such a word too.
fn func_value(program: &Subject<'_, '_>, s: &Start, next: u64) -> Option<NameId> {
    let word = u64::from(program.image.ptr_size);
    let most = if s.fixed { word } else { 2 * word };
    if next - s.addr > most {
        return None;
    }
    program.functions.starting_at(program.memory.pointer(s.addr)?)
}

/// The package that made the struct that an interface value holds: its own, if fields are set that no other
/// package could set. Takes the bytes that it looks at from `left`.
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
fn links(sorted: &Sorted, known: &[Cut], pointed: &[Pointed]) -> Vec<Link> {
    let mut out = Vec::new();
    let mut k = 0;
    for p in pointed {
        let Some(to) = sorted.segment(p.to) else { continue };
        if sorted
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
            .filter(|c| c.at <= p.from && sorted.map.is_claimed(p.from));
        let from = match from_known {
            Some(c) => From::Package(c.owner.package),
            None => match sorted.segment(p.from) {
                Some(from) if from != to => From::Start(from),
                _ => continue,
            },
        };
        out.push(Link { from, to });
    }
    out
}

/// Follows pointers from segments that have an owner until nothing changes. Of several packages that point to
/// something, the first in the order of dependencies is nearest to its owner.
fn propagate(program: &Subject<'_, '_>, sorted: &mut Sorted, links: &[Link]) {
    let ranks = program.functions.ranks();
    let rank = |p: NameId| ranks.get(&p).copied();
    // A chain of pointers that runs against the order of the file needs a round for each link; the rest go to
    // their neighbours.
    for _ in 0..16 {
        let mut changed = false;
        for l in links {
            let (package, foreign) = match l.from {
                From::Package(p) => (p, false),
                From::Start(f) => match sorted.starts.get(f) {
                    Some(s) => (s.owner.package, s.owner.kind == Kind::CCode),
                    None => continue,
                },
            };
            if package == NONE && !foreign {
                continue;
            }
            let Some(to) = sorted.starts.get_mut(l.to) else {
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
fn finish(program: &Subject<'_, '_>, sorted: &Sorted, exact: &[Embedded]) -> Vec<Cut> {
    let zones = Zones::of(program, sorted);
    let mut out: Vec<Cut> = Vec::with_capacity(sorted.starts.len());
    let mut last: Option<Owner> = None;
    let mut waiting: Vec<usize> = Vec::new();
    let mut area_end = 0;
    for s in &sorted.starts {
        if s.addr >= area_end && !sorted.map.continuous {
            area_end = sorted.map.area(s.addr).map_or(0, |a| a.end);
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
                    let kind = zones.kind(&sorted.map, c.at);
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
            owner.kind = zones.kind(&sorted.map, s.addr);
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
