//! A decoded A64 instruction → the lower-case syntax of Arm's manual, as `go tool objdump -gnu` shows it.

use super::decode::{Arg, Extend};
use super::form::Form;
use super::go::{condition, extension};
use super::operand::{Arrangement, Class, Form as Mode};
use super::rows::Inst;
use crate::disasm::isa::Text;

const BARRIERS: [&str; 16] = [
    "", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh", "", "ishld", "ishst", "ish", "", "ld", "st",
    "sy",
];

/// Upper-case letter of an element size.
pub(super) fn letter(element: u8) -> u8 {
    *b"BHSDQ".get(usize::from(element)).unwrap_or(&b'?')
}

/// The three words of a prefetch operation, upper case, if it has a name.
pub(super) fn prefetch(n: u8) -> Option<[&'static str; 3]> {
    let kind = ["PLD", "PLI", "PST"].get(usize::from(n >> 3 & 3))?;
    let level = ["L1", "L2", "L3"].get(usize::from(n >> 1 & 3))?;
    Some([kind, level, if n & 1 == 0 { "KEEP" } else { "STRM" }])
}

/// `S3_0_C4_C2_0`: the system register that an MRS or MSR names.
pub(super) fn system_register(x: u32, upper: bool, out: &mut Vec<u8>) {
    let c = if upper { b'C' } else { b'c' };
    out.push(if upper { b'S' } else { b's' });
    out.udec(u64::from(x >> 19 & 3));
    out.push(b'_');
    out.udec(u64::from(x >> 16 & 7));
    for field in [x >> 12 & 15, x >> 8 & 15] {
        out.push(b'_');
        out.push(c);
        out.udec(u64::from(field));
    }
    out.push(b'_');
    out.udec(u64::from(x >> 5 & 7));
}

