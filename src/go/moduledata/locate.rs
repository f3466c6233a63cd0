//! Finds the moduledata as the place that points at the pclntab and, right after, at the pclntab's first
//! sub-table.

use crate::go::memory::Memory;

/// Addresses of structures that start with a pointer to the pclntab at `table` followed by one to the name
/// table at `names`.
pub(in crate::go) fn pointing_at(memory: &Memory<'_, '_>, table: u64, names: u64) -> Option<u64> {
    let ptr = memory.ptr_size();
    let fits = |addr: u64| {
        memory.pointer(addr) == Some(table)
            && memory.pointer(addr.wrapping_add(ptr)) == Some(names)
            && super::read::plausible(memory, addr)
    };
    let needle = match (memory.image().endian, ptr) {
        (crate::image::Endian::Little, 8) => table.to_le_bytes().to_vec(),
        (crate::image::Endian::Little, _) => (table as u32).to_le_bytes().to_vec(),
        (crate::image::Endian::Big, 8) => table.to_be_bytes().to_vec(),
        (crate::image::Endian::Big, _) => (table as u32).to_be_bytes().to_vec(),
    };
    let finder = memchr::memmem::Finder::new(&needle);
    let mut stretches = memory.stretches();
    // It is data that the runtime writes to: what can run is looked at last.
    stretches.sort_by_key(|s| (s.exec, !s.write));
    for s in &stretches {
        for at in finder.find_iter(s.bytes).take(10_000) {
            let addr = s.addr.wrapping_add(at as u64);
            if addr.is_multiple_of(ptr) && fits(addr) {
                return Some(addr);
            }
        }
    }
    // In a file that the loader moves, the pointers may stand in the relocations only.
    let relocations = memory.image().relocations();
    let pointing = relocations.iter().filter(|r| r.target == Some(table));
    pointing.map(|r| r.addr).find(|a| fits(*a))
}
