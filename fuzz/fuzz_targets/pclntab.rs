//! Any bytes as a file with a pclntab: every function's every fact.
#![no_main]

use gospect::Program;
use gospect::analysis::funcs;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    let Ok(table) = program.pclntab() else { return };
    let mut cursor = table.line_cursor();
    for f in table.functions().take(10_000) {
        let _ = (f.frame_size(), f.record(), f.table_size(f.pcln()), f.funcdata().count(), f.inline_tree_size());
        assert_eq!(cursor.at(f.entry()), table.pc_to_line(f.entry()));
        let _ = f.frames(f.entry());
    }
    let _ = funcs::list(&program, &funcs::Options { inlined: true });
});
