//! The loong64 printer on any bytes.
#![no_main]

gospect_fuzz::target!(|code| { gospect_fuzz::disasm("loong64", code) });
