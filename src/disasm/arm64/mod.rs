//! arm64: A64 instruction words → the text of golang.org/x/arch/arm64/arm64asm (`GoSyntax`, `GNUSyntax`).
//!
//! Encodings are stated as tables of our own ([`base`], [`simd`], [`beyond`]), because Go's choice of aliases and of what
//! does not decode is part of the text, and no decoder crate shares it (see docs/objdump-arm64.md).

mod base;
mod beyond;
mod decode;
mod form;
mod gnu;
mod go;
mod operand;
mod rows;
mod simd;
mod system;

use std::sync::LazyLock;

use super::{Decoded, Printer, Style, Symbols};
use rows::Table;

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

/// The arm64 printer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arm64;

fn word(code: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*code.first_chunk()?))
}

impl Printer for Arm64 {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) -> Decoded {
        let inst = word(code).and_then(|x| TABLE.find(x, !style.strict_go));
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
        if let Some(inst) = word(code).and_then(|x| TABLE.find(x, true)) {
            gnu::print(&inst, out);
        }
    }

    fn unknown_len(&self) -> usize {
        4
    }
}
