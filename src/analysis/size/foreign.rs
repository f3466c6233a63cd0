//! C code and data: the functions and variables of everything that is not Go, by symbol, each with the
//! compile unit or object that holds it and the Go package whose cgo code it is, where these can be told.
//!
//! Authorities: the symbol table (an ELF FILE symbol stands in front of the local symbols of its object);
//! compile units of the debug information, whose folder is that of the Go package (cmd/go of Go 1.16 to 1.27
//! maps it to `/_/PACKAGE` with -trimpath); cmd/cgo for the hash in `_cgo_HASH_Cfunc_NAME`, which C and Go
//! share; where there are no symbols, the frame entries of `.eh_frame`.

use rustc_hash::FxHashMap;

use super::dwarf::Units;
use super::ledger::{Cut, Owner};
use super::model::{Kind, Source};
use super::names::{NONE, NameId, Names};
use super::subject::Subject;
use crate::dwarf;
use crate::go::packages;
use crate::image::{Detail, Image, Place, Symbol};

/// Some bytes of C, by addresses.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    end: u64,
    owner: Owner,
}

/// All that is known of a file's C code.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    /// Sorted, disjoint.
    spans: Vec<Span>,
}

/// Follows FILE symbols: whose are the local symbols behind them?
#[derive(Debug, Default)]
pub(super) struct Files<'a> {
    current: &'a [u8],
}

/// Whose a symbol is, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// A local symbol of Go's object.
    Go,
    /// A local symbol of another object; empty where its name is not told.
    Object(&'a [u8]),
    /// The table doesn't say: global symbols, and other formats than ELF.
    Unsaid,
}

impl<'a> Files<'a> {
    /// Looks at the next symbol of the table.
    pub(super) fn next(&mut self, image: &Image<'_>, s: &Symbol<'a>) -> Whose<'a> {
        if !matches!(image.detail, Detail::Elf(_)) {
            return Whose::Unsaid;
        }
        if is_file(image, s) {
            self.current = s.name;
            return Whose::Unsaid;
        }
        // st_info >> 4 is the binding, 0 for local.
        match self.current {
            _ if s.kind >> 4 != 0 => Whose::Unsaid,
            b"go.go" => Whose::Go,
            object => Whose::Object(object),
        }
    }
}

/// Does a symbol name a source file?
pub(super) fn is_file(image: &Image<'_>, s: &Symbol<'_>) -> bool {
    match image.detail {
        Detail::Elf(_) => s.kind & 0xf == 4,
        // C_FILE
        Detail::Pe(_) | Detail::Xcoff(_) => s.kind == 103,
        _ => false,
    }
}

/// Can it be the name of a C function or variable, rather than one that Go's linker makes up?
fn is_c(name: &[u8]) -> bool {
    !name.is_empty()
        && !name.first().is_some_and(|b| matches!(b, b'$' | b'.'))
        && name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.$@".contains(b))
        && !name.starts_with(b"runtime.")
        && !name.starts_with(b"go.")
        && !name.starts_with(b"type.")
        && packages::of_name(name).is_none()
}

/// The last element of a path.
pub(super) fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or(path)
}

/// `HASH` of `_cgo_HASH_Cfunc_NAME`, wherever it stands in a name.
fn cgo_hash(name: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(name, b"_cgo_")?;
    let rest = name.get(at + 5..)?;
    let hash = rest.get(..rest.iter().position(|b| *b == b'_')?)?;
    (hash.len() >= 8 && hash.iter().all(u8::is_ascii_hexdigit)).then_some(hash)
}

