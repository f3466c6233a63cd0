//! Go's own tables, in an ELF program: the pclntab (Go 1.20 and later), the moduledata (Go 1.27), build
//! information, embedded files, types.

use super::elf::{BASE, Elf};
use super::{LE, Row, long_name};

pub const KINDS: &[Row] = &[
    ("pclntab-function-name", 4000, |n| {
        functions(n, Way::Name("main.f"))
    }),
    ("pclntab-function-name-escaped", 4000, |n| {
        functions(n, Way::Name("gopkg.in/yaml%2ev3.F"))
    }),
    ("pclntab-function-name-shape", 4000, |n| {
        functions(n, Way::Name("main.F[go.shape.int,"))
    }),
    ("pclntab-file-name", 4000, |n| functions(n, Way::File)),
    ("pclntab-pc-values", 4000, |n| functions(n, Way::Values)),
    ("pclntab-record", 4000, |n| functions(n, Way::Record)),
    ("pclntab-packages-and-modules", 2000, |n| {
        functions(n, Way::Modules)
    }),
    ("pclntab-inline-tree", 1000, |n| functions(n, Way::Tree)),
    ("pclntab-inline-chain", 1000, |n| functions(n, Way::Chain)),
    ("pclntab-inline-name", 1000, |n| functions(n, Way::TreeName)),
    ("pclntab-funcdata", 4000, |n| functions(n, Way::FuncData)),
    ("pclntab-functions-over-the-code", 4000, |n| {
        functions(n, Way::Code)
    }),
    ("moduledata-package-hashes", 1000, |n| functions(n, Way::Hashes)),
    ("moduledata-init-tasks", 4000, |n| functions(n, Way::Tasks)),
    ("moduledata-plugin-symbols", 4000, |n| functions(n, Way::Ptab)),
    ("embed-tables-in-tables", 1000, |n| functions(n, Way::Embeds)),
    ("embed-path", 2000, |n| functions(n, Way::EmbedPath)),
    ("embed-contents", 2000, |n| functions(n, Way::EmbedData)),
    ("embed-strings", 4000, |n| functions(n, Way::Strings)),
    ("type-name", 1000, |n| functions(n, Way::TypeName)),
    ("type-fields", 1000, |n| functions(n, Way::Fields)),
    ("type-methods", 1000, |n| functions(n, Way::Methods)),
    ("itabs-of-one-type", 2000, |n| functions(n, Way::Itabs)),
    ("buildinfo-modules", 4000, |n| functions(n, Way::BuildInfo)),
];

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Name(&'static str),
    File,
    Values,
    Record,
    Modules,
    Tree,
    Chain,
    TreeName,
    FuncData,
    Code,
    Hashes,
    Tasks,
    Ptab,
    Embeds,
    EmbedPath,
    EmbedData,
    Strings,
    TypeName,
    Fields,
    Methods,
    Itabs,
    BuildInfo,
}

/// The pclntab's parts, before they are put together.
#[derive(Default)]
struct Tables {
    names: Vec<u8>,
    files: Vec<u8>,
    values: Vec<u8>,
    /// Name, inline-tree pcdata (0: none), inline tree's offset in funcdata; a record each.
    functions: Vec<(u32, u32, u32)>,
    /// Bytes of code of each function.
    step: u32,
    /// All functions have the first one's record.
    one_record: bool,
}

