//! The vulnerability database: entries → one compact text, and lookups in it by module. Records are decoded
//! when they are asked for.
//!
//! The text has a line for each fact, fields set off by tabs: `E` an entry (id, published, withdrawn,
//! reviewed, aliases), `M` a module of it (path, ranges), `P` a package of that module (path, goos, goarch,
//! symbols). Ranges are set off by spaces: `S` a range of Go's versions or `C` one of the project's own, then
//! `i` or `f` and a version for each event. What would be taken for a separator is written `%xx`. A snapshot
//! is that text behind four lines of head, compressed by zstd.

mod text;

use std::io::Read;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

pub use text::Record;

use super::osv::{Affected, Entry};
use crate::error::{Error, Result};
use crate::zst;

/// The first bytes of a snapshot.
const MAGIC: &[u8] = b"gospect vulndb 1\n";
/// No database is larger: the Go database of 2026 has 1 MB.
const LIMIT: u64 = 256 << 20;
const STRUCTURE: &str = "vulnerability database";

/// Where a database comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// `golang.org/x/vulndb v0.0.0-…`, or the place it was read from.
    pub source: String,
    /// When it was last changed, as RFC 3339; empty where that is not known.
    pub modified: String,
}

/// A database, ready for lookups.
#[derive(Debug, Clone)]
pub struct Database {
    meta: Meta,
    text: String,
    /// Offsets in bytes of the `E` lines.
    entries: Vec<usize>,
    /// Of each module: (number of the entry, offset of the `M` line).
    modules: FxHashMap<String, Vec<(u32, usize)>>,
}

static INSTALLED: OnceLock<Database> = OnceLock::new();

