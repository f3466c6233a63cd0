//! The x86 printer against `go tool objdump` of the reference toolchain: a program's instructions replaced by
//! random bytes, and its own instructions with one byte in several changed.
//!
//! `GOSPECT_DISASM_WORDS` sets how many lines of the reference are compared per architecture and kind at the
//! least (default 60000; 600000 makes more than a million for each architecture). What differs must be of a
//! kind that docs/objdump.md lists.

#![allow(clippy::print_stderr)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::Build;
use gospect::analysis::listing::Listing;
use gospect::image::Image;

/// Instruction lines by address: bytes and text.
type Lines = BTreeMap<u64, (String, String)>;

fn lines(tool: &mut Command) -> Lines {
    let out = tool.output().expect("objdump runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('\t').filter(|c| !c.is_empty());
        let (_, addr, bytes, text) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        let addr = u64::from_str_radix(addr.strip_prefix("0x")?, 16).ok()?;
        Some((addr, (bytes.to_string(), text.to_string())))
    });
    rows.collect()
}

/// Why a line differs though nothing before it did; `None` for a reason that is not known.
fn reason(go: &(String, String), ours: &(String, String)) -> Option<&'static str> {
    let vector = go.0.starts_with("62") || go.0.starts_with("c4") || go.0.starts_with("c5");
    let prefixed = [
        "66", "67", "f0", "f2", "f3", "2e", "36", "3e", "26", "64", "65", "4",
    ];
    match (go.1.as_str(), ours.1.as_str()) {
        ("?", _) if vector => Some("vector form that Go's tables lack"),
        (_, "?") if vector => Some("vector form with reserved bits, or newer than the decoder"),
        (a, b) if vector && (a.contains(".SAE") || a.contains("_SAE") || b.contains("_SAE")) => {
            Some("rounding bits of a form without rounding")
        }
        _ if vector => Some("vector form with a mask or bits it does not have"),
        (a, _) if a.contains(" TR") => Some("test registers, gone since the 486"),
        _ if prefixed.iter().any(|p| go.0.starts_with(p)) => {
            Some("prefixes that change or forbid the instruction")
        }
        ("?", _) => Some("instruction that Go's table lacks"),
        (_, "?") => Some("encoding that processors refuse"),
        ("RDRAND", _) => Some("0f c7 with memory, which Go takes for RDRAND"),
        (a, _) if go.0.starts_with("0f") && a.starts_with("UD") => Some("UD0 and UD1"),
        _ => None,
    }
}

fn compare(file: &Path, kind: &str, seed: u64) -> Option<(usize, usize)> {
    let tool = common::reference_tool("objdump")?;
    let want = lines(Command::new(tool).arg(file));
    let got = lines(common::gospect().args(["objdump", "-strict-go"]).arg(file));
    let same = want
        .iter()
        .filter(|(addr, line)| got.get(addr) == Some(line))
        .count();
    let mut reasons: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for (addr, go) in &want {
        if let Some(ours) = got.get(addr).filter(|ours| *ours != go) {
            let why = reason(go, ours)
                .unwrap_or_else(|| panic!("{kind} {seed}: {addr:#x} go {go:?} ours {ours:?}"));
            let entry = reasons
                .entry(why)
                .or_insert_with(|| (0, format!("go {go:?} ours {ours:?}")));
            entry.0 += 1;
        }
    }
    for (why, (n, example)) in reasons {
        eprintln!("{kind}: {n} {why}, e.g. {example}");
    }
    Some((want.len(), same))
}

/// Writes a copy of `program` with its functions filled by `fill`. The last bytes of each function become
/// NOPs: the reference crashes on a VEX prefix that the end cuts off.
fn filled(program: &Path, out: &Path, mut fill: impl FnMut(&mut [u8])) {
    let mut data = std::fs::read(program).expect("the program can be read");
    let original = data.clone();
    let image = Image::parse(&original).expect("the program is an image");
    let listing = Listing::of_image(&image).expect("the program has symbols");
    for f in listing.functions(0, u64::MAX, |_| true) {
        let offset = |addr| image.addr_to_offset(addr).and_then(|o| usize::try_from(o).ok());
        let (Some(start), len) = (offset(f.start), (f.end - f.start) as usize) else {
            continue;
        };
        let Some(code) = data.get_mut(start..start + len) else {
            continue;
        };
        let body = len.saturating_sub(16);
        code[body..].fill(0x90);
        fill(&mut code[..body]);
    }
    std::fs::write(out, data).expect("the copy can be written");
}

fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

fn rounds(target: &str, least_same: f64) {
    let wanted: usize = std::env::var("GOSPECT_DISASM_WORDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(60_000);
    let Some(program) = Build::new("hello", target).path() else {
        return;
    };
    for kind in ["random bytes", "changed instructions"] {
        let (mut total, mut same, mut seed) = (0, 0, 0x9E37_79B9_7F4A_7C15u64);
        while total < wanted {
            let copy = common::cache().join(format!(
                "x86-{}-{}.{}",
                target.replace('/', "-"),
                &kind[..6],
                std::process::id()
            ));
            filled(&program, &copy, |code| {
                if kind == "random bytes" {
                    code.iter_mut().for_each(|b| *b = random(&mut seed) as u8);
                } else {
                    for chunk in code.chunks_mut(9) {
                        let r = random(&mut seed);
                        let at = r as usize % chunk.len();
                        chunk[at] = (r >> 32) as u8;
                    }
                }
            });
            let Some((n, k)) = compare(&copy, kind, seed) else {
                return;
            };
            std::fs::remove_file(&copy).expect("the copy can be removed");
            assert!(
                n > 50_000,
                "{target} {kind}: only {n} lines, did the reference stop?"
            );
            total += n;
            same += k;
        }
        eprintln!("{target} {kind}: {same} of {total} lines the same");
        let share = same as f64 / total as f64;
        assert!(share >= least_same, "{target} {kind}: {same} of {total}");
    }
}

#[test]
fn amd64_agrees_with_go_on_bytes_that_are_no_program() {
    rounds("linux/amd64", 0.996);
}

#[test]
fn i386_agrees_with_go_on_bytes_that_are_no_program() {
    rounds("linux/386", 0.996);
}
