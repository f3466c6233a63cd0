//! ppc64: ADDIS from nothing with ADDI, a load or a store (not position-independent); BL and B.

use crate::disasm::refs::{Reference, Use, signed, words};
use crate::image::Endian;

pub(in crate::disasm) fn scan(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(Reference)) {
    let mut high: Option<(u32, u64)> = None;
    for (i, w) in words(code, endian).enumerate() {
        let at = pc.wrapping_add(4 * i as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        let op = w >> 26;
        if let Some((r, base)) = high.take()
            && w >> 16 & 31 == r
            && let Some(what) = second(op)
        {
            // DS-form offsets have two bits of opcode.
            let low = if op == 58 || op == 62 {
                w & 0xfffc
            } else {
                w & 0xffff
            };
            found(what, base.wrapping_add_signed(signed(low, 16)));
            continue;
        }
        if op == 15 && w >> 16 & 31 == 0 {
            high = Some((w >> 21 & 31, (signed(w, 16) << 16) as u64));
        } else if op == 18 && w & 2 == 0 {
            let what = if w & 1 == 0 { Use::Jump } else { Use::Call };
            found(what, at.wrapping_add_signed(signed(w & 0x03ff_fffc, 26)));
        }
    }
}

/// What an instruction of primary opcode `op` does as the second of a pair.
fn second(op: u32) -> Option<Use> {
    match op {
        14 => Some(Use::Address),
        36..=39 | 44 | 45 | 47 | 52..=55 | 62 => Some(Use::Store),
        32..=55 | 58 => Some(Use::Load),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::refs;
    use crate::image::Arch;

    #[test]
    fn pairs_and_calls() {
        // lis r3, 0x12; addi r3, r3, -8; lis r31, 0x12; std r4, 16(r31); bl 8; b 8
        let w = [
            0x3c60_0012,
            0x3863_fff8,
            0x3fe0_0012,
            0xf89f_0010,
            0x4800_0009,
            0x4800_0008,
        ];
        let want = [
            (Use::Address, 0x11_fff8),
            (Use::Store, 0x12_0010),
            (Use::Call, 0x1018),
            (Use::Jump, 0x101c),
        ];
        for (arch, endian) in [(Arch::Ppc64, Endian::Big), (Arch::Ppc64le, Endian::Little)] {
            assert_eq!(refs::found(arch, endian, 0x1000, &w), want);
        }
    }
}
