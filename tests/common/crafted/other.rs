//! PE, Mach-O, XCOFF, archives, wasm, Go objects.

use super::{BE, LE, Row, long_name};

pub const KINDS: &[Row] = &[
    ("pe-thunks", 1000, pe_thunks),
    ("pe-import-names", 4000, pe_import_names),
    ("pe-section-name", 2000, pe_section_name),
    ("pe-symbols-at-one-place", 8000, pe_symbols),
    ("macho-indirect-symbols", 400, macho_indirect),
    ("macho-chained-pages", 1000, |n| macho_chained(n, false)),
    ("macho-chained-segments", 1000, |n| macho_chained(n, true)),
    ("macho-segments-over-the-file", 1000, macho_segments),
    ("macho-symbol-name", 8000, |n| macho_symbols(n, n * 16)),
    ("macho-symbols-at-one-place", 8000, |n| macho_symbols(n, 8)),
    ("xcoff-symbol-name", 8000, xcoff),
    ("archive-member-name", 4000, archive_names),
    ("wasm-segments-at-one-place", 8000, wasm_segments),
    ("wasm-imports", 8000, wasm_imports),
    ("wasm-custom-sections", 8000, wasm_sections),
    ("object-symbol-name", 4000, |n| object(n, 0)),
    ("object-symbols-over-the-data", 2000, |n| object(n, 1)),
    ("object-symbols-share-relocations", 2000, |n| object(n, 2)),
    ("object-reference-name", 4000, |n| object(n, 3)),
];

/// A PE32+ program: one section at RVA 0x1000 over the body, the import directory at `imports` in it.
fn pe(body: &[u8], imports: u32, sections: &[[u8; 40]], symbols: (u32, u32)) -> Vec<u8> {
    let mut out = b"MZ".to_vec();
    out.resize(0x3c, 0);
    LE.u32(&mut out, 0x40);
    out.extend(b"PE\0\0");
    LE.u16(&mut out, 0x8664);
    LE.u16(&mut out, sections.len() as u64 + 1);
    for v in [0, u64::from(symbols.0), u64::from(symbols.1)] {
        LE.u32(&mut out, v);
    }
    LE.u16(&mut out, 240);
    LE.u16(&mut out, 0x22);
    let optional = out.len();
    LE.u16(&mut out, 0x20b);
    out.resize(optional + 24, 0);
    LE.u64(&mut out, 0x1_4000_0000);
    LE.u32(&mut out, 0x1000);
    LE.u32(&mut out, 0x200);
    out.resize(optional + 56, 0);
    LE.u32(&mut out, 0x1000_0000);
    out.resize(optional + 108, 0);
    LE.u32(&mut out, 16);
    out.resize(optional + 112 + 8, 0);
    LE.u32(&mut out, imports.into());
    LE.u32(&mut out, 0x1000);
    out.resize(optional + 240, 0);
    let start = out.len() + 40 * (sections.len() + 1);
    out.extend(pe_section(b".text", 0x1000, start as u32, body.len() as u32));
    for s in sections {
        out.extend(s);
    }
    out.extend_from_slice(body);
    out
}

fn pe_section(name: &[u8], rva: u32, offset: u32, size: u32) -> [u8; 40] {
    let mut out = name.to_vec();
    out.resize(8, 0);
    for v in [size, rva, size, offset, 0, 0, 0, 0x6000_0020] {
        LE.u32(&mut out, v.into());
    }
    out.try_into().unwrap()
}

/// Libraries that share one array of thunks.
fn pe_thunks(n: usize) -> Vec<u8> {
    let mut body = b"k.dll\0\0\0\0\0name\0\0\0\0".to_vec();
    body.resize(32, 0);
    let thunks = 0x1000 + body.len() as u64;
    for _ in 0..n * 4 {
        LE.u64(&mut body, 0x1008);
    }
    LE.u64(&mut body, 0);
    let table = 0x1000 + body.len() as u32;
    for _ in 0..n {
        for v in [thunks, 0, 0, 0x1000, thunks] {
            LE.u32(&mut body, v);
        }
    }
    body.extend([0; 20]);
    pe(&body, table, &[], (0, 0))
}

