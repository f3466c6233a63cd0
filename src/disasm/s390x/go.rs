//! Go syntax: Go's own mnemonics for what its compiler emits, upper case for the rest.

use super::decode::{Inst, Rule};
use super::{Arg, Args, Index, vector};
use crate::disasm::isa::Text;
use crate::disasm::{Style, Symbols};

/// A mnemonic in parts: `W` in place of the first letter, the stem, suffixes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    pub scalar: bool,
    pub stem: &'a str,
    pub suffix: [&'static str; 2],
}

impl<'a> Name<'a> {
    pub fn new(stem: &'a str) -> Self {
        Name {
            scalar: false,
            stem,
            suffix: [""; 2],
        }
    }
}

/// Appends the Go syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) {
    let mut args = expand(&inst.args);
    let mut name = Name::new(&inst.row.go);
    match inst.row.rule {
        Rule::V(rule) => vector::arrange(rule, &mut args, &mut name),
        rule => {
            if rule == Rule::SwapNumber && style.strict_go && args.get(1) == Some(&Arg::R(13)) {
                return out.put(
                    "plan9Arg: error in converting ParseInt:strconv.ParseInt: parsing \"\": invalid syntax",
                );
            }
            arrange(rule, inst.row.name, &mut args, &mut name);
        }
    }
    if name.scalar {
        out.put("W");
    }
    out.put(name.stem.get(usize::from(name.scalar)..).unwrap_or_default());
    out.put(name.suffix[0]);
    out.put(name.suffix[1]);
    for (i, &arg) in args.iter().enumerate() {
        out.put(if i == 0 { " " } else { ", " });
        write_arg(arg, inst.len, pc, symbols, out);
    }
}

/// Go shows the length of an address as an operand of its own, behind it.
fn expand(args: &Args) -> Args {
    let mut out = Args::new(Arg::Imm(0));
    for &arg in args.iter() {
        match arg {
            Arg::Mem {
                disp,
                index: Index::Len(len),
                base,
            } => {
                out.push(Arg::Mem {
                    disp,
                    index: Index::None,
                    base,
                });
                out.push(Arg::Len(len));
            }
            _ => {
                out.push(arg);
            }
        }
    }
    out
}

