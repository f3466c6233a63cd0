//! What a program loses with some of its packages, for many choices of packages: without a flood for each.
//!
//! A flood of the whole program notes what each fact followed from first. Facts that followed from what is
//! cut are taken back, those that follow from what stays as well are found again, and the rest is lost: the
//! work is as large as what hangs on the packages, not as the program (the way called delete and rederive,
//! Gupta, Mumick and Subrahmanian 1993). It gives what a flood without them gives, which the tests hold.

use rustc_hash::FxHashMap;

use super::code::{Hold, PLACES};
use super::flood::{DIRECT, Fact, Facts, Flood, REACHED, USED, Without, World};
use super::nodes::NONE;

/// Lists of numbers, by number.
#[derive(Debug, Default)]
struct Lists {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// From pairs (list, item).
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Lists {
        let pairs = pairs.filter(|p| (p.0 as usize) < count);
        let mut offsets = vec![0u32; count + 1];
        for (list, _) in pairs.clone() {
            if let Some(o) = offsets.get_mut(list as usize + 1) {
                *o += 1;
            }
        }
        let mut sum = 0;
        for o in &mut offsets {
            sum += *o;
            *o = sum;
        }
        let mut next = offsets.clone();
        let mut items = vec![0; sum as usize];
        for (list, item) in pairs {
            if let Some(n) = next.get_mut(list as usize) {
                if let Some(i) = items.get_mut(*n as usize) {
                    *i = item;
                }
                *n += 1;
            }
        }
        Lists { offsets, items }
    }

    fn of(&self, list: u32) -> &[u32] {
        let at = |i: usize| self.offsets.get(i).map_or(0, |o| *o as usize);
        let range = at(list as usize)..at(list as usize + 1);
        self.items.get(range).unwrap_or_default()
    }
}

/// The whole program's facts and what they hang on.
pub(super) struct Whole<'w> {
    world: &'w World,
    facts: Facts,
    /// The flood of the whole program at its end.
    state: Vec<u8>,
    bytes: u64,
    called: Vec<bool>,
    masks: Vec<[u64; PLACES]>,
    reflecting: bool,
    /// For each fact those that followed from it first.
    follow: Lists,
    /// Nodes that are reached as roots, not by others.
    first: Vec<(u32, u32)>,
    /// The packages on whose lives roots depend.
    roots: FxHashMap<u32, Vec<u32>>,
    by_package: Lists,
    /// The reverse of the world's edges, and of what methods hold and interfaces have.
    holders: Lists,
    slots_holding: Lists,
    interfaces_with: Lists,
    callers: Lists,
    /// Functions that call through interfaces.
    calling: Vec<u32>,
    interfaces: Vec<u32>,
}

/// What one choice of packages takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    /// Bytes that go.
    pub bytes: u64,
    /// Facts that were taken back: what it cost to find out.
    pub work: usize,
}

