//! Any bytes as an archive, a package, an image, or something compressed: all that is in it, within what a file may bring out.
#![no_main]

use std::ops::ControlFlow;

use gospect::input::members::{Member, Options, Visit, walk_bytes};

/// Wants everything, and keeps nothing.
struct All;

impl Visit for All {
    fn wants(&mut self, head: &[u8]) -> bool {
        assert!(head.len() <= 512);
        true
    }

    fn known(&mut self, _: &[Vec<u8>]) -> bool {
        false
    }

    fn room(&mut self, _: Option<u64>) {}

    fn member(&mut self, _: Member) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn trouble(&mut self, _: &[Vec<u8>], _: String) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

gospect_fuzz::target!(|data| {
    let _ = walk_bytes(data.to_vec(), &mut All, Options { depth: 4, ..Options::default() });
});
