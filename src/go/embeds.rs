//! Embedded files: the tables behind `embed.FS` variables, and long strings and byte slices that variables
//! hold.
//!
//! Authority: cmd/compile/internal/staticdata/embed.go (`WriteEmbed`) and embed/embed.go of Go 1.16 to 1.27.
//! A table begins with a slice header that points right behind itself, which nothing else in a program does;
//! each file is {name, contents, 16 bytes of hash}. An embedded string or byte slice is an ordinary variable:
//! what is found of them is marked as not certain.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::memory::Memory;
use super::moduledata::ModuleData;
use crate::image::Image;
use crate::image::budget::Share;
use crate::image::extent::align_up;

/// What holds the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A file of an `embed.FS`.
    Fs,
    /// A variable of type string.
    String,
    /// A variable of type `[]byte`.
    Bytes,
}

impl Holder {
    /// The word in reports: fs, string, bytes.
    pub fn word(self) -> &'static str {
        match self {
            Holder::Fs => "fs",
            Holder::String => "string",
            Holder::Bytes => "bytes",
        }
    }
}

/// A file, or what may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed<'a> {
    /// What holds it.
    pub holder: Holder,
    /// Path within the `embed.FS`; a folder's ends with `/`. `None` for variables.
    pub path: Option<&'a [u8]>,
    /// The variable, where the symbol table names it.
    pub variable: Option<Cow<'a, str>>,
    /// Virtual address of the contents; 0 for a folder.
    pub addr: u64,
    /// The contents.
    pub data: &'a [u8],
    /// The hash that Go stores with the file (SHA-256, changed in its first byte or its start, and cut to 16
    /// bytes).
    pub hash: Option<[u8; 16]>,
    /// Address of the table or of the variable.
    pub table: u64,
    /// Bytes of the record in the table, of the header of a variable.
    pub record_size: u64,
    /// Is it surely embedded? A variable may as well hold a literal.
    pub exact: bool,
}

impl Embed<'_> {
    /// Is it a folder?
    pub fn is_folder(&self) -> bool {
        self.path.is_some_and(|p| p.ends_with(b"/"))
    }
}

/// Shorter strings are not worth a guess.
const GUESS_FROM: u64 = 1024;
const PATH_LIMIT: u64 = 4096;
/// What keeping one takes beside its path, in bytes; about.
const ENTRY: usize = 160;

/// The files of every `embed.FS`, sorted by table and place in it.
pub(super) fn files<'a>(memory: &Memory<'_, 'a>) -> Vec<Embed<'a>> {
    let mut out = in_tables(memory, tables(memory));
    name_variables(memory.image(), &mut out);
    out
}

/// Long strings and byte slices that variables hold: embedded, or literals. Sorted by holder and address of
/// the variable. `known` are the addresses of what is surely something else.
pub(super) fn variables<'a>(
    memory: &Memory<'_, 'a>,
    module: &ModuleData,
    known: &[Range<u64>],
) -> Vec<Embed<'a>> {
    let mut out = candidates(memory, module);
    let overlaps = |e: &Embed<'_>| {
        let end = e.addr.saturating_add(e.data.len() as u64);
        known.iter().any(|k| k.start < end && e.addr < k.end)
    };
    out.retain(|e| !overlaps(e));
    // Two addresses side by side look like a text and its length; but into a text nothing points.
    let mut starts: Vec<u64> = out.iter().map(|e| e.addr).collect();
    starts.sort_unstable();
    out.retain(|e| {
        let next = starts.partition_point(|s| *s <= e.addr);
        let end = e.addr.saturating_add(e.data.len() as u64);
        starts.get(next).is_none_or(|s| *s >= end)
    });
    out.sort_by_key(|e| (e.holder, e.table));
    name_variables(memory.image(), &mut out);
    out
}

/// Addresses of slice headers that point right behind themselves and whose length and capacity agree.
fn tables(memory: &Memory<'_, '_>) -> Vec<u64> {
    let p = memory.ptr_size();
    let e = memory.image().endian;
    let mut out = Vec::new();
    for s in memory.stretches() {
        let own = s
            .words(p)
            .filter(|(b, addr)| e.word(b, 0, p as u8) == Some(addr.wrapping_add(3 * p)));
        out.extend(own.map(|w| w.1));
    }
    let relocations = memory.image().relocations().iter();
    out.extend(
        relocations
            .filter(|r| r.target == Some(r.addr.wrapping_add(3 * p)))
            .map(|r| r.addr),
    );
    out.sort_unstable();
    out.dedup();
    out
}

/// The files of the tables at these addresses, those that are tables after all. What lies in a table's
/// records is no table.
pub(crate) fn in_tables<'a>(memory: &Memory<'_, 'a>, mut tables: Vec<u64>) -> Vec<Embed<'a>> {
    tables.sort_unstable();
    let mut share = memory.image().budget().share("embedded files");
    let mut out = Vec::new();
    let mut end = 0;
    for table in tables {
        if table < end || share.is_empty() {
            continue;
        }
        if let Some(mut all) = files_of(memory, table, &mut share) {
            let records = all
                .first()
                .map_or(0, |f| f.record_size)
                .saturating_mul(all.len() as u64);
            end = table
                .saturating_add(3 * memory.ptr_size())
                .saturating_add(records);
            out.append(&mut all);
        }
    }
    out
}

