//! What a rebuild came to → text or JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::compare::{CauseDoc, FunctionsDoc, cause, functions};
use super::json;
use super::text::escape;
use crate::analysis::compare::{Cause, Class};
use crate::analysis::reproduce::{Material, Outcome, Verdict, words};
use crate::go::buildid::Touched;

#[derive(Serialize)]
struct Report<'r> {
    schema: &'static str,
    version: u32,
    file: &'r str,
    verdict: Option<&'static str>,
    reason: Option<&'static str>,
    message: Option<&'r str>,
    because: Vec<CauseDoc<'r>>,
    functions: Option<FunctionsDoc<'r>>,
    command: &'r [String],
    env: BTreeMap<&'r str, &'r str>,
    steps: Vec<StepDoc<'r>>,
    source: Option<SourceDoc<'r>>,
    dependencies: Vec<MaterialDoc<'r>>,
    go_version: Option<&'r str>,
    content_id: Option<bool>,
    untouched: Option<bool>,
    expected: Vec<CauseDoc<'r>>,
    sha256: Digests<'r>,
    notes: &'r [String],
}

#[derive(Serialize)]
struct StepDoc<'r> {
    what: &'r str,
    folder: &'r str,
    command: &'r [String],
}

#[derive(Serialize)]
struct MaterialDoc<'r> {
    module: &'r str,
    version: &'r str,
    sum: Option<&'r str>,
}

#[derive(Serialize)]
struct SourceDoc<'r> {
    from: &'static str,
    #[serde(flatten)]
    material: MaterialDoc<'r>,
}

#[derive(Serialize)]
struct Digests<'r> {
    theirs: &'r str,
    ours: Option<&'r str>,
}

fn material(m: &Material) -> MaterialDoc<'_> {
    MaterialDoc {
        module: &m.path,
        version: &m.version,
        sum: m.sum.as_deref(),
    }
}

/// As JSON.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, file: &str, outcome: &Outcome) -> io::Result<()> {
    let cannot = match &outcome.verdict {
        Some(Verdict::Cannot(c)) => Some(c),
        _ => None,
    };
    let steps = outcome.steps.iter().map(|s| StepDoc {
        what: &s.what,
        folder: &s.folder,
        command: &s.command,
    });
    json::write(
        out,
        &Report {
            schema: "gospect/reproduce",
            version: 1,
            file,
            verdict: outcome.verdict.as_ref().map(Verdict::word),
            reason: cannot.map(|c| c.reason.word()),
            message: cannot.map(|c| c.message.as_str()),
            because: outcome.because.iter().map(cause).collect(),
            functions: outcome.functions.as_ref().map(functions),
            command: outcome.command(),
            env: outcome
                .env
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect(),
            steps: steps.collect(),
            source: outcome.source.as_ref().map(|(m, from)| SourceDoc {
                from,
                material: material(m),
            }),
            dependencies: outcome.dependencies.iter().map(material).collect(),
            go_version: outcome.go.as_deref(),
            content_id: outcome.content_id,
            untouched: untouched(outcome),
            expected: outcome.expected.iter().map(cause).collect(),
            sha256: Digests {
                theirs: &outcome.theirs_sha256,
                ours: outcome.ours_sha256.as_deref(),
            },
            notes: &outcome.notes,
        },
    )
}

/// What is no mere effect of another cause.
fn causes(outcome: &Outcome) -> impl Iterator<Item = &Cause> {
    outcome.because.iter().filter(|c| c.class != Class::Effect)
}

/// Not touched since `go build`? `None` where that is not to be told.
fn untouched(outcome: &Outcome) -> Option<bool> {
    match outcome.untouched.touched {
        Touched::No => Some(true),
        Touched::Yes(_) => Some(false),
        Touched::Unknown(_) => None,
    }
}

/// The same in words.
fn touched(outcome: &Outcome) -> String {
    match outcome.untouched.touched {
        Touched::No => "not touched since go build, by its build ID (no proof of origin)".into(),
        Touched::Yes(None) => "changed after the link (strip, patch, signature, packer)".into(),
        Touched::Yes(Some(how)) => format!("changed after the link: {}", how.words()),
        Touched::Unknown(why) => format!("not to be told: {why}"),
    }
}

