//! A function → the addresses that its instructions name, and which of them are strings of a length that the
//! code gives.
//!
//! Nothing in a program marks a string constant: the compiler loads its address and its length, one into the
//! register or stack slot behind the other's (abi-internal.md of Go 1.27's cmd/compile; before Go 1.17 and on
//! 386 and arm all on the stack). So the values of registers and of memory are followed forward over
//! branches, and an address and a number are taken for a string where they are handed on together. Where
//! control comes from behind, nothing is known; where two lengths fit, none is told.

use rustc_hash::{FxHashMap, FxHashSet};

use super::listing::{Function, Listing};
use crate::disasm::step::{Convention, Effect, Flow, Place, REGISTERS, Source};

/// What an instruction does with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Takes the address itself.
    Address,
    /// Reads or writes there.
    Memory,
    /// Goes there.
    Branch,
    /// Goes where memory there points to.
    Through,
}

/// An address that an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// The instruction that completes the address.
    pub pc: u64,
    /// The address.
    pub addr: u64,
    /// What for.
    pub used: Use,
    length: Length,
}

impl Mention {
    /// Bytes of the string at the address, where the code gives one length for it.
    pub fn length(&self) -> Option<u64> {
        match self.length {
            Length::One(n) => Some(n),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    None,
    One(u64),
    Several,
}

/// What is peculiar about a function that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// Nothing.
    Ordinary,
    /// Registers keep their values.
    Keeps,
    /// Compares memory at its first two arguments, of the length of its third.
    Compares,
}

/// What the tracker asks about the program.
pub trait Program {
    /// May a constant be the address of data?
    fn is_data(&self, addr: u64) -> bool;
    /// What is at a call's target?
    fn callee(&self, addr: u64) -> Callee;
}

/// Bytes of code in a function at most: a broken symbol may span everything.
const LARGEST: u64 = 2 << 20;

/// The mentions of a function, in the order of instructions; none of one that is larger than any function is.
pub fn trace(
    listing: &Listing<'_>,
    function: &Function<'_>,
    pointer: u8,
    program: &dyn Program,
) -> Vec<Mention> {
    if function.end.saturating_sub(function.start) > LARGEST {
        return Vec::new();
    }
    let mut effects = Vec::new();
    let mut steps = Vec::new();
    listing.steps(function, &mut effects, |pc, count| {
        let from = steps.last().map_or(0, |s: &Step| s.effects.1);
        steps.push(Step {
            pc,
            effects: (from, from + count),
        });
    });
    let mut tracker = Tracker {
        convention: listing.convention(),
        pointer: i64::from(pointer),
        program,
        range: (function.start, function.end),
        loops: backward(&steps, &effects),
        steps: &steps,
        effects: &effects,
        ahead: false,
        now: State::new(),
        live: true,
        waiting: FxHashMap::default(),
        mentions: Vec::new(),
    };
    for step in &steps {
        tracker.arrive(step.pc);
        for &effect in step.effects(&effects) {
            tracker.apply(step.pc, effect);
        }
    }
    let mut mentions = tracker.mentions;
    guess(&steps, &effects, &mut mentions);
    mentions
}

/// An address that was never seen handed on has the length that is loaded right before or behind it, if only
/// one of them is and no other address beside it has that length.
fn guess(steps: &[Step], effects: &[Effect], mentions: &mut [Mention]) {
    let place = |pc: u64| steps.partition_point(|s| s.pc < pc);
    let of = |i: Option<usize>| steps.get(i?).map(|s| s.effects(effects));
    let is_part = |i: Option<usize>| matches!(of(i), Some([Effect::Part(..)]));
    let number = |i: Option<usize>| match of(i) {
        Some([Effect::Number(_, n)]) => Some(*n),
        _ => None,
    };
    // The place before the one where an address begins to be made.
    let before = |at: usize| {
        let mut i = at.checked_sub(1);
        while is_part(i) {
            i = i.and_then(|i| i.checked_sub(1));
        }
        i
    };
    for k in 0..mentions.len() {
        let Some(m) = mentions
            .get(k)
            .filter(|m| m.length == Length::None && m.used == Use::Address)
        else {
            continue;
        };
        let at = place(m.pc);
        let (first, last) = (before(at), at.checked_add(1));
        let taken = |other: Option<&Mention>, i: Option<usize>, n: u64| {
            other.is_some_and(|o| {
                let (at, sure) = (place(o.pc), o.length == Length::One(n));
                sure && (at.checked_add(1) == i || before(at) == i)
            })
        };
        let previous = k.checked_sub(1).and_then(|k| mentions.get(k));
        let above = number(first).filter(|n| !taken(previous, first, *n));
        let below = number(last).filter(|n| !taken(mentions.get(k + 1), last, *n));
        let length = match (above, below) {
            (Some(a), Some(b)) if a != b => Length::Several,
            (Some(n), _) | (_, Some(n)) => Length::One(n),
            _ => Length::None,
        };
        if let Some(m) = mentions.get_mut(k) {
            m.length = length;
        }
    }
}

/// An instruction and the range of its effects among all.
#[derive(Debug, Clone, Copy)]
struct Step {
    pc: u64,
    effects: (usize, usize),
}

impl Step {
    fn effects<'e>(&self, all: &'e [Effect]) -> &'e [Effect] {
        all.get(self.effects.0..self.effects.1).unwrap_or(&[])
    }
}

