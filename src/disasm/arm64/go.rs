//! A decoded A64 instruction → Go's assembler syntax, as golang.org/x/arch/arm64/arm64asm prints it.
//!
//! The architecture's operand order is turned round, with exceptions per mnemonic; operand width, element
//! width and addressing mode become part of the mnemonic.

use super::decode::{Arg, Extend};
use super::form::Form;
use super::operand::{Arrangement, Class, Form as Mode};
use super::rows::Inst;
use crate::disasm::Symbols;
use crate::disasm::isa::Text;

struct Printer<'a> {
    pc: u64,
    symbols: &'a dyn Symbols,
    out: &'a mut Vec<u8>,
    fp: u8,
}

/// Appends the Go syntax of `inst`.
pub(super) fn print(inst: &Inst<'_>, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    let fp = if inst.row.writes_f { b'F' } else { b'V' };
    Printer { pc, symbols, out, fp }.inst(inst);
}

/// The first register's class, where operand `i` is a general or FP register (stack pointer included).
fn class(inst: &Inst<'_>, i: usize) -> Option<Class> {
    match inst.args.get(i).copied().flatten()? {
        Arg::Reg(class, _) => Some(class),
        Arg::Sp(x, _) => Some(if x { Class::X } else { Class::W }),
        _ => None,
    }
}

/// The class of operand `i` if it is a register that can't be the stack pointer.
fn reg_class(inst: &Inst<'_>, i: usize) -> Option<Class> {
    match inst.args.get(i).copied().flatten()? {
        Arg::Reg(class, _) => Some(class),
        _ => None,
    }
}

