//! The record that the rebuild makes of itself, held against the file's, line by line, before the file's is
//! put in.
//!
//! Putting in the file's record makes the bytes agree whatever it says, so what it says has to be true of the
//! rebuild: every line but those that a rebuild outside of the checkout can't have.

use std::collections::BTreeMap;

use super::words;
use crate::analysis::compare::{Cause, Class};
use crate::go::modinfo::{self, ModInfo, Module};

/// A line that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `module version`, `module sum`, or a setting's key.
    pub what: String,
    /// The module, where it is about one.
    pub module: Option<String>,
    /// What the file says; `None` for nothing.
    pub theirs: Option<String>,
    /// What the rebuild says.
    pub ours: Option<String>,
    /// Must it differ in a rebuild from the same source: the main module's version and sum, the stamp of the
    /// version control system, and flags that were changed on purpose?
    pub expected: bool,
}

impl Difference {
    /// In the words of `gospect compare`.
    pub fn cause(&self) -> Cause {
        let cause = Cause::new(self.what.clone(), Class::Record);
        let cause = cause.values(self.theirs.clone(), self.ours.clone());
        match &self.module {
            Some(m) => cause.named(m.clone()),
            None => cause,
        }
    }
}

/// Another version of the main module than the file names.
pub fn version_cause(module: &str, theirs: &str, ours: &str) -> Cause {
    let cause = Cause::new("main module version", Class::Record);
    cause
        .named(module)
        .values(Some(theirs.to_string()), Some(ours.to_string()))
}

/// The lines without their frame.
fn lines(framed: &[u8]) -> &[u8] {
    framed
        .get(16..framed.len().saturating_sub(16))
        .unwrap_or_default()
}

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// Compares two records as the linker takes them, frame included. `stamped` tells whether the rebuild was
/// given the version, as `go install P@V` is: then the main module's line must be the same too.
pub fn compare(theirs: &[u8], ours: &[u8], stamped: bool) -> Vec<Difference> {
    let empty = ModInfo::default();
    let (theirs, ours) = (modinfo::parse(lines(theirs)), modinfo::parse(lines(ours)));
    let (theirs, ours) = (theirs.as_ref().unwrap_or(&empty), ours.as_ref().unwrap_or(&empty));
    let mut out = Vec::new();
    if theirs.path != ours.path {
        out.push(difference(
            "main package",
            None,
            Some(text(theirs.path)),
            Some(text(ours.path)),
            false,
        ));
    }
    main(theirs.main.as_ref(), ours.main.as_ref(), stamped, &mut out);
    modules(theirs, ours, &mut out);
    settings(theirs, ours, &mut out);
    out
}

fn difference(
    what: &str,
    module: Option<String>,
    theirs: Option<String>,
    ours: Option<String>,
    expected: bool,
) -> Difference {
    let what = what.to_string();
    Difference {
        what,
        module,
        theirs,
        ours,
        expected,
    }
}

fn main(theirs: Option<&Module<'_>>, ours: Option<&Module<'_>>, stamped: bool, out: &mut Vec<Difference>) {
    match (theirs, ours) {
        (None, None) => {}
        (Some(t), Some(o)) if t.path == o.path => {
            if t.version != o.version {
                out.push(difference(
                    "main module version",
                    Some(text(t.path)),
                    Some(text(t.version)),
                    Some(text(o.version)),
                    !stamped,
                ));
            }
            if t.sum != o.sum {
                let sum = |s: &[u8]| (!s.is_empty()).then(|| text(s));
                out.push(difference(
                    "module sum",
                    Some(text(t.path)),
                    sum(t.sum),
                    sum(o.sum),
                    t.sum.is_empty() || !stamped && o.sum.is_empty(),
                ));
            }
        }
        (t, o) => {
            let path = |m: Option<&Module<'_>>| m.map(|m| text(m.path));
            // A package that was built from files on the command line has no module.
            out.push(difference("main module", None, path(t), path(o), false));
        }
    }
}

