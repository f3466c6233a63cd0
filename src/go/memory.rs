//! An image's bytes by virtual address, wasm's scattered data segments included.
//!
//! Go's tables point at each other with addresses. In every format but wasm a table lies in one segment of
//! the file; the wasm linker leaves out runs of zeros (cmd/link/internal/wasm, `writeDataSec`), so there the
//! linear memory is put together first.

use crate::image::extent::align_up;
use crate::image::{Format, Image, clip};

/// Reads by virtual address. Every read is `None` where the file holds no such bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'i, 'a> {
    image: &'i Image<'a>,
    linear: Option<&'a [u8]>,
}

/// A stretch of memory that the file holds.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Virtual address of the first byte.
    pub addr: u64,
    /// The contents.
    pub bytes: &'a [u8],
    /// May code run from it?
    pub exec: bool,
    /// May it be written to?
    pub write: bool,
}

impl<'a> Stretch<'a> {
    /// Its aligned words of `size` bytes, with their addresses.
    pub(crate) fn words(&self, size: u64) -> impl Iterator<Item = (&'a [u8], u64)> + use<'a> {
        let start = align_up(self.addr, size);
        let bytes = self.bytes.get((start - self.addr) as usize..).unwrap_or_default();
        let addresses = (0u64..).map(move |i| start.saturating_add(i.saturating_mul(size)));
        bytes.chunks_exact(size as usize).zip(addresses)
    }
}

impl<'i, 'a> Memory<'i, 'a> {
    /// The memory of an image; `linear` is what [`linear`] puts together for a wasm module.
    pub(super) fn new(image: &'i Image<'a>, linear: Option<&'a [u8]>) -> Self {
        Memory { image, linear }
    }

    /// The image that is read.
    pub fn image(&self) -> &'i Image<'a> {
        self.image
    }

    /// Bytes in a pointer.
    pub fn ptr_size(&self) -> u64 {
        u64::from(self.image.ptr_size)
    }

    /// The bytes from `addr` to the end of what is contiguous in the file.
    pub fn bytes_from(&self, addr: u64) -> Option<&'a [u8]> {
        match self.linear {
            Some(l) => l.get(usize::try_from(addr).ok()?..),
            None => self.image.bytes_from(addr),
        }
    }

    /// `len` bytes at `addr`, `None` unless the file holds all of them.
    pub fn bytes(&self, addr: u64, len: u64) -> Option<&'a [u8]> {
        self.bytes_from(addr)?.get(..usize::try_from(len).ok()?)
    }

    /// The byte at `addr`.
    pub fn u8(&self, addr: u64) -> Option<u8> {
        self.bytes_from(addr)?.first().copied()
    }

    /// The 16-bit number at `addr`.
    pub fn u16(&self, addr: u64) -> Option<u16> {
        self.image.endian.u16(self.bytes_from(addr)?, 0)
    }

    /// The 32-bit number at `addr`.
    pub fn u32(&self, addr: u64) -> Option<u32> {
        self.image.endian.u32(self.bytes_from(addr)?, 0)
    }

    /// The pointer-sized number at `addr`, relocations left out.
    pub fn word(&self, addr: u64) -> Option<u64> {
        self.image
            .endian
            .word(self.bytes_from(addr)?, 0, self.image.ptr_size)
    }

    /// The pointer at `addr` as the loaded program would see it, relocations and fix-ups applied.
    pub fn pointer(&self, addr: u64) -> Option<u64> {
        match self.linear {
            Some(_) => self.word(addr),
            None => self.image.pointer_at(addr),
        }
    }

    /// The Go string whose header (pointer, length) is at `addr`; longer than `limit` bytes gives `None`.
    pub fn go_string(&self, addr: u64, limit: u64) -> Option<&'a [u8]> {
        let len = self.word(addr.checked_add(self.ptr_size())?)?;
        if len == 0 {
            return Some(&[]);
        }
        if len > limit {
            return None;
        }
        self.bytes(self.pointer(addr)?, len)
    }

    /// Offset in the image's data of `addr`, where the file holds it.
    pub fn offset(&self, addr: u64) -> Option<u64> {
        self.image.addr_to_offset(addr)
    }

    /// Every stretch of memory that the file holds, in the order of the header.
    pub fn stretches(&self) -> Vec<Stretch<'a>> {
        if let Some(bytes) = self.linear {
            return vec![Stretch {
                addr: 0,
                bytes,
                exec: false,
                write: true,
            }];
        }
        let all = self.image.segments.iter().map(|s| Stretch {
            addr: s.addr,
            bytes: clip(self.image.data, s.offset, s.file_size),
            exec: s.perm.exec,
            write: s.perm.write,
        });
        all.filter(|s| !s.bytes.is_empty()).collect()
    }
}

/// The initial linear memory of a wasm module from address 0, where a table may begin with zeros that the
/// linker left out, to the end of its last data segment; `None` for any other format.
pub(super) fn linear(image: &Image<'_>) -> Option<Vec<u8>> {
    if image.format != Format::Wasm {
        return None;
    }
    // Zeros between segments are not in the file; what is put together stays in proportion to it.
    let limit = (image.data.len() as u64)
        .saturating_mul(8)
        .saturating_add(1 << 20);
    let mut bytes = Vec::new();
    for s in &image.segments {
        let part = clip(image.data, s.offset, s.file_size);
        let end = s.addr.saturating_add(part.len() as u64);
        if end > limit {
            continue;
        }
        if bytes.len() < end as usize {
            bytes.resize(end as usize, 0);
        }
        if let Some(to) = bytes.get_mut(s.addr as usize..end as usize) {
            to.copy_from_slice(part);
        }
    }
    Some(bytes)
}
