//! `gospect info`: one page about each file.

use std::path::PathBuf;

use super::frame::{self, Format, Output};
use crate::image::Image;

/// One page about each file: what it is, how it was built, what it links, how hardened, what stands out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  gospect info ./server\n  gospect info --format json ./server ./agent")]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json", "markdown"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    frame::each_to(&args.output, &args.files, |path, bytes, out| {
        use std::io::Write;
        let image = Image::parse(bytes)?;
        writeln!(
            out,
            "{}: {} {} {:?}",
            path.display(),
            image.format.word(),
            image.arch.goarch(),
            args.format
        )?;
        Ok(super::FINE)
    })
}
