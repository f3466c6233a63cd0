//! What the linker kept in the file: what a dependency holds, what reflection keeps, which functions have
//! known vulnerabilities.
//!
//! Authority: cmd/link/internal/ld/deadcode.go as `analysis::graph` puts it together again; the Go
//! vulnerability database.

use super::Rule;
use crate::analysis::graph::Row;
use crate::analysis::policy::subject::Subject;
use crate::analysis::policy::values::{Value, ValueKind};
use crate::analysis::policy::{Fault, Level, Verdict};
use crate::analysis::vuln::{self, Database};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "max-retained",
        title: "would lose no more than so much without a module or package",
        means: "What a dependency holds is more than its own code: what only it calls, and what the linker \
            keeps \
            for it. `gospect why` shows it.",
        evidence: "The graph of what keeps what: functions, types, methods, init tasks; imports are \
            inferred.",
        fix: "Ask `gospect why FILE MODULE` for the chain that brings it in.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Limits,
        default: &[],
        flag: Some("max-retained"),
        check: max_retained,
    },
    Rule {
        code: "no-reflect-methods",
        title: "keeps no method just because reflection may call it",
        means: "A call of reflect.Value.Method, or of MethodByName with a name that is no constant, makes \
            the \
            linker keep every exported method of every type whose values may be in an interface: often a \
            third of the program. text/template makes such calls.",
        evidence: "Of the exported methods that no interface has, most are in the file, or next to none.",
        fix: "Ask `gospect why FILE` for the functions that make these calls, and `gospect why FILE \
            FUNCTION` for the \
            chain to them.",
        applies: "Go programs.",
        level: Level::Warning,
        audit: false,
        kind: ValueKind::Nothing,
        default: &[],
        flag: Some("no-reflect-methods"),
        check: no_reflect_methods,
    },
    Rule {
        code: "no-vuln",
        title: "has no function with a known vulnerability in it",
        means: "The functions in the file are held against the Go vulnerability database, as `gospect vuln` \
            does; \
            what [[vuln]] in gospect.toml puts up with does not count. With package or module it is enough \
            that \
            these are in the file.",
        evidence: "Modules in build information, functions in the pclntab and its inline trees; the newer \
            of the \
            embedded database and the last `gospect vuln update`.",
        fix: "Ask `gospect vuln FILE` for the versions without it.",
        applies: "Go programs.",
        level: Level::Error,
        audit: false,
        kind: ValueKind::Word(&["symbol", "package", "module"]),
        default: &["symbol"],
        flag: Some("no-vuln"),
        check: no_vuln,
    },
];

/// Why a rule about what the functions hold can't be judged, where that is so.
fn unreadable(s: &Subject<'_, '_>) -> Option<Verdict> {
    if let Some(v) = s.no_go() {
        return Some(v);
    }
    if let Some(why) = s.hidden() {
        return Some(Verdict::Unknown(why));
    }
    let renamed = s.program.obfuscated()?;
    Some(Verdict::Unknown(format!(
        "{} has renamed its functions",
        renamed.by
    )))
}

fn max_retained(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    let Value::Limits(limits) = v else {
        return Verdict::PASS;
    };
    if let Some(v) = unreadable(s) {
        return v;
    }
    let held = match s.held() {
        Ok(held) => held,
        Err(why) => return Verdict::Unknown(why.clone()),
    };
    let over = |(name, max): &(String, u64)| -> Option<Fault> {
        let of = |rows: &'_ [Row]| rows.iter().find(|r| r.name == *name).cloned();
        let row = of(&held.table.modules).or_else(|| of(&held.table.packages))?;
        (row.retained > *max).then(|| Fault {
            message: format!("would lose {} bytes without {name}, allowed {max}", row.retained),
            evidence: format!("{} of them for certain, {} its own", row.certain, row.own),
            offset: None,
        })
    };
    Verdict::of(limits.iter().filter_map(over).collect())
}

fn no_reflect_methods(s: &Subject<'_, '_>, _: &Value) -> Verdict {
    if let Some(v) = unreadable(s) {
        return v;
    }
    match s.held() {
        Err(why) => Verdict::Unknown(why.clone()),
        Ok(held) => Verdict::hold(
            !held.reflection,
            &format!(
                "keeps every exported method for reflection: at least {} bytes",
                held.reflection_bytes
            ),
            held.culprits.join(", "),
        ),
    }
}

fn no_vuln(s: &Subject<'_, '_>, v: &Value) -> Verdict {
    if let Some(v) = s.no_go() {
        return v;
    }
    let level = vuln::Level::ALL.into_iter().find(|l| *v == Value::Word(l.word()));
    let level = level.unwrap_or(vuln::Level::Symbol);
    let db = match Database::current() {
        Ok(db) => db,
        Err(e) => return Verdict::Unknown(e.to_string()),
    };
    let ask = vuln::Ask {
        db,
        today: &s.today.to_string(),
        reach: false,
    };
    let mut file = vuln::file::judge_program(s.program, ask);
    file.suppress(s.accepted, s.names, s.today);
    let found = file.judgement.findings.iter();
    let (faults, open): (Vec<_>, Vec<_>) = found.filter(|f| f.fails(level)).partition(|f| !f.unseen);
    if !faults.is_empty() {
        return Verdict::Fail(faults.into_iter().map(fault).collect());
    }
    if let Some(why) = s.hidden() {
        return Verdict::Unknown(why);
    }
    // Of functions that are not there the version does not matter.
    let matters = |what: &str| what == "no-functions" || level < vuln::Level::Symbol;
    let gap = file.judgement.gaps.iter().find(|g| matters(g.what));
    match (open.first(), gap) {
        (_, Some(gap)) => Verdict::Unknown(gap.message.clone()),
        (Some(f), None) => Verdict::Unknown(format!("{} may concern {}", f.id, f.module)),
        (None, None) => {
            let day = db.meta().modified.get(..10).unwrap_or("an unknown day");
            Verdict::Pass(Some(format!("by the vulnerability database of {day}")))
        }
    }
}

fn fault(f: &vuln::Finding) -> Fault {
    let version = if f.version.is_empty() {
        "of unknown version"
    } else {
        &f.version
    };
    Fault {
        message: format!("has {} of {} {version}", f.id, f.module),
        evidence: match (&f.package, f.symbols.is_empty()) {
            (Some(p), false) => format!("functions {} of {p}", f.symbols.join(", ")),
            (Some(p), true) => format!("package {p}"),
            (None, _) => format!("module {}", f.module),
        },
        offset: None,
    }
}
