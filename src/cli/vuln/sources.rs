//! A folder or a zip file → a [`Database`]. What is in it decides how it is read:
//!
//! - `data/osv/*.json`: the module golang.org/x/vulndb, as a folder or as the module proxy's zip file;
//! - `index/db.json`, `ID/*.json`: the v1 layout of vuln.go.dev, as a folder or as its vulndb.zip;
//! - `*.json`: a folder of OSV entries.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::analysis::vuln::Database;
use crate::analysis::vuln::db::Meta;
use crate::analysis::vuln::osv::{self, Entry};
use crate::cli::frame::io_words;
use crate::input;

/// Bytes of all entries together; the Go database of 2026 has 9 MB.
const LIMIT: u64 = 1 << 30;
/// Bytes of one entry.
pub(super) const ENTRY_LIMIT: u64 = 16 << 20;

/// Reads a database; an address has so many seconds for each answer.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(place: &str, seconds: u64) -> Result<Database, String> {
    if place.starts_with("http://") || place.starts_with("https://") {
        return address(place, seconds);
    }
    let path = Path::new(place);
    let path = place.strip_prefix("file://").map_or(path, Path::new);
    let meta = std::fs::metadata(path).map_err(|e| io_words(&e))?;
    if meta.is_dir() {
        return folder(path);
    }
    let bytes = input::open(path).map_err(|e| io_words(&e))?;
    if bytes.starts_with(b"PK") {
        return zip(path, &bytes);
    }
    Database::decode(&bytes)
        .map_err(|_| "is neither a folder, a zip file, nor a file of `gospect vuln update -o`".into())
}

#[cfg(feature = "net")]
fn address(url: &str, seconds: u64) -> Result<Database, String> {
    super::net::read(url, seconds)
}

#[cfg(not(feature = "net"))]
fn address(_: &str, _: u64) -> Result<Database, String> {
    Err(
        "this gospect was built without the feature `net`: fetch vulndb.zip and name the file, or run \
        `gospect vuln update`"
            .into(),
    )
}

/// Reads a file that `update` wrote.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn snapshot(path: &Path) -> Result<Database, String> {
    let bytes = input::open(path).map_err(|e| io_words(&e))?;
    Database::decode(&bytes).map_err(|e| e.to_string())
}

/// What comes in, file by file.
#[derive(Default)]
pub(super) struct Gathered {
    entries: Vec<Entry>,
    /// The latest that an entry names.
    modified: String,
    /// What index/db.json says.
    told: String,
    bytes: u64,
}

#[derive(serde::Deserialize)]
struct DbIndex {
    modified: String,
}

/// What index/db.json says of the day.
///
/// # Errors
/// Where it is none.
pub(super) fn index_modified(json: &[u8]) -> Result<String, String> {
    let index: DbIndex = serde_json::from_slice(json).map_err(|e| format!("index/db.json: {e}"))?;
    Ok(index.modified)
}

impl Gathered {
    /// Takes in an entry, or the index of the v1 layout.
    ///
    /// # Errors
    /// What is no entry.
    pub(super) fn add(&mut self, name: &str, json: &[u8]) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(json.len() as u64);
        if self.bytes > LIMIT {
            return Err(format!("has more than {LIMIT} bytes of entries"));
        }
        if name == "index/db.json" {
            self.told = index_modified(json)?;
            return Ok(());
        }
        let (entry, modified) = osv::parse(json).map_err(|e| format!("{name}: {e}"))?;
        if modified > self.modified {
            self.modified = modified;
        }
        self.entries.push(entry);
        Ok(())
    }

    /// # Errors
    /// Where nothing was taken in: a database that says nothing must not look like one that finds nothing.
    pub(super) fn finish(self, source: String, version: Option<&str>) -> Result<Database, String> {
        if self.entries.is_empty() {
            return Err("holds no vulnerability database: no OSV entry (*.json) in it".into());
        }
        let stamp = version
            .and_then(stamp)
            .or(Some(self.told).filter(|t| !t.is_empty()));
        let meta = Meta {
            source,
            modified: stamp.unwrap_or(self.modified),
        };
        Database::from_entries(meta, self.entries).map_err(|e| e.to_string())
    }
}

