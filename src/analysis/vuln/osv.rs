//! OSV entries, JSON as the Go vulnerability database publishes it → [`Entry`]. Facts only: texts and
//! references are left out.
//!
//! Authority: the OSV format (ossf.github.io/osv-schema), as golang.org/x/vuln v1.9.0 reads it
//! (internal/osv), and its
//! `custom_ranges`. Fields that are not known are skipped.

use serde::Deserialize;

use super::semver::{Event, Range};

/// One advisory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// `GO-2024-3106`.
    pub id: String,
    /// CVE and GHSA names.
    pub aliases: Vec<String>,
    /// The day it was published, `2024-09-06`; empty where the database doesn't say.
    pub published: String,
    /// When it was withdrawn, as RFC 3339; empty where it was not.
    pub withdrawn: String,
    /// Has the Go team looked at it?
    pub reviewed: bool,
    /// Modules that have it.
    pub affected: Vec<Affected>,
}

/// A module that has a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Affected {
    /// Module path; `stdlib` and `toolchain` for Go itself.
    pub module: String,
    /// Versions that have it; none is all.
    pub ranges: Vec<Range>,
    /// Versions as the project counts them, where that is not how Go does.
    pub custom_ranges: Vec<Range>,
    /// Packages that have it; none is all.
    pub packages: Vec<Package>,
}

/// A package that has a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// GOOS words; none is all.
    pub goos: Vec<String>,
    /// GOARCH words; none is all.
    pub goarch: Vec<String>,
    /// Functions (`F`) and methods (`T.M`); none is all.
    pub symbols: Vec<String>,
}

#[derive(Deserialize)]
struct RawEntry {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    modified: Option<String>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<RawAffected>,
    #[serde(default)]
    database_specific: Option<RawSpecific>,
}

#[derive(Deserialize)]
struct RawSpecific {
    #[serde(default)]
    review_status: Option<String>,
}

#[derive(Deserialize)]
struct RawAffected {
    package: RawModule,
    #[serde(default)]
    ranges: Vec<RawRange>,
    #[serde(default)]
    ecosystem_specific: RawEcosystem,
}

#[derive(Deserialize)]
struct RawModule {
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    #[serde(default)]
    introduced: String,
    #[serde(default)]
    fixed: String,
}

#[derive(Deserialize, Default)]
struct RawEcosystem {
    #[serde(default)]
    imports: Vec<RawPackage>,
    #[serde(default)]
    custom_ranges: Vec<RawRange>,
}

#[derive(Deserialize)]
struct RawPackage {
    #[serde(default)]
    path: String,
    #[serde(default)]
    goos: Vec<String>,
    #[serde(default)]
    goarch: Vec<String>,
    #[serde(default)]
    symbols: Vec<String>,
}

fn range(raw: RawRange) -> Range {
    let event = |e: RawEvent| Event {
        introduced: e.introduced,
        fixed: e.fixed,
    };
    raw.events.into_iter().map(event).collect()
}

/// A date that says something: year 1 stands for "not known".
fn told(date: Option<String>) -> String {
    date.filter(|d| !d.starts_with("0001-")).unwrap_or_default()
}

/// Reads one entry, and when it was last modified where the entry says.
///
/// # Errors
/// What is no JSON, or has no id or module name.
pub fn parse(json: &[u8]) -> Result<(Entry, String), String> {
    let raw: RawEntry = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    let affected = raw.affected.into_iter().map(|a| Affected {
        module: a.package.name,
        // govulncheck knows semantic versions only; where there is no such range, all versions count as
        // affected.
        ranges: a
            .ranges
            .into_iter()
            .filter(|r| r.kind == "SEMVER")
            .map(range)
            .collect(),
        custom_ranges: a
            .ecosystem_specific
            .custom_ranges
            .into_iter()
            .map(range)
            .collect(),
        packages: a
            .ecosystem_specific
            .imports
            .into_iter()
            .map(|p| Package {
                path: p.path,
                goos: p.goos,
                goarch: p.goarch,
                symbols: p.symbols,
            })
            .collect(),
    });
    let published = told(raw.published);
    let entry = Entry {
        affected: affected.collect(),
        id: raw.id,
        aliases: raw.aliases,
        published: published.get(..10).unwrap_or_default().to_string(),
        withdrawn: told(raw.withdrawn),
        reviewed: raw
            .database_specific
            .and_then(|d| d.review_status)
            .is_some_and(|s| s == "REVIEWED"),
    };
    Ok((entry, told(raw.modified)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_and_unknown_fields_are_skipped() {
        let json = br#"{"id":"GO-1","modified":"0001-01-01T00:00:00Z","published":"2021-10-06T17:51:21Z","aliases":["CVE-1"],"new":{"x":1},
            "affected":[{"package":{"name":"m","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]},
            {"type":"GIT","events":[{"introduced":"abc"}]}],"ecosystem_specific":{"imports":[{"path":"m/p","symbols":["T.M"]}]}}]}"#;
        let (e, modified) = parse(json).unwrap();
        assert_eq!((e.published.as_str(), modified.as_str()), ("2021-10-06", ""));
        assert_eq!(e.affected[0].ranges.len(), 1);
        assert_eq!(e.affected[0].packages[0].symbols, ["T.M"]);
        assert!(parse(b"{}").is_err() && parse(b"[").is_err());
    }
}
