//! The name of a function or symbol → its package → its module. The one place for this; every report asks
//! here.
//!
//! [`of_name`] reads a name; [`super::functions`] adds what only the program itself shows: whose an assembly
//! function is. [`Packages`] knows the modules of one program.

mod modules;
mod name;

pub use modules::Module;
pub(crate) use name::path_of;
pub use name::{of_name, unescape};

use std::borrow::Cow;

use super::modinfo::ModInfo;

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

/// The modules of one program.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// Sorted by path.
    modules: Vec<Module>,
    /// Import path of the package that is named `main`.
    main_path: String,
    /// Does the build information list the modules?
    told: bool,
    /// Are names of packages changed on purpose?
    obfuscated: bool,
}

impl Packages {
    /// Modules from the build information; without it (`None`) only the standard library is told apart, by
    /// name.
    pub fn new(info: Option<&ModInfo<'_>>) -> Packages {
        let mut out = Packages::default();
        let Some(info) = info else { return out };
        out.main_path = String::from_utf8_lossy(info.path).into_owned();
        out.modules = modules::listed(info);
        out.told = !out.modules.is_empty();
        out
    }

    /// Where no modules are listed: those that the paths of `packages` show.
    pub(super) fn infer<'p>(mut self, packages: impl Iterator<Item = &'p str>, obfuscated: bool) -> Packages {
        self.obfuscated = obfuscated;
        if !self.told && !self.obfuscated {
            let unknown = packages.filter(|p| self.origin(p) == Origin::Unknown);
            self.modules = modules::inferred(unknown);
        }
        self
    }

    /// The module that holds a package; `None` for the standard library and where the program doesn't say.
    pub fn module(&self, package: &str) -> Option<&Module> {
        let path = if package == "main" && !self.main_path.is_empty() {
            self.main_path.as_str()
        } else {
            // Tests' packages and plugins carry their own marks behind the path.
            package.strip_suffix("_test").unwrap_or(package)
        };
        // Vendored copies keep the path of their module behind the folder.
        let path = match self.told {
            true => path,
            false => path.rsplit("/vendor/").next().unwrap_or(path),
        };
        let exact = self.listed(package);
        exact.or_else(|| self.holding(path)).or_else(|| {
            (package == "main")
                .then(|| self.modules.iter().find(|m| m.main))
                .flatten()
        })
    }

    /// The module of exactly this path.
    fn listed(&self, path: &str) -> Option<&Module> {
        let i = self
            .modules
            .binary_search_by(|m| m.path.as_str().cmp(path))
            .ok()?;
        self.modules.get(i)
    }

    /// The module with the longest path that an import path is, or lies below.
    fn holding(&self, mut path: &str) -> Option<&Module> {
        /// No import path has more elements.
        const DEEPEST: usize = 64;
        for _ in 0..DEEPEST {
            if let Some(m) = self.listed(path) {
                return Some(m);
            }
            path = path.get(..path.rfind('/')?)?;
        }
        None
    }

    /// How reports call where a package comes from: its module's path, `std`, `(obfuscated)`; `None` where
    /// the program doesn't say.
    pub fn module_label(&self, package: &str) -> Option<Cow<'_, str>> {
        if let Some(m) = self.module(package) {
            return Some(Cow::Borrowed(&m.path));
        }
        match self.origin(package) {
            Origin::Std | Origin::StdVendored => Some("std".into()),
            _ if self.obfuscated => Some("(obfuscated)".into()),
            _ => None,
        }
    }

    /// Where a package comes from.
    pub fn origin(&self, package: &str) -> Origin {
        if let Some(m) = self.module(package) {
            return if m.main { Origin::Main } else { Origin::Dependency };
        }
        if package == "main" {
            return Origin::Main;
        }
        if package.starts_with("vendor/") {
            return Origin::StdVendored;
        }
        let first = package.split('/').next().unwrap_or_default();
        // Only the standard library has paths without a dot in front, once all modules are told.
        if modules::is_std_root(first) || self.told && !first.contains('.') {
            Origin::Std
        } else {
            Origin::Unknown
        }
    }

    /// All modules, sorted by path.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// Does the build information list the modules? Otherwise they are inferred from the packages' paths and
    /// have no versions.
    pub fn are_listed(&self) -> bool {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::modinfo;

    #[test]
    fn the_longest_module_path_owns_a_package() {
        let lines = b"path\ta.com/m/cmd/x\nmod\ta.com/m\tv1.0.0\t\ndep\tb.com/n\tv1.1.0\th1:\ndep\tb.com/n/v2\tv2.3.0\th1:\n=>\tc.com/fork\tv0.1.0\th1:\n";
        let p = Packages::new(Some(&modinfo::parse(lines).unwrap()));
        let label = |package: &str| p.module(package).map(Module::label);
        assert_eq!(label("main").as_deref(), Some("a.com/m@v1.0.0"));
        assert_eq!(label("b.com/n/v2/sub").as_deref(), Some("b.com/n/v2@v0.1.0"));
        assert_eq!(label("b.com/n/v20").as_deref(), Some("b.com/n@v1.1.0"));
        assert_eq!(label("b.com/nn"), None);
        assert_eq!(p.origin("net/http"), Origin::Std);
        assert_eq!(p.origin("vendor/golang.org/x/text"), Origin::StdVendored);
        assert_eq!(p.origin("b.com/nn"), Origin::Unknown);
        assert_eq!(Packages::new(None).origin("hello/local"), Origin::Unknown);
    }

    #[test]
    fn without_a_list_the_paths_of_packages_show_the_modules() {
        let p = Packages::new(None).infer(
            ["net/http", "github.com/a/b/c", "github.com/a/b", "main"].into_iter(),
            false,
        );
        let paths: Vec<_> = p.modules().iter().map(Module::label).collect();
        assert_eq!(paths, ["github.com/a/b"]);
        assert_eq!(
            p.module_label("github.com/a/b/c").as_deref(),
            Some("github.com/a/b")
        );
        assert_eq!(p.module_label("net/http").as_deref(), Some("std"));
        assert_eq!(p.module_label("main"), None);
        assert!(p.modules()[0].inferred && !p.are_listed());
    }
}
