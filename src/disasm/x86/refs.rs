//! x86: instruction lengths, calls, jumps, RIP-relative operands (amd64), 32-bit displacements and immediates
//! (386).
//!
//! Authority: Intel's Software Developer's Manual, volume 2, chapter 2 and the opcode maps of appendix A.
//! iced-x86 decodes every field of an instruction; here the length and one operand are enough, and that is
//! several times faster, which decides how long a large file takes. The test compares with iced-x86.

use crate::disasm::refs::{Reference, Use};
use crate::disasm::step::{Effect, Flow, Place};

/// A call of a place relative to its end; the next opcode jumps.
const CALL: u8 = 0xe8;

/// What follows an opcode, one bit or number each.
const MODRM: u8 = 0x80;
/// Undefined in the mode at hand.
const BAD: u8 = 0x40;
/// Bytes of immediate: 1, 2, 3 as they are.
const I1: u8 = 1;
const I2: u8 = 2;
const I3: u8 = 3;
/// 4, or 2 with an operand size prefix.
const IZ: u8 = 4;
/// As IZ, 8 with REX.W.
const IV: u8 = 5;
/// An address: 8 on amd64, 4 on 386.
const MOFFS: u8 = 6;
/// A far pointer.
const FAR: u8 = 7;

const fn one_byte(wide: bool) -> [u8; 256] {
    let mut t = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        let old = if wide { BAD } else { 0 };
        t[i] = match i {
            0x00..=0x3f => match i & 7 {
                0..=3 => MODRM,
                4 => I1,
                5 => IZ,
                _ => old,
            },
            0x60 | 0x61 => old,
            0x62 => MODRM,
            0x63 => MODRM,
            0x68 => IZ,
            0x69 => MODRM | IZ,
            0x6a => I1,
            0x6b => MODRM | I1,
            0x70..=0x7f => I1,
            0x80 | 0x83 => MODRM | I1,
            0x81 => MODRM | IZ,
            0x82 => {
                if wide {
                    BAD
                } else {
                    MODRM | I1
                }
            }
            0x84..=0x8f => MODRM,
            0x9a | 0xea => {
                if wide {
                    BAD
                } else {
                    FAR
                }
            }
            0xa0..=0xa3 => MOFFS,
            0xa8 => I1,
            0xa9 => IZ,
            0xb0..=0xb7 => I1,
            0xb8..=0xbf => IV,
            0xc0 | 0xc1 | 0xc6 => MODRM | I1,
            0xc2 | 0xca => I2,
            0xc4 | 0xc5 => MODRM,
            0xc7 => MODRM | IZ,
            0xc8 => I3,
            0xcd => I1,
            0xce => old,
            0xd0..=0xd3 | 0xd8..=0xdf => MODRM,
            0xd4 | 0xd5 => {
                if wide {
                    BAD
                } else {
                    I1
                }
            }
            0xd6 => old,
            0xe0..=0xe7 | 0xeb => I1,
            0xe8 | 0xe9 => IZ,
            0xf6 | 0xf7 | 0xfe | 0xff => MODRM,
            _ => 0,
        };
        i += 1;
    }
    t
}

const fn two_byte() -> [u8; 256] {
    let mut t = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = match i {
            0x04 | 0x0a | 0x0c | 0x0e | 0x0f | 0x24..=0x27 | 0x36 | 0x39 | 0x3b..=0x3f => BAD,
            0x05..=0x09 | 0x0b | 0x30..=0x37 | 0x77 | 0xa0..=0xa2 | 0xa8..=0xaa | 0xc8..=0xcf => 0,
            0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6 => MODRM | I1,
            0x80..=0x8f => IZ,
            _ => MODRM,
        };
        i += 1;
    }
    t
}

static ONE_64: [u8; 256] = one_byte(true);
static ONE_32: [u8; 256] = one_byte(false);
static TWO: [u8; 256] = two_byte();

/// An instruction: its length, where its 4-byte displacement stands (0 for none), is that one relative to the
/// instruction's end, and where a 4-byte immediate stands (0 for none).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shape {
    len: usize,
    disp: usize,
    relative: bool,
    imm: usize,
}

