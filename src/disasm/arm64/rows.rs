//! The instruction table: text lines → rows with mask and value, found by the word's upper eleven bits.
//!
//! A line is `PATTERN MNEMONIC OPERAND… [?rule]`. The pattern has one character per bit, from bit 31 down;
//! `0` and `1` must be so, letters are free (they only say which field it is). Register operands are a class
//! and a field: `R` is W or X by bit 31, `F` is S or D by bit 22, `Z` a scalar and `V` a vector whose element
//! size is in 23:22 (`.`) or given by the highest bit of 22:19 (`!`), restricted to the sizes that follow;
//! `Y`, `L` and `P` have elements twice as wide. The fields are d (0), n (5), a (10), m (16). See
//! [`super::operand`] for the rest. The first row that fits a word is the instruction.

use super::decode::{Arg, decode};
use super::form::{self, Form};
use super::operand::Operand;
use super::{base, beyond, simd};

/// Table lines that are spelled out by rule.
pub(super) type Lines = Vec<String>;

/// What a row asks of the word beyond its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    None,
    /// One of the two registers is the stack pointer.
    StackPointer,
    /// The logical immediate can't be made by one move wide.
    MoveBits,
    MoveZero,
    MoveNot,
    /// imms < immr.
    Insert,
    /// imms < immr and the source is not the zero register.
    BitInsert,
    /// imms >= immr.
    Extract,
    /// Neither a shift nor an extension; signed and unsigned.
    SignedExtract,
    UnsignedExtract,
    ShiftLeft,
    /// Rn = Rm.
    SameSource,
    /// Rn = Rm, not the zero register.
    SameRegister,
    /// Exactly one bit of immh is set.
    OneHot,
}

const RULES: &[(&str, Rule)] = &[
    ("?sp", Rule::StackPointer),
    ("?movbits", Rule::MoveBits),
    ("?movz", Rule::MoveZero),
    ("?movn", Rule::MoveNot),
    ("?s<r", Rule::Insert),
    ("?bfi", Rule::BitInsert),
    ("?s>=r", Rule::Extract),
    ("?sbfx", Rule::SignedExtract),
    ("?ubfx", Rule::UnsignedExtract),
    ("?lsl", Rule::ShiftLeft),
    ("?n=m", Rule::SameSource),
    ("?cinc", Rule::SameRegister),
    ("?onehot", Rule::OneHot),
];

impl Rule {
    fn holds(self, x: u32) -> bool {
        let (rd, rn, rm) = (x & 31, x >> 5 & 31, x >> 16 & 31);
        let (immr, imms) = (x >> 16 & 63, x >> 10 & 63);
        let wide = x >> 31 == 1;
        let (imm16, hw) = (x >> 5 & 0xffff, x >> 21 & 3);
        match self {
            Rule::None => true,
            Rule::StackPointer => rd == 31 || rn == 31,
            Rule::MoveBits => !move_wide_does(wide, x),
            Rule::MoveZero => imm16 != 0 || hw == 0,
            Rule::MoveNot => (imm16 != 0 || hw == 0) && (wide || imm16 != 0xffff),
            Rule::Insert => imms < immr,
            Rule::BitInsert => imms < immr && rn != 31,
            Rule::Extract => imms >= immr,
            Rule::SignedExtract => extract_preferred(wide, true, immr, imms),
            Rule::UnsignedExtract => extract_preferred(wide, false, immr, imms),
            Rule::ShiftLeft => imms != (if wide { 63 } else { 31 }) && imms + 1 == immr,
            Rule::SameSource => rn == rm,
            Rule::SameRegister => rn == rm && rn != 31,
            Rule::OneHot => (x >> 19 & 15).count_ones() == 1,
        }
    }
}

