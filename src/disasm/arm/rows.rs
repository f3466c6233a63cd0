//! The A32 instruction table: text lines → rows in order of priority, found by bits 27:20 and 7:4.

use super::base;
use super::go::{self, Form};
use super::operand::{Arg, Operand};

/// One form of a mnemonic.
#[derive(Debug)]
pub(super) struct Name {
    /// The architecture's mnemonic with flag and variant, before the condition.
    pub base: Box<str>,
    /// Data types, after the condition: `.F64`.
    pub types: Box<str>,
    /// Go's mnemonic where it is another one; the condition follows, and no types.
    pub go: Option<&'static str>,
    pub form: Form,
}

#[derive(Debug)]
struct Row {
    mask: u32,
    value: u32,
    priority: u8,
    /// Bits that choose the name, lowest first.
    selectors: Vec<u8>,
    names: Vec<Name>,
    operands: [Option<Operand>; 4],
    /// Not decoded by golang.org/x/arch, whose objdump prints `?`.
    beyond_go: bool,
}

/// A decoded instruction.
#[derive(Debug)]
pub(super) struct Inst<'a> {
    pub name: &'a Name,
    /// 0 to 13: EQ to LE; 14: always, or no condition.
    pub condition: u8,
    pub args: [Option<Arg>; 4],
}

/// All rows, and for each key those that can fit it, in order.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Row>,
    starts: Vec<u32>,
    candidates: Vec<Candidate>,
}

const UNCONDITIONAL: u32 = 0xf000_0000;

/// A row that can fit the words of a key; its pattern stands here once more so that looking through the
/// candidates touches little memory.
#[derive(Debug)]
struct Candidate {
    mask: u32,
    value: u32,
    row: u16,
}

/// Bits 27:20 and 7:4, and whether the condition field is 1111.
fn key(x: u32) -> usize {
    let unconditional = u32::from(x >> 28 == 15);
    (unconditional << 12 | (x >> 20 & 0xff) << 4 | x >> 4 & 15) as usize
}

impl Table {
    pub(super) fn new() -> Table {
        let mut rows = Vec::new();
        for text in [&base::regular(), base::INTEGER, base::FLOAT] {
            read(text, false, &mut rows);
        }
        read(base::BEYOND, true, &mut rows);
        rows.sort_by_key(|row| std::cmp::Reverse(row.priority));
        let mut starts = vec![0];
        let mut candidates = Vec::new();
        for key in 0..1u32 << 13 {
            let word = (key >> 4 & 0xff) << 20 | (key & 15) << 4;
            let mask = 0x0ff0_00f0;
            for (i, row) in rows.iter().enumerate() {
                // Rows that leave the condition open fit any but 1111.
                let same_kind = (key >> 12 == 1) == (row.value >> 28 == 15);
                if same_kind && (word ^ row.value) & row.mask & mask == 0 {
                    candidates.push(Candidate {
                        mask: row.mask,
                        value: row.value,
                        row: i as u16,
                    });
                }
            }
            starts.push(candidates.len() as u32);
        }
        Table {
            rows,
            starts,
            candidates,
        }
    }

    /// The instruction that `x` encodes; `beyond` also allows what golang.org/x/arch does not know.
    #[inline]
    pub(super) fn find(&self, x: u32, beyond: bool) -> Option<Inst<'_>> {
        let key = key(x);
        let range = *self.starts.get(key)? as usize..*self.starts.get(key + 1)? as usize;
        'rows: for candidate in self.candidates.get(range)? {
            if x & candidate.mask != candidate.value {
                continue;
            }
            let row = self.rows.get(usize::from(candidate.row))?;
            if row.beyond_go && !beyond {
                continue;
            }
            let mut args = [None; 4];
            for (slot, operand) in args.iter_mut().zip(&row.operands) {
                let Some(operand) = operand else { break };
                match operand.decode(x) {
                    None => continue 'rows,
                    arg => *slot = arg,
                }
            }
            let choice = row
                .selectors
                .iter()
                .enumerate()
                .fold(0, |acc, (i, &bit)| acc | (x >> bit & 1) << i);
            let name = row.names.get(choice as usize)?;
            let exact = row.mask & UNCONDITIONAL == UNCONDITIONAL;
            let condition = if exact { 14 } else { (x >> 28) as u8 };
            return Some(Inst {
                name,
                condition,
                args,
            });
        }
        None
    }
}

/// Reads lines into rows; gives the number of lines that make no sense (a test sees to it that there are
/// none).
fn read(text: &str, beyond_go: bool, rows: &mut Vec<Row>) -> usize {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .filter(|line| push_row(line, beyond_go, rows).is_none())
        .count()
}

fn push_row(line: &str, beyond_go: bool, rows: &mut Vec<Row>) -> Option<()> {
    let mut words = line.split_whitespace();
    let pattern = words.next().filter(|pattern| pattern.len() == 32)?;
    let priority: u8 = words.next()?.parse().ok()?;
    let (names, selectors) = match words.next()?.split_once('@') {
        Some((names, bits)) => {
            let bits: Option<Vec<u8>> = bits.split(',').map(|bit| bit.parse::<u8>().ok()).collect();
            (names.split('/').map(str::to_owned).collect::<Vec<_>>(), bits?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let (names, selectors) = match (names.is_empty(), line.split_whitespace().nth(2)?) {
        (false, _) => (names, selectors),
        (true, name) => match name.strip_suffix('*') {
            Some(name) => (vec![name.to_owned(), format!("{name}.S")], vec![20]),
            None => (vec![name.to_owned()], Vec::new()),
        },
    };
    if names.len() != 1 << selectors.len() {
        return None;
    }
    let mut operands = [None; 4];
    for (i, word) in words.enumerate() {
        *operands.get_mut(i)? = Some(Operand::parse(word)?);
    }
    let should_be_zero = pattern.contains('o');
    for (lenient, priority) in [(false, priority), (true, priority - 1)] {
        if lenient && !should_be_zero {
            break;
        }
        let (mut mask, mut value) = (0, 0);
        for (bit, c) in pattern.bytes().rev().enumerate() {
            if matches!(c, b'0' | b'1') || (c == b'o' && !lenient) {
                mask |= 1 << bit;
                value |= u32::from(c == b'1') << bit;
            }
        }
        let names = names.iter().map(|name| go::name(name)).collect();
        rows.push(Row {
            mask,
            value,
            priority,
            selectors: selectors.clone(),
            names,
            operands,
            beyond_go,
        });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        for text in [base::INTEGER, base::FLOAT, base::BEYOND, &base::regular()] {
            assert_eq!(read(text, false, &mut Vec::new()), 0);
        }
    }
}