impl Foreign {
    /// The sections of a relocatable object, by index: addresses start anew in each.
    pub(super) fn of_sections(image: &Image<'_>, names: &mut Names) -> FxHashMap<usize, Foreign> {
        let mut files = Files::default();
        let mut sections: FxHashMap<usize, Vec<Span>> = FxHashMap::default();
        for s in image.symbols().unwrap_or_default() {
            let whose = files.next(image, s);
            // STT_SECTION has no size.
            let Place::Section(section) = s.place else {
                continue;
            };
            if s.size == 0 || s.name.is_empty() {
                continue;
            }
            let mut owner = Owner::plain(Kind::CCode, Source::Symbols);
            owner.symbol = names.symbol(s.name);
            // The table of an object of one source names it in front; globals come behind all.
            let object = match whose {
                Whose::Object(o) if !o.is_empty() => o,
                _ => files.current,
            };
            if !object.is_empty() {
                owner.file = names.name(base(object));
            }
            sections.entry(section).or_default().push(Span {
                start: s.addr,
                end: s.addr.saturating_add(s.size),
                owner,
            });
        }
        let made = sections.into_iter().map(|(section, spans)| {
            let spans = disjoint(spans);
            (section, Foreign { spans })
        });
        made.collect()
    }

    /// `text`: the parts of text sections that no Go function covers.
    pub(super) fn read<'a>(
        program: &Subject<'_, 'a>,
        text: &[(u64, u64)],
        symbols: bool,
        units: &Units,
        names: &mut Names,
    ) -> Foreign {
        let mut out = Foreign::default();
        let mut text = text.to_vec();
        text.sort_unstable();
        let text = Text(text);
        let c_code = text.0.iter().any(|(s, e)| is_code(program.image, *s, *e));
        if !c_code && !program.functions.go.has_c() {
            return out;
        }
        let mut packages = Packages::of(program, names);
        let mut found = Vec::new();
        if symbols {
            found = from_symbols(program, &text, &packages, names);
        }
        if c_code {
            from_frames(program.image, &text, names, &mut found);
        }
        out.spans = disjoint(found);
        out.units(units, &mut packages, names);
        out.packages(packages, names);
        out
    }

    /// Compile units by address win over what FILE symbols say only where those say nothing; what lies
    /// between two spans of one object is that object's too.
    fn units(&mut self, units: &Units, packages: &mut Packages, names: &mut Names) {
        let ranges = units.foreign(names, |dir, names| packages.of_folder(dir, names));
        for s in &mut self.spans {
            let i = ranges.partition_point(|r| r.0 <= s.start).checked_sub(1);
            if let Some((_, end, name, package)) = i.and_then(|i| ranges.get(i)).copied()
                && s.start < end
            {
                s.owner.file = name;
                if s.owner.package == NONE {
                    s.owner.package = package;
                }
            }
        }
        // glibc's static library is made of objects that say so themselves; one that has no local symbols
        // lies between others.
        let libc = if self
            .spans
            .iter()
            .any(|s| names.text(s.owner.file) == b"libc-start.o")
        {
            names.name(b"libc.a")
        } else {
            NONE
        };
        let mut last: Option<(usize, u64, NameId)> = None;
        for i in 0..self.spans.len() {
            let Some(s) = self.spans.get(i).copied() else {
                break;
            };
            if s.owner.file == NONE {
                continue;
            }
            if let Some((from, end, file)) = last
                && s.start.saturating_sub(end) < 1 << 20
            {
                let member = |f| names.text(f).ends_with(b".o");
                let unit = if file == s.owner.file {
                    file
                } else if libc != NONE && member(file) && member(s.owner.file) {
                    libc
                } else {
                    NONE
                };
                for between in self.spans.get_mut(from + 1..i).unwrap_or_default() {
                    between.owner.file = unit;
                }
            }
            last = Some((i, s.end, s.owner.file));
        }
    }

    /// An object of which one part is a package's is that package's whole.
    fn packages(&mut self, packages: Packages, names: &mut Names) {
        let mut of_unit: FxHashMap<NameId, NameId> = FxHashMap::default();
        for s in &self.spans {
            if s.owner.package != NONE && s.owner.file != NONE {
                of_unit
                    .entry(s.owner.file)
                    .and_modify(|p| {
                        // Every package with cgo has its _cgo_export.c.
                        if *p != s.owner.package {
                            *p = NONE;
                        }
                    })
                    .or_insert(s.owner.package);
            }
        }
        for s in &mut self.spans {
            if s.owner.package == NONE {
                s.owner.package = of_unit.get(&s.owner.file).copied().unwrap_or(NONE);
            }
            // Without symbols and debug information, cgo's own names are all that is left.
            if s.owner.package == NONE && names.text(s.owner.file).starts_with(b"gcc_") {
                s.owner.package = packages.runtime_cgo;
            }
        }
    }

    /// Is there nothing of C?
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Lays the spans over cuts of a region: `at` turns an address into the place that cuts count in.
    pub(super) fn overlay(
        &self,
        range: std::ops::Range<u64>,
        before: Owner,
        cuts: Vec<Cut>,
        at: impl Fn(u64) -> u64,
    ) -> Vec<Cut> {
        let first = self.spans.partition_point(|s| s.end <= range.start);
        let inside: Vec<&Span> = self
            .spans
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|s| s.start < range.end)
            .collect();
        if inside.is_empty() {
            return cuts;
        }
        let mut out = Vec::with_capacity(cuts.len() + 2 * inside.len());
        let mut below = before;
        let mut rest = cuts.into_iter().peekable();
        for s in inside {
            let (start, end) = (at(s.start.max(range.start)), at(s.end.min(range.end)));
            while let Some(c) = rest.next_if(|c| c.at <= start) {
                below = c.owner;
                if c.at < start {
                    out.push(c);
                }
            }
            out.push(Cut {
                at: start,
                owner: s.owner,
            });
            while let Some(c) = rest.next_if(|c| c.at <= end) {
                below = c.owner;
            }
            // What fills the space up to the next function is the object's.
            let mut owner = below;
            if owner.kind == Kind::CCode && owner.symbol == NONE && owner.file == NONE {
                owner.file = s.owner.file;
                owner.package = s.owner.package;
            }
            out.push(Cut { at: end, owner });
        }
        out.extend(rest);
        out
    }
}

