//! What is reached from the program's roots, by the linker's rules for methods.
//!
//! A method of a type is kept where an interface is made of the type's values and either an interface with
//! the method is in use and called, or reflection may call it. Authority: cmd/link/internal/ld/deadcode.go of
//! Go 1.27.

use rustc_hash::FxHashSet;

use super::code::{Hold, PLACES, Places};
use super::nodes::NONE;

/// Edges from each node.
#[derive(Debug, Default)]
pub(super) struct Edges {
    offsets: Vec<u32>,
    to: Vec<(u32, Hold)>,
}

impl Edges {
    pub fn new(count: usize, mut all: Vec<(u32, u32, Hold)>) -> Edges {
        all.sort_unstable();
        all.dedup();
        let mut offsets = vec![0u32; count + 1];
        for (from, ..) in &all {
            if let Some(o) = offsets.get_mut(*from as usize + 1) {
                *o += 1;
            }
        }
        let mut sum = 0;
        for o in &mut offsets {
            sum += *o;
            *o = sum;
        }
        Edges {
            offsets,
            to: all.into_iter().map(|e| (e.1, e.2)).collect(),
        }
    }

    pub fn of(&self, node: u32) -> &[(u32, Hold)] {
        let at = |i: usize| self.offsets.get(i).map_or(0, |o| *o as usize);
        self.to
            .get(at(node as usize)..at(node as usize + 1))
            .unwrap_or_default()
    }
}

/// A method that a type may lose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// The type's node.
    pub typ: u32,
    /// Number of name and type of the method.
    pub signature: u32,
    pub exported: bool,
    /// Lives with its type: nothing that is known calls it.
    pub always: bool,
    /// The nodes it holds: the method's type, the two functions.
    pub holds: [u32; 3],
}

/// An interface type's methods.
#[derive(Debug, Default)]
pub(super) struct Interface {
    pub signatures: Vec<u32>,
    /// Its package: calls from there and from those that import it count; `None` for calls from anywhere.
    pub package: Option<u32>,
}

/// All that a flood goes by.
#[derive(Debug, Default)]
pub(super) struct World {
    pub weight: Vec<u64>,
    pub package: Vec<u32>,
    pub edges: Edges,
    pub slots: Vec<Slot>,
    /// For each type's node its slots.
    pub slots_of: rustc_hash::FxHashMap<u32, Vec<u32>>,
    /// For each signature its slots.
    pub by_signature: Vec<Vec<u32>>,
    pub interfaces: rustc_hash::FxHashMap<u32, Interface>,
    /// For each package those that import it, those it imports, and the interfaces it declares.
    pub importers: Vec<Vec<u32>>,
    pub imports: Vec<Vec<u32>>,
    pub interfaces_of: Vec<Vec<u32>>,
    /// Interfaces that calls from anywhere count for.
    pub everywhere: Vec<u32>,
    /// The places that a function calls through.
    pub calls: rustc_hash::FxHashMap<u32, Places>,
    /// Places that any of them calls through lie below this one.
    pub places: u32,
    /// Functions that may call any exported method.
    pub reflecting: FxHashSet<u32>,
    /// Does reflection keep all exported methods?
    pub reflection: bool,
    /// First nodes, with the package whose life they depend on.
    pub roots: Vec<(u32, u32)>,
}

/// What to leave out.
#[derive(Debug, Default, Clone)]
pub(super) struct Without {
    /// Packages whose functions and types are gone.
    pub cut: FxHashSet<u32>,
    /// Packages whose init tasks are gone too.
    pub gone: FxHashSet<u32>,
    /// Does reflection keep nothing?
    pub no_reflection: bool,
    /// Is every method taken as called that any interface has, of every type, whatever is seen of conversions
    /// and calls?
    pub any_method: bool,
}

pub(super) const REACHED: u8 = 1;
pub(super) const USED: u8 = 2;
pub(super) const DIRECT: u8 = 4;

/// What a flood finds out, one thing at a time, by number: for each node that it is reached, for each type
/// that it is used, for each interface that it is in use, for each signature that it is called, for each
/// package (and for all, the last) and place that a reached function of it calls through there, and that
/// something reflects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    nodes: u32,
    signatures: u32,
    packages: u32,
    /// Places that anything calls through: those below.
    places: u32,
}

/// A fact, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    Reached(u32),
    Used(u32),
    Direct(u32),
    Called(u32),
    /// The package, or their number for all, and the place.
    Through(u32, u32),
    Reflecting,
}

impl Facts {
    pub fn of(world: &World) -> Facts {
        Facts {
            nodes: world.weight.len() as u32,
            signatures: world.by_signature.len() as u32,
            packages: world.importers.len() as u32,
            places: world.places.max(1),
        }
    }

