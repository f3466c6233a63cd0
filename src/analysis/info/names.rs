//! Which names are in a file: function and file names of the pclntab, whether stripped or not. One pass
//! answers all questions.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// What the names tell.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    parts: Vec<&'a [u8]>,
    /// Functions that are linked in only where the compiler calls them.
    pub race: bool,
    pub msan: bool,
    pub asan: bool,
    /// A package of the coverage runtime.
    pub cover: bool,
    /// BoringCrypto's C code, or the Go functions that call it.
    pub boring: bool,
    /// The functions every program has: names that are not there are then not in the program.
    pub main: bool,
    /// runtime/cgo, or its entry from C.
    pub cgo: bool,
    /// A function of the runtime that only C code calls.
    pub cgo_stack: bool,
    /// What stands in front of the names that cgo makes up: packages, as far as they have that form.
    pub cgo_packages: BTreeSet<&'a [u8]>,
    /// The runtime's file proc.go, as the file table names it.
    pub proc_go: Option<&'a [u8]>,
}

#[derive(Debug, Clone, Copy)]
enum Tells {
    Race,
    Msan,
    Asan,
    Cover,
    Boring,
    Main,
    Cgo,
    CgoStack,
    CgoName,
    ProcGo,
}

/// (what stands in front, what is searched, what it tells). The searched parts begin with letters that are
/// rare together, for that decides how fast the search is. A NUL stands before and behind each name.
const NEEDLES: [(&[u8], &[u8], Tells); 18] = [
    (b"\0runtime", b".racefuncenter\0", Tells::Race),
    (b"\0runtime", b".raceread\0", Tells::Race),
    (b"\0runtime", b".msanread\0", Tells::Msan),
    (b"\0runtime", b".msanwrite\0", Tells::Msan),
    (b"\0runtime", b".asanread\0", Tells::Asan),
    (b"\0runtime", b".asanwrite\0", Tells::Asan),
    (b"\0runtim", b"e/coverage.", Tells::Cover),
    (b"\0interna", b"l/coverage/", Tells::Cover),
    (b"", b"._Cfunc__goboringcrypto_", Tells::Boring),
    (b"\0runtime", b".main\0", Tells::Main),
    (b"\0runtim", b"e/cgo.", Tells::Cgo),
    (b"\0cro", b"sscall2\0", Tells::Cgo),
    (b"\0", b"_cgo_topofstack\0", Tells::CgoStack),
    (b"", b"._Cfunc_", Tells::CgoName),
    (b"", b"._C2func_", Tells::CgoName),
    (b"", b"._cgoexp_", Tells::CgoName),
    (b"", b"._Cgo_", Tells::CgoName),
    (b"runtim", b"e/proc.go\0", Tells::ProcGo),
];

/// No name that counts is longer.
const LONGEST: usize = 4096;

fn searcher() -> Option<&'static AhoCorasick> {
    static ALL: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || {
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(NEEDLES.map(|n| n.1))
            .ok()
    };
    ALL.get_or_init(build).as_ref()
}

impl<'a> Names<'a> {
    /// Looks through the pclntab's name tables, or whatever else holds the names.
    pub(super) fn of(parts: Vec<&'a [u8]>) -> Names<'a> {
        let mut names = Names {
            parts,
            ..Names::default()
        };
        let Some(searcher) = searcher() else { return names };
        for bytes in names.parts.clone() {
            for hit in searcher.find_iter(bytes) {
                if let Some((front, _, tells)) = NEEDLES.get(hit.pattern().as_usize())
                    && stands_before(front, bytes, hit.start())
                {
                    names.take(*tells, bytes, hit.start());
                }
            }
        }
        names
    }

    fn take(&mut self, tells: Tells, bytes: &'a [u8], at: usize) {
        match tells {
            Tells::Race => self.race = true,
            Tells::Msan => self.msan = true,
            Tells::Asan => self.asan = true,
            Tells::Cover => self.cover = true,
            Tells::Boring => {
                self.boring = true;
                self.take(Tells::CgoName, bytes, at);
            }
            Tells::Main => self.main = true,
            Tells::Cgo => self.cgo = true,
            Tells::CgoStack => self.cgo_stack = true,
            Tells::CgoName => {
                let package = name_at(bytes, at).and_then(|(start, _)| bytes.get(start..at));
                let package = package.filter(|p| !p.is_empty() && !p.iter().any(|b| b"({ ".contains(b)));
                self.cgo_packages.extend(package);
            }
            Tells::ProcGo => {
                if self.proc_go.is_none() {
                    self.proc_go = name_at(bytes, at).map(|n| n.1);
                }
            }
        }
    }

    /// Are the program's function names there to be looked at? In a garbled one they are not.
    pub(super) fn readable(&self) -> bool {
        self.main
    }
}

/// Does `front` stand right before `at`? What it begins with a NUL for may be the start of `bytes`.
fn stands_before(front: &[u8], bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.ends_with(front) || front.split_first() == Some((&0, before))
}

/// The name around `at` with its start, where it is a text of a plausible length.
fn name_at(bytes: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let from = at.saturating_sub(LONGEST);
    let start = match memchr::memrchr(0, bytes.get(from..at)?) {
        Some(i) => from + i + 1,
        None if from == 0 => 0,
        None => return None,
    };
    let rest = bytes.get(start..bytes.len().min(start + LONGEST))?;
    let name = rest.get(..memchr::memchr(0, rest)?)?;
    std::str::from_utf8(name).ok()?;
    Some((start, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &'static [u8]) -> Names<'static> {
        Names::of(vec![bytes])
    }

    #[test]
    fn a_name_counts_only_as_a_whole() {
        let n = names(b"runtime.raceread\0my/runtime.msanread\0runtime.asanreader\0main.main\0");
        assert_eq!((n.race, n.msan, n.asan, n.cover), (true, false, false, false));
        let n = names(b"x\0runtime/coverage.init\0crosscall2\0x/runtime/cgo.f\0main.main\0");
        assert_eq!((n.cover, n.cgo, n.cgo_stack), (true, true, false));
    }

    #[test]
    fn packages_with_c_stand_before_the_names_that_cgo_makes() {
        let n = names(b"net._Cfunc_getaddrinfo\0a/b%2ec._C2func_f\0(*T)._Cgo_x\0._Cgo_use\0");
        let packages: Vec<&[u8]> = n.cgo_packages.into_iter().collect();
        assert_eq!(packages, [&b"a/b%2ec"[..], b"net"]);
        assert!(!n.cgo);
    }

    #[test]
    fn the_runtime_s_file_is_its_path_to_the_end() {
        let n = names(b"x/runtime/proc.gox\0/usr/lib/go/src/runtime/proc.go\0runtime/proc.go\0");
        assert_eq!(n.proc_go, Some(&b"/usr/lib/go/src/runtime/proc.go"[..]));
        assert_eq!(names(b"runtime/proc.go\0").proc_go, Some(&b"runtime/proc.go"[..]));
    }
}
