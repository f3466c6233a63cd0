//! Operands: what a token of the instruction tables means, and what value it has in one instruction word.
//!
//! A token that has no value in a word (a reserved size, a shift that is too long) rejects the row, and the
//! search for a matching instruction goes on, as golang.org/x/arch/arm64/arm64asm does it.

/// Where a register number stands in the word: the lowest bit of its five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field(u8);

impl Field {
    fn of(letter: u8) -> Option<Field> {
        Some(Field(match letter {
            b'd' => 0,
            b'n' => 5,
            b'a' => 10,
            b'm' => 16,
            _ => return None,
        }))
    }

    fn read(self, x: u32) -> u8 {
        (x >> self.0 & 31) as u8
    }
}

/// Register files by width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    W,
    X,
    B,
    H,
    S,
    D,
    Q,
}

const SCALARS: [Class; 5] = [Class::B, Class::H, Class::S, Class::D, Class::Q];

/// Element size (log2 bytes) and number of lanes; no lanes where only an element is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub element: u8,
    pub lanes: u8,
}

/// What picks the element size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// Bits 23:22.
    Size,
    /// Bits 11:10, for structure loads.
    LoadSize,
    /// Bit 22 on top of a base.
    Sz(u8),
    /// The highest bit set in 22:19.
    Immh,
    /// The lowest bit set in 20:16.
    Imm5,
    Fixed(u8),
}

/// How lanes follow from the element size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// As many as fit in 64 or 128 bits, by bit 30.
    ByQ,
    /// Elements of twice the size filling 128 bits.
    Long,
    /// Elements of twice the size filling 64 or 128 bits.
    Pair,
    Fill,
    Two,
}

/// The token of a table row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Reg(Class, Field),
    /// The register after the one in the field.
    Next(Class, Field),
    /// W or X by bit 31.
    General(Field),
    /// S or D by bit 22.
    Float(Field),
    /// The stack pointer instead of the zero register; `None` goes by bit 31.
    Sp(Option<Class>, Field),
    Scalar {
        pick: Pick,
        wide: bool,
        field: Field,
        set: u8,
    },
    Vector {
        pick: Pick,
        lanes: Lanes,
        field: Field,
        set: u8,
        count: u8,
    },
    Element {
        pick: Pick,
        field: Field,
        set: u8,
    },
    /// Source element of INS, whose index is in bits 14:11.
    SourceElement(Field),
    ByElement(u8),
    LoadElement {
        count: u8,
        element: u8,
    },
    HighHalf(Field),
    GeneralByImm5(Field),
    Shifted {
        ror: bool,
    },
    Extended,
    Value(Value),
    /// Branch offsets: lowest bit, width.
    Label(u8, u8),
    Adr {
        page: bool,
    },
    Memory {
        form: Form,
        step: Step,
    },
    Index(u8),
}

/// Addressing modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Offset,
    Post,
    Pre,
    /// Post-index by a register, whose number takes the offset's place.
    PostReg,
}

/// Where a memory offset comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    None,
    Unsigned12(u8),
    Signed9,
    Signed7(u8),
    Const(u8),
    /// Times one more than bit 30.
    TimesQ(u8),
    /// Shifted by bits 11:10.
    TimesSize(u8),
}

/// Immediates and other values that are not registers or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    AddSub,
    Bits,
    Wide,
    MovZ,
    MovN,
    Immr,
    ImmrHex,
    Imms,
    Lsb,
    ImmsPlus1,
    Width,
    Lsl,
    Bit,
    Nzcv,
    Imm5,
    Imm16,
    Dcps,
    Hint,
    Clrex,
    Crm,
    Barrier,
    Isb,
    Pstate,
    PstateLater,
    SysReg,
    Op1,
    Op2,
    Cn,
    Cm,
    Dc,
    Ic,
    Tlbi,
    At,
    Prfop,
    Cond,
    CondInverted,
    BranchCond,
    Zero,
    Scale,
    Fp8,
    Fp8Vector,
    Esize,
    Shr,
    Shl,
    Index,
    Imm8,
    Imm8Lsl,
    Imm8Msl,
    Bytes,
    Imm6,
    Udf,
}

