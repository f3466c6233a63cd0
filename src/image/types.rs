//! The words every format is lowered to: format, architecture, byte order, segment, section.

/// The container formats Go links for, and the two it compiles to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Executable and Linkable Format: linux, the BSDs, solaris, illumos, android.
    Elf,
    /// Mach-O: darwin, ios. A fat file is opened as one of its slices.
    MachO,
    /// Portable Executable: windows.
    Pe,
    /// XCOFF: aix.
    Xcoff,
    /// Plan 9 a.out.
    Plan9,
    /// WebAssembly module: js, wasip1.
    Wasm,
    /// `ar` archive: c-archive.
    Archive,
    /// Go object file.
    GoObject,
}

impl Format {
    /// The word used in JSON: elf, macho, pe, xcoff, plan9, wasm, ar, goobj.
    pub fn word(self) -> &'static str {
        match self {
            Format::Elf => "elf",
            Format::MachO => "macho",
            Format::Pe => "pe",
            Format::Xcoff => "xcoff",
            Format::Plan9 => "plan9",
            Format::Wasm => "wasm",
            Format::Archive => "ar",
            Format::GoObject => "goobj",
        }
    }

    /// A symbol's name as the program's source has it: Mach-O's linkers write an underscore before it. (`go
    /// tool nm` takes that away from some names only, which is its own rule.)
    pub fn source_name(self, symbol: &[u8]) -> &[u8] {
        match (self, symbol) {
            (Format::MachO, [b'_', rest @ ..]) => rest,
            _ => symbol,
        }
    }

    /// What the section of the program's code is called.
    pub fn text_name(self) -> &'static str {
        match self {
            Format::MachO => "__text",
            Format::Plan9 => "text",
            _ => ".text",
        }
    }
}

/// An instruction set, named as GOARCH names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Arch {
    I386,
    Amd64,
    Arm,
    Arm64,
    Loong64,
    Mips,
    Mips64,
    Mips64le,
    Mipsle,
    Ppc64,
    Ppc64le,
    Riscv64,
    S390x,
    Wasm,
    /// An architecture Go does not build for; the number is the header's machine field.
    Other(u32),
}

impl Arch {
    /// Those that Go builds for.
    pub const ALL: [Arch; 14] = [
        Arch::I386,
        Arch::Amd64,
        Arch::Arm,
        Arch::Arm64,
        Arch::Loong64,
        Arch::Mips,
        Arch::Mips64,
        Arch::Mips64le,
        Arch::Mipsle,
        Arch::Ppc64,
        Arch::Ppc64le,
        Arch::Riscv64,
        Arch::S390x,
        Arch::Wasm,
    ];

    /// The architecture of a GOARCH word.
    pub fn of_goarch(word: &[u8]) -> Option<Arch> {
        Arch::ALL.into_iter().find(|a| a.goarch().as_bytes() == word)
    }

    /// amd64 and 386.
    pub fn is_x86(self) -> bool {
        matches!(self, Arch::Amd64 | Arch::I386)
    }

    /// Byte order of the architecture as Go uses it; what a file says of itself is in `Image::endian`.
    pub fn endian(self) -> Endian {
        match self {
            Arch::Mips | Arch::Mips64 | Arch::Ppc64 | Arch::S390x => Endian::Big,
            _ => Endian::Little,
        }
    }

    /// What Go's linker fills the gap between two functions with (Go 1.27: CodePad of
    /// cmd/link/internal/*/obj.go).
    pub fn padding(self) -> &'static [u8] {
        if self.is_x86() { &[0xcc] } else { &[0; 4] }
    }

    /// May linkers and C compilers fill gaps in code with this byte?
    pub fn fills_gaps(self, byte: u8) -> bool {
        byte == 0 || self.is_x86() && matches!(byte, 0xcc | 0x90)
    }

    /// The GOARCH word, or "" for an architecture that Go has no word for.
    pub fn goarch(self) -> &'static str {
        match self {
            Arch::I386 => "386",
            Arch::Amd64 => "amd64",
            Arch::Arm => "arm",
            Arch::Arm64 => "arm64",
            Arch::Loong64 => "loong64",
            Arch::Mips => "mips",
            Arch::Mips64 => "mips64",
            Arch::Mips64le => "mips64le",
            Arch::Mipsle => "mipsle",
            Arch::Ppc64 => "ppc64",
            Arch::Ppc64le => "ppc64le",
            Arch::Riscv64 => "riscv64",
            Arch::S390x => "s390x",
            Arch::Wasm => "wasm",
            Arch::Other(_) => "",
        }
    }

    /// Bytes between instructions at the least, the pclntab's "quantum" (Go 1.27: internal/runtime/sys,
    /// PCQuantum).
    pub fn quantum(self) -> u8 {
        match self {
            Arch::I386 | Arch::Amd64 | Arch::Wasm => 1,
            Arch::S390x | Arch::Riscv64 => 2,
            _ => 4,
        }
    }
}

/// Byte order of the numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The `u16` at `offset`, `None` past the end.
    pub fn u16(self, b: &[u8], offset: usize) -> Option<u16> {
        let a = b.get(offset..offset.checked_add(2)?)?.try_into().ok()?;
        Some(if self == Endian::Little {
            u16::from_le_bytes(a)
        } else {
            u16::from_be_bytes(a)
        })
    }

    /// The `u32` at `offset`, `None` past the end.
    pub fn u32(self, b: &[u8], offset: usize) -> Option<u32> {
        let a = b.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
        Some(if self == Endian::Little {
            u32::from_le_bytes(a)
        } else {
            u32::from_be_bytes(a)
        })
    }

    /// The `u64` at `offset`, `None` past the end.
    pub fn u64(self, b: &[u8], offset: usize) -> Option<u64> {
        let a = b.get(offset..offset.checked_add(8)?)?.try_into().ok()?;
        Some(if self == Endian::Little {
            u64::from_le_bytes(a)
        } else {
            u64::from_be_bytes(a)
        })
    }

    /// The word of `size` bytes (4 or 8) at `offset`; `None` past the end and for any other size.
    pub fn word(self, b: &[u8], offset: usize, size: u8) -> Option<u64> {
        match size {
            4 => self.u32(b, offset).map(u64::from),
            8 => self.u64(b, offset),
            _ => None,
        }
    }
}

