//! Debug sections → compile units, through gimli.
//!
//! A Go compile unit is a package. Authority: the DWARF standard, versions 2 to 5;
//! cmd/link/internal/ld/dwarf.go of Go 1.16 to 1.27 for what Go writes. Sections may be compressed; they are
//! decompressed one at a time.

pub mod alike;

use std::borrow::Cow;

use gimli::{AttributeValue, EndianSlice, Reader, RunTimeEndian};

use crate::error::{Error, Result};
use crate::image::budget::Share;
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
    /// DW_AT_comp_dir: the folder it was compiled in. Empty for Go's units.
    pub folder: Vec<u8>,
    /// Addresses of its code: first, and behind the last. Empty for Go's units, whose functions the pclntab
    /// tells.
    pub ranges: Vec<(u64, u64)>,
}

/// The debug section of that name without its prefix: `info` finds `.debug_info`, `.zdebug_info`,
/// `__debug_info`, `__zdebug_info`, `.dwinfo`.
pub fn section<'i, 'a>(image: &'i Image<'a>, name: &str) -> Option<&'i Section<'a>> {
    image
        .sections
        .iter()
        .find(|s| s.debug_name() == Some(name.as_bytes()))
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
    let (debug_str, debug_line_str) = (
        gimli::DebugStr::from(slice(&str)),
        gimli::DebugLineStr::from(slice(&line_str)),
    );
    let mut out = Vec::new();
    let mut foreign = Vec::new();
    let mut share = image.budget().share("DWARF units");
    let mut names = image.budget().share("DWARF unit names");
    let mut text = |value: &AttributeValue<Slice<'_>>| {
        let found = match value {
            _ if names.is_empty() => return Vec::new(),
            AttributeValue::String(s) => s.slice(),
            AttributeValue::DebugStrRef(o) => debug_str.get_str(*o).map(|s| s.slice()).unwrap_or_default(),
            AttributeValue::DebugLineStrRef(o) => {
                debug_line_str.get_str(*o).map(|s| s.slice()).unwrap_or_default()
            }
            _ => return Vec::new(),
        };
        names.name(found).to_vec()
    };
    let done = roots(slice(&info), slice(&abbrev), &mut share, |h, root| {
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
            folder: Vec::new(),
            ranges: Vec::new(),
        };
        let mut code = Code::default();
        if let Some(die) = root {
            for a in die.attrs() {
                let value = a.value();
                match (a.name(), &value) {
                    (gimli::DW_AT_name, v) => unit.name = text(v),
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
                    (gimli::DW_AT_comp_dir, v) => unit.folder = text(v),
                    (gimli::DW_AT_low_pc, AttributeValue::Addr(a)) => code.low = Some(*a),
                    (gimli::DW_AT_high_pc, AttributeValue::Addr(a)) => code.high = Some(*a),
                    (gimli::DW_AT_high_pc, v) => code.size = v.udata_value(),
                    (gimli::DW_AT_ranges, AttributeValue::RangeListsRef(o)) => code.list = Some(o.0),
                    _ => {}
                }
            }
        }
        if unit.go {
            unit.folder = Vec::new();
        } else {
            code.encoding = Some(h.encoding());
            foreign.push((out.len(), code));
        }
        out.push(unit);
    });
    match done {
        Err(e) if out.is_empty() => return Err(Error::within("DWARF .debug_info", e.to_string())),
        _ => {}
    }
    resolve_ranges(image, endian, &foreign, &mut out);
    Ok(out)
}

type Slice<'d> = EndianSlice<'d, RunTimeEndian>;
type Header<'d> = gimli::UnitHeader<Slice<'d>>;
type Die<'d> = gimli::DebuggingInformationEntry<Slice<'d>>;

/// What a unit is worth of a share, in bytes; about what is kept of it.
const UNIT: usize = 256;
/// What an attribute of a unit is worth.
const ATTRIBUTE: usize = 16;

/// Hands the root of each unit of `.debug_info` to `each`, `None` for one that can't be read. Of a table of
/// abbreviations only what the root needs is read: units may share tables, and name them by turns.
///
/// # Errors
/// What ends the list early: a malformed header, or abbreviations that are not there.
pub(crate) fn roots<'d>(
    info: Slice<'d>,
    abbrev: Slice<'_>,
    share: &mut Share<'_>,
    mut each: impl FnMut(&Header<'d>, Option<&Die<'d>>),
) -> gimli::Result<()> {
    let debug_info = gimli::DebugInfo::from(info);
    let mut headers = debug_info.units();
    // Go gives all its units one table of abbreviations.
    let mut last: Option<((usize, u64), usize, gimli::Abbreviations)> = None;
    while let Some(h) = headers.next()? {
        let mut root = h.range_from(h.root_offset()..)?;
        let wanted = (h.debug_abbrev_offset().0, root.read_uleb128()?);
        if last.as_ref().is_none_or(|l| l.0 != wanted) {
            let table = abbrev
                .slice()
                .get(wanted.0..)
                .ok_or(gimli::Error::OffsetOutOfBounds(wanted.0 as u64))?;
            let found = abbreviation(Slice::new(table, abbrev.endian()), wanted.1)?;
            if !share.take(found.looked_at) {
                break;
            }
            let alone = gimli::DebugAbbrev::from(Slice::new(&found.bytes, abbrev.endian()));
            let parsed = alone.abbreviations(gimli::DebugAbbrevOffset(0))?;
            last = Some((wanted, found.attributes, parsed));
        }
        let Some((_, attributes, abbreviations)) = &last else {
            break;
        };
        if !share.take(UNIT + attributes * ATTRIBUTE) {
            break;
        }
        each(&h, h.entry(abbreviations, h.root_offset()).ok().as_ref());
    }
    Ok(())
}

