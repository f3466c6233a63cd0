//! What GNU strip makes of an ELF file: to the byte.
//!
//! Authority: binutils (bfd's placing of sections, objcopy's choice of symbols), measured with binutils 2.40.
//! Loaded bytes stay where they are; what is not loaded is written behind them, the section headers last.

use super::facts::round;
use super::strings;
use crate::image::elf::{SHF_ALLOC, SHT_NOBITS, SHT_NULL};
use crate::image::{Image, Place};

const STT_SECTION: u8 = 3;
const STT_FILE: u8 = 4;

/// The size after `strip` (`symbols` false) or `strip --strip-debug` (`symbols` true).
pub(super) fn size(image: &Image<'_>, symbols: bool) -> Option<u64> {
    let elf = image.elf()?;
    if image.sections.len() < 2 {
        return None;
    }
    let has_symtab = image.section(".symtab").is_some();
    let keep_symbols = symbols && has_symtab;
    let table = |name: &[u8]| name == b".symtab" || name == b".strtab";
    let kept: Vec<usize> = (1..image.sections.len())
        .filter(|&i| {
            let s = &image.sections[i];
            s.kind != SHT_NULL && !s.is_debug() && (keep_symbols || !table(s.name))
        })
        .collect();
    let mut at = image
        .sections
        .iter()
        .filter(|s| s.flags & u64::from(SHF_ALLOC) != 0 && s.kind != SHT_NOBITS && s.kind != SHT_NULL)
        .map(|s| s.offset.saturating_add(s.file_size))
        .max()?;
    for &i in &kept {
        let s = &image.sections[i];
        let loaded = s.flags & u64::from(SHF_ALLOC) != 0;
        if !loaded && !table(s.name) && i != elf.name_section {
            at = round(at, s.align).checked_add(s.file_size)?;
        }
    }
    let word = u64::from(image.ptr_size);
    if keep_symbols {
        let (entries, names) = debug_stripped(image)?;
        at = round(at, word) + entries + names;
    }
    at = at.checked_add(strings::merged(kept.iter().map(|&i| image.sections[i].name)))?;
    let header = if word == 8 { 64 } else { 40 };
    Some(round(at, word) + header * (kept.len() as u64 + 1))
}

/// Bytes of the symbols and of their names that `--strip-debug` leaves: all but those of files and of dropped
/// sections.
fn debug_stripped(image: &Image<'_>) -> Option<(u64, u64)> {
    let entry = if image.ptr_size == 8 { 24 } else { 16 };
    let all = image.symbols().ok()?;
    let debug = |i: usize| image.sections.get(i).is_some_and(|s| s.is_debug());
    let kept = |kind: u8, place: Place| match place {
        Place::Section(i) if debug(i) => false,
        _ => kind & 0xf != STT_FILE,
    };
    // The first entry is the null symbol.
    let mut count = 1;
    let mut names = Vec::new();
    for s in all.iter().skip(1).filter(|s| kept(s.kind, s.place)) {
        count += 1;
        if s.kind & 0xf != STT_SECTION {
            names.push(s.name);
        }
    }
    Some((count * entry, strings::merged(names.into_iter())))
}