/// The shape of the instruction at the start of `b`; `None` where it is undefined or cut off.
#[inline(always)]
fn shape<const WIDE: bool>(b: &[u8]) -> Option<Shape> {
    let mut at = 0;
    let (mut small, mut rex_w) = (false, false);
    let mut op = *b.first()?;
    loop {
        match op {
            0x66 => small = true,
            0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0x67 | 0xf0 | 0xf2 | 0xf3 => {}
            _ => break,
        }
        at += 1;
        op = *b.get(at)?;
        if at > 14 {
            return None;
        }
    }
    if WIDE && op & 0xf0 == 0x40 {
        rex_w = op & 8 != 0;
        at += 1;
        op = *b.get(at)?;
    }
    at += 1;
    let what = match op {
        0x0f => {
            op = *b.get(at)?;
            at += 1;
            match op {
                0x38 => {
                    at += 1;
                    MODRM
                }
                0x3a => {
                    at += 1;
                    MODRM | I1
                }
                // Near jumps keep their 4 bytes in 64-bit code, whatever the prefix.
                _ => *TWO.get(usize::from(op))?,
            }
        }
        0xc4 | 0xc5 | 0x62 if WIDE || *b.get(at)? >= 0xc0 => {
            let payload = *b.get(at)?;
            let (skip, map) = match op {
                0xc5 => (1, 1),
                0xc4 => (2, payload & 0x1f),
                _ => (3, payload & 7),
            };
            at += skip;
            op = *b.get(at)?;
            at += 1;
            match (map, op) {
                (3, _) => MODRM | I1,
                (1, 0x77) => 0,
                (1, _) => MODRM | *TWO.get(usize::from(op))? & I1,
                (2, _) | (5, _) | (6, _) => MODRM,
                _ => return None,
            }
        }
        _ => {
            let table = if WIDE { &ONE_64 } else { &ONE_32 };
            let mut what = *table.get(usize::from(op))?;
            // TEST has an immediate, the others of its group do not.
            if (op == 0xf6 || op == 0xf7) && *b.get(at)? & 0x38 <= 8 {
                what |= if op == 0xf6 { I1 } else { IZ };
            }
            what
        }
    };
    if what & BAD != 0 {
        return None;
    }
    let mut s = Shape::default();
    if what & MODRM != 0 {
        let modrm = *b.get(at)?;
        at += 1;
        let (mode, rm) = (modrm >> 6, modrm & 7);
        if mode != 3 {
            let mut base = rm;
            if rm == 4 {
                base = *b.get(at)? & 7;
                at += 1;
            }
            match mode {
                0 if base == 5 => {
                    (s.disp, s.relative) = (at, WIDE && rm == 5);
                    at += 4;
                }
                1 => at += 1,
                2 => {
                    s.disp = at;
                    at += 4;
                }
                _ => {}
            }
        }
    }
    let branch = op == 0xe8 || op == 0xe9 || what == IZ && op & 0xf0 == 0x80;
    let imm = match what & 7 {
        IZ if small && !(WIDE && branch) => 2,
        IV if rex_w => 8,
        IV if small => 2,
        IZ | IV => {
            if !branch {
                s.imm = at;
            }
            4
        }
        MOFFS if WIDE => 8,
        MOFFS => {
            s.disp = at;
            4
        }
        FAR => 6,
        n => usize::from(n),
    };
    s.len = at + imm;
    (s.len <= b.len()).then_some(s)
}

