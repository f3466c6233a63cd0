//! `gospect track`: sizes over releases: record, log, show, check, chart, export, import.

mod store;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::check::policy;
use super::frame::{self, Format, Output, Sink, Trouble};
use crate::analysis::diff;
use crate::analysis::policy::file::Budget;
use crate::analysis::policy::values::{Date, Growth, size};
use crate::analysis::size::{self as sizes, By, Options, Report};
use crate::go::Program;
use crate::input::{Bytes, Name};
use crate::report::chart::Chart;
use crate::report::size::View;
use crate::report::track::LogEntry;
use crate::report::{self, text};
use store::{Release, Store};

/// Keeps the sizes of releases in a history file, shows and charts them, and fails on a regression.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect track record ./server\n  gospect track check --max-growth 2% ./server\n  gospect track chart --format html -o sizes.html\n  \
    gospect track export > sizes.json"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The history file.
    #[arg(long, value_name = "FILE", default_value = "gospect-history.db")]
    history: PathBuf,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Measures files and records them.
    Record {
        /// Files to measure.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The release [default: the version or VCS revision in the build information].
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// What is measured [default: the file's name].
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Record a label anew that is there already.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Lists what is recorded.
    Log {
        /// Of this name only.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// How to print.
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json"]))]
        format: Format,
        #[command(flatten)]
        common: Common,
    },
    /// Shows a release as `gospect size` does.
    Show {
        /// The release.
        #[arg(value_name = "LABEL")]
        label: String,
        /// Of this name only.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What to group by.
        #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package", "section", "kind"])]
        by: String,
        #[command(flatten)]
        common: Common,
    },
    /// Holds a file against the last releases, or against a named one; exit status 1 where it has grown too much.
    Check {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Against this release.
        #[arg(long, value_name = "LABEL", conflicts_with = "last")]
        against: Option<String>,
        /// Against each of the last N.
        #[arg(long, value_name = "N", default_value_t = 1)]
        last: usize,
        /// What is measured [default: the file's name].
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// It may grow by so much: 2%, 200KiB.
        #[arg(long, value_name = "GROWTH", value_parser = |s: &str| Growth::parse(s))]
        max_growth: Option<Growth>,
        /// It may be so large: 20MiB.
        #[arg(long, value_name = "SIZE", value_parser = |s: &str| size(s))]
        max_size: Option<u64>,
        /// The policy file whose [budget] holds.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Draws the largest modules, packages or kinds over the releases.
    Chart {
        /// Of this name only.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What the lines are.
        #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package", "section", "kind"])]
        by: String,
        /// Lines for the largest N.
        #[arg(long, value_name = "N", default_value_t = 8)]
        top: usize,
        /// How to draw.
        #[arg(long, value_name = "FORMAT", default_value = "svg", value_parser = frame::formats(["svg", "html"]))]
        format: Format,
        #[command(flatten)]
        common: Common,
    },
    /// Writes the whole history as JSON, for git.
    Export {
        #[command(flatten)]
        common: Common,
    },
    /// Reads what `export` wrote; releases that are there already are kept as they are.
    Import {
        /// The JSON file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// Why a sub-command failed, with the file it is about.
type Failure = (PathBuf, String);

pub(super) fn run(args: &Args) -> u8 {
    let common = match &args.what {
        What::Record { common, .. }
        | What::Log { common, .. }
        | What::Show { common, .. }
        | What::Check { common, .. }
        | What::Chart { common, .. }
        | What::Export { common }
        | What::Import { common, .. } => common,
    };
    if matches!(args.what, What::Chart { .. })
        && common.output.output.is_none()
        && std::io::stdout().is_terminal()
    {
        frame::note(
            "gospect: a chart is nothing for a terminal: write it to a file, as with -o sizes.svg or --format html -o sizes.html",
        );
        return super::TROUBLE;
    }
    let mut status = super::FINE;
    let written = frame::to_output(&common.output, |sink| {
        status = work(&args.what, common, sink).map_err(|(path, what)| {
            frame::complain(&path, &what);
            Trouble::Said
        })??;
        Ok(super::FINE)
    });
    status.max(written)
}

fn work(what: &What, common: &Common, out: &mut Sink) -> Result<std::io::Result<u8>, Failure> {
    let db = &common.history;
    let of_db = |e: String| (db.clone(), e);
    let fine = |r: std::io::Result<()>| Ok(r.map(|()| super::FINE));
    match what {
        What::Record {
            files,
            label,
            name,
            replace,
            ..
        } => {
            let mut all = Vec::new();
            for path in files {
                all.push(measured(path, label.as_deref(), name.as_deref()).map_err(|e| (path.clone(), e))?);
            }
            Store::open(db, true)
                .and_then(|mut s| s.record(&all, *replace))
                .map_err(of_db)?;
            let line = |r: &Release| {
                format!(
                    "recorded {} {}: {} bytes\n",
                    text::escape(r.name.as_bytes()),
                    text::escape(r.label.as_bytes()),
                    text::grouped(r.file_size)
                )
            };
            use std::io::Write;
            fine(if common.output.quiet {
                Ok(())
            } else {
                all.iter()
                    .try_for_each(|(r, _)| out.write_all(line(r).as_bytes()))
            })
        }
        What::Log { name, format, .. } => {
            let all = Store::open(db, false)
                .and_then(|s| s.releases(name.as_deref()))
                .map_err(of_db)?;
            let entries: Vec<LogEntry> = all.iter().map(entry).collect();
            fine(if *format == Format::Json {
                report::track::write_json(out, &entries, &[])
            } else {
                report::track::write_log(out, &entries)
            })
        }
        What::Show { label, name, by, .. } => {
            let s = Store::open(db, false).map_err(of_db)?;
            let all = s.releases(name.as_deref()).map_err(of_db)?;
            let found = all
                .iter()
                .rfind(|r| r.label == *label)
                .ok_or_else(|| of_db(format!("has no release {label}")))?;
            let report = s.report(found).map_err(of_db)?;
            let view = View {
                by: By::from_word(by).unwrap_or(By::Module),
                top: 30,
                tree: false,
                filter: None,
                memory: false,
                explain: None,
                color: common.output.colored(),
            };
            let title = text::escape(format!("{} {}", found.name, found.label).as_bytes());
            fine(report::size::write_text(out, &title, &report, &view))
        }
        What::Check {
            file,
            against,
            last,
            name,
            max_growth,
            max_size,
            policy,
            ..
        } => {
            let (release, new) =
                measured(file, Some("new"), name.as_deref()).map_err(|e| (file.clone(), e))?;
            let Ok(loaded) = policy::load(policy.as_deref(), false) else {
                return Err((
                    policy.clone().unwrap_or_default(),
                    "the policy can't be read".into(),
                ));
            };
            let mut budget = loaded.as_ref().map_or_else(Budget::default, |l| {
                l.policy.budget_for(&policy::names(Some(l), &Name::file(file)))
            });
            budget.max_growth = max_growth.or(budget.max_growth);
            budget.max_size = max_size.or(budget.max_size);
            let s = Store::open(db, false).map_err(of_db)?;
            let mut all = s.releases(Some(&release.name)).map_err(of_db)?;
            match against {
                Some(label) => all.retain(|r| r.label == *label),
                None => {
                    all.drain(..all.len().saturating_sub((*last).max(1)));
                }
            }
            if all.is_empty() {
                return Err(of_db(format!(
                    "has no release of {} to hold the file against",
                    release.name
                )));
            }
            let mut status = super::FINE;
            let mut written = Ok(());
            for r in &all {
                let old = s.report(r).map_err(of_db)?;
                let mut d = diff::compare(&old, &new, By::Module);
                d.breaches = diff::breaches(Some(&old), &new, &budget);
                if !d.breaches.is_empty() {
                    status = super::FINDINGS;
                }
                let view = report::diff::View {
                    top: 10,
                    all: false,
                    color: common.output.colored(),
                };
                let names = (
                    text::escape(r.label.as_bytes()),
                    text::escape(file.as_os_str().as_encoded_bytes()),
                );
                written =
                    written.and_then(|()| report::diff::write_text(out, (&names.0, &names.1), &d, &view));
            }
            Ok(written.map(|()| status))
        }
        What::Chart {
            name,
            by,
            top,
            format,
            ..
        } => {
            let s = Store::open(db, false).map_err(of_db)?;
            let by = By::from_word(by).unwrap_or(By::Module);
            let releases = s.releases(name.as_deref()).map_err(of_db)?;
            let name = one_name(&releases).map_err(of_db)?;
            let mut chart = Chart::new(by.word(), &name);
            for r in &releases {
                let report = s.report(r).map_err(of_db)?;
                chart.add(
                    &r.label,
                    r.file_size,
                    sizes::group(&report.rows, |row| by.key(row)),
                );
            }
            fine(if *format == Format::Html {
                chart.write_html(out, *top)
            } else {
                chart.write_svg(out, *top)
            })
        }
        What::Export { .. } => {
            let s = Store::open(db, false).map_err(of_db)?;
            let releases = s.releases(None).map_err(of_db)?;
            let reports = releases
                .iter()
                .map(|r| s.report(r))
                .collect::<Result<Vec<_>, _>>()
                .map_err(of_db)?;
            let entries: Vec<LogEntry> = releases.iter().map(entry).collect();
            fine(report::track::write_json(out, &entries, &reports))
        }
        What::Import { file, .. } => {
            let of_file = |e: String| (file.clone(), e);
            let all = read(file, |bytes| Ok(report::track::read_json(bytes)?)).map_err(of_file)?;
            let mut s = Store::open(db, true).map_err(of_db)?;
            let there = s.releases(None).map_err(of_db)?;
            let new: Vec<(Release, Report)> = all
                .into_iter()
                .filter(|(e, _)| !there.iter().any(|t| t.name == e.name && t.label == e.label))
                .map(|(e, r)| {
                    let release = Release {
                        id: 0,
                        name: e.name,
                        label: e.label,
                        recorded: e.recorded,
                        file_size: r.file_size,
                        go_version: r.go_version.clone(),
                    };
                    (release, r)
                })
                .collect();
            s.record(&new, false).map_err(of_db)?;
            use std::io::Write;
            fine(if common.output.quiet {
                Ok(())
            } else {
                writeln!(out, "imported {} releases", new.len())
            })
        }
    }
}

/// What the releases are of; a line can't lead from one program to another.
fn one_name(releases: &[Release]) -> Result<String, String> {
    let names: std::collections::BTreeSet<&str> = releases.iter().map(|r| r.name.as_str()).collect();
    let mut all = names.iter().copied();
    match (all.next(), names.len()) {
        (None, _) => Err("has no releases to draw".into()),
        (Some(name), 1) => Ok(name.to_owned()),
        _ => {
            let list: Vec<&str> = names.into_iter().collect();
            Err(format!(
                "has releases of {}; draw one of them with --name",
                list.join(", ")
            ))
        }
    }
}

fn entry(r: &Release) -> LogEntry {
    LogEntry {
        name: r.name.clone(),
        label: r.label.clone(),
        recorded: r.recorded,
        day: Date::from_unix(r.recorded).to_string(),
        file_size: r.file_size,
        go_version: r.go_version.clone(),
    }
}

/// What `work` makes of a file, or what is wrong with it in words.
fn read<T>(path: &Path, work: impl FnOnce(&Bytes) -> Result<T, Trouble>) -> Result<T, String> {
    frame::open(path, work).map_err(|e| match e {
        Trouble::File(what) => what,
        Trouble::Output(e) => frame::io_words(&e),
        Trouble::Said => String::new(),
    })
}

/// A file's report, and what the history calls it.
fn measured(path: &Path, label: Option<&str>, name: Option<&str>) -> Result<(Release, Report), String> {
    let (report, label) = read(path, |bytes| {
        let label = match label {
            Some(l) => l.to_string(),
            None => stamp(bytes).ok_or_else(|| {
                Trouble::File(
                    "its build information has no version and no VCS revision; give a --label".into(),
                )
            })?,
        };
        Ok((sizes::measure(bytes, Options::default())?, label))
    })?;
    let own = || {
        path.file_name()
            .map_or_else(|| "-".into(), |n| n.to_string_lossy().into_owned())
    };
    let release = Release {
        id: 0,
        name: name.map_or_else(own, str::to_string),
        label,
        recorded: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs() as i64),
        file_size: report.file_size,
        go_version: report.go_version.clone(),
    };
    Ok((release, report))
}

/// The main module's version, or the VCS revision.
fn stamp(bytes: &Bytes) -> Option<String> {
    let program = Program::open(bytes).ok()?;
    let info = &program.build_info()?.info;
    let version = info
        .main
        .as_ref()
        .map(|m| String::from_utf8_lossy(m.version).into_owned());
    if let Some(v) = version.filter(|v| !v.is_empty() && v != "(devel)") {
        return Some(v);
    }
    let revision = info.setting("vcs.revision")?;
    let short: String = revision.chars().take(12).collect();
    let dirty = info.setting("vcs.modified").as_deref() == Some("true");
    Some(if dirty { format!("{short}-dirty") } else { short })
}
