//! Which names are in a file: function and file names of the pclntab, whether stripped or not.

use std::borrow::Cow;

use memchr::memmem;

use crate::go::pclntab::Table;
use crate::image::Image;

/// The bytes that hold function and file names. They stand there as NUL-terminated strings, one behind the other, in every layout.
pub(super) struct Names<'a> {
    bytes: Cow<'a, [u8]>,
}

impl<'a> Names<'a> {
    /// From the pclntab's name tables; without a pclntab from the whole image.
    pub(super) fn of(image: &Image<'a>, table: Option<&Table<'a>>) -> Names<'a> {
        let Some(table) = table else {
            return Names {
                bytes: Cow::Borrowed(image.data),
            };
        };
        // The layouts before Go 1.16 have one part for everything.
        let wanted = |n: &str| matches!(n, "funcnametab" | "filetab" | "rest");
        let mut bytes = vec![0];
        for part in table.parts().iter().filter(|p| wanted(p.name)) {
            bytes.extend(table.part_bytes(part));
            bytes.push(0);
        }
        Names {
            bytes: Cow::Owned(bytes),
        }
    }

    /// Is there a function of exactly this name?
    pub(super) fn has(&self, name: &str) -> bool {
        memmem::find(&self.bytes, &[b"\0", name.as_bytes(), b"\0"].concat()).is_some()
    }

    /// Is there a function whose name starts like this?
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        memmem::find(&self.bytes, &[b"\0", prefix.as_bytes()].concat()).is_some()
    }

    /// The names that contain `needle`, at most `limit` of them.
    pub(super) fn containing(&self, needle: &str, limit: usize) -> Vec<&[u8]> {
        let mut out = Vec::new();
        for at in memmem::find_iter(&self.bytes, needle.as_bytes()) {
            let start = memchr::memrchr(0, &self.bytes[..at]).map_or(0, |i| i + 1);
            let Some(rest) = self.bytes.get(start..) else {
                break;
            };
            let name = &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())];
            if name.len() < 4096 && std::str::from_utf8(name).is_ok() {
                out.push(name);
            }
            if out.len() >= limit {
                break;
            }
        }
        out
    }
}
