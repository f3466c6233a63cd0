//! A riscv64 word → mnemonic, rule and operands, from the tables `base.isa`, `vector.isa`, `compressed.isa`
//! and `csr.isa`.

use super::{Arg, Args};
use crate::disasm::isa::{Isa, Row, Table, signed};
use std::sync::LazyLock;

/// One decoded instruction.
pub(super) struct Inst {
    /// The row of the table that it matches; compressed ones match the row of what they stand for.
    pub row: &'static Row<Riscv>,
    pub args: Args,
    pub word: u32,
    pub len: usize,
}

/// The instruction at the start of `code`; `None` where there is none or it is cut off.
pub(super) fn decode(code: &[u8]) -> Option<Inst> {
    let short = u16::from_le_bytes(code.get(..2)?.try_into().ok()?);
    let (table, word, len) = match short & 3 {
        3 => (&*FULL, u32::from_le_bytes(code.get(..4)?.try_into().ok()?), 4),
        _ => (&*COMPRESSED, u32::from(short), 2),
    };
    table.matches(u64::from(word)).find_map(|row| {
        Some(Inst {
            row,
            args: operands(row, word)?,
            word,
            len,
        })
    })
}

/// The name of a control and status register.
pub(super) fn csr_name(csr: u16) -> Option<&'static str> {
    CSR.get(usize::from(csr))?.as_deref()
}

static FULL: LazyLock<Table<Riscv>> = LazyLock::new(|| Table::new(FULL_TEXT, 0x7f));
static COMPRESSED: LazyLock<Table<Riscv>> =
    LazyLock::new(|| Table::new(include_str!("compressed.isa"), 0xe003));
static CSR: LazyLock<Vec<Option<Box<str>>>> = LazyLock::new(|| csr_table(include_str!("csr.isa")));
pub(super) const FULL_TEXT: &str = concat!(include_str!("base.isa"), include_str!("vector.isa"));

/// What `Table` needs to know of RISC-V.
pub(super) struct Riscv;

/// How an operand lies in the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// A register number: its lowest bit's place, and how many bits.
    X(u8),
    /// As `X`, but the row is refused where the register is 0 (`.1` = 1), or 0 or 2 (`.1` = 5, a set of
    /// bits).
    XNot(u8, u8),
    /// Registers 8 to 15 in three bits.
    XShort(u8),
    F(u8),
    FShort(u8),
    V(u8),
    /// `v0` where bit 25 is clear, else nothing.
    Mask,
    /// An immediate, how it is read, and whether 0 refuses the row.
    Imm(Imm, bool),
    Const(Arg),
    Mem(Base, Imm),
    Ptr,
    Csr,
    Pred,
    Succ,
    Vtype10,
    Vtype11,
    Branch,
    Jump,
}

/// The base register of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Rs1,
    Sp,
    Rs1Short,
    /// Bits 7 to 11, register 0 refused.
    RdNotZero,
}

/// An immediate's layout, named as in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Imm {
    I12,
    S12,
    U5,
    S5,
    Sh5,
    Sh6,
    Upper,
    C6,
    CSh6,
    CLui,
    CAddi16sp,
    CAddi4spn,
    CWord,
    CDouble,
    CLoadWordSp,
    CLoadDoubleSp,
    CStoreWordSp,
    CStoreDoubleSp,
    Zero,
}

/// What is peculiar about an instruction's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rule {
    #[default]
    Plain,
    Add,
    Addi,
    Addiw,
    Andi,
    Ori,
    Xori,
    Slt,
    Sltu,
    Sltiu,
    Sub,
    Subw,
    Branch,
    Beq,
    Bne,
    Bge,
    Blt,
    Jal,
    Jalr,
    Store,
    Fence,
    /// Read-modify-write atomics: address last but one; GNU names carry aq and rl.
    Amo,
    /// Only the aq and rl of the GNU name.
    AqRl,
    CsrRw,
    CsrRs,
    CsrRc,
    CsrImm,
    /// Multiply-add: the second factor first.
    Fma,
    /// X0 as source is the number 0.
    Zero,
    Fmv,
    Fneg,
    Fabs,
    Vsetvl,
    Vsetvli,
    V(VRule),
}

/// What is peculiar about a vector instruction: kind, order, alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VRule {
    Plain,
    Load,
    Store,
    Fma,
    /// The mask is an operand of the operation itself.
    Implicit,
    Alias(Alias),
}

