//! `gospect vuln`: known vulnerabilities of each program, by function, offline.

pub(in crate::cli) mod database;
#[cfg(feature = "net")]
mod net;
mod sources;

use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::check::{day, display, policy};
use super::frame::{self, Format, Output, Sink};
use crate::analysis::policy::file::Policy;
use crate::analysis::policy::values::Date;
use crate::analysis::sbom::{self, Inventory};
use crate::analysis::vuln::{self, Level};
use crate::report::sbom::{Document, Verdict, cyclonedx};
use crate::report::vuln::{self as report, Run};

/// Known vulnerabilities of each program: by the functions that are in it, stripped or not, without a
/// network.
///
/// Holds modules, packages and functions of a program against the Go vulnerability database, a snapshot of
/// which is part of gospect.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  gospect vuln ./server\n  gospect vuln --level module --format json bin/\n  \
        gospect vuln --paths ./server\n  gospect vuln --db vulndb.bin --format sarif -o vuln.sarif \
        ./server\n  \
    gospect vuln --format openvex ./server\n\n\
    Exit status: 0 nothing found; 1 vulnerabilities of --level or deeper, or a file whose functions can't \
    be seen; 2 wrong usage or a file that\n\
    could not be read. The database is golang.org/x/vulndb of the Go project, CC-BY-4.0."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Files, folders (their Go binaries) and glob patterns; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The database: a folder of OSV files, of the v1 layout or of golang.org/x/vulndb, a zip file of one, a
    /// file of `vuln update -o`, or the address of a zip file or of the v1 layout (with the feature `net`)
    /// [default: the newer of the embedded one and the last update].
    #[arg(long, value_name = "PLACE")]
    pub(super) db: Option<String>,
    /// Give up on a --db that is an address and takes longer than this for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = database::SECONDS,
        value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// How deep a vulnerability must be seen to make the exit status 1.
    #[arg(long, value_name = "LEVEL", default_value = "symbol", value_parser = level_words())]
    level: Level,
    /// Show the chain of calls by which the program comes to each vulnerable function. Reads all code, which
    /// takes longer.
    #[arg(long)]
    paths: bool,
    /// As --paths, without the functions that are in the file because reflection may call them and that
    /// nothing is seen to call.
    #[arg(long)]
    reached: bool,
    /// Days after which the database counts as old, which is warned of.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    max_age: u32,
    /// The policy file with what is put up with [default: GOSPECT_POLICY, or gospect.toml here or in a folder
    /// above].
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Use no policy file.
    #[arg(long, conflicts_with = "policy")]
    pub(super) no_policy: bool,
    /// Exit 0 in spite of findings; a file that can't be read is still 2.
    #[arg(long)]
    exit_zero: bool,
    /// The day that counts as today, for the age of the database and the ends of suppressions.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(super) today: Option<Date>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text",
        value_parser = frame::formats(["text", "json", "sarif", "markdown", "junit", "github", "openvex",
        "cyclonedx"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Update(database::UpdateArgs),
}

fn level_words() -> impl clap::builder::TypedValueParser<Value = Level> {
    use clap::builder::TypedValueParser;
    clap::builder::PossibleValuesParser::new(["symbol", "package", "module"]).map(|w| {
        Level::ALL
            .into_iter()
            .find(|l| l.word() == w)
            .unwrap_or(Level::Symbol)
    })
}

pub(super) fn run(args: &Args) -> u8 {
    if let Some(Command::Update(update)) = &args.command {
        return database::update(update);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let today = args.today.unwrap_or_else(|| Date::from_unix(now));
    let Ok(loaded) = policy::load(args.policy.as_deref(), args.no_policy) else {
        return super::TROUBLE;
    };
    let db = match database::load_or_complain(args.db.as_deref(), args.timeout) {
        Ok(db) => db,
        Err(status) => return status,
    };
    let mut sink = match args.output.open_or_complain() {
        Ok(sink) => sink,
        Err(status) => return status,
    };
    let age = report::age(db.meta(), today);
    if !args.output.quiet {
        match age {
            None => frame::note("gospect: warning: the vulnerability database does not say how old it is"),
            Some(days) if days > i64::from(args.max_age) => frame::note(&format!(
                "gospect: warning: the vulnerability database is {days} days old; `gospect vuln update` \
                    fetches the newest"
            )),
            _ => {}
        }
    }
    let policy = loaded.as_ref().map(|l| &l.policy);
    let vex = matches!(args.format, Format::OpenVex | Format::CycloneDx);
    let now = today.to_string();
    let ask = vuln::Ask {
        db: &db,
        today: &now,
        reach: args.paths || args.reached,
    };
    let seen = frame::each_parallel(
        &args.files,
        args.output.quiet,
        "Go binary",
        |name, bytes, named| {
            let names = policy::names(loaded.as_ref(), name);
            let mut file = match vuln::look(bytes, ask) {
                Err(_) if !named => return Ok(None),
                looked => looked?,
            };
            if args.reached {
                file.keep_reached();
            }
            file.suppress(policy.map_or(&[], |p: &Policy| &p.vulns), &names, today);
            let inventory = match vex && file.is_go {
                true => Some(sbom::take(&display(name.clone()), bytes)?),
                false => None,
            };
            match (file.is_go, named) {
                (true, _) => Ok(Some((file, inventory))),
                (false, false) => Ok(None),
                (false, true) => Err(crate::Error::new("is no Go program, as far as can be seen").into()),
            }
        },
    );
    let unreadable = seen.unread;
    let mut inventories = Vec::new();
    let files = seen.files.into_iter().map(|(name, (f, inventory))| {
        inventories.extend(inventory);
        (display(name), f)
    });
    let files = files.collect();
    for (name, why) in &unreadable {
        frame::complain(name.shown(), why);
    }
    let run = Run {
        files,
        unreadable,
        level: args.level,
        today,
        db: &db,
    };
    let status = if !run.unreadable.is_empty() {
        super::TROUBLE
    } else if run.fails() && !args.exit_zero {
        super::FINDINGS
    } else {
        super::FINE
    };
    let written = write(&mut sink, args, &run, &inventories).and_then(|()| sink.finish());
    status.max(frame::write_status(written))
}

fn write(out: &mut Sink, args: &Args, run: &Run<'_>, inventories: &[Inventory]) -> io::Result<()> {
    out.fold(args.format.fitting(&args.output));
    let time = super::sbom::time(super::sbom::now());
    match args.format {
        Format::Json => report::json(out, run),
        Format::Sarif => report::sarif(out, run),
        Format::Junit => report::junit(out, run),
        Format::Github => report::github(out, run),
        Format::Markdown => report::markdown(out, run),
        Format::OpenVex => report::openvex(out, run, inventories, &time),
        Format::CycloneDx => {
            let verdicts: Vec<Vec<Verdict<'_>>> = run.files.iter().map(|(_, f)| verdicts(f)).collect();
            let doc = Document {
                files: inventories,
                vulnerabilities: &verdicts,
                time: &time,
            };
            cyclonedx(out, doc, "1.6")
        }
        _ => report::text(
            out,
            run,
            args.output.colored(),
            args.output.quiet,
            args.output.verbose,
        ),
    }
}

fn verdicts(file: &vuln::File) -> Vec<Verdict<'_>> {
    let found = file.judgement.findings.iter().map(|finding| Verdict {
        finding,
        accepted: None,
    });
    let put_up_with = file.suppressed.iter().map(|s| Verdict {
        finding: &s.finding,
        accepted: Some(&s.reason),
    });
    found.chain(put_up_with).collect()
}
