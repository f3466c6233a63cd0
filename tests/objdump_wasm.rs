//! `gospect objdump --recover` of WebAssembly modules against the crate wasmprinter, which writes whole
//! modules as text.

mod common;

use std::path::Path;

use common::Build;
use serde_json::Value;

fn functions(file: &Path, more: &[&str]) -> Vec<Value> {
    let args = ["objdump", "--recover", "--format", "json"]
        .iter()
        .chain(more)
        .copied();
    let out = common::run(args.chain([file.to_str().expect("UTF-8")]));
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    if !more.is_empty() {
        common::schema::assert_all("objdump", &out.stdout);
    }
    let lines = out.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|l| serde_json::from_slice(l).expect("JSON")).collect()
}

/// The module without its custom sections, so that functions go by their numbers.
fn without_names(module: &[u8]) -> Vec<u8> {
    let mut out = module[..8].to_vec();
    let mut at = 8;
    while at < module.len() {
        let (mut size, mut shift, mut body) = (0usize, 0, at + 1);
        loop {
            let byte = module[body];
            body += 1;
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        if module[at] != 0 {
            out.extend_from_slice(&module[at..body + size]);
        }
        at = body + size;
    }
    out
}

/// The instructions of each function, and the names of the imported functions.
fn printed(module: &[u8]) -> (Vec<Vec<String>>, Vec<String>) {
    let text = wasmprinter::print_bytes(without_names(module)).expect("wasmprinter prints it");
    let comment = regex::Regex::new(r"\s*(?:\(;[^;]*;\)|;; .*)").expect("an expression");
    let import = regex::Regex::new(r#"^\(import "([^"]*)" "([^"]*)" \(func"#).expect("an expression");
    let (mut all, mut imports): (Vec<Vec<String>>, Vec<String>) = Default::default();
    let mut inside = false;
    for line in text.lines() {
        let own = line.trim_start();
        if let Some(i) = import.captures(own) {
            imports.push(format!("{}.{}", &i[1], &i[2]));
        } else if own.starts_with("(func ") {
            all.push(Vec::new());
            inside = true;
        } else if line == "  )" {
            // The end of a body is an instruction, which the text format leaves out.
            if let Some(f) = all.last_mut().filter(|_| inside) {
                f.push("end".into());
            }
            inside = false;
        } else if inside && !own.starts_with("(local") {
            let text = comment.replace_all(own, "").into_owned();
            all.last_mut().expect("a function").push(text);
        }
    }
    (all, imports)
}

/// As an identifier of the text format.
fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-./:<=>?@\\^_`|~".contains(c);
    if name.chars().all(plain) {
        format!("${name}")
    } else {
        format!("$\"{}\"", name.replace('\\', "\\5c").replace('"', "\\22"))
    }
}

#[test]
fn every_instruction_is_the_one_that_wasmprinter_prints() {
    for (target, args) in [
        ("js/wasm", &[][..]),
        ("js/wasm", &["-ldflags=-s -w"]),
        ("wasip1/wasm", &[]),
    ] {
        let Some(file) = Build::new("hello", target).args(args).path() else {
            return;
        };
        let module = std::fs::read(&file).expect("the module can be read");
        let (wanted, imports) = printed(&module);
        let ours = functions(&file, &[]);
        assert!(ours.len() > 1000, "{target}: {}", ours.len());
        assert_eq!(ours.len(), wanted.len(), "{target} {args:?}");
        let mut names: Vec<&str> = imports.iter().map(String::as_str).collect();
        names.extend(ours.iter().filter_map(|f| f["name"].as_str()));
        for (i, (f, want)) in ours.iter().zip(&wanted).enumerate() {
            assert_eq!(f["index"].as_u64(), Some((imports.len() + i) as u64));
            let rows = f["instructions"].as_array().expect("instructions");
            assert_eq!(rows.len(), want.len(), "{target} {}", f["name"]);
            let mut next = f["addr"].as_str().expect("an address").to_string();
            for (row, want) in rows.iter().zip(want) {
                let want = match want.strip_prefix("call ") {
                    Some(n) => format!(
                        "call {}",
                        identifier(names[n.parse::<usize>().expect("an index")])
                    ),
                    None => want.clone(),
                };
                let got = row["text"].as_str().unwrap_or("?");
                let constant = got.starts_with("f64.const") || got.starts_with("f32.const");
                // Floats in decimal and in hexadecimal digits are compared by their bytes elsewhere.
                assert!(
                    got == want || constant && want.starts_with(&got[..10]),
                    "{target} {}: {got} against {want}",
                    f["name"]
                );
                // Bytes are those at the offset that stands beside them.
                assert_eq!(row["addr"].as_str(), Some(next.as_str()));
                let at = usize::from_str_radix(&next[2..], 16).expect("an offset");
                let bytes = row["bytes"].as_str().expect("bytes");
                let there: String = module[at..at + bytes.len() / 2]
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect();
                assert_eq!(bytes, there);
                next = format!("{:#x}", at + bytes.len() / 2);
            }
            assert_eq!(f["end"].as_str(), Some(next.as_str()));
        }
    }
}

#[test]
fn functions_have_the_names_and_files_that_funcs_gives_them() {
    let Some(file) = Build::new("hello", "js/wasm").path() else {
        return;
    };
    let out = common::run(["funcs", "--format", "json", file.to_str().expect("UTF-8")]);
    let funcs: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let wanted: Vec<_> = funcs["functions"]
        .as_array()
        .expect("functions")
        .iter()
        .map(|f| (f["name"].clone(), f["file"].clone()))
        .collect();
    let ours: Vec<_> = functions(&file, &[])
        .iter()
        .map(|f| (f["name"].clone(), f["file"].clone()))
        .collect();
    assert!(wanted.len() > 1000);
    for (want, got) in wanted.iter().zip(&ours) {
        assert_eq!(want.0, got.0);
        // A function without lines has no file.
        assert!(want.1 == got.1 || want.1 == "", "{want:?} {got:?}");
    }
}

#[test]
fn lines_are_those_of_the_calls_in_the_source() {
    let Some(file) = Build::new("hello", "wasip1/wasm").path() else {
        return;
    };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/programs/hello/main.go");
    let source = std::fs::read_to_string(source).expect("the source can be read");
    let main = functions(&file, &["-s", "^main\\.main$"]);
    let rows = main[0]["instructions"].as_array().expect("instructions");
    for (call, text) in [("$main.total", "total("), ("$strings.Join", "strings.Join")] {
        let line = rows
            .iter()
            .find(|r| r["text"].as_str().is_some_and(|t| t.ends_with(call)))
            .and_then(|r| r["line"].as_u64());
        let line = line.unwrap_or_else(|| panic!("{call} is called"));
        let there = source.lines().nth(line as usize - 1).unwrap_or_default();
        assert!(there.contains(text), "{call} is at line {line}: {there}");
    }
    let text = common::run([
        "objdump",
        "--recover",
        "-s",
        "^main\\.main$",
        file.to_str().expect("UTF-8"),
    ]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.starts_with("TEXT main.main(SB) ") && text.contains("\tbr_table 0 "),
        "{text}"
    );
    assert!(
        text.contains("$fmt.Fprintln") || text.contains("$fmt.Println"),
        "{text}"
    );
}
