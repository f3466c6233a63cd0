//! arm: A32 instruction words → the text of golang.org/x/arch/arm/armasm (`GoSyntax`, `GNUSyntax`).
//!
//! Encodings are stated as a table of our own ([`base`]) for the reason given in [`super::arm64`].

mod base;
mod gnu;
mod go;
mod operand;
mod rows;

use std::sync::LazyLock;

use super::{Decoded, Printer, Style, Symbols};
use rows::Table;

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

/// The arm printer (A32; Go does not emit Thumb).
#[derive(Debug, Clone, Copy, Default)]
pub struct Arm;

fn word(code: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*code.first_chunk()?))
}

impl Printer for Arm {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, _: Style, out: &mut Vec<u8>) -> Decoded {
        let inst = word(code).and_then(|x| TABLE.find(x));
        match &inst {
            Some(inst) => go::print(inst, pc, symbols, out),
            None => out.push(b'?'),
        }
        Decoded {
            len: code.len().min(4),
            known: inst.is_some(),
        }
    }

    fn gnu(&self, code: &[u8], _: u64, _: &dyn Symbols, out: &mut Vec<u8>) {
        if let Some(inst) = word(code).and_then(|x| TABLE.find(x)) {
            gnu::print(&inst, out);
        }
    }

    fn unknown_len(&self) -> usize {
        4
    }
}
