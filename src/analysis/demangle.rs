//! Linker names of C++ and Rust, which the C part of a cgo program may hold → the names their programmers
//! wrote.
//!
//! Read with the crates `cpp_demangle` (Itanium ABI) and `rustc-demangle` (legacy and v0), which know far
//! more of both grammars than could be kept here. Go's own names are never mangled: they are left as they
//! are.

use std::fmt::{self, Write};

use cpp_demangle::{BorrowedSymbol, DemangleOptions, ParseOptions};

/// Names may refer to their own parts again and again; nobody reads more of one than this.
const LONGEST: usize = 16 << 10;
/// How deep a name may nest.
const DEEPEST: u32 = 96;

/// The readable name of a mangled one; `None` for any other name, and for one that is broken or grows too
/// long.
pub fn demangle(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let bare = text.trim_start_matches('_');
    if bare.len() == text.len() || !bare.starts_with(['Z', 'R']) || text.contains('/') {
        return None;
    }
    let mut out = Limited(String::new());
    let is_rust = bare.starts_with('R') || text.contains("17h");
    if is_rust && let Ok(d) = rustc_demangle::try_demangle(text) {
        // The alternate form leaves the hash away.
        return write!(out, "{d:#}").is_ok().then_some(out.0);
    }
    let parse = ParseOptions::default().recursion_limit(DEEPEST);
    let print = DemangleOptions::new().recursion_limit(DEEPEST);
    let (symbol, rest) = BorrowedSymbol::with_tail_and_options(name, &parse).ok()?;
    if !rest.is_empty() {
        return None;
    }
    symbol.structured_demangle(&mut out, &print).ok()?;
    Some(out.0)
}

struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.0.len() + s.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(s);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpp_and_rust_names_are_readable() {
        let read = |n: &str| demangle(n.as_bytes());
        assert_eq!(read("_ZN3foo3barEi").as_deref(), Some("foo::bar(int)"));
        assert_eq!(read("__ZN3foo3barEi").as_deref(), Some("foo::bar(int)"));
        assert_eq!(
            read("_ZN3foo3barEi.cold").as_deref(),
            Some("foo::bar(int) [clone .cold]")
        );
        assert_eq!(
            read("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE").as_deref(),
            Some("core::fmt::Write::write_fmt")
        );
        assert_eq!(read("_RNvCskwGfYPst2Cb_3foo3bar").as_deref(), Some("foo::bar"));
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "main.main",
            "_Z",
            "_R",
            "type:*int",
            "_cgo_init",
            "_ZN3foo",
            "example.com/_Z.F",
            "_Zebra.F",
        ] {
            assert_eq!(demangle(name.as_bytes()), None, "{name}");
        }
        assert_eq!(demangle(b"_Z\xff"), None);
    }

    #[test]
    fn a_name_that_explodes_is_given_up() {
        // Each part refers twice to the one before.
        let mut name = String::from("_Z1fI1AIiiE");
        for _ in 0..40 {
            name.push_str("S0_IS1_S1_E");
        }
        name.push_str("Ev");
        let _ = demangle(name.as_bytes());
        let deep = format!("_Z1f{}i", "P".repeat(100_000));
        assert!(demangle(deep.as_bytes()).is_none_or(|d| d.len() <= LONGEST));
    }
}