impl<'w> Whole<'w> {
    /// `None` where the program is larger than numbers are.
    pub fn new(world: &'w World) -> Option<Whole<'w>> {
        let facts = Facts::of(world);
        let count = facts.count()?;
        let everything = Without::default();
        let mut flood = Flood::new(world, &everything, false);
        flood.reasons = Some(Vec::new());
        for (node, _) in &world.roots {
            flood.reach(*node, NONE, Hold::Init, [NONE; 2]);
        }
        flood.run();
        let reasons = flood.reasons.take().unwrap_or_default();
        let after = reasons.iter().flat_map(|(fact, why)| {
            let premises = why.iter().filter(|w| **w != NONE);
            premises.map(move |w| (*w, *fact))
        });
        let mut roots: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (node, package) in &world.roots {
            roots.entry(*node).or_default().push(*package);
        }
        let is_first = |r: &&(u32, [u32; 2])| r.1 == [NONE; 2];
        let of_node = |r: &(u32, [u32; 2])| match facts.fact(r.0) {
            Fact::Reached(n) => Some(n),
            _ => None,
        };
        let first = reasons.iter().filter(is_first).filter_map(of_node);
        let first = first.flat_map(|n| roots.get(&n).into_iter().flatten().map(move |p| (*p, n)));
        let first: Vec<(u32, u32)> = first.collect();
        let nodes = world.weight.len();
        let edges = (0..nodes as u32).flat_map(|from| {
            let to = world.edges.of(from).iter();
            to.map(move |e| (e.0, from))
        });
        let slots = world.slots.iter().enumerate();
        let held = slots.flat_map(|(i, s)| s.holds.iter().map(move |h| (*h, i as u32)));
        let mut interfaces: Vec<u32> = world.interfaces.keys().copied().collect();
        interfaces.sort_unstable();
        let signatures = interfaces.iter().enumerate().flat_map(|(i, node)| {
            let interface = world.interfaces.get(node);
            let list = interface.map_or(&[][..], |x| &x.signatures);
            list.iter().map(move |s| (*s, i as u32))
        });
        let mut calling: Vec<u32> = world.calls.keys().copied().collect();
        calling.sort_unstable();
        let package_of = |n: &u32| world.package.get(*n as usize).copied().unwrap_or(NONE);
        let packages = world.importers.len();
        Some(Whole {
            world,
            facts,
            follow: Lists::new(count, after),
            first,
            by_package: Lists::new(
                packages,
                world.package.iter().enumerate().map(|(n, p)| (*p, n as u32)),
            ),
            holders: Lists::new(nodes, edges),
            slots_holding: Lists::new(nodes, held),
            interfaces_with: Lists::new(world.by_signature.len(), signatures),
            callers: Lists::new(packages, calling.iter().map(|n| (package_of(n), *n))),
            roots,
            calling,
            interfaces,
            bytes: flood.out.bytes,
            state: flood.out.state,
            called: flood.called,
            masks: flood.masks,
            reflecting: flood.reflecting,
        })
    }

    /// Something that can be asked again and again.
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            whole: self,
            state: self.state.clone(),
            called: self.called.clone(),
            masks: self.masks.clone(),
            seen: vec![0; self.follow.offsets.len().div_ceil(64)],
        }
    }

    fn holds(&self, fact: Fact) -> bool {
        let state = |n: u32, bit: u8| self.state.get(n as usize).is_some_and(|s| s & bit != 0);
        match fact {
            Fact::Reached(n) => state(n, REACHED),
            Fact::Used(n) => state(n, USED),
            Fact::Direct(n) => state(n, DIRECT),
            Fact::Called(_) | Fact::Through(..) | Fact::Reflecting => true,
        }
    }

    /// Does a node stay as a root?
    fn is_root(&self, node: u32, without: &Without) -> bool {
        let packages = self.roots.get(&node).into_iter().flatten();
        packages
            .into_iter()
            .any(|p| !without.gone.contains(p) && !without.cut.contains(p))
    }

    /// What followed from the packages first, and from what followed from that.
    /// `seen` is a bit for each fact, none set, before and after.
    fn taken_back(&self, without: &Without, seen: &mut [u64]) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::new();
        let mut take = |fact: u32, out: &mut Vec<u32>| {
            let bit = 1 << (fact % 64);
            if let Some(word) = seen.get_mut(fact as usize / 64).filter(|w| **w & bit == 0) {
                *word |= bit;
                out.push(fact);
            }
        };
        for p in &without.cut {
            for n in self.by_package.of(*p) {
                for fact in [Fact::Reached(*n), Fact::Used(*n), Fact::Direct(*n)] {
                    if self.holds(fact) {
                        take(self.facts.number(fact), &mut out);
                    }
                }
            }
        }
        for (package, node) in &self.first {
            let loses = without.gone.contains(package) || without.cut.contains(package);
            if loses && !self.is_root(*node, without) {
                take(self.facts.number(Fact::Reached(*node)), &mut out);
                // An interface that is a root is in use by that.
                if self.holds(Fact::Direct(*node)) {
                    take(self.facts.number(Fact::Direct(*node)), &mut out);
                }
            }
        }
        let mut next = 0;
        while let Some(fact) = out.get(next).copied() {
            next += 1;
            for f in self.follow.of(fact) {
                take(*f, &mut out);
            }
        }
        for fact in &out {
            if let Some(word) = seen.get_mut(*fact as usize / 64) {
                *word = 0;
            }
        }
        out
    }
}

/// Answers what is lost, one choice after the other.
pub(super) struct Asker<'w> {
    whole: &'w Whole<'w>,
    state: Vec<u8>,
    called: Vec<bool>,
    masks: Vec<[u64; PLACES]>,
    seen: Vec<u64>,
}

