//! A file → the documents that the page shows and saves, byte for byte those of the program.

use std::io;

use gospect::analysis::policy::values::Date;
use gospect::analysis::size::{self, By, Detail, Options};
use gospect::analysis::{info, vuln};
use gospect::input::{Bytes, Name};
use gospect::report;
use gospect::report::size::{Shown, View};
use gospect::report::whole::{self, Ask};

/// What can be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Document {
    /// `gospect info --format json`.
    Info,
    /// `gospect check --no-policy --format json`: an audit.
    Check,
    /// `gospect size --format html`.
    SizePage,
    /// `gospect report --no-policy --format html`.
    ReportPage,
    /// `gospect size --format json`.
    Size,
}

impl Document {
    /// By the number that the page has for it.
    pub(crate) fn numbered(n: u32) -> Option<Document> {
        use Document as D;
        let all = [D::Info, D::Check, D::SizePage, D::ReportPage, D::Size];
        all.get(n as usize).copied()
    }
}

/// The file that is looked at.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) bytes: Bytes,
    pub(crate) name: Name,
    /// The day that counts as today.
    pub(crate) today: Date,
}

impl Subject {
    /// Makes a document, or says why it can't be.
    pub(crate) fn write(&self, document: Document) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        match document {
            Document::Info => {
                let facts = info::gather(&self.bytes, None).map_err(words)?;
                report::info::json(&mut out, &self.name, &facts)
            }
            Document::Check => {
                let run = whole::judged(&self.bytes, self.ask()?)?;
                report::check::json(&mut out, &run)
            }
            Document::ReportPage => {
                let all = whole::gather(&self.bytes, self.ask()?).map_err(words)?;
                all.write_html(&mut out)
            }
            Document::SizePage => self.size(&mut out, Detail::Symbol)?,
            Document::Size => self.size(&mut out, By::Module.detail())?,
        }
        .map_err(words)?;
        Ok(out)
    }

    fn ask(&self) -> Result<Ask<'_>, String> {
        Ok(Ask {
            name: &self.name,
            display: &self.name,
            names: &[],
            policy: None,
            db: vuln::Database::embedded().map_err(words)?,
            today: self.today,
        })
    }

    fn size(&self, out: &mut Vec<u8>, detail: Detail) -> Result<io::Result<()>, String> {
        let options = Options {
            detail,
            symbols: true,
        };
        let measured = size::measure(&self.bytes, options).map_err(words)?;
        let rows: Vec<_> = measured.rows.iter().collect();
        if matches!(detail, Detail::Symbol) {
            let name = self.name.to_string();
            return Ok(report::size::write_html(
                out,
                &name,
                &measured,
                &rows,
                (By::Module, None),
            ));
        }
        let view = View::plain(By::Module, 0);
        let shown = Shown {
            name: &self.name,
            file: &self.name,
            report: &measured,
            rows,
            view: &view,
        };
        Ok(report::size::write_shown(out, &shown))
    }
}

fn words(e: impl ToString) -> String {
    e.to_string()
}
