//! What the engines need to know of a file: who linked it, with which flags, which tables it has, where the
//! module information stands.
//!
//! Authority: cmd/go (the lines of the module information), cmd/link (`.go.buildinfo`, `runtime.modinfo.str`,
//! alignment of data symbols), measured on rebuilds with Go 1.16 to 1.27.

use crate::go::Program;
use crate::go::buildinfo::Blob;
use crate::go::modinfo;
use crate::go::release::{self, Tools};
use crate::go::version::Version;
use crate::image::{Arch, Format, Image, Section};

/// Who wrote the file's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    /// Go's own linker.
    Go,
    /// GNU ld (`bfd`), called by Go's linker.
    Gnu,
    /// GNU gold.
    Gold,
    /// LLVM's lld.
    Lld,
    /// mold.
    Mold,
    /// Another C linker, or one that left no name.
    Other,
}

impl Linker {
    /// The linker's name for a person.
    pub fn word(self) -> &'static str {
        match self {
            Linker::Go => "Go's linker",
            Linker::Gnu => "GNU ld",
            Linker::Gold => "GNU gold",
            Linker::Lld => "LLVM lld",
            Linker::Mold => "mold",
            Linker::Other => "an unknown C linker",
        }
    }
}

/// Facts about one Go program.
#[derive(Debug)]
pub struct Facts<'p, 'a> {
    /// The program.
    pub program: &'p Program<'a>,
    /// Its image.
    pub image: &'p Image<'a>,
    /// Go's version, where the file says it in a form that can be understood.
    pub version: Option<Version>,
    /// The build information blob.
    pub blob: Option<Blob<'a>>,
    /// Its settings.
    pub info: modinfo::ModInfo<'a>,
    /// Index of the section that holds the blob.
    pub blob_section: Option<usize>,
    /// Index of the section that holds the second copy of the module information, `runtime.modinfo.str`.
    pub modinfo_section: Option<usize>,
    /// Offset of that copy in the file.
    pub modinfo_offset: Option<u64>,
    /// Who laid the file out.
    pub linker: Linker,
    /// Is DWARF there?
    pub dwarf: bool,
    /// Is the symbol table there?
    pub symtab: bool,
}

/// `x` rounded up to a multiple of `a`; `a` of 0 or 1 rounds nothing.
pub(super) fn round(x: u64, a: u64) -> u64 {
    if a < 2 {
        return x;
    }
    x.div_ceil(a).saturating_mul(a)
}

impl<'p, 'a> Facts<'p, 'a> {
    /// Collects them; `None` where the file says nothing of Go.
    pub fn read(program: &'p Program<'a>) -> Option<Facts<'p, 'a>> {
        let image = program.image();
        let found = program
            .build_info()
            .filter(|_| !program.build_info_is_recovered());
        let blob = found.map(|b| b.blob);
        let go_section = [".gopclntab", "__gopclntab", ".data.rel.ro.gopclntab"]
            .iter()
            .any(|n| image.section(n).is_some());
        if blob.is_none() && !go_section {
            return None;
        }
        let info = found.map(|b| b.info.clone()).unwrap_or_default();
        let blob_section = blob.and_then(|b| section_of(image, b.offset?));
        let modinfo_offset = blob.and_then(|b| second_copy(image, &b));
        let modinfo_section = modinfo_offset.and_then(|o| section_of(image, o));
        let dwarf = image.sections.iter().any(Section::is_debug);
        let mut facts = Facts {
            program,
            image,
            version: program.version(),
            blob,
            info,
            blob_section,
            modinfo_section,
            modinfo_offset,
            linker: linker(image),
            dwarf,
            symtab: false,
        };
        facts.symtab = facts.names_symbols();
        Some(facts)
    }

    fn names_symbols(&self) -> bool {
        match self.image.format {
            Format::Elf => self.image.section(".symtab").is_some(),
            Format::Pe => self.image.pe().is_some_and(|p| p.symbol_table.1 > 0),
            // Undefined and exported symbols stay with -s: look for local ones.
            Format::MachO => self.image.symbols().is_ok_and(|s| {
                s.iter()
                    .any(|s| s.kind & 0xe0 == 0 && s.kind & 0xe == 0xe && s.kind & 1 == 0)
            }),
            _ => false,
        }
    }

