//! tar → its members; a docker-archive or OCI layout in it → an image.
//!
//! Authority: POSIX.1 pax, and GNU tar's extensions, as the tar crate reads them. Archives that follow each
//! other are one (Alpine's packages are made so).

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::image::Kept;
use super::{Done, End, HEAD, Input, Region, Walker, bad, words};

/// The most that may be read to come to the next member: names and attributes of any honest one are far
/// smaller.
const HEADERS: u64 = 1 << 20;

/// Does this begin with a tar header? Old ones have no magic number, so its checksum is looked at.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..HEAD).filter(|b| b[0] != 0) else {
        return false;
    };
    if block.get(257..262) == Some(b"ustar") {
        return true;
    }
    let header = tar::Header::from_byte_slice(block);
    let sum = |bytes: &[u8]| bytes.iter().map(|&b| u32::from(b)).sum::<u32>();
    let all = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    header.cksum().is_ok_and(|c| c == all) && header.entry_size().is_ok()
}

/// Lets no more through than allowed.
struct Limited<R> {
    from: R,
    allowed: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowed.get();
        let n = self.from.read(buf)?;
        match allowed.checked_sub(n as u64) {
            Some(left) => self.allowed.set(left),
            None => return Err(io::Error::other("a header of more than a MiB")),
        }
        Ok(n)
    }
}

impl<R: Seek> Seek for Limited<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.from.seek(to)
    }
}

impl Walker<'_> {
    pub(super) fn tar(&mut self, input: Input<'_>) -> Done {
        let allowed = Rc::new(Cell::new(0));
        match input {
            Input::Region(region) => {
                let from = region.reader();
                let mut archive = tar::Archive::new(Limited {
                    from,
                    allowed: Rc::clone(&allowed),
                });
                archive.set_ignore_zeros(true);
                let entries = archive.entries_with_seek();
                let entries = entries.map_err(|e| bad(words(&e, "tar")))?;
                self.tar_entries(entries, &allowed, Some(&region))
            }
            Input::Stream(from, _) => {
                let mut archive = tar::Archive::new(Limited {
                    from,
                    allowed: Rc::clone(&allowed),
                });
                archive.set_ignore_zeros(true);
                let entries = archive.entries().map_err(|e| bad(words(&e, "tar")))?;
                self.tar_entries(entries, &allowed, None)
            }
        }
    }

    fn tar_entries<R: Read>(
        &mut self,
        mut entries: tar::Entries<'_, R>,
        allowed: &Cell<u64>,
        region: Option<&Region>,
    ) -> Done {
        let mut overlay = self.overlay.take();
        // A layer holds a file system: what looks like an image in it is looked at when it is a file of its
        // own.
        let mut kept = overlay.is_none().then(Kept::default);
        loop {
            allowed.set(HEADERS);
            let mut entry = match entries.next() {
                None => break,
                Some(Ok(entry)) => entry,
                Some(Err(e)) => return Err(bad(words(&e, "tar"))),
            };
            allowed.set(u64::MAX);
            let kind = entry.header().entry_type();
            let name = entry.path_bytes().into_owned();
            let seen = overlay.as_mut().is_none_or(|o| o.entry(&name, kind.is_dir()));
            if (kind.is_symlink() || kind.is_hard_link())
                && let (Some(kept), Some(target)) = (&mut kept, entry.link_name_bytes())
            {
                kept.link(&name, &target, kind.is_symlink());
            }
            let sparse = kind.is_gnu_sparse();
            if !(kind.is_file() || kind.is_contiguous() || sparse) {
                continue;
            }
            let size = entry.size();
            let told = self.troubles;
            let done = match region.filter(|_| !sparse) {
                Some(region) => match region.slice(entry.raw_file_position(), size) {
                    Some(part) if seen => self.kept_or_item(name, Input::Region(part), kept.as_mut()),
                    Some(_) => Ok(()),
                    None => return self.named(name, |w| w.tell(Err(bad("is cut short (tar)")))),
                },
                None if seen => {
                    let input = Input::Stream(Box::new(&mut entry), Some(size));
                    self.kept_or_item(name, input, kept.as_mut())
                }
                None => Ok(()),
            };
            done?;
            if region.is_none() || sparse {
                match io::copy(&mut entry, &mut io::sink()) {
                    Ok(_) => {}
                    // The member told it.
                    Err(_) if self.troubles > told => return Ok(()),
                    Err(e) => return Err(bad(words(&e, "tar"))),
                }
            }
        }
        self.overlay = overlay;
        kept.map_or(Ok(()), |kept| self.image(kept))
    }

    /// What might be a part of an image waits until the whole archive was seen; anything else is looked at
    /// now.
    fn kept_or_item(&mut self, name: Vec<u8>, input: Input<'_>, kept: Option<&mut Kept>) -> Done {
        let Some(kept) = kept else {
            return self.named(name, |w| w.item(input));
        };
        self.names.push(name);
        let done = match kept.take(self.names.last().map_or(&[][..], |n| n), input) {
            Ok(None) => Ok(()),
            Ok(Some(input)) => self.item(input),
            Err(e) => self.tell(Err::<(), End>(bad(words(&e, "contents")))),
        };
        self.names.pop();
        done
    }
}
