//! `gospect track`: sizes over releases: record, log, show, check, chart, export, import.

mod check;
mod store;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::frame::{self, Format, Output, Sink, Trouble};
use crate::analysis::graph::{Graph, Row};
use crate::analysis::policy::values::{Date, Growth, size};
use crate::analysis::size::{self as sizes, By, Group, Options, Report};
use crate::go::Program;
use crate::input::{Bytes, Name};
use crate::report::chart::Chart;
use crate::report::size::{Shown, View};
use crate::report::track::{LogEntry, Retained};
use crate::report::{self, text};
use store::{Release, Store};

/// Keeps the sizes of releases in a history file, shows and charts them, and fails on a regression.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect track record ./server\n  gospect track check --max-growth 2% \
        ./server\n  gospect track chart --format html -o sizes.html\n  \
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
        /// Record what goes with each module too, as `gospect why` has it; reads all code, which takes
        /// longer.
        #[arg(long)]
        retained: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Lists what is recorded.
    Log {
        /// Of this name only.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// How to print.
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
            "json"]))]
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
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Common,
    },
    /// Holds a file against the last other releases, or against a named one; exit status 1 where it passes a
    /// budget.
    ///
    /// Budgets are --max-growth, --max-size, and [budget] in gospect.toml; where none is set that is said,
    /// and nothing can fail. A release that has the file's own label, or that is the file itself, is passed
    /// over.
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
        /// The file's own release [default: the version or VCS revision in the build information].
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// It may grow by so much: 2%, 200KiB.
        #[arg(long, value_name = "GROWTH", value_parser = |s: &str| Growth::parse(s))]
        max_growth: Option<Growth>,
        /// It may be so large: 20MiB.
        #[arg(long, value_name = "SIZE", value_parser = |s: &str| size(s))]
        max_size: Option<u64>,
        /// The policy file whose [budget] holds.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// What to compare by.
        #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package",
            "section", "kind"])]
        by: String,
        /// Show the N largest changes only, the others as one sum; 0 for all [default: 10; all in JSON].
        #[arg(long, value_name = "N")]
        top: Option<usize>,
        /// How to print.
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
            "json", "markdown"]))]
        format: Format,
        #[command(flatten)]
        common: Common,
    },
    /// Draws the largest modules, packages or kinds over the releases.
    Chart {
        /// Of this name only.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What the lines are; `retained` is what goes with each module, where it was recorded.
        #[arg(long, value_name = "KEY", default_value = "module", value_parser = ["module", "package",
            "section", "kind", RETAINED])]
        by: String,
        /// Lines for the largest N.
        #[arg(long, value_name = "N", default_value_t = 8)]
        top: usize,
        /// How to draw.
        #[arg(long, value_name = "FORMAT", default_value = "svg", value_parser = frame::formats(["svg",
            "html"]))]
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

/// The lines of a chart that are not of [`By`].
const RETAINED: &str = "retained";

/// How a release is shown.
#[derive(Debug, clap::Args)]
struct Page {
    /// What to group by [default: module]. CSV has the groups in place of all rows then, and JSON beside
    /// them.
    #[arg(long, value_name = "KEY", value_parser = ["module", "package", "section", "kind"])]
    by: Option<String>,
    /// Show the largest N only, the others as one sum; 0 for all [default: 30; all in JSON and CSV].
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Only what has TEXT in its package, module, section or kind; an error where nothing has.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only PACKAGE, or a module: from which structures its bytes come.
    #[arg(long, value_name = "PACKAGE", conflicts_with = "by")]
    explain: Option<String>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "csv", "markdown"]))]
    format: Format,
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
            "gospect: a chart is nothing for a terminal: write it to a file, as with -o sizes.svg or \
                --format html -o sizes.html",
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

/// What a step came to: what the writer says, or why there is nothing to write.
type Done = Result<std::io::Result<u8>, Failure>;

