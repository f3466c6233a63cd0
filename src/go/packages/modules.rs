//! The modules of a program: those that its build information lists, else those that its packages' paths
//! show.
//!
//! Authority: runtime/debug (`BuildInfo`) of Go 1.18 to 1.27 for the list; for paths, the hosts' own rules
//! (`go help importpath`).

use super::super::modinfo::{self, ModInfo};

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

/// A module whose packages are in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Module path.
    pub path: String,
    /// The version that was asked for, empty where it is not told.
    pub version: String,
    /// `h1:` checksum, empty where there is none.
    pub sum: String,
    /// The module whose code was built instead. The import paths stay those of this one.
    pub replace: Option<Box<Module>>,
    /// Is it the main module?
    pub main: bool,
    /// Is it inferred from the paths of packages? Then there is no version.
    pub inferred: bool,
}

impl Module {
    /// A dependency that is listed with a version.
    pub fn new(path: String, version: String) -> Module {
        Module {
            path,
            version,
            sum: String::new(),
            replace: None,
            main: false,
            inferred: false,
        }
    }

    /// As build information has it.
    pub fn listed(m: &modinfo::Module<'_>, main: bool) -> Module {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        Module {
            sum: text(m.sum),
            replace: m.replace.as_ref().map(|r| Box::new(Module::listed(r, false))),
            main,
            ..Module::new(text(m.path), text(m.version))
        }
    }

    /// The version that was built: a replacement's own, or else the one that was asked for; empty where it is
    /// not told.
    pub fn built(&self) -> &str {
        let replaced = self.replace.as_ref().map(|r| r.version.as_str());
        replaced.filter(|v| !v.is_empty()).unwrap_or(&self.version)
    }

    /// Path and version that was built, or the path alone where there is no version.
    pub fn label(&self) -> String {
        match self.built() {
            "" => self.path.clone(),
            version => format!("{}@{version}", self.path),
        }
    }
}

/// The main module and its dependencies, in the order of their paths.
pub(super) fn listed(info: &ModInfo<'_>) -> Vec<Module> {
    let main = info.main.iter().map(|m| Module::listed(m, true));
    let mut out: Vec<Module> = main
        .chain(info.deps.iter().map(|m| Module::listed(m, false)))
        .collect();
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

/// The modules that import paths name, each once, in the order of their paths.
pub(super) fn inferred<'p>(packages: impl Iterator<Item = &'p str>) -> Vec<Module> {
    let mut paths: Vec<String> = packages.filter_map(of_path).collect();
    paths.sort_unstable();
    paths.dedup();
    let module = |path| Module {
        inferred: true,
        ..Module::new(path, String::new())
    };
    paths.into_iter().map(module).collect()
}

/// Is it a folder at the top of the standard library?
pub(super) fn is_std_root(element: &str) -> bool {
    STD.contains(&element)
}

/// The module that an import path names by the habits of the hosts: three elements on code hosts, two
/// elsewhere, one more for a major version. `None` for a path without a host.
fn of_path(path: &str) -> Option<String> {
    // Debian and others build with vendored copies; the import path then still names the module.
    let path = path.rsplit("/vendor/").next().unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    let host = parts.first().filter(|h| h.contains('.'))?;
    let major = |p: &&str| {
        p.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut take = match *host {
        "github.com" | "gitlab.com" | "bitbucket.org" | "codeberg.org" | "gitee.com" | "git.sr.ht"
        | "golang.org" => 3,
        // gopkg.in/NAME.vN, or gopkg.in/USER/NAME.vN.
        "gopkg.in" if parts.get(1).is_some_and(|p| !p.contains(".v")) => 3,
        _ => 2,
    };
    if parts.get(take).is_some_and(major) {
        take += 1;
    }
    Some(parts.get(..take.min(parts.len()))?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Module, of_path};

    #[test]
    fn the_version_that_was_built_is_the_replacements_where_it_has_one() {
        let mut m = Module::new("a.com/m".into(), "v1.0.0".into());
        assert_eq!((m.built(), m.label().as_str()), ("v1.0.0", "a.com/m@v1.0.0"));
        m.replace = Some(Box::new(Module::new("b.com/m".into(), "v1.0.1".into())));
        assert_eq!((m.built(), m.label().as_str()), ("v1.0.1", "a.com/m@v1.0.1"));
        m.replace = Some(Box::new(Module::new("../m".into(), String::new())));
        assert_eq!(m.built(), "v1.0.0");
    }

    #[test]
    fn hosts_have_their_own_rules() {
        let all = [
            ("github.com/a/b/c", "github.com/a/b"),
            ("github.com/a/b/v2/c", "github.com/a/b/v2"),
            ("golang.org/x/net/http2", "golang.org/x/net"),
            ("google.golang.org/grpc/codes", "google.golang.org/grpc"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml.v3"),
            ("gopkg.in/square/go-jose.v2/json", "gopkg.in/square/go-jose.v2"),
            (
                "gopkg.in/natefinch/lumberjack.v2",
                "gopkg.in/natefinch/lumberjack.v2",
            ),
            ("k8s.io/api/core/v1", "k8s.io/api"),
            ("go.uber.org/zap/zapcore", "go.uber.org/zap"),
            ("go.etcd.io/etcd/client/v3", "go.etcd.io/etcd"),
            ("go.yaml.in/yaml/v3", "go.yaml.in/yaml/v3"),
            ("a.com/m/vendor/github.com/b/c/d", "github.com/b/c"),
        ];
        for (package, module) in all {
            assert_eq!(of_path(package).as_deref(), Some(module), "{package}");
        }
        assert_eq!(of_path("net/http"), None);
    }
}
