//! The GitHub Action's script, the GitLab job and the pre-commit hook, run as far as they can be here.

mod common;

use std::path::{Path, PathBuf};

use common::Build;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with a clean program and one that needs a loader.
fn subjects(name: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ci-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(dir.join("bin")).unwrap();
    std::fs::copy(Build::new("hello", "linux/amd64").path()?, dir.join("bin/good")).unwrap();
    std::fs::copy(
        Build::new("hello", "linux/amd64")
            .args(&["-buildmode=pie"])
            .path()?,
        dir.join("bin/pie file"),
    )
    .unwrap();
    Some(dir)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_action_annotates_and_fails_as_the_check_does() {
    let Some(dir) = subjects("action") else { return };
    let run = |files: &str, args: &str| {
        for f in ["summary", "output", "out.sarif"] {
            let _ = std::fs::remove_file(dir.join(f));
        }
        common::command("bash")
            .arg(root().join("docs/ci/action.sh"))
            .current_dir(&dir)
            .env("INPUT_GOSPECT", env!("CARGO_BIN_EXE_gospect"))
            .env("INPUT_FILES", files)
            .env("INPUT_ARGS", args)
            .env("INPUT_SARIF", "out.sarif")
            .env("INPUT_SUMMARY", "true")
            .env("GITHUB_STEP_SUMMARY", "summary")
            .env("GITHUB_OUTPUT", "output")
            .output()
            .expect("bash runs")
    };
    let bad = run("bin/*\n", "--static");
    let shown = String::from_utf8_lossy(&bad.stdout).into_owned();
    assert_eq!(
        bad.status.code(),
        Some(1),
        "{shown}{}",
        String::from_utf8_lossy(&bad.stderr)
    );
    assert!(
        shown.contains("::error file=bin/pie file,title=gospect static::bin/pie file needs the loader"),
        "{shown}"
    );
    assert!(read(&dir.join("summary")).contains("| ❌ | `bin/pie file` | `static` |"));
    assert!(read(&dir.join("out.sarif")).contains("bin/pie%20file"));
    assert_eq!(read(&dir.join("output")), "status=1\n");
    assert_eq!(run("bin/good", "--static --no-race").status.code(), Some(0));
    assert_eq!(run("bin/missing", "--static").status.code(), Some(2));
    assert_eq!(run("  ", "").status.code(), Some(2));
}

/// Without a program to use the action builds its own, once: what a cache brought back is used.
#[test]
fn the_action_uses_what_is_built_and_says_where_it_can_not_build() {
    let Some(dir) = subjects("cached") else { return };
    let run = |temp: &Path| {
        common::command("bash")
            .arg(root().join("docs/ci/action.sh"))
            .current_dir(&dir)
            .env_remove("INPUT_GOSPECT")
            .env_remove("GITHUB_OUTPUT")
            .env_remove("GITHUB_STEP_SUMMARY")
            .env("INPUT_FILES", "bin/good")
            .env("INPUT_ARGS", "--static")
            .env("RUNNER_TEMP", temp)
            // There is nothing to build.
            .env("GITHUB_ACTION_PATH", dir.join("bin"))
            .output()
            .expect("bash runs")
    };
    let none = run(&dir);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&none.stdout).contains("::error title=gospect::gospect could not be built")
    );
    std::fs::create_dir_all(dir.join("temp/gospect/bin")).unwrap();
    let cached = dir.join("temp/gospect/bin/gospect");
    std::fs::copy(env!("CARGO_BIN_EXE_gospect"), &cached).unwrap();
    assert_eq!(run(&dir.join("temp")).status.code(), Some(0));
}

/// Every part says how to get the program, and names nobody's repository.
#[test]
fn the_parts_take_the_repository_from_a_variable() {
    let read = |name: &str| read(&root().join("docs/ci").join(name));
    assert!(read("README.md").contains("repository: ${{ vars.GOSPECT_REPOSITORY }}"));
    assert!(read("gitlab.yml").contains("--git \"$GOSPECT_REPOSITORY\" gospect"));
    assert!(!read("README.md").contains("OWNER"));
}

