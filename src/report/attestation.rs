//! A rebuild → an in-toto statement with SLSA provenance, unsigned.
//!
//! Authority: in-toto attestation framework, spec/v1/statement.md and digest_set.md (`dirHash` is Go's `h1:`
//! in hex); SLSA provenance v1. The subject is what was built here: its digest is that of the file that was
//! looked at only where the two are identical, so a statement about a program that differs vouches for
//! nobody's file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::json;
use crate::analysis::reproduce::{Material, Outcome, Verdict};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'r> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<Resource<'r>>,
    predicate_type: &'static str,
    predicate: Predicate<'r>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Resource<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digest: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, &'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'r> {
    build_definition: Definition<'r>,
    run_details: Details<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'r> {
    build_type: &'static str,
    external_parameters: Parameters<'r>,
    resolved_dependencies: Vec<Resource<'r>>,
}

#[derive(Serialize)]
struct Parameters<'r> {
    command: &'r [String],
    env: BTreeMap<&'r str, &'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'r> {
    builder: Builder,
    metadata: Metadata,
    byproducts: Vec<Resource<'r>>,
}

#[derive(Serialize)]
struct Builder {
    id: &'static str,
    version: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    started_on: Option<String>,
    finished_on: Option<String>,
}

fn sha256(hex: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("sha256", hex.to_string())])
}

/// A module as a package URL, with its sum.
fn module(m: &Material) -> Resource<'_> {
    let digest = m.sum.as_deref().and_then(dir_hash).map(|hex| ("dirHash", hex));
    Resource {
        name: Some(&m.path),
        uri: Some(crate::analysis::sbom::purl::golang(&m.path, &m.version)),
        digest: digest.into_iter().collect(),
        ..Resource::default()
    }
}

/// `h1:` and base64 → hex.
fn dir_hash(sum: &str) -> Option<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = sum.strip_prefix("h1:")?.trim_end_matches('=');
    let (mut bits, mut held, mut out) = (0u32, 0u32, String::new());
    for b in text.bytes() {
        held = held << 6 | DIGITS.iter().position(|d| *d == b)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push_str(&format!("{:02x}", held >> bits & 0xff));
        }
    }
    (out.len() == 64).then_some(out)
}

/// Writes the statement about a rebuild of `file`, which must have come to a program; `time` turns seconds
/// since 1970 into RFC 3339.
///
/// # Errors
/// What the writer says.
pub fn write(
    out: &mut dyn Write,
    file: &str,
    outcome: &Outcome,
    time: impl Fn(i64) -> String,
) -> io::Result<()> {
    let verdict = outcome.verdict.as_ref().map_or("", Verdict::word);
    let go = outcome.go.as_deref().unwrap_or_default();
    let mut inputs: Vec<Resource<'_>> = outcome.source.iter().map(|(m, _)| module(m)).collect();
    inputs.push(Resource {
        name: Some(go),
        uri: Some(format!("pkg:golang/toolchain@{}", go.trim_start_matches("go"))),
        ..Resource::default()
    });
    inputs.extend(outcome.dependencies.iter().map(module));
    let times = outcome.times;
    let statement = Statement {
        kind: "https://in-toto.io/Statement/v1",
        subject: vec![Resource {
            name: Some(file),
            digest: outcome.ours_sha256.as_deref().map(sha256).unwrap_or_default(),
            ..Resource::default()
        }],
        predicate_type: "https://slsa.dev/provenance/v1",
        predicate: Predicate {
            build_definition: Definition {
                build_type: "https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies",
                external_parameters: Parameters {
                    command: outcome.command(),
                    env: outcome
                        .env
                        .iter()
                        .map(|(k, v)| (k.as_str(), v.as_str()))
                        .collect(),
                },
                resolved_dependencies: inputs,
            },
            run_details: Details {
                builder: Builder {
                    id: "urn:gospect:reproduce",
                    version: BTreeMap::from([("gospect", env!("CARGO_PKG_VERSION"))]),
                },
                metadata: Metadata {
                    started_on: times.map(|t| time(t.0)),
                    finished_on: times.map(|t| time(t.1)),
                },
                byproducts: vec![Resource {
                    name: Some("the file that was to be reproduced"),
                    digest: sha256(&outcome.theirs_sha256),
                    annotations: BTreeMap::from([("verdict", verdict)]),
                    ..Resource::default()
                }],
            },
        },
    };
    json::write(out, &statement)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sum_in_hex() {
        // The example of in-toto's digest_set.md: the hash of nothing.
        assert_eq!(
            super::dir_hash("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").as_deref(),
            Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        assert_eq!(super::dir_hash("h1:short="), None);
        assert_eq!(super::dir_hash("go1"), None);
    }
}