/// When a vector instruction has another name, and which operands that one drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alias {
    /// The second source is X0 (dropped).
    Zero(&'static str),
    /// The immediate is -1 (dropped).
    MinusOne(&'static str),
    /// Both sources are the same (one dropped).
    Same(&'static str),
    /// Sources and destination are the same (only one kept).
    AllSame(&'static str),
}

impl Isa for Riscv {
    type Operand = Operand;
    type Rule = Rule;

    fn operand(word: &str) -> Option<Operand> {
        use Operand::*;
        Some(match word {
            "rd" => X(7),
            "rs1" => X(15),
            "rs2" => X(20),
            "crs2" => X(2),
            "cfs2" => F(2),
            "rd≠0" => XNot(7, 1),
            "rs2≠0" => XNot(2, 1),
            "rd≠2" => XNot(7, 5),
            "rs1'" => XShort(7),
            "rs2'" => XShort(2),
            "fs2'" => FShort(2),
            "fd" => F(7),
            "fs1" => F(15),
            "fs2" => F(20),
            "fs3" => F(27),
            "vd" | "vs3" => V(7),
            "vs1" => V(15),
            "vs2" => V(20),
            "vm" => Mask,
            "i12" => Imm(self::Imm::I12, false),
            "u5" => Imm(self::Imm::U5, false),
            "s5" => Imm(self::Imm::S5, false),
            "sh5" => Imm(self::Imm::Sh5, false),
            "sh6" => Imm(self::Imm::Sh6, false),
            "upper" => Imm(self::Imm::Upper, false),
            "imm6" => Imm(self::Imm::C6, false),
            "imm6≠0" => Imm(self::Imm::C6, true),
            "sh6≠0" => Imm(self::Imm::CSh6, true),
            "lui≠0" => Imm(self::Imm::CLui, true),
            "addi16sp≠0" => Imm(self::Imm::CAddi16sp, true),
            "addi4spn≠0" => Imm(self::Imm::CAddi4spn, true),
            "i0" => Imm(self::Imm::Zero, false),
            "zero" => Const(Arg::X(0)),
            "ra" => Const(Arg::X(1)),
            "sp" => Const(Arg::X(2)),
            "cycle" => Const(Arg::Csr(CSR_CYCLE)),
            "(rs1)" => Ptr,
            "i12(rs1)" => Mem(Base::Rs1, self::Imm::I12),
            "s12(rs1)" => Mem(Base::Rs1, self::Imm::S12),
            "0(rd≠0)" => Mem(Base::RdNotZero, self::Imm::Zero),
            "w(rs1')" => Mem(Base::Rs1Short, self::Imm::CWord),
            "d(rs1')" => Mem(Base::Rs1Short, self::Imm::CDouble),
            "lw(sp)" => Mem(Base::Sp, self::Imm::CLoadWordSp),
            "ld(sp)" => Mem(Base::Sp, self::Imm::CLoadDoubleSp),
            "sw(sp)" => Mem(Base::Sp, self::Imm::CStoreWordSp),
            "sd(sp)" => Mem(Base::Sp, self::Imm::CStoreDoubleSp),
            "csr" => Csr,
            "pred" => Pred,
            "succ" => Succ,
            "vtype10" => Vtype10,
            "vtype11" => Vtype11,
            "branch" => Branch,
            "jump" => Jump,
            _ => return None,
        })
    }

    fn rule(word: &str) -> Option<Rule> {
        use Rule::*;
        let alias = |alias| V(VRule::Alias(alias));
        Some(match word {
            "add" => Add,
            "addi" => Addi,
            "addiw" => Addiw,
            "andi" => Andi,
            "ori" => Ori,
            "xori" => Xori,
            "slt" => Slt,
            "sltu" => Sltu,
            "sltiu" => Sltiu,
            "sub" => Sub,
            "subw" => Subw,
            "branch" => Branch,
            "beq" => Beq,
            "bne" => Bne,
            "bge" => Bge,
            "blt" => Blt,
            "jal" => Jal,
            "jalr" => Jalr,
            "store" => Store,
            "fence" => Fence,
            "amo" => Amo,
            "aqrl" => AqRl,
            "csrrw" => CsrRw,
            "csrrs" => CsrRs,
            "csrrc" => CsrRc,
            "csri" => CsrImm,
            "fma" => Fma,
            "zero" => Zero,
            "fmv" => Fmv,
            "fneg" => Fneg,
            "fabs" => Fabs,
            "vsetvl" => Vsetvl,
            "vsetvli" => Vsetvli,
            "v" => V(VRule::Plain),
            "vload" => V(VRule::Load),
            "vstore" => V(VRule::Store),
            "vfma" => V(VRule::Fma),
            "vimplicit" => V(VRule::Implicit),
            "vneg" => alias(Alias::Zero("vneg.v")),
            "vwcvt" => alias(Alias::Zero("vwcvt.x.x.v")),
            "vwcvtu" => alias(Alias::Zero("vwcvtu.x.x.v")),
            "vncvt" => alias(Alias::Zero("vncvt.x.x.w")),
            "vnot" => alias(Alias::MinusOne("vnot.v")),
            "vfneg" => alias(Alias::Same("vfneg.v")),
            "vfabs" => alias(Alias::Same("vfabs.v")),
            "vmmv" => alias(Alias::Same("vmmv.m")),
            "vmnot" => alias(Alias::Same("vmnot.m")),
            "vmclr" => alias(Alias::AllSame("vmclr.m")),
            "vmset" => alias(Alias::AllSame("vmset.m")),
            _ => return None,
        })
    }

    fn go_name(name: &str) -> String {
        name.to_ascii_uppercase().replace('.', "")
    }
}

/// Number of the CSR that, written with X0, is the canonical illegal instruction.
pub(super) const CSR_CYCLE: u16 = 0xc00;

fn operands(row: &Row<Riscv>, word: u32) -> Option<Args> {
    let mut args = Args::new(Arg::X(0));
    for &operand in &row.operands {
        if operand == Operand::Mask && word >> 25 & 1 == 1 {
            continue;
        }
        args.push(read(operand, word)?);
    }
    Some(args)
}

/// The operand's value; `None` where the word is not of this row after all.
fn read(operand: Operand, word: u32) -> Option<Arg> {
    let bits = |low: u8, n: u32| (word >> low & ((1 << n) - 1)) as u8;
    Some(match operand {
        Operand::X(at) => Arg::X(bits(at, 5)),
        Operand::XNot(at, refused) => match bits(at, 5) {
            n if n < 8 && refused >> n & 1 == 1 => return None,
            n => Arg::X(n),
        },
        Operand::XShort(at) => Arg::X(8 + bits(at, 3)),
        Operand::F(at) => Arg::F(bits(at, 5)),
        Operand::FShort(at) => Arg::F(8 + bits(at, 3)),
        Operand::V(at) => Arg::V(bits(at, 5)),
        Operand::Mask => Arg::V(0),
        Operand::Imm(imm, nonzero) => match immediate(imm, word) {
            0 if nonzero => return None,
            value => Arg::Imm {
                value,
                hex: matches!(imm, Imm::Sh5 | Imm::Sh6 | Imm::CSh6 | Imm::Upper | Imm::CLui),
            },
        },
        Operand::Const(arg) => arg,
        Operand::Mem(base, imm) => {
            let base = match base {
                Base::Rs1 => bits(15, 5),
                Base::Sp => 2,
                Base::Rs1Short => 8 + bits(7, 3),
                Base::RdNotZero => Some(bits(7, 5)).filter(|&n| n != 0)?,
            };
            Arg::Mem {
                base,
                offset: immediate(imm, word) as i32,
            }
        }
        Operand::Ptr => Arg::Ptr(bits(15, 5)),
        Operand::Csr => Arg::Csr((word >> 20) as u16),
        Operand::Pred => Arg::Order(bits(24, 4)),
        Operand::Succ => Arg::Order(bits(20, 4)),
        Operand::Vtype10 => Arg::Vtype((word >> 20 & 0x3ff) as u16),
        Operand::Vtype11 => Arg::Vtype((word >> 20 & 0x7ff) as u16),
        Operand::Branch if word & 3 == 3 => {
            Arg::Target(gather(word, 13, &[(31, 12, 1), (7, 11, 1), (25, 5, 6), (8, 1, 4)]) as i32)
        }
        Operand::Branch => Arg::Target(gather(
            word,
            9,
            &[(12, 8, 1), (5, 6, 2), (2, 5, 1), (10, 3, 2), (3, 1, 2)],
        ) as i32),
        Operand::Jump if word & 3 == 3 => {
            Arg::Target(gather(word, 21, &[(31, 20, 1), (12, 12, 8), (20, 11, 1), (21, 1, 10)]) as i32)
        }
        Operand::Jump => {
            let parts = [
                (12, 11, 1),
                (8, 10, 1),
                (9, 8, 2),
                (6, 7, 1),
                (7, 6, 1),
                (2, 5, 1),
                (11, 4, 1),
                (3, 1, 3),
            ];
            Arg::Target(gather(word, 12, &parts) as i32)
        }
    })
}

fn immediate(imm: Imm, word: u32) -> i64 {
    let unsigned = |parts: &[(u8, u8, u8)]| gather(word, 64, parts);
    match imm {
        Imm::I12 => gather(word, 12, &[(20, 0, 12)]),
        Imm::S12 => gather(word, 12, &[(25, 5, 7), (7, 0, 5)]),
        Imm::U5 => unsigned(&[(15, 0, 5)]),
        Imm::S5 => gather(word, 5, &[(15, 0, 5)]),
        Imm::Sh5 => unsigned(&[(20, 0, 5)]),
        Imm::Sh6 => unsigned(&[(20, 0, 6)]),
        Imm::Upper => unsigned(&[(12, 0, 20)]),
        Imm::C6 => gather(word, 6, &[(12, 5, 1), (2, 0, 5)]),
        Imm::CSh6 => unsigned(&[(12, 5, 1), (2, 0, 5)]),
        // Go shows the sign-extended value as an unsigned 32-bit number.
        Imm::CLui => i64::from(gather(word, 6, &[(12, 5, 1), (2, 0, 5)]) as u32),
        Imm::CAddi16sp => gather(
            word,
            10,
            &[(12, 9, 1), (3, 7, 2), (5, 6, 1), (2, 5, 1), (6, 4, 1)],
        ),
        Imm::CAddi4spn => unsigned(&[(7, 6, 4), (11, 4, 2), (5, 3, 1), (6, 2, 1)]),
        Imm::CWord => unsigned(&[(5, 6, 1), (10, 3, 3), (6, 2, 1)]),
        Imm::CDouble => unsigned(&[(5, 6, 2), (10, 3, 3)]),
        Imm::CLoadWordSp => unsigned(&[(2, 6, 2), (12, 5, 1), (4, 2, 3)]),
        Imm::CLoadDoubleSp => unsigned(&[(2, 6, 3), (12, 5, 1), (5, 3, 2)]),
        Imm::CStoreWordSp => unsigned(&[(7, 6, 2), (9, 2, 4)]),
        Imm::CStoreDoubleSp => unsigned(&[(7, 6, 3), (10, 3, 3)]),
        Imm::Zero => 0,
    }
}

/// Bits of `word` put together: each part is (from bit, to bit, how many); sign-extended from `width` bits.
#[inline(always)]
fn gather(word: u32, width: u8, parts: &[(u8, u8, u8)]) -> i64 {
    let word = u64::from(word);
    let value = parts.iter().fold(0, |value, &(from, to, n)| {
        value | (word >> from & ((1 << n) - 1)) << to
    });
    signed(value, width)
}

/// `name=number` and `name3-31=number` words → names by number.
fn csr_table(text: &str) -> Vec<Option<Box<str>>> {
    let mut names = vec![None; 1 << 12];
    let lines = text.lines().filter(|l| !l.starts_with(';'));
    for (name, number) in lines
        .flat_map(str::split_whitespace)
        .filter_map(|w| w.split_once('='))
    {
        let Ok(number) = usize::from_str_radix(number, 16) else {
            continue;
        };
        let stem = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
        let (stem, run) = name.split_at(stem);
        let numbers = run.split_once('-').and_then(|(from, to)| {
            let (to, suffix) = to.split_at(to.find(|c: char| !c.is_ascii_digit()).unwrap_or(to.len()));
            Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?, suffix))
        });
        match numbers {
            Some((from, to, suffix)) => {
                for (i, n) in (from..=to).enumerate() {
                    if let Some(place) = names.get_mut(number + i) {
                        *place = Some(format!("{stem}{n}{suffix}").into());
                    }
                }
            }
            None => {
                if let Some(place) = names.get_mut(number) {
                    *place = Some(name.into());
                }
            }
        }
    }
    names
}
