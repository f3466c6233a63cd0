//! Mach-O headers → [`super::Image`], fat files → slices, and what only Mach-O has: load commands.
//!
//! Authority: Apple's `mach-o/loader.h` and `mach-o/fat.h`; goblin reads the header and the load commands.

use goblin::container::{Container, Ctx};
use goblin::mach::constants::cputype as cpu;
use goblin::mach::header::Header;
use goblin::mach::load_command::{self as lc, CommandVariant, LoadCommand, Section32, Section64};
use scroll::Pread;

use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment, c_string, clip, until_nul};
use crate::error::{Error, Result};

/// filetype of an executable.
pub const MH_EXECUTE: u32 = goblin::mach::header::MH_EXECUTE;
/// filetype of a dynamic library.
pub const MH_DYLIB: u32 = goblin::mach::header::MH_DYLIB;
/// filetype of a bundle: a plugin.
pub const MH_BUNDLE: u32 = goblin::mach::header::MH_BUNDLE;
/// filetype of a relocatable object.
pub const MH_OBJECT: u32 = goblin::mach::header::MH_OBJECT;
/// Header flag: the program may be loaded anywhere.
pub const MH_PIE: u32 = 0x0020_0000;

/// A load command's kind and place.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// `cmd`, LC_REQ_DYLD bit included.
    pub kind: u32,
    /// Offset in bytes from the start of the image.
    pub offset: u64,
    /// `cmdsize` in bytes.
    pub size: u32,
}

/// LC_SYMTAB: places and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SymbolTable {
    pub offset: u64,
    pub count: u64,
    pub strings_offset: u64,
    pub strings_size: u64,
}

/// One use of a dynamic library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dylib<'a> {
    /// The install name: a path.
    pub name: &'a [u8],
    /// LC_LOAD_WEAK_DYLIB.
    pub weak: bool,
}

/// A part of __LINKEDIT that a load command points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkData {
    /// The load command that points here.
    pub command: u32,
    /// What it is: `rebase`, `bind`, `weak bind`, `lazy bind`, `export`, `code signature`, `function starts`,
    /// …
    pub what: &'static str,
    /// Offset in bytes from the start of the image.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

/// What only Mach-O has.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct MachO<'a> {
    pub cpu_type: u32,
    pub cpu_subtype: u32,
    /// MH_EXECUTE, …
    pub file_type: u32,
    /// MH_PIE, …
    pub flags: u32,
    /// Mach header and load commands together, in bytes.
    pub header_size: u64,
    pub commands: Vec<Command>,
    pub symtab: Option<SymbolTable>,
    pub dylibs: Vec<Dylib<'a>>,
    pub rpaths: Vec<&'a [u8]>,
    pub interpreter: Option<&'a [u8]>,
    pub uuid: Option<[u8; 16]>,
    /// Platform (1 macOS, 2 iOS, …) and the least version, as LC_BUILD_VERSION or LC_VERSION_MIN_* say: major
    /// << 16 | minor << 8 | patch.
    pub platform: Option<(u32, u32)>,
    /// Parts of __LINKEDIT in the order of the load commands, the symbol table aside.
    pub link_data: Vec<LinkData>,
    /// Indirect symbol table: offset, count of 4-byte entries.
    pub indirect_symbols: Option<(u64, u64)>,
}

/// One slice of a fat file.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// Instruction set.
    pub arch: Arch,
    /// Offset in bytes from the start of the fat file.
    pub offset: u64,
    /// The slice's bytes, cut where the file ends.
    pub data: &'a [u8],
}

/// The slices of a fat file (32- or 64-bit fat headers) in order.
///
/// # Errors
/// Where the header has no slices or does not fit the file. A Java class file has the same magic number and
/// fails here.
pub fn slices(data: &[u8]) -> Result<Vec<Slice<'_>>> {
    let be = Endian::Big;
    let wide = data.get(3) == Some(&0xbf);
    let count = be.u32(data, 4).unwrap_or(0);
    let entry = if wide { 32 } else { 20 };
    if count == 0 || u64::from(count) * entry + 8 > data.len() as u64 || count > 64 {
        return Err(Error::at("fat Mach-O header", 4, format!("{count} slices told")));
    }
    let mut out = Vec::new();
    for i in 0..count as usize {
        let at = 8 + i * entry as usize;
        let (offset, size) = if wide {
            (be.u64(data, at + 8), be.u64(data, at + 16))
        } else {
            (
                be.u32(data, at + 8).map(u64::from),
                be.u32(data, at + 12).map(u64::from),
            )
        };
        let (Some(kind), Some(offset), Some(size)) = (be.u32(data, at), offset, size) else {
            break;
        };
        if offset >= data.len() as u64 {
            return Err(Error::at(
                "fat Mach-O header",
                at as u64,
                "a slice starts past the end of the file",
            ));
        }
        out.push(Slice {
            arch: arch(kind),
            offset,
            data: clip(data, offset, size),
        });
    }
    Ok(out)
}

