//! What the two files say of how they were built, line by line.

use std::collections::BTreeMap;

use super::cause::{Cause, Class};
use crate::go::Program;
use crate::go::modinfo::{ModInfo, Module};

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// The lines that differ.
pub(super) fn compare(a: &Program<'_>, b: &Program<'_>) -> Vec<Cause> {
    let mut out = Vec::new();
    if a.image().format != b.image().format {
        let word = |p: &Program<'_>| Some(p.image().format.word().to_string());
        out.push(Cause::new("format", Class::Change).values(word(a), word(b)));
    }
    if a.image().arch != b.image().arch {
        let word = |p: &Program<'_>| Some(p.image().arch.goarch().to_string());
        out.push(Cause::new("GOARCH", Class::Change).values(word(a), word(b)));
    }
    let (x, y) = (a.build_info(), b.build_info());
    let version = |i: Option<&crate::go::buildinfo::BuildInfo<'_>>| i.map(|i| text(i.go_version()));
    if version(x) != version(y) {
        out.push(Cause::new("Go version", Class::Record).values(version(x), version(y)));
    }
    let none = ModInfo::default();
    let (x, y) = (x.map_or(&none, |i| &i.info), y.map_or(&none, |i| &i.info));
    let settings = settings(x, y);
    let stamped = settings.iter().any(|c| c.what.starts_with("vcs"));
    out.extend(settings.into_iter().filter(|c| {
        // Told by the header.
        c.what != "GOARCH" || a.image().arch == b.image().arch
    }));
    if x.path != y.path {
        let path = |i: &ModInfo<'_>| (!i.path.is_empty()).then(|| text(i.path));
        out.push(Cause::new("main package", Class::Record).values(path(x), path(y)));
    }
    out.extend(main_module(x.main.as_ref(), y.main.as_ref(), stamped));
    out.extend(modules(&x.deps, &y.deps));
    out
}

/// Build settings. Those that the version control stamps are told as one where only one file has any.
fn settings(x: &ModInfo<'_>, y: &ModInfo<'_>) -> Vec<Cause> {
    let all = |i: &ModInfo<'_>| -> BTreeMap<String, String> {
        let pairs = i.settings.iter().map(|s| (text(&s.key), text(&s.value)));
        pairs.collect()
    };
    let (x, y) = (all(x), all(y));
    let stamp = |m: &BTreeMap<String, String>| {
        let lines: Vec<String> = m
            .iter()
            .filter(|(k, _)| k.starts_with("vcs"))
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        (!lines.is_empty()).then(|| lines.join(" "))
    };
    let (sx, sy) = (stamp(&x), stamp(&y));
    let whole = sx.is_some() != sy.is_some();
    let mut out = Vec::new();
    if whole {
        out.push(Cause::new("vcs stamp", Class::Record).values(sx, sy));
    }
    let mut keys: Vec<&String> = x.keys().chain(y.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        if x.get(key) == y.get(key) || whole && key.starts_with("vcs") {
            continue;
        }
        let values = (x.get(key).cloned(), y.get(key).cloned());
        out.push(Cause::new(key.clone(), Class::Record).values(values.0, values.1));
    }
    out
}

/// A module as `path@version` with its sum and what replaces it.
fn shown(m: &Module<'_>) -> String {
    let mut out = text(m.version);
    if !m.sum.is_empty() {
        out += &format!(" {}", text(m.sum));
    }
    if let Some(r) = &m.replace {
        out += &format!(" => {} {}", text(r.path), shown(r));
    }
    out.trim().to_string()
}

fn main_module(x: Option<&Module<'_>>, y: Option<&Module<'_>>, stamped: bool) -> Option<Cause> {
    if x == y {
        return None;
    }
    let path = |m: Option<&Module<'_>>| m.map(|m| text(m.path));
    if path(x) != path(y) {
        let whole = |m: &Module<'_>| format!("{} {}", text(m.path), shown(m));
        return Some(Cause::new("main module", Class::Record).values(x.map(whole), y.map(whole)));
    }
    // Since Go 1.24 the version is made of the stamp.
    let class = if stamped { Class::Effect } else { Class::Record };
    let cause = Cause::new("main module version", class)
        .named(path(x).unwrap_or_default())
        .values(x.map(shown), y.map(shown));
    Some(match stamped {
        true => cause.note("made of the version control's stamp"),
        false => cause,
    })
}

fn modules(x: &[Module<'_>], y: &[Module<'_>]) -> Vec<Cause> {
    let by_path = |all: &[Module<'_>]| -> BTreeMap<String, String> {
        all.iter().map(|m| (text(m.path), shown(m))).collect()
    };
    let (x, y) = (by_path(x), by_path(y));
    let mut paths: Vec<&String> = x.keys().chain(y.keys()).collect();
    paths.sort();
    paths.dedup();
    let differs = paths.into_iter().filter(|p| x.get(*p) != y.get(*p));
    differs
        .map(|p| {
            let (a, b) = (x.get(p).cloned(), y.get(p).cloned());
            let what = if a.is_some() && b.is_some() {
                "module version"
            } else {
                "module"
            };
            Cause::new(what, Class::Record).named(p.clone()).values(a, b)
        })
        .collect()
}
