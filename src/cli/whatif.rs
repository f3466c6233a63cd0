//! `gospect whatif`: what other flags and tools would make of a file.

use std::path::PathBuf;

use super::frame::{self, Format, Output};
use crate::analysis::whatif::{self, Options};
use crate::image::Image;
use crate::report::{self, text};

/// Foretells the file's size with other linker flags, stripped, compressed, and says what each would cost.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect whatif ./server\n  gospect whatif --no-compress --format json ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json", "markdown"]))]
    format: Format,
    /// Leave out what has to be measured by compressing: gzip and zstd.
    #[arg(long)]
    no_compress: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let options = Options {
        compress: !args.no_compress,
    };
    frame::each_to(&args.output, &args.files, |path, bytes, out| {
        let image = Image::parse(bytes)?;
        let report = whatif::foretell(&image, bytes, options);
        let name = text::escape(path.as_os_str().as_encoded_bytes());
        match args.format {
            Format::Json => report::whatif::write_json(out, &path.to_string_lossy(), &report)?,
            Format::Markdown => report::whatif::write_markdown(out, &name, &report)?,
            _ => report::whatif::write_text(out, &name, &report)?,
        }
        Ok(super::FINE)
    })
}
