//! SPDX 2.3, JSON. A test validates it with the SPDX tools.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Document, Part, TOOL};
use crate::analysis::sbom::Known;
use crate::report::json;

/// Writes a document.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, doc: Document<'_>) -> io::Result<()> {
    let (mut packages, mut relationships) = (Vec::new(), Vec::new());
    let annotation = |text: String| {
        json!({ "annotationDate": doc.time, "annotationType": "OTHER",
        "annotator": format!("Tool: {TOOL}"), "comment": text })
    };
    for (i, f) in doc.files.iter().enumerate() {
        let id = format!("SPDXRef-File-{i}");
        let mut notes: Vec<Value> = f
            .properties
            .iter()
            .map(|(n, v)| annotation(format!("{n}={v}")))
            .collect();
        if let Some((_, from)) = &f.version {
            notes.push(annotation(format!("gospect:version-from={}", from.word())));
        }
        let mut package = package(&id, f.main.as_ref().map_or(&f.name, |m| &m.path), &f.purl());
        add(&mut package, "packageFileName", json!(f.name));
        add(
            &mut package,
            "checksums",
            json!([{ "algorithm": "SHA256", "checksumValue": f.sha256 }]),
        );
        add(
            &mut package,
            "primaryPackagePurpose",
            json!(if f.library { "LIBRARY" } else { "APPLICATION" }),
        );
        if let Some((v, _)) = &f.version {
            add(&mut package, "versionInfo", json!(v));
        }
        add(&mut package, "annotations", Value::Array(notes));
        packages.push(package);
        relationships.push(
            json!({ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
            "relatedSpdxElement": id }),
        );
    }
    for (place, (part, holders)) in doc.parts().into_iter().enumerate() {
        let id = format!("SPDXRef-{}", part.key(place));
        let mut p = package(&id, part.name(), &part.purl().unwrap_or_default());
        if !part.version().is_empty() {
            add(&mut p, "versionInfo", json!(part.version()));
        }
        add(&mut p, "primaryPackagePurpose", json!("LIBRARY"));
        add(&mut p, "sourceInfo", json!(how(&part)));
        if let Part::Stdlib(_) = part {
            add(&mut p, "licenseDeclared", json!("BSD-3-Clause"));
        }
        let mut notes = Vec::new();
        for f in holders.iter().filter_map(|i| doc.files.get(*i)) {
            let names = part.packages(f);
            if !names.is_empty() {
                notes.push(annotation(format!("packages in {}: {}", f.name, names.join(" "))));
            }
        }
        if !notes.is_empty() {
            add(&mut p, "annotations", Value::Array(notes));
        }
        packages.push(p);
        for i in holders {
            let (kind, file) = (
                if matches!(part, Part::Library(_)) {
                    "DEPENDS_ON"
                } else {
                    "CONTAINS"
                },
                format!("SPDXRef-File-{i}"),
            );
            relationships
                .push(json!({ "spdxElementId": file, "relationshipType": kind, "relatedSpdxElement": id }));
        }
    }
    let spdx = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": doc.name(),
        "documentNamespace": format!("https://spdx.org/spdxdocs/gospect-{}", doc.uuid("spdx")),
        "creationInfo": { "created": doc.time, "creators": [format!("Tool: {TOOL}")] },
        "packages": packages,
        "relationships": relationships,
    });
    json::write(out, &spdx)
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
