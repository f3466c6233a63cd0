//! Texts that `go tool objdump` of Go 1.27.4 prints, one row per rule that the modules of this folder state.

use super::super::{NoSymbols, Printer, Style, Symbols};
use super::X86;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

const GO: Style = Style {
    strict_go: false,
    correct: false,
};
const STRICT: Style = Style {
    strict_go: true,
    correct: false,
};
const CORRECT: Style = Style {
    strict_go: false,
    correct: true,
};

fn text(printer: X86, hex: &str, style: Style, symbols: &dyn Symbols) -> (String, usize) {
    let mut out = Vec::new();
    let done = printer.go(&bytes(hex), 0x401000, symbols, style, &mut out);
    (String::from_utf8(out).unwrap(), done.len)
}

/// The text with and without strictness.
fn both(printer: X86, rows: &[(&str, &str)]) {
    for &(hex, want) in rows {
        for style in [GO, STRICT] {
            assert_eq!(
                text(printer, hex, style, &NoSymbols),
                (want.to_string(), hex.len() / 2),
                "{hex} {style:?}"
            );
        }
    }
}

#[test]
fn operands_stand_in_source_to_destination_order_but_for_comparisons() {
    both(
        X86::AMD64,
        &[
            ("4889c8", "MOVQ CX, AX"),
            ("4883fb08", "CMPQ BX, $0x8"),
            ("30c0", "XORL AL, AL"),
            ("b001", "MOVL $0x1, AL"),
            ("8b442408", "MOVL 0x8(SP), AX"),
            ("f3480fbdc1", "LZCNT CX, AX"),
            ("480fb3c8", "BTRQ CX, AX"),
        ],
    );
}

#[test]
fn displacements_of_32_bits_lose_their_sign_in_legacy_encodings() {
    both(
        X86::AMD64,
        &[
            ("488d842450ffffff", "LEAQ 0xffffff50(SP), AX"),
            ("488b442450", "MOVQ 0x50(SP), AX"),
            ("488b4424f0", "MOVQ -0x10(SP), AX"),
            ("488b05f0ffffff", "MOVQ 0xfffffff0(IP), AX"),
            ("c5fe6f8450f0ffffff", "VMOVDQU -0x10(AX)(DX*2), Y0"),
            ("c5fe6f0510000000", "VMOVDQU 0x10, Y0"),
        ],
    );
}

#[test]
fn immediates_have_the_signedness_of_their_encoding() {
    both(
        X86::AMD64,
        &[
            ("04f0", "ADDL $0xf0, AL"),
            ("83c0f0", "ADDL $-0x10, AX"),
            ("81c0f0ffffff", "ADDL $-0x10, AX"),
            ("66b86f8e", "MOVW $-0x7191, AX"),
            ("c20598", "RET $0x9805"),
            ("c805cbe2", "ENTER $0xe2, $0xcb05"),
            ("6a05", "PUSHL $0x5"),
            ("48b80102030405060780", "MOVQ $0x8007060504030201, AX"),
        ],
    );
    both(
        X86::I386,
        &[
            ("83c0f0", "ADDL $0xfffffff0, AX"),
            ("66b86f8e", "MOVW $0xffff8e6f, AX"),
        ],
    );
}

#[test]
fn prefixes_that_the_operands_do_not_tell_are_words() {
    both(
        X86::AMD64,
        &[
            ("f0480fb10e", "LOCK CMPXCHGQ CX, 0(SI)"),
            ("f3c3", "REP; RET"),
            ("f2ff25112233ff", "REPNE; JMP 0xff332211(IP)"),
            ("f348ab", "REP; STOSQ AX, ES:0(DI)"),
            ("f390", "PAUSE"),
            ("662e0f1f840000000000", "CS NOPW 0(AX)(AX*1)"),
            ("2e660f1f840000000000", "NOPW 0(AX)(AX*1)"),
            ("64488b0c25f8ffffff", "MOVQ FS:0xfffffff8, CX"),
            ("2e7400", "PN JE 0x401003"),
            ("f066c9", "LEAVE"),
        ],
    );
    both(
        X86::I386,
        &[("658b0d00000000", "MOVL GS:0, CX"), ("3e7400", "PT JE 0x401003")],
    );
}

#[test]
fn string_and_table_instructions_show_their_operands() {
    both(
        X86::AMD64,
        &[
            ("a4", "MOVSB DS:0(SI), ES:0(DI)"),
            ("66a5", "MOVSW DS:0(SI), ES:0(DI)"),
            ("ae", "SCASB ES:0(DI), AL"),
            ("d7", "XLATB DS:0(BX)"),
            ("64a4", "MOVSB FS:0(SI), ES:0(DI)"),
        ],
    );
}

