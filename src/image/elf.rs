//! ELF headers → [`super::Image`], and what only ELF has: program headers, the dynamic section, notes,
//! version needs.
//!
//! Authority: the System V gABI chapters 4 and 5; goblin reads the headers. Counts that do not fit 16 bits
//! stand in section header 0, as Go 1.27's debug/elf reads them.

use goblin::container::{Container, Ctx};
use goblin::elf::header::{self as eh, Header};
use goblin::elf::program_header::ProgramHeader as GoblinPh;
use goblin::elf::section_header::SectionHeader as GoblinSh;

use super::budget::{Budget, Share};
use super::ranges::Ranges;
use super::{Arch, Detail, Endian, Format, Image, Parts, Perm, Section, Segment, Warning, c_string, clip};
use crate::error::{Error, Result};

pub use goblin::elf::dynamic as dt;
pub use goblin::elf::program_header::{
    PF_W, PF_X, PT_DYNAMIC, PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_NOTE, PT_TLS,
};
pub use goblin::elf::section_header::{
    SHF_ALLOC, SHF_COMPRESSED, SHF_EXECINSTR, SHF_TLS, SHF_WRITE, SHT_DYNAMIC, SHT_DYNSYM, SHT_GNU_HASH,
    SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_GNU_VERSYM, SHT_GROUP, SHT_HASH, SHT_NOBITS, SHT_NOTE, SHT_NULL,
    SHT_PROGBITS, SHT_REL, SHT_RELA, SHT_STRTAB, SHT_SYMTAB, SHT_SYMTAB_SHNDX,
};

/// sh_type of packed relative relocations.
pub const SHT_RELR: u32 = 19;
/// e_type of a relocatable object.
pub const ET_REL: u16 = eh::ET_REL;
/// e_type of an executable at a fixed address.
pub const ET_EXEC: u16 = eh::ET_EXEC;
/// e_type of a shared library or a position-independent executable.
pub const ET_DYN: u16 = eh::ET_DYN;

/// One program header, all fields as stored.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct ProgramHeader {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub addr: u64,
    pub file_size: u64,
    pub mem_size: u64,
    pub align: u64,
}

/// What only ELF has.
#[derive(Debug)]
pub struct Elf<'a> {
    /// e_type.
    pub kind: u16,
    /// e_machine.
    pub machine: u16,
    /// EI_OSABI.
    pub os_abi: u8,
    /// e_flags.
    pub flags: u32,
    /// Offset and entry size in bytes of the program header table, and how many entries it has.
    pub program_header_table: (u64, u16, usize),
    /// Offset and entry size in bytes of the section header table, and how many entries it has.
    pub section_header_table: (u64, u16, usize),
    /// Index of the section that holds the section names.
    pub name_section: usize,
    /// All program headers in order.
    pub program_headers: Vec<ProgramHeader>,
    /// Size of the ELF header in bytes: 52 or 64.
    pub header_size: u64,
    data: &'a [u8],
}

/// What the dynamic section says.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Dynamic<'a> {
    /// DT_NEEDED in order.
    pub needed: Vec<&'a [u8]>,
    pub soname: Option<&'a [u8]>,
    pub rpath: Option<&'a [u8]>,
    pub runpath: Option<&'a [u8]>,
    /// DT_FLAGS.
    pub flags: u64,
    /// DT_FLAGS_1.
    pub flags_1: u64,
    pub bind_now: bool,
    pub text_rel: bool,
    /// All entries, tag and value, up to DT_NULL.
    pub entries: Vec<(u64, u64)>,
}

/// One entry of a PT_NOTE or SHT_NOTE.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// Owner, without its NUL.
    pub name: &'a [u8],
    /// n_type.
    pub kind: u32,
    /// Descriptor.
    pub desc: &'a [u8],
}

