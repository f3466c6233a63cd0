//! The page a person reads: headed groups of `label  value` lines, or the same as Markdown tables.

use std::io::{self, Write};

use crate::analysis::info::{BuildInfoState, Facts, Linkage, Relro};
use crate::analysis::seen::Seen;
use crate::go::buildid::{SelfCheck, Touched};
use crate::go::modinfo::LEVELS;
use crate::go::packages::Module;
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
        (Some(c), None) => match &f.compiler_version {
            Some(v) => format!("built by {c} {v}"),
            None => format!("built by {c}, version unknown"),
        },
        (None, Some(v)) => format!("built by {v}"),
        (None, None) => "not known to be built by Go".into(),
    };
    words.push(maker);
    if let Some(l) = f.linkage.known() {
        let loader_only = f.libraries.known().is_some_and(Vec::is_empty) && f.interpreter.is_some();
        words.push(match l {
            Linkage::Static | Linkage::StaticPie => "static".into(),
            Linkage::Dynamic if loader_only => "needs only the loader".into(),
            Linkage::Dynamic => "dynamically linked".into(),
        });
    }
    words.extend(stripped(f).filter(|_| f.is_go()).map(String::from));
    words.push(match f.cut {
        Some(whole) => format!("cut short: {} of at least {}", human(f.file_size), human(whole)),
        None => human(f.file_size),
    });
    words.join(", ")
}

fn stripped(f: &Facts) -> Option<&'static str> {
    if f.symbols.why().or(f.dwarf.why()).is_some() {
        return None;
    }
    Some(match (f.symbols.is(), f.dwarf != Seen::Absent) {
        (true, true) => "not stripped",
        (true, false) => "without DWARF",
        (false, true) => "without symbols",
        (false, false) => "stripped",
    })
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
        rows: unread(f, verbose),
    });
    all
}

/// What could not be read; of a file that is cut short one line says what a line for each section would.
fn unread(f: &Facts, verbose: bool) -> Rows {
    let of_cut = |w: &&String| f.cut.is_some() && w.contains("past the end") && !verbose;
    let behind = f.warnings.iter().filter(of_cut).count();
    let rest = f.warnings.iter().filter(|w| !of_cut(w)).map(|w| ("", w.clone()));
    let cut = f.cut.map(|whole| {
        let sections = match behind {
            0 => String::new(),
            1 => "; 1 section reaches past its end".to_string(),
            n => format!("; {n} sections reach past its end"),
        };
        let (is, whole) = (grouped(f.file_size), grouped(whole));
        (
            "",
            format!("the file is cut short: {is} bytes of at least {whole}{sections}"),
        )
    });
    cut.into_iter().chain(rest).collect()
}

