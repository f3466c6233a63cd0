//! Debug sections that are rows of plain records: `.debug_addr`, `.debug_frame`, and the lists of DWARF 4.

use super::Walk;

impl Walk<'_, '_> {
    fn u32(&self, b: &[u8], at: usize) -> Option<usize> {
        self.bytes.u32(b, at).map(|n| n as usize)
    }

    /// Do the words at a place hold addresses that stand for each other?
    fn word_at(&self, p: &[u8], q: &[u8], at: usize) -> Option<bool> {
        let (x, y) = (
            self.bytes.word(p, at, self.word)?,
            self.bytes.word(q, at, self.word)?,
        );
        Some(self.judge.address(x, y))
    }

    /// `.debug_addr`: tables of addresses, each behind a head of 8 bytes.
    pub(super) fn addresses(&self, p: &[u8], q: &[u8]) -> bool {
        const HEAD: usize = 8;
        let read = || {
            let mut at = 0;
            while at < p.len() {
                let end = at.checked_add(4)?.checked_add(self.u32(p, at)?)?;
                let mut word = at + HEAD;
                if p.get(at..word)? != q.get(at..word)? {
                    return None;
                }
                while word < end {
                    self.word_at(p, q, word)?.then_some(())?;
                    word += usize::from(self.word);
                }
                at = end;
            }
            Some(())
        };
        p.len() == q.len() && read().is_some()
    }

    /// `.debug_frame`: behind its length and the place of its common part, a record starts with an address.
    pub(super) fn frames(&self, p: &[u8], q: &[u8]) -> bool {
        const COMMON: usize = u32::MAX as usize;
        let read = || {
            let mut at = 0;
            while at < p.len() {
                let end = at.checked_add(4)?.checked_add(self.u32(p, at)?)?;
                let mut rest = at + 8;
                if p.get(at..rest)? != q.get(at..rest)? {
                    return None;
                }
                if self.u32(p, at + 4)? != COMMON {
                    self.word_at(p, q, rest)?.then_some(())?;
                    rest += usize::from(self.word);
                }
                if p.get(rest..end)? != q.get(rest..end)? {
                    return None;
                }
                at = end;
            }
            Some(())
        };
        p.len() == q.len() && read().is_some()
    }

    /// `.debug_ranges` and `.debug_loc`: pairs of words, of which the first says with all bits set that the
    /// second is an address from which others count; in `.debug_loc` an expression behind the others.
    pub(super) fn lists(&self, p: &[u8], q: &[u8], places: bool) -> bool {
        let word = usize::from(self.word);
        let most = u64::MAX >> (64 - 8 * u32::from(self.word.clamp(1, 8)));
        let read = || {
            let mut at = 0;
            while at < p.len() {
                let pair = |b: &[u8]| {
                    let first = self.bytes.word(b, at, self.word)?;
                    Some((first, self.bytes.word(b, at + word, self.word)?))
                };
                let (x, y) = (pair(p)?, pair(q)?);
                at += 2 * word;
                if x.0 == most && y.0 == most {
                    self.judge.address(x.1, y.1).then_some(())?;
                    continue;
                }
                if x != y {
                    return None;
                }
                if places && x != (0, 0) {
                    let len = usize::from(self.bytes.u16(p, at)?);
                    let end = at + 2 + len;
                    if p.get(at..at + 2)? != q.get(at..at + 2)? {
                        return None;
                    }
                    self.expression(p.get(at + 2..end)?, q.get(at + 2..end)?)
                        .then_some(())?;
                    at = end;
                }
            }
            Some(())
        };
        p.len() == q.len() && read().is_some()
    }

    /// `.debug_gdb_scripts`: one file's name.
    pub(super) fn scripts(&self, p: &[u8], q: &[u8]) -> bool {
        fn name(b: &[u8]) -> Option<&[u8]> {
            let name = b.strip_prefix(&[1])?.strip_suffix(&[0])?;
            Some(name).filter(|n| !n.contains(&0))
        }
        match (name(p), name(q)) {
            (Some(s), Some(t)) => self.judge.path(s, t),
            _ => false,
        }
    }
}
