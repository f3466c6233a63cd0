//! Pointers in data: where they stand and what they point to.
//!
//! A file that the loader relocates lists them. Elsewhere a word is taken for a pointer where one may stand:
//! in variables where the garbage collector's bitmap says so, in read-only data wherever it would lead to
//! something that starts there. Numbers in tables of functions and in variables without pointers look like
//! addresses by chance, and are not looked at.
//!
//! Authority: runtime/mbitmap.go (runGCProg) of Go 1.16 to 1.27 for the bitmap.

use std::ops::Range;

use super::space::{Map, Space};
use super::subject::Subject;
use crate::go::memory::Memory;
use crate::image::clip;
use crate::image::extent::align_up;

/// A start that a pointer names, and the address of the pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointed {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// All pointers in areas to places in areas, by address.
pub(super) fn all(program: &Subject<'_, '_>, space: &Space) -> Vec<Pointed> {
    let mut out = Vec::new();
    let image = program.image;
    let none = without_pointers(program, &space.map);
    let relocations = image.relocations();
    if relocations.iter().any(|r| r.target.is_some()) {
        for r in relocations {
            if let Some(to) = r.target
                && space.map.holds(r.addr)
                && space.map.holds(to)
                && !space.map.is_claimed(to)
                && !inside(&none, r.addr)
            {
                out.push(Pointed { from: r.addr, to });
            }
        }
        return out;
    }
    let word = u64::from(image.ptr_size.max(4));
    let variables = program.module.map(|m| {
        let bits = bitmap(&program.memory, m.gcdata, &m.data);
        (m.data.clone(), bits.map(|b| b.0))
    });
    let low = space.map.areas().first().map_or(0, |a| a.addr);
    let high = space.map.areas().last().map_or(0, |a| a.end);
    // Read-only data leads to variables without pointers hardly ever; numbers of 32 bits look as if often.
    let narrow = program.module.filter(|_| word == 4).map(|m| m.noptrdata.clone());
    for area in space.map.areas() {
        for part in outside(area.addr..area.end, &none) {
            let start = align_up(part.start, word);
            let offset = area.offset.saturating_add(start - area.addr);
            let bytes = clip(image.data, offset, part.end.saturating_sub(start));
            for (i, w) in bytes.chunks_exact(word as usize).enumerate() {
                let to = image.endian.word(w, 0, image.ptr_size).unwrap_or(0);
                if to < low || to >= high {
                    continue;
                }
                let from = start + i as u64 * word;
                let possible = match &variables {
                    Some((data, Some(bits))) if data.contains(&from) => {
                        bits.get(((from - data.start) / word) as usize) == Some(&true)
                    }
                    _ if narrow.as_ref().is_some_and(|n| n.contains(&to)) => false,
                    // The garbage collector says nothing of read-only data.
                    _ => to.is_multiple_of(word) || text_header(program, &space.map, from, to),
                };
                if possible && space.map.holds(to) && !space.map.is_claimed(to) {
                    out.push(Pointed { from, to });
                }
            }
        }
    }
    out
}

/// Does `addr` lie in one of `ranges`, which are sorted and disjoint?
fn inside(ranges: &[Range<u64>], addr: u64) -> bool {
    let i = ranges.partition_point(|r| r.start <= addr);
    i.checked_sub(1)
        .and_then(|i| ranges.get(i))
        .is_some_and(|r| addr < r.end)
}

/// What of `all` lies in none of `ranges`, which are sorted and disjoint.
fn outside(all: Range<u64>, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut out = Vec::new();
    let mut at = all.start;
    for r in ranges.iter().filter(|r| r.end > all.start && r.start < all.end) {
        out.push(at..r.start.max(at));
        at = r.end.min(all.end);
    }
    out.push(at..all.end);
    out.retain(|r| r.start < r.end);
    out
}

/// Is the word at `from` followed by a length that stays in the area of `to`? Text starts anywhere.
fn text_header(program: &Subject<'_, '_>, map: &Map, from: u64, to: u64) -> bool {
    let word = u64::from(program.image.ptr_size.max(4));
    let len = program.memory.word(from.wrapping_add(word)).unwrap_or(0);
    let end = map.area(to).map_or(0, |a| a.end);
    len > 0 && to.checked_add(len).is_some_and(|e| e <= end)
}

