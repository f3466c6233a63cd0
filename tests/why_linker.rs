//! The graph that `why` goes by against the linker's own: `-dumpdep` names an edge for each symbol that it
//! keeps, and relocations that the system's linker was asked to leave in the file name every reference to
//! data and every pointer.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use common::{Build, REFERENCE};
use gospect::analysis::graph::{Graph, Hold, Node};
use gospect::go::Program;

/// `from -> to` of `go build -ldflags=-dumpdep`, without the marks behind the names.
fn dumped(dir: &Path) -> Option<(std::path::PathBuf, Vec<(String, String)>)> {
    let out = common::cache().join("keeps.dumpdep");
    // Of a program that is up to date, go prints the edges only where its cache still has them.
    let _ = std::fs::remove_file(&out);
    let done = common::command("go")
        .args(["build", "-trimpath", "-buildvcs=false", "-ldflags=-dumpdep", "-o"])
        .args([out.as_os_str(), ".".as_ref()])
        .current_dir(dir)
        .env("GOTOOLCHAIN", REFERENCE)
        .env("GOWORK", "off")
        .env("GOOS", "linux")
        .env("GOARCH", "amd64")
        .env("CGO_ENABLED", "0")
        .output()
        .ok()
        .filter(|o| o.status.success())
        .or_else(|| common::left_out("go build -ldflags=-dumpdep"))?;
    let text = [done.stdout, done.stderr].concat();
    let plain = |s: &str| s.split(" <").next().unwrap_or(s).to_string();
    let edges = String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|l| l.split_once(" -> ").map(|(a, b)| (plain(a), plain(b))))
        .collect();
    Some((out, edges))
}

/// Of how many edges that are looked for how many are there, by kind.
#[derive(Default)]
struct Tally(BTreeMap<String, (usize, usize, Vec<String>)>);

impl Tally {
    fn add(&mut self, kind: &str, hit: bool, what: impl FnOnce() -> String) {
        let t = self.0.entry(kind.to_string()).or_default();
        t.1 += 1;
        if hit {
            t.0 += 1;
        } else if t.2.len() < 20 {
            t.2.push(what());
        }
    }

    #[track_caller]
    fn hold(&self, least: f64, kinds: &[&str]) {
        for kind in kinds {
            let (hits, all, others) = self.0.get(*kind).unwrap_or_else(|| panic!("no edge {kind}"));
            assert!(*all > 20, "{kind}: only {all}");
            let share = *hits as f64 / *all as f64;
            assert!(share >= least, "{kind}: {hits} of {all}: {others:#?}");
        }
    }
}

#[test]
fn the_linkers_edges_are_found() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/keeps");
    let Some((file, edges)) = dumped(&dir) else { return };
    let bytes = gospect::open(&file).expect("the subject opens");
    let program = Program::open(&bytes).expect("a program");
    let graph = Graph::new(&program, None).expect("a graph");
    let table = program.pclntab().expect("a pclntab");
    let types = program.types();
    let mut known: HashMap<String, (&str, Node)> = HashMap::new();
    let mut twice = HashSet::new();
    for f in table.functions() {
        let name = String::from_utf8_lossy(f.name()).into_owned();
        if known
            .insert(name.clone(), ("code", Node::Function(f.index())))
            .is_some()
        {
            twice.insert(name);
        }
    }
    for name in twice {
        known.remove(&name);
    }
    let text = |t| String::from_utf8_lossy(&types.link_name(t)).into_owned();
    for t in &types.types {
        known.insert(format!("type:{}", text(t)), ("type", Node::Data(t.addr)));
    }
    for i in &types.itabs {
        if let (Some(t), Some(of)) = (types.at(i.typ), types.at(i.interface)) {
            known.insert(
                format!("go:itab.{},{}", text(t), text(of)),
                ("itab", Node::Data(i.addr)),
            );
        }
    }
    let plain: HashSet<(Node, Node)> = graph.edges().map(|(a, b, _)| (a, b)).collect();
    let methods: HashSet<(u64, Node)> = graph.methods().collect();
    let mut tally = Tally::default();
    for (from, to) in &edges {
        let (Some((a, x)), Some((b, y))) = (known.get(from), known.get(to)) else {
            continue;
        };
        // A method's type hangs on the method.
        if *a == "type" && to.starts_with("type:func(") {
            continue;
        }
        let method = matches!(x, Node::Data(typ) if methods.contains(&(*typ, *y)));
        tally.add(&format!("{a}→{b}"), plain.contains(&(*x, *y)) || method, || {
            format!("{from} -> {to}")
        });
    }
    tally.hold(
        0.99,
        &["code→code", "code→itab", "type→code", "type→type", "itab→type"],
    );
    // Some types are marked as converted by code that no longer refers to them.
    tally.hold(0.97, &["code→type"]);
}

