//! Files that UPX 4.2.4 packed (Debian's upx-ucl), held against what they were made of: see
//! testdata/upx/README.md.

use super::*;
use sha2::{Digest, Sha256};

/// The file's name: machine and method. Then the SHA-256 of the file before it was packed.
const FILES: &str = include_str!("../../../testdata/upx/SHA256SUMS");

fn read(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/upx/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn every_method_and_machine_is_unpacked_to_the_byte() {
    let mut seen = 0;
    for line in FILES.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert!(may_be_packed(&read(name)), "{name}");
        let unpacked = unpack(&read(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let hex: String = Sha256::digest(&unpacked)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(hex, sum, "{name}");
        assert!(!may_be_packed(&unpacked), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[test]
fn a_broken_file_is_an_error_and_never_more() {
    for name in ["amd64-nrv2b", "arm64-nrv2d", "386-nrv2e", "amd64-lzma"] {
        let whole = read(name);
        for cut in [0, 10, 100, 300, whole.len() / 2] {
            assert!(unpack(&whole[..cut]).is_err(), "{name} cut to {cut}");
        }
        for at in (0..whole.len()).step_by(61) {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            let _ = unpack(&changed);
        }
    }
}
