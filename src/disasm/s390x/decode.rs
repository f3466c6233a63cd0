//! s390x instruction bytes → mnemonic, rule and operands, from the tables `two.isa`, `four.isa` and
//! `six.isa`.

use super::{Arg, Args, Index};
use crate::disasm::isa::{Isa, Row, Table, field, signed};
use std::sync::LazyLock;

/// One decoded instruction.
pub(super) struct Inst {
    pub row: &'static Row<Z>,
    pub args: Args,
    pub len: usize,
}

pub(super) const TWO_TEXT: &str = include_str!("two.isa");
pub(super) const FOUR_TEXT: &str = include_str!("four.isa");
pub(super) const SIX_TEXT: &str = include_str!("six.isa");
static TWO: LazyLock<Table<Z>> = LazyLock::new(|| Table::new(TWO_TEXT, 0xff00));
static FOUR: LazyLock<Table<Z>> = LazyLock::new(|| Table::new(FOUR_TEXT, 0xff00_0000));
static SIX: LazyLock<Table<Z>> = LazyLock::new(|| Table::new(SIX_TEXT, 0xff00_0000_0000));

/// The instruction at the start of `code`; `None` where there is none or it is cut off.
pub(super) fn decode(code: &[u8]) -> Option<Inst> {
    let (table, len) = match code.first()? >> 6 {
        0 => (&TWO, 2),
        3 => (&SIX, 6),
        _ => (&FOUR, 4),
    };
    let word = code
        .get(..len)?
        .iter()
        .fold(0, |word, &byte| word << 8 | u64::from(byte));
    let row = table.matches(word).next()?;
    let bits = word << (64 - 8 * len);
    let mut args = Args::new(Arg::Imm(0));
    for operand in &row.operands {
        args.push(read(operand, bits));
    }
    Some(Inst { row, args, len })
}

/// What `Table` needs to know of z/Architecture.
pub(super) struct Z;

/// An operand: what it is, its first bit, how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    kind: Kind,
    first: u8,
    count: u8,
    /// Only of addresses: what stands beside the base, and the base.
    index: Option<(Kind, u8, u8)>,
    base: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    R,
    F,
    A,
    C,
    V,
    X,
    Mask,
    Len,
    Signed,
    Unsigned,
    Target,
    /// Displacements of 12 bits, and of 20 bits with the high part behind the low one.
    Disp12,
    Disp20,
}

/// What is peculiar about an instruction's Go text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rule {
    /// The manual's order.
    #[default]
    InOrder,
    /// First and second, or first and last operand change places.
    Swap,
    Ends,
    /// The first operand goes last; of all, or of the three that are shown.
    Rotate,
    RotateThree,
    EndsThree,
    /// The immediate stands in bits 16 to 31, 32 to 63, or has ones below it.
    SwapShift16,
    SwapShift32,
    SwapOnes,
    /// The second operand must look like a number to Go.
    SwapNumber,
    Negate,
    LoadMultiple,
    LoadZero,
    LoadHalf,
    /// Three registers, two where the first two are the same.
    ThreeRegisters,
    AddImmediate,
    AddImmediateKeep,
    /// The width in the name depends on the sign of the immediate.
    Logic,
    Convert,
    CompareJump,
    CompareLogicalJump,
    MaskFirst,
    BranchRelative,
    BranchRegister,
    LoadOnCondition,
    Call,
    RotateSelect,
    V(VRule),
}

/// Families of vector instructions: where the element size is stated and how operands are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VRule {
    SizeTwo,
    SizeTwoSwap,
    Add,
    Sub,
    SizeRotate,
    SizeEnds,
    Sum,
    Multiply,
    Accumulate,
    Strings,
    Compare,
    FloatMultiplyAdd,
    MultiplySumLogical,
    FloatCompare,
    FloatTest,
    Quad,
    Load,
    LoadReplicate,
    Store,
    StoreElement,
    StoreMultiple,
    LoadMultiple,
    Shift,
    LoadFromRegister,
    ByteMask,
    Logic,
}

impl Isa for Z {
    type Operand = Operand;
    type Rule = Rule;

    fn operand(word: &str) -> Option<Operand> {
        let (plain, address) = match word.strip_suffix(')') {
            Some(word) => word.split_once('(').map(|(d, a)| (d, Some(a)))?,
            None => (word, None),
        };
        let (kind, first, count) = place(plain)?;
        let (mut index, mut base) = (None, 0);
        if let Some(address) = address {
            let (beside, register) = address
                .rsplit_once(',')
                .map_or((None, address), |(x, b)| (Some(x), b));
            base = register.strip_prefix('b')?.parse().ok()?;
            index = match beside {
                Some(beside) => Some(place(beside)?),
                None => None,
            };
        }
        (matches!(kind, Kind::Disp12 | Kind::Disp20) == address.is_some()).then_some(Operand {
            kind,
            first,
            count,
            index,
            base,
        })
    }

