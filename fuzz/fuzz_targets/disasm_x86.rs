//! The amd64 and 386 printer on any bytes.
#![no_main]

gospect_fuzz::target!(|code| {
    gospect_fuzz::disasm("amd64", code);
    gospect_fuzz::disasm("386", code);
});
