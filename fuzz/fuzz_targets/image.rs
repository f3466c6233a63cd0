//! Any bytes as a file of any container format: headers, sections, symbols, relocations.
#![no_main]

use gospect::image::{Image, archive, strict};

gospect_fuzz::target!(|data| {
    let _ = archive::members(data);
    strict::go_opens_fat(data);
    let Ok(image) = Image::parse(data) else { return };
    strict::go_opens(&image);
    for s in &image.sections {
        image.section_bytes(s);
        let _ = image.section_contents(s);
    }
    let _ = image.symbols();
    image.relocations();
    image.elf_dynamic();
    image.elf_dynamic_symbols();
    image.elf_notes();
    image.elf_version_needs();
    image.pe_imports();
    image.wasm_function_names();
    for addr in [0, image.entry, u64::MAX] {
        image.pointer_at(addr);
        image.addr_to_offset(addr);
        image.section_at(addr);
    }
});