/// Appends the GNU syntax of `inst`.
pub(super) fn print(inst: &Inst<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    let name: &str = &inst.row.name;
    let mut args = inst.args;
    match (inst.row.form, args[0]) {
        (Form::Return, Some(Arg::Reg(_, 30))) => return out.extend_from_slice(b"ret"),
        (Form::Jump, Some(Arg::Cond(cond, invert))) => {
            out.extend_from_slice(b"b.");
            out.extend_from_slice(condition(cond, invert).as_bytes());
            args = [args[1], None, None, None, None];
        }
        (Form::AtomicPair, _) => {
            let name = name.strip_suffix(['W', 'D']).unwrap_or(name);
            out.extend_from_slice(name.as_bytes());
            args = [args[0], args[1], args[3], args[4], args[2]];
        }
        (Form::Atomic, _) => {
            // The size of W and X registers is not part of the architecture's mnemonic.
            let name = name.strip_suffix(['W', 'D']).unwrap_or(name);
            // Go's OR is the manual's SET.
            out.extend_from_slice(name.replacen("LDOR", "LDSET", 1).as_bytes());
            args = [args[0], args[2], args[1], None, None];
        }
        _ => out.extend_from_slice(name.as_bytes()),
    }
    let trims = matches!(name, "DCPS1" | "DCPS2" | "DCPS3" | "CLREX");
    let full_isb = name == "ISB" && matches!(args[0], Some(Arg::Barrier(15)));
    if !full_isb {
        out.push(b' ');
        for (i, arg) in args.iter().map_while(|arg| arg.as_ref()).enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            push_arg(arg, out);
        }
        while trims && out.last() == Some(&b' ') {
            out.pop();
        }
    }
    let system_long = inst.row.form == Form::SystemLong;
    for byte in out.iter_mut().skip(start) {
        *byte = byte.to_ascii_lowercase();
        if system_long && *byte == b'c' {
            *byte = b'C';
        }
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn hex(out: &mut Vec<u8>, value: u64) {
    text(out, "#");
    out.hex(value);
}

fn two_digits(out: &mut Vec<u8>, value: u8) {
    text(out, if value < 16 { "#0x0" } else { "#0x" });
    out.extend_from_slice(format!("{value:x}").as_bytes());
}

fn decimal(out: &mut Vec<u8>, value: i64) {
    out.push(b'#');
    out.dec(value);
}

fn register(out: &mut Vec<u8>, class: Class, n: u8) {
    let letter = match class {
        Class::W => b'w',
        Class::X => b'x',
        Class::B => b'b',
        Class::H => b'h',
        Class::S => b's',
        Class::D => b'd',
        Class::Q => b'q',
    };
    out.push(letter);
    if n == 31 && class <= Class::X {
        return text(out, "zr");
    }
    out.udec(u64::from(n));
}

fn general(out: &mut Vec<u8>, x: bool, n: u8) {
    register(out, if x { Class::X } else { Class::W }, n);
}

fn stack_or(out: &mut Vec<u8>, x: bool, n: u8) {
    match (n, x) {
        (31, true) => text(out, "sp"),
        (31, false) => text(out, "wsp"),
        _ => general(out, x, n),
    }
}

fn push_arg(arg: &Arg, out: &mut Vec<u8>) {
    match *arg {
        Arg::Reg(class, n) => register(out, class, n),
        Arg::Sp(x, n) => stack_or(out, x, n),
        Arg::Vector(n, arrangement, count) => list(out, n, arrangement, count),
        Arg::Element(n, element, index, count) => {
            list(out, n, Arrangement { element, lanes: 0 }, count);
            out.push(b'[');
            out.udec(u64::from(index));
            out.push(b']');
        }
        Arg::Imm(value, true) => decimal(out, i64::from(value)),
        Arg::Imm(value, false) => hex(out, u64::from(value)),
        Arg::Imm64(value) => hex(out, value),
        Arg::ImmShift(value, shift) => {
            hex(out, u64::from(value));
            if shift != 0 {
                text(out, if shift < 128 { ", lsl #" } else { ", msl #" });
                out.udec(u64::from(shift & 127));
            }
        }
        Arg::Hint(n) => hex(out, u64::from(n)),
        Arg::Clrex(15) | Arg::Dcps(0) => {}
        Arg::Clrex(n) => hex(out, u64::from(n)),
        Arg::Dcps(n) => hex(out, u64::from(n)),
        Arg::Extended {
            x,
            n,
            extend,
            amount,
            show_zero,
        } => {
            general(out, x, n);
            if extend != Extend::None {
                text(out, ", ");
                text(out, extension(extend));
                if amount != 0 || show_zero {
                    text(out, " #");
                    out.udec(u64::from(amount));
                }
            }
        }
        Arg::Pc(offset) => {
            text(out, ".+");
            out.hex(offset as u64);
        }
        Arg::Memory { base, form, offset } => {
            out.push(b'[');
            stack_or(out, true, base);
            match form {
                Mode::Offset if offset == 0 => out.push(b']'),
                Mode::Offset | Mode::Pre => {
                    text(out, ",#");
                    out.dec(i64::from(offset));
                    text(out, if form == Mode::Pre { "]!" } else { "]" });
                }
                Mode::Post => {
                    text(out, "],#");
                    out.dec(i64::from(offset));
                }
                Mode::PostReg => {
                    text(out, "], ");
                    general(out, true, offset as u8);
                }
            }
        }
        Arg::Indexed {
            base,
            x,
            index,
            extend,
            amount,
            byte,
        } => {
            out.push(b'[');
            stack_or(out, true, base);
            out.push(b',');
            general(out, x, index);
            if amount != 0 || extend != Extend::Lsl {
                out.push(b',');
                text(out, extension(extend));
            }
            if amount != 0 {
                text(out, " #");
                out.udec(if byte { 0 } else { u64::from(amount) });
            }
            out.push(b']');
        }
        Arg::Cond(cond, invert) => text(out, condition(cond, invert)),
        Arg::Fp8(negative, exponent, fraction) => {
            let magnitude = f64::from(16 + fraction) / 16.0 * f64::from(exponent).exp2();
            float(out, if negative { -magnitude } else { magnitude });
        }
        Arg::Cr(n) => {
            out.push(b'c');
            out.udec(u64::from(n));
        }
        Arg::Barrier(n) => match BARRIERS.get(usize::from(n)) {
            Some(name) if !name.is_empty() => text(out, name),
            _ => two_digits(out, n),
        },
        Arg::Prfop(n) => match prefetch(n) {
            Some(words) => words.iter().for_each(|word| text(out, word)),
            None => two_digits(out, n),
        },
        Arg::Pstate(field) => text(out, field),
        Arg::SysReg(x) => system_register(x, false, out),
        Arg::SysOp(op, n) => {
            text(out, op.name);
            if let Some(n) = n {
                text(out, ", ");
                general(out, true, n);
            }
        }
    }
}

/// C's `%.18e` with a sign and two digits of exponent.
fn float(out: &mut Vec<u8>, value: f64) {
    let shown = format!("{value:.18e}");
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    text(out, &format!("#{mantissa}e{sign}{digits:0>2}"));
}

fn list(out: &mut Vec<u8>, first: u8, arrangement: Arrangement, count: u8) {
    let one = |out: &mut Vec<u8>, n: u8| {
        out.push(b'v');
        out.udec(u64::from(n & 31));
        out.push(b'.');
        if arrangement.lanes > 0 {
            out.udec(u64::from(arrangement.lanes));
        }
        out.push(letter(arrangement.element));
    };
    if count == 0 {
        return one(out, first);
    }
    out.push(b'{');
    one(out, first);
    if count > 2 && first + count <= 32 {
        out.push(b'-');
        one(out, first + count - 1);
    } else {
        for i in 1..count {
            text(out, ", ");
            one(out, first + i);
        }
    }
    out.push(b'}');
}
