//! A decoded A32 instruction → Go's assembler syntax, as golang.org/x/arch/arm/armasm prints it.

use super::operand::{Arg, Index, Mode, Shift, coprocessor};
use super::rows::{Inst, Name};
use crate::disasm::Symbols;
use crate::disasm::isa::Text;

/// How Go writes an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Operands turned round, memory in the manual's syntax.
    Plain,
    /// Loads and others with Go's memory syntax, whose mode is a suffix.
    Load,
    /// The same, with the memory operand last.
    Store,
    /// LDR, which returns where it loads the PC off the stack.
    LoadWord,
    FloatLoad,
    FloatStore,
    /// STREX and SWP: the memory operand stands in the middle.
    Exchange,
    /// Multiplications with an addend, which is the third operand.
    MultiplyAdd,
    /// VFP arithmetic: registers are numbered as doubles.
    Float,
}

/// VFP mnemonics that Go has names of its own for.
const FLOAT: &[(&str, &str)] = &[
    ("VADD.F32", "ADDF"),
    ("VADD.F64", "ADDD"),
    ("VSUB.F32", "SUBF"),
    ("VSUB.F64", "SUBD"),
    ("VMUL.F32", "MULF"),
    ("VMUL.F64", "MULD"),
    ("VNMUL.F32", "NMULF"),
    ("VNMUL.F64", "NMULD"),
    ("VMLA.F32", "MULAF"),
    ("VMLA.F64", "MULAD"),
    ("VMLS.F32", "MULSF"),
    ("VMLS.F64", "MULSD"),
    ("VNMLA.F32", "NMULAF"),
    ("VNMLA.F64", "NMULAD"),
    ("VNMLS.F32", "NMULSF"),
    ("VNMLS.F64", "NMULSD"),
    ("VFMA.F32", "FMULAF"),
    ("VFMA.F64", "FMULAD"),
    ("VFMS.F32", "FMULSF"),
    ("VFMS.F64", "FMULSD"),
    ("VFNMA.F32", "FNMULAF"),
    ("VFNMA.F64", "FNMULAD"),
    ("VFNMS.F32", "FNMULSF"),
    ("VFNMS.F64", "FNMULSD"),
    ("VDIV.F32", "DIVF"),
    ("VDIV.F64", "DIVD"),
    ("VNEG.F32", "NEGF"),
    ("VNEG.F64", "NEGD"),
    ("VABS.F32", "ABSF"),
    ("VABS.F64", "ABSD"),
    ("VSQRT.F32", "SQRTF"),
    ("VSQRT.F64", "SQRTD"),
    ("VCMP.F32", "CMPF"),
    ("VCMP.F64", "CMPD"),
    ("VCMP.E.F32", "CMPF"),
    ("VCMP.E.F64", "CMPD"),
    ("VMOV.F32", "MOVF"),
    ("VMOV.F64", "MOVD"),
    ("VMOV.32", "MOVW"),
    ("VMOV", "MOVW"),
    ("VCVT.F64.F32", "MOVFD"),
    ("VCVT.F32.F64", "MOVDF"),
    ("VCVT.F32.U32", "MOVWF.U"),
    ("VCVT.F32.S32", "MOVWF"),
    ("VCVT.S32.F32", "MOVFW"),
    ("VCVT.U32.F32", "MOVFW.U"),
    ("VCVT.F64.U32", "MOVWD.U"),
    ("VCVT.F64.S32", "MOVWD"),
    ("VCVT.S32.F64", "MOVDW"),
    ("VCVT.U32.F64", "MOVDW.U"),
];

const ADDENDS: &[&str] = &[
    "SMLAWT", "SMLAWB", "MLA", "MLA.S", "MLS", "SMMLA", "SMMLS", "SMLABB", "SMLATB", "SMLABT", "SMLATT",
    "SMLAD", "SMLAD.X", "SMLSD", "SMLSD.X",
];

