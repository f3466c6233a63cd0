//! Fields of CSV (RFC 4180) that neither a spreadsheet nor a terminal takes for anything but text.

use super::text::escape;

/// A field: quoted where it has to be, control and bidi characters escaped; one that a spreadsheet would take
/// for a formula gets an apostrophe in front.
pub fn field(s: &str) -> String {
    let mut out = escape(s.as_bytes());
    let formula = out.len() > 1 && out.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if formula {
        out.insert(0, '\'');
    }
    if out.contains([',', '"', '\n', '\r']) {
        out = format!("\"{}\"", out.replace('"', "\"\""));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be_and_are_no_formulas() {
        assert_eq!(field("plain text"), "plain text");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(field("@SUM(1)"), "'@SUM(1)");
        assert_eq!(field("-"), "-");
        assert_eq!(field("a\x1b]8;;x\u{9b}\u{202e}"), "a\\u{1b}]8;;x\\u{9b}\\u{202e}");
    }
}
