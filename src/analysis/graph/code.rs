//! What code refers to, function by function, and whether a type that it names is converted to an interface.
//!
//! Authority: cmd/compile/internal/reflectdata and walk of Go 1.27 for where a type's address goes; the
//! compiler marks a conversion for the linker, and the mark is not in the binary, so it is told from what is
//! done with the address.

use rayon::prelude::*;

use crate::disasm::refs::{self, Reference, Use};
use crate::disasm::step::{Effect, Flow, Place, Source};
use crate::disasm::{Printer, printer};
use crate::go::Program;

/// Functions that one task reads.
const TASK: usize = 512;
/// Instructions that are looked at behind the one that names a type.
const BEHIND: usize = 40;

/// Words of 64 places of an interface's methods.
pub(super) const PLACES: usize = 16;
/// A bit for each place in an itab that is called through.
pub(super) type Places = [u64; PLACES];

/// How one thing holds another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// It calls it, or jumps there.
    Call,
    /// It takes a function's address.
    Address,
    /// It names data, or data points at it.
    Data,
    /// It names a type without making an interface of its values.
    Type,
    /// It makes an interface of a type's values.
    Convert,
    /// A type is made of it.
    Child,
    /// A type's method that is called through an interface, or that reflection may call.
    Method,
    /// A package's init task calls it.
    Init,
}

/// What one function refers to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The function's index, the address, and how.
    pub refs: Vec<(u32, u64, Hold)>,
    /// The function's index and the places in itabs that it calls through, a bit each.
    pub slots: Vec<(u32, Places)>,
    /// The function's index and where the name of a function that it inlines stands in the table of names.
    pub inlined: Vec<(u32, u32)>,
}

/// Reads all functions. `is_type` says whether a descriptor starts at an address, `given` of a function the
/// arguments that are types only.
pub(super) fn read<'a>(
    program: &Program<'a>,
    is_type: &(dyn Fn(u64) -> bool + Sync),
    given: &[u16],
) -> Vec<Found> {
    let count = program.functions().len();
    let tasks: Vec<usize> = (0..count).step_by(TASK).collect();
    tasks
        .into_par_iter()
        .map(|from| {
            let mut reader = Reader {
                program,
                printer: printer(program.image().arch.goarch()),
                is_type,
                given,
                effects: Vec::new(),
                out: Found::default(),
            };
            for i in from..count.min(from + TASK) {
                reader.function(i);
            }
            reader.out
        })
        .collect()
}

/// For each function a bit for each argument in a register that is a type's address and makes no interface of
/// its values (Go 1.27: runtime).
pub(super) fn given(program: &Program<'_>) -> Vec<u16> {
    let Ok(table) = program.pclntab() else {
        return Vec::new();
    };
    let of = |name: &[u8]| -> u16 {
        let Some(rest) = name.strip_prefix(b"runtime.") else {
            return 0;
        };
        match rest {
            b"newobject"
            | b"makeslice"
            | b"makeslice64"
            | b"makeslicecopy"
            | b"makechan"
            | b"makechan64"
            | b"makemap"
            | b"makemap64"
            | b"mapclear"
            | b"mapiterinit"
            | b"mapIterStart"
            | b"mapclone"
            | b"mapclone2"
            | b"typedmemmove"
            | b"typedmemclr"
            | b"typedslicecopy"
            | b"assertE2I"
            | b"assertE2I2"
            | b"panicnildottype"
            | b"newarray"
            | b"mallocgc"
            | b"unsafeslicecheckptr"
            | b"efaceeq"
            | b"ifaceeq" => 3,
            b"panicdottypeE" | b"panicdottypeI" => 7,
            b"growslice" | b"growsliceNoAlias" | b"growsliceBuf" | b"growsliceBufNoAlias" => 1 << 4,
            // One for each size since Go 1.26.
            r if r.starts_with(b"mallocgc") => 3,
            r if r.starts_with(b"mapaccess")
                || r.starts_with(b"mapassign")
                || r.starts_with(b"mapdelete") =>
            {
                1
            }
            _ => 0,
        }
    };
    table.functions().map(|f| of(f.name())).collect()
}

struct Reader<'p, 'a> {
    program: &'p Program<'a>,
    printer: Option<Box<dyn Printer>>,
    is_type: &'p (dyn Fn(u64) -> bool + Sync),
    given: &'p [u16],
    effects: Vec<Effect>,
    out: Found,
}

/// The code of a function, in the file.
pub(super) fn code_of<'a>(program: &Program<'a>, i: usize) -> Option<(u64, &'a [u8])> {
    let range = program.functions().code(i)?;
    let all = program.image().bytes_from(range.start)?;
    let len = (range.end - range.start).min(all.len() as u64) as usize;
    Some((range.start, all.get(..len)?))
}

