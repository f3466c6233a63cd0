//! The pages of `size`, `diff` and `track chart` in a real browser: clicked, typed at, read, and judged for
//! accessibility.

mod common;

use std::path::Path;

use common::browser::{Visit, WINDOWS, visit};
use common::{Build, run};
use serde_json::{Value, json};

/// The number at the start of a text: `1,234 bytes` → 1234, `+5` → 5, `-5` → -5.
fn number(text: &Value) -> i64 {
    let word = text.as_str().unwrap().split(' ').next().unwrap();
    word.replace([',', '+'], "").parse().unwrap()
}

fn write(args: &[&str], to: &Path) {
    let mut all = args.to_vec();
    all.extend(["-o", to.to_str().unwrap()]);
    let out = run(all);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Bytes of the rows for which a column has a value.
fn sum(doc: &Value, column: &str, value: &str) -> i64 {
    let rows = doc["rows"].as_array().unwrap().iter();
    rows.filter(|r| r[column] == value)
        .map(|r| r["bytes"].as_i64().unwrap())
        .sum()
}

const CELL: &str = ".cell[data-name='net/http']";

#[test]
fn the_treemap_works_in_a_browser() {
    let Some(file) = Build::new("service", "linux/amd64").path() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("size.html");
    write(
        &["size", "--why", "--format", "html", file.to_str().unwrap()],
        &page,
    );
    let doc = common::size(&["--by", "symbol"], &file);
    let serve = "net/http.(*conn).serve";
    let steps = json!([
        ["see", "document.querySelectorAll('.cell').length"],
        ["see", "document.querySelector('#total').textContent"],
        ["click", CELL],
        ["see", "document.querySelector('#shown').textContent"],
        ["see", "document.querySelector('#path').textContent"],
        ["key", "Escape"],
        [
            "see",
            format!(
                "document.querySelector(\"{CELL}\").focus(), document.querySelector('#info').textContent"
            )
        ],
        ["click", CELL],
        ["click", format!(".cell[data-name='{serve}']")],
        ["see", "document.querySelector('#shown').textContent"],
        ["key", "Escape"],
        ["see", "document.activeElement.classList.contains('cell')"],
        ["key", "Escape"],
        ["key", "Escape"],
        ["see", "document.querySelector('#shown').textContent"],
        ["click", "#views-kind"],
        ["type", "#search", "PCLN"],
        ["see", "document.querySelector('#found').textContent"],
        ["see", "document.querySelectorAll('.faded').length"],
        ["key", "Escape"],
        ["click", "#views-module"],
        ["type", "#search", serve],
        ["see", "document.querySelector('#found').textContent"],
        ["see", "document.querySelector('#list tbody tr').textContent"],
        ["key", "Escape"],
        ["click", "#list button[data-key=name]"],
        ["see", "document.querySelector('#list th[aria-sort]').textContent"],
        ["click", CELL],
        ["key", "Space"],
        ["key", "ArrowRight"],
        ["key", "Space"],
        ["see", "document.querySelector('#picked').textContent"],
        [
            "see",
            "[...document.querySelectorAll('.cell.picked')].map(c => c.dataset.name)"
        ],
        ["click", "#colors-module"],
        ["see", "document.querySelector('#legend').textContent"]
    ]);
    let shown = |width, dark| Visit {
        file: &page,
        width,
        dark,
        steps: json!([
            ["type", "#search", "http"],
            ["see", "document.querySelectorAll('.faded').length"]
        ]),
    };
    let first = Visit {
        file: &page,
        width: 1300,
        dark: false,
        steps,
    };
    let others = WINDOWS
        .into_iter()
        .skip(1)
        .map(|(width, dark)| shown(width, dark));
    let visits: Vec<Visit<'_>> = std::iter::once(first).chain(others).collect();
    let Some(seen) = visit(&visits) else {
        return;
    };
    let mut all = seen[0].as_array().unwrap().iter();
    let mut next = || all.next().unwrap();
    let size = std::fs::metadata(&file).unwrap().len() as i64;
    assert!(next().as_u64().unwrap() > 100, "{seen:?}");
    assert_eq!(number(next()), size);
    let package = sum(&doc, "package", "net/http");
    assert_eq!(number(next()), package);
    assert!(next().as_str().unwrap().contains("std › net/http"));
    let told = next().as_str().unwrap();
    let why = run(["why", "--format", "json", file.to_str().unwrap()]);
    let why = common::schema::assert_all("why", &why.stdout).remove(0);
    let mut packages = why["packages"].as_array().unwrap().iter();
    let row = packages.find(|p| p["package"] == "net/http").unwrap();
    let with = gospect::report::text::grouped(row["retained"].as_u64().unwrap());
    assert!(
        told.contains(&with) && told.contains("What leads to it"),
        "{told}"
    );
    let function = sum(&doc, "symbol", serve);
    assert!(function > 1000);
    assert_eq!(number(next()), function);
    assert_eq!(next(), true, "the keyboard stays in the map");
    assert_eq!(number(next()), size);
    // The tables, and the function whose name has the letters.
    let has = |r: &&Value| {
        r["kind"] == "pclntab"
            || r["symbol"]
                .as_str()
                .is_some_and(|n| n.to_lowercase().contains("pcln"))
    };
    let pcln = doc["rows"].as_array().unwrap().iter().filter(has);
    assert_eq!(
        number(next()),
        pcln.map(|r| r["bytes"].as_i64().unwrap()).sum::<i64>()
    );
    assert!(next().as_u64().unwrap() > 3);
    assert!(number(next()) >= function);
    assert!(next().as_str().unwrap().contains(serve));
    assert!(next().as_str().unwrap().contains("Name"));
    let picked = next().as_str().unwrap();
    assert!(picked.starts_with("2 selected: "), "{picked}");
    assert_eq!(next().as_array().unwrap().len(), 2);
    assert!(next().as_str().unwrap().contains("example.com/service"));
    for other in &seen[1..] {
        assert!(other[0].as_u64().unwrap() > 3, "{seen:?}");
    }
    let bytes = std::fs::metadata(&page).unwrap().len() as i64;
    assert!(bytes * 25 < size, "{bytes} bytes of HTML for {size}");
}

#[test]
fn a_change_has_one_total_and_both_sides() {
    let build = |args| Build::new("service", "linux/amd64").args(args).path();
    let (Some(old), Some(new)) = (build(&[]), build(&["-ldflags=-w"])) else {
        return;
    };
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("diff.html");
    write(&["diff", "--no-policy", "--format", "html", old, new], &page);
    let json = run(["diff", "--no-policy", "--format", "json", old, new]);
    let doc = common::schema::assert_all("diff", &json.stdout).remove(0);
    let steps = json!([
        ["see", "document.querySelector('#total').textContent"],
        ["see", "document.querySelector('#shown').textContent"],
        ["click", "#areas-both"],
        ["see", "document.querySelectorAll('figure').length"],
        [
            "see",
            "[...document.querySelectorAll('.map')].map(m => m.querySelectorAll('.cell').length)"
        ],
        ["click", "#areas-change"],
        ["click", "#views-kind"],
        [
            "see",
            "[...document.querySelectorAll('#list tbody tr')].map(r => [...r.cells].slice(1, 5).map(c => \
                c.textContent))"
        ]
    ]);
    let visits = WINDOWS.map(|(width, dark)| Visit {
        file: &page,
        width,
        dark,
        steps: steps.clone(),
    });
    let Some(seen) = visit(&visits) else {
        return;
    };
    let size = |f: &str| std::fs::metadata(f).unwrap().len() as i64;
    let delta = size(new) - size(old);
    assert!(delta < 0);
    for s in &seen {
        assert_eq!((number(&s[0]), number(&s[1])), (delta, delta));
        assert_eq!(s[2], 2);
        assert!(
            s[3].as_array().unwrap().iter().all(|n| n.as_u64().unwrap() > 5),
            "{s}"
        );
        let rows = s[4].as_array().unwrap();
        let sum: i64 = rows.iter().map(|r| number(&r[3])).sum();
        assert_eq!(sum, delta, "the changes add up");
        let dwarf = rows.iter().find(|r| r[0] == "dwarf").unwrap();
        assert_eq!(number(&dwarf[2]), 0, "-w leaves no DWARF: {dwarf}");
    }
    assert_eq!(
        doc["new_size"].as_i64().unwrap() - doc["old_size"].as_i64().unwrap(),
        delta
    );
}

#[test]
fn a_chart_of_releases_is_a_page_for_everybody() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (page, history) = (dir.path().join("chart.html"), dir.path().join("h.db"));
    let history = history.to_str().unwrap();
    for label in ["v1", "v2"] {
        let out = run([
            "track",
            "record",
            "--history",
            history,
            "--label",
            label,
            file.to_str().unwrap(),
        ]);
        assert!(out.status.success());
    }
    write(
        &[
            "track",
            "chart",
            "--history",
            history,
            "--by",
            "kind",
            "--format",
            "html",
        ],
        &page,
    );
    let steps = json!([
        ["see", "document.querySelectorAll('polyline').length"],
        [
            "see",
            "[...document.querySelectorAll('tbody tr')].map(r => r.cells[1].textContent)"
        ],
        ["click", "#theme"],
        [
            "see",
            "getComputedStyle(document.querySelector('svg')).backgroundColor"
        ]
    ]);
    let visits = WINDOWS.map(|(width, dark)| Visit {
        file: &page,
        width,
        dark,
        steps: steps.clone(),
    });
    let Some(seen) = visit(&visits) else {
        return;
    };
    let size = std::fs::metadata(&file).unwrap().len() as i64;
    for s in &seen {
        assert_eq!(s[0], 9, "the total, and eight kinds");
        assert!(s[1].as_array().unwrap().iter().all(|t| number(t) == size), "{s}");
    }
    assert_ne!(
        seen[0][2], seen[1][2],
        "the button turns light into dark, and dark into light"
    );
}
