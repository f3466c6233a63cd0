//! What Go calls each operation and how it treats its operands, where that differs from iced-x86.

use std::sync::LazyLock;

use iced_x86::{Code, Mnemonic};

use super::inst::Arg;

/// The facts about one iced-x86 [`Code`] that Go's text needs.
#[derive(Debug, Clone)]
pub(super) struct Op {
    /// Go's name, without suffix.
    pub name: Box<str>,
    /// Is there nothing of it in Go's tables?
    pub unknown_to_go: bool,
    /// Takes a B, W, L or Q after its name.
    pub suffix: bool,
    /// Its 8-bit immediate is shown with its sign.
    pub signed8: bool,
    /// Its 16-bit immediate is shown without.
    pub unsigned16: bool,
    /// Go does not know how many bytes its memory operand has.
    pub no_mem_bytes: bool,
    /// Which of iced-x86's operands Go shows.
    pub args: Shown,
    /// The operands, if they do not depend on the instruction's bytes.
    pub implied: Option<&'static [Arg]>,
}

/// Which of iced-x86's operands Go shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    /// None of them.
    None,
    /// All but the first, which is implied.
    ButFirst,
    /// All, and XMM0, which iced-x86 takes for implied, after them.
    AndXmm0,
    /// The segment and base of a string instruction instead of a memory operand.
    Table,
}

/// The facts about a code.
pub(super) fn of(code: Code) -> &'static Op {
    let table: &'static [Op] = &OPS;
    table.get(code as usize).unwrap_or(&table[0])
}

static OPS: LazyLock<Vec<Op>> = LazyLock::new(|| Code::values().map(facts).collect());

fn facts(code: Code) -> Op {
    let mnemonic = code.mnemonic();
    Op {
        name: name(code, mnemonic),
        unknown_to_go: super::strict::unknown(code),
        suffix: takes_suffix(mnemonic),
        signed8: false,
        unsigned16: matches!(mnemonic, Mnemonic::Ret | Mnemonic::Retf | Mnemonic::Enter),
        no_mem_bytes: unsized_memory(mnemonic),
        args: shown(code),
        implied: implied(code),
    }
}

fn shown(code: Code) -> Shown {
    use Code::*;
    match code {
        Maskmovq_rDI_mm_mm | Maskmovdqu_rDI_xmm_xmm | VEX_Vmaskmovdqu_rDI_xmm_xmm => Shown::ButFirst,
        Fxch_st0_sti | Fcom_st0_sti | Fcomp_st0_sti | Fucom_st0_sti | Fucomp_st0_sti => Shown::ButFirst,
        Blendvpd_xmm_xmmm128 | Blendvps_xmm_xmmm128 | Pblendvb_xmm_xmmm128 | Sha256rnds2_xmm_xmmm128 => {
            Shown::AndXmm0
        }
        Xlat_m8 => Shown::Table,
        // Go's table forgets the register of its 64-bit form.
        Rdrand_r64 => Shown::None,
        _ => Shown::All,
    }
}

/// Operations whose memory operand has no size in Go's tables.
fn unsized_memory(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(
        mnemonic,
        Fldenv
            | Frstor
            | Fnstenv
            | Fnsave
            | Prefetchnta
            | Prefetcht0
            | Prefetcht1
            | Prefetcht2
            | Prefetchw
            | Prefetchwt1
            | Invlpg
            | Clflush
            | Clflushopt
            | Clwb
    )
}

fn implied(code: Code) -> Option<&'static [Arg]> {
    match code {
        Code::Int3 => Some(&[Arg::Imm(3)]),
        _ => None,
    }
}

fn name(code: Code, mnemonic: Mnemonic) -> Box<str> {
    match code {
        Code::Movsd_xmm_xmmm64 | Code::Movsd_xmmm64_xmm => return "MOVSD_XMM".into(),
        Code::Cmpsd_xmm_xmmm64_imm8 => return "CMPSD_XMM".into(),
        Code::Call_ptr1616 | Code::Call_ptr1632 | Code::Call_m1616 | Code::Call_m1632 | Code::Call_m1664 => {
            return "LCALL".into();
        }
        Code::Jmp_ptr1616 | Code::Jmp_ptr1632 | Code::Jmp_m1616 | Code::Jmp_m1632 | Code::Jmp_m1664 => {
            return "LJMP".into();
        }
        _ => {}
    }
    match mnemonic {
        Mnemonic::Wait => "FWAIT".into(),
        Mnemonic::Int1 => "ICEBP".into(),
        Mnemonic::Int3 => "INT".into(),
        Mnemonic::Retf => "LRET".into(),
        Mnemonic::Sal => "SHL".into(),
        Mnemonic::Sysexitq => "SYSEXIT".into(),
        Mnemonic::Sysretq => "SYSRET".into(),
        Mnemonic::Xlatb => "XLATB".into(),
        Mnemonic::Pcmpestri64 => "PCMPESTRI".into(),
        Mnemonic::Pcmpestrm64 => "PCMPESTRM".into(),
        _ => format!("{mnemonic:?}").to_ascii_uppercase().into(),
    }
}

fn takes_suffix(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(
        mnemonic,
        Adc | Add
            | And
            | Bsf
            | Bsr
            | Bt
            | Btc
            | Btr
            | Bts
            | Cmp
            | Cmpxchg
            | Cvtsi2sd
            | Cvtsi2ss
            | Cvtsd2si
            | Cvtss2si
            | Cvttsd2si
            | Cvttss2si
            | Dec
            | Div
            | Fldenv
            | Frstor
            | Idiv
            | Imul
            | In
            | Inc
            | Lea
            | Mov
            | Movnti
            | Mul
            | Neg
            | Nop
            | Not
            | Or
            | Out
            | Pop
            | Popa
            | Popcnt
            | Push
            | Pusha
            | Rcl
            | Rcr
            | Rol
            | Ror
            | Sal
            | Sar
            | Sbb
            | Shl
            | Shld
            | Shr
            | Shrd
            | Sub
            | Test
            | Xadd
            | Xchg
            | Xor
    )
}
