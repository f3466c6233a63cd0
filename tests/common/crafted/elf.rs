//! ELF: sections, segments, the dynamic section, versions, notes, relocations, symbols.

use super::{LE, Row, long_name};

pub const BASE: u64 = 0x40_0000;
pub const LOAD: u32 = 1;
pub const DYNAMIC: u32 = 2;
pub const NOTE: u32 = 4;

/// A section header: name, type, flags, address, offset, size, link, entry size.
#[derive(Clone, Copy, Default)]
pub struct Section {
    pub name: u32,
    pub kind: u32,
    pub flags: u64,
    pub addr: u64,
    pub offset: u64,
    pub size: u64,
    pub link: u32,
    pub entry: u64,
}

/// A program header: type, flags, offset, address, size.
pub type Segment = (u32, u32, u64, u64, u64);

/// A little-endian ELF file that is put together: headers, then `body`, then the tables.
pub struct Elf {
    pub wide: bool,
    pub kind: u64,
    pub body: Vec<u8>,
    pub names: Vec<u8>,
    pub sections: Vec<Section>,
    pub segments: Vec<Segment>,
}

impl Elf {
    pub fn new(wide: bool) -> Elf {
        Elf {
            wide,
            kind: 2,
            body: vec![0; 64],
            names: vec![0],
            sections: vec![Section::default()],
            segments: Vec::new(),
        }
    }

    /// Appends bytes and gives their offset, which is a multiple of 16.
    pub fn put(&mut self, bytes: &[u8]) -> u64 {
        self.body.resize(self.body.len().next_multiple_of(16), 0);
        self.body.extend_from_slice(bytes);
        (self.body.len() - bytes.len()) as u64
    }

    pub fn name(&mut self, name: &str) -> u32 {
        self.names.extend(name.as_bytes());
        self.names.push(0);
        (self.names.len() - name.len() - 1) as u32
    }

    /// A section over bytes that were put.
    pub fn section(&mut self, name: &str, kind: u32, flags: u64, offset: u64, size: usize) -> &mut Section {
        let name = self.name(name);
        let addr = if flags & 2 != 0 { BASE + offset } else { 0 };
        self.sections.push(Section {
            name,
            kind,
            flags,
            addr,
            offset,
            size: size as u64,
            ..Section::default()
        });
        self.sections.last_mut().unwrap()
    }

    /// Headers and tables put to their places. The first segment maps the whole file.
    pub fn finish(mut self) -> Vec<u8> {
        let names = std::mem::take(&mut self.names);
        let at = self.put(&names);
        self.section("", 3, 0, at, names.len());
        let word = |out: &mut Vec<u8>, v: u64| LE.put(out, v, if self.wide { 8 } else { 4 });
        let (ph, sh) = if self.wide { (56, 64) } else { (32, 40) };
        let mut out = std::mem::take(&mut self.body);
        out.resize(out.len().next_multiple_of(16), 0);
        let phoff = out.len();
        let shoff = phoff + (self.segments.len() + 1) * ph;
        let total = (shoff + self.sections.len() * sh) as u64;
        self.segments.push((LOAD, 7, 0, BASE, total));
        for &(kind, flags, offset, addr, size) in &self.segments {
            LE.u32(&mut out, kind.into());
            if self.wide {
                LE.u32(&mut out, flags.into());
            }
            for v in [offset, addr, addr, size, size] {
                word(&mut out, v);
            }
            if !self.wide {
                LE.u32(&mut out, flags.into());
            }
            word(&mut out, 4096);
        }
        for s in &self.sections {
            LE.u32(&mut out, s.name.into());
            LE.u32(&mut out, s.kind.into());
            for v in [s.flags, s.addr, s.offset, s.size] {
                word(&mut out, v);
            }
            LE.u32(&mut out, s.link.into());
            LE.u32(&mut out, 0);
            word(&mut out, 1);
            word(&mut out, s.entry);
        }
        let mut head = vec![0x7f, b'E', b'L', b'F', if self.wide { 2 } else { 1 }, 1, 1];
        head.resize(16, 0);
        LE.u16(&mut head, self.kind);
        LE.u16(&mut head, if self.wide { 62 } else { 3 });
        LE.u32(&mut head, 1);
        for v in [BASE, phoff as u64, shoff as u64] {
            word(&mut head, v);
        }
        LE.u32(&mut head, 0);
        let last = self.sections.len() - 1;
        for v in [
            if self.wide { 64 } else { 52 },
            ph,
            self.segments.len(),
            sh,
            self.sections.len(),
            last,
        ] {
            LE.u16(&mut head, v as u64);
        }
        out[..head.len()].copy_from_slice(&head);
        out
    }
}

