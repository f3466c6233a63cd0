//! One decoded instruction as Go's x86 decoder sees it: operation, operands, data size, memory size,
//! prefixes.
//!
//! iced-x86 decodes; this module turns its instruction into Go's view of it (golang.org/x/arch/x86/x86asm,
//! `Inst`), from which both syntaxes are printed. Where the two differ in what they call an operand (a branch
//! distance, a displacement's sign, string operands), Go's view is kept, because it is what the text shows.

use iced_x86::{Code, EncodingKind, Instruction, MemorySize, OpKind, Register};

use super::ops::{self, Op, Shown};
use super::prefix::Prefixes;

/// A memory operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mem {
    pub segment: Register,
    pub base: Register,
    pub index: Register,
    /// 0 where the encoding has no scale byte.
    pub scale: u8,
    pub disp: i64,
}

/// An operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arg {
    Reg(Register),
    /// Distance from the end of the instruction.
    Rel(i64),
    Imm(i64),
    Mem(Mem),
}

/// At most six operands, in Intel order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Args {
    list: [Arg; 6],
    len: usize,
}

impl Args {
    fn new() -> Args {
        Args {
            list: [Arg::Imm(0); 6],
            len: 0,
        }
    }

    pub fn push(&mut self, arg: Arg) {
        if let Some(slot) = self.list.get_mut(self.len) {
            *slot = arg;
            self.len += 1;
        }
    }

    pub fn as_slice(&self) -> &[Arg] {
        self.list.get(..self.len).unwrap_or(&[])
    }
}

/// Go's view of an instruction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inst {
    pub code: Code,
    pub op: &'static Op,
    pub args: Args,
    /// Operand size in bits: 16, 32 or 64; 0 for VEX and EVEX.
    pub data_size: u32,
    /// Bytes of memory that the operand covers; 0 if it has none or Go does not count it.
    pub mem_bytes: u32,
    /// 32 or 64; 0 for VEX and EVEX, whose immediates Go prints the same in both.
    pub mode: u32,
    pub len: usize,
    /// The first byte behind the prefixes of a legacy encoding.
    pub opcode: u8,
    pub prefixes: Prefixes,
    pub broadcast: bool,
    pub sae: bool,
    /// 0 nearest, 1 down, 2 up, 3 zero; only where `sae`.
    pub rounding: Option<u8>,
    pub zeroing: bool,
    /// Show operands that Go's decoder leaves parts of out.
    pub correct: bool,
    /// log2(vector bits / 128).
    pub vector_len: u8,
    pub encoding: EncodingKind,
}

impl Inst {
    /// `code` holds the instruction's bytes from its first prefix on.
    pub fn new(insn: &Instruction, code: &[u8], bitness: u32, correct: bool) -> Inst {
        let encoding = insn.code().encoding();
        let legacy = matches!(encoding, EncodingKind::Legacy | EncodingKind::D3NOW);
        let op = ops::of(insn.code());
        let prefixes = Prefixes::scan(code, bitness, insn, legacy);
        let data_size = match (legacy, prefixes.rex_w(), prefixes.data16()) {
            (false, ..) => 0,
            (_, true, _) => 64,
            (_, _, true) => 16,
            _ => 32,
        };
        let mut inst = Inst {
            code: insn.code(),
            op,
            args: Args::new(),
            data_size,
            mem_bytes: 0,
            mode: if legacy { bitness } else { 0 },
            len: insn.len(),
            opcode: prefixes.opcode(code),
            prefixes,
            broadcast: insn.is_broadcast(),
            sae: insn.suppress_all_exceptions() || insn.rounding_control() != iced_x86::RoundingControl::None,
            rounding: match insn.rounding_control() {
                iced_x86::RoundingControl::RoundToNearest => Some(0),
                iced_x86::RoundingControl::RoundDown => Some(1),
                iced_x86::RoundingControl::RoundUp => Some(2),
                iced_x86::RoundingControl::RoundTowardZero => Some(3),
                _ => None,
            },
            zeroing: insn.zeroing_masking(),
            correct,
            vector_len: vector_len(code, encoding),
            encoding,
        };
        inst.lift_args(insn, code, bitness, legacy);
        inst
    }

    /// May a lock, and with it transactional memory's hints, stand before it?
    pub fn lockable_with_memory(&self) -> bool {
        let memory = matches!(self.args.as_slice().first(), Some(Arg::Mem(_)));
        memory && (&*self.op.name == "XCHG" || self.prefixes.word == Some("LOCK "))
    }

