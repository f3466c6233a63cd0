//! An image → the functions that `go tool objdump` lists, and the instructions of each.
//!
//! The authority is cmd/internal/disasm of Go 1.27: which symbols are functions, what the decoder sees of
//! each, which symbol names an operand, which file and line an instruction has.

use std::iter::Peekable;

use crate::disasm::step::{Convention, Effect};
use crate::disasm::{self, Printer, Style, Symbols};
use crate::error::{Error, Result};
use crate::go::gosym::{Cursor, LineTable, Position};
use crate::go::pclntab::{LineCursor, Table};
use crate::image::goobj::{Object, ObjectLines, ObjectRelocation};
use crate::image::{Arch, Endian, Format, Image};

use super::gosort;
use super::objfile::Raw;
use super::symbols::{self, GoSymbol};

mod addresses;
mod tables;
mod wasm;

use self::addresses::Addresses;

/// Names up to this length are spelled out as often as they are mentioned.
const LONG: usize = 1024;

/// The linker's own marks; they would hide the functions at their addresses.
const MARKS: [&[u8]; 6] = [
    b"runtime.text",
    b"text",
    b"_text",
    b"runtime.etext",
    b"etext",
    b"_etext",
];

/// Everything that a listing of an image needs.
pub struct Listing<'a> {
    /// GOARCH.
    pub goarch: &'static str,
    /// Byte order of instruction words.
    pub endian: Endian,
    /// `None` for wasm, whose instructions can't be read one at a time.
    printer: Option<Box<dyn Printer>>,
    text_start: u64,
    text: &'a [u8],
    /// By address.
    symbols: Vec<GoSymbol<'a>>,
    addrs: Addresses,
    lines: Lines<'a>,
    /// Of an object: the number of each of `symbols` in it.
    numbers: Vec<u32>,
    /// How many times the text may be listed because symbols share their code.
    shared: u64,
    /// Are the symbols functions of the pclntab, since the file has none?
    pub recovered: bool,
    /// Bytes of long names that instructions have mentioned so far.
    spelled: std::sync::atomic::AtomicU64,
}

/// Where file and line come from.
enum Lines<'a> {
    None,
    Table(LineTable<'a>),
    Object(&'a Object<'a>),
    Recovered(&'a Table<'a>),
    Wasm(Box<wasm::Module<'a>>, Option<&'a Table<'a>>),
}

/// A stretch of code with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function<'a> {
    /// As the symbol table has it.
    pub name: &'a [u8],
    /// First address.
    pub start: u64,
    /// Where the listing stops, clipped to the range that was asked for.
    pub end: u64,
    /// Source file of the first address, "" if unknown.
    pub file: &'a [u8],
    /// Its symbol's number in a Go object; its index in a WebAssembly module.
    pub number: Option<u32>,
}

/// One decoded instruction.
#[derive(Debug, Clone, Copy)]
pub struct Instruction<'t> {
    /// Its address.
    pub pc: u64,
    /// Its bytes.
    pub bytes: &'t [u8],
    /// The function's bytes from here on: what a second look at the instruction needs.
    pub rest: &'t [u8],
    /// Go syntax, `?` where it is not known.
    pub text: &'t [u8],
    /// Is it?
    pub known: bool,
    /// File and line.
    pub position: Position<'t>,
    /// Of an object file: what the linker fills in, `[offset:end]TYPE:symbol+addend`, in the words of Go.
    pub relocations: &'t [String],
}

