//! mips, 32 and 64 bits: the addresses that code names. There is no printer: `go tool objdump` has none.
//!
//! LUI with ADDIU, DADDIU, a load or a store; C may add another register between the two. JAL and J.

use super::refs::{Reference, Use, signed, words};
use crate::image::Endian;

/// REGTMP and REGSB of cmd/internal/obj/mips/a.out.go.
const GO_TEMPORARY: u32 = 23;
const GO_BASE: u32 = 28;

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
            // Where Go's assembler adds anything else in its own register, the two halves are a large offset,
            // as from the stack pointer.
            if age == 0 && (r != GO_TEMPORARY || w >> 16 & 31 == GO_BASE || w >> 21 & 31 == GO_BASE) {
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
        // lui $1, 0x12; lw $2, 8($1); lui $1, 0x12; addu $1, $1, $3; sw $2, 8($1); jal 0x2000;
        // lui $23, 0x10; daddu $23, $23, $29; ld $1, 32($23), an offset from the stack pointer; and Go's way
        // to a variable
        let w = [
            0x3c01_0012,
            0x8c22_0008,
            0x3c01_0012,
            0x0023_0821,
            0xac22_0008,
            0x0c00_0800,
            0x3c17_0010,
            0x02fd_b82d,
            0xdee1_0020,
            0x3c17_0012,
            0x02fc_b82d,
            0xdee1_0020,
        ];
        let all = refs::found(Arch::Mips, Endian::Big, 0x1000, &w);
        let want = [
            (Use::Load, 0x12_0008),
            (Use::Store, 0x12_0008),
            (Use::Call, 0x2000),
            (Use::Load, 0x12_0020),
        ];
        assert_eq!(all, want);
    }
}
