//! The ppc64 printer on any bytes, in both byte orders.
#![no_main]

gospect_fuzz::target!(|code| {
    gospect_fuzz::disasm("ppc64", code);
    gospect_fuzz::disasm("ppc64le", code);
});
