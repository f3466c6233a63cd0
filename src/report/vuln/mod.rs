//! A run of `gospect vuln` → text, JSON, SARIF, JUnit XML, GitHub annotations, Markdown, OpenVEX, CycloneDX
//! VEX.

mod json;
mod lists;
mod openvex;
mod sarif;
mod text;

pub use json::write as json;
pub use lists::{github, junit, markdown};
pub use openvex::write as openvex;
pub use sarif::write as sarif;
pub use text::write as text;

use crate::analysis::policy::values::Date;
use crate::analysis::vuln::db::Meta;
use crate::analysis::vuln::{Database, File, Finding, Level, Reach, Scope};
use crate::input::Name;

/// All that one run found, files in the order they were given.
#[derive(Debug)]
pub struct Run<'d> {
    /// Files that could be read, by name.
    pub files: Vec<(Name, File)>,
    /// Files that could not, and why.
    pub unreadable: Vec<(Name, String)>,
    /// How deep a vulnerability must be seen to make the exit status 1.
    pub level: Level,
    /// The day that counted as today.
    pub today: Date,
    /// What they were held against.
    pub db: &'d Database,
}

impl Run<'_> {
    /// Is there a finding that makes the exit status 1?
    pub fn fails(&self) -> bool {
        self.files.iter().any(|(_, f)| f.fails(self.level))
    }
}

/// Days since the database was last changed; `None` where it does not say when.
pub fn age(meta: &Meta, today: Date) -> Option<i64> {
    Some(today.days() - Date::parse(meta.modified.get(..10)?)?.days())
}

/// A version as its users write it: `go1.27.4`, `v1.2.3`.
pub fn version(module: &str, version: &str) -> String {
    if version.is_empty() {
        return "unknown version".into();
    }
    let plain = version.strip_prefix('v').unwrap_or(version);
    match matches!(module, "stdlib" | "toolchain") && !plain.starts_with("go") {
        // 1.21.0-rc.2 is go1.21rc2.
        true => format!("go{}", plain.replace(".0-rc.", "rc").replace(".0-beta.", "beta")),
        false if plain.starts_with(|c: char| c.is_ascii_digit()) => format!("v{plain}"),
        false => version.into(),
    }
}

/// What mends it, in a word: `fixed in v1.2.3`.
fn remedy(f: &Finding) -> String {
    let fixed = |v: &String| format!("fixed in {}", version(&f.module, v));
    match (&f.fixed, &f.custom) {
        (Some(v), _) => fixed(v),
        (None, Some(c)) => match &c.fixed {
            Some(v) => format!("fixed in {v} by the project's own count"),
            None => "no fix known".into(),
        },
        _ => "no fix known".into(),
    }
}

/// The page about an advisory.
pub(in crate::report) fn page(id: &str) -> String {
    format!("https://pkg.go.dev/vuln/{id}")
}

/// Is it counted as found, or only as possible?
fn is_certain(f: &Finding) -> bool {
    f.scope != Scope::UnknownVersion
}

/// Functions that are named of each package; the rest is counted.
const NAMED: usize = 6;

/// Where a vulnerability was seen.
pub(in crate::report) fn place(f: &Finding, all: bool) -> String {
    let what = match (&f.package, f.symbols.len()) {
        (None, _) if f.level == Level::Symbol => "all functions of the module".to_string(),
        (None, _) => "the module; none of its vulnerable packages".to_string(),
        (Some(p), 0) if f.level == Level::Symbol => format!("{p}: all its functions"),
        (Some(p), 0) => format!("{p}: none of its vulnerable functions"),
        (Some(p), n) => {
            let named = if all { n } else { n.min(NAMED) };
            let names = f
                .symbols
                .iter()
                .take(named)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let rest = if n > named {
                format!(" and {} more", n - named)
            } else {
                String::new()
            };
            format!("{p}: {names}{rest}")
        }
    };
    let note = match &f.custom {
        Some(c) if c.inside == Some(false) => "; by the project's own count this version is not concerned",
        Some(c) if c.inside.is_none() => "; the project counts its versions otherwise: compare by hand",
        _ => "",
    };
    let unseen = if f.unseen {
        "; whether its functions are in the file can't be seen"
    } else {
        ""
    };
    match f.unseen {
        true => format!("the module{unseen}{note}"),
        false => format!("{what}{note}"),
    }
}

/// How the program comes to it, in a line.
fn way(reach: &Reach, all: bool) -> String {
    let path = match reach {
        Reach::By(path) => path,
        Reach::Uncalled => {
            return "in the file because reflection may call it; nothing we see calls it".into();
        }
        Reach::Unseen => return "in the file; how the program comes to it can't be seen".into(),
    };
    let names: Vec<&str> = path.links.iter().map(|l| l.name.as_str()).collect();
    let at = path.links.last().and_then(|l| l.at.as_deref());
    let at = at.map_or(String::new(), |at| format!(" ({at})"));
    let chain = match names.as_slice() {
        [first, second, .., last_but_one, last] if !all && names.len() > 5 => {
            format!("{first} → {second} → … → {last_but_one} → {last}")
        }
        _ => names.join(" → "),
    };
    format!("{chain}{at}")
}
