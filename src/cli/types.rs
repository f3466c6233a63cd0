//! `gospect types`: the types of each file, stripped or not.

use std::path::PathBuf;

use regex::bytes::Regex;

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::types;
use crate::go::Program;
use crate::report;
use crate::report::text::escape;

/// The types of each file, stripped or not: name, package, kind, size, fields, methods.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect types ./server\n  gospect types --package net/http --kind struct \
        --members ./server\n  gospect types --format json ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also fields and methods (JSON always has them).
    #[arg(long)]
    members: bool,
    /// Only types of this package; with `/...` at its end, of those below it too.
    #[arg(long, value_name = "PATH")]
    package: Option<String>,
    /// Only types whose name matches this regular expression.
    #[arg(long = "match", value_name = "REGEXP")]
    matching: Option<Regex>,
    /// Only types of this kind: struct, interface, func, ptr, …
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
        "json"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    frame::each(&args.output, &args.files, |file, bytes, out| {
        let program = Program::open_unpacked(bytes, None)?;
        let module = program.moduledata()?;
        if !args.output.quiet {
            for w in module.warnings.iter().chain(&program.types().warnings) {
                frame::complain(file.shown(), &format!("warning: {w}"));
            }
        }
        let filter = types::Filter {
            package: args.package.as_deref(),
            matching: args.matching.as_ref(),
            kind: args.kind.as_deref(),
        };
        let all = types::filtered(&program, &filter);
        frame::warn(file.shown(), program.image(), &args.output);
        if args.format == Format::Json {
            report::types::json(out, file, &program, all)?;
            return Ok(super::FINE);
        }
        if args.files.len() > 1 || file.is_member() {
            use std::io::Write;
            writeln!(out, "{}:", escape(file.shown().as_os_str().as_encoded_bytes()))
                .map_err(Trouble::Output)?;
        }
        report::types::text(out, &program, all, args.members)?;
        Ok(super::FINE)
    })
}
