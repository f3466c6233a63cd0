//! The symbol table as Go's tools see it: one letter and one size per symbol, each format by its own rules.
//!
//! The authority is cmd/internal/objfile of Go 1.27 (elf.go, macho.go, pe.go, plan9obj.go, xcoff.go): which
//! entries count, which letter a section gives, and how a size is inferred where the format records none.

use super::gosort;
use crate::error::{Error, Result};
use crate::image::goobj::Object;
use crate::image::{Format, Image, Place, Section, Symbol};

/// A symbol as `go tool nm` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoSymbol<'a> {
    /// As stored.
    pub name: &'a [u8],
    /// Virtual address, or the plain value of an absolute symbol.
    pub addr: u64,
    /// Bytes, as Go infers them; may be nonsense, see the format's rules.
    pub size: i64,
    /// `T` code, `R` read-only, `D` data, `B` bss, `U` undefined, `C` absolute, `?`; lower case for local
    /// ones.
    pub code: u8,
}

/// The symbols in the order of the file.
///
/// # Errors
/// Where Go has one: no symbol table, or a section number that does not exist. A Mach-O file without a table
/// has no symbols and no error.
pub fn in_file_order<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    match image.format {
        Format::Elf => elf(image),
        Format::MachO => Ok(macho(image)),
        Format::Pe => pe(image),
        Format::Plan9 => plan9(image),
        Format::Xcoff => xcoff(image),
        Format::Wasm | Format::Archive | Format::GoObject => Err(Error::new("unrecognized object file")),
    }
}

/// The symbols by address; those at one address in the order that Go's sort leaves them in.
///
/// # Errors
/// See [`in_file_order`].
pub fn by_address<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    let mut symbols = in_file_order(image)?;
    gosort::sort_by(&mut symbols, |a, b| a.addr < b.addr);
    Ok(symbols)
}

/// The symbols of a Go object in the order of its file: those it defines (addresses are offsets in its body),
/// then those it refers to. The authority is goobj.go of the same package.
pub fn of_object<'s>(object: &'s Object<'_>) -> Vec<GoSymbol<'s>> {
    let defined = object.symbols().map(|s| {
        let letter = match s.kind {
            1 | 2 => b'T',
            3 | 4 => b'R',
            5..=8 => b'D',
            9..=11 => b'B',
            _ => b'?',
        };
        GoSymbol {
            name: s.name,
            addr: s.addr,
            size: i64::from(s.size),
            code: if s.is_static {
                letter.wrapping_add(LOCAL)
            } else {
                letter
            },
        }
    });
    let referred = object.references().map(|name| GoSymbol {
        name,
        addr: 0,
        size: 0,
        code: b'U',
    });
    defined.chain(referred).collect()
}

const WRITE: u64 = 1;
const ALLOC: u64 = 2;
const EXEC: u64 = 4;
const NOBITS: u32 = 8;
const SYMTAB: u32 = 2;
const LOCAL: u8 = b'a' - b'A';

fn elf<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    let section = image.sections.iter().find(|s| s.kind == SYMTAB);
    let section = section
        .filter(|s| s.file_size > 0)
        .ok_or_else(|| Error::new("no symbol section"))?;
    let (size, multiple) = match image.ptr_size {
        8 => (24, "length of symbol section is not a multiple of Sym64Size"),
        _ => (16, "length of symbol section is not a multiple of SymSize"),
    };
    if (image.section_bytes(section).len() as u64) < section.file_size {
        return Err(Error::new("cannot load symbol section: unexpected EOF"));
    }
    if section.file_size % size != 0 {
        return Err(Error::new(multiple));
    }
    let mut symbols = Vec::with_capacity((section.file_size / size) as usize);
    let read = image.each_symbol(&mut |s| {
        // The first entry is the null symbol.
        if s.index == 0 {
            return;
        }
        let letter = match s.place {
            Place::Undefined => b'U',
            Place::Common => b'B',
            Place::Section(i) => match image.sections.get(i) {
                Some(section) => match section.flags & (WRITE | ALLOC | EXEC) {
                    f if f == ALLOC | EXEC => b'T',
                    ALLOC => b'R',
                    f if f == ALLOC | WRITE && section.kind == NOBITS => b'B',
                    f if f == ALLOC | WRITE => b'D',
                    _ => b'?',
                },
                None => b'?',
            },
            _ => b'?',
        };
        let local = s.kind >> 4 == 0;
        let code = if local { letter.wrapping_add(LOCAL) } else { letter };
        symbols.push(GoSymbol {
            name: s.name,
            addr: s.addr,
            size: s.size as i64,
            code,
        });
    });
    match read {
        Ok(()) => Ok(symbols),
        Err(e) => Err(Error::new(format!(
            "cannot load string table section: {}",
            e.what
        ))),
    }
}

