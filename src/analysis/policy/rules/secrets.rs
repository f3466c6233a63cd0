//! Credentials that were compiled in: values of -X in the build settings, and well-known token shapes in the program's data.
//!
//! One pass of one expression over the data; the shapes are those their makers publish. A value is never shown whole.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::Rule;
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "no-secrets",
    title: "has no credentials in it",
    means: "A token, key or password that was compiled in is in the hands of everyone who has the file; -ldflags=-X, -trimpath and strip do not hide it. \
        Values are shown by their first characters and length only.",
    evidence: "Well-known shapes (GitHub, GitLab, AWS, Google, Slack, Stripe, npm, PyPI, SendGrid, private keys, JSON web tokens, …) in the program's data; -X settings \
        whose variable is called like a credential.",
    fix: "Revoke it now; hand it to the program at run time (environment, file, secret store).",
    applies: "Every file.",
    level: Level::Error,
    audit: true,
    kind: ValueKind::Nothing,
    default: &[],
    flag: Some("no-secrets"),
    check: no_secrets,
}];

/// Name of the kind and its shape. Each begins with at least three fixed characters, so that the search skips what can't match;
/// without that it walks through every byte.
const SHAPES: &[(&str, &str)] = &[
    ("GitHub token", "gh[pousr]_[0-9A-Za-z]{36}"),
    (
        "GitHub fine-grained token",
        "github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    ),
    ("GitLab token", "gl(?:pat|ptt|dt|rt|cbt|soat)-[0-9A-Za-z_-]{20}"),
    ("AWS access key id", "(?:AKIA|ASIA|ABIA|ACCA)[2-7A-Z]{16}"),
    ("Google API key", "AIza[0-9A-Za-z_-]{35}"),
    ("Google OAuth client secret", "GOCSPX-[0-9A-Za-z_-]{28}"),
    (
        "Slack token",
        "xox[baprse]-(?:[0-9]{8,14}-){1,3}[0-9A-Za-z-]{16,64}",
    ),
    (
        "Slack app token",
        "xapp-[0-9]-[0-9A-Z]{8,14}-[0-9]{8,14}-[0-9a-f]{64}",
    ),
    (
        "Slack webhook",
        "hooks\\.slack\\.com/services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24}",
    ),
    ("Stripe live key", "[sr]k_live_[0-9A-Za-z]{24,99}"),
    ("Stripe webhook secret", "whsec_[0-9A-Za-z]{32}"),
    ("npm token", "npm_[0-9A-Za-z]{36}"),
    ("PyPI token", "pypi-AgE[0-9A-Za-z_-]{50,300}"),
    ("SendGrid key", "SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}"),
    (
        "OpenAI key",
        "sk-(?:proj-|svcacct-)?[0-9A-Za-z_-]{20,90}T3BlbkFJ[0-9A-Za-z_-]{20,90}",
    ),
    ("Anthropic key", "sk-ant-[a-z]{3}[0-9]{2}-[0-9A-Za-z_-]{80,110}"),
    ("Hugging Face token", "hf_[A-Za-z]{34}"),
    ("DigitalOcean token", "do[opr]_v1_[0-9a-f]{64}"),
    ("Docker Hub token", "dckr_pat_[0-9A-Za-z_-]{27}"),
    ("Vault token", "hv[sb]\\.[0-9A-Za-z_-]{24,120}"),
    ("Shopify token", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    (
        "age secret key",
        "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    ),
    (
        "JSON web token",
        "eyJ[0-9A-Za-z_-]{15,2000}\\.eyJ[0-9A-Za-z_-]{15,4000}\\.[0-9A-Za-z_-]{20,700}",
    ),
    (
        "private key",
        "-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----[\\r\\n]+(?:[A-Za-z0-9+/=:, -]{1,80}[\\r\\n]+)?[A-Za-z0-9+/=]{24,80}",
    ),
];

fn shapes() -> &'static [Regex] {
    static ALL: OnceLock<Vec<Regex>> = OnceLock::new();
    ALL.get_or_init(|| {
        SHAPES
            .iter()
            .filter_map(|s| Regex::new(&format!("(?-u){}", s.1)).ok())
            .collect()
    })
}

/// All shapes at once: one pass finds the candidates.
fn any_shape() -> Option<&'static Regex> {
    static ANY: OnceLock<Option<Regex>> = OnceLock::new();
    ANY.get_or_init(|| {
        let all: Vec<String> = SHAPES.iter().map(|s| format!("(?:{})", s.1)).collect();
        Regex::new(&format!("(?-u){}", all.join("|"))).ok()
    })
    .as_ref()
}

/// The kind of credential that `text` begins with.
fn kind_of(text: &[u8]) -> Option<&'static str> {
    shapes()
        .iter()
        .zip(SHAPES)
        .find(|(r, _)| r.find(text).is_some_and(|m| m.start() == 0))
        .map(|(_, s)| s.0)
}

