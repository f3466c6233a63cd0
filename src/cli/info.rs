//! `gospect info`, the command that plain `gospect FILE…` is short for: one page about each file.

use std::io::Write;
use std::path::PathBuf;

use super::frame::{self, Format, Output};
use crate::analysis::info;
use crate::report::info as report;

/// One page about each file: who built it and from what, how it is linked and hardened, what was left in it,
/// and where its settings and its contents contradict each other.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect ./server\n  gospect info -v ./server\n  gospect info --format json \
        ./server ./agent\n  \
    gospect info --arch arm64 ./universal-binary\n  cat ./server | gospect info -"
)]
pub struct Args {
    /// Files to read; `-` is standard input. Of a folder, every Go binary below it.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "markdown"]))]
    format: Format,
    /// Of a fat Mach-O, the slice for this GOARCH instead of the first.
    #[arg(long, value_name = "GOARCH")]
    arch: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let style = report::Style {
        verbose: args.output.verbose,
        quiet: args.output.quiet,
        color: args.output.colored(),
    };
    let mut first = true;
    frame::each(&args.output, &args.files, |file, bytes, out| {
        out.fold(args.format.fitting(&args.output));
        let facts = info::gather(bytes, args.arch.as_deref())?;
        let name = file.shown().as_os_str().as_encoded_bytes();
        match args.format {
            Format::Json => report::json(out, file, &facts)?,
            Format::Markdown => report::markdown(out, name, &facts, style)?,
            _ => {
                if !first && !style.quiet {
                    writeln!(out)?;
                }
                report::text(out, name, &facts, style)?;
            }
        }
        first = false;
        Ok(super::FINE)
    })
}
