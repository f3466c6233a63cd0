//! What a Go binary says of its own making → the plan of a rebuild, as data: nothing is run or fetched here.
//!
//! Authority: Go 1.27, cmd/go/internal/load/pkg.go (`setBuildInfo`: what is recorded),
//! cmd/go/internal/work/exec.go and gc.go (how the record reaches the linker, which paths are written),
//! cmd/link/internal/ld (`-X`, `-B`, `-buildid`).
//!
//! The file is hostile: its flags are handed to compilers, so each must be one that [`allowed`] knows to run
//! nothing and to write nothing but the program.

use std::fmt;

use super::compare::{Cause, Functions};
use crate::go::buildid::SelfCheck;

pub mod allowed;
pub mod folders;
pub mod plan;
pub mod record;
pub mod variables;
pub mod words;

pub use plan::{Plan, Source, Told, plan};

/// What a rebuild came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same bytes, and the record that was put in is true of the rebuild.
    Identical,
    /// The same but for causes that are known.
    IdenticalButFor,
    /// Another program.
    Different,
    /// No rebuild, or none that can be compared.
    Cannot(Cannot),
}

impl Verdict {
    /// The word used in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Identical => "identical",
            Verdict::IdenticalButFor => "identical-but-for",
            Verdict::Different => "different",
            Verdict::Cannot(_) => "cannot",
        }
    }
}

/// A command of the rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub what: String,
    /// The folder it runs in, below the rebuild's own.
    pub folder: String,
    /// The command and its arguments.
    pub command: Vec<String>,
}

/// A module that went into the rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// Module path.
    pub path: String,
    /// Version.
    pub version: String,
    /// `h1:…`, where one is known.
    pub sum: Option<String>,
}

/// Everything that is told of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` where nothing was built: a plan.
    pub verdict: Option<Verdict>,
    /// Causes before effects.
    pub because: Vec<Cause>,
    /// Where functions were compared.
    pub functions: Option<Functions>,
    /// All commands, in order.
    pub steps: Vec<Step>,
    /// The environment that `go build` was given, beside paths and proxies.
    pub env: Vec<(String, String)>,
    /// The source: its module, and where it came from in words (`module proxy`, `folder`, ...).
    pub source: Option<(Material, &'static str)>,
    /// The other modules.
    pub dependencies: Vec<Material>,
    /// Toolchain: `go1.26.8`.
    pub go: Option<String>,
    /// Does the part of the Go build ID that cmd/go made of the main package's compiled code come out the
    /// same? `None` where one has none.
    pub content_id: Option<bool>,
    /// Lines of the record that differ as they must.
    pub expected: Vec<Cause>,
    /// Of the file, in hex.
    pub theirs_sha256: String,
    /// Of the rebuild.
    pub ours_sha256: Option<String>,
    /// What was concluded on the way.
    pub notes: Vec<String>,
    /// Are the file's bytes still those that its build ID was made of?
    pub untouched: SelfCheck,
    /// Seconds since 1970 when the first and the last command were run.
    pub times: Option<(i64, i64)>,
}

impl Outcome {
    /// `go build` as it was last called.
    pub fn command(&self) -> &[String] {
        let build = |s: &&Step| matches!(s.command.get(1).map(String::as_str), Some("build" | "install"));
        let last = self.steps.iter().rev().find(build).or(self.steps.last());
        last.map_or(&[], |s| s.command.as_slice())
    }
}

/// Why a file can't be built again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cannot {
    /// The word for it.
    pub reason: Reason,
    /// What is wrong, and what would help.
    pub message: String,
}

impl Cannot {
    /// For a reason, in words.
    pub fn new(reason: Reason, message: impl Into<String>) -> Cannot {
        Cannot {
            reason,
            message: message.into(),
        }
    }
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.word(), self.message)
    }
}

/// The kinds of [`Cannot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The file does not say which module, in which version, it is built from.
    SourceNotNamed,
    /// The source is not to be had.
    SourceNotServed,
    /// The Go toolchain is not to be had: a patched one, a development version, or none that is served.
    ToolchainNotServed,
    /// The go command or a compiler failed.
    BuildFailed,
    /// What is served has another checksum than the file names.
    SumMismatch,
    /// The source had changes that no commit has, and without them the program differs.
    Dirty,
    /// C code would be compiled, which the user did not allow.
    CgoNotAllowed,
    /// A recorded flag could run a program or write a file.
    FlagNotAllowed,
    /// The file is not as Go's linker wrote it: packed, obfuscated, not linked by Go.
    NotAsLinked,
}

impl Reason {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Reason::SourceNotNamed => "source-not-named",
            Reason::SourceNotServed => "source-not-served",
            Reason::ToolchainNotServed => "toolchain-not-served",
            Reason::BuildFailed => "build-failed",
            Reason::SumMismatch => "sum-mismatch",
            Reason::Dirty => "dirty",
            Reason::CgoNotAllowed => "cgo-not-allowed",
            Reason::FlagNotAllowed => "flag-not-allowed",
            Reason::NotAsLinked => "not-as-linked",
        }
    }
}
