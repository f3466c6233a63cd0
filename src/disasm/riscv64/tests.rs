use super::decode::{FULL_TEXT, Riscv};
use super::*;
use crate::disasm::NoSymbols;
use crate::disasm::isa::Table;

fn both(word: u32) -> (String, String) {
    let code = word.to_le_bytes();
    let (mut go, mut gnu) = (Vec::new(), Vec::new());
    Riscv64.go(&code, 0x1000, &NoSymbols, Style::default(), &mut go);
    Riscv64.gnu(&code, 0x1000, Style::default(), &mut gnu);
    (String::from_utf8(go).unwrap(), String::from_utf8(gnu).unwrap())
}

#[test]
fn tables_read_without_error() {
    assert_eq!(Table::<Riscv>::errors(FULL_TEXT), Vec::<String>::new());
    assert_eq!(
        Table::<Riscv>::errors(include_str!("compressed.isa")),
        Vec::<String>::new()
    );
}

#[test]
fn texts() {
    for (word, go, gnu) in [
        (0x00008067, "RET", "ret"),
        (0x00000013, "MOV X0, X0", "nop"),
        (0xfe010113, "ADDI $-32, X2, X2", "addi x2,x2,-32"),
        (0x00113023, "MOV X1, (X2)", "sd x1,0(x2)"),
        (0x010db303, "MOV 16(X27), X6", "ld x6,16(x27)"),
        (0x0ff57513, "MOVBU X10, X10", "zext.b x10,x10"),
        (0x02a5c5b3, "DIV X10, X11, X11", "div x11,x11,x10"),
        (0x0ff0000f, "FENCE", "fence"),
        (0x0110000f, "FENCE W, W", "fence w,w"),
        (0x8330000f, "FENCE.TSO", "fence.tso"),
        (
            0x06b5262f,
            "AMOADDW X11, (X10), X12",
            "amoadd.w.aqrl x12,x11,(x10)",
        ),
        (0xc0102573, "RDTIME X10", "rdtime x10"),
        (0x4501, "MOV X0, X10", "li x10,0"),
        (0x0001, "MOV X0, X0", "nop"),
        (0x8082, "RET", "ret"),
        (0xfe000ee3, "BEQZ X0, -1(PC)", "beqz x0,-4"),
        (
            0x0d837557,
            "VSETVLI X6, E64, M1, TA, MA, X10",
            "vsetvli x10,x6,e64,m1,ta,ma",
        ),
        (0x02058407, "VLE8V (X11), V8", "vle8.v v8,(x11)"),
        (0x0285b557, "VADDVI $11, V8, V10", "vadd.vi v10,v8,11"),
    ] {
        assert_eq!(both(word), (go.to_string(), gnu.to_string()), "{word:#x}");
    }
}

#[test]
fn cut_off_and_unknown_consume_what_is_there() {
    let mut out = Vec::new();
    for (code, len) in [(&[0x13u8, 0, 0][..], 2), (&[0x13], 1), (&[0xff; 4], 2)] {
        out.clear();
        let decoded = Riscv64.go(code, 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!(
            (decoded.len, decoded.known, out.as_slice()),
            (len, false, &b"?"[..])
        );
    }
}
