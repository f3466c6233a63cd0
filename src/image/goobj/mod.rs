//! A Go object file, the part behind its text header → symbols, relocations, code bytes, file and line of a
//! pc.
//!
//! Authority: Go 1.27, cmd/internal/goobj/objfile.go (the layout) and cmd/internal/objfile/goobj.go (what the
//! tools make of it). The format is little-endian on every machine: a header with the offsets of 19 blocks,
//! then the blocks. Addresses are offsets from the start of the body. Strings are a length and an offset;
//! every list is cut where the file ends.

mod lines;
pub mod package;

use std::sync::OnceLock;

pub use lines::ObjectLines;

use super::Arch;
use super::Endian::Little as LE;
use super::ranges::Ranges;
use crate::error::{Error, Result};

/// The first bytes of a body that this reader knows: Go 1.20 and later.
pub const MAGIC: &[u8; 8] = b"\0go120ld";

/// Blocks by their place in the header's list of offsets.
#[derive(Clone, Copy)]
enum Block {
    File = 2,
    SymDef = 3,
    Hashed64Def = 4,
    HashedDef = 5,
    NonPkgDef = 6,
    NonPkgRef = 7,
    RelocIndex = 11,
    AuxIndex = 12,
    DataIndex = 13,
    Reloc = 14,
    Aux = 15,
    Data = 16,
    RefName = 17,
}

const BLOCKS: usize = 19;
const SYM: usize = 21;
const RELOC: usize = 23;
const AUX: usize = 9;
const REF_NAME: usize = 16;
/// Package numbers with a meaning of their own; below them are those of other packages.
const NONE: u32 = 0x7fff_ffff;
const HASHED64: u32 = NONE - 1;
const HASHED: u32 = NONE - 2;
const BUILTIN: u32 = NONE - 3;
const SELF: u32 = NONE - 4;
/// The ABI number of a symbol that only its own file sees.
const STATIC: u16 = 0xffff;
const AUX_PCFILE: u8 = 8;
const AUX_PCLINE: u8 = 9;

const RELOCATIONS: &str = include_str!("relocations.txt");
const BUILTINS: &str = include_str!("builtins.txt");

/// A Go object file.
#[derive(Debug)]
pub struct Object<'a> {
    /// The GOARCH word of the text header, "" if there is none.
    pub arch: &'a [u8],
    /// Everything behind the text header; what addresses count in.
    pub body: &'a [u8],
    blocks: [u32; BLOCKS],
    /// Names of static symbols as the tools print them, `name<1>`, by number; empty where there are none.
    static_names: Vec<Option<Box<[u8]>>>,
    /// Names of the symbols of other packages, sorted by package and number.
    ref_names: Vec<([u32; 2], &'a [u8])>,
    /// Whose lines hold where, made when first asked for.
    index: OnceLock<Ranges>,
}

/// A symbol that the file defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectSymbol<'s> {
    /// With `<1>` behind it where the symbol is static. Never empty.
    pub name: &'s [u8],
    /// Offset of its data in the body.
    pub addr: u64,
    /// Bytes.
    pub size: u32,
    /// Go's symbol kind (Go 1.27: cmd/internal/objabi/symkind.go).
    pub kind: u8,
    /// Does only this file see it?
    pub is_static: bool,
    /// What [`Object::relocations`] wants.
    pub number: u32,
}

/// A place in a symbol's data that the linker fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRelocation<'s> {
    /// Offset in the symbol's data.
    pub offset: i32,
    /// Bytes to fill in.
    pub size: u8,
    /// Go's relocation type (Go 1.27: cmd/internal/objabi/reloctype.go).
    pub kind: u16,
    /// What is added to the symbol's address.
    pub addend: i64,
    /// What it refers to, "" for nothing.
    pub symbol: std::borrow::Cow<'s, [u8]>,
}

impl ObjectRelocation<'_> {
    /// The type's name: `R_CALL`, or `RelocType(n)` for one that has none.
    pub fn kind_name(&self) -> String {
        match RELOCATIONS.lines().nth(usize::from(self.kind).wrapping_sub(1)) {
            Some(name) => name.into(),
            None => format!("RelocType({})", self.kind),
        }
    }
}

/// The fields of a symbol as stored.
struct Stored<'a> {
    name: &'a [u8],
    abi: u16,
    kind: u8,
    size: u32,
}