    fn rule(word: &str) -> Option<Rule> {
        Some(match word {
            "swap" => Rule::Swap,
            "ends" => Rule::Ends,
            "rot" => Rule::Rotate,
            "rot3" => Rule::RotateThree,
            "ends3" => Rule::EndsThree,
            "swap16" => Rule::SwapShift16,
            "swap32" => Rule::SwapShift32,
            "nilh" => Rule::SwapOnes,
            "swapnum" => Rule::SwapNumber,
            "neg" => Rule::Negate,
            "lm" => Rule::LoadMultiple,
            "zero" => Rule::LoadZero,
            "lghi" => Rule::LoadHalf,
            "three" => Rule::ThreeRegisters,
            "addi" => Rule::AddImmediate,
            "addik" => Rule::AddImmediateKeep,
            "logic" => Rule::Logic,
            "convert" => Rule::Convert,
            "cmpj" => Rule::CompareJump,
            "cmpuj" => Rule::CompareLogicalJump,
            "maskfirst" => Rule::MaskFirst,
            "brc" => Rule::BranchRelative,
            "bcr" => Rule::BranchRegister,
            "locgr" => Rule::LoadOnCondition,
            "call" => Rule::Call,
            "rotsel" => Rule::RotateSelect,
            _ => Rule::V(match word {
                "vsize2" => VRule::SizeTwo,
                "vsize2swap" => VRule::SizeTwoSwap,
                "vadd" => VRule::Add,
                "vsub" => VRule::Sub,
                "vrot" => VRule::SizeRotate,
                "vends" => VRule::SizeEnds,
                "vsum" => VRule::Sum,
                "vmul" => VRule::Multiply,
                "vacc" => VRule::Accumulate,
                "vstring" => VRule::Strings,
                "vcmp" => VRule::Compare,
                "vfma" => VRule::FloatMultiplyAdd,
                "vmsl" => VRule::MultiplySumLogical,
                "vfcmp" => VRule::FloatCompare,
                "vftci" => VRule::FloatTest,
                "vquad" => VRule::Quad,
                "vl" => VRule::Load,
                "vlrep" => VRule::LoadReplicate,
                "vst" => VRule::Store,
                "vste" => VRule::StoreElement,
                "vstm" => VRule::StoreMultiple,
                "vlm" => VRule::LoadMultiple,
                "vshift" => VRule::Shift,
                "vlvg" => VRule::LoadFromRegister,
                "vgbm" => VRule::ByteMask,
                "vlogic" => VRule::Logic,
                _ => return None,
            }),
        })
    }

    fn go_name(name: &str) -> String {
        name.to_ascii_uppercase()
    }
}

/// `r8`, `u16-31`, `pc16-31` … : kind, first bit, how many.
fn place(word: &str) -> Option<(Kind, u8, u8)> {
    let (kind, bits) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
    let (kind, width) = match kind {
        "r" => (Kind::R, 4),
        "f" => (Kind::F, 4),
        "a" => (Kind::A, 4),
        "c" => (Kind::C, 4),
        "v" => (Kind::V, 4),
        "x" => (Kind::X, 4),
        "m" => (Kind::Mask, 4),
        "l" => (Kind::Len, 4),
        "i" => (Kind::Signed, 0),
        "u" => (Kind::Unsigned, 0),
        "pc" => (Kind::Target, 0),
        "d" => (Kind::Disp12, 12),
        "D" => (Kind::Disp20, 20),
        _ => return None,
    };
    let (first, last) = bits.split_once('-').unwrap_or((bits, ""));
    let first: u8 = first.parse().ok()?;
    let count = if last.is_empty() {
        width
    } else {
        (last.parse::<u8>().ok()? + 1).checked_sub(first)?
    };
    (count > 0).then_some((kind, first, count))
}

fn read(operand: &Operand, bits: u64) -> Arg {
    let value = field(bits, operand.first, operand.count);
    let number = value as u8;
    match operand.kind {
        Kind::R | Kind::X => Arg::R(number),
        Kind::F => Arg::F(number),
        Kind::A => Arg::A(number),
        Kind::C => Arg::C(number),
        Kind::V => Arg::V(vector(bits, operand.first)),
        Kind::Mask => Arg::Mask(number),
        Kind::Len => Arg::Len(value as u16 + 1),
        Kind::Signed => Arg::Imm(signed(value, operand.count)),
        Kind::Unsigned => Arg::Imm(value as i64),
        Kind::Target => Arg::Target(signed(value, operand.count) * 2),
        Kind::Disp12 | Kind::Disp20 => {
            let disp = match operand.kind {
                Kind::Disp12 => value as i64,
                _ => signed((value & 0xff) << 12 | value >> 8, 20),
            };
            let index = match operand.index {
                None => Index::None,
                Some((Kind::Len, first, count)) => Index::Len(field(bits, first, count) as u16 + 1),
                Some((Kind::V, first, _)) => Index::V(vector(bits, first)),
                Some((Kind::R, first, count)) => Index::R(field(bits, first, count) as u8),
                Some((_, first, count)) => Index::X(field(bits, first, count) as u8),
            };
            Arg::Mem {
                disp: disp as i32,
                index,
                base: field(bits, operand.base, 4) as u8,
            }
        }
    }
}

/// A vector register: four bits at `first`, the fifth from RXB.
fn vector(bits: u64, first: u8) -> u8 {
    let high = match first {
        8 => 36,
        12 => 37,
        16 => 38,
        _ => 39,
    };
    (field(bits, first, 4) | field(bits, high, 1) << 4) as u8
}
