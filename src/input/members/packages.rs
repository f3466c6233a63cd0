//! Debian's, RPM's and cpio's containers → their members.
//!
//! Authority: deb(5) and ar(5); the RPM file format (lead, signature, header, payload), version 3 to 6;
//! cpio(5), "New ASCII Format". Each is a page of code that reads from front to back. The crates there are
//! read all of an rpm's metadata, and allocate what a cpio header says.

use std::collections::HashMap;
use std::io::{self, Read};

use super::links::{Later, Names};
use super::origin::{Origin, skip};
use super::region::Spool;
use super::{Codec, Done, FIRST, Input, Kind, Meter, Walker, bad, words};

/// A name of more bytes is no file's name.
const NAME: u64 = 1 << 16;

/// Does this begin with a cpio header of the new form?
pub(super) fn is_cpio(head: &[u8]) -> bool {
    head.len() >= 110
        && matches!(&head[..6], b"070701" | b"070702")
        && head[6..110].iter().all(u8::is_ascii_hexdigit)
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
        (from, origin): (&mut dyn Read, Origin),
        size: u64,
        structure: &str,
    ) -> Result<bool, super::End> {
        let told = self.troubles;
        let mut part = from.take(size);
        let input = Input::Stream(Box::new(&mut part), Some(size), origin);
        self.named(name, |w| w.item(input))?;
        let rest = part.limit();
        self.passed(skip(from, rest), told, structure)
    }

    /// What was left of a member is passed over: is the archive good so far? An error that one of its members
    /// told, of which there were `told` before, is not told again.
    fn passed(&self, done: io::Result<()>, told: u32, structure: &str) -> Result<bool, super::End> {
        match done {
            Ok(()) => Ok(true),
            // The member told it.
            Err(_) if self.troubles > told => Ok(false),
            Err(e) => Err(bad(words(&e, structure))),
        }
    }

    /// `!<arch>` with the parts of a package in it.
    pub(super) fn deb(&mut self, input: Input<'_>) -> Done {
        let broken = |e: io::Error| bad(words(&e, "Debian package"));
        let origin = input.origin();
        let mut from = input.reader();
        skip(&mut from, 8).map_err(broken)?;
        let mut at = 8u64;
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
            let part = origin.part(at.saturating_add(60), size);
            at = at.saturating_add(60 + size + size % 2);
            if !self.sequential(name, (&mut from, part), size, "Debian package")? {
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
    pub(super) fn rpm(&mut self, input: Input<'_>) -> Done {
        let broken = |e: io::Error| bad(words(&e, "RPM package"));
        let origin = input.origin();
        let mut from = input.reader();
        skip(&mut from, 96).map_err(broken)?;
        let mut at = 96;
        for signature in [true, false] {
            let mut intro = [0; 16];
            from.read_exact(&mut intro).map_err(broken)?;
            if !intro.starts_with(b"\x8e\xad\xe8") {
                return Err(bad("a header has another magic number (RPM package)"));
            }
            let size = number(&intro, 8) * 16 + number(&intro, 12);
            let padding = if signature { size.wrapping_neg() % 8 } else { 0 };
            skip(&mut from, size + padding).map_err(broken)?;
            at += 16 + size + padding;
        }
        let origin = origin.part(at, u64::MAX);
        let (head, payload) = Input::Stream(from, None, origin).peek().map_err(broken)?;
        let Some(codec) = Codec::sniff(&head) else {
            return self.cpio(payload);
        };
        let origin = payload.origin().decoded(codec, self.decoders);
        let stream = codec.open(payload.reader(), self.decoders);
        let stream = Meter {
            from: stream.map_err(broken)?,
            budget: self.budget.clone(),
        };
        let (head, payload) = Input::Stream(Box::new(stream), None, origin)
            .peek()
            .map_err(broken)?;
        self.decoders += 1;
        let done = match Kind::sniff(&head) {
            Some(Kind::Cpio) => self.cpio(payload),
            Some(Kind::Tar) => self.tar(payload),
            _ if head.starts_with(b"07070X") => Err(bad(
                "its payload is in the form for files of over 4 GiB, which is not read (RPM package)",
            )),
            _ => Err(bad("its payload is no cpio archive (RPM package)")),
        };
        self.decoders -= 1;
        done
    }

    pub(super) fn cpio(&mut self, input: Input<'_>) -> Done {
        let mut pass = Pass {
            origin: input.origin(),
            files: HashMap::new(),
            names: Names::default(),
            later: Later::default(),
        };
        let done = self.cpio_entries(&mut input.reader(), &mut pass);
        if matches!(done, Err(super::End::Stopped)) {
            return done;
        }
        self.linked(&pass.origin, pass.later)?;
        done
    }

    fn cpio_entries(&mut self, from: &mut dyn Read, pass: &mut Pass) -> Done {
        let broken = |e: io::Error| bad(words(&e, "cpio"));
        let mut at = 0u64;
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
            from.take(name_size).read_to_end(&mut name).map_err(broken)?;
            skip(from, padding(110 + name_size)).map_err(broken)?;
            at += 110 + name_size + padding(110 + name_size);
            if name.last() == Some(&0) {
                name.pop();
            }
            if name == b"TRAILER!!!" {
                return Ok(());
            }
            const REGULAR: u64 = 0o100_000;
            if mode & 0o170_000 != REGULAR {
                skip(from, size).map_err(broken)?;
            } else if field(4) > 1 {
                let file = (field(0), field(7), field(8));
                if !self.cpio_linked(pass, file, name, (from, at), size)? {
                    return Ok(());
                }
            } else {
                let part = pass.origin.part(at, size);
                if !self.sequential(name, (from, part), size, "cpio")? {
                    return Ok(());
                }
            }
            skip(from, padding(size)).map_err(broken)?;
            at += size + padding(size);
        }
    }

    /// One of the names of a file that has several. One of them has the contents, mostly the last.
    fn cpio_linked(
        &mut self,
        pass: &mut Pass,
        file: (u64, u64, u64),
        name: Vec<u8>,
        (from, at): (&mut dyn Read, u64),
        size: u64,
    ) -> Result<bool, super::End> {
        let known = pass.files.entry(file).or_default();
        // That there is no end to them is told, of each name or file.
        if !pass.names.take(&name) {
            pass.files.clear();
            let what = bad("is one of more hard links than are followed (cpio)");
            self.named(name, |w| w.tell(Err(what)))?;
            return skip(from, size)
                .map(|()| true)
                .map_err(|e| bad(words(&e, "cpio")));
        }
        if size == 0 {
            match known {
                Linked::Waiting(names) => names.push(name),
                Linked::Read(Some((at, size))) => pass.later.put(*at, *size, name),
                Linked::Read(None) => {}
            }
            return Ok(true);
        }
        let told = self.troubles;
        let mut part = from.take(size);
        let input = Input::Stream(Box::new(&mut part), Some(size), pass.origin.part(at, size));
        let (head, input) = match input.peek() {
            Ok(peeked) => peeked,
            Err(e) => {
                self.named(name, |w| w.tell(Err(bad(words(&e, FIRST)))))?;
                return Ok(false);
            }
        };
        let worth = self.worth(&head);
        let read = Linked::Read(worth.then_some((at, size)));
        match std::mem::replace(known, read) {
            Linked::Waiting(names) if worth && !names.is_empty() => {
                let all = Spool::default().append(&mut input.reader());
                for name in names.into_iter().chain([name]) {
                    self.named(name, |w| match &all {
                        Ok(all) if all.len() == size => w.item(Input::Region(all.clone())),
                        Ok(_) => w.tell(Err(bad("is cut short (cpio)"))),
                        Err(e) => w.tell(Err(bad(words(e, "cpio")))),
                    })?;
                }
            }
            _ => self.named(name, |w| w.begun(&head, input))?,
        }
        let rest = part.limit();
        self.passed(skip(from, rest), told, "cpio")
    }
}

/// A cpio on its way.
struct Pass {
    origin: Origin,
    /// Files that have several names, by inode and device.
    files: HashMap<(u64, u64, u64), Linked>,
    names: Names,
    later: Later,
}

/// What is known of a file that has several names.
enum Linked {
    /// The names that came before its contents.
    Waiting(Vec<Vec<u8>>),
    /// Offset and bytes of its contents, if they are worth reading.
    Read(Option<(u64, u64)>),
}

impl Default for Linked {
    fn default() -> Self {
        Linked::Waiting(Vec::new())
    }
}
