//! What an instruction's operands are: a function, a global, a string constant, a type, an itab, an embedded
//! file, an import.
//!
//! Addresses come from `analysis::trace`; they are named by the symbol table, and where that is silent by
//! Go's own tables and by the loader's. Each table is read once, when an address first needs it.

use std::sync::OnceLock;

use super::imports::Imports;
use super::listing::{Function, Instruction, Listing};
use super::trace::{self, Callee, Mention, Use};
use crate::go::Program;
use crate::go::embeds::Embed;
use crate::go::quote::quote;
use crate::image::Image;
use crate::image::ranges::Ranges;

/// Longest string shown whole, in bytes; longer ones are cut.
const SHOWN: usize = 64;
/// A constant beyond this is no length.
const LONGEST: u64 = 1 << 24;
/// Symbols that stand for a whole region of other things.
const REGIONS: [&[u8]; 12] = [
    b"go:string.*",
    b"go:func.*",
    b"go:funcdesc",
    b"type:*",
    b"typerel:*",
    b"typerel.*",
    b"runtime.rodata",
    b"runtime.types",
    b"runtime.etext",
    b"runtime.gcbits.*",
    b"runtime.noptrdata",
    b"runtime.data",
];

/// Answers for one image.
pub struct Resolver<'r, 'a> {
    image: &'r Image<'a>,
    program: &'r Program<'a>,
    listing: &'r Listing<'r>,
    contents: OnceLock<Ranges>,
    imports: OnceLock<Imports<'a>>,
}

/// The addresses that a function's instructions name.
pub struct Trace(Vec<Mention>);

impl Trace {
    fn at(&self, pc: u64) -> &[Mention] {
        let from = self.0.partition_point(|m| m.pc < pc);
        let rest = self.0.get(from..).unwrap_or(&[]);
        let count = rest.iter().take_while(|m| m.pc == pc).count();
        rest.get(..count).unwrap_or(&[])
    }
}

impl<'r, 'a> Resolver<'r, 'a> {
    /// For the functions of `listing`, which is of `program`.
    pub fn new(program: &'r Program<'a>, listing: &'r Listing<'r>) -> Self {
        Resolver {
            image: program.image(),
            program,
            listing,
            imports: OnceLock::new(),
            contents: OnceLock::new(),
        }
    }

    /// Follows a function, for [`Resolver::note`].
    pub fn trace(&self, function: &Function<'_>) -> Trace {
        Trace(trace::trace(self.listing, function, self.image.ptr_size, self))
    }

    /// What the operands of an instruction are; `None` where its text already says it or nothing is known.
    pub fn note(&self, trace: &Trace, instruction: &Instruction<'_>) -> Option<Vec<u8>> {
        let mentions = trace.at(instruction.pc).iter();
        mentions.into_iter().find_map(|m| match m.used {
            Use::Branch => self
                .symbol(m.addr, instruction.text)
                .or_else(|| self.imports().behind(m.addr, self.image, self.listing)),
            Use::Through => self
                .imports()
                .slot(m.addr)
                .or_else(|| self.symbol(m.addr, instruction.text)),
            Use::Address | Use::Memory => self.data(m, instruction.text),
        })
    }

    fn data(&self, m: &Mention, text: &[u8]) -> Option<Vec<u8>> {
        // Small numbers are no addresses, whatever is mapped there.
        if m.addr < 4096 {
            return None;
        }
        let string = m.length().and_then(|len| self.string(m.addr, len));
        if let Some(name) = string.or_else(|| self.imports().slot(m.addr)) {
            return Some(name);
        }
        let name = if self.symbol_at(m.addr).is_some() {
            self.symbol(m.addr, text)
        } else {
            self.go_data(m.addr).or_else(|| self.function_value(m.addr))
        };
        let held = self.embedded(m.addr).or_else(|| self.header(m.addr));
        match (name, held) {
            (Some(name), Some(held)) => Some([&name[..], b" ", &held].concat()),
            (name, held) => name.or(held),
        }
    }

    /// The symbol that holds `addr`, if it is one of something.
    fn symbol_at(&self, addr: u64) -> Option<(&[u8], u64)> {
        self.listing
            .lookup(addr)
            .filter(|s| !REGIONS.contains(&self.image.format.source_name(s.0)))
    }

    /// `name+0x10`, unless the text has it.
    fn symbol(&self, addr: u64, text: &[u8]) -> Option<Vec<u8>> {
        let (name, start) = self.symbol_at(addr)?;
        if memchr::memmem::find(text, name).is_some() {
            return None;
        }
        Some(offset(name.to_vec(), addr - start))
    }

    /// A type or an itab.
    fn go_data(&self, addr: u64) -> Option<Vec<u8>> {
        let types = self.program.types();
        if let Some(t) = types.holding(addr) {
            let mut name = b"type:".to_vec();
            name.extend(types.link_name(t));
            return Some(offset(name, addr - t.addr));
        }
        if let Some(itab) = types.itab_holding(addr) {
            let mut name = b"go:itab.".to_vec();
            name.extend(types.link_name(types.at(itab.typ)?));
            name.push(b',');
            name.extend(types.link_name(types.at(itab.interface)?));
            return Some(offset(name, addr - itab.addr));
        }
        None
    }

