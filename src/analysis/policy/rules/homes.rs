//! Paths below a person's home folder: in build settings, and as the names of source files in the program's
//! data.

use super::super::strings::Strings;
use super::super::subject::{Part, Subject};
use super::super::values::Value;
use super::super::{Fault, Verdict};

/// Folders that hold one folder for each user. The last letter is what ends a user's name in a path below.
pub(in super::super) const HOMES: [&[u8]; 3] = [b"/home/", b"/Users/", b":\\Users\\"];

/// A path below a home folder.
#[derive(Debug)]
pub(in super::super) struct HomePath {
    /// The user, as the path names them.
    pub user: Vec<u8>,
    /// The path, and where it is.
    evidence: String,
    /// Its offset from the start of the file.
    offset: u64,
}

/// Users that build machines have: they tell nothing about a person.
const NOBODY: [&[u8]; 10] = [
    b"runner",
    b"runneradmin",
    b"user",
    b"build",
    b"builder",
    b"circleci",
    b"ubuntu",
    b"vsts",
    b"Shared",
    b"Public",
];

/// Endings of source files. Other strings that begin like a home folder (`/home/local/directory` in a help
/// text) name nobody.
const SOURCES: [&[u8]; 9] = [
    b".go", b".s", b".S", b".c", b".h", b".cc", b".cpp", b".cxx", b".hpp",
];

/// The user whose home folder a path behind `home` is in, and the path up to its end.
fn user_of(rest: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let len = rest.iter().take(33).position(|b| *b == end)?;
    let user = rest.get(..len)?;
    let word = !user.is_empty()
        && user
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
        && !user.starts_with(b".");
    let stop = rest
        .iter()
        .take(1024)
        .position(|b| !(0x20..0x7f).contains(b))
        .unwrap_or(rest.len().min(1024));
    (word && !NOBODY.contains(&user)).then_some((user, rest.get(..stop)?))
}

/// The path in `part` whose home folder is at `start` and goes to `end`, if it is that of a source file and
/// tells of a person.
pub(in super::super) fn at(part: &Part<'_>, start: usize, end: usize) -> Option<HomePath> {
    let home = part.bytes.get(start..end)?;
    let (user, path) = user_of(part.bytes.get(end..)?, *home.last()?)?;
    // File tables and C's __FILE__ end with a NUL; a folder in front would make it another path.
    let whole = part.bytes.get(end + path.len()) == Some(&0) && SOURCES.iter().any(|e| path.ends_with(e));
    let before = start.checked_sub(1).and_then(|i| part.bytes.get(i));
    let starts = home.first() != Some(&b'/') || before.is_none_or(|b| !b.is_ascii_alphanumeric());
    (whole && starts).then(|| HomePath {
        user: user.to_vec(),
        evidence: format!(
            "{}{} in {}",
            String::from_utf8_lossy(home),
            String::from_utf8_lossy(path),
            part.name
        ),
        offset: part.offset.saturating_add(start as u64),
    })
}

/// The users whose home folders a text names.
fn in_text(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut found: Vec<(usize, &[u8])> = Vec::new();
    for home in HOMES {
        let users = memchr::memmem::find_iter(text, home).filter_map(|at| {
            let rest = text.get(at + home.len()..)?;
            Some((at, user_of(rest, *home.last()?)?.0))
        });
        found.extend(users);
    }
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1)
}

pub(super) fn no_home_path(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let mut faults: Vec<Fault> = Vec::new();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut add = |user: &[u8], evidence: &str, offset: Option<u64>| {
        if seen.len() < Strings::USERS && !seen.iter().any(|u| u == user) {
            seen.push(user.to_vec());
            let message = format!("names the home folder of `{}`", String::from_utf8_lossy(user));
            faults.push(Fault {
                message,
                evidence: evidence.to_string(),
                offset,
            });
        }
    };
    for set in &s.facts.settings {
        for user in in_text(set.value.as_bytes()) {
            add(user, &format!("build setting {}", set.key), None);
        }
    }
    let found = s.strings();
    for home in found.part().into_iter().flat_map(|f| &f.homes) {
        add(&home.user, &home.evidence, Some(home.offset));
    }
    // What the settings say of the builder counts as much as the data.
    found.judge(|_| Verdict::of(faults))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_folder_has_a_user() {
        let user =
            |s: &[u8]| user_of(s, b'/').map(|(u, p)| (String::from_utf8_lossy(u).into_owned(), p.len()));
        assert_eq!(user(b"alice/src/x.go\0more"), Some(("alice".into(), 14)));
        assert_eq!(user(b"runner/work/x.go\0"), None);
        assert_eq!(user(b"/x.go\0"), None);
        assert_eq!(user(b"a b/x.go\0"), None);
        assert_eq!(user(b"alice"), None);
    }
}
