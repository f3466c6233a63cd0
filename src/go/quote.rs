//! Go's quoted strings: `strconv.Quote`, `Unquote` and `QuotedPrefix` of Go 1.27 for `"…"` and `` `…` ``.

/// `b` as a Go string literal in double quotes.
pub fn quote(b: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for chunk in b.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend([b'\\', c as u8]),
                '\x07' => out.extend(b"\\a"),
                '\x08' => out.extend(b"\\b"),
                '\x0c' => out.extend(b"\\f"),
                '\n' => out.extend(b"\\n"),
                '\r' => out.extend(b"\\r"),
                '\t' => out.extend(b"\\t"),
                '\x0b' => out.extend(b"\\v"),
                c if printable(c) => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
                c if (c as u32) < 0x20 || c == '\x7f' => {
                    out.extend(format!("\\x{:02x}", c as u32).into_bytes())
                }
                c if (c as u32) < 0x1_0000 => out.extend(format!("\\u{:04x}", c as u32).into_bytes()),
                c => out.extend(format!("\\U{:08x}", c as u32).into_bytes()),
            }
        }
        for x in chunk.invalid() {
            out.extend(format!("\\x{x:02x}").into_bytes());
        }
    }
    out.push(b'"');
    out
}

/// A byte as `%q` prints it: `'x'`.
pub fn quote_byte(b: u8) -> String {
    let c = char::from(b);
    match c {
        '\'' => "'\\''".into(),
        '"' => "'\"'".into(),
        _ => {
            let text = String::from_utf8_lossy(&quote(c.encode_utf8(&mut [0; 4]).as_bytes())).into_owned();
            format!("'{}'", &text[1..text.len() - 1])
        }
    }
}

/// Rust's own idea of printable, which follows the same Unicode categories as Go's `strconv.IsPrint`;
/// combining marks, which Rust escapes only for its own display, are printable.
fn printable(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    if c.is_control() || c.is_whitespace() {
        return false;
    }
    let mut escaped = c.escape_debug();
    escaped.next() == Some(c) || c == '\''
}

/// The quoted string at the start of `b`, quotes included; `None` where it does not end or is malformed.
pub fn quoted_prefix(b: &[u8]) -> Option<&[u8]> {
    match b.first()? {
        b'`' => {
            let end = memchr::memchr(b'`', b.get(1..)?)?;
            b.get(..end + 2)
        }
        b'"' => {
            let mut at = 1;
            loop {
                match b.get(at)? {
                    b'"' => return b.get(..=at),
                    b'\n' => return None,
                    b'\\' => at += escape(b.get(at..)?)?.1,
                    _ => at += 1,
                }
            }
        }
        _ => None,
    }
}

/// The text of a whole quoted string; `None` where it is malformed or something follows it.
pub fn unquote(b: &[u8]) -> Option<Vec<u8>> {
    if quoted_prefix(b)?.len() != b.len() {
        return None;
    }
    let inner = b.get(1..b.len() - 1)?;
    if b[0] == b'`' {
        // Go drops carriage returns from raw strings.
        return Some(inner.iter().copied().filter(|c| *c != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&c) = inner.get(at) {
        if c == b'\\' {
            let (bytes, used) = escape(inner.get(at..)?)?;
            out.extend(bytes);
            at += used;
        } else {
            out.push(c);
            at += 1;
        }
    }
    Some(out)
}

/// The bytes that an escape at the start of `b` stands for, and its length.
fn escape(b: &[u8]) -> Option<(Vec<u8>, usize)> {
    let one = |c: u8| Some((vec![c], 2));
    let digits = |from: usize, n: usize, radix: u32| {
        let text = std::str::from_utf8(b.get(from..from + n)?).ok()?;
        // from_str_radix would let a sign through.
        text.bytes()
            .all(|c| c.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(text, radix).ok())?
    };
    let rune = |n: usize| {
        let c = char::from_u32(digits(2, n, 16)?)?;
        Some((c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), n + 2))
    };
    match *b.get(1)? {
        b'a' => one(7),
        b'b' => one(8),
        b'f' => one(0xc),
        b'n' => one(b'\n'),
        b'r' => one(b'\r'),
        b't' => one(b'\t'),
        b'v' => one(0xb),
        b'\\' => one(b'\\'),
        b'"' => one(b'"'),
        b'x' => Some((vec![digits(2, 2, 16)? as u8], 4)),
        b'u' => rune(4),
        b'U' => rune(8),
        b'0'..=b'7' => Some((vec![u8::try_from(digits(1, 3, 8)?).ok()?], 4)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_and_back() {
        let cases: [(&[u8], &str); 6] = [
            (b"-s -w", r#""-s -w""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (b"\x00\x7f\n\t", r#""\x00\x7f\n\t""#),
            ("é\u{200b}".as_bytes(), r#""é\u200b""#),
            (b"\xff", r#""\xff""#),
            (b"it's", r#""it's""#),
        ];
        for (plain, quoted) in cases {
            assert_eq!(String::from_utf8_lossy(&quote(plain)), quoted);
            assert_eq!(unquote(quoted.as_bytes()).as_deref(), Some(plain));
        }
    }

    #[test]
    fn malformed_strings_are_refused() {
        for bad in [
            r#"""#,
            r#""a"#,
            "\"a\nb\"",
            r#""\q""#,
            r#""\x+1""#,
            r#""\400""#,
            r#""a"b"#,
            "`a",
        ] {
            assert_eq!(unquote(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(unquote(b"`a\\n`").as_deref(), Some(&b"a\\n"[..]));
    }
}
