//! Two builds → why their bytes differ, causes before effects.
//!
//! First what the files say of themselves (the record), then what is in them: functions by name, equal but
//! for the addresses in them or not; what these and the data point to; names of files, lines; tables that
//! only debuggers read; build IDs. [`Verdict::IdenticalBut`] is said only where each part of both files is
//! equal, matches, or is told as a cause that changes nothing that runs.
//!
//! Authority for what moves what: cmd/link/internal/ld of Go 1.27 (data.go, pcln.go, symtab.go),
//! cmd/go/internal/load (`setBuildInfo`).

mod cause;
mod code;
mod data;
mod functions;
mod layout;
mod lines;
mod listing;
mod pointers;
mod record;
mod shifts;
mod space;
mod spans;
mod symbols;
mod tables;
mod types;
mod values;

pub use cause::{Cause, Class, Verdict};
pub use functions::{Changed, Functions};
pub use listing::{Listing, Row, side_by_side};

use crate::go::buildid::{self, Touched};
use crate::go::{Packed, Program};
use data::Data;
use space::Space;

/// Why two files differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// In one word.
    pub verdict: Verdict,
    /// Causes, the most telling first; effects behind them.
    pub because: Vec<Cause>,
    /// The functions of both, by name.
    pub functions: Functions,
}

/// Compares two programs. The first is called theirs in [`Cause`], the second ours.
pub fn compare(a: &Program<'_>, b: &Program<'_>) -> Comparison {
    if a.file()[..] == b.file()[..] {
        return Comparison {
            verdict: Verdict::Identical,
            because: Vec::new(),
            functions: Functions::all_same(a),
        };
    }
    let mut because = record::compare(a, b);
    because.extend(packed(a, b));
    if a.packed().or(b.packed()).is_some() && a.image().data == b.image().data {
        return done(because, Functions::all_same(a));
    }
    let part = |p: &Program<'_>| p.packed().is_none() && p.image().data.len() != p.file().len();
    if part(a) || part(b) {
        let note = "only a part of a file was compared: a slice, or a member of an archive";
        because.push(Cause::new("container", Class::Open).note(note));
    }
    let pairs = functions::pair(a, b);
    because.extend(functions::causes(a, b, &pairs));
    if !tables::comparable(a, b) {
        let note = "the files have too little in common to be compared further";
        because.push(Cause::new("not explained", Class::Open).note(note));
        return done(because, pairs.summary(a, b));
    }
    let mut lines = lines::compare(a, b, &pairs);
    let (x, y) = (Space::of(a), Space::of(b));
    let tables = pairs.tables(a, b);
    let data = Data::compare(&x, &y, &pairs, tables.clone());
    lines.proved &= tables.iter().all(|(t, u)| data.stands_for(&pairs, *t, *u));
    // Another Go, or another kind of program: everything differs, and each difference says nothing.
    let apart = |c: &Cause| matches!(&*c.what, "Go version" | "-buildmode");
    if !because.iter().any(apart) {
        because.extend(values::causes(&data, &pairs, &lines));
    }
    because.extend(shifts::causes(&data, &pairs));
    because.extend(tables::causes(&data, &pairs));
    symbols::causes(&data, &mut because);
    if !lines.proved && !grave(&because) {
        because.push(
            Cause::new("not explained", Class::Open).note("the tables of functions differ in another way"),
        );
    }
    symbols::tables(&data, &pairs, &lines, &mut because);
    because.extend(lines.causes);
    if !grave(&because) {
        because.extend(touched(a, b, &because));
    }
    done(because, pairs.summary(a, b))
}

/// Files that UPX packed are compared as they were before.
fn packed(a: &Program<'_>, b: &Program<'_>) -> Option<Cause> {
    let word = |p: &Program<'_>| p.packed().map(|_| "UPX".to_string());
    let closed = |p: &Program<'_>| match p.packed() {
        Some(Packed::Closed(why)) => Some(why.to_string()),
        _ => None,
    };
    a.packed().or(b.packed())?;
    let cause = match closed(a).or_else(|| closed(b)) {
        Some(why) => Cause::new("packed", Class::Open).note(format!("can't be unpacked: {why}")),
        None => Cause::new("packed", Class::Harmless).note("compared as it was before"),
    };
    Some(cause.values(word(a), word(b)))
}

/// Is one of them more than a word about what does not run?
fn grave(because: &[Cause]) -> bool {
    because
        .iter()
        .any(|c| matches!(c.class, Class::Change | Class::Open))
}

/// A file that was changed after `go build`, where no cause says by what: sums and IDs that follow from the
/// link are compared by nothing else.
fn touched(a: &Program<'_>, b: &Program<'_>, because: &[Cause]) -> Option<Cause> {
    let by_hand = ["strip", "packed", "-buildid", "GNU build ID", "UUID"];
    if because
        .iter()
        .any(|c| c.class == Class::Harmless && by_hand.contains(&&*c.what))
    {
        return None;
    }
    let which = match (buildid::check(a).touched, buildid::check(b).touched) {
        (Touched::Yes(_), Touched::No) => "the first",
        (Touched::No, Touched::Yes(_)) => "the second",
        _ => return None,
    };
    let note = format!("{which} file was changed after go build: its Go build ID is not that of its bytes");
    Some(Cause::new("not explained", Class::Open).note(note))
}

fn done(mut because: Vec<Cause>, functions: Functions) -> Comparison {
    cause::promote(&mut because);
    if because.iter().all(|c| c.class == Class::Effect) {
        because.push(Cause::new("not explained", Class::Open).note("bytes differ in a way that is not told"));
    }
    cause::sort(&mut because);
    Comparison {
        verdict: cause::verdict(&because),
        because,
        functions,
    }
}
