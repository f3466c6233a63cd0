//! Which addresses hold which kind of data: variables, string constants, other read-only data.
//!
//! Authority: cmd/link/internal/ld/data.go of Go 1.16 to 1.27: read-only data is laid out as types, strings,
//! function data, pointer bitmaps, the rest (Go 1.27: strings first, types in a segment of their own),
//! strings by their length (dodataSect).

use std::ops::Range;

use super::model::Kind;
use super::pointers::Pointed;
use super::space::{Map, Sorted};
use super::subject::Subject;

/// The zones of a program.
#[derive(Debug)]
pub(super) struct Zones {
    strings: Range<u64>,
    variables: [Range<u64>; 2],
}

/// Where the strings may start and end, as far as the moduledata tells.
fn bounds(program: &Subject<'_, '_>, map: &Map) -> Option<Range<u64>> {
    let m = program.module?;
    let rodata = m.rodata.unwrap_or(m.types.start);
    let start = if map.types.start > rodata || map.types.is_empty() {
        rodata
    } else {
        map.types.end
    };
    let ends = [
        m.gofunc,
        Some(m.gcdata),
        Some(m.findfunctab),
        program.table.map(|t| t.addr()),
    ];
    let end = ends.into_iter().flatten().filter(|a| *a > start).min()?;
    Some(start..end)
}

impl Zones {
    /// The strings end where the first thing that is none starts: a pointer bitmap or a func value.
    pub(super) fn of(program: &Subject<'_, '_>, sorted: &Sorted) -> Zones {
        let mut strings = bounds(program, &sorted.map).unwrap_or(0..0);
        let from = sorted.starts.partition_point(|s| s.addr < strings.start);
        for s in sorted
            .starts
            .iter()
            .skip(from)
            .take_while(|s| s.addr < strings.end)
        {
            let aligned = s.addr % u64::from(program.image.ptr_size.max(1)) == 0;
            let value = aligned
                && program
                    .memory
                    .pointer(s.addr)
                    .is_some_and(|v| program.functions.starting_at(v).is_some());
            // A short bitmap may share its bytes with a string; where function data begins, no bitmap lies in
            // front of it.
            let bitmap = s.owner.kind == Kind::Rodata && program.module.is_none_or(|m| m.gofunc.is_none());
            if value || bitmap || s.owner.kind == Kind::Itab {
                strings.end = s.addr;
                break;
            }
        }
        let variables = program
            .module
            .as_ref()
            .map_or([0..0, 0..0], |m| [m.noptrdata.clone(), m.data.clone()]);
        Zones { strings, variables }
    }

    /// The kind of what lies at an address.
    pub(super) fn kind(&self, map: &Map, addr: u64) -> Kind {
        if self.strings.contains(&addr) {
            Kind::String
        } else if self.variables.iter().any(|v| v.contains(&addr)) {
            Kind::Data
        } else {
            map.area(addr).map_or(Kind::Rodata, |a| a.kind)
        }
    }
}

/// Of so many headers of strings at most one may be out of order, else the program's strings are not laid out
/// by length.
const IN_ORDER: usize = 16;

/// Drops pointers that are no headers of strings though a length seems to follow: the linker lays strings out
/// by their length, so the length grows with the address, and numbers that look like an address and a length
/// break the order. Gives the strings, from start to end.
pub(super) fn by_length(program: &Subject<'_, '_>, map: &Map, pointed: &mut Vec<Pointed>) -> Vec<(u64, u64)> {
    let word = u64::from(program.image.ptr_size);
    let Some(zone) = bounds(program, map) else {
        return Vec::new();
    };
    // Without the place of function data the zone holds more than strings.
    if program
        .module
        .and_then(|m| m.gofunc)
        .is_none_or(|g| g < zone.start)
    {
        return Vec::new();
    }
    let header = |p: &Pointed| {
        // A type's bitmap is followed by other numbers of the type.
        if map.types.contains(&p.from) || map.bitmaps.contains(&p.to) {
            return None;
        }
        let len = program.memory.word(p.from.wrapping_add(word))?;
        let fits = len > 0 && p.to.checked_add(len)? <= zone.end;
        (zone.contains(&p.to) && fits).then_some((p.to, len))
    };
    let mut all: Vec<(u64, u64)> = pointed.iter().filter_map(header).collect();
    all.sort_unstable();
    all.dedup();
    let sorted = longest_sorted(&all);
    if (all.len() - sorted.len()) * IN_ORDER > all.len() {
        return Vec::new();
    }
    // One that contradicts a single other may be the true one of the two.
    let mut doubted = Vec::new();
    pointed.retain(|p| {
        header(p).is_none_or(|h| match contradicted(&sorted, h) {
            [] => true,
            [other] => {
                doubted.push(other.0);
                true
            }
            _ => false,
        })
    });
    // Of two that overlap one is none; which, is not known.
    let next = |at: u64| {
        sorted
            .get(sorted.partition_point(|h| h.0 <= at))
            .map_or(zone.end, |n| n.0)
    };
    let text = |(at, len): &(u64, u64)| {
        let alone = at + len <= next(*at) && !doubted.contains(at);
        alone.then_some((*at, at + len))
    };
    sorted.iter().filter_map(text).collect()
}

