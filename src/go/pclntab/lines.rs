//! pc → file and line, one at a time or forward.
//!
//! Authority: Go 1.27's debug/gosym (`PCToLine`): a pc within a function always has a position; what can't be
//! read is line -1 and no file.

use super::pcvalue::Forward;
use super::{Function, Table};

/// A place in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position<'t> {
    /// As stored, empty where none is.
    pub file: &'t [u8],
    /// Counted from 1; -1 where none is known.
    pub line: i32,
}

/// Positions of ascending addresses; an address lower than the one before costs a new start.
#[derive(Debug, Clone)]
pub struct LineCursor<'t, 'a> {
    table: &'t Table<'a>,
    current: Option<Current<'a>>,
}

#[derive(Debug, Clone)]
pub(super) struct Current<'t> {
    next: u64,
    end: u64,
    cu: u32,
    files: Forward<'t>,
    lines: Forward<'t>,
    file: (i32, &'t [u8]),
}

impl<'t, 'a> LineCursor<'t, 'a> {
    pub(super) fn new(table: &'t Table<'a>) -> Self {
        LineCursor { table, current: None }
    }

    /// What [`Table::pc_to_line`] gives.
    pub fn at(&mut self, pc: u64) -> Option<Position<'a>> {
        if self.current.as_ref().is_none_or(|c| pc < c.next || pc >= c.end) {
            let table = self.table;
            self.current = table.find_function(pc).map(|f| Current::new(table, f));
        }
        let table = self.table;
        self.current.as_mut().map(|c| c.at(table, pc))
    }
}

impl<'a> Function<'_, 'a> {
    /// The function's own positions, of ascending addresses.
    pub(super) fn lines_forward(&self) -> Current<'a> {
        Current::new(self.table(), *self)
    }
}

impl<'a> Current<'a> {
    fn new(table: &Table<'a>, f: Function<'_, 'a>) -> Self {
        Current {
            next: f.entry(),
            end: f.end(),
            cu: f.cu_offset(),
            files: Forward::new(table.pc_values(f.pcfile(), f.entry())),
            lines: Forward::new(table.pc_values(f.pcln(), f.entry())),
            file: (-1, &[]),
        }
    }

    pub(super) fn at(&mut self, table: &Table<'a>, pc: u64) -> Position<'a> {
        self.next = pc;
        let number = self.files.at(pc);
        if number != self.file.0 {
            self.file = (number, table.file_name(self.cu, number));
        }
        Position {
            file: self.file.1,
            line: self.lines.at(pc),
        }
    }
}