fn arrange(rule: Rule, mnemonic: &str, args: &mut Args, name: &mut Name) {
    let arg = |args: &Args, i: usize| args.get(i).copied();
    let imm = |args: &Args, i: usize| match args.get(i) {
        Some(&Arg::Imm(n)) => n,
        Some(&Arg::Mask(n)) => i64::from(n),
        _ => 0,
    };
    let set_imm = |args: &mut Args, i: usize, n: i64| {
        if let Some(place) = args.get_mut(i) {
            *place = Arg::Imm(n);
        }
    };
    let last = args.len().saturating_sub(1);
    match rule {
        Rule::InOrder | Rule::V(_) => {}
        Rule::Swap | Rule::SwapNumber => args.swap_at(0, 1),
        Rule::Ends => args.swap_at(0, last),
        Rule::Rotate => args.first_to_last(),
        Rule::RotateThree => *args = args.pick(&[1, 2, 0]),
        Rule::EndsThree => *args = args.pick(&[2, 1, 0]),
        Rule::SwapShift16 | Rule::SwapShift32 | Rule::SwapOnes => {
            let n = imm(args, 1);
            let n = match rule {
                Rule::SwapShift16 => n << 16,
                Rule::SwapShift32 => n << 32,
                _ => n << 16 | 0xffff,
            };
            set_imm(args, 1, n);
            args.swap_at(0, 1);
        }
        Rule::Negate if arg(args, 0) == arg(args, 1) => args.truncate(1),
        Rule::Negate => args.swap_at(0, 1),
        Rule::LoadMultiple | Rule::MaskFirst => *args = args.pick(&[2, 0, 1, 3]),
        Rule::LoadZero => args.insert(0, Arg::Imm(0)),
        Rule::LoadHalf => {
            if i8::try_from(imm(args, 1)).is_ok() {
                name.stem = "MOVB";
            }
            args.swap_at(0, 1);
        }
        Rule::ThreeRegisters if arg(args, 0) == arg(args, 1) => *args = args.pick(&[2, 0]),
        Rule::ThreeRegisters => args.swap_at(0, 2),
        Rule::AddImmediate | Rule::AddImmediateKeep => {
            let at = if rule == Rule::AddImmediate { 1 } else { 2 };
            let n = imm(args, at);
            if n < 0 {
                name.stem = if name.stem == "ADDC" { "SUBC" } else { "SUB" };
                set_imm(args, at, -n);
            }
            args.swap_at(0, at);
        }
        Rule::Logic => {
            if imm(args, 1) < 0 {
                name.stem = match mnemonic {
                    "nill" => "ANDW",
                    "nilf" => "AND",
                    "oilf" => "ORW",
                    _ => "XORW",
                };
            }
            args.swap_at(0, 1);
        }
        Rule::Convert => *args = args.pick(&[2, 0]),
        Rule::CompareJump | Rule::CompareLogicalJump => {
            let signed = rule == Rule::CompareJump;
            let condition = match (imm(args, 2), signed) {
                (2, _) => "GT",
                (4, _) => "LT",
                (6, true) | (7, false) => "NE",
                (8, _) => "EQ",
                (10, _) => "GE",
                (12, _) => "LE",
                _ => return,
            };
            name.stem = if signed { "CMPB" } else { "CMPUB" };
            name.suffix[0] = condition;
            args.remove(2);
        }
        Rule::BranchRelative => {
            name.stem = match imm(args, 0) {
                1 => "BVS",
                2 => "BGT",
                4 => "BLT",
                5 => "BLTU",
                7 => "BNE",
                8 => "BEQ",
                10 => "BGE",
                12 => "BLE",
                13 => "BLEU",
                15 => "BR",
                _ => return,
            };
            args.remove(0);
        }
        Rule::BranchRegister => {
            name.stem = match imm(args, 0) {
                0 => "NOPH",
                14 => "SYNC",
                15 => "RET",
                _ => return,
            };
            args.truncate(0);
        }
        Rule::LoadOnCondition => {
            name.suffix[0] = match imm(args, 2) {
                2 => "GT",
                4 => "LT",
                7 => "NE",
                8 => "EQ",
                10 => "GE",
                12 => "LE",
                _ => return args.swap_at(0, 2),
            };
            name.stem = "MOVD";
            *args = args.pick(&[1, 0]);
        }
        Rule::Call => args.remove(0),
        Rule::RotateSelect => {
            // A flag in the bit positions: test only, or zero the rest.
            let (at, flag) = if mnemonic.starts_with("ris") {
                (3, "Z")
            } else {
                (2, "T")
            };
            if imm(args, at) & 0x80 != 0 {
                name.suffix[0] = flag;
            }
            *args = if args.len() == 5 {
                args.pick(&[2, 3, 4, 1, 0])
            } else {
                args.pick(&[2, 3, 1, 0])
            };
        }
    }
}

fn write_arg(arg: Arg, len: usize, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    match arg {
        Arg::R(n) => register(n, out),
        Arg::F(n) => out.reg("F", n),
        Arg::A(n) => out.reg("A", n),
        Arg::C(n) => out.reg("C", n),
        Arg::V(n) => out.reg("V", n),
        Arg::Imm(n) => {
            out.put("$");
            out.dec(n);
        }
        Arg::Mask(n) => out.reg("$", n),
        Arg::Len(n) => out.reg("$", n),
        Arg::Target(distance) => {
            let target = pc.wrapping_add_signed(distance);
            match symbols.lookup(target) {
                Some((symbol, start)) if start == target && !symbol.is_empty() => {
                    out.extend_from_slice(symbol);
                    out.put("(SB)");
                }
                // Counted in instructions of this one's length.
                _ => {
                    out.dec(distance / len.max(1) as i64);
                    out.put("(PC)");
                }
            }
        }
        Arg::Mem { disp, index, base } => {
            if disp != 0 {
                out.dec(i64::from(disp));
            }
            out.reg("(R", base);
            out.put(")");
            match index {
                Index::None | Index::Len(_) | Index::X(0) => return,
                Index::X(n) => out.reg("(R", n),
                Index::V(n) => out.reg("(V", n),
                Index::R(n) => {
                    out.put("(");
                    register(n, out);
                }
            }
            out.put("*1)");
        }
    }
}

/// A general register; 13 holds the goroutine.
fn register(n: u8, out: &mut Vec<u8>) {
    if n == 13 {
        out.put("g");
    } else {
        out.reg("R", n);
    }
}
