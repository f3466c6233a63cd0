//! The build information blob: Go version and module information, as the linker wrote them.
//!
//! Authority: Go 1.27, debug/buildinfo (search order and errors) and cmd/link/internal/ld (`.go.buildinfo`).
//! Two layouts: since Go 1.18 both strings stand in the blob; Go 1.13 to 1.17 wrote pointers to string
//! headers. [`read`] finds exactly what
//! `go version` of Go 1.27 finds; `recover` also looks where that one does not.

use std::fmt;

use super::memory::Memory;
use super::modinfo::{self, ModInfo};
use crate::image::{Detail, Endian, Format, Image, Sniffed, clip, elf, sniff, strict};

const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
const ALIGN: usize = 16;
const HEADER: usize = 32;
const CHUNK: u64 = 1 << 20;

/// Why there is no build information; displayed in Go's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoBuildInfo {
    /// No format that Go links for, or a header that Go's readers refuse.
    UnrecognizedFormat,
    /// A known format without the blob.
    NotGo,
    /// The blob points outside the sections (XCOFF, Plan 9).
    NotMapped,
    /// The blob would stand in a section without contents (PE).
    Uninitialized,
    /// The module information is malformed.
    Malformed(modinfo::Malformed),
}

impl fmt::Display for NoBuildInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoBuildInfo::UnrecognizedFormat => f.write_str("unrecognized file format"),
            NoBuildInfo::NotGo => f.write_str("not a Go executable"),
            NoBuildInfo::NotMapped => f.write_str("address not mapped"),
            NoBuildInfo::Uninitialized => f.write_str("unexpected read from section with uninitialized data"),
            NoBuildInfo::Malformed(m) => m.fmt(f),
        }
    }
}

impl std::error::Error for NoBuildInfo {}

/// Is the blob's mark anywhere in the data, aligned as the linker aligns it? For files that are too damaged
/// to be opened.
pub fn marked(data: &[u8]) -> bool {
    memchr::memmem::find_iter(data, MAGIC).any(|at| at.is_multiple_of(ALIGN))
}

/// The module information as `runtime.modinfo` holds it, with its 16-byte frame: the linker writes it a
/// second time, also where a changed one leaves the blob out. Found by the marks of the frame (Go 1.27:
/// cmd/go/internal/modload/build.go), the first that lines stand between.
pub fn runtime_modinfo<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    const START: &[u8] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
    const END: &[u8] = b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
    const LONGEST: usize = 1 << 22;
    let (data, end) = (image.data, memchr::memmem::Finder::new(END));
    // Go's own commands hold the marks themselves, at a few places.
    memchr::memmem::find_iter(data, START).take(16).find_map(|at| {
        let rest = data.get(at..data.len().min(at + LONGEST))?;
        let framed = rest.get(..end.find(rest)? + END.len())?;
        let lines = framed.get(16..framed.len() - 16)?;
        (lines.ends_with(b"\n") && modinfo::parse(lines).is_ok_and(|i| !i.is_empty())).then_some(framed)
    })
}

/// Where the blob is and what it says, unparsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob<'a> {
    /// Virtual address of the header (Plan 9: file offset). 0 where the blob was found by `recover`.
    pub addr: u64,
    /// Offset in bytes of the header from the start of the image's data, where it is known.
    pub offset: Option<u64>,
    /// Bytes of header and inline strings; 32 for the pointer layout.
    pub size: u64,
    /// Are the strings in the blob (Go 1.18 and later)?
    pub inline: bool,
    /// The Go version: `go1.26.8`, never empty.
    pub version: &'a [u8],
    /// Module information with its 16-byte frame at either end, as stored; empty where there is none.
    pub framed_modinfo: &'a [u8],
}

impl<'a> Blob<'a> {
    /// The module information's lines without the frame; empty for a program built without modules.
    pub fn modinfo(&self) -> &'a [u8] {
        let m = self.framed_modinfo;
        match m.len().checked_sub(17).and_then(|i| m.get(i)) {
            Some(b'\n') if m.len() >= 33 => m.get(16..m.len() - 16).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Build information, parsed.
#[derive(Debug, Clone)]
pub struct BuildInfo<'a> {
    /// Where it stands.
    pub blob: Blob<'a>,
    /// Modules and settings.
    pub info: ModInfo<'a>,
}

impl<'a> BuildInfo<'a> {
    /// The Go version: `go1.26.8`.
    pub fn go_version(&self) -> &'a [u8] {
        self.blob.version
    }
}

