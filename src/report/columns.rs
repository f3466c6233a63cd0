//! Tables and long lines as a terminal shows them: figures on the left, a name last, all of it as wide as the
//! terminal is.
//!
//! [`Columns`] gives up what is least worth (the bar, then columns that follow from others) before it folds a
//! name. [`fold`] breaks what is still too long at blanks, the rest below the place where the line's last
//! column began.

use std::io::{self, Write};

use super::text::escape;

/// Cells of a full bar.
const BAR: usize = 24;
/// A name has at least so much room beside its figures, or stands below them.
const ROOM: usize = 24;

/// Figures, a bar, a name.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// One for each column.
    pub figures: Vec<String>,
    /// What the bar shows of what whole.
    pub bar: Option<(u64, u64)>,
    /// Said behind the bar; escaped when it is written.
    pub name: String,
    /// What the figure or the bar is coloured with: an escape sequence, or nothing.
    pub color: &'static str,
    /// A line of dashes stands above.
    pub ruled: bool,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Over the figures and the name; empty for none.
    pub heads: Vec<&'static str>,
    /// Least width of each figure.
    pub least: Vec<usize>,
    /// Figures that may be left out where there is no room, the first one first.
    pub spare: Vec<usize>,
    /// Columns of the terminal, where it matters.
    pub width: Option<usize>,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Columns {
    /// Which figures are shown, and how wide each is.
    fn figures(&self) -> Vec<(usize, usize)> {
        let narrow = self.width.is_some_and(|w| w < 80);
        let widest = |i: usize| {
            let cells = self.lines.iter().filter_map(|l| l.figures.get(i));
            let head = self.heads.get(i).map_or(0, |h| h.len());
            let least = self.least.get(i).copied().filter(|_| !narrow).unwrap_or(0);
            cells
                .map(|c| c.chars().count())
                .max()
                .unwrap_or(0)
                .max(head)
                .max(least)
        };
        let count = self.lines.iter().map(|l| l.figures.len()).max().unwrap_or(0);
        let mut shown: Vec<_> = (0..count).map(|i| (i, widest(i))).collect();
        for spare in &self.spare {
            if self.width.is_some_and(|w| taken(&shown) > w) {
                shown.retain(|s| s.0 != *spare);
            }
        }
        shown
    }

    /// Writes the table.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let shown = self.figures();
        let longest = self
            .lines
            .iter()
            .map(|l| l.name.chars().count())
            .max()
            .unwrap_or(0);
        let bars = self.lines.iter().any(|l| l.bar.is_some());
        let taken = taken(&shown);
        let free = self.width.map(|w| w.saturating_sub(taken));
        let bar = match free {
            _ if !bars => 0,
            None => BAR,
            // The bar has what the longest name leaves, and nothing where that is too little to compare.
            Some(free) => Some(free.saturating_sub(2 + longest.min(40)).min(BAR))
                .filter(|b| *b >= 6)
                .unwrap_or(0),
        };
        let room = free.map(|f| f.saturating_sub(if bar > 0 { bar + 2 } else { 0 }));
        let place = Place { shown, bar, room };
        if !self.heads.is_empty() {
            let figures = self.heads.iter().map(ToString::to_string).collect();
            let name = self.heads.last().copied().unwrap_or_default().to_string();
            place.line(
                out,
                &Line {
                    figures,
                    name,
                    ..Line::default()
                },
            )?;
        }
        for line in &self.lines {
            if line.ruled {
                let dashes: Vec<String> = place.shown.iter().map(|s| "-".repeat(s.1)).collect();
                writeln!(out, "  {}", dashes.join("  "))?;
            }
            place.line(out, line)?;
        }
        Ok(())
    }
}

/// Where things stand in a line.
struct Place {
    shown: Vec<(usize, usize)>,
    bar: usize,
    // What is left for the name, where that matters.
    room: Option<usize>,
}

