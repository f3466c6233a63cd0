//! `gospect generate`: completions, man pages and JSON schemas, from the same table that parses the
//! arguments.

use std::io::Write;

use clap::CommandFactory;

use super::frame::{self, Output};
use crate::report::schema;

/// Shell completions, man pages, JSON schemas.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect generate completions bash > /etc/bash_completion.d/gospect\n  \
        gospect generate man | man -l -\n  gospect generate man track record | man -l -\n  \
    gospect generate schema info"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
        #[command(flatten)]
        output: Output,
    },
    /// The man page of gospect, or of one sub-command.
    Man {
        /// The sub-command, and the one below it: `track record`.
        command: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// The JSON schema of a sub-command's output.
    Schema {
        /// The sub-command.
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(schema::names()))]
        command: String,
        #[command(flatten)]
        output: Output,
    },
}

pub(super) fn run(args: &Args) -> u8 {
    let mut bytes = Vec::new();
    let output = match &args.what {
        What::Completions { shell, output } => {
            clap_complete::generate(*shell, &mut super::Cli::command(), "gospect", &mut bytes);
            output
        }
        What::Man { command, output } => {
            let mut all = super::Cli::command();
            all.build();
            let mut page = Some(&all);
            for name in command {
                page = page.and_then(|c| c.find_subcommand(name));
            }
            let name = std::iter::once("gospect").chain(command.iter().map(String::as_str));
            let name = name.collect::<Vec<_>>().join("-");
            let page = page.cloned().map(|c| c.display_name(name.clone()).name(name));
            let Some(page) = page else {
                frame::note(&format!("gospect: no sub-command {:?}", command.join(" ")));
                return super::TROUBLE;
            };
            // Writing to memory does not fail.
            let mut text = Vec::new();
            let _ = clap_mangen::Man::new(page).render(&mut text);
            // What stands behind the options are examples.
            let text = String::from_utf8_lossy(&text).replace("\n.SH EXTRA\n", "\n.SH EXAMPLES\n");
            bytes.extend(text.bytes());
            output
        }
        What::Schema { command, output } => {
            bytes.extend(schema::get(command).unwrap_or_default().as_bytes());
            output
        }
    };
    frame::to_output(output, |sink| {
        sink.write_all(&bytes)?;
        Ok(super::FINE)
    })
}
