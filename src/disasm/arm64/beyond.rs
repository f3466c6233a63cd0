//! Instructions that golang.org/x/arch/arm64/arm64asm does not know, and Go's compiler or assembler emits: atomics of LSE,
//! SHA-512, SHA-3, acquire-RCpc loads, address translation, the PSTATE fields of later versions, and both encodings of
//! the assembler's UNDEF (the older one, until Go 1.23, is an unallocated word).
//!
//! Mnemonics and operand order are those of Go's own assembler (cmd/internal/obj/arm64). Encodings: DDI 0487.

use super::rows::Lines;

pub(super) const CHAPTER: &str = "
00000000000000000000000000000000 UNDEF
10111110101001110001011100000000 UNDEF
1101010100000ppp0100ccccppp11111 MSR pstate+ #crm
11010101000000110011000011111111 SB
1101010100001ppp0111100cpppddddd AT at
@ !nnnnnddddd
11001110011 mmmmm 100000 SHA512H Qd Qn Vm=2D
11001110011 mmmmm 100001 SHA512H2 Qd Qn Vm=2D
11001110011 mmmmm 100010 SHA512SU1 Vd=2D Vn=2D Vm=2D
1100111011000000100000 SHA512SU0 Vd=2D Vn=2D
11001110011 mmmmm 100011 RAX1 Vd=2D Vn=2D Vm=2D
11001110000 mmmmm 0aaaaa EOR3 Vd=16B Vn=16B Vm=16B Va=16B
11001110001 mmmmm 0aaaaa BCAX Vd=16B Vn=16B Vm=16B Va=16B
11001110100 mmmmm ssssss XAR Vd=2D Vn=2D Vm=2D #imm6
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
            out.push(format!(
                "{size}0010001{acquire}1mmmmm{release}11111nnnnnddddd CAS{ordered}{letter} {class}m mem {class}d"
            ));
        }
        out.push(format!(
            "{size}11100010111111110000nnnnnddddd LDAPR{} {class}d mem",
            letter.replace('D', "")
        ));
    }
}
