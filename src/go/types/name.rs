//! Names in type data: a flag byte, a length, the text, then a tag and a package where the flags say so.
//!
//! Authority: `Name` in Go 1.27's internal/abi/type.go; `name` in Go 1.16's runtime/type.go, which has
//! lengths of two bytes, big-endian, where Go 1.17 and later has varints.

use crate::go::memory::Memory;

/// A stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Name<'a> {
    /// Virtual address of the flag byte.
    pub addr: u64,
    /// Bytes of the whole record.
    pub size: u64,
    /// The name itself.
    pub text: &'a [u8],
    /// A field's tag, empty for none.
    pub tag: &'a [u8],
    /// Does it start with a capital letter?
    pub exported: bool,
    /// Is it an embedded field's (Go 1.19 and later)?
    pub embedded: bool,
    /// Address of the name of the package that an unexported name is of.
    pub package: Option<u64>,
}

/// Longer names and tags are no names.
const LIMIT: usize = 1 << 20;

/// Reads the name at `addr`; `types` is what a name offset counts from; `varints` says how lengths are
/// stored.
pub(super) fn read<'a>(memory: Memory<'_, 'a>, addr: u64, types: u64, varints: bool) -> Option<Name<'a>> {
    let b = memory.bytes_from(addr)?;
    let flags = *b.first()?;
    if flags & !0xf != 0 {
        return None;
    }
    let (text, mut at) = part(b, 1, varints)?;
    let mut tag: &[u8] = &[];
    if flags & 2 != 0 {
        (tag, at) = part(b, at, varints)?;
    }
    let mut package = None;
    if flags & 4 != 0 {
        let offset = memory.image().endian.u32(b, at)?;
        package = (offset != 0).then(|| types.wrapping_add(u64::from(offset)));
        at += 4;
    }
    Some(Name {
        addr,
        size: at as u64,
        text,
        tag,
        exported: flags & 1 != 0,
        embedded: flags & 8 != 0,
        package,
    })
}

fn part(b: &[u8], at: usize, varints: bool) -> Option<(&[u8], usize)> {
    let (len, start) = match varints {
        false => {
            let high = usize::from(*b.get(at)?);
            (high << 8 | usize::from(*b.get(at + 1)?), at + 2)
        }
        true => {
            let mut len = 0usize;
            let mut i = 0;
            loop {
                let byte = *b.get(at + i)?;
                len |= usize::from(byte & 0x7f) << (7 * i);
                i += 1;
                if byte & 0x80 == 0 {
                    break;
                }
                if i == 4 {
                    return None;
                }
            }
            (len, at + i)
        }
    };
    let end = start.checked_add(len).filter(|_| len <= LIMIT)?;
    Some((b.get(start..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_storing_a_length() {
        assert_eq!(part(b"\x01\x03abc", 1, true), Some((&b"abc"[..], 5)));
        assert_eq!(part(b"\x01\x00\x03abc", 1, false), Some((&b"abc"[..], 6)));
        assert_eq!(part(b"\x01\x04abc", 1, true), None);
        assert_eq!(part(b"\x01\xff\xff\xff\xff\x01", 1, true), None);
    }
}
