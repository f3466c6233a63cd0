//! loong64 instruction bytes → Go syntax and GNU syntax.
//!
//! Authorities: the LoongArch reference manual, volume 1, for encodings; for the text, what `go tool objdump`
//! of Go 1.27 prints (golang.org/x/arch/loong64/loong64asm). Where that says `Unknown` before the manual's
//! name, the Go assembler's name is printed, unless Go's own text is asked for; and so are the vector
//! instructions, which Go does not decode.

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

/// The printer for GOARCH loong64.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loong64;

impl Printer for Loong64 {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) -> Decoded {
        let len = UNKNOWN_LEN.min(code.len());
        let inst = decode(code, !style.strict_go);
        match &inst {
            Some(inst) => go::print(inst, pc, symbols, style, out),
            None => out.put("?"),
        }
        Decoded {
            len,
            known: inst.is_some(),
        }
    }

    fn gnu(&self, code: &[u8], _: u64, _: Style, out: &mut Vec<u8>) {
        if let Some(inst) = decode(code, true) {
            gnu::print(&inst, out);
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        let Some(inst) = decode(code, true) else {
            return UNKNOWN_LEN;
        };
        step::step(&inst, pc, out);
        UNKNOWN_LEN
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
    R(u8),
    F(u8),
    /// Floating-point control registers and condition flags.
    Fcsr(u8),
    Fcc(u8),
    /// Vector registers of 128 and of 256 bits.
    V(u8),
    X(u8),
    /// Numbers; GNU shows unsigned ones in hexadecimal.
    Unsigned(u32),
    Signed(i64),
    /// Distance in bytes to a branch target.
    Target(i32),
}

type Args = List<Arg, 5>;

#[cfg(test)]
mod tests;
