//! The A64 base instruction set: data processing, branches, system, loads and stores of general and FP
//! registers.
//!
//! Each line is `PATTERN MNEMONIC OPERANDS [?rule]`; the notation is explained in [`super::rows`]. An alias
//! stands before the instruction it is an alias of. Authority: the Arm Architecture Reference Manual for
//! A-profile (DDI 0487), chapter C4; which aliases are preferred follows golang.org/x/arch/arm64/arm64asm.

use super::rows::Lines;

/// Data processing (immediate and register), branches, exceptions, system.
pub(super) const INTEGER: &str = "
# add and subtract, immediate
f001000100000000000000nnnnnddddd MOV Rdsp Rnsp ?sp
f0010001ssiiiiiiiiiiiinnnnnddddd ADD Rdsp Rnsp #addsub
f0110001ssiiiiiiiiiiiinnnnn11111 CMN Rnsp #addsub
f0110001ssiiiiiiiiiiiinnnnnddddd ADDS Rd Rnsp #addsub
f1010001ssiiiiiiiiiiiinnnnnddddd SUB Rdsp Rnsp #addsub
f1110001ssiiiiiiiiiiiinnnnn11111 CMP Rnsp #addsub
f1110001ssiiiiiiiiiiiinnnnnddddd SUBS Rd Rnsp #addsub
# add and subtract, shifted register
f0001011ss0mmmmmkkkkkknnnnnddddd ADD Rd Rn Rm<3
f0101011ss0mmmmmkkkkkknnnnn11111 CMN Rn Rm<3
f0101011ss0mmmmmkkkkkknnnnnddddd ADDS Rd Rn Rm<3
f1001011ss0mmmmmkkkkkk11111ddddd NEG Rd Rm<3
f1001011ss0mmmmmkkkkkknnnnnddddd SUB Rd Rn Rm<3
f1101011ss0mmmmmkkkkkknnnnn11111 CMP Rn Rm<3
f1101011ss0mmmmmkkkkkk11111ddddd NEGS Rd Rm<3
f1101011ss0mmmmmkkkkkknnnnnddddd SUBS Rd Rn Rm<3
# add and subtract, extended register
f0001011001mmmmmoooiiinnnnnddddd ADD Rdsp Rnsp Rm.ext
f0101011001mmmmmoooiiinnnnn11111 CMN Rnsp Rm.ext
f0101011001mmmmmoooiiinnnnnddddd ADDS Rd Rnsp Rm.ext
f1001011001mmmmmoooiiinnnnnddddd SUB Rdsp Rnsp Rm.ext
f1101011001mmmmmoooiiinnnnn11111 CMP Rnsp Rm.ext
f1101011001mmmmmoooiiinnnnnddddd SUBS Rd Rnsp Rm.ext
# add and subtract with carry
f0011010000mmmmm000000nnnnnddddd ADC Rd Rn Rm
f0111010000mmmmm000000nnnnnddddd ADCS Rd Rn Rm
f1011010000mmmmm00000011111ddddd NGC Rd Rm
f1011010000mmmmm000000nnnnnddddd SBC Rd Rn Rm
f1111010000mmmmm00000011111ddddd NGCS Rd Rm
f1111010000mmmmm000000nnnnnddddd SBCS Rd Rn Rm
# logical, immediate
f00100100Nrrrrrrssssssnnnnnddddd AND Rdsp Rn #bits
f01100100Nrrrrrrssssss11111ddddd MOV Rdsp #bits ?movbits
f01100100Nrrrrrrssssssnnnnnddddd ORR Rdsp Rn #bits
f10100100Nrrrrrrssssssnnnnnddddd EOR Rdsp Rn #bits
f11100100Nrrrrrrssssssnnnnn11111 TST Rn #bits
f11100100Nrrrrrrssssssnnnnnddddd ANDS Rd Rn #bits
# logical, shifted register
f0001010ss0mmmmmkkkkkknnnnnddddd AND Rd Rn Rm<4
f0001010ss1mmmmmkkkkkknnnnnddddd BIC Rd Rn Rm<4
f0101010000mmmmm00000011111ddddd MOV Rd Rm
f0101010ss0mmmmmkkkkkknnnnnddddd ORR Rd Rn Rm<4
f0101010ss1mmmmmkkkkkk11111ddddd MVN Rd Rm<4
f0101010ss1mmmmmkkkkkknnnnnddddd ORN Rd Rn Rm<4
f1001010ss0mmmmmkkkkkknnnnnddddd EOR Rd Rn Rm<4
f1001010ss1mmmmmkkkkkknnnnnddddd EON Rd Rn Rm<4
f1101010ss0mmmmmkkkkkknnnnn11111 TST Rn Rm<4
f1101010ss0mmmmmkkkkkknnnnnddddd ANDS Rd Rn Rm<4
f1101010ss1mmmmmkkkkkknnnnnddddd BICS Rd Rn Rm<4
# move wide
f00100101hhiiiiiiiiiiiiiiiiddddd MOV Rd #movn ?movn
f00100101hhiiiiiiiiiiiiiiiiddddd MOVN Rd #wide
f10100101hhiiiiiiiiiiiiiiiiddddd MOV Rd #movz ?movz
f10100101hhiiiiiiiiiiiiiiiiddddd MOVZ Rd #wide
f11100101hhiiiiiiiiiiiiiiiiddddd MOVK Rd #wide
# bit fields
0001001100rrrrrr011111nnnnnddddd ASR Rd Rn #immr
1001001101rrrrrr111111nnnnnddddd ASR Rd Rn #immr
f00100110Nrrrrrrssssssnnnnnddddd SBFIZ Rd Rn #lsb #imms+1 ?s<r
f00100110Nrrrrrrssssssnnnnnddddd SBFX Rd Rn #immr #width ?sbfx
0001001100000000000111nnnnnddddd SXTB Wd Wn
1001001101000000000111nnnnnddddd SXTB Xd Wn
0001001100000000001111nnnnnddddd SXTH Wd Wn
1001001101000000001111nnnnnddddd SXTH Xd Wn
1001001101000000011111nnnnnddddd SXTW Xd Wn
f00100110Nrrrrrrssssssnnnnnddddd SBFM Rd Rn #immr.x #imms
f01100110Nrrrrrrssssssnnnnnddddd BFI Rd Rn #lsb #imms+1 ?bfi
f01100110Nrrrrrrssssssnnnnnddddd BFXIL Rd Rn #immr #width ?s>=r
f01100110Nrrrrrrssssssnnnnnddddd BFM Rd Rn #immr.x #imms
f10100110Nrrrrrrssssssnnnnnddddd LSL Rd Rn #lsl ?lsl
0101001100rrrrrr011111nnnnnddddd LSR Rd Rn #immr
1101001101rrrrrr111111nnnnnddddd LSR Rd Rn #immr
f10100110Nrrrrrrssssssnnnnnddddd UBFIZ Rd Rn #lsb #imms+1 ?s<r
f10100110Nrrrrrrssssssnnnnnddddd UBFX Rd Rn #immr #width ?ubfx
0101001100000000000111nnnnnddddd UXTB Wd Wn
0101001100000000001111nnnnnddddd UXTH Wd Wn
f10100110Nrrrrrrssssssnnnnnddddd UBFM Rd Rn #immr.x #imms
f00100111N0mmmmmssssssnnnnnddddd ROR Rd Rm #imms ?n=m
f00100111N0mmmmmssssssnnnnnddddd EXTR Rd Rn Rm #imms
0ii10000iiiiiiiiiiiiiiiiiiiddddd ADR Xd adr
1ii10000iiiiiiiiiiiiiiiiiiiddddd ADRP Xd adrp
# two sources
f0011010110mmmmm000010nnnnnddddd UDIV Rd Rn Rm
f0011010110mmmmm000011nnnnnddddd SDIV Rd Rn Rm
f0011010110mmmmm001000nnnnnddddd LSL Rd Rn Rm
f0011010110mmmmm001001nnnnnddddd LSR Rd Rn Rm
f0011010110mmmmm001010nnnnnddddd ASR Rd Rn Rm
f0011010110mmmmm001011nnnnnddddd ROR Rd Rn Rm
00011010110mmmmm010000nnnnnddddd CRC32B Wd Wn Wm
00011010110mmmmm010001nnnnnddddd CRC32H Wd Wn Wm
00011010110mmmmm010010nnnnnddddd CRC32W Wd Wn Wm
10011010110mmmmm010011nnnnnddddd CRC32X Wd Wn Xm
00011010110mmmmm010100nnnnnddddd CRC32CB Wd Wn Wm
00011010110mmmmm010101nnnnnddddd CRC32CH Wd Wn Wm
00011010110mmmmm010110nnnnnddddd CRC32CW Wd Wn Wm
10011010110mmmmm010111nnnnnddddd CRC32CX Wd Wn Xm
# one source
f101101011000000000000nnnnnddddd RBIT Rd Rn
f101101011000000000001nnnnnddddd REV16 Rd Rn
0101101011000000000010nnnnnddddd REV Wd Wn
1101101011000000000010nnnnnddddd REV32 Xd Xn
1101101011000000000011nnnnnddddd REV Xd Xn
f101101011000000000100nnnnnddddd CLZ Rd Rn
f101101011000000000101nnnnnddddd CLS Rd Rn
# three sources
f0011011000mmmmm011111nnnnnddddd MUL Rd Rn Rm
f0011011000mmmmm0aaaaannnnnddddd MADD Rd Rn Rm Ra
f0011011000mmmmm111111nnnnnddddd MNEG Rd Rn Rm
f0011011000mmmmm1aaaaannnnnddddd MSUB Rd Rn Rm Ra
10011011001mmmmm011111nnnnnddddd SMULL Xd Wn Wm
10011011001mmmmm0aaaaannnnnddddd SMADDL Xd Wn Wm Xa
10011011001mmmmm111111nnnnnddddd SMNEGL Xd Wn Wm
10011011001mmmmm1aaaaannnnnddddd SMSUBL Xd Wn Wm Xa
10011011010mmmmm0aaaaannnnnddddd SMULH Xd Xn Xm
10011011101mmmmm011111nnnnnddddd UMULL Xd Wn Wm
10011011101mmmmm0aaaaannnnnddddd UMADDL Xd Wn Wm Xa
10011011101mmmmm111111nnnnnddddd UMNEGL Xd Wn Wm
10011011101mmmmm1aaaaannnnnddddd UMSUBL Xd Wn Wm Xa
10011011110mmmmm0aaaaannnnnddddd UMULH Xd Xn Xm
# conditional select and compare
f0011010100mmmmmcccc00nnnnnddddd CSEL Rd Rn Rm cond
f0011010100mmmmmcccc01nnnnnddddd CINC Rd Rn !cond ?cinc
f001101010011111cccc0111111ddddd CSET Rd !cond
f0011010100mmmmmcccc01nnnnnddddd CSINC Rd Rn Rm cond
f1011010100mmmmmcccc00nnnnnddddd CINV Rd Rn !cond ?cinc
f101101010011111cccc0011111ddddd CSETM Rd !cond
f1011010100mmmmmcccc00nnnnnddddd CSINV Rd Rn Rm cond
f1011010100mmmmmcccc01nnnnnddddd CNEG Rd Rn !cond ?n=m
f1011010100mmmmmcccc01nnnnnddddd CSNEG Rd Rn Rm cond
f0111010010mmmmmcccc00nnnnn0vvvv CCMN Rn Rm #nzcv cond
f0111010010iiiiicccc10nnnnn0vvvv CCMN Rn #imm5 #nzcv cond
f1111010010mmmmmcccc00nnnnn0vvvv CCMP Rn Rm #nzcv cond
f1111010010iiiiicccc10nnnnn0vvvv CCMP Rn #imm5 #nzcv cond
# branches
000101iiiiiiiiiiiiiiiiiiiiiiiiii B label26
100101iiiiiiiiiiiiiiiiiiiiiiiiii BL label26
01010100iiiiiiiiiiiiiiiiiii0cccc B bcond label19
f0110100iiiiiiiiiiiiiiiiiiiddddd CBZ Rd label19
f0110101iiiiiiiiiiiiiiiiiiiddddd CBNZ Rd label19
b0110110bbbbbiiiiiiiiiiiiiiddddd TBZ Rd #bit label14
b0110111bbbbbiiiiiiiiiiiiiiddddd TBNZ Rd #bit label14
1101011000011111000000nnnnn00000 BR Xn
1101011000111111000000nnnnn00000 BLR Xn
1101011001011111000000nnnnn00000 RET Xn
11010110100111110000001111100000 ERET
11010110101111110000001111100000 DRPS
# exceptions
11010100000iiiiiiiiiiiiiiii00001 SVC #imm16
11010100001iiiiiiiiiiiiiiii00000 BRK #imm16
11010100010iiiiiiiiiiiiiiii00000 HLT #imm16
11010100101iiiiiiiiiiiiiiii00001 DCPS1 #dcps
11010100101iiiiiiiiiiiiiiii00010 DCPS2 #dcps
11010100101iiiiiiiiiiiiiiii00011 DCPS3 #dcps
# system
11010101000000110010000000011111 NOP
11010101000000110010000000111111 YIELD
11010101000000110010000001011111 WFE
11010101000000110010000001111111 WFI
11010101000000110010000010011111 SEV
11010101000000110010000010111111 SEVL
11010101000000110010hhhhhhh11111 HINT #hint
11010101000000110011cccc01011111 CLREX #clrex
11010101000000110011cccc10011111 DSB barrier
11010101000000110011cccc10111111 DMB barrier
11010101000000110011cccc11011111 ISB isb
1101010100000ppp0100ccccppp11111 MSR pstate #crm
110101010001pppppppppppppppddddd MSR sysreg Xd
110101010011pppppppppppppppddddd MRS Xd sysreg
1101010100001ppp0111ccccpppddddd DC dc
1101010100001ppp1000ccccpppddddd TLBI tlbi
1101010100101pppnnnnccccpppddddd SYSL Xd #op1 Cn Cm #op2
# load literal
00011000iiiiiiiiiiiiiiiiiiiddddd LDR Wd label19
01011000iiiiiiiiiiiiiiiiiiiddddd LDR Xd label19
10011000iiiiiiiiiiiiiiiiiiiddddd LDRSW Xd label19
11011000iiiiiiiiiiiiiiiiiiiddddd PRFM prfop label19
00011100iiiiiiiiiiiiiiiiiiiddddd LDR Sd label19
01011100iiiiiiiiiiiiiiiiiiiddddd LDR Dd label19
10011100iiiiiiiiiiiiiiiiiiiddddd LDR Qd label19
";

