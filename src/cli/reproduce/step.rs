//! gospect as the program that `go build -toolexec` runs each tool through.
//!
//! The link step is given the file's record in place of its own, which is saved first, and the file's build
//! ID; compiler and assembler are given the builder's folders. All other calls go through untouched.
//! Authority: Go 1.27, cmd/go/internal/work (exec.go: `modinfo` in the importcfg; buildid.go: the answer to
//! `-V=full` is what tools are told apart by) and cmd/link/internal/ld/ld.go (the importcfg is read).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::Hasher;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The first argument that makes gospect act as this program.
pub(in crate::cli) const WORD: &str = "toolexec-step";

/// What is done with the tools, in a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Orders {
    /// The file's record as a Go string literal; `None` for a file without one.
    pub modinfo: Option<String>,
    /// The build ID that the linker starts from; `None` leaves cmd/go's.
    pub build_id: Option<String>,
    /// Where the rebuild's own record is saved, as a Go string literal.
    pub natural: PathBuf,
    /// Where the build ID is saved that cmd/go gave the linker.
    pub natural_id: PathBuf,
    /// Rules for `-trimpath` of compiler and assembler.
    pub rewrites: String,
    /// GOROOT for the linker.
    pub goroot: Option<String>,
    /// A linker to run in place of the toolchain's.
    pub linker: Option<PathBuf>,
}

/// Acts as the wrapper where the arguments (the program's own name first) say so: the exit status.
pub(in crate::cli) fn wrapped(args: &[OsString]) -> Option<u8> {
    if args.get(1)? != WORD {
        return None;
    }
    let (orders, tool) = (args.get(2)?, args.get(3)?);
    let rest = args.get(4..).unwrap_or_default();
    Some(match run(Path::new(orders), tool, rest) {
        Ok(status) => status,
        Err(what) => {
            super::frame::note(&format!("gospect: {what}"));
            1
        }
    })
}

fn run(orders: &Path, tool: &OsStr, args: &[OsString]) -> Result<u8, String> {
    let text = fs::read_to_string(orders).map_err(|e| format!("{}: {e}", orders.display()))?;
    let orders: Orders = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let name = Path::new(tool)
        .file_stem()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    let compiles = matches!(name, "compile" | "asm");
    if args.len() == 1 && args.first().is_some_and(|a| a == "-V=full") {
        if compiles && !orders.rewrites.is_empty() {
            return version(tool, args, &orders);
        }
        return go_on(Command::new(tool).args(args));
    }
    if name == "link" {
        return link(tool, args, &orders);
    }
    let mut args = args.to_vec();
    if compiles && !orders.rewrites.is_empty() {
        let at = args.iter().position(|a| a == "-trimpath").map(|i| i + 1);
        if let Some(rules) = at.and_then(|i| args.get_mut(i)) {
            rules.push(";");
            rules.push(&orders.rewrites);
        }
    }
    go_on(Command::new(tool).args(args))
}

/// Other paths make other output, so the tool has to look like another one to the build cache.
fn version(tool: &OsStr, args: &[OsString], orders: &Orders) -> Result<u8, String> {
    let out = Command::new(tool)
        .args(args)
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    let mut hash = rustc_hash::FxHasher::default();
    hash.write(orders.rewrites.as_bytes());
    let line = format!("{} gospect-{:016x}\n", text.trim_end(), hash.finish());
    std::io::stdout()
        .lock()
        .write_all(line.as_bytes())
        .map_err(|e| e.to_string())?;
    Ok(u8::from(!out.status.success()))
}

fn link(tool: &OsStr, args: &[OsString], orders: &Orders) -> Result<u8, String> {
    let mut args = args.to_vec();
    let at = args.iter().position(|a| a == "-importcfg").map(|i| i + 1);
    let config = at
        .and_then(|i| args.get_mut(i))
        .ok_or("the linker was called without an importcfg")?;
    let place = PathBuf::from(config.clone());
    let (text, natural) = exchange(&fs::read_to_string(&place).map_err(|e| e.to_string())?, orders);
    fs::write(&orders.natural, natural).map_err(|e| e.to_string())?;
    let mut other = place.into_os_string();
    other.push(".gospect");
    fs::write(&other, text).map_err(|e| e.to_string())?;
    *config = other;
    let flag = |a: &OsString| Some(a.to_str()?.strip_prefix("-buildid=")?.to_string());
    // cmd/go's own comes first.
    let own = args.iter().find_map(flag).unwrap_or_default();
    fs::write(&orders.natural_id, own).map_err(|e| e.to_string())?;
    if let Some(id) = &orders.build_id {
        // The last one counts; behind the flags stands the archive of the main package.
        let archive = args.len().saturating_sub(1);
        args.insert(archive, format!("-buildid={id}").into());
    }
    let mut command = Command::new(orders.linker.as_ref().map_or(tool, |l| l.as_os_str()));
    if let Some(goroot) = &orders.goroot {
        command.env("GOROOT", goroot);
    }
    go_on(command.args(args))
}

/// The importcfg with the file's record in place of the rebuild's own, and that one, as it stands there;
/// empty where there is none.
fn exchange(config: &str, orders: &Orders) -> (String, String) {
    let mut natural = String::new();
    let mut text = String::with_capacity(config.len());
    for line in config.lines() {
        match line.strip_prefix("modinfo ") {
            Some(own) => natural = own.to_string(),
            None => text.extend([line, "\n"]),
        }
    }
    if let Some(theirs) = &orders.modinfo {
        text.extend(["modinfo ", theirs, "\n"]);
    }
    (text, natural)
}

/// Becomes the tool, where the system has that.
#[cfg(unix)]
fn go_on(command: &mut Command) -> Result<u8, String> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().to_string())
}

#[cfg(not(unix))]
fn go_on(command: &mut Command) -> Result<u8, String> {
    let status = command.status().map_err(|e| e.to_string())?;
    Ok(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_exchanged_and_kept() {
        let config = "# import config\npackagefile fmt=/x/fmt.a\nmodinfo \"ours\\n\"\n";
        let mut orders = Orders {
            modinfo: Some("\"theirs\"".into()),
            ..Orders::default()
        };
        let (text, natural) = exchange(config, &orders);
        assert_eq!(
            text,
            "# import config\npackagefile fmt=/x/fmt.a\nmodinfo \"theirs\"\n"
        );
        assert_eq!(natural, "\"ours\\n\"");
        orders.modinfo = None;
        assert_eq!(
            exchange(config, &orders).0,
            "# import config\npackagefile fmt=/x/fmt.a\n"
        );
        assert_eq!(exchange("", &orders).1, "");
    }

    #[test]
    fn other_arguments_are_none_of_its_business() {
        assert_eq!(wrapped(&["gospect".into(), "info".into()]), None);
        assert_eq!(wrapped(&["gospect".into()]), None);
    }
}
