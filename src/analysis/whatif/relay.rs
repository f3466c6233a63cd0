//! Lays segments out anew after some of their sections have grown or shrunk.
//!
//! Authority: cmd/link, data.go: each section starts at the next multiple of its alignment, each segment at
//! the next page. Sections are sometimes aligned by more than their header says: the smallest power of two
//! that explains the gap in the file as it is counts.

use super::facts::round;

/// A section inside a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Index in `Image::sections`.
    pub index: usize,
    /// Address now.
    pub addr: u64,
    /// Bytes in memory now.
    pub size: u64,
    /// Alignment that the header tells.
    pub align: u64,
    /// Has it no bytes in the file?
    pub bss: bool,
}

/// A segment laid out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Laid {
    /// Address after its last section.
    pub end: u64,
    /// Address where its bytes in the file end: where the first section without contents starts, or `end`.
    pub file_end: u64,
}

/// Lays `parts` (sorted by address) of a segment out that moves from `old_start` to `new_start`. `grown`
/// names the sections that change their size. Calls `place` with each section's new address.
pub(super) fn lay(
    old_start: u64,
    new_start: u64,
    parts: &[Part],
    grown: &[(usize, i64)],
    mut place: impl FnMut(usize, u64, u64),
) -> Laid {
    let mut old_end = old_start;
    let mut cur = new_start;
    let mut file_end = None;
    for p in parts {
        let at = match alignment(old_end, p.addr, p.align) {
            Some(a) if p.addr >= old_end => round(cur, a),
            _ => cur.saturating_add_signed(p.addr.wrapping_sub(old_end) as i64),
        };
        if p.bss && file_end.is_none() {
            file_end = Some(at);
        }
        let delta: i64 = grown.iter().filter(|g| g.0 == p.index).map(|g| g.1).sum();
        let size = p.size.saturating_add_signed(delta);
        place(p.index, at, size);
        cur = at.saturating_add(size);
        old_end = p.addr.saturating_add(p.size);
    }
    Laid {
        end: cur,
        file_end: file_end.unwrap_or(cur),
    }
}

/// The smallest power of two, at least `told`, by which what starts at `addr` after `end` was aligned.
pub(super) fn alignment(end: u64, addr: u64, told: u64) -> Option<u64> {
    let mut a = told.max(1).checked_next_power_of_two()?;
    while a <= 1 << 21 {
        if round(end, a) == addr {
            return Some(a);
        }
        a <<= 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(index: usize, addr: u64, size: u64, align: u64) -> Part {
        Part {
            index,
            addr,
            size,
            align,
            bss: false,
        }
    }

    #[test]
    fn a_grown_section_pushes_the_next_to_its_alignment() {
        let parts = [part(0, 0x1000, 0x30, 16), part(1, 0x1040, 0x10, 32)];
        let mut at = Vec::new();
        let laid = lay(0x1000, 0x1000, &parts, &[(0, 0x20)], |_, a, _| at.push(a));
        assert_eq!(at, [0x1000, 0x1060]);
        assert_eq!(laid.end, 0x1070);
    }

    #[test]
    fn a_gap_shows_more_alignment_than_the_header() {
        assert_eq!(alignment(0x1001, 0x1040, 8), Some(64));
        assert_eq!(alignment(0x1001, 0x1043, 8), None);
    }

    #[test]
    fn bytes_in_the_file_end_where_bss_starts() {
        let parts = [
            part(0, 0x1000, 0x31, 16),
            Part {
                bss: true,
                ..part(1, 0x1040, 0x1000, 32)
            },
        ];
        let laid = lay(0x1000, 0x2000, &parts, &[], |_, _, _| {});
        assert_eq!((laid.file_end, laid.end), (0x2040, 0x3040));
    }
}
