//! GNU syntax: the manual's operand order, lower case, extended mnemonics as binutils names them.

use super::Arg;
use super::decode::{Inst, Rule};
use crate::disasm::isa::Text;

/// A condition's bits set, then clear.
const CONDITIONS: [&str; 8] = ["lt", "gt", "eq", "so", "ge", "le", "ne", "ns"];

/// Appends the GNU syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, out: &mut Vec<u8>) {
    let name = inst.row.name;
    let arg = |i: usize| inst.args.get(i).copied();
    let imm = |i: usize| match arg(i) {
        Some(Arg::Imm(n)) => n,
        _ => 0,
    };
    let mut args = inst.args;
    match name {
        "bc" | "bcl" | "bca" | "bcla" | "bclr" | "bclrl" | "bcctr" | "bcctrl" | "bctar" | "bctarl" => {
            return conditional(inst, pc, out);
        }
        "mtspr" => match arg(0) {
            Some(Arg::Spr(1)) => return special(inst, "mtxer", 1, pc, out),
            Some(Arg::Spr(8)) => return special(inst, "mtlr", 1, pc, out),
            Some(Arg::Spr(9)) => return special(inst, "mtctr", 1, pc, out),
            _ => {}
        },
        "mfspr" => match arg(1) {
            Some(Arg::Spr(1)) => return special(inst, "mfxer", 0, pc, out),
            Some(Arg::Spr(8)) => return special(inst, "mflr", 0, pc, out),
            Some(Arg::Spr(9)) => return special(inst, "mfctr", 0, pc, out),
            Some(Arg::Spr(268)) => return special(inst, "mftb", 0, pc, out),
            _ => {}
        },
        "mtfsfi" | "mtfsfi." if imm(2) == 0 => args.truncate(2),
        "paste." if imm(2) == 1 => args.truncate(2),
        "mtfsf" | "mtfsf." | "lbarx" | "lharx" | "lwarx" | "ldarx" if imm(3) == 0 => args.truncate(3),
        "sync" if (imm(0), imm(1)) == (0, 0) => return out.put("hwsync"),
        "sync" if (imm(0), imm(1)) == (1, 0) => return out.put("lwsync"),
        "paddi" => {
            let relative = imm(3) == 1;
            let base = arg(1) != Some(Arg::R(0));
            if relative && base {
                return quad(inst, out);
            }
            let (name, places): (_, &[usize]) = match (relative, base) {
                (true, _) => ("pla", &[0, 2]),
                (_, false) => ("pli", &[0, 2]),
                _ => (name, &[0, 1, 2]),
            };
            out.put(name);
            return write_args(inst, &args.pick(places), " ", pc, out);
        }
        _ if name.starts_with("pl") || name.starts_with("pst") => {
            let Some(Arg::Mem { offset, base }) = arg(1) else {
                return out.put(name);
            };
            let relative = imm(2) == 1;
            if relative && base != 0 {
                return quad(inst, out);
            }
            out.put(name);
            args.truncate(1);
            write_args(inst, &args, " ", pc, out);
            out.put(",");
            out.dec(offset);
            if !relative {
                out.reg("(r", base);
                out.put(")");
            }
            return;
        }
        _ => {}
    }
    out.put(name);
    write_args(inst, &args, " ", pc, out);
}

/// An encoding that the manual calls invalid.
fn quad(inst: &Inst, out: &mut Vec<u8>) {
    out.put(".quad ");
    out.hex(inst.bits);
}

/// A move to or from a special register that has its own mnemonic: only the general register is shown.
fn special(inst: &Inst, name: &str, at: usize, pc: u64, out: &mut Vec<u8>) {
    out.put(name);
    write_args(inst, &inst.args.pick(&[at]), " ", pc, out);
}