fn macho<'a>(image: &Image<'a>) -> Vec<GoSymbol<'a>> {
    const STAB: u8 = 0xe0;
    let mut symbols = Vec::new();
    // Without a table Go has no symbols and no error.
    let _ = image.each_symbol(&mut |s| {
        if s.kind & STAB != 0 {
            return;
        }
        let code = match section(image, &s) {
            Some(section) => match (section.segment, section.name) {
                (b"__TEXT", b"__text") => b'T',
                (b"__DATA", b"__bss" | b"__noptrbss") => b'B',
                (b"__TEXT" | b"__DATA_CONST", _) => b'R',
                (b"__DATA", _) => b'D',
                _ => b'?',
            },
            None if s.place == Place::Nowhere => b'?',
            None => b'U',
        };
        symbols.push(GoSymbol {
            name: go_name(s.name),
            addr: s.addr,
            size: 0,
            code,
        });
    });
    with_inferred_sizes(symbols)
}

/// Go's linker puts `_` before its names; where a dot tells that a name is Go's, Go's reader takes it away
/// again.
fn go_name(name: &[u8]) -> &[u8] {
    if name.contains(&b'.') {
        Format::MachO.source_name(name)
    } else {
        name
    }
}

fn pe<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    const CODE: u64 = 0x20;
    const DATA: u64 = 0x40;
    const BSS: u64 = 0x80;
    const WRITABLE: u64 = 0x8000_0000;
    let mut bss = None;
    let _ = image.each_symbol(&mut |s| {
        if bss.is_none() && s.name == b"runtime.bss" {
            bss = Some((s.place, s.addr));
        }
    });
    let mut symbols = Vec::new();
    let mut nowhere = false;
    // Without a table Go has no symbols and no error.
    let _ = image.each_symbol(&mut |s| {
        let code = match s.place {
            Place::Undefined => b'U',
            Place::Absolute => b'C',
            Place::Debug => b'?',
            _ => {
                let Some(section) = section(image, &s) else {
                    nowhere = true;
                    return;
                };
                let past_bss = bss
                    .is_some_and(|(place, addr)| place == s.place && addr > section.addr && s.addr >= addr);
                let past_file = s.addr.wrapping_sub(section.addr) >= section.file_size;
                match section.flags {
                    f if f & CODE != 0 => b'T',
                    f if f & DATA != 0 && f & WRITABLE == 0 => b'R',
                    f if f & DATA != 0 && (past_bss || past_file) => b'B',
                    f if f & DATA != 0 => b'D',
                    f if f & BSS != 0 => b'B',
                    _ => b'?',
                }
            }
        };
        symbols.push(GoSymbol {
            name: s.name,
            addr: s.addr,
            size: 0,
            code,
        });
    });
    if nowhere {
        return Err(Error::new("invalid section number in symbol table"));
    }
    Ok(with_inferred_sizes(symbols))
}

fn plan9<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    let kept = image
        .symbols()?
        .iter()
        .filter(|s| matches!(s.kind, b'T' | b't' | b'D' | b'd' | b'B' | b'b'));
    let symbols = kept.map(|s| GoSymbol {
        name: s.name,
        addr: s.addr,
        size: 0,
        code: s.kind,
    });
    Ok(with_inferred_sizes(symbols.collect()))
}