fn arch(kind: u32) -> Arch {
    match kind {
        cpu::CPU_TYPE_X86 => Arch::I386,
        cpu::CPU_TYPE_X86_64 => Arch::Amd64,
        cpu::CPU_TYPE_ARM => Arch::Arm,
        cpu::CPU_TYPE_ARM64 => Arch::Arm64,
        cpu::CPU_TYPE_POWERPC64 => Arch::Ppc64,
        k => Arch::Other(k),
    }
}

pub(super) fn parse(data: &[u8]) -> Result<Parts<'_>> {
    let bad = |e: String| Error::at("Mach-O header", 0, e);
    let (_, ctx) = goblin::mach::parse_magic_and_ctx(data, 0).map_err(|e| bad(e.to_string()))?;
    let ctx: Ctx = ctx.ok_or_else(|| bad("unknown magic".into()))?;
    let header: Header = data
        .pread_with(0, ctx)
        .map_err(|e: goblin::error::Error| bad(e.to_string()))?;
    let wide = ctx.container == Container::Big;
    let head = if wide { 32 } else { 28 };
    let endian = if ctx.le == scroll::Endian::Little {
        Endian::Little
    } else {
        Endian::Big
    };
    let mut m = MachO {
        cpu_type: header.cputype,
        cpu_subtype: header.cpusubtype,
        file_type: header.filetype,
        flags: header.flags,
        header_size: head + u64::from(header.sizeofcmds),
        commands: Vec::new(),
        symtab: None,
        dylibs: Vec::new(),
        rpaths: Vec::new(),
        interpreter: None,
        uuid: None,
        platform: None,
        link_data: Vec::new(),
        indirect_symbols: None,
    };
    let (mut segments, mut sections, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let mut entry = 0;
    let mut at = head as usize;
    for i in 0..header.ncmds {
        let start = at;
        // goblin trusts cmdsize for the next offset; a size of 0 would stand still.
        let size = endian.u32(data, start.saturating_add(4)).unwrap_or(0);
        let room = (data.len() as u64)
            .saturating_sub(start as u64)
            .min((m.header_size).saturating_sub(start as u64));
        if size < 8 || u64::from(size) > room {
            warnings.push(Error::at(
                "Mach-O load command",
                start as u64,
                format!("load command {i} has size {size}"),
            ));
            break;
        }
        let kind = endian.u32(data, start).unwrap_or(0);
        m.commands.push(Command {
            kind,
            offset: start as u64,
            size,
        });
        let bytes = clip(data, start as u64, u64::from(size));
        match LoadCommand::parse(data, &mut at, ctx.le) {
            Ok(c) => command(
                &mut m,
                &c.command,
                bytes,
                start,
                data,
                ctx,
                &mut segments,
                &mut sections,
                &mut entry,
            ),
            // One is enough: a command takes fewer bytes than a warning.
            Err(e) if warnings.is_empty() => {
                warnings.push(Error::at("Mach-O load command", start as u64, e.to_string()))
            }
            Err(_) => {}
        }
        at = start + size as usize;
    }
    // LC_MAIN gives a file offset.
    if let (Some(e), Some(text)) = (
        entry.checked_sub(1),
        segments.iter().find(|s: &&Segment| s.name == b"__TEXT"),
    ) {
        entry = text.addr.wrapping_add(e);
    }
    Ok(Parts {
        format: Format::MachO,
        data,
        arch: arch(header.cputype),
        endian,
        ptr_size: if wide { 8 } else { 4 },
        entry,
        segments,
        sections,
        warnings,
        detail: Detail::MachO(m),
    })
}

