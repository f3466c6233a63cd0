//! What ELF headers, the dynamic section and notes say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, Library, Linkage, Relro};
use crate::analysis::seen::Seen;
use crate::go::buildid;
use crate::image::elf::{self, ET_DYN, ET_EXEC, ET_REL, PF_X, PT_GNU_RELRO, PT_GNU_STACK};
use crate::image::elf_versions::VersionNeed;
use crate::image::{Image, Sniffed};

const DF_1_PIE: u64 = 0x0800_0000;

pub(super) fn gather(image: &Image<'_>, facts: &mut Facts) {
    let Some(elf) = image.elf() else { return };
    let dynamic = image.elf_dynamic();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    facts.interpreter = elf.interpreter().filter(|i| !i.is_empty()).map(text);
    os(image, facts);
    let needed = dynamic.as_ref().map(|d| d.needed.clone()).unwrap_or_default();
    let versions = image.elf_version_needs();
    let libraries = libraries(image, &needed, versions.as_deref().unwrap_or_default());
    let glibc = newest_glibc(versions.as_deref().unwrap_or_default());
    let unlinked = elf.kind == ET_REL;
    let paths: Vec<String> = dynamic
        .iter()
        .flat_map(|d| d.rpath.iter().chain(&d.runpath))
        .map(|p| text(p))
        .collect();
    if !unlinked {
        facts.libraries = Seen::Is(libraries);
        facts.glibc = Seen::of(glibc);
        facts.rpath = Seen::Is(paths);
    }
    if !image.elf_dynamic_is_whole() || versions.is_none() {
        let why = "the dynamic section can't be read whole";
        facts.glibc = std::mem::replace(&mut facts.glibc, Seen::Absent).doubted(why);
        facts.libraries = std::mem::replace(&mut facts.libraries, Seen::Absent).doubted(why);
        facts.rpath = std::mem::replace(&mut facts.rpath, Seen::Absent).doubted(why);
    }
    if facts.rpath.part().is_some_and(|p| !p.is_empty()) {
        let newer = dynamic.as_ref().is_some_and(|d| d.runpath.is_some());
        facts.see("rpath", if newer { "DT_RUNPATH" } else { "DT_RPATH" });
    }
    facts.textrel = Seen::of((!unlinked).then(|| dynamic.as_ref().is_some_and(|d| d.text_rel)));
    facts.nx = Seen::of(elf.program_header(PT_GNU_STACK).map(|p| p.flags & PF_X == 0));
    if facts.nx != Seen::Absent {
        facts.see("nx", "PT_GNU_STACK");
    }
    mode(image, elf, dynamic.as_ref(), facts);
    let now = dynamic.as_ref().is_some_and(|d| d.bind_now);
    let relro = || match elf.program_header(PT_GNU_RELRO) {
        None => Relro::None,
        Some(_) if now => Relro::Full,
        Some(_) => Relro::Partial,
    };
    facts.relro = Seen::of((!unlinked).then(relro));
    notes(image, facts);
}

