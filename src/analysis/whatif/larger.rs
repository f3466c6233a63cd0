//! Towards larger files: estimates from what a file without tables still has.
//!
//! DWARF and symbol table grow with the number of functions and lines, as the pclntab does. The ratios are
//! measured; a program with more C or larger types than usual is further off.

use super::Variant;
use super::facts::{Facts, Linker};
use super::notes;
use crate::image::Format;

/// Bytes of DWARF and symbols for each 1000 bytes of pclntab, by Go 1.minor: ELF, Mach-O, PE.
const RATIOS: [(u32, [u64; 3]); 5] = [
    (20, [1600, 1550, 1580]),
    (23, [1565, 1490, 1515]),
    (25, [1465, 1510, 1405]),
    (26, [1490, 1535, 1445]),
    (27, [1540, 1560, 1485]),
];

/// The file as it would be without `-s -w`; `None` where it has its tables.
pub(super) fn unstripped(f: &Facts<'_, '_>) -> Option<Variant> {
    if f.symtab || f.dwarf {
        return None;
    }
    let table = f.program.pclntab().ok()?;
    let minor = f.minor();
    let ratios = RATIOS.iter().min_by_key(|r| r.0.abs_diff(minor))?.1;
    let ratio = match f.image.format {
        Format::Elf => ratios[0],
        Format::MachO => ratios[1],
        Format::Pe => ratios[2],
        _ => return None,
    };
    let more = table.size().saturating_mul(ratio) / 1000;
    Some(Variant {
        id: "default",
        ldflags: Some(String::new()),
        bytes: Some(f.image.data.len() as u64 + more),
        // C objects bring DWARF of their own, which nothing left in the file tells of.
        margin: if f.linker == Linker::Go {
            more / 20 * 3
        } else {
            more * 2
        },
        notes: notes::unstripped(),
        ..Variant::default()
    })
}

/// Bytes that glibc 2.36 adds to a file that is linked statically.
pub(super) fn libc(f: &Facts<'_, '_>) -> u64 {
    let asks = [&b"net._C2func_getaddrinfo"[..], b"os/user._Cfunc_mygetpw"];
    let net = f.program.pclntab().is_ok_and(|t| {
        t.functions()
            .any(|x| asks.iter().any(|a| x.name().starts_with(a)))
    });
    let (base, symbols) = if net {
        (1_008_000, 115_000)
    } else {
        (857_000, 94_500)
    };
    base + if f.symtab { symbols } else { 0 }
}