pub const KINDS: &[Row] = &[
    ("elf-section-name", 2000, |n| section_name(n, true)),
    ("elf32-section-name", 2000, |n| section_name(n, false)),
    ("elf-sections-over-the-file", 2000, |n| sections(n, 1, 2)),
    ("elf-sections-of-code-over-the-file", 2000, |n| sections(n, 1, 6)),
    ("elf-sections-unmapped-over-the-file", 2000, |n| sections(n, 1, 0)),
    ("elf-sections-of-strings-over-the-file", 2000, |n| {
        sections(n, 3, 2)
    }),
    ("elf-one-long-function", 512, long_function),
    ("elf-needed-name", 4000, |n| needed(n, true)),
    ("elf32-needed-name", 4000, |n| needed(n, false)),
    ("elf-version-name", 4000, |n| version_needs(n, 16)),
    ("elf-version-entry-a-word", 20_000, |n| version_needs(n, 1)),
    ("elf-note-segments", 1000, notes),
    ("elf-note-sections", 1000, note_sections),
    ("elf-rela-sections", 1000, |n| relocations(n, 4)),
    ("elf-rel-sections", 1000, |n| relocations(n, 9)),
    ("elf-relr", 10_000, relr),
    ("elf-segments-over-the-file", 2000, |n| segments(n, true)),
    ("elf-segments-of-one-byte", 2000, |n| segments(n, false)),
    ("elf-symbol-name", 8000, |n| symbols(n, 0, 1)),
    ("elf-symbols-over-the-code", 2000, |n| symbols(n, 1, 1)),
    ("elf-symbols-without-size-at-one-place", 8000, |n| {
        symbols(n, 2, 1)
    }),
    ("elf-symbols-of-one-name", 8000, |n| symbols(n, 3, 1)),
    ("elf-dynamic-symbol-name", 8000, dynamic_symbols),
    ("elf-interpreter-and-paths", 4000, paths),
    ("elf-eh-frame-one-cie", 4000, eh_frame),
];

fn section_name(n: usize, wide: bool) -> Vec<u8> {
    let mut elf = Elf::new(wide);
    let name = elf.names.len() as u32;
    elf.names.extend(long_name(".x", n * 64));
    for i in 0..n as u64 {
        let size = 1 << 30;
        elf.sections.push(Section {
            name,
            kind: 1,
            offset: i,
            size,
            ..Section::default()
        });
    }
    elf.finish()
}

fn sections(n: usize, kind: u32, flags: u64) -> Vec<u8> {
    let mut elf = Elf::new(true);
    elf.put(&b"Go build ID: \"aaaaaaaaaaaaaaaaaaaaaaaaa\" github.com/a/b.c v1.2.3 ".repeat(n));
    let size = elf.body.len() as u64;
    for i in 0..n as u64 {
        let name = elf.name(&format!(".s{i}"));
        let addr = if flags & 2 != 0 { BASE } else { 0 };
        elf.sections.push(Section {
            name,
            kind,
            flags,
            addr,
            size,
            ..Section::default()
        });
    }
    elf.finish()
}

/// `.dynamic`, `.dynstr` with what `.dynamic` points at, PT_DYNAMIC.
fn with_dynamic(elf: &mut Elf, strings: &[u8], entries: &[(u64, u64)]) {
    let at = elf.put(strings);
    elf.section(".dynstr", 3, 2, at, strings.len());
    let size = if elf.wide { 8 } else { 4 };
    let mut b = Vec::new();
    for (tag, value) in entries.iter().chain(&[(5, BASE + at), (0, 0)]) {
        LE.put(&mut b, *tag, size);
        LE.put(&mut b, *value, size);
    }
    let at = elf.put(&b);
    elf.section(".dynamic", 6, 3, at, b.len());
    elf.segments.push((DYNAMIC, 6, at, BASE + at, b.len() as u64));
}

