//! The pairs of instructions that make an address, literal pools, and wasm's constants.
//!
//! Go's assemblers write the two halves of an address one behind the other, so a pair is looked for in neighbours only.

use super::Step;
use crate::image::Endian;

fn words(code: &[u8], endian: Endian) -> impl Iterator<Item = u32> + '_ {
    code.chunks_exact(4).map(move |c| endian.u32(c, 0).unwrap_or(0))
}

/// The low `bits` of `v` as a signed number.
fn signed(v: u32, bits: u32) -> i64 {
    i64::from((v << (32 - bits)) as i32 >> (32 - bits))
}

/// ADRP with ADD or a load or store of unsigned offset; ADR; BL.
pub(super) fn arm64(code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    let mut page: Option<(u32, u64)> = None;
    for (i, w) in words(code, Endian::Little).enumerate() {
        let here = pc.wrapping_add(4 * i as u64);
        let imm21 = || signed((w >> 5 & 0x7_ffff) << 2 | w >> 29 & 3, 21);
        let rn = w >> 5 & 31;
        match page.take() {
            Some((r, base)) if r == rn => {
                if w & 0xff80_0000 == 0x9100_0000 {
                    let imm = u64::from(w >> 10 & 0xfff) << if w & 1 << 22 != 0 { 12 } else { 0 };
                    found(here, base.wrapping_add(imm));
                    continue;
                }
                if w & 0x3b00_0000 == 0x3900_0000 {
                    let vector = w >> 26 & 1 != 0 && w >> 23 & 1 != 0 && w >> 30 == 0;
                    let scale = if vector { 4 } else { w >> 30 };
                    found(here, base.wrapping_add(u64::from(w >> 10 & 0xfff) << scale));
                    continue;
                }
            }
            _ => {}
        }
        if w & 0xfc00_0000 == 0x9400_0000 {
            found(here, here.wrapping_add_signed(signed(w, 26) << 2));
        } else if w & 0x9f00_0000 == 0x9000_0000 {
            page = Some((w & 31, (here & !0xfff).wrapping_add_signed(imm21() << 12)));
        } else if w & 0x9f00_0000 == 0x1000_0000 {
            found(here, here.wrapping_add_signed(imm21()));
        }
    }
}

/// LDR of 8 bytes with an unsigned offset.
pub(super) fn is_arm64_load(w: u32) -> bool {
    w & 0xffc0_0000 == 0xf940_0000
}

/// LDR, LDP, BL, MOV, and what makes addresses and constants.
pub(super) fn arm64_steps(code: &[u8], pc: u64, found: &mut impl FnMut(u64, Step)) {
    for (i, w) in words(code, Endian::Little).enumerate() {
        let here = pc.wrapping_add(4 * i as u64);
        let base = (w >> 5 & 31) as u8;
        let mut load = |into: u32, offset: u64| {
            let into = (into & 31) as u8;
            found(here, Step::Load { into, base, offset });
        };
        if is_arm64_load(w) {
            load(w, u64::from(w >> 10 & 0xfff) << 3);
        } else if w & 0xffc0_0000 == 0xa940_0000 {
            let offset = (signed(w >> 15, 7) << 3) as u64;
            load(w, offset);
            load(w >> 10, offset.wrapping_add(8));
        } else if w & 0xfc00_0000 == 0x9400_0000 {
            found(here, Step::Call(here.wrapping_add_signed(signed(w, 26) << 2)));
        } else if w & 0xffe0_ffe0 == 0xaa00_03e0 {
            let (into, from) = ((w & 31) as u8, (w >> 16 & 31) as u8);
            found(here, Step::Move { into, from });
        } else if w & 0x9f00_0000 == 0x9000_0000
            || w & 0x1f80_0000 == 0x1100_0000
            || w & 0x1f80_0000 == 0x1280_0000
        {
            // ADRP, ADD and SUB of a constant, MOVZ and its like.
            found(here, Step::Set((w & 31) as u8));
        }
    }
}

/// arm: every word may be a literal; instructions have a condition in the top bits, which no address has.
pub(super) fn literals(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(u64, u64)) {
    for (i, w) in words(code, endian).enumerate() {
        found(pc.wrapping_add(4 * i as u64), u64::from(w));
    }
}

