//! A path, a folder, an archive, an image or standard input → bytes and a name for them. No meaning yet.
//!
//! [`open`] reads a file into memory and is safe whatever else happens to it. [`open_mapped`] maps it, so
//! that only the pages that are touched are read; it takes the proof that somebody answers for a file that
//! changes meanwhile. This is the only room with `unsafe` in it.

pub mod ending;
pub mod fault;
pub mod members;
mod name;
pub mod sources;
pub mod standard;

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};

pub use name::Name;

/// The bytes of one input: mapped or owned. Derefs to `[u8]`.
#[derive(Debug)]
pub struct Bytes {
    store: Store,
    // What was made from the bytes and is borrowed as long as they are: unpacked, put together, decoded.
    kept: elsa::sync::FrozenVec<Vec<u8>>,
    unpacked: std::sync::OnceLock<Option<Vec<u8>>>,
}

#[derive(Debug)]
enum Store {
    Mapped {
        // Dropped before the map.
        _listed: fault::Listed,
        map: memmap2::Mmap,
        file: Option<(File, Metadata)>,
    },
    Owned(Vec<u8>),
}

impl Bytes {
    /// Has another process written to the file since it was opened? What was read of it may then be neither
    /// the old contents nor the new. A file that was replaced is still there as it was. Known for what
    /// [`open_mapped`] has opened only; else false.
    pub fn changed(&self) -> bool {
        let Store::Mapped {
            file: Some((file, then)),
            ..
        } = &self.store
        else {
            return false;
        };
        differs(file, then)
    }

    /// Keeps what was made from the bytes for as long as they are kept themselves, so that it can be borrowed
    /// like them.
    pub fn keep(&self, made: Vec<u8>) -> &[u8] {
        self.kept.push_get(made)
    }

    /// What the bytes are when they are unpacked: made at the first call, then kept as long as they are.
    pub fn unpacked(&self, make: impl FnOnce() -> Option<Vec<u8>>) -> Option<&[u8]> {
        self.unpacked.get_or_init(make).as_deref()
    }

    /// Mapped bytes that know of which file, and how that was when it was opened.
    fn watched(mut self, opened: File, then: Metadata) -> Bytes {
        if let Store::Mapped { file, .. } = &mut self.store {
            *file = Some((opened, then));
        }
        self
    }

