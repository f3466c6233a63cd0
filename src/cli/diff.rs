//! `gospect diff OLD NEW`: what grew, why, and whether that is allowed.

use std::io;
use std::path::{Path, PathBuf};

use super::check::policy;
use super::frame::{self, Format, Output, Trouble};
use crate::analysis::diff;
use crate::analysis::policy::file::Budget;
use crate::analysis::policy::values::{Growth, size};
use crate::analysis::size::{self as sizes, By, Detail, Options, Report};
use crate::go::Program;
use crate::input::Name;
use crate::report::diff::View;
use crate::report::{self, text};

/// Says what grew between two files, or between a file and a saved size report; the deltas add up to the
/// byte.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "OLD and NEW are binaries, or what `gospect size --format json` wrote.\n\nExamples:\n  \
        gospect diff old/server new/server\n  \
    gospect diff --by package --max-growth 2% baseline.json ./server\n\nExit status: 1 where a budget is \
    passed, here or in gospect.toml's [budget]."
)]
pub struct Args {
    /// The file before.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The file after.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// What to compare by.
    #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package", "section",
        "kind", "symbol", "file"])]
    by: String,
    /// Show the N largest changes only, the others as one sum; 0 for all [default: 30; all in JSON and HTML].
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Show what is the same in both too, as JSON does unless --top is given.
    #[arg(long)]
    all: bool,
    /// The file may grow by so much: 2%, 200KiB.
    #[arg(long, value_name = "GROWTH", value_parser = |s: &str| Growth::parse(s))]
    max_growth: Option<Growth>,
    /// The new file may be so large: 20MiB.
    #[arg(long, value_name = "SIZE", value_parser = |s: &str| size(s))]
    max_size: Option<u64>,
    /// The policy file whose [budget] holds [default: GOSPECT_POLICY, or gospect.toml here or above, up to
    /// the repository or the home folder].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Hold to no policy file.
    #[arg(long, conflicts_with = "policy")]
    no_policy: bool,
    /// Exit with 0 where a budget is passed.
    #[arg(long)]
    exit_zero: bool,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "markdown", "html"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// A binary's size report, or a saved one.
fn report(path: &Path, detail: Detail, by: By) -> Result<Report, Trouble> {
    frame::open_or_complain(path, |bytes| {
        if !report::size::is_saved(bytes) {
            let options = Options {
                detail,
                ..Options::default()
            };
            return Ok(sizes::measure(bytes, options)?);
        }
        let saved = report::size::read_json(bytes)?;
        if tells(&saved, by) {
            return Ok(saved);
        }
        let word = by.word();
        Err(Trouble::File(format!(
            "the saved report has no {word}; save it with `size --by {word} --format json`"
        )))
    })
}

/// Does a report tell what `by` asks for?
fn tells(r: &Report, by: By) -> bool {
    match by {
        By::Symbol => r.rows.iter().any(|r| r.symbol.is_some()),
        By::File => r.rows.iter().any(|r| r.file.is_some()),
        _ => true,
    }
}

pub(super) fn run(args: &Args) -> u8 {
    let by = By::from_word(&args.by).unwrap_or(By::Module);
    let Ok(loaded) = policy::load(args.policy.as_deref(), args.no_policy) else {
        return super::TROUBLE;
    };
    // Symbols tell how many instances a generic function has.
    let detail = if by == By::File {
        Detail::File
    } else {
        Detail::Symbol
    };
    let mut status = super::FINE;
    let written = frame::to_output(&args.output, |sink| {
        let old = report(&args.old, detail, by);
        // What is wrong with the second is told as well.
        let (new, old) = (report(&args.new, detail, by)?, old?);
        let mut budget = loaded.as_ref().map_or_else(Budget::default, |l| {
            l.policy
                .budget_for(&policy::names(Some(l), &Name::file(&args.new)))
        });
        budget.max_size = args.max_size.or(budget.max_size);
        budget.max_growth = args.max_growth.or(budget.max_growth);
        let mut d = diff::compare(&old, &new, by);
        d.breaches = diff::breaches(Some(&old), &new, &budget);
        if !d.breaches.is_empty() && !args.exit_zero {
            status = super::FINDINGS;
        }
        // Standard input can't be read a second time.
        if !d.arrived.is_empty() && args.new.as_os_str() != "-" {
            frame::open_or_complain(&args.new, |bytes| {
                if !report::size::is_saved(bytes) {
                    d.explain(&Program::open(bytes)?);
                }
                Ok(())
            })?;
        }
        write(args, sink, &d, (&old, &new))?;
        Ok(super::FINE)
    });
    status.max(written)
}

fn write(args: &Args, out: &mut frame::Sink, d: &diff::Diff, sides: (&Report, &Report)) -> io::Result<()> {
    let whole = args.format == Format::Json && args.top.is_none();
    let view = View {
        top: args.top.unwrap_or(if whole { 0 } else { 30 }),
        all: args.all || whole,
        color: args.output.colored(),
        width: args.output.width(),
    };
    out.fold(args.format.fitting(&args.output));
    let name = |p: &Path| text::escape(p.as_os_str().as_encoded_bytes());
    let names = (name(&args.old), name(&args.new));
    let names = (names.0.as_str(), names.1.as_str());
    match args.format {
        Format::Json => report::diff::write_json(out, names, d, &view),
        Format::Markdown => report::diff::write_markdown(out, names, d, &view),
        Format::Html => report::size::write_diff_html(out, names, d, sides),
        _ => report::diff::write_text(out, names, d, &view),
    }
}