fn float_letter(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::S) => "S",
        Some(Class::D) => "D",
        // Go decodes no half precision here.
        Some(Class::H) => "H",
        _ => "",
    }
}

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// `W` where operand `i` is a W register.
    fn narrow(&mut self, inst: &Inst<'_>, i: usize) {
        if reg_class(inst, i) == Some(Class::W) {
            self.text("W");
        }
    }

    fn mode(&mut self, inst: &Inst<'_>) {
        for arg in inst.args.iter().flatten() {
            if let Arg::Memory { form, .. } = arg {
                match form {
                    Mode::Offset => {}
                    Mode::Pre => self.text(".W"),
                    Mode::Post | Mode::PostReg => self.text(".P"),
                }
            }
        }
    }

    fn inst(&mut self, inst: &Inst<'_>) {
        let name: &str = &inst.row.name;
        let count = inst.args.iter().take_while(|arg| arg.is_some()).count();
        // Operand order before it is turned round.
        let mut order = [0, 1, 2, 3, 4];
        match inst.row.form {
            Form::Call => {
                self.text("CALL ");
                return self.arg(inst, 0);
            }
            Form::CallRegister | Form::JumpRegister => {
                self.text(if inst.row.form == Form::CallRegister {
                    "CALL (R"
                } else {
                    "JMP (R"
                });
                if let Some(Arg::Reg(_, n)) = inst.args[0] {
                    self.out.udec(u64::from(n));
                }
                return self.text(")");
            }
            Form::Return => match inst.args[0] {
                Some(Arg::Reg(_, 30)) => return self.text(name),
                _ => self.text(name),
            },
            Form::Jump => {
                return match inst.args[0] {
                    Some(Arg::Cond(cond, invert)) => {
                        self.text("B");
                        self.text(condition(cond, invert));
                        self.text(" ");
                        self.arg(inst, 1);
                    }
                    _ => {
                        self.text("JMP ");
                        self.arg(inst, 0);
                    }
                };
            }
            Form::Move => {
                let op = match (inst.args[0], inst.args[1]) {
                    (_, Some(Arg::Element(..))) | (Some(Arg::Element(..) | Arg::Vector(..)), _) => "VMOV",
                    _ => match class(inst, 0) {
                        Some(Class::W) => "MOVW",
                        Some(Class::X) => "MOVD",
                        _ => name,
                    },
                };
                self.text(op);
            }
            Form::Nop => self.text("NOOP"),
            Form::UnsignedMove => self.text("VMOV"),
            Form::Load | Form::Store => {
                let load = inst.row.form == Form::Load;
                self.text(match class(inst, 0) {
                    Some(Class::W) if load => "MOVWU",
                    Some(Class::W) => "MOVW",
                    Some(Class::B) => "FMOVB",
                    Some(Class::H) => "FMOVH",
                    Some(Class::S) => "FMOVS",
                    Some(Class::D) => "FMOVD",
                    Some(Class::Q) => "FMOVQ",
                    _ => "MOVD",
                });
                self.mode(inst);
                if !load {
                    order.swap(0, 1);
                }
            }
            Form::LoadAs(w, x) => {
                self.text(if class(inst, 0) == Some(Class::W) { w } else { x });
                self.mode(inst);
            }
            Form::StoreAs(op) => {
                self.text(op);
                self.mode(inst);
                order.swap(0, 1);
            }
            Form::Pair => return self.pair(inst),
            Form::ExclusivePair => {
                self.text(name);
                self.narrow(inst, 0);
                self.text(" ");
                self.arg(inst, 2);
                self.text(", ");
                return self.two(inst, 0);
            }
            Form::StoreExclusivePair => {
                self.text(name);
                self.narrow(inst, 1);
                self.text(" ");
                self.two(inst, 1);
                self.text(", ");
                self.arg(inst, 3);
                self.text(", ");
                return self.arg(inst, 0);
            }
            Form::StoreRelease | Form::StoreReleaseNarrow => {
                self.text(name);
                if inst.row.form == Form::StoreRelease {
                    self.narrow(inst, 0);
                }
                order.swap(0, 1);
            }
            Form::StoreExclusive | Form::StoreExclusiveNarrow => {
                self.text(name);
                if inst.row.form == Form::StoreExclusive {
                    self.narrow(inst, 1);
                }
                order.swap(1, 2);
            }
            Form::TestBranch => {
                self.text(name);
                order = [2, 0, 1, 3, 4];
            }
            Form::CompareBranch => {
                self.text(name);
                self.narrow(inst, 0);
                order.swap(0, 1);
            }
            Form::MultiplyAdd => {
                self.text(name);
                self.narrow(inst, 0);
                order.swap(2, 3);
            }
            Form::BitField => {
                self.text(name);
                self.narrow(inst, 0);
                order = [0, 3, 1, 2, 4];
            }
            Form::Float | Form::FloatMultiplyAdd | Form::FloatCompare | Form::FloatConditionalCompare => {
                self.text(name);
                self.text(float_letter(reg_class(inst, 0)));
                match inst.row.form {
                    Form::FloatMultiplyAdd => order.swap(2, 3),
                    Form::FloatConditionalCompare => order.swap(0, 1),
                    _ => {}
                }
            }
            Form::FloatUnary => {
                self.text(name);
                self.text(float_letter(reg_class(inst, 1)));
            }
            Form::Convert => {
                self.text(name);
                for i in [1, 0] {
                    self.text(float_letter(reg_class(inst, i)));
                }
            }
            Form::ConvertInteger => {
                self.text(name);
                if !matches!(inst.args[2], Some(Arg::Imm(..))) {
                    for i in [1, 0] {
                        self.text(float_letter(reg_class(inst, i)));
                        self.narrow(inst, i);
                    }
                }
            }
            Form::FloatMove => {
                self.text(name);
                let letters = [float_letter(reg_class(inst, 0)), float_letter(reg_class(inst, 1))];
                self.text(letters.into_iter().find(|l| !l.is_empty()).unwrap_or(""));
            }
            Form::Adr => {
                self.text(name);
                self.text(" ");
                if let Some(Arg::Pc(offset)) = inst.args[1] {
                    self.out.dec(offset);
                }
                self.text("(PC), ");
                return self.arg(inst, 0);
            }
            Form::WriteSystem => {
                self.text(name);
                self.text(" ");
                self.arg(inst, 1);
                self.text(", ");
                return match inst.args[0] {
                    Some(Arg::Pstate(field)) => self.text(field),
                    Some(Arg::SysReg(x)) => super::gnu::system_register(x, true, self.out),
                    _ => {}
                };
            }
            Form::SystemLong => {
                self.text(name);
                self.text(" $");
                if let Some(Arg::Reg(..)) = inst.args[0] {
                    self.out.udec(u64::from(inst_word_sys(inst)));
                }
                self.text(", ");
                return self.arg(inst, 0);
            }
            Form::StructureLoad | Form::StructureStore => {
                self.text("V");
                self.text(name);
                self.mode(inst);
                if inst.row.form == Form::StructureStore {
                    order.swap(0, 1);
                }
            }
            Form::AtomicPair => {
                self.text(name);
                self.text(" ");
                self.two(inst, 0);
                self.text(", ");
                self.arg(inst, 2);
                self.text(", ");
                return self.two(inst, 3);
            }
            Form::Atomic => {
                self.text(name);
                order = [2, 1, 0, 3, 4];
            }
            Form::Bare => {
                self.text(name);
                self.mode(inst);
            }
            Form::Plain => {
                let fp = class(inst, 0).is_some_and(|c| c >= Class::B) && !name.starts_with('F');
                if fp || matches!(inst.args[0], Some(Arg::Vector(..))) {
                    self.text("V");
                }
                self.text(name);
                if class(inst, 0) == Some(Class::W) {
                    self.text("W");
                }
                self.mode(inst);
            }
        }
        if let Some(Arg::Cond(..)) = inst.args[3] {
            match inst.args[2] {
                Some(Arg::Reg(..)) => order.swap(1, 2),
                _ => order.swap(0, 2),
            }
        }
        let zero = matches!(inst.row.form, Form::FloatCompare | Form::FloatConditionalCompare);
        for (printed, &i) in order.iter().take(count).rev().enumerate() {
            self.text(if printed == 0 { " " } else { ", " });
            match inst.args.get(i) {
                Some(Some(Arg::Imm(..))) if zero && i == 1 => self.text("$(0.0)"),
                Some(Some(Arg::Pc(offset))) if self.loads_literal(inst, i, *offset) => {}
                _ => self.arg(inst, i),
            }
        }
    }

    /// A load from a symbol's start is written as its address.
    fn loads_literal(&mut self, inst: &Inst<'_>, i: usize, offset: i64) -> bool {
        let load = matches!(inst.row.form, Form::Load | Form::LoadAs(..)) && i == 1;
        let addr = self.pc.wrapping_add_signed(offset);
        if !load || !matches!(inst.args[0], Some(Arg::Reg(..))) {
            return false;
        }
        match self.symbols.lookup(addr) {
            Some((name, base)) if base == addr && !name.is_empty() => {
                self.text("$");
                self.out.extend_from_slice(name);
                self.text("(SB)");
                true
            }
            _ => false,
        }
    }

    fn two(&mut self, inst: &Inst<'_>, i: usize) {
        self.text("(");
        self.arg(inst, i);
        self.text(", ");
        self.arg(inst, i + 1);
        self.text(")");
    }

    fn pair(&mut self, inst: &Inst<'_>) {
        let name: &str = &inst.row.name;
        let class = class(inst, 0);
        let letter = match class {
            Some(Class::W) => "W",
            Some(Class::S) => "S",
            Some(Class::D) => "D",
            Some(Class::Q) => "Q",
            _ => "",
        };
        if class.is_some_and(|c| c >= Class::B) {
            self.text("F");
        }
        self.text(name);
        self.text(letter);
        self.mode(inst);
        self.text(" ");
        if name == "STP" {
            self.two(inst, 0);
            self.text(", ");
            self.arg(inst, 2);
        } else {
            self.arg(inst, 2);
            self.text(", ");
            self.two(inst, 0);
        }
    }

    fn general(&mut self, n: u8) {
        if n == 31 {
            return self.text("ZR");
        }
        self.numbered(b'R', n);
    }

    fn numbered(&mut self, letter: u8, n: u8) {
        self.out.push(letter);
        self.out.udec(u64::from(n));
    }

    fn base(&mut self, n: u8) {
        if n == 31 {
            return self.text("(RSP)");
        }
        self.text("(R");
        self.out.udec(u64::from(n));
        self.text(")");
    }

    fn dollar(&mut self, value: i64) {
        self.text("$");
        self.out.dec(value);
    }

    fn arg(&mut self, inst: &Inst<'_>, i: usize) {
        let Some(Some(arg)) = inst.args.get(i) else { return };
        match *arg {
            Arg::Reg(Class::W | Class::X, n) => self.general(n),
            Arg::Reg(_, n) => self.numbered(self.fp, n),
            Arg::Sp(_, 31) => self.text("RSP"),
            Arg::Sp(_, n) => self.numbered(b'R', n),
            Arg::Imm(value, _) => self.dollar(i64::from(value)),
            Arg::Imm64(value) => self.dollar(value as i64),
            Arg::ImmShift(value, 0) => self.dollar(i64::from(value)),
            Arg::ImmShift(value, shift) => {
                self.text("$(");
                self.out.udec(u64::from(value));
                self.text("<<");
                self.out.udec(u64::from(shift));
                self.text(")");
            }
            Arg::Hint(n) | Arg::Clrex(n) | Arg::Barrier(n) => self.dollar(i64::from(n)),
            Arg::Dcps(n) => self.dollar(i64::from(n)),
            Arg::Pc(offset) => self.target(offset),
            Arg::Extended {
                n, extend, amount, ..
            } => {
                self.general(n);
                let shift = match extend {
                    Extend::None => return,
                    Extend::Lsl => "<<",
                    Extend::Lsr => ">>",
                    Extend::Asr => "->",
                    Extend::Ror => "@>",
                    other => {
                        self.text(".");
                        self.text(extension(other));
                        if amount == 0 {
                            return;
                        }
                        "<<"
                    }
                };
                self.text(shift);
                self.out.udec(u64::from(amount));
            }
            Arg::Memory {
                base,
                form: Mode::PostReg,
                offset,
            } => {
                self.base(base);
                self.text("(R");
                self.out.dec(i64::from(offset));
                self.text(")");
            }
            Arg::Memory { base, offset, .. } => {
                if offset != 0 {
                    self.out.dec(i64::from(offset));
                }
                self.base(base);
            }
            Arg::Indexed {
                base,
                index,
                extend,
                amount,
                byte,
                ..
            } => {
                self.base(base);
                self.text("(");
                self.general(index);
                if extend != Extend::Lsl {
                    self.text(".");
                    self.text(extension(extend));
                }
                if amount != 0 && !byte {
                    self.text("<<");
                    self.out.udec(u64::from(amount));
                } else if byte && amount == 1 && extend == Extend::Lsl {
                    self.text("<<0");
                }
                self.text(")");
            }
            Arg::Cond(cond, invert) => self.text(match condition(cond, invert) {
                "CS" => "HS",
                "CC" => "LO",
                other => other,
            }),
            Arg::Fp8(negative, exponent, fraction) => self.float8(negative, exponent, fraction),
            Arg::Vector(n, arrangement, count) => {
                self.list(n, count, count > 0, |this| this.arrangement(arrangement));
            }
            Arg::Element(n, element, index, count) => {
                self.list(n, count, count > 1, |this| {
                    this.arrangement(Arrangement { element, lanes: 0 });
                });
                self.text("[");
                self.out.udec(u64::from(index));
                self.text("]");
            }
            Arg::SysReg(x) => {
                // Bit 19 is op0's low bit; bit 20 is always set.
                self.dollar(i64::from(x >> 5 & 0x7fff));
            }
            Arg::Prfop(n) => match super::gnu::prefetch(n) {
                Some(words) => words.iter().for_each(|word| self.text(word)),
                None => self.dollar(i64::from(n)),
            },
            Arg::SysOp(op, register) => {
                self.text(op.name);
                if let Some(n) = register {
                    self.text(", ");
                    self.general(n);
                }
            }
            Arg::Cr(n) => self.numbered(b'C', n),
            Arg::Pstate(field) => self.out.extend(field.bytes().map(|b| b.to_ascii_uppercase())),
        }
    }

    fn list(&mut self, first: u8, count: u8, brackets: bool, suffix: impl Fn(&mut Self)) {
        if brackets {
            self.text("[");
        }
        for i in 0..count.max(1) {
            if i > 0 {
                self.text(", ");
            }
            self.numbered(b'V', (first + i) & 31);
            suffix(self);
        }
        if brackets {
            self.text("]");
        }
    }

    fn arrangement(&mut self, arrangement: Arrangement) {
        self.text(".");
        let letter = super::gnu::letter(arrangement.element);
        self.out.push(letter);
        if arrangement.lanes > 0 {
            self.out.udec(u64::from(arrangement.lanes));
        }
    }

    fn target(&mut self, offset: i64) {
        let addr = self.pc.wrapping_add_signed(offset);
        match self.symbols.lookup(addr) {
            Some((name, base)) if base == addr && !name.is_empty() => {
                self.out.extend_from_slice(name);
                self.text("(SB)");
            }
            _ => {
                self.out.dec(offset / 4);
                self.text("(PC)");
            }
        }
    }

    /// Six decimals at most, trailing zeros dropped (the point stays), the seventh rounded half to even.
    fn float8(&mut self, negative: bool, exponent: i8, fraction: u8) {
        let sixteenths = i64::from(16 + fraction);
        let millionths_x8 = (sixteenths * 1_000_000 / 2) << (exponent + 3);
        let (whole, rest) = (millionths_x8 >> 6, millionths_x8 & 63);
        let rounded = whole + i64::from(rest > 32 || (rest == 32 && whole & 1 == 1));
        self.text(if negative { "$-" } else { "$" });
        self.out.dec(rounded / 1_000_000);
        self.text(".");
        let mut left = rounded % 1_000_000;
        let mut unit = 100_000;
        while left > 0 && unit > 0 {
            self.out.push(b'0' + (left / unit) as u8);
            left %= unit;
            unit /= 10;
        }
    }
}