/// Targets of branches back.
fn backward(steps: &[Step], effects: &[Effect]) -> FxHashSet<u64> {
    let mut found = FxHashSet::default();
    for step in steps {
        for effect in step.effects(effects) {
            if let Effect::Go(_, Some(target)) = effect
                && *target <= step.pc
            {
                found.insert(*target);
            }
        }
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Unknown,
    Number(u64),
    /// The first part of an address.
    Part(u64),
    /// An address, and the mention that it comes from.
    Address(u64, u32),
}

/// A word in memory whose value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stored {
    base: Option<u8>,
    offset: i64,
    value: Value,
}

#[derive(Debug, Clone)]
struct State {
    registers: [Value; REGISTERS],
    stored: Vec<Stored>,
}

/// Words in memory that are remembered at a time.
const REMEMBERED: usize = 32;
/// Instructions looked at behind a label.
const AHEAD: usize = 12;
/// States that wait for their labels at a time.
const WAITING: usize = 256;

impl State {
    fn new() -> State {
        State {
            registers: [Value::Unknown; REGISTERS],
            stored: Vec::new(),
        }
    }

    fn holds_address(&self) -> bool {
        let address = |v: &Value| matches!(v, Value::Address(..));
        self.registers.iter().any(address) || self.stored.iter().any(|s| address(&s.value))
    }

    fn get(&self, r: u8) -> Value {
        self.registers
            .get(usize::from(r))
            .copied()
            .unwrap_or(Value::Unknown)
    }

    fn set(&mut self, r: u8, value: Value) {
        if let Some(slot) = self.registers.get_mut(usize::from(r)) {
            *slot = value;
        }
        self.stored.retain(|s| s.base != Some(r));
    }

    /// What holds here and there.
    fn meet(&mut self, other: &State) {
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            if mine != theirs {
                *mine = Value::Unknown;
            }
        }
        self.stored.retain(|s| other.stored.contains(s));
    }
}

struct Tracker<'p> {
    steps: &'p [Step],
    effects: &'p [Effect],
    convention: Convention,
    pointer: i64,
    program: &'p dyn Program,
    range: (u64, u64),
    loops: FxHashSet<u64>,
    now: State,
    /// Is the next instruction reached from the one before?
    live: bool,
    /// States at the targets of branches forward.
    waiting: FxHashMap<u64, State>,
    mentions: Vec<Mention>,
    /// Looking ahead: lengths are learnt, nothing is mentioned.
    ahead: bool,
}

