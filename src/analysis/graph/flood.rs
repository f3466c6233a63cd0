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

const REACHED: u8 = 1;
const USED: u8 = 2;
const DIRECT: u8 = 4;

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
struct Flood<'w> {
    world: &'w World,
    without: &'w Without,
    out: Reach,
    queue: std::collections::VecDeque<u32>,
    /// Types of whose values an interface is made, and what told so.
    uses: Vec<(u32, u32)>,
    called: Vec<bool>,
    /// The places that reached functions of each package call through, and of all.
    masks: Vec<Places>,
    all: Places,
    reflecting: bool,
    keep_parents: bool,
}

impl World {
    /// Everything that is reached from the roots `first` on.
    pub fn flood(&self, without: &Without, first: &[(u32, u32)]) -> Reach {
        let mut f = Flood::new(self, without, false);
        for (node, package) in first {
            if !without.gone.contains(package) && !without.cut.contains(package) {
                f.reach(*node, NONE, Hold::Init);
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
                f.reach(*node, NONE, Hold::Init);
            }
        }
        f.run();
        f.out
    }
}

impl<'w> Flood<'w> {
    fn new(world: &'w World, without: &'w Without, keep_parents: bool) -> Flood<'w> {
        let count = world.weight.len();
        Flood {
            world,
            without,
            out: Reach {
                state: vec![0; count],
                bytes: 0,
                parents: if keep_parents {
                    vec![(NONE, Hold::Data); count]
                } else {
                    Vec::new()
                },
                order: Vec::new(),
            },
            queue: std::collections::VecDeque::new(),
            uses: Vec::new(),
            called: vec![false; world.by_signature.len()],
            masks: vec![[0; PLACES]; world.importers.len()],
            all: [0; PLACES],
            // Nobody is seen to call it, so anybody may.
            reflecting: world.reflection && world.reflecting.is_empty() && !without.no_reflection,
            keep_parents,
        }
    }

    fn run(&mut self) {
        loop {
            while let Some((node, from)) = self.uses.pop() {
                self.use_type(node, from);
            }
            let Some(node) = self.queue.pop_front() else { break };
            let world = self.world;
            let used = self.state(node) & USED != 0;
            for (to, hold) in world.edges.of(node) {
                self.reach(*to, node, *hold);
                if *hold == Hold::Convert || *hold == Hold::Child && used {
                    self.uses.push((*to, node));
                }
            }
            if let Some(slots) = world.calls.get(&node) {
                self.calls(node, slots);
            }
            if !self.reflecting
                && world.reflection
                && !self.without.no_reflection
                && world.reflecting.contains(&node)
            {
                self.reflect();
            }
        }
    }

    fn state(&self, node: u32) -> u8 {
        self.out.state.get(node as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, node: u32, bit: u8) {
        if let Some(s) = self.out.state.get_mut(node as usize) {
            *s |= bit;
        }
    }

    fn reach(&mut self, node: u32, from: u32, hold: Hold) {
        let world = self.world;
        let Some(package) = world.package.get(node as usize) else {
            return;
        };
        if *package != NONE && self.without.cut.contains(package) {
            return;
        }
        if self.state(node) & REACHED == 0 {
            self.set(node, REACHED);
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
            self.uses.push((node, from));
        }
        if (hold != Hold::Child || self.without.any_method)
            && self.state(node) & DIRECT == 0
            && let Some(interface) = world.interfaces.get(&node)
        {
            self.set(node, DIRECT);
            self.offer(interface);
        }
    }

    /// An interface is in use: its methods that are called are now.
    fn offer(&mut self, interface: &Interface) {
        let mut mask = [0u64; PLACES];
        match interface.package {
            None => mask = self.all,
            Some(own) => {
                let importers = self.world.importers.get(own as usize).into_iter().flatten();
                for c in importers.chain([&own]) {
                    let theirs = self.masks.get(*c as usize).into_iter().flatten();
                    mask.iter_mut().zip(theirs).for_each(|(m, x)| *m |= x);
                }
            }
        }
        self.call(interface, &mask);
    }

    fn call(&mut self, interface: &Interface, mask: &Places) {
        for (i, signature) in interface.signatures.iter().enumerate() {
            // What is larger than any that people write has no bit.
            let bit = self.without.any_method || mask.get(i / 64).is_none_or(|m| m >> (i % 64) & 1 == 1);
            if bit && self.called.get(*signature as usize) == Some(&false) {
                if let Some(c) = self.called.get_mut(*signature as usize) {
                    *c = true;
                }
                for slot in self
                    .world
                    .by_signature
                    .get(*signature as usize)
                    .into_iter()
                    .flatten()
                {
                    self.slot(*slot);
                }
            }
        }
    }

    fn calls(&mut self, node: u32, slots: &Places) {
        let world = self.world;
        let merge = |into: &mut Places| {
            let before = *into;
            into.iter_mut().zip(slots).for_each(|(m, s)| *m |= s);
            before != *into
        };
        if merge(&mut self.all) {
            let all = self.all;
            for i in &world.everywhere {
                self.again(*i, &all);
            }
        }
        let package = world.package.get(node as usize).copied().unwrap_or(NONE) as usize;
        if let Some(m) = self.masks.get_mut(package)
            && merge(m)
        {
            let mask = *m;
            let own = package as u32;
            let seen = world.imports.get(package).into_iter().flatten().chain([&own]);
            for q in seen {
                for i in world.interfaces_of.get(*q as usize).into_iter().flatten() {
                    self.again(*i, &mask);
                }
            }
        }
    }

    fn again(&mut self, node: u32, mask: &Places) {
        if self.state(node) & DIRECT != 0
            && let Some(interface) = self.world.interfaces.get(&node)
        {
            self.call(interface, mask);
        }
    }

    /// An interface is made of a type's values: so may one be of what it is made of.
    fn use_type(&mut self, node: u32, from: u32) {
        self.reach(node, from, Hold::Child);
        let state = self.state(node);
        if state & REACHED == 0 || state & USED != 0 {
            return;
        }
        self.set(node, USED);
        let world = self.world;
        for slot in world.slots_of.get(&node).into_iter().flatten() {
            self.slot(*slot);
        }
        let children = world.edges.of(node).iter().filter(|e| e.1 == Hold::Child);
        self.uses.extend(children.map(|e| (e.0, node)));
    }

    /// Keeps a method if its type is used and something may call it.
    fn slot(&mut self, index: u32) {
        let Some(s) = self.world.slots.get(index as usize) else {
            return;
        };
        let called =
            s.always || self.called.get(s.signature as usize) == Some(&true) || s.exported && self.reflecting;
        if called && self.state(s.typ) & USED != 0 {
            let [mtyp, interface, direct] = s.holds;
            if mtyp != NONE {
                self.reach(mtyp, s.typ, Hold::Child);
                self.uses.push((mtyp, s.typ));
            }
            for f in [interface, direct] {
                if f != NONE {
                    self.reach(f, s.typ, Hold::Method);
                }
            }
        }
    }

    fn reflect(&mut self) {
        self.reflecting = true;
        let exported = (0..self.world.slots.len() as u32)
            .filter(|i| self.world.slots.get(*i as usize).is_some_and(|s| s.exported));
        for i in exported {
            self.slot(i);
        }
    }
}
