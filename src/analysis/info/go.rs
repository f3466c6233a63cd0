//! What Go's own structures say: toolchain, instrumentation, cgo, what was stripped, packed, obfuscated.

use std::collections::BTreeSet;

use super::NO_NAMES;
use super::names::Names;
use super::{Facts, version};
use crate::analysis::seen::Seen;
use crate::go::buildid;
use crate::go::buildinfo::BuildInfo;
use crate::go::pclntab::{Found, Table};
use crate::go::release;
use crate::go::version::experiments;
use crate::go::{Packed, Program};
use crate::image::{Format, Image, elf};

pub(super) fn gather(program: &Program<'_>, facts: &mut Facts) {
    let (image, build) = (program.image(), program.build_info());
    let table = program.pclntab().ok();
    symbol_table(image, facts);
    compiler(image, build, table, facts);
    if facts.go_version.is_none()
        && image.format != Format::Wasm
        && let Some((version, seen)) = version::from_runtime(image)
    {
        facts.go_version = Some(version);
        facts.go_version_source = Some("runtime.buildVersion");
        facts.see("go_version", seen);
        facts.compiler = facts.compiler.or(Some("gc"));
    }
    match program.packed() {
        None => {}
        Some(Packed::Open) => facts.see(
            "packed",
            "marks of UPX; all else is of the file that it unpacks to",
        ),
        Some(Packed::Closed(e)) => {
            facts.see("packed", "marks of UPX");
            facts.warnings.push(format!(
                "packed by UPX in a way that is not unpacked, so that little can be seen: {e}"
            ));
        }
    }
    facts.packed = program.packed().map(|_| "upx");
    facts.sealed = matches!(program.packed(), Some(Packed::Closed(_)));
    if facts.compiler.is_none() {
        return;
    }
    let version = facts.go_version.clone().unwrap_or_default();
    facts.experiments = experiments(&version).into_iter().map(str::to_string).collect();
    // Without a pclntab the names may be anywhere.
    let names = Names::of(table.map_or_else(|| vec![image.data], |t| t.name_tables().to_vec()));
    if facts.compiler == Some("gc") && !facts.sealed {
        instrumentation(&names, facts);
        cgo(image, &names, facts);
        trimpath(&names, facts);
    }
    obfuscated(program, facts);
    if let Some(table) = table {
        layout(table, facts);
        if facts.main.is_none() && facts.deps.is_empty() && facts.obfuscated.is_none() {
            let modules = program.packages().modules().iter();
            facts.recovered_modules = modules.map(|m| m.path.clone()).collect();
        }
    }
    if facts.compiler == Some("gc") {
        facts.linked_values = super::version::linked_values(image);
    }
    if facts.go_build_id.is_none() {
        facts.go_build_id = buildid::read(image)
            .go
            .map(|id| String::from_utf8_lossy(&id).into_owned());
    }
}

/// gccgo's version: libgo's own text where it is linked in (`go1.18 gccgo (Debian 12.2.0-14) 12.2.0`), else
/// what GCC says of itself.
fn gccgo_version(image: &Image<'_>, facts: &mut Facts) {
    let mark = b" gccgo (";
    let runtime = image
        .sections
        .iter()
        .filter(|s| s.alloc && !s.perm.exec)
        .find_map(|s| {
            let bytes = image.section_bytes(s);
            memchr::memmem::find_iter(bytes, mark).find_map(|at| {
                let from = at.saturating_sub(16);
                let start = from + memchr::memmem::rfind(bytes.get(from..at)?, b"go1.")?;
                let go = std::str::from_utf8(bytes.get(start..at)?).ok()?;
                let tail = bytes.get(at + mark.len()..)?;
                let tail = tail.get(memchr::memchr(b')', tail.get(..200.min(tail.len()))?)? + 2..)?;
                let digits = tail
                    .iter()
                    .take_while(|b| b.is_ascii_digit() || **b == b'.')
                    .count();
                Some((
                    go.to_string(),
                    std::str::from_utf8(tail.get(..digits)?).ok()?.to_string(),
                ))
            })
        });
    if let Some((go, version)) = runtime {
        if facts.go_version.is_none() {
            facts.go_version = Some(go);
            facts.go_version_source = Some("libgo");
            facts.see("go_version", "libgo's version text");
        }
        facts.compiler_version = Some(version);
        return;
    }
    // `GCC: (Debian 12.2.0-14+deb12u1) 12.2.0`
    let comment = image
        .section(".comment")
        .map(|s| image.section_bytes(s))
        .unwrap_or_default();
    let mut texts = comment
        .split(|b| *b == 0)
        .filter_map(|t| std::str::from_utf8(t).ok());
    let gcc = texts.find_map(|t| {
        t.strip_prefix("GCC: (")?
            .split_once(") ")
            .map(|(_, v)| v.to_string())
    });
    if gcc.is_some() {
        facts.see("compiler_version", "section .comment");
    }
    facts.compiler_version = gcc;
}

