//! `--static`, `--min-go VERSION`, `--rule CODE=VALUE`, …: flags made from the table of rules → what they ask
//! for.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::analysis::policy::file::Setting;
use crate::analysis::policy::rules::{self, Rule};
use crate::analysis::policy::values::{Value, ValueKind};
use crate::report::check::rules::value_name;

/// What the flags demand, in the order of the catalogue; `--rule` and `--skip` last.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Demands(pub Vec<Setting>);

/// Takes any text, and offers the rules' codes to shells that complete words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes;

impl TypedValueParser for Codes {
    type Value = String;

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        value
            .to_str()
            .map(str::to_string)
            .ok_or_else(|| wrong("a rule's code is ASCII".into()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            rules::all().map(|r| PossibleValue::new(r.code).help(r.title)),
        ))
    }
}

fn arg(rule: &'static Rule) -> Option<Arg> {
    let flag = rule.flag?;
    let mut help = format!("Demand that the file {}", rule.title);
    if let ValueKind::Word(words) | ValueKind::Words(words) = rule.kind
        && !words.is_empty()
    {
        help.push_str(&format!(" [{}]", words.join(", ")));
    }
    let arg = Arg::new(rule.code).long(flag).help(help).help_heading("Demands");
    Some(match value_name(rule.kind) {
        None => arg.action(ArgAction::SetTrue),
        Some(name) => {
            let arg = arg.value_name(name);
            let arg = match rule.kind {
                ValueKind::Words(_) | ValueKind::Targets | ValueKind::Limits => {
                    arg.action(ArgAction::Append).value_delimiter(',')
                }
                _ => arg.action(ArgAction::Set),
            };
            // With a default the value is optional, and has to be joined to the flag so that it is not taken
            // for a file.
            match rule.default.first() {
                Some(default) => arg
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value(*default),
                None => arg,
            }
        }
    })
}

fn demand(rule: &'static Rule, value: Option<Value>) -> Setting {
    Setting {
        rule,
        on: true,
        level: None,
        value,
        unknown_passes: None,
    }
}

fn wrong(message: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{message}\n"))
}

fn named(code: &str) -> Result<&'static Rule, clap::Error> {
    rules::find(code).ok_or_else(|| {
        let hint = rules::nearest(code).map_or("`gospect check --list` names all".to_string(), |c| {
            format!("did you mean `{c}`?")
        });
        wrong(format!("there is no rule `{code}`; {hint}"))
    })
}

impl clap::Args for Demands {
    fn augment_args(cmd: Command) -> Command {
        let cmd = cmd.args(rules::all().filter_map(arg));
        cmd.arg(
            Arg::new("rule")
                .long("rule")
                .value_name("CODE[=VALUE]")
                .value_parser(Codes)
                .hide_possible_values(true)
                .action(ArgAction::Append)
                .help("Demand a rule by its code")
                .help_heading("Demands"),
        )
        .arg(
            Arg::new("skip")
                .long("skip")
                .value_name("CODE")
                .value_parser(Codes)
                .hide_possible_values(true)
                .action(ArgAction::Append)
                .value_delimiter(',')
                .help("Leave a rule out")
                .help_heading("Demands"),
        )
    }

    fn augment_args_for_update(cmd: Command) -> Command {
        Self::augment_args(cmd)
    }
}

impl clap::FromArgMatches for Demands {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut out = Vec::new();
        for rule in rules::all() {
            let Some(flag) = rule.flag else { continue };
            if rule.kind == ValueKind::Nothing {
                if matches.get_flag(rule.code) {
                    out.push(demand(rule, None));
                }
            } else if let Some(given) = matches.get_many::<String>(rule.code) {
                let given: Vec<&String> = given.collect();
                let value = rule
                    .kind
                    .read(&given)
                    .map_err(|e| wrong(format!("--{flag}: {e}")))?;
                out.push(demand(rule, Some(value)));
            }
        }
        for given in matches.get_many::<String>("rule").into_iter().flatten() {
            let (code, value) = given
                .split_once('=')
                .map_or((given.as_str(), None), |(c, v)| (c, Some(v)));
            let rule = named(code)?;
            let value = match (value, rule.kind) {
                (None, _) if rule.default_value().is_none() => {
                    return Err(wrong(format!("the rule {code} needs a value: --rule {code}=…")));
                }
                (None, _) => None,
                (Some(v), ValueKind::Words(_) | ValueKind::Targets | ValueKind::Limits) => {
                    Some(rule.kind.read(&v.split(',').collect::<Vec<_>>()).map_err(wrong)?)
                }
                (Some(v), _) => Some(rule.kind.read(&[v]).map_err(wrong)?),
            };
            out.push(demand(rule, value));
        }
        for code in matches.get_many::<String>("skip").into_iter().flatten() {
            out.push(Setting {
                on: false,
                ..demand(named(code)?, None)
            });
        }
        Ok(Demands(out))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
