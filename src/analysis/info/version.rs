//! The Go version of a file without build information: Go before 1.13, published esbuild binaries, garble, gccgo.
//!
//! `runtime.buildVersion` is a string variable that every Go program has. With symbols it is found by name; without, by its shape:
//! a word that points to a text that is a version, followed by a word that is the length of just that text.

use memchr::memmem;

use crate::go::version::plausible;
use crate::image::{Image, Place};

/// (version, where it was seen) of `runtime.buildVersion`.
pub(super) fn from_runtime(image: &Image<'_>) -> Option<(String, String)> {
    by_symbol(image).or_else(|| by_shape(image))
}

fn string_at(image: &Image<'_>, addr: u64) -> Option<String> {
    let len_at = addr.checked_add(u64::from(image.ptr_size))?;
    let (data, len) = (image.pointer_at(addr)?, image.word_at(len_at)?);
    let text = image.bytes_at(data, len.min(256))?;
    plausible(text).then(|| String::from_utf8_lossy(text).into_owned())
}

fn by_symbol(image: &Image<'_>) -> Option<(String, String)> {
    let symbols = image.symbols().ok()?;
    let s = symbols
        .iter()
        .find(|s| matches!(s.place, Place::Section(_)) && s.name == b"runtime.buildVersion")?;
    Some((
        string_at(image, s.addr)?,
        format!("symbol runtime.buildVersion at {:#x}", s.addr),
    ))
}

fn by_shape(image: &Image<'_>) -> Option<(String, String)> {
    // Texts of this form are few; each is looked for among the words of the writable segments.
    const CANDIDATES: usize = 32;
    let mut candidates = Vec::new();
    for segment in image.segments.iter().filter(|s| !s.perm.write || s.perm.exec) {
        let bytes = crate::image::clip(image.data, segment.offset, segment.file_size);
        for at in memmem::find_iter(bytes, b"go1.") {
            let len = version_len(&bytes[at..]);
            if len > 4 && candidates.len() < CANDIDATES {
                candidates.push((segment.addr.wrapping_add(at as u64), &bytes[at..at + len]));
            }
        }
    }
    let word = usize::from(image.ptr_size);
    for segment in image.segments.iter().filter(|s| s.perm.write) {
        let bytes = crate::image::clip(image.data, segment.offset, segment.file_size);
        for (i, pair) in bytes.windows(2 * word).step_by(word).enumerate() {
            let Some(len) = image
                .endian
                .word(pair, word, image.ptr_size)
                .filter(|n| (5..=64).contains(n))
            else {
                continue;
            };
            let pointer = image.endian.word(pair, 0, image.ptr_size)?;
            let hit = candidates.iter().find(|c| c.0 == pointer);
            let text = hit
                .and_then(|_| image.bytes_at(pointer, len))
                .filter(|t| is_version(t));
            if let Some(text) = text {
                let addr = segment.addr.wrapping_add((i * word) as u64);
                return Some((
                    String::from_utf8_lossy(text).into_owned(),
                    format!("a string variable at {addr:#x}"),
                ));
            }
        }
    }
    None
}

/// Length of the version number at the start of `b`: `go1.26.5`, `go1.21rc2`.
fn version_len(b: &[u8]) -> usize {
    let tail = b.get(2..).unwrap_or_default();
    2 + tail
        .iter()
        .take_while(|c| c.is_ascii_digit() || **c == b'.')
        .count()
}

fn is_version(b: &[u8]) -> bool {
    plausible(b)
        && std::str::from_utf8(b)
            .ok()
            .and_then(crate::go::version::Version::parse)
            .is_some()
}
