//! Inline trees: which functions were inlined where.
//!
//! Authority: `inlinedCall` and the inline unwinder in Go 1.16 to 1.27's runtime (symtab.go, symtabinl.go).
//! The pcdata table InlTreeIndex gives each instruction's innermost inlined call, -1 for none. Up to Go 1.19
//! a record names its parent and the call's file and line; since Go 1.20
//! `parentPc` is an instruction of the caller, whose own index and position say the rest.

use super::function::{FUNCDATA_INL_TREE, PCDATA_INL_TREE_INDEX};
use super::pcvalue::Forward;
use super::{Function, Layout, Position, Table};

/// A function body that was inlined into another function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlinedCall<'t> {
    /// Name of the function whose body was inlined.
    pub name: &'t [u8],
    /// Its first line, where the table has it (Go 1.20 and later).
    pub start_line: Option<i32>,
    /// Index of the inlined call that this one is in; `None` where it is in the function itself.
    pub parent: Option<u32>,
    /// An instruction of the caller at the call site.
    pub parent_pc: u64,
    /// The call site, where the record has it (Go 1.19 and earlier); else it is the position of `parent_pc`.
    pub site: Option<Position<'t>>,
    /// The runtime's number for special functions, 0 for all others.
    pub func_id: u8,
}

/// One frame of the logical call stack at an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'t> {
    /// The function.
    pub name: &'t [u8],
    /// Where in it.
    pub position: Position<'t>,
    /// Its first line, where known.
    pub start_line: Option<i32>,
    /// Was it inlined into the frame that follows?
    pub inlined: bool,
}

/// Deeper trees are broken: the compiler's budget ends long before.
const DEPTH_LIMIT: usize = 512;

/// Bytes of a tree's record.
fn record_size(layout: Layout) -> usize {
    if layout >= Layout::Go120 { 16 } else { 20 }
}

impl<'a> Table<'a> {
    /// The bytes from the start of a function's inline tree.
    fn tree(&self, f: &Function<'_, 'a>) -> Option<&'a [u8]> {
        if self.layout() >= Layout::Go118 {
            let offset = f.funcdata_offset(FUNCDATA_INL_TREE)?;
            return self.funcdata.bytes.get(usize::try_from(offset).ok()?..);
        }
        let trees = &self.funcdata.trees;
        let found = trees.binary_search_by_key(&(f.index() as u32), |t| t.0).ok()?;
        trees.get(found).map(|t| t.2)
    }
}

impl<'t, 'a> Function<'t, 'a> {
    /// Address of the inline tree, where there is one.
    pub fn inline_tree_addr(&self) -> Option<u64> {
        let table = self.table();
        if table.layout() >= Layout::Go118 {
            return self.funcdata_addr(FUNCDATA_INL_TREE);
        }
        let trees = &table.funcdata.trees;
        let found = trees.binary_search_by_key(&(self.index() as u32), |t| t.0).ok()?;
        trees.get(found).map(|t| t.1)
    }

    /// Where in the pctab the table stands that says which inlined call each instruction is of. Functions
    /// that share it, their tree and their length have the same inlined calls.
    pub fn inline_table(&self) -> Option<u32> {
        self.pcdata_offset(PCDATA_INL_TREE_INDEX)
    }

    /// Bytes of the inline tree.
    pub fn inline_tree_size(&self) -> u64 {
        (self.inlined_calls().len() * record_size(self.table().layout())) as u64
    }

