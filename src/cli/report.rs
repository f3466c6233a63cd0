//! `gospect report`: everything that is told of a file, on one page.

use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::check::{day, display, policy};
use super::frame::{self, Format, Output};
use super::vuln::database;
use crate::analysis::graph::Graph;
use crate::analysis::policy::values::Date;
use crate::analysis::policy::{Level, judge, select};
use crate::analysis::size::{self as sizes, By};
use crate::analysis::vuln;
use crate::analysis::{info, whatif};
use crate::go::Program;
use crate::input::{Bytes, Name};
use crate::report::whole::{Section, Whole};
use crate::report::{self, text};

/// One page about a file, for a release or an audit: identity, linkage, gate, vulnerabilities, sizes,
/// dependencies, what-if.
///
/// The page says what `info`, `check`, `vuln`, `size`, `why` and `whatif` say, and where one of them can say
/// nothing, why. As HTML it is one file that loads nothing and can be printed; as Markdown it goes into a
/// release note. It describes: `check` and `vuln` are the gates.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  gospect report -o report.html ./server\n  gospect report --format markdown \
        ./server > RELEASE.md\n\n\
    Exit status: 0 the page was written, whatever it says; 2 wrong usage or a file that could not be read."
)]
pub struct Args {
    /// The file; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The policy file that the gate goes by [default: GOSPECT_POLICY, or gospect.toml here or above, up to
    /// the repository or the home folder].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Use no policy file: audit.
    #[arg(long, conflicts_with = "policy")]
    no_policy: bool,
    /// The vulnerability database, as in `gospect vuln`.
    #[arg(long, value_name = "PLACE")]
    db: Option<String>,
    /// The day that counts as today.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    today: Option<Date>,
    /// How to print [default: html for -o FILE.html, else markdown].
    #[arg(long, value_name = "FORMAT", value_parser = frame::formats(["html", "markdown"]))]
    format: Option<Format>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> u8 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let today = args.today.unwrap_or_else(|| Date::from_unix(now));
    let Ok(loaded) = policy::load(args.policy.as_deref(), args.no_policy) else {
        return super::TROUBLE;
    };
    let db = match database::load_or_complain(args.db.as_deref(), database::SECONDS) {
        Ok(db) => db,
        Err(status) => return status,
    };
    let named = args.output.output.as_ref().and_then(|o| o.extension());
    let html = match args.format {
        Some(f) => f == Format::Html,
        None => named.is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm")),
    };
    let mut seen = 0;
    frame::each(
        &args.output,
        std::slice::from_ref(&args.file),
        |name, bytes, out| {
            seen += 1;
            if seen > 1 {
                frame::note("gospect: a report is about one file; name one");
                return Err(frame::Trouble::Said);
            }
            let file = File { name, bytes, today };
            // What is no binary is an error, not a page that says so seven times.
            let facts = info::gather(bytes, None)?;
            let style = report::info::Style {
                verbose: true,
                ..Default::default()
            };
            let identity = written(|out| {
                report::info::markdown(out, name.shown().as_os_str().as_encoded_bytes(), &facts, style)
            });
            let (size, drawing) = file.size();
            let section = |title, command, body| Section {
                title,
                command,
                body,
                drawing: None,
            };
            let whole = Whole {
                file: text::escape(name.shown().as_os_str().as_encoded_bytes()),
                size: bytes.len() as u64,
                sha256: Sha256::digest(&bytes[..])
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect(),
                day: today.to_string(),
                sections: vec![
                    section("What it is", "gospect info --verbose FILE", identity),
                    section("Gate", "gospect check FILE", file.check(loaded.as_ref())),
                    section(
                        "Vulnerabilities",
                        "gospect vuln FILE",
                        file.vuln(&db, loaded.as_ref()),
                    ),
                    Section {
                        title: "Sizes",
                        command: "gospect size FILE",
                        body: size,
                        drawing,
                    },
                    section(
                        "Dependencies: what goes with each",
                        "gospect why FILE",
                        file.why(),
                    ),
                    section("What if", "gospect whatif FILE", file.whatif()),
                ],
            };
            if html {
                whole.write_html(out)?;
            } else {
                whole.write_markdown(out)?;
            }
            Ok(super::FINE)
        },
    )
}

/// What is made of a section: Markdown, or why there is none.
type Body = Result<Vec<u8>, String>;

fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Body {
    let mut out = Vec::new();
    write(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

struct File<'f> {
    name: &'f Name,
    bytes: &'f Bytes,
    today: Date,
}

impl File<'_> {
    fn check(&self, loaded: Option<&policy::Loaded>) -> Body {
        let policy = loaded.map(|l| &l.policy);
        let names = policy::names(loaded, self.name);
        let demands = select::demands(policy, &select::Flags::default(), &names);
        let judgement =
            judge::judge(self.bytes, &demands, policy, &names, self.today).map_err(|e| e.to_string())?;
        if !judgement.is_go && !judgement.opaque {
            return Err("the file shows no sign of Go".into());
        }
        let run = report::check::Run {
            files: vec![report::check::File {
                name: display(self.name.clone()),
                judgement,
            }],
            skipped: Vec::new(),
            unreadable: Vec::new(),
            policy: loaded.map(|l| l.path.to_string_lossy().into_owned()),
            level: policy.and_then(|p| p.level).unwrap_or(Level::Warning),
            today: self.today,
        };
        written(|out| report::check::markdown(out, &run))
    }

    fn vuln(&self, db: &vuln::Database, loaded: Option<&policy::Loaded>) -> Body {
        let today = self.today.to_string();
        let ask = vuln::Ask {
            db,
            today: &today,
            reach: false,
        };
        let mut file = vuln::look(self.bytes, ask).map_err(|e| e.to_string())?;
        if !file.is_go {
            return Err("the file shows no sign of Go".into());
        }
        let names = policy::names(loaded, self.name);
        file.suppress(loaded.map_or(&[], |l| &l.policy.vulns), &names, self.today);
        let run = report::vuln::Run {
            files: vec![(display(self.name.clone()), file)],
            unreadable: Vec::new(),
            level: vuln::Level::Symbol,
            today: self.today,
            db,
        };
        written(|out| report::vuln::markdown(out, &run))
    }

    fn size(&self) -> (Body, Option<Vec<u8>>) {
        let measured = match sizes::measure(self.bytes, sizes::Options::default()) {
            Ok(m) => m,
            Err(e) => return (Err(e.to_string()), None),
        };
        let view = report::size::View {
            by: By::Module,
            top: 20,
            tree: false,
            filter: None,
            memory: false,
            explain: None,
            color: false,
            grouped: false,
            width: None,
        };
        let shown = report::size::Shown {
            name: self.name,
            file: self.name,
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
        written(|out| report::whatif::write_markdown(out, self.name, &predicted, &[]))
    }
}
