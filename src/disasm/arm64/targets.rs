//! What the operands of an instruction stand for: the address that ADRP and the instruction behind it make together, a branch's
//! target, the constants loaded nearby. Encodings are from the Arm Architecture Reference Manual (C4.1).

use super::word;
use crate::disasm::Targets;

/// Instructions looked at for an address's low half and for constants.
const LOOKAHEAD: usize = 6;

pub(super) fn targets(code: &[u8], pc: u64) -> Targets {
    let mut targets = Targets::default();
    let Some(first) = word(code) else { return targets };
    let next = || (1..LOOKAHEAD).map_while(|i| word(code.get(i * 4..)?));
    if first & 0x9f00_0000 == 0x9000_0000 {
        let page = signed(first >> 5 & 0x7_ffff, 19) << 2 | i64::from(first >> 29 & 3);
        let page = (pc & !0xfff).wrapping_add_signed(page << 12);
        let register = first & 31;
        if let Some(low) = next().find_map(|w| low_half(w, register)) {
            targets.addresses.push(page.wrapping_add(low));
        }
    } else if first & 0x7c00_0000 == 0x1400_0000 {
        targets
            .addresses
            .push(pc.wrapping_add_signed(signed(first & 0x3ff_ffff, 26) << 2));
    }
    targets.constants.extend(next().filter_map(constant));
    targets
}

/// The offset that an ADD, or a load or store of a register, puts on `base`.
fn low_half(w: u32, base: u32) -> Option<u64> {
    if w >> 5 & 31 != base {
        return None;
    }
    let offset = u64::from(w >> 10 & 0xfff);
    match w & 0xffc0_0000 {
        0x9100_0000 => Some(offset),
        x if x & 0x3f00_0000 == 0x3900_0000 => Some(offset << (w >> 30)),
        _ => None,
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

    fn code(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    #[test]
    fn adrp_and_add_make_an_address_and_the_length_follows() {
        // ADRP 4096(PC), R0; ADD $0x123, R0, R0; MOVD $5, R1; ORR $8, ZR, R2
        let t = targets(
            &code(&[0xb000_0000, 0x9104_8c00, 0xd280_00a1, 0xb27d_03e2]),
            0x1_0010,
        );
        assert_eq!(t.addresses, [0x1_1123]);
        assert_eq!(t.constants, [5, 8]);
    }

    #[test]
    fn loads_are_scaled_and_other_registers_do_not_count() {
        // ADRP 0(PC), R27; ADD of R1; MOVD 16(R27), R0
        let t = targets(&code(&[0x9000_001b, 0x9104_8c21, 0xf940_0b60]), 0x2000);
        assert_eq!(t.addresses, [0x2010]);
        assert_eq!(targets(&code(&[0x9400_0002]), 0x2000).addresses, [0x2008]);
        assert_eq!(targets(&[1, 2], 0), Targets::default());
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
            targets(
                &code(&[seed, seed.rotate_left(7), seed ^ 0x9100_0000]),
                u64::from(seed),
            );
            constant(0x3200_03e0 | seed & 0x807f_fc1f);
        }
    }
}
