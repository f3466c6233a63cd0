use super::decode::{BASE_TEXT, Loong, VECTOR_TEXT};
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
    Loong64.gnu(&word.to_le_bytes(), 0x1000, Style::default(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn tables_read_without_error() {
    assert_eq!(Table::<Loong>::errors(BASE_TEXT), Vec::<String>::new());
    assert_eq!(Table::<Loong>::errors(VECTOR_TEXT), Vec::<String>::new());
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

#[test]
fn vectors_as_the_assembler_writes_them() {
    for (word, text, gnu_text) in [
        (0x2c400c82, "VMOVQ V2, 3(R4)", "vst $vr2, $a0, 3"),
        (0x2c801082, "XVMOVQ 4(R4), X2", "xvld $xr2, $a0, 4"),
        (0x38401482, "VMOVQ (R4)(R5), V2", "vldx $vr2, $a0, $a1"),
        (0x30400481, "VMOVQ 2(R4), V1.H8", "vldrepl.h $vr1, $a0, 2"),
        (0x70000443, "VSEQB V1, V2, V3", "vseq.b $vr3, $vr2, $vr1"),
        (0x74018c44, "XVSEQV X3, X2, X4", "xvseq.d $xr4, $xr2, $xr3"),
        (0x72ef8c65, "VMOVQ V3.B[3], R5", "vpickve2gr.b $a1, $vr3, 0x3"),
        (0x76f3c907, "XVMOVQ X8.WU[2], R7", "xvpickve2gr.wu $a3, $xr8, 0x2"),
        (0x72eb8484, "VMOVQ R4, V4.B[1]", "vinsgr2vr.b $vr4, $a0, 0x1"),
        (0x769f021f, "XVMOVQ R16, X31.B32", "xvreplgr2vr.b $xr31, $t4"),
        (0x7707f07b, "XVMOVQ X3, X27.Q2", "xvreplve0.q $xr27, $xr3"),
        (0x72f7c848, "VMOVQ V2.H[2], V8.H8", "vreplvei.h $vr8, $vr2, 0x2"),
        (0x729c9820, "VSETEQV V1, FCC0", "vseteqz.v $fcc0, $vr1"),
        (
            0x0d508864,
            "VSHUFB V1, V2, V3, V4",
            "vshuf.b $vr4, $vr3, $vr2, $vr1",
        ),
    ] {
        assert_eq!(
            (go(word, false), gnu(word)),
            (text.to_string(), gnu_text.to_string()),
            "{word:#x}"
        );
        let mut out = Vec::new();
        let strict = Style {
            strict_go: true,
            ..Style::default()
        };
        assert!(
            !Loong64
                .go(&word.to_le_bytes(), 0, &NoSymbols, strict, &mut out)
                .known
        );
    }
}
