//! The riscv64, ppc64, s390x and loong64 printers against `go tool objdump -gnu` of the reference toolchain:
//! on a real program, and on the same program with its text replaced by instructions with bits changed at
//! random.
//!
//! `GOSPECT_DISASM_WORDS` sets how many changed instructions per architecture (default 60000).

#![allow(clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use common::Build;
use gospect::disasm::{Printer, Style, Symbols, printer};
use gospect::image::Image;

/// The symbols of `go tool nm -size`, as objdump uses them: address, size, name, sorted by address.
struct Names(Vec<(u64, u64, Vec<u8>)>);

impl Names {
    fn of(file: &Path) -> Option<Names> {
        let nm = Command::new(common::reference_tool("nm")?)
            .args(["-n", "-size"])
            .arg(file)
            .output()
            .expect("nm runs");
        let mut names = Vec::new();
        for line in String::from_utf8_lossy(&nm.stdout).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [addr, size, _, name @ ..] = &words[..] else {
                continue;
            };
            let (Ok(addr), Ok(size)) = (u64::from_str_radix(addr, 16), size.parse()) else {
                continue;
            };
            let name = name.join(" ");
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
                names.push((addr, size, name.into_bytes()));
            }
        }
        Some(Names(names))
    }
}

impl Symbols for Names {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        let at = self
            .0
            .partition_point(|&(start, ..)| start <= addr)
            .checked_sub(1)?;
        let (start, size, name) = self.0.get(at)?;
        (*start != 0 && addr < start + size).then_some((name, *start))
    }
}

/// An architecture and what gospect prints otherwise than Go 1.27, each for a reason.
struct Arch {
    goarch: &'static str,
    big_endian: bool,
    /// Go's text and GNU text that are not held against ours, even with `strict_go`.
    excused: fn(&Line) -> bool,
    /// Go's text that only `strict_go` prints.
    only_strict: fn(&Line) -> bool,
}

const RISCV64: Arch = Arch {
    goarch: "riscv64",
    big_endian: false,
    // The distance of a compressed jump is misread by Go, also for the GNU text, which has no strict form.
    excused: |line| line.bytes.len() == 2 && line.gnu.starts_with("j "),
    only_strict: |line| line.go.starts_with("FNESD") || line.bytes.len() == 2 && line.go.starts_with("JMP"),
};
const PPC64: Arch = Arch {
    goarch: "ppc64",
    big_endian: true,
    excused: |_| false,
    only_strict: |_| false,
};
const PPC64LE: Arch = Arch {
    goarch: "ppc64le",
    big_endian: false,
    ..PPC64
};
const S390X: Arch = Arch {
    goarch: "s390x",
    big_endian: true,
    // Sentences with a line break in place of an instruction; addresses without base register that Go leaves
    // open; a misspelt mnemonic.
    excused: |line| {
        let open = |text: &str| text.matches('(').count() != text.matches(')').count();
        line.go.starts_with("specification exception") || open(&line.gnu) || line.gnu.starts_with("vzeo")
    },
    only_strict: |line| line.go.starts_with("plan9Arg: error"),
};
const LOONG64: Arch = Arch {
    goarch: "loong64",
    big_endian: false,
    excused: |_| false,
    // Instructions without a name; offsets of LL and SC in words; linking jumps without their offset.
    only_strict: |line| {
        let name = line.go.split(' ').next().unwrap_or_default();
        matches!(name, "Unknown" | "?" | "LL" | "LLV" | "SC" | "SCV") || line.go.starts_with("CALL (")
    },
};

/// One line of the listing: address, instruction bytes, Go's text and the GNU text.
struct Line {
    addr: u64,
    bytes: Vec<u8>,
    go: String,
    gnu: String,
}

/// The functions of the reference's listing.
fn listing(arch: &Arch, file: &Path) -> Option<Vec<Vec<Line>>> {
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
        let [_, addr, raw, text] = cells[..] else { continue };
        let Some(addr) = addr
            .strip_prefix("0x")
            .and_then(|a| u64::from_str_radix(a, 16).ok())
        else {
            continue;
        };
        let words = raw.split(' ').all(|word| word.len() == 8);
        let mut bytes = Vec::new();
        for word in raw.split(' ') {
            let mut part: Vec<u8> = (0..word.len() / 2)
                .filter_map(|i| u8::from_str_radix(&word[2 * i..2 * i + 2], 16).ok())
                .collect();
            if words && !arch.big_endian {
                part.reverse();
            }
            bytes.extend(part);
        }
        let (go, gnu) = text.split_once(" // ").unwrap_or((text, ""));
        let line = Line {
            addr,
            bytes,
            go: go.trim_end().into(),
            gnu: gnu.into(),
        };
        functions.last_mut().expect("a header comes first").push(line);
    }
    Some(functions)
}

/// Differences by the two mnemonics: how many, and one of them.
#[derive(Default)]
struct Outcome {
    lines: usize,
    known: usize,
    differ: BTreeMap<String, (usize, String)>,
}

impl Outcome {
    fn compare(&mut self, arch: &Arch, names: &Names, functions: &[Vec<Line>]) {
        let printer = printer(arch.goarch).expect("a printer");
        for function in functions {
            let code: Vec<u8> = function.iter().flat_map(|line| line.bytes.clone()).collect();
            let mut at = 0;
            for line in function {
                let rest = &code[at..];
                at += line.bytes.len();
                // The last instruction is cut off by the symbol's end, which the listing's bytes don't tell.
                if at < code.len() {
                    self.line(arch, &*printer, names, line, rest);
                }
            }
        }
    }

