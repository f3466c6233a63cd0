//! Standard input: judged by its first bytes, read within a limit.
#![cfg(unix)]

mod common;

use std::fs::File;
use std::process::{Output, Stdio};

use common::Build;

fn run(args: &[&str], input: impl Into<Stdio>) -> Output {
    common::gospect()
        .args(args)
        .stdin(input)
        .output()
        .expect("gospect runs")
}

fn told(out: &Output) -> (Option<i32>, String) {
    (
        out.status.code(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    )
}

#[test]
fn what_is_no_input_and_never_ends_is_refused_at_once() {
    for command in ["info", "size", "check", "embeds", "types"] {
        let out = run(&[command, "-"], File::open("/dev/zero").unwrap());
        let (status, said) = told(&out);
        assert_eq!(status, Some(2), "{command}: {said}");
        assert!(
            said.contains("standard input: unrecognized file format"),
            "{command}: {said}"
        );
    }
}

#[test]
fn a_program_is_read_up_to_the_limit() {
    let Some(path) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let size = path.metadata().unwrap().len();
    let open = || File::open(&path).unwrap();
    let fits = run(
        &["info", "--max-input", &size.to_string(), "--format", "json", "-"],
        open(),
    );
    assert_eq!(told(&fits), (Some(0), String::new()));
    let short = run(&["size", "--max-input", &(size - 1).to_string(), "-"], open());
    let (status, said) = told(&short);
    assert_eq!(status, Some(2));
    assert!(
        said.contains(&format!("is longer than {} bytes (--max-input)", size - 1)),
        "{said}"
    );
    // Before the command too, and with Go's flags.
    for args in [
        &["--max-input", "1000", "size", "-"][..],
        &["--max-input=1000", "-"],
        &["--max-input=1000", "objdump", "-"],
        &["objdump", "-s", "main", "--max-input", "1000", "-"],
    ] {
        let (status, said) = told(&run(args, open()));
        assert!(matches!(status, Some(1 | 2)), "{args:?}");
        assert!(
            said.contains("is longer than 1000 bytes (--max-input)"),
            "{args:?}: {said}"
        );
    }
    let (status, said) = told(&run(&["--max-input", "much", "size", "-"], open()));
    assert!(status == Some(2) && said.contains("much"), "{said}");
}
