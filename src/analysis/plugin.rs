//! A Go plugin → what it exports and was linked with; plugins and a host → will `plugin.Open` take them, one
//! after the other.
//!
//! Authority: `plugin_lastmoduleinit` in Go 1.27's runtime/plugin.go and `open` in plugin/plugin_dlopen.go:
//! each package of the plugin has the hash it was linked with, and a pointer to the variable
//! `go:link.pkghash.PACKAGE`. The loader binds that name to the first file that defines it: the host, then
//! plugins loaded before, then the plugin itself. The first package whose two hashes differ is named in the
//! error. All of this is in the dynamic symbols and the moduledata, which strip leaves alone.

use std::collections::BTreeMap;

use super::info::{self, Facts};
use crate::error::{Error, Result};
use crate::go::Program;
use crate::go::memory::Memory;
use crate::go::modinfo::LEVELS;
use crate::go::moduledata::ModuleData;
use crate::go::packages::Module;
use crate::image::{Format, Image, Place};
use crate::input::Bytes;

/// A name that `Plugin.Lookup` finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name.
    pub name: String,
    /// A function, or a variable (of which Lookup gives a pointer)?
    pub function: bool,
    /// The function's or the variable's type, as reflect prints it; `None` where it can't be read.
    pub typ: Option<String>,
}

/// A package and the hash of its export data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// The hash as bytes.
    pub hash: Vec<u8>,
}

/// A plugin.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// Its own path: what makes two plugins the same.
    pub path: String,
    /// In the order of the file, which is that of the names.
    pub exports: Vec<Export>,
    /// In the order in which they are compared.
    pub packages: Vec<Package>,
    /// The Go versions that lay out the moduledata as this file has it.
    pub layout: Option<&'static str>,
    /// Toolchain, settings, modules.
    pub facts: Facts,
}

/// A program that may load plugins.
#[derive(Debug, Clone)]
pub struct Host {
    /// Can it load plugins: does it import package plugin, linked with cgo?
    pub loads: Loads,
    /// Packages and their hashes.
    pub packages: BTreeMap<String, Vec<u8>>,
    /// The Go versions that lay out the moduledata as this file has it.
    pub layout: Option<&'static str>,
    /// Toolchain, settings, modules.
    pub facts: Facts,
}

/// Can a program load plugins?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loads {
    /// It shows its package hashes, as programs do that import package plugin.
    Yes,
    /// It imports package plugin, but is linked without cgo: Open always fails.
    Never,
    /// It does not import package plugin.
    NotImported,
}

/// What `plugin.Open` will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Will it return a plugin?
    pub fits: bool,
    /// Why not, as plugin.Open words it behind `plugin.Open("NAME"): `; `None` where the program could not
    /// call it, or a loader's words are not known.
    pub error: Option<String>,
    /// The first package that differs.
    pub package: Option<String>,
    /// All packages that differ, in the order in which they are compared.
    pub differing: Vec<String>,
    /// Packages that both have.
    pub shared: usize,
    /// What may have made the difference, the likeliest first.
    pub reasons: Vec<String>,
}

/// Longest plugin path, package path, name.
const NAME_LIMIT: u64 = 4096;
/// Most exports that are listed.
const EXPORT_LIMIT: u64 = 100_000;

impl Plugin {
    /// Reads a plugin.
    ///
    /// # Errors
    /// Where the file is no image, or no Go plugin.
    pub fn read(file: &Bytes) -> Result<Plugin> {
        let program = Program::open(file)?;
        let module = program
            .moduledata()
            .map_err(|e| Error::new(format!("is no Go plugin: {e}")))?;
        if module.pluginpath.is_empty() {
            return Err(Error::new("is no Go plugin: it has no plugin path"));
        }
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let packages = module.pkghashes.iter().map(|h| Package {
            path: text(&h.name),
            hash: h.link_time.clone(),
        });
        Ok(Plugin {
            path: text(&module.pluginpath),
            exports: exports(&program.memory(), module),
            packages: packages.collect(),
            layout: module.layout.map(|l| l.versions),
            facts: info::gather_program(&program),
        })
    }
}

