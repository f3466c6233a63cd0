//! `--strict-go`: what Go's decoder does not know, and what it decodes to something else.
//!
//! Go 1.27's legacy table ends with the instructions of about 2013, its VEX and EVEX tables hold the vector
//! extensions but not the general-purpose ones (BMI), and they name each value of VEX.L and VEX.W that they
//! know.

use iced_x86::{Code, CpuidFeature, EncodingKind, Instruction, Mnemonic};

use super::inst::Inst;

/// Go reads two bits of EVEX's map number, so that the half-precision maps 5 and 6 become maps 1 and 2. Fills
/// `copy` with
/// `code` as Go reads it and says whether that differs.
pub(super) fn rewrite(code: &[u8], bitness: u32, copy: &mut [u8; 15]) -> bool {
    let [0x62, payload, ..] = *code else { return false };
    if payload & 0x0C == 0 || bitness == 32 && payload & 0xC0 != 0xC0 {
        return false;
    }
    for (to, from) in copy.iter_mut().zip(code) {
        *to = *from;
    }
    copy[1] = payload & !0x0C;
    true
}

/// Does Go's decoder know the instruction?
pub(super) fn known(insn: &Instruction, code: &[u8], bitness: u32) -> bool {
    let encoding = insn.code().encoding();
    match encoding {
        EncodingKind::XOP | EncodingKind::D3NOW | EncodingKind::MVEX => return false,
        EncodingKind::Legacy if bitness == 64 && doubled_rex(code) => return false,
        // AMD's processors have these in 32-bit mode too.
        EncodingKind::Legacy if bitness == 32 && matches!(insn.code(), Code::Syscall | Code::Sysretd) => {
            return false;
        }
        // Go looks for VEX and EVEX at the first byte only.
        EncodingKind::VEX | EncodingKind::EVEX if !matches!(code.first(), Some(0xC4 | 0xC5 | 0x62)) => {
            return false;
        }
        EncodingKind::VEX | EncodingKind::EVEX if long_scalar(insn, code) => return false,
        _ => {}
    }
    !unknown(insn.code())
}

/// Is there nothing of an operation in Go's tables?
pub(super) fn unknown(code: Code) -> bool {
    if code.cpuid_features().iter().any(|&f| too_new(f)) {
        return !matches!(
            code.mnemonic(),
            Mnemonic::Tzcnt | Mnemonic::Movntsd | Mnemonic::Movntss
        );
    }
    matches!(
        code.mnemonic(),
        Mnemonic::Reservednop
            | Mnemonic::Fstpnce
            | Mnemonic::Fnsetpm
            | Mnemonic::Fstdw
            | Mnemonic::Fstsg
            | Mnemonic::Fneni
            | Mnemonic::Fndisi
            | Mnemonic::Femms
            | Mnemonic::Prefetch
            | Mnemonic::Salc
            | Mnemonic::Sal
            | Mnemonic::Pcommit
            | Mnemonic::Gf2p8affineinvqb
            | Mnemonic::Gf2p8affineqb
            | Mnemonic::Gf2p8mulb
    ) || undocumented(code)
}

/// Second encodings that manuals do not list and Go's table does not have.
fn undocumented(code: Code) -> bool {
    use Code::*;
    matches!(
        code,
        Test_rm8_imm8_F6r1
            | Test_rm16_imm16_F7r1
            | Test_rm32_imm32_F7r1
            | Test_rm64_imm32_F7r1
            | Fxch_st0_sti_DDC8
            | Fxch_st0_sti_DFC8
            | Fcom_st0_sti_DCD0
            | Fcomp_st0_sti_DCD8
            | Fcomp_st0_sti_DED0
            | Fstp_sti_DFD0
            | Fstp_sti_DFD8
            | Ud1_r16_rm16
            | Add_rm8_imm8_82
            | Or_rm8_imm8_82
            | Adc_rm8_imm8_82
            | Sbb_rm8_imm8_82
            | And_rm8_imm8_82
            | Sub_rm8_imm8_82
            | Xor_rm8_imm8_82
            | Cmp_rm8_imm8_82
            | Ud1_r64_rm64
    )
}

/// A scalar vector operation whose vector length is not 0: the processor ignores the length, Go's table does
/// not.
fn long_scalar(insn: &Instruction, code: &[u8]) -> bool {
    let byte = |i: usize| code.get(i).copied().unwrap_or(0);
    let length = match byte(0) {
        0xC5 => byte(1) >> 2 & 1,
        0xC4 => byte(2) >> 2 & 1,
        // With EVEX.b, a register form's length bits are its rounding.
        _ if byte(3) & 0x10 != 0 && byte(5) >> 6 == 3 => 0,
        _ => byte(3) >> 5 & 3,
    };
    let registers = || {
        (0..insn.op_count())
            .map(|i| insn.op_register(i))
            .chain([insn.memory_index()])
    };
    length != 0 && registers().any(|r| r.is_xmm()) && !registers().any(|r| r.is_ymm() || r.is_zmm())
}

