//! Standard input → its bytes: looked at before it is read, and read up to a limit.
//!
//! A pipe has no size and need not end, so what can't be an input is refused by its first bytes. What is
//! small is kept in memory; what is not goes to a temporary file that has no name.

use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;

/// What a program accepts on standard input.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// Bytes at the most.
    pub limit: u64,
    /// Can it be an input that begins so?
    pub begins: fn(&[u8]) -> bool,
}

/// Bytes that are looked at first.
const FIRST: u64 = 512;
/// Up to this size it is kept in memory.
const IN_MEMORY: u64 = 16 << 20;

static ACCEPTED: OnceLock<Accepted> = OnceLock::new();

/// Says what this program accepts from now on; the first word counts. Without it anything up to 4 GiB is.
pub fn accept(accepted: Accepted) {
    let _ = ACCEPTED.set(accepted);
}

pub(super) fn accepted() -> Accepted {
    ACCEPTED.get().copied().unwrap_or(Accepted {
        limit: 4 << 30,
        begins: |_| true,
    })
}

/// What was read.
#[derive(Debug)]
pub(super) enum Stored {
    Memory(Vec<u8>),
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    File(File),
}

/// Reads to the end.
///
/// # Errors
/// What the system says, that it begins as no input does, and that it is longer than the limit.
pub(super) fn read(mut from: impl Read, accepted: Accepted) -> io::Result<Stored> {
    let mut bytes = Vec::new();
    from.by_ref().take(FIRST).read_to_end(&mut bytes)?;
    if !bytes.is_empty() && !(accepted.begins)(&bytes) {
        return Err(io::Error::other("unrecognized file format"));
    }
    let too_long = || {
        let what = format!("is longer than {} bytes (--max-input)", accepted.limit);
        io::Error::new(io::ErrorKind::FileTooLarge, what)
    };
    // One byte more than the limit tells whether it is passed.
    let most = accepted.limit.saturating_add(1);
    let here = IN_MEMORY.min(most).saturating_sub(bytes.len() as u64);
    from.by_ref().take(here).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > accepted.limit {
        return Err(too_long());
    }
    if (bytes.len() as u64) < IN_MEMORY {
        return Ok(Stored::Memory(bytes));
    }
    spill(bytes, from, most, too_long)
}

#[cfg(feature = "cli")]
fn spill(bytes: Vec<u8>, from: impl Read, most: u64, too_long: impl Fn() -> io::Error) -> io::Result<Stored> {
    let mut file = tempfile::tempfile()?;
    io::Write::write_all(&mut file, &bytes)?;
    let had = bytes.len() as u64;
    drop(bytes);
    let more = io::copy(&mut from.take(most.saturating_sub(had)), &mut file)?;
    if had.saturating_add(more) >= most {
        return Err(too_long());
    }
    Ok(Stored::File(file))
}

/// The library alone has no temporary files.
#[cfg(not(feature = "cli"))]
fn spill(
    mut bytes: Vec<u8>,
    from: impl Read,
    most: u64,
    too_long: impl Fn() -> io::Error,
) -> io::Result<Stored> {
    from.take(most.saturating_sub(bytes.len() as u64))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 >= most {
        return Err(too_long());
    }
    Ok(Stored::Memory(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(limit: u64) -> Accepted {
        Accepted {
            limit,
            begins: |b| b[0] == 7,
        }
    }

    fn size(what: io::Result<Stored>) -> Result<u64, String> {
        match what.map_err(|e| e.to_string())? {
            Stored::Memory(b) => Ok(b.len() as u64),
            Stored::File(f) => Ok(f.metadata().unwrap().len()),
        }
    }

    #[test]
    fn what_does_not_end_is_refused_or_cut_off() {
        let limit = IN_MEMORY + 5;
        assert_eq!(
            size(read(io::repeat(0), accepted(limit))),
            Err("unrecognized file format".into())
        );
        let long = Err(format!("is longer than {limit} bytes (--max-input)"));
        assert_eq!(size(read(io::repeat(7), accepted(limit))), long);
        assert_eq!(size(read(io::repeat(7).take(limit + 1), accepted(limit))), long);
        for len in [
            0,
            1,
            FIRST,
            FIRST + 1,
            IN_MEMORY - 1,
            IN_MEMORY,
            IN_MEMORY + 1,
            limit,
        ] {
            assert_eq!(size(read(io::repeat(7).take(len), accepted(limit))), Ok(len));
        }
        assert_eq!(size(read(io::repeat(7).take(100), accepted(100))), Ok(100));
        assert!(size(read(io::repeat(7).take(101), accepted(100))).is_err());
    }
}
