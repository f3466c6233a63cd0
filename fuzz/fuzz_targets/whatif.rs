//! Any bytes → what `gospect whatif` predicts: no variant is larger than its sum allows, and the file's size is the input's.
#![no_main]

use gospect::analysis::whatif;

gospect_fuzz::target!(|data| {
    for compress in [false, true] {
        let report = whatif::predict_bytes(data, whatif::Options { compress });
        assert_eq!(report.file_size, data.len() as u64);
    }
});
