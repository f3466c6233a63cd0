//! What a program needs at run time: loader, libraries, search paths, glibc, an empty root.
//!
//! Authority: System V gABI (PT_INTERP, DT_NEEDED, DT_RPATH, DT_RUNPATH), GNU symbol versions, Mach-O load
//! commands, PE imports.

use super::Rule;
use crate::analysis::info::{Library, Linkage};
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};
use crate::analysis::seen::Seen;
use crate::image::Format;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "static",
        title: "is statically linked",
        means: "The program needs no loader and no shared library: it runs on any system of its kind and \
            architecture, whatever is installed. A position-independent program that the Go linker made \
            needs a loader even where it needs no library, so it fails; one linked with -static-pie \
            passes. darwin, windows, openbsd, solaris, illumos, android and aix have no static programs: \
            there only the system's own libraries may be linked.",
        evidence: "ELF: PT_INTERP and DT_NEEDED; Mach-O: LC_LOAD_DYLIB; PE: the import directory; XCOFF: \
            the loader section's import files.",
        fix: "Build with CGO_ENABLED=0; where C is needed, with -ldflags='-linkmode=external \
            -extldflags=-static' (and -tags=netgo,osusergo); where it must be a PIE, with \
            -extldflags=-static-pie.",
        applies: "Programs; not archives and wasm modules.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("static"),
        check: statically,
    },
    Rule {
        code: "scratch",
        title: "runs in an empty container",
        means: "An image that is made FROM scratch holds nothing but the program: no loader, no library. \
            Only a linux program that needs neither can be started there. A PIE without libraries still \
            asks for the loader, so it fails with `no such file or directory`.",
        evidence: "ELF: PT_INTERP, DT_NEEDED and the system the file is for.",
        fix: "Build for linux with CGO_ENABLED=0 and without -buildmode=pie; with C, use \
            -extldflags=-static or -extldflags=-static-pie.",
        applies: "Every file.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("scratch"),
        check: scratch,
    },
    Rule {
        code: "scratch-data",
        title: "asks for no file that an empty container lacks",
        means: "Go programs look for certificates (crypto/x509), time zones (time.LoadLocation) and users \
            (os/user) in files of the system. In an empty container there are none, unless they are copied \
            in or linked in.",
        evidence: "Function names of the packages that are linked in.",
        fix: "Link the data in (import _ \"time/tzdata\"; import _ \
            \"golang.org/x/crypto/x509roots/fallback\"), or copy the files into the image.",
        applies: "linux programs.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: scratch_data,
    },
    Rule {
        code: "allow-lib",
        title: "needs no other shared libraries than those allowed",
        means: "Each shared library that a program needs has to be installed, updated, and found in the \
            right version. The value lists those that may be there.",
        evidence: "ELF: DT_NEEDED; Mach-O: LC_LOAD_DYLIB; PE: the import directory; XCOFF: import files.",
        fix: "Remove the dependency that brings the library in, or allow the library.",
        applies: "Linked files.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Words(&[]),
        default: &[],
        flag: Some("allow-lib"),
        check: allow_lib,
    },
    Rule {
        code: "no-rpath",
        title: "has no search paths for libraries",
        means: "A search path in the file sends the loader to folders of the builder's choice, or of \
            anyone who can write there: under /tmp, relative to the working directory, or empty it lets \
            others put their code into the program.",
        evidence: "ELF: DT_RPATH, DT_RUNPATH; Mach-O: LC_RPATH.",
        fix: "Drop -Wl,-rpath from CGO_LDFLAGS and -extldflags; install the library where the loader looks.",
        applies: "ELF and Mach-O files.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-rpath"),
        check: no_rpath,
    },
    Rule {
        code: "max-glibc",
        title: "runs with that glibc",
        means: "A program linked against glibc needs at least the version that the newest of the symbols \
            it uses came with. On an older system it does not start.",
        evidence: "ELF: the versions that are needed (DT_VERNEED, .gnu.version_r).",
        fix: "Build on the oldest system that must run it, or build with CGO_ENABLED=0.",
        applies: "linux programs and libraries that link glibc.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Numbers,
        default: &[],
        flag: Some("max-glibc"),
        check: max_glibc,
    },
];

