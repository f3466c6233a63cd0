//! The HTML report in a real browser: Debian's chromium, headless, without a network. It clicks, searches and reads totals.

mod common;

use std::process::Command;

use common::{Build, left_out};

/// Runs in the page: a view is chosen, text is searched, a cell is clicked; what the page then shows is written at its end.
const SCRIPT: &str = "<script>setTimeout(() => {\
    const $ = id => document.getElementById(id), out = { cells: document.querySelectorAll('.cell').length, total: $('total').textContent };\
    $('view-kind').click();\
    out.kinds = [...document.querySelectorAll('.cell')].map(c => c.dataset.name);\
    $('search').value = 'PCLN'; $('search').dispatchEvent(new Event('input'));\
    out.found = $('found').textContent; out.faded = document.querySelectorAll('.faded').length;\
    document.querySelector('.cell').click(); out.zoomed = $('shown').textContent;\
    dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })); out.back = $('shown').textContent;\
    const pre = document.createElement('pre'); pre.id = 'result'; pre.textContent = JSON.stringify(out); document.body.append(pre);\
    }, 50)</script></body>";

#[test]
fn the_treemap_works_in_a_browser() {
    let Some(file) = Build::new("hello", "linux/amd64").path() else {
        return;
    };
    let json = common::run(["size", "--format", "json", file.to_str().unwrap()]);
    let doc: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let of = |kind: &str| -> u64 {
        let rows = doc["rows"].as_array().unwrap().iter();
        rows.filter(|r| r["kind"] == kind)
            .map(|r| r["bytes"].as_u64().unwrap())
            .sum()
    };
    let html = common::run(["size", "--format", "html", file.to_str().unwrap()]);
    let page = String::from_utf8(html.stdout).unwrap().replace("</body>", SCRIPT);
    let dir = std::env::temp_dir().join(format!("gospect-html-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("size.html");
    std::fs::write(&path, page).unwrap();
    let browser = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--disable-sync", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", dir.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output();
    let dom = match browser {
        Ok(o) if o.status.success() => String::from_utf8_lossy(&o.stdout).into_owned(),
        Ok(o) => panic!("{}", String::from_utf8_lossy(&o.stderr)),
        Err(e) => {
            let _: Option<()> = left_out(&format!("chromium: {e}"));
            return;
        }
    };
    std::fs::remove_dir_all(&dir).unwrap();
    let result = dom
        .split("<pre id=\"result\">")
        .nth(1)
        .and_then(|r| r.split("</pre>").next());
    let seen: serde_json::Value = serde_json::from_str(result.expect("the page's script ran")).unwrap();
    let number = |text: &serde_json::Value| -> u64 {
        text.as_str()
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .replace(',', "")
            .parse()
            .unwrap()
    };
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(seen["cells"].as_u64().unwrap() > 1, "{seen}");
    assert_eq!(number(&seen["total"]), size);
    assert_eq!(number(&seen["found"]), of("pclntab"));
    assert!(seen["faded"].as_u64().unwrap() > 3, "{seen}");
    let largest = seen["kinds"][0].as_str().unwrap();
    assert_eq!(number(&seen["zoomed"]), of(largest));
    assert_eq!(number(&seen["back"]), size);
}
