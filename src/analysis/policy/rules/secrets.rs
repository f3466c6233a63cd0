//! Credentials that were compiled in: values of -X in the build settings, and well-known token shapes in the
//! program's data.
//!
//! The shapes are those that their makers publish, as the lists of gitleaks (config/gitleaks.toml) and of
//! GitHub's "Supported secret scanning patterns" keep them. A value is never shown whole.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::Rule;
use crate::analysis::policy::referrers::{self, Found};
use crate::analysis::policy::strings::Strings;
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "no-secrets",
    title: "has no credentials in it",
    means: "A token, key or password that was compiled in is in the hands of everyone who has the file; \
        -ldflags=-X, -trimpath and strip do not hide it. Values are shown by their first characters and \
        length only.",
    evidence: "Well-known shapes (GitHub, GitLab, AWS, Google, Slack, Stripe, npm, PyPI, SendGrid, OpenAI, \
        connection strings with a password, private keys, JSON web tokens, …) in the program's data; -X \
        settings whose variable is called like a credential.",
    fix: "Revoke it now; hand it to the program at run time (environment, file, secret store).",
    applies: "Every file.",
    level: Level::Error,
    audit: true,
    kind: ValueKind::Nothing,
    default: &[],
    flag: Some("no-secrets"),
    check: no_secrets,
}];

