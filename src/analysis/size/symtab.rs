//! Symbol tables and their names, each entry given to the package of the symbol it describes.

use std::borrow::Cow;

use super::foreign::{self, Files, Whose};
use super::ledger::{Cut, Ledger, Owner};
use super::model::{Kind, Source};
use super::names::Names;
use super::regions::Region;
use crate::go::packages;
use crate::image::{Detail, Image, Symbol};

/// Bytes of one entry, `None` where entries differ in size.
fn entry_size(image: &Image<'_>) -> Option<u64> {
    match (&image.detail, image.ptr_size) {
        (Detail::Elf(_), 8) => Some(24),
        (Detail::Elf(_), _) | (Detail::MachO(_), 8) => Some(16),
        (Detail::MachO(_), _) => Some(12),
        (Detail::Pe(_) | Detail::Xcoff(_), _) => Some(18),
        _ => None,
    }
}

fn owner<'a>(
    image: &Image<'a>,
    kind: Kind,
    names: &mut Names,
    files: &mut Files<'a>,
    s: &Symbol<'a>,
) -> Owner {
    let name = image.format.source_name(s.name);
    let mut o = Owner::plain(kind, Source::Symbols);
    let c = matches!(files.next(image, s), Whose::Object(_)) || foreign::is_file(image, s);
    if let Some(p) = packages::of_name(name).filter(|_| !c) {
        o.package = names.name(p.as_bytes());
    }
    o.symbol = names.symbol(s.name);
    o
}

/// The symbols of the table that a region of this kind belongs to: the loader's, or all.
fn table<'i, 'a>(image: &'i Image<'a>, kind: Kind) -> Cow<'i, [Symbol<'a>]> {
    match kind {
        Kind::Dynamic => image.elf_dynamic_symbols().into(),
        _ => image.symbols().unwrap_or_default().into(),
    }
}

/// Entries of a symbol table; `kind` is [`Kind::Dynamic`] for the loader's.
pub(super) fn entries<'a>(
    image: &Image<'a>,
    kind: Kind,
    region: &Region<'a>,
    names: &mut Names,
    ledger: &mut Ledger,
) {
    let plain = Owner::plain(kind, Source::Container);
    let mut cuts = Vec::new();
    let mut files = Files::default();
    if let Some(size) = entry_size(image) {
        let mut last = None;
        for s in table(image, kind).iter() {
            let o = owner(image, kind, names, &mut files, s);
            if last != Some(o) {
                cuts.push(Cut {
                    at: region
                        .start
                        .saturating_add(u64::from(s.index).saturating_mul(size)),
                    owner: o,
                });
                last = Some(o);
            }
        }
    }
    ledger.fill(region.start, region.end, plain, cuts);
}

/// The names: each belongs to the first symbol that uses it.
pub(super) fn strings<'a>(
    image: &Image<'a>,
    kind: Kind,
    region: &Region<'a>,
    names: &mut Names,
    ledger: &mut Ledger,
) {
    let plain = Owner::plain(kind, Source::Container);
    let bytes = crate::image::clip(image.data, region.start, region.end - region.start);
    let base = bytes.as_ptr() as usize;
    let mut cuts: Vec<(u64, Owner)> = Vec::new();
    let mut files = Files::default();
    for s in table(image, kind).iter() {
        // The names are borrowed from the table, so their place in memory tells their place in it.
        let at = (s.name.as_ptr() as usize).wrapping_sub(base);
        if at < bytes.len() && !s.name.is_empty() {
            cuts.push((region.start + at as u64, owner(image, kind, names, &mut files, s)));
        }
    }
    let sorted = cuts.is_sorted_by_key(|c| c.0);
    if !sorted {
        cuts.sort_by_key(|c| c.0);
    }
    // What lies between two names that are known belongs to the first: names that share their end.
    let mut last = None;
    cuts.dedup_by(|b, a| a.0 == b.0);
    cuts.retain(|c| {
        let keep = last != Some(c.1);
        last = Some(c.1);
        keep
    });
    ledger.fill(
        region.start,
        region.end,
        plain,
        cuts.into_iter().map(|(at, owner)| Cut { at, owner }),
    );
}
