//! A path, a folder or standard input → bytes and a name for them. No meaning yet.
//!
//! Files are mapped, so only the pages that are touched are read. This is the only room with `unsafe` in it.

pub mod fault;
pub mod sources;

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// The bytes of one input: mapped or owned. Derefs to `[u8]`.
#[derive(Debug)]
pub struct Bytes {
    store: Store,
    // What was made from the bytes and is borrowed as long as they are: unpacked, put together, decoded.
    kept: elsa::sync::FrozenVec<Vec<u8>>,
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
    /// Has another process written to the file since it was opened? What was read of it may then be neither the old contents nor the
    /// new. A file that was replaced is still there as it was. Known for what [`open`] has opened only; else false.
    pub fn changed(&self) -> bool {
        let Store::Mapped {
            file: Some((file, then)),
            ..
        } = &self.store
        else {
            return false;
        };
        file.metadata()
            .is_ok_and(|now| now.len() != then.len() || now.modified().ok() != then.modified().ok())
    }

    /// Keeps what was made from the bytes for as long as they are kept themselves, so that it can be borrowed like them.
    pub fn keep(&self, made: Vec<u8>) -> &[u8] {
        self.kept.push_get(made)
    }

    fn of(store: Store) -> Bytes {
        Bytes {
            store,
            kept: elsa::sync::FrozenVec::new(),
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

/// Opens a regular file and maps it.
///
/// # Errors
/// What the system says; for a folder, FIFO, socket or device: that it is not a regular file. A FIFO is not waited for.
pub fn open(path: &Path) -> io::Result<Bytes> {
    let meta = std::fs::metadata(path)?;
    if let Some(kind) = irregular(&meta) {
        return Err(io::Error::other(format!("is {kind}, not a regular file")));
    }
    let file = File::open(path)?;
    let meta = file.metadata()?;
    let mut bytes = map_known(&file, &meta, path)?;
    if let Store::Mapped { file: keep, .. } = &mut bytes.store {
        *keep = Some((file, meta));
    }
    Ok(bytes)
}

/// As [`open`], for a path that is known to be a regular file: saves looking at it again.
///
/// # Errors
/// What the system says.
pub fn open_known(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    map_known(&file, &meta, path)
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
fn map_known(file: &File, meta: &Metadata, path: &Path) -> io::Result<Bytes> {
    if meta.len() == 0 {
        return Ok(Bytes::of(Store::Owned(Vec::new())));
    }
    let len = usize::try_from(meta.len()).map_err(io::Error::other)?;
    // SAFETY: the map is read-only and private to this process. Another process that cuts the file short while it is mapped makes a
    // read fault: the program ends then with a message (see `fault`). One that writes to it changes bytes that were read before; all
    // that is read is checked where it is used, and `Bytes::changed` tells.
    #[allow(unsafe_code)]
    let map = unsafe { memmap2::MmapOptions::new().len(len).map(file)? };
    Ok(Bytes::of(Store::Mapped {
        _listed: fault::list(&map, path),
        map,
        file: None,
    }))
}

/// Reads all of standard input.
///
/// # Errors
/// What the system says.
pub fn stdin() -> io::Result<Bytes> {
    let mut v = Vec::new();
    io::stdin().lock().read_to_end(&mut v)?;
    Ok(v.into())
}

/// Opens a path; `-` is standard input.
///
/// # Errors
/// As [`open`] and [`stdin`].
pub fn open_or_stdin(path: &Path) -> io::Result<Bytes> {
    if path.as_os_str() == "-" {
        stdin()
    } else {
        open(path)
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

/// The regular files and symbolic links below `root`, depth first, each folder in the byte order of its names, links to folders not
/// entered: the order of Go's filepath.WalkDir. Folders that can't be read are passed over.
pub fn walk(root: &Path) -> Vec<Entry> {
    let mut out = Vec::new();
    // Deep trees are walked with a stack of their own; the kind comes with the name, so no file is looked at here.
    let mut stack = vec![(root.to_path_buf(), Kind::Folder)];
    while let Some((path, kind)) = stack.pop() {
        if kind != Kind::Folder {
            let symlink = kind == Kind::Link;
            out.push(Entry { path, symlink });
            continue;
        }
        let Ok(entries) = std::fs::read_dir(&path) else {
            continue;
        };
        let mut names: Vec<(OsString, Kind)> = entries
            .flatten()
            .filter_map(|e| {
                let kind = match e.file_type().ok()? {
                    t if t.is_dir() => Kind::Folder,
                    t if t.is_symlink() => Kind::Link,
                    t if t.is_file() => Kind::File,
                    _ => return None,
                };
                Some((e.file_name(), kind))
            })
            .collect();
        names.sort_by(|a, b| a.0.as_encoded_bytes().cmp(b.0.as_encoded_bytes()));
        for (name, kind) in names.into_iter().rev() {
            stack.push((join(&path, &name), kind));
        }
    }
    out
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
        let found: Vec<_> = walk(&dir).into_iter().map(|e| e.path).collect();
        assert_eq!(found, [dir.join("a"), dir.join("b/c")]);
        std::fs::remove_dir_all(&dir).unwrap();
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