/// Dependencies, by their paths.
fn modules(theirs: &ModInfo<'_>, ours: &ModInfo<'_>, out: &mut Vec<Difference>) {
    let by_path = |info: &ModInfo<'_>| -> BTreeMap<Vec<u8>, (String, String)> {
        let entry = |m: &Module<'_>| {
            let mut version = text(m.version);
            if let Some(r) = &m.replace {
                version.push_str(&format!(" => {} {}", text(r.path), text(r.version)));
            }
            (m.path.to_vec(), (version, text(m.effective().sum)))
        };
        info.deps.iter().map(entry).collect()
    };
    let (theirs, ours) = (by_path(theirs), by_path(ours));
    let mut paths: Vec<&Vec<u8>> = theirs.keys().chain(ours.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let (t, o) = (theirs.get(path), ours.get(path));
        let version = |e: Option<&(String, String)>| e.map(|e| e.0.clone());
        if version(t) != version(o) {
            let both = t.is_some() && o.is_some();
            out.push(difference(
                if both { "module version" } else { "module" },
                Some(text(path)),
                version(t),
                version(o),
                false,
            ));
        } else if let (Some(t), Some(o)) = (t, o)
            && t.1 != o.1
        {
            let sum = |s: &str| (!s.is_empty()).then(|| s.to_string());
            // With vendored modules no sum is recorded: nothing is claimed, and nothing contradicted.
            let none = t.1.is_empty() || o.1.is_empty();
            out.push(difference(
                "module sum",
                Some(text(path)),
                sum(&t.1),
                sum(&o.1),
                none,
            ));
        }
    }
}

fn settings(theirs: &ModInfo<'_>, ours: &ModInfo<'_>, out: &mut Vec<Difference>) {
    let mut keys: Vec<String> = Vec::new();
    for s in theirs.settings.iter().chain(&ours.settings) {
        let key = text(&s.key);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    for key in keys {
        let value = |info: &ModInfo<'_>| info.setting(&key).map(|v| v.into_owned());
        let (t, o) = (value(theirs), value(ours));
        let words = |v: &Option<String>| v.as_deref().map(words::split);
        // Quotes do not change the flags.
        let flags = matches!(&*key, "-ldflags" | "-gcflags" | "-asmflags");
        if t == o || flags && words(&t).flatten().is_some() && words(&t) == words(&o) {
            continue;
        }
        // Without the checkout there is no stamp.
        let stamp = key == "vcs" || key.starts_with("vcs.");
        // The name of a profile depends on the folder.
        let profile = key == "-pgo" && t.is_some() && o.is_some();
        out.push(difference(&key, None, t, o, stamp || profile));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(lines: &str) -> Vec<u8> {
        [&[b'<'; 16][..], lines.as_bytes(), &[b'>'; 16]].concat()
    }

    const BASE: &str =
        "path\ta.b/m/c\nmod\ta.b/m\tv1.2.3\t\ndep\tx.y/z\tv1.0.0\th1:a=\nbuild\t-trimpath=true\n";

    fn told(theirs: &str, ours: &str) -> Vec<(String, bool)> {
        let all = compare(&framed(theirs), &framed(ours), false);
        all.into_iter().map(|d| (d.what, d.expected)).collect()
    }

    #[test]
    fn what_a_rebuild_cannot_have_is_expected() {
        let stamped = format!("{BASE}build\tvcs=git\nbuild\tvcs.revision=abc\nbuild\tvcs.modified=true\n");
        let ours = BASE.replace("v1.2.3", "(devel)");
        let all = told(&stamped, &ours);
        assert!(all.iter().all(|d| d.1), "{all:?}");
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn what_changes_the_program_is_not() {
        for (from, to, what) in [
            ("v1.0.0", "v1.0.1", "module version"),
            ("h1:a=", "h1:b=", "module sum"),
            ("build\t-trimpath=true\n", "", "-trimpath"),
            (
                "build\t-trimpath=true\n",
                "build\t-trimpath=true\nbuild\tDefaultGODEBUG=x=1\n",
                "DefaultGODEBUG",
            ),
            ("dep\tx.y/z\tv1.0.0\th1:a=\n", "", "module"),
            ("a.b/m/c", "a.b/m/d", "main package"),
            ("mod\ta.b/m", "mod\ta.b/n", "main module"),
        ] {
            assert_eq!(told(BASE, &BASE.replace(from, to)), [(what.to_string(), false)]);
        }
        assert_eq!(told(BASE, BASE), []);
    }

    #[test]
    fn quotes_around_flags_are_no_difference() {
        let with = |flags: &str| format!("{BASE}build\t-ldflags=\"{flags}\"\n");
        assert_eq!(told(&with("-s -X 'a.b=c'"), &with("-s -X a.b=c")), []);
        let other = told(&with("-s -X 'a.b=c d'"), &with("-s -X a.b=c"));
        assert_eq!(other, [("-ldflags".to_string(), false)]);
    }

    #[test]
    fn an_installed_version_must_be_the_same() {
        let other = BASE.replace("v1.2.3", "v1.2.4");
        assert!(!compare(&framed(BASE), &framed(&other), true)[0].expected);
    }
}
