//! Why two builds differ → text, JSON, Markdown.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::markdown::{cell, code};
use super::text::{escape, grouped};
use crate::analysis::compare::{Cause, Class, Comparison, Functions, Listing, Row, Verdict};

/// Characters of a value on a line of text.
const SHORT: usize = 100;

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: u32,
    theirs: &'a str,
    ours: &'a str,
    verdict: &'static str,
    because: Vec<CauseDoc<'a>>,
    functions: FunctionsDoc<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listings: Option<Vec<ListingDoc<'a>>>,
}

#[derive(Serialize)]
struct ListingDoc<'a> {
    name: &'a str,
    parts: Vec<Vec<RowDoc<'a>>>,
}

#[derive(Serialize)]
struct RowDoc<'a> {
    theirs: Option<&'a str>,
    ours: Option<&'a str>,
    same: bool,
}

fn listing(l: &Listing) -> ListingDoc<'_> {
    ListingDoc {
        name: &l.name,
        parts: l.parts.iter().map(|p| p.iter().map(row_doc).collect()).collect(),
    }
}

fn row_doc(r: &Row) -> RowDoc<'_> {
    RowDoc {
        theirs: r.theirs.as_deref(),
        ours: r.ours.as_deref(),
        same: r.same,
    }
}

#[derive(Serialize)]
pub(super) struct CauseDoc<'a> {
    what: &'a str,
    effect: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct FunctionsDoc<'a> {
    same: usize,
    moved: usize,
    different: Vec<&'a str>,
}

pub(super) fn cause(c: &Cause) -> CauseDoc<'_> {
    CauseDoc {
        what: &c.what,
        effect: c.class == Class::Effect,
        name: c.name.as_deref(),
        section: c.section.as_deref(),
        function: c.function.as_deref(),
        theirs: c.theirs.as_deref(),
        ours: c.ours.as_deref(),
        note: c.note.as_deref(),
    }
}

pub(super) fn functions(f: &Functions) -> FunctionsDoc<'_> {
    FunctionsDoc {
        same: f.same,
        moved: f.moved,
        different: f.different.iter().map(|f| f.name.as_str()).collect(),
    }
}

/// Writes the JSON object.
///
/// # Errors
/// What the writer says.
pub fn json(
    out: &mut dyn Write,
    (theirs, ours): (&str, &str),
    c: &Comparison,
    listings: Option<&[Listing]>,
) -> io::Result<()> {
    let report = Report {
        schema: "gospect/compare",
        version: 1,
        theirs,
        ours,
        verdict: c.verdict.word(),
        because: c.because.iter().map(cause).collect(),
        functions: functions(&c.functions),
        listings: listings.map(|all| all.iter().map(listing).collect()),
    };
    json::write(out, &report)
}

/// The verdict as a sentence.
fn sentence(c: &Comparison) -> String {
    let mut words: Vec<&str> = Vec::new();
    for cause in c.because.iter().filter(|c| c.class != Class::Effect) {
        if !words.contains(&&*cause.what) {
            words.push(&cause.what);
        }
    }
    match c.verdict {
        Verdict::Identical => "identical: byte for byte the same".into(),
        Verdict::IdenticalBut => format!("identical but for {}", words.join(", ")),
        Verdict::Different => "different".into(),
    }
}

fn counts(c: &Comparison) -> String {
    let f = &c.functions;
    format!(
        "functions: {} the same, {} moved (equal but for addresses), {} different",
        grouped(f.same as u64),
        grouped(f.moved as u64),
        grouped(f.different.len() as u64)
    )
}

fn short(s: &str) -> String {
    let safe = escape(s.as_bytes());
    match safe.char_indices().nth(SHORT) {
        Some((at, _)) => format!("{}…", &safe[..at]),
        None => safe,
    }
}

/// What a cause is about, on a line.
fn subject(c: &Cause) -> String {
    let parts = [
        c.name.clone(),
        c.function.as_ref().map(|f| match &*c.what {
            // Of these, the function itself is what differs.
            "code" | "line numbers" => f.clone(),
            _ => format!("in {f}"),
        }),
        c.section
            .clone()
            .filter(|_| c.name.is_none() && c.function.is_none()),
    ];
    escape(
        parts
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
            .as_bytes(),
    )
}