/// Finds references. amd64: calls, jumps and RIP-relative operands. 386: calls, jumps, absolute displacements
/// and 4-byte immediates.
pub(in crate::disasm) fn scan<const WIDE: bool>(code: &[u8], pc: u64, found: &mut impl FnMut(Reference)) {
    let number = |at: usize| {
        let bytes = code.get(at..)?.get(..4)?;
        Some(i32::from_le_bytes(bytes.try_into().ok()?))
    };
    let mut next = 0;
    while let Some(rest) = code.get(next..)
        && let Some(s) = shape::<WIDE>(rest)
    {
        let at = pc.wrapping_add(next as u64);
        let mut found = |what, target| found(Reference { at, target, what });
        let first = rest.first().copied().unwrap_or(0);
        if first & !1 == CALL
            && s.len == 5
            && let Some(d) = number(next + 1)
        {
            let what = if first == CALL { Use::Call } else { Use::Jump };
            let to = at.wrapping_add(5).wrapping_add_signed(i64::from(d));
            found(what, if WIDE { to } else { to & 0xffff_ffff });
        } else if WIDE {
            if s.relative
                && let Some(d) = number(next + s.disp)
            {
                let to = at.wrapping_add(s.len as u64).wrapping_add_signed(i64::from(d));
                found(memory_use(rest.get(..s.disp).unwrap_or_default()), to);
            }
        } else {
            let memory = || memory_use(rest.get(..s.disp).unwrap_or_default());
            if s.disp > 0
                && let Some(v) = number(next + s.disp)
            {
                found(memory(), u64::from(v as u32));
            }
            if s.imm > 0
                && let Some(v) = number(next + s.imm)
            {
                found(Use::Address, u64::from(v as u32));
            }
        }
        next += s.len;
    }
}

/// What an instruction does with its memory operand. `head` is the instruction up to its displacement:
/// prefixes, opcode and ModRM. What both reads and writes writes.
fn memory_use(head: &[u8]) -> Use {
    let mut bytes = head.iter().copied().skip_while(|b| {
        matches!(
            b,
            0x66 | 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0x67 | 0xf0 | 0xf2 | 0xf3
        ) || b & 0xf0 == 0x40 && head.len() > 2
    });
    let field = head.last().map_or(0, |modrm| modrm >> 3 & 7);
    let op = bytes.next().unwrap_or(0);
    let vector = |op| matches!(op, 0x11 | 0x13 | 0x17 | 0x29 | 0x2b | 0x7f | 0xd6 | 0xe7);
    // The second byte of MOVQ tells a load by its prefix.
    let quad = |op| op == 0x7e && !head.contains(&0xf3);
    let writes = match op {
        0x8d => return Use::Address,
        0x0f => match bytes.next().unwrap_or(0) {
            0x90..=0x9f
            | 0xa4
            | 0xa5
            | 0xab..=0xad
            | 0xb0
            | 0xb1
            | 0xb3
            | 0xbb
            | 0xc0
            | 0xc1
            | 0xc3
            | 0xc7 => true,
            0xba => field > 4,
            op => vector(op) || quad(op),
        },
        0xc4 | 0xc5 | 0x62 => bytes
            .nth(usize::from(op != 0xc5) + usize::from(op == 0x62))
            .is_some_and(vector),
        // ADD, OR, ADC, SBB, AND, SUB, XOR to memory; CMP only reads.
        0x00..=0x37 => op & 7 < 2,
        0x80..=0x83 => field != 7,
        0x86..=0x89 | 0x8f | 0xa2 | 0xa3 | 0xc0 | 0xc1 | 0xc6 | 0xc7 | 0xd0..=0xd3 => true,
        0xf6 | 0xf7 => matches!(field, 2 | 3),
        0xfe | 0xff => field < 2,
        _ => false,
    };
    if writes { Use::Store } else { Use::Load }
}

