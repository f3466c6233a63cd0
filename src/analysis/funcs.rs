//! The functions of a program: those of the pclntab, and those that only a symbol table names.

use std::borrow::Cow;

use crate::error::Result;
use crate::go::Program;
use crate::go::packages;
use crate::go::pclntab::{Function, PcRange, Table};
use crate::image::budget::Share;
use crate::image::{Format, Image, Place};

/// Who knows of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Go's own table.
    Pclntab,
    /// The symbol table only: C code.
    Symtab,
}

/// A function whose body stands in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inlined<'t> {
    /// Its name.
    pub name: &'t [u8],
    /// Its package.
    pub package: Option<Cow<'t, str>>,
    /// Place of the one it is inlined into, in the same list; `None` for the listed function itself.
    pub parent: Option<u32>,
    /// File of the call.
    pub file: &'t [u8],
    /// Line of the call.
    pub line: i32,
    /// Its first line, where known.
    pub start_line: Option<i32>,
    /// Bytes of instructions that are its own.
    pub bytes: u64,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Func<'t> {
    /// As stored.
    pub name: &'t [u8],
    /// Import path.
    pub package: Option<&'t str>,
    /// First address.
    pub addr: u64,
    /// Address behind the last byte, padding included.
    pub end: u64,
    /// File of the first instruction, `None` where not known.
    pub file: Option<&'t [u8]>,
    /// Line of the first instruction, `None` where not known.
    pub line: Option<i32>,
    /// Line of the `func` keyword, where the table has it.
    pub start_line: Option<i32>,
    /// Who knows of it.
    pub source: Source,
    /// What was inlined into it, where that was asked for.
    pub inlined: Vec<Inlined<'t>>,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// List inlined calls.
    pub inlined: bool,
}

/// Functions in the order of addresses.
///
/// # Errors
/// Where the program has no pclntab.
pub fn list<'t>(program: &'t Program<'_>, options: &Options) -> Result<Vec<Func<'t>>> {
    let (table, functions) = (program.pclntab()?, program.functions());
    let mut out: Vec<Func<'t>> = Vec::with_capacity(table.len());
    let mut share = program.image().budget().share("inline trees");
    for f in table.functions().filter(|f| f.size() > 0) {
        out.push(from_table(f, functions.package(f.index()), options, &mut share));
    }
    let foreign = symtab_only(program.image(), table);
    if !foreign.is_empty() {
        out.extend(foreign);
        out.sort_by_key(|f| (f.addr, f.source == Source::Symtab));
    }
    Ok(out)
}

fn from_table<'t>(
    f: Function<'t, '_>,
    package: Option<&'t str>,
    options: &Options,
    share: &mut Share<'_>,
) -> Func<'t> {
    let position = f.position(f.entry());
    let inlined = if options.inlined {
        inlined(f, share)
    } else {
        Vec::new()
    };
    Func {
        name: f.name(),
        package,
        addr: f.entry(),
        end: f.end(),
        file: Some(position.file),
        line: Some(position.line),
        start_line: f.start_line(),
        source: Source::Pclntab,
        inlined,
    }
}

/// What a call takes in the file beside its names, in bytes.
const CALL: usize = 16;

fn inlined<'t>(f: Function<'t, '_>, share: &mut Share<'_>) -> Vec<Inlined<'t>> {
    // Functions may share a tree, and its calls their names.
    if share.is_empty() {
        return Vec::new();
    }
    let calls = f.inlined_calls();
    let mut out = Vec::with_capacity(calls.len());
    for (c, site) in calls.iter().zip(f.call_sites(&calls)) {
        if !share.take(CALL + c.name.len() + site.file.len()) {
            return Vec::new();
        }
        out.push(Inlined {
            name: c.name,
            package: packages::of_name(c.name),
            parent: c.parent,
            file: site.file,
            line: site.line,
            start_line: c.start_line,
            bytes: 0,
        });
    }
    for range in f.inline_indices().take_while(|_| share.take(PcRange::BYTES)) {
        let to = usize::try_from(range.value).ok().and_then(|i| out.get_mut(i));
        if let Some(to) = to {
            to.bytes += range.end.min(f.end()).saturating_sub(range.start);
        }
    }
    out
}

