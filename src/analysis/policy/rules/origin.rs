//! Where the file comes from: toolchain, commit, modules, compatibility switches.
//!
//! Authority: build information (Go 1.27: runtime/debug.BuildInfo, cmd/go/internal/load), internal/godebugs
//! for the switches.

use super::Rule;
use crate::analysis::info::BuildInfoState;
use crate::analysis::policy::releases::{self, Support};
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};
use crate::analysis::seen::Seen;
use crate::go::packages::Module;
use crate::go::version::Version;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "build-info",
        title: "has build information",
        means: "Without it nobody can say which modules, at which versions, are in the program: scanners \
            pass it by.",
        evidence: "The .go.buildinfo section, or its mark in the data.",
        fix: "Build with go build in module mode, with Go 1.18 or newer; do not strip .go.buildinfo; use \
            neither garble nor -ldflags that blank it.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("build-info"),
        check: build_info,
    },
    Rule {
        code: "min-go",
        title: "is built with that Go or a newer one",
        means: "The standard library is linked in: its flaws are fixed only by building again with a newer \
            Go.",
        evidence: "The Go version in build information, or the runtime's own; where both are gone, the \
            pclntab's layout.",
        fix: "Build with a newer Go.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::GoVersion,
        default: &[],
        flag: Some("min-go"),
        check: min_go,
    },
    Rule {
        code: "go-supported",
        title: "is built with a Go release that is still supported",
        means: "A Go release gets fixes until there are two newer ones, which is about a year.",
        evidence: "The Go version against a table of releases and the day (`--today`).",
        fix: "Build with a newer Go.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("go-supported"),
        check: go_supported,
    },
    Rule {
        code: "go-patch",
        title: "is built with the newest patch of its Go release",
        means: "Patches fix flaws of the standard library, the compiler and the runtime, security flaws \
            among them, and change nothing else.",
        evidence: "The Go version against a table of patches, which has its day; a patch that is newer \
            than the table is not known.",
        fix: "Build with the patch that is named.",
        applies: "Go programs by a release that is still supported.",
        level: Level::Note,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("go-patch"),
        check: go_patch,
    },
    Rule {
        code: "release-go",
        title: "is built with a released Go",
        means: "Betas, release candidates and development snapshots get no fixes and are not supported.",
        evidence: "The Go version.",
        fix: "Build with a released Go.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: release_go,
    },
    Rule {
        code: "vcs",
        title: "names the commit it is built from",
        means: "Without the stamp nobody can say which source the file was made from.",
        evidence: "Build setting vcs.revision.",
        fix: "Build inside the repository with -buildvcs=true, with the version control's program at hand.",
        applies: "Go programs.",
        level: Level::Note,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("vcs"),
        check: vcs,
    },
    Rule {
        code: "no-dirty",
        title: "is built from a clean checkout",
        means: "A file that was built with changes nobody committed can't be built again.",
        evidence: "Build setting vcs.modified, +dirty in the main module's version.",
        fix: "Commit or drop the changes, then build.",
        applies: "Go programs with a VCS stamp.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-dirty"),
        check: no_dirty,
    },
    Rule {
        code: "release-version",
        title: "has a release version",
        means: "A main module at (devel), at a pseudo-version or at a pre-release was not built from a tag.",
        evidence: "The main module's version.",
        fix: "Build from a tag with Go 1.24 or newer, or with go install module@version.",
        applies: "Go programs.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("release-version"),
        check: release_version,
    },
    Rule {
        code: "no-local-replace",
        title: "replaces no module by a local folder",
        means: "A `replace` to a folder builds code that has no version: nobody else can build it, and no \
            scanner knows what it is.",
        evidence: "Modules in build information whose replacement is a path.",
        fix: "Publish the change as a version, or vendor it under its own name.",
        applies: "Go programs with build information.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-local-replace"),
        check: no_local_replace,
    },
    Rule {
        code: "module-sums",
        title: "has a checksum for every module",
        means: "A module without a checksum was vendored or replaced: what was built need not be what its \
            version says.",
        evidence: "Modules in build information without h1:.",
        fix: "Build with -mod=mod or -mod=readonly rather than from a vendor folder.",
        applies: "Go programs with build information.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("module-sums"),
        check: module_sums,
    },
    Rule {
        code: "deny-module",
        title: "has none of these modules in it",
        means: "Modules that must not be shipped. A name that ends in /... stands for all below it; \
            name@version stands for that version only.",
        evidence: "Modules in build information, replacements included; where these are not listed, names \
            of functions below the module's path.",
        fix: "Remove the dependency.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Words(&[]),
        default: &[],
        flag: Some("deny-module"),
        check: deny_module,
    },
    Rule {
        code: "deny-package",
        title: "has none of these packages in it",
        means: "Packages that must not be shipped, such as testing or net/http/pprof. A name that ends in \
            /... stands for all below it as well. A package counts where a function of it is linked in or \
            was inlined; one of which there are only constants and types is not seen.",
        evidence: "Function names of the pclntab, those of inlined calls included.",
        fix: "Find what imports it (go mod why, go list -deps) and remove that.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Words(&[]),
        default: &[],
        flag: Some("deny-package"),
        check: deny_package,
    },
    Rule {
        code: "godebug",
        title: "keeps no insecure default of an old Go",
        means: "A low `go` line in go.mod makes a new toolchain keep the defaults of that old version: TLS \
            1.0, 3DES, RSA key exchange, SHA-1, small keys.",
        evidence: "Build setting DefaultGODEBUG.",
        fix: "Raise the go line in go.mod, or set the switch with //go:debug.",
        applies: "Go programs with build settings.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("godebug"),
        check: godebug,
    },
    Rule {
        code: "fips",
        title: "runs in FIPS 140-3 mode",
        means: "The program uses the frozen Go Cryptographic Module and has its mode switched on by \
            default, or is built with BoringCrypto.",
        evidence: "Build settings GOFIPS140 and DefaultGODEBUG fips140=on, or the experiment boringcrypto.",
        fix: "Build with GOFIPS140=v1.0.0 (Go 1.24 or newer).",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("fips"),
        check: fips,
    },
];

