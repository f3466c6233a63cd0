//! A program against the database → findings, and what could not be judged.
//!
//! Authority for what is marked [`Scope::Govulncheck`]: golang.org/x/vuln v1.9.0, internal/vulncheck
//! (binary.go, vulncheck.go). That an advisory does not concern a program has one of four reasons: its
//! version is out of range, the package is not in it, the function is not in it, or it is about another
//! system. Where a reason can't be seen, the advisory stays.

use std::collections::{BTreeMap, BTreeSet};

use super::db::{Database, Record};
use super::osv::{Affected, Package};
use super::reach::Reach;
use super::semver::{self, Range};
use super::subject::{Functions, Subject};
use crate::go::modinfo::Module;
use crate::go::version::Version;

/// How deep in the program a vulnerability was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The module is in it, in a version that has it.
    Module,
    /// So is a package that has it.
    Package,
    /// So is a function that has it.
    Symbol,
}

impl Level {
    /// All levels, the deepest last.
    pub const ALL: [Level; 3] = [Level::Module, Level::Package, Level::Symbol];

    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Level::Module => "module",
            Level::Package => "package",
            Level::Symbol => "symbol",
        }
    }
}

/// Who else judges this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// govulncheck does.
    Govulncheck,
    /// A program of the Go distribution itself: `go`, `compile`.
    Toolchain,
    /// A Go version that govulncheck does not understand: one with experiments behind it.
    GoExperiment,
    /// The version is not known: no list of modules, a replacement by a folder, `(devel)`.
    UnknownVersion,
    /// Another module stands in for it, whose versions say nothing about this one's; or this is the one that
    /// stands in.
    Replaced,
}

impl Scope {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Govulncheck => "govulncheck",
            Scope::Toolchain => "toolchain",
            Scope::GoExperiment => "go-experiment",
            Scope::UnknownVersion => "unknown-version",
            Scope::Replaced => "replaced",
        }
    }
}

/// An advisory that concerns the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `GO-2024-3106`.
    pub id: String,
    /// Its CVE and GHSA names.
    pub aliases: Vec<String>,
    /// The day it was published; empty where not known.
    pub published: String,
    /// Has the Go team looked at it?
    pub reviewed: bool,
    /// The module; `stdlib` and `toolchain` for Go itself.
    pub module: String,
    /// Its version; empty where not known.
    pub version: String,
    /// The module that this one stands in for, where it is another.
    pub replaces: Option<String>,
    /// The package; `None` where the advisory is on the whole module, or none of its packages is in the
    /// program.
    pub package: Option<String>,
    /// The vulnerable functions that are in the program, sorted. Empty at the level of symbols where every
    /// function counts.
    pub symbols: Vec<String>,
    /// How deep it was seen.
    pub level: Level,
    /// Who else judges it.
    pub scope: Scope,
    /// Nobody could see whether the functions are in the program, so that the level may be deeper.
    pub unseen: bool,
    /// The earliest later version without it.
    pub fixed: Option<String>,
    /// Versions by the project's own count, where the database has only these: is the program's among them?
    pub custom: Option<Custom>,
    /// How the program comes to it; `None` where that was not asked, or no function was seen.
    pub reach: Option<Reach>,
}

/// What a project's own count of versions says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custom {
    /// Is the program's version among them? `None` where it can't be compared: a commit's.
    pub inside: Option<bool>,
    /// The earliest later version without it, by that count.
    pub fixed: Option<String>,
}

impl Finding {
    /// Does it make the exit status 1 at a level?
    pub fn fails(&self, level: Level) -> bool {
        let outside = self.custom.as_ref().is_some_and(|c| c.inside == Some(false));
        (self.level >= level || self.unseen) && !outside
    }
}

/// Something that could not be judged as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Kebab-case: `no-modules`, `no-functions`, `no-go-version`, `unknown-version`.
    pub what: &'static str,
    /// In words.
    pub message: String,
}

/// What is found about one program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Sorted: the deepest first, then by module, id and package.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// Number of modules with a version, the standard library included.
    pub modules: usize,
    /// Number of packages seen.
    pub packages: usize,
    /// Number of names of functions seen, inlined ones included.
    pub functions: usize,
    /// Neither modules nor functions could be seen: nothing can be said.
    pub blind: bool,
}

/// A module to look up.
struct Target<'s> {
    /// Its name in the database.
    path: &'s str,
    /// What the report calls it.
    version: String,
    scope: Scope,
    replaces: Option<&'s str>,
    versions: Versions<'s>,
    /// Packages of the database's module are named below this path in the program.
    imported_as: &'s str,
    /// For modules that the program does not name: a package counts when it is of no other one.
    unlisted: bool,
}

