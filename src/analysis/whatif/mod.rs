//! What the file's size would be, and what would be lost or gained, if it were built or treated otherwise.
//!
//! One file per engine: each knows how one linker (or strip, or a compressor) lays a file out. Every engine first foretells the
//! file as it is; where that does not come to its real size, its answers are not called exact.

mod elf_internal;
mod facts;
mod relay;

pub use facts::{Facts, Linker};

use crate::image::{Format, Image};

/// Which of the tables that `-s` and `-w` take away a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    /// DWARF.
    pub dwarf: bool,
    /// The symbol table.
    pub symtab: bool,
}

/// One way to build or treat the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The contract's word: w, s, sw, …
    pub id: &'static str,
    /// The flags of the linker that make it.
    pub ldflags: Option<String>,
    /// The environment that makes it.
    pub env: Option<String>,
    /// The size foretold, `None` where nothing can be said.
    pub bytes: Option<u64>,
    /// Is that the size to the byte?
    pub exact: bool,
    /// By how many bytes it may be off.
    pub margin: u64,
    /// What is lost and gained.
    pub notes: Vec<String>,
}

/// Everything foretold of one file.
#[derive(Debug, Clone)]
pub struct Report {
    /// The file's own size.
    pub file_size: u64,
    /// In the order they are shown.
    pub variants: Vec<Variant>,
}

/// Foretells all variants of an image that is `file_size` bytes long.
pub fn foretell(image: &Image<'_>) -> Report {
    let mut variants = Vec::new();
    if let Some(f) = Facts::read(image) {
        for (id, flags) in [("w", &["-w"][..]), ("s", &["-s"]), ("sw", &["-s", "-w"])] {
            variants.push(linked(&f, id, flags));
        }
    }
    Report { file_size: image.data.len() as u64, variants }
}

/// Which tables are left when the linker gets `-s` or `-w` in addition.
fn tables(f: &Facts<'_, '_>, flags: &[&str]) -> Tables {
    let now = Tables { dwarf: f.dwarf, symtab: f.symtab };
    let (s, w) = (flags.contains(&"-s"), flags.contains(&"-w"));
    if f.image.format == Format::MachO && !f.since(22) {
        return Tables { dwarf: now.dwarf && !w, symtab: now.symtab };
    }
    Tables { dwarf: now.dwarf && !w && !s, symtab: now.symtab && !s }
}

fn engine(f: &Facts<'_, '_>, want: Tables, grown: &[(usize, i64)]) -> Option<u64> {
    match (f.image.format, f.linker) {
        (Format::Elf, Linker::Go) => elf_internal::size(f, want, grown),
        _ => None,
    }
}

fn linked(f: &Facts<'_, '_>, id: &'static str, flags: &[&str]) -> Variant {
    let size = f.image.data.len() as u64;
    let now = Tables { dwarf: f.dwarf, symtab: f.symtab };
    let as_is = engine(f, now, &[]);
    let want = tables(f, flags);
    let growth = f.modinfo_growth(flags);
    let told = f.with_steps(growth, |grown| engine(f, want, grown));
    let (bytes, exact, margin) = match told {
        Some((b, m)) if as_is == Some(size) => (Some(b), m == 0, m),
        Some((b, m)) => (Some(b), false, m + as_is.map_or(size / 100, |a| a.abs_diff(size))),
        None => (None, false, 0),
    };
    Variant { id, ldflags: Some(flags.join(" ")), env: None, bytes, exact, margin, notes: Vec::new() }
}
