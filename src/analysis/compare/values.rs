//! Data that differ → causes with both values: variables, texts, embedded files, types.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::cause::{Cause, Class};
use super::data::{Data, Text, Unlike, is_text};
use super::functions::{self, Pairs};
use super::lines::Lines;
use super::pointers;
use super::space::{Kind, Space};
use super::spans::Spans;
use super::types;
use crate::go::{Program, fips};

/// Causes of one kind told at the most.
const TOLD: usize = 40;
/// Bytes of a value that are shown.
const SHOWN: usize = 400;

/// What the differing data come to.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub causes: Vec<Cause>,
    /// Bytes that nothing explains, by section.
    open: Vec<(String, u64, u64)>,
}

/// What is known of one file and explains data that hold it.
struct Known<'a> {
    /// Texts that the record names: build information, GODEBUG's defaults, the Go version, where Go was.
    texts: Vec<Vec<u8>>,
    /// Where the build information stands as a text.
    spans: Vec<Range<u64>>,
    embeds: FxHashMap<&'a [u8], (&'a [u8], u64, u64, u64)>,
}

impl<'a> Known<'a> {
    fn of(space: &Space<'_, 'a>, goroot: Option<&Vec<u8>>) -> Known<'a> {
        let program = space.program;
        let mut texts: Vec<Vec<u8>> = goroot.into_iter().cloned().collect();
        let mut spans = Vec::new();
        if let Some(b) = program.build_info() {
            let framed = b.blob.framed_modinfo;
            texts.push(framed.to_vec());
            texts.push(b.go_version().to_vec());
            texts.extend(b.info.setting("DefaultGODEBUG").map(|v| v.as_bytes().to_vec()));
            for area in space
                .areas
                .iter()
                .filter(|x| x.kind == Kind::Data && !framed.is_empty())
            {
                let found = memchr::memmem::find(area.bytes, framed).map(|at| area.addr + at as u64);
                spans.extend(found.map(|at| at..at + framed.len() as u64));
            }
        }
        let files = program.embeds().iter().filter_map(|e| Some((e.path?, e)));
        let embeds = files
            .map(|(path, e)| (path, (e.data, e.addr, e.table, e.record_size)))
            .collect();
        Known { texts, spans, embeds }
    }

    fn has(&self, text: &[u8]) -> bool {
        text.is_empty() || self.texts.iter().any(|t| t == text)
    }
}

struct Book<'d, 's, 'p, 'a, 'b> {
    data: &'d Data<'s, 'p, 'a, 'b>,
    pairs: &'d Pairs,
    /// A function that uses an address of the first file.
    users: FxHashMap<u64, u32>,
    known: (Known<'a>, Known<'b>),
    /// Does the garbage collector find the same pointers?
    pointers_proved: bool,
    /// What is explained already: of the first file, of the second.
    explained: (Spans, Spans),
    /// Tables of embedded files, which are told by file.
    tables: Spans,
    /// Anchors in the second file, sorted.
    ours: Vec<u64>,
    out: Values,
    counts: FxHashMap<String, usize>,
}

pub(super) fn causes(data: &Data<'_, '_, '_, '_>, pairs: &Pairs, lines: &Lines) -> Vec<Cause> {
    let known = (
        Known::of(data.a, lines.goroot.0.as_ref()),
        Known::of(data.b, lines.goroot.1.as_ref()),
    );
    let mut book = Book {
        data,
        pairs,
        users: pairs.claims.iter().map(|c| (c.theirs, c.function)).collect(),
        explained: Default::default(),
        tables: Spans::default(),
        ours: data.anchors.iter().map(|c| c.1).collect(),
        known,
        pointers_proved: false,
        out: Values::default(),
        counts: FxHashMap::default(),
    };
    book.ours.sort_unstable();
    if book.known.0.spans.is_empty() != book.known.1.spans.is_empty() {
        let note = "one file's build information is not what the program itself would say";
        book.push(Cause::new("not explained", Class::Open).note(note));
    }
    for span in std::mem::take(&mut book.known.0.spans) {
        book.explained.0.add(span);
    }
    for span in std::mem::take(&mut book.known.1.spans) {
        book.explained.1.add(span);
    }
    book.embeds();
    book.types();
    for text in &data.texts {
        book.text(text);
    }
    book.crossings();
    book.programs();
    book.fips();
    book.elsewhere();
    book.rest(lines);
    book.only_ours();
    book.close();
    book.out.causes
}

