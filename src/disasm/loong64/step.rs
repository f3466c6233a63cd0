//! The effects of a loong64 instruction on addresses and constants.
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use super::Arg;
use super::decode::Inst;
use crate::disasm::step::{Convention, Effect, Flow, Place, Source, conclude};

/// R4 to R19.
pub(super) const CONVENTION: Convention = Convention {
    arguments: &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    absolute: false,
};

/// Appends what `inst` at `pc` does.
pub(super) fn step(inst: &Inst, pc: u64, out: &mut Vec<Effect>) {
    let register = |i: usize| match inst.args.get(i) {
        Some(Arg::R(r)) => Some(*r),
        _ => None,
    };
    let number = |i: usize| match inst.args.get(i) {
        Some(Arg::Unsigned(v)) => Some(i64::from(*v)),
        Some(Arg::Signed(v)) => Some(*v),
        _ => None,
    };
    let target = inst.args.iter().find_map(|a| match a {
        Arg::Target(distance) => Some(pc.wrapping_add_signed(i64::from(*distance))),
        _ => None,
    });
    let place = || Some(Place::from(register(1)?, number(2)?));
    let first = register(0);
    let three = || Some((register(1)?, number(2)?));
    let effect = match (inst.row.name, first) {
        ("pcalau12i", Some(rd)) => {
            number(1).map(|v| Effect::Part(rd, (pc & !0xfff).wrapping_add_signed(v << 12)))
        }
        ("pcaddu18i", Some(rd)) => number(1).map(|v| Effect::Part(rd, pc.wrapping_add_signed(v << 18))),
        ("pcaddu12i", Some(rd)) => number(1).map(|v| Effect::Part(rd, pc.wrapping_add_signed(v << 12))),
        ("lu12i.w", Some(rd)) => number(1).map(|v| Effect::Number(rd, (v << 12) as u64)),
        ("addi.d" | "addi.w" | "ori", Some(rd)) => three().map(|(from, v)| match from {
            0 => Effect::Number(rd, v as u64),
            _ if inst.row.name == "addi.d" => Effect::Sum(rd, from, v),
            _ => Effect::Lose(rd),
        }),
        ("or" | "move", Some(rd)) => match (register(1), register(2).unwrap_or(0)) {
            (Some(0), 0) => Some(Effect::Number(rd, 0)),
            (Some(from), 0) => Some(Effect::Sum(rd, from, 0)),
            _ => None,
        },
        ("ld.d", Some(rd)) => place().map(|at| Effect::Load(rd, at)),
        ("st.d", Some(from)) => place().map(|at| Effect::Store(at, Source::of(from, 0), 8)),
        ("st.b" | "st.h" | "st.w", _) => place().map(|at| Effect::Store(at, Source::Other, 4)),
        ("b", _) => Some(Effect::Go(Flow::Jump, target)),
        ("bl", _) => Some(Effect::Go(Flow::Call, target)),
        ("jirl", Some(link)) => {
            let flow = match (link, register(1)) {
                (0, Some(1)) => Flow::Return,
                (0, _) => Flow::Jump,
                _ => Flow::Call,
            };
            out.extend(place().map(Effect::Touch));
            Some(Effect::Go(flow, None))
        }
        _ if target.is_some() => Some(Effect::Go(Flow::Branch, target)),
        _ => None,
    };
    conclude(effect, place(), first, out);
}
