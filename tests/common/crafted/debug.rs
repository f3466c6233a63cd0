//! DWARF and compressed sections, in ELF.

use std::io::Write;

use super::elf::Elf;
use super::{LE, Row, long_name};

pub const KINDS: &[Row] = &[
    ("dwarf-unit-name", 4000, |n| units(n, Way::Name)),
    ("dwarf-abbreviations-by-turns", 1000, |n| units(n, Way::Turns)),
    ("dwarf-abbreviations-at-every-offset", 1000, |n| {
        units(n, Way::EveryOffset)
    }),
    ("dwarf-root-of-flags", 1500, |n| units(n, Way::Flags)),
    ("dwarf-range-list", 4000, |n| units(n, Way::Ranges)),
    ("dwarf-line-program", 4000, |n| units(n, Way::Lines)),
    ("compressed-stream-zlib", 200, |n| compressed(n, true)),
    ("compressed-stream-zstd", 200, |n| compressed(n, false)),
    ("compressed-one-large-stream", 1, |n| one_stream(n)),
];

#[derive(PartialEq, Clone, Copy)]
enum Way {
    Name,
    Turns,
    EveryOffset,
    Flags,
    Ranges,
    Lines,
}

fn leb(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

/// `n` units of DWARF 4 whose abbreviation 1 is what `way` says.
fn units(n: usize, way: Way) -> Vec<u8> {
    const STRP: u64 = 0x0e;
    const FLAG_PRESENT: u64 = 0x19;
    const SEC_OFFSET: u64 = 0x17;
    const ADDR: u64 = 0x01;
    let mut attributes: Vec<(u64, u64)> = Vec::new();
    match way {
        Way::Name | Way::Turns => attributes.push((3, STRP)),
        Way::EveryOffset => {}
        // DW_AT_external, which no unit has.
        Way::Flags => attributes.resize(n, (0x3f, FLAG_PRESENT)),
        Way::Ranges => attributes.extend([(0x55, SEC_OFFSET), (0x11, ADDR)]),
        Way::Lines => attributes.push((0x10, SEC_OFFSET)),
    }
    let mut abbrev = Vec::new();
    let tables = if way == Way::Turns { 2 } else { 1 };
    let mut starts = Vec::new();
    for _ in 0..tables {
        starts.push(abbrev.len());
        let codes = if matches!(way, Way::Turns | Way::EveryOffset) {
            n * 4
        } else {
            1
        };
        for code in 1..=codes {
            leb(&mut abbrev, code as u64);
            abbrev.extend([0x11, 0]);
            for &(name, form) in &attributes {
                leb(&mut abbrev, name);
                leb(&mut abbrev, form);
            }
            abbrev.extend([0, 0]);
        }
        abbrev.push(0);
    }
    let mut info = Vec::new();
    for i in 0..n {
        let start = info.len();
        LE.u32(&mut info, 0);
        LE.u16(&mut info, 4);
        let table = match way {
            Way::EveryOffset => i * 5,
            _ => starts[i % tables],
        };
        LE.u32(&mut info, table as u64);
        info.push(8);
        info.push(1);
        for (_, form) in &attributes {
            match *form {
                ADDR => LE.u64(&mut info, 0x40_0000),
                FLAG_PRESENT => {}
                _ => LE.u32(&mut info, 0),
            }
        }
        if way == Way::EveryOffset {
            info[start + 10 + 1 - 1] = 8;
        }
        let len = (info.len() - start - 4) as u32;
        info[start..start + 4].copy_from_slice(&len.to_le_bytes());
    }
    let mut ranges = Vec::new();
    if way == Way::Ranges {
        for i in 0..n as u64 {
            LE.u64(&mut ranges, 16 + i * 32);
            LE.u64(&mut ranges, 16 + i * 32 + 16);
        }
    }
    let mut line = Vec::new();
    if way == Way::Lines {
        line.resize(n * 16, 0);
    }
    let mut elf = Elf::new(true);
    let name = long_name("a.c", n * 12);
    for (section, bytes) in [
        (".debug_abbrev", &abbrev),
        (".debug_info", &info),
        (".debug_str", &name),
        (".debug_ranges", &ranges),
        (".debug_line", &line),
    ] {
        let at = elf.put(bytes);
        elf.section(section, 1, 0, at, bytes.len());
    }
    let text = elf.put(&[0x90; 64]);
    elf.section(".text", 1, 6, text, 64);
    elf.finish()
}

fn stream(size: usize, zlib: bool) -> Vec<u8> {
    let zeros = vec![0; size];
    let mut out = Vec::new();
    LE.u32(&mut out, if zlib { 1 } else { 2 });
    LE.u32(&mut out, 0);
    LE.u64(&mut out, size as u64);
    LE.u64(&mut out, 1);
    if zlib {
        let mut w = flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::best());
        w.write_all(&zeros).unwrap();
        w.finish().unwrap();
    } else {
        out.extend(zstd::bulk::compress(&zeros, 19).unwrap());
    }
    out
}

/// Sections of debug information, all of one compressed stream.
fn compressed(n: usize, zlib: bool) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let b = stream(n * 64 * 1000, zlib);
    let at = elf.put(&b);
    // A file of some size, so that what is compressed claims no more than is usual.
    elf.put(&vec![1; n * 64]);
    const NAMES: [&str; 8] = [
        "info", "abbrev", "str", "line", "ranges", "loc", "frame", "line_str",
    ];
    for i in 0..n {
        let name = format!(".debug_{}", NAMES.get(i).copied().unwrap_or("types"));
        elf.section(&name, 1, 0x800, at, b.len());
    }
    elf.finish()
}

/// One stream of zeros as large as deflate makes it.
fn one_stream(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let b = stream((n * 128) << 20, true);
    for name in [".debug_info", ".debug_abbrev", ".debug_str"] {
        let at = elf.put(&b);
        elf.section(name, 1, 0x800, at, b.len());
    }
    elf.finish()
}
