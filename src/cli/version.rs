//! `gospect version`: what `go version` says of files and folders, byte for byte.
//!
//! Authority: Go 1.27, cmd/go/internal/version. Files below a folder are read in parallel and printed in
//! order.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::frame::{self, io_words, note};
use super::goflags::{self, Wrong};
use crate::go::Program;
use crate::go::buildinfo::{self, BuildInfo};
use crate::input::members::is_image_folder;
use crate::input::{self, fault};
use crate::report::json::escaped;
use crate::report::{text, version as report};

/// Go version, modules and build settings of Go binaries, as `go version` prints them.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "Flags are Go's: -m and --m are the same, and flags end at the first file. Output, \
        messages and exit status are those of \
    `go version` of Go 1.27. Without arguments, gospect's own version.\n\nExamples:\n  gospect version \
    ./server\n  \
    gospect version -m -json ./server\n  gospect version --recover lib.a app.wasm"
)]
pub struct Args {
    /// Print module information too.
    #[arg(short)]
    m: bool,
    /// Report files below a folder that are no Go binaries.
    #[arg(short)]
    v: bool,
    /// Print JSON; only with -m.
    #[arg(long)]
    json: bool,
    /// Also read what Go can't: c-archives, wasm modules, files whose build information is not where Go
    /// looks, and what is in archives, packages and container images.
    #[arg(long)]
    recover: bool,
    /// Change to DIR before reading; must come first.
    #[arg(short = 'C', value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Files and folders.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print help.
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

const USAGE: &str = "usage: go version [-m] [-v] [-json] [file ...]\nRun 'go help version' for details.";

/// The wishes of one run.
#[derive(Debug, Clone, Copy)]
struct Wish {
    modules: bool,
    verbose: bool,
    json: bool,
    recover: bool,
    /// Names are escaped where a person reads them.
    terminal: bool,
}

/// What is to be printed for one file.
#[derive(Debug, Default)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
    found: bool,
    /// The file's map: given back when the whole window is read and the workers rest, since each return while
    /// they run interrupts all of them.
    map: Option<input::Bytes>,
}