/// Of several names for one place, the first in the table's order that has the most bytes.
fn disjoint(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut at = 0;
    spans.retain(|s| {
        let keep = s.start >= at && s.end > s.start;
        if keep {
            at = s.end;
        }
        keep
    });
    spans
}

/// The parts of text sections without Go functions, sorted.
struct Text(Vec<(u64, u64)>);

impl Text {
    /// The end of the part that holds an address.
    fn end(&self, addr: u64) -> Option<u64> {
        let i = self.0.partition_point(|t| t.0 <= addr).checked_sub(1)?;
        self.0.get(i).map(|t| t.1).filter(|end| addr < *end)
    }
}

/// Is there anything but padding? A few bytes tell.
fn is_code(image: &Image<'_>, start: u64, end: u64) -> bool {
    let Some(bytes) = image.bytes_from(start) else {
        return false;
    };
    let len = usize::try_from(end - start)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    !bytes
        .get(..len)
        .unwrap_or_default()
        .iter()
        .all(|b| image.arch.fills_gaps(*b))
}

fn from_symbols<'a>(
    program: &Subject<'_, 'a>,
    text: &Text,
    packages: &Packages<'a>,
    names: &mut Names,
) -> Vec<Span> {
    let image = program.image;
    let sized = matches!(image.detail, Detail::Elf(_));
    let mut files = Files::default();
    let mut out = Vec::new();
    // Functions without a size reach to the next symbol.
    let mut open: Vec<usize> = Vec::new();
    let mut starts: Vec<u64> = Vec::new();
    for s in image.symbols().unwrap_or_default() {
        let whose = files.next(image, s);
        let Place::Section(i) = s.place else { continue };
        let Some(section) = image.sections.get(i).filter(|x| x.alloc) else {
            continue;
        };
        // STT_NOTYPE, OBJECT, FUNC, COMMON, GNU_IFUNC
        if sized && !matches!(s.kind & 0xf, 0 | 1 | 2 | 5 | 10) || is_file(image, s) {
            continue;
        }
        let name = image.format.source_name(s.name);
        let named = match whose {
            Whose::Go => false,
            Whose::Object(_) => !name.is_empty(),
            Whose::Unsaid => is_c(name),
        };
        let code = section.perm.exec;
        let ours = !code || text.end(s.addr).is_some();
        // Elsewhere than in ELF a variable's end is not known.
        if !named || !ours || !sized && !code {
            continue;
        }
        // What starts in bss is not in the file.
        if s.addr < section.addr || s.addr - section.addr >= section.file_size.max(1) {
            continue;
        }
        starts.push(s.addr);
        let mut owner = Owner::plain(Kind::CCode, Source::Symbols);
        owner.symbol = names.symbol(name);
        if let Whose::Object(object) = whose
            && !object.is_empty()
        {
            owner.file = names.name(base(object));
        }
        if let Some(p) = cgo_hash(name).and_then(|h| packages.by_hash.get(h)) {
            owner.package = *p;
        }
        let mut end = s.addr.saturating_add(s.size);
        if !sized || s.size == 0 {
            if !code {
                continue;
            }
            open.push(out.len());
            end = section.addr.saturating_add(section.file_size);
        }
        out.push(Span {
            start: s.addr,
            end,
            owner,
        });
    }
    starts.sort_unstable();
    for i in open {
        let Some(s) = out.get_mut(i) else { continue };
        let next = starts.partition_point(|a| *a <= s.start);
        if let Some(n) = starts.get(next) {
            s.end = s.end.min(*n);
        }
        // Not over what Go has.
        s.end = s.end.min(text.end(s.start).unwrap_or(s.end));
    }
    out
}

