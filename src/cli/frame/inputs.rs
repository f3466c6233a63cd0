//! The one way to open what a command looks at: a file, each of several, all of them at once.
//!
//! What was said of a file that is written to meanwhile is worth nothing, so it is refused here and nowhere
//! else. `version`, `nm`, `objdump` and `addr2line` open as Go's tools do and say what those say.

use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::subjects::{Found, expand};
use super::{Output, Progress, Sink, complain, io_words, to_output, write_status};
use crate::cli::{FINE, TROUBLE};
use crate::image::sniff;
use crate::input::{self, Bytes, fault};

/// Why work on one input ended.
#[derive(Debug)]
pub enum Trouble {
    /// The file is bad; the others go on.
    File(String),
    /// The output can't be written; nothing goes on.
    Output(io::Error),
    /// It was told already; nothing goes on, and nothing is written.
    Said,
}

impl From<crate::Error> for Trouble {
    fn from(e: crate::Error) -> Self {
        Trouble::File(e.to_string())
    }
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Trouble::File(what)
    }
}

impl From<io::Error> for Trouble {
    fn from(e: io::Error) -> Self {
        Trouble::Output(e)
    }
}

/// Opens a path (`-` is standard input) and hands its bytes to `work`.
///
/// # Errors
/// What the system says, what `work` says, and that the file was changed meanwhile.
pub fn open<T>(path: &Path, work: impl FnOnce(&Bytes) -> Result<T, Trouble>) -> Result<T, Trouble> {
    let bytes = input::open_or_stdin(path, fault::guard()).map_err(|e| Trouble::File(io_words(&e)))?;
    let done = work(&bytes);
    if bytes.changed() && !matches!(done, Err(Trouble::Output(_) | Trouble::Said)) {
        return Err(Trouble::File("was changed while it was read".into()));
    }
    done
}

/// As [`open`], for commands that look at few files that they know by name: what is wrong is told.
pub fn open_or_complain<T>(
    path: &Path,
    work: impl FnOnce(&Bytes) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    open(path, work).map_err(|e| match e {
        Trouble::File(what) => {
            complain(path, &what);
            Trouble::Said
        }
        other => other,
    })
}

/// Opens the output, then each path in turn (of a folder every file below it that is a binary), and hands its
/// bytes to `work`. One bad file never hides the others. The greatest of the statuses that `work` gave, and 2
/// for what could not be read and for a folder in which nothing was found. Stops at the first write that
/// fails.
pub fn each(
    output: &Output,
    paths: &[PathBuf],
    mut work: impl FnMut(&Path, &Bytes, &mut Sink) -> Result<u8, Trouble>,
) -> u8 {
    let mut status = FINE;
    let written = to_output(output, |sink| {
        let Found { subjects, unread } = expand(paths);
        let progress = Progress::new(subjects.len());
        let mut used = vec![false; paths.len()];
        for s in &subjects {
            progress.step();
            let outcome = open(&s.path, |bytes| {
                // What is no binary is passed over in silence below a folder.
                if !s.named && sniff(bytes).is_none() {
                    return Ok(None);
                }
                work(&s.path, bytes, sink).map(Some)
            });
            if !matches!(outcome, Ok(None))
                && let Some(u) = used.get_mut(s.from)
            {
                *u = true;
            }
            match outcome {
                Ok(given) => status = status.max(given.unwrap_or(FINE)),
                Err(Trouble::File(what)) => {
                    complain(&s.path, &what);
                    status = TROUBLE;
                }
                Err(other) => return Err(other),
            }
        }
        for (path, why) in &unread {
            complain(path, why);
            status = TROUBLE;
        }
        for path in empty(paths, &used, &unread) {
            complain(path, &"no binary was found in it");
            status = TROUBLE;
        }
        Ok(FINE)
    });
    status.max(written)
}

/// What [`each_parallel`] saw.
#[derive(Debug)]
pub struct Seen<T> {
    /// Files in the order given, with what was made of each.
    pub files: Vec<(PathBuf, T)>,
    /// Files that were passed over, and what they are instead: no binary, or not what is wanted.
    pub skipped: Vec<(PathBuf, String)>,
    /// What can't be read, with the reason: folders, files, and arguments that brought nothing.
    pub unread: Vec<(PathBuf, String)>,
}