const VALUES: &[(&str, Value)] = &[
    ("#addsub", Value::AddSub),
    ("#bits", Value::Bits),
    ("#wide", Value::Wide),
    ("#movz", Value::MovZ),
    ("#movn", Value::MovN),
    ("#immr", Value::Immr),
    ("#immr.x", Value::ImmrHex),
    ("#imms", Value::Imms),
    ("#lsb", Value::Lsb),
    ("#imms+1", Value::ImmsPlus1),
    ("#width", Value::Width),
    ("#lsl", Value::Lsl),
    ("#bit", Value::Bit),
    ("#nzcv", Value::Nzcv),
    ("#imm5", Value::Imm5),
    ("#imm16", Value::Imm16),
    ("#dcps", Value::Dcps),
    ("#hint", Value::Hint),
    ("#clrex", Value::Clrex),
    ("#crm", Value::Crm),
    ("barrier", Value::Barrier),
    ("isb", Value::Isb),
    ("pstate", Value::Pstate),
    ("pstate+", Value::PstateLater),
    ("sysreg", Value::SysReg),
    ("#op1", Value::Op1),
    ("#op2", Value::Op2),
    ("Cn", Value::Cn),
    ("Cm", Value::Cm),
    ("dc", Value::Dc),
    ("ic", Value::Ic),
    ("tlbi", Value::Tlbi),
    ("at", Value::At),
    ("prfop", Value::Prfop),
    ("cond", Value::Cond),
    ("!cond", Value::CondInverted),
    ("bcond", Value::BranchCond),
    ("#0", Value::Zero),
    ("#0.0", Value::Zero),
    ("#scale", Value::Scale),
    ("#fp8", Value::Fp8),
    ("#fp8v", Value::Fp8Vector),
    ("#esize", Value::Esize),
    ("#shr", Value::Shr),
    ("#shl", Value::Shl),
    ("#index", Value::Index),
    ("#imm8", Value::Imm8),
    ("#imm8lsl", Value::Imm8Lsl),
    ("#imm8msl", Value::Imm8Msl),
    ("#bytes", Value::Bytes),
    ("#imm6", Value::Imm6),
    ("#udf", Value::Udf),
];

/// The allowed element sizes: bit `2 * element + q`. `d` means 2D only, `D` also 1D; `S` means 4S only.
fn set(letters: &str) -> Option<u8> {
    letters.bytes().try_fold(0, |acc, c| {
        Some(
            acc | match c {
                b'b' => 0b11,
                b'h' => 0b11 << 2,
                b's' => 0b11 << 4,
                b'S' => 0b10 << 4,
                b'd' => 0b10 << 6,
                b'D' => 0b11 << 6,
                _ => return None,
            },
        )
    })
}

const ALL: u8 = 0xff;

impl Operand {
    /// Reads one token of a row.
    pub(super) fn parse(token: &str) -> Option<Operand> {
        if let Some(&(_, value)) = VALUES.iter().find(|(name, _)| *name == token) {
            return Some(Operand::Value(value));
        }
        Operand::memory(token).or_else(|| Operand::register(token))
    }

    fn memory(token: &str) -> Option<Operand> {
        let number = |text: &str| text.parse::<u8>().ok();
        let memory = |form, step| Some(Operand::Memory { form, step });
        match token {
            "mem" => return memory(Form::Offset, Step::None),
            "postX" => return memory(Form::PostReg, Step::None),
            "off9" => return memory(Form::Offset, Step::Signed9),
            "post9" => return memory(Form::Post, Step::Signed9),
            "pre9" => return memory(Form::Pre, Step::Signed9),
            "label14" => return Some(Operand::Label(5, 14)),
            "label19" => return Some(Operand::Label(5, 19)),
            "label26" => return Some(Operand::Label(0, 26)),
            "adr" => return Some(Operand::Adr { page: false }),
            "adrp" => return Some(Operand::Adr { page: true }),
            _ => {}
        }
        let after = |prefix| token.strip_prefix(prefix).and_then(number);
        if let Some(n) = after("off12*") {
            return memory(Form::Offset, Step::Unsigned12(n));
        }
        for (prefix, form) in [
            ("off7*", Form::Offset),
            ("post7*", Form::Post),
            ("pre7*", Form::Pre),
        ] {
            if let Some(n) = after(prefix) {
                return memory(form, Step::Signed7(n));
            }
        }
        if let Some(n) = after("postQ*") {
            return memory(Form::Post, Step::TimesQ(n));
        }
        if let Some(n) = after("postz*") {
            return memory(Form::Post, Step::TimesSize(n));
        }
        if let Some(n) = after("post+") {
            return memory(Form::Post, Step::Const(n));
        }
        after("index").map(Operand::Index)
    }