/// Which versions count.
enum Versions<'s> {
    One(&'s str),
    /// Go's development version: what was in the release before, or is in the one to come.
    Either(&'s str, &'s str),
    All,
}

impl Versions<'_> {
    fn hit(&self, ranges: &[Range]) -> bool {
        match self {
            Versions::One(v) => semver::affects(ranges, v),
            Versions::Either(a, b) => semver::affects(ranges, a) || semver::affects(ranges, b),
            Versions::All => true,
        }
    }
}

/// Holds a program against the database. `today` (`YYYY-MM-DD`) decides which withdrawals have come into
/// force.
pub fn judge(subject: &Subject<'_>, db: &Database, today: &str) -> Judgement {
    let mut engine = Engine {
        subject,
        db,
        today,
        found: BTreeMap::new(),
        out: Judgement {
            packages: subject.packages.len(),
            functions: subject.names,
            ..Judgement::default()
        },
        in_program: in_program(subject),
    };
    engine.go();
    for (i, module) in subject.modules.iter().enumerate() {
        engine.module(module, i == 0 && subject.has_main);
    }
    engine.unlisted();
    engine.finish()
}

/// Modules that have a package in the program.
fn in_program<'s>(subject: &'s Subject<'_>) -> BTreeSet<&'s str> {
    let owners = subject.packages.keys().filter_map(|p| subject.owners.module(p));
    owners.map(|o| o.path.as_str()).collect()
}

/// (id, module, package, scope).
type Key = (String, String, Option<String>, Scope);

struct Engine<'s, 'p> {
    subject: &'s Subject<'p>,
    db: &'s Database,
    today: &'s str,
    found: BTreeMap<Key, Finding>,
    out: Judgement,
    in_program: BTreeSet<&'s str>,
}

