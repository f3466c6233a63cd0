//! The catalogue of rules for people: `--list`, `--explain`, and the table in docs/check.md.

use std::io::{self, Write};

use serde::Serialize;

use crate::analysis::policy::rules::{GROUPS, Rule, all};
use crate::analysis::policy::select::PROFILES;
use crate::analysis::policy::values::ValueKind;
use crate::report::json;

/// What a rule's value looks like, for help: `VERSION`, `SIZE`, …; `None` where it takes none.
pub fn value_name(kind: ValueKind) -> Option<&'static str> {
    match kind {
        ValueKind::Nothing => None,
        ValueKind::GoVersion | ValueKind::Numbers => Some("VERSION"),
        ValueKind::Size => Some("SIZE"),
        ValueKind::Word(_) => Some("WORD"),
        ValueKind::Words(_) => Some("NAME"),
        ValueKind::Targets => Some("GOOS[/GOARCH]"),
        ValueKind::Limits => Some("MODULE=SIZE"),
    }
}

fn flag(rule: &Rule) -> Option<String> {
    let flag = rule.flag?;
    Some(match (value_name(rule.kind), rule.default.is_empty()) {
        (None, _) => format!("--{flag}"),
        (Some(v), true) => format!("--{flag} {v}"),
        (Some(v), false) => format!("--{flag}[={v}]"),
    })
}

/// One line for each rule.
///
/// # Errors
/// What the writer says.
pub fn list_text(out: &mut dyn Write) -> io::Result<()> {
    let width = all().map(|r| r.code.len()).max().unwrap_or(0);
    for (group, rules) in GROUPS {
        writeln!(out, "{group}")?;
        for r in rules {
            let audit = if r.audit { "" } else { ", when asked for" };
            writeln!(out, "  {:width$}  {} ({}{audit})", r.code, r.title, r.level)?;
        }
    }
    writeln!(out, "\nProfiles")?;
    for p in PROFILES {
        writeln!(out, "  {:width$}  {}", p.name, p.about)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Doc {
    schema: &'static str,
    version: u32,
    rules: Vec<One>,
}

#[derive(Serialize)]
struct One {
    code: &'static str,
    title: &'static str,
    group: &'static str,
    means: &'static str,
    evidence: &'static str,
    fix: &'static str,
    applies: &'static str,
    level: &'static str,
    audit: bool,
    flag: Option<String>,
    value: Option<&'static str>,
}

/// All rules as one JSON object.
///
/// # Errors
/// What the writer says.
pub fn list_json(out: &mut dyn Write) -> io::Result<()> {
    let one = |group, r: &Rule| One {
        code: r.code,
        title: r.title,
        group,
        means: r.means,
        evidence: r.evidence,
        fix: r.fix,
        applies: r.applies,
        level: r.level.word(),
        audit: r.audit,
        flag: flag(r),
        value: value_name(r.kind),
    };
    let rules = GROUPS
        .iter()
        .flat_map(|(group, rules)| rules.iter().map(|r| one(*group, r)))
        .collect();
    json::write(
        out,
        &Doc {
            schema: "gospect/check-rules",
            version: 1,
            rules,
        },
    )
}

/// The reference of the book: every rule under a heading of its own.
///
/// # Errors
/// What the writer says.
pub fn list_markdown(out: &mut dyn Write) -> io::Result<()> {
    for (group, rules) in GROUPS {
        writeln!(out, "## {group}\n")?;
        for r in rules {
            writeln!(out, "### {}\n", r.code)?;
            explain_markdown(out, r)?;
        }
    }
    writeln!(out, "## Profiles\n")?;
    for p in PROFILES {
        writeln!(out, "**{}**: {}.\n", p.name, p.about)?;
        for (code, level, value) in p.rules {
            let value = if value.is_empty() {
                String::new()
            } else {
                format!(", value {}", value.join(", "))
            };
            writeln!(out, "- {code} ({level}{value})")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn explain_markdown(out: &mut dyn Write, r: &Rule) -> io::Result<()> {
    writeln!(out, "The file {}.\n\n{}\n", r.title, r.means)?;
    writeln!(
        out,
        "- Evidence: {}\n- Fix: {}\n- Applies to: {}",
        r.evidence, r.fix, r.applies
    )?;
    writeln!(out, "- {}\n", asked(r))
}

fn asked(r: &Rule) -> String {
    let mut line = format!("Level: {}", r.level);
    line.push_str(if r.audit {
        ", part of a run that names no rules"
    } else {
        ", only when asked for"
    });
    if let Some(flag) = flag(r) {
        line.push_str(&format!("; flag `{flag}`"));
    }
    match r.kind {
        ValueKind::Word(words) | ValueKind::Words(words) if !words.is_empty() => {
            line.push_str(&format!("; values: {}", words.join(", ")))
        }
        _ => {}
    }
    line
}

/// Everything about one rule.
///
/// # Errors
/// What the writer says.
pub fn explain(out: &mut dyn Write, r: &Rule) -> io::Result<()> {
    writeln!(out, "{}: the file {}\n", r.code, r.title)?;
    for (head, text) in [
        ("", r.means),
        ("Evidence: ", r.evidence),
        ("Fix: ", r.fix),
        ("Applies to: ", r.applies),
    ] {
        wrap(out, &format!("{head}{text}"))?;
    }
    wrap(out, &asked(r))
}

/// Lines of at most 100 characters.
fn wrap(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut width = 0;
    for word in text.split(' ') {
        if width > 0 && width + 1 + word.chars().count() > 100 {
            writeln!(out)?;
            width = 0;
        } else if width > 0 {
            out.write_all(b" ")?;
            width += 1;
        }
        out.write_all(word.as_bytes())?;
        width += word.chars().count();
    }
    writeln!(out)
}