/// Reads what `go version` of Go 1.27 reads from the file `data`.
///
/// # Errors
/// See [`NoBuildInfo`].
pub fn read(data: &[u8]) -> Result<BuildInfo<'_>, NoBuildInfo> {
    let image = go_image(data)?;
    read_image(&image)
}

/// As [`read`], for an image that is already open. Does not check again whether Go's readers would accept the
/// file.
///
/// # Errors
/// See [`NoBuildInfo`].
pub fn read_image<'a>(image: &Image<'a>) -> Result<BuildInfo<'a>, NoBuildInfo> {
    let blob = find(image)?;
    let info = modinfo::parse(blob.modinfo()).map_err(NoBuildInfo::Malformed)?;
    Ok(BuildInfo { blob, info })
}

fn go_image(data: &[u8]) -> Result<Image<'_>, NoBuildInfo> {
    let refused = NoBuildInfo::UnrecognizedFormat;
    if data.len() < 16 {
        return Err(refused);
    }
    let accepted = match sniff(data) {
        // Go has no reader for wasm; ours would look at every function.
        Some(Sniffed::One(Format::Wasm)) => None,
        Some(Sniffed::One(_)) => Image::parse(data).ok().filter(strict::go_opens),
        Some(Sniffed::Fat) if strict::go_opens_fat(data) => Image::parse(data).ok(),
        _ => None,
    };
    accepted.ok_or(refused)
}

/// A part of the address space as Go's reader for the format sees it.
struct Area {
    addr: u64,
    size: u64,
    /// Offset in the image's data; `None` for a section without contents.
    offset: Option<u64>,
}

/// Go's view of a file: where to search, and what holds an address.
struct View<'a> {
    data: &'a [u8],
    areas: Vec<Area>,
    start: u64,
    size: u64,
    unmapped: NoBuildInfo,
}

impl<'a> View<'a> {
    fn of(image: &Image<'a>) -> View<'a> {
        let mut view = View {
            data: image.data,
            areas: Vec::new(),
            start: 0,
            size: 0,
            unmapped: NoBuildInfo::UnrecognizedFormat,
        };
        let search = match &image.detail {
            Detail::Elf(e) => {
                // Go looks through all program headers, not only the loaded ones.
                let areas = e.program_headers.iter();
                view.areas = areas
                    .map(|p| Area {
                        addr: p.addr,
                        size: p.file_size,
                        offset: Some(p.offset),
                    })
                    .collect();
                let compressed =
                    |s: &&crate::image::Section<'_>| s.flags & u64::from(elf::SHF_COMPRESSED) == 0;
                image
                    .section(".go.buildinfo")
                    .filter(compressed)
                    .map(|s| (s.addr, s.mem_size))
            }
            Detail::MachO(_) => {
                let areas = image.segments.iter().filter(|s| s.name != b"__PAGEZERO");
                view.areas = areas
                    .map(|s| Area {
                        addr: s.addr,
                        size: s.file_size,
                        offset: Some(s.offset),
                    })
                    .collect();
                image.section("__go_buildinfo").map(|s| (s.addr, s.mem_size))
            }
            Detail::Pe(p) => {
                view.areas = image.sections.iter().map(|s| pe_area(image, s)).collect();
                const ALIGN_32: u64 = 0x60_0000;
                const DATA: u64 = 0xc000_0040;
                let wanted = |s: &&crate::image::Section<'_>| {
                    s.addr != p.image_base && raw_size(image, s) != 0 && s.flags & !ALIGN_32 == DATA
                };
                image.sections.iter().find(wanted).map(|s| (s.addr, s.mem_size))
            }
            Detail::Xcoff(_) => {
                view.unmapped = NoBuildInfo::NotMapped;
                let areas = image.sections.iter();
                view.areas = areas
                    .map(|s| Area {
                        addr: s.addr,
                        size: s.mem_size,
                        offset: (s.offset != 0).then_some(s.offset),
                    })
                    .collect();
                let data = image
                    .sections
                    .iter()
                    .find(|s| s.flags == u64::from(crate::image::xcoff::STYP_DATA));
                data.map(|s| (s.addr, s.mem_size))
            }
            Detail::Plan9(_) => {
                // Here Go takes file offsets for addresses.
                view.unmapped = NoBuildInfo::NotMapped;
                let areas = image.sections.iter();
                view.areas = areas
                    .map(|s| Area {
                        addr: s.offset,
                        size: s.file_size,
                        offset: Some(s.offset),
                    })
                    .collect();
                image.section("data").map(|s| (s.offset, s.file_size))
            }
            Detail::Wasm(_) => None,
        };
        (view.start, view.size) = search.unwrap_or((0, 0));
        view
    }

