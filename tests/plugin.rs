//! `gospect plugin`: what it predicts is what really loading gives, for each pair of host and plugin that can
//! be built here.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Build, REFERENCE, schema};
use serde_json::Value;

/// The toolchain that most pairs are built with.
const GO: &str = "go1.26.8";

fn plug<'a>(package: &'a str, args: &'a [&'a str]) -> Build<'a> {
    Build {
        package,
        ..Build::new("plug", "linux/amd64").cgo().go(GO).args(args)
    }
}

struct Pair {
    what: &'static str,
    host: PathBuf,
    plugins: Vec<PathBuf>,
}

/// gospect's verdicts; the messages in the words of Go, `None` for a plugin that fits.
fn predicted(pair: &Pair) -> (Vec<Option<String>>, Value) {
    let mut args = vec![
        "plugin".into(),
        "--format=json".into(),
        "--host".into(),
        pair.host.clone().into_os_string(),
    ];
    args.extend(pair.plugins.iter().map(|p| p.clone().into_os_string()));
    let out = common::run(&args);
    let doc = schema::assert_all("plugin", &out.stdout).remove(0);
    let verdicts: Vec<Value> = doc["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["verdict"].clone())
        .collect();
    let fits = verdicts.iter().all(|v| v["fits"] == true);
    assert_eq!(out.status.code(), Some(i32::from(!fits)), "{}", pair.what);
    let message =
        |v: &Value| (v["fits"] == false).then(|| v["message"].as_str().unwrap_or_default().to_string());
    (verdicts.iter().map(message).collect(), doc)
}

/// What the host prints when it really opens them.
fn real(pair: &Pair) -> Vec<Option<String>> {
    let out = Command::new(&pair.host)
        .args(&pair.plugins)
        .output()
        .expect("the host runs");
    let lines = String::from_utf8_lossy(&out.stdout).into_owned();
    lines
        .lines()
        .map(|l| (!l.starts_with("ok ")).then(|| l.to_string()))
        .collect()
}

/// A stripped copy.
fn stripped(path: &Path) -> Option<PathBuf> {
    let out = PathBuf::from(format!("{}.stripped", path.display()));
    match Command::new("strip").arg("-o").arg(&out).arg(path).status() {
        Ok(s) if s.success() => Some(out),
        _ => common::left_out("there is no strip"),
    }
}

#[test]
fn verdicts_are_what_really_loading_gives() {
    let so = "-buildmode=plugin";
    let build = |package, args: &[&str]| plug(package, args).path();
    let (Some(host), Some(p), Some(q)) = (build("./host", &[]), build("./p", &[so]), build("./q", &[so]))
    else {
        return;
    };
    let other_dep = build("./p", &[so, "-modfile=other.mod"]);
    let no_opt = build("./p", &[so, "-gcflags=example.com/...=-N -l"]);
    let trimmed = build("./p", &[so, "-trimpath"]);
    let other_go = plug("./q", &[so]).go(REFERENCE).path();
    let small = build("./p", &[so, "-ldflags=-s -w"]);
    let no_cgo = Build {
        cgo: false,
        ..plug("./host", &[])
    }
    .path();
    let pair = |what, host: &Path, plugins: &[Option<PathBuf>]| {
        let plugins: Option<Vec<PathBuf>> = plugins.iter().cloned().collect();
        plugins.map(|plugins| Pair {
            what,
            host: host.to_path_buf(),
            plugins,
        })
    };
    let some = |p: &PathBuf| Some(p.clone());
    let mut pairs = vec![
        pair("the same build", &host, &[some(&p)]),
        pair("only the standard library shared", &host, &[some(&q)]),
        pair(
            "another version of a dependency",
            &host,
            std::slice::from_ref(&other_dep),
        ),
        pair(
            "other compiler flags for a dependency",
            &host,
            std::slice::from_ref(&no_opt),
        ),
        pair("-trimpath on one side", &host, std::slice::from_ref(&trimmed)),
        pair("another Go version", &host, std::slice::from_ref(&other_go)),
        pair("-s -w on one side", &host, std::slice::from_ref(&small)),
        pair("two after one another", &host, &[some(&q), some(&p)]),
        pair(
            "the same plugin under two names",
            &host,
            &[some(&p), small.clone()],
        ),
        no_cgo.and_then(|h| pair("a host without cgo", &h, &[some(&p)])),
    ];
    if let Some(host) = stripped(&host) {
        pairs.push(pair("both stripped", &host, &[stripped(&p)]));
        if let Some(d) = &other_dep {
            pairs.push(pair("both stripped, another dependency", &host, &[stripped(d)]));
        }
    }
    let (mut fit, mut refused) = (0, 0);
    for pair in pairs.into_iter().flatten() {
        let (told, doc) = predicted(&pair);
        if pair.what == "another Go version" {
            // The runtime's tables differ between these two: the host dies, which no message of plugin.Open
            // predicts.
            assert_eq!(told, [Some(String::new())]);
            assert_ne!(real(&pair).first(), Some(&None));
        } else {
            assert_eq!(told, real(&pair), "{}\n{doc:#}", pair.what);
        }
        fit += told.iter().filter(|t| t.is_none()).count();
        refused += told.iter().filter(|t| t.is_some()).count();
        let reasons = doc["plugins"][0]["verdict"]["reasons"].to_string();
        match pair.what {
            "another version of a dependency" => assert!(
                reasons.contains("module example.com/dep: plugin v1.1.0"),
                "{reasons}"
            ),
            "another Go version" => assert!(
                reasons.contains(&format!("toolchain: plugin {REFERENCE}, host {GO}")),
                "{reasons}"
            ),
            _ => {}
        }
    }
    println!("{fit} plugins fit, {refused} are refused, as predicted");
    assert!(fit >= 4 && refused >= 4 || std::env::var_os("CI").is_none());
}

#[test]
fn exports_have_their_types() {
    let Some(p) = plug("./p", &["-buildmode=plugin", "-ldflags=-s -w"]).path() else {
        return;
    };
    let out = common::run(["plugin".as_ref(), "--format=json".as_ref(), p.as_os_str()]);
    assert_eq!(out.status.code(), Some(0));
    let doc = schema::assert_all("plugin", &out.stdout).remove(0);
    let plugin = &doc["plugins"][0];
    assert_eq!(plugin["path"], "example.com/plug/p");
    assert_eq!(plugin["go_version"], GO);
    let export = |name: &str| {
        plugin["exports"]
            .as_array()
            .unwrap()
            .iter()
            .find(|e| e["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(export("Hello")["type"], "func(string) string");
    assert_eq!(export("Count")["type"], "int");
    assert_eq!(export("Shared")["type"], "map[string]*dep.T");
    assert_eq!(export("Count")["kind"], "var");
    assert!(
        plugin["packages"]
            .as_array()
            .unwrap()
            .iter()
            .any(|x| x["path"] == "example.com/dep")
    );
    assert!(plugin["verdict"].is_null());
    let words = common::run(["plugin".as_ref(), p.as_os_str()]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(
        words.contains("    func Hello(string) string\n") && words.contains("    var Count int\n"),
        "{words}"
    );
}

#[test]
fn what_is_no_plugin_is_said_so() {
    let Some(hello) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let out = common::run(["plugin".as_ref(), hello.as_os_str(), "missing".as_ref()]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        said.contains("is no Go plugin: it has no plugin path") && said.contains("missing: no such file"),
        "{said}"
    );
}
