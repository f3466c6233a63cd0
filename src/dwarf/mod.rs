//! Debug sections → compile units, through gimli.
//!
//! A Go compile unit is a package. Authority: the DWARF standard, versions 2 to 5; cmd/link/internal/ld/dwarf.go of Go 1.16 to 1.27 for what
//! Go writes. Sections may be compressed; they are decompressed one at a time.

use std::borrow::Cow;

use gimli::{AttributeValue, EndianSlice, RunTimeEndian};

use crate::error::{Error, Result};
use crate::image::{Endian, Image, Section};

/// One unit of `.debug_info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// DW_AT_name: a Go package's path, a C file's name. Empty where there is none.
    pub name: Vec<u8>,
    /// Is DW_AT_language Go?
    pub go: bool,
    /// Offset in the uncompressed section.
    pub offset: u64,
    /// Bytes in the uncompressed section, the header included.
    pub size: u64,
    /// DW_AT_stmt_list: the unit's place in `.debug_line`.
    pub line: Option<u64>,
    /// DW_AT_addr_base: behind the header of the unit's part of `.debug_addr`.
    pub addr_base: Option<u64>,
    /// DW_AT_rnglists_base: behind the header of the unit's part of `.debug_rnglists`.
    pub rnglists_base: Option<u64>,
    /// DW_AT_loclists_base: behind the header of the unit's part of `.debug_loclists`.
    pub loclists_base: Option<u64>,
}

/// The debug section of that name without its prefix: `info` finds `.debug_info`, `.zdebug_info`, `__debug_info`, `__zdebug_info`, `.dwinfo`.
pub fn section<'i, 'a>(image: &'i Image<'a>, name: &str) -> Option<&'i Section<'a>> {
    image
        .sections
        .iter()
        .find(|s| plain_name(s.name) == Some(name.as_bytes()))
}

/// A debug section's name without its prefix.
pub fn plain_name(name: &[u8]) -> Option<&[u8]> {
    let name = match name {
        b".dwinfo" => return Some(b"info"),
        b".dwline" => return Some(b"line"),
        b".dwabrev" => return Some(b"abbrev"),
        b".dwframe" => return Some(b"frame"),
        b".dwrnges" => return Some(b"ranges"),
        b".dwloc" => return Some(b"loc"),
        b".dwarnge" => return Some(b"aranges"),
        b".dwstr" => return Some(b"str"),
        _ => name,
    };
    [&b".debug_"[..], b".zdebug_", b"__debug_", b"__zdebug_"]
        .iter()
        .find_map(|p| name.strip_prefix(*p))
}

fn contents<'a>(image: &Image<'a>, name: &str) -> Result<Cow<'a, [u8]>> {
    match section(image, name) {
        Some(s) => image.section_contents(s),
        None => Ok(Cow::Borrowed(&[])),
    }
}

/// The units of `.debug_info` in order.
///
/// # Errors
/// Where a section can't be decompressed. A malformed unit ends the list.
pub fn units(image: &Image<'_>) -> Result<Vec<Unit>> {
    let endian = match image.endian {
        Endian::Little => RunTimeEndian::Little,
        Endian::Big => RunTimeEndian::Big,
    };
    let (info, abbrev, str, line_str) = (
        contents(image, "info")?,
        contents(image, "abbrev")?,
        contents(image, "str")?,
        contents(image, "line_str")?,
    );
    let slice = |b| EndianSlice::new(b, endian);
    let (debug_info, debug_abbrev) = (
        gimli::DebugInfo::from(slice(&info)),
        gimli::DebugAbbrev::from(slice(&abbrev)),
    );
    let (debug_str, debug_line_str) = (
        gimli::DebugStr::from(slice(&str)),
        gimli::DebugLineStr::from(slice(&line_str)),
    );
    let mut out = Vec::new();
    let mut headers = debug_info.units();
    let broken = |e: gimli::Error| Error::within("DWARF .debug_info", e.to_string());
    // Go gives all its units one table of abbreviations.
    let mut last: Option<(u64, gimli::Abbreviations)> = None;
    while let Ok(Some(h)) = headers.next() {
        let at = h.debug_abbrev_offset().0 as u64;
        if last.as_ref().is_none_or(|l| l.0 != at) {
            match h.abbreviations(&debug_abbrev) {
                Ok(a) => last = Some((at, a)),
                Err(e) if out.is_empty() => return Err(broken(e)),
                Err(_) => break,
            }
        }
        let Some((_, abbreviations)) = &last else { break };
        let offset = h.debug_info_offset().map_or(0, |o| o.0 as u64);
        let size = h.length_including_self() as u64;
        let mut unit = Unit {
            name: Vec::new(),
            go: false,
            offset,
            size,
            line: None,
            addr_base: None,
            rnglists_base: None,
            loclists_base: None,
        };
        let root = h.entry(abbreviations, h.root_offset());
        if let Ok(die) = root {
            for a in die.attrs() {
                let value = a.value();
                match (a.name(), &value) {
                    (gimli::DW_AT_name, AttributeValue::String(s)) => unit.name = s.slice().to_vec(),
                    (gimli::DW_AT_name, AttributeValue::DebugStrRef(o)) => {
                        unit.name = debug_str
                            .get_str(*o)
                            .map(|s| s.slice().to_vec())
                            .unwrap_or_default();
                    }
                    (gimli::DW_AT_name, AttributeValue::DebugLineStrRef(o)) => {
                        unit.name = debug_line_str
                            .get_str(*o)
                            .map(|s| s.slice().to_vec())
                            .unwrap_or_default();
                    }
                    (gimli::DW_AT_language, AttributeValue::Language(l)) => unit.go = *l == gimli::DW_LANG_Go,
                    (gimli::DW_AT_stmt_list, AttributeValue::DebugLineRef(o)) => unit.line = Some(o.0 as u64),
                    (gimli::DW_AT_addr_base, AttributeValue::DebugAddrBase(o)) => {
                        unit.addr_base = Some(o.0 as u64)
                    }
                    (gimli::DW_AT_rnglists_base, AttributeValue::DebugRngListsBase(o)) => {
                        unit.rnglists_base = Some(o.0 as u64);
                    }
                    (gimli::DW_AT_loclists_base, AttributeValue::DebugLocListsBase(o)) => {
                        unit.loclists_base = Some(o.0 as u64);
                    }
                    _ => {}
                }
            }
        }
        out.push(unit);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_sections_have_one_name_in_all_formats() {
        for name in [
            &b".debug_info"[..],
            b".zdebug_info",
            b"__debug_info",
            b"__zdebug_info",
            b".dwinfo",
        ] {
            assert_eq!(plain_name(name), Some(&b"info"[..]));
        }
        assert_eq!(plain_name(b".data"), None);
    }
}
