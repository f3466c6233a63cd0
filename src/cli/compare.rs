//! `gospect compare A B`: why two builds differ.

use std::io::{self, Write};
use std::path::PathBuf;

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::compare::{Comparison, Verdict, compare};
use crate::go::Program;
use crate::input::Bytes;
use crate::report;
use crate::report::text::escape;

/// Why two builds of a program differ: settings, modules, code, data, file names, what was done after the link.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect compare released/server rebuilt/server\n  gospect compare --format json a b\n\n\
    Exit status: 0 where the files are byte for byte the same; 1 where they are not; 2 where one can't be read."
)]
pub struct Args {
    /// The first file: theirs.
    #[arg(value_name = "A")]
    theirs: PathBuf,
    /// The second file: ours.
    #[arg(value_name = "B")]
    ours: PathBuf,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json", "markdown"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    frame::to_output(&args.output, |sink| {
        // What is wrong with the second is told as well.
        let mut second = Err(Trouble::Said);
        let first = frame::open_or_complain(&args.theirs, |theirs| {
            second = frame::open_or_complain(&args.ours, |ours| both(args, theirs, ours, sink));
            Ok(())
        });
        match first {
            Ok(()) => second,
            Err(e) => {
                frame::open_or_complain(&args.ours, |ours| Ok(Program::open(ours).map(|_| ())?))?;
                Err(e)
            }
        }
    })
}

fn both(args: &Args, theirs: &Bytes, ours: &Bytes, out: &mut dyn Write) -> Result<u8, Trouble> {
    let b = Program::open(ours)?;
    let a = match Program::open(theirs) {
        Ok(a) => a,
        Err(e) => {
            frame::complain(&args.theirs, &e);
            return Err(Trouble::Said);
        }
    };
    let done = compare(&a, &b);
    for (path, program) in [(&args.theirs, &a), (&args.ours, &b)] {
        frame::warn(path, program.image(), &args.output);
    }
    write(args, out, &done)?;
    Ok(match done.verdict {
        Verdict::Identical => super::FINE,
        _ => super::FINDINGS,
    })
}

fn write(args: &Args, out: &mut dyn Write, done: &Comparison) -> io::Result<()> {
    let name = |p: &PathBuf| escape(p.as_os_str().as_encoded_bytes());
    let names = (name(&args.theirs), name(&args.ours));
    let names = (names.0.as_str(), names.1.as_str());
    match args.format {
        Format::Json => {
            let raw = (args.theirs.to_string_lossy(), args.ours.to_string_lossy());
            report::compare::json(out, (&raw.0, &raw.1), done)
        }
        Format::Markdown => report::compare::markdown(out, names, done),
        _ => report::compare::text(out, names, done, args.output.colored()),
    }
}
