//! Any bytes → `gospect info`, and what `gospect whatif` predicts.
#![no_main]

use gospect::analysis::{info, whatif};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file = data.to_vec().into();
    let _ = info::gather(&file, None);
    let _ = whatif::predict_bytes(&file, whatif::Options { compress: false });
});
