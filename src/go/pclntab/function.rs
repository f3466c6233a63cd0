//! One function of the table and its record's fields.
//!
//! Authority: `_func` in Go 1.16 to 1.27's runtime/runtime2.go. After the entry (a pointer up to Go 1.17,
//! then 4 bytes) all fields have 4 bytes; the last of the fixed part holds function id, flags and, in its
//! last byte, the number of funcdata entries.

use std::ops::Range;

use super::pcvalue::Forward;
use super::{Layout, PcValues, Position, Table};

/// Indices into a function's pcdata (Go 1.27: internal/abi/symtab.go; unchanged since Go 1.16).
pub(super) const PCDATA_INL_TREE_INDEX: u32 = 2;
/// Indices in a function's funcdata of the maps of pointers among arguments and local variables, and of the
/// stack objects.
const FUNCDATA_ARGS_MAPS: u32 = 0;
const FUNCDATA_LOCALS_MAPS: u32 = 1;
const FUNCDATA_STACK_OBJECTS: u32 = 2;
/// Index of the inline tree in a function's funcdata.
pub(super) const FUNCDATA_INL_TREE: u32 = 3;

/// A function of the pclntab.
#[derive(Debug, Clone, Copy)]
pub struct Function<'t, 'a> {
    table: &'t Table<'a>,
    index: usize,
}

impl<'t, 'a> Function<'t, 'a> {
    pub(super) fn new(table: &'t Table<'a>, index: usize) -> Self {
        Function { table, index }
    }

    /// The table it is in.
    pub fn table(&self) -> &'t Table<'a> {
        self.table
    }

    /// Its place in the order of addresses.
    pub fn index(&self) -> usize {
        self.index
    }

    /// First address.
    pub fn entry(&self) -> u64 {
        self.table.entry(self.index).unwrap_or(0)
    }

    /// Address behind the last, padding included: where the next function starts.
    pub fn end(&self) -> u64 {
        self.table.entry(self.index + 1).unwrap_or(0)
    }

    /// Bytes from the entry to the next function.
    pub fn size(&self) -> u64 {
        self.end().saturating_sub(self.entry())
    }

    /// Offsets of the record in the pclntab, the pcdata and funcdata behind it included.
    pub fn record(&self) -> Range<u64> {
        let Some(start) = self.table.record_offset(self.index) else {
            return 0..0;
        };
        let ptr = u64::from(self.table.header.ptr_size);
        let mut end = start as u64 + self.fixed_size() as u64 + 4 * u64::from(self.pcdata_count());
        let funcdata = u64::from(self.funcdata_count());
        end += match self.table.layout() {
            l if l >= Layout::Go118 => 4 * funcdata,
            _ if funcdata == 0 => 0,
            // Pointers, which are aligned.
            _ => (self.table.addr + end).next_multiple_of(ptr) - (self.table.addr + end) + ptr * funcdata,
        };
        start as u64..end.min(self.table.bytes.len() as u64).max(start as u64)
    }

    /// Bytes before the pcdata offsets.
    fn fixed_size(&self) -> usize {
        self.first_field() + 4 * self.table.layout().last_field()
    }

    fn first_field(&self) -> usize {
        usize::from(self.table.header.functab_word())
    }

    fn field(&self, n: usize) -> Option<u32> {
        let at = self
            .table
            .record_offset(self.index)?
            .checked_add(self.first_field())?;
        self.table
            .header
            .endian
            .u32(self.table.bytes, at.checked_add(4 * (n - 1))?)
    }

