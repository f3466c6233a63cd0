//! The arm printer on any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|code: &[u8]| gospect_fuzz::disasm("arm", code));
