//! Any bytes as a file with embedded files: those of its tables, and those that are guessed.
#![no_main]

use gospect::Program;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    let tables = program.embeds();
    std::hint::black_box(tables);
    let _ = program.embedded_variables();
});
