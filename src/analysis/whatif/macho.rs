//! Mach-O files that Go's own linker laid out: to the byte.
//!
//! Authority: cmd/link (macho.go: order of __LINKEDIT, rebase and bind streams, symbol strings; codesign: the
//! ad-hoc signature) and Apple's mach-o/loader.h. Rebase and bind streams hold offsets as ULEB128, whose
//! length can change when sections move.

use super::Tables;
use super::facts::{Facts, round};
use super::relay::{Part, lay};
use crate::image::{Image, Place};

const N_EXT: u8 = 1;
const N_TYPE: u8 = 0x0e;
const N_SECT: u8 = 0x0e;
/// S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL.
const ZERO_FILL: [u32; 3] = [1, 12, 18];

/// A segment before and after.
struct Moved {
    old: u64,
    new: u64,
}

/// The file's size with these tables and with the sections in `grown` larger or smaller by so many bytes.
pub(super) fn size(f: &Facts<'_, '_>, want: Tables, grown: &[(usize, i64)]) -> Option<u64> {
    let image = f.image;
    let macho = image.macho()?;
    let page = page_size(image);
    let mut places: Vec<(u64, u64, u64, usize)> = Vec::new();
    let mut moved: Vec<Moved> = Vec::new();
    let (mut old_end, mut new_end) = (None, 0u64);
    let mut link = 0u64;
    for s in &image.segments {
        match s.name {
            b"__LINKEDIT" => break,
            b"__DWARF" => {
                if want.dwarf {
                    let inside = image.sections.iter().filter(|x| x.segment == s.name);
                    let plain = || -> u64 {
                        inside
                            .map(|x| image.section_uncompressed_size(x).unwrap_or(x.file_size))
                            .fold(0, u64::saturating_add)
                    };
                    let bytes = if want.plain { plain() } else { s.file_size };
                    link = link.checked_add(round(bytes, page))?;
                }
                continue;
            }
            b"__PAGEZERO" => {
                moved.push(Moved {
                    old: s.addr,
                    new: s.addr,
                });
                continue;
            }
            _ => {}
        }
        let mut parts: Vec<Part> = image
            .sections
            .iter()
            .enumerate()
            .filter(|(_, x)| x.segment == s.name)
            .map(|(index, x)| Part {
                index,
                addr: x.addr,
                size: x.mem_size,
                align: x.align,
                bss: ZERO_FILL.contains(&(x.kind & 0xff)),
            })
            .collect();
        parts.sort_by_key(|p| (p.addr, p.size));
        let start = match old_end {
            None => s.addr,
            Some(end) if round(end, page) == s.addr => round(new_end, page),
            Some(_) => return None,
        };
        let first = places.len();
        let laid = lay(s.addr, start, &parts, grown, |index, at, _| {
            places.push((0, 0, at, index))
        });
        for (place, part) in places.iter_mut().skip(first).zip(&parts) {
            (place.0, place.1) = (part.addr, part.size);
        }
        moved.push(Moved {
            old: s.addr,
            new: start,
        });
        link = link.checked_add(round(laid.file_end.checked_sub(start)?, page))?;
        old_end = Some(parts.last().map_or(s.addr, |p| p.addr.saturating_add(p.size)));
        new_end = laid.end;
    }
    // Bytes behind the module information move by all that its section grows, those before it stay.
    let modinfo = f.modinfo_offset.and_then(|o| image.offset_to_addr(o));
    let map = |segment: usize, offset: u64| -> Option<u64> {
        let m = moved.get(segment)?;
        let addr = m.old.checked_add(offset)?;
        let Some(&(old, _, new, index)) = places.iter().find(|p| addr >= p.0 && addr - p.0 < p.1) else {
            return Some(offset);
        };
        let mut at = new.checked_add(addr - old)?;
        if modinfo.is_some_and(|m| m >= old && addr > m) {
            let d: i64 = grown
                .iter()
                .filter(|g| g.0 == index && f.modinfo_section == Some(index))
                .map(|g| g.1)
                .sum();
            at = at.checked_add_signed(d)?;
        }
        at.checked_sub(m.new)
    };
    let mut tables = 0u64;
    for (what, a) in [("rebase", 8), ("bind", 16)] {
        for d in macho.link_data.iter().filter(|d| d.what == what && d.size > 0) {
            let stream = crate::image::clip(image.data, d.offset, d.size);
            tables = tables.checked_add(round(opcodes(stream, &map)?, a))?;
        }
    }
    let entry = if image.ptr_size == 8 { 16 } else { 12 };
    let (count, strings) = symbols(image, want.symtab)?;
    let indirect = macho.indirect_symbols.map_or(0, |i| i.1);
    tables = tables.checked_add(count * entry + 4 * indirect + strings)?;
    let end = link.checked_add(round(tables, 16))?;
    let signed = macho.link_data.iter().any(|d| d.what == "code signature");
    Some(end + if signed { signature(end) } else { 0 })
}