/// Libraries and functions of one long name.
fn pe_import_names(n: usize) -> Vec<u8> {
    let mut body = long_name("kernel32.dll", n * 16);
    body.resize(body.len().next_multiple_of(16), 0);
    let thunks = 0x1000 + body.len() as u64;
    for _ in 0..n {
        LE.u64(&mut body, 0x1000);
    }
    LE.u64(&mut body, 0);
    let table = 0x1000 + body.len() as u32;
    for i in 0..n.min(4000) as u64 {
        for v in [
            thunks + (n as u64 - 1).saturating_sub(i % 2) * 8,
            0,
            0,
            0x1000,
            thunks,
        ] {
            LE.u32(&mut body, v);
        }
    }
    body.extend([0; 20]);
    pe(&body, table, &[], (0, 0))
}

/// Sections whose long name is in the table of strings.
fn pe_section_name(n: usize) -> Vec<u8> {
    let name = long_name(".debug", n * 40);
    let sections: Vec<_> = (0..n as u32)
        .map(|i| pe_section(b"/4", 0x2000 + i, 0x200, 1 << 20))
        .collect();
    let head = pe(&[], 0, &sections, (0, 0)).len();
    let mut strings = Vec::new();
    LE.u32(&mut strings, name.len() as u64 + 4);
    strings.extend(name);
    // No symbols, but a table of strings behind where they would be.
    pe(&strings, 0, &sections, (head as u32, 0))
}

/// Symbols of C code, all at one address.
fn pe_symbols(n: usize) -> Vec<u8> {
    let head = pe(&[], 0, &[], (0, 0)).len();
    let mut body = Vec::new();
    for _ in 0..n {
        body.extend(b"c_code\0\0");
        LE.u32(&mut body, 8);
        LE.u16(&mut body, 1);
        body.extend([0x20, 0, 2, 0]);
    }
    LE.u32(&mut body, 4);
    pe(&body, 0, &[], (head as u32, n as u32))
}

/// A 64-bit Mach-O program of the load commands; `tail` is behind them, its offset is handed to `commands`.
fn macho(tail: &[u8], commands: impl Fn(u64) -> Vec<Vec<u8>>) -> Vec<u8> {
    let size: usize = commands(0).iter().map(Vec::len).sum();
    let at = (32 + size).next_multiple_of(16);
    let all = commands(at as u64);
    let mut out = Vec::new();
    for v in [
        0xfeed_facf,
        0x0100_0007,
        3,
        2,
        all.len() as u64,
        size as u64,
        0x20_0085,
        0,
    ] {
        LE.u32(&mut out, v);
    }
    out.extend(all.concat());
    out.resize(at, 0);
    out.extend_from_slice(tail);
    out
}

/// LC_SEGMENT_64 with sections: (name, type, address, size, offset, reserved1).
fn macho_segment(
    name: &str,
    addr: u64,
    offset: u64,
    size: u64,
    sections: &[(&str, u64, u64, u64, u64, u64)],
) -> Vec<u8> {
    let mut out = Vec::new();
    let padded = |name: &str| {
        let mut b = name.as_bytes().to_vec();
        b.resize(16, 0);
        b
    };
    LE.u32(&mut out, 0x19);
    LE.u32(&mut out, 72 + 80 * sections.len() as u64);
    out.extend(padded(name));
    for v in [addr, size, offset, size] {
        LE.u64(&mut out, v);
    }
    for v in [7, 7, sections.len() as u64, 0] {
        LE.u32(&mut out, v);
    }
    for &(section, kind, addr, size, offset, reserved) in sections {
        out.extend(padded(section));
        out.extend(padded(name));
        LE.u64(&mut out, addr);
        LE.u64(&mut out, size);
        for v in [offset, 3, 0, 0, kind, reserved, 0, 0] {
            LE.u32(&mut out, v);
        }
    }
    out
}

fn command(kind: u64, fields: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    LE.u32(&mut out, kind);
    LE.u32(&mut out, 8 + 4 * fields.len() as u64);
    for v in fields {
        LE.u32(&mut out, *v);
    }
    out
}

const TEXT: u64 = 0x1_0000_0000;