fn exports(memory: &Memory<'_, '_>, module: &ModuleData) -> Vec<Export> {
    const FUNC: u8 = 19;
    let entry = |i: u64| {
        let at = module.ptab.addr.checked_add(i.checked_mul(8)?)?;
        let name = module.types.start.checked_add(u64::from(memory.u32(at)?))?;
        let typ = module.types.start.checked_add(u64::from(memory.u32(at + 4)?))?;
        let name = type_name(memory, name)?;
        // The head of a descriptor: two words, a hash, four bytes (flags first, kind last), two words, the
        // name's offset.
        let p = memory.ptr_size();
        let kind = memory.u8(typ.checked_add(2 * p + 7)?)? & 0x1f;
        let written = || {
            let extra_star = memory.u8(typ + 2 * p + 4)? & 2 != 0;
            let offset = u64::from(memory.u32(typ + 4 * p + 8)?);
            let s = type_name(memory, module.types.start.checked_add(offset)?)?;
            Some(if extra_star {
                s.strip_prefix('*').unwrap_or(&s).to_string()
            } else {
                s
            })
        };
        let function = kind == FUNC;
        // Of a variable the table has the pointer's type.
        let typ = written().map(|s| {
            if function {
                s
            } else {
                s.strip_prefix('*').unwrap_or(&s).to_string()
            }
        });
        Some(Export { name, function, typ })
    };
    (0..module.ptab.len.min(EXPORT_LIMIT)).map_while(entry).collect()
}

/// A name in the type data: a flag byte, a length, the text (Go 1.17 and later: the length is a varint;
/// before, two bytes).
fn type_name(memory: &Memory<'_, '_>, addr: u64) -> Option<String> {
    let b = memory.bytes_from(addr)?;
    let read = |len: usize, at: usize| {
        b.get(at..at.checked_add(len)?)
            .filter(|t| !t.is_empty() && std::str::from_utf8(t).is_ok())
    };
    let (first, second) = (usize::from(*b.get(1)?), usize::from(*b.get(2)?));
    let varint = if first < 0x80 {
        read(first, 2)
    } else {
        read(first & 0x7f | second << 7, 3)
    };
    let text = if first == 0 { read(second, 3) } else { varint };
    text.filter(|t| t.len() as u64 <= NAME_LIMIT)
        .map(|t| String::from_utf8_lossy(t).into_owned())
}

/// The hashes that a file's dynamic symbols offer to others.
fn offered(image: &Image<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let symbols = match image.format {
        Format::Elf => image.elf_dynamic_symbols(),
        _ => image.symbols().map(<[_]>::to_vec).unwrap_or_default(),
    };
    for s in symbols.iter().filter(|s| s.place != Place::Undefined) {
        let name = image.format.source_name(s.name);
        // Up to Go 1.19 such names began with `go.`.
        let Some(package) = name
            .strip_prefix(b"go:link.pkghash.")
            .or_else(|| name.strip_prefix(b"go.link.pkghash."))
        else {
            continue;
        };
        let word = u64::from(image.ptr_size);
        let hash = image
            .pointer_at(s.addr)
            .zip(image.word_at(s.addr.saturating_add(word)));
        let hash = hash
            .filter(|(_, len)| *len <= 64)
            .and_then(|(at, len)| image.bytes_at(at, len));
        if let Some(hash) = hash {
            out.insert(String::from_utf8_lossy(package).into_owned(), hash.to_vec());
        }
    }
    out
}

impl Host {
    /// Reads a program.
    ///
    /// # Errors
    /// Where the file is no image.
    pub fn read(file: &Bytes) -> Result<Host> {
        let program = Program::open(file)?;
        let image = program.image();
        let packages = offered(image);
        let facts = info::gather_program(&program);
        // Without cgo Open does nothing but return this error, and is inlined: no function of that name is
        // left.
        let stub = memchr::memmem::find(image.data, b"plugin: not implemented").is_some();
        let loads = if !packages.is_empty() {
            Loads::Yes
        } else if stub {
            Loads::Never
        } else {
            Loads::NotImported
        };
        Ok(Host {
            loads,
            packages,
            layout: program
                .moduledata()
                .ok()
                .and_then(|m| m.layout)
                .map(|l| l.versions),
            facts,
        })
    }
}

/// What `plugin.Open` will do with each of `plugins`, opened in this order by `host`.
pub fn verdicts<'p>(host: &Host, plugins: impl IntoIterator<Item = &'p Plugin>) -> Vec<Verdict> {
    let mut loaded = host.packages.clone();
    let mut paths: Vec<&str> = Vec::new();
    let mut out = Vec::new();
    for plugin in plugins {
        out.push(verdict(host, plugin, &loaded, &paths));
        // Even one that is refused stays mapped, and its names stay bound.
        for p in &plugin.packages {
            loaded.entry(p.path.clone()).or_insert_with(|| p.hash.clone());
        }
        paths.push(&plugin.path);
    }
    out
}

