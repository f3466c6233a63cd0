//! Image → [`Table`]: where it is, where the text it counts from is, where its funcdata is.

use super::function::FUNCDATA_INL_TREE;
use super::{Found, FuncData, Header, Layout, PcRange, Table};
use crate::error::{Error, Result};
use crate::go::memory::Memory;
use crate::go::moduledata::{ModuleData, pointing_at};
use crate::image::{Format, Image};

/// The sections made for it: ELF, ELF of a position-independent program, Mach-O.
const SECTIONS: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];

pub(super) fn find<'a>(memory: &Memory<'_, 'a>) -> Result<Table<'a>> {
    let table = by_section(memory.image())
        .or_else(|| by_symbols(memory))
        .or_else(|| by_scan(memory));
    let mut table = table.ok_or_else(|| Error::new("no pclntab found: not a Go program, or packed"))?;
    complete(memory, &mut table);
    bound_names(memory.image(), &mut table);
    Ok(table)
}

/// Plausible headers that are looked into, of each magic number: each costs a look through the file, and a
/// real program has one or two.
const CANDIDATES: u32 = 32;

/// Where functions share a long name, those behind a certain one have none.
fn bound_names(image: &Image<'_>, table: &mut Table<'_>) {
    let mut share = image.budget().share("pclntab function names");
    // Nearly all tables pass this: no name is so long that it would matter, whoever shares it.
    let names = table.name_tables()[0];
    let mut last = 0;
    let ends = memchr::memchr_iter(0, names).chain([names.len()]);
    let longest = ends.map(|end| end - std::mem::replace(&mut last, end)).max();
    if share.has(longest.unwrap_or(0).saturating_mul(table.len())) {
        return;
    }
    let within = table
        .functions()
        .take_while(|f| share.take(f.name().len()))
        .count();
    table.named = within;
}

/// A table at the start of `bytes`, if there is one whose functions are in order.
fn table_at<'a>(
    image: &Image<'a>,
    bytes: &'a [u8],
    addr: u64,
    offset: Option<u64>,
    found: Found,
) -> Option<Table<'a>> {
    let expect = (image.endian, image.ptr_size, image.arch.quantum());
    let header = Header::parse(bytes, expect)?;
    let mut table = Table {
        bytes,
        header,
        addr,
        offset,
        found,
        text: 0,
        text_shift: 0,
        text_sections: Vec::new(),
        funcdata: FuncData::default(),
        moduledata: None,
        warnings: Vec::new(),
        named: usize::MAX,
    };
    if table.magic() != table.layout().magic() {
        settle_layout(&mut table);
    }
    cut_to_order(&mut table).then_some(table)
}

/// Under a foreign magic number Go 1.18's records are told from later ones by whether each starts where the
/// one before ends.
fn settle_layout(table: &mut Table<'_>) {
    if table.layout() < Layout::Go118 {
        return;
    }
    let mut touching = |layout| {
        table.header.layout = layout;
        let functions = table.functions().zip(table.functions().skip(1)).take(256);
        functions
            .filter(|(a, b)| a.record().end.next_multiple_of(8) == b.record().start.next_multiple_of(8))
            .count()
    };
    let (old, new) = (touching(Layout::Go118), touching(Layout::Go120));
    if old > new {
        table.header.layout = Layout::Go118;
    }
}

/// Keeps the functions up to the first that is out of order; `false` where none is left.
fn cut_to_order(table: &mut Table<'_>) -> bool {
    let mut last = 0;
    let good = (0..table.len() + 1)
        .take_while(|i| match table.entry(*i) {
            Some(pc) if pc >= last => {
                last = pc;
                true
            }
            _ => false,
        })
        .count();
    if good < table.len() + 1 {
        table.warnings.push(Error::within(
            "pclntab",
            format!("functions out of order after {good} of {}", table.len()),
        ));
        table.header.functions = good.saturating_sub(1);
    }
    !table.is_empty()
}

fn by_section<'a>(image: &Image<'a>) -> Option<Table<'a>> {
    let sections = SECTIONS.iter().filter_map(|name| image.section(name));
    sections.into_iter().find_map(|s| {
        let bytes = image.section_bytes(s);
        table_at(image, bytes, s.addr, Some(s.offset), Found::Section)
    })
}

fn at_addr<'a>(memory: &Memory<'_, 'a>, addr: u64, found: Found) -> Option<Table<'a>> {
    let bytes = memory.bytes_from(addr)?;
    table_at(memory.image(), bytes, addr, memory.offset(addr), found)
}

fn by_symbols<'a>(memory: &Memory<'_, 'a>) -> Option<Table<'a>> {
    let symbols = memory.image().symbols().ok()?;
    let start = symbols
        .iter()
        .find(|s| s.name == b"runtime.pclntab" && s.addr != 0)?;
    at_addr(memory, start.addr, Found::Symbols)
}

