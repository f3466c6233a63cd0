//! The strings that rules look for in a program's data, found in one pass: home folders and credentials.
//!
//! A search for the few letters that each begins with passes over nearly all of the data; what begins like
//! that is then looked at.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use super::rules::homes::{self, HomePath};
use super::rules::secrets;
use super::subject::Part;

/// A credential in the data.
#[derive(Debug)]
pub(super) struct Secret<'a> {
    /// What it is.
    pub kind: &'static str,
    /// All of it.
    pub text: &'a [u8],
    /// Name of the part it is in.
    pub part: String,
    /// Offset of its first byte from the start of the file.
    pub offset: u64,
}

/// What was found, each thing once.
#[derive(Debug, Default)]
pub(super) struct Strings<'a> {
    /// Paths below home folders, one for each user.
    pub homes: Vec<HomePath>,
    /// Credentials in the order of the file.
    pub secrets: Vec<Secret<'a>>,
}

fn beginnings() -> Option<&'static AhoCorasick> {
    static ALL: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || {
        let all = homes::HOMES.iter().copied().chain(secrets::beginnings());
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(all)
            .ok()
    };
    ALL.get_or_init(build).as_ref()
}

impl<'a> Strings<'a> {
    /// No report names more users, or more credentials.
    pub(super) const USERS: usize = 10;
    pub(super) const SECRETS: usize = 100;

    /// Looks through the parts.
    pub(super) fn of(parts: &[Part<'a>]) -> Strings<'a> {
        let mut out = Strings::default();
        let Some(beginnings) = beginnings() else {
            return out;
        };
        for part in parts {
            out.part(beginnings, part);
        }
        out
    }

    fn part(&mut self, beginnings: &AhoCorasick, part: &Part<'a>) {
        // A look at one beginning is bounded, and beginnings are rare. Where a file is made of them, the
        // search that takes no longer for that has the rest.
        let mut looks = part.bytes.len() / 256 + 1000;
        let (mut from, mut secrets_from) = (0, 0);
        // Each search starts right behind the last beginning's first letter, for beginnings may overlap.
        while let Ok(Some(hit)) = beginnings.try_find(Input::new(part.bytes).span(from..part.bytes.len())) {
            let at = hit.start();
            from = at + 1;
            if hit.pattern().as_usize() < homes::HOMES.len() {
                if self.homes.len() < Self::USERS
                    && let Some(path) = homes::at(part, at, hit.end())
                    && !self.homes.iter().any(|h| h.user == path.user)
                {
                    self.homes.push(path);
                }
            } else if at >= secrets_from {
                if looks == 0 {
                    for (kind, found) in secrets::all(part.bytes, at) {
                        self.secret(part, kind, found);
                    }
                    secrets_from = usize::MAX;
                } else if let Some((kind, len)) = part.bytes.get(at..).and_then(secrets::at) {
                    secrets_from = at + len;
                    self.secret(part, kind, at..secrets_from);
                }
                looks = looks.saturating_sub(1);
            }
        }
    }

    fn secret(&mut self, part: &Part<'a>, kind: &'static str, range: Range<usize>) {
        let offset = part.offset.saturating_add(range.start as u64);
        let Some(text) = part.bytes.get(range) else { return };
        let known = |s: &Secret<'_>| s.text == text;
        if self.secrets.len() < Self::SECRETS
            && !secrets::is_placeholder(text)
            && !self.secrets.iter().any(known)
        {
            self.secrets.push(Secret {
                kind,
                text,
                part: part.name.clone(),
                offset,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Strings<'_> {
        let name = "data".to_string();
        Strings::of(&[Part {
            name,
            bytes,
            offset: 1000,
        }])
    }

    /// In pieces, so that no scanner of sources takes it for a real one.
    fn token(middle: &str) -> String {
        format!("xo{}-12345678901-{middle}ZyXwVuTsRqPoNmLkJ", "xb")
    }

    #[test]
    fn a_beginning_within_another_counts() {
        let data = format!("..xo{}..", token("1"));
        let found = of(data.as_bytes()).secrets;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].offset), ("Slack token", 1004));
        assert_eq!(found[0].text, token("1").as_bytes());
    }

    #[test]
    fn each_is_told_once_and_examples_are_not() {
        let data = [
            token("1"),
            token("2"),
            token("1"),
            format!("{}EXAMPLE", token("3")),
        ]
        .join("\0");
        let found = of(data.as_bytes()).secrets;
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn data_full_of_beginnings_is_searched_to_its_end() {
        let data = ["eyJ".repeat(100_000), token("1"), "eyJ".repeat(100_000)].join(" ");
        let started = std::time::Instant::now();
        let found = of(data.as_bytes()).secrets;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, token("1").as_bytes());
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    #[test]
    fn one_path_for_each_user() {
        let data =
            b"/home/ann/a.go\0/home/ann/b.go\0C:\\Users\\bob\\c.go\0x/home/eve/d.go\0/home/local/text\0";
        let found = of(data).homes;
        let users: Vec<_> = found.iter().map(|h| String::from_utf8_lossy(&h.user)).collect();
        assert_eq!(users, ["ann", "bob"]);
    }
}
