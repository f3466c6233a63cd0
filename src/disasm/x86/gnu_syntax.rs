//! Go's view of an instruction → the GNU syntax in the comments of `go tool objdump -gnu`
//! (golang.org/x/arch/x86/x86asm, `GNUSyntax`, which follows binutils' habits of 2014).

use iced_x86::{Code, EncodingKind, Mnemonic, Register};

use super::go_syntax::{hex, signed_hex};
use super::inst::{Arg, Inst, Mem};
use super::regs;

/// Appends the text of `inst`, which lies at `pc` and whose bytes begin `code`.
pub(super) fn write(inst: &Inst, code: &[u8], pc: u64, strict_go: bool, out: &mut Vec<u8>) {
    let mut args: Vec<Arg> = inst.args.as_slice().to_vec();
    let mut op = base_name(inst);
    implied_args(inst, &mut args);
    suffix(inst, &args, &mut op);
    pseudo(inst, &mut args, &mut op);
    let segments = prefixes(inst, &args, inst.prefixes.bytes(code), &mut op, out);
    let segments = match inst.encoding {
        // Go takes the bytes of a VEX or EVEX prefix for segment overrides, if they look like one.
        EncodingKind::VEX | EncodingKind::EVEX if strict_go => {
            let len = match code.first() {
                Some(0xC5) => 2,
                Some(0xC4) => 3,
                _ => 4,
            };
            segment_words(code.get(1..len).unwrap_or(&[]))
        }
        _ => segments,
    };
    out.extend_from_slice(op.as_bytes());
    let texts = arg_texts(inst, &args, pc, &segments);
    if texts.is_empty() {
        return;
    }
    out.push(b' ');
    let indirect = matches!(args.first(), Some(Arg::Mem(_) | Arg::Reg(_)));
    if indirect && matches!(&*inst.op.name, "CALL" | "JMP" | "LJMP" | "LCALL") {
        out.push(b'*');
    }
    let forward = matches!(&*inst.op.name, "BOUND" | "LCALL" | "ENTER" | "LJMP");
    for i in 0..texts.len() {
        if i > 0 {
            out.push(b',');
        }
        let Some(text) = texts.get(if forward { i } else { texts.len() - 1 - i }) else {
            break;
        };
        out.extend_from_slice(text);
    }
}

/// Writes the prefixes that the instruction's text does not imply, in their order, or adds a branch hint to
/// its name; gives the segments that its memory operand shows instead.
fn prefixes(inst: &Inst, args: &[Arg], bytes: &[u8], op: &mut String, out: &mut Vec<u8>) -> String {
    let is = |b: u8, set: &[u8]| set.contains(&b);
    let last = |set: &[u8]| bytes.iter().rposition(|b| set.contains(b));
    let memory = args
        .iter()
        .any(|a| matches!(a, Arg::Mem(m) if !string_operand(inst, m)));
    let shown = if memory {
        segment_words(bytes)
    } else {
        String::new()
    };
    let sizes = bytes.iter().filter(|b| **b == 0x66).count();
    // One size prefix is what made the operands 16 bits wide, or another opcode of this one.
    let nop = &*inst.op.name == "NOP" && inst.opcode == 0x90;
    let mut size_words = if nop { sizes } else { sizes.saturating_sub(1) };
    let addressed = args.iter().any(|a| matches!(a, Arg::Mem(_)))
        || matches!(
            &*inst.op.name,
            "LOOP" | "LOOPE" | "LOOPNE" | "JCXZ" | "JECXZ" | "JRCXZ" | "MONITOR"
        );
    let mut told = false;
    for (i, &b) in bytes.iter().enumerate() {
        if is(b, &[0xF2, 0xF3]) {
            if inst.prefixes.rep.is_some() && last(&[0xF2, 0xF3]) == Some(i) {
                out.extend_from_slice(repeat_word(inst));
            }
        } else if is(b, SEGMENTS) {
            match inst.prefixes.word {
                Some("PN ") | Some("PT ") if last(&[0x2E, 0x3E]) == Some(i) => {
                    op.push_str(if b == 0x2E { ",pn" } else { ",pt" });
                }
                // Of several of the same only the last goes with the operand.
                _ if memory && last(&[b]) == Some(i) => {}
                Some(word) if !memory && !told && segment(b) == word.trim_end().to_ascii_lowercase() => {
                    told = true;
                    out.extend_from_slice(word.to_ascii_lowercase().as_bytes());
                }
                _ if memory => out.extend_from_slice(format!("{} ", segment(b)).as_bytes()),
                _ => {}
            }
        } else if b == 0xF0 {
            if inst.prefixes.word == Some("LOCK ") && last(&[0xF0]) == Some(i) {
                out.extend_from_slice(b"lock ");
            }
        } else if b == 0x66 && size_words > 0 {
            size_words -= 1;
            out.extend_from_slice(if nop { b"data16 " } else { b"data32 " });
        } else if b == 0x67 && !addressed && last(&[0x67]) == Some(i) {
            out.extend_from_slice(if inst.mode == 32 { b"addr16 " } else { b"addr32 " });
        } else if b & 0xF0 == 0x40 && rex_is_idle(inst, args, b) {
            let letters = [(8, 'W'), (4, 'R'), (2, 'X'), (1, 'B')];
            let set: String = letters.iter().filter(|l| b & l.0 != 0).map(|l| l.1).collect();
            out.extend_from_slice(
                if set.is_empty() {
                    "rex ".into()
                } else {
                    format!("rex.{set} ")
                }
                .as_bytes(),
            );
        }
    }
    shown
}

