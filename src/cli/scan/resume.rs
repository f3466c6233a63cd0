//! The output of an earlier run → what it tells already, and the file to append to.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use crate::report::json::lossy;
use crate::report::scan::parse_line;

/// Members that were told, as hashes of path and names.
#[derive(Debug, Default)]
pub(super) struct Done {
    keys: RandomState,
    told: HashSet<u64>,
}

impl Done {
    /// Was this told?
    pub fn has(&self, path: &[u8], member: &[Vec<u8>]) -> bool {
        !self.told.is_empty() && {
            let member: Vec<String> = member.iter().map(|m| lossy(m)).collect();
            self.told.contains(&self.keys.hash_one((lossy(path), member)))
        }
    }
}

/// Reads what `file` tells, if there is one, leaves in it only whole lines without an error, and opens it to
/// append.
///
/// # Errors
/// What the system says.
pub(super) fn open(file: &Path) -> io::Result<(BufWriter<File>, Done)> {
    let mut done = Done::default();
    match File::open(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
        Ok(old) => {
            let mut name = file.file_name().unwrap_or_default().to_os_string();
            name.push(format!(".{}.part", std::process::id()));
            let part = file.with_file_name(name);
            let kept = keep(old, &part, &mut done).and_then(|()| std::fs::rename(&part, file));
            if let Err(e) = kept {
                let _ = std::fs::remove_file(&part);
                return Err(e);
            }
        }
    }
    let out = File::options().create(true).append(true).open(file)?;
    Ok((BufWriter::new(out), done))
}

fn keep(old: File, part: &Path, done: &mut Done) -> io::Result<()> {
    let mut old = BufReader::new(old);
    let mut out = BufWriter::new(File::create(part)?);
    let mut line = Vec::new();
    while old.read_until(b'\n', &mut line)? > 0 {
        if let Some(d) = parse_line(&line).filter(|d| d.error.is_none() && line.ends_with(b"\n")) {
            let key = done.keys.hash_one((d.path, d.member));
            // A member of the same name may be there twice; the file keeps both, and both are done.
            done.told.insert(key);
            out.write_all(&line)?;
        }
        line.clear();
    }
    out.into_inner()?.sync_all()
}
