//! Sorting with equal elements left in the order Go leaves them in.
//!
//! Go's `slices.SortFunc` and `sort.Slice` are a pattern-defeating quicksort that does not keep the order of
//! equal elements; the order it gives is nevertheless always the same, and it shows: in which of several
//! symbols at one address names an operand of `objdump`, and in the rows of `nm`. This is the same algorithm
//! with the same constants (Go 1.27: slices/zsortanyfunc.go is the authority for them), so that the same
//! swaps happen.

/// Up to this many elements are sorted by insertion.
const INSERTION: usize = 12;
/// From this many on, each of the three pivot candidates is a median itself.
const NINTHER: usize = 50;

/// Sorts `v` as Go's `slices.SortFunc` does, `less` being "compares below zero".
pub fn sort_by<T>(v: &mut [T], less: impl FnMut(&T, &T) -> bool) {
    let n = v.len();
    let mut sorter = Sorter { v, less };
    sorter.quick(0, n, bit_len(n));
}

/// Bits needed to write `n`.
fn bit_len(n: usize) -> u32 {
    usize::BITS - n.leading_zeros()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, F> {
    v: &'a mut [T],
    less: F,
}

// All indices below come from the bounds `a..b` of a range of `v`, never from the elements.
impl<T, F: FnMut(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&mut self, i: usize, j: usize) -> bool {
        (self.less)(&self.v[i], &self.v[j])
    }

    fn quick(&mut self, mut a: usize, mut b: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let n = b - a;
            if n <= INSERTION {
                return self.insertion(a, b);
            }
            if limit == 0 {
                return self.heap(a, b);
            }
            if !balanced {
                self.shuffle(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(a, b);
            if hint == Hint::Decreasing {
                self.v[a..b].reverse();
                pivot = (b - 1) - (pivot - a);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.nearly_sorted(a, b) {
                return;
            }
            if a > 0 && !self.less(a - 1, pivot) {
                // Everything here is at least the element before: the pivot's equals go first.
                a = self.partition_equal(a, b, pivot);
                continue;
            }
            let (middle, already) = self.partition(a, b, pivot);
            partitioned = already;
            let (left, right) = (middle - a, b - middle);
            if left < right {
                balanced = left >= n / 8;
                self.quick(a, middle, limit);
                a = middle + 1;
            } else {
                balanced = right >= n / 8;
                self.quick(middle + 1, b, limit);
                b = middle;
            }
        }
    }

    fn insertion(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.v.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap(&mut self, a: usize, b: usize) {
        let n = b - a;
        for root in (0..=(n.saturating_sub(1)) / 2).rev() {
            self.sift_down(root, n, a);
        }
        for end in (0..n).rev() {
            self.v.swap(a, a + end);
            self.sift_down(0, end, a);
        }
    }

    fn sift_down(&mut self, mut root: usize, end: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.v.swap(first + root, first + child);
            root = child;
        }
    }

    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.v.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        let mut swapped = false;
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                break;
            }
            self.v.swap(i, j);
            swapped = true;
            i += 1;
            j -= 1;
        }
        self.v.swap(j, a);
        (j, !swapped)
    }

    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.v.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.v.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Mends up to five neighbours out of order; true if that sorted the range.
    fn nearly_sorted(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..5 {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < NINTHER {
                return false;
            }
            self.v.swap(i, i - 1);
            if i - a >= 2 {
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.v.swap(j, j - 1);
                    j -= 1;
                }
            }
            if b - i >= 2 {
                let mut j = i + 1;
                while j < b && self.less(j, j - 1) {
                    self.v.swap(j, j - 1);
                    j += 1;
                }
            }
        }
        false
    }

    /// Moves three elements about, to break what makes the partitions lopsided. Its random numbers start from
    /// the length.
    fn shuffle(&mut self, a: usize, b: usize) {
        let n = b - a;
        if n < 8 {
            return;
        }
        let mask = (1usize << bit_len(n)) - 1;
        let start = a + (n / 4) * 2 - 1;
        let mut random = n as u64;
        for i in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = random as usize & mask;
            if other >= n {
                other -= n;
            }
            self.v.swap(start + i, a + other);
        }
    }

    fn choose_pivot(&mut self, a: usize, b: usize) -> (usize, Hint) {
        let n = b - a;
        let (mut i, mut j, mut k) = (a + n / 4, a + n / 4 * 2, a + n / 4 * 3);
        let mut swaps = 0;
        if n >= 8 {
            if n >= NINTHER {
                i = self.median(i - 1, i, i + 1, &mut swaps);
                j = self.median(j - 1, j, j + 1, &mut swaps);
                k = self.median(k - 1, k, k + 1, &mut swaps);
            }
            j = self.median(i, j, k, &mut swaps);
        }
        match swaps {
            0 => (j, Hint::Increasing),
            12 => (j, Hint::Decreasing),
            _ => (j, Hint::Unknown),
        }
    }

    fn median(&mut self, a: usize, b: usize, c: usize, swaps: &mut u32) -> usize {
        let (a, b) = self.ordered(a, b, swaps);
        let (b, _) = self.ordered(b, c, swaps);
        self.ordered(a, b, swaps).1
    }

    fn ordered(&mut self, a: usize, b: usize, swaps: &mut u32) -> (usize, usize) {
        if self.less(b, a) {
            *swaps += 1;
            (b, a)
        } else {
            (a, b)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_sorted() {
        let mut seed = 7u64;
        for n in [0usize, 1, 2, 11, 12, 13, 49, 50, 51, 1000, 5000] {
            for shape in 0..6 {
                let mut v: Vec<(u64, usize)> = (0..n)
                    .map(|i| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let key = match shape {
                            0 => seed >> 33,
                            1 => i as u64,
                            2 => (n - i) as u64,
                            3 => (seed >> 33) % 3,
                            4 => 5,
                            _ => (i as u64).min((n - i) as u64),
                        };
                        (key, i)
                    })
                    .collect();
                sort_by(&mut v, |a, b| a.0 < b.0);
                assert!(v.windows(2).all(|w| w[0].0 <= w[1].0), "n {n} shape {shape}");
            }
        }
    }

    /// FNV-1a over the places that the elements came from, as a program of Go 1.27.4 computed it after
    /// `slices.SortFunc`.
    #[test]
    fn equal_elements_end_where_go_leaves_them() {
        for (n, shape, want) in [
            (12, 0, 0xe993f438f9769d25),
            (12, 1, 0x53b6cbc8613de3a5),
            (12, 2, 0xc49bd70a64455fa5),
            (12, 3, 0x7c20973702fcd0a5),
            (12, 4, 0xab6c5d676f1b8385),
            (40, 0, 0xc24093a98b337a25),
            (40, 1, 0xdfda6779ef0d12e5),
            (40, 2, 0xaa9a93dd9cfde6a5),
            (40, 3, 0xee56b176437d2b05),
            (40, 4, 0x7332a16a04b543a5),
            (60, 0, 0xd3c4a4022cf46c45),
            (60, 1, 0x3e8fc574fb6ccc45),
            (60, 2, 0xd823ee269a8105e5),
            (60, 3, 0xc21e8f2ae8d4eb25),
            (60, 4, 0x276ab74c2dd65fc5),
            (100, 0, 0x9c951e3785e58ca5),
            (100, 1, 0xfd313b09a75fca65),
            (100, 2, 0x610b068d99808fe5),
            (100, 3, 0x2afd75e352ad28c5),
            (100, 4, 0x7799e243df200645),
            (1000, 0, 0x2b7eb419d8074031),
            (1000, 1, 0xaab9585c1cf46df9),
            (1000, 2, 0x3a840aab2742da95),
            (1000, 3, 0x87dbf56ddb40b911),
            (1000, 4, 0x4a6de1a0dc3e56dd),
            (20000, 0, 0x64a6b91e4ed7d481),
            (20000, 1, 0xadd5feb9765202d5),
            (20000, 2, 0x33291c75e5dbbaa5),
            (20000, 3, 0x7313483803cd7fa1),
            (20000, 4, 0x48d51e643ebf4445),
        ] {
            let mut seed = 7u64;
            let mut v: Vec<(u64, u64)> = (0..n)
                .map(|i: u64| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let key = match shape {
                        0 => (seed >> 33) % 3,
                        1 => (seed >> 33) % (n / 2),
                        2 => i / 4,
                        3 => (n - i) / 4,
                        _ => i.min(n - i),
                    };
                    (key, i)
                })
                .collect();
            sort_by(&mut v, |a, b| a.0 < b.0);
            let mut hash = 0xcbf2_9ce4_8422_2325u64;
            for byte in v.iter().flat_map(|x| x.1.to_le_bytes()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
            assert_eq!(hash, want, "n {n} shape {shape}");
        }
    }
}