/// What a segment or section may be used for when it is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[allow(missing_docs)]
pub struct Perm {
    pub read: bool,
    pub write: bool,
    pub exec: bool,
}

/// A part of the file that a loader maps: PT_LOAD, LC_SEGMENT, a PE section, a wasm data segment.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// Mach-O segment name or PE section name, empty elsewhere.
    pub name: &'a [u8],
    /// Virtual address. For PE, image base included.
    pub addr: u64,
    /// Bytes in memory.
    pub mem_size: u64,
    /// Bytes from the start of the image's data to the segment's contents.
    pub offset: u64,
    /// Bytes in the file, as the header says (may reach past the end of a truncated file).
    pub file_size: u64,
    /// Initial protection.
    pub perm: Perm,
    /// Raw flags: ELF p_flags, Mach-O maxprot << 32 | initprot, PE Characteristics.
    pub flags: u64,
    /// Alignment in bytes, 0 or 1 for none.
    pub align: u64,
}

/// A named part of the file.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// As stored, PE long names resolved.
    pub name: &'a [u8],
    /// The Mach-O segment that holds it, empty elsewhere.
    pub segment: &'a [u8],
    /// Virtual address, 0 where it is not mapped. For PE, image base included.
    pub addr: u64,
    /// Bytes in memory (ELF sh_size, also for NOBITS; PE VirtualSize).
    pub mem_size: u64,
    /// Bytes from the start of the image's data to the contents.
    pub offset: u64,
    /// Bytes in the file: 0 for bss.
    pub file_size: u64,
    /// Alignment in bytes, 0 or 1 for none.
    pub align: u64,
    /// Rights when mapped.
    pub perm: Perm,
    /// Is it part of the program's memory (ELF SHF_ALLOC; Mach-O except __DWARF; PE except discardable debug
    /// sections)?
    pub alloc: bool,
    /// Raw type: ELF sh_type; Mach-O section type; 0 elsewhere.
    pub kind: u32,
    /// Raw flags: ELF sh_flags, Mach-O section flags, PE Characteristics, XCOFF s_flags.
    pub flags: u64,
    /// ELF sh_link, else 0.
    pub link: u32,
    /// ELF sh_info; Mach-O reserved1: where a section of pointers starts in the indirect symbol table; else
    /// 0.
    pub info: u32,
    /// ELF sh_entsize, else 0.
    pub entry_size: u64,
}

impl<'a> Section<'a> {
    /// Is it debug information, which `-w` leaves out? Of Mach-O all of the segment `__DWARF`.
    pub fn is_debug(&self) -> bool {
        self.segment == b"__DWARF" || debug_name(self.name).is_some()
    }

    /// A debug section's name without its prefix: `info`.
    pub fn debug_name(&self) -> Option<&'a [u8]> {
        debug_name(self.name)
    }
}

/// The name of a debug section without its prefix: `info` of `.debug_info`, `.zdebug_info`, `__debug_info`,
/// `__zdebug_info`, and XCOFF's
/// `.dwinfo`.
pub fn debug_name(name: &[u8]) -> Option<&[u8]> {
    let name = match name {
        b".dwinfo" => return Some(b"info"),
        b".dwline" => return Some(b"line"),
        b".dwabrev" => return Some(b"abbrev"),
        b".dwframe" => return Some(b"frame"),
        b".dwrnges" => return Some(b"ranges"),
        b".dwloc" => return Some(b"loc"),
        b".dwarnge" => return Some(b"aranges"),
        b".dwstr" => return Some(b"str"),
        b".dwmac" => return Some(b"macinfo"),
        b".dwpbnms" => return Some(b"pubnames"),
        b".dwpbtyp" => return Some(b"pubtypes"),
        _ => name,
    };
    [&b".debug_"[..], b".zdebug_", b"__debug_", b"__zdebug_"]
        .iter()
        .find_map(|p| name.strip_prefix(*p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_are_known_by_their_words() {
        for a in Arch::ALL {
            assert_eq!(Arch::of_goarch(a.goarch().as_bytes()), Some(a));
        }
        assert_eq!(Arch::of_goarch(b""), None);
    }

    #[test]
    fn debug_sections_have_one_name_in_all_formats() {
        for name in [
            &b".debug_info"[..],
            b".zdebug_info",
            b"__debug_info",
            b"__zdebug_info",
            b".dwinfo",
        ] {
            assert_eq!(debug_name(name), Some(&b"info"[..]));
        }
        assert_eq!(debug_name(b".data"), None);
    }

    #[test]
    fn words_need_all_their_bytes() {
        assert_eq!(Endian::Big.u32(&[0, 0, 1, 2], 0), Some(258));
        assert_eq!(Endian::Little.u64(&[0; 7], 0), None);
        assert_eq!(Endian::Little.u16(&[0; 7], usize::MAX), None);
        assert_eq!(Endian::Little.word(&[1, 0, 0, 0], 0, 4), Some(1));
        assert_eq!(Endian::Little.word(&[0; 16], 0, 3), None);
    }
}
