//! How what a stream gives can be had once more: the bytes of the file, and what is done to them on the way.

use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::DeflateDecoder;

use super::codec::Codec;
use super::{Budget, Meter, Region};

/// Where the bytes of a member come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Region(Region),
    /// What a decoder gives, which is itself the output of so many.
    Decoded(Rc<Origin>, Codec, usize),
    /// What a zip archive has deflated.
    Inflated(Region),
    /// So many bytes from an offset.
    Part(Rc<Origin>, u64, u64),
}

impl Origin {
    /// `len` bytes from `at`, or as many as there are.
    pub fn part(&self, at: u64, len: u64) -> Origin {
        if let Origin::Region(region) = self
            && let Some(part) = region.slice(at, len.min(region.len().saturating_sub(at)))
        {
            return Origin::Region(part);
        }
        Origin::Part(Rc::new(self.clone()), at, len)
    }

    pub fn decoded(&self, codec: Codec, within: usize) -> Origin {
        Origin::Decoded(Rc::new(self.clone()), codec, within)
    }

    /// Reads it from its start. What decoders give counts against the budget, every time.
    ///
    /// # Errors
    /// What the system or a decoder says.
    pub fn open(&self, budget: &Budget) -> io::Result<Box<dyn BufRead>> {
        let meter = |from: Box<dyn Read>| -> Box<dyn BufRead> {
            let budget = budget.clone();
            Box::new(BufReader::with_capacity(1 << 16, Meter { from, budget }))
        };
        Ok(match self {
            Origin::Region(region) => Box::new(region.reader()),
            Origin::Inflated(region) => meter(Box::new(DeflateDecoder::new(region.reader()))),
            Origin::Decoded(from, codec, within) => meter(codec.open(from.open(budget)?, *within)?),
            Origin::Part(from, at, len) => {
                let mut from = from.open(budget)?;
                skip(&mut from, *at)?;
                Box::new(from.take(*len))
            }
        })
    }
}

/// Passes over `n` bytes.
///
/// # Errors
/// What the reader says, or that there are not so many.
pub(super) fn skip(from: &mut dyn Read, n: u64) -> io::Result<()> {
    if io::copy(&mut from.take(n), &mut io::sink())? < n {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
