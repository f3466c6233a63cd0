//! A loong64 word → mnemonic, rule and operands, from the tables `base.isa` and `vector.isa`.

use super::{Arg, Args};
use crate::disasm::isa::{Isa, Row, Table, signed};
use std::sync::LazyLock;

/// One decoded instruction.
pub(super) struct Inst {
    pub row: &'static Row<Loong>,
    pub args: Args,
    /// The 256-bit form of a row that stands for both vector widths.
    pub wide: bool,
}

/// Tells 256-bit vector operations from 128-bit ones.
const WIDE: u64 = 1 << 26;

pub(super) const BASE_TEXT: &str = include_str!("base.isa");
pub(super) const VECTOR_TEXT: &str = include_str!("vector.isa");
static VECTOR: LazyLock<Table<Loong>> = LazyLock::new(|| Table::new(VECTOR_TEXT, 0xffc0_0000));
static BASE: LazyLock<Table<Loong>> = LazyLock::new(|| Table::new(BASE_TEXT, 0xffc0_0000));

/// The instruction at the start of `code`; `None` where there is none or it is cut off. `vectors`: also those
/// that Go's disassembler does not decode.
pub(super) fn decode(code: &[u8], vectors: bool) -> Option<Inst> {
    let word = u64::from(u32::from_le_bytes(code.get(..4)?.try_into().ok()?));
    let in_base = BASE.matches(word).next();
    let row = in_base.or_else(|| VECTOR.matches(word).next().filter(|_| vectors))?;
    let wide = word & !row.mask & WIDE != 0 && in_base.is_none();
    let mut args = Args::new(Arg::R(0));
    for &operand in &row.operands {
        args.push(read(operand, word as u32, wide));
    }
    Some(Inst { row, args, wide })
}

/// What `Table` needs to know of LoongArch.
pub(super) struct Loong;

/// How an operand lies in the word; registers by their lowest bit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    R(u8),
    F(u8),
    Fcsr(u8),
    Fcc(u8),
    V(u8),
    X(u8),
    Unsigned {
        low: u8,
        bits: u8,
        plus: u8,
    },
    Signed {
        low: u8,
        bits: u8,
        shift: u8,
    },
    /// A branch distance in words: the low 16 bits at bit 10, this many more at bit 0.
    Target(u8),
}

/// What is peculiar about an instruction's Go text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rule {
    /// Operands backwards; the second source is left out where it is the destination.
    #[default]
    Plain,
    Add,
    Sub,
    Andi,
    Move,
    /// The immediate counts 65536s.
    Add16,
    Bits,
    PickDouble,
    FlagBranch,
    Beq,
    Bne,
    Blt,
    Bltu,
    Bge,
    Bgeu,
    Branch,
    /// The manual's order.
    InOrder,
    Jirl,
    Load,
    Store,
    /// Load-linked and store-conditional.
    LoadLinked,
    StoreConditional,
    /// Loads and stores whose offset counts words; Go's disassembler does not name them.
    LoadPointer,
    StorePointer,
    LoadIndexed,
    StoreIndexed,
    Atomic,
    /// Vector instructions: operands backwards, nothing left out.
    Vector,
    /// Moves between memory, registers and vector elements; Go names them all VMOVQ and tells them by their
    /// operands.
    LoadReplicate,
    Broadcast,
    Replicate,
    Insert,
    Pick,
}

impl Isa for Loong {
    type Operand = Operand;
    type Rule = Rule;