fn build_info(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    if s.facts.build_info == BuildInfoState::Missing {
        return Verdict::fail(
            "has no build information",
            "no .go.buildinfo section and no mark of one in the data",
        );
    }
    if s.facts.main.is_none() && s.facts.deps.is_empty() && s.facts.path.is_none() {
        return Verdict::fail(
            "has no module information",
            "the build information is empty but for the Go version",
        );
    }
    if s.facts.build_info == BuildInfoState::Recovered {
        return Verdict::Pass(Some(
            "build information stands where `go version` does not look".into(),
        ));
    }
    Verdict::PASS
}

/// The Go version as it is written, and as it compares.
fn version<'f>(s: &'f Subject<'_, '_>) -> Result<(&'f str, Version), Verdict> {
    if let Some(v) = s.no_go() {
        return Err(v);
    }
    let text = match s.go_version() {
        Seen::Is(text) => text,
        Seen::Absent => return Err(Verdict::unknown("the file does not show its Go version")),
        Seen::Hidden { why, .. } => return Err(Verdict::unknown(why)),
    };
    match Version::parse(text) {
        Some(v) => Ok((text, v)),
        None => Err(Verdict::unknown(format!("its Go version reads `{text}`"))),
    }
}

fn source(s: &Subject<'_, '_>) -> String {
    let whence = s.facts.go_version_source.unwrap_or("the file");
    format!("{} in {whence}", s.go_version().known().unwrap_or(&""))
}

fn min_go(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let Value::GoVersion(least, words) = v else {
        return Verdict::PASS;
    };
    match version(s) {
        Ok((_, is)) if is >= *least => Verdict::PASS,
        Ok((text, _)) => Verdict::fail(format!("is built with {text}, older than {words}"), source(s)),
        Err(v) => v,
    }
}

fn go_supported(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let (text, is) = match version(s) {
        Ok(v) => v,
        Err(v) => return v,
    };
    match releases::support(is, s.today) {
        Support::Current => Verdict::PASS,
        Support::Ended(day) => Verdict::fail(
            format!("is built with {text}, which is not supported since {day}"),
            source(s),
        ),
        Support::Unknown => Verdict::unknown(format!(
            "this program knows Go releases up to 1.{} and can't tell about {text} on {}",
            releases::newest(),
            s.today
        )),
    }
}

