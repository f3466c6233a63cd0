//! A file → every byte of it with exactly one owner: kind, section, package, module, symbol, and how that is known.
//!
//! The file is cut into disjoint regions (`regions`); each is filled by cuts (`ledger`), so rows add up to the file whatever the
//! structures in it say. Code and function tables come from the pclntab, types from their walk, so a stripped file and its twin get
//! the same; data comes from symbols where there are any, else from who refers to it (`data`).

mod agreement;
mod code;
mod data;
mod dictionaries;
mod dwarf;
mod foreign;
mod landmarks;
mod ledger;
mod memory;
mod model;
mod pointers;
mod references;
mod regions;
mod relocations;
mod space;
mod strings;
mod subject;
mod symtab;
mod tables;
mod types;
mod view;
mod wasm;

pub use agreement::{Agreement, agreement};
pub use model::{Detail, Kind, Memory, Report, Row, Source};
pub use view::{By, Group, group, group_memory, matches, matches_memory};

use crate::error::Result;
use crate::go;
use crate::go::packages::{Module, Packages};
use crate::image::{self, Arch, Format, Image, Sniffed};
use crate::input::Bytes;
use foreign::Foreign;
use ledger::{Cut, Ledger, NONE, Owner};
use regions::{Region, Role};
use space::Space;
use subject::Subject;

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How fine the rows are.
    pub detail: Detail,
    /// May symbols tell whose a variable is? Without them a file is measured as if it were stripped.
    pub symbols: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            detail: Detail::Package,
            symbols: true,
        }
    }
}

/// Attributes every byte of a file: an image of any format, all slices of a fat Mach-O, all members of an archive.
///
/// # Errors
/// Where the file is of no known format.
pub fn measure(file: &Bytes, options: Options) -> Result<Report> {
    measured(file, options, false)
}

/// As [`measure`], with the memory that has no bytes in the file by package and variable too, rather than by section.
///
/// # Errors
/// Where the file is of no known format.
pub fn measure_with_memory(file: &Bytes, options: Options) -> Result<Report> {
    measured(file, options, true)
}

fn measured(file: &Bytes, options: Options, variables: bool) -> Result<Report> {
    let mut ledger = Ledger::new(options.detail);
    let mut report = Report {
        file_size: file.len() as u64,
        ..Report::default()
    };
    let mut packages = Packages::default();
    let header = Owner::plain(Kind::Header, Source::Container);
    match image::sniff(file) {
        Some(Sniffed::Fat) => {
            let mut slices = image::macho::slices(file)?;
            slices.sort_by_key(|s| s.offset);
            let count = slices.len() as u64;
            let wide = file.get(3) == Some(&0xbf);
            let mut at = 8 + count * if wide { 32 } else { 20 };
            ledger.add(header, at.min(file.len() as u64));
            for s in slices {
                let start = s.offset.max(at);
                fill_gap(&mut ledger, file, at, start);
                let data = image::clip(
                    file,
                    start,
                    (s.offset + s.data.len() as u64).saturating_sub(start),
                );
                at = start + data.len() as u64;
                let name = ledger.name(s.arch.goarch().as_bytes());
                ledger.begin_slice(name);
                part(
                    file,
                    data,
                    options,
                    variables,
                    &mut ledger,
                    &mut report,
                    &mut packages,
                );
                ledger.begin_slice(NONE);
                ledger.begin_section(NONE);
            }
            fill_gap(&mut ledger, file, at, file.len() as u64);
        }
        Some(Sniffed::Archive) => {
            let mut at = 0;
            for m in image::archive::members(file)? {
                if m.data.is_empty() || m.offset < at {
                    continue;
                }
                ledger.add(header, m.offset - at);
                at = m.offset + m.data.len() as u64;
                let name = ledger.name(m.name);
                ledger.begin_slice(name);
                part(
                    file,
                    m.data,
                    options,
                    variables,
                    &mut ledger,
                    &mut report,
                    &mut packages,
                );
                ledger.begin_slice(NONE);
                ledger.begin_section(NONE);
            }
            ledger.add(header, (file.len() as u64).saturating_sub(at));
        }
        _ => {
            image_rows(
                &go::Program::open(file)?,
                options,
                variables,
                &mut ledger,
                &mut report,
                &mut packages,
            );
        }
    }
    let module = |package: &str| module_of(&packages, package);
    (report.rows, report.memory) = ledger.finish(module);
    Ok(report)
}

