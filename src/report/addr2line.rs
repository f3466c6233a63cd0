//! Frames → two lines each, as `go tool addr2line` prints them: the function, then file and line.

use std::io::{self, Write};

use crate::go::pclntab::Table;

/// Writes what the table says of `pc`; with `inlines`, also the frames of inlined calls, innermost first.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, table: &Table<'_>, pc: u64, inlines: bool) -> io::Result<()> {
    let Some(f) = table.find_function(pc) else {
        return out.write_all(b"?\n?:0\n");
    };
    let mut one = |name: &[u8], position: crate::go::pclntab::Position<'_>| {
        out.write_all(name)?;
        out.write_all(b"\n")?;
        out.write_all(position.file)?;
        writeln!(out, ":{}", position.line)
    };
    if inlines {
        return f.frames(pc).iter().try_for_each(|x| one(x.name, x.position));
    }
    one(f.name(), f.position(pc))
}