/// The files of the table at `table`; `None` where it is none after all.
fn files_of<'a>(memory: &Memory<'_, 'a>, table: u64, share: &mut Share<'_>) -> Option<Vec<Embed<'a>>> {
    let p = memory.ptr_size();
    let size = 4 * p + 16;
    let count = memory.word(table.checked_add(p)?)?;
    if count == 0 || memory.word(table.checked_add(2 * p)?)? != count {
        return None;
    }
    memory.bytes(table, count.checked_mul(size)?.checked_add(3 * p)?)?;
    let one = |i: u64| {
        let at = table + 3 * p + i * size;
        let path = memory.go_string(at, PATH_LIMIT)?;
        if !share.take(ENTRY + path.len()) {
            return None;
        }
        let good = std::str::from_utf8(path).is_ok_and(|t| !t.is_empty() && !t.contains('\0'));
        let len = memory.word(at + 3 * p)?;
        let addr = if len == 0 { 0 } else { memory.pointer(at + 2 * p)? };
        let data = if len == 0 {
            &[][..]
        } else {
            memory.bytes(addr, len)?
        };
        let hash = memory.bytes(at + 4 * p, 16)?.try_into().ok()?;
        let folder = path.ends_with(b"/");
        (good && !(folder && len > 0)).then_some(Embed {
            holder: Holder::Fs,
            path: Some(path),
            variable: None,
            addr,
            data,
            hash: (!folder).then_some(hash),
            table,
            record_size: size,
            exact: true,
        })
    };
    let all: Vec<_> = (0..count).map_while(one).collect();
    (all.len() as u64 == count).then_some(all)
}

/// String headers among the variables that hold pointers, with contents that are long and no variable's own.
fn candidates<'a>(memory: &Memory<'_, 'a>, module: &ModuleData) -> Vec<Embed<'a>> {
    let (image, p) = (memory.image(), memory.ptr_size());
    let data = &module.data;
    let mut out = Vec::new();
    let held = memory.bytes_from(data.start).map_or(0, <[u8]>::len) as u64;
    let end = data.end.min(data.start.saturating_add(held));
    let mut at = align_up(data.start, p);
    let mut share = memory.image().budget().share("strings that may be embedded");
    while at.checked_add(2 * p).is_some_and(|e| e <= end) {
        let here = at;
        at += p;
        let Some(len) = memory.word(here + p).filter(|l| *l >= GUESS_FROM) else {
            continue;
        };
        let Some(addr) = memory.pointer(here).filter(|a| *a >= 4096) else {
            continue;
        };
        let Some(contents) = memory.bytes(addr, len) else {
            continue;
        };
        // A text ends within its section, and a length is not patched by the loader.
        let section = image.section_at(addr);
        let fits = section.is_none_or(|s| len <= s.mem_size - (addr - s.addr));
        if !fits || memory.pointer(here + p) != Some(len) {
            continue;
        }
        let slice = memory.word(here + 2 * p) == Some(len);
        let own =
            |a: u64| module.noptrdata.contains(&a) && module.noptrdata.contains(&a.saturating_add(len - 1));
        let read_only =
            |a: u64| !module.data.contains(&a) && !module.noptrdata.contains(&a) && !module.text.contains(&a);
        let holder = match slice {
            true if own(addr) => Holder::Bytes,
            false if read_only(addr) => Holder::String,
            _ => continue,
        };
        if !share.take(ENTRY) {
            break;
        }
        out.push(Embed {
            holder,
            path: None,
            variable: None,
            addr,
            data: contents,
            hash: None,
            table: here,
            record_size: if slice { 3 * p } else { 2 * p },
            exact: false,
        });
    }
    out
}

/// The table of `pkg.name` is called `pkg.name.files`; a variable goes by its own name.
fn name_variables<'a>(image: &Image<'a>, all: &mut [Embed<'a>]) {
    let mut share = image.budget().share("names of embedding variables");
    let Ok(symbols) = image.symbols() else { return };
    let mut wanted: FxHashMap<u64, Option<&'a [u8]>> = all.iter().map(|e| (e.table, None)).collect();
    for s in symbols {
        if let Some(name) = wanted
            .get_mut(&s.addr)
            .filter(|n| n.is_none() && !s.name.is_empty())
        {
            *name = Some(s.name);
        }
    }
    for e in all {
        if let Some(Some(name)) = wanted.get(&e.table) {
            let name = name.strip_suffix(b".files").unwrap_or(name);
            e.variable = share.take(name.len()).then(|| String::from_utf8_lossy(name));
        }
    }
}
