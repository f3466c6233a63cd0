//! One file per sub-command: arguments → analysis → report. Streams, colour, progress, exit status live
//! here.
//!
//! `version`, `nm`, `objdump` and `addr2line` take Go's flags and are parsed by [`goflags`] before clap
//! sees them; clap still describes them, for `--help`, man pages and completions.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::analysis::policy::rules::nearest_word;
use crate::report::text;

mod addr2line;
pub mod api;
mod check;
mod compare;
mod diff;
mod embeds;
mod explore;
pub mod frame;
mod funcs;
mod generate;
pub mod goflags;
mod info;
mod nm;
mod objdump;
mod parts;
mod plugin;
mod report;
mod reproduce;
mod sbom;
mod scan;
mod size;
mod track;
mod types;
mod version;
mod vuln;
mod whatif;
mod whatif_rebuild;
mod why;

use crate::input::standard::{self, Accepted};

/// Opens any Go binary and says who built it, from what, how it is linked, and what every byte is for.
#[derive(Debug, Parser)]
#[command(
    name = "gospect",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(
    override_usage = "gospect [OPTIONS] FILE...\n       gospect <COMMAND>",
    after_help = "`gospect FILE...` is short for `gospect info FILE...`.\n\nExamples:\n  gospect ./server\n\
    \x20 gospect version -m ./server\n\n\
    Exit status: 0 fine; 1 findings; 2 wrong usage or a file that could not be read."
)]
pub struct Cli {
    /// Read no more than SIZE (as `64MB`, `2GiB`) from standard input [default: 4GiB].
    #[arg(long, global = true, value_name = "SIZE", value_parser = crate::analysis::policy::values::size)]
    max_input: Option<u64>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Info(info::Args),
    Version(version::Args),
    Nm(nm::Args),
    Objdump(objdump::Args),
    Funcs(funcs::Args),
    Types(types::Args),
    Embeds(embeds::Args),
    #[command(name = "addr2line")]
    Addr2Line(addr2line::Args),
    Scan(scan::Args),
    Size(size::Args),
    Diff(diff::Args),
    Compare(compare::Args),
    Track(track::Args),
    Vuln(vuln::Args),
    Whatif(whatif::Args),
    Reproduce(reproduce::Args),
    Why(why::Args),
    Explore(explore::Args),
    Check(check::Args),
    Plugin(plugin::Args),
    Report(report::Args),
    Sbom(sbom::Args),
    Generate(generate::Args),
}

/// Sub-commands that take Go's flags.
const GOS_FLAGS: [&str; 4] = ["addr2line", "nm", "objdump", "version"];

/// Exit status: fine.
pub const FINE: u8 = 0;
/// Exit status: findings, differences, or a budget passed.
pub const FINDINGS: u8 = 1;
/// Exit status: wrong usage, or a file that could not be read.
pub const TROUBLE: u8 = 2;

/// Takes `--max-input SIZE` out of the arguments where it stands before the command, or anywhere before
/// `--` for a command with Go's flags: clap knows it behind all others.
///
/// # Errors
/// In words, where SIZE is none.
fn take_limit(args: &mut Vec<OsString>) -> Result<Option<u64>, String> {
    const FLAG: &str = "--max-input";
    let mut limit = None;
    let mut at = 1;
    let mut gos = false;
    while let Some(arg) = args.get(at).and_then(|a| a.to_str()) {
        let joined = arg.strip_prefix(FLAG).and_then(|rest| rest.strip_prefix('='));
        let given = match joined {
            Some(size) => Some(size.to_string()),
            None if arg == FLAG => args.get(at + 1).map(|s| s.to_string_lossy().into_owned()),
            None => None,
        };
        if arg == FLAG || joined.is_some() {
            let given = given.unwrap_or_default();
            let size = crate::analysis::policy::values::size(&given);
            limit = Some(size.map_err(|e| format!("{FLAG} {}: {e}", text::escape(given.as_bytes())))?);
            let end = (at + if joined.is_some() { 1 } else { 2 }).min(args.len());
            args.drain(at..end);
            continue;
        }
        gos |= at == 1 && GOS_FLAGS.contains(&arg);
        if !gos || arg == "--" {
            break;
        }
        at += 1;
    }
    Ok(limit)
}

/// Runs the program with its arguments (the program's own name first) and gives its exit status.
pub fn run(mut args: Vec<OsString>) -> u8 {
    if let Some(status) = reproduce::wrapped(&args) {
        return status;
    }
    watch_signals();
    let limit = match take_limit(&mut args) {
        Ok(limit) => limit,
        Err(what) => {
            frame::note(&format!("gospect: {what}"));
            return TROUBLE;
        }
    };
    let wants_help = args.get(1).is_some_and(|a| a == "help");
    if wants_help {
        // `gospect help size` is `gospect size --help`.
        args.remove(1);
        args.push("--help".into());
    }
    let first = args
        .get(1)
        .and_then(|a| a.to_str())
        .unwrap_or_default()
        .to_string();
    if let Some(status) = run_with_go_flags(&first, args.get(2..).unwrap_or_default(), limit) {
        return status;
    }
    let command = Cli::command();
    let known = command
        .get_subcommands()
        .any(|c| c.get_name() == first || c.get_all_aliases().any(|a| a == first));
    let for_clap = matches!(first.as_str(), "" | "-h" | "--help" | "-V" | "--version");
    if !known && !for_clap {
        let meant = mistyped(&first, &command);
        if wants_help || meant.is_some() {
            let hint = meant.map_or("`gospect --help` names all".into(), |m| {
                format!("did you mean `{m}`?")
            });
            let first = text::escape(first.as_bytes());
            frame::note(&format!("gospect: {first}: no such file or command; {hint}"));
            return TROUBLE;
        }
        if let Some(late) = command_behind_options(&args, &command) {
            frame::note(&format!(
                "gospect: {late}: no such file; a command stands before its options: `gospect {late} {}`",
                text::escape(first.as_bytes())
            ));
            return TROUBLE;
        }
        args.insert(1, "info".into());
    }
    let matches = match command.try_get_matches_from(args) {
        Ok(m) => m,
        Err(e) => {
            // A message that can't be printed has nowhere else to go.
            let _ = e.print();
            return e.exit_code() as u8;
        }
    };
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => {
            accept(cli.max_input.or(limit));
            run_command(cli.command)
        }
        Err(e) => {
            let _ = e.print();
            TROUBLE
        }
    }
}

