//! What the loader and the kernel are asked to protect: addresses, relocated data, stack, writable code,
//! signatures.
//!
//! Authority: System V gABI and the GNU program headers, the PE specification (DllCharacteristics), Apple's
//! `mach-o/loader.h`. What is normal for Go of each system is from files the toolchain made (Go 1.20 to
//! 1.27).

use super::Rule;
use crate::analysis::info::{Linkage, Relro};
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};
use crate::image::{Format, Image, Place, pe};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "pie",
        title: "is position independent",
        means: "The system can load the program at an address that an attacker can't foresee (ASLR). Go is \
            memory safe as long as unsafe, cgo and races keep out, so this matters most for programs with \
            C in them.",
        evidence: "ELF: ET_DYN with DF_1_PIE or an interpreter; Mach-O: MH_PIE; PE: DYNAMIC_BASE.",
        fix: "Build with -buildmode=pie.",
        applies: "ELF, Mach-O and PE programs; libraries and plugins are position independent anyway.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("pie"),
        check: pie,
    },
    Rule {
        code: "relro",
        title: "has read-only relocations",
        means: "Data that only the loader writes (the global offset table) is made read-only before the \
            program starts. `full` also binds all functions at start. A static program that Go's own \
            linker made has no such data and no RELRO, which is no weakness of it.",
        evidence: "ELF: PT_GNU_RELRO, DF_BIND_NOW, DF_1_NOW.",
        fix: "Build with -buildmode=pie -ldflags='-linkmode=external -extldflags=-Wl,-z,relro,-z,now'.",
        applies: "ELF programs and libraries that are linked dynamically or as a PIE.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Word(&["partial", "full"]),
        default: &["full"],
        flag: Some("relro"),
        check: relro,
    },
    Rule {
        code: "nx",
        title: "has a stack that can't be executed",
        means: "An executable stack lets injected data run as code. It comes from assembler files in C \
            parts that do not say they need none.",
        evidence: "ELF: PT_GNU_STACK; Mach-O: MH_ALLOW_STACK_EXECUTION; PE: NX_COMPAT.",
        fix: "Remove -z execstack; put .section .note.GNU-stack,\"\",%progbits into each .s file of the C \
            parts.",
        applies: "ELF, Mach-O and PE files; not ELF files without the header (netbsd, openbsd, dragonfly), \
            whose systems never execute the stack.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("nx"),
        check: nx,
    },
    Rule {
        code: "no-rwx",
        title: "maps nothing writable and executable",
        means: "Memory that is both lets an attacker who can write also run what was written. The Go \
            linker never makes such a segment.",
        evidence: "ELF: PT_LOAD flags; Mach-O: initial protection; PE: section characteristics.",
        fix: "Look for -Wl,-N, -z noseparate-code or a linker script in the C parts; a packer (UPX) makes \
            such segments too.",
        applies: "ELF, Mach-O and PE files.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-rwx"),
        check: no_rwx,
    },
    Rule {
        code: "no-textrel",
        title: "has no relocations in its code",
        means: "The loader has to make code writable to relocate it; hardened systems refuse such files, \
            and their pages are not shared.",
        evidence: "ELF: DT_TEXTREL, DF_TEXTREL.",
        fix: "Compile the C and assembler parts with -fPIC.",
        applies: "ELF files.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-textrel"),
        check: no_textrel,
    },
    Rule {
        code: "high-entropy-va",
        title: "lets windows use all 64-bit addresses",
        means: "Without it address space randomisation has few bits to choose from.",
        evidence: "PE: DllCharacteristics HIGH_ENTROPY_VA.",
        fix: "Build with Go 1.15 or newer, which sets it; with external linking pass \
            -extldflags=-Wl,--high-entropy-va.",
        applies: "64-bit PE files.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: high_entropy,
    },
    Rule {
        code: "stack-protector",
        title: "has C code with stack protection",
        means: "C functions check a canary before they return. Go code needs none: it checks its bounds, \
            so a pure Go program is not held to this.",
        evidence: "ELF and Mach-O: a symbol __stack_chk_fail.",
        fix: "Build with CGO_CFLAGS='-O2 -fstack-protector-strong'.",
        applies: "ELF and Mach-O files with C code in them.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: stack_protector,
    },
    Rule {
        code: "fortify",
        title: "has C code with checked library calls",
        means: "_FORTIFY_SOURCE lets glibc check the sizes of buffers in memcpy, sprintf and their like. \
            Pure Go programs are not held to this.",
        evidence: "ELF: imports whose names end in _chk.",
        fix: "Build with CGO_CFLAGS='-O2 -D_FORTIFY_SOURCE=2'.",
        applies: "ELF files that link glibc dynamically and have C code in them.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: fortify,
    },
    Rule {
        code: "signed",
        title: "carries a signature",
        means: "macOS and windows warn about, or refuse, programs without a signature. Go's linker signs \
            darwin/arm64 files ad hoc, which names nobody; the value `identity` demands more than that. \
            Whether a signature is valid is not checked.",
        evidence: "Mach-O: LC_CODE_SIGNATURE; PE: the security directory.",
        fix: "Sign with codesign, signtool or osslsigncode as the last step of the build.",
        applies: "Mach-O and PE files.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Word(&["any", "identity"]),
        default: &["any"],
        flag: Some("signed"),
        check: signed,
    },
];

