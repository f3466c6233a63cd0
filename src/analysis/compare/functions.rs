//! The functions of two programs, paired by name: the same, equal but for the addresses in them, or
//! different.

use rustc_hash::FxHashMap;

use super::cause::{Cause, Class};
use super::code;
use crate::go::Program;
use crate::image::Arch;

/// Names told of one cause at the most; all are in [`Functions`].
const TOLD: usize = 50;

/// The functions of both programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Functions {
    /// How many have the same bytes at the same place.
    pub same: usize,
    /// How many are equal but for addresses.
    pub moved: usize,
    /// Those that differ in another way, or that only one file has; sorted by name.
    pub different: Vec<Changed>,
}

impl Functions {
    /// Of a program compared with itself.
    pub(super) fn all_same(program: &Program<'_>) -> Functions {
        Functions {
            same: program.functions().len(),
            ..Functions::default()
        }
    }
}

/// A function that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// As the pclntab has it.
    pub name: String,
    /// Its index in the first program's table; `None` where that has no such function.
    pub theirs: Option<usize>,
    /// Its index in the second program's table.
    pub ours: Option<usize>,
}

/// What became of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    Same,
    Moved,
    Different,
}

/// All functions of two programs.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// By index in the first program: the other's index and the likeness.
    pub a: Vec<Option<(usize, Likeness)>>,
    /// By index in the second program: the first one's index.
    pub b: Vec<Option<usize>>,
    /// Addresses that paired code names at the same places.
    pub claims: Vec<code::Claim>,
}

/// Pairs the functions of two programs.
pub(super) fn pair(a: &Program<'_>, b: &Program<'_>) -> Pairs {
    let (fa, fb) = (a.functions(), b.functions());
    let mut pairs = Pairs {
        a: vec![None; fa.len()],
        b: vec![None; fb.len()],
        claims: Vec::new(),
    };
    let alike = a.image().arch == b.image().arch && a.image().endian == b.image().endian;
    let names = names(b);
    let mut claims = code::Claims::default();
    for (name, of_a) in self::names(a) {
        let Some(of_b) = names.get(name) else { continue };
        for (i, j) in partners(a, b, &of_a, of_b) {
            let likeness = match alike {
                true => likeness(a, b, (i, j), &mut claims),
                false => Likeness::Different,
            };
            if let (Some(x), Some(y)) = (pairs.a.get_mut(i), pairs.b.get_mut(j)) {
                (*x, *y) = (Some((j, likeness)), Some(i));
            }
        }
    }
    pairs.claims = claims.all;
    pairs.hold_to_targets(a, b);
    pairs
}

/// Indices by name, in the order of addresses.
fn names<'a>(p: &Program<'a>) -> FxHashMap<&'a [u8], Vec<usize>> {
    let mut out: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
    if let Ok(table) = p.pclntab() {
        for f in table.functions() {
            out.entry(f.name()).or_default().push(f.index());
        }
    }
    out
}

/// Which functions of one name belong together: in their order where there are as many in both, else first
/// those of the same bytes.
fn partners(a: &Program<'_>, b: &Program<'_>, x: &[usize], y: &[usize]) -> Vec<(usize, usize)> {
    if x.len() == y.len() {
        return x.iter().copied().zip(y.iter().copied()).collect();
    }
    let mut by_code: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
    for &j in y.iter().rev() {
        by_code.entry(code(b, j).0).or_default().push(j);
    }
    let mut out = Vec::new();
    let mut left = Vec::new();
    for &i in x {
        match by_code.get_mut(code(a, i).0).and_then(Vec::pop) {
            Some(j) => out.push((i, j)),
            None => left.push(i),
        }
    }
    let mut rest: Vec<usize> = by_code.into_values().flatten().collect();
    rest.sort_unstable();
    out.extend(left.into_iter().zip(rest));
    out
}

/// The instructions of a function, the padding behind them left out, and where they lie.
pub(super) fn code<'a>(p: &Program<'a>, i: usize) -> (&'a [u8], u64) {
    let Some(range) = p.functions().code(i) else {
        return (&[], 0);
    };
    let size = range.end.saturating_sub(range.start);
    let bytes = p.memory().bytes_from(range.start).unwrap_or_default();
    let bytes = bytes
        .get(..usize::try_from(size).unwrap_or(usize::MAX))
        .unwrap_or(bytes);
    (unpadded(p.image().arch, bytes), range.start)
}

/// Code without the padding that the linker puts behind it.
fn unpadded(arch: Arch, mut code: &[u8]) -> &[u8] {
    let padding = arch.padding();
    while let Some(rest) = code.strip_suffix(padding) {
        code = rest;
    }
    code
}

