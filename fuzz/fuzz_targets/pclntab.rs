//! Any bytes as a file with a pclntab: every function's every fact.
#![no_main]

use gospect::analysis::funcs;
use gospect::go::pclntab::Table;
use gospect::image::Image;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(image) = Image::parse(data) else { return };
    let Ok(table) = Table::find(&image) else { return };
    let mut cursor = table.line_cursor();
    for f in table.functions().take(10_000) {
        let _ = (f.frame_size(), f.record(), f.table_size(f.pcln()), f.funcdata().count(), f.inline_tree_size());
        assert_eq!(cursor.at(f.entry()), table.pc_to_line(f.entry()));
        let _ = f.frames(f.entry());
    }
    let packages = funcs::packages(&image, &table);
    let _ = funcs::list(&image, &table, &packages, &funcs::Options { inlined: true });
});
