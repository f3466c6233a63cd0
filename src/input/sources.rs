//! Source files named by a line table → their lines, as `go tool objdump -S` looks them up.
//!
//! Authority: Go 1.27, cmd/internal/disasm (FileCache) and os.ExpandEnv. The paths are the binary's, and who
//! made it may want to see what else lies on this machine: only regular files are read whose name ends in
//! `.go`, also behind all links, none on another machine (`\\host\share`), with a folder given none outside
//! of it, and variables are put in only where that is asked for.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Bytes of source kept at the most.
const KEPT: usize = 64 << 20;

/// A file's bytes and where its lines start.
#[derive(Debug)]
struct Lines {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

/// Reads source files and keeps them; can be asked by several threads.
#[derive(Debug, Default)]
pub struct Sources {
    files: Mutex<Kept>,
    places: Places,
}

/// Where source files may lie.
#[derive(Debug, Default)]
pub struct Places {
    /// Only below this folder; paths that are not absolute start in it.
    pub below: Option<PathBuf>,
    /// Put `$GOROOT` and other variables of the environment in, as Go does.
    pub variables: bool,
}

/// Files by name, `None` for one that can't be read, and how many bytes all of them are.
#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    files: HashMap<Vec<u8>, Option<Arc<Lines>>>,
}

impl Sources {
    /// With rules for where files may lie.
    pub fn new(places: Places) -> Sources {
        let files = Mutex::default();
        Sources { files, places }
    }

    /// The line, without its end; empty where the file has no such line or is no Go file. `None` where it
    /// can't be read.
    pub fn line(&self, file: &[u8], line: i64) -> Option<Vec<u8>> {
        let name = file.rsplit(|b| *b == b'/').next().unwrap_or_default();
        if memchr::memrchr(b'.', name).is_none_or(|dot| name.get(dot..) != Some(b".go")) {
            return Some(Vec::new());
        }
        let lines = self.open(file)?;
        let at = usize::try_from(line).ok().and_then(|l| l.checked_sub(1));
        let start = at.and_then(|l| lines.starts.get(l).copied());
        let Some(start) = start else {
            return Some(Vec::new());
        };
        let rest = lines.bytes.get(start..).unwrap_or_default();
        Some(
            rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
                .unwrap_or_default()
                .to_vec(),
        )
    }

    fn open(&self, file: &[u8]) -> Option<Arc<Lines>> {
        let mut guard = self
            .files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = guard.files.get(file) {
            return known.clone();
        }
        let found = self.places.find(file).and_then(|path| super::open(&path).ok());
        let lines = found.map(|bytes| {
            let bytes = bytes.to_vec();
            let ends = memchr::memchr_iter(b'\n', &bytes).map(|i| i + 1);
            let starts = std::iter::once(0).chain(ends).collect();
            Arc::new(Lines { bytes, starts })
        });
        let size = lines.as_ref().map_or(0, |l| l.bytes.len()) + file.len();
        if guard.bytes + size > KEPT {
            *guard = Kept::default();
        }
        guard.bytes += size;
        guard.files.insert(file.to_vec(), lines.clone());
        lines
    }
}

impl Places {
    /// Where a file of the line table lies on this machine, all links followed: the compiler's `gofile..`
    /// mark is cut, variables are put in, and the path is made plain. `None` for one that is not there or is
    /// not to be read.
    fn find(&self, file: &[u8]) -> Option<PathBuf> {
        let text = String::from_utf8_lossy(file.strip_prefix(b"gofile..").unwrap_or(file));
        let text = match self.variables {
            true => expand(&text, |name| std::env::var(name).unwrap_or_default()),
            false => text.into_owned(),
        };
        // A share, a device: asking for one tells another machine who is here.
        let mut first = text.chars();
        if [first.next(), first.next()]
            .iter()
            .all(|c| matches!(c, Some('/' | '\\')))
        {
            return None;
        }
        let path = clean(Path::new(&text));
        let Some(below) = &self.below else {
            return std::fs::canonicalize(path).ok().filter(|p| is_go(p));
        };
        let below = std::fs::canonicalize(below).ok()?;
        // An absolute path takes the folder's place.
        let path = std::fs::canonicalize(below.join(path)).ok()?;
        (path.starts_with(&below) && is_go(&path)).then_some(path)
    }
}

