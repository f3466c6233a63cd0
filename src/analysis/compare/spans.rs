//! Stretches of addresses, joined where they meet.

use std::collections::BTreeMap;
use std::ops::Range;

/// What is explained of an address space.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans(BTreeMap<u64, u64>);

impl Spans {
    /// Adds a stretch.
    pub fn add(&mut self, span: Range<u64>) {
        if span.start >= span.end {
            return;
        }
        let (mut start, mut end) = (span.start, span.end);
        if let Some((&from, &to)) = self.0.range(..=start).next_back()
            && to >= start
        {
            (start, end) = (from, end.max(to));
        }
        while let Some((&from, &to)) = self.0.range(start..=end).next() {
            end = end.max(to);
            self.0.remove(&from);
        }
        self.0.insert(start, end);
    }

    /// Is an address in one of them?
    pub fn holds(&self, addr: u64) -> bool {
        self.0
            .range(..=addr)
            .next_back()
            .is_some_and(|(_, end)| addr < *end)
    }

    /// The stretches of a range that are in none.
    pub fn outside(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut at = range.start;
        let before = self.0.range(..=at).next_back().map(|s| *s.1);
        if let Some(end) = before {
            at = at.max(end);
        }
        let mut out = Vec::new();
        for (&from, &to) in self.0.range(range.start..range.end) {
            if from > at {
                out.push(at..from);
            }
            at = at.max(to);
        }
        if at < range.end {
            out.push(at..range.end);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_joined_and_what_is_outside_is_told() {
        let mut s = Spans::default();
        for r in [10..20, 30..40, 15..31, 50..50, 60..70, 61..62] {
            s.add(r);
        }
        assert!(s.holds(10) && s.holds(39) && s.holds(69));
        assert!(!s.holds(9) && !s.holds(40) && !s.holds(50));
        assert_eq!(s.outside(0..100), [0..10, 40..60, 70..100]);
        assert_eq!(s.outside(12..35), []);
        let inner: Vec<_> = s.outside(35..65);
        assert_eq!((inner.len(), inner.first()), (1, Some(&(40..60))));
    }
}
