//! Crafted files whose parts share what they point at: thousands of headers over the same bytes, thousands of
//! entries with one long name. No linker writes them and no random damage makes them; a reader that copies or
//! walks what each entry points at takes memory or time that grows with the square of the file.
//!
//! Each [`Kind`] makes a file of about `n` entries, whose size grows with `n`. A new table that the program
//! reads gets a kind here.

mod debug;
mod elf;
mod go;
mod other;

/// A way in which a file's parts can share.
pub struct Kind {
    /// `structure-what is shared`.
    pub name: &'static str,
    /// The least `n`; the files of 2n and 4n must cost twice and four times as much at the most.
    pub n: usize,
    /// Makes the file.
    pub make: fn(usize) -> Vec<u8>,
}

/// All kinds.
pub fn kinds() -> Vec<Kind> {
    [elf::KINDS, debug::KINDS, go::KINDS, other::KINDS]
        .iter()
        .flat_map(|k| k.iter())
        .map(|&(name, n, make)| Kind { name, n, make })
        .collect()
}

type Row = (&'static str, usize, fn(usize) -> Vec<u8>);

/// Appends numbers in a byte order.
#[derive(Clone, Copy, PartialEq)]
pub struct Order {
    /// Most significant byte first?
    pub big: bool,
}

pub const LE: Order = Order { big: false };
pub const BE: Order = Order { big: true };

impl Order {
    fn put(self, out: &mut Vec<u8>, value: u64, size: usize) {
        let bytes = value.to_le_bytes();
        let low = &bytes[..size];
        if self.big {
            out.extend(low.iter().rev());
        } else {
            out.extend(low);
        }
    }

    pub fn u16(self, out: &mut Vec<u8>, v: u64) {
        self.put(out, v, 2);
    }

    pub fn u32(self, out: &mut Vec<u8>, v: u64) {
        self.put(out, v, 4);
    }

    pub fn u64(self, out: &mut Vec<u8>, v: u64) {
        self.put(out, v, 8);
    }
}

/// A name of `len` bytes, NUL behind it.
pub fn long_name(start: &str, len: usize) -> Vec<u8> {
    let mut out = start.as_bytes().to_vec();
    out.resize(len.max(start.len()), b'n');
    out.push(0);
    out
}
