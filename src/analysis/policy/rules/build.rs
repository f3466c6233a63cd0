//! How the file was built, and what the build left in: C, test instruments, the builder's paths, names, debug
//! information.
//!
//! Authority: functions of the runtime that only instrumented code calls; settings that cmd/go stamps (Go
//! 1.18 and newer).

use super::{Rule, homes};
use crate::analysis::info::Dwarf;
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Level, Verdict};
use crate::analysis::seen::Seen;
use crate::go::buildid::{self, Touched};
use crate::image::Format;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "no-cgo",
        title: "has no C code in it",
        means: "C code brings a C toolchain, a C library and memory errors with it. CGO_ENABLED=1 alone \
            does not: what counts is whether runtime/cgo or C code was linked in.",
        evidence: "Functions of runtime/cgo and x_cgo_*; build settings only where these can't be read.",
        fix: "Build with CGO_ENABLED=0, or with -tags=netgo,osusergo where only net and os/user bring C in.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-cgo"),
        check: |s, _| absent(s, &s.facts.cgo, "cgo", "has C code or runtime/cgo in it"),
    },
    Rule {
        code: "no-race",
        title: "is built without the race detector",
        means: "A race build is 2 to 20 times slower, takes 5 to 10 times the memory, and is meant for \
            tests.",
        evidence: "Functions that only race-instrumented code calls (runtime.racefuncenter); build setting \
            -race.",
        fix: "Build without -race.",
        applies: "Go programs.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-race"),
        check: |s, _| absent(s, &s.facts.race, "race", "is built with the race detector"),
    },
    Rule {
        code: "no-sanitizer",
        title: "is built without memory or address sanitizer",
        means: "Sanitizer builds are for tests: they are slow, large, and need the sanitizer's library.",
        evidence: "Functions that only instrumented code calls (runtime.msanread, runtime.asanread); build \
            settings -msan and -asan.",
        fix: "Build without -msan and -asan.",
        applies: "Go programs.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-sanitizer"),
        check: no_sanitizer,
    },
    Rule {
        code: "no-cover",
        title: "is built without coverage counters",
        means: "A coverage build counts every statement and writes files into GOCOVERDIR when it ends.",
        evidence: "Packages runtime/coverage and internal/coverage; build setting -cover.",
        fix: "Build without -cover.",
        applies: "Go programs.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-cover"),
        check: |s, _| absent(s, &s.facts.cover, "cover", "is built for coverage"),
    },
    Rule {
        code: "optimized",
        title: "is built with optimisation",
        means: "-gcflags with -N or -l turns optimisation or inlining off: for debuggers, not for users.",
        evidence: "Build setting -gcflags.",
        fix: "Build without -gcflags=-N and -gcflags=-l.",
        applies: "Go programs; under -trimpath the setting is still recorded.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("optimized"),
        check: optimized,
    },
    Rule {
        code: "trimpath",
        title: "does not name the builder's folders",
        means: "Without -trimpath every source file stands in the program with its full path on the \
            machine that built it. That leaks names and makes builds on two machines differ.",
        evidence: "The file table of the pclntab; build setting -trimpath where it can't be read.",
        fix: "Build with -trimpath.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("trimpath"),
        check: trimpath,
    },
    Rule {
        code: "no-home-path",
        title: "names nobody's home folder",
        means: "Paths such as /home/alice/… or C:\\Users\\alice\\… tell who built the file.",
        evidence: "The file table of the pclntab, names of source files in C parts, and build settings.",
        fix: "Build with -trimpath; for C parts add -ffile-prefix-map to CGO_CFLAGS.",
        applies: "Every file.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-home-path"),
        check: homes::no_home_path,
    },
    Rule {
        code: "stripped",
        title: "is stripped",
        means: "Neither the program's own symbol names nor DWARF are in the file: it is smaller, and says \
            less. Names in the pclntab stay: Go needs them to print stack traces.",
        evidence: "Symbol table and debug sections.",
        fix: "Build with -ldflags='-s -w', or run strip.",
        applies: "Every file.",
        level: Level::Note,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("stripped"),
        check: stripped,
    },
    Rule {
        code: "debuggable",
        title: "has symbols and debug information",
        means: "Debuggers and profilers of C parts need them.",
        evidence: "Symbol table and debug sections.",
        fix: "Build without -ldflags=-s and -ldflags=-w, and do not strip.",
        applies: "Every file.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("debuggable"),
        check: debuggable,
    },
    Rule {
        code: "build-id",
        title: "has a build id",
        means: "A build id ties the file to its debug information, to crash reports and to the build that \
            made it.",
        evidence: "The notes Go and GNU, Mach-O's UUID, the Go build id at the start of the code.",
        fix: "Build without -ldflags=-buildid=.",
        applies: "Go programs.",
        level: Level::Note,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: build_id,
    },
    Rule {
        code: "untouched",
        title: "was not touched since go build",
        means: "A file that was stripped, packed, patched or signed after the link is no more what the \
            compiler \
            made; whoever rebuilds it gets another file.",
        evidence: "The Go build ID, whose last part is a hash of the file, computed again. It is no proof of \
            origin: anyone can write a new one.",
        fix: "Ship what go build wrote; use -ldflags=-s instead of strip.",
        applies: "Go programs; a file without a Go build ID can't be judged.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("untouched"),
        check: untouched,
    },
    Rule {
        code: "build-mode",
        title: "is built in an allowed mode",
        means: "A program that is meant to be an exe and comes out as something else was linked by the \
            wrong rule.",
        evidence: "Headers and Go's own tables; see `gospect info`.",
        fix: "Set -buildmode.",
        applies: "Every file.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Words(&[
            "exe",
            "pie",
            "c-archive",
            "c-shared",
            "shared",
            "plugin",
            "archive",
        ]),
        default: &[],
        flag: Some("build-mode"),
        check: build_mode,
    },
    Rule {
        code: "target",
        title: "is built for an allowed system",
        means: "A file for another system or architecture does not start; in a multi-architecture image \
            that is found late.",
        evidence: "Headers, notes and Go's own tables.",
        fix: "Set GOOS and GOARCH.",
        applies: "Every file; the value is words such as linux (any architecture) or linux/amd64.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Targets,
        default: &[],
        flag: Some("target"),
        check: target,
    },
    Rule {
        code: "compiler",
        title: "is built by an allowed compiler",
        means: "gccgo and TinyGo programs differ from those of gc in what they support and in how long \
            they are supported.",
        evidence: "Sections, symbols and libraries of each compiler.",
        fix: "Build with the go command.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Words(&["gc", "gccgo", "tinygo"]),
        default: &["gc"],
        flag: None,
        check: compiler,
    },
    Rule {
        code: "max-size",
        title: "is no larger than that",
        means: "The file's size, all of it, against a limit. Growth against an older file is for `gospect \
            diff` and `gospect track`.",
        evidence: "The file's size.",
        fix: "`gospect size` says what takes the room, `gospect whatif` what could be saved.",
        applies: "Every file.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Size,
        default: &[],
        flag: Some("max-size"),
        check: max_size,
    },
];

