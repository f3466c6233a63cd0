//! What the file's size would be, and what would be lost or gained, if it were built or treated otherwise.
//!
//! One file per engine: each knows how one linker (or strip, or a compressor) lays a file out. Every engine
//! first predicts the file as it is; where that does not come to its real size, its answers are not called
//! exact.

mod c_dwarf;
mod cgo;
mod compress;
mod elf_external;
mod elf_internal;
mod facts;
mod holds;
mod larger;
mod macho;
mod notes;
mod pe;
mod relay;
mod strings;
mod strip;
mod trimpath;

pub use facts::{Facts, Linker};
pub use holds::held;

use crate::go::Program;
use crate::image::{Format, Image};

/// Which of the tables that `-s` and `-w` take away a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    /// DWARF.
    pub dwarf: bool,
    /// DWARF that is stored as it is, not compressed.
    pub plain: bool,
    /// The symbol table.
    pub symtab: bool,
}

/// One way to build or treat the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variant {
    /// The contract's word: w, s, sw, …
    pub id: &'static str,
    /// The flags of the linker that make it.
    pub ldflags: Option<String>,
    /// The environment that makes it.
    pub env: Option<String>,
    /// The size predicted, `None` where nothing can be said.
    pub bytes: Option<u64>,
    /// Is that the size to the byte?
    pub exact: bool,
    /// By how many bytes it may be off.
    pub margin: u64,
    /// What is lost and gained.
    pub notes: Vec<String>,
}

/// Everything predicted of one file.
#[derive(Debug, Clone)]
pub struct Report {
    /// The file's own size.
    pub file_size: u64,
    /// What holds for all variants.
    pub notes: Vec<String>,
    /// In the order they are shown.
    pub variants: Vec<Variant>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Compress the file to measure gzip and zstd.
    pub compress: bool,
}

/// Predicts all variants of a program.
pub fn predict(program: &Program<'_>, options: Options) -> Report {
    let (image, file) = (program.image(), program.file());
    let mut report = Report {
        file_size: file.len() as u64,
        notes: Vec::new(),
        variants: Vec::new(),
    };
    let whole = image.container.is_none();
    match Facts::read(program) {
        Some(f) if whole => {
            report.notes = notes::of_file(&f);
            for (id, flags) in [("w", &["-w"][..]), ("s", &["-s"]), ("sw", &["-s", "-w"])] {
                report.variants.push(linked(&f, id, flags));
            }
            report.variants.extend(trimmed(&f));
            if f.dwarf
                && image
                    .sections
                    .iter()
                    .any(|s| image.section_uncompressed_size(s).is_some())
            {
                report
                    .variants
                    .push(linked(&f, "no-compressdwarf", &["-compressdwarf=false"]));
            }
            if image.format == Format::Elf {
                report.variants.push(stripped(&f, "strip", false));
                report.variants.push(stripped(&f, "strip-debug", true));
            }
            report.variants.extend(cgo::without(&f));
            report.variants.extend(static_link(&f));
            report.variants.extend(larger::unstripped(&f));
        }
        Some(_) => report.notes.push(notes::container(image)),
        None => report.notes.push(format!(
            "no Go program that can be predicted: {} without Go's tables",
            image.format.word()
        )),
    }
    if options.compress {
        report.variants.extend(compressed(file, Some(image)));
    }
    report
}

/// What can be said of a file that is no image: how small it gets.
pub fn predict_bytes(file: &[u8], options: Options) -> Report {
    let variants = if options.compress {
        compressed(file, None)
    } else {
        Vec::new()
    };
    Report {
        file_size: file.len() as u64,
        notes: vec!["not an executable that is known here".into()],
        variants,
    }
}

fn compressed(file: &[u8], image: Option<&Image<'_>>) -> Vec<Variant> {
    let loaded = image
        .filter(|i| matches!(i.format, Format::Elf | Format::Pe))
        .map(compress::loaded);
    let (gz, zs, up) = compress::measured(file, loaded.as_deref());
    let one = |id, bytes: Option<u64>, notes| Variant {
        id,
        bytes,
        exact: false,
        margin: bytes.map_or(0, |b| b / 100 + 64),
        notes,
        ..Variant::default()
    };
    let mut out = vec![one("gzip", gz, notes::gzip()), one("zstd", zs, notes::zstd())];
    if let (Some(packed), Some(parts)) = (up, loaded) {
        let inside: u64 = parts.iter().map(|p| p.len() as u64).sum();
        let bytes = packed + (file.len() as u64).saturating_sub(inside) + 16_384;
        out.push(Variant {
            margin: bytes / 5,
            ..one("upx", Some(bytes), notes::upx())
        });
    }
    out
}

