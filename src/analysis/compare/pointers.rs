//! Where variables hold pointers: the garbage collector's programs for initialised and zeroed data.
//!
//! A variable that gets an initial value moves from one to the other, and both programs change with it. They
//! say the same where each word that holds a pointer in the first file stands for one in the second.
//! Authority: Go 1.27, runtime/mbitmap.go (`runGCProg`), cmd/link/internal/ld/data.go (`GCProg`).

use std::collections::BTreeSet;
use std::ops::Range;

use super::data::Data;
use super::space::Space;

/// Words that are looked at in any file, and in addition to as many as the file has bytes.
const LEAST: u64 = 1 << 20;

/// A file's programs.
struct Programs {
    /// Addresses of words that hold pointers, in order.
    words: Vec<u64>,
    /// Where the programs stand.
    at: [Range<u64>; 2],
}

/// A place in each of two programs.
type Both = [Range<u64>; 2];

/// The places of the programs in both files, where they say the same of variables that stand for each other.
pub(super) fn proved(data: &Data<'_, '_, '_, '_>) -> Option<(Both, Both)> {
    let (x, y) = (programs(data.a)?, programs(data.b)?);
    let theirs: BTreeSet<u64> = y.words.iter().copied().collect();
    let mut met = BTreeSet::new();
    let same = x.words.iter().all(|w| {
        let place = data.place(*w);
        place.is_some_and(|p| theirs.contains(&p) && met.insert(p))
    });
    (same && met.len() == theirs.len()).then_some((x.at, y.at))
}

fn programs(s: &Space<'_, '_>) -> Option<Programs> {
    let m = s.program.moduledata().ok()?;
    let size = u64::from(s.program.image().ptr_size);
    let limit = (s.program.image().data.len() as u64).saturating_add(LEAST);
    let mut words = Vec::new();
    let mut run = |program: u64, range: &Range<u64>| {
        let count = range.end.saturating_sub(range.start) / size;
        let (bits, len) = bits(s.bytes(program), usize::try_from(count.min(limit)).ok()?)?;
        let set = bits.iter().enumerate().filter(|(_, b)| **b);
        words.extend(set.map(|(i, _)| range.start + i as u64 * size));
        Some(program..program + len as u64)
    };
    let at = [run(m.gcdata, &m.data)?, run(m.gcbss, &m.bss)?];
    Some(Programs { words, at })
}

/// Runs a program: its bits, at most `limit`, and the bytes that it takes.
fn bits(program: &[u8], limit: usize) -> Option<(Vec<bool>, usize)> {
    let mut out: Vec<bool> = Vec::new();
    let mut at = 0;
    let next = |at: &mut usize| -> Option<u8> {
        let b = *program.get(*at)?;
        *at += 1;
        Some(b)
    };
    let varint = |at: &mut usize| -> Option<usize> {
        let mut value = 0usize;
        for shift in (0..35).step_by(7) {
            let b = next(at)?;
            value |= usize::from(b & 0x7f).checked_shl(shift)?;
            if b & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    loop {
        let op = next(&mut at)?;
        let n = usize::from(op & 0x7f);
        if op & 0x80 == 0 {
            if n == 0 {
                return Some((out, at));
            }
            for i in 0..n {
                let byte = program.get(at + i / 8)?;
                out.push(byte >> (i % 8) & 1 == 1);
            }
            at += n.div_ceil(8);
        } else {
            let n = if n == 0 { varint(&mut at)? } else { n };
            let times = varint(&mut at)?;
            let from = out.len().checked_sub(n)?;
            let more = n.checked_mul(times)?;
            if n == 0 || out.len().checked_add(more)? > limit {
                return None;
            }
            for i in 0..more {
                let bit = *out.get(from + i)?;
                out.push(bit);
            }
        }
        if out.len() > limit {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn programs_are_run_as_the_runtime_does() {
        let told = |p: &[u8], limit| {
            let (bits, len) = bits(p, limit)?;
            Some((
                bits.iter()
                    .map(|b| if *b { '1' } else { '0' })
                    .collect::<String>(),
                len,
            ))
        };
        // Three bits, the last two once more twice, one bit; the end.
        let program = [3, 0b101, 0x82, 2, 1, 1, 0, 9];
        assert_eq!(told(&program, 100), Some(("10101011".into(), 7)));
        assert_eq!(told(&program, 5), None);
        // A length of its own, and more repeats than there is room for.
        assert_eq!(told(&[1, 1, 0x80, 1, 3, 0], 100), Some(("1111".into(), 6)));
        assert_eq!(told(&[1, 1, 0x80, 1, 0xff, 0xff, 0xff, 0x7f, 0], 1 << 20), None);
        // What has no end, or repeats what is not there.
        assert_eq!(told(&[1, 1], 9), None);
        assert_eq!(told(&[0x85, 1, 0], 9), None);
    }
}
