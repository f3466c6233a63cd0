//! s390x: LARL, BRASL, BRCL, and the loads and stores relative to the instruction.

use crate::disasm::refs::{Reference, Use};
use crate::image::Endian;

pub(in crate::disasm) fn scan(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    let mut next = 0;
    while let Some(&first) = code.get(next) {
        let second = code.get(next + 1).copied().unwrap_or(0);
        let what = match (first, second & 0xf) {
            (0xc0, 0) => Some(Use::Address),
            (0xc0, 5) => Some(Use::Call),
            // BRCL of any condition
            (0xc0, 4) if second >> 4 == 15 => Some(Use::Jump),
            // STHRL, STGRL, STRL
            (0xc4, 7 | 11 | 15) => Some(Use::Store),
            (0xc4, 1..) => Some(Use::Load),
            _ => None,
        };
        if let Some(what) = what
            && let Some(d) = Endian::Big.u32(code, next + 2)
        {
            let at = pc.wrapping_add(next as u64);
            let target = at.wrapping_add_signed(2 * i64::from(d as i32));
            found(Reference { at, target, what });
        }
        next += match first >> 6 {
            0 => 2,
            1 | 2 => 4,
            _ => 6,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_instructions() {
        // larl %r2, 16; brasl %r14, 16; jg 16; stgrl %r2, 16; lgrl %r2, 16; jgne 16
        let code = [
            [0xc0, 0x20],
            [0xc0, 0xe5],
            [0xc0, 0xf4],
            [0xc4, 0x2b],
            [0xc4, 0x28],
            [0xc0, 0x74],
        ];
        let code: Vec<u8> = code.iter().flat_map(|c| [c[0], c[1], 0, 0, 0, 8]).collect();
        let mut all = Vec::new();
        scan(&code, 0x1000, &mut |r| all.push((r.what, r.target)));
        let want = [
            (Use::Address, 0x1010),
            (Use::Call, 0x1016),
            (Use::Jump, 0x101c),
            (Use::Store, 0x1022),
            (Use::Load, 0x1028),
        ];
        assert_eq!(all, want);
    }
}