/// Names of files with what was made of each.
pub type Named<T> = Vec<(String, T)>;

impl<T> Seen<T> {
    /// The same by names instead of paths: files, and what can't be read.
    pub fn by_name(self) -> (Named<T>, Named<String>) {
        let name = |p: PathBuf| p.to_string_lossy().into_owned();
        let files = self.files.into_iter().map(|(p, made)| (name(p), made));
        let unread = self.unread.into_iter().map(|(p, why)| (name(p), why));
        (files.collect(), unread.collect())
    }
}

/// Opens all paths on all cores; `look` gives what it makes of a file, or nothing for one that it passes
/// over. It is told whether the file was named; what a folder or pattern brings in and is no binary is passed
/// over before. `wanted` says what it is that a folder or pattern which brought nothing has none of. A file
/// that is named twice is looked at once.
pub fn each_parallel<T: Send>(
    paths: &[PathBuf],
    quiet: bool,
    wanted: &str,
    look: impl Fn(&Path, &Bytes, bool) -> Result<Option<T>, Trouble> + Sync,
) -> Seen<T> {
    let Found {
        mut subjects,
        mut unread,
    } = expand(paths);
    let mut once = std::collections::HashSet::new();
    subjects.retain(|s| once.insert(s.path.clone()));
    let progress = Progress::new(if quiet { 0 } else { subjects.len() });
    let results: Vec<_> = subjects
        .par_iter()
        .map(|s| {
            let seen = open(&s.path, |bytes| {
                let binary = sniff(bytes).is_some();
                let made = match s.named || binary {
                    true => look(&s.path, bytes, s.named)?,
                    false => None,
                };
                Ok(made.ok_or(binary))
            });
            progress.step();
            seen
        })
        .collect();
    drop(progress);
    let mut used = vec![false; paths.len()];
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for (s, result) in subjects.iter().zip(results) {
        match result {
            Ok(Err(binary)) => {
                let what = if binary { wanted } else { "binary" };
                skipped.push((s.path.clone(), format!("is no {what}")));
                // A file that was named is told of as skipped; a folder of such files brought nothing.
                if !s.named {
                    continue;
                }
            }
            Ok(Ok(made)) => files.push((s.path.clone(), made)),
            Err(Trouble::File(why)) => unread.push((s.path.clone(), why)),
            Err(Trouble::Output(e)) => unread.push((s.path.clone(), io_words(&e))),
            Err(Trouble::Said) => {}
        }
        if let Some(u) = used.get_mut(s.from) {
            *u = true;
        }
    }
    let elsewhere = |i: usize, path: &Path| subjects.iter().any(|s| s.from != i && s.path.starts_with(path));
    let nothing: Vec<PathBuf> = empty(paths, &used, &unread)
        .filter(|path| {
            !paths
                .iter()
                .position(|p| p == *path)
                .is_some_and(|i| elsewhere(i, path))
        })
        .cloned()
        .collect();
    unread.extend(nothing.into_iter().map(|p| (p, format!("holds no {wanted}"))));
    Seen {
        files,
        skipped,
        unread,
    }
}

/// The arguments that brought nothing, and of which that was not told yet: a command that looked at nothing
/// has not said that all is well.
fn empty<'p>(
    paths: &'p [PathBuf],
    used: &[bool],
    unread: &[(PathBuf, String)],
) -> impl Iterator<Item = &'p PathBuf> {
    let told: Vec<bool> = paths.iter().map(|p| unread.iter().any(|u| u.0 == *p)).collect();
    let used = used.to_vec();
    let unused = move |i: usize| used.get(i) == Some(&false) && told.get(i) == Some(&false);
    paths
        .iter()
        .enumerate()
        .filter(move |(i, _)| unused(*i))
        .map(|(_, p)| p)
}

/// Exit status for a closure's result behind [`to_output`].
pub(super) fn status_of(result: Result<u8, Trouble>) -> u8 {
    match result {
        Ok(status) => status,
        Err(Trouble::Output(e)) => write_status(Err(e)),
        Err(Trouble::File(what)) => {
            super::note(&format!("gospect: {what}"));
            TROUBLE
        }
        Err(Trouble::Said) => TROUBLE,
    }
}