/// Does the symbol table name the program's own functions? A look at the names alone; the table is not
/// parsed.
fn symbol_table(image: &Image<'_>, facts: &mut Facts) {
    let mut strings: &[u8] = &[];
    match image.format {
        Format::Elf => {
            if let Some(table) = image.sections.iter().find(|s| s.kind == elf::SHT_SYMTAB) {
                let names = image.sections.get(table.link as usize);
                strings = names.map(|s| image.section_bytes(s)).unwrap_or_default();
                let entry = if image.ptr_size == 8 { 24 } else { 16 };
                facts.symbol_table = Some((table.file_size / entry, table.file_size + strings.len() as u64));
            }
        }
        Format::MachO => {
            if let Some(t) = image.macho().and_then(|m| m.symtab) {
                strings = crate::image::clip(image.data, t.strings_offset, t.strings_size);
            }
        }
        Format::Pe => strings = image.pe().map(|p| p.strings).unwrap_or_default(),
        Format::Wasm => {
            let named =
                |s: &crate::image::Section<'_>| s.kind == crate::image::wasm::CUSTOM && s.name == b"name";
            facts.symbols = Seen::Is(image.sections.iter().any(named));
            return;
        }
        _ => {
            let own = |s: &crate::image::Symbol<'_>| {
                matches!(
                    s.name,
                    b"main.main" | b"runtime.main" | b".main.main" | b".runtime.main"
                )
            };
            facts.symbols = Seen::Is(image.symbols().is_ok_and(|s| s.iter().any(own)));
            return;
        }
    }
    // Whatever is linked, one of these is there; a plugin's main package goes by its path.
    let own = [
        "runtime.main\0",
        "main.main\0",
        "main.init\0",
        "runtime.text\0",
        "go:main.inittasks\0",
    ];
    let named = own
        .iter()
        .any(|n| memchr::memmem::find(strings, n.as_bytes()).is_some());
    facts.symbols = Seen::Is(named);
    let seen = if named {
        "the symbol table's names"
    } else {
        "no Go function in a symbol table"
    };
    facts.see("symbols", seen);
}

fn compiler(image: &Image<'_>, build: Option<&BuildInfo<'_>>, table: Option<&Table<'_>>, facts: &mut Facts) {
    let producers = image.wasm().map(|w| w.producers.clone()).unwrap_or_default();
    let tiny_wasm = producers.iter().any(|p| p.1.contains("TinyGo"));
    let tiny_symbols = [
        "tinygo_getCurrentStackPointer",
        "tinygo_scanCurrentStack",
        "runtime.alloc_zero",
    ];
    let gccgo = image.section(".go_export").is_some()
        || facts
            .libraries
            .part()
            .into_iter()
            .flatten()
            .any(|l| l.name.starts_with("libgo.so"))
        || image.section(".note.gccgo").is_some();
    let pclntab = table.is_some();
    // Go's linker and TinyGo's both name themselves and their version there.
    let wasm_go = producers.iter().find(|p| p.0 == "language" && p.1 == "Go");
    if let Some(version) = wasm_go
        .map(|p| p.2)
        .filter(|v| facts.go_version.is_none() && !v.is_empty())
    {
        facts.go_version = Some(version.to_string());
        facts.go_version_source = Some("producers section");
        facts.see("go_version", "producers section");
    }
    let told = build.and_then(|b| b.info.setting("-compiler").map(|c| c.into_owned()));
    let (which, seen) = if told.as_deref() == Some("gccgo") || gccgo {
        (Some("gccgo"), "libgo or a .go_export section")
    } else if tiny_wasm {
        (Some("tinygo"), "producers section")
    } else if wasm_go.is_some() {
        (Some("gc"), "producers section")
    } else if build.is_some() || pclntab {
        (Some("gc"), if pclntab { "a pclntab" } else { "build info" })
    } else if image.symbols().is_ok_and(|all| {
        all.iter()
            .any(|s| tiny_symbols.iter().any(|t| s.name == t.as_bytes()))
    }) {
        (Some("tinygo"), "symbols of TinyGo's runtime")
    } else {
        (None, "")
    };
    facts.compiler = which;
    if which == Some("gccgo") {
        gccgo_version(image, facts);
    }
    if which.is_some() {
        facts.see("compiler", seen);
    }
}

