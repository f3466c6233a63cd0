//! How far a file should reach by its own headers, to tell one that is whole from one that was cut short.

use super::{Endian, Format, Image};

/// The next multiple of `to` that is not below `at`, an address or an offset: the greatest number where there
/// is none. A file may name places at the very end of the address space.
pub(crate) fn align_up(at: u64, to: u64) -> u64 {
    at.checked_next_multiple_of(to).unwrap_or(u64::MAX)
}

impl Image<'_> {
    /// Where the image's data should end by its headers, in bytes from its start, if that is past its end:
    /// some of it is missing.
    pub fn missing_to(&self) -> Option<u64> {
        let len = self.data.len() as u64;
        let end = self.extent();
        // Of these two formats the readers say themselves that a section does not end; where it should is not
        // told.
        let open = matches!(self.format, Format::Wasm | Format::Plan9) && !self.warnings.is_empty();
        (end > len || open).then_some(end.max(len + 1))
    }

    /// Where the last of what the headers name ends, in bytes from the start of the image's data.
    pub fn extent(&self) -> u64 {
        let ends = |offset: u64, size: u64| if size == 0 { 0 } else { offset.saturating_add(size) };
        let segments = self.segments.iter().map(|s| ends(s.offset, s.file_size));
        let sections = self.sections.iter().map(|s| ends(s.offset, s.file_size));
        segments.chain(sections).chain(self.tables()).max().unwrap_or(0)
    }

    /// Where the tables end that are neither segments nor sections.
    fn tables(&self) -> Vec<u64> {
        let mut out = Vec::new();
        if let Some(elf) = self.elf() {
            // The counts as the header has them: fewer entries were read where the file ends before.
            let (phnum, shnum) = if self.ptr_size == 8 { (56, 60) } else { (44, 48) };
            let count = |at: usize| u64::from(self.endian.u16(self.data, at).unwrap_or(0));
            let (at, size, _) = elf.program_header_table;
            out.push(at.saturating_add(u64::from(size).saturating_mul(count(phnum))));
            let (at, size, _) = elf.section_header_table;
            if at > 0 {
                out.push(at.saturating_add(u64::from(size).saturating_mul(count(shnum).max(1))));
            }
        }
        if let Some(pe) = self.pe() {
            let (at, count) = pe.symbol_table;
            if count > 0 {
                let strings = at.saturating_add(count.saturating_mul(18));
                out.push(strings.saturating_add(4));
                let size = usize::try_from(strings).ok();
                let size = size.and_then(|at| Endian::Little.u32(self.data, at));
                out.push(strings.saturating_add(u64::from(size.unwrap_or(4))));
            }
        }
        if let Some(x) = self.xcoff() {
            let (at, count) = x.symbol_table;
            if at > 0 && count > 0 {
                out.push(at.saturating_add(count.saturating_mul(18)));
            }
        }
        out
    }
}
