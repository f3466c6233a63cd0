//! The name of a function, variable or type → the import path of its package.
//!
//! Authority: cmd/internal/objabi (`PathToPrefix`: how import paths are escaped), cmd/compile's and
//! cmd/link's naming of instantiations, wrappers, closures and type algorithms, debug/gosym (`PackageName`),
//! all of Go 1.27; before Go 1.20 the linker's own prefixes end with a dot.

use std::borrow::Cow;

/// The package path in a function's or symbol's name, escapes resolved; `None` where the name has none:
/// assembly and C functions, what the linker and compiler make (`go:…`, `type:…`), methods of unnamed types.
///
/// Type arguments, receivers, closures and method wrappers don't change the package. What compares or hashes
/// values of a type, and the itabs of a type, belong to the package of the first named type in it.
pub fn of_name(name: &[u8]) -> Option<Cow<'_, str>> {
    path_of(name).map(unescape)
}

/// As [`of_name`], escapes as they stand in the name.
pub(crate) fn path_of(name: &[u8]) -> Option<&[u8]> {
    // Nearly every name starts with neither.
    if matches!(name.first(), Some(b't' | b'g' | b'$')) {
        for prefix in [
            &b"type:.eq."[..],
            b"type:.hash.",
            b"type..eq.",
            b"type..hash.",
            b"go:itab.",
            b"go.itab.",
        ] {
            if let Some(text) = name.strip_prefix(prefix) {
                return of_type(text);
            }
        }
        if [&b"go:"[..], b"type:", b"type.", b"typerel.", b"$"]
            .iter()
            .any(|p| name.starts_with(p))
        {
            return None;
        }
    }
    // Type arguments and receivers hold other packages' paths.
    let end = name.iter().position(|b| matches!(b, b'[' | b'(' | b'{' | b' '));
    let head = name.get(..end.unwrap_or(name.len()))?;
    let (path, rest) = cut(head)?;
    let slashed = path.contains(&b'/');
    // Before Go 1.20 the linker's own names start with `go.`; hosts that do have a slash behind them.
    if path.is_empty() || !slashed && (path == b"go" || path == b"_" || is_c_suffix(path, rest)) {
        return None;
    }
    let empty = rest.is_empty() && head.len() == name.len();
    (!empty && path.iter().all(is_path_byte)).then_some(path)
}

/// What stands before and behind the dot that ends the path. Dots in a path's last element are escaped, so it
/// is the first one in it; of a promoted method of another package (`a.com/x.T.net/url.m`) the path ends in
/// an earlier element, at the dot before a type's name.
fn cut(head: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = memchr::memrchr(b'/', head).map_or(0, |i| i + 1);
    let mut from = 0;
    while let Some(len) = head.get(from..slash).and_then(|h| memchr::memchr(b'/', h)) {
        let element = head.get(from..from + len)?;
        let mut dots = memchr::memchr_iter(b'.', element);
        if let (Some(first), Some(second)) = (dots.next(), dots.next())
            && first > 0
            && second > first + 1
            && element.get(first + 1).is_some_and(u8::is_ascii_uppercase)
        {
            return Some((head.get(..from + first)?, head.get(from + first + 1..)?));
        }
        from += len + 1;
    }
    let dot = slash + memchr::memchr(b'.', head.get(slash..)?)?;
    Some((head.get(..dot)?, head.get(dot + 1..)?))
}

fn is_path_byte(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'~' | b'%' | b'+') || *b >= 0x80
}

/// Is what follows a name's first dot what C compilers put there: `completed.0`, `cmp.isra.0`,
/// `_IO_puts.cold`?
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

/// The package of the first named type in a type's text: `*[]net/url.URL` → `net/url`. `None` for a type made
/// of predeclared ones.
fn of_type(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while !rest.is_empty() {
        let skip = rest.iter().take_while(|b| !is_path_byte(b)).count();
        rest = rest.get(skip..)?;
        let len = rest.iter().take_while(|b| is_path_byte(b)).count();
        let (token, tail) = rest.split_at_checked(len)?;
        rest = tail;
        // `go.shape.int`, `...string` and `noalg.…` are no packages.
        if let Some((path, _)) = cut(token)
            && !path.is_empty()
            && !matches!(path, b"go" | b"noalg" | b"type")
        {
            return Some(path);
        }
    }
    None
}

