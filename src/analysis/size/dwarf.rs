//! Debug sections by compile unit, compressed ones in proportion.
//!
//! Authority: the DWARF standard; where a section has no compile units of its own (frames, locations and
//! ranges of DWARF 4), the function at the address that an entry starts with tells the package.

use super::foreign::base;
use super::ledger::{Cut, Ledger, Owner};
use super::model::{Kind, Source};
use super::names::{NameId, Names};
use super::regions::Region;
use super::subject::Subject;
use crate::dwarf::{self, Unit};
use crate::error::Result;
use crate::image::{Detail, Image, elf};

/// Units with their owners, made once for all sections.
#[derive(Debug, Default)]
pub(super) struct Units {
    units: Vec<(Unit, Owner)>,
}

impl Units {
    /// The units as the debug information has them; none where there is no debug information.
    pub(super) fn find(image: &Image<'_>) -> Result<Vec<Unit>> {
        match dwarf::section(image, "info") {
            Some(_) => dwarf::units(image),
            None => Ok(Vec::new()),
        }
    }

    /// Gives what [`Units::find`] found owners.
    pub(super) fn new(
        image: &Image<'_>,
        found: Result<Vec<Unit>>,
        names: &mut Names,
        warnings: &mut Vec<String>,
    ) -> Units {
        let found = found.unwrap_or_else(|e| {
            warnings.push(e.to_string());
            Vec::new()
        });
        let object = is_object(image);
        let with_owner = found.into_iter().map(|u| {
            let mut owner = Owner::plain(Kind::Dwarf, Source::CompileUnit);
            if u.go && !u.name.is_empty() {
                owner.package = names.name(&u.name);
            } else if !u.name.is_empty() && !object {
                owner.file = names.name(base(&u.name));
            }
            (u, owner)
        });
        Units {
            units: with_owner.collect(),
        }
    }

    /// Addresses of C's units, sorted: first, behind the last, name, and the package that `package` gives for
    /// the folder.
    pub(super) fn foreign(
        &self,
        names: &mut Names,
        mut package: impl FnMut(&[u8], &mut Names) -> NameId,
    ) -> Vec<(u64, u64, NameId, NameId)> {
        let mut out = Vec::new();
        for (u, o) in self.units.iter().filter(|(u, _)| !u.go && !u.ranges.is_empty()) {
            let package = package(&u.folder, names);
            out.extend(u.ranges.iter().map(|r| (r.0, r.1, o.file, package)));
        }
        out.sort_unstable();
        out
    }

    /// (offset in the uncompressed section, owner) by the place each unit has in a section.
    fn by(&self, place: impl Fn(&Unit) -> Option<u64>) -> Vec<(u64, Owner)> {
        let mut all: Vec<_> = self
            .units
            .iter()
            .filter_map(|(u, o)| Some((place(u)?, *o)))
            .collect();
        all.sort_by_key(|c| c.0);
        all
    }

    fn at(&self, offset: u64) -> Option<Owner> {
        let i = self
            .units
            .partition_point(|(u, _)| u.offset <= offset)
            .checked_sub(1)?;
        self.units.get(i).map(|u| u.1)
    }
}

fn is_object(image: &Image<'_>) -> bool {
    matches!(&image.detail, Detail::Elf(e) if e.kind == elf::ET_REL)
}

/// Fills a debug section.
pub(super) fn section<'a>(
    program: &Subject<'_, 'a>,
    units: &Units,
    region: &Region<'a>,
    ledger: &mut Ledger,
) {
    let image = program.image;
    let plain = Owner::plain(Kind::Dwarf, Source::Container);
    let found = region.section.and_then(|i| image.sections.get(i));
    let Some((section, name)) = found.and_then(|s| Some((s, s.debug_name()?))) else {
        ledger.fill(region.start, region.end, plain, []);
        return;
    };
    let header = |n| move |o: u64| o.saturating_sub(n);
    let (v5, addr) = (header(12), header(8));
    let shares = match name {
        b"info" => units.by(|u| Some(u.offset)),
        // In an object that is not linked yet, the places of units in other sections are relocations.
        _ if is_object(image) => Vec::new(),
        b"line" => units.by(|u| u.line),
        b"addr" => units.by(|u| u.addr_base.map(addr)),
        b"rnglists" => units.by(|u| u.rnglists_base.map(v5)),
        b"loclists" => units.by(|u| u.loclists_base.map(v5)),
        b"frame" | b"loc" | b"ranges" | b"aranges" | b"pubnames" | b"pubtypes" => {
            match image.section_contents(section) {
                Ok(bytes) => walk(program, units, name, &bytes),
                Err(_) => Vec::new(),
            }
        }
        _ => Vec::new(),
    };
    let whole = image.section_uncompressed_size(section);
    let size = region.end - region.start;
    let scale = |offset: u64| match whole {
        Some(0) | None => offset,
        Some(w) => (u128::from(offset) * u128::from(size) / u128::from(w)) as u64,
    };
    let cuts = shares.into_iter().map(|(offset, mut owner)| {
        if whole.is_some() && owner.source == Source::CompileUnit {
            owner.source = Source::CompressedShare;
        }
        Cut {
            at: region.start.saturating_add(scale(offset)),
            owner,
        }
    });
    ledger.fill(region.start, region.end, plain, cuts);
}

/// Sections that are chains of entries.
fn walk(program: &Subject<'_, '_>, units: &Units, name: &[u8], b: &[u8]) -> Vec<(u64, Owner)> {
    let image = program.image;
    let e = image.endian;
    let mut out: Vec<(u64, Owner)> = Vec::new();
    let mut push = |at: usize, owner: Option<Owner>| {
        let owner = owner.unwrap_or(Owner::plain(Kind::Dwarf, Source::Container));
        if out.last().is_none_or(|l| l.1 != owner) {
            out.push((at as u64, owner));
        }
    };
    let function = |addr: u64| {
        let i = program.functions.at(addr)?;
        Some(Owner::of(
            Kind::Dwarf,
            Source::CompileUnit,
            *program.functions.packages.get(i)?,
        ))
    };
    let word = usize::from(image.ptr_size);
    let mut at = 0;
    match name {
        b"frame" => {
            while let Some(len) = e.u32(b, at) {
                let id = e.u32(b, at + 4).unwrap_or(u32::MAX);
                let owner = if id == u32::MAX {
                    None
                } else {
                    e.word(b, at + 8, image.ptr_size).and_then(function)
                };
                push(at, owner);
                at = at.saturating_add(4).saturating_add(len as usize);
                if len == 0 || at >= b.len() {
                    break;
                }
            }
        }
        b"loc" | b"ranges" => {
            let all = if word == 8 { u64::MAX } else { u64::from(u32::MAX) };
            let (mut start, mut owner) = (0, None);
            while let (Some(first), Some(second)) = (
                e.word(b, at, image.ptr_size),
                e.word(b, at + word, image.ptr_size),
            ) {
                at += 2 * word;
                if first == 0 && second == 0 {
                    push(start, owner);
                    start = at;
                } else if first == all {
                    owner = function(second).or(owner);
                } else {
                    owner = function(first).or(owner);
                    if name == b"loc" {
                        at = at.saturating_add(2 + usize::from(e.u16(b, at).unwrap_or(0)));
                    }
                }
            }
        }
        _ => {
            while let (Some(len), Some(unit)) = (e.u32(b, at), e.u32(b, at + 6)) {
                push(at, units.at(u64::from(unit)));
                at = at.saturating_add(4).saturating_add(len as usize);
                if len == 0 || at >= b.len() {
                    break;
                }
            }
        }
    }
    out
}
