//! Operands of A32 instructions: the table's tokens, and the value each has in one instruction word.

/// Shift kinds, in the architecture's numbering; the fifth is rotate right with extend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    Left,
    Right,
    Arithmetic,
    Rotate,
    Extend,
}

/// Addressing modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Post,
    Pre,
    Offset,
    /// Base register of a multiple load or store; the second form writes it back.
    Multiple,
    MultipleBack,
}

/// What is added to the base register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    Imm(i16),
    Reg {
        minus: bool,
        n: u8,
        shift: Shift,
        count: u8,
    },
}

/// One decoded operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arg {
    Reg(u8),
    Single(u8),
    Double(u8),
    /// Half of a double register.
    Half(u8, u8),
    Named(&'static str),
    Imm(u32),
    /// An immediate that is not encoded in the shortest way: value and rotation.
    Rotated(u8, u8),
    Shifted(u8, Shift, u8),
    ShiftedByReg(u8, Shift, u8),
    Memory {
        base: u8,
        mode: Mode,
        index: Index,
    },
    /// Distance from the instruction's address plus 8.
    Pc(i32),
    List(u16),
    /// All operands of a coprocessor move, as the instruction word.
    Coprocessor(u32),
}

/// A table token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// A register at a bit, with its lowest bit set where the flag says so (the second of a pair).
    Reg(u8, bool),
    /// R12, where 15 means the flags.
    RegOrFlags,
    Named(&'static str),
    Base,
    Const,
    ShiftImm,
    ShiftReg,
    Rotation,
    Label,
    LabelHalf,
    List {
        at_least: u32,
    },
    ListOne,
    /// S or D at a bit (12, 16 or 0), by bit 8; the flag turns the choice round.
    Float(u8, bool),
    Single(u8),
    Half,
    Imm(Imm),
    Memory(Memory),
    Coprocessor,
}

/// Immediates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Imm {
    Plain5,
    ShiftNotZero,
    /// 0 stands for 32.
    Shift,
    Split16,
    Split12,
    Plain24,
    Option,
    Vfp,
    FractionBits,
    Zero,
    /// Width of a field whose lowest bit is in 11:7 and highest in 20:16.
    Msb,
    /// One more than 20:16.
    Width,
    Sat4,
    Sat4Plus1,
    Sat5,
    Endian,
}

/// Memory operands; the modes are forced or, for `Any`, read from P (24) and W (21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    Plain,
    PcImm12,
    Imm12(Force),
    Shifted(Force),
    Reg(Force),
    Imm8(Force),
    Imm8Times4,
}

/// Whether a row forces the addressing mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    Any,
    Offset,
    Post,
}

const TOKENS: &[(&str, Operand)] = &[
    ("R0", Operand::Reg(0, false)),
    ("R8", Operand::Reg(8, false)),
    ("R12", Operand::Reg(12, false)),
    ("R16", Operand::Reg(16, false)),
    ("R0+1", Operand::Reg(0, true)),
    ("R12+1", Operand::Reg(12, true)),
    ("R12nzcv", Operand::RegOrFlags),
    ("APSR", Operand::Named("APSR")),
    ("FPSCR", Operand::Named("FPSCR")),
    ("R!", Operand::Base),
    ("const", Operand::Const),
    ("Rm<#", Operand::ShiftImm),
    ("Rm<R", Operand::ShiftReg),
    ("Rm@", Operand::Rotation),
    ("label", Operand::Label),
    ("labelh", Operand::LabelHalf),
    ("coprocessor", Operand::Coprocessor),
    ("list", Operand::List { at_least: 0 }),
    ("list2", Operand::List { at_least: 2 }),
    ("list1", Operand::ListOne),
    ("Fd", Operand::Float(12, false)),
    ("Gd", Operand::Float(12, true)),
    ("Fn", Operand::Float(16, false)),
    ("Fm", Operand::Float(0, false)),
    ("Sd", Operand::Single(12)),
    ("Sn", Operand::Single(16)),
    ("Sm", Operand::Single(0)),
    ("Dn[]", Operand::Half),
    ("#imm5", Operand::Imm(Imm::Plain5)),
    ("#imm5nz", Operand::Imm(Imm::ShiftNotZero)),
    ("#shift", Operand::Imm(Imm::Shift)),
    ("#imm16", Operand::Imm(Imm::Split16)),
    ("#imm12:4", Operand::Imm(Imm::Split12)),
    ("#imm24", Operand::Imm(Imm::Plain24)),
    ("#option", Operand::Imm(Imm::Option)),
    ("#vfp", Operand::Imm(Imm::Vfp)),
    ("#fbits", Operand::Imm(Imm::FractionBits)),
    ("#0", Operand::Imm(Imm::Zero)),
    ("#msb", Operand::Imm(Imm::Msb)),
    ("#width", Operand::Imm(Imm::Width)),
    ("#sat4", Operand::Imm(Imm::Sat4)),
    ("#sat4+1", Operand::Imm(Imm::Sat4Plus1)),
    ("#sat5", Operand::Imm(Imm::Sat5)),
    ("#sat5+1", Operand::Imm(Imm::Width)),
    ("endian", Operand::Imm(Imm::Endian)),
    ("[R]", Operand::Memory(Memory::Plain)),
    ("[pc,#12]", Operand::Memory(Memory::PcImm12)),
    ("[R,#12]", Operand::Memory(Memory::Imm12(Force::Offset))),
    ("[R,#12]!", Operand::Memory(Memory::Imm12(Force::Any))),
    ("[R],#12", Operand::Memory(Memory::Imm12(Force::Post))),
    ("[R,Rm<#]", Operand::Memory(Memory::Shifted(Force::Offset))),
    ("[R,Rm<#]!", Operand::Memory(Memory::Shifted(Force::Any))),
    ("[R],Rm<#", Operand::Memory(Memory::Shifted(Force::Post))),
    ("[R,Rm]!", Operand::Memory(Memory::Reg(Force::Any))),
    ("[R],Rm", Operand::Memory(Memory::Reg(Force::Post))),
    ("[R,#8]!", Operand::Memory(Memory::Imm8(Force::Any))),
    ("[R],#8", Operand::Memory(Memory::Imm8(Force::Post))),
    ("[R,#8*4]", Operand::Memory(Memory::Imm8Times4)),
];

