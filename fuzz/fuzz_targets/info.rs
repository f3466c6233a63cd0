//! Any bytes → `gospect info`, as a page and as JSON.
#![no_main]

use gospect::analysis::info;

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let _ = info::gather(&file, None);
});
