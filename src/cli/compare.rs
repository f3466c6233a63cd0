//! `gospect compare A B`: why two builds differ.

use std::io::{self, Write};
use std::path::PathBuf;

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::compare::{Comparison, Listing, Verdict, compare, side_by_side};
use crate::go::Program;
use crate::input::Bytes;
use crate::report;
use crate::report::text::escape;

/// Why two builds of a program differ: settings, modules, code, data, file names, what was done after the
/// link.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect compare released/server rebuilt/server\n  gospect compare --format \
        json a b\n  gospect compare --functions a b\n\n\
    Exit status: 0 where the files are byte for byte the same; 1 where they are not; 2 where one can't be \
    read."
)]
pub struct Args {
    /// The first file: theirs.
    #[arg(value_name = "A")]
    theirs: PathBuf,
    /// The second file: ours.
    #[arg(value_name = "B")]
    ours: PathBuf,
    /// Show the functions that differ side by side, in Go syntax; the first 100.
    #[arg(long)]
    functions: bool,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "markdown"]))]
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

fn both<'f>(args: &Args, theirs: &'f Bytes, ours: &'f Bytes, out: &mut dyn Write) -> Result<u8, Trouble> {
    let b = Program::open_unpacked(ours, None)?;
    let a = match Program::open_unpacked(theirs, None) {
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
    let changed = done.functions.different.iter().take(LISTED);
    let listings: Option<Vec<Listing>> = args
        .functions
        .then(|| changed.map(|c| side_by_side(&a, &b, c)).collect());
    write(args, out, &done, listings.as_deref())?;
    Ok(match done.verdict {
        Verdict::Identical => super::FINE,
        _ => super::FINDINGS,
    })
}

/// Functions shown side by side at the most.
const LISTED: usize = 100;
/// Characters of a column where the terminal's width is not known.
const COLUMN: usize = 56;

fn write(
    args: &Args,
    out: &mut dyn Write,
    done: &Comparison,
    listings: Option<&[Listing]>,
) -> io::Result<()> {
    let name = |p: &PathBuf| escape(p.as_os_str().as_encoded_bytes());
    let names = (name(&args.theirs), name(&args.ours));
    let names = (names.0.as_str(), names.1.as_str());
    match args.format {
        Format::Json => {
            let raw = (args.theirs.to_string_lossy(), args.ours.to_string_lossy());
            report::compare::json(out, (&raw.0, &raw.1), done, listings)
        }
        Format::Markdown => report::compare::markdown(out, names, done, listings.unwrap_or_default()),
        _ => {
            report::compare::text(out, names, done, args.output.colored())?;
            // Two columns, with what stands before and between them.
            let width = args
                .output
                .width()
                .map_or(COLUMN, |c| (c.saturating_sub(6) / 2).max(20));
            let color = args.output.colored();
            report::compare::side_by_side(out, names, listings.unwrap_or_default(), width, color)
        }
    }
}
