//! Data whose owner is read, not inferred.
//!
//! What Go's own structures describe: function data, the finder of functions, the moduledata, embedded files;
//! and variables by their symbols, where there are any and they may be used.

use super::ledger::Owner;
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::pointers::Pointed;
use super::space::{Space, unowned};
use super::subject::Subject;
use crate::go::embeds;
use crate::go::packages;
use crate::image::{Format, Place};

/// An embedded file: its bytes, its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Embedded {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) name: NameId,
}

/// Function data (stack maps, argument maps, inline trees) by the first function that uses it.
pub(super) fn function_data(program: &Subject<'_, '_>, owners: &[Owner], space: &mut Space) {
    let Some(table) = program.table else { return };
    let mut range = (u64::MAX, 0);
    // Of what lies last, the function and the kind.
    let mut last = None;
    for (i, f) in table.functions().enumerate() {
        let o = owners.get(i).copied().unwrap_or(unowned());
        let owner = Owner {
            kind: Kind::Pclntab,
            source: Source::FunctionData,
            ..o
        };
        for (kind, addr) in f.funcdata().enumerate() {
            let Some(addr) = addr else { continue };
            space.start(addr, owner);
            if addr > range.1 {
                last = Some((f, kind as u32));
            }
            range = (range.0.min(addr), range.1.max(addr));
        }
    }
    // The linker puts the largest behind all others, so where it ends matters.
    let size = last.and_then(|(f, kind)| f.funcdata_size(kind)).unwrap_or(1);
    let end = range
        .1
        .saturating_add(size.clamp(1, program.image.data.len() as u64));
    // Function data is found through its functions only; whatever else seems to point into it does not.
    if table.layout() >= crate::go::pclntab::Layout::Go118 {
        space.map.function_data = range.0..end;
        space.claim(range.0, end);
        space.later(end);
    }
    let Some(m) = program.module else { return };
    // One bucket for each 4096 bytes of text.
    let text = program.functions.range();
    let finder = program.finder();
    let mut last = NONE;
    for (at, pc) in finder.clone().step_by(20).zip(text.step_by(4096)) {
        let package = program.functions.package_at(pc);
        if at == finder.start || package != last {
            let owner = Owner::of(Kind::Pclntab, Source::FunctionRecords, package);
            space.start(at, owner);
            last = package;
        }
    }
    space.later(finder.end);
    let runtime = |kind| Owner::of(kind, Source::Container, program.runtime);
    space.start(m.addr, runtime(Kind::Data));
    space.later(m.addr.saturating_add(m.size));
    // What a package runs before main (Go 1.21 and later): a state, a count, and the functions.
    let word = u64::from(program.image.ptr_size);
    for i in 0..m.inittasks.len.min(program.image.data.len() as u64 / word.max(1)) {
        let memory = &program.memory;
        let task = memory.pointer(m.inittasks.addr.saturating_add(i * word));
        let package = task.and_then(|t| program.functions.starting_at(memory.pointer(t.checked_add(8)?)?));
        if let (Some(task), Some(package)) = (task, package) {
            space.start(task, Owner::of(Kind::Data, Source::Container, package));
        }
    }
    // The bitmaps of pointers in data and bss serve the garbage collector.
    for addr in [m.gcdata, m.gcbss] {
        space.start(addr, runtime(Kind::Rodata));
    }
}

/// Variables by their symbols. Only names that tell a package give an owner; the others are boundaries at
/// least.
pub(super) fn symbols<'a>(program: &Subject<'_, 'a>, names: &mut Names, space: &mut Space) {
    let image = program.image;
    let sized = image.format == Format::Elf;
    let mut boundaries = Vec::new();
    for s in image.symbols().unwrap_or_default() {
        if !matches!(s.place, Place::Section(_)) || sized && s.size == 0 {
            continue;
        }
        // Section and file symbols name no variable.
        if sized && s.kind & 0xf > 2 || s.addr == 0 || s.name.is_empty() {
            continue;
        }
        let name = image.format.source_name(s.name);
        // Types are walked, with and without symbols.
        if name.starts_with(b"type:") || name.starts_with(b"type.") {
            continue;
        }
        // The linker's marks and the groups it puts many symbols under.
        if name.starts_with(b"runtime.") && !sized && is_mark(name) || name.ends_with(b".*") {
            continue;
        }
        if let Some(p) = packages::of_name(name) {
            let mut owner = Owner::of(Kind::Unknown, Source::Symbols, names.name(p.as_bytes()));
            if name.starts_with(b"go:itab.") || name.starts_with(b"go.itab.") {
                owner.kind = Kind::Itab;
            }
            owner.symbol = names.symbol(name);
            space.start(s.addr, owner);
            // A variable's own extent beats whatever seems to start in it.
            if sized && !is_mark(name) {
                space.whole.push((s.addr, s.addr.saturating_add(s.size)));
            }
        } else {
            boundaries.push(s.addr);
        }
        if sized {
            boundaries.push(s.addr.saturating_add(s.size));
        }
    }
    // Behind all owners, so that a variable that starts where another ends has its owner.
    for b in boundaries {
        space.later(b);
    }
}

/// Is it one of the names by which the linker marks the parts of a program?
pub(super) fn is_mark(name: &[u8]) -> bool {
    const MARKS: [&[u8]; 30] = [
        b"text",
        b"etext",
        b"rodata",
        b"erodata",
        b"types",
        b"etypes",
        b"noptrdata",
        b"enoptrdata",
        b"data",
        b"edata",
        b"bss",
        b"ebss",
        b"noptrbss",
        b"enoptrbss",
        b"end",
        b"pclntab",
        b"epclntab",
        b"gcdata",
        b"gcbss",
        b"egcdata",
        b"egcbss",
        b"symtab",
        b"esymtab",
        b"itablink",
        b"eitablink",
        b"typelink",
        b"covctrs",
        b"ecovctrs",
        b"funcnametab",
        b"findfunctab",
    ];
    name.strip_prefix(b"runtime.").is_some_and(|n| MARKS.contains(&n))
}

/// Files of every `embed.FS`: a pointer right behind its own slice header leads to a table of them.
pub(super) fn embedded(program: &Subject<'_, '_>, pointed: &[Pointed], names: &mut Names) -> Vec<Embedded> {
    let header = 3 * program.memory.ptr_size();
    let mut out = Vec::new();
    let behind = pointed.iter().filter(|p| p.to == p.from.wrapping_add(header));
    for f in embeds::in_tables(&program.memory, behind.map(|p| p.from).collect()) {
        if !f.data.is_empty() {
            out.push(Embedded {
                start: f.addr,
                end: f.addr.saturating_add(f.data.len() as u64),
                name: names.symbol(f.path.unwrap_or_default()),
            });
        }
    }
    out.sort_by_key(|e| e.start);
    let mut end = 0;
    out.retain(|e| {
        let keep = e.start >= end;
        if keep {
            end = e.end;
        }
        keep
    });
    out
}