/// Made up for documentation and tests: the makers' own examples, runs of one character, rising sequences.
fn is_placeholder(text: &[u8]) -> bool {
    let upper = text.to_ascii_uppercase();
    let word = |w: &[u8]| memchr::memmem::find(&upper, w).is_some();
    if word(b"EXAMPLE") || word(b"XXXXXXXX") || word(b"PLACEHOLDER") || word(b"YOUR_") {
        return true;
    }
    // The distinguishing part: what follows the last separator of the prefix.
    let tail = text.get(text.len().saturating_sub(20)..).unwrap_or(text);
    tail.iter().collect::<BTreeSet<_>>().len() < 4
}

/// The first characters and the length.
fn redact(text: &[u8]) -> String {
    let shown = text
        .get(..text.len().min(8).min(text.len() / 3))
        .unwrap_or_default();
    let first_line = shown.split(|b| *b == b'\n').next().unwrap_or_default();
    format!(
        "{}… ({} characters)",
        String::from_utf8_lossy(first_line),
        text.len()
    )
}

fn no_secrets(s: &Subject<'_>, _: &Value) -> Verdict {
    let mut faults = Vec::new();
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    if let Some(flags) = s.setting("-ldflags") {
        for (variable, value) in linker_values(flags) {
            if is_credential_name(variable)
                && value.len() >= 6
                && kind_of(value.as_bytes()).is_none()
                && !is_placeholder(value.as_bytes())
            {
                faults.push(Fault {
                    message: format!(
                        "has a value for {variable}, which is called like a credential: {}",
                        redact(value.as_bytes())
                    ),
                    evidence: "build setting -ldflags, -X".into(),
                    offset: None,
                });
            }
        }
    }
    let Some(any) = any_shape() else {
        return Verdict::unknown("the shapes can't be compiled");
    };
    let parts = s.data_parts();
    for part in &parts {
        for m in any.find_iter(part.bytes) {
            let text = m.as_bytes();
            if is_placeholder(text) || !seen.insert(text) {
                continue;
            }
            faults.push(Fault {
                message: format!(
                    "has a {} in it: {}",
                    kind_of(text).unwrap_or("credential"),
                    redact(text)
                ),
                evidence: part.name.clone(),
                offset: Some(part.offset.saturating_add(m.start() as u64)),
            });
            if faults.len() >= 100 {
                return Verdict::Fail(faults);
            }
        }
    }
    Verdict::of(faults)
}

/// Does the last word of a variable's name say that it holds a credential?
fn is_credential_name(variable: &str) -> bool {
    let name = variable
        .rsplit(['.', '/'])
        .next()
        .unwrap_or(variable)
        .to_ascii_lowercase()
        .replace(['_', '-'], "");
    const WORDS: [&str; 12] = [
        "token",
        "secret",
        "password",
        "passwd",
        "apikey",
        "privatekey",
        "accesskey",
        "credential",
        "credentials",
        "passphrase",
        "clientsecret",
        "signingkey",
    ];
    WORDS.iter().any(|w| name.ends_with(w))
}

