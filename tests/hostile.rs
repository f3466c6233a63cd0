//! Damaged files: cut short at every header and at random, bits flipped, words replaced. Nothing may panic or
//! take long.
//!
//! The subjects are the fixtures of every format, and whole Go programs whose headers and tables are damaged.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use common::Build;
use gospect::Program;
use gospect::analysis::listing::Listing;
use gospect::analysis::nm::{Order, ordered};
use gospect::analysis::objfile::{self, Raw};
use gospect::analysis::{info, symbols};
use gospect::disasm::Style;
use gospect::go::buildinfo;
use gospect::image::{Image, strict};

/// Looks at everything there is in a file.
fn look(data: &[u8]) {
    let _ = buildinfo::read(data);
    let file = data.to_vec().into();
    let _ = info::gather(&file, None);
    for entry in objfile::open(data).unwrap_or_default() {
        let symbols = entry.file.in_file_order().unwrap_or_default();
        assert_eq!(ordered(&symbols, Order::Size).len(), symbols.len());
        if let Ok(listing) = Listing::of(&entry.file) {
            for f in listing.functions(0, u64::MAX, |_| true).take(3) {
                listing.decode(&f, Style::default(), |i| assert!(!i.bytes.is_empty()));
            }
        }
        if let Raw::Object(object) = &entry.file {
            for s in object.symbols().take(20) {
                std::hint::black_box((
                    object.relocations(s.number).take(20).count(),
                    object.line_of(s.number, 1),
                ));
            }
        }
    }
    match Image::parse(data).or_else(|_| Image::parse_coff(data)) {
        Ok(image) => look_into(&Program::new(&file, image)),
        Err(e) => assert!(!e.to_string().is_empty()),
    }
}

fn look_into(program: &Program<'_>) {
    let image = program.image();
    let _ = strict::go_opens(image);
    let _ = symbols::by_address(image);
    std::hint::black_box((
        image.relocations().len(),
        image.pointer_at(image.entry),
        image.elf_dynamic_symbols().len(),
    ));
    for section in &image.sections {
        if section.name.starts_with(b".debug") || section.name.starts_with(b".zdebug") {
            let _ = image.section_contents(section);
        }
        std::hint::black_box(image.section_bytes(section).len());
    }
    if let Ok(table) = program.pclntab() {
        for f in table.functions().take(30) {
            std::hint::black_box((f.name().len(), f.position(f.entry()), f.inlined_calls().len()));
        }
    }
}

/// Looks at damaged data; says what the damage was where that goes wrong.
fn survives(name: &str, damage: &str, data: &[u8]) {
    let start = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(|| look(data)));
    assert!(done.is_ok(), "{name}, {damage}: panicked");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{name}, {damage}: took {:?}",
        start.elapsed()
    );
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// Damages `data` in place, hands it to [`survives`], and mends it. `places` are where damage is worth most.
fn flip(name: &str, data: &mut [u8], places: &[(usize, usize)], rounds: usize, random: &mut Random) {
    const WORDS: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX];
    for round in 0..rounds {
        let (start, len) = places[round % places.len()];
        let mut undo = Vec::new();
        for _ in 0..1 + random.below(3) {
            let at = start + random.below(len);
            let width = if random.below(2) == 0 { 1 } else { 4 };
            let Some(old) = data.get(at..at + width).map(<[u8]>::to_vec) else {
                continue;
            };
            if width == 1 {
                data[at] ^= 1 << random.below(8);
            } else {
                data[at..at + 4].copy_from_slice(&WORDS[random.below(6)].to_le_bytes());
            }
            undo.push((at, old));
        }
        survives(name, &format!("round {round} {undo:x?}"), data);
        for (at, old) in undo.into_iter().rev() {
            data[at..at + old.len()].copy_from_slice(&old);
        }
    }
}

#[test]
fn damaged_fixtures_are_survived() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .expect("the fixtures are there")
        .flatten()
        .map(|e| e.path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 12);
    for path in paths {
        let name = path.display().to_string();
        let mut data = std::fs::read(&path).expect("a fixture can be read");
        survives(&name, "none", &data);
        let step = (data.len() / 200).max(1);
        for cut in (0..data.len().min(160)).chain((160..data.len()).step_by(step)) {
            survives(&name, &format!("cut at {cut}"), &data[..cut]);
        }
        let len = data.len();
        let places = [
            (0, len.min(64)),
            (0, len.min(512)),
            (0, len),
            (len - len / 4, len / 4),
        ];
        flip(&name, &mut data, &places, 600, &mut Random(len as u64));
    }
}