    /// A variable of type embed.FS, or the contents of a file.
    fn embedded(&self, addr: u64) -> Option<Vec<u8>> {
        let all = self.program.embeds();
        if all.is_empty() {
            return None;
        }
        if let Some(e) = self.contents().at(addr).and_then(|(i, _)| all.get(i as usize)) {
            let mut name = b"embedded ".to_vec();
            name.extend(quote(e.path.unwrap_or_default()));
            return Some(offset(name, addr - e.addr));
        }
        let pointed = self.image.pointer_at(addr);
        // They are sorted by their tables.
        let of = |table| {
            let first = all.partition_point(|e| e.table < table);
            all.iter().skip(first).take_while(move |e| e.table == table)
        };
        let table = [Some(addr), pointed]
            .into_iter()
            .flatten()
            .find(|t| of(*t).next().is_some())?;
        let mut files = of(table).filter(|e| !e.is_folder());
        let mut out = b"embed.FS of ".to_vec();
        match (files.next(), files.count()) {
            (Some(only), 0) => out.extend(quote(only.path.unwrap_or_default())),
            (None, _) => out.extend(b"0 files"),
            (Some(_), more) => out.extend(format!("{} files", more + 1).bytes()),
        }
        Some(out)
    }

    /// What a function's value points to: a word with the address of its code.
    fn function_value(&self, addr: u64) -> Option<Vec<u8>> {
        let section = self.image.section_at(addr)?;
        if section.perm.exec
            || !addr.is_multiple_of(u64::from(self.image.ptr_size))
            || self.symbol_at(addr).is_some()
        {
            return None;
        }
        let code = self.image.pointer_at(addr)?;
        let (name, start) = self.listing.lookup(code)?;
        (start == code && self.image.section_at(code)?.perm.exec).then(|| [name, "·f".as_bytes()].concat())
    }

    /// The string constants that a function's instructions name, as far as its code tells their lengths, with
    /// their addresses; also those that a variable of type string holds. In the order of the code.
    pub fn strings(&self, function: &Function<'_>) -> Vec<(u64, &'a str)> {
        let of = |m: &Mention| {
            if m.addr < 4096 || !matches!(m.used, Use::Address | Use::Memory) {
                return None;
            }
            let own = m
                .length()
                .and_then(|len| Some((m.addr, self.constant(m.addr, len)?)));
            own.or_else(|| self.held(m.addr))
        };
        self.trace(function).0.iter().filter_map(of).collect()
    }

    /// The text at `addr`, quoted and cut.
    fn string(&self, addr: u64, len: u64) -> Option<Vec<u8>> {
        self.constant(addr, len).map(shown)
    }

    /// The text at `addr`, if it lies in memory that is not written.
    fn constant(&self, addr: u64, len: u64) -> Option<&'a str> {
        let section = self.image.section_at(addr)?;
        let constant = !section.perm.write && !section.perm.exec;
        // What a symbol or a table of Go's names is something else.
        if !constant || self.symbol_at(addr).is_some() {
            return None;
        }
        let types = self.program.types();
        if types.holding(addr).is_some()
            || types.itab_holding(addr).is_some()
            || self.function_value(addr).is_some()
        {
            return None;
        }
        self.text(addr, len)
    }

    /// A variable of type string: a pointer to text and its length.
    fn header(&self, addr: u64) -> Option<Vec<u8>> {
        self.held(addr).map(|(_, text)| [b"&", &shown(text)[..]].concat())
    }

    /// The address and the text that such a variable holds.
    fn held(&self, addr: u64) -> Option<(u64, &'a str)> {
        let size = u64::from(self.image.ptr_size);
        if !addr.is_multiple_of(size) || self.image.section_at(addr).is_none_or(|s| s.perm.exec) {
            return None;
        }
        let start = self.image.pointer_at(addr)?;
        let len = self.image.word_at(addr.checked_add(size)?)?;
        Some((start, self.constant(start, len)?))
    }

    fn text(&self, addr: u64, len: u64) -> Option<&'a str> {
        if !(1..=LONGEST).contains(&len) {
            return None;
        }
        let bytes = self.image.bytes_at(addr, len)?;
        let text = std::str::from_utf8(bytes).ok()?;
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r' | '\x1b');
        (!text.chars().any(odd)).then_some(text)
    }

    /// Which of the program's embedded files holds an address.
    fn contents(&self) -> &Ranges {
        self.contents.get_or_init(|| {
            let end = |e: &Embed<'_>| e.addr.saturating_add(e.data.len() as u64);
            let all = self.program.embeds().iter().enumerate();
            Ranges::new(all.map(|(i, e)| (i as u32, e.addr, end(e))))
        })
    }

    fn imports(&self) -> &Imports<'a> {
        self.imports.get_or_init(|| Imports::of(self.image))
    }
}

impl trace::Program for Resolver<'_, '_> {
    fn is_data(&self, addr: u64) -> bool {
        addr >= 4096 && self.image.section_at(addr).is_some_and(|s| !s.perm.exec)
    }

    fn callee(&self, addr: u64) -> Callee {
        match self.listing.lookup(addr) {
            Some((b"runtime.memequal", _)) => Callee::Compares,
            Some((name, _)) if name.starts_with(b"runtime.gcWriteBarrier") => Callee::Keeps,
            _ => Callee::Ordinary,
        }
    }
}

/// Quoted, the end of a long one cut off.
fn shown(text: &str) -> Vec<u8> {
    let mut cut = text.len().min(SHOWN);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut out = quote(text.get(..cut).unwrap_or_default().as_bytes());
    if cut < text.len() {
        out.extend_from_slice(format!("… ({} bytes)", text.len()).as_bytes());
    }
    out
}

/// `name+0x10`
fn offset(mut name: Vec<u8>, by: u64) -> Vec<u8> {
    if by != 0 {
        name.extend_from_slice(format!("+{by:#x}").as_bytes());
    }
    name
}
