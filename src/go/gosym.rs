//! A pclntab → file and line of a pc, exactly as Go's debug/gosym answers (Go 1.27: debug/gosym/pclntab.go).
//!
//! `go tool objdump` and `go tool addr2line` print these answers, including gosym's own ways: the text start
//! comes from the caller and not from the table, a pc past the end of a function's table has line -1, and a
//! table with a broken header knows nothing at all. Whoever wants the facts rather than gosym's words reads
//! the pclntab itself.

use crate::image::Endian;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V12,
    V116,
    V118,
}

/// The line table.
#[derive(Debug, Clone, Copy)]
pub struct LineTable<'a> {
    version: Version,
    endian: Endian,
    quantum: u32,
    ptr_size: usize,
    text_start: u64,
    /// How many functions.
    count: usize,
    functab: &'a [u8],
    funcdata: &'a [u8],
    pctab: &'a [u8],
    cutab: &'a [u8],
    filetab: &'a [u8],
    /// Strings of a 1.2 table are offsets into all of it.
    all: &'a [u8],
}

/// What gosym says of a pc: the file ("" if unknown) and the line (0 where no function holds the pc, -1 where
/// its table has no line for it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position<'a> {
    /// As stored in the table.
    pub file: &'a [u8],
    /// From 1 on where it is known.
    pub line: i64,
}

impl<'a> LineTable<'a> {
    /// Reads the header. `text_start` is the address of `runtime.text`. `None` for a table without a known
    /// header, of which gosym knows no function.
    pub fn new(data: &'a [u8], text_start: u64) -> Option<LineTable<'a>> {
        let head: [u8; 8] = data.get(..8)?.try_into().ok()?;
        let [_, _, _, _, 0, 0, quantum @ (1 | 2 | 4), ptr @ (4 | 8)] = head else {
            return None;
        };
        let version = |magic| match magic {
            0xffff_fffb_u32 => Some(Version::V12),
            0xffff_fffa => Some(Version::V116),
            0xffff_fff0 | 0xffff_fff1 => Some(Version::V118),
            _ => None,
        };
        let magic = [head[0], head[1], head[2], head[3]];
        let (version, endian) = match version(u32::from_le_bytes(magic)) {
            Some(v) => (v, Endian::Little),
            None => (version(u32::from_be_bytes(magic))?, Endian::Big),
        };
        let ptr_size = usize::from(ptr);
        let word = |i: usize| endian.word(data, 8 + i * ptr_size, ptr);
        let part = |i: usize| data.get(usize::try_from(word(i)?).ok()?..);
        let mut t = LineTable {
            version,
            endian,
            quantum: u32::from(quantum),
            ptr_size,
            text_start,
            count: word(0)? as u32 as usize,
            functab: &[],
            funcdata: data,
            pctab: data,
            cutab: &[],
            filetab: &[],
            all: data,
        };
        match version {
            Version::V118 | Version::V116 => {
                let first = if version == Version::V118 { 4 } else { 3 };
                t.cutab = part(first)?;
                t.filetab = part(first + 1)?;
                t.pctab = part(first + 2)?;
                t.funcdata = part(first + 3)?;
                t.functab = t.funcdata;
            }
            Version::V12 => t.functab = data.get(8 + ptr_size..)?,
        }
        let size = t
            .count
            .checked_mul(2)?
            .checked_add(1)?
            .checked_mul(t.field_size())?;
        if version == Version::V12 {
            let at = endian.u32(t.functab, size)? as usize;
            let files = data.get(at..)?;
            let n = endian.u32(files, 0)? as usize;
            t.filetab = files.get(..n.checked_mul(4)?)?;
        }
        t.functab = t.functab.get(..size)?;
        Some(t)
    }

    fn field_size(&self) -> usize {
        if self.version >= Version::V118 {
            4
        } else {
            self.ptr_size
        }
    }

    fn field(&self, i: usize) -> Option<u64> {
        let size = self.field_size();
        self.endian.word(self.functab, i.checked_mul(size)?, size as u8)
    }

    /// The entry of function `i`; of `count` the end of the last one.
    fn entry(&self, i: usize) -> Option<u64> {
        let pc = self.field(2 * i)?;
        Some(if self.version >= Version::V118 {
            pc.wrapping_add(self.text_start)
        } else {
            pc
        })
    }

    /// The function that holds `pc`: its bounds and its record.
    fn find(&self, pc: u64) -> Option<(u64, u64, &'a [u8])> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let (start, end) = (self.entry(middle)?, self.entry(middle + 1)?);
            if pc < start {
                high = middle;
            } else if pc < end {
                let at = usize::try_from(self.field(2 * middle + 1)?).ok()?;
                return Some((start, end, self.funcdata.get(at..)?));
            } else {
                low = middle + 1;
            }
        }
        None
    }

