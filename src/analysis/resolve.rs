//! What an instruction's operands are: a function, a global, a string constant.
//!
//! The compiler loads a string as its address and, in one of the next instructions, its length; nothing in the file marks the pair.
//! So a string is only named where a length nearby makes the bytes there text, and may still be a coincidence.

use super::listing::{Function, Instruction, Listing};
use crate::image::Image;

/// Longest string shown whole, in bytes; longer ones are cut.
const SHOWN: usize = 64;
/// A constant beyond this is no length.
const LONGEST: u64 = 1 << 20;
/// Symbols that stand for a whole region of other things.
const REGIONS: [&[u8]; 10] = [
    b"go:string.*",
    b"go:func.*",
    b"type:*",
    b"typerel.*",
    b"runtime.rodata",
    b"runtime.types",
    b"runtime.etext",
    b"runtime.gcbits.*",
    b"runtime.noptrdata",
    b"runtime.data",
];

/// Answers for one image.
pub struct Resolver<'r, 'a> {
    image: &'r Image<'a>,
    listing: &'r Listing<'r>,
}

impl<'r, 'a> Resolver<'r, 'a> {
    /// For the functions of `listing`, which is of `image`.
    pub fn new(image: &'r Image<'a>, listing: &'r Listing<'r>) -> Self {
        Resolver { image, listing }
    }

    /// What the operands of an instruction of `function` are; `None` where its text already says it or nothing is known.
    pub fn note(&self, function: &Function<'_>, instruction: &Instruction<'_>) -> Option<Vec<u8>> {
        let targets = self.listing.targets(instruction);
        targets.addresses.iter().find_map(|&addr| {
            if (function.start..function.end).contains(&addr) {
                return None;
            }
            self.string(addr, &targets.constants)
                .or_else(|| self.symbol(addr, instruction.text))
                .or_else(|| self.header(addr))
        })
    }

    /// `name+0x10`, unless the text has it.
    fn symbol(&self, addr: u64, text: &[u8]) -> Option<Vec<u8>> {
        let (name, start) = self.listing.lookup(addr).filter(|s| !REGIONS.contains(&s.0))?;
        if memchr::memmem::find(text, name).is_some() {
            return None;
        }
        let mut out = name.to_vec();
        if addr != start {
            out.extend_from_slice(format!("+{:#x}", addr - start).as_bytes());
        }
        Some(out)
    }

    /// The text at `addr`, if it lies in memory that is not written and one of `lengths` makes it text.
    fn string(&self, addr: u64, lengths: &[u64]) -> Option<Vec<u8>> {
        let constant = self
            .image
            .section_at(addr)
            .is_some_and(|s| !s.perm.write && !s.perm.exec);
        if !constant {
            return None;
        }
        lengths.iter().find_map(|&len| self.text(addr, len))
    }

    /// A variable of type string: a pointer to text and its length.
    fn header(&self, addr: u64) -> Option<Vec<u8>> {
        let size = u64::from(self.image.ptr_size);
        if !addr.is_multiple_of(size) || self.image.section_at(addr).is_none_or(|s| s.perm.exec) {
            return None;
        }
        let start = self.image.pointer_at(addr)?;
        let len = self.image.word_at(addr.checked_add(size)?)?;
        self.string(start, &[len])
    }

    fn text(&self, addr: u64, len: u64) -> Option<Vec<u8>> {
        if !(1..=LONGEST).contains(&len) {
            return None;
        }
        let bytes = self.image.bytes_at(addr, len)?;
        let text = std::str::from_utf8(bytes).ok()?;
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
        {
            return None;
        }
        let mut cut = text.len().min(SHOWN);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let mut out = crate::go::quote::quote(text.get(..cut)?.as_bytes());
        if cut < text.len() {
            out.extend_from_slice(format!("… ({} bytes)", text.len()).as_bytes());
        }
        Some(out)
    }
}