fn bits(x: u32, low: u32, width: u32) -> u32 {
    x >> low & ((1 << width) - 1)
}

fn shift(x: u32) -> (Shift, u8) {
    let count = bits(x, 7, 5) as u8;
    match (bits(x, 5, 2), count) {
        (0, count) => (Shift::Left, count),
        (1, 0) => (Shift::Right, 32),
        (1, count) => (Shift::Right, count),
        (2, 0) => (Shift::Arithmetic, 32),
        (2, count) => (Shift::Arithmetic, count),
        (_, 0) => (Shift::Extend, 1),
        (_, count) => (Shift::Rotate, count),
    }
}

fn mode(force: Force, x: u32) -> Option<Mode> {
    Some(match (force, bits(x, 24, 1), bits(x, 21, 1)) {
        (Force::Offset, ..) | (Force::Any, 1, 0) => Mode::Offset,
        (Force::Post, ..) | (Force::Any, 0, 0) => Mode::Post,
        (Force::Any, 1, _) => Mode::Pre,
        (Force::Any, ..) => return None,
    })
}

/// The number of a single register from its four upper bits and its lowest.
fn single(x: u32, at: u8) -> u8 {
    let low = match at {
        12 => 22,
        16 => 7,
        _ => 5,
    };
    (bits(x, at.into(), 4) << 1 | bits(x, low, 1)) as u8
}

/// The number of a double register, whose highest bit stands where a single's lowest does.
fn double(x: u32, at: u8) -> u8 {
    let single = single(x, at);
    single >> 1 | (single & 1) << 4
}

impl Operand {
    /// Reads a table token.
    pub(super) fn parse(token: &str) -> Option<Operand> {
        TOKENS
            .iter()
            .find(|(name, _)| *name == token)
            .map(|&(_, operand)| operand)
    }

