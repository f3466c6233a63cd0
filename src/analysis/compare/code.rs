//! Are two functions equal but for the addresses in them, and which addresses stand for each other?
//!
//! Both are decoded side by side: they must name addresses at the same places, and each byte that differs
//! must belong to a number that differs by just what the addresses do. What the decoder does not tell of
//! makes functions different, never equal.

use crate::disasm::address_bits::address_bits;
use crate::disasm::refs::{self, Reference, Use};
use crate::image::{Arch, Endian};

/// Two addresses that paired code names at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub theirs: u64,
    pub ours: u64,
    /// Index of the function in the first file.
    pub function: u32,
    /// Does control go there?
    pub branch: bool,
}

/// What pairs of functions name.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub all: Vec<Claim>,
    a: Vec<Reference>,
    b: Vec<Reference>,
}

/// Code and the address of its first byte.
type Code<'c> = (&'c [u8], u64);

/// Compares two functions; where they are equal but for addresses, adds what these stand for.
pub(super) fn equal(
    arch: Arch,
    endian: Endian,
    (x, at_x): Code<'_>,
    (y, at_y): Code<'_>,
    function: u32,
    claims: &mut Claims,
) -> bool {
    if x.len() != y.len() {
        return false;
    }
    let Claims { all, a, b } = claims;
    a.clear();
    b.clear();
    refs::scan(arch, endian, x, at_x, &mut |r| a.push(r));
    refs::scan(arch, endian, y, at_y, &mut |r| b.push(r));
    let inside = |r: &Reference, at: u64| r.target.wrapping_sub(at) < x.len() as u64;
    let alike = |(r, s): (&Reference, &Reference)| {
        r.what == s.what
            && r.at.wrapping_sub(at_x) == s.at.wrapping_sub(at_y)
            && inside(r, at_x) == inside(s, at_y)
    };
    if a.len() != b.len() || !a.iter().zip(b.iter()).all(alike) {
        return false;
    }
    let pair = Pair {
        arch,
        endian,
        x,
        y,
        at_x,
        at_y,
        a,
        b,
    };
    if !pair.explained() {
        return false;
    }
    let named = a.iter().zip(b.iter());
    all.extend(named.map(|(r, s)| Claim {
        theirs: r.target,
        ours: s.target,
        function,
        branch: matches!(r.what, Use::Call | Use::Jump),
    }));
    true
}

struct Pair<'c> {
    arch: Arch,
    endian: Endian,
    x: &'c [u8],
    y: &'c [u8],
    at_x: u64,
    at_y: u64,
    a: &'c [Reference],
    b: &'c [Reference],
}

impl Pair<'_> {
    /// Is each byte that differs part of an address?
    fn explained(&self) -> bool {
        let mut from = 0;
        while let Some(d) = first_difference(&self.x[from..], &self.y[from..]) {
            let at = from + d;
            let end = match self.arch.is_x86() {
                true => self.x86_number(at),
                false => self.word(at),
            };
            match end {
                Some(end) => from = end,
                None => return false,
            }
        }
        true
    }

    /// The references of instructions at offsets `from..=to`.
    fn near(&self, from: usize, to: usize) -> impl Iterator<Item = (&Reference, &Reference)> {
        let offset = |r: &Reference| r.at.wrapping_sub(self.at_x) as usize;
        // Pairs of instructions may be told out of order, by a few bytes.
        let start = self.a.partition_point(|r| offset(r) + 16 < from);
        let all = self.a[start..].iter().zip(&self.b[start..]);
        all.take_while(move |(r, _)| offset(r) <= to + 16)
            .filter(move |(r, _)| (from..=to).contains(&offset(r)))
    }

    /// The number of 4 (or 8) bytes that holds the byte at `at` and differs as the addresses do; where it
    /// ends.
    fn x86_number(&self, at: usize) -> Option<usize> {
        const LONGEST: usize = 15;
        let shift = self.at_y.wrapping_sub(self.at_x);
        for (r, s) in self.near(at.saturating_sub(LONGEST), at) {
            let start = r.at.wrapping_sub(self.at_x) as usize;
            let absolute = s.target.wrapping_sub(r.target);
            let relative = absolute.wrapping_sub(shift);
            for field in (at.saturating_sub(3)).max(start + 1)..=at {
                let number = |b: &[u8]| Endian::Little.u32(b, field);
                let (Some(v), Some(w)) = (number(self.x), number(self.y)) else {
                    continue;
                };
                let delta = w.wrapping_sub(v);
                if field + 4 <= start + LONGEST && (delta == relative as u32 || delta == absolute as u32) {
                    return Some(field + 4);
                }
            }
            for field in (at.saturating_sub(7)).max(start + 1)..=at {
                let number = |b: &[u8]| Endian::Little.u64(b, field);
                if let (Some(v), Some(w)) = (number(self.x), number(self.y))
                    && w.wrapping_sub(v) == absolute
                {
                    return Some(field + 8);
                }
            }
        }
        None
    }

    /// The instruction word that holds the byte at `at`, if only the part differs that holds an address;
    /// where it ends.
    fn word(&self, at: usize) -> Option<usize> {
        let size = usize::from(self.arch.quantum()).max(2);
        if self.arch == Arch::S390x {
            // The address is a number of 4 bytes behind the first 2 of 6.
            let mut all = self.near(at.saturating_sub(5), at);
            let start = all.find_map(|(r, _)| {
                let start = r.at.wrapping_sub(self.at_x) as usize;
                (start + 2..start + 6).contains(&at).then_some(start)
            })?;
            return Some(start + 6);
        }
        let step = size.min(4);
        let mut candidates = vec![at - at % step];
        // riscv64's instructions of 4 bytes start at any multiple of 2.
        if step == 2 {
            candidates.push((at - at % step).saturating_sub(2));
        }
        for start in candidates {
            let (Some(v), Some(w)) = (self.endian.u32(self.x, start), self.endian.u32(self.y, start)) else {
                continue;
            };
            let near = || self.near(start.saturating_sub(8), start + 8);
            if self.arch == Arch::Arm
                && self
                    .a
                    .iter()
                    .zip(self.b)
                    .any(|(r, s)| (r.target as u32, s.target as u32) == (v, w))
            {
                return Some(start + 4);
            }
            let bits = address_bits(self.arch, v);
            if bits != 0 && (v ^ w) & !bits == 0 && near().next().is_some() {
                return Some(start + 4);
            }
        }
        None
    }
}

/// Where two runs of bytes first differ.
pub(super) fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    const STEP: usize = 32;
    let whole = a
        .chunks_exact(STEP)
        .zip(b.chunks_exact(STEP))
        .take_while(|(x, y)| x == y)
        .count()
        * STEP;
    let tail = a.get(whole..)?.iter().zip(b.get(whole..)?);
    tail.enumerate()
        .find(|(_, (x, y))| x != y)
        .map(|(i, _)| whole + i)
}
