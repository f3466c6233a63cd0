//! arm64: ADRP with ADD or a load or store of unsigned offset; ADR; BL and B.

use crate::disasm::refs::{Reference, Use, signed, words};
use crate::disasm::step::{Effect, Flow, Place};
use crate::image::Endian;

pub(in crate::disasm) fn scan(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    let mut page: Option<(u32, u64)> = None;
    for (i, w) in words(code, Endian::Little).enumerate() {
        let at = pc.wrapping_add(4 * i as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        let imm21 = || signed((w >> 5 & 0x7_ffff) << 2 | w >> 29 & 3, 21);
        let rn = w >> 5 & 31;
        match page.take() {
            Some((r, base)) if r == rn => {
                if w & 0xff80_0000 == 0x9100_0000 {
                    let imm = u64::from(w >> 10 & 0xfff) << if w & 1 << 22 != 0 { 12 } else { 0 };
                    found(Use::Address, base.wrapping_add(imm));
                    continue;
                }
                if w & 0x3b00_0000 == 0x3900_0000 {
                    let (vector, opc) = (w >> 26 & 1 != 0, w >> 22 & 3);
                    let whole = vector && opc & 2 != 0 && w >> 30 == 0;
                    let scale = if whole { 4 } else { w >> 30 };
                    let writes = opc == 0 || whole && opc == 2;
                    let what = if writes { Use::Store } else { Use::Load };
                    found(what, base.wrapping_add(u64::from(w >> 10 & 0xfff) << scale));
                    continue;
                }
            }
            _ => {}
        }
        if w & 0x7c00_0000 == 0x1400_0000 {
            let what = if w >> 31 == 0 { Use::Jump } else { Use::Call };
            found(what, at.wrapping_add_signed(signed(w, 26) << 2));
        } else if w & 0x9f00_0000 == 0x9000_0000 {
            page = Some((w & 31, (at & !0xfff).wrapping_add_signed(imm21() << 12)));
        } else if w & 0x9f00_0000 == 0x1000_0000 {
            found(Use::Address, at.wrapping_add_signed(imm21()));
        }
    }
}

/// LDR and LDP of 8 bytes, BL, MOV, and what makes addresses and constants.
pub(in crate::disasm) fn loads(code: &[u8], pc: u64, found: &mut impl FnMut(u64, Effect)) {
    for (i, w) in words(code, Endian::Little).enumerate() {
        let here = pc.wrapping_add(4 * i as u64);
        let (into, base) = ((w & 31) as u8, (w >> 5 & 31) as u8);
        if w & 0xffc0_0000 == 0xf940_0000 {
            let place = Place::from(base, i64::from(w >> 10 & 0xfff) << 3);
            found(here, Effect::Load(into, place));
        } else if w & 0xffc0_0000 == 0xa940_0000 {
            let offset = signed(w >> 15, 7) << 3;
            found(here, Effect::Load(into, Place::from(base, offset)));
            let second = (w >> 10 & 31) as u8;
            found(here, Effect::Load(second, Place::from(base, offset + 8)));
        } else if w & 0xfc00_0000 == 0x9400_0000 {
            let target = here.wrapping_add_signed(signed(w, 26) << 2);
            found(here, Effect::Go(Flow::Call, Some(target)));
        } else if w & 0xffe0_ffe0 == 0xaa00_03e0 {
            found(here, Effect::Sum(into, (w >> 16 & 31) as u8, 0));
        } else if w & 0x9f00_0000 == 0x9000_0000
            || w & 0x1f80_0000 == 0x1100_0000
            || w & 0x1f80_0000 == 0x1280_0000
        {
            // ADRP, ADD and SUB of a constant, MOVZ and its like.
            found(here, Effect::Lose(into));
        }
    }
}

/// Finds calls and jumps through a register.
pub(in crate::disasm) fn slots(code: &[u8], found: &mut impl FnMut(i64)) {
    // For each register the offset that it was last loaded from.
    let mut loaded = [None; 32];
    for w in words(code, Endian::Little) {
        if w & 0xffc0_0000 == 0xf940_0000 {
            if let Some(l) = loaded.get_mut((w & 31) as usize) {
                *l = Some(i64::from(w >> 10 & 0xfff) << 3);
            }
        } else if w & 0xffdf_fc1f == 0xd61f_0000 {
            // BR, BLR
            if let Some(offset) = loaded.get((w >> 5 & 31) as usize).copied().flatten() {
                found(offset);
            }
            loaded = [None; 32];
        } else if w & 0xfc00_0000 == 0x9400_0000 {
            loaded = [None; 32];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::refs;
    use crate::image::Arch;

    #[test]
    fn pairs_and_adr() {
        // adrp x0, #0x1000; add x0, x0, #0x18; adrp x27, #-0x1000; ldr x1, [x27, #16]; adr x2, #8; adrp x3;
        // add x4, x5, #1; adrp x27; str q1, [x27, #16]; b #8
        let w = [
            0xb000_0000,
            0x9100_6000,
            0xf0ff_fffb,
            0xf940_0b61,
            0x1000_0042,
            0xb000_0003,
            0x9100_04a4,
            0x9000_001b,
            0x3d80_0761,
            0x1400_0002,
        ];
        let all = refs::found(Arch::Arm64, Endian::Little, 0x10_0000, &w);
        let want = [
            (Use::Address, 0x10_1018),
            (Use::Load, 0xf_f010),
            (Use::Address, 0x10_0018),
            (Use::Store, 0x10_0010),
            (Use::Jump, 0x10_002c),
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn loads_and_calls() {
        // ldr x1, [x27, #16]; bl +8; add x0, x0, #0x18; ldp x1, x2, [x0, #16]
        let words = [0xf940_0b61u32, 0x9400_0002, 0x9100_6000, 0xa941_0801];
        let code: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let mut all = Vec::new();
        loads(&code, 0x1000, &mut |pc, s| all.push((pc, s)));
        let load = |into, base, offset| Effect::Load(into, Place::from(base, offset));
        let want = [
            (0x1000, load(1, 27, 16)),
            (0x1004, Effect::Go(Flow::Call, Some(0x100c))),
            (0x1008, Effect::Lose(0)),
            (0x100c, load(1, 0, 16)),
            (0x100c, load(2, 0, 24)),
        ];
        assert_eq!(all, want);
    }
}