/// DLLs of windows itself (and the two C runtimes it ships), without their ending, in lower case.
const WINDOWS: &[&str] = &[
    "advapi32",
    "api-ms-win",
    "bcrypt",
    "bcryptprimitives",
    "cfgmgr32",
    "comctl32",
    "comdlg32",
    "credui",
    "crypt32",
    "d3d11",
    "dbghelp",
    "dnsapi",
    "dwmapi",
    "dxgi",
    "ext-ms-win",
    "gdi32",
    "hid",
    "imm32",
    "iphlpapi",
    "kernel32",
    "kernelbase",
    "mpr",
    "mscoree",
    "msvcrt",
    "mswsock",
    "ncrypt",
    "netapi32",
    "normaliz",
    "ntdll",
    "ole32",
    "oleaut32",
    "opengl32",
    "pdh",
    "powrprof",
    "propsys",
    "psapi",
    "rpcrt4",
    "secur32",
    "setupapi",
    "shcore",
    "shell32",
    "shlwapi",
    "ucrtbase",
    "user32",
    "userenv",
    "usp10",
    "uxtheme",
    "version",
    "wevtapi",
    "winhttp",
    "wininet",
    "winmm",
    "winspool",
    "wintrust",
    "wldap32",
    "ws2_32",
    "wsock32",
    "wtsapi32",
];

/// Libraries of the base systems that have no static programs, without lib and what follows the first dot.
const BASE: &[&str] = &[
    "c", "crypto", "dl", "kvm", "log", "m", "md5", "nsl", "perfstat", "pthread", "pthreads", "resolv", "rt",
    "scf", "sendfile", "socket", "ssl", "umem", "util", "uutil", "xnet", "z", "android",
];

fn has_no_static(os: &str) -> bool {
    matches!(
        os,
        "darwin" | "ios" | "windows" | "openbsd" | "solaris" | "illumos" | "android" | "aix"
    )
}

/// Is the library a part of the system `os` itself?
fn is_system(os: &str, name: &str) -> bool {
    match os {
        "darwin" | "ios" => name.starts_with("/usr/lib/") || name.starts_with("/System/Library/"),
        "windows" => {
            let lower = name.to_ascii_lowercase();
            let stem = lower
                .strip_suffix(".dll")
                .or_else(|| lower.strip_suffix(".drv"))
                .unwrap_or(&lower);
            WINDOWS
                .iter()
                .any(|w| stem == *w || w.contains("-ms-win") && stem.starts_with(w))
        }
        _ => {
            let base = name.rsplit('/').next().unwrap_or(name);
            let stem = base
                .strip_prefix("lib")
                .and_then(|b| b.split('.').next())
                .unwrap_or(base);
            BASE.contains(&stem)
        }
    }
}

fn names<'l>(libraries: impl IntoIterator<Item = &'l Library>) -> String {
    libraries
        .into_iter()
        .map(|l| l.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The libraries that were seen.
fn seen<'f>(s: &'f Subject<'_, '_>) -> &'f [Library] {
    s.facts.libraries.part().map_or(&[], Vec::as_slice)
}

/// What a program needs, in the words of its format.
fn needs(s: &Subject<'_, '_>) -> String {
    let word = match s.image.format {
        Format::Elf => "DT_NEEDED",
        Format::MachO => "LC_LOAD_DYLIB",
        Format::Pe => "import directory",
        _ => "imports",
    };
    let mut parts = Vec::new();
    if let Some(i) = &s.facts.interpreter {
        parts.push(format!("interpreter {i}"));
    }
    if !seen(s).is_empty() {
        parts.push(format!("{word} {}", names(seen(s))));
    }
    if parts.is_empty() {
        parts.push(s.seen("linkage"));
    }
    parts.join("; ")
}

fn statically(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if s.is_unlinked() {
        return Verdict::not_applicable("it is an archive: whoever links it decides");
    }
    if s.image.format == Format::Wasm {
        return Verdict::not_applicable("a wasm module is linked by its host");
    }
    s.facts.linkage.judge(|linkage| match linkage {
        Some(Linkage::Static | Linkage::StaticPie) => Verdict::PASS,
        Some(Linkage::Dynamic) if has_no_static(s.os().known().unwrap_or(&"")) && !s.is_library() => {
            system_only(s)
        }
        Some(Linkage::Dynamic) => dynamic(s),
        None => Verdict::unknown("the file does not show how it is linked"),
    })
}

