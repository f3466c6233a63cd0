//! riscv64: AUIPC with ADDI, a load, a store or JALR; JAL.

use crate::disasm::refs::{Reference, Use, signed};
use crate::image::Endian;

pub(in crate::disasm) fn scan(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    let word = |at: usize| Endian::Little.u32(code, at);
    // With the link register it is a call, with none a jump.
    let flow = |w: u32| match w >> 7 & 31 {
        0 => Some(Use::Jump),
        1 => Some(Use::Call),
        _ => None,
    };
    let mut next = 0;
    while let Some(w) = word(next) {
        let at = pc.wrapping_add(next as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        // The two low bits tell 2-byte instructions from 4-byte ones.
        if w & 3 != 3 {
            next += 2;
            continue;
        }
        if w & 0x7f == 0x6f {
            let offset =
                (w >> 21 & 0x3ff) << 1 | (w >> 20 & 1) << 11 | (w >> 12 & 0xff) << 12 | (w >> 31) << 20;
            if let Some(what) = flow(w) {
                found(what, at.wrapping_add_signed(signed(offset, 21)));
            }
        } else if w & 0x7f == 0x17
            && let Some(x) = word(next + 4)
            && x >> 15 & 31 == w >> 7 & 31
        {
            let pair = match x & 0x7f {
                0x13 if x >> 12 & 7 == 0 => Some((Use::Address, signed(x >> 20, 12))),
                0x03 | 0x07 => Some((Use::Load, signed(x >> 20, 12))),
                0x23 | 0x27 => Some((Use::Store, signed(x >> 25 << 5 | x >> 7 & 31, 12))),
                0x67 => flow(x).map(|what| (what, signed(x >> 20, 12))),
                _ => None,
            };
            if let Some((what, low)) = pair {
                found(
                    what,
                    at.wrapping_add_signed(i64::from((w & 0xffff_f000) as i32) + low),
                );
            }
        }
        next += 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::refs;
    use crate::image::Arch;

    #[test]
    fn pairs_and_calls() {
        // auipc a0, 0x1; addi a0, a0, -16; auipc t6, 0x1; sd a0, 8(t6); auipc ra, 0; jalr ra, 16(ra); jal ra,
        // 8; j 8
        let w = [
            0x0000_1517,
            0xff05_0513,
            0x0000_1f97,
            0x00af_b423,
            0x0000_0097,
            0x0100_80e7,
            0x0080_00ef,
            0x0080_006f,
        ];
        let all = refs::found(Arch::Riscv64, Endian::Little, 0x1000, &w);
        let want = [
            (Use::Address, 0x1ff0),
            (Use::Store, 0x2010),
            (Use::Call, 0x1020),
            (Use::Call, 0x1020),
            (Use::Jump, 0x1024),
        ];
        assert_eq!(all, want);
    }
}