/// AUIPC with ADDI, a load or a store; JAL.
pub(super) fn riscv64(code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    let word = |at: usize| Endian::Little.u32(code, at);
    let mut at = 0;
    while let Some(w) = word(at) {
        // The two low bits tell 2-byte instructions from 4-byte ones.
        if w & 3 != 3 {
            at += 2;
            continue;
        }
        if w & 0xfff == 0x0ef {
            // JAL with the link register.
            let offset =
                (w >> 21 & 0x3ff) << 1 | (w >> 20 & 1) << 11 | (w >> 12 & 0xff) << 12 | (w >> 31) << 20;
            let here = pc.wrapping_add(at as u64);
            found(here, here.wrapping_add_signed(signed(offset, 21)));
        } else if w & 0x7f == 0x17
            && let Some(x) = word(at + 4)
            && x >> 15 & 31 == w >> 7 & 31
        {
            let low = match x & 0x7f {
                0x13 if x >> 12 & 7 == 0 => Some(signed(x >> 20, 12)),
                0x03 | 0x07 => Some(signed(x >> 20, 12)),
                0x23 | 0x27 => Some(signed(x >> 25 << 5 | x >> 7 & 31, 12)),
                _ => None,
            };
            if let Some(low) = low {
                let here = pc.wrapping_add(at as u64);
                found(
                    here,
                    here.wrapping_add_signed(i64::from((w & 0xffff_f000) as i32) + low),
                );
            }
        }
        at += 4;
    }
}

/// PCALAU12I with ADDI.D, a load or a store; BL.
pub(super) fn loong64(code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    let mut page: Option<(u32, u64)> = None;
    for (i, w) in words(code, Endian::Little).enumerate() {
        let here = pc.wrapping_add(4 * i as u64);
        if let Some((r, base)) = page.take()
            && w >> 5 & 31 == r
            && (w & 0xffc0_0000 == 0x02c0_0000 || (0x28..0x2c).contains(&(w >> 24)))
        {
            found(here, base.wrapping_add_signed(signed(w >> 10, 12)));
            continue;
        }
        if w & 0xfc00_0000 == 0x5400_0000 {
            let offset = signed((w & 0x3ff) << 16 | w >> 10 & 0xffff, 26);
            found(here, here.wrapping_add_signed(offset << 2));
        } else if w & 0xfe00_0000 == 0x1a00_0000 {
            page = Some((
                w & 31,
                (here & !0xfff).wrapping_add_signed(signed(w >> 5, 20) << 12),
            ));
        }
    }
}

/// ADDIS from nothing with ADDI, a load or a store (not position-independent); BL.
pub(super) fn ppc64(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(u64, u64)) {
    let mut high: Option<(u32, u64)> = None;
    for (i, w) in words(code, endian).enumerate() {
        let op = w >> 26;
        if let Some((r, base)) = high.take()
            && w >> 16 & 31 == r
            && (op == 14 || (32..=55).contains(&op) || op == 58 || op == 62)
        {
            // DS-form offsets have two bits of opcode.
            let low = if op == 58 || op == 62 {
                w & 0xfffc
            } else {
                w & 0xffff
            };
            found(
                pc.wrapping_add(4 * i as u64),
                base.wrapping_add_signed(signed(low, 16)),
            );
            continue;
        }
        if op == 15 && w >> 16 & 31 == 0 {
            high = Some((w >> 21 & 31, (signed(w, 16) << 16) as u64));
        } else if op == 18 && w & 3 == 1 {
            let here = pc.wrapping_add(4 * i as u64);
            found(here, here.wrapping_add_signed(signed(w & 0x03ff_fffc, 26)));
        }
    }
}

/// LARL, BRASL and the loads and stores relative to the instruction.
pub(super) fn s390x(code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    let mut at = 0;
    while let Some(&first) = code.get(at) {
        let len = match first >> 6 {
            0 => 2,
            1 | 2 => 4,
            _ => 6,
        };
        let low = code.get(at + 1).map_or(0, |b| b & 0xf);
        let relative = first == 0xc0 && (low == 0 || low == 5) || first == 0xc4 && low != 0;
        if relative && let Some(d) = Endian::Big.u32(code, at + 2) {
            let here = pc.wrapping_add(at as u64);
            found(here, here.wrapping_add_signed(2 * i64::from(d as i32)));
        }
        at += len;
    }
}

