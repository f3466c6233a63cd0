//! Lines of tab-terminated cells → columns padded with tabs, as Go's text/tabwriter aligns them (Go 1.27;
//! with the settings of cmd/internal/disasm: least width 18, tab width 8, one cell of padding, tabs as
//! padding).
//!
//! A column is as wide as its widest cell among the neighbouring lines that have it; a line without the
//! column ends the block. Cells are counted in code points.
//!
//! What is too long to be kept is made twice: [`Tabs::measure`] notes the widths of the blocks, then
//! [`Tabs::stream`] hands out line by line what has these widths.

use std::collections::VecDeque;

/// Least width of a column, padding included.
const MIN_WIDTH: usize = 18;
const TAB: usize = 8;
const TABS: &[u8; 16] = &[b'\t'; 16];

/// What becomes of a line when it ends.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Mode {
    #[default]
    Gather,
    Measure,
    Stream,
}

/// A column of the lines before: the widest cell of the block that is open, and the widths of blocks, in the
/// order of their beginning.
#[derive(Debug, Default)]
struct Blocks {
    open: Option<usize>,
    done: VecDeque<usize>,
}

/// The lines gathered so far.
#[derive(Debug, Default)]
pub struct Tabs {
    mode: Mode,
    blocks: Vec<Blocks>,
    padding: usize,
    text: Vec<u8>,
    /// Where each cell ends in `text`, and its width in code points.
    cells: Vec<(usize, usize)>,
    /// Where each line's cells end in `cells`; and whether the line has no cells but is printed as it stands.
    lines: Vec<(usize, bool)>,
    widths: Vec<usize>,
}

impl Tabs {
    /// The buffer to which the next cell's text is appended before [`Tabs::cell`] ends it.
    pub fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Ends a cell.
    pub fn cell(&mut self) {
        let start = self.cells.last().map_or(0, |c| c.0);
        let bytes = self.text.get(start..).unwrap_or(&[]);
        self.cells.push((self.text.len(), width(bytes)));
    }

    /// Ends a cell whose width in code points is known.
    pub fn cell_of(&mut self, width: usize) {
        self.cells.push((self.text.len(), width));
    }

    /// Ends a cell that has only ASCII in it.
    pub fn cell_ascii(&mut self) {
        let start = self.cells.last().map_or(0, |c| c.0);
        self.cell_of(self.text.len() - start);
    }

    /// Ends a line of cells.
    pub fn line(&mut self) {
        self.lines.push((self.cells.len(), false));
        self.ended(self.cells.len());
    }

    /// Ends a line that is printed as it stands: all text since the last cell.
    pub fn whole_line(&mut self) {
        self.cells.push((self.text.len(), 0));
        self.lines.push((self.cells.len(), true));
        self.ended(0);
    }

    /// From here on lines are measured and forgotten.
    pub fn measure(&mut self) {
        self.mode = Mode::Measure;
        self.blocks.clear();
    }

    /// From here on the lines that were measured come again; [`Tabs::hand_out`] takes each.
    pub fn stream(&mut self) {
        for blocks in &mut self.blocks {
            blocks.close();
        }
        (self.mode, self.padding) = (Mode::Stream, 1 << 20);
    }

    /// The last line has come.
    pub fn streamed(&mut self) {
        self.mode = Mode::Gather;
        self.blocks.clear();
    }

    /// A line of so many cells ended.
    fn ended(&mut self, count: usize) {
        if self.mode == Mode::Gather {
            return;
        }
        self.blocks
            .resize_with(self.blocks.len().max(count), Blocks::default);
        for (column, blocks) in self.blocks.iter_mut().enumerate() {
            match (self.cells.get(column).filter(|_| column < count), self.mode) {
                (Some(cell), Mode::Measure) => {
                    blocks.open = Some(blocks.open.unwrap_or(MIN_WIDTH).max(cell.1 + 1))
                }
                (None, Mode::Measure) => blocks.close(),
                (Some(_), _) if blocks.open.is_none() => blocks.open = blocks.done.pop_front(),
                (Some(_), _) => {}
                (None, _) => blocks.open = None,
            }
        }
        if self.mode == Mode::Measure {
            self.clear();
        }
    }

