//! The NRV2B, NRV2D and NRV2E compressions of the UCL library, in the form with 32-bit little-endian words of
//! bits that UPX uses for ELF.
//!
//! Bits say what comes next: a byte as it is, or a match by its offset and length, both in variable-length
//! codes; the low byte of an offset stands between the words. The three differ in how offsets and lengths are
//! coded.

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    B,
    D,
    E,
}

struct Source<'a> {
    data: &'a [u8],
    at: usize,
    word: u32,
    bits: u32,
}

impl Source<'_> {
    fn byte(&mut self) -> Option<u32> {
        let b = *self.data.get(self.at)?;
        self.at += 1;
        Some(u32::from(b))
    }

    fn bit(&mut self) -> Option<u32> {
        if self.bits == 0 {
            let word = self.data.get(self.at..)?.first_chunk::<4>()?;
            self.word = u32::from_le_bytes(*word);
            self.at += 4;
            self.bits = 32;
        }
        self.bits -= 1;
        Some(self.word >> self.bits & 1)
    }

    /// A number that gets a bit longer until a bit says that it ends.
    fn number(&mut self) -> Option<u32> {
        let mut n: u32 = 1;
        loop {
            n = n.checked_mul(2)?.checked_add(self.bit()?)?;
            if self.bit()? == 1 {
                return Some(n);
            }
        }
    }

    /// The same with two bits at a time after the first.
    fn number_by_two(&mut self) -> Option<u32> {
        let mut n: u32 = 1;
        loop {
            n = n.checked_mul(2)?.checked_add(self.bit()?)?;
            if self.bit()? == 1 {
                return Some(n);
            }
            n = (n - 1).checked_mul(2)?.checked_add(self.bit()?)?;
        }
    }
}

/// Fills `out` with what `data` holds; `None` where it is broken or holds another number of bytes.
pub(super) fn unpack(data: &[u8], out: &mut [u8], kind: Kind) -> Option<()> {
    let mut from = Source {
        data,
        at: 0,
        word: 0,
        bits: 0,
    };
    let mut done = 0usize;
    let mut last = 1u32;
    loop {
        while from.bit()? == 1 {
            *out.get_mut(done)? = from.byte()? as u8;
            done += 1;
        }
        let code = match kind {
            Kind::B => from.number()?,
            _ => from.number_by_two()?,
        };
        // The lowest bit of what is left says the first of a length's, but for NRV2B.
        let mut length = None;
        let offset = if code == 2 {
            last
        } else {
            let whole = (code - 3).wrapping_mul(256).wrapping_add(from.byte()?);
            if whole == u32::MAX {
                return (done == out.len()).then_some(());
            }
            last = match kind {
                Kind::B => whole.checked_add(1)?,
                _ => {
                    length = Some(!whole & 1);
                    (whole >> 1) + 1
                }
            };
            last
        };
        let first = match length {
            Some(bit) => bit,
            None => from.bit()?,
        };
        let far = offset > if kind == Kind::B { 0xd00 } else { 0x500 };
        let length = length_after(&mut from, first, kind)?.checked_add(u32::from(far) + 1)?;
        let length = length as usize;
        let start = done.checked_sub(offset as usize).filter(|_| offset > 0)?;
        let end = done.checked_add(length).filter(|&end| end <= out.len())?;
        // A match may reach into what it writes itself.
        for i in 0..length {
            *out.get_mut(done + i)? = *out.get(start + i)?;
        }
        done = end;
    }
}

/// A match's length less one, for near offsets, of which `first` is the first bit.
fn length_after(from: &mut Source<'_>, first: u32, kind: Kind) -> Option<u32> {
    if kind == Kind::E {
        if first == 1 {
            return Some(1 + from.bit()?);
        }
        if from.bit()? == 1 {
            return Some(3 + from.bit()?);
        }
        return from.number()?.checked_add(3);
    }
    match first * 2 + from.bit()? {
        0 => from.number()?.checked_add(2),
        n => Some(n),
    }
}