pub(super) fn run(args: &[OsString]) -> u8 {
    let given = match goflags::parse(args, &goflags::flags::<Args>()) {
        Ok(g) => g,
        Err(Wrong::Help) => {
            note(USAGE);
            return 2;
        }
        Err(Wrong::Message(m)) => {
            note(&format!("{m}\n{USAGE}"));
            return 2;
        }
    };
    if let Some(dir) = given.value("C")
        && let Err(e) = std::env::set_current_dir(dir)
    {
        note(&format!("go: chdir {dir}: {}", io_words(&e)));
        return 1;
    }
    let from_env = goflags_from_env();
    let on = |name: &str| {
        given
            .value(name)
            .map_or_else(|| from_env.iter().any(|f| f == name), |v| v == "true")
    };
    if given.rest.is_empty() {
        let lone = ["m", "v", "json"].into_iter().find(|f| given.on(f));
        if let Some(flag) = lone {
            note(&format!(
                "go: 'go version' only accepts -{flag} flag with arguments"
            ));
            return 2;
        }
        let line = format!(
            "gospect version {} {}/{}\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        return super::frame::write_status(io::stdout().write_all(line.as_bytes()));
    }
    if on("json") && !on("m") {
        note("go: 'go version' with -json flag requires -m flag");
        return 2;
    }
    let wish = Wish {
        modules: on("m"),
        verbose: on("v"),
        json: on("json") && on("m"),
        recover: given.on("recover"),
        terminal: io::stdout().is_terminal(),
    };
    match scan(&given.rest, wish) {
        Ok(status) => status,
        Err(e) => super::frame::write_status(Err(e)),
    }
}

/// The boolean flags of `version` that GOFLAGS switches on.
fn goflags_from_env() -> Vec<String> {
    let all = std::env::var("GOFLAGS").unwrap_or_default();
    let known = goflags::flags::<Args>();
    let flag = |word: &str| {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
        let (name, value) = name.split_once('=').unwrap_or((name, "true"));
        (matches!(value, "true" | "1" | "t" | "T") && known.iter().any(|f| f.name == name))
            .then(|| name.to_string())
    };
    all.split_whitespace().filter_map(flag).collect()
}

fn scan(paths: &[OsString], wish: Wish) -> io::Result<u8> {
    let mut status = 0;
    for arg in paths {
        let path = Path::new(arg);
        match std::fs::metadata(path) {
            Err(e) => {
                say_name(
                    &mut io::stderr().lock(),
                    b"stat ",
                    path,
                    wish,
                    &format!(": {}\n", io_words(&e)),
                )?;
                status = 1;
            }
            Ok(meta) if meta.is_dir() && !(wish.recover && is_image_folder(path)) => scan_folder(path, wish)?,
            Ok(meta) => {
                let said = match wish.recover {
                    true => scan_contents(path, wish).unwrap_or_else(|| scan_file(path, &meta, true, wish)),
                    false => scan_file(path, &meta, true, wish),
                };
                print(&said)?;
                if !said.found && wish.modules {
                    status = 1;
                }
            }
        }
    }
    Ok(status)
}

fn say_name(out: &mut dyn Write, before: &[u8], path: &Path, wish: Wish, after: &str) -> io::Result<()> {
    let mut line = before.to_vec();
    line.extend(name(path, wish));
    line.extend(after.as_bytes());
    out.write_all(&line)
}

fn name(path: &Path, wish: Wish) -> Vec<u8> {
    let raw = path.as_os_str().as_encoded_bytes();
    if wish.terminal {
        text::escape(raw).into_bytes()
    } else {
        raw.to_vec()
    }
}

fn print(said: &Said) -> io::Result<()> {
    // A message that can't be said is not worth failing for; output is.
    let _ = io::stderr().lock().write_all(&said.err);
    io::stdout().lock().write_all(&said.out)
}

fn scan_folder(root: &Path, wish: Wish) -> io::Result<()> {
    // Go's WalkDir looks at the root without following it, so that a link to a folder (without a trailing
    // slash) is a link.
    let spelled = root.as_os_str().as_encoded_bytes();
    if !spelled.ends_with(b"/") && root.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink()) {
        let mut said = Said::default();
        if wish.verbose {
            said.err = [&name(root, wish)[..], b": symlink\n"].concat();
        }
        return print(&said);
    }
    // A window of files at a time keeps memory small, and what is found early is printed early.
    const WINDOW: usize = 512;
    for window in input::walk(root).entries.chunks(WINDOW) {
        let all: Vec<Said> = window.par_iter().map(|e| scan_entry(e, wish)).collect();
        // One write for what stands together; an error stands where it belongs between the lines.
        let mut out = Vec::new();
        let mut maps = Vec::with_capacity(all.len());
        for said in all {
            maps.push(said.map);
            out.extend(said.out);
            if !said.err.is_empty() {
                let err = said.err;
                print(&Said {
                    out: std::mem::take(&mut out),
                    ..Said::default()
                })?;
                print(&Said {
                    err,
                    ..Said::default()
                })?;
            }
        }
        print(&Said {
            out,
            ..Said::default()
        })?;
    }
    Ok(())
}

fn scan_entry(entry: &input::Entry, wish: Wish) -> Said {
    let meta = std::fs::metadata(&entry.path);
    if entry.symlink && !meta.as_ref().is_ok_and(Metadata::is_file) {
        let err = if wish.verbose {
            [&name(&entry.path, wish)[..], b": symlink\n"].concat()
        } else {
            Vec::new()
        };
        return Said {
            err,
            ..Said::default()
        };
    }
    match meta {
        Ok(meta) => scan_file(&entry.path, &meta, wish.verbose, wish),
        Err(e) => {
            let mut said = Said::default();
            if wish.verbose {
                said.err = [
                    &name(&entry.path, wish)[..],
                    format!(": {}\n", io_words(&e)).as_bytes(),
                ]
                .concat();
            }
            said
        }
    }
}