#[test]
fn damaged_programs_are_survived() {
    let stripped = ["-ldflags=-s -w"];
    let subjects = [
        ("linux/amd64", &[][..]),
        ("linux/amd64", &stripped),
        ("darwin/arm64", &[]),
        ("windows/amd64", &[]),
        ("aix/ppc64", &[]),
        ("plan9/386", &[]),
        ("js/wasm", &[]),
    ];
    for (target, args) in subjects {
        let Some(path) = Build::new("hello", target).args(args).path() else {
            continue;
        };
        let name = format!("{target} {args:?}");
        let mut data = std::fs::read(path).expect("the program can be read");
        let places = places(&data);
        flip(&name, &mut data, &places, 16, &mut Random(7));
        for cut in [100, 4096, data.len() / 2] {
            survives(&name, &format!("cut at {cut}"), &data[..cut]);
        }
    }
}

/// Headers, and where what they point to begins.
fn places(data: &[u8]) -> Vec<(usize, usize)> {
    let mut places = vec![(0, 64), (0, 1024), (0, data.len())];
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else {
        return places;
    };
    let image = program.image();
    let mut add = |offset: u64, len: u64| {
        let (offset, len) = (offset as usize, len as usize);
        if len > 0 && offset < data.len() {
            places.push((offset, len.min(data.len() - offset)));
        }
    };
    if let Some(elf) = image.elf() {
        add(elf.section_header_table.0, 64 * image.sections.len() as u64);
    }
    if let Ok(table) = program.pclntab() {
        add(table.offset().unwrap_or(0), 128);
        for part in table.parts() {
            add(table.offset().unwrap_or(0) + part.offset, part.size.min(4096));
        }
    }
    for section in &image.sections {
        add(section.offset, section.file_size.min(256));
    }
    places
}

/// An ELF program whose memory is one header of a pclntab after the other. Each is worth a look through the
/// file, so that all together would take minutes.
#[test]
fn a_file_full_of_table_headers_takes_no_time() {
    let mut block = [0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8].to_vec();
    for word in [1u64, 0, 0, 72, 72, 72, 72, 72] {
        block.extend(word.to_le_bytes());
    }
    block.extend([0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]);
    let body = block.repeat(40_000);
    let mut data = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    for word in [0x40_0000u64, 64, 0] {
        data.extend(word.to_le_bytes());
    }
    data.extend(b"\0\0\0\0\x40\0\x38\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x06\0\0\0");
    let size = 120 + body.len() as u64;
    for word in [0, 0x40_0000, 0x40_0000, size, size, 4096] {
        data.extend(u64::to_le_bytes(word));
    }
    data.extend(body);
    let file = data.clone().into();
    let program = Program::open(&file).expect("it is an ELF file");
    assert!(program.pclntab().is_ok());
    survives("table headers", "none", &data);
}

/// A Go object of thousands of static symbols that share one name of half a megabyte.
#[test]
fn symbols_that_share_a_long_name_take_no_memory_for_each() {
    let symbols = 20_000u32;
    let name = 512 << 10;
    let header = 20 + 19 * 4;
    let table = header + name;
    let end = table + symbols * 21;
    let mut body = b"\0go120ld\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    for block in 0..19 {
        let offset = if block <= 3 { table } else { end };
        body.extend(u32::to_le_bytes(offset));
    }
    body.resize(table as usize, b'x');
    for _ in 0..symbols {
        body.extend(u32::to_le_bytes(name));
        body.extend(u32::to_le_bytes(header));
        body.extend([0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    let data = [b"go object linux amd64 go1.27.4\n!\n", &body[..]].concat();
    let entries = objfile::open(&data).expect("it is a Go object");
    let symbols = entries[0].file.in_file_order().expect("it has symbols");
    assert!(!symbols.is_empty() && symbols.len() < 100, "{}", symbols.len());
    survives("one name for all", "none", &data);
}
