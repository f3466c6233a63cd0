//! `gospect scan`: every Go binary in whatever holds them, one record each.

mod analyse;
mod crew;
mod output;
mod resume;
mod subjects;

use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::{SystemTime, UNIX_EPOCH};

use super::frame::{self, Format, Output, complain, io_words};
use super::parts::{PARTS, Rules};
use super::vuln::database;
use crate::analysis::policy::Level;
use crate::analysis::policy::select::PROFILES;
use crate::analysis::policy::values::Date;
use crate::input::fault::Guard;
use crate::input::members;

#[cfg(not(feature = "parquet"))]
const FORMATS: [&str; 3] = ["text", "jsonl", "csv"];
#[cfg(feature = "parquet")]
const FORMATS: [&str; 4] = ["text", "jsonl", "csv", "parquet"];

/// Finds every Go binary in files, folders, archives, packages and container images, and says what each is.
///
/// Opened are tar, zip (wheel, jar, vsix), npm packages, deb, rpm, apk, cpio, files compressed by gzip, xz,
/// zstd or bzip2, docker-archive files and OCI layouts, in each other too. Of an image only what the
/// container would see is told. What is no Go binary is left out.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect scan ./dist\n  gospect scan --format jsonl --with info,check \
        image.tar > image.jsonl\n  \
    gospect scan --format jsonl --with info --resume all.jsonl ./dist\n  gospect scan --format csv --shard \
    3/8 ./dist\n\n\
    Exit status: 0 fine; 1 findings of `--with check,vuln`; 2 wrong usage, or something that could not be \
    read, or `--with check,vuln` found no Go binary."
)]
pub struct Args {
    /// Files and folders; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What to tell of each binary besides what it is: the JSON of these sub-commands.
    #[arg(long, value_name = "WHAT", value_delimiter = ',',
        value_parser = clap::builder::PossibleValuesParser::new(PARTS))]
    with: Vec<String>,
    /// How to print: a table, a JSON object on each line, CSV, or Parquet (where it was built in).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(FORMATS))]
    format: Format,
    /// Print records in the order of their names, when all are there, instead of each when it is.
    #[arg(long)]
    ordered: bool,
    /// How many binaries to look at at the same time [default: as many as there are cores].
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Take the I-th of N parts of the files, which together are all of them; 1 is the first.
    #[arg(long, value_name = "I/N", value_parser = subjects::Shard::parse)]
    shard: Option<subjects::Shard>,
    /// Append to FILE what it does not tell yet; of what could not be read, try again.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "ordered"])]
    resume: Option<PathBuf>,
    /// How many archives and compressions may lie in each other.
    #[arg(long, value_name = "N", default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    depth: u16,
    /// Of an image, tell also what its upper layers delete or replace.
    #[arg(long)]
    all_layers: bool,
    /// For `--with check`: start from a named set of rules.
    #[arg(long, value_name = "NAME",
        value_parser = clap::builder::PossibleValuesParser::new(PROFILES.iter().map(|p| p.name)))]
    profile: Option<String>,
    /// For `--with vuln`: the database, as for `gospect vuln --db`.
    #[arg(long, value_name = "PLACE")]
    db: Option<String>,
    /// For `--with check,vuln`: the policy file [default: as for `gospect check`].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// For `--with check,vuln`: use no policy file.
    #[arg(long, conflicts_with = "policy")]
    no_policy: bool,
    /// Exit 0 in spite of findings; what can't be read is still 2.
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    if args.resume.is_some() && args.format != Format::Jsonl {
        frame::note("gospect: --resume needs --format jsonl");
        return super::TROUBLE;
    }
    if args.format == Format::Parquet && args.ordered {
        frame::note("gospect: a Parquet file has no order; leave --ordered out");
        return super::TROUBLE;
    }
    let Ok(plan) = plan(args) else {
        return super::TROUBLE;
    };
    let opened = match &args.resume {
        Some(file) => resume::open(file).map(|(out, done)| (output::Printer::append(out), done)),
        None => {
            output::Printer::open(args.format, args.ordered, &args.output).map(|p| (p, Default::default()))
        }
    };
    let (printer, done) = match opened {
        Ok(o) => o,
        Err(e) => {
            let place = args.resume.as_deref().or(args.output.output.as_deref());
            complain(place.unwrap_or(Path::new("-")), &io_words(&e));
            return super::TROUBLE;
        }
    };
    let order = order(args, done, Some(crate::input::fault::guard()));
    let status = crew::run(order, &plan, printer);
    if status == super::FINDINGS && args.exit_zero {
        return super::FINE;
    }
    status
}

/// Sends the lines of a scan for JSON lines, each as it comes, from threads of its own.
///
/// # Errors
/// What is wrong with policy or database was said.
pub(super) fn start(args: Args, to: SyncSender<Vec<u8>>) -> Result<(), ()> {
    let plan = plan(&args)?;
    std::thread::spawn(move || {
        let mut order = order(&args, Default::default(), None);
        order.silent = true;
        crew::run(order, &plan, output::Printer::send(to))
    });
    Ok(())
}

fn order(args: &Args, done: resume::Done, guard: Option<Guard>) -> crew::Order {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let (subjects, unread) = subjects::expand(&args.paths, args.shard);
    crew::Order {
        subjects,
        unread,
        jobs: args.jobs.map_or_else(cores, usize::from),
        options: members::Options {
            depth: args.depth.into(),
            all_layers: args.all_layers,
            guard,
        },
        whole: args.shard.is_none() && args.resume.is_none(),
        done,
        quiet: args.output.quiet,
        silent: false,
    }
}

fn plan(args: &Args) -> Result<analyse::Plan, ()> {
    let parts = PARTS.into_iter().filter(|p| args.with.iter().any(|w| w == p));
    let parts: Vec<_> = parts.collect();
    let policy = if parts.contains(&"check") || parts.contains(&"vuln") {
        super::check::policy::load(args.policy.as_deref(), args.no_policy)?
    } else {
        None
    };
    let db = match parts.contains(&"vuln") {
        true => Some(database::load_or_complain(args.db.as_deref(), database::SECONDS).map_err(|_| ())?),
        false => None,
    };
    let profile = args.profile.as_deref();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let level = policy.as_ref().and_then(|p| p.policy.level);
    Ok(analyse::Plan {
        parts,
        rules: Rules {
            level: level.unwrap_or(Level::Warning),
            policy,
            settings: Default::default(),
            profile: profile.and_then(|n| PROFILES.iter().find(|p| p.name == n)),
            today: Date::from_unix(now),
            db,
        },
    })
}
