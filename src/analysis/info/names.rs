//! Which names are in a file: function names of the pclntab, in one pass over its bytes, whether stripped or not.

use memchr::memmem;

use crate::image::Image;

/// The bytes that hold the function names: the pclntab's section where there is one, else the whole image.
///
/// Names stand there as NUL-terminated strings one behind the other, in every layout since Go 1.2.
pub(super) struct Names<'a> {
    bytes: &'a [u8],
}

impl<'a> Names<'a> {
    pub(super) fn of(image: &Image<'a>) -> Names<'a> {
        let sections = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];
        let found = sections
            .iter()
            .find_map(|n| image.section(n))
            .map(|s| image.section_bytes(s));
        Names {
            bytes: found.filter(|b| !b.is_empty()).unwrap_or(image.data),
        }
    }

    /// Is there a function of exactly this name?
    pub(super) fn has(&self, name: &str) -> bool {
        memmem::find(self.bytes, &[b"\0", name.as_bytes(), b"\0"].concat()).is_some()
    }

    /// Is there a function whose name starts like this?
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        memmem::find(self.bytes, &[b"\0", prefix.as_bytes()].concat()).is_some()
    }

    /// The names that contain `needle`, at most `limit` of them.
    pub(super) fn containing(&self, needle: &str, limit: usize) -> Vec<&'a [u8]> {
        let mut out = Vec::new();
        for at in memmem::find_iter(self.bytes, needle.as_bytes()) {
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
