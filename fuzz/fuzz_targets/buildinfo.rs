//! Any bytes as a file with build information, and all facts of `info`.
#![no_main]

use gospect::go::buildinfo;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = buildinfo::read(data);
    let _ = gospect::analysis::info::gather(&data.to_vec().into(), None);
});
