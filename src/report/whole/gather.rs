//! A file → all that is told of it: each command's analysis, written by each command's writer of Markdown.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Section, Whole};
use crate::analysis::graph::Graph;
use crate::analysis::policy::file::Policy;
use crate::analysis::policy::values::Date;
use crate::analysis::policy::{Level, judge, select};
use crate::analysis::size::{self as sizes, By};
use crate::analysis::vuln;
use crate::analysis::{info, whatif};
use crate::error::Result;
use crate::go::Program;
use crate::input::{Bytes, Name};
use crate::report::{self, text};

/// What the page needs to know beside the file.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The file's.
    pub name: &'a Name,
    /// The name in what `check` and `vuln` say, which have words for standard input.
    pub display: &'a Name,
    /// The names that a policy's patterns are held against.
    pub names: &'a [String],
    /// The policy that the gate goes by, and where it is from.
    pub policy: Option<(&'a Policy, &'a Path)>,
    /// Known vulnerabilities.
    pub db: &'a vuln::Database,
    /// The day that counts as today.
    pub today: Date,
}

/// Tells all of a file.
///
/// # Errors
/// Where it is no binary: a page that says so in every section helps nobody.
pub fn gather(bytes: &Bytes, ask: Ask<'_>) -> Result<Whole> {
    let name = ask.name.shown().as_os_str().as_encoded_bytes();
    let facts = info::gather(bytes, None)?;
    let style = report::info::Style {
        verbose: true,
        ..Default::default()
    };
    let identity = written(|out| report::info::markdown(out, name, &facts, style));
    let file = File { bytes, ask };
    let (size, drawing) = file.size();
    let section = |title, command, body| Section {
        title,
        command,
        body,
        drawing: None,
    };
    let digest = Sha256::digest(&bytes[..]);
    Ok(Whole {
        file: text::escape(name),
        size: bytes.len() as u64,
        sha256: digest.iter().map(|b| format!("{b:02x}")).collect(),
        day: ask.today.to_string(),
        sections: vec![
            section("What it is", "gospect info --verbose FILE", identity),
            section("Gate", "gospect check FILE", file.check()),
            section("Vulnerabilities", "gospect vuln FILE", file.vuln()),
            Section {
                drawing,
                ..section("Sizes", "gospect size FILE", size)
            },
            section(
                "Dependencies: what goes with each",
                "gospect why FILE",
                file.why(),
            ),
            section("What if", "gospect whatif FILE", file.whatif()),
        ],
    })
}

/// The gate's section as data.
///
/// # Errors
/// Where the file can't be read, and where it shows no sign of Go.
pub fn judged(bytes: &Bytes, ask: Ask<'_>) -> Result<report::check::Run, String> {
    let policy = ask.policy.map(|p| p.0);
    let demands = select::demands(policy, &select::Flags::default(), ask.names);
    let judgement = judge::judge(bytes, &demands, policy, ask.names, ask.today).map_err(|e| e.to_string())?;
    if !judgement.is_go && !judgement.opaque {
        return Err("the file shows no sign of Go".into());
    }
    Ok(report::check::Run {
        files: vec![report::check::File {
            name: ask.display.clone(),
            judgement,
        }],
        skipped: Vec::new(),
        unreadable: Vec::new(),
        policy: ask.policy.map(|p| p.1.to_string_lossy().into_owned()),
        level: policy.and_then(|p| p.level).unwrap_or(Level::Warning),
        today: ask.today,
    })
}

/// What is made of a section: Markdown, or why there is none.
type Body = Result<Vec<u8>, String>;

fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Body {
    let mut out = Vec::new();
    write(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

struct File<'f> {
    bytes: &'f Bytes,
    ask: Ask<'f>,
}

impl File<'_> {
    fn check(&self) -> Body {
        let run = judged(self.bytes, self.ask)?;
        written(|out| report::check::markdown(out, &run))
    }

    fn vuln(&self) -> Body {
        let Ask { db, today, .. } = self.ask;
        let ask = vuln::Ask {
            db,
            today: &today.to_string(),
            reach: false,
        };
        let mut file = vuln::look(self.bytes, ask).map_err(|e| e.to_string())?;
        if !file.is_go {
            return Err("the file shows no sign of Go".into());
        }
        let exceptions = self.ask.policy.map_or(&[][..], |p| &p.0.vulns);
        file.suppress(exceptions, self.ask.names, today);
        let run = report::vuln::Run {
            files: vec![(self.ask.display.clone(), file)],
            unreadable: Vec::new(),
            level: vuln::Level::Symbol,
            today,
            db,
        };
        written(|out| report::vuln::markdown(out, &run))
    }

    fn size(&self) -> (Body, Option<Vec<u8>>) {
        let measured = match sizes::measure(self.bytes, sizes::Options::default()) {
            Ok(m) => m,
            Err(e) => return (Err(e.to_string()), None),
        };
        let view = report::size::View::plain(By::Module, 20);
        let shown = report::size::Shown {
            name: self.ask.name,
            file: self.ask.name,
            report: &measured,
            rows: measured.rows.iter().collect(),
            view: &view,
        };
        let drawing = written(|out| report::size::write_svg(out, &shown));
        let body = written(|out| report::size::write_markdown(out, &shown));
        (body, drawing.ok())
    }

    fn why(&self) -> Body {
        let program = Program::open(self.bytes).map_err(|e| e.to_string())?;
        let graph = Graph::new(&program, None).map_err(|e| e.to_string())?;
        let answer = report::why::Answer {
            table: graph.table(),
            ..Default::default()
        };
        if answer.table.modules.is_empty() {
            return Ok(b"The program has no modules but its own.\n".to_vec());
        }
        let style = report::why::Style {
            packages: false,
            top: 20,
            markdown: true,
        };
        written(|out| report::why::table(out, &graph, &answer, style))
    }

    fn whatif(&self) -> Body {
        let program = Program::open(self.bytes).map_err(|e| e.to_string())?;
        let predicted = whatif::predict(&program, whatif::Options { compress: true });
        written(|out| report::whatif::write_markdown(out, self.ask.name, &predicted, &[]))
    }
}
