//! What takes long, on threads of its own: sizes, the graph, listings. Questions go in, answers come out, in
//! no order.
//!
//! The files are kept to the end of the process, so that the program may end while a thread still looks at
//! them.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use rayon::prelude::*;

use super::lines::{Line, Tone, of_report};
use super::list::{Constant, Kept, Retained};
use crate::analysis::graph::{Graph, Row};
use crate::analysis::listing::{Function, Listing};
use crate::analysis::outline::{Outline, Pair, Side};
use crate::analysis::resolve::Resolver;
use crate::analysis::{size, types};
use crate::disasm::Style;
use crate::go::Program;
use crate::go::types::Type;
use crate::input::Bytes;
use crate::report::text::{grouped, human};
use crate::report::{types as types_report, why as why_report};

/// What a page of text is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The functions of this name, instruction by instruction.
    Code(String),
    /// The types of a package with this name.
    Type(String, String),
    /// An embedded file.
    File(String),
    /// What keeps a module, package, function or file in the program.
    Why(String),
    /// The same of a package's type.
    WhyType(String, String),
}

impl What {
    pub(super) fn title(&self) -> String {
        match self {
            What::Code(name) | What::File(name) | What::Type(_, name) => name.clone(),
            What::Why(name) | What::WhyType(_, name) => format!("why {name}"),
        }
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// What goes with every module and package.
    Held,
    /// For the page with this number.
    Text(u64, What, Side),
    /// The strings of a package, for the list with this number.
    Strings(u64, String),
}

/// An answer; why there is none in words.
#[derive(Debug)]
pub(super) enum Told {
    /// And what is said of the files in the first line.
    Outline(Result<(Outline, String), String>),
    Held(Result<Retained, String>),
    Text(u64, Result<Vec<Line>, String>),
    Strings(u64, Result<Vec<Constant>, String>),
}

/// One file.
pub(super) struct Opened {
    bytes: &'static Bytes,
    program: &'static Program<'static>,
    code: OnceLock<Result<Code, String>>,
    graph: OnceLock<Result<Graph<'static, 'static>, String>>,
}

/// Its instructions.
struct Code {
    listing: &'static Listing<'static>,
    resolver: Option<Resolver<'static, 'static>>,
}

impl Opened {
    /// Keeps the bytes for good.
    ///
    /// # Errors
    /// As [`Program::open`].
    pub(super) fn new(bytes: Bytes) -> crate::Result<Opened> {
        let bytes: &'static Bytes = Box::leak(Box::new(bytes));
        let program: &'static Program<'static> = Box::leak(Box::new(Program::open(bytes)?));
        Ok(Opened {
            bytes,
            program,
            code: OnceLock::new(),
            graph: OnceLock::new(),
        })
    }

