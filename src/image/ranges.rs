//! Which of many ranges holds a number: ranges that overlap as they like → stretches that do not, sorted.

use std::collections::BTreeSet;

/// Ranges to look into; where they overlap, the one with the lowest number counts.
#[derive(Debug, Default)]
pub(crate) struct Ranges(Vec<Stretch>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    start: u64,
    end: u64,
    /// The range, and where it starts.
    number: u32,
    base: u64,
}

impl Ranges {
    /// From (number, start, end) of each range.
    pub(crate) fn new(ranges: impl Iterator<Item = (u32, u64, u64)>) -> Ranges {
        let mut edges = Vec::new();
        for (number, start, end) in ranges.filter(|s| s.1 < s.2) {
            edges.push((start, true, number, start));
            edges.push((end, false, number, start));
        }
        edges.sort_unstable();
        let mut active = BTreeSet::new();
        let mut out: Vec<Stretch> = Vec::new();
        let mut from = 0;
        for (at, begins, number, base) in edges {
            if let Some(&(number, base)) = active.first()
                && from < at
            {
                match out.last_mut().filter(|l| l.number == number && l.end == from) {
                    Some(last) => last.end = at,
                    None => out.push(Stretch {
                        start: from,
                        end: at,
                        number,
                        base,
                    }),
                }
            }
            from = at;
            if begins {
                active.insert((number, base));
            } else {
                active.remove(&(number, base));
            }
        }
        Ranges(out)
    }

    /// The range that holds `at`, and where it starts.
    pub(crate) fn at(&self, at: u64) -> Option<(u32, u64)> {
        let i = self.0.partition_point(|s| s.end <= at);
        let s = self.0.get(i).filter(|s| s.start <= at)?;
        Some((s.number, s.base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ranges_that_overlap_the_first_counts() {
        let index = Ranges::new([(3, 10, 20), (1, 15, 25), (2, 0, 40), (4, 50, 50), (5, 60, 70)].into_iter());
        let at = |pc| index.at(pc).map(|s| s.0);
        let want = [
            (0, Some(2)),
            (12, Some(2)),
            (15, Some(1)),
            (24, Some(1)),
            (25, Some(2)),
        ];
        assert!(want.iter().all(|w| at(w.0) == w.1), "{index:?}");
        assert_eq!(
            (at(39), at(40), at(50), at(60), at(70)),
            (Some(2), None, None, Some(5), None)
        );
        assert_eq!(index.at(24), Some((1, 15)));
    }
}
