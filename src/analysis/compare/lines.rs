//! The pclntabs of two programs: names of files, lines, and the tables that say them.
//!
//! Both tables are read function by function; a name or a line that differs is a cause. What the tables hold
//! beside is equal, or the tables are not explained.

use std::collections::BTreeSet;

use super::cause::{Cause, Class};
use super::functions::{Likeness, Pairs};
use crate::go::Program;
use crate::go::pclntab::{Function, Layout, Table};
use crate::image::budget::Share;

/// What two tables come to.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub causes: Vec<Cause>,
    /// Is each byte that differs explained?
    pub proved: bool,
    /// Addresses of first lines in the inline trees of functions whose lines differ: of the first file.
    pub in_trees: BTreeSet<u64>,
    /// Where both programs' Go was, by the names of files.
    pub goroot: Roots,
    /// What stands before the equal ends of names that differ.
    prefixes: BTreeSet<(Vec<u8>, Vec<u8>)>,
}

impl Lines {
    /// Do two names differ as names of files do that are told?
    pub fn told(&self, s: &[u8], t: &[u8]) -> bool {
        self.prefixes.contains(&prefixes(s, t))
    }
}

/// Two folders.
type Roots = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Functions told of at the most.
const TOLD: usize = 20;
/// Bytes of a record of an inline tree, and where in it the first line stands (Go 1.20 and later).
const RECORD: u64 = 16;
const START_LINE: u64 = 12;

pub(super) fn compare(a: &Program<'_>, b: &Program<'_>, pairs: &Pairs) -> Lines {
    let (Ok(x), Ok(y)) = (a.pclntab(), b.pclntab()) else {
        return Lines::default();
    };
    let mut out = Lines {
        goroot: (goroot(x), goroot(y)),
        proved: x.layout() == y.layout() && x.layout() >= Layout::Go118,
        ..Lines::default()
    };
    let mut names = Names::new();
    let mut lines: Vec<(&[u8], Option<i32>, Option<i32>)> = Vec::new();
    // Looked up once: finding the parts takes a walk over all functions.
    let pctabs = (part(x, "pctab"), part(y, "pctab"));
    let equal_tables = pctabs.0 == pctabs.1;
    let equal_units = part(x, "cutab") == part(y, "cutab");
    let mut files_known = BTreeSet::new();
    let mut trees_known = BTreeSet::new();
    // Functions may share tables and trees, and those the names in them.
    let mut share = a.image().budget().share("tables of lines");
    for (i, p) in pairs.a.iter().enumerate() {
        let Some((j, likeness)) = *p else {
            out.proved = false;
            continue;
        };
        let (Some(f), Some(g)) = (x.get(i), y.get(j)) else {
            continue;
        };
        if likeness == Likeness::Different {
            out.proved = false;
            continue;
        }
        // What a function's tables take to read, at the most: its bytes of code.
        if !share.take(f.size().saturating_add(g.size()) as usize) {
            out.proved = false;
            break;
        }
        out.proved &= fields(&f, &g, pctabs, equal_tables);
        // Where the units' lists of files are the same, so is each function's place in them.
        out.proved &= !equal_units || f.cu_offset() == g.cu_offset();
        let other_lines =
            f.start_line() != g.start_line() || !equal_tables && !same(&f, &g, pctabs, f.pcln(), g.pcln());
        if other_lines {
            lines.push((f.name(), f.start_line(), g.start_line()));
        }
        // Functions of one compilation unit share their files.
        if files_known.insert((f.cu_offset(), g.cu_offset(), f.pcfile(), g.pcfile())) {
            file_names(&f, &g, &mut names);
        }
        let trees = (f.inline_tree_addr(), g.inline_tree_addr());
        let known = (trees, (f.inline_table(), f.size()), (g.inline_table(), g.size()));
        if f.start_line().is_some() && trees_known.insert(known) && !tree(&f, &g, &mut out, &mut share) {
            out.proved = false;
            break;
        }
    }
    let sizes = |t: &Table<'_>| t.parts().iter().map(|p| p.size).collect::<Vec<_>>();
    // Where the parts are as large as their partners, the header that says where they are is the same.
    let head = sizes(x) != sizes(y) || x.text() != y.text() || part(x, "header") == part(y, "header");
    out.proved &= head && pairs.b.iter().all(Option::is_some) && same_names(x, y);
    if !lines.is_empty() {
        let line = |l: Option<i32>| l.map(|l| format!("line {l}"));
        let all = lines.len();
        out.causes
            .extend(lines.into_iter().take(TOLD).map(|(name, l, m)| {
                let cause =
                    Cause::new("line numbers", Class::Harmless).function(String::from_utf8_lossy(name));
                let cause = cause.values(line(l), line(m));
                match l == m {
                    true => cause.note("lines within the function"),
                    false => cause,
                }
            }));
        if all > TOLD {
            let note = format!("and of {} more functions", all - TOLD);
            out.causes
                .push(Cause::new("line numbers", Class::Harmless).note(note));
        }
    }
    let files = part(x, "filetab") == part(y, "filetab") && part(x, "cutab") == part(y, "cutab");
    out.proved &= (equal_tables || !out.causes.is_empty()) && (files || !names.is_empty());
    out.prefixes = names.iter().map(|(s, t)| prefixes(s, t)).collect();
    let folders = folders(&names, (x, y), &out.goroot);
    out.causes.extend(folders);
    out
}

