//! The data of two programs, laid side by side by what points where.
//!
//! Code that is equal but for addresses says which address of one file stands for which of the other; so do
//! pointers in data, once the data that hold them are matched. Between two such anchors data are matched
//! forwards from the first and backwards from the second; what is left in the middle was added, dropped or
//! changed. A match is a proof: all bytes of it are equal, but for pointers to places that match each other.

use std::cell::Cell;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::functions::Pairs;
use super::space::{Kind, Space};
use crate::go::pclntab::Part;

/// How often anchors that pointers brought are followed.
const PASSES: usize = 12;
/// Longer texts are compared as plain data.
const TEXT_LIMIT: u64 = 1 << 20;
/// Bytes of texts that are compared in any file.
const LEAST: u64 = 4 << 20;

/// Two places that stand for each other and hold other bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unlike {
    /// What is left of the first file; may be empty.
    pub a: Range<u64>,
    /// What is left of the second file; may be empty.
    pub b: Range<u64>,
    /// The anchors before it.
    pub from: (u64, u64),
}

/// A string header in data that holds another text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text {
    /// Where the headers are.
    pub at: (u64, u64),
    /// Where the texts are, and their lengths; (0, 0) for none.
    pub a: (u64, u64),
    pub b: (u64, u64),
}

/// The data of both files.
#[derive(Debug)]
pub(super) struct Data<'s, 'p, 'a, 'b> {
    pub a: &'s Space<'p, 'a>,
    pub b: &'s Space<'p, 'b>,
    pairs: &'s Pairs,
    /// Start of funcdata, and what offsets in it count from: of both files.
    funcdata: [Option<(u64, u64)>; 2],
    /// Starts and ends of pieces that both files have.
    edges: FxHashMap<u64, Vec<u64>>,
    /// Where types of the first file point to their masks of pointers.
    masks: FxHashSet<u64>,
    /// The pclntabs: where they start, and their parts.
    tables: [(u64, Vec<Part>); 2],
    /// What may still be compared of texts that headers name.
    left: Cell<u64>,
    /// Sorted by the first; one for each.
    pub anchors: Vec<(u64, u64)>,
    pub unlike: Vec<Unlike>,
    pub texts: Vec<Text>,
    /// Parts of the second file that were matched.
    pub matched: Vec<Range<u64>>,
}

impl<'s, 'p, 'a, 'b> Data<'s, 'p, 'a, 'b> {
    /// Matches all that can be matched.
    pub fn compare(
        a: &'s Space<'p, 'a>,
        b: &'s Space<'p, 'b>,
        pairs: &'s Pairs,
        more: Vec<(u64, u64)>,
    ) -> Self {
        let mut d = Data {
            a,
            b,
            pairs,
            funcdata: [funcdata(a), funcdata(b)],
            edges: edges(a, b),
            masks: masks(a),
            tables: [parts(a), parts(b)],
            left: Cell::new(0),
            anchors: Vec::new(),
            unlike: Vec::new(),
            texts: Vec::new(),
            matched: Vec::new(),
        };
        // Where pieces start stands before all else: the end of one may be the start of the next.
        let areas = d.paired_areas();
        d.add(areas);
        let mut claims = more;
        claims.extend(pairs.claims.iter().map(|c| (c.theirs, c.ours)));
        for _ in 0..PASSES {
            if !d.add(std::mem::take(&mut claims)) {
                break;
            }
            claims = d.pass();
        }
        d
    }

    /// Where pieces of data that both files have start.
    fn paired_areas(&self) -> Vec<(u64, u64)> {
        let data = |k: Kind| matches!(k, Kind::Data | Kind::Zero);
        let mut by_name: FxHashMap<_, u64> = FxHashMap::default();
        for y in self.b.areas.iter().filter(|y| data(y.kind)) {
            by_name.entry((y.key, y.kind == Kind::Zero)).or_insert(y.addr);
        }
        let of_a = self.a.areas.iter().filter(|x| data(x.kind) && x.whole.0);
        of_a.filter_map(|x| Some((x.addr, *by_name.get(&(x.key, x.kind == Kind::Zero))?)))
            .collect()
    }

