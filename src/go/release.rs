//! What differs from one Go release to the next: one table, from which all readers take their layouts.
//!
//! A program of a newer release than [`NEWEST`] is read as far as its structures look like those of a known
//! one, with a warning where they don't. Authority: the Go sources of each release, named at the fields; the
//! numbers were read off programs that each release built.

use std::ops::RangeInclusive;

use super::moduledata;
use super::pclntab;
use super::version::Version;

/// The minor version of the newest release that was tested.
pub const NEWEST: u32 = 27;

/// Releases that have everything listed here in common.
#[derive(Debug)]
pub struct Release {
    /// Go 1.first to 1.last.
    pub minors: RangeInclusive<u32>,
    /// cmd/link/internal/ld/pcln.go
    pub pclntab: pclntab::Layout,
    /// runtime/symtab.go (`moduledata`)
    pub moduledata: moduledata::Layout,
    /// internal/abi/type.go, before Go 1.21 runtime/type.go
    pub types: TypeLayout,
    /// What the linker and cmd/go do.
    pub tools: Tools,
}

/// How type descriptors, their names and itabs are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeLayout {
    /// Lengths of names and tags: varints, or two bytes, big-endian.
    pub varint_names: bool,
    /// Is a struct field's offset shifted left by one, its lowest bit saying "embedded"?
    pub shifted_offsets: bool,
    /// What a map's descriptor has behind the head.
    pub maps: Maps,
    /// Have itabs four unused bytes behind the hash on 32-bit systems?
    pub padded_itabs: bool,
}

/// The kind's own part of a map type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maps {
    /// Buckets: four pointers, key and value sizes, bucket size, flags (8 bytes).
    Buckets,
    /// Groups of slots: seven words and flags (4 bytes).
    Groups,
    /// Groups of slots: ten words and flags (4 bytes).
    LargeGroups,
}

impl Maps {
    /// Bytes behind the head, for pointers of `ptr_size` bytes.
    pub fn size(self, ptr_size: u64) -> u64 {
        let size = match self {
            Maps::Buckets => 4 * ptr_size + 8,
            Maps::Groups => 7 * ptr_size + 4,
            Maps::LargeGroups => 10 * ptr_size + 4,
        };
        size.next_multiple_of(ptr_size.max(1))
    }
}

/// What cmd/go and cmd/link of a release do, as far as files show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tools {
    /// Does cmd/go record build settings?
    pub records_settings: bool,
    /// Does -s take the symbol table out of Mach-O files?
    pub strips_macho: bool,
    /// Does -w reach the C linker, so that C objects' DWARF goes too?
    pub strips_c_dwarf: bool,
    /// Does the compiler write DWARF 5?
    pub dwarf5: bool,
    /// Are the Go-only sections (`.go.module`, `.go.type`, …) there, and section names at the end of the file
    /// not rounded to pages?
    pub own_sections: bool,
    /// Are the allocator's tables of size classes in internal/runtime/gc?
    pub gc_package: bool,
}

/// Every release since Go 1.16, oldest first.
pub const RELEASES: [Release; 11] = [
    Release {
        minors: 16..=16,
        pclntab: pclntab::Layout::Go116,
        moduledata: MODULE_1_16,
        types: TYPES_1_16,
        tools: TOOLS_1_16,
    },
    Release {
        minors: 17..=17,
        pclntab: pclntab::Layout::Go116,
        moduledata: MODULE_1_16,
        types: TYPES_1_17,
        tools: TOOLS_1_16,
    },
    Release {
        minors: 18..=18,
        pclntab: pclntab::Layout::Go118,
        moduledata: MODULE_1_18,
        types: TYPES_1_17,
        tools: TOOLS_1_18,
    },
    Release {
        minors: 19..=19,
        pclntab: pclntab::Layout::Go118,
        moduledata: MODULE_1_18,
        types: TYPES_1_19,
        tools: TOOLS_1_18,
    },
    Release {
        minors: 20..=21,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_20,
        types: TYPES_1_19,
        tools: TOOLS_1_18,
    },
    Release {
        minors: 22..=22,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_20,
        types: TYPES_1_19,
        tools: TOOLS_1_22,
    },
    Release {
        minors: 23..=23,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_20,
        types: TYPES_1_23,
        tools: TOOLS_1_22,
    },
    Release {
        minors: 24..=24,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_20,
        types: TYPES_1_24,
        tools: TOOLS_1_22,
    },
    Release {
        minors: 25..=25,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_20,
        types: TYPES_1_24,
        tools: TOOLS_1_25,
    },
    Release {
        minors: 26..=26,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_26,
        types: TYPES_1_24,
        tools: TOOLS_1_26,
    },
    Release {
        minors: 27..=NEWEST,
        pclntab: pclntab::Layout::Go120,
        moduledata: MODULE_1_27,
        types: TYPES_1_27,
        tools: TOOLS_1_26,
    },
];

/// The release of a version; the oldest for those before Go 1.16, the newest for those that are newer still,
/// or not known.
pub fn of(version: Option<Version>) -> &'static Release {
    let minor = version.filter(|v| v.major == 1).map_or(NEWEST, |v| v.minor);
    let [oldest, .., newest] = &RELEASES;
    let found = RELEASES.iter().find(|r| r.minors.contains(&minor));
    found.unwrap_or(if minor < *oldest.minors.start() {
        oldest
    } else {
        newest
    })
}

/// The releases whose moduledata has this layout.
pub fn with_moduledata(layout: &moduledata::Layout) -> impl Iterator<Item = &'static Release> {
    RELEASES.iter().filter(move |r| r.moduledata == *layout)
}

