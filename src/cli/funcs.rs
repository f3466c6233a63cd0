//! `gospect funcs`: the functions of each file, stripped or not.

use std::path::PathBuf;

use regex::bytes::Regex;

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::funcs;
use crate::go::Program;
use crate::go::pclntab::{Found, Layout, Table};
use crate::input::{Bytes, Name};
use crate::report;
use crate::report::text::escape;

/// The functions of each file, stripped or not: name, package, address, size, file and line.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect funcs ./server\n  gospect funcs --package net/http --inlined \
        ./server\n  gospect funcs --match '\\.init' --format json ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also which functions were inlined into each.
    #[arg(long)]
    inlined: bool,
    /// Only functions of this package; with `/...` at its end, of those below it too.
    #[arg(long, value_name = "PATH")]
    package: Option<String>,
    /// Only functions whose name matches this regular expression.
    #[arg(long = "match", value_name = "REGEXP")]
    matching: Option<Regex>,
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
        let table = program.pclntab()?;
        if !args.output.quiet {
            for w in table.warnings() {
                frame::complain(file.shown(), &format!("warning: {w}"));
            }
        }
        let options = funcs::Options {
            inlined: args.inlined,
        };
        let mut all = funcs::list(&program, &options)?;
        all.retain(|f| {
            let package = args.package.as_deref();
            package.is_none_or(|p| funcs::in_package(f.package, p))
                && args.matching.as_ref().is_none_or(|r| r.is_match(f.name))
        });
        frame::warn(file.shown(), program.image(), &args.output);
        match args.format {
            Format::Json => report::funcs::json(out, file, &facts(table), &all, args.inlined)?,
            _ => {
                if args.files.len() > 1 || file.is_member() {
                    use std::io::Write;
                    writeln!(out, "{}:", escape(file.shown().as_os_str().as_encoded_bytes()))
                        .map_err(Trouble::Output)?;
                }
                report::funcs::text(out, &all)?;
            }
        }
        Ok(super::FINE)
    })
}

/// The JSON object of a file without any option.
pub(super) fn json(out: &mut dyn std::io::Write, name: &Name, bytes: &Bytes) -> crate::Result<()> {
    let program = Program::open_unpacked(bytes, None)?;
    let table = program.pclntab()?;
    let all = funcs::list(&program, &funcs::Options { inlined: false })?;
    let written = report::funcs::json(out, name, &facts(table), &all, false);
    written.map_err(|e| crate::Error::new(e.to_string()))
}

fn facts(table: &Table<'_>) -> report::funcs::Pclntab {
    report::funcs::Pclntab {
        layout: match table.layout() {
            Layout::Go12 => "1.2",
            Layout::Go116 => "1.16",
            Layout::Go118 => "1.18",
            Layout::Go120 => "1.20",
        },
        addr: report::json::hex(table.addr()),
        size: table.size(),
        magic: report::json::hex(u64::from(table.magic())),
        found: match table.found() {
            Found::Section => "section",
            Found::Symbols => "symbols",
            Found::Scan => "scan",
        },
        text: report::json::hex(table.text()),
    }
}
