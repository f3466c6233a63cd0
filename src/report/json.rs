//! JSON as the design's contract has it: `schema`, `version`, then the facts; bytes as integers, addresses as hex strings.

use serde::Serialize;
use std::io::{self, Write};

/// An object on its own, indented by two spaces, with a line end.
///
/// # Errors
/// What the writer says.
pub fn write<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// An address as JSON shows it: `"0x401000"`.
pub fn hex(addr: u64) -> String {
    format!("{addr:#x}")
}

/// A name from the file as JSON text; bytes that are no UTF-8 become U+FFFD.
pub fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
