//! How far inference can be trusted: the symbol table is hidden, data is attributed, and the result is held
//! against the symbols.

use std::collections::BTreeMap;

use super::cuts_by_address;
use super::model::Detail;
use super::names::Names;
use crate::error::Result;
use crate::go::{Program, packages};
use crate::image::Place;
use crate::input::Bytes;

/// Bytes of one section whose symbols tell a package, and how many of them inference gave to that package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Section name.
    pub section: String,
    /// Bytes of symbols with a package in their name.
    pub bytes: u64,
    /// Bytes that were given to the same package without symbols.
    pub agree: u64,
    /// The largest symbols that were given to others: (bytes, symbol, package that got most of it).
    pub worst: Vec<(u64, String, String)>,
}

/// Compares attribution without symbols with the symbols of an ELF file, for the sections that hold data.
///
/// # Errors
/// Where the file is no image, or has no symbols.
pub fn agreement(file: &Bytes) -> Result<Vec<Agreement>> {
    let go = Program::open(file)?;
    let image = go.image();
    let symbols = image.symbols()?;
    let mut names = Names::new(Detail::Package);
    let cuts = cuts_by_address(&go, &mut names);
    let mut out: BTreeMap<&[u8], Agreement> = BTreeMap::new();
    for s in symbols {
        let Place::Section(i) = s.place else { continue };
        let Some(section) = image
            .sections
            .get(i)
            .filter(|x| x.alloc && x.file_size > 0 && !x.perm.exec)
        else {
            continue;
        };
        let Some(package) = packages::of_name(s.name).filter(|_| s.size > 0) else {
            continue;
        };
        // The linker's own tables are named after the runtime, whose they are not.
        if super::data::is_mark(s.name) {
            continue;
        }
        let end = s.addr.saturating_add(s.size);
        let first = cuts.partition_point(|c| c.at <= s.addr).saturating_sub(1);
        let mut agree = 0;
        let mut other = (0, super::names::NONE);
        for (k, c) in cuts
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, c)| c.at < end)
        {
            let next = cuts.get(k + 1).map_or(end, |n| n.at).min(end);
            let bytes = next.saturating_sub(c.at.max(s.addr));
            if names.text(c.owner.package) == package.as_bytes() {
                agree += bytes;
            } else if bytes > other.0 {
                other = (bytes, c.owner.package);
            }
        }
        let e = out.entry(section.name).or_insert_with(|| Agreement {
            section: String::from_utf8_lossy(section.name).into_owned(),
            bytes: 0,
            agree: 0,
            worst: Vec::new(),
        });
        e.bytes += s.size;
        e.agree += agree;
        if agree < s.size {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            e.worst
                .push((s.size - agree, text(s.name), text(names.text(other.1))));
        }
    }
    let mut out: Vec<Agreement> = out.into_values().collect();
    for a in &mut out {
        a.worst.sort_by(|x, y| y.cmp(x));
        a.worst.truncate(10);
    }
    Ok(out)
}
