//! `gospect size`: every byte of a file, attributed.

use std::path::PathBuf;

use super::frame::{self, Format, Output, Trouble};
use crate::analysis::graph;
use crate::analysis::size::{self, By, Detail, Options};
use crate::go::Program;
use crate::report::size::{self as size_report, Shown, View};
use crate::report::text;

/// Says where every byte of a file goes: the rows add up to the file, stripped or not.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect size ./server\n  gospect size --by package --top 20 ./server\n  \
        gospect size --explain runtime ./server\n  \
    gospect size --memory --by symbol --top 10 ./server\n  \
    gospect size --format csv --by package --top 20 ./server\n  gospect size --format json ./server > \
    size.json\n  \
    gospect size --why --format html -o size.html ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to group by [default: module]. CSV has the groups in place of all rows then, and JSON beside
    /// them.
    #[arg(long, value_name = "KEY", value_parser = ["module", "package", "section", "kind", "symbol",
        "file"])]
    by: Option<String>,
    /// Show the largest N only, the others as one sum; 0 for all [default: 30; all in JSON and CSV]. HTML has
    /// all.
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Show what is in each group.
    #[arg(long)]
    tree: bool,
    /// Only what has TEXT in its package, module, section, symbol, file or kind; an error where nothing has.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Show memory that has no bytes in the file too (bss), by the same key; in text, Markdown and JSON.
    #[arg(long)]
    memory: bool,
    /// Only PACKAGE, or a module: from which structures its bytes come, and its largest symbols.
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["by", "tree", "memory"])]
    explain: Option<String>,
    /// With --format html: show what goes with each module and package, and what leads to it, as `gospect
    /// why` does. Reads all code, which takes longer.
    #[arg(long)]
    why: bool,
    /// Don't let symbols tell whose a variable is: measure as if the file were stripped.
    #[arg(long)]
    no_symbols: bool,
    /// Hold what is inferred without symbols against the symbols, and say how far the two agree.
    #[arg(long, conflicts_with_all = ["explain", "filter", "tree"])]
    verify: bool,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json",
        "csv", "markdown", "html", "svg"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let by = args.by.as_deref().and_then(By::from_word).unwrap_or(By::Module);
    let detail = if args.explain.is_some() || args.format == Format::Html {
        Detail::Symbol
    } else {
        by.detail()
    };
    let options = Options {
        detail,
        symbols: !args.no_symbols,
    };
    let for_programs = matches!(args.format, Format::Json | Format::Csv);
    let view = View {
        by,
        top: args.top.unwrap_or(if for_programs { 0 } else { 30 }),
        grouped: args.by.is_some() || args.top.is_some(),
        tree: args.tree,
        filter: args.filter.clone(),
        memory: args.memory,
        explain: args.explain.clone(),
        color: args.output.colored(),
        width: args.output.width(),
    };
    if args.why && args.format != Format::Html {
        frame::note(
            "gospect: --why is for --format html; `gospect why` says the same as text, Markdown and JSON",
        );
        return super::TROUBLE;
    }
    let one_document = matches!(args.format, Format::Html | Format::Svg);
    let mut seen = 0;
    frame::each(&args.output, &args.files, |file, bytes, out| {
        seen += 1;
        // Also several files of one folder; what is written so far is thrown away.
        if one_document && (args.files.len() > 1 || seen > 1) {
            frame::note("gospect: a page or a drawing shows one file; name one, or use another --format");
            return Err(Trouble::Said);
        }
        let name = text::escape(file.shown().as_os_str().as_encoded_bytes());
        if args.verify {
            size_report::write_agreement(out, &name, &size::agreement(bytes)?, args.output.verbose)?;
            return Ok(super::FINE);
        }
        let report = if args.memory {
            size::measure_with_memory(bytes, options)?
        } else {
            size::measure(bytes, options)?
        };
        let rows = size::select(&report, &view.wanted()).map_err(Trouble::File)?;
        let shown_as = match args.format {
            Format::Text => name,
            _ => file.to_string(),
        };
        let (report, view) = (&report, &view);
        let shown = Shown {
            name: file,
            file: &shown_as,
            report,
            rows,
            view,
        };
        out.fold(args.format.fitting(&args.output));
        match args.format {
            Format::Html => {
                let held = match args.why {
                    true => Some(graph::Graph::new(&Program::open(bytes)?, None)?.holdings()),
                    false => None,
                };
                size_report::write_html(out, &shown_as, report, &shown.rows, (by, held.as_ref()))?
            }
            Format::Svg => size_report::write_svg(out, &shown)?,
            Format::Csv => size_report::write_csv(out, &shown)?,
            Format::Markdown => size_report::write_markdown(out, &shown)?,
            Format::Json => size_report::write_shown(out, &shown)?,
            _ => size_report::write_text(out, &shown)?,
        }
        Ok(super::FINE)
    })
}
