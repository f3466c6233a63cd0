//! Functions and variables of other libraries, by the word that the loader fills in with their address.
//!
//! Authority: the System V gABI (dynamic relocations), Apple's `mach-o/loader.h` (indirect symbols),
//! Microsoft's PE/COFF specification (import address table). The stub that calls such a function is not
//! looked up but read: its code says which word it goes through.

use rustc_hash::FxHashMap;

use super::listing::Listing;
use crate::disasm::step::{Effect, Place};
use crate::image::{Format, Image};

/// Words by their address.
#[derive(Debug, Default)]
pub struct Imports<'a> {
    slots: FxHashMap<u64, Slot<'a>>,
    /// What calls into stubs end with: `@plt`, `@stub`, nothing.
    stub: &'static str,
    /// 386: what EBX points to where a position-independent program calls through its table.
    table: u64,
}

#[derive(Debug, Clone, Copy)]
struct Slot<'a> {
    library: &'a [u8],
    name: &'a [u8],
}

/// Instructions of a stub at most.
const STUB: usize = 4;

impl<'a> Imports<'a> {
    /// All of an image's.
    pub fn of(image: &Image<'a>) -> Imports<'a> {
        let mut slots = FxHashMap::default();
        let mut add = |addr, library, name: &'a [u8]| {
            if !name.is_empty() {
                slots.insert(addr, Slot { library, name });
            }
        };
        let mut stub = "";
        match image.format {
            Format::Elf => {
                stub = "@plt";
                let symbols = image.elf_dynamic_symbols();
                for r in image.relocations().iter().filter(|r| r.symbol != 0) {
                    if let Some(s) = symbols.get(r.symbol as usize) {
                        add(r.addr, &b""[..], s.name);
                    }
                }
            }
            Format::MachO => {
                stub = "@stub";
                for (addr, name) in image.macho_indirect_symbols() {
                    add(addr, b"", name);
                }
            }
            Format::Pe => {
                for import in image.pe_imports() {
                    for (addr, name) in import.slots.iter().zip(&import.functions) {
                        add(*addr, import.library, name);
                    }
                }
            }
            _ => {}
        }
        let table = [".got.plt", ".got"].iter().find_map(|n| image.section(n));
        Imports {
            slots,
            stub,
            table: table.map_or(0, |s| s.addr),
        }
    }

    /// What the word at `addr` is filled in with.
    pub fn slot(&self, addr: u64) -> Option<Vec<u8>> {
        let slot = self.slots.get(&addr)?;
        Some(slot.label(if self.stub.is_empty() { "" } else { "@got" }))
    }

    /// What the code at `addr` only passes on to.
    pub fn behind(&self, addr: u64, image: &Image<'_>, listing: &Listing<'_>) -> Option<Vec<u8>> {
        if self.slots.is_empty() {
            return None;
        }
        let mut rest = image.bytes_from(addr)?;
        let mut pc = addr;
        let mut part = None;
        for _ in 0..STUB {
            let mut effects = Vec::new();
            let len = listing.step(rest, pc, &mut effects);
            for effect in effects {
                match effect {
                    Effect::Part(r, p) | Effect::Address(r, p) => part = Some((r, p)),
                    Effect::Load(_, place) | Effect::GoThrough(_, place) => {
                        let slot = self.place(place, part, image)?;
                        return self.slots.get(&slot).map(|s| s.label(self.stub));
                    }
                    Effect::Go(..) => return None,
                    _ => {}
                }
            }
            pc = pc.wrapping_add(len as u64);
            rest = rest.get(len..)?;
        }
        None
    }

    fn place(&self, place: Place, part: Option<(u8, u64)>, image: &Image<'_>) -> Option<u64> {
        match (place.base, part) {
            (None, _) => Some(place.offset as u64),
            (Some(base), Some((r, p))) if r == base => Some(p.wrapping_add_signed(place.offset)),
            // EBX
            (Some(3), None) if image.ptr_size == 4 => Some(self.table.wrapping_add_signed(place.offset)),
            _ => None,
        }
    }
}

impl Slot<'_> {
    fn label(&self, suffix: &str) -> Vec<u8> {
        let mut out = self.library.to_vec();
        if !out.is_empty() {
            out.push(b'!');
        }
        out.extend_from_slice(self.name);
        out.extend_from_slice(suffix.as_bytes());
        out
    }
}
