//! tar → its members; a docker-archive or OCI layout in it → an image.
//!
//! Authority: POSIX.1 pax, and GNU tar's extensions, as the tar crate reads them. Archives that follow each
//! other are one (Alpine's packages are made so).

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::image::{Kept, Taken};
use super::links::{Known, Later, Names, Paths, Place};
use super::origin::Origin;
use super::overlay::{Overlay, clean};
use super::region::Spool;
use super::{Budget, Done, End, FIRST, HEAD, Input, Meter, Region, TOO_MUCH, Walker, bad, plain, words};

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

/// Starts on an archive: what to read it with, and what may be read up to the next member.
fn archive<R: Read>(from: R) -> (tar::Archive<Limited<R>>, Rc<Cell<u64>>) {
    let allowed = Rc::new(Cell::new(HEADERS));
    let mut archive = tar::Archive::new(Limited {
        from,
        allowed: Rc::clone(&allowed),
    });
    archive.set_ignore_zeros(true);
    (archive, allowed)
}

/// What a path of a layer counts against the budget. Some 75 bytes are kept of it, and a layer of nothing but
/// paths takes next to no room when compressed: it ends within 64 MB and three times the file.
const PATH: u64 = 4096;

/// Tells `overlay` what a layer has, up to where it can't be read, which is told when its members are.
fn list(origin: &Origin, budget: &Budget, overlay: &mut Overlay) -> io::Result<()> {
    fn all<R: Read>(
        entries: tar::Entries<'_, R>,
        allowed: &Cell<u64>,
        (budget, overlay): (&Budget, &mut Overlay),
    ) -> io::Result<()> {
        for entry in entries {
            let entry = entry?;
            if !budget.take(PATH) {
                return Err(io::Error::other(TOO_MUCH));
            }
            overlay.list(&clean(&entry.path_bytes()), entry.header().entry_type().is_dir());
            allowed.set(HEADERS.saturating_add(entry.header().entry_size()?));
        }
        Ok(())
    }
    if let Origin::Region(region) = origin {
        let (mut archive, allowed) = archive(region.reader());
        all(archive.entries_with_seek()?, &allowed, (budget, overlay))
    } else {
        let (mut archive, allowed) = archive(origin.open(budget)?);
        all(archive.entries()?, &allowed, (budget, overlay))
    }
}

/// A tar on its way.
struct Pass {
    origin: Origin,
    /// It is a layer, and this is what lies above it.
    overlay: Option<Overlay>,
    /// What might be a part of an image. A layer holds a file system: what looks like an image in it is
    /// looked at when it is a file of its own.
    kept: Option<Kept>,
    paths: Paths,
    later: Later,
    names: Names,
    /// What is in sparse files.
    spool: Spool,
}

