//! One object for each file; docs/schema/vuln.json describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::Run;
use crate::analysis::vuln::file::Suppressed;
use crate::analysis::vuln::{File, Finding, Level, Reach};
use crate::input::Name;
use crate::report::json;
use crate::report::why::{Link, links};

#[derive(Serialize)]
struct Doc<'a> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    go_version: Option<&'a str>,
    os: Option<&'a str>,
    arch: Option<&'a str>,
    path: Option<&'a str>,
    main: Option<Main<'a>>,
    database: Base<'a>,
    level: &'static str,
    fails: bool,
    seen: Seen,
    counts: Counts,
    findings: Vec<Found<'a>>,
    gaps: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Main<'a> {
    module: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Base<'a> {
    source: &'a str,
    modified: Option<&'a str>,
    entries: usize,
}

#[derive(Serialize)]
struct Seen {
    modules: usize,
    packages: usize,
    functions: usize,
}

#[derive(Serialize)]
struct Counts {
    symbol: usize,
    package: usize,
    module: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct Found<'a> {
    id: &'a str,
    aliases: &'a [String],
    published: Option<&'a str>,
    reviewed: bool,
    module: &'a str,
    version: Option<&'a str>,
    replaces: Option<&'a str>,
    package: Option<&'a str>,
    symbols: &'a [String],
    level: &'static str,
    scope: &'static str,
    functions_seen: bool,
    fixed: Option<String>,
    custom_range: Option<Custom<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<Link<'a>>>,
    fails: bool,
    suppressed: Option<Put<'a>>,
}

#[derive(Serialize)]
struct Custom<'a> {
    inside: Option<bool>,
    fixed: Option<&'a str>,
}

#[derive(Serialize)]
struct Put<'a> {
    reason: &'a str,
    expires: String,
}

#[derive(Serialize)]
struct Said<'a> {
    what: &'a str,
    message: &'a str,
}

fn found<'a>(f: &'a Finding, level: Level, put: Option<&'a Suppressed>) -> Found<'a> {
    Found {
        id: &f.id,
        aliases: &f.aliases,
        published: told(&f.published),
        reviewed: f.reviewed,
        module: &f.module,
        version: told(&f.version),
        replaces: f.replaces.as_deref(),
        package: f.package.as_deref(),
        symbols: &f.symbols,
        level: f.level.word(),
        scope: f.scope.word(),
        functions_seen: !f.unseen,
        fixed: f
            .fixed
            .as_ref()
            .map(|v| format!("v{}", v.strip_prefix('v').unwrap_or(v))),
        custom_range: f.custom.as_ref().map(|c| Custom {
            inside: c.inside,
            fixed: c.fixed.as_deref(),
        }),
        reached: f.reach.as_ref().map(|r| match r {
            Reach::By(_) => Some(true),
            Reach::Uncalled => Some(false),
            Reach::Unseen => None,
        }),
        path: f.reach.as_ref().and_then(|r| match r {
            Reach::By(path) => Some(links(path)),
            _ => None,
        }),
        fails: put.is_none() && f.fails(level),
        suppressed: put.map(|s| Put {
            reason: &s.reason,
            expires: s.expires.to_string(),
        }),
    }
}

fn told(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    run.files
        .iter()
        .try_for_each(|(name, file)| one(out, run, name, file))
}

fn one(out: &mut dyn Write, run: &Run<'_>, name: &Name, file: &File) -> io::Result<()> {
    let j = &file.judgement;
    let count = |l: Level| j.findings.iter().filter(|f| f.level == l).count();
    let meta = run.db.meta();
    let shown = j.findings.iter().map(|f| found(f, run.level, None));
    let put_up_with = file
        .suppressed
        .iter()
        .map(|s| found(&s.finding, run.level, Some(s)));
    let doc = Doc {
        schema: "gospect/vuln",
        version: 1,
        file: name.into(),
        go_version: file.go_version.as_deref(),
        os: file.os.as_deref(),
        arch: file.arch.as_deref(),
        path: file.path.as_deref(),
        main: file
            .main
            .as_ref()
            .map(|(module, version)| Main { module, version }),
        database: Base {
            source: &meta.source,
            modified: told(&meta.modified),
            entries: run.db.len(),
        },
        level: run.level.word(),
        fails: file.fails(run.level),
        seen: Seen {
            modules: j.modules,
            packages: j.packages,
            functions: j.functions,
        },
        counts: Counts {
            symbol: count(Level::Symbol),
            package: count(Level::Package),
            module: count(Level::Module),
            suppressed: file.suppressed.len(),
        },
        findings: shown.chain(put_up_with).collect(),
        gaps: j
            .gaps
            .iter()
            .map(|g| Said {
                what: g.what,
                message: &g.message,
            })
            .collect(),
    };
    json::write(out, &doc)
}
