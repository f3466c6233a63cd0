//! Records → a Parquet file: flat columns for what every record tells, lists for the member's names, modules
//! and findings, and the JSON of what `--with` asked for as text.
//!
//! The parquet crate's column writers are used directly: its Arrow side would bring ten more crates for what
//! are a dozen columns.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::Record;
use crate::report::json::lossy;

/// In the order of [`Rows`].
const SCHEMA: &str = "message scan {
    required binary path (UTF8);
    required group member (LIST) { repeated group list { required binary element (UTF8); } }
    optional int64 size;
    optional binary sha256 (UTF8);
    optional binary error (UTF8);
    optional binary go_version (UTF8);
    optional binary os (UTF8);
    optional binary arch (UTF8);
    optional binary module (UTF8);
    optional binary module_version (UTF8);
    optional binary packed (UTF8);
    optional binary linkage (UTF8);
    required group modules (LIST) { repeated group list { required group element {
        required binary path (UTF8); required binary version (UTF8); } } }
    required group findings (LIST) { repeated group list { required group element {
        required binary rule (UTF8); required binary level (UTF8); required binary message (UTF8); } } }
    required group vulnerabilities (LIST) { repeated group list { required group element {
        required binary id (UTF8); required binary module (UTF8); required binary version (UTF8); required binary level (UTF8); } } }
    optional binary info (JSON);
    optional binary check (JSON);
    optional binary sizes (JSON);
    optional binary funcs (JSON);
    optional binary vuln (JSON);
    optional binary sbom (JSON);
}";

/// Rows and bytes after which a row group is written.
const ROWS: usize = 10_000;
const BYTES: usize = 16 << 20;

/// Takes records and writes them in row groups.
pub struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Vec<Row>,
    bytes: usize,
}

/// One record's values, column by column.
struct Row {
    path: String,
    member: Vec<String>,
    size: Option<u64>,
    /// sha256 to linkage.
    texts: [Option<String>; 9],
    modules: Vec<[String; 2]>,
    findings: Vec<[String; 3]>,
    vulnerabilities: Vec<[String; 4]>,
    /// info to sbom.
    parts: [Option<String>; 6],
}

impl<W: Write + Send> Parquet<W> {
    /// Writes what comes first.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(out: W) -> Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder().set_compression(Compression::GZIP(Default::default()));
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
        Ok(Parquet {
            file,
            rows: Vec::new(),
            bytes: 0,
        })
    }

    /// Takes a record.
    ///
    /// # Errors
    /// What the writer says.
    pub fn record(&mut self, r: &Record<'_>) -> Result<()> {
        let f = r.facts;
        let part = |key: &str| f.and_then(|f| f.parts.get(key).cloned().flatten());
        let row = Row {
            path: r.name.path().to_string_lossy().into_owned(),
            member: r.name.members().iter().map(|m| lossy(m)).collect(),
            size: r.size,
            texts: [
                r.sha256.map(str::to_string),
                r.error.map(str::to_string),
                f.and_then(|f| f.go_version.clone()),
                f.and_then(|f| f.os.clone()),
                f.and_then(|f| f.arch.clone()),
                f.and_then(|f| f.module.clone()),
                f.and_then(|f| f.module_version.clone()),
                f.and_then(|f| f.packed).map(str::to_string),
                f.and_then(|f| f.linkage).map(str::to_string),
            ],
            modules: f.map(|f| f.modules.clone()).unwrap_or_default(),
            findings: f.map(|f| f.findings.clone()).unwrap_or_default(),
            vulnerabilities: f.map(|f| f.vulnerabilities.clone()).unwrap_or_default(),
            parts: ["info", "check", "sizes", "funcs", "vuln", "sbom"].map(part),
        };
        self.bytes += row.parts.iter().flatten().map(String::len).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() >= ROWS || self.bytes >= BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is left, and the footer; the writer back.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> Result<W> {
        self.flush()?;
        self.file.into_inner()
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let mut group = self.file.next_row_group()?;
        let mut at = 0;
        while let Some(column) = group.next_column()? {
            write_column(column, at, &rows)?;
            at += 1;
        }
        group.close()?;
        Ok(())
    }
}

/// The column `at` of the schema's leaves.
fn write_column(column: SerializedColumnWriter<'_>, at: usize, rows: &[Row]) -> Result<()> {
    match at {
        0 => texts(column, rows.iter().map(|r| Some(r.path.as_str())), false),
        1 => lists(
            column,
            rows.iter().map(|r| r.member.iter().map(String::as_str).collect()),
        ),
        2 => {
            let mut column = column;
            let values: Vec<i64> = rows.iter().filter_map(|r| r.size).map(|s| s as i64).collect();
            let levels: Vec<i16> = rows.iter().map(|r| r.size.is_some().into()).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&values, Some(&levels), None)?;
            column.close()
        }
        3..=11 => texts(column, rows.iter().map(|r| r.texts.get(at - 3)?.as_deref()), true),
        12 | 13 => lists(column, rows.iter().map(|r| pick(&r.modules, at - 12))),
        14..=16 => lists(column, rows.iter().map(|r| pick(&r.findings, at - 14))),
        17..=20 => lists(column, rows.iter().map(|r| pick(&r.vulnerabilities, at - 17))),
        _ => texts(
            column,
            rows.iter().map(|r| r.parts.get(at - 21)?.as_deref()),
            true,
        ),
    }
}

fn pick<const N: usize>(items: &[[String; N]], field: usize) -> Vec<&str> {
    items
        .iter()
        .filter_map(|i| i.get(field).map(String::as_str))
        .collect()
}

fn texts<'r>(
    mut column: SerializedColumnWriter<'_>,
    rows: impl Iterator<Item = Option<&'r str>> + Clone,
    optional: bool,
) -> Result<()> {
    let values: Vec<ByteArray> = rows.clone().flatten().map(ByteArray::from).collect();
    let levels: Vec<i16> = rows.map(|r| r.is_some().into()).collect();
    let levels = optional.then_some(&levels[..]);
    column
        .typed::<ByteArrayType>()
        .write_batch(&values, levels, None)?;
    column.close()
}

/// A list for each row: a level says whether there is an item, another whether it goes on with the list
/// before.
fn lists<'r>(mut column: SerializedColumnWriter<'_>, rows: impl Iterator<Item = Vec<&'r str>>) -> Result<()> {
    let (mut values, mut there, mut goes_on) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        if row.is_empty() {
            there.push(0);
            goes_on.push(0);
        }
        for (i, item) in row.into_iter().enumerate() {
            values.push(ByteArray::from(item));
            there.push(1);
            goes_on.push((i > 0).into());
        }
    }
    column
        .typed::<ByteArrayType>()
        .write_batch(&values, Some(&there), Some(&goes_on))?;
    column.close()
}
