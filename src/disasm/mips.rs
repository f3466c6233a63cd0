//! mips, 32 and 64 bits: the addresses that code names. There is no printer: `go tool objdump` has none.
//!
//! LUI with ADDIU, DADDIU, a load or a store; Go may add another register between the two. JAL and J.

use super::refs::{Reference, Use, signed, words};
use crate::image::Endian;

pub(super) fn scan(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(Reference)) {
    let mut high: Option<(u32, u64, u32)> = None;
    for (i, w) in words(code, endian).enumerate() {
        let at = pc.wrapping_add(4 * i as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        let op = w >> 26;
        if let Some((r, base, age)) = high.take() {
            if w >> 21 & 31 == r
                && let Some(what) = second(op)
            {
                found(what, base.wrapping_add_signed(signed(w, 16)));
                continue;
            }
            if age == 0 {
                high = Some((r, base, 1));
            }
        }
        match op {
            15 => high = Some((w >> 16 & 31, (signed(w, 16) << 16) as u64 & 0xffff_ffff, 0)),
            2 | 3 => {
                // Within the 256 MB of the next instruction.
                let to = at.wrapping_add(4) & !0xfff_ffff | u64::from(w & 0x3ff_ffff) << 2;
                found(if op == 3 { Use::Call } else { Use::Jump }, to);
            }
            _ => {}
        }
    }
}

/// What an instruction of opcode `op` does as the second of a pair.
fn second(op: u32) -> Option<Use> {
    match op {
        9 | 25 => Some(Use::Address),
        26 | 27 | 32..=39 | 47..=55 => Some(Use::Load),
        40..=46 | 56..=63 => Some(Use::Store),
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
        // lui $1, 0x12; lw $2, 8($1); lui $1, 0x12; addu $1, $1, $3; sw $2, 8($1); jal 0x2000
        let w = [
            0x3c01_0012,
            0x8c22_0008,
            0x3c01_0012,
            0x0023_0821,
            0xac22_0008,
            0x0c00_0800,
        ];
        let all = refs::found(Arch::Mips, Endian::Big, 0x1000, &w);
        let want = [
            (Use::Load, 0x12_0008),
            (Use::Store, 0x12_0008),
            (Use::Call, 0x2000),
        ];
        assert_eq!(all, want);
    }
}
