//! A listing → the text of `go tool objdump`, byte for byte.
//!
//! Functions are formatted on all cores, in windows of limited size, and written in their order: while one
//! window is written the next one is formatted.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::tabs::Tabs;
use super::text::escape;
use crate::analysis::listing::{Function, Listing};
use crate::analysis::resolve::Resolver;
use crate::disasm::Style;
use crate::go::gosym::Position;
use crate::go::pclntab::{Function as Record, Table};
use crate::image::Endian;
use crate::input::sources::Sources;

/// What to show.
#[derive(Default)]
pub struct Options<'o> {
    /// How to print instructions.
    pub style: Style,
    /// With GNU syntax behind Go's.
    pub gnu: bool,
    /// With source lines before the instructions.
    pub sources: Option<&'o Sources>,
    /// With a line wherever the chain of inlined calls changes.
    pub inline: Option<&'o Table<'o>>,
    /// With comments on what operands are.
    pub resolve: Option<&'o Resolver<'o, 'o>>,
    /// For a terminal: with colours, and names made safe.
    pub color: bool,
}

/// Bytes shown of a WebAssembly instruction.
const SHOWN_BYTES: usize = 12;
/// What the last column of a WebAssembly listing counts as, whatever is in it.
const LAST_WIDTH: usize = 17;
/// Bytes of code in the first window: little, so that output begins at once.
const FIRST_WINDOW: u64 = 32 << 10;
/// Bytes of code in a window at most; its text is some ten times as long.
const WINDOW: u64 = 1 << 17;

/// Writes the functions.
///
/// # Errors
/// What the writer says.
pub fn write<'a>(
    listing: &Listing<'a>,
    functions: impl Iterator<Item = Function<'a>>,
    options: &Options<'_>,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    in_windows(functions, out, |function, first, tabs, text| {
        if !first {
            text.buffer.push(b'\n');
        }
        format(listing, function, options, tabs, text);
    })
}

/// Where the text of functions goes.
pub struct Text<'w> {
    /// The next bytes.
    pub buffer: Vec<u8>,
    // Where a function that is too long to be kept goes on to, and what became of it.
    on: Option<&'w mut (dyn Write + Send)>,
    written: io::Result<()>,
}

impl Text<'_> {
    /// May be called wherever text may be written and forgotten.
    pub fn ease(&mut self) {
        if let Some(out) = &mut self.on
            && self.buffer.len() >= 1 << 16
        {
            // What can't be written is lost, and told at the end.
            if self.written.is_ok() {
                self.written = out.write_all(&self.buffer);
            }
            self.buffer.clear();
        }
    }
}

