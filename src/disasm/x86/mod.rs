//! amd64 and 386: iced-x86 decodes, this prints what `go tool objdump` of Go 1.27 prints.
//!
//! `inst` turns a decoded instruction into Go's view of it, `ops` says what Go calls it, `prefix` which
//! prefixes it shows;
//! `go_syntax` and `gnu_syntax` write the two syntaxes. The authority is golang.org/x/arch/x86/x86asm as Go
//! 1.27.4 vendors it.

mod gnu_syntax;
mod go_syntax;
mod inst;
mod ops;
mod prefix;
pub(super) mod refs;
mod regs;
mod step;
mod strict;
#[cfg(test)]
mod tests;

use iced_x86::{Decoder, DecoderOptions, Instruction};

use self::inst::Inst;
use super::step::{Convention, Effect};
use super::{Decoded, Printer, Style, Symbols};

/// The printer for both.
#[derive(Debug, Clone, Copy)]
pub struct X86 {
    bitness: u32,
}

impl X86 {
    /// GOARCH amd64.
    pub const AMD64: X86 = X86 { bitness: 64 };
    /// GOARCH 386.
    pub const I386: X86 = X86 { bitness: 32 };

    fn decode(self, code: &[u8], pc: u64, style: Style) -> Option<Inst> {
        let mut window = code.get(..code.len().min(15)).unwrap_or(code);
        let mut copy = [0u8; 15];
        if style.strict_go && strict::rewrite(window, self.bitness, &mut copy) {
            window = copy.get(..window.len()).unwrap_or(window);
        }
        let mut decoder = Decoder::with_ip(self.bitness, window, pc, DecoderOptions::NO_INVALID_CHECK);
        let mut insn = Instruction::default();
        decoder.decode_out(&mut insn);
        if insn.is_invalid() || style.strict_go && !strict::known(&insn, window, self.bitness) {
            return None;
        }
        let mut inst = Inst::new(&insn, window, self.bitness, style.correct && !style.strict_go);
        if style.strict_go || !style.correct {
            strict::keep_lengths(&mut inst, window);
        }
        if style.strict_go {
            strict::keep_names(&mut inst);
        }
        Some(inst)
    }
}

impl X86 {
    /// Does Go, which does not know the instruction of `len` bytes at `code[0]`, find back to an
    /// instruction's start right behind it? Otherwise what it prints there would not stand in a listing with
    /// other boundaries.
    fn go_resumes_behind(self, len: usize, code: &[u8], pc: u64) -> bool {
        let strict = Style {
            strict_go: true,
            ..Style::default()
        };
        let mut at = 1;
        while at < len {
            let rest = code.get(at..).unwrap_or(&[]);
            at += self
                .decode(rest, pc.wrapping_add(at as u64), strict)
                .map_or(1, |i| i.len.max(1));
        }
        at == len
    }
}

impl Printer for X86 {
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) -> Decoded {
        let decoded = self.decode(code, pc, style);
        match decoded
            .filter(|i| style.correct || !i.op.unknown_to_go || self.go_resumes_behind(i.len, code, pc))
        {
            Some(inst) => {
                go_syntax::write(&inst, pc, symbols, out);
                Decoded {
                    len: inst.len,
                    known: true,
                }
            }
            None => {
                out.push(b'?');
                Decoded { len: 1, known: false }
            }
        }
    }

    fn gnu(&self, code: &[u8], pc: u64, style: Style, out: &mut Vec<u8>) {
        if let Some(inst) = self.decode(code, pc, style) {
            gnu_syntax::write(&inst, code, pc, style.strict_go, out);
        }
    }

    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        let mut decoder = Decoder::with_ip(self.bitness, code, pc, DecoderOptions::NONE);
        let mut insn = Instruction::default();
        decoder.decode_out(&mut insn);
        if insn.is_invalid() {
            return 1;
        }
        step::step(&insn, self.bitness, out);
        insn.len()
    }

    fn convention(&self) -> Convention {
        if self.bitness == 64 {
            step::AMD64
        } else {
            step::I386
        }
    }

    fn unknown_len(&self) -> usize {
        1
    }
}
