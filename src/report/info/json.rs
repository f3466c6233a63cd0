//! `gospect info --format json`; the schema is docs/schema/info.json.

use std::io::{self, Write};

use serde::Serialize;

use crate::analysis::info::{Facts, ModuleName};
use crate::report::json;

#[derive(Serialize)]
struct Doc<'a> {
    schema: &'static str,
    version: u32,
    file: &'a str,
    file_size: u64,
    format: &'static str,
    slices: &'a [String],
    os: Option<&'a str>,
    arch: Option<&'a str>,
    endian: &'static str,
    go_version: Option<&'a str>,
    go_version_source: Option<&'static str>,
    go_version_range: Option<&'a str>,
    functions: Option<u64>,
    compiler: Option<&'static str>,
    experiments: &'a [String],
    build_mode: Option<&'static str>,
    linkage: Option<&'static str>,
    interpreter: Option<&'a str>,
    libraries: Vec<&'a str>,
    library_details: Vec<LibraryDoc<'a>>,
    glibc: Option<&'a str>,
    pie: Option<bool>,
    relro: Option<&'static str>,
    nx: Option<bool>,
    rpath: &'a [String],
    textrel: Option<bool>,
    rwx_segments: usize,
    pe_flags: &'a [&'static str],
    signature: Option<SignatureDoc>,
    symbols: bool,
    symbol_table: Option<TableDoc>,
    dwarf: bool,
    dwarf_details: Option<DwarfDoc>,
    trimpath: Option<bool>,
    race: Option<bool>,
    msan: Option<bool>,
    asan: Option<bool>,
    cover: Option<bool>,
    cgo: Option<bool>,
    cgo_packages: &'a [String],
    packed: Option<&'static str>,
    obfuscated: Option<&'static str>,
    go_build_id: Option<&'a str>,
    build_id: Option<&'a str>,
    build_info: &'static str,
    path: Option<&'a str>,
    main: Option<ModuleDoc<'a>>,
    deps: Vec<ModuleDoc<'a>>,
    recovered_modules: &'a [String],
    settings: Vec<SettingDoc<'a>>,
    contradictions: Vec<ContradictionDoc<'a>>,
    evidence: Vec<EvidenceDoc<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct LibraryDoc<'a> {
    name: &'a str,
    versions: &'a [String],
    imports: &'a [String],
}

#[derive(Serialize)]
struct SignatureDoc {
    kind: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct TableDoc {
    entries: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct DwarfDoc {
    sections: usize,
    compressed: usize,
    bytes: u64,
    uncompressed_bytes: u64,
}

#[derive(Serialize)]
struct ModuleDoc<'a> {
    path: &'a str,
    version: &'a str,
    sum: &'a str,
    replace: Option<Box<ModuleDoc<'a>>>,
}

#[derive(Serialize)]
struct SettingDoc<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct ContradictionDoc<'a> {
    code: &'static str,
    what: &'a str,
}

#[derive(Serialize)]
struct EvidenceDoc<'a> {
    fact: &'static str,
    seen: &'a str,
}

fn module(m: &ModuleName) -> ModuleDoc<'_> {
    ModuleDoc {
        path: &m.path,
        version: &m.version,
        sum: &m.sum,
        replace: m.replace.as_deref().map(|r| Box::new(module(r))),
    }
}

/// Writes the facts about the file called `name` as one JSON object.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, name: &str, f: &Facts) -> io::Result<()> {
    let doc = Doc {
        schema: "gospect/info",
        version: 1,
        file: name,
        file_size: f.file_size,
        format: f.format.word(),
        slices: &f.slices,
        os: f.os.as_deref(),
        arch: f.arch.as_deref(),
        endian: f.endian,
        go_version: f.go_version.as_deref(),
        go_version_source: f.go_version_source,
        go_version_range: f.go_version_range.as_deref(),
        functions: f.functions,
        compiler: f.compiler,
        experiments: &f.experiments,
        build_mode: f.build_mode,
        linkage: f.linkage.map(|l| l.word()),
        interpreter: f.interpreter.as_deref(),
        libraries: f.libraries.iter().map(|l| l.name.as_str()).collect(),
        library_details: f
            .libraries
            .iter()
            .map(|l| LibraryDoc {
                name: &l.name,
                versions: &l.versions,
                imports: &l.imports,
            })
            .collect(),
        glibc: f.glibc.as_deref(),
        pie: f.pie,
        relro: f.relro.map(|r| r.word()),
        nx: f.nx,
        rpath: &f.rpath,
        textrel: f.textrel,
        rwx_segments: f.rwx_segments,
        pe_flags: &f.pe_flags,
        signature: f.signature.as_ref().map(|s| SignatureDoc {
            kind: s.kind,
            bytes: s.bytes,
        }),
        symbols: f.symbols,
        symbol_table: f.symbol_table.map(|(entries, bytes)| TableDoc { entries, bytes }),
        dwarf: f.dwarf.is_some(),
        dwarf_details: f.dwarf.filter(|d| d.sections > 0).map(|d| DwarfDoc {
            sections: d.sections,
            compressed: d.compressed,
            bytes: d.bytes,
            uncompressed_bytes: d.uncompressed,
        }),
        trimpath: f.trimpath,
        race: f.race,
        msan: f.msan,
        asan: f.asan,
        cover: f.cover,
        cgo: f.cgo,
        cgo_packages: &f.cgo_packages,
        packed: f.packed,
        obfuscated: f.obfuscated,
        go_build_id: f.go_build_id.as_deref(),
        build_id: f.build_id.as_deref(),
        build_info: f.build_info.word(),
        path: f.path.as_deref(),
        main: f.main.as_ref().map(module),
        deps: f.deps.iter().map(module).collect(),
        recovered_modules: &f.recovered_modules,
        settings: f
            .settings
            .iter()
            .map(|s| SettingDoc {
                key: &s.key,
                value: &s.value,
            })
            .collect(),
        contradictions: f
            .contradictions
            .iter()
            .map(|c| ContradictionDoc {
                code: c.code,
                what: &c.what,
            })
            .collect(),
        evidence: f
            .evidence
            .iter()
            .map(|e| EvidenceDoc {
                fact: e.fact,
                seen: &e.seen,
            })
            .collect(),
        warnings: &f.warnings,
    };
    json::write(out, &doc)
}