impl Asker<'_> {
    /// What goes without these packages and roots. Reflection is as in the whole program.
    pub fn loss(&mut self, without: &Without) -> Loss {
        let whole = self.whole;
        let back = whole.taken_back(without, &mut self.seen);
        let mut flood = Flood::new_at(
            whole.world,
            without,
            std::mem::take(&mut self.state),
            std::mem::take(&mut self.called),
            std::mem::take(&mut self.masks),
        );
        flood.reflecting = whole.reflecting;
        flood.out.bytes = whole.bytes;
        for fact in &back {
            put(&mut flood, whole.facts.fact(*fact), false);
        }
        for fact in &back {
            whole.again(&mut flood, whole.facts.fact(*fact));
            flood.run();
        }
        let bytes = whole.bytes - flood.out.bytes;
        for fact in &back {
            put(&mut flood, whole.facts.fact(*fact), true);
        }
        self.state = flood.out.state;
        self.called = flood.called;
        self.masks = flood.masks;
        Loss {
            bytes,
            work: back.len(),
        }
    }
}

/// Makes a fact hold or not, whatever follows from it.
fn put(flood: &mut Flood<'_>, fact: Fact, holds: bool) {
    let mut bit = |n: u32, bit: u8| {
        if let Some(s) = flood.out.state.get_mut(n as usize) {
            *s = if holds { *s | bit } else { *s & !bit };
        }
    };
    match fact {
        Fact::Reached(n) => {
            bit(n, REACHED);
            let weight = flood.world.weight.get(n as usize).copied().unwrap_or(0);
            if !holds {
                flood.out.bytes -= weight;
            }
        }
        Fact::Used(n) => bit(n, USED),
        Fact::Direct(n) => bit(n, DIRECT),
        Fact::Called(s) => {
            if let Some(c) = flood.called.get_mut(s as usize) {
                *c = holds;
            }
        }
        Fact::Through(p, place) => {
            let mask = flood.masks.get_mut(p as usize);
            if let Some(word) = mask.and_then(|m| m.get_mut(place as usize / 64)) {
                let bit = 1 << (place % 64);
                *word = if holds { *word | bit } else { *word & !bit };
            }
        }
        Fact::Reflecting => flood.reflecting = holds,
    }
}

