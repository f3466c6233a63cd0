//! One line for each finding, with a header line (RFC 4180).

use std::io::{self, Write};

use super::Run;
use crate::report::csv::field;

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    out.write_all(b"file,rule,level,message,evidence,help,offset\r\n")?;
    for (file, f) in run.findings() {
        let offset = f.offset.map_or(String::new(), |o| o.to_string());
        let fields = [
            file,
            f.rule,
            f.level.word(),
            &f.message,
            &f.evidence,
            f.help,
            &offset,
        ];
        write!(out, "{}\r\n", fields.map(field).join(","))?;
    }
    for (file, why) in &run.unreadable {
        write!(out, "{},,error,{},,,\r\n", field(file), field(why))?;
    }
    Ok(())
}