/// A REX prefix that another prefix follows: iced-x86 ignores it, as the processor does, Go's decoder gives
/// up.
fn doubled_rex(code: &[u8]) -> bool {
    let at = code
        .iter()
        .position(|b| !matches!(b, 0x26 | 0x2E | 0x36 | 0x3E | 0x64..=0x67 | 0xF0 | 0xF2 | 0xF3))
        .unwrap_or(0);
    let is_rex = |i: usize| code.get(i).is_some_and(|b| b & 0xF0 == 0x40);
    is_rex(at)
        && code.get(at + 1).is_some_and(|b| {
            is_rex(at + 1) || matches!(b, 0x26 | 0x2E | 0x36 | 0x3E | 0x64..=0x67 | 0xF0 | 0xF2 | 0xF3)
        })
}

/// Extensions of which Go's tables have nothing.
fn too_new(feature: CpuidFeature) -> bool {
    use CpuidFeature::*;
    matches!(
        feature,
        ADX | BMI1
            | BMI2
            | CET_IBT
            | CET_SS
            | CL1INVMB
            | CLDEMOTE
            | CLZERO
            | CMPCCXADD
            | ENQCMD
            | FMA4
            | FRED
            | HRESET
            | INVEPT
            | INVVPID
            | INVLPGB
            | KL
            | AESKLE
            | WIDE_KL
            | LKGS
            | LWP
            | MCOMMIT
            | MONITORX
            | MOVDIR64B
            | MOVDIRI
            | MPX
            | MSRLIST
            | OSS
            | PADLOCK_ACE
            | PADLOCK_PHE
            | PADLOCK_PMM
            | PADLOCK_RNG
            | PADLOCK_GMI
            | PADLOCK_UNDOC
            | PCONFIG
            | PKU
            | PREFETCHITI
            | PREFETCHWT1
            | RAO_INT
            | RDPID
            | RDPRU
            | RDSEED
            | RMPQUERY
            | SERIALIZE
            | SEV_ES
            | SEV_SNP
            | SGX1
            | SKINIT
            | SKINIT_or_SVM
            | SMAP
            | SMX
            | SSE4A
            | SVM
            | TBM
            | TDX
            | TSXLDTRK
            | UDBG
            | UINTR
            | VMX
            | WAITPKG
            | WRMSRNS
            | XOP
            | AMX_BF16
            | AMX_TILE
            | AMX_INT8
            | AMX_FP16
            | AMX_COMPLEX
            | CYRIX_FPU
            | CYRIX_SMM
            | CYRIX_SMINT
            | CYRIX_SHR
            | CYRIX_DDI
            | CYRIX_EMMI
            | CYRIX_DMI
            | CENTAUR_AIS
    )
}

/// Gives an instruction the length that Go's decoder takes it to have.
pub(super) fn keep_lengths(inst: &mut Inst, code: &[u8]) {
    match inst.code {
        Code::VEX_Vzeroupper | Code::VEX_Vzeroall => {
            // Go reads a ModR/M byte, with all that belongs to it, that these do not have.
            let after = code.get(inst.len..).unwrap_or(&[]);
            inst.len += modrm_len(after).min(after.len());
        }
        Code::Mov_r32_cr
        | Code::Mov_r64_cr
        | Code::Mov_cr_r32
        | Code::Mov_cr_r64
        | Code::Mov_r32_dr
        | Code::Mov_r64_dr
        | Code::Mov_dr_r32
        | Code::Mov_dr_r64 => {
            // The processor takes the ModR/M byte of these for a register whatever it says, Go reads on
            // behind it.
            let modrm = code.get(inst.len.saturating_sub(1)..).unwrap_or(&[]);
            inst.len += (modrm_len(modrm).max(1) - 1).min(code.len().saturating_sub(inst.len));
        }
        _ => {}
    }
}

/// Gives newer instructions the name of the older one that they are, with a prefix, to a decoder that does
/// not know them.
pub(super) fn keep_names(inst: &mut Inst) {
    match inst.code {
        Code::Wbnoinvd => inst.become_older(Code::Wbinvd, Some("REP; ")),
        Code::Clflushopt_m8 => inst.become_older(Code::Clflush_m8, None),
        Code::Clwb_m8 => inst.become_older(Code::Xsaveopt_mem, None),
        _ => {}
    }
}

/// Length of a ModR/M byte, a scale byte and a displacement; 0 without bytes.
fn modrm_len(code: &[u8]) -> usize {
    let Some(&m) = code.first() else { return 0 };
    let (mode, rm) = (m >> 6, m & 7);
    let sib = mode != 3 && rm == 4;
    let base = if sib { code.get(1).map_or(0, |s| s & 7) } else { rm };
    1 + usize::from(sib)
        + match mode {
            0 if base == 5 => 4,
            1 => 1,
            2 => 4,
            _ => 0,
        }
}
