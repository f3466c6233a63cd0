//! An image → the functions that `go tool objdump` lists, and the instructions of each.
//!
//! The authority is cmd/internal/disasm of Go 1.27: which symbols are functions, what the decoder sees of each, which symbol
//! names an operand, which file and line an instruction has.

use crate::disasm::{self, Printer, Style, Symbols};
use crate::error::{Error, Result};
use crate::go::gosym::{Cursor, LineTable, Position};
use crate::image::{Arch, Endian, Format, Image, Place, Section};

use super::gosort;
use super::symbols::{self, GoSymbol};

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
    printer: Box<dyn Printer>,
    text_start: u64,
    text: &'a [u8],
    /// By address.
    symbols: Vec<GoSymbol<'a>>,
    /// The symbols' addresses alone: what a search touches.
    addrs: Vec<u64>,
    lines: Option<LineTable<'a>>,
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
}

impl<'a> Listing<'a> {
    /// Reads symbols, line table and text as `go tool objdump` does.
    ///
    /// # Errors
    /// In the words and the order of `go tool objdump`: symbols, line table, text, architecture.
    pub fn new(image: &Image<'a>) -> Result<Listing<'a>> {
        let in_file_order = symbols::in_file_order(image)?;
        let mark = in_file_order
            .iter()
            .find(|s| s.name == b"runtime.text")
            .map(|s| s.addr);
        let mut symbols = in_file_order;
        gosort::sort_by(&mut symbols, |a, b| a.addr < b.addr);
        let (section_start, table) = pclntab(image)?;
        let section = text_section(image).ok_or_else(|| Error::new("text section not found"))?;
        let goarch = goarch(image);
        let printer = disasm::printer(goarch)
            .ok_or_else(|| Error::new(format!("unsupported architecture \"{goarch}\"")))?;
        symbols.retain(|s| !MARKS.contains(&s.name));
        Ok(Listing {
            goarch,
            endian: image.endian,
            printer,
            text_start: section.addr,
            text: image.section_bytes(section),
            addrs: symbols.iter().map(|s| s.addr).collect(),
            symbols,
            lines: LineTable::new(table, mark.unwrap_or(section_start)),
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
        let mut cursor = self.cursor();
        self.symbols.iter().filter_map(move |s| {
            let stop = s.addr.wrapping_add(s.size as u64);
            let code = matches!(s.code, b'T' | b't');
            if !code || s.addr < self.text_start || stop <= start || end <= s.addr || !wanted(s.name) {
                return None;
            }
            let file = cursor.as_mut().map_or(&b""[..], |c| c.at(s.addr).file);
            Some(Function {
                name: s.name,
                start: s.addr,
                end: stop.min(end),
                file,
            })
        })
    }

    fn cursor(&self) -> Option<Cursor<'a>> {
        self.lines.map(LineTable::cursor)
    }

    /// Decodes a function, instruction after instruction.
    pub fn decode(&self, function: &Function<'_>, style: Style, mut each: impl FnMut(Instruction<'_>)) {
        let offset = |pc: u64| usize::try_from(pc.saturating_sub(self.text_start)).unwrap_or(usize::MAX);
        let code = self
            .text
            .get(..offset(function.end).min(self.text.len()))
            .unwrap_or(&[]);
        let mut cursor = self.cursor();
        let mut text = Vec::with_capacity(64);
        let mut at = offset(function.start);
        while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
            let pc = self.text_start.wrapping_add(at as u64);
            text.clear();
            let scope = Scope {
                listing: self,
                pc,
                rest,
            };
            let done = self.printer.go(rest, pc, &scope, style, &mut text);
            let len = done.len.clamp(1, rest.len());
            let position = cursor.as_mut().map_or_else(Position::default, |c| c.at(pc));
            each(Instruction {
                pc,
                bytes: rest.get(..len).unwrap_or(rest),
                rest,
                text: &text,
                known: done.known,
                position,
            });
            at += len;
        }
    }

    /// Appends the GNU syntax of an instruction that is known.
    pub fn gnu(&self, instruction: &Instruction<'_>, out: &mut Vec<u8>) {
        self.printer
            .gnu(instruction.rest, instruction.pc, &disasm::NoSymbols, out);
    }

