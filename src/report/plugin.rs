//! What `gospect plugin` found, as text and JSON (docs/schema/plugin.json).

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::text::escape;
use crate::analysis::plugin::{Host, Loads, Plugin, Verdict};

/// One plugin and, where there is a host, what it will do with it.
#[derive(Debug)]
pub struct Row {
    /// The file's name as it was given.
    pub file: String,
    /// The plugin.
    pub plugin: Plugin,
    /// What the host will do.
    pub verdict: Option<Verdict>,
}

impl Row {
    /// The whole error that Go prints, as if Open had been called with the name given here.
    pub fn message(&self) -> Option<String> {
        let v = self.verdict.as_ref()?;
        let error = v.error.as_ref()?;
        // Open cuts the ending before it looks at the plugin; where it is not implemented it gives no name.
        Some(match error.strip_prefix("plugin: ") {
            Some(_) => error.clone(),
            None => format!(
                "plugin.Open(\"{}\"): {error}",
                self.file.strip_suffix(".so").unwrap_or(&self.file)
            ),
        })
    }
}

/// Writes for people.
///
/// # Errors
/// What the writer says.
pub fn write_text(
    out: &mut dyn Write,
    host: Option<(&str, &Host)>,
    rows: &[Row],
    verbose: bool,
) -> io::Result<()> {
    let safe = |s: &str| escape(s.as_bytes());
    if let Some((name, h)) = host {
        let can = match h.loads {
            Loads::Yes => format!("{} packages", h.packages.len()),
            Loads::Never => "built without cgo: can't load plugins".into(),
            Loads::NotImported => "does not import package plugin".into(),
        };
        writeln!(
            out,
            "host {}: {}, {can}",
            safe(name),
            safe(h.facts.go_version.as_deref().unwrap_or("Go version unknown"))
        )?;
    }
    for row in rows {
        let p = &row.plugin;
        let go = p.facts.go_version.as_deref().unwrap_or("Go version unknown");
        writeln!(
            out,
            "{}: plugin {}, {}, {} packages",
            safe(&row.file),
            safe(&p.path),
            safe(go),
            p.packages.len()
        )?;
        for e in &p.exports {
            let (word, typ) = (
                if e.function { "func" } else { "var" },
                e.typ.as_deref().unwrap_or("?"),
            );
            let typ = if e.function {
                typ.strip_prefix("func").unwrap_or(typ).to_string()
            } else {
                format!(" {typ}")
            };
            writeln!(out, "    {word} {}{}", safe(&e.name), safe(&typ))?;
        }
        if p.exports.is_empty() {
            writeln!(out, "    exports nothing")?;
        }
        if verbose {
            for x in &p.packages {
                writeln!(out, "    {} {}", hex(&x.hash), safe(&x.path))?;
            }
        }
        let Some(v) = &row.verdict else { continue };
        if v.fits {
            writeln!(
                out,
                "    fits: the {} packages it shares with what is loaded have the same hash",
                v.shared
            )?;
            continue;
        }
        match row.message() {
            Some(m) => writeln!(out, "    refused: {}", safe(&m))?,
            None => writeln!(out, "    refused")?,
        }
        for r in &v.reasons {
            writeln!(out, "    because: {}", safe(r))?;
        }
        if v.differing.len() > 1 {
            let shown = if verbose { v.differing.len() } else { 8 };
            let names: Vec<String> = v.differing.iter().take(shown).map(|d| safe(d)).collect();
            let more = if v.differing.len() > shown { ", …" } else { "" };
            writeln!(
                out,
                "    {} of {} shared packages differ: {}{more}",
                v.differing.len(),
                v.shared,
                names.join(", ")
            )?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Doc<'a> {
    schema: &'static str,
    version: u32,
    host: Option<HostDoc<'a>>,
    plugins: Vec<PluginDoc<'a>>,
}

#[derive(Serialize)]
struct HostDoc<'a> {
    file: &'a str,
    go_version: Option<&'a str>,
    loads_plugins: bool,
    packages: usize,
}

#[derive(Serialize)]
struct PluginDoc<'a> {
    file: &'a str,
    path: &'a str,
    go_version: Option<&'a str>,
    os: Option<&'a str>,
    arch: Option<&'a str>,
    exports: Vec<ExportDoc<'a>>,
    packages: Vec<PackageDoc<'a>>,
    verdict: Option<VerdictDoc<'a>>,
}

#[derive(Serialize)]
struct ExportDoc<'a> {
    name: &'a str,
    kind: &'static str,
    #[serde(rename = "type")]
    typ: Option<&'a str>,
}

#[derive(Serialize)]
struct PackageDoc<'a> {
    path: &'a str,
    hash: String,
}

#[derive(Serialize)]
struct VerdictDoc<'a> {
    fits: bool,
    message: Option<String>,
    package: Option<&'a str>,
    differing: &'a [String],
    shared: usize,
    reasons: &'a [String],
}

/// Writes one JSON object for the run.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut dyn Write, host: Option<(&str, &Host)>, rows: &[Row]) -> io::Result<()> {
    let host = host.map(|(file, h)| HostDoc {
        file,
        go_version: h.facts.go_version.as_deref(),
        loads_plugins: h.loads == Loads::Yes,
        packages: h.packages.len(),
    });
    let plugins = rows.iter().map(|row| {
        let p = &row.plugin;
        let exports = p.exports.iter().map(|e| ExportDoc {
            name: &e.name,
            kind: if e.function { "func" } else { "var" },
            typ: e.typ.as_deref(),
        });
        let verdict = row.verdict.as_ref().map(|v| VerdictDoc {
            fits: v.fits,
            message: row.message(),
            package: v.package.as_deref(),
            differing: &v.differing,
            shared: v.shared,
            reasons: &v.reasons,
        });
        PluginDoc {
            file: &row.file,
            path: &p.path,
            go_version: p.facts.go_version.as_deref(),
            os: p.facts.os.as_deref(),
            arch: p.facts.arch.as_deref(),
            exports: exports.collect(),
            packages: p
                .packages
                .iter()
                .map(|x| PackageDoc {
                    path: &x.path,
                    hash: hex(&x.hash),
                })
                .collect(),
            verdict,
        }
    });
    let plugins = plugins.collect();
    json::write(
        out,
        &Doc {
            schema: "gospect/plugin",
            version: 1,
            host,
            plugins,
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
