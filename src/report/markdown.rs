//! Text that is not ours in Markdown: nothing in it is markup, a mention, a reference or a link.
//!
//! Authority: the GitHub Flavored Markdown specification, 2.4 (backslash escapes) and 6.9 (autolinks).
//! Mentions and references are found after that, in the finished text, so a zero-width space has to part
//! them.

use super::text::escape;

/// Parts what would be taken for one word.
const APART: &str = "&#8203;";

/// Text in a cell of a table, or anywhere on a line.
pub fn cell(s: &str) -> String {
    let safe = escape(s.as_bytes());
    let mut out = String::with_capacity(safe.len());
    let mut rest = safe.as_str();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if matches!(
            c,
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '&' | '#' | '~'
        ) {
            out.push('\\');
        }
        out.push(c);
        let begins_link = c == ':' && rest.starts_with("//");
        let ends_www =
            c == '.' && out.len() >= 4 && out[..out.len() - 1].to_ascii_lowercase().ends_with("www");
        if matches!(c, '@' | '#') || begins_link || ends_www {
            out.push_str(APART);
        }
    }
    out
}

/// A name, set as code where that is possible.
pub fn code(s: &str) -> String {
    let safe = escape(s.as_bytes());
    if safe.is_empty() || safe.contains(['`', '|']) {
        return cell(s);
    }
    format!("`{safe}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_break_the_table() {
        assert_eq!(code("bin/a"), "`bin/a`");
        assert_eq!(code("a|`b\n"), "a\\|\\`b\\\\u{a}");
        assert_eq!(cell("<img> [x](y)"), "\\<img\\> \\[x\\](y)");
        assert_eq!(cell("a|b<script>"), "a\\|b\\<script\\>");
        assert_eq!(cell("x\u{202e}\x1b["), "x\\\\u{202e}\\\\u{1b}\\[");
    }

    #[test]
    fn nobody_is_called_and_nothing_is_linked() {
        assert_eq!(cell("@octocat fixes #1"), "@&#8203;octocat fixes \\#&#8203;1");
        assert_eq!(
            cell("see https://evil.example/x"),
            "see https:&#8203;//evil.example/x"
        );
        assert_eq!(
            cell("WWW.evil.example a@b.example"),
            "WWW.&#8203;evil.example a@&#8203;b.example"
        );
        assert_eq!(code("@octocat https://x"), "`@octocat https://x`");
    }
}