/// Functions that only an entry of `.eh_frame` tells of.
fn from_frames(image: &Image<'_>, text: &Text, names: &mut Names, out: &mut Vec<Span>) {
    let mut known: Vec<(u64, u64)> = out.iter().map(|s| (s.start, s.end)).collect();
    known.sort_unstable();
    for (start, end) in dwarf::frames(image) {
        if text.end(start).is_none_or(|t| end > t) {
            continue;
        }
        let i = known.partition_point(|k| k.0 < end).checked_sub(1);
        if i.and_then(|i| known.get(i)).is_some_and(|k| k.1 > start) {
            continue;
        }
        let mut owner = Owner::plain(Kind::CCode, Source::Frames);
        owner.symbol = names.symbol(format!("function at {start:#x}").as_bytes());
        out.push(Span { start, end, owner });
    }
}

/// How Go packages are found for C code.
#[derive(Debug)]
struct Packages<'a> {
    /// By cgo's hash.
    by_hash: FxHashMap<&'a [u8], NameId>,
    /// Packages that have functions.
    known: rustc_hash::FxHashSet<NameId>,
    /// By the folder of their sources, made when it is first needed.
    by_folder: Option<FxHashMap<Vec<u8>, NameId>>,
    folders: Vec<(Vec<u8>, NameId)>,
    runtime_cgo: NameId,
}

