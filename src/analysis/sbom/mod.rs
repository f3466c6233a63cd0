//! What is in a file: the main module, its dependencies, the standard library, C libraries, with how each is
//! known.
//!
//! Modules come from the build information; without it, from the import paths in the pclntab, marked as
//! inferred and without versions.

pub mod purl;

use std::collections::BTreeMap;

use crate::analysis::info::{self, Facts};
use crate::error::{Error, Result};
use crate::go::{Program, packages};
use crate::input::Bytes;

use sha2::{Digest, Sha256};

/// How a module or version is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// The build information lists it.
    Listed,
    /// The import paths of packages that are in the program show it.
    Inferred,
}

/// Where the main module's version is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionFrom {
    /// The module's own version.
    BuildInfo,
    /// The revision that the version control system stamped.
    Vcs,
    /// A variable that `-ldflags=-X` set.
    Ldflags,
}

impl VersionFrom {
    /// The word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            VersionFrom::BuildInfo => "build-info",
            VersionFrom::Vcs => "vcs",
            VersionFrom::Ldflags => "ldflags",
        }
    }
}

/// A Go module in a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Module {
    /// The path that import paths begin with.
    pub path: String,
    /// Its version; empty where not known, and where a folder stands in for it.
    pub version: String,
    /// `h1:` checksum of what was built; empty where there is none.
    pub sum: String,
    /// The module whose code was built instead: path and version, both as the build information has them. A
    /// folder has no version.
    pub replaced_by: Option<(String, String)>,
    /// The version that was asked for, where something else was built.
    pub asked: String,
    /// How it is known.
    pub known: Known,
}

impl Module {
    /// Path and version of the code that is in the program.
    pub fn built(&self) -> (&str, &str) {
        match &self.replaced_by {
            Some((path, version)) if !version.is_empty() => (path, version),
            _ => (&self.path, &self.version),
        }
    }

    /// The purl of the code that is in the program; without a version where that is not known.
    pub fn purl(&self) -> String {
        let (path, version) = self.built();
        purl::golang(path, version)
    }
}

/// Everything about one file.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Name of the file, without its folder.
    pub name: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Import path of the main package, where told.
    pub path: Option<String>,
    /// The main module, where told.
    pub main: Option<Module>,
    /// The program's version, and where it is from.
    pub version: Option<(String, VersionFrom)>,
    /// Is it a library or plugin rather than a program?
    pub library: bool,
    /// Dependencies in the order of their paths.
    pub modules: Vec<Module>,
    /// The standard library's version: `1.27.4`; empty where not known. `None` for what is not built by a Go
    /// compiler.
    pub stdlib: Option<String>,
    /// Packages that have functions in the program, by module path (`std` for the standard library).
    pub packages: BTreeMap<String, Vec<String>>,
    /// C libraries that must be there at run time.
    pub libraries: Vec<String>,
    /// Facts worth a property: (name, value), in order.
    pub properties: Vec<(String, String)>,
}

impl Inventory {
    /// What others call the program: purl of its main module, else a purl by its hash.
    pub fn purl(&self) -> String {
        let Some(main) = &self.main else {
            return purl::generic(&self.name, &self.sha256);
        };
        let version = match &self.version {
            Some((v, VersionFrom::BuildInfo | VersionFrom::Vcs)) => v.as_str(),
            _ => "",
        };
        let below = self
            .path
            .as_deref()
            .and_then(|p| p.strip_prefix(main.path.as_str()));
        let mut out = purl::golang(&main.path, version);
        if let Some(below) = below.and_then(|b| b.strip_prefix('/')) {
            out.push('#');
            out.push_str(&purl::encoded(below));
        }
        out
    }
}

/// Takes stock of a file that goes by `name`.
///
/// # Errors
/// Where the file is no image of a known format, or no Go program.
pub fn take(name: &str, bytes: &Bytes) -> Result<Inventory> {
    let facts = info::gather(bytes, None)?;
    if !facts.is_go() {
        return Err(Error::new("is no Go program, as far as can be seen"));
    }
    let packages = match Program::open_unpacked(bytes, None) {
        Ok(program) if program.obfuscated().is_none() => by_module(&program),
        _ => BTreeMap::new(),
    };
    let mut modules: Vec<Module> = facts.deps.iter().map(module).collect();
    if facts.main.is_none() && modules.is_empty() {
        modules.extend(facts.recovered_modules.iter().map(|path| Module {
            path: path.clone(),
            version: String::new(),
            sum: String::new(),
            replaced_by: None,
            asked: String::new(),
            known: Known::Inferred,
        }));
    }
    modules.sort();
    modules.dedup();
    let sha256 = Sha256::digest(&bytes[..]);
    let base = name
        .rsplit(['/', '\\'])
        .next()
        .filter(|n| !n.is_empty() && *n != "-");
    let go = facts.go_version.as_deref().and_then(|v| v.strip_prefix("go"));
    let stdlib = go.and_then(|v| v.split([' ', '-']).next()).unwrap_or_default();
    Ok(Inventory {
        name: base.unwrap_or("program").to_string(),
        sha256: sha256.iter().map(|b| format!("{b:02x}")).collect(),
        size: facts.file_size,
        path: facts.path.clone(),
        main: facts.main.as_ref().map(module),
        version: version(&facts),
        library: matches!(
            facts.build_mode,
            Some("c-archive" | "c-shared" | "shared" | "plugin" | "archive")
        ),
        modules,
        stdlib: (facts.compiler != Some("tinygo")).then(|| stdlib.to_string()),
        packages,
        libraries: facts
            .libraries
            .part()
            .into_iter()
            .flatten()
            .map(|l| l.name.clone())
            .collect(),
        properties: properties(&facts),
    })
}