fn go_patch(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let (text, is) = match version(s) {
        Ok(v) => v,
        Err(v) => return v,
    };
    if let Support::Ended(day) = releases::support(is, s.today) {
        return Verdict::not_applicable(format!(
            "{text} is not supported since {day}: there are no more patches"
        ));
    }
    match releases::newer_patch(is) {
        Some(newest) => Verdict::fail(
            format!(
                "is built with {text}; go1.{}.{} is out (as of {})",
                newest.minor,
                newest.patch,
                releases::PATCHES_OF
            ),
            source(s),
        ),
        None => Verdict::PASS,
    }
}

fn release_go(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    match version(s) {
        Ok((text, is)) => {
            let devel = text.starts_with("devel") || text.contains("-devel");
            Verdict::hold(
                !devel && !is.is_prerelease(),
                &format!("is built with {text}, which is no release"),
                source(s),
            )
        }
        Err(v) => v,
    }
}

fn vcs(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    s.facts.all_settings().judge(|_| {
        Verdict::hold(
            s.setting("vcs.revision").is_some_and(|r| !r.is_empty()),
            "does not name its commit",
            "no build setting vcs.revision",
        )
    })
}

fn no_dirty(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    let version = s
        .facts
        .main
        .as_ref()
        .map(|m| m.version.as_str())
        .unwrap_or_default();
    match s.setting("vcs.modified") {
        Some("true") => Verdict::fail(
            "is built from a checkout with changes",
            "build setting vcs.modified=true",
        ),
        _ if version
            .split_once('+')
            .is_some_and(|(_, m)| m.split('.').any(|m| m == "dirty")) =>
        {
            Verdict::fail(
                "is built from a checkout with changes",
                format!("main module at {version}"),
            )
        }
        Some(_) => Verdict::PASS,
        None if !version.is_empty() && version != "(devel)" => Verdict::PASS,
        None => Verdict::unknown("there is no VCS stamp"),
    }
}

fn release_version(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    let Some(main) = &s.facts.main else {
        return Verdict::unknown("the file names no main module");
    };
    let evidence = format!("main module {} at {}", main.path, main.version);
    let v = main.version.as_str();
    if v.is_empty() || v == "(devel)" {
        return Verdict::fail("has no version", evidence);
    }
    let (core, marks) = v.split_once('+').unwrap_or((v, ""));
    if marks.split('.').any(|m| m == "dirty") {
        return Verdict::fail("is built from a checkout with changes", evidence);
    }
    match core.split_once('-') {
        None => Verdict::PASS,
        Some((_, rest)) if is_pseudo(rest) => {
            Verdict::fail("is built from a commit that no tag names", evidence)
        }
        Some(_) => Verdict::fail("is a pre-release", evidence),
    }
}

/// Does what follows the first dash of a version end in a pseudo-version's time and commit?
fn is_pseudo(rest: &str) -> bool {
    let mut parts = rest.rsplit('-');
    let (commit, time) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let time = time.rsplit('.').next().unwrap_or(time);
    commit.len() == 12
        && commit.bytes().all(|b| b.is_ascii_hexdigit())
        && time.len() == 14
        && time.bytes().all(|b| b.is_ascii_digit())
}

/// Decides by the modules in the file, all of them or those that could be seen.
fn by_modules(s: &Subject<'_, '_>, decide: impl FnOnce(&[Module]) -> Verdict) -> Verdict {
    let all = || {
        s.facts
            .modules()
            .judge(|all| decide(all.map_or(&[], Vec::as_slice)))
    };
    s.no_go().unwrap_or_else(all)
}

/// Is the module's replacement a folder? Its path says so, whatever is written as its version (Go 1.22 and
/// newer: `(devel)`).
fn is_local(replacement: &Module) -> bool {
    let path = replacement.path.as_str();
    let drive = path.as_bytes().get(1) == Some(&b':');
    path.starts_with(['.', '/', '\\']) || drive || replacement.version.is_empty()
}

