//! What a download or an image layer costs: measured by compressing, not foretold.
//!
//! Both compressors write into a counter, so memory stays small whatever the file's size.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

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

/// Bytes after gzip at level 6, the default of gzip and of container image layers; and after zstd at level 3, its default.
/// Both are worked out at the same time.
pub(super) fn measured(data: &[u8]) -> (Option<u64>, Option<u64>) {
    rayon::join(|| gzip(data).ok(), || zstd(data).ok())
}

fn gzip(data: &[u8]) -> io::Result<u64> {
    let mut e = GzEncoder::new(Counter::default(), Compression::new(6));
    e.write_all(data)?;
    Ok(e.finish()?.0)
}

fn zstd(data: &[u8]) -> io::Result<u64> {
    let mut e = zstd::stream::write::Encoder::new(Counter::default(), 3)?;
    e.set_pledged_src_size(Some(data.len() as u64))?;
    e.include_checksum(true)?;
    e.write_all(data)?;
    Ok(e.finish()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_gets_small_and_noise_does_not() {
        let (gz, zs) = measured(&[7; 100_000]);
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
        let (gz, zs) = measured(&noise);
        assert!(
            gz.is_some_and(|n| n > 9_900) && zs.is_some_and(|n| n > 9_900),
            "{gz:?} {zs:?}"
        );
    }
}
