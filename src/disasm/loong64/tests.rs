use super::decode::{BASE_TEXT, Loong};
use super::*;
use crate::disasm::NoSymbols;
use crate::disasm::isa::Table;

fn go(word: u32, strict_go: bool) -> String {
    let mut out = Vec::new();
    let decoded = Loong64.go(
        &word.to_le_bytes(),
        0x1000,
        &NoSymbols,
        Style {
            strict_go,
            ..Style::default()
        },
        &mut out,
    );
    assert_eq!(decoded, Decoded { len: 4, known: true }, "{word:#x}");
    String::from_utf8(out).unwrap()
}

fn gnu(word: u32) -> String {
    let mut out = Vec::new();
    Loong64.gnu(&word.to_le_bytes(), 0x1000, &NoSymbols, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn tables_read_without_error() {
    assert_eq!(Table::<Loong>::errors(BASE_TEXT), Vec::<String>::new());
}

#[test]
fn texts() {
    for (word, text, gnu_text) in [
        (0x4c000020, "RET", "ret"),
        (0x4000ca80, "BEQ R20, 50(PC)", "beqz $t8, 200"),
        (0x02c04063, "ADDV $16, R3", "addi.d $sp, $sp, 16"),
        (0x28c02064, "MOVV 8(R3), R4", "ld.d $a0, $sp, 8"),
        (0x29c02064, "MOVV R4, 8(R3)", "st.d $a0, $sp, 8"),
        (0x00150085, "MOVV R4, R5", "move $a1, $a0"),
        (0x03400000, "NOOP", "nop"),
        (0x002b0000, "SYSCALL", "syscall 0x0"),
    ] {
        assert_eq!(
            (go(word, false), gnu(word)),
            (text.to_string(), gnu_text.to_string()),
            "{word:#x}"
        );
        assert_eq!(go(word, true), text);
    }
}

#[test]
fn what_go_does_not_name() {
    assert_eq!(go(0x002d294b, false), "ALSLV $3, R10, R10, R11");
    assert_eq!(go(0x002d294b, true), "Unknown ALSL.D $3, R10, R10, R11");
    assert_eq!(go(0x00005d29, false), "EXTWB R9, R9");
    assert_eq!(go(0x00005d29, true), "? R9, R9");
}

#[test]
fn cut_off_and_unknown_consume_what_is_there() {
    let mut out = Vec::new();
    for (code, len) in [(&[0, 0, 0x40][..], 3), (&[0; 4], 4), (&[0xff; 8], 4)] {
        out.clear();
        let decoded = Loong64.go(code, 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!(
            (decoded.len, decoded.known, out.as_slice()),
            (len, false, &b"?"[..])
        );
    }
}
