//! arm: literal pools; BL and B.

use crate::disasm::refs::{Reference, Use, signed, words};
use crate::image::Endian;

/// Every word may be a literal: instructions have a condition in the top bits, which no address has.
pub(in crate::disasm) fn scan(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(Reference)) {
    for (i, w) in words(code, endian).enumerate() {
        let at = pc.wrapping_add(4 * i as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        // Calls on a condition are none of Go's.
        if w >> 25 == 0x75 {
            let what = if w >> 24 & 1 == 1 { Use::Call } else { Use::Jump };
            let to = at.wrapping_add(8).wrapping_add_signed(signed(w, 24) << 2);
            found(what, to & 0xffff_ffff);
        } else {
            found(Use::Address, u64::from(w));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::refs;
    use crate::image::Arch;

    #[test]
    fn calls_and_literals() {
        // bl #0x10; b #-8; .word 0x12345
        let all = refs::found(
            Arch::Arm,
            Endian::Little,
            0x1000,
            &[0xeb00_0002, 0xeaff_fffc, 0x1_2345],
        );
        let want = [(Use::Call, 0x1010), (Use::Jump, 0xffc), (Use::Address, 0x1_2345)];
        assert_eq!(all, want);
    }
}
