//! Go's flag syntax, for the sub-commands that answer as a Go tool does: `-name`, `--name`, `-name=value`,
//! `-name value`; flags end at the first argument that is none, or at `--` (Go 1.27: flag.FlagSet.parseOne).

use std::ffi::{OsStr, OsString};

/// One flag that a command knows.
#[derive(Debug, Clone)]
pub struct Flag {
    /// Without its dash.
    pub name: String,
    /// Takes a value; otherwise it is a boolean.
    pub takes_value: bool,
}

/// The flags of a command's arguments, so that they are named once, where clap describes them.
pub fn flags<A: clap::Args>() -> Vec<Flag> {
    described::<A>()
        .get_arguments()
        .filter_map(|a| {
            Some(Flag {
                name: name(a)?,
                takes_value: a.get_action().takes_values(),
            })
        })
        .collect()
}

/// What is said of wrong flags, in the form of Go's tools: how the command is called, and its flags.
pub fn usage<A: clap::Args>(command: &str) -> String {
    let mut described = described::<A>();
    let calls = described.render_usage().to_string();
    let calls = calls.strip_prefix("Usage: ").unwrap_or(&calls);
    let mut out = format!("usage: {calls}\n");
    for arg in described.get_arguments() {
        let Some(name) = name(arg) else { continue };
        let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
        let value = value
            .iter()
            .flat_map(|v| v.iter())
            .map(|v| format!(" {v}"))
            .collect::<String>();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!(
            "  -{name}{value}\n    \t{}\n",
            help.trim_end_matches('.')
        ));
    }
    out + &format!("See gospect {command} --help for more.")
}

fn described<A: clap::Args>() -> clap::Command {
    A::augment_args(clap::Command::new("gospect"))
}

/// A flag's name; none for files and for `--help`, which clap answers.
fn name(arg: &clap::Arg) -> Option<String> {
    if arg.get_id() == "help" {
        return None;
    }
    arg.get_long()
        .map(str::to_string)
        .or_else(|| arg.get_short().map(String::from))
}

/// What was given.
#[derive(Debug, Default)]
pub struct Given {
    /// Flags in the order given, with their values; "true" or "false" for booleans.
    pub flags: Vec<(String, String)>,
    /// The arguments behind the flags.
    pub rest: Vec<OsString>,
}

impl Given {
    /// The last value given for a flag.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .rev()
            .find(|f| f.0 == name)
            .map(|f| f.1.as_str())
    }

    /// Is a boolean flag on?
    pub fn on(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }
}

/// Why the flags can't be understood; displayed in Go's words.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// `-h`, `-help` or their double-dash forms, where the command has no such flag.
    Help,
    /// Anything else: the message.
    Message(String),
}

/// Is `--help` among the flags in front of the first file?
pub fn asks_help(args: &[OsString]) -> bool {
    args.iter()
        .take_while(|a| a.len() > 1 && a.as_encoded_bytes().starts_with(b"-"))
        .any(|a| a == "--help")
}

/// Splits `args` (without program and command names).
///
/// # Errors
/// See [`Wrong`].
pub fn parse(args: &[OsString], known: &[Flag]) -> Result<Given, Wrong> {
    let mut given = Given::default();
    let mut i = 0;
    while let Some(arg) = args.get(i) {
        let Some(text) = arg.to_str().filter(|t| t.len() > 1 && t.starts_with('-')) else {
            break;
        };
        i += 1;
        if text == "--" {
            break;
        }
        let name = text
            .strip_prefix("--")
            .or_else(|| text.strip_prefix('-'))
            .unwrap_or(text);
        if name.is_empty() || name.starts_with('-') || name.starts_with('=') {
            return Err(Wrong::Message(format!("bad flag syntax: {text}")));
        }
        let (name, value) = match name.split_once('=') {
            Some((n, v)) => (n, Some(v.to_string())),
            None => (name, None),
        };
        let Some(flag) = known.iter().find(|f| f.name == name) else {
            if name == "h" || name == "help" {
                return Err(Wrong::Help);
            }
            return Err(Wrong::Message(format!("flag provided but not defined: -{name}")));
        };
        let value = match (flag.takes_value, value) {
            (true, Some(v)) => v,
            (true, None) => {
                let next = args
                    .get(i)
                    .ok_or_else(|| Wrong::Message(format!("flag needs an argument: -{name}")))?;
                i += 1;
                lossy(next)
            }
            (false, None) => "true".into(),
            (false, Some(v)) => match v.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => "true".into(),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => "false".into(),
                _ => {
                    let what = format!("invalid boolean value {v:?} for -{name}: parse error");
                    return Err(Wrong::Message(what));
                }
            },
        };
        given.flags.push((flag.name.clone(), value));
    }
    given.rest = args.get(i..).unwrap_or_default().to_vec();
    Ok(given)
}

fn lossy(s: &OsStr) -> String {
    s.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Args)]
    #[command(override_usage = "gospect x [-m] [-sort ORDER] FILE...")]
    #[allow(dead_code)]
    struct Known {
        /// Modules too.
        #[arg(short)]
        m: bool,
        /// In this order.
        #[arg(long, value_name = "ORDER")]
        sort: Option<String>,
        #[arg(value_name = "FILE")]
        files: Vec<String>,
    }

    fn go(args: &[&str]) -> Result<Given, Wrong> {
        parse(
            &args.iter().map(OsString::from).collect::<Vec<_>>(),
            &flags::<Known>(),
        )
    }

    #[test]
    fn flags_end_at_the_first_file() {
        let g = go(&["-m", "--sort", "size", "file", "-m=false"]).unwrap();
        assert!(g.on("m"));
        assert_eq!(g.value("sort"), Some("size"));
        assert_eq!(g.rest, ["file", "-m=false"]);
    }

    #[test]
    fn the_last_value_counts_and_wrong_ones_are_said() {
        assert!(!go(&["-m", "-m=false"]).unwrap().on("m"));
        assert_eq!(
            go(&["-x"]).unwrap_err(),
            Wrong::Message("flag provided but not defined: -x".into())
        );
        assert_eq!(
            go(&["-sort"]).unwrap_err(),
            Wrong::Message("flag needs an argument: -sort".into())
        );
        assert_eq!(go(&["-h"]).unwrap_err(), Wrong::Help);
        assert_eq!(go(&["--", "-m"]).unwrap().rest, ["-m"]);
        assert_eq!(go(&["-"]).unwrap().rest, ["-"]);
    }

    #[test]
    fn usage_names_the_flags_once_described() {
        assert_eq!(
            usage::<Known>("x"),
            "usage: gospect x [-m] [-sort ORDER] FILE...\n  -m\n    \tModules too\n  -sort ORDER\n    \tIn \
                this order\n\
             See gospect x --help for more."
        );
    }
}
