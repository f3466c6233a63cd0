//! What the rules look at: one image, its facts, and the day.

use super::Verdict;
use super::values::Date;
use crate::analysis::info::Facts;
use crate::image::{Format, Image, clip};

/// One file, or one slice of a fat file.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The image.
    pub image: &'a Image<'a>,
    /// Its facts.
    pub facts: &'a Facts,
    /// Bytes of the whole file.
    pub file_size: u64,
    /// The day that counts as today.
    pub today: Date,
}

impl Subject<'_> {
    /// GOOS, "" where it is not known.
    pub(super) fn os(&self) -> &str {
        self.facts.os.as_deref().unwrap_or_default()
    }

    /// Where a fact was seen, in the order it was noted; "" for nowhere.
    pub(super) fn seen(&self, fact: &str) -> String {
        let all = self.facts.evidence.iter().filter(|e| e.fact == fact);
        all.map(|e| e.seen.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// The value of a build setting, if build information was found.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        self.facts.setting(key)
    }

    /// Has build information any settings? Go records them since 1.18.
    pub(super) fn has_settings(&self) -> bool {
        !self.facts.settings.is_empty()
    }

    /// Is it a library: something that another program loads or links?
    pub(super) fn is_library(&self) -> bool {
        matches!(
            self.facts.build_mode,
            Some("c-archive" | "c-shared" | "shared" | "plugin" | "archive")
        )
    }

    /// Is it an archive, or an object file: something that has not been linked?
    pub(super) fn is_unlinked(&self) -> bool {
        self.facts.format == Format::Archive || matches!(self.facts.build_mode, Some("c-archive" | "archive"))
    }

    pub(super) fn is_elf(&self) -> bool {
        self.image.format == Format::Elf
    }

    /// The verdict of a rule about Go programs where this is none, as far as the file shows.
    pub(super) fn no_go(&self) -> Option<Verdict> {
        match (self.facts.is_go(), self.facts.packed) {
            (true, _) => None,
            (false, Some(by)) => Some(Verdict::unknown(format!(
                "the file is packed ({by}) and shows nothing of what is in it"
            ))),
            (false, None) => Some(Verdict::unknown("the file shows no sign of Go")),
        }
    }

    /// Is one of these functions linked in? `None` where the function names can't be read.
    pub(super) fn has_function(&self, names: &[&str]) -> Option<bool> {
        let parts = self.name_parts();
        // Function names stand in the pclntab, each between two NULs; every program has runtime.main.
        let has = |name: &str| has_bytes(&parts, format!("\0{name}\0").as_bytes());
        has("runtime.main").then(|| names.iter().any(|n| has(n)))
    }

    /// Is a function of this package linked in? `None` where the function names can't be read.
    pub(super) fn has_package(&self, path: &str) -> Option<bool> {
        let parts = self.name_parts();
        has_bytes(&parts, b"\0runtime.main\0").then(|| has_bytes(&parts, format!("\0{path}.").as_bytes()))
    }

    /// Where function names stand: the pclntab's section, or all data where it has none of its own.
    fn name_parts(&self) -> Vec<Part<'_>> {
        let mut parts = self.data_parts();
        let own = |p: &Part<'_>| p.name.ends_with("gopclntab");
        if parts.iter().any(own) {
            parts.retain(own);
        }
        parts
    }

    /// The file's data that a program can read at run time: every section that is mapped and holds no code. Where there are no
    /// sections, the segments that hold no code; where there are none either, the whole file.
    pub(super) fn data_parts(&self) -> Vec<Part<'_>> {
        let base = self.image.base;
        let name = |b: &[u8], offset: u64| match b {
            b"" => format!("the data at offset {offset:#x}"),
            b => format!("section {}", String::from_utf8_lossy(b)),
        };
        let part = |n: &[u8], offset: u64, size: u64| Part {
            name: name(n, base.saturating_add(offset)),
            bytes: clip(self.image.data, offset, size),
            offset: base.saturating_add(offset),
        };
        let sections = self
            .image
            .sections
            .iter()
            .filter(|s| s.alloc && !s.perm.exec && s.file_size > 0);
        let mut parts: Vec<Part<'_>> = sections.map(|s| part(s.name, s.offset, s.file_size)).collect();
        if parts.is_empty() {
            let segments = self
                .image
                .segments
                .iter()
                .filter(|s| !s.perm.exec && s.file_size > 0);
            parts = segments.map(|s| part(s.name, s.offset, s.file_size)).collect();
        }
        if parts.is_empty() {
            parts.push(part(b"", 0, self.image.data.len() as u64));
        }
        parts
    }
}

fn has_bytes(parts: &[Part<'_>], needle: &[u8]) -> bool {
    parts
        .iter()
        .any(|p| memchr::memmem::find(p.bytes, needle).is_some())
}

/// A part of the file.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// For people.
    pub name: String,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Offset of the first of them from the start of the file.
    pub offset: u64,
}
