//! Inventories of files → CycloneDX 1.6 and 1.7, SPDX 2.3 and 3.0.1, JSON each.

mod cyclonedx;
mod spdx2;
mod spdx3;

pub use cyclonedx::write as cyclonedx;
pub use spdx2::write as spdx2;
pub use spdx3::write as spdx3;

use crate::analysis::sbom::{Inventory, Module};
use crate::analysis::vuln::Finding;

use sha2::{Digest, Sha256};

/// One document.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The files it is about.
    pub files: &'a [Inventory],
    /// For each of them what is known to be bad, and who put up with what; empty where that was not asked
    /// for.
    pub vulnerabilities: &'a [Vec<Verdict<'a>>],
    /// When it was made, as RFC 3339.
    pub time: &'a str,
}

/// A finding and why it is put up with, where it is.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// What was found.
    pub finding: &'a Finding,
    /// The reason that the policy gives.
    pub accepted: Option<&'a str>,
}

/// The tool's name as documents have it.
const TOOL: &str = concat!("gospect-", env!("CARGO_PKG_VERSION"));

impl<'a> Document<'a> {
    /// A UUID that the files' contents decide, with the bits of version 8: made by the application's own
    /// rules.
    fn uuid(&self, kind: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(kind);
        for f in self.files {
            hash.update(&f.name);
            hash.update(&f.sha256);
        }
        let mut b: Vec<u8> = hash.finalize().iter().take(16).copied().collect();
        for (i, keep, set) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
            if let Some(b) = b.get_mut(i) {
                *b = *b & keep | set;
            }
        }
        let hex: String = b.iter().map(|b| format!("{b:02x}")).collect();
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// The document's name: the file's, or how many it is about.
    fn name(&self) -> String {
        match self.files {
            [one] => one.name.clone(),
            many => format!("{} files", many.len()),
        }
    }

    /// Every part that is not a file itself, each once, with the places of the files that hold it.
    fn parts(&self) -> Vec<Held<'a>> {
        let mut all: Vec<(Part<'a>, usize)> = Vec::new();
        for (i, f) in self.files.iter().enumerate() {
            let modules = f.modules.iter().map(Part::Module);
            let std = f.stdlib.as_deref().map(Part::Stdlib);
            let libraries = f.libraries.iter().map(|l| Part::Library(l));
            all.extend(modules.chain(std).chain(libraries).map(|p| (p, i)));
        }
        all.sort_unstable();
        all.dedup();
        let same = all.chunk_by(|a, b| a.0 == b.0).enumerate();
        let held = same.filter_map(|(place, one)| {
            Some(Held {
                part: one.first()?.0,
                place,
                files: one.iter().map(|o| o.1).collect(),
            })
        });
        held.collect()
    }
}

/// A part with the places of the files that hold it, ascending, and its own place among all.
#[derive(Debug)]
struct Held<'a> {
    part: Part<'a>,
    place: usize,
    files: Vec<usize>,
}

impl Held<'_> {
    /// What the document calls it.
    fn key(&self) -> String {
        self.part.key(self.place)
    }

    fn is_in(&self, file: usize) -> bool {
        self.files.binary_search(&file).is_ok()
    }
}

/// What files are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Module(&'a Module),
    /// The standard library, with its version.
    Stdlib(&'a str),
    /// A C library.
    Library(&'a str),
}

impl Part<'_> {
    fn name(&self) -> &str {
        match self {
            Part::Module(m) => m.built().0,
            Part::Stdlib(_) => "stdlib",
            Part::Library(name) => name,
        }
    }

    fn version(&self) -> &str {
        match self {
            Part::Module(m) => m.built().1,
            Part::Stdlib(v) => v,
            Part::Library(_) => "",
        }
    }

    /// `None` for C libraries: a file name says nothing about who made it.
    fn purl(&self) -> Option<String> {
        match self {
            Part::Module(m) => Some(m.purl()),
            Part::Stdlib(v) => Some(crate::analysis::sbom::purl::golang("stdlib", v)),
            Part::Library(_) => None,
        }
    }

    /// Packages of it in a file.
    fn packages<'f>(&self, file: &'f Inventory) -> &'f [String] {
        let key = match self {
            Part::Module(m) => m.path.as_str(),
            Part::Stdlib(_) => "std",
            Part::Library(_) => return &[],
        };
        file.packages.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Is a finding about it?
    fn is_of(&self, f: &Finding) -> bool {
        match self {
            Part::Module(m) => {
                f.module == m.path || f.replaces.as_deref() == Some(&m.path) || f.module == m.built().0
            }
            Part::Stdlib(_) => matches!(f.module.as_str(), "stdlib" | "toolchain"),
            Part::Library(_) => false,
        }
    }

    /// Something to tell it apart, unique within a document once its place is behind it.
    fn key(&self, place: usize) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        let name: String = self.name().chars().map(plain).collect();
        format!("{name}-{place}")
    }
}
