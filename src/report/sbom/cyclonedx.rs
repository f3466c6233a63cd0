//! CycloneDX 1.6 and 1.7, JSON. A test validates both against the official schemas.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Document, Held, Part, Verdict};
use crate::analysis::sbom::{Inventory, Known};
use crate::analysis::vuln::{Level, Scope};
use crate::report::json;
use crate::report::vuln::{page, place, version};

/// Writes a document of a version (`1.6`, `1.7`).
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, doc: Document<'_>, spec: &str) -> io::Result<()> {
    let parts = doc.parts();
    let own = |i: usize| format!("file-{i}");
    let several = doc.files.len() > 1;
    let components = || {
        let files = doc.files.iter().enumerate().filter(|_| several);
        let files = files.map(|(i, f)| file(f, &own(i)));
        files.chain(parts.iter().map(|p| {
            let holders = p.files.iter().filter_map(|i| doc.files.get(*i));
            component(&p.part, &p.key(), &holders.collect::<Vec<_>>())
        }))
    };
    let dependencies = || {
        let all: Vec<String> = (0..doc.files.len()).map(own).collect();
        let whole = several.then(|| json!({ "ref": "release", "dependsOn": all }));
        let files = (0..doc.files.len()).map(|i| {
            let held = parts.iter().filter(|p| p.is_in(i)).map(Held::key);
            json!({ "ref": own(i), "dependsOn": held.collect::<Vec<_>>() })
        });
        whole.into_iter().chain(files)
    };
    let mut metadata = json!({
        "timestamp": doc.time,
        "tools": { "components": [{ "type": "application", "name": "gospect",
        "version": env!("CARGO_PKG_VERSION") }] },
    });
    let subject = match doc.files {
        [one] => file(one, &own(0)),
        _ => json!({ "type": "application", "bom-ref": "release", "name": doc.name() }),
    };
    set(&mut metadata, "component", subject);
    let vulnerabilities = || {
        let found = doc.vulnerabilities.iter().enumerate();
        found.flat_map(|(i, verdicts)| {
            let parts = &parts;
            verdicts.iter().map(move |v| {
                let of = parts.iter().find(|p| p.is_in(i) && p.part.is_of(v.finding));
                vulnerability(v, of.map_or(own(i), Held::key), &own(i))
            })
        })
    };
    json::write(
        out,
        &Bom {
            schema: format!("http://cyclonedx.org/schema/bom-{spec}.schema.json"),
            bom_format: "CycloneDX",
            components: json::Each(components),
            dependencies: json::Each(dependencies),
            metadata,
            serial_number: format!("urn:uuid:{}", doc.uuid("cyclonedx")),
            spec_version: spec,
            version: 1,
            vulnerabilities: (!doc.vulnerabilities.is_empty()).then_some(json::Each(vulnerabilities)),
        },
    )
}

/// The document, keys ascending as in all that is below.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a, C, D, V> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'a str,
    components: C,
    dependencies: D,
    metadata: Value,
    serial_number: String,
    spec_version: &'a str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    vulnerabilities: Option<V>,
}

