//! Machine code → the addresses it names, without telling the rest: what `size` and the graph of references
//! ask of every function.
//!
//! A printer's [`step`](super::Printer::step) tells all that an instruction does; here only the instructions
//! that name an address are decoded, and of x86 only lengths beside them, which is several times faster. For
//! each architecture a function in its own folder; authorities: the processors' manuals, and
//! cmd/link/internal/*/asm.go of Go 1.27 for the pairs of instructions that Go writes.
//!
//! Go's assemblers write the two halves of an address one behind the other, so a pair is looked for in
//! neighbours only.

use super::step::Effect;
use super::{arm, arm64, loong64, mips, ppc64, riscv64, s390x, wasm, x86};
use crate::image::{Arch, Endian};

/// What an instruction does with the address that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Calls it.
    Call,
    /// Goes on there and does not come back. Jumps on a condition and over short distances, which stay in the
    /// function, are not told.
    Jump,
    /// Makes the address itself, or holds it as a constant.
    Address,
    /// Reads what lies there.
    Load,
    /// Writes what lies there.
    Store,
}

/// An address that an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Address of the instruction; of a pair, of one of the two. On wasm that of the function.
    pub at: u64,
    /// The address named. Not checked: whether something lies there is the caller's to know.
    pub target: u64,
    /// What for.
    pub what: Use,
}

/// Calls `found` with each reference in `code`, whose first byte lies at `pc`. Bytes that can't be decoded
/// end the scan on x86, elsewhere they are passed over. On arm a literal, on 386, wasm and mips a constant
/// may be a number that is no address: `found` must expect that.
pub fn scan(arch: Arch, endian: Endian, code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    match arch {
        Arch::Amd64 => x86::refs::scan::<true>(code, pc, found),
        Arch::I386 => x86::refs::scan::<false>(code, pc, found),
        Arch::Arm64 => arm64::refs::scan(code, pc, found),
        Arch::Arm => arm::refs::scan(code, pc, endian, found),
        Arch::Riscv64 => riscv64::refs::scan(code, pc, found),
        Arch::Loong64 => loong64::refs::scan(code, pc, found),
        Arch::Ppc64 | Arch::Ppc64le => ppc64::refs::scan(code, pc, endian, found),
        Arch::S390x => s390x::refs::scan(code, pc, found),
        Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le => mips::scan(code, pc, endian, found),
        Arch::Wasm => wasm::constants(code, pc, found),
        Arch::Other(_) => {}
    }
}

/// Calls `found` with the address and effect of each load of a word through a register, each call, and most
/// of what else changes a register in between: enough to follow a table that a function was given. Of
/// processors other than amd64 and arm64 nothing is told.
pub fn loads(arch: Arch, code: &[u8], pc: u64, found: &mut impl FnMut(u64, Effect)) {
    match arch {
        Arch::Amd64 => x86::refs::loads(code, pc, found),
        Arch::Arm64 => arm64::refs::loads(code, pc, found),
        _ => {}
    }
}

/// Calls `found` with the offset in a table from which the address of each call or jump through a register is
/// read: an interface's method is called through its place in the itab. `false` where the architecture's
/// calls are not told: only amd64's and arm64's are.
pub fn slots(arch: Arch, code: &[u8], found: &mut impl FnMut(i64)) -> bool {
    match arch {
        Arch::Amd64 => x86::refs::slots(code, found),
        Arch::Arm64 => arm64::refs::slots(code, found),
        _ => return false,
    }
    true
}

/// The instructions of `code` as words of 4 bytes.
pub(super) fn words(code: &[u8], endian: Endian) -> impl Iterator<Item = u32> + '_ {
    code.chunks_exact(4).map(move |c| endian.u32(c, 0).unwrap_or(0))
}

/// The low `bits` of `v` as a signed number.
pub(super) fn signed(v: u32, bits: u32) -> i64 {
    i64::from((v << (32 - bits)) as i32 >> (32 - bits))
}

/// The uses and targets that `scan` finds in `words`, which lie at `pc`.
#[cfg(test)]
pub(super) fn found(arch: Arch, endian: Endian, pc: u64, words: &[u32]) -> Vec<(Use, u64)> {
    let bytes = |w: &u32| match endian {
        Endian::Little => w.to_le_bytes(),
        Endian::Big => w.to_be_bytes(),
    };
    let code: Vec<u8> = words.iter().flat_map(bytes).collect();
    let mut out = Vec::new();
    scan(arch, endian, &code, pc, &mut |r| out.push((r.what, r.target)));
    out
}
