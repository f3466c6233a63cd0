//! Module information: the lines `path`, `mod`, `dep`, `=>` and `build` that the linker stores.
//!
//! Authority: Go 1.27, runtime/debug/mod.go (`ParseBuildInfo` and `BuildInfo.String`).

use std::borrow::Cow;
use std::fmt;

use super::quote;

/// The settings that choose which instructions the compiler may use, one for each architecture that has any
/// (Go 1.27, internal/buildcfg/cfg.go).
pub const LEVELS: [&str; 9] = [
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];

/// One module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Module<'a> {
    /// Module path.
    pub path: &'a [u8],
    /// Version; `(devel)` for a main module that has none.
    pub version: &'a [u8],
    /// Checksum, empty where there is none.
    pub sum: &'a [u8],
    /// What stands in for it.
    pub replace: Option<Box<Module<'a>>>,
}

impl<'a> Module<'a> {
    /// The module whose code was really built: the replacement, or itself.
    pub fn effective(&self) -> &Module<'a> {
        self.replace.as_deref().unwrap_or(self)
    }
}

/// One `key=value` of a `build` line, unquoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'a> {
    /// `-buildmode`, `CGO_ENABLED`, `vcs.revision`, …
    pub key: Cow<'a, [u8]>,
    /// Its value.
    pub value: Cow<'a, [u8]>,
}

/// Everything the lines say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModInfo<'a> {
    /// Import path of the main package, empty where it is not told.
    pub path: &'a [u8],
    /// The main module.
    pub main: Option<Module<'a>>,
    /// Dependencies in order.
    pub deps: Vec<Module<'a>>,
    /// Build settings in order.
    pub settings: Vec<Setting<'a>>,
}

impl ModInfo<'_> {
    /// The value of the first setting with this key, as text.
    pub fn setting(&self, key: &str) -> Option<Cow<'_, str>> {
        let found = self.settings.iter().find(|s| *s.key == *key.as_bytes())?;
        Some(String::from_utf8_lossy(&found.value))
    }

    /// No module, no path, no setting: a program built without modules.
    pub fn is_empty(&self) -> bool {
        *self == ModInfo::default()
    }
}

/// A line that can't be understood; displayed in Go's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "could not parse Go build info: line {}: {}",
            self.line, self.what
        )
    }
}

/// Parses the lines. A last line without a line end, and lines of another kind, count for nothing.
///
/// # Errors
/// The first line that is malformed, in Go's words.
pub fn parse(text: &[u8]) -> Result<ModInfo<'_>, Malformed> {
    let mut info = ModInfo::default();
    // What a `=>` line would replace: the main module or the last dependency.
    let mut last = Last::None;
    let mut rest = text;
    let mut number = 1;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, tail) = (&rest[..end], &rest[end + 1..]);
        rest = tail;
        let fail = |what: String| Malformed { line: number, what };
        if let Some(path) = line.strip_prefix(b"path\t") {
            info.path = path;
        } else if let Some(columns) = line.strip_prefix(b"mod\t") {
            info.main = Some(module(columns).map_err(fail)?);
            last = Last::Main;
        } else if let Some(columns) = line.strip_prefix(b"dep\t") {
            info.deps.push(module(columns).map_err(fail)?);
            last = Last::Dep;
        } else if let Some(columns) = line.strip_prefix(b"=>\t") {
            let parts: Vec<&[u8]> = columns.split(|b| *b == b'\t').collect();
            let [path, version, sum] = parts[..] else {
                return Err(fail(format!(
                    "expected 3 columns for replacement; got {}",
                    parts.len()
                )));
            };
            let target = match last {
                Last::Main => info.main.as_mut(),
                Last::Dep => info.deps.last_mut(),
                Last::None => None,
            };
            let target = target.ok_or_else(|| fail("replacement with no module on previous line".into()))?;
            target.replace = Some(Box::new(Module {
                path,
                version,
                sum,
                replace: None,
            }));
            last = Last::None;
        } else if let Some(pair) = line.strip_prefix(b"build\t") {
            info.settings.push(setting(pair).map_err(fail)?);
        }
        number += 1;
    }
    // Go compares the main module with an empty one.
    if info.main.as_ref().is_some_and(|m| *m == Module::default()) {
        info.main = None;
    }
    Ok(info)
}

enum Last {
    None,
    Main,
    Dep,
}

fn module(columns: &[u8]) -> Result<Module<'_>, String> {
    let parts: Vec<&[u8]> = columns.split(|b| *b == b'\t').collect();
    match parts[..] {
        [path, version] => Ok(Module {
            path,
            version,
            sum: b"",
            replace: None,
        }),
        [path, version, sum] => Ok(Module {
            path,
            version,
            sum,
            replace: None,
        }),
        _ => Err(format!("expected 2 or 3 columns; got {}", parts.len())),
    }
}

