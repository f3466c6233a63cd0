//! The effects of a riscv64 instruction on addresses and constants.
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use super::Arg;
use super::decode::Inst;
use crate::disasm::step::{Convention, Effect, Flow, Place, Source, conclude};

/// X10 to X17, X8, X9, X18 to X23.
pub(super) const CONVENTION: Convention = Convention {
    arguments: &[10, 11, 12, 13, 14, 15, 16, 17, 8, 9, 18, 19, 20, 21, 22, 23],
    absolute: false,
};

/// Appends what `inst` at `pc` does.
pub(super) fn step(inst: &Inst, pc: u64, out: &mut Vec<Effect>) {
    let arg = |i: usize| inst.args.get(i).copied();
    let number = |a: Option<Arg>| match a {
        Some(Arg::Imm { value, .. }) => Some(value),
        _ => None,
    };
    let register = |a: Option<Arg>| match a {
        Some(Arg::X(r)) => Some(r),
        _ => None,
    };
    let target = inst.args.iter().find_map(|a| match a {
        Arg::Target(distance) => Some(pc.wrapping_add_signed(i64::from(*distance))),
        _ => None,
    });
    let place = inst.args.iter().find_map(|a| match *a {
        Arg::Mem { base, offset } => Some(Place::from(base, offset.into())),
        Arg::Ptr(base) => Some(Place::from(base, 0)),
        _ => None,
    });
    let first = register(arg(0));
    let effect = match (inst.row.name, first) {
        ("auipc", Some(rd)) => {
            number(arg(1)).map(|v| Effect::Part(rd, pc.wrapping_add_signed((v << 44) >> 32)))
        }
        ("lui", Some(rd)) => number(arg(1)).map(|v| Effect::Number(rd, ((v << 44) >> 32) as u64)),
        ("addi", Some(rd)) => match (register(arg(1)), number(arg(2))) {
            (Some(0), Some(v)) => Some(Effect::Number(rd, v as u64)),
            (Some(from), Some(v)) => Some(Effect::Sum(rd, from, v)),
            _ => None,
        },
        ("add", Some(rd)) => match (register(arg(1)), register(arg(2))) {
            (Some(0), Some(from)) | (Some(from), Some(0)) => Some(Effect::Sum(rd, from, 0)),
            _ => None,
        },
        ("ld", Some(rd)) => place.map(|at| Effect::Load(rd, at)),
        ("sd", Some(from)) => place.map(|at| Effect::Store(at, Source::of(from, 0), 8)),
        ("sb" | "sh" | "sw", _) => place.map(|at| Effect::Store(at, Source::Other, 4)),
        ("jal", Some(link)) => Some(Effect::Go(
            if link == 0 { Flow::Jump } else { Flow::Call },
            target,
        )),
        ("jalr", Some(link)) => {
            // AUIPC and JALR together make a far call.
            let flow = match (link, place) {
                (0, Some(Place { base: Some(1), .. })) => Flow::Return,
                (0, _) => Flow::Jump,
                _ => Flow::Call,
            };
            if let Some(at) = place {
                out.push(Effect::Touch(at));
            }
            Some(Effect::Go(flow, None))
        }
        _ if target.is_some() => Some(Effect::Go(Flow::Branch, target)),
        _ => None,
    };
    conclude(effect, place, first, out);
}