const SEGMENTS: &[u8] = &[0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65];

fn segment(b: u8) -> &'static str {
    match b {
        0x2E => "cs",
        0x3E => "ds",
        0x36 => "ss",
        0x26 => "es",
        0x64 => "fs",
        _ => "gs",
    }
}

/// All segments that are named, in the order in which Go has them.
fn segment_words(bytes: &[u8]) -> String {
    let named = [0x2E, 0x3E, 0x36, 0x26, 0x64, 0x65]
        .into_iter()
        .filter(|b| bytes.contains(b));
    named.map(|b| format!("%{}:", segment(b))).collect()
}

/// Is it an operand of a string instruction, which shows its segment itself?
fn string_operand(inst: &Inst, m: &Mem) -> bool {
    m.segment != Register::None && matches!(inst.prefixes.segment(), Register::None)
        || &*inst.op.name == "XLATB"
        || ["MOVS", "CMPS", "STOS", "LODS", "SCAS", "INS", "OUTS"]
            .iter()
            .any(|n| {
                inst.op
                    .name
                    .strip_prefix(n)
                    .is_some_and(|rest| matches!(rest, "B" | "W" | "D" | "Q"))
            })
}

fn repeat_word(inst: &Inst) -> &'static [u8] {
    let repne = inst.prefixes.rep == Some("REPNE; ");
    match (repne, branches(inst)) {
        (true, true) => b"bnd ",
        (true, false) if inst.lockable_with_memory() => b"xacquire ",
        (false, _) if inst.lockable_with_memory() => b"xrelease ",
        (true, false) => b"repn ",
        (false, _) => b"rep ",
    }
}

/// Does nothing in the operands come from the REX prefix, as far as they tell?
fn rex_is_idle(inst: &Inst, args: &[Arg], rex: u8) -> bool {
    let low = |a: &Arg| {
        matches!(
            a,
            Arg::Reg(Register::SPL | Register::BPL | Register::SIL | Register::DIL)
        )
    };
    if rex == 0x40 {
        return !args.iter().any(low);
    }
    let floating = inst.op.name.starts_with('F') && inst.opcode & 0xF8 == 0xD8;
    floating && !args.iter().any(|a| matches!(a, Arg::Mem(_)))
        || matches!(&*inst.op.name, "LFENCE" | "MFENCE" | "SFENCE")
}

fn branches(inst: &Inst) -> bool {
    matches!(&*inst.op.name, "JMP" | "CALL" | "RET")
        || inst.op.name.starts_with('J') && !matches!(&*inst.op.name, "JCXZ" | "JECXZ" | "JRCXZ")
}

