//! Which bits of an instruction word hold an address, or a part of one: what may differ between two builds
//! whose code only moved. Of processors whose instructions are words; authorities: as in
//! [`refs`](super::refs).

use crate::image::Arch;

/// The bits of an instruction word that hold (a part of) an address; 0 for an instruction that can hold none.
pub fn address_bits(arch: Arch, w: u32) -> u32 {
    match arch {
        Arch::Arm64 => arm64(w),
        Arch::Riscv64 => match w & 0x7f {
            0x17 | 0x37 | 0x6f => 0xffff_f000,
            0x03 | 0x07 | 0x13 | 0x67 => 0xfff0_0000,
            0x23 | 0x27 => 0xfe00_0f80,
            _ => 0,
        },
        Arch::Loong64 => match w >> 25 {
            // pcaddi to pcaddu18i.
            0x0c..=0x0f => 0x01ff_ffe0,
            // b, bl.
            0x28..=0x2b => 0x03ff_ffff,
            // addi.d, loads and stores of a 12-bit offset.
            0x01 | 0x14..=0x17 => 0x003f_fc00,
            _ => 0,
        },
        Arch::Ppc64 | Arch::Ppc64le => match w >> 26 {
            18 => 0x03ff_fffc,
            14 | 15 | 32..=55 => 0xffff,
            58 | 62 => 0xfffc,
            _ => 0,
        },
        Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le => match w >> 26 {
            2 | 3 => 0x03ff_ffff,
            9 | 13 | 15 | 25 | 32..=63 => 0xffff,
            _ => 0,
        },
        // b, bl.
        Arch::Arm if w & 0x0e00_0000 == 0x0a00_0000 => 0x00ff_ffff,
        _ => 0,
    }
}

fn arm64(w: u32) -> u32 {
    const IMM12: u32 = 0x003f_fc00;
    const IMM19: u32 = 0x00ff_ffe0;
    if w & 0x1f00_0000 == 0x1000_0000 {
        // adr, adrp.
        0x60ff_ffe0
    } else if w & 0x7f80_0000 == 0x1100_0000 || w & 0x3b00_0000 == 0x3900_0000 {
        // add, loads and stores of an unsigned offset.
        IMM12
    } else if w & 0x7c00_0000 == 0x1400_0000 {
        // b, bl.
        0x03ff_ffff
    } else if w & 0xff00_0010 == 0x5400_0000
        || w & 0x7e00_0000 == 0x3400_0000
        || w & 0x3b00_0000 == 0x1800_0000
    {
        IMM19
    } else {
        0
    }
}
