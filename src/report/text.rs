//! Words and numbers as people read them on a terminal.

use std::io::{self, Write};

/// `n` with a comma between groups of three digits: 1,589,410.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A size in bytes with a binary unit and one decimal: `1.5 MiB`; below 1 KiB in bytes: `512 B`.
pub fn human(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A name from a file, safe on a terminal: control, bidi and zero-width characters and bytes that are no
/// UTF-8 are escaped.
pub fn escape(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if unsafe_on_terminal(c) {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out
}

/// Does it steer a terminal, or show text otherwise than it is: control, bidi, zero-width, filler and tag
/// characters?
pub fn unsafe_on_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Hands text on as [`escape_lines`] has it; characters have to be written whole.
#[derive(Debug)]
pub struct Safe<W>(pub W);

impl<W: Write> Write for Safe<W> {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> {
        self.0.write_all(&escape_lines(b))?;
        Ok(b.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Lines of text, with everything in them but tabs and line ends escaped as [`escape`] does.
pub fn escape_lines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for piece in text.split_inclusive(|b| matches!(b, b'\n' | b'\t')) {
        let (body, end) = match piece.split_last() {
            Some((end @ (b'\n' | b'\t'), body)) => (body, Some(*end)),
            _ => (piece, None),
        };
        out.extend(escape(body).bytes());
        out.extend(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(
            [0, 12, 999, 1000, 1_589_410].map(grouped),
            ["0", "12", "999", "1,000", "1,589,410"]
        );
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(
            [0, 1023, 1024, 1_572_864, 1_048_575].map(human),
            ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "1.0 MiB"]
        );
    }

    #[test]
    fn hostile_names_are_escaped() {
        assert_eq!(escape(b"a\x1b[31m\n"), "a\\u{1b}[31m\\u{a}");
        assert_eq!(escape("x\u{202e}y".as_bytes()), "x\\u{202e}y");
        assert_eq!(escape(b"\xff\xfe ok"), "\\xff\\xfe ok");
        assert_eq!(escape("\u{9b}1m\u{e0041}".as_bytes()), "\\u{9b}1m\\u{e0041}");
        assert_eq!(escape_lines(b"a\x1b\tb\nc\r\n"), b"a\\u{1b}\tb\nc\\u{d}\n");
    }
}