    /// Takes the name of another instruction, with `rep` before it.
    pub fn become_older(&mut self, code: Code, rep: Option<&'static str>) {
        self.code = code;
        self.op = ops::of(code);
        self.prefixes.rep = rep;
    }

    fn lift_args(&mut self, insn: &Instruction, code: &[u8], bitness: u32, legacy: bool) {
        if let Some(implied) = self.op.implied {
            for &arg in implied {
                self.args.push(arg);
            }
            return;
        }
        let first = match self.op.args {
            Shown::None => return,
            Shown::Table => {
                let base = insn.memory_base();
                self.args.push(self.string(base, false));
                return;
            }
            Shown::ButFirst => 1,
            Shown::All | Shown::AndXmm0 => 0,
        };
        for i in first..insn.op_count() {
            let arg = self.lift(insn, i, code, bitness, legacy);
            self.args.push(arg);
            if i == 0 && insn.op_mask() != Register::None {
                self.args.push(Arg::Reg(insn.op_mask()));
            }
        }
        if self.op.args == Shown::AndXmm0 {
            self.args.push(Arg::Reg(Register::XMM0));
        }
    }

    fn lift(&mut self, insn: &Instruction, i: u32, code: &[u8], bitness: u32, legacy: bool) -> Arg {
        let kind = insn.op_kind(i);
        match kind {
            OpKind::Register => Arg::Reg(insn.op_register(i)),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
                Arg::Rel(distance(insn, kind))
            }
            OpKind::FarBranch16 | OpKind::FarBranch32 => {
                // Go lists a far pointer as two immediates: selector, then offset.
                self.args.push(Arg::Imm(i64::from(insn.far_branch_selector())));
                Arg::Imm(if kind == OpKind::FarBranch16 {
                    i64::from(insn.far_branch16())
                } else {
                    i64::from(insn.far_branch32())
                })
            }
            OpKind::Immediate8 | OpKind::Immediate8_2nd => {
                let v = if kind == OpKind::Immediate8 {
                    insn.immediate8()
                } else {
                    insn.immediate8_2nd()
                };
                Arg::Imm(if self.op.signed8 && legacy {
                    i64::from(v as i8)
                } else {
                    i64::from(v)
                })
            }
            OpKind::Immediate16 => {
                let v = insn.immediate16();
                Arg::Imm(if self.op.unsigned16 {
                    i64::from(v)
                } else {
                    i64::from(v as i16)
                })
            }
            OpKind::Immediate32 => Arg::Imm(i64::from(insn.immediate32() as i32)),
            OpKind::Immediate64 => Arg::Imm(insn.immediate64() as i64),
            OpKind::Immediate8to16 => Arg::Imm(i64::from(insn.immediate8to16())),
            OpKind::Immediate8to32 => Arg::Imm(i64::from(insn.immediate8to32())),
            OpKind::Immediate8to64 => Arg::Imm(insn.immediate8to64()),
            OpKind::Immediate32to64 => Arg::Imm(insn.immediate32to64()),
            OpKind::MemorySegSI => self.string(Register::SI, false),
            OpKind::MemorySegESI => self.string(Register::ESI, false),
            OpKind::MemorySegRSI => self.string(Register::RSI, false),
            OpKind::MemorySegDI => self.string(Register::DI, false),
            OpKind::MemorySegEDI => self.string(Register::EDI, false),
            OpKind::MemorySegRDI => self.string(Register::RDI, false),
            OpKind::MemoryESDI => self.string(Register::DI, true),
            OpKind::MemoryESEDI => self.string(Register::EDI, true),
            OpKind::MemoryESRDI => self.string(Register::RDI, true),
            OpKind::Memory => {
                if !self.op.no_mem_bytes {
                    self.mem_bytes = mem_bytes(insn.memory_size());
                }
                Arg::Mem(memory(
                    insn,
                    code,
                    bitness,
                    (legacy, self.correct),
                    &self.prefixes,
                ))
            }
        }
    }

    /// A string instruction's operand: Go shows its segment even without an override.
    fn string(&self, base: Register, es: bool) -> Arg {
        let segment = match (es, self.prefixes.segment()) {
            (true, _) => Register::ES,
            (_, Register::None) => Register::DS,
            (_, s) => s,
        };
        Arg::Mem(Mem {
            segment,
            base,
            index: Register::None,
            scale: 0,
            disp: 0,
        })
    }
}