impl<'s> Engine<'s, '_> {
    /// The standard library, and of a program of the Go distribution the toolchain.
    fn go(&mut self) {
        let told = self.subject.go_version.as_deref();
        let version = told.and_then(semver::of_go);
        let known = told.is_some_and(|t| !t.contains("-X:"));
        let devel = told.and_then(development);
        let (versions, scope) = match (&version, &devel) {
            (Some(v), _) if known => (Versions::One(v), Scope::Govulncheck),
            (Some(v), _) => (Versions::One(v), Scope::GoExperiment),
            (None, Some((last, next))) => (Versions::Either(last, next), Scope::UnknownVersion),
            (None, None) => (Versions::All, Scope::UnknownVersion),
        };
        if version.is_some() {
            self.out.modules += 1;
        } else {
            let message = match told {
                Some(t) => {
                    format!("Go version `{t}` is no release: the standard library is judged by its functions")
                }
                None => "Go version not known: the standard library is judged by its functions".into(),
            };
            self.gap("no-go-version", message);
        }
        let target = |path, scope, versions| Target {
            path,
            version: version.clone().unwrap_or_default(),
            scope,
            replaces: None,
            versions,
            imported_as: path,
            unlisted: false,
        };
        let distribution = self.subject.modules.is_empty()
            && self
                .subject
                .main_path
                .as_deref()
                .is_some_and(|p| p.starts_with("cmd/"));
        if distribution {
            let versions = match &versions {
                Versions::One(v) => Versions::One(v),
                Versions::Either(a, b) => Versions::Either(a, b),
                Versions::All => Versions::All,
            };
            self.look_up(&target("toolchain", Scope::Toolchain, versions));
            if self.subject.packages.keys().any(|p| p.starts_with("cmd/vendor/")) {
                let message = "the Go distribution's copies of other modules (cmd/vendor) are judged by its \
                    own advisories only";
                self.gap("vendored", message.into());
            }
        }
        // With neither a version nor functions every advisory there ever was would be listed; the gaps say it
        // better.
        let nothing =
            matches!(versions, Versions::All) && matches!(self.subject.functions, Functions::Unseen(_));
        if !nothing {
            self.look_up(&target("stdlib", scope, versions));
        }
    }

    /// A module that the program names.
    fn module(&mut self, module: &Module<'_>, main: bool) {
        let text = String::from_utf8_lossy;
        let (path, real) = (text(module.path), module.effective());
        let (real_path, version) = (text(real.path), text(real.version));
        let known = !version.is_empty() && version != "(devel)";
        let local = module.replace.is_some() && !known;
        let other = module.replace.is_some() && real_path != path;
        if known {
            self.out.modules += 1;
        } else if self.db.of_module(&path).next().is_some() {
            let why = match (local, main) {
                (true, _) => format!("it is replaced by the folder {real_path}"),
                (_, true) => format!(
                    "the main module was built as {}",
                    if version.is_empty() {
                        "no version"
                    } else {
                        &*version
                    }
                ),
                _ => "the program does not say it".into(),
            };
            self.gap("unknown-version", format!("version of {path} not known: {why}"));
        }
        let own = Target {
            path: &path,
            version: if known && !other {
                version.to_string()
            } else {
                String::new()
            },
            scope: match (known, other) {
                (true, false) => Scope::Govulncheck,
                (true, true) => Scope::Replaced,
                _ => Scope::UnknownVersion,
            },
            replaces: None,
            // A fork's versions say nothing about what it was forked from.
            versions: if known && !other {
                Versions::One(&version)
            } else {
                Versions::All
            },
            imported_as: &path,
            unlisted: false,
        };
        self.look_up(&own);
        if known && other {
            self.look_up(&Target {
                path: &real_path,
                version: version.to_string(),
                scope: Scope::Replaced,
                replaces: Some(&path),
                versions: Versions::One(&version),
                imported_as: &path,
                unlisted: false,
            });
        }
    }

    /// Packages of modules that the program does not name.
    fn unlisted(&mut self) {
        let packages = self.subject.packages.keys();
        let unlisted: Vec<&String> = packages.filter(|p| self.subject.is_unlisted(p)).collect();
        if unlisted.is_empty() {
            return;
        }
        let mut modules = BTreeSet::new();
        for package in &unlisted {
            modules.extend(prefixes(package).filter(|p| self.db.of_module(p).next().is_some()));
        }
        let message = match self.subject.modules.is_empty() {
            true => format!(
                "no list of modules: the versions of {} packages are not known",
                unlisted.len()
            ),
            false => format!(
                "{} packages are of no module in the list: their versions are not known",
                unlisted.len()
            ),
        };
        self.gap("no-modules", message);
        for path in modules {
            self.look_up(&Target {
                path,
                version: String::new(),
                scope: Scope::UnknownVersion,
                replaces: None,
                versions: Versions::All,
                imported_as: path,
                unlisted: true,
            });
        }
    }

    fn look_up(&mut self, t: &Target<'_>) {
        let db = self.db;
        let blocks: Vec<_> = db.of_module(t.path).collect();
        for (record, block) in &blocks {
            let withdrawn = record.withdrawn();
            if !withdrawn.is_empty() && withdrawn.get(..10).is_some_and(|day| day <= self.today) {
                continue;
            }
            if !t.versions.hit(&block.ranges) {
                continue;
            }
            let here: Vec<&Package> = block.packages.iter().filter(|p| self.on_this_system(p)).collect();
            if here.is_empty() && !block.packages.is_empty() {
                continue;
            }
            let same = blocks.iter().filter(|(r, _)| r.id() == record.id());
            let ranges: Vec<Range> = same.flat_map(|(_, b)| b.ranges.iter().cloned()).collect();
            self.block(t, record, block, &here, &ranges);
        }
    }

    /// One block of an entry whose versions and systems fit.
    fn block(
        &mut self,
        t: &Target<'_>,
        record: &Record<'_>,
        block: &Affected,
        here: &[&Package],
        ranges: &[Range],
    ) {
        let blank = Finding {
            id: record.id().to_string(),
            aliases: each_once(record.aliases()),
            published: record.published().to_string(),
            reviewed: record.reviewed(),
            module: t.path.to_string(),
            version: t.version.clone(),
            replaces: t.replaces.map(str::to_string),
            package: None,
            symbols: Vec::new(),
            level: Level::Module,
            scope: t.scope,
            unseen: false,
            fixed: semver::fixed_after(ranges, &t.version),
            custom: custom(block, &t.version),
            reach: None,
        };
        if let Functions::Unseen(_) = self.subject.functions
            && !here.iter().any(|p| self.present(t, p).is_some())
        {
            self.put(Finding {
                unseen: true,
                ..blank
            });
            return;
        }
        let sure = matches!(t.versions, Versions::One(_));
        if here.is_empty() {
            let present = match t.unlisted {
                true => self
                    .subject
                    .packages
                    .keys()
                    .any(|p| self.subject.is_unlisted(p) && is_of(t.path, p)),
                false => self.in_program.contains(t.imported_as) || matches!(t.path, "stdlib" | "toolchain"),
            };
            // Every function of the module counts, so one that is there is enough, if the version is certain.
            let level = if present && sure {
                Level::Symbol
            } else {
                Level::Module
            };
            if present || sure {
                self.put(Finding { level, ..blank });
            }
            return;
        }
        let mut any = false;
        for p in here {
            let Some((path, symbols)) = self.present(t, p) else {
                continue;
            };
            any = true;
            let level = match p.symbols.is_empty() || !symbols.is_empty() {
                true => Level::Symbol,
                false => Level::Package,
            };
            let unseen = level < Level::Symbol && matches!(self.subject.functions, Functions::Unseen(_));
            self.put(Finding {
                package: Some(path),
                symbols,
                level,
                unseen,
                ..blank.clone()
            });
        }
        if !any && sure {
            self.put(blank);
        }
    }

    /// The package's path in the program and those of its vulnerable functions that are there; `None` where
    /// the package is not.
    fn present(&self, t: &Target<'_>, p: &Package) -> Option<(String, Vec<String>)> {
        let path = match p.path.strip_prefix(t.path) {
            Some(below) if t.imported_as != t.path && (below.is_empty() || below.starts_with('/')) => {
                format!("{}{below}", t.imported_as)
            }
            _ => p.path.clone(),
        };
        let names = self.subject.packages.get(&path)?;
        if t.unlisted && !self.subject.is_unlisted(&path) {
            return None;
        }
        let mut symbols: Vec<String> = p
            .symbols
            .iter()
            .filter(|s| names.contains(s.as_str()))
            .cloned()
            .collect();
        symbols.sort();
        symbols.dedup();
        Some((path, symbols))
    }

    fn on_this_system(&self, p: &Package) -> bool {
        let fits = |own: &Option<String>, all: &[String]| {
            all.is_empty() || own.as_ref().is_none_or(|o| all.contains(o))
        };
        fits(&self.subject.os, &p.goos) && fits(&self.subject.arch, &p.goarch)
    }

    /// Keeps the deepest of what is found of the same kind.
    fn put(&mut self, f: Finding) {
        let key = (f.id.clone(), f.module.clone(), f.package.clone(), f.scope);
        match self.found.get_mut(&key) {
            Some(old) => {
                old.level = old.level.max(f.level);
                old.unseen = (old.unseen || f.unseen) && old.level < Level::Symbol;
                old.symbols.extend(f.symbols);
                old.symbols.sort();
                old.symbols.dedup();
            }
            None => {
                self.found.insert(key, f);
            }
        }
    }

    fn gap(&mut self, what: &'static str, message: String) {
        self.out.gaps.push(Gap { what, message });
    }

    fn finish(mut self) -> Judgement {
        if let Functions::Unseen(why) = &self.subject.functions {
            self.gap("no-functions", format!("its functions can't be seen: {why}"));
            self.out.blind = self.subject.modules.is_empty() && self.subject.packages.is_empty();
        }
        let mut all: Vec<Finding> = self.found.into_values().collect();
        // A module alone says nothing once a package of it was seen for the same advisory.
        let deeper: BTreeSet<(String, String)> = all
            .iter()
            .filter(|f| f.package.is_some())
            .map(|f| (f.id.clone(), f.module.clone()))
            .collect();
        all.retain(|f| {
            f.package.is_some()
                || f.level > Level::Module
                || !deeper.contains(&(f.id.clone(), f.module.clone()))
        });
        sort(&mut all);
        self.out.findings = all;
        self.out
    }
}

