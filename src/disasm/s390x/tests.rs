use super::decode::{FOUR_TEXT, SIX_TEXT, TWO_TEXT, Z};
use super::*;
use crate::disasm::NoSymbols;
use crate::disasm::isa::Table;

#[test]
fn tables_read_without_error() {
    for text in [TWO_TEXT, FOUR_TEXT, SIX_TEXT] {
        assert_eq!(Table::<Z>::errors(text), Vec::<String>::new());
    }
}

fn go(code: &[u8]) -> String {
    let mut out = Vec::new();
    let decoded = S390x.go(code, 0x1000, &NoSymbols, Style::default(), &mut out);
    assert_eq!(
        decoded,
        Decoded {
            len: code.len(),
            known: true
        },
        "{code:x?}"
    );
    String::from_utf8(out).unwrap()
}

#[test]
fn texts() {
    for (code, text) in [
        (&[0x07, 0xfe][..], "RET"),
        (&[0x1a, 0xcd], "ADDW g, R12"),
        (&[0xb9, 0x04, 0x00, 0x10], "MOVD R0, R1"),
        (&[0x41, 0x3f, 0x30, 0x70], "MOVD 112(R3)(R15*1), R3"),
        (&[0xa7, 0x09, 0x00, 0x00], "MOVB $0, R0"),
        (&[0xa7, 0xf4, 0xff, 0x92], "BR -55(PC)"),
        (&[0xe3, 0xff, 0x0f, 0x08, 0xff, 0x71], "MOVD -248(R0)(R15*1), R15"),
        (
            &[0xec, 0x22, 0x07, 0x87, 0x00, 0x55],
            "RISBGZ $7, $135, $0, R2, R2",
        ),
        (&[0xec, 0xab, 0x04, 0xfd, 0xa0, 0x65], "CMPUBGE R10, R11, 425(PC)"),
        (&[0xd2, 0x3f, 0x21, 0x00, 0x11, 0x00], "MVC $64, 256(R2), 256(R1)"),
        (&[0xe7, 0x34, 0x00, 0x00, 0x08, 0x22], "VLVGB (R0), R4, V19"),
        (&[0xe7, 0x20, 0x10, 0x10, 0x0e, 0x80], "VFEEBS V16, V17, V18"),
    ] {
        assert_eq!(go(code), text, "{code:x?}");
    }
}

#[test]
fn cut_off_and_unknown_consume_what_is_there() {
    let mut out = Vec::new();
    for (code, len) in [(&[0xe3][..], 1), (&[0xe3, 0, 0, 0, 0], 2), (&[0; 4], 2)] {
        out.clear();
        let decoded = S390x.go(code, 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!(
            (decoded.len, decoded.known, out.as_slice()),
            (len, false, &b"?"[..])
        );
    }
}
