//! What the file says, and what the user adds → the plan of a rebuild.

mod asked;
mod flags;
mod source;

use super::folders::{self, Folders};
use super::{Cannot, Reason};
use crate::analysis::info::{self, Facts};
use crate::go::Program;
use crate::go::buildinfo;
use crate::go::modinfo::{self, Module};
use asked::Asked;

/// The package of a build whose files were named on the command line.
const FILES: &str = "command-line-arguments";

/// Why C code is not compiled.
pub const NO_C: &str = "C compilers would run, on code of the module: --allow-cgo lets them";

/// What stands in for the C compilers where they may not run: no program of this name.
pub const REFUSED_COMPILER: &str = "gospect-does-not-allow-c-compilers";

/// What the user says where the file doesn't, or otherwise.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// `P@V`.
    pub module: Option<String>,
    /// Import path of the main package.
    pub package: Option<String>,
    /// `go1.26.5`, or `1.26.5`.
    pub go: Option<String>,
    /// Build settings by the names that the record gives them: `-tags`, `-ldflags`, `CGO_ENABLED`, `GOAMD64`,
    /// ...
    pub set: Vec<(String, String)>,
    /// Is a folder with the source given?
    pub source: bool,
    /// May C code be compiled?
    pub allow_cgo: bool,
}

/// Where the source comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A module of the proxy, copied and built as the main module.
    Module {
        /// Module path.
        path: String,
        /// A version, or a revision that the proxy resolves.
        version: String,
        /// `h1:…` where the file names one.
        sum: Option<String>,
    },
    /// The same, installed as `go install P@V` does: its files are named after the module cache.
    Installed {
        /// Module path.
        path: String,
        /// Version.
        version: String,
        /// `h1:…` where the file names one.
        sum: Option<String>,
    },
    /// A folder that the user names.
    Folder {
        /// The commit that the file is stamped with.
        revision: Option<String>,
        /// Had it uncommitted changes?
        modified: bool,
    },
    /// A command of the Go distribution, in the module that holds the toolchain.
    Toolchain {
        /// `golang.org/toolchain@v0.0.1-go1.24.2.linux-amd64`.
        module: String,
        /// Path in it: `pkg/tool/linux_amd64/link`.
        member: String,
    },
}

/// How the file is built again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `go1.26.8`.
    pub go: String,
    /// Where the source comes from.
    pub source: Source,
    /// Path of the main module, for finding it in a folder.
    pub module: String,
    /// The main module's version that the file names, without `+dirty`.
    pub version: Option<String>,
    /// What is handed to `go build`: `./cmd/x`, `.`, an import path, or files below the module's folder.
    pub packages: Vec<String>,
    /// GOOS, GOARCH and what else of the environment the build depends on.
    pub env: Vec<(String, String)>,
    /// Flags of `go build` but `-ldflags` and `-o`.
    pub flags: Vec<String>,
    /// The linker's flags, word by word.
    pub ldflags: Vec<String>,
    /// Are they those that the file records, so that nothing is to be found out?
    pub ldflags_recorded: bool,
    /// The module information as the file stores it, with its frame; empty where there is none.
    pub modinfo: Vec<u8>,
    /// The Go build ID in the go command's four parts; `None` where there is none, or another.
    pub build_id: Option<String>,
    /// GNU build ID or UUID, in hex.
    pub gnu_id: Option<String>,
    /// The builder's folders, where the file shows them.
    pub folders: Option<Folders>,
    /// Does the record name modules beside the main one?
    pub dependencies: bool,
    /// Dependencies are vendored: their lines have no sums.
    pub vendored: bool,
    /// Modules of a workspace are among the dependencies.
    pub workspace: bool,
    /// Was the source changed after the commit that is named?
    pub dirty: bool,
    /// What was concluded, for the user.
    pub notes: Vec<String>,
}

