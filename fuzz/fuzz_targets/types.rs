//! Any bytes as a file with type descriptors.
#![no_main]

use gospect::Program;
use gospect::analysis::types;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    for t in &program.types().types {
        let _ = types::package(&program, t);
    }
});
