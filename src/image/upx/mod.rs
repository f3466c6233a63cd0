//! A file that UPX packed → the file as it was before: little-endian ELF here, byte for byte; PE in pe.rs.
//!
//! The layout, as UPX 3 and 4 write it (held by files that UPX 4.2.4 packed): after the program headers stand
//! `l_info` and `p_info`, then blocks, each with a header of its own (`b_info`). The first block holds the
//! original ELF and program headers, the next ones the rest of each PT_LOAD; what lies between and after
//! them, such as sections that are not loaded, follows, behind the loader's code.

mod lzma;
mod nrv;
mod pe;

use super::{Format, Image};
use crate::error::{Error, Result};
use crate::image::extent::align_up;

/// What can't be more than this many times the packed file is not believed; LZMA's best on programs is about
/// 8.
const RATIO: u64 = 64;

/// May a file be one that UPX packed, as far as its first and last bytes tell? Cheap: nothing is parsed.
pub fn may_be_packed(file: &[u8]) -> bool {
    ends(file)
        .iter()
        .any(|b| memchr::memmem::find(b, b"UPX").is_some())
}

/// Where the packer's marks stand: a file's first bytes and its last.
fn ends(file: &[u8]) -> [&[u8]; 2] {
    let head = file.get(..4096).unwrap_or(file);
    let tail = file.get(file.len().saturating_sub(64)..).unwrap_or_default();
    [head, tail]
}

/// Does an image bear the marks of UPX?
pub fn is_packed(image: &Image<'_>) -> bool {
    let [head, tail] = ends(image.data);
    let mark = |b: &[u8]| memchr::memmem::find(b, b"UPX!").is_some();
    let named = |name: &[u8]| image.sections.iter().any(|s| s.name == name);
    named(b"UPX0")
        || named(b"UPX1")
        || image.format == Format::Elf && image.sections.len() <= 1 && (mark(head) || mark(tail))
        || image.format == Format::MachO && mark(head)
}

fn wrong(at: usize, what: &str) -> Error {
    Error::at("UPX", at as u64, what)
}

/// Numbers of a little-endian file; 0 past its end.
#[derive(Clone, Copy)]
struct Le<'a>(&'a [u8]);

impl Le<'_> {
    fn u16(self, at: usize) -> u64 {
        let b = self.0.get(at..).and_then(|b| b.first_chunk());
        b.map_or(0, |b| u64::from(u16::from_le_bytes(*b)))
    }

    fn u32(self, at: usize) -> u64 {
        let b = self.0.get(at..).and_then(|b| b.first_chunk());
        b.map_or(0, |b| u64::from(u32::from_le_bytes(*b)))
    }

    fn u64(self, at: usize) -> u64 {
        self.u32(at) | self.u32(at + 4) << 32
    }
}

/// Where the program headers of an ELF file are and what each PT_LOAD takes of the file.
struct Headers {
    /// Where they end.
    end: usize,
    /// Offset and bytes.
    loads: Vec<(u64, u64)>,
}

impl Headers {
    fn read(elf: &[u8]) -> Option<Headers> {
        let (wide, le) = (*elf.get(4)? == 2, Le(elf));
        let (start, entry, count) = if wide {
            (le.u64(32), le.u16(54), le.u16(56))
        } else {
            (le.u32(28), le.u16(42), le.u16(44))
        };
        let start = usize::try_from(start).ok()?;
        let size = usize::try_from(entry * count).ok()?;
        let table = elf.get(start..start.checked_add(size)?)?;
        let mut loads = Vec::new();
        for header in table.chunks_exact(usize::try_from(entry).ok()?.max(1)) {
            let h = Le(header);
            if h.u32(0) == 1 {
                loads.push(if wide {
                    (h.u64(8), h.u64(32))
                } else {
                    (h.u32(4), h.u32(16))
                });
            }
        }
        Some(Headers {
            end: start + size,
            loads,
        })
    }
}