/// LUI with ADDIU, DADDIU, a load or a store; Go may add another register between the two.
pub(super) fn mips(code: &[u8], pc: u64, endian: Endian, found: &mut impl FnMut(u64, u64)) {
    let mut high: Option<(u32, u64, u32)> = None;
    for (i, w) in words(code, endian).enumerate() {
        let op = w >> 26;
        if let Some((r, base, age)) = high.take() {
            let uses = op == 9 || op == 25 || (32..=63).contains(&op) || op == 26 || op == 27;
            if w >> 21 & 31 == r && uses {
                found(
                    pc.wrapping_add(4 * i as u64),
                    base.wrapping_add_signed(signed(w, 16)),
                );
                continue;
            }
            if age == 0 {
                high = Some((r, base, 1));
            }
        }
        if op == 15 {
            high = Some((w >> 16 & 31, (signed(w, 16) << 16) as u64 & 0xffff_ffff, 0));
        }
    }
}

/// `i64.const` and `i32.const`. A constant's bytes are looked for wherever its opcode stands: operands are not told apart from opcodes,
/// so the caller must expect a few numbers that are no addresses.
pub(super) fn wasm(code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    for at in memchr::memchr2_iter(0x41, 0x42, code) {
        let (mut value, mut shift) = (0u64, 0);
        for b in code.iter().skip(at + 1).take(5) {
            value |= u64::from(b & 0x7f) << shift;
            shift += 7;
            if b & 0x80 == 0 {
                // Addresses are positive; shorter constants are mostly counts and offsets.
                if b & 0x40 == 0 && shift >= 14 {
                    found(pc, value);
                }
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(scan: impl Fn(&[u8], &mut dyn FnMut(u64, u64)), words: &[u32], endian: Endian) -> Vec<u64> {
        let code: Vec<u8> = words
            .iter()
            .flat_map(|w| {
                if endian == Endian::Little {
                    w.to_le_bytes()
                } else {
                    w.to_be_bytes()
                }
            })
            .collect();
        let mut out = Vec::new();
        scan(&code, &mut |_, t| out.push(t));
        out
    }

    #[test]
    fn arm64_pairs_and_adr() {
        // adrp x0, #0x1000; add x0, x0, #0x18; adrp x27, #-0x1000; ldr x1, [x27, #16]; adr x2, #8; adrp x3; add x4, x5, #1
        let w = [
            0xb000_0000,
            0x9100_6000,
            0xf000_001b | 0x00ff_ffe0,
            0xf940_0b61,
            0x1000_0042,
            0xb000_0003,
            0x9100_04a4,
        ];
        let all = targets(
            |c, f| arm64(c, 0x10_0000, &mut |a, b| f(a, b)),
            &w,
            Endian::Little,
        );
        assert_eq!(all, [0x10_1018, 0xf_f010, 0x10_0018]);
    }

    #[test]
    fn arm64_loads_and_calls() {
        // ldr x1, [x27, #16]; bl +8; add x0, x0, #0x18; ldp x1, x2, [x0, #16]
        let code: Vec<u8> = [0xf940_0b61u32, 0x9400_0002, 0x9100_6000, 0xa941_0801]
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect();
        let mut all = Vec::new();
        arm64_steps(&code, 0x1000, &mut |pc, s| all.push((pc, s)));
        let load = |into, base, offset| Step::Load { into, base, offset };
        let want = [
            (0x1000, load(1, 27, 16)),
            (0x1004, Step::Call(0x100c)),
            (0x1008, Step::Set(0)),
            (0x100c, load(1, 0, 16)),
            (0x100c, load(2, 0, 24)),
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn riscv64_and_mips_pairs() {
        // auipc a0, 0x1; addi a0, a0, -16; lui $1, 0x12; lw $2, 8($1)
        let all = targets(
            |c, f| riscv64(c, 0x1000, &mut |a, b| f(a, b)),
            &[0x0000_1517, 0xff05_0513],
            Endian::Little,
        );
        assert_eq!(all, [0x1ff0]);
        let all = targets(
            |c, f| mips(c, 0, Endian::Big, &mut |a, b| f(a, b)),
            &[0x3c01_0012, 0x8c22_0008],
            Endian::Big,
        );
        assert_eq!(all, [0x12_0008]);
    }

    #[test]
    fn wasm_constants_of_two_bytes_and_more() {
        let mut all = Vec::new();
        wasm(
            &[0x42, 0x80, 0x80, 0x04, 0x42, 0x05, 0x41, 0xff, 0xff, 0x7f],
            0,
            &mut |_, t| all.push(t),
        );
        assert_eq!(all, [0x1_0000]);
    }
}
