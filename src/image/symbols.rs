//! The symbol table of each format → [`Symbol`]s in the order of the file.

use super::budget::Share;
use super::{Detail, Endian, Format, Image, c_string, clip, elf, until_nul};
use crate::error::{Error, Result};

/// Where a symbol lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In another file.
    Undefined,
    /// An absolute value, not an address.
    Absolute,
    /// Common: allocated by the linker.
    Common,
    /// A debugging entry without an address (PE and XCOFF section number -2).
    Debug,
    /// In `Image::sections[i]`.
    Section(usize),
    /// In a section that does not exist.
    Nowhere,
}

/// One entry of a symbol table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// As stored.
    pub name: &'a [u8],
    /// Virtual address (PE: image base and section address added), or the plain value where `place` is no
    /// section.
    pub addr: u64,
    /// Size in bytes where the format records one (ELF); else 0.
    pub size: u64,
    /// Where it lies.
    pub place: Place,
    /// ELF st_info, Mach-O n_type, PE and XCOFF storage class, Plan 9's letter.
    pub kind: u8,
    /// ELF st_other, Mach-O n_desc, PE type, XCOFF number of auxiliary entries.
    pub extra: u16,
    /// Index of the entry in the file's table, auxiliary entries counted.
    pub index: u32,
}

impl Symbol<'_> {
    /// ELF: STT_FUNC. Others: false.
    pub fn is_elf_function(&self) -> bool {
        self.kind & 0xf == 2
    }
}

/// A table of NUL-terminated names. Entries may share a name or its end, but together they get only so many
/// bytes: a crafted table would have each of a million entries spell out megabytes.
struct Names<'a, 'b> {
    strings: &'a [u8],
    share: Share<'b>,
}

impl<'a, 'b> Names<'a, 'b> {
    fn of(image: &'b Image<'a>, strings: &'a [u8]) -> Names<'a, 'b> {
        Names {
            strings,
            share: image.budget.share("symbol names"),
        }
    }

    /// The name at `offset`; empty past the end, and once the bytes are used up.
    fn at(&mut self, offset: u32) -> &'a [u8] {
        if self.share.is_empty() {
            return b"";
        }
        self.share
            .name(c_string(self.strings, offset as usize).unwrap_or_default())
    }
}

/// Takes the symbols one after the other.
type Visit<'v, 'a> = &'v mut dyn FnMut(Symbol<'a>);

pub(super) fn read<'a>(image: &Image<'a>) -> Result<Vec<Symbol<'a>>> {
    let mut out = Vec::new();
    visit(image, &mut |s| out.push(s))?;
    Ok(out)
}

fn visit<'a>(image: &Image<'a>, each: Visit<'_, 'a>) -> Result<()> {
    match &image.detail {
        Detail::Elf(_) => {
            let table = image.sections.iter().find(|s| s.kind == elf::SHT_SYMTAB);
            elf_table(image, table.ok_or_else(|| Error::new("no symbol section"))?, each)
        }
        Detail::MachO(_) => macho(image, each),
        Detail::Pe(_) => pe(image, each),
        Detail::Plan9(_) => plan9(image, each),
        Detail::Xcoff(_) => xcoff(image, each),
        Detail::Wasm(_) => {
            for (index, name) in image.wasm_function_names() {
                each(Symbol {
                    name: name.as_bytes(),
                    addr: u64::from(index),
                    size: 0,
                    place: Place::Absolute,
                    kind: 0,
                    extra: 0,
                    index,
                });
            }
            Ok(())
        }
    }
}

impl<'a> Image<'a> {
    /// ELF `.dynsym`, all entries; empty for other formats and where there is none.
    pub fn elf_dynamic_symbols(&self) -> Vec<Symbol<'a>> {
        let table = self
            .sections
            .iter()
            .find(|s| self.format == Format::Elf && s.kind == elf::SHT_DYNSYM);
        let mut out = Vec::new();
        // What could be read of a broken one is kept.
        let _ = table.map(|t| elf_table(self, t, &mut |s| out.push(s)));
        out
    }

    /// Hands the entries of the symbol table to `each`, in the order of the file, without keeping them as
    /// [`Image::symbols`] does: for those who need them once.
    ///
    /// # Errors
    /// As [`Image::symbols`].
    pub fn each_symbol(&self, each: &mut dyn FnMut(Symbol<'a>)) -> Result<()> {
        visit(self, each)
    }
}

