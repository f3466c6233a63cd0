//! arm64: A64 instruction words → the text of golang.org/x/arch/arm64/arm64asm (`GoSyntax`, `GNUSyntax`).
//!
//! Encodings are stated as tables of our own ([`base`], [`simd`], [`beyond`]), because Go's choice of aliases
//! and of what does not decode is part of the text, and no decoder crate shares it (see
//! docs/objdump-arm64.md).

mod base;
mod beyond;
mod decode;
mod form;
mod gnu;
mod go;
mod operand;
pub(super) mod refs;
mod rows;
mod simd;
mod step;
mod system;

use std::sync::LazyLock;

use super::step::{Convention, Effect};
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

    fn gnu(&self, code: &[u8], _: u64, _: Style, out: &mut Vec<u8>) {
        if let Some(inst) = word(code).and_then(|x| TABLE.find(x, true)) {
            gnu::print(&inst, out);
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        if let Some(w) = word(code) {
            step::step(w, pc, out);
        }
        4
    }

    fn convention(&self) -> Convention {
        step::CONVENTION
    }

    fn unknown_len(&self) -> usize {
        4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::NoSymbols;

    fn print(word: u32, strict_go: bool) -> (String, String) {
        let (mut go, mut gnu) = (Vec::new(), Vec::new());
        let style = Style {
            strict_go,
            ..Style::default()
        };
        let decoded = Arm64.go(&word.to_le_bytes(), 0x1000, &NoSymbols, style, &mut go);
        assert_eq!(decoded.len, 4);
        if decoded.known {
            Arm64.gnu(&word.to_le_bytes(), 0x1000, Style::default(), &mut gnu);
        }
        (
            String::from_utf8_lossy(&go).into_owned(),
            String::from_utf8_lossy(&gnu).into_owned(),
        )
    }

    #[test]
    fn what_go_does_not_decode_is_printed_in_its_assemblers_syntax() {
        // Words and GNU texts are those of LLVM's assembler.
        for (word, go, gnu) in [
            (0xf8e0_0041, "LDADDALD R0, (R2), R1", "ldaddal x0, x1, [x2]"),
            (0x78e8_31f5, "LDORALH R8, (R15), R21", "ldsetalh w8, w21, [x15]"),
            (0xc8e0_fc41, "CASALD R0, (R2), R1", "casal x0, x1, [x2]"),
            (
                0x4820_7c82,
                "CASPD (R0, R1), (R4), (R2, R3)",
                "casp x0, x1, x2, x3, [x4]",
            ),
            (0xce62_8020, "VSHA512H V2.D2, V1, V0", "sha512h q0, q1, v2.2d"),
            (
                0xce03_0820,
                "VEOR3 V2.B16, V3.B16, V1.B16, V0.B16",
                "eor3 v0.16b, v1.16b, v3.16b, v2.16b",
            ),
            (
                0xce82_fc20,
                "VXAR $63, V2.D2, V1.D2, V0.D2",
                "xar v0.2d, v1.2d, v2.2d, #63",
            ),
            (0x1ee2_2820, "FADDH F2, F1, F0", "fadd h0, h1, h2"),
            (0xd65f_0bff, "RETAA", "retaa "),
            (0xd508_7500 | 31, "IC IALLU", "ic iallu"),
            (0xd503_415f, "MSR $1, DIT", "msr dit, #0x1"),
            (0, "UNDEF", "undef "),
        ] {
            assert_eq!(print(word, false), (go.to_owned(), gnu.to_owned()), "{word:08x}");
            assert_eq!(print(word, true).0, "?", "{word:08x}");
        }
    }

    #[test]
    fn a_cut_off_word_is_unknown() {
        let mut out = Vec::new();
        let decoded = Arm64.go(&[0x1f, 0x20, 0x03], 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!((decoded, &out[..]), (Decoded { len: 3, known: false }, &b"?"[..]));
    }
}