impl Database {
    /// The snapshot that is part of the program.
    ///
    /// # Errors
    /// None, as tests hold; a damaged program has one.
    pub fn embedded() -> Result<&'static Database> {
        static ONE: OnceLock<Result<Database>> = OnceLock::new();
        let load = || Database::decode(include_bytes!("snapshot.bin"));
        ONE.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// The database that rules go by: the one that was [installed](Database::install), else the embedded one.
    ///
    /// # Errors
    /// As [`Database::embedded`].
    pub fn current() -> Result<&'static Database> {
        INSTALLED.get().map_or_else(Database::embedded, Ok)
    }

    /// Makes it the one that rules go by in this process. Only the first counts.
    pub fn install(self) {
        // A second one is of the same process, which has one answer.
        let _ = INSTALLED.set(self);
    }

    /// Lowers entries to a database; they are sorted by their ids, and of two with the same id the last one
    /// counts.
    ///
    /// # Errors
    /// Where an id or a module path is empty.
    pub fn from_entries(meta: Meta, mut entries: Vec<Entry>) -> Result<Database> {
        entries.reverse();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        entries.dedup_by(|a, b| a.id == b.id);
        let mut out = String::new();
        for e in &entries {
            if e.id.is_empty() || e.affected.iter().any(|a| a.module.is_empty()) {
                let what = format!("entry `{}` has no id or names no module", e.id);
                return Err(Error::within(STRUCTURE, what));
            }
            text::write(&mut out, e);
        }
        Database::index(meta, out)
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// What is none, is cut short, or is larger than any database.
    pub fn decode(bytes: &[u8]) -> Result<Database> {
        let bad = |what: &str| Error::within(STRUCTURE, what);
        let body = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| bad("is no snapshot of this version"))?;
        let mut text = String::new();
        let mut reader = zst::reader(body, zst::WINDOW_LOG)
            .map_err(|e| bad(&format!("can't be uncompressed: {e}")))?
            .take(LIMIT);
        reader
            .read_to_string(&mut text)
            .map_err(|e| bad(&format!("can't be uncompressed: {e}")))?;
        if text.len() as u64 >= LIMIT {
            return Err(bad("is larger than any database"));
        }
        let mut head = text.splitn(4, '\n');
        let mut field = |name: &str| {
            let line = head.next().and_then(|l| l.strip_prefix(name)?.strip_prefix(' '));
            line.ok_or_else(|| bad(&format!("has no `{name}`")))
        };
        let meta = Meta {
            source: field("source")?.to_string(),
            modified: field("modified")?.to_string(),
        };
        let count: usize = field("entries")?
            .parse()
            .map_err(|_| bad("does not say how many entries it has"))?;
        let body = head.next().unwrap_or_default().to_string();
        let db = Database::index(meta, body)?;
        if db.len() != count {
            return Err(bad(&format!("has {} of {count} entries", db.len())));
        }
        Ok(db)
    }

    /// Writes a snapshot. The level is zstd's: 22 for what is read often, 1 for what is written often.
    ///
    /// # Errors
    /// What zstd says.
    pub fn encode(&self, level: i32) -> std::io::Result<Vec<u8>> {
        let head = format!(
            "source {}\nmodified {}\nentries {}\n",
            self.meta.source,
            self.meta.modified,
            self.len()
        );
        let out = MAGIC.to_vec();
        let text = [head.as_bytes(), self.text.as_bytes()].concat();
        zst::write(&text, level, false, out)
    }

    fn index(meta: Meta, text: String) -> Result<Database> {
        let (mut entries, mut modules) = (Vec::new(), FxHashMap::<String, Vec<(u32, usize)>>::default());
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            match line.get(..2) {
                Some("E\t") => entries.push(at),
                Some("M\t") => {
                    let path = text::module_path(line);
                    let number = entries.len().checked_sub(1);
                    let number =
                        number.ok_or_else(|| Error::at(STRUCTURE, at as u64, "a module without an entry"))?;
                    modules
                        .entry(path.into_owned())
                        .or_default()
                        .push((number as u32, at));
                }
                Some("P\t") if !entries.is_empty() => {}
                _ => return Err(Error::at(STRUCTURE, at as u64, "is no line of a snapshot")),
            }
            at += line.len();
        }
        Ok(Database {
            meta,
            text,
            entries,
            modules,
        })
    }

    /// Where it comes from.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Number of entries, those that were withdrawn included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Has it no entries?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All module paths, in no order.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str)
    }

    /// What the database has of a module: each entry once for each of its blocks on it, in the order of the
    /// ids.
    pub fn of_module(&self, path: &str) -> impl Iterator<Item = (Record<'_>, Affected)> {
        let found = self.modules.get(path).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&(entry, at)| {
            let record = self.record(entry as usize)?;
            Some((record, text::affected(self.text.get(at..)?)?))
        })
    }

    fn record(&self, i: usize) -> Option<Record<'_>> {
        text::record(self.text.get(*self.entries.get(i)?..)?)
    }

    /// Everything again, decoded.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.len()).filter_map(|i| {
            let start = *self.entries.get(i)?;
            let end = self.entries.get(i + 1).copied().unwrap_or(self.text.len());
            text::entry(self.text.get(start..end)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::vuln::osv::Package;
    use crate::analysis::vuln::semver::Event;

    fn entry(id: &str) -> Entry {
        let event = |i: &str, f: &str| Event {
            introduced: i.into(),
            fixed: f.into(),
        };
        Entry {
            id: id.into(),
            aliases: vec!["CVE-1".into(), "GHSA-a b\tc".into()],
            published: "2024-09-06".into(),
            withdrawn: String::new(),
            reviewed: true,
            affected: vec![
                Affected {
                    module: "a.com/100% m".into(),
                    ranges: vec![vec![event("0", ""), event("", "1.0.0-rc,1")], Vec::new()],
                    custom_ranges: vec![vec![event("9", "")]],
                    packages: vec![Package {
                        path: "a.com/p\n".into(),
                        goos: vec!["linux".into(), "ios".into()],
                        goarch: Vec::new(),
                        symbols: vec!["T.M".into(), "F[K, V]".into()],
                    }],
                },
                Affected {
                    module: "b.com".into(),
                    ..Affected::default()
                },
            ],
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let meta = Meta {
            source: "test v1".into(),
            modified: "2026-11-05T00:00:00Z".into(),
        };
        let all = vec![entry("GO-2"), entry("GO-1")];
        let db = Database::from_entries(meta.clone(), all.clone()).unwrap();
        let again = Database::decode(&db.encode(22).unwrap()).unwrap();
        assert_eq!(again.meta(), &meta);
        assert_eq!(
            again.entries().collect::<Vec<_>>(),
            [all[1].clone(), all[0].clone()]
        );
        let found: Vec<_> = again.of_module("a.com/100% m").collect();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].0.id(), &found[0].1), ("GO-1", &all[1].affected[0]));
        assert_eq!(found[0].0.aliases(), all[1].aliases);
        assert_eq!(again.of_module("c").count(), 0);
    }

    #[test]
    fn a_broken_snapshot_is_an_error() {
        let good = Database::from_entries(Meta::default(), vec![entry("GO-1")])
            .unwrap()
            .encode(1)
            .unwrap();
        assert!(Database::decode(b"").is_err());
        assert!(Database::decode(&good[..good.len() - 1]).is_err());
        let snapshot =
            |text: &str| [MAGIC, &zst::write(text.as_bytes(), 1, false, Vec::new()).unwrap()].concat();
        for bad in [
            "",
            "source a\nmodified \nentries x\n",
            "source a\nmodified \nentries 1\n",
            "source a\nmodified \nentries 0\nM\n",
            "source a\nmodified \nentries 0\nwhat\n",
        ] {
            assert!(Database::decode(&snapshot(bad)).is_err(), "{bad}");
        }
        assert!(Database::decode(&snapshot("source a\nmodified \nentries 0\n")).is_ok());
        assert!(Database::from_entries(Meta::default(), vec![Entry::default()]).is_err());
    }

    #[test]
    fn the_embedded_snapshot_is_whole() {
        let db = Database::embedded().unwrap();
        assert!(db.len() > 4_700 && !db.meta().modified.is_empty());
        assert_eq!(db.entries().count(), db.len());
    }
}
