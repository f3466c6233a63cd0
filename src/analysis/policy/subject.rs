//! What the rules look at: one image, its facts, and the day.

use std::cell::OnceCell;
use std::ops::Range;

use super::Verdict;
use super::file::Accepted;
use super::strings::Strings;
use super::values::Date;
use crate::analysis::graph::{Graph, Table};
use crate::analysis::info::Facts;
use crate::analysis::seen::Seen;
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
    /// Vulnerabilities that the policy puts up with.
    pub accepted: &'s [Accepted],
    /// The names that the file goes by.
    pub names: &'s [String],
    strings: OnceCell<Strings<'a>>,
    held: OnceCell<Result<Held, String>>,
}

/// What holds what in the program.
#[derive(Debug)]
pub(super) struct Held {
    /// Each module and package.
    pub table: Table,
    /// Does reflection keep all exported methods?
    pub reflection: bool,
    /// Bytes that these are, at least.
    pub reflection_bytes: u64,
    /// Because of which functions.
    pub culprits: Vec<String>,
}

impl<'s, 'a> Subject<'s, 'a> {
    /// A subject that has not been looked at yet.
    pub fn new(program: &'s Program<'a>, facts: &'s Facts, today: Date) -> Self {
        Subject {
            program,
            image: program.image(),
            facts,
            today,
            accepted: &[],
            names: &[],
            strings: OnceCell::new(),
            held: OnceCell::new(),
        }
    }

    /// What holds what; found out when a rule first asks. Else why that can't be told.
    pub(super) fn held(&self) -> Result<&Held, &String> {
        let find = || {
            let graph = Graph::new(self.program, None).map_err(|e| e.to_string())?;
            Ok(Held {
                table: graph.table(),
                reflection: graph.reflection(),
                reflection_bytes: graph.reflection_bytes(),
                culprits: graph.culprit_names(),
            })
        };
        self.held.get_or_init(find).as_ref()
    }

