//! The words of size attribution: what a byte is for ([`Kind`]), how that is known ([`Source`]), and the rows
//! that add up.

/// What bytes of a file are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Machine code of Go functions, the padding behind each included.
    Code,
    /// The runtime's function tables: names, files, lines, stack maps.
    Pclntab,
    /// Type descriptors and the names in them.
    Type,
    /// Method tables of a concrete type for an interface.
    Itab,
    /// String constants.
    String,
    /// Other read-only data.
    Rodata,
    /// Files embedded with `//go:embed` through an `embed.FS`.
    Embed,
    /// Initialised variables.
    Data,
    /// Symbol tables and their names.
    Symtab,
    /// Debug information.
    Dwarf,
    /// What the loader reads to bind the program to libraries.
    Dynamic,
    /// Places that the loader patches.
    Relocation,
    /// Unwind tables of C and of Windows.
    EhFrame,
    /// Code and data of C and assembly outside Go's tables.
    CCode,
    /// Build information and build ids.
    Buildinfo,
    /// Code signatures.
    Signature,
    /// Headers and section names of the container.
    Header,
    /// Zeroes between parts.
    Padding,
    /// Nothing says what these bytes are.
    Unknown,
}

impl Kind {
    /// All kinds in the order of reports.
    pub const ALL: [Kind; 19] = [
        Kind::Code,
        Kind::Pclntab,
        Kind::Type,
        Kind::Itab,
        Kind::String,
        Kind::Rodata,
        Kind::Embed,
        Kind::Data,
        Kind::Symtab,
        Kind::Dwarf,
        Kind::Dynamic,
        Kind::Relocation,
        Kind::EhFrame,
        Kind::CCode,
        Kind::Buildinfo,
        Kind::Signature,
        Kind::Header,
        Kind::Padding,
        Kind::Unknown,
    ];

    /// The word used in JSON and in `--by kind`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Pclntab => "pclntab",
            Kind::Type => "type",
            Kind::Itab => "itab",
            Kind::String => "string",
            Kind::Rodata => "rodata",
            Kind::Embed => "embed",
            Kind::Data => "data",
            Kind::Symtab => "symtab",
            Kind::Dwarf => "dwarf",
            Kind::Dynamic => "dynamic",
            Kind::Relocation => "relocation",
            Kind::EhFrame => "eh_frame",
            Kind::CCode => "c-code",
            Kind::Buildinfo => "buildinfo",
            Kind::Signature => "signature",
            Kind::Header => "header",
            Kind::Padding => "padding",
            Kind::Unknown => "unknown",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.word() == word)
    }

    /// Is it part of the Go program itself, so that a package must be found for it?
    pub fn has_package(self) -> bool {
        matches!(
            self,
            Kind::Code
                | Kind::Pclntab
                | Kind::Type
                | Kind::Itab
                | Kind::String
                | Kind::Rodata
                | Kind::Embed
                | Kind::Data
        )
    }
}

/// The structure that told to whom bytes belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Source {
    /// A header or section of the container.
    Container,
    /// A function's entry in the pclntab.
    Functions,
    /// The pclntab's function records and the table that finds them.
    FunctionRecords,
    /// The pclntab's tables of a value by program counter: file, line, stack depth, unwinding.
    PcTables,
    /// The pclntab's function names.
    FunctionNames,
    /// The pclntab's file names.
    FileNames,
    /// Stack maps, argument maps and inline trees of functions.
    FunctionData,
    /// The type that is described.
    TypeWalk,
    /// The table of an `embed.FS`.
    EmbedTable,
    /// A symbol's address and size, or its name in the symbol table.
    Symbols,
    /// A compile unit of the debug information.
    CompileUnit,
    /// A compile unit, its share of a compressed section being in proportion.
    CompressedShare,
    /// An instruction that refers to it.
    CodeReference,
    /// A pointer in data to it.
    Pointer,
    /// It lies between two things that are known.
    Neighbour,
    /// The place that is patched.
    Relocations,
    /// An entry of the unwind tables (`.eh_frame`).
    Frames,
    /// Nothing.
    None,
}

