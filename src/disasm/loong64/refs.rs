//! loong64: PCALAU12I with ADDI.D, a load or a store; BL and B.

use crate::disasm::refs::{Reference, Use, signed, words};
use crate::image::Endian;

pub(in crate::disasm) fn scan(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    let mut page: Option<(u32, u64)> = None;
    for (i, w) in words(code, Endian::Little).enumerate() {
        let at = pc.wrapping_add(4 * i as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        if let Some((r, base)) = page.take()
            && w >> 5 & 31 == r
            && let Some(what) = second(w)
        {
            found(what, base.wrapping_add_signed(signed(w >> 10, 12)));
            continue;
        }
        if w & 0xf800_0000 == 0x5000_0000 {
            let what = if w >> 26 & 1 == 0 { Use::Jump } else { Use::Call };
            let offset = signed((w & 0x3ff) << 16 | w >> 10 & 0xffff, 26);
            found(what, at.wrapping_add_signed(offset << 2));
        } else if w & 0xfe00_0000 == 0x1a00_0000 {
            page = Some((
                w & 31,
                (at & !0xfff).wrapping_add_signed(signed(w >> 5, 20) << 12),
            ));
        }
    }
}

/// What the second instruction of a pair does.
fn second(w: u32) -> Option<Use> {
    match w >> 24 {
        _ if w & 0xffc0_0000 == 0x02c0_0000 => Some(Use::Address),
        0x28 | 0x2a => Some(Use::Load),
        0x29 => Some(Use::Store),
        // FLD and FST by turns.
        0x2b if w >> 22 & 1 == 0 => Some(Use::Load),
        0x2b => Some(Use::Store),
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
        // pcalau12i $r4, 1; addi.d $r4, $r4, 24; pcalau12i $r30, 0; st.d $r4, $r30, 16; bl 8; b 8
        let w = [
            0x1a00_0024,
            0x02c0_6084,
            0x1a00_001e,
            0x29c0_43c4,
            0x5400_0800,
            0x5000_0800,
        ];
        let all = refs::found(Arch::Loong64, Endian::Little, 0x1_0000, &w);
        let want = [
            (Use::Address, 0x1_1018),
            (Use::Store, 0x1_0010),
            (Use::Call, 0x1_0018),
            (Use::Jump, 0x1_001c),
        ];
        assert_eq!(all, want);
    }
}