impl<'a> Listing<'a> {
    /// Reads an entry of a file as `go tool objdump` does.
    ///
    /// # Errors
    /// In the words and the order of `go tool objdump`: symbols, line table, text, architecture.
    pub fn of(raw: &'a Raw<'_>) -> Result<Listing<'a>> {
        match raw {
            Raw::Image(image) => Listing::of_image(image),
            Raw::Object(object) => Listing::of_object(object),
        }
    }

    /// Reads symbols, line table and text of a linked program.
    ///
    /// # Errors
    /// See [`Listing::of`].
    pub fn of_image(image: &Image<'a>) -> Result<Listing<'a>> {
        let mut symbols = symbols::in_file_order(image)?;
        let mark = symbols.iter().find(|s| s.name == b"runtime.text").map(|s| s.addr);
        gosort::sort_by(&mut symbols, |a, b| a.addr < b.addr);
        let (section_start, table) = tables::pclntab(image)?;
        let section = image
            .text_section()
            .ok_or_else(|| Error::new("text section not found"))?;
        let goarch = tables::goarch(image);
        let printer = Some(printer(goarch)?);
        symbols.retain(|s| !MARKS.contains(&s.name));
        Ok(Listing {
            goarch,
            endian: image.endian,
            printer,
            text_start: section.addr,
            text: image.section_bytes(section),
            addrs: Addresses::new(symbols.iter().map(|s| s.addr).collect()),
            symbols,
            lines: LineTable::new(table, mark.unwrap_or(section_start)).map_or(Lines::None, Lines::Table),
            numbers: Vec::new(),
            shared: shared(image),
            recovered: false,
            spelled: Default::default(),
        })
    }

    /// Makes do with the functions of the pclntab, for a file without symbols.
    ///
    /// # Errors
    /// Where there is no code, or no printer for its architecture.
    pub fn recover(image: &Image<'a>, table: &'a Table<'a>) -> Result<Listing<'a>> {
        let goarch = image.arch.goarch();
        let pcs = table.pcs();
        let (text_start, text) = match image.text_section().filter(|s| s.addr <= pcs.start) {
            Some(section) => (section.addr, image.section_bytes(section)),
            None => (
                pcs.start,
                image
                    .bytes_from(pcs.start)
                    .ok_or_else(|| Error::new("text section not found"))?,
            ),
        };
        let padding = image.arch.padding();
        // A function of the table reaches up to the next one; a symbol ends before what fills the gap.
        let size = |start: u64, size: u64| {
            let at = usize::try_from(start.saturating_sub(text_start)).ok();
            let code = at.and_then(|at| text.get(at..)?.get(..usize::try_from(size).ok()?));
            let Some(mut code) = code else { return size };
            while code.len() > padding.len() && code.ends_with(padding) {
                code = code.get(..code.len() - padding.len()).unwrap_or(&[]);
            }
            code.len() as u64
        };
        let functions = table.functions().filter(|f| f.size() > 0);
        let symbols: Vec<_> = functions
            .map(|f| GoSymbol {
                name: f.name(),
                addr: f.entry(),
                size: size(f.entry(), f.size()) as i64,
                code: b'T',
            })
            .collect();
        Ok(Listing {
            goarch,
            endian: image.endian,
            printer: Some(printer(goarch)?),
            text_start,
            text,
            addrs: Addresses::new(symbols.iter().map(|s| s.addr).collect()),
            symbols,
            lines: Lines::Recovered(table),
            numbers: Vec::new(),
            shared: shared(image),
            recovered: true,
            spelled: Default::default(),
        })
    }

    /// The functions of a program, by the symbol table, and where that has none by Go's own tables; of
    /// WebAssembly those of the module.
    ///
    /// # Errors
    /// As [`Listing::of_image`], where Go's tables can't help.
    pub fn of_program(program: &'a crate::go::Program<'a>) -> Result<Listing<'a>> {
        let (image, table) = (program.image(), program.pclntab().ok());
        match (Listing::of_image(image), table) {
            (Ok(listing), _) if listing.has_functions() => Ok(listing),
            (_, table) if image.format == crate::image::Format::Wasm => Listing::of_wasm(image, table),
            (_, Some(table)) => Listing::recover(image, table),
            (other, None) => other,
        }
    }

    /// Is there any function to list?
    pub fn has_functions(&self) -> bool {
        self.functions(0, u64::MAX, |_| true).next().is_some()
    }

    /// Reads a Go object, all of whose body counts as text.
    ///
    /// # Errors
    /// Where there is no printer for its architecture.
    pub fn of_object(object: &'a Object<'_>) -> Result<Listing<'a>> {
        let numbers = object
            .symbols()
            .map(|s| s.number)
            .chain(std::iter::repeat(u32::MAX));
        let mut symbols: Vec<_> = symbols::of_object(object).into_iter().zip(numbers).collect();
        gosort::sort_by(&mut symbols, |a, b| a.0.addr < b.0.addr);
        symbols.retain(|s| !MARKS.contains(&s.0.name));
        let word = String::from_utf8_lossy(object.arch);
        let goarch = disasm::GOARCHES.iter().find(|a| **a == word).copied();
        let goarch = goarch.ok_or_else(|| unsupported(&word))?;
        Ok(Listing {
            goarch,
            endian: Arch::of_goarch(object.arch).map_or(Endian::Little, Arch::endian),
            printer: Some(printer(goarch)?),
            text_start: 0,
            text: object.body,
            addrs: Addresses::new(symbols.iter().map(|s| s.0.addr).collect()),
            numbers: symbols.iter().map(|s| s.1).collect(),
            shared: 1,
            symbols: symbols.into_iter().map(|s| s.0).collect(),
            lines: Lines::Object(object),
            recovered: false,
            spelled: Default::default(),
        })
    }

    fn text_end(&self) -> u64 {
        self.text_start.wrapping_add(self.text.len() as u64)
    }

    /// The functions that overlap `[start, end)` and whose name passes `wanted`, in the order of the listing.
    pub fn functions<'l>(
        &'l self,
        start: u64,
        end: u64,
        mut wanted: impl FnMut(&[u8]) -> bool + 'l,
    ) -> impl Iterator<Item = Function<'a>> + 'l {
        let (start, end) = (start.max(self.text_start), end.min(self.text_end()));
        let mut positions = self.positions(None);
        let mut again = Again::new(self.text.len(), self.shared);
        self.symbols.iter().enumerate().filter_map(move |(i, s)| {
            let stop = s.addr.wrapping_add(s.size as u64);
            let code = matches!(s.code, b'T' | b't');
            if !code || s.addr < self.text_start || stop <= start || end <= s.addr || !wanted(s.name) {
                return None;
            }
            let number = self.numbers.get(i).copied();
            let relocations = match (number, &self.lines) {
                (Some(n), Lines::Object(o)) => o.relocation_count(n),
                _ => 0,
            };
            if !again.fits(s.addr, stop.min(end), relocations) {
                return None;
            }
            Some(Function {
                name: s.name,
                start: s.addr,
                end: stop.min(end),
                file: match (number, &self.lines) {
                    (Some(n), Lines::Wasm(module, table)) => wasm::entry(module, *table, n).file,
                    (Some(n), _) => self.positions(Some((n, s.addr))).at(s.addr).file,
                    (None, _) => positions.at(s.addr).file,
                },
                number,
            })
        })
    }

    fn positions(&self, symbol: Option<(u32, u64)>) -> Positions<'a> {
        match &self.lines {
            Lines::None | Lines::Wasm(..) => Positions::None,
            Lines::Table(t) => Positions::Table(t.cursor()),
            Lines::Object(o) => Positions::Object {
                object: o,
                own: symbol.and_then(|(number, start)| Some((start, o.lines_of(number)?))),
                other: None,
            },
            Lines::Recovered(t) => Positions::Recovered(t.line_cursor()),
        }
    }

    /// Decodes a function, instruction after instruction.
    pub fn decode(&self, function: &Function<'_>, style: Style, mut each: impl FnMut(Instruction<'_>)) {
        if let Lines::Wasm(module, table) = &self.lines {
            return self.decode_wasm(module, *table, function, each);
        }
        let Some(printer) = &self.printer else { return };
        let offset = |pc: u64| usize::try_from(pc.saturating_sub(self.text_start)).unwrap_or(usize::MAX);
        let code = self
            .text
            .get(..offset(function.end).min(self.text.len()))
            .unwrap_or(&[]);
        let mut positions = self.positions(function.number.map(|n| (n, function.start)));
        let mut text = Vec::with_capacity(64);
        let mut at = offset(function.start);
        let mut relocations = self.relocations(function);
        let mut filled = Vec::new();
        while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
            let pc = self.text_start.wrapping_add(at as u64);
            text.clear();
            let scope = Scope {
                listing: self,
                pc,
                rest,
            };
            let done = printer.go(rest, pc, &scope, style, &mut text);
            let len = done.len.clamp(1, rest.len());
            // What can't be decoded is shown at its full length, also where the symbol ends before.
            let shown = if done.known {
                len
            } else {
                len.max(printer.unknown_len())
            };
            filled.clear();
            let before = (at + len) as u64;
            while let Some(r) =
                relocations.next_if(|r| function.start.wrapping_add_signed(r.offset.into()) < before)
            {
                filled.push(relocation(&r, pc.wrapping_sub(function.start)));
            }
            each(Instruction {
                pc,
                bytes: self.text.get(at..at.saturating_add(shown)).unwrap_or(rest),
                rest,
                text: &text,
                known: done.known,
                position: positions.at(pc),
                relocations: &filled,
            });
            at += len;
        }
    }

    fn relocations(
        &self,
        function: &Function<'_>,
    ) -> Peekable<impl Iterator<Item = ObjectRelocation<'a>> + use<'a>> {
        let object = match self.lines {
            Lines::Object(o) => function.number.map(|n| o.relocations(n)),
            _ => None,
        };
        object.into_iter().flatten().peekable()
    }

    /// Appends the GNU syntax of an instruction that is known.
    pub fn gnu(&self, instruction: &Instruction<'_>, style: Style, out: &mut Vec<u8>) {
        if let Some(printer) = &self.printer {
            printer.gnu(instruction.rest, instruction.pc, style, out);
        }
    }

    /// What the instructions of a function do with addresses and constants: appends it to `out`, and tells
    /// `each` instruction's address and how many effects it has. Instructions have their true lengths,
    /// whatever the listing shows.
    pub fn steps(&self, function: &Function<'_>, out: &mut Vec<Effect>, mut each: impl FnMut(u64, usize)) {
        let Some(printer) = &self.printer else { return };
        let offset = |pc: u64| usize::try_from(pc.saturating_sub(self.text_start)).unwrap_or(usize::MAX);
        let end = offset(function.end).min(self.text.len());
        let mut at = offset(function.start);
        while let Some(rest) = self.text.get(at..end).filter(|r| !r.is_empty()) {
            let (pc, before) = (self.text_start.wrapping_add(at as u64), out.len());
            let len = printer.step(rest, pc, out);
            each(pc, out.len() - before);
            at += len.max(1);
        }
    }

    /// What one instruction does, and its length.
    pub fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize {
        let len = self.printer.as_ref().map(|p| p.step(code, pc, out));
        len.unwrap_or(1).max(1)
    }

    /// How Go uses registers on this architecture.
    pub fn convention(&self) -> Convention {
        self.printer.as_ref().map_or(Convention::NONE, |p| p.convention())
    }

    /// Are instructions shown as 32-bit words, where their length allows it?
    pub fn shows_words(&self) -> bool {
        !matches!(self.goarch, "386" | "amd64" | "wasm")
    }

    /// May a name be spelled out once more? Thousands of instructions may name a symbol whose name is
    /// megabytes long.
    fn spells(&self, name: &[u8]) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        let most = (self.text.len() as u64)
            .saturating_mul(4)
            .saturating_add(16 << 20);
        name.len() <= LONG || self.spelled.fetch_add(name.len() as u64, Relaxed) < most
    }

    /// Name and start of the symbol that holds an address.
    pub fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        let i = self.addrs.last_up_to(addr)?;
        let s = self.symbols.get(i)?;
        let inside = s.addr != 0 && addr < s.addr.wrapping_add(s.size as u64);
        (inside && self.spells(s.name)).then_some((s.name, s.addr))
    }
}

