//! `gospect sbom`: what each program is made of, as CycloneDX or SPDX.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::check::display;
use super::frame::{self, Output};
use super::vuln::database;
use crate::analysis::policy::values::Date;
use crate::analysis::sbom::{self, Inventory};
use crate::analysis::vuln::{self, Finding};
use crate::report::sbom::{self as report, Document, Verdict};

/// What each program is made of: modules, the standard library, C libraries, packages; as CycloneDX or SPDX.
///
/// The document is the same for the same file where SOURCE_DATE_EPOCH is set; its serial number comes from
/// the file's hash.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect sbom ./server\n  gospect sbom --format spdx -o server.spdx.json \
        ./server\n  \
    gospect sbom --vex ./server\n  gospect sbom --merge -o release.cdx.json bin/"
)]
pub struct Args {
    /// Files, folders (their Go binaries) and glob patterns; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The document's format.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Kind::Cyclonedx)]
    format: Kind,
    /// The format's version: 1.6 or 1.7 of CycloneDX, 2.3 or 3.0.1 of SPDX [default: the first of each].
    #[arg(long, value_name = "VERSION", value_parser = clap::builder::PossibleValuesParser::new(["1.6", "1.7",
        "2.3", "3.0.1"]))]
    spec: Option<String>,
    /// One document about all files, as a release needs it.
    #[arg(long)]
    merge: bool,
    /// Also the known vulnerabilities (CycloneDX).
    #[arg(long)]
    vex: bool,
    /// The database for --vex: what `gospect vuln --db` takes.
    #[arg(long, value_name = "PLACE", requires = "vex")]
    db: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// A family of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Cyclonedx,
    Spdx,
}

pub(super) fn run(args: &Args) -> u8 {
    let spec = args.spec.as_deref().unwrap_or(match args.format {
        Kind::Cyclonedx => "1.6",
        Kind::Spdx => "2.3",
    });
    let fits = spec.starts_with("1.") == (args.format == Kind::Cyclonedx);
    if !fits || args.vex && args.format == Kind::Spdx {
        let what = if fits {
            "--vex needs --format cyclonedx".into()
        } else {
            format!("{spec} is no version of this format")
        };
        frame::note(&format!("gospect: {what}"));
        return super::TROUBLE;
    }
    let db = match args
        .vex
        .then(|| database::load_or_complain(args.db.as_deref(), database::SECONDS))
        .transpose()
    {
        Ok(db) => db,
        Err(status) => return status,
    };
    let mut sink = match args.output.open_or_complain() {
        Ok(sink) => sink,
        Err(status) => return status,
    };
    let seconds = now();
    let today = Date::from_unix(seconds).to_string();
    let seen = frame::each_parallel(
        &args.files,
        args.output.quiet,
        "Go binary",
        |name, bytes, named| {
            let name = display(name.clone());
            let inventory = match sbom::take(&name, bytes) {
                Err(_) if !named => return Ok(None),
                other => other?,
            };
            let findings = match &db {
                Some(db) => {
                    let ask = vuln::Ask {
                        db,
                        today: &today,
                        reach: false,
                    };
                    vuln::look(bytes, ask)?.judgement.findings
                }
                None => Vec::new(),
            };
            Ok(Some((inventory, findings)))
        },
    );
    let (found, unreadable) = (seen.files, seen.unread);
    for (name, why) in &unreadable {
        frame::complain(name.shown(), why);
    }
    let time = time(seconds);
    let (inventories, findings): (Vec<Inventory>, Vec<Vec<Finding>>) = found.into_iter().map(|f| f.1).unzip();
    let verdicts: Vec<Vec<Verdict<'_>>> = findings.iter().map(|all| verdicts(all)).collect();
    let write = |sink: &mut dyn Write, files: &[Inventory], known: &[Vec<Verdict<'_>>]| -> io::Result<()> {
        let doc = Document {
            files,
            vulnerabilities: if db.is_some() { known } else { &[] },
            time: &time,
        };
        match (args.format, spec) {
            (Kind::Cyclonedx, _) => report::cyclonedx(sink, doc, spec),
            (Kind::Spdx, "2.3") => report::spdx2(sink, doc),
            (Kind::Spdx, _) => report::spdx3(sink, doc),
        }
    };
    let mut written = Ok(());
    if args.merge && !inventories.is_empty() {
        written = write(&mut sink, &inventories, &verdicts);
    } else {
        for (file, known) in inventories.iter().zip(&verdicts) {
            written = written
                .and_then(|()| write(&mut sink, std::slice::from_ref(file), std::slice::from_ref(known)));
        }
    }
    let status = if unreadable.is_empty() {
        super::FINE
    } else {
        super::TROUBLE
    };
    status.max(frame::write_status(written.and_then(|()| sink.finish())))
}

fn verdicts(all: &[Finding]) -> Vec<Verdict<'_>> {
    let one = |finding| Verdict {
        finding,
        accepted: None,
    };
    all.iter().map(one).collect()
}

/// Seconds since 1970: what SOURCE_DATE_EPOCH says, else the clock.
pub(super) fn now() -> i64 {
    let told = std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|v| v.trim().parse().ok());
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs() as i64)
    };
    told.unwrap_or_else(clock)
}

/// A time as RFC 3339 has it.
pub(super) fn time(seconds: i64) -> String {
    let (day, of_day) = (Date::from_unix(seconds), seconds.rem_euclid(86_400));
    format!(
        "{day}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn times() {
        assert_eq!(super::time(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
