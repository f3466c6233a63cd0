//! Does reflection keep all exported methods, at which price, and whose call is it?
//!
//! The linker keeps every exported method of every type whose values may be in an interface once a function
//! is reached that calls
//! `reflect.Value.Method`, `MethodByName` with a name that is no constant, or the same of `reflect.Type`
//! (cmd/compile/internal/walk of Go 1.27: usemethod).

use rustc_hash::{FxHashMap, FxHashSet};

use super::Graph;
use super::code::{self, Hold};
use super::flood::{Reach, Without};
use crate::disasm::printer;
use crate::disasm::step::{Effect, Flow};
use crate::go::types::Detail;

/// Decides whether it does: of the exported methods that no interface has, most are there, or next to none.
pub(super) fn settle(graph: &mut Graph<'_, '_>) {
    let types = graph.program.types();
    let mut called: FxHashSet<(&[u8], u64)> = FxHashSet::default();
    for t in &types.types {
        if let Detail::Interface { methods, .. } = &t.detail {
            called.extend(methods.iter().map(|m| (m.name.text, m.typ.unwrap_or(0))));
        }
    }
    let (mut there, mut all) = (0u64, 0u64);
    for m in types
        .types
        .iter()
        .flat_map(|t| &t.methods)
        .filter(|m| m.name.exported)
    {
        let Some(typ) = m.typ else { continue };
        if !called.contains(&(m.name.text, typ)) {
            all += 1;
            there += u64::from(m.text.is_some());
        }
    }
    graph.world.reflection = 2 * there > all;
    if graph.world.reflection {
        graph.world.reflecting = callers(graph).into_iter().collect();
    }
}

/// The functions that call reflection's methods with a name that may be any.
fn callers(graph: &Graph<'_, '_>) -> Vec<u32> {
    let Ok(table) = graph.program.pclntab() else {
        return Vec::new();
    };
    let reflect = graph.names.find("reflect");
    // For each of reflect's functions the argument that is the name's address, if it takes one.
    let mut wanted = FxHashMap::default();
    for (i, f) in table.functions().enumerate() {
        match f.name() {
            b"reflect.Value.Method" | b"reflect.(*rtype).Method" => wanted.insert(i as u32, None),
            b"reflect.Value.MethodByName" => wanted.insert(i as u32, Some(3)),
            b"reflect.(*rtype).MethodByName" => wanted.insert(i as u32, Some(1)),
            _ => None,
        };
    }
    let mut out = Vec::new();
    // By where the names stand: many calls share a long one.
    let mut known: FxHashMap<u32, bool> = FxHashMap::default();
    for (i, f) in table.functions().enumerate() {
        let outside = graph.world.package.get(i).copied() != reflect;
        if !outside {
            continue;
        }
        let holds = graph.world.edges.of(i as u32);
        let called: Vec<_> = holds
            .iter()
            .filter(|(to, h)| *h == Hold::Call && wanted.contains_key(to))
            .collect();
        let any = called.iter().any(|(to, _)| match wanted.get(to) {
            Some(Some(argument)) => !always_constant(graph, i, *to, *argument),
            _ => true,
        });
        let mut inlines = || {
            let mut calls = f.inline_indices().filter_map(|r| f.inlined_name_offset(r.value));
            calls.any(|name| {
                *known.entry(name).or_insert_with(|| {
                    let name = table.name_at(name);
                    matches!(name, b"reflect.Value.Method" | b"reflect.(*rtype).Method")
                })
            })
        };
        if any || called.is_empty() && !wanted.is_empty() && inlines() {
            out.push(i as u32);
        }
    }
    out
}

/// Has each call of `callee` in a function the address of a constant in that argument's register?
fn always_constant(graph: &Graph<'_, '_>, function: usize, callee: u32, argument: usize) -> bool {
    let program = graph.program;
    let (Some((start, code)), Some(printer)) = (
        code::code_of(program, function),
        printer(program.image().arch.goarch()),
    ) else {
        return false;
    };
    let Some(register) = printer.convention().arguments.get(argument).copied() else {
        return false;
    };
    let target = program.functions().entries().get(callee as usize).copied();
    let (mut at, mut constant, mut calls) = (0, false, 0);
    let mut effects = Vec::new();
    while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
        effects.clear();
        at += printer
            .step(rest, start.wrapping_add(at as u64), &mut effects)
            .max(1);
        for e in &effects {
            match *e {
                Effect::Address(r, _) if r == register => constant = true,
                // The second half of an address, where it comes in two.
                Effect::Part(r, _) if r == register => constant = true,
                Effect::Sum(r, from, _) if r == register => constant &= from == r,
                Effect::Load(r, _) | Effect::Number(r, _) | Effect::Lose(r) if r == register => {
                    constant = false
                }
                Effect::Go(Flow::Call, to) => {
                    if to.is_some() && to == target {
                        if !constant {
                            return false;
                        }
                        calls += 1;
                    }
                    constant = false;
                }
                _ => {}
            }
        }
    }
    calls > 0
}

/// Which of them the program reaches without reflection's help: those it keeps all methods for.
pub(super) fn name(graph: &mut Graph<'_, '_>) {
    if !graph.world.reflection {
        return;
    }
    let without = without(graph);
    graph.culprits = graph
        .world
        .reflecting
        .iter()
        .copied()
        .filter(|f| without.has(*f))
        .collect();
    graph.culprits.sort_unstable();
}

/// What would stay if reflection kept nothing.
pub(super) fn without(graph: &Graph<'_, '_>) -> Reach {
    let w = Without {
        no_reflection: true,
        ..Without::default()
    };
    graph.world.flood(&w, &graph.world.roots)
}
