//! The Go version of a file without build information: Go before 1.13, published esbuild binaries, garble,
//! gccgo.
//!
//! `runtime.buildVersion` is a string variable that every Go program has. With symbols it is found by name;
//! without, by its shape: a word that points to a text that is a version, followed by a word that is the
//! length of just that text.

use memchr::memmem;

use super::LinkedValue;
use crate::go::version::plausible;
use crate::image::{Format, Image, Place};

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
    let (version, addr) = variables(image, 1).into_iter().next()?;
    Some((version, format!("a string variable at {addr:#x}")))
}

/// The runtime's own version where it is another than `told`, and where it was seen.
///
/// Of a program without symbols the string variables that hold a version are looked at: it is told apart only
/// where none of them holds the told one, for the program may have others of its own.
pub(super) fn other_than(image: &Image<'_>, told: &str) -> Option<(String, String)> {
    let number = |v: &str| crate::go::version::Version::parse(v);
    let told = number(told).filter(|_| told.starts_with("go1."))?;
    let differs = |v: &str| number(v).is_some_and(|v| v != told);
    if let Some(found) = by_symbol(image) {
        return differs(&found.0).then_some(found);
    }
    let all = variables(image, 16);
    let (first, addr) = all.first()?;
    let other = all.iter().all(|(v, _)| differs(v));
    other.then(|| (first.clone(), format!("a string variable at {addr:#x}")))
}

/// What `-ldflags=-X` set: for each such variable the linker makes a symbol of the text, called like the
/// variable with `.str` behind (Go 1.27: cmd/link/internal/ld/data.go, addstrdata).
pub(super) fn linked_values(image: &Image<'_>) -> Vec<LinkedValue> {
    const LONGEST: u64 = 4096;
    const MOST: usize = 256;
    let Ok(symbols) = image.symbols() else {
        return Vec::new();
    };
    let name = |n: &'_ [u8]| -> usize { usize::from(image.format == Format::MachO && n.starts_with(b"_")) };
    let defined = || symbols.iter().filter(|s| matches!(s.place, Place::Section(_)));
    let plain = |s: &crate::image::Symbol<'_>| s.name.get(name(s.name)..).unwrap_or_default().to_vec();
    let texts =
        defined().filter(|s| s.name.ends_with(b".str") && s.name.len() > 5 && !s.name.starts_with(b"go"));
    let texts: std::collections::BTreeSet<Vec<u8>> = texts.take(MOST).map(plain).collect();
    if texts.is_empty() {
        return Vec::new();
    }
    let value = |s: &crate::image::Symbol<'_>| {
        let name = plain(s);
        let wanted = texts.contains(&[&name[..], b".str"].concat());
        let len_at = s.addr.checked_add(u64::from(image.ptr_size)).filter(|_| wanted)?;
        let len = image.word_at(len_at).filter(|n| *n <= LONGEST)?;
        let text = image.bytes_at(image.pointer_at(s.addr)?, len)?;
        let text = std::str::from_utf8(text).ok()?;
        Some(LinkedValue {
            name: String::from_utf8_lossy(&name).into_owned(),
            value: text.to_string(),
        })
    };
    let mut out: Vec<LinkedValue> = defined().filter_map(value).collect();
    // The go command itself sets these of every program.
    out.retain(|v| !v.name.starts_with("runtime."));
    out.sort();
    out.dedup();
    out
}

/// Versions that string variables hold, and the variables' addresses; `most` of them.
fn variables(image: &Image<'_>, most: usize) -> Vec<(String, u64)> {
    // Texts of this form are few; each is looked for among the words of the writable segments.
    const CANDIDATES: usize = 32;
    let mut candidates: Vec<u64> = Vec::new();
    for segment in image.segments.iter().filter(|s| !s.perm.write || s.perm.exec) {
        let bytes = crate::image::clip(image.data, segment.offset, segment.file_size);
        for at in memmem::find_iter(bytes, b"go1.") {
            let len = version_len(bytes.get(at..).unwrap_or_default());
            if len > 4 && candidates.len() < CANDIDATES {
                candidates.push(segment.addr.wrapping_add(at as u64));
            }
        }
    }
    let mut out = Vec::new();
    if candidates.is_empty() {
        return out;
    }
    let text = |pointer: u64, len: Option<u64>| {
        let len = len.filter(|n| (5..=64).contains(n))?;
        let text = candidates
            .contains(&pointer)
            .then(|| image.bytes_at(pointer, len))??;
        is_version(text).then(|| String::from_utf8_lossy(text).into_owned())
    };
    let word = usize::from(image.ptr_size);
    for segment in image.segments.iter().filter(|s| s.perm.write) {
        let bytes = crate::image::clip(image.data, segment.offset, segment.file_size);
        for (i, pair) in bytes.windows(2 * word).step_by(word).enumerate() {
            let at = |offset| image.endian.word(pair, offset, image.ptr_size);
            if out.len() >= most {
                return out;
            }
            if let Some(version) = at(0).and_then(|p| text(p, at(word))) {
                out.push((version, segment.addr.wrapping_add((i * word) as u64)));
            }
        }
    }
    // Where the loader fills the pointers in, they need not stand in the file.
    for r in image.relocations().iter().filter(|_| out.is_empty()) {
        let len = || image.word_at(r.addr.checked_add(u64::from(image.ptr_size))?);
        let target = r.target.filter(|t| candidates.contains(t));
        if let Some(version) = target.and_then(|t| text(t, len())) {
            out.push((version, r.addr));
            break;
        }
    }
    out
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