    fn of(store: Store) -> Bytes {
        Bytes {
            store,
            kept: elsa::sync::FrozenVec::new(),
            unpacked: std::sync::OnceLock::new(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.store {
            Store::Mapped { map, .. } => map,
            Store::Owned(v) => v,
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(v: Vec<u8>) -> Self {
        Bytes::of(Store::Owned(v))
    }
}

/// Opens a regular file and reads all of it into memory.
///
/// # Errors
/// What the system says; for a folder, FIFO, socket or device: that it is not a regular file. A FIFO is not
/// waited for. That the file was changed while it was read.
pub fn open(path: &Path) -> io::Result<Bytes> {
    let (mut file, meta) = open_regular(path)?;
    let mut all = Vec::new();
    // One byte more than there is, so that a file that grows meanwhile is noticed.
    let limit = meta.len().saturating_add(1);
    all.try_reserve_exact(usize::try_from(limit).map_err(io::Error::other)?)?;
    (&mut file).take(limit).read_to_end(&mut all)?;
    if all.len() as u64 != meta.len() || differs(&file, &meta) {
        return Err(io::Error::other("was changed while it was read"));
    }
    Ok(all.into())
}

/// Opens a regular file and maps it: nothing is read before it is looked at.
///
/// The bytes are those of the file for as long as nobody writes to it. If somebody does, they are neither the
/// old contents nor the new ([`Bytes::changed`] tells when the work is done), and if somebody cuts it short,
/// the process is ended: `guard` is the proof that the caller has taken that on, see [`fault::guard`]. Who
/// can't, uses [`open`].
///
/// # Errors
/// As [`open`], but a change is told by [`Bytes::changed`] only.
pub fn open_mapped(path: &Path, guard: fault::Guard) -> io::Result<Bytes> {
    let (file, meta) = open_regular(path)?;
    let mut bytes = map_known(&file, &meta, path, guard)?;
    if let Store::Mapped { file: keep, .. } = &mut bytes.store {
        *keep = Some((file, meta));
    }
    Ok(bytes)
}

/// As [`open_mapped`], for a path that is known to be a regular file: saves looking at it again. A change is
/// not noticed.
///
/// # Errors
/// What the system says.
pub fn open_known(path: &Path, guard: fault::Guard) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    map_known(&file, &meta, path, guard)
}

fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let refused = |meta: &Metadata| {
        irregular(meta).map(|kind| io::Error::other(format!("is {kind}, not a regular file")))
    };
    // Asked before it is opened, since opening a FIFO waits; and again, since something else may stand there
    // by then.
    if let Some(e) = refused(&std::fs::metadata(path)?) {
        return Err(e);
    }
    let file = File::open(path)?;
    let meta = file.metadata()?;
    match refused(&meta) {
        Some(e) => Err(e),
        None => Ok((file, meta)),
    }
}

/// Was the file written to since it looked like `then`?
fn differs(file: &File, then: &Metadata) -> bool {
    file.metadata()
        .is_ok_and(|now| now.len() != then.len() || now.modified().ok() != then.modified().ok())
}

/// What an irregular file is, in words; `None` for a regular one.
pub fn irregular(meta: &Metadata) -> Option<&'static str> {
    if meta.is_file() {
        return None;
    }
    if meta.is_dir() {
        return Some("a directory");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let t = meta.file_type();
        if t.is_fifo() {
            return Some("a FIFO");
        }
        if t.is_socket() {
            return Some("a socket");
        }
    }
    Some("a device")
}

/// Maps an open file; an empty file gives no bytes.
fn map_known(file: &File, meta: &Metadata, path: &Path, guard: fault::Guard) -> io::Result<Bytes> {
    map_part(file, 0, meta.len(), path, guard)
}

/// Maps `len` bytes of an open file from `start`, which the caller knows to be in it.
fn map_part(file: &File, start: u64, len: u64, path: &Path, _: fault::Guard) -> io::Result<Bytes> {
    if len == 0 {
        return Ok(Bytes::of(Store::Owned(Vec::new())));
    }
    let len = usize::try_from(len).map_err(io::Error::other)?;
    // SAFETY: the map is read-only and private to this process. Another process that cuts the file short
    // while it is mapped makes a read fault: the handler that the guard stands for ends the program with a
    // message (see `fault`). One that writes to it changes bytes that were read before; all that is read is
    // checked where it is used, and `Bytes::changed` tells.
    #[allow(unsafe_code)]
    let map = unsafe { memmap2::MmapOptions::new().offset(start).len(len).map(file)? };
    Ok(Bytes::of(Store::Mapped {
        _listed: fault::list(&map, path),
        map,
        file: None,
    }))
}

/// Reads all of standard input, as far as [`standard::accept`] allows.
///
/// # Errors
/// What the system says; that it begins as no input does, or is too long.
pub fn stdin(guard: fault::Guard) -> io::Result<Bytes> {
    match standard::read(io::stdin().lock(), standard::accepted())? {
        standard::Stored::Memory(v) => Ok(v.into()),
        standard::Stored::File(f) => map_known(&f, &f.metadata()?, Path::new("-"), guard),
    }
}

/// Opens a path as [`open_mapped`] does; `-` is standard input.
///
/// # Errors
/// As [`open_mapped`] and [`stdin`].
pub fn open_or_stdin(path: &Path, guard: fault::Guard) -> io::Result<Bytes> {
    if path.as_os_str() == "-" {
        stdin(guard)
    } else {
        open_mapped(path, guard)
    }
}

/// One entry of a walked folder.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The root as given, joined with the way down.
    pub path: PathBuf,
    /// A symbolic link (which is not followed to find folders).
    pub symlink: bool,
}

