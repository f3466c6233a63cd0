//! The arm64 and arm printers against `go tool objdump -gnu` of the reference toolchain: on a real program,
//! and on the same program with its text replaced by random instruction words.
//!
//! `GOSPECT_DISASM_WORDS` sets the number of random words (default 60000 per architecture);
//! `GOSPECT_DISASM_FILES` names more binaries to compare, separated by colons.

#![allow(clippy::print_stderr)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use common::Build;
use gospect::disasm::{Printer, Style, Symbols, printer};
use gospect::image::Image;

/// The symbols of `go tool nm -size`, as objdump uses them.
struct Names(BTreeMap<u64, (String, u64)>);

impl Names {
    fn of(file: &Path) -> Option<Names> {
        let nm = Command::new(common::reference_tool("nm")?)
            .args(["-n", "-size"])
            .arg(file)
            .output()
            .expect("nm runs");
        let mut map = BTreeMap::new();
        for line in String::from_utf8_lossy(&nm.stdout).lines() {
            let mut words = line.split_whitespace();
            let (Some(addr), Some(size)) = (words.next(), words.next()) else {
                continue;
            };
            let (Ok(addr), Ok(size)) = (u64::from_str_radix(addr, 16), size.parse::<u64>()) else {
                continue;
            };
            let name = words.skip(1).collect::<Vec<_>>().join(" ");
            if ![
                "runtime.text",
                "text",
                "_text",
                "runtime.etext",
                "etext",
                "_etext",
            ]
            .contains(&name.as_str())
            {
                map.insert(addr, (name, size));
            }
        }
        Some(Names(map))
    }
}

impl Symbols for Names {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        let (&start, (name, size)) = self.0.range(..=addr).next_back()?;
        (start != 0 && addr < start + size).then_some((name.as_bytes(), start))
    }
}

/// One line of the listing: address, instruction bytes, Go's text and the GNU text.
struct Line {
    addr: u64,
    bytes: Vec<u8>,
    go: String,
    gnu: String,
}