fn part<'a>(t: &Table<'a>, name: &str) -> &'a [u8] {
    let parts = t.parts();
    parts
        .iter()
        .find(|p| p.name == name)
        .map_or(&[], |p| t.part_bytes(p))
}

/// The names of functions, those that are only inlined among them.
fn same_names(x: &Table<'_>, y: &Table<'_>) -> bool {
    part(x, "funcnametab") == part(y, "funcnametab")
}

/// The tables of numbers by program counter of both files.
type Pctabs<'a> = (&'a [u8], &'a [u8]);

/// Are the tables at two offsets of the pctabs the same?
fn same(f: &Function<'_, '_>, g: &Function<'_, '_>, pctabs: Pctabs<'_>, at: u32, to: u32) -> bool {
    if (at == 0) != (to == 0) {
        return false;
    }
    let stream = |f: &Function<'_, '_>, pctab: &'_ [u8], at: u32| {
        let size = f.table_size(at) as usize;
        let bytes = pctab.get(at as usize..).and_then(|b| b.get(..size));
        bytes.map(<[u8]>::to_vec)
    };
    at == 0 || stream(f, pctabs.0, at).is_some_and(|s| Some(s) == stream(g, pctabs.1, to))
}

/// Are all fields of two records equal, but for lines and files?
fn fields(f: &Function<'_, '_>, g: &Function<'_, '_>, pctabs: Pctabs<'_>, equal_tables: bool) -> bool {
    let same = |at: u32, to: u32| match equal_tables {
        true => at == to,
        false => same(f, g, pctabs, at, to),
    };
    let (p, q): (Vec<u32>, Vec<u32>) = (f.pcdata().collect(), g.pcdata().collect());
    let kinds = |f: &Function<'_, '_>| f.funcdata().map(|d| d.is_some()).collect::<Vec<_>>();
    f.args_size() == g.args_size()
        && f.deferreturn() == g.deferreturn()
        && (f.func_id(), f.flags()) == (g.func_id(), g.flags())
        && same(f.pcsp(), g.pcsp())
        && same(f.pcfile(), g.pcfile())
        && p.len() == q.len()
        && p.iter().zip(&q).all(|(s, t)| same(*s, *t))
        && kinds(f) == kinds(g)
}

/// First lines in inline trees that differ. `false` where the trees share too much to be read.
fn tree(f: &Function<'_, '_>, g: &Function<'_, '_>, out: &mut Lines, share: &mut Share<'_>) -> bool {
    let Some(at) = f.inline_tree_addr() else {
        return true;
    };
    let calls = f.inlined_calls().into_iter().zip(g.inlined_calls());
    for (n, (c, d)) in calls.enumerate() {
        if !share.take(c.name.len().saturating_add(RECORD as usize)) {
            return false;
        }
        if c.name == d.name && c.start_line != d.start_line {
            let field = at.wrapping_add(n as u64 * RECORD + START_LINE);
            out.in_trees.extend(field..field.wrapping_add(4));
        }
    }
    true
}