fn now(f: &Facts<'_, '_>) -> Tables {
    Tables {
        dwarf: f.dwarf,
        plain: false,
        symtab: f.symtab,
    }
}

/// Which tables are left when the linker gets `-s` or `-w` in addition.
fn tables(f: &Facts<'_, '_>, flags: &[&str]) -> Tables {
    let now = now(f);
    let (s, w) = (flags.contains(&"-s"), flags.contains(&"-w"));
    if f.image.format == Format::MachO && !f.tools().strips_macho {
        return Tables {
            dwarf: now.dwarf && !w,
            plain: flags.contains(&"-compressdwarf=false"),
            ..now
        };
    }
    Tables {
        dwarf: now.dwarf && !w && !s,
        symtab: now.symtab && !s,
        plain: flags.contains(&"-compressdwarf=false"),
    }
}

/// An engine's answer: the size, where the format and the linker are known.
fn engine(f: &Facts<'_, '_>, want: Tables, grown: &[(usize, i64)], other: &[(usize, u64)]) -> Option<u64> {
    match (f.image.format, f.linker) {
        (Format::Elf, Linker::Go) => elf_internal::size(f, want, grown),
        (Format::Elf, Linker::Gnu | Linker::Gold | Linker::Lld | Linker::Mold) => {
            elf_external::size(f, want, grown, other)
        }
        (Format::MachO, Linker::Go) => macho::size(f, want, grown),
        (Format::Pe, Linker::Go) => pe::size(f, want, grown, pe::data_end(f)),
        (Format::Pe, _) => pe::by_c_linker(f, want),
        _ => None,
    }
}

fn linked(f: &Facts<'_, '_>, id: &'static str, flags: &[&str]) -> Variant {
    let size = f.image.data.len() as u64;
    let mut v = Variant {
        id,
        ldflags: Some(flags.join(" ")),
        notes: notes::linked(f, tables(f, flags)),
        ..Variant::default()
    };
    let want = tables(f, flags);
    let growth = f.modinfo_growth(flags);
    let as_is = engine(f, now(f), &[], &[]);
    if want == now(f) && growth == 0 && matches!(f.image.format, Format::Elf | Format::MachO | Format::Pe) {
        // A file that was stripped after the build is not quite what the linker would write.
        let off = as_is.map_or(0, |a| a.abs_diff(size));
        (v.bytes, v.exact, v.margin) = (Some(size), off == 0, off);
        v.notes = vec!["nothing changes: the file is already so".into()];
        return v;
    }
    // Before Go 1.26 the C linker was not told to drop what C objects bring along.
    let c_dwarf = if f.image.format == Format::Elf
        && f.linker != Linker::Go
        && !f.tools().strips_c_dwarf
        && f.dwarf
        && !want.dwarf
        && want.symtab
    {
        c_dwarf::left(f).unwrap_or_default()
    } else {
        Vec::new()
    };
    if !c_dwarf.is_empty() {
        v.notes
            .push("the C objects' DWARF stays: before Go 1.26, -w did not reach the C linker".into());
    }
    let told = f.with_steps(growth, |grown| engine(f, want, grown, &c_dwarf));
    match told {
        Some((b, margin)) => {
            let sure =
                as_is == Some(size) && matches!(f.linker, Linker::Go | Linker::Gnu) && c_dwarf.is_empty();
            let unsure = as_is.map_or(b / 100, |a| a.abs_diff(size)).max(b / 200);
            // How the C linker merges what is left of the C objects' DWARF is not known to the byte.
            let unsure = if c_dwarf.is_empty() {
                unsure
            } else {
                unsure.max(b / 100)
            };
            v.bytes = Some(b);
            let margin = margin + if growth == 0 { 0 } else { dwarf_wobble(f, want) };
            v.exact = sure && margin == 0;
            v.margin = if sure { margin } else { margin + unsure };
        }
        None => v.notes.insert(
            0,
            "can't be predicted: the file's layout is not one that is known here".into(),
        ),
    }
    v
}

