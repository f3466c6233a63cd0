//! The pc-value encoding: pairs of variable-length numbers → which value holds over which instructions.
//!
//! Authority: Go 1.27's debug/gosym/pclntab.go (`step`, `pcvalue`) and cmd/link/internal/ld/pcln.go. A table
//! starts with value -1 at the function's entry; each pair is a zigzag delta of the value and a delta of the
//! pc in quanta; a value delta of 0 that is not the first ends the table.

/// Values over pc ranges, in ascending order. A malformed table ends early, which reads as the value -1 as it
/// does in Go.
#[derive(Debug, Clone)]
pub struct PcValues<'t> {
    rest: &'t [u8],
    /// Where the current range ends and the next begins.
    pc: u64,
    entry: u64,
    value: i32,
    quantum: u32,
    idle: u8,
}

/// One value and the pcs it holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcRange {
    /// First address.
    pub start: u64,
    /// Address behind the last.
    pub end: u64,
    /// The value.
    pub value: i32,
}

impl PcRange {
    /// Bytes that a run takes in the file at the least: what it is worth of a share where tables are read for
    /// many functions.
    pub const BYTES: usize = 2;
}

/// Ranges without a single instruction that are followed before a table counts as malformed.
const IDLE_LIMIT: u8 = 64;

impl<'t> PcValues<'t> {
    /// The table at the start of `bytes`, of a function that starts at `entry`.
    pub(super) fn new(bytes: &'t [u8], entry: u64, quantum: u8) -> Self {
        PcValues {
            rest: bytes,
            pc: entry,
            entry,
            value: -1,
            quantum: u32::from(quantum),
            idle: 0,
        }
    }

    /// Bytes not yet read; after the end, those behind the table.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.rest
    }

    fn varint(&mut self) -> Option<u32> {
        let mut v = 0u32;
        for (i, &b) in self.rest.iter().enumerate().take(10) {
            let part = u32::from(b & 0x7f);
            v |= part.checked_shl(7 * i as u32).unwrap_or(0);
            if b & 0x80 == 0 {
                self.rest = self.rest.get(i + 1..)?;
                return Some(v);
            }
        }
        None
    }
}

impl Iterator for PcValues<'_> {
    type Item = PcRange;

    fn next(&mut self) -> Option<PcRange> {
        if self.idle >= IDLE_LIMIT {
            return None;
        }
        let delta = match self.varint() {
            Some(0) if self.pc != self.entry => None,
            other => other,
        };
        let (Some(delta), start) = (delta, self.pc) else {
            self.idle = IDLE_LIMIT;
            return None;
        };
        let advance = self.varint().map(|v| v.wrapping_mul(self.quantum));
        let end = advance.and_then(|a| start.checked_add(u64::from(a)));
        let Some(end) = end else {
            self.idle = IDLE_LIMIT;
            return None;
        };
        let delta = (delta >> 1) as i32 ^ -((delta & 1) as i32);
        self.value = self.value.wrapping_add(delta);
        self.pc = end;
        self.idle = if end == start { self.idle + 1 } else { 0 };
        Some(PcRange {
            start,
            end,
            value: self.value,
        })
    }
}

/// A table read forward: the value at ascending pcs.
#[derive(Debug, Clone)]
pub(super) struct Forward<'t> {
    values: PcValues<'t>,
    end: u64,
    value: i32,
}

impl<'t> Forward<'t> {
    pub fn new(values: PcValues<'t>) -> Self {
        Forward {
            end: values.pc,
            value: -1,
            values,
        }
    }

    /// The value at `pc`, which is not lower than at the call before; -1 past the table's end.
    pub fn at(&mut self, pc: u64) -> i32 {
        while self.end <= pc {
            let Some(r) = self.values.next() else {
                self.end = u64::MAX;
                self.value = -1;
                break;
            };
            self.end = r.end;
            self.value = r.value;
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_are_zigzag_and_quanta() {
        // +11 over 2 quanta of 4, -1 over 1, end.
        let table = [22, 2, 1, 1, 0, 9, 9];
        let mut values = PcValues::new(&table, 0x100, 4);
        let all: Vec<_> = values.by_ref().map(|r| (r.start, r.end, r.value)).collect();
        assert_eq!(all, [(0x100, 0x108, 10), (0x108, 0x10c, 9)]);
        assert_eq!(values.rest(), [9, 9]);
    }

    #[test]
    fn forward_reading_gives_what_a_search_gives() {
        let table = [22, 2, 1, 1, 0];
        let mut f = Forward::new(PcValues::new(&table, 0, 1));
        assert_eq!([0, 1, 2, 3, 100].map(|pc| f.at(pc)), [10, 10, 9, -1, -1]);
        let mut cut = Forward::new(PcValues::new(&table[..3], 0, 1));
        assert_eq!([0, 2].map(|pc| cut.at(pc)), [10, -1]);
    }

    #[test]
    fn a_table_that_never_advances_ends() {
        let table = [2, 0].repeat(1_000_000);
        assert!(PcValues::new(&table, 0, 1).count() < 100);
        assert_eq!(PcValues::new(&[0x80; 64], 0, 1).count(), 0);
    }
}