fn printer(goarch: &str) -> Result<Box<dyn Printer>> {
    disasm::printer(goarch).ok_or_else(|| unsupported(goarch))
}

fn unsupported(goarch: &str) -> Error {
    Error::new(format!("unsupported architecture \"{goarch}\""))
}

/// A relocation in Go's words; its place counts from the instruction, which lies `at` bytes into its
/// function.
fn relocation(r: &ObjectRelocation<'_>, at: u64) -> String {
    let delta = i64::from(r.offset).wrapping_sub(at as i64);
    let place = format!("[{delta}:{}]{}", delta.wrapping_add(r.size.into()), r.kind_name());
    let symbol = String::from_utf8_lossy(&r.symbol);
    match (symbol.is_empty(), r.addend) {
        (false, 0) => format!("{place}:{symbol}"),
        (false, addend) => format!("{place}:{symbol}+{addend}"),
        (true, 0) => place,
        (true, addend) => format!("{place}:{addend}"),
    }
}

/// In XCOFF a symbol's size is that of the section part it is in, so each is listed up to the part's end, as
/// Go does.
fn shared(image: &Image<'_>) -> u64 {
    if image.format == Format::Xcoff { 64 } else { 1 }
}

/// How much of the code is listed a second time: symbols may share their code, and thousands may share all of
/// it.
struct Again {
    /// Address up to which code was listed.
    listed: u64,
    /// Bytes that may still be listed again, and relocations that may be listed.
    bytes: u64,
    relocations: usize,
}