/// The file as it was before UPX packed it.
///
/// # Errors
/// Where it is packed in another way than those that are known, or broken.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    if packed.starts_with(b"MZ") {
        return pe::unpack(packed);
    }
    if packed.get(..4) != Some(b"\x7fELF") || packed.get(5) != Some(&1) {
        return Err(Error::within(
            "UPX",
            "only PE files and little-endian ELF files are unpacked",
        ));
    }
    let outer = Headers::read(packed).ok_or_else(|| wrong(0, "program headers outside the file"))?;
    let marked = |at: usize| packed.get(at..).and_then(|b| b.get(4..8)) == Some(b"UPX!");
    // The file's last number is where p_info ends, for files where it does not follow the program headers.
    let last = Le(packed).u32(packed.len().saturating_sub(4));
    let second = usize::try_from(last).unwrap_or_default().saturating_sub(12);
    let start = [outer.end, second].into_iter().find(|&at| marked(at));
    let start = start.ok_or_else(|| Error::within("UPX", "its header was removed or changed"))?;
    let size = Le(packed).u32(start + 16);
    if size > RATIO * packed.len() as u64 {
        return Err(wrong(
            start + 16,
            "claims to unpack to more than 64 times its size",
        ));
    }
    let mut out = Unpacked {
        blocks: Blocks {
            packed,
            at: start + 24,
        },
        file: Vec::new(),
    };
    out.file.resize(usize::try_from(size).unwrap_or_default(), 0);
    let first = Le(packed).u32(out.blocks.at);
    out.fill(0, first)?;
    let head = out
        .file
        .get(..usize::try_from(first).unwrap_or_default())
        .unwrap_or_default();
    let inner =
        Headers::read(head).ok_or_else(|| wrong(start, "the first block holds no program headers"))?;
    for (i, &(offset, size)) in inner.loads.iter().enumerate() {
        // The first segment begins with what the first block brought.
        let have = if i == 0 {
            first.saturating_sub(offset).min(size)
        } else {
            0
        };
        out.fill(offset.saturating_add(have), size - have)?;
    }
    let ends = outer
        .loads
        .iter()
        .map(|(offset, size)| offset.saturating_add(*size));
    let behind = align_up(ends.max().unwrap_or_default(), 4);
    for (at, gap) in gaps(&inner.loads, size) {
        if !out.blocks.fits(gap) {
            out.blocks.at = usize::try_from(behind).unwrap_or(usize::MAX);
        }
        out.fill(at, gap)?;
    }
    Ok(out.file)
}

/// What no PT_LOAD takes of a file: offset and bytes, in the order of the segments before each.
fn gaps(loads: &[(u64, u64)], size: u64) -> Vec<(u64, u64)> {
    let gap = |&(offset, bytes): &(u64, u64)| {
        let end = offset.saturating_add(bytes);
        let next = loads.iter().map(|l| l.0).filter(|&o| o >= end).min();
        (end, next.unwrap_or(size).saturating_sub(end))
    };
    loads.iter().map(gap).filter(|g| g.1 > 0).collect()
}

struct Unpacked<'a> {
    blocks: Blocks<'a>,
    file: Vec<u8>,
}

impl Unpacked<'_> {
    /// Unpacks the next blocks to `size` bytes of the file from `at`.
    fn fill(&mut self, at: u64, size: u64) -> Result<()> {
        let place = |n: u64| usize::try_from(n).ok();
        let range = place(at).zip(at.checked_add(size).and_then(place));
        let room = range.and_then(|(from, to)| self.file.get_mut(from..to));
        let mut room = room.ok_or_else(|| wrong(self.blocks.at, "a block belongs outside the file"))?;
        while !room.is_empty() {
            let start = self.blocks.at;
            let size = usize::try_from(Le(self.blocks.packed).u32(start)).unwrap_or_default();
            let Some((now, rest)) = room.split_at_mut_checked(size).filter(|_| size > 0) else {
                return Err(wrong(start, "a block has another size than its place"));
            };
            self.blocks.next(now)?;
            room = rest;
        }
        Ok(())
    }
}

/// Blocks one after the other.
struct Blocks<'a> {
    packed: &'a [u8],
    at: usize,
}

