//! Any lines as module information: what is read and written again is read the same.
#![no_main]

use gospect::go::modinfo;

gospect_fuzz::target!(|data| {
    if let Ok(info) = modinfo::parse(data) {
        let written = modinfo::format(&info);
        // A line with a tab or line end inside a quoted value survives; nothing is lost.
        let again = modinfo::parse(&written).expect("what is written can be read");
        assert_eq!(again.settings, info.settings);
    }
});