    /// The bytes from `addr` to the end of what holds it. Bounds wrap around as they do in Go.
    fn from(&self, addr: u64) -> Result<&'a [u8], NoBuildInfo> {
        let holds = |a: &&Area| a.addr <= addr && addr <= a.addr.wrapping_add(a.size).wrapping_sub(1);
        let area = self
            .areas
            .iter()
            .find(holds)
            .ok_or_else(|| self.unmapped.clone())?;
        let offset = area.offset.ok_or(NoBuildInfo::Uninitialized)?;
        let skip = addr - area.addr;
        Ok(clip(
            self.data,
            offset.saturating_add(skip),
            area.size.saturating_sub(skip),
        ))
    }

    /// Exactly `len` bytes at `addr`.
    fn exactly(&self, addr: u64, len: u64) -> Result<&'a [u8], NoBuildInfo> {
        let rest = self.from(addr)?;
        usize::try_from(len)
            .ok()
            .and_then(|n| rest.get(..n))
            .ok_or(NoBuildInfo::NotGo)
    }
}

fn raw_size(image: &Image<'_>, s: &crate::image::Section<'_>) -> u64 {
    if s.file_size != 0 || s.offset != 0 {
        return s.file_size;
    }
    // A section without a place in the file still has a raw size in its header.
    let at = image
        .sections
        .iter()
        .position(|x| std::ptr::eq(x, s))
        .unwrap_or(0);
    let table = image.pe().map_or(0, |p| {
        p.pe_offset as usize + 24 + usize::from(p.optional_header_size)
    });
    Endian::Little
        .u32(image.data, table + at * 40 + 16)
        .map_or(0, u64::from)
}

fn pe_area(image: &Image<'_>, s: &crate::image::Section<'_>) -> Area {
    Area {
        addr: s.addr,
        size: raw_size(image, s),
        offset: (s.offset != 0).then_some(s.offset),
    }
}

/// Finds the blob as Go 1.27 does: in the section made for it (ELF, Mach-O), else in the first data section.
///
/// # Errors
/// See [`NoBuildInfo`].
pub fn find<'a>(image: &Image<'a>) -> Result<Blob<'a>, NoBuildInfo> {
    let view = View::of(image);
    if view.size == 0 {
        return Err(if image.format == Format::Wasm {
            NoBuildInfo::UnrecognizedFormat
        } else {
            NoBuildInfo::NotGo
        });
    }
    let addr = search(&view)?;
    let header = view.exactly(addr, HEADER as u64)?;
    let mut blob = decode(header, |at| view.from(at), addr)?;
    let base = view
        .areas
        .iter()
        .find(|a| a.addr <= addr && addr - a.addr < a.size);
    blob.offset = base.and_then(|a| a.offset?.checked_add(addr - a.addr));
    Ok(blob)
}

fn search(view: &View<'_>) -> Result<u64, NoBuildInfo> {
    let end = view
        .start
        .checked_add(view.size)
        .ok_or(NoBuildInfo::UnrecognizedFormat)?;
    let mut start = view.start.checked_next_multiple_of(ALIGN as u64).unwrap_or(end);
    let finder = memchr::memmem::Finder::new(MAGIC);
    while start < end {
        let remaining = end - start;
        let chunk = CHUNK.min(remaining);
        let bytes = view.from(start)?;
        if bytes.is_empty() {
            return Err(NoBuildInfo::NotGo);
        }
        let mut data = bytes
            .get(..usize::try_from(chunk).unwrap_or(usize::MAX))
            .unwrap_or(bytes);
        while let Some(i) = finder.find(data) {
            if remaining.saturating_sub(i as u64) < HEADER as u64 {
                return Err(NoBuildInfo::NotGo);
            }
            if i % ALIGN == 0 {
                // After a misaligned hit Go counts from the wrong place; so does this, to say the same.
                return Ok(start + i as u64);
            }
            data = data.get(i.next_multiple_of(ALIGN)..).ok_or(NoBuildInfo::NotGo)?;
        }
        start += chunk;
    }
    Err(NoBuildInfo::NotGo)
}