pub(super) fn parse<'a>(data: &'a [u8], budget: &Budget) -> Result<Parts<'a>> {
    let bad = |what: String| Error::at("ELF header", 0, what);
    let header = goblin::elf::Elf::parse_header(data).map_err(|e| bad(e.to_string()))?;
    let container = match header.e_ident[eh::EI_CLASS] {
        eh::ELFCLASS32 => Container::Little,
        eh::ELFCLASS64 => Container::Big,
        c => return Err(bad(format!("unknown class {c}"))),
    };
    let (endian, le) = match header.e_ident[eh::EI_DATA] {
        eh::ELFDATA2LSB => (Endian::Little, scroll::Endian::Little),
        eh::ELFDATA2MSB => (Endian::Big, scroll::Endian::Big),
        d => return Err(bad(format!("unknown byte order {d}"))),
    };
    let ctx = Ctx::new(container, le);
    let mut warnings = Vec::new();

    let sh_size = GoblinSh::size(ctx);
    let first = match header.e_shoff {
        0 => None,
        at => read_sections(data, at, 1, ctx).pop(),
    };
    let mut shnum = usize::from(header.e_shnum);
    let mut phnum = usize::from(header.e_phnum);
    let mut shstrndx = usize::from(header.e_shstrndx);
    if let Some(first) = &first {
        if shnum == 0 {
            shnum = usize::try_from(first.sh_size).unwrap_or(usize::MAX);
        }
        if phnum == 0xffff {
            phnum = first.sh_info as usize;
        }
        if shstrndx == 0xffff {
            shstrndx = first.sh_link as usize;
        }
    }
    if header.e_shoff == 0 {
        shnum = 0;
    }
    if header.e_phoff == 0 {
        phnum = 0;
    }
    let program_headers = program_headers(
        data,
        &header,
        fitting(
            data,
            header.e_phoff,
            GoblinPh::size(ctx),
            phnum,
            "ELF program headers",
            &mut warnings,
        ),
        ctx,
    );
    let fit = fitting(
        data,
        header.e_shoff,
        sh_size,
        shnum,
        "ELF section headers",
        &mut warnings,
    );
    let raw = read_sections(data, header.e_shoff, fit, ctx);
    let names = raw
        .get(shstrndx)
        .map(|s| clip(data, s.sh_offset, s.sh_size))
        .unwrap_or_default();
    if names.is_empty() && raw.len() > 1 {
        warnings.push(Error::at(
            "ELF section names",
            header.e_shoff,
            "the section names can't be read",
        ));
    }
    let mut share = budget.share("ELF section names");
    let sections: Vec<Section> = raw.iter().map(|s| section(s, names, &mut share)).collect();
    warnings.extend(past_the_end(data, &sections));
    let segments = program_headers
        .iter()
        .filter(|p| p.kind == PT_LOAD)
        .map(segment)
        .collect();
    let ptr_size = if container == Container::Big { 8 } else { 4 };
    let elf = Elf {
        kind: header.e_type,
        machine: header.e_machine,
        os_abi: header.e_ident[eh::EI_OSABI],
        flags: header.e_flags,
        program_header_table: (header.e_phoff, header.e_phentsize, program_headers.len()),
        section_header_table: (header.e_shoff, header.e_shentsize, sections.len()),
        name_section: shstrndx,
        program_headers,
        header_size: if ptr_size == 8 { 64 } else { 52 },
        data,
    };
    Ok(Parts {
        format: Format::Elf,
        data,
        arch: arch(header.e_machine, ptr_size, endian),
        endian,
        ptr_size,
        entry: header.e_entry,
        segments,
        sections,
        warnings,
        detail: Detail::Elf(elf),
    })
}

