//! `gospect whatif`: what other flags and tools would make of a file.

use std::path::PathBuf;

use super::frame::{self, Format, Output};
use crate::analysis::whatif;
use crate::image::Image;
use crate::report;

/// Foretells the file's size with other linker flags, stripped, compressed, and says what each would cost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  gospect whatif ./server\n  gospect whatif --format json ./server")]
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
    frame::each_to(&args.output, &args.files, |path, bytes, out| {
        let image = Image::parse(bytes)?;
        let report = whatif::foretell(&image);
        report::whatif::write_json(out, &path.display().to_string(), &report)?;
        Ok(super::FINE)
    })
}
