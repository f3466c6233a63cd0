//! `gospect nm`: what `go tool nm` prints, byte for byte, and what lies beyond it.
//!
//! Authority: Go 1.27, cmd/nm. Messages and exit status are Go's.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::frame::{io_words, note, write_status};
use super::goflags::{self, Given, Wrong};
use crate::analysis::goregex;
use crate::analysis::nm::{self, Order};
use crate::analysis::objfile::{self, Entry, Raw};
use crate::analysis::recover;
use crate::analysis::symbols::GoSymbol;
use crate::go::Program;
use crate::go::packages;
use crate::go::quote::quote;
use crate::image::Image;
use crate::input::{self, fault};
use crate::report::nm::{self as report, Columns};

/// Lists symbols, as `go tool nm` prints them.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    override_usage = "gospect nm [-n] [-size] [-sort ORDER] [-type] [OPTIONS] FILE...",
    after_help = "Flags are Go's: -size and --size are the same, and flags end at the first file. Output, \
        messages and exit status are \
    those of `go tool nm` of Go 1.27, rows with equal keys included.\n\nExamples:\n  gospect nm -size -sort \
    size ./server\n  \
    gospect nm -n -match '^main\\.' ./server ./lib.a\n  \
    gospect nm -recover -size -package main ./stripped"
)]
pub struct Args {
    /// Sort by address: -sort address.
    #[arg(short)]
    n: bool,
    /// Print sizes in bytes between address and type.
    #[arg(long)]
    size: bool,
    /// Sort by this; size puts the greatest first.
    #[arg(long, value_name = "ORDER", value_parser = ["address", "name", "none", "size"])]
    sort: Option<String>,
    /// Print the symbol's type behind its name; no format of Go's has one, so nothing changes.
    #[arg(long = "type")]
    kind: bool,
    /// Where no symbol names code, list the functions of Go's own table, which stripping leaves; also opens
    /// fat Mach-O files, c-archives and wasm.
    #[arg(long)]
    recover: bool,
    /// Only symbols of this package; PATH/... for those below it too.
    #[arg(long, value_name = "PATH")]
    package: Option<String>,
    /// Only symbols whose name matches this regular expression (Go's syntax).
    #[arg(long, value_name = "REGEXP")]
    r#match: Option<String>,
    /// Show C++ and Rust names of the C part as their programmers wrote them.
    #[arg(long)]
    demangle: bool,
    /// Binaries, object files and Go package archives.
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Print help.
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// The wishes of one run.
struct Wish {
    order: Order,
    size: bool,
    several: bool,
    terminal: bool,
    demangle: bool,
    recover: bool,
    matching: Option<regex::bytes::Regex>,
    package: Option<String>,
}

impl Wish {
    fn wants(&self, name: &[u8]) -> bool {
        self.matching.as_ref().is_none_or(|m| m.is_match(name))
            && self.package.as_ref().is_none_or(|p| is_in(name, p))
    }
}

/// Is the name one of a package (`PATH`), or of one at or below a path (`PATH/...`)?
fn is_in(name: &[u8], wanted: &str) -> bool {
    let Some(package) = packages::of_name(name) else {
        return false;
    };
    match wanted.strip_suffix("/...") {
        None => package == wanted,
        Some(root) => package
            .strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

pub(super) fn run(args: &[OsString]) -> u8 {
    let given = match goflags::parse(args, &goflags::flags::<Args>()) {
        Ok(g) => g,
        Err(Wrong::Help) => return usage(),
        Err(Wrong::Message(m)) => {
            note(&m);
            return usage();
        }
    };
    let wish = match wishes(&given) {
        Ok(w) => w,
        Err(what) => {
            note(&format!("nm: {what}"));
            return 2;
        }
    };
    if given.rest.is_empty() {
        return usage();
    }
    let mut status = 0;
    let mut out = io::stdout().lock();
    for file in &given.rest {
        match list(file, &wish, &mut out) {
            Ok(true) => {}
            Ok(false) => status = 1,
            Err(e) => return status.max(write_status(Err(e)).min(1)),
        }
    }
    status.max(write_status(out.flush()).min(1))
}

fn usage() -> u8 {
    note(&goflags::usage::<Args>("nm"));
    2
}

fn wishes(given: &Given) -> Result<Wish, String> {
    let mut order = Order::default();
    let mut unknown = None;
    for (flag, value) in &given.flags {
        // The last of the two counts, and -n=false is nothing.
        let word = match flag.as_str() {
            "n" if value == "true" => "address",
            "sort" => value,
            _ => continue,
        };
        unknown = Order::from_word(word).is_none().then_some(word);
        order = Order::from_word(word).unwrap_or(order);
    }
    if let Some(word) = unknown {
        let word = String::from_utf8_lossy(&quote(word.as_bytes())).into_owned();
        return Err(format!("unknown sort order {word}"));
    }
    let matching = given.value("match").map(goregex::compile).transpose();
    let matching = matching.map_err(|e| format!("invalid -match regexp: error parsing regexp: {e}"))?;
    Ok(Wish {
        order,
        size: given.on("size"),
        several: given.rest.len() > 1,
        terminal: io::stdout().is_terminal(),
        demangle: given.on("demangle"),
        recover: given.on("recover"),
        matching,
        package: given.value("package").map(Into::into),
    })
}

/// Lists one file. Gives whether all was well.
fn list(file: &OsStr, wish: &Wish, out: &mut dyn Write) -> io::Result<bool> {
    let shown = file.to_string_lossy();
    let bytes = match open(Path::new(file)) {
        Ok(b) => b,
        Err(what) => {
            note(&format!("open {shown}: {what}"));
            return Ok(false);
        }
    };
    let entries = match objfile::open(&bytes) {
        Ok(e) => e,
        Err(e) => match Image::parse(&bytes).ok().filter(|_| wish.recover) {
            Some(image) => vec![Entry {
                name: b"",
                file: Raw::Image(Box::new(image)),
            }],
            None => {
                note(&format!("open {shown}: {e}"));
                return Ok(false);
            }
        },
    };
    let (mut fine, mut found) = (true, false);
    let several = entries.len() > 1;
    for entry in entries {
        let columns = Columns {
            prefix: prefix(file, &entry, several, wish.several),
            size: wish.size,
            demangle: wish.demangle,
            terminal: wish.terminal,
        };
        match entry.file.in_file_order() {
            Ok(symbols) if !wish.recover || recover::names_code(&symbols) => {
                found |= !symbols.is_empty();
                print(&symbols, wish, &columns, out)?;
            }
            Err(e) if !wish.recover => {
                note(&format!("reading {shown}: {}", e.what));
                fine = false;
            }
            _ => {
                let Raw::Image(image) = entry.file else { continue };
                let program = Program::new(&bytes, *image);
                let symbols = recover::symbols(&program);
                found |= !symbols.is_empty();
                print(&symbols, wish, &columns, out)?;
            }
        }
    }
    if !found {
        note(&format!("reading {shown}: no symbols"));
    }
    Ok(fine && found)
}

fn print(symbols: &[GoSymbol<'_>], wish: &Wish, columns: &Columns, out: &mut dyn Write) -> io::Result<()> {
    let rows = nm::ordered(symbols, wish.order);
    let rows = rows
        .iter()
        .filter_map(|i| symbols.get(*i as usize))
        .filter(|s| wish.wants(s.name));
    report::write(rows, columns, out)
}

/// What stands in front of each line of an entry.
fn prefix(file: &OsStr, entry: &Entry<'_>, is_archive: bool, several: bool) -> Vec<u8> {
    let file = file.as_encoded_bytes();
    match (is_archive, entry.name, several) {
        (true, b"", _) => [file, b"(_go_.o):\t"].concat(),
        (true, name, _) => [file, b"(", name, b"):\t"].concat(),
        (false, _, true) => [file, b":\t"].concat(),
        (false, _, false) => Vec::new(),
    }
}

fn open(path: &Path) -> Result<input::Bytes, String> {
    input::open_mapped(path, fault::guard()).map_err(|e| match e.kind() {
        // Go opens a folder or a device like a file and finds no object in it.
        io::ErrorKind::Other => "unrecognized object file".into(),
        _ => io_words(&e),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(args: &[&str]) -> Result<Order, String> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        wishes(&goflags::parse(&args, &goflags::flags::<Args>()).unwrap()).map(|w| w.order)
    }

    #[test]
    fn packages_are_told_from_names() {
        let within = |name: &str, wanted| is_in(name.as_bytes(), wanted);
        assert!(within("main.main", "main"));
        assert!(within("net/http.(*Server).Serve", "net/http"));
        assert!(!within("net/http/internal.F", "net/http"));
        assert!(within("net/http/internal.F", "net/http/..."));
        assert!(within("net/http.F", "net/http/..."));
        assert!(!within("net/httputil.F", "net/http/..."));
        assert!(!within("type:*int", "main"));
    }

    #[test]
    fn the_last_order_given_counts() {
        assert_eq!(order(&[]), Ok(Order::Name));
        assert_eq!(order(&["-n"]), Ok(Order::Address));
        assert_eq!(order(&["-n", "-sort", "size"]), Ok(Order::Size));
        assert_eq!(order(&["-sort=size", "-n", "-n=false"]), Ok(Order::Address));
        assert_eq!(order(&["-sort", "bogus", "-n"]), Ok(Order::Address));
        assert_eq!(
            order(&["-sort", "bo\"gus"]),
            Err("unknown sort order \"bo\\\"gus\"".into())
        );
    }
}
