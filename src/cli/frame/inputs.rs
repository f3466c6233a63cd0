//! The one way to open what a command looks at: a file, each of several, all of them at once; and what is in
//! a container.
//!
//! What was said of a file that is written to meanwhile is worth nothing, so it is refused here and nowhere
//! else. `version`, `nm`, `objdump` and `addr2line` open as Go's tools do and say what those say.

use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::contents::each_in;
use super::subjects::{Found, expand};
use super::{Output, Progress, Sink, complain, io_words, to_output, write_status};
use crate::cli::{FINE, TROUBLE};
use crate::image::sniff;
use crate::input::{self, Bytes, Name, fault};

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
    settled(&bytes, || work(&bytes))
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

/// As [`open`], for bytes that are there already.
fn settled<T>(bytes: &Bytes, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let done = work();
    if bytes.changed() && !matches!(done, Err(Trouble::Output(_) | Trouble::Said)) {
        return Err(Trouble::File("was changed while it was read".into()));
    }
    done
}

/// Opens the output, then each path in turn (of a folder every file below it that is a binary, of a container
/// that is named every Go binary in it), and hands its bytes to `work`. One bad file never hides the others.
/// The greatest of the statuses that `work` gave, and 2 for what could not be read and for a folder or
/// container in which nothing was found. Stops at the first write that fails.
pub fn each(
    output: &Output,
    paths: &[PathBuf],
    mut work: impl FnMut(&Name, &Bytes, &mut Sink) -> Result<u8, Trouble>,
) -> u8 {
    let mut status = FINE;
    let written = to_output(output, |sink| {
        let Found { subjects, unread } = expand(paths);
        let progress = Progress::new(subjects.len());
        let mut used = vec![false; paths.len()];
        for s in &subjects {
            progress.step();
            each_in(s, &mut |name, found, named| {
                let outcome = found.map_err(Trouble::File).and_then(|bytes| {
                    // What is no binary is passed over in silence below a folder.
                    if !named && sniff(bytes).is_none() {
                        return Ok(None);
                    }
                    settled(bytes, || work(name, bytes, sink).map(Some))
                });
                if !matches!(outcome, Ok(None))
                    && let Some(u) = used.get_mut(s.from)
                {
                    *u = true;
                }
                match outcome {
                    Ok(given) => status = status.max(given.unwrap_or(FINE)),
                    Err(Trouble::File(what)) => {
                        complain(name.shown(), &what);
                        status = TROUBLE;
                    }
                    Err(other) => return Err(other),
                }
                Ok(())
            })?;
        }
        for (path, why) in &unread {
            complain(path, why);
            status = TROUBLE;
        }
        for path in empty(paths, &used, |p| unread.iter().any(|u| u.0 == *p)) {
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
    /// Files and members in the order given, with what was made of each.
    pub files: Vec<(Name, T)>,
    /// Files that were passed over, and what they are instead: no binary, or not what is wanted.
    pub skipped: Vec<(Name, String)>,
    /// What can't be read, with the reason: folders, files, and arguments that brought nothing.
    pub unread: Vec<(Name, String)>,
}

/// Opens all paths on all cores; `look` gives what it makes of a file, or nothing for one that it passes
/// over. It is told whether the file was named; what a folder or pattern brings in and is no binary is passed
/// over before. Of a container that is named, every Go binary in it is looked at, as if it were named.
/// `wanted` says what it is that a folder, pattern or container which brought nothing has none of. A file
/// that is named twice is looked at once.
pub fn each_parallel<T: Send>(
    paths: &[PathBuf],
    quiet: bool,
    wanted: &str,
    look: impl Fn(&Name, &Bytes, bool) -> Result<Option<T>, Trouble> + Sync,
) -> Seen<T> {
    let Found { mut subjects, unread } = expand(paths);
    let named = |(p, why): (PathBuf, String)| (Name::file(&p), why);
    let mut unread: Vec<(Name, String)> = unread.into_iter().map(named).collect();
    let mut once = std::collections::HashSet::new();
    subjects.retain(|s| once.insert(s.path.clone()));
    let progress = Progress::new(if quiet { 0 } else { subjects.len() });
    let results: Vec<_> = subjects
        .par_iter()
        .map(|s| {
            let mut seen = Vec::new();
            // What goes wrong is kept with what it is about, so nothing ends the walk.
            let _ = each_in(s, &mut |name, found, named| {
                let made = found.map_err(Trouble::File).and_then(|bytes| {
                    settled(bytes, || {
                        let binary = sniff(bytes).is_some();
                        let made = match named || binary {
                            true => look(name, bytes, named)?,
                            false => None,
                        };
                        Ok(made.ok_or(binary))
                    })
                });
                seen.push((name.clone(), made));
                Ok(())
            });
            progress.step();
            seen
        })
        .collect();
    drop(progress);
    let mut used = vec![false; paths.len()];
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for (s, (name, result)) in subjects
        .iter()
        .zip(results)
        .flat_map(|(s, all)| all.into_iter().map(move |one| (s, one)))
    {
        match result {
            Ok(Err(binary)) => {
                let what = if binary { wanted } else { "binary" };
                skipped.push((name, format!("is no {what}")));
                // A file that was named is told of as skipped; a folder of such files brought nothing.
                if !s.named {
                    continue;
                }
            }
            Ok(Ok(made)) => files.push((name, made)),
            Err(Trouble::File(why)) => unread.push((name, why)),
            Err(Trouble::Output(e)) => unread.push((name, io_words(&e))),
            Err(Trouble::Said) => {}
        }
        if let Some(u) = used.get_mut(s.from) {
            *u = true;
        }
    }
    let elsewhere = |i: usize, path: &Path| subjects.iter().any(|s| s.from != i && s.path.starts_with(path));
    let nothing: Vec<PathBuf> = empty(paths, &used, |p| unread.iter().any(|u| u.0.path() == p))
        .filter(|path| {
            !paths
                .iter()
                .position(|p| p == *path)
                .is_some_and(|i| elsewhere(i, path))
        })
        .cloned()
        .collect();
    unread.extend(
        nothing
            .into_iter()
            .map(|p| (Name::file(&p), format!("holds no {wanted}"))),
    );
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
    told: impl Fn(&Path) -> bool,
) -> impl Iterator<Item = &'p PathBuf> {
    let told: Vec<bool> = paths.iter().map(|p| told(p)).collect();
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
