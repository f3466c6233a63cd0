//! Everything one page says about a file: identity, toolchain, target, build mode, linkage, hardening, what
//! was left in, and where the settings and the file contradict each other.
//!
//! Facts come from the file itself where they can; what build information says stands beside them in
//! [`Facts::settings`]. A fact that a rule decides by is a [`Seen`]: known, known to be absent, or not to be
//! seen. Other facts that can't be known are `None`, not `false`. [`Facts::evidence`] says where each one was
//! seen.

mod contradictions;
mod elf;
mod go;
mod hidden;
mod identify;
mod macho;
mod names;
mod object;
mod pe;
mod version;

pub use identify::{Identity, identify};

use super::seen::Seen;
use crate::error::Result;
use crate::go::Program;
use crate::go::buildid::{self, SelfCheck};
use crate::go::buildinfo::BuildInfo;
use crate::go::packages::Module;
use crate::image::{Endian, Format, Image, Sniffed};
use crate::input::Bytes;

/// How a program is bound to what it needs at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// Needs no interpreter and no library.
    Static,
    /// As static, but may be loaded anywhere: it relocates itself.
    StaticPie,
    /// Needs a loader, libraries, or both.
    Dynamic,
}

impl Linkage {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Linkage::Static => "static",
            Linkage::StaticPie => "static-pie",
            Linkage::Dynamic => "dynamic",
        }
    }
}

/// RELRO: is the relocated data made read-only once the program is loaded?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Relro {
    None,
    Partial,
    Full,
}

impl Relro {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Relro::None => "none",
            Relro::Partial => "partial",
            Relro::Full => "full",
        }
    }
}

/// A library that must be there at run time, and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// As stored: DT_NEEDED, LC_LOAD_DYLIB, the import directory.
    pub name: String,
    /// Functions and variables wanted of it; `None` where the file does not tell which library each is from.
    pub imports: Option<Vec<String>>,
    /// Symbol versions wanted of it (ELF), the oldest first: `GLIBC_2.34`.
    pub versions: Vec<String>,
}

/// The DWARF in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dwarf {
    /// Number of debug sections.
    pub sections: usize,
    /// How many of them are stored compressed.
    pub compressed: usize,
    /// Bytes in the file.
    pub bytes: u64,
    /// Bytes when uncompressed.
    pub uncompressed: u64,
}

/// A signature in the file. Whether it is valid is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `ad-hoc`, `signed` (Mach-O), `authenticode` (PE).
    pub kind: &'static str,
    /// Bytes.
    pub bytes: u64,
}

/// A setting of the build, as build information tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Setting {
    pub key: String,
    pub value: String,
}

/// A string variable that the linker set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct LinkedValue {
    pub name: String,
    pub value: String,
}

/// Where a fact was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The fact's name in JSON.
    pub fact: &'static str,
    /// The section, symbol, header field or offset.
    pub seen: String,
}

/// A fact of the file that is at odds with what build information says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// In words.
    pub what: String,
}

