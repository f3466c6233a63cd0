//! arm: A32 instruction words → the text of golang.org/x/arch/arm/armasm (`GoSyntax`, `GNUSyntax`).
//!
//! Encodings are stated as a table of our own ([`base`]) for the reason given in [`super::arm64`].

mod base;
mod gnu;
mod go;
mod operand;
pub(super) mod refs;
mod rows;
mod step;

use std::sync::LazyLock;

use super::step::{Convention, Effect};
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
        let pool = |distance: i64| word(code.get(usize::try_from(distance).ok()?..)?);
        if let Some(w) = word(code) {
            step::step(w, pc, pool, out);
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
        let decoded = Arm.go(&word.to_le_bytes(), 0x1000, &NoSymbols, style, &mut go);
        if decoded.known {
            Arm.gnu(&word.to_le_bytes(), 0x1000, Style::default(), &mut gnu);
        }
        (
            String::from_utf8_lossy(&go).into_owned(),
            String::from_utf8_lossy(&gnu).into_owned(),
        )
    }

    #[test]
    fn what_go_does_not_decode_is_printed_in_its_assemblers_syntax() {
        // Words of LLVM's assembler.
        for (word, go, gnu) in [
            (0xe7ad_e00b, "MOVW.W R14, (R13)(R11)", "str lr, [sp, fp]!"),
            (
                0xee1d_0f70,
                "MRC 15, 0, R0, C13, C0, 3",
                "mrc 15, 0, r0, cr13, cr0, {3}",
            ),
            (0xeea0_0b01, "FMULAD F1, F0, F0", "vfma.f64 d0, d0, d1"),
        ] {
            assert_eq!(print(word, false), (go.to_owned(), gnu.to_owned()), "{word:08x}");
            assert_eq!(print(word, true).0, "?", "{word:08x}");
        }
    }

    #[test]
    fn a_cut_off_word_is_unknown() {
        let mut out = Vec::new();
        let decoded = Arm.go(&[0, 0, 0xa0], 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!((decoded, &out[..]), (Decoded { len: 3, known: false }, &b"?"[..]));
    }
}