    fn line(&mut self, arch: &Arch, printer: &dyn Printer, names: &Names, line: &Line, code: &[u8]) {
        self.lines += 1;
        self.known += usize::from(line.go != "?");
        for strict_go in [true, false] {
            let (mut go, mut gnu) = (Vec::new(), Vec::new());
            let decoded = printer.go(
                code,
                line.addr,
                names,
                Style {
                    strict_go,
                    ..Style::default()
                },
                &mut go,
            );
            if decoded.known {
                printer.gnu(code, line.addr, Style::default(), &mut gnu);
            }
            if line.go == "?" && decoded.known && !strict_go {
                continue;
            }
            let (go, gnu) = (String::from_utf8_lossy(&go), String::from_utf8_lossy(&gnu));
            let text = line.go == go || !strict_go && (arch.only_strict)(line);
            if decoded.len == line.bytes.len() && (text && line.gnu == gnu || (arch.excused)(line)) {
                continue;
            }
            let first = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
            let class = format!("{} => {}", first(&line.go), first(&go));
            let example = format!(
                "{:#x} {:02x?}: {} // {} | {go} // {gnu} (strict {strict_go}, {} bytes)",
                line.addr, line.bytes, line.go, line.gnu, decoded.len
            );
            self.differ.entry(class).or_insert((0, example)).0 += 1;
        }
    }

    fn assert(&self, what: &str) {
        eprintln!("{what}: {} lines, {} known to Go", self.lines, self.known);
        for (class, (n, example)) in self.differ.iter().take(40) {
            eprintln!("  {n:6} {class}   {example}");
        }
        assert!(self.differ.is_empty(), "{what}: lines differ");
    }
}

/// xorshift64, good enough to scatter bits.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Bits that are mostly zero.
    fn few(&mut self) -> u64 {
        self.next() & self.next() & self.next()
    }
}

/// Every instruction of the text with a few bits changed, every fourth 8 bytes all random.
fn scatter(text: &mut [u8], random: &mut Random) {
    for (i, chunk) in text.chunks_exact_mut(8).enumerate() {
        let word = u64::from_le_bytes((&*chunk).try_into().expect("8 bytes"));
        let word = if i % 4 == 3 {
            random.next()
        } else {
            word ^ random.few()
        };
        chunk.copy_from_slice(&word.to_le_bytes());
    }
}

fn check(arch: &Arch) {
    let Some(file) = Build::new("hello", &format!("linux/{}", arch.goarch)).path() else {
        return;
    };
    let (Some(names), Some(functions)) = (Names::of(&file), listing(arch, &file)) else {
        return;
    };
    let mut outcome = Outcome::default();
    outcome.compare(arch, &names, &functions);
    outcome.assert(&format!("{} program", arch.goarch));
    whole_listing(arch, &file);

    let wanted = std::env::var("GOSPECT_DISASM_WORDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60_000);
    let mut bytes = std::fs::read(&file).expect("the subject can be read");
    let (from, size) = {
        let image = Image::parse(&bytes).expect("an image");
        let text = image.section(".text").expect("a text section");
        (text.offset as usize, text.file_size as usize)
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let changed = common::cache().join(format!("scattered-{}-{}", arch.goarch, std::process::id()));
    let mut outcome = Outcome::default();
    while outcome.lines < wanted {
        // The end stays: the reference's s390x decoder reads past what it is given.
        scatter(&mut bytes[from..from + size.saturating_sub(64)], &mut random);
        std::fs::write(&changed, &bytes).expect("the subject can be written");
        let Some(mut functions) = listing(arch, &changed) else {
            break;
        };
        let mut left = wanted.saturating_sub(outcome.lines) + 1000;
        functions.retain(|function| {
            left = left.saturating_sub(function.len());
            left > 0
        });
        outcome.compare(arch, &names, &functions);
    }
    let _ = std::fs::remove_file(changed);
    outcome.assert(&format!("{} scattered", arch.goarch));
}

/// The command's listing of a program, byte for byte.
fn whole_listing(arch: &Arch, file: &Path) {
    let Some(tool) = common::reference_tool("objdump") else {
        return;
    };
    let want = Command::new(tool).arg(file).output().expect("objdump runs");
    let have = common::run([OsStr::new("objdump"), OsStr::new("--strict-go"), file.as_os_str()]);
    let (want, have) = (
        String::from_utf8_lossy(&want.stdout),
        String::from_utf8_lossy(&have.stdout),
    );
    let first = want.lines().zip(have.lines()).find(|(want, have)| want != have);
    assert!(
        want == have,
        "{} listing: {} | {} lines, first {first:?}",
        arch.goarch,
        want.lines().count(),
        have.lines().count()
    );
}

#[test]
fn riscv64_prints_as_go_does() {
    check(&RISCV64);
}

#[test]
fn ppc64_prints_as_go_does() {
    check(&PPC64);
}

#[test]
fn ppc64le_prints_as_go_does() {
    check(&PPC64LE);
}

#[test]
fn s390x_prints_as_go_does() {
    check(&S390X);
}

#[test]
fn loong64_prints_as_go_does() {
    check(&LOONG64);
}
