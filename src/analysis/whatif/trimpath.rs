//! What `-trimpath` takes off: the file names in the pclntab get shorter, and lines go from the module
//! information.
//!
//! Authority: cmd/go (the rewriting of directories: GOROOT/src away, a module's folder to `path@version`, the
//! main module's to its path) and cmd/link (pclntab's file table), measured.

use super::facts::{Facts, round, setting_line};
use crate::go::pclntab::Table;

/// What changes, besides the flags.
pub(super) struct Trim {
    /// Sections and how much they grow: what is likely first, then what else it may be.
    pub grown: Vec<Vec<(usize, i64)>>,
    /// How many bytes longer the module information gets, `-s -w` left out.
    pub modinfo: i64,
    /// Is every path's fate known?
    pub certain: bool,
}

/// Works it out from the file table; `None` where there is none.
pub(super) fn trim(f: &Facts<'_, '_>) -> Option<Trim> {
    let table = f.program.pclntab().ok()?;
    let rules = Rules::new(f, table);
    let (mut old, mut new, mut certain) = (0u64, 0u64, rules.main_known);
    for name in table.file_table() {
        let name = String::from_utf8_lossy(name);
        old += name.len() as u64 + 1;
        match rules.trimmed(&name) {
            Some(len) => new += len as u64 + 1,
            None => {
                certain = false;
                new += name.len() as u64 + 1;
            }
        }
    }
    let section = f
        .image
        .sections
        .iter()
        .position(|s| table.addr() >= s.addr && table.addr() - s.addr < s.mem_size && s.file_size > 0)?;
    let cut = old.checked_sub(new)?;
    // What follows the names is aligned; how much of the cut its padding eats is not known to the last step.
    let step = 8;
    let likely = round(old, step) - round(new, step);
    let mut cuts = vec![likely, cut / step * step, round(cut, step)];
    cuts.dedup();
    let mut extra = Vec::new();
    if let (Some(root), Some(i)) = (&rules.root, f.modinfo_section)
        && let Some(len) = goroot_string(f, root)
    {
        extra.push((i, -(round(len, f.max_align()) as i64)));
    }
    let grown = cuts
        .into_iter()
        .map(|c| extra.iter().copied().chain([(section, -(c as i64))]).collect())
        .collect();
    Some(Trim {
        grown,
        modinfo: modinfo(f),
        certain,
    })
}

/// -ldflags and the C flags are not recorded beside -trimpath.
fn modinfo(f: &Facts<'_, '_>) -> i64 {
    if f.info.settings.is_empty() || f.trimpath() || f.blob.is_none_or(|b| !b.inline) {
        return 0;
    }
    let dropped = [
        "-ldflags",
        "CGO_CFLAGS",
        "CGO_CPPFLAGS",
        "CGO_CXXFLAGS",
        "CGO_LDFLAGS",
    ];
    let gone: u64 = f
        .info
        .settings
        .iter()
        .filter(|s| dropped.iter().any(|d| s.key == d.as_bytes()))
        .map(|s| {
            setting_line(
                &String::from_utf8_lossy(&s.key),
                &String::from_utf8_lossy(&s.value),
            )
        })
        .sum();
    setting_line("-trimpath", "true") as i64 - gone as i64
}

/// Bytes of the linker's own copy of GOROOT's path, where the program keeps one (`runtime.GOROOT`).
fn goroot_string(f: &Facts<'_, '_>, root: &str) -> Option<u64> {
    let section = f.image.sections.get(f.modinfo_section?)?;
    let bytes = f.image.section_bytes(section);
    let text = format!("{root}\0");
    let mut hits = memchr::memmem::find_iter(bytes, text.as_bytes());
    hits.any(|at| at.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&0))
        .then_some(text.len() as u64)
}

struct Rules {
    root: Option<String>,
    /// Folder of a module's copy, and how long its rewritten form is.
    modules: Vec<(String, usize)>,
    main: Option<(String, usize)>,
    main_known: bool,
}