fn pie(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if s.is_library() {
        return Verdict::not_applicable("it is a library, position independent by its nature");
    }
    if matches!(s.image.format, Format::Wasm | Format::Plan9 | Format::Xcoff) {
        return Verdict::not_applicable(format!(
            "{} has no position-independent programs of Go",
            s.os_word()
        ));
    }
    s.facts.pie.judge(|is| match is {
        Some(true) => Verdict::PASS,
        Some(false) => {
            let seen = s.seen("build_mode");
            let seen = if seen.is_empty() { s.seen("pie") } else { seen };
            Verdict::fail("is loaded at a fixed address", seen)
        }
        None => Verdict::unknown("the file does not show whether it is position independent"),
    })
}

fn relro(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let full = *v == Value::Word("full");
    let static_exe = s.facts.linkage.known() == Some(&Linkage::Static);
    s.facts.relro.judge(|is| match is {
        None => Verdict::not_applicable("only linked ELF files have RELRO"),
        Some(Relro::Full) => Verdict::PASS,
        Some(Relro::Partial) if !full => Verdict::PASS,
        _ if static_exe => Verdict::not_applicable(
            "it is static at a fixed address: there is nothing that a loader relocates",
        ),
        Some(Relro::Partial) => Verdict::fail(
            "has partial RELRO only",
            "PT_GNU_RELRO without DF_BIND_NOW and DF_1_NOW",
        ),
        // It may be a static program, which needs none.
        Some(Relro::None) if s.facts.linkage.why().is_some() => {
            Verdict::unknown(s.facts.linkage.why().unwrap_or_default())
        }
        Some(Relro::None) => Verdict::fail("has no RELRO", "no PT_GNU_RELRO"),
    })
}

fn nx(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    const MH_ALLOW_STACK_EXECUTION: u32 = 0x2_0000;
    if let Some(m) = s.image.macho() {
        return Verdict::hold(
            m.flags & MH_ALLOW_STACK_EXECUTION == 0,
            "allows an executable stack",
            "MH_ALLOW_STACK_EXECUTION",
        );
    }
    if let Some(p) = s.image.pe() {
        let set = p.dll_characteristics & pe::DLL_NX_COMPAT != 0;
        return Verdict::hold(
            set,
            "does not forbid to execute data",
            "DllCharacteristics without NX_COMPAT",
        );
    }
    if !s.is_elf() || s.is_unlinked() {
        return Verdict::not_applicable("the format has no say in it");
    }
    s.facts.nx.judge(|is| match is {
        Some(nx) => Verdict::hold(*nx, "asks for an executable stack", "PT_GNU_STACK is executable"),
        // Without the header linux makes the stack of some architectures executable.
        None if s.os().known() == Some(&"linux") && !s.facts.cgo.is_not() => {
            Verdict::unknown("there is no PT_GNU_STACK")
        }
        None if s.os().known().is_none() => Verdict::unknown(s.os().why().unwrap_or_default()),
        None => Verdict::not_applicable(format!(
            "{} never executes the stack and files need no PT_GNU_STACK",
            s.os_word()
        )),
    })
}

