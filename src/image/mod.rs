//! Bytes → one [`Image`] for every container format.
//!
//! Formats differ while they are read, not after: each file of this room lowers one format to the same
//! segments, sections and symbols, and keeps what only that format has in [`Detail`]. A partly broken file
//! yields what was readable, and [`Image::warnings`] says what was not. Only the headers are read here;
//! symbols, relocations and decompressed sections are made when asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

pub mod archive;
pub mod budget;
mod compress;
pub mod elf;
pub mod elf_versions;
pub(crate) mod extent;
pub mod goobj;
pub mod macho;
pub mod pe;
pub mod plan9;
mod pointers;
pub(crate) mod ranges;
pub mod strict;
mod symbols;
mod types;
pub mod upx;
pub mod wasm;
pub mod xcoff;

pub use pointers::Relocation;
pub use symbols::{Place, Symbol};
pub use types::{Arch, Endian, Format, Perm, Section, Segment, debug_name};

use crate::error::{Error, Result};
use budget::Budget;
use ranges::Ranges;

/// Something that could not be read, while the rest could.
pub type Warning = Error;

/// What only one format has.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Detail<'a> {
    Elf(elf::Elf<'a>),
    MachO(macho::MachO<'a>),
    Pe(pe::Pe<'a>),
    Xcoff(xcoff::Xcoff),
    Plan9(plan9::Plan9),
    Wasm(wasm::Wasm<'a>),
}

/// One program, library or object, whatever its container.
#[derive(Debug)]
pub struct Image<'a> {
    /// The container format.
    pub format: Format,
    /// The image's own bytes: the whole file, one slice of a fat file, or one member of an archive. All
    /// offsets count from its start.
    pub data: &'a [u8],
    /// Where `data` starts in the file that was opened, in bytes.
    pub base: u64,
    /// What the opened file is, where the image is only a part of it: a fat Mach-O or an archive.
    pub container: Option<Sniffed>,
    /// Instruction set.
    pub arch: Arch,
    /// Byte order.
    pub endian: Endian,
    /// Bytes in a pointer: 4 or 8.
    pub ptr_size: u8,
    /// Entry point's virtual address, 0 for none.
    pub entry: u64,
    /// In the order of the header.
    pub segments: Vec<Segment<'a>>,
    /// In the order of the header; ELF's null section 0 is included so that indices match.
    pub sections: Vec<Section<'a>>,
    /// What could not be read of the headers; [`Image::all_warnings`] has the rest.
    pub warnings: Vec<Warning>,
    /// What only this format has.
    pub detail: Detail<'a>,
    budget: Budget,
    by_addr: OnceLock<ByAddr>,
    symbols: OnceLock<Result<Vec<Symbol<'a>>>>,
    pointers: OnceLock<pointers::Pointers>,
}

/// Segments by address and by offset, sections by address: for images that have many.
#[derive(Debug)]
struct ByAddr {
    segments: Ranges,
    offsets: Ranges,
    sections: Ranges,
}

/// So few segments and sections are looked through faster than an index.
const FEW: usize = 8;

/// The parts every format's reader fills in; the rest of [`Image`] is made lazily.
struct Parts<'a> {
    format: Format,
    data: &'a [u8],
    arch: Arch,
    endian: Endian,
    ptr_size: u8,
    entry: u64,
    segments: Vec<Segment<'a>>,
    sections: Vec<Section<'a>>,
    warnings: Vec<Warning>,
    detail: Detail<'a>,
}

impl<'a> Image<'a> {
    /// Reads the headers of `data`: ELF, thin Mach-O, the first slice of a fat Mach-O, PE, XCOFF, Plan 9,
    /// wasm, or the Go member of an `ar` archive.
    ///
    /// # Errors
    /// Where the format is not recognised, or its first header can't be read.
    pub fn parse(data: &'a [u8]) -> Result<Image<'a>> {
        Image::parse_arch(data, None)
    }

    /// Like [`Image::parse`]; of a fat Mach-O takes the slice for `goarch` (a GOARCH word), if one is named.
    ///
    /// # Errors
    /// As [`Image::parse`], and where no slice is for `goarch`.
    pub fn parse_arch(data: &'a [u8], goarch: Option<&str>) -> Result<Image<'a>> {
        let outer = sniff(data).ok_or_else(|| Error::new("unrecognized file format"))?;
        match outer {
            Sniffed::One(format) => Image::parse_as(data, format),
            Sniffed::Fat => {
                let slices = macho::slices(data)?;
                let slice = match goarch {
                    None => slices.first(),
                    Some(want) => slices.iter().find(|s| s.arch.goarch() == want),
                };
                let slice = slice.ok_or_else(|| Error::new("no such architecture in the fat Mach-O file"))?;
                let mut image = Image::parse_as(slice.data, Format::MachO)?;
                image.base = slice.offset;
                image.container = Some(outer);
                Ok(image)
            }
            Sniffed::Archive => {
                let member = archive::go_member(data)?;
                let Some(Sniffed::One(format)) = sniff(member.data) else {
                    return Err(Error::at(
                        "archive member",
                        member.offset,
                        "unrecognized file format",
                    ));
                };
                let mut image = Image::parse_as(member.data, format)?;
                image.base = member.offset;
                image.container = Some(outer);
                Ok(image)
            }
        }
    }

    /// Reads `data` as a COFF object, which has no magic number to know it by: what a C compiler for windows
    /// leaves in a package archive.
    ///
    /// # Errors
    /// Where the header can't be read. Most other bytes can be: ask [`strict::go_opens`] whether they make
    /// sense.
    pub fn parse_coff(data: &'a [u8]) -> Result<Image<'a>> {
        Image::parse_as(data, Format::Pe)
    }

    fn parse_as(data: &'a [u8], format: Format) -> Result<Image<'a>> {
        let budget = Budget::new(data.len());
        let mut p = match format {
            Format::Elf => elf::parse(data, &budget)?,
            Format::MachO => macho::parse(data)?,
            Format::Pe => pe::parse(data, &budget)?,
            Format::Xcoff => xcoff::parse(data)?,
            Format::Plan9 => plan9::parse(data)?,
            Format::Wasm => wasm::parse(data)?,
            Format::Archive | Format::GoObject => return Err(Error::new("unrecognized file format")),
        };
        mapped_once(data, &mut p);
        Ok(Image {
            format: p.format,
            data: p.data,
            base: 0,
            container: None,
            arch: p.arch,
            endian: p.endian,
            ptr_size: p.ptr_size,
            entry: p.entry,
            segments: p.segments,
            sections: p.sections,
            warnings: p.warnings,
            detail: p.detail,
            budget,
            by_addr: OnceLock::new(),
            symbols: OnceLock::new(),
            pointers: OnceLock::new(),
        })
    }

    /// What the readers of this image's tables may take.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// What could not be read so far, the tables that were asked for included.
    pub fn all_warnings(&self) -> Vec<Warning> {
        let mut all = self.warnings.clone();
        all.extend(self.budget.warnings());
        all
    }

    fn by_addr(&self) -> &ByAddr {
        self.by_addr.get_or_init(|| {
            let end = |start: u64, size: u64| (start, start.saturating_add(size));
            let numbered = |(i, (start, end)): (usize, (u64, u64))| (i as u32, start, end);
            let segments = self.segments.iter().map(|s| end(s.addr, s.file_size));
            let offsets = self.segments.iter().map(|s| end(s.offset, s.file_size));
            let sections = self
                .sections
                .iter()
                .map(|s| end(s.addr, if s.alloc { s.mem_size } else { 0 }));
            ByAddr {
                segments: Ranges::new(segments.enumerate().map(numbered)),
                offsets: Ranges::new(offsets.enumerate().map(numbered)),
                sections: Ranges::new(sections.enumerate().map(numbered)),
            }
        })
    }

    /// The first section of that name.
    pub fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|s| s.name == name.as_bytes())
    }

    /// The section of the program's code.
    pub fn text_section(&self) -> Option<&Section<'a>> {
        self.section(self.format.text_name())
    }

    /// The bytes of a section as they stand in the file, cut where the file ends.
    pub fn section_bytes(&self, section: &Section<'a>) -> &'a [u8] {
        clip(self.data, section.offset, section.file_size)
    }

    /// The contents of a section, decompressed where it is compressed (SHF_COMPRESSED with zlib or zstd,
    /// `.zdebug_*`, Mach-O `__zdebug_*`).
    ///
    /// # Errors
    /// Where the compressed stream is broken or claims to be larger than it can be.
    pub fn section_contents(&self, section: &Section<'a>) -> Result<Cow<'a, [u8]>> {
        compress::contents(self, section)
    }

    /// The uncompressed size of a section that is stored compressed, `None` where it is stored as it is.
    pub fn section_uncompressed_size(&self, section: &Section<'a>) -> Option<u64> {
        compress::header(self, section).map(|h| h.size)
    }

    /// The loadable segment whose bytes in the file hold `addr`.
    pub fn segment_at(&self, addr: u64) -> Option<&Segment<'a>> {
        if self.segments.len() > FEW {
            return self.segments.get(self.by_addr().segments.at(addr)?.0 as usize);
        }
        self.segments
            .iter()
            .find(|s| addr >= s.addr && addr - s.addr < s.file_size)
    }

    /// The section that holds a virtual address in memory (bss included). Unmapped sections hold nothing.
    pub fn section_at(&self, addr: u64) -> Option<&Section<'a>> {
        if self.sections.len() > FEW {
            return self.sections.get(self.by_addr().sections.at(addr)?.0 as usize);
        }
        self.sections
            .iter()
            .find(|s| s.alloc && addr >= s.addr && addr - s.addr < s.mem_size)
    }

    /// The bytes from a virtual address to the end of its segment's contents in the file.
    pub fn bytes_from(&self, addr: u64) -> Option<&'a [u8]> {
        let segment = self.segment_at(addr)?;
        let all = clip(self.data, segment.offset, segment.file_size);
        all.get(usize::try_from(addr - segment.addr).ok()?..)
    }

    /// `len` bytes at a virtual address, `None` unless all of them are in the file.
    pub fn bytes_at(&self, addr: u64, len: u64) -> Option<&'a [u8]> {
        self.bytes_from(addr)?.get(..usize::try_from(len).ok()?)
    }

    /// Offset in the image's data of a virtual address, `None` where the file holds no byte for it.
    pub fn addr_to_offset(&self, addr: u64) -> Option<u64> {
        let s = self.segment_at(addr)?;
        s.offset.checked_add(addr - s.addr)
    }

    /// Virtual address of an offset in the image's data.
    pub fn offset_to_addr(&self, offset: u64) -> Option<u64> {
        let s = if self.segments.len() > FEW {
            self.segments.get(self.by_addr().offsets.at(offset)?.0 as usize)?
        } else {
            self.segments
                .iter()
                .find(|s| offset >= s.offset && offset - s.offset < s.file_size)?
        };
        s.addr.checked_add(offset - s.offset)
    }

    /// The pointer-sized word stored at `addr`, without regard to relocations.
    pub fn word_at(&self, addr: u64) -> Option<u64> {
        self.endian.word(self.bytes_from(addr)?, 0, self.ptr_size)
    }

    /// The symbol table: ELF `.symtab`, Mach-O LC_SYMTAB, PE COFF symbols, XCOFF and Plan 9 symbols, wasm
    /// function names. In the order of the file, all entries. Read once, at the first call.
    ///
    /// # Errors
    /// Where there is no symbol table, or it can't be read.
    pub fn symbols(&self) -> Result<&[Symbol<'a>]> {
        match self.symbols.get_or_init(|| symbols::read(self)) {
            Ok(v) => Ok(v),
            Err(e) => Err(e.clone()),
        }
    }

    /// The pointer stored at `addr` as the loaded program would see it (before it is moved): dynamic
    /// relocations and Mach-O chained fix-ups are taken into account. `None` where the file holds nothing at
    /// `addr`.
    pub fn pointer_at(&self, addr: u64) -> Option<u64> {
        self.pointers.get_or_init(|| pointers::read(self)).at(self, addr)
    }

    /// The dynamic relocations and fix-ups of the image, sorted by the address they patch. Read once, at the
    /// first call.
    pub fn relocations(&self) -> &[Relocation] {
        self.pointers.get_or_init(|| pointers::read(self)).all()
    }
}

