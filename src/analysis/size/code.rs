//! Text sections: Go functions by the pclntab, the padding behind each included, so that a stripped file and
//! its twin agree; what no Go function covers is C or assembly code of other languages.

use super::foreign::Foreign;
use super::ledger::{Cut, Ledger, Owner};
use super::model::{Detail, Kind, Source};
use super::names::{NONE, Names};
use super::regions::Region;
use super::subject::Subject;
use crate::image::clip;

/// Owners of functions by index, made once.
pub(super) fn owners<'a>(program: &Subject<'_, 'a>, names: &mut Names) -> Vec<Owner> {
    let Some(table) = program.table else {
        return Vec::new();
    };
    let detail = names.detail();
    let mut out = Vec::with_capacity(program.functions.packages.len());
    for (f, package) in table.functions().zip(&program.functions.packages) {
        let mut o = Owner::of(Kind::Code, Source::Functions, *package);
        if program.functions.go.is_c(f.index()) {
            o.kind = Kind::CCode;
        }
        match detail {
            Detail::Package => {}
            Detail::File => o.file = names.file(f.position(f.entry()).file),
            Detail::Symbol => o.symbol = names.symbol(f.name()),
        }
        out.push(o);
    }
    out
}

/// Fills a text region.
pub(super) fn text<'a>(
    program: &Subject<'_, 'a>,
    owners: &[Owner],
    c: &Foreign,
    region: &Region<'a>,
    ledger: &mut Ledger,
) {
    let foreign = Owner::plain(Kind::CCode, Source::Container);
    let Some(base) = region.addr else {
        ledger.fill(region.start, region.end, foreign, []);
        return;
    };
    let len = region.end - region.start;
    let at = |addr: u64| region.start + (addr - base).min(len);
    let entries = program.functions.go.entries();
    let first = entries.partition_point(|e| *e < base);
    let last = entries.partition_point(|e| *e < base.saturating_add(len));
    let mut cuts = Vec::with_capacity(last - first + 2);
    // A function may have begun in front of the region.
    let before = first
        .checked_sub(1)
        .and_then(|i| owners.get(i))
        .copied()
        .unwrap_or(foreign);
    for i in first..last {
        let (Some(addr), owner) = (entries.get(i), owners.get(i).copied()) else {
            break;
        };
        cuts.push(Cut {
            at: at(*addr),
            owner: owner.unwrap_or(foreign),
        });
    }
    // Behind the last function: padding, or C code.
    let end = program.functions.range().end;
    if end > base && end - base < len {
        let from = at(end);
        let rest = clip(program.image.data, from, region.end - from);
        if rest.iter().all(|b| program.image.arch.fills_gaps(*b)) {
            cuts.push(Cut {
                at: from,
                owner: Owner::plain(Kind::Padding, Source::Container),
            });
        } else {
            cuts.push(Cut {
                at: from,
                owner: foreign,
            });
        }
    } else if first == last && before.package == NONE {
        cuts.push(Cut {
            at: region.start,
            owner: foreign,
        });
    }
    let cuts = super::over(c, region, before, cuts);
    ledger.fill(region.start, region.end, before, cuts);
}
