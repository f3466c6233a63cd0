use super::*;

fn problems(text: &str) -> Vec<String> {
    let all = Policy::parse(text).expect_err("the policy is broken");
    all.into_iter()
        .map(|p| format!("{}:{}: {}", p.line, p.column, p.message))
        .collect()
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let text = r#"
profil = "release"
level = "fatal"
[rules]
statik = "error"
static = "maybe"
min-go = "latest"
max-size = true
relro = { level = "error", valu = "full" }
[[target]]
profile = "scratch"
[[exception]]
rule = "pie"
expires = 2026-02-30
"#;
    // The last line is no TOML day, so only that is told first.
    let first = problems(text);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("14:"), "{first:?}");
    let all = problems(&text.replace("2026-02-30", "\"soon\""));
    assert_eq!(
        all,
        [
            "2:1: unknown key `profil`; did you mean `profile`?",
            "3:9: `level` is `fatal`, but must be one of: note, warning, error",
            "5:1: there is no rule `statik`; did you mean `static`?",
            "6:10: `static` is `maybe`, but must be one of: error, warning, note, off",
            "7:10: min-go: `latest` is no Go version; versions look like 1.25 or 1.25.3",
            "8:12: `max-size` needs a value",
            "9:28: unknown key `valu`; did you mean `value`?",
            "10:1: a [[target]] needs a `path`",
            "12:1: an [[exception]] needs `reason`",
            "14:11: `expires` must be a day: 2027-01-31",
        ]
    );
}

#[test]
fn broken_toml_has_a_place_too() {
    let all = problems("[rules]\nstatic = \n");
    assert!(all[0].starts_with("2:"), "{all:?}");
    assert_eq!(
        problems("profile = 3")[0],
        "1:11: `profile` must be a string, not integer"
    );
    assert_eq!(problems("version = 2").len(), 1);
    assert_eq!(problems("target = 1").len(), 1);
    assert!(problems("# ümläut\nrules = { 'é' = 1 }")[0].starts_with("2:11: there is no rule"));
}

#[test]
fn values_are_written_the_short_way_or_the_long() {
    let p = Policy::parse(
        "unknown = 'pass'\n[rules]\nmin-go = 1.25\nallow-lib = ['libc.so.6', 'libm.so.6']\nmax-size = \
            1048576\nstatic = true\n\
         pie = { level = 'warning', unknown = 'fail' }\nno-race = 'off'\n",
    )
    .unwrap();
    let get = |code: &str| p.rules.iter().find(|s| s.rule.code == code).unwrap();
    assert_eq!(get("min-go").value.as_ref().unwrap().to_string(), "1.25");
    assert_eq!(
        get("allow-lib").value,
        Some(Value::Words(vec!["libc.so.6".into(), "libm.so.6".into()]))
    );
    assert_eq!(get("max-size").value, Some(Value::Size(1 << 20)));
    assert!(get("static").on && get("static").level.is_none());
    assert_eq!(
        (get("pie").level, get("pie").unknown_passes),
        (Some(Level::Warning), Some(false))
    );
    assert!(!get("no-race").on);
    assert_eq!(p.unknown_passes, Some(true));
}

#[test]
fn budgets_are_laid_over_one_another() {
    let p = Policy::parse(
        "[budget]\nmax-size = '20MiB'\nmax-growth = '2%'\n[budget.package]\n'net/...' = \
            { max-size = '1MiB' }\n\
         [[target]]\npath = ['bin/a*', 'tool']\n[target.budget]\nmax-size = '5MiB'\nmodule.'example.com/x' \
         = { max-growth = '10KiB' }\n",
    )
    .unwrap();
    let other = p.budget_for(&["bin/b".to_string()]);
    assert_eq!((other.max_size, other.parts.len()), (Some(20 << 20), 1));
    let a = p.budget_for(&["./bin/agent".to_string()]);
    assert_eq!(
        (a.max_size, a.max_growth),
        (Some(5 << 20), Some(Growth::Percent(2.0)))
    );
    assert_eq!(a.parts.len(), 2);
    assert!(a.parts[1].matches("net/http") && a.parts[1].matches("net") && !a.parts[1].matches("network"));
    assert_eq!(
        p.budget_for(&["deep/down/tool".to_string()]).max_size,
        Some(5 << 20)
    );
    assert_eq!(
        problems("[budget]\nmax-size = 'big'\npackag.x = {}\npackage.y.max = 1\n").len(),
        3
    );
}

#[test]
fn stars_stay_within_a_folder() {
    let p = Paths::new(["bin/*", "**/x"]).unwrap();
    let hit = |n: &str| p.matches(&[n.to_string()]);
    assert!(hit("bin/a") && hit("./bin/a") && hit("a/b/x") && hit("x"));
    assert!(!hit("bin/a/b") && !hit("sbin/a"));
    assert!(Paths::new(["a["]).is_err());
}

#[test]
fn an_exception_says_why_and_until_when() {
    let p = Policy::parse(
        "[[exception]]\nrule = 'pie'\npath = 'bin/old'\ncontains = 'ET_EXEC'\nreason = 'moves in \
            March'\nexpires = 2027-03-31\n",
    )
    .unwrap();
    let e = &p.exceptions[0];
    assert_eq!(
        (e.rule.code, e.expires, e.line),
        ("pie", Date::new(2027, 3, 31), 1)
    );
    assert_eq!(
        problems("[[exception]]\nrule = 'pie'\nreason = ' '\nexpires = 2027-03-31").len(),
        1
    );
}
