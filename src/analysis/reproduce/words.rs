//! Flags in one text, as `go build -ldflags` takes them → words, and back.
//!
//! Authority: Go 1.27, cmd/internal/quoted: words end at space; single or double quotes hold a word together;
//! nothing is escaped.

/// The words of `text`; `None` where a quote does not end.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start_matches(SPACE);
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'') {
            let body = rest.get(1..)?;
            let end = body.find(first)?;
            out.push(body.get(..end)?.to_string());
            rest = body.get(end + 1..)?;
        } else {
            let end = rest.find(SPACE).unwrap_or(rest.len());
            out.push(rest.get(..end)?.to_string());
            rest = rest.get(end..)?;
        }
        rest = rest.trim_start_matches(SPACE);
    }
    Some(out)
}

const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The words as one text; `None` where a word holds both kinds of quotes.
pub fn join<S: AsRef<str>>(words: &[S]) -> Option<String> {
    let mut out = Vec::new();
    for w in words.iter().map(AsRef::as_ref) {
        let plain = !w.is_empty() && !w.contains(SPACE) && !w.contains(['"', '\'']);
        out.push(match (plain, w.contains('\''), w.contains('"')) {
            (true, ..) => w.to_string(),
            (false, false, _) => format!("'{w}'"),
            (false, true, false) => format!("\"{w}\""),
            (false, true, true) => return None,
        });
    }
    Some(out.join(" "))
}

/// A command line as a POSIX shell reads it.
pub fn shell<S: AsRef<str>>(words: &[S]) -> String {
    let quoted = words.iter().map(AsRef::as_ref).map(|w| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+$".contains(c);
        if !w.is_empty() && w.chars().all(plain) {
            w.to_string()
        } else {
            format!("'{}'", w.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_the_go_command_does() {
        assert_eq!(
            split("  -s -w\t'-X a=b c' \"it's\" ''").unwrap(),
            ["-s", "-w", "-X a=b c", "it's", ""]
        );
        assert_eq!(split("-X a='b").unwrap(), ["-X", "a='b"]);
        assert_eq!(split("'a"), None);
        assert_eq!(split("").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_joined_is_split_again() {
        for words in [
            vec!["-X", "main.a=b c"],
            vec!["", "it's", "say \"x\""],
            vec!["-s"],
        ] {
            assert_eq!(split(&join(&words).unwrap()).unwrap(), words);
        }
        assert_eq!(join(&["'\""]), None);
    }

    #[test]
    fn a_shell_reads_words_back() {
        assert_eq!(
            shell(&["go", "-ldflags=-s -w", "it's"]),
            r"go '-ldflags=-s -w' 'it'\''s'"
        );
    }
}
