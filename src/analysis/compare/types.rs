//! The types of two programs by name: those that only one has, and those that are made of something else.
//!
//! A type without a name of its own is spelled out by what reflect calls it; a named one is compared by its
//! size and its fields or methods.

use std::collections::BTreeMap;
use std::ops::Range;

use super::cause::{Cause, Class};
use crate::go::Program;
use crate::go::types::{Detail, Type};
use crate::image::budget::Share;

/// What the types come to.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub causes: Vec<Cause>,
    /// Descriptors that are told: of the first file, of the second.
    pub told: (Vec<Range<u64>>, Vec<Range<u64>>),
}

pub(super) fn compare(a: &Program<'_>, b: &Program<'_>) -> Types {
    let (x, y) = (by_name(a), by_name(b));
    let mut out = Types::default();
    let alone = |name: &[u8], which: &str| {
        let cause = Cause::new("type", Class::Change).named(String::from_utf8_lossy(name));
        cause.note(format!("only in {which}"))
    };
    let (mut of_a, mut of_b) = (
        a.image().budget().share("definitions of types"),
        b.image().budget().share("definitions of types"),
    );
    for (name, s) in &x {
        let Some(t) = y.get(name) else {
            out.causes.push(alone(name, "theirs"));
            continue;
        };
        // Names that several packages have are left to the comparison of data.
        let ([s], [t]) = (s.as_slice(), t.as_slice()) else {
            continue;
        };
        let (p, q) = (definition(a, s, &mut of_a), definition(b, t, &mut of_b));
        if p == q {
            continue;
        }
        let whole = |t: &Type<'_>| t.addr..t.addr.saturating_add(t.descriptor_size);
        out.told.0.push(whole(s));
        out.told.1.push(whole(t));
        out.causes.push(
            Cause::new("type", Class::Change)
                .named(String::from_utf8_lossy(name))
                .values(Some(p), Some(q)),
        );
    }
    let new = y.keys().filter(|n| !x.contains_key(*n));
    out.causes.extend(new.map(|n| alone(n, "ours")));
    out
}

fn by_name<'p, 'a>(p: &'p Program<'a>) -> BTreeMap<&'a [u8], Vec<&'p Type<'a>>> {
    let mut out: BTreeMap<&[u8], Vec<&Type<'_>>> = BTreeMap::new();
    for t in &p.types().types {
        out.entry(t.name).or_default().push(t);
    }
    out
}

/// A type's size and what it is made of, in words; empty where the file's share is used up.
fn definition(p: &Program<'_>, t: &Type<'_>, share: &mut Share<'_>) -> String {
    let mut out = format!("{} bytes, {}", t.size, t.kind.word());
    let mut add = |name: &[u8], typ: Option<u64>| {
        let of = typ.and_then(|at| p.types().at(at)).map_or(&b""[..], |t| t.name);
        let (name, of) = (share.name(name), share.name(of));
        let text = |b| String::from_utf8_lossy(b).into_owned();
        out += &format!("; {} {}", text(name), text(of));
    };
    match &t.detail {
        Detail::Struct { fields, .. } => fields.iter().for_each(|f| add(f.name.text, Some(f.typ))),
        Detail::Interface { methods, .. } => methods.iter().for_each(|m| add(m.name.text, m.typ)),
        _ => {}
    }
    out
}