fn work(what: &What, common: &Common, out: &mut Sink) -> Done {
    let db = &common.history;
    let of_db = |e: String| (db.clone(), e);
    match what {
        What::Record {
            files,
            label,
            name,
            replace,
            retained,
            ..
        } => {
            let mut all = Vec::new();
            for path in files {
                let one = measured(path, label.as_deref(), name.as_deref(), *retained);
                all.push(one.map_err(|e| (path.clone(), e))?);
            }
            record(all, *replace, common, out)
        }
        What::Log { name, format, .. } => {
            let s = Store::open(db, false).map_err(of_db)?;
            let mut all = s.releases(name.as_deref()).map_err(of_db)?;
            if *format == Format::Json {
                s.add_retained(&mut all).map_err(of_db)?;
            }
            let entries: Vec<LogEntry> = all.iter().map(entry).collect();
            out.fold(format.fitting(&common.output));
            fine(match format {
                Format::Json => report::track::write_json(out, &entries, &[]),
                _ => report::track::write_log(out, &entries, common.output.width()),
            })
        }
        What::Show {
            label, name, page, ..
        } => show(label, name.as_deref(), page, common, out),
        What::Check { .. } => check::run(what, common, out),
        What::Chart {
            name,
            by,
            top,
            format,
            ..
        } => chart(name.as_deref(), by, *top, *format, common, out),
        What::Export { .. } => {
            let s = Store::open(db, false).map_err(of_db)?;
            let mut releases = s.releases(None).map_err(of_db)?;
            s.add_retained(&mut releases).map_err(of_db)?;
            let reports = releases
                .iter()
                .map(|r| s.report(r))
                .collect::<Result<Vec<_>, _>>()
                .map_err(of_db)?;
            let entries: Vec<LogEntry> = releases.iter().map(entry).collect();
            fine(report::track::write_json(out, &entries, &reports))
        }
        What::Import { file, .. } => import(file, common, out),
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

fn fine(r: std::io::Result<()>) -> Done {
    Ok(r.map(|()| super::FINE))
}

fn record(all: Vec<(Release, Report)>, replace: bool, common: &Common, out: &mut Sink) -> Done {
    Store::open(&common.history, true)
        .and_then(|mut s| s.record(&all, replace))
        .map_err(|e| (common.history.clone(), e))?;
    let line = |r: &Release| {
        format!(
            "recorded {} {}: {} bytes\n",
            text::escape(r.name.as_bytes()),
            text::escape(r.label.as_bytes()),
            text::grouped(r.file_size)
        )
    };
    fine(if common.output.quiet {
        Ok(())
    } else {
        all.iter()
            .try_for_each(|(r, _)| out.write_all(line(r).as_bytes()))
    })
}

fn show(label: &str, name: Option<&str>, page: &Page, common: &Common, out: &mut Sink) -> Done {
    let of_db = |e: String| (common.history.clone(), e);
    let s = Store::open(&common.history, false).map_err(of_db)?;
    let all = s.releases(name).map_err(of_db)?;
    let found = all
        .iter()
        .rfind(|r| r.label == *label)
        .ok_or_else(|| of_db(format!("has no release {label}")))?;
    let report = s.report(found).map_err(of_db)?;
    let for_programs = matches!(page.format, Format::Json | Format::Csv);
    let view = View {
        by: page.by.as_deref().and_then(By::from_word).unwrap_or(By::Module),
        top: page.top.unwrap_or(if for_programs { 0 } else { 30 }),
        grouped: page.by.is_some() || page.top.is_some(),
        tree: false,
        filter: page.filter.clone(),
        memory: false,
        explain: page.explain.clone(),
        color: common.output.colored(),
        width: common.output.width(),
    };
    let title = format!("{} {}", found.name, found.label);
    let title = match page.format {
        Format::Text => text::escape(title.as_bytes()),
        _ => title,
    };
    let shown = Shown {
        name: &Name::from(title.as_str()),
        file: &title,
        rows: sizes::select(&report, &view.wanted()).map_err(of_db)?,
        report: &report,
        view: &view,
    };
    out.fold(page.format.fitting(&common.output));
    fine(match page.format {
        Format::Json => report::size::write_shown(out, &shown),
        Format::Csv => report::size::write_csv(out, &shown),
        Format::Markdown => report::size::write_markdown(out, &shown),
        _ => report::size::write_text(out, &shown),
    })
}

fn chart(name: Option<&str>, by: &str, top: usize, format: Format, common: &Common, out: &mut Sink) -> Done {
    let of_db = |e: String| (common.history.clone(), e);
    let s = Store::open(&common.history, false).map_err(of_db)?;
    let mut releases = s.releases(name).map_err(of_db)?;
    let name = one_name(&releases).map_err(of_db)?;
    let mut chart;
    if by == RETAINED {
        s.add_retained(&mut releases).map_err(of_db)?;
        if releases.iter().all(|r| r.retained.is_empty()) {
            return Err(of_db(
                "has nothing of what goes with modules; `gospect track record --retained` records it".into(),
            ));
        }
        chart = Chart::new(RETAINED, &name);
        for r in &releases {
            let group = |x: &Retained| Group {
                key: x.module.clone(),
                bytes: x.retained,
                ..Group::default()
            };
            chart.add(&r.label, r.file_size, r.retained.iter().map(group).collect());
        }
    } else {
        let by = By::from_word(by).unwrap_or(By::Module);
        chart = Chart::new(by.word(), &name);
        for r in &releases {
            let report = s.report(r).map_err(of_db)?;
            let groups = sizes::group(&report.rows, |row| by.key(row));
            chart.add(&r.label, r.file_size, groups);
        }
    }
    fine(match format {
        Format::Html => chart.write_html(out, top),
        _ => chart.write_svg(out, top),
    })
}

fn import(file: &Path, common: &Common, out: &mut Sink) -> Done {
    let of_db = |e: String| (common.history.clone(), e);
    let all = read(file, |bytes| Ok(report::track::read_json(bytes)?));
    let all = all.map_err(|e| (file.to_path_buf(), e))?;
    let mut s = Store::open(&common.history, true).map_err(of_db)?;
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
                retained: e.retained,
            };
            (release, r)
        })
        .collect();
    s.record(&new, false).map_err(of_db)?;
    fine(if common.output.quiet {
        Ok(())
    } else {
        writeln!(out, "imported {} releases", new.len())
    })
}

