//! riscv64 instruction bytes → Go syntax and GNU syntax.
//!
//! Authorities: the RISC-V unprivileged ISA manual for encodings; for the text, what `go tool objdump` of Go
//! 1.27 prints (golang.org/x/arch/riscv64/riscv64asm). `decode` reads a word, `go` and `gnu` write it.

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
const UNKNOWN_LEN: usize = 2;

/// The printer for GOARCH riscv64.
#[derive(Debug, Clone, Copy, Default)]
pub struct Riscv64;

impl Printer for Riscv64 {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) -> Decoded {
        match decode(code) {
            Some(inst) => {
                go::print(&inst, pc, symbols, style, out);
                Decoded {
                    len: inst.len,
                    known: true,
                }
            }
            None => {
                out.put("?");
                Decoded {
                    len: UNKNOWN_LEN.min(code.len()),
                    known: false,
                }
            }
        }
    }

    fn gnu(&self, code: &[u8], _: u64, _: Style, out: &mut Vec<u8>) {
        if let Some(inst) = decode(code) {
            gnu::print(&inst, out);
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        let Some(inst) = decode(code) else {
            return UNKNOWN_LEN;
        };
        step::step(&inst, pc, out);
        inst.len
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
    /// Integer, floating-point and vector registers.
    X(u8),
    F(u8),
    V(u8),
    /// An immediate; GNU shows some of them in hexadecimal.
    Imm {
        value: i64,
        hex: bool,
    },
    /// Distance in bytes from the instruction to a branch target.
    Target(i32),
    /// An address: register and offset.
    Mem {
        base: u8,
        offset: i32,
    },
    /// An address that is only a register.
    Ptr(u8),
    Csr(u16),
    /// What a fence orders: bits i, o, r, w.
    Order(u8),
    /// The vtype field of a vector configuration.
    Vtype(u16),
    /// Go's way to write the floating-point number 0 taken from X0.
    FloatZero,
}

/// The operands of one instruction, at most five.
type Args = List<Arg, 6>;

/// The vtype field's words in the order element width, group size, tail, mask.
fn vtype_words(vtype: u16) -> [&'static str; 4] {
    let pick = |words: &'static [&'static str], at: u16| words.get(usize::from(at)).copied().unwrap_or("");
    [
        pick(&["E8", "E16", "E32", "E64"], vtype >> 3 & 7),
        pick(&["M1", "M2", "M4", "M8", "", "MF8", "MF4", "MF2"], vtype & 7),
        pick(&["TU", "TA"], vtype >> 6 & 1),
        pick(&["MU", "MA"], vtype >> 7 & 1),
    ]
}

/// The letters of a fence's order.
fn order_letters(order: u8) -> impl Iterator<Item = u8> {
    [(8, b'i'), (4, b'o'), (2, b'r'), (1, b'w')]
        .into_iter()
        .filter(move |(bit, _)| order & bit != 0)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests;
