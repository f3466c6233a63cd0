//! `gospect check --init`: what is true of the given files today → a commented policy file that they pass.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use crate::analysis::info::{self, Facts};
use crate::analysis::policy::judge::{self, Judgement};
use crate::analysis::policy::rules::{self, GROUPS, Rule};
use crate::analysis::policy::select::Demand;
use crate::analysis::policy::values::{Date, Value, ValueKind};
use crate::cli::frame::{self, Output, Trouble, complain, note};
use crate::cli::{FINE, TROUBLE};
use crate::go::version::Version;
use crate::input::{Bytes, Name};

use super::policy::NAME;

struct Seen {
    name: String,
    size: u64,
    facts: Facts,
    judgement: Judgement,
}

pub(super) fn run(paths: &[PathBuf], today: Date, output: &Output) -> u8 {
    let output = Output {
        output: Some(output.output.clone().unwrap_or_else(|| NAME.into())),
        ..output.clone()
    };
    let path = output.output.clone().unwrap_or_default();
    if path.exists() {
        complain(
            &path,
            &"is there already; name another file with -o, or remove it",
        );
        return TROUBLE;
    }
    let mut status = FINE;
    let written = frame::to_output(&output, |sink| {
        let seen = frame::each_parallel(paths, output.quiet, "Go binary", |name, bytes, named| match look(
            name, bytes, today,
        ) {
            Ok(seen) => Ok((named || seen.judgement.is_go).then_some(seen)),
            Err(e) if named => Err(e.into()),
            Err(_) => Ok(None),
        });
        for (name, why) in &seen.unread {
            complain(name.shown(), why);
            status = TROUBLE;
        }
        let all: Vec<Seen> = seen.files.into_iter().map(|f| f.1).collect();
        if all.is_empty() {
            note("gospect: there is no Go binary to describe");
            return Err(Trouble::Said);
        }
        sink.write_all(describe(&all, today).as_bytes())?;
        Ok(FINE)
    });
    if written == FINE && !output.quiet {
        note(&format!("gospect: wrote {}", path.display()));
    }
    status.max(written)
}

fn look(name: &Name, bytes: &Bytes, today: Date) -> crate::Result<Seen> {
    let facts = info::gather(bytes, None)?;
    let demands: Vec<Demand> = rules::all()
        .filter_map(|rule| {
            Some(Demand {
                rule,
                level: rule.level,
                value: rule.default_value()?,
                required: false,
            })
        })
        .collect();
    let judgement = judge::judge(bytes, &demands, None, &[], today)?;
    Ok(Seen {
        name: name.to_string(),
        size: bytes.len() as u64,
        facts,
        judgement,
    })
}

/// The value that all files pass with.
fn value(rule: &Rule, all: &[Seen]) -> Option<Vec<String>> {
    let sorted = |mut v: Vec<String>| {
        v.sort();
        v.dedup();
        v
    };
    match (rule.code, rule.kind) {
        ("min-go", _) => {
            let versions: Option<Vec<Version>> = all
                .iter()
                .map(|s| Version::parse(s.facts.go_version.as_deref()?))
                .collect();
            let least = versions?.into_iter().min()?;
            Some(vec![format!("{}.{}", least.major, least.minor)])
        }
        ("max-glibc", _) => {
            let number = |v: &String| v.split('.').filter_map(|n| n.parse().ok()).collect::<Vec<u32>>();
            all.iter()
                .filter_map(|s| s.facts.glibc.known().cloned())
                .max_by_key(number)
                .map(|v| vec![v])
        }
        // A tenth of room to grow, in whole units.
        ("max-size", _) => all
            .iter()
            .map(|s| s.size)
            .max()
            .map(|n| match n.saturating_mul(11) / 10 {
                n if n < 4 << 20 => vec![format!("{}KiB", (n >> 10) + 1)],
                n => vec![format!("{}MiB", (n >> 20) + 1)],
            }),
        ("allow-lib", _) => Some(sorted(
            all.iter()
                .flat_map(|s| {
                    s.facts
                        .libraries
                        .part()
                        .into_iter()
                        .flatten()
                        .map(|l| l.name.clone())
                })
                .collect(),
        )),
        ("target", _) => {
            let one = |s: &Seen| Some(format!("{}/{}", s.facts.os.as_deref()?, s.facts.arch.as_deref()?));
            all.iter().map(one).collect::<Option<Vec<_>>>().map(sorted)
        }
        ("build-mode", _) => all
            .iter()
            .map(|s| s.facts.build_mode.map(str::to_string))
            .collect::<Option<Vec<_>>>()
            .map(sorted),
        (_, ValueKind::Nothing) => None,
        _ => match rule.default_value()? {
            Value::Words(w) => Some(w),
            v => Some(vec![v.to_string()]),
        },
    }
}