fn is_go(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b".go")
}

/// `$name` and `${name}` replaced; a brace without its end, or nothing in it, goes.
fn expand(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        if let Some(braced) = after.strip_prefix('{') {
            match braced.find('}') {
                Some(end) => {
                    out.push_str(&value(&braced[..end]));
                    rest = &braced[end + 1..];
                }
                None => rest = braced,
            }
            continue;
        }
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(after.len());
        if end == 0 {
            out.push('$');
        } else {
            out.push_str(&value(&after[..end]));
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// `a/./b/../c` → `a/c`, without looking at the disk.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let value = |name: &str| format!("<{name}>");
        assert_eq!(expand("$GOROOT/src/a.go", value), "<GOROOT>/src/a.go");
        assert_eq!(expand("x${A}y$", value), "x<A>y$");
        assert_eq!(expand("${A", value), "A");
        assert_eq!(expand("plain", value), "plain");
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(clean(Path::new("/a/./b/../c.go")), Path::new("/a/c.go"));
        assert_eq!(clean(Path::new("/../a")), Path::new("/a"));
        assert_eq!(clean(Path::new("../a")), Path::new("../a"));
    }

    #[test]
    fn only_go_files_are_read_and_lines_are_counted_from_one() {
        let dir = std::env::temp_dir().join(format!("gospect-sources-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("a.go");
        std::fs::write(&file, "one\n\ttwo\n").unwrap();
        let (name, sources) = (file.as_os_str().as_encoded_bytes(), Sources::default());
        assert_eq!(sources.line(name, 2).unwrap(), b"\ttwo");
        assert_eq!(sources.line(name, 3).unwrap(), b"");
        assert_eq!(sources.line(name, 4).unwrap(), b"");
        assert_eq!(sources.line(name, 0).unwrap(), b"");
        assert_eq!(sources.line(b"/no/such/a.s", 1).unwrap(), b"");
        assert_eq!(sources.line(b"/no/such/a.go", 1), None);
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_binary_does_not_say_what_is_read() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let dir = std::fs::canonicalize(dir.path()).unwrap();
        std::fs::create_dir(dir.join("src")).unwrap();
        std::fs::write(dir.join("src/a.go"), "own").unwrap();
        std::fs::write(dir.join("secret"), "secret").unwrap();
        std::fs::write(dir.join("other.go"), "other").unwrap();
        symlink("../secret", dir.join("src/link.go")).unwrap();
        symlink("../other.go", dir.join("src/out.go")).unwrap();
        symlink("src/a.go", dir.join("good.go")).unwrap();
        let read = |sources: &Sources, file: &str| {
            let path = match file.starts_with(['/', '$', '\\']) {
                true => file.to_string(),
                false => format!("{}/{file}", dir.display()),
            };
            sources
                .line(path.as_bytes(), 1)
                .map(|l| String::from_utf8(l).unwrap())
        };
        let free = Sources::default();
        assert_eq!(read(&free, "src/a.go").as_deref(), Some("own"));
        assert_eq!(read(&free, "good.go").as_deref(), Some("own"));
        assert_eq!(read(&free, "src/link.go"), None, "a link to what is no Go file");
        assert_eq!(read(&free, "src"), Some(String::new()));
        assert_eq!(read(&free, "/dev/null.go"), None);
        let unc = format!("/{}/src/a.go", dir.display());
        assert_eq!(read(&free, &unc), None, "{unc}");
        assert_eq!(read(&free, "\\\\host\\share\\a.go"), None);
        assert_eq!(read(&free, "$HOME/../../../../../../../../../etc/x.go"), None);
        let below = Sources::new(Places {
            below: Some(dir.join("src")),
            variables: false,
        });
        assert_eq!(read(&below, "src/a.go").as_deref(), Some("own"));
        assert_eq!(
            below.line(b"a.go", 1).as_deref(),
            Some(&b"own"[..]),
            "a path without its root"
        );
        assert_eq!(read(&below, "other.go"), None, "outside of the folder");
        assert_eq!(
            read(&below, "src/out.go"),
            None,
            "a link that leads out of the folder"
        );
        assert_eq!(below.line(b"../other.go", 1), None);
    }
}
