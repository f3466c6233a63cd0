//! The history: an SQLite file of sizes by release, through rusqlite (SQLite built in, so that no library is
//! needed).
//!
//! Every change is one transaction with full synchronisation: a writer that is killed, or a disk that is
//! full, loses what was being written and nothing else. A writer waits for another one. A file that is
//! damaged or of a newer version is refused, never written to.
//!
//! The file may come from anybody, and is data, not a program: what defines its tables has to be, word for
//! word, what [`MIGRATIONS`] makes, so that no view, trigger, expression or check of somebody else's is ever
//! run (sqlite.org, "Defense Against The Dark Arts").

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use crate::analysis::size::{Kind, Report, Row, Source};
use crate::go::packages::Module;
use crate::report::text::escape;
use crate::report::track::Retained;

/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(60);

/// Marks an SQLite file as a history.
const APPLICATION: i64 = 0x676f_7370;

/// Each step makes the next version of the schema; steps are never changed, only added.
const MIGRATIONS: [&str; 3] = [
    "CREATE TABLE releases (id INTEGER PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL, recorded INTEGER NOT NULL,
        file_size INTEGER NOT NULL, go_version TEXT, UNIQUE (name, label));
     CREATE TABLE sizes (release INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE, kind TEXT NOT NULL, section TEXT NOT NULL,
        package TEXT, module TEXT, bytes INTEGER NOT NULL);
     CREATE TABLE modules (release INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE, path TEXT NOT NULL, version TEXT NOT NULL);",
    "CREATE INDEX sizes_by_release ON sizes (release); CREATE INDEX modules_by_release ON modules (release);",
    "CREATE TABLE retained (release INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE, module TEXT NOT NULL, own INTEGER NOT NULL,
        retained INTEGER NOT NULL, certain INTEGER NOT NULL);
     CREATE INDEX retained_by_release ON retained (release);",
];

/// A release in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub id: i64,
    /// What was measured: the file's name, or what `--name` said.
    pub name: String,
    pub label: String,
    /// Seconds since 1970.
    pub recorded: i64,
    pub file_size: u64,
    pub go_version: Option<String>,
    /// What goes with each module, largest first; empty where it was not asked for.
    pub retained: Vec<Retained>,
}

/// An open history.
#[derive(Debug)]
pub(super) struct Store(Connection);

/// An error in words.
fn words(e: rusqlite::Error) -> String {
    use rusqlite::ErrorCode as C;
    match e.sqlite_error_code() {
        Some(C::DiskFull) => {
            "the disk is full; nothing was recorded, what was recorded before is whole".into()
        }
        Some(C::NotADatabase) => "is no history".into(),
        Some(C::DatabaseCorrupt) => "is damaged; restore it, or import an export into a new one".into(),
        Some(C::DatabaseBusy | C::DatabaseLocked) => "another writer holds it".into(),
        Some(C::ReadOnly) => "can't be written to".into(),
        Some(C::CannotOpen) => "can't be opened".into(),
        _ => e.to_string(),
    }
}

impl Store {
    /// Opens a history; `create` makes one where there is none.
    pub(super) fn open(path: &Path, create: bool) -> Result<Store, String> {
        if !create && !path.exists() {
            return Err("there is no such history; `gospect track record` makes one".into());
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let mut db = Connection::open_with_flags(path, flags).map_err(words)?;
        db.busy_timeout(PATIENCE).map_err(words)?;
        defend(&db).map_err(words)?;
        db.pragma_update(None, "synchronous", "FULL").map_err(words)?;
        db.pragma_update(None, "foreign_keys", true).map_err(words)?;
        // Before anything is read from its tables, and before anything is written.
        let known = version(&db)?;
        hold_against(&db, known)?;
        let check: String = db
            .query_row("PRAGMA quick_check(1)", [], |r| r.get(0))
            .map_err(words)?;
        if check != "ok" {
            return Err(format!(
                "is damaged ({check}); restore it, or import an export into a new one"
            ));
        }
        migrate(&mut db)?;
        Ok(Store(db))
    }

    fn begin(&mut self) -> Result<Transaction<'_>, String> {
        self.0
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(words)
    }

