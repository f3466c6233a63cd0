//! Go's regular expressions → the `regex` crate's.
//!
//! Both follow RE2; what differs is translated: Go's `\d`, `\w`, `\s` and `\b` are ASCII, `\Q…\E` quotes, a
//! brace that starts no repetition is literal, and a class has no set operations. Authority: Go 1.27,
//! regexp/syntax.

use regex::bytes::Regex;

/// Compiles an expression in Go's syntax, to be searched in names as they stand in the file.
///
/// # Errors
/// What is wrong, in Go's words where they are known (`missing closing ]: …`), between `error parsing regexp:
/// ` and the part of the expression.
pub fn compile(expression: &str) -> Result<Regex, String> {
    let translated = translate(expression)?;
    let made = regex::bytes::RegexBuilder::new(&translated)
        .size_limit(64 << 20)
        .build();
    made.map_err(|e| explain(expression, &e))
}

fn explain(expression: &str, error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return format!("expression too large: `{expression}`");
    }
    let said = error.to_string();
    let what = said
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    match what {
        w if w.contains("unclosed group") => format!("missing closing ): `{expression}`"),
        w if w.contains("unopened group") => format!("unexpected ): `{expression}`"),
        w if w.contains("repetition operator missing expression") => {
            let at = expression.find(['*', '+', '?']).unwrap_or(0);
            let operator = expression.get(at..).and_then(|t| t.chars().next()).unwrap_or('*');
            format!("missing argument to repetition operator: `{operator}`")
        }
        w => format!("{w}: `{expression}`"),
    }
}