    fn register(token: &str) -> Option<Operand> {
        let bytes = token.as_bytes();
        if let Some(rest) = token.strip_prefix('T') {
            let count = rest.bytes().next()?.wrapping_sub(b'0');
            let body = rest.get(1..)?;
            if let Some(sizes) = body.strip_prefix('.') {
                let (pick, lanes) = (Pick::LoadSize, Lanes::ByQ);
                return Some(Operand::Vector {
                    pick,
                    lanes,
                    field: Field(0),
                    set: set(sizes)?,
                    count,
                });
            }
            let element = "bhsd".find(body.strip_prefix('[')?.strip_suffix(']')?)? as u8;
            return Some(Operand::LoadElement { count, element });
        }
        if let Some(rest) = token.strip_prefix("E5") {
            let letters = rest.get(1..)?.strip_prefix('[');
            let field = Field::of(*rest.as_bytes().first()?)?;
            return Some(match letters {
                None => Operand::Scalar {
                    pick: Pick::Imm5,
                    wide: false,
                    field,
                    set: ALL,
                },
                Some("]") => Operand::Element {
                    pick: Pick::Imm5,
                    field,
                    set: ALL,
                },
                Some(l) => Operand::Element {
                    pick: Pick::Imm5,
                    field,
                    set: set(l.strip_suffix(']')?)?,
                },
            });
        }
        match token {
            "E4n[]" => return Some(Operand::SourceElement(Field(5))),
            "R5n" => return Some(Operand::GeneralByImm5(Field(5))),
            "V5d" => {
                let (pick, lanes) = (Pick::Imm5, Lanes::ByQ);
                return Some(Operand::Vector {
                    pick,
                    lanes,
                    field: Field(0),
                    set: set("bhsd")?,
                    count: 0,
                });
            }
            "Xm[hs]" => return Some(Operand::ByElement(0)),
            "Xm[sd]" => return Some(Operand::ByElement(1)),
            "Rm<3" => return Some(Operand::Shifted { ror: false }),
            "Rm<4" => return Some(Operand::Shifted { ror: true }),
            "Rm.ext" => return Some(Operand::Extended),
            _ => {}
        }
        let field = Field::of(*bytes.get(1)?)?;
        let kind = *bytes.first()?;
        let class = match kind {
            b'W' => Some(Class::W),
            b'X' => Some(Class::X),
            b'B' => Some(Class::B),
            b'H' => Some(Class::H),
            b'S' => Some(Class::S),
            b'D' => Some(Class::D),
            b'Q' => Some(Class::Q),
            _ => None,
        };
        let rest = token.get(2..)?;
        let vector = |pick, lanes, set, count| {
            Some(Operand::Vector {
                pick,
                lanes,
                field,
                set,
                count,
            })
        };
        match (kind, rest) {
            (b'R', "sp") => return Some(Operand::Sp(None, field)),
            (_, "sp") => return class.map(|c| Operand::Sp(Some(c), field)),
            (_, "+1") => return class.map(|c| Operand::Next(c, field)),
            (b'R', "") => return Some(Operand::General(field)),
            (b'F', "") => return Some(Operand::Float(field)),
            (b'G', "") => return vector(Pick::Sz(2), Lanes::ByQ, set("hsd")?, 0),
            (b'J', "") => return vector(Pick::Sz(1), Lanes::ByQ, ALL, 0),
            (b'K', "") => return vector(Pick::Sz(2), Lanes::Fill, ALL, 0),
            (b'I', "") => return vector(Pick::Sz(2), Lanes::Two, ALL, 0),
            (b'V', "=D[1]") => return Some(Operand::HighHalf(field)),
            (b'V', "=B") => return vector(Pick::Fixed(0), Lanes::ByQ, ALL, 0),
            (b'V', "=H") => return vector(Pick::Fixed(1), Lanes::ByQ, ALL, 0),
            (b'V', "=S") => return vector(Pick::Fixed(2), Lanes::ByQ, ALL, 0),
            (b'V', "=16B") => return vector(Pick::Fixed(0), Lanes::Fill, ALL, 0),
            (b'V', "=4S") => return vector(Pick::Fixed(2), Lanes::Fill, ALL, 0),
            (b'V', "=2D") => return vector(Pick::Fixed(3), Lanes::Fill, ALL, 0),
            (_, "") => return class.map(|c| Operand::Reg(c, field)),
            _ => {}
        }
        if let Some(count) = rest.strip_prefix('*') {
            return vector(Pick::Fixed(0), Lanes::Fill, ALL, count.parse().ok()?);
        }
        let (pick, letters) = match (rest.strip_prefix('.'), rest.strip_prefix('!')) {
            (Some(letters), _) => (Pick::Size, letters),
            (_, Some(letters)) => (Pick::Immh, letters),
            _ => return None,
        };
        let set = set(letters)?;
        match kind {
            b'V' => vector(pick, Lanes::ByQ, set, 0),
            b'L' => vector(pick, Lanes::Long, set, 0),
            b'P' => vector(pick, Lanes::Pair, set, 0),
            b'Z' | b'Y' => Some(Operand::Scalar {
                pick,
                wide: kind == b'Y',
                field,
                set,
            }),
            _ => None,
        }
    }
}

