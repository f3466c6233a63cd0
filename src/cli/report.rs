//! `gospect report`: everything that is told of a file, on one page.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::check::{day, display, policy};
use super::frame::{self, Format, Output};
use super::vuln::database;
use crate::analysis::policy::values::Date;
use crate::report::whole::{Ask, gather};

/// One page about a file, for a release or an audit: identity, linkage, gate, vulnerabilities, sizes,
/// dependencies, what-if.
///
/// The page says what `info`, `check`, `vuln`, `size`, `why` and `whatif` say, and where one of them can say
/// nothing, why. As HTML it is one file that loads nothing and can be printed; as Markdown it goes into a
/// release note. It describes: `check` and `vuln` are the gates.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect report -o report.html ./server\n  gospect report --format markdown \
        ./server > RELEASE.md\n\n\
    Exit status: 0 the page was written, whatever it says; 2 wrong usage or a file that could not be read."
)]
pub struct Args {
    /// The file; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy file that the gate goes by [default: GOSPECT_POLICY, or gospect.toml here or above, up to
    /// the repository or the home folder].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Use no policy file: audit.
    #[arg(long, conflicts_with = "policy")]
    no_policy: bool,
    /// The vulnerability database, as in `gospect vuln`.
    #[arg(long, value_name = "PLACE")]
    db: Option<String>,
    /// The day that counts as today.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    today: Option<Date>,
    /// How to print [default: html for -o FILE.html, else markdown].
    #[arg(long, value_name = "FORMAT", value_parser = frame::formats(["html", "markdown"]))]
    format: Option<Format>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let today = args.today.unwrap_or_else(|| Date::from_unix(now));
    let Ok(loaded) = policy::load(args.policy.as_deref(), args.no_policy) else {
        return super::TROUBLE;
    };
    let db = match database::load_or_complain(args.db.as_deref(), database::SECONDS) {
        Ok(db) => db,
        Err(status) => return status,
    };
    let named = args.output.output.as_ref().and_then(|o| o.extension());
    let html = match args.format {
        Some(f) => f == Format::Html,
        None => named.is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm")),
    };
    let mut seen = 0;
    frame::each(
        &args.output,
        std::slice::from_ref(&args.file),
        |name, bytes, out| {
            seen += 1;
            if seen > 1 {
                frame::note("gospect: a report is about one file; name one");
                return Err(frame::Trouble::Said);
            }
            let display = display(name.clone());
            let ask = Ask {
                name,
                display: &display,
                names: &policy::names(loaded.as_ref(), name),
                policy: loaded.as_ref().map(|l| (&l.policy, l.path.as_path())),
                db: &db,
                today,
            };
            let whole = gather(bytes, ask)?;
            if html {
                whole.write_html(out)?;
            } else {
                whole.write_markdown(out)?;
            }
            Ok(super::FINE)
        },
    )
}