/// Pairs of names of files that differ.
type Names<'a> = BTreeSet<(&'a [u8], &'a [u8])>;

fn file_names<'a>(f: &Function<'_, 'a>, g: &Function<'_, 'a>, names: &mut Names<'a>) {
    let numbers = |f: &Function<'_, 'a>| {
        let end = f.end();
        let all = f.file_numbers().take_while(move |r| r.start < end);
        all.map(|r| r.value).collect::<Vec<_>>()
    };
    for (n, m) in numbers(f).into_iter().zip(numbers(g)) {
        let (s, t) = (f.file_name(n), g.file_name(m));
        if s != t {
            names.insert((s, t));
        }
    }
}

/// What stands before the part of two paths that is the same, from a slash on.
fn prefixes(s: &[u8], t: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let same = s
        .iter()
        .rev()
        .zip(t.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let tail = s.get(s.len() - same..).unwrap_or_default();
    let keep = memchr::memchr(b'/', tail).map_or(0, |i| tail.len() - i);
    let head = |p: &[u8]| p.get(..p.len() - keep).unwrap_or(p).to_vec();
    // A whole path may be the end of the other.
    if same == s.len() || same == t.len() {
        let head = |p: &[u8]| p.get(..p.len() - same).unwrap_or(p).to_vec();
        return (head(s), head(t));
    }
    (head(s), head(t))
}

/// One cause for each kind of folder. Where one file's names are trimmed, or name the module's version, the
/// record says why.
fn folders(names: &Names<'_>, (x, y): (&Table<'_>, &Table<'_>), roots: &Roots) -> Vec<Cause> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let Some((s, t)) = names.first() else {
        return Vec::new();
    };
    let example = |s: &[u8], t: &[u8]| format!("{} and {}", text(s), text(t));
    let trimmed = |t: &Table<'_>| t.file_table().any(|n| n == b"runtime/proc.go");
    if trimmed(x) != trimmed(y) {
        let note = format!("trimmed in one of the files: {}", example(s, t));
        return vec![Cause::new("file names", Class::Effect).note(note)];
    }
    let mut out: Vec<(&str, Vec<u8>, Vec<u8>, String)> = Vec::new();
    for (s, t) in names {
        let (p, q) = prefixes(s, t);
        let below = |n: &[u8], root: &Option<Vec<u8>>| root.as_ref().is_some_and(|r| n.starts_with(r));
        let word = if below(s, &roots.0) && below(t, &roots.1) {
            "GOROOT"
        } else if memchr::memmem::find(s, b"/pkg/mod/").is_some() {
            "module cache"
        } else if trimmed(x) || s.is_empty() || t.is_empty() {
            "file names"
        } else {
            "source folder"
        };
        match out.iter_mut().find(|o| o.0 == word) {
            // The shortest is the folder of all.
            Some(o) if p.len() < o.1.len() => *o = (word, p, q, example(s, t)),
            Some(_) => {}
            None => out.push((word, p, q, example(s, t))),
        }
    }
    let cause = |(word, p, q, note): (&'static str, Vec<u8>, Vec<u8>, String)| {
        Cause::new(word, Class::Harmless)
            .values(Some(text(&p)), Some(text(&q)))
            .note(note)
    };
    out.into_iter().map(cause).collect()
}

/// Where Go's own source was.
fn goroot(t: &Table<'_>) -> Option<Vec<u8>> {
    let end = b"/src/runtime/proc.go";
    t.file_table()
        .find_map(|n| n.strip_suffix(end))
        .map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_paths_share_is_cut_off_at_a_slash() {
        let cut = |s: &str, t: &str| {
            let (p, q) = prefixes(s.as_bytes(), t.as_bytes());
            (String::from_utf8(p).unwrap(), String::from_utf8(q).unwrap())
        };
        assert_eq!(
            cut("/a/one/main.go", "/b/two/main.go"),
            ("/a/one".into(), "/b/two".into())
        );
        assert_eq!(cut("/r/src/os/x.go", "os/x.go"), ("/r/src/".into(), "".into()));
        assert_eq!(cut("m@v1/x.go", "m/x.go"), ("m@v1".into(), "m".into()));
        assert_eq!(cut("", "x.go"), ("".into(), "x.go".into()));
    }
}
