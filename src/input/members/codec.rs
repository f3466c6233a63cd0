//! gzip, xz, zstd and bzip2 streams → their contents, within a limit on what a decoder may keep in memory.
//!
//! Authority: RFC 1952, the .xz format 1.2, RFC 8878. As the programs of these names do, all streams that
//! follow each other are read, and what comes after the last one is passed over.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::zst;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// gzip.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
}

/// The most that a decoder may keep, as the binary logarithm of its window or dictionary: the outermost, one
/// within its output, and so on. `xz -9` and `zstd --ultra -22` to half of it need 64 MiB (26), `xz -6` and
/// `zstd -19` 8 MiB (23).
const WINDOW_LOG: [u32; 4] = [26, 25, 24, 23];

impl Codec {
    /// What the first bytes say.
    pub fn sniff(head: &[u8]) -> Option<Codec> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Codec::Gzip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Codec::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Codec::Zstd),
            // A block's or the end's magic number follows.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, 0x41 | 0x72, ..] => Some(Codec::Bzip2),
            _ => None,
        }
    }

    /// The format's name.
    pub fn word(self) -> &'static str {
        match self {
            Codec::Gzip => "gzip",
            Codec::Xz => "xz",
            Codec::Zstd => "zstd",
            Codec::Bzip2 => "bzip2",
        }
    }

    /// The contents of `from`, which is itself the output of `within` decoders.
    ///
    /// # Errors
    /// Where the decoder can't be set up.
    pub fn open<'r>(self, from: Box<dyn BufRead + 'r>, within: usize) -> io::Result<Box<dyn Read + 'r>> {
        let log = WINDOW_LOG[within.min(WINDOW_LOG.len() - 1)];
        Ok(match self {
            Codec::Gzip => Box::new(Gzip {
                now: Some(GzDecoder::new(Ahead {
                    held: Vec::new(),
                    rest: from,
                })),
            }),
            Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(
                from,
                true,
                (1 << (log - 10)) + (1 << 10),
            )),
            Codec::Zstd => Box::new(zst::reader(from, log)?),
            Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
        })
    }

    /// The first `n` bytes at the most of what `compressed`, the beginning of a stream, holds; fewer where
    /// they can't be had from it.
    pub fn head(self, compressed: &[u8], n: usize) -> Vec<u8> {
        let mut out = vec![0; n];
        let mut have = 0;
        if let Ok(mut from) = self.open(Box::new(compressed), 0) {
            while let Some(rest) = out.get_mut(have..).filter(|r| !r.is_empty()) {
                match from.read(rest) {
                    Ok(0) => break,
                    Ok(got) => have += got,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        out.truncate(have);
        out
    }

    /// `name` without the suffix of the format; `x.tgz` is `x.tar`.
    pub fn stem(self, name: &[u8]) -> Vec<u8> {
        let (plain, of_tar): (&[&str], &[&str]) = match self {
            Codec::Gzip => (&[".gz", ".gzip"], &[".tgz"]),
            Codec::Xz => (&[".xz"], &[".txz"]),
            Codec::Zstd => (&[".zst", ".zstd"], &[".tzst"]),
            Codec::Bzip2 => (&[".bz2"], &[".tbz2", ".tbz"]),
        };
        let lower = name.to_ascii_lowercase();
        for (suffixes, instead) in [(plain, &b""[..]), (of_tar, b".tar")] {
            for s in suffixes {
                if lower.len() > s.len() && lower.ends_with(s.as_bytes()) {
                    return [&name[..name.len() - s.len()], instead].concat();
                }
            }
        }
        name.to_vec()
    }
}

/// gzip members one after the other, as gzip(1) reads them; flate2's own reader for many refuses what may
/// follow the last.
struct Gzip<'r> {
    now: Option<GzDecoder<Ahead<'r>>>,
}

impl Read for Gzip<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.now {
            let n = decoder.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            let Some(mut rest) = self.now.take().map(GzDecoder::into_inner) else {
                break;
            };
            if rest.magic()? == [0x1f, 0x8b] {
                self.now = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// A reader of which the next two bytes can be looked at, wherever its buffer ends.
struct Ahead<'r> {
    held: Vec<u8>,
    rest: Box<dyn BufRead + 'r>,
}

impl Ahead<'_> {
    fn magic(&mut self) -> io::Result<[u8; 2]> {
        let more = 2u64.saturating_sub(self.held.len() as u64);
        self.rest.by_ref().take(more).read_to_end(&mut self.held)?;
        Ok(self.held.first_chunk().copied().unwrap_or_default())
    }
}

impl BufRead for Ahead<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.held.is_empty() {
            self.rest.fill_buf()
        } else {
            Ok(&self.held)
        }
    }

    fn consume(&mut self, n: usize) {
        if self.held.is_empty() {
            self.rest.consume(n);
        } else {
            self.held.drain(..n.min(self.held.len()));
        }
    }
}

impl Read for Ahead<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gz(body: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        e.write_all(body).unwrap();
        e.finish().unwrap()
    }

    #[test]
    fn gzip_members_follow_each_other_and_padding_ends_them() {
        for tail in [&b""[..], &[0; 512], b"signature"] {
            let all = [gz(b"one "), gz(b"two "), gz(b"three"), tail.to_vec()].concat();
            let mut out = String::new();
            Codec::Gzip
                .open(Box::new(io::Cursor::new(all)), 0)
                .unwrap()
                .read_to_string(&mut out)
                .unwrap();
            assert_eq!(out, "one two three");
        }
    }

    #[test]
    fn a_cut_stream_is_an_error_and_its_head_is_there_all_the_same() {
        let whole = gz(&[b'a'; 100_000]);
        let cut = &whole[..whole.len() - 20];
        let mut out = Vec::new();
        assert!(
            Codec::Gzip
                .open(Box::new(cut), 0)
                .unwrap()
                .read_to_end(&mut out)
                .is_err()
        );
        assert_eq!(Codec::Gzip.head(cut, 5), b"aaaaa");
        assert_eq!(Codec::Xz.head(b"\xfd7zXZ\0", 5), b"");
    }

    #[test]
    fn names_lose_their_suffix() {
        assert_eq!(Codec::Gzip.stem(b"server.gz"), b"server");
        assert_eq!(Codec::Gzip.stem(b"pkg-1.0.TGZ"), b"pkg-1.0.tar");
        assert_eq!(Codec::Gzip.stem(b".gz"), b".gz");
        assert_eq!(Codec::Zstd.stem(b"server"), b"server");
    }
}