fn module(m: &packages::Module) -> Module {
    let known = |v: &str| v.to_string();
    match &m.replace {
        None => Module {
            path: m.path.clone(),
            version: if m.version == "(devel)" {
                String::new()
            } else {
                known(&m.version)
            },
            sum: m.sum.clone(),
            replaced_by: None,
            asked: String::new(),
            known: Known::Listed,
        },
        Some(r) => Module {
            path: m.path.clone(),
            version: String::new(),
            sum: r.sum.clone(),
            replaced_by: Some((r.path.clone(), known(&r.version))),
            asked: known(&m.version),
            known: Known::Listed,
        },
    }
}

/// The program's true version: the main module's, else the revision, else what a linker flag has set in a
/// variable whose name says so.
fn version(facts: &Facts) -> Option<(String, VersionFrom)> {
    let own = facts.main.as_ref().map(|m| m.version.as_str());
    if let Some(v) = own.filter(|v| !v.is_empty() && *v != "(devel)") {
        return Some((v.to_string(), VersionFrom::BuildInfo));
    }
    if let Some(v) = facts.setting("-ldflags").and_then(set_by_linker) {
        return Some((v, VersionFrom::Ldflags));
    }
    let revision = facts.setting("vcs.revision").filter(|r| !r.is_empty())?;
    Some((revision.to_string(), VersionFrom::Vcs))
}

/// The value of `-X PACKAGE.version=VALUE`, whatever the case of `version`.
fn set_by_linker(flags: &str) -> Option<String> {
    let words = flags.split_whitespace().map(|w| w.trim_matches(['\'', '"']));
    words
        .filter_map(|w| w.strip_prefix("-X=").unwrap_or(w).split_once('='))
        .find_map(|(name, value)| {
            let (_, variable) = name.rsplit_once('.')?;
            let says = ["version", "buildversion", "appversion"]
                .iter()
                .any(|v| variable.eq_ignore_ascii_case(v));
            let value = value.trim_matches(['\'', '"']);
            (says && !value.is_empty()).then(|| value.to_string())
        })
}

fn by_module(program: &Program<'_>) -> BTreeMap<String, Vec<String>> {
    let owners = program.packages();
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in program.functions().packages() {
        if let Some(module) = owners.module_label(package) {
            out.entry(module.into_owned())
                .or_default()
                .push(package.to_string());
        }
    }
    for packages in out.values_mut() {
        packages.sort();
        packages.dedup();
    }
    out
}

fn properties(facts: &Facts) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(v) = value.filter(|v| !v.is_empty()) {
            out.push((format!("gospect:{name}"), v.to_string()));
        }
    };
    add("format", Some(facts.format.word()));
    add("os", facts.os.as_deref());
    add("arch", facts.arch.as_deref());
    add("go-version", facts.go_version.as_deref());
    add("compiler", facts.compiler);
    add("build-mode", facts.build_mode);
    add("linkage", facts.linkage.known().map(|l| l.word()));
    add("build-info", Some(facts.build_info.word()));
    add("package", facts.path.as_deref());
    add("go-build-id", facts.go_build_id.as_deref());
    add("build-id", facts.build_id.as_deref());
    add("obfuscated", facts.obfuscated);
    add("packed", facts.packed);
    for s in &facts.settings {
        add(&format!("build:{}", s.key), Some(&s.value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::set_by_linker;

    #[test]
    fn a_version_that_the_linker_has_set() {
        for (flags, want) in [
            ("-s -w -X main.version=1.2.3", Some("1.2.3")),
            ("-X 'example.com/m/internal.Version=v2'", Some("v2")),
            ("-X=main.buildVersion=x", Some("x")),
            ("-X main.commit=abc -X main.version=", None),
            ("-s -w", None),
        ] {
            assert_eq!(set_by_linker(flags).as_deref(), want, "{flags}");
        }
    }
}