/// `v0.0.0-20261105234957-e22db6528018` → `2026-11-05T23:49:57Z`.
fn stamp(version: &str) -> Option<String> {
    let t = version.split('-').nth(1)?;
    let cut = |from: usize, to: usize| t.get(from..to).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let (y, mo, d) = (cut(0, 4)?, cut(4, 6)?, cut(6, 8)?);
    let (h, mi, s) = (cut(8, 10)?, cut(10, 12)?, cut(12, 14)?);
    (t.len() == 14).then(|| format!("{y}-{mo}-{d}T{h}:{mi}:{s}Z"))
}

/// Is this the name of a file that matters, below the root of one of the layouts?
fn wanted(name: &str) -> bool {
    let json = name.strip_suffix(".json").is_some();
    let in_root = name
        .strip_prefix("data/osv/")
        .or_else(|| name.strip_prefix("ID/"))
        .unwrap_or(name);
    name == "index/db.json" || json && !in_root.contains('/')
}

/// A folder of entries, in one of the layouts.
struct Folder {
    root: PathBuf,
    index: PathBuf,
    /// Of a folder in Go's module cache, whose files never change: the version.
    version: Option<String>,
}

impl Folder {
    fn open(path: &Path) -> Folder {
        let roots = [path.join("data").join("osv"), path.join("ID")];
        Folder {
            root: roots
                .into_iter()
                .find(|r| r.is_dir())
                .unwrap_or_else(|| path.to_path_buf()),
            index: path.join("index").join("db.json"),
            version: path
                .iter()
                .find_map(|p| p.to_str()?.strip_prefix("vulndb@"))
                .map(str::to_string),
        }
    }

    /// Paths and names, in the order of the names.
    fn files(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let entries = std::fs::read_dir(&self.root).map_err(|e| io_words(&e))?;
        let mut names: Vec<_> = entries.flatten().map(|e| e.file_name()).collect();
        names.retain(|n| Path::new(n).extension().is_some_and(|e| e == "json"));
        names.sort();
        let index = self
            .index
            .is_file()
            .then(|| (self.index.clone(), "index/db.json".to_string()));
        let entries = names
            .iter()
            .map(|n| (self.root.join(n), n.to_string_lossy().into_owned()));
        Ok(index.into_iter().chain(entries).collect())
    }

    /// A word for what is in the folder: another one for other names, sizes or times of change.
    fn fingerprint(&self) -> Option<String> {
        let mut hash = Sha256::new();
        let files = match &self.version {
            Some(v) => vec![(self.root.clone(), v.clone())],
            None => self.files().ok()?,
        };
        for (path, name) in files {
            let meta = std::fs::metadata(path).ok()?;
            let time = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            hash.update(format!("{name}\0{}\0{}\0", meta.len(), time.as_nanos()));
        }
        Some(short(hash))
    }
}

pub(super) fn short(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .take(12)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Reads a folder. Thousands of files cost more to read than everything else, so what comes of them is kept
/// in the cache, under a name that says what the folder was like.
fn folder(path: &Path) -> Result<Database, String> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = Folder::open(&real);
    let place = short(Sha256::new().chain_update(real.as_os_str().as_encoded_bytes()));
    let kept = super::database::cache().map(|c| c.join("vulndb"));
    let kept = kept.and_then(|dir| Some((dir.join(format!("{place}-{}.bin", folder.fingerprint()?)), dir)));
    if let Some((file, _)) = &kept
        && let Ok(db) = snapshot(file)
    {
        return Ok(db);
    }
    let db = read_folder(&real, &folder)?;
    if let Some((file, dir)) = &kept {
        // A cache that can't be written costs time, nothing else.
        let _ = keep(&db, file, dir, &place);
    }
    Ok(db)
}