    /// What was found in the data; looked for when a rule first asks.
    pub(super) fn strings(&self) -> Seen<&Strings<'a>> {
        let found = self.strings.get_or_init(|| Strings::of(&self.text_parts()));
        match self.hidden() {
            Some(why) => Seen::Hidden {
                why,
                part: Some(found),
            },
            None => Seen::Is(found),
        }
    }

    /// A fact that every Go program has, and that this file shows or not.
    fn shown<'f>(&self, fact: Option<&'f str>, what: &str) -> Seen<&'f str> {
        let why = || {
            self.hidden()
                .unwrap_or_else(|| format!("the file does not show {what}"))
        };
        fact.map_or_else(|| Seen::hidden(why()), Seen::Is)
    }

    /// GOOS.
    pub(super) fn os(&self) -> Seen<&str> {
        self.shown(self.facts.os.as_deref(), "which system it is for")
    }

    /// GOARCH.
    pub(super) fn arch(&self) -> Seen<&str> {
        self.shown(self.facts.arch.as_deref(), "which system it is for")
    }

    /// As the file has it.
    pub(super) fn go_version(&self) -> Seen<&str> {
        self.shown(self.facts.go_version.as_deref(), "its Go version")
    }

    /// gc, gccgo, tinygo.
    pub(super) fn compiler(&self) -> Seen<&str> {
        self.shown(self.facts.compiler, "its compiler")
    }

    /// The word of -buildmode. The header of a packed file is the unpacker's.
    pub(super) fn build_mode(&self) -> Seen<&str> {
        let own = self.facts.build_mode.filter(|_| self.facts.packed.is_none());
        self.shown(own, "its build mode")
    }

    /// GOOS for a sentence.
    pub(super) fn os_word(&self) -> &str {
        self.facts.os.as_deref().unwrap_or("this system")
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

    /// Why the file does not show all that is in it, where that is so: packed, or cut short.
    pub(super) fn hidden(&self) -> Option<String> {
        let f = self.facts;
        match (f.packed, f.cut) {
            (Some(by), _) => Some(format!(
                "the file is packed ({by}) and shows nothing of what is in it"
            )),
            (None, Some(end)) => Some(format!(
                "the file is cut short: {} bytes of at least {end}",
                f.file_size
            )),
            (None, None) => None,
        }
    }

    /// A verdict by a look at all of the file: of one that does not show all, no more than its faults stand.
    pub(super) fn unless_hidden(&self, verdict: Verdict) -> Verdict {
        match (self.hidden(), verdict) {
            (_, v @ (Verdict::Fail(_) | Verdict::Unknown(_))) | (None, v) => v,
            (Some(why), _) => Verdict::Unknown(why),
        }
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
        let why = || {
            self.hidden()
                .unwrap_or_else(|| "the file shows no sign of Go".to_string())
        };
        (!self.facts.is_go()).then(|| Verdict::Unknown(why()))
    }

    /// Is one of these functions linked in?
    pub(super) fn has_function(&self, names: &[&str]) -> Seen<bool> {
        self.by_names(self.program.has_function(names))
    }

    /// Is a function of this package linked in?
    pub(super) fn has_package(&self, path: &str) -> Seen<bool> {
        self.by_names(self.program.has_package(path))
    }

    /// What was found among the function names; nothing is only known not to be there where the names can be
    /// read.
    fn by_names(&self, found: Option<bool>) -> Seen<bool> {
        match (found, self.hidden()) {
            (Some(true), _) => Seen::Is(true),
            (_, Some(why)) => Seen::Hidden { why, part: None },
            (Some(false), None) => Seen::Is(false),
            (None, None) => Seen::hidden("the functions of the file can't be read"),
        }
    }

    /// Can the function names be read, so that one which is not among them is not in the file?
    pub(super) fn names_readable(&self) -> Seen<bool> {
        self.has_function(&[])
    }

    /// A function of the package `path`, inlined ones included, or (`below`) of one under that path; vendored
    /// copies count.
    pub(super) fn function_below(&self, path: &str, below: bool) -> Option<String> {
        // A package's last element has its dots escaped in names of functions.
        let (front, last) = path.rsplit_once('/').map_or(("", path), |(f, l)| (f, l));
        let slash = if front.is_empty() { "" } else { "/" };
        let escaped = format!("{front}{slash}{}", last.replace('.', "%2e"));
        let mut wanted = vec![format!("{escaped}.")];
        if below {
            wanted.push(format!("{path}/"));
        }
        // The names of inlined functions stand there too.
        let names = self.program.pclntab().map_or(&[][..], |t| t.name_tables()[0]);
        let found = wanted.iter().find_map(|path| {
            let mut all = memchr::memmem::find_iter(names, path.as_bytes());
            all.find_map(|at| function_at(names, at))
        })?;
        Some(crate::go::packages::unescape(found).into_owned())
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

    /// The file's data that a program can read at run time: every section that is mapped and holds no code.
    /// Where there are no sections, the segments that hold no code; where there are none either, the whole
    /// file.
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
        disjoint(parts)
    }
}

/// The parts in the order of the file; what two of them share belongs to the first.
fn disjoint(mut parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    parts.sort_by_key(|p| p.offset);
    let mut end = 0_u64;
    parts.retain_mut(|p| {
        let skip = usize::try_from(end.saturating_sub(p.offset)).unwrap_or(usize::MAX);
        p.bytes = p.bytes.get(skip..).unwrap_or_default();
        p.offset = p.offset.max(end);
        end = p.offset + p.bytes.len() as u64;
        !p.bytes.is_empty()
    });
    parts
}

/// The name among `names` whose package's path, or the part of it behind `vendor/`, is at `at`.
fn function_at(names: &[u8], at: usize) -> Option<&[u8]> {
    const LONGEST: usize = 512;
    let before = names.get(..at)?;
    let start = match before.last() {
        Some(0) | None => at,
        Some(b'/') if before.ends_with(b"/vendor/") => memchr::memrchr(0, before).map_or(0, |i| i + 1),
        _ => return None,
    };
    let name = names.get(start..)?;
    let name = name.get(..memchr::memchr(0, name)?.min(LONGEST))?;
    // Up to Go 1.15 the names of source files stand beside those of functions.
    let file = [&b".go"[..], b".s", b".S", b".c", b".h"]
        .iter()
        .any(|e| name.ends_with(e));
    (!file).then_some(name)
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
