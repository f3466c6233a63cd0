//! Is a file a Go program? For what is found in folders and containers, most of which is none.

use super::{Facts, gather};
use crate::input::Bytes;

/// What a file turned out to be.
#[derive(Debug)]
pub enum Identity {
    /// A Go program, a Go library or a Go object.
    Go(Box<Facts>),
    /// Nothing of Go's, as far as can be seen.
    Other,
    /// It shows that Go made it, or may have, and can't be read: why.
    Broken(String),
}

/// Tells what a file is.
pub fn identify(bytes: &Bytes) -> Identity {
    let facts = match gather(bytes, None) {
        Ok(facts) => facts,
        Err(e) if begins_as_go(bytes) => return Identity::Broken(e.to_string()),
        Err(_) => return Identity::Other,
    };
    if facts.is_go() {
        return Identity::Go(Box::new(facts));
    }
    if facts.sealed {
        // It may be one: nobody can tell.
        let why = facts.warnings.last().map_or("packed by UPX", String::as_str);
        return Identity::Broken(format!("can't be told whether it is a Go binary: {why}"));
    }
    match begins_as_go(bytes) {
        true => Identity::Broken(
            "begins as a Go binary and can't be read as one: it is cut short or broken".into(),
        ),
        false => Identity::Other,
    }
}

/// Does a file that can't be read show that Go made it? Its build ID stands at the beginning of the code, or
/// in a note of an ELF file. (Go 1.27: cmd/internal/buildid looks in the first 32 KiB.)
fn begins_as_go(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 3] = [b"\xff Go build ID: \"", b"\x04\0\0\0Go\0\0", b"\0\0\0\x04Go\0\0"];
    let head = bytes.get(..32 << 10).unwrap_or(bytes);
    MARKS.iter().any(|m| memchr::memmem::find(head, m).is_some())
}
