//! Dictionaries: what tells a generic function the types it works on. They belong to the generic function's
//! package, whoever makes them.
//!
//! A dictionary holds functions, other dictionaries, types and itabs, in this order. It is known by the
//! function that is called with it, by what a function does with one that it was given, and of a generic
//! type's methods by the types in it.
//!
//! Authority: cmd/compile/internal/noder/reader.go (shapedFunctionName, dictNameOf) of Go 1.18 to 1.27.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ledger::Owner;
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::space::{Map, Space, Start};
use super::subject::{Inlines, Subject};
use crate::disasm::step::{Effect, Flow, Place};
use crate::disasm::{printer, refs};
use crate::go::packages;
use crate::image::Arch;

/// Most functions, and most dictionaries, that one begins with.
const LONGEST: u64 = 16;
/// Bytes of the largest dictionary that is looked into.
const LARGEST: u64 = 1 << 14;

/// Steps of functions that are followed in all, so that no file takes longer than its size warrants; rclone's
/// 118 MB need 0.2 million.
const STEPS: usize = 1 << 24;

/// A dictionary and the index of the generic function that is called with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    pub(super) dictionary: u64,
    pub(super) callee: usize,
}

/// Is it the name of a generic function for all types of a shape, which is told the types by a dictionary?
pub(super) fn is_shaped(name: &[u8]) -> bool {
    // Most names have no type arguments, and one byte shows it.
    memchr::memrchr(b']', name).is_some() && memchr::memmem::find(name, b"[go.shape.").is_some()
}

/// May a dictionary begin at `addr`? Text and types do not begin with what dictionaries do.
pub(super) fn begins(program: &Subject<'_, '_>, map: &Map, addr: u64) -> bool {
    if !map.may_be_dictionary(addr) {
        return false;
    }
    let word = program.memory.ptr_size();
    let functions = program.functions.range();
    (0..LONGEST)
        .map_while(|i| program.memory.pointer(addr.checked_add(i * word)?))
        .find(|p| !functions.contains(p))
        .is_some_and(|p| map.may_be_dictionary(p))
}

/// Gives dictionaries to the packages of those that are called with them, and those that these call with what
/// is in them.
pub(super) fn enter(
    program: &Subject<'_, '_>,
    mut passed: Vec<Passed>,
    names: &mut Names,
    space: &mut Space,
) {
    let mut known = FxHashSet::default();
    let mut inlined = Vec::new();
    let mut bodies: FxHashMap<usize, Body<'_>> = FxHashMap::default();
    let mut at = 0;
    let mut left = STEPS;
    // Grows while it is worked off; each dictionary is looked into once.
    while let Some(p) = passed.get(at).copied() {
        at += 1;
        if !known.insert(p.dictionary) {
            continue;
        }
        if let Some(package) = program.functions.packages.get(p.callee) {
            space.certain(p.dictionary, by_code(*package));
        }
        let body = bodies
            .entry(p.callee)
            .or_insert_with(|| Body::of(program, p.callee));
        if let Some(l) = left.checked_sub(body.steps.len()) {
            left = l;
            body.follow(program, &space.map, p.dictionary, &mut passed, &mut inlined);
        }
    }
    for (dictionary, function) in inlined {
        if known.insert(dictionary)
            && let Some(package) = packages::of_name(function)
        {
            space.certain(dictionary, by_code(names.name(package.as_bytes())));
        }
    }
}

/// Is it the stack pointer?
fn is_stack(arch: Arch, register: u8) -> bool {
    register == if arch == Arch::Amd64 { 4 } else { 31 }
}

fn by_code(package: NameId) -> Owner {
    Owner::of(Kind::Unknown, Source::CodeReference, package)
}

/// What a generic function does with its dictionary.
struct Body<'t> {
    steps: Vec<(u64, Effect)>,
    inlines: Option<Inlines<'t>>,
}

