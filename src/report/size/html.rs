//! The page of `size` and of `diff`: a treemap to walk through, tables, search; needs no network.
//!
//! Packages stand in the page as they are. Functions, types and variables, hundreds of thousands in a large
//! program, are packed, and the smallest of them summed up where the page would pass [`ROOM`].

use std::collections::BTreeMap;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use crate::analysis::diff::Diff;
use crate::analysis::graph::{Held, Holdings, Reached};
use crate::analysis::size::{By, Report, Row};
use crate::report::page::{BASE, Page, Parts, TREEMAP, packed};
use crate::report::text::escape;
use crate::report::why::told;

/// Characters that the packed names may take, so that the page of a program of 118 MB stays under 4 MB.
const ROOM: usize = 3_200_000;

/// What the page is made of.
pub const PAGE: Parts = (&[BASE, TREEMAP.0], &TREEMAP.2);

/// What goes with each module and package, and what leads to it, as the page's scripts read it.
fn held(all: &Holdings) -> Value {
    let part = |all: &[Held]| -> Value {
        let one = |h: &Held| {
            let (links, note) = match &h.reached {
                Some(Reached::By(path, _)) if path.only_init => {
                    (path.links.as_slice(), "from packages' initialization only")
                }
                Some(Reached::By(path, _)) => (path.links.as_slice(), ""),
                Some(Reached::ByReflection) => {
                    (&[][..], "only reflection, which may call every exported method")
                }
                Some(Reached::Unseen) => (&[][..], "the way to it can't be seen"),
                None => (&[][..], ""),
            };
            let links: Vec<Value> = links
                .iter()
                .map(|l| json!([shown(&l.name), l.how.map(told), l.at.as_deref().map(shown)]))
                .collect();
            let (row, users) = (&h.row, h.row.used_by.iter().map(|u| shown(u)));
            let users: Vec<String> = users.collect();
            (
                shown(&row.name),
                json!([row.own, row.retained, row.certain, users, links, note]),
            )
        };
        Value::Object(all.iter().map(one).collect())
    };
    json!({ "modules": part(&all.modules), "packages": part(&all.packages) })
}

fn shown(name: &str) -> String {
    escape(name.as_bytes())
}

/// Bytes after and before.
type Pair = [u64; 2];

/// Rows of one or two files, gathered for the page.
#[derive(Default)]
struct Gathered {
    names: Vec<String>,
    ids: FxHashMap<String, usize>,
    owners: BTreeMap<(usize, usize), usize>,
    // Owner, kind, section.
    rows: BTreeMap<[usize; 3], Pair>,
    // By owner and name: kinds.
    symbols: BTreeMap<(usize, String), BTreeMap<usize, Pair>>,
}

impl Gathered {
    fn id(&mut self, name: &str) -> usize {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len();
        self.names.push(shown(name));
        self.ids.insert(name.to_owned(), id);
        id
    }

    /// Adds rows; `side` 0 is after, 1 before.
    fn add<'r>(&mut self, rows: impl IntoIterator<Item = &'r Row>, side: usize) {
        for r in rows {
            let pair = (self.id(&By::Module.key(r)), self.id(&By::Package.key(r)));
            let next = self.owners.len();
            let owner = *self.owners.entry(pair).or_insert(next);
            let kind = self.id(r.kind.word());
            let section = self.id(&By::Section.key(r));
            let put = |p: &mut Pair| {
                if let Some(b) = p.get_mut(side) {
                    *b = b.saturating_add(r.bytes);
                }
            };
            put(self.rows.entry([owner, kind, section]).or_default());
            if let Some(symbol) = &r.symbol {
                let kinds = self.symbols.entry((owner, shown(symbol))).or_default();
                put(kinds.entry(kind).or_default());
            }
        }
    }

    /// The packed symbols, those of fewer than so many bytes summed up; `both` writes what was before too.
    fn pack(&self, both: bool, least: u64) -> io::Result<String> {
        let mut text = String::new();
        let mut last = usize::MAX;
        let mut small: (usize, BTreeMap<usize, Pair>) = Default::default();
        let line = |text: &mut String, name: &str, kinds: &BTreeMap<usize, Pair>| {
            text.push_str(name);
            for (kind, [now, old]) in kinds {
                text.push_str(&format!("\t{kind} {now}"));
                if both {
                    text.push_str(&format!(" {old}"));
                }
            }
            text.push('\n');
        };
        let rest = |text: &mut String, small: &mut (usize, BTreeMap<usize, Pair>)| {
            if small.0 > 0 {
                line(text, &format!("({} small ones)", small.0), &small.1);
            }
            *small = Default::default();
        };
        for ((owner, name), kinds) in &self.symbols {
            if *owner != last {
                rest(&mut text, &mut small);
                last = *owner;
                text.push_str(&format!("\x0c{owner}\n"));
            }
            if kinds.values().map(|p| p[0].max(p[1])).sum::<u64>() >= least {
                line(&mut text, name, kinds);
                continue;
            }
            small.0 += 1;
            for (kind, [now, old]) in kinds {
                let sum = small.1.entry(*kind).or_default();
                *sum = [sum[0].saturating_add(*now), sum[1].saturating_add(*old)];
            }
        }
        rest(&mut text, &mut small);
        packed(text.as_bytes())
    }

    /// Writes the page; `more` are the fields of its data beside the rows.
    fn write(&self, out: &mut dyn Write, title: &str, both: bool, mut more: Value) -> io::Result<()> {
        let mut owners = vec![[0; 2]; self.owners.len()];
        for ((module, package), id) in &self.owners {
            if let Some(o) = owners.get_mut(*id) {
                *o = [*module, *package];
            }
        }
        let row = |(key, [now, old]): (&[usize; 3], &Pair)| match both {
            true => json!([key[0], key[1], key[2], now, old]),
            false => json!([key[0], key[1], key[2], now]),
        };
        if let Some(o) = more.as_object_mut() {
            o.insert("names".into(), json!(self.names));
            o.insert("owners".into(), json!(owners));
            o.insert("rows".into(), self.rows.iter().map(row).collect());
            o.insert("symbols".into(), json!(self.symbols.len()));
        }
        let mut detail = None;
        if !self.symbols.is_empty() {
            let mut least = 0;
            let mut text = self.pack(both, least)?;
            while text.len() > ROOM && least < 1 << 40 {
                least = (least * 2).max(64);
                text = self.pack(both, least)?;
            }
            detail = Some(text);
        }
        let page = Page {
            title,
            styles: PAGE.0,
            body: TREEMAP.1,
            data: Some(&more),
            detail: detail.as_deref(),
            scripts: PAGE.1,
            ..Page::default()
        };
        page.write(out)
    }
}