#[allow(clippy::too_many_arguments)]
fn command<'a>(
    m: &mut MachO<'a>,
    c: &CommandVariant,
    bytes: &'a [u8],
    at: usize,
    data: &'a [u8],
    ctx: Ctx,
    segments: &mut Vec<Segment<'a>>,
    sections: &mut Vec<Section<'a>>,
    entry: &mut u64,
) {
    use CommandVariant as C;
    let name_at = |offset: u32| c_string(bytes, offset as usize).unwrap_or_default();
    let mut link = |command: u32, what, offset: u32, size: u32| {
        if size > 0 {
            m.link_data.push(LinkData {
                command,
                what,
                offset: u64::from(offset),
                size: u64::from(size),
            });
        }
    };
    match c {
        C::Segment32(s) => {
            let name = until_nul(clip(bytes, 8, 16));
            push_segment(
                segments,
                name,
                u64::from(s.vmaddr),
                u64::from(s.vmsize),
                u64::from(s.fileoff),
                u64::from(s.filesize),
                s.maxprot,
                s.initprot,
            );
            for i in 0..s.nsects as usize {
                let o = lc::SIZEOF_SEGMENT_COMMAND_32 + i * lc::SIZEOF_SECTION_32;
                let Some(raw) = bytes.get(o..).filter(|r| r.len() >= lc::SIZEOF_SECTION_32) else {
                    break;
                };
                let Ok(x) = data.pread_with::<Section32>(at + o, ctx.le) else {
                    break;
                };
                sections.push(section(
                    raw,
                    u64::from(x.addr),
                    u64::from(x.size),
                    x.offset,
                    x.align,
                    x.flags,
                    x.reserved1,
                    segments,
                ));
            }
        }
        C::Segment64(s) => {
            let name = until_nul(clip(bytes, 8, 16));
            push_segment(
                segments, name, s.vmaddr, s.vmsize, s.fileoff, s.filesize, s.maxprot, s.initprot,
            );
            for i in 0..s.nsects as usize {
                let o = lc::SIZEOF_SEGMENT_COMMAND_64 + i * lc::SIZEOF_SECTION_64;
                let Some(raw) = bytes.get(o..).filter(|r| r.len() >= lc::SIZEOF_SECTION_64) else {
                    break;
                };
                let Ok(x) = data.pread_with::<Section64>(at + o, ctx.le) else {
                    break;
                };
                let reserved = x.reserved1;
                sections.push(section(
                    raw, x.addr, x.size, x.offset, x.align, x.flags, reserved, segments,
                ));
            }
        }
        C::Symtab(s) => {
            m.symtab = Some(SymbolTable {
                offset: u64::from(s.symoff),
                count: u64::from(s.nsyms),
                strings_offset: u64::from(s.stroff),
                strings_size: u64::from(s.strsize),
            });
        }
        C::Dysymtab(d) => {
            m.indirect_symbols = Some((u64::from(d.indirectsymoff), u64::from(d.nindirectsyms)))
        }
        C::LoadDylib(d) | C::ReexportDylib(d) | C::LazyLoadDylib(d) | C::LoadUpwardDylib(d) => {
            m.dylibs.push(Dylib {
                name: name_at(d.dylib.name),
                weak: false,
            });
        }
        C::LoadWeakDylib(d) => m.dylibs.push(Dylib {
            name: name_at(d.dylib.name),
            weak: true,
        }),
        C::Rpath(r) => m.rpaths.push(name_at(r.path)),
        C::LoadDylinker(d) => m.interpreter = Some(name_at(d.name)),
        C::Uuid(u) => m.uuid = Some(u.uuid),
        C::BuildVersion(v) => m.platform = Some((v.platform, v.minos)),
        C::VersionMinMacosx(v) => m.platform = Some((1, v.version)),
        C::VersionMinIphoneos(v) => m.platform = Some((2, v.version)),
        C::Main(e) => *entry = e.entryoff.saturating_add(1),
        C::DyldInfo(d) | C::DyldInfoOnly(d) => {
            link(d.cmd, "rebase", d.rebase_off, d.rebase_size);
            link(d.cmd, "bind", d.bind_off, d.bind_size);
            link(d.cmd, "weak bind", d.weak_bind_off, d.weak_bind_size);
            link(d.cmd, "lazy bind", d.lazy_bind_off, d.lazy_bind_size);
            link(d.cmd, "export", d.export_off, d.export_size);
        }
        C::CodeSignature(d) => link(d.cmd, "code signature", d.dataoff, d.datasize),
        C::FunctionStarts(d) => link(d.cmd, "function starts", d.dataoff, d.datasize),
        C::DataInCode(d) => link(d.cmd, "data in code", d.dataoff, d.datasize),
        C::DyldChainedFixups(d) => link(d.cmd, "chained fixups", d.dataoff, d.datasize),
        C::DyldExportsTrie(d) => link(d.cmd, "exports trie", d.dataoff, d.datasize),
        C::SegmentSplitInfo(d) => link(d.cmd, "segment split info", d.dataoff, d.datasize),
        C::DylibCodeSignDrs(d) => link(d.cmd, "code sign DRs", d.dataoff, d.datasize),
        C::LinkerOptimizationHint(d) => link(d.cmd, "linker hints", d.dataoff, d.datasize),
        _ => {}
    }
}

