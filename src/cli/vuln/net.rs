//! An address → a database: a zip file, or the v1 layout of vuln.go.dev, kept in the cache and fetched again
//! only where it changed.
//!
//! Every answer has a limit of bytes and of time, and follows few redirects; what went wrong leaves in place
//! what was kept.

use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::sources::{self, ENTRY_LIMIT, Gathered};
use crate::analysis::vuln::Database;

/// Bytes of a database as a zip file; that of 2026 has 5 MB.
const ZIP_LIMIT: u64 = 256 << 20;
/// Entries that an index may list.
const ENTRIES: usize = 1 << 16;
const REDIRECTS: u32 = 5;

/// What is kept beside a database to ask whether there is a newer one.
#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Kept {
    etag: Option<String>,
    last_modified: Option<String>,
    /// What index/db.json says.
    modified: Option<String>,
}

struct Client {
    agent: ureq::Agent,
    seconds: u64,
}

/// What the server said.
enum Answer {
    Same,
    Missing,
    Body(Vec<u8>, Kept),
}

impl Client {
    fn new(url: &str, seconds: u64) -> Client {
        let time = Duration::from_secs(seconds);
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(time))
            .max_redirects(REDIRECTS)
            .http_status_as_error(false)
            // What was asked for in safety is not taken from elsewhere.
            .https_only(url.starts_with("https://"))
            .user_agent(concat!("gospect/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            agent: config.into(),
            seconds,
        }
    }

    fn words(&self, e: ureq::Error) -> String {
        match e {
            ureq::Error::Timeout(_) => format!("no whole answer within {} s", self.seconds),
            ureq::Error::TooManyRedirects => format!("redirects more than {REDIRECTS} times"),
            ureq::Error::BodyExceedsLimit(n) => format!("the answer is larger than {n} bytes"),
            e => e.to_string(),
        }
    }

    /// Fetches what changed since `kept`.
    fn get(&self, url: &str, limit: u64, kept: Option<&Kept>) -> Result<Answer, String> {
        let say = |what: String| format!("{url}: {what}");
        let mut request = self.agent.get(url);
        if let Some(kept) = kept {
            for (name, value) in [
                ("If-None-Match", &kept.etag),
                ("If-Modified-Since", &kept.last_modified),
            ] {
                if let Some(v) = value {
                    request = request.header(name, v);
                }
            }
        }
        let mut answer = request.call().map_err(|e| say(self.words(e)))?;
        match answer.status().as_u16() {
            200 => {}
            304 if kept.is_some() => return Ok(Answer::Same),
            404 | 410 => return Ok(Answer::Missing),
            code => return Err(say(format!("the server answers {code}"))),
        }
        let told = |name: &str| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_string)
        };
        let fresh = Kept {
            etag: told("etag"),
            last_modified: told("last-modified"),
            modified: None,
        };
        let body = answer.body_mut().with_config().limit(limit).read_to_vec();
        body.map(|b| Answer::Body(b, fresh))
            .map_err(|e| say(self.words(e)))
    }

    fn need(&self, url: &str, limit: u64) -> Result<Vec<u8>, String> {
        match self.get(url, limit, None)? {
            Answer::Body(bytes, _) => Ok(bytes),
            _ => Err(format!("{url}: is not there")),
        }
    }
}

/// The database at an address. No answer may take longer than `seconds`.
///
/// # Errors
/// What is wrong with it, in words; what was kept of an earlier run stays.
pub(super) fn read(url: &str, seconds: u64) -> Result<Database, String> {
    let client = Client::new(url, seconds);
    let store = Store::of(url);
    let kept = store.as_ref().and_then(Store::load);
    let (db, fresh) = match url.ends_with(".zip") {
        true => match client.get(url, ZIP_LIMIT, kept.as_ref().map(|k| &k.0))? {
            Answer::Body(bytes, fresh) => (sources::zip(url.as_ref(), &bytes)?, fresh),
            Answer::Same => return kept.map(|k| k.1).ok_or_else(|| "nothing is kept".to_string()),
            Answer::Missing => return Err("is not there".into()),
        },
        false => {
            let base = url.trim_end_matches('/');
            let index = client.need(&format!("{base}/index/db.json"), ENTRY_LIMIT)?;
            let modified = sources::index_modified(&index)?;
            match kept {
                Some((k, db)) if k.modified.as_deref() == Some(&modified) => return Ok(db),
                _ => {}
            }
            let fresh = Kept {
                modified: Some(modified),
                ..Kept::default()
            };
            (layout(&client, base, &index)?, fresh)
        }
    };
    if let Some(store) = &store {
        // A cache that can't be written costs time, nothing else.
        let _ = store.save(&db, &fresh);
    }
    Ok(db)
}

#[derive(serde::Deserialize)]
struct Listed {
    id: String,
}

/// The v1 layout: as one file where the server has it, else entry by entry.
fn layout(client: &Client, base: &str, index: &[u8]) -> Result<Database, String> {
    if let Answer::Body(bytes, _) = client.get(&format!("{base}/vulndb.zip"), ZIP_LIMIT, None)? {
        return sources::zip(base.as_ref(), &bytes);
    }
    let list = client.need(&format!("{base}/index/vulns.json"), ZIP_LIMIT)?;
    let list: Vec<Listed> = serde_json::from_slice(&list).map_err(|e| format!("index/vulns.json: {e}"))?;
    if list.len() > ENTRIES {
        return Err(format!("index/vulns.json: lists more than {ENTRIES} entries"));
    }
    let mut all = Gathered::default();
    all.add("index/db.json", index)?;
    for one in list {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !one.id.bytes().all(plain) {
            return Err("index/vulns.json: an id is none".into());
        }
        let name = format!("ID/{}.json", one.id);
        all.add(&name, &client.need(&format!("{base}/{name}"), ENTRY_LIMIT)?)?;
    }
    all.finish(base.to_string(), None)
}

/// Where the database of an address is kept.
struct Store {
    database: PathBuf,
    about: PathBuf,
}

impl Store {
    fn of(url: &str) -> Option<Store> {
        let dir = super::database::cache()?.join("vulndb");
        let name = sources::short(Sha256::new().chain_update(url.as_bytes()));
        Some(Store {
            database: dir.join(format!("url-{name}.bin")),
            about: dir.join(format!("url-{name}.json")),
        })
    }

    fn load(&self) -> Option<(Kept, Database)> {
        let about = serde_json::from_slice(&std::fs::read(&self.about).ok()?).ok()?;
        Some((about, sources::snapshot(&self.database).ok()?))
    }

    fn save(&self, db: &Database, kept: &Kept) -> std::io::Result<()> {
        if let Some(dir) = self.database.parent() {
            std::fs::create_dir_all(dir)?;
        }
        // What says how new it is goes first: without it nothing is taken from here.
        let _ = std::fs::remove_file(&self.about);
        put(&self.database, &db.encode(1)?)?;
        put(&self.about, &serde_json::to_vec(kept)?)
    }
}

fn put(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)
}