    /// Are instructions shown as 32-bit words, where their length allows it?
    pub fn shows_words(&self) -> bool {
        !matches!(self.goarch, "386" | "amd64")
    }

    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        let i = self.addrs.partition_point(|&a| a <= addr).checked_sub(1)?;
        let s = self.symbols.get(i)?;
        let inside = s.addr != 0 && addr < s.addr.wrapping_add(s.size as u64);
        inside.then_some((s.name, s.addr))
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

/// The architecture in the word that Go's readers have for it, which is not always the one of `go build`.
fn goarch(image: &Image<'_>) -> &'static str {
    match (image.format, image.arch) {
        (Format::Xcoff, _) => {
            if image.ptr_size == 8 {
                "ppc64"
            } else {
                "ppc"
            }
        }
        (Format::Pe, Arch::I386 | Arch::Amd64 | Arch::Arm64)
        | (Format::MachO, Arch::I386 | Arch::Amd64 | Arch::Arm | Arch::Arm64 | Arch::Ppc64)
        | (Format::Plan9, Arch::I386 | Arch::Amd64 | Arch::Arm) => image.arch.goarch(),
        (Format::Elf, Arch::Mips | Arch::Mipsle | Arch::Mips64 | Arch::Mips64le) => "",
        (Format::Elf, _) => image.arch.goarch(),
        _ => "",
    }
}

fn text_section<'i, 'a>(image: &'i Image<'a>) -> Option<&'i Section<'a>> {
    image.section(match image.format {
        Format::MachO => "__text",
        Format::Plan9 => "text",
        _ => ".text",
    })
}

/// The line table, and the start of the text section. Empty where a format may do without.
fn pclntab<'a>(image: &Image<'a>) -> Result<(u64, &'a [u8])> {
    let start = text_section(image).map_or(0, |s| s.addr);
    let bytes = |name| image.section(name).map(|s| image.section_bytes(s));
    let table = match image.format {
        Format::Elf => bytes(".gopclntab")
            .or_else(|| bytes(".data.rel.ro.gopclntab"))
            .or_else(|| between_symbols(image))
            .unwrap_or(&[]),
        Format::MachO => bytes("__gopclntab").unwrap_or(&[]),
        _ => in_section(image, b"runtime.pclntab", b"runtime.epclntab")
            .or_else(|e| in_section(image, b"pclntab", b"epclntab").map_err(|_| e))?,
    };
    Ok((start, table))
}

fn between_symbols<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    let table = image.symbols().ok()?;
    let addr = |name: &[u8]| {
        table
            .iter()
            .find(|s| s.name == name && s.addr != 0)
            .map(|s| s.addr)
    };
    let (start, end) = (addr(b"runtime.pclntab")?, addr(b"runtime.epclntab")?);
    image.bytes_at(start, end.checked_sub(start)?)
}

/// The bytes between two symbols of one section.
fn in_section<'a>(image: &Image<'a>, first: &[u8], last: &[u8]) -> Result<&'a [u8]> {
    let text = image.sections.iter().position(|s| s.name == b"text");
    let find = |name: &[u8]| {
        let table = image.symbols().unwrap_or_default();
        let found = table.iter().find(|s| s.name == name);
        let missing = || Error::new(format!("no {} symbol found", String::from_utf8_lossy(name)));
        let s = found.ok_or_else(missing)?;
        match s.place {
            // Plan 9's reader takes every address for one in the text.
            _ if image.format == Format::Plan9 => Ok((text.unwrap_or(0), s.addr)),
            Place::Section(i) => Ok((i, s.addr)),
            _ => Err(Error::new(format!(
                "symbol {}: invalid section number",
                String::from_utf8_lossy(name)
            ))),
        }
    };
    let ((i, start), (j, end)) = (find(first)?, find(last)?);
    let section = image.sections.get(i).filter(|_| i == j);
    let section = section.ok_or_else(|| {
        let (first, last) = (String::from_utf8_lossy(first), String::from_utf8_lossy(last));
        Error::new(format!("{first} and {last} symbols must be in the same section"))
    })?;
    let range = |addr: u64| usize::try_from(addr.wrapping_sub(section.addr)).unwrap_or(usize::MAX);
    image
        .section_bytes(section)
        .get(range(start)..range(end))
        .ok_or_else(|| Error::within("pclntab", "reaches past its section"))
}