/// Formats functions in parallel and writes them in order. `format` is told whether a function is the first
/// of all, and given columns to work with that are empty. A function too long for a window is written while
/// it is formatted.
///
/// # Errors
/// What the writer says.
pub fn in_windows<'a>(
    mut functions: impl Iterator<Item = Function<'a>>,
    out: &mut (dyn Write + Send),
    format: impl Fn(&Function<'a>, bool, &mut Tabs, &mut Text<'_>) + Sync,
) -> io::Result<()> {
    let parts = rayon::current_num_threads() as u64 * 8;
    let mut size = FIRST_WINDOW;
    let mut ready: Vec<Vec<u8>> = Vec::new();
    // Buffers that were written, to be filled again.
    let spare: Mutex<Vec<Vec<u8>>> = Mutex::default();
    let mut first = true;
    let mut huge = None;
    loop {
        let mut window = Vec::new();
        let mut left = size;
        while left > 0 && huge.is_none() {
            let (mut chunk, mut bytes) = (Vec::new(), 0);
            while bytes < size.div_ceil(parts)
                && let Some(f) = functions.next()
            {
                let code = f.end.saturating_sub(f.start);
                let next = (f, std::mem::take(&mut first));
                if code > WINDOW {
                    huge = Some(next);
                    break;
                }
                bytes += code.max(64);
                chunk.push(next);
            }
            if chunk.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes);
            window.push(chunk);
        }
        size = (size * 4).min(WINDOW);
        let last = std::mem::take(&mut ready);
        let (written, next) = rayon::join(
            || {
                for mut text in last {
                    out.write_all(&text)?;
                    text.clear();
                    lock(&spare).push(text);
                }
                Ok::<(), io::Error>(())
            },
            || -> Vec<Vec<u8>> {
                let texts = window.par_iter().map_init(Tabs::default, |tabs, chunk| {
                    let mut text = Text {
                        buffer: lock(&spare).pop().unwrap_or_default(),
                        on: None,
                        written: Ok(()),
                    };
                    for (function, first) in chunk {
                        format(function, *first, tabs, &mut text);
                    }
                    text.buffer
                });
                texts.collect()
            },
        );
        written?;
        ready = next;
        if let Some((function, first)) = huge.take() {
            for text in std::mem::take(&mut ready) {
                out.write_all(&text)?;
            }
            let mut text = Text {
                buffer: Vec::new(),
                on: Some(&mut *out),
                written: Ok(()),
            };
            format(&function, first, &mut Tabs::default(), &mut text);
            let Text { buffer, written, .. } = text;
            written?;
            out.write_all(&buffer)?;
        } else if ready.is_empty() {
            return Ok(());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn format(
    listing: &Listing<'_>,
    function: &Function<'_>,
    options: &Options<'_>,
    tabs: &mut Tabs,
    out: &mut Text<'_>,
) {
    header(function, options, &mut out.buffer);
    let colors = match (options.color, options.sources.is_some()) {
        (false, _) => &[],
        (true, true) => &COLORS[1..],
        (true, false) => &COLORS[..],
    };
    let long = out.on.is_some();
    if long {
        tabs.measure();
        lines(listing, function, options, tabs, |_| {});
        tabs.stream();
    }
    lines(listing, function, options, tabs, |tabs| {
        tabs.hand_out(&mut out.buffer, colors);
        out.ease();
    });
    if long {
        tabs.streamed();
    } else if options.color {
        tabs.flush_colored(&mut out.buffer, colors);
    } else {
        tabs.flush(&mut out.buffer);
    }
}

/// The lines of a function; `ended` is called after each.
fn lines(
    listing: &Listing<'_>,
    function: &Function<'_>,
    options: &Options<'_>,
    tabs: &mut Tabs,
    mut ended: impl FnMut(&mut Tabs),
) {
    let wasm = listing.goarch == "wasm";
    let words = listing.shows_words().then_some(listing.endian);
    let mut base = Base::default();
    let mut shown: (Vec<u8>, i64) = (Vec::new(), 0);
    let mut inlined = options
        .inline
        .and_then(|t| t.find_function(function.start))
        .map(Inlined::new);
    let trace = options.resolve.map(|r| r.trace(function));
    listing.decode(function, options.style, |i| {
        if let Some(line) = inlined.as_mut().and_then(|x| x.change(i.pc)) {
            tabs.text().extend_from_slice(&line);
            tabs.whole_line();
            ended(tabs);
        }
        if let Some(sources) = options.sources {
            if (i.position.file, i.position.line) != (&shown.0, shown.1) {
                if let Some(line) = sources.line(i.position.file, i.position.line) {
                    tabs.text().extend_from_slice(&line);
                    tabs.whole_line();
                    ended(tabs);
                }
                shown = (i.position.file.to_vec(), i.position.line);
            }
            tabs.text().extend_from_slice(b"  ");
        } else {
            let width = base.write(i.position, tabs.text());
            tabs.cell_of(width);
        }
        hex(i.pc, tabs.text());
        tabs.cell_ascii();
        let long = wasm && i.bytes.len() > SHOWN_BYTES;
        raw(
            i.bytes.get(..SHOWN_BYTES).filter(|_| long).unwrap_or(i.bytes),
            words,
            tabs.text(),
        );
        tabs.text()
            .extend_from_slice(if long { "…".as_bytes() } else { b"" });
        tabs.cell();
        tabs.text().extend_from_slice(i.text);
        if options.gnu && i.known {
            comment(i.text, tabs.text());
            listing.gnu(&i, options.style, tabs.text());
        }
        if let Some(note) = options
            .resolve
            .zip(trace.as_ref())
            .and_then(|(r, t)| r.note(t, &i))
        {
            comment(i.text, tabs.text());
            tabs.text().extend_from_slice(&note);
        }
        if wasm {
            // A table of jumps may be thousands of characters long; it is no measure for the other lines.
            tabs.cell_of(LAST_WIDTH);
        } else {
            tabs.cell();
        }
        if !i.relocations.is_empty() {
            tabs.text().extend_from_slice(i.relocations.join(" ").as_bytes());
            tabs.cell();
        }
        tabs.line();
        ended(tabs);
    });
}

/// Location, address, bytes, instruction: what a reader looks at stands out by the rest being quieter.
const COLORS: [&str; 4] = ["\x1b[36m", "\x1b[33m", "\x1b[2m", ""];

fn header(function: &Function<'_>, options: &Options<'_>, out: &mut Vec<u8>) {
    // Only a WebAssembly module has functions without a name.
    let index = function.number.filter(|_| function.name.is_empty());
    let numbered = index.map(|n| format!("func[{n}]"));
    let name = numbered.as_ref().map_or(function.name, |n| n.as_bytes());
    if options.color {
        let (name, file) = (escape(name), escape(function.file));
        out.extend_from_slice(format!("\x1b[1mTEXT {name}(SB)\x1b[0m {file}\n").as_bytes());
        return;
    }
    out.extend_from_slice(b"TEXT ");
    out.extend_from_slice(name);
    out.extend_from_slice(b"(SB) ");
    out.extend_from_slice(function.file);
    out.push(b'\n');
}

/// Follows the inlined calls through a function.
struct Inlined<'t, 'a> {
    function: Record<'t, 'a>,
    has_tree: bool,
    shown: Vec<u8>,
}

impl<'t, 'a> Inlined<'t, 'a> {
    fn new(function: Record<'t, 'a>) -> Self {
        Inlined {
            has_tree: function.inline_tree_addr().is_some(),
            function,
            shown: Vec::new(),
        }
    }

    /// The line to print before the instruction at `pc`, if it belongs to another chain of calls than the one
    /// before.
    fn change(&mut self, pc: u64) -> Option<Vec<u8>> {
        if !self.has_tree {
            return None;
        }
        let frames = self.function.frames(pc);
        let mut line = b"  ; ".to_vec();
        for (i, frame) in frames.iter().enumerate() {
            if i > 0 {
                let at = format!(":{}, in ", frame.position.line);
                line.extend_from_slice(b" inlined at ");
                line.extend_from_slice(file_name(frame.position.file));
                line.extend_from_slice(at.as_bytes());
            }
            line.extend_from_slice(frame.name);
        }
        let first = self.shown.is_empty() && frames.len() < 2;
        if first || line == self.shown {
            return None;
        }
        self.shown.clone_from(&line);
        Some(line)
    }
}

/// Room up to the column of comments, and the mark of one.
fn comment(text: &[u8], out: &mut Vec<u8>) {
    let width = super::tabs::width(text);
    out.extend(std::iter::repeat_n(b' ', 36usize.saturating_sub(width)));
    out.extend_from_slice(b" // ");
}

/// `  name:line`, remembering the last one: most instructions share it with their neighbour.
#[derive(Default)]
struct Base {
    file: Vec<u8>,
    line: i64,
    text: Vec<u8>,
    width: usize,
}

impl Base {
    /// Gives the width of what it wrote.
    fn write(&mut self, p: Position<'_>, out: &mut Vec<u8>) -> usize {
        if self.text.is_empty() || p.line != self.line || p.file != self.file {
            self.file.clear();
            self.file.extend_from_slice(p.file);
            self.line = p.line;
            self.text.clear();
            self.text.extend_from_slice(b"  ");
            self.text.extend_from_slice(file_name(p.file));
            self.text.push(b':');
            self.text.extend_from_slice(p.line.to_string().as_bytes());
            self.width = super::tabs::width(&self.text);
        }
        out.extend_from_slice(&self.text);
        self.width
    }
}

/// The last element of a Unix or Windows path.
fn file_name(path: &[u8]) -> &[u8] {
    let after = |path, c| memchr::memrchr(c, path).map_or(path, |i| path.get(i + 1..).unwrap_or(&[]));
    after(after(path, b'/'), b'\\')
}

/// An instruction's bytes: as 32-bit words in the file's byte order where there are only whole ones and the
/// architecture has words, else as they stand.
fn raw(bytes: &[u8], words: Option<Endian>, out: &mut Vec<u8>) {
    match words {
        Some(endian) if bytes.len().is_multiple_of(4) => {
            for (i, word) in bytes.chunks_exact(4).enumerate() {
                if i > 0 {
                    out.push(b' ');
                }
                let digits = |out: &mut Vec<u8>, b: &u8| byte(*b, out);
                match endian {
                    Endian::Little => word.iter().rev().for_each(|b| digits(out, b)),
                    Endian::Big => word.iter().for_each(|b| digits(out, b)),
                }
            }
        }
        _ => bytes.iter().for_each(|b| byte(*b, out)),
    }
}

fn byte(b: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(DIGITS[usize::from(b >> 4)]);
    out.push(DIGITS[usize::from(b & 15)]);
}

/// `0x…`
pub fn hex(v: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0x");
    let digits = (16 - v.leading_zeros() / 4).max(1);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(v >> (4 * i)) as usize & 15]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_byte_order_of_the_file() {
        let shown = |bytes: &[u8], words| {
            let mut out = Vec::new();
            raw(bytes, words, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(&[1, 2, 3, 0xab], Some(Endian::Little)), "ab030201");
        assert_eq!(
            shown(&[1, 2, 3, 4, 5, 6, 7, 8], Some(Endian::Big)),
            "01020304 05060708"
        );
        assert_eq!(shown(&[1, 2], Some(Endian::Little)), "0102");
        assert_eq!(shown(&[1, 2, 3, 4], None), "01020304");
    }

    #[test]
    fn both_kinds_of_slashes_end_a_folder() {
        assert_eq!(file_name(b"/a/b.go"), b"b.go");
        assert_eq!(file_name(b"C:\\x\\b.go"), b"b.go");
        assert_eq!(file_name(b"a\\b/c\\d.go"), b"d.go");
        assert_eq!(file_name(b""), b"");
    }
}
