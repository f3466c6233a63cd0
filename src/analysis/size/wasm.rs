//! WebAssembly: function bodies by the pclntab, whose pcs hold the function's index.
//!
//! Authority: cmd/link/internal/wasm/asm.go of Go 1.27: the pc of function `i` (imports left out) is `(0x1000
//! + i) << 16`.

use super::ledger::{Cut, Ledger, Owner};
use super::model::{Kind, Source};
use super::regions::Region;
use super::subject::Subject;
use crate::image::{Image, clip};

const BIAS: u64 = 0x1000;

/// The body of the function at `pc`, empty where there is none.
pub(super) fn body<'a>(image: &Image<'a>, pc: u64) -> &'a [u8] {
    let index = (pc >> 16).checked_sub(BIAS).and_then(|i| usize::try_from(i).ok());
    let body = index.and_then(|i| image.wasm()?.bodies.get(i));
    body.map_or(&[], |(offset, len)| clip(image.data, *offset, *len))
}

/// Fills the code section; the size in front of a body belongs to it.
pub(super) fn code<'a>(
    program: &Subject<'_, 'a>,
    owners: &[Owner],
    region: &Region<'a>,
    ledger: &mut Ledger,
) {
    let plain = Owner::plain(Kind::CCode, Source::Container);
    let Some(wasm) = program.image.wasm() else {
        ledger.fill(region.start, region.end, plain, []);
        return;
    };
    let mut cuts = Vec::with_capacity(wasm.bodies.len());
    let mut end = None;
    for (i, (offset, len)) in wasm.bodies.iter().enumerate() {
        let pc = (BIAS + i as u64) << 16;
        let owner = program.functions.at(pc).and_then(|f| owners.get(f)).copied();
        let owner = owner.unwrap_or(Owner::plain(Kind::CCode, Source::Container));
        // The body's length stands between the end of the last body and this one's start.
        let at = end.unwrap_or(*offset);
        cuts.push(Cut { at, owner });
        end = Some(offset.saturating_add(*len));
    }
    ledger.fill(
        region.start,
        region.end,
        Owner::plain(Kind::Header, Source::Container),
        cuts,
    );
}