/// The name=value pairs of -X in the linker's flags.
fn linker_values(flags: &str) -> Vec<(&str, &str)> {
    let words = split_quoted(flags);
    let mut out = Vec::new();
    let mut i = 0;
    while let Some(word) = words.get(i) {
        let given = match word.strip_prefix("--").or_else(|| word.strip_prefix('-')) {
            Some("X") => {
                i += 1;
                words.get(i).copied()
            }
            Some(rest) => rest.strip_prefix("X="),
            None => None,
        };
        if let Some((name, value)) = given.and_then(|g| g.split_once('=')) {
            out.push((name, value));
        }
        i += 1;
    }
    out
}

/// Splits at blanks; a word that begins with a quote goes to the next quote of its kind, as cmd/go's quoted fields do.
fn split_quoted(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if matches!(first, '"' | '\'') {
            let inner = rest.get(1..).unwrap_or_default();
            inner.split_once(first).unwrap_or((inner, ""))
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        out.push(word);
        rest = after.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_compiles_and_finds_itself() {
        assert_eq!(shapes().len(), SHAPES.len());
        // Written in pieces, so that no scanner of sources takes them for real ones.
        let samples = [
            (
                "GitHub token",
                format!("gh{}_{}", "p", "1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ"),
            ),
            ("AWS access key id", format!("AK{}{}", "IA", "Q3EGZ7TLMN2VBX5R")),
            ("GitLab token", format!("gl{}-{}", "pat", "Zx3_kQ9vR2mT7yB1nL5w")),
            (
                "Slack token",
                format!(
                    "xo{}-{}",
                    "xb", "123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx"
                ),
            ),
            (
                "Stripe live key",
                format!("sk{}{}", "_live_", "4eC39HqLyjWDarjtT1zdp7dc"),
            ),
            (
                "Google API key",
                format!("AI{}{}", "za", "SyD3kLm9QwErTyUiOpAsDfGhJkLzXcVbNm1"),
            ),
            (
                "npm token",
                format!("np{}_{}", "m", "1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ"),
            ),
            (
                "private key",
                format!(
                    "-----BEGIN {} KEY-----\nMIIEowIBAAKCAQEAtV1c8Jq0n3kq5Yx7Gm2d\n",
                    "RSA PRIVATE"
                ),
            ),
            (
                "JSON web token",
                format!(
                    "ey{}",
                    "JhbGciOiJIUzI1NiIsInR5.eyJzdWIiOiIxMjM0NTY3ODkw.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
                ),
            ),
        ];
        for (kind, text) in &samples {
            let data = format!("before the string {text} and behind");
            let found = any_shape()
                .unwrap()
                .find(data.as_bytes())
                .unwrap_or_else(|| panic!("{kind}"));
            assert_eq!(kind_of(found.as_bytes()), Some(*kind));
            assert!(!is_placeholder(found.as_bytes()), "{kind}");
            let shown = redact(found.as_bytes());
            assert!(!shown.contains(&text[12..]), "{shown}");
        }
    }

    #[test]
    fn documentation_is_no_secret() {
        assert!(is_placeholder(b"AKIAIOSFODNN7EXAMPLE"));
        assert!(is_placeholder(b"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
        assert!(
            any_shape()
                .unwrap()
                .find(b"ghp_[a-zA-Z0-9]{36} -----BEGIN PRIVATE KEY-----")
                .is_none()
        );
    }

    #[test]
    fn linker_flags_are_split_as_go_does() {
        let flags = "-s -w -X main.version=1.2 '-X=main.dbPassword=hunter2 hunter' -X \"example.com/x.apiKey=abcdef\"";
        assert_eq!(
            linker_values(flags),
            [
                ("main.version", "1.2"),
                ("main.dbPassword", "hunter2 hunter"),
                ("example.com/x.apiKey", "abcdef")
            ]
        );
        assert!(is_credential_name("main.dbPassword") && is_credential_name("x/y.API_KEY"));
        assert!(!is_credential_name("main.version") && !is_credential_name("main.tokenizer"));
    }
}
