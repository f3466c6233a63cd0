//! What an instruction does, as far as it takes to follow addresses and constants through a function.
//!
//! A printer tells it as a few [`Effect`]s; who puts them together over a function is `analysis::trace`. What is not told is lost, never
//! wrong: an instruction that a printer does not know the effects of loses the register it writes.

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
    /// Control goes on at an address, or at one that is not known.
    Go(Flow, Option<u64>),
    /// Control goes on where memory points to.
    GoThrough(Flow, Place),
}

/// How Go uses an architecture's registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// Registers that hold integer arguments and results since Go has passed them so (ABIInternal), in their order.
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
