//! What stays of DWARF with `-w` when GNU ld links for Go 1.25 and older: the C objects' part.
//!
//! Go's linker then leaves its own DWARF out but does not tell the C linker to drop the objects'. The units
//! of other producers are picked out here and compressed as ld does, each section on its own. Within some
//! hundred bytes of the truth.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gimli::{AttributeValue, EndianSlice, RunTimeEndian};

use super::facts::Facts;
use crate::dwarf;
use crate::image::{Endian, Image};

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// The debug sections that stay, and their bytes in the file. Empty where all units are Go's.
pub(super) fn left(f: &Facts<'_, '_>) -> Option<Vec<(usize, u64)>> {
    let image = f.image;
    let contents = |name: &str| {
        let section = image.section(name);
        section
            .and_then(|s| image.section_contents(s).ok())
            .unwrap_or_default()
    };
    let endian = if image.endian == Endian::Little {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let info = contents(".debug_info");
    let units = units(image, &info, endian)?;
    if units.iter().all(|u| u.go) {
        return Some(Vec::new());
    }
    let c = || units.iter().filter(|u| !u.go);
    let mut out = Vec::new();
    // One section after the other: they are large.
    let mut keep = |name: &str, bytes: &[u8]| {
        let mut sections = image.sections.iter();
        let index = sections.position(|s| s.name == name.as_bytes() && s.is_debug());
        if let (Some(i), false) = (index, bytes.is_empty()) {
            out.push((i, compressed(bytes, image.ptr_size)));
        }
    };
    let parts = c().filter_map(|u| info.get(u.start..u.end));
    keep(".debug_info", &parts.flatten().copied().collect::<Vec<_>>());
    drop(info);
    let abbrev = contents(".debug_abbrev");
    let mut starts: Vec<usize> = units.iter().map(|u| u.abbrev).chain([abbrev.len()]).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut tables: Vec<usize> = c().map(|u| u.abbrev).collect();
    tables.sort_unstable();
    tables.dedup();
    let table = |at: &usize| {
        let end = starts.get(starts.partition_point(|s| s <= at))?;
        abbrev.get(*at..*end)
    };
    let tables: Vec<u8> = tables.iter().filter_map(table).flatten().copied().collect();
    keep(".debug_abbrev", &tables);
    drop(abbrev);
    let line = contents(".debug_line");
    let mut programs: Vec<usize> = c().filter_map(|u| u.line).collect();
    programs.sort_unstable();
    programs.dedup();
    let program = |at: usize| {
        let b = line.get(at..)?;
        let len = image.endian.u32(b, 0)? as usize;
        b.get(..len.checked_add(4)?)
    };
    let lines = programs.into_iter().filter_map(program);
    keep(
        ".debug_line",
        &lines.flatten().copied().take(line.len()).collect::<Vec<_>>(),
    );
    drop(line);
    for name in [".debug_str", ".debug_line_str", ".debug_aranges"] {
        keep(name, &contents(name));
    }
    for name in [".debug_loclists", ".debug_rnglists"] {
        keep(name, &lists(&contents(name), image, f.tools().dwarf5));
    }
    Some(out)
}

/// Bytes of a section as ld stores it: zlib behind a header, or as it is where that is no longer.
fn compressed(bytes: &[u8], ptr_size: u8) -> u64 {
    let mut e = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let packed = e
        .write_all(bytes)
        .and_then(|()| e.finish())
        .map_or(u64::MAX, |v| v.len() as u64);
    let header = if ptr_size == 8 { 24 } else { 12 };
    packed.saturating_add(header).min(bytes.len() as u64)
}

/// All lists but the largest contribution, which is Go's (since Go 1.25 wrote DWARF 5).
fn lists(b: &[u8], image: &Image<'_>, go_has_one: bool) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut rest = b;
    while let Some(len) = image.endian.u32(rest, 0) {
        let Some((part, after)) = (len as usize)
            .checked_add(4)
            .and_then(|n| rest.split_at_checked(n))
        else {
            break;
        };
        parts.push(part);
        rest = after;
    }
    let largest = parts.iter().map(|p| p.len()).max().unwrap_or(0);
    let at = parts.iter().position(|p| p.len() == largest);
    parts
        .iter()
        .enumerate()
        .filter(|(i, _)| !go_has_one || Some(*i) != at)
        .flat_map(|(_, p)| p.iter().copied())
        .collect()
}

struct Unit {
    start: usize,
    end: usize,
    abbrev: usize,
    line: Option<usize>,
    go: bool,
}

fn units(image: &Image<'_>, info: &[u8], endian: RunTimeEndian) -> Option<Vec<Unit>> {
    let contents = |name: &str| image.section(name).and_then(|s| image.section_contents(s).ok());
    let (abbrev, strings) = (
        contents(".debug_abbrev")?,
        contents(".debug_str").unwrap_or_default(),
    );
    let strings = gimli::DebugStr::from(Slice::new(&strings, endian));
    let mut out = Some(Vec::new());
    let mut share = image.budget().share("DWARF units");
    let (info, abbrev) = (Slice::new(info, endian), Slice::new(&abbrev, endian));
    dwarf::roots(info, abbrev, &mut share, |h, root| {
        let unit = || {
            let root = root?;
            let start = h.offset().to_debug_info_offset(h)?.0;
            let producer = match root.attr_value(gimli::DW_AT_producer) {
                Some(AttributeValue::String(s)) => s.slice(),
                Some(AttributeValue::DebugStrRef(o)) => {
                    strings.get_str(o).map(|s| s.slice()).unwrap_or_default()
                }
                _ => b"",
            };
            let line = match root.attr_value(gimli::DW_AT_stmt_list) {
                Some(AttributeValue::DebugLineRef(o)) => Some(o.0),
                _ => None,
            };
            Some(Unit {
                start,
                end: start.checked_add(h.length_including_self())?,
                abbrev: h.debug_abbrev_offset().0,
                line,
                go: producer.starts_with(b"Go "),
            })
        };
        // One that can't be read: there is nothing to say of all.
        match (unit(), &mut out) {
            (Some(unit), Some(all)) => all.push(unit),
            _ => out = None,
        }
    })
    .ok()?;
    out
}