/// Findings with a known version first, the deepest of them first; then by module, id and package.
pub(super) fn sort(all: &mut [Finding]) {
    all.sort_by(|a, b| {
        let key = |f: &Finding| (f.scope == Scope::UnknownVersion, std::cmp::Reverse(f.level));
        (key(a), &a.module, &a.id, &a.package).cmp(&(key(b), &b.module, &b.id, &b.package))
    });
}

/// `devel go1.28-…`: the release before, and the first version that could be called the next. A fix made
/// meanwhile may be in it or not.
fn development(told: &str) -> Option<(String, String)> {
    let v = Version::parse(told).filter(|_| told.starts_with("devel ") || told.contains("-devel"))?;
    let last = v.minor.checked_sub(1)?;
    Some((format!("v1.{last}.0"), format!("v1.{}.0-0", v.minor)))
}

/// What the project's own count of versions says, where Go's has no end.
fn custom(block: &Affected, version: &str) -> Option<Custom> {
    let endless = block.ranges.iter().flatten().all(|e| e.fixed.is_empty());
    if block.custom_ranges.is_empty() || !endless {
        return None;
    }
    let comparable = semver::valid(version) && !semver::is_pseudo(version);
    Some(Custom {
        inside: comparable.then(|| semver::affects(&block.custom_ranges, version)),
        fixed: semver::fixed_after(&block.custom_ranges, version),
    })
}

/// `a.com/b/c` → `a.com/b/c`, `a.com/b`, `a.com`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |p| p.rsplit_once('/').map(|(top, _)| top))
}

/// Could a package be of a module, by its path? `m/v2/p` is not of `m`.
fn is_of(module: &str, package: &str) -> bool {
    let Some(rest) = package.strip_prefix(module) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix('/') else {
        return rest.is_empty();
    };
    let first = rest.split('/').next().unwrap_or_default();
    let major = first
        .strip_prefix('v')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    !major
}

/// The database names some aliases twice.
fn each_once(mut all: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|a| seen.insert(a.clone()));
    all
}
