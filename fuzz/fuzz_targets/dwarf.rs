//! Any bytes as a file with debug information: its units, their ranges, and the functions of `.eh_frame`.
#![no_main]

use gospect::{dwarf, image::Image};

gospect_fuzz::target!(|data| {
    let Ok(image) = Image::parse(data) else { return };
    let _ = dwarf::units(&image);
    let _ = dwarf::frames(&image);
});
