//! What stays of DWARF with `-w` when GNU ld links for Go 1.25 and older: the C objects' part.
//!
//! Go's linker then leaves its own DWARF out but does not tell the C linker to drop the objects'. The units of other producers
//! are picked out here and compressed as ld does, each section on its own. Within some hundred bytes of the truth.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gimli::{AttributeValue, EndianSlice, RunTimeEndian};

use super::facts::Facts;
use crate::image::{Endian, Image};

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// The debug sections that stay, and their bytes in the file. Empty where all units are Go's.
pub(super) fn left(f: &Facts<'_, '_>) -> Option<Vec<(usize, u64)>> {
    let image = f.image;
    let contents = |name: &str| -> Vec<u8> {
        let section = image.section(name);
        section
            .and_then(|s| image.section_contents(s).ok())
            .map(|c| c.into_owned())
            .unwrap_or_default()
    };
    let endian = if image.endian == Endian::Little {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let (info, abbrev) = (contents(".debug_info"), contents(".debug_abbrev"));
    let (line, strings) = (contents(".debug_line"), contents(".debug_str"));
    let units = units(&info, &abbrev, &strings, endian)?;
    if units.iter().all(|u| u.go) {
        return Some(Vec::new());
    }
    let c = || units.iter().filter(|u| !u.go);
    let mut kept: Vec<(&str, Vec<u8>)> = Vec::new();
    kept.push((
        ".debug_info",
        c().filter_map(|u| info.get(u.start..u.end))
            .flatten()
            .copied()
            .collect(),
    ));
    let mut starts: Vec<usize> = units.iter().map(|u| u.abbrev).chain([abbrev.len()]).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut tables: Vec<usize> = c().map(|u| u.abbrev).collect();
    tables.sort_unstable();
    tables.dedup();
    let table = |at: &usize| {
        starts
            .iter()
            .find(|s| *s > at)
            .and_then(|end| abbrev.get(*at..*end))
    };
    kept.push((
        ".debug_abbrev",
        tables.iter().filter_map(table).flatten().copied().collect(),
    ));
    let lines = c().filter_map(|u| line.get(u.line?..)).filter_map(|b| {
        let len = image.endian.u32(b, 0)? as usize;
        b.get(..len.checked_add(4)?)
    });
    kept.push((".debug_line", lines.flatten().copied().collect()));
    for name in [".debug_str", ".debug_line_str", ".debug_aranges"] {
        kept.push((name, contents(name)));
    }
    for name in [".debug_loclists", ".debug_rnglists"] {
        kept.push((name, lists(&contents(name), image, f.tools().dwarf5)));
    }
    let mut out = Vec::new();
    for (name, bytes) in kept {
        let index = image
            .sections
            .iter()
            .position(|s| s.name == name.as_bytes() && s.is_debug());
        if let (Some(i), false) = (index, bytes.is_empty()) {
            out.push((i, compressed(&bytes, image.ptr_size)));
        }
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

fn units(info: &[u8], abbrev: &[u8], strings: &[u8], endian: RunTimeEndian) -> Option<Vec<Unit>> {
    let info = gimli::DebugInfo::from(Slice::new(info, endian));
    let abbrev = gimli::DebugAbbrev::from(Slice::new(abbrev, endian));
    let strings = gimli::DebugStr::from(Slice::new(strings, endian));
    let mut out = Vec::new();
    let mut headers = info.units();
    let mut last: Option<(gimli::DebugAbbrevOffset, gimli::Abbreviations)> = None;
    while let Some(h) = headers.next().ok()? {
        let start = h.offset().to_debug_info_offset(&h)?.0;
        // Units of one compiler mostly share a table.
        if last.as_ref().is_none_or(|l| l.0 != h.debug_abbrev_offset()) {
            last = Some((h.debug_abbrev_offset(), h.abbreviations(&abbrev).ok()?));
        }
        let table = &last.as_ref()?.1;
        let mut entries = h.entries(table);
        let root = entries.next_dfs().ok()??;
        let producer = match root.attr_value(gimli::DW_AT_producer) {
            Some(AttributeValue::String(s)) => s.slice(),
            Some(AttributeValue::DebugStrRef(o)) => strings.get_str(o).map(|s| s.slice()).unwrap_or_default(),
            _ => b"",
        };
        let line = match root.attr_value(gimli::DW_AT_stmt_list) {
            Some(AttributeValue::DebugLineRef(o)) => Some(o.0),
            _ => None,
        };
        out.push(Unit {
            start,
            end: start.checked_add(h.length_including_self())?,
            abbrev: h.debug_abbrev_offset().0,
            line,
            go: producer.starts_with(b"Go "),
        });
    }
    Some(out)
}
