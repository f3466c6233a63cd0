//! Go syntax: destination last, Go's own mnemonics.

use super::decode::{Inst, Rule};
use super::{Arg, Args};
use crate::disasm::isa::{Text, signed};
use crate::disasm::{Style, Symbols};

/// Appends the Go syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) {
    let mut args = inst.args;
    let mut rule = inst.row.rule;
    let mut name: &str = &inst.row.go;
    if let Some(better) = name.strip_prefix('?') {
        name = better.trim_start_matches('?');
        if style.strict_go {
            rule = Rule::Plain;
            name = if better.starts_with('?') { "?" } else { "Unknown " };
        }
    }
    let arg = |i: usize| inst.args.get(i).copied().unwrap_or(Arg::Target(0));
    let zero = |i: usize| arg(i) == Arg::R(0);
    if inst.wide {
        out.put("X");
    }
    let write = |name: &str, args: &[Arg], out: &mut Vec<u8>| {
        out.put(name);
        if name == "Unknown " {
            out.extend(inst.row.name.bytes().map(|b| b.to_ascii_uppercase()));
        }
        for (i, &arg) in args.iter().enumerate() {
            out.put(if i == 0 { " " } else { ", " });
            write_arg(arg, rule, pc, symbols, out);
        }
    };
    match rule {
        Rule::Load | Rule::LoadLinked | Rule::LoadPointer => {
            out.put(name);
            out.put(" ");
            out.dec(offset(arg(2), rule, style));
            base(arg(1), out);
            return write(",", &args[..1.min(args.len())], out);
        }
        Rule::Store | Rule::StoreConditional | Rule::StorePointer => {
            write(name, &args[..1.min(args.len())], out);
            out.put(", ");
            out.dec(offset(arg(2), rule, style));
            return base(arg(1), out);
        }
        Rule::LoadIndexed => {
            out.put(name);
            out.put(" ");
            base(arg(1), out);
            base(arg(2), out);
            return write(",", &args[..1.min(args.len())], out);
        }
        Rule::StoreIndexed => {
            write(name, &args[..1.min(args.len())], out);
            out.put(", ");
            base(arg(1), out);
            return base(arg(2), out);
        }
        Rule::Atomic => {
            write(name, &[arg(1)], out);
            out.put(", ");
            base(arg(2), out);
            return write(",", &[arg(0)], out);
        }
        Rule::LoadReplicate | Rule::Broadcast | Rule::Replicate | Rule::Insert | Rule::Pick => {
            out.put(name);
            out.put(" ");
            return move_elements(inst, out);
        }
        Rule::Jirl => return jump(arg(0), arg(1), arg(2), style, out),
        Rule::PickDouble if (arg(2), arg(3)) == (Arg::Unsigned(15), Arg::Unsigned(0)) => {
            name = "MOVHU";
            args = args.pick(&[1, 0]);
        }
        Rule::Bits | Rule::PickDouble => args = args.pick(&[2, 1, 3, 0]),
        Rule::FlagBranch => args.remove(0),
        Rule::Beq | Rule::Bne | Rule::Blt | Rule::Bltu | Rule::Bge | Rule::Bgeu => {
            let always = matches!(rule, Rule::Beq | Rule::Bge | Rule::Bgeu);
            if always && arg(0) == arg(1) {
                name = "JMP";
                args = args.pick(&[2]);
            } else if zero(0) {
                name = match rule {
                    Rule::Bge => "BLEZ",
                    Rule::Blt => "BGTZ",
                    _ => name,
                };
                args.remove(0);
            } else if zero(1) {
                name = match rule {
                    Rule::Bge => "BGEZ",
                    Rule::Blt => "BLTZ",
                    _ => name,
                };
                args.remove(1);
            }
        }
        Rule::Branch | Rule::InOrder => {}
        Rule::Vector => args.reverse(),
        _ => {
            name = reverse(inst, rule, name, style, &mut args);
        }
    }
    write(name, &args, out);
}

/// Everything else: operands backwards, and what Go shortens. Returns the name.
fn reverse<'a>(inst: &Inst, rule: Rule, name: &'a str, style: Style, args: &mut Args) -> &'a str {
    if let (Rule::Add16, Some(Arg::Signed(n))) = (rule, args.get_mut(2)) {
        *n <<= 16;
    }
    // Of the offsets that count words, Go keeps 14 bits.
    let words = style.strict_go && matches!(inst.row.rule, Rule::LoadPointer | Rule::StorePointer);
    if let Some(Arg::Signed(n)) = args.get_mut(2).filter(|_| words) {
        *n = signed(*n as u64, 14);
    }
    let (first, second, third) = (args.first().copied(), args.get(1).copied(), args.get(2).copied());
    args.reverse();
    match args.len() {
        // An operand alone is not shown (SYSCALL, DBAR, BREAK).
        0 | 1 => args.truncate(0),
        3 => {
            let zero = |arg: Option<Arg>| arg == Some(Arg::R(0));
            let register = matches!(first, Some(Arg::R(1..) | Arg::F(_)));
            if register && first == second {
                args.truncate(2);
            }
            match rule {
                Rule::Sub | Rule::Add if zero(second) => {
                    args.remove(1);
                    return match inst.row.name {
                        "sub.w" => "NEGW",
                        "sub.d" => "NEGV",
                        _ => "MOVW",
                    };
                }
                Rule::Andi if third == Some(Arg::Unsigned(0xff)) => {
                    args.remove(0);
                    return "MOVBU";
                }
                Rule::Andi if third == Some(Arg::Unsigned(0)) && zero(first) && zero(second) => {
                    args.truncate(0);
                    return "NOOP";
                }
                Rule::Move if zero(third) => {
                    args.remove(0);
                    return if inst.row.name == "or" { "MOVV" } else { "MOVW" };
                }
                _ => {}
            }
        }
        _ => {}
    }
    name
}