/// Where no pointers are that say whose something is: the function tables, function data, offsets of types,
/// the list of itabs, what tells the collector where pointers are, variables that the garbage collector
/// passes over, the moduledata. Sorted, disjoint.
fn without_pointers(program: &Subject<'_, '_>, map: &Map) -> Vec<Range<u64>> {
    let mut out = Vec::new();
    if let Some(t) = program.table {
        out.push(t.addr()..t.addr().saturating_add(t.size()));
    }
    if let Some(m) = program.module {
        out.push(m.noptrdata.clone());
        out.push(m.addr..m.addr.saturating_add(m.size));
        out.push(map.function_data.clone());
        out.push(m.typelinks.addr..m.typelinks.addr.saturating_add(m.typelinks.len.saturating_mul(4)));
        let word = program.memory.ptr_size();
        out.push(
            m.itablinks.addr
                ..m.itablinks
                    .addr
                    .saturating_add(word.saturating_mul(m.itablinks.len)),
        );
        out.push(program.finder());
        for (addr, variables) in [(m.gcdata, &m.data), (m.gcbss, &m.bss)] {
            let len = bitmap(&program.memory, addr, variables).map_or(0, |b| b.1);
            out.push(addr..addr.saturating_add(len as u64));
        }
    }
    for s in &program.image.sections {
        if s.name.ends_with(b"gopclntab") || s.name.ends_with(b"typelink") {
            out.push(s.addr..s.addr.saturating_add(s.mem_size));
        }
    }
    out.retain(|r| r.start < r.end);
    out.sort_by_key(|r| r.start);
    // One lookup is to be enough, so those that overlap become one.
    let mut merged: Vec<Range<u64>> = Vec::new();
    for r in out {
        match merged.last_mut() {
            Some(l) if r.start <= l.end => l.end = l.end.max(r.end),
            _ => merged.push(r),
        }
    }
    merged
}

/// One bit for each word of `variables`, of which the program at `addr` tells the collector: is it a pointer?
/// And the program's length in bytes. `None` where the program is not as it should be.
pub(in crate::analysis) fn bitmap(
    memory: &Memory<'_, '_>,
    addr: u64,
    variables: &Range<u64>,
) -> Option<(Vec<bool>, usize)> {
    let word = memory.ptr_size().max(1);
    // The bitmap can't be larger than the file allows.
    let bits = variables.end.checked_sub(variables.start)? / word;
    if bits > memory.image().data.len() as u64 {
        return None;
    }
    run(memory.bytes_from(addr)?, bits as usize)
}

/// Runs a program of the garbage collector; the result has at most `limit` bits, what follows the program's
/// end are no pointers. Gives the bytes of code that were read, too.
fn run(code: &[u8], limit: usize) -> Option<(Vec<bool>, usize)> {
    let mut out: Vec<bool> = Vec::new();
    let mut at = 0;
    let number = |at: &mut usize| {
        let (mut v, mut shift) = (0usize, 0);
        loop {
            let b = *code.get(*at)?;
            *at += 1;
            v |= usize::from(b & 0x7f).checked_shl(shift)?;
            shift += 7;
            if b & 0x80 == 0 {
                return Some(v);
            }
            if shift > 56 {
                return None;
            }
        }
    };
    while out.len() < limit {
        let op = *code.get(at)?;
        at += 1;
        let n = usize::from(op & 0x7f);
        if op & 0x80 == 0 {
            if n == 0 {
                break;
            }
            for i in 0..n {
                let b = *code.get(at + i / 8)?;
                out.push(b >> (i % 8) & 1 != 0);
            }
            at += n.div_ceil(8);
            continue;
        }
        let n = if n == 0 { number(&mut at)? } else { n };
        let times = number(&mut at)?;
        let start = out.len().checked_sub(n)?;
        if n == 0 {
            return None;
        }
        for i in 0..n.saturating_mul(times).min(limit - out.len()) {
            let bit = *out.get(start + i % n)?;
            out.push(bit);
        }
    }
    out.resize(limit.max(out.len()), false);
    out.truncate(limit);
    Some((out, at))
}

#[cfg(test)]
mod tests {
    use super::{inside, outside, run};

    #[test]
    fn ranges_are_left_out() {
        let none = [5..10, 20..30, 40..50];
        assert_eq!(outside(8..45, &none), [10..20, 30..40]);
        assert_eq!(outside(0..7, &[5..6, 8..9]), [0..5, 6..7]);
        assert_eq!(outside(21..29, &none), []);
        assert!(inside(&none, 5) && inside(&none, 29) && !inside(&none, 10) && !inside(&none, 60));
    }

    #[test]
    fn bits_and_repetitions() {
        // 10 bits 1100000001; the last 2 of them three times; the last one 130 times; end.
        let code = [10, 0b0000_0011, 0b10, 0x82, 3, 0x80, 1, 0x82, 1, 0];
        let (bits, used) = run(&code, 1000).unwrap();
        assert_eq!(used, code.len());
        let set = |i: usize| bits[i];
        assert!(set(0) && set(1) && !set(2) && set(9) && !set(8));
        assert!((10..16).all(|i| set(i) == (i % 2 == 1)));
        assert!((16..146).all(set) && !set(146));
        assert_eq!(bits.len(), 1000);
    }

    #[test]
    fn a_bad_program_is_none_and_a_long_one_is_cut() {
        assert_eq!(run(&[5], 100), None);
        assert_eq!(run(&[0x81, 1], 100), None);
        assert_eq!(
            run(&[8, 0xff, 0x88, 0xff, 0xff, 0x7f], 64).map(|b| b.0.len()),
            Some(64)
        );
    }
}
