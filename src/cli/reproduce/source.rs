//! Where the source comes from → a folder of its own, that the build may write to and that no version control
//! system sees.

use std::fs;
use std::path::{Path, PathBuf};

use super::go::{Failed, Go, broken, essence};
use crate::analysis::reproduce::{Cannot, Material, Plan, Reason, Source, Step};

/// The source, ready to be built.
pub(super) struct Fetched {
    /// The folder of the main module's go.mod, or any for what is installed from the module cache.
    pub module: PathBuf,
    /// The go.work that holds it.
    pub workspace: Option<PathBuf>,
    /// What was fetched.
    pub material: Material,
    /// Where from, in words.
    pub from: &'static str,
}

/// What `go mod download -json` says.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Download {
    version: String,
    pub dir: String,
    pub sum: String,
    error: String,
}

/// The command that fetches a module.
pub(super) fn download_command(module: &str) -> Vec<String> {
    ["go", "mod", "download", "-json", module]
        .map(str::to_string)
        .to_vec()
}

/// Fetches a module through the user's proxy; its sum is held against the checksum database by the go
/// command.
pub(super) fn download(go: &Go, module: &str, env: &[(String, String)]) -> Result<Download, Cannot> {
    // A main module of its own, so that one around the folder has no say.
    let folder = go.work.join("fetch");
    fs::create_dir_all(&folder).map_err(|e| broken(&folder, &e))?;
    let file = folder.join("go.mod");
    fs::write(&file, "module gospect.invalid/fetch\n\ngo 1.16\n").map_err(|e| broken(&file, &e))?;
    go.doing(&format!("fetching {module}"));
    let said = match go.run(&download_command(module), &folder, env) {
        Ok(out) => out,
        Err(Failed::Not(what)) => return Err(Cannot::new(Reason::SourceNotServed, what)),
        Err(Failed::Said(text)) => text,
    };
    let object = said
        .get(said.find('{').unwrap_or(0)..said.rfind('}').map_or(0, |at| at + 1))
        .unwrap_or_default();
    let found: Download = serde_json::from_str(object).unwrap_or_default();
    if found.error.is_empty() && !found.dir.is_empty() {
        return Ok(found);
    }
    let what = if found.error.is_empty() {
        essence(&said)
    } else {
        essence(&found.error)
    };
    let reason = match what.contains("SECURITY ERROR") || what.contains("checksum mismatch") {
        true => Reason::SumMismatch,
        false => Reason::SourceNotServed,
    };
    Err(Cannot::new(reason, what))
}

/// Brings the source of a plan here.
pub(super) fn fetch(
    go: &Go,
    plan: &Plan,
    checkout: Option<&Path>,
    steps: &mut Vec<Step>,
) -> Result<Fetched, Cannot> {
    let target = go.work.join("src");
    let toolchain = &plan.env[..1.min(plan.env.len())];
    match (&plan.source, checkout) {
        (Source::Folder { revision, modified }, Some(from)) => {
            let from_git = revision
                .as_deref()
                .filter(|_| !modified)
                .filter(|r| holds(go, from, r));
            match from_git {
                Some(revision) => clone(go, from, revision, &target, steps)?,
                None => copy(from, &target)?,
            }
            let module = find_module(&target, &plan.module).ok_or_else(|| {
                let what = format!("no go.mod in {} names the module {}", from.display(), plan.module);
                Cannot::new(Reason::SourceNotServed, what)
            })?;
            let mut workspace = None;
            if plan.workspace {
                workspace = above(&module, &target, "go.work");
            }
            Ok(Fetched {
                module,
                workspace,
                material: material(&plan.module, revision.as_deref().unwrap_or_default(), None),
                from: "folder",
            })
        }
        (Source::Module { path, version, sum } | Source::Installed { path, version, sum }, _) => {
            let asked = format!("{path}@{version}");
            let found = download(go, &asked, toolchain)?;
            steps.push(Step {
                what: "fetch the source".into(),
                folder: "fetch".into(),
                command: download_command(&asked),
            });
            if let Some(sum) = sum.as_ref().filter(|s| **s != found.sum) {
                let what = format!("{asked}: the file names {sum}, served is {}", found.sum);
                return Err(Cannot::new(Reason::SumMismatch, what));
            }
            let material = material(path, &found.version, Some(found.sum));
            if matches!(plan.source, Source::Module { .. }) {
                copy(Path::new(&found.dir), &target)?;
            } else {
                fs::create_dir_all(&target).map_err(|e| broken(&target, &e))?;
            }
            Ok(Fetched {
                module: target,
                workspace: None,
                material,
                from: "module proxy",
            })
        }
        (Source::Toolchain { .. } | Source::Folder { .. }, _) => {
            fs::create_dir_all(&target).map_err(|e| broken(&target, &e))?;
            Ok(Fetched {
                module: target,
                workspace: None,
                material: material("cmd", &plan.go, None),
                from: "toolchain",
            })
        }
    }
}

fn material(path: &str, version: &str, sum: Option<String>) -> Material {
    Material {
        path: path.to_string(),
        version: version.to_string(),
        sum: sum.filter(|s| !s.is_empty()),
    }
}