fn xcoff<'a>(image: &Image<'a>) -> Result<Vec<GoSymbol<'a>>> {
    const EXTERNAL: u8 = 2;
    const HIDDEN: u8 = 107;
    const WEAK: u8 = 111;
    const STYP_TEXT: u64 = 0x20;
    const STYP_DATA: u64 = 0x40;
    const STYP_BSS: u64 = 0x80;
    let mut symbols = Vec::new();
    for s in image.symbols()? {
        let kept = matches!(s.kind, EXTERNAL | HIDDEN | WEAK) && s.extra > 0;
        if !kept || s.place == Place::Nowhere || !xcoff_named(image, s) {
            continue;
        }
        let (length, read_only) = csect(image, s);
        let (code, size) = match s.place {
            Place::Undefined => (b'U', 0),
            Place::Absolute => (b'C', 0),
            Place::Debug => (b'?', 0),
            _ => {
                let section =
                    section(image, s).ok_or_else(|| Error::new("invalid section number in symbol table"))?;
                let letter = match section.flags & 0xffff {
                    STYP_TEXT if read_only => b'R',
                    STYP_TEXT => b'T',
                    STYP_DATA => b'D',
                    STYP_BSS => b'B',
                    _ => b'?',
                };
                (
                    if s.kind == HIDDEN {
                        letter.to_ascii_lowercase()
                    } else {
                        letter
                    },
                    length,
                )
            }
        };
        symbols.push(GoSymbol {
            name: s.name,
            addr: if s.place == Place::Undefined { 0 } else { s.addr },
            size,
            code,
        });
    }
    Ok(symbols)
}

/// Does the symbol have a name, be it an empty one? An offset into the length of the string table is none.
fn xcoff_named(image: &Image<'_>, s: &Symbol<'_>) -> bool {
    let offset = || {
        let (table, _) = image.xcoff()?.symbol_table;
        let at = usize::try_from(table.checked_add(u64::from(s.index).checked_mul(18)?)?).ok()?;
        let entry = image.data.get(at..)?;
        match image.ptr_size {
            8 => image.endian.u32(entry, 8),
            _ if image.endian.u32(entry, 0)? != 0 => Some(u32::MAX),
            _ => image.endian.u32(entry, 4),
        }
    };
    offset().is_some_and(|o| o >= 4)
}

/// The csect's length and whether its class is read-only, from the last auxiliary entry. For a label the
/// length field is an index into the symbol table; Go prints it all the same.
fn csect(image: &Image<'_>, s: &Symbol<'_>) -> (i64, bool) {
    let entry = || {
        let (table, _) = image.xcoff()?.symbol_table;
        let at = table.checked_add((u64::from(s.index) + u64::from(s.extra)).checked_mul(18)?)?;
        image.data.get(usize::try_from(at).ok()?..)?.get(..18)
    };
    let Some(aux) = entry() else { return (0, false) };
    let low = u64::from(image.endian.u32(aux, 0).unwrap_or(0));
    let high = if image.ptr_size == 8 {
        u64::from(image.endian.u32(aux, 12).unwrap_or(0))
    } else {
        0
    };
    ((high << 32 | low) as i64, aux[11] == 1)
}

fn section<'i, 'a>(image: &'i Image<'a>, s: &Symbol<'_>) -> Option<&'i Section<'a>> {
    match s.place {
        Place::Section(i) => image.sections.get(i),
        _ => None,
    }
}

/// Each symbol reaches to the next greater address, the last one nowhere.
fn with_inferred_sizes(mut symbols: Vec<GoSymbol<'_>>) -> Vec<GoSymbol<'_>> {
    let numbers = 0..symbols.len().min(u32::MAX as usize) as u32;
    let mut by_address: Vec<(u64, u32)> = symbols.iter().map(|s| s.addr).zip(numbers).collect();
    by_address.sort_unstable();
    let (mut here, mut next) = (None, None);
    for (addr, i) in by_address.into_iter().rev() {
        if here != Some(addr) {
            next = here.replace(addr);
        }
        if let Some(s) = symbols.get_mut(i as usize) {
            s.size = next.map_or(0, |n| n.wrapping_sub(addr) as i64);
        }
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_reach_to_the_next_greater_address() {
        let at = |addr| GoSymbol {
            name: b"x",
            addr,
            size: -1,
            code: b'T',
        };
        let sizes: Vec<i64> = with_inferred_sizes(vec![at(8), at(4), at(8), at(0)])
            .iter()
            .map(|s| s.size)
            .collect();
        assert_eq!(sizes, [0, 4, 0, 4]);
    }
}
