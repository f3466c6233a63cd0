//! Every place in data that code refers to, and whose it is therefore.
//!
//! The first function in the order of the text wins: the linker lays packages out with dependencies first, so
//! a variable's own package comes before those that import it. An inlined instruction counts for the function
//! it came from, but what the compiler makes up while it compiles a function (a table in read-only data, the
//! cache of a type switch) belongs to the package that is compiled, and a generic function's dictionary to
//! the generic function's package, whoever passes it.
//!
//! Authority: cmd/compile/internal/{staticinit,noder,walk} of Go 1.18 to 1.27 for what the compiler makes up;
//! internal/abi/switch.go for the caches of type switches and assertions.

use rayon::prelude::*;

use super::dictionaries::{self, Passed};
use super::ledger::Owner;
use super::model::{Kind, Source};
use super::names::{NONE, Names};
use super::space::{Map, Space, Start};
use super::subject::{Inlines, Subject};
use crate::disasm::refs::{self, Use};
use crate::go::packages;
use crate::image::Arch;

/// Functions that one task scans.
const TASK: usize = 1024;
/// Tasks of each thread between two looks at what is known: more need more memory, since they find the same
/// places again.
const ROUND: usize = 8;
/// A dictionary is loaded at most so many bytes of code in front of the call.
const NEAR: u64 = 96;

/// The largest rune (unicode/utf8.MaxRune), a constant of almost every program and no address, though it may
/// look like one.
const MAX_RUNE: u64 = 0x10_ffff;

/// A place, the instruction that refers to it, and the index of the function that holds that.
#[derive(Debug, Clone, Copy)]
struct Found {
    target: u64,
    pc: u64,
    function: usize,
}

/// Enters all of them as starts.
pub(super) fn code(program: &Subject<'_, '_>, names: &mut Names, space: &mut Space) {
    let count = program.functions.packages.len();
    let mut passed = Vec::new();
    let mut round = 0;
    while round < count {
        let end = count.min(round + TASK * ROUND * rayon::current_num_threads());
        let tasks: Vec<usize> = (round..end).step_by(TASK).collect();
        let known = &*space;
        let scanned: Vec<_> = tasks
            .into_par_iter()
            .map(|from| scan(program, known, from..end.min(from + TASK)))
            .collect();
        for (found, dictionaries) in scanned {
            enter(program, &found, names, space);
            passed.extend(dictionaries);
        }
        round = end;
    }
    dictionaries::enter(program, passed, names, space);
}

/// What functions refer to, each new place once or a few times.
fn scan(
    program: &Subject<'_, '_>,
    space: &Space,
    functions: std::ops::Range<usize>,
) -> (Vec<Found>, Vec<Passed>) {
    let image = program.image;
    let text = program.functions.range();
    let mut out = (Vec::new(), Vec::new());
    // Most places are named many times nearby.
    let mut recent = [0u64; 512];
    for function in functions {
        let Some(range) = program.functions.code(function) else {
            continue;
        };
        let code = if image.arch == Arch::Wasm {
            super::wasm::body(image, range.start)
        } else {
            let all = image.bytes_from(range.start).unwrap_or_default();
            let len = (range.end - range.start).min(all.len() as u64) as usize;
            all.get(..len).unwrap_or_default()
        };
        let mut loaded = Loaded::default();
        refs::scan(image.arch, image.endian, code, range.start, &mut |r| {
            let (pc, target) = (r.at, r.target);
            if text.contains(&target) {
                if loaded.count > 0 && r.what != Use::Jump {
                    loaded.called(program, &space.map, (pc, target), &mut out.1);
                }
                return;
            }
            let Some(area) = space.map.area(target).filter(|_| target != MAX_RUNE) else {
                return;
            };
            if area.may_hold_dictionary(target) {
                loaded.add(pc, target, r.what == Use::Load);
            }
            if let Some(r) = recent.get_mut((target >> 2 & 511) as usize) {
                if *r == target {
                    return;
                }
                *r = target;
            }
            if !space.seen_in(area, target) {
                out.0.push(Found { target, pc, function });
            }
        });
    }
    out
}

/// What may be dictionaries, loaded since the last call: the instruction, the dictionary or the place that
/// holds its address, and whether it is the latter.
#[derive(Debug, Default)]
struct Loaded {
    all: [(u64, u64, bool); 4],
    count: usize,
}

impl Loaded {
    fn add(&mut self, pc: u64, target: u64, read: bool) {
        if let Some(l) = self.all.get_mut(self.count % 4) {
            *l = (pc, target, read);
        }
        self.count += 1;
    }

    /// A call, at a place and of a place: if it is of a generic function, what was loaded is its dictionary.
    fn called(
        &mut self,
        program: &Subject<'_, '_>,
        map: &Map,
        (pc, target): (u64, u64),
        out: &mut Vec<Passed>,
    ) {
        let count = std::mem::take(&mut self.count);
        let Some(callee) = program.functions.takers.get(&target).copied() else {
            return;
        };
        for (at, place, read) in self.all.iter().take(count) {
            if pc.wrapping_sub(*at) >= NEAR {
                continue;
            }
            let dictionary = if *read {
                program.memory.pointer(*place)
            } else {
                Some(*place)
            };
            if let Some(dictionary) = dictionary.filter(|d| dictionaries::begins(program, map, *d)) {
                out.push(Passed { dictionary, callee });
            }
        }
    }
}

/// Enters what was found, in the order of the text.
fn enter(program: &Subject<'_, '_>, found: &[Found], names: &mut Names, space: &mut Space) {
    let Some(table) = program.table else { return };
    let mut inlined: Option<(usize, Inlines<'_>)> = None;
    for f in found {
        if !space.fresh(f.target) {
            continue;
        }
        let compiled = program
            .functions
            .packages
            .get(f.function)
            .copied()
            .unwrap_or(NONE);
        if inlined.as_ref().is_none_or(|i| i.0 != f.function) {
            inlined = table.get(f.function).map(|t| (f.function, Inlines::of(&t)));
        }
        let from = inlined.as_ref().and_then(|i| i.1.at(f.pc));
        let owner = |p| Owner::of(Kind::Unknown, Source::CodeReference, p);
        let start = match from.and_then(|name| Some((name, packages::of_name(name)?))) {
            Some((name, p)) if !program.is_cache(f.target) => {
                // An inlined generic function has a dictionary of its own.
                let dictionary =
                    dictionaries::is_shaped(name) && dictionaries::begins(program, &space.map, f.target);
                Start {
                    compiled: if dictionary { NONE } else { compiled },
                    ..Start::new(f.target, owner(names.name(p.as_bytes())))
                }
            }
            _ => Start::new(f.target, owner(compiled)),
        };
        space.push(start);
    }
}

/// C code's references: what it names is C's, unless Go code names it too.
pub(super) fn foreign(program: &Subject<'_, '_>, text: &[(u64, u64)], space: &mut Space) {
    let image = program.image;
    let owner = Owner::of(Kind::CCode, Source::CodeReference, NONE);
    for (start, end) in text {
        let Some(code) = image.bytes_from(*start) else {
            continue;
        };
        let code = code
            .get(..(end - start).min(code.len() as u64) as usize)
            .unwrap_or_default();
        refs::scan(image.arch, image.endian, code, *start, &mut |r| {
            space.start(r.target, owner);
        });
    }
}
