//! Any bytes as a file with type descriptors.
#![no_main]

use gospect::Program;
use gospect::analysis::types;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file = data.to_vec().into();
    let Ok(program) = Program::open(&file) else { return };
    for t in &program.types().types {
        let _ = types::package(&program, t);
    }
});
