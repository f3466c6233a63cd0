//! What callers from other languages get: the JSON of a sub-command about one binary, and the records of a
//! scan as they come.
//!
//! Flags are the command line's, so that one parser says what there is and what is wrong. Nothing is printed
//! and no file is mapped: the caller's process is not ours to end.

use std::ffi::OsString;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use super::check::policy;
use super::parts::{self, Rules};
use super::vuln::database;
use super::{Cli, Command, scan};
use crate::analysis::info;
use crate::analysis::policy::Level;
use crate::analysis::policy::select::PROFILES;
use crate::analysis::policy::values::Date;
use crate::error::Error;
use crate::input::{Bytes, Name};

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The flags, the policy or the database.
    Usage(String),
    /// The file.
    File(Error),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Failure {
        Failure::File(e)
    }
}

/// What `command` (info, size, check, vuln, sbom, funcs) says of one binary: its JSON. `flags` are those of
/// `check` and `vuln`; what only says how to print has no effect.
///
/// # Errors
/// As the command would say.
pub fn one(command: &str, flags: &[String], name: &Name, bytes: &Bytes) -> Result<Vec<u8>, Failure> {
    let Some(part) = parts::PARTS.into_iter().find(|p| *p == command) else {
        return Err(Failure::Usage(format!("there is no answer called {command}")));
    };
    let rules = rules(part, flags)?;
    let facts = info::gather(bytes, None)?;
    let mut out = Vec::new();
    parts::write(part, &rules, &facts, (name, name), bytes, &mut out)?;
    Ok(out)
}

fn parse(command: &str, flags: &[String], files: &[OsString]) -> Result<Command, Failure> {
    let words = ["gospect", command]
        .into_iter()
        .map(OsString::from)
        .chain(flags.iter().map(OsString::from))
        .chain([OsString::from("--")])
        .chain(files.iter().cloned());
    let parsed = Cli::try_parse_from(words);
    parsed
        .map(|c| c.command)
        .map_err(|e| Failure::Usage(e.to_string()))
}

fn rules(part: &str, flags: &[String]) -> Result<Rules, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let mut rules = Rules {
        policy: None,
        profile: None,
        settings: Default::default(),
        level: Level::Warning,
        today: Date::from_unix(now),
        db: None,
    };
    let policy = |file: Option<&std::path::Path>, without: bool| {
        let wrong = |()| Failure::Usage("the policy can't be read; standard error says why".into());
        policy::load(file, without).map_err(wrong)
    };
    match parse(part, flags, &["-".into()])? {
        Command::Check(args) => {
            rules.policy = policy(args.policy.as_deref(), args.no_policy)?;
            rules.profile = args
                .profile
                .as_deref()
                .and_then(|n| PROFILES.iter().find(|p| p.name == n));
            let level = args.level.as_deref().and_then(Level::parse);
            let level = level.or_else(|| rules.policy.as_ref()?.policy.level);
            rules.level = level.unwrap_or(rules.level);
            rules.today = args.today.unwrap_or(rules.today);
            rules.settings = args.demands.0;
        }
        Command::Vuln(args) => {
            rules.policy = policy(args.policy.as_deref(), args.no_policy)?;
            rules.today = args.today.unwrap_or(rules.today);
            rules.db = Some(database::load(args.db.as_deref(), database::SECONDS).map_err(Failure::Usage)?);
        }
        _ => {}
    }
    Ok(rules)
}

/// The lines of `gospect scan --format jsonl`, each with its line end, as they come. Dropping the receiver
/// ends the scan.
///
/// # Errors
/// What is wrong with the flags, the policy or the database.
pub fn scan(flags: &[String], paths: &[OsString]) -> Result<Receiver<Vec<u8>>, Failure> {
    let Command::Scan(args) = parse("scan", flags, paths)? else {
        return Err(Failure::Usage("is no scan".into()));
    };
    // A few lines ahead of the caller; who does not take them holds the scan up.
    let (sender, receiver) = sync_channel(64);
    scan::start(args, sender).map_err(|()| {
        Failure::Usage("the policy or the database can't be read; standard error says why".into())
    })?;
    Ok(receiver)
}
