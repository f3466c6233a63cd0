//! The types of a program, with the packages they are of.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::go::memory::Memory;
use crate::go::moduledata::ModuleData;
use crate::go::pclntab::Table;
use crate::go::types::{Type, Types};

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

/// All types of a module and where its methods' code is.
#[derive(Debug)]
pub struct Program<'m> {
    /// The types.
    pub types: Types<'m>,
    /// Go versions whose layout the moduledata has, `None` for an unknown one.
    pub layout: Option<&'static str>,
    /// Address of the moduledata.
    pub moduledata: u64,
    /// What was odd.
    pub warnings: Vec<Error>,
}

/// Reads the types of the module that `table` belongs to.
///
/// # Errors
/// Where the moduledata can't be found.
pub fn read<'m>(memory: &'m Memory<'_, '_>, table: &Table<'_>) -> Result<Program<'m>> {
    let module = ModuleData::find(memory, table)?;
    let types = Types::find(memory, &module);
    let mut warnings = module.warnings.clone();
    warnings.extend(types.warnings.iter().cloned());
    Ok(Program {
        types,
        layout: module.layout.map(|l| l.versions),
        moduledata: module.addr,
        warnings,
    })
}

impl<'m> Program<'m> {
    /// The import path of a type's package; of types without a name that of the first named type they are made of.
    pub fn package(&self, t: &Type<'m>) -> Option<Cow<'m, str>> {
        self.types.package_of(t).map(String::from_utf8_lossy)
    }

    /// The types that pass, in the order of addresses.
    pub fn filtered<'p>(&'p self, filter: &'p Filter<'_>) -> impl Iterator<Item = &'p Type<'m>> {
        self.types.types.iter().filter(move |t| {
            filter
                .package
                .is_none_or(|p| super::funcs::in_package(self.package(t).as_deref(), p))
                && filter.matching.is_none_or(|r| r.is_match(t.name))
                && filter.kind.is_none_or(|k| t.kind.word() == k)
        })
    }
}