/// All facts about one file.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Bytes of the file.
    pub file_size: u64,
    /// The file is cut short: by its headers it should be (at least) so many bytes long.
    pub cut: Option<u64>,
    /// The container: of an archive's member, the archive.
    pub format: Format,
    /// GOARCH words of the slices of a fat Mach-O, in order; else empty.
    pub slices: Vec<String>,
    /// GOOS word.
    pub os: Option<String>,
    /// GOARCH word.
    pub arch: Option<String>,
    /// `little` or `big`.
    pub endian: &'static str,
    /// The Go version: `go1.26.8`.
    pub go_version: Option<String>,
    /// How the version is known: `build info`, `runtime.buildVersion`, `pclntab layout`, …
    pub go_version_source: Option<&'static str>,
    /// The Go versions that write a pclntab of this layout: `1.20 or newer`.
    pub go_version_range: Option<String>,
    /// Number of functions in the pclntab.
    pub functions: Option<u64>,
    /// gc, gccgo, tinygo.
    pub compiler: Option<&'static str>,
    /// GOEXPERIMENTs in the version string.
    pub experiments: Vec<String>,
    /// exe, pie, c-archive, c-shared, shared, plugin, archive.
    pub build_mode: Option<&'static str>,
    /// Absent in archives and wasm.
    pub linkage: Seen<Linkage>,
    /// Path of the program interpreter.
    pub interpreter: Option<String>,
    /// In the order of the file.
    pub libraries: Seen<Vec<Library>>,
    /// May the program be loaded anywhere? Absent in archives, libraries and plugins.
    pub pie: Seen<bool>,
    /// ELF only.
    pub relro: Seen<Relro>,
    /// Is the stack not executable? Absent where the file does not say.
    pub nx: Seen<bool>,
    /// Search paths for libraries: DT_RPATH, DT_RUNPATH, LC_RPATH.
    pub rpath: Seen<Vec<String>>,
    /// Relocations against the text segment (ELF).
    pub textrel: Seen<bool>,
    /// Segments that are mapped writable and executable.
    pub rwx_segments: usize,
    /// PE: DllCharacteristics by name.
    pub pe_flags: Vec<&'static str>,
    /// Code signature.
    pub signature: Option<Signature>,
    /// The newest glibc version wanted: `2.34`. Absent where none is.
    pub glibc: Seen<String>,
    /// Does the symbol table name the program's own functions?
    pub symbols: Seen<bool>,
    /// Number of entries of the symbol table and its bytes, names included.
    pub symbol_table: Option<(u64, u64)>,
    /// Debug information; all numbers are 0 for Go objects, which have it in symbols rather than sections.
    pub dwarf: Seen<Dwarf>,
    /// Are the builder's paths cut from file names?
    pub trimpath: Seen<bool>,
    /// A source path as an example of what is (not) cut.
    pub source_example: Option<String>,
    /// Instrumented by the race detector.
    pub race: Seen<bool>,
    /// Instrumented by the memory sanitizer.
    pub msan: Seen<bool>,
    /// Instrumented by the address sanitizer.
    pub asan: Seen<bool>,
    /// Instrumented for coverage.
    pub cover: Seen<bool>,
    /// Is C code or runtime/cgo in the file?
    pub cgo: Seen<bool>,
    /// Packages that import "C", as far as the function names tell.
    pub cgo_packages: Vec<String>,
    /// BoringCrypto's code is linked in.
    pub boring: Seen<bool>,
    /// `upx`.
    pub packed: Option<&'static str>,
    /// Is it packed in a way that is not unpacked, so that little can be seen?
    pub sealed: bool,
    /// `garble`.
    pub obfuscated: Option<&'static str>,
    /// Go build ID.
    pub go_build_id: Option<String>,
    /// GNU build ID or Mach-O UUID, in hex.
    pub build_id: Option<String>,
    /// Was the file touched after `go build`, by its build IDs? Told for Go programs by [`gather`] only,
    /// which reads all of it.
    pub self_check: Option<SelfCheck>,
    /// Package path of the main package; of a Go object, of its package.
    pub path: Option<String>,
    /// Main module.
    pub main: Option<Module>,
    /// Dependencies.
    pub deps: Vec<Module>,
    /// Without module information: modules that the packages' paths name. A guess from the hosts' habits; no
    /// versions.
    pub recovered_modules: Vec<String>,
    /// All build settings in order.
    pub settings: Vec<Setting>,
    /// Variables that `-ldflags=-X` set, and the values, where symbols tell of them; sorted. `-trimpath`
    /// leaves the flags out of the settings, not these.
    pub linked_values: Vec<LinkedValue>,
    /// Version of a compiler that is not Go's own, `12.2.0` of gccgo.
    pub compiler_version: Option<String>,
    /// Is there build information at all, and did `go version` find it too?
    pub build_info: BuildInfoState,
    /// Where each fact was seen.
    pub evidence: Vec<Evidence>,
    /// What is at odds.
    pub contradictions: Vec<Contradiction>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

/// Is there build information?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildInfoState {
    /// Where Go looks.
    Found,
    /// Where Go does not look.
    Recovered,
    /// None.
    Missing,
}

impl BuildInfoState {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            BuildInfoState::Found => "found",
            BuildInfoState::Recovered => "recovered",
            BuildInfoState::Missing => "missing",
        }
    }
}