/// The condition's name; `invert` turns it round.
pub(super) fn condition(cond: u8, invert: bool) -> &'static str {
    const NAMES: [&str; 16] = [
        "EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE", "AL", "AL",
    ];
    NAMES[usize::from((cond ^ u8::from(invert)) & 15)]
}

/// Upper-case name of an extension or shift.
pub(super) fn extension(extend: Extend) -> &'static str {
    match extend {
        Extend::None => "",
        Extend::Uxtb => "UXTB",
        Extend::Uxth => "UXTH",
        Extend::Uxtw => "UXTW",
        Extend::Uxtx => "UXTX",
        Extend::Sxtb => "SXTB",
        Extend::Sxth => "SXTH",
        Extend::Sxtw => "SXTW",
        Extend::Sxtx => "SXTX",
        Extend::Lsl => "LSL",
        Extend::Lsr => "LSR",
        Extend::Asr => "ASR",
        Extend::Ror => "ROR",
    }
}

/// SYSL's operation as Go packs it: op1:CRn:CRm:op2 with op1 at bit 16 and op2 at bit 5.
fn inst_word_sys(inst: &Inst<'_>) -> u32 {
    let field = |i: usize| match inst.args.get(i).copied().flatten() {
        Some(Arg::Imm(value, _)) => value,
        Some(Arg::Cr(n)) => u32::from(n),
        _ => 0,
    };
    field(1) << 16 | field(2) << 12 | field(3) << 8 | field(4) << 5
}