/// Plans the rebuild.
///
/// # Errors
/// Why there can be none.
pub fn plan(program: &Program<'_>, told: &Told) -> Result<Plan, Cannot> {
    let facts = info::gather_program(program);
    as_linked(&facts)?;
    let blob = program.build_info().map(|b| b.blob.framed_modinfo);
    let framed = blob
        .or_else(|| buildinfo::runtime_modinfo(program.image()))
        .unwrap_or_default();
    let lines = framed
        .get(16..framed.len().saturating_sub(16))
        .unwrap_or_default();
    let parsed = modinfo::parse(lines).unwrap_or_default();
    let record = &parsed;
    let asked = Asked {
        facts: &facts,
        record,
        told,
    };
    let go = asked.toolchain()?;
    let mut notes = Vec::new();
    let (module, package) = asked.package()?;
    let source = asked.source(&go, &module, &package, &mut notes)?;
    let cgo = asked.setting("CGO_ENABLED").is_some_and(|v| v == "1");
    if cgo && !told.allow_cgo && facts.cgo.known() != Some(&false) {
        return Err(Cannot::new(Reason::CgoNotAllowed, NO_C));
    }
    let flags = asked.flags()?;
    let (ldflags, ldflags_recorded) = asked.ldflags(program, &mut notes)?;
    let trimmed = asked.trimmed();
    let deps: Vec<String> = record.deps.iter().map(Module::effective).map(cached).collect();
    let files = package == FILES;
    let (packages, below) = match files {
        true => (folders::files(program, &module), String::new()),
        false => (
            vec![package.clone()],
            package.strip_prefix("./").unwrap_or("").to_string(),
        ),
    };
    if packages.is_empty() {
        let what = "was built from files on the command line, whose names it does not show: --package names \
            the package";
        return Err(Cannot::new(Reason::SourceNotNamed, what));
    }
    let versions = |m: &&Module<'_>| m.replace.is_none() && m.version != b"(devel)";
    let sums = record.deps.iter().filter(versions).map(|m| m.sum.is_empty());
    let main_version = record.main.as_ref().map_or(&b""[..], |m| m.version);
    Ok(Plan {
        env: asked.environment(&go)?,
        folders: (!trimmed).then(|| folders::read(program, &below, files.then_some(&module), &deps)),
        dependencies: !record.deps.is_empty(),
        vendored: sums.clone().count() > 0 && sums.clone().all(|none| none),
        workspace: record
            .deps
            .iter()
            .any(|m| m.version == b"(devel)" && m.path != module.as_bytes()),
        dirty: main_version.ends_with(b"+dirty") || record.setting("vcs.modified").as_deref() == Some("true"),
        modinfo: framed.to_vec(),
        build_id: facts.go_build_id.clone().filter(|id| id.split('/').count() == 4),
        gnu_id: facts.build_id.clone(),
        go,
        source,
        module,
        version: asked.version(),
        packages,
        flags,
        ldflags,
        ldflags_recorded,
        notes,
    })
}

/// `path@version` as the module cache names it.
fn cached(m: &Module<'_>) -> String {
    let text = |b: &[u8]| folders::escaped(&String::from_utf8_lossy(b));
    format!("{}@{}", text(m.path), text(m.version))
}

/// A file that Go's linker did not leave as it is can't come out of a build.
fn as_linked(facts: &Facts) -> Result<(), Cannot> {
    let refuse = |what: String| Err(Cannot::new(Reason::NotAsLinked, what));
    if let Some(by) = facts.packed {
        return refuse(format!("is packed ({by}): unpack it first, as it was before"));
    }
    if let Some(by) = facts.obfuscated {
        return refuse(format!(
            "was obfuscated ({by}): its source is not what was compiled"
        ));
    }
    if facts.build_mode == Some("c-archive") {
        return refuse(
            "is a C archive, which carries no build ID of its own: archives are not built again".into(),
        );
    }
    match facts.compiler {
        Some("gc") => Ok(()),
        Some(other) => refuse(format!("was built by {other}, not by the Go toolchain")),
        None => refuse("is no Go program".into()),
    }
}
