//! arm: literal pools; BL and B.

use crate::disasm::refs::{Reference, Use, signed, words};
use crate::image::Endian;

/// REGTMP of cmd/internal/obj/arm/a.out.go. What else is done with a constant in it than to go where it
/// points, is done with a number.
const GO_TEMPORARY: u32 = 11;

/// A literal is named by the instruction that loads it: the pool itself has no place in the inline tree.
pub(in crate::disasm) fn scan(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(Reference)) {
    for (i, w) in words(code, endian).enumerate() {
        let offset = 4 * i as u64;
        let at = pc.wrapping_add(offset);
        let mut found = |what, target| found(Reference { at, target, what });
        // Calls on a condition are none of Go's.
        if w >> 25 == 0x75 {
            let what = if w >> 24 & 1 == 1 { Use::Call } else { Use::Jump };
            let to = at.wrapping_add(8).wrapping_add_signed(signed(w, 24) << 2);
            found(what, to & 0xffff_ffff);
        } else if w & 0x0f7f_0000 == 0x051f_0000 {
            // LDR of a word relative to the program counter, whatever the condition.
            let by = i64::from(w & 0xfff);
            let place = (offset + 8).wrapping_add_signed(if w >> 23 & 1 == 1 { by } else { -by });
            let word = usize::try_from(place).ok().and_then(|p| endian.u32(code, p));
            let used = code.get(4 * i + 4..).and_then(|c| endian.u32(c, 0));
            let number = w >> 12 & 15 == GO_TEMPORARY && !used.is_some_and(reaches);
            if let Some(word) = word.filter(|_| !number) {
                found(Use::Address, u64::from(word));
            }
        }
    }
}

/// Does an instruction load or store at what Go's temporary register holds?
fn reaches(w: u32) -> bool {
    let class = w >> 25 & 7;
    // Words and bytes; several; floating point; halfwords and double words.
    let memory =
        matches!(class, 2 | 4 | 6) || class == 3 && w >> 4 & 1 == 0 || class == 0 && w & 0x90 == 0x90;
    memory && w >> 16 & 15 == GO_TEMPORARY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::refs;
    use crate::image::Arch;

    #[test]
    fn calls_and_literals() {
        // bl #0x10; b #-8; ldr r0, [pc, #-4] of the word behind it; a word that nothing loads
        let all = refs::found(
            Arch::Arm,
            Endian::Little,
            0x1000,
            &[0xeb00_0002, 0xeaff_fffc, 0xe51f_0004, 0x1_2345, 0x1_6789],
        );
        let want = [(Use::Call, 0x1010), (Use::Jump, 0xffc), (Use::Address, 0x1_2345)];
        assert_eq!(all, want);
    }

    #[test]
    fn a_number_in_the_temporary_register_is_no_address() {
        // ldr r11, [pc, #4]; ldr r0, [r11]; ldr r11, [pc]; ldr r0, [sp, r11]; the words 0x20000 and 0x30000
        let words = [
            0xe59f_b008,
            0xe59b_0000,
            0xe59f_b004,
            0xe79d_000b,
            0x2_0000,
            0x3_0000,
        ];
        let all = refs::found(Arch::Arm, Endian::Little, 0x1000, &words);
        assert_eq!(all, [(Use::Address, 0x2_0000)]);
    }
}