/// Finds loads of a word through a register and calls, amd64.
pub(in crate::disasm) fn loads(code: &[u8], pc: u64, found: &mut impl FnMut(u64, Effect)) {
    let mut next = 0;
    while let Some(rest) = code.get(next..)
        && let Some(s) = shape::<true>(rest)
    {
        let at = pc.wrapping_add(next as u64);
        let effect = match rest {
            [CALL, a, b, c, d, ..] if s.len == 5 => {
                let distance = i64::from(i32::from_le_bytes([*a, *b, *c, *d]));
                let target = at.wrapping_add(5).wrapping_add_signed(distance);
                Some(Effect::Go(Flow::Call, Some(target)))
            }
            // REX.W, MOV r64, r64 in both forms
            [rex @ 0x48..=0x4f, op @ (0x89 | 0x8b), modrm, ..] if modrm >> 6 == 3 => {
                let (reg, rm) = (modrm >> 3 & 7 | (rex & 4) << 1, modrm & 7 | (rex & 1) << 3);
                let (into, from) = if *op == 0x8b { (reg, rm) } else { (rm, reg) };
                Some(Effect::Sum(into, from, 0))
            }
            // REX.W, MOV r64, m64
            [rex @ 0x48..=0x4f, 0x8b, modrm, more @ ..] if !s.relative => {
                let into = modrm >> 3 & 7 | (rex & 4) << 1;
                let place = operand(*rex, *modrm, more);
                Some(place.map_or(Effect::Lose(into), |p| Effect::Load(into, p)))
            }
            // LEA, MOV from elsewhere, XOR and AND of registers, with and without REX; MOV of a constant.
            [rex @ 0x40..=0x4f, 0x8d | 0x8b | 0x31 | 0x33, modrm, ..] => {
                Some(Effect::Lose(modrm >> 3 & 7 | (rex & 4) << 1))
            }
            [0x8d | 0x8b | 0x31 | 0x33, modrm, ..] => Some(Effect::Lose(modrm >> 3 & 7)),
            [op @ 0xb8..=0xbf, ..] => Some(Effect::Lose(op & 7)),
            [rex @ 0x40..=0x4f, op @ 0xb8..=0xbf, ..] => Some(Effect::Lose(op & 7 | (rex & 1) << 3)),
            _ => None,
        };
        if let Some(effect) = effect {
            found(at, effect);
        }
        next += s.len;
    }
}

/// Finds calls and jumps through a register or a table, amd64.
pub(in crate::disasm) fn slots(code: &[u8], found: &mut impl FnMut(i64)) {
    // For each register the offset that it was last loaded from.
    let mut loaded = [None; 16];
    let mut next = 0;
    while let Some(rest) = code.get(next..)
        && let Some(s) = shape::<true>(rest)
    {
        match rest {
            [CALL, ..] => loaded = [None; 16],
            [rex @ 0x48..=0x4f, 0x8b, modrm, more @ ..] if modrm >> 6 != 3 && !s.relative => {
                let into = modrm >> 3 & 7 | (rex & 4) << 1;
                if let Some(l) = loaded.get_mut(usize::from(into)) {
                    *l = operand(*rex, *modrm, more).map(|p| p.offset);
                }
            }
            [0xff, modrm, more @ ..] | [0x41, 0xff, modrm, more @ ..] if matches!(modrm >> 3 & 7, 2 | 4) => {
                let rex = if rest.first() == Some(&0x41) { 0x41 } else { 0 };
                let offset = match modrm >> 6 {
                    3 => loaded
                        .get(usize::from(modrm & 7 | (rex & 1) << 3))
                        .copied()
                        .flatten(),
                    _ => operand(rex, *modrm, more).map(|p| p.offset),
                };
                if let Some(offset) = offset {
                    found(offset);
                }
                loaded = [None; 16];
            }
            _ => {}
        }
        next += s.len;
    }
}

