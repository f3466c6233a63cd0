//! What the compiler leaves: a Go object file, or a package archive of them (`go tool compile`, `go build
//! -buildmode=archive`).
//!
//! Nothing is linked yet, so there is no build information and no pclntab. What is known stands in the text
//! header of each object (Go 1.27: cmd/internal/objabi, HeaderString; cmd/compile/internal/gc/obj.go) and in
//! the names of its symbols.

use std::borrow::Cow;

use super::{Dwarf, Facts, Setting, empty};
use crate::analysis::seen::Seen;
use crate::go::packages;
use crate::go::version::experiments;
use crate::image::goobj::Object;
use crate::image::goobj::package::{self, Kind, Refused};
use crate::image::{Arch, Endian, Format, archive};

const START: &[u8] = b"go object ";
/// No text header is longer.
const LONGEST: usize = 64 * 1024;
/// The names of the symbols that describe a compilation unit end with its package.
const UNIT: &[u8] = b"go:cuinfo.packagename.";
const OLD_UNIT: &[u8] = b"go.cuinfo.packagename.";

/// The facts about a Go object or package archive; `None` where the file is neither.
pub(super) fn gather(data: &[u8]) -> Option<Facts> {
    let (header, format) = if data.starts_with(START) {
        (data, Format::GoObject)
    } else if archive::is_archive(data) {
        // In cmd/go's archives of packages the export data is first, under a header like that of the object.
        let first = archive::members(data).ok()?.into_iter().next()?;
        (first.data, Format::Archive)
    } else {
        return None;
    };
    if !header.starts_with(START) {
        return None;
    }
    let header = header.get(..header.len().min(LONGEST)).unwrap_or_default();
    let end = memchr::memmem::find(header, b"\n!\n").or_else(|| memchr::memmem::find(header, b"\n$$"))?;
    let text = String::from_utf8_lossy(header.get(..end)?);
    let mut facts = empty(format, "", "little", data.len());
    facts.compiler = Some("gc");
    facts.see("compiler", "a Go object's header");
    facts.build_mode = Some("archive");
    facts.see("build_mode", "Go object, not linked");
    words(&text, &mut facts);
    members(data, &mut facts);
    Some(facts)
}

/// `go object linux amd64 go1.26.8 GOAMD64=v1 X:…`, then lines: `build id "…"`, `main`.
fn words(text: &str, facts: &mut Facts) {
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split_whitespace().skip(2);
    facts.os = words.next().map(str::to_string);
    facts.arch = words.next().map(str::to_string);
    let mut version: Vec<&str> = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((key, value)) if key.starts_with("GO") => facts.settings.push(Setting {
                key: key.into(),
                value: value.into(),
            }),
            _ => version.push(word),
        }
    }
    let version = version.join(" ");
    facts.experiments = experiments(&version).into_iter().map(str::to_string).collect();
    // The experiments stand behind the version here whatever they are, which elsewhere is said of unusual
    // ones only.
    let number = version.split(" X:").next().unwrap_or_default();
    if !number.is_empty() {
        facts.go_version = Some(number.to_string());
        facts.go_version_source = Some("object header");
        facts.see("go_version", "the object's header");
    }
    for line in lines {
        if let Some(id) = line.strip_prefix("build id \"").and_then(|l| l.strip_suffix('"')) {
            facts.go_build_id = Some(id.to_string());
            facts.see("go_build_id", "the object's header");
        } else if line == "main" {
            facts.path = Some("main".into());
        }
    }
    let arch = facts.arch.as_deref().and_then(|a| Arch::of_goarch(a.as_bytes()));
    if arch.is_some_and(|a| a.endian() == Endian::Big) {
        facts.endian = "big";
    }
}

fn members(data: &[u8], facts: &mut Facts) {
    let members = match package::members(data) {
        Ok(m) => m,
        Err(Refused::OtherVersion(magic)) => {
            let magic = String::from_utf8_lossy(magic).into_owned();
            facts.warnings.push(format!(
                "go object of a different version ({}): only its header was read",
                magic.escape_debug()
            ));
            return;
        }
        Err(Refused::Broken) => {
            facts
                .warnings
                .push("what follows the header can't be read".into());
            return;
        }
    };
    let (mut native, mut functions, mut symbols) = (0, 0, 0);
    for m in &members {
        match m.kind {
            Kind::Other => {}
            Kind::Native => native += 1,
            Kind::Object { arch, body } => match Object::parse(arch, body) {
                Ok(object) => read(&object, facts, &mut functions, &mut symbols),
                Err(e) => facts.warnings.push(e.to_string()),
            },
        }
    }
    facts.functions = Some(functions);
    facts.symbols = Seen::Is(functions > 0);
    facts.see("symbols", format!("{symbols} named symbols in Go objects"));
    facts.cgo = Seen::Is(native > 0);
    facts.see("cgo", format!("{native} members of a C compiler"));
}

fn read(object: &Object<'_>, facts: &mut Facts, functions: &mut u64, symbols: &mut u64) {
    let mut unit: Option<Cow<'_, str>> = None;
    let mut guess: Option<Cow<'_, str>> = None;
    for s in object.symbols() {
        *symbols += 1;
        // Kinds 1 and 2 are code; up to Go 1.23 the second is read-only data, which these names are never of.
        let code =
            s.kind == 1 || s.kind == 2 && !s.is_static && s.name.contains(&b'.') && !s.name.contains(&b':');
        *functions += u64::from(code);
        if let Some(package) = s
            .name
            .strip_prefix(UNIT)
            .or_else(|| s.name.strip_prefix(OLD_UNIT))
        {
            unit = Some(packages::unescape(package));
        } else if code && guess.is_none() {
            guess = packages::of_name(s.name);
        }
    }
    if unit.is_some() && facts.dwarf == Seen::Absent {
        facts.dwarf = Seen::Is(Dwarf::default());
        facts.see("dwarf", "symbols of a compilation unit");
    }
    if let Some(package) = unit.or(guess)
        && facts.path.is_none()
    {
        facts.path = Some(package.into_owned());
    }
}