/// Resolves `%xx`: dots in the last element of an import path and some other characters are written so in
/// names.
pub fn unescape(path: &[u8]) -> Cow<'_, str> {
    match unescape_bytes(path) {
        Cow::Borrowed(b) => String::from_utf8_lossy(b),
        Cow::Owned(b) => Cow::Owned(String::from_utf8_lossy(&b).into_owned()),
    }
}

/// As [`unescape`], whatever the bytes are.
fn unescape_bytes(path: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', path).is_none() {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&b, tail)) = rest.split_first() {
        let hex = |i: usize| tail.get(i).and_then(|d| (*d as char).to_digit(16));
        match (b, hex(0), hex(1)) {
            (b'%', Some(h), Some(l)) => {
                out.push((h * 16 + l) as u8);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(b);
                rest = tail;
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn package(name: &str, expected: Option<&str>) {
        assert_eq!(of_name(name.as_bytes()).as_deref(), expected, "{name}");
    }

    #[test]
    fn receivers_closures_and_type_arguments_leave_the_package() {
        package("main.main", Some("main"));
        package("main.init.0", Some("main"));
        package("main.part", Some("main"));
        package("net/http.(*Server).Serve.func1", Some("net/http"));
        package("a.com/x/y.F[a.com/z.T,go.shape.int]", Some("a.com/x/y"));
        package("a.com/x.(*T[...]).M-fm", Some("a.com/x"));
        package("a.com/x.glob..func1", Some("a.com/x"));
        package(
            "vendor/golang.org/x/net/dns.init",
            Some("vendor/golang.org/x/net/dns"),
        );
        package("go/ast.Walk", Some("go/ast"));
        package("unicode..stmp_12", Some("unicode"));
        package("slices..dict.Sort[int]", Some("slices"));
    }

    #[test]
    fn hosts_that_start_as_the_linkers_own_names_do() {
        package("go.uber.org/zap.New", Some("go.uber.org/zap"));
        package("go.yaml.in/yaml/v3.(*parser).parse", Some("go.yaml.in/yaml/v3"));
        package("go.etcd.io/bbolt.Open.func1", Some("go.etcd.io/bbolt"));
        package("go.func.*", None);
        package("go.string.\"http://a.b/c.d\"", None);
        package("go.importpath.net/http.", None);
        package("go.(*struct { sync.Mutex }).Lock", None);
    }

    #[test]
    fn a_promoted_method_of_another_package_stays_with_its_type() {
        package(
            "golang.org/x/net/websocket.Addr.net/url.setPath",
            Some("golang.org/x/net/websocket"),
        );
        package("main.T.net/url.setPath", Some("main"));
        package("a.com/b.c/d.F", Some("a.com/b.c/d"));
    }

    #[test]
    fn escapes_are_resolved() {
        package("gopkg.in/yaml%2ev3.Unmarshal", Some("gopkg.in/yaml.v3"));
        package("a.com/x%zz.F", Some("a.com/x%zz"));
        package("a.com/x%2.F", Some("a.com/x%2"));
    }

    #[test]
    fn what_no_package_wrote_has_none() {
        for name in [
            "memeqbody",
            "_rt0_amd64_linux",
            "go:buildid",
            "type:.eq.[2]string",
            "",
            ".",
            "x.",
            "completed.0",
            "_.goready.func1",
            "classify_object_over_fdes.isra.0",
            "_IO_puts.cold",
            "$f64.3ff0000000000000",
            "type:*net/http.Client",
        ] {
            package(name, None);
        }
    }

    #[test]
    fn what_serves_a_type_is_of_its_package() {
        package("type:.eq.a.com/x.T", Some("a.com/x"));
        package("type..hash.main.T", Some("main"));
        package("type:.eq.[8]internal/cpu.option", Some("internal/cpu"));
        package("type:.eq.struct { F a.com/x.T }", Some("a.com/x"));
        package("go:itab.*os.File,io.Writer", Some("os"));
    }

    #[test]
    fn packages_of_types() {
        let t = |s: &str| of_type(s.as_bytes()).map(|p| String::from_utf8_lossy(p).into_owned());
        assert_eq!(t("*[]net/url.URL").as_deref(), Some("net/url"));
        assert_eq!(
            t("func(int, ...string) (error, context.Context)").as_deref(),
            Some("context")
        );
        assert_eq!(t("map[string]interface {}"), None);
        assert_eq!(t(""), None);
    }
}
