//! Memory that has no bytes in the file (bss), by package and variable.
//!
//! Symbols tell exactly where there are any; a stripped file's variables go to the first function that refers
//! to them, as its data does. None of it counts for the file.

use super::data;
use super::foreign::{Files, Whose};
use super::ledger::{Cut, Ledger, Owner};
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::references;
use super::space::{Space, unowned};
use super::subject::Subject;
use crate::go::packages;
use crate::image::{Format, Image, Place};

/// Addresses of which one bit each is kept while references are collected; what a header claims beyond is not
/// looked into.
const MOST: u64 = 256 << 20;

/// A part of a section that is in memory only.
#[derive(Debug, Clone, Copy)]
struct Zone {
    /// Index into the image's sections.
    section: usize,
    name: NameId,
    start: u64,
    end: u64,
    /// Does it have addresses of its own? Thread-local memory has not.
    placed: bool,
}

/// All zones by address.
fn zones(image: &Image<'_>, names: &mut Names) -> Vec<Zone> {
    let mut out = Vec::new();
    for (i, s) in image.sections.iter().enumerate() {
        if s.alloc && s.mem_size > s.file_size {
            out.push(Zone {
                section: i,
                name: names.name(s.name),
                start: s.addr.saturating_add(s.file_size),
                end: s.addr.saturating_add(s.mem_size),
                // SHF_TLS
                placed: image.format != Format::Elf || s.flags & 0x400 == 0,
            });
        }
    }
    out.sort_by_key(|z| (z.start, z.section));
    out
}

/// Enters each section's sum.
pub(super) fn sums(image: &Image<'_>, names: &mut Names, ledger: &mut Ledger) {
    let owner = Owner::plain(Kind::Data, Source::Container);
    for z in zones(image, names) {
        ledger.add_memory(z.name, owner, z.end - z.start);
    }
}

/// Enters the memory by variables, or by who refers to it.
pub(super) fn variables<'a>(
    program: &Subject<'_, 'a>,
    symbols: bool,
    names: &mut Names,
    ledger: &mut Ledger,
) {
    let zones = zones(program.image, names);
    let mut cuts = if symbols {
        by_symbols(program.image, &zones, names)
    } else {
        Vec::new()
    };
    if cuts.is_empty() {
        cuts = by_references(program, &zones, names);
    }
    for z in zones {
        let (mut at, mut owner) = (z.start, unowned());
        let first = cuts.partition_point(|c| c.at < z.start);
        for c in cuts.get(first..).unwrap_or_default() {
            if c.at >= z.end || !z.placed {
                break;
            }
            ledger.add_memory(z.name, owner, c.at - at);
            (at, owner) = (c.at, c.owner);
        }
        ledger.add_memory(z.name, owner, z.end - at);
    }
}

fn by_symbols<'a>(image: &Image<'a>, zones: &[Zone], names: &mut Names) -> Vec<Cut> {
    let sized = image.format == Format::Elf;
    let mut found: Vec<(u64, u64, Owner)> = Vec::new();
    let mut files = Files::default();
    for s in image.symbols().unwrap_or_default() {
        let c = matches!(files.next(image, s), Whose::Object(_));
        let Place::Section(i) = s.place else { continue };
        // STT_NOTYPE, STT_OBJECT, STT_COMMON
        if sized && (s.size == 0 || !matches!(s.kind & 0xf, 0 | 1 | 5)) || s.name.is_empty() {
            continue;
        }
        let Some(zone) = zones.iter().find(|z| z.section == i) else {
            continue;
        };
        if s.addr < zone.start || s.addr >= zone.end {
            continue;
        }
        let name = image.format.source_name(s.name);
        if data::is_mark(name) {
            // Where sizes are not told, the marks at least end what lies in front of them.
            if !sized {
                found.push((s.addr, 0, unowned()));
            }
            continue;
        }
        let mut owner = Owner::plain(Kind::Data, Source::Symbols);
        match packages::of_name(name).filter(|_| !c) {
            Some(p) => owner.package = names.name(p.as_bytes()),
            None => owner.kind = Kind::CCode,
        }
        owner.symbol = names.symbol(name);
        let end = if sized {
            s.addr.saturating_add(s.size)
        } else {
            zone.end
        };
        found.push((s.addr, end.min(zone.end), owner));
    }
    // Of several names for one place the largest counts; without sizes, any is better than a mark.
    found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut cuts: Vec<Cut> = Vec::with_capacity(found.len());
    let mut end = 0;
    for (i, (start, stop, owner)) in found.iter().enumerate() {
        if sized && *start < end || !sized && i > 0 && found.get(i - 1).is_some_and(|f| f.0 == *start) {
            continue;
        }
        cuts.push(Cut {
            at: *start,
            owner: *owner,
        });
        end = *stop;
        if sized && found.get(i + 1).is_none_or(|n| n.0 > end) {
            cuts.push(Cut {
                at: end,
                owner: unowned(),
            });
        }
    }
    // A variable inside another was passed over, so an end may stand behind the next start.
    cuts.sort_by_key(|c| c.at);
    cuts
}

fn by_references<'a>(program: &Subject<'_, 'a>, zones: &[Zone], names: &mut Names) -> Vec<Cut> {
    let mut left = MOST;
    let mut areas = Vec::new();
    for z in zones.iter().filter(|z| z.placed) {
        let size = (z.end - z.start).min(left);
        left -= size;
        areas.push((z.start, size, 0, Kind::Data));
    }
    let mut space = Space::new(areas, false);
    references::code(program, names, &mut space);
    let sorted = space.sort();
    let own = sorted.starts.iter().filter(|s| s.owner.package != NONE);
    own.map(|s| Cut {
        at: s.addr,
        owner: Owner {
            kind: Kind::Data,
            ..s.owner
        },
    })
    .collect()
}
