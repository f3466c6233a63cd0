//! `gospect embeds`: the files that were embedded into each program, and their extraction.

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
    after_help = "Examples:\n  gospect embeds ./server\n  gospect embeds --extract out ./server\n  gospect embeds --format json --guess ./server"
)]
pub struct Args {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also strings and byte slices of 1 KiB and more that variables hold: embedded, or literals.
    #[arg(long)]
    guess: bool,
    /// Write the files of each embed.FS below DIR. Nothing is written outside of it and nothing is overwritten.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = frame::formats(["text", "json"]))]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    frame::each_to(&args.output, &args.files, |path, bytes, out| {
        let program = Program::open(bytes)?;
        let mut all = program.embeds().to_vec();
        if args.guess {
            all.extend(program.embedded_variables()?);
        }
        if args.format == Format::Json {
            report::embeds::json(out, &path.to_string_lossy(), &all)?;
        } else {
            if args.files.len() > 1 {
                writeln!(out, "{}:", escape(path.as_os_str().as_encoded_bytes())).map_err(Trouble::Output)?;
            }
            report::embeds::text(out, &all)?;
        }
        match &args.extract {
            Some(dir) => extract(path, dir, &all),
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
    for e in all {
        let Some(path) = e.path else { continue };
        // Several embed.FS may hold the same paths, so each has a folder of its own.
        let sub = match tables.len() {
            1 => None,
            _ => Some(format!("{:#x}", e.table)),
        };
        if let Err(error) = extract_one(dir, sub.as_deref(), path, e) {
            frame::complain(file, &format!("{}: {}", escape(path), frame::io_words(&error)));
            status = super::TROUBLE;
        }
    }
    Ok(status)
}

fn extract_one(dir: &Path, sub: Option<&str>, path: &[u8], e: &Embed<'_>) -> io::Result<()> {
    let refuse = |why: &str| io::Error::other(format!("not extracted: {why}"));
    let parts = safe_parts(path).ok_or_else(|| refuse("the path would leave the folder"))?;
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

#[cfg(test)]
mod tests {
    use super::safe_parts;

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
