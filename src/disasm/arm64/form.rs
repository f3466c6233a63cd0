//! Which of Go's ways to write mnemonic and operands an architectural mnemonic takes.
//!
//! Authority: golang.org/x/arch/arm64/arm64asm, `GoSyntax`; for the atomics cmd/internal/obj/arm64.

/// How Go forms mnemonic and operand order of an architectural mnemonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// W for W registers, V for vectors, addressing mode; operands turned round.
    Plain,
    /// The mnemonic as it is.
    Bare,
    Call,
    Jump,
    CallRegister,
    JumpRegister,
    Return,
    Move,
    Nop,
    UnsignedMove,
    /// Loads whose mnemonic follows from the register: MOVWU, MOVD, FMOVS, …
    Load,
    Store,
    /// Loads and stores with a mnemonic of their own, for W and X registers.
    LoadAs(&'static str, &'static str),
    StoreAs(&'static str),
    Pair,
    ExclusivePair,
    StoreExclusivePair,
    /// Operands 0 and 1 change places; with W for W registers.
    StoreRelease,
    StoreReleaseNarrow,
    /// Operands 1 and 2 change places; with W where operand 1 is a W register.
    StoreExclusive,
    StoreExclusiveNarrow,
    TestBranch,
    CompareBranch,
    MultiplyAdd,
    BitField,
    /// S or D by operand 0 or, for the unary ones, operand 1.
    Float,
    FloatMultiplyAdd,
    FloatCompare,
    FloatConditionalCompare,
    FloatUnary,
    /// One letter each for source and destination.
    Convert,
    ConvertInteger,
    FloatMove,
    Adr,
    WriteSystem,
    SystemLong,
    /// Structure loads and stores of LD1 and ST1.
    StructureLoad,
    StructureStore,
    /// Atomics: the memory operand stands in the middle.
    Atomic,
    /// The same with register pairs.
    AtomicPair,
}

const BARE: &[&str] = &[
    "AESD",
    "AESE",
    "AESIMC",
    "AESMC",
    "CRC32B",
    "CRC32CB",
    "CRC32CH",
    "CRC32CW",
    "CRC32CX",
    "CRC32H",
    "CRC32W",
    "CRC32X",
    "LDARB",
    "LDARH",
    "LDAXRB",
    "LDAXRH",
    "LDTRH",
    "LDXRB",
    "LDXRH",
    "SHA1C",
    "SHA1H",
    "SHA1M",
    "SHA1P",
    "SHA1SU0",
    "SHA1SU1",
    "SHA256H",
    "SHA256H2",
    "SHA256SU0",
    "SHA256SU1",
    "LDAPRB",
    "LDAPRH",
];

/// The form of a mnemonic.
pub(super) fn form(name: &str) -> Form {
    match name {
        "BL" => Form::Call,
        "B" => Form::Jump,
        "BLR" => Form::CallRegister,
        "BR" => Form::JumpRegister,
        "RET" => Form::Return,
        "MOV" => Form::Move,
        "NOP" => Form::Nop,
        "UMOV" => Form::UnsignedMove,
        "LDR" | "LDUR" => Form::Load,
        "STR" | "STUR" => Form::Store,
        "LDRB" => Form::LoadAs("MOVBU", "MOVBU"),
        "LDRH" => Form::LoadAs("MOVHU", "MOVHU"),
        "LDRSB" => Form::LoadAs("MOVBW", "MOVB"),
        "LDRSH" => Form::LoadAs("MOVHW", "MOVH"),
        "LDRSW" => Form::LoadAs("MOVW", "MOVW"),
        "STRB" | "STURB" => Form::StoreAs("MOVB"),
        "STRH" | "STURH" => Form::StoreAs("MOVH"),
        "LDP" | "STP" => Form::Pair,
        "LDXP" | "LDAXP" => Form::ExclusivePair,
        "STXP" | "STLXP" => Form::StoreExclusivePair,
        "STLR" | "STLUR" => Form::StoreRelease,
        "STLRB" | "STLRH" | "STLURB" | "STLURH" => Form::StoreReleaseNarrow,
        "STXR" | "STLXR" => Form::StoreExclusive,
        "STXRB" | "STXRH" | "STLXRB" | "STLXRH" => Form::StoreExclusiveNarrow,
        "TBZ" | "TBNZ" => Form::TestBranch,
        "CBZ" | "CBNZ" => Form::CompareBranch,
        "MADD" | "MSUB" | "SMADDL" | "SMSUBL" | "UMADDL" | "UMSUBL" => Form::MultiplyAdd,
        "BFI" | "BFXIL" | "SBFIZ" | "SBFX" | "UBFIZ" | "UBFX" => Form::BitField,
        "FADD" | "FSUB" | "FMUL" | "FNMUL" | "FDIV" | "FMAX" | "FMIN" | "FMAXNM" | "FMINNM" | "FCSEL" => {
            Form::Float
        }
        "FMADD" | "FMSUB" | "FNMADD" | "FNMSUB" => Form::FloatMultiplyAdd,
        "FCMP" | "FCMPE" => Form::FloatCompare,
        "FCCMP" | "FCCMPE" => Form::FloatConditionalCompare,
        "FABS" | "FNEG" | "FSQRT" | "FRINTN" | "FRINTP" | "FRINTM" | "FRINTZ" | "FRINTA" | "FRINTX"
        | "FRINTI" => Form::FloatUnary,
        "FCVT" => Form::Convert,
        "FCVTZS" | "FCVTZU" | "SCVTF" | "UCVTF" => Form::ConvertInteger,
        "FMOV" => Form::FloatMove,
        "ADR" | "ADRP" => Form::Adr,
        "MSR" => Form::WriteSystem,
        "SYSL" => Form::SystemLong,
        "LD1" => Form::StructureLoad,
        "ST1" => Form::StructureStore,
        _ if BARE.contains(&name) => Form::Bare,
        _ if name.starts_with("CASP") => Form::AtomicPair,
        _ if name.starts_with("SWP") || name.starts_with("CAS") => Form::Atomic,
        _ if name.starts_with("LDADD") || name.starts_with("LDCLR") || name.starts_with("LDEOR") => {
            Form::Atomic
        }
        _ if name.starts_with("LDOR") || name.starts_with("LDSM") || name.starts_with("LDUM") => Form::Atomic,
        _ => Form::Plain,
    }
}
