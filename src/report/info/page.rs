//! The page a person reads: headed groups of `label  value` lines, or the same as Markdown tables.

use std::io::{self, Write};

use crate::analysis::info::{BuildInfoState, Facts, Linkage, ModuleName, Relro};
use crate::report::markdown::cell;
use crate::report::text::{escape, grouped, human};

/// One group of the page.
struct Group {
    title: &'static str,
    rows: Vec<(&'static str, String)>,
}

/// How to print the page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Say where each fact was seen, and all dependencies and settings.
    pub verbose: bool,
    /// Only the headline.
    pub quiet: bool,
    /// Use colour.
    pub color: bool,
}

/// The page as text.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, name: &[u8], f: &Facts, style: Style) -> io::Result<()> {
    let (bold, dim, red, off) = if style.color {
        ("\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m")
    } else {
        ("", "", "", "")
    };
    writeln!(out, "{bold}{}{off}: {}", escape(name), clean(&headline(f)))?;
    if style.quiet {
        return Ok(());
    }
    let groups = groups(f, style.verbose);
    let width = groups
        .iter()
        .flat_map(|g| &g.rows)
        .map(|r| r.0.len())
        .max()
        .unwrap_or(0);
    for g in groups.iter().filter(|g| !g.rows.is_empty()) {
        writeln!(out, "\n{bold}{}{off}", g.title)?;
        for (label, value) in &g.rows {
            let mark = if g.title == CONTRADICTIONS { red } else { "" };
            writeln!(
                out,
                "  {dim}{label:width$}{off}  {mark}{}{}",
                clean(value),
                if mark.is_empty() { "" } else { off }
            )?;
        }
    }
    Ok(())
}

/// The page as Markdown.
///
/// # Errors
/// What the writer says.
pub fn markdown(out: &mut dyn Write, name: &[u8], f: &Facts, style: Style) -> io::Result<()> {
    writeln!(out, "## {}\n\n{}", cell(&escape(name)), cell(&headline(f)))?;
    for g in groups(f, style.verbose).iter().filter(|g| !g.rows.is_empty()) {
        writeln!(out, "\n### {}\n\n| | |\n| --- | --- |", g.title)?;
        for (label, value) in &g.rows {
            writeln!(out, "| {label} | {} |", cell(value))?;
        }
    }
    writeln!(out)
}

const CONTRADICTIONS: &str = "Contradictions";

/// Names come from the file: nothing of them may steer the terminal.
fn clean(s: &str) -> String {
    escape(s.as_bytes())
}

fn headline(f: &Facts) -> String {
    let mut words = Vec::new();
    let target = match (&f.os, &f.arch) {
        (Some(os), Some(arch)) => format!("{os}/{arch}"),
        (Some(os), None) => os.clone(),
        (None, Some(arch)) => arch.clone(),
        (None, None) => f.format.word().to_string(),
    };
    words.push(target);
    words.push(match f.build_mode {
        Some("exe") => "program".into(),
        Some("pie") => "position-independent program".into(),
        Some("c-archive") => "C archive".into(),
        Some("c-shared") => "C shared library".into(),
        Some("shared") => "Go shared library".into(),
        Some("plugin") => "Go plugin".into(),
        Some("archive") => "object that is not linked".into(),
        _ => "file".into(),
    });
    let maker = match (f.compiler, &f.go_version) {
        (Some("gc"), Some(v)) => format!("built by {v}"),
        (Some(c), Some(v)) => format!("built by {c} ({v})"),
        (Some("gc"), None) => format!(
            "built by Go {}",
            f.go_version_range.as_deref().unwrap_or("of an unknown version")
        ),
        (Some(c), None) => format!("built by {c}, version unknown"),
        (None, Some(v)) => format!("built by {v}"),
        (None, None) => "not known to be built by Go".into(),
    };
    words.push(maker);
    if let Some(l) = f.linkage {
        words.push(match (l, f.libraries.is_empty()) {
            (Linkage::Static, _) => "static".into(),
            (Linkage::StaticPie, _) => "static".into(),
            (Linkage::Dynamic, true) => "needs only the loader".into(),
            (Linkage::Dynamic, false) => "dynamically linked".into(),
        });
    }
    if f.is_go() {
        words.push(stripped(f).into());
    }
    words.push(human(f.file_size));
    words.join(", ")
}

