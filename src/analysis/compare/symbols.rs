//! Symbols and debug information of two builds: missing in one, the same but for what is told already, or
//! different.

use rustc_hash::FxHashMap;

use super::cause::{Cause, Class};
use super::data::Data;
use super::functions::Pairs;
use super::lines::Lines;
use super::space::Space;
use super::tables::{names, open};
use crate::dwarf::alike::{self, Judge};
use crate::go::buildid;
use crate::image::{Image, Place, Symbol};

/// A table of fewer symbols is what the linker leaves in any file.
const FEW: usize = 20;
/// The linker rounds the size of the build information up to these bytes (cmd/link/internal/ld/data.go).
const ROUNDED: u64 = 16;

/// Are there symbols of the program's own, and is there debug information?
fn has(image: &Image<'_>) -> (bool, bool) {
    let debug = image
        .sections
        .iter()
        .any(|s| s.debug_name().is_some() && s.file_size > 0);
    (image.symbols().is_ok_and(|s| s.len() > FEW), debug)
}

/// Symbols or debug information that only one file has.
pub(super) fn causes(data: &Data<'_, '_, '_, '_>, out: &mut Vec<Cause>) {
    let (x, y) = (data.a.program.image(), data.b.program.image());
    let (p, q) = (has(x), has(y));
    if p != q {
        let words = |h: (bool, bool)| match h {
            (true, true) => Some("symbols, debug information".to_string()),
            (true, false) => Some("symbols".into()),
            (false, true) => Some("debug information".into()),
            (false, false) => None,
        };
        let (i, j) = (buildid::read(x), buildid::read(y));
        // The linker's flags go into the ID; what is done later does not.
        let later = i.parts().is_some() && i.go == j.go;
        let word = match (p.0 != q.0, p.1 != q.1) {
            _ if later => "strip",
            (true, _) => "-s -w",
            _ => "-w",
        };
        out.push(Cause::new(word, Class::Harmless).values(words(p), words(q)));
    }
}

/// The symbols and the debug information that both have. Both follow code and data, and are compared where
/// these are the same.
pub(super) fn tables(data: &Data<'_, '_, '_, '_>, pairs: &Pairs, lines: &Lines, out: &mut Vec<Cause>) {
    let (x, y) = (data.a.program.image(), data.b.program.image());
    let both = |h: (bool, bool), k: (bool, bool)| (h.0 == k.0, h.1 && k.1);
    let (symbols, info) = both(has(x), has(y));
    if super::grave(out) {
        let other = [
            ("symbols", symbols && !same_symbols(x, y)),
            ("debug information", info && !same_debug(x, y)),
        ];
        let other: Vec<&str> = other.iter().filter(|o| o.1).map(|o| o.0).collect();
        if !other.is_empty() {
            let note = "differ, and are compared only where code and data are the same";
            out.push(open(format!("{} {note}", other.join(" and "))));
        }
        return;
    }
    if symbols && let Some(name) = unlike(data, pairs) {
        let note = "a name, place or size that does not follow from what is told";
        let mut cause = Cause::new("symbol table", Class::Change).note(note);
        cause.name = name.map(|n| String::from_utf8_lossy(&n).into_owned());
        out.push(cause);
    }
    if info {
        debug(data, pairs, lines, out);
    }
}

fn same_symbols(x: &Image<'_>, y: &Image<'_>) -> bool {
    match (x.symbols(), y.symbols()) {
        (Ok(p), Ok(q)) => p == q,
        (p, q) => p.is_err() == q.is_err(),
    }
}

/// One file's symbols by name, in their order.
struct Table<'s, 'p, 'a> {
    space: &'s Space<'p, 'a>,
    all: &'s [Symbol<'a>],
    sections: Vec<String>,
    by_name: FxHashMap<&'a [u8], Vec<usize>>,
}