fn keep(db: &Database, file: &Path, dir: &Path, place: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for old in std::fs::read_dir(dir)?.flatten() {
        if old
            .file_name()
            .to_string_lossy()
            .starts_with(&format!("{place}-"))
        {
            std::fs::remove_file(old.path())?;
        }
    }
    let part = file.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&part, db.encode(1)?)?;
    std::fs::rename(&part, file)
}

fn read_folder(path: &Path, folder: &Folder) -> Result<Database, String> {
    let mut all = Gathered::default();
    let mut buffer = Vec::new();
    for (path, name) in folder.files()? {
        let said = |e: std::io::Error| format!("{name}: {}", io_words(&e));
        let file = std::fs::File::open(path).map_err(said)?;
        buffer.clear();
        file.take(ENTRY_LIMIT + 1)
            .read_to_end(&mut buffer)
            .map_err(said)?;
        if buffer.len() as u64 > ENTRY_LIMIT {
            return Err(format!("{name}: is larger than any entry"));
        }
        all.add(&name, &buffer)?;
    }
    all.finish(source(folder.version.as_deref(), path), folder.version.as_deref())
}

fn source(version: Option<&str>, path: &Path) -> String {
    match version {
        Some(v) => format!("golang.org/x/vulndb {v}"),
        None => path.display().to_string(),
    }
}

/// Reads a zip file: the module proxy's, whose names begin with `golang.org/x/vulndb@VERSION/`, or
/// vulndb.zip.
pub(super) fn zip(path: &Path, bytes: &[u8]) -> Result<Database, String> {
    let said = |e: rawzip::Error| format!("can't be read as a zip file: {e}");
    let archive = rawzip::ZipArchive::from_slice(bytes).map_err(said)?;
    let mut all = Gathered::default();
    let mut version = None;
    for entry in archive.entries() {
        let entry = entry.map_err(said)?;
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let name = match name
            .strip_prefix("golang.org/x/vulndb@")
            .and_then(|n| n.split_once('/'))
        {
            Some((v, below)) => {
                version.get_or_insert_with(|| v.to_string());
                // Of a module's other files none is an entry.
                match below.starts_with("data/osv/") {
                    true => below.to_string(),
                    false => continue,
                }
            }
            None => name,
        };
        if !wanted(&name) || entry.is_dir() {
            continue;
        }
        let body = archive.get_entry(entry.wayfinder()).map_err(said)?;
        let mut text = Vec::new();
        let limit = ENTRY_LIMIT + 1;
        let done = match entry.compression_method() {
            rawzip::CompressionMethod::STORE => body.data().take(limit).read_to_end(&mut text),
            rawzip::CompressionMethod::DEFLATE => flate2::read::DeflateDecoder::new(body.data())
                .take(limit)
                .read_to_end(&mut text),
            other => return Err(format!("{name}: is compressed by {other:?}")),
        };
        done.map_err(|e| format!("{name}: {}", io_words(&e)))?;
        if text.len() as u64 > ENTRY_LIMIT {
            return Err(format!("{name}: is larger than any entry"));
        }
        all.add(&name, &text)?;
    }
    all.finish(source(version.as_deref(), path), version.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_stamps() {
        assert_eq!(
            stamp("v0.0.0-20261105234957-e22db6528018").as_deref(),
            Some("2026-11-05T23:49:57Z")
        );
        assert_eq!(stamp("v1.2.3"), None);
        for good in ["index/db.json", "ID/GO-1.json", "data/osv/GO-1.json", "GO-1.json"] {
            assert!(wanted(good), "{good}");
        }
        for bad in [
            "index/modules.json",
            "ID/x/GO-1.json",
            "data/reports/GO-1.yaml",
            "GO-1.json.gz",
        ] {
            assert!(!wanted(bad), "{bad}");
        }
    }
}