/// DDI 0487 MoveWidePreferred: the logical immediate is also one MOVZ or MOVN.
fn move_wide_does(wide: bool, x: u32) -> bool {
    let (n, immr, imms) = (x >> 22 & 1, x >> 16 & 63, x >> 10 & 63);
    if wide != (n == 1) || (!wide && imms >= 32) {
        return false;
    }
    let edge = if wide { 64 - 15 } else { 32 - 15 };
    if imms < 16 {
        immr.wrapping_neg() % 16 <= 15 - imms
    } else {
        imms >= edge && immr % 16 <= imms - edge
    }
}

/// DDI 0487 BFXPreferred: the bit-field move is an extraction and no shorter alias fits.
fn extract_preferred(wide: bool, signed: bool, immr: u32, imms: u32) -> bool {
    let shift = imms == if wide { 63 } else { 31 };
    let extension = immr == 0
        && match (wide, signed) {
            (false, _) => matches!(imms, 7 | 15),
            (true, true) => matches!(imms, 7 | 15 | 31),
            (true, false) => false,
        };
    imms >= immr && !shift && !extension
}

/// One instruction, or one alias of an instruction.
#[derive(Debug)]
pub(super) struct Row {
    mask: u32,
    value: u32,
    pub name: Box<str>,
    pub form: Form,
    /// FP registers are written F (else V).
    pub writes_f: bool,
    operands: [Option<Operand>; 5],
    rule: Rule,
    /// Not decoded by golang.org/x/arch, whose objdump prints `?`.
    pub beyond_go: bool,
}

/// A decoded instruction.
#[derive(Debug)]
pub(super) struct Inst<'a> {
    pub row: &'a Row,
    pub args: [Option<Arg>; 5],
}

/// All rows, and for each value of the upper eleven bits those that can fit it, in order.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Row>,
    starts: Vec<u32>,
    candidates: Vec<Candidate>,
}

const KEY_BITS: u32 = 11;

/// A row that can fit the words of a key; its pattern stands here once more so that looking through the
/// candidates touches little memory.
#[derive(Debug)]
struct Candidate {
    mask: u32,
    value: u32,
    row: u16,
}

impl Table {
    /// Builds the table from the lines of all chapters.
    pub(super) fn new() -> Table {
        let mut rows = Vec::new();
        let mut generated = Lines::new();
        base::memory(&mut generated);
        simd::structures(&mut generated);
        for chapter in [base::INTEGER, simd::FLOAT, simd::VECTOR] {
            read_chapter(chapter, false, &mut rows);
        }
        read_chapter(&generated.join("\n"), false, &mut rows);
        generated.clear();
        beyond::atomics(&mut generated);
        read_chapter(beyond::CHAPTER, true, &mut rows);
        read_chapter(&generated.join("\n"), true, &mut rows);
        read_chapter(&beyond::half_precision(), true, &mut rows);

        let shift = 32 - KEY_BITS;
        let mut starts = vec![0];
        let mut candidates = Vec::new();
        for key in 0..1u32 << KEY_BITS {
            let fits = |row: &Row| (key << shift ^ row.value) & row.mask & (u32::MAX << shift) == 0;
            let fitting = rows.iter().enumerate().filter(|(_, row)| fits(row));
            candidates.extend(fitting.map(|(i, row)| Candidate {
                mask: row.mask,
                value: row.value,
                row: i as u16,
            }));
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
        let key = (x >> (32 - KEY_BITS)) as usize;
        let range = *self.starts.get(key)? as usize..*self.starts.get(key + 1)? as usize;
        'rows: for candidate in self.candidates.get(range)? {
            if x & candidate.mask != candidate.value {
                continue;
            }
            let row = self.rows.get(usize::from(candidate.row))?;
            if (row.beyond_go && !beyond) || !row.rule.holds(x) {
                continue;
            }
            let mut args = [None; 5];
            for (slot, operand) in args.iter_mut().zip(&row.operands) {
                let Some(operand) = operand else { break };
                match decode(operand, x) {
                    None => continue 'rows,
                    arg => *slot = arg,
                }
            }
            return Some(Inst { row, args });
        }
        None
    }
}

