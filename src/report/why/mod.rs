//! What holds what → text, Markdown, JSON or DOT.

mod chain;

pub use chain::{Link, dot as chains_dot, json as chains_json, links, no_chain, text as chains, told};

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::text::{escape, grouped};
use crate::analysis::graph::{Graph, Row, Table};
use crate::input::Name;

#[derive(Serialize)]
struct Report<'r> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    total: u64,
    unexplained: u64,
    imports: &'static str,
    reflection: Reflection,
    modules: Vec<Module<'r>>,
    packages: Vec<Package<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<SetDoc<'r>>,
}

#[derive(Serialize)]
struct Reflection {
    keeps_methods: bool,
    bytes_at_least: u64,
    by: Vec<String>,
}

#[derive(Serialize)]
struct Module<'r> {
    module: &'r str,
    #[serde(flatten)]
    row: Numbers<'r>,
}

#[derive(Serialize)]
struct Package<'r> {
    package: &'r str,
    #[serde(flatten)]
    row: Numbers<'r>,
}

#[derive(Serialize)]
struct SetDoc<'r> {
    names: &'r [String],
    #[serde(flatten)]
    row: Numbers<'r>,
    goes: Vec<Goes<'r>>,
}

#[derive(Serialize)]
struct Goes<'r> {
    package: Option<&'r str>,
    bytes: u64,
}

/// What was named to be dropped together.
#[derive(Debug)]
pub struct Set {
    /// As named.
    pub names: Vec<String>,
    /// What it is and holds.
    pub row: Row,
    /// What goes, by package.
    pub goes: Vec<(String, u64)>,
}

#[derive(Serialize)]
struct Numbers<'r> {
    own: u64,
    retained: u64,
    certain: u64,
    used_by: &'r [String],
}

fn numbers(r: &Row) -> Numbers<'_> {
    Numbers {
        own: r.own,
        retained: r.retained,
        certain: r.certain,
        used_by: &r.used_by,
    }
}

/// What is asked for: the table, and what goes together.
#[derive(Debug, Default)]
pub struct Answer {
    /// Every module and package.
    pub table: Table,
    /// What was named to be dropped, and what goes with it.
    pub set: Option<Set>,
}

/// The table as JSON.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, file: &Name, graph: &Graph<'_, '_>, answer: &Answer) -> io::Result<()> {
    let modules = answer.table.modules.iter().map(|r| Module {
        module: &r.name,
        row: numbers(r),
    });
    let packages = answer.table.packages.iter().map(|r| Package {
        package: &r.name,
        row: numbers(r),
    });
    json::write(
        out,
        &Report {
            schema: "gospect/why",
            version: 1,
            file: file.into(),
            total: graph.total(),
            unexplained: graph.unexplained(),
            imports: if graph.imports_are_exact() {
                "listed"
            } else {
                "inferred"
            },
            reflection: Reflection {
                keeps_methods: graph.reflection(),
                bytes_at_least: graph.reflection_bytes(),
                by: graph.culprit_names(),
            },
            modules: modules.collect(),
            packages: packages.collect(),
            set: answer.set.as_ref().map(|s| SetDoc {
                names: &s.names,
                row: numbers(&s.row),
                goes: s
                    .goes
                    .iter()
                    .map(|(p, bytes)| Goes {
                        package: (!p.is_empty()).then_some(p.as_str()),
                        bytes: *bytes,
                    })
                    .collect(),
            }),
        },
    )
}

/// How the table is printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Packages in place of modules.
    pub packages: bool,
    /// Most rows, 0 for all.
    pub top: usize,
    /// As a Markdown table.
    pub markdown: bool,
}

