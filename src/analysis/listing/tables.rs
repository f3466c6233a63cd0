//! Where an image keeps what a listing needs: architecture, text, line table; each format in its own place.
//!
//! The authority is cmd/internal/objfile of Go 1.27 (`goarch`, `text` and `pcln` of each format's file).

use crate::error::{Error, Result};
use crate::image::{Arch, Format, Image, Place};

/// The architecture in the word that Go's readers have for it, which is not always the one of `go build`.
pub(super) fn goarch(image: &Image<'_>) -> &'static str {
    match (image.format, image.arch) {
        (Format::Xcoff, _) => {
            if image.ptr_size == 8 {
                "ppc64"
            } else {
                "ppc"
            }
        }
        (Format::Pe, Arch::I386 | Arch::Amd64 | Arch::Arm64)
        | (Format::MachO, Arch::I386 | Arch::Amd64 | Arch::Arm | Arch::Arm64 | Arch::Ppc64)
        | (Format::Plan9, Arch::I386 | Arch::Amd64 | Arch::Arm) => image.arch.goarch(),
        (Format::Elf, Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le) => "",
        (Format::Elf, _) => image.arch.goarch(),
        _ => "",
    }
}

/// The line table, and the start of the text section. Empty where a format may do without.
pub(super) fn pclntab<'a>(image: &Image<'a>) -> Result<(u64, &'a [u8])> {
    let start = image.text_section().map_or(0, |s| s.addr);
    let bytes = |name| image.section(name).map(|s| image.section_bytes(s));
    let table = match image.format {
        Format::Elf => bytes(".gopclntab")
            .or_else(|| bytes(".data.rel.ro.gopclntab"))
            .or_else(|| between_symbols(image))
            .unwrap_or(&[]),
        Format::MachO => bytes("__gopclntab").unwrap_or(&[]),
        _ => in_section(image, b"runtime.pclntab", b"runtime.epclntab")
            .or_else(|e| in_section(image, b"pclntab", b"epclntab").map_err(|_| e))?,
    };
    Ok((start, table))
}

fn between_symbols<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    let table = image.symbols().ok()?;
    let addr = |name: &[u8]| {
        table
            .iter()
            .find(|s| s.name == name && s.addr != 0)
            .map(|s| s.addr)
    };
    let (start, end) = (addr(b"runtime.pclntab")?, addr(b"runtime.epclntab")?);
    image.bytes_at(start, end.checked_sub(start)?)
}

/// The bytes between two symbols of one section.
fn in_section<'a>(image: &Image<'a>, first: &[u8], last: &[u8]) -> Result<&'a [u8]> {
    let text = image.sections.iter().position(|s| s.name == b"text");
    let find = |name: &[u8]| {
        let table = image.symbols().unwrap_or_default();
        let found = table.iter().find(|s| s.name == name);
        let missing = || Error::new(format!("no {} symbol found", String::from_utf8_lossy(name)));
        let s = found.ok_or_else(missing)?;
        match s.place {
            // Plan 9's reader takes every address for one in the text.
            _ if image.format == Format::Plan9 => Ok((text.unwrap_or(0), s.addr)),
            Place::Section(i) => Ok((i, s.addr)),
            _ => Err(Error::new(format!(
                "symbol {}: invalid section number",
                String::from_utf8_lossy(name)
            ))),
        }
    };
    let ((i, start), (j, end)) = (find(first)?, find(last)?);
    let section = image.sections.get(i).filter(|_| i == j);
    let section = section.ok_or_else(|| {
        let (first, last) = (String::from_utf8_lossy(first), String::from_utf8_lossy(last));
        Error::new(format!("{first} and {last} symbols must be in the same section"))
    })?;
    let range = |addr: u64| usize::try_from(addr.wrapping_sub(section.addr)).unwrap_or(usize::MAX);
    image
        .section_bytes(section)
        .get(range(start)..range(end))
        .ok_or_else(|| Error::within("pclntab", "reaches past its section"))
}