    /// Name as stored, empty where there is none. Go 1.18 to 1.20 writes `[...]` for type arguments.
    pub fn name(&self) -> &'a [u8] {
        let named = self.index < self.table.named;
        self.field(1)
            .filter(|_| named)
            .map_or(&[], |o| self.table.name_at(o))
    }

    /// Offset of the name in the name table.
    pub fn name_offset(&self) -> u32 {
        self.field(1).unwrap_or(0)
    }

    /// Bytes of arguments and results on the stack; `None` where the function doesn't say.
    pub fn args_size(&self) -> Option<i32> {
        self.field(2).map(|v| v as i32).filter(|v| *v != i32::MIN)
    }

    /// Offset from the entry of a call that runs deferred functions, 0 for none.
    pub fn deferreturn(&self) -> u32 {
        self.field(3).unwrap_or(0)
    }

    /// Offset of the stack-depth table in the pctab.
    pub fn pcsp(&self) -> u32 {
        self.field(4).unwrap_or(0)
    }

    /// Offset of the file table in the pctab.
    pub fn pcfile(&self) -> u32 {
        self.field(5).unwrap_or(0)
    }

    /// Offset of the line table in the pctab.
    pub fn pcln(&self) -> u32 {
        self.field(6).unwrap_or(0)
    }

    fn pcdata_count(&self) -> u32 {
        // More than a handful is no record at all; the runtime knows 5 kinds in Go 1.27.
        self.field(7).filter(|n| *n <= 256).unwrap_or(0)
    }

    /// First entry of the function's compilation unit in the cutab, in entries; `u32::MAX` for none. 0 before
    /// Go 1.16.
    pub fn cu_offset(&self) -> u32 {
        match self.table.layout() {
            Layout::Go12 => 0,
            _ => self.field(8).unwrap_or(u32::MAX),
        }
    }

    /// Line of the `func` keyword or TEXT directive, where the table has it (Go 1.20 and later) and it is not
    /// 0.
    pub fn start_line(&self) -> Option<i32> {
        if self.table.layout() < Layout::Go120 {
            return None;
        }
        self.field(9).map(|v| v as i32).filter(|v| *v > 0)
    }

    /// The last word of the fixed part, byte by byte.
    fn tail(&self) -> [u8; 4] {
        let start = self.table.record_offset(self.index);
        let at = start.and_then(|s| s.checked_add(self.fixed_size())?.checked_sub(4));
        let b = at.and_then(|at| self.table.bytes.get(at..at.checked_add(4)?));
        b.and_then(|b| b.try_into().ok()).unwrap_or_default()
    }

    /// The runtime's number for functions it treats specially, 0 for all others; its meaning changes with the
    /// Go version.
    pub fn func_id(&self) -> u8 {
        self.tail()[0]
    }

    /// Flags (Go 1.17 and later): 1 top frame, 2 writes SP, 4 assembly.
    pub fn flags(&self) -> u8 {
        self.tail()[1]
    }

    /// Is it written in assembly (Go 1.18 and later)?
    pub fn is_assembly(&self) -> bool {
        self.table.layout() >= Layout::Go118 && self.flags() & 4 != 0
    }

    fn funcdata_count(&self) -> u8 {
        self.tail()[3]
    }

    /// Offsets in the pctab of the function's pcdata tables, in the order of the runtime's PCDATA numbers; 0
    /// for none.
    pub fn pcdata(&self) -> impl Iterator<Item = u32> + 't {
        let f = *self;
        (0..self.pcdata_count()).map(move |i| f.pcdata_offset(i).unwrap_or(0))
    }

    pub(super) fn pcdata_offset(&self, i: u32) -> Option<u32> {
        if i >= self.pcdata_count() {
            return None;
        }
        self.field(self.table.layout().last_field() + 1 + i as usize)
    }

    /// Addresses of the function's funcdata, in the order of the runtime's FUNCDATA numbers; `None` where it
    /// has none of a kind. For Go 1.17 and earlier as stored, so 0 where a loader fills them in.
    pub fn funcdata(&self) -> impl Iterator<Item = Option<u64>> + 't {
        let f = *self;
        (0..u32::from(self.funcdata_count())).map(move |i| f.funcdata_addr(i))
    }

    /// Address of the funcdata of one kind.
    pub fn funcdata_addr(&self, i: u32) -> Option<u64> {
        let base = self.table.funcdata.base?;
        self.funcdata_offset(i).map(|o| base.wrapping_add(o))
    }

    /// Bytes of the funcdata of one kind, where it begins with its own length: stack maps, stack objects, the
    /// inline tree (Go 1.18 and later). Authority: runtime/symtab.go (`stackmap`) and runtime/stkframe.go
    /// (`stackObjectRecord`) of Go 1.27.
    pub fn funcdata_size(&self, i: u32) -> Option<u64> {
        if self.table.layout() < Layout::Go118 {
            return None;
        }
        let h = &self.table.header;
        let data = self.table.funcdata.bytes;
        let data = data.get(usize::try_from(self.funcdata_offset(i)?).ok()?..)?;
        match i {
            FUNCDATA_ARGS_MAPS | FUNCDATA_LOCALS_MAPS => {
                let (count, bits) = (h.endian.u32(data, 0)?, h.endian.u32(data, 4)?);
                Some(8 + u64::from(count) * u64::from(bits.div_ceil(8)))
            }
            FUNCDATA_STACK_OBJECTS => {
                let count = h.endian.word(data, 0, h.ptr_size)?;
                count.checked_mul(16)?.checked_add(u64::from(h.ptr_size))
            }
            FUNCDATA_INL_TREE => Some(self.inline_tree_size()),
            _ => None,
        }
    }

    /// Go 1.18 and later: offset in `go:func.*`. Before: the pointer, which is an offset from 0.
    pub(super) fn funcdata_offset(&self, i: u32) -> Option<u64> {
        if i >= u32::from(self.funcdata_count()) {
            return None;
        }
        if self.table.layout() >= Layout::Go118 {
            let n = self.table.layout().last_field() + 1 + (self.pcdata_count() + i) as usize;
            return self.field(n).filter(|o| *o != u32::MAX).map(u64::from);
        }
        let h = &self.table.header;
        let at = self.funcdata_slot(i)?.checked_sub(self.table.addr)?;
        h.endian
            .word(self.table.bytes, usize::try_from(at).ok()?, h.ptr_size)
            .filter(|p| *p != 0)
    }

    /// Go 1.17 and earlier: address of the pointer to the funcdata of one kind.
    pub(super) fn funcdata_slot(&self, i: u32) -> Option<u64> {
        let count = u32::from(self.funcdata_count());
        if self.table.layout() >= Layout::Go118 || i >= count {
            return None;
        }
        let ptr = u64::from(self.table.header.ptr_size);
        let start = self.table.record_offset(self.index)? as u64;
        let end = start + self.fixed_size() as u64 + 4 * u64::from(self.pcdata_count());
        Some((self.table.addr.checked_add(end)?).next_multiple_of(ptr) + u64::from(i) * ptr)
    }

    /// Stack depth over the instructions.
    pub fn stack_depths(&self) -> PcValues<'a> {
        self.table.pc_values(self.pcsp(), self.entry())
    }

    /// Numbers of files in the compilation unit over the instructions.
    pub fn file_numbers(&self) -> PcValues<'a> {
        self.table.pc_values(self.pcfile(), self.entry())
    }

    /// Lines over the instructions.
    pub fn lines(&self) -> PcValues<'a> {
        self.table.pc_values(self.pcln(), self.entry())
    }

    /// The values of one pcdata table over the instructions; none where the function has no such table.
    pub fn pcdata_values(&self, kind: u32) -> Option<PcValues<'a>> {
        let offset = self.pcdata_offset(kind).filter(|o| *o != 0)?;
        Some(self.table.pc_values(offset, self.entry()))
    }

    /// Bytes of the pc-value table at an offset of the pctab, its end mark included.
    pub fn table_size(&self, offset: u32) -> u64 {
        let mut values = self.table.pc_values(offset, self.entry());
        let whole = values.rest().len();
        let end = self.end();
        while values.next().is_some_and(|r| r.end <= end) {}
        (whole - values.rest().len()) as u64
    }

    /// Greatest stack depth in bytes, the return address left out.
    pub fn frame_size(&self) -> u32 {
        let end = self.end();
        let depths = self.stack_depths().take_while(|r| r.start < end);
        depths.map(|r| r.value).max().unwrap_or(0).max(0) as u32
    }

    /// File and line of `pc`, as `go tool addr2line` gives them.
    pub fn position(&self, pc: u64) -> Position<'a> {
        let number = Forward::new(self.file_numbers()).at(pc);
        Position {
            file: self.table.file_name(self.cu_offset(), number),
            line: Forward::new(self.lines()).at(pc),
        }
    }

    /// The file that a number of [`Function::file_numbers`] stands for.
    pub fn file_name(&self, number: i32) -> &'a [u8] {
        self.table.file_name(self.cu_offset(), number)
    }
}
