//! What every sub-command shares: the output's place and colour, messages, inputs one after the other, exit
//! status.

mod contents;
mod inputs;
mod sink;
mod subjects;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::report::text::escape;

use super::{FINE, TROUBLE};
pub(super) use contents::in_container;
pub use inputs::{Seen, Trouble, each, each_parallel, open, open_or_complain};
pub use sink::Sink;

/// Where the output goes and how loud it is; flattened into every sub-command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Output {
    /// Write to FILE, which appears whole or not at all.
    #[arg(short, long, value_name = "FILE", global = false)]
    pub output: Option<PathBuf>,
    /// When to use colour: `auto` is on a terminal, unless NO_COLOR is set; `always` is whatever NO_COLOR
    /// says.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say only what matters.
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more: evidence, places.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also into a pipe, and whatever NO_COLOR says.
    Always,
    /// Not at all.
    Never,
}

/// An output format. Each sub-command names those it has with [`formats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Format {
    Text,
    Json,
    Markdown,
    Csv,
    Html,
    Svg,
    Sarif,
    Junit,
    Github,
    Jsonl,
    Parquet,
    OpenVex,
    CycloneDx,
    Dot,
}

/// A clap parser that takes exactly the words given: `text`, `json`, `markdown`, `csv`, `html`, `svg`,
/// `sarif`, `junit`, `github`.
pub fn formats<const N: usize>(
    words: [&'static str; N],
) -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(words).map(|w| match w.as_str() {
        "json" => Format::Json,
        "markdown" => Format::Markdown,
        "csv" => Format::Csv,
        "html" => Format::Html,
        "svg" => Format::Svg,
        "sarif" => Format::Sarif,
        "junit" => Format::Junit,
        "github" => Format::Github,
        "jsonl" => Format::Jsonl,
        "parquet" => Format::Parquet,
        "openvex" => Format::OpenVex,
        "cyclonedx" => Format::CycloneDx,
        "dot" => Format::Dot,
        _ => Format::Text,
    })
}

impl Format {
    /// The columns that a page for people is folded to; what programs read stays as it is.
    pub fn fitting(self, output: &Output) -> Option<usize> {
        output.width().filter(|_| self == Format::Text)
    }
}

impl Output {
    /// Columns of the terminal that is written to: what COLUMNS says, or the terminal itself. None for a
    /// file, and for a pipe where COLUMNS is not set: nothing is folded there.
    pub fn width(&self) -> Option<usize> {
        if self.output.is_some() {
            return None;
        }
        let said = std::env::var("COLUMNS").ok().and_then(|c| c.trim().parse().ok());
        let own = || terminal_size::terminal_size_of(io::stdout()).map(|(w, _)| usize::from(w.0));
        said.or_else(own).filter(|w| *w >= 20)
    }

    /// Opens the place the output goes to, for commands that write in several steps; [`to_output`] does the
    /// rest for the others.
    ///
    /// # Errors
    /// What the system says of the file or its folder.
    pub fn open(&self) -> io::Result<Sink> {
        Sink::open(self.output.as_deref())
    }

    /// As [`Output::open`]; what is wrong is told, and the exit status given.
    ///
    /// # Errors
    /// The exit status.
    pub fn open_or_complain(&self) -> Result<Sink, u8> {
        self.open().map_err(|e| {
            complain(self.output.as_deref().unwrap_or(Path::new("-")), &io_words(&e));
            TROUBLE
        })
    }

    /// Should the output have colours?
    pub fn colored(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.output.is_none()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && std::env::var_os("TERM").is_none_or(|v| v != "dumb")
                    && io::stdout().is_terminal()
            }
        }
    }
}

/// Opens the output, hands it to `work` and puts it in its place: the exit status. Where `work` fails nothing
/// is written; with [`Trouble::File`] it says what is wrong with no file of its own.
pub fn to_output(output: &Output, work: impl FnOnce(&mut Sink) -> Result<u8, Trouble>) -> u8 {
    let mut sink = match output.open_or_complain() {
        Ok(sink) => sink,
        Err(status) => return status,
    };
    match work(&mut sink) {
        // A write that failed was told already.
        Ok(status) if sink.failed => status,
        Ok(status) => status.max(write_status(sink.finish())),
        failed => inputs::status_of(failed),
    }
}

/// `gospect: FILE: what is wrong` on standard error.
pub fn complain(path: &Path, what: &dyn std::fmt::Display) {
    let name = if path.as_os_str() == "-" {
        "standard input".into()
    } else {
        escape(path.as_os_str().as_encoded_bytes())
    };
    note(&format!("gospect: {name}: {what}"));
}

/// Says what the readers of an image's tables had to leave out.
pub fn warn(path: &Path, image: &crate::image::Image<'_>, output: &Output) {
    if !output.quiet {
        for w in image.budget().warnings() {
            complain(path, &format!("warning: {w}"));
        }
    }
}

/// A line on standard error; a standard error that can't be written to is not worth failing for.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// What the system says of a file, without Rust's "(os error 2)".
pub fn io_words(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Exit status for a write that failed: a broken pipe is fine, anything else is said.
pub fn write_status(result: io::Result<()>) -> u8 {
    match result {
        Ok(()) => FINE,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => FINE,
        Err(e) => {
            note(&format!(
                "gospect: the output could not be written: {}",
                io_words(&e)
            ));
            TROUBLE
        }
    }
}

/// A bar on standard error for a run over several files, on a terminal and after half a second only.
#[derive(Debug)]
pub struct Progress {
    bar: indicatif::ProgressBar,
    start: std::time::Instant,
    shown: std::sync::atomic::AtomicBool,
}

impl Progress {
    /// For `total` files; a single one is never worth a bar.
    pub fn new(total: usize) -> Progress {
        let bar = indicatif::ProgressBar::hidden();
        bar.set_length(total as u64);
        let shown = std::sync::atomic::AtomicBool::new(total < 2 || !io::stderr().is_terminal());
        Progress {
            bar,
            start: std::time::Instant::now(),
            shown,
        }
    }

    /// Another file is begun, on any thread.
    pub fn step(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        if self.start.elapsed().as_millis() >= 500 && !self.shown.swap(true, Relaxed) {
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
