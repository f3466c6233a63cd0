//! The Go binaries that a scan finds → JSON lines, CSV, or a table for people. One value, one small file
//! each.

mod csv;
mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod table;

use std::collections::BTreeMap;

pub use csv::{head as csv_head, write as csv};
pub use json::{Done, OneLine, parse as parse_line, write as json};
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use table::row;
#[cfg(feature = "cli")]
pub use table::write as table;

use crate::input::Name;

/// One member: a Go binary, or what could not be read.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The file or the folder of an image, as given or found, and what the member is called in it.
    pub name: &'a Name,
    /// Bytes; `None` where it could not be read to its end.
    pub size: Option<u64>,
    /// Of all its bytes, in hex.
    pub sha256: Option<&'a str>,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// What it is; `None` where that could not be read.
    pub facts: Option<&'a Facts>,
}

/// The few facts that every record tells, and what was asked for.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `go1.26.8`.
    pub go_version: Option<String>,
    /// GOOS.
    pub os: Option<String>,
    /// GOARCH.
    pub arch: Option<String>,
    /// The main module's path, or the main package's where there is none.
    pub module: Option<String>,
    /// The main module's version.
    pub module_version: Option<String>,
    /// `upx`.
    pub packed: Option<&'static str>,
    /// `static`, `static-pie`, `dynamic`.
    pub linkage: Option<&'static str>,
    /// Path and version of each module that the build information names, the main one first; of a replaced
    /// one, what stands for it.
    pub modules: Vec<[String; 2]>,
    /// Rule, level and message of what `check` found.
    pub findings: Vec<[String; 3]>,
    /// Id, module, version and level of what `vuln` found.
    pub vulnerabilities: Vec<[String; 4]>,
    /// The JSON of sub-commands, each on one line, by its key in a record; `None` where it could not be made.
    pub parts: BTreeMap<&'static str, Option<String>>,
}
