//! Which package imports which: told by the user, or inferred from what refers to what.
//!
//! A binary does not hold imports. A package whose code or types refer to another's, or that inlines its
//! functions, imports it, but for two mistakes that references make: generic code that names its arguments,
//! and the runtime's, which reaches everywhere.

use rustc_hash::FxHashSet;

use super::nodes::Names;

/// Imports by number of package.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// For each package what it imports, ascending.
    pub of: Vec<Vec<u32>>,
    /// Were they told?
    pub exact: bool,
}

impl Imports {
    /// From pairs (importer, imported).
    pub fn new(count: usize, pairs: impl IntoIterator<Item = (u32, u32)>, exact: bool) -> Imports {
        let mut of = vec![Vec::new(); count];
        for (p, q) in pairs {
            if let Some(list) = of.get_mut(p as usize).filter(|_| p != q) {
                list.push(q);
            }
        }
        for list in &mut of {
            list.sort_unstable();
            list.dedup();
        }
        Imports { of, exact }
    }

    /// What is imported, however indirectly, from `roots` on without going through `cut`.
    pub fn reached(&self, roots: &[u32], cut: &FxHashSet<u32>) -> Vec<bool> {
        let mut seen = vec![false; self.of.len()];
        let mut queue: Vec<u32> = roots.to_vec();
        while let Some(p) = queue.pop() {
            if cut.contains(&p) {
                continue;
            }
            match seen.get_mut(p as usize) {
                Some(s) if !*s => *s = true,
                _ => continue,
            }
            queue.extend(self.of.get(p as usize).into_iter().flatten());
        }
        seen
    }
}

/// One package of `go list -deps -json`.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    import_path: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    dep_only: bool,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    import_map: std::collections::BTreeMap<String, String>,
}

/// The pairs (importer, imported) of what `go list -deps -json` printed.
///
/// # Errors
/// Where the text is no such list, or names no program.
pub(super) fn listed(text: &[u8], names: &mut Names) -> Result<Vec<(u32, u32)>, String> {
    let mut out = Vec::new();
    let mut main = false;
    for one in serde_json::Deserializer::from_slice(text).into_iter::<Listed>() {
        let one = one.map_err(|e| format!("not what `go list -deps -json` prints: {e}"))?;
        if one.import_path.is_empty() {
            return Err("not what `go list -deps -json` prints: a package has no ImportPath".into());
        }
        // In the binary the program's package is called main.
        let program = one.name == "main" && !one.dep_only;
        main |= program;
        let from = names.intern(if program { "main" } else { &one.import_path });
        for i in &one.imports {
            let to = one.import_map.get(i).unwrap_or(i);
            if to != "C" {
                out.push((from, names.intern(to)));
            }
        }
    }
    if !main {
        return Err("the list of packages has no program in it: list the package that was built".into());
    }
    Ok(out)
}

/// What the standard library's packages import in Go 1.`minor`, as far as both are in the program: pairs
/// (importer, imported). A line of the table is a package and what it imports, a span of minor versions
/// behind what not all have (`go list`, Go 1.20 to 1.27; written by testdata/std-imports).
pub(super) fn of_std(minor: u32, names: &Names) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    for line in include_str!("std.txt").lines() {
        let mut words = line.split(' ');
        let Some(from) = words.next().and_then(|p| names.find(p)) else {
            continue;
        };
        for word in words {
            let (path, span) = word.split_once(':').unwrap_or((word, ""));
            let (first, last) = span.split_once('-').unwrap_or_default();
            // What is older or newer than the table is like its first or last release.
            let minor = minor.max(STD.0).min(STD.1);
            let there = first.parse().map_or(true, |f: u32| f <= minor)
                && last.parse().map_or(true, |l: u32| minor <= l);
            if there && let Some(to) = names.find(path) {
                out.push((from, to));
            }
        }
    }
    out
}

/// The first and last minor version of the table.
const STD: (u32, u32) = (20, 27);

/// Imports that the order of the init tasks tells of packages that nothing is seen to import. Of the packages
/// whose imports are initialized the least by name is next (cmd/link/internal/ld/inittask.go), so one that
/// directly follows a greater name waited for it. It may have waited for another in vain, so only what is
/// `near` is believed.
pub(super) fn by_order<'n>(
    order: &[u32],
    known: &[(u32, u32)],
    name: &dyn Fn(u32) -> &'n str,
    near: &dyn Fn(u32, u32) -> bool,
) -> Vec<(u32, u32)> {
    let imported: FxHashSet<u32> = known.iter().filter(|k| k.0 != k.1).map(|k| k.1).collect();
    let pairs = order.windows(2).filter_map(|w| match w {
        [x, v] => Some((*v, *x)),
        _ => None,
    });
    pairs
        .filter(|(v, x)| !imported.contains(x) && name(*x) > name(*v) && near(*v, *x))
        .collect()
}

/// Is the import of `q` by `p`, which a reference suggests, one that can be?
pub(super) fn plausible(p: &str, q: &str, std: &dyn Fn(&str) -> bool) -> bool {
    let low = p == "runtime" || p.starts_with("runtime/internal") || p.starts_with("internal/runtime/");
    !low && (!std(p) || std(q))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_standard_library_has_spans() {
        let mut names = Names::default();
        let [http, h2, random, random2] =
            ["net/http", "net/http/internal/http2", "math/rand", "math/rand/v2"].map(|p| names.intern(p));
        let of = |minor| of_std(minor, &names);
        assert!(!of(26).contains(&(http, h2)) && of(27).contains(&(http, h2)));
        assert!(of(20).contains(&(http, random)) && of(26).contains(&(http, random)));
        assert!(!of(27).contains(&(http, random)) && of(27).contains(&(http, random2)));
        assert_eq!((of(12), of(99)), (of(20), of(27)));
        let lines = include_str!("std.txt").lines();
        assert!(lines.clone().count() > 300 && lines.clone().is_sorted());
    }

    #[test]
    fn a_package_that_follows_a_greater_name_waited_for_it() {
        let names = ["a", "log/slog", "b", "c", "main"];
        let name = |p: u32| names[p as usize];
        let order = [3, 1, 0, 2, 4];
        let found = by_order(&order, &[(4, 0), (4, 2)], &name, &|_, _| true);
        assert_eq!(found, [(0, 1)]);
        assert!(by_order(&order, &[(4, 1)], &name, &|_, _| true).is_empty());
        assert!(by_order(&order, &[], &name, &|_, _| false).is_empty());
    }
}
