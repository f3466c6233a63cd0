//! Any bytes as a saved size report, and as a history that `gospect track import` reads: what is read is written and read again.
#![no_main]

use gospect::report::{size, track};

gospect_fuzz::target!(|data| {
    if let Ok(report) = size::read_json(data) {
        let mut saved = Vec::new();
        size::write_json(&mut saved, &"file".into(), &report, false).expect("memory takes everything");
        assert_eq!(size::read_json(&saved).expect("what is written can be read"), report);
    }
    let Ok(all) = track::read_json(data) else { return };
    let (entries, reports): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let mut saved = Vec::new();
    track::write_json(&mut saved, &entries, &reports).expect("memory takes everything");
    let again = track::read_json(&saved).expect("what is written can be read");
    assert!(again.iter().map(|e| &e.0).eq(&entries));
});