fn translate(expression: &str) -> Result<String, String> {
    let chars: Vec<char> = expression.chars().collect();
    let mut out = String::with_capacity(expression.len() + 8);
    let mut i = 0;
    // Where the operators behind the last operand start, and whether they may only be followed by a `?`.
    let mut operators: Option<(usize, bool)> = None;
    while let Some(&c) = chars.get(i) {
        let start = i;
        i += 1;
        let operator = matches!(c, '*' | '+' | '?') || c == '{' && repetition(&chars, i).is_some();
        operators = match operators {
            _ if !operator => None,
            None => Some((start, false)),
            Some((from, false)) if c == '?' => Some((from, true)),
            Some((from, _)) => {
                let end = if c == '{' {
                    repetition(&chars, i).unwrap_or(i)
                } else {
                    i
                };
                let text: String = chars.get(from..end).unwrap_or(&[]).iter().collect();
                return Err(format!("invalid nested repetition operator: `{text}`"));
            }
        };
        match c {
            '\\' => i = escape(&chars, i, false, &mut out)?,
            '[' => i = class(&chars, i, &mut out)?,
            '{' => match repetition(&chars, i) {
                Some(end) => {
                    let text: String = chars.get(start..end).unwrap_or(&[]).iter().collect();
                    let counts = text
                        .trim_matches(['{', '}'])
                        .split(',')
                        .filter_map(|n| n.parse::<u32>().ok());
                    if counts.clone().any(|n| n > 1000)
                        || matches!(counts.collect::<Vec<_>>()[..], [a, b] if a > b)
                    {
                        return Err(format!("invalid repeat count: `{text}`"));
                    }
                    out.push_str(&text);
                    i = end;
                }
                None => out.push_str("\\{"),
            },
            '}' => out.push_str("\\}"),
            '*' | '+' | '?' => out.push(c),
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// Where `{n}`, `{n,}` or `{n,m}` ends, if that is what stands behind the brace.
fn repetition(chars: &[char], start: usize) -> Option<usize> {
    let mut i = start;
    let digits = |i: &mut usize| {
        let from = *i;
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
        *i > from
    };
    if !digits(&mut i) {
        return None;
    }
    if chars.get(i) == Some(&',') {
        i += 1;
        digits(&mut i);
    }
    (chars.get(i) == Some(&'}')).then_some(i + 1)
}

/// Translates what stands behind a backslash at `i - 1`.
fn escape(chars: &[char], i: usize, in_class: bool, out: &mut String) -> Result<usize, String> {
    let Some(&c) = chars.get(i) else {
        return Err("trailing backslash at end of expression: ``".into());
    };
    let ascii = match (c, in_class) {
        ('d', false) => "[0-9]",
        ('D', false) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', false) => "[^0-9A-Za-z_]",
        ('s', false) => "[\\t\\n\\f\\r ]",
        ('S', false) => "[^\\t\\n\\f\\r ]",
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => "\\t\\n\\f\\r ",
        ('D', true) => "[^0-9]",
        ('W', true) => "[^0-9A-Za-z_]",
        ('S', true) => "[^\\t\\n\\f\\r ]",
        ('b', false) => "(?-u:\\b)",
        ('B', false) => "(?-u:\\B)",
        ('C', false) => "(?s-u:.)",
        _ => "",
    };
    if !ascii.is_empty() {
        out.push_str(ascii);
        return Ok(i + 1);
    }
    match c {
        'Q' if !in_class => {
            let mut j = i + 1;
            while let Some(&q) = chars.get(j) {
                if q == '\\' && chars.get(j + 1) == Some(&'E') {
                    return Ok(j + 2);
                }
                out.push_str(&regex::escape(q.encode_utf8(&mut [0; 4])));
                j += 1;
            }
            Ok(j)
        }
        'A' | 'z' if !in_class => {
            out.extend(['\\', c]);
            Ok(i + 1)
        }
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'p' | 'P' | 'x' => {
            out.extend(['\\', c]);
            Ok(i + 1)
        }
        '0'..='7' => {
            // `\123` is octal; a lone digit from 1 on would be a back-reference.
            let digits: String = chars
                .get(i..)
                .unwrap_or(&[])
                .iter()
                .take(3)
                .take_while(|d| ('0'..='7').contains(*d))
                .collect();
            if c != '0' && digits.len() < 2 {
                return Err(format!("invalid escape sequence: `\\{c}`"));
            }
            let value = u32::from_str_radix(&digits, 8).unwrap_or(0);
            out.push_str(&format!("\\x{{{value:x}}}"));
            Ok(i + digits.len())
        }
        c if c.is_ascii_punctuation() => {
            out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            Ok(i + 1)
        }
        c => Err(format!("invalid escape sequence: `\\{c}`")),
    }
}

/// Translates a class whose `[` is behind; only POSIX classes nest in it.
fn class(chars: &[char], mut i: usize, out: &mut String) -> Result<usize, String> {
    let open = i - 1;
    out.push('[');
    if chars.get(i) == Some(&'^') {
        out.push('^');
        i += 1;
    }
    let first = i;
    while let Some(&c) = chars.get(i) {
        match c {
            ']' if i > first => {
                out.push(']');
                return Ok(i + 1);
            }
            '\\' => {
                i = escape(chars, i + 1, true, out)?;
                continue;
            }
            '[' if chars.get(i + 1) == Some(&':') => {
                let rest: String = chars.get(i..).unwrap_or(&[]).iter().collect();
                if let Some(end) = rest.find(":]") {
                    let name = &rest[..end + 2];
                    out.push_str(name);
                    i += name.chars().count();
                    continue;
                }
                out.push_str("\\[");
            }
            '-' if i == first || chars.get(i + 1) == Some(&']') => out.push_str("\\-"),
            '[' | ']' | '&' | '~' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        i += 1;
    }
    let rest: String = chars.get(open..).unwrap_or(&[]).iter().collect();
    Err(format!("missing closing ]: `{rest}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_mean_in_go() {
        for (expression, name, want) in [
            ("main.main", "main.main", true),
            ("main.main$", "main.mainx", false),
            (r"^main\.\(\*T\)\.m$", "main.(*T).m", true),
            (r"\Qa.b(\E.c", "a.b(xc", true),
            (r"\d\w\b", "1é", false),
            ("a{b", "a{b", true),
            ("x{2}", "xx", true),
            ("[a&&b]", "&", true),
            ("[]a]", "]", true),
            ("[^-a]", "-", false),
            ("[[:digit:]_]", "7", true),
            (r"\101", "A", true),
            ("a+?b", "aab", true),
            ("(?i)MAIN", "main.main", true),
            ("", "anything", true),
        ] {
            assert_eq!(
                compile(expression).unwrap().is_match(name.as_bytes()),
                want,
                "{expression}"
            );
        }
    }

    #[test]
    fn errors_are_said_in_gos_words() {
        for (expression, want) in [
            ("(", "missing closing ): `(`"),
            ("[a", "missing closing ]: `[a`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a)", "unexpected ): `a)`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a**", "invalid nested repetition operator: `**`"),
            (r"\y", r"invalid escape sequence: `\y`"),
        ] {
            assert_eq!(compile(expression).unwrap_err(), want, "{expression}");
        }
    }
}
