//! A64 scalar floating point, Advanced SIMD and the cryptographic instructions.
//!
//! A line `@ PATTERN` opens a group: each row below it fills the pattern's `!` with its own bits (read left
//! to right, spaces for the eye) and then names mnemonic and operands, as explained in [`super::rows`]. `~`
//! after a mnemonic makes two instructions: with Q = 0, and with Q = 1 and `2` appended. Authority: DDI 0487,
//! chapters C4.1.95 and C4.1.96.

use super::rows::Lines;

pub(super) const FLOAT: &str = "
@ 000111100z1mmmmm!10nnnnnddddd
0000 FMUL Fd Fn Fm
0001 FDIV Fd Fn Fm
0010 FADD Fd Fn Fm
0011 FSUB Fd Fn Fm
0100 FMAX Fd Fn Fm
0101 FMIN Fd Fn Fm
0110 FMAXNM Fd Fn Fm
0111 FMINNM Fd Fn Fm
1000 FNMUL Fd Fn Fm
@ 000111100z1!10000nnnnnddddd
000000 FMOV Fd Fn
000001 FABS Fd Fn
000010 FNEG Fd Fn
000011 FSQRT Fd Fn
001000 FRINTN Fd Fn
001001 FRINTP Fd Fn
001010 FRINTM Fd Fn
001011 FRINTZ Fd Fn
001100 FRINTA Fd Fn
001110 FRINTX Fd Fn
001111 FRINTI Fd Fn
@ 00011110!10000nnnnnddddd
00 1 000101 FCVT Dd Sn
00 1 000111 FCVT Hd Sn
01 1 000100 FCVT Sd Dn
01 1 000111 FCVT Hd Dn
11 1 000100 FCVT Sd Hn
11 1 000101 FCVT Dd Hn
@ 000111100z1mmmmm001000nnnnn!000
00 FCMP Fn Fm
01 FCMP Fn #0.0
10 FCMPE Fn Fm
11 FCMPE Fn #0.0
@ 000111100z1mmmmmcccc!
01 nnnnn 0vvvv FCCMP Fn Fm #nzcv cond
01 nnnnn 1vvvv FCCMPE Fn Fm #nzcv cond
11 nnnnn ddddd FCSEL Fd Fn Fm cond
@ 000111100z1iiiiiiii10000000ddddd!
 FMOV Fd #fp8
@ 000111110z!aaaaannnnnddddd
0 mmmmm 0 FMADD Fd Fn Fm Fa
0 mmmmm 1 FMSUB Fd Fn Fm Fa
1 mmmmm 0 FNMADD Fd Fn Fm Fa
1 mmmmm 1 FNMSUB Fd Fn Fm Fa
@ f00111100z1!000000nnnnnddddd
00 000 FCVTNS Rd Fn
00 001 FCVTNU Rd Fn
00 010 SCVTF Fd Rn
00 011 UCVTF Fd Rn
00 100 FCVTAS Rd Fn
00 101 FCVTAU Rd Fn
01 000 FCVTPS Rd Fn
01 001 FCVTPU Rd Fn
10 000 FCVTMS Rd Fn
10 001 FCVTMU Rd Fn
11 000 FCVTZS Rd Fn
11 001 FCVTZU Rd Fn
@ !000000nnnnnddddd
0001111000 1 00 111 FMOV Sd Wn
0001111000 1 00 110 FMOV Wd Sn
1001111001 1 00 111 FMOV Dd Xn
1001111001 1 00 110 FMOV Xd Dn
1001111010 1 01 111 FMOV Vd=D[1] Xn
1001111010 1 01 110 FMOV Xd Vn=D[1]
@ f00111100z0!ssssssnnnnnddddd
00 010 SCVTF Fd Rn #scale
00 011 UCVTF Fd Rn #scale
11 000 FCVTZS Rd Fn #scale
11 001 FCVTZU Rd Fn #scale
";