fn mem_bytes(size: MemorySize) -> u32 {
    u32::try_from(size.size()).unwrap_or(0)
}

fn vector_len(code: &[u8], encoding: EncodingKind) -> u8 {
    let byte = |i: usize| code.get(i).copied().unwrap_or(0);
    match encoding {
        EncodingKind::VEX if byte(0) == 0xC5 => (byte(1) >> 2) & 1,
        EncodingKind::VEX => (byte(2) >> 2) & 1,
        EncodingKind::EVEX => (byte(3) >> 5) & 3,
        _ => 0,
    }
}

/// The distance that a near branch jumps, sign-extended; iced-x86 has already added it to the next address.
fn distance(insn: &Instruction, kind: OpKind) -> i64 {
    let next = insn.next_ip();
    match kind {
        OpKind::NearBranch16 => i64::from(insn.near_branch16().wrapping_sub(next as u16) as i16),
        OpKind::NearBranch32 => i64::from(insn.near_branch32().wrapping_sub(next as u32) as i32),
        _ => insn.near_branch64().wrapping_sub(next) as i64,
    }
}

fn memory(
    insn: &Instruction,
    code: &[u8],
    bitness: u32,
    (legacy, correct): (bool, bool),
    prefixes: &Prefixes,
) -> Mem {
    let (base, index) = (insn.memory_base(), insn.memory_index());
    let ip_relative = matches!(base, Register::RIP | Register::EIP);
    let value = insn.memory_displacement64();
    let raw = match base {
        Register::RIP => value.wrapping_sub(insn.next_ip()),
        Register::EIP => u64::from((value as u32).wrapping_sub(insn.next_ip() as u32)),
        _ => value,
    };
    // Go extends a 32-bit displacement with zeros in the legacy encodings (so -176(SP) prints as
    // 0xffffff50(SP)), with its sign in VEX and EVEX; 8-bit ones with their sign everywhere.
    let disp = match insn.memory_displ_size() {
        0 => 0,
        1 if ip_relative => raw as i64,
        1 if legacy => i64::from(raw as u8 as i8),
        1 => i64::from(raw as u32 as i32),
        2 => i64::from(raw as u16),
        _ if base == Register::None && index == Register::None && is_moffs(insn.code()) => raw as i64,
        _ if legacy => i64::from(raw as u32),
        _ => i64::from(raw as u32 as i32),
    };
    let scale = if has_sib(insn, code, bitness, legacy, prefixes) {
        insn.memory_index_scale() as u8
    } else {
        0
    };
    Mem {
        segment: if legacy {
            prefixes.segment()
        } else {
            Register::None
        },
        // Go's VEX and EVEX decoder forgets that such an operand is relative to the instruction.
        base: if ip_relative && !legacy && !correct {
            Register::None
        } else {
            base
        },
        index,
        scale,
        disp,
    }
}

/// MOV between the accumulator and an absolute address in the instruction.
fn is_moffs(code: Code) -> bool {
    matches!(
        code,
        Code::Mov_AL_moffs8
            | Code::Mov_AX_moffs16
            | Code::Mov_EAX_moffs32
            | Code::Mov_RAX_moffs64
            | Code::Mov_moffs8_AL
            | Code::Mov_moffs16_AX
            | Code::Mov_moffs32_EAX
            | Code::Mov_moffs64_RAX
    )
}

/// Was the operand encoded with a scale-index-base byte? It hides a symbol from Go.
fn has_sib(insn: &Instruction, code: &[u8], bitness: u32, legacy: bool, prefixes: &Prefixes) -> bool {
    let (base, index) = (insn.memory_base(), insn.memory_index());
    if index != Register::None
        || matches!(
            base,
            Register::ESP | Register::RSP | Register::R12 | Register::R12D
        )
    {
        return true;
    }
    if base != Register::None {
        // A base other than the stack pointer needs no such byte; where it has one nevertheless, nothing
        // shows it.
        return false;
    }
    if is_moffs(insn.code()) || insn.memory_displ_size() == 2 {
        return false;
    }
    if bitness == 64 {
        return true;
    }
    let modrm = if legacy { prefixes.modrm_index(code) } else { 0 };
    modrm != 0 && code.get(modrm).is_some_and(|m| m & 0xC7 == 0x04)
}