fn needed(n: usize, wide: bool) -> Vec<u8> {
    let mut elf = Elf::new(wide);
    with_dynamic(&mut elf, &long_name("libx", n * 16), &vec![(1, 0); n]);
    elf.finish()
}

fn version_needs(n: usize, step: u64) -> Vec<u8> {
    let mut elf = Elf::new(true);
    with_dynamic(&mut elf, &long_name("GLIBC_2.2", n), &[(1, 0)]);
    let mut b = Vec::new();
    // vn_version, vn_cnt, vn_file, vn_aux, vn_next; then vna_hash, vna_flags, vna_other, vna_name, vna_next.
    LE.u16(&mut b, 1);
    LE.u16(&mut b, (n as u64).min(0xffff));
    for v in [0, 16, 0] {
        LE.u32(&mut b, v);
    }
    if step == 1 {
        // Each word is the name and the step of an entry.
        b.extend([4, 0, 0, 0].repeat(n / 4));
    } else {
        for _ in 0..n {
            for v in [0, 0, 0, 16] {
                LE.u32(&mut b, v);
            }
        }
    }
    let at = elf.put(&b);
    elf.section(".gnu.version_r", 0x6fff_fffe, 2, at, b.len());
    elf.finish()
}

fn notes(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let b = vec![0; n * 12];
    let at = elf.put(&b);
    for i in 0..n as u64 {
        elf.segments
            .push((NOTE, 4, at + i * 4, BASE + at, b.len() as u64 - i * 4));
    }
    elf.finish()
}

fn note_sections(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let b = vec![0; n * 12];
    let at = elf.put(&b);
    for i in 0..n as u64 {
        let size = b.len() - i as usize * 4;
        elf.section(".note", 7, 2, at + i * 4, size);
    }
    elf.finish()
}

fn relocations(n: usize, kind: u32) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let mut b = Vec::new();
    for i in 0..n as u64 {
        for v in [BASE + i * 8, 8, BASE] {
            LE.u64(&mut b, v);
        }
    }
    let at = elf.put(&b);
    for i in 0..n as u64 {
        let size = b.len() - i as usize * 8;
        elf.section(".rela", kind, 2, at + i * 8, size).entry = 24;
    }
    elf.finish()
}

fn relr(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let mut b = Vec::new();
    LE.u64(&mut b, BASE);
    b.resize(n * 8, 0xff);
    let at = elf.put(&b);
    elf.section(".relr.dyn", 19, 2, at, b.len()).entry = 8;
    elf.finish()
}

fn segments(n: usize, whole: bool) -> Vec<u8> {
    let mut elf = Elf::new(true);
    elf.put(&vec![7; n * 64]);
    let size = elf.body.len() as u64;
    for i in 0..n as u64 {
        let (offset, size) = if whole { (0, size) } else { (i, 1) };
        elf.segments
            .push((LOAD, 6, offset, 0x1_0000_0000 + i * 0x100_0000, size));
    }
    // Words that are looked up: each points at the last segment.
    let mut words = Vec::new();
    for _ in 0..n {
        LE.u64(&mut words, 0x1_0000_0000 + (n as u64 - 1) * 0x100_0000);
    }
    let at = elf.put(&words);
    elf.section(".data", 1, 3, at, words.len());
    elf.finish()
}

