//! What an instruction does, as far as it takes to follow addresses and constants through a function.
//!
//! A printer tells it as a few [`Effect`]s; who puts them together over a function is `analysis::trace`. What
//! is not told is lost, never wrong: an instruction that a printer does not know the effects of loses the
//! register it writes.

/// A general register, as the architecture numbers it.
pub type Register = u8;

/// Registers that are followed have smaller numbers.
pub const REGISTERS: usize = 32;

/// A place in memory: an offset from a register, or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `None`: the offset is the address.
    pub base: Option<Register>,
    /// In bytes.
    pub offset: i64,
}

impl Place {
    /// A fixed address.
    pub fn at(addr: u64) -> Place {
        Place {
            base: None,
            offset: addr as i64,
        }
    }

    /// `offset` bytes from where a register points.
    pub fn from(base: Register, offset: i64) -> Place {
        Place {
            base: Some(base),
            offset,
        }
    }
}

/// What is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A register's value.
    Register(Register),
    /// A constant.
    Number(u64),
    /// Something else.
    Other,
}

impl Source {
    /// What `register` holds, where the one numbered `zero` is always 0.
    pub fn of(register: Register, zero: Register) -> Source {
        if register == zero {
            Source::Number(0)
        } else {
            Source::Register(register)
        }
    }
}

/// How control goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Comes back behind the instruction.
    Call,
    /// Never comes back.
    Jump,
    /// Jumps or goes on.
    Branch,
    /// Leaves the function.
    Return,
}

/// One thing that an instruction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A register takes an address.
    Address(Register, u64),
    /// A register takes the first part of an address, which a later instruction completes.
    Part(Register, u64),
    /// A register takes a constant.
    Number(Register, u64),
    /// A register takes another one's value plus a constant.
    Sum(Register, Register, i64),
    /// A register takes what memory holds, of the size of a pointer.
    Load(Register, Place),
    /// Memory takes a value of this many bytes.
    Store(Place, Source, u8),
    /// Memory is used in some other way.
    Touch(Place),
    /// A register takes what is not known.
    Lose(Register),
    /// Two registers are compared (told on x86 and arm64 only).
    Compare(Register, Register),
    /// Control goes on at an address, or at one that is not known.
    Go(Flow, Option<u64>),
    /// Control goes on where memory points to.
    GoThrough(Flow, Place),
}

/// Appends the effect of an instruction whose register 0 is always 0; of one that is not known, that it uses
/// `place` and loses the
/// `first` register it names.
pub fn conclude(
    effect: Option<Effect>,
    place: Option<Place>,
    first: Option<Register>,
    out: &mut Vec<Effect>,
) {
    match effect {
        Some(Effect::Number(0, _) | Effect::Sum(0, ..)) => {}
        Some(e) => out.push(e),
        None => {
            out.extend(place.map(Effect::Touch));
            out.extend(first.map(Effect::Lose));
        }
    }
}

/// How Go uses an architecture's registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// Registers that hold integer arguments and results since Go has passed them so (ABIInternal), in their
    /// order.
    pub arguments: &'static [Register],
    /// May a constant in an instruction be an address?
    pub absolute: bool,
}

impl Convention {
    /// Nothing in registers, no addresses as constants.
    pub const NONE: Convention = Convention {
        arguments: &[],
        absolute: false,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disasm::{GOARCHES, printer};

    #[test]
    fn any_bytes_have_effects_or_none() {
        let mut seed = 7u64;
        let code: Vec<u8> = (0..40_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 33) as u8
            })
            .collect();
        for arch in GOARCHES {
            let printer = printer(arch).unwrap();
            let arguments = printer.convention().arguments;
            assert!(arguments.iter().all(|r| usize::from(*r) < REGISTERS), "{arch}");
            let mut effects = Vec::new();
            for (i, pc) in [0u64, 0x40_0000, u64::MAX - 3]
                .into_iter()
                .cycle()
                .enumerate()
                .take(30_000)
            {
                let len = printer.step(&code[i..code.len().min(i + 1 + i % 20)], pc, &mut effects);
                assert!(len > 0, "{arch} {i}");
                assert!(effects.len() <= 40, "{arch} {i}");
                effects.clear();
            }
        }
    }

    #[test]
    fn an_address_in_two_parts_is_told_on_every_architecture() {
        for (arch, code, part) in [
            ("riscv64", vec![0x17, 0x05, 0, 0], Effect::Part(10, 0x4000)),
            ("loong64", vec![0x04, 0, 0, 0x1a], Effect::Part(4, 0x4000)),
            ("ppc64le", vec![0x01, 0, 0x60, 0x3c], Effect::Part(3, 0x1_0000)),
            ("ppc64", vec![0x3c, 0x60, 0, 0x01], Effect::Part(3, 0x1_0000)),
            ("s390x", vec![0xc0, 0x20, 0, 0, 0, 8], Effect::Address(2, 0x4010)),
        ] {
            let mut effects = Vec::new();
            printer(arch).unwrap().step(&code, 0x4000, &mut effects);
            assert_eq!(effects, [part], "{arch}");
        }
    }
}