impl Source {
    /// All sources.
    pub const ALL: [Source; 18] = [
        Source::Container,
        Source::Functions,
        Source::FunctionRecords,
        Source::PcTables,
        Source::FunctionNames,
        Source::FileNames,
        Source::FunctionData,
        Source::TypeWalk,
        Source::EmbedTable,
        Source::Symbols,
        Source::CompileUnit,
        Source::CompressedShare,
        Source::CodeReference,
        Source::Pointer,
        Source::Neighbour,
        Source::Relocations,
        Source::Frames,
        Source::None,
    ];

    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Source::Container => "container",
            Source::Functions => "functions",
            Source::FunctionRecords => "function-records",
            Source::PcTables => "pc-tables",
            Source::FunctionNames => "function-names",
            Source::FileNames => "file-names",
            Source::FunctionData => "function-data",
            Source::TypeWalk => "types",
            Source::EmbedTable => "embed-table",
            Source::Symbols => "symbols",
            Source::CompileUnit => "compile-unit",
            Source::CompressedShare => "compressed-share",
            Source::CodeReference => "code-reference",
            Source::Pointer => "pointer",
            Source::Neighbour => "neighbour",
            Source::Relocations => "relocations",
            Source::Frames => "unwind-table",
            Source::None => "none",
        }
    }

    /// The source of a word.
    pub fn from_word(word: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Was it read from a structure that says so, rather than inferred from who refers to the bytes or lies
    /// beside them?
    pub fn measured(self) -> bool {
        !matches!(
            self,
            Source::CompressedShare
                | Source::CodeReference
                | Source::Pointer
                | Source::Neighbour
                | Source::None
        )
    }
}

/// How fine the rows are: each step adds a column to the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Kind, section, package, module.
    #[default]
    Package,
    /// And the Go source file of functions.
    File,
    /// And the symbol.
    Symbol,
}

/// Some bytes with one owner. Rows are disjoint and add up to the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What the bytes are for.
    pub kind: Kind,
    /// The section that holds them; "" for headers and what lies between sections.
    pub section: String,
    /// The Go package they belong to.
    pub package: Option<String>,
    /// The module of that package, `std` for the standard library.
    pub module: Option<String>,
    /// The function, type, variable or file, where [`Detail::Symbol`] was asked for.
    pub symbol: Option<String>,
    /// The source file, where [`Detail::File`] was asked for.
    pub file: Option<String>,
    /// The compile unit or object of C code and of its debug information: `sqlite3.c`, `crt1.o`.
    pub unit: Option<String>,
    /// GOARCH of the slice of a fat Mach-O; the member of an archive.
    pub slice: Option<String>,
    /// How the owner is known.
    pub source: Source,
    /// Bytes in the file.
    pub bytes: u64,
}

/// Memory that costs no bytes in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory {
    /// The section: `.bss`, `.noptrbss`.
    pub section: String,
    /// The package, where it is known.
    pub package: Option<String>,
    /// The module of that package, `std` for the standard library.
    pub module: Option<String>,
    /// The variable, where [`Detail::Symbol`] was asked for.
    pub symbol: Option<String>,
    /// GOARCH of the slice of a fat Mach-O; the member of an archive.
    pub slice: Option<String>,
    /// How the owner is known; [`Source::Container`] for the sum of a section.
    pub source: Source,
    /// Bytes in memory.
    pub bytes: u64,
}

/// Every byte of a file, attributed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Bytes of the file.
    pub file_size: u64,
    /// Sorted; they add up to `file_size`.
    pub rows: Vec<Row>,
    /// Memory without bytes in the file, sorted.
    pub memory: Vec<Memory>,
    /// The Go version that built it.
    pub go_version: Option<String>,
    /// Modules of the build, sorted by path.
    pub modules: Vec<crate::go::packages::Module>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_what_they_name() {
        for k in Kind::ALL {
            assert_eq!(Kind::from_word(k.word()), Some(k));
        }
        for s in Source::ALL {
            assert_eq!(Source::from_word(s.word()), Some(s));
        }
        assert_eq!(Kind::from_word("bss"), None);
    }
}