/// What a cause is about, with its explanation.
fn about(c: &Cause) -> String {
    let note = c.note.as_ref().map(|n| escape(n.as_bytes()));
    match (subject(c), note) {
        (subject, None) => subject,
        (subject, Some(note)) if subject.is_empty() => note,
        (subject, Some(note)) => format!("{subject} ({note})"),
    }
}

/// Text for a terminal.
///
/// # Errors
/// What the writer says.
pub fn text(out: &mut dyn Write, names: (&str, &str), c: &Comparison, color: bool) -> io::Result<()> {
    let paint = |on: &'static str| if color { (on, "\x1b[0m") } else { ("", "") };
    writeln!(out, "{} and {}", names.0, names.1)?;
    let (on, off) = paint(match c.verdict {
        Verdict::Different => "\x1b[31m",
        _ => "\x1b[32m",
    });
    writeln!(out, "{on}{}{off}", sentence(c))?;
    let (minus, plus) = (paint("\x1b[31m"), paint("\x1b[32m"));
    let mut effects = false;
    for cause in &c.because {
        if cause.class == Class::Effect && !effects {
            effects = true;
            writeln!(out, "\nwhat follows from it:")?;
        }
        write!(out, "\n  {}", escape(cause.what.as_bytes()))?;
        let subject = subject(cause);
        if !subject.is_empty() {
            write!(out, ": {subject}")?;
        }
        if let Some(note) = &cause.note {
            write!(out, " ({})", escape(note.as_bytes()))?;
        }
        writeln!(out)?;
        if cause.theirs.is_some() || cause.ours.is_some() {
            let value = |v: &Option<String>| v.as_deref().map_or("(none)".into(), short);
            writeln!(out, "    {}- {}{}", minus.0, value(&cause.theirs), minus.1)?;
            writeln!(out, "    {}+ {}{}", plus.0, value(&cause.ours), plus.1)?;
        }
    }
    writeln!(out, "\n{}", counts(c))
}

/// The functions that differ, in two columns of so many characters each, below the names of the files.
///
/// # Errors
/// What the writer says.
pub fn side_by_side(
    out: &mut dyn Write,
    names: (&str, &str),
    all: &[Listing],
    width: usize,
    color: bool,
) -> io::Result<()> {
    let paint = |on: &'static str, text: &str| match color && !text.trim().is_empty() {
        true => format!("{on}{text}\x1b[0m"),
        false => text.to_string(),
    };
    for l in all {
        let bold = paint("\x1b[1m", &escape(l.name.as_bytes()));
        writeln!(out, "\n{bold}")?;
        let (left, right) = (ending(names.0, width), ending(names.1, width));
        let pad = " ".repeat(width.saturating_sub(left.chars().count()));
        let (left, right) = (paint("\x1b[31m", &left), paint("\x1b[32m", &right));
        writeln!(out, "  {left}{pad}   {right}")?;
        for (i, part) in l.parts.iter().enumerate() {
            if i > 0 {
                writeln!(out, "  …")?;
            }
            for r in part {
                let cell = |t: &Option<String>| {
                    let text = t.as_deref().unwrap_or_default().replace('\t', " ");
                    wrapped(&escape(text.as_bytes()), width)
                };
                let (left, right) = (cell(&r.theirs), cell(&r.ours));
                for n in 0..left.len().max(right.len()) {
                    let of = |side: &[String]| side.get(n).cloned().unwrap_or_default();
                    let (left, right) = (of(&left), of(&right));
                    let pad = " ".repeat(width.saturating_sub(left.chars().count()));
                    let line = match r.same {
                        true => format!("  {left}{pad}   {right}"),
                        false => {
                            let (left, right) = (paint("\x1b[31m", &left), paint("\x1b[32m", &right));
                            format!("  {left}{pad} | {right}")
                        }
                    };
                    writeln!(out, "{}", line.trim_end())?;
                }
            }
        }
    }
    Ok(())
}

/// A text on lines of so many characters; those behind the first stand further in.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    const INDENT: usize = 4;
    let all: Vec<char> = text.chars().collect();
    let (first, rest) = all.split_at(all.len().min(width));
    let mut out = vec![first.iter().collect::<String>()];
    for part in rest.chunks(width.saturating_sub(INDENT).max(1)) {
        out.push(format!(
            "{}{}",
            " ".repeat(INDENT),
            part.iter().collect::<String>()
        ));
    }
    out
}

