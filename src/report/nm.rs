//! Symbols → the lines of `go tool nm`, byte for byte (Go 1.27: cmd/nm).

use std::io::{self, Write};

use super::text::escape;
use crate::analysis::demangle::demangle;
use crate::analysis::symbols::GoSymbol;

/// What a line shows.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// In front of each line: the file's name, a colon and a tab, where there are several; else nothing.
    pub prefix: Vec<u8>,
    /// Sizes too.
    pub size: bool,
    /// C++ and Rust names as their programmers wrote them.
    pub demangle: bool,
    /// Names are for a person's terminal, so what would upset it is escaped.
    pub terminal: bool,
}

/// Output is written when there is this much of it.
const CHUNK: usize = 128 << 10;

/// Writes one line per symbol.
///
/// # Errors
/// What the writer says.
pub fn write<'a>(
    rows: impl Iterator<Item = &'a GoSymbol<'a>>,
    columns: &Columns,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::with_capacity(CHUNK + (4 << 10));
    for s in rows {
        text.extend_from_slice(&columns.prefix);
        address(s, &mut text);
        if columns.size {
            size(s.size, &mut text);
        }
        text.extend_from_slice(&[b' ', s.code, b' ']);
        let readable = if columns.demangle { demangle(s.name) } else { None };
        let name = readable.as_ref().map_or(s.name, |r| r.as_bytes());
        if columns.terminal {
            text.extend_from_slice(escape(name).as_bytes());
        } else {
            text.extend_from_slice(name);
        }
        text.push(b'\n');
        if text.len() >= CHUNK {
            out.write_all(&text)?;
            text.clear();
        }
    }
    out.write_all(&text)
}

/// At least eight columns: the address in hexadecimal, or nothing for what is undefined.
fn address(s: &GoSymbol<'_>, out: &mut Vec<u8>) {
    if s.code == b'U' {
        out.extend_from_slice(b"        ");
        return;
    }
    let mut digits = [b' '; 16];
    let mut at = 16;
    let mut v = s.addr;
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(v & 15) as usize];
        v >>= 4;
        if v == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at.min(8)..]);
}

/// A space and at least ten columns.
fn size(size: i64, out: &mut Vec<u8>) {
    let mut digits = [b' '; 21];
    let mut at = 21;
    let mut v = size.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (v % 10) as u8;
        v /= 10;
        if v == 0 {
            break;
        }
    }
    if size < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.push(b' ');
    out.extend_from_slice(&digits[at.min(11)..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(s: GoSymbol<'static>, columns: &Columns) -> String {
        let mut out = Vec::new();
        write([s].iter(), columns, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_padded_and_grow() {
        let s = |addr, size, code| GoSymbol {
            name: b"main.main",
            addr,
            size,
            code,
        };
        let plain = Columns::default();
        let sized = Columns {
            size: true,
            prefix: b"f:\t".into(),
            ..Columns::default()
        };
        assert_eq!(line(s(0, 0, b'T'), &plain), "       0 T main.main\n");
        assert_eq!(line(s(0x1_4000_1000, 0, b'r'), &plain), "140001000 r main.main\n");
        assert_eq!(
            line(s(u64::MAX, 12, b'D'), &sized),
            "f:\tffffffffffffffff         12 D main.main\n"
        );
        assert_eq!(
            line(s(7, i64::MIN, b'U'), &sized),
            "f:\t         -9223372036854775808 U main.main\n"
        );
    }

    #[test]
    fn names_are_escaped_only_on_a_terminal() {
        let s = GoSymbol {
            name: b"a\x1b[m",
            addr: 1,
            size: 0,
            code: b'T',
        };
        let terminal = Columns {
            terminal: true,
            ..Columns::default()
        };
        assert_eq!(line(s, &Columns::default()), "       1 T a\x1b[m\n");
        assert_eq!(line(s, &terminal), "       1 T a\\u{1b}[m\n");
    }
}