fn no_local_replace(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    by_modules(s, |all| {
        let replaced = all.iter().filter_map(|m| Some((m, m.replace.as_deref()?)));
        let local = replaced.filter(|(_, r)| is_local(r)).map(|(m, r)| Fault {
            message: format!("has {} replaced by the folder {}", m.path, r.path),
            evidence: format!("{} {} => {} {}", m.path, m.version, r.path, r.version)
                .trim_end()
                .to_string(),
            offset: None,
        });
        Verdict::of(local.collect())
    })
}

fn module_sums(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    by_modules(s, |_| {
        let bare = s
            .facts
            .deps
            .iter()
            .filter(|m| m.replace.as_deref().unwrap_or(m).sum.is_empty());
        let bare: Vec<&str> = bare.map(|m| m.path.as_str()).collect();
        let shown = bare.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let more = if bare.len() > 5 { ", …" } else { "" };
        let modules = if bare.len() == 1 { "module" } else { "modules" };
        Verdict::hold(
            bare.is_empty(),
            &format!("has {} {modules} without a checksum", bare.len()),
            format!("{shown}{more}"),
        )
    })
}

/// Is `path` what a pattern names: itself, or with `/...` everything below as well?
fn named(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix("/...") {
        Some(top) => path
            .strip_prefix(top)
            .is_some_and(|r| r.is_empty() || r.starts_with('/')),
        None => path == pattern,
    }
}

fn deny_module(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let Value::Words(denied) = v else {
        return Verdict::PASS;
    };
    if let Some(v) = s.no_go() {
        return v;
    }
    let whole = s.facts.modules();
    let listed = |all: &[Module]| -> Vec<Fault> {
        let hit = |m: &&Module| {
            denied.iter().any(|d| {
                let (path, version) = d
                    .split_once('@')
                    .map_or((d.as_str(), None), |(p, v)| (p, Some(v)));
                named(path, &m.path) && version.is_none_or(|v| v == m.version)
            })
        };
        let all = all
            .iter()
            .flat_map(|m| [Some(m), m.replace.as_deref()].into_iter().flatten());
        let fault = |m: &Module| Fault {
            message: format!("has {} in it, which is denied", m.path),
            evidence: format!("module {} {}", m.path, m.version).trim_end().to_string(),
            offset: None,
        };
        all.filter(hit).map(fault).collect()
    };
    if let Some(all) = whole.known() {
        return Verdict::of(listed(all));
    }
    // Without a list the names of functions tell: a package of the module is below its path.
    let mut faults = Vec::new();
    let mut open = None;
    for d in denied {
        let (path, version) = d
            .split_once('@')
            .map_or((d.as_str(), None), |(p, v)| (p, Some(v)));
        let top = path.strip_suffix("/...").unwrap_or(path);
        match (s.function_below(top, true), version) {
            (Some(name), None) => faults.push(Fault {
                message: format!("has packages of {top} in it, which is denied"),
                evidence: format!("function {name}; no list of modules"),
                offset: None,
            }),
            (Some(name), Some(v)) => {
                open = Some(format!(
                    "packages of {top} are in it (function {name}), at {v} or another version"
                ));
            }
            (None, _) => {}
        }
    }
    match (faults.is_empty(), open, whole.why()) {
        (false, ..) => Verdict::Fail(faults),
        (true, Some(why), _) => Verdict::Unknown(why),
        (true, None, why) => Verdict::unknown(why.unwrap_or("the file has no list of its modules")),
    }
}

fn deny_package(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let Value::Words(denied) = v else {
        return Verdict::PASS;
    };
    if let Some(v) = s.no_go() {
        return v;
    }
    let found = denied.iter().filter_map(|d| {
        let (top, below) = d.strip_suffix("/...").map_or((d.as_str(), false), |t| (t, true));
        let name = s.function_below(top, below)?;
        Some(Fault {
            message: format!("has the package {d} in it, which is denied"),
            evidence: format!("function {name} in the pclntab"),
            offset: None,
        })
    });
    let found: Vec<Fault> = found.collect();
    s.names_readable().judge(|_| Verdict::of(found))
}

