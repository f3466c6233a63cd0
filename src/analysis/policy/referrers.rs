//! A place in the program's data → how long the string there is, and which functions and variables use it.
//!
//! Strings stand one behind the other without an end mark. Where one ends is known from a string header in
//! the data that points to it (a variable, an element of a table), or from the next string that code or data
//! point to.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::disasm::refs;
use crate::go::{Program, packages};
use crate::image::{Arch, Image, clip};

/// No constant around a place is looked for from farther away, in bytes.
const AROUND: u64 = 4096;
/// Functions that one task scans.
const TASK: usize = 1024;
/// Functions named of those that use a string.
const NAMED: usize = 3;

/// What is known of a string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes from the place asked for to the end of the string; `None` where nothing tells.
    pub len: Option<u64>,
    /// Functions that use it, in the order of addresses, a few of them.
    pub functions: Vec<String>,
    /// Packages of all that use it, sorted.
    pub packages: BTreeSet<String>,
}

/// Looks at the uses of each of `places` (virtual addresses with the bytes that may belong to the string).
pub(super) fn of(program: &Program<'_>, places: &[(u64, u64)]) -> Vec<Found> {
    if places.is_empty() {
        return Vec::new();
    }
    let near = |a: u64| {
        places
            .iter()
            .any(|(at, len)| a > at.saturating_sub(AROUND) && a < at.saturating_add(*len))
    };
    // (start, end where it is told, address of the header) of strings around the places.
    let headers = headers(program.image(), &near);
    let holders: BTreeSet<u64> = headers.iter().map(|h| h.2).collect();
    let uses = uses(program, &|a| near(a) || holders.contains(&a));
    let one = |&(at, len): &(u64, u64)| {
        let header = headers
            .iter()
            .filter(|h| h.0 <= at && at < h.1)
            .min_by_key(|h| h.1 - h.0);
        let starts = headers
            .iter()
            .map(|h| h.0)
            .chain(uses.iter().map(|u| u.target).filter(|a| near(*a)));
        let mut from = None;
        let mut next = None;
        for start in starts {
            if start <= at {
                from = from.max(Some(start));
            } else if start < at.saturating_add(len) {
                next = Some(next.map_or(start, |n: u64| n.min(start)));
            }
        }
        let told = header.map(|h| h.1 - at);
        let len = told.or(next
            .filter(|_| tells_addresses(program.image().arch))
            .map(|n| n - at));
        let wanted = |a: u64| Some(a) == header.map(|h| h.2) || Some(a) == header.map(|h| h.0).or(from);
        named(program, uses.iter().filter(|u| wanted(u.target)).copied(), len)
    };
    places.iter().map(one).collect()
}

/// Is what code is found to name an address, rather than perhaps a number?
fn tells_addresses(arch: Arch) -> bool {
    matches!(
        arch,
        Arch::Amd64 | Arch::Arm64 | Arch::Riscv64 | Arch::Loong64 | Arch::Ppc64 | Arch::Ppc64le | Arch::S390x
    )
}

/// Names functions by the instructions in them that use a string: of an inlined call the function that was
/// inlined.
fn named(program: &Program<'_>, uses: impl Iterator<Item = Use>, len: Option<u64>) -> Found {
    // So many uses tell who uses it.
    const LOOKS: usize = 64;
    let mut out = Found {
        len,
        ..Found::default()
    };
    let Ok(table) = program.pclntab() else { return out };
    let mut all: Vec<Use> = uses.collect();
    all.sort_unstable_by_key(|u| u.at);
    for u in all.iter().take(LOOKS) {
        let Some(function) = table.get(u.function) else {
            continue;
        };
        let inlined = function.frames(u.at).first().map(|f| f.name);
        let name = inlined.filter(|n| !n.is_empty()).unwrap_or(function.name());
        let package = match packages::of_name(name) {
            Some(package) => Some(package.into_owned()),
            None => program.functions().package(u.function).map(str::to_string),
        };
        out.packages.extend(package);
        let name = packages::unescape(name).into_owned();
        if out.functions.len() < NAMED && !out.functions.contains(&name) {
            out.functions.push(name);
        }
    }
    out
}

/// String headers in the data whose string is near: start, end, and their own address.
fn headers(image: &Image<'_>, near: &dyn Fn(u64) -> bool) -> Vec<(u64, u64, u64)> {
    let word = usize::from(image.ptr_size);
    let mut out = Vec::new();
    for segment in image.segments.iter().filter(|s| !s.perm.exec) {
        let bytes = clip(image.data, segment.offset, segment.file_size);
        for (i, pair) in bytes.windows(2 * word).step_by(word).enumerate() {
            let at = |offset| image.endian.word(pair, offset, image.ptr_size).unwrap_or(0);
            let (start, len) = (at(0), at(word));
            if near(start) && (1..=AROUND * 4).contains(&len) {
                out.push((
                    start,
                    start.saturating_add(len),
                    segment.addr.wrapping_add((i * word) as u64),
                ));
            }
        }
    }
    for r in image.relocations() {
        let len = || image.word_at(r.addr.checked_add(u64::from(image.ptr_size))?);
        if let Some((start, len)) = r.target.filter(|t| near(*t)).and_then(|t| Some((t, len()?)))
            && (1..=AROUND * 4).contains(&len)
        {
            out.push((start, start.saturating_add(len), r.addr));
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// An instruction that names a place.
#[derive(Debug, Clone, Copy)]
struct Use {
    target: u64,
    /// Address of the instruction.
    at: u64,
    /// Index of its function.
    function: usize,
}

/// The uses of places that are `wanted`.
fn uses(program: &Program<'_>, wanted: &(dyn Fn(u64) -> bool + Sync)) -> Vec<Use> {
    let (image, functions) = (program.image(), program.functions());
    let tasks: Vec<usize> = (0..functions.len()).step_by(TASK).collect();
    let scan = |from: usize| {
        let mut out = Vec::new();
        for i in from..functions.len().min(from + TASK) {
            let Some(range) = functions.code(i) else { continue };
            let all = image.bytes_from(range.start).unwrap_or_default();
            let len = range.end.saturating_sub(range.start).min(all.len() as u64) as usize;
            let code = all.get(..len).unwrap_or_default();
            refs::scan(image.arch, image.endian, code, range.start, &mut |r| {
                if wanted(r.target) {
                    out.push(Use {
                        target: r.target,
                        at: r.at,
                        function: i,
                    });
                }
            });
        }
        out
    };
    tasks.into_par_iter().flat_map_iter(scan).collect()
}