/// Sections of pointers that share the indirect symbols, which share a name.
fn macho_indirect(n: usize) -> Vec<u8> {
    let count = n as u64 * 20;
    let mut tail = Vec::new();
    for _ in 0..count {
        LE.u32(&mut tail, 0);
    }
    let symbols = tail.len() as u64;
    LE.u32(&mut tail, 1);
    tail.extend([1; 12]);
    let strings = tail.len() as u64;
    tail.push(0);
    tail.extend(long_name("_puts", n * 20));
    let len = tail.len() as u64 - strings;
    macho(&tail, |at| {
        let section = |i: u64| {
            (
                "__la",
                if i.is_multiple_of(2) { 6 } else { 7 },
                TEXT + i,
                count * 8,
                at,
                0,
            )
        };
        let sections: Vec<_> = (0..n as u64).map(section).collect();
        let mut dysymtab = vec![0; 18];
        (dysymtab[12], dysymtab[13]) = (at, count);
        vec![
            macho_segment("__TEXT", TEXT, 0, at, &sections),
            command(2, &[at + symbols, 1, at + strings, len]),
            command(0xb, &dysymtab),
        ]
    })
}

/// Chained fix-ups: every page, or every segment, starts in the same chain.
fn macho_chained(n: usize, by_segment: bool) -> Vec<u8> {
    let words = n * 8;
    let mut tail = Vec::new();
    for i in 0..words as u64 {
        let next = if i + 1 < words as u64 { 2 } else { 0 };
        LE.u64(&mut tail, next << 51 | 0x1000);
    }
    let chain = tail.len() as u64;
    let fixups = move |at: u64| {
        let mut b = Vec::new();
        for v in [0, 28, 0, 0, 0, 1, 0] {
            LE.u32(&mut b, v);
        }
        let segments = if by_segment { n.min(256) } else { 1 };
        LE.u32(&mut b, segments as u64);
        for _ in 0..segments {
            LE.u32(&mut b, 4 + 4 * segments as u64);
        }
        LE.u32(&mut b, 22);
        // The size of a page is 0: all pages are one.
        LE.u16(&mut b, 0);
        LE.u16(&mut b, 2);
        LE.u64(&mut b, at);
        LE.u32(&mut b, 0);
        let pages = n.min(65535);
        LE.u16(&mut b, pages as u64);
        for i in 0..pages {
            LE.u16(&mut b, (i % 4 * 8) as u64);
        }
        b
    };
    // The fix-ups lie behind the chain; their size does not depend on the place.
    let mut all = tail.clone();
    all.extend(fixups(0));
    let make = |tail: &[u8]| {
        macho(tail, |at| {
            let size = at + tail.len() as u64;
            vec![
                macho_segment("__TEXT", TEXT, 0, size, &[]),
                command(0x8000_0034, &[at + chain, tail.len() as u64 - chain]),
            ]
        })
    };
    let at = (make(&all).len() - all.len()) as u64;
    tail.extend(fixups(at));
    make(&tail)
}

fn macho_segments(n: usize) -> Vec<u8> {
    let tail = vec![7; n * 72];
    macho(&tail, |at| {
        let size = at + tail.len() as u64;
        (0..n as u64)
            .map(|i| macho_segment("__DATA", TEXT + i * 0x100_0000, 0, size, &[]))
            .collect()
    })
}

fn macho_symbols(n: usize, name: usize) -> Vec<u8> {
    let mut tail = Vec::new();
    for _ in 0..n {
        LE.u32(&mut tail, 1);
        tail.extend([0xf, 1, 0, 0]);
        LE.u64(&mut tail, TEXT + 0x20);
    }
    let strings = tail.len() as u64;
    tail.push(0);
    tail.extend(long_name("_c", name));
    let len = tail.len() as u64 - strings;
    macho(&tail, |at| {
        let size = at + tail.len() as u64;
        let text = ("__text", 0x8000_0400, TEXT, size, 0, 0);
        vec![
            macho_segment("__TEXT", TEXT, 0, size, &[text]),
            command(2, &[at, n as u64, at + strings, len]),
        ]
    })
}

fn xcoff(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    BE.u16(&mut out, 0x1f7);
    BE.u16(&mut out, 1);
    BE.u32(&mut out, 0);
    BE.u64(&mut out, 24 + 72);
    BE.u16(&mut out, 0);
    BE.u16(&mut out, 2);
    BE.u32(&mut out, n as u64);
    out.extend(b".text\0\0\0");
    for v in [0x1_0000_0000, 0x1_0000_0000, 4096, 96, 0, 0] {
        BE.u64(&mut out, v);
    }
    for v in [0, 0, 0x20, 0] {
        BE.u32(&mut out, v);
    }
    for i in 0..n as u64 {
        BE.u64(&mut out, 0x1_0000_0000 + i % 4096);
        BE.u32(&mut out, 4);
        BE.u16(&mut out, 1);
        BE.u16(&mut out, 0x20);
        out.extend([2, 0]);
    }
    let name = long_name("main.f", n * 18);
    BE.u32(&mut out, name.len() as u64 + 4);
    out.extend(name);
    out
}