impl Tracker<'_> {
    /// Goes on at `pc` with what is known now, up to where it is handed on: at a label where several ways
    /// meet, each way's own address and length are still known on it.
    fn look_ahead(&mut self, pc: u64) {
        if self.ahead || !self.now.holds_address() {
            return;
        }
        let from = self.steps.partition_point(|s| s.pc < pc);
        let steps = self.steps.get(from..).unwrap_or(&[]);
        let saved = self.now.clone();
        self.ahead = true;
        self.live = true;
        for step in steps.iter().take(AHEAD) {
            for &effect in step.effects(self.effects) {
                self.apply(step.pc, effect);
            }
            if !self.live || !self.now.holds_address() {
                break;
            }
        }
        self.ahead = false;
        self.now = saved;
    }
    /// Control comes to `pc` from before and from the branches that went there.
    fn arrive(&mut self, pc: u64) {
        let waiting = self.waiting.remove(&pc);
        if self.live && (waiting.is_some() || self.loops.contains(&pc)) {
            self.look_ahead(pc);
        }
        if self.loops.contains(&pc) {
            self.now = State::new();
        } else {
            match (self.live, waiting) {
                (true, Some(other)) => self.now.meet(&other),
                (true, None) => {}
                (false, Some(other)) => self.now = other,
                (false, None) => self.now = State::new(),
            }
        }
        self.live = true;
    }

    fn mention(&mut self, pc: u64, addr: u64, used: Use) -> u32 {
        if self.ahead {
            return u32::MAX;
        }
        let number = u32::try_from(self.mentions.len()).unwrap_or(u32::MAX);
        self.mentions.push(Mention {
            pc,
            addr,
            used,
            length: Length::None,
        });
        number
    }

    fn claim(&mut self, address: Value, number: Value) {
        let (Value::Address(_, i), Value::Number(n)) = (address, number) else {
            return;
        };
        if let Some(m) = self.mentions.get_mut(i as usize) {
            m.length = match m.length {
                Length::None => Length::One(n),
                Length::One(old) if old == n => m.length,
                _ => Length::Several,
            };
        }
    }

    /// The address of a place, where it is made of parts or stands in the instruction.
    fn address(&self, place: Place) -> Option<u64> {
        match place.base {
            None => Some(place.offset as u64),
            Some(base) => match self.now.get(base) {
                Value::Part(p) => Some(p.wrapping_add_signed(place.offset)),
                _ => None,
            },
        }
    }

    fn touch(&mut self, pc: u64, place: Place, used: Use) {
        if let Some(addr) = self.address(place) {
            self.mention(pc, addr, used);
        }
    }

    fn number(&mut self, pc: u64, n: u64) -> Value {
        if self.convention.absolute && self.program.is_data(n) {
            return Value::Address(n, self.mention(pc, n, Use::Address));
        }
        Value::Number(n)
    }

    fn apply(&mut self, pc: u64, effect: Effect) {
        match effect {
            Effect::Address(r, addr) => {
                let i = self.mention(pc, addr, Use::Address);
                self.now.set(r, Value::Address(addr, i));
            }
            Effect::Part(r, addr) => self.now.set(r, Value::Part(addr)),
            Effect::Number(r, n) => {
                let value = self.number(pc, n);
                self.now.set(r, value);
            }
            Effect::Sum(r, from, n) => {
                let value = match self.now.get(from) {
                    Value::Part(p) => {
                        let addr = p.wrapping_add_signed(n);
                        Value::Address(addr, self.mention(pc, addr, Use::Address))
                    }
                    Value::Number(v) if n != 0 => self.number(pc, v.wrapping_add_signed(n)),
                    value if n == 0 => value,
                    _ => Value::Unknown,
                };
                self.now.set(r, value);
            }
            Effect::Load(r, place) => {
                self.touch(pc, place, Use::Memory);
                self.now.set(r, Value::Unknown);
            }
            Effect::Store(place, source, size) => {
                self.touch(pc, place, Use::Memory);
                let value = match source {
                    Source::Register(r) => self.now.get(r),
                    Source::Number(n) => self.number(pc, n),
                    Source::Other => Value::Unknown,
                };
                self.store(place, value, i64::from(size));
            }
            Effect::Touch(place) => self.touch(pc, place, Use::Memory),
            Effect::Lose(r) => self.now.set(r, Value::Unknown),
            Effect::Compare(..) => {}
            Effect::Go(flow, target) => {
                if let Some(addr) = target.filter(|t| !self.within(*t)) {
                    self.mention(pc, addr, Use::Branch);
                }
                self.go(pc, flow, target);
            }
            Effect::GoThrough(flow, place) => {
                self.touch(pc, place, Use::Through);
                self.go(pc, flow, None);
            }
        }
    }

    fn within(&self, addr: u64) -> bool {
        (self.range.0..self.range.1).contains(&addr)
    }

    fn store(&mut self, place: Place, value: Value, size: i64) {
        let Place { base, offset } = self.address(place).map_or(place, Place::at);
        let end = offset.saturating_add(size);
        let pointer = self.pointer;
        self.now
            .stored
            .retain(|s| s.base != base || s.offset.saturating_add(pointer) <= offset || end <= s.offset);
        if size != pointer || value == Value::Unknown {
            return;
        }
        let beside = |at: Option<i64>| {
            let found = self
                .now
                .stored
                .iter()
                .find(|s| s.base == base && Some(s.offset) == at);
            found.map_or(Value::Unknown, |s| s.value)
        };
        let (before, behind) = (
            beside(offset.checked_sub(pointer)),
            beside(offset.checked_add(pointer)),
        );
        self.claim(value, behind);
        self.claim(before, value);
        if self.now.stored.len() >= REMEMBERED {
            self.now.stored.remove(0);
        }
        self.now.stored.push(Stored { base, offset, value });
    }

    fn go(&mut self, pc: u64, flow: Flow, target: Option<u64>) {
        let callee = match (flow, target) {
            (Flow::Call, Some(t)) => self.program.callee(t),
            _ => Callee::Ordinary,
        };
        match flow {
            Flow::Call if callee == Callee::Keeps => {}
            Flow::Call => {
                self.hand_on();
                if callee == Callee::Compares
                    && let &[first, _, third, ..] = self.convention.arguments
                {
                    self.claim(self.now.get(first), self.now.get(third));
                }
                self.now = State::new();
            }
            Flow::Return => {
                self.hand_on();
                self.live = false;
            }
            Flow::Jump | Flow::Branch => {
                match target.filter(|t| self.within(*t)) {
                    Some(_) if self.ahead => {}
                    Some(t) => {
                        self.look_ahead(t);
                        if t > pc {
                            self.wait(t);
                        }
                    }
                    // A call in place of a return.
                    None if flow == Flow::Jump => self.hand_on(),
                    None => {}
                }
                self.live = flow == Flow::Branch;
            }
        }
    }

    fn wait(&mut self, target: u64) {
        let room = self.waiting.len() < WAITING;
        match self.waiting.get_mut(&target) {
            Some(other) => other.meet(&self.now),
            None if room => {
                self.waiting.insert(target, self.now.clone());
            }
            // Without its state, all that is known at the label must be forgotten.
            None => {
                self.loops.insert(target);
            }
        }
    }

    /// Arguments or results are in registers: an address and the number behind it are a string.
    fn hand_on(&mut self) {
        let arguments = self.convention.arguments;
        for (a, b) in arguments.iter().zip(arguments.iter().skip(1)) {
            self.claim(self.now.get(*a), self.now.get(*b));
        }
    }
}
