//! A raw LZMA stream → what it packs, written where it belongs.
//!
//! Authority: the LZMA specification that comes with the LZMA SDK. A crate's decoder keeps a window of its
//! own besides what it gives. A block of UPX may be a whole segment, and its dictionary as large, so that
//! would be all of the program once more.

/// Probabilities start at one half of 11 bits.
const HALF: u16 = 1 << 10;

struct Range<'d> {
    data: &'d [u8],
    at: usize,
    range: u32,
    code: u32,
}

impl Range<'_> {
    fn normalize(&mut self) -> Option<()> {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(*self.data.get(self.at)?);
            self.at += 1;
        }
        Some(())
    }

    fn bit(&mut self, probability: &mut u16) -> Option<usize> {
        self.normalize()?;
        let bound = (self.range >> 11) * u32::from(*probability);
        Some(if self.code < bound {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
            1
        })
    }

    /// Bits of equal probability, the highest first.
    fn direct(&mut self, bits: usize) -> Option<u32> {
        let mut out = 0;
        for _ in 0..bits {
            self.normalize()?;
            self.range >>= 1;
            let bit = u32::from(self.code >= self.range);
            self.code -= self.range * bit;
            out = out << 1 | bit;
        }
        Some(out)
    }

    fn tree(&mut self, probabilities: &mut [u16], bits: u32) -> Option<usize> {
        let mut at = 1;
        for _ in 0..bits {
            at = at << 1 | self.bit(probabilities.get_mut(at)?)?;
        }
        Some(at - (1 << bits))
    }

    /// The same, the lowest bit first.
    fn reverse(&mut self, probabilities: &mut [u16], bits: usize) -> Option<u32> {
        let (mut at, mut out) = (1, 0);
        for i in 0..bits {
            let bit = self.bit(probabilities.get_mut(at)?)?;
            at = at << 1 | bit;
            out |= (bit as u32) << i;
        }
        Some(out)
    }
}

/// How long a match is, over 2.
struct Length {
    choice: [u16; 2],
    low: [[u16; 8]; 16],
    mid: [[u16; 8]; 16],
    high: [u16; 256],
}

impl Length {
    const NEW: Length = Length {
        choice: [HALF; 2],
        low: [[HALF; 8]; 16],
        mid: [[HALF; 8]; 16],
        high: [HALF; 256],
    };

    fn read(&mut self, from: &mut Range<'_>, place: usize) -> Option<usize> {
        if from.bit(&mut self.choice[0])? == 0 {
            return from.tree(self.low.get_mut(place)?, 3);
        }
        if from.bit(&mut self.choice[1])? == 0 {
            return Some(8 + from.tree(self.mid.get_mut(place)?, 3)?);
        }
        Some(16 + from.tree(&mut self.high, 8)?)
    }
}

/// How far back a match is, less 1.
struct Distance {
    slots: [[u16; 64]; 4],
    special: [u16; 115],
    align: [u16; 16],
}

impl Distance {
    fn read(&mut self, from: &mut Range<'_>, length: usize) -> Option<u32> {
        let slot = from.tree(&mut self.slots[length.min(3)], 6)?;
        if slot < 4 {
            return Some(slot as u32);
        }
        let bits = (slot >> 1) - 1;
        let base = (2 | slot & 1) << bits;
        let more = if slot < 14 {
            from.reverse(self.special.get_mut(base - slot..)?, bits)?
        } else {
            from.direct(bits - 4)? << 4 | from.reverse(&mut self.align, 4)?
        };
        Some((base as u32).wrapping_add(more))
    }
}

/// What the last operations were decides which probabilities are used: after a literal, a match, a repeated
/// match and a single byte of one.
const AFTER: [(usize, usize); 3] = [(7, 10), (8, 11), (9, 11)];

fn after(state: usize, what: usize) -> usize {
    let (literal, other) = AFTER[what];
    if state < 7 { literal } else { other }
}