/// Where there are no static programs: are only the system's own libraries linked?
fn system_only(s: &Subject<'_, '_>) -> Verdict {
    s.facts.libraries.judge(|all| {
        let all = all.map_or(&[][..], Vec::as_slice);
        let foreign: Vec<&Library> = all.iter().filter(|l| !is_system(s.os_word(), &l.name)).collect();
        if !foreign.is_empty() {
            let message = format!(
                "needs libraries that are not part of {}: {}",
                s.os_word(),
                names(foreign)
            );
            return Verdict::fail(message, needs(s));
        }
        let own = if all.is_empty() {
            String::new()
        } else {
            format!(": {}", names(all))
        };
        Verdict::Pass(Some(format!(
            "{} has no static programs; only the system's own libraries are linked{own}",
            s.os_word()
        )))
    })
}

fn dynamic(s: &Subject<'_, '_>) -> Verdict {
    let f = s.facts;
    if s.is_library() {
        let mode = f.build_mode.unwrap_or_default();
        let message = format!("is a shared library ({mode}), which a loader has to load");
        return Verdict::fail(message, needs(s));
    }
    match (&f.interpreter, seen(s).is_empty()) {
        (Some(i), true) if f.libraries.known().is_some() => Verdict::fail(
            format!("needs the loader {i}, though no library"),
            format!("{}; no DT_NEEDED", needs(s)),
        ),
        (Some(i), true) => Verdict::fail(format!("needs the loader {i}"), needs(s)),
        _ => Verdict::fail(format!("needs shared libraries: {}", names(seen(s))), needs(s)),
    }
}

fn scratch(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    if s.is_library() || s.is_unlinked() {
        return Verdict::fail("is no program that could be started", s.seen("build_mode"));
    }
    let os = match s.os() {
        Seen::Is(os) => os,
        Seen::Absent => return Verdict::unknown("the file does not show which system it is for"),
        Seen::Hidden { why, .. } => return Verdict::unknown(why),
    };
    if os != "linux" {
        return Verdict::fail(
            format!("is for {os}; containers from scratch run linux programs"),
            s.seen("os"),
        );
    }
    match statically(s, v) {
        Verdict::Fail(mut faults) if s.facts.interpreter.is_some() && seen(s).is_empty() => {
            for f in &mut faults {
                f.message
                    .push_str(": it is position independent and relies on the loader to relocate it");
            }
            Verdict::Fail(faults)
        }
        other => other,
    }
}

fn scratch_data(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    match s.os() {
        Seen::Is("linux") if !s.is_library() => {}
        Seen::Hidden { why, .. } if !s.is_library() => return Verdict::unknown(why),
        _ => return Verdict::not_applicable("it is no linux program"),
    }
    let has = |names: &[&str]| s.has_function(names).known().copied();
    let wants = [
        (
            "certificate authorities",
            has(&["crypto/x509.loadSystemRoots"]),
            has(&["golang.org/x/crypto/x509roots/fallback.init.0"]),
        ),
        (
            "time zones",
            has(&["time.LoadLocation"]),
            has(&["time/tzdata.loadFromEmbeddedTZData", "time/tzdata.init.0"]),
        ),
        (
            "users and groups",
            has(&["os/user.lookupUser", "os/user.lookupUserId", "os/user.current"]),
            Some(false),
        ),
    ];
    let mut faults = Vec::new();
    for (what, wanted, inside) in wants {
        match (wanted, inside) {
            (Some(true), Some(false)) => faults.push(Fault {
                message: format!("may look for {what} in files of the system"),
                evidence: "the functions that read them are linked in".into(),
                offset: None,
            }),
            (None, _) | (_, None) => return Verdict::unknown("the functions of the file can't be read"),
            _ => {}
        }
    }
    Verdict::of(faults)
}