    fn code(&self) -> Result<&Code, String> {
        let read = || {
            let listing = Listing::of_program(self.program).map_err(|e| e.to_string())?;
            let listing: &'static Listing<'static> = Box::leak(Box::new(listing));
            // WebAssembly has no addresses to follow.
            let native = listing.goarch != "wasm";
            Ok(Code {
                listing,
                resolver: native.then(|| Resolver::new(self.program, listing)),
            })
        };
        self.code.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn graph(&self) -> Result<&Graph<'static, 'static>, String> {
        let read = || Graph::new(self.program, None).map_err(|e| e.to_string());
        self.graph.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// The files: the only one, or the old one and the new one.
pub(super) struct Files {
    pub(super) old: Option<Opened>,
    pub(super) new: Opened,
}

impl Files {
    fn of(&self, side: Side) -> &Opened {
        match (&self.old, side) {
            (Some(old), Side::Old) => old,
            _ => &self.new,
        }
    }

    /// Begins to measure the files; gives where questions go, and where answers come from.
    pub(super) fn start(self) -> (Sender<Ask>, Receiver<Told>) {
        let (asks, questions) = channel::<Ask>();
        let (answers, told) = channel();
        let files = Arc::new(self);
        thread::spawn(move || {
            // The graph takes longest, and nothing else waits for it.
            let graphs = {
                let (to, from) = channel::<Ask>();
                let (files, answers) = (Arc::clone(&files), answers.clone());
                thread::spawn(move || files.answer(&from, &answers));
                to
            };
            // Whoever asked is gone where an answer can't be sent.
            let _ = answers.send(Told::Outline(files.outline()));
            let (to, rest) = channel();
            thread::spawn(move || files.answer(&rest, &answers));
            for ask in questions {
                let slow = matches!(
                    &ask,
                    Ask::Held | Ask::Text(_, What::Why(_) | What::WhyType(..), _)
                );
                let _ = if slow { graphs.send(ask) } else { to.send(ask) };
            }
        });
        (asks, told)
    }

    fn answer(&self, asks: &Receiver<Ask>, answers: &Sender<Told>) {
        for ask in asks {
            let told = match ask {
                Ask::Held => Told::Held(self.held()),
                Ask::Text(id, what, side) => Told::Text(id, self.of(side).text(&what)),
                Ask::Strings(id, package) => Told::Strings(id, self.strings(&package)),
            };
            if answers.send(told).is_err() {
                return;
            }
        }
    }

    pub(super) fn outline(&self) -> Result<(Outline, String), String> {
        let options = size::Options {
            detail: size::Detail::Symbol,
            ..size::Options::default()
        };
        let measure = |o: &Opened| size::measure(o.bytes, options).map_err(|e| e.to_string());
        let (old, new) = rayon::join(
            || self.old.as_ref().map(measure).transpose(),
            || measure(&self.new),
        );
        let (old, new) = (old?, new?);
        let facts = |r: &size::Report| {
            let go = r.go_version.as_deref().unwrap_or("no Go version");
            format!("{}, {go}", human(r.file_size))
        };
        let said = match &old {
            Some(old) => format!("{} → {}", facts(old), facts(&new)),
            None => facts(&new),
        };
        Ok((Outline::new(old.as_ref(), &new), said))
    }

    fn held(&self) -> Result<Retained, String> {
        let table = self.new.graph()?.table();
        let by_name = |rows: Vec<Row>| {
            let kept = |r: &Row| Kept {
                own: r.own,
                with: r.retained,
            };
            rows.into_iter().map(|r| (r.name.clone(), kept(&r))).collect()
        };
        Ok(Retained {
            modules: by_name(table.modules),
            packages: by_name(table.packages),
        })
    }

    /// The strings of both sides, one row for the same text.
    fn strings(&self, package: &str) -> Result<Vec<Constant>, String> {
        let mut all: BTreeMap<&'static str, Constant> = BTreeMap::new();
        let mut add = |found: Found, old: bool| {
            for ((_, text), functions) in found {
                let c = all.entry(text).or_insert_with(|| Constant {
                    text,
                    bytes: Pair::default(),
                    functions,
                });
                let bytes = if old { &mut c.bytes.old } else { &mut c.bytes.new };
                *bytes = text.len() as u64;
            }
        };
        add(self.new.strings(package)?, false);
        if let Some(old) = &self.old {
            add(old.strings(package)?, true);
        }
        Ok(all.into_values().collect())
    }
}

/// Strings by address, each with the functions that use it.
type Found = BTreeMap<(u64, &'static str), Vec<String>>;

/// Functions named of those that use a string.
const NAMED: usize = 8;

impl Opened {
    fn strings(&self, package: &str) -> Result<Found, String> {
        let functions = self.program.functions();
        let table = self.program.pclntab().map_err(|e| e.to_string())?;
        let Some(resolver) = &self.code()?.resolver else {
            return Err("strings of WebAssembly are not told apart".into());
        };
        let of_function = |i: usize| {
            let (Some(code), Some(record)) = (functions.code(i), table.get(i)) else {
                return Vec::new();
            };
            let f = function(record.name(), code.start, code.end);
            let name = String::from_utf8_lossy(record.name()).into_owned();
            let strings = resolver.strings(&f).into_iter();
            strings.map(|s| (s, name.clone())).collect()
        };
        let own: Vec<usize> = (0..functions.len())
            .filter(|i| functions.package(*i) == Some(package))
            .collect();
        let mut found = Found::new();
        let each: Vec<Vec<_>> = own.par_iter().map(|i| of_function(*i)).collect();
        for (string, name) in each.into_iter().flatten() {
            let names: &mut Vec<String> = found.entry(string).or_default();
            if names.len() < NAMED && !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(found)
    }

    /// A page of text.
    pub(super) fn text(&self, what: &What) -> Result<Vec<Line>, String> {
        match what {
            What::Code(name) => self.listing(name),
            What::Type(package, name) => self.types(package, name),
            What::File(path) => self.file(path),
            What::Why(name) => self.why(name),
            What::WhyType(package, name) => {
                let types = self.program.types();
                let t = self.types_named(package, name).next().ok_or("not in this file")?;
                self.why(&String::from_utf8_lossy(&types.link_name(t)))
            }
        }
    }

    fn listing(&self, name: &str) -> Result<Vec<Line>, String> {
        let Code { listing, resolver } = self.code()?;
        let same = |n: &[u8]| n == name.as_bytes() || String::from_utf8_lossy(n) == name;
        let mut all: Vec<Function<'_>> = listing.functions(0, u64::MAX, same).collect();
        if all.is_empty()
            && let Ok(table) = self.program.pclntab()
        {
            // A symbol table may leave out what the runtime's has.
            for f in table.functions().filter(|f| same(f.name())) {
                let at = |g: &Function<'_>| g.start == f.entry();
                all.extend(listing.functions(f.entry(), f.entry() + 1, |_| true).filter(at));
            }
        }
        if all.is_empty() {
            return Err("not in this file, or without instructions".into());
        }
        let mut lines = Vec::new();
        for f in all {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            instructions(listing, resolver.as_ref(), f, &mut lines);
        }
        Ok(lines)
    }

    fn types_named<'s>(
        &'s self,
        package: &'s str,
        name: &'s str,
    ) -> impl Iterator<Item = &'static Type<'static>> + 's {
        let all = self.program.types().types.iter();
        // What no package made stands under its kind.
        let of = move |t: &&'static Type<'static>| {
            types::package(self.program, t).is_none_or(|p| p == package)
                && String::from_utf8_lossy(t.name) == name
        };
        all.filter(of)
    }

    fn types(&self, package: &str, name: &str) -> Result<Vec<Line>, String> {
        let all: Vec<_> = self.types_named(package, name).collect();
        if all.is_empty() {
            return Err("not in this file".into());
        }
        let mut text = Vec::new();
        let written = types_report::text(&mut text, self.program, all.into_iter(), true);
        written.map_err(|e| e.to_string())?;
        let mut lines = vec![
            Line::new(
                Tone::Strong,
                "address, bytes of the descriptor, kind, bytes of a value, name",
            ),
            Line::new(Tone::Quiet, "below: fields by offset, and methods"),
            Line::default(),
        ];
        lines.extend(of_report(&text));
        Ok(lines)
    }

    fn file(&self, path: &str) -> Result<Vec<Line>, String> {
        let named = |p: &[u8]| String::from_utf8_lossy(p) == path;
        let all = self.program.embeds().iter();
        let found = all.filter(|e| !e.is_folder()).find(|e| e.path.is_some_and(named));
        let data = found.ok_or("not in this file")?.data;
        let size = format!("{} bytes, embedded", grouped(data.len() as u64));
        let mut lines = vec![Line::new(Tone::Strong, &size), Line::default()];
        lines.extend(contents(data));
        Ok(lines)
    }

    fn why(&self, name: &str) -> Result<Vec<Line>, String> {
        let graph = self.graph()?;
        let mut lines = Vec::new();
        let name = name.to_string();
        if let Ok((row, _)) = graph.together(std::slice::from_ref(&name)) {
            lines.extend(numbers(&row));
        }
        let found = graph.paths(&name, &[], 3)?;
        if found.paths().is_empty() {
            lines.push(Line::new(Tone::Plain, why_report::no_chain(&found)));
            return Ok(lines);
        }
        let mut text = Vec::new();
        why_report::chains(&mut text, &name, &found).map_err(|e| e.to_string())?;
        lines.extend(of_report(&text));
        Ok(lines)
    }
}

/// A part of the code, as a listing takes it.
fn function<'n>(name: &'n [u8], start: u64, end: u64) -> Function<'n> {
    Function {
        name,
        start,
        end,
        file: b"",
        number: None,
    }
}

/// What goes with a module or package.
fn numbers(row: &Row) -> Vec<Line> {
    let line = |what: &str, bytes: u64, meaning: &str| {
        Line::new(Tone::Strong, &format!("{:>14}", grouped(bytes)))
            .with(Tone::Plain, &format!("  {what:8}"))
            .with(Tone::Quiet, meaning)
    };
    let mut out = vec![
        line("own", row.own, "bytes of its own functions and types"),
        line("with it", row.retained, "bytes that the program loses with it"),
        line(
            "certain",
            row.certain,
            "bytes of these even if every other package stays",
        ),
    ];
    let users = if row.used_by.is_empty() {
        "nobody else".to_string()
    } else {
        row.used_by.join(", ")
    };
    out.push(Line::new(Tone::Plain, &format!("{:>14}  ", "used by")).with(Tone::Plain, &users));
    out.push(Line::default());
    out
}

/// Instructions of a function that are listed, in bytes.
const CODE: u64 = 512 << 10;

/// A function: where it is, then each instruction with what its operands are.
fn instructions(
    listing: &Listing<'_>,
    resolver: Option<&Resolver<'_, '_>>,
    function: Function<'_>,
    out: &mut Vec<Line>,
) {
    let name = String::from_utf8_lossy(function.name);
    let file = String::from_utf8_lossy(function.file);
    out.push(Line::new(Tone::Strong, &name));
    let bytes = grouped(function.end.saturating_sub(function.start));
    let range = format!("{:#x} to {:#x}, {bytes} bytes", function.start, function.end);
    out.push(Line::new(Tone::Quiet, &range).with(Tone::Place, &format!("  {file}")));
    let shown = Function {
        end: function.end.min(function.start.saturating_add(CODE)),
        ..function
    };
    let trace = resolver.map(|r| r.trace(&shown));
    let mut last = (Vec::new(), 0);
    listing.decode(&shown, Style::default(), |i| {
        let place = (i.position.file.to_vec(), i.position.line);
        let base = place.0.rsplit(|b| matches!(b, b'/' | b'\\')).next();
        let base = String::from_utf8_lossy(base.unwrap_or_default()).into_owned();
        // A place is told where it changes.
        let position = match place == last {
            true => String::new(),
            false => format!("{base}:{}", i.position.line),
        };
        last = place;
        let text = String::from_utf8_lossy(i.text);
        let note = resolver.zip(trace.as_ref()).and_then(|(r, t)| r.note(t, &i));
        let mut line = Line::new(Tone::Address, &format!("{:#10x}  ", i.pc));
        match note {
            Some(note) => {
                let note = String::from_utf8_lossy(&note).into_owned();
                line = line.with(Tone::Plain, &format!("{text:34} "));
                line = line.with(Tone::Strong, &format!("// {note}"));
            }
            None => line = line.with(Tone::Plain, &text),
        }
        if !position.is_empty() {
            line = line.with(Tone::Quiet, &format!("  {position}"));
        }
        out.push(line);
    });
    if shown.end < function.end {
        let rest = grouped(function.end - shown.end);
        let more = format!("{rest} bytes more: `gospect objdump -s` lists them");
        out.push(Line::new(Tone::Quiet, &more));
    }
}

/// What a file is shown of, in bytes and in lines.
const TEXT: usize = 1 << 20;
const LINES: usize = 20_000;
/// The same of one that is no text.
const BINARY: usize = 64 << 10;

/// A file's text, or its bytes where it is none.
fn contents(data: &[u8]) -> Vec<Line> {
    let shown = data.get(..TEXT).unwrap_or(data);
    let text = String::from_utf8_lossy(shown);
    let odd = |c: char| c == '\u{fffd}' || c.is_control() && !c.is_whitespace();
    let odds = text.chars().filter(|c| odd(*c)).count();
    let mut out: Vec<Line> = Vec::new();
    // The cut may go through one character.
    let rest = if odds <= 1 {
        out.extend(text.lines().take(LINES).map(|l| Line::new(Tone::Plain, l)));
        data.len() - shown.len()
    } else {
        let shown = data.get(..BINARY).unwrap_or(data);
        out.extend(
            shown
                .chunks(16)
                .enumerate()
                .map(|(i, chunk)| hex_line(i * 16, chunk)),
        );
        data.len() - shown.len()
    };
    if rest > 0 {
        let more = format!(
            "{} bytes more: `gospect embeds --extract` writes them",
            grouped(rest as u64)
        );
        out.push(Line::new(Tone::Quiet, &more));
    }
    out
}

fn hex_line(at: usize, chunk: &[u8]) -> Line {
    let hex: Vec<String> = chunk.iter().map(|b| format!("{b:02x}")).collect();
    let printable = |b: &u8| {
        if matches!(b, b' '..=b'~') {
            char::from(*b)
        } else {
            '.'
        }
    };
    let text: String = chunk.iter().map(printable).collect();
    Line::new(Tone::Address, &format!("{at:08x}  "))
        .with(Tone::Plain, &format!("{:47}  ", hex.join(" ")))
        .with(Tone::Quiet, &text)
}
