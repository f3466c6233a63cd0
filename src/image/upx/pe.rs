//! A PE file that UPX packed → the file as it was before, but for names in its import table's place.
//!
//! The layout, as UPX 3 and 4 write it (held by files that UPX 4.2.4 packed): one block, behind a header
//! marked `UPX!` in front of the second section, unpacks to the sections as they lie in memory, from the
//! first one's address on. Behind them stands what was taken out: the original headers, and where names of
//! imports and places of pointers are kept. Pointers were made relative to the first section and big-endian;
//! library names stand in the packed file's own import table.

use super::{Le, RATIO, inflate, wrong};
use crate::error::{Error, Result};

/// Bytes of the header of the block.
const HEADER: usize = 32;

/// A section: address in memory, bytes and place in the file.
#[derive(Clone, Copy)]
struct Section {
    address: u64,
    size: u64,
    offset: u64,
}

/// What is used of a PE file's headers.
struct Headers {
    /// Where they are: `PE\0\0`.
    start: usize,
    /// Where the section table ends.
    end: usize,
    wide: bool,
    base: u64,
    code: (u64, u64),
    /// Address and bytes of imports and relocations.
    imports: (u64, u64),
    relocations: (u64, u64),
    sections: Vec<Section>,
}

impl Headers {
    fn read(file: &[u8], start: usize) -> Option<Headers> {
        let le = Le(file);
        if file.get(start..start.checked_add(4)?)? != b"PE\0\0" {
            return None;
        }
        let optional = start + 24;
        let wide = match le.u16(optional) {
            0x10b => false,
            0x20b => true,
            _ => return None,
        };
        let directory = |i: usize| {
            let at = optional + if wide { 112 } else { 96 } + i * 8;
            (le.u32(at), le.u32(at + 4))
        };
        let table = optional + usize::try_from(le.u16(start + 20)).ok()?;
        let count = usize::try_from(le.u16(start + 6)).ok()?;
        let end = table + count * 40;
        file.get(..end)?;
        let section = |i: usize| Section {
            address: le.u32(table + i * 40 + 12),
            size: le.u32(table + i * 40 + 16),
            offset: le.u32(table + i * 40 + 20),
        };
        Some(Headers {
            start,
            end,
            wide,
            base: if wide {
                le.u64(optional + 24)
            } else {
                le.u32(optional + 28)
            },
            code: (le.u32(optional + 20), le.u32(optional + 4)),
            imports: directory(1),
            relocations: directory(5),
            sections: (0..count).map(section).collect(),
        })
    }
}

fn place(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The file as it was.
///
/// # Errors
/// Where it is packed in another way than those that are known, or broken.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let outer = Headers::read(packed, place(Le(packed).u32(60)));
    let outer = outer.ok_or_else(|| wrong(0, "PE headers outside the file"))?;
    let front = packed.get(..packed.len().min(8192)).unwrap_or_default();
    let start = memchr::memmem::find(front, b"UPX!")
        .ok_or_else(|| Error::within("UPX", "its header was removed or changed"))?;
    let le = Le(packed);
    let byte = |at: usize| packed.get(start + at).copied().unwrap_or_default();
    let (size, stored, whole) = (le.u32(start + 16), le.u32(start + 20), le.u32(start + 24));
    if size.max(whole) > RATIO * packed.len() as u64 {
        return Err(wrong(
            start + 16,
            "claims to unpack to more than 64 times its size",
        ));
    }
    let from = start + HEADER;
    let data = packed.get(from..from.saturating_add(place(stored)));
    let data = data.ok_or_else(|| wrong(start, "a block is cut short"))?;
    let mut memory = vec![0; place(size)];
    inflate(byte(6), data, &mut memory, start)?;
    let inner = place(Le(&memory).u32(memory.len().saturating_sub(4)));
    let head = Headers::read(&memory, inner)
        .ok_or_else(|| wrong(start, "what it unpacks to holds no PE headers"))?;
    let first = head.sections.first().map_or(0, |s| s.address);
    let mut image = Memory {
        le: memory,
        first,
        extra: head.end,
    };
    let code = image.range(head.code.0, head.code.1);
    if let Some(code) = code.and_then(|range| image.le.get_mut(range)) {
        super::unfilter(byte(28), byte(29), code, start)?;
    }
    if head.imports.0 > 0 && head.imports.1 > 20 {
        image
            .imports(&head, packed, &outer)
            .ok_or_else(|| wrong(start, "its imports can't be put back"))?;
    }
    if head.relocations.0 > 0 && head.relocations.1 > 0 {
        image
            .relocations(&head)
            .ok_or_else(|| wrong(start, "its relocations can't be put back"))?;
    }
    image.file(packed, &outer, &head, place(whole))
}