    /// The innermost inlined call of each run of instructions; -1 where the instructions are the function's
    /// own.
    pub fn inline_indices(&self) -> impl Iterator<Item = super::PcRange> + use<'a> {
        let end = self.end();
        let values = self.pcdata_values(PCDATA_INL_TREE_INDEX);
        values.into_iter().flatten().take_while(move |r| r.start < end)
    }

    /// All inlined calls, in the order of the tree's indices. A call that is listed can have lost all its own
    /// instructions.
    pub fn inlined_calls(&self) -> Vec<InlinedCall<'a>> {
        let Some(tree) = self.table().tree(self) else {
            return Vec::new();
        };
        let highest = self.inline_indices().map(|r| r.value).max().unwrap_or(-1);
        let size = record_size(self.table().layout());
        // An index refers to one earlier in the tree, its parent, so the highest that is used ends the tree.
        let count = usize::try_from(highest.saturating_add(1))
            .unwrap_or(0)
            .min(tree.len() / size);
        let mut calls: Vec<_> = (0..count).map_while(|i| self.call(tree, i)).collect();
        if self.table().layout() >= Layout::Go120 {
            self.find_parents(&mut calls);
        }
        calls
    }

    /// Go 1.20 and later: the parent of a call is what the instruction at its call site is of. One pass over
    /// the table answers for all.
    fn find_parents(&self, calls: &mut [InlinedCall<'a>]) {
        let Some(values) = self.pcdata_values(PCDATA_INL_TREE_INDEX) else {
            return;
        };
        let mut order: Vec<usize> = (0..calls.len()).collect();
        order.sort_by_key(|i| calls.get(*i).map(|c| c.parent_pc));
        let mut indices = Forward::new(values);
        for i in order {
            if let Some(call) = calls.get_mut(i) {
                call.parent = u32::try_from(indices.at(call.parent_pc)).ok();
            }
        }
    }

    /// File and line of each call site, in the order of the calls.
    pub fn call_sites(&self, calls: &[InlinedCall<'a>]) -> Vec<Position<'a>> {
        let mut order: Vec<usize> = (0..calls.len()).collect();
        order.sort_by_key(|i| calls.get(*i).map(|c| c.parent_pc));
        let mut lines = self.lines_forward();
        let mut out = vec![Position { file: &[], line: -1 }; calls.len()];
        for i in order {
            if let (Some(call), Some(to)) = (calls.get(i), out.get_mut(i)) {
                *to = call
                    .site
                    .unwrap_or_else(|| lines.at(self.table(), call.parent_pc));
            }
        }
        out
    }

    /// Names of all inlined calls, in the order of the tree's indices: what [`Function::inlined_calls`] has,
    /// without the work for the rest.
    pub fn inlined_names(&self) -> impl Iterator<Item = &'a [u8]> {
        let highest = match self.inline_tree_addr() {
            Some(_) => self.inline_indices().map(|r| r.value).max().unwrap_or(-1),
            None => -1,
        };
        let f = *self;
        let names = (0..=highest).map(move |i| f.inlined_name(i));
        names.take_while(|n| !n.is_empty())
    }

    /// Name of the inlined call of an index of [`Function::inline_indices`]; empty for -1 and where there is
    /// none.
    pub fn inlined_name(&self, index: i32) -> &'a [u8] {
        let name = self.inlined_name_offset(index);
        name.map_or(&[][..], |n| self.table().name_at(n))
    }

    /// Where [`Function::inlined_name`] stands in the table of names: calls of one function have one place.
    pub(crate) fn inlined_name_offset(&self, index: i32) -> Option<u32> {
        let table = self.table();
        let at = usize::try_from(index)
            .ok()?
            .checked_mul(record_size(table.layout()))?;
        let r = table.tree(self)?.get(at..)?;
        let field = if table.layout() >= Layout::Go120 { 4 } else { 12 };
        table.endian().u32(r, field)
    }

    fn call(&self, tree: &'a [u8], i: usize) -> Option<InlinedCall<'a>> {
        let table = self.table();
        let e = table.endian();
        let size = record_size(table.layout());
        let r = tree.get(i.checked_mul(size)?..)?.get(..size)?;
        if table.layout() >= Layout::Go120 {
            let parent_pc = self.entry().wrapping_add(u64::from(e.u32(r, 8)?));
            return Some(InlinedCall {
                name: table.name_at(e.u32(r, 4)?),
                start_line: e.u32(r, 12).map(|v| v as i32).filter(|v| *v > 0),
                parent: None,
                parent_pc,
                site: None,
                func_id: *r.first()?,
            });
        }
        let parent = i32::from(e.u16(r, 0)? as i16);
        Some(InlinedCall {
            name: table.name_at(e.u32(r, 12)?),
            start_line: None,
            parent: u32::try_from(parent).ok(),
            parent_pc: self.entry().wrapping_add(u64::from(e.u32(r, 16)?)),
            site: Some(Position {
                file: self.file_name(e.u32(r, 4)? as i32),
                line: e.u32(r, 8)? as i32,
            }),
            func_id: *r.get(2)?,
        })
    }

    fn index_at(&self, pc: u64) -> Option<u32> {
        let values = self.pcdata_values(PCDATA_INL_TREE_INDEX)?;
        u32::try_from(Forward::new(values).at(pc)).ok()
    }

    /// The logical call stack at `pc`, innermost first; the last frame is this function itself.
    pub fn frames(&self, pc: u64) -> Vec<Frame<'a>> {
        let table = self.table();
        let mut out = Vec::new();
        let mut position = self.position(pc);
        let mut index = self.index_at(pc);
        while let (Some(i), Some(tree)) = (index, table.tree(self)) {
            let Some(mut call) = self.call(tree, i as usize) else {
                break;
            };
            if table.layout() >= Layout::Go120 {
                call.parent = self.index_at(call.parent_pc);
            }
            if out.len() >= DEPTH_LIMIT {
                break;
            }
            out.push(Frame {
                name: call.name,
                position,
                start_line: call.start_line,
                inlined: true,
            });
            position = call.site.unwrap_or_else(|| self.position(call.parent_pc));
            index = call.parent;
        }
        out.push(Frame {
            name: self.name(),
            position,
            start_line: self.start_line(),
            inlined: false,
        });
        out
    }
}
