//! `gospect objdump`: what `go tool objdump` prints, and what lies beyond it.
//!
//! Authority: Go 1.27, cmd/objdump. Messages and exit status are Go's.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::frame::{Color, Output, io_words, note, write_status};
use super::goflags::{self, Given, Wrong};
use crate::analysis::funcs;
use crate::analysis::goregex;
use crate::analysis::listing::Listing;
use crate::analysis::objfile::{self, Raw};
use crate::analysis::resolve::Resolver;
use crate::disasm::Style;
use crate::go::Program;
use crate::go::packages;
use crate::go::quote::quote;
use crate::image::{Format, Image};
use crate::input::{
    self, fault,
    sources::{Places, Sources},
};
use crate::report::objdump::{self as report, Options};
use crate::report::{objdump_json, text};

/// Disassembles the functions of a Go binary, as `go tool objdump` prints them.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    override_usage = "gospect objdump [-S] [-gnu] [-s REGEXP] [OPTIONS] FILE [START END]",
    after_help = "Flags are Go's: -gnu and --gnu are the same, and flags end at the file. Output, messages \
        and exit status are those of \
    `go tool objdump` of Go 1.27; where that cannot decode an instruction, or takes it for another, the \
    true one is shown, unless \
    --strict-go is given.\n\nExamples:\n  gospect objdump -s '^main\\.' ./server\n  gospect objdump -S -s \
    main.main ./server\n  \
    gospect objdump ./server 0x401000 0x401100\n  gospect objdump --recover --resolve -s main.main ./stripped"
)]
pub struct Args {
    /// Print Go source lines with the instructions.
    #[arg(short = 'S')]
    source: bool,
    /// With -S, read only source files below DIR; paths in the binary that are not absolute start there.
    #[arg(long = "source", value_name = "DIR")]
    source_dir: Option<String>,
    /// With -S, put variables of the environment into the paths of source files ($GOROOT), as Go does;
    /// -strict-go does so too.
    #[arg(long)]
    expand_env: bool,
    /// Print GNU syntax beside Go's.
    #[arg(long)]
    gnu: bool,
    /// Only functions whose name matches this regular expression (Go's syntax).
    #[arg(short, value_name = "REGEXP")]
    s: Option<String>,
    /// Print what Go prints, its mistakes included.
    #[arg(long)]
    strict_go: bool,
    /// Be right also where Go mistakes an instruction's length (VZEROUPPER) or operand, so that lines behind
    /// it differ.
    #[arg(long)]
    correct: bool,
    /// List the functions of the pclntab where the file has no symbols, and those of WebAssembly.
    #[arg(long)]
    recover: bool,
    /// Print a line wherever the chain of inlined calls changes.
    #[arg(long)]
    inline: bool,
    /// Comment what operands are: string constants, types, itabs, variables, functions, embedded files,
    /// imports.
    #[arg(long)]
    resolve: bool,
    /// Only functions of this package; PATH/... for those below it too.
    #[arg(long, value_name = "PATH")]
    package: Option<String>,
    /// Only functions whose first instruction is from this source file, named by its last elements.
    #[arg(long = "file", value_name = "NAME")]
    source_file: Option<String>,
    /// How to print: one JSON object per function with `json`.
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    format: String,
    /// When to use colour; `auto` is on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], default_value = "auto")]
    color: String,
    /// The binary; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// Only functions that overlap these addresses (hexadecimal).
    #[arg(value_name = "START END", num_args = 2)]
    range: Vec<String>,
    /// Print help.
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// Why nothing, or not all, was printed.
enum Trouble {
    /// A message of Go's, behind `objdump: `.
    Said(String),
    Output(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(e: io::Error) -> Self {
        Trouble::Output(e)
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
    if !matches!(given.rest.len(), 1 | 3) {
        return usage();
    }
    match dump(&given) {
        Ok(()) => 0,
        Err(Trouble::Said(what)) => {
            note(&format!("objdump: {what}"));
            1
        }
        Err(Trouble::Output(e)) => write_status(Err(e)).min(1),
    }
}

fn usage() -> u8 {
    note(&goflags::usage::<Args>("objdump"));
    2
}

fn dump(given: &Given) -> Result<(), Trouble> {
    let wanted = match given.value("s").filter(|s| !s.is_empty()) {
        None => None,
        Some(s) => {
            let made = goregex::compile(s);
            Some(made.map_err(|e| Trouble::Said(format!("invalid -s regexp: error parsing regexp: {e}")))?)
        }
    };
    let json = match given.value("format") {
        None | Some("text") => false,
        Some("json") => true,
        Some(other) => return Err(Trouble::Said(format!("unknown format {other:?}: text or json"))),
    };
    let name = given.rest.first().cloned().unwrap_or_default();
    let shown = name.to_string_lossy();
    let unopened = |e: &str| Trouble::Said(format!("open {shown}: {e}"));
    let bytes = open(Path::new(&name)).map_err(|e| unopened(&e))?;
    let recover = given.on("recover");
    let raw = match objfile::open(&bytes) {
        // Of an archive, only the first object is listed.
        Ok(entries) => entries.into_iter().next().map(|e| e.file),
        Err(e) if !recover => return Err(unopened(&e.what)),
        Err(_) => Image::parse(&bytes).ok().map(|image| Raw::Image(Box::new(image))),
    };
    let raw = raw.ok_or_else(|| unopened("unrecognized object file"))?;
    let image = match &raw {
        Raw::Image(image) => Some(&**image),
        Raw::Object(_) => None,
    };
    let wants_table = recover || given.on("inline") || given.on("resolve");
    let program = wants_table.then(|| Program::open(&bytes).ok()).flatten();
    let table = program.as_ref().and_then(|p| p.pclntab().ok());
    let listing = match (Listing::of(&raw), image, table) {
        (Ok(listing), ..) if !recover || listing.has_functions() => Ok(listing),
        (_, Some(image), table) if recover && image.format == Format::Wasm => Listing::of_wasm(image, table),
        (_, Some(image), Some(table)) if recover => Listing::recover(image, table),
        (other, ..) => other,
    };
    let listing = listing.map_err(|e| Trouble::Said(format!("disassemble {shown}: {}", e.what)))?;
    let (start, end) = match given.rest.get(1..3) {
        Some([start, end]) => (
            address(&start.to_string_lossy()).map_err(|e| Trouble::Said(format!("invalid start PC: {e}")))?,
            address(&end.to_string_lossy()).map_err(|e| Trouble::Said(format!("invalid end PC: {e}")))?,
        ),
        _ => (0, u64::MAX),
    };
    if let Some(dir) = given.value("source").filter(|dir| !Path::new(dir).is_dir()) {
        return Err(Trouble::Said(format!("{dir} is not a folder of sources")));
    }
    let sources = Sources::new(Places {
        below: given.value("source").map(Into::into),
        variables: given.on("expand-env") || given.on("strict-go"),
    });
    // WebAssembly has one syntax, and no addresses to follow.
    let native = listing.goarch != "wasm";
    let resolver = program
        .as_ref()
        .filter(|_| native && given.on("resolve"))
        .map(|p| Resolver::new(p, &listing));
    let options = Options {
        style: Style {
            strict_go: given.on("strict-go"),
            correct: given.on("correct"),
        },
        gnu: native && given.on("gnu"),
        sources: (given.on("S") || given.value("source").is_some()).then_some(&sources),
        inline: table.filter(|_| native && given.on("inline")),
        resolve: resolver.as_ref(),
        color: !json && colored(given)?,
    };
    let functions = listing
        .functions(start, end, |name| {
            wanted.as_ref().is_none_or(|w| w.is_match(name))
                && given.value("package").is_none_or(|p| in_package(name, p))
        })
        .filter(|f| given.value("file").is_none_or(|name| in_file(f.file, name)));
    let mut out = io::stdout();
    if json {
        objdump_json::write(&listing, functions, &options, &mut out)?;
    } else if !options.color && out.is_terminal() {
        report::write(&listing, functions, &options, &mut text::Safe(&mut out))?;
    } else {
        report::write(&listing, functions, &options, &mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn colored(given: &Given) -> Result<bool, Trouble> {
    let color = match given.value("color") {
        None | Some("auto") => Color::Auto,
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        Some(other) => {
            return Err(Trouble::Said(format!(
                "unknown colour {other:?}: auto, always or never"
            )));
        }
    };
    Ok(Output {
        color,
        ..Output::default()
    }
    .colored())
}

/// Is the function of the package, or with `/...` of one below it?
fn in_package(name: &[u8], package: &str) -> bool {
    funcs::in_package(packages::of_name(name).as_deref(), package)
}

/// Are `name`'s elements the last ones of the path?
fn in_file(path: &[u8], name: &str) -> bool {
    let rest = path.strip_suffix(name.as_bytes());
    rest.is_some_and(|rest| rest.last().is_none_or(|b| matches!(b, b'/' | b'\\')) || name.starts_with('/'))
}

fn open(path: &Path) -> Result<input::Bytes, String> {
    input::open_or_stdin(path, fault::guard()).map_err(|e| match e.kind() {
        // Go opens a folder or a device like a file and finds no object in it.
        io::ErrorKind::Other => "unrecognized object file".into(),
        _ => io_words(&e),
    })
}

/// A hexadecimal address with or without `0x`; the error in the words of Go's strconv.
fn address(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let quoted = quote(digits.as_bytes());
    let said = |what| {
        format!(
            "strconv.ParseUint: parsing {}: {what}",
            String::from_utf8_lossy(&quoted)
        )
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(said("invalid syntax"));
    }
    u64::from_str_radix(digits, 16).map_err(|_| said("value out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_files_match_whole_elements() {
        assert!(in_package(b"net/http.(*Server).Serve", "net/..."));
        assert!(!in_package(b"net/http.(*Server).Serve", "net"));
        assert!(in_package(b"net/http.Get", "net/http"));
        assert!(!in_package(b"net/http.Get", "net/ht"));
        assert!(in_file(b"/src/net/http/server.go", "http/server.go"));
        assert!(in_file(b"C:\\x\\server.go", "server.go"));
        assert!(!in_file(b"/src/net/http/server.go", "ver.go"));
        assert!(!in_file(b"", "server.go"));
    }

    #[test]
    fn addresses_are_hexadecimal_and_errors_are_gos() {
        assert_eq!(address("0x1f"), Ok(31));
        assert_eq!(address("1F"), Ok(31));
        assert_eq!(
            address("zz").unwrap_err(),
            "strconv.ParseUint: parsing \"zz\": invalid syntax"
        );
        assert_eq!(
            address("0X1").unwrap_err(),
            "strconv.ParseUint: parsing \"0X1\": invalid syntax"
        );
        assert_eq!(
            address("11111111111111111").unwrap_err(),
            "strconv.ParseUint: parsing \"11111111111111111\": value out of range"
        );
    }
}