/// Looks for the eight first bytes under each known magic number, then for the four that no obfuscator can
/// change. Of several tables (a program may carry another one as data) the one that a moduledata points at
/// wins.
fn by_scan<'a>(memory: &Memory<'_, 'a>) -> Option<Table<'a>> {
    let image = memory.image();
    let tail = [0, 0, image.arch.quantum(), image.ptr_size];
    let known = [Layout::Go120, Layout::Go118, Layout::Go116, Layout::Go12].map(|l| {
        let magic = match image.endian {
            crate::image::Endian::Little => l.magic().to_le_bytes(),
            crate::image::Endian::Big => l.magic().to_be_bytes(),
        };
        [magic, tail].concat()
    });
    let any = [tail.to_vec()];
    let mut best: Option<Table<'a>> = None;
    for patterns in [&known[..], &any[..]] {
        for pattern in patterns {
            let finder = memchr::memmem::Finder::new(pattern);
            let mut candidates = CANDIDATES;
            for s in memory.stretches() {
                for at in finder.find_iter(s.bytes) {
                    let Some(at) = (at + pattern.len()).checked_sub(8) else {
                        continue;
                    };
                    let addr = s.addr.wrapping_add(at as u64);
                    let aligned = addr.is_multiple_of(u64::from(image.ptr_size));
                    // The header alone first: it refuses nearly every chance hit without a copy.
                    let expect = (image.endian, image.ptr_size, image.arch.quantum());
                    let header = s
                        .bytes
                        .get(at..)
                        .filter(|_| aligned)
                        .and_then(|b| Header::parse(b, expect));
                    let Some(header) = header.filter(|_| candidates > 0) else {
                        continue;
                    };
                    candidates -= 1;
                    let Some(table) = at_addr(memory, addr, Found::Scan) else {
                        continue;
                    };
                    if pointing_at(memory, addr, addr.wrapping_add(header.names as u64)).is_some() {
                        return Some(table);
                    }
                    if best.as_ref().is_none_or(|b| b.len() < table.len()) {
                        best = Some(table);
                    }
                }
            }
        }
        if best.is_some() {
            return best;
        }
    }
    None
}

/// Fills in what the table itself does not say: where the text starts and where funcdata is.
fn complete<'a>(memory: &Memory<'_, 'a>, table: &mut Table<'a>) {
    if table.layout() == Layout::Go12 {
        return;
    }
    let names = table.addr.wrapping_add(table.header.names as u64);
    let module = pointing_at(memory, table.addr, names).and_then(|a| ModuleData::at(memory, a));
    let first = table.entry(0).unwrap_or(0);
    match &module {
        Some(m) => {
            table.moduledata = Some(m.addr);
            // `minpc` is the first function's entry: where `text` itself moved, it still says where the text
            // starts.
            table.text = m.text.start;
            if memory.image().format == Format::Wasm && m.text.start.wrapping_add(first) << 16 == m.pcs.start
            {
                table.text_shift = 16;
            } else if table.layout() >= Layout::Go118 && m.text.start.wrapping_add(first) != m.pcs.start {
                table.warnings.push(Error::within(
                    "pclntab",
                    "the moduledata has another first function",
                ));
            }
            if m.text_sections.len() > 1 {
                let runs = m.text_sections.iter().map(|t| (t.start, t.end, t.addr));
                table.text_sections = runs.collect();
            }
        }
        None => table.text = text_without_moduledata(memory, table),
    }
    if table.layout() >= Layout::Go118 {
        let base = module.and_then(|m| m.gofunc);
        let bytes = base.and_then(|a| memory.bytes_from(a));
        table.funcdata = FuncData {
            base,
            bytes: bytes.unwrap_or_default(),
            trees: Vec::new(),
        };
    } else {
        table.funcdata.trees = old_trees(memory, table);
    }
}

/// The text's start from the header (Go 1.18 to 1.25), a symbol, or a section's start.
fn text_without_moduledata(memory: &Memory<'_, '_>, table: &Table<'_>) -> u64 {
    let image = memory.image();
    let word = table.header.text_word;
    let in_header = word.and_then(|w| memory.pointer(table.addr.checked_add(w as u64)?));
    let symbol = || {
        let all = image.symbols().ok()?;
        all.iter().find(|s| s.name == b"runtime.text").map(|s| s.addr)
    };
    let section = || [".text", "__text", "text"].iter().find_map(|n| image.section(n));
    in_header
        .filter(|a| *a != 0)
        .or_else(symbol)
        .or_else(|| section().map(|s| s.addr))
        .unwrap_or(0)
}

/// Go 1.16 and 1.17: the inline trees that the records' pointers lead to.
fn old_trees<'a>(memory: &Memory<'_, 'a>, table: &Table<'a>) -> Vec<(u32, u64, &'a [u8])> {
    let mut out = Vec::new();
    let mut share = memory.image().budget().share("inline trees");
    for f in table.functions() {
        let slot = f.funcdata_slot(FUNCDATA_INL_TREE);
        let Some(addr) = slot.and_then(|s| memory.pointer(s)).filter(|a| *a != 0) else {
            continue;
        };
        let runs = f.inline_indices().take_while(|_| share.take(PcRange::BYTES));
        let highest = runs.map(|r| r.value).max().unwrap_or(-1);
        let size = u64::try_from(highest.saturating_add(1)).unwrap_or(0) * 20;
        let Some(tree) = memory.bytes(addr, size) else {
            continue;
        };
        if share.is_empty() {
            break;
        }
        out.push((f.index() as u32, addr, tree));
    }
    out
}