/// Reads lines into rows. Lines that make no sense are left out; a test sees to it that there are none.
fn read_chapter(text: &str, beyond_go: bool, rows: &mut Vec<Row>) -> usize {
    let mut group: Option<(&str, &str)> = None;
    let mut bad = 0;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some(template) = line.strip_prefix("@ ") {
            group = template.split_once('!');
            continue;
        }
        let mut words = line.split_whitespace().peekable();
        let mut pattern = String::with_capacity(32);
        let wanted = match group {
            Some((head, tail)) => 32usize.saturating_sub(head.len() + tail.len()),
            None => 32,
        };
        while pattern.len() < wanted {
            match words.next() {
                Some(word) => pattern.push_str(word),
                None => break,
            }
        }
        if let Some((head, tail)) = group {
            pattern = format!("{head}{pattern}{tail}");
        }
        let rest: Vec<&str> = words.collect();
        let ok = match rest.split_first() {
            Some((name, operands)) => match name.strip_suffix('~') {
                Some(name) => [("0", ""), ("1", "2")].iter().all(|(q, suffix)| {
                    push_row(
                        &pattern.replacen('q', q, 1),
                        &format!("{name}{suffix}"),
                        operands,
                        beyond_go,
                        rows,
                    )
                }),
                None => push_row(&pattern, name, operands, beyond_go, rows),
            },
            None => false,
        };
        bad += usize::from(!ok);
    }
    bad
}

fn push_row(pattern: &str, name: &str, words: &[&str], beyond_go: bool, rows: &mut Vec<Row>) -> bool {
    if pattern.len() != 32 {
        return false;
    }
    let (mut mask, mut value) = (0, 0);
    for (bit, c) in pattern.bytes().rev().enumerate() {
        if c == b'0' || c == b'1' {
            mask |= 1 << bit;
            value |= u32::from(c - b'0') << bit;
        }
    }
    let mut rule = Rule::None;
    let mut operands = [None; 5];
    let mut count = 0;
    for word in words {
        if let Some(&(_, found)) = RULES.iter().find(|(name, _)| name == word) {
            rule = found;
            continue;
        }
        let (Some(operand), Some(slot)) = (Operand::parse(word), operands.get_mut(count)) else {
            return false;
        };
        *slot = Some(operand);
        count += 1;
    }
    let form = form::form(name);
    let moves = matches!(form, Form::Pair | Form::Load | Form::Store);
    let writes_f = moves || name.starts_with('F') || name.ends_with("CVTF");
    rows.push(Row {
        mask,
        value,
        form,
        writes_f,
        name: name.into(),
        operands,
        rule,
        beyond_go,
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        let mut generated = Lines::new();
        base::memory(&mut generated);
        simd::structures(&mut generated);
        beyond::atomics(&mut generated);
        let joined = generated.join("\n");
        let half = beyond::half_precision();
        for chapter in [
            base::INTEGER,
            simd::FLOAT,
            simd::VECTOR,
            beyond::CHAPTER,
            &joined,
            &half,
        ] {
            assert_eq!(read_chapter(chapter, false, &mut Vec::new()), 0);
        }
    }

    #[test]
    fn no_row_hides_a_later_one_completely() {
        let table = Table::new();
        for (i, late) in table.rows.iter().enumerate() {
            let hidden = table.rows.iter().take(i).find(|early| {
                early.rule == Rule::None
                    && early.mask & !late.mask == 0
                    && (early.value ^ late.value) & early.mask == 0
                    && early
                        .operands
                        .iter()
                        .flatten()
                        .all(|o| matches!(o, Operand::Reg(..) | Operand::General(..)))
            });
            assert!(
                hidden.is_none(),
                "{} is hidden by {:?}",
                late.name,
                hidden.map(|r| &r.name)
            );
        }
    }
}
