//! What Mach-O load commands say.

use super::{Facts, Library, Linkage, Signature};
use crate::analysis::seen::Seen;
use crate::image::macho::{MH_BUNDLE, MH_DYLIB, MH_EXECUTE, MH_OBJECT, MH_PIE};
use crate::image::{Endian, Image, Sniffed, clip};

pub(super) fn gather(image: &Image<'_>, facts: &mut Facts) {
    let Some(m) = image.macho() else { return };
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let ios = matches!(m.platform, Some((2 | 7, _)));
    facts.os = Some(if ios { "ios" } else { "darwin" }.into());
    facts.see(
        "os",
        if m.platform.is_some() {
            "LC_BUILD_VERSION or LC_VERSION_MIN"
        } else {
            "Mach-O header"
        },
    );
    facts.interpreter = m.interpreter.map(text);
    if m.file_type != MH_OBJECT {
        let library = |d: &crate::image::macho::Dylib<'_>| Library {
            name: text(d.name),
            imports: Some(imports(image, &m.dylibs, d.name)),
            versions: Vec::new(),
        };
        facts.libraries = Seen::Is(m.dylibs.iter().map(library).collect());
        facts.rpath = Seen::Is(m.rpaths.iter().map(|p| text(p)).collect());
        // A command that can't be read may be one that names a library.
        if image
            .warnings
            .iter()
            .any(|w| w.structure == Some("Mach-O load command"))
        {
            let why = "not all load commands can be read";
            facts.libraries = std::mem::replace(&mut facts.libraries, Seen::Absent).doubted(why);
            facts.rpath = std::mem::replace(&mut facts.rpath, Seen::Absent).doubted(why);
        }
    }
    facts.build_id = m
        .uuid
        .filter(|u| *u != [0; 16])
        .map(|u| u.iter().map(|b| format!("{b:02x}")).collect());
    let pie = m.flags & MH_PIE != 0;
    let told = facts.setting("-buildmode").map(str::to_string);
    let (mode, seen) = match m.file_type {
        MH_EXECUTE if !pie => (Some("exe"), "MH_EXECUTE without MH_PIE"),
        // Go marks every program MH_PIE; the word it was built by is only in the settings.
        MH_EXECUTE => match told.as_deref() {
            Some("pie") => (Some("pie"), "MH_EXECUTE, setting -buildmode"),
            Some(_) => (Some("exe"), "MH_EXECUTE, setting -buildmode"),
            None => (Some("exe"), "MH_EXECUTE"),
        },
        MH_DYLIB => (Some("c-shared"), "MH_DYLIB"),
        MH_BUNDLE => (Some("plugin"), "MH_BUNDLE"),
        MH_OBJECT if image.container == Some(Sniffed::Archive) => {
            (Some("c-archive"), "MH_OBJECT in an archive")
        }
        MH_OBJECT => (Some("archive"), "MH_OBJECT"),
        _ => (None, "unknown filetype"),
    };
    facts.build_mode = mode;
    facts.see("build_mode", seen);
    facts.pie = Seen::of((m.file_type == MH_EXECUTE).then_some(pie));
    facts.see("pie", "header flag MH_PIE");
    facts.linkage = Seen::of((m.file_type != MH_OBJECT).then_some(Linkage::Dynamic));
    facts.signature = m
        .link_data
        .iter()
        .find(|l| l.what == "code signature")
        .map(|l| signature(clip(image.data, l.offset, l.size)));
    if let Some(table) = m.symtab {
        let size = if image.ptr_size == 8 { 16 } else { 12 };
        facts.symbol_table = Some((table.count, table.count * size + table.strings_size));
    }
}

/// The undefined symbols whose two-level namespace ordinal names this library.
fn imports(image: &Image<'_>, all: &[crate::image::macho::Dylib<'_>], library: &[u8]) -> Vec<String> {
    let Some(ordinal) = all.iter().position(|d| d.name == library).map(|i| i as u16 + 1) else {
        return Vec::new();
    };
    let Ok(symbols) = image.symbols() else {
        return Vec::new();
    };
    let of =
        |s: &&crate::image::Symbol<'_>| s.kind & 0xef == 1 && s.kind & 0xe0 == 0 && s.extra >> 8 == ordinal;
    symbols
        .iter()
        .filter(of)
        .map(|s| String::from_utf8_lossy(s.name).into_owned())
        .collect()
}

/// A SuperBlob whose code directory has the flag "adhoc", or which has a CMS blob that holds something.
fn signature(b: &[u8]) -> Signature {
    const CODE_DIRECTORY: u32 = 0xfade_0c02;
    const CMS: u32 = 0xfade_0b01;
    const ADHOC: u32 = 2;
    let be = Endian::Big;
    let count = be.u32(b, 8).unwrap_or(0).min(32) as usize;
    let mut kind = "unknown";
    for i in 0..count {
        let Some(at) = be.u32(b, 12 + i * 8 + 4).map(|o| o as usize) else {
            break;
        };
        match be.u32(b, at) {
            Some(CODE_DIRECTORY)
                if be.u32(b, at.saturating_add(12)).unwrap_or(0) & ADHOC != 0 && kind == "unknown" =>
            {
                kind = "ad-hoc";
            }
            Some(CMS) if be.u32(b, at.saturating_add(4)).unwrap_or(0) > 8 => kind = "signed",
            _ => {}
        }
    }
    Signature {
        kind,
        bytes: b.len() as u64,
    }
}
