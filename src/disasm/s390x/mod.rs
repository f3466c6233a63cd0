//! s390x instruction bytes → Go syntax and GNU syntax.
//!
//! Authorities: the z/Architecture Principles of Operation for encodings; for the text, what `go tool
//! objdump` of Go 1.27 prints (golang.org/x/arch/s390x/s390xasm).

mod decode;
mod gnu;
mod go;
pub(super) mod refs;
mod step;
mod vector;

use super::isa::{List, Text};
use super::step::{Convention, Effect};
use super::{Decoded, Printer, Style, Symbols};
use decode::decode;

/// Bytes that an undecodable instruction consumes.
const UNKNOWN_LEN: usize = 2;

/// The printer for GOARCH s390x.
#[derive(Debug, Clone, Copy, Default)]
pub struct S390x;

impl Printer for S390x {
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

    fn gnu(&self, code: &[u8], pc: u64, style: Style, out: &mut Vec<u8>) {
        if let Some(inst) = decode(code) {
            gnu::print(&inst, pc, style, out);
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        step::step(code, pc, out);
        // The first two bits of an instruction are its length.
        match code.first().map(|b| b >> 6) {
            Some(0) => 2,
            Some(3) => 6,
            _ => 4,
        }
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
    /// General, floating-point, access, control and vector registers.
    R(u8),
    F(u8),
    A(u8),
    C(u8),
    V(u8),
    Imm(i64),
    /// A four-bit mask.
    Mask(u8),
    /// A length in bytes.
    Len(u16),
    /// Distance in bytes to what a relative operand names.
    Target(i64),
    /// Displacement, what stands beside the base register, and the base register.
    Mem {
        disp: i32,
        index: Index,
        base: u8,
    },
}

/// What stands beside the base register of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    None,
    /// An index register; 0 is none.
    X(u8),
    /// A general register that is no index (a length or key).
    R(u8),
    /// An element of this vector register.
    V(u8),
    Len(u16),
}

type Args = List<Arg, 8>;

#[cfg(test)]
mod tests;
