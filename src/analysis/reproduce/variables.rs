//! String variables that `-ldflags=-X` set in a stripped file, found with a build that has symbols.
//!
//! The same source, compiled by the same compiler, gives every function the same instructions; only the
//! addresses in them differ. So the n-th address that a function of the file names is the n-th that its
//! namesake in the other build names, and there the symbol table says which variable it is. Authority: Go
//! 1.27, cmd/link/internal/ld/data.go (`addstrdata`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::disasm::refs;
use crate::go::Program;
use crate::image::Place;

/// A string variable that holds different texts in two builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// `main.version`.
    pub name: String,
    /// What it holds in the file.
    pub theirs: Vec<u8>,
    /// What it holds in the build with symbols.
    pub ours: Vec<u8>,
}

/// Texts of variables are read up to this length.
const LONGEST: u64 = 1 << 16;

/// Variables that the go command or the linker sets itself.
const OWN: [&str; 5] = [
    "runtime.modinfo",
    "runtime.buildVersion",
    "runtime.godebugDefault",
    "runtime.defaultGOROOT",
    "runtime.fipsinfo",
];

/// The string variables of `ours`, which has symbols, that hold another text in `theirs`; sorted by name.
pub fn differing(theirs: &Program<'_>, ours: &Program<'_>) -> Vec<Variable> {
    let variables = string_variables(ours);
    let (Ok(table_a), Ok(table_b)) = (theirs.pclntab(), ours.pclntab()) else {
        return Vec::new();
    };
    let mut by_name: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
    for f in table_a.functions() {
        by_name.entry(f.name()).or_default().push(f.index());
    }
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for f in table_b.functions() {
        // Names that several functions have pair with none.
        let Some([index]) = by_name.get(f.name()).map(Vec::as_slice) else {
            continue;
        };
        let ours_named = named(ours, f.index());
        if !ours_named.iter().any(|a| holding(&variables, *a).is_some()) {
            continue;
        }
        let theirs_named = named(theirs, *index);
        if ours_named.len() != theirs_named.len() {
            continue;
        }
        for (a, b) in ours_named.iter().zip(&theirs_named) {
            if let Some((start, _)) = holding(&variables, *a)
                && let Some(addr) = b.checked_sub(a - start)
            {
                found.entry(start).or_insert(addr);
            }
        }
    }
    let value = |program: &Program<'_>, addr: u64| match program.memory().word(addr) {
        // A variable without a value takes no bytes in the file.
        None => Some(Vec::new()),
        Some(_) => program.memory().go_string(addr, LONGEST).map(<[u8]>::to_vec),
    };
    // The linker ends the text that it makes with a NUL.
    let ended = |addr: u64, len: usize| {
        let memory = theirs.memory();
        len == 0
            || memory
                .pointer(addr)
                .and_then(|p| memory.u8(p.checked_add(len as u64)?))
                == Some(0)
    };
    let mut out: Vec<Variable> = found
        .iter()
        .filter_map(|(start, addr)| {
            let name = variables.get(start)?;
            let (theirs, ours) = (value(theirs, *addr)?, value(ours, *start)?);
            (theirs != ours && ended(*addr, theirs.len())).then(|| Variable {
                name: name.clone(),
                theirs,
                ours,
            })
        })
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

/// The addresses that a function names, in the order of its instructions.
fn named(program: &Program<'_>, index: usize) -> Vec<u64> {
    let image = program.image();
    let mut out = Vec::new();
    if let Some(range) = program.functions().code(index)
        && let Some(code) = program.memory().bytes(range.start, range.end - range.start)
    {
        refs::scan(image.arch, image.endian, code, range.start, &mut |r| {
            out.push(r.target)
        });
    }
    out
}

/// Variables by address that may be strings: as long as a string's header, and holding one or nothing.
fn string_variables(program: &Program<'_>) -> BTreeMap<u64, String> {
    let image = program.image();
    let word = u64::from(image.ptr_size);
    let mut all: Vec<(u64, &[u8])> = Vec::new();
    for s in image.symbols().unwrap_or_default() {
        let Place::Section(section) = s.place else {
            continue;
        };
        let Some(section) = image.sections.get(section) else {
            continue;
        };
        if section.perm.write && !section.perm.exec {
            all.push((s.addr, image.format.source_name(s.name)));
        }
    }
    all.sort_unstable();
    let mut out = BTreeMap::new();
    for (i, (addr, name)) in all.iter().enumerate() {
        let next = all
            .get(i + 1..)
            .and_then(|rest| rest.iter().find(|n| n.0 > *addr));
        let room = next.map_or(u64::MAX, |n| n.0 - addr);
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        if room < 2 * word || !name.contains('.') || name.ends_with(".str") || OWN.contains(&name) {
            continue;
        }
        let header = program.memory().word(*addr);
        if header.is_none() || program.memory().go_string(*addr, LONGEST).is_some() {
            out.insert(*addr, name.to_string());
        }
    }
    out
}

/// The variable whose header holds `addr`.
fn holding(variables: &BTreeMap<u64, String>, addr: u64) -> Option<(u64, &str)> {
    let (start, name) = variables.range(..=addr).next_back()?;
    // The header's second word is named too.
    (addr - start < 16).then_some((*start, name.as_str()))
}