pub(super) const VECTOR: &str = "
# three registers of the same type
@ 0q!1nnnnnddddd
0 01110 zz 1 mmmmm 00000 SHADD Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 00001 SQADD Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 00010 SRHADD Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 00100 SHSUB Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 00101 SQSUB Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 00110 CMGT Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 00111 CMGE Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 01000 SSHL Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 01001 SQSHL Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 01010 SRSHL Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 01011 SQRSHL Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 01100 SMAX Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 01101 SMIN Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 01110 SABD Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 01111 SABA Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 10000 ADD Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 10001 CMTST Vd.bhsd Vn.bhsd Vm.bhsd
0 01110 zz 1 mmmmm 10010 MLA Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 10011 MUL Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 10100 SMAXP Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 10101 SMINP Vd.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 10110 SQDMULH Vd.hs Vn.hs Vm.hs
0 01110 zz 1 mmmmm 10111 ADDP Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 00000 UHADD Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 00001 UQADD Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 00010 URHADD Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 00100 UHSUB Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 00101 UQSUB Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 00110 CMHI Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 00111 CMHS Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 01000 USHL Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 01001 UQSHL Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 01010 URSHL Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 01011 UQRSHL Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 01100 UMAX Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 01101 UMIN Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 01110 UABD Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 01111 UABA Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 10000 SUB Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 10001 CMEQ Vd.bhsd Vn.bhsd Vm.bhsd
1 01110 zz 1 mmmmm 10010 MLS Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 10011 PMUL Vd.b Vn.b Vm.b
1 01110 zz 1 mmmmm 10100 UMAXP Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 10101 UMINP Vd.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 10110 SQRDMULH Vd.hs Vn.hs Vm.hs
0 01110 00 1 mmmmm 00011 AND Vd=B Vn=B Vm=B
0 01110 01 1 mmmmm 00011 BIC Vd=B Vn=B Vm=B
0 01110 10 1 mmmmm 00011 MOV Vd=B Vn=B ?n=m
0 01110 10 1 mmmmm 00011 ORR Vd=B Vn=B Vm=B
0 01110 11 1 mmmmm 00011 ORN Vd=B Vn=B Vm=B
1 01110 00 1 mmmmm 00011 EOR Vd=B Vn=B Vm=B
1 01110 01 1 mmmmm 00011 BSL Vd=B Vn=B Vm=B
1 01110 10 1 mmmmm 00011 BIT Vd=B Vn=B Vm=B
1 01110 11 1 mmmmm 00011 BIF Vd=B Vn=B Vm=B
0 01110 0z 1 mmmmm 11000 FMAXNM Gd Gn Gm
0 01110 0z 1 mmmmm 11001 FMLA Gd Gn Gm
0 01110 0z 1 mmmmm 11010 FADD Gd Gn Gm
0 01110 0z 1 mmmmm 11011 FMULX Gd Gn Gm
0 01110 0z 1 mmmmm 11100 FCMEQ Gd Gn Gm
0 01110 0z 1 mmmmm 11110 FMAX Gd Gn Gm
0 01110 0z 1 mmmmm 11111 FRECPS Gd Gn Gm
0 01110 1z 1 mmmmm 11000 FMINNM Gd Gn Gm
0 01110 1z 1 mmmmm 11001 FMLS Gd Gn Gm
0 01110 1z 1 mmmmm 11010 FSUB Gd Gn Gm
0 01110 1z 1 mmmmm 11110 FMIN Gd Gn Gm
0 01110 1z 1 mmmmm 11111 FRSQRTS Gd Gn Gm
1 01110 0z 1 mmmmm 11000 FMAXNMP Gd Gn Gm
1 01110 0z 1 mmmmm 11010 FADDP Gd Gn Gm
1 01110 0z 1 mmmmm 11011 FMUL Gd Gn Gm
1 01110 0z 1 mmmmm 11100 FCMGE Gd Gn Gm
1 01110 0z 1 mmmmm 11101 FACGE Gd Gn Gm
1 01110 0z 1 mmmmm 11110 FMAXP Gd Gn Gm
1 01110 0z 1 mmmmm 11111 FDIV Gd Gn Gm
1 01110 1z 1 mmmmm 11000 FMINNMP Gd Gn Gm
1 01110 1z 1 mmmmm 11010 FABD Gd Gn Gm
1 01110 1z 1 mmmmm 11100 FCMGT Gd Gn Gm
1 01110 1z 1 mmmmm 11101 FACGT Gd Gn Gm
1 01110 1z 1 mmmmm 11110 FMINP Gd Gn Gm
# three registers of the same type, scalar
@ 01!1nnnnnddddd
0 11110 11 1 mmmmm 00110 CMGT Dd Dn Dm
0 11110 11 1 mmmmm 00111 CMGE Dd Dn Dm
0 11110 11 1 mmmmm 01000 SSHL Dd Dn Dm
0 11110 11 1 mmmmm 01010 SRSHL Dd Dn Dm
0 11110 11 1 mmmmm 10000 ADD Dd Dn Dm
0 11110 11 1 mmmmm 10001 CMTST Dd Dn Dm
1 11110 11 1 mmmmm 00110 CMHI Dd Dn Dm
1 11110 11 1 mmmmm 00111 CMHS Dd Dn Dm
1 11110 11 1 mmmmm 01000 USHL Dd Dn Dm
1 11110 11 1 mmmmm 01010 URSHL Dd Dn Dm
1 11110 11 1 mmmmm 10000 SUB Dd Dn Dm
1 11110 11 1 mmmmm 10001 CMEQ Dd Dn Dm
0 11110 zz 1 mmmmm 00001 SQADD Zd.bhsd Zn.bhsd Zm.bhsd
0 11110 zz 1 mmmmm 00101 SQSUB Zd.bhsd Zn.bhsd Zm.bhsd
0 11110 zz 1 mmmmm 01001 SQSHL Zd.bhsd Zn.bhsd Zm.bhsd
0 11110 zz 1 mmmmm 01011 SQRSHL Zd.bhsd Zn.bhsd Zm.bhsd
0 11110 zz 1 mmmmm 10110 SQDMULH Zd.hs Zn.hs Zm.hs
1 11110 zz 1 mmmmm 00001 UQADD Zd.bhsd Zn.bhsd Zm.bhsd
1 11110 zz 1 mmmmm 00101 UQSUB Zd.bhsd Zn.bhsd Zm.bhsd
1 11110 zz 1 mmmmm 01001 UQSHL Zd.bhsd Zn.bhsd Zm.bhsd
1 11110 zz 1 mmmmm 01011 UQRSHL Zd.bhsd Zn.bhsd Zm.bhsd
1 11110 zz 1 mmmmm 10110 SQRDMULH Zd.hs Zn.hs Zm.hs
0 11110 0z 1 mmmmm 11011 FMULX Fd Fn Fm
0 11110 0z 1 mmmmm 11100 FCMEQ Fd Fn Fm
0 11110 0z 1 mmmmm 11111 FRECPS Fd Fn Fm
0 11110 1z 1 mmmmm 11111 FRSQRTS Fd Fn Fm
1 11110 0z 1 mmmmm 11100 FCMGE Fd Fn Fm
1 11110 0z 1 mmmmm 11101 FACGE Fd Fn Fm
1 11110 1z 1 mmmmm 11010 FABD Fd Fn Fm
1 11110 1z 1 mmmmm 11100 FCMGT Fd Fn Fm
1 11110 1z 1 mmmmm 11101 FACGT Fd Fn Fm
# three registers of different types
@ 0q!00nnnnnddddd
0 01110 zz 1 mmmmm 0000 SADDL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 0001 SADDW~ Ld.bhs Ln.bhs Vm.bhs
0 01110 zz 1 mmmmm 0010 SSUBL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 0011 SSUBW~ Ld.bhs Ln.bhs Vm.bhs
0 01110 zz 1 mmmmm 0100 ADDHN~ Vd.bhs Ln.bhs Lm.bhs
0 01110 zz 1 mmmmm 0101 SABAL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 0110 SUBHN~ Vd.bhs Ln.bhs Lm.bhs
0 01110 zz 1 mmmmm 0111 SABDL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 1000 SMLAL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 1001 SQDMLAL~ Ld.hs Vn.hs Vm.hs
0 01110 zz 1 mmmmm 1010 SMLSL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 1011 SQDMLSL~ Ld.hs Vn.hs Vm.hs
0 01110 zz 1 mmmmm 1100 SMULL~ Ld.bhs Vn.bhs Vm.bhs
0 01110 zz 1 mmmmm 1101 SQDMULL~ Ld.hs Vn.hs Vm.hs
0 01110 zz 1 mmmmm 1110 PMULL~ Ld.bD Vn.bD Vm.bD
1 01110 zz 1 mmmmm 0000 UADDL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 0001 UADDW~ Ld.bhs Ln.bhs Vm.bhs
1 01110 zz 1 mmmmm 0010 USUBL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 0011 USUBW~ Ld.bhs Ln.bhs Vm.bhs
1 01110 zz 1 mmmmm 0100 RADDHN~ Vd.bhs Ln.bhs Lm.bhs
1 01110 zz 1 mmmmm 0101 UABAL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 0110 RSUBHN~ Vd.bhs Ln.bhs Lm.bhs
1 01110 zz 1 mmmmm 0111 UABDL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 1000 UMLAL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 1010 UMLSL~ Ld.bhs Vn.bhs Vm.bhs
1 01110 zz 1 mmmmm 1100 UMULL~ Ld.bhs Vn.bhs Vm.bhs
@ 01011110zz1mmmmm!00nnnnnddddd
1001 SQDMLAL Yd.hs Zn.hs Zm.hs
1011 SQDMLSL Yd.hs Zn.hs Zm.hs
1101 SQDMULL Yd.hs Zn.hs Zm.hs
# two registers
@ 0q!10nnnnnddddd
0 01110 zz 10000 00000 REV64 Vd.bhs Vn.bhs
0 01110 zz 10000 00001 REV16 Vd.b Vn.b
0 01110 zz 10000 00010 SADDLP Pd.bhs Vn.bhs
0 01110 zz 10000 00011 SUQADD Vd.bhsd Vn.bhsd
0 01110 zz 10000 00100 CLS Vd.bhs Vn.bhs
0 01110 zz 10000 00101 CNT Vd.b Vn.b
0 01110 zz 10000 00110 SADALP Pd.bhs Vn.bhs
0 01110 zz 10000 00111 SQABS Vd.bhsd Vn.bhsd
0 01110 zz 10000 01000 CMGT Vd.bhsd Vn.bhsd #0
0 01110 zz 10000 01001 CMEQ Vd.bhsd Vn.bhsd #0
0 01110 zz 10000 01010 CMLT Vd.bhsd Vn.bhsd #0
0 01110 zz 10000 01011 ABS Vd.bhsd Vn.bhsd
0 01110 zz 10000 10010 XTN~ Vd.bhs Ln.bhs
0 01110 zz 10000 10100 SQXTN~ Vd.bhs Ln.bhs
1 01110 zz 10000 00000 REV32 Vd.bh Vn.bh
1 01110 zz 10000 00010 UADDLP Pd.bhs Vn.bhs
1 01110 zz 10000 00011 USQADD Vd.bhsd Vn.bhsd
1 01110 zz 10000 00100 CLZ Vd.bhs Vn.bhs
1 01110 00 10000 00101 MVN Vd=B Vn=B
1 01110 01 10000 00101 RBIT Vd=B Vn=B
1 01110 zz 10000 00110 UADALP Pd.bhs Vn.bhs
1 01110 zz 10000 00111 SQNEG Vd.bhsd Vn.bhsd
1 01110 zz 10000 01000 CMGE Vd.bhsd Vn.bhsd #0
1 01110 zz 10000 01001 CMLE Vd.bhsd Vn.bhsd #0
1 01110 zz 10000 01011 NEG Vd.bhsd Vn.bhsd
1 01110 zz 10000 10010 SQXTUN~ Vd.bhs Ln.bhs
1 01110 zz 10000 10011 SHLL~ Ld.bhs Vn.bhs #esize
1 01110 zz 10000 10100 UQXTN~ Vd.bhs Ln.bhs
0 01110 0z 10000 10110 FCVTN~ Jd Kn
0 01110 0z 10000 10111 FCVTL~ Kd Jn
0 01110 0z 10000 11000 FRINTN Gd Gn
0 01110 0z 10000 11001 FRINTM Gd Gn
0 01110 0z 10000 11010 FCVTNS Gd Gn
0 01110 0z 10000 11011 FCVTMS Gd Gn
0 01110 0z 10000 11100 FCVTAS Gd Gn
0 01110 0z 10000 11101 SCVTF Gd Gn
0 01110 1z 10000 01100 FCMGT Gd Gn #0.0
0 01110 1z 10000 01101 FCMEQ Gd Gn #0.0
0 01110 1z 10000 01110 FCMLT Gd Gn #0.0
0 01110 1z 10000 01111 FABS Gd Gn
0 01110 1z 10000 11000 FRINTP Gd Gn
0 01110 1z 10000 11001 FRINTZ Gd Gn
0 01110 1z 10000 11010 FCVTPS Gd Gn
0 01110 1z 10000 11011 FCVTZS Gd Gn
0 01110 10 10000 11100 URECPE Gd Gn
0 01110 1z 10000 11101 FRECPE Gd Gn
1 01110 01 10000 10110 FCVTXN~ Jd Kn
1 01110 0z 10000 11000 FRINTA Gd Gn
1 01110 0z 10000 11001 FRINTX Gd Gn
1 01110 0z 10000 11010 FCVTNU Gd Gn
1 01110 0z 10000 11011 FCVTMU Gd Gn
1 01110 0z 10000 11100 FCVTAU Gd Gn
1 01110 0z 10000 11101 UCVTF Gd Gn
1 01110 1z 10000 01100 FCMGE Gd Gn #0.0
1 01110 1z 10000 01101 FCMLE Gd Gn #0.0
1 01110 1z 10000 01111 FNEG Gd Gn
1 01110 1z 10000 11001 FRINTI Gd Gn
1 01110 1z 10000 11010 FCVTPU Gd Gn
1 01110 1z 10000 11011 FCVTZU Gd Gn
1 01110 10 10000 11100 URSQRTE Gd Gn
1 01110 1z 10000 11101 FRSQRTE Gd Gn
1 01110 1z 10000 11111 FSQRT Gd Gn
# across lanes
0 01110 zz 11000 00011 SADDLV Yd.bhs Vn.bhS
0 01110 zz 11000 01010 SMAXV Zd.bhs Vn.bhS
0 01110 zz 11000 11010 SMINV Zd.bhs Vn.bhS
0 01110 zz 11000 11011 ADDV Zd.bhs Vn.bhS
1 01110 zz 11000 00011 UADDLV Yd.bhs Vn.bhS
1 01110 zz 11000 01010 UMAXV Zd.bhs Vn.bhS
1 01110 zz 11000 11010 UMINV Zd.bhs Vn.bhS
@ 01101110!10nnnnnddddd
00 11000 01100 FMAXNMV Sd Vn=4S
00 11000 01111 FMAXV Sd Vn=4S
10 11000 01100 FMINNMV Sd Vn=4S
10 11000 01111 FMINV Sd Vn=4S
# two registers, scalar; scalar pairwise
@ 01!10nnnnnddddd
0 11110 zz 10000 00011 SUQADD Zd.bhsd Zn.bhsd
0 11110 zz 10000 00111 SQABS Zd.bhsd Zn.bhsd
0 11110 11 10000 01000 CMGT Dd Dn #0
0 11110 11 10000 01001 CMEQ Dd Dn #0
0 11110 11 10000 01010 CMLT Dd Dn #0
0 11110 11 10000 01011 ABS Dd Dn
0 11110 zz 10000 10100 SQXTN Zd.bhs Yn.bhs
1 11110 zz 10000 00011 USQADD Zd.bhsd Zn.bhsd
1 11110 zz 10000 00111 SQNEG Zd.bhsd Zn.bhsd
1 11110 11 10000 01000 CMGE Dd Dn #0
1 11110 11 10000 01001 CMLE Dd Dn #0
1 11110 11 10000 01011 NEG Dd Dn
1 11110 zz 10000 10010 SQXTUN Zd.bhs Yn.bhs
1 11110 zz 10000 10100 UQXTN Zd.bhs Yn.bhs
0 11110 0z 10000 11010 FCVTNS Fd Fn
0 11110 0z 10000 11011 FCVTMS Fd Fn
0 11110 0z 10000 11100 FCVTAS Fd Fn
0 11110 0z 10000 11101 SCVTF Fd Fn
0 11110 1z 10000 01100 FCMGT Fd Fn #0.0
0 11110 1z 10000 01101 FCMEQ Fd Fn #0.0
0 11110 1z 10000 01110 FCMLT Fd Fn #0.0
0 11110 1z 10000 11010 FCVTPS Fd Fn
0 11110 1z 10000 11011 FCVTZS Fd Fn
0 11110 1z 10000 11101 FRECPE Fd Fn
0 11110 1z 10000 11111 FRECPX Fd Fn
1 11110 01 10000 10110 FCVTXN Sd Dn
1 11110 0z 10000 11010 FCVTNU Fd Fn
1 11110 0z 10000 11011 FCVTMU Fd Fn
1 11110 0z 10000 11100 FCVTAU Fd Fn
1 11110 0z 10000 11101 UCVTF Fd Fn
1 11110 1z 10000 01100 FCMGE Fd Fn #0.0
1 11110 1z 10000 01101 FCMLE Fd Fn #0.0
1 11110 1z 10000 11010 FCVTPU Fd Fn
1 11110 1z 10000 11011 FCVTZU Fd Fn
1 11110 1z 10000 11101 FRSQRTE Fd Fn
0 11110 11 11000 11011 ADDP Dd Vn=2D
1 11110 0z 11000 01100 FMAXNMP Fd In
1 11110 0z 11000 01101 FADDP Fd In
1 11110 0z 11000 01111 FMAXP Fd In
1 11110 1z 11000 01100 FMINNMP Fd In
1 11110 1z 11000 01111 FMINP Fd In
# copies
@ !nnnnnddddd
01011110000 iiiii 000001 MOV E5d E5n[]
0q001110000 iiiii 000001 DUP V5d E5n[]
0q001110000 iiiii 000011 DUP V5d R5n
00001110000 iiiii 001011 SMOV Wd E5n[bh]
01001110000 iiiii 001011 SMOV Xd E5n[bhs]
00001110000 ii100 001111 MOV Wd E5n[bhs]
00001110000 iiiii 001111 UMOV Wd E5n[bhs]
01001110000 i1000 001111 MOV Xd E5n[]
01001110000 iiiii 000111 MOV E5d[] R5n
01101110000 iiiii 0iiii1 MOV E5d[] E4n[]
# permutes, tables, extract
@ 0q001110!nnnnnddddd
zz 0 mmmmm 000110 UZP1 Vd.bhsd Vn.bhsd Vm.bhsd
zz 0 mmmmm 001010 TRN1 Vd.bhsd Vn.bhsd Vm.bhsd
zz 0 mmmmm 001110 ZIP1 Vd.bhsd Vn.bhsd Vm.bhsd
zz 0 mmmmm 010110 UZP2 Vd.bhsd Vn.bhsd Vm.bhsd
zz 0 mmmmm 011010 TRN2 Vd.bhsd Vn.bhsd Vm.bhsd
zz 0 mmmmm 011110 ZIP2 Vd.bhsd Vn.bhsd Vm.bhsd
00 0 mmmmm 000000 TBL Vd=B Vn*1 Vm=B
00 0 mmmmm 001000 TBL Vd=B Vn*2 Vm=B
00 0 mmmmm 010000 TBL Vd=B Vn*3 Vm=B
00 0 mmmmm 011000 TBL Vd=B Vn*4 Vm=B
00 0 mmmmm 000100 TBX Vd=B Vn*1 Vm=B
00 0 mmmmm 001100 TBX Vd=B Vn*2 Vm=B
00 0 mmmmm 010100 TBX Vd=B Vn*3 Vm=B
00 0 mmmmm 011100 TBX Vd=B Vn*4 Vm=B
@ 0q101110000mmmmm0iiii0nnnnnddddd!
 EXT Vd=B Vn=B Vm=B #index
