//! Any bytes as a file with build information, and all facts of `info`.
#![no_main]

use gospect::go::buildinfo;

gospect_fuzz::target!(|data| {
    let _ = buildinfo::read(data);
    let _ = gospect::analysis::info::gather(&data.to_vec().into(), None);
});
