//! Which database is used: the embedded one, the last update, or the one that `--db` names; and `gospect vuln
//! update`.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::sources;
use crate::analysis::vuln::Database;
use crate::cli::frame::{self, io_words};
use crate::cli::{FINE, TROUBLE};

/// Fetches the newest database, or takes in another one, and keeps it for the runs to come.
///
/// Without --from the go command fetches golang.org/x/vulndb through $GOPROXY and checks it against the
/// checksum database.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect vuln update\n  gospect vuln update --from vulndb.zip\n  gospect vuln \
        update --from https://vuln.go.dev\n  gospect vuln update --from ./vulndb -o vulndb.bin"
)]
pub struct UpdateArgs {
    /// Where it is: what `--db` takes.
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// Give up on an address that takes longer than this for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = SECONDS,
        value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Write it to FILE, which `--db` takes, instead of the place where gospect looks.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Seconds that an address has for an answer.
pub(in crate::cli) const SECONDS: u64 = 60;

/// A database, part of the program or read.
pub(in crate::cli) enum Loaded {
    Embedded(&'static Database),
    Read(Box<Database>),
}

impl Deref for Loaded {
    type Target = Database;
    fn deref(&self) -> &Database {
        match self {
            Loaded::Embedded(db) => db,
            Loaded::Read(db) => db,
        }
    }
}

/// The database that `--db` names; without it the newer of the embedded one and the last update.
///
/// # Errors
/// What is wrong with it, in words.
pub(in crate::cli) fn load(place: Option<&str>, seconds: u64) -> Result<Loaded, String> {
    let Some(place) = place else {
        let embedded = Database::embedded().map_err(|e| e.to_string())?;
        let kept = kept().filter(|p| p.is_file()).map(|p| (sources::snapshot(&p), p));
        return Ok(match kept {
            Some((Ok(db), _)) if db.meta().modified > embedded.meta().modified => Loaded::Read(Box::new(db)),
            Some((Err(e), path)) => {
                frame::complain(&path, &format!("warning: {e}; the embedded database is used"));
                Loaded::Embedded(embedded)
            }
            _ => Loaded::Embedded(embedded),
        });
    };
    if place == "embedded" {
        return Database::embedded()
            .map(Loaded::Embedded)
            .map_err(|e| e.to_string());
    }
    sources::read(place, seconds).map(|db| Loaded::Read(Box::new(db)))
}

/// Makes the last update the database that the gate's rules go by, where it is newer than the embedded one.
pub(in crate::cli) fn install() {
    if let Ok(Loaded::Read(db)) = load(None, SECONDS) {
        db.install();
    }
}

/// As [`load`]; what is wrong is told, and the exit status given.
///
/// # Errors
/// The exit status.
pub(in crate::cli) fn load_or_complain(place: Option<&str>, seconds: u64) -> Result<Loaded, u8> {
    load(place, seconds).map_err(|e| {
        frame::complain(Path::new(place.unwrap_or("the database")), &e);
        TROUBLE
    })
}

/// The module that is the database.
const MODULE: &str = "golang.org/x/vulndb";

/// Where an update is kept.
fn kept() -> Option<PathBuf> {
    cache().map(|d| d.join("vulndb.bin"))
}

/// The folder for what can be had again.
pub(super) fn cache() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let dir = set("XDG_CACHE_HOME").filter(|p| p.is_absolute());
    let dir = dir.or_else(|| set("LOCALAPPDATA").filter(|_| cfg!(windows)));
    let dir = dir.or_else(|| {
        let home = set("HOME").or_else(|| set("USERPROFILE"))?;
        Some(home.join(if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        }))
    });
    dir.map(|d| d.join("gospect"))
}

pub(super) fn update(args: &UpdateArgs) -> u8 {
    match try_update(args) {
        Ok(said) => {
            frame::note(&format!("gospect: {said}"));
            FINE
        }
        Err(e) => {
            frame::complain(Path::new(args.from.as_deref().unwrap_or(MODULE)), &e);
            TROUBLE
        }
    }
}

/// Has the go command fetch the newest version, and gives the folder it is in. Proxies, `off` and `direct`
/// are the go command's.
fn fetch() -> Result<String, String> {
    let folder = std::env::temp_dir();
    let out = std::process::Command::new("go")
        .args(["mod", "download", "-json", &format!("{MODULE}@latest")])
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off")
        .current_dir(folder)
        .output()
        .map_err(|e| {
            format!(
                "the go command, which fetches it, can't be run ({}); name a place with --from",
                io_words(&e)
            )
        })?;
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
    if let Some(dir) = json["Dir"].as_str().filter(|_| out.status.success()) {
        return Ok(dir.to_string());
    }
    let said = json["Error"].as_str().map_or_else(
        || String::from_utf8_lossy(&out.stderr).into_owned(),
        str::to_string,
    );
    let line = said.lines().rfind(|l| !l.is_empty()).unwrap_or("no reason given");
    Err(format!("could not be fetched by the go command: {}", line.trim()))
}

fn try_update(args: &UpdateArgs) -> Result<String, String> {
    let fetched;
    let from = match &args.from {
        Some(place) => place,
        None => {
            fetched = fetch()?;
            &fetched
        }
    };
    let db = sources::read(from, args.timeout)?;
    let path = match &args.output {
        Some(p) => p.clone(),
        None => kept().ok_or("there is no folder for caches: set XDG_CACHE_HOME, or give --output")?,
    };
    let said = |e: std::io::Error| format!("{}: {}", path.display(), io_words(&e));
    if args.output.is_none()
        && let Some(dir) = path.parent()
    {
        std::fs::create_dir_all(dir).map_err(said)?;
    }
    let bytes = db.encode(22).map_err(said)?;
    let output = frame::Output {
        output: Some(path.clone()),
        ..frame::Output::default()
    };
    let mut sink = output.open().map_err(said)?;
    std::io::Write::write_all(&mut sink, &bytes)
        .and_then(|()| sink.finish())
        .map_err(said)?;
    let meta = db.meta();
    let day = meta.modified.get(..10).unwrap_or("an unknown day");
    Ok(format!(
        "{}: {} entries of {day} ({} bytes)",
        path.display(),
        db.len(),
        bytes.len()
    ))
}
