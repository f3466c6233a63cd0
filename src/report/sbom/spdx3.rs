//! SPDX 3.0.1, JSON-LD.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Document, Part, TOOL, spdx2};
use crate::report::json;

/// Writes a document.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, doc: Document<'_>) -> io::Result<()> {
    let space = format!("https://spdx.org/spdxdocs/gospect-{}", doc.uuid("spdx3"));
    let id = |name: &str| format!("{space}#{name}");
    let info = "_:creation";
    let mut graph = vec![
        json!({ "type": "CreationInfo", "@id": info, "specVersion": "3.0.1", "created": doc.time,
            "createdBy": [id("gospect")] }),
        // What makes documents must be an agent; a tool's agent is software.
        json!({ "type": "SoftwareAgent", "spdxId": id("gospect"), "creationInfo": info, "name": TOOL }),
    ];
    let mut elements = Vec::new();
    let mut roots = Vec::new();
    let mut links = Vec::new();
    for (i, f) in doc.files.iter().enumerate() {
        let own = id(&format!("file-{i}"));
        let mut package = json!({
            "type": "software_Package", "spdxId": own, "creationInfo": info,
            "name": f.main.as_ref().map_or(&f.name, |m| &m.path),
            "software_packageUrl": f.purl(),
            "software_primaryPurpose": if f.library { "library" } else { "application" },
            "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256", "hashValue": f.sha256 }],
            "comment": f.properties.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("\n"),
        });
        if let (Some((v, _)), Some(map)) = (&f.version, package.as_object_mut()) {
            map.insert("software_packageVersion".into(), json!(v));
        }
        elements.push(package);
        roots.push(own);
    }
    for (place, (part, holders)) in doc.parts().into_iter().enumerate() {
        let own = id(&part.key(place));
        let mut p = json!({
            "type": "software_Package", "spdxId": own, "creationInfo": info, "name": part.name(),
            "software_primaryPurpose": "library", "software_sourceInfo": spdx2::how(&part),
        });
        if let Some(map) = p.as_object_mut() {
            if !part.version().is_empty() {
                map.insert("software_packageVersion".into(), json!(part.version()));
            }
            if let Some(purl) = part.purl() {
                map.insert("software_packageUrl".into(), json!(purl));
            }
        }
        elements.push(p);
        links.extend(
            holders
                .into_iter()
                .map(|i| (i, matches!(part, Part::Library(_)), own.clone())),
        );
    }
    for (i, root) in roots.iter().enumerate() {
        for (kind, c) in [("contains", false), ("dependsOn", true)] {
            let to: Vec<&String> = links
                .iter()
                .filter(|l| l.0 == i && l.1 == c)
                .map(|l| &l.2)
                .collect();
            if !to.is_empty() {
                elements.push(json!({
                    "type": "Relationship", "spdxId": id(&format!("file-{i}-{kind}")), "creationInfo": info,
                    "from": root, "relationshipType": kind, "to": to,
                }));
            }
        }
    }
    let ids: Vec<Value> = elements.iter().map(|e| e["spdxId"].clone()).collect();
    graph.push(json!({
        "type": "SpdxDocument", "spdxId": space, "creationInfo": info, "name": doc.name(),
        "profileConformance": ["core", "software"], "rootElement": [id("sbom")],
    }));
    graph.push(json!({
        "type": "software_Sbom", "spdxId": id("sbom"), "creationInfo": info, "name": doc.name(),
        "rootElement": roots, "element": ids, "software_sbomType": ["analyzed"],
    }));
    graph.extend(elements);
    json::write(
        out,
        &json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph }),
    )
}
