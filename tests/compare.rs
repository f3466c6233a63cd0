//! `gospect compare` and the self-check: pairs of builds with one known difference each, files that were
//! changed by hand, and Go's own
//! `go tool buildid -w` as the second opinion on the content part.

mod common;

use std::path::{Path, PathBuf};

use common::{Build, REFERENCE};
use gospect::Program;
use gospect::analysis::compare::{Verdict, compare};
use gospect::go::buildid::{self, Touched};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compare-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn told(a: &Path, b: &Path) -> (i32, Value) {
    let names = [a, b].map(|p| p.to_str().expect("a path in UTF-8"));
    let out = common::run(["compare", "--format", "json", names[0], names[1]]);
    let value = common::schema::assert_all("compare", &out.stdout).remove(0);
    (out.status.code().expect("no signal"), value)
}

fn words(v: &Value) -> Vec<&str> {
    let all = v["because"].as_array().expect("causes");
    all.iter().filter_map(|c| c["what"].as_str()).collect()
}

/// A program of one package with this source, built with these flags.
fn build(dir: &Path, name: &str, source: &str, target: &str, flags: &[&str]) -> Option<PathBuf> {
    let src = dir.join("src");
    std::fs::create_dir_all(&src).unwrap();
    std::fs::write(src.join("go.mod"), "module example.com/pair\n\ngo 1.24\n").unwrap();
    std::fs::write(src.join("main.go"), source).unwrap();
    let (os, arch) = target.split_once('/').expect("os/arch");
    let out = dir.join(name);
    let done = common::command("go")
        .args(["build", "-trimpath", "-buildvcs=false", "-o"])
        .arg(&out)
        .args(flags)
        .arg(".")
        .current_dir(&src)
        .envs([
            ("GOTOOLCHAIN", REFERENCE),
            ("GOWORK", "off"),
            ("GOFLAGS", ""),
            ("CGO_ENABLED", "0"),
        ])
        .envs([("GOOS", os), ("GOARCH", arch)])
        .output()
        .ok()
        .filter(|o| o.status.success());
    match done {
        Some(_) => Some(out),
        None => common::left_out("go build"),
    }
}

const SOURCE: &str = r#"package main

import "os"

var version = "dev"
var factor = 7

//go:noinline
func greet(a []string) string {
	if len(a) > 5 {
		return "hi " + a[1]
	}
	return "hi nobody"
}

func main() {
	println(version, factor, greet(os.Args))
}
"#;

#[test]
fn one_difference_is_told_by_its_name_and_its_values() {
    let dir = folder("pairs");
    for target in ["linux/amd64", "linux/arm64"] {
        let make = |name: &str, source: &str, flags: &[&str]| build(&dir, name, source, target, flags);
        let Some(base) = make("base", SOURCE, &[]) else {
            return;
        };
        let edit = |from: &str, to: &str| {
            assert!(SOURCE.contains(from));
            SOURCE.replace(from, to)
        };
        type Case<'a> = (&'a str, String, &'a [&'a str], &'a str, &'a str, [&'a str; 2]);
        let cases: [Case<'_>; 6] = [
            (
                "x",
                SOURCE.into(),
                &["-ldflags=-X main.version=other"],
                "-X",
                "different",
                ["dev", "other"],
            ),
            (
                "data",
                edit("factor = 7", "factor = 8"),
                &[],
                "data",
                "different",
                ["7", "8"],
            ),
            (
                "text",
                edit("hi nobody", "hi anyone"),
                &[],
                "string constant",
                "different",
                ["hi nobody", "hi anyone"],
            ),
            (
                "tag",
                SOURCE.into(),
                &["-tags=nothing"],
                "-tags",
                "identical-but-for",
                ["", "nothing"],
            ),
            (
                "line",
                edit("var factor", "// One more line.\nvar factor"),
                &[],
                "line numbers",
                "identical-but-for",
                ["line 9", "line 10"],
            ),
            (
                "code",
                edit("len(a) > 5", "len(a) > 6"),
                &[],
                "code",
                "different",
                ["", ""],
            ),
        ];
        for (name, source, flags, what, verdict, values) in cases {
            let Some(other) = make(name, &source, flags) else {
                return;
            };
            let (status, v) = told(&base, &other);
            assert_eq!(
                (status, &v["verdict"]),
                (1, &Value::from(verdict)),
                "{target} {name}: {v}"
            );
            assert_eq!(words(&v).first(), Some(&what), "{target} {name}: {v}");
            let text = v.to_string();
            assert!(values.iter().all(|w| text.contains(w)), "{target} {name}: {v}");
            let different = v["functions"]["different"].as_array().expect("names");
            let only = if name == "code" {
                vec![Value::from("main.greet")]
            } else {
                vec![]
            };
            assert_eq!(different, &only, "{target} {name}");
        }
        let code = dir.join("code");
        let names = [&base, &code].map(|p| p.to_str().expect("UTF-8"));
        let out = common::run(["compare", "--functions", "--format", "json", names[0], names[1]]);
        let v = common::schema::assert_all("compare", &out.stdout).remove(0);
        assert_eq!(v["listings"][0]["name"], "main.greet");
        let rows = v["listings"][0]["parts"][0].as_array().expect("rows");
        let different: Vec<_> = rows.iter().filter(|r| r["same"] == false).collect();
        assert!(
            different.iter().any(|r| r["theirs"].to_string().contains("CMP")),
            "{v}"
        );
        assert!(different.len() < 4, "{v}");
        let (status, v) = told(&base, &base);
        assert_eq!((status, &v["verdict"]), (0, &Value::from("identical")));
    }
}

