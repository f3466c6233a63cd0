//! Symbols → the rows of `go tool nm` in its order.
//!
//! Authority: Go 1.27, cmd/nm (nm) and cmd/internal/objfile (Entry.Symbols): symbols are sorted by address,
//! then by what was asked for, both times by a sort that leaves equal ones in an order of its own. Here keys
//! with an index are sorted instead of symbols: the same comparisons, so the same order.

use super::gosort;
use super::symbols::GoSymbol;

/// By what rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The lowest first. `none` is the same to Go.
    Address,
    /// By the names' bytes.
    #[default]
    Name,
    /// The greatest first.
    Size,
}

impl Order {
    /// The order for a value of `-sort`; `None` for one that Go does not know.
    pub fn from_word(word: &str) -> Option<Order> {
        match word {
            "address" | "none" => Some(Order::Address),
            "name" => Some(Order::Name),
            "size" => Some(Order::Size),
            _ => None,
        }
    }
}

/// The indices of `symbols`, which are in the order of the file, in the order of `go tool nm`.
pub fn ordered(symbols: &[GoSymbol<'_>], order: Order) -> Vec<u32> {
    let numbers = 0..symbols.len().min(u32::MAX as usize) as u32;
    let mut by_address: Vec<(u64, u32)> = symbols.iter().map(|s| s.addr).zip(numbers).collect();
    gosort::sort_by(&mut by_address, |a, b| a.0 < b.0);
    let numbers = by_address.into_iter().map(|a| a.1);
    match order {
        // A second sort of what is sorted moves nothing.
        Order::Address => numbers.collect(),
        Order::Size => {
            let mut keys: Vec<(i64, u32)> = numbers
                .map(|i| (symbols.get(i as usize).map_or(0, |s| s.size), i))
                .collect();
            gosort::sort_by(&mut keys, |a, b| a.0 > b.0);
            keys.into_iter().map(|k| k.1).collect()
        }
        Order::Name => {
            let mut keys: Vec<(&[u8], u32)> = numbers
                .map(|i| (symbols.get(i as usize).map_or(&b""[..], |s| s.name), i))
                .collect();
            gosort::sort_by(&mut keys, |a, b| a.0 < b.0);
            keys.into_iter().map(|k| k.1).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &'static [u8], addr: u64, size: i64) -> GoSymbol<'static> {
        GoSymbol {
            name,
            addr,
            size,
            code: b'T',
        }
    }

    #[test]
    fn orders_are_by_address_by_name_and_by_falling_size() {
        let all = [
            symbol(b"c", 1, 5),
            symbol(b"a", 3, 7),
            symbol(b"b", 2, -1),
            symbol(b"b", 0, 6),
        ];
        assert_eq!(ordered(&all, Order::Address), [3, 0, 2, 1]);
        assert_eq!(ordered(&all, Order::Name), [1, 3, 2, 0]);
        assert_eq!(ordered(&all, Order::Size), [1, 3, 0, 2]);
    }

    #[test]
    fn indices_end_where_sorting_the_symbols_themselves_would_put_them() {
        let mut seed = 3u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        let names: [&[u8]; 4] = [b"x", b"y", b"", b"xy"];
        let all: Vec<GoSymbol> = (0..700)
            .map(|_| symbol(names[random(4) as usize], random(90), random(9) as i64))
            .collect();
        let mut twice = all.clone();
        gosort::sort_by(&mut twice, |a, b| a.addr < b.addr);
        for order in [Order::Address, Order::Name, Order::Size] {
            let mut want = twice.clone();
            gosort::sort_by(&mut want, |a, b| match order {
                Order::Address => a.addr < b.addr,
                Order::Name => a.name < b.name,
                Order::Size => a.size > b.size,
            });
            let got: Vec<GoSymbol> = ordered(&all, order)
                .into_iter()
                .map(|i| all[i as usize])
                .collect();
            assert!(got == want, "{order:?}");
        }
    }
}