/// The sections as they lie in memory.
struct Memory {
    le: Vec<u8>,
    /// Address of the first byte.
    first: u64,
    /// Where the next of what was taken out is described.
    extra: usize,
}

impl Memory {
    fn range(&self, address: u64, size: u64) -> Option<std::ops::Range<usize>> {
        let start = place(address.checked_sub(self.first)?);
        let end = start.checked_add(place(size))?;
        (end <= self.le.len()).then_some(start..end)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> Option<()> {
        let to = self.le.get_mut(at..at.checked_add(bytes.len())?)?;
        to.copy_from_slice(bytes);
        Some(())
    }

    /// Import descriptors, lookup tables and names where they were, in an order of our own.
    fn imports(&mut self, head: &Headers, packed: &[u8], outer: &Headers) -> Option<()> {
        let list = place(Le(&self.le).u32(self.extra));
        self.extra += 8;
        let at = outer.imports.0;
        let holds = |s: &&Section| s.address <= at && at - s.address < s.size;
        let section = outer.sections.iter().find(holds)?;
        let names = packed.get(place(section.offset + (at - section.address))..)?;
        let width = if head.wide { 8 } else { 4 };
        let ordinal = 1u64 << (width * 8 - 1);
        let mut libraries: Vec<(&[u8], u64, Vec<Import>)> = Vec::new();
        let mut p = list;
        // What is read moves on with each step, and ends with the memory.
        while Le(&self.le).u32(p) != 0 {
            let name = names.get(place(Le(&self.le).u32(p))..)?;
            let name = name.get(..memchr::memchr(0, name)?)?;
            let table = Le(&self.le).u32(p + 4);
            let mut wanted = Vec::new();
            p += 8;
            loop {
                match *self.le.get(p)? {
                    0 => break,
                    1 => {
                        let text = self.le.get(p + 1..)?;
                        let text = text.get(..memchr::memchr(0, text)?)?.to_vec();
                        p += text.len() + 2;
                        wanted.push(Import::Name(text));
                    }
                    0xff => {
                        wanted.push(Import::Ordinal(ordinal | Le(&self.le).u16(p + 1)));
                        p += 3;
                    }
                    _ => return None,
                }
            }
            p += 1;
            libraries.push((name, table, wanted));
        }
        let base = self.range(head.imports.0, 0)?.start;
        let mut text = base + (libraries.len() + 1) * 20;
        let mut at = base;
        for (name, table, wanted) in &libraries {
            let lookup = text;
            text += (wanted.len() + 1) * width;
            for (i, import) in wanted.iter().enumerate() {
                let value = match import {
                    Import::Ordinal(n) => *n,
                    Import::Name(name) => {
                        let here = text as u64 + self.first;
                        self.put(text, &[0, 0])?;
                        self.put(text + 2, name)?;
                        self.put(text + 2 + name.len(), &[0])?;
                        text += (name.len() + 3).next_multiple_of(2);
                        here
                    }
                };
                let bytes = value.to_le_bytes();
                self.put(lookup + i * width, bytes.get(..width)?)?;
                self.put(place(*table) + i * width, bytes.get(..width)?)?;
            }
            self.put(text, name)?;
            self.put(text + name.len(), &[0])?;
            let rva = |n: usize| (n as u64 + self.first) as u32;
            let fields = [rva(lookup), 0, 0, rva(text), (*table + self.first) as u32];
            text += name.len() + 1;
            for f in fields {
                self.put(at, &f.to_le_bytes())?;
                at += 4;
            }
        }
        // They must not have run into what follows.
        let room = head
            .sections
            .iter()
            .find(|s| s.address <= head.imports.0 && head.imports.0 - s.address < s.size)?;
        (text as u64 + self.first <= room.address + room.size).then_some(())
    }

    /// Pointers are absolute again, and the table says where they are.
    fn relocations(&mut self, head: &Headers) -> Option<()> {
        let mut p = place(Le(&self.le).u32(self.extra));
        let (width, kind) = if head.wide { (8, 10u16) } else { (4, 3) };
        let mut at = 0u64.wrapping_sub(4);
        let mut out: Vec<u8> = Vec::new();
        let mut block = (u64::MAX, 0);
        let close = |out: &mut Vec<u8>, start: usize| {
            out.resize(out.len().next_multiple_of(4), 0);
            let size = (out.len() - start) as u32;
            if let Some(field) = out.get_mut(start + 4..start + 8) {
                field.copy_from_slice(&size.to_le_bytes());
            }
        };
        loop {
            let le = Le(&self.le);
            let delta = match *self.le.get(p)? {
                0 => break,
                b @ 0xf0.. => {
                    p += 3;
                    match le.u16(p - 2) | u64::from(b & 15) << 16 {
                        0 => {
                            p += 4;
                            le.u32(p - 4)
                        }
                        delta => delta,
                    }
                }
                b => {
                    p += 1;
                    u64::from(b)
                }
            };
            at = at.wrapping_add(delta);
            let place = place(at);
            let field = self.le.get_mut(place..place.checked_add(width)?)?;
            let value = field.iter().fold(0u64, |v, b| v << 8 | u64::from(*b));
            let value = value
                .wrapping_add(head.base)
                .wrapping_add(self.first)
                .to_le_bytes();
            field.copy_from_slice(value.get(..width)?);
            let address = at + self.first;
            if address >> 12 != block.0 {
                if block.0 != u64::MAX {
                    close(&mut out, block.1);
                }
                block = (address >> 12, out.len());
                out.extend_from_slice(&((address & !0xfff) as u32).to_le_bytes());
                out.extend_from_slice(&[0; 4]);
            }
            let entry = kind << 12 | (address & 0xfff) as u16;
            out.extend_from_slice(&entry.to_le_bytes());
        }
        if block.0 != u64::MAX {
            close(&mut out, block.1);
        }
        // A linker may have left out or added padding; what does not fit is not needed to read the program.
        let room = self.range(head.relocations.0, head.relocations.1)?;
        let fits = out.len().min(room.len());
        self.put(room.start, out.get(..fits)?)
    }

    /// Headers, and each section at its place.
    fn file(&self, packed: &[u8], outer: &Headers, head: &Headers, whole: usize) -> Result<Vec<u8>> {
        let cut = || wrong(outer.start, "a section lies outside what it unpacks to");
        let mut out = vec![0; whole];
        let headers = self.le.get(head.start..head.end).unwrap_or_default();
        let stub = packed.get(..outer.start).unwrap_or_default();
        let front = [stub, headers].concat();
        out.get_mut(..front.len())
            .ok_or_else(cut)?
            .copy_from_slice(&front);
        // The packed file's headers may begin elsewhere.
        let start = (outer.start as u32).to_le_bytes();
        out.get_mut(60..64).ok_or_else(cut)?.copy_from_slice(&start);
        for s in head.sections.iter().filter(|s| s.offset > 0) {
            // The last sections are cut where nothing but zeros followed.
            let from = self.range(s.address, 0).ok_or_else(cut)?.start;
            let to = from.saturating_add(place(s.size)).min(head.start);
            let bytes = self.le.get(from..to).ok_or_else(cut)?;
            let at = place(s.offset);
            let room = out.get_mut(at..at.saturating_add(bytes.len())).ok_or_else(cut)?;
            room.copy_from_slice(bytes);
        }
        Ok(out)
    }
}

enum Import {
    Name(Vec<u8>),
    Ordinal(u64),
}
