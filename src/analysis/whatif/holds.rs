//! What the file's size would be without what reflection keeps, or without modules.
//!
//! The graph of what keeps what tells the bytes of mapped sections; what symbol table and DWARF would lose is
//! not counted, so that the size is one that the real one lies below. docs/why.md says how well it agrees.

use super::Variant;
use crate::analysis::graph::{Graph, Row};
use crate::go::Program;

/// Savings below this are lost among alignment and shared tables.
const BLUR: u64 = 50_000;

/// Without the methods that only reflection may call, where there are such; without all of `drop`, modules or
/// packages, where any are named.
///
/// # Errors
/// Where one of `drop` is not in the program, or the program's graph can't be made.
pub fn held(program: &Program<'_>, drop: &[String]) -> Result<Vec<Variant>, String> {
    let graph = match Graph::new(program, None) {
        Ok(graph) => graph,
        // Nothing was asked for.
        Err(_) if drop.is_empty() => return Ok(Vec::new()),
        Err(e) => return Err(e.to_string()),
    };
    let size = program.file().len() as u64;
    let mut out = Vec::new();
    if graph.reflection() {
        let saved = graph.reflection_bytes();
        let by = graph.culprit_names();
        out.push(Variant {
            id: "no-reflect-methods",
            bytes: Some(size.saturating_sub(saved)),
            // What it comes to is 70 % of the truth or more.
            margin: saved / 2,
            notes: vec![format!(
                "reflection off would save at least {saved} bytes: without the calls in {}",
                by.join(", ")
            )],
            ..Variant::default()
        });
    }
    if !drop.is_empty() {
        let (row, _) = graph.together(drop)?;
        out.push(dropped(size, drop, &row));
    }
    Ok(out)
}

fn dropped(size: u64, names: &[String], row: &Row) -> Variant {
    let mut notes = vec![format!(
        "without {}: {} bytes go, {} for certain, {} of its own",
        names.join(" and "),
        row.retained,
        row.certain,
        row.own
    )];
    if !row.used_by.is_empty() {
        notes.push(format!(
            "nothing goes unless these let go too: {}",
            row.used_by.join(", ")
        ));
    }
    Variant {
        id: "drop",
        bytes: Some(size.saturating_sub(row.retained)),
        margin: (row.retained / 5).max(row.retained - row.certain).max(BLUR),
        notes,
        ..Variant::default()
    }
}