/// Compressed DWARF that stays holds addresses that move: by how many bytes it may come out larger or
/// smaller.
fn dwarf_wobble(f: &Facts<'_, '_>, want: Tables) -> u64 {
    if !want.dwarf || want.plain {
        return 0;
    }
    let image = f.image;
    let packed = image
        .sections
        .iter()
        .filter(|s| image.section_uncompressed_size(s).is_some());
    let bytes: u64 = packed.map(|s| s.file_size).sum();
    if bytes == 0 {
        return 0;
    }
    let wobble = 64 + bytes / 5000;
    let Some(segment) = f.image.segments.iter().find(|s| s.name == b"__DWARF") else {
        return wobble;
    };
    // Mach-O rounds the whole to pages, which mostly hides it.
    let page = macho::page_size(f.image);
    let size = segment.file_size;
    facts::round(size.saturating_add(wobble), page) - facts::round(size.saturating_sub(wobble), page)
}

fn stripped(f: &Facts<'_, '_>, id: &'static str, symbols: bool) -> Variant {
    let want = Tables {
        dwarf: false,
        plain: false,
        symtab: f.symtab && symbols,
    };
    let bytes = strip::size(f.image, symbols);
    Variant {
        id,
        bytes,
        exact: bytes.is_some(),
        notes: notes::stripped(f, want),
        ..Variant::default()
    }
}

/// `-trimpath` together with `-s -w`.
fn trimmed(f: &Facts<'_, '_>) -> Option<Variant> {
    let flags = ["-s", "-w"];
    let trim = trimpath::trim(f)?;
    let (want, as_is) = (tables(f, &flags), engine(f, now(f), &[], &[]));
    let size = f.image.data.len() as u64;
    let growth = if f.trimpath() { 0 } else { trim.modinfo };
    let mut sizes = Vec::new();
    for cut in &trim.grown {
        let told = f.with_steps(growth, |grown| {
            let all: Vec<(usize, i64)> = grown.iter().chain(cut).copied().collect();
            engine(f, want, &all, &[])
        });
        sizes.push(told?);
    }
    let &(bytes, _) = sizes.first()?;
    let margin = sizes.iter().map(|s| s.0.abs_diff(bytes) + s.1).max().unwrap_or(0);
    let nothing = want == now(f) && growth == 0 && trim.grown.iter().flatten().all(|g| g.1 == 0);
    let known = f.image.format == Format::Elf || nothing;
    let sure = trim.certain && as_is == Some(size) && f.linker == Linker::Go && known;
    let unsure = if sure {
        0
    } else {
        (bytes / 200).max(4096).min(bytes / 100)
    };
    let mut notes = notes::linked(f, want);
    notes.extend(notes::trimmed(f));
    if nothing {
        notes = vec!["nothing changes: the file is already so".into()];
    }
    Some(Variant {
        id: "trimpath-sw",
        ldflags: Some(flags.join(" ")),
        bytes: Some(bytes),
        exact: sure && margin == 0,
        margin: margin + unsure,
        notes,
        ..Variant::default()
    })
}

/// `-ldflags=-extldflags=-static`: a C library comes into the file where a C linker made it; else nothing
/// happens.
fn static_link(f: &Facts<'_, '_>) -> Option<Variant> {
    if f.image.format != Format::Elf {
        return None;
    }
    let flags = "-extldflags=-static";
    if f.linker == Linker::Go {
        let mut v = linked(f, "static", &[flags]);
        v.notes = notes::static_by_go(f);
        return Some(v);
    }
    let mut v = Variant {
        id: "static",
        ldflags: Some(flags.into()),
        notes: notes::static_by_c(),
        ..Variant::default()
    };
    let dynamic = f.image.elf_dynamic().is_some_and(|d| !d.needed.is_empty());
    let size = f.image.data.len() as u64;
    if !dynamic {
        (v.bytes, v.exact) = (Some(size), true);
        v.notes = vec!["nothing changes: the file is already static".into()];
    } else if matches!(
        f.info.setting("-buildmode").as_deref(),
        Some("c-shared" | "plugin" | "shared" | "pie")
    ) {
        v.notes = vec!["not in this build mode".into()];
    } else {
        let bytes = size + larger::libc(f);
        (v.bytes, v.margin) = (Some(bytes), 100_000);
    }
    Some(v)
}