fn scan_file(path: &Path, meta: &Metadata, must_print: bool, wish: Wish) -> Said {
    let mut said = Said::default();
    let name = name(path, wish);
    // Go would wait for a FIFO's writer for ever.
    let unread = match input::irregular(meta) {
        Some(kind @ ("a FIFO" | "a socket")) => Some(format!("is {kind}, not a regular file")),
        Some(_) => return said,
        None => None,
    };
    let opened = match &unread {
        Some(_) => Ok(input::Bytes::from(Vec::new())),
        None => input::open_known(path, fault::guard()),
    };
    let bytes = match opened {
        Ok(b) => b,
        Err(_) => {
            // Go prints the name alone where the file can't be opened.
            if must_print {
                said.err = [&name[..], b"\n"].concat();
            }
            return said;
        }
    };
    let found = match buildinfo::read(&bytes) {
        Err(e) if wish.recover => recover(&bytes, |build| put(&mut said.out, &name, build, wish)).ok_or(e),
        Err(e) => Err(e),
        Ok(build) => {
            put(&mut said.out, &name, &build, wish);
            Ok(())
        }
    };
    match found {
        Ok(()) => said.found = true,
        Err(e) if must_print && (unread.is_some() || candidate(path, meta)) => {
            let reason = unread.unwrap_or_else(|| e.to_string());
            let middle: &[u8] = b": could not read Go build info from ";
            said.err = [&name[..], middle, &name, b": ", reason.as_bytes(), b"\n"].concat();
        }
        Err(_) => {}
    }
    said.map = Some(bytes);
    said
}

/// The Go binaries in a container; `None` for what is none.
fn scan_contents(path: &Path, wish: Wish) -> Option<Said> {
    let mut said = Said::default();
    let mut wrong = false;
    let opened = frame::in_container(path, &mut |member, found| {
        let name = name(member.shown(), wish);
        let got = found.and_then(|bytes| match buildinfo::read(bytes) {
            Ok(build) => {
                put(&mut said.out, &name, &build, wish);
                Ok(())
            }
            Err(e) => recover(bytes, |build| put(&mut said.out, &name, build, wish)).ok_or(e.to_string()),
        });
        match got {
            Ok(()) => said.found = true,
            Err(why) => {
                wrong = true;
                said.err
                    .extend([&name[..], b": ", why.as_bytes(), b"\n"].concat());
            }
        }
    });
    said.found &= !wrong;
    opened.then_some(said)
}

fn put(out: &mut Vec<u8>, name: &[u8], build: &BuildInfo<'_>, wish: Wish) {
    if wish.json {
        let mut json = Vec::new();
        // Writing to memory does not fail.
        let _ = report::json(&mut json, build);
        // Go escapes less; on a terminal what it leaves is escaped too.
        match wish.terminal {
            true => out.extend(escaped(&String::from_utf8_lossy(&json)).bytes()),
            false => out.extend(json),
        }
    } else if wish.terminal {
        let mut raw = Vec::new();
        report::text(&mut raw, name, build, wish.modules);
        out.extend(text::escape_lines(&raw));
    } else {
        report::text(out, name, build, wish.modules);
    }
}

/// What Go can't see: hands the recovered build information to `put`.
fn recover(bytes: &input::Bytes, put: impl FnOnce(&BuildInfo<'_>)) -> Option<()> {
    put(Program::open_unpacked(bytes, None).ok()?.build_info()?);
    Some(())
}

/// Does it look like a binary, so that an error is worth telling? (Go 1.27: isGoBinaryCandidate)
fn candidate(path: &Path, meta: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
            return true;
        }
    }
    #[cfg(not(unix))]
    let _ = meta;
    let name = path.as_os_str().as_encoded_bytes().to_ascii_lowercase();
    [&b".so"[..], b".exe", b".dll"].iter().any(|e| name.ends_with(e))
        || memchr::memmem::find(&name, b".so.").is_some()
}
