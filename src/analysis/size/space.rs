//! Mapped parts of the file that hold data, and the places in them where something is known to start:
//! collected in any order ([`Space`]), then sorted ([`Sorted`]).

use std::ops::Range;

use super::ledger::Owner;
use super::model::{Kind, Source};
use super::names::{NONE, NameId};

/// A mapped part of the file.
#[derive(Debug, Clone)]
pub(super) struct Area {
    /// Virtual addresses of the first byte and behind the last.
    pub(super) addr: u64,
    pub(super) end: u64,
    /// Offset in the image's data.
    pub(super) offset: u64,
    /// Kind of what nothing more is known of.
    pub(super) kind: Kind,
    /// Where its bits start.
    bits: u64,
}

impl Area {
    /// Word and mask of the bit of `addr`, which lies here.
    fn bit(&self, addr: u64) -> (usize, u64) {
        let bit = self.bits + (addr - self.addr);
        (usize::try_from(bit / 64).unwrap_or(usize::MAX), 1 << (bit % 64))
    }

    /// May a generic function's dictionary start at `addr`, which lies here?
    pub(super) fn may_hold_dictionary(&self, addr: u64) -> bool {
        self.kind == Kind::Rodata && addr.is_multiple_of(4)
    }
}

/// Something starts at `addr`; it reaches to the next start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) addr: u64,
    pub(super) owner: Owner,
    /// The package that was compiled when the reference was made, where an inlined function of the owner's
    /// made it.
    pub(super) compiled: NameId,
    /// Is the owner more than the first who refers to it?
    pub(super) fixed: bool,
}

impl Start {
    pub(super) fn new(addr: u64, owner: Owner) -> Start {
        Start {
            addr,
            owner,
            compiled: NONE,
            fixed: false,
        }
    }
}

/// The areas by address, and what is known of ranges in them.
#[derive(Debug, Default)]
pub(super) struct Map {
    areas: Vec<Area>,
    /// Ranges of addresses that are attributed otherwise; sorted, disjoint.
    claimed: Vec<(u64, u64)>,
    /// Where the type descriptors are.
    pub(super) types: Range<u64>,
    /// Where the data of functions is: stack maps, argument maps, inline trees.
    pub(super) function_data: Range<u64>,
    /// Where the pointer bitmaps of types are.
    pub(super) bitmaps: Range<u64>,
    /// Are areas parts of one memory, of which the file leaves out zeroes?
    pub(super) continuous: bool,
}

impl Map {
    pub(super) fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// Is it attributed otherwise?
    pub(super) fn is_claimed(&self, addr: u64) -> bool {
        self.claimed.iter().any(|c| addr >= c.0 && addr < c.1)
    }

    pub(super) fn area(&self, addr: u64) -> Option<&Area> {
        let i = self.areas.partition_point(|a| a.addr <= addr).checked_sub(1)?;
        self.areas.get(i).filter(|a| addr < a.end)
    }

    /// Does it lie in an area?
    pub(super) fn holds(&self, addr: u64) -> bool {
        self.area(addr).is_some()
    }

    /// Is it a place in read-only data where a generic function's dictionary may start?
    pub(super) fn may_be_dictionary(&self, addr: u64) -> bool {
        self.area(addr).is_some_and(|a| a.may_hold_dictionary(addr))
    }
}

/// Places where something starts, while they are collected.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) map: Map,
    /// For each byte of the areas one bit: does something start here?
    bits: Vec<u64>,
    starts: Vec<Start>,
    /// Boundaries that are to be entered when all owners are known.
    later: Vec<u64>,
    /// Ranges in which nothing else starts.
    pub(super) whole: Vec<(u64, u64)>,
    /// What is certain, whoever else refers to it.
    certain: Vec<Start>,
}

impl Space {
    /// `areas`: (address, size, offset in the image, kind); what overlaps an earlier one by address is left
    /// out. Memory is one bit per byte of the file.
    pub(super) fn new(mut areas: Vec<(u64, u64, u64, Kind)>, continuous: bool) -> Space {
        areas.sort_by_key(|a| (a.0, a.2));
        let mut space = Space::default();
        space.map.continuous = continuous;
        let (mut bits, mut at) = (0u64, 0u64);
        for (addr, size, offset, kind) in areas {
            let end = addr.saturating_add(size);
            if addr < at || size == 0 {
                continue;
            }
            space.map.areas.push(Area {
                addr,
                end,
                offset,
                kind,
                bits,
            });
            bits += size;
            at = end;
        }
        space.bits = vec![0; usize::try_from(bits / 64 + 1).unwrap_or(0)];
        space
    }

    /// What was collected so far, in no order.
    pub(super) fn starts(&self) -> &[Start] {
        &self.starts
    }

