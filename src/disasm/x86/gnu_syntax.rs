//! Go's view of an instruction → the GNU syntax in the comments of `go tool objdump -gnu`
//! (golang.org/x/arch/x86/x86asm, `GNUSyntax`, which follows binutils' habits of 2014).

use iced_x86::{Code, EncodingKind, Mnemonic, Register};

use super::go_syntax::{hex, signed_hex};
use super::inst::{Arg, Inst, Mem};
use super::regs;

/// Appends the text of `inst`, which lies at `pc`.
pub(super) fn write(inst: &Inst, pc: u64, out: &mut Vec<u8>) {
    let mut args: Vec<Arg> = inst.args.as_slice().to_vec();
    let mut op = base_name(inst);
    implied_args(inst, &mut args);
    suffix(inst, &args, &mut op);
    pseudo(inst, &mut args, &mut op);

    if inst.prefixes.rep.is_some() {
        let repne = inst.prefixes.rep == Some("REPNE; ");
        let word: &[u8] = match (repne, branches(inst)) {
            (true, true) => b"bnd ",
            (true, false) if inst.lockable_with_memory() => b"xacquire ",
            (false, _) if inst.lockable_with_memory() => b"xrelease ",
            (true, false) => b"repn ",
            (false, _) => b"rep ",
        };
        out.extend_from_slice(word);
    }
    match inst.prefixes.word {
        Some("PN ") => op.push_str(",pn"),
        Some("PT ") => op.push_str(",pt"),
        Some(word) => out.extend_from_slice(word.to_ascii_lowercase().as_bytes()),
        None => {}
    }
    if &*inst.op.name == "NOP" && inst.opcode == 0x90 && inst.prefixes.data16() {
        out.extend_from_slice(b"data16 ");
    }
    out.extend_from_slice(op.as_bytes());
    let texts = arg_texts(inst, &args, pc);
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

fn arg_texts(inst: &Inst, args: &[Arg], pc: u64) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let by_one = inst.mode != 0 && inst.opcode & !1 == 0xD0;
    for (i, a) in args.iter().enumerate() {
        if by_one && *a == Arg::Imm(1) {
            continue;
        }
        let mut text = Vec::new();
        arg(inst, *a, pc, &mut text);
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

fn arg(inst: &Inst, a: Arg, pc: u64, out: &mut Vec<u8>) {
    match a {
        Arg::Reg(r) => {
            let port = matches!(
                &*inst.op.name,
                "IN" | "INSB" | "INSW" | "INSD" | "OUT" | "OUTSB" | "OUTSW" | "OUTSD"
            );
            if port && r == Register::DX {
                out.extend_from_slice(b"(%dx)");
            } else {
                regs::gnu(r, out);
            }
        }
        Arg::Mem(m) => memory(inst, &m, out),
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

fn memory(inst: &Inst, m: &Mem, out: &mut Vec<u8>) {
    if m.segment != Register::None {
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
