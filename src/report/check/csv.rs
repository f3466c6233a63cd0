//! One line for each finding, with a header line (RFC 4180).

use std::io::{self, Write};

use super::Run;

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

fn field(s: &str) -> String {
    if s.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", s.replace('"', "\"\""))
    } else {
        s.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("plain text"), "plain text");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