fn elf_table<'a>(image: &Image<'a>, table: &super::Section<'a>, each: Visit<'_, 'a>) -> Result<()> {
    let wide = image.ptr_size == 8;
    let size = if wide { 24 } else { 16 };
    let bytes = image.section_bytes(table);
    let strings = image
        .sections
        .get(table.link as usize)
        .map(|s| image.section_bytes(s));
    let strings = strings.ok_or_else(|| {
        Error::at(
            "ELF symbol table",
            table.offset,
            "section has invalid string table link",
        )
    })?;
    let mut names = Names::of(image, strings);
    let e = image.endian;
    for (index, s) in bytes.chunks_exact(size).enumerate() {
        let f32 = |at| e.u32(s, at).unwrap_or(0);
        let f64 = |at| e.u64(s, at).unwrap_or(0);
        let (info, other, shndx, addr, len) = if wide {
            (s[4], s[5], e.u16(s, 6).unwrap_or(0), f64(8), f64(16))
        } else {
            (
                s[12],
                s[13],
                e.u16(s, 14).unwrap_or(0),
                u64::from(f32(4)),
                u64::from(f32(8)),
            )
        };
        let place = match shndx {
            0 => Place::Undefined,
            0xfff1 => Place::Absolute,
            0xfff2 => Place::Common,
            n if usize::from(n) < image.sections.len() => Place::Section(usize::from(n)),
            _ => Place::Nowhere,
        };
        each(Symbol {
            name: names.at(f32(0)),
            addr,
            size: len,
            place,
            kind: info,
            extra: u16::from(other),
            index: index as u32,
        });
    }
    Ok(())
}

fn macho<'a>(image: &Image<'a>, each: Visit<'_, 'a>) -> Result<()> {
    let table = image
        .macho()
        .and_then(|m| m.symtab)
        .ok_or_else(|| Error::new("no symbols"))?;
    let size = if image.ptr_size == 8 { 16 } else { 12 };
    let bytes = clip(image.data, table.offset, table.count.saturating_mul(size));
    let strings = clip(image.data, table.strings_offset, table.strings_size);
    let mut names = Names::of(image, strings);
    let e = image.endian;
    for (index, s) in bytes.chunks_exact(size as usize).enumerate() {
        let (kind, sect) = (s[4], s[5]);
        // N_UNDF 0, N_ABS 2, N_SECT 0xe under the mask N_TYPE; a stab uses all bits its own way.
        let place = match (sect, kind & 0x0e) {
            (0, 2) if kind & 0xe0 == 0 => Place::Absolute,
            (0, _) => Place::Undefined,
            (n, _) if usize::from(n) <= image.sections.len() => Place::Section(usize::from(n) - 1),
            _ => Place::Nowhere,
        };
        each(Symbol {
            name: names.at(e.u32(s, 0).unwrap_or(0)),
            addr: e.word(s, 8, image.ptr_size).unwrap_or(0),
            size: 0,
            place,
            kind,
            extra: e.u16(s, 6).unwrap_or(0),
            index: index as u32,
        });
    }
    Ok(())
}

fn pe<'a>(image: &Image<'a>, each: Visit<'_, 'a>) -> Result<()> {
    let pe = image
        .pe()
        .filter(|p| p.symbol_table.0 != 0 && p.symbol_table.1 != 0);
    let pe = pe.ok_or_else(|| Error::new("no symbols"))?;
    let (offset, count) = pe.symbol_table;
    let bytes = clip(image.data, offset, count.saturating_mul(18));
    let mut names = Names::of(image, pe.strings);
    let le = Endian::Little;
    let mut skip = 0;
    for (index, s) in bytes.chunks_exact(18).enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        skip = s[17];
        let name = match le.u32(s, 0) {
            Some(0) => match le.u32(s, 4) {
                // Not an offset: no name at all.
                None | Some(0) => b"",
                Some(at) => names.at(at),
            },
            _ => until_nul(&s[..8]),
        };
        let value = u64::from(le.u32(s, 8).unwrap_or(0));
        let number = le.u16(s, 12).unwrap_or(0) as i16;
        let (place, base) = coff_place(image, number);
        each(Symbol {
            name,
            addr: value.wrapping_add(base),
            size: 0,
            place,
            kind: s[16],
            extra: le.u16(s, 14).unwrap_or(0),
            index: index as u32,
        });
    }
    Ok(())
}