impl Place {
    fn line(&self, out: &mut dyn Write, line: &Line) -> io::Result<()> {
        let off = if line.color.is_empty() { "" } else { "\x1b[0m" };
        let mut text = String::from(" ");
        for (n, (i, width)) in self.shown.iter().enumerate() {
            let figure = line.figures.get(*i).map(String::as_str).unwrap_or_default();
            // Where there is a bar it has the colour.
            let (on, off) = if n == 0 && line.bar.is_none() {
                (line.color, off)
            } else {
                ("", "")
            };
            text.push_str(&format!(" {on}{figure:>width$}{off} "));
        }
        if self.bar > 0 {
            let cells = line
                .bar
                .map(|(part, whole)| bar(part, whole, self.bar))
                .unwrap_or_default();
            let (on, off, width) = (line.color, off, self.bar);
            text.push_str(&format!(" {on}{cells:<width$}{off} "));
        }
        let name = escape(line.name.as_bytes());
        let long = name.chars().count();
        if self.room.is_some_and(|r| r < ROOM && r < long) {
            writeln!(out, "{}", text.trim_end())?;
            writeln!(out, "    {name}")
        } else {
            text.push(' ');
            text.push_str(&name);
            writeln!(out, "{}", text.trim_end())
        }
    }
}

/// Columns that these figures take, with what stands between them and the name.
fn taken(shown: &[(usize, usize)]) -> usize {
    2 + shown.iter().map(|s| s.1 + 2).sum::<usize>()
}

/// A bar of up to `cells` cells, in eighths.
pub fn bar(part: u64, whole: u64, cells: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if whole == 0 {
        return String::new();
    }
    let eighths = (u128::from(part) * cells as u128 * 8 / u128::from(whole)).min(cells as u128 * 8) as usize;
    let mut out = "█".repeat(eighths / 8);
    out.push_str(EIGHTHS.get(eighths % 8).copied().unwrap_or_default());
    if out.is_empty() && part > 0 {
        out.push('▏');
    }
    out
}

/// Hands lines on folded to a width: [`fold`].
#[derive(Debug, Default)]
pub struct Folder {
    width: Option<usize>,
    line: Vec<u8>,
}

impl Folder {
    /// For a terminal of so many columns; none for lines as they come.
    pub fn fit(&mut self, width: Option<usize>) {
        self.width = width;
    }

    /// The bytes to write in place of `bytes`.
    pub fn take<'b>(&mut self, bytes: &'b [u8]) -> std::borrow::Cow<'b, [u8]> {
        let Some(width) = self.width else {
            return bytes.into();
        };
        let mut out = Vec::with_capacity(bytes.len());
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.line.extend(piece);
            if let Some(line) = self.line.strip_suffix(b"\n") {
                match std::str::from_utf8(line) {
                    Ok(line) => out.extend(fold(line, width).into_bytes()),
                    Err(_) => out.extend(line),
                }
                out.push(b'\n');
                self.line.clear();
            }
        }
        out.into()
    }

    /// What is left of a line that has no end.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.line)
    }
}

/// A line → the same, broken at blanks where it is wider than `width`; what goes on stands below the last
/// column.
pub fn fold(line: &str, width: usize) -> String {
    if visible(line) <= width || width < 20 {
        return line.into();
    }
    let hang = hang(line, width);
    let room = width - hang;
    let mut out = String::with_capacity(line.len() + 32);
    let mut at = 0;
    let mut blanks = 0;
    for (i, word) in line.split(' ').enumerate() {
        blanks += usize::from(i > 0);
        if word.is_empty() {
            continue;
        }
        let mut word = word;
        if at > 0 && at + blanks > hang && at + blanks + visible(word) > width {
            out.push('\n');
            (at, blanks) = (0, hang);
        }
        out.push_str(&" ".repeat(blanks));
        at += blanks;
        blanks = 0;
        // Longer than a line: broken behind a slash or comma, where there is one.
        while visible(word) > width.saturating_sub(at) && visible(word) > room {
            let (here, rest) = split(word, width.saturating_sub(at).max(1));
            out.push_str(here);
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            (word, at) = (rest, hang);
        }
        out.push_str(word);
        at += visible(word);
    }
    out
}

