//! Any bytes as a file with a moduledata, and the files embedded in it.
#![no_main]

use gospect::go::embeds;
use gospect::go::memory::Memory;
use gospect::go::moduledata::ModuleData;
use gospect::go::pclntab::Table;
use gospect::image::Image;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::parse(data) else { return };
    let memory = Memory::new(&image);
    let module = Table::find(&image).and_then(|t| ModuleData::find(&memory, &t)).ok();
    let _ = embeds::find(&memory, module.as_ref());
});
