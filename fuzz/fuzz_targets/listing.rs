//! Any bytes → `gospect info` and the listing of `gospect objdump`.
#![no_main]

use gospect::analysis::listing::Listing;
use gospect::analysis::{info, objfile};
use gospect::disasm::Style;

gospect_fuzz::target!(|data| {
    let _ = info::gather(&data.to_vec().into(), None);
    for entry in objfile::open(data).unwrap_or_default() {
        let Ok(listing) = Listing::of(&entry.file) else {
            continue;
        };
        for function in listing.functions(0, u64::MAX, |_| true).take(50) {
            listing.decode(&function, Style::default(), |i| assert!(!i.bytes.is_empty()));
        }
    }
});