#[test]
fn vector_instructions_say_mask_broadcast_rounding_and_zeroing() {
    both(
        X86::AMD64,
        &[
            ("c5f96fc1", "VMOVDQA X1, X0"),
            ("62f17c481000", "VMOVUPS 0(AX), Z0"),
            ("c5fa5ac1", "VCVTSS2SD X1, X0, X0"),
            ("c5fbe6c1", "VCVTPD2DQX X1, X0"),
            ("c5ffe6c1", "VCVTPD2DQY Y1, X0"),
            ("c4e1fb2ac1", "VCVTSI2SDQ CX, X0, X0"),
            ("c5fb2ac1", "VCVTSI2SDL CX, X0, X0"),
            ("62f17c9858ca", "VADDPS.RN_SAE.Z Z2, Z0, Z1"),
            ("62f1fd58580a", "VADDPD.BCST 0(DX), Z0, Z1"),
            ("62f1fe4d6f0a", "VMOVDQU64 0(DX), K5, Z1"),
        ],
    );
}

#[test]
fn special_operands_and_names() {
    both(
        X86::AMD64,
        &[
            ("cc", "INT $0x3"),
            ("cd80", "INT $0x80"),
            ("f20f1000", "MOVSD_XMM 0(AX), X0"),
            ("660f381508", "BLENDVPD X0, 0(AX), X1"),
            ("d9c9", "FXCH F1"),
            ("d8d1", "FCOM F1"),
            ("dec1", "FADDP F0, F1"),
            ("d920", "FLDENVL 0(AX)"),
            ("660ff7c1", "MASKMOVDQU X1, X0"),
            ("480fc7f1", "RDRAND"),
            ("90", "NOPL"),
        ],
    );
    both(X86::I386, &[("9a112233445566", "LCALL $0x44332211, $0x6655")]);
}

#[test]
fn what_go_does_not_know_is_decoded_unless_strict() {
    for (hex, want) in [
        ("c4e273f6c2", "MULX DX, CX, AX"),
        ("c4e37bf0c105", "RORX $0x5, CX, AX"),
        ("66480f38f6c1", "ADCX CX, AX"),
        ("f30f1efa", "ENDBR64"),
        ("0fc7f9", "RDSEED CX"),
    ] {
        assert_eq!(
            text(X86::AMD64, hex, CORRECT, &NoSymbols),
            (want.to_string(), hex.len() / 2),
            "{hex}"
        );
        assert_eq!(
            text(X86::AMD64, hex, STRICT, &NoSymbols),
            ("?".to_string(), 1),
            "{hex}"
        );
    }
}

#[test]
fn what_go_does_not_know_is_decoded_where_go_finds_back_behind_it() {
    // Go reads the last bytes of this MULX with the byte behind it as a TESTB, unless nothing is behind it.
    for (hex, style, want) in [
        ("c4e273f6c2", GO, ("MULX DX, CX, AX", 5)),
        ("c4e273f6c211223344", GO, ("?", 1)),
        ("c4e273f6c211223344", CORRECT, ("MULX DX, CX, AX", 5)),
        ("c4e273f6c211223344", STRICT, ("?", 1)),
    ] {
        assert_eq!(
            text(X86::AMD64, hex, style, &NoSymbols),
            (want.0.to_string(), want.1),
            "{hex} {style:?}"
        );
    }
}

#[test]
fn what_go_takes_for_something_else_is_named_right_unless_strict() {
    for (hex, right, go) in [
        ("62f57c4858c1", "VADDPH Z1, Z0, Z0", "VADDPS Z1, Z0, Z0"),
        ("f30f09", "WBNOINVD", "REP; WBINVD"),
        ("660fae38", "CLFLUSHOPT 0(AX)", "CLFLUSH 0(AX)"),
    ] {
        let len = hex.len() / 2;
        for (style, want) in [(GO, right), (CORRECT, right), (STRICT, go)] {
            assert_eq!(
                text(X86::AMD64, hex, style, &NoSymbols),
                (want.to_string(), len),
                "{hex} {style:?}"
            );
        }
    }
}

#[test]
fn lengths_and_operands_that_go_mistakes_are_right_if_correct() {
    for (hex, right, go) in [
        ("c5f877e960feffff", ("VZEROUPPER", 3), ("VZEROUPPER", 4)),
        ("c5f87748c1e120", ("VZEROUPPER", 3), ("VZEROUPPER", 5)),
        (
            "c5fe6f0510000000",
            ("VMOVDQU 0x10(IP), Y0", 8),
            ("VMOVDQU 0x10, Y0", 8),
        ),
        ("0f20050000000011", ("MOVL CR0, BP", 3), ("MOVL CR0, BP", 7)),
    ] {
        for (style, want) in [(GO, go), (CORRECT, right), (STRICT, go)] {
            assert_eq!(
                text(X86::AMD64, hex, style, &NoSymbols),
                (want.0.to_string(), want.1),
                "{hex} {style:?}"
            );
        }
    }
}

#[test]
fn cut_off_and_invalid_instructions_consume_one_byte() {
    for hex in ["48", "0f", "e8ffff", "ffffffff", "06"] {
        assert_eq!(
            text(X86::AMD64, hex, GO, &NoSymbols),
            ("?".to_string(), 1),
            "{hex}"
        );
    }
}