fn entry(r: &Release) -> LogEntry {
    LogEntry {
        name: r.name.clone(),
        label: r.label.clone(),
        recorded: r.recorded,
        day: Date::from_unix(r.recorded).to_string(),
        file_size: r.file_size,
        go_version: r.go_version.clone(),
        retained: r.retained.clone(),
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
fn measured(
    path: &Path,
    label: Option<&str>,
    name: Option<&str>,
    with_retained: bool,
) -> Result<(Release, Report), String> {
    let (report, label, retained) = read(path, |bytes| {
        let label = match label {
            Some(l) => l.to_string(),
            None => stamp(bytes).ok_or_else(|| {
                Trouble::File(
                    "its build information has no version and no VCS revision; give a --label".into(),
                )
            })?,
        };
        let retained = if with_retained {
            retained(bytes)?
        } else {
            Vec::new()
        };
        Ok((sizes::measure(bytes, Options::default())?, label, retained))
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
        retained,
    };
    Ok((release, report))
}

/// What goes with each of a program's modules.
fn retained(bytes: &Bytes) -> Result<Vec<Retained>, Trouble> {
    let program = Program::open(bytes)?;
    let table = Graph::new(&program, None)?.table();
    let one = |r: Row| Retained {
        module: r.name,
        own: r.own,
        retained: r.retained,
        certain: r.certain,
    };
    Ok(table.modules.into_iter().map(one).collect())
}

/// The label that a file would be recorded under by itself.
fn stamped(path: &Path) -> Option<String> {
    read(path, |bytes| Ok(stamp(bytes))).ok().flatten()
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
