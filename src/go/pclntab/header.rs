//! The pclntab's first bytes → its layout, recognised by structure so that a changed magic number does no
//! harm.
//!
//! Authority: Go 1.27's internal/abi/symtab.go (magic numbers) and runtime/symtab.go (`pcHeader`);
//! cmd/link/internal/ld/pcln.go of Go 1.16, 1.18, 1.20, 1.27. The word after the file count was the text's
//! start from Go 1.18 to 1.25 and is unused since.

use crate::image::Endian;

/// The layouts Go has had, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// Go 1.2 to 1.15: one flat table, all offsets from its start.
    Go12,
    /// Go 1.16 and 1.17: sub-tables, entries as addresses.
    Go116,
    /// Go 1.18 and 1.19: entries as offsets from the text's start.
    Go118,
    /// Go 1.20 and later: functions also have a start line; inline trees have shorter records.
    Go120,
}

impl Layout {
    /// The magic number the linker writes for it.
    pub fn magic(self) -> u32 {
        match self {
            Layout::Go12 => 0xffff_fffb,
            Layout::Go116 => 0xffff_fffa,
            Layout::Go118 => 0xffff_fff0,
            Layout::Go120 => 0xffff_fff1,
        }
    }

    fn of_magic(magic: u32) -> Option<Layout> {
        [Layout::Go12, Layout::Go116, Layout::Go118, Layout::Go120]
            .into_iter()
            .find(|l| l.magic() == magic)
    }

    /// Number of the 4-byte field after the entry that ends a function record's fixed part (function id,
    /// flags, counts).
    pub(super) fn last_field(self) -> usize {
        match self {
            Layout::Go12 => 8,
            Layout::Go116 | Layout::Go118 => 9,
            Layout::Go120 => 10,
        }
    }
}

/// The header's facts; offsets count from the table's first byte.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub layout: Layout,
    pub magic: u32,
    pub endian: Endian,
    pub quantum: u8,
    pub ptr_size: u8,
    pub functions: usize,
    pub files: u64,
    /// Where the header's text start word is, for the layouts that have it.
    pub text_word: Option<usize>,
    pub names: usize,
    pub cu: usize,
    pub file_names: usize,
    pub pc: usize,
    pub functab: usize,
}

impl Header {
    /// Bytes of one number in the functab.
    pub fn functab_word(&self) -> u8 {
        if self.layout >= Layout::Go118 {
            4
        } else {
            self.ptr_size
        }
    }

    /// Offset just behind the functab and its closing entry.
    pub fn functab_end(&self) -> usize {
        let words = self.functions.saturating_mul(2).saturating_add(1);
        self.functab
            .saturating_add(words.saturating_mul(usize::from(self.functab_word())))
    }

    /// Reads a header at the start of `b`; `expect` is the image's byte order, pointer size and quantum,
    /// which a header under a foreign magic must match. `None` where `b` starts with no plausible table.
    pub fn parse(b: &[u8], expect: (Endian, u8, u8)) -> Option<Header> {
        let [_, _, _, _, 0, 0, quantum @ (1 | 2 | 4), ptr_size @ (4 | 8)] = *b.get(..8)? else {
            return None;
        };
        let known = [Endian::Little, Endian::Big]
            .into_iter()
            .find_map(|e| Some((e, Layout::of_magic(e.u32(b, 0)?)?)));
        let endian = match known {
            Some((e, _)) => e,
            None if (ptr_size, quantum) == (expect.1, expect.2) => expect.0,
            None => return None,
        };
        let magic = endian.u32(b, 0)?;
        let p = usize::from(ptr_size);
        let word = |i: usize| endian.word(b, 8 + i * p, ptr_size);
        let offset = |i: usize| usize::try_from(word(i)?).ok().filter(|o| *o <= b.len());
        // The first sub-table stands right behind the header (aligned, up to Go 1.25), which tells the two
        // sizes of header apart.
        let behind = |o: Option<usize>, header: usize| o.is_some_and(|o| (header..header + 64).contains(&o));
        let newer = known.is_some_and(|k| k.1 >= Layout::Go118);
        let (first, text_word) = if !newer && behind(offset(2), 8 + 7 * p) {
            (2, None)
        } else if behind(offset(3), 8 + 8 * p) {
            (3, Some(8 + 2 * p))
        } else if let Some((_, Layout::Go12)) = known {
            return Header::flat(b, endian, quantum, ptr_size);
        } else {
            return None;
        };
        let layout = match (known, text_word) {
            (Some((_, l)), Some(_)) if l >= Layout::Go118 => l,
            (_, Some(_)) => Layout::Go120,
            (_, None) => Layout::Go116,
        };
        let header = Header {
            layout,
            magic,
            endian,
            quantum,
            ptr_size,
            functions: usize::try_from(word(0)?).ok()?,
            files: word(1)?,
            text_word,
            names: offset(first)?,
            cu: offset(first + 1)?,
            file_names: offset(first + 2)?,
            pc: offset(first + 3)?,
            functab: offset(first + 4)?,
        };
        let ascending = header.names <= header.cu
            && header.cu <= header.file_names
            && header.file_names <= header.pc
            && header.pc <= header.functab;
        (ascending && header.functions > 0 && header.functab_end() <= b.len()).then_some(header)
    }

