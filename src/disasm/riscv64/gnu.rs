//! GNU syntax: the manual's operand order, numbered registers, aliases as binutils names them.

use super::decode::{CSR_CYCLE, Inst, Rule, VRule, csr_name};
use super::go::{Fence, alias, prefetch};
use super::{Arg, Args, order_letters, vtype_words};
use crate::disasm::isa::Text;

/// Appends the GNU syntax of `inst`.
pub(super) fn print(inst: &Inst, out: &mut Vec<u8>) {
    let mut args = inst.args;
    if let Rule::V(rule) = inst.row.rule {
        return vector(inst, rule, args, out);
    }
    out.put(rename(inst, &mut args).unwrap_or(inst.row.name));
    if matches!(inst.row.rule, Rule::Amo | Rule::AqRl) {
        out.put(["", ".rl", ".aq", ".aqrl"][(inst.word >> 25 & 3) as usize]);
    }
    write_args(&args, out);
}

/// The alias that applies, with the operands it shows.
fn rename(inst: &Inst, args: &mut Args) -> Option<&'static str> {
    let arg = |i: usize| inst.args.get(i).copied();
    let zero = |i: usize| arg(i) == Some(Arg::X(0));
    let imm = |i: usize| match arg(i) {
        Some(Arg::Imm { value, .. }) => value,
        _ => i64::MIN,
    };
    let mut keep = |places: &[usize], name| {
        *args = args.pick(places);
        Some(name)
    };
    match inst.row.rule {
        Rule::Addi if zero(1) && !zero(0) => keep(&[0, 2], "li"),
        Rule::Addi if imm(2) == 0 && zero(0) && zero(1) => keep(&[], "nop"),
        Rule::Addi if imm(2) == 0 => keep(&[0, 1], "mv"),
        Rule::Andi if imm(2) == 255 => keep(&[0, 1], "zext.b"),
        Rule::Addiw if imm(2) == 0 => keep(&[0, 1], "sext.w"),
        Rule::Xori if imm(2) == -1 => keep(&[0, 1], "not"),
        Rule::Ori if zero(0) => {
            let (letter, offset) = prefetch(imm(2))?;
            *args = args.pick(&[1]);
            if let Some(Arg::X(base)) = arg(1) {
                args[0] = Arg::Mem { base, offset };
            }
            Some(match letter {
                'i' => "prefetch.i",
                'r' => "prefetch.r",
                _ => "prefetch.w",
            })
        }
        Rule::Add if zero(1) => keep(&[0, 2], "mv"),
        Rule::Beq if zero(1) => keep(&[0, 2], "beqz"),
        Rule::Bne if zero(1) => keep(&[0, 2], "bnez"),
        Rule::Bge if zero(1) => keep(&[0, 2], "bgez"),
        Rule::Bge if zero(0) => keep(&[1, 2], "blez"),
        Rule::Blt if zero(1) => keep(&[0, 2], "bltz"),
        Rule::Blt if zero(0) => keep(&[1, 2], "bgtz"),
        Rule::CsrRc if zero(0) => keep(&[1, 2], "csrc"),
        Rule::CsrImm if zero(0) => keep(
            &[1, 2],
            match inst.row.name {
                "csrrci" => "csrci",
                "csrrsi" => "csrsi",
                _ => "csrwi",
            },
        ),
        Rule::CsrRs if zero(2) => match arg(1) {
            Some(Arg::Csr(1)) => keep(&[0], "frflags"),
            Some(Arg::Csr(2)) => keep(&[0], "frrm"),
            Some(Arg::Csr(3)) => keep(&[0], "frcsr"),
            Some(Arg::Csr(0xc00)) => keep(&[0], "rdcycle"),
            Some(Arg::Csr(0xc01)) => keep(&[0], "rdtime"),
            Some(Arg::Csr(0xc02)) => keep(&[0], "rdinstret"),
            _ => keep(&[0, 1], "csrr"),
        },
        Rule::CsrRs if zero(0) => keep(&[1, 2], "csrs"),
        Rule::CsrRw => {
            let places: &[usize] = if zero(0) { &[2] } else { &[0, 2] };
            match arg(1) {
                Some(Arg::Csr(1)) => keep(places, "fsflags"),
                Some(Arg::Csr(2)) => keep(places, "fsrm"),
                Some(Arg::Csr(3)) => keep(places, "fscsr"),
                Some(Arg::Csr(CSR_CYCLE)) if zero(0) && zero(2) => keep(&[], "unimp"),
                Some(Arg::Csr(CSR_CYCLE)) => None,
                _ if zero(0) => keep(&[1, 2], "csrw"),
                _ => None,
            }
        }
        Rule::Fence => match Fence::of(inst) {
            Fence::Partial => None,
            Fence::Tso => keep(&[], "fence.tso"),
            Fence::Pause => keep(&[], "pause"),
            Fence::Full => keep(&[], "fence"),
        },
        Rule::Fmv | Rule::Fneg | Rule::Fabs if arg(1) == arg(2) => {
            let double = inst.row.name.ends_with('d');
            keep(
                &[0, 1],
                match (inst.row.rule, double) {
                    (Rule::Fmv, true) => "fmv.d",
                    (Rule::Fmv, false) => "fmv.s",
                    (Rule::Fneg, true) => "fneg.d",
                    (Rule::Fneg, false) => "fneg.s",
                    (_, true) => "fabs.d",
                    (_, false) => "fabs.s",
                },
            )
        }
        Rule::Jal if zero(0) => keep(&[1], "j"),
        Rule::Jal if arg(0) == Some(Arg::X(1)) => keep(&[1], "jal"),
        Rule::Jalr => {
            let Some(Arg::Mem { base, offset }) = arg(1) else {
                return None;
            };
            let short = Arg::X(base);
            match (arg(0), offset) {
                (Some(Arg::X(1)), 0) => {
                    args.truncate(1);
                    args[0] = short;
                    None
                }
                (Some(Arg::X(0)), 0) if base == 1 => keep(&[], "ret"),
                (Some(Arg::X(0)), _) => {
                    *args = args.pick(&[1]);
                    if offset == 0 {
                        args[0] = short;
                    }
                    Some("jr")
                }
                _ => None,
            }
        }
        Rule::Sltiu if imm(2) == 1 => keep(&[0, 1], "seqz"),
        Rule::Slt if zero(1) => keep(&[0, 2], "sgtz"),
        Rule::Slt if zero(2) => keep(&[0, 1], "sltz"),
        Rule::Sltu if zero(1) => keep(&[0, 2], "snez"),
        Rule::Sub if zero(1) => keep(&[0, 2], "neg"),
        Rule::Subw if zero(1) => keep(&[0, 2], "negw"),
        Rule::Vsetvl | Rule::Vsetvli => {
            args.reverse();
            None
        }
        _ => None,
    }
}

