//! The modules of a program: those that its build information lists, else those that its packages' paths
//! show.
//!
//! Authority: runtime/debug (`BuildInfo`) of Go 1.18 to 1.27 for the list; for paths, the hosts' own rules
//! (`go help importpath`).

use super::super::modinfo::ModInfo;

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
    /// The version that was built (a replacement's own), empty where it is not told.
    pub version: String,
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
            main: false,
            inferred: false,
        }
    }

    /// `path@version`, or the path alone where there is no version.
    pub fn label(&self) -> String {
        if self.version.is_empty() {
            self.path.clone()
        } else {
            format!("{}@{}", self.path, self.version)
        }
    }
}

/// The main module and its dependencies, in the order of their paths.
pub(super) fn listed(info: &ModInfo<'_>) -> Vec<Module> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let main = info.main.iter().map(|m| (m, true));
    let all = main.chain(info.deps.iter().map(|m| (m, false)));
    let mut out: Vec<Module> = all
        .map(|(m, main)| {
            // A replaced module keeps its path in import paths, and is built from another version.
            let real = m.effective();
            let version = if real.version.is_empty() {
                m.version
            } else {
                real.version
            };
            Module {
                main,
                ..Module::new(text(m.path), text(version))
            }
        })
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
    use super::of_path;

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
