//! The ppc64 printer on any bytes, in both byte orders.
#![no_main]

libfuzzer_sys::fuzz_target!(|code: &[u8]| {
    gospect_fuzz::disasm("ppc64", code);
    gospect_fuzz::disasm("ppc64le", code);
});