/// Exclusive and ordered accesses: `size L o0-and-pair name operands`.
const EXCLUSIVE: [(&str, &str, &str, &str); 10] = [
    ("000", "0", "STXR", "Wm t mem"),
    ("000", "1", "STLXR", "Wm t mem"),
    ("001", "0", "STXP", "Wm t t2 mem"),
    ("001", "1", "STLXP", "Wm t t2 mem"),
    ("010", "0", "LDXR", "t mem"),
    ("010", "1", "LDAXR", "t mem"),
    ("011", "0", "LDXP", "t t2 mem"),
    ("011", "1", "LDAXP", "t t2 mem"),
    ("100", "1", "STLR", "t mem"),
    ("110", "1", "LDAR", "t mem"),
];

/// Single-register loads and stores: size, vector bit, opcode, mnemonic, register class, log2 of the access.
const SINGLE: [(&str, &str, &str, &str, &str, u32); 23] = [
    ("00", "0", "00", "STRB", "W", 0),
    ("00", "0", "01", "LDRB", "W", 0),
    ("00", "0", "10", "LDRSB", "X", 0),
    ("00", "0", "11", "LDRSB", "W", 0),
    ("01", "0", "00", "STRH", "W", 1),
    ("01", "0", "01", "LDRH", "W", 1),
    ("01", "0", "10", "LDRSH", "X", 1),
    ("01", "0", "11", "LDRSH", "W", 1),
    ("10", "0", "00", "STR", "W", 2),
    ("10", "0", "01", "LDR", "W", 2),
    ("10", "0", "10", "LDRSW", "X", 2),
    ("11", "0", "00", "STR", "X", 3),
    ("11", "0", "01", "LDR", "X", 3),
    ("00", "1", "00", "STR", "B", 0),
    ("00", "1", "01", "LDR", "B", 0),
    ("00", "1", "10", "STR", "Q", 4),
    ("00", "1", "11", "LDR", "Q", 4),
    ("01", "1", "00", "STR", "H", 1),
    ("01", "1", "01", "LDR", "H", 1),
    ("10", "1", "00", "STR", "S", 2),
    ("10", "1", "01", "LDR", "S", 2),
    ("11", "1", "00", "STR", "D", 3),
    ("11", "1", "01", "LDR", "D", 3),
];