# modified immediate
@ 0!hhhhhddddd
q 0 0111100000 hhh 0xx0 01 MOVI Vd=S #imm8lsl
q 0 0111100000 hhh 0xx1 01 ORR Vd=S #imm8lsl
q 0 0111100000 hhh 10x0 01 MOVI Vd=H #imm8lsl
q 0 0111100000 hhh 10x1 01 ORR Vd=H #imm8lsl
q 0 0111100000 hhh 110x 01 MOVI Vd=S #imm8msl
q 0 0111100000 hhh 1110 01 MOVI Vd=B #imm8
q 0 0111100000 hhh 1111 01 FMOV Vd=S #fp8v
q 1 0111100000 hhh 0xx0 01 MVNI Vd=S #imm8lsl
q 1 0111100000 hhh 0xx1 01 BIC Vd=S #imm8lsl
q 1 0111100000 hhh 10x0 01 MVNI Vd=H #imm8lsl
q 1 0111100000 hhh 10x1 01 BIC Vd=H #imm8lsl
q 1 0111100000 hhh 110x 01 MVNI Vd=S #imm8msl
0 1 0111100000 hhh 1110 01 MOVI Dd #bytes
1 1 0111100000 hhh 1110 01 MOVI Vd=2D #bytes
1 1 0111100000 hhh 1111 01 FMOV Vd=2D #fp8v
# shift by immediate
@ 0q!1nnnnnddddd
0 011110hhhhbbb 00000 SSHR Vd!bhsd Vn!bhsd #shr
0 011110hhhhbbb 00010 SSRA Vd!bhsd Vn!bhsd #shr
0 011110hhhhbbb 00100 SRSHR Vd!bhsd Vn!bhsd #shr
0 011110hhhhbbb 00110 SRSRA Vd!bhsd Vn!bhsd #shr
0 011110hhhhbbb 01010 SHL Vd!bhsd Vn!bhsd #shl
0 011110hhhhbbb 01110 SQSHL Vd!bhsd Vn!bhsd #shl
0 011110hhhhbbb 10000 SHRN~ Vd!bhs Ln!bhs #shr
0 011110hhhhbbb 10001 RSHRN~ Vd!bhs Ln!bhs #shr
0 011110hhhhbbb 10010 SQSHRN~ Vd!bhs Ln!bhs #shr
0 011110hhhhbbb 10011 SQRSHRN~ Vd!bhs Ln!bhs #shr
0 011110hhhh000 10100 SXTL~ Ld!bhs Vn!bhs ?onehot
0 011110hhhhbbb 10100 SSHLL~ Ld!bhs Vn!bhs #shl
0 011110hhhhbbb 11100 SCVTF Vd!sd Vn!sd #shr
0 011110hhhhbbb 11111 FCVTZS Vd!sd Vn!sd #shr
1 011110hhhhbbb 00000 USHR Vd!bhsd Vn!bhsd #shr
1 011110hhhhbbb 00010 USRA Vd!bhsd Vn!bhsd #shr
1 011110hhhhbbb 00100 URSHR Vd!bhsd Vn!bhsd #shr
1 011110hhhhbbb 00110 URSRA Vd!bhsd Vn!bhsd #shr
1 011110hhhhbbb 01000 SRI Vd!bhsd Vn!bhsd #shr
1 011110hhhhbbb 01010 SLI Vd!bhsd Vn!bhsd #shl
1 011110hhhhbbb 01100 SQSHLU Vd!bhsd Vn!bhsd #shl
1 011110hhhhbbb 01110 UQSHL Vd!bhsd Vn!bhsd #shl
1 011110hhhhbbb 10000 SQSHRUN~ Vd!bhs Ln!bhs #shr
1 011110hhhhbbb 10001 SQRSHRUN~ Vd!bhs Ln!bhs #shr
1 011110hhhhbbb 10010 UQSHRN~ Vd!bhs Ln!bhs #shr
1 011110hhhhbbb 10011 UQRSHRN~ Vd!bhs Ln!bhs #shr
1 011110hhhh000 10100 UXTL~ Ld!bhs Vn!bhs ?onehot
1 011110hhhhbbb 10100 USHLL~ Ld!bhs Vn!bhs #shl
1 011110hhhhbbb 11100 UCVTF Vd!sd Vn!sd #shr
1 011110hhhhbbb 11111 FCVTZU Vd!sd Vn!sd #shr
@ 01!1nnnnnddddd
0 111110hhhhbbb 00000 SSHR Zd!d Zn!d #shr
0 111110hhhhbbb 00010 SSRA Zd!d Zn!d #shr
0 111110hhhhbbb 00100 SRSHR Zd!d Zn!d #shr
0 111110hhhhbbb 00110 SRSRA Zd!d Zn!d #shr
0 111110hhhhbbb 01010 SHL Zd!d Zn!d #shl
0 111110hhhhbbb 01110 SQSHL Zd!bhsd Zn!bhsd #shl
0 111110hhhhbbb 10010 SQSHRN Zd!bhs Yn!bhs #shr
0 111110hhhhbbb 10011 SQRSHRN Zd!bhs Yn!bhs #shr
0 111110hhhhbbb 11100 SCVTF Zd!sd Zn!sd #shr
0 111110hhhhbbb 11111 FCVTZS Zd!sd Zn!sd #shr
1 111110hhhhbbb 00000 USHR Zd!d Zn!d #shr
1 111110hhhhbbb 00010 USRA Zd!d Zn!d #shr
1 111110hhhhbbb 00100 URSHR Zd!d Zn!d #shr
1 111110hhhhbbb 00110 URSRA Zd!d Zn!d #shr
1 111110hhhhbbb 01000 SRI Zd!d Zn!d #shr
1 111110hhhhbbb 01010 SLI Zd!d Zn!d #shl
1 111110hhhhbbb 01100 SQSHLU Zd!bhsd Zn!bhsd #shl
1 111110hhhhbbb 01110 UQSHL Zd!bhsd Zn!bhsd #shl
1 111110hhhhbbb 10000 SQSHRUN Zd!bhs Yn!bhs #shr
1 111110hhhhbbb 10001 SQRSHRUN Zd!bhs Yn!bhs #shr
1 111110hhhhbbb 10010 UQSHRN Zd!bhs Yn!bhs #shr
1 111110hhhhbbb 10011 UQRSHRN Zd!bhs Yn!bhs #shr
1 111110hhhhbbb 11100 UCVTF Zd!sd Zn!sd #shr
1 111110hhhhbbb 11111 FCVTZU Zd!sd Zn!sd #shr
# by element
@ 0q!H0nnnnnddddd
0 01111 zz LMmmmm 0010 SMLAL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 0011 SQDMLAL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 0110 SMLSL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 0111 SQDMLSL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 1000 MUL Vd.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 1010 SMULL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 1011 SQDMULL~ Ld.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 1100 SQDMULH Vd.hs Vn.hs Xm[hs]
0 01111 zz LMmmmm 1101 SQRDMULH Vd.hs Vn.hs Xm[hs]
0 01111 1z LMmmmm 0001 FMLA Gd Gn Xm[sd]
0 01111 1z LMmmmm 0101 FMLS Gd Gn Xm[sd]
0 01111 1z LMmmmm 1001 FMUL Gd Gn Xm[sd]
1 01111 zz LMmmmm 0000 MLA Vd.hs Vn.hs Xm[hs]
1 01111 zz LMmmmm 0010 UMLAL~ Ld.hs Vn.hs Xm[hs]
1 01111 zz LMmmmm 0100 MLS Vd.hs Vn.hs Xm[hs]
1 01111 zz LMmmmm 0110 UMLSL~ Ld.hs Vn.hs Xm[hs]
1 01111 zz LMmmmm 1010 UMULL~ Ld.hs Vn.hs Xm[hs]
1 01111 1z LMmmmm 1001 FMULX Gd Gn Xm[sd]
@ 01!H0nnnnnddddd
0 11111 zz LMmmmm 0011 SQDMLAL Yd.hs Zn.hs Xm[hs]
0 11111 zz LMmmmm 0111 SQDMLSL Yd.hs Zn.hs Xm[hs]
0 11111 zz LMmmmm 1011 SQDMULL Yd.hs Zn.hs Xm[hs]
0 11111 zz LMmmmm 1100 SQDMULH Zd.hs Zn.hs Xm[hs]
0 11111 zz LMmmmm 1101 SQRDMULH Zd.hs Zn.hs Xm[hs]
0 11111 1z LMmmmm 0001 FMLA Fd Fn Xm[sd]
0 11111 1z LMmmmm 0101 FMLS Fd Fn Xm[sd]
0 11111 1z LMmmmm 1001 FMUL Fd Fn Xm[sd]
1 11111 1z LMmmmm 1001 FMULX Fd Fn Xm[sd]
# cryptography
@ 010011100010100!10nnnnnddddd
00100 AESE Vd=16B Vn=16B
00101 AESD Vd=16B Vn=16B
00110 AESMC Vd=16B Vn=16B
00111 AESIMC Vd=16B Vn=16B
@ 01011110000mmmmm0!00nnnnnddddd
000 SHA1C Qd Sn Vm=4S
001 SHA1P Qd Sn Vm=4S
010 SHA1M Qd Sn Vm=4S
011 SHA1SU0 Vd=4S Vn=4S Vm=4S
100 SHA256H Qd Qn Vm=4S
101 SHA256H2 Qd Qn Vm=4S
110 SHA256SU1 Vd=4S Vn=4S Vm=4S
@ 010111100010100!10nnnnnddddd
00000 SHA1H Sd Sn
00001 SHA1SU1 Vd=4S Vn=4S
00010 SHA256SU0 Vd=4S Vn=4S
";