fn archive_names(n: usize) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    let mut member = |name: &str, data: &[u8]| {
        out.extend(
            format!(
                "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                0,
                0,
                0,
                644,
                data.len()
            )
            .as_bytes(),
        );
        out.extend_from_slice(data);
        if data.len() % 2 == 1 {
            out.push(b'\n');
        }
    };
    let mut names = long_name("x", n * 60);
    names.pop();
    names.extend(b"/\n");
    member("__.PKGDEF", b"go object linux amd64 go1.27.4\n!\n");
    member("//", &names);
    for _ in 0..n {
        member("/0", b"\x7fELFx");
    }
    out
}

fn leb(out: &mut Vec<u8>, mut v: usize) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn wasm(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (id, body) in sections {
        out.push(*id);
        leb(&mut out, body.len());
        out.extend(body);
    }
    out
}

fn wasm_segments(n: usize) -> Vec<u8> {
    let mut b = Vec::new();
    leb(&mut b, n);
    for _ in 0..n {
        // Active, at the constant 0x40000.
        b.extend([0, 0x41, 0x80, 0x80, 0x10, 0x0b, 16]);
        b.extend([7; 16]);
    }
    wasm(&[(11, b)])
}

fn wasm_imports(n: usize) -> Vec<u8> {
    let mut b = Vec::new();
    leb(&mut b, n);
    for i in 0..n {
        let module = format!("m{i}");
        leb(&mut b, module.len());
        b.extend(module.as_bytes());
        b.extend([1, b'f', 0, 0]);
    }
    wasm(&[(1, vec![1, 0x60, 0, 0]), (2, b)])
}

fn wasm_sections(n: usize) -> Vec<u8> {
    let section = (0, vec![4, b'n', b'a', b'm', b'e', 1, 3, 1, 0, 0]);
    wasm(&vec![section; n])
}

/// 0: one name for all symbols; 1: each over all data; 2: all relocations for each; 3: one name for all
/// references.
fn object(n: usize, way: u8) -> Vec<u8> {
    let header = 20 + 19 * 4;
    let long = if matches!(way, 0 | 3) { n * 21 } else { 16 };
    let mut name = long_name("main.f", long);
    name.truncate(long);
    let data = if matches!(way, 1 | 2) { n * 8 } else { 64 };
    let mut blocks: Vec<Vec<u8>> = vec![Vec::new(); 19];
    let string = |out: &mut Vec<u8>| {
        LE.u32(out, long as u64);
        LE.u32(out, header as u64);
    };
    for _ in 0..n {
        string(&mut blocks[3]);
        LE.u16(&mut blocks[3], 0);
        // STEXT
        blocks[3].extend([1, 0, 0]);
        LE.u32(&mut blocks[3], data as u64);
        LE.u32(&mut blocks[3], 0);
    }
    let relocations = if way == 2 { n as u64 } else { 0 };
    // Index blocks: symbol i has the entries from i to i + 1.
    for i in 0..=n as u64 {
        LE.u32(&mut blocks[11], if i % 2 == 1 { relocations } else { 0 });
        LE.u32(&mut blocks[12], 0);
        LE.u32(&mut blocks[13], if i % 2 == 1 { data as u64 } else { 0 });
    }
    for _ in 0..relocations {
        LE.u32(&mut blocks[14], 0);
        blocks[14].push(4);
        LE.u16(&mut blocks[14], 7);
        LE.u64(&mut blocks[14], 0);
        LE.u32(&mut blocks[14], 0x7fff_ffff - 4);
        LE.u32(&mut blocks[14], 0);
    }
    blocks[16] = vec![0x90; data];
    if way == 3 {
        for i in 0..n as u64 {
            LE.u32(&mut blocks[17], 1);
            LE.u32(&mut blocks[17], i);
            string(&mut blocks[17]);
        }
    }
    let mut body = b"\0go120ld\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let mut at = header + name.len();
    for b in &blocks {
        LE.u32(&mut body, at as u64);
        at += b.len();
    }
    body.extend(name);
    body.extend(blocks.concat());
    [b"go object linux amd64 go1.27.4\n!\n", &body[..]].concat()
}
