//! One line of a snapshot, written and read.

use std::borrow::Cow;

use crate::analysis::vuln::osv::{Affected, Entry, Package};
use crate::analysis::vuln::semver::{Event, Range};
use crate::go::packages::unescape;

/// The head of an entry; fields are decoded when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Record<'d> {
    line: &'d str,
}

impl<'d> Record<'d> {
    fn field(&self, i: usize) -> &'d str {
        self.line.split('\t').nth(i).unwrap_or_default()
    }

    /// `GO-2024-3106`.
    pub fn id(&self) -> &'d str {
        self.field(1)
    }

    /// The day it was published, empty where that is not known.
    pub fn published(&self) -> &'d str {
        self.field(2)
    }

    /// When it was withdrawn (RFC 3339), empty where it was not.
    pub fn withdrawn(&self) -> &'d str {
        self.field(3)
    }

    /// Has the Go team looked at it?
    pub fn reviewed(&self) -> bool {
        self.field(4) == "R"
    }

    /// CVE and GHSA names.
    pub fn aliases(&self) -> Vec<String> {
        let names = self.line.split('\t').skip(5);
        names.map(|a| unescape(a.as_bytes()).into_owned()).collect()
    }
}

/// What would end a field, a list's item or a line, and the sign that escapes them.
fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '%' | '\t' | '\n' | '\r' | ',' | ' ' => out.push_str(&format!("%{:02x}", c as u32)),
            c => out.push(c),
        }
    }
}

fn list<'s>(out: &mut String, items: impl IntoIterator<Item = &'s String>, between: char) {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(between);
        }
        escaped(out, item);
    }
}

/// Adds the lines of an entry.
pub(super) fn write(out: &mut String, e: &Entry) {
    out.push_str("E\t");
    list(out, [&e.id, &e.published, &e.withdrawn], '\t');
    out.push_str(if e.reviewed { "\tR" } else { "\tU" });
    for alias in &e.aliases {
        out.push('\t');
        escaped(out, alias);
    }
    out.push('\n');
    for a in &e.affected {
        out.push_str("M\t");
        escaped(out, &a.module);
        out.push('\t');
        let ranges = a.ranges.iter().map(|r| ('S', r));
        for (i, (kind, range)) in ranges.chain(a.custom_ranges.iter().map(|r| ('C', r))).enumerate() {
            if i > 0 {
                out.push(' ');
            }
            out.push(kind);
            write_range(out, range);
        }
        out.push('\n');
        for p in &a.packages {
            out.push_str("P\t");
            escaped(out, &p.path);
            out.push('\t');
            list(out, &p.goos, ',');
            out.push('\t');
            list(out, &p.goarch, ',');
            for s in &p.symbols {
                out.push('\t');
                escaped(out, s);
            }
            out.push('\n');
        }
    }
}

fn write_range(out: &mut String, range: &Range) {
    let mut first = true;
    for e in range {
        for (mark, version) in [('i', &e.introduced), ('f', &e.fixed)] {
            // An event that says nothing keeps its place, so that a range of such events is not one without
            // any.
            if version.is_empty() && !(mark == 'i' && e.fixed.is_empty()) {
                continue;
            }
            if !first {
                out.push(',');
            }
            first = false;
            out.push(mark);
            escaped(out, version);
        }
    }
}

fn owned(text: &str) -> String {
    unescape(text.as_bytes()).into_owned()
}

fn items(text: &str) -> Vec<String> {
    text.split(',').filter(|t| !t.is_empty()).map(owned).collect()
}

fn range(text: &str) -> Range {
    let event = |t: &str| match t.strip_prefix('i') {
        Some(v) => Event {
            introduced: owned(v),
            fixed: String::new(),
        },
        None => Event {
            introduced: String::new(),
            fixed: owned(t.strip_prefix('f').unwrap_or(t)),
        },
    };
    text.split(',').filter(|t| !t.is_empty()).map(event).collect()
}

/// The module path of an `M` line.
pub(super) fn module_path(line: &str) -> Cow<'_, str> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    unescape(line.split('\t').nth(1).unwrap_or_default().as_bytes())
}

/// The entry's head at the start of `text`.
pub(super) fn record(text: &str) -> Option<Record<'_>> {
    let line = text.split('\n').next()?;
    line.starts_with("E\t").then_some(Record { line })
}

/// The module at the start of `text`, with the packages behind it.
pub(super) fn affected(text: &str) -> Option<Affected> {
    let mut lines = text.split('\n');
    let mut fields = lines.next()?.strip_prefix("M\t")?.split('\t');
    let mut out = Affected {
        module: owned(fields.next()?),
        ..Affected::default()
    };
    for r in fields.next().unwrap_or_default().split(' ') {
        match r.split_at_checked(1) {
            Some(("S", r)) => out.ranges.push(range(r)),
            Some(("C", r)) => out.custom_ranges.push(range(r)),
            _ => {}
        }
    }
    for line in lines {
        let Some(line) = line.strip_prefix("P\t") else {
            break;
        };
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        out.packages.push(Package {
            path: owned(next()),
            goos: items(next()),
            goarch: items(next()),
            symbols: fields.map(owned).collect(),
        });
    }
    Some(out)
}

/// The entry whose lines `text` is.
pub(super) fn entry(text: &str) -> Option<Entry> {
    let head = record(text)?;
    let mut out = Entry {
        id: owned(head.id()),
        aliases: head.aliases(),
        published: owned(head.published()),
        withdrawn: owned(head.withdrawn()),
        reviewed: head.reviewed(),
        affected: Vec::new(),
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("M\t") {
            out.affected.extend(text.get(at..).and_then(affected));
        }
        at += line.len();
    }
    Some(out)
}
