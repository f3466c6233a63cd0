//! Go syntax: destination last, pseudo-instructions as the Go assembler names them.

use super::decode::{Alias, CSR_CYCLE, Inst, Rule, VRule, csr_name};
use super::{Arg, Args, order_letters, vtype_words};
use crate::disasm::isa::Text;
use crate::disasm::{Style, Symbols};

/// Appends the Go syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) {
    let mut args = inst.args;
    if let Rule::V(rule) = inst.row.rule {
        vector(inst, rule, &mut args, out);
        return write_args(&args, pc, symbols, out);
    }
    let name = arrange(inst, &mut args, style);
    if let (true, 2, Rule::Jal, Some(Arg::Target(distance))) =
        (style.strict_go, inst.len, inst.row.rule, args.first_mut())
    {
        *distance = misread_jump(inst.word);
    }
    out.put(name.unwrap_or(&inst.row.go));
    write_args(&args, pc, symbols, out);
}

/// The distance of a compressed jump as Go 1.27 reads it: it takes bits 2 to 5 for the offset's bits 1 to 4,
/// where the manual has bits 3 to 5 for its bits 1 to 3.
fn misread_jump(word: u32) -> i32 {
    let bit = |from: u32, to: u32, n: u32| (word >> from & ((1 << n) - 1)) << to;
    let parts = [
        (2, 5, 1),
        (2, 1, 4),
        (6, 7, 1),
        (7, 6, 1),
        (8, 10, 1),
        (9, 8, 2),
        (11, 4, 1),
        (12, 11, 1),
    ];
    let value = parts
        .into_iter()
        .fold(0, |value, (from, to, n)| value | bit(from, to, n));
    (value << 20) as i32 >> 20
}

