//! Tables of ISA facts → the rows that match an instruction word.
//!
//! The four fixed-width architectures (riscv64, ppc64, s390x, loong64) state what their manuals say in one
//! small text format, read once per process and indexed by the bits that tell instructions apart:
//!
//! ```text
//! ; comment to the end of the line
//! @MASK operand operand … [!rule]     a form: the fixed bits (hex) and how the rest is read
//! name[>GO][!rule]=VALUE …            instructions of that form; GO where Go's mnemonic is not NAME's own
//! ```
//!
//! Where rows overlap, the one stated first wins, so special encodings stand before general ones.

mod list;
mod text;

pub(super) use list::List;
pub(super) use text::Text;

/// What an architecture adds to the common table format.
pub(super) trait Isa {
    /// How one operand is read from an instruction word.
    type Operand: Copy;
    /// What is peculiar about the Go or GNU text of an instruction; the default is nothing.
    type Rule: Copy + Default;

    /// The operand that a word of a form line names.
    fn operand(word: &str) -> Option<Self::Operand>;
    /// The rule that a word after `!` names.
    fn rule(word: &str) -> Option<Self::Rule>;
    /// Go's mnemonic where the row states none.
    fn go_name(name: &str) -> String;
}

/// One instruction.
pub(super) struct Row<I: Isa> {
    /// Bits that are fixed.
    pub mask: u64,
    /// Their values.
    pub value: u64,
    /// The manual's mnemonic, as GNU writes it.
    pub name: &'static str,
    /// Go's mnemonic.
    pub go: Box<str>,
    /// What is peculiar about it.
    pub rule: I::Rule,
    /// Operands in the manual's order.
    pub operands: Box<[I::Operand]>,
}

/// Rows by the bits that tell them apart.
pub(super) struct Table<I: Isa> {
    rows: Vec<Row<I>>,
    primary: Bits,
    buckets: Vec<Bucket>,
    /// Row numbers; each bucket cell is a range of these.
    order: Vec<u16>,
}

/// All rows with the same primary opcode, told apart by bits that all of them fix.
struct Bucket {
    secondary: Bits,
    /// Bounds into `Table::order`, one more than there are cells.
    bounds: Vec<u32>,
}

impl<I: Isa> Table<I> {
    /// Reads `text`; `primary` are the bits of the major opcode. A line that can't be read yields no rows (a
    /// test of each architecture holds that [`Table::errors`] finds none).
    pub fn new(text: &'static str, primary: u64) -> Self {
        let rows = parse::<I>(text, &mut Vec::new());
        let primary = Bits::new(primary);
        let mut order = Vec::new();
        let mut buckets = Vec::with_capacity(primary.cells());
        for cell in 0..primary.cells() {
            let word = primary.spread(cell);
            let members: Vec<usize> = (0..rows.len())
                .filter(|&i| rows[i].mask & primary.mask & (rows[i].value ^ word) == 0)
                .collect();
            let common = members.iter().fold(u64::MAX, |all, &i| all & rows[i].mask) & !primary.mask;
            let secondary = Bits::new(if members.len() < 2 {
                0
            } else {
                lowest_bits(common, 10)
            });
            let mut bounds = vec![order.len() as u32];
            for sub in 0..secondary.cells() {
                let word = secondary.spread(sub);
                let same = |&&i: &&usize| rows[i].value & secondary.mask == word;
                order.extend(members.iter().filter(same).map(|&i| i as u16));
                bounds.push(order.len() as u32);
            }
            buckets.push(Bucket { secondary, bounds });
        }
        Table {
            rows,
            primary,
            buckets,
            order,
        }
    }

    /// The rows that `word` matches, the one to prefer first.
    pub fn matches(&self, word: u64) -> impl Iterator<Item = &Row<I>> {
        let candidates = self.candidates(word).unwrap_or(&[]);
        candidates
            .iter()
            .filter_map(|&i| self.rows.get(usize::from(i)))
            .filter(move |r| word & r.mask == r.value)
    }

    fn candidates(&self, word: u64) -> Option<&[u16]> {
        let bucket = self.buckets.get(self.primary.gather(word))?;
        let cell = bucket.secondary.gather(word);
        let (from, to) = (*bucket.bounds.get(cell)?, *bucket.bounds.get(cell + 1)?);
        self.order.get(from as usize..to as usize)
    }

    /// Lines of `text` that can't be read, for the tests.
    #[cfg(test)]
    pub fn errors(text: &'static str) -> Vec<String> {
        let mut errors = Vec::new();
        let rows = parse::<I>(text, &mut errors);
        errors.extend(
            rows.iter()
                .filter(|r| r.value & !r.mask != 0)
                .map(|r| format!("{}: value outside the mask", r.name)),
        );
        for (i, row) in rows.iter().enumerate() {
            let hidden = |r: &&Row<I>| row.mask & r.mask == r.mask && row.value & r.mask == r.value;
            if let Some(by) = rows[..i]
                .iter()
                .find(hidden)
                .filter(|r| r.operands.is_empty() || row.mask == r.mask)
            {
                errors.push(format!("{}: never reached, {} comes first", row.name, by.name));
            }
        }
        errors
    }
}