    /// The start of every function that the table has, in its order, and the end of the last.
    pub fn entries(&self) -> impl Iterator<Item = u64> + '_ {
        (0..=self.count).map_while(|i| self.entry(i))
    }

    /// Something that answers for ascending pcs without starting over each time.
    pub fn cursor(self) -> Cursor<'a> {
        Cursor {
            table: self,
            function: None,
            at: Position::default(),
            until: 0,
        }
    }

    fn file(&self, number: i32, cu: u32) -> Option<&'a [u8]> {
        if self.version == Version::V12 {
            let number = usize::try_from(number).ok().filter(|n| *n > 0)?;
            let at = self.endian.u32(self.filetab, number.checked_mul(4)?)? as usize;
            return crate::image::c_string(self.all, at);
        }
        let index = cu.wrapping_add(u32::try_from(number).ok()?) as usize;
        let at = self.endian.u32(self.cutab, index.checked_mul(4)?)?;
        if at == u32::MAX {
            None
        } else {
            crate::image::c_string(self.filetab, at as usize)
        }
    }
}

/// Where a walk over a pc-value table stands.
#[derive(Debug, Clone, Copy)]
struct Walk {
    offset: usize,
    pc: u64,
    value: i32,
    over: bool,
}

impl Walk {
    fn new(offset: u32, entry: u64) -> Walk {
        Walk {
            offset: offset as usize,
            pc: entry,
            value: -1,
            over: false,
        }
    }

    /// The value at `target`, which is not before that of the last call; -1 past the end. `None` where the
    /// table is broken.
    fn value(&mut self, table: &LineTable<'_>, entry: u64, target: u64) -> Option<i32> {
        while !self.over && target >= self.pc {
            let delta = self.varint(table.pctab)?;
            if delta == 0 && self.pc != entry {
                self.over = true;
                break;
            }
            let delta = if delta & 1 != 0 { !(delta >> 1) } else { delta >> 1 };
            let advance = self.varint(table.pctab)?.wrapping_mul(table.quantum);
            self.pc = self.pc.wrapping_add(u64::from(advance));
            self.value = self.value.wrapping_add(delta as i32);
        }
        Some(if self.over { -1 } else { self.value })
    }