/// The table as text or Markdown.
///
/// # Errors
/// What the writer says.
pub fn table(out: &mut dyn Write, graph: &Graph<'_, '_>, answer: &Answer, style: Style) -> io::Result<()> {
    if graph.reflection() {
        let by = graph.culprit_names();
        let by = by.first().map_or(String::new(), |f| {
            let others = graph.culprits().len() - 1;
            let more = if others > 0 {
                format!(" and {others} more")
            } else {
                String::new()
            };
            format!(", because of {}{more}", escape(f.as_bytes()))
        });
        writeln!(
            out,
            "reflection keeps all exported methods: at least {} bytes{by}",
            grouped(graph.reflection_bytes())
        )?;
    }
    if !graph.imports_are_exact() {
        writeln!(
            out,
            "imports are inferred: blank imports can't be seen; --imports makes them exact"
        )?;
    }
    writeln!(out)?;
    if let Some(Set { names, row, goes }) = &answer.set {
        writeln!(
            out,
            "without {}:",
            names
                .iter()
                .map(|n| escape(n.as_bytes()).to_string())
                .collect::<Vec<_>>()
                .join(" and ")
        )?;
        let users = if row.used_by.is_empty() {
            "nobody else".to_string()
        } else {
            row.used_by.join(", ")
        };
        writeln!(
            out,
            "  {} bytes go ({} for certain, {} its own); also used by {}",
            grouped(row.retained),
            grouped(row.certain),
            grouped(row.own),
            escape(users.as_bytes())
        )?;
        let shown = if style.top == 0 {
            goes.len()
        } else {
            style.top.min(goes.len())
        };
        for (package, bytes) in goes.iter().take(shown) {
            let name = if package.is_empty() {
                "(data of no package)".to_string()
            } else {
                escape(package.as_bytes())
            };
            writeln!(out, "{:>12}  {name}", grouped(*bytes))?;
        }
        if shown < goes.len() {
            writeln!(out, "{} more packages; --top 0 shows all", goes.len() - shown)?;
        }
        return Ok(());
    }
    let rows = if style.packages {
        &answer.table.packages
    } else {
        &answer.table.modules
    };
    let shown = if style.top == 0 {
        rows.len()
    } else {
        style.top.min(rows.len())
    };
    let what = if style.packages { "package" } else { "module" };
    let cells = |r: &Row| {
        let mut users = r
            .used_by
            .iter()
            .take(3)
            .map(|u| escape(u.as_bytes()).to_string())
            .collect::<Vec<_>>()
            .join(", ");
        if r.used_by.len() > 3 {
            users.push_str(&format!(" and {} more", r.used_by.len() - 3));
        }
        [
            grouped(r.retained),
            grouped(r.certain),
            grouped(r.own),
            escape(r.name.as_bytes()).to_string(),
            users,
        ]
    };
    if style.markdown {
        writeln!(
            out,
            "| with it | certain | own | {what} | also used by |\n| ---: | ---: | ---: | --- | --- |"
        )?;
        for r in rows.iter().take(shown) {
            writeln!(out, "| {} |", cells(r).map(|c| c.replace('|', "\\|")).join(" | "))?;
        }
    } else {
        let wide = rows
            .iter()
            .take(shown)
            .map(|r| r.name.chars().count())
            .max()
            .unwrap_or(0)
            .max(what.len());
        writeln!(
            out,
            "{:>12}  {:>12}  {:>12}  {what:wide$}  also used by",
            "with it", "certain", "own"
        )?;
        for r in rows.iter().take(shown) {
            let [retained, certain, own, name, users] = cells(r);
            let line = format!("{retained:>12}  {certain:>12}  {own:>12}  {name:wide$}  {users}");
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    if shown < rows.len() {
        writeln!(out, "{} more; --top 0 shows all", rows.len() - shown)?;
    }
    Ok(())
}

/// The table as a graph for Graphviz: a box for each row, with what goes with it, and an arrow from whoever
/// else uses it.
///
/// # Errors
/// What the writer says.
pub fn dot(out: &mut dyn Write, answer: &Answer, style: Style) -> io::Result<()> {
    let rows = match style.packages {
        true => &answer.table.packages,
        false => &answer.table.modules,
    };
    let shown = match style.top {
        0 => rows.len(),
        top => top.min(rows.len()),
    };
    writeln!(out, "digraph why {{\n  rankdir=LR;\n  node [shape=box];")?;
    for r in rows.iter().take(shown) {
        let size = grouped(r.retained);
        writeln!(
            out,
            "  {} [label={}];",
            quoted(&r.name),
            quoted(&format!("{}\n{size} bytes with it", r.name))
        )?;
        for user in &r.used_by {
            writeln!(out, "  {} -> {};", quoted(user), quoted(&r.name))?;
        }
    }
    writeln!(out, "}}")
}

/// A string of the DOT language: names come from the file.
fn quoted(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|l| escape(l.as_bytes()).replace('\\', "\\\\").replace('"', "\\\""));
    format!("\"{}\"", lines.collect::<Vec<_>>().join("\\n"))
}