/// The Go versions whose pclntab has this layout, in words: `1.16 or 1.17`, `1.20 or newer`.
pub fn with_pclntab(layout: pclntab::Layout) -> String {
    let minors = RELEASES.iter().filter(|r| r.pclntab == layout);
    let minors: Vec<u32> = minors.flat_map(|r| r.minors.clone()).collect();
    match (minors.first(), minors.last()) {
        (Some(_), Some(&last)) if last == NEWEST => format!("1.{} or newer", minors.first().unwrap_or(&last)),
        (Some(first), Some(last)) => format!("1.{first} or 1.{last}"),
        _ => "1.2 to 1.15".into(),
    }
}

/// The Go versions whose pclntab is laid out as that of `version`, in the words of [`with_pclntab`].
pub fn pclntab_versions(version: Version) -> String {
    let oldest = RELEASES.first().map_or(0, |r| *r.minors.start());
    with_pclntab(match version.minor < oldest {
        true => pclntab::Layout::Go12,
        false => of(Some(version)).pclntab,
    })
}

const MODULE_1_16: moduledata::Layout = moduledata::Layout {
    versions: "Go 1.16 to 1.17",
    text_sections: 37,
    covctrs: false,
    end: 32,
    types: 35,
    etypes: 36,
    typedesclen: None,
    itabs: None,
    rodata: None,
    gofunc: None,
    epclntab: None,
    links: true,
};

const MODULE_1_18: moduledata::Layout = moduledata::Layout {
    versions: "Go 1.18 to 1.19",
    text_sections: 39,
    rodata: Some(37),
    gofunc: Some(38),
    ..MODULE_1_16
};

const MODULE_1_20: moduledata::Layout = moduledata::Layout {
    versions: "Go 1.20 to 1.25",
    text_sections: 41,
    covctrs: true,
    end: 34,
    types: 37,
    etypes: 38,
    rodata: Some(39),
    gofunc: Some(40),
    ..MODULE_1_16
};

const MODULE_1_26: moduledata::Layout = moduledata::Layout {
    versions: "Go 1.26",
    text_sections: 42,
    epclntab: Some(41),
    ..MODULE_1_20
};

const MODULE_1_27: moduledata::Layout = moduledata::Layout {
    versions: "Go 1.27",
    text_sections: 45,
    typedesclen: Some(38),
    etypes: 39,
    itabs: Some(40),
    rodata: Some(42),
    gofunc: Some(43),
    epclntab: Some(44),
    links: false,
    ..MODULE_1_20
};

const TYPES_1_16: TypeLayout = TypeLayout {
    varint_names: false,
    shifted_offsets: true,
    maps: Maps::Buckets,
    padded_itabs: true,
};

const TYPES_1_17: TypeLayout = TypeLayout {
    varint_names: true,
    ..TYPES_1_16
};

const TYPES_1_19: TypeLayout = TypeLayout {
    shifted_offsets: false,
    ..TYPES_1_17
};

const TYPES_1_23: TypeLayout = TypeLayout {
    padded_itabs: false,
    ..TYPES_1_19
};

const TYPES_1_24: TypeLayout = TypeLayout {
    maps: Maps::Groups,
    ..TYPES_1_23
};

const TYPES_1_27: TypeLayout = TypeLayout {
    maps: Maps::LargeGroups,
    ..TYPES_1_24
};

const TOOLS_1_16: Tools = Tools {
    records_settings: false,
    strips_macho: false,
    strips_c_dwarf: false,
    dwarf5: false,
    own_sections: false,
    gc_package: false,
};

const TOOLS_1_18: Tools = Tools {
    records_settings: true,
    ..TOOLS_1_16
};

const TOOLS_1_22: Tools = Tools {
    strips_macho: true,
    ..TOOLS_1_18
};

const TOOLS_1_25: Tools = Tools {
    dwarf5: true,
    gc_package: true,
    ..TOOLS_1_22
};

const TOOLS_1_26: Tools = Tools {
    strips_c_dwarf: true,
    own_sections: true,
    ..TOOLS_1_25
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_follow_each_other_without_a_gap() {
        for pair in RELEASES.windows(2) {
            assert_eq!(pair[0].minors.end() + 1, *pair[1].minors.start());
            assert!(pair[0].pclntab <= pair[1].pclntab);
        }
        assert_eq!(*RELEASES[RELEASES.len() - 1].minors.end(), NEWEST);
    }

    #[test]
    fn the_labels_say_which_releases_have_a_layout() {
        for r in &RELEASES {
            let all: Vec<u32> = with_moduledata(&r.moduledata)
                .flat_map(|r| r.minors.clone())
                .collect();
            let label = match all[..] {
                [one] => format!("Go 1.{one}"),
                [first, .., last] => format!("Go 1.{first} to 1.{last}"),
                [] => unreachable!("a release has its own layout"),
            };
            assert_eq!(r.moduledata.versions, label);
        }
    }

    #[test]
    fn versions_find_their_release() {
        let minors = |v: &str| of(Version::parse(v)).minors.clone();
        assert_eq!(minors("go1.21.13"), 20..=21);
        assert_eq!(minors("go1.26.8"), 26..=26);
        assert_eq!(minors("go1.15"), 16..=16);
        assert_eq!(minors("go1.99rc1"), 27..=NEWEST);
        assert_eq!(of(None).minors, 27..=NEWEST);
        assert_eq!(with_pclntab(pclntab::Layout::Go116), "1.16 or 1.17");
        assert_eq!(with_pclntab(pclntab::Layout::Go120), "1.20 or newer");
        assert_eq!(with_pclntab(pclntab::Layout::Go12), "1.2 to 1.15");
    }
}
