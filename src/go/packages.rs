//! The name of a function or symbol → its package → its module. The one place for this; every report asks here.
//!
//! Authority: cmd/internal/objabi (`PathToPrefix`: how import paths are escaped), cmd/compile's and cmd/link's naming of instantiations,
//! wrappers and closures, debug/gosym (`PackageName`), all of Go 1.27.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::modinfo::ModInfo;
use super::pclntab::Table;

/// Folders at the top of the standard library up to Go 1.27, for programs that don't say their modules.
const STD: &[&str] = &[
    "archive",
    "arena",
    "bufio",
    "builtin",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "simd",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "uuid",
    "vendor",
    "weak",
];

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The standard library, the runtime included.
    Std,
    /// A copy of another module's package within the standard library (`vendor/golang.org/x/…`).
    StdVendored,
    /// The main module.
    Main,
    /// A dependency.
    Dependency,
    /// The program does not say.
    Unknown,
}

impl Origin {
    /// One word for reports: std, vendored, main, dependency, unknown.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Std => "std",
            Origin::StdVendored => "vendored",
            Origin::Main => "main",
            Origin::Dependency => "dependency",
            Origin::Unknown => "unknown",
        }
    }
}

/// The package path in a function's or symbol's name, escapes resolved; `None` where the name has none: assembly and C
/// functions, what the linker and compiler make (`go:…`, `type:…`), methods of unnamed types.
///
/// Type arguments, receivers, closures and method wrappers don't change the package.
pub fn of_name(name: &[u8]) -> Option<Cow<'_, str>> {
    // Type arguments and receivers hold other packages' paths.
    let end = name.iter().position(|b| matches!(b, b'[' | b'(' | b'{' | b' '));
    let head = name.get(..end.unwrap_or(name.len()))?;
    let slash = head.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
    let last = head.get(slash..)?;
    let dot = last.iter().position(|b| *b == b'.').filter(|d| *d > 0)?;
    let colon = last.iter().position(|b| *b == b':');
    if colon.is_some_and(|c| c < dot)
        || head.starts_with(b"type:")
        || head.starts_with(b"type..")
        || head.starts_with(b"go.") && slash == 0
    {
        return special(name);
    }
    if name.get(slash + dot + 1..).is_none_or(<[u8]>::is_empty) {
        return None;
    }
    Some(unescape(head.get(..slash + dot)?))
}

/// `type:.eq.PATH.T` and `type:.hash.PATH.T` belong to the package of the named type they are for.
fn special(name: &[u8]) -> Option<Cow<'_, str>> {
    let prefixes: [&[u8]; 4] = [b"type:.eq.", b"type:.hash.", b"type..eq.", b"type..hash."];
    let of_type = prefixes.iter().find_map(|p| name.strip_prefix(*p))?;
    let named = of_type
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let unnamed: [&[u8]; 4] = [b"struct {", b"interface {", b"func(", b"go.shape."];
    if !named || unnamed.iter().any(|p| of_type.starts_with(p)) {
        return None;
    }
    of_name(of_type)
}

/// Resolves `%xx`: dots in the last element of an import path and some other characters are written so in names.
pub fn unescape(path: &[u8]) -> Cow<'_, str> {
    match unescape_bytes(path) {
        Cow::Borrowed(b) => String::from_utf8_lossy(b),
        Cow::Owned(b) => Cow::Owned(String::from_utf8_lossy(&b).into_owned()),
    }
}

/// As [`unescape`], whatever the bytes are.
pub fn unescape_bytes(path: &[u8]) -> Cow<'_, [u8]> {
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

/// A module as a package's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Module path.
    pub path: String,
    /// Its version, empty where it is not told.
    pub version: String,
    /// The main module, or a dependency?
    pub main: bool,
}

impl Owner {
    /// `path@version`, or the path alone where there is no version.
    pub fn label(&self) -> String {
        if self.version.is_empty() {
            self.path.clone()
        } else {
            format!("{}@{}", self.path, self.version)
        }
    }
}

/// The modules of one program, and what its own table teaches about folders.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// Sorted by path.
    owners: Vec<Owner>,
    /// Import path of the package that is named `main`.
    main_path: String,
    told: bool,
    folders: FxHashMap<Vec<u8>, String>,
}

impl Packages {
    /// Modules from the build information; without it (`None`) only the standard library is told apart, by name.
    pub fn new(info: Option<&ModInfo<'_>>) -> Packages {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let mut out = Packages::default();
        let Some(info) = info else { return out };
        out.main_path = text(info.path);
        let main = info.main.iter().map(|m| (m, true));
        for (m, main) in main.chain(info.deps.iter().map(|m| (m, false))) {
            // A replaced module keeps its path in import paths, and is built from another version.
            let real = m.effective();
            let version = if real.version.is_empty() {
                m.version
            } else {
                real.version
            };
            out.owners.push(Owner {
                path: text(m.path),
                version: text(version),
                main,
            });
        }
        out.told = !out.owners.is_empty();
        out.owners.sort_by(|a, b| a.path.cmp(&b.path));
        out
    }

