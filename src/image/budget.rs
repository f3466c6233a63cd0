//! How much of memory and work one file is worth.
//!
//! All counts, sizes and places in a file are its maker's. A table whose entries share what they point at
//! (one long name, one list, one compressed stream) can ask for the square of the file, so every reader that
//! keeps or walks something per entry draws on a [`Share`] first. What passes it is left out, and one warning
//! names the structure. Ordinary files stay far below: what is kept of a table is about as large as the table
//! and the names in it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Warning;
use crate::error::Error;

/// What any structure may take, however small the file is.
const LEAST: u64 = 4 << 20;
/// What it may take for each byte of the file.
const TIMES: u64 = 2;
/// What all compressed sections together may be inflated to, each time they are read: they are read once or
/// twice for a report.
const INFLATED: (u64, u64) = (64 << 20, 32);

/// What the readers of one file may take, and what they had to leave out.
#[derive(Debug)]
pub struct Budget {
    file: u64,
    inflated: AtomicU64,
    left_out: Mutex<Vec<Warning>>,
}

/// What is left for one structure. Each reading of it starts anew, so that the answer does not depend on who
/// asked before.
#[derive(Debug)]
pub struct Share<'b> {
    budget: &'b Budget,
    structure: &'static str,
    left: u64,
}

impl Budget {
    /// For a file of `size` bytes.
    pub(super) fn new(size: usize) -> Budget {
        Budget {
            file: size as u64,
            inflated: AtomicU64::new(0),
            left_out: Mutex::default(),
        }
    }

    /// A structure's share: twice the file and 4 MiB. `structure` is what a warning calls it.
    pub fn share(&self, structure: &'static str) -> Share<'_> {
        Share {
            budget: self,
            structure,
            left: self.file.saturating_mul(TIMES).saturating_add(LEAST),
        }
    }

    /// May `bytes` more be inflated?
    pub(super) fn inflate(&self, bytes: u64) -> bool {
        let limit = self.file.saturating_mul(INFLATED.1).saturating_add(INFLATED.0);
        let before = self.inflated.fetch_add(bytes, Relaxed);
        before.saturating_add(bytes) <= limit
    }

    /// Says that parts of a structure were left out; once is enough.
    pub fn left_out(&self, structure: &'static str) {
        // Nothing panics while it holds the lock.
        let mut all = self.left_out.lock().unwrap_or_else(|e| e.into_inner());
        if all.iter().all(|w| w.structure != Some(structure)) {
            all.push(Error::within(
                structure,
                "its entries share so much that only a part was read",
            ));
        }
    }

    /// What was left out so far, one for each structure.
    pub fn warnings(&self) -> Vec<Warning> {
        self.left_out.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

impl Share<'_> {
    /// Takes `bytes`, of memory or of what must be looked at. `false` where they are not left: then nothing
    /// more is, and the reader ends.
    pub fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                self.budget.left_out(self.structure);
                false
            }
        }
    }

    /// Are `bytes` left?
    pub fn has(&self, bytes: usize) -> bool {
        bytes as u64 <= self.left
    }

    /// Is nothing left?
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// A name that is handed out: itself, or nothing where it is not left.
    pub fn name<'a>(&mut self, name: &'a [u8]) -> &'a [u8] {
        if self.take(name.len()) { name } else { b"" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_a_share_is_told_once() {
        let budget = Budget::new(100);
        let mut share = budget.share("names");
        assert!(share.take(LEAST as usize + 200));
        assert_eq!(share.name(b""), b"");
        assert_eq!(budget.warnings(), []);
        assert!(!share.take(1) && !share.take(1));
        assert!(!budget.share("names").take(usize::MAX));
        assert_eq!(budget.warnings().len(), 1);
        assert_eq!(budget.share("names").name(b"x"), b"x");
    }
}