impl<'a> Reader<'_, 'a> {
    fn function(&mut self, i: usize) {
        let program = self.program;
        let Some((start, code)) = code_of(program, i) else {
            return;
        };
        let image = program.image();
        let text = program.functions().range();
        let mut found: Vec<(u64, Hold, u64)> = Vec::new();
        refs::scan(image.arch, image.endian, code, start, &mut |r: Reference| {
            let hold = match r.what {
                Use::Call | Use::Jump if !text.contains(&r.target) => return,
                Use::Call | Use::Jump => Hold::Call,
                Use::Address if text.contains(&r.target) => Hold::Address,
                _ if text.contains(&r.target) => return,
                Use::Address if (self.is_type)(r.target) => Hold::Type,
                _ => Hold::Data,
            };
            let own = r.target >= start && r.target - start < code.len() as u64;
            if !own {
                found.push((r.target, hold, r.at));
            }
        });
        for f in &mut found {
            if f.1 == Hold::Type && self.converts(start, code, f.2, f.0) {
                f.1 = Hold::Convert;
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|f| (f.0, f.1));
        self.out.refs.extend(found.iter().map(|f| (i as u32, f.0, f.1)));
        let mut slots = [0u64; PLACES];
        let first = 3 * u64::from(image.ptr_size) as i64;
        let told = refs::slots(image.arch, code, &mut |offset| {
            let slot = (offset - first) / i64::from(image.ptr_size);
            if offset >= first
                && offset % i64::from(image.ptr_size) == 0
                && let Some(w) = slots.get_mut(slot as usize / 64)
            {
                *w |= 1 << (slot % 64);
            }
        });
        if !told {
            slots = [u64::MAX; PLACES];
        }
        if slots != [0; PLACES] {
            self.out.slots.push((i as u32, slots));
        }
        if let Some(f) = program.pclntab().ok().and_then(|t| t.get(i)) {
            let mut seen: Vec<i32> = f.inline_indices().map(|r| r.value).filter(|v| *v >= 0).collect();
            seen.sort_unstable();
            seen.dedup();
            let names = seen.into_iter().filter_map(|v| f.inlined_name_offset(v));
            self.out.inlined.extend(names.map(|n| (i as u32, n)));
        }
    }

    /// Does the instruction at `at`, which takes a type's address, do so to make an interface of a value?
    /// Only what is certainly something else is not: a comparison, or an argument that says what to allocate,
    /// copy or look up.
    fn converts(&mut self, start: u64, code: &[u8], at: u64, target: u64) -> bool {
        let Some(printer) = &self.printer else { return true };
        let order = printer.convention().arguments;
        let mut held: u64 = 0;
        let mut pc = at;
        for step in 0..BEHIND {
            let Some(rest) = code
                .get(pc.wrapping_sub(start) as usize..)
                .filter(|r| !r.is_empty())
            else {
                return true;
            };
            self.effects.clear();
            let len = printer.step(rest, pc, &mut self.effects).max(1);
            pc = pc.wrapping_add(len as u64);
            for e in &self.effects {
                let bit = |r: u8| 1u64.checked_shl(r.into()).unwrap_or(0);
                if step == 0 {
                    match *e {
                        Effect::Address(r, to) if to == target => held |= bit(r),
                        // The second half of a pair.
                        Effect::Sum(r, ..) => held |= bit(r),
                        _ => {}
                    }
                    continue;
                }
                match *e {
                    Effect::Compare(a, b) if held & (bit(a) | bit(b)) != 0 => return false,
                    Effect::Store(_, Source::Register(r), _) if held & bit(r) != 0 => return true,
                    Effect::Sum(into, from, 0) if held & bit(from) != 0 => held |= bit(into),
                    Effect::Address(r, _)
                    | Effect::Part(r, _)
                    | Effect::Number(r, _)
                    | Effect::Sum(r, ..)
                    | Effect::Load(r, Place { .. })
                    | Effect::Lose(r) => held &= !bit(r),
                    Effect::Go(Flow::Call, Some(to)) => {
                        let callee = self.program.functions().starting_at(to);
                        let types = callee.and_then(|c| self.given.get(c)).copied().unwrap_or(0);
                        let as_type = (0..16u8).filter(|n| types >> n & 1 == 1);
                        let mask: u64 = as_type
                            .filter_map(|n| order.get(usize::from(n)))
                            .map(|r| bit(*r))
                            .sum();
                        return held & mask == 0;
                    }
                    Effect::Go(Flow::Branch, _) => {}
                    Effect::Go(..) | Effect::GoThrough(..) => return true,
                    _ => {}
                }
            }
            if held == 0 {
                return true;
            }
        }
        true
    }
}