fn allow_lib(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    if s.is_unlinked() || s.image.format == Format::Wasm {
        return Verdict::not_applicable("it is not linked with libraries");
    }
    let Value::Words(allowed) = v else {
        return Verdict::PASS;
    };
    let windows = s.image.format == Format::Pe;
    let ok = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or(name);
        allowed
            .iter()
            .any(|a| a == name || a == base || windows && a.eq_ignore_ascii_case(name))
    };
    let fault = |l: &Library| {
        let imports = l.imports.as_deref().unwrap_or_default();
        let some = imports
            .iter()
            .take(4)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let more = if imports.len() > 4 { ", …" } else { "" };
        let uses = if some.is_empty() {
            some
        } else {
            format!("; for {some}{more}")
        };
        Fault {
            message: format!("needs {}, which is not allowed", l.name),
            evidence: format!("{}{uses}", needs(s)),
            offset: None,
        }
    };
    s.facts.libraries.judge(|all| {
        let foreign = all.into_iter().flatten().filter(|l| !ok(&l.name));
        Verdict::of(foreign.map(fault).collect())
    })
}

fn no_rpath(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if !matches!(s.image.format, Format::Elf | Format::MachO) || s.is_unlinked() {
        return Verdict::not_applicable("only linked ELF and Mach-O files have search paths of this kind");
    }
    let one = |path: &String| {
        let bad = path.split(':').find_map(danger);
        Fault {
            message: match bad {
                Some(why) => format!("has the search path `{path}`, which {why}"),
                None => format!("has the search path `{path}`"),
            },
            evidence: s.seen("rpath"),
            offset: None,
        }
    };
    s.facts
        .rpath
        .judge(|paths| Verdict::of(paths.into_iter().flatten().map(one).collect()))
}

/// Why a search path is dangerous, where it is.
fn danger(path: &str) -> Option<&'static str> {
    let own = path.starts_with("$ORIGIN") || path.starts_with("${ORIGIN}") || path.starts_with('@');
    if path.is_empty() || path == "." {
        Some("is the working directory")
    } else if ["/tmp", "/var/tmp", "/dev/shm"]
        .iter()
        .any(|t| path.starts_with(t))
    {
        Some("everyone can write to")
    } else if path.starts_with("/home/") || path.starts_with("/Users/") {
        Some("belongs to one user")
    } else if !path.starts_with('/') && !own {
        Some("depends on the working directory")
    } else {
        None
    }
}

fn max_glibc(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let Value::Numbers(max) = v else {
        return Verdict::PASS;
    };
    s.facts.glibc.judge(|newest| {
        let Some(newest) = newest else {
            return Verdict::not_applicable("it links no glibc with versions");
        };
        let numbers: Vec<u32> = newest.split('.').filter_map(|n| n.parse().ok()).collect();
        if numbers <= *max {
            return Verdict::PASS;
        }
        let wanted = format!("GLIBC_{newest}");
        let from = seen(s).iter().filter(|l| l.versions.contains(&wanted));
        Verdict::fail(
            format!("needs glibc {newest} or newer, {v} is allowed"),
            format!("{wanted} of {} in the versions that are needed", names(from)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_the_system_are_known() {
        for (os, name) in [
            ("darwin", "/usr/lib/libSystem.B.dylib"),
            (
                "darwin",
                "/System/Library/Frameworks/Security.framework/Versions/A/Security",
            ),
            ("windows", "KERNEL32.dll"),
            ("windows", "api-ms-win-crt-heap-l1-1-0.dll"),
            ("openbsd", "libc.so.100.3"),
            ("solaris", "libsendfile.so"),
            ("aix", "libpthreads.a"),
        ] {
            assert!(is_system(os, name), "{os} {name}");
        }
        for (os, name) in [
            ("darwin", "/opt/homebrew/lib/libpq.5.dylib"),
            ("darwin", "@rpath/libfoo.dylib"),
            ("windows", "libgcc_s_seh-1.dll"),
            ("openbsd", "libsqlite3.so.37"),
        ] {
            assert!(!is_system(os, name), "{os} {name}");
        }
    }

    #[test]
    fn dangerous_search_paths_are_named() {
        assert_eq!(danger("/tmp/evil"), Some("everyone can write to"));
        assert_eq!(danger(""), Some("is the working directory"));
        assert_eq!(danger("lib"), Some("depends on the working directory"));
        assert_eq!(danger("$ORIGIN/../lib"), None);
        assert_eq!(danger("/usr/lib/x"), None);
    }
}
