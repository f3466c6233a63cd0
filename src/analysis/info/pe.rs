//! What PE headers say.

use super::{Facts, Library, Linkage, Signature};
use crate::analysis::seen::Seen;
use crate::image::Image;
use crate::image::pe::{
    DIR_BASE_RELOC, DIR_IMPORT, DIR_SECURITY, DLL_DYNAMIC_BASE, DLL_GUARD_CF, DLL_HIGH_ENTROPY_VA,
    DLL_NX_COMPAT,
};

/// COFF Characteristics: a DLL.
const FILE_DLL: u16 = 0x2000;

pub(super) fn gather(image: &Image<'_>, facts: &mut Facts) {
    let Some(p) = image.pe() else { return };
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    facts.os = Some("windows".into());
    facts.see("os", "PE header");
    let library = |i: crate::image::pe::Import<'_>| Library {
        name: text(i.library),
        imports: Some(i.functions.iter().map(|f| text(f)).collect()),
        versions: Vec::new(),
    };
    let libraries: Vec<Library> = image.pe_imports().into_iter().map(library).collect();
    let told = p.directories.get(DIR_IMPORT).is_some_and(|d| d.0 != 0);
    facts.libraries = match told && libraries.is_empty() {
        true => Seen::hidden("the import directory can't be read"),
        false => Seen::Is(libraries),
    };
    let dll = p.characteristics & FILE_DLL != 0;
    let movable = p.dll_characteristics & DLL_DYNAMIC_BASE != 0;
    let relocations = p.directories.get(DIR_BASE_RELOC).is_some_and(|d| d.1 > 0);
    // A windows program is position independent unless told otherwise: go build calls it exe all the same.
    let told_pie = facts.setting("-buildmode") == Some("pie");
    facts.build_mode = Some(match (dll, movable && relocations && told_pie) {
        (true, _) => "c-shared",
        (false, true) => "pie",
        (false, false) => "exe",
    });
    facts.see(
        "build_mode",
        format!(
            "Characteristics {:#x}, DllCharacteristics {:#x}",
            p.characteristics, p.dll_characteristics
        ),
    );
    facts.pie = Seen::of((!dll).then_some(movable));
    facts.linkage = Seen::Is(Linkage::Dynamic);
    facts.nx = Seen::Is(p.dll_characteristics & DLL_NX_COMPAT != 0);
    let flags = [
        (DLL_DYNAMIC_BASE, "DYNAMIC_BASE"),
        (DLL_HIGH_ENTROPY_VA, "HIGH_ENTROPY_VA"),
        (DLL_NX_COMPAT, "NX_COMPAT"),
        (DLL_GUARD_CF, "GUARD_CF"),
    ];
    facts.pe_flags = flags
        .iter()
        .filter(|f| p.dll_characteristics & f.0 != 0)
        .map(|f| f.1)
        .collect();
    let signed = p.directories.get(DIR_SECURITY).filter(|d| d.1 > 0);
    facts.signature = signed.map(|d| Signature {
        kind: "authenticode",
        bytes: u64::from(d.1),
    });
    if p.symbol_table.1 > 0 {
        facts.symbol_table = Some((p.symbol_table.1, p.symbol_table.1 * 18 + p.strings.len() as u64));
    }
}