/// Puts the operands in Go's order; returns the name where it is not the row's.
fn arrange(inst: &Inst, args: &mut Args, style: Style) -> Option<&'static str> {
    let arg = |i: usize| inst.args.get(i).copied();
    let zero = |i: usize| arg(i) == Some(Arg::X(0));
    let imm = |i: usize| match arg(i) {
        Some(Arg::Imm { value, .. }) => value,
        _ => i64::MIN,
    };
    let mut name = None;
    match inst.row.rule {
        Rule::Addi if imm(2) == 0 => name = drop(args, 2, "MOV"),
        Rule::Addiw if imm(2) == 0 => name = drop(args, 2, "MOVW"),
        Rule::Andi if imm(2) == 255 => name = drop(args, 2, "MOVBU"),
        Rule::Xori if imm(2) == -1 => name = drop(args, 2, "NOT"),
        Rule::Sltiu if imm(2) == 1 => name = drop(args, 2, "SEQZ"),
        Rule::Sub if zero(1) => name = drop(args, 1, "NEG"),
        Rule::Sltu if zero(1) => name = drop(args, 1, "SNEZ"),
        Rule::Ori if zero(0) => {
            let prefetch = prefetch(imm(2)).map(|(letter, _)| match letter {
                'i' => "PREFETCHI",
                'r' => "PREFETCHR",
                _ => "PREFETCHW",
            });
            if prefetch.is_some() {
                *args = args.pick(&[1]);
                if let (Some(Arg::X(base)), Some((_, offset))) = (arg(1), self::prefetch(imm(2))) {
                    args[0] = Arg::Mem { base, offset };
                }
                name = prefetch;
            }
        }
        Rule::Beq | Rule::Bne | Rule::Bge | Rule::Blt | Rule::Branch => {
            // The only instructions that keep the manual's order.
            if zero(1) {
                name = match inst.row.rule {
                    Rule::Beq => drop(args, 1, "BEQZ"),
                    Rule::Bne => drop(args, 1, "BNEZ"),
                    Rule::Bge => drop(args, 1, "BGEZ"),
                    Rule::Blt => drop(args, 1, "BLTZ"),
                    _ => None,
                };
            }
            return name;
        }
        Rule::Jal | Rule::Jalr => {
            let target = arg(1).unwrap_or(Arg::X(0));
            return match (arg(0), target) {
                (Some(Arg::X(0)), Arg::Mem { base: 1, offset: 0 }) => {
                    args.truncate(0);
                    Some("RET")
                }
                (Some(Arg::X(0)), _) => drop(args, 0, "JMP"),
                (Some(Arg::X(1)), _) => drop(args, 0, "CALL"),
                _ => None,
            };
        }
        Rule::Store | Rule::Amo => args.rotate_for(inst.row.rule),
        Rule::Fma => args.swap_at(1, 3),
        Rule::Zero if zero(1) => args[1] = Arg::FloatZero,
        Rule::Fmv | Rule::Fneg | Rule::Fabs if arg(1) == arg(2) => {
            let double = inst.row.name.ends_with('d');
            name = drop(
                args,
                2,
                match (inst.row.rule, double) {
                    (Rule::Fmv, true) => "MOVD",
                    (Rule::Fmv, false) => "MOVF",
                    (Rule::Fabs, true) => "FABSD",
                    (Rule::Fabs, false) => "FABSS",
                    (_, false) => "FNEGS",
                    // Go 1.27 misspells it.
                    (_, true) if style.strict_go => "FNESD",
                    (_, true) => "FNEGD",
                },
            );
        }
        Rule::CsrRw => match arg(1) {
            Some(Arg::Csr(1)) => name = drop(args, 1, "FSFLAGS"),
            Some(Arg::Csr(2)) => name = drop(args, 1, "FSRM"),
            Some(Arg::Csr(3)) => name = drop(args, 1, "FSCSR"),
            Some(Arg::Csr(CSR_CYCLE)) if zero(0) && zero(2) => {
                args.truncate(0);
                name = Some("UNIMP");
            }
            _ => {}
        },
        Rule::CsrRs if zero(2) => {
            name = match arg(1) {
                Some(Arg::Csr(csr)) => match csr {
                    1 => Some("FRFLAGS"),
                    2 => Some("FRRM"),
                    3 => Some("FRCSR"),
                    0xc00 => Some("RDCYCLE"),
                    0xc01 => Some("RDTIME"),
                    0xc02 => Some("RDINSTRET"),
                    0xc80 => Some("RDCYCLEH"),
                    0xc81 => Some("RDTIMEH"),
                    0xc82 => Some("RDINSTRETH"),
                    _ => None,
                },
                _ => None,
            };
            if name.is_some() {
                args.truncate(1);
            }
        }
        Rule::Fence => {
            let kind = Fence::of(inst);
            if kind != Fence::Partial {
                args.truncate(0);
            }
            return match kind {
                Fence::Tso => Some("FENCE.TSO"),
                Fence::Pause => Some("PAUSE"),
                _ => None,
            };
        }
        Rule::Vsetvli => args.reverse_then_swap(),
        Rule::Vsetvl => return None,
        _ => {}
    }
    args.reverse();
    name
}

/// Which of the fences a FENCE word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    Tso,
    Pause,
    Full,
    Partial,
}

impl Fence {
    pub fn of(inst: &Inst) -> Fence {
        let order = |i: usize| match inst.args.get(i) {
            Some(Arg::Order(order)) => *order,
            _ => 0,
        };
        match (inst.word >> 28, order(0), order(1)) {
            (8, 3, 3) => Fence::Tso,
            (8, _, _) => Fence::Full,
            (_, 1, 0) => Fence::Pause,
            (0, pred, succ) if pred != 0 && succ != 0 && (pred, succ) != (15, 15) => Fence::Partial,
            _ => Fence::Full,
        }
    }
}

/// ORI to X0 is a prefetch where the low five bits say which: its letter and the offset.
pub(super) fn prefetch(imm: i64) -> Option<(char, i32)> {
    let letter = match imm & 31 {
        0 => 'i',
        1 => 'r',
        3 => 'w',
        _ => return None,
    };
    Some((letter, (imm & !31) as i32))
}

