//! CGO_ENABLED=0: what is C in a file, and what would be left without it.
//!
//! Measured on programs built both ways (linux/amd64, Go 1.21 to 1.27): what goes is known from the file; the
//! pure Go code that comes in instead (a DNS client for net, a parser of /etc/passwd for os/user) is not in
//! it and stands here as constants.

use std::collections::BTreeSet;

use super::facts::{Facts, Linker, round, setting_line};
use super::{Variant, elf_internal, notes, now};
use crate::go::pclntab::Table;
use crate::image::Format;

/// What CGO_ENABLED=0 changes, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    text: i64,
    rodata: i64,
    pclntab: i64,
    data: i64,
    /// DWARF, symbols and their names.
    debug: i64,
    symtab: i64,
    strtab: i64,
}

const fn change(v: [i64; 7]) -> Change {
    Change {
        text: v[0],
        rodata: v[1],
        pclntab: v[2],
        data: v[3],
        debug: v[4],
        symtab: v[5],
        strtab: v[6],
    }
}

/// Go 1.minor and what goes with net alone, with os/user alone, with both: measured on small programs.
const STANDARD: [(u32, [Change; 3]); 5] = [
    (
        23,
        [
            change([-22368, -8736, -16296, -160, -16941, -4104, -3634]),
            change([16352, 2828, 10168, 448, 17713, -1032, -523]),
            change([-7200, -6960, -7472, 448, -2672, -3288, -2963]),
        ],
    ),
    (
        24,
        [
            change([-22112, -8734, -15952, -128, -14080, -4032, -3506]),
            change([16480, 2825, 10760, 448, 18634, -1008, -543]),
            change([-6336, -6856, -6520, 448, 681, -3168, -2795]),
        ],
    ),
    (
        25,
        [
            change([-21504, -8432, -15792, -128, -14276, -4032, -3506]),
            change([16160, 2079, 10384, 448, 15622, -1104, -619]),
            change([-5536, -6562, -6328, 416, -2208, -3168, -2795]),
        ],
    ),
    (
        26,
        [
            change([-23712, -6892, -20029, -160, -17771, -4296, -3774]),
            change([11968, 528, 9267, 416, 13082, -1392, -939]),
            change([-11072, -6248, -11027, 416, -5275, -3552, -3205]),
        ],
    ),
    (
        27,
        [
            change([-23072, -6296, -20006, -192, -16560, -4176, -3606]),
            change([12000, 416, 9531, 416, 16929, -1416, -1004]),
            change([-10656, -5656, -11022, 384, -5727, -3504, -3138]),
        ],
    ),
];

/// Go 1.minor and what goes with a program's own C beside the C itself: runtime/cgo and a few wrappers. The
/// last number is how large DWARF is when Go's linker packs it rather than GNU ld, in thousandths.
const OWN: [(u32, Change, u64); 5] = [
    (23, change([-6853, -2060, -6472, -160, 0, -8760, -6527]), 1112),
    (24, change([-6912, -2062, -6504, -160, 0, -9096, -6817]), 1116),
    (25, change([-6880, -1963, -6760, -192, 0, -9264, -7051]), 1089),
    (26, change([-9056, -1546, -9499, -192, 0, -9768, -7540]), 1087),
    (27, change([-8704, -1520, -9526, -192, 0, -9672, -7484]), 1140),
];

/// A large program has most of what os/user's parser and net's client need anyway.
const LARGE_TEXT: u64 = 1_600_000;

fn nearest<T: Copy>(table: &[(u32, T)], minor: u32) -> Option<T> {
    table.iter().min_by_key(|e| e.0.abs_diff(minor)).map(|e| e.1)
}

/// Import paths of the packages that use C, runtime/cgo left out. From the names in the pclntab.
fn packages(table: &Table<'_>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for f in table.functions() {
        let name = f.name();
        let Some(at) = ["._Cfunc_", "._C2func_", "._cgoexp_", "._Cmacro_"]
            .iter()
            .find_map(|w| memchr::memmem::find(name, w.as_bytes()))
        else {
            continue;
        };
        let package = crate::go::packages::unescape(&name[..at]);
        out.insert(package.into_owned());
    }
    out.remove("runtime/cgo");
    out
}

fn has_runtime_cgo(f: &Facts<'_, '_>, table: &Table<'_>) -> bool {
    f.linker != Linker::Go
        || table
            .functions()
            .any(|x| x.name().starts_with(b"runtime/cgo.") || x.name().starts_with(b"x_cgo_"))
}