struct One;
impl Symbols for One {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        (0x500000..0x500100)
            .contains(&addr)
            .then_some((b"main.x", 0x500000))
    }
}

#[test]
fn addresses_of_symbols_are_named() {
    for (hex, want) in [
        ("e8fbef0f00", "CALL main.x(SB)"),
        ("e8fcef0f00", "CALL 0x500001"),
        ("488d05f9ef0f00", "LEAQ main.x(SB), AX"),
        ("488d05faef0f00", "LEAQ main.x+1(SB), AX"),
        ("b808005000", "MOVL $main.x+8(SB), AX"),
        ("488b042500005000", "MOVQ 0x500000, AX"),
    ] {
        assert_eq!(text(X86::AMD64, hex, GO, &One).0, want, "{hex}");
    }
    assert_eq!(text(X86::I386, "a100005000", GO, &One).0, "MOVL main.x(SB), AX");
    assert_eq!(
        text(X86::I386, "8b0510005000", GO, &One).0,
        "MOVL main.x+16(SB), AX"
    );
    assert_eq!(text(X86::I386, "8b042510005000", GO, &One).0, "MOVL 0x500010, AX");
}

#[test]
fn no_bytes_panic() {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut out = Vec::new();
    for _ in 0..200_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut word = seed.to_le_bytes().to_vec();
        word.extend_from_slice(&seed.rotate_left(29).to_le_bytes());
        word.truncate(1 + (seed >> 60) as usize);
        for printer in [X86::AMD64, X86::I386] {
            for style in [GO, STRICT, CORRECT] {
                out.clear();
                let done = printer.go(&word, seed, &NoSymbols, style, &mut out);
                assert!(done.len >= 1 && done.len <= word.len() && !out.is_empty());
            }
        }
    }
}

#[test]
fn gnu_syntax_keeps_gos_mistakes_if_strict() {
    let strict = Style {
        strict_go: true,
        ..Style::default()
    };
    // Bytes of the VEX prefix that look like a segment override.
    for (style, want) in [
        (strict, "vpminud %gs:0x61(%rdi),%ymm3,%ymm4"),
        (Style::default(), "vpminud 0x61(%rdi),%ymm3,%ymm4"),
    ] {
        let mut out = Vec::new();
        X86::AMD64.gnu(&bytes("c4e2653b6761"), 0x401000, style, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}

#[test]
fn gnu_syntax_is_that_of_gos_comments() {
    for (printer, rows) in [
        (
            X86::AMD64,
            &[
                ("4889c8", "mov %rcx,%rax"),
                ("0fb600", "movzbl (%rax),%eax"),
                ("48837c2408f0", "cmpq $-0x10,0x8(%rsp)"),
                ("e8fbef0f00", "callq 0x500000"),
                ("eb02", "jmp 0x401004"),
                ("ff20", "jmpq *(%rax)"),
                ("c3", "retq"),
                ("cc", "int3"),
                ("48d1e0", "shl %rax"),
                ("48c1e001", "shl $0x1,%rax"),
                ("6a05", "pushq $0x5"),
                ("f348ab", "rep stos %rax,%es:(%rdi)"),
                ("f0480fb10e", "lock cmpxchg %rcx,(%rsi)"),
                ("f20fc2c102", "cmplesd %xmm1,%xmm0"),
                ("6690", "data16 nop"),
                ("662e0f1f840000000000", "nopw %cs:(%rax,%rax)"),
                ("66662e0f1f840000000000", "data32 nopw %cs:(%rax,%rax)"),
                ("2e0f1f840000000000", "nopl %cs:(%rax,%rax)"),
                ("480faee8", "rex.W lfence"),
                ("40c3", "rex retq"),
                ("4084c9", "rex test %cl,%cl"),
                ("4084f6", "test %sil,%sil"),
                ("67e8fbef0f00", "addr32 callq 0x500001"),
                ("2e7402", "je,pn 0x401005"),
                ("0f1808", "prefetcht0 (%rax)"),
                ("66450f3a44c111", "pclmulhqhqdq %xmm9,%xmm8"),
                ("62f17c9858ca", "vaddps {rn-sae},%zmm2,%zmm0,%zmm1"),
                ("62f1fd58580a", "vaddpd (%rdx){1to8},%zmm0,%zmm1"),
                ("62f1fe4d6f0a", "vmovdqu64 (%rdx),%zmm1 {%k5}"),
                ("dee9", "fsubrp %st,%st(1)"),
                ("dd00", "fldl (%rax)"),
            ][..],
        ),
        (
            X86::I386,
            &[
                ("83c0f0", "add $0xfffffff0,%eax"),
                ("658b0d00000000", "mov %gs:,%ecx"),
                ("ec", "in (%dx),%al"),
                ("636951", "arpl %bp,0x51(%ecx)"),
                ("676a30", "addr16 push $0x30"),
            ][..],
        ),
    ] {
        for &(hex, want) in rows {
            let mut out = Vec::new();
            printer.gnu(&bytes(hex), 0x401000, Style::default(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), want, "{hex}");
        }
    }
}