/// 0: one long name; 1: each over all of the code; 2: without a size, at one address; 3: all of one short
/// name.
fn symbols(n: usize, way: u8, kind: u8) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let code = vec![0x90; n * 16];
    let text = elf.put(&code);
    elf.section(".text", 1, 6, text, code.len());
    let strings = [
        &b"\0"[..],
        &long_name("main.f", if way == 0 { n * 24 } else { 8 }),
    ]
    .concat();
    let at = elf.put(&strings);
    elf.section(".strtab", 3, 0, at, strings.len());
    let mut b = vec![0; 24];
    for i in 0..n as u64 {
        LE.u32(&mut b, 1);
        b.extend([0x10 | 2, 0]);
        LE.u16(&mut b, 1);
        let start = BASE + text;
        let (addr, size) = match way {
            1 => (start + i, code.len() as u64 - i),
            2 => (start, 0),
            _ => (start + i * 16, 16 * u64::from(kind)),
        };
        LE.u64(&mut b, addr);
        LE.u64(&mut b, size);
    }
    let at = elf.put(&b);
    let s = elf.section(".symtab", 2, 0, at, b.len());
    (s.link, s.entry) = (2, 24);
    elf.finish()
}

fn dynamic_symbols(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    with_dynamic(
        &mut elf,
        &[&b"\0"[..], &long_name("puts", n * 24)].concat(),
        &[(1, 1)],
    );
    let mut b = vec![0; 24];
    let mut r = Vec::new();
    for i in 0..n as u64 {
        LE.u32(&mut b, 1);
        b.extend([0x12, 0, 0, 0]);
        b.extend([0; 16]);
        for v in [BASE + i * 8, i << 32 | 1, 0] {
            LE.u64(&mut r, v);
        }
    }
    let at = elf.put(&b);
    let s = elf.section(".dynsym", 11, 2, at, b.len());
    (s.link, s.entry) = (1, 24);
    let at = elf.put(&r);
    elf.section(".rela.dyn", 4, 2, at, r.len()).entry = 24;
    elf.finish()
}

/// One function that is all of the code: its listing is a hundred times as long.
fn long_function(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let code = [0x48, 0x89, 0xe5, 0x90].repeat(n * 256);
    let text = elf.put(&code);
    elf.section(".text", 1, 6, text, code.len());
    let names = b"\0main.main\0";
    let at = elf.put(names);
    elf.section(".strtab", 3, 0, at, names.len());
    let mut table = vec![0; 24];
    LE.u32(&mut table, 1);
    table.extend([0x12, 0, 1, 0]);
    LE.u64(&mut table, BASE + text);
    LE.u64(&mut table, code.len() as u64);
    let at = elf.put(&table);
    let s = elf.section(".symtab", 2, 0, at, table.len());
    (s.link, s.entry) = (2, 24);
    elf.finish()
}

fn paths(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let entries = [(15, 0), (29, 0), (14, 0)].repeat(n);
    with_dynamic(&mut elf, &long_name("/lib", n * 48), &entries);
    let at = elf.put(&long_name("/lib/ld", n * 48));
    for _ in 0..n {
        elf.segments.push((3, 4, at, BASE + at, n as u64 * 48));
    }
    elf.finish()
}

fn eh_frame(n: usize) -> Vec<u8> {
    let mut elf = Elf::new(true);
    let mut b = Vec::new();
    // Two CIEs with long augmentation data, which FDEs name by turns.
    for _ in 0..2 {
        let long = n * 8;
        LE.u32(&mut b, (4 + 1 + 3 + 3 + 4 + long) as u64);
        LE.u32(&mut b, 0);
        b.extend(b"\x01zR\0\x01\x78\x10");
        let len = long as u64 + 1;
        b.extend([
            (len & 0x7f) as u8 | 0x80,
            (len >> 7 & 0x7f) as u8 | 0x80,
            (len >> 14) as u8,
        ]);
        b.push(0);
        b.resize(b.len() + long, 0);
    }
    let second = b.len() / 2;
    for i in 0..n {
        let at = b.len() + 4;
        LE.u32(&mut b, 4 + 16 + 4);
        LE.u32(&mut b, (at - if i % 2 == 0 { 0 } else { second }) as u64);
        LE.u64(&mut b, BASE + i as u64);
        LE.u64(&mut b, 1);
        b.extend([0; 4]);
    }
    b.extend([0; 4]);
    let at = elf.put(&b);
    elf.section(".eh_frame", 1, 2, at, b.len());
    elf.finish()
}
