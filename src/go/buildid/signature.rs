//! Is a Mach-O file's signature the one that Go makes of its bytes? The content part of the build ID leaves
//! it out.
//!
//! Authority: cmd/internal/codesign (`Sign`) of Go 1.27: an ad-hoc signature under the name `a.out`, with a
//! SHA-256 of each 4 KiB.

use sha2::{Digest, Sha256};

use super::content;
use crate::image::macho::MH_EXECUTE;
use crate::image::{Detail, Image};

const PAGE: usize = 4096;
const SUPER_BLOB: usize = 12 + 8;
const CODE_DIRECTORY: usize = 13 * 4 + 4 + 4 * 8;
const NAME: &[u8] = b"a.out\0";
/// Ad hoc, and made by a linker.
const FLAGS: u32 = 0x2_0002;

/// Whose signature a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// None.
    Nowhere,
    /// Go's, of these very bytes.
    ByGo,
    /// One of the size of Go's with other contents.
    Otherwise,
    /// One of another size: Apple's linker made it, and `go build` left it alone.
    Unread,
}

pub(super) fn of(image: &Image<'_>) -> Made {
    let Some((start, end)) = content::signature(image) else {
        return Made::Nowhere;
    };
    let Some(stored) = image.data.get(start..end) else {
        return Made::Otherwise;
    };
    match by_go(image, start) {
        Some(ours) if ours.len() != stored.len() => Made::Unread,
        Some(ours) if ours == stored => Made::ByGo,
        _ => Made::Otherwise,
    }
}

/// The signature that Go writes behind `size` bytes.
fn by_go(image: &Image<'_>, size: usize) -> Option<Vec<u8>> {
    let Detail::MachO(m) = &image.detail else {
        return None;
    };
    let text = image.segments.iter().find(|s| s.name == b"__TEXT")?;
    let code = image.data.get(..size)?;
    let pages = size.div_ceil(PAGE);
    let hashes = CODE_DIRECTORY + NAME.len();
    let directory = hashes + 32 * pages;
    let main = u64::from(m.file_type == MH_EXECUTE);
    let mut out = Vec::with_capacity(SUPER_BLOB + directory);
    let mut words = |all: &[usize]| {
        for w in all {
            out.extend((*w as u32).to_be_bytes());
        }
    };
    words(&[0xfade_0cc0, SUPER_BLOB + directory, 1, 0, SUPER_BLOB]);
    words(&[
        0xfade_0c02,
        directory,
        0x2_0400,
        FLAGS as usize,
        hashes,
        CODE_DIRECTORY,
        0,
    ]);
    words(&[pages, size]);
    // Bytes of a hash, SHA-256, nothing, log2 of a page.
    out.extend([32, 2, 0, 12]);
    out.extend([0; 4 * 4 + 8]);
    for v in [text.offset, text.file_size, main] {
        out.extend(v.to_be_bytes());
    }
    out.extend(NAME);
    for page in code.chunks(PAGE) {
        out.extend(Sha256::digest(page));
    }
    Some(out)
}