    fn varint(&mut self, table: &[u8]) -> Option<u32> {
        let (mut v, mut shift) = (0u32, 0u32);
        loop {
            let b = *table.get(self.offset)?;
            self.offset += 1;
            v |= u32::from(b & 0x7f).checked_shl(shift).unwrap_or(0);
            if b & 0x80 == 0 {
                return Some(v);
            }
            shift = shift.saturating_add(7);
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Function {
    entry: u64,
    end: u64,
    cu: u32,
    last: u64,
    /// `None` once the table turned out broken.
    files: Option<Walk>,
    lines: Option<Walk>,
}

/// Answers for ascending pcs; any other order works too, slower.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    table: LineTable<'a>,
    function: Option<Function>,
    at: Position<'a>,
    /// Up to here (exclusive) the last answer holds.
    until: u64,
}

impl<'a> Cursor<'a> {
    /// File and line of `pc`.
    pub fn at(&mut self, pc: u64) -> Position<'a> {
        if let Some(f) = &self.function
            && f.last <= pc
            && pc < self.until
        {
            return self.at;
        }
        let fits = self.function.is_some_and(|f| f.last <= pc && pc < f.end);
        if !fits {
            self.function = self.open(pc);
        }
        let Some(f) = &mut self.function else {
            return Position::default();
        };
        f.last = pc;
        let file = step(&mut f.files, &self.table, f.entry, pc);
        let line = step(&mut f.lines, &self.table, f.entry, pc).unwrap_or(-1);
        let file = file.and_then(|number| self.table.file(number, f.cu));
        let ends = |w: Option<Walk>| w.filter(|w| !w.over).map_or(f.end, |w| w.pc);
        self.until = ends(f.files).min(ends(f.lines)).min(f.end);
        self.at = Position {
            file: file.unwrap_or_default(),
            line: i64::from(line),
        };
        self.at
    }

    fn open(&self, pc: u64) -> Option<Function> {
        let t = &self.table;
        let (start, end, record) = t.find(pc)?;
        let first = if t.version >= Version::V118 { 4 } else { t.ptr_size };
        let field = |n: usize| t.endian.u32(record, first + (n - 1) * 4);
        // gosym walks from the entry that the record itself gives.
        let entry = if t.version >= Version::V118 {
            t.endian
                .u32(record, 0)
                .map(|e| u64::from(e).wrapping_add(t.text_start))
        } else {
            t.endian.word(record, 0, t.ptr_size as u8)
        };
        let walk = |n| Some(Walk::new(field(n)?, entry?));
        Some(Function {
            entry: entry.unwrap_or(start),
            end,
            cu: field(8).unwrap_or(0),
            last: pc,
            files: walk(5),
            lines: walk(6),
        })
    }
}

fn step(walk: &mut Option<Walk>, table: &LineTable<'_>, entry: u64, pc: u64) -> Option<i32> {
    let value = walk.as_mut()?.value(table, entry, pc);
    if value.is_none() {
        *walk = None;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 1.20 table of one function [0x1000, 0x1010): lines 7 then 9 from 0x1004 to 0x100c, then nothing.
    fn table() -> Vec<u8> {
        let mut t = vec![0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
        let (cu, files, pcs, funcs) = (72u64, 76u64, 80u64, 100u64);
        for word in [1u64, 1, 0, 0, cu, files, pcs, funcs] {
            t.extend_from_slice(&word.to_le_bytes());
        }
        t.extend_from_slice(&0u32.to_le_bytes()); // cu 0, file 0: offset 0
        t.extend_from_slice(b"a/b\0");
        t.push(0); // pctab offset 0 is "none"
        t.extend_from_slice(&[2, 16, 0]); // file 0 for 16 bytes
        t.extend_from_slice(&[16, 4, 4, 8, 0]); // line 7 for 4, 9 for 8
        t.resize(100, 0);
        // functab: entry offset 0, record at 12, end 16
        for v in [0u32, 12, 16] {
            t.extend_from_slice(&v.to_le_bytes());
        }
        for v in [0u32, 0, 0, 0, 0, 1, 4, 0, 0, 0] {
            t.extend_from_slice(&v.to_le_bytes());
        }
        t
    }

    #[test]
    fn a_cursor_answers_as_gosym_does() {
        let data = table();
        let mut c = LineTable::new(&data, 0x1000).unwrap().cursor();
        let mut ask = |pc| {
            let p = c.at(pc);
            (String::from_utf8_lossy(p.file).into_owned(), p.line)
        };
        assert_eq!(ask(0xfff), (String::new(), 0));
        assert_eq!(ask(0x1000), ("a/b".into(), 7));
        assert_eq!(ask(0x1003), ("a/b".into(), 7));
        assert_eq!(ask(0x1004), ("a/b".into(), 9));
        assert_eq!(ask(0x100c), ("a/b".into(), -1));
        assert_eq!(ask(0x1001), ("a/b".into(), 7));
        assert_eq!(ask(0x1010), (String::new(), 0));
    }

    #[test]
    fn any_cut_or_changed_table_is_survived() {
        let data = table();
        for i in 0..data.len() {
            if let Some(t) = LineTable::new(&data[..i], 0x1000) {
                t.cursor().at(0x1008);
            }
            for v in [0, 0x7f, 0x80, 0xff] {
                let mut d = data.clone();
                d[i] = v;
                if let Some(t) = LineTable::new(&d, 0x1000) {
                    let mut c = t.cursor();
                    for pc in 0xff0..0x1020 {
                        c.at(pc);
                    }
                    assert!(t.entries().count() <= d.len());
                }
            }
        }
    }
}
