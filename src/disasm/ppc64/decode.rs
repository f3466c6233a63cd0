//! One or two ppc64 words → mnemonic, rule and operands, from the tables `word.isa` and `prefixed.isa`.

use super::{Arg, Args};
use crate::disasm::isa::{Isa, List, Row, Table, field, signed};
use std::sync::LazyLock;

/// One decoded instruction.
pub(super) struct Inst {
    pub row: &'static Row<Power>,
    pub args: Args,
    /// The word, or prefix and suffix, from the most significant bit.
    pub bits: u64,
    pub len: usize,
}

pub(super) const WORD_TEXT: &str = include_str!("word.isa");
pub(super) const PREFIXED_TEXT: &str = include_str!("prefixed.isa");
static WORD: LazyLock<Table<Power>> = LazyLock::new(|| Table::new(WORD_TEXT, 0xfc00_0000));
static PREFIXED: LazyLock<Table<Power>> = LazyLock::new(|| Table::new(PREFIXED_TEXT, 0x0300_0000_f800_0000));

/// The major opcode of a prefix word.
const PREFIX: u32 = 1;

/// The instruction at the start of `code`; `None` where there is none or it is cut off.
pub(super) fn decode(code: &[u8], little_endian: bool) -> Option<Inst> {
    let word = |at: usize| {
        let bytes = code.get(at..at + 4)?.try_into().ok()?;
        Some(if little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    };
    let first = word(0)?;
    let (row, bits, len) = if first >> 26 == PREFIX {
        let bits = u64::from(first) << 32 | u64::from(word(4)?);
        (PREFIXED.matches(bits).next()?, bits, 8)
    } else {
        (WORD.matches(u64::from(first)).next()?, u64::from(first) << 32, 4)
    };
    Some(Inst {
        row,
        args: operands(row, bits),
        bits,
        len,
    })
}

/// What `Table` needs to know of Power.
pub(super) struct Power;

/// An operand: what it is and which bits hold it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    kind: Kind,
    /// First bit and how many, most significant part first.
    parts: List<(u8, u8), 3>,
    width: u8,
    shift: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    R,
    F,
    V,
    X,
    XPair,
    A,
    CrBit,
    CrField,
    Spr,
    Signed,
    Unsigned,
    Target,
    Absolute,
    Offset,
    NegativeOffset,
}

/// What is peculiar about an instruction's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rule {
    /// The destination goes last, the others stay.
    #[default]
    Rotate,
    /// The manual's order.
    InOrder,
    /// All operands backwards (of three).
    Reverse,
    /// FRT FRA FRC FRB → FRA FRB FRC FRT.
    Middle,
    Compare,
    /// Register, then the indexed address; `Zero`: base register 0 is no register.
    StoreIndexed,
    StoreIndexedZero,
    LoadIndexed,
    LoadIndexedZero,
    /// Cache instructions: only an address.
    Cache,
    Sync,
    Isel,
    /// Load immediate shifted: an ADDIS of $0.
    Lis,
    /// Branches: relative conditional, to LR, to CTR, and the rest with a condition.
    Bc,
    Bclr,
    Bcctr,
    Bcctrl,
    BcOther,
    /// Branch and link: its target may be a local entry point.
    Call,
}

impl Isa for Power {
    type Operand = Operand;
    type Rule = Rule;

    fn operand(word: &str) -> Option<Operand> {
        let (kind, rest) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
        let kind = match kind {
            "r" => Kind::R,
            "f" => Kind::F,
            "v" => Kind::V,
            "x" => Kind::X,
            "xp" => Kind::XPair,
            "a" => Kind::A,
            "cb" => Kind::CrBit,
            "cr" => Kind::CrField,
            "spr" => Kind::Spr,
            "i" => Kind::Signed,
            "u" => Kind::Unsigned,
            "pc" => Kind::Target,
            "abs" => Kind::Absolute,
            "d" => Kind::Offset,
            "nd" => Kind::NegativeOffset,
            _ => return None,
        };
        let (bits, shift) = rest.split_once('<').unwrap_or((rest, "0"));
        let mut parts = List::new((0, 0));
        let mut width = 0;
        for part in bits.split('+') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u8, u8) = (first.parse().ok()?, last.parse().ok()?);
            let count = last.checked_sub(first)? + 1;
            width += count;
            parts.push((first, count)).then_some(())?;
        }
        Some(Operand {
            kind,
            parts,
            width,
            shift: shift.parse().ok()?,
        })
    }

    fn rule(word: &str) -> Option<Rule> {
        Some(match word {
            "inorder" => Rule::InOrder,
            "rev" => Rule::Reverse,
            "mid" => Rule::Middle,
            "cmp" => Rule::Compare,
            "storex" => Rule::StoreIndexed,
            "storex0" => Rule::StoreIndexedZero,
            "loadx" => Rule::LoadIndexed,
            "loadx0" => Rule::LoadIndexedZero,
            "dcb" => Rule::Cache,
            "sync" => Rule::Sync,
            "isel" => Rule::Isel,
            "lis" => Rule::Lis,
            "bc" => Rule::Bc,
            "bclr" => Rule::Bclr,
            "bcctr" => Rule::Bcctr,
            "bcctrl" => Rule::Bcctrl,
            "bcx" => Rule::BcOther,
            "bl" => Rule::Call,
            _ => return None,
        })
    }

    fn go_name(name: &str) -> String {
        let upper = name.to_ascii_uppercase();
        match upper.strip_suffix('.') {
            Some(stem) => format!("{stem}CC"),
            None => upper,
        }
    }
}

fn operands(row: &Row<Power>, bits: u64) -> Args {
    let mut args = Args::new(Arg::Imm(0));
    let mut offset = None;
    for operand in &row.operands {
        match (read(operand, bits), offset.take()) {
            // An offset and the register that follows are one address.
            (Arg::R(base), Some(offset)) => args.push(Arg::Mem { offset, base }),
            (Arg::Imm(value), None) if matches!(operand.kind, Kind::Offset | Kind::NegativeOffset) => {
                offset = Some(value);
                continue;
            }
            (arg, _) => args.push(arg),
        };
    }
    args
}

fn read(operand: &Operand, bits: u64) -> Arg {
    let value = operand.parts.iter().fold(0, |value, &(first, count)| {
        value << count | field(bits, first, count)
    });
    let signed = signed(value, operand.width) << operand.shift;
    let number = value as u8;
    match operand.kind {
        Kind::R => Arg::R(number),
        Kind::F => Arg::F(number),
        Kind::V => Arg::V(number),
        Kind::X => Arg::X(number),
        Kind::XPair => Arg::X(number.saturating_mul(2)),
        Kind::A => Arg::A(number),
        Kind::CrBit => Arg::CrBit(number),
        Kind::CrField => Arg::CrField(number),
        Kind::Spr => Arg::Spr(value as u16),
        Kind::Signed | Kind::Offset => Arg::Imm(signed),
        Kind::Unsigned => Arg::Imm((value << operand.shift) as i64),
        Kind::Target => Arg::Target(signed),
        Kind::Absolute => Arg::Absolute(signed as u32),
        // hashst and its kin: the bits above the field are ones.
        Kind::NegativeOffset => Arg::Imm(signed | -1 << (operand.shift + operand.width)),
    }
}
