//! The book in which every byte is entered once: spans of the file and their owners → rows.
//!
//! A region of the file is filled from start to end by *cuts*: each says who owns the bytes from there to the
//! next cut. So the spans are disjoint and add up by construction, whatever the structures in the file say.

use rustc_hash::FxHashMap;

use super::model::{Kind, Memory, Row, Source};
use super::names::{NONE, NameId, Names};

/// To whom bytes belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) package: NameId,
    pub(super) symbol: NameId,
    /// Of Go code the source file, of C code the compile unit.
    pub(super) file: NameId,
}

impl Owner {
    /// Bytes that no package owns.
    pub(super) fn plain(kind: Kind, source: Source) -> Owner {
        Owner {
            kind,
            source,
            package: NONE,
            symbol: NONE,
            file: NONE,
        }
    }

    /// Bytes of a package.
    pub(super) fn of(kind: Kind, source: Source, package: NameId) -> Owner {
        Owner {
            package,
            ..Owner::plain(kind, source)
        }
    }
}

/// From `at` on, up to the next cut, bytes belong to `owner`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Offset in bytes from the start of the image.
    pub(super) at: u64,
    pub(super) owner: Owner,
}

/// Collects spans into rows.
#[derive(Debug)]
pub(super) struct Ledger {
    sums: FxHashMap<(NameId, NameId, Owner), u64>,
    section: NameId,
    slice: NameId,
    memory: FxHashMap<(NameId, NameId, Owner), u64>,
    // Neighbouring spans mostly have the same owner; they are added up before the map is asked.
    last: Option<(Owner, u64)>,
}

impl Ledger {
    pub(super) fn new() -> Ledger {
        Ledger {
            sums: FxHashMap::default(),
            section: NONE,
            slice: NONE,
            memory: FxHashMap::default(),
            last: None,
        }
    }

    /// What follows belongs to this slice or member; [`NONE`] for a file that is one image.
    pub(super) fn begin_slice(&mut self, slice: NameId) {
        self.flush();
        self.slice = slice;
    }

    /// What follows lies in this section.
    pub(super) fn begin_section(&mut self, section: NameId) {
        if section != self.section {
            self.flush();
            self.section = section;
        }
    }

    /// Enters bytes.
    pub(super) fn add(&mut self, owner: Owner, bytes: u64) {
        match &mut self.last {
            Some((o, sum)) if *o == owner => *sum += bytes,
            _ => {
                self.flush();
                self.last = Some((owner, bytes));
            }
        }
    }

    /// Fills `[start, end)` by cuts sorted by place; `before` owns what lies in front of the first. Cuts
    /// outside are clamped, of cuts at one place the last wins.
    pub(super) fn fill(&mut self, start: u64, end: u64, before: Owner, cuts: impl IntoIterator<Item = Cut>) {
        let (mut at, mut owner) = (start, before);
        for cut in cuts {
            let to = cut.at.clamp(at, end.max(at));
            if to > at {
                self.add(owner, to - at);
            }
            (at, owner) = (to, cut.owner);
        }
        if end > at {
            self.add(owner, end - at);
        }
    }

    /// Enters memory without bytes in the file.
    pub(super) fn add_memory(&mut self, section: NameId, owner: Owner, bytes: u64) {
        if bytes > 0 {
            let sum = self.memory.entry((section, self.slice, owner)).or_default();
            *sum = sum.saturating_add(bytes);
        }
    }

    fn flush(&mut self) {
        if let Some((owner, bytes)) = self.last.take()
            && bytes > 0
        {
            *self.sums.entry((self.section, self.slice, owner)).or_default() += bytes;
        }
    }

    /// The rows, sorted; `module` gives the module of a package.
    pub(super) fn finish(
        mut self,
        names: &Names,
        module: impl Fn(&str) -> Option<String>,
    ) -> (Vec<Row>, Vec<Memory>) {
        self.flush();
        let names = names.texts();
        // None comes before any name.
        let ranks = ranks(&names);
        let rank = |id: NameId| ranks.get(id as usize).copied().unwrap_or(0);
        let is_c = |o: &Owner| matches!(o.kind, Kind::CCode | Kind::Dwarf);
        let mut sums: Vec<_> = self.sums.iter().collect();
        sums.sort_unstable_by_key(|((section, slice, o), bytes)| {
            let (file, unit) = if is_c(o) { (NONE, o.file) } else { (o.file, NONE) };
            (
                (o.kind, rank(*section), rank(o.package), rank(o.symbol)),
                (rank(file), rank(unit), rank(*slice), o.source, **bytes),
            )
        });
        let text = |id: NameId| names.get(id as usize).cloned();
        let mut modules: FxHashMap<NameId, Option<String>> = FxHashMap::default();
        let mut rows: Vec<Row> = Vec::with_capacity(sums.len());
        for ((section, slice, o), bytes) in sums {
            let package = text(o.package);
            let module = modules
                .entry(o.package)
                .or_insert_with(|| package.as_deref().and_then(&module))
                .clone();
            let c = is_c(o);
            rows.push(Row {
                kind: o.kind,
                section: text(*section).unwrap_or_default(),
                package,
                module,
                symbol: text(o.symbol),
                file: (!c).then(|| text(o.file)).flatten(),
                unit: c.then(|| text(o.file)).flatten(),
                slice: text(*slice),
                source: o.source,
                bytes: *bytes,
            });
        }
        let mut memory: Vec<Memory> = Vec::with_capacity(self.memory.len());
        for ((section, slice, o), bytes) in &self.memory {
            let package = text(o.package);
            memory.push(Memory {
                section: text(*section).unwrap_or_default(),
                module: package.as_deref().and_then(&module),
                package,
                symbol: text(o.symbol),
                slice: text(*slice),
                source: o.source,
                bytes: *bytes,
            });
        }
        memory.sort_unstable();
        (rows, memory)
    }
}

/// The place of each name among the sorted, from 1: comparing the texts of so many rows would take most of
/// the time.
fn ranks(names: &[String]) -> Vec<u32> {
    let mut order: Vec<NameId> = (0..names.len() as NameId).collect();
    order.sort_unstable_by_key(|i| names.get(*i as usize));
    let mut ranks: Vec<u32> = vec![0; names.len()];
    let mut rank = 0;
    let mut before: Option<&String> = None;
    for i in order {
        let name = names.get(i as usize);
        // What is no UTF-8 may read alike.
        if name != before {
            rank += 1;
        }
        before = name;
        if let Some(r) = ranks.get_mut(i as usize) {
            *r = rank;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::super::model::Detail;
    use super::*;

    #[test]
    fn a_region_is_filled_whatever_the_cuts_say() {
        let (mut l, mut names) = (Ledger::new(), Names::new(Detail::Package));
        let p = names.name(b"p");
        let own = |package| Owner::of(Kind::Code, Source::Functions, package);
        let cut = |at, package| Cut {
            at,
            owner: own(package),
        };
        // Before the start, twice at one place, backwards, past the end.
        l.fill(
            10,
            100,
            own(NONE),
            [
                cut(5, NONE),
                cut(20, p),
                cut(20, NONE),
                cut(15, p),
                cut(50, p),
                cut(500, NONE),
            ],
        );
        let (rows, _) = l.finish(&names, |_| None);
        assert_eq!(rows.iter().map(|r| r.bytes).sum::<u64>(), 90);
        let of_p: u64 = rows.iter().filter(|r| r.package.is_some()).map(|r| r.bytes).sum();
        assert_eq!(of_p, 80);
    }
}