impl<'a> Object<'a> {
    /// Reads the header of a body.
    ///
    /// # Errors
    /// Where the magic is another, or the file ends inside the header.
    pub fn parse(arch: &'a [u8], body: &'a [u8]) -> Result<Object<'a>> {
        let bad = |what: &str| Error::at("Go object file", 0, what);
        if !body.starts_with(MAGIC) {
            return Err(bad("not of a Go version that is known"));
        }
        let mut blocks = [0; BLOCKS];
        for (i, b) in blocks.iter_mut().enumerate() {
            *b = LE
                .u32(body, 20 + i * 4)
                .ok_or_else(|| bad("the file ends inside the header"))?;
        }
        let mut object = Object {
            arch,
            body,
            blocks,
            static_names: Vec::new(),
            ref_names: Vec::new(),
            index: OnceLock::new(),
        };
        object.name_statics();
        object.ref_names = object
            .entries(Block::RefName, REF_NAME)
            .filter_map(|e| Some(([LE.u32(e, 0)?, LE.u32(e, 4)?], object.string(e.get(8..)?)?)))
            .collect();
        object.ref_names.sort_by_key(|r| r.0);
        Ok(object)
    }

    fn name_statics(&mut self) {
        let mut names = Vec::new();
        let mut left = self.name_budget();
        for i in 0..self.symbol_count() {
            if let Some(s) = self.stored(i).filter(|s| s.abi == STATIC && !s.name.is_empty()) {
                left = match left.checked_sub(s.name.len()) {
                    Some(left) => left,
                    None => break,
                };
                names.resize(i as usize, None);
                names.push(Some([s.name, b"<1>"].concat().into_boxed_slice()));
            }
        }
        self.static_names = names;
    }

    /// Bytes that all names together may have: symbols may share a name, and a crafted file would have each
    /// of thousands spell out megabytes.
    fn name_budget(&self) -> usize {
        self.body.len().saturating_mul(8)
    }

    /// The bytes of a block, cut where the file ends.
    fn block(&self, block: Block) -> &'a [u8] {
        let at = |i: usize| self.blocks.get(i).map_or(0, |b| *b as usize);
        let end = at(block as usize + 1).min(self.body.len());
        self.body.get(at(block as usize)..end).unwrap_or(&[])
    }

    fn entries(&self, block: Block, size: usize) -> std::slice::ChunksExact<'a, u8> {
        self.block(block).chunks_exact(size)
    }

    fn count(&self, block: Block) -> u32 {
        (self.block(block).len() / SYM) as u32
    }

    /// The string that a reference (length, offset) points to.
    fn string(&self, reference: &[u8]) -> Option<&'a [u8]> {
        let (len, at) = (LE.u32(reference, 0)? as usize, LE.u32(reference, 4)? as usize);
        self.body.get(at..at.checked_add(len)?)
    }

    fn defined_count(&self) -> u32 {
        self.count(Block::SymDef)
            .saturating_add(self.count(Block::Hashed64Def))
            .saturating_add(self.count(Block::HashedDef))
            .saturating_add(self.count(Block::NonPkgDef))
    }

    fn symbol_count(&self) -> u32 {
        self.defined_count().saturating_add(self.count(Block::NonPkgRef))
    }

    /// Symbol `i` of the blocks of symbols, which follow each other.
    fn stored(&self, i: u32) -> Option<Stored<'a>> {
        let start = (i as usize)
            .checked_mul(SYM)?
            .checked_add(*self.blocks.get(Block::SymDef as usize)? as usize)?;
        let s = self.body.get(start..start.checked_add(SYM)?)?;
        Some(Stored {
            name: self.string(s)?,
            abi: LE.u16(s, 8)?,
            kind: *s.get(10)?,
            size: LE.u32(s, 13)?,
        })
    }

    fn name(&self, i: u32) -> Option<&[u8]> {
        match self.static_names.get(i as usize) {
            Some(Some(name)) => Some(name),
            _ => Some(self.stored(i)?.name),
        }
    }

    /// The `[from, to)` that an index block gives for symbol `i`.
    fn range(&self, index: Block, i: u32) -> Option<(usize, usize)> {
        let at = (i as usize).checked_mul(4)?;
        let at = at.checked_add(*self.blocks.get(index as usize)? as usize)?;
        Some((
            LE.u32(self.body, at)? as usize,
            LE.u32(self.body, at.checked_add(4)?)? as usize,
        ))
    }

    /// Offset in the body of the data of symbol `i`, and where it ends.
    fn data_range(&self, i: u32) -> Option<(usize, usize)> {
        let base = *self.blocks.get(Block::Data as usize)? as usize;
        let (start, end) = self.range(Block::DataIndex, i)?;
        Some((base.checked_add(start)?, base.checked_add(end)?))
    }

    /// The entries that belong to symbol `i` in a block of entries of `size` bytes.
    fn entries_of(&self, i: u32, index: Block, block: Block, size: usize) -> std::slice::ChunksExact<'a, u8> {
        let bytes = || {
            let (from, to) = self.range(index, i)?;
            let base = *self.blocks.get(block as usize)? as usize;
            let place = |n: usize| n.checked_mul(size)?.checked_add(base);
            self.body.get(place(from)?..place(to)?)
        };
        bytes().unwrap_or(&[]).chunks_exact(size)
    }

    /// The symbols that the file defines, in its order; those without a name are none.
    pub fn symbols(&self) -> impl Iterator<Item = ObjectSymbol<'_>> {
        let mut left = self.name_budget();
        (0..self.defined_count()).filter_map(move |number| {
            let s = self.stored(number).filter(|s| !s.name.is_empty())?;
            left = left.checked_sub(s.name.len())?;
            Some(ObjectSymbol {
                name: self.name(number)?,
                addr: self.data_range(number).map_or(0, |d| d.0 as u64),
                size: s.size,
                kind: s.kind,
                is_static: s.abi == STATIC,
                number,
            })
        })
    }

    /// The names that the file refers to and does not define, in its order: those without a package, then
    /// those of other packages.
    pub fn references(&self) -> impl Iterator<Item = &'a [u8]> {
        let plain = (self.defined_count()..self.symbol_count()).filter_map(|i| Some(self.stored(i)?.name));
        let named = self
            .entries(Block::RefName, REF_NAME)
            .filter_map(|e| self.string(e.get(8..)?));
        let mut left = self.name_budget();
        plain.chain(named).filter(move |name| {
            let fits = left.checked_sub(name.len());
            left = fits.unwrap_or(left);
            fits.is_some()
        })
    }

    /// How many relocations a symbol has.
    pub fn relocation_count(&self, number: u32) -> usize {
        self.entries_of(number, Block::RelocIndex, Block::Reloc, RELOC)
            .len()
    }

    /// The relocations of a symbol, by their offset.
    pub fn relocations(&self, number: u32) -> impl Iterator<Item = ObjectRelocation<'_>> {
        self.entries_of(number, Block::RelocIndex, Block::Reloc, RELOC)
            .filter_map(|r| {
                Some(ObjectRelocation {
                    offset: LE.u32(r, 0)? as i32,
                    size: *r.get(4)?,
                    kind: LE.u16(r, 5)?,
                    addend: LE.u64(r, 7)? as i64,
                    symbol: self.resolve(LE.u32(r, 15)?, LE.u32(r, 19)?),
                })
            })
    }

    /// The name behind a reference to a symbol.
    fn resolve(&self, package: u32, index: u32) -> std::borrow::Cow<'_, [u8]> {
        let plain = self.count(Block::SymDef);
        let hashed64 = plain.saturating_add(self.count(Block::Hashed64Def));
        let hashed = hashed64.saturating_add(self.count(Block::HashedDef));
        let base = match package {
            0 => return b"".into(),
            SELF => 0,
            HASHED64 => plain,
            HASHED => hashed64,
            NONE => hashed,
            BUILTIN => return builtin(index),
            _ => {
                let found = self.ref_names.partition_point(|r| r.0 < [package, index]);
                let name = self.ref_names.get(found).filter(|r| r.0 == [package, index]);
                return name.map_or(&b""[..], |r| r.1).into();
            }
        };
        let name = base.checked_add(index).and_then(|i| self.name(i));
        name.unwrap_or_default().into()
    }

    /// The symbol whose lines Go's tools look into for a pc (an address in the body), and where it starts:
    /// the first symbol that has the pc and a line table.
    pub fn lines_around(&self, pc: u64) -> Option<(u32, u64)> {
        let index = self.index.get_or_init(|| {
            let known = Arch::of_goarch(self.arch).is_some();
            let symbols = (0..self.defined_count()).filter_map(|i| {
                self.tables(i).filter(|_| known)?;
                let start = self.data_range(i)?.0 as u64;
                Some((i, start, start.saturating_add(u64::from(self.stored(i)?.size))))
            });
            Ranges::new(symbols)
        });
        index.at(pc)
    }

    /// The lines of the symbol `number`, where it has any.
    pub fn lines_of(&self, number: u32) -> Option<ObjectLines<'_>> {
        let (files, lines) = self.tables(number)?;
        let quantum = Arch::of_goarch(self.arch)?.quantum();
        Some(ObjectLines::new(self, files, lines, quantum.into()))
    }

    /// File and line of a pc; `None` where no symbol has it. For many pcs [`Object::lines_around`] is faster.
    pub fn line(&self, pc: u64) -> Option<(&[u8], i64)> {
        let (number, start) = self.lines_around(pc)?;
        self.line_of(number, pc.wrapping_sub(start))
    }

    /// File and line at `offset` bytes into the symbol `number`. For many offsets [`Object::lines_of`] is
    /// faster.
    pub fn line_of(&self, number: u32, offset: u64) -> Option<(&[u8], i64)> {
        self.lines_of(number)?.at(offset)
    }

    /// The pc-value tables of a symbol: files, lines.
    fn tables(&self, i: u32) -> Option<(&'a [u8], &'a [u8])> {
        let (mut files, mut lines) = (None, None);
        for a in self.entries_of(i, Block::AuxIndex, Block::Aux, AUX) {
            let reference = (LE.u32(a, 1)?, LE.u32(a, 5)?);
            match a.first() {
                Some(&AUX_PCFILE) => files = Some(reference),
                Some(&AUX_PCLINE) => lines = Some(reference),
                _ => {}
            }
        }
        Some((self.table(files?)?, self.table(lines?)?))
    }

    /// The name of the file with that number; the inner `None` where it can't be read.
    fn file(&self, number: usize) -> Option<Option<&'a [u8]>> {
        let at = number.checked_mul(8)?;
        Some(self.block(Block::File).get(at..).and_then(|r| self.string(r)))
    }

    /// The data of a pc-value table, which is a symbol addressed by its contents.
    fn table(&self, (package, index): (u32, u32)) -> Option<&'a [u8]> {
        if package != HASHED {
            return None;
        }
        let base = self
            .count(Block::SymDef)
            .checked_add(self.count(Block::Hashed64Def))?;
        let (start, end) = self.data_range(base.checked_add(index)?)?;
        self.body.get(start..end)
    }
}