/// Leaves out segments once all together map the file several times over: what looks through memory looks
/// through each of them.
fn mapped_once(data: &[u8], parts: &mut Parts<'_>) {
    let mut left = (data.len() as u64).saturating_mul(2).saturating_add(1 << 20);
    let all = parts.segments.len();
    parts.segments.retain(|s| {
        let size = clip(data, s.offset, s.file_size).len() as u64;
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    let kept = parts.segments.len();
    if kept < all {
        let what = format!("of {all} segments, which map the same bytes, {kept} were read");
        parts.warnings.push(Error::within("segments", what));
    }
}

/// The bytes `[offset, offset + len)` of `data`, cut where `data` ends; empty where `offset` is past the end.
pub fn clip(data: &[u8], offset: u64, len: u64) -> &[u8] {
    let size = data.len() as u64;
    let start = offset.min(size);
    let end = offset.saturating_add(len).min(size);
    data.get(start as usize..end as usize).unwrap_or(&[])
}

/// The bytes of `b` from `offset` up to the first NUL, or to the end; `None` where `offset` is past the end.
pub fn c_string(b: &[u8], offset: usize) -> Option<&[u8]> {
    b.get(offset..).map(until_nul)
}

/// `b` up to its first NUL.
fn until_nul(b: &[u8]) -> &[u8] {
    &b[..memchr::memchr(0, b).unwrap_or(b.len())]
}

/// What the first bytes say a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// One image of a format.
    One(Format),
    /// A fat Mach-O.
    Fat,
    /// An `ar` archive.
    Archive,
}

/// Recognises a format by its magic number (as Go 1.27's debug/buildinfo does, with wasm and ar added).
pub fn sniff(data: &[u8]) -> Option<Sniffed> {
    let one = |f| Some(Sniffed::One(f));
    match data.get(..4)? {
        [0x7f, b'E', b'L', b'F'] => one(Format::Elf),
        [b'M', b'Z', ..] => one(Format::Pe),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => one(Format::MachO),
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] => Some(Sniffed::Fat),
        [0x01, 0xdf | 0xf7, ..] => one(Format::Xcoff),
        [0, b'a', b's', b'm'] => one(Format::Wasm),
        _ if archive::is_archive(data) => Some(Sniffed::Archive),
        _ if plan9::machine(data).is_some() => one(Format::Plan9),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_never_leaves_the_data() {
        assert_eq!(clip(b"abc", 1, 100), b"bc");
        assert_eq!(clip(b"abc", u64::MAX, u64::MAX), b"");
        assert_eq!(clip(b"abc", 3, 1), b"");
    }

    #[test]
    fn text_is_no_image() {
        assert!(Image::parse(b"#!/bin/sh\necho hello\n").is_err());
        assert!(Image::parse(b"").is_err());
        assert!(Image::parse(b"!<arch>\n").is_err());
    }
}
