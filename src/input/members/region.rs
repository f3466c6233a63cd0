//! A part of a file, or bytes in memory, that can be read at any place: what a member is read from when it
//! need not be unpacked. And the unlinked file that unpacked members wait in.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::input::Bytes;
use crate::input::fault::Guard;

/// `[start, start + len)` of a file or of memory. Cheap to clone and to cut.
#[derive(Debug, Clone)]
pub struct Region {
    store: Store,
    start: u64,
    len: u64,
}

#[derive(Debug, Clone)]
enum Store {
    File(Arc<Held>),
    Memory(Arc<Vec<u8>>),
}

/// An open file, with the name that a message gives it.
#[derive(Debug)]
struct Held {
    file: File,
    path: PathBuf,
    /// How it was when it was opened; `None` for our own, which nobody else writes to.
    then: Option<Metadata>,
    /// May it be mapped?
    guard: Option<Guard>,
}

impl Region {
    /// All of a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path, guard: Option<Guard>) -> io::Result<Region> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if let Some(kind) = crate::input::irregular(&meta) {
            return Err(io::Error::other(format!("is {kind}, not a regular file")));
        }
        Ok(Region {
            store: Store::File(Arc::new(Held {
                file,
                path: path.to_path_buf(),
                then: Some(meta.clone()),
                guard,
            })),
            start: 0,
            len: meta.len(),
        })
    }

    /// Bytes in memory.
    pub fn memory(bytes: Vec<u8>) -> Region {
        Region {
            start: 0,
            len: bytes.len() as u64,
            store: Store::Memory(Arc::new(bytes)),
        }
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Has it no bytes?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// `len` bytes from `offset`; `None` where that is not all in the region.
    pub fn slice(&self, offset: u64, len: u64) -> Option<Region> {
        (offset.checked_add(len)? <= self.len).then(|| Region {
            store: self.store.clone(),
            start: self.start.saturating_add(offset),
            len,
        })
    }

    /// Reads what there is at `offset`, as much as fits at the most.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let take = buf.len().min(left);
        let Some(buf) = buf.get_mut(..take).filter(|b| !b.is_empty()) else {
            return Ok(0);
        };
        let at = self.start.saturating_add(offset);
        match &self.store {
            Store::File(held) => file_at(&held.file, buf, at),
            Store::Memory(bytes) => {
                let from = usize::try_from(at).map_err(io::Error::other)?;
                bytes.get(from..).unwrap_or_default().read(buf)
            }
        }
    }

    /// The first `n` bytes, fewer where there are no more.
    ///
    /// # Errors
    /// What the system says.
    pub fn head(&self, n: usize) -> io::Result<Vec<u8>> {
        let mut out = vec![0; n.min(usize::try_from(self.len).unwrap_or(n))];
        let mut have = 0;
        while let Some(rest) = out.get_mut(have..).filter(|r| !r.is_empty()) {
            match self.read_at(rest, have as u64)? {
                0 => break,
                got => have += got,
            }
        }
        out.truncate(have);
        Ok(out)
    }

    /// A reader from the start.
    pub fn reader(&self) -> RegionReader {
        RegionReader {
            region: self.clone(),
            at: 0,
            buf: Vec::new(),
            used: 0,
        }
    }

    /// The bytes: a file's are mapped, unless they are few.
    ///
    /// # Errors
    /// What the system says.
    pub fn bytes(&self) -> io::Result<Bytes> {
        match &self.store {
            Store::File(held) if self.len >= 1 << 16 && held.guard.is_some() => {
                let Some(guard) = held.guard else {
                    return Ok(Vec::new().into());
                };
                let size = held.file.metadata()?.len();
                if self.start.saturating_add(self.len) > size {
                    return Err(io::Error::other("was cut short while it was read"));
                }
                let bytes = crate::input::map_part(&held.file, self.start, self.len, &held.path, guard)?;
                match &held.then {
                    Some(then) => Ok(bytes.watched(held.file.try_clone()?, then.clone())),
                    None => Ok(bytes),
                }
            }
            Store::Memory(bytes) if self.start == 0 && self.len == bytes.len() as u64 => {
                Ok(Arc::unwrap_or_clone(Arc::clone(bytes)).into())
            }
            _ => {
                let len = usize::try_from(self.len).map_err(io::Error::other)?;
                let mut out = vec![0; len];
                self.reader().read_exact(&mut out)?;
                Ok(out.into())
            }
        }
    }
}