/// Register pairs: opc, vector bit, register class, log2 of one register's bytes.
const PAIRS: [(&str, &str, &str, u32); 5] = [
    ("00", "0", "W", 2),
    ("10", "0", "X", 3),
    ("00", "1", "S", 2),
    ("01", "1", "D", 3),
    ("10", "1", "Q", 4),
];

/// The loads and stores that are regular enough to be spelled out by rule.
pub(super) fn memory(out: &mut Lines) {
    for (size, suffix, class) in [
        ("00", "B", "W"),
        ("01", "H", "W"),
        ("10", "", "W"),
        ("11", "", "X"),
    ] {
        for (op, ordered, name, args) in EXCLUSIVE {
            let pair = op.ends_with('1');
            if pair && !suffix.is_empty() {
                continue;
            }
            let mut text = format!("{size}001000{op}mmmmm{ordered}aaaaannnnnddddd {name}{suffix}");
            for arg in args.split(' ') {
                match arg {
                    "t" => text.push_str(&format!(" {class}d")),
                    "t2" => text.push_str(&format!(" {class}a")),
                    other => text.push_str(&format!(" {other}")),
                }
            }
            out.push(text);
        }
    }
    for (opc, v, class, log) in PAIRS {
        for (load, name) in [("0", "ST"), ("1", "LD")] {
            let mut one = |mode: &str, name: &str, form: &str| {
                out.push(format!(
                    "{opc}101{v}{mode}{load}iiiiiiiaaaaannnnnddddd {name} {class}d {class}a {form}7*{}",
                    1 << log
                ));
            };
            one("000", &format!("{name}NP"), "off");
            one("001", &format!("{name}P"), "post");
            one("011", &format!("{name}P"), "pre");
            one("010", &format!("{name}P"), "off");
        }
    }
    for (mode, form) in [("001", "post"), ("011", "pre"), ("010", "off")] {
        out.push(format!(
            "011010{mode}1iiiiiiiaaaaannnnnddddd LDPSW Xd Xa {form}7*4"
        ));
    }
    for (size, v, opc, name, class, log) in SINGLE {
        let mut one = |mid: &str, name: &str, mem: &str| {
            out.push(format!("{size}111{v}{mid} {name} {class}d {mem}").replace("OO", opc));
        };
        let unscaled = name.replacen("LDR", "LDUR", 1).replacen("STR", "STUR", 1);
        one("00OO0iiiiiiiii00nnnnnddddd", &unscaled, "off9");
        one("00OO0iiiiiiiii01nnnnnddddd", name, "post9");
        if v == "0" {
            let user = name.replacen("LDR", "LDTR", 1).replacen("STR", "STTR", 1);
            one("00OO0iiiiiiiii10nnnnnddddd", &user, "off9");
        }
        one("00OO0iiiiiiiii11nnnnnddddd", name, "pre9");
        one("00OO1mmmmmoooS10nnnnnddddd", name, &format!("index{log}"));
        one("01OOiiiiiiiiiiiinnnnnddddd", name, &format!("off12*{}", 1 << log));
    }
    out.push("11111000100iiiiiiiii00nnnnnddddd PRFUM prfop off9".into());
    out.push("11111000101mmmmmoooS10nnnnnddddd PRFM prfop index3".into());
    out.push("1111100110iiiiiiiiiiiinnnnnddddd PRFM prfop off12*8".into());
}