/// Where the last column of a line begins, if that leaves room; else a step behind the line's own beginning.
fn hang(line: &str, width: usize) -> usize {
    let start = line.chars().take_while(|c| *c == ' ').count();
    let mut best = start + 2;
    let (mut at, mut blanks, mut escape) = (0, 0, false);
    for c in line.chars() {
        match c {
            '\x1b' => escape = true,
            _ if escape => escape = !c.is_ascii_alphabetic(),
            ' ' => (at, blanks) = (at + 1, blanks + 1),
            _ => {
                if blanks >= 2 && at <= width * 6 / 10 {
                    best = best.max(at);
                }
                (at, blanks) = (at + 1, 0);
            }
        }
    }
    best.min(width / 2 + width / 10)
}

/// The characters that take a place on the terminal: all but colours.
fn visible(text: &str) -> usize {
    let mut escape = false;
    let shows = |c: &char| {
        let hidden = escape || *c == '\x1b';
        escape = hidden && !(c.is_ascii_alphabetic() && *c != '\x1b');
        !hidden
    };
    text.chars().filter(shows).count()
}

/// The first `most` characters of a word, or what is before them up to a slash or comma, and the rest.
fn split(word: &str, most: usize) -> (&str, &str) {
    let end = word.char_indices().nth(most).map_or(word.len(), |c| c.0);
    let (head, _) = word.split_at(end);
    let nice = head
        .rfind(['/', ',', '|'])
        .map(|i| i + 1)
        .filter(|i| *i > end / 3);
    word.split_at(nice.unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_vanish() {
        assert_eq!(bar(1, 1, 24).chars().count(), 24);
        assert_eq!(bar(1, 2, 24).chars().count(), 12);
        assert_eq!(
            (bar(1, 1_000_000, 24), bar(0, 5, 24)),
            ("▏".to_string(), String::new())
        );
    }

    #[test]
    fn long_lines_go_on_below_their_last_column() {
        let line = "  package       example.com/a/very/long/path and some more words";
        assert_eq!(
            fold(line, 40),
            "  package       example.com/a/very/long/\n                path and some more words"
        );
        assert_eq!(fold("short", 40), "short");
        assert_eq!(
            fold("one two three four five six seven", 20),
            "one two three four\n  five six seven"
        );
        // Colours take no place.
        assert_eq!(
            fold("\x1b[31mred\x1b[0m and seventeen ", 20),
            "\x1b[31mred\x1b[0m and seventeen "
        );
        for width in 20..60 {
            for text in [
                line,
                "\u{2588}\u{2588}  x/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy, z",
            ] {
                let folded = fold(text, width);
                assert!(folded.lines().all(|l| visible(l) <= width), "{width}: {folded}");
                let kept = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                assert_eq!(kept(&folded), kept(text));
            }
        }
    }

    #[test]
    fn a_narrow_table_gives_up_bars_and_spare_figures_first() {
        let line = |name: &str| Line {
            figures: vec!["1,234,567".into(), "12.3 %".into(), "9,999,999".into()],
            bar: Some((1, 2)),
            name: name.into(),
            ..Line::default()
        };
        let table = |width| Columns {
            spare: vec![2],
            width,
            lines: vec![line("std"), line("example.com/some/where")],
            ..Columns::default()
        };
        let written = |width| {
            let mut out = Vec::new();
            table(width).write(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(written(None).contains("1,234,567  12.3 %  9,999,999  ████████████              std\n"));
        assert!(
            written(Some(60)).lines().all(|l| l.chars().count() <= 60),
            "{}",
            written(Some(60))
        );
        let narrow = written(Some(30));
        assert_eq!(
            narrow,
            "  1,234,567  12.3 %  std\n  1,234,567  12.3 %\n    example.com/some/where\n"
        );
    }
}
