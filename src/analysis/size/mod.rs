//! A file → every byte of it with exactly one owner: kind, section, package, module, symbol, and how that is
//! known.
//!
//! The file is cut into disjoint regions (`regions`); each is filled by cuts (`ledger`), so rows add up to
//! the file whatever the structures in it say. Code and function tables come from the pclntab, types from
//! their walk, so a stripped file and its twin get the same; data comes from symbols where there are any,
//! else from who refers to it (`data`).

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
mod names;
mod passes;
pub(super) mod pointers;
mod references;
mod regions;
mod relocations;
mod resolve;
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
pub use view::{By, Group, Wanted, group, group_memory, matches, matches_memory, parts, select};

use crate::error::Result;
use crate::go;
use crate::go::packages::{Module, Packages};
use crate::image::{self, Image, Sniffed};
use crate::input::Bytes;
use foreign::Foreign;
use ledger::{Cut, Ledger, Owner};
use names::{NONE, Names};
use passes::data_in_text;
use regions::{Region, Role};
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

/// Attributes every byte of a file: an image of any format, all slices of a fat Mach-O, all members of an
/// archive.
///
/// # Errors
/// Where the file is of no known format.
pub fn measure(file: &Bytes, options: Options) -> Result<Report> {
    measured(file, options, false)
}

/// As [`measure`], with the memory that has no bytes in the file by package and variable too, rather than by
/// section.
///
/// # Errors
/// Where the file is of no known format.
pub fn measure_with_memory(file: &Bytes, options: Options) -> Result<Report> {
    measured(file, options, true)
}

fn measured(file: &Bytes, options: Options, variables: bool) -> Result<Report> {
    let mut work = Measure {
        options,
        variables,
        names: Names::new(options.detail),
        ledger: Ledger::new(),
        report: Report {
            file_size: file.len() as u64,
            ..Report::default()
        },
        packages: Packages::default(),
    };
    match image::sniff(file) {
        Some(Sniffed::Fat) => work.fat(file)?,
        Some(Sniffed::Archive) => work.archive(file)?,
        _ => work.image(&go::Program::open(file)?),
    }
    let packages = &work.packages;
    let module = |package: &str| packages.module_label(package).map(std::borrow::Cow::into_owned);
    let mut report = work.report;
    (report.rows, report.memory) = work.ledger.finish(&work.names, module);
    Ok(report)
}

/// A file under measurement.
struct Measure {
    options: Options,
    /// Is memory without bytes in the file wanted by variables?
    variables: bool,
    names: Names,
    ledger: Ledger,
    report: Report,
    packages: Packages,
}

impl Measure {
    fn fat(&mut self, file: &Bytes) -> Result<()> {
        let mut slices = image::macho::slices(file)?;
        slices.sort_by_key(|s| s.offset);
        let count = slices.len() as u64;
        let wide = file.get(3) == Some(&0xbf);
        let mut at = 8 + count * if wide { 32 } else { 20 };
        self.header(at.min(file.len() as u64));
        for s in slices {
            let start = s.offset.max(at);
            self.gap(file, at, start);
            let len = (s.offset + s.data.len() as u64).saturating_sub(start);
            let data = image::clip(file, start, len);
            at = start + data.len() as u64;
            self.part(file, data, s.arch.goarch().as_bytes());
        }
        self.gap(file, at, file.len() as u64);
        Ok(())
    }

    fn archive(&mut self, file: &Bytes) -> Result<()> {
        let mut at = 0;
        for m in image::archive::members(file)? {
            if m.data.is_empty() || m.offset < at {
                continue;
            }
            self.header(m.offset - at);
            at = m.offset + m.data.len() as u64;
            self.part(file, m.data, m.name);
        }
        self.header((file.len() as u64).saturating_sub(at));
        Ok(())
    }

    fn header(&mut self, bytes: u64) {
        self.ledger
            .add(Owner::plain(Kind::Header, Source::Container), bytes);
    }

