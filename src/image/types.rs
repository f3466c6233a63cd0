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

    /// Bytes between instructions at the least, the pclntab's "quantum" (Go 1.27: internal/runtime/sys, PCQuantum).
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
    /// Is it part of the program's memory (ELF SHF_ALLOC; Mach-O except __DWARF; PE except discardable debug sections)?
    pub alloc: bool,
    /// Raw type: ELF sh_type; Mach-O section type; 0 elsewhere.
    pub kind: u32,
    /// Raw flags: ELF sh_flags, Mach-O section flags, PE Characteristics, XCOFF s_flags.
    pub flags: u64,
    /// ELF sh_link, else 0.
    pub link: u32,
    /// ELF sh_info; Mach-O reserved1: where a section of pointers starts in the indirect symbol table; else 0.
    pub info: u32,
    /// ELF sh_entsize, else 0.
    pub entry_size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_need_all_their_bytes() {
        assert_eq!(Endian::Big.u32(&[0, 0, 1, 2], 0), Some(258));
        assert_eq!(Endian::Little.u64(&[0; 7], 0), None);
        assert_eq!(Endian::Little.u16(&[0; 7], usize::MAX), None);
        assert_eq!(Endian::Little.word(&[1, 0, 0, 0], 0, 4), Some(1));
        assert_eq!(Endian::Little.word(&[0; 16], 0, 3), None);
    }
}
