//! Instructions that golang.org/x/arch/arm64/arm64asm does not know: what Go's compiler and assembler emit
//! (atomics of LSE, SHA-512, SHA-3, UNDEF), and what C code in a Go program may hold (pointer authentication,
//! half precision, and others).
//!
//! Mnemonics and operand order are those of Go's own assembler (cmd/internal/obj/arm64) where it has them;
//! the rest follows the same rules. Encodings: DDI 0487.

use super::rows::Lines;
use super::simd;

pub(super) const CHAPTER: &str = "
# UNDEF of Go's assembler; until Go 1.23 it was an unallocated word
00000000000000000000000000000000 UNDEF
10111110101001110001011100000000 UNDEF
# system
1101010100001ppp0111100cpppddddd AT at
1101010100001ppp0111ccccpppddddd IC ic
1101010100000ppp0100ccccppp11111 MSR pstate+ #crm
11010101000000110011000011111111 SB
11010101000000000100000000011111 CFINV
11010101000000000100000000111111 XAFLAG
11010101000000000100000001011111 AXFLAG
11010100000iiiiiiiiiiiiiiii00010 HVC #imm16
11010100000iiiiiiiiiiiiiiii00011 SMC #imm16
0011101000000000000010nnnnn01101 SETF8 Wn
0011101000000000010010nnnnn01101 SETF16 Wn
# pointer authentication
1101011000011111000010nnnnn11111 BRAAZ Xn
1101011000011111000011nnnnn11111 BRABZ Xn
1101011000111111000010nnnnn11111 BLRAAZ Xn
1101011000111111000011nnnnn11111 BLRABZ Xn
1101011100011111000010nnnnnddddd BRAA Xn Xdsp
1101011100011111000011nnnnnddddd BRAB Xn Xdsp
1101011100111111000010nnnnnddddd BLRAA Xn Xdsp
1101011100111111000011nnnnnddddd BLRAB Xn Xdsp
11010110010111110000101111111111 RETAA
11010110010111110000111111111111 RETAB
11010110100111110000101111111111 ERETAA
11010110100111110000111111111111 ERETAB
10011010110mmmmm001100nnnnnddddd PACGA Xd Xn Xmsp
110110101100000101000011111ddddd XPACI Xd
110110101100000101000111111ddddd XPACD Xd
@ 1101101011000001!ddddd
000000 nnnnn PACIA Xd Xnsp
000001 nnnnn PACIB Xd Xnsp
000010 nnnnn PACDA Xd Xnsp
000011 nnnnn PACDB Xd Xnsp
000100 nnnnn AUTIA Xd Xnsp
000101 nnnnn AUTIB Xd Xnsp
000110 nnnnn AUTDA Xd Xnsp
000111 nnnnn AUTDB Xd Xnsp
001000 11111 PACIZA Xd
001001 11111 PACIZB Xd
001010 11111 PACDZA Xd
001011 11111 PACDZB Xd
001100 11111 AUTIZA Xd
001101 11111 AUTIZB Xd
001110 11111 AUTDZA Xd
001111 11111 AUTDZB Xd
# common short sequences
@ f10110101100000000!nnnnnddddd
0110 CTZ Rd Rn
0111 CNT Rd Rn
1000 ABS Rd Rn
@ f0011010110mmmmm0110!nnnnnddddd
00 SMAX Rd Rn Rm
01 UMAX Rd Rn Rm
10 SMIN Rd Rn Rm
11 UMIN Rd Rn Rm
# cryptography
@ !nnnnnddddd
11001110011 mmmmm 100000 SHA512H Qd Qn Vm=2D
11001110011 mmmmm 100001 SHA512H2 Qd Qn Vm=2D
11001110011 mmmmm 100010 SHA512SU1 Vd=2D Vn=2D Vm=2D
1100111011000000100000 SHA512SU0 Vd=2D Vn=2D
11001110011 mmmmm 100011 RAX1 Vd=2D Vn=2D Vm=2D
11001110000 mmmmm 0aaaaa EOR3 Vd=16B Vn=16B Vm=16B Va=16B
11001110001 mmmmm 0aaaaa BCAX Vd=16B Vn=16B Vm=16B Va=16B
11001110100 mmmmm ssssss XAR Vd=2D Vn=2D Vm=2D #imm6
11001110010 mmmmm 0aaaaa SM3SS1 Vd=4S Vn=4S Vm=4S Va=4S
11001110011 mmmmm 110000 SM3PARTW1 Vd=4S Vn=4S Vm=4S
11001110011 mmmmm 110001 SM3PARTW2 Vd=4S Vn=4S Vm=4S
1100111011000000100001 SM4E Vd=4S Vn=4S
11001110011 mmmmm 110010 SM4EKEY Vd=4S Vn=4S Vm=4S
# dot products, rounding doubling multiplication
@ 0q!nnnnnddddd
001110100 mmmmm 100101 SDOT Vd=S Vn=B Vm=B
101110100 mmmmm 100101 UDOT Vd=S Vn=B Vm=B
001110100 mmmmm 100111 USDOT Vd=S Vn=B Vm=B
101110zz0 mmmmm 100001 SQRDMLAH Vd.hs Vn.hs Vm.hs
101110zz0 mmmmm 100011 SQRDMLSH Vd.hs Vn.hs Vm.hs
101111zzL Mmmmm 1101H0 SQRDMLAH Vd.hs Vn.hs Xm[hs]
101111zzL Mmmmm 1111H0 SQRDMLSH Vd.hs Vn.hs Xm[hs]
@ 01!nnnnnddddd
001110100 mmmmm 101001 SMMLA Vd=4S Vn=16B Vm=16B
101110100 mmmmm 101001 UMMLA Vd=4S Vn=16B Vm=16B
001110100 mmmmm 101011 USMMLA Vd=4S Vn=16B Vm=16B
111110zz0 mmmmm 100001 SQRDMLAH Zd.hs Zn.hs Zm.hs
111110zz0 mmmmm 100011 SQRDMLSH Zd.hs Zn.hs Zm.hs
# floating point
@ !nnnnnddddd
000111100z1 01000010000 FRINT32Z Fd Fn
000111100z1 01000110000 FRINT32X Fd Fn
000111100z1 01001010000 FRINT64Z Fd Fn
000111100z1 01001110000 FRINT64X Fd Fn
0001111001 1 11 110 000000 FJCVTZS Wd Dn
0001111011 1 00 111 000000 FMOV Hd Wn
0001111011 1 00 110 000000 FMOV Wd Hn
1001111011 1 00 111 000000 FMOV Hd Xn
1001111011 1 00 110 000000 FMOV Xd Hn
";

