//! `gospect check`: the gate. Files against rules that flags, a profile or a policy file ask for.

mod flags;
mod init;
pub(crate) mod policy;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use super::frame::{self, Format, Output, Sink};
use super::vuln::database;
use crate::analysis::policy::Level;
use crate::analysis::policy::file::Policy;
use crate::analysis::policy::judge;
use crate::analysis::policy::rules;
use crate::analysis::policy::select::{self, Flags, PROFILES};
use crate::analysis::policy::values::Date;
use crate::go::buildinfo;
use crate::image::{Sniffed, sniff};
use crate::input::Name;
use crate::report::check::{self as report, File, Run};
use crate::report::text::escape;

/// Holds files to rules: exit status 0 where all hold, 1 where one does not.
///
/// Without flags, profile and policy it is an audit by all rules marked for it. With some, what they name is
/// demanded, and what can't be seen in a file does not pass.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect check --static --no-race ./server\n  gospect check --profile release \
        --min-go 1.25 bin/\n  \
    gospect check --policy gospect.toml --format sarif -o gospect.sarif bin/*\n  gospect check --explain \
    static\n\n\
    Exit status: 0 no finding; 1 findings of --level or above; 2 wrong usage or a file that could not be \
    read."
)]
pub struct Args {
    /// Files, folders (their Go binaries) and glob patterns; `-` is standard input.
    #[arg(value_name = "FILE", required_unless_present_any = ["list", "explain"])]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) demands: flags::Demands,
    /// Start from a named set of rules.
    #[arg(long, value_name = "NAME",
        value_parser = clap::builder::PossibleValuesParser::new(PROFILES.iter().map(|p| p.name)))]
    pub(super) profile: Option<String>,
    /// The policy file [default: GOSPECT_POLICY, or gospect.toml here or above, up to the repository or the
    /// home folder].
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Use no policy file.
    #[arg(long, conflicts_with = "policy")]
    pub(super) no_policy: bool,
    /// The least level that makes the exit status 1 [default: warning].
    #[arg(long, value_name = "LEVEL", value_parser = clap::builder::PossibleValuesParser::new(["note",
        "warning", "error"]))]
    pub(super) level: Option<String>,
    /// Exit 0 in spite of findings; a file that can't be read is still 2.
    #[arg(long)]
    exit_zero: bool,
    /// The day that counts as today, for exceptions and the ends of Go releases.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(super) today: Option<Date>,
    /// Write a commented gospect.toml that holds what is true of the files today.
    #[arg(long, conflicts_with_all = ["list", "explain", "profile", "policy"])]
    init: bool,
    /// Say all about one rule.
    #[arg(long, value_name = "CODE", conflicts_with = "list", value_parser = flags::Codes,
        hide_possible_values = true)]
    explain: Option<String>,
    /// Name all rules (text, json, markdown).
    #[arg(long)]
    list: bool,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text",
        value_parser = frame::formats(["text", "json", "sarif", "junit", "github", "markdown", "csv"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn day(s: &str) -> Result<Date, String> {
    Date::parse(s).ok_or_else(|| "a day looks like 2026-11-21".into())
}

pub(super) fn run(args: &Args) -> u8 {
    if let Some(code) = &args.explain {
        return explain(args, code);
    }
    if args.list {
        return print(args, |out| match args.format {
            Format::Json => report::rules::list_json(out),
            Format::Markdown => report::rules::list_markdown(out),
            _ => report::rules::list_text(out),
        });
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let today = args.today.unwrap_or_else(|| Date::from_unix(now));
    if args.init {
        return init::run(&args.files, today, &args.output);
    }
    let Ok(loaded) = policy::load(args.policy.as_deref(), args.no_policy) else {
        return super::TROUBLE;
    };
    let flags = Flags {
        profile: args
            .profile
            .as_deref()
            .and_then(|n| PROFILES.iter().find(|p| p.name == n)),
        settings: args.demands.0.clone(),
    };
    if let Some(l) = loaded.as_ref().filter(|l| l.named)
        && !select::names_rules(Some(&l.policy), &flags)
        && l.policy.budget.max_size.is_none()
    {
        frame::complain(
            &l.path,
            &"names no rule, and no flag or --profile does: nothing was checked",
        );
        return super::TROUBLE;
    }
    // Without flags, profile and policy no rule asks for it.
    if loaded.is_some() || !flags.settings.is_empty() {
        database::install();
    }
    let mut status = super::FINE;
    let written = frame::to_output(&args.output, |sink| {
        let run = look(args, loaded.as_ref(), &flags, today);
        let judged = run.files.is_empty() || run.files.iter().any(|f| f.judgement.rules > 0);
        if !judged {
            frame::note("gospect: no rule is left to judge by");
        }
        status = if !run.unreadable.is_empty() || !judged {
            super::TROUBLE
        } else if run.fails() && !args.exit_zero {
            super::FINDINGS
        } else {
            super::FINE
        };
        write(sink, args, &run)?;
        Ok(super::FINE)
    });
    status.max(written)
}

/// Looks at all files on all cores, and tells which can't be read and what of the policy had nothing to do.
fn look(args: &Args, loaded: Option<&policy::Loaded>, flags: &Flags, today: Date) -> Run {
    let policy = loaded.map(|l| &l.policy);
    let matched = Matched::new(policy);
    let seen = frame::each_parallel(
        &args.files,
        args.output.quiet,
        "Go binary",
        |name, bytes, named| {
            // Whether it was named or found: the shell expands patterns as well.
            let Some(kind) = sniff(bytes) else {
                return Ok(None);
            };
            let names = policy::names(loaded, name);
            let demands = select::demands(policy, flags, &names);
            let judgement = match judge::judge(bytes, &demands, policy, &names, today) {
                Ok(j) if j.is_go || j.opaque => Ok(Some(j)),
                Ok(_) => return Ok(None),
                // Caches are full of package archives, and Java's classes begin as universal files do.
                Err(_)
                    if !named
                        && matches!(kind, Sniffed::Archive | Sniffed::Fat)
                        && !buildinfo::marked(bytes) =>
                {
                    return Ok(None);
                }
                Err(e) => Err(e.into()),
            };
            matched.note(&names);
            judgement
        },
    );
    let by_name = |all: Vec<(Name, String)>| -> Vec<(Name, String)> {
        all.into_iter().map(|(name, why)| (display(name), why)).collect()
    };
    let (skipped, mut unreadable) = (by_name(seen.skipped), by_name(seen.unread));
    let files = seen.files.into_iter().map(|(name, judgement)| File {
        name: display(name),
        judgement,
    });
    let files: Vec<File> = files.collect();
    if files.is_empty() && unreadable.is_empty() {
        // A gate that looked at nothing has not passed.
        unreadable.extend(skipped.iter().cloned());
    }
    for (name, why) in &unreadable {
        frame::complain(name.shown(), why);
    }
    if let Some(l) = loaded.filter(|_| !args.output.quiet && !files.is_empty()) {
        matched.complain(l, &files);
    }
    let level = args
        .level
        .as_deref()
        .and_then(Level::parse)
        .or_else(|| policy.and_then(|p| p.level));
    Run {
        files,
        skipped,
        unreadable,
        policy: loaded.map(|l| l.path.to_string_lossy().into_owned()),
        level: level.unwrap_or(Level::Warning),
        today,
    }
}

/// What the policy says of some files only, and whether this run had such files.
struct Matched<'p> {
    policy: Option<&'p Policy>,
    targets: Vec<AtomicBool>,
}

impl<'p> Matched<'p> {
    fn new(policy: Option<&'p Policy>) -> Matched<'p> {
        let targets = policy.map_or(0, |p| p.targets.len());
        Matched {
            policy,
            targets: (0..targets).map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// A file that goes by `names` is looked at, on any thread.
    fn note(&self, names: &[String]) {
        let all = self.policy.iter().flat_map(|p| &p.targets).zip(&self.targets);
        for (_, seen) in all.filter(|(t, _)| t.paths.matches(names)) {
            seen.store(true, Relaxed);
        }
    }

    /// Says which targets and exceptions of the policy had nothing to do: they may be left over, or misspelt.
    fn complain(&self, loaded: &policy::Loaded, files: &[File]) {
        let name = escape(loaded.path.as_os_str().as_encoded_bytes());
        let say = |line: usize, what: &str| frame::note(&format!("gospect: {name}:{line}: {what}"));
        for (target, seen) in loaded.policy.targets.iter().zip(&self.targets) {
            if !seen.load(Relaxed) {
                say(target.line, "this target matches no file that was looked at");
            }
        }
        for e in &loaded.policy.exceptions {
            if !files.iter().any(|f| f.judgement.exceptions.contains(&e.line)) {
                say(
                    e.line,
                    &format!("this exception for {} covers no finding", e.rule.code),
                );
            }
        }
    }
}

/// The name as reports have it: `-` is standard input.
pub(super) fn display(name: Name) -> Name {
    if name.path().as_os_str() == "-" {
        Name::member(Path::new("standard input"), name.members().to_vec())
    } else {
        name
    }
}

fn write(out: &mut Sink, args: &Args, run: &Run) -> io::Result<()> {
    out.fold(args.format.fitting(&args.output));
    match args.format {
        Format::Json => report::json(out, run),
        Format::Sarif => report::sarif(out, run),
        Format::Junit => report::junit(out, run),
        Format::Github => report::github(out, run),
        Format::Markdown => report::markdown(out, run),
        Format::Csv => report::csv(out, run),
        _ => {
            let o = &args.output;
            report::text(
                out,
                run,
                report::Style {
                    color: o.colored(),
                    quiet: o.quiet,
                    verbose: o.verbose,
                },
            )
        }
    }
}

fn explain(args: &Args, code: &str) -> u8 {
    let Some(rule) = rules::find(code) else {
        let hint = rules::nearest(code).map_or("`gospect check --list` names all".to_string(), |c| {
            format!("did you mean `{c}`?")
        });
        frame::note(&format!("gospect: there is no rule `{code}`; {hint}"));
        return super::TROUBLE;
    };
    print(args, |out| report::rules::explain(out, rule))
}

fn print(args: &Args, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> u8 {
    frame::to_output(&args.output, |sink| {
        write(sink)?;
        Ok(super::FINE)
    })
}