/// Structure loads and stores, spelled out by rule: `n` registers, whole, one element, or one element to all
/// lanes.
pub(super) fn structures(out: &mut Lines) {
    for (load, name) in [("0", "ST"), ("1", "LD")] {
        for (op, n, regs) in [
            ("0111", 1, 1),
            ("1010", 1, 2),
            ("0110", 1, 3),
            ("0010", 1, 4),
            ("1000", 2, 2),
            ("0100", 3, 3),
            ("0000", 4, 4),
        ] {
            let sizes = if n == 1 { "bhsD" } else { "bhsd" };
            let mut one = |mid: String, mem: &str| {
                out.push(format!(
                    "0q00110{mid}{op}zznnnnnddddd {name}{n} T{regs}.{sizes} {mem}"
                ));
            };
            one(format!("00{load}000000"), "mem");
            one(format!("01{load}011111"), &format!("postQ*{}", 8 * regs));
            one(format!("01{load}0mmmmm"), "postX");
        }
        for n in 1..=4u32 {
            let (r, odd) = ((n + 1) % 2, (n - 1) / 2);
            for (op, rest, element, bytes) in [
                ("00", "Szz", "b", 1),
                ("01", "Sz0", "h", 2),
                ("10", "S00", "s", 4),
                ("10", "001", "d", 8),
            ] {
                let mut one = |post: u32, m: &str, mem: &str| {
                    out.push(format!(
                        "0q001101{post}{load}{r}{m}{op}{odd}{rest}nnnnnddddd {name}{n} T{n}[{element}] {mem}"
                    ));
                };
                one(0, "00000", "mem");
                one(1, "11111", &format!("post+{}", n * bytes));
                one(1, "mmmmm", "postX");
            }
            if load == "1" {
                let mut one = |post: u32, m: &str, mem: &str| {
                    out.push(format!(
                        "0q001101{post}1{r}{m}11{odd}0zznnnnnddddd LD{n}R T{n}.bhsD {mem}"
                    ));
                };
                one(0, "00000", "mem");
                one(1, "11111", &format!("postz*{n}"));
                one(1, "mmmmm", "postX");
            }
        }
    }
}
