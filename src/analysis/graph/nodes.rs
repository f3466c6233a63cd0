//! What a program is made of, as nodes with bytes: functions, type descriptors, itabs, and data between two
//! places that something refers to.
//!
//! A function's bytes are its code and its part of the pclntab: its record and name, and of the tables and
//! file names a share by the size of its code. Data reaches from one start to the next; variables without
//! bytes in the file are nodes without bytes.

use rustc_hash::FxHashMap;

use crate::go::Program;

/// Stands for no package.
pub(super) const NONE: u32 = u32::MAX;

/// A range of addresses that holds data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    pub start: u64,
    pub end: u64,
    /// Has it bytes in the file?
    pub stored: bool,
    /// May its words be pointers?
    pub pointers: bool,
    /// May the program write to it?
    pub write: bool,
}

/// The ranges that hold data, in the order of addresses; without the pclntab, which is its functions'.
pub(super) fn zones(program: &Program<'_>) -> Vec<Zone> {
    let image = program.image();
    let mut out = Vec::new();
    let sections = image
        .sections
        .iter()
        .filter(|s| s.alloc && s.mem_size > 0 && s.addr != 0);
    for s in sections.clone() {
        if s.perm.exec || s.name.ends_with(b"gopclntab") {
            continue;
        }
        let name = s
            .name
            .rsplit(|b| *b == b'.' || *b == b'_')
            .next()
            .unwrap_or_default();
        let plain = [
            &b"noptrdata"[..],
            b"typelink",
            b"itablink",
            b"module",
            b"buildinfo",
            b"fipsinfo",
            b"noptrbss",
        ];
        out.push(Zone {
            start: s.addr,
            end: s.addr.saturating_add(s.mem_size),
            stored: s.file_size > 0,
            pointers: s.file_size > 0 && !plain.contains(&name),
            write: s.perm.write,
        });
    }
    if sections.count() == 0 {
        for s in image.segments.iter().filter(|s| !s.perm.exec) {
            out.push(Zone {
                start: s.addr,
                end: s.addr.saturating_add(s.mem_size),
                stored: true,
                pointers: true,
                write: s.perm.write,
            });
        }
    }
    out.sort_by_key(|z| z.start);
    let mut cut: Vec<Zone> = Vec::new();
    // What the runtime's own tables take is no data that anything refers to.
    let mut holes = Vec::new();
    if let Ok(t) = program.pclntab() {
        holes.push((t.addr(), t.addr().saturating_add(lines_size(program))));
    }
    if let Ok(m) = program.moduledata() {
        let list = |s: crate::go::moduledata::Slice, size: u64| {
            (s.addr, s.addr.saturating_add(s.len.saturating_mul(size)))
        };
        holes.push((m.addr, m.addr.saturating_add(m.size)));
        holes.push(list(m.typelinks, 4));
        holes.push(list(m.itablinks, program.memory().ptr_size()));
    }
    holes.sort_unstable();
    for z in out {
        let mut start = z.start.max(cut.last().map_or(0, |l| l.end));
        for (from, to) in &holes {
            if *from < z.end && *to > start {
                cut.push(Zone {
                    start,
                    end: (*from).max(start),
                    ..z
                });
                start = *to;
            }
        }
        cut.push(Zone { start, ..z });
    }
    cut.retain(|z| z.start < z.end);
    cut
}

/// Bytes of the pclntab with what lies in its section behind the records: funcdata since Go 1.26.
fn lines_size(program: &Program<'_>) -> u64 {
    let Ok(table) = program.pclntab() else { return 0 };
    let section = program
        .image()
        .section_at(table.addr())
        .filter(|s| s.name.ends_with(b"gopclntab"));
    let end = program.moduledata().ok().and_then(|m| m.epclntab);
    let end = end.or(section.map(|s| s.addr.saturating_add(s.file_size)));
    let whole = end.and_then(|e| e.checked_sub(table.addr()));
    // Not more than the file holds.
    whole.map_or(table.size(), |w| {
        w.clamp(table.size(), program.file().len() as u64)
    })
}

/// The zone that holds `addr`.
pub(super) fn zone_at(zones: &[Zone], addr: u64) -> Option<&Zone> {
    let i = zones.partition_point(|z| z.start <= addr).checked_sub(1)?;
    zones.get(i).filter(|z| addr < z.end)
}

/// Packages by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub list: Vec<String>,
    map: FxHashMap<String, u32>,
}

impl Names {
    pub fn intern(&mut self, path: &str) -> u32 {
        if let Some(known) = self.map.get(path) {
            return *known;
        }
        let id = self.list.len() as u32;
        self.list.push(path.to_owned());
        self.map.insert(path.to_owned(), id);
        id
    }

    pub fn find(&self, path: &str) -> Option<u32> {
        self.map.get(path).copied()
    }
}

/// All nodes: the functions by their index, then data in the order of addresses.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// How many of them are functions.
    pub functions: usize,
    /// Addresses of the data nodes.
    pub starts: Vec<u64>,
    pub weight: Vec<u64>,
    /// Number of the package, or [`NONE`].
    pub package: Vec<u32>,
}

impl Nodes {
    pub fn new(program: &Program<'_>, zones: &[Zone], starts: Vec<u64>, names: &mut Names) -> Nodes {
        let functions = program.functions();
        let count = functions.len();
        let mut n = Nodes {
            functions: count,
            weight: Vec::with_capacity(count + starts.len()),
            package: Vec::with_capacity(count + starts.len()),
            starts,
        };
        let ids: Vec<u32> = functions.packages().iter().map(|p| names.intern(p)).collect();
        n.functions(program, &ids);
        for (i, start) in n.starts.iter().enumerate() {
            let next = n.starts.get(i + 1).copied().unwrap_or(u64::MAX);
            let size = zone_at(zones, *start)
                .filter(|z| z.stored)
                .map_or(0, |z| z.end.min(next) - start);
            n.weight.push(size);
            n.package.push(NONE);
        }
        n
    }

    fn functions(&mut self, program: &Program<'_>, ids: &[u32]) {
        let functions = program.functions();
        let Ok(table) = program.pclntab() else { return };
        let size = |i: usize| functions.code(i).map_or(0, |r| r.end - r.start);
        let all: u64 = (0..self.functions).map(size).sum();
        let mut own = Vec::with_capacity(self.functions);
        for f in table.functions() {
            let record = f.record();
            own.push(record.end - record.start + 8 + f.name().len() as u64 + 1);
        }
        let rest = lines_size(program).saturating_sub(own.iter().sum());
        for (i, own) in own.iter().enumerate() {
            let code = size(i);
            let share = u128::from(rest) * u128::from(code) / u128::from(all.max(1));
            self.weight.push(code + own + share as u64);
            let package = functions.package_index(i).and_then(|p| ids.get(p));
            self.package.push(package.copied().unwrap_or(NONE));
        }
        self.weight.resize(self.functions, 0);
        self.package.resize(self.functions, NONE);
    }

    /// The node of the data that holds `addr`, which must lie in a zone.
    pub fn data_at(&self, addr: u64) -> Option<u32> {
        let i = self.starts.partition_point(|s| *s <= addr).checked_sub(1)?;
        Some((self.functions + i) as u32)
    }

    /// The node of the data that starts at `addr`.
    pub fn data_starting(&self, addr: u64) -> Option<u32> {
        let i = self.starts.binary_search(&addr).ok()?;
        Some((self.functions + i) as u32)
    }
}
