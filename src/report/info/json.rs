//! `gospect info --format json`; the schema is docs/schema/info.json.

use std::io::{self, Write};

use serde::Serialize;

use crate::analysis::info::Facts;
use crate::analysis::seen::Seen;
use crate::go::packages::Module;
use crate::input::Name;
use crate::report::json;

#[derive(Serialize)]
struct Doc<'a> {
    schema: &'static str,
    version: u32,
    #[serde(flatten)]
    file: json::Named,
    file_size: u64,
    whole_size: Option<u64>,
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
    compiler_version: Option<&'a str>,
    experiments: &'a [String],
    build_mode: Option<&'static str>,
    linkage: Option<&'static str>,
    interpreter: Option<&'a str>,
    libraries: Option<Vec<&'a str>>,
    library_details: Vec<LibraryDoc<'a>>,
    glibc: Option<&'a str>,
    pie: Option<bool>,
    relro: Option<&'static str>,
    nx: Option<bool>,
    rpath: Option<&'a [String]>,
    textrel: Option<bool>,
    rwx_segments: usize,
    pe_flags: &'a [&'static str],
    signature: Option<SignatureDoc>,
    symbols: Option<bool>,
    symbol_table: Option<TableDoc>,
    dwarf: Option<bool>,
    dwarf_details: Option<DwarfDoc>,
    trimpath: Option<bool>,
    race: Option<bool>,
    msan: Option<bool>,
    asan: Option<bool>,
    cover: Option<bool>,
    cgo: Option<bool>,
    cgo_packages: &'a [String],
    boringcrypto: Option<bool>,
    packed: Option<&'static str>,
    obfuscated: Option<&'static str>,
    go_build_id: Option<&'a str>,
    build_id: Option<&'a str>,
    self_check: Option<SelfCheckDoc<'a>>,
    build_info: &'static str,
    path: Option<&'a str>,
    main: Option<ModuleDoc<'a>>,
    deps: Vec<ModuleDoc<'a>>,
    recovered_modules: &'a [String],
    settings: Vec<SettingDoc<'a>>,
    linked_values: Vec<SettingDoc<'a>>,
    contradictions: Vec<ContradictionDoc<'a>>,
    evidence: Vec<EvidenceDoc<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct SelfCheckDoc<'a> {
    state: &'static str,
    says: String,
    recorded: Option<&'a str>,
    computed: Option<&'a str>,
    host_id_matches: Option<bool>,
    not_covered: &'a [&'static str],
}

#[derive(Serialize)]
struct LibraryDoc<'a> {
    name: &'a str,
    versions: &'a [String],
    imports: Option<&'a [String]>,
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

fn module(m: &Module) -> ModuleDoc<'_> {
    ModuleDoc {
        path: &m.path,
        version: &m.version,
        sum: &m.sum,
        replace: m.replace.as_deref().map(|r| Box::new(module(r))),
    }
}

/// What there is of a list: none where it can't be seen whole, and no list is an empty one.
fn listed<'a, T, U>(all: &'a Seen<Vec<T>>, one: impl Fn(&'a T) -> U) -> Option<Vec<U>> {
    match all {
        Seen::Hidden { .. } => None,
        all => Some(all.known().into_iter().flatten().map(one).collect()),
    }
}

/// Writes the facts about the file called `name` as one JSON object.
///
/// # Errors
/// What the writer says.
pub fn json(out: &mut dyn Write, name: &Name, f: &Facts) -> io::Result<()> {
    let doc = Doc {
        schema: "gospect/info",
        version: 1,
        file: name.into(),
        file_size: f.file_size,
        whole_size: f.cut,
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
        compiler_version: f.compiler_version.as_deref(),
        experiments: &f.experiments,
        build_mode: f.build_mode,
        linkage: f.linkage.known().map(|l| l.word()),
        interpreter: f.interpreter.as_deref(),
        libraries: listed(&f.libraries, |l| l.name.as_str()),
        library_details: f
            .libraries
            .part()
            .into_iter()
            .flatten()
            .map(|l| LibraryDoc {
                name: &l.name,
                versions: &l.versions,
                imports: l.imports.as_deref(),
            })
            .collect(),
        glibc: f.glibc.known().map(String::as_str),
        pie: f.pie.known().copied(),
        relro: f.relro.known().map(|r| r.word()),
        nx: f.nx.known().copied(),
        rpath: match &f.rpath {
            Seen::Hidden { .. } => None,
            paths => Some(paths.known().map_or(&[], Vec::as_slice)),
        },
        textrel: f.textrel.known().copied(),
        rwx_segments: f.rwx_segments,
        pe_flags: &f.pe_flags,
        signature: f.signature.as_ref().map(|s| SignatureDoc {
            kind: s.kind,
            bytes: s.bytes,
        }),
        symbols: f.symbols.known().copied(),
        symbol_table: f.symbol_table.map(|(entries, bytes)| TableDoc { entries, bytes }),
        dwarf: f.dwarf.why().is_none().then_some(f.dwarf != Seen::Absent),
        dwarf_details: f.dwarf.known().filter(|d| d.sections > 0).map(|d| DwarfDoc {
            sections: d.sections,
            compressed: d.compressed,
            bytes: d.bytes,
            uncompressed_bytes: d.uncompressed,
        }),
        trimpath: f.trimpath.known().copied(),
        race: f.race.known().copied(),
        msan: f.msan.known().copied(),
        asan: f.asan.known().copied(),
        cover: f.cover.known().copied(),
        cgo: f.cgo.known().copied(),
        cgo_packages: &f.cgo_packages,
        boringcrypto: f.boring.known().copied(),
        packed: f.packed,
        obfuscated: f.obfuscated,
        go_build_id: f.go_build_id.as_deref(),
        build_id: f.build_id.as_deref(),
        self_check: f.self_check.as_ref().map(|c| SelfCheckDoc {
            state: c.word(),
            says: c.words(),
            recorded: c.recorded.as_deref(),
            computed: c.computed.as_deref(),
            host_id_matches: c.host_id_matches,
            not_covered: &c.not_covered,
        }),
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
        linked_values: f
            .linked_values
            .iter()
            .map(|v| SettingDoc {
                key: &v.name,
                value: &v.value,
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