impl Facts {
    /// The value of a build setting.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|s| s.key == key)
            .map(|s| s.value.as_str())
    }

    /// The build settings; hidden where there are none, for Go records some since 1.18.
    pub fn all_settings(&self) -> Seen<&[Setting]> {
        match self.settings.is_empty() {
            true => Seen::hidden(self.why_hidden("the file has no build settings")),
            false => Seen::Is(&self.settings),
        }
    }

    /// The modules in the file, the main one first. Where build information does not list them, those that
    /// names of packages tell of are certain to be in it, without their versions, and there may be others.
    pub fn modules(&self) -> Seen<Vec<Module>> {
        if self.main.is_some() || !self.deps.is_empty() {
            return Seen::Is(self.main.iter().chain(&self.deps).cloned().collect());
        }
        let seen = self.recovered_modules.iter().map(|path| Module {
            inferred: true,
            ..Module::new(path.clone(), String::new())
        });
        Seen::Is(seen.collect()).doubted(self.why_hidden("the file has no list of its modules"))
    }

    /// What hides more than the fact in question, or else `otherwise`.
    fn why_hidden(&self, otherwise: &str) -> String {
        match (self.packed, self.cut) {
            (Some(by), _) => format!("the file is packed ({by}) and shows nothing of what is in it"),
            (None, Some(end)) => hidden::cut_words(self.file_size, end),
            (None, None) => otherwise.to_string(),
        }
    }

    /// Is this a Go program at all, as far as can be seen?
    pub fn is_go(&self) -> bool {
        self.go_version.is_some() || self.compiler.is_some()
    }

    fn see(&mut self, fact: &'static str, seen: impl Into<String>) {
        self.evidence.push(Evidence {
            fact,
            seen: seen.into(),
        });
    }
}

/// Gathers the facts about a file; of a fat Mach-O those of the slice for `goarch`, or the first. Go objects
/// and archives of them, which are no images, are told by their headers.
///
/// # Errors
/// Where the file is no image of a known format.
pub fn gather(file: &Bytes, goarch: Option<&str>) -> Result<Facts> {
    if let Some(facts) = object::gather(file) {
        return Ok(facts);
    }
    let program = Program::open_unpacked(file, goarch)?;
    let mut facts = gather_program(&program);
    facts.file_size = file.len() as u64;
    facts.self_check = facts.is_go().then(|| buildid::check(&program));
    if program.image().container == Some(Sniffed::Fat) {
        let slices = crate::image::macho::slices(file).unwrap_or_default();
        facts.slices = slices.iter().map(|s| s.arch.goarch().to_string()).collect();
    }
    Ok(facts)
}

/// Gathers the facts about a program.
pub fn gather_program(program: &Program<'_>) -> Facts {
    let (image, build) = (program.image(), program.build_info());
    let state = match build {
        Some(_) if program.build_info_is_recovered() => BuildInfoState::Recovered,
        Some(_) => BuildInfoState::Found,
        None => BuildInfoState::Missing,
    };
    let archive = image.container == Some(Sniffed::Archive);
    let mut facts = empty(
        if archive { Format::Archive } else { image.format },
        image.arch.goarch(),
        if image.endian == Endian::Little {
            "little"
        } else {
            "big"
        },
        program.file().len(),
    );
    facts.rwx_segments = image
        .segments
        .iter()
        .filter(|s| s.perm.write && s.perm.exec)
        .count();
    facts.cut = image.missing_to().map(|end| image.base.saturating_add(end));
    facts.build_info = state;
    if let Some(b) = build {
        identity(&mut facts, b);
    }
    match image.format {
        Format::Elf => elf::gather(image, &mut facts),
        Format::MachO => macho::gather(image, &mut facts),
        Format::Pe => pe::gather(image, &mut facts),
        _ => other_formats(image, &mut facts),
    }
    debug_sections(image, &mut facts);
    go::gather(program, &mut facts);
    hidden::hide(image, &mut facts);
    contradictions::find(image, &mut facts);
    facts.warnings = image.all_warnings().iter().map(ToString::to_string).collect();
    facts
}

/// Why a fact is hidden that function names or settings tell.
const NO_NAMES: &str = "neither the file's functions nor its build settings can be read";

fn empty(format: Format, arch: &str, endian: &'static str, size: usize) -> Facts {
    Facts {
        file_size: size as u64,
        cut: None,
        format,
        slices: Vec::new(),
        os: None,
        arch: (!arch.is_empty()).then(|| arch.to_string()),
        endian,
        go_version: None,
        go_version_source: None,
        go_version_range: None,
        functions: None,
        compiler: None,
        experiments: Vec::new(),
        build_mode: None,
        linkage: Seen::Absent,
        interpreter: None,
        libraries: Seen::Absent,
        pie: Seen::Absent,
        relro: Seen::Absent,
        nx: Seen::Absent,
        rpath: Seen::Absent,
        textrel: Seen::Absent,
        rwx_segments: 0,
        pe_flags: Vec::new(),
        signature: None,
        glibc: Seen::Absent,
        symbols: Seen::Is(false),
        symbol_table: None,
        dwarf: Seen::Absent,
        trimpath: Seen::hidden(NO_NAMES),
        source_example: None,
        race: Seen::hidden(NO_NAMES),
        msan: Seen::hidden(NO_NAMES),
        asan: Seen::hidden(NO_NAMES),
        cover: Seen::hidden(NO_NAMES),
        cgo: Seen::hidden(NO_NAMES),
        boring: Seen::hidden(NO_NAMES),
        cgo_packages: Vec::new(),
        packed: None,
        sealed: false,
        obfuscated: None,
        go_build_id: None,
        build_id: None,
        self_check: None,
        path: None,
        main: None,
        deps: Vec::new(),
        recovered_modules: Vec::new(),
        settings: Vec::new(),
        linked_values: Vec::new(),
        compiler_version: None,
        build_info: BuildInfoState::Missing,
        evidence: Vec::new(),
        contradictions: Vec::new(),
        warnings: Vec::new(),
    }
}