fn coff_place(image: &Image<'_>, number: i16) -> (Place, u64) {
    match number {
        0 => (Place::Undefined, 0),
        -1 => (Place::Absolute, 0),
        -2 => (Place::Debug, 0),
        n if n > 0 && (n as usize) <= image.sections.len() => {
            let i = n as usize - 1;
            (Place::Section(i), image.sections.get(i).map_or(0, |s| s.addr))
        }
        _ => (Place::Nowhere, 0),
    }
}

/// Symbol table entries are an address (4 or 8 bytes, big-endian), a letter with the top bit set, and a
/// NUL-terminated name;
/// `z` and `Z` entries are file names in pairs of bytes.
fn plan9<'a>(image: &Image<'a>, each: Visit<'_, 'a>) -> Result<()> {
    let table = image
        .section("syms")
        .filter(|s| s.file_size > 0)
        .ok_or_else(|| Error::new("no symbols"))?;
    let bytes = image.section_bytes(table);
    let (mut at, mut count) = (0, 0);
    while let (Some(addr), Some(&letter)) = (
        Endian::Big.word(bytes, at, image.ptr_size),
        bytes.get(at + usize::from(image.ptr_size)),
    ) {
        at += usize::from(image.ptr_size) + 1;
        let letter = letter & 0x7f;
        let name = if matches!(letter, b'z' | b'Z') {
            // A leading NUL, then big-endian 16-bit path elements up to a zero.
            let rest = bytes.get(at + 1..).unwrap_or_default();
            let len = rest.chunks_exact(2).take_while(|p| *p != [0, 0]).count() * 2;
            at += 1 + len + 2;
            &rest[..len]
        } else {
            let Some(name) = c_string(bytes, at) else { break };
            at += name.len() + 1;
            name
        };
        let wanted = match letter.to_ascii_lowercase() {
            b't' => Some("text"),
            b'd' | b'b' => Some("data"),
            _ => None,
        };
        let place = wanted.and_then(|w| image.sections.iter().position(|s| s.name == w.as_bytes()));
        let index = count;
        count += 1;
        let place = place.map_or(Place::Debug, Place::Section);
        each(Symbol {
            name,
            addr,
            size: 0,
            place,
            kind: letter,
            extra: 0,
            index,
        });
    }
    Ok(())
}

fn xcoff<'a>(image: &Image<'a>, each: Visit<'_, 'a>) -> Result<()> {
    let x = image
        .xcoff()
        .filter(|x| x.symbol_table.0 != 0 && x.symbol_table.1 != 0);
    let (offset, count) = x.ok_or_else(|| Error::new("no symbols"))?.symbol_table;
    let table_size = count.saturating_mul(18);
    let bytes = clip(image.data, offset, table_size);
    let strings = clip(image.data, offset.saturating_add(table_size), u64::MAX);
    let be = Endian::Big;
    let wide = image.ptr_size == 8;
    let mut names = Names::of(image, strings);
    let mut skip = 0;
    for (index, s) in bytes.chunks_exact(18).enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        skip = s[17];
        let mut at = |o: usize| names.at(be.u32(s, o).unwrap_or(0));
        let (name, value) = match (wide, be.u32(s, 0)) {
            (true, _) => (at(8), be.u64(s, 0).unwrap_or(0)),
            (false, Some(0)) => (at(4), u64::from(be.u32(s, 8).unwrap_or(0))),
            (false, _) => (until_nul(&s[..8]), u64::from(be.u32(s, 8).unwrap_or(0))),
        };
        let (place, _) = coff_place(image, be.u16(s, 12).unwrap_or(0) as i16);
        each(Symbol {
            name,
            addr: value,
            size: 0,
            place,
            kind: s[16],
            extra: u16::from(s[17]),
            index: index as u32,
        });
    }
    Ok(())
}
