//! Debug sections as they were before a linker compressed them.
//!
//! Three ways are in use: SHF_COMPRESSED with a compression header (gABI; zlib and zstd), the old GNU
//! `.zdebug_*`, and Mach-O's
//! `__zdebug_*`; the last two start with `ZLIB` and a big-endian 64-bit size.

use std::borrow::Cow;
use std::io::{self, Read};

use super::{Endian, Format, Image, Section, elf};
use crate::error::{Error, Result};
use crate::zst;

/// How a section is compressed.
pub(super) struct Header {
    method: Method,
    /// Bytes before the compressed stream.
    skip: usize,
    /// Bytes when uncompressed, as the header claims.
    pub(super) size: u64,
}

#[derive(PartialEq)]
enum Method {
    Zlib,
    Zstd,
}

const ELFCOMPRESS_ZLIB: u32 = 1;
const ELFCOMPRESS_ZSTD: u32 = 2;

/// deflate can't do better than 1032 to 1; zstd can, but a debug section does not.
const MAX_RATIO: u64 = 1032;
/// What one section may be inflated to: this, and so many times the file.
const MOST: (u64, u64) = (8 << 20, 4);

pub(super) fn header<'a>(image: &Image<'a>, section: &Section<'a>) -> Option<Header> {
    let b = image.section_bytes(section);
    let e = image.endian;
    if image.format == Format::Elf && section.flags & u64::from(elf::SHF_COMPRESSED) != 0 {
        let method = match e.u32(b, 0)? {
            ELFCOMPRESS_ZLIB => Method::Zlib,
            ELFCOMPRESS_ZSTD => Method::Zstd,
            _ => return None,
        };
        return Some(match image.ptr_size {
            8 => Header {
                method,
                skip: 24,
                size: e.u64(b, 8)?,
            },
            _ => Header {
                method,
                skip: 12,
                size: u64::from(e.u32(b, 4)?),
            },
        });
    }
    let old = section.name.starts_with(b".zdebug") || section.name.starts_with(b"__zdebug");
    if old && b.starts_with(b"ZLIB") {
        return Some(Header {
            method: Method::Zlib,
            skip: 12,
            size: Endian::Big.u64(b, 4)?,
        });
    }
    None
}

pub(super) fn contents<'a>(image: &Image<'a>, section: &Section<'a>) -> Result<Cow<'a, [u8]>> {
    let raw = image.section_bytes(section);
    let Some(h) = header(image, section) else {
        return Ok(Cow::Borrowed(raw));
    };
    let broken = |what: String| Error::at("compressed section", section.offset, what);
    let stream = raw.get(h.skip..).unwrap_or_default();
    let most = (image.data.len() as u64)
        .saturating_mul(MOST.1)
        .saturating_add(MOST.0);
    if h.size
        > (stream.len() as u64)
            .saturating_mul(MAX_RATIO)
            .saturating_add(64)
            .min(most)
    {
        return Err(broken(format!(
            "claims to hold {} bytes in {}",
            h.size,
            stream.len()
        )));
    }
    if !image.budget.inflate(h.size) {
        image.budget.left_out("compressed sections");
        return Err(broken("shares its stream with others".into()));
    }
    let mut out = Vec::new();
    let limit = h.size;
    let read = match h.method {
        Method::Zlib => inflate(stream, limit, &mut out),
        Method::Zstd => {
            zst::reader(stream, zst::WINDOW_LOG).and_then(|d| d.take(limit).read_to_end(&mut out))
        }
    };
    read.map_err(|e| broken(e.to_string()))?;
    if out.len() as u64 != h.size {
        return Err(broken(format!("holds {} bytes, not {}", out.len(), h.size)));
    }
    Ok(Cow::Owned(out))
}

/// Decompresses all at once, into place: sections are large and their sizes are told.
fn inflate(stream: &[u8], size: u64, out: &mut Vec<u8>) -> io::Result<usize> {
    out.try_reserve_exact(usize::try_from(size).map_err(io::Error::other)?)?;
    let status =
        flate2::Decompress::new(true).decompress_vec(stream, out, flate2::FlushDecompress::Finish)?;
    match status {
        flate2::Status::StreamEnd => Ok(out.len()),
        _ if out.len() as u64 == size => Ok(out.len()),
        _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}