    /// Adds anchors that fit those that are there; were there any?
    fn add(&mut self, mut claims: Vec<(u64, u64)>) -> bool {
        let holds = |s: &Space<'_, '_>, addr: u64| {
            s.at(addr)
                .is_some_and(|x| matches!(x.kind, Kind::Data | Kind::Zero))
        };
        claims.sort_unstable();
        claims.dedup_by_key(|c| c.0);
        claims.retain(|c| self.exact(c.0).is_none() && holds(self.a, c.0) && holds(self.b, c.1));
        let any = !claims.is_empty();
        self.anchors.append(&mut claims);
        self.anchors.sort_unstable();
        any
    }

    /// Does an address of the first file stand for one of the second?
    pub fn stands_for(&self, pairs: &Pairs, x: u64, y: u64) -> bool {
        if self.exact(x) == Some(y) || pairs.code(self.a.program, self.b.program, x) == Some(y) {
            return true;
        }
        // Between anchors, and at the ends of pieces.
        if self.at_edges(x, y) {
            return true;
        }
        let i = self.anchors.partition_point(|c| c.0 <= x);
        let shift = y.wrapping_sub(x);
        let near = |i: Option<usize>| {
            i.and_then(|i| self.anchors.get(i))
                .is_some_and(|c| c.1.wrapping_sub(c.0) == shift)
        };
        near(i.checked_sub(1)) || near(Some(i))
    }

    /// Do pieces that both files have start or end at these?
    pub fn at_edges(&self, x: u64, y: u64) -> bool {
        self.edges.get(&x).is_some_and(|all| all.contains(&y))
    }

    /// What an address of the first file stands for by the anchor before it.
    pub fn place(&self, x: u64) -> Option<u64> {
        let i = self.anchors.partition_point(|c| c.0 <= x).checked_sub(1)?;
        let (from, to) = *self.anchors.get(i)?;
        let area = self.a.at(x)?;
        (from >= area.addr).then_some(to.wrapping_add(x - from))
    }

    /// What an anchor stands for.
    pub fn exact(&self, addr: u64) -> Option<u64> {
        let i = self.anchors.binary_search_by_key(&addr, |c| c.0).ok()?;
        self.anchors.get(i).map(|c| c.1)
    }

    /// One walk over all data: gives the pairs of pointers that were met.
    fn pass(&mut self) -> Vec<(u64, u64)> {
        let size = self.a.program.image().data.len() as u64;
        self.left.set(size.saturating_mul(64).saturating_add(LEAST));
        let mut walk = Walk {
            claims: Vec::new(),
            texts: Vec::new(),
        };
        self.unlike.clear();
        self.matched.clear();
        let mut unlike = Vec::new();
        let mut matched = Vec::new();
        for area in self.a.areas.iter().filter(|x| x.kind == Kind::Data) {
            let first = self.anchors.partition_point(|c| c.0 < area.addr);
            let last = self.anchors.partition_point(|c| c.0 < area.end());
            let Some(anchors) = self.anchors.get(first..last) else {
                continue;
            };
            let start = anchors.first().map_or(area.end(), |c| c.0);
            if start > area.addr {
                unlike.push(Unlike {
                    a: area.addr..start,
                    b: 0..0,
                    from: (area.addr, 0),
                });
            }
            for (i, &(x, y)) in anchors.iter().enumerate() {
                let next = anchors.get(i + 1).copied();
                let end = next.map_or(area.end(), |c| c.0);
                let len = end - x;
                let done = self.forwards(x, y, len, &mut walk);
                matched.push(y..y.saturating_add(done));
                if done == len {
                    continue;
                }
                let mut back = next.map_or(0, |(x2, y2)| self.backwards(x2, y2, len - done));
                let next_b = next.map_or(y, |c| c.1);
                // All of it matches what stands before the next anchor, so the pointer that made this one
                // leads elsewhere than it did.
                if done == 0 && back == len && next_b.wrapping_sub(back) != y {
                    back = 0;
                }
                let b_end = next_b.saturating_sub(back);
                matched.push(b_end..b_end.saturating_add(back));
                // Where the second file has the two side by side, what lies between belongs together.
                let b = match y.saturating_add(done) {
                    from if from <= b_end && b_end - from <= len.saturating_mul(2).saturating_add(4096) => {
                        from..b_end
                    }
                    from => from..from,
                };
                unlike.push(Unlike {
                    a: x + done..end - back,
                    b,
                    from: (x, y),
                });
            }
        }
        walk.texts.sort_unstable();
        walk.texts.dedup();
        (self.unlike, self.matched, self.texts) = (unlike, matched, walk.texts);
        walk.claims
    }