/// The ad-hoc signature of `size` bytes: super blob, one index entry, code directory, the name "a.out", a
/// hash a page.
fn signature(size: u64) -> u64 {
    12 + 8 + 88 + 6 + 32 * size.div_ceil(4096)
}

/// Go pages Mach-O by the architecture: 16 KiB for arm64 (since Go 1.15), else 4 KiB.
pub(super) fn page_size(image: &Image<'_>) -> u64 {
    if image.arch == crate::image::Arch::Arm64 {
        16384
    } else {
        4096
    }
}

/// How many symbols there are and how long their strings.
fn symbols(image: &Image<'_>, all: bool) -> Option<(u64, u64)> {
    let Some(table) = image.macho()?.symtab else {
        return Some((0, 0));
    };
    if table.count == 0 {
        return Some((0, 0));
    }
    let symbols = image.symbols().ok()?;
    let entry = if image.ptr_size == 8 { 16 } else { 12 };
    let raw = crate::image::clip(image.data, table.offset, table.count.checked_mul(entry)?);
    let first = raw
        .chunks_exact(entry as usize)
        .filter_map(|e| image.endian.u32(e, 0))
        .min();
    let (mut count, mut strings) = (0, u64::from(first?));
    for s in symbols {
        let kept = all || s.place == Place::Undefined || s.kind & N_TYPE == N_SECT && s.kind & N_EXT != 0;
        if kept {
            count += 1;
            strings += s.name.len() as u64 + 1;
        }
    }
    Some((count, strings))
}

/// The length of a rebase or bind stream after its offsets have moved.
fn opcodes(stream: &[u8], map: &dyn Fn(usize, u64) -> Option<u64>) -> Option<u64> {
    let (mut at, mut len) = (0usize, 0u64);
    while let Some(&op) = stream.get(at) {
        at += 1;
        len += 1;
        match op & 0xf0 {
            // DONE
            0x00 => return Some(len),
            // SET_SEGMENT_AND_OFFSET_ULEB: 0x20 in a rebase stream, 0x70 in a bind stream.
            0x20 | 0x70 if segment_op(stream, op) => {
                let (v, n) = uleb(stream.get(at..)?)?;
                at += n;
                len += uleb_len(map(usize::from(op & 0xf), v)?);
            }
            // Bind: the symbol's name follows.
            0x40 if !is_rebase(stream) => {
                let n = memchr::memchr(0, stream.get(at..)?)? + 1;
                at += n;
                len += n as u64;
            }
            // Rebase: a count times. Bind: a library by number, the type, bind.
            0x10 | 0x30 | 0x50 | 0x90 => {}
            0x20 => {
                let (_, n) = uleb(stream.get(at..)?)?;
                at += n;
                len += n as u64;
            }
            // Go writes no others.
            _ => return None,
        }
    }
    Some(len)
}

/// Both kinds of stream begin with a type: 0x10 in a rebase stream, 0x50 in a bind stream.
fn is_rebase(stream: &[u8]) -> bool {
    stream.first().is_some_and(|op| op & 0xf0 == 0x10)
}

fn segment_op(stream: &[u8], op: u8) -> bool {
    (op & 0xf0 == 0x20) == is_rebase(stream)
}

fn uleb(b: &[u8]) -> Option<(u64, usize)> {
    let mut v = 0u64;
    for (i, &x) in b.iter().enumerate().take(10) {
        v |= u64::from(x & 0x7f).checked_shl(7 * i as u32)?;
        if x & 0x80 == 0 {
            return Some((v, i + 1));
        }
    }
    None
}

fn uleb_len(v: u64) -> u64 {
    super::facts::uvarint(v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_that_grow_past_a_power_of_128_take_a_byte_more() {
        // Type pointer; segment 2 offset 0x7f; rebase once; done.
        let stream = [0x11, 0x22, 0x7f, 0x51, 0x00, 0, 0, 0];
        assert_eq!(opcodes(&stream, &|_, v| Some(v)), Some(5));
        assert_eq!(opcodes(&stream, &|_, v| Some(v + 32)), Some(6));
    }

    #[test]
    fn bind_streams_keep_their_names() {
        // Type pointer; segment 3 offset 8; library 1; flags 0, "_x"; bind; done.
        let stream = [0x51, 0x73, 8, 0x11, 0x40, b'_', b'x', 0, 0x90, 0];
        assert_eq!(opcodes(&stream, &|_, v| Some(v)), Some(10));
    }

    #[test]
    fn the_signature_hashes_pages_of_4_kib() {
        assert_eq!(signature(4096), 114 + 32);
        assert_eq!(signature(4097), 114 + 64);
    }
}
