//! What a file is called: its path, or the path of a container and the names that lead to a member of it.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// The name of a file or of a container's member. Derefs to what a person reads: `image.tar: layer.tar:
/// usr/bin/server`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    path: PathBuf,
    member: Vec<Vec<u8>>,
    text: String,
}

impl Name {
    /// A file's.
    pub fn file(path: &Path) -> Name {
        Name::member(path, Vec::new())
    }

    /// A member's, whose names are given outermost first; the file's own where there are none.
    pub fn member(path: &Path, member: Vec<Vec<u8>>) -> Name {
        let text = joined(path, &member, ": ");
        Name {
            path: path.to_path_buf(),
            member,
            text,
        }
    }

    /// The file, or the container.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names in the container, outermost first; empty for a file.
    pub fn members(&self) -> &[Vec<u8>] {
        &self.member
    }

    /// Is it a container's member?
    pub fn is_member(&self) -> bool {
        !self.member.is_empty()
    }

    /// What a message about it begins with: the path as it is, or the text.
    pub fn shown(&self) -> &Path {
        match self.is_member() {
            true => Path::new(&self.text),
            false => &self.path,
        }
    }

    /// As if containers were folders, which patterns are held against: `image.tar/layer.tar/usr/bin/server`.
    pub fn as_if_folders(&self) -> PathBuf {
        match self.is_member() {
            true => joined(&self.path, &self.member, "/").into(),
            false => self.path.clone(),
        }
    }
}

fn joined(path: &Path, member: &[Vec<u8>], by: &str) -> String {
    let mut out = path.to_string_lossy().into_owned();
    for name in member {
        out.push_str(by);
        out.push_str(&String::from_utf8_lossy(name));
    }
    out
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for Name {
    fn from(path: &str) -> Name {
        Name::file(Path::new(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_named_with_its_container() {
        let plain = Name::from("bin/a");
        assert_eq!((&*plain, plain.is_member()), ("bin/a", false));
        let member = Name::member(
            Path::new("image.tar"),
            vec![b"l.tar".to_vec(), b"bin/\xff".to_vec()],
        );
        assert_eq!(&*member, "image.tar: l.tar: bin/\u{fffd}");
        assert_eq!(member.shown(), Path::new("image.tar: l.tar: bin/\u{fffd}"));
        assert_eq!(member.as_if_folders(), Path::new("image.tar/l.tar/bin/\u{fffd}"));
    }
}
