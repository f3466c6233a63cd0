//! File and line of pcs in a Go object, asked for in ascending order: one pass over a symbol's tables, and
//! one over the symbols.
//!
//! Authority: Go 1.27, cmd/internal/objfile/goobj.go (PCToLine, pcValue).

use super::Object;

/// The lines of one symbol. Asking for a pc behind the last one goes on from there.
#[derive(Debug, Clone)]
pub struct ObjectLines<'a> {
    files: PcValues<'a>,
    lines: PcValues<'a>,
    object: &'a Object<'a>,
}

impl<'a> ObjectLines<'a> {
    pub(super) fn new(object: &'a Object<'a>, files: &'a [u8], lines: &'a [u8], quantum: u32) -> Self {
        ObjectLines {
            files: PcValues::new(files, quantum),
            lines: PcValues::new(lines, quantum),
            object,
        }
    }

    /// File and line at `offset` bytes into the symbol.
    pub fn at(&mut self, offset: u64) -> Option<(&'a [u8], i64)> {
        let (line, file) = (self.lines.at(offset), self.files.at(offset));
        let name = self.object.file(usize::try_from(file).ok()?)?;
        Some((name.unwrap_or_default(), i64::from(line)))
    }
}

/// A pc-value table and where it was last looked at.
#[derive(Debug, Clone)]
struct PcValues<'a> {
    table: &'a [u8],
    rest: &'a [u8],
    quantum: u32,
    /// Offsets from the symbol's start that have the value.
    start: u64,
    end: u64,
    value: i32,
    over: bool,
}

impl<'a> PcValues<'a> {
    fn new(table: &'a [u8], quantum: u32) -> Self {
        PcValues {
            table,
            rest: table,
            quantum,
            start: 0,
            end: 0,
            value: -1,
            over: false,
        }
    }

    /// The value at `target` bytes from the symbol's start; -1 past the table's end.
    fn at(&mut self, target: u64) -> i32 {
        if target < self.start {
            *self = PcValues::new(self.table, self.quantum);
        }
        while target >= self.end {
            if self.over || self.step().is_none() {
                self.over = true;
                return -1;
            }
        }
        self.value
    }

    fn step(&mut self) -> Option<()> {
        let delta = self.varint()?;
        if delta == 0 && self.end != 0 {
            return None;
        }
        let delta = if delta & 1 != 0 { !(delta >> 1) } else { delta >> 1 };
        let advance = self.varint()?.wrapping_mul(self.quantum);
        self.start = self.end;
        self.end = self.end.saturating_add(u64::from(advance));
        self.value = self.value.wrapping_add(delta as i32);
        Some(())
    }

    fn varint(&mut self) -> Option<u32> {
        let (mut v, mut shift) = (0u32, 0u32);
        loop {
            let (&b, rest) = self.rest.split_first()?;
            self.rest = rest;
            v |= u32::from(b & 0x7f).checked_shl(shift).unwrap_or(0);
            if b & 0x80 == 0 {
                return Some(v);
            }
            shift = shift.saturating_add(7);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::ranges::Ranges;

    #[test]
    fn values_are_the_same_in_every_order() {
        // +2 for 3 bytes, -1 for 300 bytes, +7 for 1.
        let table = [6, 3, 1, 0xac, 2, 14, 1, 0];
        let value = |at| PcValues::new(&table, 1).at(at);
        let all: Vec<i32> = (0..310).map(value).collect();
        assert_eq!(
            (all[0], all[2], all[3], all[302], all[303], all[304]),
            (2, 2, 1, 1, 8, -1)
        );
        let mut cursor = PcValues::new(&table, 1);
        assert!((0..310).all(|at| cursor.at(at) == all[at as usize]));
        assert!((0..310).rev().all(|at| cursor.at(at) == all[at as usize]));
        assert_eq!(PcValues::new(&table[..2], 1).at(9), -1);
        assert_eq!(PcValues::new(&[], 1).at(0), -1);
    }

    /// Found by fuzzing: thousands of symbols over the same bytes, each asked about for every byte.
    #[test]
    fn symbols_over_the_same_bytes_take_no_longer() {
        const N: u32 = 200_000;
        let started = std::time::Instant::now();
        let end = u64::from(N) * 2;
        let index = Ranges::new((0..N).map(|i| (i, u64::from(N - i), end)));
        let table = [[2, 1], [1, 1]].concat().repeat(N as usize / 2);
        let mut values = PcValues::new(&table, 1);
        for pc in 0..end {
            let first = u64::from(N).saturating_sub(pc) as u32;
            assert_eq!(index.at(pc).map(|s| s.0), (pc > 0).then_some(first));
            let value = values.at(pc);
            assert_eq!(value, if pc >= u64::from(N) { -1 } else { -(pc as i32 % 2) });
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
