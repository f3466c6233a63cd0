//! String tables as GNU's tools write them: a string that ends another one is not stored again.
//!
//! Authority: binutils, bfd/elf-strtab.c, measured.

/// Bytes of a table of these strings: a NUL first, each string with its NUL, suffixes and repetitions stored
/// once.
pub(super) fn merged<'a>(names: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut reversed: Vec<Vec<u8>> = names
        .filter(|n| !n.is_empty())
        .map(|n| n.iter().rev().copied().collect())
        .collect();
    // Sorted backwards, a suffix stands right before the first string that ends in it.
    reversed.sort_unstable();
    let mut bytes = 1;
    for (i, n) in reversed.iter().enumerate() {
        if !reversed.get(i + 1).is_some_and(|next| next.starts_with(n)) {
            bytes += n.len() as u64 + 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_stored_once() {
        let names: [&[u8]; 4] = [b".rela.plt", b".plt", b".text", b".text"];
        assert_eq!(merged(names.into_iter()), 1 + 10 + 6);
    }
}
