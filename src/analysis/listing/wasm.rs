//! The functions of a WebAssembly module, which `go tool objdump` does not list.
//!
//! Code has no addresses in WebAssembly: an instruction goes by its offset in the file, as in the
//! specification's binary format. Go's line table has program counters instead: the function's number among
//! those of the module, from 0x1000 on, shifted by 16 bits, and in the low bits which of the function's
//! resume points the code belongs to (cmd/link/internal/wasm, cmd/internal/obj/wasm).

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::{Function, Instruction, Lines, Listing};
use crate::analysis::symbols::GoSymbol;
use crate::disasm::wasm as code;
use crate::error::{Error, Result};
use crate::go::gosym::Position;
use crate::go::pclntab::Table;
use crate::image::{Image, clip};

/// The number of the module's first own function in Go's program counters.
const FIRST: u64 = 0x1000;

/// What a listing of a module needs.
pub(super) struct Module<'a> {
    /// Functions that the module imports: its own are numbered behind them.
    imports: Vec<(&'a str, &'a str)>,
    /// Offset and size of each own function's body.
    bodies: Vec<(u64, u64)>,
    /// By function index.
    names: FxHashMap<u32, &'a [u8]>,
}

impl<'a> Module<'a> {
    fn body<'d>(&self, index: u32, data: &'d [u8]) -> Option<(u64, &'d [u8])> {
        let own = (index as usize).checked_sub(self.imports.len())?;
        let &(offset, size) = self.bodies.get(own)?;
        Some((offset, clip(data, offset, size)))
    }

    fn name(&self, index: u32) -> Option<Cow<'a, [u8]>> {
        if let Some((module, name)) = self.imports.get(index as usize) {
            return Some(Cow::Owned(format!("{module}.{name}").into_bytes()));
        }
        self.names.get(&index).map(|n| Cow::Borrowed(*n))
    }

    /// The program counter of a function's first resume point.
    fn pc(&self, index: u32) -> u64 {
        (FIRST + (index as usize).saturating_sub(self.imports.len()) as u64) << 16
    }
}

impl<'a> Listing<'a> {
    /// The functions of a WebAssembly module, by the names of the pclntab, else of the `name` section, else
    /// by their index.
    ///
    /// # Errors
    /// Where there is no code.
    pub fn of_wasm(image: &Image<'a>, table: Option<&'a Table<'a>>) -> Result<Listing<'a>> {
        let none = || Error::new("no code section");
        let wasm = image.wasm().filter(|w| !w.bodies.is_empty()).ok_or_else(none)?;
        let mut module = Module {
            imports: wasm.imports.clone(),
            bodies: wasm.bodies.clone(),
            names: FxHashMap::default(),
        };
        let section = image.wasm_function_names().into_iter();
        module
            .names
            .extend(section.map(|(index, name)| (index, name.as_bytes())));
        let first = module.imports.len() as u32;
        if let Some(table) = table {
            for f in table.functions().filter(|f| f.entry() & 0xffff == 0) {
                let own = (f.entry() >> 16)
                    .checked_sub(FIRST)
                    .and_then(|n| u32::try_from(n).ok());
                let index = own.and_then(|n| n.checked_add(first)).filter(|_| f.size() > 0);
                module.names.extend(index.map(|i| (i, f.name())));
            }
        }
        let mut symbols = Vec::with_capacity(module.bodies.len());
        let mut numbers = Vec::with_capacity(module.bodies.len());
        for (i, &(offset, size)) in module.bodies.iter().enumerate() {
            let index = first + i as u32;
            let start = code::start(clip(image.data, offset, size)) as u64;
            symbols.push(GoSymbol {
                name: module.names.get(&index).copied().unwrap_or(b""),
                addr: offset.saturating_add(start),
                size: i64::try_from(size.saturating_sub(start)).unwrap_or(0),
                code: b'T',
            });
            numbers.push(index);
        }
        Ok(Listing {
            goarch: "wasm",
            endian: image.endian,
            printer: None,
            text_start: 0,
            text: image.data,
            addrs: super::Addresses::new(symbols.iter().map(|s| s.addr).collect()),
            symbols,
            lines: Lines::Wasm(Box::new(module), table),
            numbers,
            shared: 1,
            recovered: table.is_some(),
            spelled: Default::default(),
        })
    }

    pub(super) fn decode_wasm(
        &self,
        module: &Module<'_>,
        table: Option<&Table<'_>>,
        function: &Function<'_>,
        mut each: impl FnMut(Instruction<'_>),
    ) {
        let index = function.number.unwrap_or(0);
        let Some((base, body)) = module.body(index, self.text) else {
            return;
        };
        let points = if table.is_some() {
            code::resume_points(body)
        } else {
            Vec::new()
        };
        let (mut point, mut position) = (None, Position::default());
        code::decode(body, &|i| module.name(i), |i| {
            let pc = base.wrapping_add(i.offset as u64);
            if pc >= function.end {
                return;
            }
            let after = points.partition_point(|p| p.0 <= i.offset);
            let now = after.checked_sub(1).and_then(|n| points.get(n)).map(|p| p.1);
            if now != point {
                point = now;
                position = line(table, module.pc(index) + u64::from(now.unwrap_or(0)).min(0xffff));
            }
            let rest = body.get(i.offset..).unwrap_or(&[]);
            each(Instruction {
                pc,
                bytes: rest.get(..i.len).unwrap_or(rest),
                rest,
                text: i.text,
                known: i.known,
                position,
                relocations: &[],
            });
        });
    }
}

/// The place of a function's first resume point.
pub(super) fn entry<'a>(module: &Module<'_>, table: Option<&'a Table<'a>>, index: u32) -> Position<'a> {
    line(table, module.pc(index))
}

fn line<'t>(table: Option<&'t Table<'_>>, pc: u64) -> Position<'t> {
    let found = table.and_then(|t| t.pc_to_line(pc));
    found.map_or_else(Position::default, |p| Position {
        file: p.file,
        line: p.line.into(),
    })
}
