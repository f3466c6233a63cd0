//! JUnit XML as CI systems read it: a test suite for each file, a test case for each rule.

use std::io::{self, Write};

use super::{Run, xml};
use crate::analysis::policy::rules;

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    // Cases are rules: one with several findings is one failure.
    let failed = |f: &super::File| {
        let mut codes: Vec<&str> = f
            .judgement
            .findings
            .iter()
            .filter(|x| x.level >= run.level)
            .map(|x| x.rule)
            .collect();
        codes.dedup();
        codes.sort_unstable();
        codes.dedup();
        codes
    };
    let total: usize = run.files.iter().map(|f| failed(f).len()).sum();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"gospect check\" failures=\"{total}\" errors=\"{}\">",
        run.unreadable.len()
    )?;
    for file in &run.files {
        let j = &file.judgement;
        let failures = failed(file);
        let idle = |code: &str| {
            j.not_applicable
                .iter()
                .chain(&j.unknown)
                .find(|s| s.0 == code)
                .map(|s| s.1.as_str())
        };
        let excepted = |code: &str| j.excepted.iter().find(|e| e.finding.rule == code);
        let seen = |code: &str| {
            j.findings.iter().any(|f| f.rule == code)
                || j.passed.iter().any(|p| p.0 == code)
                || idle(code).is_some()
                || excepted(code).is_some()
        };
        let cases: Vec<_> = rules::all().filter(|r| seen(r.code)).collect();
        let skipped = cases
            .iter()
            .filter(|r| {
                !j.findings.iter().any(|f| f.rule == r.code)
                    && (idle(r.code).is_some() || excepted(r.code).is_some())
            })
            .count();
        write!(out, "  <testsuite name=\"")?;
        xml(out, &file.name)?;
        writeln!(
            out,
            "\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\">",
            cases.len(),
            failures.len()
        )?;
        for rule in cases {
            write!(out, "    <testcase classname=\"")?;
            xml(out, &file.name)?;
            write!(out, "\" name=\"{}\"", rule.code)?;
            let mine: Vec<_> = j.findings.iter().filter(|f| f.rule == rule.code).collect();
            if let Some(first) = mine.first() {
                let tag = if failures.contains(&rule.code) {
                    "failure"
                } else {
                    "system-out"
                };
                writeln!(out, ">")?;
                if tag == "failure" {
                    write!(out, "      <failure type=\"{}\" message=\"", first.level)?;
                    xml(out, &first.message)?;
                    write!(out, "\">")?;
                } else {
                    write!(out, "      <system-out>")?;
                }
                for (i, f) in mine.iter().enumerate() {
                    let line_end = if i + 1 < mine.len() { "\n" } else { "" };
                    xml(
                        out,
                        &format!(
                            "{}: {} (seen: {}); {}{line_end}",
                            f.level, f.message, f.evidence, f.help
                        ),
                    )?;
                }
                writeln!(out, "</{tag}>\n    </testcase>")?;
            } else if let Some(e) = excepted(rule.code) {
                write!(out, "><skipped message=\"")?;
                xml(out, &format!("excepted until {}: {}", e.expires, e.reason))?;
                writeln!(out, "\"/></testcase>")?;
            } else if let Some(why) = idle(rule.code) {
                write!(out, "><skipped message=\"")?;
                xml(out, why)?;
                writeln!(out, "\"/></testcase>")?;
            } else {
                writeln!(out, "/>")?;
            }
        }
        writeln!(out, "  </testsuite>")?;
    }
    for (name, why) in &run.unreadable {
        write!(out, "  <testsuite name=\"")?;
        xml(out, name)?;
        write!(
            out,
            "\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    <testcase classname=\""
        )?;
        xml(out, name)?;
        write!(out, "\" name=\"readable\"><error message=\"")?;
        xml(out, why)?;
        writeln!(out, "\"/></testcase>\n  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}