fn stripped(f: &Facts) -> &'static str {
    match (f.symbols, f.dwarf.is_some()) {
        (true, true) => "not stripped",
        (true, false) => "without DWARF",
        (false, true) => "without symbols",
        (false, false) => "stripped",
    }
}

fn groups(f: &Facts, verbose: bool) -> Vec<Group> {
    let mut all = vec![
        Group {
            title: "Identity",
            rows: identity(f, verbose),
        },
        Group {
            title: "Toolchain",
            rows: toolchain(f, verbose),
        },
        Group {
            title: "Linkage",
            rows: linkage(f, verbose),
        },
        Group {
            title: "Hardening",
            rows: hardening(f),
        },
        Group {
            title: "Contents",
            rows: contents(f),
        },
    ];
    let rows = f
        .contradictions
        .iter()
        .map(|c| (c.code, c.what.clone()))
        .collect();
    all.push(Group {
        title: CONTRADICTIONS,
        rows,
    });
    if verbose {
        let settings = f
            .settings
            .iter()
            .map(|s| ("", format!("{}={}", s.key, s.value)))
            .collect();
        all.push(Group {
            title: "Settings",
            rows: settings,
        });
        all.push(Group {
            title: "Evidence",
            rows: f.evidence.iter().map(|e| (e.fact, e.seen.clone())).collect(),
        });
    }
    all.push(Group {
        title: "Could not be read",
        rows: f.warnings.iter().map(|w| ("", w.clone())).collect(),
    });
    all
}