fn setting(pair: &[u8]) -> Result<Setting<'_>, String> {
    let (key, value) = match pair.first() {
        None => return Err("build line missing '='".into()),
        Some(b'=') => return Err("build line with missing key".into()),
        Some(b'`' | b'"') => {
            let raw = quote::quoted_prefix(pair).ok_or("invalid quoted key in build line")?;
            let rest = pair.get(raw.len()..).unwrap_or_default();
            match rest.first() {
                None => return Err("build line missing '=' after quoted key".into()),
                Some(b'=') => {}
                Some(c) => {
                    return Err(format!(
                        "unexpected character after quoted key: {}",
                        quote::quote_byte(*c)
                    ));
                }
            }
            (Cow::Owned(quote::unquote(raw).unwrap_or_default()), &rest[1..])
        }
        Some(_) => {
            let end = memchr::memchr(b'=', pair).ok_or("build line missing '=' after key")?;
            let key = &pair[..end];
            if key_needs_quotes(key) {
                return Err(format!("unquoted key {} must be quoted", lossy_quote(key)));
            }
            (Cow::Borrowed(key), &pair[end + 1..])
        }
    };
    let value = match value.first() {
        Some(b'`' | b'"') => Cow::Owned(quote::unquote(value).ok_or("invalid quoted value in build line")?),
        _ if value_needs_quotes(value) => {
            return Err(format!("unquoted value {} must be quoted", lossy_quote(value)));
        }
        _ => Cow::Borrowed(value),
    };
    Ok(Setting { key, value })
}

fn lossy_quote(b: &[u8]) -> String {
    String::from_utf8_lossy(&quote::quote(b)).into_owned()
}

fn key_needs_quotes(key: &[u8]) -> bool {
    key.is_empty() || key.iter().any(|b| b"= \t\r\n\"`".contains(b))
}

fn value_needs_quotes(value: &[u8]) -> bool {
    value.iter().any(|b| b" \t\r\n\"`".contains(b))
}

/// The lines again, as Go writes them: a replaced module loses its own sum and is followed by one line end
/// more.
pub fn format(info: &ModInfo<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if !info.path.is_empty() {
        out.extend([b"path\t", info.path, b"\n"].concat());
    }
    if let Some(main) = &info.main {
        format_module(&mut out, b"mod", main);
    }
    for dep in &info.deps {
        format_module(&mut out, b"dep", dep);
    }
    for s in &info.settings {
        out.extend(b"build\t");
        out.extend(
            if key_needs_quotes(&s.key) {
                quote::quote(&s.key).into()
            } else {
                Cow::Borrowed(&*s.key)
            }
            .iter(),
        );
        out.push(b'=');
        let value = if value_needs_quotes(&s.value) {
            quote::quote(&s.value).into()
        } else {
            Cow::Borrowed(&*s.value)
        };
        out.extend(value.iter());
        out.push(b'\n');
    }
    out
}

fn format_module(out: &mut Vec<u8>, word: &[u8], m: &Module<'_>) {
    out.extend([word, b"\t", m.path, b"\t", m.version].concat());
    match &m.replace {
        None => {
            out.push(b'\t');
            out.extend(m.sum);
        }
        Some(r) => {
            out.push(b'\n');
            format_module(out, b"=>", r);
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_and_written_again() {
        let text = b"path\tm/cmd\nmod\tm\t(devel)\t\ndep\ta\tv1.0.0\th1:x=\nbuild\t-compiler=gc\nbuild\t-ldflags=\"-s -w\"\n";
        let info = parse(text).unwrap();
        assert_eq!(info.setting("-ldflags").as_deref(), Some("-s -w"));
        assert_eq!(format(&info), text);
    }

    #[test]
    fn a_replacement_takes_the_sum_and_adds_an_empty_line() {
        let info = parse(b"dep\ta\tv1\th1:a\n=>\t./local\t\t\n").unwrap();
        assert_eq!(format(&info), b"dep\ta\tv1\n=>\t./local\t\t\n\n");
        assert_eq!(info.deps[0].effective().path, b"./local");
    }

    #[test]
    fn defects_are_told_in_gos_words() {
        let p = "could not parse Go build info: line 1: ";
        assert_eq!(wrong("mod\ta\n"), format!("{p}expected 2 or 3 columns; got 1"));
        assert_eq!(
            wrong("=>\ta\tb\tc\n"),
            format!("{p}replacement with no module on previous line")
        );
        assert_eq!(
            wrong("=>\ta\n"),
            format!("{p}expected 3 columns for replacement; got 1")
        );
        assert_eq!(wrong("build\t\n"), format!("{p}build line missing '='"));
        assert_eq!(wrong("build\t=x\n"), format!("{p}build line with missing key"));
        assert_eq!(
            wrong("build\tx\n"),
            format!("{p}build line missing '=' after key")
        );
        assert_eq!(
            wrong("build\ta b=c\n"),
            format!("{p}unquoted key \"a b\" must be quoted")
        );
        assert_eq!(
            wrong("build\ta=b c\n"),
            format!("{p}unquoted value \"b c\" must be quoted")
        );
        assert_eq!(
            wrong("build\t\"a\n"),
            format!("{p}invalid quoted key in build line")
        );
        assert_eq!(
            wrong("build\t\"a\"\n"),
            format!("{p}build line missing '=' after quoted key")
        );
        assert_eq!(
            wrong("build\t\"a\"x\n"),
            format!("{p}unexpected character after quoted key: 'x'")
        );
        assert_eq!(
            wrong("build\ta=\"b\n"),
            format!("{p}invalid quoted value in build line")
        );
        assert_eq!(
            wrong("x\nbuild\t\n"),
            "could not parse Go build info: line 2: build line missing '='"
        );
    }

    #[test]
    fn an_unended_line_counts_for_nothing() {
        assert!(parse(b"path\tx").unwrap().is_empty());
    }
}