#[test]
fn a_type_that_changed_is_told_with_both_definitions_and_what_grew_with_its_bytes() {
    let dir = folder("types");
    let source = "package main\n\nimport \"fmt\"\n\ntype pair struct {\n\tleft, right int32\n}\n\nfunc main() \
        {\n\tfmt.Println(pair{1, 2})\n}\n";
    let Some(a) = build(&dir, "a", source, "linux/amd64", &[]) else {
        return;
    };
    let grown = source.replace("left, right int32", "left, right int64");
    let Some(b) = build(&dir, "b", &grown, "linux/amd64", &[]) else {
        return;
    };
    let (_, v) = told(&a, &b);
    let all = v["because"].as_array().expect("causes");
    let of = |what: &str, name: &str| {
        let mut all = all.iter().filter(|c| c["what"] == what);
        all.find(|c| c["name"] == name || c["section"] == name).cloned()
    };
    let found = of("type", "main.pair").expect("the type");
    assert_eq!(found["theirs"], "8 bytes, struct; left int32; right int32", "{v}");
    assert_eq!(found["ours"], "16 bytes, struct; left int64; right int64", "{v}");
    // A text that -X makes longer, and in which section it did.
    let x = ["-ldflags=-X main.version=a-longer-value-than-it-had"];
    let (Some(a), Some(b)) = (
        build(
            &dir,
            "short",
            SOURCE,
            "linux/amd64",
            &["-ldflags=-X main.version=short"],
        ),
        build(&dir, "long", SOURCE, "linux/amd64", &x),
    ) else {
        return;
    };
    let (_, v) = told(&a, &b);
    let grown = v["because"].as_array().expect("causes").iter();
    let grown: Vec<_> = grown.filter(|c| c["what"] == "addresses").collect();
    assert!(grown.iter().all(|c| c["effect"] == true), "{v}");
    let note = grown
        .iter()
        .find(|c| c["section"] == ".rodata")
        .expect("the section")["note"]
        .to_string();
    assert!(note.contains("main.version.str 21 bytes more"), "{note}");
}

#[test]
fn a_packed_file_is_compared_as_it_was_before() {
    let dir = folder("packed");
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/upx/amd64-lzma");
    let path = dir.join("plain");
    let plain = gospect::image::upx::unpack(&std::fs::read(&packed).unwrap()).expect("a packed file");
    std::fs::write(&path, &plain).unwrap();
    let (status, v) = told(&path, &packed);
    assert_eq!(
        (status, &v["verdict"]),
        (1, &Value::from("identical-but-for")),
        "{v}"
    );
    assert_eq!(words(&v), ["packed"], "{v}");
    // Nothing else is passed over.
    let mut other = plain;
    let last = other.len() / 2;
    other[last] ^= 1;
    std::fs::write(&path, other).unwrap();
    assert_eq!(told(&path, &packed).1["verdict"], "different");
}