type Rows = Vec<(&'static str, String)>;

fn identity(f: &Facts, verbose: bool) -> Rows {
    let mut rows = Rows::new();
    let mut add = |label, value: Option<String>| rows.extend(value.map(|v| (label, v)));
    add("package", f.path.clone());
    add("module", f.main.as_ref().map(module));
    if let Some(revision) = f.setting("vcs.revision") {
        let system = f.setting("vcs").unwrap_or("vcs");
        let dirty = match f.setting("vcs.modified") {
            Some("true") => ", with local changes",
            Some("false") => ", clean",
            _ => "",
        };
        let time = f
            .setting("vcs.time")
            .map(|t| format!(" of {t}"))
            .unwrap_or_default();
        add("revision", Some(format!("{system} {revision}{time}{dirty}")));
    } else if f.build_info != BuildInfoState::Missing && f.is_go() {
        add("revision", Some("not stamped".into()));
    }
    if !f.deps.is_empty() {
        let replaced = f.deps.iter().filter(|d| d.replace.is_some()).count();
        let replaced = if replaced > 0 {
            format!(", {replaced} replaced")
        } else {
            String::new()
        };
        add(
            "dependencies",
            Some(format!("{} modules{replaced}", f.deps.len())),
        );
    }
    if f.is_go() {
        match f.build_info {
            BuildInfoState::Found => {}
            BuildInfoState::Recovered => add(
                "build info",
                Some("recovered: `go version` does not see it".into()),
            ),
            BuildInfoState::Missing => add("build info", Some("none in the file".into())),
        }
    }
    if !f.recovered_modules.is_empty() {
        let n = f.recovered_modules.len();
        let some: Vec<&str> = f
            .recovered_modules
            .iter()
            .take(if verbose { n } else { 4 })
            .map(String::as_str)
            .collect();
        let more = if n > some.len() {
            format!(", … ({n} in all)")
        } else {
            String::new()
        };
        add("modules seen", Some(format!("{}{more}", some.join(", "))));
    }
    if verbose {
        for d in &f.deps {
            add("", Some(module(d)));
        }
    }
    rows
}

fn module(m: &ModuleName) -> String {
    let one = |m: &ModuleName| match m.version.is_empty() {
        true => m.path.clone(),
        false => format!("{} {}", m.path, m.version),
    };
    match &m.replace {
        Some(r) => format!("{} => {}", one(m), one(r)),
        None => one(m),
    }
}

fn toolchain(f: &Facts, verbose: bool) -> Rows {
    let mut rows = Rows::new();
    if let Some(v) = &f.go_version {
        let how = f
            .go_version_source
            .filter(|s| *s != "build info")
            .map(|s| format!(" (from {s})"))
            .unwrap_or_default();
        rows.push(("Go version", format!("{v}{how}")));
    } else if f.is_go() {
        let range = f
            .go_version_range
            .as_ref()
            .map(|r| format!(" (layout of Go {r})"))
            .unwrap_or_default();
        rows.push(("Go version", format!("unknown{range}")));
    }
    rows.extend(f.compiler.map(|c| ("compiler", c.to_string())));
    let target = [
        f.os.as_deref().unwrap_or("unknown"),
        f.arch.as_deref().unwrap_or("unknown"),
    ]
    .join("/");
    let level = [
        "GOAMD64",
        "GOARM64",
        "GOARM",
        "GO386",
        "GOMIPS",
        "GOMIPS64",
        "GOPPC64",
        "GORISCV64",
        "GOWASM",
    ]
    .iter()
    .find_map(|k| f.setting(k).map(|v| format!(", {k}={v}")));
    rows.push((
        "target",
        format!(
            "{target} ({}, {}-endian{})",
            f.format.word(),
            f.endian,
            level.unwrap_or_default()
        ),
    ));
    if !f.slices.is_empty() {
        rows.push(("slices", f.slices.join(", ")));
    }
    rows.extend(f.build_mode.map(|m| ("build mode", m.to_string())));
    if let Some(all) = f.setting("DefaultGODEBUG") {
        let count = all.split(',').count();
        let first: Vec<&str> = all.split(',').take(3).collect();
        let short = format!("{}, … ({count} settings of an older Go)", first.join(", "));
        rows.push((
            "GODEBUG",
            if verbose || count <= 3 {
                all.to_string()
            } else {
                short
            },
        ));
    }
    for (label, key) in [
        ("FIPS 140", "GOFIPS140"),
        ("linker flags", "-ldflags"),
        ("compiler flags", "-gcflags"),
        ("build tags", "-tags"),
    ] {
        rows.extend(f.setting(key).map(|v| (label, v.to_string())));
    }
    if !f.experiments.is_empty() {
        rows.push(("experiments", f.experiments.join(", ")));
    }
    if f.experiments.iter().any(|e| e == "boringcrypto") {
        rows.push(("crypto", "BoringCrypto".into()));
    }
    rows.extend(
        f.go_build_id
            .as_ref()
            .filter(|_| verbose)
            .map(|b| ("Go build ID", b.clone())),
    );
    rows.extend(f.build_id.as_ref().map(|b| ("build ID", b.clone())));
    rows
}

fn linkage(f: &Facts, verbose: bool) -> Rows {
    let mut rows = Rows::new();
    if let Some(l) = f.linkage {
        let words = match (l, f.interpreter.is_some(), f.libraries.is_empty()) {
            (Linkage::Static, ..) => "static: needs no loader and no library",
            (Linkage::StaticPie, ..) => "static-pie: needs no loader and no library, relocates itself",
            (Linkage::Dynamic, true, true) => "dynamic: needs only the loader, no library",
            (Linkage::Dynamic, ..) => "dynamic",
        };
        rows.push(("linkage", words.into()));
    }
    rows.extend(f.interpreter.as_ref().map(|i| ("loader", i.clone())));
    for l in &f.libraries {
        let mut notes = Vec::new();
        if let Some(newest) = l.versions.last().filter(|_| !verbose) {
            let more = if l.versions.len() > 1 {
                format!(" and {} older", l.versions.len() - 1)
            } else {
                String::new()
            };
            notes.push(format!("{newest}{more}"));
        } else if !l.versions.is_empty() {
            notes.push(l.versions.join(" "));
        }
        if !l.imports.is_empty() {
            notes.push(format!("{} imports", l.imports.len()));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join("; "))
        };
        rows.push(("library", format!("{}{notes}", l.name)));
    }
    rows.extend(f.glibc.as_ref().map(|g| ("glibc", format!("{g} or newer"))));
    if !f.rpath.is_empty() {
        rows.push(("library path", f.rpath.join(":")));
    }
    match f.cgo {
        Some(true) if f.cgo_packages.is_empty() => rows.push(("cgo", "C code is linked in".into())),
        Some(true) => rows.push((
            "cgo",
            format!("C code is linked in, by {}", f.cgo_packages.join(", ")),
        )),
        Some(false) if f.setting("CGO_ENABLED") == Some("1") => {
            rows.push(("cgo", "allowed, but nothing uses it: pure Go".into()));
        }
        Some(false) => rows.push(("cgo", "none: pure Go".into())),
        None => {}
    }
    rows
}

