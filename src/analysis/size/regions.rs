//! An image → disjoint regions in the order of the file, gaps included, each with a role.
//!
//! Authority: the container formats as [`crate::image`] reads them; the section names are those that Go 1.16
//! to 1.27's cmd/link and the usual external linkers write.

use super::model::Kind;
use crate::image::{Detail, Format, Image, Section, Segment, elf, pe};

/// How the bytes of a region are to be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nobody's package: all of it is this kind.
    Plain(Kind),
    /// Machine code, mapped.
    Text,
    /// Anything that is mapped and not code: Go's tables, types, strings, variables.
    Mapped,
    /// A debug section.
    Dwarf,
    /// Entries of a symbol table.
    Symbols,
    /// Names of a symbol table.
    SymbolNames,
    /// Entries of the loader's symbol table.
    DynamicSymbols,
    /// Names of the loader's symbol table.
    DynamicNames,
    /// Relocations with addresses of what they patch.
    Relocations,
    /// Bodies of wasm functions.
    WasmCode,
    /// Zeroes are padding, the rest is unknown.
    Gap,
}

/// A part of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region<'a> {
    /// Offsets in bytes from the start of the image.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Virtual address of the start, where it is mapped.
    pub(super) addr: Option<u64>,
    /// Section name, empty for headers and gaps.
    pub(super) name: &'a [u8],
    /// Index into the image's sections.
    pub(super) section: Option<usize>,
    pub(super) role: Role,
}

/// The whole image from its first byte to its last.
pub(super) fn regions<'a>(image: &Image<'a>) -> Vec<Region<'a>> {
    let size = image.data.len() as u64;
    let mut all: Vec<(u8, Region<'a>)> = Vec::new();
    let mut push = |rank: u8, start: u64, len: u64, name: &'a [u8], role: Role| {
        let end = start.saturating_add(len).min(size);
        if start < end {
            all.push((
                rank,
                Region {
                    start,
                    end,
                    addr: None,
                    name,
                    section: None,
                    role,
                },
            ));
        }
    };
    container(image, &mut push);
    if image.format == Format::Elf && image.sections.is_empty() {
        all.extend(segments(image, size));
    }
    for (i, s) in image.sections.iter().enumerate() {
        let end = s.offset.saturating_add(s.file_size).min(size);
        if s.offset >= end {
            continue;
        }
        // What a PE section has in the file beyond its size in memory fills the last page of the file's
        // alignment.
        let used = if image.format == Format::Pe && s.mem_size > 0 {
            s.offset.saturating_add(s.mem_size).min(end)
        } else {
            end
        };
        if image.format == Format::Wasm && s.name == b"data" {
            all.extend(data_segments(image, s, i, size));
            continue;
        }
        let mapped = s.alloc || s.addr != 0;
        let region = Region {
            start: s.offset,
            end: used,
            addr: mapped.then_some(s.addr),
            name: s.name,
            section: Some(i),
            role: role(image, s),
        };
        all.push((1, region));
        if used < end {
            all.push((
                1,
                Region {
                    start: used,
                    end,
                    section: None,
                    addr: None,
                    role: Role::Gap,
                    ..region
                },
            ));
        }
    }
    disjoint(all, image, size)
}

/// sstrip and some packers drop the section headers: the segments are all there is.
fn segments<'a>(image: &Image<'a>, size: u64) -> impl Iterator<Item = (u8, Region<'a>)> {
    let region = move |s: &Segment<'_>| Region {
        start: s.offset.min(size),
        end: s.offset.saturating_add(s.file_size).min(size),
        addr: Some(s.addr),
        name: b"",
        section: None,
        role: if s.perm.exec { Role::Text } else { Role::Mapped },
    };
    image
        .segments
        .iter()
        .map(region)
        .map(|r| (1, r))
        .filter(|(_, r)| r.start < r.end)
}

/// wasm's data section: contents are mapped, what stands between them is headers.
fn data_segments<'a>(image: &Image<'a>, s: &Section<'a>, i: usize, size: u64) -> Vec<(u8, Region<'a>)> {
    let end = s.offset.saturating_add(s.file_size).min(size);
    let part = |start: u64, end: u64, addr, role| Region {
        start,
        end,
        addr,
        name: s.name,
        section: Some(i),
        role,
    };
    let mut out = Vec::new();
    let mut at = s.offset;
    for d in &image.segments {
        let to = d.offset.saturating_add(d.file_size).min(end);
        if d.offset < at || to <= d.offset {
            continue;
        }
        if d.offset > at {
            out.push((1, part(at, d.offset, None, Role::Plain(Kind::Header))));
        }
        out.push((1, part(d.offset, to, Some(d.addr), Role::Mapped)));
        at = to;
    }
    if at < end {
        out.push((1, part(at, end, None, Role::Plain(Kind::Header))));
    }
    out
}

