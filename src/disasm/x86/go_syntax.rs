//! Go's view of an instruction → the text of `go tool objdump` (golang.org/x/arch/x86/x86asm, `GoSyntax`).

use iced_x86::{EncodingKind, Mnemonic, Register};

use super::inst::{Arg, Inst, Mem};
use super::regs;
use crate::disasm::Symbols;

/// Appends the text of `inst`, which lies at `pc`.
pub(super) fn write(inst: &Inst, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    if let Some(rep) = inst.prefixes.rep {
        out.extend_from_slice(rep.as_bytes());
    }
    if let Some(word) = inst.prefixes.word {
        out.extend_from_slice(word.as_bytes());
    }
    out.extend_from_slice(inst.op.name.as_bytes());
    suffix(inst, out);
    let args = inst.args.as_slice();
    // Comparisons read from left to right (golang.org/issue/60920), everything else from source to
    // destination.
    let forward = inst.code.mnemonic() == Mnemonic::Cmp;
    for i in 0..args.len() {
        let Some(&a) = args.get(if forward { i } else { args.len() - 1 - i }) else {
            break;
        };
        out.extend_from_slice(if i == 0 { b" " } else { b", " });
        arg(inst, a, pc, symbols, out);
    }
}

fn suffix(inst: &Inst, out: &mut Vec<u8>) {
    let args = inst.args.as_slice();
    if inst.op.suffix {
        let mut bits = inst.data_size;
        if inst.mem_bytes != 0 {
            bits = inst.mem_bytes * 8;
        } else if let [Arg::Reg(r)] = args
            && regs::is_64(*r)
        {
            bits = 64;
        }
        let letter: &[u8] = match bits {
            8 => b"B",
            16 => b"W",
            32 => b"L",
            64 => b"Q",
            _ => b"",
        };
        out.extend_from_slice(letter);
        return;
    }
    if inst.mode != 0 {
        return;
    }
    vector_suffix(inst, out);
    if inst.broadcast {
        out.extend_from_slice(b".BCST");
    }
    if inst.sae {
        let word: &[u8] = match inst.rounding {
            Some(0) => b".RN_SAE",
            Some(1) => b".RD_SAE",
            Some(2) => b".RU_SAE",
            Some(_) => b".RZ_SAE",
            None => b".SAE",
        };
        out.extend_from_slice(word);
    }
    if inst.zeroing {
        out.extend_from_slice(b".Z");
    }
}

/// Conversions whose source width the operands don't tell.
fn vector_suffix(inst: &Inst, out: &mut Vec<u8>) {
    use Mnemonic::*;
    let wide = || {
        inst.args
            .as_slice()
            .iter()
            .any(|a| matches!(a, Arg::Reg(r) if regs::is_64(*r)))
    };
    match inst.code.mnemonic() {
        Vcvttsd2si | Vcvttss2si | Vcvtsd2si | Vcvtss2si if wide() => out.push(b'Q'),
        Vcvtsi2sd | Vcvtsi2ss => out.push(if inst.mem_bytes == 8 || wide() { b'Q' } else { b'L' }),
        Vfpclasspd | Vfpclassps | Vcvtpd2dq => out.extend_from_slice(width_letter(inst)),
        Vcvttpd2dq | Vcvttpd2udq | Vcvttpd2qq | Vcvttpd2uqq | Vcvtpd2udq | Vcvtpd2qq | Vcvtpd2uqq
        | Vcvtpd2ps
            if inst.encoding == EncodingKind::VEX =>
        {
            out.extend_from_slice(width_letter(inst));
        }
        _ => {}
    }
}

fn width_letter(inst: &Inst) -> &'static [u8] {
    match inst.vector_len {
        0 => b"X",
        1 => b"Y",
        2 => b"Z",
        _ => b"",
    }
}

fn arg(inst: &Inst, a: Arg, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    match a {
        Arg::Reg(r) => out.extend_from_slice(regs::go(r).as_bytes()),
        Arg::Rel(distance) if pc == 0 => {
            out.push(b'.');
            signed(distance, out);
        }
        Arg::Rel(distance) => {
            let target = pc.wrapping_add(inst.len as u64).wrapping_add(distance as u64);
            match symbols.lookup(target) {
                Some((name, base)) if base == target => {
                    out.extend_from_slice(name);
                    out.extend_from_slice(b"(SB)");
                }
                _ => hex(target, out),
            }
        }
        Arg::Imm(v) => immediate(inst, v, symbols, out),
        Arg::Mem(m) => memory(inst, &m, pc, symbols, out),
    }
}

