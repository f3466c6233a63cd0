//! The value an operand has in one instruction word.

use super::operand::{
    Arrangement, Class, Form, Operand, Step, Value, number, pick_element, pick_scalar, pick_vector,
};
use super::system::{self, SysOp};

/// Shifts and extensions of a register operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extend {
    None,
    Uxtb,
    Uxth,
    Uxtw,
    Uxtx,
    Sxtb,
    Sxth,
    Sxtw,
    Sxtx,
    Lsl,
    Lsr,
    Asr,
    Ror,
}

/// One decoded operand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arg {
    /// Number 31 is the zero register where the class is W or X.
    Reg(Class, u8),
    /// Number 31 is the stack pointer; the flag says X.
    Sp(bool, u8),
    /// Register, arrangement, and the number of registers of a list (0: not a list).
    Vector(u8, Arrangement, u8),
    /// Register, element size, index, registers of a list (0: not a list).
    Element(u8, u8, u8, u8),
    /// Value and whether GNU syntax shows it in decimal.
    Imm(u32, bool),
    Imm64(u64),
    /// A value and a left shift; 128 on top of the shift means that ones are shifted in.
    ImmShift(u16, u8),
    Hint(u8),
    Clrex(u8),
    Dcps(u16),
    Extended {
        x: bool,
        n: u8,
        extend: Extend,
        amount: u8,
        show_zero: bool,
    },
    /// Byte offset from the instruction.
    Pc(i64),
    Memory {
        base: u8,
        form: Form,
        offset: i32,
    },
    Indexed {
        base: u8,
        x: bool,
        index: u8,
        extend: Extend,
        amount: u8,
        byte: bool,
    },
    /// Condition code, and whether it is printed inverted.
    Cond(u8, bool),
    /// Sign, exponent (-3 to 4) and four bits of fraction.
    Fp8(bool, i8, u8),
    Cr(u8),
    Barrier(u8),
    Prfop(u8),
    Pstate(&'static str),
    /// The instruction word, whose bits 20:5 name the register.
    SysReg(u32),
    SysOp(&'static SysOp, Option<u8>),
}

fn bits(x: u32, low: u32, width: u32) -> u32 {
    x >> low & ((1 << width) - 1)
}

fn signed(value: u32, width: u32) -> i64 {
    let unused = 64 - width;
    (i64::from(value) << unused) >> unused
}

/// The operand's value in `x`, or `None` where the encoding is not this instruction.
#[inline]
pub(super) fn decode(operand: &Operand, x: u32) -> Option<Arg> {
    let wide = x >> 31 == 1;
    let rn = bits(x, 5, 5) as u8;
    let general = if wide { Class::X } else { Class::W };
    Some(match *operand {
        Operand::Reg(class, field) => Arg::Reg(class, number(field, x)),
        Operand::Next(class, field) => Arg::Reg(class, (number(field, x) + 1) & 31),
        Operand::General(field) => Arg::Reg(general, number(field, x)),
        Operand::Float(field) => {
            let class = if bits(x, 22, 1) == 0 { Class::S } else { Class::D };
            Arg::Reg(class, number(field, x))
        }
        Operand::Sp(class, field) => Arg::Sp(class.map_or(wide, |c| c == Class::X), number(field, x)),
        Operand::Scalar {
            pick,
            wide,
            field,
            set,
        } => {
            let (class, n) = pick_scalar(pick, wide, field, set, x)?;
            Arg::Reg(class, n)
        }
        Operand::Vector {
            pick,
            lanes,
            field,
            set,
            count,
        } => {
            let (n, arrangement) = pick_vector(pick, lanes, field, set, x)?;
            Arg::Vector(n, arrangement, count)
        }
        Operand::Element { pick, field, set } => {
            let element = pick_element(pick, set, x)?;
            Arg::Element(
                number(field, x),
                element,
                (bits(x, 16, 5) >> (element + 1)) as u8,
                0,
            )
        }
        Operand::SourceElement(field) => {
            let element = match bits(x, 16, 4) {
                0 => return None,
                imm5 => imm5.trailing_zeros(),
            };
            Arg::Element(
                number(field, x),
                element as u8,
                (bits(x, 11, 4) >> element) as u8,
                0,
            )
        }
        Operand::ByElement(float) => by_element(float == 1, x)?,
        Operand::LoadElement { count, element } => {
            let all = bits(x, 30, 1) << 3 | bits(x, 12, 1) << 2 | bits(x, 10, 2);
            Arg::Element(rn_of(x), element, (all >> element) as u8, count)
        }
        Operand::HighHalf(field) => Arg::Element(number(field, x), 3, 1, 0),
        Operand::GeneralByImm5(field) => {
            let class = match bits(x, 16, 4) {
                0 => return None,
                8 => Class::X,
                _ => Class::W,
            };
            Arg::Reg(class, number(field, x))
        }
        Operand::Shifted { ror } => {
            let amount = bits(x, 10, 6) as u8;
            let extend = match bits(x, 22, 2) {
                0 if amount == 0 => Extend::None,
                0 => Extend::Lsl,
                1 => Extend::Lsr,
                2 => Extend::Asr,
                _ if ror => Extend::Ror,
                _ => return None,
            };
            if !wide && amount > 31 {
                return None;
            }
            Arg::Extended {
                x: wide,
                n: bits(x, 16, 5) as u8,
                extend,
                amount,
                show_zero: true,
            }
        }
        Operand::Extended => extended(wide, x),
        Operand::Value(value) => return decode_value(value, x),
        Operand::Label(low, width) => Arg::Pc(signed(
            bits(x, u32::from(low), u32::from(width)) << 2,
            u32::from(width) + 2,
        )),
        Operand::Adr { page } => {
            let offset = signed(bits(x, 5, 19) << 2 | bits(x, 29, 2), 21);
            Arg::Pc(if page { offset << 12 } else { offset })
        }
        Operand::Memory { form, step } => {
            let offset = match step {
                Step::None if form == Form::PostReg => bits(x, 16, 5) as i32,
                Step::None => 0,
                Step::Unsigned12(scale) => bits(x, 10, 12) as i32 * i32::from(scale),
                Step::Signed9 => signed(bits(x, 12, 9), 9) as i32,
                Step::Signed7(scale) => signed(bits(x, 15, 7), 7) as i32 * i32::from(scale),
                Step::Const(n) => i32::from(n),
                Step::TimesQ(n) => i32::from(n) * (bits(x, 30, 1) as i32 + 1),
                Step::TimesSize(n) => i32::from(n) << bits(x, 10, 2),
            };
            Arg::Memory {
                base: rn,
                form,
                offset,
            }
        }
        Operand::Index(log) => {
            let option = bits(x, 13, 3);
            let extend = match option {
                2 => Extend::Uxtw,
                3 => Extend::Lsl,
                6 => Extend::Sxtw,
                7 => Extend::Sxtx,
                _ => return None,
            };
            let amount = bits(x, 12, 1) as u8 * log.max(1);
            Arg::Indexed {
                base: rn,
                x: option & 1 == 1,
                index: bits(x, 16, 5) as u8,
                extend,
                amount,
                byte: log == 0,
            }
        }
    })
}

fn rn_of(x: u32) -> u8 {
    bits(x, 0, 5) as u8
}

fn by_element(float: bool, x: u32) -> Option<Arg> {
    let (h, l, m, rm) = (bits(x, 11, 1), bits(x, 21, 1), bits(x, 20, 1), bits(x, 16, 4));
    let (element, index, register) = match (float, bits(x, 22, 2)) {
        (false, 1) => (1, h << 2 | l << 1 | m, rm),
        (false, 2) => (2, h << 1 | l, m << 4 | rm),
        (true, 2) => (2, h << 1 | l, m << 4 | rm),
        (true, 3) if l == 0 => (3, h, m << 4 | rm),
        _ => return None,
    };
    Some(Arg::Element(register as u8, element, index as u8, 0))
}

/// The extended register of add and subtract; an extension that does nothing next to the stack pointer is a
/// shift.
fn extended(wide: bool, x: u32) -> Arg {
    let option = bits(x, 13, 3);
    let amount = bits(x, 10, 3) as u8;
    let keeps_flags = bits(x, 29, 1) == 0;
    let with_sp = bits(x, 5, 5) == 31 || (keeps_flags && bits(x, 0, 5) == 31);
    let plain = if wide { 3 } else { 2 };
    let extend = match option {
        o if o == plain && with_sp && amount == 0 => Extend::None,
        o if o == plain && with_sp => Extend::Lsl,
        0 => Extend::Uxtb,
        1 => Extend::Uxth,
        2 => Extend::Uxtw,
        3 => Extend::Uxtx,
        4 => Extend::Sxtb,
        5 => Extend::Sxth,
        6 => Extend::Sxtw,
        _ => Extend::Sxtx,
    };
    Arg::Extended {
        x: wide && option & 3 == 3,
        n: bits(x, 16, 5) as u8,
        extend,
        amount,
        show_zero: false,
    }
}

fn decode_value(value: Value, x: u32) -> Option<Arg> {
    let wide = x >> 31 == 1;
    let size = if wide { 64 } else { 32 };
    let (immr, imms) = (bits(x, 16, 6), bits(x, 10, 6));
    // The 32-bit forms have N = 0 and shifts below 32, the 64-bit forms N = 1.
    let bitfield = |value: u32, low: u32| (bits(x, 22, 1) == x >> 31 && low < size).then_some(value);
    let imm16 = bits(x, 5, 16);
    let abcdefgh = bits(x, 16, 3) << 5 | bits(x, 5, 5);
    Some(match value {
        Value::AddSub => match bits(x, 22, 2) {
            s @ 0..=1 => Arg::ImmShift(bits(x, 10, 12) as u16, s as u8 * 12),
            _ => return None,
        },
        Value::Bits => Arg::Imm64(bitmask(wide, x)?),
        Value::Wide => Arg::ImmShift(imm16 as u16, half_word(wide, x)?),
        Value::MovZ | Value::MovN => {
            let moved = u64::from(imm16) << half_word(wide, x)?;
            match (wide, value == Value::MovN) {
                (false, false) => Arg::Imm(moved as u32, false),
                (false, true) => Arg::Imm(!moved as u32, false),
                (true, false) => Arg::Imm64(moved),
                (true, true) => Arg::Imm64(!moved),
            }
        }
        Value::Immr => Arg::Imm(bitfield(immr, immr)?, true),
        Value::ImmrHex => Arg::Imm(bitfield(immr, immr)?, false),
        Value::Imms => Arg::Imm(bitfield(imms, imms)?, true),
        Value::Lsb => Arg::Imm(bitfield(size - immr.min(size), immr)?, true),
        Value::ImmsPlus1 => Arg::Imm(bitfield(imms + 1, imms)?, true),
        Value::Width => {
            let width = (imms + 1).checked_sub(immr)?;
            if width < 1 || width > size - immr.min(size) {
                return None;
            }
            Arg::Imm(bitfield(width, immr)?, true)
        }
        Value::Lsl => Arg::Imm(bitfield((size - 1).checked_sub(imms)?, 0)?, true),
        Value::Bit => Arg::Imm(bits(x, 31, 1) << 5 | bits(x, 19, 5), true),
        Value::Nzcv => Arg::Imm(bits(x, 0, 4), false),
        Value::Imm5 => Arg::Imm(bits(x, 16, 5), false),
        Value::Imm16 => Arg::Imm(imm16, false),
        Value::Dcps => Arg::Dcps(imm16 as u16),
        Value::Hint => Arg::Hint(bits(x, 5, 7) as u8),
        Value::Clrex => Arg::Clrex(bits(x, 8, 4) as u8),
        Value::Crm => Arg::Imm(bits(x, 8, 4), false),
        Value::Barrier => Arg::Barrier(bits(x, 8, 4) as u8),
        Value::Isb => match bits(x, 8, 4) {
            15 => Arg::Barrier(15),
            crm => Arg::Imm(crm, false),
        },
        Value::Pstate => Arg::Pstate(match (bits(x, 16, 3), bits(x, 5, 3)) {
            (0, 5) => "SPSel",
            (3, 6) => "DAIFSet",
            (3, 7) => "DAIFClr",
            _ => return None,
        }),
        Value::PstateLater => Arg::Pstate(match (bits(x, 16, 3), bits(x, 5, 3)) {
            (0, 3) => "UAO",
            (0, 4) => "PAN",
            (3, 1) => "SSBS",
            (3, 2) => "DIT",
            (3, 4) => "TCO",
            _ => return None,
        }),
        Value::SysReg => Arg::SysReg(x),
        Value::Op1 => Arg::Imm(bits(x, 16, 3), true),
        Value::Op2 => Arg::Imm(bits(x, 5, 3), true),
        Value::Cn => Arg::Cr(bits(x, 12, 4) as u8),
        Value::Cm => Arg::Cr(bits(x, 8, 4) as u8),
        Value::Ic => sys_op(system::Kind::Ic, x)?,
        Value::Dc => sys_op(system::Kind::Dc, x)?,
        Value::Tlbi => sys_op(system::Kind::Tlbi, x)?,
        Value::At => sys_op(system::Kind::At, x)?,
        Value::Prfop => Arg::Prfop(bits(x, 0, 5) as u8),
        Value::Cond => Arg::Cond(bits(x, 12, 4) as u8, false),
        Value::CondInverted => match bits(x, 12, 4) {
            14.. => return None,
            cond => Arg::Cond(cond as u8, true),
        },
        Value::BranchCond => Arg::Cond(bits(x, 0, 4) as u8, false),
        Value::Zero => Arg::Imm(0, true),
        Value::Scale => {
            let fraction = 64 - imms;
            if fraction > size {
                return None;
            }
            Arg::Imm(fraction, true)
        }
        Value::Fp8 => float8(bits(x, 13, 8)),
        Value::Fp8Vector => float8(abcdefgh),
        Value::Esize => Arg::Imm(8 << bits(x, 22, 2), true),
        Value::Shr => Arg::Imm((16 << immh_log(x)?) - bits(x, 16, 7), true),
        Value::Shl => Arg::Imm(bits(x, 16, 7) - (8 << immh_log(x)?), true),
        Value::Index => match (bits(x, 30, 1), bits(x, 11, 4)) {
            (0, 8..) => return None,
            (_, index) => Arg::Imm(index, true),
        },
        Value::Imm8 => Arg::ImmShift(abcdefgh as u16, 0),
        Value::Imm8Lsl => Arg::ImmShift(abcdefgh as u16, bits(x, 13, 2) as u8 * 8),
        Value::Imm8Msl => Arg::ImmShift(abcdefgh as u16, 128 + 8 + bits(x, 12, 1) as u8 * 8),
        Value::Bytes => Arg::Imm64(
            (0..8)
                .filter(|i| abcdefgh >> i & 1 == 1)
                .fold(0, |acc, i| acc | 0xff << (8 * i)),
        ),
        Value::Imm6 => Arg::Imm(imms, true),
        Value::Udf => Arg::Imm(bits(x, 0, 16), true),
    })
}

/// Floor of the logarithm of immh, the upper four bits of a vector shift.
fn immh_log(x: u32) -> Option<u32> {
    bits(x, 19, 4).checked_ilog2()
}

/// The shift of a wide move: 0 or 16, and 32 or 48 for X registers.
fn half_word(wide: bool, x: u32) -> Option<u8> {
    let hw = bits(x, 21, 2) as u8;
    (wide || hw < 2).then_some(hw * 16)
}

fn float8(abcdefgh: u32) -> Arg {
    let exponent = (1 - bits(abcdefgh, 6, 1)) << 2 | bits(abcdefgh, 4, 2);
    Arg::Fp8(
        bits(abcdefgh, 7, 1) == 1,
        exponent as i8 - 3,
        bits(abcdefgh, 0, 4) as u8,
    )
}

/// A logical immediate: a run of ones, rotated, repeated over elements of a power of two bits.
pub(super) fn bitmask(wide: bool, x: u32) -> Option<u64> {
    let (n, immr, imms) = (bits(x, 22, 1), bits(x, 16, 6), bits(x, 10, 6));
    let log = if n == 1 {
        6
    } else {
        (!imms & 0x3f).checked_ilog2().filter(|&l| l > 0)?
    };
    let size = 1 << log;
    if !wide && size > 32 {
        return None;
    }
    let element_mask = u64::MAX >> (64 - size);
    let (ones, rotate) = (imms & (size - 1), immr & (size - 1));
    // A run as long as the element is reserved by the architecture; Go prints it as all ones (or as none at
    // 64 bits).
    let run = 1u64.checked_shl(ones + 1).unwrap_or(0).wrapping_sub(1);
    let left = run.checked_shl(size - rotate).unwrap_or(0);
    let element = (run >> rotate | left) & element_mask;
    let mut mask = 0;
    let mut at = 0;
    while at < if wide { 64 } else { 32 } {
        mask |= element << at;
        at += size;
    }
    Some(mask)
}

fn sys_op(kind: system::Kind, x: u32) -> Option<Arg> {
    let op = system::find(kind, bits(x, 5, 14))?;
    let register = bits(x, 0, 5) as u8;
    match op.register {
        true => Some(Arg::SysOp(op, Some(register))),
        false => (register == 31).then_some(Arg::SysOp(op, None)),
    }
}