    /// Records reports, all or none. A label that is there already is refused unless `replace`.
    pub(super) fn record(&mut self, all: &[(Release, Report)], replace: bool) -> Result<(), String> {
        let t = self.begin()?;
        for (r, report) in all {
            if replace {
                t.execute(
                    "DELETE FROM releases WHERE name = ?1 AND label = ?2",
                    params![r.name, r.label],
                )
                .map_err(words)?;
            }
            let there: bool = t
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM releases WHERE name = ?1 AND label = ?2)",
                    params![r.name, r.label],
                    |x| x.get(0),
                )
                .map_err(words)?;
            if there {
                return Err(format!(
                    "{} {} is recorded already; --replace records it anew",
                    r.name, r.label
                ));
            }
            t.execute(
                "INSERT INTO releases (name, label, recorded, file_size, go_version) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![r.name, r.label, r.recorded, whole(report.file_size), report.go_version],
            )
            .map_err(words)?;
            let id = t.last_insert_rowid();
            let mut row = t
                .prepare("INSERT INTO sizes (release, kind, section, package, module, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .map_err(words)?;
            for x in &report.rows {
                row.execute(params![
                    id,
                    x.kind.word(),
                    x.section,
                    x.package,
                    x.module,
                    whole(x.bytes)
                ])
                .map_err(words)?;
            }
            let mut module = t
                .prepare("INSERT INTO modules (release, path, version) VALUES (?1, ?2, ?3)")
                .map_err(words)?;
            for m in &report.modules {
                module.execute(params![id, m.path, m.built()]).map_err(words)?;
            }
            let mut held = t
                .prepare("INSERT INTO retained (release, module, own, retained, certain) VALUES (?1, ?2, ?3, ?4, ?5)")
                .map_err(words)?;
            for x in &r.retained {
                let bytes = [x.own, x.retained, x.certain].map(whole);
                held.execute(params![id, x.module, bytes[0], bytes[1], bytes[2]])
                    .map_err(words)?;
            }
        }
        t.commit().map_err(words)
    }

    /// Releases in the order they were recorded, of one name or of all; without what goes with their modules.
    pub(super) fn releases(&self, name: Option<&str>) -> Result<Vec<Release>, String> {
        let mut q = self
            .0
            .prepare("SELECT id, name, label, recorded, file_size, go_version FROM releases WHERE ?1 IS NULL OR name = ?1 ORDER BY id")
            .map_err(words)?;
        let rows = q
            .query_map(params![name], |r| {
                Ok(Release {
                    id: r.get(0)?,
                    name: r.get(1)?,
                    label: r.get(2)?,
                    recorded: r.get(3)?,
                    file_size: r.get::<_, i64>(4)?.max(0) as u64,
                    go_version: r.get(5)?,
                    retained: Vec::new(),
                })
            })
            .map_err(words)?;
        rows.collect::<Result<_, _>>().map_err(words)
    }

    /// Adds what goes with each module, where it was recorded.
    pub(super) fn add_retained(&self, all: &mut [Release]) -> Result<(), String> {
        let mut q = self
            .0
            .prepare("SELECT module, own, retained, certain FROM retained WHERE release = ?1 ORDER BY rowid")
            .map_err(words)?;
        for release in all {
            let rows = q
                .query_map([release.id], |r| {
                    let bytes = |i| r.get::<_, i64>(i).map(|b| b.max(0) as u64);
                    Ok(Retained {
                        module: r.get(0)?,
                        own: bytes(1)?,
                        retained: bytes(2)?,
                        certain: bytes(3)?,
                    })
                })
                .map_err(words)?;
            release.retained = rows.collect::<Result<_, _>>().map_err(words)?;
        }
        Ok(())
    }

    /// The size report of a release.
    pub(super) fn report(&self, release: &Release) -> Result<Report, String> {
        let mut q = self
            .0
            .prepare(
                "SELECT kind, section, package, module, bytes FROM sizes WHERE release = ?1 ORDER BY rowid",
            )
            .map_err(words)?;
        let rows = q
            .query_map([release.id], |r| {
                let kind: String = r.get(0)?;
                Ok(Row {
                    kind: Kind::from_word(&kind).unwrap_or(Kind::Unknown),
                    section: r.get(1)?,
                    package: r.get(2)?,
                    module: r.get(3)?,
                    symbol: None,
                    file: None,
                    unit: None,
                    slice: None,
                    source: Source::None,
                    bytes: r.get::<_, i64>(4)?.max(0) as u64,
                })
            })
            .map_err(words)?;
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(words)?;
        let mut q = self
            .0
            .prepare("SELECT path, version FROM modules WHERE release = ?1 ORDER BY path")
            .map_err(words)?;
        let modules = q
            .query_map([release.id], |r| Ok(Module::new(r.get(0)?, r.get(1)?)))
            .map_err(words)?;
        Ok(Report {
            file_size: release.file_size,
            rows,
            modules: modules.collect::<Result<_, _>>().map_err(words)?,
            go_version: release.go_version.clone(),
            ..Report::default()
        })
    }
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Switches off what a history has no use for, and sets bounds to the rest.
fn defend(db: &Connection) -> rusqlite::Result<()> {
    use rusqlite::config::DbConfig as D;
    use rusqlite::limits::Limit as L;
    for (what, on) in [
        (D::SQLITE_DBCONFIG_DEFENSIVE, true),
        (D::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (D::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (D::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (D::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
        (D::SQLITE_DBCONFIG_DQS_DDL, false),
        (D::SQLITE_DBCONFIG_DQS_DML, false),
    ] {
        db.set_db_config(what, on)?;
    }
    for (what, most) in [
        (L::SQLITE_LIMIT_LENGTH, 16 << 20),
        (L::SQLITE_LIMIT_SQL_LENGTH, 1 << 16),
        (L::SQLITE_LIMIT_COLUMN, 32),
        (L::SQLITE_LIMIT_EXPR_DEPTH, 32),
        (L::SQLITE_LIMIT_COMPOUND_SELECT, 2),
        (L::SQLITE_LIMIT_FUNCTION_ARG, 8),
        (L::SQLITE_LIMIT_ATTACHED, 0),
        (L::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (L::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        db.set_limit(what, most)?;
    }
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "mmap_size", 0)
}

/// The version of the file's schema: how many of the [`MIGRATIONS`] it has seen.
fn version(db: &Connection) -> Result<usize, String> {
    let number = |pragma: &str| db.query_row(pragma, [], |r| r.get::<_, i64>(0)).map_err(words);
    let version = number("PRAGMA user_version")?;
    let application = number("PRAGMA application_id")?;
    let tables = number("SELECT count(*) FROM sqlite_master")?;
    if application != APPLICATION && (application != 0 || tables > 0) {
        return Err("is an SQLite file, but no history of gospect's".into());
    }
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(format!(
            "was written by a newer gospect (schema {version}, known are {})",
            MIGRATIONS.len()
        ));
    }
    Ok(done)
}

/// What a file defines: kind, name, table, and the text that defines it.
type Defined = (String, String, String, Option<String>);

fn defined(db: &Connection) -> rusqlite::Result<Vec<Defined>> {
    // A history has eight; a few more are enough to see that there are others.
    let mut q =
        db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name LIMIT 64")?;
    let rows = q.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    rows.collect()
}

/// Is what the file defines exactly what the first `known` migrations make?
fn hold_against(db: &Connection, known: usize) -> Result<(), String> {
    let own = Connection::open_in_memory().map_err(words)?;
    for step in MIGRATIONS.iter().take(known) {
        own.execute_batch(step).map_err(words)?;
    }
    let (want, got) = (defined(&own).map_err(words)?, defined(db).map_err(words)?);
    let strange = got.iter().find(|g| !want.contains(g));
    let missing = want.iter().find(|w| !got.contains(w));
    let what = match (strange, missing) {
        (Some((kind, name, ..)), _) => format!(
            "the {kind} {} is not as gospect makes it",
            escape(name.as_bytes())
        ),
        (None, Some((kind, name, ..))) => format!("the {kind} {name} is missing"),
        (None, None) => return Ok(()),
    };
    Err(format!(
        "is no history that gospect wrote: {what}; it is left alone"
    ))
}

fn migrate(db: &mut Connection) -> Result<(), String> {
    let t = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(words)?;
    // Another writer may have been at it meanwhile.
    let done = version(&t)?;
    hold_against(&t, done)?;
    for step in MIGRATIONS.iter().skip(done) {
        t.execute_batch(step).map_err(words)?;
    }
    if done < MIGRATIONS.len() {
        t.pragma_update(None, "application_id", APPLICATION)
            .map_err(words)?;
        t.pragma_update(None, "user_version", MIGRATIONS.len() as i64)
            .map_err(words)?;
    }
    t.commit().map_err(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> std::path::PathBuf {
        let p = std::env::temp_dir().join(format!("gospect-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&p);
        p
    }

    fn release(label: &str) -> (Release, Report) {
        let r = Release {
            id: 0,
            name: "p".into(),
            label: label.into(),
            recorded: 1,
            file_size: 7,
            go_version: None,
            retained: Vec::new(),
        };
        let row = Row {
            kind: Kind::Code,
            section: ".text".into(),
            package: Some("main".into()),
            module: None,
            symbol: None,
            file: None,
            unit: None,
            slice: None,
            source: Source::None,
            bytes: 7,
        };
        (
            r,
            Report {
                file_size: 7,
                rows: vec![row],
                ..Report::default()
            },
        )
    }

    #[test]
    fn an_older_schema_is_brought_up_to_date_and_a_newer_one_refused() {
        let path = place("migrate");
        {
            let db = Connection::open(&path).unwrap();
            db.execute_batch(MIGRATIONS[0]).unwrap();
            db.pragma_update(None, "application_id", APPLICATION).unwrap();
            db.pragma_update(None, "user_version", 1).unwrap();
            db.execute(
                "INSERT INTO releases (name, label, recorded, file_size) VALUES ('p', 'old', 1, 5)",
                [],
            )
            .unwrap();
        }
        let mut s = Store::open(&path, false).unwrap();
        s.record(&[release("new")], false).unwrap();
        let labels: Vec<_> = s
            .releases(Some("p"))
            .unwrap()
            .into_iter()
            .map(|r| r.label)
            .collect();
        assert_eq!(labels, ["old", "new"]);
        s.0.pragma_update(None, "user_version", 99).unwrap();
        drop(s);
        assert!(Store::open(&path, false).unwrap_err().contains("newer"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn all_or_nothing_is_recorded() {
        let path = place("atomic");
        let mut s = Store::open(&path, true).unwrap();
        s.record(&[release("a")], false).unwrap();
        assert!(
            s.record(&[release("b"), release("a")], false)
                .unwrap_err()
                .contains("already")
        );
        assert_eq!(s.releases(None).unwrap().len(), 1);
        s.record(&[release("a")], true).unwrap();
        let r = s.releases(None).unwrap().remove(0);
        assert_eq!(s.report(&r).unwrap().rows.len(), 1);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_no_history_is_left_alone() {
        let path = place("foreign");
        std::fs::write(
            &path,
            b"this is a text file, not a database at all, and it is long enough",
        )
        .unwrap();
        assert!(Store::open(&path, true).is_err());
        assert!(std::fs::read(&path).unwrap().starts_with(b"this is"));
        std::fs::remove_file(&path).unwrap();
    }

    /// A history with one release, to which `sql` is then done by somebody else.
    fn meddled(name: &str, sql: &str) -> std::path::PathBuf {
        let path = place(name);
        Store::open(&path, true)
            .unwrap()
            .record(&[release("a")], false)
            .unwrap();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    }

    #[test]
    fn a_history_is_data_and_no_program() {
        let endless = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, 'p', 'a', x, x, NULL FROM c)";
        let view = format!(
            "PRAGMA foreign_keys = off; DROP TABLE releases; \
             CREATE VIEW releases (id, name, label, recorded, file_size, go_version) AS SELECT * FROM {endless};"
        );
        let blob = "PRAGMA foreign_keys = off; DROP TABLE releases; CREATE VIEW releases (id, name, label, recorded, file_size, go_version) \
             AS SELECT 1, hex(zeroblob(500000000)), 'a', 1, 1, NULL;";
        let trigger = "CREATE TRIGGER t AFTER INSERT ON sizes BEGIN UPDATE sizes SET bytes = 1; END;";
        let generated = "DROP TABLE modules; CREATE TABLE modules (release INTEGER, path TEXT, version TEXT AS (hex(zeroblob(9))));";
        let begin = std::time::Instant::now();
        for (name, sql, what) in [
            ("view", view.as_str(), "the view releases"),
            ("blob", blob, "the view releases"),
            ("trigger", trigger, "the trigger t"),
            ("generated", generated, "the table modules"),
            ("index", "CREATE INDEX i ON sizes (abs(bytes));", "the index i"),
            (
                "missing",
                "DROP INDEX sizes_by_release;",
                "the index sizes_by_release is missing",
            ),
        ] {
            let path = meddled(name, sql);
            let before = std::fs::read(&path).unwrap();
            for create in [true, false] {
                let error = Store::open(&path, create).unwrap_err();
                assert!(
                    error.contains("no history that gospect wrote") && error.contains(what),
                    "{error}"
                );
            }
            assert_eq!(std::fs::read(&path).unwrap(), before, "{name} is left alone");
            std::fs::remove_file(&path).unwrap();
        }
        assert!(begin.elapsed().as_secs() < 20);
    }
}
