//! What each variant loses and gains, in words that are true for the file at hand.

use super::Tables;
use super::facts::{Facts, Linker};
use crate::image::{Format, Image};

/// What holds for the whole file.
pub(super) fn of_file(f: &Facts<'_, '_>) -> Vec<String> {
    let mut out = Vec::new();
    if f.linker != Linker::Go {
        out.push(format!("laid out by {}", f.linker.word()));
    }
    if !matches!(f.image.format, Format::Elf | Format::MachO | Format::Pe) {
        out.push(format!(
            "the linker's layout of {} files is not known here",
            f.image.format.word()
        ));
    } else if !f.symtab && !f.dwarf {
        out.push("already without symbol table and DWARF".into());
    }
    if f.info.settings.is_empty() && f.tools().records_settings {
        out.push("no build settings in the file: flags are taken to leave none in a rebuild either".into());
    }
    out
}

/// A file that holds the image among others.
pub(super) fn container(image: &Image<'_>) -> String {
    match image.container {
        Some(crate::image::Sniffed::Archive) => {
            "a library of objects: it is linked later, -s and -w do nothing to it".into()
        }
        _ => "a fat Mach-O: take one architecture out (lipo -thin) to predict its links".into(),
    }
}

/// What the file is missing afterwards that it has now.
pub(super) fn linked(f: &Facts<'_, '_>, want: Tables) -> Vec<String> {
    let mut out = Vec::new();
    if f.dwarf && !want.dwarf {
        out.push(
            "no DWARF: delve and gdb can't show lines, variables and types; perf annotates no source".into(),
        );
    }
    if f.symtab && !want.symtab {
        let tools = match f.image.format {
            Format::Elf => "nm, perf, bpftrace (uprobes by name)",
            Format::MachO => "nm, Instruments, atos",
            _ => "nm, debuggers",
        };
        out.push(format!(
            "no symbol table: {tools} know no Go function names; govulncheck -mode=binary sees \
            modules, not symbols"
        ));
    }
    if want.plain && want.dwarf {
        out.push(
            "nothing is lost: DWARF is stored as it is, for tools that can't decompress it; a layer \
            compresses it anyway"
                .into(),
        );
        return out;
    }
    if !out.is_empty() {
        out.push(
            "kept: names and lines in panics and pprof (they come from the pclntab), `go version -m`".into(),
        );
    }
    if f.image.format == Format::MachO && !f.tools().strips_macho && want.symtab {
        out.push("before Go 1.22 the linker kept Mach-O's symbol table even with -s".into());
    }
    out
}

/// The same for GNU strip.
pub(super) fn stripped(f: &Facts<'_, '_>, want: Tables) -> Vec<String> {
    let mut out = linked(f, want);
    if out.is_empty() {
        out.push("nothing to strip; the section headers are written anew".into());
    } else {
        out.push(
            "done after the build: signatures, checksums and the build's reproducibility end there".into(),
        );
    }
    out
}

pub(super) fn gzip() -> Vec<String> {
    vec![
        "measured: zlib-rs at level 6; `gzip -6`, as downloads and container image layers are packed, \
        comes out about 1 % smaller"
            .into(),
    ]
}

pub(super) fn zstd() -> Vec<String> {
    // What is built for the browser decompresses only.
    vec![match cfg!(target_family = "wasm") {
        true => "not measured here: needs zstd's compressor; `gospect whatif` measures it".into(),
        false => "measured: zstd -3; not a file that runs".into(),
    }]
}

/// What -trimpath changes.
pub(super) fn trimmed(f: &Facts<'_, '_>) -> Vec<String> {
    if f.trimpath() {
        return vec!["the paths are trimmed already".into()];
    }
    vec![
        "no paths of the build machine in panics and in the pclntab; builds in other folders come out the \
            same"
            .into(),
        "build information leaves out -ldflags and the C flags; debuggers need a path mapping to find \
            sources"
            .into(),
    ]
}

