//! The rooms and their order: a room uses those before it, never those after it. Read from the `use` lines and paths in src.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};

/// In the order the data takes; rooms of equal rank do not use each other.
const ROOMS: [(&str, u32); 8] = [
    ("input", 1),
    ("image", 1),
    ("go", 2),
    ("dwarf", 3),
    ("disasm", 3),
    ("analysis", 4),
    ("report", 5),
    ("cli", 6),
];

fn rank(room: &str) -> Option<u32> {
    ROOMS.iter().find(|r| r.0 == room).map(|r| r.1)
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The lines of a file without comments and without its test module.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = body
        .lines()
        .enumerate()
        .map(|(i, l)| (i + 1, l.split("//").next().unwrap_or_default().to_string()));
    lines.collect()
}

#[test]
fn each_room_uses_only_those_before_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs");
        let Some(own) = rank(room) else { continue };
        for (number, line) in code(&file) {
            for used in line.split("crate::").skip(1).map(|rest| {
                rest.split([':', ';', ' ', ',', '}', '{'])
                    .next()
                    .unwrap_or_default()
            }) {
                let Some(other) = rank(used) else { continue };
                seen += 1;
                if other > own || other == own && used != room {
                    wrong.push(format!("src/{}:{number}: {room} uses {used}", relative.display()));
                }
            }
        }
    }
    assert!(seen > 20, "the test reads nothing: {seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn goblin_stays_in_the_image_room_and_nothing_below_the_command_line_prints() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        for (number, line) in code(&file) {
            if line.contains("goblin::") && !relative.starts_with("image/") {
                wrong.push(format!("src/{relative}:{number}: goblin outside src/image"));
            }
            let prints = [
                "println!",
                "eprintln!",
                "print!(",
                "eprint!(",
                "dbg!(",
                "process::exit",
            ];
            let speaks = !relative.starts_with("cli/") && relative != "main.rs";
            if speaks && prints.iter().any(|p| line.contains(p)) {
                wrong.push(format!("src/{relative}:{number}: prints below the command line"));
            }
            if line.contains("unsafe {") && !relative.starts_with("input/") {
                wrong.push(format!("src/{relative}:{number}: unsafe outside src/input"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A decoder shifts and masks words of code; who tests opcodes outside of src/disasm has written a second one. What gives a decoder away is
/// an opcode or its mask (x86's CALL, LEA and REX, arm64's BL and ADRP, and the like), and the words that name such things.
#[test]
fn machine_code_is_decoded_in_the_disasm_room_only() {
    const SIGNS: [&str; 10] = [
        "iced_x86",
        "0xfc00_0000",
        "0x9f00_0000",
        "0x9000_0000",
        "0x9400_0000",
        "0xffc0_0000",
        "0xe8",
        "0x8d",
        "modrm",
        "adrp",
    ];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        if relative.starts_with("disasm/") {
            continue;
        }
        for (number, line) in code(&file) {
            // A byte alone counts, not the start of a longer number.
            let sign = SIGNS.iter().find(|s| {
                line.find(*s)
                    .is_some_and(|at| !line[at + s.len()..].starts_with(|c: char| c.is_ascii_hexdigit()))
            });
            if let Some(sign) = sign {
                wrong.push(format!("src/{relative}:{number}: {sign}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Go's own tables are read in the room `go` only, and what differs between releases is said in its table only. A comparison with a minor
/// version, or a decision by a release's label, would be a second one.
#[test]
fn gos_tables_and_releases_are_known_in_the_go_room_only() {
    const READERS: [&str; 5] = [
        "Table::find",
        "ModuleData::find",
        "ModuleData::at",
        "Types::find",
        "Functions::read",
    ];
    const RELEASES: [&str; 6] = [
        ".since(",
        ".minor >",
        ".minor <",
        ".minor ==",
        "== \"Go 1",
        "map_or(2",
    ];
    // Support dates and the estimates' own measurements are no layouts.
    const TABLES: [&str; 3] = ["go/release.rs", "go/version.rs", "analysis/policy/releases.rs"];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        for (number, line) in code(&file) {
            let reads = !relative.starts_with("go/") && READERS.iter().any(|r| line.contains(r));
            let decides = !TABLES.contains(&relative.as_str()) && RELEASES.iter().any(|r| line.contains(r));
            if reads || decides {
                wrong.push(format!("src/{relative}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_program_is_thin() {
    let main = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 80);
}
