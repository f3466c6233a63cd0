//! Machine code → the addresses it names: `(address of the instruction, address it refers to)`.
//!
//! Only what is needed to find references is decoded: the length of an x86 instruction and its memory operand, and the pairs of
//! instructions by which the other processors make an address. Authorities: the processors' manuals; for which pairs Go writes,
//! cmd/link/internal/*/asm.go of Go 1.27. Calls and jumps are left out: code is known from the pclntab.

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
