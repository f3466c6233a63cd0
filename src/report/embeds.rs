//! Embedded files → text or JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json::{self, hex, lossy};
use super::text::{escape, grouped};
use crate::go::embeds::Embed;
use crate::input::Name;

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    embeds: Vec<One>,
}

#[derive(Serialize)]
struct One {
    holder: &'static str,
    path: Option<String>,
    variable: Option<String>,
    folder: bool,
    addr: Option<String>,
    size: u64,
    hash: Option<String>,
    table: String,
    exact: bool,
}

fn hash(e: &Embed<'_>) -> Option<String> {
    e.hash.map(|h| h.iter().map(|b| format!("{b:02x}")).collect())
}

/// Writes the JSON object.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, file: &Name, all: &[Embed<'_>]) -> io::Result<()> {
    let one = |e: &Embed<'_>| One {
        holder: e.holder.word(),
        path: e.path.map(lossy),
        variable: e.variable.as_deref().map(str::to_string),
        folder: e.is_folder(),
        addr: (e.addr != 0).then(|| hex(e.addr)),
        size: e.data.len() as u64,
        hash: hash(e),
        table: hex(e.table),
        exact: e.exact,
    };
    let report = Report {
        schema: "gospect/embeds",
        version: 1,
        file: file.into(),
        embeds: all.iter().map(one).collect(),
    };
    json::write(out, &report)
}

/// Writes a line per file: bytes, stored hash, path, variable.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, all: &[Embed<'_>]) -> io::Result<()> {
    for e in all {
        let path = match e.path {
            Some(p) => escape(p),
            None => format!("({}, embedded or a literal)", e.holder.word()),
        };
        let hash = hash(e).unwrap_or_default();
        write!(out, "{:>12} {hash:32} {path}", grouped(e.data.len() as u64))?;
        match &e.variable {
            Some(v) => writeln!(out, "\t{}", escape(v.as_bytes()))?,
            None => writeln!(out, "\tat {:#x}", e.table)?,
        }
    }
    Ok(())
}