/// Branches with BO and BI operands (Power ISA Book I, 2.4): the condition, counter and hint become part of
/// the name wherever BO is one of the defined values.
fn conditional(inst: &Inst, pc: u64, out: &mut Vec<u8>) {
    let name = inst.row.name;
    let args = &inst.args;
    let (Some(&Arg::Imm(bo)), Some(&Arg::CrBit(bi))) = (args.first(), args.get(1)) else {
        return out.put(name);
    };
    // BH, only in branches to a register.
    let bh = match args.get(2) {
        Some(&Arg::Imm(bh)) => Some(bh),
        _ => None,
    };
    let to_counter = matches!(name, "bcctr" | "bcctrl");
    let (mut counter, mut truth) = ("", "");
    let mut condition = None;
    let mut hint = 0;
    // The first operand that is still to be written.
    let mut from = 0;
    if bo & 0x14 == 0x14 {
        if bo == 0x14 && bi == 0 && bh.is_some() {
            from = 2;
        }
    } else if bo & 4 == 0 {
        if !to_counter {
            from = 1;
            counter = ["dnz", "dz"][(bo >> 1 & 1) as usize];
            truth = match bo & 0x18 {
                0 => "f",
                8 => "t",
                _ => "",
            };
        }
        if bo & 0x10 != 0 {
            from = if bi != 0 {
                0
            } else if to_counter {
                from
            } else {
                2
            };
            hint = (bo & 8) >> 2 | bo & 1;
        }
    } else {
        from = 2;
        hint = bo & 3;
        condition = CONDITIONS.get(usize::from(bi % 4) | if bo & 8 == 0 { 4 } else { 0 });
    }
    let hints = ["", "?", "-", "+"][(hint & 3) as usize];
    let mut separator = " ";
    let simple = hint != 1 && from > 0 && bh.unwrap_or(0) <= 0;
    if simple {
        out.put("b");
        out.put(condition.copied().unwrap_or_default());
        out.put(counter);
        out.put(truth);
        out.put(name.get(2..).unwrap_or_default());
        out.put(hints);
        if from > 1 && bi / 4 != 0 {
            out.reg(" cr", bi / 4);
            separator = ",";
        }
        if bh == Some(0) {
            if from < 2 {
                write_args(inst, &args.pick(&[1]), " ", pc, out);
            }
            from = 3;
        }
    } else {
        out.put(name);
        out.put(hints);
        from = 0;
        if bh == Some(0) {
            out.put(" ");
            out.dec(bo);
            write_args(inst, &args.pick(&[1]), ",", pc, out);
            from = 3;
        }
    }
    write_args(inst, args.get(from..).unwrap_or_default(), separator, pc, out);
}

fn write_args(inst: &Inst, args: &[Arg], first_separator: &str, pc: u64, out: &mut Vec<u8>) {
    let mut separator = first_separator;
    for (i, &arg) in args.iter().enumerate() {
        if arg == Arg::CrField(0) && inst.row.name.starts_with("cmp") {
            continue;
        }
        out.put(separator);
        separator = ",";
        let no_register = matches!(inst.row.rule, Rule::LoadIndexedZero | Rule::StoreIndexedZero);
        match arg {
            Arg::R(0) if i == 1 && no_register => out.put("0"),
            Arg::R(n) => out.reg("r", n),
            Arg::F(n) => out.reg("f", n),
            Arg::V(n) => out.reg("v", n),
            Arg::X(n) => out.reg("vs", n),
            Arg::A(n) => out.reg("a", n),
            Arg::CrBit(bit) => {
                if bit >= 4 {
                    out.reg("4*cr", bit / 4);
                    out.put("+");
                }
                out.put(CONDITIONS[usize::from(bit % 4)]);
            }
            Arg::CrField(n) => out.reg("cr", n),
            Arg::Imm(n) => out.dec(n),
            Arg::Spr(1) => out.put("xer"),
            Arg::Spr(8) => out.put("lr"),
            Arg::Spr(9) => out.put("ctr"),
            Arg::Spr(268) => out.put("tb"),
            Arg::Spr(n) => out.udec(u64::from(n)),
            Arg::Target(0) => out.put(".+0x0"),
            Arg::Target(distance) => out.hex(pc.wrapping_add_signed(distance)),
            Arg::Absolute(address) => out.hex(u64::from(address)),
            Arg::Mem { offset, base: 0 } => {
                out.dec(offset);
                out.put("(0)");
            }
            Arg::Mem { offset, base } => {
                out.dec(offset);
                out.reg("(r", base);
                out.put(")");
            }
        }
    }
}
