//! The effects of an A32 instruction on addresses and constants. Encodings are from the Arm Architecture
//! Reference Manual (F5.1).
//!
//! Go's linker puts addresses into a pool of words behind the code of a function and loads them from there;
//! arguments are passed on the stack.

use crate::disasm::step::{Convention, Effect, Flow, Place, Source};

pub(super) const CONVENTION: Convention = Convention {
    arguments: &[],
    absolute: true,
};

/// What reads as the program counter lies this far behind the instruction.
const AHEAD: i64 = 8;

/// Appends what the word `w` at `pc` does; `pool` gives the word at a distance from the instruction.
pub(super) fn step(w: u32, pc: u64, pool: impl Fn(i64) -> Option<u32>, out: &mut Vec<Effect>) {
    let (rd, rn) = ((w >> 12 & 15) as u8, (w >> 16 & 15) as u8);
    let always = w >> 28 == 14;
    let up = |v: i64| if w >> 23 & 1 == 1 { v } else { -v };
    let offset = up(i64::from(w & 0xfff));
    let rotated = u64::from((w & 0xff).rotate_right((w >> 8 & 15) * 2));
    if w >> 25 & 7 == 5 && w >> 28 != 15 {
        let distance = (w << 8) as i32 >> 6;
        let flow = match (w >> 24 & 1, always) {
            (1, _) => Flow::Call,
            (_, true) => Flow::Jump,
            _ => Flow::Branch,
        };
        let target = pc.wrapping_add_signed(AHEAD + i64::from(distance)) & 0xffff_ffff;
        return out.push(Effect::Go(flow, Some(target)));
    }
    // ldm, bx, blx
    if w & 0x0e10_0000 == 0x0810_0000 {
        out.extend((0..15u8).filter(|r| w >> r & 1 == 1).map(Effect::Lose));
        out.push(Effect::Lose(rn));
        if w >> 15 & 1 == 1 {
            out.push(Effect::Go(if always { Flow::Return } else { Flow::Branch }, None));
        }
        return;
    }
    if w & 0x0fff_ffd0 == 0x012f_ff10 {
        let flow = match (w >> 5 & 1, w & 15) {
            (1, _) => Flow::Call,
            (_, 14) => Flow::Return,
            _ => Flow::Jump,
        };
        return out.push(Effect::Go(flow, None));
    }
    let effect = match w & 0x0ff0_0000 {
        _ if !always => None,
        // ldr from the pool
        0x0590_0000 | 0x0510_0000 if rn == 15 => pool(AHEAD + offset).map(|v| Effect::Number(rd, v.into())),
        0x0590_0000 | 0x0510_0000 => Some(Effect::Load(rd, Place::from(rn, offset))),
        0x0580_0000 | 0x0500_0000 => Some(Effect::Store(Place::from(rn, offset), Source::Register(rd), 4)),
        // strb
        0x05c0_0000 | 0x0540_0000 => Some(Effect::Store(Place::from(rn, offset), Source::Other, 4)),
        // mov, mvn, movw, add, sub of immediates
        0x03a0_0000 => Some(Effect::Number(rd, rotated)),
        0x03e0_0000 => Some(Effect::Number(rd, u64::from(!(rotated as u32)))),
        0x0300_0000 => Some(Effect::Number(rd, u64::from(w >> 4 & 0xf000 | w & 0xfff))),
        0x0280_0000 => Some(Effect::Sum(rd, rn, rotated as i64)),
        0x0240_0000 => Some(Effect::Sum(rd, rn, -(rotated as i64))),
        // mov of a register; add of one to the program counter
        0x01a0_0000 if w & 0xff0 == 0 => Some(Effect::Sum(rd, (w & 15) as u8, 0)),
        0x0080_0000 if rn == 15 && w & 0xff0 == 0 => Some(Effect::Sum(rd, (w & 15) as u8, pc as i64 + AHEAD)),
        _ => None,
    };
    let ends = rd == 15 && w >> 26 & 3 < 2 && !matches!(effect, Some(Effect::Store(..)));
    match effect {
        Some(e) if !ends => out.push(e),
        _ => {
            out.extend([Effect::Lose(rd), Effect::Lose(rn)]);
            if ends {
                out.push(Effect::Go(if always { Flow::Return } else { Flow::Branch }, None));
            }
        }
    }
}
