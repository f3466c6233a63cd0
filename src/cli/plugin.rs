//! `gospect plugin`: what a plugin is, and whether a host will load it.

use std::path::{Path, PathBuf};

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::plugin::{Host, Plugin, verdicts};
use crate::input::Bytes;
use crate::report::plugin::{self as report, Row};

/// Says what a plugin exports and was linked with, and whether a host's plugin.Open will take it.
///
/// Nothing is loaded or run: the answer comes from hashes in both files, which strip leaves alone. Several
/// plugins are taken as opened one after the other by the same host.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect plugin ./auth.so\n  gospect plugin --host ./server ./auth.so \
        ./log.so\n\n\
    Exit status: 0 fine; 1 the host will refuse a plugin; 2 wrong usage or a file that could not be read."
)]
pub struct Args {
    /// Plugins, in the order in which they are opened.
    #[arg(required = true, value_name = "PLUGIN")]
    plugins: Vec<PathBuf>,
    /// The program that is to load them.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
        "json"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

fn read<T>(path: &Path, parse: impl FnOnce(&Bytes) -> crate::Result<T>) -> Result<T, Trouble> {
    frame::open_or_complain(path, |bytes| Ok(parse(bytes)?))
}

pub(super) fn run(args: &Args) -> u8 {
    let mut status = super::FINE;
    let written = frame::to_output(&args.output, |sink| {
        let host = match &args.host {
            None => None,
            Some(path) => Some((path.to_string_lossy().into_owned(), read(path, Host::read)?)),
        };
        let mut rows: Vec<Row> = Vec::new();
        for path in &args.plugins {
            match read(path, Plugin::read) {
                Ok(plugin) => rows.push(Row {
                    file: path.to_string_lossy().into_owned(),
                    plugin,
                    verdict: None,
                }),
                Err(_) => status = super::TROUBLE,
            }
        }
        if let Some((_, h)) = &host {
            let all = verdicts(h, rows.iter().map(|r| &r.plugin));
            if all.iter().any(|v| !v.fits) {
                status = status.max(super::FINDINGS);
            }
            for (row, v) in rows.iter_mut().zip(all) {
                row.verdict = Some(v);
            }
        }
        let host = host.as_ref().map(|(name, h)| (name.as_str(), h));
        sink.fold(args.format.fitting(&args.output));
        match args.format {
            Format::Json => report::write_json(sink, host, &rows)?,
            _ => report::write_text(sink, host, &rows, args.output.verbose)?,
        }
        Ok(super::FINE)
    });
    status.max(written)
}