/// Fills `out` from a stream with so many bits of literal context, literal position and position, which has
/// no end mark. `None` where it is broken.
pub(super) fn unpack(data: &[u8], out: &mut [u8], (lc, lp, pb): (u32, u32, u32)) -> Option<()> {
    if lc > 8 || lp > 4 || pb > 4 || *data.first()? != 0 {
        return None;
    }
    let code = u32::from_be_bytes(*data.get(1..)?.first_chunk()?);
    let mut from = Range {
        data,
        at: 5,
        range: u32::MAX,
        code,
    };
    let mut literals = vec![HALF; 0x300 << (lc + lp)];
    let (mut is_match, mut is_long) = ([[HALF; 16]; 12], [[HALF; 16]; 12]);
    let mut is_repeated = [[HALF; 4]; 12];
    let (mut length, mut repeated) = (Length::NEW, Length::NEW);
    let mut distance = Distance {
        slots: [[HALF; 64]; 4],
        special: [HALF; 115],
        align: [HALF; 16],
    };
    let (mut state, mut last, mut at) = (0usize, [0u32; 4], 0usize);
    while at < out.len() {
        let place = at & ((1 << pb) - 1);
        if from.bit(&mut is_match[state][place])? == 0 {
            let before = at
                .checked_sub(1)
                .and_then(|i| out.get(i))
                .map_or(0, |b| usize::from(*b));
            let context = ((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc));
            let probabilities = literals.get_mut(0x300 * context..)?;
            let mut symbol = 1;
            if state >= 7 {
                let mut byte = usize::from(*out.get(at.checked_sub(last[0] as usize + 1)?)?);
                while symbol < 0x100 {
                    let expected = byte >> 7 & 1;
                    byte <<= 1;
                    let bit = from.bit(probabilities.get_mut(((1 + expected) << 8) + symbol)?)?;
                    symbol = symbol << 1 | bit;
                    if bit != expected {
                        break;
                    }
                }
            }
            while symbol < 0x100 {
                symbol = symbol << 1 | from.bit(probabilities.get_mut(symbol)?)?;
            }
            *out.get_mut(at)? = symbol as u8;
            at += 1;
            state = match state {
                0..4 => 0,
                4..10 => state - 3,
                _ => state - 6,
            };
            continue;
        }
        let choice = &mut is_repeated[state];
        let many = if from.bit(&mut choice[0])? == 0 {
            last.copy_within(0..3, 1);
            let many = length.read(&mut from, place)?;
            last[0] = distance.read(&mut from, many)?;
            state = after(state, 0);
            many + 2
        } else {
            let mut single = false;
            if from.bit(&mut choice[1])? == 0 {
                single = from.bit(&mut is_long[state][place])? == 0;
            } else {
                let which = match from.bit(&mut choice[2])? {
                    0 => 1,
                    _ => 2 + from.bit(&mut choice[3])?,
                };
                last[..=which].rotate_right(1);
            }
            let many = if single {
                1
            } else {
                repeated.read(&mut from, place)? + 2
            };
            state = after(state, if single { 2 } else { 1 });
            many
        };
        copy(out, &mut at, last[0] as usize, many)?;
    }
    Some(())
}

/// Copies `many` bytes from `back + 1` bytes before; they may overlap.
fn copy(out: &mut [u8], at: &mut usize, back: usize, many: usize) -> Option<()> {
    let start = at.checked_sub(back.checked_add(1)?)?;
    let end = at.checked_add(many).filter(|&e| e <= out.len())?;
    if back + 1 >= many {
        out.copy_within(start..start + many, *at);
    } else {
        for i in *at..end {
            out[i] = out[i - back - 1];
        }
    }
    *at = end;
    Some(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::unpack;

    #[test]
    fn what_another_program_packed_is_unpacked() {
        // Numbers that repeat near and far, and noise.
        let mut noise = 1u32;
        let mut data = Vec::new();
        for i in 0..40_000u32 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            data.extend_from_slice(&(i / 7 * 16).to_le_bytes());
            match noise >> 29 {
                0 => data.extend_from_slice(&noise.to_be_bytes()),
                1 => {
                    let from = data.len() / 3;
                    data.extend_from_within(from..data.len().min(from + (noise >> 24) as usize % 90));
                }
                2 => data.extend_from_slice(b"runtime.morestack_noctxt"),
                _ => {}
            }
        }
        for (lc, lp, pb) in [(3, 0, 2), (0, 2, 0), (4, 0, 4), (1, 3, 3)] {
            let mut options = lzma_rust2::LzmaOptions::with_preset(6);
            (options.lc, options.lp, options.pb) = (lc, lp, pb);
            let mut writer = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, false).unwrap();
            writer.write_all(&data).unwrap();
            let packed = writer.finish().unwrap();
            let mut out = vec![0; data.len()];
            unpack(&packed, &mut out, (lc, lp, pb)).unwrap();
            assert!(out == data, "{lc} {lp} {pb}");
            for cut in [0, 4, 5, 100, packed.len() / 2] {
                assert!(unpack(&packed[..cut], &mut out, (lc, lp, pb)).is_none(), "{cut}");
            }
            for at in (0..packed.len()).step_by(997) {
                let mut changed = packed.clone();
                changed[at] ^= 0x55;
                let _ = unpack(&changed, &mut out, (lc, lp, pb));
            }
        }
    }
}
