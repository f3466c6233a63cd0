use super::*;

fn facts() -> Facts {
    // The smallest image there is: what counts is set by hand.
    let mut f = info::gather(&b"\0asm\x01\0\0\0".to_vec().into(), None).expect("an empty module");
    (f.os, f.arch, f.go_version) = (
        Some("linux".into()),
        Some("amd64".into()),
        Some("go1.26.8".into()),
    );
    f
}

fn plugin(path: &str, packages: &[(&str, u8)]) -> Plugin {
    let packages = packages
        .iter()
        .map(|(p, h)| Package {
            path: (*p).into(),
            hash: vec![*h; 8],
        })
        .collect();
    Plugin {
        path: path.into(),
        exports: Vec::new(),
        packages,
        layout: None,
        facts: facts(),
    }
}

fn host(packages: &[(&str, u8)]) -> Host {
    let packages = packages
        .iter()
        .map(|(p, h)| ((*p).to_string(), vec![*h; 8]))
        .collect();
    Host {
        loads: Loads::Yes,
        packages,
        layout: None,
        facts: facts(),
    }
}

#[test]
fn the_first_package_that_differs_is_named() {
    let h = host(&[("fmt", 1), ("os", 1), ("plugin", 1)]);
    let v = &verdicts(&h, [&plugin("p", &[("fmt", 1), ("os", 2), ("own", 7)])])[0];
    assert_eq!(
        v.error.as_deref(),
        Some("plugin was built with a different version of package os")
    );
    assert_eq!((v.shared, v.package.as_deref()), (2, Some("os")));
    assert!(v.reasons[0].contains("the source of os"));
    assert!(verdicts(&h, [&plugin("p", &[("fmt", 1), ("own", 7)])])[0].fits);
}

#[test]
fn plugins_are_held_against_those_before_them() {
    let h = host(&[("fmt", 1)]);
    let (a, b, c) = (
        plugin("a", &[("dep", 1)]),
        plugin("b", &[("dep", 2)]),
        plugin("a", &[("fmt", 1)]),
    );
    let v = verdicts(&h, [&a, &b, &c]);
    assert!(v[0].fits && !v[1].fits);
    assert_eq!(v[1].package.as_deref(), Some("dep"));
    assert_eq!(v[2].error.as_deref(), Some("plugin already loaded"));
}

#[test]
fn what_differs_in_the_build_is_named() {
    let mut h = host(&[("x/dep", 1)]);
    let mut p = plugin("p", &[("x/dep", 2)]);
    let module = |v: &str| Module::new("x".into(), v.into());
    h.facts.deps = vec![module("v1.0.0")];
    p.facts.deps = vec![module("v1.1.0")];
    p.facts.go_version = Some("go1.27.4".into());
    p.facts.settings = vec![info::Setting {
        key: "-trimpath".into(),
        value: "true".into(),
    }];
    let v = &verdicts(&h, [&p])[0];
    assert_eq!(
        v.reasons,
        [
            "toolchain: plugin go1.27.4, host go1.26.8",
            "-trimpath: plugin true, host not set",
            "module x: plugin v1.1.0, host v1.0.0"
        ]
    );
}

#[test]
fn a_host_that_can_not_load_is_said_so() {
    let mut h = host(&[]);
    h.loads = Loads::Never;
    assert_eq!(
        verdicts(&h, [&plugin("p", &[])])[0].error.as_deref(),
        Some("plugin: not implemented")
    );
    h.loads = Loads::NotImported;
    assert!(!verdicts(&h, [&plugin("p", &[])])[0].fits);
    let mut p = plugin("p", &[]);
    p.facts.arch = Some("arm64".into());
    assert!(verdicts(&host(&[("fmt", 1)]), [&p])[0].reasons[0].contains("linux/arm64"));
}

#[test]
fn another_layout_of_the_runtime_crashes_before_it_compares() {
    let (mut h, mut p) = (host(&[("fmt", 1)]), plugin("p", &[("fmt", 2)]));
    (h.layout, p.layout) = (Some("Go 1.26"), Some("Go 1.27"));
    let v = &verdicts(&h, [&p])[0];
    assert!(!v.fits && v.error.is_none());
    assert!(v.reasons[0].contains("fatal error"));
}
