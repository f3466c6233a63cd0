//! SARIF 2.1.0: a rule for each advisory, a result for each finding.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Run, page, place, remedy, version, way};
use crate::analysis::graph::Link;
use crate::analysis::vuln::{Finding, Level, Reach};
use crate::report::check::sarif::{Tool, document, fingerprint, notification, uri};

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    let all = || {
        run.files.iter().flat_map(|(_, f)| {
            f.judgement
                .findings
                .iter()
                .chain(f.suppressed.iter().map(|s| &s.finding))
        })
    };
    for f in all() {
        rules.entry(&f.id).or_insert(f);
    }
    let index = |id: &str| rules.keys().position(|k| *k == id).unwrap_or(0);
    let descriptors: Vec<Value> = rules
        .iter()
        .map(|(id, f)| {
            json!({
                "id": id,
                "name": id,
                "shortDescription": { "text": format!("Known vulnerability in {}", f.module) },
                "fullDescription": { "text": format!("{} ({})", page(id), f.aliases.join(", ")) },
                "helpUri": page(id),
                "help": { "text": format!("{}: {}", f.module, remedy(f)) },
                "properties": { "tags": f.aliases, "precision": "very-high" },
            })
        })
        .collect();
    let mut results = Vec::new();
    for (name, file) in &run.files {
        results.extend(
            file.judgement
                .findings
                .iter()
                .map(|f| result(run, name, f, index(&f.id), None)),
        );
        for s in &file.suppressed {
            let why = format!("{} (until {})", s.reason, s.expires);
            results.push(result(run, name, &s.finding, index(&s.finding.id), Some(why)));
        }
    }
    let notifications: Vec<Value> = run
        .unreadable
        .iter()
        .map(|(file, why)| notification(file, "error", why))
        .chain(run.files.iter().flat_map(|(name, f)| {
            let level = if f.judgement.blind { "error" } else { "warning" };
            f.judgement
                .gaps
                .iter()
                .map(move |g| notification(name, level, &g.message))
        }))
        .collect();
    let tool = Tool {
        name: "gospect vuln",
        rules: descriptors,
        succeeded: run.unreadable.is_empty(),
    };
    document(out, tool, &notifications, &results)
}

fn result(run: &Run<'_>, file: &str, f: &Finding, index: usize, accepted: Option<String>) -> Value {
    let level = match f.level {
        _ if f.fails(run.level) => "error",
        Level::Symbol | Level::Package => "warning",
        Level::Module => "note",
    };
    let of = version(&f.module, &f.version);
    let way = f.reach.as_ref().map(|r| format!("; {}", way(r, false)));
    let (seen, mend) = (place(f, true), remedy(f));
    let text = format!(
        "{file} has {} {of}: {seen}; {mend}{}",
        f.module,
        way.unwrap_or_default()
    );
    let mut out = json!({
        "ruleId": f.id,
        "ruleIndex": index,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(file) } } }],
        "partialFingerprints": { "gospect/v1": fingerprint(&[file, &f.id, &f.module,
        f.package.as_deref().unwrap_or_default()]) }
    });
    if let (Some(Reach::By(path)), Some(map)) = (&f.reach, out.as_object_mut()) {
        let links: Vec<Value> = path.links.iter().map(|l| step(file, l)).collect();
        map.insert(
            "codeFlows".into(),
            json!([{ "threadFlows": [{ "locations": links }] }]),
        );
    }
    if let (Some(why), Some(map)) = (accepted, out.as_object_mut()) {
        let suppression = json!([{ "kind": "external", "status": "accepted", "justification": why }]);
        map.insert("suppressions".into(), suppression);
    }
    out
}

/// A link of the chain that leads to a function: where a viewer steps through it, the file is the place, the
/// function the logical one.
fn step(file: &str, link: &Link) -> Value {
    let at = link.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
    json!({ "location": {
        "message": { "text": format!("{}{at}", link.name) },
        "physicalLocation": { "artifactLocation": { "uri": uri(file) } },
        "logicalLocations": [{ "fullyQualifiedName": link.name, "kind": "function" }],
    } })
}
