//! JSON as the design's contract has it: `schema`, `version`, then the facts; bytes as integers, addresses as
//! hex strings. Control and bidi characters are written as `\u…`, so that the output can be looked at on a
//! terminal.

use serde::Serialize;
use std::io::{self, Write};

use super::text::unsafe_on_terminal;
use crate::input::Name;

/// How an object says which file it is about: `file`, and for a member of that file `member`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    file: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    member: Vec<String>,
}

impl From<&Name> for Named {
    fn from(name: &Name) -> Named {
        Named {
            file: name.path().to_string_lossy().into_owned(),
            member: name.members().iter().map(|m| lossy(m)).collect(),
        }
    }
}

/// An object on its own, indented by two spaces, with a line end.
///
/// # Errors
/// What the writer says.
pub fn write<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    // serde_json writes each bracket and space by itself, and a string's characters whole: gathered, they
    // pass the check and the writer once.
    let mut gathered = io::BufWriter::with_capacity(1 << 15, Safe(&mut *out));
    serde_json::to_writer_pretty(&mut gathered, value)?;
    gathered.into_inner().map_err(io::IntoInnerError::into_error)?;
    out.write_all(b"\n")
}

/// An array whose items are made one by one while it is written: however many they are, one is in memory.
pub struct Each<F>(pub F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq((self.0)())
    }
}

/// Hands JSON on, with characters that would upset a terminal escaped. They stand in strings only, and
/// serde_json writes a string's characters whole, so that the value stays what it is.
#[derive(Debug)]
pub struct Safe<W>(pub W);

impl<W: Write> Write for Safe<W> {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> {
        let plain = |b: &u8| matches!(b, b'\n' | b'\t' | b' '..=b'~');
        // A branch a run, not one a byte.
        if b.chunks(64)
            .all(|run| run.iter().fold(true, |all, b| all & plain(b)))
        {
            return self.0.write(b);
        }
        match std::str::from_utf8(b) {
            Ok(text) => self.0.write_all(escaped(text).as_bytes())?,
            Err(_) => self.0.write_all(b)?,
        }
        Ok(b.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// JSON text with the characters in its strings escaped that would upset a terminal.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Those two stand between values only.
        if matches!(c, '\n' | '\t') || !unsafe_on_terminal(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// An address as JSON shows it: `"0x401000"`.
pub fn hex(addr: u64) -> String {
    format!("{addr:#x}")
}

/// A name from the file as JSON text; bytes that are no UTF-8 become U+FFFD.
pub fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_escaped_and_stay_what_they_are() {
        let name = "a\x1b]8;;\u{7f}\u{9b}31m\u{202e}\u{e0041}é\n\"";
        let mut out = Vec::new();
        write(&mut out, &[name]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            !text.chars().any(|c| c != '\n' && unsafe_on_terminal(c)),
            "{text:?}"
        );
        assert!(text.contains("\\u202e\\udb40\\udc41é"), "{text}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [name]);
    }
}