impl Rules {
    fn new(f: &Facts<'_, '_>, table: &Table<'_>) -> Rules {
        let find = |end: &str| {
            table
                .file_table()
                .filter_map(|n| std::str::from_utf8(n).ok())
                .find_map(|n| n.strip_suffix(end).map(str::to_string))
        };
        let root = find("/src/runtime/proc.go");
        let main = main_folder(f, table);
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let mut modules = Vec::new();
        for m in &f.info.deps {
            let real = m.effective();
            let to = m.path.len() + 1 + m.version.len();
            let (path, version) = (text(real.path), text(real.version));
            if version.is_empty() {
                // Replaced by a folder: relative to the main module's, or absolute.
                if let (Some(rest), Some((folder, _))) = (path.strip_prefix("./"), &main) {
                    modules.push((format!("{folder}/{rest}/"), to));
                } else if path.starts_with('/') {
                    modules.push((format!("{path}/"), to));
                }
            } else {
                modules.push((format!("/{}@{version}/", escaped(&path)), to));
            }
        }
        Rules {
            root,
            modules,
            main_known: main.is_some() || f.trimpath(),
            main,
        }
    }

    /// How long a name becomes; `None` where that is not known.
    fn trimmed(&self, name: &str) -> Option<usize> {
        let absolute = name.starts_with('/') || name.as_bytes().get(1) == Some(&b':');
        if !absolute {
            return Some(name.len());
        }
        if let Some(rest) = self.root.as_ref().and_then(|r| name.strip_prefix(r.as_str()))
            && let Some(rest) = rest.strip_prefix("/src/")
        {
            return Some(rest.len());
        }
        for (folder, to) in &self.modules {
            let rest = if folder.starts_with('/') && !name.starts_with(folder.as_str()) {
                name.find(folder.as_str())
                    .and_then(|at| name.get(at + folder.len()..))
            } else {
                name.strip_prefix(folder.as_str())
            };
            if let Some(rest) = rest {
                return Some(to + 1 + rest.len());
            }
        }
        let (folder, to) = self.main.as_ref()?;
        let rest = name.strip_prefix(folder.as_str())?.strip_prefix('/')?;
        (!rest.starts_with("vendor/")).then_some(to + 1 + rest.len())
    }
}

/// The main module's folder and the length of its path: from where main.main stands.
fn main_folder(f: &Facts<'_, '_>, table: &Table<'_>) -> Option<(String, usize)> {
    let module = f.info.main.as_ref()?;
    let function = table.functions().find(|x| x.name() == b"main.main")?;
    let file = String::from_utf8_lossy(function.position(function.entry()).file).into_owned();
    let (folder, _) = file.rsplit_once('/')?;
    let below = f.info.path.strip_prefix(module.path)?;
    let below = String::from_utf8_lossy(below);
    Some((
        folder.strip_suffix(below.as_ref())?.to_string(),
        module.path.len(),
    ))
}

/// A module path as it stands in the module cache: capitals as `!` and the small letter.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            root: Some("/usr/go".into()),
            modules: vec![(
                "/github.com/!burnt!sushi/toml@v1.2.0/".into(),
                "github.com/BurntSushi/toml@v1.2.0".len(),
            )],
            main: Some(("/home/u/x".into(), "example.com/x".len())),
            main_known: true,
        }
    }

    #[test]
    fn folders_are_rewritten_as_go_does() {
        let len = |s: &str| Some(s.len());
        let r = rules();
        assert_eq!(r.trimmed("/usr/go/src/fmt/print.go"), len("fmt/print.go"));
        assert_eq!(
            r.trimmed("/m/github.com/!burnt!sushi/toml@v1.2.0/a.go"),
            len("github.com/BurntSushi/toml@v1.2.0/a.go")
        );
        assert_eq!(r.trimmed("/home/u/x/cmd/a.go"), len("example.com/x/cmd/a.go"));
        assert_eq!(r.trimmed("<autogenerated>"), len("<autogenerated>"));
        assert_eq!(r.trimmed("/elsewhere/a.go"), None);
    }

    #[test]
    fn capitals_are_escaped_in_the_module_cache() {
        assert_eq!(
            escaped("github.com/BurntSushi/toml"),
            "github.com/!burnt!sushi/toml"
        );
    }
}