/// A mnemonic in its two syntaxes.
pub(super) fn name(text: &str) -> Name {
    let types_at = [".F", ".U3", ".S3", ".3"]
        .iter()
        .filter_map(|start| text.find(start))
        .min()
        .unwrap_or(text.len());
    let (base, types) = text.split_at(types_at);
    let (go, form) = match text {
        "LDR" => (Some("MOVW"), Form::LoadWord),
        "LDRB" => (Some("MOVBU"), Form::Load),
        "LDRSB" => (Some("MOVBS"), Form::Load),
        "LDRH" => (Some("MOVHU"), Form::Load),
        "LDRSH" => (Some("MOVHS"), Form::Load),
        "STR" => (Some("MOVW"), Form::Store),
        "STRB" => (Some("MOVB"), Form::Store),
        "STRH" => (Some("MOVH"), Form::Store),
        "PLD" | "PLD.W" | "PLI" | "LDREX" | "LDREXB" | "LDREXH" => (None, Form::Load),
        "STREX" | "STREXB" | "STREXH" | "SWP" | "SWP.B" => (None, Form::Exchange),
        "MOV" | "MSR" | "MRS" | "VMRS" | "VMSR" => (Some("MOVW"), Form::Plain),
        "UXTB" => (Some("MOVBU"), Form::Plain),
        "SXTB" => (Some("MOVBS"), Form::Plain),
        "UXTH" => (Some("MOVHU"), Form::Plain),
        "SXTH" => (Some("MOVHS"), Form::Plain),
        "VLDR" => (None, Form::FloatLoad),
        "VSTR" => (None, Form::FloatStore),
        _ if ADDENDS.contains(&text) => (None, Form::MultiplyAdd),
        _ => match FLOAT.iter().find(|(name, _)| *name == text) {
            Some(&(_, go)) => (Some(go), Form::Float),
            None => (None, Form::Plain),
        },
    };
    Name {
        base: base.into(),
        types: types.into(),
        go,
        form,
    }
}

/// The condition with its dot; empty for always.
pub(super) fn condition(code: u8) -> &'static str {
    const NAMES: [&str; 14] = [
        ".EQ", ".NE", ".CS", ".CC", ".MI", ".PL", ".VS", ".VC", ".HI", ".LS", ".GE", ".LT", ".GT", ".LE",
    ];
    NAMES.get(usize::from(code)).copied().unwrap_or("")
}

/// Appends the Go syntax of `inst`, which lies at `pc`.
pub(super) fn print(inst: &Inst<'_>, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    let [first, second, ..] = inst.args;
    let form = inst.name.form;
    if let (
        Form::LoadWord,
        Some(Arg::Reg(15)),
        Some(Arg::Memory {
            base: 13,
            mode: Mode::Post,
            index: Index::Imm(offset),
        }),
    ) = (form, first, second)
    {
        out.put("RET");
        out.put(condition(inst.condition));
        out.put(" #");
        return out.dec(offset.into());
    }
    match (form, inst.name.go) {
        (Form::FloatLoad | Form::FloatStore, _) => {
            out.put(if matches!(first, Some(Arg::Double(_))) {
                "MOVD"
            } else {
                "MOVF"
            });
            out.put(condition(inst.condition));
        }
        (_, Some(go)) => {
            out.put(go);
            out.put(condition(inst.condition));
        }
        (_, None) => {
            out.put(&inst.name.base);
            out.put(condition(inst.condition));
            out.put(&inst.name.types);
        }
    }
    let go_memory = !matches!(form, Form::Plain | Form::MultiplyAdd | Form::Float);
    if go_memory {
        inst.args.iter().flatten().for_each(|arg| suffix(arg, out));
    }
    let count = inst.args.iter().take_while(|arg| arg.is_some()).count();
    let order: [usize; 4] = match (form, count) {
        (Form::MultiplyAdd, _) => [2, 1, 3, 0],
        (Form::Exchange, _) => [1, 2, 0, 3],
        (Form::Store | Form::FloatStore, _) => [0, 1, 2, 3],
        (_, 2) => [1, 0, 2, 3],
        (_, 3) => [2, 1, 0, 3],
        (_, 4) => [3, 2, 1, 0],
        _ => [0, 1, 2, 3],
    };
    let as_doubles = matches!(form, Form::Float | Form::FloatLoad | Form::FloatStore);
    for (printed, &i) in order.iter().take(count).enumerate() {
        out.put(if printed == 0 { " " } else { ", " });
        let Some(Some(arg)) = inst.args.get(i) else {
            continue;
        };
        match *arg {
            Arg::Memory { base, index, .. } if go_memory => memory(base, index, out),
            Arg::Double(n) if as_doubles => out.reg("F", n),
            Arg::Single(n) if as_doubles && n % 2 == 0 => out.reg("F", n / 2),
            Arg::Half(n, 0) if as_doubles => out.reg("F", n),
            Arg::Pc(offset) => target(pc, offset, symbols, out),
            _ => push_arg(arg, out),
        }
    }
}

fn target(pc: u64, offset: i32, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    let addr = u64::from((pc as u32).wrapping_add(8).wrapping_add_signed(offset));
    match symbols.lookup(addr) {
        Some((name, base)) if base == addr && !name.is_empty() => {
            out.extend_from_slice(name);
            out.put("(SB)");
        }
        _ => out.hex(addr),
    }
}

/// The addressing mode as a suffix of the mnemonic.
fn suffix(arg: &Arg, out: &mut Vec<u8>) {
    let Arg::Memory { mode, index, .. } = arg else {
        return;
    };
    match mode {
        Mode::Offset | Mode::Multiple => {}
        Mode::Pre | Mode::MultipleBack => out.put(".W"),
        Mode::Post => out.put(".P"),
    }
    if matches!(index, Index::Reg { minus: true, .. }) {
        out.put(".U");
    }
}

