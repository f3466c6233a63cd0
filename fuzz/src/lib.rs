//! What the fuzz targets check.

use gospect::disasm::{Style, Symbols, printer};

/// Every third address is the start of a symbol, and every second lies in one.
struct SomeSymbols;

impl Symbols for SomeSymbols {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        (addr % 2 == 0).then_some((b"main.main", addr - addr % 3))
    }
}

/// Prints `code` instruction by instruction in both styles and syntaxes: the printers must get on, stay within the bytes
/// given, and say `?` exactly where they know nothing.
pub fn disasm(goarch: &str, code: &[u8]) {
    let printer = printer(goarch).expect("a printer");
    let mut out = Vec::new();
    for strict_go in [false, true] {
        let mut at = 0;
        while at < code.len() {
            out.clear();
            let pc = 0x1000_u64.wrapping_add(at as u64);
            let style = Style { strict_go, ..Style::default() };
            let decoded = printer.go(&code[at..], pc, &SomeSymbols, style, &mut out);
            assert!(decoded.len > 0 && decoded.len <= code.len() - at);
            assert!(!out.is_empty());
            assert_eq!(decoded.known, out != b"?");
            if decoded.known {
                printer.gnu(&code[at..], pc, style, &mut out);
            }
            assert!(std::str::from_utf8(&out).is_ok());
            at += decoded.len;
        }
    }
}