/// A path, of which the end is kept where it is too long.
fn ending(path: &str, width: usize) -> String {
    let count = path.chars().count();
    match count.checked_sub(width) {
        Some(1..) => path
            .chars()
            .skip(count - width + 1)
            .fold("…".into(), |s, c| s + &c.to_string()),
        _ => path.to_string(),
    }
}

/// The functions that differ, as differences of text.
fn diffs(out: &mut dyn Write, all: &[Listing]) -> io::Result<()> {
    for l in all {
        writeln!(out, "\n{}\n\n```diff", code(&l.name))?;
        for r in l.parts.iter().flatten() {
            let line = |t: &str| escape(t.replace('`', "'").as_bytes());
            match (&r.theirs, &r.ours) {
                (_, Some(t)) if r.same => writeln!(out, "  {}", line(t))?,
                (t, u) => {
                    for (sign, t) in [('-', t), ('+', u)] {
                        if let Some(t) = t {
                            writeln!(out, "{sign} {}", line(t))?;
                        }
                    }
                }
            }
        }
        writeln!(out, "```")?;
    }
    Ok(())
}

/// Markdown for a pull request.
///
/// # Errors
/// What the writer says.
pub fn markdown(
    out: &mut dyn Write,
    names: (&str, &str),
    c: &Comparison,
    listings: &[Listing],
) -> io::Result<()> {
    writeln!(
        out,
        "{} → {}: **{}**\n",
        cell(names.0),
        cell(names.1),
        cell(&sentence(c))
    )?;
    if !c.because.is_empty() {
        writeln!(
            out,
            "| | what | about | theirs | ours |\n| --- | --- | --- | --- | --- |"
        )?;
    }
    for cause in &c.because {
        let value = |v: &Option<String>| v.as_deref().map_or(String::new(), |v| code(&short(v)));
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            if cause.class == Class::Effect {
                "effect"
            } else {
                "cause"
            },
            cell(&cause.what),
            cell(&about(cause)),
            value(&cause.theirs),
            value(&cause.ours)
        )?;
    }
    writeln!(out, "\n{}", cell(&counts(c)))?;
    diffs(out, listings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: usize, color: bool) -> String {
        let row = |theirs: Option<&str>, ours: Option<&str>, same| Row {
            theirs: theirs.map(str::to_string),
            ours: ours.map(str::to_string),
            same,
        };
        let call = "CALL internal/runtime/maps.(*Iter).grownKeyElem(SB)";
        let listing = Listing {
            name: "main.greet".into(),
            parts: vec![
                vec![
                    row(Some("PUSHQ BP"), Some("PUSHQ BP"), true),
                    row(Some("CMPQ AX, $0x5"), Some("CMPQ AX, $0x6"), false),
                ],
                vec![row(None, Some(call), false), row(Some("RET"), Some("RET"), true)],
            ],
        };
        let mut out = Vec::new();
        let names = ("released/linux-amd64/with-a-long-name/server", "server");
        side_by_side(&mut out, names, &[listing], (columns - 6) / 2, color).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn two_columns_keep_to_a_terminal_of_80_and_of_160() {
        let narrow = "
main.greet
  …/linux-amd64/with-a-long-name/server   server
  PUSHQ BP                                PUSHQ BP
  CMPQ AX, $0x5                         | CMPQ AX, $0x6
  …
                                        | CALL internal/runtime/maps.(*Iter).gr
                                        |     ownKeyElem(SB)
  RET                                     RET
";
        assert_eq!(shown(80, false), narrow);
        let wide = shown(160, false);
        assert!(wide.contains(&format!(
            "{} | CALL internal/runtime/maps.(*Iter).grownKeyElem(SB)\n",
            " ".repeat(79)
        )));
        for (columns, text) in [(80, narrow), (160, &wide)] {
            assert!(text.lines().all(|l| l.chars().count() <= columns), "{text}");
        }
    }

    #[test]
    fn color_paints_what_differs_and_nothing_else() {
        let text = shown(80, true);
        assert!(text.contains("\x1b[1mmain.greet\x1b[0m\n"));
        assert!(text.contains("  \x1b[31mCMPQ AX, $0x5\x1b[0m"));
        assert!(text.contains(" | \x1b[32mCMPQ AX, $0x6\x1b[0m\n"));
        assert!(
            !text.contains("\x1b[31m\x1b[0m") && !text.contains("mPUSHQ"),
            "{text:?}"
        );
    }
}