impl Walker<'_> {
    pub(super) fn tar(&mut self, input: Input<'_>) -> Done {
        let origin = input.origin();
        let mut overlay = self.overlay.take();
        if let Some(overlay) = &mut overlay {
            let _ = list(&origin, &self.budget, overlay);
        }
        let mut pass = Pass {
            kept: overlay.is_none().then(Kept::default),
            overlay,
            origin,
            paths: Paths::default(),
            later: Later::default(),
            names: Names::default(),
            spool: Spool::default(),
        };
        let broken = |e: io::Error| bad(words(&e, "tar"));
        let done = match input {
            Input::Region(region) => {
                let (mut archive, allowed) = archive(region.reader());
                let entries = archive.entries_with_seek().map_err(broken);
                entries.and_then(|e| self.tar_entries(e, &allowed, &mut pass))
            }
            Input::Stream(from, ..) => {
                let (mut archive, allowed) = archive(from);
                let entries = archive.entries().map_err(broken);
                entries.and_then(|e| self.tar_entries(e, &allowed, &mut pass))
            }
        };
        self.overlay = pass.overlay;
        if matches!(done, Err(End::Stopped)) {
            return done;
        }
        // Of an archive that can't be read to its end, what was put aside is told nevertheless.
        self.linked(&pass.origin, pass.later)?;
        pass.kept.map_or(Ok(()), |kept| self.image(kept))?;
        done
    }

    fn tar_entries<R: Read>(
        &mut self,
        mut entries: tar::Entries<'_, R>,
        allowed: &Cell<u64>,
        pass: &mut Pass,
    ) -> Done {
        let mut passed_over = 0u64;
        loop {
            let told = self.troubles;
            allowed.set(HEADERS.saturating_add(std::mem::take(&mut passed_over)));
            let mut entry = match entries.next() {
                None => return Ok(()),
                Some(Ok(entry)) => entry,
                Some(Err(e)) => return Err(bad(words(&e, "tar"))),
            };
            allowed.set(u64::MAX);
            let kind = entry.header().entry_type();
            let name = entry.path_bytes().into_owned();
            let path = clean(&name);
            let seen = pass
                .overlay
                .as_mut()
                .is_none_or(|o| o.entry(&path, kind.is_dir()));
            if kind.is_hard_link() {
                let target = entry.link_name_bytes().unwrap_or_default().into_owned();
                self.hard_link(pass, name, &target, seen)?;
                continue;
            }
            if let (true, Some(kept), Some(target)) =
                (kind.is_symlink(), &mut pass.kept, entry.link_name_bytes())
            {
                kept.symbolic_link(&name, &target);
            }
            let sparse = kind.is_gnu_sparse();
            if !(kind.is_file() || kind.is_contiguous() || sparse) {
                pass.paths.put(&path, None);
                continue;
            }
            let (at, size) = (entry.raw_file_position(), entry.size());
            let (place, input) = match &pass.origin {
                _ if sparse => {
                    passed_over = entry.header().entry_size().unwrap_or_default();
                    match self.sparse(&name, &mut entry, size, &mut pass.spool)? {
                        Some(region) => (Place::Region(region.clone()), Input::Region(region)),
                        None => {
                            pass.paths.put(&path, None);
                            continue;
                        }
                    }
                }
                Origin::Region(region) => match region.slice(at, size) {
                    Some(part) => (Place::Region(part.clone()), Input::Region(part)),
                    None => return self.named(name, |w| w.tell(Err(bad("is cut short (tar)")))),
                },
                origin => {
                    let input = Input::Stream(Box::new(&mut entry), Some(size), origin.part(at, size));
                    (Place::Stream(at, size), input)
                }
            };
            let streamed = matches!(input, Input::Stream(..));
            self.names.push(name);
            let done = self.tar_file(pass, &path, (place, input), seen);
            let done = self.tell(done);
            self.names.pop();
            done?;
            if !streamed {
                continue;
            }
            match io::copy(&mut entry, &mut io::sink()) {
                Ok(_) => {}
                // The member told it.
                Err(_) if self.troubles > told => return Ok(()),
                Err(e) => return Err(bad(words(&e, "tar"))),
            }
        }
    }

    /// A file, whose name is the last of `names`. What might be a part of an image waits until the whole
    /// archive was seen; anything else is looked at now, if it can be seen.
    fn tar_file(
        &mut self,
        pass: &mut Pass,
        path: &[u8],
        (place, input): (Place, Input<'_>),
        seen: bool,
    ) -> Done {
        let (head, input) = input.peek().map_err(|e| bad(words(&e, FIRST)))?;
        let place = self.worth(&head).then_some(place);
        let Some(kept) = &mut pass.kept else {
            pass.paths.put(path, place);
            return if seen { self.begun(&head, input) } else { Ok(()) };
        };
        let name = self.names.last().map_or(&[][..], |n| n);
        let taken = kept.take(name, &head, input);
        match taken.map_err(|e| bad(words(&e, "contents")))? {
            Taken::Layer => pass.paths.put(path, Some(Place::Layer(path.to_vec()))),
            Taken::Manifest => pass.paths.put(path, place),
            Taken::Not(input) => {
                pass.paths.put(path, place);
                return self.begun(&head, input);
            }
        }
        Ok(())
    }

    /// All of a sparse file, if it is worth reading: its holes are nowhere in the archive.
    fn sparse(
        &mut self,
        name: &[u8],
        entry: &mut dyn Read,
        size: u64,
        spool: &mut Spool,
    ) -> Result<Option<Region>, End> {
        let from = Meter {
            from: entry,
            budget: self.budget.clone(),
        };
        let mut from = io::BufReader::with_capacity(1 << 16, from);
        let mut head = Vec::new();
        let read = from.by_ref().take(HEAD as u64).read_to_end(&mut head);
        let all = read.and_then(|_| {
            if !self.worth(&head) {
                return Ok(None);
            }
            if size > self.budget.0.get() {
                return Err(io::Error::other(TOO_MUCH));
            }
            let region = spool.append(&mut head.chain(from))?;
            match region.len() == size {
                true => Ok(Some(region)),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        });
        all.or_else(|e| {
            let done = Err(bad(words(&e, "contents")));
            self.named(name.to_vec(), |w| w.tell(done)).map(|()| None)
        })
    }

    /// A name for what was in the archive before.
    fn hard_link(&mut self, pass: &mut Pass, name: Vec<u8>, target: &[u8], seen: bool) -> Done {
        let known = pass.paths.get(&clean(target));
        let place = match known {
            Known::Missing if !seen => return Ok(()),
            Known::Missing => {
                let target = plain(&String::from_utf8_lossy(target));
                let what = format!("is a hard link to {target}, which does not come before it (tar)");
                return self.named(name, |w| w.tell(Err(bad(what))));
            }
            Known::Dull => None,
            Known::Worth(place) => Some(place),
        };
        pass.paths.put(&clean(&name), place.clone());
        match place {
            Some(Place::Region(region)) if seen => self.named(name, |w| w.item(Input::Region(region))),
            Some(Place::Stream(..) | Place::Layer(_)) if seen && !pass.names.take(&name) => {
                let what = bad("is one of more hard links than are followed (tar)");
                self.named(name, |w| w.tell(Err(what)))
            }
            Some(Place::Stream(at, size)) if seen => {
                pass.later.put(at, size, name);
                Ok(())
            }
            Some(Place::Layer(target)) => {
                if let Some(kept) = &mut pass.kept {
                    kept.hard_link(&name, target);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
