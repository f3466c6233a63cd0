//! Any bytes as a file with a moduledata, and the files embedded in it.
#![no_main]

use gospect::Program;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    let _ = program.embeds();
    let _ = program.embedded_variables();
});
