//! Is the file what it says it is: told and shown agree, not packed, not obfuscated, tables whole?

use super::Rule;
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consistent",
        title: "is what its build information says",
        means: "Build information is only text in the file. Where it names another system, another Go \
            version or another build mode than the file shows, it was changed afterwards or belongs to \
            another program.",
        evidence: "The build settings against headers, function names and the runtime's own version.",
        fix: "Build it again from source; do not patch files after the build.",
        applies: "Files with build information.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("consistent"),
        check: consistent,
    },
    Rule {
        code: "not-obfuscated",
        title: "is not obfuscated",
        means: "An obfuscated program (garble) hides its version, its modules and its names: nothing can \
            be said of its dependencies.",
        evidence: "Go version `unknown`, a pclntab magic number that no Go writes, missing build ids.",
        fix: "Build with go build.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("not-obfuscated"),
        check: not_obfuscated,
    },
    Rule {
        code: "not-packed",
        title: "is not packed",
        means: "A packed program (UPX) unpacks itself into memory: it starts slower, shares no pages, \
            trips virus scanners and shows nothing of what is in it.",
        evidence: "Marks of the packer in headers and section names.",
        fix: "Ship the file as the linker made it; let the package or image compress it.",
        applies: "Every file.",
        level: Level::Warning,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("not-packed"),
        check: not_packed,
    },
    Rule {
        code: "readable",
        title: "is whole",
        means: "Headers that point outside the file are a sign of a download that was cut short, or of \
            tampering.",
        evidence: "Headers, section tables and the like, read against the file's size.",
        fix: "Fetch or build the file again.",
        applies: "Every file.",
        level: Level::Error,
        audit: true,
        kind: ValueKind::Nothing,
        default: &[],
        flag: None,
        check: readable,
    },
];

fn consistent(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if s.facts.settings.is_empty() && s.facts.go_version_source != Some("build info") {
        return Verdict::unknown("the file has no build information");
    }
    let all = s.facts.contradictions.iter();
    s.unless_hidden(Verdict::of(
        all.map(|c| Fault {
            message: format!("contradicts itself: {}", c.what),
            evidence: c.code.to_string(),
            offset: None,
        })
        .collect(),
    ))
}

fn not_obfuscated(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    match s.facts.obfuscated {
        Some(by) => Verdict::fail(format!("is obfuscated ({by})"), s.seen("obfuscated")),
        None => s.no_go().unwrap_or_else(|| s.unless_hidden(Verdict::PASS)),
    }
}

fn not_packed(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    match s.facts.packed {
        Some(by) => Verdict::fail(format!("is packed ({by})"), s.seen("packed")),
        None => s.unless_hidden(Verdict::PASS),
    }
}

fn readable(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    // One fault for a cut, rather than one for each section behind it.
    let cut = s.facts.cut.map(|end| Fault {
        message: format!("is cut short: {} bytes of at least {end}", s.facts.file_size),
        evidence: "headers and section tables".into(),
        offset: Some(s.facts.file_size),
    });
    let of_cut = |w: &crate::image::Warning| cut.is_some() && w.what.contains("past the end");
    let warnings = s.image.all_warnings().into_iter();
    let others = warnings.filter(|w| !of_cut(w)).map(|w| Fault {
        message: w.what,
        evidence: w.structure.unwrap_or("header").to_string(),
        offset: w.offset,
    });
    let others: Vec<Fault> = others.collect();
    Verdict::of(cut.into_iter().chain(others).collect())
}
