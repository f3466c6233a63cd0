//! Symbol and type names → the package they belong to.
//!
//! Authority: cmd/internal/objabi/path.go (`PathToPrefix`: the escapes), cmd/link/internal/ld and cmd/compile for the prefixes
//! `go:`, `type:` (before Go 1.20 `go.`, `type.`).

use std::borrow::Cow;

use crate::go::packages::unescape_bytes;

/// The package of a function's or variable's name, unescaped; `None` for names without one (assembly, C, the linker's own).
///
/// `net/http.(*conn).serve.func1` → `net/http`; `gopkg.in/yaml%2ev3.Marshal` → `gopkg.in/yaml.v3`;
/// `type:.eq.net/url.URL` → `net/url`; `slices.Sort[go.shape.int]` → `slices`.
pub(super) fn package(name: &[u8]) -> Option<Cow<'_, [u8]>> {
    for prefix in [&b"type:.eq."[..], b"type:.hash.", b"type..eq.", b"type..hash."] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return of_type(rest);
        }
    }
    for prefix in [&b"go:itab."[..], b"go.itab."] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return of_type(rest);
        }
    }
    for prefix in [&b"go:"[..], b"type:", b"typerel."] {
        if name.starts_with(prefix) {
            return None;
        }
    }
    if name.starts_with(b"go.") || name.starts_with(b"type.") || name.starts_with(b"$") {
        return None;
    }
    // Type arguments hold slashes and dots of their own.
    let head = &name[..memchr::memchr(b'[', name).unwrap_or(name.len())];
    let head = &head[..memchr::memchr3(b'(', b'{', b' ', head).unwrap_or(head.len())];
    let slash = memchr::memrchr(b'/', head).map_or(0, |i| i + 1);
    let dot = memchr::memchr(b'.', &head[slash..])?;
    let path = &head[..slash + dot];
    if slash == 0 && is_c_suffix(path, &head[dot + 1..]) {
        return None;
    }
    // Go 1.27 names closures of inlined functions `_.f.func1`.
    let plausible = !path.is_empty()
        && path != b"_"
        && path.iter().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~' | b'%' | b'+')
                || *b >= 0x80
        });
    plausible.then(|| unescape_bytes(path))
}

/// Is what follows a name's first dot what C compilers put there: `completed.0`, `cmp.isra.0`, `_IO_puts.cold`?
fn is_c_suffix(name: &[u8], suffix: &[u8]) -> bool {
    let digits = |b: &[u8]| !b.is_empty() && b.iter().all(u8::is_ascii_digit);
    let mut parts = suffix.split(|b| *b == b'.');
    let first = parts.next().unwrap_or_default();
    let reserved = name.starts_with(b"_") || name.starts_with(b"x_cgo_");
    if digits(first) || reserved && matches!(first, b"cold" | b"localalias" | b"ptr" | b"hidden") {
        return true;
    }
    // C++ and Rust begin mangled names so; DW.ref.SYMBOL is the unwinder's.
    if name.starts_with(b"_Z") || name == b"DW" && first == b"ref" {
        return true;
    }
    matches!(
        first,
        b"isra" | b"part" | b"constprop" | b"cold" | b"clone" | b"llvm" | b"lto_priv"
    ) && parts.next().is_some_and(digits)
}

/// The package of the first named type in a type's string: `*[]net/url.URL` → `net/url`. `None` for a type made of predeclared ones.
pub(super) fn of_type(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let word = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~' | b'%' | b'+') || *b >= 0x80
    };
    let mut rest = text;
    while !rest.is_empty() {
        let skip = rest.iter().take_while(|b| !word(b)).count();
        rest = &rest[skip..];
        let len = rest.iter().take_while(|b| word(b)).count();
        let token = &rest[..len];
        rest = &rest[len..];
        let slash = memchr::memrchr(b'/', token).map_or(0, |i| i + 1);
        if let Some(dot) = memchr::memchr(b'.', &token[slash..]) {
            let path = &token[..slash + dot];
            // `go.shape.int`, `...string` and `noalg.…` are no packages.
            if !path.is_empty() && !matches!(path, b"go" | b"noalg" | b"type") {
                return Some(unescape_bytes(path));
            }
        }
    }
    None
}

/// Is it a package of the standard library? Its first path element has no dot, and it is none of the program's.
pub(super) fn is_std(package: &str) -> bool {
    if package == "main" || package == "command-line-arguments" || package.starts_with("main.") {
        return false;
    }
    let first = package.split('/').next().unwrap_or_default();
    !first.contains('.') && !first.starts_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<String> {
        package(name.as_bytes()).map(|p| String::from_utf8_lossy(&p).into_owned())
    }

    #[test]
    fn packages_of_functions_and_variables() {
        let all = [
            ("net/http.(*conn).serve.func1", Some("net/http")),
            ("gopkg.in/yaml%2ev3.Marshal", Some("gopkg.in/yaml.v3")),
            (
                "github.com/a/b/c.F[go.shape.*github.com/x/y.T]",
                Some("github.com/a/b/c"),
            ),
            ("type:.eq.[8]internal/cpu.option", Some("internal/cpu")),
            ("type:.eq.[2]string", None),
            ("completed.0", None),
            ("_.goready.func1", None),
            ("classify_object_over_fdes.isra.0", None),
            ("_IO_puts.cold", None),
            ("main.part", Some("main")),
            ("main.init.0", Some("main")),
            ("go:itab.*os.File,io.Writer", Some("os")),
            ("unicode..stmp_12", Some("unicode")),
            ("slices..dict.Sort[int]", Some("slices")),
            ("main.main", Some("main")),
            ("memeqbody", None),
            ("$f64.3ff0000000000000", None),
            ("go:buildid", None),
            ("_rt0_amd64_linux", None),
        ];
        for (name, want) in all {
            assert_eq!(of(name).as_deref(), want, "{name}");
        }
    }

    #[test]
    fn packages_of_types() {
        let t = |s: &str| of_type(s.as_bytes()).map(|p| String::from_utf8_lossy(&p).into_owned());
        assert_eq!(t("*[]net/url.URL").as_deref(), Some("net/url"));
        assert_eq!(
            t("func(int, ...string) (error, context.Context)").as_deref(),
            Some("context")
        );
        assert_eq!(t("map[string]interface {}"), None);
        assert_eq!(t(""), None);
    }

    #[test]
    fn the_standard_library_is_known_by_its_first_element() {
        assert!(is_std("net/http") && is_std("vendor/golang.org/x/net/idna") && is_std("runtime"));
        assert!(!is_std("main") && !is_std("github.com/a/b") && !is_std("gopkg.in/yaml.v3"));
    }
}
