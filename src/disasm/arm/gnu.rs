//! A decoded A32 instruction → the lower-case syntax of Arm's manual, as `go tool objdump -gnu` shows it.

use super::go::{condition, shift_name};
use super::operand::{Arg, Index, Mode, Shift, coprocessor};
use super::rows::Inst;
use crate::disasm::isa::Text;

/// Appends the GNU syntax of `inst`.
pub(super) fn print(inst: &Inst<'_>, out: &mut Vec<u8>) {
    let base: &str = &inst.name.base;
    for part in [base, condition(inst.condition)] {
        out.extend(
            part.bytes()
                .filter(|&b| b != b'.')
                .map(|b| b.to_ascii_lowercase()),
        );
    }
    // Fixed-point types are FXS16 in Go's tables and s16 in the manual.
    out.lower(&inst.name.types.replace(".FX", "."));
    // The second of a register pair goes without saying.
    let hidden = match base {
        "LDRD" | "LDREXD" | "STRD" => 1,
        "STREXD" => 2,
        _ => usize::MAX,
    };
    let mut separator = " ";
    for (i, arg) in inst.args.iter().map_while(|arg| arg.as_ref()).enumerate() {
        if i == hidden {
            continue;
        }
        out.put(separator);
        separator = ", ";
        match (base, arg) {
            ("LDREX", Arg::Reg(n)) if i == 0 => out.reg("r", *n),
            ("BKPT", Arg::Imm(value)) => out.extend_from_slice(format!("{value:#06x}").as_bytes()),
            ("SVC", Arg::Imm(value)) => out.extend_from_slice(format!("{value:#010x}").as_bytes()),
            _ => push_arg(arg, out),
        }
    }
}

fn register(n: u8, out: &mut Vec<u8>) {
    match n {
        10 => out.put("sl"),
        11 => out.put("fp"),
        12 => out.put("ip"),
        13 => out.put("sp"),
        14 => out.put("lr"),
        15 => out.put("pc"),
        _ => out.reg("r", n),
    }
}

fn shifted(shift: Shift, count: u8, out: &mut Vec<u8>) {
    out.put(", ");
    out.lower(shift_name(shift));
    if shift != Shift::Extend {
        out.put(" #");
        out.udec(count.into());
    }
}

fn push_arg(arg: &Arg, out: &mut Vec<u8>) {
    match *arg {
        Arg::Reg(n) => register(n, out),
        Arg::Single(n) => out.reg("s", n),
        Arg::Double(n) => out.reg("d", n),
        Arg::Half(n, half) => {
            out.reg("d", n);
            out.put(if half == 0 { "[0]" } else { "[1]" });
        }
        Arg::Named(name) => out.lower(name),
        Arg::Imm(value) => {
            out.put("#");
            out.dec((value as i32).into());
        }
        Arg::Rotated(value, rotation) => {
            out.put("#");
            out.udec(value.into());
            out.put(", ");
            out.udec(rotation.into());
        }
        Arg::Shifted(n, shift, count) => {
            register(n, out);
            shifted(shift, count, out);
        }
        Arg::ShiftedByReg(n, shift, by) => {
            register(n, out);
            out.put(", ");
            out.lower(shift_name(shift));
            out.put(" ");
            register(by, out);
        }
        Arg::Memory { base, mode, index } => memory(base, mode, index, out),
        Arg::Pc(offset) => {
            let offset = i64::from(offset.wrapping_add(4));
            out.put(if offset < 0 { ".-" } else { ".+" });
            out.hex(offset.unsigned_abs());
        }
        Arg::Coprocessor(x) => {
            let [number, first, rt, n, m, second] = coprocessor(x);
            out.udec(number.into());
            out.reg(", ", first);
            out.put(", ");
            register(rt as u8, out);
            out.reg(", cr", n);
            out.reg(", cr", m);
            out.reg(", {", second);
            out.put("}");
        }
        Arg::List(list) => {
            out.put("{");
            let mut separator = "";
            for n in (0..16).filter(|n| list >> n & 1 == 1) {
                out.put(separator);
                separator = ", ";
                register(n, out);
            }
            out.put("}");
        }
    }
}

fn memory(base: u8, mode: Mode, index: Index, out: &mut Vec<u8>) {
    if matches!(mode, Mode::Multiple | Mode::MultipleBack) {
        register(base, out);
        return out.put(if mode == Mode::MultipleBack { "!" } else { "" });
    }
    out.put("[");
    register(base, out);
    if mode == Mode::Offset && index == Index::Imm(0) {
        return out.put("]");
    }
    out.put(if mode == Mode::Post { "], " } else { ", " });
    match index {
        Index::Imm(offset) => {
            out.put("#");
            out.dec(offset.into());
        }
        Index::Reg {
            minus,
            n,
            shift,
            count,
        } => {
            out.put(if minus { "-" } else { "" });
            register(n, out);
            if shift != Shift::Left || count != 0 {
                shifted(shift, count, out);
            }
        }
    }
    out.put(match mode {
        Mode::Pre => "]!",
        Mode::Offset => "]",
        _ => "",
    });
}
