//! Go version strings: `go1.26.8`, `go1.21.5 X:boringcrypto`, `go1.26.8-X:boringcrypto`, `devel go1.28-…`.
//!
//! Authority: Go 1.27, internal/gover for the order; cmd/dist for the suffix of GOEXPERIMENTs, which was set
//! off by a space before Go 1.26.

use std::cmp::Ordering;

/// A parsed Go version. Ordered as releases are: 1.21rc1 < 1.21.0 < 1.21.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// 1.
    pub major: u32,
    /// 26 of go1.26.8.
    pub minor: u32,
    /// 8 of go1.26.8; 0 where it is not told.
    pub patch: u32,
    /// (0, n) beta n, (1, n) rc n, (2, 0) release.
    pre: (u8, u32),
}

impl Version {
    /// Parses `go1.26.8`, `1.26.8`, `go1.27rc1`, with or without experiments behind; takes the `go1.N` out of
    /// a `devel` version.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix("devel ").unwrap_or(text);
        let text = text.strip_prefix("go").unwrap_or(text);
        let end = text.find([' ', '-', '+']).unwrap_or(text.len());
        let text = &text[..end];
        let (major, rest) = number(text)?;
        let (minor, rest) = match rest.strip_prefix('.') {
            Some(r) => number(r)?,
            None => (0, rest),
        };
        let pre = |r: &str, rank| Some((rank, number(r).filter(|n| n.1.is_empty())?.0));
        let (patch, pre) = if let Some(r) = rest.strip_prefix("rc") {
            (0, pre(r, 1)?)
        } else if let Some(r) = rest.strip_prefix("beta") {
            (0, pre(r, 0)?)
        } else if let Some(r) = rest.strip_prefix('.') {
            (number(r)?.0, (2, 0))
        } else if rest.is_empty() {
            (0, (2, 0))
        } else {
            return None;
        };
        Some(Version {
            major,
            minor,
            patch,
            pre,
        })
    }

    /// A released version.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Version {
        Version {
            major,
            minor,
            patch,
            pre: (2, 0),
        }
    }

    /// A beta or release candidate?
    pub fn is_prerelease(&self) -> bool {
        self.pre.0 < 2
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.pre.0 == 2, self.pre, self.patch).cmp(&(
            other.major,
            other.minor,
            other.pre.0 == 2,
            other.pre,
            other.patch,
        ))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// The GOEXPERIMENTs behind an `X:` in a version string.
pub fn experiments(text: &str) -> Vec<&str> {
    let Some(at) = text.find(" X:").or_else(|| text.find("-X:")) else {
        return Vec::new();
    };
    text[at + 3..]
        .split(' ')
        .next()
        .unwrap_or_default()
        .split(',')
        .filter(|e| !e.is_empty())
        .collect()
}

/// Could these bytes be a version that the linker wrote?
pub fn plausible(b: &[u8]) -> bool {
    (b.starts_with(b"go1") || b.starts_with(b"devel ") || b == b"unknown")
        && b.len() < 256
        && b.iter().all(|c| (0x20..0x7f).contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn releases_are_ordered() {
        let mut all = [
            "go1.21.1",
            "go1.21rc2",
            "go1.20.14",
            "go1.21.0",
            "go1.21beta1",
            "go1.21rc1",
        ]
        .map(v);
        all.sort();
        assert_eq!(
            all,
            [
                "go1.20.14",
                "go1.21beta1",
                "go1.21rc1",
                "go1.21rc2",
                "go1.21.0",
                "go1.21.1"
            ]
            .map(v)
        );
        assert_eq!(v("1.21"), v("go1.21.0"));
    }

    #[test]
    fn suffixes_are_no_part_of_the_number() {
        assert_eq!(v("go1.21.5 X:boringcrypto"), v("go1.21.5"));
        assert_eq!(v("go1.26.8-X:boringcrypto,synctest"), v("go1.26.8"));
        assert_eq!(v("devel go1.28-abcdef Thu Nov 5"), v("go1.28"));
        assert_eq!(
            experiments("go1.26.8-X:boringcrypto,synctest"),
            ["boringcrypto", "synctest"]
        );
        assert_eq!(experiments("go1.21.5 X:loopvar linux"), ["loopvar"]);
        assert!(experiments("go1.21.5").is_empty());
        assert_eq!(Version::parse("unknown"), None);
    }
}
