//! Functions → text or JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::text::escape;
use crate::analysis::funcs::{Func, Source};
use crate::input::Name;

#[derive(Serialize)]
struct Report<'t> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    pclntab: Pclntab,
    functions: &'t [One<'t>],
}

/// Facts about the table the functions are from.
#[derive(Debug, Clone, Serialize)]
pub struct Pclntab {
    /// The Go versions that have such a table: `1.20`.
    pub layout: &'static str,
    /// Hex address.
    pub addr: String,
    /// Bytes.
    pub size: u64,
    /// Hex; another one than the layout's where an obfuscator changed it.
    pub magic: String,
    /// section, symbols, scan.
    pub found: &'static str,
    /// Hex address that entries count from.
    pub text: String,
}

#[derive(Serialize)]
struct One<'t> {
    name: std::borrow::Cow<'t, str>,
    package: Option<&'t str>,
    addr: Hex,
    end: Hex,
    file: Option<std::borrow::Cow<'t, str>>,
    line: Option<i32>,
    start_line: Option<i32>,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inlined: Option<Vec<OneInlined<'t>>>,
}

#[derive(Serialize)]
struct OneInlined<'t> {
    name: std::borrow::Cow<'t, str>,
    package: Option<&'t str>,
    parent: Option<u32>,
    file: std::borrow::Cow<'t, str>,
    line: i32,
    start_line: Option<i32>,
    bytes: u64,
}

/// An address as a hex string, written without an allocation.
struct Hex(u64);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{:#x}", self.0))
    }
}

fn source(s: Source) -> &'static str {
    match s {
        Source::Pclntab => "pclntab",
        Source::Symtab => "symtab",
    }
}

/// Writes the JSON object. `with_inlined`: also the list of inlined calls, empty or not.
///
/// # Errors
/// What the writer says.
pub fn json(
    out: &mut dyn Write,
    file: &Name,
    pclntab: &Pclntab,
    all: &[Func<'_>],
    with_inlined: bool,
) -> io::Result<()> {
    let lossy = String::from_utf8_lossy;
    let functions: Vec<One<'_>> = all
        .iter()
        .map(|f| One {
            name: lossy(f.name),
            package: f.package,
            addr: Hex(f.addr),
            end: Hex(f.end),
            file: f.file.map(lossy),
            line: f.line,
            start_line: f.start_line,
            source: source(f.source),
            inlined: with_inlined.then(|| {
                let calls = f.inlined.iter();
                let one = |i| -> OneInlined<'_> { one_inlined(i) };
                calls.map(one).collect()
            }),
        })
        .collect();
    let report = Report {
        schema: "gospect/funcs",
        version: 1,
        file: file.into(),
        pclntab: pclntab.clone(),
        functions: &functions,
    };
    json::write(out, &report)
}

fn one_inlined<'t>(i: &'t crate::analysis::funcs::Inlined<'_>) -> OneInlined<'t> {
    OneInlined {
        name: String::from_utf8_lossy(i.name),
        package: i.package.as_deref(),
        parent: i.parent,
        file: String::from_utf8_lossy(i.file),
        line: i.line,
        start_line: i.start_line,
        bytes: i.bytes,
    }
}

/// Writes a line per function: address, bytes, name, place; inlined calls indented below.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, all: &[Func<'_>]) -> io::Result<()> {
    for f in all {
        write!(out, "{:#10x} {:8} {}", f.addr, f.end - f.addr, escape(f.name))?;
        match (f.file, f.line) {
            (Some(file), Some(line)) if !file.is_empty() => {
                let line = f.start_line.unwrap_or(line);
                writeln!(out, "\t{}:{line}", escape(file))?;
            }
            _ if f.source == Source::Symtab => writeln!(out, "\t(symbol table)")?,
            _ => writeln!(out)?,
        }
        for (depth, i) in tree(&f.inlined) {
            writeln!(
                out,
                "{:19} {:indent$}+ {} ({} bytes)\t{}:{}",
                "",
                "",
                escape(i.name),
                i.bytes,
                escape(i.file),
                i.line,
                indent = depth * 2
            )?;
        }
    }
    Ok(())
}

/// Inlined calls with their depth, each below its parent.
fn tree<'t, 'f>(
    all: &'t [crate::analysis::funcs::Inlined<'f>],
) -> Vec<(usize, &'t crate::analysis::funcs::Inlined<'f>)> {
    let mut depths: Vec<usize> = Vec::with_capacity(all.len());
    for (i, call) in all.iter().enumerate() {
        let above = call
            .parent
            .filter(|p| (*p as usize) < i)
            .and_then(|p| depths.get(p as usize));
        depths.push(above.map_or(0, |d| d + 1).min(32));
    }
    depths.into_iter().zip(all).collect()
}
