//! Variables of the runtime that are known by what is in them. No function of their own packages refers to
//! them, or only to places inside, so that references would give them to others.
//!
//! Authority: runtime/iface.go (staticuint64s), internal/runtime/gc/sizeclasses.go (before Go 1.25
//! runtime/sizeclasses.go), internal/godebugs/table.go of Go 1.21 to 1.27.

use super::ledger::Owner;
use super::model::{Kind, Source};
use super::names::{NameId, Names};
use super::pointers::Pointed;
use super::space::Space;
use super::subject::Subject;
use crate::go::release;

/// Numbers that a value of one byte is taken from when it is put into an interface.
const NUMBERS: u64 = 256;
/// First bytes of the allocator's tables of classes, and their sizes in bytes.
const CLASSES: [(&[u8], u64); 5] = [
    // SizeClassToSize, 16 bits each (little and big endian).
    (&[0, 0, 8, 0, 16, 0, 24, 0, 32, 0, 48, 0, 64, 0, 80, 0], 136),
    (&[0, 0, 0, 8, 0, 16, 0, 24, 0, 32, 0, 48, 0, 64, 0, 80], 136),
    // SizeClassToNPages
    (&[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 68),
    // SizeToSizeClass8
    (&[0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10], 129),
    // SizeToSizeClass128
    (
        &[32, 33, 34, 35, 36, 37, 37, 38, 38, 39, 39, 40, 40, 40, 41, 41],
        249,
    ),
];
/// SizeClassToDivMagic: numbers of 32 bits, 68 of them.
const DIVISORS: [u32; 5] = [0, 0x2000_0000, 0x1000_0000, 0x0aaa_aaab, 0x0800_0000];

/// Slices that are looked through for the settings; more would cost too much where a file has been made to
/// look so.
const TABLES: usize = 4096;

/// Enters those that are there, among the places that something refers to.
pub(super) fn enter(program: &Subject<'_, '_>, pointed: &[Pointed], names: &mut Names, space: &mut Space) {
    // They are numbers, so in variables without pointers; the single numbers have been read-only since Go
    // 1.23.
    let noptr = program.module.map_or(0..0, |m| m.noptrdata.clone());
    let is_candidate = |addr: u64| {
        noptr.contains(&addr)
            || addr.is_multiple_of(8) && space.map.area(addr).is_some_and(|a| a.kind == Kind::Rodata)
    };
    let candidates: Vec<u64> = space
        .starts()
        .iter()
        .filter(|s| !s.owner.source.measured() && is_candidate(s.addr))
        .map(|s| s.addr)
        .collect();
    let allocator = allocator(program, names);
    let mut numbers = None;
    // A program has one of each; the first that looks so is taken.
    let mut found = [false; CLASSES.len() + 1];
    for addr in candidates {
        if numbers.is_none() {
            numbers = static_numbers(program, addr);
        }
        if noptr.contains(&addr)
            && let Some((which, size)) = classes(program, addr)
            && let Some(found) = found.get_mut(which)
            && !std::mem::replace(found, true)
        {
            whole(space, addr, size, allocator);
        }
    }
    if let Some(addr) = numbers {
        whole(space, addr, 8 * NUMBERS, program.runtime);
    }
    let godebugs = names.name(b"internal/godebugs");
    let mut slices = pointed.iter().filter_map(|p| Some((p, slice(program, p)?)));
    if let Some((header, table, size)) = slices
        .by_ref()
        .take(TABLES)
        .find_map(|(p, count)| settings(program, p, count))
    {
        whole(space, header, 3 * program.memory.ptr_size(), godebugs);
        whole(space, table, size, godebugs);
    }
}

fn whole(space: &mut Space, addr: u64, size: u64, package: NameId) {
    let end = addr.saturating_add(size);
    space.retain(|s| s.addr <= addr || s.addr >= end);
    space.certain(addr, Owner::of(Kind::Unknown, Source::Pointer, package));
    space.whole.push((addr, end));
    space.later(end);
}

/// The package of the allocator's tables: since Go 1.25 one that has no functions.
fn allocator(program: &Subject<'_, '_>, names: &mut Names) -> NameId {
    // Without a version, a package below it tells; not all architectures have that one.
    let moved = match &program.version {
        Some(v) => release::of(Some(*v)).tools.gc_package,
        None => {
            let below = names.name(b"internal/runtime/gc/scan");
            program.functions.packages.contains(&below)
        }
    };
    if moved {
        names.name(b"internal/runtime/gc")
    } else {
        program.runtime
    }
}

/// Start of the table 0, 1, 2 … 255 that `addr` lies in.
fn static_numbers(program: &Subject<'_, '_>, addr: u64) -> Option<u64> {
    let endian = program.image.endian;
    let number = |at: u64| endian.u64(program.memory.bytes(at, 8)?, 0);
    let here = number(addr).filter(|n| *n < NUMBERS - 1 && number(addr + 8) == Some(n + 1))?;
    let start = addr.checked_sub(8 * here)?;
    let bytes = program.memory.bytes(start, 8 * NUMBERS)?;
    (0..NUMBERS)
        .all(|n| endian.u64(bytes, 8 * n as usize) == Some(n))
        .then_some(start)
}

/// Which of the allocator's tables starts at `addr`, and its size.
fn classes(program: &Subject<'_, '_>, addr: u64) -> Option<(usize, u64)> {
    let bytes = program.memory.bytes(addr, 20)?;
    if let Some(which) = CLASSES.iter().position(|c| bytes.starts_with(c.0)) {
        return Some((which, CLASSES.get(which)?.1));
    }
    let divisors = || (0..5).filter_map(|i| program.image.endian.u32(bytes, 4 * i));
    divisors().eq(DIVISORS).then_some((CLASSES.len(), 272))
}

/// Length of the slice whose header begins with `p`, if it may be that of the GODEBUG settings: as long as a
/// table of them, and full.
fn slice(program: &Subject<'_, '_>, p: &Pointed) -> Option<u64> {
    let m = &program.memory;
    let w = m.ptr_size();
    let count = m.word(p.from.checked_add(w)?)?;
    let full = m.word(p.from.checked_add(2 * w)?)? == count;
    // The first setting's name.
    (full && (20..=1000).contains(&count) && m.go_string(p.to, 64)?.first()?.is_ascii_lowercase())
        .then_some(count)
}

/// The table of GODEBUG settings, if `p` leads to `count` of them: the slice's address, the table's address
/// and size.
fn settings(program: &Subject<'_, '_>, p: &Pointed, count: u64) -> Option<(u64, u64, u64)> {
    let m = &program.memory;
    let w = m.ptr_size();
    // Two strings, a number, a string, two flags.
    let each = 8 * w;
    let text = |at: u64| m.go_string(at, 64);
    let named = |i: u64| {
        let at = p.to.checked_add(i * each)?;
        Some((text(at)?, text(at.checked_add(2 * w)?)?))
    };
    let known = Some((&b"http2client"[..], &b"net/http"[..]));
    (0..count)
        .any(|i| named(i) == known)
        .then_some((p.from, p.to, each * count))
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, DIVISORS};

    /// The tables' beginnings follow from the classes themselves.
    #[test]
    fn tables_begin_as_the_classes_say() {
        let sizes = [0u16, 8, 16, 24, 32, 48, 64, 80];
        let little: Vec<u8> = sizes.iter().flat_map(|s| s.to_le_bytes()).collect();
        let big: Vec<u8> = sizes.iter().flat_map(|s| s.to_be_bytes()).collect();
        assert_eq!((CLASSES[0].0, CLASSES[1].0), (&little[..], &big[..]));
        // Class of a size: the first that is large enough; the table has one entry for each 8 bytes.
        let small: Vec<u8> = (0..=10u16)
            .map(|i| sizes.iter().position(|s| *s >= 8 * i).unwrap() as u8)
            .collect();
        assert_eq!(CLASSES[3].0[..11], small);
        for (size, magic) in sizes.iter().zip(DIVISORS).skip(1) {
            assert_eq!(u32::MAX / u32::from(*size) + 1, magic);
        }
    }
}
