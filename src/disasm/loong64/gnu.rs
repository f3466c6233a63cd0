//! GNU syntax: the manual's operand order, ABI register names.

use super::Arg;
use super::decode::{Inst, Rule};
use crate::disasm::isa::Text;

/// Appends the GNU syntax of `inst`.
pub(super) fn print(inst: &Inst, out: &mut Vec<u8>) {
    let mut args = inst.args;
    let zero = |i: usize| inst.args.get(i) == Some(&Arg::R(0));
    let mut name = inst.row.name;
    let mut short = |alias: &'static str, places: &[usize]| {
        name = alias;
        args = args.pick(places);
    };
    match inst.row.rule {
        Rule::Move if inst.row.name == "or" && zero(2) => short("move", &[0, 1]),
        Rule::Andi if zero(0) && zero(1) => short("nop", &[]),
        Rule::Jirl if zero(0) && inst.args.get(2) == Some(&Arg::Target(0)) => match inst.args.get(1) {
            Some(Arg::R(1)) => short("ret", &[]),
            _ => short("jr", &[1]),
        },
        Rule::Blt if zero(0) => short("bgtz", &[1, 2]),
        Rule::Blt if zero(1) => short("bltz", &[0, 2]),
        Rule::Bge if zero(0) => short("blez", &[1, 2]),
        Rule::Bge if zero(1) => short("bgez", &[0, 2]),
        _ => {}
    }
    out.put(if inst.wide { "x" } else { "" });
    out.put(name);
    for (i, &arg) in args.iter().enumerate() {
        out.put(if i == 0 { " " } else { ", " });
        match arg {
            Arg::R(n) => match n {
                0 => out.put("$zero"),
                1 => out.put("$ra"),
                2 => out.put("$tp"),
                3 => out.put("$sp"),
                4..=11 => out.reg("$a", n - 4),
                12..=20 => out.reg("$t", n - 12),
                21 => out.put("$r21"),
                22 => out.put("$fp"),
                _ => out.reg("$s", n.saturating_sub(23)),
            },
            Arg::F(n) => match n {
                0..=7 => out.reg("$fa", n),
                8..=23 => out.reg("$ft", n - 8),
                _ => out.reg("$fs", n.saturating_sub(24)),
            },
            Arg::Fcsr(n) => out.reg("$fcsr", n),
            Arg::Fcc(n) => out.reg("$fcc", n),
            Arg::V(n) => out.reg("$vr", n),
            Arg::X(n) => out.reg("$xr", n),
            Arg::Unsigned(n) => out.hex(u64::from(n)),
            Arg::Signed(n) => out.dec(n),
            Arg::Target(distance) => out.dec(i64::from(distance)),
        }
    }
}