fn git(from: &Path, rest: &[&str]) -> Vec<String> {
    let mut all = vec![
        "git".to_string(),
        "-C".into(),
        from.to_string_lossy().into_owned(),
    ];
    all.extend(["-c", "core.hooksPath=/dev/null"].map(str::to_string));
    all.extend(rest.iter().map(|s| s.to_string()));
    all
}

/// Has the checkout this commit?
fn holds(go: &Go, from: &Path, revision: &str) -> bool {
    let commit = format!("{revision}^{{commit}}");
    revision.chars().all(|c| c.is_ascii_hexdigit())
        && go
            .run(&git(from, &["cat-file", "-e", &commit]), &go.work, &[])
            .is_ok()
}

/// Takes the files of a commit, whatever the checkout holds now.
fn clone(go: &Go, from: &Path, revision: &str, target: &Path, steps: &mut Vec<Step>) -> Result<(), Cannot> {
    let to = target.to_string_lossy().into_owned();
    let from = from.to_string_lossy().into_owned();
    let mut run = |command: Vec<String>| {
        let done = go.run(&command, &go.work, &[]);
        steps.push(Step {
            what: format!("take the source at {revision}"),
            folder: ".".into(),
            command,
        });
        match done {
            Ok(_) => Ok(()),
            Err(Failed::Not(what) | Failed::Said(what)) => {
                Err(Cannot::new(Reason::SourceNotServed, essence(&what)))
            }
        }
    };
    let words = [
        "git",
        "-c",
        "core.hooksPath=/dev/null",
        "clone",
        "-q",
        "--no-checkout",
        "--shared",
        "--",
        &from,
        &to,
    ];
    run(words.map(str::to_string).to_vec())?;
    run(git(target, &["checkout", "-q", "--detach", revision]))?;
    let own = target.join(".git");
    fs::remove_dir_all(&own).map_err(|e| broken(&own, &e))
}

/// Copies a folder without what version control systems keep in it; the copy may be written to.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Cannot> {
    fs::create_dir_all(to).map_err(|e| broken(to, &e))?;
    for entry in fs::read_dir(from).map_err(|e| broken(from, &e))? {
        let entry = entry.map_err(|e| broken(from, &e))?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if matches!(
            entry.file_name().to_str(),
            Some(".git" | ".hg" | ".svn" | ".bzr" | ".fslckout")
        ) {
            continue;
        }
        // Links are followed: the copy stands on its own.
        let Ok(what) = fs::metadata(&old) else { continue };
        let linked = entry.file_type().is_ok_and(|t| t.is_symlink());
        if what.is_dir() && !linked {
            copy(&old, &new)?;
        } else if what.is_file() {
            fs::copy(&old, &new).map_err(|e| broken(&old, &e))?;
            writable(&new).map_err(|e| broken(&new, &e))?;
        }
    }
    Ok(())
}

/// Files of the module cache are read-only, and their copies with them.
fn writable(path: &Path) -> std::io::Result<()> {
    let mut rights = fs::metadata(path)?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        rights.set_mode(rights.mode() | 0o200);
    }
    #[cfg(not(unix))]
    #[allow(clippy::permissions_set_readonly_false)]
    rights.set_readonly(false);
    fs::set_permissions(path, rights)
}

/// The folder below `root` whose go.mod names the module; the highest, first by name.
fn find_module(root: &Path, module: &str) -> Option<PathBuf> {
    let mut level = vec![root.to_path_buf()];
    for _ in 0..8 {
        let names = |dir: &&PathBuf| {
            let text = fs::read_to_string(dir.join("go.mod")).unwrap_or_default();
            text.lines().any(|l| {
                let mut words = l.split_whitespace();
                words.next() == Some("module") && words.next().map(|w| w.trim_matches('"')) == Some(module)
            })
        };
        if let Some(found) = level.iter().find(names) {
            return Some(found.clone());
        }
        let below = level
            .iter()
            .filter_map(|d| fs::read_dir(d).ok())
            .flatten()
            .flatten();
        let mut next: Vec<PathBuf> = below
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()) && e.file_name() != "vendor")
            .map(|e| e.path())
            .collect();
        next.sort();
        level = next;
    }
    None
}

/// The file `name` in a folder or in one of those above it, no higher than `root`.
fn above(folder: &Path, root: &Path, name: &str) -> Option<PathBuf> {
    let up = folder.ancestors().take_while(|d| d.starts_with(root));
    up.map(|d| d.join(name)).find(|f| f.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_found_by_its_name_and_copied_without_history() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        for (file, text) in [
            ("go.work", ""),
            ("a/go.mod", "module x.y/a\n"),
            ("b/c/go.mod", "module \"x.y/c\"\n"),
            (".git/HEAD", ""),
        ] {
            let path = from.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        let to = dir.path().join("to");
        copy(&from, &to).unwrap();
        assert!(!to.join(".git").exists());
        assert_eq!(find_module(&to, "x.y/c"), Some(to.join("b/c")));
        assert_eq!(find_module(&to, "x.y"), None);
        assert_eq!(above(&to.join("b/c"), &to, "go.work"), Some(to.join("go.work")));
        assert_eq!(above(&to.join("b/c"), &to.join("b"), "go.work"), None);
    }
}
