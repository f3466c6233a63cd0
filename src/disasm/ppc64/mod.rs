//! ppc64 and ppc64le instruction bytes → Go syntax and GNU syntax.
//!
//! Authorities: Power ISA 3.1 for encodings; for the text, what `go tool objdump` of Go 1.27 prints
//! (golang.org/x/arch/ppc64/ppc64asm).

mod decode;
mod gnu;
mod go;
pub(super) mod refs;
mod step;

use super::isa::{List, Text};
use super::step::{Convention, Effect};
use super::{Decoded, Printer, Style, Symbols};
use decode::decode;

/// Bytes that an undecodable instruction consumes.
const UNKNOWN_LEN: usize = 4;

/// The printer for GOARCH ppc64 and ppc64le.
#[derive(Debug, Clone, Copy)]
pub struct Ppc64 {
    /// Instruction words are stored least significant byte first (ppc64le).
    pub little_endian: bool,
}

impl Printer for Ppc64 {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, _: Style, out: &mut Vec<u8>) -> Decoded {
        if let Some(inst) = decode(code, self.little_endian) {
            go::print(&inst, pc, symbols, out);
            return Decoded {
                len: inst.len,
                known: true,
            };
        }
        let known = code.get(..4) == Some(&[0; 4]);
        out.put(if known { "WORD $0" } else { "?" });
        Decoded {
            len: UNKNOWN_LEN.min(code.len()),
            known,
        }
    }

    fn gnu(&self, code: &[u8], pc: u64, _: Style, out: &mut Vec<u8>) {
        match decode(code, self.little_endian) {
            Some(inst) => gnu::print(&inst, pc, out),
            None => out.put(".long 0x0"),
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        let word = |at: usize| {
            let bytes = code.get(at..)?.first_chunk().copied()?;
            Some(if self.little_endian {
                u32::from_le_bytes(bytes)
            } else {
                u32::from_be_bytes(bytes)
            })
        };
        let Some(first) = word(0) else { return UNKNOWN_LEN };
        step::step(first, word(4), pc, out);
        if first >> 26 == 1 { 8 } else { 4 }
    }

    fn convention(&self) -> Convention {
        step::CONVENTION
    }

    fn unknown_len(&self) -> usize {
        UNKNOWN_LEN
    }
}

/// One operand as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arg {
    /// General, floating-point, vector, vector-scalar and accumulator registers.
    R(u8),
    F(u8),
    V(u8),
    X(u8),
    A(u8),
    /// A bit of the condition register (0 to 31), and one of its fields.
    CrBit(u8),
    CrField(u8),
    Spr(u16),
    Imm(i64),
    /// Distance in bytes to a branch target.
    Target(i64),
    /// An absolute branch target.
    Absolute(u32),
    /// Offset and base register.
    Mem {
        offset: i64,
        base: u8,
    },
}

type Args = List<Arg, 6>;

#[cfg(test)]
mod tests;