#[allow(clippy::too_many_arguments)]
fn push_segment<'a>(
    out: &mut Vec<Segment<'a>>,
    name: &'a [u8],
    addr: u64,
    mem_size: u64,
    offset: u64,
    file_size: u64,
    max: u32,
    init: u32,
) {
    out.push(Segment {
        name,
        addr,
        mem_size,
        offset,
        file_size,
        perm: perm(init),
        flags: u64::from(max) << 32 | u64::from(init),
        align: 0,
    });
}

fn perm(prot: u32) -> Perm {
    Perm {
        read: prot & 1 != 0,
        write: prot & 2 != 0,
        exec: prot & 4 != 0,
    }
}

#[allow(clippy::too_many_arguments)]
fn section<'a>(
    raw: &'a [u8],
    addr: u64,
    size: u64,
    offset: u32,
    align: u32,
    flags: u32,
    reserved: u32,
    segments: &[Segment<'a>],
) -> Section<'a> {
    let kind = flags & 0xff;
    // S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL
    let zero_fill = matches!(kind, 1 | 0xc | 0x12);
    let segment = until_nul(clip(raw, 16, 16));
    let prot = segments.last().map(|s| s.perm).unwrap_or_default();
    Section {
        name: until_nul(clip(raw, 0, 16)),
        segment,
        addr,
        mem_size: size,
        offset: u64::from(offset),
        file_size: if zero_fill { 0 } else { size },
        align: 1u64.checked_shl(align).unwrap_or(0),
        // S_ATTR_PURE_INSTRUCTIONS or S_ATTR_SOME_INSTRUCTIONS
        perm: Perm {
            exec: flags & 0x8000_0400 != 0,
            ..prot
        },
        alloc: segment != b"__DWARF",
        kind,
        flags: u64::from(flags),
        link: 0,
        info: reserved,
        entry_size: 0,
    }
}

impl<'a> Image<'a> {
    /// The Mach-O part, `None` for other formats.
    pub fn macho(&self) -> Option<&MachO<'a>> {
        match &self.detail {
            Detail::MachO(m) => Some(m),
            _ => None,
        }
    }

    /// Address and symbol of each pointer that the loader fills in, where the indirect symbol table names it.
    /// Stubs are left out: on arm64 Go's linker states a wrong size for them.
    pub fn macho_indirect_symbols(&self) -> Vec<(u64, &'a [u8])> {
        const S_NON_LAZY: u32 = 6;
        const S_LAZY: u32 = 7;
        let mut out = Vec::new();
        let tables = self.macho().and_then(|m| Some((m.indirect_symbols?, m.symtab?)));
        let Some(((offset, count), symbols)) = tables else {
            return out;
        };
        let e = self.endian;
        let indirect = clip(self.data, offset, count.saturating_mul(4));
        let entry = if self.ptr_size == 8 { 16 } else { 12 };
        let table = clip(self.data, symbols.offset, symbols.count.saturating_mul(entry));
        let strings = clip(self.data, symbols.strings_offset, symbols.strings_size);
        let mut share = self.budget.share("Mach-O indirect symbols");
        for s in &self.sections {
            if !matches!(s.kind, S_NON_LAZY | S_LAZY) {
                continue;
            }
            let size = u64::from(self.ptr_size);
            let entries = indirect.chunks_exact(4).skip(s.info as usize);
            for (i, number) in (0..s.mem_size / size).zip(entries) {
                // INDIRECT_SYMBOL_LOCAL and _ABS are past the end of any table.
                let symbol = e
                    .u32(number, 0)
                    .and_then(|n| table.chunks_exact(entry as usize).nth(n as usize));
                let name = symbol
                    .and_then(|s| e.u32(s, 0))
                    .and_then(|at| c_string(strings, at as usize));
                if !share.take(24 + name.map_or(0, <[u8]>::len)) {
                    return out;
                }
                out.extend(name.map(|name| (s.addr.wrapping_add(i * size), name)));
            }
        }
        out
    }
}
