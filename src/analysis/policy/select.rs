//! Profile, policy file and flags → the rules that one file is held to.

use super::Level;
use super::file::{Policy, Setting};
use super::rules::{self, Rule};
use super::values::Value;

/// A named set of rules.
#[derive(Debug)]
pub struct Profile {
    /// As `--profile` takes it.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Rule, level, value (empty for the rule's own).
    pub rules: &'static [(&'static str, Level, &'static [&'static str])],
}

use Level::{Error, Note, Warning};

/// What `--profile` and `profile = ` know.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "release",
        about: "a program that is shipped: built clean, from a known commit, by a supported Go, without \
            test instruments",
        rules: &[
            ("no-race", Error, &[]),
            ("no-sanitizer", Error, &[]),
            ("no-cover", Error, &[]),
            ("optimized", Error, &[]),
            ("no-secrets", Error, &[]),
            ("no-dirty", Error, &[]),
            ("no-rpath", Error, &[]),
            ("nx", Error, &[]),
            ("no-rwx", Error, &[]),
            ("go-supported", Error, &[]),
            ("no-local-replace", Error, &[]),
            ("consistent", Error, &[]),
            ("trimpath", Warning, &[]),
            ("no-home-path", Warning, &[]),
            ("vcs", Warning, &[]),
            ("godebug", Warning, &[]),
            ("stripped", Note, &[]),
        ],
    },
    Profile {
        name: "scratch",
        about: "a program that runs in an empty container (FROM scratch): no loader, no library, no file",
        rules: &[
            ("scratch", Error, &[]),
            ("no-race", Error, &[]),
            ("no-sanitizer", Error, &[]),
            ("scratch-data", Note, &[]),
        ],
    },
    Profile {
        name: "library",
        about: "a c-shared, c-archive or plugin that others load",
        rules: &[
            (
                "build-mode",
                Error,
                &["c-shared", "c-archive", "plugin", "shared", "archive"],
            ),
            ("no-race", Error, &[]),
            ("no-sanitizer", Error, &[]),
            ("no-cover", Error, &[]),
            ("no-rpath", Error, &[]),
            ("nx", Error, &[]),
            ("no-rwx", Error, &[]),
            ("no-textrel", Error, &[]),
            ("no-secrets", Error, &[]),
            ("relro", Warning, &["partial"]),
            ("trimpath", Warning, &[]),
        ],
    },
];

/// One rule that a file is held to.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The rule.
    pub rule: &'static Rule,
    /// Level of its findings.
    pub level: Level,
    /// Its value.
    pub value: Value,
    /// Was it asked for? Then it must be seen to hold: unknown is a finding.
    pub required: bool,
}

/// What the flags ask for.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--profile`.
    pub profile: Option<&'static Profile>,
    /// `--static`, `--rule …`, `--skip …`, in order.
    pub settings: Vec<Setting>,
}

/// The rules for a file that goes by `names`, in the order of the catalogue.
///
/// Without flags, a profile and a policy that names rules it is the audit: every rule marked so, none of them
/// required. Otherwise what is named is what counts: the profile, over it the policy's rules, over them each
/// target that matches, over all the flags.
pub fn demands(policy: Option<&Policy>, flags: &Flags, names: &[String]) -> Vec<Demand> {
    let mut out: Vec<Demand> = Vec::new();
    let targets = || {
        policy
            .iter()
            .flat_map(|p| &p.targets)
            .filter(|t| t.paths.matches(names))
    };
    let profile = flags
        .profile
        .or_else(|| targets().filter_map(|t| t.profile).next_back())
        .or_else(|| policy.and_then(|p| p.profile));
    if profile.is_none() && !names_rules(policy, flags) {
        out.extend(rules::all().filter(|r| r.audit).filter_map(|rule| {
            Some(Demand {
                rule,
                level: rule.level,
                value: rule.default_value()?,
                required: false,
            })
        }));
    }
    for (code, level, value) in profile.iter().flat_map(|p| p.rules) {
        let Some(rule) = rules::find(code) else { continue };
        let value = if value.is_empty() {
            rule.default_value()
        } else {
            rule.kind.read(value).ok()
        };
        out.extend(value.map(|value| Demand {
            rule,
            level: *level,
            value,
            required: true,
        }));
    }
    let everywhere = policy.and_then(|p| p.unknown_passes).unwrap_or(false);
    if everywhere {
        out.iter_mut().for_each(|d| d.required = false);
    }
    if let Some(policy) = policy {
        // A budget's size is a rule of its own, under any other way to say it.
        let max = policy.budget_for(names).max_size;
        if let (Some(max), Some(rule)) = (max, rules::find("max-size")) {
            out.push(Demand {
                rule,
                level: Error,
                value: Value::Size(max),
                required: true,
            });
        }
        policy.rules.iter().for_each(|s| apply(&mut out, s, everywhere));
        targets()
            .flat_map(|t| &t.rules)
            .for_each(|s| apply(&mut out, s, everywhere));
    }
    // Of a file without a stamp the profile says so once, by the rule that is about stamps.
    let stamp = out.iter().any(|d| d.rule.code == "vcs");
    let all = policy
        .iter()
        .flat_map(|p| p.rules.iter().chain(targets().flat_map(|t| &t.rules)));
    let told = all
        .chain(&flags.settings)
        .any(|s| s.on && s.rule.code == "no-dirty");
    let skipped = flags.settings.iter().any(|s| !s.on && s.rule.code == "vcs");
    for d in out
        .iter_mut()
        .filter(|d| d.rule.code == "no-dirty" && stamp && !told && !skipped)
    {
        d.required = false;
    }
    flags.settings.iter().for_each(|s| apply(&mut out, s, everywhere));
    out.sort_by_key(|d| rules::all().position(|r| std::ptr::eq(r, d.rule)));
    out
}