    /// Go 1.2 to 1.15: the functab follows the function count; after it the offset of the file table.
    fn flat(b: &[u8], endian: Endian, quantum: u8, ptr_size: u8) -> Option<Header> {
        let p = usize::from(ptr_size);
        let mut header = Header {
            layout: Layout::Go12,
            magic: Layout::Go12.magic(),
            endian,
            quantum,
            ptr_size,
            functions: usize::try_from(endian.word(b, 8, ptr_size)?).ok()?,
            files: 0,
            text_word: None,
            names: 0,
            cu: 0,
            file_names: 0,
            pc: 0,
            functab: 8 + p,
        };
        let end = header.functab_end();
        header.file_names = endian.u32(b, end)? as usize;
        header.files = u64::from(endian.u32(b, header.file_names)?);
        (header.functions > 0 && end <= b.len()).then_some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(magic: u32, words: &[u64]) -> Vec<u8> {
        let mut b = magic.to_le_bytes().to_vec();
        b.extend([0, 0, 1, 8]);
        b.extend(words.iter().flat_map(|w| w.to_le_bytes()));
        b.resize(400, 0);
        b
    }

    const EXPECT: (Endian, u8, u8) = (Endian::Little, 8, 1);

    #[test]
    fn a_changed_magic_number_is_seen_through() {
        let words = [2, 1, 0, 72, 80, 84, 90, 100];
        let known = Header::parse(&header(0xffff_fff1, &words), EXPECT).unwrap();
        assert_eq!((known.layout, known.functions, known.pc), (Layout::Go120, 2, 90));
        let garbled = Header::parse(&header(0x1234_5678, &words), EXPECT).unwrap();
        assert_eq!(garbled.layout, Layout::Go120);
        assert!(Header::parse(&header(0x1234_5678, &words), (Endian::Little, 8, 4)).is_none());
    }

    #[test]
    fn tables_out_of_order_or_too_large_are_refused() {
        assert!(Header::parse(&header(0xffff_fff1, &[2, 1, 0, 72, 80, 70, 90, 100]), EXPECT).is_none());
        assert!(Header::parse(&header(0xffff_fff1, &[9999, 1, 0, 72, 80, 84, 90, 100]), EXPECT).is_none());
        assert!(
            Header::parse(
                &header(0xffff_fff1, &[u64::MAX, 1, 0, 72, 80, 84, 90, 100]),
                EXPECT
            )
            .is_none()
        );
        assert!(
            Header::parse(
                &header(0xffff_fff1, &[2, 1, 0, 72, 80, 84, 90, 100])[..60],
                EXPECT
            )
            .is_none()
        );
    }

    #[test]
    fn older_headers_have_one_word_less() {
        let h = Header::parse(&header(0xffff_fffa, &[2, 1, 64, 80, 84, 90, 100]), EXPECT).unwrap();
        assert_eq!(
            (h.layout, h.functab_word(), h.functab_end()),
            (Layout::Go116, 8, 140)
        );
    }
}