/// Place and target of every relocation in allocated sections, by place. What a place in code is relative to
/// lies behind it.
fn relocations(bytes: &[u8]) -> BTreeMap<u64, (u64, bool)> {
    let elf = goblin::elf::Elf::parse(bytes).expect("an ELF file");
    let mut out = BTreeMap::new();
    for (_, section) in &elf.shdr_relocs {
        for r in section.iter() {
            let symbol = elf.syms.get(r.r_sym).map_or(0, |s| s.st_value);
            let target = symbol.wrapping_add_signed(r.r_addend.unwrap_or(0));
            // R_X86_64_64 is a pointer; PC32, PLT32 and the GOT's are relative.
            let pointer = r.r_type == 1;
            let target = if pointer { target } else { target.wrapping_add(4) };
            out.insert(r.r_offset, (target, pointer));
        }
    }
    out
}

#[test]
fn the_edges_are_references_that_the_linker_resolved() {
    let build = Build::new("keeps", "linux/amd64").cgo();
    let args = [
        "-trimpath",
        "-ldflags=-linkmode=external -extldflags=-Wl,--emit-relocs",
    ];
    let Some(file) = build.args(&args).path() else {
        return;
    };
    let bytes = gospect::open(&file).expect("the subject opens");
    let program = Program::open(&bytes).expect("a program");
    let graph = Graph::new(&program, None).expect("a graph");
    let functions = program.functions();
    let places = relocations(&bytes);
    assert!(places.len() > 10_000, "{} relocations", places.len());
    let mut starts: BTreeSet<u64> = BTreeSet::new();
    let edges: Vec<(Node, Node, Hold)> = graph.edges().collect();
    for (a, b, _) in &edges {
        for n in [a, b] {
            if let Node::Data(addr) = n {
                starts.insert(*addr);
            }
        }
    }
    let range = |n: &Node| match n {
        Node::Function(i) => functions.code(*i).unwrap_or(0..0),
        Node::Data(a) => *a..starts.range(a + 1..).next().copied().unwrap_or(u64::MAX),
    };
    let types = program.types();
    let mut right = Tally::default();
    for (from, to, hold) in &edges {
        let kind = match (from, to) {
            (Node::Function(i), Node::Data(_)) if *hold != Hold::Data && !functions.is_c(*i) => "code→type",
            (Node::Data(a), _)
                if types.at(*a).is_none() && types.itab_holding(*a).is_none() && *hold != Hold::Init =>
            {
                "data→any"
            }
            _ => continue,
        };
        let (own, target) = (range(from), range(to));
        // What the system's linker puts in front of the code is its own.
        if own.start < functions.range().start {
            continue;
        }
        // An immediate behind the place moves what it is relative to.
        let leads = |(to, pointer): &(u64, bool)| {
            let slack = if *pointer { 0 } else { 4 };
            (0..=slack).any(|s| target.contains(&(to + s)))
        };
        let hit = places.range(own.clone()).any(|(_, p)| leads(p));
        right.add(kind, hit, || {
            format!("{from:x?} -> {to:x?} {hold:?} {own:x?} {target:x?}")
        });
    }
    right.hold(0.99, &["code→type", "data→any"]);
    let have: HashSet<(Node, Node)> = edges.iter().map(|e| (e.0, e.1)).collect();
    let mut found = Tally::default();
    let data_node = |at: u64| starts.range(..=at).next_back().map(|s| Node::Data(*s));
    for (at, (to, pointer)) in &places {
        if let (false, Some(from), Some(typ)) = (pointer, functions.at(*at), types.at(*to)) {
            let hit = have.contains(&(Node::Function(from), Node::Data(typ.addr)));
            found.add("code→type", hit, || format!("{at:#x} -> {to:#x}"));
        }
        let described = types.holding(*at).is_some() || types.itab_holding(*at).is_some();
        if let (true, false, Some(from), Some(f)) =
            (pointer, described, data_node(*at), functions.starting_at(*to))
        {
            found.add("data→code", have.contains(&(from, Node::Function(f))), || {
                format!("{at:#x} -> {to:#x}")
            });
        }
    }
    found.hold(0.99, &["code→type", "data→code"]);
}