    /// Takes a range out: starts in it are not wanted.
    pub(super) fn claim(&mut self, start: u64, end: u64) {
        if start < end {
            self.map.claimed.push((start, end));
            self.map.claimed.sort_unstable();
        }
    }

    /// Was an address in `area` asked for by [`Space::fresh`] before?
    pub(super) fn seen_in(&self, area: &Area, addr: u64) -> bool {
        let (word, mask) = area.bit(addr);
        self.bits.get(word).is_some_and(|w| w & mask != 0)
    }

    /// Notes that something may start at `addr`: true where it lies in an area, is not claimed, and nothing
    /// was known there.
    #[inline]
    pub(super) fn fresh(&mut self, addr: u64) -> bool {
        let Some((word, mask)) = self.map.area(addr).map(|a| a.bit(addr)) else {
            return false;
        };
        let Some(w) = self.bits.get_mut(word) else {
            return false;
        };
        if *w & mask != 0 {
            return false;
        }
        *w |= mask;
        !self.map.is_claimed(addr)
    }

    /// Enters a start at a place that was [`Space::fresh`].
    pub(super) fn push(&mut self, start: Start) {
        self.starts.push(start);
    }

    /// Something of `owner` starts at `addr`, unless something is known there.
    pub(super) fn start(&mut self, addr: u64, owner: Owner) {
        if self.fresh(addr) {
            self.starts.push(Start::new(addr, owner));
        }
    }

    /// What came before ends at `addr`; what follows is not known.
    pub(super) fn boundary(&mut self, addr: u64) {
        self.start(addr, unowned());
    }

    /// As [`Space::start`], and wins over what refers to the place.
    pub(super) fn certain(&mut self, addr: u64, owner: Owner) {
        if self.map.holds(addr) && !self.map.is_claimed(addr) {
            self.start(addr, owner);
            self.certain.push(Start::new(addr, owner));
        }
    }

    /// A boundary that gives way to whatever is found there until [`Space::flush_later`].
    pub(super) fn later(&mut self, addr: u64) {
        self.later.push(addr);
    }

    /// Enters the boundaries of [`Space::later`].
    pub(super) fn flush_later(&mut self) {
        for addr in std::mem::take(&mut self.later) {
            self.boundary(addr);
        }
    }

    /// Drops starts for which `keep` is false.
    pub(super) fn retain(&mut self, keep: impl Fn(&Start) -> bool) {
        self.starts.retain(keep);
    }

    /// All places by address; what is certain has its owner.
    pub(super) fn sort(mut self) -> Sorted {
        self.starts.sort_unstable_by_key(|s| s.addr);
        for c in self.certain {
            if let Ok(i) = self.starts.binary_search_by_key(&c.addr, |s| s.addr)
                && let Some(s) = self.starts.get_mut(i)
            {
                s.owner = c.owner;
                s.compiled = NONE;
                s.fixed = true;
            }
        }
        Sorted {
            map: self.map,
            starts: self.starts,
        }
    }
}

/// All places where something starts: none is added any more, owners may change.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) map: Map,
    /// By address.
    pub(super) starts: Vec<Start>,
}

impl Sorted {
    /// Index of the start at or before `addr` in the same area.
    pub(super) fn segment(&self, addr: u64) -> Option<usize> {
        let i = self.starts.partition_point(|s| s.addr <= addr).checked_sub(1)?;
        if self.map.continuous {
            return Some(i);
        }
        let area = self.map.area(addr)?;
        self.starts.get(i).filter(|s| s.addr >= area.addr).map(|_| i)
    }
}

/// An owner that is not known yet.
pub(super) fn unowned() -> Owner {
    Owner::of(Kind::Unknown, Source::None, NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_fresh_once_and_only_inside() {
        let areas = [
            (0x1000, 16, 0, Kind::Data),
            (0x2000, 16, 16, Kind::Rodata),
            (0x1008, 16, 0, Kind::Data),
        ];
        let mut s = Space::new(areas.to_vec(), false);
        s.claim(0x2004, 0x2008);
        assert!(s.fresh(0x1000) && !s.fresh(0x1000));
        assert!(!s.fresh(0x1010) && !s.fresh(0) && !s.fresh(u64::MAX));
        assert!(s.fresh(0x2003) && !s.fresh(0x2004) && s.fresh(0x2008));
        assert_eq!(s.map.areas().len(), 2);
    }

    #[test]
    fn segments_do_not_cross_areas() {
        let areas = vec![(0x1000, 16, 0, Kind::Data), (0x2000, 16, 16, Kind::Rodata)];
        let mut s = Space::new(areas, false);
        s.boundary(0x1004);
        let s = s.sort();
        assert_eq!(s.segment(0x1008), Some(0));
        assert_eq!(s.segment(0x1000), None);
        assert_eq!(s.segment(0x2008), None);
    }
}
