//! Any bytes → `gospect nm`, in every order.
#![no_main]

use gospect::analysis::nm::{Order, ordered};
use gospect::analysis::objfile;
use gospect::report::nm::{Columns, write};

gospect_fuzz::target!(|data| {
    let Ok(entries) = objfile::open(data) else { return };
    for entry in &entries {
        let Ok(symbols) = entry.file.in_file_order() else {
            continue;
        };
        for order in [Order::Address, Order::Name, Order::Size] {
            let rows = ordered(&symbols, order);
            assert_eq!(rows.len(), symbols.len());
            let rows = rows.iter().filter_map(|i| symbols.get(*i as usize));
            let columns = Columns {
                size: true,
                demangle: true,
                terminal: true,
                ..Columns::default()
            };
            write(rows, &columns, &mut std::io::sink()).expect("a sink takes everything");
        }
    }
});