/// The memory operand that starts with `modrm`, if a register and an offset tell it all. `more` follows the
/// ModRM byte.
fn operand(rex: u8, modrm: u8, more: &[u8]) -> Option<Place> {
    let (mut base, mut more) = (modrm & 7, more);
    if base == 4 {
        let (sib, rest) = more.split_first()?;
        // An index of 4 without REX.X is none.
        if sib >> 3 & 7 != 4 || rex & 2 != 0 {
            return None;
        }
        (base, more) = (sib & 7, rest);
    }
    let offset = match modrm >> 6 {
        0 if base == 5 => return None,
        0 => 0,
        1 => i64::from(*more.first()? as i8),
        _ => i64::from(i32::from_le_bytes(*more.first_chunk()?)),
    };
    Some(Place::from(base | (rex & 1) << 3, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use iced_x86::{Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess};

    /// What iced says of a memory operand.
    fn use_by_iced(factory: &mut InstructionInfoFactory, i: &Instruction) -> Use {
        let access = factory
            .info(i)
            .used_memory()
            .first()
            .map_or(OpAccess::None, |m| m.access());
        match access {
            _ if i.mnemonic() == Mnemonic::Lea => Use::Address,
            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite => {
                Use::Store
            }
            _ => Use::Load,
        }
    }

    /// Instructions as a compiler's and an assembler's author might choose them, and random bytes: wherever
    /// iced knows the instruction, the length and the RIP-relative target are iced's.
    #[test]
    fn lengths_and_targets_are_those_of_iced() {
        let mut seed = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let mut factory = InstructionInfoFactory::new();
        let (mut known, mut same, mut uses) = (0u32, 0u32, 0u32);
        for round in 0..400_000u32 {
            let mut b = [0u8; 24];
            for c in b.chunks_mut(8) {
                c.copy_from_slice(&next().to_le_bytes());
            }
            // Random bytes seldom start with what matters.
            match round % 8 {
                0 => b[..2].copy_from_slice(&[0x48, 0x8d]),
                1 => b[0] = 0x0f,
                2 => b[0] = 0xc5,
                3 => b[..2].copy_from_slice(&[0xc4, 0xe2]),
                4 => b[..2].copy_from_slice(&[0x66, 0x0f]),
                _ => {}
            }
            let mut d = Decoder::with_ip(64, &b, 0x40_0000, DecoderOptions::NONE);
            let i = d.decode();
            if i.is_invalid() || b.iter().take(i.len()).any(|x| *x == 0x67) {
                continue;
            }
            known += 1;
            let Some(s) = shape::<true>(&b) else { continue };
            let mut target = None;
            scan::<true>(&b[..i.len()], 0x40_0000, &mut |r| target = target.or(Some(r)));
            let reference = |what, target| Reference {
                at: i.ip(),
                target,
                what,
            };
            let want = if (i.is_call_near() || i.is_jmp_near()) && i.len() == 5 {
                let what = if i.is_call_near() { Use::Call } else { Use::Jump };
                Some(reference(what, i.near_branch_target()))
            } else {
                i.is_ip_rel_memory_operand()
                    .then(|| reference(use_by_iced(&mut factory, &i), i.ip_rel_memory_address()))
            };
            uses += u32::from(want.is_some_and(|w| w.what == Use::Store));
            if s.len == i.len() && target == want {
                same += 1;
            }
        }
        assert!(known > 100_000 && uses > 300, "{known}, {uses} stores");
        // Rare legacy forms (3DNow!, XOP, forced prefixes in odd order) differ.
        assert!(f64::from(same) > 0.97 * f64::from(known), "{same} of {known}");
    }

    #[test]
    fn loads_and_calls_are_found() {
        // mov rdx, [rsp+0x38]; mov rax, [rdx-8]; mov rcx, [r12+0x120]; mov [rax+8], rcx; mov rax, [rip+0];
        // mov rax, [rax+rcx*8]; call +1
        let code = [
            0x48, 0x8b, 0x54, 0x24, 0x38, 0x48, 0x8b, 0x42, 0xf8, 0x49, 0x8b, 0x8c, 0x24, 0x20, 1, 0, 0,
            0x48, 0x89, 0x48, 0x08, 0x48, 0x8b, 0x05, 0, 0, 0, 0, 0x48, 0x8b, 0x04, 0xc8, 0xe8, 1, 0, 0, 0,
        ];
        let mut all = Vec::new();
        loads(&code, 0x1000, &mut |_, s| all.push(s));
        let load = |into, base, offset| Effect::Load(into, Place::from(base, offset));
        let want = [
            load(2, 4, 0x38),
            load(0, 2, -8),
            load(1, 12, 0x120),
            Effect::Lose(0),
            Effect::Lose(0),
            Effect::Go(Flow::Call, Some(0x1026)),
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn absolute_operands_of_386_are_found() {
        // lea eax, [0x8123456]; mov dword [0x8200000], 0x8300000; call +0
        let code = [
            0x8d, 0x05, 0x56, 0x34, 0x12, 0x08, 0xc7, 0x05, 0, 0, 0x20, 0x08, 0, 0, 0x30, 0x08, 0xe8, 0, 0,
            0, 0,
        ];
        let mut all = Vec::new();
        scan::<false>(&code, 0, &mut |r| all.push((r.what, r.target)));
        let want = [
            (Use::Address, 0x812_3456),
            (Use::Store, 0x820_0000),
            (Use::Address, 0x830_0000),
            (Use::Call, 0x15),
        ];
        assert_eq!(all, want);
    }
}
