//! The builder's folders, as file names without `-trimpath` show them, and the rewriting that puts them in
//! place of others.
//!
//! Authority: Go 1.27, cmd/internal/objabi/line.go (`ApplyRewrites`: the first rule that fits is taken).

use crate::go::Program;
use crate::go::packages;
use crate::go::pclntab::Table;

/// Where the builder had what; empty where no file name tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders {
    /// GOROOT: before `/src/runtime/proc.go`.
    pub goroot: String,
    /// GOMODCACHE: before a dependency's `path@version`.
    pub modcache: String,
    /// The folder of the main module's go.mod.
    pub module: String,
}

/// The file of the first function of that name.
fn file_of<'t>(table: &'t Table<'_>, name: &[u8]) -> Option<&'t str> {
    let f = table.functions().find(|f| f.name() == name)?;
    std::str::from_utf8(f.position(f.entry()).file).ok()
}

fn folder(file: &str) -> &str {
    file.rfind('/')
        .map_or("", |at| file.get(..at).unwrap_or_default())
}

/// The folder of a module's go.mod, by a function of one of its packages other than main.
fn root_of(table: &Table<'_>, module: &str) -> Option<String> {
    table.functions().find_map(|f| {
        let package = packages::of_name(f.name())?;
        let below = package.strip_prefix(module)?.strip_prefix('/')?;
        let file = std::str::from_utf8(f.position(f.entry()).file).ok()?;
        let root = folder(file).strip_suffix(below)?.strip_suffix('/')?;
        Some(root.to_string())
    })
}

/// The main package's Go files, as paths below the module's folder where that shows, else as names.
pub fn files(program: &Program<'_>, module: &str) -> Vec<String> {
    let Ok(table) = program.pclntab() else {
        return Vec::new();
    };
    let root = root_of(table, module).map(|r| r + "/");
    let mut out: Vec<String> = Vec::new();
    for f in table.functions().filter(|f| f.name().starts_with(b"main.")) {
        let Ok(file) = std::str::from_utf8(f.position(f.entry()).file) else {
            continue;
        };
        let below = root.as_ref().and_then(|r| file.strip_prefix(r.as_str()));
        let name = below.unwrap_or_else(|| file.rsplit('/').next().unwrap_or_default());
        let go = name.ends_with(".go")
            && !name.starts_with(['-', '/', '<'])
            && !name.split('/').any(|e| e == "..");
        if go && !out.iter().any(|o| o == name) {
            out.push(name.to_string());
        }
    }
    out.sort();
    out
}

/// Reads them off the names of functions' files. `below` is the main package's path below its module, empty
/// for the module's own folder; where the main package has no path, `module` is that of the module. `deps`
/// are dependencies as `path@version`, escaped as the module cache has them.
pub fn read(program: &Program<'_>, below: &str, module: Option<&String>, deps: &[String]) -> Folders {
    let mut out = Folders::default();
    let Ok(table) = program.pclntab() else {
        return out;
    };
    let goroot = file_of(table, b"runtime.main").and_then(|f| f.strip_suffix("/src/runtime/proc.go"));
    out.goroot = goroot.unwrap_or_default().to_string();
    if let Some(module) = module {
        out.module = root_of(table, module).unwrap_or_default();
    } else if let Some(dir) = file_of(table, b"main.main").map(folder) {
        let root = match below {
            "" => Some(dir),
            below => dir.strip_suffix(below).and_then(|d| d.strip_suffix('/')),
        };
        out.module = root.unwrap_or_default().to_string();
    }
    // Functions of one module follow each other: few file names are looked at more than once.
    let mut last: &[u8] = b"";
    for f in table.functions() {
        let file = f.position(f.entry()).file;
        if std::mem::replace(&mut last, file) == file {
            continue;
        }
        let Ok(file) = std::str::from_utf8(file) else {
            continue;
        };
        let at = deps.iter().find_map(|d| {
            let at = file.find(d.as_str()).filter(|at| *at > 1)?;
            (file.get(at + d.len()..)?.starts_with('/')).then_some(at)
        });
        if let Some(cache) = at.and_then(|at| file.get(..at)).and_then(|c| c.strip_suffix('/')) {
            out.modcache = cache.to_string();
            break;
        }
    }
    out
}

/// A module's path or version as the module cache writes it: a capital is `!` and the small letter.
pub fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The rules for `-trimpath` of compiler and assembler that turn `ours` into `theirs`: the main module first,
/// then GOROOT, which may lie in the module cache, then that one. Folders that are not known, or the same,
/// need none.
pub fn rewrites(ours: &Folders, theirs: &Folders) -> String {
    let pairs = [
        (&ours.module, &theirs.module),
        (&ours.goroot, &theirs.goroot),
        (&ours.modcache, &theirs.modcache),
    ];
    let usable = |s: &str| !s.is_empty() && !s.contains([';', '=', '>']);
    let rules = pairs
        .iter()
        .filter(|(a, b)| usable(a) && usable(b) && a != b)
        .map(|(a, b)| format!("{a}=>{b}"));
    rules.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(goroot: &str, modcache: &str, module: &str) -> Folders {
        Folders {
            goroot: goroot.into(),
            modcache: modcache.into(),
            module: module.into(),
        }
    }

    #[test]
    fn the_module_comes_first_and_the_cache_last() {
        let ours = folders("/m/toolchain", "/m", "/tmp/src");
        let theirs = folders("/usr/lib/go", "/root/go/pkg/mod", "/app");
        assert_eq!(
            rewrites(&ours, &theirs),
            "/tmp/src=>/app;/m/toolchain=>/usr/lib/go;/m=>/root/go/pkg/mod"
        );
        assert_eq!(rewrites(&ours, &ours), "");
        assert_eq!(rewrites(&ours, &folders("", "", "a;b=>c")), "");
    }

    #[test]
    fn capitals_are_escaped() {
        assert_eq!(
            escaped("github.com/BurntSushi/toml@v1.0.0"),
            "github.com/!burnt!sushi/toml@v1.0.0"
        );
    }
}