impl Again {
    fn new(text: usize, times: u64) -> Again {
        Again {
            listed: 0,
            bytes: (text as u64).saturating_mul(times).saturating_add(1 << 20),
            relocations: text.saturating_add(1 << 16),
        }
    }

    /// May the function `[start, end)` with so many relocations be listed? Functions come in the order of
    /// their starts.
    fn fits(&mut self, start: u64, end: u64, relocations: usize) -> bool {
        let shared = end.min(self.listed).saturating_sub(start);
        self.listed = self.listed.max(end);
        let left = (
            self.bytes.checked_sub(shared),
            self.relocations.checked_sub(relocations),
        );
        self.bytes = left.0.unwrap_or(0);
        self.relocations = left.1.unwrap_or(0);
        left.0.is_some() && left.1.is_some()
    }
}

/// Answers for ascending pcs. One at a time is alive, on the stack.
#[allow(clippy::large_enum_variant)]
enum Positions<'a> {
    None,
    Table(Cursor<'a>),
    /// An object; the start and the lines of the symbol that is listed; start, number and lines of another
    /// one that was looked into.
    Object {
        object: &'a Object<'a>,
        own: Option<(u64, ObjectLines<'a>)>,
        other: Option<(u64, u32, ObjectLines<'a>)>,
    },
    Recovered(LineCursor<'a, 'a>),
}

impl<'a> Positions<'a> {
    fn at(&mut self, pc: u64) -> Position<'a> {
        match self {
            Positions::None => Position::default(),
            Positions::Table(cursor) => cursor.at(pc),
            Positions::Recovered(cursor) => {
                let found = cursor.at(pc);
                found.map_or_else(Position::default, |p| Position {
                    file: p.file,
                    line: p.line.into(),
                })
            }
            Positions::Object { object, own, other } => {
                let known = own
                    .as_mut()
                    .and_then(|(start, lines)| lines.at(pc.wrapping_sub(*start)));
                let around = || {
                    let (number, start) = object.lines_around(pc)?;
                    if other.as_ref().is_none_or(|o| o.1 != number) {
                        *other = Some((start, number, object.lines_of(number)?));
                    }
                    let (start, _, lines) = other.as_mut()?;
                    lines.at(pc.wrapping_sub(*start))
                };
                let (file, line) = known.or_else(around).unwrap_or_default();
                Position { file, line }
            }
        }
    }
}

/// What a printer may know around one instruction.
struct Scope<'l, 'a> {
    listing: &'l Listing<'a>,
    pc: u64,
    /// The function from the instruction on: Go's printers read no literal outside it.
    rest: &'l [u8],
}

impl Symbols for Scope<'_, '_> {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        self.listing.lookup(addr).filter(|s| !s.0.is_empty())
    }

    fn read(&self, addr: u64, len: usize) -> Option<&[u8]> {
        let at = usize::try_from(addr.checked_sub(self.pc)?).ok()?;
        self.rest.get(at..at.checked_add(len)?)
    }
}