fn vector(inst: &Inst, rule: VRule, mut args: Args, out: &mut Vec<u8>) {
    let masked = inst.word >> 25 & 1 == 0;
    if masked && rule != VRule::Implicit {
        args.remove(0);
    }
    let mut name = inst.row.name;
    let last = args.len().saturating_sub(1);
    if last > 0 {
        match rule {
            VRule::Load | VRule::Store => args.swap_at(0, last),
            _ => {
                name = alias(rule, &mut args).unwrap_or(name);
                match args.len() {
                    3 if rule == VRule::Fma => args.swap_at(0, 2),
                    3 => args = args.pick(&[2, 0, 1]),
                    2 => args.swap_at(0, 1),
                    _ => {}
                }
            }
        }
    }
    out.put(name);
    write_args(&args, out);
    if masked {
        out.put(if rule == VRule::Implicit { ",v0" } else { ",v0.t" });
    }
}

fn write_args(args: &Args, out: &mut Vec<u8>) {
    for (i, &arg) in args.iter().enumerate() {
        out.put(if i == 0 { " " } else { "," });
        match arg {
            Arg::X(n) => out.reg("x", n),
            Arg::F(n) => out.reg("f", n),
            Arg::V(n) => out.reg("v", n),
            Arg::Imm { value, hex: true } => out.hex(value as u64),
            Arg::Imm { value, .. } => out.dec(value),
            Arg::Target(distance) => out.dec(i64::from(distance)),
            Arg::Mem { base, offset } => {
                out.dec(i64::from(offset));
                out.reg("(x", base);
                out.put(")");
            }
            Arg::Ptr(base) => {
                out.reg("(x", base);
                out.put(")");
            }
            Arg::Csr(csr) => match csr_name(csr) {
                Some(name) => out.put(name),
                None => {
                    out.reg("csr(", csr);
                    out.put(")");
                }
            },
            Arg::Order(order) => out.extend(order_letters(order)),
            Arg::Vtype(vtype) => {
                for (i, word) in vtype_words(vtype).into_iter().enumerate() {
                    out.put(if i == 0 { "" } else { "," });
                    out.lower(word);
                }
            }
            Arg::FloatZero => out.put("0"),
        }
    }
}
