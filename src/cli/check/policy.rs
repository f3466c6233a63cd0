//! Where the policy file is: `--policy`, GOSPECT_POLICY, or `gospect.toml` in the working directory or above
//! it, up to the repository's root or the home folder. Above those it would be somebody else's: whoever may
//! write to `/tmp` would decide what passes there.

use std::path::{Component, Path, PathBuf};

use crate::analysis::policy::file::Policy;
use crate::cli::frame::{complain, io_words, note};
use crate::input::Name;
use crate::report::text::escape;

/// A policy file that was read.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What it says.
    pub policy: Policy,
    /// As it was given or found.
    pub path: PathBuf,
    /// Was it named, by a flag or the environment?
    pub named: bool,
    /// Its folder, absolute: patterns in it are relative to that.
    folder: PathBuf,
}

/// The policy's name.
pub(crate) const NAME: &str = "gospect.toml";

/// Finds and reads the policy file; `None` where there is none.
///
/// # Errors
/// What is wrong is said on standard error, all of it.
pub(crate) fn load(given: Option<&Path>, without: bool) -> Result<Option<Loaded>, ()> {
    if without {
        return Ok(None);
    }
    let env = std::env::var_os("GOSPECT_POLICY")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from);
    let cwd = std::env::current_dir().unwrap_or_default();
    let given = given.map(Path::to_path_buf).or(env);
    let named = given.is_some();
    let Some(path) = given.or_else(|| search(&cwd, std::env::home_dir().as_deref())) else {
        return Ok(None);
    };
    let text = std::fs::read(&path)
        .map_err(|e| io_words(&e))
        .and_then(|b| String::from_utf8(b).map_err(|_| "is not UTF-8".to_string()));
    let text = text.map_err(|e| complain(&path, &e))?;
    match Policy::parse(&text) {
        Ok(policy) => {
            let folder = lexical(&cwd.join(&path))
                .parent()
                .map(Path::to_path_buf)
                .unwrap_or_default();
            Ok(Some(Loaded {
                policy,
                path,
                named,
                folder,
            }))
        }
        Err(problems) => {
            let name = escape(path.as_os_str().as_encoded_bytes());
            for p in problems {
                note(&format!("gospect: {name}:{}:{}: {}", p.line, p.column, p.message));
            }
            Err(())
        }
    }
}

/// The policy file of a folder: there, or in one above it up to the one that holds `.git` or is `home`. Where
/// neither lies above, only in the folder itself.
fn search(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let ends = |d: &&Path| d.join(".git").exists() || home == Some(*d);
    let end = folder.ancestors().position(|d| ends(&d)).unwrap_or(0);
    folder
        .ancestors()
        .take(end + 1)
        .map(|d| d.join(NAME))
        .find(|p| p.is_file())
}

/// The names a file goes by, slashes between folders: its path below the policy's folder, which patterns in
/// the policy are held against, and the path as it was given. A container is a folder here.
pub(crate) fn names(loaded: Option<&Loaded>, name: &Name) -> Vec<String> {
    let path = &*name.as_if_folders();
    let slashes = |p: &Path| p.to_string_lossy().replace('\\', "/");
    let mut out = vec![slashes(path)];
    if let Some(l) = loaded {
        let absolute = lexical(&std::env::current_dir().unwrap_or_default().join(path));
        if let Ok(below) = absolute.strip_prefix(&l.folder) {
            out.insert(0, slashes(below));
        }
    }
    out.dedup();
    out
}

/// Without `.` and `..`, by the path's words alone.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            p => out.push(p),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_ends_at_the_repository_or_at_home() {
        let dir = tempfile::tempdir().unwrap();
        let top = std::fs::canonicalize(dir.path()).unwrap();
        let deep = top.join("home/repository/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(top.join(NAME), "").unwrap();
        let home = top.join("home");
        // Nothing marks an end above: only the folder itself counts.
        assert_eq!(search(&deep, None), None);
        assert_eq!(search(&top, None), Some(top.join(NAME)));
        assert_eq!(search(&deep, Some(&home)), None);
        std::fs::write(home.join(NAME), "").unwrap();
        assert_eq!(search(&deep, Some(&home)), Some(home.join(NAME)));
        // A work tree has a file there.
        std::fs::write(home.join("repository/.git"), "").unwrap();
        assert_eq!(search(&deep, Some(&home)), None);
        std::fs::write(home.join("repository").join(NAME), "").unwrap();
        assert_eq!(
            search(&deep, Some(&home)),
            Some(home.join("repository").join(NAME))
        );
    }

    #[test]
    fn a_file_goes_by_its_path_below_the_policy() {
        let folder = std::env::current_dir().unwrap();
        let l = Loaded {
            policy: Policy::default(),
            path: NAME.into(),
            named: false,
            folder: folder.clone(),
        };
        assert_eq!(
            names(Some(&l), &"./bin/../bin/a".into()),
            ["bin/a", "./bin/../bin/a"]
        );
        assert_eq!(names(Some(&l), &Name::file(&folder.join("x")))[0], "x");
        assert_eq!(names(Some(&l), &"/elsewhere/x".into()), ["/elsewhere/x"]);
        let member = Name::member(
            Path::new("./image.tar"),
            vec![b"l.tar".to_vec(), b"usr/bin/a".to_vec()],
        );
        assert_eq!(names(Some(&l), &member)[0], "image.tar/l.tar/usr/bin/a");
    }
}
