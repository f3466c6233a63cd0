//! Type descriptors, itabs and embedded files by package.

use super::ledger::{Cut, Ledger, Owner};
use super::program::Program;
use super::space::Space;

/// What Go's own structures say of data.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// Cuts over the ranges that were claimed.
    pub(super) cuts: Vec<Cut>,
    /// Ranges whose owner is certain, sorted by start: embedded files.
    pub(super) exact: Vec<(u64, u64, Owner)>,
}

pub(super) fn read<'a>(_: &'a Program<'_, 'a>, _: &mut Ledger<'a>, _: &mut Space) -> Described {
    Described::default()
}
