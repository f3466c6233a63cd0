//! What ELF headers, the dynamic section and notes say.

use std::collections::BTreeMap;

use super::{Facts, Library, Linkage, Relro};
use crate::image::elf::{self, ET_DYN, ET_EXEC, ET_REL, PF_X, PT_GNU_RELRO, PT_GNU_STACK};
use crate::image::{Image, Sniffed};

const DF_1_PIE: u64 = 0x0800_0000;

pub(super) fn gather(image: &Image<'_>, facts: &mut Facts) {
    let Some(elf) = image.elf() else { return };
    let dynamic = image.elf_dynamic();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    facts.interpreter = elf.interpreter().filter(|i| !i.is_empty()).map(text);
    os(image, facts);
    let needed = dynamic.as_ref().map(|d| d.needed.clone()).unwrap_or_default();
    facts.libraries = libraries(image, &needed);
    if let Some(d) = &dynamic {
        facts.rpath = d.rpath.iter().chain(&d.runpath).map(|p| text(p)).collect();
        if !facts.rpath.is_empty() {
            let which = if d.runpath.is_some() {
                "DT_RUNPATH"
            } else {
                "DT_RPATH"
            };
            facts.see("rpath", which);
        }
    }
    facts.textrel = (elf.kind != ET_REL).then(|| dynamic.as_ref().is_some_and(|d| d.text_rel));
    facts.nx = elf.program_header(PT_GNU_STACK).map(|p| p.flags & PF_X == 0);
    if facts.nx.is_some() {
        facts.see("nx", "PT_GNU_STACK");
    }
    mode(image, elf, dynamic.as_ref(), facts);
    let now = dynamic.as_ref().is_some_and(|d| d.bind_now);
    facts.relro = (elf.kind != ET_REL).then(|| match elf.program_header(PT_GNU_RELRO) {
        None => Relro::None,
        Some(_) if now => Relro::Full,
        Some(_) => Relro::Partial,
    });
    notes(image, facts);
    facts.glibc = newest_glibc(facts);
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
    let needs = interpreted || !facts.libraries.is_empty();
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
        ET_DYN => library_mode(image, elf),
        _ => return,
    };
    facts.build_mode = Some(mode);
    facts.see("build_mode", seen);
    let program = matches!(mode, "exe" | "pie");
    facts.pie = program.then_some(mode == "pie");
    facts.linkage = match (mode, needs) {
        ("c-archive" | "archive", _) => None,
        ("exe", false) => Some(Linkage::Static),
        ("pie", false) => Some(Linkage::StaticPie),
        _ => Some(Linkage::Dynamic),
    };
    if facts.linkage.is_some() {
        let seen = match (interpreted, facts.libraries.len()) {
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
fn libraries(image: &Image<'_>, needed: &[&[u8]]) -> Vec<Library> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let mut versions: BTreeMap<&[u8], Vec<String>> = BTreeMap::new();
    for v in image.elf_version_needs() {
        versions.entry(v.library).or_default().push(text(v.version));
    }
    let all_imports = || {
        let symbols = image.elf_dynamic_symbols();
        let undefined = symbols
            .iter()
            .filter(|s| s.place == crate::image::Place::Undefined && !s.name.is_empty());
        undefined.map(|s| text(s.name)).collect::<Vec<_>>()
    };
    needed
        .iter()
        .map(|name| Library {
            name: text(name),
            // With one library every import is of it; with several ELF does not tell.
            imports: if needed.len() == 1 {
                all_imports()
            } else {
                Vec::new()
            },
            versions: versions.remove(name).unwrap_or_default(),
        })
        .collect()
}

fn newest_glibc(facts: &Facts) -> Option<String> {
    let number = |v: &str| -> Option<Vec<u32>> {
        v.strip_prefix("GLIBC_")?
            .split('.')
            .map(|n| n.parse().ok())
            .collect()
    };
    let all = facts
        .libraries
        .iter()
        .flat_map(|l| &l.versions)
        .filter_map(|v| number(v));
    let newest = all.max()?;
    Some(
        newest
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("."),
    )
}

fn notes(image: &Image<'_>, facts: &mut Facts) {
    const NT_GNU_BUILD_ID: u32 = 3;
    const NT_GO_BUILD_ID: u32 = 4;
    for n in image.elf_notes() {
        match (n.name, n.kind) {
            (b"Go", NT_GO_BUILD_ID) if facts.go_build_id.is_none() => {
                facts.go_build_id = Some(String::from_utf8_lossy(n.desc).into_owned());
                facts.see("go_build_id", "note Go 4");
            }
            (b"GNU", NT_GNU_BUILD_ID) if facts.build_id.is_none() => {
                facts.build_id = Some(n.desc.iter().map(|b| format!("{b:02x}")).collect());
                facts.see("build_id", "note GNU 3");
            }
            _ => {}
        }
    }
}