/// At most `n` of the bits of `mask`, the lowest.
fn lowest_bits(mask: u64, n: u32) -> u64 {
    let mut rest = mask;
    for _ in 0..n {
        rest &= rest.wrapping_sub(1);
    }
    mask & !rest
}

fn parse<I: Isa>(text: &'static str, errors: &mut Vec<String>) -> Vec<Row<I>> {
    let mut rows = Vec::new();
    let (mut mask, mut operands, mut form_rule) = (0, Vec::new(), I::Rule::default());
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default().trim();
        let mut wrong = |word: &str| errors.push(format!("{word:?} in {line:?}"));
        if let Some(form) = line.strip_prefix('@') {
            let mut words = form.split_whitespace();
            mask = words.next().and_then(hex).unwrap_or_else(|| {
                wrong("mask");
                u64::MAX
            });
            (operands, form_rule) = (Vec::new(), I::Rule::default());
            for word in words {
                match word.strip_prefix('!') {
                    Some(rule) => {
                        form_rule = I::rule(rule).unwrap_or_else(|| {
                            wrong(word);
                            form_rule
                        })
                    }
                    None => operands.extend(I::operand(word).or_else(|| {
                        wrong(word);
                        None
                    })),
                }
            }
            continue;
        }
        for word in line.split_whitespace() {
            let Some((left, value)) = word.split_once('=').and_then(|(l, v)| Some((l, hex(v)?))) else {
                wrong(word);
                continue;
            };
            let (left, rule) = match left.split_once('!') {
                Some((left, rule)) => (
                    left,
                    I::rule(rule).unwrap_or_else(|| {
                        wrong(word);
                        form_rule
                    }),
                ),
                None => (left, form_rule),
            };
            let (name, go) = match left.split_once('>') {
                Some((name, go)) => (name, go.into()),
                None => (left, I::go_name(left).into()),
            };
            rows.push(Row {
                mask,
                value,
                name,
                go,
                rule,
                operands: operands.clone().into(),
            });
        }
    }
    rows
}

fn hex(word: &str) -> Option<u64> {
    u64::from_str_radix(word, 16).ok()
}

/// A set of bits of a word, gathered into a small number.
struct Bits {
    mask: u64,
    /// Runs of neighbouring bits: shift right by `.0`, keep `.1`, place at `.2`.
    runs: List<(u8, u64, u8), 8>,
}

impl Bits {
    fn new(mask: u64) -> Self {
        let (mut runs, mut rest, mut kept, mut at) = (List::new((0, 0, 0)), mask, 0, 0);
        while rest != 0 {
            let shift = rest.trailing_zeros();
            let width = (rest >> shift).trailing_ones();
            let run = (u64::MAX >> (64 - width)) << shift;
            if runs.push((shift as u8, run >> shift, at)) {
                kept |= run;
                at += width as u8;
            }
            rest &= !run;
        }
        Bits { mask: kept, runs }
    }

    fn cells(&self) -> usize {
        1 << self.mask.count_ones().min(16)
    }

    #[inline]
    fn gather(&self, word: u64) -> usize {
        self.runs.iter().fold(0, |n, &(shift, keep, at)| {
            n | ((word >> shift & keep) << at) as usize
        })
    }

    fn spread(&self, cell: usize) -> u64 {
        self.runs.iter().fold(0, |word, &(shift, keep, at)| {
            word | (cell as u64 >> at & keep) << shift
        })
    }
}

/// `bits` of `word` counted from the most significant bit, as the manuals of Power and z do: `first` and how
/// many.
#[inline]
pub(super) fn field(word: u64, first: u8, bits: u8) -> u64 {
    let down = 64u32.saturating_sub(u32::from(first) + u32::from(bits));
    word.checked_shr(down).unwrap_or(0) & low_mask(bits)
}

/// `value`'s lowest `bits` bits as a two's complement number.
#[inline]
pub(super) fn signed(value: u64, bits: u8) -> i64 {
    let up = 64 - u32::from(bits.clamp(1, 64));
    (value << up) as i64 >> up
}

fn low_mask(bits: u8) -> u64 {
    u64::MAX.checked_shr(64 - u32::from(bits.min(64))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_gather_and_spread() {
        let bits = Bits::new(0xe003);
        assert_eq!(bits.cells(), 32);
        for cell in 0..32 {
            assert_eq!(bits.gather(bits.spread(cell)), cell);
        }
        assert_eq!(bits.gather(0x9002), 0b10010);
    }

    #[test]
    fn fields_count_from_the_top() {
        assert_eq!(field(0xfc00_0000_0000_0001, 0, 6), 0x3f);
        assert_eq!(field(0xfc00_0000_0000_0001, 63, 1), 1);
        assert_eq!(signed(0x8000, 16), -32768);
        assert_eq!(signed(0x7fff, 16), 32767);
        assert_eq!(lowest_bits(0xff00, 3), 0x700);
    }
}
