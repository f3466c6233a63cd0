//! Any bytes as a file whose bytes are attributed, and whose variants are predicted: the rows add up to the file.
#![no_main]

use gospect::analysis::size::{Detail, Options, measure_with_memory};
use gospect::analysis::whatif;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    for detail in [Detail::Package, Detail::Symbol] {
        if let Ok(report) = measure_with_memory(&file, Options { detail, symbols: true }) {
            let sum: u64 = report.rows.iter().map(|r| r.bytes).sum();
            assert_eq!((sum, report.file_size), (data.len() as u64, data.len() as u64));
        }
    }
    let report = whatif::predict_bytes(data, whatif::Options { compress: false });
    assert_eq!(report.file_size, data.len() as u64);
});