fn sign(shift: Shift) -> &'static str {
    match shift {
        Shift::Left => "<<",
        Shift::Right => ">>",
        Shift::Arithmetic => "->",
        Shift::Rotate => "@>",
        Shift::Extend => "@x>",
    }
}

fn memory(base: u8, index: Index, out: &mut Vec<u8>) {
    if let Index::Imm(offset) = index
        && offset != 0
    {
        out.put(if offset < 0 { "-" } else { "" });
        out.hex(offset.unsigned_abs().into());
    }
    out.put("(R");
    out.udec(base.into());
    out.put(")");
    if let Index::Reg { n, shift, count, .. } = index {
        out.put("(R");
        out.udec(n.into());
        if count != 0 {
            out.put(sign(shift));
            out.udec(count.into());
        }
        out.put(")");
    }
}

fn push_arg(arg: &Arg, out: &mut Vec<u8>) {
    match *arg {
        Arg::Reg(n) => out.reg("R", n),
        Arg::Single(n) => out.reg("S", n),
        Arg::Double(n) => out.reg("D", n),
        Arg::Half(n, half) => {
            out.reg("D", n);
            out.put(if half == 0 { "[0]" } else { "[1]" });
        }
        Arg::Named(name) => out.extend(name.bytes().map(|b| b.to_ascii_uppercase())),
        Arg::Imm(value) => {
            out.put("$");
            out.udec(value.into());
        }
        Arg::Rotated(value, rotation) => {
            let from = out.len() + 1;
            out.put("#");
            out.hex(value.into());
            out.iter_mut().skip(from).for_each(|b| b.make_ascii_uppercase());
            out.put(", ");
            out.udec(rotation.into());
        }
        Arg::Shifted(n, shift, count) => {
            out.reg("R", n);
            out.put(sign(shift));
            out.put("$");
            out.udec(count.into());
        }
        Arg::ShiftedByReg(n, shift, by) => {
            out.reg("R", n);
            out.put(sign(shift));
            out.reg("R", by);
        }
        Arg::Memory { base, mode, index } => manual_memory(base, mode, index, out),
        Arg::Pc(_) => {}
        Arg::Coprocessor(x) => {
            for (i, (field, letter)) in coprocessor(x)
                .into_iter()
                .zip(["", "", "R", "C", "C", ""])
                .enumerate()
            {
                out.put(if i == 0 { "" } else { ", " });
                out.reg(letter, field);
            }
        }
        Arg::List(list) => {
            out.put("[");
            let mut left = list;
            let mut first = true;
            while left != 0 {
                let from = left.trailing_zeros();
                let run = (left >> from).trailing_ones();
                if !first {
                    out.put(",");
                }
                first = false;
                out.reg("R", from);
                if run > 1 {
                    out.put("-");
                    out.reg("R", from + run - 1);
                }
                left = left
                    .checked_shr(from + run)
                    .unwrap_or(0)
                    .checked_shl(from + run)
                    .unwrap_or(0);
            }
            out.put("]");
        }
    }
}

/// Upper-case name in the manual's syntax.
fn manual_register(n: u8, out: &mut Vec<u8>) {
    match n {
        13 => out.put("SP"),
        14 => out.put("LR"),
        15 => out.put("PC"),
        _ => out.reg("R", n),
    }
}

/// Memory operands of the instructions that Go gives no syntax of its own.
fn manual_memory(base: u8, mode: Mode, index: Index, out: &mut Vec<u8>) {
    if matches!(mode, Mode::Multiple | Mode::MultipleBack) {
        manual_register(base, out);
        return out.put(if mode == Mode::MultipleBack { "!" } else { "" });
    }
    out.put("[");
    manual_register(base, out);
    if mode == Mode::Offset && index == Index::Imm(0) {
        return out.put("]");
    }
    out.put(if mode == Mode::Post { "], " } else { ", " });
    match index {
        Index::Imm(offset) => {
            out.put("#");
            out.dec(offset.into());
        }
        Index::Reg {
            minus,
            n,
            shift,
            count,
        } => {
            out.put(if minus { "-" } else { "+" });
            manual_register(n, out);
            if shift != Shift::Left || count != 0 {
                out.put(", ");
                out.put(shift_name(shift));
                out.put(" #");
                out.udec(count.into());
            }
        }
    }
    out.put(match mode {
        Mode::Pre => "]!",
        Mode::Offset => "]",
        _ => "",
    });
}

/// Upper-case name of a shift.
pub(super) fn shift_name(shift: Shift) -> &'static str {
    match shift {
        Shift::Left => "LSL",
        Shift::Right => "LSR",
        Shift::Arithmetic => "ASR",
        Shift::Rotate => "ROR",
        Shift::Extend => "RRX",
    }
}
