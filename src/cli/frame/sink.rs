//! Where output goes: standard output, or a file that appears whole or not at all.
//!
//! A file is written under a random name beside its place, opened exclusively, and renamed when it is whole.
//! It is gone when the program is ended before that, takes over the mode of the file it replaces, and of a
//! symbolic link what it leads to is replaced.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::input::ending;
use crate::report::columns::Folder;

/// Standard output, or a file that is written beside its place and renamed when it is whole.
#[derive(Debug)]
pub struct Sink {
    to: To,
    // Folds the lines of a page.
    folder: Folder,
    // Has a write failed?
    pub(super) failed: bool,
}

#[derive(Debug)]
enum To {
    Stdout(BufWriter<io::Stdout>),
    // A device or FIFO, which nothing may take the place of.
    Device(BufWriter<File>),
    File {
        out: BufWriter<NamedTempFile>,
        path: PathBuf,
        // Removed also where a signal ends the program.
        _listed: ending::Listed,
    },
}

impl Sink {
    pub(super) fn open(path: Option<&Path>) -> io::Result<Sink> {
        let to = match path {
            None => To::Stdout(BufWriter::with_capacity(1 << 16, io::stdout())),
            Some(path) => match std::fs::metadata(path) {
                Ok(m) if m.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(m) if !m.is_file() => To::Device(BufWriter::new(File::options().write(true).open(path)?)),
                old => beside(
                    &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()),
                    old.ok(),
                )?,
            },
        };
        Ok(Sink {
            to,
            folder: Folder::default(),
            failed: false,
        })
    }

    /// From here on lines are folded to so many columns, or written as they come.
    pub fn fold(&mut self, width: Option<usize>) {
        self.folder.fit(width);
    }

    /// Flushes, and puts a file in its place.
    ///
    /// # Errors
    /// What the system says; the file is then as it was before.
    pub fn finish(mut self) -> io::Result<()> {
        let rest = self.folder.rest();
        self.to.write_all(&rest)?;
        match self.to {
            To::Stdout(mut out) => out.flush(),
            To::Device(mut out) => out.flush(),
            To::File { out, path, _listed } => {
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}

/// A file of a random name in the folder of `path`, with the mode of the file that it will replace.
fn beside(path: &Path, old: Option<Metadata>) -> io::Result<To> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".gospect-").suffix(".part").rand_bytes(12);
    #[cfg(unix)]
    if old.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As of any new file: less what the umask takes away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let made = builder.tempfile_in(folder.unwrap_or(Path::new(".")));
    // The error names the random path, which tells nobody anything.
    let file = made.map_err(|e| e.raw_os_error().map_or(e, io::Error::from_raw_os_error))?;
    let _listed = ending::list(file.path());
    // Before the first byte is in it, which not everybody may be meant to read.
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    let path = path.to_path_buf();
    let out = BufWriter::new(file);
    Ok(To::File { out, path, _listed })
}

impl To {
    fn write_all(&mut self, b: &[u8]) -> io::Result<()> {
        match self {
            To::Stdout(out) => out.write_all(b),
            To::Device(out) => out.write_all(b),
            To::File { out, .. } => out.write_all(b),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> {
        let done = self.to.write_all(&self.folder.take(b));
        self.failed |= done.is_err();
        done.map(|()| b.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stdout(out) => out.flush(),
            To::Device(out) => out.flush(),
            To::File { out, .. } => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a folder.
    fn names(dir: &Path) -> Vec<String> {
        let all = std::fs::read_dir(dir).unwrap();
        all.map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        std::fs::write(&place, "before").unwrap();
        let mut sink = Sink::open(Some(&place)).unwrap();
        sink.write_all(b"half").unwrap();
        drop(sink);
        assert_eq!(std::fs::read(&place).unwrap(), b"before");
        assert_eq!(names(dir.path()), ["out"]);
        let mut sink = Sink::open(Some(&place)).unwrap();
        sink.write_all(b"whole").unwrap();
        sink.finish().unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"whole");
        assert_eq!(names(dir.path()), ["out"]);
        assert!(Sink::open(Some(dir.path())).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_that_of_the_file_before() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        let mode = || std::fs::metadata(&place).unwrap().permissions().mode() & 0o7777;
        Sink::open(Some(&place)).unwrap().finish().unwrap();
        assert_ne!(
            mode() & 0o044,
            0,
            "a new file can be read by others, under an ordinary umask"
        );
        for wanted in [0o600, 0o640, 0o644] {
            std::fs::set_permissions(&place, std::fs::Permissions::from_mode(wanted)).unwrap();
            Sink::open(Some(&place)).unwrap().finish().unwrap();
            assert_eq!(mode(), wanted);
        }
    }
}
