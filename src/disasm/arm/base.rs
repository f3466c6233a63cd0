//! The A32 instructions that golang.org/x/arch/arm/armasm decodes, as encodings of the architecture.
//!
//! A line is `PATTERN PRIORITY MNEMONIC OPERAND…`. The pattern has one character per bit from bit 31 down:
//! `0` and `1` must be so, `o` should be 0 (a word where it is not matches with a lower priority), other
//! letters are free; `cccc` in front stands for any condition but 1111. Of the rows that fit, the one with
//! the highest priority is the instruction, then the first. A mnemonic in several forms lists them with `/`;
//! after `@` stand the bits that select one, the lowest first. `*` is the flag-setting form, chosen by bit
//! 20. Operands are explained in [`super::operand`]. Authority: the Arm Architecture Reference Manual,
//!     ARMv7-A and ARMv7-R edition (DDI 0406), chapters A5, A7 and A8.

pub(super) const INTEGER: &str = "
# shifts and moves
cccc0011101s0000ddddrrrriiiiiiii 2 MOV* R12 const
cccc0001101s0000dddd00000000mmmm 2 MOV* R12 R0
cccc0001101s0000ddddiiiii000mmmm 2 LSL* R12 R0 #imm5nz
cccc0001101s0000ddddssss0001mmmm 4 LSL* R12 R0 R8
cccc0001101s0000ddddiiiii010mmmm 4 LSR* R12 R0 #shift
cccc0001101s0000ddddssss0011mmmm 4 LSR* R12 R0 R8
cccc0001101s0000ddddiiiii100mmmm 4 ASR* R12 R0 #shift
cccc0001101s0000ddddssss0101mmmm 4 ASR* R12 R0 R8
cccc0001101s0000ddddiiiii110mmmm 2 ROR* R12 R0 #imm5
cccc0001101s0000ddddssss0111mmmm 4 ROR* R12 R0 R8
cccc0001101s0000dddd00000110mmmm 4 RRX* R12 R0
cccc0011111sooooddddrrrriiiiiiii 2 MVN* R12 const
cccc0001111sooooddddssss0tt1mmmm 4 MVN* R12 Rm<R
cccc0001111sooooddddiiiiitt0mmmm 2 MVN* R12 Rm<#
cccc00110000iiiiddddiiiiiiiiiiii 4 MOVW R12 #imm16
cccc00110100iiiiddddiiiiiiiiiiii 4 MOVT R12 #imm16
# multiplication and division
cccc0000000sddddoooossss1001mmmm 4 MUL* R16 R0 R8
cccc0000001sddddaaaassss1001mmmm 4 MLA* R16 R0 R8 R12
cccc00000110ddddaaaassss1001mmmm 4 MLS R16 R0 R8 R12
cccc00000100hhhhllllssss1001mmmm 4 UMAAL R12 R16 R0 R8
cccc0000100shhhhllllssss1001mmmm 4 UMULL* R12 R16 R0 R8
cccc0000101shhhhllllssss1001mmmm 4 UMLAL* R12 R16 R0 R8
cccc0000110shhhhllllssss1001mmmm 4 SMULL* R12 R16 R0 R8
cccc0000111shhhhllllssss1001mmmm 4 SMLAL* R12 R16 R0 R8
cccc00010000ddddaaaassss1yx0mmmm 4 SMLABB/SMLABT/SMLATB/SMLATT@6,5 R16 R0 R8 R12
cccc00010100hhhhllllssss1yx0mmmm 4 SMLALBB/SMLALBT/SMLALTB/SMLALTT@6,5 R12 R16 R0 R8
cccc00010010ddddaaaassss1y00mmmm 4 SMLAWB/SMLAWT@6 R16 R0 R8 R12
cccc00010110dddd0000ssss1yx0mmmm 4 SMULBB/SMULBT/SMULTB/SMULTT@6,5 R16 R0 R8
cccc00010010dddd0000ssss1y10mmmm 4 SMULWB/SMULWT@6 R16 R0 R8
cccc01110000ddddaaaassss00x1mmmm 2 SMLAD/SMLAD.X@5 R16 R0 R8 R12
cccc01110000dddd1111ssss00x1mmmm 4 SMUAD/SMUAD.X@5 R16 R0 R8
cccc01110000ddddaaaassss01x1mmmm 2 SMLSD/SMLSD.X@5 R16 R0 R8 R12
cccc01110000dddd1111ssss01x1mmmm 4 SMUSD/SMUSD.X@5 R16 R0 R8
cccc01110100hhhhllllssss00x1mmmm 4 SMLALD/SMLALD.X@5 R12 R16 R0 R8
cccc01110100hhhhllllssss01x1mmmm 4 SMLSLD/SMLSLD.X@5 R12 R16 R0 R8
cccc01110101ddddaaaassss00r1mmmm 2 SMMLA/SMMLA.R@5 R16 R0 R8 R12
cccc01110101dddd1111ssss00r1mmmm 4 SMMUL/SMMUL.R@5 R16 R0 R8
cccc01110101ddddaaaassss11r1mmmm 4 SMMLS/SMMLS.R@5 R16 R0 R8 R12
cccc01110001dddd1111ssss0001mmmm 4 SDIV R16 R0 R8
cccc01110011dddd1111ssss0001mmmm 4 UDIV R16 R0 R8
cccc01111000dddd1111ssss0001mmmm 4 USAD8 R16 R0 R8
cccc01111000ddddaaaassss0001mmmm 2 USADA8 R16 R0 R8 R12
# saturation, packing, extension, bit fields
cccc00010000nnnnddddoooo0101mmmm 4 QADD R12 R0 R16
cccc00010010nnnndddd00000101mmmm 4 QSUB R12 R0 R16
cccc00010100nnnnddddoooo0101mmmm 4 QDADD R12 R0 R16
cccc00010110nnnndddd00000101mmmm 4 QDSUB R12 R0 R16
cccc01101000nnnnddddiiiiit01mmmm 4 PKHBT/PKHTB@6 R12 R16 Rm<#
cccc01101000nnnndddd11111011mmmm 4 SEL R12 R16 R0
cccc0110101wwwwwddddiiiiit01mmmm 4 SSAT R12 #sat5+1 Rm<#
cccc0110111wwwwwddddiiiiit01mmmm 4 USAT R12 #sat5 Rm<#
cccc01101010wwwwdddd11110011mmmm 4 SSAT16 R12 #sat4+1 R0
cccc01101110wwwwdddd11110011mmmm 4 USAT16 R12 #sat4 R0
cccc01101000nnnnddddrr000111mmmm 2 SXTAB16 R12 R16 Rm@
cccc01101010nnnnddddrr000111mmmm 2 SXTAB R12 R16 Rm@
cccc01101011nnnnddddrr000111mmmm 2 SXTAH R12 R16 Rm@
cccc011010001111ddddrr000111mmmm 4 SXTB16 R12 Rm@
cccc011010101111ddddrr000111mmmm 4 SXTB R12 Rm@
cccc011010111111ddddrr000111mmmm 4 SXTH R12 Rm@
cccc01101100nnnnddddrr000111mmmm 2 UXTAB16 R12 R16 Rm@
cccc01101110nnnnddddrr000111mmmm 2 UXTAB R12 R16 Rm@
cccc01101111nnnnddddrr000111mmmm 2 UXTAH R12 R16 Rm@
cccc011011001111ddddrr000111mmmm 4 UXTB16 R12 Rm@
cccc011011101111ddddrr000111mmmm 4 UXTB R12 Rm@
cccc011011111111ddddrr000111mmmm 4 UXTH R12 Rm@
cccc011010111111dddd11110011mmmm 4 REV R12 R0
cccc011010111111dddd11111011mmmm 4 REV16 R12 R0
cccc011011111111dddd11110011mmmm 4 RBIT R12 R0
cccc011011111111dddd11111011mmmm 4 REVSH R12 R0
cccc000101101111dddd11110001mmmm 4 CLZ R12 R0
cccc0111110wwwwwddddlllll0011111 4 BFC R12 #imm5 #msb
cccc0111110wwwwwddddlllll001nnnn 2 BFI R12 R0 #imm5 #msb
cccc0111101wwwwwddddlllll101nnnn 4 SBFX R12 R0 #imm5 #width
cccc0111111wwwwwddddlllll101nnnn 4 UBFX R12 R0 #imm5 #width
# branches, system, hints
cccc1010iiiiiiiiiiiiiiiiiiiiiiii 4 B label
cccc1011iiiiiiiiiiiiiiiiiiiiiiii 4 BL label
1111101hiiiiiiiiiiiiiiiiiiiiiiii 4 BLX labelh
cccc000100101111111111110001mmmm 4 BX R0
cccc000100101111111111110010mmmm 4 BXJ R0
cccc000100101111111111110011mmmm 4 BLX R0
111000010010iiiiiiiiiiii0111iiii 4 BKPT #imm12:4
cccc1111iiiiiiiiiiiiiiiiiiiiiiii 4 SVC #imm24
cccc000100001111dddd000000000000 4 MRS R12 APSR
cccc000100101100111100000000mmmm 4 MSR APSR R0
cccc0011001011001111rrrriiiiiiii 4 MSR APSR const
cccc0011001000001111000000000000 4 NOP
cccc0011001000001111000000000001 4 YIELD
cccc0011001000001111000000000010 4 WFE
cccc0011001000001111000000000011 4 WFI
cccc0011001000001111000000000100 4 SEV
cccc001100100000111100001111bbbb 4 DBG #option
11110101011111111111000000011111 4 CLREX
1111010101111111111100000100bbbb 4 DSB #option
1111010101111111111100000101bbbb 4 DMB #option
1111010101111111111100000110bbbb 4 ISB #option
1111000100000001000000eooooooooo 4 SETEND endian
11110101u10111111111iiiiiiiiiiii 4 PLD [pc,#12]
11110101ur01nnnn1111iiiiiiiiiiii 2 PLD.W/PLD@22 [R,#12]
11110111ur01nnnn1111iiiiitt0mmmm 4 PLD.W/PLD@22 [R,Rm<#]
11110100u101nnnn1111iiiiiiiiiiii 4 PLI [R,#12]
11110110u101nnnn1111iiiiitt0mmmm 4 PLI [R,Rm<#]
11110111111110101011110011111101 4 UNDEF
# loads and stores of a word or byte
cccc0101u0011111ddddiiiiiiiiiiii 4 LDR R12 [pc,#12]
cccc011pu0w1nnnnddddiiiiitt0mmmm 2 LDR R12 [R,Rm<#]!
cccc010pu0w1nnnnddddiiiiiiiiiiii 2 LDR R12 [R,#12]!
cccc0101u1011111ddddiiiiiiiiiiii 4 LDRB R12 [pc,#12]
cccc011pu1w1nnnnddddiiiiitt0mmmm 2 LDRB R12 [R,Rm<#]!
cccc010pu1w1nnnnddddiiiiiiiiiiii 2 LDRB R12 [R,#12]!
cccc0100u111nnnnddddiiiiiiiiiiii 4 LDRBT R12 [R],#12
cccc0110u111nnnnddddiiiiitt0mmmm 4 LDRBT R12 [R],Rm<#
cccc0100u011nnnnddddiiiiiiiiiiii 4 LDRT R12 [R],#12
cccc0110u011nnnnddddiiiiitt0mmmm 4 LDRT R12 [R],Rm<#
cccc011pu0w0nnnnddddiiiiitt00mmm 2 STR R12 [R,Rm<#]!
cccc010pu0w0nnnnddddiiiiiiiiiiii 2 STR R12 [R,#12]!
cccc011pu1w0nnnnddddiiiiitt0mmmm 2 STRB R12 [R,Rm<#]!
cccc010pu1w0nnnnddddiiiiiiiiiiii 2 STRB R12 [R,#12]!
cccc0100u110nnnnddddiiiiiiiiiiii 4 STRBT R12 [R],#12
cccc0110u110nnnnddddiiiiitt0mmmm 4 STRBT R12 [R],Rm<#
cccc0100u010nnnnddddiiiiiiiiiiii 4 STRT R12 [R],#12
cccc0110u010nnnnddddiiiiitt0mmmm 4 STRT R12 [R],Rm<#
# loads and stores of a halfword, signed byte or pair
cccc000pu0w1nnnndddd00001011mmmm 2 LDRH R12 [R,Rm]!
cccc000pu1w1nnnnddddiiii1011iiii 2 LDRH R12 [R,#8]!
cccc0000u111nnnnddddiiii1011iiii 4 LDRHT R12 [R],#8
cccc0000u011nnnndddd00001011mmmm 4 LDRHT R12 [R],Rm
cccc000pu0w1nnnndddd00001101mmmm 2 LDRSB R12 [R,Rm]!
cccc000pu1w1nnnnddddiiii1101iiii 2 LDRSB R12 [R,#8]!
cccc0000u111nnnnddddiiii1101iiii 4 LDRSBT R12 [R],#8
cccc0000u011nnnndddd00001101mmmm 4 LDRSBT R12 [R],Rm
cccc000pu0w1nnnndddd00001111mmmm 2 LDRSH R12 [R,Rm]!
cccc000pu1w1nnnnddddiiii1111iiii 2 LDRSH R12 [R,#8]!
cccc0000u111nnnnddddiiii1111iiii 4 LDRSHT R12 [R],#8
cccc0000u011nnnndddd00001111mmmm 4 LDRSHT R12 [R],Rm
cccc000pu0w0nnnndddd00001011mmmm 2 STRH R12 [R,Rm]!
cccc000pu1w0nnnnddddiiii1011iiii 2 STRH R12 [R,#8]!
cccc0000u110nnnnddddiiii1011iiii 4 STRHT R12 [R],#8
cccc0000u010nnnndddd00001011mmmm 4 STRHT R12 [R],Rm
cccc000pu0w0nnnnddddoooo1101mmmm 4 LDRD R12 R12+1 [R,Rm]!
cccc000pu1w0nnnnddddiiii1101iiii 2 LDRD R12 R12+1 [R,#8]!
cccc000pu0w0nnnnddddoooo1111mmmm 4 STRD R12 R12+1 [R,Rm]!
cccc000pu1w0nnnnddddiiii1111iiii 4 STRD R12 R12+1 [R,#8]!
# exclusive access, swap
cccc00010b00nnnndddd00001001mmmm 4 SWP/SWP.B@22 R12 R0 [R]
cccc00011001nnnndddd111110011111 4 LDREX R12 [R]
cccc00011011nnnndddd111110011111 4 LDREXD R12 R12+1 [R]
cccc00011101nnnndddd111110011111 4 LDREXB R12 [R]
cccc00011111nnnndddd111110011111 4 LDREXH R12 [R]
cccc00011000nnnndddd11111001mmmm 4 STREX R12 R0 [R]
cccc00011010nnnndddd11111001mmmm 4 STREXD R12 R0 R0+1 [R]
cccc00011100nnnndddd11111001mmmm 4 STREXB R12 R0 [R]
cccc00011110nnnndddd11111001mmmm 4 STREXH R12 R0 [R]
# several registers
cccc100010111101llllllllllllllll 4 POP list2
cccc010010011101dddd000000000100 4 POP list1
cccc100100101101llllllllllllllll 4 PUSH list2
cccc010100101101dddd000000000100 4 PUSH list1
cccc100010w1nnnnllllllllllllllll 2 LDM R! list
cccc100000w1nnnnllllllllllllllll 4 LDMDA R! list
cccc100100w1nnnnllllllllllllllll 4 LDMDB R! list
cccc100110w1nnnnllllllllllllllll 4 LDMIB R! list
cccc100010w0nnnnllllllllllllllll 4 STM R! list
cccc100000w0nnnnllllllllllllllll 4 STMDA R! list
cccc100100w0nnnnllllllllllllllll 2 STMDB R! list
cccc100110w0nnnnllllllllllllllll 4 STMIB R! list
";

/// VFP.
pub(super) const FLOAT: &str = "
cccc11100D00nnnndddd101zNxM0mmmm 4 VMLA.F32/VMLA.F64/VMLS.F32/VMLS.F64@8,6 Fd Fn Fm
cccc11100D01nnnndddd101zNxM0mmmm 4 VNMLS.F32/VNMLS.F64/VNMLA.F32/VNMLA.F64@8,6 Fd Fn Fm
cccc11100D10nnnndddd101zN0M0mmmm 4 VMUL.F32/VMUL.F64@8 Fd Fn Fm
cccc11100D10nnnndddd101zN1M0mmmm 4 VNMUL.F32/VNMUL.F64@8 Fd Fn Fm
cccc11100D11nnnndddd101zN0M0mmmm 4 VADD.F32/VADD.F64@8 Fd Fn Fm
cccc11100D11nnnndddd101zN1M0mmmm 4 VSUB.F32/VSUB.F64@8 Fd Fn Fm
cccc11101D00nnnndddd101zN0M0mmmm 4 VDIV.F32/VDIV.F64@8 Fd Fn Fm
cccc11101D11iiiidddd101z0000iiii 4 VMOV.F32/VMOV.F64@8 Fd #vfp
cccc11101D110000dddd101z01M0mmmm 4 VMOV.F32/VMOV.F64@8 Fd Fm
cccc11101D110000dddd101z11M0mmmm 4 VABS.F32/VABS.F64@8 Fd Fm
cccc11101D110001dddd101z01M0mmmm 4 VNEG.F32/VNEG.F64@8 Fd Fm
cccc11101D110001dddd101z11M0mmmm 4 VSQRT.F32/VSQRT.F64@8 Fd Fm
cccc11101D11001xdddd1010t1M0mmmm 4 VCVTB.F32.F16/VCVTB.F16.F32/VCVTT.F32.F16/VCVTT.F16.F32@16,7 Sd Sm
cccc11101D110100dddd101zE1M0mmmm 4 VCMP.F32/VCMP.F64/VCMP.E.F32/VCMP.E.F64@8,7 Fd Fm
cccc11101D110101dddd101zE100oooo 4 VCMP.F32/VCMP.F64/VCMP.E.F32/VCMP.E.F64@8,7 Fd #0
cccc11101D110111dddd101z11M0mmmm 4 VCVT.F64.F32/VCVT.F32.F64@8 Gd Fm
cccc11101D111000dddd101zs1M0mmmm 4 VCVT.F32.U32/VCVT.F32.S32/VCVT.F64.U32/VCVT.F64.S32@7,8 Fd Sm
cccc11101D11110sdddd101zr1M0mmmm 4 VCVTR.U32.F32/VCVTR.U32.F64/VCVTR.S32.F32/VCVTR.S32.F64/VCVT.U32.F32/VCVT.U32.F64/VCVT.S32.F32/VCVT.S32.F64@8,16,7 Sd Fm
cccc11101D11101udddd101zs1i0iiii 4 VCVT.F32.FXS16/VCVT.F32.FXS32/VCVT.F32.FXU16/VCVT.F32.FXU32/VCVT.F64.FXS16/VCVT.F64.FXS32/VCVT.F64.FXU16/VCVT.F64.FXU32@7,16,8 Fd Fd #fbits
cccc11101D11111udddd101zs1i0iiii 4 VCVT.FXS16.F32/VCVT.FXS16.F64/VCVT.FXS32.F32/VCVT.FXS32.F64/VCVT.FXU16.F32/VCVT.FXU16.F64/VCVT.FXU32.F32/VCVT.FXU32.F64@8,7,16 Fd Fd #fbits
cccc1101uD01nnnndddd101ziiiiiiii 4 VLDR Fd [R,#8*4]
cccc1101uD00nnnndddd101ziiiiiiii 4 VSTR Fd [R,#8*4]
cccc11100000nnnndddd1010N0010000 4 VMOV Sn R12
cccc11100001nnnndddd1010N0010000 4 VMOV R12 Sn
cccc111000x1nnnndddd1011N0010000 4 VMOV.32 R12 Dn[]
cccc111000x0nnnndddd1011N0010000 4 VMOV.32 Dn[] R12
cccc111011110001dddd101000010000 4 VMRS R12nzcv FPSCR
cccc111011100001dddd101000010000 4 VMSR FPSCR R12
";

/// What golang.org/x/arch does not decode and Go emits: stores indexed by R8 to R15, fused multiplication,
/// coprocessor moves (other than to the floating-point unit, 1010 and 1011).
pub(super) const BEYOND: &str = "
cccc011pu0w0nnnnddddiiiiitt0mmmm 1 STR R12 [R,Rm<#]!
cccc11101D10nnnndddd101zN0M0mmmm 4 VFMA.F32/VFMA.F64@8 Fd Fn Fm
cccc11101D10nnnndddd101zN1M0mmmm 4 VFMS.F32/VFMS.F64@8 Fd Fn Fm
cccc11101D01nnnndddd101zN0M0mmmm 4 VFNMS.F32/VFNMS.F64@8 Fd Fn Fm
cccc11101D01nnnndddd101zN1M0mmmm 4 VFNMA.F32/VFNMA.F64@8 Fd Fn Fm
cccc1110aaalnnnndddd0pppbbb1mmmm 1 MCR/MRC@20 coprocessor
cccc1110aaalnnnndddd100pbbb1mmmm 1 MCR/MRC@20 coprocessor
cccc1110aaalnnnndddd11ppbbb1mmmm 1 MCR/MRC@20 coprocessor
";

/// The rows that are regular enough to be spelled out by rule: data processing and parallel arithmetic.
pub(super) fn regular() -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    for (op, name) in [
        ("0000", "AND"),
        ("0001", "EOR"),
        ("0010", "SUB"),
        ("0011", "RSB"),
        ("0100", "ADD"),
        ("0101", "ADC"),
        ("0110", "SBC"),
        ("0111", "RSC"),
        ("1100", "ORR"),
        ("1110", "BIC"),
    ] {
        line(format!(
            "cccc001{op}snnnnddddrrrriiiiiiii 2 {name}* R12 R16 const"
        ));
        line(format!("cccc000{op}snnnnddddssss0tt1mmmm 4 {name}* R12 R16 Rm<R"));
        line(format!("cccc000{op}snnnnddddiiiiitt0mmmm 2 {name}* R12 R16 Rm<#"));
    }
    for (op, name) in [("1000", "TST"), ("1001", "TEQ"), ("1010", "CMP"), ("1011", "CMN")] {
        line(format!("cccc001{op}1nnnnoooorrrriiiiiiii 4 {name} R16 const"));
        line(format!("cccc000{op}1nnnnoooossss0tt1mmmm 4 {name} R16 Rm<R"));
        line(format!("cccc000{op}1nnnnooooiiiiitt0mmmm 4 {name} R16 Rm<#"));
    }
    for (prefix, kind) in [
        ("S", "001"),
        ("Q", "010"),
        ("SH", "011"),
        ("U", "101"),
        ("UQ", "110"),
        ("UH", "111"),
    ] {
        for (name, op) in [
            ("ADD16", "0001"),
            ("ASX", "0011"),
            ("SAX", "0101"),
            ("SUB16", "0111"),
            ("ADD8", "1001"),
            ("SUB8", "1111"),
        ] {
            line(format!(
                "cccc01100{kind}nnnndddd1111{op}mmmm 4 {prefix}{name} R12 R16 R0"
            ));
        }
    }
    out
}