/// The variant; `None` for files that can't be looked into.
pub(super) fn without(f: &Facts<'_, '_>) -> Option<Variant> {
    let table = f.program.pclntab().ok()?;
    let size = f.image.data.len() as u64;
    let mut v = Variant {
        id: "cgo0",
        env: Some("CGO_ENABLED=0".into()),
        ..Variant::default()
    };
    let users = packages(table);
    if users.is_empty() && !has_runtime_cgo(f, table) {
        (v.bytes, v.exact) = (Some(size), true);
        v.notes.push("already pure Go: no C in the file".into());
        // The setting itself is as long either way; C flags go from the module information.
        let lines = c_flag_lines(f);
        if f.info.setting("CGO_ENABLED").as_deref() == Some("1") && lines > 0 {
            let growth = -(lines as i64);
            let told = f.with_steps(growth, |grown| super::engine(f, now(f), grown, &[]));
            if let (Some((bytes, margin)), Some(true)) =
                (told, super::engine(f, now(f), &[], &[]).map(|s| s == size))
            {
                let margin = margin + super::dwarf_wobble(f, now(f));
                (v.bytes, v.exact, v.margin) = (Some(bytes), margin == 0, margin);
            } else {
                (v.exact, v.margin) = (false, size / 100);
            }
        }
        return Some(v);
    }
    let std = |p: &str| !p.split('/').next().unwrap_or_default().contains('.') && p != "main";
    let own: Vec<&str> = users.iter().map(String::as_str).filter(|p| !std(p)).collect();
    v.notes = notes::cgo(f, &users, &own);
    let minor = f.minor();
    let (net, user) = (users.contains("net"), users.contains("os/user"));
    let only = matches!(f.info.setting("-buildmode").as_deref(), None | Some("exe"));
    let bytes = match (f.image.format, only) {
        (Format::Elf, true) => estimate(f, table, minor, (net, user), &own),
        _ => None,
    };
    v.bytes = Some(bytes.unwrap_or(size));
    v.margin = v.bytes.unwrap_or(size) / 100;
    if !own.is_empty() {
        // What stands in for a package's own C is not in the file.
        v.margin = v.margin.max(v.bytes.unwrap_or(size).abs_diff(size) / 5 * 2);
    }
    let impossible = if !only {
        Some("this build mode needs cgo: there is no such file")
    } else if f.info.setting("-race").as_deref() == Some("true") {
        Some("-race needs cgo: there is no such file")
    } else if users.contains("plugin") {
        Some(
            "can't be predicted: a program that loads plugins keeps all that a plugin may use; without cgo \
                package plugin does nothing and the linker drops it",
        )
    } else {
        None
    };
    if let Some(why) = impossible {
        (v.bytes, v.margin) = (None, 0);
        v.notes.push(why.into());
    } else if f.image.arch.goarch() != "amd64" || bytes.is_none() {
        v.notes
            .push("measured on linux/amd64 only: the change is a guess here".into());
    }
    Some(v)
}

fn c_flag_lines(f: &Facts<'_, '_>) -> u64 {
    let flags = ["CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"];
    let settings = f
        .info
        .settings
        .iter()
        .filter(|s| flags.iter().any(|d| s.key == d.as_bytes()));
    settings
        .map(|s| {
            setting_line(
                &String::from_utf8_lossy(&s.key),
                &String::from_utf8_lossy(&s.value),
            )
        })
        .sum()
}

fn estimate(
    f: &Facts<'_, '_>,
    table: &Table<'_>,
    minor: u32,
    (net, user): (bool, bool),
    own: &[&str],
) -> Option<u64> {
    let pcs = table.pcs();
    let go_text = pcs.end.checked_sub(pcs.start)?;
    let profile = match (net, user) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        (true, true) => Some(2),
        (false, false) => None,
    };
    let base = OWN.iter().min_by_key(|e| e.0.abs_diff(minor)).copied()?;
    let mut c = match profile {
        Some(i) => *nearest(&STANDARD, minor)?.get(i)?,
        None => base.1,
    };
    if go_text > LARGE_TEXT && profile.is_some() {
        // Net alone brings 2 KB less along in a small program, the parser for os/user 5 KB more.
        let (text, pclntab) = if user { (-5400, -4400) } else { (2200, 2200) };
        c.text += text;
        c.pclntab += pclntab;
    }
    // Wrappers of the program's own C, beyond the few that the constants have.
    let wrappers = own_wrappers(table);
    c.text -= wrappers as i64;
    c.pclntab -= (wrappers as f64 * table.size() as f64 / go_text.max(1) as f64) as i64;
    // A package that is C at heart is as a rule replaced as a whole.
    let replaced = own_code(table, own);
    c.text -= replaced as i64;
    c.pclntab -= (replaced as f64 * table.size() as f64 / go_text.max(1) as f64) as i64;
    if f.linker == Linker::Go {
        within_go(f, &c)
    } else {
        from_c_linker(f, table, &c, base.2)
    }
}

/// Bytes of the Go functions in packages that use C, the main package and cgo's own functions left out.
fn own_code(table: &Table<'_>, own: &[&str]) -> u64 {
    let inside = |name: &[u8]| {
        own.iter().filter(|p| **p != "main").any(|p| {
            name.strip_prefix(p.as_bytes())
                .is_some_and(|r| r.starts_with(b".") && !r.starts_with(b"._"))
        })
    };
    table
        .functions()
        .filter(|x| inside(x.name()))
        .map(|x| x.size())
        .sum()
}