/// Passes where the fact is known to be false.
fn absent(s: &Subject<'_, '_>, fact: &Seen<bool>, name: &str, message: &str) -> Verdict {
    let decide = |is: Option<&bool>| Verdict::hold(is != Some(&true), message, s.seen(name));
    s.no_go().unwrap_or_else(|| fact.judge(decide))
}

fn no_sanitizer(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let memory = absent(s, &s.facts.msan, "msan", "is built with the memory sanitizer");
    let address = absent(s, &s.facts.asan, "asan", "is built with the address sanitizer");
    // One that is there fails, whatever is to be seen of the other.
    if memory == Verdict::PASS || matches!(address, Verdict::Fail(_)) {
        address
    } else {
        memory
    }
}

fn optimized(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    let all = s.facts.all_settings();
    all.judge(|_| optimized_by(s.setting("-gcflags").unwrap_or_default()))
}

fn optimized_by(flags: &str) -> Verdict {
    let word = |w: &str| {
        // `all=-N` and `./...=-N` name packages first.
        let w = w.trim_matches(['"', '\'']);
        matches!(w.rsplit('=').next().unwrap_or(w), "-N" | "-l")
    };
    Verdict::hold(
        !flags.split_whitespace().any(word),
        "is built without optimisation",
        format!("build setting -gcflags={flags}"),
    )
}

fn trimpath(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    let example = s.facts.source_example.as_deref();
    let example = example.map(|p| format!("file table names {p}"));
    s.facts.trimpath.judge(|trimmed| {
        Verdict::hold(
            trimmed == Some(&true),
            "names the folders of the machine that built it",
            example.unwrap_or_else(|| s.seen("trimpath")),
        )
    })
}