impl Tables {
    /// The table's bytes, and the offsets of names, cutab, filetab, pctab and functab.
    fn bytes(&self) -> (Vec<u8>, [usize; 5]) {
        let mut b = vec![0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
        let names = 72;
        let cu = names + self.names.len().next_multiple_of(8);
        let files = cu + 8;
        let values = files + self.files.len().next_multiple_of(8);
        let functab = values + self.values.len().next_multiple_of(8);
        let at = [names, cu, files, values, functab];
        for v in [self.functions.len(), 1, 0].iter().chain(&at) {
            LE.u64(&mut b, *v as u64);
        }
        for (part, start) in [
            (&self.names, names),
            (&vec![0; 8], cu),
            (&self.files, files),
            (&self.values, values),
        ] {
            b.resize(start, 0);
            b.extend(part);
        }
        b.resize(functab, 0);
        const RECORD: usize = 44 + 4 * 3 + 4 * 4;
        let n = self.functions.len();
        let records = (n * 2 + 1) * 4;
        for i in 0..n {
            LE.u32(&mut b, i as u64 * u64::from(self.step));
            LE.u32(
                &mut b,
                (records + if self.one_record { 0 } else { i * RECORD }) as u64,
            );
        }
        LE.u32(&mut b, n as u64 * u64::from(self.step));
        for (i, &(name, inline, tree)) in self.functions.iter().enumerate() {
            LE.u32(&mut b, i as u64 * u64::from(self.step));
            // args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset, startLine, tail with 4 funcdata; then
            // pcdata and funcdata.
            for v in [
                name,
                0,
                0,
                1,
                1,
                1,
                3,
                0,
                7,
                4 << 24,
                1,
                1,
                inline,
                tree,
                tree,
                tree,
                tree,
            ] {
                LE.u32(&mut b, v.into());
            }
        }
        (b, at)
    }
}

/// A pc-value table of `n` runs of one instruction each, by turns 0 and 1; or rising.
fn runs(n: usize, rising: bool) -> Vec<u8> {
    let mut out = vec![2, 1];
    for i in 1..n {
        out.extend([if rising || i % 2 == 1 { 2 } else { 1 }, 1]);
    }
    out.extend([0, 0]);
    out
}

fn functions(n: usize, way: Way) -> Vec<u8> {
    let mut t = Tables {
        step: 16,
        ..Tables::default()
    };
    t.names = long_name("main.main", 9);
    t.files = long_name("/src/main.go", 12);
    t.values = vec![0];
    // File 0 and line 9 over everything.
    t.values.extend([2, 0xff, 0xff, 0x7f, 0]);
    let mut gofunc = vec![0; 16];
    let mut all = (0, 0, 0);
    match way {
        Way::Name(start) => {
            all.0 = t.names.len() as u32;
            t.names.extend(long_name(start, n * 80));
        }
        Way::File => t.files = long_name("/src/main", n * 80),
        Way::Values => {
            t.values = [&[0][..], &runs(n * 20, false)].concat();
            t.step = n as u32 * 20;
            all.1 = 1;
        }
        Way::Record => {
            t.one_record = true;
            t.values.extend(runs(n, false));
        }
        Way::Tree | Way::Chain | Way::TreeName => {
            all.1 = t.values.len() as u32;
            t.values.extend(runs(n, true));
            t.step = n as u32 * 2;
            let name = t.names.len() as u64;
            t.names
                .extend(long_name("main.g", if way == Way::TreeName { n * 40 } else { 8 }));
            for i in 0..n as u64 {
                // funcID, nameOff, parentPc, startLine.
                let parent = if way == Way::Chain {
                    i.saturating_sub(1)
                } else {
                    n as u64 * 2
                };
                for v in [0, name, parent, 3] {
                    LE.u32(&mut gofunc, v);
                }
            }
            all.2 = 16;
        }
        Way::FuncData => gofunc = vec![1; n * 40],
        _ => {}
    }
    t.functions = vec![all; n];
    if way == Way::Modules {
        t.functions.clear();
        for i in 0..n {
            t.functions.push((t.names.len() as u32, 0, 0));
            t.names.extend(format!("h.com/m{i}/p.F\0").bytes());
        }
    }
    let mut elf = Elf::new(true);
    let code = vec![0x90; if way == Way::Code { n * 16 } else { 64 }];
    let text = elf.put(&code);
    elf.section(".text", 1, 6, text, code.len());
    if way == Way::Code {
        t.step = 1;
    }
    let (table, at) = t.bytes();
    let pclntab = elf.put(&table);
    elf.section(".gopclntab", 1, 2, pclntab, table.len());
    build_info(&mut elf, n, way);
    let gofunc_at = elf.put(&gofunc);
    let mut m = Module::new(BASE + pclntab, &at, table.len());
    let end = u64::from(t.step) * n as u64;
    m.words[20..24].copy_from_slice(&[BASE + text, BASE + text + end, BASE + text, BASE + text + end]);
    m.words[43] = BASE + gofunc_at;
    data(&mut elf, &mut m, n, way);
    let mut sections = Vec::new();
    for v in [0, end, BASE + text] {
        LE.u64(&mut sections, v);
    }
    let at = elf.put(&sections);
    m.slice(45, BASE + at, 1);
    let mut b = Vec::new();
    for v in m.words {
        LE.u64(&mut b, v);
    }
    let at = elf.put(&b);
    elf.section(".go.module", 1, 3, at, b.len());
    elf.finish()
}

/// The words of a moduledata of Go 1.27.
struct Module {
    words: [u64; 66],
}

impl Module {
    fn new(table: u64, parts: &[usize; 5], size: usize) -> Module {
        let mut m = Module { words: [0; 66] };
        m.words[0] = table;
        for (i, p) in parts.iter().enumerate() {
            m.slice(1 + 3 * i, table + *p as u64, 1);
        }
        m.slice(16, table + parts[4] as u64, 1);
        m.words[44] = table + size as u64;
        m
    }