fn quoted(s: &str) -> String {
    // TOML basic strings are JSON strings as far as names of libraries and sizes go.
    serde_json::to_string(s).unwrap_or_default()
}

fn describe(all: &[Seen], today: Date) -> String {
    let mut out = String::new();
    let names = all
        .iter()
        .take(5)
        .map(|s| s.name.replace(char::is_control, "?"))
        .collect::<Vec<_>>()
        .join(", ");
    let more = if all.len() > 5 {
        format!(" and {} more", all.len() - 5)
    } else {
        String::new()
    };
    let _ = write!(
        out,
        "# What `gospect check` demands of the Go binaries in and below this folder.\n\
         # Made by `gospect check --init` on {today} from {names}{more}: what stands here without a # is \
         true of them.\n\
         # `gospect check --explain CODE` says all about a rule; a level is error, warning, note or off.\n\n\
         version = 1\n\n\
         # The least level that makes the exit status 1.\nlevel = \"warning\"\n\n\
         # Rules that a file does not show enough to decide fail; \"pass\" lets them through.\nunknown = \
         \"fail\"\n\n[rules]\n"
    );
    for (group, rules) in GROUPS {
        let _ = writeln!(out, "# {group}");
        for rule in rules {
            line(&mut out, rule, all);
        }
        out.push('\n');
    }
    out.push_str(
        "# Other rules for some files; later ones win.\n# [[target]]\n# path = \"bin/agent-*\"\n# \
            rules.max-size = \"10MiB\"\n\n\
         # A finding that is accepted for a time.\n# [[exception]]\n# rule = \"trimpath\"\n# path = \
         \"bin/old\"\n# reason = \"replaced in March\"\n\
         # expires = 2027-03-31\n\n# Limits that `gospect diff` and `gospect track` hold to as well.\n# \
         [budget]\n# max-growth = \"2%\"\n\
         # [budget.package]\n# \"net/...\" = { max-size = \"1MiB\" }\n",
    );
    out
}

fn line(out: &mut String, rule: &'static Rule, all: &[Seen]) {
    let value = match value(rule, all) {
        Some(v) => Some(if matches!(rule.kind, ValueKind::Words(_) | ValueKind::Targets) {
            format!("[{}]", v.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(", "))
        } else {
            quoted(v.first().map(String::as_str).unwrap_or_default())
        }),
        None if rule.kind == ValueKind::Nothing => None,
        None => return,
    };
    // What takes a value from the files holds by the way it was taken; of the others the judgement tells.
    let taken = value.is_some() && rule.default_value().is_none();
    let failing = all
        .iter()
        .find(|s| s.judgement.findings.iter().any(|f| f.rule == rule.code));
    let open = all
        .iter()
        .find(|s| s.judgement.unknown.iter().any(|u| u.0 == rule.code));
    let idle = !taken
        && !all
            .iter()
            .any(|s| s.judgement.passed.iter().any(|p| p.0 == rule.code));
    let setting = match (&value, rule.kind) {
        (Some(v), _) => v.clone(),
        (None, _) => quoted(rule.level.word()),
    };
    let shown = |s: &Seen| s.name.replace(char::is_control, "?");
    let why = match (failing, open) {
        (Some(s), _) => Some(format!("does not hold for {}", shown(s))),
        (None, Some(s)) => Some(format!("can't be told of {}", shown(s))),
        (None, None) if idle => Some("does not apply to these files".to_string()),
        // To have all symbols is true of many files, and wanted of few.
        (None, None)
            if matches!(
                rule.code,
                "debuggable" | "scratch-data" | "deny-module" | "deny-package" | "untouched"
            ) =>
        {
            Some("holds".to_string())
        }
        _ => None,
    };
    let _ = match why {
        Some(why) => writeln!(out, "# {} = {setting}  # {}; {why}", rule.code, rule.title),
        None => writeln!(out, "{} = {setting}  # {}", rule.code, rule.title),
    };
}