    /// What the toolchain that built it does. An unknown version counts as the newest.
    pub fn tools(&self) -> Tools {
        release::of(self.version).tools
    }

    /// The minor version to look up in a table of measurements.
    pub fn minor(&self) -> u32 {
        self.version.map_or(release::NEWEST, |v| v.minor)
    }

    /// The flags the file was linked with, as far as build information tells.
    pub fn ldflags(&self) -> String {
        self.info.setting("-ldflags").unwrap_or_default().into_owned()
    }

    /// Does the file's own `-ldflags` name this flag?
    pub fn has_ldflag(&self, flag: &str) -> bool {
        let ld = self.ldflags();
        let mut words = ld.split_whitespace();
        words.any(|w| {
            let w = w
                .strip_prefix('-')
                .map_or(w, |r| if r.starts_with('-') { r } else { w });
            w == flag || w.strip_prefix(flag) == Some("=true") || w.strip_prefix(flag) == Some("=1")
        })
    }

    /// Was it built with -trimpath?
    pub fn trimpath(&self) -> bool {
        self.info.setting("-trimpath").as_deref() == Some("true")
    }

    /// How many bytes longer the module information gets when the flags in `add` stand before those that the
    /// file was linked with. Go writes no settings before 1.18, and no -ldflags beside -trimpath.
    pub fn modinfo_growth(&self, add: &[&str]) -> i64 {
        if self.info.settings.is_empty() || self.trimpath() || self.blob.is_none_or(|b| !b.inline) {
            return 0;
        }
        let old = self.ldflags();
        let mut new: Vec<&str> = add.iter().copied().filter(|f| !self.has_ldflag(f)).collect();
        if new.is_empty() {
            return 0;
        }
        if !old.is_empty() {
            new.push(&old);
        }
        setting_line("-ldflags", &new.join(" ")) as i64
            - if old.is_empty() {
                0
            } else {
                setting_line("-ldflags", &old) as i64
            }
    }

    /// How an alignment of data symbols is chosen at the most (cmd/link: each architecture's maxAlign).
    pub fn max_align(&self) -> u64 {
        if self.image.arch == Arch::Arm { 8 } else { 32 }
    }

    /// The sections that grow when the module information gets `growth` bytes longer, and by how much. `step`
    /// is added to what the read-only section grows by: how the symbols there fall is not known to the last
    /// step.
    pub fn grown(&self, growth: i64, step: i64) -> Vec<(usize, i64)> {
        let mut out = Vec::new();
        let Some(blob) = self.blob.filter(|b| b.inline && growth != 0) else {
            return out;
        };
        let old = blob.framed_modinfo.len() as u64;
        let new = old.saturating_add_signed(growth);
        if let Some(i) = self.blob_section {
            let size = |len: u64| {
                let v = blob.version.len() as u64;
                round(32 + uvarint(v) + v + uvarint(len) + len, 16)
            };
            out.push((i, size(new) as i64 - size(old) as i64));
        }
        if let Some(i) = self.modinfo_section {
            let a = self.max_align();
            out.push((i, round(new + 1, a) as i64 - round(old + 1, a) as i64 + step));
        }
        out
    }

    /// Runs an engine with each of the steps that the read-only section may be off by. The size, and by how
    /// many bytes it may be off: 0 where all steps come to the same.
    pub fn with_steps(
        &self,
        growth: i64,
        engine: impl Fn(&[(usize, i64)]) -> Option<u64>,
    ) -> Option<(u64, u64)> {
        let middle = engine(&self.grown(growth, 0))?;
        if growth == 0 || self.modinfo_section.is_none() {
            return Some((middle, 0));
        }
        let step = self.max_align() as i64;
        let mut margin = 0;
        for s in [-step, step] {
            margin = margin.max(engine(&self.grown(growth, s))?.abs_diff(middle));
        }
        Some((middle, margin))
    }
}