/// One warning for all sections that the file does not hold, however many they are.
fn past_the_end(data: &[u8], sections: &[Section<'_>]) -> Option<Warning> {
    const SHOWN: usize = 64;
    let past = |s: &&Section| s.file_size > 0 && s.offset.saturating_add(s.file_size) > data.len() as u64;
    let mut all = sections.iter().filter(past);
    let first = all.next()?;
    let name = String::from_utf8_lossy(first.name.get(..SHOWN).unwrap_or(first.name));
    let what = match all.count() {
        0 => format!("section {name} reaches past the end of the file"),
        more => format!("section {name} and {more} more reach past the end of the file"),
    };
    Some(Error::at("ELF section", first.offset, what))
}

/// How many of `count` entries of `size` bytes at `offset` the file holds; says so where some are missing.
fn fitting(
    data: &[u8],
    offset: u64,
    size: usize,
    count: usize,
    what: &'static str,
    warnings: &mut Vec<Warning>,
) -> usize {
    let room = (data.len() as u64).saturating_sub(offset) / size.max(1) as u64;
    let fit = count.min(usize::try_from(room).unwrap_or(usize::MAX));
    if fit < count {
        warnings.push(Error::at(
            what,
            offset,
            format!("{count} entries told, {fit} are in the file"),
        ));
    }
    fit
}

fn program_headers(data: &[u8], header: &Header, count: usize, ctx: Ctx) -> Vec<ProgramHeader> {
    let Ok(at) = usize::try_from(header.e_phoff) else {
        return Vec::new();
    };
    let all = GoblinPh::parse(data, at, count, ctx).unwrap_or_default();
    all.iter()
        .map(|p| ProgramHeader {
            kind: p.p_type,
            flags: p.p_flags,
            offset: p.p_offset,
            addr: p.p_vaddr,
            file_size: p.p_filesz,
            mem_size: p.p_memsz,
            align: p.p_align,
        })
        .collect()
}

/// Reads `count` section headers; `count` must fit the file. goblin's own `parse` trusts section 0 for the
/// count.
fn read_sections(data: &[u8], offset: u64, count: usize, ctx: Ctx) -> Vec<GoblinSh> {
    use scroll::Pread;
    let Ok(mut at) = usize::try_from(offset) else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(count.min(data.len() / GoblinSh::size(ctx)));
    for _ in 0..count {
        match data.gread_with(&mut at, ctx) {
            Ok(s) => out.push(s),
            Err(_) => break,
        }
    }
    out
}

fn section<'a>(s: &GoblinSh, names: &'a [u8], share: &mut Share<'_>) -> Section<'a> {
    let flags = s.sh_flags;
    Section {
        name: share.name(c_string(names, s.sh_name).unwrap_or_default()),
        segment: b"",
        addr: s.sh_addr,
        mem_size: s.sh_size,
        offset: s.sh_offset,
        file_size: if s.sh_type == SHT_NOBITS || s.sh_type == SHT_NULL {
            0
        } else {
            s.sh_size
        },
        align: s.sh_addralign,
        perm: Perm {
            read: true,
            write: flags & u64::from(SHF_WRITE) != 0,
            exec: flags & u64::from(SHF_EXECINSTR) != 0,
        },
        alloc: flags & u64::from(SHF_ALLOC) != 0 && flags & u64::from(SHF_TLS) == 0
            || flags & u64::from(SHF_ALLOC) != 0 && s.sh_type != SHT_NOBITS,
        kind: s.sh_type,
        flags,
        link: s.sh_link,
        info: s.sh_info,
        entry_size: s.sh_entsize,
    }
}

fn segment(p: &ProgramHeader) -> Segment<'static> {
    Segment {
        name: b"",
        addr: p.addr,
        mem_size: p.mem_size,
        offset: p.offset,
        file_size: p.file_size,
        perm: Perm {
            read: p.flags & 4 != 0,
            write: p.flags & PF_W != 0,
            exec: p.flags & PF_X != 0,
        },
        flags: u64::from(p.flags),
        align: p.align,
    }
}

fn arch(machine: u16, ptr_size: u8, endian: Endian) -> Arch {
    let little = endian == Endian::Little;
    match machine {
        eh::EM_386 => Arch::I386,
        eh::EM_X86_64 => Arch::Amd64,
        eh::EM_ARM => Arch::Arm,
        eh::EM_AARCH64 => Arch::Arm64,
        eh::EM_PPC64 if little => Arch::Ppc64le,
        eh::EM_PPC64 => Arch::Ppc64,
        eh::EM_S390 => Arch::S390x,
        eh::EM_RISCV => Arch::Riscv64,
        258 => Arch::Loong64,
        eh::EM_MIPS => match (ptr_size, little) {
            (4, true) => Arch::Mipsle,
            (4, false) => Arch::Mips,
            (_, true) => Arch::Mips64le,
            (_, false) => Arch::Mips64,
        },
        m => Arch::Other(u32::from(m)),
    }
}

impl<'a> Elf<'a> {
    /// The first program header of a kind.
    pub fn program_header(&self, kind: u32) -> Option<&ProgramHeader> {
        self.program_headers.iter().find(|p| p.kind == kind)
    }

    /// PT_INTERP's path, without its NUL.
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let p = self.program_header(PT_INTERP)?;
        Some(super::until_nul(clip(self.data, p.offset, p.file_size)))
    }
}

