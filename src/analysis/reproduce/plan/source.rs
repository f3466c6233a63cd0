//! Which module, package and version a rebuild starts from, and for which system.

use super::super::allowed;
use super::super::{Cannot, Reason};
use super::asked::Asked;
use super::{FILES, Source};
use crate::go::modinfo::Module;

impl Asked<'_> {
    /// Path of the main module, and what `go build` is given.
    pub(super) fn package(&self) -> Result<(String, String), Cannot> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let told = self
            .told
            .module
            .as_ref()
            .map(|m| m.split('@').next().unwrap_or_default().to_string());
        let recorded = self.record.main.as_ref().map(|m| text(m.path));
        let path = self
            .told
            .package
            .clone()
            .unwrap_or_else(|| text(self.record.path));
        if told.is_none() && recorded.is_none() && (path.starts_with("cmd/") || path == "cmd") {
            return Ok((String::new(), path));
        }
        let module = told.or(recorded).filter(|m| !m.is_empty());
        let Some(module) = module else {
            let inferred = self.facts.recovered_modules.first();
            let hint = inferred.map_or(String::new(), |m| format!(" (perhaps {m})"));
            let what = format!("does not name its main module{hint}: --module PATH@VERSION does");
            return Err(Cannot::new(Reason::SourceNotNamed, what));
        };
        if !allowed::plain(&module) {
            return Err(Cannot::new(
                Reason::SourceNotNamed,
                format!("names no module: {module:?}"),
            ));
        }
        let files = path == FILES;
        if files || path.is_empty() {
            // The package is where main.main is; only the build finds that out.
            return Ok((module, if files { path } else { ".".into() }));
        }
        let below = path
            .strip_prefix(module.as_str())
            .filter(|r| r.is_empty() || r.starts_with('/'));
        match below {
            Some("") => Ok((module, ".".into())),
            Some(rest) if allowed::plain(rest) && !rest.ends_with(".test") => {
                Ok((module, format!(".{rest}")))
            }
            _ => {
                let what = format!(
                    "the package {path:?} is not one of the module {module}: --package names another"
                );
                Err(Cannot::new(Reason::SourceNotNamed, what))
            }
        }
    }

    pub(super) fn source(
        &self,
        go: &str,
        module: &str,
        package: &str,
        notes: &mut Vec<String>,
    ) -> Result<Source, Cannot> {
        if module.is_empty() {
            return self.distribution(go, package);
        }
        let main = self.record.main.as_ref();
        let revision = self.record.setting("vcs.revision").map(|v| v.into_owned());
        if self.told.source {
            let modified = self.record.setting("vcs.modified").as_deref() == Some("true");
            return Ok(Source::Folder { revision, modified });
        }
        let told = self
            .told
            .module
            .as_ref()
            .and_then(|m| m.split_once('@'))
            .map(|m| m.1.to_string());
        let recorded = self.version();
        let named = |what: &str| Err(Cannot::new(Reason::SourceNotNamed, what.to_string()));
        if !module.split('/').next().is_some_and(|host| host.contains('.')) {
            return named(
                "the main module has no host in its path, so no proxy serves it: --source DIR names a \
                    checkout",
            );
        }
        // Of files on the command line, the main module is among the dependencies.
        let local = |m: &&Module<'_>| {
            m.path != module.as_bytes() && (m.effective().version.is_empty() || m.version == b"(devel)")
        };
        if let Some(m) = self.record.deps.iter().find(local) {
            let path = String::from_utf8_lossy(m.path);
            return named(&format!(
                "{path} came from a folder of the builder: --source DIR names a checkout that has it"
            ));
        }
        let version = match (told, recorded, revision) {
            (Some(v), ..) => v,
            (None, Some(v), _) => v,
            (None, None, Some(revision)) => {
                notes.push(format!(
                    "no version is recorded; the source is that of vcs.revision {revision}"
                ));
                revision
            }
            (None, None, None) => {
                return named(
                    "no version is recorded: --module PATH@VERSION names it, or --source DIR a checkout",
                );
            }
        };
        if !allowed::plain(&version) {
            return named(&format!("{version:?} is no version"));
        }
        let sum = main.filter(|m| m.path == module.as_bytes() && !m.sum.is_empty());
        let sum = sum.map(|m| String::from_utf8_lossy(m.sum).into_owned());
        let path = module.to_string();
        // A checkout has no sum; only what came through the module cache has one.
        Ok(match sum {
            Some(_) => Source::Installed { path, version, sum },
            None => Source::Module { path, version, sum },
        })
    }

    /// Go's own commands come with the toolchain.
    fn distribution(&self, go: &str, package: &str) -> Result<Source, Cannot> {
        let (os, arch) = self.target()?;
        let exe = if os == "windows" { ".exe" } else { "" };
        let name = package.strip_prefix("cmd/").unwrap_or("go");
        if !allowed::plain(name) {
            return Err(Cannot::new(
                Reason::SourceNotNamed,
                format!("names no command of Go: {package:?}"),
            ));
        }
        let member = match name {
            "go" | "gofmt" => format!("bin/{name}{exe}"),
            _ => format!("pkg/tool/{os}_{arch}/{name}{exe}"),
        };
        Ok(Source::Toolchain {
            module: format!("golang.org/toolchain@v0.0.1-{go}.{os}-{arch}"),
            member,
        })
    }

    /// GOOS and GOARCH.
    pub(super) fn target(&self) -> Result<(String, String), Cannot> {
        let told = |key: &str, seen: Option<&str>| -> Result<String, Cannot> {
            let value = self.plain(key)?.or_else(|| seen.map(str::to_string));
            value.ok_or_else(|| {
                let what = format!("does not say its {key}: --set {key}=… does");
                Cannot::new(Reason::SourceNotNamed, what)
            })
        };
        let os = told("GOOS", self.facts.os.as_deref())?;
        Ok((os, told("GOARCH", self.facts.arch.as_deref())?))
    }
}
