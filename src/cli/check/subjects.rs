//! Files, folders and globs → the files to check, in the order given; folders and globs in the order of their names.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use rayon::prelude::*;

use crate::cli::frame::{Progress, io_words};
use crate::input::{self, Bytes};

/// One file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub path: PathBuf,
    /// Named as a file. What a folder or a glob brings in is passed over where it is no Go binary.
    pub named: bool,
    /// The argument it comes from.
    pub from: usize,
}

/// Expands the arguments; the second part says which of them brought nothing, and why.
pub(super) fn expand(paths: &[PathBuf]) -> (Vec<Subject>, Vec<(PathBuf, String)>) {
    let (mut out, mut bad) = (Vec::new(), Vec::new());
    for (from, path) in paths.iter().enumerate() {
        let text = path.to_string_lossy();
        if path.as_os_str() == "-" {
            out.push(Subject {
                path: path.clone(),
                named: true,
                from,
            });
            continue;
        }
        match std::fs::metadata(path) {
            Ok(m) if m.is_dir() => {
                let found = input::walk(path).into_iter().filter(|e| !e.symlink);
                out.extend(found.map(|e| Subject {
                    path: e.path,
                    named: false,
                    from,
                }));
            }
            Ok(_) => out.push(Subject {
                path: path.clone(),
                named: true,
                from,
            }),
            Err(e) if !text.contains(['*', '?', '[', '{']) => bad.push((path.clone(), io_words(&e))),
            Err(_) => match glob(&text) {
                Ok(found) if found.is_empty() => bad.push((path.clone(), "matches no file".into())),
                Ok(found) => out.extend(found.into_iter().map(|path| Subject {
                    path,
                    named: false,
                    from,
                })),
                Err(e) => bad.push((path.clone(), e)),
            },
        }
    }
    // A file that two arguments bring in is looked at once, and as named if one of them names it.
    let named: std::collections::HashSet<PathBuf> =
        out.iter().filter(|s| s.named).map(|s| s.path.clone()).collect();
    let mut seen = std::collections::HashSet::new();
    for s in &mut out {
        s.named = named.contains(&s.path);
    }
    out.retain(|s| seen.insert(s.path.clone()));
    (out, bad)
}

/// The files that a pattern matches: `*` stays within a folder, `**` does not.
fn glob(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let shown = pattern.strip_prefix("./").unwrap_or(pattern);
    let matcher = GlobBuilder::new(shown)
        .literal_separator(true)
        .build()
        .map_err(|e| format!("is no pattern: {}", e.kind()))?
        .compile_matcher();
    let literal = shown.find(['*', '?', '[', '{']).unwrap_or(shown.len());
    let root = match shown.get(..literal).and_then(|s| s.rfind('/')) {
        Some(0) => Path::new("/"),
        Some(end) => Path::new(shown.get(..end).unwrap_or(".")),
        None => Path::new("."),
    };
    let all = input::walk(root).into_iter().map(|e| e.path);
    Ok(all.filter(|p| matcher.is_match(p)).collect())
}

/// Files by name with what was found of each, and those that can't be read with why.
pub(in crate::cli) type Looked<T> = (Vec<(String, T)>, Vec<(String, String)>);

/// Looks at all files in parallel; what comes back is in order. `look` is told whether a file was named, and gives `None` for what is
/// none of its business.
pub(in crate::cli) fn look_all<T: Send>(
    paths: &[PathBuf],
    quiet: bool,
    look: impl Fn(&Path, &Bytes, bool) -> crate::Result<Option<T>> + Sync,
) -> Looked<T> {
    let (subjects, bad) = expand(paths);
    let mut unreadable: Vec<(String, String)> = bad
        .into_iter()
        .map(|(p, why)| (p.to_string_lossy().into_owned(), why))
        .collect();
    let progress = Progress::new(if quiet { 0 } else { subjects.len() });
    let results: Vec<Option<Result<T, String>>> = subjects
        .par_iter()
        .map(|s| {
            let done = input::open_or_stdin(&s.path)
                .map_err(|e| io_words(&e))
                .and_then(|bytes| {
                    // What a folder holds besides binaries is none of our business.
                    if !s.named && crate::image::sniff(&bytes).is_none() {
                        return Ok(None);
                    }
                    match look(&s.path, &bytes, s.named) {
                        Err(e) if s.named => Err(e.to_string()),
                        Err(_) => Ok(None),
                        Ok(_) if bytes.changed() => Err("was changed while it was read".into()),
                        Ok(found) => Ok(found),
                    }
                });
            progress.step();
            done.transpose()
        })
        .collect();
    drop(progress);
    let mut used = vec![false; paths.len()];
    let mut files = Vec::new();
    for (s, result) in subjects.iter().zip(results) {
        let name = s.path.to_string_lossy().into_owned();
        let Some(result) = result else { continue };
        if let Some(u) = used.get_mut(s.from) {
            *u = true;
        }
        match result {
            Ok(found) => files.push((name, found)),
            Err(why) => unreadable.push((name, why)),
        }
    }
    // A gate that looked at nothing has not passed.
    for (i, path) in paths.iter().enumerate() {
        let name = path.to_string_lossy();
        let brought_nothing = used.get(i) == Some(&false) && !unreadable.iter().any(|u| u.0 == name);
        let elsewhere = subjects.iter().any(|s| s.path.starts_with(path) && s.from != i);
        if brought_nothing && !elsewhere {
            unreadable.push((name.into_owned(), "holds no Go binary".into()));
        }
    }
    (files, unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_globs_are_expanded_in_order() {
        let dir = std::env::temp_dir().join(format!("gospect-subjects-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("bin/deep")).unwrap();
        for f in ["bin/b", "bin/a", "bin/deep/a", "x"] {
            std::fs::write(dir.join(f), b"").unwrap();
        }
        let names = |args: &[&str]| {
            let paths: Vec<PathBuf> = args.iter().map(|a| dir.join(a)).collect();
            let (found, bad) = expand(&paths);
            let found = found
                .iter()
                .map(|s| s.path.strip_prefix(&dir).unwrap().to_string_lossy().into_owned())
                .collect::<Vec<_>>();
            (found, bad.len())
        };
        assert_eq!(names(&["x", "bin"]).0, ["x", "bin/a", "bin/b", "bin/deep/a"]);
        assert_eq!(names(&["bin/*"]).0, ["bin/a", "bin/b"]);
        assert_eq!(names(&["**/a"]).0, ["bin/a", "bin/deep/a"]);
        assert_eq!(names(&["bin/b", "bin"]).0, ["bin/b", "bin/a", "bin/deep/a"]);
        assert_eq!(names(&["missing", "no/*"]), (vec![], 2));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
