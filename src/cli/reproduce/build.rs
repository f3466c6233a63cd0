//! One `go build` with the link step wrapped, and what is done to the program behind it.

use std::fs;
use std::path::{Path, PathBuf};

use super::go::{Failed, Go, broken, essence};
use super::source::Fetched;
use super::step::{Orders, WORD};
use crate::analysis::reproduce::folders::{self, Folders};
use crate::analysis::reproduce::{Cannot, Plan, Reason, Source, Step, plan, words};
use crate::go::quote;

/// All that a build needs to know.
pub(super) struct Builder<'a> {
    pub go: &'a Go,
    pub plan: &'a Plan,
    pub source: &'a Fetched,
    /// A linker in place of the toolchain's.
    pub linker: Option<PathBuf>,
    pub goroot: String,
    pub steps: Vec<Step>,
    builds: usize,
}

/// A program that was built.
pub(super) struct Built {
    pub path: PathBuf,
    /// The record that the build made of itself, with its frame; empty where there is none.
    pub natural: Vec<u8>,
    /// The build ID that it would have had.
    pub natural_id: String,
}

/// `go build` with the flags of a plan; names of the rebuild's folder in place of those where it runs.
///
/// `vendor` says whether the source holds a folder of vendored modules. The go command would take these where
/// go.mod is new enough; the file's record says whether the publisher's did.
pub(super) fn command(
    plan: &Plan,
    vendor: bool,
    wrapper: &str,
    ldflags: &[String],
    out: &str,
) -> Vec<String> {
    let installs = matches!(plan.source, Source::Installed { .. });
    let mut all = vec![
        "go".to_string(),
        if installs { "install" } else { "build" }.into(),
    ];
    all.extend(plan.flags.iter().cloned());
    if vendor && !installs && !plan.workspace && plan.dependencies {
        all.push(
            if plan.vendored {
                "-mod=vendor"
            } else {
                "-mod=readonly"
            }
            .into(),
        );
    }
    if let Some(flags) = words::join(ldflags).filter(|f| !f.is_empty()) {
        all.push(format!("-ldflags={flags}"));
    }
    all.push(format!("-toolexec={wrapper}"));
    if !installs {
        all.extend(["-o".to_string(), out.to_string()]);
    }
    match &plan.source {
        Source::Installed { path, version, .. } => {
            let below = plan
                .packages
                .first()
                .and_then(|p| p.strip_prefix('.'))
                .unwrap_or_default();
            all.push(format!("{path}{below}@{version}"));
        }
        _ => all.extend(plan.packages.iter().cloned()),
    }
    all
}

/// The value of `-toolexec`.
pub(super) fn wrapper(orders: &str) -> Result<String, Cannot> {
    let own = std::env::current_exe().map_err(|e| broken(Path::new("gospect"), &e))?;
    let own = own.to_string_lossy().into_owned();
    words::join(&[own.as_str(), WORD, orders]).ok_or_else(|| {
        Cannot::new(
            Reason::BuildFailed,
            "the path of gospect holds both kinds of quotes",
        )
    })
}

