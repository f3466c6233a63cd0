//! Ascending addresses, and a quick answer to which of them is the last one up to some address.
//!
//! Every branch and every operand of a listing asks, so the search starts in a bucket of equal address ranges
//! instead of over all symbols.

/// Ascending addresses with their buckets.
#[derive(Debug)]
pub(super) struct Addresses {
    all: Vec<u64>,
    /// Bytes of address range in a bucket, as a power of two.
    shift: u32,
    /// How many addresses lie before each bucket.
    before: Vec<u32>,
}

impl Addresses {
    /// `all` must be ascending.
    pub fn new(all: Vec<u64>) -> Addresses {
        let (first, last) = (
            all.first().copied().unwrap_or(0),
            all.last().copied().unwrap_or(0),
        );
        let span = last.saturating_sub(first);
        // About as many buckets as addresses, whatever the span.
        let mut shift = 0;
        while span >> shift > all.len() as u64 && shift < 63 {
            shift += 1;
        }
        let buckets = usize::try_from(span >> shift).unwrap_or(0) + 1;
        let mut before = vec![0u32; buckets + 1];
        for &addr in &all {
            let bucket = usize::try_from(addr.saturating_sub(first) >> shift).unwrap_or(usize::MAX);
            if let Some(count) = before.get_mut(bucket.saturating_add(1)) {
                *count = count.saturating_add(1);
            }
        }
        let mut sum = 0u32;
        for count in &mut before {
            sum = sum.saturating_add(*count);
            *count = sum;
        }
        Addresses { all, shift, before }
    }

    /// The place of the last address that is not beyond `addr`.
    pub fn last_up_to(&self, addr: u64) -> Option<usize> {
        let first = self.all.first().copied()?;
        let bucket = usize::try_from(addr.checked_sub(first)? >> self.shift).unwrap_or(usize::MAX);
        let bound = |i: usize| self.before.get(i).map_or(self.all.len(), |n| *n as usize);
        let (low, high) = (bound(bucket), bound(bucket.saturating_add(1)));
        let within = self.all.get(low..high).unwrap_or(&[]);
        (low + within.partition_point(|&a| a <= addr)).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_answer_as_a_search_over_all_does() {
        let mut seed = 5u64;
        for (n, spread) in [
            (0usize, 1u64),
            (1, 1),
            (2, 100),
            (50, 3),
            (500, 1 << 20),
            (500, u64::MAX),
        ] {
            let mut all: Vec<u64> = (0..n)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (seed >> 1) % spread
                })
                .collect();
            all.sort_unstable();
            let index = Addresses::new(all.clone());
            let near = all
                .iter()
                .flat_map(|a| [a.wrapping_sub(1), *a, a.wrapping_add(1)]);
            for addr in near.chain([0, 1, spread, u64::MAX]) {
                let want = all.partition_point(|&a| a <= addr).checked_sub(1);
                assert_eq!(index.last_up_to(addr), want, "{n} {spread} {addr}");
            }
        }
    }
}
