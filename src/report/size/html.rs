//! One self-contained HTML file: a zoomable treemap with search and views; needs no network.
//!
//! Names come from the file and may be hostile: they reach the page as JSON whose `<` is escaped, and the page puts them in
//! place as text only. The page's policy forbids it to load anything.

use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde_json::json;

use crate::analysis::diff::Diff;
use crate::analysis::size::{Report, Row};
use crate::report::json::escaped;

const PAGE: &str = include_str!("treemap.html");

/// Names, each once.
#[derive(Default)]
struct Names<'r> {
    all: Vec<&'r str>,
    ids: FxHashMap<&'r str, usize>,
}

impl<'r> Names<'r> {
    fn id(&mut self, name: &'r str) -> i64 {
        let id = *self.ids.entry(name).or_insert_with(|| {
            self.all.push(name);
            self.all.len() - 1
        });
        id as i64
    }

    fn maybe(&mut self, name: Option<&'r str>) -> i64 {
        name.map_or(-1, |n| self.id(n))
    }
}

fn page(out: &mut dyn Write, data: &serde_json::Value) -> io::Result<()> {
    let text = serde_json::to_string(data)?.replace('<', "\\u003c");
    let text = escaped(&text);
    let (before, after) = PAGE.split_once("@DATA@").unwrap_or((PAGE, ""));
    out.write_all(before.as_bytes())?;
    out.write_all(text.as_bytes())?;
    out.write_all(after.as_bytes())
}

/// The treemap of a file.
///
/// # Errors
/// What the writer says.
pub fn write_html(out: &mut dyn Write, file: &str, report: &Report, rows: &[&Row]) -> io::Result<()> {
    let mut names = Names::default();
    let mut sums: FxHashMap<[i64; 4], u64> = FxHashMap::default();
    for r in rows {
        let section = if r.section.is_empty() {
            -1
        } else {
            names.id(&r.section)
        };
        let key = [
            names.id(r.kind.word()),
            section,
            names.maybe(r.module.as_deref()),
            names.maybe(r.package.as_deref().or(r.unit.as_deref())),
        ];
        *sums.entry(key).or_default() += r.bytes;
    }
    let mut list: Vec<_> = sums
        .into_iter()
        .map(|(k, bytes)| (k[0], k[1], k[2], k[3], bytes))
        .collect();
    list.sort_unstable();
    let total: u64 = rows.iter().map(|r| r.bytes).sum();
    let go = report
        .go_version
        .as_deref()
        .map(|v| format!(" ({v})"))
        .unwrap_or_default();
    page(
        out,
        &json!({ "title": format!("{file}{go}"), "total": total, "names": names.all, "rows": list, "diff": false }),
    )
}

/// The treemap of a change: areas are bytes added or taken away.
///
/// # Errors
/// What the writer says.
pub fn write_diff_html(out: &mut dyn Write, files: (&str, &str), diff: &Diff) -> io::Result<()> {
    let mut names = Names::default();
    let word = names.id(diff.by.word());
    let mut rows = Vec::new();
    for r in diff.rows.iter().filter(|r| r.delta() != 0) {
        let delta = i64::try_from(r.delta()).unwrap_or(0);
        rows.push(json!([
            word,
            -1,
            names.id(&r.key),
            -1,
            delta.unsigned_abs(),
            delta
        ]));
    }
    let total = i128::from(diff.new_size) - i128::from(diff.old_size);
    let total = i64::try_from(total).unwrap_or(0);
    page(
        out,
        &json!({ "title": format!("{} → {}", files.0, files.1), "total": total, "by": diff.by.word(), "names": names.all, "rows": rows, "diff": true }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_do_not_leave_their_script() {
        let row = Row {
            kind: crate::analysis::size::Kind::Code,
            section: "</script><img src=x>".into(),
            package: Some("<!--<script>".into()),
            module: None,
            symbol: None,
            file: None,
            unit: None,
            slice: None,
            source: crate::analysis::size::Source::Functions,
            bytes: 7,
        };
        let mut out = Vec::new();
        write_html(&mut out, "</title>", &Report::default(), &[&row]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.matches("</script>").count(),
            PAGE.matches("</script>").count()
        );
        assert!(!text.contains("<img") && !text.contains("<!--<"));
    }
}