impl<'a> Packages<'a> {
    fn of(program: &Subject<'_, 'a>, names: &mut Names) -> Packages<'a> {
        let mut by_hash = FxHashMap::default();
        for s in program.image.symbols().unwrap_or_default() {
            if let Some(hash) = cgo_hash(s.name)
                && let Some(p) = packages::of_name(s.name)
            {
                by_hash.insert(hash, names.name(p.as_bytes()));
            }
        }
        let known: rustc_hash::FxHashSet<NameId> = program.functions.packages.iter().copied().collect();
        let runtime_cgo = names.name(b"runtime/cgo");
        let mut folders = Vec::new();
        if let Some(table) = program.table {
            let mut seen = rustc_hash::FxHashSet::default();
            for (f, p) in table.functions().zip(&program.functions.packages) {
                // One function of each package is enough; generated files have no folder.
                if *p == NONE || seen.contains(p) {
                    continue;
                }
                let file = f.position(f.entry()).file;
                if let Some(slash) = memchr::memrchr(b'/', file) {
                    seen.insert(*p);
                    folders.push((file.get(..slash).unwrap_or_default().to_vec(), *p));
                }
            }
        }
        Packages {
            by_hash,
            runtime_cgo: if known.contains(&runtime_cgo) {
                runtime_cgo
            } else {
                NONE
            },
            known,
            by_folder: None,
            folders,
        }
    }

    /// The package whose sources lie in a compile unit's folder.
    fn of_folder(&mut self, folder: &[u8], names: &mut Names) -> NameId {
        let map = self
            .by_folder
            .get_or_insert_with(|| self.folders.drain(..).collect());
        if let Some(p) = map.get(folder) {
            return *p;
        }
        for mark in [&b"/pkg/mod/"[..], b"/GOROOT/src/", b"/_/", b"/src/"] {
            let Some(at) = memchr::memmem::find(folder, mark) else {
                continue;
            };
            let path = without_version(folder.get(at + mark.len()..).unwrap_or_default());
            let id = names.name(&path);
            if self.known.contains(&id) {
                return id;
            }
        }
        NONE
    }
}

/// A path of the module cache → an import path: `github.com/!burnt!sushi/x@v1/y` →
/// `github.com/BurntSushi/x/y`.
fn without_version(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let (mut upper, mut version) = (false, false);
    for b in path {
        match b {
            b'/' => version = false,
            b'@' => version = true,
            _ => {}
        }
        match b {
            _ if version => {}
            b'!' => upper = true,
            _ => {
                out.push(if upper { b.to_ascii_uppercase() } else { *b });
                upper = false;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_paths_are_read_from_the_module_cache() {
        assert_eq!(
            without_version(b"github.com/!burnt!sushi/toml@v1.2.3/internal"),
            b"github.com/BurntSushi/toml/internal"
        );
        assert_eq!(without_version(b"runtime/cgo"), b"runtime/cgo");
    }

    #[test]
    fn cgo_names_share_a_hash() {
        assert_eq!(
            cgo_hash(b"_cgo_97ab22c4dc7b_Cfunc_getaddrinfo"),
            Some(&b"97ab22c4dc7b"[..])
        );
        assert_eq!(
            cgo_hash(b"net._cgo_97ab22c4dc7b_C2func_x"),
            Some(&b"97ab22c4dc7b"[..])
        );
        assert_eq!(cgo_hash(b"_cgo_topofstack"), None);
        assert_eq!(cgo_hash(b"x_cgo_init"), None);
    }

    #[test]
    fn what_lies_under_a_function_comes_back_behind_it() {
        let c = |file| Owner {
            file,
            ..Owner::plain(Kind::CCode, Source::Symbols)
        };
        let plain = Owner::plain(Kind::CCode, Source::Container);
        let go = Owner::of(Kind::Data, Source::Symbols, 7);
        let f = Foreign {
            spans: vec![
                Span {
                    start: 10,
                    end: 20,
                    owner: c(1),
                },
                Span {
                    start: 30,
                    end: 60,
                    owner: c(2),
                },
            ],
        };
        let cuts = vec![Cut { at: 40, owner: go }];
        let out = f.overlay(0..50, plain, cuts, |a| a);
        let seen: Vec<_> = out
            .iter()
            .map(|c| (c.at, c.owner.file, c.owner.package))
            .collect();
        assert_eq!(seen, [(10, 1, NONE), (20, 1, NONE), (30, 2, NONE), (50, NONE, 7)]);
    }
}