/// A kind of credential: its name, what it may begin with, and the shape of the rest.
type Shape = (&'static str, &'static [&'static str], &'static str);

/// Beginnings are at least three characters long and rare as such: the search passes over everything else.
const SHAPES: &[Shape] = &[
    (
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        "[0-9A-Za-z]{36}",
    ),
    (
        "GitHub fine-grained token",
        &["github_pat_"],
        "[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    ),
    (
        "GitLab token",
        &["glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-"],
        "[0-9A-Za-z_-]{20}",
    ),
    (
        "AWS access key id",
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        "[2-7A-Z]{16}",
    ),
    ("Google API key", &["AIza"], "[0-9A-Za-z_-]{35}"),
    ("Google OAuth client secret", &["GOCSPX-"], "[0-9A-Za-z_-]{28}"),
    (
        "Slack token",
        &["xox"],
        "[baprse]-(?:[0-9]{8,14}-){1,3}[0-9A-Za-z-]{16,64}",
    ),
    (
        "Slack app token",
        &["xapp-"],
        "[0-9]-[0-9A-Z]{8,14}-[0-9]{8,14}-[0-9a-f]{64}",
    ),
    (
        "Slack webhook",
        &["hooks.slack.com/services/T"],
        "[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24}",
    ),
    ("Stripe live key", &["sk_live_", "rk_live_"], "[0-9A-Za-z]{24,99}"),
    ("Stripe webhook secret", &["whsec_"], "[0-9A-Za-z]{32}"),
    ("npm token", &["npm_"], "[0-9A-Za-z]{36}"),
    ("PyPI token", &["pypi-AgE"], "[0-9A-Za-z_-]{50,300}"),
    ("SendGrid key", &["SG."], "[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}"),
    (
        "OpenAI key",
        &["sk-"],
        "(?:proj-|svcacct-|admin-)?[0-9A-Za-z_-]{20,90}T3BlbkFJ[0-9A-Za-z_-]{20,90}",
    ),
    (
        "OpenAI project key",
        &["sk-proj-", "sk-svcacct-", "sk-admin-"],
        "[0-9A-Za-z_-]{40,200}",
    ),
    (
        "connection string with a password",
        &[
            "postgres://",
            "postgresql://",
            "mysql://",
            "mongodb://",
            "mongodb+srv://",
            "redis://",
            "rediss://",
            "amqp://",
            "amqps://",
            "mssql://",
            "sqlserver://",
        ],
        "[0-9A-Za-z._~+%-]{0,64}:[0-9A-Za-z._~!$&*+%-]{3,128}@[0-9A-Za-z.-]{1,253}",
    ),
    ("Azure storage key", &["AccountKey="], "[0-9A-Za-z+/]{86}=="),
    (
        "Discord webhook",
        &["discord.com/api/webhooks/"],
        "[0-9]{17,20}/[0-9A-Za-z_-]{60,80}",
    ),
    (
        "Telegram bot token",
        &["api.telegram.org/bot"],
        "[0-9]{8,10}:[0-9A-Za-z_-]{35}",
    ),
    ("Databricks token", &["dapi"], "[0-9a-f]{32}"),
    ("Grafana token", &["glsa_"], "[0-9A-Za-z]{32}_[0-9a-f]{8}"),
    ("Linear API key", &["lin_api_"], "[0-9A-Za-z]{40}"),
    ("Mailgun key", &["key-"], "[0-9a-f]{32}"),
    (
        "Anthropic key",
        &["sk-ant-"],
        "[a-z]{3}[0-9]{2}-[0-9A-Za-z_-]{80,110}",
    ),
    ("Hugging Face token", &["hf_"], "[A-Za-z]{34}"),
    (
        "DigitalOcean token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        "[0-9a-f]{64}",
    ),
    ("Docker Hub token", &["dckr_pat_"], "[0-9A-Za-z_-]{27}"),
    ("Vault token", &["hvs.", "hvb."], "[0-9A-Za-z_-]{24,120}"),
    (
        "Shopify token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        "[0-9a-fA-F]{32}",
    ),
    (
        "age secret key",
        &["AGE-SECRET-KEY-1"],
        "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    ),
    (
        "JSON web token",
        &["eyJ"],
        "[0-9A-Za-z_-]{15,2000}\\.eyJ[0-9A-Za-z_-]{15,4000}\\.[0-9A-Za-z_-]{20,700}",
    ),
    (
        "private key",
        &["-----BEGIN "],
        "(?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----[\\r\\n]+(?:[A-Za-z0-9+/=:, \
            -]{1,80}[\\r\\n]+)?[A-Za-z0-9+/=]{24,80}",
    ),
];

/// What the shapes begin with.
pub(in super::super) fn beginnings() -> impl Iterator<Item = &'static [u8]> {
    SHAPES.iter().flat_map(|s| s.1).map(|b| b.as_bytes())
}

fn expression((_, beginnings, rest): &Shape) -> String {
    let beginnings: Vec<String> = beginnings.iter().map(|b| regex::escape(b)).collect();
    format!("(?:(?:{}){rest})", beginnings.join("|"))
}

/// The shape with that index, at the start of a text. Compiled when something first begins like it, which in
/// most runs nothing does.
fn shape(i: usize) -> Option<&'static Regex> {
    static ALL: [OnceLock<Option<Regex>>; SHAPES.len()] = [const { OnceLock::new() }; SHAPES.len()];
    ALL.get(i)?
        .get_or_init(|| Regex::new(&format!("^(?-u){}", expression(SHAPES.get(i)?))).ok())
        .as_ref()
}

/// The kind of the credential that `text` begins with, and its length.
pub(in super::super) fn at(text: &[u8]) -> Option<(&'static str, usize)> {
    let begins = |s: &Shape| s.1.iter().any(|b| text.starts_with(b.as_bytes()));
    let mut shapes = SHAPES.iter().enumerate().filter(|(_, s)| begins(s));
    shapes.find_map(|(i, s)| Some((s.0, shape(i)?.find(text)?.end())))
}

/// All credentials in `text` from `start` on, in time that does not depend on how many begin like one.
pub(in super::super) fn all(text: &[u8], start: usize) -> impl Iterator<Item = (&'static str, Range<usize>)> {
    static ANY: OnceLock<Option<Regex>> = OnceLock::new();
    let any = ANY.get_or_init(|| {
        let all: Vec<String> = SHAPES.iter().map(expression).collect();
        Regex::new(&format!("(?-u){}", all.join("|"))).ok()
    });
    let rest = text.get(start..).unwrap_or_default();
    let found = any.iter().flat_map(move |any| any.find_iter(rest));
    found.map(move |m| {
        let kind = at(m.as_bytes()).map_or("credential", |k| k.0);
        (kind, start + m.start()..start + m.end())
    })
}

/// Made up for documentation and tests: the makers' own examples, runs of one character, rising sequences.
pub(in super::super) fn is_placeholder(text: &[u8]) -> bool {
    let upper = text.to_ascii_uppercase();
    let word = |w: &[u8]| memchr::memmem::find(&upper, w).is_some();
    // The key that age's own documentation and help show.
    if text.starts_with(b"AGE-SECRET-KEY-1N9JEPW6DWJ0ZQUDX63F5A03GX8QUW7PXDE39N8") {
        return true;
    }
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

/// What `at` and `all` would not take for a credential if the string ended there.
fn cut_to(text: &[u8], len: Option<u64>) -> &[u8] {
    let shorter = len.and_then(|n| text.get(..usize::try_from(n).ok()?));
    shorter
        .filter(|t| at(t).is_some_and(|(_, n)| n == t.len()))
        .unwrap_or(text)
}

/// a or an.
fn article(word: &str) -> &'static str {
    // What begins with an AWS or an npm is spelt out.
    let vowel = word.starts_with(['a', 'A', 'e', 'i', 'o', 'O', 'u']) || word.starts_with("npm");
    if vowel { "an" } else { "a" }
}

/// Where a credential stands and what uses it.
fn evidence(part: &str, uses: &Found) -> String {
    let mut out = part.to_string();
    let packages: Vec<&str> = uses.packages.iter().take(3).map(String::as_str).collect();
    if !packages.is_empty() {
        let word = if uses.packages.len() == 1 {
            "package"
        } else {
            "packages"
        };
        let more = if uses.packages.len() > packages.len() {
            ", …"
        } else {
            ""
        };
        out.push_str(&format!("; used by {word} {}{more}", packages.join(", ")));
    }
    if !uses.functions.is_empty() {
        out.push_str(&format!(" ({})", uses.functions.join(", ")));
    }
    out
}

fn no_secrets(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let mut faults = Vec::new();
    let recorded = s.setting("-ldflags").map(linker_values).unwrap_or_default();
    let recorded = recorded
        .into_iter()
        .map(|(name, value)| (name, value, "build setting -ldflags, -X"));
    // Under -trimpath the setting is not recorded; symbols of what -X put in are.
    let linked = s.facts.linked_values.iter();
    let linked = linked.map(|v| {
        (
            v.name.as_str(),
            v.value.as_str(),
            "the variable's symbol, set by -X",
        )
    });
    let mut told = BTreeSet::new();
    for (variable, value, evidence) in recorded.chain(linked) {
        let found = is_credential_name(variable)
            && value.len() >= 6
            && at(value.as_bytes()).is_none()
            && !is_placeholder(value.as_bytes());
        if found && told.insert(variable) {
            let value = redact(value.as_bytes());
            faults.push(Fault {
                message: format!("has a value for {variable}, which is called like a credential: {value}"),
                evidence: evidence.into(),
                offset: None,
            });
        }
    }
    let found = match s.facts.obfuscated {
        // garble -literals makes code of constant strings.
        Some(by) => s.strings().doubted(format!(
            "the file is obfuscated ({by}): its strings need not be in it as they are"
        )),
        None => s.strings(),
    };
    let secrets: Vec<_> = found.part().into_iter().flat_map(|f| &f.secrets).collect();
    let place = |offset: u64| s.image.offset_to_addr(offset.checked_sub(s.image.base)?);
    let places = secrets
        .iter()
        .map(|f| (place(f.offset).unwrap_or(0), f.text.len() as u64));
    let uses = referrers::of(s.program, &places.collect::<Vec<_>>());
    faults.extend(secrets.iter().zip(&uses).map(|(found, uses)| Fault {
        message: format!(
            "has {} {} in it: {}",
            article(found.kind),
            found.kind,
            redact(cut_to(found.text, uses.len))
        ),
        evidence: evidence(&found.part, uses),
        offset: Some(found.offset),
    }));
    faults.truncate(Strings::SECRETS);
    found.judge(|_| Verdict::of(faults))
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

/// Splits at blanks; a word that begins with a quote goes to the next quote of its kind, as cmd/go's quoted
/// fields do.
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
        assert!((0..SHAPES.len()).all(|i| shape(i).is_some()));
        assert!(beginnings().all(|b| b.len() >= 3));
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
                    "-----BEGIN {} KEY-----\nMIIEowIBAAKCAQEAtV1c8Jq0n3kq5Yx7Gm2d",
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
            let found: Vec<_> = all(data.as_bytes(), 3).collect();
            let [(is, range)] = &found[..] else {
                panic!("{kind}: {found:?}")
            };
            assert_eq!((*is, &data[range.clone()]), (*kind, text.as_str()));
            assert_eq!(at(text.as_bytes()), Some((*kind, text.len())));
            assert!(!is_placeholder(text.as_bytes()), "{kind}");
            let shown = redact(text.as_bytes());
            assert!(!shown.contains(&text[12..]), "{shown}");
        }
    }

    #[test]
    fn documentation_is_no_secret() {
        assert!(is_placeholder(b"AKIAIOSFODNN7EXAMPLE"));
        assert!(is_placeholder(b"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
        let none = b"ghp_[a-zA-Z0-9]{36} -----BEGIN PRIVATE KEY-----";
        assert_eq!(all(none, 0).count(), 0);
    }

    #[test]
    fn linker_flags_are_split_as_go_does() {
        let flags = "-s -w -X main.version=1.2 '-X=main.dbPassword=hunter2 hunter' -X \
            \"example.com/x.apiKey=abcdef\"";
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