impl Pick {
    fn element(self, x: u32) -> Option<u8> {
        Some(match self {
            Pick::Size => (x >> 22 & 3) as u8,
            Pick::LoadSize => (x >> 10 & 3) as u8,
            Pick::Sz(base) => base + (x >> 22 & 1) as u8,
            Pick::Immh => match x >> 19 & 15 {
                0 => return None,
                immh => immh.ilog2() as u8,
            },
            Pick::Imm5 => match x >> 16 & 15 {
                0 => return None,
                imm5 => imm5.trailing_zeros() as u8,
            },
            Pick::Fixed(element) => element,
        })
    }
}

impl Lanes {
    fn arrange(self, element: u8, q: u8) -> Arrangement {
        let (element, bytes) = match self {
            Lanes::ByQ => (element, 8 << q),
            Lanes::Long => (element + 1, 16),
            Lanes::Pair => (element + 1, 8 << q),
            Lanes::Fill => (element, 16),
            Lanes::Two => (element, 2 << element),
        };
        Arrangement {
            element,
            lanes: bytes >> element,
        }
    }

    fn uses_q(self) -> bool {
        matches!(self, Lanes::ByQ)
    }
}

fn scalar(element: u8) -> Option<Class> {
    SCALARS.get(usize::from(element)).copied()
}

/// The pieces [`super::decode`] needs of an operand that names registers by size.
pub(super) fn pick_scalar(pick: Pick, wide: bool, field: Field, set: u8, x: u32) -> Option<(Class, u8)> {
    let element = pick.element(x)?;
    if set >> (2 * element + 1) & 1 == 0 {
        return None;
    }
    Some((scalar(element + u8::from(wide))?, field.read(x)))
}

/// Register number and arrangement of a vector operand.
pub(super) fn pick_vector(
    pick: Pick,
    lanes: Lanes,
    field: Field,
    set: u8,
    x: u32,
) -> Option<(u8, Arrangement)> {
    let q = (x >> 30 & 1) as u8;
    let element = pick.element(x)?;
    let bit = 2 * element + if lanes.uses_q() { q } else { 1 };
    if set >> bit & 1 == 0 {
        return None;
    }
    Some((field.read(x), lanes.arrange(element, q)))
}

/// Element size of an element operand, if its set allows it.
pub(super) fn pick_element(pick: Pick, set: u8, x: u32) -> Option<u8> {
    let element = pick.element(x)?;
    (set >> (2 * element + 1) & 1 == 1).then_some(element)
}

/// The register number in a field.
pub(super) fn number(field: Field, x: u32) -> u8 {
    field.read(x)
}