/// The atomics: sizes and orderings are part of the mnemonic.
pub(super) fn atomics(out: &mut Lines) {
    let sizes = [
        ("00", "B", "W"),
        ("01", "H", "W"),
        ("10", "W", "W"),
        ("11", "D", "X"),
    ];
    let orders = [("00", ""), ("10", "A"), ("01", "L"), ("11", "AL")];
    let operations = [
        ("0000", "LDADD"),
        ("0001", "LDCLR"),
        ("0010", "LDEOR"),
        ("0011", "LDOR"),
        ("0100", "LDSMAX"),
        ("0101", "LDSMIN"),
        ("0110", "LDUMAX"),
        ("0111", "LDUMIN"),
        ("1000", "SWP"),
    ];
    for (size, letter, class) in sizes {
        for (order, ordered) in orders {
            for (op, name) in operations {
                out.push(format!(
                    "{size}111000{order}1mmmmm{op}00nnnnnddddd {name}{ordered}{letter} {class}m mem {class}d"
                ));
            }
            let (acquire, release) = order.split_at(1);
            let form = format!("0010000{acquire}1mmmm0{release}11111nnnnndddd0 CASP{ordered}{letter}");
            let registers = format!("{class}m {class}m+1 mem {class}d {class}d+1");
            match letter {
                "W" => out.push(format!("00{form} {registers}")),
                "D" => out.push(format!("01{form} {registers}")),
                _ => {}
            }
            out.push(format!(
                "{size}0010001{acquire}1mmmmm{release}11111nnnnnddddd CAS{ordered}{letter} {class}m mem \
                    {class}d"
            ));
        }
        let letter = letter.replace(['D', 'W'], "");
        out.push(format!(
            "{size}11100010111111110000nnnnnddddd LDAPR{letter} {class}d mem"
        ));
        out.push(format!(
            "{size}011001000iiiiiiiii00nnnnnddddd STLUR{letter} {class}d off9"
        ));
        out.push(format!(
            "{size}011001010iiiiiiiii00nnnnnddddd LDAPUR{letter} {class}d off9"
        ));
    }
    for (size, letter) in [("00", "B"), ("01", "H"), ("10", "W")] {
        out.push(format!(
            "{size}011001100iiiiiiiii00nnnnnddddd LDAPURS{letter} Xd off9"
        ));
        if letter != "W" {
            out.push(format!(
                "{size}011001110iiiiiiiii00nnnnnddddd LDAPURS{letter} Wd off9"
            ));
        }
    }
}

/// The scalar and vector arithmetic in half precision: the same opcodes, another type field.
pub(super) fn half_precision() -> String {
    let mut out = Lines::new();
    let mut wanted = false;
    for line in simd::FLOAT.lines() {
        if line.starts_with('@') {
            // Groups that name the type by bit 22.
            wanted = line.contains("0z");
            out.extend(wanted.then(|| line.replacen("0z", "11", 1)));
        } else if wanted && !line.is_empty() {
            out.push(with_half_registers(line));
        }
    }
    wanted = false;
    for line in simd::VECTOR.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('@') {
            wanted = ["@ 0q!1n", "@ 0q!10n", "@ 01!1n", "@ 01!10n"]
                .iter()
                .any(|start| line.starts_with(start));
            out.extend(wanted.then(|| line.to_owned()));
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let typed = wanted && (line.contains(" Gd ") || line.contains(" Fd "));
        let half = match words[..] {
            [u, kind, size, "1", "mmmmm", opcode, ..] if typed && size.ends_with('z') => Some((
                format!("{u} {kind} {}1 0 mmmmm 00{}", &size[..1], &opcode[2..]),
                6,
            )),
            [u, kind, size, "10000", opcode, ..] if typed && size.ends_with('z') => {
                Some((format!("{u} {kind} {}1 11100 {opcode}", &size[..1]), 5))
            }
            _ => None,
        };
        if let Some((bits, used)) = half {
            let rest = words.get(used..).unwrap_or(&[]).join(" ");
            out.push(with_half_registers(&format!("{bits} {rest}")));
        }
    }
    out.join("\n")
}

/// A row with H registers for those of the type field, and vectors of halves.
fn with_half_registers(line: &str) -> String {
    let half = |word: &str| match word.as_bytes() {
        [b'F', field @ (b'd' | b'n' | b'm' | b'a')] => format!("H{}", char::from(*field)),
        [b'G', field @ (b'd' | b'n' | b'm')] => format!("V{}=H", char::from(*field)),
        _ => word.to_owned(),
    };
    line.split_whitespace().map(half).collect::<Vec<_>>().join(" ")
}
