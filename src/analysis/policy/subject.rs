//! What the rules look at: one image, its facts, and the day.

use std::cell::OnceCell;
use std::ops::Range;

use super::Verdict;
use super::strings::Strings;
use super::values::Date;
use crate::analysis::info::Facts;
use crate::go::Program;
use crate::image::{Format, Image, clip};

/// One file, or one slice of a fat file.
#[derive(Debug)]
pub struct Subject<'s, 'a> {
    /// The program.
    pub program: &'s Program<'a>,
    /// Its image.
    pub image: &'s Image<'a>,
    /// Its facts.
    pub facts: &'s Facts,
    /// The day that counts as today.
    pub today: Date,
    strings: OnceCell<Strings<'a>>,
}

impl<'s, 'a> Subject<'s, 'a> {
    /// A subject that has not been looked at yet.
    pub fn new(program: &'s Program<'a>, facts: &'s Facts, today: Date) -> Self {
        Subject {
            program,
            image: program.image(),
            facts,
            today,
            strings: OnceCell::new(),
        }
    }

    /// What was found in the data; looked for when a rule first asks.
    pub(super) fn strings(&self) -> &Strings<'a> {
        self.strings.get_or_init(|| Strings::of(&self.text_parts()))
    }

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

    /// The data without those parts of the pclntab that hold numbers only.
    fn text_parts(&self) -> Vec<Part<'a>> {
        let mut parts = self.data_parts();
        let base = self.image.base;
        if let Some((table, start)) = self
            .program
            .pclntab()
            .ok()
            .and_then(|t| Some((t, base.checked_add(t.offset()?)?)))
        {
            let wanted = |name: &str| matches!(name, "funcnametab" | "filetab" | "rest");
            for numbers in table.parts().iter().filter(|p| !wanted(p.name)) {
                let from = start.saturating_add(numbers.offset);
                let without = |p: Part<'a>| p.without(from..from.saturating_add(numbers.size));
                parts = parts.into_iter().flat_map(without).collect();
            }
        }
        parts
    }

    /// The file's data that a program can read at run time: every section that is mapped and holds no code. Where there are no
    /// sections, the segments that hold no code; where there are none either, the whole file.
    fn data_parts(&self) -> Vec<Part<'a>> {
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
        let mut parts: Vec<Part<'a>> = sections.map(|s| part(s.name, s.offset, s.file_size)).collect();
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

/// A part of the file.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// For people.
    pub name: String,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Offset of the first of them from the start of the file.
    pub offset: u64,
}

impl<'a> Part<'a> {
    /// What is left of it without a range of the file: nothing, one part or two.
    fn without(self, range: Range<u64>) -> impl Iterator<Item = Part<'a>> {
        let len = self.bytes.len() as u64;
        // Offsets within the part.
        let inside = |at: u64| at.saturating_sub(self.offset).min(len) as usize;
        let (from, to) = (inside(range.start), inside(range.end));
        let cut = |from: usize, to: usize| Part {
            name: self.name.clone(),
            bytes: self.bytes.get(from..to).unwrap_or_default(),
            offset: self.offset.saturating_add(from as u64),
        };
        let left = if from >= to {
            [cut(0, len as usize), cut(0, 0)]
        } else {
            [cut(0, from), cut(to, len as usize)]
        };
        left.into_iter().filter(|p| !p.bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_out_of_a_part() {
        let part = |bytes, offset| Part {
            name: "p".into(),
            bytes,
            offset,
        };
        let left = |range| {
            let all = part(&b"0123456789"[..], 100).without(range);
            all.map(|p| (p.offset, String::from_utf8_lossy(p.bytes).into_owned()))
                .collect::<Vec<_>>()
        };
        let is = |offset: u64, text: &str| (offset, text.to_string());
        assert_eq!(left(103..105), [is(100, "012"), is(105, "56789")]);
        assert_eq!(left(90..105), [is(105, "56789")]);
        assert_eq!(left(105..200), [is(100, "01234")]);
        assert_eq!(left(0..100), [is(100, "0123456789")]);
        assert_eq!(left(105..105), [is(100, "0123456789")]);
        assert_eq!(left(0..u64::MAX), []);
    }
}
