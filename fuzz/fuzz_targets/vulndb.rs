//! Any bytes as a snapshot of the vulnerability database, as the text within one, and as an OSV entry; what is read is written and read again.
#![no_main]

use gospect::analysis::vuln::{Database, db::Meta, osv, semver};

gospect_fuzz::target!(|data| {
    let _ = Database::decode(data);
    let framed = [b"gospect vulndb 1\n".as_slice(), &zstd::stream::encode_all(data, 1).expect("zstd")].concat();
    if let Ok(db) = Database::decode(&framed) {
        for module in db.modules() {
            assert!(db.of_module(module).count() > 0);
        }
        let _ = db.entries().count();
    }
    let Ok((entry, _)) = osv::parse(data) else { return };
    for a in &entry.affected {
        let _ = semver::affects(&a.ranges, "v1.2.3");
        let _ = semver::fixed_after(&a.ranges, "v1.2.3");
    }
    if let Ok(db) = Database::from_entries(Meta::default(), vec![entry]) {
        let again = Database::decode(&db.encode(1).expect("zstd")).expect("what was written is read");
        assert!(again.entries().eq(db.entries()));
    }
});
