//! `gospect addr2line`: what `go tool addr2line` prints, on stripped files too.
//!
//! Authority: Go 1.27, cmd/addr2line. Messages and exit status are Go's.

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use super::frame::{io_words, note, write_status};
use super::goflags::{self, Wrong};
use crate::go::Program;
use crate::go::pclntab::Table;
use crate::input::{self, fault};
use crate::report;

/// Functions, files and lines of addresses, as `go tool addr2line` prints them, on stripped files too.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "gospect addr2line [--inlines] FILE [ADDR]...",
    after_help = "Reads hexadecimal addresses from standard input where none is given.\n\nExamples:\n  \
        gospect addr2line ./server 0x4a1c20\n  \
    gospect addr2line --inlines ./server < addresses"
)]
pub struct Args {
    /// Also the frames of inlined calls, innermost first.
    #[arg(long)]
    inlines: bool,
    /// The binary.
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// Hexadecimal addresses, with or without 0x.
    #[arg(value_name = "ADDR")]
    addrs: Vec<String>,
}

pub(super) fn run(args: &[OsString]) -> u8 {
    let given = match goflags::parse(args, &goflags::flags::<Args>()) {
        Ok(g) => g,
        Err(wrong) => {
            if let Wrong::Message(m) = wrong {
                note(&m);
            }
            note(&goflags::usage::<Args>("addr2line"));
            return 2;
        }
    };
    let Some((file, addrs)) = given.rest.split_first() else {
        note(&goflags::usage::<Args>("addr2line"));
        return 2;
    };
    let fatal = |what: String| {
        note(&format!("addr2line: {what}"));
        1
    };
    let shown = file.to_string_lossy();
    let bytes = match input::open_mapped(Path::new(file), fault::guard()) {
        Ok(b) => b,
        Err(e) if e.kind() == io::ErrorKind::Other => {
            return fatal(format!("open {shown}: unrecognized object file"));
        }
        Err(e) => return fatal(format!("open {shown}: {}", io_words(&e))),
    };
    let Ok(program) = Program::open(&bytes) else {
        return fatal(format!("open {shown}: unrecognized object file"));
    };
    let table = match program.pclntab() {
        Ok(t) => t,
        Err(e) => return fatal(format!("reading {shown}: {e}")),
    };
    let terminal = io::stdout().is_terminal();
    let mut out: Box<dyn Write> = match terminal {
        // Each line is handed on as it is, and names in it are the file's.
        true => Box::new(report::text::Safe(io::stdout())),
        false => Box::new(io::BufWriter::new(io::stdout())),
    };
    let inlines = given.on("inlines");
    let result = if addrs.is_empty() {
        from_stdin(table, inlines, &mut out)
    } else {
        addrs
            .iter()
            .try_for_each(|a| answer(table, &a.to_string_lossy(), inlines, &mut out))
    };
    write_status(result.and_then(|()| out.flush())).min(1)
}

fn from_stdin(table: &Table<'_>, inlines: bool, out: &mut dyn Write) -> io::Result<()> {
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line else { break };
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        answer(table, &String::from_utf8_lossy(line), inlines, out)?;
    }
    Ok(())
}

fn answer(table: &Table<'_>, text: &str, inlines: bool, out: &mut dyn Write) -> io::Result<()> {
    if text.contains(':') {
        return out.write_all(b"!reverse translation not implemented\n");
    }
    report::addr2line::write(out, table, address(text), inlines)
}

/// As Go's strconv.ParseUint with its error ignored: 0 for what is no number, the greatest for one that is
/// too large.
fn address(text: &str) -> u64 {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return 0;
    }
    u64::from_str_radix(digits, 16).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        assert_eq!(
            ["0x10", "10", "", "zz", "0X10", "+1"].map(address),
            [16, 16, 0, 0, 0, 0]
        );
        assert_eq!(address("ffffffffffffffffff"), u64::MAX);
    }
}
