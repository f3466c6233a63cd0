//! SPDX 2.3, JSON. A test validates it with the SPDX tools.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, Held, Part, TOOL};
use crate::analysis::sbom::{Inventory, Known};
use crate::report::json;

/// Writes a document.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, doc: Document<'_>) -> io::Result<()> {
    let parts = doc.parts();
    let packages = || {
        let files = doc.files.iter().enumerate().map(|(i, f)| file(doc, i, f));
        files.chain(parts.iter().map(|held| of_part(doc, held)))
    };
    let relationships = || {
        let described = (0..doc.files.len()).map(|i| {
            json!({ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                "relatedSpdxElement": file_id(i) })
        });
        described.chain(parts.iter().flat_map(|held| {
            let kind = match held.part {
                Part::Library(_) => "DEPENDS_ON",
                _ => "CONTAINS",
            };
            held.files.iter().map(move |i| {
                json!({ "spdxElementId": file_id(*i), "relationshipType": kind,
                    "relatedSpdxElement": part_id(held) })
            })
        }))
    };
    json::write(
        out,
        &Spdx {
            id: "SPDXRef-DOCUMENT",
            creation_info: json!({ "created": doc.time, "creators": [format!("Tool: {TOOL}")] }),
            data_license: "CC0-1.0",
            document_namespace: format!("https://spdx.org/spdxdocs/gospect-{}", doc.uuid("spdx")),
            name: doc.name(),
            packages: json::Each(packages),
            relationships: json::Each(relationships),
            spdx_version: "SPDX-2.3",
        },
    )
}

/// The document, keys ascending as in all that is below.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spdx<P, R> {
    #[serde(rename = "SPDXID")]
    id: &'static str,
    creation_info: Value,
    data_license: &'static str,
    document_namespace: String,
    name: String,
    packages: P,
    relationships: R,
    spdx_version: &'static str,
}

fn file_id(i: usize) -> String {
    format!("SPDXRef-File-{i}")
}

fn part_id(held: &Held<'_>) -> String {
    format!("SPDXRef-{}", held.key())
}

fn annotation(doc: Document<'_>, text: String) -> Value {
    json!({ "annotationDate": doc.time, "annotationType": "OTHER",
        "annotator": format!("Tool: {TOOL}"), "comment": text })
}

/// A file as a package.
fn file(doc: Document<'_>, i: usize, f: &Inventory) -> Value {
    let properties = f.properties.iter().map(|(n, v)| format!("{n}={v}"));
    let mut notes: Vec<Value> = properties.map(|p| annotation(doc, p)).collect();
    if let Some((_, from)) = &f.version {
        notes.push(annotation(doc, format!("gospect:version-from={}", from.word())));
    }
    let mut out = package(
        &file_id(i),
        f.main.as_ref().map_or(&f.name, |m| &m.path),
        &f.purl(),
    );
    add(&mut out, "packageFileName", json!(f.name));
    add(
        &mut out,
        "checksums",
        json!([{ "algorithm": "SHA256", "checksumValue": f.sha256 }]),
    );
    add(
        &mut out,
        "primaryPackagePurpose",
        json!(if f.library { "LIBRARY" } else { "APPLICATION" }),
    );
    if let Some((v, _)) = &f.version {
        add(&mut out, "versionInfo", json!(v));
    }
    add(&mut out, "annotations", Value::Array(notes));
    out
}

/// A module, the standard library or a C library as a package.
fn of_part(doc: Document<'_>, held: &Held<'_>) -> Value {
    let part = &held.part;
    let mut out = package(&part_id(held), part.name(), &part.purl().unwrap_or_default());
    if !part.version().is_empty() {
        add(&mut out, "versionInfo", json!(part.version()));
    }
    add(&mut out, "primaryPackagePurpose", json!("LIBRARY"));
    add(&mut out, "sourceInfo", json!(how(part)));
    if let Part::Stdlib(_) = part {
        add(&mut out, "licenseDeclared", json!("BSD-3-Clause"));
    }
    let mut notes = Vec::new();
    for f in held.files.iter().filter_map(|i| doc.files.get(*i)) {
        let names = part.packages(f);
        if !names.is_empty() {
            let text = format!("packages in {}: {}", f.name, names.join(" "));
            notes.push(annotation(doc, text));
        }
    }
    if !notes.is_empty() {
        add(&mut out, "annotations", Value::Array(notes));
    }
    out
}

fn add(to: &mut Value, key: &str, value: Value) {
    if let Some(map) = to.as_object_mut() {
        map.insert(key.into(), value);
    }
}

fn package(id: &str, name: &str, purl: &str) -> Value {
    let mut out = json!({
        "SPDXID": id,
        "name": name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    });
    if !purl.is_empty() {
        let purl = json!([{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": purl }]);
        add(&mut out, "externalRefs", purl);
    }
    out
}

/// How a part is known, and its checksum in Go's own form.
pub(super) fn how(part: &Part<'_>) -> String {
    let Part::Module(m) = part else {
        return match part {
            Part::Library(_) => "needed at run time: named by the dynamic section or import table".into(),
            _ => "the standard library of the Go version that the file names".into(),
        };
    };
    let mut out = match m.known {
        Known::Listed => "listed in the file's build information".to_string(),
        Known::Inferred => "inferred from import paths in the file's pclntab; version not known".to_string(),
    };
    if let Some((path, v)) = &m.replaced_by {
        let asked = if m.asked.is_empty() {
            String::new()
        } else {
            format!("@{}", m.asked)
        };
        out += &match v.is_empty() {
            true => format!("; the folder {path} stands in for {}{asked}", m.path),
            false => format!("; stands in for {}{asked}", m.path),
        };
    }
    if !m.sum.is_empty() {
        out += &format!("; go.sum: {}", m.sum);
    }
    out
}