fn lossy(b: &[u8]) -> String {
    let cut = b.get(..SHOWN).unwrap_or(b);
    let mut out = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < b.len() {
        out.push('…');
    }
    out
}

impl Book<'_, '_, '_, '_, '_> {
    fn push(&mut self, cause: Cause) {
        let n = self.counts.entry(cause.what.to_string()).or_default();
        *n += 1;
        if *n <= TOLD {
            self.out.causes.push(cause);
        }
    }

    fn user(&self, addr: u64) -> Option<String> {
        let i = self.users.get(&addr)?;
        Some(functions::name(self.data.a.program, *i as usize))
    }

    fn name(&self, a: u64, b: u64) -> Option<String> {
        let of =
            |s: &Space<'_, '_>, addr: u64| s.symbol(addr).map(|s| String::from_utf8_lossy(s.2).into_owned());
        of(self.data.a, a).or_else(|| of(self.data.b, b))
    }

    /// Files of `embed.FS` by their paths.
    fn embeds(&mut self) {
        let (x, y) = (&self.known.0.embeds, &self.known.1.embeds);
        let paths: BTreeSet<&[u8]> = x.keys().chain(y.keys()).copied().collect();
        let mut found = Vec::new();
        let mut spans = (Vec::new(), Vec::new());
        for path in paths {
            let (p, q) = (x.get(path), y.get(path));
            if p.map(|p| p.0) == q.map(|q| q.0) {
                continue;
            }
            let shown = |f: Option<&(&[u8], u64, u64, u64)>| {
                f.map(|f| match is_text(f.0) && f.0.len() <= SHOWN {
                    true => lossy(f.0),
                    false => format!("{} bytes", f.0.len()),
                })
            };
            found.push(
                Cause::new("embedded file", Class::Change)
                    .named(lossy(path))
                    .values(shown(p), shown(q)),
            );
        }
        // Where a file differs, so do the records of its table: they hold hashes and lengths.
        if !found.is_empty() {
            for (known, to) in [
                (&self.known.0.embeds, &mut spans.0),
                (&self.known.1.embeds, &mut spans.1),
            ] {
                for f in known.values() {
                    to.push(f.1..f.1 + f.0.len() as u64);
                }
            }
            let tables = |p: &Program<'_>| -> Vec<Range<u64>> {
                let size = 3 * u64::from(p.image().ptr_size);
                let all = p.embeds().chunk_by(|e, f| e.table == f.table);
                all.filter_map(|t| Some((t.first()?, t.len() as u64)))
                    .map(|(e, n)| e.table..e.table.saturating_add(size + n * e.record_size))
                    .collect()
            };
            for t in tables(self.data.a.program) {
                self.tables.add(t.clone());
                spans.0.push(t);
            }
            spans.1.extend(tables(self.data.b.program));
        }
        for s in spans.0 {
            self.explained.0.add(s);
        }
        for s in spans.1 {
            self.explained.1.add(s);
        }
        for c in found {
            self.push(c);
        }
    }

    /// Types that differ.
    fn types(&mut self) {
        let found = types::compare(self.data.a.program, self.data.b.program);
        found.told.0.into_iter().for_each(|r| self.explained.0.add(r));
        found.told.1.into_iter().for_each(|r| self.explained.1.add(r));
        for cause in found.causes {
            self.push(cause);
        }
    }

    /// A variable that holds another text.
    fn text(&mut self, t: &Text) {
        let (a, b) = (self.data.a, self.data.b);
        let of = |s: &'_ Space<'_, '_>, (at, len): (u64, u64)| -> Vec<u8> {
            s.bytes(at).get(..len as usize).unwrap_or_default().to_vec()
        };
        let (x, y) = (of(a, t.a), of(b, t.b));
        let size = u64::from(a.program.image().ptr_size);
        for (spans, at, text) in [
            (&mut self.explained.0, t.at.0, t.a),
            (&mut self.explained.1, t.at.1, t.b),
        ] {
            spans.add(at..at + 2 * size);
            // The NUL that -X puts behind it belongs to it.
            spans.add(text.0..text.0 + text.1 + u64::from(text.1 > 0));
        }
        // What the record says is told there.
        if self.known.0.has(&x) && self.known.1.has(&y) {
            return;
        }
        if self.tables.holds(t.at.0) {
            return;
        }
        let name = self.name(t.at.0, t.at.1);
        let by_linker = self.by_linker(name.as_deref(), t);
        let mut cause = Cause::new(if by_linker { "-X" } else { "string variable" }, Class::Change)
            .values(Some(lossy(&x)), Some(lossy(&y)));
        cause.function = self.user(t.at.0).filter(|_| name.is_none());
        cause.name = name;
        if !by_linker {
            cause = cause.note("an initial value, or a file embedded into a string");
        }
        self.push(cause);
    }

    /// Was the text set by -X? The linker gives it a symbol of its own, and a NUL behind it, which the
    /// compiler's texts don't have.
    fn by_linker(&self, name: Option<&str>, t: &Text) -> bool {
        if let Some(name) = name {
            let symbol = format!("{name}.str");
            return self.data.a.has_symbol(symbol.as_bytes()) || self.data.b.has_symbol(symbol.as_bytes());
        }
        const LONGEST: u64 = 1024;
        let ends = |s: &Space<'_, '_>, (at, len): (u64, u64)| {
            len > 0 && len < LONGEST && s.bytes(at).get(len as usize) == Some(&0)
        };
        ends(self.data.a, t.a) || ends(self.data.b, t.b)
    }

    /// Variables that have an initial value in one of the files only.
    fn crossings(&mut self) {
        let data = self.data;
        let zero = |s: &Space<'_, '_>, at: u64| s.at(at).map(|x| x.kind == Kind::Zero);
        let size = u64::from(data.a.program.image().ptr_size);
        // The start of zeroed memory may lie in the file, which some formats fill up to a page.
        let empty = |s: &Space<'_, '_>, at: u64| {
            s.at(at).is_some_and(|x| x.write)
                && s.word(at) == Some(0)
                && s.word(at.wrapping_add(size)) == Some(0)
        };
        for &(x, y) in &data.anchors {
            let (Some(mut p), Some(mut q)) = (zero(data.a, x), zero(data.b, y)) else {
                continue;
            };
            if !p && !q {
                p = empty(data.a, x) && header(data.b, y).is_some();
                q = empty(data.b, y) && header(data.a, x).is_some();
            }
            if p == q {
                continue;
            }
            // Code may name the header's second word only.
            let (x, y) = match p {
                true => begun(data.b, (x, y), y),
                false => begun(data.a, (x, y), x),
            };
            if self.explained.0.holds(x) || self.explained.1.holds(y) {
                continue;
            }
            let text = if p { header(data.b, y) } else { header(data.a, x) };
            let Some(text) = text else {
                // Some formats fill the file up to a page with the first of the zeroed memory.
                let held = if p { data.b.symbol(y) } else { data.a.symbol(x) };
                let (from, len) = held.map_or((if p { y } else { x }, size), |s| (s.0, s.1));
                let bytes = if p { data.b.bytes(from) } else { data.a.bytes(from) };
                if bytes.iter().take(len as usize).all(|b| *b == 0) {
                    continue;
                }
                let cause =
                    Cause::new("data", Class::Change).note("has an initial value in one of the files only");
                let cause = Cause {
                    name: self.name(x, y),
                    function: self.user(x),
                    ..cause
                };
                self.push(cause);
                let end = |s: Option<(u64, u64, &[u8])>, at: u64| {
                    s.map_or(at.saturating_add(size), |s| s.0.saturating_add(s.1))
                };
                match p {
                    true => self.explained.1.add(y..end(data.b.symbol(y), y)),
                    false => self.explained.0.add(x..end(data.a.symbol(x), x)),
                }
                continue;
            };
            let t = match p {
                true => Text {
                    at: (x, y),
                    a: (0, 0),
                    b: text,
                },
                false => Text {
                    at: (x, y),
                    a: text,
                    b: (0, 0),
                },
            };
            self.text(&t);
        }
    }

    /// What tells the garbage collector where pointers are, if it says the same.
    fn programs(&mut self) {
        if let Some((x, y)) = pointers::proved(self.data) {
            x.into_iter().for_each(|r| self.explained.0.add(r));
            y.into_iter().for_each(|r| self.explained.1.add(r));
            self.pointers_proved = true;
        }
    }

    /// Go's sum over the code and data of its cryptographic module, where it is true in both files.
    fn fips(&mut self) {
        let (x, y) = (fips::read(self.data.a.program), fips::read(self.data.b.program));
        let (Some(x), Some(y)) = (x, y) else { return };
        if !x.sum_is_true || !y.sum_is_true {
            return;
        }
        self.explained.0.add(x.addr..x.addr.saturating_add(x.size));
        self.explained.1.add(y.addr..y.addr.saturating_add(y.size));
        if x.sum != y.sum {
            let note = "a sum over code and data, which changes with any address; right in both";
            self.push(Cause::new("FIPS sum", Class::Effect).note(note));
        }
    }

    /// Code that names another place than its partner, though all else of it is equal.
    fn elsewhere(&mut self) {
        let data = self.data;
        let held = |s: &Space<'_, '_>, at: u64| {
            s.at(at)
                .is_some_and(|x| matches!(x.kind, Kind::Data | Kind::Zero))
        };
        let mut found = Vec::new();
        for c in &self.pairs.claims {
            let Some(known) = data.exact(c.theirs).filter(|k| *k != c.ours) else {
                continue;
            };
            // The same number on both sides may be no address.
            let told = c.theirs != c.ours || self.ours.binary_search(&c.ours).is_ok();
            let elsewhere = told && !data.at_edges(c.theirs, c.ours);
            if elsewhere && held(data.b, c.ours) && data.b.at(known).is_some() {
                found.push((c.function, c.theirs, c.ours));
            }
        }
        found.sort_unstable();
        found.dedup();
        for (function, x, y) in found {
            let shown = |s: &Space<'_, '_>, at: u64| {
                Some(s.symbol(at).map_or_else(|| format!("{at:#x}"), |s| lossy(s.2)))
            };
            let cause = Cause::new("data", Class::Change)
                .function(functions::name(data.a.program, function as usize))
                .values(shown(data.a, x), shown(data.b, y))
                .note("the function names another place");
            self.push(cause);
        }
    }

    /// Everything else that does not match.
    fn rest(&mut self, lines: &Lines) {
        let data = self.data;
        for u in &data.unlike {
            let (x, y) = (data.a.bytes(u.a.start), data.b.bytes(u.b.start));
            let x = x.get(..(u.a.end - u.a.start) as usize).unwrap_or(x);
            let y = y.get(..(u.b.end - u.b.start) as usize).unwrap_or(y);
            let left = |bytes: &[u8], at: u64, spans: &Spans| {
                let mut all = bytes.iter().enumerate();
                all.any(|(i, b)| *b != 0 && !spans.holds(at + i as u64))
            };
            let zeros = y.iter().all(|b| *b == 0) && x.iter().all(|b| *b == 0);
            if zeros {
                continue;
            }
            if !left(x, u.a.start, &self.explained.0) && !left(y, u.b.start, &self.explained.1) {
                continue;
            }
            if x.len() == y.len()
                && x.iter()
                    .zip(y)
                    .enumerate()
                    .all(|(i, (p, q))| p == q || lines.in_trees.contains(&(u.a.start + i as u64)))
                && x != y
            {
                // Told with the lines.
                continue;
            }
            if self.in_module(u, lines) {
                continue;
            }
            self.unlike(u, x, y);
        }
    }

    /// The runtime's own index holds the lengths of the tables that are compared by themselves, and where
    /// pieces of memory end.
    fn in_module(&self, u: &Unlike, lines: &Lines) -> bool {
        let (a, b) = (self.data.a, self.data.b);
        let size = u64::from(a.program.image().ptr_size);
        let (Ok(m), Ok(n)) = (a.program.moduledata(), b.program.moduledata()) else {
            return false;
        };
        let inside = |r: &Range<u64>, at: u64, len: u64| at <= r.start && r.end <= at.saturating_add(len);
        let shift = n.addr.wrapping_sub(m.addr);
        if !inside(&u.a, m.addr, m.size)
            || !inside(&u.b, n.addr, n.size)
            || u.b.start.wrapping_sub(u.a.start) != shift
        {
            return false;
        }
        // Six slices: names, units, files, pc-value tables, functions, and the functions' index.
        const SLICES: u64 = 19;
        let words = (u.a.start - m.addr) / size..(u.a.end - m.addr).div_ceil(size);
        words.into_iter().all(|i| {
            let (v, w) = (a.word(m.addr + i * size), b.word(n.addr + i * size));
            let (Some(v), Some(w)) = (v, w) else { return false };
            let masks = [(m.gcdata, n.gcdata), (m.gcbss, n.gcbss)].contains(&(v, w));
            v == w
                || i < SLICES && lines.proved && self.data.sizes_of_tables(v, w)
                || masks && self.pointers_proved
                || self.data.stands_for(self.pairs, v, w)
        })
    }

    fn unlike(&mut self, u: &Unlike, x: &[u8], y: &[u8]) {
        let data = self.data;
        let section = data.a.at(u.a.start).or_else(|| data.b.at(u.b.start));
        let section = section.map(|s| lossy(s.name)).unwrap_or_default();
        let place = (
            data.a.at(u.from.0).map(|s| s.write),
            data.a.symbol(u.a.start),
            data.b.symbol(u.b.start),
        );
        let strings = |s: Option<(u64, u64, &[u8])>| {
            s.is_none_or(|s| s.2.starts_with(b"go:string") || s.2.starts_with(b"go.string"))
        };
        if place.0 == Some(false) && strings(place.1) && self.constant(u) {
            return;
        }
        let name = place
            .1
            .or(place.2)
            .map(|s| lossy(s.2))
            .filter(|n| !n.starts_with("go:string"));
        let (p, q) = self.shown(u, x, y);
        let mut cause = Cause::new("data", Class::Change).section(section).values(p, q);
        cause.function = self
            .user(u.a.start)
            .or_else(|| self.user(u.from.0))
            .filter(|_| name.is_none());
        cause.name = name;
        self.push(cause);
    }

    /// A variable's whole value where it is a number; else the bytes that differ.
    fn shown(&self, u: &Unlike, x: &[u8], y: &[u8]) -> (Option<String>, Option<String>) {
        let one = |s: &Space<'_, '_>, at: u64, bytes: &[u8]| {
            let endian = s.program.image().endian;
            if bytes.is_empty() {
                return None;
            }
            if let Some((start, size, _)) = s.symbol(at) {
                let b = s.bytes(start);
                let number = match size {
                    1 => b.first().map(|b| u64::from(*b)),
                    2 => endian.u16(b, 0).map(u64::from),
                    4 => endian.u32(b, 0).map(u64::from),
                    8 => endian.u64(b, 0),
                    _ => None,
                };
                if let Some(n) = number {
                    return Some(n.to_string());
                }
            }
            if is_text(bytes) {
                return Some(lossy(bytes));
            }
            let hex: String = bytes.iter().take(32).map(|b| format!("{b:02x}")).collect();
            Some(if bytes.len() > 32 { hex + "…" } else { hex })
        };
        (one(self.data.a, u.a.start, x), one(self.data.b, u.b.start, y))
    }

    /// A text that code names: from its anchor to the next one.
    fn constant(&mut self, u: &Unlike) -> bool {
        let (x, y) = u.from;
        let i = self.data.anchors.partition_point(|c| c.0 <= x);
        let end_a = self.data.anchors.get(i).map_or(x, |c| c.0);
        let next = self.ours.partition_point(|b| *b <= y);
        let end_b = self.ours.get(next).copied().unwrap_or(y);
        let cut = |s: &Space<'_, '_>, from: u64, to: u64| -> Option<Vec<u8>> {
            let b = s
                .bytes(from)
                .get(..usize::try_from(to.checked_sub(from)?).ok()?)?;
            (!b.is_empty() && b.len() < 4096 && is_text(b)).then(|| b.to_vec())
        };
        let (Some(p), Some(q)) = (cut(self.data.a, x, end_a), cut(self.data.b, y, end_b)) else {
            return false;
        };
        self.explained.0.add(x..end_a);
        self.explained.1.add(y..end_b);
        if p == q {
            return false;
        }
        let mut cause = Cause::new("string constant", Class::Change).values(Some(lossy(&p)), Some(lossy(&q)));
        cause.function = self.user(x);
        self.push(cause);
        true
    }

    /// Data of the second file that stand for nothing in the first.
    fn only_ours(&mut self) {
        let mut spans = self.explained.1.clone();
        let unlike = self.data.unlike.iter().map(|u| &u.b);
        for s in self.data.matched.iter().chain(unlike) {
            spans.add(s.clone());
        }
        for area in self.data.b.areas.iter().filter(|x| x.kind == Kind::Data) {
            for s in spans.outside(area.addr..area.addr + area.bytes.len() as u64) {
                let bytes = area
                    .bytes
                    .get((s.start - area.addr) as usize..(s.end - area.addr) as usize);
                if bytes.is_some_and(|b| b.iter().any(|b| *b != 0)) {
                    self.out.open.push((lossy(area.name), s.start, s.end - s.start));
                }
            }
        }
    }

    /// What is left is told by section, and how many causes were left out.
    fn close(&mut self) {
        let mut left: Vec<(&String, usize)> = self.counts.iter().map(|(w, n)| (w, *n)).collect();
        left.sort();
        let more: Vec<Cause> = left
            .into_iter()
            .filter(|(_, n)| *n > TOLD)
            .map(|(word, n)| {
                let class = self
                    .out
                    .causes
                    .iter()
                    .find(|c| c.what == *word)
                    .map_or(Class::Change, |c| c.class);
                Cause::new(word.clone(), class).note(format!("and {} more", n - TOLD))
            })
            .collect();
        self.out.causes.extend(more);
        let mut sections: Vec<(String, u64, u64, u64)> = Vec::new();
        for (section, at, size) in std::mem::take(&mut self.out.open) {
            match sections.last_mut().filter(|s| s.0 == section) {
                Some(s) => (s.2, s.3) = (s.2 + size, s.3 + 1),
                None => sections.push((section, at, size, 1)),
            }
        }
        for (section, at, size, n) in sections {
            let note = format!(
                "{size} bytes in {n} places, the first at {at:#x}, stand for nothing in the first file"
            );
            self.out
                .causes
                .push(Cause::new("data", Class::Change).section(section).note(note));
        }
    }
}

/// A pair of places, moved to where the variable starts that `at` is in.
fn begun(s: &Space<'_, '_>, pair: (u64, u64), at: u64) -> (u64, u64) {
    let size = u64::from(s.program.image().ptr_size);
    let into = match s.symbol(at) {
        Some((start, ..)) => at - start,
        None if header(s, at).is_none() && header(s, at.wrapping_sub(size)).is_some() => size,
        None => 0,
    };
    (pair.0.wrapping_sub(into), pair.1.wrapping_sub(into))
}

/// The text whose header stands at an address: where it is, and its length.
fn header(s: &Space<'_, '_>, at: u64) -> Option<(u64, u64)> {
    let size = u64::from(s.program.image().ptr_size);
    let (ptr, len) = (s.word(at)?, s.word(at.checked_add(size)?)?);
    let short = (1..1 << 20).contains(&len);
    let text = s.bytes(ptr).get(..len as usize).filter(|b| short && is_text(b));
    text.map(|_| (ptr, len))
}
