//! `gospect embeds`: the files that were embedded into each program, and their extraction.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::frame::{self, Format, Output, Trouble};
use crate::go::Program;
use crate::go::embeds::Embed;
use crate::report;
use crate::report::text::escape;

/// The files embedded into each program: path, size, stored hash.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect embeds ./server\n  gospect embeds --extract out ./server\n  gospect \
        embeds --format json --guess ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also strings and byte slices of 1 KiB and more that variables hold: embedded, or literals.
    #[arg(long)]
    guess: bool,
    /// Write the files of each embed.FS below DIR. Nothing is written outside of it and nothing is
    /// overwritten.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text",
        "json"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    frame::each(&args.output, &args.files, |file, bytes, out| {
        let program = Program::open_unpacked(bytes, None)?;
        let mut all = program.embeds().to_vec();
        if args.guess {
            all.extend(program.embedded_variables()?);
        }
        frame::warn(file.shown(), program.image(), &args.output);
        if args.format == Format::Json {
            report::embeds::json(out, file, &all)?;
        } else {
            if args.files.len() > 1 || file.is_member() {
                writeln!(out, "{}:", escape(file.shown().as_os_str().as_encoded_bytes()))
                    .map_err(Trouble::Output)?;
            }
            report::embeds::text(out, &all)?;
        }
        match &args.extract {
            Some(dir) => extract(file.shown(), dir, &all),
            None => Ok(super::FINE),
        }
    })
}

/// Writes all files of tables; what can't be written is said and makes the status 2.
fn extract(file: &Path, dir: &Path, all: &[Embed<'_>]) -> Result<u8, Trouble> {
    let failed = |e: io::Error| Trouble::File(format!("{}: {}", dir.display(), frame::io_words(&e)));
    fs::create_dir_all(dir).map_err(failed)?;
    let mut tables: Vec<u64> = all.iter().filter(|e| e.path.is_some()).map(|e| e.table).collect();
    tables.dedup();
    let mut status = super::FINE;
    let mut taken = HashMap::new();
    for e in all {
        let Some(path) = e.path else { continue };
        // Several embed.FS may hold the same paths, so each has a folder of its own.
        let sub = match tables.len() {
            1 => None,
            _ => Some(format!("{:#x}", e.table)),
        };
        if let Err(error) = extract_one(dir, sub.as_deref(), path, e, &mut taken) {
            frame::complain(file, &format!("{}: {}", escape(path), frame::io_words(&error)));
            status = super::TROUBLE;
        }
    }
    Ok(status)
}

/// Paths that were extracted, by what a file system that does not tell small letters from capitals makes of
/// them.
type Taken = HashMap<String, String>;

fn extract_one(
    dir: &Path,
    sub: Option<&str>,
    path: &[u8],
    e: &Embed<'_>,
    taken: &mut Taken,
) -> io::Result<()> {
    let refuse = |why: &str| io::Error::other(format!("not extracted: {why}"));
    let parts = safe_parts(path).ok_or_else(|| refuse("the path would leave the folder"))?;
    if let Some(part) = parts.iter().find(|p| !windows_takes(p)) {
        return Err(refuse(&format!(
            "{part} is a device on windows, or no name there"
        )));
    }
    if let Some(other) = collision(sub, &parts, taken) {
        return Err(refuse(&format!(
            "differs from {} by small letters and capitals only",
            escape(other.as_bytes())
        )));
    }
    let mut at = dir.to_path_buf();
    let (folders, name) = match parts.split_last() {
        Some((name, folders)) if !e.is_folder() => (folders, Some(*name)),
        _ => (&parts[..], None),
    };
    for part in sub.into_iter().chain(folders.iter().copied()) {
        at.push(part);
        match fs::create_dir(&at) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        // A link that someone put there could lead anywhere.
        if !fs::symlink_metadata(&at)?.is_dir() {
            return Err(refuse("a link or file stands where its folder should"));
        }
    }
    let Some(name) = name else { return Ok(()) };
    at.push(name);
    // create_new follows no link and overwrites nothing.
    let mut out = OpenOptions::new().write(true).create_new(true).open(&at)?;
    out.write_all(e.data)
}

/// The elements of a path that stays below its root; `None` for any other.
fn safe_parts(path: &[u8]) -> Option<Vec<&str>> {
    let path = std::str::from_utf8(path).ok()?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let good = |p: &&str| {
        !matches!(*p, "" | "." | "..") && !p.contains(['\\', ':', '\0']) && !p.contains(char::is_control)
    };
    let parts: Vec<&str> = path.split('/').collect();
    parts.iter().all(good).then_some(parts)
}

/// Can a file on windows have that name? The go command embeds no other (golang.org/x/mod/module,
/// CheckFilePath), so only crafted files have them; they are refused on every system.
fn windows_takes(part: &str) -> bool {
    let stem = part
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end_matches(' ')
        .to_ascii_uppercase();
    let numbered = |port: &str| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        matches!(number, "¹" | "²" | "³") || number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit())
    };
    let device = matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    );
    let forbidden = part.ends_with(['.', ' ']) || part.contains(['<', '>', '"', '|', '?', '*']);
    !(device || numbered("COM") || numbered("LPT") || forbidden)
}

/// Another path, or folder of one, that is the same where small letters are capitals.
fn collision(sub: Option<&str>, parts: &[&str], taken: &mut Taken) -> Option<String> {
    let mut at = sub.unwrap_or_default().to_string();
    for part in parts {
        at = format!("{at}/{part}");
        let there = taken.entry(at.to_lowercase()).or_insert_with(|| at.clone());
        if *there != at {
            return Some(there.trim_start_matches('/').to_string());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_has_no_files_for_are_refused() {
        for bad in [
            "CON",
            "nul",
            "aux.txt",
            "com1",
            "LPT9.tar.gz",
            "COM¹",
            "prn ",
            "CONIN$",
            "a.",
            "b ",
            "x?y",
        ] {
            assert!(!windows_takes(bad), "{bad}");
        }
        for good in [
            "console",
            "com10",
            "com",
            "lpt",
            "auxiliary.c",
            ".env",
            "nul-free",
            "x.nul",
        ] {
            assert!(windows_takes(good), "{good}");
        }
    }

    #[test]
    fn paths_that_only_capitals_tell_apart_collide() {
        let mut taken = Taken::new();
        assert_eq!(collision(None, &["a", "README"], &mut taken), None);
        assert_eq!(
            collision(None, &["a", "README"], &mut taken),
            None,
            "the folder's own entry, twice"
        );
        assert_eq!(
            collision(None, &["a", "readme"], &mut taken).as_deref(),
            Some("a/README")
        );
        assert_eq!(collision(None, &["A", "other"], &mut taken).as_deref(), Some("a"));
        assert_eq!(collision(Some("0x1"), &["A", "other"], &mut taken), None);
    }

    #[test]
    fn only_paths_below_the_folder_are_safe() {
        assert_eq!(safe_parts(b"a/b.txt"), Some(vec!["a", "b.txt"]));
        assert_eq!(safe_parts(b"a/"), Some(vec!["a"]));
        for bad in [
            &b"../x"[..],
            b"/etc/passwd",
            b"a//b",
            b"a/../../b",
            b"C:\\x",
            b"a\\..\\b",
            b"",
            b"a\nb",
            b"\xff",
        ] {
            assert_eq!(safe_parts(bad), None, "{bad:?}");
        }
    }
}
