//! Files, folders and globs → the files to check, in the order given; folders and globs in the order of their names.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use crate::cli::frame::io_words;
use crate::input;

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
