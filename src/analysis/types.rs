//! The types of a program, with the packages they are of.

use std::borrow::Cow;

use crate::go::Program;
use crate::go::types::Type;

/// What to keep.
#[derive(Debug, Default)]
pub struct Filter<'f> {
    /// Only types of this package; with `/...` at its end, of those below it too.
    pub package: Option<&'f str>,
    /// Only types whose name matches.
    pub matching: Option<&'f regex::bytes::Regex>,
    /// Only types of this kind, as reflect calls it.
    pub kind: Option<&'f str>,
}

/// The import path of a type's package; of types without a name that of the first named type they are made
/// of.
pub fn package<'a>(program: &Program<'a>, t: &Type<'a>) -> Option<Cow<'a, str>> {
    program.types().package_of(t)
}

/// The types that pass, in the order of addresses.
pub fn filtered<'p, 'a>(
    program: &'p Program<'a>,
    filter: &'p Filter<'_>,
) -> impl Iterator<Item = &'p Type<'a>> {
    program.types().types.iter().filter(move |t| {
        filter
            .package
            .is_none_or(|p| super::funcs::in_package(package(program, t).as_deref(), p))
            && filter.matching.is_none_or(|r| r.is_match(t.name))
            && filter.kind.is_none_or(|k| t.kind.word() == k)
    })
}