    /// Learns which package each source folder is of, from the functions whose names say their package, so that assembly
    /// functions, whose names don't, get one too.
    pub fn learn(mut self, table: &Table<'_>) -> Packages {
        let mut last: (&[u8], &[u8]) = (&[], &[]);
        for f in table.functions() {
            let name = f.name();
            let file = f.position(f.entry()).file;
            let Some(folder) = folder(file) else { continue };
            let stem = name.get(..name.len().min(16)).unwrap_or_default();
            if (folder, stem) == last || self.folders.contains_key(folder) {
                continue;
            }
            last = (folder, stem);
            // A wrapper or an instantiation may be written in one package and named after another; its file is not.
            if f.is_assembly() || name.contains(&b'[') || file.starts_with(b"<") {
                continue;
            }
            if let Some(package) = of_name(name) {
                self.folders.insert(folder.to_vec(), package.into_owned());
            }
        }
        self
    }

    /// The package of a function: by its name, else by the folder of its file.
    pub fn of_function<'n>(&'n self, name: &'n [u8], file: &[u8]) -> Option<Cow<'n, str>> {
        of_name(name).or_else(|| {
            let has_own_mark = [&b"type:"[..], b"go:", b"type..", b"go."]
                .iter()
                .any(|p| name.starts_with(p));
            if has_own_mark {
                return None;
            }
            let package = self.folders.get(folder(file)?)?;
            Some(Cow::Borrowed(package.as_str()))
        })
    }

    /// The module that holds a package; `None` for the standard library and where the program doesn't say.
    pub fn module(&self, package: &str) -> Option<&Owner> {
        let path = if package == "main" && !self.main_path.is_empty() {
            self.main_path.as_str()
        } else {
            // Tests' packages and plugins carry their own marks behind the path.
            package.strip_suffix("_test").unwrap_or(package)
        };
        let holds = |o: &&Owner| {
            path.strip_prefix(o.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                || o.path == package
        };
        let longest = self.owners.iter().filter(holds).max_by_key(|o| o.path.len());
        longest.or_else(|| {
            (package == "main")
                .then(|| self.owners.iter().find(|o| o.main))
                .flatten()
        })
    }

    /// Where a package comes from.
    pub fn origin(&self, package: &str) -> Origin {
        if let Some(owner) = self.module(package) {
            return if owner.main {
                Origin::Main
            } else {
                Origin::Dependency
            };
        }
        if package == "main" {
            return Origin::Main;
        }
        if package.starts_with("vendor/") {
            return Origin::StdVendored;
        }
        let first = package.split('/').next().unwrap_or_default();
        // Only the standard library has paths without a dot in front, once all modules are told.
        if STD.contains(&first) || self.told && !first.contains('.') {
            Origin::Std
        } else {
            Origin::Unknown
        }
    }

    /// All modules, sorted by path.
    pub fn owners(&self) -> &[Owner] {
        &self.owners
    }
}

fn folder(file: &[u8]) -> Option<&[u8]> {
    let slash = file.iter().rposition(|b| matches!(b, b'/' | b'\\'))?;
    file.get(..slash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::modinfo;

    #[track_caller]
    fn package(name: &str, expected: Option<&str>) {
        assert_eq!(of_name(name.as_bytes()).as_deref(), expected, "{name}");
    }

    #[test]
    fn receivers_closures_and_type_arguments_leave_the_package() {
        package("main.main", Some("main"));
        package("net/http.(*Server).Serve.func1", Some("net/http"));
        package("a.com/x/y.F[a.com/z.T,go.shape.int]", Some("a.com/x/y"));
        package("a.com/x.(*T[...]).M-fm", Some("a.com/x"));
        package("a.com/x.glob..func1", Some("a.com/x"));
        package(
            "vendor/golang.org/x/net/dns.init",
            Some("vendor/golang.org/x/net/dns"),
        );
        package("go/ast.Walk", Some("go/ast"));
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
            "type:.eq.struct { F a.com/x.T }",
            "",
            ".",
            "x.",
            "go.(*struct { sync.Mutex }).Lock",
        ] {
            package(name, None);
        }
        package("type:.eq.a.com/x.T", Some("a.com/x"));
        package("type..hash.main.T", Some("main"));
    }

    #[test]
    fn the_longest_module_path_owns_a_package() {
        let lines = b"path\ta.com/m/cmd/x\nmod\ta.com/m\tv1.0.0\t\ndep\tb.com/n\tv1.1.0\th1:\ndep\tb.com/n/v2\tv2.3.0\th1:\n=>\tc.com/fork\tv0.1.0\th1:\n";
        let p = Packages::new(Some(&modinfo::parse(lines).unwrap()));
        let label = |package: &str| p.module(package).map(Owner::label);
        assert_eq!(label("main").as_deref(), Some("a.com/m@v1.0.0"));
        assert_eq!(label("b.com/n/v2/sub").as_deref(), Some("b.com/n/v2@v0.1.0"));
        assert_eq!(label("b.com/n/v20").as_deref(), Some("b.com/n@v1.1.0"));
        assert_eq!(label("b.com/nn"), None);
        assert_eq!(p.origin("net/http"), Origin::Std);
        assert_eq!(p.origin("vendor/golang.org/x/text"), Origin::StdVendored);
        assert_eq!(p.origin("b.com/nn"), Origin::Unknown);
        assert_eq!(Packages::new(None).origin("hello/local"), Origin::Unknown);
    }
}
