//! `gospect reproduce`: builds a binary again from what it says of itself, and compares.

use std::path::{Path, PathBuf};

use super::frame::{self, Format, Output, Trouble};
use super::sbom;
use crate::analysis::compare::Class;
use crate::analysis::reproduce::{self, Cannot, Outcome, Plan, Reason, Told, Verdict};
use crate::go::Program;
use crate::input::ending;
use crate::report::reproduce as report;

mod build;
mod go;
mod linker;
mod rebuild;
mod source;
mod step;

pub(super) use step::wrapped;

/// Builds a Go binary again from what it says of itself, and proves it the same, or says why not.
///
/// The source comes through the module proxy of the go command, with its sums held against the file's; the
/// toolchain is the one that built the file. Code is compiled and never run. C compilers run only with
/// --allow-cgo.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect reproduce --plan ./server\n  gospect reproduce ./server\n  gospect \
        reproduce --source ~/src/server --format json ./server\n  \
    gospect reproduce --module github.com/evanw/esbuild@v0.28.2 --package \
    github.com/evanw/esbuild/cmd/esbuild --go 1.26.5 --linker-patch no-buildinfo ./esbuild\n  \
    gospect reproduce --attest server.intoto.json ./server\n\n\
    Exit status: 0 identical, or identical but for what --allow names; 1 different; 2 it can't be built \
    again, wrong usage, or a file that could not be read."
)]
pub struct Args {
    /// The program; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the commands and their environment, and run nothing.
    #[arg(long)]
    plan: bool,
    /// The source: a checkout, of which the commit is taken that the file is stamped with, or a folder.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// The main module, where the file does not say it or its version.
    #[arg(long, value_name = "PATH@VERSION", value_parser = module)]
    module: Option<String>,
    /// The main package's import path, where the file does not say it.
    #[arg(long, value_name = "PATH")]
    package: Option<String>,
    /// The Go version, where the file does not say it.
    #[arg(long, value_name = "VERSION")]
    go: Option<String>,
    /// A build setting, named as in `go version -m`: `-ldflags`, `-tags`, `CGO_ENABLED`, `GOAMD64`, ...; may
    /// be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting, allow_hyphen_values = true)]
    set: Vec<(String, String)>,
    /// Let C compilers run on the module's code.
    #[arg(long)]
    allow_cgo: bool,
    /// Link with a linker that was changed as the publisher's was: `no-buildinfo` leaves the build
    /// information out.
    #[arg(long, value_name = "PATCH", value_parser = ["no-buildinfo"])]
    linker_patch: Option<String>,
    /// Exit with 0 although this differs: a word of the report, as `-pgo`; may be given several times.
    #[arg(long, value_name = "CAUSE", allow_hyphen_values = true)]
    allow: Vec<String>,
    /// Work in DIR, which must be empty or not there, and keep everything in it.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Write an in-toto statement with SLSA provenance of the rebuild to FILE, unsigned.
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    attest: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
        "json"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

fn module(text: &str) -> Result<String, String> {
    let plain = reproduce::allowed::plain;
    match text.split_once('@') {
        Some((path, version)) if plain(path) && plain(version) => Ok(text.to_string()),
        _ => Err("is not PATH@VERSION".into()),
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("is not KEY=VALUE".into()),
    }
}

pub(super) fn run(args: &Args) -> u8 {
    // One that can't be written is said before the work.
    let attest = match &args.attest {
        None => None,
        Some(path) => match open_attestation(path) {
            Ok(sink) => Some(sink),
            Err(what) => {
                frame::complain(path, &what);
                return super::TROUBLE;
            }
        },
    };
    let mut attest = attest;
    frame::each(
        &args.output,
        std::slice::from_ref(&args.file),
        |path, bytes, out| {
            let program = Program::open(bytes)?;
            let told = Told {
                module: args.module.clone(),
                package: args.package.clone(),
                go: args.go.clone(),
                set: args.set.clone(),
                source: args.source.is_some(),
                allow_cgo: args.allow_cgo,
            };
            let mut outcome = rebuild::outcome(&program);
            match reproduce::plan(&program, &told) {
                Err(cannot) => outcome.verdict = Some(Verdict::Cannot(cannot)),
                Ok(plan) => {
                    outcome.notes = plan.notes.clone();
                    outcome.go = Some(plan.go.clone());
                    outcome.env = plan.env.clone();
                    if args.plan {
                        let work = args.keep.clone().unwrap_or_else(|| PathBuf::from("$WORK"));
                        outcome.steps = rebuild::steps(&plan, args.source.as_deref(), &work)
                            .map_err(|c| Trouble::File(c.message))?;
                    } else {
                        in_folder(args, &program, &plan, &mut outcome);
                    }
                }
            }
            if let (Some(sink), Some(Verdict::Identical | Verdict::IdenticalButFor | Verdict::Different)) =
                (attest.take(), &outcome.verdict)
            {
                write_attestation(sink, path.path(), &outcome)?;
            }
            let file: &str = path;
            match args.format {
                Format::Json => report::json(out, file, &outcome)?,
                _ => report::text(out, file, &outcome, args.output.verbose)?,
            }
            Ok(status(&outcome, &args.allow))
        },
    )
}

fn status(outcome: &Outcome, allowed: &[String]) -> u8 {
    let causes = || outcome.because.iter().filter(|c| c.class != Class::Effect);
    let accepted = || causes().all(|c| allowed.iter().any(|a| *a == c.what));
    match &outcome.verdict {
        None | Some(Verdict::Identical) => super::FINE,
        Some(Verdict::IdenticalButFor) if accepted() => super::FINE,
        Some(Verdict::IdenticalButFor | Verdict::Different) => super::FINDINGS,
        Some(Verdict::Cannot(_)) => super::TROUBLE,
    }
}

/// Rebuilds in a folder that is removed afterwards, or kept where the user names one.
fn in_folder(args: &Args, program: &Program<'_>, plan: &Plan, outcome: &mut Outcome) {
    ending::be_patient();
    let cannot = |what: String| Some(Verdict::Cannot(Cannot::new(Reason::BuildFailed, what)));
    let temporary;
    let work = match &args.keep {
        Some(dir) => match own_folder(dir) {
            Ok(dir) => dir,
            Err(what) => {
                outcome.verdict = cannot(format!("{}: {what}", dir.display()));
                return;
            }
        },
        None => match tempfile::Builder::new().prefix("gospect-reproduce-").tempdir() {
            Ok(dir) => {
                temporary = dir;
                temporary.path().to_path_buf()
            }
            Err(e) => {
                outcome.verdict = cannot(format!("no temporary folder: {}", frame::io_words(&e)));
                return;
            }
        },
    };
    let work = std::fs::canonicalize(&work).unwrap_or(work);
    let asked = rebuild::Asked {
        checkout: args.source.as_deref(),
        no_buildinfo: args.linker_patch.is_some(),
        quiet: args.output.quiet,
    };
    let verdict = rebuild::run(program, plan, &asked, &work, outcome);
    outcome.verdict = Some(verdict.unwrap_or_else(Verdict::Cannot));
    if args.keep.is_none() {
        rebuild::make_removable(&work);
    }
}

/// An empty folder of that name.
fn own_folder(dir: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir_all(dir).map_err(|e| frame::io_words(&e))?;
    let mut all = std::fs::read_dir(dir).map_err(|e| frame::io_words(&e))?;
    match all.next() {
        None => Ok(dir.to_path_buf()),
        Some(_) => Err("is not empty".into()),
    }
}

fn open_attestation(path: &Path) -> Result<frame::Sink, String> {
    let output = Output {
        output: Some(path.to_path_buf()),
        ..Output::default()
    };
    output.open().map_err(|e| frame::io_words(&e))
}

fn write_attestation(mut sink: frame::Sink, path: &Path, outcome: &Outcome) -> Result<(), Trouble> {
    let name = path
        .file_name()
        .map_or_else(|| "-".into(), |n| n.to_string_lossy());
    crate::report::attestation::write(&mut sink, &name, outcome, sbom::time)?;
    Ok(sink.finish()?)
}