    /// How many bytes from `x` and `y` on are equal but for pointers that fit.
    fn forwards(&self, x: u64, y: u64, len: u64, walk: &mut Walk) -> u64 {
        let (p, q) = (self.a.bytes(x), self.b.bytes(y));
        let len = (len.min(p.len() as u64).min(q.len() as u64)) as usize;
        let image = self.a.program.image();
        let (endian, size) = (image.endian, usize::from(image.ptr_size));
        let (Some(p), Some(q)) = (p.get(..len), q.get(..len)) else {
            return 0;
        };
        if x % size as u64 != y % size as u64 {
            return super::code::first_difference(p, q).unwrap_or(len) as u64;
        }
        let mut i = 0;
        // Up to the first whole word.
        let head = (x.next_multiple_of(size as u64) - x) as usize;
        while i < head.min(len) {
            if p[i] != q[i] {
                return i as u64;
            }
            i += 1;
        }
        while i + size <= len {
            let (Some(v), Some(w)) = (
                endian.word(p, i, image.ptr_size),
                endian.word(q, i, image.ptr_size),
            ) else {
                break;
            };
            let at = (x + i as u64, y + i as u64);
            if self.masks.contains(&at.0) && self.pointers(v, w, &mut walk.claims) {
                // A pointer even where it did not change.
                if v == w && self.exact(v).is_none() {
                    walk.claims.push((v, w));
                }
            } else if self.pointers(v, w, &mut walk.claims) {
                if let Some(text) = self.text(at, (v, w)) {
                    walk.texts.push(text);
                    i += 2 * size;
                    continue;
                }
            } else if (v != w || self.a.at(v).is_some() && self.b.at(w).is_some())
                && !self.offsets(x + i as u64, (v, w), size, &mut walk.claims)
            {
                return i as u64;
            }
            i += size;
        }
        while i < len {
            if p[i] != q[i] {
                return i as u64;
            }
            i += 1;
        }
        len as u64
    }

    /// How many bytes before `x` and `y` are equal but for pointers that fit.
    fn backwards(&self, x: u64, y: u64, limit: u64) -> u64 {
        let before = (x.checked_sub(1), y.checked_sub(1));
        let (Some(last_x), Some(last_y)) = before else {
            return 0;
        };
        let (Some(of_x), Some(of_y)) = (self.a.at(last_x), self.b.at(last_y)) else {
            return 0;
        };
        let limit = limit.min(x - of_x.addr).min(y.saturating_sub(of_y.addr)) as usize;
        let (p, q) = (self.a.bytes(x - limit as u64), self.b.bytes(y - limit as u64));
        let (Some(p), Some(q)) = (p.get(..limit), q.get(..limit)) else {
            return 0;
        };
        let image = self.a.program.image();
        let size = usize::from(image.ptr_size);
        let aligned = x % size as u64 == y % size as u64;
        let mut i = limit;
        while i > 0 {
            let at = x - (limit - i) as u64;
            if p[i - 1] == q[i - 1] && !(aligned && at.is_multiple_of(size as u64)) {
                i -= 1;
                continue;
            }
            if aligned && at.is_multiple_of(size as u64) && i >= size {
                let word = |b: &[u8]| image.endian.word(b, i - size, image.ptr_size);
                let (Some(v), Some(w)) = (word(p), word(q)) else {
                    break;
                };
                let apart = self.a.at(v).is_none() || self.b.at(w).is_none();
                if self.pointers(v, w, &mut Vec::new()) || v == w && apart {
                    i -= size;
                    continue;
                }
            }
            if p[i - 1] == q[i - 1] {
                i -= 1;
                continue;
            }
            break;
        }
        (limit - i) as u64
    }

