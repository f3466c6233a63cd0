//! Demands against a file → findings, and what passed, does not apply, or stays open.

use super::file::Policy;
use super::select::Demand;
use super::subject::Subject;
use super::values::Date;
use super::{Fault, Level, Verdict};
use crate::analysis::info;
use crate::error::Result;
use crate::go::Program;
use crate::image::macho::slices;
use crate::image::{Sniffed, sniff};
use crate::input::Bytes;

/// Something a file is held to and does not fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub rule: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// A sentence without a full stop, that begins as if after the file's name.
    pub message: String,
    /// Where the file shows it; empty for nowhere.
    pub evidence: String,
    /// How to fix it.
    pub help: &'static str,
    /// Offset in bytes from the start of the file, where there is one place.
    pub offset: Option<u64>,
}

/// A finding that an exception of the policy covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excepted {
    /// What was found.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// Until when.
    pub expires: Date,
}

/// What one file is found to be.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// The worst first; within a level in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// Rules that hold, with what there is to say about it.
    pub passed: Vec<(&'static str, Option<String>)>,
    /// Rules that mean nothing for this file, and why.
    pub not_applicable: Vec<(&'static str, String)>,
    /// Rules that were not demanded and can't be told, and why.
    pub unknown: Vec<(&'static str, String)>,
    /// Findings under an exception.
    pub excepted: Vec<Excepted>,
    /// Does the file show that it is a Go binary?
    pub is_go: bool,
    /// Does it hide whether it is one: packed, or cut short?
    pub opaque: bool,
    /// How many rules it was held to.
    pub rules: usize,
    /// Lines of the policy's exceptions that covered a finding, ended ones too.
    pub exceptions: Vec<usize>,
}

/// Holds `file`, which goes by `names`, to `demands`. Of a fat Mach-O every slice is held to them.
///
/// # Errors
/// Where the file is no image of a known format.
pub fn judge(
    file: &Bytes,
    demands: &[Demand],
    policy: Option<&Policy>,
    names: &[String],
    today: Date,
) -> Result<Judgement> {
    let mut all = Vec::new();
    let mut out = Judgement {
        rules: demands.len(),
        ..Judgement::default()
    };
    let fat = sniff(file) == Some(Sniffed::Fat);
    let archs: Vec<Option<&'static str>> = if fat {
        slices(file)?.iter().map(|s| Some(s.arch.goarch())).collect()
    } else {
        vec![None]
    };
    for arch in archs {
        let program = Program::open_unpacked(file, arch)?;
        let facts = info::gather_program(&program);
        let mut subject = Subject::new(&program, &facts, today);
        subject.accepted = policy.map_or(&[], |p| &p.vulns);
        subject.names = names;
        let verdicts = demands.iter().map(|d| (d.rule.check)(&subject, &d.value));
        out.is_go |= facts.is_go();
        out.opaque |= facts.packed.is_some() || facts.cut.is_some();
        all.push((arch, verdicts.collect::<Vec<_>>()));
    }
    for (i, demand) in demands.iter().enumerate() {
        let verdicts = all
            .iter()
            .filter_map(|(arch, v)| Some((*arch, v.get(i)?.clone())));
        settle(demand, verdicts, &mut out);
    }
    out.findings.sort_by_key(|f| std::cmp::Reverse(f.level));
    if let Some(policy) = policy {
        except(&mut out, policy, names, today);
    }
    Ok(out)
}

/// The verdicts of a rule on each slice → one place in the judgement, or a finding for each fault.
fn settle(
    demand: &Demand,
    verdicts: impl Iterator<Item = (Option<&'static str>, Verdict)>,
    out: &mut Judgement,
) {
    let rule = demand.rule;
    let (mut faults, mut open, mut idle, mut said) = (Vec::<Fault>::new(), None, None, None);
    let mut held = false;
    for (arch, verdict) in verdicts {
        let whose = arch.map_or(String::new(), |a| format!(" ({a} slice)"));
        match verdict {
            Verdict::Pass(note) => {
                held = true;
                said = said.or(note);
            }
            Verdict::Fail(f) => faults.extend(f.into_iter().map(|f| Fault {
                message: f.message + &whose,
                ..f
            })),
            Verdict::Unknown(why) => open = open.or(Some(why + &whose)),
            Verdict::NotApplicable(why) => idle = idle.or(Some(why + &whose)),
        }
    }
    // Slices of one program share most of what is wrong with them.
    let failed = !faults.is_empty();
    for f in faults {
        out.findings.push(Finding {
            rule: rule.code,
            level: demand.level,
            message: f.message,
            evidence: f.evidence,
            help: rule.fix,
            offset: f.offset,
        });
    }
    match (open, idle) {
        (Some(why), _) if demand.required => out.findings.push(Finding {
            rule: rule.code,
            level: demand.level,
            message: format!("can't be seen whether it {}", rule.title),
            evidence: why,
            help: rule.fix,
            offset: None,
        }),
        (Some(why), _) if !failed => out.unknown.push((rule.code, why)),
        (None, Some(why)) if !failed && !held => out.not_applicable.push((rule.code, why)),
        (None, _) if !failed => out.passed.push((rule.code, said)),
        _ => {}
    }
}

/// Takes out the findings that an exception covers; where it has expired, the finding says so.
fn except(out: &mut Judgement, policy: &Policy, names: &[String], today: Date) {
    for mut finding in std::mem::take(&mut out.findings) {
        let mut covers = policy.exceptions.iter().filter(|e| {
            e.rule.code == finding.rule
                && e.paths.as_ref().is_none_or(|p| p.matches(names))
                && e.contains
                    .as_ref()
                    .is_none_or(|c| finding.message.contains(c) || finding.evidence.contains(c))
        });
        let first = covers.next();
        let valid = first.into_iter().chain(covers).max_by_key(|e| e.expires);
        out.exceptions.extend(valid.map(|e| e.line));
        match valid {
            Some(e) if today < e.expires => {
                out.excepted.push(Excepted {
                    finding,
                    reason: e.reason.clone(),
                    expires: e.expires,
                });
            }
            Some(e) => {
                finding.message.push_str(&format!(
                    "; its exception (line {} of the policy) expired on {}",
                    e.line, e.expires
                ));
                out.findings.push(finding);
            }
            None => out.findings.push(finding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::policy::rules;
    use crate::analysis::policy::values::Value;

    fn demand(code: &str, required: bool) -> Demand {
        Demand {
            rule: rules::find(code).unwrap(),
            level: Level::Error,
            value: Value::Nothing,
            required,
        }
    }

    #[test]
    fn unknown_fails_only_what_is_demanded() {
        let open = || [(None, Verdict::unknown("no names"))].into_iter();
        let mut j = Judgement::default();
        settle(&demand("no-race", true), open(), &mut j);
        settle(&demand("no-race", false), open(), &mut j);
        assert_eq!((j.findings.len(), j.unknown.len(), j.passed.len()), (1, 1, 0));
        assert_eq!(
            j.findings[0].message,
            "can't be seen whether it is built without the race detector"
        );
    }

    #[test]
    fn one_slice_that_fails_fails_the_file() {
        let mut j = Judgement::default();
        let both = [
            (Some("amd64"), Verdict::PASS),
            (Some("arm64"), Verdict::fail("is bad", "here")),
        ];
        settle(&demand("no-race", true), both.into_iter(), &mut j);
        assert_eq!(j.findings[0].message, "is bad (arm64 slice)");
        assert!(j.passed.is_empty());
        let mixed = [
            (Some("amd64"), Verdict::PASS),
            (Some("arm64"), Verdict::not_applicable("no")),
        ];
        settle(&demand("pie", true), mixed.into_iter(), &mut j);
        assert_eq!(j.passed.len(), 1);
    }

    #[test]
    fn an_exception_covers_until_its_day() {
        let policy = Policy::parse(
            "[[exception]]\nrule = 'static'\npath = 'bin/*'\ncontains = 'libc'\nreason = 'later'\nexpires = \
                2027-01-01\n",
        )
        .unwrap();
        let finding = Finding {
            rule: "static",
            level: Level::Error,
            message: "needs libc.so.6".into(),
            evidence: String::new(),
            help: "",
            offset: None,
        };
        let held = |day: &str, name: &str| {
            let mut j = Judgement {
                findings: vec![finding.clone()],
                ..Judgement::default()
            };
            except(&mut j, &policy, &[name.to_string()], Date::parse(day).unwrap());
            j
        };
        assert!(held("2026-12-31", "bin/a").findings.is_empty());
        assert_eq!(held("2026-12-31", "bin/a").excepted[0].reason, "later");
        assert_eq!(held("2026-12-31", "lib/a").findings[0], finding);
        let late = held("2027-01-01", "bin/a");
        assert!(
            late.findings[0]
                .message
                .ends_with("(line 1 of the policy) expired on 2027-01-01")
        );
    }
}
