//! `gospect diff OLD NEW`: what grew, why, and whether that is allowed.

use std::path::{Path, PathBuf};

use super::check::policy;
use super::frame::{self, Format, Output};
use crate::analysis::diff;
use crate::analysis::policy::file::Budget;
use crate::analysis::policy::values::{Growth, size};
use crate::analysis::size::{self as sizes, By, Detail, Options, Report};
use crate::input;
use crate::report::diff::View;
use crate::report::{self, text};

/// Says what grew between two files, or between a file and a saved size report; the deltas add up to the byte.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "OLD and NEW are binaries, or what `gospect size --format json` wrote.\n\nExamples:\n  gospect diff old/server new/server\n  \
    gospect diff --by package --max-growth 2% baseline.json ./server\n\nExit status: 1 where a budget is passed, here or in gospect.toml's [budget]."
)]
pub struct Args {
    /// The file before.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The file after.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// What to compare by.
    #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package", "section", "kind", "symbol", "file"])]
    by: String,
    /// Show the N largest changes only, the others as one sum; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 30)]
    top: usize,
    /// Show what is the same in both too.
    #[arg(long)]
    all: bool,
    /// The file may grow by so much: 2%, 200KiB.
    #[arg(long, value_name = "GROWTH", value_parser = |s: &str| Growth::parse(s))]
    max_growth: Option<Growth>,
    /// The new file may be so large: 20MiB.
    #[arg(long, value_name = "SIZE", value_parser = |s: &str| size(s))]
    max_size: Option<u64>,
    /// The policy file whose [budget] holds [default: GOSPECT_POLICY, or gospect.toml here or in a folder above].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Hold to no policy file.
    #[arg(long, conflicts_with = "policy")]
    no_policy: bool,
    /// Exit with 0 where a budget is passed.
    #[arg(long)]
    exit_zero: bool,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json", "markdown", "html"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// A binary's size report, or a saved one.
pub(super) fn report(path: &Path, detail: Detail) -> Result<Report, String> {
    let bytes = input::open_or_stdin(path).map_err(|e| frame::io_words(&e))?;
    let made = if report::size::is_saved(&bytes) {
        report::size::read_json(&bytes)
    } else {
        sizes::measure(
            &bytes,
            Options {
                detail,
                ..Options::default()
            },
        )
    };
    if bytes.changed() {
        return Err("was changed while it was read".into());
    }
    made.map_err(|e| e.to_string())
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
    let mut sink = match args.output.open() {
        Ok(s) => s,
        Err(e) => {
            frame::complain(
                args.output.output.as_deref().unwrap_or(Path::new("-")),
                &frame::io_words(&e),
            );
            return super::TROUBLE;
        }
    };
    let mut both = Vec::new();
    for path in [&args.old, &args.new] {
        match report(path, detail) {
            Ok(r) if tells(&r, by) => both.push(r),
            Ok(_) => frame::complain(
                path,
                &format!(
                    "the saved report has no {0}; save it with `size --by {0} --format json`",
                    by.word()
                ),
            ),
            Err(e) => frame::complain(path, &e),
        }
    }
    let [old, new] = both.as_slice() else {
        return super::TROUBLE;
    };
    let mut budget = loaded.as_ref().map_or_else(Budget::default, |l| {
        l.policy.budget_for(&policy::names(Some(l), &args.new))
    });
    budget.max_size = args.max_size.or(budget.max_size);
    budget.max_growth = args.max_growth.or(budget.max_growth);
    let mut d = diff::compare(old, new, by);
    d.breaches = diff::breaches(Some(old), new, &budget);
    let view = View {
        top: args.top,
        all: args.all,
        color: args.output.colored(),
    };
    let name = |p: &Path| text::escape(p.as_os_str().as_encoded_bytes());
    let names = (name(&args.old), name(&args.new));
    let names = (names.0.as_str(), names.1.as_str());
    let written = match args.format {
        Format::Json => report::diff::write_json(&mut sink, names, &d),
        Format::Markdown => report::diff::write_markdown(&mut sink, names, &d, &view),
        Format::Html => report::size::write_diff_html(&mut sink, names, &d),
        _ => report::diff::write_text(&mut sink, names, &d, &view),
    };
    let found = !d.breaches.is_empty() && !args.exit_zero;
    let status = if found { super::FINDINGS } else { super::FINE };
    status.max(frame::write_status(written.and_then(|()| sink.finish())))
}
