//! The effects of a ppc64 instruction on addresses and constants. Encodings are from Power ISA 3.1.
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use crate::disasm::step::{Convention, Effect, Flow, Place, Source};

/// R3 to R10, R14 to R17.
pub(super) const CONVENTION: Convention = Convention {
    arguments: &[3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17],
    absolute: false,
};

/// Appends what the word `w` at `pc`, with `suffix` behind it where it is a prefix, does.
pub(super) fn step(w: u32, suffix: Option<u32>, pc: u64, out: &mut Vec<Effect>) {
    let (rt, ra) = ((w >> 21 & 31) as u8, (w >> 16 & 31) as u8);
    let number = i64::from(w as i16);
    let extended = w >> 1 & 0x3ff;
    let target = |distance: i32| Some(pc.wrapping_add_signed(i64::from(distance)));
    let link = w & 1 == 1;
    match w >> 26 {
        1 => prefixed(w, suffix, pc, out),
        // addi, addis; with R0 for none
        14 if ra == 0 => out.push(Effect::Number(rt, number as u64)),
        14 => out.push(Effect::Sum(rt, ra, number)),
        15 if ra == 0 => out.push(Effect::Part(rt, (number << 16) as u64)),
        15 => out.push(Effect::Sum(rt, ra, number << 16)),
        16 => out.push(Effect::Go(
            if link { Flow::Call } else { Flow::Branch },
            target(i32::from((w & 0xfffc) as i16)),
        )),
        18 => out.push(Effect::Go(
            if link { Flow::Call } else { Flow::Jump },
            target(((w & 0x3ff_fffc) << 6) as i32 >> 6),
        )),
        // bclr, bcctr
        19 if matches!(extended, 16 | 528) => out.push(Effect::Go(
            match (link, rt & 0x14 == 0x14, extended) {
                (true, ..) => Flow::Call,
                (_, false, _) => Flow::Branch,
                (.., 16) => Flow::Return,
                _ => Flow::Jump,
            },
            None,
        )),
        // or of a register with itself
        31 if extended == 444 && rt == (w >> 11 & 31) as u8 && !link => out.push(Effect::Sum(ra, rt, 0)),
        58 if w & 3 == 0 => out.push(Effect::Load(rt, Place::from(ra, number))),
        62 if w & 3 == 0 => out.push(Effect::Store(Place::from(ra, number), Source::Register(rt), 8)),
        // stw, stb, sth
        36 | 38 | 44 => out.push(Effect::Store(Place::from(ra, number), Source::Other, 4)),
        // with update
        33 | 35 | 37 | 39 | 41 | 43 | 45 => out.extend([Effect::Lose(rt), Effect::Lose(ra)]),
        32 | 34 | 40 | 42 => out.extend([Effect::Touch(Place::from(ra, number)), Effect::Lose(rt)]),
        // lfs, lfd, stfs, stfd
        48 | 50 | 52 | 54 => out.push(Effect::Touch(Place::from(ra, number))),
        58 | 62 => out.extend([Effect::Lose(rt), Effect::Lose(ra)]),
        20..=31 => out.extend([Effect::Lose(rt), Effect::Lose(ra)]),
        _ => out.push(Effect::Lose(rt)),
    }
}

fn prefixed(prefix: u32, suffix: Option<u32>, pc: u64, out: &mut Vec<Effect>) {
    let Some(w) = suffix else { return };
    let (rt, ra) = ((w >> 21 & 31) as u8, (w >> 16 & 31) as u8);
    let offset = i64::from(((prefix & 0x3_ffff) << 14) as i32 >> 14) << 16 | i64::from(w & 0xffff);
    let relative = prefix >> 20 & 1 == 1;
    let at = match relative {
        true => Place::at(pc.wrapping_add_signed(offset)),
        false => Place::from(ra, offset),
    };
    out.push(match w >> 26 {
        // paddi
        14 if relative => Effect::Address(rt, pc.wrapping_add_signed(offset)),
        14 if ra == 0 => Effect::Number(rt, offset as u64),
        14 => Effect::Sum(rt, ra, offset),
        // pld, pstd
        57 => Effect::Load(rt, at),
        61 => Effect::Store(at, Source::Register(rt), 8),
        _ => Effect::Lose(rt),
    });
}