/// Bytes of the functions that cgo made for packages outside the standard library.
fn own_wrappers(table: &Table<'_>) -> u64 {
    let is = |name: &[u8]| {
        ["._Cfunc_", "._C2func_", "._cgo_", "._cgoexp_", "._Cmacro_"]
            .iter()
            .any(|w| memchr::memmem::find(name, w.as_bytes()).is_some())
    };
    let std = [&b"net."[..], b"os/user.", b"runtime/cgo.", b"runtime."];
    let own = table
        .functions()
        .filter(|x| is(x.name()) && !std.iter().any(|s| x.name().starts_with(s)));
    let sizes: u64 = own.map(|x| x.size()).sum();
    // What the program behind the constants had.
    sizes.saturating_sub(600)
}

/// The loader's sections, which a file without C does not have.
const DYNAMIC: [&[u8]; 14] = [
    b".interp",
    b".plt",
    b".rela",
    b".rela.plt",
    b".rel",
    b".rel.plt",
    b".gnu.version_r",
    b".gnu.version",
    b".hash",
    b".dynstr",
    b".dynsym",
    b".dynamic",
    b".got.plt",
    b".got",
];

/// A file that Go's linker made with C's objects inside: its own layout, with less in it.
fn within_go(f: &Facts<'_, '_>, c: &Change) -> Option<u64> {
    let image = f.image;
    let index = |names: &[&str]| {
        image
            .sections
            .iter()
            .position(|s| names.iter().any(|n| s.name == n.as_bytes()))
    };
    let mut grown = f.grown(-(c_flag_lines(f) as i64), 0);
    for (i, s) in image.sections.iter().enumerate() {
        if DYNAMIC.contains(&s.name) && s.addr != 0 {
            grown.push((i, -(s.mem_size as i64)));
        }
    }
    grown.push((index(&[".text"])?, c.text));
    grown.push((index(&[".rodata"])?, c.rodata));
    grown.push((index(&[".gopclntab", ".data.rel.ro.gopclntab"])?, c.pclntab));
    grown.push((index(&[".data", ".noptrdata"])?, c.data));
    let size = elf_internal::size(f, now(f), &grown)?;
    // The names of the sections that go; before Go 1.26 they lie where pages are rounded.
    let names = if f.tools().own_sections { -103 } else { 0 };
    size.checked_add_signed(tables_change(f, c) + names)
}

fn tables_change(f: &Facts<'_, '_>, c: &Change) -> i64 {
    (if f.dwarf { c.debug } else { 0 }) + if f.symtab { c.symtab + c.strtab } else { 0 }
}

/// A file that a C linker made: laid out anew as Go's linker does, without what is C's.
fn from_c_linker(f: &Facts<'_, '_>, table: &Table<'_>, c: &Change, packing: u64) -> Option<u64> {
    let image = f.image;
    let data = f.program.moduledata().ok()?;
    let size = |n: &str| image.section(n).map_or(0, |s| s.file_size);
    let pcs = table.pcs();
    let page = 4096;
    let text = 4096 + (pcs.end - pcs.start).checked_add_signed(c.text)?;
    // C's constants stand behind Go's in one section: Go's end where the tables of types or functions do.
    let go_rodata = |s: &crate::image::Section<'_>| {
        let symbols = image.symbols().unwrap_or_default();
        let end = symbols
            .iter()
            .find(|x| x.name == b"runtime.erodata")
            .map(|x| x.addr);
        let end = end.filter(|&e| e > s.addr && e - s.addr <= s.file_size);
        end.map_or(s.file_size, |e| e - s.addr)
    };
    let rodata = image.section(".rodata").map_or(0, go_rodata)
        + [".typelink", ".itablink", ".go.type", ".go.func"]
            .iter()
            .map(|n| size(n))
            .sum::<u64>();
    let pclntab = size(".gopclntab").max(size(".data.rel.ro.gopclntab"));
    let rodata = (rodata + pclntab).checked_add_signed(c.rodata + c.pclntab)?;
    let go_data = data.data.end.saturating_sub(data.data.start).min(size(".data"));
    let data = [".noptrdata", ".go.buildinfo", ".go.module", ".go.fipsinfo"]
        .iter()
        .map(|n| size(n))
        .sum::<u64>()
        + go_data;
    let mut end = round(text, page) + round(rodata, page) + round(data.checked_add_signed(c.data)?, page);
    end += if f.tools().own_sections { 162 } else { 0 };
    if f.dwarf {
        let debug: u64 = image
            .sections
            .iter()
            .filter(|s| s.is_debug())
            .map(|s| s.file_size)
            .sum();
        let c: u64 = super::c_dwarf::left(f)
            .unwrap_or_default()
            .iter()
            .map(|p| p.1)
            .sum();
        end += debug.saturating_sub(c) / 1000 * packing;
    }
    if f.symtab {
        end += (size(".symtab") + size(".strtab")).checked_add_signed(c.symtab + c.strtab)?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_between_and_beyond_take_the_nearest() {
        assert_eq!(nearest(&STANDARD, 30).map(|p| p[0].text), Some(-23072));
        assert_eq!(nearest(&STANDARD, 20).map(|p| p[1].text), Some(16352));
    }
}