fn os(image: &Image<'_>, facts: &mut Facts) {
    let Some(elf) = image.elf() else { return };
    let interpreter = facts.interpreter.clone().unwrap_or_default();
    let note = image.elf_notes().iter().find_map(|n| match n.name {
        b"NetBSD" => Some("netbsd"),
        b"OpenBSD" => Some("openbsd"),
        b"DragonFly" => Some("dragonfly"),
        b"FreeBSD" => Some("freebsd"),
        b"Android" => Some("android"),
        _ => None,
    });
    let told = facts.setting("GOOS").map(str::to_string);
    let (os, seen) = if let Some(os) = note {
        (os, "a note of that system")
    } else if interpreter.starts_with("/system/bin/linker") {
        ("android", "PT_INTERP")
    } else if interpreter.contains("/ld.so.1") && !interpreter.contains("ld64") {
        // Only build information tells the two apart: they run each other's programs.
        (
            if told.as_deref() == Some("illumos") {
                "illumos"
            } else {
                "solaris"
            },
            "PT_INTERP",
        )
    } else if interpreter == "/usr/libexec/ld.so" {
        ("openbsd", "PT_INTERP")
    } else if interpreter.starts_with("/libexec/ld-elf") {
        (
            if told.as_deref() == Some("dragonfly") {
                "dragonfly"
            } else {
                "freebsd"
            },
            "PT_INTERP",
        )
    } else {
        match elf.os_abi {
            2 => ("netbsd", "EI_OSABI"),
            6 => (
                if told.as_deref() == Some("illumos") {
                    "illumos"
                } else {
                    "solaris"
                },
                "EI_OSABI",
            ),
            9 => ("freebsd", "EI_OSABI"),
            12 => ("openbsd", "EI_OSABI"),
            // linux, dragonfly and android mark nothing in a static program: only the setting tells.
            _ => match told.as_deref() {
                Some(told @ ("android" | "dragonfly" | "linux")) => {
                    (told, "no mark of another system, setting GOOS")
                }
                _ => ("linux", "no mark of another system"),
            },
        }
    };
    facts.os = Some(os.to_string());
    facts.see("os", seen);
}

fn mode(image: &Image<'_>, elf: &elf::Elf<'_>, dynamic: Option<&elf::Dynamic<'_>>, facts: &mut Facts) {
    let pie_flag = dynamic.is_some_and(|d| d.flags_1 & DF_1_PIE != 0);
    let interpreted = facts.interpreter.is_some();
    let libraries = facts.libraries.part().map_or(0, Vec::len);
    let needs = interpreted || libraries > 0;
    // Where programs are position independent unless told otherwise, go build calls them exe.
    let ordinary = facts.os.as_deref() == Some("android") && facts.setting("-buildmode") != Some("pie");
    let (mode, seen) = match elf.kind {
        ET_REL if image.container == Some(Sniffed::Archive) => {
            ("c-archive", "relocatable member of an archive")
        }
        ET_REL => ("archive", "e_type is ET_REL"),
        ET_EXEC => ("exe", "e_type is ET_EXEC"),
        ET_DYN if pie_flag => ("pie", "e_type is ET_DYN with DF_1_PIE"),
        ET_DYN if interpreted && dynamic.is_none_or(|d| d.soname.is_none()) => {
            ("pie", "e_type is ET_DYN with PT_INTERP")
        }
        // A library's kind is told by its exports, which are found by section headers.
        ET_DYN if image.sections.is_empty() => {
            let why = "the file has no section headers: a library and a program can't be told apart";
            facts.pie = Seen::hidden(why);
            facts.linkage = if needs {
                Seen::Is(Linkage::Dynamic)
            } else {
                Seen::hidden(why)
            };
            return;
        }
        ET_DYN => library_mode(image, elf),
        _ => return,
    };
    facts.build_mode = Some(if mode == "pie" && ordinary { "exe" } else { mode });
    facts.see("build_mode", seen);
    let program = matches!(mode, "exe" | "pie");
    facts.pie = Seen::of(program.then_some(mode == "pie"));
    facts.linkage = match (mode, needs) {
        ("c-archive" | "archive", _) => Seen::Absent,
        (_, true) => Seen::Is(Linkage::Dynamic),
        _ if facts.libraries.why().is_some() => Seen::hidden("the dynamic section can't be read whole"),
        ("exe", false) => Seen::Is(Linkage::Static),
        ("pie", false) => Seen::Is(Linkage::StaticPie),
        _ => Seen::Is(Linkage::Dynamic),
    };
    if facts.linkage.known().is_some() {
        let seen = match (interpreted, libraries) {
            (false, 0) => "no PT_INTERP, no DT_NEEDED".to_string(),
            (true, 0) => "PT_INTERP, no DT_NEEDED: needs only the loader".to_string(),
            (true, n) => format!("PT_INTERP, {n} DT_NEEDED"),
            (false, n) => format!("{n} DT_NEEDED"),
        };
        facts.see("linkage", seen);
    }
}