/// Decodes a header; `from` gives the bytes at a virtual address.
fn decode<'a>(
    header: &'a [u8],
    from: impl Fn(u64) -> Result<&'a [u8], NoBuildInfo>,
    addr: u64,
) -> Result<Blob<'a>, NoBuildInfo> {
    let (ptr_size, flags) = (
        header.get(14).copied().unwrap_or(0),
        header.get(15).copied().unwrap_or(0),
    );
    const BIG_ENDIAN: u8 = 1;
    const INLINE: u8 = 2;
    let mut blob = Blob {
        addr,
        offset: None,
        size: HEADER as u64,
        inline: flags & INLINE != 0,
        version: &[],
        framed_modinfo: &[],
    };
    if blob.inline {
        let mut at = addr.wrapping_add(HEADER as u64);
        blob.version = counted(&from, &mut at)?;
        blob.framed_modinfo = counted(&from, &mut at)?;
        blob.size = at.wrapping_sub(addr);
    } else {
        if ptr_size != 4 && ptr_size != 8 {
            return Err(NoBuildInfo::NotGo);
        }
        let endian = if flags & BIG_ENDIAN != 0 {
            Endian::Big
        } else {
            Endian::Little
        };
        let string = |slot: usize| {
            let pointer = endian.word(header, ALIGN + slot * usize::from(ptr_size), ptr_size)?;
            let head = from(pointer).ok()?;
            let (addr, len) = (
                endian.word(head, 0, ptr_size)?,
                endian.word(head, ptr_size.into(), ptr_size)?,
            );
            from(addr).ok()?.get(..usize::try_from(len).ok()?)
        };
        blob.version = string(0).unwrap_or_default();
        blob.framed_modinfo = string(1).unwrap_or_default();
    }
    if blob.version.is_empty() {
        return Err(NoBuildInfo::NotGo);
    }
    Ok(blob)
}

/// A string with its length as an unsigned varint in front; moves `at` behind it. Go reads ten bytes for the
/// length, so ten must be there.
fn counted<'a>(
    from: &impl Fn(u64) -> Result<&'a [u8], NoBuildInfo>,
    at: &mut u64,
) -> Result<&'a [u8], NoBuildInfo> {
    let head = from(*at)?.get(..10).ok_or(NoBuildInfo::NotGo)?;
    let (len, n) = uvarint(head).ok_or(NoBuildInfo::NotGo)?;
    let text_at = at.wrapping_add(n);
    // An empty string at the very end of a segment is still looked up in it.
    let text = from(text_at)?
        .get(..usize::try_from(len).unwrap_or(usize::MAX))
        .ok_or(NoBuildInfo::NotGo)?;
    *at = text_at.wrapping_add(len);
    Ok(text)
}

/// (value, bytes used) of an unsigned varint of at most ten bytes that fits 64 bits.
fn uvarint(b: &[u8]) -> Option<(u64, u64)> {
    let mut value = 0u64;
    for (i, &byte) in b.iter().enumerate().take(10) {
        if i == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i as u64 + 1));
        }
    }
    None
}

/// Finds an inline blob anywhere, for files that `go version` can't see into: c-archive members, files whose
/// section headers are gone; in wasm, anywhere in the linear memory.
pub(super) fn recover<'a>(memory: &Memory<'_, 'a>) -> Option<BuildInfo<'a>> {
    let image = memory.image();
    if image.format == Format::Wasm {
        let mut all = memory.stretches().into_iter();
        let place = |s: &super::memory::Stretch<'a>, at: u64| (memory.offset(s.addr + at), s.addr + at);
        return all.find_map(|s| {
            let blob = recover_in(s.bytes, |at| place(&s, at));
            blob.or_else(|| recover_wasm(image, s.bytes, |at| place(&s, at)))
        });
    }
    recover_in(image.data, |at| (Some(at), image.offset_to_addr(at).unwrap_or(0)))
}