    /// A slice or member: an image where it is one, else bytes of which nothing is known.
    fn part<'a>(&mut self, file: &'a Bytes, data: &'a [u8], name: &[u8]) {
        self.ledger.begin_slice(self.names.name(name));
        match Image::parse(data) {
            Ok(image) => self.image(&go::Program::new(file, image)),
            Err(_) => self.gap(data, 0, data.len() as u64),
        }
        self.ledger.begin_slice(NONE);
        self.ledger.begin_section(NONE);
    }

    fn gap(&mut self, bytes: &[u8], start: u64, end: u64) {
        if start >= end {
            return;
        }
        let (padding, unknown) = regions::gap_bytes(image::clip(bytes, start, end - start));
        self.ledger
            .add(Owner::plain(Kind::Padding, Source::Container), padding);
        self.ledger
            .add(Owner::plain(Kind::Unknown, Source::None), unknown);
    }

    /// The version and the modules, of the first part that is a Go program, and what could not be read.
    fn facts(&mut self, go: &go::Program<'_>) {
        let blob = go.build_info();
        let report = &mut self.report;
        if report.go_version.is_none() && (blob.is_some() || go.pclntab().is_ok()) {
            report.go_version = blob.map(|b| String::from_utf8_lossy(b.go_version()).into_owned());
            self.packages = go.packages().clone();
            report.modules = modules(go);
        }
        if blob.is_some()
            && let Err(e) = go.pclntab().and_then(|_| go.moduledata())
        {
            report.warnings.push(e.to_string());
        }
    }

    fn image(&mut self, go: &go::Program<'_>) {
        let image = go.image();
        self.facts(go);
        let regions = regions::regions(image);
        let names = &mut self.names;
        let program = Subject::new(go, names);
        let owners = code::owners(&program, names);
        let text = passes::foreign_text(&program, &regions);
        let symbols = self.options.symbols;
        // The two that take longest, and know nothing of each other.
        let (units, mut cuts) = rayon::join(
            || dwarf::Units::find(image),
            || passes::mapped(&program, &regions, &owners, &text, symbols, names),
        );
        let units = dwarf::Units::new(image, units, names, &mut self.report.warnings);
        let object = matches!(&image.detail, image::Detail::Elf(e) if e.kind == image::elf::ET_REL);
        let mut of_sections = Default::default();
        let mut c = Foreign::default();
        if !object {
            // Where Go's own data follows the code, what no function covers is no C code.
            let text = if data_in_text(&program) { &[][..] } else { &text };
            c = Foreign::read(&program, text, symbols, &units, names);
        } else if program.table.is_none() {
            of_sections = Foreign::of_sections(image, names);
        }
        if !c.is_empty() {
            let unknown = Owner::plain(Kind::Unknown, Source::None);
            cuts = c.overlay(0..u64::MAX, unknown, cuts, |a| a);
        }
        let parts = Parts {
            program: &program,
            owners: &owners,
            foreign: &text,
            units: &units,
            cuts: &cuts,
        };
        for r in &regions {
            let section = if r.name.is_empty() {
                NONE
            } else {
                self.names.name(r.name)
            };
            self.ledger.begin_section(section);
            let c = r.section.and_then(|i| of_sections.get(&i)).unwrap_or(&c);
            self.region(&parts, c, r);
        }
        if self.variables {
            memory::variables(&program, symbols, &mut self.names, &mut self.ledger);
        } else {
            memory::sums(image, &mut self.names, &mut self.ledger);
        }
        let warnings = image.all_warnings();
        self.report
            .warnings
            .extend(warnings.iter().map(ToString::to_string));
    }

    fn region<'a>(&mut self, parts: &Parts<'_, '_, 'a>, c: &Foreign, r: &Region<'a>) {
        let Parts {
            program,
            owners,
            units,
            cuts,
            ..
        } = *parts;
        let image = program.image;
        let (names, ledger) = (&mut self.names, &mut self.ledger);
        match r.role {
            Role::Plain(Kind::CCode) if !c.is_empty() => {
                let owner = Owner::plain(Kind::CCode, Source::Container);
                ledger.fill(r.start, r.end, owner, over(c, r, owner, Vec::new()));
            }
            Role::Plain(kind) => ledger.fill(r.start, r.end, Owner::plain(kind, Source::Container), []),
            Role::Gap => match mapped_gap(image, r) {
                Some(addr) => {
                    let addr = Some(addr);
                    fill_mapped(&Region { addr, ..*r }, cuts, ledger);
                }
                None => self.gap(image.data, r.start, r.end),
            },
            Role::Text => text(parts, c, r, ledger),
            Role::Mapped => fill_mapped(r, cuts, ledger),
            Role::WasmCode => wasm::code(program, owners, r, ledger),
            Role::Symbols => symtab::entries(image, Kind::Symtab, r, names, ledger),
            Role::SymbolNames => symtab::strings(image, Kind::Symtab, r, names, ledger),
            Role::DynamicSymbols => symtab::entries(image, Kind::Dynamic, r, names, ledger),
            Role::DynamicNames => symtab::strings(image, Kind::Dynamic, r, names, ledger),
            Role::Relocations => relocations::fill(program, r, cuts, ledger),
            Role::Dwarf => dwarf::section(program, units, r, ledger),
        }
    }
}

/// What the regions of an image are filled from.
struct Parts<'w, 'p, 'a> {
    program: &'w Subject<'p, 'a>,
    /// Owners of functions by index.
    owners: &'w [Owner],
    /// Addresses of text that is not Go's.
    foreign: &'w [(u64, u64)],
    units: &'w dwarf::Units,
    cuts: &'w [Cut],
}

/// The cuts by address that [`measure`] uses for data, without symbols.
fn cuts_by_address(go: &go::Program<'_>, names: &mut Names) -> Vec<Cut> {
    let regions = regions::regions(go.image());
    let program = Subject::new(go, names);
    let owners = code::owners(&program, names);
    let text = passes::foreign_text(&program, &regions);
    passes::mapped(&program, &regions, &owners, &text, false, names)
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

/// The address of a gap that a segment maps all the same: wasm's data segments lie between their headers.
fn mapped_gap(image: &Image<'_>, r: &Region<'_>) -> Option<u64> {
    (image.format == image::Format::Plan9)
        .then(|| image.offset_to_addr(r.start))
        .flatten()
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
fn text<'a>(parts: &Parts<'_, '_, 'a>, c: &Foreign, r: &Region<'a>, ledger: &mut Ledger) {
    let Parts {
        program,
        owners,
        foreign,
        cuts,
        ..
    } = *parts;
    let (Some(addr), true) = (r.addr, data_in_text(program)) else {
        code::text(program, owners, c, r, ledger);
        return;
    };
    let place = |address: u64| r.start.saturating_add(address.saturating_sub(addr));
    let piece = |start: u64, end: u64| Region {
        start,
        end,
        addr: Some(addr + (start - r.start)),
        ..*r
    };
    let mut at = r.start;
    for (start, end) in foreign {
        let from = place(*start).clamp(at, r.end);
        let to = place(*end).clamp(from, r.end);
        if *end <= addr || from == to {
            continue;
        }
        code::text(program, owners, c, &piece(at, from), ledger);
        fill_mapped(&piece(from, to), cuts, ledger);
        at = to;
    }
    code::text(program, owners, c, &piece(at, r.end), ledger);
}