fn identity(facts: &mut Facts, build: &BuildInfo<'_>) {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    facts.go_version = Some(text(build.go_version()));
    facts.go_version_source = Some("build info");
    if let Some(at) = build.blob.offset {
        facts.see("go_version", format!("build info at offset {at:#x}"));
    }
    facts.path = (!build.info.path.is_empty()).then(|| text(build.info.path));
    facts.main = build.info.main.as_ref().map(|m| Module::listed(m, true));
    facts.deps = build.info.deps.iter().map(|m| Module::listed(m, false)).collect();
    let settings = build.info.settings.iter();
    facts.settings = settings
        .map(|s| Setting {
            key: text(&s.key),
            value: text(&s.value),
        })
        .collect();
}

fn other_formats(image: &Image<'_>, facts: &mut Facts) {
    match image.format {
        Format::Xcoff => {
            facts.os = Some("aix".into());
            facts.linkage = Seen::Is(Linkage::Dynamic);
            facts.build_mode = Some("exe");
            facts.see("os", "XCOFF header");
            xcoff(image, facts);
        }
        Format::Plan9 => {
            facts.os = Some("plan9".into());
            facts.linkage = Seen::Is(Linkage::Static);
            facts.build_mode = Some("exe");
            facts.pie = Seen::Is(false);
            facts.see("os", "Plan 9 a.out header");
        }
        Format::Wasm => {
            let modules = image.wasm().map(|w| w.import_modules.clone()).unwrap_or_default();
            let os = match modules
                .iter()
                .find(|m| ["gojs", "go", "wasi_snapshot_preview1"].contains(m))
            {
                Some(&"wasi_snapshot_preview1") => Some("wasip1"),
                Some(_) => Some("js"),
                None => None,
            };
            facts.os = os
                .map(str::to_string)
                .or_else(|| facts.setting("GOOS").map(str::to_string));
            facts.build_mode = Some("exe");
            facts.see("os", format!("imports from {}", modules.join(", ")));
        }
        _ => {}
    }
}

/// The libraries that the loader section names, and what is wanted of each.
fn xcoff(image: &Image<'_>, facts: &mut Facts) {
    let Some(imports) = image.xcoff_imports() else {
        let why = "the loader section can't be read";
        facts.libraries = Seen::hidden(why);
        facts.rpath = Seen::hidden(why);
        return;
    };
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let libraries = imports.libraries.iter().map(|l| Library {
        name: text(l.name),
        imports: Some(l.symbols.iter().map(|s| text(s)).collect()),
        versions: Vec::new(),
    });
    facts.libraries = Seen::Is(libraries.collect());
    facts.see("libraries", "import files of the loader section");
    facts.interpreter = None;
}

fn debug_sections(image: &Image<'_>, facts: &mut Facts) {
    let mut d = Dwarf::default();
    let mut info = false;
    for s in &image.sections {
        // gdb scripts are no DWARF.
        let name = s.debug_name().filter(|n| !n.starts_with(b"gdb_scripts"));
        let Some(name) = name.filter(|_| s.file_size > 0) else {
            continue;
        };
        info |= name == b"info";
        d.sections += 1;
        d.bytes += s.file_size;
        match image.section_uncompressed_size(s) {
            Some(size) => {
                d.compressed += 1;
                d.uncompressed = d.uncompressed.saturating_add(size);
            }
            None => d.uncompressed = d.uncompressed.saturating_add(s.file_size),
        }
    }
    if info {
        facts.see("dwarf", format!("{} debug sections", d.sections));
        facts.dwarf = Seen::Is(d);
    }
}