fn drop(args: &mut Args, at: usize, name: &'static str) -> Option<&'static str> {
    args.remove(at);
    Some(name)
}

impl Args {
    /// Before the reversal: stores swap value and address, atomics value and address.
    fn rotate_for(&mut self, rule: Rule) {
        match rule {
            Rule::Store => self.swap_at(0, 1),
            _ => self.swap_at(1, 2),
        }
    }

    /// vtype, length, destination → what the reversal turns into length, vtype, destination.
    fn reverse_then_swap(&mut self) {
        *self = self.pick(&[2, 0, 1]);
    }
}

/// Writes name and puts operands in order; the mask comes last but one.
fn vector(inst: &Inst, rule: VRule, args: &mut Args, out: &mut Vec<u8>) {
    let masked = inst.word >> 25 & 1 == 0;
    if masked && rule != VRule::Implicit {
        args.remove(0);
    }
    let mut name = inst.row.name;
    match rule {
        VRule::Load if args.len() == 3 => args.swap_at(0, 1),
        VRule::Store if args.len() == 3 => *args = args.pick(&[2, 0, 1]),
        VRule::Store => args.swap_at(0, 1),
        VRule::Load | VRule::Fma => {}
        _ => {
            name = alias(rule, args).unwrap_or(name);
            if args.len() == 3 {
                args.swap_at(0, 1);
            }
        }
    }
    if masked {
        args.insert(args.len().saturating_sub(1), Arg::V(0));
    }
    out.extend(
        name.bytes()
            .filter(|&b| b != b'.')
            .map(|b| b.to_ascii_uppercase()),
    );
}

/// The other name of a vector instruction, where it applies; drops the operands that it implies.
pub(super) fn alias(rule: VRule, args: &mut Args) -> Option<&'static str> {
    let VRule::Alias(alias) = rule else { return None };
    let (first, second, third) = (args.first().copied(), args.get(1).copied(), args.get(2).copied());
    let (name, keep): (_, &[usize]) = match alias {
        Alias::Zero(name) if second == Some(Arg::X(0)) => (name, &[0, 2]),
        Alias::MinusOne(name) if matches!(second, Some(Arg::Imm { value: -1, .. })) => (name, &[0, 2]),
        Alias::Same(name) if first == second => (name, &[1, 2]),
        Alias::AllSame(name) if first == second && second == third => (name, &[2]),
        _ => return None,
    };
    *args = args.pick(keep);
    Some(name)
}

fn write_args(args: &Args, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    for (i, &arg) in args.iter().enumerate() {
        out.put(if i == 0 { " " } else { ", " });
        write_arg(arg, pc, symbols, out);
    }
}

fn write_arg(arg: Arg, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    match arg {
        Arg::X(n) => out.reg("X", n),
        Arg::F(n) => out.reg("F", n),
        Arg::V(n) => out.reg("V", n),
        Arg::Imm { value, .. } => {
            out.put("$");
            out.dec(value);
        }
        Arg::Target(distance) => {
            let target = pc.wrapping_add_signed(i64::from(distance));
            match symbols.lookup(target) {
                Some((name, start)) if start == target && !name.is_empty() => {
                    out.extend_from_slice(name);
                    out.put("(SB)");
                }
                _ => {
                    out.dec(i64::from(distance / 4));
                    out.put("(PC)");
                }
            }
        }
        Arg::Mem { base, offset } => {
            if offset != 0 {
                out.dec(i64::from(offset));
            }
            out.reg("(X", base);
            out.put(")");
        }
        Arg::Ptr(base) => {
            out.reg("(X", base);
            out.put(")");
        }
        Arg::Csr(csr) => match csr_name(csr) {
            Some(name) => out.extend(name.bytes().map(|b| b.to_ascii_uppercase())),
            None => {
                out.reg("CSR(", csr);
                out.put(")");
            }
        },
        Arg::Order(order) => out.extend(order_letters(order).map(|c| c.to_ascii_uppercase())),
        Arg::Vtype(vtype) => {
            for (i, word) in vtype_words(vtype).into_iter().enumerate() {
                out.put(if i == 0 { "" } else { ", " });
                out.put(word);
            }
        }
        Arg::FloatZero => out.put("$(0.0)"),
    }
}