/// Orders regions, cuts what overlaps (the first by place, then by rank, keeps its bytes), fills gaps.
fn disjoint<'a>(mut all: Vec<(u8, Region<'a>)>, image: &Image<'a>, size: u64) -> Vec<Region<'a>> {
    all.sort_by_key(|(rank, r)| (r.start, *rank, r.end));
    let mut out = Vec::with_capacity(all.len() * 2);
    let mut at = 0;
    for (_, mut r) in all {
        if r.end <= at {
            continue;
        }
        if r.start > at {
            gap(image, at, r.start, &mut out);
        } else if r.start < at {
            r.addr = r.addr.and_then(|a| a.checked_add(at - r.start));
            r.start = at;
        }
        at = r.end;
        out.push(r);
    }
    if at < size {
        gap(image, at, size, &mut out);
    }
    out
}

/// A part of the file that no section holds; Plan 9 and wasm map such parts too.
fn gap<'a>(image: &Image<'a>, start: u64, end: u64, out: &mut Vec<Region<'a>>) {
    let role = match image.format {
        // Section ids and sizes stand between the sections' contents.
        Format::Wasm if end - start <= 16 => Role::Plain(Kind::Header),
        _ => Role::Gap,
    };
    out.push(Region {
        start,
        end,
        addr: None,
        name: b"",
        section: None,
        role,
    });
}

/// Headers and tables that are no sections.
fn container<'a>(image: &Image<'a>, push: &mut impl FnMut(u8, u64, u64, &'a [u8], Role)) {
    let header = Role::Plain(Kind::Header);
    match &image.detail {
        Detail::Elf(e) => {
            push(0, 0, e.header_size, b"", header);
            let (at, size, n) = e.program_header_table;
            push(0, at, u64::from(size).saturating_mul(n as u64), b"", header);
            let (at, size, n) = e.section_header_table;
            push(0, at, u64::from(size).saturating_mul(n as u64), b"", header);
        }
        Detail::MachO(m) => {
            push(0, 0, m.header_size, b"", header);
            let word = if image.ptr_size == 8 { 16 } else { 12 };
            if let Some(t) = m.symtab {
                push(
                    1,
                    t.offset,
                    t.count.saturating_mul(word),
                    b"__LINKEDIT",
                    Role::Symbols,
                );
                push(
                    1,
                    t.strings_offset,
                    t.strings_size,
                    b"__LINKEDIT",
                    Role::SymbolNames,
                );
            }
            if let Some((at, n)) = m.indirect_symbols {
                push(
                    1,
                    at,
                    n.saturating_mul(4),
                    b"__LINKEDIT",
                    Role::Plain(Kind::Dynamic),
                );
            }
            for l in &m.link_data {
                let kind = match l.what {
                    "code signature" | "code sign DRs" => Kind::Signature,
                    "rebase" | "chained fixups" => Kind::Relocation,
                    _ => Kind::Dynamic,
                };
                push(1, l.offset, l.size, b"__LINKEDIT", Role::Plain(kind));
            }
        }
        Detail::Pe(p) => {
            let table =
                p.pe_offset + 24 + u64::from(p.optional_header_size) + 40 * image.sections.len() as u64;
            push(0, 0, table, b"", header);
            let (at, n) = p.symbol_table;
            if at > 0 && n > 0 {
                let name = holder(image, at);
                push(0, at, n.saturating_mul(18), name, Role::Symbols);
                push(
                    0,
                    at.saturating_add(n.saturating_mul(18)),
                    p.strings.len() as u64,
                    name,
                    Role::SymbolNames,
                );
            }
            // The certificate table's "address" is a file offset.
            if let Some((at, len)) = p.directories.get(pe::DIR_SECURITY).filter(|d| d.0 != 0) {
                push(
                    0,
                    u64::from(*at),
                    u64::from(*len),
                    b"",
                    Role::Plain(Kind::Signature),
                );
            }
        }
        Detail::Xcoff(x) => {
            push(0, 0, x.header_size, b"", header);
            let (at, n) = x.symbol_table;
            if at > 0 && n > 0 {
                let end = at.saturating_add(n.saturating_mul(18));
                push(1, at, n.saturating_mul(18), b"", Role::Symbols);
                let len = image
                    .endian
                    .u32(image.data, usize::try_from(end).unwrap_or(usize::MAX))
                    .unwrap_or(0);
                push(1, end, u64::from(len), b"", Role::SymbolNames);
            }
        }
        Detail::Plan9(p) => push(0, 0, p.header_size, b"", header),
        Detail::Wasm(_) => push(0, 0, 8, b"", header),
    }
}

