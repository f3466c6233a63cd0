//! Any bytes → the parts of `gospect sbom`, and what `gospect vuln` finds by an empty database.
#![no_main]

use gospect::Program;
use gospect::analysis::vuln::{Database, db::Meta, judge, subject::Subject};

gospect_fuzz::target!(|data| {
    let file = data.to_vec().into();
    let _ = gospect::analysis::sbom::take("file", &file);
    let Ok(program) = Program::open(&file) else { return };
    let db = Database::from_entries(Meta::default(), Vec::new()).expect("an empty database");
    let found = judge::judge(&Subject::new(&program, None), &db, "2026-11-25");
    assert!(found.findings.is_empty());
});