/// The last part of a path, for a breadcrumb.
fn last(path: &str) -> String {
    shown(path.rsplit(['/', '\\']).find(|p| !p.is_empty()).unwrap_or(path))
}

/// The page of a file.
///
/// # Errors
/// What the writer says.
pub fn write_html(
    out: &mut dyn Write,
    file: &str,
    report: &Report,
    rows: &[&Row],
    (by, why): (By, Option<&Holdings>),
) -> io::Result<()> {
    let mut all = Gathered::default();
    all.add(rows.iter().copied(), 0);
    let go = report.go_version.as_deref().map(|v| format!(" ({v})"));
    let title = shown(&format!("{file}{}", go.unwrap_or_default()));
    let more = json!({
        "mode": "size",
        "name": last(file),
        "title": title,
        "by": by.word(),
        "total": report.file_size,
        "shown": rows.iter().map(|r| r.bytes).sum::<u64>(),
        "why": why.map(held),
    });
    all.write(out, &title, false, more)
}

/// The page of a change.
///
/// # Errors
/// What the writer says.
pub fn write_diff_html(
    out: &mut dyn Write,
    files: (&str, &str),
    diff: &Diff,
    (old, new): (&Report, &Report),
) -> io::Result<()> {
    let mut all = Gathered::default();
    all.add(&new.rows, 0);
    all.add(&old.rows, 1);
    let reasons = diff.rows.iter().filter(|r| !r.reasons.is_empty());
    let reasons: serde_json::Map<String, Value> = reasons
        .map(|r| (shown(&r.key), json!(shown(&r.reasons.join("; ")))))
        .collect();
    let title = shown(&format!("{} → {}", files.0, files.1));
    let (before, after) = (last(files.0), last(files.1));
    let name = match before == after {
        true => after,
        false => format!("{before} → {after}"),
    };
    let more = json!({
        "mode": "diff",
        "name": name,
        "title": title,
        "by": diff.by.word(),
        "total": diff.new_size,
        "old": diff.old_size,
        "shown": diff.new_size,
        "reasons": reasons,
        "why": null,
    });
    all.write(out, &title, true, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::size::{Kind, Source};

    fn row(section: &str, package: &str, symbol: Option<String>, bytes: u64) -> Row {
        Row {
            kind: Kind::Code,
            section: section.into(),
            package: Some(package.into()),
            module: None,
            symbol,
            file: None,
            unit: None,
            slice: None,
            source: Source::Functions,
            bytes,
        }
    }

    fn page(rows: &[Row]) -> String {
        let mut out = Vec::new();
        let rows: Vec<&Row> = rows.iter().collect();
        write_html(
            &mut out,
            "</title>",
            &Report::default(),
            &rows,
            (By::Module, None),
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn hostile_names_do_not_leave_their_script() {
        let plain = page(&[row(".text", "p", None, 7)]);
        let hostile = page(&[row(
            "</script><img src=x>",
            "<!--<script>",
            Some("\x0c1\n\t".into()),
            7,
        )]);
        // One more: the packed names.
        assert_eq!(
            hostile.matches("</script>").count(),
            plain.matches("</script>").count() + 1
        );
        assert!(!hostile.contains("<img") && !hostile.contains("<!--<"));
    }

    #[test]
    fn the_page_of_a_very_large_program_stays_small() {
        // Names that hardly compress, each of them another.
        let mut seed = 7u64;
        let mut rows = Vec::new();
        for i in 0..150_000u64 {
            let mut name = String::new();
            for _ in 0..2 {
                seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                name.push_str(&format!("{:x}", seed >> 8));
            }
            rows.push(row(".text", &format!("p{}", i % 900), Some(name), seed >> 52));
        }
        let html = page(&rows);
        assert!(html.len() < 4_000_000, "{}", html.len());
        assert!(html.len() > 1_000_000, "{}", html.len());
    }
}