    fn slice(&mut self, at: usize, addr: u64, len: u64) {
        self.words[at..at + 3].copy_from_slice(&[addr, len, len]);
    }
}

fn build_info(elf: &mut Elf, n: usize, way: Way) {
    let mut info = "path\th.com/m0/p\nmod\th.com/m0\tv1.0.0\th1:a=\n".to_string();
    if matches!(way, Way::Modules | Way::BuildInfo) {
        for i in 1..n {
            info.push_str(&format!("dep\th.com/m{i}\tv1.0.0\th1:a=\n"));
        }
    }
    let mut b = b"\xff Go buildinf:\x08\x02".to_vec();
    b.resize(32, 0);
    let mark = [
        0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6,
    ];
    for s in [
        b"go1.27.4".to_vec(),
        [&mark[..], info.as_bytes(), &mark[..]].concat(),
    ] {
        let mut v = s.len();
        while v >= 0x80 {
            b.push(v as u8 | 0x80);
            v >>= 7;
        }
        b.push(v as u8);
        b.extend(s);
    }
    let at = elf.put(&b);
    elf.section(".go.buildinfo", 1, 3, at, b.len());
}

/// What the moduledata points at.
fn data(elf: &mut Elf, m: &mut Module, n: usize, way: Way) {
    let start = elf.put(&[0; 16]);
    match way {
        Way::Hashes => {
            let name = elf.put(&[b'p'; 4096]);
            let mut b = Vec::new();
            for _ in 0..n {
                for v in [BASE + name, 4096, BASE + name, 4096, 0] {
                    LE.u64(&mut b, v);
                }
            }
            let at = elf.put(&b);
            m.slice(53, BASE + at, n as u64);
        }
        Way::Tasks => {
            // A task that names as many functions as there are.
            let mut task = Vec::new();
            LE.u32(&mut task, 0);
            LE.u32(&mut task, n as u64);
            for _ in 0..n {
                LE.u64(&mut task, m.words[22]);
            }
            let at = elf.put(&task);
            let mut b = Vec::new();
            for _ in 0..n {
                LE.u64(&mut b, BASE + at);
            }
            let at = elf.put(&b);
            m.slice(56, BASE + at, n as u64);
        }
        Way::Embeds | Way::EmbedPath | Way::EmbedData => embeds(elf, n, way),
        Way::Strings => {
            let contents = elf.put(&vec![b's'; n * 16]);
            let mut b = Vec::new();
            for i in 0..n as u64 {
                LE.u64(&mut b, BASE + contents);
                LE.u64(&mut b, n as u64 * 16 - i % 16);
            }
            let at = elf.put(&b);
            elf.section(".data", 1, 3, at, b.len());
            m.words[26..28].copy_from_slice(&[BASE + at, BASE + at + b.len() as u64]);
        }
        Way::TypeName | Way::Fields | Way::Methods | Way::Itabs | Way::Ptab => types(elf, m, n, way),
        _ => {}
    }
    let end = elf.put(&[0; 16]);
    for i in [24, 28, 30, 32] {
        m.words[i..i + 2].copy_from_slice(&[BASE + start, BASE + start]);
    }
    if m.words[26] == 0 {
        m.words[26..28].copy_from_slice(&[BASE + start, BASE + end]);
    }
    m.words[34] = BASE + end;
}

fn embeds(elf: &mut Elf, n: usize, way: Way) {
    let path = elf.put(&long_name("a/", if way == Way::EmbedPath { 4000 } else { 4 }));
    let len = if way == Way::EmbedPath { 4000 } else { 4 };
    let contents = elf.put(&vec![b'c'; n * 32]);
    let start = BASE + elf.put(&[]);
    let mut b = Vec::new();
    if way == Way::Embeds {
        // Words that point 3 words on, a length and a capacity, at every record: {header, count, count} where
        // a record has path, length, contents. Every third word is a header, and records are 6 words, so that
        // every second header is a record's path.
        let count = n as u64;
        for i in 0..n as u64 * 2 + count * 6 {
            let at = start + i * 24;
            for v in [at + 24, 3.max(count / 4), 3.max(count / 4)] {
                LE.u64(&mut b, v);
            }
        }
    } else {
        for v in [start + 24, n as u64, n as u64] {
            LE.u64(&mut b, v);
        }
        for _ in 0..n as u64 {
            let size = if way == Way::EmbedData { n as u64 * 32 } else { 4 };
            for v in [BASE + path, len, BASE + contents, size, 0, 0] {
                LE.u64(&mut b, v);
            }
        }
    }
    let at = elf.put(&b);
    assert_eq!(BASE + at, start);
}

/// Types of Go 1.27 one behind the other: descriptors that share names, fields or methods.
fn types(elf: &mut Elf, m: &mut Module, n: usize, way: Way) {
    let start = elf.put(&[0; 8]);
    let offset = |elf: &Elf| elf.body.len().next_multiple_of(16) as u64 - start;
    let many = n as u64;
    // Names: a flag byte, a varint, the bytes.
    let named = |text: &[u8]| {
        let mut b = vec![1];
        let mut v = text.len();
        while v >= 0x80 {
            b.push(v as u8 | 0x80);
            v >>= 7;
        }
        b.push(v as u8);
        b.extend(text);
        b
    };
    // Descriptors first: {size, ptrdata, hash, tflag, align, fieldalign, kind, equal, gcdata, str,
    // ptrToThis}.
    let extra: usize = match way {
        Way::Fields => 8 + 24,
        Way::Methods => 16,
        _ => 0,
    };
    let size = 48 + extra + if way == Way::Methods { 0 } else { 16 };
    let descriptors = offset(elf);
    let names = descriptors + (n * size) as u64;
    let long = if way == Way::TypeName { n * 40 } else { 10 };
    let name = named(&long_name("*main.T", long)[..long]);
    let list = names + (name.len() as u64).next_multiple_of(16);
    let kind = match way {
        Way::Fields => 25,
        _ => 2,
    };
    let mut b = Vec::new();
    for _ in 0..n {
        let first = b.len();
        for v in [8, 0] {
            LE.u64(&mut b, v);
        }
        LE.u32(&mut b, 77);
        // Named, with methods where there are any.
        b.extend([if way == Way::Fields { 2 } else { 7 }, 8, 8, kind]);
        LE.u64(&mut b, 0);
        LE.u64(&mut b, 0);
        LE.u32(&mut b, names);
        LE.u32(&mut b, 0);
        if way == Way::Fields {
            for v in [BASE + start + names, BASE + start + list, many, many] {
                LE.u64(&mut b, v);
            }
        } else {
            // pkgPath, mcount, xcount, moff, unused.
            LE.u32(&mut b, names);
            let methods = if way == Way::Methods { many.min(0xffff) } else { 0 };
            LE.u16(&mut b, methods);
            LE.u16(&mut b, methods);
            LE.u32(&mut b, list - descriptors - first as u64 - 48);
            LE.u32(&mut b, 0);
        }
        b.resize(first + size, 0);
    }
    let at = elf.put(&b);
    assert_eq!(at - start, descriptors);
    let at = elf.put(&name);
    assert_eq!(at - start, names);
    let mut b = Vec::new();
    for i in 0..many {
        match way {
            Way::Fields => {
                for v in [BASE + start + names, BASE + start + descriptors, i * 8] {
                    LE.u64(&mut b, v);
                }
            }
            Way::Methods => {
                for v in [names, descriptors, 0, 0] {
                    LE.u32(&mut b, v);
                }
            }
            // inter, type, hash, unused, one function.
            Way::Itabs => {
                for v in [
                    BASE + start + descriptors,
                    BASE + start + descriptors,
                    77,
                    m.words[22],
                ] {
                    LE.u64(&mut b, v);
                }
            }
            Way::Ptab => {
                LE.u32(&mut b, names);
                LE.u32(&mut b, descriptors);
            }
            _ => {}
        }
    }
    let at = elf.put(&b);
    let end = elf.put(&[0; 16]);
    m.words[37] = BASE + start;
    m.words[38] = descriptors + (n * size) as u64;
    m.words[39] = BASE + end;
    match way {
        Way::Itabs => {
            m.words[40] = at - start;
            m.words[41] = b.len() as u64;
        }
        Way::Ptab => m.slice(48, BASE + at, many),
        _ => {}
    }
}