/// Does a policy or a flag say what is demanded? One that only has a budget and exceptions does not: these
/// hold for the audit too.
pub fn names_rules(policy: Option<&Policy>, flags: &Flags) -> bool {
    let on = |settings: &[Setting]| settings.iter().any(|s| s.on);
    let by_policy = |p: &Policy| {
        p.profile.is_some() || on(&p.rules) || p.targets.iter().any(|t| t.profile.is_some() || on(&t.rules))
    };
    flags.profile.is_some() || on(&flags.settings) || policy.is_some_and(by_policy)
}

fn apply(out: &mut Vec<Demand>, s: &Setting, unknown_passes: bool) {
    let before = out
        .iter()
        .position(|d| std::ptr::eq(d.rule, s.rule))
        .map(|i| out.remove(i));
    let value = s
        .value
        .clone()
        .or_else(|| before.as_ref().map(|b| b.value.clone()))
        .or_else(|| s.rule.default_value());
    if !s.on {
        return;
    }
    if let Some(value) = value {
        let level = s.level.or(before.map(|b| b.level)).unwrap_or(Error);
        let required = !s.unknown_passes.unwrap_or(unknown_passes);
        out.push(Demand {
            rule: s.rule,
            level,
            value,
            required,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(d: &[Demand]) -> Vec<&str> {
        d.iter().map(|d| d.rule.code).collect()
    }

    fn setting(code: &str) -> Setting {
        Setting {
            rule: rules::find(code).unwrap(),
            on: true,
            level: None,
            value: None,
            unknown_passes: None,
        }
    }

    #[test]
    fn profiles_name_rules_that_exist_with_values_they_take() {
        for p in PROFILES {
            for (code, _, value) in p.rules {
                let rule = rules::find(code).unwrap_or_else(|| panic!("{}: {code}", p.name));
                assert!(if value.is_empty() {
                    rule.default_value().is_some()
                } else {
                    rule.kind.read(value).is_ok()
                });
            }
        }
    }

    #[test]
    fn flags_alone_are_all_that_is_asked() {
        let flags = Flags {
            settings: vec![setting("static")],
            ..Flags::default()
        };
        let d = demands(None, &flags, &[]);
        assert_eq!(codes(&d), ["static"]);
        assert!(d[0].required && d[0].level == Error);
        let audit = demands(None, &Flags::default(), &[]);
        assert!(audit.len() > 15 && audit.iter().all(|d| !d.required));
    }

    #[test]
    fn the_nearer_word_wins() {
        let text = "profile = 'scratch'\n[rules]\nno-race = 'note'\ntrimpath = true\n\
            [[target]]\npath = 'bin/agent-*'\nrules.trimpath = 'off'\nbudget.max-size = '1MiB'\n";
        let policy = Policy::parse(text).unwrap();
        let other = demands(Some(&policy), &Flags::default(), &["bin/server".into()]);
        assert_eq!(
            codes(&other),
            ["scratch", "scratch-data", "no-race", "no-sanitizer", "trimpath"]
        );
        assert_eq!(other[2].level, Note);
        let flags = Flags {
            settings: vec![Setting {
                on: false,
                ..setting("no-race")
            }],
            ..Flags::default()
        };
        let agent = demands(Some(&policy), &flags, &["bin/agent-x".into()]);
        assert_eq!(
            codes(&agent),
            ["scratch", "scratch-data", "no-sanitizer", "max-size"]
        );
        assert_eq!(agent[3].value, Value::Size(1 << 20));
    }

    /// A missing stamp is told by `vcs`; that it would be dirty was not seen.
    #[test]
    fn a_profile_does_not_call_a_missing_stamp_dirty() {
        let release = PROFILES.iter().find(|p| p.name == "release");
        let required = |policy: &str, settings: Vec<Setting>| {
            let flags = Flags {
                profile: release,
                settings,
            };
            let policy = Policy::parse(policy).unwrap();
            let d = demands(Some(&policy), &flags, &[]);
            let of = |code: &str| d.iter().find(|d| d.rule.code == code).map(|d| d.required);
            (of("vcs"), of("no-dirty"))
        };
        assert_eq!(required("", vec![]), (Some(true), Some(false)));
        // Where it is asked for by name, or nothing else looks for the stamp, it has to be seen.
        assert_eq!(required("", vec![setting("no-dirty")]).1, Some(true));
        assert_eq!(required("rules.no-dirty = 'error'", vec![]).1, Some(true));
        assert_eq!(required("rules.vcs = 'off'", vec![]), (None, Some(true)));
    }
}