fn instrumentation(names: &Names<'_>, facts: &mut Facts) {
    // Each of these is linked in only where the compiler calls it.
    let all = [
        ("race", "-race", names.race),
        ("msan", "-msan", names.msan),
        ("asan", "-asan", names.asan),
        ("cover", "-cover", names.cover),
    ];
    let whole = names.readable();
    for (fact, key, found) in all {
        let told = facts.setting(key).map(str::to_string);
        let (is, seen) = if found {
            (Seen::Is(true), "function names of its runtime".to_string())
        } else if whole {
            (Seen::Is(false), "no function of its runtime".to_string())
        } else if facts.settings.is_empty() {
            (Seen::hidden(NO_NAMES), String::new())
        } else {
            let told = told.as_deref() == Some("true");
            (
                Seen::Is(told),
                format!(
                    "build setting {key}{}",
                    if told { "=true" } else { " is not set" }
                ),
            )
        };
        if !seen.is_empty() {
            facts.see(fact, seen);
        }
        match fact {
            "race" => facts.race = is,
            "msan" => facts.msan = is,
            "asan" => facts.asan = is,
            _ => facts.cover = is,
        }
    }
    facts.boring = match (names.boring, whole) {
        (true, _) => Seen::Is(true),
        (false, true) => Seen::Is(false),
        (false, false) => Seen::hidden(NO_NAMES),
    };
}

fn cgo(image: &Image<'_>, names: &Names<'_>, facts: &mut Facts) {
    // runtime/cgo's entry from C is written in assembly and so has its name in the pclntab on every system.
    let linked = names.cgo || names.cgo_stack;
    let relocatable = image.format == Format::Elf && image.elf().is_some_and(|e| e.kind == elf::ET_REL);
    let off = facts.setting("CGO_ENABLED") == Some("0");
    let (is, seen) = if linked {
        (Seen::Is(true), "functions of runtime/cgo in the pclntab")
    } else if relocatable {
        (Seen::Is(true), "a relocatable object, which C links")
    } else if names.readable() {
        (Seen::Is(false), "no function of runtime/cgo")
    } else if off {
        (Seen::Is(false), "build setting CGO_ENABLED=0")
    } else {
        (Seen::hidden(NO_NAMES), "")
    };
    facts.cgo = is;
    if !seen.is_empty() {
        facts.see("cgo", seen);
    }
    if !linked {
        return;
    }
    let packages = names.cgo_packages.iter();
    let mut packages: BTreeSet<String> = packages
        .map(|p| String::from_utf8_lossy(p).replace("%2e", "."))
        .collect();
    if names.cgo {
        packages.insert("runtime/cgo".to_string());
    }
    facts.cgo_packages = packages.into_iter().collect();
}

/// The runtime's own source files are in every program: with -trimpath they are `runtime/proc.go`, else they
/// have a folder in front.
fn trimpath(names: &Names<'_>, facts: &mut Facts) {
    let Some(file) = names.proc_go else {
        if let Some(told) = facts.setting("-trimpath").map(|t| t == "true") {
            facts.trimpath = Seen::Is(told);
            facts.see("trimpath", "build setting -trimpath");
        }
        return;
    };
    let trimmed = file == b"runtime/proc.go";
    let example = String::from_utf8_lossy(file).into_owned();
    facts.trimpath = Seen::Is(trimmed);
    facts.see("trimpath", format!("file name {example} in the pclntab"));
    facts.source_example = Some(example);
}

fn obfuscated(program: &Program<'_>, facts: &mut Facts) {
    let Some(o) = program.obfuscated() else { return };
    facts.obfuscated = Some(o.by);
    let seen = match o.magic {
        Some(m) => format!("the pclntab's magic number is {m:#x}"),
        None => "Go version \"unknown\" without module information".to_string(),
    };
    facts.see("obfuscated", seen);
    if facts.go_version.as_deref() == Some("unknown") {
        facts.go_version = None;
        facts.go_version_source = None;
    }
}

/// The Go versions that write this layout.
fn layout(table: &Table<'_>, facts: &mut Facts) {
    facts.go_version_range = Some(release::with_pclntab(table.layout()));
    facts.functions = Some(table.len() as u64);
    let how = match table.found() {
        Found::Section => "its section",
        Found::Symbols => "the symbols around it",
        Found::Scan => "its structure",
    };
    facts.see(
        "go_version_range",
        format!("layout of the pclntab at {:#x}, found by {how}", table.addr()),
    );
}