/// Of a wasm module the linker leaves the blob out. The module information is there all the same, for
/// `debug.ReadBuildInfo`, in its frame (Go 1.27: cmd/go/internal/modload, ModInfoData); the version is in the
/// section `producers`.
fn recover_wasm<'a>(
    image: &Image<'a>,
    bytes: &'a [u8],
    place: impl Fn(u64) -> (Option<u64>, u64),
) -> Option<BuildInfo<'a>> {
    const START: &[u8; 16] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
    const END: &[u8; 16] = b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
    const TRIES: usize = 16;
    let producers = &image.wasm()?.producers;
    let version = producers
        .iter()
        .find(|p| p.0 == "language" && p.1 == "Go")?
        .2
        .as_bytes();
    if !super::version::plausible(version) {
        return None;
    }
    for at in memchr::memmem::find_iter(bytes, START).take(TRIES) {
        let rest = bytes.get(at..)?;
        let Some(end) = memchr::memmem::find(rest, END) else {
            break;
        };
        let framed_modinfo = rest.get(..end + END.len())?;
        let (offset, addr) = place(at as u64);
        let size = framed_modinfo.len() as u64;
        let blob = Blob {
            addr,
            offset,
            size,
            inline: true,
            version,
            framed_modinfo,
        };
        match modinfo::parse(blob.modinfo()) {
            Ok(info) if !info.is_empty() => return Some(BuildInfo { blob, info }),
            _ => {}
        }
    }
    None
}

/// The first blob in `bytes`; `place` gives offset and virtual address of a position in them.
fn recover_in<'a>(bytes: &'a [u8], place: impl Fn(u64) -> (Option<u64>, u64)) -> Option<BuildInfo<'a>> {
    // At most so many false starts are looked at; a real file has one or none.
    const TRIES: usize = 64;
    for at in memchr::memmem::find_iter(bytes, MAGIC).take(TRIES) {
        let Some(rest) = bytes.get(at..) else { break };
        let Some(header) = rest.get(..HEADER) else { break };
        let from = |addr: u64| -> Result<&'a [u8], NoBuildInfo> {
            usize::try_from(addr)
                .ok()
                .and_then(|i| rest.get(i..))
                .ok_or(NoBuildInfo::NotGo)
        };
        if header.get(15).is_none_or(|f| f & 2 == 0) {
            continue;
        }
        let Ok(mut blob) = decode(header, from, 0) else {
            continue;
        };
        if !super::version::plausible(blob.version) {
            continue;
        }
        (blob.offset, blob.addr) = place(at as u64);
        if let Ok(info) = modinfo::parse(blob.modinfo()) {
            return Some(BuildInfo { blob, info });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        assert_eq!(uvarint(&[0x08]), Some((8, 1)));
        assert_eq!(uvarint(&[0xac, 0x02]), Some((300, 2)));
        assert_eq!(uvarint(&[0x80; 10]), None);
        assert_eq!(uvarint(&[0xff; 9]), None);
    }

    #[test]
    fn too_short_and_unknown_files_are_not_recognized() {
        assert_eq!(read(b"").unwrap_err(), NoBuildInfo::UnrecognizedFormat);
        assert_eq!(
            read(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0").unwrap_err(),
            NoBuildInfo::UnrecognizedFormat
        );
        assert_eq!(read(&[b'x'; 100]).unwrap_err(), NoBuildInfo::UnrecognizedFormat);
    }

    #[test]
    fn the_frame_is_taken_off_only_where_it_stands() {
        let frame = [b"0123456789abcdef".as_slice(), b"path\tx\n", b"fedcba9876543210"].concat();
        let blob = |m| Blob {
            addr: 0,
            offset: None,
            size: 32,
            inline: true,
            version: b"go1.20",
            framed_modinfo: m,
        };
        assert_eq!(blob(&frame).modinfo(), b"path\tx\n");
        assert_eq!(blob(&frame[..38]).modinfo(), b"");
        assert_eq!(blob(b"").modinfo(), b"");
    }
}
