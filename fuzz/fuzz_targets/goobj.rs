//! Any bytes → the Go objects of a package archive, their symbols, relocations and lines.
#![no_main]

use gospect::image::goobj::Object;
use gospect::image::goobj::package::{Kind, members};

gospect_fuzz::target!(|data| {
    for member in members(data).unwrap_or_default() {
        let Kind::Object { arch, body } = member.kind else {
            continue;
        };
        let Ok(object) = Object::parse(arch, body) else {
            continue;
        };
        for symbol in object.symbols().take(200) {
            for relocation in object.relocations(symbol.number).take(50) {
                std::hint::black_box(relocation.kind_name());
            }
            std::hint::black_box((object.line_of(symbol.number, 0), object.line(symbol.addr + 1)));
        }
        std::hint::black_box(object.references().count());
    }
});
