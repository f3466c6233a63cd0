//! A listing → one JSON object per function and line, written as they are made.

use std::io::{self, Write};

use serde::Serialize;

use super::json::{Safe, hex, lossy};
use super::objdump::{Options, in_windows};
use crate::analysis::listing::{Function, Listing};
use crate::go::packages;
use crate::go::pclntab::Frame;

#[derive(Serialize)]
struct FunctionRow {
    schema: &'static str,
    version: u32,
    /// The function's name as the table has it.
    name: String,
    package: Option<String>,
    /// Source file of the entry.
    file: Option<String>,
    addr: String,
    end: String,
    arch: &'static str,
    /// Of a WebAssembly function: its index in the module, imports included.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    /// Which table the function was found in.
    source: &'static str,
}

#[derive(Serialize)]
struct Row {
    addr: String,
    /// As they stand in memory.
    bytes: String,
    /// Go syntax; null where the bytes are no instruction.
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gnu: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relocations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inlined: Option<Vec<Call>>,
    file: Option<String>,
    line: Option<i64>,
}

/// An inlined call that an instruction belongs to, and where it was called from.
#[derive(Serialize)]
struct Call {
    name: String,
    file: Option<String>,
    line: Option<i64>,
}

/// Writes the functions.
///
/// # Errors
/// What the writer says.
pub fn write<'a>(
    listing: &Listing<'a>,
    functions: impl Iterator<Item = Function<'a>>,
    options: &Options<'_>,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    in_windows(functions, out, |function, _, _, text| {
        // Writing plain data into memory does not fail.
        if serde_json::to_writer(Safe(&mut text.buffer), &head(listing, function)).is_err() {
            return;
        }
        // The list is written as it is made: the brace that ends the object comes behind it.
        text.buffer.pop();
        text.buffer.extend_from_slice(b",\"instructions\":[");
        let mut first = true;
        instructions(listing, function, options, |row| {
            if !std::mem::take(&mut first) {
                text.buffer.push(b',');
            }
            let _ = serde_json::to_writer(Safe(&mut text.buffer), &row);
            text.ease();
        });
        text.buffer.extend_from_slice(b"]}\n");
    })
}

fn instructions(
    listing: &Listing<'_>,
    function: &Function<'_>,
    options: &Options<'_>,
    mut each: impl FnMut(Row),
) {
    let known = |name: &[u8]| (!name.is_empty()).then(|| lossy(name));
    let inlined = options.inline.and_then(|t| t.find_function(function.start));
    let trace = options.resolve.map(|r| r.trace(function));
    listing.decode(function, options.style, |i| {
        let gnu = (options.gnu && i.known).then(|| {
            let mut text = Vec::new();
            listing.gnu(&i, options.style, &mut text);
            lossy(&text)
        });
        each(Row {
            addr: hex(i.pc),
            bytes: i.bytes.iter().map(|b| format!("{b:02x}")).collect(),
            text: i.known.then(|| lossy(i.text)),
            gnu,
            comment: options
                .resolve
                .zip(trace.as_ref())
                .and_then(|(r, t)| r.note(t, &i))
                .map(|n| lossy(&n)),
            inlined: inlined.map(|f| calls(&f.frames(i.pc))),
            relocations: i.relocations.to_vec(),
            file: known(i.position.file),
            line: (i.position.line > 0).then_some(i.position.line),
        });
    });
}

fn head(listing: &Listing<'_>, function: &Function<'_>) -> FunctionRow {
    FunctionRow {
        schema: "gospect/objdump",
        version: 1,
        name: lossy(function.name),
        package: packages::of_name(function.name).map(|p| p.into_owned()),
        file: (!function.file.is_empty()).then(|| lossy(function.file)),
        addr: hex(function.start),
        end: hex(function.end),
        arch: listing.goarch,
        index: function.number.filter(|_| listing.goarch == "wasm"),
        source: if listing.recovered { "pclntab" } else { "symtab" },
    }
}

fn calls(frames: &[Frame<'_>]) -> Vec<Call> {
    let pairs = frames.iter().zip(frames.iter().skip(1));
    pairs
        .map(|(inlined, caller)| Call {
            name: lossy(inlined.name),
            file: (!caller.position.file.is_empty()).then(|| lossy(caller.position.file)),
            line: (caller.position.line > 0).then(|| caller.position.line.into()),
        })
        .collect()
}