/// Switches that turn a weakness on: key, value, the package they work in, what they do.
const LEGACY: [(&str, &str, &str, &str); 12] = [
    ("tls10server", "1", "crypto/tls", "servers accept TLS 1.0 and 1.1"),
    ("tls3des", "1", "crypto/tls", "TLS offers 3DES"),
    (
        "tlsrsakex",
        "1",
        "crypto/tls",
        "TLS offers key exchange without forward secrecy",
    ),
    ("tlssha1", "1", "crypto/tls", "TLS accepts SHA-1 signatures"),
    (
        "tlsunsafeekm",
        "1",
        "crypto/tls",
        "TLS exports keying material that does not bind the session",
    ),
    (
        "tlsmaxrsasize",
        "0",
        "crypto/tls",
        "TLS accepts RSA keys of any size",
    ),
    (
        "rsa1024min",
        "0",
        "crypto/rsa",
        "RSA keys under 1024 bits are accepted",
    ),
    (
        "x509sha1",
        "1",
        "crypto/x509",
        "certificates may be signed with SHA-1",
    ),
    (
        "x509negativeserial",
        "1",
        "crypto/x509",
        "certificates may have negative serial numbers",
    ),
    (
        "x509rsacrt",
        "0",
        "crypto/x509",
        "RSA keys are read without a check of their CRT values",
    ),
    (
        "httplaxcontentlength",
        "1",
        "net/http",
        "HTTP accepts malformed lengths",
    ),
    (
        "execerrdot",
        "0",
        "os/exec",
        "programs are started from the working directory",
    ),
];

fn godebug(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    s.facts.all_settings().judge(|_| weak_defaults(s))
}

fn weak_defaults(s: &Subject<'_, '_>) -> Verdict {
    let set = s.setting("DefaultGODEBUG").unwrap_or_default();
    // The switch is set for every program of an old go line; it does nothing where its package is not linked
    // in.
    let weak = set.split(',').filter_map(|one| {
        let (key, value) = one.split_once('=')?;
        let known = LEGACY.iter().find(|l| l.0 == key && l.1 == value)?;
        (!s.has_package(known.2).is_not()).then(|| format!("{} ({one})", known.3))
    });
    let weak: Vec<String> = weak.collect();
    Verdict::hold(
        weak.is_empty(),
        &format!("keeps old defaults: {}", weak.join("; ")),
        "build setting DefaultGODEBUG",
    )
}

fn fips(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    // The experiment by itself is only a word: without cgo, and on other systems, it links nothing.
    if s.facts.boring.is() {
        return Verdict::Pass(Some("BoringCrypto is linked in".into()));
    }
    s.facts.all_settings().judge(|_| fips_module(s))
}

fn fips_module(s: &Subject<'_, '_>) -> Verdict {
    if s.facts.experiments.iter().any(|e| e == "boringcrypto") {
        let seen = "the version has X:boringcrypto, and there is no function of BoringCrypto";
        return s
            .facts
            .boring
            .judge(|_| Verdict::fail("is told to use BoringCrypto, which is not in it", seen));
    }
    let module = s
        .setting("GOFIPS140")
        .filter(|m| !matches!(*m, "" | "off" | "latest"));
    let on = s
        .setting("DefaultGODEBUG")
        .unwrap_or_default()
        .split(',')
        .any(|d| matches!(d, "fips140=on" | "fips140=only"));
    match (module, on) {
        (Some(m), true) => Verdict::Pass(Some(format!("uses the module {m} with fips140=on"))),
        (Some(m), false) => Verdict::fail(
            "has the FIPS module, but not switched on",
            format!("GOFIPS140={m}, DefaultGODEBUG without fips140=on"),
        ),
        (None, _) => {
            let told = s.setting("GOFIPS140").unwrap_or("not set");
            Verdict::fail(
                "does not use a frozen FIPS module",
                format!("build setting GOFIPS140 is {told}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_versions_are_told_from_pre_releases() {
        assert!(is_pseudo("20260102030405-abcdef012345"));
        assert!(is_pseudo("0.20260102030405-abcdef012345"));
        assert!(is_pseudo("rc.1.0.20260102030405-abcdef012345"));
        assert!(!is_pseudo("rc.1") && !is_pseudo("beta-2"));
    }
}
