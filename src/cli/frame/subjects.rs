//! Files, folders and globs → the files to look at, in the order given; folders and globs in the order of
//! their names.
//!
//! Below a folder, symbolic links to files are followed and those to folders are not, so that no walk runs in
//! a circle. What can't be read is kept with the reason.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::io_words;
use crate::input;

/// One file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Subject {
    pub path: PathBuf,
    /// Named as a file. What a folder or a glob brings in is passed over where it is no binary.
    pub named: bool,
    /// The folder of an image, which is looked into as one.
    pub image: bool,
    /// The argument it comes from.
    pub from: usize,
}

/// What the arguments stand for.
#[derive(Debug, Default)]
pub(in crate::cli) struct Found {
    pub subjects: Vec<Subject>,
    /// Arguments that brought nothing, and folders and links that can't be read, each with the reason.
    pub unread: Vec<(PathBuf, String)>,
}

/// Expands the arguments. A file that several of them bring in is there once for each that names it, and as
/// named; else once.
pub(in crate::cli) fn expand(paths: &[PathBuf]) -> Found {
    let mut out = Found::default();
    for (from, path) in paths.iter().enumerate() {
        out.add(from, path);
    }
    let named = out.subjects.iter().filter(|s| s.named).map(|s| s.path.clone());
    let mut seen: std::collections::HashSet<PathBuf> = named.collect();
    out.subjects.retain(|s| s.named || seen.insert(s.path.clone()));
    out
}

impl Found {
    fn add(&mut self, from: usize, path: &Path) {
        let text = path.to_string_lossy();
        let mut named = |image| {
            self.subjects.push(Subject {
                path: path.to_path_buf(),
                named: true,
                image,
                from,
            });
        };
        if path.as_os_str() == "-" {
            named(false);
            return;
        }
        match std::fs::metadata(path) {
            Ok(m) if m.is_dir() && input::members::is_image_folder(path) => named(true),
            Ok(m) if m.is_dir() => self.walk(from, path, |_| true),
            Ok(_) => named(false),
            Err(e) if !text.contains(['*', '?', '[', '{']) => {
                self.unread.push((path.to_path_buf(), io_words(&e)));
            }
            Err(_) => {
                let before = self.subjects.len() + self.unread.len();
                match glob(&text) {
                    // That a folder in a pattern is missing is told once, by the pattern.
                    Ok((root, _)) if !root.exists() => {}
                    Ok((root, matcher)) => self.walk(from, &root, |p| matcher.is_match(p)),
                    Err(e) => self.unread.push((path.to_path_buf(), e)),
                }
                if self.subjects.len() + self.unread.len() == before {
                    self.unread.push((path.to_path_buf(), "matches no file".into()));
                }
            }
        }
    }

    /// Takes the files below a folder whose paths are `wanted`.
    fn walk(&mut self, from: usize, root: &Path, wanted: impl Fn(&Path) -> bool) {
        let found = input::walk(root);
        for entry in found.entries.into_iter().filter(|e| wanted(&e.path)) {
            // Bazel's and Nix's outputs are links to the files.
            if entry.symlink {
                match std::fs::metadata(&entry.path) {
                    Ok(m) if m.is_file() => {}
                    Ok(_) => continue,
                    // There is nothing behind a link that leads nowhere.
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(e) => {
                        self.unread.push((entry.path, io_words(&e)));
                        continue;
                    }
                }
            }
            let path = entry.path;
            let (named, image) = (false, false);
            self.subjects.push(Subject {
                path,
                named,
                image,
                from,
            });
        }
        self.unread
            .extend(found.unread.iter().map(|(p, e)| (p.clone(), io_words(e))));
    }
}

/// The folder that a pattern's walk starts in, and what it matches: `*` stays within a folder, `**` does not.
fn glob(pattern: &str) -> Result<(PathBuf, globset::GlobMatcher), String> {
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
    Ok((root.to_path_buf(), matcher))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a few files, and what arguments stand for in it.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new(files: &[&str]) -> Place {
            let dir = tempfile::tempdir().unwrap();
            for f in files {
                let path = dir.path().join(f);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, b"").unwrap();
            }
            Place(dir)
        }

        fn names(&self, args: &[&str]) -> (Vec<String>, usize) {
            let paths: Vec<PathBuf> = args.iter().map(|a| self.0.path().join(a)).collect();
            let found = expand(&paths);
            let below = |s: &Subject| {
                s.path
                    .strip_prefix(self.0.path())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            };
            (found.subjects.iter().map(below).collect(), found.unread.len())
        }
    }

    #[test]
    fn folders_and_globs_are_expanded_in_order() {
        let p = Place::new(&["bin/b", "bin/a", "bin/deep/a", "x"]);
        assert_eq!(p.names(&["x", "bin"]).0, ["x", "bin/a", "bin/b", "bin/deep/a"]);
        assert_eq!(p.names(&["bin/*"]).0, ["bin/a", "bin/b"]);
        assert_eq!(p.names(&["**/a"]).0, ["bin/a", "bin/deep/a"]);
        assert_eq!(p.names(&["bin/b", "bin"]).0, ["bin/b", "bin/a", "bin/deep/a"]);
        assert_eq!(
            p.names(&["bin", "bin/*", "bin/b"]).0,
            ["bin/a", "bin/deep/a", "bin/b"]
        );
        assert_eq!(p.names(&["missing", "no/*"]), (vec![], 2));
        assert_eq!(p.names(&["no/such/folder/*"]), (vec![], 1));
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_followed_and_links_to_folders_are_not() {
        let p = Place::new(&["store/app", "out/own"]);
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, p.0.path().join(from)).unwrap();
        link("../store/app", "out/app");
        link("../store", "out/store");
        link("nowhere", "out/broken");
        link("loop", "out/loop");
        assert_eq!(p.names(&["out"]), (vec!["out/app".into(), "out/own".into()], 1));
    }
}
