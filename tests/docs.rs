//! The pages of docs: every command on a task's page is run, every page is in the book, every link leads
//! somewhere.

mod common;

use std::path::Path;

use common::Build;

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

#[test]
fn the_commands_of_every_task_do_what_the_page_says() {
    let Some(server) = Build::new("vulnerable", "linux/amd64").path() else {
        return;
    };
    let bin = Path::new(env!("CARGO_BIN_EXE_gospect")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut ran = 0;
    for page in std::fs::read_dir(docs().join("tasks")).unwrap() {
        let page = page.unwrap().path();
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(&server, dir.path().join("server")).unwrap();
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```sh\n").skip(1) {
            for line in block.split("```").next().unwrap().lines() {
                let mut shell = common::command("bash");
                shell
                    .args(["-c", line])
                    .current_dir(dir.path())
                    .env("PATH", &path);
                let out = shell.output().unwrap();
                let wanted = line.split_once("# status ").map_or(0, |l| l.1.parse().unwrap());
                let said = String::from_utf8_lossy(&out.stderr);
                assert_eq!(
                    out.status.code(),
                    Some(wanted),
                    "{}: {line}: {said}",
                    page.display()
                );
                ran += 1;
            }
        }
    }
    assert!(ran > 30, "{ran}");
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let summary = std::fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let mut links = 0;
    for folder in [docs(), docs().join("tasks"), docs().join("ci")] {
        for page in std::fs::read_dir(&folder).unwrap().map(|p| p.unwrap().path()) {
            if page.extension().is_none_or(|e| e != "md") {
                continue;
            }
            let name = page.strip_prefix(docs()).unwrap().to_str().unwrap();
            assert!(
                name == "SUMMARY.md" || summary.contains(&format!("({name})")),
                "{name} is not in the book"
            );
            let text = std::fs::read_to_string(&page).unwrap();
            for link in text
                .split("](")
                .skip(1)
                .filter_map(|l| l.split([')', '#']).next())
            {
                if link.contains("://") || !link.ends_with(".md") {
                    continue;
                }
                assert!(folder.join(link).exists(), "{name} leads to {link}");
                links += 1;
            }
        }
    }
    assert!(links > 20, "{links}");
}
