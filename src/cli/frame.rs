//! What every sub-command shares: the output's place and colour, messages, inputs one after the other, exit status.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::image::sniff;
use crate::input::{self, Bytes};
use crate::report::text::escape;

use super::{FINE, TROUBLE};

/// Where the output goes and how loud it is; flattened into every sub-command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Output {
    /// Write to FILE, which appears whole or not at all.
    #[arg(short, long, value_name = "FILE", global = false)]
    pub output: Option<PathBuf>,
    /// When to use colour; never where NO_COLOR is set.
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
    /// On a terminal.
    #[default]
    Auto,
    /// Also into a pipe.
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
    OpenVex,
    CycloneDx,
}

/// A clap parser that takes exactly the words given: `text`, `json`, `markdown`, `csv`, `html`, `svg`, `sarif`, `junit`, `github`.
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
        "openvex" => Format::OpenVex,
        "cyclonedx" => Format::CycloneDx,
        _ => Format::Text,
    })
}

impl Output {
    /// Opens the place the output goes to, before the work starts, so that a bad path fails early.
    ///
    /// # Errors
    /// What the system says of the file or its folder.
    pub fn open(&self) -> io::Result<Sink> {
        Sink::open(self.output.as_deref())
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

/// Standard output, or a file that is written beside its place and renamed when it is whole.
#[derive(Debug)]
pub struct Sink {
    to: To,
    // Has a write failed?
    failed: bool,
}

#[derive(Debug)]
enum To {
    Stdout(BufWriter<io::Stdout>),
    // A device or FIFO, which nothing may take the place of.
    Device(BufWriter<File>),
    File {
        out: BufWriter<File>,
        part: PathBuf,
        path: PathBuf,
    },
}

impl Sink {
    fn open(path: Option<&Path>) -> io::Result<Sink> {
        let to = match path {
            None => To::Stdout(BufWriter::with_capacity(1 << 16, io::stdout())),
            Some(path) if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) => {
                To::Device(BufWriter::new(File::options().write(true).open(path)?))
            }
            Some(path) => {
                // Of a symbolic link, what it leads to is replaced.
                let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
                let mut name = path.file_name().unwrap_or_default().to_os_string();
                name.push(format!(".{}.part", std::process::id()));
                let part = path.with_file_name(name);
                To::File {
                    out: BufWriter::new(File::create(&part)?),
                    part,
                    path: path.to_path_buf(),
                }
            }
        };
        Ok(Sink { to, failed: false })
    }

    /// Flushes, and puts a file in its place.
    ///
    /// # Errors
    /// What the system says; the file is then as it was before.
    pub fn finish(mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stdout(out) => out.flush(),
            To::Device(out) => out.flush(),
            To::File { out, part, path } => {
                out.flush()?;
                out.get_ref().sync_all()?;
                std::fs::rename(&*part, &*path)
            }
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let To::File { part, .. } = &self.to {
            // After finish() it is gone; otherwise half a file is worth nothing.
            let _ = std::fs::remove_file(part);
        }
    }
}

impl Write for Sink {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> {
        let done = match &mut self.to {
            To::Stdout(out) => out.write(b),
            To::Device(out) => out.write(b),
            To::File { out, .. } => out.write(b),
        };
        self.failed |= done
            .as_ref()
            .is_err_and(|e| e.kind() != io::ErrorKind::Interrupted);
        done
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stdout(out) => out.flush(),
            To::Device(out) => out.flush(),
            To::File { out, .. } => out.flush(),
        }
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

/// Opens each path (`-` is standard input; of a folder every file below it that is a binary) in turn and hands its bytes to
/// `work`. One bad file never hides the others. The greatest of the statuses that `work` gave, and 2 for a path that could not
/// be read. Stops at the first write that fails.
pub fn each(
    paths: &[PathBuf],
    sink: &mut Sink,
    mut work: impl FnMut(&Path, &Bytes, &mut Sink) -> Result<u8, Trouble>,
) -> u8 {
    let mut status = FINE;
    let all = expand(paths);
    let progress = Progress::new(all.len());
    for (path, found) in all {
        progress.step();
        let outcome = input::open_or_stdin(&path).map_err(|e| Trouble::File(io_words(&e)));
        let outcome = match outcome {
            // What is no binary is passed over in silence below a folder.
            Ok(b) if found && sniff(&b).is_none() => continue,
            Ok(b) => work(&path, &b, sink).and_then(|s| unchanged(&b, s)),
            Err(e) => Err(e),
        };
        match outcome {
            Ok(s) => status = status.max(s),
            Err(Trouble::File(what)) => {
                complain(&path, &what);
                status = TROUBLE;
            }
            Err(Trouble::Output(e)) => return status.max(write_status(Err(e))),
        }
    }
    status
}

/// What was said of a file that is written to meanwhile is worth nothing.
fn unchanged(bytes: &Bytes, status: u8) -> Result<u8, Trouble> {
    if bytes.changed() {
        return Err(Trouble::File("was changed while it was read".into()));
    }
    Ok(status)
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

/// Folders replaced by the files below them, in order; true for a path that was found and not named.
pub fn expand(paths: &[PathBuf]) -> Vec<(PathBuf, bool)> {
    let mut out = Vec::new();
    for path in paths {
        if path.as_os_str() != "-" && path.is_dir() {
            let entries = input::walk(path)
                .into_iter()
                .filter(|e| !e.symlink || e.path.is_file());
            out.extend(entries.map(|e| (e.path, true)));
        } else {
            out.push((path.clone(), false));
        }
    }
    out
}

/// Opens the sink, runs [`each`], finishes the sink.
pub fn each_to(
    output: &Output,
    paths: &[PathBuf],
    work: impl FnMut(&Path, &Bytes, &mut Sink) -> Result<u8, Trouble>,
) -> u8 {
    match output.open() {
        Ok(mut sink) => {
            let status = each(paths, &mut sink, work);
            if sink.failed {
                // It was told already.
                return status;
            }
            status.max(write_status(sink.finish()))
        }
        Err(e) => {
            complain(output.output.as_deref().unwrap_or(Path::new("-")), &io_words(&e));
            TROUBLE
        }
    }
}

/// Why work on one input ended.
#[derive(Debug)]
pub enum Trouble {
    /// The file is bad; the others go on.
    File(String),
    /// The output can't be written; nothing goes on.
    Output(io::Error),
}

impl From<crate::Error> for Trouble {
    fn from(e: crate::Error) -> Self {
        Trouble::File(e.to_string())
    }
}

impl From<io::Error> for Trouble {
    fn from(e: io::Error) -> Self {
        Trouble::Output(e)
    }
}
