//! `gospect whatif`: what other flags and tools would make of a file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::frame::{self, Format, Output, Trouble};
use super::whatif_rebuild;
use crate::analysis::whatif::{self, Options};
use crate::go::Program;
use crate::input::Name;
use crate::report::{self, text};

/// Predicts the file's size with other linker flags, stripped, compressed, and says what each would cost.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "gospect whatif [OPTIONS] FILE...\n       gospect whatif [OPTIONS] --rebuild PACKAGE \
        [-- GO BUILD FLAGS...]",
    after_help = "Examples:\n  gospect whatif ./server\n  gospect whatif --no-compress --format json \
        ./server\n  \
    gospect whatif --drop k8s.io/client-go ./server\n  \
    gospect whatif --rebuild ./cmd/server -- -tags netgo\n\n\
    Exit status: 0 fine; 1 a size that was called exact turned out wrong (--rebuild); 2 wrong usage or a \
    file that could not be read."
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required_unless_present = "rebuild", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Build this Go package and its variants in a temporary folder, and show the real sizes beside those
    /// predicted.
    #[arg(long, value_name = "PACKAGE", conflicts_with = "files")]
    rebuild: Option<OsString>,
    /// Flags for `go build`.
    #[arg(last = true, requires = "rebuild", value_name = "GO BUILD FLAGS")]
    go_flags: Vec<OsString>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "markdown"]))]
    format: Format,
    /// What the size would be without this module or package; may be given several times for those that go
    /// together.
    #[arg(long, value_name = "MODULE", conflicts_with = "rebuild")]
    drop: Vec<String>,
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
    if let Some(package) = &args.rebuild {
        return rebuild(args, package, options);
    }
    frame::each(&args.output, &args.files, |file, bytes, out| {
        let program = Program::open(bytes)?;
        let mut report = whatif::predict(&program, options);
        report.variants.extend(whatif::held(&program, &args.drop)?);
        print(args, file, &report, &[], out)?;
        Ok(super::FINE)
    })
}

fn rebuild(args: &Args, package: &OsString, options: Options) -> u8 {
    let path = Path::new(package);
    let mut status = super::FINE;
    let written = frame::to_output(&args.output, |sink| {
        let (report, real) = whatif_rebuild::run(package, &args.go_flags, options).map_err(|e| {
            frame::complain(path, &e);
            Trouble::Said
        })?;
        let wrong = |(v, r): (&whatif::Variant, &Option<whatif_rebuild::Real>)| {
            v.exact && matches!(r, Some(Ok(size)) if v.bytes != Some(*size))
        };
        if report.variants.iter().zip(&real).any(wrong) {
            status = super::FINDINGS;
        }
        print(args, &Name::file(path), &report, &real, sink)?;
        Ok(super::FINE)
    });
    status.max(written)
}

fn print(
    args: &Args,
    file: &Name,
    report: &whatif::Report,
    real: &[Option<whatif_rebuild::Real>],
    out: &mut frame::Sink,
) -> std::io::Result<()> {
    out.fold(args.format.fitting(&args.output));
    let style = report::whatif::Style {
        color: args.output.colored(),
        width: args.output.width(),
    };
    let name = text::escape(file.shown().as_os_str().as_encoded_bytes());
    match args.format {
        Format::Json => report::whatif::write_json(out, file, report, real),
        Format::Markdown => report::whatif::write_markdown(out, &name, report, real),
        _ => report::whatif::write_text(out, &name, report, real, style),
    }
}
