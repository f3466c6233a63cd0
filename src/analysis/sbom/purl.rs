//! Package URLs, as the purl specification has them, but for one thing: it wants Go's paths in lower case,
//! and Go tells cases apart, so they are kept.

/// Percent-encodes what may not stand in a purl's name or version; slashes stay.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' => {
                out.push(char::from(b))
            }
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// `pkg:golang/PATH@VERSION`; without a version where it is empty.
pub fn golang(path: &str, version: &str) -> String {
    let path = encoded(path.trim_matches('/'));
    match version {
        "" => format!("pkg:golang/{path}"),
        v => format!("pkg:golang/{path}@{}", encoded(v)),
    }
}

/// A file that has no better name.
pub fn generic(name: &str, sha256: &str) -> String {
    format!(
        "pkg:generic/{}?checksum=sha256:{sha256}",
        encoded(&name.replace('/', "_"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_kept_and_signs_are_escaped() {
        assert_eq!(
            golang("github.com/BurntSushi/toml", "v1.2.0"),
            "pkg:golang/github.com/BurntSushi/toml@v1.2.0"
        );
        assert_eq!(
            golang("a.com/x", "v3.2.0+incompatible"),
            "pkg:golang/a.com/x@v3.2.0%2Bincompatible"
        );
        assert_eq!(golang("a.com/x y@z", ""), "pkg:golang/a.com/x%20y%40z");
        assert_eq!(generic("a", "00"), "pkg:generic/a?checksum=sha256:00");
    }
}