/// What [`walk`] found.
#[derive(Debug, Default)]
pub struct Walk {
    /// Files and links in order.
    pub entries: Vec<Entry>,
    /// Folders whose names can't be read, or not all of them, with what the system says.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// The regular files and symbolic links below `root`, depth first, each folder in the byte order of its
/// names, links to folders not entered: the order of Go's filepath.WalkDir.
pub fn walk(root: &Path) -> Walk {
    let mut out = Walk::default();
    // Deep trees are walked with a stack of their own; the kind comes with the name, so no file is looked at
    // here.
    let mut stack = vec![(root.to_path_buf(), Kind::Folder)];
    while let Some((path, kind)) = stack.pop() {
        if kind != Kind::Folder {
            let symlink = kind == Kind::Link;
            out.entries.push(Entry { path, symlink });
            continue;
        }
        let (names, failed) = names(&path);
        for (name, kind) in names.into_iter().rev() {
            stack.push((join(&path, &name), kind));
        }
        out.unread.extend(failed.map(|e| (path, e)));
    }
    out
}

/// What is in a folder, in order, and the first error met.
fn names(folder: &Path) -> (Vec<(OsString, Kind)>, Option<io::Error>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return (Vec::new(), Some(e)),
    };
    let (mut out, mut failed) = (Vec::new(), None);
    for entry in entries {
        let kind = entry.and_then(|e| Ok((e.file_name(), e.file_type()?)));
        match kind {
            Ok((name, t)) if t.is_dir() => out.push((name, Kind::Folder)),
            Ok((name, t)) if t.is_symlink() => out.push((name, Kind::Link)),
            Ok((name, t)) if t.is_file() => out.push((name, Kind::File)),
            Ok(_) => {}
            Err(e) => failed = failed.or(Some(e)),
        }
    }
    out.sort_by(|a, b| a.0.as_encoded_bytes().cmp(b.0.as_encoded_bytes()));
    (out, failed)
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Link,
}

/// As Go's filepath.Join: the folder is cleaned first, `.` and `x/..` in it vanish.
fn join(folder: &Path, name: &OsString) -> PathBuf {
    use std::path::Component as C;
    let mut clean = PathBuf::new();
    for part in folder.components() {
        match (part, clean.components().next_back()) {
            (C::CurDir, _) => {}
            (C::ParentDir, Some(C::Normal(_))) => {
                clean.pop();
            }
            (C::ParentDir, Some(C::RootDir)) => {}
            _ => clean.push(part),
        }
    }
    clean.join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_has_no_bytes_and_a_folder_is_refused() {
        let dir = std::env::temp_dir().join(format!("gospect-input-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("b")).unwrap();
        std::fs::write(dir.join("a"), b"").unwrap();
        std::fs::write(dir.join("b/c"), b"x").unwrap();
        assert!(open(&dir.join("a")).unwrap().is_empty());
        assert_eq!(
            open(&dir).unwrap_err().to_string(),
            "is a directory, not a regular file"
        );
        let found: Vec<_> = walk(&dir).entries.into_iter().map(|e| e.path).collect();
        assert_eq!(found, [dir.join("a"), dir.join("b/c")]);
        assert_eq!(walk(&dir.join("gone")).unread.len(), 1);
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_is_read_into_memory_stays_what_is_mapped_tells_of_a_change() {
        let file = std::env::temp_dir().join(format!("gospect-change-{}", std::process::id()));
        std::fs::write(&file, b"before").unwrap();
        let (owned, mapped) = (open(&file).unwrap(), open_mapped(&file, fault::guard()).unwrap());
        assert!(!mapped.changed());
        std::fs::write(&file, b"and after").unwrap();
        assert_eq!(&*owned, b"before");
        assert!(mapped.changed() && !owned.changed());
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn joined_paths_are_clean() {
        for (folder, clean) in [
            ("./d/", "d/x"),
            (".", "x"),
            ("a/../b", "b/x"),
            ("/..", "/x"),
            ("../a", "../a/x"),
            ("../../", "../../x"),
        ] {
            assert_eq!(join(Path::new(folder), &"x".into()), Path::new(clean), "{folder}");
        }
    }
}
