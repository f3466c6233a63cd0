//! The pclntab's tables by function, as cuts by address.
//!
//! Authority: cmd/link/internal/ld/pcln.go of Go 1.16 to 1.27. The linker writes tables of pcs, and names, in
//! the order of the functions that use them first, so a table that lies behind all earlier ones belongs to
//! the function at hand; one used before stays with its first user.

use super::ledger::{Cut, Owner};
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::subject::Subject;
use crate::go::packages;
use crate::go::pclntab::{Layout, Part, Table};

/// Cuts over the whole pclntab, sorted by address; `Cut::at` is a virtual address.
pub(super) fn cuts<'a>(program: &Subject<'_, 'a>, owners: &[Owner], names: &mut Names) -> Vec<Cut> {
    let Some(table) = program.table else {
        return Vec::new();
    };
    let mut out = Sorted::default();
    for part in table.parts() {
        let base = table.addr().saturating_add(part.offset);
        let whole = |source| Owner::of(Kind::Pclntab, source, program.runtime);
        match part.name {
            "funcnametab" => function_names(program, table, &part, base, names, &mut out),
            "cutab" => unit_files(program, table, base, &mut out),
            "filetab" => file_names(program, table, &part, base, &mut out),
            "pctab" => pc_tables(program, table, owners, base, &mut out),
            "functab" => functab(program, table, owners, base, &part, &mut out),
            "funcs" => records(table, owners, &mut out),
            "rest" => old(program, table, owners, base, &mut out),
            _ => out.push(base, whole(Source::Container)),
        }
    }
    out.cuts
}

/// Cuts in ascending order; those of one owner in a row are one.
#[derive(Default)]
struct Sorted {
    cuts: Vec<Cut>,
    at: u64,
}

impl Sorted {
    fn push(&mut self, at: u64, owner: Owner) {
        if at < self.at && !self.cuts.is_empty() {
            return;
        }
        self.at = at;
        match self.cuts.last_mut() {
            Some(c) if c.owner == owner => {}
            Some(c) if c.at == at => c.owner = owner,
            _ => self.cuts.push(Cut { at, owner }),
        }
    }
}

fn of_function(owners: &[Owner], i: usize, source: Source) -> Owner {
    let o = owners
        .get(i)
        .copied()
        .unwrap_or(Owner::plain(Kind::Pclntab, source));
    Owner {
        kind: Kind::Pclntab,
        source,
        ..o
    }
}

/// A name tells its package itself.
fn function_names<'a>(
    program: &Subject<'_, 'a>,
    table: &Table<'a>,
    part: &Part,
    base: u64,
    names: &mut Names,
    out: &mut Sorted,
) {
    let bytes = table.part_bytes(part);
    let mut owner = Owner::of(Kind::Pclntab, Source::FunctionNames, program.runtime);
    let (mut at, mut path): (usize, &[u8]) = (0, &[]);
    for end in memchr::memchr_iter(0, bytes) {
        let name = bytes.get(at..end).unwrap_or_default();
        let same = !path.is_empty()
            && name
                .strip_prefix(path)
                .is_some_and(|r: &[u8]| r.first() == Some(&b'.') && !r.contains(&b'/'));
        if !same && let Some(p) = packages::path_of(name) {
            owner.package = names.name(packages::unescape(p).as_bytes());
            path = p;
        }
        out.push(base + at as u64, owner);
        at = end + 1;
    }
}

/// The first function of each compile unit gives the unit's package.
fn units(program: &Subject<'_, '_>, table: &Table<'_>) -> Vec<(u32, NameId)> {
    let mut all: Vec<(u32, NameId)> = Vec::new();
    let mut last = None;
    for (f, p) in table.functions().zip(&program.functions.packages) {
        let cu = f.cu_offset();
        if cu != u32::MAX && last != Some(cu) {
            all.push((cu, *p));
            last = Some(cu);
        }
    }
    all.sort_by_key(|u| u.0);
    all.dedup_by_key(|u| u.0);
    all
}

fn unit_files(program: &Subject<'_, '_>, table: &Table<'_>, base: u64, out: &mut Sorted) {
    out.push(base, Owner::of(Kind::Pclntab, Source::FileNames, program.runtime));
    for (cu, package) in units(program, table) {
        out.push(
            base + 4 * u64::from(cu),
            Owner::of(Kind::Pclntab, Source::FileNames, package),
        );
    }
}

/// A file's name belongs to the first compile unit that lists it.
fn file_names(program: &Subject<'_, '_>, table: &Table<'_>, part: &Part, base: u64, out: &mut Sorted) {
    out.push(base, Owner::of(Kind::Pclntab, Source::FileNames, program.runtime));
    let parts = table.parts();
    let Some(cutab) = parts.iter().find(|p| p.name == "cutab") else {
        return;
    };
    let bytes = table.part_bytes(cutab);
    let mut units = units(program, table).into_iter().peekable();
    let mut package = NONE;
    let mut first: Vec<(u32, NameId)> = Vec::new();
    for (i, entry) in bytes.chunks_exact(4).enumerate() {
        while units.peek().is_some_and(|u| u.0 as usize <= i) {
            package = units.next().map_or(NONE, |u| u.1);
        }
        if let Some(at) = table.endian().u32(entry, 0).filter(|o| u64::from(*o) < part.size) {
            first.push((at, package));
        }
    }
    first.sort_by_key(|f| f.0);
    first.dedup_by_key(|f| f.0);
    for (at, package) in first {
        out.push(
            base + u64::from(at),
            Owner::of(Kind::Pclntab, Source::FileNames, package),
        );
    }
}

fn pc_tables(program: &Subject<'_, '_>, table: &Table<'_>, owners: &[Owner], base: u64, out: &mut Sorted) {
    out.push(base, Owner::of(Kind::Pclntab, Source::PcTables, program.runtime));
    let mut highest = 0u32;
    for (i, f) in table.functions().enumerate() {
        let start = highest;
        let mut lowest = u32::MAX;
        let fixed = [f.pcsp(), f.pcfile(), f.pcln()];
        for offset in fixed.into_iter().chain(f.pcdata()) {
            if offset > start {
                lowest = lowest.min(offset);
                highest = highest.max(offset);
            }
        }
        if lowest != u32::MAX {
            out.push(base + u64::from(lowest), of_function(owners, i, Source::PcTables));
        }
    }
}

fn functab(
    program: &Subject<'_, '_>,
    table: &Table<'_>,
    owners: &[Owner],
    base: u64,
    part: &Part,
    out: &mut Sorted,
) {
    let n = table.len() as u64;
    let entry = part.size / (2 * n + 1).max(1) * 2;
    for i in 0..table.len() {
        out.push(
            base + entry * i as u64,
            of_function(owners, i, Source::FunctionRecords),
        );
    }
    out.push(
        base + entry * n,
        Owner::of(Kind::Pclntab, Source::FunctionRecords, program.runtime),
    );
}

fn records(table: &Table<'_>, owners: &[Owner], out: &mut Sorted) {
    for (i, f) in table.functions().enumerate() {
        let at = table.addr().saturating_add(f.record().start);
        out.push(at, of_function(owners, i, Source::FunctionRecords));
    }
}

/// Go 1.15 and earlier: records, names and tables of a function lie together.
fn old(program: &Subject<'_, '_>, table: &Table<'_>, owners: &[Owner], base: u64, out: &mut Sorted) {
    out.push(
        base,
        Owner::of(Kind::Pclntab, Source::FunctionRecords, program.runtime),
    );
    if table.layout() == Layout::Go12 {
        records(table, owners, out);
    }
}
