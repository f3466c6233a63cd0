//! `gospect generate`: completions, man pages and JSON schemas, from the same table that parses the arguments.

use std::io::Write;

use clap::CommandFactory;

use super::frame::{self, Output};
use crate::report::schema;

/// Shell completions, man pages, JSON schemas.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect generate completions bash > /etc/bash_completion.d/gospect\n  gospect generate man | man -l -\n  \
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
        /// The sub-command.
        command: Option<String>,
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
            let page = match command {
                None => Some(all),
                Some(name) => {
                    let found = all.find_subcommand(name).cloned();
                    found.map(|c| {
                        c.display_name(format!("gospect-{name}"))
                            .name(format!("gospect-{name}"))
                    })
                }
            };
            let Some(page) = page else {
                frame::note(&format!(
                    "gospect: no sub-command {:?}",
                    command.as_deref().unwrap_or_default()
                ));
                return super::TROUBLE;
            };
            // Writing to memory does not fail.
            let _ = clap_mangen::Man::new(page).render(&mut bytes);
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