fn set(to: &mut Value, key: &str, value: Value) {
    if let Some(map) = to.as_object_mut() {
        map.insert(key.into(), value);
    }
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// The file itself.
fn file(f: &Inventory, id: &str) -> Value {
    let mut properties: Vec<Value> = f.properties.iter().map(|(n, v)| property(n, v)).collect();
    if let Some((_, from)) = &f.version {
        properties.push(property("gospect:version-from", from.word()));
    }
    properties.push(property("gospect:file-size", &f.size.to_string()));
    if let Some(main) = f.main.as_ref().filter(|m| !m.sum.is_empty()) {
        properties.push(property("gospect:h1", &main.sum));
    }
    let mut out = json!({
        "type": if f.library { "library" } else { "application" },
        "bom-ref": id,
        "name": f.main.as_ref().map_or(&f.name, |m| &m.path),
        "purl": f.purl(),
        "hashes": [{ "alg": "SHA-256", "content": f.sha256 }],
        "properties": properties,
    });
    if let Some((v, _)) = &f.version {
        set(&mut out, "version", json!(v));
    }
    let occurrences = packages(f.main.as_ref().map(|m| m.path.as_str()), f);
    let mut evidence = Map::new();
    if !occurrences.is_empty() {
        evidence.insert("occurrences".into(), json!(occurrences));
        set(&mut out, "evidence", Value::Object(evidence));
    }
    out
}

fn packages(module: Option<&str>, f: &Inventory) -> Vec<Value> {
    let all = module
        .and_then(|m| f.packages.get(m))
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter().map(|p| occurrence(f, p)).collect()
}

fn occurrence(f: &Inventory, package: &str) -> Value {
    json!({ "location": f.name, "additionalContext": format!("package {package}") })
}

fn component(part: &Part<'_>, id: &str, holders: &[&Inventory]) -> Value {
    let mut properties = Vec::new();
    let mut out = json!({ "type": "library", "bom-ref": id, "name": part.name() });
    if !part.version().is_empty() {
        set(&mut out, "version", json!(part.version()));
    }
    if let Some(purl) = part.purl() {
        set(&mut out, "purl", json!(purl));
    }
    let (technique, confidence, how) = match part {
        Part::Module(m) if m.known == Known::Inferred => (
            "binary-analysis",
            0.6,
            "import paths of packages in the pclntab; the version is not known",
        ),
        Part::Library(_) => (
            "binary-analysis",
            1.0,
            "libraries that the file's dynamic section or import table names",
        ),
        _ => ("manifest-analysis", 1.0, "build information in the file"),
    };
    match part {
        Part::Module(m) => {
            if !m.sum.is_empty() {
                // A hash over the names and hashes of a module's files, which is no hash of any file.
                properties.push(property("gospect:h1", &m.sum));
            }
            if let Some((path, v)) = &m.replaced_by {
                let purl = crate::analysis::sbom::purl::golang(&m.path, &m.asked);
                properties.push(property("gospect:replaces", &purl));
                if v.is_empty() {
                    properties.push(property("gospect:replaced-by-folder", path));
                } else {
                    let mut old = json!({ "type": "library", "name": m.path, "purl": purl });
                    if !m.asked.is_empty() {
                        set(&mut old, "version", json!(m.asked));
                    }
                    set(&mut out, "pedigree", json!({ "ancestors": [old] }));
                }
            }
            properties.push(property(
                "gospect:known",
                if m.known == Known::Listed {
                    "listed"
                } else {
                    "inferred"
                },
            ));
        }
        Part::Stdlib(_) => set(
            &mut out,
            "licenses",
            json!([{ "license": { "id": "BSD-3-Clause" } }]),
        ),
        Part::Library(_) => properties.push(property("gospect:needed", "at run time")),
    }
    let occurrences: Vec<Value> = holders
        .iter()
        .flat_map(|f| part.packages(f).iter().map(|p| occurrence(f, p)))
        .collect();
    let field = if part.purl().is_some() { "purl" } else { "name" };
    let method = json!({ "technique": technique, "confidence": confidence, "value": how });
    let mut evidence =
        json!({ "identity": [{ "field": field, "confidence": confidence, "methods": [method] }] });
    if !occurrences.is_empty() {
        set(&mut evidence, "occurrences", json!(occurrences));
    }
    set(&mut out, "evidence", evidence);
    if !properties.is_empty() {
        set(&mut out, "properties", Value::Array(properties));
    }
    out
}

/// What is known of a vulnerability: that its function is in the file is reason to look, that it is not is
/// proof that it does not matter.
fn vulnerability(v: &Verdict<'_>, part: String, file: &str) -> Value {
    let f = v.finding;
    let unsure = f.unseen || f.scope == Scope::UnknownVersion;
    let mut analysis = match f.level {
        Level::Symbol => json!({ "state": "in_triage" }),
        _ if unsure => json!({ "state": "in_triage" }),
        _ => json!({ "state": "not_affected", "justification": "code_not_present" }),
    };
    let detail = match v.accepted {
        Some(why) => format!("{}; put up with: {why}", place(f, true)),
        None => place(f, true),
    };
    set(&mut analysis, "detail", json!(detail));
    let source = json!({ "name": "Go vulnerability database", "url": page(&f.id) });
    let references: Vec<Value> = f
        .aliases
        .iter()
        .map(|a| {
            json!({ "id": a,
            "source": { "name": if a.starts_with("GHSA") { "GitHub" } else { "CVE" } } })
        })
        .collect();
    let mut out = json!({
        "bom-ref": format!("{file}-{}-{}", f.id, f.package.as_deref().unwrap_or(&f.module)),
        "id": f.id,
        "source": source,
        "references": references,
        "affects": [{ "ref": part }],
        "analysis": analysis,
        "properties": [property("gospect:level", f.level.word()), property("gospect:scope", f.scope.word())],
    });
    if let Some(fixed) = &f.fixed {
        let to = version(&f.module, fixed);
        set(
            &mut out,
            "recommendation",
            json!(format!("Upgrade {} to {to} or newer.", f.module)),
        );
    }
    if !f.published.is_empty() {
        set(&mut out, "published", json!(format!("{}T00:00:00Z", f.published)));
    }
    out
}
