//! A short list that lives on the stack: the operands of one instruction while they are put in order.

/// Up to `N` values. Operations on places that don't exist do nothing.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct List<T: Copy, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    /// No values; `filler` is never seen.
    pub fn new(filler: T) -> Self {
        List {
            items: [filler; N],
            len: 0,
        }
    }

    /// Appends, and says whether there was room.
    pub fn push(&mut self, item: T) -> bool {
        let free = self.items.get_mut(self.len);
        free.map(|place| *place = item)
            .inspect(|()| self.len += 1)
            .is_some()
    }

    /// Takes out the value at `at`; those after it move up.
    pub fn remove(&mut self, at: usize) {
        if at < self.len {
            self.items.copy_within(at + 1..self.len, at);
            self.len -= 1;
        }
    }

    /// Puts a value before the one at `at` (or last).
    pub fn insert(&mut self, at: usize, item: T) {
        if at <= self.len && self.push(item) {
            self[at..].rotate_right(1);
        }
    }

    /// Exchanges two values.
    pub fn swap_at(&mut self, a: usize, b: usize) {
        if a < self.len && b < self.len {
            self.items.swap(a, b);
        }
    }

    /// Keeps the first `len` values.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The same values in the order that `places` names; places that don't exist are left out.
    pub fn pick(&self, places: &[usize]) -> Self {
        let mut out = List {
            items: self.items,
            len: 0,
        };
        for &item in places.iter().filter_map(|&i| self.get(i)) {
            out.push(item);
        }
        out
    }

    /// Moves the first value behind the others.
    pub fn first_to_last(&mut self) {
        if self.len > 1 {
            self.rotate_left(1);
        }
    }
}

impl<T: Copy, const N: usize> std::ops::Deref for List<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.items.get(..self.len).unwrap_or(&[])
    }
}

impl<T: Copy, const N: usize> std::ops::DerefMut for List<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.items.get_mut(..self.len).unwrap_or(&mut [])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_do_not_exist_are_ignored() {
        let mut list: List<u8, 3> = List::new(0);
        assert!(list.push(1) && list.push(2) && list.push(3));
        assert!(!list.push(4));
        list.swap_at(0, 3);
        list.remove(9);
        assert_eq!(&*list, [1, 2, 3]);
        assert_eq!(&*list.pick(&[2, 7, 0]), [3, 1]);
        list.remove(1);
        list.insert(0, 9);
        assert_eq!(&*list, [9, 1, 3]);
        list.first_to_last();
        list.truncate(2);
        assert_eq!(&*list, [1, 3]);
    }
}