/// The name of the section that holds an offset.
fn holder<'a>(image: &Image<'a>, at: u64) -> &'a [u8] {
    image
        .sections
        .iter()
        .find(|s| at >= s.offset && at - s.offset < s.file_size)
        .map_or(b"", |s| s.name)
}

fn role(image: &Image<'_>, s: &Section<'_>) -> Role {
    match image.format {
        Format::Elf => elf_role(s),
        Format::MachO => macho_role(s),
        Format::Pe => pe_role(s),
        Format::Xcoff => xcoff_role(s),
        Format::Plan9 => match s.name {
            b"text" => Role::Text,
            b"data" => Role::Mapped,
            b"syms" => Role::Symbols,
            _ => Role::Plain(Kind::Symtab),
        },
        Format::Wasm => match s.name {
            b"code" => Role::WasmCode,
            b"data" => Role::Mapped,
            b"name" => Role::SymbolNames,
            b"import" | b"export" => Role::Plain(Kind::Dynamic),
            b"go:buildid" | b"go.buildid" | b"producers" => Role::Plain(Kind::Buildinfo),
            _ if s.is_debug() => Role::Dwarf,
            _ => Role::Plain(Kind::Header),
        },
        Format::Archive | Format::GoObject => Role::Gap,
    }
}

fn elf_role(s: &Section<'_>) -> Role {
    let n = s.name;
    let starts = |p: &str| n.starts_with(p.as_bytes());
    let plain = Role::Plain;
    match s.kind {
        elf::SHT_SYMTAB => return Role::Symbols,
        elf::SHT_REL | elf::SHT_RELA | elf::SHT_RELR => {
            return if s.alloc {
                Role::Relocations
            } else {
                plain(Kind::Relocation)
            };
        }
        elf::SHT_DYNSYM => return Role::DynamicSymbols,
        elf::SHT_DYNAMIC
        | elf::SHT_HASH
        | elf::SHT_GNU_HASH
        | elf::SHT_GNU_VERDEF
        | elf::SHT_GNU_VERNEED
        | elf::SHT_GNU_VERSYM => return plain(Kind::Dynamic),
        elf::SHT_STRTAB if !s.alloc => {
            return if n == b".strtab" {
                Role::SymbolNames
            } else {
                plain(Kind::Header)
            };
        }
        elf::SHT_GROUP | elf::SHT_SYMTAB_SHNDX => return plain(Kind::Header),
        _ => {}
    }
    if s.is_debug() || starts(".gdb_index") || starts(".stab") {
        return Role::Dwarf;
    }
    if starts(".note.go") || n == b".go.buildinfo" || starts(".note.gnu.build-id") {
        return plain(Kind::Buildinfo);
    }
    if starts(".note") || n == b".comment" || starts(".gnu_debug") || starts(".shstrtab") || starts(".strtab")
    {
        return plain(Kind::Header);
    }
    if n == b".dynstr" {
        return Role::DynamicNames;
    }
    if matches!(
        n,
        b".interp"
            | b".dynamic"
            | b".hash"
            | b".gnu.hash"
            | b".got"
            | b".got.plt"
            | b".plt.got"
            | b".rela.plt"
            | b".rel.plt"
    ) || starts(".plt")
        || starts(".gnu.version")
        || starts(".MIPS")
        || starts(".iplt")
    {
        return plain(Kind::Dynamic);
    }
    if starts(".eh_frame") || starts(".gcc_except") || starts(".sframe") || starts(".ARM.ex") {
        return plain(Kind::EhFrame);
    }
    if matches!(
        n,
        b".init"
            | b".fini"
            | b".init_array"
            | b".fini_array"
            | b".preinit_array"
            | b".ctors"
            | b".dtors"
            | b".jcr"
            | b".tm_clone_table"
    ) || starts(".tdata")
        || starts("__libc_")
        || starts(".rodata.")
        || starts(".rodata1")
        || starts(".data1")
        || starts(".text.")
        || starts("__lcxx")
    {
        return plain(Kind::CCode);
    }
    if s.perm.exec && s.alloc {
        return Role::Text;
    }
    if s.alloc {
        Role::Mapped
    } else {
        plain(Kind::Unknown)
    }
}

