//! The effects of an A64 instruction on addresses and constants. Encodings are from the Arm Architecture
//! Reference Manual (C4.1).
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use crate::disasm::step::{Convention, Effect, Flow, Place, Source};

/// R0 to R15.
pub(super) const CONVENTION: Convention = Convention {
    arguments: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    absolute: false,
};

/// Appends what the word `w` at `pc` does. Register 31 as a base is the stack pointer, as a value zero.
pub(super) fn step(w: u32, pc: u64, out: &mut Vec<Effect>) {
    let from = out.len();
    let (rd, rn) = ((w & 31) as u8, (w >> 5 & 31) as u8);
    let relative = |distance: i64| Some(pc.wrapping_add_signed(distance));
    let branch19 = || relative(signed(w >> 5 & 0x7_ffff, 19) << 2);
    match w {
        // ADR, ADRP
        _ if w & 0x1f00_0000 == 0x1000_0000 => {
            let distance = signed(w >> 5 & 0x7_ffff, 19) << 2 | i64::from(w >> 29 & 3);
            out.push(if w >> 31 == 0 {
                Effect::Address(rd, pc.wrapping_add_signed(distance))
            } else {
                Effect::Part(rd, (pc & !0xfff).wrapping_add_signed(distance << 12))
            });
        }
        // B, BL
        _ if w & 0x7c00_0000 == 0x1400_0000 => {
            let flow = if w >> 31 == 0 { Flow::Jump } else { Flow::Call };
            out.push(Effect::Go(flow, relative(signed(w & 0x3ff_ffff, 26) << 2)));
        }
        // B.cond; CBZ, CBNZ; TBZ, TBNZ
        _ if w & 0xff00_0000 == 0x5400_0000 || w & 0x7e00_0000 == 0x3400_0000 => {
            out.push(Effect::Go(Flow::Branch, branch19()));
        }
        _ if w & 0x7e00_0000 == 0x3600_0000 => {
            out.push(Effect::Go(
                Flow::Branch,
                relative(signed(w >> 5 & 0x3fff, 14) << 2),
            ));
        }
        // BR, BLR, RET
        _ if w & 0xff9f_0000 == 0xd61f_0000 || w & 0xff9f_0000 == 0xd69f_0000 => {
            out.push(Effect::Go(
                match w >> 21 & 3 {
                    0 => Flow::Jump,
                    1 => Flow::Call,
                    _ => Flow::Return,
                },
                None,
            ));
        }
        // ADD, SUB of an immediate without flags
        _ if w & 0xbf80_0000 == 0x9100_0000 || w & 0xff80_0000 == 0xd100_0000 => {
            let value = i64::from(w >> 10 & 0xfff) << (12 * (w >> 22 & 1));
            let value = if w >> 30 & 1 == 0 { value } else { -value };
            out.push(Effect::Sum(rd, rn, value));
        }
        // MOVZ, and the constants of ORR with the zero register
        _ if constant(w).is_some() => out.push(Effect::Number(rd, constant(w).unwrap_or(0))),
        // SUBS XZR, Xn, Xm
        _ if w & 0xffe0_fc1f == 0xeb00_001f => out.push(Effect::Compare(rn, (w >> 16 & 31) as u8)),
        // ORR Xd, XZR, Xm
        _ if w & 0xffe0_ffe0 == 0xaa00_03e0 => {
            let from = (w >> 16 & 31) as u8;
            out.push(if from == 31 {
                Effect::Number(rd, 0)
            } else {
                Effect::Sum(rd, from, 0)
            });
        }
        // Loads and stores of one register
        _ if w & 0x3a00_0000 == 0x3800_0000 => one(w, rd, rn, out),
        // Loads and stores of pairs
        _ if w & 0x3a00_0000 == 0x2800_0000 => pair(w, rd, rn, out),
        // Whatever else may write its first register.
        _ => out.push(Effect::Lose(rd)),
    }
    // Only this instruction's: the others' before them may be many.
    let mut at = from;
    while let Some(effect) = out.get(at) {
        if matches!(effect, Effect::Number(31, _) | Effect::Lose(31)) {
            out.remove(at);
        } else {
            at += 1;
        }
    }
}

/// With an unsigned or unscaled offset; what indexes or moves its base loses it.
fn one(w: u32, rt: u8, rn: u8, out: &mut Vec<Effect>) {
    let scale = w >> 30;
    let vector = w >> 26 & 1 == 1;
    let load = w >> 22 & 3 != 0 && !(vector && w >> 22 & 3 == 2);
    let unsigned = w >> 24 & 1 == 1;
    let indexed = !unsigned && w >> 21 & 1 == 1;
    let moves = !unsigned && !indexed && w >> 10 & 1 == 1;
    let offset = match unsigned {
        true => i64::from(w >> 10 & 0xfff) << if vector && w >> 23 & 1 == 1 { 4 } else { scale },
        false => signed(w >> 12 & 0x1ff, 9),
    };
    if !indexed && !moves {
        let at = Place::from(rn, offset);
        out.push(match (load, vector) {
            (false, false) => Effect::Store(at, Source::of(rt, 31), 1 << scale),
            (false, true) => Effect::Store(at, Source::Other, 16),
            (true, false) if scale == 3 => Effect::Load(rt, at),
            _ => Effect::Touch(at),
        });
    } else if moves {
        out.push(Effect::Lose(rn));
    }
    if load && !vector && !(scale == 3 && !indexed && !moves) {
        out.push(Effect::Lose(rt));
    }
}

