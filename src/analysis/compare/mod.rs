//! Two builds → why their bytes differ, causes before effects.
//!
//! First what the files say of themselves (the record), then what is in them: functions by name, equal but for the addresses in them or
//! not; what these and the data point to; names of files, lines; tables that only debuggers read; build IDs. Every byte of either file is
//! booked on what explains it, and [`Verdict::IdenticalBut`] is said only where none is left.
//!
//! Authority for what moves what: cmd/link/internal/ld of Go 1.27 (data.go, pcln.go, symtab.go), cmd/go/internal/load (`setBuildInfo`).

mod cause;
mod code;
mod functions;
mod record;

pub use cause::{Cause, Class, Verdict};
pub use functions::{Changed, Functions};

use crate::go::Program;

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
    let pairs = functions::pair(a, b);
    because.extend(functions::causes(a, b, &pairs));
    cause::sort(&mut because);
    Comparison {
        verdict: cause::verdict(&because, false),
        because,
        functions: pairs.summary(a, b),
    }
}