    /// Writes the line that ended, while lines are streamed.
    pub fn hand_out(&mut self, out: &mut Vec<u8>, colors: &[&str]) {
        if self.mode != Mode::Stream {
            return;
        }
        self.padding = self.padding.saturating_add(self.text.len().saturating_mul(4));
        let widths: Vec<usize> = self.blocks.iter().map(|b| b.open.unwrap_or(0)).collect();
        let whole = self.lines.last().is_some_and(|l| l.1);
        write_line(
            &self.text,
            0,
            &self.cells,
            &widths,
            whole,
            colors,
            &mut self.padding,
            out,
        );
        self.clear();
    }

    fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        self.lines.clear();
    }

    /// Writes the lines to `out` and forgets them.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        self.flush_colored(out, &[]);
    }

    /// Like [`Tabs::flush`], for a terminal: each column in its colour (an escape sequence, "" for none), and
    /// all text made safe by escaping what could control the terminal. Without colours the text is left as it
    /// is.
    pub fn flush_colored(&mut self, out: &mut Vec<u8>, colors: &[&str]) {
        let uniform = self.uniform_widths();
        let columns = if uniform { 0 } else { self.column_widths() };
        out.reserve(self.text.len() + self.cells.len() * 2 + self.lines.len());
        // One cell of a crafted file would have thousands of lines padded to its hundreds of kilobytes.
        let mut padding = self.text.len().saturating_mul(4).saturating_add(1 << 20);
        let (mut from, mut cell) = (0, 0);
        for (i, &(end, whole)) in self.lines.iter().enumerate() {
            let widths = self.widths.get(i * columns..).unwrap_or(&[]);
            let cells = self.cells.get(cell..end).unwrap_or(&[]);
            write_line(&self.text, from, cells, widths, whole, colors, &mut padding, out);
            from = cells.last().map_or(from, |c| c.0);
            cell = end;
        }
        self.clear();
    }

    /// Where all lines have the same number of cells, all of them are one block: fills `widths` with its one
    /// row of widths and says so.
    fn uniform_widths(&mut self) -> bool {
        let Some(&(columns, _)) = self.lines.first() else {
            return false;
        };
        let same = |(i, &(end, whole)): (usize, &(usize, bool))| !whole && end == (i + 1) * columns;
        if columns == 0 || !self.lines.iter().enumerate().all(same) {
            return false;
        }
        self.widths.clear();
        self.widths.resize(columns, MIN_WIDTH);
        for line in self.cells.chunks_exact(columns) {
            for (widest, cell) in self.widths.iter_mut().zip(line) {
                *widest = (*widest).max(cell.1 + 1);
            }
        }
        for width in &mut self.widths {
            *width = width.div_ceil(TAB) * TAB;
        }
        true
    }

    /// Fills `widths` with each line's column widths, row by row, and says how many columns a row has.
    fn column_widths(&mut self) -> usize {
        let count = |i: usize| {
            let start = if i == 0 { 0 } else { self.lines[i - 1].0 };
            let (end, whole) = self.lines[i];
            if whole { 0 } else { end - start }
        };
        let columns = (0..self.lines.len()).map(count).max().unwrap_or(0);
        self.widths.clear();
        self.widths.resize(columns * self.lines.len(), 0);
        for column in 0..columns {
            let mut i = 0;
            while i < self.lines.len() {
                if count(i) <= column {
                    i += 1;
                    continue;
                }
                let start = i;
                let mut widest = MIN_WIDTH;
                while i < self.lines.len() && count(i) > column {
                    let first = if i == 0 { 0 } else { self.lines[i - 1].0 };
                    widest = widest.max(self.cells[first + column].1 + 1);
                    i += 1;
                }
                let widest = widest.div_ceil(TAB) * TAB;
                for line in start..i {
                    self.widths[line * columns + column] = widest;
                }
            }
        }
        columns
    }
}

impl Blocks {
    fn close(&mut self) {
        self.done.extend(self.open.take().map(|w| w.div_ceil(TAB) * TAB));
    }
}

