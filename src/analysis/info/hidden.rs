//! What a file that is packed, cut short or without section headers does not show: facts of absence become
//! facts not to be seen.
//!
//! What was found stands, whatever else is missing. What was not found is only known not to be there where
//! all the places that would show it could be read.

use super::{Facts, Linkage};
use crate::analysis::seen::Seen;
use crate::image::extent::align_up;
use crate::image::{Format, Image};

/// Why a file that ends at `size` and should end at `end` does not show a fact.
pub(super) fn cut_words(size: u64, end: u64) -> String {
    format!("the file is cut short: {size} bytes of at least {end}")
}

pub(super) fn hide(image: &Image<'_>, facts: &mut Facts) {
    if facts.packed.is_some() {
        packed(facts);
    } else if facts.cut.is_some() {
        cut(facts);
    } else if image.format == Format::Elf {
        headerless(image, facts);
    }
}

/// What the loader sees of a packed file is the unpacker.
fn packed(facts: &mut Facts) {
    let why = facts.why_hidden("");
    facts.linkage = Seen::hidden(&why);
    facts.libraries = Seen::hidden(&why);
    facts.rpath = Seen::hidden(&why);
    facts.glibc = Seen::hidden(&why);
    facts.pie = Seen::hidden(&why);
    facts.relro = Seen::hidden(&why);
    facts.nx = Seen::hidden(&why);
    facts.textrel = Seen::hidden(&why);
    facts.symbols = Seen::hidden(&why);
    facts.dwarf = Seen::hidden(&why);
    for fact in contents(facts) {
        *fact = Seen::hidden(&why);
    }
}

fn contents(facts: &mut Facts) -> [&mut Seen<bool>; 7] {
    [
        &mut facts.race,
        &mut facts.msan,
        &mut facts.asan,
        &mut facts.cover,
        &mut facts.cgo,
        &mut facts.trimpath,
        &mut facts.boring,
    ]
}

fn cut(facts: &mut Facts) {
    let why = facts.why_hidden("");
    // That a loader or a library is needed was seen; that none is may be due to the cut.
    if facts.linkage.known() != Some(&Linkage::Dynamic) && facts.linkage != Seen::Absent {
        facts.linkage = Seen::hidden(&why);
    }
    facts.libraries = std::mem::replace(&mut facts.libraries, Seen::Absent).doubted(&why);
    facts.rpath = std::mem::replace(&mut facts.rpath, Seen::Absent).doubted(&why);
    facts.glibc = std::mem::replace(&mut facts.glibc, Seen::Absent).doubted(&why);
    if facts.textrel.is_not() {
        facts.textrel = Seen::hidden(&why);
    }
    if facts.symbols.is_not() {
        facts.symbols = Seen::hidden(&why);
    }
    if facts.dwarf.known().is_none() {
        facts.dwarf = Seen::hidden(&why);
    }
    let trimmed = facts.trimpath.is();
    for fact in contents(facts) {
        if fact.is_not() || fact.why().is_some() {
            *fact = Seen::hidden(&why);
        }
    }
    // Of paths it is the other way round: one that has folders was seen, that none has was not.
    if trimmed {
        facts.trimpath = Seen::hidden(&why);
    }
}

/// Symbol tables and DWARF are found by section headers alone. Without these they may still be there, where
/// there is room for them.
fn headerless(image: &Image<'_>, facts: &mut Facts) {
    let Some(elf) = image.elf().filter(|_| image.sections.is_empty()) else {
        return;
    };
    let ends = elf
        .program_headers
        .iter()
        .map(|p| p.offset.saturating_add(p.file_size));
    let end = ends.max().unwrap_or(0).max(elf.header_size);
    if image.data.len() as u64 <= align_up(end, 4096) {
        return;
    }
    let why = "the file has no section headers, by which symbols and debug information are found";
    facts.symbols = Seen::hidden(why);
    facts.dwarf = Seen::hidden(why);
}