/// Functions of the listing.
fn listing(file: &Path) -> Option<Vec<Vec<Line>>> {
    let tool = common::reference_tool("objdump")?;
    let out = Command::new(tool)
        .arg("-gnu")
        .arg(file)
        .output()
        .expect("objdump runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut functions: Vec<Vec<Line>> = Vec::new();
    for text in String::from_utf8_lossy(&out.stdout).lines() {
        if text.starts_with("TEXT ") {
            functions.push(Vec::new());
        }
        let cells: Vec<&str> = text.split('\t').filter(|cell| !cell.is_empty()).collect();
        let [_, addr, word, text] = cells[..] else {
            continue;
        };
        let (Some(addr), Ok(word)) = (addr.strip_prefix("0x"), u32::from_str_radix(word, 16)) else {
            continue;
        };
        let (go, gnu) = match text.split_once(" // ") {
            Some((go, gnu)) => (go.trim_end(), gnu),
            None => (text, ""),
        };
        let addr = u64::from_str_radix(addr, 16).expect("an address");
        let line = Line {
            addr,
            bytes: word.to_le_bytes().into(),
            go: go.into(),
            gnu: gnu.into(),
        };
        functions.last_mut().expect("a header comes first").push(line);
    }
    Some(functions)
}

#[derive(Default)]
struct Outcome {
    lines: usize,
    known: usize,
    differ: BTreeMap<String, (usize, String)>,
    better: BTreeMap<String, usize>,
    unknown: BTreeSet<u32>,
}

impl Outcome {
    fn compare(&mut self, printer: &dyn Printer, names: &Names, functions: &[Vec<Line>]) {
        let (mut go, mut gnu) = (Vec::new(), Vec::new());
        for function in functions {
            let mut code: Vec<u8> = function.iter().flat_map(|line| line.bytes.clone()).collect();
            // A word that reaches over the symbol's end is cut off.
            let symbol = function.first().and_then(|line| names.0.get(&line.addr));
            code.truncate(symbol.map_or(usize::MAX, |(_, size)| *size as usize));
            for (i, line) in function.iter().enumerate() {
                self.lines += 1;
                self.known += usize::from(line.go != "?");
                for strict_go in [true, false] {
                    go.clear();
                    gnu.clear();
                    let decoded = printer.go(
                        code.get(4 * i..).unwrap_or(&[]),
                        line.addr,
                        names,
                        Style {
                            strict_go,
                            ..Style::default()
                        },
                        &mut go,
                    );
                    if decoded.known {
                        printer.gnu(
                            code.get(4 * i..).unwrap_or(&[]),
                            line.addr,
                            Style::default(),
                            &mut gnu,
                        );
                    }
                    let (go, gnu) = (String::from_utf8_lossy(&go), String::from_utf8_lossy(&gnu));
                    assert_eq!(decoded.len, code.len().saturating_sub(4 * i).min(4));
                    assert_eq!(decoded.known, go != "?", "{go}");
                    if line.go == "?" && !strict_go {
                        if !decoded.known {
                            self.unknown
                                .insert(line.bytes.iter().rev().fold(0, |w, b| w << 8 | u32::from(*b)));
                        } else {
                            *self.better.entry(mnemonic(&go)).or_default() += 1;
                        }
                    } else if line.go != go {
                        self.differs(
                            line,
                            format!("{} => {}", mnemonic(&line.go), mnemonic(&go)),
                            &line.go,
                            &go,
                        );
                    } else if line.gnu != gnu {
                        self.differs(line, format!("gnu {}", mnemonic(&line.gnu)), &line.gnu, &gnu);
                    }
                }
            }
        }
    }

    fn differs(&mut self, line: &Line, class: String, want: &str, have: &str) {
        let word = line
            .bytes
            .iter()
            .rev()
            .map(|b| format!("{b:02x}"))
            .collect::<String>();
        let entry = self
            .differ
            .entry(class)
            .or_insert((0, format!("{:#x} {word}: {want} | {have}", line.addr)));
        entry.0 += 1;
    }

    /// Says how it went, and how many lines differ.
    fn report(&self, what: &str) -> usize {
        let differ: usize = self.differ.values().map(|(n, _)| n).sum();
        eprintln!(
            "{what}: {} lines, {} known to Go, {differ} differ, {} decoded beyond Go",
            self.lines,
            self.known,
            self.better.values().sum::<usize>()
        );
        if std::env::var_os("GOSPECT_DISASM_FILES").is_some() {
            let unknown: Vec<String> = self.unknown.iter().take(40).map(|w| format!("{w:08x}")).collect();
            eprintln!("  beyond Go: {:?}\n  unknown: {}", self.better, unknown.join(" "));
        }
        let mut classes: Vec<_> = self.differ.iter().collect();
        classes.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
        for (class, (n, example)) in classes.into_iter().take(60) {
            eprintln!("  {n:6} {class}   {example}");
        }
        differ
    }
}

fn mnemonic(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// xorshift64, good enough to scatter words.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn random_words() -> usize {
    std::env::var("GOSPECT_DISASM_WORDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60_000)
}

fn same_on_a_program(goarch: &str) {
    let printer = printer(goarch).expect("a printer");
    let mut files = Vec::new();
    files.extend(Build::new("hello", &format!("linux/{goarch}")).path());
    if let Ok(more) = std::env::var("GOSPECT_DISASM_FILES") {
        files.extend(
            more.split(':')
                .filter(|f| f.contains(&format!("-{goarch}-")) || f.ends_with(&format!("-{goarch}")))
                .map(Into::into),
        );
    }
    let mut differ = 0;
    for file in &files {
        let (Some(names), Some(functions)) = (Names::of(file), listing(file)) else {
            return;
        };
        let mut outcome = Outcome::default();
        outcome.compare(&*printer, &names, &functions);
        differ += outcome.report(&file.display().to_string());
    }
    assert_eq!(differ, 0);
}

/// Replaces the text of a program by words of `word` and compares; gives the number of lines that differ.
fn random_text(goarch: &str, mut word: impl FnMut(u64) -> u32) -> Outcome {
    let printer = printer(goarch).expect("a printer");
    let mut outcome = Outcome::default();
    let Some(file) = Build::new("hello", &format!("linux/{goarch}")).path() else {
        return outcome;
    };
    let original = std::fs::read(&file).expect("the subject can be read");
    let (from, size) = {
        let image = Image::parse(&original).expect("an image");
        let text = image.section(".text").expect("a text section");
        (text.offset as usize, text.file_size as usize)
    };
    let Some(names) = Names::of(&file) else {
        return outcome;
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let patched = common::cache().join(format!("random-{goarch}-{}", std::process::id()));
    while outcome.lines < random_words() {
        let mut bytes = original.clone();
        let left = random_words() - outcome.lines;
        for chunk in bytes[from..from + size].chunks_exact_mut(4) {
            chunk.copy_from_slice(&word(random.next()).to_le_bytes());
        }
        std::fs::write(&patched, &bytes).expect("the subject can be written");
        let Some(mut functions) = listing(&patched) else {
            break;
        };
        let mut seen = 0;
        functions.retain(|f| {
            seen += f.len();
            seen < left + 1000
        });
        outcome.compare(&*printer, &names, &functions);
    }
    let _ = std::fs::remove_file(patched);
    outcome
}

#[test]
fn arm64_prints_a_program_as_go_does() {
    same_on_a_program("arm64");
}

#[test]
fn arm64_prints_random_words_as_go_does() {
    assert_eq!(
        random_text("arm64", |r| (r >> 16) as u32).report("random arm64"),
        0
    );
}

#[test]
fn arm_prints_a_program_as_go_does() {
    same_on_a_program("arm");
}

#[test]
fn arm_prints_random_words_as_go_does() {
    // A quarter of the words gets no condition, which is where real code is.
    let word = |r: u64| {
        if r & 3 == 0 {
            (r >> 16) as u32 | 0xe000_0000
        } else {
            (r >> 16) as u32
        }
    };
    assert_eq!(random_text("arm", word).report("random arm"), 0);
}