/// Those of `sorted` that `header` can't stand beside: longer ones in front of it, or shorter ones behind it.
fn contradicted(sorted: &[(u64, u64)], header: (u64, u64)) -> &[(u64, u64)] {
    let place = sorted.partition_point(|h| h.0 < header.0);
    let longer = sorted.partition_point(|h| h.1 <= header.1);
    let shorter = sorted.partition_point(|h| h.1 < header.1);
    let range = if longer < place {
        longer..place
    } else {
        place..shorter.max(place)
    };
    sorted.get(range).unwrap_or_default()
}

/// The longest part of `all`, which is sorted by address, whose lengths never get smaller.
fn longest_sorted(all: &[(u64, u64)]) -> Vec<(u64, u64)> {
    // Of the parts of each length the one that ends smallest: its last, by index; and what comes before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(all.len());
    let len = |i: usize| all.get(i).map_or(0, |h| h.1);
    for i in 0..all.len() {
        let at = ends.partition_point(|e| len(*e) <= len(i));
        before.push(at.checked_sub(1).and_then(|b| ends.get(b)).copied());
        match ends.get_mut(at) {
            Some(e) => *e = i,
            None => ends.push(i),
        }
    }
    let mut out = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(i) = next {
        out.extend(all.get(i));
        next = before.get(i).copied().flatten();
    }
    out.reverse();
    out
}

/// May the word at `from` that holds `to` be a pointer? One into the strings is the first half of a string
/// header, whose second half is a length that fits; small numbers in tables look like addresses and fail
/// that.
pub(super) fn plausible(program: &Subject<'_, '_>, map: &Map, from: u64, to: u64) -> bool {
    let Some(zone) = bounds(program, map).filter(|z| z.contains(&to)) else {
        return true;
    };
    if program.functions.go.is_empty() {
        return true;
    }
    let word = u64::from(program.image.ptr_size);
    // Func values stand behind the strings, before function data.
    let value = to
        .is_multiple_of(word.max(1))
        .then(|| program.memory.pointer(to))
        .flatten();
    if value.is_some_and(|v| program.functions.starting_at(v).is_some()) {
        return true;
    }
    // Types name their texts by offsets, so of what is here only pointer bitmaps.
    if map.types.contains(&from) {
        return map.bitmaps.contains(&to);
    }
    let gofunc = program.module.and_then(|m| m.gofunc);
    // Without the place of function data the zone holds more than strings.
    if gofunc.is_none_or(|g| g < zone.start) {
        return true;
    }
    let len = program.memory.word(from.wrapping_add(word)).unwrap_or(0);
    len > 0 && to.checked_add(len).is_some_and(|end| end <= zone.end)
}

#[cfg(test)]
mod tests {
    use super::{contradicted, longest_sorted};

    #[test]
    fn what_breaks_the_order_of_lengths_is_left_out() {
        let all = [
            (10, 1),
            (11, 3),
            (14, 900),
            (17, 3),
            (20, 4),
            (22, 1),
            (24, 4),
            (28, 50),
        ];
        let sorted = [(10, 1), (11, 3), (17, 3), (20, 4), (24, 4), (28, 50)];
        assert_eq!(longest_sorted(&all), sorted);
        assert_eq!(longest_sorted(&[]), []);
        assert_eq!(contradicted(&sorted, (14, 900)), &sorted[2..]);
        assert_eq!(contradicted(&sorted, (22, 1)), &sorted[1..4]);
        assert_eq!(contradicted(&sorted, (26, 30)), []);
        assert_eq!(contradicted(&sorted, (17, 3)), []);
    }
}