/// A slice or member: an image where it is one, else bytes of which nothing is known.
fn part<'a>(
    file: &'a Bytes,
    data: &'a [u8],
    options: Options,
    variables: bool,
    ledger: &mut Ledger,
    report: &mut Report,
    packages: &mut Packages,
) {
    match Image::parse(data) {
        Ok(image) => image_rows(
            &go::Program::new(file, image),
            options,
            variables,
            ledger,
            report,
            packages,
        ),
        Err(_) => fill_gap(ledger, data, 0, data.len() as u64),
    }
}

fn fill_gap(ledger: &mut Ledger, bytes: &[u8], start: u64, end: u64) {
    if start >= end {
        return;
    }
    let (padding, unknown) = regions::gap_bytes(image::clip(bytes, start, end - start));
    ledger.add(Owner::plain(Kind::Padding, Source::Container), padding);
    ledger.add(Owner::plain(Kind::Unknown, Source::None), unknown);
}

fn module_of(packages: &Packages, package: &str) -> Option<String> {
    packages.module_label(package).map(std::borrow::Cow::into_owned)
}

fn image_rows(
    go: &go::Program<'_>,
    options: Options,
    variables: bool,
    ledger: &mut Ledger,
    report: &mut Report,
    packages: &mut Packages,
) {
    let image = go.image();
    let blob = go.build_info();
    if report.go_version.is_none() && (blob.is_some() || go.pclntab().is_ok()) {
        report.go_version = blob.map(|b| String::from_utf8_lossy(b.go_version()).into_owned());
        *packages = go.packages().clone();
        report.modules = modules(go);
    }
    let regions = regions::regions(image);
    let program = Subject::new(go, ledger);
    if blob.is_some()
        && let Err(e) = go.pclntab().and_then(|_| go.moduledata())
    {
        report.warnings.push(e.to_string());
    }
    let owners = code::owners(&program, ledger);
    let foreign = foreign_text(&program, &regions);
    // The two that take longest, and know nothing of each other.
    let (units, mut cuts) = rayon::join(
        || dwarf::Units::find(image),
        || {
            let blob = blob.map(|b| b.blob);
            mapped(&program, &regions, &owners, &foreign, options, blob, ledger)
        },
    );
    let units = dwarf::Units::new(image, units, ledger, &mut report.warnings);
    let object = matches!(&image.detail, image::Detail::Elf(e) if e.kind == image::elf::ET_REL);
    let mut of_sections = Default::default();
    let mut c = Foreign::default();
    if !object {
        // Where Go's own data follows the code, what no function covers is no C code.
        let text = if data_in_text(&program) { &[][..] } else { &foreign };
        c = Foreign::read(&program, text, options.symbols, &units, ledger);
    } else if program.table.is_none() {
        of_sections = Foreign::of_sections(image, ledger);
    }
    if !c.is_empty() {
        cuts = c.overlay(
            0..u64::MAX,
            Owner::plain(Kind::Unknown, Source::None),
            cuts,
            |a| a,
        );
    }
    for r in &regions {
        let section = if r.name.is_empty() {
            NONE
        } else {
            ledger.name(r.name)
        };
        ledger.begin_section(section);
        let c = r.section.and_then(|i| of_sections.get(&i)).unwrap_or(&c);
        match r.role {
            Role::Plain(Kind::CCode) if !c.is_empty() => {
                let owner = Owner::plain(Kind::CCode, Source::Container);
                ledger.fill(r.start, r.end, owner, over(c, r, owner, Vec::new()));
            }
            Role::Plain(kind) => ledger.fill(r.start, r.end, Owner::plain(kind, Source::Container), []),
            Role::Gap => match mapped_gap(image, r) {
                Some(addr) => fill_mapped(
                    &Region {
                        addr: Some(addr),
                        ..*r
                    },
                    &cuts,
                    ledger,
                ),
                None => fill_gap(ledger, image.data, r.start, r.end),
            },
            Role::Text => text(&program, &owners, &foreign, c, r, &cuts, ledger),
            Role::Mapped => fill_mapped(r, &cuts, ledger),
            Role::WasmCode => wasm::code(&program, &owners, r, ledger),
            Role::Symbols => symtab::entries(image, Kind::Symtab, r, ledger),
            Role::SymbolNames => symtab::strings(image, Kind::Symtab, r, ledger),
            Role::DynamicSymbols => symtab::entries(image, Kind::Dynamic, r, ledger),
            Role::DynamicNames => symtab::strings(image, Kind::Dynamic, r, ledger),
            Role::Relocations => relocations::fill(&program, r, &cuts, ledger),
            Role::Dwarf => dwarf::section(&program, &units, r, ledger),
        }
    }
    if variables {
        memory::variables(&program, options.symbols, ledger);
    } else {
        memory::sums(image, ledger);
    }
    let warnings = image.all_warnings();
    report.warnings.extend(warnings.iter().map(ToString::to_string));
}