    /// Do two words point to places that match? New places become claims, but where the words are equal:
    /// those may be numbers.
    fn pointers(&self, v: u64, w: u64, claims: &mut Vec<(u64, u64)>) -> bool {
        let (Some(x), Some(y)) = (self.a.at(v), self.b.at(w)) else {
            return false;
        };
        if v == w {
            // A number, or a pointer to what did not move; wrong only where an anchor says that it did.
            return self.exact(v).is_none_or(|known| known == w) || self.at_edges(v, w);
        }
        match (x.kind, y.kind) {
            (Kind::Text, Kind::Text) => self.pairs.code(self.a.program, self.b.program, v) == Some(w),
            (Kind::Pclntab, Kind::Pclntab) => self.in_tables(v, w),
            (Kind::Apart, Kind::Apart) => v - x.addr == w - y.addr,
            (Kind::Data | Kind::Zero, Kind::Data | Kind::Zero) => match self.exact(v) {
                Some(known) => known == w || self.at_edges(v, w),
                None => {
                    claims.push((v, w));
                    true
                }
            },
            _ => false,
        }
    }

    /// Do two addresses lie at the same place of the same part of the pclntabs, or both at its end?
    fn in_tables(&self, v: u64, w: u64) -> bool {
        let [(a, p), (b, q)] = &self.tables;
        let same = |(s, t): (&Part, &Part)| {
            let (i, j) = (
                v.wrapping_sub(*a).wrapping_sub(s.offset),
                w.wrapping_sub(*b).wrapping_sub(t.offset),
            );
            let inside = i <= s.size && j <= t.size;
            s.name == t.name && inside && (i == j || (i, j) == (s.size, t.size))
        };
        p.iter().zip(q).any(same)
    }

    /// Are two numbers the sizes of the same part of the pclntabs, in bytes or in numbers of 4 bytes? The
    /// last bytes of a part may fill it up.
    pub fn sizes_of_tables(&self, v: u64, w: u64) -> bool {
        const FILL: u64 = 8;
        let [(_, p), (_, q)] = &self.tables;
        let near = |size: u64, n: u64| size.checked_sub(n).is_some_and(|rest| rest < FILL);
        // From the functions on, the runtime takes all as one.
        let rest = |all: &[Part]| {
            let from = all.iter().position(|p| p.name == "functab").unwrap_or(all.len());
            all.iter().skip(from).map(|p| p.size).sum::<u64>()
        };
        let mut sizes = p.iter().zip(q).map(|(s, t)| (s.size, t.size));
        near(rest(p), v) && near(rest(q), w)
            || sizes.any(|(s, t)| near(s, v) && near(t, w) || near(s / 4, v) && near(t / 4, w))
    }

    /// Do two words in funcdata hold equal numbers of 4 bytes, but for offsets in the read-only data? Stack
    /// objects name their bitmaps so (runtime/stkframe.go, `stackObjectRecord.gcdataoff`).
    fn offsets(&self, at: u64, (v, w): (u64, u64), size: usize, claims: &mut Vec<(u64, u64)>) -> bool {
        let [Some((start, base)), Some((_, base_b))] = self.funcdata else {
            return false;
        };
        if at < start || self.a.at(start).is_none_or(|x| at >= x.end()) {
            return false;
        }
        let halves = |v: u64| [v & 0xffff_ffff, v >> 32];
        let all = halves(v).into_iter().zip(halves(w)).take(size / 4);
        for (h, k) in all.filter(|(h, k)| h != k) {
            let place = (base.wrapping_add(h), base_b.wrapping_add(k));
            let plain =
                |s: &Space<'_, '_>, at: u64| s.at(at).is_some_and(|x| x.kind == Kind::Data && !x.write);
            if !plain(self.a, place.0) || !plain(self.b, place.1) {
                return false;
            }
            match self.exact(place.0) {
                Some(known) if known != place.1 => return false,
                Some(_) => {}
                None => claims.push(place),
            }
        }
        true
    }