impl<'a> Image<'a> {
    /// The ELF part, `None` for other formats.
    pub fn elf(&self) -> Option<&Elf<'a>> {
        match &self.detail {
            Detail::Elf(e) => Some(e),
            _ => None,
        }
    }

    /// What PT_DYNAMIC (or a `.dynamic` section) says; `None` where there is none.
    pub fn elf_dynamic(&self) -> Option<Dynamic<'a>> {
        let elf = self.elf()?;
        let bytes = match elf.program_header(PT_DYNAMIC) {
            Some(p) if p.file_size > 0 => clip(self.data, p.offset, p.file_size),
            _ => self.section_bytes(self.section(".dynamic")?),
        };
        let word = usize::from(self.ptr_size);
        let mut out = Dynamic::default();
        for entry in bytes.chunks_exact(2 * word) {
            let tag = self.endian.word(entry, 0, self.ptr_size).unwrap_or(0);
            let value = self.endian.word(entry, word, self.ptr_size).unwrap_or(0);
            if tag == dt::DT_NULL {
                break;
            }
            out.entries.push((tag, value));
        }
        let find = |tag| out.entries.iter().find(|e| e.0 == tag).map(|e| e.1);
        let strings = match (
            find(dt::DT_STRTAB).and_then(|a| self.bytes_from(a)),
            self.section(".dynstr"),
        ) {
            (Some(b), _) => b,
            (None, Some(s)) => self.section_bytes(s),
            (None, None) => &[],
        };
        let text = |at: u64| c_string(strings, usize::try_from(at).ok()?);
        out.flags = find(dt::DT_FLAGS).unwrap_or(0);
        out.flags_1 = find(dt::DT_FLAGS_1).unwrap_or(0);
        out.bind_now = find(dt::DT_BIND_NOW).is_some()
            || out.flags & dt::DF_BIND_NOW != 0
            || out.flags_1 & dt::DF_1_NOW != 0;
        out.text_rel = find(dt::DT_TEXTREL).is_some() || out.flags & dt::DF_TEXTREL != 0;
        out.soname = find(dt::DT_SONAME).and_then(text);
        out.rpath = find(dt::DT_RPATH).and_then(text);
        out.runpath = find(dt::DT_RUNPATH).and_then(text);
        let mut share = self.budget.share("ELF dynamic section");
        let needed = out.entries.iter().filter(|e| e.0 == dt::DT_NEEDED);
        out.needed = needed
            .filter_map(|e| text(e.1))
            .take_while(|name| share.take(ENTRY + name.len()))
            .collect();
        Some(out)
    }

    /// All notes, from the program headers, or from the sections where there are no program headers.
    pub fn elf_notes(&self) -> Vec<Note<'a>> {
        let Some(elf) = self.elf() else { return Vec::new() };
        let mut out = Vec::new();
        let mut regions: Vec<(u64, u64)> = elf
            .program_headers
            .iter()
            .filter(|p| p.kind == PT_NOTE)
            .map(|p| (p.offset, p.file_size))
            .collect();
        // gccgo and some linkers leave notes outside the PT_NOTE segments.
        let told = Ranges::new(regions.iter().map(|r| (0, r.0, r.0.saturating_add(r.1))));
        let outside = |s: &&Section| s.kind == SHT_NOTE && told.at(s.offset).is_none();
        regions.extend(
            self.sections
                .iter()
                .filter(outside)
                .map(|s| (s.offset, s.file_size)),
        );
        let mut share = self.budget.share("ELF notes");
        for (offset, size) in regions {
            if !notes(clip(self.data, offset, size), self.endian, &mut out, &mut share) {
                break;
            }
        }
        out
    }
}

/// What keeping one entry of a list takes beside its names, in bytes; about.
const ENTRY: usize = 48;

/// `false` where the share is used up.
fn notes<'a>(b: &'a [u8], e: Endian, out: &mut Vec<Note<'a>>, share: &mut Share<'_>) -> bool {
    let mut at = 0usize;
    while let (Some(name_len), Some(desc_len), Some(kind)) =
        (e.u32(b, at), e.u32(b, at + 4), e.u32(b, at + 8))
    {
        let name_at = at + 12;
        let Some(name) = b.get(name_at..).and_then(|r| r.get(..name_len as usize)) else {
            break;
        };
        let desc_at = name_at + name.len().next_multiple_of(4);
        let Some(desc) = b.get(desc_at..).and_then(|r| r.get(..desc_len as usize)) else {
            break;
        };
        if !share.take(ENTRY + name.len() + desc.len()) {
            return false;
        }
        out.push(Note {
            name: super::until_nul(name),
            kind,
            desc,
        });
        at = desc_at + desc.len().next_multiple_of(4);
    }
    true
}