fn safe(text: &str) -> String {
    escape(text.as_bytes())
}

/// As text: the verdict first, then why, then how it was built.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, file: &str, outcome: &Outcome, verbose: bool) -> io::Result<()> {
    let file = safe(file);
    match &outcome.verdict {
        None => writeln!(out, "{file}: the plan; nothing was run")?,
        Some(Verdict::Identical) => writeln!(out, "{file}: identical: the rebuild has the same bytes")?,
        Some(Verdict::IdenticalButFor) => {
            let mut all: Vec<String> = causes(outcome).map(|c| safe(&c.what)).collect();
            all.dedup();
            writeln!(out, "{file}: identical but for {}", all.join(", "))?;
        }
        Some(Verdict::Different) => writeln!(out, "{file}: different")?,
        Some(Verdict::Cannot(c)) => {
            writeln!(out, "{file}: cannot: {}: {}", c.reason.word(), safe(&c.message))?
        }
    }
    for c in causes(outcome) {
        writeln!(out, "  because     {}", cause_line(c))?;
    }
    if let Some(f) = &outcome.functions {
        let different = f.different.len();
        writeln!(
            out,
            "  functions   {} the same, {} moved, {different} different",
            f.same, f.moved
        )?;
        let shown = if verbose { different } else { 10 };
        for changed in f.different.iter().take(shown) {
            writeln!(out, "              {}", safe(&changed.name))?;
        }
        if different > shown {
            writeln!(out, "              and {} more (--verbose)", different - shown)?;
        }
    }
    if let Some((m, from)) = &outcome.source {
        let sum = m
            .sum
            .as_deref()
            .map_or(String::new(), |s| format!(", {}", safe(s)));
        writeln!(
            out,
            "  source      {}@{} ({from}{sum})",
            safe(&m.path),
            safe(&m.version)
        )?;
    }
    if let Some(go) = &outcome.go {
        writeln!(out, "  toolchain   {}", safe(go))?;
    }
    if let Some(same) = outcome.content_id {
        let word = if same { "the same" } else { "another" };
        writeln!(out, "  main        compiled to {word} package, by the build ID")?;
    }
    writeln!(out, "  bytes       {}", touched(outcome))?;
    writeln!(out, "  sha256      {} (the file)", outcome.theirs_sha256)?;
    if let Some(ours) = &outcome.ours_sha256 {
        writeln!(out, "              {ours} (the rebuild)")?;
    }
    if verbose {
        for c in &outcome.expected {
            writeln!(out, "  put in      {}", cause_line(c))?;
        }
    }
    for n in &outcome.notes {
        writeln!(out, "  note        {}", safe(n))?;
    }
    commands(out, outcome, verbose)
}

fn cause_line(c: &Cause) -> String {
    let mut line = safe(&c.what);
    for part in [&c.name, &c.function].into_iter().flatten() {
        line.push_str(&format!(" {}", safe(part)));
    }
    let side = |v: &Option<String>| v.as_deref().map_or_else(|| "nothing".to_string(), safe);
    if c.theirs.is_some() || c.ours.is_some() {
        line.push_str(&format!(
            ": {} in the file, {} in the rebuild",
            side(&c.theirs),
            side(&c.ours)
        ));
    }
    line
}

/// How it was built: all steps of a plan, else the last build.
fn commands(out: &mut dyn Write, outcome: &Outcome, verbose: bool) -> io::Result<()> {
    if outcome.steps.is_empty() {
        return Ok(());
    }
    let workspace = outcome.env.iter().any(|(k, _)| k == "GOWORK");
    let env: Vec<String> = outcome.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
    writeln!(
        out,
        "  environment GOFLAGS= GOENV=off{} {}",
        if workspace { "" } else { " GOWORK=off" },
        safe(&words::shell(&env))
    )?;
    let all = outcome.verdict.is_none() || verbose;
    let build = outcome.command();
    for s in outcome.steps.iter().filter(|s| all || s.command == build) {
        writeln!(out, "  command     # {}", safe(&s.what))?;
        writeln!(out, "              {}", safe(&words::shell(&s.command)))?;
    }
    Ok(())
}