    /// The operand's value in `x`, or `None` where the encoding is not this instruction.
    pub(super) fn decode(self, x: u32) -> Option<Arg> {
        let rm = bits(x, 0, 4) as u8;
        Some(match self {
            Operand::Reg(at, second) => Arg::Reg(bits(x, at.into(), 4) as u8 | u8::from(second)),
            Operand::RegOrFlags => match bits(x, 12, 4) {
                15 => Arg::Named("APSR_nzcv"),
                n => Arg::Reg(n as u8),
            },
            Operand::Named(name) => Arg::Named(name),
            Operand::Base => {
                let mode = if bits(x, 21, 1) == 1 {
                    Mode::MultipleBack
                } else {
                    Mode::Multiple
                };
                Arg::Memory {
                    base: bits(x, 16, 4) as u8,
                    mode,
                    index: Index::Imm(0),
                }
            }
            Operand::Const => {
                let (value, rotation) = (bits(x, 0, 8), bits(x, 8, 4) * 2);
                let back = 32 - rotation;
                let could_turn_less = rotation > 0 && value & 3 == 0;
                let could_wrap = rotation >= 24 && (value << back & 0xff) >> back == value;
                match could_turn_less || could_wrap {
                    true => Arg::Rotated(value as u8, rotation as u8),
                    false => Arg::Imm(value.rotate_right(rotation)),
                }
            }
            Operand::ShiftImm => match shift(x) {
                (Shift::Left, 0) => Arg::Reg(rm),
                (kind, count) => Arg::Shifted(rm, kind, count),
            },
            Operand::ShiftReg => {
                let kind = [Shift::Left, Shift::Right, Shift::Arithmetic, Shift::Rotate];
                Arg::ShiftedByReg(rm, *kind.get(bits(x, 5, 2) as usize)?, bits(x, 8, 4) as u8)
            }
            Operand::Rotation => match shift(x) {
                (Shift::Extend, _) => Arg::Reg(rm),
                (kind, count) => Arg::Shifted(rm, kind, count),
            },
            Operand::Label => Arg::Pc((x << 8) as i32 >> 6),
            Operand::LabelHalf => Arg::Pc((x << 8) as i32 >> 6 | (bits(x, 24, 1) << 1) as i32),
            Operand::List { at_least } => {
                let list = bits(x, 0, 16);
                if list.count_ones() < at_least {
                    return None;
                }
                Arg::List(list as u16)
            }
            Operand::ListOne => Arg::List(1 << bits(x, 12, 4)),
            Operand::Float(at, turned) => match (bits(x, 8, 1) == 1) != turned {
                true => Arg::Double(double(x, at)),
                false => Arg::Single(single(x, at)),
            },
            Operand::Single(at) => Arg::Single(single(x, at)),
            Operand::Half => Arg::Half(double(x, 16), bits(x, 21, 1) as u8),
            Operand::Coprocessor => Arg::Coprocessor(x),
            Operand::Imm(imm) => return imm.decode(x),
            Operand::Memory(memory) => return memory.decode(x),
        })
    }
}

/// The fields of a coprocessor move: coprocessor, first opcode, Rt, CRn, CRm, second opcode.
pub(super) fn coprocessor(x: u32) -> [u32; 6] {
    [
        bits(x, 8, 4),
        bits(x, 21, 3),
        bits(x, 12, 4),
        bits(x, 16, 4),
        bits(x, 0, 4),
        bits(x, 5, 3),
    ]
}

impl Imm {
    fn decode(self, x: u32) -> Option<Arg> {
        let (imm5, field) = (bits(x, 7, 5), bits(x, 16, 5));
        Some(Arg::Imm(match self {
            Imm::Plain5 => imm5,
            Imm::ShiftNotZero if imm5 == 0 => return None,
            Imm::ShiftNotZero => imm5,
            Imm::Shift => (imm5 + 31) % 32 + 1,
            Imm::Split16 => bits(x, 16, 4) << 12 | bits(x, 0, 12),
            Imm::Split12 => bits(x, 8, 12) << 4 | bits(x, 0, 4),
            Imm::Plain24 => bits(x, 0, 24),
            Imm::Option => bits(x, 0, 4),
            Imm::Vfp => bits(x, 16, 4) << 4 | bits(x, 0, 4),
            Imm::FractionBits => (16u32 << bits(x, 7, 1)).wrapping_sub(bits(x, 0, 4) << 1 | bits(x, 5, 1)),
            Imm::Zero => 0,
            Imm::Msb => (field + 1).checked_sub(imm5).filter(|&width| width > 0)?,
            Imm::Width => field + 1,
            Imm::Sat4 => bits(x, 16, 4),
            Imm::Sat4Plus1 => bits(x, 16, 4) + 1,
            Imm::Sat5 => field,
            Imm::Endian => return Some(Arg::Named(if bits(x, 9, 1) == 1 { "BE" } else { "LE" })),
        }))
    }
}

impl Memory {
    fn decode(self, x: u32) -> Option<Arg> {
        let (base, rm) = (bits(x, 16, 4) as u8, bits(x, 0, 4) as u8);
        let minus = bits(x, 23, 1) == 0;
        let offset = |value: u32| Index::Imm(if minus { -(value as i16) } else { value as i16 });
        let (base, mode, index) = match self {
            Memory::Plain => (base, Mode::Offset, Index::Imm(0)),
            Memory::PcImm12 => (15, Mode::Offset, offset(bits(x, 0, 12))),
            Memory::Imm12(force) => (base, mode(force, x)?, offset(bits(x, 0, 12))),
            Memory::Imm8(force) => (base, mode(force, x)?, offset(bits(x, 8, 4) << 4 | bits(x, 0, 4))),
            Memory::Imm8Times4 => (base, Mode::Offset, offset(bits(x, 0, 8) << 2)),
            Memory::Reg(force) => {
                let index = Index::Reg {
                    minus,
                    n: rm,
                    shift: Shift::Left,
                    count: 0,
                };
                (base, mode(force, x)?, index)
            }
            Memory::Shifted(force) => {
                let (shift, count) = shift(x);
                (
                    base,
                    mode(force, x)?,
                    Index::Reg {
                        minus,
                        n: rm,
                        shift,
                        count,
                    },
                )
            }
        };
        Some(Arg::Memory { base, mode, index })
    }
}