fn stripped(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let table = s
        .facts
        .symbol_table
        .map(|t| format!("{} symbols, {} bytes", t.0, t.1));
    let named = |is: Option<&bool>| {
        let evidence = table.clone().unwrap_or_else(|| s.seen("symbols"));
        Verdict::hold(is != Some(&true), "has symbols that name its functions", evidence)
    };
    let debug = |d: Option<&Dwarf>| match d {
        None => Verdict::PASS,
        Some(d) => {
            let evidence = format!("{} debug sections, {}", d.sections, readable(d.bytes));
            Verdict::fail("has debug information", evidence)
        }
    };
    both(s.facts.symbols.judge(named), s.facts.dwarf.judge(debug))
}

fn debuggable(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let seen = "symbol table and debug sections";
    let named = |is: Option<&bool>| Verdict::hold(is == Some(&true), "has no symbols", seen);
    let debug = |d: Option<&Dwarf>| Verdict::hold(d.is_some(), "has no debug information", seen);
    both(s.facts.symbols.judge(named), s.facts.dwarf.judge(debug))
}

/// What two halves of a rule say together: all faults; else what is not known; else that it holds.
fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Fail(mut a), Verdict::Fail(b)) => {
            a.extend(b);
            Verdict::Fail(a)
        }
        (fail @ Verdict::Fail(_), _) | (_, fail @ Verdict::Fail(_)) => fail,
        (open @ Verdict::Unknown(_), _) | (_, open @ Verdict::Unknown(_)) => open,
        (one, _) => one,
    }
}

fn build_id(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    if s.is_unlinked() || !matches!(s.image.format, Format::Elf | Format::MachO | Format::Pe) {
        return Verdict::not_applicable("the format keeps no build id");
    }
    if let Some(why) = s.hidden() {
        return Verdict::Unknown(why);
    }
    let there = s.facts.go_build_id.as_deref().is_some_and(|id| !id.is_empty()) || s.facts.build_id.is_some();
    Verdict::hold(there, "has no build id", "no note, no UUID, no Go build id")
}

fn untouched(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    let check = buildid::check(s.program);
    match check.touched {
        Touched::No => Verdict::PASS,
        Touched::Unknown(why) => s.no_go().unwrap_or_else(|| Verdict::unknown(why)),
        Touched::Yes(_) => {
            let part = |p: &Option<String>| p.clone().unwrap_or_else(|| "none".into());
            let evidence = format!(
                "content part of the Go build ID {}, of the bytes {}",
                part(&check.recorded),
                part(&check.computed)
            );
            Verdict::fail(check.words(), evidence)
        }
    }
}

fn build_mode(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    one_of(&s.build_mode(), v, "build mode", s.seen("build_mode"))
}

fn target(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let any_arch = |os: &str| matches!(v, Value::Words(w) if w.iter().any(|w| w == os));
    let arch = s.arch();
    s.os().judge(|os| match os {
        Some(os) if any_arch(os) && arch.known().is_some() => Verdict::PASS,
        Some(os) => one_of(
            &arch.map(|arch| format!("{os}/{arch}")),
            v,
            "system",
            s.seen("os"),
        ),
        None => Verdict::unknown("the file does not show which system it is for"),
    })
}

fn compiler(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    one_of(&s.compiler(), v, "compiler", s.seen("compiler"))
}

fn one_of(is: &Seen<impl AsRef<str>>, v: &Value, what: &str, evidence: String) -> Verdict {
    is.judge(|is| {
        let (Some(is), Value::Words(allowed)) = (is.map(AsRef::as_ref), v) else {
            return Verdict::unknown(format!("the file does not show its {what}"));
        };
        Verdict::hold(
            allowed.iter().any(|a| a == is),
            &format!("{what} is {is}, allowed is {v}"),
            evidence,
        )
    })
}

/// A size as a policy writes it: `1.5MiB`.
fn readable(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes}B"),
        1024..1_048_576 => format!("{:.1}KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1}MiB", bytes as f64 / 1_048_576.0),
    }
}

fn max_size(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    if s.facts.cut.is_some() {
        return Verdict::Unknown(s.hidden().unwrap_or_default());
    }
    let Value::Size(max) = *v else {
        return Verdict::PASS;
    };
    let size = s.program.file().len() as u64;
    let over = size.saturating_sub(max);
    Verdict::hold(
        over == 0,
        &format!(
            "is {} too large: {}, allowed {}",
            readable(over),
            readable(size),
            readable(max)
        ),
        format!("{} bytes, allowed {max}", size),
    )
}
