use super::decode::{PREFIXED_TEXT, Power, WORD_TEXT};
use super::*;
use crate::disasm::NoSymbols;
use crate::disasm::isa::Table;

fn both(words: &[u32]) -> (String, String) {
    let code: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
    let (mut go, mut gnu) = (Vec::new(), Vec::new());
    let printer = Ppc64 { little_endian: false };
    let decoded = printer.go(&code, 0x1000, &NoSymbols, Style::default(), &mut go);
    assert_eq!(
        decoded,
        Decoded {
            len: code.len(),
            known: true
        },
        "{words:x?}"
    );
    printer.gnu(&code, 0x1000, Style::default(), &mut gnu);
    (String::from_utf8(go).unwrap(), String::from_utf8(gnu).unwrap())
}

#[test]
fn tables_read_without_error() {
    assert_eq!(Table::<Power>::errors(WORD_TEXT), Vec::<String>::new());
    assert_eq!(Table::<Power>::errors(PREFIXED_TEXT), Vec::<String>::new());
}

#[test]
fn texts() {
    for (words, go, gnu) in [
        (&[0x4e800020][..], "RET", "blr"),
        (&[0x60000000], "NOP", "nop"),
        (&[0], "WORD $0", ".long 0x0"),
        (&[0x7c0802a6], "MOVD LR,R0", "mflr r0"),
        (&[0xe9230010], "MOVD 16(R3),R9", "ld r9,16(r3)"),
        (&[0xfbc10010], "MOVD g,16(R1)", "std r30,16(r1)"),
        (&[0x7c632214], "ADD R4,R3,R3", "add r3,r3,r4"),
        (&[0x7c641850], "SUB R4,R3,R3", "subf r3,r4,r3"),
        (&[0x41820010], "BEQ 0x1010", "beq 0x1010"),
        (&[0x419e0010], "BEQ CR7,0x1010", "beq cr7,0x1010"),
        (&[0x4200fffc], "BC $16,LT,0xffc", "bdnz 0xffc"),
        (&[0x7c2004ac], "LWSYNC", "lwsync"),
        (&[0x7c601828], "LWAR (R3),R3", "lwarx r3,0,r3"),
        (&[0x06100000, 0x38600010], "PADDI R0,$16,$1,R3", "pla r3,16"),
    ] {
        assert_eq!(both(words), (go.to_string(), gnu.to_string()), "{words:x?}");
    }
}

#[test]
fn cut_off_and_unknown_consume_what_is_there() {
    let mut out = Vec::new();
    for (code, len) in [
        (&[0x60, 0, 0][..], 3),
        (&[0x06, 0x10, 0, 0], 4),
        (&[0x06, 0, 0, 0, 0, 0, 0, 0], 4),
    ] {
        out.clear();
        let decoded = Ppc64 { little_endian: false }.go(code, 0, &NoSymbols, Style::default(), &mut out);
        assert_eq!(
            (decoded.len, decoded.known, out.as_slice()),
            (len, false, &b"?"[..])
        );
    }
}

/// One function of 64 bytes at 0x2000.
struct OneFunction;

impl Symbols for OneFunction {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        (0x2000..0x2040).contains(&addr).then_some((b"main.f", 0x2000))
    }
}

#[test]
fn calls_name_the_entry_points_of_functions() {
    let printer = Ppc64 { little_endian: false };
    for (word, text) in [
        (0x48001001_u32, "CALL main.f(SB)"),
        (0x48001009, "CALL main.f+8(SB)"),
        (0x48001008, "BR 0x2008"),
        (0x4800100d, "CALL 0x200c"),
    ] {
        let mut out = Vec::new();
        printer.go(
            &word.to_be_bytes(),
            0x1000,
            &OneFunction,
            Style::default(),
            &mut out,
        );
        assert_eq!(String::from_utf8_lossy(&out), text);
    }
}