/// What C is in the file, and what its absence means.
pub(super) fn cgo(
    f: &Facts<'_, '_>,
    users: &std::collections::BTreeSet<String>,
    own: &[&str],
) -> Vec<String> {
    let mut out = Vec::new();
    if users.is_empty() {
        out.push("runtime/cgo is in the file, but no package that uses C was found".into());
    } else {
        let list: Vec<&str> = users.iter().map(String::as_str).collect();
        out.push(format!("C comes through {}", list.join(", ")));
    }
    if !own.is_empty() {
        out.push(format!(
            "can't, unless it has a twin in pure Go behind build tags: {} is C; the size told is that of a \
                build without it",
            own.join(", ")
        ));
    }
    let libraries: Vec<String> = f
        .image
        .elf_dynamic()
        .iter()
        .flat_map(|d| &d.needed)
        .map(|n| String::from_utf8_lossy(n).into_owned())
        .collect();
    if !libraries.is_empty() {
        let floor = f
            .image
            .elf_version_needs()
            .unwrap_or_default()
            .iter()
            .filter_map(|v| {
                std::str::from_utf8(v.version)
                    .ok()?
                    .strip_prefix("GLIBC_")
                    .map(str::to_string)
            })
            .max_by_key(|v| {
                v.split('.')
                    .map(|n| n.parse::<u32>().unwrap_or(0))
                    .collect::<Vec<_>>()
            });
        let floor = floor
            .map(|v| format!(" (glibc {v} or later is needed now)"))
            .unwrap_or_default();
        out.push(format!(
            "{} need no longer be there{floor}: the file becomes static and runs on musl and \
            in an empty image",
            libraries.join(", ")
        ));
    }
    if users.contains("net") {
        out.push(
            "DNS: Go's own resolver reads /etc/resolv.conf and /etc/hosts; NSS modules (mDNS, LDAP, \
            systemd-resolved's) are not asked"
                .into(),
        );
    }
    if users.contains("os/user") {
        out.push(
            "users: Go reads /etc/passwd and /etc/group itself; LDAP and other NSS users are not found"
                .into(),
        );
    }
    out.push(
        "the size hardly changes for what the standard library uses C for; what changes is the \
        dependency on libc"
            .into(),
    );
    out
}

/// -extldflags=-static where Go's own linker links.
pub(super) fn static_by_go(f: &Facts<'_, '_>) -> Vec<String> {
    let dynamic = f.image.elf_dynamic().is_some_and(|d| !d.needed.is_empty());
    if dynamic {
        vec![
            "no effect: Go's own linker links this file, and the flag is for a C linker; it stays dynamic"
                .into(),
            "for a static file: CGO_ENABLED=0, or -linkmode=external beside it".into(),
        ]
    } else {
        vec!["no effect: the file is static already, the flag is only recorded".into()]
    }
}

/// The same where a C linker links.
pub(super) fn static_by_c() -> Vec<String> {
    vec![
        "libc comes into the file: it runs without the libraries it needs now; security fixes of libc need \
            a new build"
            .into(),
        "glibc's resolver and user look-up still want its shared libraries at run time: use -tags \
            netgo,osusergo, or musl"
            .into(),
        "address randomisation (ASLR): a static file has it only as -buildmode=pie with \
            -extldflags=-static-pie"
            .into(),
        "measured with glibc 2.36; other C libraries are smaller (musl) or a little larger".into(),
    ]
}

pub(super) fn upx() -> Vec<String> {
    vec![
        "an estimate: loaded parts deflated, not by UPX itself".into(),
        "costs start-up time and memory (no page is shared or dropped); debuggers, profilers, `go version \
            -m` and scanners see nothing; virus scanners object"
            .into(),
    ]
}

/// A file without its tables, and with them.
pub(super) fn unstripped() -> Vec<String> {
    vec!["an estimate from the size of the pclntab: DWARF and symbol table are not in the file".into()]
}
