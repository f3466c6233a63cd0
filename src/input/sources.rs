//! Source files named by a line table → their lines, as `go tool objdump -S` looks them up.
//!
//! Authority: Go 1.27, cmd/internal/disasm (FileCache) and os.ExpandEnv. Only files that end in `.go` are read.

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
}

/// Files by name, `None` for one that can't be read, and how many bytes all of them are.
#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    files: HashMap<Vec<u8>, Option<Arc<Lines>>>,
}

impl Sources {
    /// The line, without its end; empty where the file has no such line or is no Go file. `None` where it can't be read.
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
        let lines = super::open(&place(file)).ok().map(|bytes| {
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

/// Where a file of the line table lies on this machine: the compiler's `gofile..` mark is cut, `$GOROOT` and other variables
/// are put in, and the path is made plain.
fn place(file: &[u8]) -> PathBuf {
    let text = String::from_utf8_lossy(file.strip_prefix(b"gofile..").unwrap_or(file));
    clean(Path::new(&expand(&text, |name| {
        std::env::var(name).unwrap_or_default()
    })))
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
}
