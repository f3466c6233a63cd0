//! The effects of an s390x instruction on addresses and constants. Encodings are from the z/Architecture
//! Principles of Operation.
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use crate::disasm::step::{Convention, Effect, Flow, Place, Source};

/// R2 to R9, since Go 1.26.
pub(super) const CONVENTION: Convention = Convention {
    arguments: &[2, 3, 4, 5, 6, 7, 8, 9],
    absolute: false,
};

/// Appends what the instruction at the start of `code`, which lies at `pc`, does.
pub(super) fn step(code: &[u8], pc: u64, out: &mut Vec<Effect>) {
    let byte = |i: usize| code.get(i).copied().unwrap_or(0);
    let (op, second) = (byte(0), byte(1));
    let (r1, r2) = (second >> 4, second & 15);
    let half = |i: usize| i16::from_be_bytes([byte(i), byte(i + 1)]);
    let word = i32::from_be_bytes([byte(2), byte(3), byte(4), byte(5)]);
    let relative = |halves: i64| pc.wrapping_add_signed(halves * 2);
    let short = || Some(relative(half(2).into()));
    let far = relative(word.into());
    let mask = |target| Effect::Go(if r1 == 15 { Flow::Jump } else { Flow::Branch }, target);
    match (op, second & 15) {
        // larl, lgfi, llilf, brasl, brcl
        (0xc0, 0) => out.push(Effect::Address(r1, far)),
        (0xc0, 1) => out.push(Effect::Number(r1, i64::from(word) as u64)),
        (0xc0, 15) => out.push(Effect::Number(r1, u64::from(word as u32))),
        (0xc0, 5) => out.push(Effect::Go(Flow::Call, Some(far))),
        (0xc0, 4) => out.push(mask(Some(far))),
        // lgrl, stgrl, others
        (0xc4, 8) => out.push(Effect::Load(r1, Place::at(far))),
        (0xc4, 11) => out.push(Effect::Store(Place::at(far), Source::Register(r1), 8)),
        (0xc4, 7 | 15) => out.push(Effect::Touch(Place::at(far))),
        (0xc4, _) => out.extend([Effect::Touch(Place::at(far)), Effect::Lose(r1)]),
        (0xa7, 4) => out.push(mask(short())),
        (0xa7, 5) => out.push(Effect::Go(Flow::Call, short())),
        (0xa7, 6 | 7) => out.extend([Effect::Lose(r1), Effect::Go(Flow::Branch, short())]),
        (0xa7, 9) => out.push(Effect::Number(r1, i64::from(half(2)) as u64)),
        (0xa5, 15) => out.push(Effect::Number(r1, u64::from(half(2) as u16))),
        // bcr, basr
        (0x07, _) => out.push(Effect::Go(
            match (r1, r2) {
                (15, 14) => Flow::Return,
                (15, _) => Flow::Jump,
                _ => Flow::Branch,
            },
            None,
        )),
        (0x0d, _) => out.push(Effect::Go(Flow::Call, None)),
        // la
        (0x41, index) => out.push(sum(r1, index, byte(2) >> 4, i64::from(half(2) & 0xfff))),
        (0xb9, _) => {
            let (to, from) = (byte(3) >> 4, byte(3) & 15);
            out.push(if second == 4 {
                Effect::Sum(to, from, 0)
            } else {
                Effect::Lose(to)
            });
        }
        (0xe5, _) => {
            let at = Place::from(byte(2) >> 4, i64::from(half(2) & 0xfff));
            if second == 0x48 {
                out.push(Effect::Store(at, Source::Number(i64::from(half(4)) as u64), 8));
            } else if matches!(second, 0x44 | 0x4c) {
                out.push(Effect::Store(at, Source::Other, 4));
            }
        }
        (0xe3 | 0xeb, _) => long(
            r1,
            r2,
            byte(2) >> 4,
            displacement(half(2), byte(4)),
            (op, byte(5)),
            out,
        ),
        (0xec, _) if matches!(byte(5), 0x44 | 0x45 | 0x64 | 0x65 | 0x76 | 0x77 | 0x7c..=0x7f) => {
            if byte(5) < 0x60 {
                out.push(Effect::Lose(r1));
            }
            out.push(Effect::Go(Flow::Branch, short()));
        }
        // mvc and its relatives write memory
        (0xd2..=0xd7, _) => out.push(Effect::Store(
            Place::from(byte(2) >> 4, i64::from(half(2) & 0xfff)),
            Source::Other,
            255,
        )),
        _ => out.push(Effect::Lose(r1)),
    }
}

/// RXY and RSY formats.
fn long(r1: u8, r2: u8, base: u8, offset: i64, op: (u8, u8), out: &mut Vec<Effect>) {
    let at = (r2 == 0).then(|| Place::from(base, offset));
    match op {
        // lay, lg, stg
        (0xe3, 0x71) => out.push(sum(r1, r2, base, offset)),
        (0xe3, 0x04) => out.push(at.map_or(Effect::Lose(r1), |at| Effect::Load(r1, at))),
        (0xe3, 0x24) => out.extend(at.map(|at| Effect::Store(at, Source::Register(r1), 8))),
        (0xe3, 0x50 | 0x70 | 0x72) => out.extend(at.map(|at| Effect::Store(at, Source::Other, 4))),
        // lmg, stmg: registers r1 to r2
        (0xeb, 0x04 | 0x24) => {
            let count = u32::from(r2.wrapping_sub(r1) & 15) + 1;
            for i in 0..count {
                let r = r1.wrapping_add(i as u8) & 15;
                let at = Place::from(base, offset.wrapping_add(i64::from(i) * 8));
                out.push(match op.1 {
                    0x24 => Effect::Store(at, Source::Register(r), 8),
                    _ => Effect::Lose(r),
                });
            }
        }
        _ => out.push(Effect::Lose(r1)),
    }
}

/// An index and a base, of which one may be none.
fn sum(to: u8, index: u8, base: u8, offset: i64) -> Effect {
    match (index, base) {
        (0, 0) => Effect::Number(to, offset as u64),
        (0, r) | (r, 0) => Effect::Sum(to, r, offset),
        _ => Effect::Lose(to),
    }
}

/// The low 12 bits, and the high 8 behind them.
fn displacement(low: i16, high: u8) -> i64 {
    i64::from(high as i8) << 12 | i64::from(low & 0xfff)
}
