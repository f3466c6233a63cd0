//! Lines of text with tones: what a page shows, whatever colours the terminal has.

use crate::report::text::{escape, escape_lines};

/// What a piece of a line is; the drawing makes it a colour or a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Quiet,
    Strong,
    Place,
    Address,
}

/// A line. What is in it is safe on a terminal: it can be made by [`Line::with`] only, which escapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line(Vec<(Tone, String)>);

impl Line {
    pub(super) fn new(tone: Tone, text: &str) -> Line {
        Line::default().with(tone, text)
    }

    /// With another piece behind it.
    pub(super) fn with(mut self, tone: Tone, text: &str) -> Line {
        let text = text.replace('\t', "    ");
        self.0.push((tone, escape(text.as_bytes())));
        self
    }

    pub(super) fn pieces(&self) -> &[(Tone, String)] {
        &self.0
    }

    /// All of it, without tones.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|p| p.1.as_str()).collect()
    }
}

/// What a report has written, line by line.
pub(super) fn of_report(text: &[u8]) -> Vec<Line> {
    let safe = escape_lines(text);
    let text = String::from_utf8_lossy(&safe);
    text.lines().map(|l| Line::new(Tone::Plain, l)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_steers_a_terminal() {
        let line = Line::new(Tone::Plain, "a\x1b[2J\tb").with(Tone::Quiet, "\u{202e}c");
        assert_eq!(line.text(), "a\\u{1b}[2J    b\\u{202e}c");
        assert_eq!(of_report(b"x\x1b\ny\r\n").len(), 2);
    }
}
