//! Types by the names that the linker has for them: with whole import paths, `*net/http.Server`, where
//! reflection has `*http.Server`.
//!
//! Authority: cmd/compile/internal/types/fmt.go of Go 1.27 (`LinkString`), cmd/internal/objabi/path.go for
//! the escapes of import paths.

use super::{Detail, Type, Types};

/// Types within types.
const DEPTH: u8 = 12;
/// Bytes of a name at most.
const LIMIT: usize = 4096;

impl Types<'_> {
    /// The name of a type's descriptor behind `type:`. Of unnamed structs and interfaces it is the one that
    /// reflection has.
    pub fn link_name(&self, t: &Type<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        self.link(t, DEPTH, &mut out);
        out
    }

    fn link(&self, t: &Type<'_>, depth: u8, out: &mut Vec<u8>) {
        let Some(depth) = depth.checked_sub(1).filter(|_| out.len() < LIMIT) else {
            return out.extend_from_slice(t.name);
        };
        if t.named {
            return named(t, out);
        }
        let start = out.len();
        if self.unnamed(t, depth, out).is_none() {
            out.truncate(start);
            out.extend_from_slice(t.name);
        }
    }

    fn unnamed(&self, t: &Type<'_>, depth: u8, out: &mut Vec<u8>) -> Option<()> {
        let one = |before: &[u8], addr: u64, out: &mut Vec<u8>| {
            out.extend_from_slice(before);
            self.link(self.at(addr)?, depth, out);
            Some(())
        };
        match &t.detail {
            Detail::Pointer { elem } => one(b"*", *elem, out),
            Detail::Slice { elem } => one(b"[]", *elem, out),
            Detail::Array { elem, len, .. } => one(format!("[{len}]").as_bytes(), *elem, out),
            Detail::Map { key, elem, .. } => {
                one(b"map[", *key, out)?;
                one(b"]", *elem, out)
            }
            Detail::Chan { elem, direction } => match direction {
                1 => one(b"<-chan ", *elem, out),
                2 => one(b"chan<- ", *elem, out),
                // A channel of channels that are only received from is told from its opposite by parentheses.
                _ if self
                    .at(*elem)
                    .is_some_and(|e| !e.named && matches!(e.detail, Detail::Chan { direction: 1, .. })) =>
                {
                    one(b"chan (", *elem, out)?;
                    out.push(b')');
                    Some(())
                }
                _ => one(b"chan ", *elem, out),
            },
            Detail::Func {
                params,
                results,
                variadic,
            } => {
                out.extend_from_slice(b"func(");
                for (i, p) in params.iter().enumerate() {
                    let before: &[u8] = if i > 0 { b", " } else { b"" };
                    out.extend_from_slice(before);
                    match self.at(*p)?.detail {
                        Detail::Slice { elem } if *variadic && i + 1 == params.len() => {
                            one(b"...", elem, out)?
                        }
                        _ => one(b"", *p, out)?,
                    }
                }
                out.push(b')');
                match results[..] {
                    [] => {}
                    [only] => one(b" ", only, out)?,
                    _ => {
                        for (i, r) in results.iter().enumerate() {
                            one(if i > 0 { b", " } else { b" (" }, *r, out)?;
                        }
                        out.push(b')');
                    }
                }
                Some(())
            }
            Detail::Basic | Detail::Interface { .. } | Detail::Struct { .. } => None,
        }
    }
}

/// The import path in place of the package's name.
fn named(t: &Type<'_>, out: &mut Vec<u8>) {
    let head = t.name.iter().position(|b| *b == b'[').unwrap_or(t.name.len());
    let dot = t.name.get(..head).and_then(|h| memchr::memchr(b'.', h));
    match (t.package.map(|p| p.text), dot) {
        (Some(package), Some(dot)) if !package.is_empty() => {
            escape(package, out);
            out.extend_from_slice(t.name.get(dot..).unwrap_or_default());
        }
        _ => out.extend_from_slice(t.name),
    }
}

/// Dots in the last element, control characters, `%`, `"` and what is not ASCII as `%xx`.
fn escape(path: &[u8], out: &mut Vec<u8>) {
    let last = memchr::memrchr(b'/', path).unwrap_or(0);
    for (i, &b) in path.iter().enumerate() {
        if b <= b' ' || b == b'.' && i > last || matches!(b, b'%' | b'"') || b >= 0x7f {
            out.extend_from_slice(format!("%{b:02x}").as_bytes());
        } else {
            out.push(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn dots_are_escaped_in_the_last_element_only() {
        let shown = |path: &str| {
            let mut out = Vec::new();
            escape(path.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown("gopkg.in/yaml.v3"), "gopkg.in/yaml%2ev3");
        assert_eq!(shown("example.com/a.b/c"), "example.com/a.b/c");
        assert_eq!(shown("command-line"), "command-line");
    }
}