    fn operand(word: &str) -> Option<Operand> {
        Some(match word {
            "rd" => Operand::R(0),
            "rj" => Operand::R(5),
            "rk" => Operand::R(10),
            "fd" => Operand::F(0),
            "fj" => Operand::F(5),
            "fk" => Operand::F(10),
            "fa" => Operand::F(15),
            "cd" => Operand::Fcc(0),
            "cj" => Operand::Fcc(5),
            "ca" => Operand::Fcc(15),
            "vd" => Operand::V(0),
            "vj" => Operand::V(5),
            "vk" => Operand::V(10),
            "va" => Operand::V(15),
            "xd" => Operand::X(0),
            "xj" => Operand::X(5),
            "xk" => Operand::X(10),
            "xa" => Operand::X(15),
            "fcsr0" => Operand::Fcsr(0),
            "fcsr5" => Operand::Fcsr(5),
            "off16" => Operand::Target(0),
            "off21" => Operand::Target(5),
            "off26" => Operand::Target(10),
            _ => {
                let (kind, range) = word.split_at_checked(1)?;
                let (low, rest) = range.split_once('-')?;
                let (high, extra) = rest.split_at(rest.find(['<', '+']).unwrap_or(rest.len()));
                let (low, high): (u8, u8) = (low.parse().ok()?, high.parse().ok()?);
                let bits = high.checked_sub(low)? + 1;
                let extra = extra.get(1..).map_or(Some(0), |n| n.parse().ok())?;
                match kind {
                    "u" => Operand::Unsigned {
                        low,
                        bits,
                        plus: extra,
                    },
                    "i" => Operand::Signed {
                        low,
                        bits,
                        shift: extra,
                    },
                    _ => return None,
                }
            }
        })
    }

    fn rule(word: &str) -> Option<Rule> {
        Some(match word {
            "addi" => Rule::Add,
            "sub" => Rule::Sub,
            "andi" => Rule::Andi,
            "mov" => Rule::Move,
            "addu16" => Rule::Add16,
            "bits" => Rule::Bits,
            "pickd" => Rule::PickDouble,
            "bfp" => Rule::FlagBranch,
            "beq" => Rule::Beq,
            "bne" => Rule::Bne,
            "blt" => Rule::Blt,
            "bltu" => Rule::Bltu,
            "bge" => Rule::Bge,
            "bgeu" => Rule::Bgeu,
            "branch" => Rule::Branch,
            "inorder" => Rule::InOrder,
            "jirl" => Rule::Jirl,
            "load" => Rule::Load,
            "store" => Rule::Store,
            "ll" => Rule::LoadLinked,
            "sc" => Rule::StoreConditional,
            "loadptr" => Rule::LoadPointer,
            "storeptr" => Rule::StorePointer,
            "loadx" => Rule::LoadIndexed,
            "storex" => Rule::StoreIndexed,
            "am" => Rule::Atomic,
            "vector" => Rule::Vector,
            "loadrep" => Rule::LoadReplicate,
            "broadcast" => Rule::Broadcast,
            "replicate" => Rule::Replicate,
            "insert" => Rule::Insert,
            "pick" => Rule::Pick,
            _ => return None,
        })
    }

    fn go_name(name: &str) -> String {
        name.to_ascii_uppercase().replace('.', "")
    }
}

fn read(operand: Operand, word: u32, wide: bool) -> Arg {
    let bits =
        |low: u8, n: u8| word.checked_shr(u32::from(low)).unwrap_or(0) & (1u32 << n.min(31)).wrapping_sub(1);
    match operand {
        Operand::R(low) => Arg::R(bits(low, 5) as u8),
        Operand::F(low) => Arg::F(bits(low, 5) as u8),
        Operand::V(low) if !wide => Arg::V(bits(low, 5) as u8),
        Operand::V(low) | Operand::X(low) => Arg::X(bits(low, 5) as u8),
        Operand::Fcsr(low) => Arg::Fcsr(bits(low, 5) as u8),
        Operand::Fcc(low) => Arg::Fcc(bits(low, 3) as u8),
        Operand::Unsigned { low, bits: n, plus } => Arg::Unsigned(bits(low, n) + u32::from(plus)),
        Operand::Signed { low, bits: n, shift } => Arg::Signed(signed(u64::from(bits(low, n)), n) << shift),
        Operand::Target(high) => {
            let words = u64::from(bits(0, high)) << 16 | u64::from(bits(10, 16));
            Arg::Target((signed(words, 16 + high) * 4) as i32)
        }
    }
}
