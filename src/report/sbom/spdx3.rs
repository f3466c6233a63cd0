//! SPDX 3.0.1, JSON-LD.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, Held, Part, TOOL, spdx2};
use crate::analysis::sbom::Inventory;
use crate::report::json;

/// Writes a document.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, doc: Document<'_>) -> io::Result<()> {
    let space = format!("https://spdx.org/spdxdocs/gospect-{}", doc.uuid("spdx3"));
    let id = |name: &str| format!("{space}#{name}");
    let info = "_:creation";
    let parts = doc.parts();
    let file_id = |i: usize| id(&format!("file-{i}"));
    let files = || {
        doc.files
            .iter()
            .enumerate()
            .map(|(i, f)| file(f, &file_id(i), info))
    };
    let libraries = || parts.iter().map(|held| part(held, &id(&held.key()), info));
    // For each file what it contains, then what it depends on.
    let links = || {
        let kinds = (0..doc.files.len()).flat_map(|i| [(i, "contains", false), (i, "dependsOn", true)]);
        kinds.filter_map(|(i, kind, depends)| {
            let is_there = |h: &&Held<'_>| h.is_in(i) && matches!(h.part, Part::Library(_)) == depends;
            let to: Vec<String> = parts.iter().filter(is_there).map(|h| id(&h.key())).collect();
            (!to.is_empty()).then(|| {
                json!({
                    "type": "Relationship", "spdxId": id(&format!("file-{i}-{kind}")), "creationInfo": info,
                    "from": file_id(i), "relationshipType": kind, "to": to,
                })
            })
        })
    };
    let elements = || files().chain(libraries()).chain(links());
    let graph = || {
        let roots: Vec<String> = (0..doc.files.len()).map(file_id).collect();
        let ids: Vec<Value> = elements().map(|e| e["spdxId"].clone()).collect();
        let first = [
            json!({ "type": "CreationInfo", "@id": info, "specVersion": "3.0.1", "created": doc.time,
                "createdBy": [id("gospect")] }),
            // What makes documents must be an agent; a tool's agent is software.
            json!({ "type": "SoftwareAgent", "spdxId": id("gospect"), "creationInfo": info, "name": TOOL }),
            json!({
                "type": "SpdxDocument", "spdxId": space, "creationInfo": info, "name": doc.name(),
                "profileConformance": ["core", "software"], "rootElement": [id("sbom")],
            }),
            json!({
                "type": "software_Sbom", "spdxId": id("sbom"), "creationInfo": info, "name": doc.name(),
                "rootElement": roots, "element": ids, "software_sbomType": ["analyzed"],
            }),
        ];
        first.into_iter().chain(elements())
    };
    json::write(
        out,
        &Spdx {
            context: "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
            graph: json::Each(graph),
        },
    )
}

/// The document.
#[derive(Serialize)]
struct Spdx<G> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@graph")]
    graph: G,
}

/// A file as a package.
fn file(f: &Inventory, id: &str, info: &str) -> Value {
    let mut out = json!({
        "type": "software_Package", "spdxId": id, "creationInfo": info,
        "name": f.main.as_ref().map_or(&f.name, |m| &m.path),
        "software_packageUrl": f.purl(),
        "software_primaryPurpose": if f.library { "library" } else { "application" },
        "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256", "hashValue": f.sha256 }],
        "comment": f.properties.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("\n"),
    });
    if let (Some((v, _)), Some(map)) = (&f.version, out.as_object_mut()) {
        map.insert("software_packageVersion".into(), json!(v));
    }
    out
}

/// A module, the standard library or a C library as a package.
fn part(held: &Held<'_>, id: &str, info: &str) -> Value {
    let part = &held.part;
    let mut out = json!({
        "type": "software_Package", "spdxId": id, "creationInfo": info, "name": part.name(),
        "software_primaryPurpose": "library", "software_sourceInfo": spdx2::how(part),
    });
    if let Some(map) = out.as_object_mut() {
        if !part.version().is_empty() {
            map.insert("software_packageVersion".into(), json!(part.version()));
        }
        if let Some(purl) = part.purl() {
            map.insert("software_packageUrl".into(), json!(purl));
        }
    }
    out
}