/// `1 module`, `2 modules`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
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
            Some(format!("{}{replaced}", count(f.deps.len(), "module"))),
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
    if f.is_go() && f.build_info != BuildInfoState::Missing && f.main.is_none() && f.deps.is_empty() {
        let seen = match f.recovered_modules.is_empty() {
            true => "",
            false => "; names of packages show these modules",
        };
        add("modules", Some(format!("no module versions recorded{seen}")));
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

fn module(m: &Module) -> String {
    let one = |m: &Module| match m.version.is_empty() {
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
    let version = f
        .compiler_version
        .as_deref()
        .map_or(String::new(), |v| format!(" {v}"));
    rows.extend(f.compiler.map(|c| ("compiler", format!("{c}{version}"))));
    let target = [
        f.os.as_deref().unwrap_or("unknown"),
        f.arch.as_deref().unwrap_or("unknown"),
    ]
    .join("/");
    let level = LEVELS
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
        // Flags come from scripts and carry their tabs and line breaks.
        let words = |v: &str| v.split_whitespace().collect::<Vec<_>>().join(" ");
        rows.extend(f.setting(key).map(|v| (label, words(v))));
    }
    if f.setting("-ldflags").is_none() {
        // The value may be long, and may be a secret's: its beginning tells which it is.
        let short = |v: &str| match v.char_indices().nth(40) {
            Some((end, _)) => format!("{}…", v.get(..end).unwrap_or_default()),
            None => v.to_string(),
        };
        let most = if verbose { usize::MAX } else { 8 };
        let all = f.linked_values.iter().take(most);
        rows.extend(all.map(|v| ("set by -X", format!("{}={}", v.name, short(&v.value)))));
    }
    if !f.experiments.is_empty() {
        rows.push(("experiments", f.experiments.join(", ")));
    }
    let asked = f.experiments.iter().any(|e| e == "boringcrypto");
    match (f.boring.known(), asked) {
        (Some(true), _) => rows.push(("crypto", "BoringCrypto".into())),
        (Some(false), true) => rows.push((
            "crypto",
            "Go's own: BoringCrypto was asked for, but is not linked in".into(),
        )),
        _ => {}
    }
    rows.extend(
        f.go_build_id
            .as_ref()
            .filter(|_| verbose)
            .map(|b| ("Go build ID", b.clone())),
    );
    rows.extend(f.build_id.as_ref().map(|b| ("build ID", b.clone())));
    rows.extend(f.self_check.as_ref().map(|c| ("self-check", self_check(c))));
    rows
}

/// What the build IDs say about the file's bytes, and what they don't.
fn self_check(c: &SelfCheck) -> String {
    let mut out = c.words();
    if c.touched == Touched::No {
        out.push_str(", which is no proof of origin");
    }
    if !c.not_covered.is_empty() {
        out.push_str(&format!("; not covered: {}", c.not_covered.join(", ")));
    }
    out
}

fn linkage(f: &Facts, verbose: bool) -> Rows {
    let mut rows = Rows::new();
    if let Some(l) = f.linkage.known() {
        let none = f.libraries.known().is_some_and(Vec::is_empty);
        let words = match (l, f.interpreter.is_some(), none) {
            (Linkage::Static, ..) => "static: needs no loader and no library",
            (Linkage::StaticPie, ..) => "static-pie: needs no loader and no library, relocates itself",
            (Linkage::Dynamic, true, true) => "dynamic: needs only the loader, no library",
            (Linkage::Dynamic, ..) => "dynamic",
        };
        rows.push(("linkage", words.into()));
    }
    rows.extend(
        f.linkage
            .why()
            .map(|why| ("linkage", format!("can't be seen: {why}"))),
    );
    rows.extend(f.interpreter.as_ref().map(|i| ("loader", i.clone())));
    for l in f.libraries.part().into_iter().flatten() {
        let mut notes = Vec::new();
        // Of glibc a row of its own says which is needed.
        let newest = l.versions.last().filter(|v| !verbose && !v.starts_with("GLIBC_"));
        if let Some(newest) = newest {
            notes.push(format!("{newest} or newer"));
        } else if verbose && !l.versions.is_empty() {
            notes.push(l.versions.join(" "));
        }
        let imports = l.imports.as_deref().unwrap_or_default();
        if !imports.is_empty() {
            notes.push(count(imports.len(), "import"));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join("; "))
        };
        rows.push(("library", format!("{}{notes}", l.name)));
    }
    if let (Some(why), Some(_)) = (f.libraries.why(), f.linkage.known()) {
        rows.push(("libraries", format!("there may be more: {why}")));
    }
    rows.extend(f.glibc.known().map(|g| ("glibc", format!("{g} or newer"))));
    let paths = f.rpath.part().filter(|p| !p.is_empty());
    rows.extend(paths.map(|p| ("library path", p.join(":"))));
    match f.cgo.known() {
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
    rows.extend(f.pie.known().map(|p| ("PIE", yes(*p))));
    rows.extend(f.relro.known().map(|r| {
        let word = match r {
            Relro::None => "none",
            Relro::Partial => "partial",
            Relro::Full => "full",
        };
        ("RELRO", word.to_string())
    }));
    rows.extend(f.nx.known().map(|n| {
        (
            "NX",
            if *n {
                "yes".into()
            } else {
                "no: the stack is executable".into()
            },
        )
    }));
    if f.textrel.is() {
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
        match (f.symbols.is(), f.symbol_table) {
            (false, _) if f.symbols.why().is_some() => {
                format!("can't be seen: {}", f.symbols.why().unwrap_or_default())
            }
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
        match f.dwarf.known() {
            None => match f.dwarf.why() {
                Some(why) => format!("can't be seen: {why}"),
                None => "no".into(),
            },
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
    if let (Some(t), Some(example)) = (f.trimpath.known(), &f.source_example) {
        rows.push((
            "source paths",
            if *t {
                format!("trimmed: {example}")
            } else {
                format!("the builder's: {example}")
            },
        ));
    }
    for (label, fact) in [
        ("race detector", &f.race),
        ("memory sanitizer", &f.msan),
        ("address sanitizer", &f.asan),
        ("coverage", &f.cover),
    ] {
        if fact.is() {
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
