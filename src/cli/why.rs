//! `gospect why`: what keeps a package in a program, and what the program would lose with it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::graph::{Found, Graph};
use crate::go::Program;
use crate::input::{self, fault};
use crate::report::text::escape;
use crate::report::why::{self as report, Answer, Style};

/// Says what each module holds in the program, who else uses it, and through which chain of calls the program
/// comes to it.
///
/// The linker's own reasons are put together again from the binary: calls, conversions to interfaces, methods
/// that interfaces and reflection may call, packages' initialization. `with it` is what the program loses
/// with the module, `certain` what it loses even if every other package stays.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect why ./server\n  gospect why ./server google.golang.org/grpc\n  \
        gospect why --drop github.com/aws/aws-sdk-go-v2 --drop github.com/aws/smithy-go ./server\n  \
    go list -deps -json ./cmd/server > deps.json; gospect why --imports deps.json ./server\n  \
    gospect why --source . ./server\n  gospect why --all 5 --format dot ./server net/http | dot -Tsvg > \
    why.svg\n\n\
    Exit status: 0 fine; 2 wrong usage, a file that could not be read, or a target that is not in the \
    program."
)]
pub struct Args {
    /// The program; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A module, package, function, type or embedded file: shows the shortest chain from `main` to it; with
    /// --drop the one that is left without those.
    #[arg(value_name = "TARGET", conflicts_with_all = ["packages", "top"])]
    target: Option<String>,
    /// Show up to N chains, no two from the same place into the target.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "target")]
    all: usize,
    /// What goes when this module or package goes; may be given several times for those that go together.
    #[arg(long, value_name = "MODULE")]
    drop: Vec<String>,
    /// What `go list -deps -json` prints for the package that was built: imports are not in a binary, and
    /// inferred without it.
    #[arg(long, value_name = "LIST")]
    imports: Option<PathBuf>,
    /// The source of the program, in which `go list -deps -json` is run as the program was built: system,
    /// architecture and tags.
    #[arg(long, value_name = "DIR", conflicts_with = "imports")]
    source: Option<PathBuf>,
    /// Packages in place of modules.
    #[arg(long)]
    packages: bool,
    /// Show so many rows; 0 shows all.
    #[arg(long, value_name = "N", default_value_t = 40)]
    top: usize,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "markdown", "dot"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let list = match args
        .imports
        .as_ref()
        .map(|p| (p, input::open_or_stdin(p, fault::guard())))
    {
        None => None,
        Some((_, Ok(bytes))) => Some(bytes),
        Some((path, Err(e))) => {
            frame::complain(path, &frame::io_words(&e));
            return super::TROUBLE;
        }
    };
    frame::each(
        &args.output,
        std::slice::from_ref(&args.file),
        |file, bytes, out| {
            out.fold(args.format.fitting(&args.output));
            let program = Program::open(bytes)?;
            let run = args.source.as_ref().map(|dir| go_list(dir, &program)).transpose();
            let run = run.map_err(Trouble::File)?;
            let graph = Graph::new(&program, run.as_deref().or(list.as_deref()))?;
            if file.is_member() && !matches!(args.format, Format::Json | Format::Dot) {
                writeln!(out, "{}:", escape(file.as_bytes()))?;
            }
            if let Some(target) = &args.target {
                let found = graph.paths(target, &args.drop, args.all).map_err(Trouble::File)?;
                if found == Found::Absent {
                    let what = "no module, package, function, type or embedded file of the program";
                    return Err(Trouble::File(format!("{what} is called {target}")));
                }
                match args.format {
                    Format::Json => report::chains_json(out, file, target, &found)?,
                    Format::Dot => report::chains_dot(out, &found)?,
                    _ => report::chains(out, target, &found)?,
                }
                return Ok(super::FINE);
            }
            let set = match args.drop.is_empty() {
                true => None,
                false => {
                    let (row, goes) = graph.together(&args.drop).map_err(Trouble::File)?;
                    Some(report::Set {
                        names: args.drop.clone(),
                        row,
                        goes,
                    })
                }
            };
            let mut answer = Answer {
                set,
                ..Answer::default()
            };
            if answer.set.is_none() || matches!(args.format, Format::Json | Format::Dot) {
                answer.table = graph.table();
            }
            let style = Style {
                packages: args.packages,
                top: args.top,
                markdown: args.format == Format::Markdown,
            };
            match args.format {
                Format::Json => report::json(out, file, &graph, &answer)?,
                Format::Dot => report::dot(out, &answer, style)?,
                _ => report::table(out, &graph, &answer, style)?,
            }
            Ok(super::FINE)
        },
    )
}

/// Runs `go list -deps -json` in the folder of the program's source, for the package, system, architecture
/// and tags that the build information names.
fn go_list(dir: &Path, program: &Program<'_>) -> Result<Vec<u8>, String> {
    let info = program.build_info().map(|b| &b.info);
    let setting = |key: &str| info.and_then(|i| i.setting(key)).filter(|v| !v.is_empty());
    let package = info.map(|i| String::from_utf8_lossy(i.path)).unwrap_or_default();
    let mut go = std::process::Command::new("go");
    go.args(["list", "-deps", "-json=ImportPath,Name,DepOnly,Imports,ImportMap"]);
    if let Some(tags) = setting("-tags") {
        go.arg(format!("-tags={tags}"));
    }
    for key in ["GOOS", "GOARCH", "CGO_ENABLED"] {
        if let Some(v) = setting(key) {
            go.env(key, &*v);
        }
    }
    // A program built from files has no path that go list takes.
    let named = !package.is_empty() && package != "command-line-arguments" && !package.starts_with('-');
    go.args(["--", if named { &*package } else { "." }])
        .current_dir(dir);
    let out = go.output().map_err(|e| {
        format!(
            "--source: the go command can't be run in {}: {}",
            dir.display(),
            frame::io_words(&e)
        )
    })?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let said = String::from_utf8_lossy(&out.stderr);
    let line = said
        .lines()
        .rfind(|l| !l.trim().is_empty())
        .unwrap_or("no reason given");
    Err(format!("--source: go list in {}: {}", dir.display(), line.trim()))
}