#[test]
fn a_variable_that_the_linker_leaves_out_changes_nothing_else() {
    let dir = folder("goroot");
    let source = "package main\n\nimport \"time\"\n\ntype one struct{ next *one }\n\nvar list = []*one{{}}\n\n\
        func main() {\n\tzone, err := time.LoadLocation(\"UTC\")\n\tprintln(zone.String(), err == nil, \
        len(list), any(list[0]) == nil)\n}\n";
    // Trimmed, runtime.defaultGOROOT has no value: it moves, and with it what says where pointers are.
    let flags = ["-trimpath", "-trimpath=false", "-tags=nothing"];
    let built = flags.map(|f| build(&dir, f, source, "linux/amd64", &[f]));
    let [Some(trimmed), Some(full), Some(tagged)] = built else {
        return;
    };
    for (other, cause) in [(full, "-trimpath"), (tagged, "-tags")] {
        let (status, v) = told(&trimmed, &other);
        assert_eq!(
            (status, &v["verdict"]),
            (1, &Value::from("identical-but-for")),
            "{v}"
        );
        assert_eq!(words(&v).first(), Some(&cause), "{v}");
    }
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

/// What may be named for a byte of a section, where the files are called identical but for something.
fn covers(section: &str) -> &'static [&'static str] {
    match section {
        ".note.go.buildid" | ".text" | "__text" => &["-buildid", "GNU build ID", "UUID"],
        ".note.gnu.build-id" => &["GNU build ID"],
        // Mach-O's UUID is in the headers, which are in no section.
        "" => &["UUID"],
        ".gopclntab" | "__gopclntab" => &[
            "line numbers",
            "source folder",
            "GOROOT",
            "module cache",
            "file names",
        ],
        // PE keeps the tables of lines among the other constants, and so are first lines in inline trees.
        ".rdata" | ".rodata" | "__rodata" => &["line numbers", "source folder", "GOROOT", "file names"],
        ".go.buildinfo" | "__go_buildinfo" | ".data" => &["*"],
        s if s.contains("debug_info") || s.contains("debug_line") => &["line numbers"],
        _ => &[],
    }
}

#[test]
fn one_changed_byte_is_always_told_and_never_as_something_else() {
    let dir = folder("bytes");
    let flips = if std::env::var_os("GOSPECT_WIDE").is_some() {
        400
    } else {
        24
    };
    for target in ["linux/amd64", "linux/arm64", "windows/amd64", "darwin/arm64"] {
        let edited = SOURCE.replace("var factor", "// One more line.\nvar factor");
        let made = [
            build(&dir, "a", SOURCE, target, &[]),
            build(&dir, "line", &edited, target, &[]),
            build(&dir, "tag", SOURCE, target, &["-tags=nothing"]),
        ];
        let [Some(a), Some(line), Some(tag)] = made else {
            return;
        };
        let a = gospect::input::Bytes::from(std::fs::read(&a).unwrap());
        let x = Program::open(&a).expect("the subject opens");
        let mut random = Random(16);
        for other in [None, Some(line), Some(tag)] {
            let whole = other.as_ref().map_or(a.to_vec(), |p| std::fs::read(p).unwrap());
            let kept = gospect::input::Bytes::from(whole.clone());
            let y = Program::open(&kept).expect("the subject opens");
            let before = compare(&x, &y);
            let name = other.map_or("same".into(), |p| p.file_name().unwrap().to_owned());
            let sections: Vec<(String, u64, u64)> = (y.image().sections.iter())
                .filter(|s| s.file_size > 0)
                .map(|s| {
                    (
                        String::from_utf8_lossy(s.name).into_owned(),
                        s.offset,
                        s.file_size,
                    )
                })
                .collect();
            for n in 0..flips {
                // Each section in turn, and anywhere.
                let at = match sections.get(n % (sections.len() + 2)) {
                    Some(s) => s.1 as usize + random.below(s.2 as usize),
                    None => random.below(whole.len()),
                };
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << random.below(8);
                let bytes = gospect::input::Bytes::from(bytes);
                let Ok(z) = Program::open(&bytes) else { continue };
                let done = compare(&x, &z);
                let section = sections.iter().find(|s| (s.1..s.1 + s.2).contains(&(at as u64)));
                let section = section.map_or("", |s| &s.0);
                let place = format!("{target} {name:?} {at:#x} {section}: {done:?}");
                assert_ne!(done.verdict, Verdict::Identical, "{place}");
                assert!(!done.because.is_empty(), "{place}");
                if done.verdict == Verdict::IdenticalBut {
                    let words = covers(section);
                    let named = done
                        .because
                        .iter()
                        .any(|c| words.contains(&&*c.what) || words == ["*"]);
                    assert!(named, "{place}");
                    let lines = words.contains(&"line numbers") && before.verdict == Verdict::IdenticalBut;
                    assert!(done.because != before.because || lines, "{place}");
                }
                // The whole file is hashed but for the ID itself, and what is made of it.
                let ids = buildid::read(x.image()) != buildid::read(z.image());
                let touched = buildid::check(&z).touched;
                assert!(ids || matches!(touched, Touched::Yes(_)), "{place}");
            }
        }
    }
}

