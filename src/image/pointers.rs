//! Dynamic relocations and Mach-O chained fix-ups: what the loader writes over pointers.
//!
//! Authority: the processor supplements of the System V ABI for the relocation numbers; Apple's
//! `mach-o/fixup-chains.h`.

use super::budget::Share;
use super::{Arch, Detail, Endian, Image, clip, elf};

/// One place that the loader patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relocation {
    /// Virtual address of the patched word.
    pub addr: u64,
    /// The processor's relocation number (ELF); 0 for a Mach-O rebase, 1 for a Mach-O bind.
    pub kind: u32,
    /// Index into the dynamic symbol table (ELF) or the imports (Mach-O); 0 for none.
    pub symbol: u32,
    /// What will be found at `addr` in a program that is not moved, where that is known.
    pub target: Option<u64>,
}

/// All of an image's, sorted by address.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    relocations: Vec<Relocation>,
}

impl Pointers {
    pub(super) fn at(&self, image: &Image<'_>, addr: u64) -> Option<u64> {
        let found = self
            .relocations
            .binary_search_by_key(&addr, |r| r.addr)
            .ok()
            .and_then(|i| self.relocations.get(i));
        match found {
            Some(r) if r.target.is_some() => r.target,
            _ => image.word_at(addr),
        }
    }

    pub(super) fn all(&self) -> &[Relocation] {
        &self.relocations
    }
}

/// What one is worth of an image's share: they are twice as large, but a word that is relocated takes 8 bytes
/// in the file.
const COST: usize = 16;

pub(super) fn read(image: &Image<'_>) -> Pointers {
    let mut share = image.budget.share("relocations");
    let mut relocations = match &image.detail {
        Detail::Elf(_) => elf_relocations(image, &mut share),
        Detail::MachO(m) => {
            let fixups = m.link_data.iter().find(|l| l.what == "chained fixups");
            fixups
                .map(|l| chained(image, clip(image.data, l.offset, l.size), &mut share))
                .unwrap_or_default()
        }
        _ => Vec::new(),
    };
    relocations.sort_by_key(|r| r.addr);
    relocations.dedup_by_key(|r| r.addr);
    Pointers { relocations }
}

/// (R_*_RELATIVE, the absolute pointer-sized relocation with a symbol) of a processor.
fn elf_numbers(arch: Arch) -> Option<(u32, u32)> {
    Some(match arch {
        Arch::Amd64 => (8, 1),
        Arch::I386 => (8, 1),
        Arch::Arm => (23, 2),
        Arch::Arm64 => (1027, 257),
        Arch::Riscv64 => (3, 2),
        Arch::Loong64 => (3, 2),
        Arch::Ppc64 | Arch::Ppc64le => (22, 38),
        Arch::S390x => (12, 22),
        _ => return None,
    })
}

fn elf_relocations(image: &Image<'_>, share: &mut Share<'_>) -> Vec<Relocation> {
    let mut out = Vec::new();
    let Some((relative, absolute)) = elf_numbers(image.arch) else {
        return out;
    };
    let e = image.endian;
    let wide = image.ptr_size == 8;
    let word = usize::from(image.ptr_size);
    let needed = |s: &&super::Section<'_>| {
        s.flags & u64::from(elf::SHF_ALLOC) != 0
            && matches!(s.kind, elf::SHT_RELA | elf::SHT_REL | elf::SHT_RELR)
    };
    let mut symbols = None;
    for s in image.sections.iter().filter(needed) {
        let bytes = image.section_bytes(s);
        if s.kind == elf::SHT_RELR {
            if !relr(image, bytes, &mut out, share) {
                break;
            }
            continue;
        }
        let with_addend = s.kind == elf::SHT_RELA;
        let size = word * if with_addend { 3 } else { 2 };
        if !share.take(bytes.len() / size * COST) {
            break;
        }
        out.reserve(bytes.len() / size);
        for r in bytes.chunks_exact(size) {
            let addr = e.word(r, 0, image.ptr_size).unwrap_or(0);
            let info = e.word(r, word, image.ptr_size).unwrap_or(0);
            let (kind, symbol) = if wide {
                (info as u32, (info >> 32) as u32)
            } else {
                (info as u32 & 0xff, (info >> 8) as u32)
            };
            let addend = || {
                if with_addend {
                    e.word(r, 2 * word, image.ptr_size)
                } else {
                    image.word_at(addr)
                }
            };
            let mask = if wide { u64::MAX } else { u64::from(u32::MAX) };
            let target = if kind == relative {
                addend()
            } else if kind == absolute {
                let table = symbols.get_or_insert_with(|| image.elf_dynamic_symbols());
                let s = table.get(symbol as usize).filter(|s| s.addr != 0);
                s.and_then(|s| Some(s.addr.wrapping_add(addend()?) & mask))
            } else {
                None
            };
            out.push(Relocation {
                addr,
                kind,
                symbol,
                target,
            });
        }
    }
    out
}

