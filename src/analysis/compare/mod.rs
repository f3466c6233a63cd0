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
mod lines;
mod listing;
mod pointers;
mod record;
mod space;
mod spans;
mod tables;
mod values;

pub use cause::{Cause, Class, Verdict};
pub use functions::{Changed, Functions};
pub use listing::{Listing, Row, side_by_side};

use crate::go::Program;
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
    if a.image().data.len() != a.file().len() || b.image().data.len() != b.file().len() {
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
    let lines = lines::compare(a, b, &pairs);
    let (x, y) = (Space::of(a), Space::of(b));
    let data = Data::compare(&x, &y, &pairs, pairs.tables(a, b));
    // Another Go, or another kind of program: everything differs, and each difference says nothing.
    let apart = |c: &Cause| matches!(&*c.what, "Go version" | "-buildmode");
    if !because.iter().any(apart) {
        because.extend(values::causes(&data, &pairs, &lines));
    }
    because.extend(tables::causes(&data, &pairs));
    let grave = because
        .iter()
        .any(|c| matches!(c.class, Class::Change | Class::Open));
    if !lines.proved && !grave {
        because.push(
            Cause::new("not explained", Class::Open).note("the tables of functions differ in another way"),
        );
    }
    because.extend(lines.causes);
    done(because, pairs.summary(a, b))
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