fn likeness(a: &Program<'_>, b: &Program<'_>, (i, j): (usize, usize), claims: &mut code::Claims) -> Likeness {
    let ((x, at_x), (y, at_y)) = (code(a, i), code(b, j));
    let (arch, endian) = (a.image().arch, a.image().endian);
    if !code::equal(arch, endian, (x, at_x), (y, at_y), i as u32, claims) {
        return Likeness::Different;
    }
    if at_x == at_y && x == y {
        Likeness::Same
    } else {
        Likeness::Moved
    }
}

impl Pairs {
    /// What an address of code in the first file stands for in the second.
    pub fn code(&self, a: &Program<'_>, b: &Program<'_>, addr: u64) -> Option<u64> {
        let (fa, fb) = (a.functions(), b.functions());
        let i = fa.at(addr)?;
        let (j, likeness) = (*self.a.get(i)?)?;
        let offset = addr - fa.entries().get(i)?;
        let entry = *fb.entries().get(j)?;
        (offset == 0 || likeness != Likeness::Different).then(|| entry + offset)
    }

    /// Addresses of funcdata that stand for each other: what the runtime knows of each function's frame.
    pub fn tables(&self, a: &Program<'_>, b: &Program<'_>) -> Vec<(u64, u64)> {
        let (Ok(x), Ok(y)) = (a.pclntab(), b.pclntab()) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for (i, p) in self.a.iter().enumerate() {
            let Some((j, Likeness::Same | Likeness::Moved)) = *p else {
                continue;
            };
            if let (Some(f), Some(g)) = (x.get(i), y.get(j)) {
                out.extend(f.funcdata().zip(g.funcdata()).filter_map(|(d, e)| Some((d?, e?))));
            }
        }
        out
    }

    /// A function that goes to another function than its partner is different, though all else is equal.
    fn hold_to_targets(&mut self, a: &Program<'_>, b: &Program<'_>) {
        let (of_a, of_b) = (a.functions().range(), b.functions().range());
        let mut other = Vec::new();
        for c in &self.claims {
            let (x, y) = (of_a.contains(&c.theirs), of_b.contains(&c.ours));
            let told = c.branch || c.theirs != c.ours;
            if told && (x || y) && self.code(a, b, c.theirs) != Some(c.ours) {
                other.push(c.function as usize);
            }
        }
        for i in other {
            if let Some(Some(p)) = self.a.get_mut(i) {
                p.1 = Likeness::Different;
            }
        }
    }

    /// What is told of them.
    pub fn summary(&self, a: &Program<'_>, b: &Program<'_>) -> Functions {
        let mut out = Functions::default();
        for (i, p) in self.a.iter().enumerate() {
            match p {
                Some((_, Likeness::Same)) => out.same += 1,
                Some((_, Likeness::Moved)) => out.moved += 1,
                Some((j, Likeness::Different)) => out.different.push(Changed {
                    name: name(a, i),
                    theirs: Some(i),
                    ours: Some(*j),
                }),
                None => out.different.push(Changed {
                    name: name(a, i),
                    theirs: Some(i),
                    ours: None,
                }),
            }
        }
        let only_b = (0..self.b.len()).filter(|j| self.b.get(*j) == Some(&None));
        out.different.extend(only_b.map(|j| Changed {
            name: name(b, j),
            theirs: None,
            ours: Some(j),
        }));
        out.different.sort();
        out
    }
}

/// A function's name.
pub(super) fn name(p: &Program<'_>, i: usize) -> String {
    let f = p.pclntab().ok().and_then(|t| t.get(i));
    String::from_utf8_lossy(f.map_or(&[], |f| f.name())).into_owned()
}

/// Functions that differ, as causes.
pub(super) fn causes(a: &Program<'_>, b: &Program<'_>, pairs: &Pairs) -> Vec<Cause> {
    let different = pairs.summary(a, b).different;
    let size = |p: &Program<'_>, i: usize| format!("{} bytes", code(p, i).0.len());
    let mut out: Vec<Cause> = different
        .iter()
        .take(TOLD)
        .map(|c| {
            let (x, y) = (c.theirs.map(|i| size(a, i)), c.ours.map(|j| size(b, j)));
            Cause::new("code", Class::Change)
                .function(c.name.clone())
                .values(x, y)
        })
        .collect();
    if let Some(rest) = different.len().checked_sub(TOLD).filter(|n| *n > 0) {
        let note = format!("{rest} more functions differ");
        out.push(Cause::new("code", Class::Change).note(note));
    }
    out
}