fn builtin(index: u32) -> std::borrow::Cow<'static, [u8]> {
    let Some((name, abi)) = BUILTINS
        .lines()
        .nth(index as usize)
        .and_then(|l| l.rsplit_once(' '))
    else {
        return b"".into();
    };
    match abi {
        "0" => name.as_bytes().into(),
        abi => format!("{name}<{abi}>").into_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relocations_and_builtins_have_names() {
        let r = |kind| ObjectRelocation {
            offset: 0,
            size: 4,
            kind,
            addend: 0,
            symbol: b"".into(),
        };
        assert_eq!(r(1).kind_name(), "R_ADDR");
        assert_eq!(r(0).kind_name(), "RelocType(0)");
        assert_eq!(r(9999).kind_name(), "RelocType(9999)");
        assert_eq!(&*builtin(0), b"runtime.newobject<1>");
        assert_eq!(&*builtin(9999), b"");
        assert!(BUILTINS.lines().all(|l| l.ends_with(" 0") || l.ends_with(" 1")));
    }

    #[test]
    fn a_header_alone_is_an_empty_object() {
        let mut body = MAGIC.to_vec();
        body.resize(20 + BLOCKS * 4, 0xff);
        let o = Object::parse(b"amd64", &body).unwrap();
        assert_eq!(o.symbols().count() + o.references().count(), 0);
        assert_eq!(o.line(0), None);
        assert!(Object::parse(b"amd64", &body[..50]).is_err());
    }
}