fn hardening(f: &Facts) -> Rows {
    let mut rows = Rows::new();
    let yes = |b: bool| if b { "yes" } else { "no" }.to_string();
    rows.extend(f.pie.map(|p| ("PIE", yes(p))));
    rows.extend(f.relro.map(|r| {
        let word = match r {
            Relro::None => "none",
            Relro::Partial => "partial",
            Relro::Full => "full",
        };
        ("RELRO", word.to_string())
    }));
    rows.extend(f.nx.map(|n| {
        (
            "NX",
            if n {
                "yes".into()
            } else {
                "no: the stack is executable".into()
            },
        )
    }));
    if f.textrel == Some(true) {
        rows.push(("text relocations", "yes".into()));
    }
    if f.rwx_segments > 0 {
        rows.push(("writable code", format!("{} segments", f.rwx_segments)));
    }
    if !f.pe_flags.is_empty() {
        rows.push(("PE flags", f.pe_flags.join(" ")));
    }
    match &f.signature {
        Some(s) => rows.push(("signature", format!("{} ({} bytes)", s.kind, grouped(s.bytes)))),
        None if matches!(f.os.as_deref(), Some("darwin" | "ios" | "windows")) => {
            rows.push(("signature", "none".into()))
        }
        None => {}
    }
    rows
}

fn contents(f: &Facts) -> Rows {
    let mut rows = Rows::new();
    rows.push((
        "file size",
        format!("{} ({} bytes)", human(f.file_size), grouped(f.file_size)),
    ));
    rows.push((
        "symbols",
        match (f.symbols, f.symbol_table) {
            (true, Some((n, bytes))) => format!("yes, {} entries, {}", grouped(n), human(bytes)),
            (true, None) => "yes".into(),
            (false, Some((n, _))) if n > 0 => {
                format!("no names of its own functions ({} entries)", grouped(n))
            }
            (false, _) => "no".into(),
        },
    ));
    rows.push((
        "DWARF",
        match f.dwarf {
            None => "no".into(),
            Some(d) if d.sections == 0 => "yes".into(),
            Some(d) if d.compressed > 0 => {
                format!(
                    "yes, {} sections, {} ({} uncompressed)",
                    d.sections,
                    human(d.bytes),
                    human(d.uncompressed)
                )
            }
            Some(d) => format!("yes, {} sections, {}, not compressed", d.sections, human(d.bytes)),
        },
    ));
    if let Some(t) = f.trimpath {
        let example = f.source_example.as_deref().unwrap_or_default();
        rows.push((
            "source paths",
            if t {
                format!("trimmed: {example}")
            } else {
                format!("the builder's: {example}")
            },
        ));
    }
    for (label, fact) in [
        ("race detector", f.race),
        ("memory sanitizer", f.msan),
        ("address sanitizer", f.asan),
        ("coverage", f.cover),
    ] {
        if fact == Some(true) {
            rows.push((label, "yes: an instrumented build".into()));
        }
    }
    rows.extend(f.packed.map(|p| {
        (
            "packed",
            format!("by {}; what is inside can't be seen", p.to_uppercase()),
        )
    }));
    rows.extend(f.obfuscated.map(|o| ("obfuscated", format!("by {o}"))));
    rows
}