fn no_rwx(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if !matches!(s.image.format, Format::Elf | Format::MachO | Format::Pe) || s.is_unlinked() {
        return Verdict::not_applicable("the format has no such segments");
    }
    let both = s.image.segments.iter().filter(|g| g.perm.write && g.perm.exec);
    let verdict = Verdict::of(
        both.map(|g| Fault {
            message: "maps a segment writable and executable".into(),
            evidence: format!(
                "{} at address {:#x}, {} bytes",
                segment_name(g.name),
                g.addr,
                g.mem_size
            ),
            offset: Some(s.image.base.saturating_add(g.offset)),
        })
        .collect(),
    );
    s.unless_hidden(verdict)
}

fn segment_name(name: &[u8]) -> String {
    if name.is_empty() {
        "PT_LOAD".into()
    } else {
        String::from_utf8_lossy(name).into_owned()
    }
}

fn no_textrel(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    s.facts.textrel.judge(|is| match is {
        Some(true) => Verdict::fail("has relocations in its code", "DT_TEXTREL or DF_TEXTREL"),
        Some(false) => Verdict::PASS,
        None => Verdict::not_applicable("only linked ELF files have such relocations"),
    })
}

fn high_entropy(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    match s.image.pe() {
        Some(p) if s.image.ptr_size == 8 => {
            let set = p.dll_characteristics & pe::DLL_HIGH_ENTROPY_VA != 0;
            Verdict::hold(
                set,
                "is randomised within 32 bits only",
                "DllCharacteristics without HIGH_ENTROPY_VA",
            )
        }
        _ => Verdict::not_applicable("it is no 64-bit PE file"),
    }
}

/// Is there a symbol whose name passes the test? `None` where the file has no names to look at.
fn any_symbol(image: &Image<'_>, test: impl Fn(&[u8], bool) -> bool) -> Option<bool> {
    let dynamic = image.elf_dynamic_symbols();
    let symbols = image.symbols().unwrap_or_default();
    if dynamic.is_empty() && symbols.is_empty() {
        return None;
    }
    Some(
        dynamic
            .iter()
            .chain(symbols)
            .any(|s| test(s.name, s.place == Place::Undefined)),
    )
}

/// Decides by `decide` where there is C code in the file.
fn of_c(s: &Subject<'_, '_>, decide: impl FnOnce() -> Verdict) -> Verdict {
    s.facts.cgo.judge(|is| match is {
        Some(true) => s.unless_hidden(decide()),
        _ => Verdict::not_applicable("there is no C code in the file"),
    })
}

fn stack_protector(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if !matches!(s.image.format, Format::Elf | Format::MachO) {
        return Verdict::not_applicable("only ELF and Mach-O files show it");
    }
    let guard =
        |name: &[u8], _| name.starts_with(b"__stack_chk_fail") || name.starts_with(b"___stack_chk_fail");
    of_c(s, || match any_symbol(s.image, guard) {
        Some(found) => Verdict::hold(
            found,
            "has C code without stack protection",
            "no symbol __stack_chk_fail",
        ),
        None => Verdict::unknown("the file has no symbols"),
    })
}

fn fortify(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let checked = |name: &[u8], undefined: bool| undefined && name.ends_with(b"_chk");
    let decide = || match any_symbol(s.image, checked) {
        Some(found) => Verdict::hold(
            found,
            "has C code that calls glibc unchecked",
            "no import ends in _chk",
        ),
        None => Verdict::unknown("the file has no symbols"),
    };
    s.facts.glibc.judge(|wanted| match wanted {
        None => Verdict::not_applicable("it does not link glibc dynamically"),
        Some(_) => of_c(s, decide),
    })
}

fn signed(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    if !matches!(s.image.format, Format::MachO | Format::Pe) {
        return Verdict::not_applicable("only Mach-O and PE files carry signatures");
    }
    match &s.facts.signature {
        None => Verdict::fail(
            "is not signed",
            if s.image.pe().is_some() {
                "empty security directory"
            } else {
                "no LC_CODE_SIGNATURE"
            },
        ),
        Some(sig) if sig.kind == "ad-hoc" && *v == Value::Word("identity") => Verdict::fail(
            "is signed ad hoc only, which names nobody",
            "LC_CODE_SIGNATURE of kind ad-hoc",
        ),
        Some(_) => Verdict::PASS,
    }
}