fn macho_role(s: &Section<'_>) -> Role {
    let n = s.name;
    if s.is_debug() {
        return Role::Dwarf;
    }
    match n {
        b"__go_buildinfo" => Role::Plain(Kind::Buildinfo),
        b"__stubs" | b"__stub_helper" | b"__symbol_stub1" | b"__la_symbol_ptr" | b"__nl_symbol_ptr"
        | b"__got" | b"__auth_stubs" | b"__auth_got" | b"__init_offsets" => Role::Plain(Kind::Dynamic),
        b"__unwind_info" | b"__eh_frame" | b"__gcc_except_tab" | b"__compact_unwind" => {
            Role::Plain(Kind::EhFrame)
        }
        b"__cstring" | b"__const" | b"__literal4" | b"__literal8" | b"__literal16" | b"__mod_init_func"
        | b"__cfstring" | b"__objc_imageinfo" => Role::Plain(Kind::CCode),
        b"__text" => Role::Text,
        _ if s.perm.exec && s.flags & 0x8000_0400 != 0 => Role::Text,
        _ => Role::Mapped,
    }
}

fn pe_role(s: &Section<'_>) -> Role {
    let n = s.name;
    if s.is_debug() {
        return Role::Dwarf;
    }
    match n {
        b".text" => Role::Text,
        b".rdata" | b".data" => Role::Mapped,
        b".idata" | b".edata" | b".didat" => Role::Plain(Kind::Dynamic),
        b".reloc" => Role::Relocations,
        b".symtab" => Role::Plain(Kind::Symtab),
        b".pdata" | b".xdata" | b".eh_fram" | b".eh_frame" => Role::Plain(Kind::EhFrame),
        b".rsrc" => Role::Plain(Kind::Header),
        b".CRT" | b".tls" => Role::Plain(Kind::CCode),
        b".buildid" => Role::Plain(Kind::Buildinfo),
        _ if s.perm.exec => Role::Text,
        _ if s.alloc => Role::Mapped,
        _ => Role::Plain(Kind::Unknown),
    }
}

fn xcoff_role(s: &Section<'_>) -> Role {
    match s.name {
        b".text" => Role::Text,
        b".data" => Role::Mapped,
        b".loader" => Role::Plain(Kind::Dynamic),
        _ if s.is_debug() => Role::Dwarf,
        // Stabs
        b".debug" => Role::Dwarf,
        b".tdata" | b".except" | b".typchk" => Role::Plain(Kind::CCode),
        _ if s.alloc => Role::Mapped,
        _ => Role::Plain(Kind::Header),
    }
}

/// How far into a gap zeroes are counted from each end: a sparse file may have a gap of any length, and no
/// program is as long.
const LOOKED_AT: usize = 1 << 30;

/// What a gap is made of: (bytes of zeroes, other bytes). Zeroes at its ends are padding, what lies between
/// is not known; so is what lies beyond [`LOOKED_AT`].
pub(super) fn gap_bytes(bytes: &[u8]) -> (u64, u64) {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let front = zeroes(head.chunks(BLOCK), |b| b.iter().take_while(|b| **b == 0).count());
    let rest = bytes.get(front..).unwrap_or_default();
    let tail = rest
        .get(rest.len().saturating_sub(LOOKED_AT)..)
        .unwrap_or_default();
    let back = zeroes(tail.rchunks(BLOCK), |b| {
        b.iter().rev().take_while(|b| **b == 0).count()
    });
    ((front + back) as u64, (rest.len() - back) as u64)
}

/// Bytes that are compared at once.
const BLOCK: usize = 4096;

/// How many zeroes blocks begin with in their order; `count` says it of one that has other bytes too.
fn zeroes<'b>(blocks: impl Iterator<Item = &'b [u8]>, count: impl Fn(&[u8]) -> usize) -> usize {
    let mut sum = 0;
    for block in blocks {
        if *block != [0; BLOCK][..block.len()] {
            return sum + count(block);
        }
        sum += block.len();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_padding_at_their_ends() {
        assert_eq!(gap_bytes(b"\0\0ab\0c\0"), (3, 4));
        assert_eq!(gap_bytes(b"\0\0\0"), (3, 0));
        assert_eq!(gap_bytes(b""), (0, 0));
        let long = [&[0; 5000][..], b"x\0y", &[0; 9000]].concat();
        assert_eq!(gap_bytes(&long), (14_000, 3));
    }
}
