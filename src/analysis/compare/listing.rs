//! A pair of functions that differ → their instructions in Go syntax, side by side.
//!
//! Lines are matched without the addresses in them, so that what only moved stands side by side.

use rustc_hash::FxHashMap;

use super::functions::{Changed, code};
use crate::disasm::{self, Style, Symbols};
use crate::go::Program;

/// Lines of both sides that are matched against each other at the most, as a product; beyond it all lines in
/// between count as different.
const WORK: usize = 4_000_000;
/// Longer functions are cut.
const LINES: usize = 20_000;
/// Lines shown around one that differs.
const AROUND: usize = 3;

/// One line of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Of the first file; `None` where it has no such line.
    pub theirs: Option<String>,
    /// Of the second file.
    pub ours: Option<String>,
    /// Are they equal but for addresses?
    pub same: bool,
}

/// Two functions side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The function.
    pub name: String,
    /// Stretches of rows with a difference in each; what is the same between them is left out.
    pub parts: Vec<Vec<Row>>,
}

/// Lists a function of both files; no part where the processor's instructions can't be told.
pub fn side_by_side(a: &Program<'_>, b: &Program<'_>, changed: &Changed) -> Listing {
    let x = changed.theirs.map(|i| lines(a, i)).unwrap_or_default();
    let y = changed.ours.map(|j| lines(b, j)).unwrap_or_default();
    Listing {
        name: changed.name.clone(),
        parts: parts(matched(&x, &y)),
    }
}

/// An instruction, and what of it is no address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    text: String,
    key: String,
    /// Bytes from the function's start.
    at: u64,
    /// Where in the function it goes, in bytes from its start.
    target: Option<u64>,
}

/// Mark of a place in the function, in a key.
const INSIDE: char = '+';

struct Names<'p, 'a>(&'p Program<'a>);

impl Symbols for Names<'_, '_> {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        let functions = self.0.functions();
        let i = functions.at(addr)?;
        let name = self.0.pclntab().ok()?.get(i)?.name();
        Some((name, *functions.entries().get(i)?))
    }

    fn read(&self, addr: u64, len: usize) -> Option<&[u8]> {
        self.0.functions().range().contains(&addr).then_some(())?;
        self.0.memory().bytes(addr, len as u64)
    }
}

fn lines(p: &Program<'_>, i: usize) -> Vec<Line> {
    let Some(printer) = disasm::printer(p.image().arch.goarch()) else {
        return Vec::new();
    };
    let (code, start) = code(p, i);
    let style = Style {
        correct: true,
        ..Style::default()
    };
    let (mut out, mut at) = (Vec::new(), 0);
    while at < code.len() && out.len() < LINES {
        let mut text = Vec::new();
        let rest = code.get(at..).unwrap_or_default();
        let done = printer.go(rest, start + at as u64, &Names(p), style, &mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let (key, target) = key(&text, start, start + code.len() as u64);
        let at_line = at as u64;
        out.push(Line {
            text,
            key,
            at: at_line,
            target,
        });
        at += done.len.max(1);
    }
    out
}

/// An instruction's text without numbers that are addresses, and the place in the function that it names.
fn key(text: &str, start: u64, end: u64) -> (String, Option<u64>) {
    let mut out = String::with_capacity(text.len());
    let mut target = None;
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].find(|c: char| !c.is_ascii_hexdigit());
        let stop = digits.map_or(rest.len(), |d| at + 2 + d);
        out.push_str(&rest[..at]);
        let number = u64::from_str_radix(&rest[at + 2..stop], 16);
        let relative = ["(IP)", "(PC)", "(SB)"]
            .iter()
            .any(|r| rest[stop..].starts_with(r));
        match number {
            _ if relative => out.push('…'),
            Ok(n) if (start..end).contains(&n) => {
                out.push(INSIDE);
                target = Some(n - start);
            }
            _ => out.push_str(&rest[at..stop]),
        }
        rest = &rest[stop..];
    }
    out.push_str(rest);
    (out, target)
}

/// Jumps within the function are the same where they go to lines that stand side by side.
fn hold_to_targets(rows: &mut [Row], sides: &[(Option<&Line>, Option<&Line>)]) {
    let partners: FxHashMap<u64, u64> = sides
        .iter()
        .filter_map(|(l, r)| Some((l.as_ref()?.at, r.as_ref()?.at)))
        .collect();
    for (row, (l, r)) in rows.iter_mut().zip(sides) {
        if let (Some(from), Some(to)) = (l.and_then(|l| l.target), r.and_then(|r| r.target)) {
            row.same &= partners.get(&from) == Some(&to);
        }
    }
}

