//! Any bytes as a file with type descriptors.
#![no_main]

use gospect::analysis::types;
use gospect::go::memory::Memory;
use gospect::go::pclntab::Table;
use gospect::image::Image;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::parse(data) else { return };
    let Ok(table) = Table::find(&image) else { return };
    let memory = Memory::new(&image);
    if let Ok(program) = types::read(&memory, &table) {
        for t in &program.types.types {
            let _ = program.package(t);
        }
    }
});
