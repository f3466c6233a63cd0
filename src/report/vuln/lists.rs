//! Findings one after the other: JUnit XML, GitHub annotations, Markdown.

use std::io::{self, Write};

use super::{Run, page, place, remedy, version, way};
use crate::analysis::vuln::Finding;
use crate::report::check::github::{data, property, unreadable};
use crate::report::check::xml;
use crate::report::markdown::{cell, code};

fn said(f: &Finding) -> String {
    let of = version(&f.module, &f.version);
    let way = f.reach.as_ref().map(|r| format!("; {}", way(r, false)));
    format!(
        "{} in {} {of}: {}; {}{}",
        f.id,
        f.module,
        place(f, false),
        remedy(f),
        way.unwrap_or_default()
    )
}

/// A workflow command for each finding that counts, a notice for what could not be judged.
///
/// # Errors
/// What the writer says.
pub fn github(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    for (file, f) in &run.files {
        for x in f.judgement.findings.iter().filter(|x| x.fails(run.level)) {
            let text = data(&format!("{file}: {}. {}", said(x), page(&x.id)));
            writeln!(
                out,
                "::error file={},title=gospect {}::{text}",
                property(file),
                property(&x.id)
            )?;
        }
        for g in &f.judgement.gaps {
            let command = if f.judgement.blind { "error" } else { "notice" };
            let text = data(&format!("{file}: {}", g.message));
            writeln!(
                out,
                "::{command} file={},title=gospect vuln::{text}",
                property(file)
            )?;
        }
    }
    unreadable(out, &run.unreadable)
}

/// A test suite for each file, a test case for each advisory; one that counts is a failure.
///
/// # Errors
/// What the writer says.
pub fn junit(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"gospect vuln\" errors=\"{}\">",
        run.unreadable.len()
    )?;
    for (file, f) in &run.files {
        let j = &f.judgement;
        let failed = j.findings.iter().filter(|x| x.fails(run.level)).count() + usize::from(j.blind);
        let tests = j.findings.len() + f.suppressed.len() + 1;
        write!(out, "  <testsuite name=\"")?;
        xml(out, file)?;
        writeln!(
            out,
            "\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{}\">",
            f.suppressed.len()
        )?;
        case(
            out,
            file,
            "can be judged",
            j.blind
                .then_some(("failure", "its modules and functions can't be seen")),
        )?;
        for x in &j.findings {
            let text = said(x);
            case(
                out,
                file,
                &named(x),
                x.fails(run.level).then_some(("failure", &text)),
            )?;
        }
        for s in &f.suppressed {
            let why = format!("put up with until {}: {}", s.expires, s.reason);
            case(out, file, &named(&s.finding), Some(("skipped", &why)))?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    for (file, why) in &run.unreadable {
        write!(out, "  <testsuite name=\"")?;
        xml(out, file)?;
        writeln!(out, "\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">")?;
        case(out, file, "readable", Some(("error", why)))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn named(f: &Finding) -> String {
    format!("{} {}", f.id, f.package.as_deref().unwrap_or(&f.module))
}

fn case(out: &mut dyn Write, file: &str, name: &str, outcome: Option<(&str, &str)>) -> io::Result<()> {
    write!(out, "    <testcase classname=\"")?;
    xml(out, file)?;
    write!(out, "\" name=\"")?;
    xml(out, name)?;
    let Some((what, message)) = outcome else {
        return writeln!(out, "\"/>");
    };
    write!(out, "\"><{what} message=\"")?;
    xml(out, message)?;
    writeln!(out, "\"/></testcase>")
}

/// Tables for a pull request's comment or a job summary.
///
/// # Errors
/// What the writer says.
pub fn markdown(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    let mark = if run.fails() || !run.unreadable.is_empty() {
        "❌"
    } else {
        "✅"
    };
    writeln!(out, "### {mark} gospect vuln\n")?;
    for (file, f) in &run.files {
        let j = &f.judgement;
        let counted: Vec<_> = j.findings.iter().filter(|x| x.fails(run.level)).collect();
        let rest = j.findings.len() - counted.len();
        writeln!(
            out,
            "{}: {} that count, {rest} others\n",
            code(file),
            counted.len()
        )?;
        for g in &j.gaps {
            writeln!(out, "> ⚠️ {}\n", cell(&g.message))?;
        }
        if counted.is_empty() {
            continue;
        }
        let asked = counted.iter().any(|x| x.reach.is_some());
        let (title, line) = if asked {
            (" How the program comes to it |", " --- |")
        } else {
            ("", "")
        };
        writeln!(
            out,
            "| Id | Module | Where | Fix |{title}\n| --- | --- | --- | --- |{line}"
        )?;
        for x in counted {
            let (of, id) = (version(&x.module, &x.version), &x.id);
            let module = cell(&format!("{} {of}", x.module));
            writeln!(
                out,
                "| [{}]({}) | {module} | {} | {} |{}",
                cell(id),
                page(id),
                cell(&place(x, false)),
                cell(&remedy(x)),
                match &x.reach {
                    Some(reach) => format!(" {} |", cell(&way(reach, false))),
                    None if asked => " |".to_string(),
                    None => String::new(),
                }
            )?;
        }
        writeln!(out)?;
    }
    for (file, why) in &run.unreadable {
        writeln!(out, "{}: {}\n", code(file), cell(why))?;
    }
    let meta = run.db.meta();
    writeln!(
        out,
        "Database: {}, {}",
        cell(&meta.source),
        meta.modified.get(..10).unwrap_or("date not known")
    )
}
