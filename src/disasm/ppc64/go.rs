//! Go syntax: destination last for most, operands separated by a comma without a space.

use super::Arg;
use super::decode::{Inst, Rule};
use crate::disasm::Symbols;
use crate::disasm::isa::Text;

/// Suffixes of a branch on a condition bit: the bit clear, then set.
const CONDITIONS: [&str; 8] = ["GE", "LE", "NE", "NSO", "LT", "GT", "EQ", "SO"];
const BITS: [&str; 4] = ["LT", "GT", "EQ", "SO"];

/// Appends the Go syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    let rule = inst.row.rule;
    let writer = Writer { pc, symbols, rule };
    let mut args = inst.args;
    let arg = |i: usize| inst.args.get(i).copied();
    let imm = |i: usize| match arg(i) {
        Some(Arg::Imm(n)) => n,
        _ => 0,
    };
    let mut separator = ",";
    let always = imm(0) & 20 == 20;
    match rule {
        Rule::Rotate | Rule::Call => args.first_to_last(),
        Rule::Reverse => args.reverse(),
        Rule::Middle => args = args.pick(&[1, 3, 2, 0]),
        Rule::Isel => args = args.pick(&[3, 1, 2, 0]),
        Rule::InOrder | Rule::BcOther => {}
        Rule::Sync => return out.put(if imm(0) == 1 { "LWSYNC" } else { "HWSYNC" }),
        Rule::Compare => {
            args.first_to_last();
            if arg(0) == Some(Arg::CrField(0)) {
                args.truncate(2);
            }
        }
        Rule::Lis => {
            out.put("ADDIS $0,");
            args.first_to_last();
            return writer.join(&args, ",", out);
        }
        Rule::StoreIndexed | Rule::StoreIndexedZero => {
            out.put(&inst.row.go);
            out.put(" ");
            writer.join(&args[..1.min(args.len())], "", out);
            out.put(",");
            return writer.indexed(arg(2), arg(1), out);
        }
        Rule::LoadIndexed | Rule::LoadIndexedZero => {
            out.put(&inst.row.go);
            out.put(" ");
            let no_base = rule == Rule::LoadIndexedZero && arg(1) == Some(Arg::R(0));
            writer.indexed(arg(2), arg(1).filter(|_| !no_base), out);
            out.put(",");
            return writer.join(&args[..1.min(args.len())], "", out);
        }
        Rule::Cache => {
            out.put(&inst.row.go);
            out.put(" ");
            return writer.indexed(arg(1), arg(0).filter(|&a| a != Arg::R(0)), out);
        }
        Rule::Bclr if always => return out.put("RET"),
        Rule::Bcctr if always => return out.put("BR (CTR)"),
        Rule::Bcctrl if always => return out.put("BL (CTR)"),
        Rule::Bclr | Rule::Bcctr => separator = ", ",
        Rule::Bcctrl => {}
        Rule::Bc => {
            if let (4, Some(Arg::CrBit(bit))) = (imm(0) & 0x17, arg(1)) {
                let condition = usize::from(bit & 3) | (imm(0) as usize & 8) >> 1;
                out.put("B");
                out.put(CONDITIONS.get(condition).copied().unwrap_or_default());
                out.put(" ");
                if bit >= 4 {
                    out.reg("CR", bit >> 2);
                    out.put(",");
                }
                return writer.join(args.get(2..).unwrap_or_default(), ",", out);
            }
        }
    }
    out.put(&inst.row.go);
    if !args.is_empty() {
        out.put(" ");
    }
    writer.join(&args, separator, out);
}

struct Writer<'a> {
    pc: u64,
    symbols: &'a dyn Symbols,
    rule: Rule,
}

impl Writer<'_> {
    /// `(index)(base)`, or only `(index)`.
    fn indexed(&self, index: Option<Arg>, base: Option<Arg>, out: &mut Vec<u8>) {
        let no_register = self.rule == Rule::StoreIndexedZero && base == Some(Arg::R(0));
        for (place, arg) in [index, base].into_iter().enumerate() {
            let Some(arg) = arg else { continue };
            out.put("(");
            if no_register && place == 1 {
                out.put("0");
            } else {
                self.arg(arg, out);
            }
            out.put(")");
        }
    }

    fn join(&self, args: &[Arg], separator: &str, out: &mut Vec<u8>) {
        for (i, &arg) in args.iter().enumerate() {
            if i > 0 {
                out.put(separator);
            }
            self.arg(arg, out);
        }
    }

    fn arg(&self, arg: Arg, out: &mut Vec<u8>) {
        match arg {
            Arg::R(30) => out.put("g"),
            Arg::R(n) => out.reg("R", n),
            Arg::F(n) => out.reg("F", n),
            Arg::V(n) => out.reg("V", n),
            Arg::X(n) => out.reg("VS", n),
            Arg::A(n) => out.reg("A", n),
            Arg::CrBit(bit) if self.rule == Rule::Isel => out.reg("$", bit),
            Arg::CrBit(bit) => {
                if bit >= 4 {
                    out.reg("CR", bit / 4);
                }
                out.put(BITS[usize::from(bit % 4)]);
            }
            Arg::CrField(n) => out.reg("CR", n),
            Arg::Imm(n) => {
                out.put("$");
                out.dec(n);
            }
            Arg::Spr(8) => out.put("LR"),
            Arg::Spr(9) => out.put("CTR"),
            Arg::Spr(n) => {
                out.reg("SPR(", n);
                out.put(")");
            }
            Arg::Target(distance) => self.target(self.pc.wrapping_add_signed(distance), out),
            Arg::Absolute(address) => out.hex(u64::from(address)),
            Arg::Mem { offset, base } => {
                out.dec(offset);
                if base == 0 {
                    out.put("(0)");
                } else {
                    out.reg("(R", base);
                    out.put(")");
                }
            }
        }
    }

    fn target(&self, address: u64, out: &mut Vec<u8>) {
        match self.symbols.lookup(address).filter(|(name, _)| !name.is_empty()) {
            Some((name, start)) if start == address => {
                out.extend_from_slice(name);
                out.put("(SB)");
            }
            // A call into a function's local entry point, eight bytes behind the global one.
            Some((name, start)) if self.rule == Rule::Call && address.wrapping_sub(start) == 8 => {
                out.extend_from_slice(name);
                out.put("+8(SB)");
            }
            _ => out.hex(address),
        }
    }
}
