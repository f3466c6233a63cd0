//! Workflow commands that GitHub Actions turns into annotations: `::error file=…,title=…::message`.
//!
//! Authority: GitHub's documentation of workflow commands; `%`, CR and LF are escaped everywhere, `:` and `,`
//! in properties too.

use std::io::{self, Write};

use super::Run;
use super::text::summary;
use crate::analysis::policy::Level;
use crate::input::Name;
use crate::report::text::unsafe_on_terminal;

/// Writes the run.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    for (file, f) in run.findings() {
        let command = match f.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let seen = if f.evidence.is_empty() {
            String::new()
        } else {
            format!(" (seen: {})", f.evidence)
        };
        let message = data(&format!("{file} {}{seen}. {}", f.message, f.help));
        writeln!(
            out,
            "::{command} file={},title=gospect {}::{message}",
            property(file),
            property(f.rule)
        )?;
    }
    unreadable(out, &run.unreadable)?;
    writeln!(out, "{}", data(&summary(run)))
}

/// An annotation for each file that could not be read.
///
/// # Errors
/// What the writer says.
pub(in crate::report) fn unreadable(out: &mut dyn Write, files: &[(Name, String)]) -> io::Result<()> {
    for (file, why) in files {
        writeln!(
            out,
            "::error file={},title=gospect::{}",
            property(file),
            data(&format!("{file}: {why}"))
        )?;
    }
    Ok(())
}

/// What steers a terminal or hides text in the log is shown as `\u{…}`.
pub(in crate::report) fn data(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            c if unsafe_on_terminal(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

pub(in crate::report) fn property(s: &str) -> String {
    data(s).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_can_not_end_the_command() {
        assert_eq!(
            property("a:b,c%\n::error::x"),
            "a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Ax"
        );
        assert_eq!(data("50% done\r\n"), "50%25 done%0D%0A");
        assert_eq!(data("a\u{1b}[31m\u{9b}\u{202e}"), "a\\u{1b}[31m\\u{9b}\\u{202e}");
    }
}