/// Writes the cells of one line, whose text begins at `from`.
#[allow(clippy::too_many_arguments)]
fn write_line(
    text: &[u8],
    mut from: usize,
    cells: &[(usize, usize)],
    widths: &[usize],
    whole: bool,
    colors: &[&str],
    padding: &mut usize,
    out: &mut Vec<u8>,
) {
    for (column, &(to, width)) in cells.iter().enumerate() {
        let text = text.get(from..to).unwrap_or(&[]);
        from = to;
        if colors.is_empty() {
            out.extend_from_slice(text);
        } else {
            colored(text, whole, colors.get(column).copied().unwrap_or(""), out);
        }
        if !whole {
            let wide = widths.get(column).copied().unwrap_or(0);
            let tabs = wide.saturating_sub(width).div_ceil(TAB);
            match TABS.get(..tabs) {
                Some(some) => out.extend_from_slice(some),
                None => {
                    let tabs = tabs.min((*padding).max(1));
                    *padding = padding.saturating_sub(tabs);
                    out.extend(std::iter::repeat_n(b'\t', tabs));
                }
            }
        }
    }
    out.push(b'\n');
}

fn colored(text: &[u8], whole: bool, color: &str, out: &mut Vec<u8>) {
    // A source line has tabs of its own; nothing else needs any.
    let safe = if whole {
        let parts: Vec<String> = text.split(|b| *b == b'\t').map(super::text::escape).collect();
        parts.join("\t")
    } else {
        super::text::escape(text)
    };
    let color = if whole { "\x1b[32m" } else { color };
    out.extend_from_slice(color.as_bytes());
    out.extend_from_slice(safe.as_bytes());
    if !color.is_empty() {
        out.extend_from_slice(b"\x1b[0m");
    }
}

/// Code points, every byte of broken UTF-8 counting as one, as Go counts them.
pub(super) fn width(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes
        .utf8_chunks()
        .map(|c| c.valid().chars().count() + c.invalid().len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(t: &mut Tabs, lines: &[&[&str]], out: &mut Vec<u8>) {
        for line in lines {
            if let [whole] = line {
                t.text().extend_from_slice(whole.as_bytes());
                t.whole_line();
            } else {
                for cell in *line {
                    t.text().extend_from_slice(cell.as_bytes());
                    t.cell();
                }
                t.line();
            }
            t.hand_out(out, &[]);
        }
    }

    /// What is gathered and what is streamed are the same.
    fn formatted(all: &[&[&str]]) -> String {
        let (mut t, mut out, mut streamed) = (Tabs::default(), Vec::new(), Vec::new());
        lines(&mut t, all, &mut out);
        t.flush(&mut out);
        t.measure();
        lines(&mut t, all, &mut streamed);
        assert!(streamed.is_empty());
        t.stream();
        lines(&mut t, all, &mut streamed);
        t.streamed();
        assert_eq!(String::from_utf8_lossy(&streamed), String::from_utf8_lossy(&out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_have_the_least_width_and_grow_by_tabs() {
        // 18 wide becomes 24: 23 characters still fit with one of padding, 24 do not.
        assert_eq!(formatted(&[&["a", "b"]]), "a\t\t\tb\t\t\t\n");
        assert_eq!(formatted(&[&["12345678", "b"]]), "12345678\t\tb\t\t\t\n");
        let (fits, wide) = ("x".repeat(23), "x".repeat(24));
        assert_eq!(
            formatted(&[&[&fits, "b"], &["a", "b"]]),
            format!("{fits}\tb\t\t\t\na\t\t\tb\t\t\t\n")
        );
        assert_eq!(
            formatted(&[&[&wide, "b"], &["a", "b"]]),
            format!("{wide}\tb\t\t\t\na\t\t\t\tb\t\t\t\n")
        );
    }

    #[test]
    fn a_line_without_the_column_ends_its_block() {
        let wide = "x".repeat(30);
        let got = formatted(&[
            &["a", "b"],
            &["source line"],
            &["a", &wide],
            &["a", "b", "c"],
            &["a", "b"],
        ]);
        let want = format!(
            "a\t\t\tb\t\t\t\nsource line\na\t\t\t{wide}\t\na\t\t\tb\t\t\t\tc\t\t\t\na\t\t\tb\t\t\t\t\n"
        );
        assert_eq!(got, want);
    }

    #[test]
    fn width_is_in_code_points() {
        assert_eq!(width("é·x".as_bytes()), 3);
        assert_eq!(width(b"\xff\xc3"), 2);
        assert_eq!(
            formatted(&[&["é".repeat(23).as_str(), "b"]]),
            format!("{}\tb\t\t\t\n", "é".repeat(23))
        );
    }
}
