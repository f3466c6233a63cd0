//! Where records go: each when it is there, or all of them in the order of their names.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::SyncSender;

use crate::cli::frame::{Format, Output, Sink};
use crate::report::scan::{self, Record};

/// Takes records from several threads, one at a time.
pub(super) struct Printer {
    to: To,
    how: How,
}

enum To {
    Sink(Sink),
    Append(BufWriter<File>),
    Send(SyncSender<Vec<u8>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<scan::Parquet<Sink>>),
}

enum How {
    Lines(Format),
    /// Rows of a table, with what they are ordered by.
    Table {
        rows: Vec<(Key, [String; 6])>,
        width: Option<usize>,
    },
    /// Lines in an unlinked file, with what they are ordered by, where they start, and their bytes.
    Ordered {
        format: Format,
        lines: Box<BufWriter<File>>,
        len: u64,
        keys: Vec<(Key, u64, u64)>,
    },
}

type Key = (Vec<u8>, Vec<Vec<u8>>);

impl Printer {
    /// Opens the place for the output and writes what comes first.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(format: Format, ordered: bool, output: &Output) -> io::Result<Printer> {
        let mut sink = output.open()?;
        #[cfg(feature = "parquet")]
        if format == Format::Parquet {
            let file = scan::Parquet::new(sink).map_err(io::Error::other)?;
            return Ok(Printer {
                to: To::Parquet(Box::new(file)),
                how: How::Lines(format),
            });
        }
        if format == Format::Csv {
            scan::csv_head(&mut sink)?;
        }
        let how = match format {
            Format::Text => How::Table {
                rows: Vec::new(),
                width: output.width(),
            },
            _ if ordered => How::Ordered {
                format,
                lines: Box::new(BufWriter::new(tempfile::tempfile()?)),
                len: 0,
                keys: Vec::new(),
            },
            _ => How::Lines(format),
        };
        Ok(Printer {
            to: To::Sink(sink),
            how,
        })
    }

    /// Appends JSON lines.
    pub fn append(out: BufWriter<File>) -> Printer {
        Printer {
            to: To::Append(out),
            how: How::Lines(Format::Jsonl),
        }
    }

    /// Sends JSON lines.
    pub fn send(to: SyncSender<Vec<u8>>) -> Printer {
        Printer {
            to: To::Send(to),
            how: How::Lines(Format::Jsonl),
        }
    }

    /// Prints a record, or keeps it.
    ///
    /// # Errors
    /// What the writer says.
    pub fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        #[cfg(feature = "parquet")]
        if let To::Parquet(file) = &mut self.to {
            return file.record(record).map_err(io::Error::other);
        }
        if let To::Send(to) = &self.to {
            let mut text = Vec::new();
            scan::json(&mut text, record)?;
            // Nobody takes it any more: that ends the run.
            return to.send(text).map_err(|_| io::ErrorKind::BrokenPipe.into());
        }
        let path = || record.name.path().as_os_str().as_encoded_bytes().to_vec();
        let key = || (path(), record.name.members().to_vec());
        match &mut self.how {
            How::Table { rows, .. } => {
                if record.facts.is_some() {
                    rows.push((key(), scan::row(record)));
                }
                Ok(())
            }
            How::Lines(format) => {
                let out: &mut dyn Write = match &mut self.to {
                    To::Sink(sink) => sink,
                    To::Append(file) => file,
                    To::Send(_) => return Ok(()),
                    #[cfg(feature = "parquet")]
                    To::Parquet(_) => return Ok(()),
                };
                line(out, *format, record)?;
                // Whoever reads along is not kept waiting, and a run that is ended has told what it did.
                out.flush()
            }
            How::Ordered {
                format,
                lines,
                len,
                keys,
            } => {
                let mut text = Vec::new();
                line(&mut text, *format, record)?;
                lines.write_all(&text)?;
                keys.push((key(), *len, text.len() as u64));
                *len += text.len() as u64;
                Ok(())
            }
        }
    }

    /// Prints what was kept, and puts a file in its place.
    ///
    /// # Errors
    /// What the system or the writer says.
    pub fn finish(self) -> io::Result<()> {
        let mut sink = match self.to {
            To::Append(mut file) => {
                file.flush()?;
                return file.get_ref().sync_all();
            }
            To::Sink(sink) => sink,
            To::Send(_) => return Ok(()),
            #[cfg(feature = "parquet")]
            To::Parquet(file) => return file.finish().map_err(io::Error::other)?.finish(),
        };
        match self.how {
            How::Lines(_) => {}
            How::Table { mut rows, width } => {
                rows.sort();
                let rows: Vec<_> = rows.into_iter().map(|r| r.1).collect();
                scan::table(&mut sink, &rows, width)?;
            }
            How::Ordered { lines, mut keys, .. } => {
                let mut lines = lines.into_inner().map_err(io::IntoInnerError::into_error)?;
                keys.sort();
                let mut text = Vec::new();
                for (_, at, len) in keys {
                    lines.seek(SeekFrom::Start(at))?;
                    text.clear();
                    (&mut lines).take(len).read_to_end(&mut text)?;
                    sink.write_all(&text)?;
                }
            }
        }
        sink.finish()
    }
}

fn line(out: &mut dyn Write, format: Format, record: &Record<'_>) -> io::Result<()> {
    match format {
        Format::Csv => scan::csv(out, record),
        _ => scan::json(out, record),
    }
}