/// SHT_RELR: an even word is an address to relocate, an odd one a bitmap for the words that follow it.
/// `false` where the share is used up.
fn relr(image: &Image<'_>, bytes: &[u8], out: &mut Vec<Relocation>, share: &mut Share<'_>) -> bool {
    let word = u64::from(image.ptr_size);
    let mut push = |addr: u64| {
        out.push(Relocation {
            addr,
            kind: 0,
            symbol: 0,
            target: image.word_at(addr),
        })
    };
    let mut next = 0u64;
    for entry in bytes.chunks_exact(word as usize) {
        let v = image.endian.word(entry, 0, image.ptr_size).unwrap_or(0);
        if !share.take(
            COST * if v & 1 == 0 {
                1
            } else {
                v.count_ones() as usize - 1
            },
        ) {
            return false;
        }
        if v & 1 == 0 {
            push(v);
            next = v.wrapping_add(word);
            continue;
        }
        for bit in 1..word * 8 {
            if v >> bit & 1 != 0 {
                push(next.wrapping_add((bit - 1) * word));
            }
        }
        next = next.wrapping_add((word * 8 - 1) * word);
    }
    true
}

/// LC_DYLD_CHAINED_FIXUPS: per segment page starts, each the head of a list whose links stand in the patched
/// words themselves.
fn chained(image: &Image<'_>, b: &[u8], share: &mut Share<'_>) -> Vec<Relocation> {
    let e = Endian::Little;
    let mut out = Vec::new();
    let Some(starts) = e.u32(b, 4).map(|v| v as usize) else {
        return out;
    };
    let base = image
        .segments
        .iter()
        .find(|s| s.name == b"__TEXT")
        .map_or(0, |s| s.addr);
    let count = e.u32(b, starts).unwrap_or(0).min(256) as usize;
    for i in 0..count {
        let Some(offset) = e.u32(b, starts + 4 + i * 4).filter(|o| *o != 0) else {
            continue;
        };
        let at = starts.saturating_add(offset as usize);
        let (Some(page_size), Some(format), Some(segment), Some(pages)) = (
            e.u16(b, at.saturating_add(4)),
            e.u16(b, at.saturating_add(6)),
            e.u64(b, at.saturating_add(8)),
            e.u16(b, at.saturating_add(20)),
        ) else {
            continue;
        };
        for page in 0..u64::from(pages) {
            let Some(first) = e.u16(b, at + 22 + page as usize * 2).filter(|s| *s != 0xffff) else {
                continue;
            };
            let mut addr = base
                .wrapping_add(segment)
                .wrapping_add(page * u64::from(page_size))
                .wrapping_add(u64::from(first));
            // A link moves forward by at least 4 bytes; pages and chains that are named again count again.
            while let Some(v) = image.bytes_at(addr, 8).and_then(|w| e.u64(w, 0)) {
                let (next, relocation) = fixup(format, v, addr, base);
                out.extend(relocation);
                if !share.take(COST) {
                    return out;
                }
                if next == 0 {
                    break;
                }
                addr = addr.wrapping_add(next);
            }
        }
    }
    out
}

/// Distance in bytes to the next fix-up, and this one, for the pointer formats of 64-bit programs.
fn fixup(format: u16, v: u64, addr: u64, base: u64) -> (u64, Option<Relocation>) {
    let rebase = |target| {
        Some(Relocation {
            addr,
            kind: 0,
            symbol: 0,
            target: Some(target),
        })
    };
    let bind = |symbol: u64| {
        Some(Relocation {
            addr,
            kind: 1,
            symbol: symbol as u32,
            target: None,
        })
    };
    match format {
        // DYLD_CHAINED_PTR_64 (2: target is an address) and _64_OFFSET (6: from the image's start).
        2 | 6 => {
            let next = (v >> 51 & 0xfff) * 4;
            if v >> 63 != 0 {
                return (next, bind(v & 0xff_ffff));
            }
            let target = v & 0xf_ffff_ffff | (v >> 36 & 0xff) << 56;
            (
                next,
                rebase(if format == 6 {
                    base.wrapping_add(target)
                } else {
                    target
                }),
            )
        }
        // DYLD_CHAINED_PTR_ARM64E and its user-land variants: steps of 8 bytes.
        1 | 9 | 12 => {
            let next = (v >> 51 & 0x7ff) * 8;
            if v >> 62 & 1 != 0 {
                return (next, bind(v & 0xffff));
            }
            let authenticated = v >> 63 != 0;
            let target = if authenticated {
                v & 0xffff_ffff
            } else {
                v & 0x7ff_ffff_ffff
            };
            (
                next,
                rebase(if authenticated || format != 1 {
                    base.wrapping_add(target)
                } else {
                    target
                }),
            )
        }
        _ => (0, None),
    }
}
