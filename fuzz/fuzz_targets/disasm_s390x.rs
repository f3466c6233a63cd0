//! The s390x printer on any bytes.
#![no_main]

gospect_fuzz::target!(|code| { gospect_fuzz::disasm("s390x", code) });
