//! Chains to a target → JSON, text or DOT.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::quoted;
use crate::analysis::graph::{self, Found, Hold, Path};
use crate::input::Name;
use crate::report::json;
use crate::report::text::escape;

#[derive(Serialize)]
struct Chain<'r> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    target: &'r str,
    found: &'static str,
    only_init: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    imported: &'r [String],
    path: Vec<Link<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Vec<Link<'r>>>,
}

/// A link of a chain, as `why` and `vuln` write it.
#[derive(Debug, Serialize)]
pub struct Link<'r> {
    name: &'r str,
    package: Option<&'r str>,
    how: Option<&'static str>,
    at: Option<&'r str>,
}

/// The contract's word.
fn word(how: Hold) -> &'static str {
    match how {
        Hold::Call => "call",
        Hold::Address => "address",
        Hold::Data => "data",
        Hold::Type | Hold::Convert | Hold::Child => "type",
        Hold::Method => "method",
        Hold::Init => "init",
    }
}

/// A chain's links.
pub fn links(path: &Path) -> Vec<Link<'_>> {
    let one = |l: &'_ graph::Link| -> Option<&'static str> { l.how.map(word) };
    path.links
        .iter()
        .map(|l| Link {
            name: &l.name,
            package: l.package.as_deref(),
            how: one(l),
            at: l.at.as_deref(),
        })
        .collect()
}

/// Chains as JSON: the shortest, and the others that were asked for.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, file: &Name, target: &str, found: &Found) -> io::Result<()> {
    let paths = found.paths();
    let chain = Chain {
        schema: "gospect/why",
        version: 1,
        file: file.into(),
        target,
        found: match found {
            Found::Paths(_) => "path",
            Found::Own => "own",
            Found::Absent => "absent",
            Found::Gone => "gone",
            Found::Unseen => "unseen",
        },
        only_init: paths.first().is_some_and(|p| p.only_init),
        imported: paths.first().map_or(&[], |p| &p.imported),
        path: paths.first().map_or(Vec::new(), links),
        others: paths.iter().skip(1).map(links).collect(),
    };
    json::write(out, &chain)
}

/// What a link does to the next, in words.
pub fn told(how: Hold) -> &'static str {
    match how {
        Hold::Call => "calls",
        Hold::Address => "takes the address of",
        Hold::Data => "refers to",
        Hold::Type => "names the type",
        Hold::Convert => "makes an interface of the type",
        Hold::Child => "is made of the type",
        Hold::Method => "has the method",
        Hold::Init => "initializes by",
    }
}

/// Why there is no chain; empty where there is one.
pub fn no_chain(found: &Found) -> &'static str {
    match found {
        Found::Paths(_) => "",
        Found::Own => "the main module: all chains begin in it",
        Found::Absent => "no module, package, function, type or embedded file of the program is called so",
        Found::Gone => "goes with what is dropped",
        Found::Unseen => "in the program; the way to it can't be seen",
    }
}

/// Chains as text, one link a line, an empty line between two; without any, why there is none.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, target: &str, found: &Found) -> io::Result<()> {
    let paths = found.paths();
    if paths.is_empty() {
        writeln!(out, "{}: {}", escape(target.as_bytes()), no_chain(found))?;
    }
    if paths.first().is_some_and(|p| p.only_init) {
        writeln!(out, "reached from packages' initialization only:")?;
    }
    for (i, path) in paths.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        if path.imported.len() > 1 {
            let names: Vec<String> = path.imported.iter().map(|p| escape(p.as_bytes())).collect();
            writeln!(out, "imports: {}", names.join(" → "))?;
        }
        for l in &path.links {
            let how = l.how.map_or(String::new(), |h| format!("{} ", told(h)));
            let at =
                l.at.as_ref()
                    .map_or(String::new(), |a| format!("  ({})", escape(a.as_bytes())));
            let indent = if l.how.is_some() { "  " } else { "" };
            writeln!(out, "{indent}{how}{}{at}", escape(l.name.as_bytes()))?;
        }
    }
    Ok(())
}

/// Chains as a graph for Graphviz: what they share is drawn once.
///
/// # Errors
/// What the writer says.
pub fn dot(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    let paths = found.paths();
    writeln!(out, "digraph why {{\n  node [shape=box];")?;
    let mut drawn = BTreeSet::new();
    for path in paths {
        for pair in path.links.windows(2) {
            let [from, to] = pair else { continue };
            let how = to.how.map_or("", word);
            let label = to
                .at
                .as_ref()
                .map_or(how.to_string(), |at| format!("{how}\n{at}"));
            let line = format!(
                "  {} -> {} [label={}];",
                quoted(&from.name),
                quoted(&to.name),
                quoted(&label)
            );
            if drawn.insert(line.clone()) {
                writeln!(out, "{line}")?;
            }
        }
    }
    writeln!(out, "}}")
}
