//! The riscv64 printer on any bytes.
#![no_main]

gospect_fuzz::target!(|code| { gospect_fuzz::disasm("riscv64", code) });