/// Functions of the symbol table outside all functions of the pclntab.
fn symtab_only<'t, 'a: 't>(image: &'t Image<'a>, table: &Table<'_>) -> Vec<Func<'t>> {
    if image.format == Format::Wasm {
        return Vec::new();
    }
    let Ok(symbols) = image.symbols() else {
        return Vec::new();
    };
    let marks: [&[u8]; 10] = [
        b"runtime.text",
        b"runtime.etext",
        b"text",
        b"_text",
        b"etext",
        b"_etext",
        b"runtime.end",
        b"_end",
        b"__text_start",
        b"start",
    ];
    let code = |place| match place {
        Place::Section(i) => image.sections.get(i).filter(|s| s.perm.exec),
        _ => None,
    };
    let mut found: Vec<_> = symbols
        .iter()
        .filter(|s| s.addr != 0 && !s.name.is_empty() && !marks.contains(&s.name))
        // ELF says what is a function; in other formats everything in code is one.
        .filter(|s| image.format != Format::Elf || s.is_elf_function())
        .filter_map(|s| Some((s, code(s.place)?)))
        .filter(|(s, _)| table.find_function(s.addr).is_none_or(|f| f.size() == 0))
        .collect();
    found.sort_by_key(|(s, _)| (s.addr, s.index));
    let mut out = Vec::with_capacity(found.len());
    let next = next_addresses(found.iter().map(|(s, _)| s.addr));
    for ((s, section), next) in found.iter().zip(next) {
        let mut end = s.addr.saturating_add(s.size);
        if s.size == 0 {
            // Without a size: up to the next symbol, the first Go function or the section's end.
            let limit = section.addr.saturating_add(section.mem_size);
            let go = table.pcs().start;
            end = next.unwrap_or(limit).min(limit);
            if go > s.addr {
                end = end.min(go);
            }
        }
        if end > s.addr {
            out.push(Func {
                name: s.name,
                package: None,
                addr: s.addr,
                end,
                file: None,
                line: None,
                start_line: None,
                source: Source::Symtab,
                inlined: Vec::new(),
            });
        }
    }
    out
}

/// For each of ascending addresses the next that is greater: thousands of symbols may have one address.
fn next_addresses(sorted: impl DoubleEndedIterator<Item = u64>) -> Vec<Option<u64>> {
    let (mut above, mut current) = (None, None);
    let mut out: Vec<_> = sorted
        .rev()
        .map(|addr| {
            if current != Some(addr) {
                above = current.replace(addr);
            }
            above
        })
        .collect();
    out.reverse();
    out
}

/// Is a package the wanted one? `a/...` is `a` and all below.
pub fn in_package(package: Option<&str>, wanted: &str) -> bool {
    let Some(package) = package else { return false };
    match wanted.strip_suffix("/...") {
        Some(top) => package
            .strip_prefix(top)
            .is_some_and(|r| r.is_empty() || r.starts_with('/')),
        None => package == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::{in_package, next_addresses};

    #[test]
    fn symbols_of_one_address_end_at_the_next() {
        let next = next_addresses([1, 1, 4, 4, 4, 9].into_iter());
        assert_eq!(next, [Some(4), Some(4), Some(9), Some(9), Some(9), None]);
        assert_eq!(next_addresses(std::iter::empty()), []);
    }

    #[test]
    fn three_dots_take_what_is_below() {
        assert!(in_package(Some("net/http"), "net/..."));
        assert!(in_package(Some("net"), "net/..."));
        assert!(!in_package(Some("network"), "net/..."));
        assert!(!in_package(Some("net/http"), "net"));
        assert!(!in_package(None, "net"));
    }
}