    /// The header of a string that has another text, or another length.
    fn text(&self, at: (u64, u64), ptr: (u64, u64)) -> Option<Text> {
        let size = u64::from(self.a.program.image().ptr_size);
        let (m, n) = (self.a.word(at.0 + size)?, self.b.word(at.1 + size)?);
        if m == 0 || n == 0 || m > TEXT_LIMIT || n > TEXT_LIMIT {
            return None;
        }
        let writable = |s: &Space<'_, '_>, at: u64| s.at(at).is_none_or(|x| x.write || x.kind != Kind::Data);
        if writable(self.a, ptr.0) || writable(self.b, ptr.1) {
            return None;
        }
        let x = self.a.bytes(ptr.0).get(..m as usize)?;
        let y = self.b.bytes(ptr.1).get(..n as usize)?;
        // Headers may share what they name.
        self.left.set(self.left.get().checked_sub(m)?);
        if x == y || !is_text(x) || !is_text(y) || self.a.program.types().holding(at.0).is_some() {
            return None;
        }
        // A slice of pointers, which is no string, though its bytes may look like text.
        let first = (self.a.word(ptr.0), self.b.word(ptr.1));
        if let (Some(v), Some(w)) = first
            && ptr.0.is_multiple_of(size)
            && ptr.1.is_multiple_of(size)
            && self.pointers(v, w, &mut Vec::new())
        {
            return None;
        }
        Some(Text {
            at,
            a: (ptr.0, m),
            b: (ptr.1, n),
        })
    }
}

/// Starts and ends of the pieces of the first file, with those of their namesakes in the second.
fn edges(a: &Space<'_, '_>, b: &Space<'_, '_>) -> FxHashMap<u64, Vec<u64>> {
    let by_name: FxHashMap<_, _> = b.areas.iter().map(|y| (y.key, y)).collect();
    let mut out: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
    for x in &a.areas {
        if let Some(y) = by_name.get(&x.key) {
            for (whole, from, to) in [(x.whole.0, x.addr, y.addr), (x.whole.1, x.end(), y.end())] {
                if whole {
                    out.entry(from).or_default().push(to);
                }
            }
        }
    }
    out
}

/// Where the descriptors of types hold the addresses of their masks (internal/abi/type.go, `Type.GCData`).
fn masks(s: &Space<'_, '_>) -> FxHashSet<u64> {
    let place = 3 * u64::from(s.program.image().ptr_size) + 8;
    let all = s.program.types().types.iter();
    all.map(|t| t.addr.saturating_add(place)).collect()
}

/// Where the pclntab starts, and its parts.
fn parts(s: &Space<'_, '_>) -> (u64, Vec<Part>) {
    let table = s.program.pclntab();
    table.map_or((0, Vec::new()), |t| (t.addr(), t.parts()))
}

fn funcdata(s: &Space<'_, '_>) -> Option<(u64, u64)> {
    let m = s.program.moduledata().ok()?;
    Some((m.gofunc?, m.rodata?))
}

/// Readable text, or build information in its frame.
pub(super) fn is_text(b: &[u8]) -> bool {
    const FRAME: [u8; 4] = [0x30, 0x77, 0xaf, 0x0c];
    if b.starts_with(&FRAME) {
        return true;
    }
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    std::str::from_utf8(b).is_ok_and(|t| t.chars().all(plain))
}

struct Walk {
    claims: Vec<(u64, u64)>,
    texts: Vec<Text>,
}