fn immediate(inst: &Inst, v: i64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    out.push(b'$');
    // On 386 a MOV or PUSH of an address is how a global or a function is named.
    if inst.data_size == 32
        && matches!(inst.code.mnemonic(), Mnemonic::Mov | Mnemonic::Push)
        && let Some((name, base)) = symbols.lookup(v as u64)
    {
        out.extend_from_slice(name);
        if v as u64 != base {
            out.push(b'+');
            decimal((v as u64).wrapping_sub(base), out);
        }
        out.extend_from_slice(b"(SB)");
    } else if inst.mode == 32 {
        hex(u64::from(v as u32), out);
    } else if i64::from(v as i32) == v {
        signed_hex(v, out);
    } else {
        hex(v as u64, out);
    }
}

fn memory(inst: &Inst, m: &Mem, pc: u64, symbols: &dyn Symbols, out: &mut Vec<u8>) {
    if let Some(address) = absolute(inst, m, pc)
        && let Some((name, base)) = symbols.lookup(address)
    {
        out.extend_from_slice(name);
        let offset = (address as i64).wrapping_sub(base as i64);
        if offset != 0 {
            signed(offset, out);
        }
        out.extend_from_slice(b"(SB)");
        return;
    }
    if m.segment != Register::None {
        out.extend_from_slice(regs::go(m.segment).as_bytes());
        out.push(b':');
    }
    if m.disp == 0 {
        out.push(b'0');
    } else {
        signed_hex(m.disp, out);
    }
    if m.base != Register::None {
        out.push(b'(');
        out.extend_from_slice(regs::go(m.base).as_bytes());
        out.push(b')');
    }
    if m.index != Register::None && m.scale != 0 {
        out.push(b'(');
        out.extend_from_slice(regs::go(m.index).as_bytes());
        out.push(b'*');
        out.push(b'0' + m.scale);
        out.push(b')');
    }
}

/// The address of an operand that is absolute or relative to the instruction, if Go would look for its
/// symbol.
pub(super) fn absolute(inst: &Inst, m: &Mem, pc: u64) -> Option<u64> {
    if m.segment != Register::None || m.disp == 0 || m.index != Register::None || m.scale != 0 {
        return None;
    }
    match m.base {
        Register::RIP | Register::EIP => Some((m.disp as u64).wrapping_add(pc).wrapping_add(inst.len as u64)),
        Register::None => Some(m.disp as u64),
        _ => None,
    }
}

/// `%+d`
fn signed(v: i64, out: &mut Vec<u8>) {
    out.push(if v < 0 { b'-' } else { b'+' });
    decimal(v.unsigned_abs(), out);
}

/// `%d`
fn decimal(mut v: u64, out: &mut Vec<u8>) {
    let mut buf = [0u8; 20];
    let mut n = 0;
    loop {
        if let Some(slot) = buf.get_mut(19 - n) {
            *slot = b'0' + (v % 10) as u8;
        }
        n += 1;
        v /= 10;
        if v == 0 || n == 20 {
            break;
        }
    }
    out.extend_from_slice(buf.get(20 - n..).unwrap_or(&[]));
}

/// `%#x` of a signed number: the sign stands before the 0x.
pub(super) fn signed_hex(v: i64, out: &mut Vec<u8>) {
    if v < 0 {
        out.push(b'-');
    }
    hex(v.unsigned_abs(), out);
}

/// `%#x`
pub(super) fn hex(v: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0x");
    let digits = (16 - v.leading_zeros() as usize / 4).max(1);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(v >> (4 * i)) as usize & 15]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_fmt_prints_them() {
        for v in [0u64, 1, 9, 10, 255, 4096, u64::from(u32::MAX), u64::MAX] {
            let (mut h, mut d) = (Vec::new(), Vec::new());
            hex(v, &mut h);
            decimal(v, &mut d);
            assert_eq!(h, format!("{v:#x}").into_bytes());
            assert_eq!(d, format!("{v}").into_bytes());
        }
        let mut s = Vec::new();
        signed_hex(i64::MIN, &mut s);
        signed(-5, &mut s);
        signed(5, &mut s);
        assert_eq!(s, b"-0x8000000000000000-5+5");
    }
}