impl Whole<'_> {
    /// Finds a fact again that follows from what stays in another way.
    fn again(&self, flood: &mut Flood<'_>, fact: Fact) {
        match fact {
            Fact::Reached(n) | Fact::Used(n) | Fact::Direct(n) => self.node_again(flood, n),
            Fact::Called(s) => {
                for i in self.interfaces_with.of(s) {
                    let Some(node) = self.interfaces.get(*i as usize).copied() else {
                        continue;
                    };
                    let Some(interface) = self.world.interfaces.get(&node) else {
                        continue;
                    };
                    if flood.state(node) & DIRECT == 0 {
                        continue;
                    }
                    for (place, _) in interface.signatures.iter().enumerate().filter(|x| *x.1 == s) {
                        flood.call(node, interface, place);
                    }
                }
            }
            Fact::Through(p, place) => {
                let all = self.world.importers.len() as u32;
                let found = |n: &&u32| {
                    let mask = self.world.calls.get(*n);
                    let word = mask.and_then(|m| m.get(place as usize / 64));
                    flood.state(**n) & REACHED != 0 && word.is_some_and(|w| w >> (place % 64) & 1 == 1)
                };
                let found = match p == all {
                    true => self.calling.iter().find(found),
                    false => self.callers.of(p).iter().find(found),
                };
                if let Some((n, places)) = found.and_then(|n| Some((*n, self.world.calls.get(n)?))) {
                    flood.calls(n, places);
                }
            }
            Fact::Reflecting => {
                let mut functions = self.world.reflecting.iter();
                if let Some(f) = functions.find(|f| flood.state(**f) & REACHED != 0) {
                    flood.reflect(*f);
                }
            }
        }
    }

    /// All that may make a node reached, a type used, an interface be in use.
    fn node_again(&self, flood: &mut Flood<'_>, node: u32) {
        let why = [NONE; 2];
        if self.is_root(node, flood.without) {
            flood.reach(node, NONE, Hold::Init, why);
        }
        for from in self.holders.of(node) {
            let state = flood.state(*from);
            if state & REACHED == 0 {
                continue;
            }
            let edges = self.world.edges.of(*from);
            let at = edges.partition_point(|e| e.0 < node);
            for (_, hold) in edges.iter().skip(at).take_while(|e| e.0 == node) {
                flood.reach(node, *from, *hold, why);
                if *hold == Hold::Convert || *hold == Hold::Child && state & USED != 0 {
                    flood.note_use(node, *from, why);
                }
            }
        }
        for i in self.slots_holding.of(node) {
            flood.slot(*i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::graph::flood::{Edges, Interface, Slot};
    use rustc_hash::FxHashSet;

    /// Numbers that look random and are the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, n: u32) -> u32 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % u64::from(n)) as u32
        }
    }

    const NODES: u32 = 60;
    const PACKAGES: u32 = 8;
    const SIGNATURES: u32 = 6;

    /// A program of functions (the first half) and types, some of them interfaces.
    fn world(seed: u64) -> World {
        let mut r = Numbers(seed);
        let holds = [
            Hold::Call,
            Hold::Address,
            Hold::Data,
            Hold::Type,
            Hold::Convert,
            Hold::Child,
        ];
        let edges = (0..110).map(|_| (r.below(NODES), r.below(NODES), holds[r.below(6) as usize]));
        let mut w = World {
            edges: Edges::new(NODES as usize, edges.collect()),
            importers: vec![Vec::new(); PACKAGES as usize],
            imports: vec![Vec::new(); PACKAGES as usize],
            interfaces_of: vec![Vec::new(); PACKAGES as usize],
            by_signature: vec![Vec::new(); SIGNATURES as usize],
            ..World::default()
        };
        w.weight = (0..NODES).map(|_| 1 + u64::from(r.below(50))).collect();
        w.package = (0..NODES)
            .map(|_| [r.below(PACKAGES), NONE][usize::from(r.below(4) == 0)])
            .collect();
        for _ in 0..12 {
            let (p, q) = (r.below(PACKAGES), r.below(PACKAGES));
            w.imports[p as usize].push(q);
            w.importers[q as usize].push(p);
        }
        for node in NODES / 2..NODES / 2 + 8 {
            let own = Some(r.below(PACKAGES)).filter(|_| r.below(3) > 0);
            match own {
                Some(p) => w.interfaces_of[p as usize].push(node),
                None => w.everywhere.push(node),
            }
            let signatures = (0..1 + r.below(3)).map(|_| r.below(SIGNATURES)).collect();
            w.interfaces.insert(
                node,
                Interface {
                    signatures,
                    package: own,
                },
            );
        }
        for i in 0..20 {
            let (typ, signature) = (NODES / 2 + 8 + r.below(NODES / 2 - 8), r.below(SIGNATURES));
            w.slots.push(Slot {
                typ,
                signature,
                exported: r.below(2) == 0,
                always: r.below(8) == 0,
                holds: [NODES / 2 + r.below(NODES / 2), r.below(NODES / 2), NONE],
            });
            w.slots_of.entry(typ).or_default().push(i);
            w.by_signature[signature as usize].push(i);
        }
        let mut calls: FxHashMap<u32, [u64; PLACES]> = FxHashMap::default();
        for _ in 0..10 {
            let places = calls.entry(r.below(NODES / 2)).or_insert([0; PLACES]);
            places[0] |= 1 << r.below(3);
        }
        w.call_through(calls.into_iter());
        w.reflection = r.below(3) == 0;
        if r.below(2) == 0 {
            w.reflecting.insert(r.below(NODES / 2));
        }
        let root = |r: &mut Numbers| [r.below(PACKAGES), NONE][usize::from(r.below(3) == 0)];
        w.roots = (0..6).map(|_| (r.below(NODES), root(&mut r))).collect();
        w
    }

    #[test]
    fn what_is_lost_is_what_a_flood_without_it_does_not_reach() {
        let mut partly = 0;
        for seed in 0..400 {
            let world = world(seed);
            let all = world.flood(&Without::default(), &world.roots).bytes;
            let whole = Whole::new(&world).unwrap();
            let mut asker = whole.asker();
            let mut r = Numbers(seed + 1000);
            for _ in 0..30 {
                let some = |r: &mut Numbers, n: u32| -> FxHashSet<u32> {
                    (0..n).map(|_| r.below(PACKAGES)).collect()
                };
                let without = Without {
                    cut: some(&mut r, 2),
                    gone: some(&mut r, 2),
                    ..Without::default()
                };
                let left = world.flood(&without, &world.roots).bytes;
                assert_eq!(asker.loss(&without).bytes, all - left, "seed {seed}: {without:?}");
                partly += usize::from(left > 0 && left < all);
            }
        }
        assert!(partly > 4000, "only {partly} choices say anything");
    }
}