fn verdict(host: &Host, plugin: &Plugin, loaded: &BTreeMap<String, Vec<u8>>, paths: &[&str]) -> Verdict {
    let refuse = |error: Option<String>, reason: String| Verdict {
        fits: false,
        error,
        package: None,
        differing: Vec::new(),
        shared: 0,
        reasons: vec![reason],
    };
    match host.loads {
        Loads::Yes => {}
        Loads::Never => {
            return refuse(
                Some("plugin: not implemented".into()),
                "the host is built without cgo, so package plugin does nothing in it".into(),
            );
        }
        Loads::NotImported => return refuse(None, "the host does not import package plugin".into()),
    }
    let (h, p) = (&host.facts, &plugin.facts);
    if (&h.os, &h.arch) != (&p.os, &p.arch) {
        let target = |f: &Facts| {
            format!(
                "{}/{}",
                f.os.as_deref().unwrap_or("?"),
                f.arch.as_deref().unwrap_or("?")
            )
        };
        return refuse(
            None,
            format!(
                "the plugin is for {}, the host for {}: the system's loader refuses it",
                target(p),
                target(h)
            ),
        );
    }
    let differing: Vec<String> = plugin
        .packages
        .iter()
        .filter(|x| loaded.get(&x.path).is_some_and(|hash| *hash != x.hash))
        .map(|x| x.path.clone())
        .collect();
    let shared = plugin
        .packages
        .iter()
        .filter(|x| loaded.contains_key(&x.path))
        .count();
    if paths.contains(&plugin.path.as_str()) {
        return Verdict {
            shared,
            ..refuse(
                Some("plugin already loaded".into()),
                "a plugin with the same path is loaded before".into(),
            )
        };
    }
    let package = differing.first().cloned();
    if let (Some(p), Some(h)) = (plugin.layout, host.layout)
        && p != h
    {
        // The host's runtime reads the plugin's moduledata as if it were its own: it crashes before it
        // compares anything.
        let crash = format!(
            "the runtime's tables differ ({p} in the plugin, {h} in the host): the host ends with a fatal \
                error before it compares packages"
        );
        let mut reasons = vec![crash];
        reasons.extend(self::reasons(&host.facts, &plugin.facts, &differing));
        return Verdict {
            fits: false,
            error: None,
            package,
            differing,
            shared,
            reasons,
        };
    }
    Verdict {
        fits: package.is_none(),
        error: package
            .as_ref()
            .map(|x| format!("plugin was built with a different version of package {x}")),
        reasons: if package.is_some() {
            reasons(h, p, &differing)
        } else {
            Vec::new()
        },
        package,
        differing,
        shared,
    }
}

/// Settings that make a compiler write other export data, or put other code in a package; the architectures'
/// [`LEVELS`] are among them.
const SETTINGS: [&str; 18] = [
    "-compiler",
    "-race",
    "-msan",
    "-asan",
    "-cover",
    "-covermode",
    "-trimpath",
    "-gcflags",
    "-asmflags",
    "-tags",
    "GOEXPERIMENT",
    "GOFIPS140",
    "CGO_ENABLED",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_LDFLAGS",
    "-pgo",
];

fn reasons(host: &Facts, plugin: &Facts, differing: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let word = |s: Option<&str>| s.filter(|s| !s.is_empty()).unwrap_or("not set").to_string();
    if host.go_version != plugin.go_version {
        out.push(format!(
            "toolchain: plugin {}, host {}",
            word(plugin.go_version.as_deref()),
            word(host.go_version.as_deref())
        ));
    }
    for key in SETTINGS.into_iter().chain(LEVELS) {
        let (p, h) = (
            plugin.setting(key).unwrap_or_default(),
            host.setting(key).unwrap_or_default(),
        );
        if p != h {
            out.push(format!("{key}: plugin {}, host {}", word(Some(p)), word(Some(h))));
        }
    }
    let mut modules: Vec<&str> = Vec::new();
    for package in differing {
        let (Some(p), Some(h)) = (module_of(plugin, package), module_of(host, package)) else {
            continue;
        };
        if modules.contains(&p.path.as_str()) {
            continue;
        }
        modules.push(&p.path);
        if words(p) != words(h) {
            out.push(format!(
                "module {}: plugin {}, host {}",
                p.path,
                words(p),
                words(h)
            ));
        }
    }
    if out.is_empty() {
        let source = differing.first().map(String::as_str).unwrap_or_default();
        out.push(format!(
            "toolchain, settings and module versions are the same: the source of {source}, or \
            of a package it imports, differs"
        ));
    }
    out
}

fn module_of<'f>(facts: &'f Facts, package: &str) -> Option<&'f Module> {
    let within = |m: &&Module| {
        package
            .strip_prefix(m.path.as_str())
            .is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    facts
        .deps
        .iter()
        .chain(&facts.main)
        .filter(within)
        .max_by_key(|m| m.path.len())
}

fn words(m: &Module) -> String {
    let version = if m.version.is_empty() {
        "without version"
    } else {
        &m.version
    };
    match &m.replace {
        Some(r) => format!("{version} => {} {}", r.path, r.version)
            .trim_end()
            .to_string(),
        None => version.to_string(),
    }
}

#[cfg(test)]
#[path = "plugin_tests.rs"]
mod tests;