#[test]
fn the_content_part_is_the_one_that_go_writes() {
    let dir = folder("content");
    for (program, target) in [
        ("hello", "linux/amd64"),
        ("hello", "linux/386"),
        ("hello", "windows/amd64"),
        ("hello", "darwin/arm64"),
        ("hello", "darwin/amd64"),
    ] {
        let Some(path) = Build::new(program, target).args(&["-trimpath"]).path() else {
            return;
        };
        let state = |bytes: Vec<u8>| {
            let file = gospect::input::Bytes::from(bytes);
            let program = Program::open(&file).expect("an image");
            buildid::check(&program)
        };
        let whole = std::fs::read(&path).unwrap();
        let check = state(whole.clone());
        assert_eq!(check.touched, Touched::No, "{target}");
        assert_eq!(check.recorded, check.computed, "{target}");
        if target.starts_with("linux") {
            assert_eq!(check.host_id_matches, Some(true), "{target}");
        }
        // One byte of data, and the ID made anew by Go: what is computed here is what Go writes there.
        let mut changed = whole.clone();
        let mark = memchr::memmem::rfind(&changed, b"\xff Go buildinf:").expect("build information");
        changed[mark + 40] ^= 1;
        let check = state(changed.clone());
        assert_eq!(check.touched, Touched::Yes(None), "{target}");
        let copy = dir.join("copy");
        std::fs::write(&copy, &changed).unwrap();
        let done = common::reference_go()
            .args(["tool", "buildid", "-w"])
            .arg(&copy)
            .status();
        assert!(done.is_ok_and(|s| s.success()), "{target}");
        let again = state(std::fs::read(&copy).unwrap());
        assert_eq!(
            (again.touched, again.recorded),
            (Touched::No, check.computed),
            "{target}"
        );
        // Bytes behind the end, as installers leave them.
        let mut longer = whole;
        longer.extend_from_slice(b"payload");
        let how = state(longer).touched;
        if !target.starts_with("darwin") {
            assert_eq!(how, Touched::Yes(Some(buildid::How::Appended(7))), "{target}");
        } else {
            assert!(matches!(how, Touched::Yes(_)), "{target}");
        }
    }
}

#[test]
fn what_is_no_go_program_or_no_file_gets_a_clear_answer() {
    let dir = folder("odd");
    let Some(path) = Build::new("hello", "linux/amd64").args(&["-trimpath"]).path() else {
        return;
    };
    let Some(other) = Build::new("hello", "darwin/arm64").args(&["-trimpath"]).path() else {
        return;
    };
    let (status, v) = told(&path, &other);
    assert_eq!((status, words(&v)[0]), (1, "format"), "{v}");
    let text = dir.join("text");
    std::fs::write(&text, "no program\n").unwrap();
    let cut = dir.join("cut");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 3]).unwrap();
    let (status, v) = told(&path, &cut);
    assert_eq!((status, &v["verdict"]), (1, &Value::from("different")), "{v}");
    for (a, b) in [(&path, &text), (&text, &path), (&path, &dir.join("none"))] {
        let out = common::run([Path::new("compare"), a, b]);
        assert_eq!(out.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&out.stderr).starts_with("gospect: "));
        assert!(out.stdout.is_empty());
    }
}