/// A shared object that is no program: c-shared, plugin or shared.
fn library_mode(image: &Image<'_>, elf: &elf::Elf<'_>) -> (&'static str, &'static str) {
    if image.section(".note.go.abihash").is_some() || image.section(".note.go.pkg-list").is_some() {
        return ("shared", "section .note.go.abihash");
    }
    let plugin = |name: &[u8]| {
        name == b"go:plugin.tabs"
            || name == b"go.plugin.tabs"
            || name.starts_with(b"go:link.pkghash.")
            || name.starts_with(b"go.link.pkghash.")
            || name == b"go:link.thispluginpath"
            || name == b"go.link.thispluginpath"
    };
    if image.elf_dynamic_symbols().iter().any(|s| plugin(s.name)) {
        return ("plugin", "plugin tables in .dynsym");
    }
    // A static PIE of a linker that does not set DF_1_PIE: it has an entry point and exports nothing.
    let exports = image
        .elf_dynamic_symbols()
        .iter()
        .skip(1)
        .any(|s| s.place != crate::image::Place::Undefined);
    if image.entry != 0 && !exports && elf.program_header(elf::PT_DYNAMIC).is_some() {
        return ("pie", "e_type is ET_DYN with an entry point and no exports");
    }
    ("c-shared", "e_type is ET_DYN without PT_INTERP and DF_1_PIE")
}

/// DT_NEEDED in order, with the versions wanted of each and the names that a version ties to it.
fn libraries(image: &Image<'_>, needed: &[&[u8]], versions: &[VersionNeed<'_>]) -> Vec<Library> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let mut wanted: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    let mut by_index: BTreeMap<u16, &[u8]> = BTreeMap::new();
    for v in versions {
        wanted.entry(v.library).or_default().insert(v.version);
        by_index.insert(v.index, v.library);
    }
    let symbols = image.elf_imports();
    let mut seen = BTreeSet::new();
    let distinct = needed.iter().filter(|n| seen.insert(**n));
    let library = |name: &&[u8]| {
        let mut versions: Vec<String> = wanted.get(*name).into_iter().flatten().map(|v| text(v)).collect();
        versions.sort_by_key(|v| version_key(v));
        // With one library every import is of it. With several a version tells which, and where none does
        // nothing does.
        let only = needed.len() == 1;
        let of = |index: &u16| only || by_index.get(index) == Some(name);
        let imports = symbols
            .iter()
            .filter(|(_, index)| of(index))
            .map(|(n, _)| text(n));
        let imports: Vec<String> = imports.collect();
        Library {
            name: text(name),
            imports: (only || !imports.is_empty()).then_some(imports),
            versions,
        }
    };
    distinct.map(library).collect()
}

/// The numbers behind `GLIBC_` and the like; what has none sorts first.
fn version_key(version: &str) -> (String, Vec<u32>) {
    let (name, numbers) = version.rsplit_once('_').unwrap_or((version, ""));
    let numbers: Option<Vec<u32>> = numbers.split('.').map(|n| n.parse().ok()).collect();
    (name.to_string(), numbers.unwrap_or_default())
}

/// The newest glibc that is wanted in earnest: without a weak one the program starts with a message of the
/// loader's.
fn newest_glibc(versions: &[VersionNeed<'_>]) -> Option<String> {
    let number = |v: &VersionNeed<'_>| -> Option<Vec<u32>> {
        let text = std::str::from_utf8(v.version).ok()?.strip_prefix("GLIBC_")?;
        text.split('.').map(|n| n.parse().ok()).collect()
    };
    let newest = versions.iter().filter(|v| !v.weak).filter_map(number).max()?;
    Some(
        newest
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("."),
    )
}

fn notes(image: &Image<'_>, facts: &mut Facts) {
    let ids = buildid::read(image);
    if let Some(id) = ids.go {
        facts.go_build_id = Some(String::from_utf8_lossy(&id).into_owned());
        facts.see("go_build_id", "note Go 4");
    }
    if let Some(id) = ids.host {
        facts.build_id = Some(id.iter().map(|b| format!("{b:02x}")).collect());
        facts.see("build_id", "note GNU 3");
    }
}
