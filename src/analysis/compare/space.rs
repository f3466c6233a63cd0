//! A program's address space in pieces that are compared in one way each: code, the pclntab, the build
//! information, data.

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::FxHashSet;

use super::tables::{Key, keyed};
use crate::go::Program;
use crate::image::clip;

/// How a piece is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Function by function.
    Text,
    /// Table by table.
    Pclntab,
    /// As the record and the build IDs, line by line.
    Apart,
    /// By what points where.
    Data,
    /// Memory that the file holds no bytes of.
    Zero,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub(super) struct Area<'a> {
    /// The section's name.
    pub name: &'a [u8],
    /// The section, and which piece of it this is.
    pub key: (Key<'a>, usize),
    pub addr: u64,
    pub size: u64,
    /// What the file holds of it.
    pub bytes: &'a [u8],
    pub kind: Kind,
    pub write: bool,
    /// Are its start and its end those of the section, or of a table in it? What a file holds of a section
    /// may end anywhere.
    pub whole: (bool, bool),
}

impl Area<'_> {
    pub fn end(&self) -> u64 {
        self.addr.saturating_add(self.size)
    }
}

/// All pieces, sorted by address.
#[derive(Debug)]
pub(super) struct Space<'p, 'a> {
    pub program: &'p Program<'a>,
    pub areas: Vec<Area<'a>>,
    symbols: OnceCell<Vec<(u64, u64, &'a [u8])>>,
    names: OnceCell<FxHashSet<&'a [u8]>>,
}

impl<'p, 'a> Space<'p, 'a> {
    pub fn of(program: &'p Program<'a>) -> Space<'p, 'a> {
        let image = program.image();
        let mut cuts: Vec<(Range<u64>, Kind)> = Vec::new();
        if let Ok(t) = program.pclntab() {
            cuts.push((t.addr()..t.addr().saturating_add(t.size()), Kind::Pclntab));
        }
        if let Some(b) = program.build_info().map(|b| &b.blob).filter(|b| b.addr != 0) {
            cuts.push((b.addr..b.addr.saturating_add(b.size), Kind::Apart));
        }
        let mut areas = Vec::new();
        let held = keyed(image).into_iter().filter(|s| s.1.alloc && s.1.mem_size > 0);
        for (key, s) in held {
            let kind = match (s.perm.exec, s.file_size) {
                (true, _) => Kind::Text,
                (_, 0) => Kind::Zero,
                _ if s.name.starts_with(b".note") => Kind::Apart,
                _ => Kind::Data,
            };
            let end = s.addr.saturating_add(s.mem_size);
            let mut edges = vec![s.addr, end];
            let inner = cuts.iter().filter(|_| kind == Kind::Data);
            edges.extend(
                inner
                    .flat_map(|c| [c.0.start, c.0.end])
                    .filter(|e| s.addr < *e && *e < end),
            );
            // Memory behind what the file holds of a section is as good as a section of zeros.
            let stop = s.addr.saturating_add(s.file_size);
            if kind == Kind::Data && stop < end {
                edges.push(stop);
            }
            edges.sort_unstable();
            edges.dedup();
            for (n, w) in edges.windows(2).enumerate() {
                let (from, to) = (w[0], w[1]);
                let special = cuts.iter().find(|c| kind == Kind::Data && c.0.contains(&from));
                let held = to.min(s.addr.saturating_add(s.file_size)).saturating_sub(from);
                areas.push(Area {
                    name: s.name,
                    key: (key, n),
                    addr: from,
                    size: to - from,
                    bytes: clip(image.data, s.offset.saturating_add(from - s.addr), held),
                    kind: match kind {
                        Kind::Data if from >= stop => Kind::Zero,
                        _ => special.map_or(kind, |c| c.1),
                    },
                    write: s.perm.write,
                    whole: (from != stop || from == s.addr, to != stop || to == end),
                });
            }
        }
        areas.sort_by_key(|a| a.addr);
        Space {
            program,
            areas,
            symbols: OnceCell::new(),
            names: OnceCell::new(),
        }
    }

    /// The piece that holds an address.
    pub fn at(&self, addr: u64) -> Option<&Area<'a>> {
        let i = self.areas.partition_point(|a| a.addr <= addr).checked_sub(1)?;
        self.areas.get(i).filter(|a| addr < a.end())
    }

    /// The bytes from an address to the end of its piece.
    pub fn bytes(&self, addr: u64) -> &'a [u8] {
        let from = |a: &Area<'a>| a.bytes.get(usize::try_from(addr - a.addr).ok()?..);
        self.at(addr).and_then(from).unwrap_or_default()
    }

    /// The pointer-sized number at an address.
    pub fn word(&self, addr: u64) -> Option<u64> {
        let image = self.program.image();
        image.endian.word(self.bytes(addr), 0, image.ptr_size)
    }

    /// The data symbol that holds an address: its start, size and name. The linker's own marks
    /// (`runtime.rodata`) count only where they are alone.
    pub fn symbol(&self, addr: u64) -> Option<(u64, u64, &'a [u8])> {
        let all = self.symbols.get_or_init(|| {
            let image = self.program.image();
            let mut out: Vec<_> = image.symbols().unwrap_or_default().iter().collect();
            out.retain(|s| matches!(s.place, crate::image::Place::Section(_)) && !s.name.is_empty());
            let mut out: Vec<_> = out
                .into_iter()
                .map(|s| (s.addr, s.size, image.format.source_name(s.name)))
                .collect();
            out.sort_by_key(|s| (s.0, s.1 > 0));
            for i in 0..out.len() {
                // Formats that record no sizes: up to the next one.
                let next = out.get(i + 1).map_or(u64::MAX, |n| n.0);
                if let Some(s) = out.get_mut(i).filter(|s| s.1 == 0) {
                    s.1 = next.saturating_sub(s.0).min(1 << 20);
                }
            }
            out
        });
        let i = all.partition_point(|s| s.0 <= addr).checked_sub(1)?;
        all.get(i).copied().filter(|s| addr - s.0 < s.1)
    }

    /// Is there a symbol of this name?
    pub fn has_symbol(&self, name: &[u8]) -> bool {
        let all = self.names.get_or_init(|| {
            let image = self.program.image();
            let all = image.symbols().unwrap_or_default().iter();
            all.map(|s| image.format.source_name(s.name)).collect()
        });
        all.contains(name)
    }
}
