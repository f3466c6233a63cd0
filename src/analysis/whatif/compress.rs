//! What a download or an image layer costs: measured by compressing, not predicted.
//!
//! Both compressors write into a counter, so memory stays small whatever the file's size.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::image::{Image, clip, debug_name};
use crate::zst;

/// Counts what is written to it.
#[derive(Debug, Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> {
        self.0 += b.len() as u64;
        Ok(b.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes after gzip at level 6, the default of gzip and of container image layers; after zstd at level 3, its
/// default; and of the loaded parts after deflate at its best, which is about what UPX's own methods come to.
/// All at the same time.
pub(super) fn measured(data: &[u8], loaded: Option<&[&[u8]]>) -> (Option<u64>, Option<u64>, Option<u64>) {
    let (gz, (zs, up)) = rayon::join(
        || gzip(&[data], 6).ok(),
        || rayon::join(|| zstd(data).ok(), || loaded.and_then(|l| gzip(l, 9).ok())),
    );
    (gz, zs, up)
}

/// The bytes in the file that a loader maps.
pub(super) fn loaded<'a>(image: &Image<'a>) -> Vec<&'a [u8]> {
    let debug = |name: &[u8]| debug_name(name).is_some() || name == b".symtab";
    let inside = image.segments.iter().filter(|s| !debug(s.name));
    let mut end = 0;
    let mut out = Vec::new();
    // Segments that overlap count once, so that no file takes more work than its size.
    for s in inside {
        let from = s.offset.max(end);
        let to = s.offset.saturating_add(s.file_size);
        if to > from {
            out.push(clip(image.data, from, to - from));
            end = to;
        }
    }
    out
}

fn gzip(parts: &[&[u8]], level: u32) -> io::Result<u64> {
    let mut e = GzEncoder::new(Counter::default(), Compression::new(level));
    for p in parts {
        e.write_all(p)?;
    }
    Ok(e.finish()?.0)
}

fn zstd(data: &[u8]) -> io::Result<u64> {
    Ok(zst::write(data, 3, true, Counter::default())?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_gets_small_and_noise_does_not() {
        let (gz, zs, _) = measured(&[7; 100_000], None);
        assert!(
            gz.is_some_and(|n| n < 1000) && zs.is_some_and(|n| n < 1000),
            "{gz:?} {zs:?}"
        );
        let mut x = 1u32;
        let noise: Vec<u8> = (0..10_000)
            .map(|_| {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (x >> 24) as u8
            })
            .collect();
        let (gz, zs, up) = measured(&noise, Some(&[&noise]));
        assert!(up.is_some_and(|n| n > 9_900), "{up:?}");
        assert!(
            gz.is_some_and(|n| n > 9_900) && zs.is_some_and(|n| n > 9_900),
            "{gz:?} {zs:?}"
        );
    }
}