/// Source and destination of a move between memory, registers and vector elements, as Go's assembler writes
/// them.
fn move_elements(inst: &Inst, out: &mut Vec<u8>) {
    // The element's type is the mnemonic's suffix.
    let suffix = inst.row.name.rsplit('.').next().unwrap_or_default();
    let (letter, bytes) = match suffix.get(..1) {
        Some("b") => ("B", 1),
        Some("h") => ("H", 2),
        Some("w") => ("W", 4),
        Some("d") => ("V", 8),
        _ => ("Q", 16),
    };
    let arg = |i: usize| inst.args.get(i).copied().unwrap_or(Arg::R(0));
    let all = |arg: Arg, out: &mut Vec<u8>| {
        register(arg, out);
        out.put(".");
        out.put(letter);
        out.udec(if matches!(arg, Arg::X(_)) { 32 } else { 16 } / bytes);
    };
    let element = |arg: Arg, index: Arg, out: &mut Vec<u8>| {
        register(arg, out);
        out.put(".");
        out.put(letter);
        out.put(if suffix.ends_with('u') { "U" } else { "" });
        if let Arg::Unsigned(index) = index {
            out.reg("[", index);
            out.put("]");
        }
    };
    match inst.row.rule {
        Rule::LoadReplicate => {
            out.dec(offset(arg(2), Rule::Load, Style::default()));
            base(arg(1), out);
        }
        Rule::Replicate | Rule::Pick => element(arg(1), arg(2), out),
        _ => register(arg(1), out),
    }
    out.put(", ");
    match inst.row.rule {
        Rule::LoadReplicate | Rule::Broadcast | Rule::Replicate => all(arg(0), out),
        Rule::Insert => element(arg(0), arg(2), out),
        _ => register(arg(0), out),
    }
}

fn register(arg: Arg, out: &mut Vec<u8>) {
    match arg {
        Arg::R(n) => out.reg("R", n),
        Arg::V(n) => out.reg("V", n),
        Arg::X(n) => out.reg("X", n),
        _ => {}
    }
}

/// The offset of a load or store in bytes. Go shows a load-linked's in words, cut to 12 bits.
fn offset(arg: Arg, rule: Rule, style: Style) -> i64 {
    match arg {
        Arg::Signed(n) if style.strict_go && matches!(rule, Rule::LoadLinked | Rule::StoreConditional) => {
            signed(n as u64, 14) >> 2
        }
        Arg::Signed(n) => n,
        _ => 0,
    }
}

fn base(arg: Arg, out: &mut Vec<u8>) {
    if let Arg::R(n) = arg {
        out.reg("(R", n);
        out.put(")");
    }
}

/// Jumps to a register. Go leaves out the offset of those that link.
fn jump(link: Arg, target: Arg, distance: Arg, style: Style, out: &mut Vec<u8>) {
    let distance = match distance {
        Arg::Target(distance) => distance,
        _ => 0,
    };
    let returns = link == Arg::R(0);
    if returns && target == Arg::R(1) && distance == 0 {
        return out.put("RET");
    }
    out.put(if returns { "JMP " } else { "CALL " });
    if distance != 0 && (returns || !style.strict_go) {
        out.dec(i64::from(distance));
    }
    base(target, out);
}

fn write_arg(arg: Arg, rule: Rule, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    match arg {
        Arg::R(n) => out.reg("R", n),
        Arg::F(n) => out.reg("F", n),
        Arg::Fcsr(n) => out.reg("FCSR", n),
        Arg::Fcc(n) => out.reg("FCC", n),
        Arg::V(n) => out.reg("V", n),
        Arg::X(n) => out.reg("X", n),
        Arg::Unsigned(n) => out.reg("$", n),
        Arg::Signed(n) => {
            out.put("$");
            out.dec(n);
        }
        Arg::Target(distance) => {
            let target = pc.wrapping_add_signed(i64::from(distance));
            // Only jumps and calls name a symbol.
            match symbols.lookup(target).filter(|_| rule == Rule::Branch) {
                Some((name, start)) if start == target && !name.is_empty() => {
                    out.extend_from_slice(name);
                    out.put("(SB)");
                }
                _ => {
                    out.dec(i64::from(distance >> 2));
                    out.put("(PC)");
                }
            }
        }
    }
}