fn base_name(inst: &Inst) -> String {
    use Code::*;
    let name = match &*inst.op.name {
        "CBW" => "cbtw",
        "CDQ" => "cltd",
        "CMPSD" => "cmpsl",
        "CMPSD_XMM" => "cmpsd",
        "CWD" => "cwtd",
        "CWDE" => "cwtl",
        "CQO" => "cqto",
        "INSD" => "insl",
        "IRET" => "iretw",
        "IRETD" => "iret",
        "LODSB" | "LODSW" | "LODSD" | "LODSQ" => "lods",
        "MOVSD" => "movsl",
        "MOVSD_XMM" => "movsd",
        "OUTSD" => "outsl",
        "POPA" => "popaw",
        "POPAD" => "popa",
        "POPF" => "popfw",
        "POPFD" => "popf",
        "PUSHA" => "pushaw",
        "PUSHAD" => "pusha",
        "PUSHF" => "pushfw",
        "PUSHFD" => "pushf",
        "SCASB" | "SCASW" | "SCASD" | "SCASQ" => "scas",
        "STOSB" | "STOSW" | "STOSD" | "STOSQ" => "stos",
        "XLATB" => "xlat",
        "INT" if inst.code == Int3 => "int3",
        other => match inst.code {
            // binutils has these the other way round since AT&T's assembler had.
            Fsub_sti_st0 => "fsubr",
            Fsubr_sti_st0 => "fsub",
            Fdiv_sti_st0 => "fdivr",
            Fdivr_sti_st0 => "fdiv",
            Fsubp_sti_st0 => "fsubrp",
            Fsubrp_sti_st0 => "fsubp",
            Fdivp_sti_st0 => "fdivrp",
            Fdivrp_sti_st0 => "fdivp",
            _ => return other.to_ascii_lowercase(),
        },
    };
    name.to_string()
}

fn implied_args(inst: &Inst, args: &mut Vec<Arg>) {
    let long = inst.mode == 64;
    match &*inst.op.name {
        "MONITOR" => {
            *args = vec![
                Arg::Reg(Register::EDX),
                Arg::Reg(Register::ECX),
                Arg::Reg(Register::EAX),
            ]
        }
        "MWAIT" if long => *args = vec![Arg::Reg(Register::RCX), Arg::Reg(Register::RAX)],
        "MWAIT" => *args = vec![Arg::Reg(Register::ECX), Arg::Reg(Register::EAX)],
        "INT" if inst.code == Code::Int3 => args.clear(),
        _ => {}
    }
}

/// Does a register tell the operand size?
fn size_is_told(inst: &Inst, args: &[Arg]) -> bool {
    args.iter().enumerate().any(|(i, a)| {
        let Arg::Reg(r) = *a else { return false };
        match &*inst.op.name {
            "MOVSX" | "MOVZX" | "CRC32" => return false,
            "SHL" | "SHR" | "RCL" | "RCR" | "ROL" | "ROR" | "SAR" if i == 1 => return false,
            "PUSH" | "POP" if r.is_segment_register() => return false,
            "CVTSI2SD" | "CVTSI2SS" if r.is_xmm() => return false,
            _ => {}
        }
        r.is_gpr() || r.is_segment_register() || r.is_vector_register() || r.is_mm() || r.is_k()
    })
}

fn letter(bytes: u32) -> &'static str {
    match bytes {
        1 => "b",
        2 => "w",
        4 => "l",
        8 => "q",
        _ => "",
    }
}

fn arg_bytes(inst: &Inst, arg: Option<&Arg>) -> u32 {
    match arg {
        Some(Arg::Mem(_)) => inst.mem_bytes,
        Some(Arg::Reg(r)) => u32::try_from(r.size()).unwrap_or(0),
        _ => 0,
    }
}

