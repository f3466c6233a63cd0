//! The rooms and their order: a room uses those before it, never those after it. Read from the `use` lines
//! and paths in src.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;

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

/// A source file: its path in src, with slashes, and its lines without comments and without its test module.
struct Source {
    path: String,
    lines: Vec<(usize, String)>,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&src, &src, &mut out);
    assert!(out.len() > 100, "the walk finds nothing: {}", out.len());
    out
}

fn walk(src: &Path, dir: &Path, out: &mut Vec<Source>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(src, &path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = body
                .lines()
                .enumerate()
                .map(|(i, l)| (i + 1, l.split("//").next().unwrap_or_default().to_string()));
            let relative = path.strip_prefix(src).unwrap().to_string_lossy();
            out.push(Source {
                path: relative.replace('\\', "/"),
                lines: lines.collect(),
            });
        }
    }
}

/// Lines for which `wrong` has something to say, as `src/path:line: what`.
fn faults(mut wrong: impl FnMut(&str, &str) -> Vec<String>) -> Vec<String> {
    let mut out = Vec::new();
    for Source { path, lines } in sources() {
        for (number, line) in lines {
            let said = wrong(&path, &line);
            out.extend(said.iter().map(|w| format!("src/{path}:{number}: {w}")));
        }
    }
    out
}

#[test]
fn each_room_uses_only_those_before_it() {
    let mut seen = 0;
    let wrong = faults(|path, line| {
        let room = path.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(own) = rank(room) else {
            return Vec::new();
        };
        let used = line.split("crate::").skip(1).filter_map(|rest| {
            let used = rest.split([':', ';', ' ', ',', '}', '{']).next()?;
            Some((used, rank(used)?))
        });
        let mut wrong = Vec::new();
        for (used, other) in used {
            seen += 1;
            if other > own || other == own && used != room {
                wrong.push(format!("{room} uses {used}"));
            }
        }
        wrong
    });
    assert!(seen > 20, "the test reads nothing: {seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn goblin_stays_in_the_image_room_and_nothing_below_the_command_line_prints() {
    const PRINTS: [&str; 6] = [
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "dbg!(",
        "process::exit",
    ];
    let wrong = faults(|path, line| {
        let speaks = !path.starts_with("cli/") && path != "main.rs";
        let rules = [
            (
                line.contains("goblin::") && !path.starts_with("image/"),
                "goblin outside src/image",
            ),
            (
                speaks && PRINTS.iter().any(|p| line.contains(p)),
                "prints below the command line",
            ),
            (
                line.contains("unsafe {") && !path.starts_with("input/"),
                "unsafe outside src/input",
            ),
        ];
        let broken = rules.iter().filter(|r| r.0);
        broken.map(|r| r.1.to_string()).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A decoder shifts and masks words of code; who tests opcodes outside of src/disasm has written a second
/// one. What gives a decoder away is an opcode or its mask (x86's CALL, LEA and REX, arm64's BL and ADRP, and
/// the like), and the words that name such things.
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
    let wrong = faults(|path, line| {
        // A byte alone counts, not the start of a longer number.
        let alone = |at: usize| !line[at..].starts_with(|c: char| c.is_ascii_hexdigit());
        let gives_away = |s: &&&str| line.find(**s).is_some_and(|at| alone(at + s.len()));
        let sign = SIGNS
            .iter()
            .find(gives_away)
            .filter(|_| !path.starts_with("disasm/"));
        let said = sign.map(|sign| format!("{sign}: {}", line.trim()));
        said.into_iter().collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Go's own tables are read in the room `go` only, and what differs between releases is said in its table
/// only. A comparison with a minor version, or a decision by a release's label, would be a second one.
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
    let wrong = faults(|path, line| {
        let reads = !path.starts_with("go/") && READERS.iter().any(|r| line.contains(r));
        let decides = !TABLES.contains(&path) && RELEASES.iter().any(|r| line.contains(r));
        let said = (reads || decides).then(|| line.trim().to_string());
        said.into_iter().collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_program_is_thin() {
    let main = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 80);
}

/// Lines of source are at most 110 characters wide, of docs at most 120. What can't be broken is left out: rows of
/// tables, code blocks and pictures of pages in docs; tables, patterns, SQL and documents in raw strings in source.
#[test]
fn lines_are_no_wider_than_a_page() {
    const RAW: [&str; 9] = [
        "src/disasm/arm/base.rs",
        "src/analysis/reproduce/allowed.rs",
        "src/analysis/vuln/osv.rs",
        "src/cli/track/store.rs",
        "src/go/modinfo.rs",
        "src/go/packages/mod.rs",
        "src/report/scan/parquet.rs",
        "src/report/whole/mod.rs",
        "src/report/text.rs",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wide = Vec::new();
    let mut see = |path: &Path, limit: usize, skip: &dyn Fn(&str) -> bool| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut fenced = false;
        for (i, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if !skip(line) && !fenced && line.chars().count() > limit {
                wide.push(format!(
                    "{}:{}",
                    path.strip_prefix(root).unwrap_or(path).display(),
                    i + 1
                ));
            }
        }
    };
    for source in sources() {
        let path = format!("src/{}", source.path);
        if !RAW.contains(&path.as_str()) {
            see(&root.join(path), 110, &|_| false);
        }
    }
    let docs = ["README.md", "DESIGN.md", "CHANGELOG.md", "SECURITY.md"].map(|name| root.join(name));
    let pages = ["docs", "docs/tasks", "docs/ci"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().flatten();
        entries
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "md"))
    });
    for page in docs.into_iter().chain(pages) {
        // What `check --list` writes about the rules is a line a paragraph.
        let generated = std::cell::Cell::new(false);
        let skip = |line: &str| {
            generated.set(generated.get() || page.ends_with("check.md") && line == "# Rules");
            generated.get() || line.starts_with('|') || line.starts_with('<')
        };
        see(&page, 120, &skip);
    }
    assert!(wide.is_empty(), "too wide:\n{}", wide.join("\n"));
}