impl<'s, 'p, 'a> Table<'s, 'p, 'a> {
    fn of(space: &'s Space<'p, 'a>) -> Table<'s, 'p, 'a> {
        let image = space.program.image();
        let all = image.symbols().unwrap_or_default();
        let mut by_name: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
        for (i, s) in all.iter().enumerate() {
            by_name.entry(s.name).or_default().push(i);
        }
        Table {
            space,
            all,
            sections: names(image),
            by_name,
        }
    }

    fn place(&self, s: &Symbol<'_>) -> Result<&str, Place> {
        match s.place {
            Place::Section(i) => self.sections.get(i).map(String::as_str).ok_or(s.place),
            other => Err(other),
        }
    }

    /// Does a symbol's size say what is known of the thing itself?
    fn size_is_true(&self, s: &Symbol<'_>) -> bool {
        let program = self.space.program;
        match s.name {
            b"runtime.pclntab" => program.pclntab().is_ok_and(|t| t.size() == s.size),
            b"go:buildinfo" | b"go.buildinfo" => program
                .build_info()
                .is_some_and(|b| b.blob.size.checked_next_multiple_of(ROUNDED) == Some(s.size)),
            name => name.strip_suffix(b".str").is_some_and(|n| self.is_text_of(s, n)),
        }
    }

    /// Is this the text, and the NUL behind it, of the variable of that name? The linker makes such symbols
    /// of values that it is given.
    fn is_text_of(&self, s: &Symbol<'_>, variable: &[u8]) -> bool {
        let Some(&[i]) = self.by_name.get(variable).map(Vec::as_slice) else {
            return false;
        };
        let at = self.all.get(i).map_or(0, |v| v.addr);
        let size = u64::from(self.space.program.image().ptr_size);
        let header = (self.space.word(at), self.space.word(at.saturating_add(size)));
        header == (Some(s.addr), s.size.checked_sub(1))
    }

    /// Of symbols of one name, is any but the first `known` one that says something of the program?
    fn has_more(&self, all: &[usize], known: usize) -> bool {
        let mut rest = all.iter().skip(known).filter_map(|i| self.all.get(*i));
        rest.any(|s| !self.size_is_true(s))
    }

    /// Is each byte of the table of names part of a symbol's name?
    fn names_are_used(&self) -> bool {
        let image = self.space.program.image();
        let Some(section) = image.section(".strtab") else {
            return true;
        };
        let all = image.section_bytes(section);
        let start = all.as_ptr() as usize;
        let mut used = vec![false; all.len()];
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        for s in self.all {
            let at = (s.name.as_ptr() as usize).wrapping_sub(start);
            if let Some(part) = used.get_mut(at..at.saturating_add(s.name.len() + 1)) {
                part.fill(true);
            }
        }
        used.iter().zip(all).all(|(used, b)| *used || *b == 0)
    }
}

/// The first symbol that differs in a way that nothing explains; an empty name where the table of names does.
fn unlike(data: &Data<'_, '_, '_, '_>, pairs: &Pairs) -> Option<Option<Vec<u8>>> {
    let (x, y) = (Table::of(data.a), Table::of(data.b));
    let mut moved = vec![false; x.all.len()];
    let mut partners = vec![None; x.all.len()];
    for (name, of_x) in &x.by_name {
        let of_y = y.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        for (i, j) in of_x.iter().zip(of_y) {
            let (Some(p), Some(q)) = (x.all.get(*i), y.all.get(*j)) else {
                continue;
            };
            let size = p.size == q.size || x.size_is_true(p) && y.size_is_true(q);
            let in_place = x.place(p) == y.place(q);
            let crossed = p.size == q.size && [p, q].iter().all(|s| matches!(s.place, Place::Section(_)));
            let place = (p.addr == q.addr || data.stands_for(pairs, p.addr, q.addr)) && (in_place || crossed);
            if !size || !place || (p.kind, p.extra) != (q.kind, q.extra) {
                return Some(Some(p.name.to_vec()));
            }
            if let (Some(m), Some(partner)) = (moved.get_mut(*i), partners.get_mut(*i)) {
                (*m, *partner) = (!in_place, Some(*j));
            }
        }
        if x.has_more(of_x, of_y.len()) || y.has_more(of_y, of_x.len()) {
            return Some(Some(name.to_vec()));
        }
    }
    for (name, of_y) in y.by_name.iter().filter(|(n, _)| !x.by_name.contains_key(*n)) {
        if y.has_more(of_y, 0) {
            return Some(Some(name.to_vec()));
        }
    }
    // In the same order, but for those that are in another section now.
    let order = partners.iter().zip(&moved).filter(|(_, moved)| !**moved);
    if !order.filter_map(|(p, _)| *p).is_sorted() {
        return Some(None);
    }
    let strings = |i: &Image<'_>| i.section(".strtab").map(|s| i.section_bytes(s).to_vec());
    let same = strings(data.a.program.image()) == strings(data.b.program.image());
    let unread = !(x.names_are_used() && y.names_are_used());
    (!same && unread).then_some(None)
}

/// What is told already explains these addresses and names.
struct Told<'t, 's, 'p, 'a, 'b> {
    data: &'t Data<'s, 'p, 'a, 'b>,
    pairs: &'t Pairs,
    lines: &'t Lines,
}

impl Judge for Told<'_, '_, '_, '_, '_> {
    fn address(&self, theirs: u64, ours: u64) -> bool {
        let nowhere = || self.data.a.at(theirs).is_none() && self.data.b.at(ours).is_none();
        self.data.stands_for(self.pairs, theirs, ours) || theirs == ours && nowhere()
    }

    fn path(&self, theirs: &[u8], ours: &[u8]) -> bool {
        self.lines.told(theirs, ours)
    }
}

/// Debug information: the same but for addresses, paths and lines?
fn debug(data: &Data<'_, '_, '_, '_>, pairs: &Pairs, lines: &Lines, out: &mut Vec<Cause>) {
    let (x, y) = (data.a.program.image(), data.b.program.image());
    let cause = |note: String| Cause::new("debug information", Class::Change).note(note);
    match alike::alike(x, y, &Told { data, pairs, lines }) {
        Err(section) => out.push(cause(format!(
            "{section} differs in more than addresses, paths and lines"
        ))),
        Ok(found) => {
            let parts = [
                (found.declarations, "declarations and inlined calls"),
                (found.rows, "rows"),
            ];
            let told = parts
                .iter()
                .filter(|p| p.0 > 0)
                .map(|p| format!("{} {}", p.0, p.1));
            let told: Vec<String> = told.collect();
            if !told.is_empty() {
                let note = format!("of {} in the debug information", told.join(", "));
                out.push(Cause::new("line numbers", Class::Harmless).note(note));
            }
        }
    }
}

/// Are all debug sections byte for byte the same?
fn same_debug(x: &Image<'_>, y: &Image<'_>) -> bool {
    fn of<'a>(image: &Image<'a>) -> Vec<(&'a [u8], &'a [u8])> {
        let all = image.sections.iter().filter(|s| s.is_debug());
        all.map(|s| (s.name, image.section_bytes(s))).collect()
    }
    of(x) == of(y)
}
