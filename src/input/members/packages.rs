//! Debian's, RPM's and cpio's containers → their members.
//!
//! Authority: deb(5) and ar(5); the RPM file format (lead, signature, header, payload), version 3 to 6;
//! cpio(5), "New ASCII Format". Each is a page of code that reads from front to back. The crates there are
//! read all of an rpm's metadata, and allocate what a cpio header says.

use std::io::{self, BufRead, Read};

use super::{Codec, Done, Input, Kind, Meter, Walker, bad, words};

/// A name of more bytes is no file's name.
const NAME: u64 = 1 << 16;

/// Does this begin with a cpio header of the new form?
pub(super) fn is_cpio(head: &[u8]) -> bool {
    head.len() >= 110
        && matches!(&head[..6], b"070701" | b"070702")
        && head[6..110].iter().all(u8::is_ascii_hexdigit)
}

/// Passes over `n` bytes.
fn skip(from: &mut dyn Read, n: u64) -> io::Result<()> {
    if io::copy(&mut from.take(n), &mut io::sink())? < n {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// A big-endian number of four bytes.
fn number(b: &[u8], at: usize) -> u64 {
    let bytes = b.get(at..).and_then(|b| b.first_chunk::<4>());
    bytes.map_or(0, |b| u64::from(u32::from_be_bytes(*b)))
}

impl Walker<'_> {
    /// A member that a sequential archive has at its place: looked at, and read to its end whatever came of
    /// that.
    fn sequential(
        &mut self,
        name: Vec<u8>,
        from: &mut dyn Read,
        size: u64,
        structure: &str,
    ) -> Result<bool, super::End> {
        let told = self.troubles;
        let mut part = from.take(size);
        let input = Input::Stream(Box::new(&mut part), Some(size));
        self.named(name, |w| w.item(input))?;
        let rest = part.limit();
        match skip(from, rest) {
            Ok(()) => Ok(true),
            // The member told it.
            Err(_) if self.troubles > told => Ok(false),
            Err(e) => Err(bad(words(&e, structure))),
        }
    }

    /// `!<arch>` with the parts of a package in it.
    pub(super) fn deb(&mut self, mut from: Box<dyn BufRead + '_>) -> Done {
        let broken = |e: io::Error| bad(words(&e, "Debian package"));
        skip(&mut from, 8).map_err(broken)?;
        loop {
            let mut header = Vec::new();
            from.by_ref().take(60).read_to_end(&mut header).map_err(broken)?;
            if header.is_empty() {
                return Ok(());
            }
            let text = |range| header.get(range).map(<[u8]>::trim_ascii).unwrap_or_default();
            let size = std::str::from_utf8(text(48..58))
                .ok()
                .and_then(|s| s.parse::<u64>().ok());
            let (Some(size), b"`") = (size, text(58..60)) else {
                return Err(bad("a member's header is malformed (Debian package)"));
            };
            let name = text(0..16);
            let name = name.strip_suffix(b"/").unwrap_or(name).to_vec();
            if !self.sequential(name, &mut from, size, "Debian package")? {
                return Ok(());
            }
            if size % 2 == 1 {
                // The last member's padding may be missing.
                from.by_ref()
                    .take(1)
                    .read_to_end(&mut Vec::new())
                    .map_err(broken)?;
            }
        }
    }

    /// The lead, two headers, and a compressed cpio.
    pub(super) fn rpm(&mut self, mut from: Box<dyn BufRead + '_>) -> Done {
        let broken = |e: io::Error| bad(words(&e, "RPM package"));
        skip(&mut from, 96).map_err(broken)?;
        for signature in [true, false] {
            let mut intro = [0; 16];
            from.read_exact(&mut intro).map_err(broken)?;
            if !intro.starts_with(b"\x8e\xad\xe8") {
                return Err(bad("a header has another magic number (RPM package)"));
            }
            let size = number(&intro, 8) * 16 + number(&intro, 12);
            let padding = if signature { size.wrapping_neg() % 8 } else { 0 };
            skip(&mut from, size + padding).map_err(broken)?;
        }
        let (head, payload) = Input::Stream(from, None).peek().map_err(broken)?;
        let Some(codec) = Codec::sniff(&head) else {
            return self.cpio(payload.reader());
        };
        let stream = codec.open(payload.reader(), self.decoders);
        let stream = Meter {
            from: stream.map_err(broken)?,
            budget: self.budget.clone(),
        };
        let (head, payload) = Input::Stream(Box::new(stream), None).peek().map_err(broken)?;
        self.decoders += 1;
        let done = match Kind::sniff(&head) {
            Some(Kind::Cpio) => self.cpio(payload.reader()),
            Some(Kind::Tar) => self.tar(payload),
            _ if head.starts_with(b"07070X") => Err(bad(
                "its payload is in the form for files of over 4 GiB, which is not read (RPM package)",
            )),
            _ => Err(bad("its payload is no cpio archive (RPM package)")),
        };
        self.decoders -= 1;
        done
    }

    pub(super) fn cpio(&mut self, mut from: Box<dyn BufRead + '_>) -> Done {
        let broken = |e: io::Error| bad(words(&e, "cpio"));
        loop {
            let mut header = [0; 110];
            from.read_exact(&mut header).map_err(broken)?;
            if !is_cpio(&header) {
                return Err(bad("a header has another magic number (cpio)"));
            }
            let field = |i: usize| {
                let digits = header.get(6 + i * 8..14 + i * 8).unwrap_or_default();
                let text = std::str::from_utf8(digits).unwrap_or_default();
                u64::from_str_radix(text, 16).unwrap_or_default()
            };
            let (mode, size, name_size) = (field(1), field(6), field(11));
            if name_size > NAME {
                return Err(bad("a name of more than 64 KiB (cpio)"));
            }
            let padding = |n: u64| n.wrapping_neg() % 4;
            let mut name = Vec::new();
            from.by_ref()
                .take(name_size)
                .read_to_end(&mut name)
                .map_err(broken)?;
            skip(&mut from, padding(110 + name_size)).map_err(broken)?;
            if name.last() == Some(&0) {
                name.pop();
            }
            if name == b"TRAILER!!!" {
                return Ok(());
            }
            const REGULAR: u64 = 0o100_000;
            if mode & 0o170_000 == REGULAR {
                if !self.sequential(name, &mut from, size, "cpio")? {
                    return Ok(());
                }
            } else {
                skip(&mut from, size).map_err(broken)?;
            }
            skip(&mut from, padding(size)).map_err(broken)?;
        }
    }
}