/// All rows of both, what is equal side by side.
fn matched(x: &[Line], y: &[Line]) -> Vec<Row> {
    let same = |p: &&Line, q: &&Line| p.key == q.key;
    let head = x.iter().zip(y).take_while(|(p, q)| same(p, q)).count();
    let (x1, y1) = (
        x.get(head..).unwrap_or_default(),
        y.get(head..).unwrap_or_default(),
    );
    let tail = x1
        .iter()
        .rev()
        .zip(y1.iter().rev())
        .take_while(|(p, q)| same(p, q))
        .count();
    let (x2, y2) = (&x1[..x1.len() - tail], &y1[..y1.len() - tail]);
    let mut sides: Vec<(Option<&Line>, Option<&Line>)> = Vec::new();
    sides.extend(x.iter().zip(y).take(head).map(|(p, q)| (Some(p), Some(q))));
    let (mut i, mut j) = (0, 0);
    for (p, q) in common(x2, y2).into_iter().chain([(x2.len(), y2.len())]) {
        let (left, right) = (&x2[i..p], &y2[j..q]);
        sides.extend((0..left.len().max(right.len())).map(|k| (left.get(k), right.get(k))));
        if let (Some(l), Some(r)) = (x2.get(p), y2.get(q)) {
            sides.push((Some(l), Some(r)));
        }
        (i, j) = (p + 1, q + 1);
    }
    let ends = x1[x1.len() - tail..].iter().zip(&y1[y1.len() - tail..]);
    sides.extend(ends.map(|(p, q)| (Some(p), Some(q))));
    let text = |l: Option<&Line>| l.map(|l| l.text.clone());
    let mut rows: Vec<Row> = sides
        .iter()
        .map(|(l, r)| Row {
            theirs: text(*l),
            ours: text(*r),
            same: matches!((l, r), (Some(l), Some(r)) if l.key == r.key),
        })
        .collect();
    hold_to_targets(&mut rows, &sides);
    rows
}

/// The longest run of lines that both have in this order, as pairs of indices.
fn common(x: &[Line], y: &[Line]) -> Vec<(usize, usize)> {
    if x.is_empty() || y.is_empty() || x.len().saturating_mul(y.len()) > WORK {
        return Vec::new();
    }
    let width = y.len() + 1;
    let mut best = vec![0u32; (x.len() + 1) * width];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            best[i * width + j] = match x[i].key == y[j].key {
                true => best[(i + 1) * width + j + 1] + 1,
                false => best[(i + 1) * width + j].max(best[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < x.len() && j < y.len() {
        if x[i].key == y[j].key {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

/// Stretches around what differs.
fn parts(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut near = vec![false; rows.len()];
    for (i, _) in rows.iter().enumerate().filter(|(_, r)| !r.same) {
        let end = near.len().min(i + AROUND + 1);
        near[i.saturating_sub(AROUND)..end].fill(true);
    }
    let mut out: Vec<Vec<Row>> = Vec::new();
    let mut inside = false;
    for (row, near) in rows.into_iter().zip(near) {
        match (near, inside) {
            (true, false) => out.push(vec![row]),
            (true, true) => out.last_mut().into_iter().for_each(|p| p.push(row.clone())),
            _ => {}
        }
        inside = near;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At a place in a function that starts at 0x1000.
    fn line((i, t): (usize, &str)) -> Line {
        let (key, target) = key(t, 0x1000, 0x1100);
        Line {
            text: t.into(),
            key,
            at: 4 * i as u64,
            target,
        }
    }

    fn lines<const N: usize>(all: [&str; N]) -> Vec<Line> {
        all.into_iter().enumerate().map(line).collect()
    }

    #[test]
    fn addresses_do_not_count_and_what_differs_stands_in_place() {
        let x = lines([
            "PUSHQ BP",
            "LEAQ 0x20(IP), AX",
            "CMPQ AX, $0x5",
            "JE 0x1010",
            "RET",
        ]);
        let y = lines([
            "PUSHQ BP",
            "LEAQ 0x999(IP), AX",
            "CMPQ AX, $0x6",
            "NOPL",
            "JE 0x1014",
            "RET",
        ]);
        let rows = matched(&x, &y);
        let different: Vec<_> = rows.iter().filter(|r| !r.same).collect();
        assert_eq!(rows.len(), 6);
        assert_eq!(different.len(), 2);
        assert_eq!(different[0].ours.as_deref(), Some("CMPQ AX, $0x6"));
        assert_eq!(
            (&different[1].theirs, different[1].ours.as_deref()),
            (&None, Some("NOPL"))
        );
    }

    #[test]
    fn a_jump_differs_where_it_goes_to_another_line() {
        let x = lines(["JE 0x1008", "NOPL", "INCQ AX", "RET"]);
        let moved = lines(["JE 0x100c", "NOPL", "NOPW", "INCQ AX", "RET"]);
        let other = lines(["JE 0x1010", "NOPL", "NOPW", "INCQ AX", "RET"]);
        let same = |y: &[Line]| matched(&x, y).first().is_some_and(|r| r.same);
        assert!(same(&moved));
        assert!(!same(&other));
    }

    #[test]
    fn only_the_surroundings_of_a_difference_are_shown() {
        let mut rows = vec![
            Row {
                theirs: None,
                ours: None,
                same: true
            };
            30
        ];
        rows[4].same = false;
        rows[25].same = false;
        let parts = parts(rows);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7]);
    }
}