    /// How many there can be; `None` where that is more than numbers are.
    pub fn count(self) -> Option<usize> {
        let last = self.number(Fact::Reflecting);
        (last < NONE).then_some(last as usize + 1)
    }

    pub fn number(self, fact: Fact) -> u32 {
        let node = |part: u32, x: u32| self.nodes.saturating_mul(part).saturating_add(x);
        let place = |p: u32, place: u32| {
            let before = node(3, self.signatures);
            before.saturating_add(p.saturating_mul(self.places).saturating_add(place))
        };
        match fact {
            Fact::Reached(x) => x,
            Fact::Used(x) => node(1, x),
            Fact::Direct(x) => node(2, x),
            Fact::Called(x) => node(3, x),
            Fact::Through(p, at) => place(p, at),
            Fact::Reflecting => place(self.packages.saturating_add(1), 0),
        }
    }

    pub fn fact(self, number: u32) -> Fact {
        let n = self.nodes;
        if number < n {
            Fact::Reached(number)
        } else if number < 2 * n {
            Fact::Used(number - n)
        } else if number < 3 * n {
            Fact::Direct(number - 2 * n)
        } else if number < 3 * n + self.signatures {
            Fact::Called(number - 3 * n)
        } else {
            let place = number - 3 * n - self.signatures;
            match place / self.places {
                p if p <= self.packages => Fact::Through(p, place % self.places),
                _ => Fact::Reflecting,
            }
        }
    }
}

/// Places in an itab that have a bit.
pub(super) const PLACE_BITS: u32 = PLACES as u32 * 64;

/// What a fact follows from, by number; [`NONE`] where nothing is needed.
pub(super) type Why = [u32; 2];

/// What a flood reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub state: Vec<u8>,
    pub bytes: u64,
    /// For each node the one that reached it first, and how; only where asked for.
    pub parents: Vec<(u32, Hold)>,
    /// Nodes in the order in which they were reached; only where asked for.
    pub order: Vec<u32>,
}

impl Reach {
    pub fn has(&self, node: u32) -> bool {
        self.state.get(node as usize).is_some_and(|s| s & REACHED != 0)
    }
}

/// A flood under way.
pub(super) struct Flood<'w> {
    pub world: &'w World,
    pub without: &'w Without,
    pub out: Reach,
    queue: std::collections::VecDeque<u32>,
    /// Types of whose values an interface is made, and what told so.
    uses: Vec<(u32, u32, Why)>,
    pub called: Vec<bool>,
    /// The places that reached functions of each package call through, and, at the end, of all.
    pub masks: Vec<Places>,
    pub reflecting: bool,
    keep_parents: bool,
    facts: Facts,
    /// Facts with what they followed from first, in the order in which they were found; only where asked
    /// for.
    pub reasons: Option<Vec<(u32, Why)>>,
}

impl World {
    /// Enters the places that functions call through.
    pub fn call_through(&mut self, calls: impl Iterator<Item = (u32, Places)>) {
        self.calls = calls.collect();
        let highest = |m: &Places| (0..PLACE_BITS).rev().find(|b| bit(m, *b)).map_or(0, |b| b + 1);
        self.places = self.calls.values().map(highest).max().unwrap_or(0);
    }

    /// Everything that is reached from the roots `first` on.
    pub fn flood(&self, without: &Without, first: &[(u32, u32)]) -> Reach {
        let mut f = Flood::new(self, without, false);
        for (node, package) in first {
            if !without.gone.contains(package) && !without.cut.contains(package) {
                f.reach(*node, NONE, Hold::Init, [NONE; 2]);
                f.run();
            }
        }
        f.out
    }

    /// As [`World::flood`], but with all roots at the same distance, the order in which nodes were reached,
    /// and by which.
    pub fn flood_at_once(&self, without: &Without, roots: &[(u32, u32)]) -> Reach {
        let mut f = Flood::new(self, without, true);
        for (node, package) in roots {
            if !without.gone.contains(package) && !without.cut.contains(package) {
                f.reach(*node, NONE, Hold::Init, [NONE; 2]);
            }
        }
        f.run();
        f.out
    }
}