/// A command that stands behind options, where the short form of `info` takes it for a file.
fn command_behind_options(args: &[OsString], command: &clap::Command) -> Option<String> {
    if !args.get(1)?.to_string_lossy().starts_with('-') {
        return None;
    }
    let mut given = args.windows(2).skip(1).take_while(|w| w[1] != "--");
    let late = given.find(|w| {
        let named = |c: &clap::Command| w[1] == *c.get_name();
        let value = w[0] == "-o" || w[0] == "--output";
        !value && command.get_subcommands().any(named) && std::fs::symlink_metadata(&w[1]).is_err()
    });
    late.map(|w| w[1].to_string_lossy().into_owned())
}

/// The command that was probably meant by a first argument that is neither a command nor a file.
fn mistyped(first: &str, command: &clap::Command) -> Option<String> {
    let looks_like_a_path = first.starts_with('-') || first.contains(['/', '\\', '.', '*']);
    if looks_like_a_path || std::fs::symlink_metadata(first).is_ok() {
        return None;
    }
    let names = command.get_subcommands().map(clap::Command::get_name);
    // Two letters differ from any two others by little.
    let alike = |name: &&str| first.chars().filter(|c| name.contains(*c)).count() * 2 > first.len();
    nearest_word(first, names).filter(alike).map(str::to_string)
}

/// Files half written are removed where the program is ended early.
fn watch_signals() {
    crate::input::fault::guard();
    #[cfg(unix)]
    crate::input::ending::watch();
    #[cfg(windows)]
    {
        // Without a handler Ctrl-C ends the program as ever.
        let _ = ctrlc::set_handler(|| {
            if crate::input::ending::ends() {
                #[allow(clippy::exit)]
                std::process::exit(130);
            }
        });
    }
}

/// Standard input is read up to a limit, and only where it begins as something that a command reads: a
/// binary, a Go object, a C object for windows (which has no magic number), a report in JSON, an archive or
/// a package.
fn accept(limit: Option<u64>) {
    let begins = |b: &[u8]| {
        const COFF: [[u8; 2]; 4] = [[0x64, 0x86], [0x4c, 0x01], [0x64, 0xaa], [0xc4, 0x01]];
        const PACKED: [&[u8]; 7] = [
            b"\x1f\x8b",
            b"PK",
            b"\xfd7zXZ",
            b"\x28\xb5\x2f\xfd",
            b"BZh",
            b"7z\xbc",
            b"\xed\xab\xee\xdb",
        ];
        crate::image::sniff(b).is_some()
            || PACKED.iter().any(|m| b.starts_with(m))
            || b.get(257..262) == Some(b"ustar")
            || b.starts_with(b"go object ")
            || COFF.iter().any(|m| b.starts_with(m))
            || b.trim_ascii_start()
                .first()
                .is_none_or(|b| matches!(b, b'{' | b'['))
    };
    let limit = limit.unwrap_or(4 << 30);
    standard::accept(Accepted { limit, begins });
}

fn run_command(command: Command) -> u8 {
    match command {
        Command::Check(a) => check::run(&a),
        Command::Plugin(a) => plugin::run(&a),
        Command::Report(a) => report::run(&a),
        Command::Sbom(a) => sbom::run(&a),
        Command::Info(a) => info::run(&a),
        Command::Funcs(a) => funcs::run(&a),
        Command::Types(a) => types::run(&a),
        Command::Embeds(a) => embeds::run(&a),
        Command::Generate(a) => generate::run(&a),
        Command::Scan(a) => scan::run(&a),
        Command::Size(a) => size::run(&a),
        Command::Diff(a) => diff::run(&a),
        Command::Compare(a) => compare::run(&a),
        Command::Track(a) => track::run(&a),
        Command::Vuln(a) => vuln::run(&a),
        Command::Why(a) => why::run(&a),
        Command::Explore(a) => explore::run(&a),
        Command::Whatif(a) => whatif::run(&a),
        Command::Reproduce(a) => reproduce::run(&a),
        // These were run by run_with_go_flags; clap only helps.
        Command::Addr2Line(_) | Command::Nm(_) | Command::Objdump(_) | Command::Version(_) => TROUBLE,
    }
}

/// Runs a sub-command that takes Go's flags, which clap would refuse (`-json`). With `--help`, clap answers:
/// `None`.
fn run_with_go_flags(command: &str, args: &[OsString], limit: Option<u64>) -> Option<u8> {
    if goflags::asks_help(args) {
        return None;
    }
    if GOS_FLAGS.contains(&command) {
        accept(limit);
    }
    match command {
        "addr2line" => Some(addr2line::run(args)),
        "nm" => Some(nm::run(args)),
        "objdump" => Some(objdump::run(args)),
        "version" => Some(version::run(args)),
        _ => None,
    }
}
