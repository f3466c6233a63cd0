//! Which addresses hold which kind of data: variables, string constants, other read-only data.
//!
//! Authority: cmd/link/internal/ld/data.go of Go 1.16 to 1.27: read-only data is laid out as types, strings, function data, pointer bitmaps, the rest
//! (Go 1.27: strings first, types in a segment of their own).

use std::ops::Range;

use super::model::Kind;
use super::space::Space;
use super::subject::Subject;

/// The zones of a program.
#[derive(Debug)]
pub(super) struct Zones {
    strings: Range<u64>,
    variables: [Range<u64>; 2],
}

/// Where the strings may start and end, as far as the moduledata tells.
fn bounds(program: &Subject<'_, '_>, space: &Space) -> Option<Range<u64>> {
    let m = program.module?;
    let rodata = m.rodata.unwrap_or(m.types.start);
    let start = if space.types.start > rodata || space.types.is_empty() {
        rodata
    } else {
        space.types.end
    };
    let ends = [
        m.gofunc,
        Some(m.gcdata),
        Some(m.findfunctab),
        program.table.map(|t| t.addr()),
    ];
    let end = ends.into_iter().flatten().filter(|a| *a > start).min()?;
    Some(start..end)
}

impl Zones {
    /// The strings end where the first thing that is none starts: a pointer bitmap or a func value.
    pub(super) fn of(program: &Subject<'_, '_>, space: &Space) -> Zones {
        let mut strings = bounds(program, space).unwrap_or(0..0);
        let from = space.starts.partition_point(|s| s.addr < strings.start);
        for s in space
            .starts
            .iter()
            .skip(from)
            .take_while(|s| s.addr < strings.end)
        {
            let aligned = s.addr % u64::from(program.image.ptr_size.max(1)) == 0;
            let value = aligned
                && program
                    .memory
                    .pointer(s.addr)
                    .is_some_and(|v| program.functions.starting_at(v).is_some());
            // A short bitmap may share its bytes with a string; where function data begins, no bitmap lies in front of it.
            let bitmap = s.owner.kind == Kind::Rodata && program.module.is_none_or(|m| m.gofunc.is_none());
            if value || bitmap || s.owner.kind == Kind::Itab {
                strings.end = s.addr;
                break;
            }
        }
        let variables = program
            .module
            .as_ref()
            .map_or([0..0, 0..0], |m| [m.noptrdata.clone(), m.data.clone()]);
        Zones { strings, variables }
    }

    /// The kind of what lies at an address.
    pub(super) fn kind(&self, space: &Space, addr: u64) -> Kind {
        if self.strings.contains(&addr) {
            Kind::String
        } else if self.variables.iter().any(|v| v.contains(&addr)) {
            Kind::Data
        } else {
            space.area(addr).map_or(Kind::Rodata, |a| a.kind)
        }
    }
}

/// May the word at `from` that holds `to` be a pointer? One into the strings is the first half of a string header, whose second half is
/// a length that fits; small numbers in tables look like addresses and fail that.
pub(super) fn plausible(program: &Subject<'_, '_>, space: &Space, from: u64, to: u64) -> bool {
    let Some(zone) = bounds(program, space).filter(|z| z.contains(&to)) else {
        return true;
    };
    if program.functions.go.is_empty() {
        return true;
    }
    let word = u64::from(program.image.ptr_size);
    // Func values stand behind the strings, before function data.
    let value = to
        .is_multiple_of(word.max(1))
        .then(|| program.memory.pointer(to))
        .flatten();
    if value.is_some_and(|v| program.functions.starting_at(v).is_some()) {
        return true;
    }
    let gofunc = program.module.and_then(|m| m.gofunc);
    // Without the place of function data the zone holds more than strings.
    if gofunc.is_none_or(|g| g < zone.start) {
        return true;
    }
    let len = program.memory.word(from.wrapping_add(word)).unwrap_or(0);
    len > 0 && to.checked_add(len).is_some_and(|end| end <= zone.end)
}