impl<'w> Flood<'w> {
    pub fn new(world: &'w World, without: &'w Without, keep_parents: bool) -> Flood<'w> {
        let count = world.weight.len();
        let masks = vec![[0; PLACES]; world.importers.len() + 1];
        let called = vec![false; world.by_signature.len()];
        let mut new = Flood::new_at(world, without, vec![0; count], called, masks);
        if keep_parents {
            new.keep_parents = true;
            new.out.parents = vec![(NONE, Hold::Data); count];
        }
        new
    }

    /// A flood that goes on from nodes reached, signatures called and places called through.
    pub fn new_at(
        world: &'w World,
        without: &'w Without,
        state: Vec<u8>,
        called: Vec<bool>,
        masks: Vec<Places>,
    ) -> Flood<'w> {
        Flood {
            world,
            without,
            out: Reach {
                state,
                ..Reach::default()
            },
            queue: std::collections::VecDeque::new(),
            uses: Vec::new(),
            called,
            masks,
            // Nobody is seen to call it, so anybody may.
            reflecting: world.reflection && world.reflecting.is_empty() && !without.no_reflection,
            keep_parents: false,
            facts: Facts::of(world),
            reasons: None,
        }
    }

    /// Follows what is in the queue to its end.
    pub fn run(&mut self) {
        loop {
            while let Some((node, from, why)) = self.uses.pop() {
                self.use_type(node, from, why);
            }
            let Some(node) = self.queue.pop_front() else { break };
            let world = self.world;
            let reached = [self.facts.number(Fact::Reached(node)), NONE];
            let used = [self.facts.number(Fact::Used(node)), NONE];
            let is_used = self.state(node) & USED != 0;
            for (to, hold) in world.edges.of(node) {
                self.reach(*to, node, *hold, reached);
                match hold {
                    Hold::Convert => self.uses.push((*to, node, reached)),
                    Hold::Child if is_used => self.uses.push((*to, node, used)),
                    _ => {}
                }
            }
            if let Some(slots) = world.calls.get(&node) {
                self.calls(node, slots);
            }
            if world.reflecting.contains(&node) {
                self.reflect(node);
            }
        }
    }

    fn because(&mut self, fact: Fact, why: Why) {
        if let Some(r) = &mut self.reasons {
            r.push((self.facts.number(fact), why));
        }
    }

    pub fn state(&self, node: u32) -> u8 {
        self.out.state.get(node as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, node: u32, bit: u8) {
        if let Some(s) = self.out.state.get_mut(node as usize) {
            *s |= bit;
        }
    }

    pub fn reach(&mut self, node: u32, from: u32, hold: Hold, why: Why) {
        let world = self.world;
        let Some(package) = world.package.get(node as usize) else {
            return;
        };
        if *package != NONE && self.without.cut.contains(package) {
            return;
        }
        if self.state(node) & REACHED == 0 {
            self.set(node, REACHED);
            self.because(Fact::Reached(node), why);
            self.out.bytes += world.weight.get(node as usize).copied().unwrap_or(0);
            if self.keep_parents
                && let Some(p) = self.out.parents.get_mut(node as usize)
            {
                *p = (from, hold);
                self.out.order.push(node);
            }
            self.queue.push_back(node);
        }
        if self.without.any_method && self.state(node) & USED == 0 && world.slots_of.contains_key(&node) {
            self.uses.push((node, from, why));
        }
        if (hold != Hold::Child || self.without.any_method)
            && self.state(node) & DIRECT == 0
            && let Some(interface) = world.interfaces.get(&node)
        {
            self.set(node, DIRECT);
            self.because(Fact::Direct(node), why);
            self.offer(node, interface);
        }
    }

    /// An interface is in use: its methods that are called are now.
    fn offer(&mut self, node: u32, interface: &Interface) {
        for place in 0..interface.signatures.len() {
            self.call(node, interface, place);
        }
    }

    /// The package, or their number for all, whose calls through a place of the interface are seen.
    pub fn caller(&self, interface: &Interface, place: usize) -> Option<u32> {
        let through = |p: &u32| {
            let mask = self.masks.get(*p as usize);
            mask.and_then(|m| m.get(place / 64))
                .is_some_and(|w| w >> (place % 64) & 1 == 1)
        };
        let Some(own) = interface.package else {
            return Some(self.world.importers.len() as u32).filter(through);
        };
        let importers = self.world.importers.get(own as usize).into_iter().flatten();
        importers.copied().chain([own]).find(through)
    }

    /// Are the methods at this place of an interface in use called?
    pub fn call(&mut self, node: u32, interface: &Interface, place: usize) {
        let Some(signature) = interface.signatures.get(place).copied() else {
            return;
        };
        if self.called.get(signature as usize) != Some(&false) {
            return;
        }
        // What is larger than any that people write has no bit.
        let anyway = self.without.any_method || place >= PLACE_BITS as usize;
        let caller = if anyway {
            None
        } else {
            self.caller(interface, place)
        };
        if caller.is_none() && !anyway {
            return;
        }
        if let Some(c) = self.called.get_mut(signature as usize) {
            *c = true;
        }
        let through = caller.map_or(NONE, |p| self.facts.number(Fact::Through(p, place as u32)));
        let direct = self.facts.number(Fact::Direct(node));
        self.because(Fact::Called(signature), [direct, through]);
        let slots = self.world.by_signature.get(signature as usize);
        for slot in slots.into_iter().flatten() {
            self.slot(*slot);
        }
    }

    /// A function that is reached calls through these places.
    pub fn calls(&mut self, node: u32, slots: &Places) {
        let world = self.world;
        let package = world.package.get(node as usize).copied().unwrap_or(NONE);
        let all = world.importers.len() as u32;
        let why = [self.facts.number(Fact::Reached(node)), NONE];
        for p in [all, package] {
            let Some(mask) = self.masks.get_mut(p as usize) else {
                continue;
            };
            let before = *mask;
            mask.iter_mut().zip(slots).for_each(|(m, s)| *m |= s);
            let mut new = *mask;
            new.iter_mut().zip(before).for_each(|(m, b)| *m &= !b);
            if new == [0; PLACES] {
                continue;
            }
            for place in (0..PLACE_BITS).filter(|b| bit(&new, *b)) {
                self.because(Fact::Through(p, place), why);
            }
            if p == all {
                for i in &world.everywhere {
                    self.again(*i, &new);
                }
                continue;
            }
            let seen = world.imports.get(p as usize).into_iter().flatten().chain([&p]);
            for q in seen {
                for i in world.interfaces_of.get(*q as usize).into_iter().flatten() {
                    self.again(*i, &new);
                }
            }
        }
    }

    fn again(&mut self, node: u32, new: &Places) {
        if self.state(node) & DIRECT != 0
            && let Some(interface) = self.world.interfaces.get(&node)
        {
            let count = interface.signatures.len().min(PLACE_BITS as usize);
            for place in (0..count).filter(|p| bit(new, *p as u32)) {
                self.call(node, interface, place);
            }
        }
    }

    /// Interfaces are made of a type's values, as will be found when the queue is followed.
    pub fn note_use(&mut self, node: u32, from: u32, why: Why) {
        self.uses.push((node, from, why));
    }

    /// An interface is made of a type's values: so may one be of what it is made of.
    fn use_type(&mut self, node: u32, from: u32, why: Why) {
        self.reach(node, from, Hold::Child, why);
        let state = self.state(node);
        if state & REACHED == 0 || state & USED != 0 {
            return;
        }
        self.set(node, USED);
        self.because(Fact::Used(node), why);
        let world = self.world;
        for slot in world.slots_of.get(&node).into_iter().flatten() {
            self.slot(*slot);
        }
        let used = [self.facts.number(Fact::Used(node)), NONE];
        let children = world.edges.of(node).iter().filter(|e| e.1 == Hold::Child);
        self.uses.extend(children.map(|e| (e.0, node, used)));
    }

    /// Why a method is kept; `None` where it is not: its type must be used and something may call it.
    pub fn kept(&self, slot: &Slot) -> Option<Why> {
        let reason = if slot.always {
            NONE
        } else if self.called.get(slot.signature as usize) == Some(&true) {
            self.facts.number(Fact::Called(slot.signature))
        } else if slot.exported && self.reflecting {
            self.facts.number(Fact::Reflecting)
        } else {
            return None;
        };
        let used = self.state(slot.typ) & USED != 0;
        used.then(|| [self.facts.number(Fact::Used(slot.typ)), reason])
    }

    /// Keeps a method that is to be kept.
    pub fn slot(&mut self, index: u32) {
        let Some(s) = self.world.slots.get(index as usize) else {
            return;
        };
        let Some(why) = self.kept(s) else { return };
        let [mtyp, interface, direct] = s.holds;
        if mtyp != NONE {
            self.reach(mtyp, s.typ, Hold::Child, why);
            self.uses.push((mtyp, s.typ, why));
        }
        for f in [interface, direct] {
            if f != NONE {
                self.reach(f, s.typ, Hold::Method, why);
            }
        }
    }

    /// A function that is reached may call any exported method.
    pub fn reflect(&mut self, node: u32) {
        if self.reflecting || !self.world.reflection || self.without.no_reflection {
            return;
        }
        self.reflecting = true;
        let why = [self.facts.number(Fact::Reached(node)), NONE];
        self.because(Fact::Reflecting, why);
        for i in 0..self.world.slots.len() as u32 {
            if self.world.slots.get(i as usize).is_some_and(|s| s.exported) {
                self.slot(i);
            }
        }
    }
}

fn bit(places: &Places, place: u32) -> bool {
    places
        .get(place as usize / 64)
        .is_some_and(|w| w >> (place % 64) & 1 == 1)
}