#[cfg(unix)]
fn file_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, at)
}

#[cfg(windows)]
fn file_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, at)
}

#[cfg(not(any(unix, windows)))]
fn file_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

impl rawzip::ReaderAt for Region {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        Region::read_at(self, buf, offset)
    }
}

/// Reads a region from front to back, or from where it is set to.
#[derive(Debug)]
pub struct RegionReader {
    region: Region,
    // Where the buffer ends in the region.
    at: u64,
    buf: Vec<u8>,
    used: usize,
}

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

impl BufRead for RegionReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.buf.len() {
            self.buf.resize(CHUNK, 0);
            self.used = 0;
            let n = self.region.read_at(&mut self.buf, self.at);
            self.buf.truncate(*n.as_ref().unwrap_or(&0));
            self.at += n? as u64;
        }
        Ok(self.buf.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.used = self.buf.len().min(self.used + n);
    }
}

impl Read for RegionReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.used >= self.buf.len() && out.len() >= CHUNK {
            let n = self.region.read_at(out, self.at)?;
            self.at += n as u64;
            return Ok(n);
        }
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl Seek for RegionReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let here = self.at.saturating_sub((self.buf.len() - self.used) as u64);
        let new = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::Current(n) => here.checked_add_signed(n),
            SeekFrom::End(n) => self.region.len.checked_add_signed(n),
        };
        let new = new.ok_or(io::ErrorKind::InvalidInput)?;
        match new.checked_sub(here).and_then(|n| usize::try_from(n).ok()) {
            Some(ahead) if ahead <= self.buf.len() - self.used => self.used += ahead,
            _ => {
                self.buf.clear();
                self.used = 0;
                self.at = new;
            }
        }
        Ok(new)
    }
}

/// An unlinked file that grows: one for each container that is unpacked, and only where a member must wait or
/// is large.
#[derive(Debug, Default)]
pub struct Spool {
    held: Option<Arc<Held>>,
    len: u64,
}

impl Spool {
    /// Appends all of `from`.
    ///
    /// # Errors
    /// What the system or the reader says.
    pub fn append(&mut self, from: &mut dyn Read) -> io::Result<Region> {
        let held = match &self.held {
            Some(held) => Arc::clone(held),
            None => {
                // SAFETY: the file has no name, so nobody else writes to it, and we only append.
                #[allow(unsafe_code)]
                let ours = unsafe { Guard::without_handler() };
                let held = Arc::new(Held {
                    file: tempfile::tempfile()?,
                    path: std::env::temp_dir(),
                    then: None,
                    guard: Some(ours),
                });
                self.held = Some(Arc::clone(&held));
                held
            }
        };
        let mut file = &held.file;
        file.seek(SeekFrom::Start(self.len))?;
        let n = io::copy(from, &mut file)?;
        file.flush()?;
        let start = self.len;
        self.len += n;
        Ok(Region {
            store: Store::File(held),
            start,
            len: n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_never_gives_what_is_outside_it() {
        let all = Region::memory((0..=255).collect());
        let part = all.slice(10, 20).unwrap();
        assert_eq!(part.head(100).unwrap(), (10..30).collect::<Vec<u8>>());
        assert!(part.slice(10, 11).is_none());
        assert!(part.slice(u64::MAX, 2).is_none());
        let mut buf = [0; 8];
        assert_eq!(part.read_at(&mut buf, 15).unwrap(), 5);
        assert_eq!(part.read_at(&mut buf, 21).unwrap(), 0);
        assert_eq!(&*part.bytes().unwrap(), &(10..30).collect::<Vec<u8>>()[..]);
    }

    #[test]
    fn a_spool_holds_what_was_put_in_it_and_a_reader_seeks() {
        let mut spool = Spool::default();
        let a = spool.append(&mut &b"hello"[..]).unwrap();
        let b = spool.append(&mut &[7u8; 200_000][..]).unwrap();
        assert_eq!(a.head(9).unwrap(), b"hello");
        assert_eq!(&*b.bytes().unwrap(), &[7u8; 200_000][..]);
        let mut r = a.reader();
        let mut two = [0; 2];
        r.read_exact(&mut two).unwrap();
        r.seek(SeekFrom::Current(1)).unwrap();
        r.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"lo");
        r.seek(SeekFrom::Start(1)).unwrap();
        r.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"el");
    }
}
