//! What grew, and moved what lies behind it: sections of two builds, and in them functions and variables.
//!
//! Sizes come from the section headers, from Go's table of functions, and from the symbols of formats that
//! record sizes. Growth follows from what is told elsewhere, so it is an effect.

use std::collections::BTreeMap;

use super::cause::{Cause, Class};
use super::data::Data;
use super::functions::{self, Pairs};
use super::tables::{by_name, keyed};
use crate::go::Program;
use crate::image::{Place, Section};

/// Things told of one section at the most.
const TOLD: usize = 3;

/// One effect for each section in memory whose size differs.
pub(super) fn causes(data: &Data<'_, '_, '_, '_>, pairs: &Pairs) -> Vec<Cause> {
    let (a, b) = (data.a.program, data.b.program);
    let (x, y) = (a.image(), b.image());
    let of_y = by_name(y);
    let mut out = Vec::new();
    for (key, s) in keyed(x).into_iter().filter(|s| s.1.alloc) {
        let Some(t) = of_y.get(&key).filter(|t| t.mem_size != s.mem_size) else {
            continue;
        };
        let mut grown = match s.perm.exec {
            true => functions(a, b, pairs),
            false => variables((a, s), (b, t)),
        };
        grown.sort_by_key(|g| (std::cmp::Reverse(g.1.unsigned_abs()), g.0.clone()));
        let whole = (t.mem_size as i64).wrapping_sub(s.mem_size as i64);
        let mut note = format!("{}, which moves what lies behind", more(whole));
        for (i, (name, by)) in grown.iter().take(TOLD).enumerate() {
            note += if i == 0 { ": " } else { ", " };
            note += &format!("{name} {}", more(*by));
        }
        if let Some(rest) = grown.len().checked_sub(TOLD).filter(|n| *n > 0) {
            note += &format!(", and {rest} more");
        }
        let bytes = |s: &Section<'_>| Some(format!("{} bytes", s.mem_size));
        out.push(
            Cause::new("addresses", Class::Effect)
                .section(String::from_utf8_lossy(s.name))
                .values(bytes(s), bytes(t))
                .note(note),
        );
    }
    out
}

fn more(by: i64) -> String {
    let unit = if by.unsigned_abs() == 1 { "byte" } else { "bytes" };
    match by {
        0.. => format!("{by} {unit} more"),
        _ => format!("{} {unit} fewer", by.unsigned_abs()),
    }
}

/// Functions that are larger, smaller, new or gone.
fn functions(a: &Program<'_>, b: &Program<'_>, pairs: &Pairs) -> Vec<(String, i64)> {
    let size = |p: &Program<'_>, i: usize| functions::code(p, i).0.len() as i64;
    let mut out = Vec::new();
    for (i, p) in pairs.a.iter().enumerate() {
        let by = p.map_or(0, |p| size(b, p.0)) - size(a, i);
        if by != 0 {
            out.push((functions::name(a, i), by));
        }
    }
    let new = (0..pairs.b.len()).filter(|j| pairs.b.get(*j) == Some(&None));
    out.extend(new.map(|j| (functions::name(b, j), size(b, j))));
    out
}

/// Variables and constants of a section that are larger, smaller, new or gone, where symbols tell sizes.
fn variables(
    (a, s): (&Program<'_>, &Section<'_>),
    (b, t): (&Program<'_>, &Section<'_>),
) -> Vec<(String, i64)> {
    let sizes = |p: &Program<'_>, s: &Section<'_>| -> BTreeMap<String, i64> {
        let image = p.image();
        let all = image.symbols().unwrap_or_default().iter();
        let inside = |i: usize| {
            let of = image.sections.get(i);
            of.is_some_and(|of| (of.segment, of.name) == (s.segment, s.name))
        };
        let all = all.filter(|s| s.size > 0 && matches!(s.place, Place::Section(i) if inside(i)));
        all.map(|s| {
            let name = String::from_utf8_lossy(image.format.source_name(s.name));
            (name.into_owned(), s.size as i64)
        })
        .collect()
    };
    let (p, q) = (sizes(a, s), sizes(b, t));
    if p.is_empty() || q.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (name, size) in &p {
        let by = q.get(name).copied().unwrap_or(0).wrapping_sub(*size);
        if by != 0 {
            out.push((name.clone(), by));
        }
    }
    let new = q.into_iter().filter(|(name, _)| !p.contains_key(name));
    out.extend(new);
    out
}