/// One abbreviation of a table.
struct Abbreviation {
    /// A table that holds only this one.
    bytes: Vec<u8>,
    attributes: usize,
    /// Bytes of the table up to its end.
    looked_at: usize,
}

/// The abbreviation of a code in the table at the start of `table`; a table of none where it has no such
/// code.
fn abbreviation(mut table: Slice<'_>, code: u64) -> gimli::Result<Abbreviation> {
    let whole = table;
    loop {
        let start = whole.len() - table.len();
        let found = table.read_uleb128()?;
        let mut attributes = 0;
        if found != 0 {
            table.read_uleb128()?;
            table.read_u8()?;
            loop {
                let (name, form) = (table.read_uleb128()?, table.read_uleb128()?);
                if form == u64::from(gimli::DW_FORM_implicit_const.0) {
                    table.read_sleb128()?;
                }
                if (name, form) == (0, 0) {
                    break;
                }
                attributes += 1;
            }
        }
        if found == code || found == 0 {
            let looked_at = whole.len() - table.len();
            let own = whole.slice().get(start..looked_at).unwrap_or_default();
            let bytes = [own, &[0]].concat();
            return Ok(Abbreviation {
                bytes,
                attributes,
                looked_at,
            });
        }
    }
}

/// What a unit says of its addresses.
#[derive(Debug, Default)]
struct Code {
    low: Option<u64>,
    high: Option<u64>,
    size: Option<u64>,
    list: Option<usize>,
    encoding: Option<gimli::Encoding>,
}

/// What a range is worth of a share, in bytes.
const RANGE: usize = 16;

/// Fills in [`Unit::ranges`]; the sections of lists are read only where a unit has one.
fn resolve_ranges(image: &Image<'_>, endian: RunTimeEndian, units: &[(usize, Code)], out: &mut [Unit]) {
    let mut sections = None;
    // Many may name one list.
    let mut share = image.budget().share("DWARF ranges");
    for (i, code) in units {
        let Some(unit) = out.get_mut(*i) else { continue };
        let low = code.low.unwrap_or(0);
        let Some(list) = code.list else {
            let high = code.high.or(code.size.and_then(|s| low.checked_add(s)));
            unit.ranges.extend(high.filter(|h| *h > low).map(|h| (low, h)));
            continue;
        };
        let Some(encoding) = code.encoding else { continue };
        let (ranges, rnglists, addr) = sections.get_or_insert_with(|| {
            let read = |name| contents(image, name).unwrap_or_default();
            (read("ranges"), read("rnglists"), read("addr"))
        });
        let slice = |b| EndianSlice::new(b, endian);
        let lists = gimli::RangeLists::new(
            gimli::DebugRanges::from(slice(ranges)),
            gimli::DebugRngLists::from(slice(rnglists)),
        );
        let addrs = gimli::DebugAddr::from(slice(addr));
        let found = lists.ranges(
            gimli::RangeListsOffset(list),
            encoding,
            low,
            &addrs,
            gimli::DebugAddrBase(unit.addr_base.unwrap_or(0) as usize),
        );
        let Ok(mut found) = found else { continue };
        while let Ok(Some(r)) = found.next() {
            if !share.take(RANGE) {
                return;
            }
            unit.ranges.push((r.begin, r.end));
        }
    }
}

/// The functions that `.eh_frame` has entries for: (first address, behind the last). A malformed entry ends
/// the list.
pub fn frames(image: &Image<'_>) -> Vec<(u64, u64)> {
    use gimli::UnwindSection;
    let mut out = Vec::new();
    let Some(s) = image
        .sections
        .iter()
        .find(|s| matches!(s.name, b".eh_frame" | b"__eh_frame"))
    else {
        return out;
    };
    let endian = match image.endian {
        Endian::Little => RunTimeEndian::Little,
        Endian::Big => RunTimeEndian::Big,
    };
    let mut eh = gimli::EhFrame::new(image.section_bytes(s), endian);
    eh.set_address_size(image.ptr_size);
    let bases = gimli::BaseAddresses::default().set_eh_frame(s.addr);
    let mut entries = eh.entries(&bases);
    // Mostly one CIE serves all entries that follow it.
    let mut last: Option<(usize, gimli::CommonInformationEntry<_>)> = None;
    while let Ok(Some(entry)) = entries.next() {
        let gimli::CieOrFde::Fde(partial) = entry else {
            continue;
        };
        let fde = partial.parse(|section, bases, offset| match &last {
            Some((at, cie)) if *at == offset.0 => Ok(cie.clone()),
            _ => {
                let cie = section.cie_from_offset(bases, offset)?;
                last = Some((offset.0, cie.clone()));
                Ok(cie)
            }
        });
        let Ok(fde) = fde else { break };
        let start = fde.initial_address();
        if fde.len() > 0 {
            out.push((start, start.saturating_add(fde.len())));
        }
    }
    out
}