fn suffix(inst: &Inst, args: &[Arg], op: &mut String) {
    let (long, short) = (inst.mode == 64, inst.data_size == 16);
    if !size_is_told(inst, args) {
        match &*inst.op.name {
            "CMPXCHG8B" | "FLDCW" | "FNSTCW" | "FNSTSW" | "LDMXCSR" | "LLDT" | "LMSW" | "LTR"
            | "PCLMULQDQ" | "SLDT" | "SMSW" | "STMXCSR" | "STR" | "VERR" | "VERW" | "VLDMXCSR"
            | "VSTMXCSR" => {}
            name if name.starts_with("SET") => {}
            "CRC32" => op.push_str(letter(arg_bytes(inst, args.get(1)))),
            "LGDT" | "LIDT" | "SGDT" | "SIDT" => op.push_str(letter(inst.data_size / 8)),
            "MOVZX" | "MOVSX" => {
                op.truncate(4);
                op.push_str(letter(arg_bytes(inst, args.get(1))));
                op.push_str(letter(arg_bytes(inst, args.first())));
            }
            "LOOP" | "LOOPE" | "LOOPNE" => {}
            "JMP" if inst.opcode == 0xEB => {}
            "CALL" | "ENTER" | "JMP" | "LCALL" | "LEAVE" | "LJMP" | "LRET" | "RET" | "SYSRET" | "XBEGIN" => {
                op.push_str(if short {
                    "w"
                } else if long {
                    "q"
                } else {
                    ""
                });
            }
            "FRSTOR" | "FNSAVE" | "FNSTENV" | "FLDENV" => op.push_str(if short { "s" } else { "" }),
            "PUSH" | "POP" if inst.prefixes.data16() => op.push_str(letter(inst.data_size / 8)),
            "PUSH" | "POP" if long => op.push('q'),
            name => op.push_str(float_suffix(name, inst, args).unwrap_or(letter(inst.mem_bytes))),
        }
    }
    if inst.encoding != EncodingKind::Legacy && args.iter().any(|a| matches!(a, Arg::Mem(_))) {
        vector_suffix(inst, args, op);
    }
}

/// x87 operations on memory have letters of their own.
fn float_suffix(name: &str, inst: &Inst, args: &[Arg]) -> Option<&'static str> {
    let integer = matches!(
        name,
        "FIADD"
            | "FICOM"
            | "FICOMP"
            | "FIDIV"
            | "FIDIVR"
            | "FILD"
            | "FIMUL"
            | "FIST"
            | "FISTP"
            | "FISTTP"
            | "FISUB"
            | "FISUBR"
    );
    let float = matches!(
        name,
        "FADD" | "FCOM" | "FCOMP" | "FDIV" | "FDIVR" | "FLD" | "FMUL" | "FST" | "FSTP" | "FSUB" | "FSUBR"
    );
    if !integer && !float {
        return None;
    }
    Some(match (inst.mem_bytes, integer) {
        (4, true) | (8, false) => "l",
        (4, false) => "s",
        (8, true) => "ll",
        _ if matches!(name, "FLD" | "FSTP") && matches!(args.first(), Some(Arg::Mem(_))) => "t",
        _ => "",
    })
}

fn vector_suffix(inst: &Inst, args: &[Arg], op: &mut String) {
    use Mnemonic::*;
    let width = ["x", "y", "z", ""]
        .get(usize::from(inst.vector_len))
        .copied()
        .unwrap_or("");
    match inst.code.mnemonic() {
        Vfpclasspd | Vfpclassps | Vcvtpd2dq => op.push_str(width),
        Vcvttpd2dq | Vcvttpd2udq | Vcvttpd2qq | Vcvttpd2uqq | Vcvtpd2udq | Vcvtpd2qq | Vcvtpd2uqq
        | Vcvtpd2ps
            if inst.encoding == EncodingKind::VEX =>
        {
            op.push_str(width);
        }
        Vcvtsi2sd | Vcvtsi2ss => {
            let wide =
                inst.mem_bytes == 8 || args.iter().any(|a| matches!(a, Arg::Reg(r) if regs::is_64(*r)));
            op.push(if wide { 'q' } else { 'l' });
        }
        _ => {}
    }
}

/// Comparisons and carry-less products have names for their immediates.
fn pseudo(inst: &Inst, args: &mut Vec<Arg>, op: &mut String) {
    const COMPARE: [&str; 8] = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"];
    let name = &*inst.op.name;
    let vector = matches!(
        name,
        "VCMPPD" | "VCMPPS" | "VCMPSD" | "VCMPSS" | "VCMPPH" | "VCMPSH"
    );
    if vector || matches!(name, "CMPPS" | "CMPPD" | "CMPSD_XMM" | "CMPSS") {
        if let Some(Arg::Imm(i)) = args.last()
            && let Some(word) = usize::try_from(*i).ok().and_then(|i| COMPARE.get(i))
        {
            let (head, tail) = if vector {
                ("vcmp", op.get(4..))
            } else {
                ("cmp", op.get(3..))
            };
            *op = format!("{head}{word}{}", tail.unwrap_or_default());
            args.pop();
        }
    } else if name == "PCLMULQDQ"
        && let Some(Arg::Imm(i)) = args.last()
        && i & !0x11 == 0
    {
        *op = match i {
            0 => "pclmullqlqdq",
            1 => "pclmulhqlqdq",
            0x10 => "pclmullqhqdq",
            _ => "pclmulhqhqdq",
        }
        .into();
        args.pop();
    }
}