impl Blocks<'_> {
    /// May the next block be the first of `size` bytes?
    fn fits(&self, size: u64) -> bool {
        let (le, at) = (Le(self.packed), self.at);
        let (plain, packed) = (le.u32(at), le.u32(at + 4));
        let method = self.packed.get(at + 8).copied().unwrap_or(u8::MAX);
        plain > 0 && plain <= size && packed > 0 && packed <= plain && matches!(method, 0 | 2 | 5 | 8 | 14)
    }

    /// Unpacks the next block into `out`, which is as long as its header says.
    fn next(&mut self, out: &mut [u8]) -> Result<()> {
        let start = self.at;
        let cut = || wrong(start, "a block is cut short");
        let header = self.packed.get(start..).and_then(|b| b.first_chunk::<12>());
        let header = header.ok_or_else(cut)?;
        let size = Le(header).u32(4);
        let (method, filter, mark) = (header[8], header[9], header[10]);
        let from = start + 12;
        let to = usize::try_from(size).ok().and_then(|s| from.checked_add(s));
        let data = to.and_then(|to| self.packed.get(from..to)).ok_or_else(cut)?;
        self.at = from + data.len();
        if data.len() == out.len() {
            out.copy_from_slice(data);
        } else {
            inflate(method, data, out, start)?;
        }
        unfilter(filter, mark, out, start)
    }
}

/// Fills `out` with what `data`, whose header is at `start`, holds.
fn inflate(method: u8, data: &[u8], out: &mut [u8], start: usize) -> Result<()> {
    let done = match method {
        2 => nrv::unpack(data, out, nrv::Kind::B),
        5 => nrv::unpack(data, out, nrv::Kind::D),
        8 => nrv::unpack(data, out, nrv::Kind::E),
        14 => lzma_block(data, out),
        _ => {
            let what = format!("a block is packed by method {method}, which is not known");
            return Err(wrong(start, &what));
        }
    };
    done.ok_or_else(|| wrong(start, "a block can't be unpacked"))
}

/// Code as it was before `filter`, which marked it with `mark`.
fn unfilter(filter: u8, mark: u8, code: &mut [u8], start: usize) -> Result<()> {
    match filter {
        0 => {}
        0x26 => unfilter_x86(code, mark, None),
        0x46 => unfilter_x86(code, mark, Some(true)),
        0x49 => unfilter_x86(code, mark, Some(false)),
        0x52 => unfilter_arm64(code),
        _ => {
            let what = format!("a block went through filter {filter:#x}, which is not known");
            return Err(wrong(start, &what));
        }
    }
    Ok(())
}

/// Two bytes tell lc, lp and pb; a raw LZMA stream without an end mark follows.
fn lzma_block(data: &[u8], out: &mut [u8]) -> Option<()> {
    let (&[first, second], stream) = data.split_first_chunk::<2>()?;
    let (lc, lp, pb) = (
        u32::from(second & 15),
        u32::from(second >> 4),
        u32::from(first & 7),
    );
    lzma::unpack(stream, out, (lc, lp, pb))
}

/// Calls and jumps whose target was made absolute, big-endian, and marked by its first byte; `conditional`:
/// conditional jumps too, and did the two bytes of their opcode change places?
fn unfilter_x86(code: &mut [u8], mark: u8, conditional: Option<bool>) {
    let swapped = conditional == Some(true);
    let (mut at, mut last) = (0, 0);
    while at + 5 < code.len() {
        let jump = conditional.is_some() && at > 0 && at != last && {
            let (low, high) = if swapped {
                (code[at], code[at - 1])
            } else {
                (code[at - 1], code[at])
            };
            low == 0x0f && (0x80..=0x8f).contains(&high)
        };
        if !(matches!(code[at], b'\xe8' | b'\xe9') || jump) || code[at + 1] != mark {
            at += 1;
            continue;
        }
        if let Some(target) = code.get_mut(at + 1..).and_then(|c| c.first_chunk_mut::<4>()) {
            let absolute = u32::from_be_bytes(*target).wrapping_sub(u32::from(mark) << 24);
            *target = absolute.wrapping_sub(at as u32 + 1).to_le_bytes();
        }
        if jump && swapped {
            code.swap(at - 1, at);
        }
        at += 5;
        last = at;
    }
}

/// B and BL whose target was made absolute, in words. The last word never was.
fn unfilter_arm64(code: &mut [u8]) {
    let all = code.len().saturating_sub(4);
    let code = code.get_mut(..all.next_multiple_of(4)).unwrap_or_default();
    for (i, word) in code.chunks_exact_mut(4).enumerate() {
        let Some(bytes) = word.first_chunk_mut::<4>() else {
            continue;
        };
        let w = u32::from_le_bytes(*bytes);
        if w & 0x7c00_0000 == 0x1400_0000 {
            let target = w.wrapping_sub(i as u32) & 0x03ff_ffff;
            *bytes = (w & !0x03ff_ffff | target).to_le_bytes();
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
