//! A file's bytes → what is found about each program in it: one, or the slices of a fat Mach-O.

use super::db::Database;
use super::judge::{self, Finding, Gap, Judgement, Level};
use super::reach::{self, Reach};
use super::subject::Subject;
use crate::analysis::info;
use crate::analysis::policy::file::Accepted;
use crate::analysis::policy::values::Date;
use crate::error::{Error, Result};
use crate::go::Program;
use crate::image::{Detail, Format, Image, Sniffed, macho, sniff};
use crate::input::Bytes;

/// A finding that a policy puts up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// What was found.
    pub finding: Finding,
    /// Why that is put up with.
    pub reason: String,
    /// Until when.
    pub expires: Date,
}

/// One file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// Does it show that it is a Go program?
    pub is_go: bool,
    /// `go1.27.4`.
    pub go_version: Option<String>,
    /// GOOS.
    pub os: Option<String>,
    /// GOARCH.
    pub arch: Option<String>,
    /// Import path of the main package.
    pub path: Option<String>,
    /// Path and version of the main module.
    pub main: Option<(String, String)>,
    /// What is found, without what is put up with.
    pub judgement: Judgement,
    /// What is put up with.
    pub suppressed: Vec<Suppressed>,
}

impl File {
    /// Takes out what the policy puts up with in a file that goes by `names`.
    pub fn suppress(&mut self, accepted: &[Accepted], names: &[String], today: Date) {
        let of = |f: &Finding| {
            accepted.iter().find(|a| {
                (a.id == f.id || f.aliases.contains(&a.id))
                    && a.module.as_ref().is_none_or(|m| *m == f.module)
                    && a.paths.as_ref().is_none_or(|p| p.matches(names))
                    && today < a.expires
            })
        };
        let (mut keep, mut out) = (Vec::new(), Vec::new());
        for finding in std::mem::take(&mut self.judgement.findings) {
            match of(&finding) {
                Some(a) => out.push(Suppressed {
                    finding,
                    reason: a.reason.clone(),
                    expires: a.expires,
                }),
                None => keep.push(finding),
            }
        }
        self.judgement.findings = keep;
        self.suppressed = out;
    }

    /// Takes out what nothing is seen to call: what is in the file because reflection may call it, and for no
    /// other reason. That it did is a gap.
    pub fn keep_reached(&mut self) {
        let j = &mut self.judgement;
        let before = j.findings.len();
        j.findings.retain(|f| f.reach != Some(Reach::Uncalled));
        let n = before - j.findings.len();
        if n > 0 {
            j.gaps.push(Gap {
                what: "uncalled",
                message: format!(
                    "{n} findings left out: their functions are in the file because reflection may call \
                        them, and nothing we see does"
                ),
            });
        }
    }

    /// Does it make the exit status 1?
    pub fn fails(&self, level: Level) -> bool {
        self.judgement.blind || self.judgement.findings.iter().any(|f| f.fails(level))
    }
}

/// What a program is held against, and what is wanted to know.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'d> {
    /// The database.
    pub db: &'d Database,
    /// The day that counts as today, `YYYY-MM-DD`.
    pub today: &'d str,
    /// How does the program come to its vulnerable functions? That takes a reading of all its code.
    pub reach: bool,
}

/// Judges the programs in a file, of one that UPX packed the one that it unpacks to; of a fat Mach-O all
/// slices, whose findings are put together.
///
/// # Errors
/// Where the file is no image of a known format.
pub fn look(bytes: &Bytes, ask: Ask<'_>) -> Result<File> {
    if sniff(bytes) != Some(Sniffed::Fat) {
        return Ok(judge_program(&Program::open_unpacked(bytes, None)?, ask));
    }
    let mut out: Option<File> = None;
    for slice in macho::slices(bytes)? {
        let program = Program::open_arch(bytes, Some(slice.arch.goarch()))?;
        let next = judge_program(&program, ask);
        match &mut out {
            None => out = Some(next),
            Some(first) => merge(first, next),
        }
    }
    out.ok_or_else(|| Error::new("holds no program"))
}

fn merge(first: &mut File, next: File) {
    let j = &mut first.judgement;
    for f in next.judgement.findings {
        let same = |o: &&mut Finding| {
            (&o.id, &o.module, &o.package, o.scope) == (&f.id, &f.module, &f.package, f.scope)
        };
        match j.findings.iter_mut().find(same) {
            Some(old) if old.level >= f.level => {}
            Some(old) => *old = f,
            None => j.findings.push(f),
        }
    }
    let new = next.judgement.gaps.into_iter().filter(|g| !j.gaps.contains(g));
    let new: Vec<_> = new.collect();
    j.gaps.extend(new);
    j.blind |= next.judgement.blind;
    first.is_go |= next.is_go;
    judge::sort(&mut j.findings);
}

/// Judges one program.
pub fn judge_program(program: &Program<'_>, ask: Ask<'_>) -> File {
    let build = program.build_info();
    let told = build.map(|b| b.go_version()).filter(|v| *v != b"unknown");
    // The page of facts knows more ways to a version, and who else writes Go programs; it is only asked where
    // there is need.
    let facts = (told.is_none() || program.pclntab().is_err()).then(|| info::gather_program(program));
    let hidden = match (program.obfuscated(), &facts) {
        (Some(o), _) => Some(format!("{} has renamed them", o.by)),
        (None, Some(f)) => match (f.packed, f.compiler) {
            (Some(by), _) => Some(format!("the file is packed by {by}")),
            (_, Some(c @ ("gccgo" | "tinygo"))) => Some(format!("{c} writes no table of them")),
            _ => None,
        },
        _ => None,
    };
    let mut subject = Subject::new(program, hidden);
    if let Some(f) = &facts {
        subject.go_version = f.go_version.clone();
    }
    let image = program.image();
    subject.os = subject.os.or_else(|| os(image));
    subject.arch = subject
        .arch
        .or_else(|| Some(image.arch.goarch().to_string()).filter(|a| !a.is_empty()));
    let main = subject.modules.first().filter(|_| subject.has_main);
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let mut judgement = judge::judge(&subject, ask.db, ask.today);
    if ask.reach {
        reach::find(program, &mut judgement.findings);
    }
    File {
        is_go: build.is_some() || program.pclntab().is_ok() || facts.as_ref().is_some_and(info::Facts::is_go),
        go_version: subject.go_version.clone(),
        os: subject.os.clone(),
        arch: subject.arch.clone(),
        path: subject.main_path.clone(),
        main: main.map(|m| (text(m.path), text(m.version))),
        judgement,
        suppressed: Vec::new(),
    }
}

/// The system a format is for, where that is one: an ELF file does not say enough, and an advisory for
/// another system must not be left out on a guess.
fn os(image: &Image<'_>) -> Option<String> {
    let word = match (&image.detail, image.format) {
        (Detail::Pe(_), _) => "windows",
        (_, Format::Xcoff) => "aix",
        (_, Format::Plan9) => "plan9",
        _ => return None,
    };
    Some(word.to_string())
}
