//! Where build information says one thing and the file shows another.

use super::{Contradiction, Facts};
use crate::go::release;
use crate::go::version::Version;
use crate::image::Image;

pub(super) fn find(image: &Image<'_>, facts: &mut Facts) {
    let mut found = Vec::new();
    let mut add = |code: &'static str, what: String| found.push(Contradiction { code, what });
    if let (Some(told), Some(os)) = (facts.setting("GOOS"), facts.os.as_deref())
        && told != os
    {
        add("goos", format!("setting GOOS={told}, but the file is for {os}"));
    }
    if let (Some(told), Some(arch)) = (facts.setting("GOARCH"), facts.arch.as_deref())
        && told != arch
    {
        add(
            "goarch",
            format!("setting GOARCH={told}, but the file is for {arch}"),
        );
    }
    if let (Some(told), Some(mode)) = (facts.setting("-buildmode"), facts.build_mode) {
        // Mach-O programs are always movable.
        if image.macho().is_none() && mode != "archive" && told != "default" && told != mode {
            add(
                "buildmode",
                format!("setting -buildmode={told}, but the file is a {mode}"),
            );
        }
    }
    let set = |key: &str| facts.setting(key) == Some("true");
    for (key, fact, name) in [
        ("-race", facts.race.known(), "race detector"),
        ("-msan", facts.msan.known(), "memory sanitizer"),
        ("-asan", facts.asan.known(), "address sanitizer"),
    ] {
        match fact {
            Some(false) if set(key) => add(
                "instrumentation",
                format!("setting {key}=true, but there is no {name} in the file"),
            ),
            Some(true) if !set(key) && !facts.settings.is_empty() => {
                add(
                    "instrumentation",
                    format!("the {name} is in the file, but there is no setting {key}=true"),
                );
            }
            _ => {}
        }
    }
    if let (true, true, Some(path)) = (set("-trimpath"), facts.trimpath.is_not(), &facts.source_example) {
        add(
            "trimpath",
            format!("setting -trimpath=true, but file names have folders: {path}"),
        );
    }
    if facts.setting("CGO_ENABLED") == Some("0") && facts.cgo.is() {
        add(
            "cgo",
            "setting CGO_ENABLED=0, but runtime/cgo is in the file".into(),
        );
    }
    if let Some(flags) = facts.setting("-ldflags") {
        let has = |f: &str| flags.split_whitespace().any(|w| w.trim_matches(['"', '\'']) == f);
        if has("-s") && facts.symbols.is() && !old_darwin(facts) {
            add(
                "symbols",
                "setting -ldflags has -s, but the symbol table is there".into(),
            );
        }
        if has("-w") && facts.dwarf.known().is_some() && facts.cgo.is_not() {
            add("dwarf", "setting -ldflags has -w, but DWARF is there".into());
        }
    }
    if let Some(told) = facts
        .go_version
        .as_deref()
        .filter(|_| facts.go_version_source == Some("build info"))
        && facts.compiler == Some("gc")
        && facts.packed.is_none()
        && let Some((is, seen)) = super::version::other_than(image, told)
    {
        found.push(Contradiction {
            code: "go-version",
            what: format!("build information names {told}, but the runtime's own version is {is} ({seen})"),
        });
    }
    if let (Some(version), Some(range)) = (facts.go_version.as_deref(), &facts.go_version_range) {
        let parsed = Version::parse(version);
        let expected = parsed.map(release::pclntab_versions);
        if expected.is_some_and(|e| e != *range) && facts.compiler == Some("gc") {
            found.push(Contradiction {
                code: "pclntab",
                what: format!("the Go version is told as {version}, but the pclntab is of Go {range}"),
            });
        }
    }
    facts.contradictions = found;
}

/// Before Go 1.22 the Mach-O linker kept the symbol table under -s.
fn old_darwin(facts: &Facts) -> bool {
    let version = facts.go_version.as_deref().and_then(Version::parse);
    facts.os.as_deref() == Some("darwin") && version.is_some_and(|v| !release::of(Some(v)).tools.strips_macho)
}