fn pair(w: u32, rt: u8, rn: u8, out: &mut Vec<Effect>) {
    let vector = w >> 26 & 1 == 1;
    let second = (w >> 10 & 31) as u8;
    let load = w >> 22 & 1 == 1;
    // The offset form (010) alone leaves the base as it is.
    let moves = w >> 23 & 3 != 2;
    let wide = w >> 31 == 1;
    let offset = signed(w >> 15 & 0x7f, 7) << if wide { 3 } else { 2 };
    if !moves && !vector && wide {
        let (a, b) = (Place::from(rn, offset), Place::from(rn, offset.wrapping_add(8)));
        match load {
            true => out.extend([Effect::Load(rt, a), Effect::Load(second, b)]),
            false => out.extend([
                Effect::Store(a, Source::of(rt, 31), 8),
                Effect::Store(b, Source::of(second, 31), 8),
            ]),
        }
    } else {
        if moves {
            out.push(Effect::Lose(rn));
        } else if !load {
            let scale = if vector { 2 + (w >> 30) } else { 2 };
            let at = Place::from(rn, signed(w >> 15 & 0x7f, 7) << scale);
            out.push(Effect::Store(at, Source::Other, 2 << scale));
        }
        if load && !vector {
            out.extend([Effect::Lose(rt), Effect::Lose(second)]);
        }
    }
}

/// What MOVZ, or ORR of a mask with the zero register, loads.
fn constant(w: u32) -> Option<u64> {
    if w & 0x7f80_0000 == 0x5280_0000 {
        return Some(u64::from(w >> 5 & 0xffff) << (16 * (w >> 21 & 3)));
    }
    if w & 0x7f80_03e0 != 0x3200_03e0 {
        return None;
    }
    // A run of ones, rotated, repeated in elements of 2 to 64 bits.
    let (n, rotate, ones) = (w >> 22 & 1, w >> 16 & 63, w >> 10 & 63);
    let bits = 1u32 << (n << 6 | (!ones & 63)).checked_ilog2().filter(|len| *len > 0)?;
    let count = (ones & (bits - 1)) + 1;
    if count == bits {
        return None;
    }
    let element = (u64::MAX >> (64 - count)) as u128;
    let rotate = rotate & (bits - 1);
    let turned = element >> rotate | element << (bits - rotate);
    let mask = u64::MAX >> (64 - bits);
    let element = turned as u64 & mask;
    let value = (0..64 / bits).fold(0u64, |v, i| v | element.checked_shl(i * bits).unwrap_or(0));
    Some(if w >> 31 == 0 { value & 0xffff_ffff } else { value })
}

fn signed(value: u32, bits: u32) -> i64 {
    i64::from((value << (32 - bits)) as i32 >> (32 - bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(w: u32, pc: u64) -> Vec<Effect> {
        let mut out = Vec::new();
        step(w, pc, &mut out);
        out
    }

    #[test]
    fn an_address_is_made_of_a_page_and_an_offset() {
        // ADRP 4096(PC), R0; ADD $0x123, R0, R0; MOVD 16(R27), R0; STP (R0, R1), 8(RSP)
        assert_eq!(effects(0xb000_0000, 0x1_0010), [Effect::Part(0, 0x1_1000)]);
        assert_eq!(effects(0x9104_8c00, 0), [Effect::Sum(0, 0, 0x123)]);
        assert_eq!(effects(0xf940_0b60, 0), [Effect::Load(0, Place::from(27, 16))]);
        assert_eq!(
            effects(0xa900_87e0, 0),
            [
                Effect::Store(Place::from(31, 8), Source::Register(0), 8),
                Effect::Store(Place::from(31, 16), Source::Register(1), 8)
            ]
        );
    }

    #[test]
    fn constants_and_branches_are_told() {
        // MOVD $5, R1; ORR $8, ZR, R2; BL 2(PC); RET; CBZ R0, 2(PC)
        assert_eq!(effects(0xd280_00a1, 0), [Effect::Number(1, 5)]);
        assert_eq!(effects(0xb27d_03e2, 0), [Effect::Number(2, 8)]);
        assert_eq!(
            effects(0x9400_0002, 0x2000),
            [Effect::Go(Flow::Call, Some(0x2008))]
        );
        assert_eq!(effects(0xd65f_03c0, 0), [Effect::Go(Flow::Return, None)]);
        assert_eq!(
            effects(0xb400_0040, 0x2000),
            [Effect::Go(Flow::Branch, Some(0x2008))]
        );
    }

    #[test]
    fn masks_are_runs_of_ones() {
        assert_eq!(constant(0xb240_03e0), Some(1));
        assert_eq!(constant(0xb200_f3e0), Some(0x5555_5555_5555_5555));
        assert_eq!(constant(0x3200_0fe0), Some(0xf));
        assert_eq!(constant(0xb240_ffe0), None);
    }

    #[test]
    fn any_words_are_survived() {
        let mut seed = 1u32;
        for _ in 0..100_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            effects(seed, u64::from(seed));
            constant(0x3200_03e0 | seed & 0x807f_fc1f);
        }
    }
}