/// The cuts by address that [`measure`] uses for data.
fn cuts_by_address(go: &go::Program<'_>, options: Options, ledger: &mut Ledger) -> Vec<Cut> {
    let regions = regions::regions(go.image());
    let program = Subject::new(go, ledger);
    let owners = code::owners(&program, ledger);
    let foreign = foreign_text(&program, &regions);
    let blob = go.build_info().map(|b| b.blob);
    mapped(&program, &regions, &owners, &foreign, options, blob, ledger)
}

/// The modules of a program, the standard library among them under the Go version.
fn modules(go: &go::Program<'_>) -> Vec<Module> {
    let version = go
        .build_info()
        .map(|b| String::from_utf8_lossy(b.go_version()).into_owned());
    let mut out = go.packages().modules().to_vec();
    out.push(Module::new("std".into(), version.unwrap_or_default()));
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out.dedup_by(|a, b| a.path == b.path);
    out
}

/// Parts of text sections that no Go function covers, as addresses; Plan 9 and XCOFF keep read-only data there.
fn foreign_text(program: &Subject<'_, '_>, regions: &[Region<'_>]) -> Vec<(u64, u64)> {
    let go = program.functions.range();
    let mut out = Vec::new();
    for r in regions.iter().filter(|r| r.role == Role::Text) {
        let Some(addr) = r.addr else { continue };
        let end = addr.saturating_add(r.end - r.start);
        if go.is_empty() || go.end <= addr || go.start >= end {
            out.push((addr, end));
            continue;
        }
        if go.start > addr {
            out.push((addr, go.start));
        }
        if go.end < end {
            out.push((go.end, end));
        }
    }
    out
}

/// Does read-only data follow the code in the text section?
fn data_in_text(program: &Subject<'_, '_>) -> bool {
    matches!(program.image.format, Format::Plan9 | Format::Xcoff)
}

/// The address of a gap that a segment maps all the same: wasm's data segments lie between their headers.
fn mapped_gap(image: &Image<'_>, r: &Region<'_>) -> Option<u64> {
    (image.format == Format::Plan9)
        .then(|| image.offset_to_addr(r.start))
        .flatten()
}

/// Cuts by address over everything that is mapped and is no code.
fn mapped<'a>(
    program: &Subject<'_, 'a>,
    regions: &[Region<'a>],
    owners: &[Owner],
    foreign: &[(u64, u64)],
    options: Options,
    blob: Option<go::buildinfo::Blob<'a>>,
    ledger: &mut Ledger,
) -> Vec<Cut> {
    let image = program.image;
    let mut areas = Vec::new();
    for r in regions {
        if let (Role::Mapped, Some(addr)) = (r.role, r.addr)
            && image.arch != Arch::Wasm
        {
            let writable = match r.section.and_then(|i| image.sections.get(i)) {
                Some(s) => s.perm.write && !relro(s.name),
                None => image.segment_at(addr).is_some_and(|s| s.perm.write),
            };
            areas.push((
                addr,
                r.end - r.start,
                r.start,
                if writable { Kind::Data } else { Kind::Rodata },
            ));
        }
    }
    if data_in_text(program) {
        for (start, end) in foreign {
            if let Some(offset) = image.addr_to_offset(*start) {
                areas.push((*start, end - start, offset, Kind::Rodata));
            }
        }
    }
    if image.arch == Arch::Wasm {
        areas.extend(
            image
                .segments
                .iter()
                .map(|s| (s.addr, s.file_size, s.offset, Kind::Rodata)),
        );
    }
    let mut space = Space::new(areas);
    space.continuous = image.arch == Arch::Wasm;
    let mut known = tables::cuts(program, owners, ledger);
    if let Some(t) = program.table {
        space.claim(t.addr(), t.addr().saturating_add(t.size()));
    }
    if let Some(b) = blob
        && b.addr != 0
    {
        let owner = Owner::plain(Kind::Buildinfo, Source::Container);
        space.start(b.addr, owner);
        space.later(b.addr.saturating_add(b.size));
    }
    data::function_data(program, owners, &mut space);
    if options.symbols {
        data::symbols(program, ledger, &mut space);
    }
    references::code(program, ledger, &mut space);
    if !data_in_text(program) {
        references::foreign(program, foreign, &mut space);
    }
    let pointed = pointers::all(program, &space);
    let mut described = types::Described::default();
    if let Some(d) = types::describe(program, ledger, &mut space) {
        described = d;
        known.append(&mut described.cuts);
        let range = described.range.clone();
        space.claim(range.start, range.end);
        space.later(range.end);
        space.retain(|s| !range.contains(&s.addr));
        space.types = range;
        known.sort_by_key(|c| c.at);
    }
    landmarks::enter(program, &pointed, ledger, &mut space);
    // Go's own sections, where nothing in them says more.
    for r in regions {
        let go = [
            &b".go."[..],
            b".gopclntab",
            b".typelink",
            b".itablink",
            b"__go_",
            b"__gopclntab",
            b"__typelink",
            b"__itablink",
        ];
        if let (Role::Mapped, Some(addr), true) = (r.role, r.addr, go.iter().any(|n| r.name.starts_with(n))) {
            let fips = r.name.ends_with(b"go_fipsinfo") || r.name.ends_with(b"go.fipsinfo");
            let package = if fips {
                ledger.name(b"crypto/internal/fips140/check")
            } else {
                program.runtime
            };
            let kind = if r.name.ends_with(b"link") {
                Kind::Type
            } else {
                Kind::Data
            };
            space.start(addr, Owner::of(kind, Source::Container, package));
        }
    }
    if let Some(t) = program.table {
        space.start(
            t.addr().saturating_add(t.size()),
            Owner::of(Kind::Pclntab, Source::Neighbour, program.runtime),
        );
    }
    let embedded = data::embedded(program, &pointed, ledger);
    let cuts = data::resolve(program, &mut space, &known, &described, &embedded, pointed);
    known.extend(cuts);
    known.sort_by_key(|c| c.at);
    known
}

/// Sections that are writable only until the loader has patched them.
fn relro(name: &[u8]) -> bool {
    name.starts_with(b".data.rel.ro")
        || matches!(name, b"__rodata" | b"__typelink" | b"__itablink" | b"__gopclntab")
}

/// Fills a mapped region from cuts by address.
fn fill_mapped(r: &Region<'_>, cuts: &[Cut], ledger: &mut Ledger) {
    let unknown = Owner::plain(Kind::Unknown, Source::None);
    let Some(addr) = r.addr else {
        ledger.fill(r.start, r.end, unknown, []);
        return;
    };
    let end = addr.saturating_add(r.end - r.start);
    let first = cuts.partition_point(|c| c.at < addr);
    let last = cuts.partition_point(|c| c.at < end);
    let before = first
        .checked_sub(1)
        .and_then(|i| cuts.get(i))
        .map_or(unknown, |c| c.owner);
    let inside = cuts.get(first..last).unwrap_or_default();
    ledger.fill(
        r.start,
        r.end,
        before,
        inside.iter().map(|c| Cut {
            at: r.start + (c.at - addr),
            owner: c.owner,
        }),
    );
}

/// Lays C's functions and variables over the cuts of a region.
fn over(c: &Foreign, r: &Region<'_>, before: Owner, cuts: Vec<Cut>) -> Vec<Cut> {
    match r.addr {
        Some(addr) if !c.is_empty() => {
            let len = r.end - r.start;
            c.overlay(addr..addr.saturating_add(len), before, cuts, |a| {
                r.start + a.saturating_sub(addr).min(len)
            })
        }
        _ => cuts,
    }
}

/// A text region: code, and where the format keeps data behind it, that too.
fn text<'a>(
    program: &Subject<'_, 'a>,
    owners: &[Owner],
    foreign: &[(u64, u64)],
    c: &Foreign,
    r: &Region<'a>,
    cuts: &[Cut],
    ledger: &mut Ledger,
) {
    let (Some(addr), true) = (r.addr, data_in_text(program)) else {
        code::text(program, owners, c, r, ledger);
        return;
    };
    let mut at = r.start;
    for (start, end) in foreign {
        let from = r
            .start
            .saturating_add(start.saturating_sub(addr))
            .clamp(at, r.end);
        let to = r
            .start
            .saturating_add(end.saturating_sub(addr))
            .clamp(from, r.end);
        if *end <= addr || from == to {
            continue;
        }
        code::text(
            program,
            owners,
            c,
            &Region {
                start: at,
                end: from,
                addr: Some(addr + (at - r.start)),
                ..*r
            },
            ledger,
        );
        fill_mapped(
            &Region {
                start: from,
                end: to,
                addr: Some(*start),
                ..*r
            },
            cuts,
            ledger,
        );
        at = to;
    }
    code::text(
        program,
        owners,
        c,
        &Region {
            start: at,
            addr: Some(addr + (at - r.start)),
            ..*r
        },
        ledger,
    );
}
