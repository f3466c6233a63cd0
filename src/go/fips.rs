//! Go's record of its FIPS 140 module: four stretches of code and data, and a sum over them.
//!
//! Authority: Go 1.27, cmd/link/internal/ld/fips140.go (the record, `fipsObj`),
//! crypto/internal/fips140/check/check.go (how the program checks it).

use sha2::{Digest, Sha256};

use super::Program;
use crate::image::Image;

const MAGIC: &[u8; 16] = b"\xff Go fipsinfo \xff\0";
/// What is summed starts with it.
const TITLE: &[u8] = b"go fips object v1\n";
const SUM: usize = 32;
const SECTIONS: usize = 4;
/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// The record of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FipsInfo {
    /// Where it stands.
    pub addr: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The sum that it holds.
    pub sum: [u8; SUM],
    /// Is it that of the code and data which it names?
    pub sum_is_true: bool,
}

/// The record, `None` where there is none (before Go 1.24), or one that names nothing in the file.
pub fn read(program: &Program<'_>) -> Option<FipsInfo> {
    let image = program.image();
    image
        .sections
        .iter()
        .filter(|s| s.alloc && s.perm.write)
        .find_map(|s| {
            let bytes = image.section_bytes(s);
            let at = memchr::memmem::find(bytes, MAGIC)?;
            record(program, image, s.addr.checked_add(at as u64)?, bytes.get(at..)?)
        })
}

fn record(program: &Program<'_>, image: &Image<'_>, addr: u64, bytes: &[u8]) -> Option<FipsInfo> {
    let word = usize::from(image.ptr_size);
    let start = MAGIC.len() + SUM;
    let at = |n: usize| image.endian.word(bytes, start + n * word, image.ptr_size);
    if at(0)? != addr {
        return None;
    }
    let sum: [u8; SUM] = bytes.get(MAGIC.len()..start)?.try_into().ok()?;
    // HMAC (RFC 2104) with a key of zeros.
    let mut inner = Sha256::new();
    inner.update([0x36; BLOCK]);
    inner.update(TITLE);
    for n in 0..SECTIONS {
        let (from, to) = (at(1 + 2 * n)?, at(2 + 2 * n)?);
        let len = to.checked_sub(from)?;
        inner.update(len.to_be_bytes());
        inner.update(program.memory().bytes(from, len)?);
    }
    let mut outer = Sha256::new();
    outer.update([0x5c; BLOCK]);
    outer.update(inner.finalize());
    Some(FipsInfo {
        addr,
        size: (start + (1 + 2 * SECTIONS) * word) as u64,
        sum,
        sum_is_true: outer.finalize()[..] == sum[..],
    })
}
