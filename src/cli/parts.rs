//! What a sub-command says of one binary, as its JSON: for `gospect scan --with`, and for callers from other
//! languages.

use std::io::Write;

use super::check::policy::{self, Loaded};
use super::vuln::database;
use crate::analysis::info::Facts;
use crate::analysis::policy::Level;
use crate::analysis::policy::file::Setting;
use crate::analysis::policy::judge;
use crate::analysis::policy::select::{self, Flags, Profile};
use crate::analysis::policy::values::Date;
use crate::analysis::size::{self, Detail};
use crate::analysis::{sbom, vuln};
use crate::error::{Error, Result};
use crate::input::{Bytes, Name};
use crate::report;

/// The parts there are.
pub(super) const PARTS: [&str; 6] = ["info", "check", "size", "funcs", "vuln", "sbom"];

/// What `check`, `vuln` and `sbom` go by.
pub(super) struct Rules {
    pub policy: Option<Loaded>,
    pub profile: Option<&'static Profile>,
    /// What flags demand.
    pub settings: Vec<Setting>,
    /// The least level that makes the exit status 1.
    pub level: Level,
    pub today: Date,
    /// For `vuln`: read once, shared by all threads.
    pub db: Option<database::Loaded>,
}

/// What is told besides the JSON.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Is there a finding that makes the exit status 1?
    pub fails: bool,
    /// Of `check`: rule, level, message.
    pub findings: Vec<[String; 3]>,
    /// Of `vuln`: id, module, version, level.
    pub vulnerabilities: Vec<[String; 4]>,
}

/// Writes the JSON of one of [`PARTS`]. In it the file is called `file`; `name` is what the policy's patterns
/// are held against.
///
/// # Errors
/// What the sub-command would say of the file.
pub(super) fn write(
    part: &str,
    rules: &Rules,
    facts: &Facts,
    (name, file): (&Name, &Name),
    bytes: &Bytes,
    out: &mut dyn Write,
) -> Result<Told> {
    let mut told = Told::default();
    match part {
        "info" => report::info::json(out, file, facts).map_err(unwritten)?,
        "check" => told = check(rules, name, file, bytes, out)?,
        "size" => {
            let options = size::Options {
                detail: Detail::Package,
                symbols: true,
            };
            let measured = size::measure(bytes, options)?;
            report::size::write_json(out, file, &measured, false).map_err(unwritten)?;
        }
        "vuln" => told = vulnerabilities(rules, name, file, bytes, out)?,
        "sbom" => {
            let inventory = sbom::take(file, bytes)?;
            let doc = report::sbom::Document {
                files: std::slice::from_ref(&inventory),
                vulnerabilities: &[],
                time: &super::sbom::time(super::sbom::now()),
            };
            report::sbom::cyclonedx(out, doc, "1.6").map_err(unwritten)?;
        }
        _ => super::funcs::json(out, file, bytes)?,
    }
    Ok(told)
}

fn unwritten(e: std::io::Error) -> Error {
    Error::new(e.to_string())
}

fn check(rules: &Rules, name: &Name, file: &Name, bytes: &Bytes, out: &mut dyn Write) -> Result<Told> {
    let names = policy::names(rules.policy.as_ref(), name);
    let policy = rules.policy.as_ref().map(|l| &l.policy);
    let flags = Flags {
        profile: rules.profile,
        settings: rules.settings.clone(),
    };
    let demands = select::demands(policy, &flags, &names);
    let judgement = judge::judge(bytes, &demands, policy, &names, rules.today)?;
    let run = report::check::Run {
        skipped: Vec::new(),
        files: vec![report::check::File {
            name: file.clone(),
            judgement,
        }],
        unreadable: Vec::new(),
        policy: rules
            .policy
            .as_ref()
            .map(|l| l.path.to_string_lossy().into_owned()),
        level: rules.level,
        today: rules.today,
    };
    report::check::json(out, &run).map_err(unwritten)?;
    let found = run
        .findings()
        .map(|(_, f)| [f.rule.to_string(), f.level.word().to_string(), f.message.clone()]);
    Ok(Told {
        fails: run.fails(),
        findings: found.collect(),
        ..Told::default()
    })
}

fn vulnerabilities(
    rules: &Rules,
    name: &Name,
    file: &Name,
    bytes: &Bytes,
    out: &mut dyn Write,
) -> Result<Told> {
    let db = rules
        .db
        .as_ref()
        .ok_or_else(|| Error::new("there is no vulnerability database"))?;
    let ask = vuln::Ask {
        db,
        today: &rules.today.to_string(),
        reach: false,
    };
    let mut found = vuln::look(bytes, ask)?;
    if let Some(l) = &rules.policy {
        let names = policy::names(Some(l), name);
        found.suppress(&l.policy.vulns, &names, rules.today);
    }
    let one = |f: &vuln::Finding| {
        let level = f.level.word().to_string();
        [f.id.clone(), f.module.clone(), f.version.clone(), level]
    };
    let vulnerabilities = found.judgement.findings.iter().map(one).collect();
    let run = report::vuln::Run {
        files: vec![(file.clone(), found)],
        unreadable: Vec::new(),
        level: vuln::Level::Symbol,
        today: rules.today,
        db,
    };
    report::vuln::json(out, &run).map_err(unwritten)?;
    Ok(Told {
        fails: run.fails(),
        vulnerabilities,
        ..Told::default()
    })
}
