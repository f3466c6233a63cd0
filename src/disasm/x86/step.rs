//! The effects of an x86 instruction on addresses and constants.
//!
//! Authority for the order of argument registers: abi-internal.md of Go 1.27's cmd/compile.

use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, InstructionInfoOptions, Mnemonic, OpAccess, OpKind,
    Register,
};

use crate::disasm::step::{Convention, Effect, Flow, Place, Register as Number, Source};

/// amd64.
pub(super) const AMD64: Convention = Convention {
    // AX, BX, CX, DI, SI, R8, R9, R10, R11
    arguments: &[0, 3, 1, 7, 6, 8, 9, 10, 11],
    absolute: false,
};
/// 386, which passes arguments on the stack.
pub(super) const I386: Convention = Convention {
    arguments: &[],
    absolute: true,
};

/// Appends what `insn` does.
pub(super) fn step(insn: &Instruction, bitness: u32, out: &mut Vec<Effect>) {
    let pointer = (bitness / 8) as u8;
    if flow(insn, out) {
        return;
    }
    let memory = place(insn);
    let (first, second) = (insn.op0_kind(), insn.op1_kind());
    match insn.mnemonic() {
        Mnemonic::Lea => {
            if let Some(to) = number(insn.op0_register()) {
                out.push(match memory {
                    Some(Place { base: None, offset }) => Effect::Address(to, offset as u64),
                    Some(Place {
                        base: Some(base),
                        offset,
                    }) => Effect::Sum(to, base, offset),
                    None => Effect::Lose(to),
                });
                return;
            }
        }
        Mnemonic::Xor | Mnemonic::Sub
            if first == OpKind::Register
                && second == OpKind::Register
                && insn.op0_register() == insn.op1_register() =>
        {
            if let Some(to) = wide(insn.op0_register()) {
                out.push(Effect::Number(to, 0));
                return;
            }
        }
        Mnemonic::Mov => match (first, second) {
            (OpKind::Register, OpKind::Register) => {
                if let (Some(to), Some(from)) = (wide(insn.op0_register()), wide(insn.op1_register())) {
                    out.push(Effect::Sum(to, from, 0));
                    return;
                }
            }
            (OpKind::Register, OpKind::Memory) => {
                let to =
                    wide(insn.op0_register()).filter(|_| insn.op0_register().size() == usize::from(pointer));
                if let (Some(to), Some(at)) = (to, memory) {
                    out.push(Effect::Load(to, at));
                    return;
                }
            }
            (OpKind::Memory, _) => {
                let source = match second {
                    OpKind::Register => wide(insn.op1_register()).map_or(Source::Other, Source::Register),
                    kind => constant(insn, 1, kind).map_or(Source::Other, Source::Number),
                };
                if let Some(at) = memory {
                    out.push(Effect::Store(
                        at,
                        source,
                        insn.memory_size().size().min(255) as u8,
                    ));
                }
                return;
            }
            (OpKind::Register, kind) => {
                if let (Some(to), Some(v)) = (wide(insn.op0_register()), constant(insn, 1, kind)) {
                    out.push(Effect::Number(to, v));
                    return;
                }
            }
            _ => {}
        },
        Mnemonic::Cmp if first == OpKind::Register && second == OpKind::Register => {
            if let (Some(a), Some(b)) = (wide(insn.op0_register()), wide(insn.op1_register())) {
                out.push(Effect::Compare(a, b));
            }
            return;
        }
        Mnemonic::Push if bitness == 32 => {
            // The stack pointer moves: what was stored relative to it is no longer there.
            out.push(Effect::Lose(4));
            return;
        }
        _ => {}
    }
    other(insn, memory, out);
}

/// Any other instruction: what it uses and what it writes.
fn other(insn: &Instruction, memory: Option<Place>, out: &mut Vec<Effect>) {
    if let Some(at) = memory
        && insn.mnemonic() != Mnemonic::Nop
    {
        let writes =
            insn.op0_kind() == OpKind::Memory && !matches!(insn.mnemonic(), Mnemonic::Cmp | Mnemonic::Test);
        out.push(match writes {
            true => Effect::Store(at, Source::Other, insn.memory_size().size().min(255) as u8),
            false => Effect::Touch(at),
        });
    }
    let mut factory = InstructionInfoFactory::new();
    let used = factory.info_options(insn, InstructionInfoOptions::NO_MEMORY_USAGE);
    for r in used.used_registers() {
        let written = !matches!(r.access(), OpAccess::None | OpAccess::Read | OpAccess::CondRead);
        if let Some(n) = number(r.register()).filter(|_| written) {
            out.push(Effect::Lose(n));
        }
    }
}

/// Was it a branch, call or return?
fn flow(insn: &Instruction, out: &mut Vec<Effect>) -> bool {
    let flow = match insn.flow_control() {
        FlowControl::Call | FlowControl::IndirectCall => Flow::Call,
        FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => Flow::Jump,
        FlowControl::ConditionalBranch => Flow::Branch,
        FlowControl::Return => Flow::Return,
        _ => return false,
    };
    out.push(match insn.op0_kind() {
        OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
            Effect::Go(flow, Some(insn.near_branch_target()))
        }
        OpKind::Memory => match place(insn) {
            Some(at) => Effect::GoThrough(flow, at),
            None => Effect::Go(flow, None),
        },
        _ => Effect::Go(flow, None),
    });
    true
}

/// The memory operand, if a register and an offset, or an address, tell it all.
fn place(insn: &Instruction) -> Option<Place> {
    let has = (0..insn.op_count()).any(|i| insn.op_kind(i) == OpKind::Memory);
    if !has || insn.memory_index() != Register::None || insn.has_segment_prefix() {
        return None;
    }
    let offset = insn.memory_displacement64() as i64;
    match insn.memory_base() {
        // iced-x86 has added the address of the next instruction.
        Register::None | Register::RIP | Register::EIP => Some(Place { base: None, offset }),
        base => Some(Place {
            base: Some(number(base)?),
            // With a base the displacement is an offset, of 32 bits where pointers are.
            offset: if base.size() == 4 {
                i64::from(offset as i32)
            } else {
                offset
            },
        }),
    }
}

fn constant(insn: &Instruction, i: u32, kind: OpKind) -> Option<u64> {
    use OpKind::*;
    matches!(
        kind,
        Immediate32 | Immediate64 | Immediate8to32 | Immediate8to64 | Immediate32to64
    )
    .then(|| insn.immediate(i))
}

/// The number of a general register of any width.
fn number(r: Register) -> Option<Number> {
    r.is_gpr().then(|| r.full_register().number() as Number)
}

/// Of 32 or 64 bits only: smaller ones keep the rest of the register.
fn wide(r: Register) -> Option<Number> {
    number(r).filter(|_| r.is_gpr32() || r.is_gpr64())
}
