//! `gospect-page WASM PAGE`: the library as WebAssembly → one HTML file that holds it and loads nothing.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use gospect::report::page::{BASE, Page, THEME, packed};
use gospect::report::{size, whole};

const STYLE: &str = include_str!("page.css");
const BODY: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

fn main() -> io::Result<()> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let [wasm, page] = args.as_slice() else {
        return Err(io::Error::other("usage: gospect-page WASM PAGE"));
    };
    let mut out = BufWriter::new(File::create(page)?);
    let shown = Page {
        title: "gospect in the browser",
        styles: &[BASE, STYLE],
        body: BODY,
        detail: Some(&packed(&std::fs::read(wasm)?)?),
        scripts: &[SCRIPT, THEME],
        frames: &[size::PAGE, whole::PAGE],
        wasm: true,
        ..Page::default()
    };
    shown.write(&mut out)?;
    out.flush()
}