#[test]
fn the_action_hands_all_its_inputs_to_its_script() {
    let (action, script) = (
        read(&root().join("action.yml")),
        read(&root().join("docs/ci/action.sh")),
    );
    assert!(action.contains("docs/ci/action.sh") && action.contains("using: composite"));
    for input in ["files", "args", "sarif", "summary", "gospect"] {
        let env = format!("INPUT_{}", input.to_uppercase());
        assert!(action.contains(&format!("\n  {input}:\n")), "{input}");
        assert!(
            action.contains(&format!("{env}: ${{{{ inputs.{input} }}}}")),
            "{env}"
        );
        assert!(script.contains(&env), "{env}");
    }
}

#[test]
fn the_gitlab_job_writes_its_report() {
    let Some(dir) = subjects("gitlab") else { return };
    let job = read(&root().join("docs/ci/gitlab.yml"));
    let line = job
        .lines()
        .find_map(|l| l.trim().strip_prefix("- gospect "))
        .expect("a gospect line");
    let line = line.replace("--profile release", "--static");
    let out = common::gospect()
        .args(line.split(' '))
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(
        out.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let report = job
        .lines()
        .find_map(|l| l.trim().strip_prefix("junit: "))
        .expect("a report");
    assert!(read(&dir.join(report)).contains("failures=\"1\""));
}

#[test]
fn the_hook_runs_a_command_that_exists() {
    let Some(dir) = subjects("hook") else { return };
    let hook = read(&root().join(".pre-commit-hooks.yaml"));
    let entry = hook
        .lines()
        .find_map(|l| l.trim().strip_prefix("entry: gospect "))
        .expect("an entry");
    let mut args: Vec<&str> = entry.split(' ').collect();
    args.extend(["--static", "bin/good"]);
    assert_eq!(
        common::gospect()
            .args(args)
            .current_dir(&dir)
            .status()
            .unwrap()
            .code(),
        Some(0)
    );
}

#[test]
fn the_workflows_are_what_github_runs() {
    let workflows = root().join(".github/workflows");
    let files: Vec<_> = std::fs::read_dir(workflows)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2);
    let mut lint = common::reference_go();
    lint.args(["run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"])
        .args(files);
    match lint.output() {
        Ok(o) if o.status.success() => {}
        Ok(o) if String::from_utf8_lossy(&o.stderr).contains("dial tcp") => {
            let _: Option<()> = common::left_out("actionlint can't be fetched");
        }
        Ok(o) => panic!(
            "{}{}",
            String::from_utf8_lossy(&o.stdout),
            String::from_utf8_lossy(&o.stderr)
        ),
        Err(e) => {
            let _: Option<()> = common::left_out(&format!("go: {e}"));
        }
    }
}

#[test]
fn the_formula_names_every_program_of_a_release() {
    let dir = tempfile::tempdir().unwrap();
    let sums = dir.path().join("SHA256SUMS");
    let mut targets = Vec::new();
    for arch in ["aarch64", "x86_64"] {
        targets.extend(["apple-darwin", "unknown-linux-musl"].map(|os| format!("{arch}-{os}")));
    }
    let line = |(i, t): (usize, &String)| format!("{i:064x}  gospect-{t}.tar.gz\n");
    std::fs::write(&sums, targets.iter().enumerate().map(line).collect::<String>()).unwrap();
    let run = || {
        let mut c = common::command("bash");
        c.arg(root().join("packaging/formula"))
            .args(["me/gospect", "1.2.3"])
            .arg(&sums);
        c.output().unwrap()
    };
    let out = run();
    let formula = String::from_utf8(out.stdout).unwrap();
    for (i, t) in targets.iter().enumerate() {
        let at = formula
            .find(&format!("me/gospect/releases/download/v1.2.3/gospect-{t}.tar.gz"))
            .unwrap();
        assert!(
            formula[at..]
                .lines()
                .nth(1)
                .unwrap()
                .contains(&format!("{i:064x}")),
            "{formula}"
        );
    }
    // A release workflow builds what the formula downloads.
    let workflow = read(&root().join(".github/workflows/release.yml"));
    assert!(
        targets
            .iter()
            .all(|t| workflow.contains(&format!("target: {t} ")))
    );
    std::fs::write(&sums, "").unwrap();
    assert!(
        !run().status.success(),
        "a program without a checksum makes no formula"
    );
}