fn arg_texts(inst: &Inst, args: &[Arg], pc: u64, segments: &str) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let by_one = inst.mode != 0 && inst.opcode & !1 == 0xD0;
    for (i, a) in args.iter().enumerate() {
        if by_one && *a == Arg::Imm(1) {
            continue;
        }
        let mut text = Vec::new();
        arg(inst, *a, pc, segments, &mut text);
        if i == 1
            && let Arg::Reg(r) = a
            && r.is_k()
            && !inst.op.name.starts_with('K')
            && let Some(first) = texts.first_mut()
        {
            first.extend_from_slice(b" {");
            first.extend_from_slice(&text);
            first.push(b'}');
            if inst.zeroing {
                first.extend_from_slice(b" {z}");
            }
            continue;
        }
        if matches!(a, Arg::Mem(_)) && inst.broadcast && inst.mem_bytes > 0 && !texts.is_empty() {
            let bytes = match args.first() {
                Some(Arg::Reg(r)) if r.is_vector_register() => u32::try_from(r.size()).unwrap_or(0),
                _ => 0,
            };
            if bytes > 0 {
                text.extend_from_slice(format!("{{1to{}}}", bytes / inst.mem_bytes).as_bytes());
            }
        }
        texts.push(text);
    }
    if inst.sae {
        let word = match inst.rounding {
            Some(0) => "{rn-sae}",
            Some(1) => "{rd-sae}",
            Some(2) => "{ru-sae}",
            Some(_) => "{rz-sae}",
            None => "{sae}",
        };
        texts.push(word.into());
    }
    texts
}

fn arg(inst: &Inst, a: Arg, pc: u64, segments: &str, out: &mut Vec<u8>) {
    match a {
        Arg::Reg(r) => {
            let port = matches!(
                &*inst.op.name,
                "IN" | "INSB" | "INSW" | "INSD" | "OUT" | "OUTSB" | "OUTSW" | "OUTSD"
            );
            if &*inst.op.name == "ARPL" && r.is_gpr32() {
                // Go has it with 16 bits only, whatever the mode.
                regs::gnu(Register::AX + r.number() as u32, out);
            } else if port && r == Register::DX {
                out.extend_from_slice(b"(%dx)");
            } else {
                regs::gnu(r, out);
            }
        }
        Arg::Mem(m) => memory(inst, &m, segments, out),
        Arg::Rel(distance) if pc == 0 => {
            out.push(b'.');
            out.push(if distance < 0 { b'-' } else { b'+' });
            hex(distance.unsigned_abs(), out);
        }
        Arg::Rel(distance) => hex(
            pc.wrapping_add(inst.len as u64).wrapping_add(distance as u64),
            out,
        ),
        Arg::Imm(v) => {
            out.push(b'$');
            if inst.mode == 32 {
                hex(u64::from(v as u32), out)
            } else {
                signed_hex(v, out)
            }
        }
    }
}

fn memory(inst: &Inst, m: &Mem, segments: &str, out: &mut Vec<u8>) {
    if !segments.is_empty() {
        out.extend_from_slice(segments.as_bytes());
    } else if m.segment != Register::None {
        regs::gnu(m.segment, out);
        out.push(b':');
    }
    if m.disp != 0 {
        signed_hex(m.disp, out);
    }
    let stack =
        matches!(m.base, Register::ESP | Register::RSP) || m.base == Register::None && inst.mode == 64;
    let simple = m.scale == 0 || m.index == Register::None && m.scale == 1 && stack;
    if simple && m.base == Register::None {
        return;
    }
    out.push(b'(');
    if m.base != Register::None {
        regs::gnu(m.base, out);
    }
    if !simple {
        out.push(b',');
        match m.index {
            Register::None => out.extend_from_slice(if inst.mode == 64 { b"%riz" } else { b"%eiz" }),
            index => regs::gnu(index, out),
        }
        let short = m.base.is_gpr16();
        if !short && (m.scale > 1 || inst.code.mnemonic() == Mnemonic::Vmovntdqa) {
            out.extend_from_slice(&[b',', b'0' + m.scale]);
        }
    }
    out.push(b')');
}