impl<'a> Builder<'a> {
    /// For a plan and its source.
    pub fn new(go: &'a Go, plan: &'a Plan, source: &'a Fetched) -> Result<Builder<'a>, Cannot> {
        let ask = ["go", "env", "GOROOT"].map(str::to_string);
        let toolchain = plan.env.get(..1).unwrap_or_default();
        let goroot = go
            .run(&ask, &source.module, toolchain)
            .map_err(|e| failed(Reason::ToolchainNotServed, e))?;
        Ok(Builder {
            go,
            plan,
            source,
            linker: None,
            goroot: goroot.trim().to_string(),
            steps: Vec::new(),
            builds: 0,
        })
    }

    /// The environment beside where modules come from.
    pub fn env(&self) -> Vec<(String, String)> {
        let mut env = self.plan.env.clone();
        if let Some(w) = &self.source.workspace {
            env.push(("GOWORK".into(), w.to_string_lossy().into_owned()));
        }
        if matches!(self.plan.source, Source::Installed { .. }) {
            env.push((
                "GOPATH".into(),
                self.go.work.join("gopath").to_string_lossy().into_owned(),
            ));
        }
        if env.iter().any(|(k, v)| k == "CGO_ENABLED" && v == "1") && !env.iter().any(|(k, _)| k == "CC") {
            let rules = self.rewrites();
            let maps: Vec<String> = rules
                .split(';')
                .filter_map(|r| r.split_once("=>"))
                .map(|(a, b)| format!(" -ffile-prefix-map={a}={b}"))
                .collect();
            for (key, default) in [("CC", "gcc"), ("CXX", "g++")] {
                let own = std::env::var(key).unwrap_or_default();
                if !own.is_empty() || !maps.is_empty() {
                    let program = if own.is_empty() { default } else { &own };
                    env.push((key.into(), format!("{program}{}", maps.concat())));
                }
            }
        }
        env
    }

    fn rewrites(&self) -> String {
        let Some(theirs) = &self.plan.folders else {
            return String::new();
        };
        let text = |p: &Path| {
            let real = fs::canonicalize(p).unwrap_or_else(|_| p.to_path_buf());
            real.to_string_lossy().into_owned()
        };
        let ours = Folders {
            goroot: self.goroot.clone(),
            modcache: text(&self.go.modcache),
            module: text(&self.source.module),
        };
        folders::rewrites(&ours, theirs)
    }

    /// Makes sure that vendored modules are there, which a module's archive leaves out.
    pub fn vendor(&mut self) -> Result<(), Cannot> {
        if !self.plan.vendored || self.source.module.join("vendor").exists() {
            return Ok(());
        }
        let command = ["go", "mod", "vendor"].map(str::to_string).to_vec();
        self.go.doing("fetching what the source had vendored");
        let done = self.go.run(&command, &self.source.module, &self.env());
        done.map_err(|e| failed(Reason::SourceNotServed, e))?;
        self.step("vendor its dependencies, as the file's record says", command);
        Ok(())
    }

    fn step(&mut self, what: &str, command: Vec<String>) {
        self.steps.push(Step {
            what: what.to_string(),
            folder: "src".into(),
            command,
        });
    }

    /// Builds with these flags of the linker.
    pub fn build(&mut self, what: &str, ldflags: &[String]) -> Result<Built, Cannot> {
        self.builds += 1;
        let folder = self.go.work.join(format!("build{}", self.builds));
        fs::create_dir_all(&folder).map_err(|e| broken(&folder, &e))?;
        let text = |p: &Path| p.to_string_lossy().into_owned();
        let (orders, out, natural) = (
            folder.join("orders.json"),
            folder.join("program"),
            folder.join("record"),
        );
        let modinfo = (!self.plan.modinfo.is_empty()).then(|| quote::quote(&self.plan.modinfo));
        let content = Orders {
            modinfo: modinfo.map(|m| String::from_utf8_lossy(&m).into_owned()),
            build_id: self.plan.build_id.as_deref().and_then(at_link),
            natural: natural.clone(),
            natural_id: folder.join("id"),
            rewrites: self.rewrites(),
            goroot: self
                .plan
                .folders
                .as_ref()
                .map(|f| f.goroot.clone())
                .filter(|g| !g.is_empty()),
            linker: self.linker.clone(),
        };
        let json = serde_json::to_vec_pretty(&content).unwrap_or_default();
        fs::write(&orders, json).map_err(|e| broken(&orders, &e))?;
        let vendor = self.source.module.join("vendor").is_dir();
        let wrapper = wrapper(&text(&orders))?;
        let command = command(self.plan, vendor, &wrapper, ldflags, &text(&out));
        self.go.doing(what);
        let env = self.env();
        let done = self.go.run(&command, &self.source.module, &env);
        self.step(what, command);
        done.map_err(|e| self.explain(e))?;
        let path = match self.plan.source {
            Source::Installed { .. } => {
                let made = only_file(&self.go.work.join("gopath/bin"));
                let made =
                    made.ok_or_else(|| Cannot::new(Reason::BuildFailed, "go install made no program"))?;
                fs::rename(&made, &out).map_err(|e| broken(&made, &e))?;
                out
            }
            _ => out,
        };
        if content.build_id.is_some() {
            self.seal(&path)?;
        }
        let natural = fs::read(&natural).unwrap_or_default();
        Ok(Built {
            path,
            natural: quote::unquote(&natural).unwrap_or_default(),
            natural_id: fs::read_to_string(&content.natural_id).unwrap_or_default(),
        })
    }

    /// Puts the hash of the program's contents into its build ID, as the go command does behind a link with
    /// an ID of its own.
    fn seal(&mut self, path: &Path) -> Result<(), Cannot> {
        let mut command = ["go", "tool", "buildid", "-w"].map(str::to_string).to_vec();
        command.push(path.to_string_lossy().into_owned());
        let toolchain = self.plan.env.get(..1).unwrap_or_default();
        let done = self.go.run(&command, &self.source.module, toolchain);
        done.map_err(|e| failed(Reason::BuildFailed, e))?;
        self.step("complete the build ID", command);
        Ok(())
    }

    /// What a failed build means.
    fn explain(&self, e: Failed) -> Cannot {
        let Failed::Said(text) = e else {
            return failed(Reason::BuildFailed, e);
        };
        if text.contains(plan::REFUSED_COMPILER) {
            return Cannot::new(Reason::CgoNotAllowed, plan::NO_C);
        }
        let sum = text.contains("SECURITY ERROR") || text.contains("checksum mismatch");
        let served = [
            "404 Not Found",
            "410 Gone",
            "403 Forbidden",
            "dial tcp",
            "unrecognized import path",
        ];
        let reason = match (sum, served.iter().any(|s| text.contains(s))) {
            (true, _) => Reason::SumMismatch,
            (_, true) => Reason::SourceNotServed,
            _ => Reason::BuildFailed,
        };
        Cannot::new(reason, essence(&text))
    }
}

pub(super) fn failed(reason: Reason, e: Failed) -> Cannot {
    match e {
        Failed::Not(what) => Cannot::new(reason, what),
        Failed::Said(text) => Cannot::new(reason, essence(&text)),
    }
}

/// The ID that the linker was given: of `a/b/c/d` the last part is filled in later, and until then is the
/// first.
fn at_link(id: &str) -> Option<String> {
    let (rest, _) = id.rsplit_once('/')?;
    Some(format!("{rest}/{}", rest.split('/').next()?))
}

/// The one file below a folder.
fn only_file(folder: &Path) -> Option<PathBuf> {
    let mut all = vec![folder.to_path_buf()];
    while let Some(next) = all.pop() {
        if next.is_file() {
            return Some(next);
        }
        all.extend(fs::read_dir(next).ok()?.flatten().map(|e| e.path()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::at_link;

    #[test]
    fn the_last_part_of_an_id_comes_later() {
        assert_eq!(at_link("a/b/c/d").as_deref(), Some("a/b/c/a"));
        assert_eq!(at_link("odd"), None);
    }
}
