//! OpenVEX 0.2.0: what each known vulnerability means for the program, which goes by its purl and its hash.

use std::io::{self, Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Run, page, place, version};
use crate::analysis::sbom::{Inventory, purl};
use crate::analysis::vuln::{Finding, Level, Scope};
use crate::report::json;

/// Writes one document about all files. `inventories` are theirs, in the same order.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run<'_>, inventories: &[Inventory], time: &str) -> io::Result<()> {
    let mut statements = Vec::new();
    for ((_, file), of) in run.files.iter().zip(inventories) {
        statements.extend(file.judgement.findings.iter().map(|f| statement(f, of, None)));
        let put_up_with = file.suppressed.iter();
        statements
            .extend(put_up_with.map(|s| statement(&s.finding, of, Some((&s.reason, s.expires.to_string())))));
    }
    let hash = inventories
        .iter()
        .fold(Sha256::new(), |h, i| h.chain_update(&i.sha256));
    let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let doc = json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": format!("https://openvex.dev/docs/public/gospect-{hash}"),
        "author": "gospect",
        "timestamp": time,
        "version": 1,
        "tooling": concat!("gospect ", env!("CARGO_PKG_VERSION")),
        "statements": statements,
    });
    json::write(out, &doc)
}

fn statement(f: &Finding, of: &Inventory, accepted: Option<(&String, String)>) -> Value {
    let module = match f.module.as_str() {
        "stdlib" | "toolchain" => purl::golang(&f.module, f.version.strip_prefix('v').unwrap_or(&f.version)),
        m => purl::golang(m, &f.version),
    };
    let id = of.purl();
    let mut out = json!({
        "vulnerability": { "@id": page(&f.id), "name": f.id, "aliases": f.aliases },
        "products": [{
            "@id": id,
            "identifiers": { "purl": id },
            "hashes": { "sha-256": of.sha256 },
            "subcomponents": [{ "@id": module, "identifiers": { "purl": module } }],
        }],
    });
    let unsure = f.unseen || f.scope == Scope::UnknownVersion;
    let remedy = match &f.fixed {
        Some(v) => format!("Upgrade {} to {} or newer.", f.module, version(&f.module, v)),
        None => "No fixed version is known.".into(),
    };
    let fields = match (f.level, accepted) {
        (_, Some((why, until))) => {
            json!({ "status": "affected", "action_statement": format!("Put up with until {until}: {why}") })
        }
        (_, None) if unsure => json!({ "status": "under_investigation", "status_notes": place(f, true) }),
        (Level::Symbol, None) => {
            json!({ "status": "affected", "action_statement": remedy, "status_notes": place(f, true) })
        }
        _ => {
            json!({ "status": "not_affected", "justification": "vulnerable_code_not_present",
                "status_notes": place(f, true) })
        }
    };
    if let (Some(to), Value::Object(more)) = (out.as_object_mut(), fields) {
        to.extend(more);
    }
    out
}
