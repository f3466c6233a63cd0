//! Machine code → the addresses it names: `(address of the instruction, address it refers to)`.
//!
//! Only what is needed to find references is decoded: the length of an x86 instruction and its memory operand, and the pairs of
//! instructions by which the other processors make an address. Authorities: the processors' manuals; for which pairs Go writes,
//! cmd/link/internal/*/asm.go of Go 1.27. Of the jumps only calls are reported, and only
//! on the processors whose calls are one instruction.

mod pairs;
mod x86;

use crate::image::{Arch, Endian};

/// Calls `found` with each reference in `code`, whose first byte lies at `pc`. The targets are not checked; the caller knows which
/// addresses hold data. Bytes that can't be decoded end the scan on x86, elsewhere they are passed over.
pub(super) fn scan(arch: Arch, endian: Endian, code: &[u8], pc: u64, found: &mut impl FnMut(u64, u64)) {
    match arch {
        Arch::Amd64 => x86::scan::<true>(code, pc, found),
        Arch::I386 => x86::scan::<false>(code, pc, found),
        Arch::Arm64 => pairs::arm64(code, pc, found),
        Arch::Arm => pairs::literals(code, pc, endian, found),
        Arch::Riscv64 => pairs::riscv64(code, pc, found),
        Arch::Loong64 => pairs::loong64(code, pc, found),
        Arch::Ppc64 | Arch::Ppc64le => pairs::ppc64(code, pc, endian, found),
        Arch::S390x => pairs::s390x(code, pc, found),
        Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le => pairs::mips(code, pc, endian, found),
        Arch::Wasm => pairs::wasm(code, pc, found),
        Arch::Other(_) => {}
    }
}

/// What a function does with a table that it was given: reads words of it, calls others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A register is loaded with the word that lies `offset` bytes behind what another points to.
    Load { into: u8, base: u8, offset: u64 },
    /// A register gets what another holds.
    Move { into: u8, from: u8 },
    /// A register gets something else.
    Set(u8),
    /// The function at this address is called.
    Call(u64),
}

/// Registers that hold a function's arguments, in order (Go 1.17 and later: cmd/compile/abi-internal.md).
pub(super) fn arguments(arch: Arch) -> &'static [u8] {
    match arch {
        Arch::Amd64 => &[0, 3, 1, 7, 6, 8, 9, 10, 11],
        Arch::Arm64 => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        _ => &[],
    }
}

/// Calls `found` with the address of each load of a word, each call, and most of what else
/// changes a register in between. Of processors other than amd64 and arm64 nothing is told.
pub(super) fn steps(arch: Arch, code: &[u8], pc: u64, found: &mut impl FnMut(u64, Step)) {
    match arch {
        Arch::Amd64 => x86::steps(code, pc, found),
        Arch::Arm64 => pairs::arm64_steps(code, pc, found),
        _ => {}
    }
}

/// Does the instruction at the start of `code` load a word, rather than make an address?
pub(super) fn is_load(arch: Arch, code: &[u8]) -> bool {
    match arch {
        Arch::Amd64 => matches!(code, [0x48..=0x4f, 0x8b, ..]),
        Arch::Arm64 => Endian::Little.u32(code, 0).is_some_and(pairs::is_arm64_load),
        _ => false,
    }
}