impl<'t> Body<'t> {
    fn of(program: &'t Subject<'_, '_>, function: usize) -> Body<'t> {
        let mut steps = Vec::new();
        if let Some(range) = program.functions.code(function) {
            let code = program.image.bytes_from(range.start).unwrap_or_default();
            let len = (range.end - range.start).min(code.len() as u64) as usize;
            let code = code.get(..len).unwrap_or_default();
            let word = program.memory.ptr_size();
            refs::loads(
                program.image.arch,
                code,
                range.start,
                &mut |pc, step| match step {
                    // Such a word is in no dictionary.
                    Effect::Load(into, p)
                        if p.offset as u64 >= LARGEST || !(p.offset as u64).is_multiple_of(word) =>
                    {
                        steps.push((pc, Effect::Lose(into)));
                    }
                    _ => steps.push((pc, step)),
                },
            );
        }
        let f = program.table.and_then(|t| t.get(function));
        Body {
            steps,
            inlines: f.map(|f| Inlines::of(&f)),
        }
    }

    /// Finds dictionaries in `dictionary`: those that are loaded in front of a call of a function that takes
    /// one, and those that an inlined function works with, which are given with its name.
    fn follow(
        &self,
        program: &Subject<'_, '_>,
        map: &Map,
        dictionary: u64,
        passed: &mut Vec<Passed>,
        inlined: &mut Vec<(u64, &'t [u8])>,
    ) {
        // What the registers hold, as far as it is a dictionary; any other may hold the function's own.
        let mut registers = [None; 32];
        let order = printer(program.image.arch.goarch()).map_or(&[][..], |p| p.convention().arguments);
        let get = |registers: &[Option<u64>; 32], r: u8| registers.get(usize::from(r)).copied().flatten();
        let set = |registers: &mut [Option<u64>; 32], r: u8, value| {
            if let Some(r) = registers.get_mut(usize::from(r)) {
                *r = value;
            }
        };
        for (pc, step) in &self.steps {
            match *step {
                Effect::Load(
                    into,
                    Place {
                        base: Some(base),
                        offset,
                    },
                ) => {
                    let held = get(&registers, base);
                    // What lies on the stack is no part of a dictionary.
                    let found = (!is_stack(program.image.arch, base))
                        .then(|| held.unwrap_or(dictionary).checked_add_signed(offset))
                        .flatten()
                        .and_then(|a| program.memory.pointer(a))
                        .filter(|d| begins(program, map, *d));
                    if let Some(d) = held
                        && found.is_some()
                        && let Some(name) = self.inlines.as_ref().and_then(|i| i.at(*pc))
                        && is_shaped(name)
                    {
                        inlined.push((d, name));
                    }
                    set(&mut registers, into, found);
                }
                Effect::Sum(into, from, _) => {
                    let held = get(&registers, from);
                    set(&mut registers, into, held);
                }
                Effect::Lose(into) => set(&mut registers, into, None),
                Effect::Go(Flow::Call, Some(target)) => {
                    // The dictionary comes behind the receiver and before the other arguments.
                    let first = order.iter().find_map(|r| get(&registers, *r));
                    registers = [None; 32];
                    if let Some(dictionary) = first
                        && let Some(callee) = program.functions.takers.get(&target).copied()
                    {
                        passed.push(Passed { dictionary, callee });
                    }
                }
                _ => {}
            }
        }
    }
}

/// The package of the generic type whose methods take the dictionary at `s`: it names types made of that one
/// before others. What is called with a dictionary is better evidence, so such ones are left alone.
pub(super) fn of_type(
    program: &Subject<'_, '_>,
    map: &Map,
    generic: &FxHashMap<u64, NameId>,
    s: &Start,
) -> Option<NameId> {
    let word = program.memory.ptr_size();
    if s.fixed || !s.addr.is_multiple_of(word) || !map.may_be_dictionary(s.addr) {
        return None;
    }
    for i in 0..LONGEST {
        let p = program.memory.pointer(s.addr.checked_add(i * word)?)?;
        if map.types.contains(&p) {
            return generic.get(&p).copied().filter(|p| *p != NONE);
        }
        if !map.may_be_dictionary(p) {
            return None;
        }
    }
    None
}