/// Bytes of a `build` line: tab, key, `=`, quoted value, line end.
pub(super) fn setting_line(key: &str, value: &str) -> u64 {
    let quoted = value.chars().any(|c| " \t\r\n\"`".contains(c));
    let len = if quoted {
        2 + value
            .chars()
            .map(|c| {
                if "\"\\\t\r\n".contains(c) {
                    2
                } else {
                    c.len_utf8() as u64
                }
            })
            .sum::<u64>()
    } else {
        value.len() as u64
    };
    "build\t".len() as u64 + key.len() as u64 + 1 + len + 1
}

/// Bytes of `v` as an unsigned varint.
pub(super) fn uvarint(v: u64) -> u64 {
    u64::from((64 - (v | 1).leading_zeros()).div_ceil(7))
}

/// Index of the section whose bytes in the file hold `offset`.
fn section_of(image: &Image<'_>, offset: u64) -> Option<usize> {
    image
        .sections
        .iter()
        .position(|s| offset >= s.offset && offset - s.offset < s.file_size)
}

fn second_copy(image: &Image<'_>, blob: &Blob<'_>) -> Option<u64> {
    if !blob.inline || blob.framed_modinfo.is_empty() {
        return None;
    }
    let finder = memchr::memmem::Finder::new(blob.framed_modinfo);
    let first = blob.offset.unwrap_or(0);
    let inside = |o: u64| o >= first && o - first < blob.size;
    for s in image.sections.iter().filter(|s| s.file_size > 0 && !s.is_debug()) {
        let bytes = image.section_bytes(s);
        let hit = finder
            .find_iter(bytes)
            .map(|o| s.offset + o as u64)
            .find(|&o| !inside(o));
        if hit.is_some() {
            return hit;
        }
    }
    None
}

/// Whose hand the file shows. C linkers bring `.comment` along, or a name of their own in it.
fn linker(image: &Image<'_>) -> Linker {
    match image.format {
        Format::Elf => {}
        Format::Pe => {
            // mingw's start-up code brings sections that Go's linker never makes.
            let c = [".bss", ".CRT", ".tls"]
                .iter()
                .filter(|n| image.section(n).is_some())
                .count();
            return if c >= 2 { Linker::Gnu } else { Linker::Go };
        }
        Format::MachO => {
            let c = image.section("__unwind_info").is_some() || image.section("__eh_frame").is_some();
            return if c { Linker::Other } else { Linker::Go };
        }
        _ => return Linker::Go,
    }
    if image.section(".note.gnu.gold-version").is_some() {
        return Linker::Gold;
    }
    let Some(comment) = image.section(".comment") else {
        return Linker::Go;
    };
    let text = image.section_bytes(comment);
    let says = |w: &[u8]| memchr::memmem::find(text, w).is_some();
    if says(b"LLD ") {
        Linker::Lld
    } else if says(b"mold ") {
        Linker::Mold
    } else if says(b"GCC") || says(b"clang") || text.is_empty() {
        Linker::Gnu
    } else {
        Linker::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_go_writes_them() {
        assert_eq!(
            setting_line("-ldflags", "-s"),
            "build\t-ldflags=-s\n".len() as u64
        );
        assert_eq!(
            setting_line("-ldflags", "-s -w"),
            "build\t-ldflags=\"-s -w\"\n".len() as u64
        );
        assert_eq!(
            setting_line("-ldflags", "-X a=\"b c\""),
            "build\t-ldflags=\"-X a=\\\"b c\\\"\"\n".len() as u64
        );
    }

    #[test]
    fn varints_take_seven_bits_a_byte() {
        assert_eq!([0, 127, 128, 16383, 16384].map(uvarint), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn rounding_up() {
        assert_eq!(
            [round(0, 16), round(1, 16), round(16, 16), round(17, 0)],
            [0, 16, 16, 17]
        );
    }
}
