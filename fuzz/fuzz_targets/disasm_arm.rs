//! The arm printer on any bytes.
#![no_main]

gospect_fuzz::target!(|code| { gospect_fuzz::disasm("arm", code) });
