//! Zstandard streams (RFC 8878) ↔ their contents: by libzstd, and in WebAssembly, for which that is not
//! built, by a decoder in Rust. There nothing is compressed.

use std::io::{self, BufRead, Read, Write};

/// The largest window, as its binary logarithm, that libzstd reads unless it is told otherwise: 128 MiB.
pub(crate) const WINDOW_LOG: u32 = 27;

/// The contents of all frames in `from`; one whose window is larger than 2^`window_log` bytes is an error.
///
/// # Errors
/// Where the decoder can't be set up.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn reader<'r>(from: impl BufRead + 'r, window_log: u32) -> io::Result<impl Read + 'r> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(from)?;
    decoder.window_log_max(window_log)?;
    Ok(decoder)
}

/// Writes one frame that holds `data`, whose size it tells.
///
/// # Errors
/// What the writer says.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn write<W: Write>(data: &[u8], level: i32, checksum: bool, into: W) -> io::Result<W> {
    let mut encoder = zstd::stream::write::Encoder::new(into, level)?;
    encoder.set_pledged_src_size(Some(data.len() as u64))?;
    encoder.include_checksum(checksum)?;
    encoder.write_all(data)?;
    encoder.finish()
}

#[cfg(target_family = "wasm")]
pub(crate) fn reader<'r>(from: impl BufRead + 'r, window_log: u32) -> io::Result<impl Read + 'r> {
    Ok(frames::Frames::new(from, window_log))
}

#[cfg(target_family = "wasm")]
pub(crate) fn write<W: Write>(_: &[u8], _: i32, _: bool, _: W) -> io::Result<W> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(any(test, target_family = "wasm"))]
mod frames {
    use std::io::{self, BufRead, Read};

    use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
    use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

    /// Frames one after the other.
    pub(super) struct Frames<R> {
        from: R,
        decoder: FrameDecoder,
        /// Is a frame begun and not given whole?
        within: bool,
        /// Has one been begun?
        any: bool,
    }

    impl<R: BufRead> Frames<R> {
        pub(super) fn new(from: R, window_log: u32) -> Frames<R> {
            let mut decoder = FrameDecoder::new();
            decoder.set_max_window_size(1 << window_log);
            Frames {
                from,
                decoder,
                within: false,
                any: false,
            }
        }

        /// Begins the next frame; false at the end.
        fn next(&mut self) -> io::Result<bool> {
            loop {
                if self.any && self.from.fill_buf()?.is_empty() {
                    return Ok(false);
                }
                let begun = self.decoder.init(&mut self.from);
                self.any = true;
                match begun {
                    Ok(()) => return Ok(true),
                    Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                        length,
                        ..
                    })) => {
                        let length = u64::from(length);
                        if io::copy(&mut (&mut self.from).take(length), &mut io::sink())? < length {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                    }
                    Err(e) => return Err(io::Error::other(e)),
                }
            }
        }

        fn checked(&self) -> io::Result<()> {
            let told = self.decoder.get_checksum_from_data();
            if told.is_some() && told != self.decoder.get_calculated_checksum() {
                return Err(io::Error::other("Restored data doesn't match checksum"));
            }
            Ok(())
        }
    }

    impl<R: BufRead> Read for Frames<R> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            while !buf.is_empty() {
                if !self.within {
                    self.within = self.next()?;
                    if !self.within {
                        break;
                    }
                }
                if self.decoder.can_collect() > 0 {
                    return self.decoder.read(buf);
                }
                if self.decoder.is_finished() {
                    self.checked()?;
                    self.within = false;
                } else {
                    let one = BlockDecodingStrategy::UptoBlocks(1);
                    self.decoder
                        .decode_blocks(&mut self.from, one)
                        .map_err(io::Error::other)?;
                }
            }
            Ok(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(stream: &[u8], log: u32) -> [Result<Vec<u8>, ()>; 2] {
        let all = |mut r: Box<dyn Read + '_>| {
            let mut out = Vec::new();
            r.read_to_end(&mut out).map(|_| out).map_err(|_| ())
        };
        [
            all(Box::new(reader(stream, log).unwrap())),
            all(Box::new(frames::Frames::new(stream, log))),
        ]
    }

    #[test]
    fn the_decoder_for_webassembly_says_what_libzstd_says() {
        let own = std::fs::read("Cargo.lock").unwrap();
        let frame = |data: &[u8], level| write(data, level, true, Vec::new()).unwrap();
        let skipped = [
            &[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..],
            &frame(&own, 3),
        ]
        .concat();
        let twice = [frame(&own, 1), frame(b"", 1), skipped.clone(), frame(&own, 19)].concat();
        for (stream, times) in [(frame(&own, 22), 1), (skipped, 1), (twice, 3), (frame(b"", 3), 0)] {
            let whole = own.repeat(times);
            assert_eq!(both(&stream, WINDOW_LOG), [Ok(whole.clone()), Ok(whole)]);
        }
        let mut wrong = frame(&own, 3);
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(both(&wrong, WINDOW_LOG), [Err(()), Err(())], "the checksum");
        let good = frame(&own, 3);
        let cut = good.get(..good.len() - 9).unwrap();
        assert_eq!(both(cut, WINDOW_LOG), [Err(()), Err(())], "cut short");
        let more = [&good[..], b"no frame"].concat();
        assert_eq!(both(&more, WINDOW_LOG), [Err(()), Err(())], "what follows");
        let large = frame(&own.repeat(40), 19);
        assert_eq!(both(&large, 14), [Err(()), Err(())], "a window that is too large");
    }
}
