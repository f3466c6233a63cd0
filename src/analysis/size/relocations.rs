//! Relocation tables by the place that each entry patches.

use super::ledger::{Cut, Ledger, Owner};
use super::model::{Kind, Source};
use super::names::NONE;
use super::regions::Region;
use super::subject::Subject;
use crate::image::{Endian, Format, clip, elf};

/// Fills a section of relocations.
pub(super) fn fill<'a>(program: &Subject<'_, 'a>, region: &Region<'a>, cuts: &[Cut], ledger: &mut Ledger) {
    let image = program.image;
    let plain = Owner::plain(Kind::Relocation, Source::Container);
    let bytes = clip(image.data, region.start, region.end - region.start);
    let mut out: Vec<Cut> = Vec::new();
    let mut k = 0;
    let mut push = |at: usize, addr: u64| {
        // Mostly sorted: look near the last one before searching.
        let fits = |k: usize| {
            cuts.get(k).is_some_and(|c| c.at <= addr) && cuts.get(k + 1).is_none_or(|c| c.at > addr)
        };
        if !fits(k) {
            k = cuts.partition_point(|c| c.at <= addr).saturating_sub(1);
        }
        let package = cuts
            .get(k)
            .filter(|c| c.at <= addr)
            .map_or(NONE, |c| c.owner.package);
        let owner = Owner::of(Kind::Relocation, Source::Relocations, package);
        if out.last().is_none_or(|l| l.owner != owner) {
            out.push(Cut {
                at: region.start + at as u64,
                owner,
            });
        }
    };
    let section = region.section.and_then(|i| image.sections.get(i));
    match (image.format, section) {
        (Format::Elf, Some(s)) if s.kind == elf::SHT_RELA || s.kind == elf::SHT_REL => {
            let size = usize::from(image.ptr_size) * if s.kind == elf::SHT_RELA { 3 } else { 2 };
            for (i, r) in bytes.chunks_exact(size).enumerate() {
                push(i * size, image.endian.word(r, 0, image.ptr_size).unwrap_or(0));
            }
        }
        (Format::Pe, _) => {
            // Blocks of a page address, a size and 16-bit entries.
            let base = image.pe().map_or(0, |p| p.image_base);
            let le = Endian::Little;
            let mut at = 0;
            while let (Some(page), Some(size)) = (le.u32(bytes, at), le.u32(bytes, at + 4)) {
                let size = size as usize;
                if size < 8 {
                    break;
                }
                for i in (8..size).step_by(2) {
                    let Some(e) = le.u16(bytes, at + i) else { break };
                    push(
                        at + i,
                        base.wrapping_add(u64::from(page))
                            .wrapping_add(u64::from(e & 0xfff)),
                    );
                }
                at = at.saturating_add(size);
            }
        }
        _ => {}
    }
    ledger.fill(region.start, region.end, plain, out);
}
